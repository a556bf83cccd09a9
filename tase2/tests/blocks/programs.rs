//! Block 6: programs.

use crate::bench;
use crate::support::{Bench, TITLE, table};
use mms::pdu::{ObjectClass, ObjectScope, Service};
use mms::{RejectReason, ServiceError};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::Client;
use tase2::model::{Model, Program};
use tase2::program::{ProgramAction, ProgramArgument, ProgramRefusal, ProgramState};
use tase2::types::Features;
use tase2::{Error, Event};
use tokio::sync::Notify;
use tokio::time::sleep;

fn may_run() -> BilateralTable {
    let mut table = table();
    table.rules = vec![
        Rule::new("LOAD_FLOW", Rights::EXECUTE),
        Rule::new("ONCE", Rights::EXECUTE),
        Rule::new("SHOWN", Rights::READ),
    ];
    table
}

fn with(table: BilateralTable) -> Bench {
    let mut model = Model::new();
    let mut flow = Program::new("LOAD_FLOW");
    flow.domains = vec!["GRID".into()];
    flow.timeout = Duration::from_secs(5);
    let mut once = Program::new("ONCE");
    once.reusable = false;
    for program in [
        flow,
        once,
        Program::new("SHOWN"),
        Program::new("SECRET_ONE"),
    ] {
        model.add_program(program).unwrap();
    }
    bench(model, vec![table])
}

fn refused(result: Result<(), Error>) -> ServiceError {
    match result {
        Err(Error::Mms(error)) => error.service_error().expect("a service error"),
        other => panic!("{other:?}"),
    }
}

async fn state(client: &Client, program: &str) -> ProgramState {
    client.program(program).await.unwrap().state
}

#[tokio::test(start_paused = true)]
async fn block_6_start_stop_resume_reset_kill_attributes() {
    let bench = with(may_run());
    let client = bench.client().await;
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2, 6]));
    assert_eq!(
        client.programs().await.unwrap(),
        ["LOAD_FLOW", "ONCE", "SHOWN"]
    );
    let attributes = client.program("LOAD_FLOW").await.unwrap();
    assert_eq!(
        (attributes.state, attributes.reusable),
        (ProgramState::Idle, true)
    );
    assert_eq!(
        (attributes.domains, attributes.deletable),
        (vec!["GRID".to_owned()], false)
    );
    let services = &client.mms().negotiated().peer_services;
    assert!(services.has(Service::Start) && services.has(Service::Kill));
    assert!(!services.has(Service::CreateProgramInvocation));

    client
        .start_program("LOAD_FLOW", Some("fast"))
        .await
        .unwrap();
    let attributes = client.program("LOAD_FLOW").await.unwrap();
    assert_eq!(attributes.state, ProgramState::Running);
    assert_eq!(attributes.start_argument.as_deref(), Some("fast"));
    client.stop_program("LOAD_FLOW").await.unwrap();
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Stopped);
    client.resume_program("LOAD_FLOW", None).await.unwrap();
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Running);
    client.stop_program("LOAD_FLOW").await.unwrap();
    client.reset_program("LOAD_FLOW").await.unwrap();
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Idle);
    client.kill_program("LOAD_FLOW").await.unwrap();
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Unrunnable);
    // What is not reusable is unrunnable after a reset.
    client.start_program("ONCE", None).await.unwrap();
    client.stop_program("ONCE").await.unwrap();
    client.reset_program("ONCE").await.unwrap();
    assert_eq!(state(&client, "ONCE").await, ProgramState::Unrunnable);
}

#[tokio::test(start_paused = true)]
async fn s_block_6_wrong_state_with_the_state_in_the_error() {
    let bench = with(may_run());
    let client = bench.client().await;
    let conflict = ServiceError::OBJECT_STATE_CONFLICT;
    assert_eq!(refused(client.stop_program("LOAD_FLOW").await), conflict);
    assert_eq!(
        refused(client.resume_program("LOAD_FLOW", None).await),
        conflict
    );
    assert_eq!(refused(client.reset_program("LOAD_FLOW").await), conflict);
    client.start_program("LOAD_FLOW", None).await.unwrap();
    assert_eq!(
        refused(client.start_program("LOAD_FLOW", None).await),
        conflict
    );
    assert_eq!(refused(client.reset_program("LOAD_FLOW").await), conflict);
    // Octet by octet: service / object-state-conflict, and the state 3 (running) as what start adds to it.
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let start = mms_request(
        0x31,
        &[
            0xbf, 0x28, 0x0b, 0x80, 9, b'L', b'O', b'A', b'D', b'_', b'F', b'L', b'O', b'W',
        ],
    );
    let (near, far) = tokio::io::duplex(1 << 16);
    bench.endpoint.serve(far, None);
    let mut near = near;
    let mut association = Open::new(TITLE);
    near.write_all(&association.out).await.unwrap();
    let mut octets = [0; 4096];
    while !association.is_open() {
        let read = near.read(&mut octets).await.unwrap();
        let answer = association.take(&octets[..read]);
        near.write_all(&answer).await.unwrap();
    }
    let sent = association.send(&start);
    near.write_all(&sent).await.unwrap();
    let read = near.read(&mut octets).await.unwrap();
    let ending = [0xa0, 3, 0x84, 1, 2, 0xa3, 3, 0x81, 1, 3];
    let answer = &octets[..read];
    assert!(answer.ends_with(&ending), "{answer:02x?}");
}

