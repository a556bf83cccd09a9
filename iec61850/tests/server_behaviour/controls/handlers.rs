//! Handlers: their registration, what they may do, and what becomes of those that fail.

use super::{Event, Station, operated, reference, until};
use crate::support::control::{Command, Operator, object};
use crate::support::{NewServer, attribute, connect, engine_tests, name, patience, read, started};
use iec61850::{
    CheckHandlerResult, ClientConnection, ControlAction, ControlAddCause as Cause,
    ControlHandlerResult, ControlModel, Error, IedServer, ModelNodeExt, OrCat,
    SelectStateChangedReason as Reason, Timestamp,
};
use mms::{DataAccessError, MmsValue};
use parking_lot::Mutex;
use std::sync::{Arc, Weak, mpsc};
use std::time::Duration;

engine_tests!(
    only_what_can_be_controlled_has_handlers,
    the_last_handler_counts,
    handlers_that_are_futures,
    an_action_tells_all_about_the_command,
    a_panic_in_a_static_check_is_a_hardware_fault,
    a_panic_in_a_dynamic_check_refuses,
    a_panic_in_a_control_handler_fails_the_command,
    a_panic_in_a_select_state_handler_changes_nothing,
    a_panic_in_a_future,
    handlers_use_the_server,
    a_handler_ends_the_association,
    a_handler_that_blocks_delays_its_client_only,
    the_answer_does_not_wait_for_the_execution,
    a_handler_stops_the_server,
);

fn only_what_can_be_controlled_has_handlers(new: NewServer) {
    let station = Station::new(new);
    let server = &station.server;
    let other = super::model();
    for node in [
        station.object("Status"),
        station.object("Ind1"),
        object(&other, "T1LD0/GGIO1.Direct"),
    ] {
        let wait = |_: &_, _: &_, _: &_, _, _| ControlHandlerResult::Ok;
        let operate = |_: &_, _: &_, _: &_, _| ControlHandlerResult::Ok;
        let results = [
            server.register_control_handler(&node, operate),
            server.register_control_wait_handler(&node, wait),
            server.register_control_static_check_handler(&node, |_, _, _, _, _| {
                CheckHandlerResult::Accepted
            }),
            server.register_control_select_state_handler(&node, |_, _, _, _| {}),
            server.register_control_handler_async(&node, |_, _, _, _| async {
                ControlHandlerResult::Ok
            }),
            server.register_control_wait_handler_async(&node, |_, _, _, _, _| async {
                ControlHandlerResult::Ok
            }),
            server.register_control_static_check_handler_async(&node, |_, _, _, _, _| async {
                CheckHandlerResult::Accepted
            }),
            server.register_control_select_state_handler_async(&node, |_, _, _, _| async {}),
            server.update_ctl_model(&node, ControlModel::DirectNormal),
        ];
        for result in results {
            match result {
                Err(Error::WrongKind { reference, .. }) => {
                    assert_eq!(reference, node.reference());
                }
                other => panic!("{node:?}: {other:?}"),
            }
        }
    }
}

fn the_last_handler_counts(new: NewServer) {
    let station = Station::new(new);
    let direct = station.object("Direct");
    let calls = Arc::new(Mutex::new(Vec::new()));
    for number in 0..3 {
        let calls = calls.clone();
        station
            .server
            .register_control_handler(&direct, move |_, _, _, _| {
                calls.lock().push(number);
                ControlHandlerResult::Ok
            })
            .unwrap();
    }
    // One closure for two objects belongs to both.
    let shared = Arc::new(Mutex::new(Vec::new()));
    for object in ["Sbo", "SboEnh"] {
        let shared = shared.clone();
        let handler = move |object: &_, _: &_, _: Option<&MmsValue>, _, _| {
            shared.lock().push(iec61850::DataObject::clone(object));
            CheckHandlerResult::Accepted
        };
        let node = station.object(object);
        station
            .server
            .register_control_static_check_handler(&node, handler)
            .unwrap();
    }
    station
        .operator("Direct")
        .operate(&Command::new(true, 1))
        .unwrap();
    until(|| *calls.lock() == [2]);
    let (sbo, enhanced) = (station.operator("Sbo"), station.operator("SboEnh"));
    assert!(sbo.select());
    enhanced.select_with_value(&Command::new(true, 1)).unwrap();
    assert_eq!(
        *shared.lock(),
        [station.object("Sbo"), station.object("SboEnh")]
    );
}

