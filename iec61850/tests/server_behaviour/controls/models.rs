//! The four control models, row by row of what was measured from libiec61850.

use super::{Event, OBJECTS, Station, operated, until};
use crate::support::control::Command;
use crate::support::{NewServer, engine_tests};
use iec61850::{
    CheckHandlerResult, ControlAddCause as Cause, ControlHandlerResult, ControlLastApplError,
    ModelNodeExt, SelectStateChangedReason as Reason,
};
use mms::DataAccessError;

engine_tests!(
    direct_control_with_normal_security,
    direct_control_with_enhanced_security,
    what_is_not_selected_cannot_be_operated,
    selected_by_reading,
    selected_with_value,
    operate_has_to_carry_what_the_select_carried,
    a_selection_is_given_back,
    nothing_to_cancel,
    the_static_check_refuses_an_operate,
    the_static_check_refuses_a_select,
    the_dynamic_check_refuses,
    a_command_that_fails,
    a_second_command_during_execution,
    originator_categories,
    flags_reach_the_handlers,
    status_only,
    a_selection_ends_with_its_association,
    without_handlers,
);

const DENIED: Result<(), DataAccessError> = Err(DataAccessError::ObjectAccessDenied);
const NOT_NOW: Result<(), DataAccessError> = Err(DataAccessError::TemporarilyUnavailable);

fn direct_control_with_normal_security(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Direct");
    for (number, value) in [(1, true), (2, false)] {
        client.operate(&Command::new(value, number)).unwrap();
        assert_eq!(station.events(3), operated(value));
    }
    assert!(client.silent());
}

fn direct_control_with_enhanced_security(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let other = station.operator("DirectEnh");
    for (number, value) in [(1, true), (2, false)] {
        let command = Command::new(value, number);
        client.operate(&command).unwrap();
        client.ends(&command);
        assert_eq!(station.events(3), operated(value));
    }
    assert!(client.silent() && other.silent());
}

fn what_is_not_selected_cannot_be_operated(new: NewServer) {
    let station = Station::new(new);
    for name in ["Sbo", "SboEnh"] {
        let client = station.operator(name);
        let command = Command::new(true, 1);
        assert_eq!(client.operate(&command), DENIED);
        assert_eq!(client.cause("Oper", &command), Cause::ObjectNotSelected);
        assert_eq!(station.events(0), []);
    }
}

fn selected_by_reading(new: NewServer) {
    let station = Station::new(new);
    let (client, other) = (station.operator("Sbo"), station.operator("Sbo"));
    assert!(client.select());
    assert_eq!(
        station.events(2),
        [
            Event::Check(true, None, false, false),
            Event::State(true, Reason::Selected)
        ]
    );
    // Nobody selects it a second time, and nobody else uses the selection.
    assert!(!other.select() && !client.select());
    let command = Command::new(true, 1);
    assert_eq!(other.operate(&command), NOT_NOW);
    assert_eq!(other.cause("Oper", &command), Cause::LockedByOtherClient);
    assert_eq!(other.cancel(&command), NOT_NOW);
    assert_eq!(other.cause("Cancel", &command), Cause::LockedByOtherClient);
    assert_eq!(station.events(0), []);
    client.operate(&command).unwrap();
    let mut expected = operated(true);
    expected.push(Event::State(false, Reason::Operated));
    assert_eq!(station.events(4), expected);
    // Selected for one operate.
    assert_eq!(client.operate(&command), DENIED);
    assert_eq!(client.cause("Oper", &command), Cause::ObjectNotSelected);
    assert!(other.select());
    assert!(client.silent());
}

