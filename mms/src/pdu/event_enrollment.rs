//! Event enrolments: ISO 9506-2 `DefineEventEnrollment`, `DeleteEventEnrollment`, `AlterEventEnrollment`,
//! `ReportEventEnrollmentStatus`, `GetEventEnrollmentAttributes`, `AcknowledgeEventNotification`.

use super::done::done;
use super::event::{
    AlarmAckRule, ConditionReference, ConditionState, EnrollmentClass, EnrollmentDuration,
    EnrollmentState, EventTime, Transitions, only_name, write_name,
};
use super::list::{List, ListElement, ListWriter};
use super::wire::{explicit, lenient_u32, skip_extensions};
use crate::ObjectName;
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, boolean, integer};

pub(super) const DEFINE_ENROLLMENT: Tag = Tag::context_constructed(57);
pub(super) const DEFINE_ENROLLMENT_RESPONSE: Tag = Tag::context(57);
pub(super) const DELETE_ENROLLMENT: Tag = Tag::context_constructed(58);
pub(super) const DELETE_ENROLLMENT_RESPONSE: Tag = Tag::context(58);
pub(super) const ALTER_ENROLLMENT: Tag = Tag::context_constructed(59);
pub(super) const REPORT_ENROLLMENT_STATUS: Tag = Tag::context_constructed(60);
pub(super) const GET_ENROLLMENT_ATTRIBUTES: Tag = Tag::context_constructed(61);
pub(super) const ACKNOWLEDGE: Tag = Tag::context_constructed(62);
pub(super) const ACKNOWLEDGE_RESPONSE: Tag = Tag::context(62);

/// Creates an event enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefineEventEnrollmentRequest<'a> {
    /// Its name.
    pub name: ObjectName<'a>,
    /// The event condition it is about.
    pub condition: ObjectName<'a>,
    /// What is to be told.
    pub transitions: Transitions,
    /// What is to be acknowledged.
    pub ack_rule: AlarmAckRule,
    /// What is done at the event.
    pub action: Option<ObjectName<'a>>,
    /// Whom it is told to (an ApplicationReference, as it came); `None` is whoever asks.
    pub client: Option<&'a [u8]>,
}

impl<'a> DefineEventEnrollmentRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let request = DefineEventEnrollmentRequest {
            name: only_name(r.expect(Tag::context_constructed(0))?)?,
            condition: only_name(r.expect(Tag::context_constructed(1))?)?,
            transitions: Transitions::decode(r.expect(Tag::context(2))?)?,
            ack_rule: AlarmAckRule::from_code(integer(r.expect(Tag::context(3))?)?),
            action: r
                .optional(Tag::context_constructed(4))?
                .map(only_name)
                .transpose()?,
            client: r.optional(Tag::context_constructed(5))?,
        };
        skip_extensions(&mut r, 6)?;
        Ok(request)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(DEFINE_ENROLLMENT, |w| {
            write_name(w, Tag::context_constructed(0), &self.name);
            write_name(w, Tag::context_constructed(1), &self.condition);
            self.transitions.encode(w, Tag::context(2));
            w.integer(Tag::context(3), self.ack_rule.code());
            if let Some(action) = &self.action {
                write_name(w, Tag::context_constructed(4), action);
            }
            if let Some(client) = self.client {
                w.primitive(Tag::context_constructed(5), client);
            }
        });
    }
}

/// Deletes event enrolments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteEventEnrollmentRequest<'a> {
    /// These.
    Specific(List<'a, ObjectName<'a>>),
    /// All of an event condition.
    Condition(ObjectName<'a>),
    /// All with an event action.
    Action(ObjectName<'a>),
}

impl<'a> DeleteEventEnrollmentRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        const SPECIFIC: Tag = Tag::context_constructed(0);
        const CONDITION: Tag = Tag::context_constructed(1);
        const ACTION: Tag = Tag::context_constructed(2);
        let choice = explicit(content)?;
        match choice.tag {
            SPECIFIC => List::decode(choice.content).map(Self::Specific),
            CONDITION => only_name(choice.content).map(Self::Condition),
            ACTION => only_name(choice.content).map(Self::Action),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(DELETE_ENROLLMENT, |w| match self {
            Self::Specific(names) => names.encode(w, Tag::context_constructed(0)),
            Self::Condition(name) => write_name(w, Tag::context_constructed(1), name),
            Self::Action(name) => write_name(w, Tag::context_constructed(2), name),
        });
    }
}

