//! Writing: checks first, then the user's handlers, then the store.

use super::access::Target;
use super::session::NativeSession;
use super::space::{Kind, Place, Space, SpaceId};
use crate::common::{AccessPolicy, FunctionalConstraint as Fc, MmsDataAccessError};
use crate::model::arena::{Arena, ArrayIndices, NodeId, NodeKey};
use mms::{DataAccessError, DataView, MmsValue, TypeDescription};

/// A leaf that is to be written.
pub(super) struct Write {
    pub(super) place: Place,
    pub(super) value: MmsValue,
}

/// Why a variable was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteError {
    Access(DataAccessError),
    /// A handler wants the client to get no answer at all.
    NoResponse,
}

impl WriteError {
    pub(super) fn on_the_wire(self) -> DataAccessError {
        match self {
            WriteError::Access(error) => error,
            WriteError::NoResponse => DataAccessError::TemporarilyUnavailable,
        }
    }
}

impl From<DataAccessError> for WriteError {
    fn from(error: DataAccessError) -> Self {
        WriteError::Access(error)
    }
}

pub(super) type Written = Result<(), WriteError>;

impl NativeSession {
    /// Writes one target, all of it or nothing.
    pub(super) fn write_target(&self, target: Target<'_>, data: DataView<'_>) -> Written {
        let shared = &self.shared;
        let space = &shared.space;
        if let Target::Whole(place) = target
            && let Some(field) = space.field(space.node(place.node))
        {
            let value = data.to_value();
            check(&field.ty, &value)?;
            let tracked = shared.tracks().then(|| value.clone());
            let result = self
                .may_write_field(place.node)
                .and_then(|()| self.write_field(field, value));
            if let Some(value) = tracked {
                shared.track_block(&self.client, place.node, value, result.into());
            }
            return result.map_err(WriteError::from);
        }
        let mut writes = Vec::new();
        match target {
            Target::Whole(place) => {
                collect(space, &shared.arena, place, data.to_value(), &mut writes)?
            }
            Target::Range { array, low, count } => {
                let MmsValue::Array(elements) = data.to_value() else {
                    return Err(DataAccessError::TypeInconsistent.into());
                };
                if elements.len() != count as usize {
                    return Err(DataAccessError::TypeInconsistent.into());
                }
                for (index, element) in (low..).zip(elements) {
                    collect(
                        space,
                        &shared.arena,
                        space.element_at(array, index),
                        element,
                        &mut writes,
                    )?;
                }
            }
            Target::Parts(..) => return Err(DataAccessError::ObjectAccessUnsupported.into()),
        }
        for write in &writes {
            self.check_policy(write)?;
        }
        let mut stored = Vec::with_capacity(writes.len());
        for write in writes {
            match self.ask_handler(&write) {
                MmsDataAccessError::Success => stored.push(write),
                MmsDataAccessError::SuccessNoUpdate => {}
                MmsDataAccessError::NoResponse => return Err(WriteError::NoResponse),
                refused => {
                    let error = refused
                        .to_wire()
                        .unwrap_or(DataAccessError::ObjectAccessDenied);
                    return Err(error.into());
                }
            }
        }
        let state = shared.store.lock_in_task();
        let stored = stored.into_iter();
        shared.apply(
            state,
            stored.map(|write| (space.slot(write.place), write.value)),
        );
        Ok(())
    }

    /// Whether the client may write this leaf at all.
    fn check_policy(&self, write: &Write) -> Result<(), DataAccessError> {
        let shared = &self.shared;
        let node = shared.space.node(write.place.node);
        if node.kind != Kind::Attribute {
            return Err(DataAccessError::ObjectAccessDenied);
        }
        if node.fc == Fc::SE && !shared.may_edit(&self.client, write.place) {
            return Err(DataAccessError::TemporarilyUnavailable);
        }
        // A handler decides in place of the policy.
        if shared.handlers.has_write_handlers() {
            let key = key_of(&shared.space, write.place);
            if key.is_some_and(|key| shared.handlers.write_handler(key).is_some()) {
                return Ok(());
            }
        }
        match shared.handlers.write_policy(node.fc) {
            Some(AccessPolicy::Allow) => Ok(()),
            _ => Err(DataAccessError::ObjectAccessDenied),
        }
    }

    /// Asks the handler of the attribute, with no lock held.
    fn ask_handler(&self, write: &Write) -> MmsDataAccessError {
        let shared = &self.shared;
        if !shared.handlers.has_write_handlers() {
            return MmsDataAccessError::Success;
        }
        let Some(key) = key_of(&shared.space, write.place) else {
            return MmsDataAccessError::Success;
        };
        let Some(handler) = shared.handlers.write_handler(key) else {
            return MmsDataAccessError::Success;
        };
        let Ok(attribute) = shared
            .model
            .node_of(&shared.arena, key)
            .into_data_attribute()
        else {
            return MmsDataAccessError::ObjectAccessDenied;
        };
        shared
            .handlers
            .call("write handler", handler, |handler| {
                handler(&self.client, &attribute, &write.value)
            })
            .unwrap_or(MmsDataAccessError::ObjectAccessDenied)
    }
}

