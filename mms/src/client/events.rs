//! Event conditions and event enrolments.

use super::names::Progress;
use super::{Client, ClientError, encode, wrong};
use crate::pdu::{
    AcknowledgeEventRequest, AlarmAckRule, AlterEventConditionRequest, AlterEventEnrollmentRequest,
    AlterEventEnrollmentResponse, ConditionClass, ConditionState, DefineEventEnrollmentRequest,
    EnrollmentDuration, EventConditionAttributesRequest, EventConditionStatusRequest,
    EventConditionStatusResponse, EventEnrollmentAttributesRequest, EventEnrollmentStatusRequest,
    EventEnrollmentStatusResponse, EventTime, MonitoredVariable, ObjectClass, ObjectScope,
    RequestService, ResponseService, Service, Transitions, TriggerEventRequest,
    VariableSpecification, write_delete_event_enrollments,
};
use crate::{ObjectName, OwnedObjectName};

/// The attributes of an event condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionAttributes {
    /// Whether it can be deleted over MMS.
    pub deletable: bool,
    /// What makes it change.
    pub class: ConditionClass,
    /// Its priority: 0 the highest, 127 the lowest.
    pub priority: u8,
    /// How serious it is: 0 most, 127 least.
    pub severity: u8,
    /// The variable that is watched, if it has a name.
    pub monitored_variable: Option<OwnedObjectName>,
}

/// The attributes of an event enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentAttributes {
    /// Its name.
    pub name: OwnedObjectName,
    /// The event condition it is about; `None` if that is gone.
    pub condition: Option<OwnedObjectName>,
    /// Whether it can be deleted over MMS.
    pub deletable: bool,
    /// How long it lives.
    pub duration: EnrollmentDuration,
}