fn handlers_that_are_futures(new: NewServer) {
    let station = Station::new(new);
    let (object, server) = (station.object("SboEnh"), &station.server);
    let log = Arc::new(Mutex::new(Vec::new()));
    // Each takes its time, and is not asked twice.
    async fn step(log: Arc<Mutex<Vec<Event>>>, event: Event) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        log.lock().push(event);
    }
    let events = log.clone();
    server
        .register_control_static_check_handler_async(
            &object,
            move |_, action, value, test, interlock| {
                let event = Event::Check(action.is_select(), value, test, interlock);
                let events = events.clone();
                async move {
                    step(events, event).await;
                    CheckHandlerResult::Accepted
                }
            },
        )
        .unwrap();
    let events = log.clone();
    server
        .register_control_wait_handler_async(&object, move |_, _, value, test, synchro| {
            let events = events.clone();
            async move {
                step(events, Event::Wait(value, test, synchro)).await;
                ControlHandlerResult::Ok
            }
        })
        .unwrap();
    let events = log.clone();
    server
        .register_control_handler_async(&object, move |_, action, value, test| {
            let events = events.clone();
            async move {
                step(events, Event::Operate(value, test)).await;
                action.set_add_cause(Cause::BlockedByProcess);
                ControlHandlerResult::Failed
            }
        })
        .unwrap();
    let events = log.clone();
    server
        .register_control_select_state_handler_async(&object, move |_, _, selected, reason| {
            step(events.clone(), Event::State(selected, reason))
        })
        .unwrap();
    let client = station.operator("SboEnh");
    let command = Command::new(true, 1);
    client.select_with_value(&command).unwrap();
    client.operate(&command).unwrap();
    assert_eq!(client.fails(&command), Cause::BlockedByProcess);
    until(|| log.lock().len() == 6);
    let mut expected = vec![
        Event::Check(true, Some(true.into()), false, false),
        Event::State(true, Reason::Selected),
    ];
    expected.extend(operated(true));
    expected.push(Event::State(false, Reason::OperateFailed));
    assert_eq!(*log.lock(), expected);
    // Also when nobody asks for it any more.
    client.select_with_value(&command).unwrap();
    client.client.abort();
    until(|| log.lock().last() == Some(&Event::State(false, Reason::Disconnected)));
}

fn an_action_tells_all_about_the_command(new: NewServer) {
    let station = Station::new(new);
    let kept: Arc<Mutex<Vec<ControlAction>>> = Arc::default();
    for name in ["Sbo", "SboEnh"] {
        let actions = kept.clone();
        let object = station.object(name);
        station
            .server
            .register_control_static_check_handler(&object, move |object, action, _, _, _| {
                assert_eq!(action.control_object(), *object);
                actions.lock().push(action.clone());
                CheckHandlerResult::Accepted
            })
            .unwrap();
    }
    let command = Command {
        or_cat: 7,
        or_ident: b"somebody",
        check: 1,
        ..Command::new(true, 200)
    };
    let client = station.operator("SboEnh");
    client.select_with_value(&command).unwrap();
    client.operate(&command).unwrap();
    client.ends(&command);
    let sbo = station.operator("Sbo");
    assert!(sbo.select());
    drop((client, sbo));
    let actions = kept.lock();
    assert!(actions[0].is_select() && !actions[1].is_select() && actions[2].is_select());
    for action in &actions[..2] {
        assert_eq!(action.originator_category(), OrCat::Maintenance);
        assert_eq!(action.originator_identifier(), b"somebody");
        assert_eq!(action.ctl_num(), Some(200));
        assert!(action.synchro_check() && !action.interlock_check());
        assert_eq!(action.control_time(), None);
        assert_eq!(action.t(), Timestamp::from_ms(1_700_000_000_000));
        assert_eq!(action.control_object(), station.object("SboEnh"));
        let client: ClientConnection = action.client_connection().unwrap();
        assert_eq!(Some(client), actions[0].client_connection());
    }
    // A select by reading says nothing of all that.
    let plain = &actions[2];
    assert_eq!(plain.originator_category(), OrCat::NotSupported);
    assert_eq!(plain.originator_identifier(), b"");
    assert_eq!(plain.ctl_num(), None);
    assert_eq!(plain.control_object(), station.object("Sbo"));
    assert_ne!(plain.client_connection(), actions[0].client_connection());
}

/// Commands that are executed as ever after a panic.
fn goes_on(station: &Station, client: &Operator, number: u8) {
    let command = Command::new(true, number);
    client.operate(&command).unwrap();
    client.ends(&command);
    station.events(0);
}

