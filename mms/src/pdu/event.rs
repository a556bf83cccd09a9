//! What the event services share: ISO 9506-2 `EventTime`, `Transitions`, `EC-State`, `AlarmAckRule` and their like.

use super::journal::{time_of_day, write_time_of_day};
use super::wire::{explicit, lenient_u32};
use crate::ber::{BerError, Tag, Tlv, Writer, bit_string_content};
use crate::{BinaryTime, ObjectName};

/// The state of an event condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConditionState {
    /// Nobody looks at it.
    Disabled,
    /// What it stands for is not so.
    Idle,
    /// What it stands for is so.
    Active,
    /// Another number, kept as received.
    Other(i64),
}

impl ConditionState {
    /// The number on the wire.
    pub fn code(self) -> i64 {
        match self {
            ConditionState::Disabled => 0,
            ConditionState::Idle => 1,
            ConditionState::Active => 2,
            ConditionState::Other(code) => code,
        }
    }

    /// The state with this number.
    pub fn from_code(code: i64) -> Self {
        match code {
            0 => ConditionState::Disabled,
            1 => ConditionState::Idle,
            2 => ConditionState::Active,
            other => ConditionState::Other(other),
        }
    }
}

impl std::fmt::Display for ConditionState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            ConditionState::Disabled => "disabled",
            ConditionState::Idle => "idle",
            ConditionState::Active => "active",
            ConditionState::Other(code) => return write!(f, "state {code}"),
        })
    }
}

/// When a transition was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventTime {
    /// At this time.
    TimeOfDay(BinaryTime),
    /// A number that goes up with each event, where there is no clock.
    Sequence(u32),
    /// It is not known.
    Undefined,
}

const TIME_OF_DAY: Tag = Tag::context(0);
const SEQUENCE: Tag = Tag::context(1);
const UNDEFINED: Tag = Tag::context(2);

impl EventTime {
    /// Reads the choice that an explicit tag holds.
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let Tlv { tag, content } = explicit(content)?;
        match tag {
            TIME_OF_DAY => time_of_day(content).map(EventTime::TimeOfDay),
            SEQUENCE => lenient_u32(content).map(EventTime::Sequence),
            UNDEFINED => Ok(EventTime::Undefined),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    pub(super) fn encode(self, w: &mut Writer<'_>, tag: Tag) {
        w.constructed(tag, |w| match self {
            EventTime::TimeOfDay(time) => write_time_of_day(w, TIME_OF_DAY, time),
            EventTime::Sequence(number) => w.unsigned(SEQUENCE, number.into()),
            EventTime::Undefined => w.null(UNDEFINED),
        });
    }
}

/// Transitions between states of an event condition, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transitions(u8);

impl Transitions {
    /// idle-to-disabled.
    pub const IDLE_TO_DISABLED: Transitions = Transitions(0x80);
    /// active-to-disabled.
    pub const ACTIVE_TO_DISABLED: Transitions = Transitions(0x40);
    /// disabled-to-idle.
    pub const DISABLED_TO_IDLE: Transitions = Transitions(0x20);
    /// active-to-idle.
    pub const ACTIVE_TO_IDLE: Transitions = Transitions(0x10);
    /// disabled-to-active.
    pub const DISABLED_TO_ACTIVE: Transitions = Transitions(0x08);
    /// idle-to-active.
    pub const IDLE_TO_ACTIVE: Transitions = Transitions(0x04);
    /// any-to-deleted.
    pub const ANY_TO_DELETED: Transitions = Transitions(0x02);
    /// All of them.
    pub const ALL: Transitions = Transitions(0xfe);
    const BITS: usize = 7;

    /// None of them.
    pub const fn none() -> Self {
        Transitions(0)
    }

