//! Events (block 7): conditions a control centre watches, and peers that have enrolled to be told when they change, as MMS event conditions,
//! enrolments and notifications.
//!
//! The event conditions of a [`Model`](crate::model::Model) are there from the beginning. The application says when one is so
//! ([`VirtualControlCenter::set_condition`](crate::VirtualControlCenter::set_condition)), or the condition watches an indication point. A
//! client enrols with [`Client::enroll`](crate::client::Client::enroll).

mod enrollment;
mod state;

pub use mms::pdu::{
    AlarmAckRule, ConditionClass, ConditionState, EnrollmentState, EventTime, Transitions,
};

pub(crate) use enrollment::{Enrollment, Key};
pub(crate) use state::{Acknowledged, Conditions, condition_rights, is_triggered, own_key};

use crate::Name;
use crate::event::AssociationId;
use crate::types::{PointValue, State, TimeStamp, Validity, Value};
use mms::{BinaryTime, OwnedObjectName};
use std::fmt;
use std::str::FromStr;

/// When a watched point makes its condition active.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Trigger {
    /// Its number is above this.
    Above(f32),
    /// Its number is below this.
    Below(f32),
    /// It has this state.
    State(State),
    /// It is SUSPECT, HELD or NOTVALID.
    Bad,
    /// It is ABNORMAL.
    Abnormal,
}

impl Trigger {
    /// Whether a value makes the condition active.
    pub fn holds(self, value: &PointValue) -> bool {
        let quality = value.quality.unwrap_or_default();
        match self {
            Trigger::Above(limit) => number(value.value).is_some_and(|n| n > limit),
            Trigger::Below(limit) => number(value.value).is_some_and(|n| n < limit),
            Trigger::State(state) => match value.value {
                Value::State(now) => now == state,
                Value::Supplemental(now) => now.state == state,
                _ => false,
            },
            Trigger::Bad => quality.validity != Validity::Valid,
            Trigger::Abnormal => quality.abnormal,
        }
    }
}

fn number(value: Value) -> Option<f32> {
    match value {
        Value::Real(number) => Some(number),
        Value::Discrete(number) => Some(number as f32),
        _ => None,
    }
}

/// `above 5`, `below -1.5`, `OFF` and the other states, `bad`, `abnormal`.
impl FromStr for Trigger {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let bad = || {
            format!(
                "`{text}` says of no point when it is so; expected above N, below N, a state, bad or abnormal"
            )
        };
        let limit = |number: &str| match number.trim().parse::<f32>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(bad()),
        };
        if let Some(number) = text.strip_prefix("above ") {
            return limit(number).map(Trigger::Above);
        }
        if let Some(number) = text.strip_prefix("below ") {
            return limit(number).map(Trigger::Below);
        }
        match text {
            "bad" => Ok(Trigger::Bad),
            "abnormal" => Ok(Trigger::Abnormal),
            state => state.parse().map(Trigger::State).map_err(|_| bad()),
        }
    }
}

/// An event enrolment that is there from the beginning, for a peer that makes none: it lives as long as its bilateral table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PredefinedEnrollment {
    /// Its name in the domain of the peer.
    pub name: String,
    /// The event condition.
    pub condition: Name,
    /// What is told. Default all.
    pub transitions: Transitions,
    /// What is to be acknowledged. Default nothing.
    pub ack_rule: AlarmAckRule,
}

impl PredefinedEnrollment {
    /// An enrolment for all transitions of a condition.
    pub fn new(name: impl Into<String>, condition: Name) -> Self {
        PredefinedEnrollment {
            name: name.into(),
            condition,
            transitions: Transitions::ALL,
            ack_rule: AlarmAckRule::None,
        }
    }
}

/// A notification of the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// The event enrolment that asked for it.
    pub enrollment: OwnedObjectName,
    /// The event condition; `None` if the peer has it no more.
    pub condition: Option<OwnedObjectName>,
    /// How serious it is: 0 most, 127 least.
    pub severity: u8,
    /// The state of the condition now; `None` for an event without one.
    pub state: Option<ConditionState>,
    /// When it came to be.
    pub time: EventTime,
    /// Whether notifications were lost before this one.
    pub lost: bool,
    /// Which notifications are to be acknowledged.
    pub ack_rule: Option<AlarmAckRule>,
    /// When it was here.
    pub received: TimeStamp,
}

