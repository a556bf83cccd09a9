//! Event conditions: ISO 9506-2 `DefineEventCondition`, `DeleteEventCondition`, `GetEventConditionAttributes`,
//! `ReportEventConditionStatus`, `AlterEventConditionMonitoring`, `TriggerEvent`.

use super::done::done;
use super::event::{ConditionClass, ConditionState, EventTime, only_name, write_name};
use super::list::List;
use super::variable::VariableSpecification;
use super::wire::{explicit, lenient_u32, skip_extensions};
use crate::ObjectName;
use crate::ber::{BerError, Reader, Tag, Writer, boolean, integer};
use crate::name::identifier;

pub(super) const DEFINE_CONDITION: Tag = Tag::context_constructed(47);
pub(super) const DEFINE_CONDITION_RESPONSE: Tag = Tag::context(47);
pub(super) const DELETE_CONDITION: Tag = Tag::context_constructed(48);
pub(super) const DELETE_CONDITION_RESPONSE: Tag = Tag::context(48);
pub(super) const GET_CONDITION_ATTRIBUTES: Tag = Tag::context_constructed(49);
pub(super) const REPORT_CONDITION_STATUS: Tag = Tag::context_constructed(50);
pub(super) const ALTER_CONDITION_MONITORING: Tag = Tag::context_constructed(51);
pub(super) const ALTER_CONDITION_MONITORING_RESPONSE: Tag = Tag::context(51);
pub(super) const TRIGGER_EVENT: Tag = Tag::context_constructed(52);
pub(super) const TRIGGER_EVENT_RESPONSE: Tag = Tag::context(52);

/// The priority and the severity of an event condition that does not say otherwise; 0 is the highest, 127 the lowest.
pub const NORMAL_PRIORITY: u8 = 64;

pub(super) fn octet(content: &[u8]) -> Result<u8, BerError> {
    u8::try_from(integer(content)?).map_err(|_| BerError::IntegerRange)
}

fn octet_or_normal(content: Option<&[u8]>) -> Result<u8, BerError> {
    content.map_or(Ok(NORMAL_PRIORITY), octet)
}

/// Creates an event condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefineEventConditionRequest<'a> {
    /// Its name.
    pub name: ObjectName<'a>,
    /// What makes it change.
    pub class: ConditionClass,
    /// Its priority.
    pub priority: u8,
    /// How serious it is.
    pub severity: u8,
    /// Whether it is in alarm summaries.
    pub alarm_summary_reports: Option<bool>,
    /// The variable that is watched.
    pub monitored_variable: Option<VariableSpecification<'a>>,
    /// Milliseconds between two looks at it.
    pub evaluation_interval: Option<u32>,
}

impl<'a> DefineEventConditionRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let request = DefineEventConditionRequest {
            name: only_name(r.expect(Tag::context_constructed(0))?)?,
            class: ConditionClass::from_code(integer(r.expect(Tag::context(1))?)?),
            priority: octet_or_normal(r.optional(Tag::context(2))?)?,
            severity: octet_or_normal(r.optional(Tag::context(3))?)?,
            alarm_summary_reports: r.optional(Tag::context(4))?.map(boolean).transpose()?,
            monitored_variable: r
                .optional(Tag::context_constructed(6))?
                .map(|content| VariableSpecification::from_tlv(explicit(content)?))
                .transpose()?,
            evaluation_interval: r.optional(Tag::context(7))?.map(lenient_u32).transpose()?,
        };
        skip_extensions(&mut r, 8)?;
        Ok(request)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(DEFINE_CONDITION, |w| {
            write_name(w, Tag::context_constructed(0), &self.name);
            w.integer(Tag::context(1), self.class.code());
            w.unsigned(Tag::context(2), self.priority.into());
            w.unsigned(Tag::context(3), self.severity.into());
            if let Some(reports) = self.alarm_summary_reports {
                w.boolean(Tag::context(4), reports);
            }
            if let Some(variable) = &self.monitored_variable {
                w.constructed(Tag::context_constructed(6), |w| variable.encode(w));
            }
            if let Some(interval) = self.evaluation_interval {
                w.unsigned(Tag::context(7), interval.into());
            }
        });
    }
}

/// Deletes event conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteEventConditionRequest<'a> {
    /// These.
    Specific(List<'a, ObjectName<'a>>),
    /// All of the association.
    Association,
    /// All of a domain.
    Domain(&'a str),
    /// All of the VMD.
    Vmd,
}

