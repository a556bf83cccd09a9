//! PDUs of program invocation and event management, which no recording has: one of each service, for the seeds.

use mms::ObjectName;
use mms::ber::Writer;
use mms::pdu::{
    AcknowledgeEventRequest, AlarmAckRule, AlterEventConditionRequest, AlterEventEnrollmentRequest,
    AlterEventEnrollmentResponse, ConditionClass, ConditionReference, ConditionState,
    DefineEventConditionRequest, DefineEventEnrollmentRequest, DeleteEventConditionRequest,
    DeleteEventEnrollmentRequest, EnrollmentDuration, EnrollmentState,
    EventConditionAttributesRequest, EventConditionAttributesResponse, EventConditionStatusRequest,
    EventConditionStatusResponse, EventEnrollmentAttributesRequest, EventEnrollmentStatusRequest,
    EventEnrollmentStatusResponse, EventNotification, EventTime, ExecutionArgument, KillRequest,
    ProgramAttributesRequest, ResetRequest, ResumeRequest, StartRequest, StopRequest, Transitions,
    TriggerEventRequest, write_confirmed_request, write_confirmed_response, write_unconfirmed,
};

/// The program, the event condition and the enrolment that are asked for.
pub(crate) const PROGRAM: &str = "CALC";
pub(crate) const CONDITION: &str = "TRIP";
const ENROLLMENT: ObjectName<'static> = ObjectName::Domain {
    domain: "ICC1",
    item: "E",
};

fn request(id: u32, service: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut pdu = vec![];
    write_confirmed_request(&mut Writer::unbounded(&mut pdu), id, service);
    pdu
}

fn response(service: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut pdu = vec![];
    write_confirmed_response(&mut Writer::unbounded(&mut pdu), 1, service);
    pdu
}

/// From an enrolment to its end, and a program from its start to its end.
pub(crate) fn requests() -> Vec<Vec<u8>> {
    let name = PROGRAM;
    let condition = ObjectName::Vmd(CONDITION);
    let argument = Some(ExecutionArgument::Simple("fast"));
    vec![
        request(1, |w| ProgramAttributesRequest { name }.encode(w)),
        request(2, |w| StartRequest { name, argument }.encode(w)),
        request(3, |w| StopRequest { name }.encode(w)),
        request(4, |w| {
            ResumeRequest {
                name,
                argument: None,
            }
            .encode(w)
        }),
        request(5, |w| ResetRequest { name }.encode(w)),
        request(6, |w| KillRequest { name }.encode(w)),
        request(7, |w| {
            EventConditionAttributesRequest { name: condition }.encode(w);
        }),
        request(8, |w| {
            EventConditionStatusRequest { name: condition }.encode(w);
        }),
        request(9, |w| {
            DefineEventEnrollmentRequest {
                name: ENROLLMENT,
                condition,
                transitions: Transitions::ALL,
                ack_rule: AlarmAckRule::AckActive,
                action: None,
                client: None,
            }
            .encode(w);
        }),
        request(10, |w| {
            AlterEventConditionRequest {
                name: condition,
                enabled: Some(true),
                priority: Some(10),
                alarm_summary_reports: None,
                evaluation_interval: None,
            }
            .encode(w);
        }),
        request(11, |w| {
            TriggerEventRequest {
                name: ObjectName::Vmd("HORN"),
                priority: None,
            }
            .encode(w);
        }),
        request(12, |w| {
            EventEnrollmentAttributesRequest {
                scope: 1,
                names: None,
                client: None,
                condition: Some(condition),
                action: None,
                continue_after: None,
            }
            .encode(w);
        }),
        request(13, |w| {
            EventEnrollmentStatusRequest { name: ENROLLMENT }.encode(w);
        }),
        request(14, |w| {
            AlterEventEnrollmentRequest {
                name: ENROLLMENT,
                transitions: Some(Transitions::ALL),
                ack_rule: Some(AlarmAckRule::AckAll),
            }
            .encode(w);
        }),
        request(15, |w| {
            AcknowledgeEventRequest {
                enrollment: ENROLLMENT,
                state: ConditionState::Active,
                time: EventTime::Sequence(1),
            }
            .encode(w);
        }),
        request(16, |w| {
            DeleteEventEnrollmentRequest::Condition(condition).encode(w)
        }),
        request(17, |w| {
            DefineEventConditionRequest {
                name: condition,
                class: ConditionClass::Monitored,
                priority: 1,
                severity: 2,
                alarm_summary_reports: None,
                monitored_variable: None,
                evaluation_interval: Some(5),
            }
            .encode(w);
        }),
        request(18, |w| DeleteEventConditionRequest::Vmd.encode(w)),
    ]
}

/// Some of the answers.
pub(crate) fn responses() -> Vec<Vec<u8>> {
    let time = EventTime::Sequence(7);
    vec![
        response(|w| {
            EventConditionAttributesResponse {
                deletable: false,
                class: ConditionClass::Monitored,
                priority: 1,
                severity: 2,
                alarm_summary_reports: true,
                monitored_variable: None,
                evaluation_interval: Some(5),
            }
            .encode(w);
        }),
        response(|w| {
            EventConditionStatusResponse {
                state: ConditionState::Idle,
                enrollments: 3,
                enabled: Some(true),
                last_to_active: Some(time),
                last_to_idle: Some(EventTime::Undefined),
            }
            .encode(w);
        }),
        response(|w| {
            EventEnrollmentStatusResponse {
                transitions: Transitions::ALL,
                notification_lost: false,
                duration: EnrollmentDuration::Current,
                ack_rule: Some(AlarmAckRule::AckAll),
                state: EnrollmentState::ActiveNoAckA,
            }
            .encode(w);
        }),
        response(|w| {
            AlterEventEnrollmentResponse {
                state: Some(EnrollmentState::Idle),
                transition_time: time,
            }
            .encode(w);
        }),
    ]
}

/// Notifications, with the name of the condition in both forms.
pub(crate) fn notifications() -> Vec<Vec<u8>> {
    let name = ObjectName::Vmd(CONDITION);
    let forms = [
        ConditionReference::Name(name),
        ConditionReference::Bare(name),
        ConditionReference::Undefined,
    ];
    forms
        .map(|condition| {
            let mut pdu = vec![];
            let notification = EventNotification {
                enrollment: ENROLLMENT,
                condition,
                severity: 3,
                state: Some(ConditionState::Active),
                time: EventTime::Sequence(9),
                notification_lost: false,
                ack_rule: Some(AlarmAckRule::AckActive),
                action_result: None,
            };
            write_unconfirmed(&mut Writer::unbounded(&mut pdu), |w| notification.encode(w));
            pdu
        })
        .into()
}
