//! What the application is asked and told.

use crate::bench::*;
use crate::support::*;
use mms::DataAccessError as E;
use std::sync::{Arc, Mutex};
use tase2::device::{DeviceAction, Refused};
use tase2::types::{ControlValue, State, Tag, TagValue, Value};

#[tokio::test(start_paused = true)]
async fn the_peer_is_at_hand() {
    let plant = Plant::new();
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    east.select_and_operate(&name("SPR"), None, ControlValue::Real(7.5))
        .await
        .unwrap();
    west.tag(&name("LTC"), Tag::CloseOnlyInhibit, "works")
        .await
        .unwrap();
    let done = plant.done.lock().unwrap();
    let [select, operate, tag] = &done[..] else {
        panic!("{done:?}");
    };
    assert_eq!(
        (&*select.peer, &select.action),
        ("EAST", &DeviceAction::Select)
    );
    assert_eq!(
        operate.action,
        DeviceAction::Operate(ControlValue::Real(7.5))
    );
    assert_eq!(select.association, operate.association);
    assert_eq!((&*tag.peer, tag.device.to_string()), ("WEST", "LTC".into()));
    let wanted = TagValue::new(Tag::CloseOnlyInhibit, "works");
    assert_eq!(tag.action, DeviceAction::Tag(wanted));
    assert_ne!(tag.association, operate.association);
}

#[tokio::test(start_paused = true)]
async fn an_interlock_says_no() {
    let mut plant = Plant::new();
    // CB2 may be closed as long as CB1 is open.
    let vcc = plant.vcc.clone();
    let cb1 = vcc.point(&name("CB1_ST")).unwrap();
    plant.device("CB2").set_interlock(move |request| {
        let closes = matches!(
            request.action,
            DeviceAction::Operate(ControlValue::Command(1))
        );
        match vcc.value(cb1).unwrap().value {
            Value::State(State::On) if closes => Err(Refused::denied("CB1 is closed")),
            _ => Ok(()),
        }
    });
    let east = plant.peer(EAST).await;
    let set = |state| {
        let value = tase2::types::PointValue::state(state);
        plant.vcc.update(cb1, value).unwrap();
    };
    set(State::On);
    east.select(&name("CB2")).await.unwrap();
    assert_eq!(
        error(east.operate(&name("CB2"), command(1)).await),
        E::ObjectAccessDenied
    );
    east.select_and_operate(&name("CB2"), None, command(0))
        .await
        .unwrap();
    set(State::Off);
    east.select_and_operate(&name("CB2"), None, command(1))
        .await
        .unwrap();
    assert_eq!(plant.operated().len(), 2);
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(
        told[1],
        "CB2: not operated with 1: CB1 is closed (object access denied), by EAST"
    );
}

