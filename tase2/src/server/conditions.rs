//! The services on event conditions and enrolments (block 7).

use super::session::ServerSession;
use crate::Name;
use crate::bilateral::{Rights, Visibility};
use crate::condition::{
    Acknowledged, ConditionEvent, ConditionState, Enrollment, Key, condition_rights, is_triggered,
    own_key,
};
use crate::engine::Table;
use crate::event::{AssociationId, Event};
use crate::model::EventCondition;
use mms::association::{Answered, Reply};
use mms::pdu::{
    AcknowledgeEventResponse, AlarmAckRule, AlterEventConditionRequest,
    AlterEventConditionResponse, AlterEventEnrollmentRequest, AlterEventEnrollmentResponse,
    ConditionReference, DefineEventEnrollmentRequest, DefineEventEnrollmentResponse,
    DeleteEventEnrollmentRequest, DeleteEventEnrollmentResponse, EnrollmentClass,
    EnrollmentDuration, EventConditionAttributesResponse, EventConditionStatusResponse,
    EventEnrollment, EventEnrollmentAttributesRequest, EventEnrollmentStatusResponse,
    EventEnrollmentsWriter, MonitoredVariable, NORMAL_PRIORITY, RequestService,
    TriggerEventResponse,
};
use mms::{ObjectName, ServiceError};
use std::sync::Arc;

/// Names of enrolments may not be longer.
const MAX_NAME: usize = 64;

