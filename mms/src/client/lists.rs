//! Named variable lists (data sets).

use super::{Client, ClientError, encode, wrong};
use crate::pdu::{
    DeleteScope, DeleteVariableListRequest, DeleteVariableListResponse, ResponseService, Service,
    VariableAccess, VariableListAttributesRequest, write_define_variable_list,
    write_delete_variable_lists,
};
use crate::{ObjectName, OwnedVariable};

/// The members of a variable list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAttributes {
    /// Whether the list can be deleted over MMS.
    pub deletable: bool,
    /// The members; `None` for one that has no name (an address, or a variable that is gone).
    pub members: Vec<Option<OwnedVariable>>,
}

impl Client {
    /// Creates a variable list of these members.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn define_named_variable_list<'v, V>(
        &self,
        name: ObjectName<'_>,
        members: impl IntoIterator<Item = V>,
    ) -> Result<(), ClientError>
    where
        V: Into<VariableAccess<'v>>,
    {
        const SERVICE: Service = Service::DefineNamedVariableList;
        let request = encode(|w| write_define_variable_list(w, name, members));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::DefineNamedVariableList(_) => Ok(()),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// The members of a variable list.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get_named_variable_list_attributes(
        &self,
        name: ObjectName<'_>,
    ) -> Result<ListAttributes, ClientError> {
        const SERVICE: Service = Service::GetNamedVariableListAttributes;
        let request = encode(|w| VariableListAttributesRequest { name }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::GetNamedVariableListAttributes(attributes) => Ok(ListAttributes {
                deletable: attributes.deletable,
                members: attributes
                    .variables
                    .iter()
                    .map(|member| OwnedVariable::from_access(&member))
                    .collect(),
            }),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Deletes these variable lists. The response says how many of them there were and how many
    /// the peer deleted.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_named_variable_lists(
        &self,
        names: &[ObjectName<'_>],
    ) -> Result<DeleteVariableListResponse, ClientError> {
        let request = encode(|w| write_delete_variable_lists(w, names.iter().copied()));
        self.delete_lists(request).await
    }

    /// Deletes all variable lists of a scope, as far as they can be deleted. `domain` names the
    /// domain for [`DeleteScope::Domain`].
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_all_named_variable_lists(
        &self,
        scope: DeleteScope,
        domain: Option<&str>,
    ) -> Result<DeleteVariableListResponse, ClientError> {
        let request = DeleteVariableListRequest {
            scope,
            lists: None,
            domain,
        };
        self.delete_lists(encode(|w| request.encode(w))).await
    }

    async fn delete_lists(
        &self,
        request: Vec<u8>,
    ) -> Result<DeleteVariableListResponse, ClientError> {
        const SERVICE: Service = Service::DeleteNamedVariableList;
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::DeleteNamedVariableList(deleted) => Ok(deleted),
            _ => wrong(SERVICE),
        })
        .await
    }
}