fn selected_with_value(new: NewServer) {
    let station = Station::new(new);
    let (client, other) = (station.operator("SboEnh"), station.operator("SboEnh"));
    let command = Command::new(true, 1);
    client.select_with_value(&command).unwrap();
    assert_eq!(
        station.events(2),
        [
            Event::Check(true, Some(true.into()), false, false),
            Event::State(true, Reason::Selected)
        ]
    );
    for peer in [&other, &client] {
        assert_eq!(peer.select_with_value(&command), NOT_NOW);
        assert_eq!(peer.cause("SBOw", &command), Cause::ObjectAlreadySelected);
    }
    assert_eq!(other.operate(&command), NOT_NOW);
    assert_eq!(other.cause("Oper", &command), Cause::LockedByOtherClient);
    assert_eq!(other.cancel(&command), NOT_NOW);
    assert_eq!(other.cause("Cancel", &command), Cause::LockedByOtherClient);
    client.operate(&command).unwrap();
    client.ends(&command);
    let mut expected = operated(true);
    expected.push(Event::State(false, Reason::Operated));
    assert_eq!(station.events(4), expected);
    assert_eq!(client.operate(&command), DENIED);
    assert_eq!(client.cause("Oper", &command), Cause::ObjectNotSelected);
    assert!(client.silent() && other.silent());
}

fn operate_has_to_carry_what_the_select_carried(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("SboEnh");
    let command = Command::new(true, 1);
    let changes: [fn(&mut Command); 7] = [
        |c| c.value = false.into(),
        |c| c.or_cat = 2,
        |c| c.or_ident = b"another",
        |c| c.number = 2,
        |c| c.test = true,
        |c| c.check = 1,
        |c| c.check = 2,
    ];
    for change in changes {
        client.select_with_value(&command).unwrap();
        let mut other = command.clone();
        change(&mut other);
        assert_eq!(client.operate(&other), DENIED);
        assert_eq!(client.cause("Oper", &other), Cause::InconsistentParameters);
        // The selection is lost.
        assert_eq!(client.operate(&command), DENIED);
        assert_eq!(client.cause("Oper", &command), Cause::ObjectNotSelected);
        let events = station.events(3);
        assert_eq!(events[2..], [Event::State(false, Reason::OperateFailed)]);
    }
    // Each command has a time of its own.
    client.select_with_value(&command).unwrap();
    let mut later = command.clone();
    later.t = iec61850::Timestamp::from_ms(1_800_000_000_000);
    client.operate(&later).unwrap();
    client.ends(&later);
}

fn a_selection_is_given_back(new: NewServer) {
    let station = Station::new(new);
    for name in ["Sbo", "SboEnh"] {
        let (client, other) = (station.operator(name), station.operator(name));
        let command = Command::new(true, 1);
        if name == "Sbo" {
            assert!(client.select());
        } else {
            client.select_with_value(&command).unwrap();
        }
        client.cancel(&command).unwrap();
        let events = station.events(3);
        assert_eq!(events[2..], [Event::State(false, Reason::Canceled)]);
        assert_eq!(client.operate(&command), DENIED);
        assert_eq!(client.cause("Oper", &command), Cause::ObjectNotSelected);
        if name == "Sbo" {
            assert!(other.select());
        } else {
            other.select_with_value(&command).unwrap();
        }
        station.events(2);
        // With its association goes the selection.
        drop(other);
        station.events(1);
    }
}

fn nothing_to_cancel(new: NewServer) {
    let station = Station::new(new);
    let command = Command::new(true, 1);
    for name in ["Sbo", "SboEnh"] {
        let client = station.operator(name);
        client.cancel(&command).unwrap();
        assert!(client.silent());
    }
    for name in ["Direct", "DirectEnh"] {
        let client = station.operator(name);
        assert_eq!(client.cancel(&command), DENIED);
        assert_eq!(client.cause("Cancel", &command), Cause::ObjectNotSelected);
    }
    assert_eq!(station.events(0), []);
}

