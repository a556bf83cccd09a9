//! Data sets.

use super::connection::IedConnection;
use super::error::{Context, IedClientError, failure};
use super::target;
use crate::Error;
use mms::{MmsValue, OwnedVariable};

/// The members of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataSetDirectory {
    /// The members, as `LD/LN.DO.DA[FC]`; `(deleted)` for one whose variable is gone.
    pub entries: Vec<String>,
    /// Whether clients may delete the data set.
    pub is_deletable: bool,
}

/// The values of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSetValues {
    reference: String,
    values: Vec<MmsValue>,
}

impl DataSetValues {
    /// The data set, as it was asked for.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The values of the members, in their order; a [`MmsValue::DataAccessError`] for one that
    /// could not be read.
    pub fn values(&self) -> &[MmsValue] {
        &self.values
    }

    /// The number of members.
    pub fn size(&self) -> usize {
        self.values.len()
    }
}

/// Data sets. Their references are `LD/LN.name` for one of a logical node, `@name` for one of this
/// association, `/name` or `name` for one of the server.
impl IedConnection {
    /// Reads the values of a data set.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] and others; see [`crate::Error::code`].
    pub async fn read_data_set_values(&self, reference: &str) -> Result<DataSetValues, Error> {
        const SERVICE: &str = "read data set";
        let name = target::data_set(SERVICE, reference)?;
        let client = self.client(SERVICE, reference)?;
        let results = client.read_list(name.as_ref()).await;
        let results = results.context(SERVICE, reference)?;
        let value = |result: mms::client::ReadResult| match result {
            Ok(value) => value,
            Err(error) => MmsValue::DataAccessError(error),
        };
        Ok(DataSetValues {
            reference: target::data_set_reference(name.as_ref()),
            values: results.into_iter().map(value).collect(),
        })
    }

    /// Reads the values of a data set anew.
    ///
    /// # Errors
    /// As for [`IedConnection::read_data_set_values`].
    pub async fn update_data_set_values(&self, data_set: &mut DataSetValues) -> Result<(), Error> {
        *data_set = self.read_data_set_values(&data_set.reference).await?;
        Ok(())
    }

    /// Writes the members of a data set, in their order. What was not taken is an error in its
    /// place.
    ///
    /// # Errors
    /// If the request fails as a whole.
    pub async fn write_data_set_values(
        &self,
        reference: &str,
        values: &[MmsValue],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        const SERVICE: &str = "write data set";
        let name = target::data_set(SERVICE, reference)?;
        let client = self.client(SERVICE, reference)?;
        let outcomes = client.write_list(name.as_ref(), values).await;
        let outcomes = outcomes.context(SERVICE, reference)?.into_iter();
        Ok(outcomes
            .map(|outcome| outcome.context(SERVICE, reference))
            .collect())
    }

    /// The members of a data set.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] and others; see [`crate::Error::code`].
    pub async fn get_dataset_directory(&self, reference: &str) -> Result<DataSetDirectory, Error> {
        const SERVICE: &str = "get data set directory";
        let name = target::data_set(SERVICE, reference)?;
        let client = self.client(SERVICE, reference)?;
        let attributes = client
            .get_named_variable_list_attributes(name.as_ref())
            .await
            .context(SERVICE, reference)?;
        let shown = |member: &Option<OwnedVariable>| match member {
            Some(variable) => target::reference_of(variable),
            None => "(deleted)".to_owned(),
        };
        Ok(DataSetDirectory {
            entries: attributes.members.iter().map(shown).collect(),
            is_deletable: attributes.deletable,
        })
    }

    /// Creates a data set of the members `LD/LN.DO.DA[FC]`, with `(i)` for an element of an array.
    ///
    /// # Errors
    /// [`IedClientError::ObjectExists`], [`IedClientError::ObjectUndefined`] for an unknown
    /// member, and others.
    pub async fn create_dataset<R: AsRef<str>>(
        &self,
        reference: &str,
        members: &[R],
    ) -> Result<(), Error> {
        const SERVICE: &str = "create data set";
        let name = target::data_set(SERVICE, reference)?;
        let members: Vec<OwnedVariable> = members
            .iter()
            .map(|member| Ok(target::data(SERVICE, member.as_ref(), None)?.1))
            .collect::<Result<_, Error>>()?;
        let client = self.client(SERVICE, reference)?;
        let created = client
            .define_named_variable_list(name.as_ref(), &members)
            .await;
        created.context(SERVICE, reference)
    }

    /// Deletes a data set.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] for an unknown one, [`IedClientError::AccessDenied`]
    /// if the server keeps it: it is part of its configuration, or in use.
    pub async fn delete_dataset(&self, reference: &str) -> Result<(), Error> {
        const SERVICE: &str = "delete data set";
        let name = target::data_set(SERVICE, reference)?;
        let client = self.client(SERVICE, reference)?;
        let deleted = client.delete_named_variable_lists(&[name.as_ref()]).await;
        let deleted = deleted.context(SERVICE, reference)?;
        let code = match (deleted.matched, deleted.deleted) {
            (_, 1..) => return Ok(()),
            (0, _) => IedClientError::ObjectDoesNotExist,
            _ => IedClientError::AccessDenied,
        };
        Err(failure(SERVICE, reference, code, code.to_string()))
    }
}
