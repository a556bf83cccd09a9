//! What else reaches control objects: parts of structures, several variables at once, data sets.

use super::{Event, Station, operated};
use crate::support::control::Command;
use crate::support::{NewServer, engine_tests, name, read, write_error};
use iec61850::{CheckHandlerResult, ControlAddCause as Cause, SelectStateChangedReason as Reason};
use mms::pdu::AccessStep;
use mms::{DataAccessError, MmsValue};

engine_tests!(
    parts_are_not_written,
    structures_that_do_not_fit,
    several_commands_in_one_write,
    a_select_among_other_variables,
    reading_the_object_does_not_select,
    a_select_by_alternate_access,
    a_deferred_write_with_others,
);

const DIRECT: &str = "T1LD0/GGIO1$CO$Direct";

fn parts_are_not_written(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Direct");
    for (part, value) in [
        ("Oper$ctlVal", MmsValue::from(true)),
        ("Oper$ctlNum", MmsValue::Unsigned(1)),
        ("Oper$Test", false.into()),
        ("Oper$origin$orCat", 1.into()),
    ] {
        let item = format!("{DIRECT}${part}");
        let error = write_error(&client.client, &item, value);
        assert_eq!(error, DataAccessError::ObjectAccessDenied, "{part}");
    }
    let sbo = "T1LD0/GGIO1$CO$Sbo$SBO";
    let error = write_error(&client.client, sbo, MmsValue::VisibleString("x".into()));
    assert_eq!(error, DataAccessError::ObjectAccessDenied);
    assert!(client.silent());
    assert_eq!(station.events(0), []);
}

fn structures_that_do_not_fit(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Direct");
    let command = Command::new(true, 1);
    let MmsValue::Structure(parts) = command.oper() else {
        panic!("a structure");
    };
    let oper = format!("{DIRECT}$Oper");
    let short = MmsValue::Structure(parts[..5].to_vec());
    let error = write_error(&client.client, &oper, short);
    assert_eq!(error, DataAccessError::TypeInconsistent);
    let error = write_error(&client.client, &oper, true);
    assert_eq!(error, DataAccessError::TypeInconsistent);
    let error = write_error(&client.client, DIRECT, command.oper());
    assert_eq!(error, DataAccessError::TypeInconsistent);
    // An identification has 64 octets at most.
    let long = Command {
        or_ident: &[b'x'; 65],
        ..command
    };
    let error = write_error(&client.client, &oper, long.oper());
    assert_eq!(error, DataAccessError::ObjectValueInvalid);
    assert!(client.silent());
    assert_eq!(station.events(0), []);
}

fn several_commands_in_one_write(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let command = Command::new(true, 1);
    let oper = command.oper();
    let written = client.client.write_many([
        (name("T1LD0/GGIO1$CO$Direct$Oper"), &oper),
        (name("T1LD0/GGIO1$CO$SboEnh$Oper"), &oper),
        (name("T1LD0/GGIO1$CO$DirectEnh$Oper"), &oper),
        (name("T1LD0/GGIO1$CO$Nothing$Oper"), &oper),
    ]);
    assert_eq!(
        written.unwrap(),
        [
            Ok(()),
            Err(DataAccessError::ObjectAccessDenied),
            Ok(()),
            Err(DataAccessError::ObjectNonExistent)
        ]
    );
    let refused = client.message();
    assert_eq!(
        refused[0].1.elements().unwrap()[4],
        Cause::ObjectNotSelected.value().into()
    );
    client.ends(&command);
    assert_eq!(station.events(6).len(), 6);
}

fn a_select_among_other_variables(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Sbo");
    let variables = [
        "T1LD0/GGIO1$CF$Sbo$ctlModel",
        "T1LD0/GGIO1$CO$Sbo$SBO",
        "T1LD0/GGIO1$CO$Sbo$SBO",
        "T1LD0/GGIO1$ST$Nothing",
        "T1LD0/GGIO1$CF$Direct$ctlModel",
    ];
    let values = client.client.read_many(variables.map(name)).unwrap();
    assert_eq!(
        values,
        [
            Ok(2.into()),
            Ok(MmsValue::VisibleString(client.reference.clone())),
            Ok(MmsValue::VisibleString(String::new())),
            Err(DataAccessError::ObjectNonExistent),
            Ok(1.into())
        ]
    );
    // The same where the check takes its time.
    client.cancel(&Command::new(true, 1)).unwrap();
    let object = station.object("Sbo");
    station
        .server
        .register_control_static_check_handler_async(&object, |_, _, _, _, _| async {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            CheckHandlerResult::Accepted
        })
        .unwrap();
    let late = client.client.read_many(variables.map(name));
    assert_eq!(late.unwrap(), values);
}

fn reading_the_object_does_not_select(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Sbo");
    let whole = read(&client.client, "T1LD0/GGIO1$CO$Sbo");
    // There it always shows the reference, as libiec61850 does.
    let reference = MmsValue::VisibleString(client.reference.clone());
    assert_eq!(whole.get_element(0), Ok(&reference));
    read(&client.client, "T1LD0/GGIO1$CO");
    assert_eq!(station.events(0), []);
    assert!(client.select());
}

fn a_select_by_alternate_access(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Sbo");
    let part = [AccessStep::Component("SBO")];
    let value = client.client.read_part(name("T1LD0/GGIO1$CO$Sbo"), &part);
    let reference = MmsValue::VisibleString(client.reference.clone());
    assert_eq!(value.unwrap(), reference);
    assert_eq!(
        station.events(2),
        [
            Event::Check(true, None, false, false),
            Event::State(true, Reason::Selected)
        ]
    );
}

fn a_deferred_write_with_others(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let object = station.object("DirectEnh");
    let asked = std::sync::atomic::AtomicU32::new(0);
    station
        .server
        .register_control_wait_handler(&object, move |_, _, _, _, _| {
            match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0..=2 => iec61850::ControlHandlerResult::Waiting,
                _ => iec61850::ControlHandlerResult::Ok,
            }
        })
        .unwrap();
    let command = Command::new(true, 1);
    let oper = command.oper();
    let written = client.client.write_many([
        (name("T1LD0/GGIO1$CO$DirectEnh$Oper"), &oper),
        (name("T1LD0/GGIO1$CO$SboEnh$Oper"), &oper),
        (name("T1LD0/GGIO1$CO$Direct$Oper"), &oper),
    ]);
    assert_eq!(
        written.unwrap(),
        [Ok(()), Err(DataAccessError::ObjectAccessDenied), Ok(())]
    );
    assert_eq!(client.message()[0].0, "LastApplError");
    client.ends(&command);
    let events = station.events(5);
    for event in operated(true) {
        assert!(events.contains(&event));
    }
}
