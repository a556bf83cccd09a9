//! Clients.

use super::model;
use super::support::control::object;
use super::support::{NewServer, PATIENCE, engine_tests};
use iec61850::client::{
    ConnectionOptions, IedConnection, IedConnectionState, RcbElement, ReasonForInclusion,
    SubscribeOptions,
};
use iec61850::{FunctionalConstraint as Fc, IedClientError as Code, *};
use std::sync::mpsc;

engine_tests!(
    b12_time_stamps_are_read,
    b13_data_sets_are_created_and_deleted,
    b20_objects_may_outlive_their_connection,
    b21_an_error_says_what_happened,
    b22_a_connection_is_released,
    b23_the_last_application_error_has_types,
    b24_goose_control_blocks_are_written,
    b28_a_value_that_is_none_is_an_error,
    b36_nothing_to_write_and_subscribing_without_options,
    b37_whether_a_data_set_can_be_deleted,
    b38_an_upload_that_fails_says_so,
    b39_every_attribute_of_a_report_control_block,
);

/// The model of the other tests with a data set, control blocks that use it, and a folder.
fn served(new: NewServer) -> (IedModel, IedServer, tempfile::TempDir) {
    let model = model();
    let node = super::lln0(&model);
    let set = node.create_dataset("Events").unwrap();
    for member in ["GGIO1$ST$Ind1", "GGIO1$MX$AnIn1"] {
        set.create_dataset_entry(member, None, None).unwrap();
    }
    let report = || ReportControlBlockOptions {
        dataset_name: Some("Events".into()),
        conf_rev: 7,
        ..Default::default()
    };
    node.create_report_control_block("urcb01", "unbuffered", false, report())
        .unwrap();
    node.create_report_control_block("brcb01", "buffered", true, report())
        .unwrap();
    let goose = GooseControlBlockOptions {
        dataset_name: Some("Events".into()),
        conf_rev: 1,
        address: Some(PhyComAddress {
            vlan_priority: 4,
            vlan_id: 5,
            app_id: 0x1000,
            dst_address: [1, 0x0c, 0xcd, 1, 0, 7],
        }),
        ..Default::default()
    };
    node.create_goose_control_block("gocb", "id", goose)
        .unwrap();
    let files = tempfile::tempdir().unwrap();
    let mut config = IedServerConfig::new();
    config.set_file_service_base_path(files.path());
    let server = super::support::started(new(&model, Some(config)).unwrap());
    (model, server, files)
}

fn connected(server: &IedServer) -> IedConnection {
    let mut options = ConnectionOptions::new();
    options.connect_timeout = PATIENCE;
    options.request_timeout = PATIENCE;
    let connection = IedConnection::with_options(options);
    let address = server.local_address().unwrap();
    connection
        .connect(&address.ip().to_string(), address.port())
        .unwrap();
    connection
}

/// `read_timestamp` lacked an argument of the C function.
fn b12_time_stamps_are_read(new: NewServer) {
    let (model, server, _files) = served(new);
    let time = Timestamp::from_ms(1_700_000_000_123).with_quality(0x0a);
    let attribute = super::support::attribute(&model, "IED1LD0/GGIO1.Ind1.t");
    server.update_timestamp(&attribute, &time).unwrap();
    let read = connected(&server).read_timestamp("IED1LD0/GGIO1.Ind1.t", Fc::ST);
    assert_eq!(read.unwrap(), time);
}

/// The class instead of the handle was passed, and the list of members aborted the process.
fn b13_data_sets_are_created_and_deleted(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    let members = ["IED1LD0/GGIO1.Ind1.stVal[ST]", "IED1LD0/GGIO1.AnIn1[MX]"];
    for reference in ["IED1LD0/LLN0.mine", "@mine"] {
        connection.create_dataset(reference, &members).unwrap();
        let directory = connection.get_dataset_directory(reference).unwrap();
        assert_eq!(directory.entries, members);
        connection.delete_dataset(reference).unwrap();
        assert!(connection.get_dataset_directory(reference).is_err());
    }
}

/// A control object that was freed behind its connection aborted the process.
fn b20_objects_may_outlive_their_connection(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    let control = connection.read_control("IED1LD0/GGIO1.SPCSO1").unwrap();
    let rcb = connection.read_rcb("IED1LD0/LLN0.RP.urcb01").unwrap();
    let set = connection.read_dataset("IED1LD0/LLN0.Events").unwrap();
    drop(connection);
    assert_eq!(control.connection().state(), IedConnectionState::Connected);
    control.connection().close();
    let error = control.operate(true, None).unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionLost));
    drop(server);
    drop((set, rcb));
    drop(control);
}

/// The text of an exception had no message.
fn b21_an_error_says_what_happened(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    let error = connection
        .read_boolean("IED1LD0/GGIO1.None.stVal", Fc::ST)
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("IED1LD0/GGIO1.None.stVal[ST]"), "{text}");
    assert!(
        text.contains("non-existent") || text.contains("does not exist"),
        "{text}"
    );
}

/// `release` lacked an argument.
fn b22_a_connection_is_released(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    connection.release().unwrap();
    assert_eq!(connection.state(), IedConnectionState::Closed);
    let error = connection.release().unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionLost));
}