fn a_panic_in_a_static_check_is_a_hardware_fault(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let object = station.object("DirectEnh");
    let check = |_: &_, _: &_, _: Option<&_>, _, _| -> CheckHandlerResult { panic!("on purpose") };
    station
        .server
        .register_control_static_check_handler(&object, check)
        .unwrap();
    let command = Command::new(true, 1);
    let fault = Err(DataAccessError::HardwareFault);
    assert_eq!(client.operate(&command), fault);
    assert_eq!(client.cause("Oper", &command), Cause::Unknown);
    station.follow_script(&object);
    goes_on(&station, &client, 2);
    let object = station.object("SboEnh");
    station
        .server
        .register_control_static_check_handler(&object, check)
        .unwrap();
    let client = station.operator("SboEnh");
    assert_eq!(client.select_with_value(&command), fault);
    assert_eq!(client.cause("SBOw", &command), Cause::SelectFailed);
}

fn a_panic_in_a_dynamic_check_refuses(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let object = station.object("DirectEnh");
    station
        .server
        .register_control_wait_handler(&object, |_, _, _, _, _| panic!("on purpose"))
        .unwrap();
    let command = Command::new(true, 1);
    let denied = Err(DataAccessError::ObjectAccessDenied);
    assert_eq!(client.operate(&command), denied);
    assert_eq!(client.cause("Oper", &command), Cause::BlockedBySynchrocheck);
    station.follow_script(&object);
    goes_on(&station, &client, 2);
}

fn a_panic_in_a_control_handler_fails_the_command(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let object = station.object("DirectEnh");
    station
        .server
        .register_control_handler(&object, |_, _, _, _| panic!("on purpose"))
        .unwrap();
    let command = Command::new(true, 1);
    client.operate(&command).unwrap();
    assert_eq!(client.fails(&command), Cause::Unknown);
    station.follow_script(&object);
    goes_on(&station, &client, 2);
}

fn a_panic_in_a_select_state_handler_changes_nothing(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("SboEnh");
    let object = station.object("SboEnh");
    station
        .server
        .register_control_select_state_handler(&object, |_, _, _, _| panic!("on purpose"))
        .unwrap();
    for number in 0..3 {
        let command = Command::new(true, number);
        client.select_with_value(&command).unwrap();
        client.operate(&command).unwrap();
        client.ends(&command);
    }
}

fn a_panic_in_a_future(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let (object, server) = (station.object("DirectEnh"), &station.server);
    let command = Command::new(true, 1);
    // Before there is a future, and in it.
    server
        .register_control_handler_async(&object, |_, _, _, test| {
            assert!(test, "on purpose");
            async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                panic!("on purpose")
            }
        })
        .unwrap();
    for test in [false, true] {
        let mut command = command.clone();
        command.test = test;
        client.operate(&command).unwrap();
        assert_eq!(client.fails(&command), Cause::Unknown);
    }
    server
        .register_control_wait_handler_async(&object, |_, _, _, _, _| async {
            panic!("on purpose")
        })
        .unwrap();
    let denied = Err(DataAccessError::ObjectAccessDenied);
    assert_eq!(client.operate(&command), denied);
    assert_eq!(client.cause("Oper", &command), Cause::BlockedBySynchrocheck);
    server
        .register_control_static_check_handler_async(&object, |_, _, _, _, _| async {
            panic!("on purpose")
        })
        .unwrap();
    let fault = Err(DataAccessError::HardwareFault);
    assert_eq!(client.operate(&command), fault);
    assert_eq!(client.cause("Oper", &command), Cause::Unknown);
    station.follow_script(&object);
    goes_on(&station, &client, 2);
}