fn mms_request(id: u8, service: &[u8]) -> Vec<u8> {
    let mut pdu = vec![0xa0, (3 + service.len()) as u8, 2, 1, id];
    pdu.extend_from_slice(service);
    pdu
}

/// A caller that drives the protocol itself, so that octets can be seen.
struct Open {
    association: mms::association::Association,
    out: Vec<u8>,
}

struct Nobody;

impl mms::association::Handler for Nobody {}

impl Open {
    fn new(title: &str) -> Self {
        let mut config = mms::association::Config::default();
        config.local.ap_title = Some(mms::osi::acse::ApTitle::Identifier(title.parse().unwrap()));
        let mut out = Vec::new();
        let now = tokio::time::Instant::now().into_std();
        let association = mms::association::Association::calling(
            Arc::new(config),
            mms::association::CallParameters::default(),
            now,
            &mut out,
        );
        Open { association, out }
    }

    fn is_open(&self) -> bool {
        self.association.is_open()
    }

    fn take(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let now = tokio::time::Instant::now().into_std();
        self.association
            .handle_input(now, octets, &mut out, &mut Nobody);
        out
    }

    fn send(&mut self, pdu: &[u8]) -> Vec<u8> {
        // Session data and presentation context 3 around it, in one TPDU.
        let mut p = vec![
            0x61,
            (pdu.len() + 7) as u8,
            0x30,
            (pdu.len() + 5) as u8,
            2,
            1,
            3,
            0xa0,
            pdu.len() as u8,
        ];
        p.extend_from_slice(pdu);
        let mut s = vec![1, 0, 1, 0];
        s.extend_from_slice(&p);
        let mut out = vec![3, 0, 0, (s.len() + 7) as u8, 2, 0xf0, 0x80];
        out.extend_from_slice(&s);
        out
    }
}

#[tokio::test(start_paused = true)]
async fn s_block_6_hidden_and_denied() {
    let bench = with(may_run());
    let client = bench.client().await;
    let (absent, denied) = (
        ServiceError::OBJECT_NON_EXISTENT,
        ServiceError::OBJECT_ACCESS_DENIED,
    );
    assert_eq!(
        refused(client.start_program("SECRET_ONE", None).await),
        absent
    );
    assert_eq!(refused(client.start_program("NOTHING", None).await), absent);
    assert_eq!(refused(client.start_program("SHOWN", None).await), denied);
    assert_eq!(state(&client, "SHOWN").await, ProgramState::Idle);
    let hidden = client.program("SECRET_ONE").await.unwrap_err();
    assert!(matches!(hidden, Error::Mms(error) if error.service_error() == Some(absent)));
    // Programs are of the VMD.
    let names = client
        .mms()
        .name_list(ObjectClass::ProgramInvocation, ObjectScope::Domain("ICC1"));
    assert!(names.await.unwrap().is_empty());
    // No rights, no block.
    let mut nothing = table();
    nothing.rules.clear();
    bench.endpoint.reload(vec![nothing]).unwrap();
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2]));
    assert!(client.programs().await.unwrap().is_empty());
    assert_eq!(
        refused(client.start_program("LOAD_FLOW", None).await),
        absent
    );
}

