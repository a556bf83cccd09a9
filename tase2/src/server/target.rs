//! What a variable name stands for, for one peer.

use super::extra::{self, Extra};
use crate::bilateral::{Rights, Visibility};
use crate::engine::{Core, Table};
use crate::model::Object;
use crate::standard::{self, Special};
use crate::types::{Features, TagValue, TransferSetShape, Version, object_name_type};
use mms::pdu::{AccessStep, AlternateAccess, VariableAccess, VariableSpecification};
use mms::{DataAccessError, ObjectName, TypeDescription};

/// Steps into a structure that are followed: no type here is deeper.
const MAX_STEPS: usize = 4;

/// A variable a peer can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Version,
    Features,
    TableId,
    NextTransferSet,
    Special(Special),
    /// `Transfer_Report_ACK`, or `Transfer_Report_NACK`.
    Acknowledgement {
        positive: bool,
    },
    TransferSet(usize),
    Object(Object),
    /// A variable of blocks 3, 4, 8 or 9.
    Extra(Extra),
}

/// A variable, and the way to the part of it that is meant.
#[derive(Clone, Debug)]
pub(super) struct Meant<'a> {
    pub(super) target: Target,
    pub(super) path: Vec<&'a str>,
}

/// The answer for what the peer has no right at all to, and for what is not there: else they could be told apart.
pub(super) fn hidden(table: &Table) -> DataAccessError {
    match table.config.options.visibility {
        Visibility::Hide => DataAccessError::ObjectNonExistent,
        Visibility::Deny => DataAccessError::ObjectAccessDenied,
    }
}

/// What an element of a variable list means.
pub(super) fn meant<'a>(
    core: &Core,
    table: &Table,
    access: &VariableAccess<'a>,
) -> Result<Meant<'a>, DataAccessError> {
    let name = match access.variable {
        VariableSpecification::Name(name) => name,
        VariableSpecification::Invalidated => return Err(DataAccessError::ObjectInvalidated),
        _ => return Err(DataAccessError::ObjectAccessUnsupported),
    };
    let mut meant = named(core, table, name)?;
    let mut part: Option<AlternateAccess<'a>> = access.alternate_access;
    while let Some(access) = part {
        // Several parts side by side make structures no TASE.2 type knows.
        let selection = access
            .single()
            .ok_or(DataAccessError::ObjectAccessUnsupported)?;
        let AccessStep::Component(component) = selection.step else {
            return Err(DataAccessError::ObjectAccessUnsupported);
        };
        if meant.path.len() >= MAX_STEPS {
            return Err(DataAccessError::ObjectNonExistent);
        }
        meant.path.push(component);
        part = selection.nested;
    }
    Ok(meant)
}

/// What a name means: an object, or `object$component` where there is no object of the whole name.
pub(super) fn named<'a>(
    core: &Core,
    table: &Table,
    name: ObjectName<'a>,
) -> Result<Meant<'a>, DataAccessError> {
    let whole = |target| Meant {
        target,
        path: Vec::new(),
    };
    let (domain, item) = match name {
        ObjectName::Vmd(item) => (None, item),
        ObjectName::Domain { domain, item } => (Some(domain), item),
        ObjectName::Association(item) => {
            let found = extra::find(core, table, extra::Scope::Association, item);
            let found = found.map(|extra| whole(Target::Extra(extra)));
            return found.ok_or(DataAccessError::ObjectNonExistent);
        }
    };
    if domain.is_some_and(|domain| domain != table.config.domain) {
        // The domains of others are nobody's business.
        return Err(DataAccessError::ObjectNonExistent);
    }
    if let Some(found) = target(core, table, domain, item) {
        return found.map(whole);
    }
    let Some((base, path)) = item.split_once('$') else {
        return Err(hidden(table));
    };
    let target = target(core, table, domain, base).unwrap_or_else(|| Err(hidden(table)))?;
    let path: Vec<_> = path.split('$').take(MAX_STEPS + 1).collect();
    if path.len() > MAX_STEPS {
        return Err(DataAccessError::ObjectNonExistent);
    }
    Ok(Meant { target, path })
}