    /// Whether all of `other` are among them.
    pub const fn contains(self, other: Transitions) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those of both.
    pub const fn union(self, other: Transitions) -> Self {
        Transitions(self.0 | other.0)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The transition from one state to another; `None` if that is none that is told.
    pub fn between(from: ConditionState, to: ConditionState) -> Option<Self> {
        use ConditionState as S;
        Some(match (from, to) {
            (S::Idle, S::Disabled) => Self::IDLE_TO_DISABLED,
            (S::Active, S::Disabled) => Self::ACTIVE_TO_DISABLED,
            (S::Disabled, S::Idle) => Self::DISABLED_TO_IDLE,
            (S::Active, S::Idle) => Self::ACTIVE_TO_IDLE,
            (S::Disabled, S::Active) => Self::DISABLED_TO_ACTIVE,
            (S::Idle, S::Active) => Self::IDLE_TO_ACTIVE,
            _ => return None,
        })
    }

    /// Missing bits are zero, and those behind the seventh do not count.
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let (octets, bits) = bit_string_content(content)?;
        let first = octets.first().copied().unwrap_or_default();
        let kept = match bits {
            0 => 0,
            bits if bits < Self::BITS => 0xff_u8 << (8 - bits),
            _ => 0xfe,
        };
        Ok(Transitions(first & kept))
    }

    pub(super) fn encode(self, w: &mut Writer<'_>, tag: Tag) {
        w.bit_string(tag, &[self.0], Self::BITS);
    }
}

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// Another number, kept as received.
            Other(i64),
        }

        impl $name {
            /// The number on the wire.
            pub fn code(self) -> i64 {
                match self { $($name::$variant => $code,)+ $name::Other(code) => code }
            }

            /// The one with this number.
            pub fn from_code(code: i64) -> Self {
                match code { $($code => $name::$variant,)+ other => $name::Other(other) }
            }
        }
    };
}

coded! {
    /// Which notifications are to be acknowledged (ISO 9506-2 `AlarmAckRule`).
    AlarmAckRule {
        /// None.
        None = 0,
        /// None has to be; acknowledgements are taken and change nothing.
        Simple = 1,
        /// Those of transitions to active.
        AckActive = 2,
        /// Those of transitions to active and to idle.
        AckAll = 3,
    }
}

coded! {
    /// What makes an event condition change (ISO 9506-2 `EC-Class`).
    ConditionClass {
        /// A client, with triggerEvent.
        NetworkTriggered = 0,
        /// The server, which watches a variable or knows by itself.
        Monitored = 1,
    }
}

coded! {
    /// How long an event enrolment lives (ISO 9506-2 `EE-Duration`).
    EnrollmentDuration {
        /// As long as the association of its client.
        Current = 0,
        /// Until it is deleted.
        Permanent = 1,
    }
}

coded! {
    /// What an event enrolment is for (ISO 9506-2 `EE-Class`).
    EnrollmentClass {
        /// It holds a service back until an event.
        Modifier = 0,
        /// It brings notifications.
        Notification = 1,
    }
}

coded! {
    /// The state of an event enrolment: that of its condition, and which acknowledgements are missing (ISO 9506-2 `EE-State`).
    EnrollmentState {
        /// Its condition is disabled.
        Disabled = 0,
        /// Idle.
        Idle = 1,
        /// Active.
        Active = 2,
        /// Active, and that is not acknowledged.
        ActiveNoAckA = 3,
        /// Idle, and that is not acknowledged.
        IdleNoAckI = 4,
        /// Idle, and that it was active is not acknowledged.
        IdleNoAckA = 5,
        /// Idle, and all is acknowledged.
        IdleAcked = 6,
        /// Active, and that is acknowledged.
        ActiveAcked = 7,
    }
}