fn handlers_use_the_server(new: NewServer) {
    let model = super::model();
    let server = Arc::new(started(new(&model, None).unwrap()));
    let node = object(&model, "T1LD0/GGIO1.SboEnh");
    let value = attribute(&model, "T1LD0/GGIO1.SboEnh.stVal");
    let input = attribute(&model, "T1LD0/GGIO1.Ind1.stVal");
    let weak: Weak<IedServer> = Arc::downgrade(&server);
    let work = move || {
        let server = weak.upgrade().unwrap();
        let guard = server.lock_data_model();
        let before = server.get_boolean(&input).unwrap();
        server.update_boolean(&input, !before).unwrap();
        drop(guard);
    };
    let check = work.clone();
    server
        .register_control_static_check_handler(&node, move |_, _, _, _, _| {
            check();
            CheckHandlerResult::Accepted
        })
        .unwrap();
    let wait = work.clone();
    server
        .register_control_wait_handler(&node, move |_, _, _, _, _| {
            wait();
            ControlHandlerResult::Ok
        })
        .unwrap();
    let (operate, weak) = (work.clone(), Arc::downgrade(&server));
    server
        .register_control_handler(&node, move |_, _, commanded, _| {
            operate();
            let server = weak.upgrade().unwrap();
            server.update_value(&value, commanded).unwrap();
            ControlHandlerResult::Ok
        })
        .unwrap();
    let states = Arc::new(Mutex::new(0));
    let count = states.clone();
    server
        .register_control_select_state_handler(&node, move |_, _, _, _| {
            work();
            *count.lock() += 1;
        })
        .unwrap();
    let client = Operator::new(connect(&server), &reference("SboEnh"));
    let command = Command::new(true, 1);
    client.select_with_value(&command).unwrap();
    client.operate(&command).unwrap();
    client.ends(&command);
    let value = read(&client.client, "T1LD0/GGIO1$ST$SboEnh$stVal");
    assert_eq!(value, true.into());
    until(|| *states.lock() == 2);
    // Two checks, one wait, one operate, two states.
    let value = read(&client.client, "T1LD0/GGIO1$ST$Ind1$stVal");
    assert_eq!(value, false.into());
}

fn a_handler_ends_the_association(new: NewServer) {
    let station = Station::new(new);
    let object = station.object("SboEnh");
    station
        .server
        .register_control_wait_handler(&object, |_, action, _, _, _| {
            assert!(action.client_connection().unwrap().abort());
            ControlHandlerResult::Waiting
        })
        .unwrap();
    let client = station.operator("SboEnh");
    let command = Command::new(true, 1);
    client.select_with_value(&command).unwrap();
    let item = format!("{}$Oper", client.reference);
    assert!(client.client.write(name(&item), &command.oper()).is_err());
    let events = station.events(4);
    assert_eq!(events[3..], [Event::State(false, Reason::Disconnected)]);
}

fn a_handler_that_blocks_delays_its_client_only(new: NewServer) {
    let station = Station::new(new);
    let object = station.object("Direct");
    let (entered, inside) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let (entered, wait) = (Mutex::new(entered), Mutex::new(wait));
    station
        .server
        .register_control_wait_handler(&object, move |_, _, _, _, _| {
            entered.lock().send(()).unwrap();
            wait.lock().recv().unwrap();
            ControlHandlerResult::Ok
        })
        .unwrap();
    let (client, other) = (station.operator("Direct"), station.operator("DirectEnh"));
    let waits = std::thread::spawn(move || client.operate(&Command::new(true, 1)));
    inside.recv_timeout(patience()).unwrap();
    goes_on(&station, &other, 1);
    assert!(!waits.is_finished());
    release.send(()).unwrap();
    waits.join().unwrap().unwrap();
}

fn the_answer_does_not_wait_for_the_execution(new: NewServer) {
    let station = Station::new(new);
    let object = station.object("DirectEnh");
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    station
        .server
        .register_control_handler(&object, move |_, _, _, _| {
            wait.lock().recv().unwrap();
            ControlHandlerResult::Ok
        })
        .unwrap();
    let client = station.operator("DirectEnh");
    let command = Command::new(true, 1);
    // The handler blocks until this has returned.
    client.operate(&command).unwrap();
    release.send(()).unwrap();
    client.ends(&command);
}

fn a_handler_stops_the_server(new: NewServer) {
    let model = super::model();
    let server = Arc::new(started(new(&model, None).unwrap()));
    let node = object(&model, "T1LD0/GGIO1.DirectEnh");
    let weak = Arc::downgrade(&server);
    let (done, stopped) = mpsc::channel();
    let done = Mutex::new(done);
    server
        .register_control_handler_async(&node, move |_, _, _, _| {
            weak.upgrade().unwrap().stop();
            done.lock().send(()).unwrap();
            async { ControlHandlerResult::Ok }
        })
        .unwrap();
    let client = Operator::new(connect(&server), &reference("DirectEnh"));
    // The answer may not have left when the server stops.
    let item = format!("{}$Oper", client.reference);
    let _ = client
        .client
        .write(name(&item), &Command::new(true, 1).oper());
    stopped.recv_timeout(patience()).unwrap();
    assert!(!server.is_running());
    let server = started(Arc::into_inner(server).unwrap());
    let client = connect(&server);
    let value = read(&client, "T1LD0/GGIO1$ST$DirectEnh$stVal");
    assert_eq!(value, false.into());
}