fn the_static_check_refuses_an_operate(new: NewServer) {
    let station = Station::new(new);
    let results = [
        // Only a select can wait for its check.
        (
            CheckHandlerResult::WaitingForSelect,
            DataAccessError::ObjectInvalidated,
        ),
        (
            CheckHandlerResult::HardwareFault,
            DataAccessError::HardwareFault,
        ),
        (
            CheckHandlerResult::TemporarilyUnavailable,
            DataAccessError::TemporarilyUnavailable,
        ),
        (
            CheckHandlerResult::ObjectAccessDenied,
            DataAccessError::ObjectAccessDenied,
        ),
        (
            CheckHandlerResult::ObjectUndefined,
            DataAccessError::ObjectUndefined,
        ),
        (
            CheckHandlerResult::ValueInvalid,
            DataAccessError::ObjectValueInvalid,
        ),
    ];
    for name in ["Direct", "DirectEnh"] {
        let client = station.operator(name);
        for (check, error) in results {
            let command = Command::new(true, 1);
            station.script(|script| script.check = check);
            assert_eq!(client.operate(&command), Err(error));
            assert_eq!(client.cause("Oper", &command), Cause::Unknown);
            station.script(|script| {
                script.check = check;
                script.cause = Some(Cause::BlockedByInterlocking);
            });
            assert_eq!(client.operate(&command), Err(error));
            assert_eq!(client.cause("Oper", &command), Cause::BlockedByInterlocking);
            let check = Event::Check(false, Some(true.into()), false, false);
            assert_eq!(station.events(2), [check.clone(), check]);
        }
        assert!(client.silent());
    }
    // The selection is lost.
    for name in ["Sbo", "SboEnh"] {
        let client = station.operator(name);
        let command = Command::new(true, 1);
        station.script(|_| {});
        if name == "Sbo" {
            assert!(client.select());
        } else {
            client.select_with_value(&command).unwrap();
        }
        station.script(|script| script.check = CheckHandlerResult::ObjectAccessDenied);
        assert_eq!(client.operate(&command), DENIED);
        assert_eq!(client.cause("Oper", &command), Cause::Unknown);
        let events = station.events(4);
        assert_eq!(events[3..], [Event::State(false, Reason::OperateFailed)]);
        assert_eq!(client.operate(&command), DENIED);
        assert_eq!(client.cause("Oper", &command), Cause::ObjectNotSelected);
    }
}

fn the_static_check_refuses_a_select(new: NewServer) {
    let station = Station::new(new);
    station.script(|script| script.check = CheckHandlerResult::ObjectAccessDenied);
    let client = station.operator("Sbo");
    assert!(!client.select());
    assert!(client.silent());
    let client = station.operator("SboEnh");
    let command = Command::new(true, 1);
    assert_eq!(client.select_with_value(&command), DENIED);
    assert_eq!(client.cause("SBOw", &command), Cause::SelectFailed);
    station.script(|script| {
        script.check = CheckHandlerResult::TemporarilyUnavailable;
        script.cause = Some(Cause::InvalidPosition);
    });
    assert_eq!(client.select_with_value(&command), NOT_NOW);
    assert_eq!(client.cause("SBOw", &command), Cause::InvalidPosition);
    let events = station.events(3);
    assert!(events.iter().all(|e| matches!(e, Event::Check(true, ..))));
    // It is free.
    station.script(|_| {});
    client.select_with_value(&command).unwrap();
}

fn the_dynamic_check_refuses(new: NewServer) {
    let station = Station::new(new);
    for (name, _) in &OBJECTS[1..] {
        let client = station.operator(name);
        for cause in [None, Some(Cause::OneOfNControl)] {
            let command = Command::new(true, 1);
            station.script(|_| {});
            match *name {
                "Sbo" => assert!(client.select()),
                "SboEnh" => client.select_with_value(&command).unwrap(),
                _ => {}
            }
            station.events(0);
            station.script(|script| {
                script.wait = ControlHandlerResult::Failed;
                script.cause = cause;
            });
            assert_eq!(client.operate(&command), DENIED);
            let expected = cause.unwrap_or(Cause::BlockedBySynchrocheck);
            assert_eq!(client.cause("Oper", &command), expected);
            let mut events = operated(true);
            events.pop();
            if name.starts_with("Sbo") {
                events.push(Event::State(false, Reason::OperateFailed));
            }
            assert_eq!(station.events(events.len()), events);
        }
    }
}

