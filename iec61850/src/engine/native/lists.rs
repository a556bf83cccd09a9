//! Named variable lists: the data sets of the model, and those that clients define.

use super::Shared;
use super::space::{Place, Space};
use crate::model::arena::{Arena, DataSetDef};
use mms::pdu::{
    AccessStep, AlternateAccessBuf, OwnedAccessStep, SelectionTree, VariableAccess, VariableList,
};
use mms::{DataAccessError, ObjectName, OwnedObjectName, ServiceError};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A member: its name for directories, and its place for everything else.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: OwnedObjectName,
    pub(super) alternate: Option<AlternateAccessBuf>,
    pub(super) place: Place,
}

impl Member {
    /// The reference as reports have it: `LD/LN$FC$DO...`, and for an element of an array
    /// `LD/LN$FC$DO(1)$...`.
    pub(super) fn reference(&self) -> String {
        let mut reference = self.name.to_string();
        let mut access = self.alternate.as_ref().map(|alternate| alternate.as_ref());
        while let Some(selection) = access.and_then(|access| access.single()) {
            match selection.step {
                AccessStep::Index(index) => reference.push_str(&format!("({index})")),
                AccessStep::Component(name) => {
                    reference.push('$');
                    reference.push_str(name);
                }
                AccessStep::IndexRange { .. } | AccessStep::AllElements => {}
            }
            access = selection.nested;
        }
        reference
    }

    pub(super) fn access(&self) -> VariableAccess<'_> {
        let access = VariableAccess::from(self.name.as_ref());
        match &self.alternate {
            Some(alternate) => access.with_alternate_access(alternate.as_ref()),
            None => access,
        }
    }
}

/// A named variable list.
#[derive(Debug)]
pub(super) struct VariableListObject {
    pub(super) deletable: bool,
    pub(super) members: Vec<Member>,
    /// Control blocks that use it: meanwhile it cannot be deleted.
    users: AtomicUsize,
}

/// A list in the hands of a control block.
#[derive(Debug)]
pub(super) struct ListUse(Arc<VariableListObject>);

impl ListUse {
    /// Made with the catalogue of the list locked, so that the list is not being deleted.
    pub(super) fn new(list: &Arc<VariableListObject>) -> Self {
        list.users.fetch_add(1, Ordering::Relaxed);
        ListUse(list.clone())
    }

    /// The list, for as long as it is needed otherwise.
    pub(super) fn list(&self) -> Arc<VariableListObject> {
        self.0.clone()
    }
}

impl Deref for ListUse {
    type Target = VariableListObject;

    fn deref(&self) -> &VariableListObject {
        &self.0
    }
}