/// Writes a request that deletes these event enrolments.
pub fn write_delete_event_enrollments<'n>(
    w: &mut Writer<'_>,
    names: impl IntoIterator<Item = ObjectName<'n>>,
) {
    w.constructed(DELETE_ENROLLMENT, |w| {
        w.constructed(Tag::context_constructed(0), |w| {
            names.into_iter().for_each(|name| name.encode(w));
        });
    });
}

/// What became of the deletion of event enrolments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteEventEnrollmentResponse {
    /// Those that were meant and are still there.
    pub not_deleted: u32,
}

impl DeleteEventEnrollmentResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        lenient_u32(content).map(|not_deleted| DeleteEventEnrollmentResponse { not_deleted })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.unsigned(DELETE_ENROLLMENT_RESPONSE, self.not_deleted.into());
    }
}

/// Changes an event enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlterEventEnrollmentRequest<'a> {
    /// The event enrolment.
    pub name: ObjectName<'a>,
    /// What is to be told from now on.
    pub transitions: Option<Transitions>,
    /// What is to be acknowledged from now on.
    pub ack_rule: Option<AlarmAckRule>,
}

impl<'a> AlterEventEnrollmentRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let request = AlterEventEnrollmentRequest {
            name: only_name(r.expect(Tag::context_constructed(0))?)?,
            transitions: r
                .optional(Tag::context(1))?
                .map(Transitions::decode)
                .transpose()?,
            ack_rule: r
                .optional(Tag::context(2))?
                .map(|content| integer(content).map(AlarmAckRule::from_code))
                .transpose()?,
        };
        skip_extensions(&mut r, 3)?;
        Ok(request)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(ALTER_ENROLLMENT, |w| {
            write_name(w, Tag::context_constructed(0), &self.name);
            if let Some(transitions) = self.transitions {
                transitions.encode(w, Tag::context(1));
            }
            if let Some(rule) = self.ack_rule {
                w.integer(Tag::context(2), rule.code());
            }
        });
    }
}

/// How an event enrolment is after the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlterEventEnrollmentResponse {
    /// Its state; `None` if its condition is gone.
    pub state: Option<EnrollmentState>,
    /// When that came to be.
    pub transition_time: EventTime,
}

impl AlterEventEnrollmentResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        const STATE: Tag = Tag::context(0);
        const UNDEFINED: Tag = Tag::context(1);
        let mut r = Reader::new(content);
        let choice = explicit(r.expect(Tag::context_constructed(0))?)?;
        let state = match choice.tag {
            STATE => Some(EnrollmentState::from_code(integer(choice.content)?)),
            UNDEFINED => None,
            other => return Err(BerError::UnknownChoice(other)),
        };
        let transition_time = EventTime::decode(r.expect(Tag::context_constructed(1))?)?;
        skip_extensions(&mut r, 2)?;
        Ok(AlterEventEnrollmentResponse {
            state,
            transition_time,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(ALTER_ENROLLMENT, |w| {
            w.constructed(Tag::context_constructed(0), |w| match self.state {
                Some(state) => w.integer(Tag::context(0), state.code()),
                None => w.null(Tag::context(1)),
            });
            self.transition_time.encode(w, Tag::context_constructed(1));
        });
    }
}

/// Asks for the state of an event enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventEnrollmentStatusRequest<'a> {
    /// The event enrolment.
    pub name: ObjectName<'a>,
}

impl<'a> EventEnrollmentStatusRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        only_name(content).map(|name| EventEnrollmentStatusRequest { name })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        write_name(w, REPORT_ENROLLMENT_STATUS, &self.name);
    }
}

/// The state of an event enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventEnrollmentStatusResponse {
    /// What is told.
    pub transitions: Transitions,
    /// Whether notifications were lost.
    pub notification_lost: bool,
    /// How long it lives.
    pub duration: EnrollmentDuration,
    /// What is to be acknowledged.
    pub ack_rule: Option<AlarmAckRule>,
    /// Its state.
    pub state: EnrollmentState,
}