impl Client {
    /// The names of the event conditions in a scope.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn event_condition_names(
        &self,
        scope: ObjectScope<'_>,
    ) -> Result<Vec<String>, ClientError> {
        self.name_list(ObjectClass::EventCondition, scope).await
    }

    /// The names of the event enrolments in a scope.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn event_enrollment_names(
        &self,
        scope: ObjectScope<'_>,
    ) -> Result<Vec<String>, ClientError> {
        self.name_list(ObjectClass::EventEnrollment, scope).await
    }

    /// The attributes of an event condition.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn get_event_condition_attributes(
        &self,
        name: ObjectName<'_>,
    ) -> Result<ConditionAttributes, ClientError> {
        const SERVICE: Service = Service::GetEventConditionAttributes;
        let request = encode(|w| EventConditionAttributesRequest { name }.encode(w));
        self.exchange(SERVICE, request, |response| {
            let ResponseService::GetEventConditionAttributes(attributes) = response else {
                return wrong(SERVICE);
            };
            let variable = match attributes.monitored_variable {
                Some(MonitoredVariable::Variable(VariableSpecification::Name(name))) => {
                    Some(name.to_owned())
                }
                _ => None,
            };
            Ok(ConditionAttributes {
                deletable: attributes.deletable,
                class: attributes.class,
                priority: attributes.priority,
                severity: attributes.severity,
                monitored_variable: variable,
            })
        })
        .await
    }

    /// The state of an event condition.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn report_event_condition_status(
        &self,
        name: ObjectName<'_>,
    ) -> Result<EventConditionStatusResponse, ClientError> {
        const SERVICE: Service = Service::ReportEventConditionStatus;
        let request = encode(|w| EventConditionStatusRequest { name }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::ReportEventConditionStatus(status) => Ok(status),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Changes whether an event condition is watched, or how.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn alter_event_condition_monitoring(
        &self,
        request: AlterEventConditionRequest<'_>,
    ) -> Result<(), ClientError> {
        const SERVICE: Service = Service::AlterEventConditionMonitoring;
        self.request(
            RequestService::AlterEventConditionMonitoring(request),
            |response| match response {
                ResponseService::AlterEventConditionMonitoring(_) => Ok(()),
                _ => wrong(SERVICE),
            },
        )
        .await
    }

    /// Makes a network-triggered event happen.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn trigger_event(
        &self,
        name: ObjectName<'_>,
        priority: Option<u8>,
    ) -> Result<(), ClientError> {
        const SERVICE: Service = Service::TriggerEvent;
        let request = RequestService::TriggerEvent(TriggerEventRequest { name, priority });
        self.request(request, |response| match response {
            ResponseService::TriggerEvent(_) => Ok(()),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Creates an event enrolment for ourselves.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn define_event_enrollment(
        &self,
        name: ObjectName<'_>,
        condition: ObjectName<'_>,
        transitions: Transitions,
        ack_rule: AlarmAckRule,
    ) -> Result<(), ClientError> {
        const SERVICE: Service = Service::DefineEventEnrollment;
        let request = DefineEventEnrollmentRequest {
            name,
            condition,
            transitions,
            ack_rule,
            action: None,
            client: None,
        };
        self.request(
            RequestService::DefineEventEnrollment(request),
            |response| match response {
                ResponseService::DefineEventEnrollment(_) => Ok(()),
                _ => wrong(SERVICE),
            },
        )
        .await
    }

    /// Deletes event enrolments. Returns how many of them are still there.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_event_enrollments(
        &self,
        names: &[ObjectName<'_>],
    ) -> Result<u32, ClientError> {
        const SERVICE: Service = Service::DeleteEventEnrollment;
        let request = encode(|w| write_delete_event_enrollments(w, names.iter().copied()));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::DeleteEventEnrollment(deleted) => Ok(deleted.not_deleted),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Changes what an event enrolment tells, or what is to be acknowledged.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn alter_event_enrollment(
        &self,
        name: ObjectName<'_>,
        transitions: Option<Transitions>,
        ack_rule: Option<AlarmAckRule>,
    ) -> Result<AlterEventEnrollmentResponse, ClientError> {
        const SERVICE: Service = Service::AlterEventEnrollment;
        let request = RequestService::AlterEventEnrollment(AlterEventEnrollmentRequest {
            name,
            transitions,
            ack_rule,
        });
        self.request(request, |response| match response {
            ResponseService::AlterEventEnrollment(altered) => Ok(altered),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// The state of an event enrolment.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn report_event_enrollment_status(
        &self,
        name: ObjectName<'_>,
    ) -> Result<EventEnrollmentStatusResponse, ClientError> {
        const SERVICE: Service = Service::ReportEventEnrollmentStatus;
        let request = encode(|w| EventEnrollmentStatusRequest { name }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::ReportEventEnrollmentStatus(status) => Ok(status),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Our own event enrolments at the peer, however many answers it takes.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Limit`] and [`ClientError::Unexpected`] for a list without
    /// end.
    pub async fn get_event_enrollment_attributes(
        &self,
    ) -> Result<Vec<EnrollmentAttributes>, ClientError> {
        const SERVICE: Service = Service::GetEventEnrollmentAttributes;
        let mut progress = Progress::new(SERVICE, self.limits().names, "event enrolments");
        let mut all: Vec<EnrollmentAttributes> = Vec::new();
        loop {
            let request = EventEnrollmentAttributesRequest {
                continue_after: all.last().map(|last| last.name.as_ref()),
                ..EventEnrollmentAttributesRequest::own()
            };
            let request = encode(|w| request.encode(w));
            let (fresh, more_follows) = self
                .exchange(SERVICE, request, |response| match response {
                    ResponseService::GetEventEnrollmentAttributes(attributes) => {
                        progress.within(all.len() + attributes.enrollments.len())?;
                        let fresh = attributes.enrollments.iter().map(|e| EnrollmentAttributes {
                            name: e.name.to_owned(),
                            condition: e.condition.name().map(|name| name.to_owned()),
                            deletable: e.deletable,
                            duration: e.duration,
                        });
                        Ok((fresh.collect::<Vec<_>>(), attributes.more_follows))
                    }
                    _ => wrong(SERVICE),
                })
                .await?;
            let last = fresh.last().map(|last| last.name.to_string());
            all.extend(fresh);
            if !more_follows {
                return Ok(all);
            }
            progress.go_on(all.len(), last.as_ref().map(String::as_bytes))?;
        }
    }

    /// Acknowledges a notification of an event enrolment; state and time are those it told.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn acknowledge_event_notification(
        &self,
        enrollment: ObjectName<'_>,
        state: ConditionState,
        time: EventTime,
    ) -> Result<(), ClientError> {
        const SERVICE: Service = Service::AcknowledgeEventNotification;
        let request = RequestService::AcknowledgeEventNotification(AcknowledgeEventRequest {
            enrollment,
            state,
            time,
        });
        self.request(request, |response| match response {
            ResponseService::AcknowledgeEventNotification(_) => Ok(()),
            _ => wrong(SERVICE),
        })
        .await
    }
}