impl Drop for ListUse {
    fn drop(&mut self) {
        self.0.users.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Lists of one scope by name.
pub(super) type Lists = BTreeMap<String, Arc<VariableListObject>>;

impl VariableListObject {
    /// Whether a client may delete it now.
    pub(super) fn may_go(&self) -> bool {
        self.deletable && self.users.load(Ordering::Relaxed) == 0
    }

    /// A data set of the model. Members that the address space does not have are left out: the
    /// model checks them when it is built.
    pub(super) fn from_model(space: &Space, arena: &Arena, def: &DataSetDef) -> Self {
        let members = def
            .entries
            .iter()
            .filter_map(|entry| {
                let place = space.place_of(arena, entry.key, entry.fc)?;
                let device = arena.logical_device_of(entry.key.id);
                let domain_name = arena.domain_name(device);
                let (item, alternate) = item_of(arena, entry)?;
                Some(Member {
                    name: OwnedObjectName::domain(domain_name, item),
                    alternate,
                    place,
                })
            })
            .collect();
        VariableListObject {
            deletable: false,
            members,
            users: AtomicUsize::new(0),
        }
    }

    /// A list as a client defines it.
    pub(super) fn define(
        space: &Space,
        variables: VariableList<'_>,
        max_entries: usize,
    ) -> Result<Self, ServiceError> {
        if variables.is_empty() {
            return Err(ServiceError::DEFINITION_OTHER);
        }
        if variables.len() > max_entries {
            return Err(ServiceError::DEFINITION_OTHER);
        }
        let mut members = Vec::with_capacity(variables.len());
        for variable in variables {
            let name = variable
                .name()
                .ok_or(ServiceError::OBJECT_ACCESS_UNSUPPORTED)?;
            let undefined = |_: DataAccessError| ServiceError::OBJECT_UNDEFINED;
            let target = space.target(&variable).map_err(undefined)?;
            let super::access::Target::Whole(place) = target else {
                // A member is one object, not a range of them.
                return Err(ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT);
            };
            let alternate = variable
                .alternate_access
                .map(|a| AlternateAccessBuf::new(&selections(&a)))
                .transpose()
                .map_err(|_| ServiceError::DEFINITION_OTHER)?;
            members.push(Member {
                name: name.to_owned(),
                alternate,
                place,
            });
        }
        Ok(VariableListObject {
            deletable: true,
            members,
            users: AtomicUsize::new(0),
        })
    }
}

fn selections(alternate: &mms::pdu::AlternateAccess<'_>) -> Vec<SelectionTree> {
    alternate
        .selections()
        .map(|selection| SelectionTree {
            component_name: selection.component_name.map(str::to_owned),
            step: match selection.step {
                AccessStep::Component(name) => OwnedAccessStep::Component(name.to_owned()),
                AccessStep::Index(index) => OwnedAccessStep::Index(index),
                AccessStep::IndexRange { low, count } => OwnedAccessStep::IndexRange { low, count },
                AccessStep::AllElements => OwnedAccessStep::AllElements,
            },
            nested: selection
                .nested
                .map(|nested| selections(&nested))
                .unwrap_or_default(),
        })
        .collect()
}

/// `LN$FC$DO...` up to the first array with an index, and the access into that array.
fn item_of(
    arena: &Arena,
    entry: &crate::model::arena::DataSetEntryDef,
) -> Option<(String, Option<AlternateAccessBuf>)> {
    let mut path: Vec<_> = arena.ancestors(entry.key.id).collect();
    path.pop();
    let logical_node = path.pop()?;
    let mut item = format!("{}${}", arena.name(logical_node), entry.fc);
    let mut steps: Vec<OwnedAccessStep> = Vec::new();
    let mut arrays = 0;
    for &id in path.iter().rev() {
        if steps.is_empty() {
            item.push('$');
            item.push_str(arena.name(id));
        } else if let Some(OwnedAccessStep::Component(path)) = steps.last_mut() {
            path.push('$');
            path.push_str(arena.name(id));
        } else {
            steps.push(OwnedAccessStep::Component(arena.name(id).to_string()));
        }
        if arena.node(id).kind.count() > 0 {
            if let Some(index) = entry.key.indices.get(arrays) {
                steps.push(OwnedAccessStep::Index(index));
            }
            arrays += 1;
        }
    }
    if steps.is_empty() {
        return Some((item, None));
    }
    let borrowed: Vec<_> = steps.iter().map(OwnedAccessStep::as_ref).collect();
    Some((item, Some(AlternateAccessBuf::path(&borrowed).ok()?)))
}

/// Where the lists of a scope are kept.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// By index of the domain.
    pub(super) domains: Vec<Lists>,
    /// Outside any domain.
    pub(super) vmd: Lists,
}

/// How many lists there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) per_domain: usize,
    pub(super) per_association: usize,
    pub(super) vmd: usize,
}

/// The lists of the scope a name belongs to, and how many there may be.
pub(super) fn scope<'l>(
    space: &Space,
    catalogue: &'l mut Catalogue,
    association: &'l mut Lists,
    limits: Limits,
    name: ObjectName<'_>,
) -> Option<(&'l mut Lists, usize)> {
    match name {
        ObjectName::Domain { domain, .. } => {
            let index = space.domain_number(domain)?;
            Some((catalogue.domains.get_mut(index)?, limits.per_domain))
        }
        ObjectName::Vmd(_) => Some((&mut catalogue.vmd, limits.vmd)),
        ObjectName::Association(_) => Some((association, limits.per_association)),
    }
}

impl Shared {
    /// The list a control block names as `LD/LN$name`, `@name` or `/name`, and nothing for an empty
    /// name. `own` are the lists of the association that asks.
    pub(super) fn use_list(
        &self,
        reference: &str,
        own: Option<&Lists>,
    ) -> Result<Option<ListUse>, DataAccessError> {
        if reference.is_empty() {
            return Ok(None);
        }
        let found = if let Some(name) = reference.strip_prefix('@') {
            own.and_then(|lists| lists.get(name)).map(ListUse::new)
        } else {
            let catalogue = self.catalogue.lock();
            let list = match reference.split_once('/') {
                Some(("", name)) => catalogue.vmd.get(name),
                Some((domain, item)) => self
                    .space
                    .domain_number(domain)
                    .and_then(|number| catalogue.domains.get(number)?.get(item)),
                None => None,
            };
            list.map(ListUse::new)
        };
        found.map(Some).ok_or(DataAccessError::ObjectValueInvalid)
    }
}
