//! Servers.

use super::support::control::Command;
use super::support::{
    NewServer, PATIENCE, attribute, connect, engine_tests, read, started, write, write_error,
};
use super::{lln0, model, operator, output, server};
use chrono::{DateTime, Utc};
use iec61850::*;
use mms::DataAccessError;
use parking_lot::Mutex;
use std::sync::{Arc, mpsc};
use std::time::Instant;

engine_tests!(
    b02_the_object_of_a_control_action,
    b03_the_addresses_of_a_connection,
    b06_report_settings,
    b07_a_time_that_was_read_can_be_written,
    b08_one_handler_for_several_objects,
    b10_a_callback_that_fails_refuses,
    b11_times_and_qualities_are_updated,
    b15_an_element_outlives_its_structure,
    b16_conversions_check_the_type,
    b19_structures_can_be_built_and_written,
    b25_addresses_of_goose_and_sampled_values,
    b27_a_node_of_another_model,
    b29_b41_a_connection_may_be_kept,
    b32_numbers_without_a_name,
    b40_a_server_that_is_dropped_is_gone,
    b42_the_handler_of_report_control_blocks,
    b43_a_port_that_is_taken_is_an_error,
);

/// `ControlAction.get_control_object`.
fn b02_the_object_of_a_control_action(new: NewServer) {
    let model = model();
    let server = server(new, &model);
    let seen = Arc::new(Mutex::new(None));
    let given = seen.clone();
    server
        .register_control_handler(&output(&model, 1), move |_, action, _, _| {
            *given.lock() = Some(action.control_object());
            ControlHandlerResult::Ok
        })
        .unwrap();
    let operator = operator(&server, 1);
    let command = Command::new(true, 1);
    operator.operate(&command).unwrap();
    operator.ends(&command);
    assert_eq!(*seen.lock(), Some(output(&model, 1)));
}

/// The addresses of both ends, exchanged.
fn b03_the_addresses_of_a_connection(new: NewServer) {
    let model = model();
    let server = server(new, &model);
    let (sender, clients) = std::sync::mpsc::channel();
    server.register_connection_change(move |client, connected| {
        if connected {
            sender
                .send((client.local_address(), client.peer_address()))
                .unwrap();
        }
    });
    let _client = connect(&server);
    let (local, peer) = clients.recv_timeout(PATIENCE).unwrap();
    assert_eq!(Some(local), server.local_address());
    assert_ne!(peer.port(), local.port());
}

/// `set_report_setting` and `get_report_setting`.
fn b06_report_settings(new: NewServer) {
    let mut config = IedServerConfig::new();
    config.set_report_setting(ReportSetting::BUF_TIME, false);
    assert!(!config.report_setting(ReportSetting::BUF_TIME));
    assert!(config.report_setting(ReportSetting::TRG_OPS));

    let model = model();
    let options = ReportControlBlockOptions::default();
    let node = lln0(&model);
    node.create_report_control_block("rcb", "id", false, options)
        .unwrap();
    let server = started(new(&model, Some(config)).unwrap());
    let client = connect(&server);
    let block = |name: &str| format!("IED1LD0/LLN0$RP$rcb${name}");
    write_error(&client, &block("BufTm"), MmsValue::Unsigned(10));
    write(&client, &block("IntgPd"), MmsValue::Unsigned(10));
}

/// Times that were read could not be written back.
fn b07_a_time_that_was_read_can_be_written(new: NewServer) {
    let model = model();
    let server = server(new, &model);
    let t = attribute(&model, "IED1LD0/GGIO1.AnIn1.t");
    let time: DateTime<Utc> = "2026-11-26T12:00:00.250Z".parse().unwrap();
    server.update_utc_time(&t, time).unwrap();
    let read = server.get_utc_time(&t).unwrap();
    assert_eq!(read, time);
    server.update_utc_time(&t, read).unwrap();
    assert_eq!(server.get_utc_time(&t).unwrap(), time);
}