impl EventEnrollmentStatusResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let response = EventEnrollmentStatusResponse {
            transitions: Transitions::decode(r.expect(Tag::context(0))?)?,
            notification_lost: r.optional(Tag::context(1))?.map_or(Ok(false), boolean)?,
            duration: EnrollmentDuration::from_code(integer(r.expect(Tag::context(2))?)?),
            ack_rule: r
                .optional(Tag::context(3))?
                .map(|content| integer(content).map(AlarmAckRule::from_code))
                .transpose()?,
            state: EnrollmentState::from_code(integer(r.expect(Tag::context(4))?)?),
        };
        skip_extensions(&mut r, 5)?;
        Ok(response)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(REPORT_ENROLLMENT_STATUS, |w| {
            self.transitions.encode(w, Tag::context(0));
            w.boolean(Tag::context(1), self.notification_lost);
            w.integer(Tag::context(2), self.duration.code());
            if let Some(rule) = self.ack_rule {
                w.integer(Tag::context(3), rule.code());
            }
            w.integer(Tag::context(4), self.state.code());
        });
    }
}

/// Asks for the attributes of event enrolments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventEnrollmentAttributesRequest<'a> {
    /// Of which: 0 those named, 1 those of a client, 2 those of a condition, 3 those with an action.
    pub scope: i64,
    /// Those named.
    pub names: Option<List<'a, ObjectName<'a>>>,
    /// The client (an ApplicationReference, as it came); `None` is whoever asks.
    pub client: Option<&'a [u8]>,
    /// The condition.
    pub condition: Option<ObjectName<'a>>,
    /// The action.
    pub action: Option<ObjectName<'a>>,
    /// Those behind this one.
    pub continue_after: Option<ObjectName<'a>>,
}

/// The scope of a request that does not say: a client.
const OF_CLIENT: i64 = 1;

impl<'a> EventEnrollmentAttributesRequest<'a> {
    /// All event enrolments of whoever asks.
    pub fn own() -> Self {
        EventEnrollmentAttributesRequest {
            scope: OF_CLIENT,
            names: None,
            client: None,
            condition: None,
            action: None,
            continue_after: None,
        }
    }

    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let request = EventEnrollmentAttributesRequest {
            scope: r
                .optional(Tag::context(0))?
                .map_or(Ok(OF_CLIENT), integer)?,
            names: r
                .optional(Tag::context_constructed(1))?
                .map(List::decode)
                .transpose()?,
            client: r.optional(Tag::context_constructed(2))?,
            condition: r
                .optional(Tag::context_constructed(3))?
                .map(only_name)
                .transpose()?,
            action: r
                .optional(Tag::context_constructed(4))?
                .map(only_name)
                .transpose()?,
            continue_after: r
                .optional(Tag::context_constructed(5))?
                .map(only_name)
                .transpose()?,
        };
        skip_extensions(&mut r, 6)?;
        Ok(request)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_ENROLLMENT_ATTRIBUTES, |w| {
            w.integer(Tag::context(0), self.scope);
            if let Some(names) = &self.names {
                names.encode(w, Tag::context_constructed(1));
            }
            if let Some(client) = self.client {
                w.primitive(Tag::context_constructed(2), client);
            }
            for (number, name) in [
                (3, &self.condition),
                (4, &self.action),
                (5, &self.continue_after),
            ] {
                if let Some(name) = name {
                    write_name(w, Tag::context_constructed(number), name);
                }
            }
        });
    }
}

/// An event enrolment in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventEnrollment<'a> {
    /// Its name.
    pub name: ObjectName<'a>,
    /// The event condition it is about.
    pub condition: ConditionReference<'a>,
    /// What is done at the event.
    pub action: Option<ConditionReference<'a>>,
    /// Whom it is told to (an ApplicationReference, as it came).
    pub client: Option<&'a [u8]>,
    /// Whether it can be deleted over MMS.
    pub deletable: bool,
    /// What it is for.
    pub class: EnrollmentClass,
    /// How long it lives.
    pub duration: EnrollmentDuration,
    /// The invoke id of the service it holds back.
    pub invoke_id: Option<u32>,
    /// Milliseconds that service may still wait.
    pub remaining_delay: Option<u32>,
}

impl<'a> ListElement<'a> for EventEnrollment<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag != Tag::SEQUENCE {
            return Err(BerError::UnexpectedTag {
                expected: Tag::SEQUENCE,
                found: tlv.tag,
            });
        }
        let mut r = tlv.reader();
        let duration = |content| integer(content).map(EnrollmentDuration::from_code);
        let enrollment = EventEnrollment {
            name: only_name(r.expect(Tag::context_constructed(0))?)?,
            condition: ConditionReference::decode(r.expect(Tag::context_constructed(1))?)?,
            action: r
                .optional(Tag::context_constructed(2))?
                .map(ConditionReference::decode)
                .transpose()?,
            client: r.optional(Tag::context_constructed(3))?,
            deletable: r.optional(Tag::context(4))?.map_or(Ok(false), boolean)?,
            class: EnrollmentClass::from_code(integer(r.expect(Tag::context(5))?)?),
            duration: r
                .optional(Tag::context(6))?
                .map_or(Ok(EnrollmentDuration::Current), duration)?,
            invoke_id: r.optional(Tag::context(7))?.map(lenient_u32).transpose()?,
            remaining_delay: r.optional(Tag::context(8))?.map(lenient_u32).transpose()?,
        };
        skip_extensions(&mut r, 9)?;
        Ok(enrollment)
    }
}

