use super::{Model, ModelError, Object};
use crate::Name;
use crate::condition::{ConditionClass, Trigger};

/// An event condition (block 7).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventCondition {
    /// Its name. Event conditions have names of their own: a point may have the same.
    pub name: Name,
    /// How serious it is: 0 most, 127 least. Default 64.
    pub severity: u8,
    /// Whether the control centre knows when it is so (monitored, the default), or a peer makes it happen (network-triggered).
    pub class: ConditionClass,
    /// The indication point it goes by, and when that makes it active; `None`: the application says so.
    pub watch: Option<(Name, Trigger)>,
}

impl EventCondition {
    /// A condition of which the application says when it is so.
    pub fn new(name: Name) -> Self {
        EventCondition {
            name,
            severity: mms::pdu::NORMAL_PRIORITY,
            class: ConditionClass::Monitored,
            watch: None,
        }
    }

    /// The same condition, active while a point is so.
    #[must_use]
    pub fn watching(self, point: Name, trigger: Trigger) -> Self {
        EventCondition {
            watch: Some((point, trigger)),
            ..self
        }
    }
}

impl Model {
    /// Adds an event condition; the point it watches has to be there already.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn add_condition(&mut self, condition: EventCondition) -> Result<(), ModelError> {
        condition.name.check().map_err(|reason| ModelError::Name {
            name: condition.name.clone(),
            reason,
        })?;
        if self.condition(&condition.name).is_some() {
            return Err(ModelError::Duplicate(condition.name));
        }
        if condition.severity > 127 {
            return Err(ModelError::Severity(condition.name));
        }
        if let Some((point, _)) = &condition.watch {
            let found = self.find(point.domain(), point.item());
            // A point of one peer's domain is nothing another peer should hear of.
            let scope = point.domain().is_none() || point.domain() == condition.name.domain();
            if !matches!(found, Some(Object::Point(_))) || !scope {
                return Err(ModelError::NoSuchMember {
                    data_set: condition.name,
                    member: point.clone(),
                });
            }
        }
        self.conditions.push(condition);
        Ok(())
    }

    /// The event conditions, in the order they were added.
    pub fn conditions(&self) -> &[EventCondition] {
        &self.conditions
    }

    pub(crate) fn condition(&self, name: &Name) -> Option<u32> {
        let place = self.conditions.iter().position(|c| c.name == *name);
        place.map(|place| place as u32)
    }
}