impl Notification {
    pub(crate) fn new(view: &mms::pdu::EventNotification<'_>, received: TimeStamp) -> Self {
        Notification {
            enrollment: view.enrollment.to_owned(),
            condition: view.condition.name().map(|name| name.to_owned()),
            severity: view.severity,
            state: view.state,
            time: view.time,
            lost: view.notification_lost,
            ack_rule: view.ack_rule,
            received,
        }
    }

    /// Whether it has to be acknowledged.
    pub fn is_to_be_acknowledged(&self) -> bool {
        matches!(
            (self.ack_rule, self.state),
            (Some(AlarmAckRule::AckActive), Some(ConditionState::Active))
                | (
                    Some(AlarmAckRule::AckAll),
                    Some(ConditionState::Active | ConditionState::Idle)
                )
        )
    }

    /// When it came to be, if the peer has a clock.
    pub fn time_stamp(&self) -> Option<TimeStamp> {
        match self.time {
            EventTime::TimeOfDay(time) => {
                let ms = i64::try_from(time.time_in_ms()?).ok()?;
                Some(TimeStamp::from_ms(ms))
            }
            _ => None,
        }
    }
}

/// A moment as notifications have it.
pub(crate) fn event_time(time: TimeStamp) -> EventTime {
    let ms = u64::try_from(time.ms()).unwrap_or(0);
    EventTime::TimeOfDay(BinaryTime::from_ms(ms))
}

/// What happens to events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConditionEvent {
    /// An event condition has another state.
    Changed {
        /// The condition.
        condition: Name,
        /// Its state now.
        state: ConditionState,
        /// Peers that were told, or are to be when they are there.
        enrollments: usize,
    },
    /// A peer has enrolled.
    Enrolled {
        /// The peer.
        peer: String,
        /// The association it did so on.
        association: AssociationId,
        /// The enrolment.
        enrollment: String,
        /// The condition.
        condition: Name,
    },
    /// An enrolment is over.
    Ended {
        /// The peer.
        peer: String,
        /// The enrolment.
        enrollment: String,
    },
    /// A peer has acknowledged a notification.
    Acknowledged {
        /// The peer.
        peer: String,
        /// The enrolment.
        enrollment: String,
        /// The state it has acknowledged.
        state: ConditionState,
    },
    /// A notification could not be sent; the next one says so.
    Lost {
        /// The peer.
        peer: String,
        /// The enrolment.
        enrollment: String,
    },
    /// A peer has switched a condition on or off, or made an event happen.
    Altered {
        /// The peer.
        peer: String,
        /// The condition.
        condition: Name,
        /// What it did.
        what: &'static str,
    },
}

impl fmt::Display for ConditionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConditionEvent::Changed {
                condition,
                state,
                enrollments,
            } => write!(
                f,
                "event condition {condition} is {state}, {enrollments} enrolled"
            ),
            ConditionEvent::Enrolled {
                peer,
                enrollment,
                condition,
                ..
            } => write!(f, "{peer} has enrolled for {condition} as {enrollment}"),
            ConditionEvent::Ended { peer, enrollment } => {
                write!(f, "enrolment {enrollment} of {peer} is over")
            }
            ConditionEvent::Acknowledged {
                peer,
                enrollment,
                state,
            } => write!(f, "{peer} has acknowledged that {enrollment} is {state}"),
            ConditionEvent::Lost { peer, enrollment } => {
                write!(f, "notification of {enrollment} for {peer} lost")
            }
            ConditionEvent::Altered {
                peer,
                condition,
                what,
            } => write!(f, "{peer} has {what} {condition}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Quality;

    #[test]
    fn triggers() {
        let held =
            |trigger: &str, value: PointValue| trigger.parse::<Trigger>().unwrap().holds(&value);
        assert!(held("above 5", PointValue::real(5.5)) && !held("above 5", PointValue::real(5.0)));
        assert!(held("below -1.5", PointValue::discrete(-2)));
        assert!(held("OFF", PointValue::state(State::Off)) && !held("OFF", PointValue::real(0.0)));
        let suspect = PointValue::real(0.0).with_quality(Quality::of(Validity::Suspect));
        assert!(held("bad", suspect) && !held("abnormal", suspect));
        for bad in ["", "above", "above x", "above inf", "MAYBE"] {
            assert!(bad.parse::<Trigger>().is_err(), "{bad}");
        }
    }
}
