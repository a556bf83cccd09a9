//! Program invocations, event conditions and event enrolments: what the client asks is what a session hears, and its answer what the
//! client gets.

use mms::association::{Answered, Handler, Reply};
use mms::client::{Client, ClientError, ClientOptions};
use mms::net::{Remote, Session};
use mms::pdu::*;
use mms::{BinaryTime, ObjectName, OwnedObjectName, ServiceError};
use std::sync::{Arc, Mutex};
use tokio::io::duplex;
use tokio::sync::mpsc;

/// Answers everything, and remembers what it was asked.
#[derive(Clone, Default)]
struct Device {
    asked: Arc<Mutex<Vec<String>>>,
}

const CONDITION: ObjectName<'_> = ObjectName::Domain {
    domain: "D",
    item: "TRIP",
};
const TIME: EventTime = EventTime::TimeOfDay(BinaryTime {
    ms: 5,
    days: Some(9),
});

/// Event enrolments of one answer: the third is the last.
fn enrollments(reply: Reply<'_>, request: &EventEnrollmentAttributesRequest<'_>) -> Answered {
    let first = request.continue_after.is_none();
    let names: &[&str] = if first { &["E1", "E2"] } else { &["E3"] };
    reply.respond(|w| {
        let mut response = EventEnrollmentsWriter::begin(w);
        for name in names {
            let written = response.push(
                w,
                &EventEnrollment {
                    name: ObjectName::Association(name),
                    condition: ConditionReference::Name(CONDITION),
                    action: None,
                    client: None,
                    deletable: true,
                    class: EnrollmentClass::Notification,
                    duration: EnrollmentDuration::Current,
                    invoke_id: None,
                    remaining_delay: None,
                },
            );
            assert!(written);
        }
        response.end(w, first);
    })
}

impl Handler for Device {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        use RequestService as S;
        let asked = format!("{:?}", request.service);
        self.asked.lock().unwrap().push(asked);
        match request.service {
            S::Start(StartRequest { name: "BUSY", .. }) => {
                let running = FailedProgram::Start(ProgramState::Running);
                let error = ServiceError::OBJECT_STATE_CONFLICT;
                reply.error(Failure::of_program(error, running))
            }
            S::Start(StartRequest { name: "ODD", .. }) => reply.respond(|w| StopResponse.encode(w)),
            S::Start(_) => reply.respond(|w| StartResponse.encode(w)),
            S::Stop(_) => reply.respond(|w| StopResponse.encode(w)),
            S::Resume(_) => reply.respond(|w| ResumeResponse.encode(w)),
            S::Reset(_) => reply.respond(|w| ResetResponse.encode(w)),
            S::Kill(_) => reply.respond(|w| KillResponse.encode(w)),
            S::GetProgramInvocationAttributes(_) => reply.respond(|w| {
                ProgramAttributesResponse {
                    state: ProgramState::Stopped,
                    domains: List::default(),
                    deletable: false,
                    reusable: true,
                    monitor: false,
                    start_argument: Some("fast"),
                }
                .encode(w);
            }),
            S::GetEventConditionAttributes(_) => reply.respond(|w| {
                EventConditionAttributesResponse {
                    deletable: false,
                    class: ConditionClass::Monitored,
                    priority: NORMAL_PRIORITY,
                    severity: 3,
                    alarm_summary_reports: false,
                    monitored_variable: Some(MonitoredVariable::Variable(CONDITION.into())),
                    evaluation_interval: None,
                }
                .encode(w);
            }),
            S::ReportEventConditionStatus(_) => reply.respond(|w| {
                EventConditionStatusResponse {
                    state: ConditionState::Active,
                    enrollments: 2,
                    enabled: Some(true),
                    last_to_active: Some(TIME),
                    last_to_idle: None,
                }
                .encode(w);
            }),
            S::AlterEventConditionMonitoring(_) => {
                reply.respond(|w| AlterEventConditionResponse.encode(w))
            }
            S::TriggerEvent(_) => reply.respond(|w| TriggerEventResponse.encode(w)),
            S::DefineEventEnrollment(_) => {
                reply.respond(|w| DefineEventEnrollmentResponse.encode(w))
            }
            S::DeleteEventEnrollment(_) => {
                reply.respond(|w| DeleteEventEnrollmentResponse { not_deleted: 1 }.encode(w))
            }
            S::AlterEventEnrollment(_) => reply.respond(|w| {
                AlterEventEnrollmentResponse {
                    state: Some(EnrollmentState::ActiveNoAckA),
                    transition_time: TIME,
                }
                .encode(w);
            }),
            S::ReportEventEnrollmentStatus(_) => reply.respond(|w| {
                EventEnrollmentStatusResponse {
                    transitions: Transitions::IDLE_TO_ACTIVE,
                    notification_lost: true,
                    duration: EnrollmentDuration::Current,
                    ack_rule: Some(AlarmAckRule::AckActive),
                    state: EnrollmentState::ActiveNoAckA,
                }
                .encode(w);
            }),
            S::GetEventEnrollmentAttributes(request) => enrollments(reply, &request),
            S::AcknowledgeEventNotification(_) => {
                reply.respond(|w| AcknowledgeEventResponse.encode(w))
            }
            _ => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }
}