fn a_command_that_fails(new: NewServer) {
    let station = Station::new(new);
    station.script(|script| script.operate = ControlHandlerResult::Failed);
    let command = Command::new(true, 1);
    // With normal security nobody hears of it.
    let client = station.operator("Direct");
    client.operate(&command).unwrap();
    assert_eq!(station.events(3), operated(true));
    assert!(client.silent());
    let client = station.operator("Sbo");
    assert!(client.select());
    client.operate(&command).unwrap();
    let events = station.events(6);
    assert_eq!(events[5..], [Event::State(false, Reason::OperateFailed)]);
    assert!(client.silent());

    let client = station.operator("DirectEnh");
    client.operate(&command).unwrap();
    assert_eq!(client.fails(&command), Cause::Unknown);
    station.script(|script| {
        script.operate = ControlHandlerResult::Failed;
        script.cause = Some(Cause::InvalidPosition);
        script.error = Some(ControlLastApplError::TimeoutTest);
    });
    client.operate(&command).unwrap();
    let message = client.message();
    let error = message[0].1.get_element(1).unwrap();
    assert_eq!(*error, ControlLastApplError::TimeoutTest.value().into());
    let cause = message[0].1.get_element(4).unwrap();
    assert_eq!(*cause, Cause::InvalidPosition.value().into());
    station.events(6);

    let client = station.operator("SboEnh");
    client.select_with_value(&command).unwrap();
    client.operate(&command).unwrap();
    assert_eq!(client.message().len(), 2);
    let events = station.events(6);
    assert_eq!(events[5..], [Event::State(false, Reason::OperateFailed)]);
}

fn a_second_command_during_execution(new: NewServer) {
    let station = Station::new(new);
    for (name, _) in &OBJECTS[1..] {
        let (client, other) = (station.operator(name), station.operator(name));
        let (release, wait) = tokio::sync::oneshot::channel::<()>();
        let wait = parking_lot::Mutex::new(Some(wait));
        let handler = move |_, _, _, _| {
            let wait = wait.lock().take().unwrap();
            async move {
                wait.await.unwrap();
                ControlHandlerResult::Ok
            }
        };
        let object = station.object(name);
        station
            .server
            .register_control_handler_async(&object, handler)
            .unwrap();
        let command = Command::new(true, 1);
        match *name {
            "Sbo" => assert!(client.select()),
            "SboEnh" => client.select_with_value(&command).unwrap(),
            _ => {}
        }
        client.operate(&command).unwrap();
        for peer in [&client, &other] {
            let command = Command::new(false, 2);
            let cause = Cause::CommandAlreadyInExecution;
            assert_eq!(peer.operate(&command), NOT_NOW);
            assert_eq!(peer.cause("Oper", &command), cause);
            assert_eq!(peer.cancel(&command), NOT_NOW);
            assert_eq!(peer.cause("Cancel", &command), cause);
            match *name {
                "Sbo" => assert!(!peer.select()),
                "SboEnh" => {
                    assert_eq!(peer.select_with_value(&command), NOT_NOW);
                    assert_eq!(peer.cause("SBOw", &command), cause);
                }
                _ => {}
            }
        }
        release.send(()).unwrap();
        if name.ends_with("Enh") {
            client.ends(&command);
        }
        let busy = object.child_with_fc("opOk", iec61850::FunctionalConstraint::OR);
        until(|| !station.server.get_boolean(busy.as_ref().unwrap()).unwrap());
        assert!(client.silent() && other.silent(), "{}", object.reference());
    }
}