/// `None`: there is no such name.
fn target(
    core: &Core,
    table: &Table,
    domain: Option<&str>,
    item: &str,
) -> Option<Result<Target, DataAccessError>> {
    if let Some(object) = core.model.find(domain, item) {
        return Some(match table.rights(object).is_empty() {
            true => Err(hidden(table)),
            false => Ok(Target::Object(object)),
        });
    }
    let in_domain = domain.is_some();
    let scope = match in_domain {
        true => extra::Scope::Domain,
        false => extra::Scope::Vcc,
    };
    if let Some(extra) = extra::find(core, table, scope, item) {
        return Some(Ok(Target::Extra(extra)));
    }
    let alias = table.config.options.vmd_alias_in_domain;
    let found = match item {
        standard::VERSION if !in_domain || alias => Target::Version,
        standard::FEATURES if !in_domain || alias => Target::Features,
        standard::TABLE_ID if in_domain => Target::TableId,
        standard::NEXT_TRANSFER_SET if in_domain => Target::NextTransferSet,
        standard::ACK if in_domain => Target::Acknowledgement { positive: true },
        standard::NACK if in_domain => Target::Acknowledgement { positive: false },
        _ => match Special::named(item) {
            Some(special) => Target::Special(special),
            None if in_domain => Target::TransferSet(core.transfer_set_slot(table, item)?),
            None => return None,
        },
    };
    Some(Ok(found))
}

impl Target {
    /// The type of the variable.
    pub(super) fn description(self, core: &Core, table: &Table) -> Option<TypeDescription> {
        Some(match self {
            Target::Version => Version::description(),
            Target::Features => Features::description(),
            Target::TableId => TypeDescription::VisibleString(-32),
            Target::NextTransferSet | Target::Acknowledgement { .. } => object_name_type(),
            Target::Special(special) => special.description(),
            Target::TransferSet(_) => shape(table).description(),
            Target::Object(Object::Point(id)) => {
                core.model.points.get(id as usize)?.ty.description()
            }
            Target::Object(Object::Control(id)) => {
                core.model.controls.get(id as usize)?.ty.description()
            }
            Target::Extra(extra) => extra.description(),
            Target::Object(Object::Select(_)) => TypeDescription::Integer(16),
            Target::Object(Object::Tag(_)) => TagValue::description(),
        })
    }

    /// Whether the peer has the right to read what it can see.
    pub(super) fn readable(self, table: &Table) -> bool {
        match self {
            Target::Object(Object::Select(id)) => {
                let rights = table.rights(Object::Select(id));
                rights.contains(Rights::SELECT)
            }
            Target::Object(Object::Tag(id)) => {
                let rights = table.rights(Object::Tag(id));
                rights.intersects(Rights::READ | Rights::TAG)
            }
            Target::Object(object) => table.rights(object).contains(Rights::READ),
            // They are in reports only.
            Target::Special(_) | Target::Acknowledgement { .. } => false,
            _ => true,
        }
    }
}

/// The shape transfer sets have for this peer.
pub(super) fn shape(table: &Table) -> TransferSetShape {
    table.config.edition.shape()
}

/// The component a path leads to, with its place on each level.
pub(super) fn component<'t>(
    ty: &'t TypeDescription,
    path: &[&str],
) -> Option<(&'t TypeDescription, Vec<usize>)> {
    let mut ty = ty;
    let mut places = Vec::with_capacity(path.len());
    for name in path {
        let TypeDescription::Structure(components) = ty else {
            return None;
        };
        let place = components
            .iter()
            .position(|c| c.name.as_deref() == Some(name))?;
        ty = &components.get(place)?.ty;
        places.push(place);
    }
    Some((ty, places))
}
