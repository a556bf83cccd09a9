//! Data sets of the peer.

use super::Client;
use crate::{Error, Name, Special};
use mms::{MmsValue, ObjectName, ServiceError};

/// Names tried for a data set whose own one is taken.
const NAMES_TRIED: usize = 10;

/// The members of a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DataSetMembers {
    /// The members in their order; `None` for one that has no name.
    pub members: Vec<Option<Name>>,
    /// Whether it can be deleted.
    pub deletable: bool,
}

impl Client {
    /// The members of a data set (Get Data Set Element Names).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn data_set(&self, name: &Name) -> Result<DataSetMembers, Error> {
        let attributes = self
            .mms
            .get_named_variable_list_attributes(name.as_mms())
            .await?;
        let names = attributes.members.into_iter().map(|member| {
            let member = member.filter(|m| m.alternate_access.is_none())?;
            Name::from_mms(member.name.as_ref())
        });
        Ok(DataSetMembers {
            members: names.collect(),
            deletable: attributes.deletable,
        })
    }

    /// Makes a data set (Create Data Set).
    ///
    /// # Errors
    /// [`Error`].
    pub async fn create_data_set(&self, name: &Name, members: &[Name]) -> Result<(), Error> {
        let members: Vec<ObjectName<'_>> = members.iter().map(Name::as_mms).collect();
        let defined = self
            .mms
            .define_named_variable_list(name.as_mms(), members)
            .await;
        Ok(defined?)
    }

    /// Deletes a data set.
    ///
    /// # Errors
    /// [`Error`]; [`Error::DataSet`] if the peer keeps it.
    pub async fn delete_data_set(&self, name: &Name) -> Result<(), Error> {
        let deleted = self
            .mms
            .delete_named_variable_lists(&[name.as_mms()])
            .await?;
        match deleted.deleted {
            0 => Err(Error::DataSet {
                data_set: name.clone(),
                reason: "the peer did not delete it",
            }),
            _ => Ok(()),
        }
    }

    /// The values of a data set (Get Data Set Element Values), one for each member.
    ///
    /// # Errors
    /// [`Error`] if the request as a whole fails.
    pub async fn read_data_set(
        &self,
        name: &Name,
    ) -> Result<Vec<Result<MmsValue, mms::DataAccessError>>, Error> {
        Ok(self.mms.read_list(name.as_mms()).await?)
    }

    /// A data set of exactly these members: the one of this name if it is such, else it is made (anew), under another name if it is in use.
    pub(super) async fn ensure_data_set(
        &self,
        name: &Name,
        members: &[Name],
    ) -> Result<Name, Error> {
        let mut candidate = name.clone();
        for number in 2..NAMES_TRIED + 2 {
            let error = match self.create_data_set(&candidate, members).await {
                Ok(()) => return Ok(candidate),
                Err(Error::Mms(error))
                    if error.service_error() == Some(ServiceError::OBJECT_EXISTS) =>
                {
                    error
                }
                Err(error) => return Err(error),
            };
            tracing::debug!(%candidate, %error, "data set");
            let there = self.data_set(&candidate).await?;
            let same = there.members.len() == members.len()
                && there
                    .members
                    .iter()
                    .zip(members)
                    .all(|(a, b)| a.as_ref() == Some(b));
            if same {
                return Ok(candidate);
            }
            if there.deletable && self.delete_data_set(&candidate).await.is_ok() {
                self.create_data_set(&candidate, members).await?;
                return Ok(candidate);
            }
            candidate = numbered(name, number);
        }
        Err(Error::DataSet {
            data_set: name.clone(),
            reason: "there are others of this name, and they are in use",
        })
    }
}

/// The name with a number behind it, still of at most 32 characters.
fn numbered(name: &Name, number: usize) -> Name {
    let suffix = format!("_{number}");
    let keep = crate::MAX_IDENTIFIER.saturating_sub(suffix.len());
    let item: String = name.item().chars().take(keep).collect::<String>() + &suffix;
    match name.domain() {
        None => Name::Vcc(item),
        Some(domain) => Name::icc(domain, item),
    }
}

/// The members with the special variables of this domain in front, unless there are some already.
pub(super) fn with_specials(domain: &str, members: &[Name]) -> Vec<Name> {
    let special = |name: &Name| Special::named(name.item()).is_some();
    if members.iter().any(special) {
        return members.to_vec();
    }
    let specials = Special::ALL.map(|special| Name::icc(domain, special.name()));
    specials
        .into_iter()
        .chain(members.iter().cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_second_choice() {
        assert_eq!(numbered(&Name::icc("D", "DS"), 2), Name::icc("D", "DS_2"));
        let long = numbered(&Name::vcc("A".repeat(32)), 10);
        assert_eq!(long.check(), Ok(()));
    }

    #[test]
    fn special_variables_are_added_once() {
        let points = [Name::vcc("MW1")];
        let all = with_specials("D", &points);
        assert_eq!(all.len(), 5);
        assert_eq!(all[0], Name::icc("D", "Transfer_Set_Name"));
        assert_eq!(with_specials("D", &all), all);
    }
}