/// One function as handler of two objects: the first was freed, and its call crashed.
fn b08_one_handler_for_several_objects(new: NewServer) {
    fn check(
        object: &DataObject,
        _: &ControlAction,
        _: Option<&MmsValue>,
        _: bool,
        _: bool,
    ) -> CheckHandlerResult {
        match object.name() {
            "SPCSO1" => CheckHandlerResult::Accepted,
            _ => CheckHandlerResult::TemporarilyUnavailable,
        }
    }
    let model = model();
    let server = server(new, &model);
    for number in [1, 2, 1, 2] {
        server
            .register_control_static_check_handler(&output(&model, number), check)
            .unwrap();
    }
    let command = Command::new(true, 1);
    for _ in 0..3 {
        let first = operator(&server, 1);
        first.operate(&command).unwrap();
        first.ends(&command);
        let refused = operator(&server, 2).operate(&command);
        assert_eq!(refused, Err(DataAccessError::TemporarilyUnavailable));
    }
}

/// An exception in a callback gave an undefined result: a control that raised was acknowledged.
fn b10_a_callback_that_fails_refuses(new: NewServer) {
    let model = model();
    let groups = lln0(&model).create_setting_group_control_block(1, 3);
    let groups = groups.unwrap();
    let server = server(new, &model);
    server
        .register_active_setting_group_change_handler(&groups, |_, _, _| panic!("on purpose"))
        .unwrap();
    let (one, two) = (output(&model, 1), output(&model, 2));
    server
        .register_control_handler(&one, |_, _, _, _| panic!("a panic on purpose"))
        .unwrap();
    server
        .register_control_static_check_handler(&two, |_, _, _, _, _| panic!("a panic on purpose"))
        .unwrap();
    let limit = attribute(&model, "IED1LD0/GGIO1.Limit.setVal");
    server
        .register_write_handler(&limit, |_, _, _| panic!("a panic on purpose"))
        .unwrap();

    let command = Command::new(true, 1);
    let operator_one = operator(&server, 1);
    operator_one.operate(&command).unwrap();
    assert_eq!(operator_one.fails(&command), ControlAddCause::Unknown);
    assert_eq!(
        operator(&server, 2).operate(&command),
        Err(DataAccessError::HardwareFault)
    );
    let client = connect(&server);
    let refused = write_error(&client, "IED1LD0/GGIO1$SP$Limit$setVal", 5);
    assert_eq!(refused, DataAccessError::ObjectAccessDenied);
    assert_eq!(server.get_int32(&limit).unwrap(), 0);
    let active = "IED1LD0/LLN0$SP$SGCB$ActSG";
    let refused = write_error(&client, active, MmsValue::Unsigned(2));
    assert_eq!(refused, DataAccessError::ObjectAccessDenied);
    assert_eq!(groups.act_sg(), 1);
}

/// `update_timestamp` and `update_quality` failed always.
fn b11_times_and_qualities_are_updated(new: NewServer) {
    let model = model();
    let server = server(new, &model);
    let (q, t) = (
        attribute(&model, "IED1LD0/GGIO1.AnIn1.q"),
        attribute(&model, "IED1LD0/GGIO1.AnIn1.t"),
    );
    let mut time = Timestamp::from_ms(1_700_000_000_000);
    time.set_clock_not_synchronized(true);
    server.update_timestamp(&t, &time).unwrap();
    server.update_quality(&q, Quality::TEST).unwrap();
    assert!(
        server
            .get_timestamp(&t)
            .unwrap()
            .is_clock_not_synchronized()
    );
    assert_eq!(server.get_quality(&q).unwrap(), Quality::TEST);
}

/// Elements of a freed value dangled.
fn b15_an_element_outlives_its_structure(new: NewServer) {
    let element = {
        let structure = MmsValue::Structure(vec![MmsValue::new_visible_string("kept")]);
        structure.get_element(0).unwrap().clone()
    };
    assert_eq!(element.to_string_value(), Ok("kept"));
    let model = model();
    let server = new(&model, None).unwrap();
    let value = server.get_value(&attribute(&model, "IED1LD0/GGIO1.AnIn1.mag"));
    drop(server);
    assert_eq!(
        value,
        Some(MmsValue::Structure(vec![MmsValue::Float32(0.0)]))
    );
}

