use super::journal::Journal;
use super::lists::VariableList;
use super::variable::Variable;
use crate::{DataAccessError, MAX_IDENTIFIER_LENGTH, ObjectName, OwnedObjectName};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// Why something could not be put into a [`super::Vmd`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VmdError {
    /// There is an object of this kind and name already.
    #[error("{0} exists already")]
    Exists(OwnedObjectName),
    /// Empty, too long, or not of visible ASCII characters.
    #[error("{0:?} is no name for an object")]
    BadName(String),
    /// The domain does not exist.
    #[error("there is no domain {0:?}")]
    NoDomain(String),
    /// A member of a list does not exist.
    #[error("there is no variable {0}")]
    NoVariable(OwnedObjectName),
    /// Objects of an association are not made from outside of it.
    #[error("{0} would be an object of an association")]
    AssociationSpecific(OwnedObjectName),
    /// The value is not of the type of the variable.
    #[error("the value is not of the type of the variable: {0}")]
    Value(DataAccessError),
}

/// The objects of one scope.
#[derive(Default)]
pub(super) struct Scope {
    pub(super) variables: BTreeMap<String, Arc<Variable>>,
    pub(super) lists: BTreeMap<String, Arc<VariableList>>,
    pub(super) journals: BTreeMap<String, Arc<dyn Journal>>,
}

/// The objects of the VMD and its domains.
#[derive(Default)]
pub(super) struct Objects {
    pub(super) vmd: Scope,
    pub(super) domains: BTreeMap<String, Scope>,
}

fn check_identifier(name: &str) -> Result<(), VmdError> {
    let visible = name.bytes().all(|octet| (0x21..0x7f).contains(&octet));
    if name.is_empty() || name.len() > MAX_IDENTIFIER_LENGTH || !visible {
        return Err(VmdError::BadName(name.to_owned()));
    }
    Ok(())
}

/// Whether the item of a name is an identifier.
pub(super) fn check_name(name: &OwnedObjectName) -> Result<(), VmdError> {
    check_identifier(name.as_ref().item())
}

pub(super) fn insert<T>(
    objects: &mut BTreeMap<String, T>,
    name: OwnedObjectName,
    object: T,
) -> Result<(), VmdError> {
    match objects.entry(name.as_ref().item().to_owned()) {
        Entry::Occupied(_) => Err(VmdError::Exists(name)),
        Entry::Vacant(place) => {
            place.insert(object);
            Ok(())
        }
    }
}

impl Objects {
    pub(super) fn add_domain(&mut self, name: &str) -> Result<(), VmdError> {
        check_identifier(name)?;
        let full = OwnedObjectName::Vmd(name.to_owned());
        insert(&mut self.domains, full, Scope::default())
    }

    /// The scope a new object of this name belongs into.
    pub(super) fn scope_for(&mut self, name: &OwnedObjectName) -> Result<&mut Scope, VmdError> {
        check_name(name)?;
        match name {
            OwnedObjectName::Vmd(_) => Ok(&mut self.vmd),
            OwnedObjectName::Domain { domain, .. } => self
                .domains
                .get_mut(domain)
                .ok_or_else(|| VmdError::NoDomain(domain.clone())),
            OwnedObjectName::Association(_) => Err(VmdError::AssociationSpecific(name.clone())),
        }
    }

    pub(super) fn scope(&self, name: &ObjectName<'_>) -> Option<&Scope> {
        match *name {
            ObjectName::Vmd(_) => Some(&self.vmd),
            ObjectName::Domain { domain, .. } => self.domains.get(domain),
            ObjectName::Association(_) => None,
        }
    }

    pub(super) fn scope_mut(&mut self, name: &ObjectName<'_>) -> Option<&mut Scope> {
        match *name {
            ObjectName::Vmd(_) => Some(&mut self.vmd),
            ObjectName::Domain { domain, .. } => self.domains.get_mut(domain),
            ObjectName::Association(_) => None,
        }
    }

    pub(super) fn variable(&self, name: ObjectName<'_>) -> Option<&Arc<Variable>> {
        self.scope(&name)?.variables.get(name.item())
    }
}
