use crate::types::{PointType, PointValue};
use crate::{Name, PointError, Special};
use mms::{DataAccessError, DataView, MmsType, MmsValue, ObjectName};
use std::collections::HashMap;
use std::sync::Arc;

/// What a member of a data set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberType {
    Special(Special),
    /// A point; without a type its values go by their shape.
    Point(Option<PointType>),
}

/// The members of a data set of the peer, as it has them.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) members: Vec<(Arc<Name>, MemberType)>,
    /// By item, then by domain: names in a report are looked up without making one.
    places: HashMap<Box<str>, Vec<u32>>,
}

impl Layout {
    pub(crate) fn new(members: Vec<(Name, MemberType)>) -> Self {
        let mut places: HashMap<Box<str>, Vec<u32>> = HashMap::with_capacity(members.len());
        for (i, (name, _)) in members.iter().enumerate() {
            places.entry(name.item().into()).or_default().push(i as u32);
        }
        let shared = members.into_iter().map(|(name, ty)| (Arc::new(name), ty));
        Layout {
            members: shared.collect(),
            places,
        }
    }

    /// The member with this name. A special variable is known in either scope.
    pub(crate) fn find(&self, name: ObjectName<'_>) -> Option<&(Arc<Name>, MemberType)> {
        let places = self.places.get(name.item())?;
        let members = || places.iter().filter_map(|i| self.members.get(*i as usize));
        let exact = members().find(|(member, _)| member.as_mms() == name);
        exact.or_else(|| members().find(|(_, ty)| matches!(ty, MemberType::Special(_))))
    }

    /// Whether blocked data of it can be read: every member is a special variable, or a point of a type that is known.
    pub(crate) fn packable(&self) -> bool {
        let mut members = self.members.iter();
        members.all(|(_, ty)| *ty != MemberType::Point(None))
    }

    /// Where the name of the transfer set is in a full report.
    pub(crate) fn name_place(&self) -> Option<usize> {
        let wanted = MemberType::Special(Special::TransferSetName);
        self.members.iter().position(|(_, ty)| *ty == wanted)
    }
}

/// Reads the value of a point.
pub(crate) fn point_value(
    ty: Option<PointType>,
    view: &DataView<'_>,
) -> Result<PointValue, PointError> {
    if view.mms_type() == MmsType::DataAccessError {
        return Err(PointError::Access(match view.to_value() {
            MmsValue::DataAccessError(error) => error,
            _ => DataAccessError::ObjectInvalidated,
        }));
    }
    let ty = ty.or_else(|| PointType::of_value(view));
    let ty = ty.ok_or(PointError::Decode(crate::DecodeError::UnknownShape))?;
    Ok(ty.decode(view)?)
}