#[tokio::test(start_paused = true)]
async fn an_interlock_refuses_to_select() {
    let plant = Plant::new();
    plant
        .device("CB1")
        .set_interlock(|request| match request.action {
            DeviceAction::Select => Err(Refused::denied("local control")),
            _ => Ok(()),
        });
    let east = plant.peer(EAST).await;
    assert_eq!(
        error(east.select(&name("CB1")).await),
        E::ObjectAccessDenied
    );
    assert!(plant.done.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_answers_is_what_the_peer_sees() {
    let mut plant = Plant::new();
    let answers = Arc::new(Mutex::new(vec![
        Refused::failed("motor"),
        Refused::busy("moving"),
        Refused::value("at the end"),
        Refused::denied("local"),
        Refused::new(E::ObjectAttributeInconsistent, "odd"),
    ]));
    plant
        .device("LTC")
        .set_handler(move |_| Err(answers.lock().unwrap().remove(0)));
    let east = plant.peer(EAST).await;
    for expected in [
        E::HardwareFault,
        E::TemporarilyUnavailable,
        E::ObjectValueInvalid,
        E::ObjectAccessDenied,
        E::ObjectAttributeInconsistent,
    ] {
        assert_eq!(
            error(east.operate(&name("LTC"), command(1)).await),
            expected
        );
        assert_eq!(east.read_raw(&name("LTC")).await.unwrap(), integer(0));
    }
    assert_eq!(
        plant.told().await,
        "LTC: failed with 1: motor (hardware fault), by EAST"
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_of_the_equipment() {
    let mut plant = Plant::new();
    plant
        .device("LTC")
        .set_handler(|_| panic!("a bug of the application"));
    let east = plant.peer(EAST).await;
    assert_eq!(
        error(east.operate(&name("LTC"), command(1)).await),
        E::HardwareFault
    );
    assert_eq!(
        plant.told().await,
        "LTC: failed with 1: panic in the handler (hardware fault), by EAST"
    );
    plant
        .device("LTC")
        .set_async_handler(|_| async { panic!("a bug of the application") });
    assert_eq!(
        error(east.operate(&name("LTC"), command(1)).await),
        E::HardwareFault
    );
    // The device is free, and the association lives.
    plant.keeps_record(&plant.device("LTC"));
    east.operate(&name("LTC"), command(1)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn actions_are_told() {
    let plant = Plant::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (of_cb1, vcc) = (told.clone(), plant.vcc.clone());
    plant.device("CB1").set_action_handler(move |event| {
        // It may look at the control centre, and panic.
        let state = vcc.device(&event.device).unwrap().state();
        of_cb1.lock().unwrap().push((text(event), state));
        panic!("a bug of the application");
    });
    let east = plant.peer(EAST).await;
    east.select_and_operate(&name("CB1"), None, command(1))
        .await
        .unwrap();
    east.operate(&name("LTC"), command(1)).await.unwrap();
    let told: Vec<_> = told
        .lock()
        .unwrap()
        .iter()
        .map(|(text, _)| text.clone())
        .collect();
    assert_eq!(
        told,
        [
            "CB1: selected, check-back id 123, by EAST",
            "CB1: operated with 1, by EAST"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_handler_a_command_is_taken_and_told() {
    let clock = Arc::new(tase2::SystemClock);
    let tables = vec![device_table("EAST", DOMAIN, EAST)];
    let vcc = tase2::VirtualControlCenter::with_clock(devices(), tables, clock).unwrap();
    let endpoint = tase2::endpoint::Endpoint::start(&vcc, Default::default(), vec![]).unwrap();
    let mut events = vcc.events();
    let (near, far) = tokio::io::duplex(1 << 16);
    endpoint.serve(far, None);
    let east = tase2::client::Client::over(near, options(EAST))
        .await
        .unwrap();
    east.operate(&name("SPD"), ControlValue::Discrete(-5))
        .await
        .unwrap();
    assert_eq!(east.read_raw(&name("SPD")).await.unwrap(), integer(-5));
    let told = loop {
        if let tase2::Event::Device(event) = events.recv().await.unwrap() {
            break text(&event);
        }
    };
    assert_eq!(told, "SPD: operated with -5, by EAST");
}

/// On several threads a handler that blocks holds up its own peer alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_holds_up_nobody_else() {
    let plant = Plant::new();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    plant.device("LTC").set_handler(move |_| {
        wait.lock()
            .unwrap()
            .recv()
            .map_err(|_| Refused::failed("nobody"))
    });
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    let operating = tokio::spawn({
        let east = east.clone();
        async move { east.operate(&name("LTC"), command(1)).await }
    });
    while plant.device("LTC").state() == tase2::device::DeviceState::Idle {
        tokio::task::yield_now().await;
    }
    west.select_and_operate(&name("CB1"), None, command(1))
        .await
        .unwrap();
    assert_eq!(
        error(west.operate(&name("LTC"), command(1)).await),
        E::TemporarilyUnavailable
    );
    go.send(()).unwrap();
    operating.await.unwrap().unwrap();
}