#[tokio::test(start_paused = true)]
async fn a_control_centre_without_programs_does_not_know_the_service() {
    let bench = Bench::new();
    let client = bench.client().await;
    let error = client.start_program("LOAD_FLOW", None).await.unwrap_err();
    let Error::Mms(mms::client::ClientError::Reject { reason, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(reason, RejectReason::UNRECOGNIZED_SERVICE);
}

#[tokio::test(start_paused = true)]
async fn handlers_know_who_wants_what_and_may_refuse() {
    let bench = with(may_run());
    let asked = Arc::<Mutex<Vec<(String, ProgramAction)>>>::default();
    let noted = asked.clone();
    assert!(bench.vcc.on_program("LOAD_FLOW", move |request| {
        let mut asked = noted.lock().unwrap();
        asked.push((request.peer.clone(), request.action.clone()));
        match &request.action {
            ProgramAction::Start(None) => Err(ProgramRefusal::new("no case")),
            ProgramAction::Stop => {
                Err(ProgramRefusal::unrunnable("it crashed")
                    .with_error(ServiceError::VMD_STATE_OTHER))
            }
            _ => Ok(()),
        }
    }));
    assert!(!bench.vcc.on_program("NOTHING", |_| Ok(())));
    let mut events = bench.vcc.events();
    let client = bench.client().await;
    let unavailable = ServiceError::CAPABILITY_UNAVAILABLE;
    assert_eq!(
        refused(client.start_program("LOAD_FLOW", None).await),
        unavailable
    );
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Idle);
    client
        .start_program("LOAD_FLOW", Some("case 7"))
        .await
        .unwrap();
    assert_eq!(
        refused(client.stop_program("LOAD_FLOW").await),
        ServiceError::VMD_STATE_OTHER
    );
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Unrunnable);
    let argument = Some(ProgramArgument::Text("case 7".into()));
    let expected = [
        ProgramAction::Start(None),
        ProgramAction::Start(argument),
        ProgramAction::Stop,
    ];
    let expected = expected.map(|action| ("EAST".to_owned(), action));
    assert_eq!(*asked.lock().unwrap(), expected);
    let mut told = vec![];
    while let Ok(event) = events.try_recv() {
        if let Event::Program(event) = event {
            told.push(event.to_string());
        }
    }
    assert_eq!(
        told,
        [
            "program LOAD_FLOW: EAST wants it to start: refused, no case",
            "program LOAD_FLOW: EAST wants it to start: running",
            "program LOAD_FLOW: EAST wants it to stop: refused, it crashed",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_delays_nobody_and_is_given_up_in_time() {
    let bench = with(may_run());
    let go = Arc::new(Notify::new());
    let wait = go.clone();
    bench.vcc.on_program_async("LOAD_FLOW", move |_| {
        let wait = wait.clone();
        async move {
            wait.notified().await;
            Ok(())
        }
    });
    let client = bench.client().await;
    let other = client.clone();
    let starting = tokio::spawn(async move { other.start_program("LOAD_FLOW", None).await });
    sleep(Duration::from_millis(10)).await;
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Starting);
    assert_eq!(
        refused(client.stop_program("LOAD_FLOW").await),
        ServiceError::OBJECT_STATE_CONFLICT
    );
    go.notify_one();
    starting.await.unwrap().unwrap();
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Running);
    // Nobody lets this one go on.
    let timeout = ServiceError::SERVICE_PREEMPT_TIMEOUT;
    assert_eq!(refused(client.stop_program("LOAD_FLOW").await), timeout);
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Running);
}

#[tokio::test(start_paused = true)]
async fn killed_while_it_is_being_started() {
    let bench = with(may_run());
    bench
        .vcc
        .on_program_async("LOAD_FLOW", |request| async move {
            if request.action != ProgramAction::Kill {
                sleep(Duration::from_secs(2)).await;
            }
            Ok(())
        });
    let client = bench.client().await;
    let other = client.clone();
    let starting = tokio::spawn(async move { other.start_program("LOAD_FLOW", None).await });
    sleep(Duration::from_millis(10)).await;
    client.kill_program("LOAD_FLOW").await.unwrap();
    assert_eq!(
        refused(starting.await.unwrap()),
        ServiceError::SERVICE_PREEMPT_OTHER
    );
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Unrunnable);
}

#[tokio::test(start_paused = true)]
async fn a_program_ends_by_itself_and_its_peer_may_be_gone() {
    let bench = with(may_run());
    bench.vcc.on_program_async("LOAD_FLOW", |_| async {
        sleep(Duration::from_secs(1)).await;
        Ok(())
    });
    let client = bench.client().await;
    let starting = tokio::spawn(async move { client.start_program("LOAD_FLOW", None).await });
    sleep(Duration::from_millis(10)).await;
    starting.abort();
    let _ = starting.await;
    sleep(Duration::from_secs(2)).await;
    // What was begun was done.
    assert_eq!(
        bench.vcc.program_state("LOAD_FLOW"),
        Some(ProgramState::Running)
    );
    assert!(bench.vcc.set_program_state("LOAD_FLOW", ProgramState::Idle));
    let client = bench.client().await;
    assert_eq!(state(&client, "LOAD_FLOW").await, ProgramState::Idle);
    assert_eq!(bench.vcc.program_state("NOTHING"), None);
}
