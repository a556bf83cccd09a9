//! What a model shows of its commands, and the attributes that say how an object is controlled.

use super::{Station, until};
use crate::support::control::{Command, Operator};
use crate::support::{
    NewServer, attribute, connect, engine_tests, read, started, write, write_error,
};
use iec61850::{
    AccessPolicy, CheckHandlerResult, ControlAddCause as Cause, ControlHandlerResult, ControlModel,
    FunctionalConstraint as Fc, IedServer, Timestamp,
};
use mms::{BitString, DataAccessError, MmsValue};

engine_tests!(
    the_state_of_a_command,
    a_selection_that_ends_with_its_client_is_not_reported_to_it,
    a_command_that_is_refused,
    commands_can_be_read,
    the_application_changes_the_model,
    a_client_changes_the_model,
);

fn flag(server: &IedServer, station: &Station, name: &str) -> bool {
    let reference = format!("T1LD0/GGIO1.SboEnh.{name}");
    server
        .get_boolean(&attribute(&station.model, &reference))
        .unwrap()
}

fn the_state_of_a_command(new: NewServer) {
    let station = Station::new(new);
    let server = &station.server;
    let (release, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = parking_lot::Mutex::new(Some(wait));
    server
        .register_control_handler_async(&station.object("SboEnh"), move |_, _, _, _| {
            let wait = wait.lock().take().unwrap();
            async move {
                wait.await.unwrap();
                ControlHandlerResult::Ok
            }
        })
        .unwrap();
    let states = || ["stSeld", "opRcvd", "opOk"].map(|name| flag(server, &station, name));
    let client = station.operator("SboEnh");
    let command = Command {
        or_cat: 2,
        ..Command::new(true, 77)
    };
    let shown = |name: &str| read(&client.client, &format!("T1LD0/GGIO1$ST$SboEnh${name}"));
    let origin = MmsValue::Structure(vec![2.into(), MmsValue::OctetString(b"test".to_vec())]);
    assert_eq!(states(), [false; 3]);
    client.select_with_value(&command).unwrap();
    assert_eq!(states(), [true, false, false]);
    assert_eq!(shown("origin"), origin);
    assert_eq!(shown("ctlNum"), MmsValue::Unsigned(77));
    let before = Timestamp::now().time_in_ms();
    client.operate(&command).unwrap();
    assert_eq!(states(), [true; 3]);
    let accepted = attribute(&station.model, "T1LD0/GGIO1.SboEnh.tOpOk");
    let accepted = server.get_timestamp(&accepted).unwrap().time_in_ms();
    assert!((before..=Timestamp::now().time_in_ms()).contains(&accepted));
    release.send(()).unwrap();
    client.ends(&command);
    until(|| states() == [false; 3]);
    assert_eq!(shown("origin"), origin);
}

fn a_selection_that_ends_with_its_client_is_not_reported_to_it(new: NewServer) {
    let model = super::model();
    let device = model.logical_device_by_instance("LD0").unwrap();
    let node = device.logical_node("GGIO1").unwrap();
    let set = node.create_dataset("Shown").unwrap();
    set.create_dataset_entry("GGIO1$ST$SboEnh", None, None)
        .unwrap();
    let options = iec61850::ReportControlBlockOptions {
        dataset_name: Some("Shown".into()),
        ..Default::default()
    };
    node.create_report_control_block("urcb01", "", false, options)
        .unwrap();
    let server = started(new(&model, None).unwrap());
    let client = Operator::new(connect(&server), &super::reference("SboEnh"));
    write(&client.client, "T1LD0/GGIO1$RP$urcb01$RptEna", true);
    client.select_with_value(&Command::new(true, 1)).unwrap();
    let other = connect(&server);
    let number = || read(&other, "T1LD0/GGIO1$RP$urcb01$SqNum");
    // The selection itself is.
    until(|| number() != MmsValue::Unsigned(0));
    let before = number();
    drop(client);
    let shown = |what: &str| read(&other, &format!("T1LD0/GGIO1${what}"));
    until(|| shown("RP$urcb01$RptEna") == MmsValue::Boolean(false));
    until(|| shown("ST$SboEnh$stSeld") == MmsValue::Boolean(false));
    assert_eq!(number(), before);
}

fn a_command_that_is_refused(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("Direct");
    let number = || read(&client.client, "T1LD0/GGIO1$ST$Direct$ctlNum");
    // Refused by the check, it is still the last command the object has got.
    station.script(|script| script.check = CheckHandlerResult::ObjectAccessDenied);
    assert!(client.operate(&Command::new(true, 5)).is_err());
    assert_eq!(number(), MmsValue::Unsigned(5));
    // A command that never came so far leaves no trace.
    let unknown = Command {
        or_cat: 9,
        ..Command::new(true, 6)
    };
    assert!(client.operate(&unknown).is_err());
    assert_eq!(number(), MmsValue::Unsigned(5));
}

fn commands_can_be_read(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("SboEnh");
    let command = Command::new(true, 9);
    let part = |part: &str| read(&client.client, &format!("T1LD0/GGIO1$CO$SboEnh${part}"));
    let untouched = MmsValue::Structure(vec![
        false.into(),
        MmsValue::Structure(vec![0.into(), MmsValue::OctetString(Vec::new())]),
        MmsValue::Unsigned(0),
        Timestamp::default().into(),
        false.into(),
        BitString::new(2).into(),
    ]);
    assert_eq!(part("SBOw"), untouched);
    assert_eq!(part("Oper"), untouched);
    client.select_with_value(&command).unwrap();
    assert_eq!(part("SBOw"), command.oper());
    assert_eq!(part("Oper"), untouched);
    client.operate(&command).unwrap();
    client.ends(&command);
    assert_eq!(part("Oper"), command.oper());
}

fn the_application_changes_the_model(new: NewServer) {
    let station = Station::new(new);
    let (server, object) = (&station.server, station.object("SboEnh"));
    let client = station.operator("SboEnh");
    let command = Command::new(true, 1);
    assert!(client.operate(&command).is_err());
    assert_eq!(client.cause("Oper", &command), Cause::ObjectNotSelected);
    server
        .update_ctl_model(&object, ControlModel::DirectNormal)
        .unwrap();
    let number = read(&client.client, "T1LD0/GGIO1$CF$SboEnh$ctlModel");
    assert_eq!(number, 1.into());
    client.operate(&command).unwrap();
    station.events(3);
    assert!(client.silent());
    server
        .update_ctl_model(&object, ControlModel::DirectEnhanced)
        .unwrap();
    client.operate(&command).unwrap();
    client.ends(&command);
    // The attribute decides, whoever changes it.
    let attribute = attribute(&station.model, "T1LD0/GGIO1.SboEnh.ctlModel");
    server.update_int32(&attribute, 4).unwrap();
    client.select_with_value(&command).unwrap();
}

fn a_client_changes_the_model(new: NewServer) {
    let station = Station::new(new);
    let client = station.operator("DirectEnh");
    let item = "T1LD0/GGIO1$CF$DirectEnh$ctlModel";
    let error = write_error(&client.client, item, 1);
    assert_eq!(error, DataAccessError::ObjectAccessDenied);
    let server = &station.server;
    server
        .set_default_write_policy(Fc::CF, AccessPolicy::Allow)
        .unwrap();
    let command = Command::new(true, 1);
    write(&client.client, item, 1);
    client.operate(&command).unwrap();
    station.events(3);
    assert!(client.silent());
    write(&client.client, item, 3);
    client.operate(&command).unwrap();
    client.ends(&command);
    // A number that is no control model.
    write(&client.client, item, 77);
    let denied = Err(DataAccessError::ObjectAccessDenied);
    assert_eq!(client.operate(&command), denied);
}
