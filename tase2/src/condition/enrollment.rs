use super::{AlarmAckRule, ConditionState, EnrollmentState, EventTime, Transitions};
use mms::{ObjectName, OwnedObjectName};

/// The name of an event enrolment, unique in the control centre.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// In the domain of a peer.
    Domain(String, String),
    /// In an association.
    Association(u64, String),
}

impl Key {
    pub(crate) fn item(&self) -> &str {
        match self {
            Key::Domain(_, item) | Key::Association(_, item) => item,
        }
    }

    pub(crate) fn as_mms(&self) -> ObjectName<'_> {
        match self {
            Key::Domain(domain, item) => ObjectName::Domain { domain, item },
            Key::Association(_, item) => ObjectName::Association(item),
        }
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        match self {
            Key::Domain(domain, item) => OwnedObjectName::domain(domain, item).to_string(),
            Key::Association(_, item) => item.clone(),
        }
    }
}

/// A peer that is to be told of an event condition.
#[derive(Clone, Debug)]
pub(crate) struct Enrollment {
    /// The peer, by the name of its table.
    pub(crate) peer: String,
    /// The association it dies with; `None` for a permanent one.
    pub(crate) association: Option<u64>,
    pub(crate) condition: u32,
    pub(crate) transitions: Transitions,
    pub(crate) ack_rule: AlarmAckRule,
    /// Of the bilateral table: it cannot be deleted.
    pub(crate) predefined: bool,
    /// Notifications were lost since the last one.
    pub(crate) lost: bool,
    /// When it became active, as long as that is to be acknowledged.
    unacknowledged_active: Option<EventTime>,
    /// When it became idle, likewise.
    unacknowledged_idle: Option<EventTime>,
    /// Something was acknowledged since it became active last.
    acknowledged: bool,
    /// The last transition that was told.
    pub(crate) last: EventTime,
}

impl Enrollment {
    pub(crate) fn new(
        peer: &str,
        association: Option<u64>,
        condition: u32,
        transitions: Transitions,
        ack_rule: AlarmAckRule,
    ) -> Self {
        Enrollment {
            peer: peer.to_owned(),
            association,
            condition,
            transitions,
            ack_rule,
            predefined: false,
            lost: false,
            unacknowledged_active: None,
            unacknowledged_idle: None,
            acknowledged: false,
            last: EventTime::Undefined,
        }
    }

    /// A transition to this state is told now.
    pub(crate) fn told(&mut self, state: ConditionState, time: EventTime) {
        self.last = time;
        match state {
            ConditionState::Active => {
                self.acknowledged = false;
                let rule = matches!(
                    self.ack_rule,
                    AlarmAckRule::AckActive | AlarmAckRule::AckAll
                );
                self.unacknowledged_active = rule.then_some(time);
                self.unacknowledged_idle = None;
            }
            ConditionState::Idle => {
                self.unacknowledged_idle = (self.ack_rule == AlarmAckRule::AckAll).then_some(time);
            }
            _ => {
                self.unacknowledged_active = None;
                self.unacknowledged_idle = None;
            }
        }
    }

    /// Takes an acknowledgement. `false`: there is none to be taken for that state and time.
    pub(crate) fn acknowledge(&mut self, state: ConditionState, time: EventTime) -> bool {
        let place = match state {
            ConditionState::Active => &mut self.unacknowledged_active,
            ConditionState::Idle => &mut self.unacknowledged_idle,
            _ => return false,
        };
        match self.ack_rule {
            // It changes nothing.
            AlarmAckRule::Simple => true,
            AlarmAckRule::AckActive | AlarmAckRule::AckAll => {
                // A client without the time means the last one.
                let meant = place.is_some_and(|at| at == time || time == EventTime::Undefined);
                if meant {
                    *place = None;
                    self.acknowledged = true;
                }
                meant
            }
            _ => false,
        }
    }

    /// Its state, when its condition has this one.
    pub(crate) fn state(&self, condition: ConditionState) -> EnrollmentState {
        use EnrollmentState as S;
        match condition {
            ConditionState::Active => match (self.unacknowledged_active, self.acknowledged) {
                (Some(_), _) => S::ActiveNoAckA,
                (None, true) => S::ActiveAcked,
                (None, false) => S::Active,
            },
            ConditionState::Idle if self.unacknowledged_active.is_some() => S::IdleNoAckA,
            ConditionState::Idle if self.unacknowledged_idle.is_some() => S::IdleNoAckI,
            ConditionState::Idle if self.acknowledged => S::IdleAcked,
            ConditionState::Idle => S::Idle,
            _ => S::Disabled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_by_what_is_acknowledged() {
        use ConditionState::{Active, Disabled, Idle};
        let at = EventTime::Sequence;
        let of = |rule| Enrollment::new("P", None, 0, Transitions::ALL, rule);
        let mut none = of(AlarmAckRule::None);
        none.told(Active, at(1));
        assert_eq!(none.state(Active), EnrollmentState::Active);
        assert!(!none.acknowledge(Active, at(1)));
        let mut simple = of(AlarmAckRule::Simple);
        simple.told(Active, at(1));
        assert!(simple.acknowledge(Active, at(7)));
        assert_eq!(simple.state(Active), EnrollmentState::Active);
        let mut active = of(AlarmAckRule::AckActive);
        active.told(Active, at(1));
        assert_eq!(active.state(Active), EnrollmentState::ActiveNoAckA);
        active.told(Idle, at(2));
        assert_eq!(active.state(Idle), EnrollmentState::IdleNoAckA);
        assert!(!active.acknowledge(Active, at(2)) && !active.acknowledge(Idle, at(2)));
        assert!(active.acknowledge(Active, at(1)));
        assert_eq!(active.state(Idle), EnrollmentState::IdleAcked);
        // Not twice.
        assert!(!active.acknowledge(Active, at(1)));
        let mut all = of(AlarmAckRule::AckAll);
        all.told(Active, at(1));
        assert!(all.acknowledge(Active, EventTime::Undefined));
        assert_eq!(all.state(Active), EnrollmentState::ActiveAcked);
        all.told(Idle, at(2));
        assert_eq!(all.state(Idle), EnrollmentState::IdleNoAckI);
        assert!(all.acknowledge(Idle, at(2)));
        assert_eq!(all.state(Idle), EnrollmentState::IdleAcked);
        assert_eq!(all.state(Disabled), EnrollmentState::Disabled);
    }
}