/// The event condition in an answer or a notification, which may be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConditionReference<'a> {
    /// This one, in the form of ISO 9506-2:1990.
    Name(ObjectName<'a>),
    /// This one, without the tag of the choice around its name: what ISO 9506-2:2003 has in a notification.
    Bare(ObjectName<'a>),
    /// It was deleted.
    Undefined,
}

const CONDITION: Tag = Tag::context_constructed(0);
const NO_CONDITION: Tag = Tag::context(1);

impl<'a> ConditionReference<'a> {
    /// The name.
    pub fn name(self) -> Option<ObjectName<'a>> {
        match self {
            ConditionReference::Name(name) | ConditionReference::Bare(name) => Some(name),
            ConditionReference::Undefined => None,
        }
    }

    /// Reads what an explicit tag holds; the two forms cannot be mistaken for each other.
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let tlv = explicit(content)?;
        match tlv.tag {
            CONDITION => ObjectName::from_tlv(explicit(tlv.content)?).map(ConditionReference::Name),
            NO_CONDITION => Ok(ConditionReference::Undefined),
            _ => ObjectName::from_tlv(tlv).map(ConditionReference::Bare),
        }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>, tag: Tag) {
        w.constructed(tag, |w| match self {
            ConditionReference::Name(name) => w.constructed(CONDITION, |w| name.encode(w)),
            ConditionReference::Bare(name) => name.encode(w),
            ConditionReference::Undefined => w.null(NO_CONDITION),
        });
    }
}

/// The name that is all of a request, behind its explicit tag.
pub(super) fn only_name(content: &[u8]) -> Result<ObjectName<'_>, BerError> {
    ObjectName::from_tlv(explicit(content)?)
}

/// Writes an object name inside an explicit tag.
pub(super) fn write_name(w: &mut Writer<'_>, tag: Tag, name: &ObjectName<'_>) {
    w.constructed(tag, |w| name.encode(w));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transitions_of_any_length() {
        for (content, expected) in [
            (&[1, 0xfe][..], Transitions::ALL),
            (&[0, 0xff], Transitions::ALL),
            (&[6, 0xc0, 0, 0][..2], Transitions(0xc0)),
            (
                &[0, 0x14, 0xff],
                Transitions::IDLE_TO_ACTIVE.union(Transitions::ACTIVE_TO_IDLE),
            ),
            (&[0], Transitions::none()),
        ] {
            assert_eq!(Transitions::decode(content), Ok(expected), "{content:?}");
        }
        assert!(Transitions::decode(&[]).is_err());
        let between = Transitions::between(ConditionState::Idle, ConditionState::Active);
        assert_eq!(between, Some(Transitions::IDLE_TO_ACTIVE));
        assert_eq!(
            Transitions::between(ConditionState::Idle, ConditionState::Idle),
            None
        );
        assert!(Transitions::ALL.contains(Transitions::ANY_TO_DELETED));
    }

    #[test]
    fn a_condition_in_both_forms() {
        let name = ObjectName::domain("D", "C");
        for reference in [
            ConditionReference::Name(name),
            ConditionReference::Bare(name),
            ConditionReference::Name(ObjectName::Vmd("C")),
            ConditionReference::Bare(ObjectName::Vmd("C")),
            ConditionReference::Bare(ObjectName::Association("C")),
            ConditionReference::Undefined,
        ] {
            let mut out = vec![];
            reference.encode(
                &mut Writer::unbounded(&mut out),
                Tag::context_constructed(1),
            );
            assert_eq!(ConditionReference::decode(&out[2..]), Ok(reference));
        }
    }

    #[test]
    fn times() {
        for time in [
            EventTime::TimeOfDay(BinaryTime {
                ms: 1,
                days: Some(2),
            }),
            EventTime::TimeOfDay(BinaryTime { ms: 1, days: None }),
            EventTime::Sequence(u32::MAX),
            EventTime::Undefined,
        ] {
            let mut out = vec![];
            time.encode(
                &mut Writer::unbounded(&mut out),
                Tag::context_constructed(4),
            );
            assert_eq!(EventTime::decode(&out[2..]), Ok(time));
        }
        assert!(EventTime::decode(&[0x83, 0]).is_err());
        assert!(EventTime::decode(&[]).is_err());
    }
}