/// The key of the attribute at a place.
pub(super) fn key_of(space: &Space, place: Place) -> Option<NodeKey> {
    let node = space.node(place.node);
    let id = NodeId::at(node.source as usize)?;
    let arrays: Vec<SpaceId> = space.arrays_around(place.node);
    let mut indices = ArrayIndices::NONE;
    let mut rest = place.offset;
    for array in arrays {
        let stride = space.stride(space.node(array)).max(1);
        indices = indices.with(rest / stride)?;
        rest %= stride;
    }
    Some(NodeKey { id, indices })
}

/// Takes a value apart into leaves and checks each against its type.
pub(super) fn collect(
    space: &Space,
    arena: &Arena,
    place: Place,
    value: MmsValue,
    writes: &mut Vec<Write>,
) -> Result<(), DataAccessError> {
    let node = *space.node(place.node);
    match (node.kind, value) {
        (Kind::Attribute | Kind::Field, value) => {
            let ty = space
                .leaf_type(arena, &node)
                .ok_or(DataAccessError::ObjectInvalidated)?;
            check(&ty, &value)?;
            writes.push(Write { place, value });
            Ok(())
        }
        (Kind::Structure, MmsValue::Structure(components))
            if components.len() == node.count as usize =>
        {
            for (child, component) in (node.first..).zip(components) {
                let place = Place {
                    node: SpaceId(child),
                    offset: place.offset,
                };
                collect(space, arena, place, component, writes)?;
            }
            Ok(())
        }
        (Kind::Array, MmsValue::Array(elements)) if elements.len() == node.count as usize => {
            for (index, element) in (0..).zip(elements) {
                collect(
                    space,
                    arena,
                    space.element_at(place, index),
                    element,
                    writes,
                )?;
            }
            Ok(())
        }
        _ => Err(DataAccessError::TypeInconsistent),
    }
}

/// Whether a value from a client is of the type: the same kind, and within its range.
fn check(ty: &TypeDescription, value: &MmsValue) -> Result<(), DataAccessError> {
    let range = |ok: bool| {
        if ok {
            Ok(())
        } else {
            Err(DataAccessError::ObjectValueInvalid)
        }
    };
    let length = |size: i32, length: usize| {
        let limit = size.unsigned_abs() as usize;
        range(if size < 0 {
            length <= limit
        } else {
            length == limit
        })
    };
    match (ty, value) {
        (TypeDescription::Boolean, MmsValue::Boolean(_))
        | (TypeDescription::UtcTime, MmsValue::UtcTime(_))
        | (
            TypeDescription::Float {
                format_width: 32, ..
            },
            MmsValue::Float32(_),
        )
        | (
            TypeDescription::Float {
                format_width: 64, ..
            },
            MmsValue::Float64(_),
        ) => Ok(()),
        (TypeDescription::Integer(bits), MmsValue::Integer(number)) => {
            let unused = 64u8.saturating_sub(*bits);
            range(number << unused >> unused == *number)
        }
        (TypeDescription::Unsigned(bits), MmsValue::Unsigned(number)) => {
            range(*bits >= 64 || number >> bits == 0)
        }
        // Generic bit strings have any length.
        (TypeDescription::BitString(0), MmsValue::BitString(_)) => Ok(()),
        (TypeDescription::BitString(size), MmsValue::BitString(bits)) => {
            range(bits.len() == size.unsigned_abs() as usize)
        }
        (TypeDescription::OctetString(size), MmsValue::OctetString(octets)) => {
            length(*size, octets.len())
        }
        (TypeDescription::VisibleString(size), MmsValue::VisibleString(text)) => {
            length(*size, text.len())
        }
        (TypeDescription::MmsString(size), MmsValue::MmsString(text)) => length(*size, text.len()),
        (TypeDescription::BinaryTime(day), MmsValue::BinaryTime(time)) => {
            range(time.days.is_some() == *day)
        }
        // A structured leaf (PHYCOMADDR) is one value with components.
        (TypeDescription::Structure(components), MmsValue::Structure(values)) => {
            if components.len() != values.len() {
                return Err(DataAccessError::TypeInconsistent);
            }
            components
                .iter()
                .zip(values)
                .try_for_each(|(c, value)| check(&c.ty, value))
        }
        _ => Err(DataAccessError::TypeInconsistent),
    }
}