fn originator_categories(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    for or_cat in 0..=8 {
        let command = Command {
            or_cat,
            ..Command::new(true, 1)
        };
        client.operate(&command).unwrap();
        client.ends(&command);
    }
    station.events(27);
    for or_cat in [-128, -1, 9, 127] {
        let command = Command {
            or_cat,
            ..Command::new(true, 1)
        };
        assert_eq!(client.operate(&command), DENIED);
        assert_eq!(
            client.cause("Oper", &command),
            Cause::InconsistentParameters
        );
        let sbo = station.operator("SboEnh");
        assert_eq!(sbo.select_with_value(&command), DENIED);
        assert_eq!(sbo.cause("SBOw", &command), Cause::SelectFailed);
        assert_eq!(station.events(0), []);
        // A selection is lost by it.
        let sbo = station.operator("Sbo");
        assert!(sbo.select());
        assert_eq!(sbo.operate(&command), DENIED);
        assert_eq!(sbo.cause("Oper", &command), Cause::InconsistentParameters);
        let events = station.events(3);
        assert_eq!(events[2..], [Event::State(false, Reason::OperateFailed)]);
    }
}

fn flags_reach_the_handlers(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Direct");
    for (test, check) in [(false, 0), (true, 0), (false, 1), (false, 2), (true, 3)] {
        let mut command = Command::new(true, 1);
        (command.test, command.check) = (test, check);
        client.operate(&command).unwrap();
        let (synchro, interlock) = (check & 1 != 0, check & 2 != 0);
        assert_eq!(
            station.events(3),
            [
                Event::Check(false, Some(true.into()), test, interlock),
                Event::Wait(true.into(), test, synchro),
                Event::Operate(true.into(), test)
            ]
        );
    }
}

fn status_only(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Status");
    let command = Command::new(true, 1);
    // There is nothing to write.
    let missing = Err(DataAccessError::ObjectNonExistent);
    assert_eq!(client.operate(&command), missing);
    // An object that has it all and is not to be controlled.
    for name in ["Direct", "Sbo", "SboEnh"] {
        let object = station.object(name);
        let model = iec61850::ControlModel::StatusOnly;
        station.server.update_ctl_model(&object, model).unwrap();
        let client = station.operator(name);
        assert_eq!(client.operate(&command), DENIED);
        assert_eq!(client.cancel(&command), DENIED);
        match name {
            "Sbo" => assert!(!client.select()),
            "SboEnh" => assert_eq!(client.select_with_value(&command), DENIED),
            _ => {}
        }
        assert!(client.silent());
    }
    assert_eq!(station.events(0), []);
}

fn a_selection_ends_with_its_association(new: NewServer) {
    let station = Station::new(new);
    for name in ["Sbo", "SboEnh"] {
        for abort in [false, true] {
            let (client, other) = (station.operator(name), station.operator(name));
            let command = Command::new(true, 1);
            let select = |peer: &crate::support::control::Operator| match name {
                "Sbo" => peer.select(),
                _ => peer.select_with_value(&command).is_ok(),
            };
            assert!(select(&client));
            station.events(2);
            match abort {
                true => client.client.abort(),
                false => client.client.conclude().unwrap(),
            }
            assert_eq!(
                station.events(1),
                [Event::State(false, Reason::Disconnected)]
            );
            assert!(select(&other));
            other.operate(&command).unwrap();
            station.events(6);
        }
    }
}

fn without_handlers(new: NewServer) {
    let model = super::model();
    let server = crate::support::started(new(&model, None).unwrap());
    let operator = |name| {
        let client = crate::support::connect(&server);
        crate::support::control::Operator::new(client, &super::reference(name))
    };
    let command = Command::new(true, 1);
    operator("Direct").operate(&command).unwrap();
    let client = operator("DirectEnh");
    client.operate(&command).unwrap();
    client.ends(&command);
    let client = operator("Sbo");
    assert!(client.select());
    client.operate(&command).unwrap();
    let client = operator("SboEnh");
    client.select_with_value(&command).unwrap();
    client.operate(&command).unwrap();
    client.ends(&command);
    let value = crate::support::read(&client.client, "T1LD0/GGIO1$ST$Direct$stVal");
    assert_eq!(value, false.into());
}
