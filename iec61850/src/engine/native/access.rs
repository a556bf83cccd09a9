//! From the names of a request to places, and from places to data.

use super::space::{Kind, Place, Space, SpaceId};
use crate::common::FunctionalConstraint as Fc;
use mms::ber::Writer;
use mms::pdu::{AccessStep, AlternateAccess, VariableAccess, write_failure};
use mms::{DataAccessError, MmsValue, ObjectName};

/// What a read or write is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// All of a node.
    Whole(Place),
    /// Elements of the array at this place.
    Range { array: Place, low: u32, count: u32 },
    /// Several parts of the node at this place.
    Parts(Place, AlternateAccess<'a>),
}

impl Space {
    /// The place a name stands for.
    pub(super) fn find(&self, name: ObjectName<'_>) -> Result<Place, DataAccessError> {
        // IEC 61850 has its variables in domains only.
        let ObjectName::Domain { domain, item } = name else {
            return Err(DataAccessError::ObjectNonExistent);
        };
        self.domain(domain)
            .and_then(|domain| self.resolve(domain, item))
            .ok_or(DataAccessError::ObjectNonExistent)
    }

    /// The target of one variable of a request.
    pub(super) fn target<'a>(
        &self,
        variable: &VariableAccess<'a>,
    ) -> Result<Target<'a>, DataAccessError> {
        let name = variable
            .name()
            .ok_or(DataAccessError::ObjectAccessUnsupported)?;
        let place = self.find(name)?;
        match variable.alternate_access {
            None => Ok(Target::Whole(place)),
            Some(alternate) => self.select(place, alternate),
        }
    }

    /// Follows an alternate access as long as it selects one thing.
    fn select<'a>(
        &self,
        place: Place,
        alternate: AlternateAccess<'a>,
    ) -> Result<Target<'a>, DataAccessError> {
        let Some(selection) = alternate.single() else {
            return Ok(Target::Parts(place, alternate));
        };
        let target = self.step(place, selection.step)?;
        match (target, selection.nested) {
            (target, None) => Ok(target),
            (Target::Whole(place), Some(nested)) => self.select(place, nested),
            // Parts of each of several elements.
            (_, Some(_)) => Ok(Target::Parts(place, alternate)),
        }
    }

    fn step(&self, place: Place, step: AccessStep<'_>) -> Result<Target<'static>, DataAccessError> {
        let node = self.node(place.node);
        match step {
            AccessStep::Component(name) => {
                // A component may be a path, as in `cVal$mag$f`.
                let mut id = place.node;
                for part in name.split('$') {
                    id = self
                        .child(self.node(id), part)
                        .ok_or(DataAccessError::ObjectNonExistent)?;
                }
                Ok(Target::Whole(Place { node: id, ..place }))
            }
            _ if node.kind != Kind::Array => Err(DataAccessError::ObjectNonExistent),
            AccessStep::Index(index) if index < node.count => {
                Ok(Target::Whole(self.element_at(place, index)))
            }
            AccessStep::IndexRange { low, count }
                if low.checked_add(count).is_some_and(|end| end <= node.count) =>
            {
                Ok(Target::Range {
                    array: place,
                    low,
                    count,
                })
            }
            AccessStep::AllElements => Ok(Target::Range {
                array: place,
                low: 0,
                count: node.count,
            }),
            AccessStep::Index(_) | AccessStep::IndexRange { .. } => {
                Err(DataAccessError::ObjectNonExistent)
            }
        }
    }

    /// One element of the array at `place`.
    pub(super) fn element_at(&self, place: Place, index: u32) -> Place {
        let node = self.node(place.node);
        Place {
            node: self.element(node),
            offset: place.offset + index * self.stride(node),
        }
    }

    /// Whether reading this needs a setting group under edit.
    pub(super) fn needs_edit(&self, place: Place) -> bool {
        let node = self.node(place.node);
        match node.fc {
            Fc::SE => true,
            Fc::NONE => self.child(node, Fc::SE.as_str()).is_some(),
            _ => false,
        }
    }

    /// Writes the data at a place.
    #[inline]
    pub(super) fn encode(&self, values: &[MmsValue], w: &mut Writer<'_>, place: Place) {
        let node = self.node(place.node);
        match node.kind {
            Kind::Attribute | Kind::Field => match values.get(self.slot(place) as usize) {
                Some(value) => value.encode(w),
                None => write_failure(w, DataAccessError::ObjectNonExistent),
            },
            Kind::Structure => {
                let mark = mms::data_writer::begin_structure(w);
                for child in node.first..node.first + node.count {
                    self.encode(
                        values,
                        w,
                        Place {
                            node: SpaceId(child),
                            offset: place.offset,
                        },
                    );
                }
                w.end(mark);
            }
            Kind::Array => self.encode_elements(values, w, place, 0, node.count),
        }
    }

    fn encode_elements(
        &self,
        values: &[MmsValue],
        w: &mut Writer<'_>,
        array: Place,
        low: u32,
        count: u32,
    ) {
        let mark = mms::data_writer::begin_array(w);
        for index in low..low + count {
            self.encode(values, w, self.element_at(array, index));
        }
        w.end(mark);
    }

    /// Writes what a target selects. Parts that do not exist make the whole an error, which is
    /// written in its place.
    pub(super) fn encode_target(
        &self,
        values: &[MmsValue],
        w: &mut Writer<'_>,
        target: Target<'_>,
    ) -> Result<(), DataAccessError> {
        match target {
            Target::Whole(place) => self.encode(values, w, place),
            Target::Range { array, low, count } => {
                self.encode_elements(values, w, array, low, count)
            }
            Target::Parts(place, alternate) => self.encode_parts(values, w, place, alternate)?,
        }
        Ok(())
    }

    fn encode_parts(
        &self,
        values: &[MmsValue],
        w: &mut Writer<'_>,
        place: Place,
        alternate: AlternateAccess<'_>,
    ) -> Result<(), DataAccessError> {
        let several = alternate.single().is_none();
        let mark = several.then(|| mms::data_writer::begin_structure(w));
        for selection in alternate.selections() {
            if w.overflowed() {
                break;
            }
            let target = self.step(place, selection.step)?;
            match (target, selection.nested) {
                (target, None) => self.encode_target(values, w, target)?,
                (Target::Range { array, low, count }, Some(nested)) => {
                    let elements = mms::data_writer::begin_array(w);
                    for index in low..low + count {
                        if w.overflowed() {
                            break;
                        }
                        self.encode_parts(values, w, self.element_at(array, index), nested)?;
                    }
                    w.end(elements);
                }
                (Target::Whole(place) | Target::Parts(place, _), Some(nested)) => {
                    self.encode_parts(values, w, place, nested)?;
                }
            }
        }
        if let Some(mark) = mark {
            w.end(mark);
        }
        Ok(())
    }

    /// The data at a place as a value.
    pub(super) fn value(&self, values: &[MmsValue], place: Place) -> Option<MmsValue> {
        let node = self.node(place.node);
        match node.kind {
            Kind::Attribute | Kind::Field => values.get(self.slot(place) as usize).cloned(),
            Kind::Structure => (node.first..node.first + node.count)
                .map(|child| {
                    self.value(
                        values,
                        Place {
                            node: SpaceId(child),
                            offset: place.offset,
                        },
                    )
                })
                .collect::<Option<_>>()
                .map(MmsValue::Structure),
            Kind::Array => (0..node.count)
                .map(|index| self.value(values, self.element_at(place, index)))
                .collect::<Option<_>>()
                .map(MmsValue::Array),
        }
    }
}