/// No conversion looked at the type.
fn b16_conversions_check_the_type(new: NewServer) {
    assert!(MmsValue::Float32(1.5).to_int32().is_err());
    assert!(MmsValue::Integer(5).to_string_value().is_err());
    assert!(MmsValue::Integer(5).to_bool().is_err());
    // The octets of a negative number, as a number.
    assert!(MmsValue::Integer(-5).to_uint32().is_err());
    let model = model();
    let server = new(&model, None).unwrap();
    let float = attribute(&model, "IED1LD0/GGIO1.AnIn1.mag.f");
    assert!(server.get_boolean(&float).is_err());
    assert!(server.update_int32(&float, 5).is_err());
    assert!(server.get_utc_time(&float).is_err());
    assert!(server.get_string(&float).is_err());
}

/// No structure could be built.
fn b19_structures_can_be_built_and_written(new: NewServer) {
    let mut value = MmsValue::Structure(vec![MmsValue::from(0), MmsValue::from(false)]);
    value.set_element(1, MmsValue::from(true)).unwrap();
    assert_eq!(value.get_element(1), Ok(&MmsValue::Boolean(true)));
    let model = model();
    let server = server(new, &model);
    let mag = attribute(&model, "IED1LD0/GGIO1.AnIn1.mag");
    let mut value = MmsValue::Structure(vec![MmsValue::Float32(0.0)]);
    value.set_element(0, MmsValue::Float32(2.5)).unwrap();
    server.update_value(&mag, &value).unwrap();
    assert_eq!(read(&connect(&server), "IED1LD0/GGIO1$MX$AnIn1$mag"), value);
}

/// Control blocks of GOOSE and sampled values had no address.
fn b25_addresses_of_goose_and_sampled_values(new: NewServer) {
    let model = model();
    let address = PhyComAddress {
        vlan_priority: 4,
        vlan_id: 5,
        app_id: 0x1000,
        dst_address: [1, 0x0c, 0xcd, 1, 0, 7],
    };
    let options = GooseControlBlockOptions {
        address: Some(address),
        ..Default::default()
    };
    let block = lln0(&model)
        .create_goose_control_block("gocb", "id", options)
        .unwrap();
    assert_eq!(block.address(), Some(address));
    let server = server(new, &model);
    let read = read(&connect(&server), "IED1LD0/LLN0$GO$gocb$DstAddress");
    let expected = MmsValue::OctetString(address.dst_address.to_vec());
    assert_eq!(read.get_element(0), Ok(&expected));
}

/// No node at all crashed the process; here there has to be one, and one of another model is an error.
fn b27_a_node_of_another_model(new: NewServer) {
    let (model, other) = (model(), model());
    let server = new(&model, None).unwrap();
    let foreign = attribute(&other, "IED1LD0/GGIO1.AnIn1.mag.f");
    assert!(matches!(
        server.update_float(&foreign, 1.0),
        Err(Error::WrongKind { .. })
    ));
    assert_eq!(server.get_value(&foreign), None);
    let object = output(&other, 1);
    let handler = |_: &DataObject, _: &ControlAction, _: &MmsValue, _| ControlHandlerResult::Ok;
    assert!(server.register_control_handler(&object, handler).is_err());
}

/// `release` without a claim, and clients that are unknown after they have gone.
fn b29_b41_a_connection_may_be_kept(new: NewServer) {
    let model = model();
    let server = server(new, &model);
    let (sender, changes) = std::sync::mpsc::channel();
    server.register_connection_change(move |client, connected| {
        sender.send((client.clone(), connected)).unwrap();
    });
    let client = connect(&server);
    let (opened, _) = changes.recv_timeout(PATIENCE).unwrap();
    client.conclude().unwrap();
    let (closed, connected) = changes.recv_timeout(PATIENCE).unwrap();
    assert!(!connected);
    assert_eq!(opened, closed);
    assert_eq!(opened.id(), closed.id());
    assert_eq!(Some(opened.local_address()), server.local_address());
    assert!(!opened.abort(), "there is nothing to abort any more");
}