impl EventEnrollment<'_> {
    /// Writes the element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(Tag::SEQUENCE, |w| {
            write_name(w, Tag::context_constructed(0), &self.name);
            self.condition.encode(w, Tag::context_constructed(1));
            if let Some(action) = &self.action {
                action.encode(w, Tag::context_constructed(2));
            }
            if let Some(client) = self.client {
                w.primitive(Tag::context_constructed(3), client);
            }
            w.boolean(Tag::context(4), self.deletable);
            w.integer(Tag::context(5), self.class.code());
            w.integer(Tag::context(6), self.duration.code());
            if let Some(id) = self.invoke_id {
                w.unsigned(Tag::context(7), id.into());
            }
            if let Some(delay) = self.remaining_delay {
                w.unsigned(Tag::context(8), delay.into());
            }
        });
    }
}

/// The attributes of event enrolments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventEnrollmentAttributesResponse<'a> {
    /// The event enrolments.
    pub enrollments: List<'a, EventEnrollment<'a>>,
    /// Whether there are more.
    pub more_follows: bool,
}

const ENROLLMENTS: Tag = Tag::context_constructed(0);
const MORE_FOLLOWS: Tag = Tag::context(1);

impl<'a> EventEnrollmentAttributesResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let enrollments = List::decode(r.expect(ENROLLMENTS)?)?;
        let more_follows = r.optional(MORE_FOLLOWS)?.map_or(Ok(false), boolean)?;
        skip_extensions(&mut r, 2)?;
        Ok(EventEnrollmentAttributesResponse {
            enrollments,
            more_follows,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_ENROLLMENT_ATTRIBUTES, |w| {
            self.enrollments.encode(w, ENROLLMENTS);
            w.boolean(MORE_FOLLOWS, self.more_follows);
        });
    }
}

/// Writes the attributes of event enrolments one by one, as far as they fit.
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct EventEnrollmentsWriter {
    list: ListWriter,
}

impl EventEnrollmentsWriter {
    /// Octets of moreFollows behind the list.
    const RESERVE: usize = 3;

    /// Opens the service element.
    pub fn begin(w: &mut Writer<'_>) -> Self {
        let tags = [Some(GET_ENROLLMENT_ATTRIBUTES), None, Some(ENROLLMENTS)];
        EventEnrollmentsWriter {
            list: ListWriter::begin(w, tags),
        }
    }

    /// Writes an event enrolment; `false` if it does not fit any more.
    pub fn push(&mut self, w: &mut Writer<'_>, enrollment: &EventEnrollment<'_>) -> bool {
        self.list.push(w, Self::RESERVE, |w| enrollment.encode(w))
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>, more_follows: bool) {
        self.list.end(w, |w| w.boolean(MORE_FOLLOWS, more_follows));
    }
}

/// Acknowledges a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcknowledgeEventRequest<'a> {
    /// The event enrolment.
    pub enrollment: ObjectName<'a>,
    /// The state that is acknowledged.
    pub state: ConditionState,
    /// When it came to be, as the notification says.
    pub time: EventTime,
}

impl<'a> AcknowledgeEventRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let request = AcknowledgeEventRequest {
            enrollment: only_name(r.expect(Tag::context_constructed(0))?)?,
            state: ConditionState::from_code(integer(r.expect(Tag::context(2))?)?),
            time: EventTime::decode(r.expect(Tag::context_constructed(3))?)?,
        };
        skip_extensions(&mut r, 4)?;
        Ok(request)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(ACKNOWLEDGE, |w| {
            write_name(w, Tag::context_constructed(0), &self.enrollment);
            w.integer(Tag::context(2), self.state.code());
            self.time.encode(w, Tag::context_constructed(3));
        });
    }
}

done! {
    /// The event enrolment was created.
    DefineEventEnrollmentResponse DEFINE_ENROLLMENT_RESPONSE;
    /// The notification is acknowledged.
    AcknowledgeEventResponse ACKNOWLEDGE_RESPONSE;
}