impl<'a> DeleteEventConditionRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        const SPECIFIC: Tag = Tag::context_constructed(0);
        const ASSOCIATION: Tag = Tag::context(1);
        const DOMAIN: Tag = Tag::context(2);
        const VMD: Tag = Tag::context(3);
        let choice = explicit(content)?;
        match choice.tag {
            SPECIFIC => List::decode(choice.content).map(Self::Specific),
            ASSOCIATION => Ok(Self::Association),
            DOMAIN => identifier(choice.content).map(Self::Domain),
            VMD => Ok(Self::Vmd),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(DELETE_CONDITION, |w| match self {
            Self::Specific(names) => names.encode(w, Tag::context_constructed(0)),
            Self::Association => w.null(Tag::context(1)),
            Self::Domain(domain) => w.text(Tag::context(2), domain),
            Self::Vmd => w.null(Tag::context(3)),
        });
    }
}

macro_rules! by_name {
    ($($(#[$meta:meta])* $name:ident $tag:ident;)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name<'a> {
                /// The event condition.
                pub name: ObjectName<'a>,
            }

            impl<'a> $name<'a> {
                pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
                    only_name(content).map(|name| $name { name })
                }

                /// Writes the service element.
                pub fn encode(&self, w: &mut Writer<'_>) {
                    write_name(w, $tag, &self.name);
                }
            }
        )+
    };
}

by_name! {
    /// Asks for the attributes of an event condition.
    EventConditionAttributesRequest GET_CONDITION_ATTRIBUTES;
    /// Asks for the state of an event condition.
    EventConditionStatusRequest REPORT_CONDITION_STATUS;
}

/// What an event condition watches, in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonitoredVariable<'a> {
    /// This variable.
    Variable(VariableSpecification<'a>),
    /// One that is gone.
    Undefined,
}

/// The attributes of an event condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventConditionAttributesResponse<'a> {
    /// Whether it can be deleted over MMS.
    pub deletable: bool,
    /// What makes it change.
    pub class: ConditionClass,
    /// Its priority.
    pub priority: u8,
    /// How serious it is.
    pub severity: u8,
    /// Whether it is in alarm summaries.
    pub alarm_summary_reports: bool,
    /// What is watched.
    pub monitored_variable: Option<MonitoredVariable<'a>>,
    /// Milliseconds between two looks at it.
    pub evaluation_interval: Option<u32>,
}

impl<'a> EventConditionAttributesResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        const VARIABLE: Tag = Tag::context_constructed(0);
        const UNDEFINED: Tag = Tag::context(1);
        let flag = |content: Option<&[u8]>| content.map_or(Ok(false), boolean);
        let mut r = Reader::new(content);
        let response = EventConditionAttributesResponse {
            deletable: flag(r.optional(Tag::context(0))?)?,
            class: ConditionClass::from_code(integer(r.expect(Tag::context(1))?)?),
            priority: octet_or_normal(r.optional(Tag::context(2))?)?,
            severity: octet_or_normal(r.optional(Tag::context(3))?)?,
            alarm_summary_reports: flag(r.optional(Tag::context(4))?)?,
            monitored_variable: r
                .optional(Tag::context_constructed(6))?
                .map(|content| {
                    let choice = explicit(content)?;
                    match choice.tag {
                        VARIABLE => VariableSpecification::from_tlv(explicit(choice.content)?)
                            .map(MonitoredVariable::Variable),
                        UNDEFINED => Ok(MonitoredVariable::Undefined),
                        other => Err(BerError::UnknownChoice(other)),
                    }
                })
                .transpose()?,
            evaluation_interval: r.optional(Tag::context(7))?.map(lenient_u32).transpose()?,
        };
        skip_extensions(&mut r, 8)?;
        Ok(response)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_CONDITION_ATTRIBUTES, |w| {
            w.boolean(Tag::context(0), self.deletable);
            w.integer(Tag::context(1), self.class.code());
            w.unsigned(Tag::context(2), self.priority.into());
            w.unsigned(Tag::context(3), self.severity.into());
            w.boolean(Tag::context(4), self.alarm_summary_reports);
            match &self.monitored_variable {
                None => {}
                Some(MonitoredVariable::Variable(variable)) => {
                    w.constructed(Tag::context_constructed(6), |w| {
                        w.constructed(Tag::context_constructed(0), |w| variable.encode(w));
                    });
                }
                Some(MonitoredVariable::Undefined) => {
                    w.constructed(Tag::context_constructed(6), |w| w.null(Tag::context(1)));
                }
            }
            if let Some(interval) = self.evaluation_interval {
                w.unsigned(Tag::context(7), interval.into());
            }
        });
    }
}