/// `get_last_appl_error` gave the structure of C.
fn b23_the_last_application_error_has_types(new: NewServer) {
    let (model, server, _files) = served(new);
    server
        .register_control_static_check_handler(
            &object(&model, "IED1LD0/GGIO1.SPCSO1"),
            |_, action, _, _, _| {
                action.set_add_cause(ControlAddCause::BlockedBySwitchingHierarchy);
                CheckHandlerResult::ObjectAccessDenied
            },
        )
        .unwrap();
    let connection = connected(&server);
    let control = connection.read_control("IED1LD0/GGIO1.SPCSO1").unwrap();
    let error = control.operate(true, None).unwrap_err();
    let said = error.last_appl_error().unwrap();
    assert_eq!(said, control.last_appl_error());
    assert_eq!(said, connection.last_appl_error());
    assert_eq!(said.ctl_num, 1);
    assert_eq!(said.add_cause, ControlAddCause::BlockedBySwitchingHierarchy);
}

/// `set_gocb_values` had an argument too many.
fn b24_goose_control_blocks_are_written(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    let mut block = connection.read_gocb("IED1LD0/LLN0.gocb").unwrap();
    assert!(!block.go_ena());
    block.set_go_ena(true);
    connection.set_gocb_values(&mut block, false).unwrap();
    connection.update_gocb_values(&mut block).unwrap();
    assert!(block.go_ena());
}

/// An access error was returned as a value.
fn b28_a_value_that_is_none_is_an_error(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    for (reference, fc) in [
        ("IED1LD0/GGIO1.None", Fc::ST),
        ("IED1LD0/GGIO1.Ind1", Fc::MX),
        ("None/GGIO1.Ind1", Fc::ST),
    ] {
        let error = connection.read_value(reference, fc).unwrap_err();
        assert_eq!(error.code(), Some(Code::ObjectDoesNotExist), "{reference}");
    }
}

/// An empty mask was an error of C's, so that `subscribe()` without options failed.
fn b36_nothing_to_write_and_subscribing_without_options(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    let mut values = connection
        .read_rcb_values("IED1LD0/LLN0.RP.urcb01")
        .unwrap();
    assert_eq!(values.element_changed(), RcbElement::empty());
    connection.set_rcb_values(&mut values, true).unwrap();
    connection.set_rcb_values(&mut values, false).unwrap();

    let mut rcb = connection.read_rcb("IED1LD0/LLN0.RP.urcb01").unwrap();
    let (reports, received) = mpsc::channel();
    rcb.on_report(move |report| reports.send(report.clone()).unwrap());
    rcb.subscribe(SubscribeOptions::new()).unwrap();
    rcb.trigger_gi().unwrap();
    let report = received.recv_timeout(PATIENCE).unwrap();
    assert_eq!(report.rcb_reference(), "IED1LD0/LLN0.RP.urcb01");
    rcb.update_values().unwrap();
    assert!(rcb.rpt_ena());
}

/// `is_deletable` was lost.
fn b37_whether_a_data_set_can_be_deleted(new: NewServer) {
    let (_model, server, _files) = served(new);
    let connection = connected(&server);
    let of = |reference| {
        connection
            .get_dataset_directory(reference)
            .unwrap()
            .is_deletable
    };
    assert!(!of("IED1LD0/LLN0.Events"));
    connection
        .create_dataset("IED1LD0/LLN0.mine", &["IED1LD0/GGIO1.Ind1[ST]"])
        .unwrap();
    assert!(of("IED1LD0/LLN0.mine"));
}

/// The error of `upload_file` was ignored.
fn b38_an_upload_that_fails_says_so(new: NewServer) {
    let (_model, server, files) = served(new);
    let connection = connected(&server);
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("up.txt"), "content").unwrap();
    connection.set_filestore_basepath(here.path());
    connection.upload_file("up.txt", "taken.txt").unwrap();
    let taken = std::fs::read(files.path().join("taken.txt")).unwrap();
    assert_eq!(taken, b"content");
    assert!(connection.upload_file("none.txt", "x.txt").is_err());
    let error = connection.upload_file("up.txt", "../x.txt").unwrap_err();
    assert!(error.code().is_some(), "{error}");
    assert!(!files.path().join("x.txt").exists());
}

/// Getters that failed, and an entry time that was a number.
fn b39_every_attribute_of_a_report_control_block(new: NewServer) {
    let (model, server, _files) = served(new);
    let connection = connected(&server);
    let mut rcb = connection.read_rcb("IED1LD0/LLN0.BR.brcb01").unwrap();
    let (reports, received) = mpsc::channel();
    rcb.on_report(move |report| reports.send(report.clone()).unwrap());
    let options = SubscribeOptions::new()
        .with_opt_flds(ReportOptions::ALL - ReportOptions::SEGMENTATION)
        .with_trg_ops(TriggerOptions::DATA_CHANGED);
    rcb.subscribe(options).unwrap();
    let before = chrono::Utc::now() - chrono::TimeDelta::hours(1);
    let indication = super::support::attribute(&model, "IED1LD0/GGIO1.Ind1.stVal");
    server.update_boolean(&indication, true).unwrap();
    let report = received.recv_timeout(PATIENCE).unwrap();
    assert_eq!(
        report.reason_for_inclusion(0),
        ReasonForInclusion::DATA_CHANGE
    );
    assert!(report.timestamp().unwrap() > before);
    rcb.update_values().unwrap();
    assert_eq!(
        rcb.opt_flds() - ReportOptions::SEGMENTATION,
        ReportOptions::ALL - ReportOptions::SEGMENTATION
    );
    assert_eq!(rcb.trg_ops(), TriggerOptions::DATA_CHANGED);
    assert_eq!((rcb.rpt_id(), rcb.conf_rev()), ("buffered", 7));
    assert_eq!(rcb.entry_id(), report.entry_id());
    assert!(rcb.entry_time().unwrap() > before);
}