/// Numbers without a name were errors in callbacks; invalid was a part of questionable.
fn b32_numbers_without_a_name(new: NewServer) {
    let model = model();
    let server = server(new, &model);
    let (given, seen) = mpsc::channel();
    server
        .register_control_handler(&output(&model, 1), move |_, action, _, _| {
            given.send(action.originator_category()).unwrap();
            ControlHandlerResult::Ok
        })
        .unwrap();
    let operator = operator(&server, 1);
    let mut command = Command::new(true, 1);
    // The server refuses what the standard does not define, and the handler is not bothered.
    command.or_cat = 77;
    let refused = operator.operate(&command);
    assert_eq!(refused, Err(DataAccessError::ObjectAccessDenied));
    assert!(seen.try_recv().is_err());
    assert_eq!(OrCat::from(77), OrCat::Other(77));
    command.or_cat = OrCat::Process.value();
    operator.operate(&command).unwrap();
    // With normal security the command is executed behind the answer.
    assert_eq!(seen.recv_timeout(PATIENCE), Ok(OrCat::Process));

    let quality = Quality::from_bits_retain(0xffff).with_validity(QualityValidity::Questionable);
    assert_eq!(quality.validity(), QualityValidity::Questionable);
    assert_ne!(quality.validity(), QualityValidity::Invalid);
    assert_eq!(Quality::from_bits_retain(1 << 14).bits(), 1 << 14);
}

/// Nothing was ever freed.
fn b40_a_server_that_is_dropped_is_gone(new: NewServer) {
    let model = model();
    let kept = Arc::new(());
    let server = server(new, &model);
    let address = server.local_address().unwrap();
    let captured = kept.clone();
    server.register_connection_change(move |_, _| drop(captured.clone()));
    let captured = kept.clone();
    server
        .register_control_handler(&output(&model, 1), move |_, _, _, _| {
            drop(captured.clone());
            ControlHandlerResult::Ok
        })
        .unwrap();
    assert!(new(&model, None).is_err(), "one at a time");
    drop(server);
    // Soon, not at once: tasks of the runtime end after it.
    let deadline = Instant::now() + PATIENCE;
    while Arc::strong_count(&kept) > 1 {
        assert!(Instant::now() < deadline, "handlers are still there");
        std::thread::yield_now();
    }
    assert!(std::net::TcpStream::connect(address).is_err());
    // The model can be changed and served again.
    model.set_name("IED2").unwrap();
    new(&model, None).unwrap();
}

/// Bindings that were wrong: the handler of report control blocks was a number.
fn b42_the_handler_of_report_control_blocks(new: NewServer) {
    let model = model();
    let node = lln0(&model);
    let set = node.create_dataset("events").unwrap();
    set.create_dataset_entry("GGIO1$ST$Ind1", None, None)
        .unwrap();
    let options = ReportControlBlockOptions {
        dataset_name: Some("events".into()),
        ..Default::default()
    };
    node.create_report_control_block("rcb", "id", false, options)
        .unwrap();
    let server = server(new, &model);
    let (given, seen) = mpsc::channel();
    server.register_rcb_event_handler(move |event| {
        if event.event == RcbEventType::Enable {
            given.send(event.clone()).unwrap();
        }
    });
    let client = connect(&server);
    write(&client, "IED1LD0/LLN0$RP$rcb$RptEna", true);
    let event = seen.recv_timeout(PATIENCE).unwrap();
    assert_eq!(event.report_control_block.name(), "rcb");
    drop(server);
    assert!(seen.recv().is_err(), "enabled once");
}

/// A port that is taken was silence.
fn b43_a_port_that_is_taken_is_an_error(new: NewServer) {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = new(&model(), None).unwrap();
    let error = server.start_on(other.local_addr().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(!server.is_running());
}