impl Session for Device {}

async fn connect(device: &Device) -> (Client, Remote) {
    let (near, far) = duplex(8192);
    let remote = Remote::new();
    let connection = mms::server::connection(far, Arc::default(), device.clone(), remote.clone());
    tokio::spawn(connection.run());
    let client = Client::over(near, ClientOptions::default()).await.unwrap();
    (client, remote)
}

#[tokio::test(start_paused = true)]
async fn program_invocations() {
    let device = Device::default();
    let (client, _) = connect(&device).await;
    client.start_program("P", Some("fast")).await.unwrap();
    client.start_program("P", None).await.unwrap();
    client.stop_program("P").await.unwrap();
    client.resume_program("P", Some("slow")).await.unwrap();
    client.reset_program("P").await.unwrap();
    client.kill_program("P").await.unwrap();
    let asked = std::mem::take(&mut *device.asked.lock().unwrap());
    assert!(asked[0].contains("Simple(\"fast\")") && asked[1].contains("argument: None"));
    assert!(asked[3].starts_with("Resume") && asked[5].starts_with("Kill"));
    let attributes = client.get_program_invocation_attributes("P").await.unwrap();
    assert_eq!(attributes.state, ProgramState::Stopped);
    assert_eq!(attributes.start_argument.as_deref(), Some("fast"));
    let busy = client.start_program("BUSY", None).await.unwrap_err();
    assert_eq!(
        busy.service_error(),
        Some(ServiceError::OBJECT_STATE_CONFLICT)
    );
    // The answer to another service is none.
    let odd = client.start_program("ODD", None).await.unwrap_err();
    assert!(matches!(odd, ClientError::Unexpected { .. }), "{odd}");
}

#[tokio::test(start_paused = true)]
async fn conditions_and_enrollments() {
    let device = Device::default();
    let (client, _) = connect(&device).await;
    let attributes = client
        .get_event_condition_attributes(CONDITION)
        .await
        .unwrap();
    assert_eq!(
        (attributes.severity, attributes.class),
        (3, ConditionClass::Monitored)
    );
    assert_eq!(attributes.monitored_variable, Some(CONDITION.to_owned()));
    let status = client
        .report_event_condition_status(CONDITION)
        .await
        .unwrap();
    assert_eq!(
        (status.state, status.last_to_active),
        (ConditionState::Active, Some(TIME))
    );
    let alter = AlterEventConditionRequest {
        name: CONDITION,
        enabled: Some(false),
        priority: None,
        alarm_summary_reports: None,
        evaluation_interval: None,
    };
    client
        .alter_event_condition_monitoring(alter)
        .await
        .unwrap();
    client.trigger_event(CONDITION, Some(1)).await.unwrap();
    let name = ObjectName::Association("E1");
    let (all, rule) = (Transitions::ALL, AlarmAckRule::AckActive);
    client
        .define_event_enrollment(name, CONDITION, all, rule)
        .await
        .unwrap();
    let altered = client
        .alter_event_enrollment(name, None, Some(rule))
        .await
        .unwrap();
    assert_eq!(altered.state, Some(EnrollmentState::ActiveNoAckA));
    let status = client.report_event_enrollment_status(name).await.unwrap();
    assert!(status.notification_lost);
    client
        .acknowledge_event_notification(name, ConditionState::Active, TIME)
        .await
        .unwrap();
    let asked = device.asked.lock().unwrap().last().cloned().unwrap();
    assert!(asked.starts_with("AcknowledgeEventNotification"), "{asked}");
    assert_eq!(
        client
            .delete_event_enrollments(&[name, name])
            .await
            .unwrap(),
        1
    );
    // A list that takes two answers.
    let names: Vec<_> = client
        .get_event_enrollment_attributes()
        .await
        .unwrap()
        .into_iter()
        .map(|enrollment| enrollment.name)
        .collect();
    let expected = ["E1", "E2", "E3"].map(|n| OwnedObjectName::Association(n.into()));
    assert_eq!(names, expected);
}

#[tokio::test(start_paused = true)]
async fn notifications_come_unasked() {
    let device = Device::default();
    let (client, remote) = connect(&device).await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let subscription = client.on_event_notification(move |event| {
        let condition = event.condition.name().map(|name| name.to_owned());
        sender.send((condition, event.state, event.time)).unwrap();
    });
    let mut service = vec![];
    EventNotification {
        enrollment: ObjectName::Association("E1"),
        condition: ConditionReference::Name(CONDITION),
        severity: 1,
        state: Some(ConditionState::Active),
        time: TIME,
        notification_lost: false,
        ack_rule: None,
        action_result: None,
    }
    .encode(&mut mms::ber::Writer::unbounded(&mut service));
    remote.unconfirmed(service.clone(), 1 << 16).unwrap();
    let event = received.recv().await.unwrap();
    assert_eq!(
        event,
        (
            Some(CONDITION.to_owned()),
            Some(ConditionState::Active),
            TIME
        )
    );
    // Nobody listens any more: that is no fault of the peer, and no reject ends up anywhere.
    drop(subscription);
    remote.unconfirmed(service, 1 << 16).unwrap();
    client.start_program("P", None).await.unwrap();
    assert!(received.try_recv().is_err());
}