/// The state of an event condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventConditionStatusResponse {
    /// The state.
    pub state: ConditionState,
    /// Event enrolments of it.
    pub enrollments: u32,
    /// Whether it is watched; a network-triggered one does not say.
    pub enabled: Option<bool>,
    /// When it became active last.
    pub last_to_active: Option<EventTime>,
    /// When it became idle last.
    pub last_to_idle: Option<EventTime>,
}

impl EventConditionStatusResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let response = EventConditionStatusResponse {
            state: ConditionState::from_code(integer(r.expect(Tag::context(0))?)?),
            enrollments: lenient_u32(r.expect(Tag::context(1))?)?,
            enabled: r.optional(Tag::context(2))?.map(boolean).transpose()?,
            last_to_active: r
                .optional(Tag::context_constructed(3))?
                .map(EventTime::decode)
                .transpose()?,
            last_to_idle: r
                .optional(Tag::context_constructed(4))?
                .map(EventTime::decode)
                .transpose()?,
        };
        skip_extensions(&mut r, 5)?;
        Ok(response)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(REPORT_CONDITION_STATUS, |w| {
            w.integer(Tag::context(0), self.state.code());
            w.unsigned(Tag::context(1), self.enrollments.into());
            if let Some(enabled) = self.enabled {
                w.boolean(Tag::context(2), enabled);
            }
            if let Some(time) = self.last_to_active {
                time.encode(w, Tag::context_constructed(3));
            }
            if let Some(time) = self.last_to_idle {
                time.encode(w, Tag::context_constructed(4));
            }
        });
    }
}

/// Changes how an event condition is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlterEventConditionRequest<'a> {
    /// The event condition.
    pub name: ObjectName<'a>,
    /// Whether it is to be watched.
    pub enabled: Option<bool>,
    /// Another priority.
    pub priority: Option<u8>,
    /// Whether it is to be in alarm summaries.
    pub alarm_summary_reports: Option<bool>,
    /// Other milliseconds between two looks.
    pub evaluation_interval: Option<u32>,
}

impl<'a> AlterEventConditionRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let request = AlterEventConditionRequest {
            name: only_name(r.expect(Tag::context_constructed(0))?)?,
            enabled: r.optional(Tag::context(1))?.map(boolean).transpose()?,
            priority: r.optional(Tag::context(2))?.map(octet).transpose()?,
            alarm_summary_reports: r.optional(Tag::context(3))?.map(boolean).transpose()?,
            evaluation_interval: r.optional(Tag::context(4))?.map(lenient_u32).transpose()?,
        };
        skip_extensions(&mut r, 5)?;
        Ok(request)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(ALTER_CONDITION_MONITORING, |w| {
            write_name(w, Tag::context_constructed(0), &self.name);
            if let Some(enabled) = self.enabled {
                w.boolean(Tag::context(1), enabled);
            }
            if let Some(priority) = self.priority {
                w.unsigned(Tag::context(2), priority.into());
            }
            if let Some(reports) = self.alarm_summary_reports {
                w.boolean(Tag::context(3), reports);
            }
            if let Some(interval) = self.evaluation_interval {
                w.unsigned(Tag::context(4), interval.into());
            }
        });
    }
}

/// Makes a network-triggered event happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriggerEventRequest<'a> {
    /// The event condition.
    pub name: ObjectName<'a>,
    /// With this priority instead of its own.
    pub priority: Option<u8>,
}

impl<'a> TriggerEventRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let request = TriggerEventRequest {
            name: only_name(r.expect(Tag::context_constructed(0))?)?,
            priority: r.optional(Tag::context(1))?.map(octet).transpose()?,
        };
        skip_extensions(&mut r, 2)?;
        Ok(request)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(TRIGGER_EVENT, |w| {
            write_name(w, Tag::context_constructed(0), &self.name);
            if let Some(priority) = self.priority {
                w.unsigned(Tag::context(1), priority.into());
            }
        });
    }
}

/// What became of the deletion of event conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteEventConditionResponse {
    /// Those that were meant and are still there.
    pub not_deleted: u32,
}

impl DeleteEventConditionResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        lenient_u32(content).map(|not_deleted| DeleteEventConditionResponse { not_deleted })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.unsigned(DELETE_CONDITION_RESPONSE, self.not_deleted.into());
    }
}

done! {
    /// The event condition was created.
    DefineEventConditionResponse DEFINE_CONDITION_RESPONSE;
    /// It is watched as asked for.
    AlterEventConditionResponse ALTER_CONDITION_MONITORING_RESPONSE;
    /// The event has happened.
    TriggerEventResponse TRIGGER_EVENT_RESPONSE;
}