impl ServerSession {
    /// Serves the services of block 7; gives the reply back for others.
    pub(super) fn events<'r>(
        &self,
        table: &Arc<Table>,
        service: &RequestService<'_>,
        reply: Reply<'r>,
    ) -> Result<Answered, Reply<'r>> {
        use RequestService as S;
        let Some(association) = self.association() else {
            return Err(reply);
        };
        Ok(match service {
            S::GetEventConditionAttributes(request) => {
                self.condition_attributes(table, request.name, reply)
            }
            S::ReportEventConditionStatus(request) => {
                self.condition_status(table, request.name, reply)
            }
            S::AlterEventConditionMonitoring(request) => {
                self.alter_condition(table, request, reply)
            }
            S::TriggerEvent(request) => self.trigger(table, request.name, reply),
            // Conditions are what the control centre has.
            S::DefineEventCondition(_) | S::DeleteEventCondition(_) => {
                reply.error(ServiceError::OBJECT_ACCESS_DENIED)
            }
            S::DefineEventEnrollment(request) => {
                match self.define_enrollment(association, table, request) {
                    Ok(()) => reply.respond(|w| DefineEventEnrollmentResponse.encode(w)),
                    Err(error) => reply.error(error),
                }
            }
            S::DeleteEventEnrollment(request) => {
                self.delete_enrollments(association, table, request, reply)
            }
            S::AlterEventEnrollment(request) => {
                self.alter_enrollment(association, table, request, reply)
            }
            S::ReportEventEnrollmentStatus(request) => {
                self.enrollment_status(association, table, request.name, reply)
            }
            S::GetEventEnrollmentAttributes(request) => {
                self.enrollment_attributes(association, table, request, reply)
            }
            S::AcknowledgeEventNotification(request) => {
                let (state, time) = (request.state, request.time);
                match self.core.acknowledge_event(
                    association,
                    table,
                    request.enrollment,
                    state,
                    time,
                ) {
                    Acknowledged::Taken => reply.respond(|w| AcknowledgeEventResponse.encode(w)),
                    Acknowledged::Nothing => reply.error(ServiceError::OBJECT_CONSTRAINT_CONFLICT),
                    Acknowledged::Absent => reply.error(ServiceError::OBJECT_NON_EXISTENT),
                }
            }
            _ => return Err(reply),
        })
    }

    /// The condition with this name that the peer sees, and its rights to it.
    fn condition(
        &self,
        table: &Table,
        name: ObjectName<'_>,
    ) -> Result<(u32, &EventCondition, Rights), ServiceError> {
        let hidden = match table.config.options.visibility {
            Visibility::Hide => ServiceError::OBJECT_NON_EXISTENT,
            Visibility::Deny => ServiceError::OBJECT_ACCESS_DENIED,
        };
        let absent = ServiceError::OBJECT_NON_EXISTENT;
        let name = Name::from_mms(name).ok_or(absent)?;
        if name.domain().is_some_and(|d| d != table.config.domain) {
            return Err(absent);
        }
        let place = self.core.model.condition(&name).ok_or(absent)?;
        let condition = self.core.model.conditions.get(place as usize);
        let condition = condition.ok_or(absent)?;
        match condition_rights(table, condition) {
            rights if rights.is_empty() => Err(hidden),
            rights => Ok((place, condition, rights)),
        }
    }

    fn condition_attributes(
        &self,
        table: &Table,
        name: ObjectName<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let condition = match self.condition(table, name) {
            Ok((_, condition, _)) => condition,
            Err(error) => return reply.error(error),
        };
        // A point the peer does not see stays unseen.
        let watched = condition.watch.as_ref().map(|(point, _)| point);
        let seen = watched.filter(|point| {
            let rights = table.config.rights(point.domain(), point.item());
            rights.contains(Rights::READ)
        });
        let response = EventConditionAttributesResponse {
            deletable: false,
            class: condition.class,
            priority: NORMAL_PRIORITY,
            severity: condition.severity,
            alarm_summary_reports: false,
            monitored_variable: seen.map(|p| MonitoredVariable::Variable(p.as_mms().into())),
            evaluation_interval: None,
        };
        reply.respond(|w| response.encode(w))
    }

    fn condition_status(&self, table: &Table, name: ObjectName<'_>, reply: Reply<'_>) -> Answered {
        let place = match self.condition(table, name) {
            Ok((place, _, _)) => place,
            Err(error) => return reply.error(error),
        };
        let response = {
            let state = self.core.state.lock();
            let Some(unit) = state.conditions.unit(place) else {
                return reply.error(ServiceError::OBJECT_NON_EXISTENT);
            };
            EventConditionStatusResponse {
                state: unit.state(),
                // Those of the peer: how many others there are is none of its business.
                enrollments: self.association().map_or(0, |association| {
                    let own = state.own_enrollments(association, table);
                    own.filter(|(_, e)| e.condition == place).count() as u32
                }),
                enabled: Some(unit.enabled),
                last_to_active: unit.last_to_active,
                last_to_idle: unit.last_to_idle,
            }
        };
        reply.respond(|w| response.encode(w))
    }

    fn alter_condition(
        &self,
        table: &Table,
        request: &AlterEventConditionRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let (place, condition, rights) = match self.condition(table, request.name) {
            Ok(found) => found,
            Err(error) => return reply.error(error),
        };
        if !rights.contains(Rights::WRITE) {
            return reply.error(ServiceError::OBJECT_ACCESS_DENIED);
        }
        if request.priority.is_some()
            || request.alarm_summary_reports.is_some()
            || request.evaluation_interval.is_some()
        {
            return reply.error(ServiceError::OBJECT_ACCESS_UNSUPPORTED);
        }
        if let Some(enabled) = request.enabled {
            self.core.emit(Event::Condition(ConditionEvent::Altered {
                peer: table.config.peer.clone(),
                condition: condition.name.clone(),
                what: if enabled {
                    "switched on"
                } else {
                    "switched off"
                },
            }));
            self.core.enable_condition(place, enabled);
        }
        reply.respond(|w| AlterEventConditionResponse.encode(w))
    }

    fn trigger(&self, table: &Table, name: ObjectName<'_>, reply: Reply<'_>) -> Answered {
        let (place, condition, rights) = match self.condition(table, name) {
            Ok(found) => found,
            Err(error) => return reply.error(error),
        };
        if !rights.contains(Rights::WRITE) {
            return reply.error(ServiceError::OBJECT_ACCESS_DENIED);
        }
        if !is_triggered(condition.class) {
            return reply.error(ServiceError::OBJECT_CONSTRAINT_CONFLICT);
        }
        self.core.emit(Event::Condition(ConditionEvent::Altered {
            peer: table.config.peer.clone(),
            condition: condition.name.clone(),
            what: "triggered",
        }));
        self.core.trigger_condition(place);
        reply.respond(|w| TriggerEventResponse.encode(w))
    }

    fn define_enrollment(
        &self,
        association: AssociationId,
        table: &Arc<Table>,
        request: &DefineEventEnrollmentRequest<'_>,
    ) -> Result<(), ServiceError> {
        let (condition, _, rights) = self.condition(table, request.condition)?;
        if !rights.contains(Rights::ENROLL) {
            return Err(ServiceError::OBJECT_ACCESS_DENIED);
        }
        // Enrolments of clients are in their association or their domain; nobody enrols others, and there are no event actions.
        let key = own_key(association, table, request.name);
        let key = key.ok_or(ServiceError::OBJECT_ACCESS_DENIED)?;
        if request.client.is_some() {
            return Err(ServiceError::OBJECT_ACCESS_DENIED);
        }
        if request.action.is_some() {
            return Err(ServiceError::OBJECT_UNDEFINED);
        }
        let name = key.item();
        if name.is_empty()
            || name.len() > MAX_NAME
            || request.transitions.is_empty()
            || matches!(request.ack_rule, AlarmAckRule::Other(_))
        {
            return Err(ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT);
        }
        let permanent = match &key {
            Key::Domain(..) => table.config.options.keep_enrollments,
            Key::Association(..) => false,
        };
        let enrollment = Enrollment::new(
            &table.config.peer,
            (!permanent).then_some(association.0),
            condition,
            request.transitions,
            request.ack_rule,
        );
        self.core.enroll(association, table, key, enrollment)
    }

    fn delete_enrollments(
        &self,
        association: AssociationId,
        table: &Table,
        request: &DeleteEventEnrollmentRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let keys: Vec<Key> = match request {
            DeleteEventEnrollmentRequest::Specific(names) => {
                let keys: Vec<_> = names
                    .iter()
                    .map(|name| own_key(association, table, name))
                    .collect();
                let state = self.core.state.lock();
                let there = |key: &Option<Key>| {
                    key.as_ref()
                        .is_some_and(|key| state.conditions.enrollments.contains_key(key))
                };
                if !keys.iter().all(there) {
                    drop(state);
                    return reply.error(ServiceError::OBJECT_NON_EXISTENT);
                }
                keys.into_iter().flatten().collect()
            }
            DeleteEventEnrollmentRequest::Condition(name) => {
                let condition = match self.condition(table, *name) {
                    Ok((place, _, _)) => place,
                    Err(error) => return reply.error(error),
                };
                let state = self.core.state.lock();
                let own = state.own_enrollments(association, table);
                own.filter(|(_, e)| e.condition == condition)
                    .map(|(key, _)| key.clone())
                    .collect()
            }
            DeleteEventEnrollmentRequest::Action(_) => {
                return reply.error(ServiceError::OBJECT_NON_EXISTENT);
            }
        };
        let not_deleted = self.core.end_enrollments_of(&keys);
        reply.respond(|w| DeleteEventEnrollmentResponse { not_deleted }.encode(w))
    }

    fn alter_enrollment(
        &self,
        association: AssociationId,
        table: &Table,
        request: &AlterEventEnrollmentRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        if request.transitions.is_some_and(|t| t.is_empty())
            || matches!(request.ack_rule, Some(AlarmAckRule::Other(_)))
        {
            return reply.error(ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT);
        }
        let response = {
            let mut state = self.core.state.lock();
            let Some(key) = state.enrollment_key(association, table, request.name) else {
                drop(state);
                return reply.error(ServiceError::OBJECT_NON_EXISTENT);
            };
            let condition = state.conditions.enrollments.get(&key).map(|e| e.condition);
            let condition = condition.and_then(|c| state.conditions.unit(c));
            let condition = condition.map_or(ConditionState::Disabled, |unit| unit.state());
            let Some(enrollment) = state.conditions.enrollments.get_mut(&key) else {
                drop(state);
                return reply.error(ServiceError::OBJECT_NON_EXISTENT);
            };
            if enrollment.predefined {
                drop(state);
                return reply.error(ServiceError::OBJECT_ACCESS_DENIED);
            }
            if let Some(transitions) = request.transitions {
                enrollment.transitions = transitions;
            }
            if let Some(rule) = request.ack_rule {
                enrollment.ack_rule = rule;
            }
            AlterEventEnrollmentResponse {
                state: Some(enrollment.state(condition)),
                transition_time: enrollment.last,
            }
        };
        reply.respond(|w| response.encode(w))
    }

    fn enrollment_status(
        &self,
        association: AssociationId,
        table: &Table,
        name: ObjectName<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let response = {
            let state = self.core.state.lock();
            let key = state.enrollment_key(association, table, name);
            let enrollment = key.and_then(|key| state.conditions.enrollments.get(&key));
            enrollment.map(|enrollment| {
                let unit = state.conditions.unit(enrollment.condition);
                let condition = unit.map_or(ConditionState::Disabled, |unit| unit.state());
                EventEnrollmentStatusResponse {
                    transitions: enrollment.transitions,
                    notification_lost: enrollment.lost,
                    duration: duration(enrollment),
                    ack_rule: Some(enrollment.ack_rule),
                    state: enrollment.state(condition),
                }
            })
        };
        match response {
            Some(response) => reply.respond(|w| response.encode(w)),
            None => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }

    fn enrollment_attributes(
        &self,
        association: AssociationId,
        table: &Table,
        request: &EventEnrollmentAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        const SPECIFIC: i64 = 0;
        const CLIENT: i64 = 1;
        const CONDITION: i64 = 2;
        let state = self.core.state.lock();
        let mut wanted: Vec<(&Key, &Enrollment)> =
            state.own_enrollments(association, table).collect();
        match request.scope {
            SPECIFIC => {
                let keys: Vec<Key> = request
                    .names
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|name| own_key(association, table, name))
                    .collect();
                wanted.retain(|(key, _)| keys.contains(key));
            }
            // Of other clients nothing is told.
            CLIENT if request.client.is_none() => {}
            CONDITION => {
                let condition = request.condition.and_then(Name::from_mms);
                let place = condition.and_then(|name| self.core.model.condition(&name));
                wanted.retain(|(_, enrollment)| Some(enrollment.condition) == place);
            }
            _ => wanted.clear(),
        }
        if let Some(after) = request.continue_after {
            let Some(after) = own_key(association, table, after) else {
                drop(wanted);
                drop(state);
                return reply.error(ServiceError::CONTINUATION_INVALID);
            };
            wanted.retain(|(key, _)| **key > after);
        }
        reply.try_respond(|w| {
            let mut response = EventEnrollmentsWriter::begin(w);
            for (written, (key, enrollment)) in wanted.iter().enumerate() {
                let condition = self
                    .core
                    .model
                    .conditions
                    .get(enrollment.condition as usize);
                let element = EventEnrollment {
                    name: key.as_mms(),
                    condition: condition.map_or(ConditionReference::Undefined, |condition| {
                        ConditionReference::Name(condition.name.as_mms())
                    }),
                    action: None,
                    client: None,
                    deletable: !enrollment.predefined,
                    class: EnrollmentClass::Notification,
                    duration: duration(enrollment),
                    invoke_id: None,
                    remaining_delay: None,
                };
                if !response.push(w, &element) {
                    if written == 0 {
                        return Err(ServiceError::PDU_SIZE);
                    }
                    response.end(w, true);
                    return Ok(());
                }
            }
            response.end(w, false);
            Ok(())
        })
    }
}

fn duration(enrollment: &Enrollment) -> EnrollmentDuration {
    match enrollment.association {
        Some(_) => EnrollmentDuration::Current,
        None => EnrollmentDuration::Permanent,
    }
}
