//! Block 7: event conditions, enrolments, notifications, acknowledgements.

use crate::support::{Bench, DOMAIN, model, name, table};
use crate::{bench, client_of_hand};
use mms::ber::Writer;
use mms::pdu::{
    ConditionReference, DefineEventEnrollmentResponse, EventNotification, ObjectScope,
    RequestService,
};
use mms::{ObjectName, OwnedObjectName, ServiceError};
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::EnrollmentSpec;
use tase2::condition::{
    AlarmAckRule, ConditionClass, ConditionEvent, ConditionState, EnrollmentState, EventTime,
    PredefinedEnrollment, Transitions, Trigger,
};
use tase2::model::EventCondition;
use tase2::types::{Features, PointValue, TimeStamp};
use tase2::{Error, Event, Name};
use tokio::time::timeout;

fn may_enroll() -> BilateralTable {
    let mut table = table();
    table.rules.extend([
        Rule::new("TRIP", Rights::ENROLL),
        Rule::new("ICC1/OVERLOAD", Rights::ENROLL | Rights::WRITE),
        Rule::new("HORN", Rights::ENROLL | Rights::WRITE),
        Rule::new("SHOWN", Rights::READ),
    ]);
    table
}

fn with(table: BilateralTable) -> Bench {
    let mut model = model();
    let mut trip = EventCondition::new(Name::vcc("TRIP"));
    trip.severity = 3;
    let mut horn = EventCondition::new(Name::vcc("HORN"));
    horn.class = ConditionClass::NetworkTriggered;
    let overload = EventCondition::new(Name::icc(DOMAIN, "OVERLOAD"))
        .watching(Name::icc(DOMAIN, "MW1"), Trigger::Above(100.0));
    let others = ["SHOWN", "SECRET_ONE"].map(|name| EventCondition::new(Name::vcc(name)));
    for condition in [trip, horn, overload].into_iter().chain(others) {
        model.add_condition(condition).unwrap();
    }
    bench(model, vec![table])
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> ServiceError {
    match result {
        Err(Error::Mms(error)) => error.service_error().expect("a service error"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn block_7_create_attributes_notification_delete() {
    let bench = with(may_enroll());
    let client = bench.client().await;
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2, 7]));
    let names = client.conditions(None).await.unwrap();
    assert_eq!(names, ["HORN", "SHOWN", "TRIP"].map(Name::vcc));
    assert_eq!(
        client.conditions(Some(DOMAIN)).await.unwrap(),
        [name("ICC1/OVERLOAD")]
    );
    let trip = Name::vcc("TRIP");
    let attributes = client.condition(&trip).await.unwrap();
    assert_eq!(
        (attributes.severity, attributes.class),
        (3, ConditionClass::Monitored)
    );
    let mut enrolled = client
        .enroll(&EnrollmentSpec::new(trip.clone()))
        .await
        .unwrap();
    let status = client.condition_status(&trip).await.unwrap();
    assert_eq!(
        (status.state, status.enrollments),
        (ConditionState::Idle, 1)
    );
    let own = client
        .mms()
        .get_event_enrollment_attributes()
        .await
        .unwrap();
    assert_eq!(own.len(), 1);
    assert_eq!(
        (Some(&own[0].name), own[0].deletable),
        (enrolled.name(), true)
    );
    assert_eq!(own[0].condition, Some(OwnedObjectName::Vmd("TRIP".into())));

    assert_eq!(bench.vcc.set_condition(&trip, true), Some(1));
    let told = enrolled.next().await.unwrap();
    assert_eq!(
        (told.severity, told.state, told.lost),
        (3, Some(ConditionState::Active), false)
    );
    assert_eq!(
        told.time_stamp(),
        Some(TimeStamp::from_seconds(crate::support::EPOCH))
    );
    assert!(!told.is_to_be_acknowledged());
    // What is no transition is not told.
    assert_eq!(bench.vcc.set_condition(&trip, true), Some(0));
    bench.vcc.set_condition(&trip, false).unwrap();
    assert_eq!(
        enrolled.next().await.unwrap().state,
        Some(ConditionState::Idle)
    );
    let name = enrolled.name().cloned().unwrap();
    enrolled.end().await.unwrap();
    assert_eq!(bench.vcc.set_condition(&trip, true), Some(0));
    let gone = client
        .mms()
        .report_event_enrollment_status(name.as_ref())
        .await
        .unwrap_err();
    assert_eq!(
        gone.service_error(),
        Some(ServiceError::OBJECT_NON_EXISTENT)
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_7_hidden_and_denied() {
    let bench = with(may_enroll());
    let client = bench.client().await;
    let (absent, denied) = (
        ServiceError::OBJECT_NON_EXISTENT,
        ServiceError::OBJECT_ACCESS_DENIED,
    );
    for (condition, error) in [
        ("SECRET_ONE", absent),
        ("NOTHING", absent),
        ("SHOWN", denied),
        ("ICC2/X", absent),
    ] {
        let spec = EnrollmentSpec::new(condition.parse().unwrap());
        assert_eq!(refused(client.enroll(&spec).await), error, "{condition}");
    }
    // Enrolments of clients are theirs: not of the VMD, not of another domain.
    for name in [
        OwnedObjectName::Vmd("E".into()),
        OwnedObjectName::domain("ICC2", "E"),
    ] {
        let mut spec = EnrollmentSpec::new(Name::vcc("TRIP"));
        spec.name = Some(name);
        assert_eq!(refused(client.enroll(&spec).await), denied);
    }
    let mut spec = EnrollmentSpec::new(Name::vcc("TRIP"));
    spec.transitions = Transitions::none();
    let odd = ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT;
    assert_eq!(refused(client.enroll(&spec).await), odd);
    let mut spec = EnrollmentSpec::new(Name::vcc("TRIP"));
    spec.name = Some(OwnedObjectName::domain(DOMAIN, "E"));
    let enrolled = client.enroll(&spec).await.unwrap();
    assert_eq!(
        refused(client.enroll(&spec).await),
        ServiceError::OBJECT_EXISTS
    );
    let names = client
        .mms()
        .event_enrollment_names(ObjectScope::Domain(DOMAIN))
        .await;
    assert_eq!(names.unwrap(), ["E"]);
    enrolled.end().await.unwrap();
    // A point the peer may not read is not named.
    let watched = client
        .condition(&name("ICC1/OVERLOAD"))
        .await
        .unwrap()
        .monitored_variable;
    assert_eq!(watched, Some(OwnedObjectName::domain(DOMAIN, "MW1")));
    let mut less = may_enroll();
    less.rules
        .retain(|rule| rule.objects.to_string() != "ICC1/*");
    bench.endpoint.reload(vec![less]).unwrap();
    let watched = client
        .condition(&name("ICC1/OVERLOAD"))
        .await
        .unwrap()
        .monitored_variable;
    assert_eq!(watched, None);
}

#[tokio::test(start_paused = true)]
async fn s_block_7_a_watched_point_makes_the_event() {
    let bench = with(may_enroll());
    let client = bench.client().await;
    let overload = name("ICC1/OVERLOAD");
    let mut spec = EnrollmentSpec::new(overload.clone());
    spec.transitions = Transitions::IDLE_TO_ACTIVE;
    let mut enrolled = client.enroll(&spec).await.unwrap();
    for value in [99.0, 101.0, 102.0, 50.0, 120.0] {
        bench.set("ICC1/MW1", PointValue::real(value));
    }
    for _ in 0..2 {
        assert_eq!(
            enrolled.next().await.unwrap().state,
            Some(ConditionState::Active)
        );
    }
    assert!(
        timeout(Duration::from_secs(1), enrolled.next())
            .await
            .is_err()
    );
    assert_eq!(
        bench.vcc.condition_state(&overload),
        Some(ConditionState::Active)
    );
    // The application has no say where a point is watched.
    assert_eq!(bench.vcc.set_condition(&overload, false), None);
    let status = client.condition_status(&overload).await.unwrap();
    assert!(status.last_to_active.is_some() && status.last_to_idle.is_some());
}

#[tokio::test(start_paused = true)]
async fn s_block_7_acknowledgement() {
    let bench = with(may_enroll());
    let client = bench.client().await;
    let trip = Name::vcc("TRIP");
    let spec = EnrollmentSpec::new(trip.clone()).with_ack_rule(AlarmAckRule::AckActive);
    let mut enrolled = client.enroll(&spec).await.unwrap();
    let mut events = bench.vcc.events();
    bench.vcc.set_condition(&trip, true).unwrap();
    let told = enrolled.next().await.unwrap();
    assert!(told.is_to_be_acknowledged());
    assert_eq!(
        enrolled.status().await.unwrap().state,
        EnrollmentState::ActiveNoAckA
    );
    let name = told.enrollment.as_ref();
    // Another moment, another state.
    let conflict = ServiceError::OBJECT_CONSTRAINT_CONFLICT;
    let other = client
        .acknowledge_event(name, ConditionState::Active, EventTime::Sequence(1))
        .await;
    assert_eq!(refused(other), conflict);
    let other = client
        .acknowledge_event(name, ConditionState::Idle, told.time)
        .await;
    assert_eq!(refused(other), conflict);
    bench.vcc.set_condition(&trip, false).unwrap();
    assert!(!enrolled.next().await.unwrap().is_to_be_acknowledged());
    assert_eq!(
        enrolled.status().await.unwrap().state,
        EnrollmentState::IdleNoAckA
    );
    client.acknowledge(&told).await.unwrap();
    assert_eq!(
        enrolled.status().await.unwrap().state,
        EnrollmentState::IdleAcked
    );
    assert_eq!(refused(client.acknowledge(&told).await), conflict);
    let unknown = client
        .acknowledge_event(
            ObjectName::Association("X"),
            ConditionState::Active,
            told.time,
        )
        .await;
    assert_eq!(refused(unknown), ServiceError::OBJECT_NON_EXISTENT);
    let mut acknowledged = 0;
    while let Ok(event) = events.try_recv() {
        acknowledged += usize::from(matches!(
            event,
            Event::Condition(ConditionEvent::Acknowledged { .. })
        ));
    }
    assert_eq!(acknowledged, 1);
    // Altered: from now on both are to be acknowledged.
    let altered = client
        .mms()
        .alter_event_enrollment(name, None, Some(AlarmAckRule::AckAll))
        .await
        .unwrap();
    assert_eq!(altered.state, Some(EnrollmentState::IdleAcked));
    bench.vcc.set_condition(&trip, true).unwrap();
    bench.vcc.set_condition(&trip, false).unwrap();
    enrolled.next().await.unwrap();
    assert!(enrolled.next().await.unwrap().is_to_be_acknowledged());
}

#[tokio::test(start_paused = true)]
async fn s_block_7_duration_current_and_permanent() {
    for permanent in [false, true] {
        let mut table = may_enroll();
        table.options.keep_enrollments = permanent;
        let bench = with(table);
        let mut events = bench.vcc.events();
        let client = bench.client().await;
        let trip = Name::vcc("TRIP");
        let mut spec = EnrollmentSpec::new(trip.clone());
        spec.name = Some(OwnedObjectName::domain(DOMAIN, "E"));
        let enrolled = client.enroll(&spec).await.unwrap();
        // The association ends without a word.
        client.mms().abort();
        client.closed().await;
        std::mem::forget(enrolled);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let told = bench.vcc.set_condition(&trip, true).unwrap();
        assert_eq!(told, usize::from(permanent));
        let client = bench.client().await;
        let mut notifications = client.notifications();
        bench.vcc.set_condition(&trip, false).unwrap();
        let mut lost = 0;
        while let Ok(event) = events.try_recv() {
            lost += usize::from(matches!(
                event,
                Event::Condition(ConditionEvent::Lost { .. })
            ));
        }
        assert_eq!(lost, told);
        if !permanent {
            assert!(
                timeout(Duration::from_secs(1), notifications.next())
                    .await
                    .is_err()
            );
            continue;
        }
        // The next one says that some were lost, and the one behind it does not.
        let next = notifications.next().await.unwrap();
        assert_eq!((next.state, next.lost), (Some(ConditionState::Idle), true));
        bench.vcc.set_condition(&trip, true).unwrap();
        assert!(!notifications.next().await.unwrap().lost);
    }
}

#[tokio::test(start_paused = true)]
async fn s_block_7_predefined_enrolments() {
    let mut table = may_enroll();
    let mut predefined = PredefinedEnrollment::new("ALARMS", Name::vcc("TRIP"));
    predefined.ack_rule = AlarmAckRule::AckActive;
    table.enrollments = vec![predefined];
    table.options.bare_condition_names = true;
    let bench = with(table.clone());
    let mut raw = bench.raw().await;
    bench.vcc.set_condition(&Name::vcc("TRIP"), true).unwrap();
    let octets = raw.report().await;
    // The form of 2003: enrolment ICC1/ALARMS, condition TRIP without a choice around it.
    let begin = b"\xa0\x10\xa1\x0e\x1a\x04ICC1\x1a\x06ALARMS\xa1\x06\x80\x04TRIP\x82\x01\x03\x83\x01\x02\xa4\x08\x80\x06";
    let place = octets
        .windows(begin.len())
        .position(|window| window == begin);
    assert!(place.is_some(), "{octets:02x?}");
    assert!(octets.ends_with(&[0x87, 1, 2]));
    let name = ObjectName::Domain {
        domain: DOMAIN,
        item: "ALARMS",
    };
    assert_eq!(raw.mms.delete_event_enrollments(&[name]).await.unwrap(), 1);
    let denied = raw
        .mms
        .alter_event_enrollment(name, Some(Transitions::ALL), None)
        .await
        .unwrap_err();
    assert_eq!(
        denied.service_error(),
        Some(ServiceError::OBJECT_ACCESS_DENIED)
    );
    // It goes with the table.
    table.enrollments.clear();
    bench.endpoint.reload(vec![table]).unwrap();
    assert_eq!(bench.vcc.set_condition(&Name::vcc("TRIP"), false), Some(0));
}

#[tokio::test(start_paused = true)]
async fn s_block_7_monitoring_and_triggering() {
    let bench = with(may_enroll());
    let client = bench.client().await;
    let (overload, horn, trip) = (name("ICC1/OVERLOAD"), Name::vcc("HORN"), Name::vcc("TRIP"));
    let mut spec = EnrollmentSpec::new(overload.clone());
    spec.transitions = Transitions::ALL;
    let mut enrolled = client.enroll(&spec).await.unwrap();
    bench.set("ICC1/MW1", PointValue::real(200.0));
    client.enable_condition(&overload, false).await.unwrap();
    client.enable_condition(&overload, true).await.unwrap();
    let mut states = vec![];
    for _ in 0..3 {
        states.push(enrolled.next().await.unwrap().state.unwrap());
    }
    // Switched on again it is what it is.
    assert_eq!(
        states,
        [
            ConditionState::Active,
            ConditionState::Disabled,
            ConditionState::Active
        ]
    );
    assert_eq!(
        refused(client.enable_condition(&trip, false).await),
        ServiceError::OBJECT_ACCESS_DENIED
    );
    let mut horns = client
        .enroll(&EnrollmentSpec::new(horn.clone()))
        .await
        .unwrap();
    client.trigger_event(&horn).await.unwrap();
    assert_eq!(horns.next().await.unwrap().state, None);
    let conflict = ServiceError::OBJECT_CONSTRAINT_CONFLICT;
    assert_eq!(refused(client.trigger_event(&overload).await), conflict);
    assert_eq!(bench.vcc.trigger_event(&horn), Some(1));
    assert!(horns.next().await.is_some());
    // Conditions are what the control centre has.
    let define = RequestService::DefineEventCondition(mms::pdu::DefineEventConditionRequest {
        name: ObjectName::Vmd("NEW"),
        class: ConditionClass::Monitored,
        priority: 1,
        severity: 1,
        alarm_summary_reports: None,
        monitored_variable: None,
        evaluation_interval: None,
    });
    let denied = client.mms().request(define, |_| Ok(())).await.unwrap_err();
    assert_eq!(
        denied.service_error(),
        Some(ServiceError::OBJECT_ACCESS_DENIED)
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_7_limits_and_withdrawn_rights() {
    let mut table = may_enroll();
    table.limits.enrollments = 2;
    let bench = with(table);
    let client = bench.client().await;
    let spec = EnrollmentSpec::new(Name::vcc("TRIP"));
    let mut first = client.enroll(&spec).await.unwrap();
    let second = client.enroll(&spec).await.unwrap();
    assert_eq!(
        refused(client.enroll(&spec).await),
        ServiceError::CAPABILITY_UNAVAILABLE
    );
    let names = client
        .mms()
        .event_enrollment_names(ObjectScope::Association)
        .await
        .unwrap();
    assert_eq!(names.len(), 2);
    second.end().await.unwrap();
    client.enroll(&spec).await.unwrap().end().await.unwrap();
    let mut less = may_enroll();
    less.rules.retain(|rule| rule.objects.to_string() != "TRIP");
    bench.endpoint.reload(vec![less]).unwrap();
    assert_eq!(bench.vcc.set_condition(&Name::vcc("TRIP"), true), Some(0));
    assert!(timeout(Duration::from_secs(1), first.next()).await.is_err());
    // The enrolments of another peer are not seen.
    let own = client
        .mms()
        .get_event_enrollment_attributes()
        .await
        .unwrap();
    assert_eq!(own.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn c_block_7_notifications_in_both_forms() {
    let (client, remote) = client_of_hand(
        crate::support::client_options(crate::support::TITLE),
        |request, reply| match request.service {
            RequestService::DefineEventEnrollment(_) => {
                reply.respond(|w| DefineEventEnrollmentResponse.encode(w))
            }
            _ => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        },
    )
    .await;
    let mut spec = EnrollmentSpec::new(Name::vcc("TRIP"));
    spec.name = Some(OwnedObjectName::domain(DOMAIN, "E"));
    let mut enrolled = client.enroll(&spec).await.unwrap();
    let trip = ObjectName::Vmd("TRIP");
    for (condition, seen) in [
        (ConditionReference::Name(trip), true),
        (ConditionReference::Bare(trip), true),
        (ConditionReference::Undefined, false),
    ] {
        let mut service = vec![];
        EventNotification {
            enrollment: ObjectName::Domain {
                domain: DOMAIN,
                item: "E",
            },
            condition,
            severity: 9,
            state: None,
            time: EventTime::Undefined,
            notification_lost: false,
            ack_rule: None,
            action_result: None,
        }
        .encode(&mut Writer::unbounded(&mut service));
        remote.unconfirmed(service, 1 << 16).unwrap();
        let told = enrolled.next().await.unwrap();
        assert_eq!((told.condition.is_some(), told.time_stamp()), (seen, None));
    }
    // The peer has forgotten it.
    assert!(matches!(enrolled.end().await, Err(Error::Mms(_))));
}
