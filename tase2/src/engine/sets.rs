//! Data sets: making and deleting them.

use super::pool::data_set_rights;
use super::{Core, DataSet, Member, Table};
use crate::Name;
use crate::bilateral::{Rights, Visibility};
use crate::event::Event;
use crate::model::Object;
use crate::standard::Special;
use mms::{ObjectName, ServiceError};
use std::sync::Arc;

/// Why a data set is not there for a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataSetError {
    /// It does not exist, as far as the peer is to know.
    Absent,
    /// The peer may not do this.
    Denied,
}

impl From<DataSetError> for ServiceError {
    fn from(error: DataSetError) -> Self {
        match error {
            DataSetError::Absent => ServiceError::OBJECT_NON_EXISTENT,
            DataSetError::Denied => ServiceError::OBJECT_ACCESS_DENIED,
        }
    }
}

/// What became of the deletion of one data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// It is gone.
    Done,
    /// A transfer set that is enabled uses it.
    InUse,
    /// It is not there, or stays.
    Refused(DataSetError),
}

impl Core {
    /// A data set that the peer has one of these rights to.
    pub(crate) fn data_set(
        &self,
        table: &Table,
        name: ObjectName<'_>,
        wanted: Rights,
    ) -> Result<Arc<DataSet>, DataSetError> {
        let name = Name::from_mms(name).ok_or(DataSetError::Absent)?;
        let found = self.state.lock().data_sets.get(&name).cloned();
        let hidden = match table.config.options.visibility {
            Visibility::Hide => DataSetError::Absent,
            Visibility::Deny => DataSetError::Denied,
        };
        let foreign = name.domain().is_some_and(|d| d != table.config.domain);
        let set = found.filter(|_| !foreign).ok_or(DataSetError::Absent)?;
        match data_set_rights(&table.config, &set) {
            rights if rights.is_empty() => Err(hidden),
            rights if rights.intersects(wanted) => Ok(set),
            _ => Err(DataSetError::Denied),
        }
    }

    /// Makes a data set for a peer. `members` are names; `room` is what a report of it may take, in octets.
    pub(crate) fn define_data_set<'n>(
        &self,
        table: &Table,
        name: ObjectName<'_>,
        members: impl ExactSizeIterator<Item = Option<ObjectName<'n>>>,
        fits: impl FnOnce(&DataSet) -> bool,
    ) -> Result<(), ServiceError> {
        let config = &table.config;
        let ObjectName::Domain { domain, item } = name else {
            // Data sets of clients live in their domain.
            return Err(ServiceError::OBJECT_ACCESS_DENIED);
        };
        if domain != config.domain {
            return Err(ServiceError::OBJECT_NON_EXISTENT);
        }
        if !config.options.create_data_sets {
            return Err(ServiceError::OBJECT_ACCESS_DENIED);
        }
        let limit = |limit: &'static str| {
            self.emit(Event::LimitReached {
                peer: config.peer.clone(),
                limit,
            });
            Err(ServiceError::CAPABILITY_UNAVAILABLE)
        };
        if members.len() == 0 || item.is_empty() || item.len() > 64 {
            return Err(ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT);
        }
        if members.len() > config.limits.members {
            return limit("members of a data set");
        }
        let members: Option<Vec<Member>> =
            members.map(|member| self.member(table, member?)).collect();
        // A member that is hidden and one that is not there answer alike.
        let members = members.ok_or(ServiceError::OBJECT_UNDEFINED)?;
        let set = DataSet {
            name: Name::icc(domain, item),
            members,
            deletable: true,
            dynamic: true,
        };
        if !fits(&set) {
            return Err(ServiceError::CAPABILITY_UNAVAILABLE);
        }
        let mut state = self.state.lock();
        if state.data_sets.contains_key(&set.name) {
            return Err(ServiceError::OBJECT_EXISTS);
        }
        let theirs = state.data_sets.values();
        let theirs = theirs.filter(|s| s.dynamic && s.name.domain() == Some(&*config.domain));
        if theirs.count() >= config.limits.data_sets {
            drop(state);
            return limit("data sets");
        }
        state.data_sets.insert(set.name.clone(), Arc::new(set));
        Ok(())
    }

    /// What a name stands for as a member of a data set of this peer.
    fn member(&self, table: &Table, name: ObjectName<'_>) -> Option<Member> {
        let (domain, item) = match name {
            ObjectName::Vmd(item) => (None, item),
            ObjectName::Domain { domain, item } => (Some(domain), item),
            ObjectName::Association(_) => return None,
        };
        if domain.is_some_and(|domain| domain != table.config.domain) {
            return None;
        }
        if let Some(special) = Special::named(item) {
            return Some(Member::Special {
                special,
                vcc: domain.is_none(),
            });
        }
        let object = self.model.find(domain, item)?;
        match object {
            Object::Point(_) => {}
            Object::Control(id) => {
                let device = self.model.device_of(id).is_some();
                if device && !table.config.options.read_devices {
                    return None;
                }
            }
            // Reading a data set selects nothing, and a tag is no data value.
            Object::Select(_) | Object::Tag(_) => return None,
        }
        let readable = table.rights(object).contains(Rights::READ);
        readable.then_some(Member::Object(object))
    }

    /// Deletes a data set for a peer.
    pub(crate) fn delete_data_set(&self, table: &Table, name: ObjectName<'_>) -> Deletion {
        let set = match self.data_set(table, name, Rights::DELETE) {
            Ok(set) => set,
            Err(error) => return Deletion::Refused(error),
        };
        if !set.deletable {
            return Deletion::Refused(DataSetError::Denied);
        }
        let mut state = self.state.lock();
        if state.in_use(&set) {
            return Deletion::InUse;
        }
        match state.data_sets.remove(&set.name) {
            Some(_) => Deletion::Done,
            None => Deletion::Refused(DataSetError::Absent),
        }
    }
}
