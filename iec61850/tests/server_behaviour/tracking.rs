//! Service tracking (IEC 61850-7-2): objects of LTRK show what a client has asked for.

use crate::support::control::{Command, Operator};
use crate::support::{
    NewServer, connect, engine_tests, name, patience, read, started, write, write_error,
};
use iec61850::{
    CdcControlModelOptions as Options, CdcFactory, CdcOptions, CheckHandlerResult,
    ControlAddCause as Cause, ControlHandlerResult, DataAttributeType as Ty, DataSetOperation,
    FunctionalConstraint as Fc, GooseControlBlockOptions, IedModel, IedServer,
    LogControlBlockOptions, LogicalNode, ReportControlBlockOptions, SvControlBlockOptions,
    TriggerOptions,
};
use mms::client::blocking::Client;
use mms::{BitString, DataAccessError, MmsValue, ObjectName};
use std::sync::mpsc::channel;

engine_tests!(
    report_control_blocks,
    goose_and_sampled_value_control_blocks,
    log_control_blocks,
    setting_group_control_blocks,
    data_that_are_written,
    data_sets,
    a_direct_command_and_its_end,
    refused_commands,
    selecting_and_cancelling,
    which_class_has_which_object,
    the_logical_device_of_the_object_comes_first,
    what_is_tracked_is_reported,
    handlers_that_deny_are_tracked,
);

const COMMON: [(&str, Ty); 5] = [
    ("objRef", Ty::VisibleString129),
    ("serviceType", Ty::Enumerated),
    ("errorCode", Ty::Enumerated),
    ("originatorID", Ty::OctetString64),
    ("t", Ty::Timestamp),
];

const NO_ERROR: i32 = 0;
const VIOLATION: i32 = 3;
const NOT_NOW: i32 = 4;
const INAPPROPRIATE: i32 = 5;

/// A tracking object with the common attributes and these.
fn tracker(node: &LogicalNode, name: &str, attributes: &[(&str, Ty)]) -> iec61850::DataObject {
    let object = node.create_data_object(name, 0).unwrap();
    for (name, ty) in COMMON.iter().chain(attributes) {
        let trigger = TriggerOptions::DATA_UPDATE;
        object
            .create_data_attribute(name, *ty, Fc::SR, trigger, 0, 0)
            .unwrap();
    }
    object
}

/// The attributes of commands with this value.
fn command_tracker(node: &LogicalNode, name: &str, value: Ty) {
    let object = tracker(
        node,
        name,
        &[
            ("ctlVal", value),
            ("ctlNum", Ty::Int8U),
            ("T", Ty::Timestamp),
            ("Test", Ty::Boolean),
            ("Check", Ty::Check),
            ("respAddCause", Ty::Enumerated),
        ],
    );
    let add = |name: &str, ty: Ty| {
        let none = TriggerOptions::empty();
        object.create_data_attribute(name, ty, Fc::SR, none, 0, 0)
    };
    let origin = add("origin", Ty::Constructed).unwrap();
    for (name, ty) in [("orCat", Ty::Enumerated), ("orIdent", Ty::OctetString64)] {
        let none = TriggerOptions::empty();
        origin
            .create_data_attribute(name, ty, Fc::SR, none, 0, 0)
            .unwrap();
    }
}

fn trackers(node: &LogicalNode) {
    tracker(node, "GenTrk", &[]);
    let report = [
        ("rptID", Ty::VisibleString129),
        ("rptEna", Ty::Boolean),
        ("datSet", Ty::VisibleString129),
        ("confRev", Ty::Int32U),
        ("optFlds", Ty::OptFlds),
        ("bufTm", Ty::Int32U),
        ("sqNum", Ty::Int16U),
        ("trgOps", Ty::TrgOps),
        ("intgPd", Ty::Int32U),
        ("gi", Ty::Boolean),
    ];
    let buffered = [
        ("purgeBuf", Ty::Boolean),
        ("entryID", Ty::OctetString8),
        ("timeOfEntry", Ty::EntryTime),
        ("resvTms", Ty::Int16),
    ];
    tracker(
        node,
        "UrcbTrk",
        &[&report[..], &[("resv", Ty::Boolean)]].concat(),
    );
    tracker(node, "BrcbTrk", &[&report[..], &buffered].concat());
    let goose = [("goEna", Ty::Boolean), ("goID", Ty::VisibleString129)];
    let address = [("dstAddress", Ty::PhyComAddr)];
    tracker(node, "GocbTrk", &[&goose[..], &address].concat());
    let sampled = [("svEna", Ty::Boolean), ("smpRate", Ty::Int16U)];
    tracker(
        node,
        "MsvcbTrk",
        &[&sampled[..], &[("msvID", Ty::VisibleString129)]].concat(),
    );
    tracker(
        node,
        "UsvcbTrk",
        &[&sampled[..], &[("usvID", Ty::VisibleString129)]].concat(),
    );
    let log = [("intgPd", Ty::Int32U), ("logRef", Ty::VisibleString129)];
    tracker(node, "LocbTrk", &log);
    let groups = [
        ("numOfSG", Ty::Int8U),
        ("actSG", Ty::Int8U),
        ("editSG", Ty::Int8U),
        ("cnfEdit", Ty::Boolean),
    ];
    tracker(node, "SgcbTrk", &groups);
    for (name, value) in [
        ("SpcTrk", Ty::Boolean),
        ("DpcTrk", Ty::Boolean),
        ("IncTrk", Ty::Int32),
        ("EncTrk1", Ty::Enumerated),
        ("BscTrk", Ty::CodedEnum),
        ("IscTrk", Ty::Int8),
        ("BacTrk", Ty::CodedEnum),
    ] {
        command_tracker(node, name, value);
    }
    for name in ["ApcFTrk", "ApcIntTrk"] {
        tracker(node, name, &[("respAddCause", Ty::Enumerated)]);
    }
}

/// `K1LD0` has LTRK1, data and control blocks, and `K1LD1` data only.
fn model() -> IedModel {
    let model = IedModel::new("K1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    let lln0 = device.create_logical_node("LLN0").unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let none = CdcOptions::empty();
    node.create_cdc_asg("Limit", false, none).unwrap();
    let group = node.create_data_object("Group", 0).unwrap();
    for fc in [Fc::SG, Fc::SE] {
        let trigger = TriggerOptions::empty();
        group
            .create_data_attribute("setVal", Ty::Int32, fc, trigger, 0, 0)
            .unwrap();
    }
    for (name, options) in [
        ("Direct", Options::MODEL_DIRECT_ENHANCED),
        ("Sbo", Options::MODEL_SBO_NORMAL | Options::MODEL_HAS_CANCEL),
        ("SboEnh", Options::MODEL_SBO_ENHANCED),
    ] {
        node.create_cdc_spc(name, none, options).unwrap();
    }
    let direct = Options::MODEL_DIRECT_NORMAL;
    node.create_cdc_dpc("Dpc", none, direct).unwrap();
    node.create_cdc_inc("Inc", none, direct).unwrap();
    node.create_cdc_enc("Enc", none, direct).unwrap();
    node.create_cdc_bsc("Bsc", false, none, direct).unwrap();
    node.create_cdc_isc("Isc", false, none, direct).unwrap();
    node.create_cdc_apc("ApcF", false, none, direct).unwrap();
    node.create_cdc_apc("ApcInt", true, none, direct).unwrap();
    node.create_cdc_bac("Bac", false, none, direct).unwrap();
    let set = lln0.create_dataset("Set").unwrap();
    set.create_dataset_entry("GGIO1$SP$Limit$setMag$f", None, None)
        .unwrap();
    trackers(&device.create_logical_node("LTRK1").unwrap());
    let tracked = lln0.create_dataset("Tracked").unwrap();
    tracked
        .create_dataset_entry("LTRK1$SR$GenTrk", None, None)
        .unwrap();
    let report = |set: &str| ReportControlBlockOptions {
        dataset_name: Some(set.to_owned()),
        trg_ops: TriggerOptions::DATA_UPDATE,
        buf_tm: std::time::Duration::ZERO,
        ..Default::default()
    };
    for (name, set, is_buffered) in [
        ("urcb", "Set", false),
        ("brcb", "Set", true),
        ("tracked", "Tracked", false),
    ] {
        lln0.create_report_control_block(name, "id", is_buffered, report(set))
            .unwrap();
    }
    let goose = GooseControlBlockOptions {
        dataset_name: Some("Set".into()),
        ..Default::default()
    };
    lln0.create_goose_control_block("gocb", "events", goose)
        .unwrap();
    for (name, is_unicast) in [("msvcb", false), ("usvcb", true)] {
        let options = SvControlBlockOptions {
            dataset_name: Some("Set".into()),
            is_unicast,
            ..Default::default()
        };
        lln0.create_sv_control_block(name, "samples", options)
            .unwrap();
    }
    lln0.create_log("Log").unwrap();
    let log = LogControlBlockOptions {
        dataset_name: Some("Set".into()),
        log_ref: Some("LD0/LLN0$Log".into()),
        ..Default::default()
    };
    lln0.create_log_control_block("lcb", log).unwrap();
    lln0.create_setting_group_control_block(1, 3).unwrap();
    let device = model.create_logical_device("LD1", None).unwrap();
    device.create_logical_node("LLN0").unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    node.create_cdc_asg("Limit", false, none).unwrap();
    model
}

fn station(new: NewServer) -> (IedModel, IedServer) {
    let model = model();
    let server = started(new(&model, None).unwrap());
    (model, server)
}

fn of(client: &Client, object: &str, attribute: &str) -> MmsValue {
    read(client, &format!("K1LD0/LTRK1$SR${object}${attribute}"))
}

/// Reference, service and error of a tracking object.
fn tracked(client: &Client, object: &str) -> (String, i32, i32) {
    let number = |attribute| of(client, object, attribute).to_int32().unwrap();
    let reference = of(client, object, "objRef");
    let reference = reference.to_string_value().unwrap().to_owned();
    (reference, number("serviceType"), number("errorCode"))
}

fn expected(reference: &str, service: i32, error: i32) -> (String, i32, i32) {
    (reference.to_owned(), service, error)
}

fn text(text: &str) -> MmsValue {
    MmsValue::VisibleString(text.to_owned())
}

fn localhost() -> MmsValue {
    MmsValue::OctetString(vec![127, 0, 0, 1])
}

fn report_control_blocks(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    let before = tracked(&client, "UrcbTrk");
    assert_eq!(before, expected("", 0, 0));
    let urcb = "K1LD0/LLN0$RP$urcb";
    write(&client, &format!("{urcb}$BufTm"), MmsValue::Unsigned(70));
    let reference = "K1LD0/LLN0.urcb";
    assert_eq!(
        tracked(&client, "UrcbTrk"),
        expected(reference, 26, NO_ERROR)
    );
    assert_eq!(of(&client, "UrcbTrk", "originatorID"), localhost());
    let t = of(&client, "UrcbTrk", "t").to_timestamp().unwrap();
    assert!(t.time_in_ms() > 1_700_000_000_000);
    // All attributes, with the one that was written.
    for (attribute, value) in [
        ("bufTm", MmsValue::Unsigned(70)),
        ("rptID", text("id")),
        ("rptEna", false.into()),
        ("datSet", text("K1LD0/LLN0$Set")),
        ("confRev", MmsValue::Unsigned(1)),
        ("trgOps", MmsValue::BitString(BitString::from_integer(6, 8))),
        ("resv", true.into()),
    ] {
        assert_eq!(of(&client, "UrcbTrk", attribute), value, "{attribute}");
    }
    // A refused write shows what the client wanted.
    let missing = text("K1LD0/LLN0$None");
    write_error(&client, &format!("{urcb}$DatSet"), missing.clone());
    let refused = expected(reference, 26, INAPPROPRIATE);
    assert_eq!(tracked(&client, "UrcbTrk"), refused);
    assert_eq!(of(&client, "UrcbTrk", "datSet"), missing);
    write(&client, &format!("{urcb}$RptEna"), true);
    assert_eq!(of(&client, "UrcbTrk", "rptEna"), true.into());
    assert_eq!(of(&client, "UrcbTrk", "datSet"), text("K1LD0/LLN0$Set"));
    write_error(&client, &format!("{urcb}$BufTm"), MmsValue::Unsigned(9));
    assert_eq!(
        tracked(&client, "UrcbTrk"),
        expected(reference, 26, NOT_NOW)
    );
    write_error(&client, &format!("{urcb}$SqNum"), MmsValue::Unsigned(9));
    assert_eq!(of(&client, "UrcbTrk", "sqNum"), MmsValue::Unsigned(9));
    write(&client, &format!("{urcb}$GI"), true);
    assert_eq!(of(&client, "UrcbTrk", "gi"), true.into());
    // Nothing of this concerned a buffered one.
    assert_eq!(tracked(&client, "BrcbTrk"), expected("", 0, 0));
    write(&client, "K1LD0/LLN0$BR$brcb$ResvTms", 30);
    let reference = "K1LD0/LLN0.brcb";
    assert_eq!(
        tracked(&client, "BrcbTrk"),
        expected(reference, 24, NO_ERROR)
    );
    assert_eq!(of(&client, "BrcbTrk", "resvTms"), 30.into());
    let entry = read(&client, "K1LD0/LLN0$BR$brcb$EntryID");
    assert_eq!(of(&client, "BrcbTrk", "entryID"), entry);
}

fn goose_and_sampled_value_control_blocks(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    write(&client, "K1LD0/LLN0$GO$gocb$GoEna", true);
    let goose = expected("K1LD0/LLN0.gocb", 34, NO_ERROR);
    assert_eq!(tracked(&client, "GocbTrk"), goose);
    assert_eq!(of(&client, "GocbTrk", "goEna"), true.into());
    assert_eq!(of(&client, "GocbTrk", "goID"), text("events"));
    let address = read(&client, "K1LD0/LLN0$GO$gocb$DstAddress");
    assert_eq!(of(&client, "GocbTrk", "dstAddress"), address);
    for (fc, block, object, service, id) in [
        ("MS", "msvcb", "MsvcbTrk", 39, "msvID"),
        ("US", "usvcb", "UsvcbTrk", 42, "usvID"),
    ] {
        write(&client, &format!("K1LD0/LLN0${fc}${block}$SvEna"), true);
        let reference = format!("K1LD0/LLN0.{block}");
        let expected = expected(&reference, service, NO_ERROR);
        assert_eq!(tracked(&client, object), expected);
        assert_eq!(of(&client, object, "svEna"), true.into());
        assert_eq!(of(&client, object, id), text("samples"));
        let rate = read(&client, &format!("K1LD0/LLN0${fc}${block}$SmpRate"));
        let tracked = of(&client, object, "smpRate").to_int64().unwrap();
        assert_eq!(tracked, rate.to_int64().unwrap());
        assert_ne!(tracked, 0);
    }
}

fn log_control_blocks(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    write(&client, "K1LD0/LLN0$LG$lcb$LogEna", false);
    let period = MmsValue::Unsigned(60_000);
    write(&client, "K1LD0/LLN0$LG$lcb$IntgPd", period.clone());
    let reference = "K1LD0/LLN0.lcb";
    assert_eq!(
        tracked(&client, "LocbTrk"),
        expected(reference, 28, NO_ERROR)
    );
    assert_eq!(of(&client, "LocbTrk", "intgPd"), period);
    let log = read(&client, "K1LD0/LLN0$LG$lcb$LogRef");
    assert_eq!(of(&client, "LocbTrk", "logRef"), log);
    write_error(&client, "K1LD0/LLN0$LG$lcb$LogRef", text("K1LD0/LLN0$None"));
    let refused = expected(reference, 28, INAPPROPRIATE);
    assert_eq!(tracked(&client, "LocbTrk"), refused);
}

fn setting_group_control_blocks(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    let reference = "K1LD0/LLN0.SGCB";
    let shown = |attribute| of(&client, "SgcbTrk", attribute);
    let field = |field: &str| format!("K1LD0/LLN0$SP$SGCB${field}");
    let group = MmsValue::Unsigned;
    write_error(&client, &field("ActSG"), group(9));
    let refused = expected(reference, 16, INAPPROPRIATE);
    assert_eq!(tracked(&client, "SgcbTrk"), refused);
    assert_eq!(shown("actSG"), group(9));
    assert_eq!(shown("numOfSG"), group(3));
    for (name, value, attribute, service) in [
        ("ActSG", group(2), "actSG", 16),
        ("EditSG", group(3), "editSG", 17),
    ] {
        write(&client, &field(name), value.clone());
        let done = expected(reference, service, NO_ERROR);
        assert_eq!(tracked(&client, "SgcbTrk"), done);
        assert_eq!(shown(attribute), value);
    }
    write(&client, "K1LD0/GGIO1$SE$Group$setVal", 5);
    let edited = expected("K1LD0/GGIO1.Group.setVal", 18, NO_ERROR);
    assert_eq!(tracked(&client, "SgcbTrk"), edited);
    write(&client, &field("CnfEdit"), true);
    let confirmed = expected(reference, 19, NO_ERROR);
    assert_eq!(tracked(&client, "SgcbTrk"), confirmed);
    assert_eq!(shown("cnfEdit"), true.into());
    assert_eq!(shown("editSG"), group(0));
}

fn data_that_are_written(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    write(&client, "K1LD0/GGIO1$SP$Limit$setMag$f", 5.0_f32);
    let reference = "K1LD0/GGIO1.Limit.setMag.f";
    assert_eq!(tracked(&client, "GenTrk"), expected(reference, 8, NO_ERROR));
    assert_eq!(of(&client, "GenTrk", "originatorID"), localhost());
    write_error(&client, "K1LD0/GGIO1$ST$Dpc$q", true);
    let (reference, service, error) = tracked(&client, "GenTrk");
    assert_eq!((&*reference, service), ("K1LD0/GGIO1.Dpc.q", 8));
    assert_ne!(error, NO_ERROR);
    // Of several variables, the last one.
    let writes = [
        (name("K1LD0/GGIO1$SP$Limit$setMag$f"), &6.0_f32.into()),
        (name("K1LD0/GGIO1$ST$Dpc$stVal"), &MmsValue::Integer(1)),
    ];
    client.write_many(writes).unwrap();
    let (reference, ..) = tracked(&client, "GenTrk");
    assert_eq!(reference, "K1LD0/GGIO1.Dpc.stVal");
}

fn data_sets(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    let member = || [name("K1LD0/GGIO1$SP$Limit$setMag$f")];
    let own = name("K1LD0/LLN0$Own");
    client.define_named_variable_list(own, member()).unwrap();
    let created = expected("K1LD0/LLN0.Own", 13, NO_ERROR);
    assert_eq!(tracked(&client, "GenTrk"), created);
    client
        .define_named_variable_list(own, member())
        .unwrap_err();
    let there = expected("K1LD0/LLN0.Own", 13, 2);
    assert_eq!(tracked(&client, "GenTrk"), there);
    client.write_list(own, &[7.0_f32.into()]).unwrap();
    let written = expected("K1LD0/LLN0.Own", 12, NO_ERROR);
    assert_eq!(tracked(&client, "GenTrk"), written);
    client.write_list(own, &[true.into()]).unwrap();
    let conflict = expected("K1LD0/LLN0.Own", 12, 10);
    assert_eq!(tracked(&client, "GenTrk"), conflict);
    let delete = |set: ObjectName<'_>| client.delete_named_variable_lists(&[set]).unwrap();
    delete(own);
    let deleted = expected("K1LD0/LLN0.Own", 14, NO_ERROR);
    assert_eq!(tracked(&client, "GenTrk"), deleted);
    delete(own);
    assert_eq!(
        tracked(&client, "GenTrk"),
        expected("K1LD0/LLN0.Own", 14, 1)
    );
    delete(name("K1LD0/LLN0$Set"));
    let of_the_model = expected("K1LD0/LLN0.Set", 14, VIOLATION);
    assert_eq!(tracked(&client, "GenTrk"), of_the_model);
    let association = ObjectName::Association("Mine");
    client
        .define_named_variable_list(association, member())
        .unwrap();
    assert_eq!(tracked(&client, "GenTrk"), expected("@Mine", 13, NO_ERROR));
}

/// Waits until the object shows this service: it is shown after the message about it has left.
fn until(client: &Client, object: &str, expected: &(String, i32, i32)) {
    let deadline = std::time::Instant::now() + patience();
    while tracked(client, object) != *expected {
        assert!(std::time::Instant::now() < deadline, "{expected:?}");
        std::thread::yield_now();
    }
}

fn cause(client: &Client, object: &str) -> Cause {
    Cause::from_value(of(client, object, "respAddCause").to_int32().unwrap())
}

fn a_direct_command_and_its_end(new: NewServer) {
    let (model, server) = station(new);
    let object = model.node_by_reference("K1LD0/GGIO1.Direct").unwrap();
    let object = object.into_data_object().unwrap();
    let (go, wait) = channel::<ControlHandlerResult>();
    let wait = parking_lot::Mutex::new(wait);
    server
        .register_control_handler(&object, move |_, _, _, _| wait.lock().recv().unwrap())
        .unwrap();
    let operator = Operator::new(connect(&server), "K1LD0/GGIO1$CO$Direct");
    let client = connect(&server);
    let mut command = Command::new(true, 7);
    command.check = 2;
    operator.operate(&command).unwrap();
    let reference = "K1LD0/GGIO1.Direct";
    assert_eq!(
        tracked(&client, "SpcTrk"),
        expected(reference, 46, NO_ERROR)
    );
    assert_eq!(cause(&client, "SpcTrk"), Cause::None);
    let MmsValue::Structure(parts) = command.oper() else {
        panic!("{command:?}", command = command.oper());
    };
    let names = ["ctlVal", "origin", "ctlNum", "T", "Test", "Check"];
    for (name, value) in names.into_iter().zip(parts) {
        assert_eq!(of(&client, "SpcTrk", name), value, "{name}");
    }
    // Who gives commands says so in them.
    let ident = MmsValue::OctetString(command.or_ident.to_vec());
    assert_eq!(of(&client, "SpcTrk", "originatorID"), ident);
    go.send(ControlHandlerResult::Ok).unwrap();
    operator.ends(&command);
    until(&client, "SpcTrk", &expected(reference, 47, NO_ERROR));
    command.number = 8;
    operator.operate(&command).unwrap();
    go.send(ControlHandlerResult::Failed).unwrap();
    operator.fails(&command);
    until(&client, "SpcTrk", &expected(reference, 47, 12));
    assert_eq!(cause(&client, "SpcTrk"), Cause::Unknown);
}

fn refused_commands(new: NewServer) {
    let (model, server) = station(new);
    let object = model.node_by_reference("K1LD0/GGIO1.Direct").unwrap();
    let object = object.into_data_object().unwrap();
    server
        .register_control_static_check_handler(&object, |_, action, _, _, _| {
            action.set_add_cause(Cause::BlockedByInterlocking);
            CheckHandlerResult::ObjectAccessDenied
        })
        .unwrap();
    let operator = Operator::new(connect(&server), "K1LD0/GGIO1$CO$Direct");
    operator.operate(&Command::new(true, 1)).unwrap_err();
    let client = &operator.client;
    let refused = expected("K1LD0/GGIO1.Direct", 46, VIOLATION);
    assert_eq!(tracked(client, "SpcTrk"), refused);
    assert_eq!(cause(client, "SpcTrk"), Cause::BlockedByInterlocking);
    // Not selected.
    let operator = Operator::new(connect(&server), "K1LD0/GGIO1$CO$SboEnh");
    operator.operate(&Command::new(true, 2)).unwrap_err();
    let refused = expected("K1LD0/GGIO1.SboEnh", 46, VIOLATION);
    assert_eq!(tracked(client, "SpcTrk"), refused);
    assert_eq!(cause(client, "SpcTrk"), Cause::ObjectNotSelected);
}

fn selecting_and_cancelling(new: NewServer) {
    let (_model, server) = station(new);
    let operator = Operator::new(connect(&server), "K1LD0/GGIO1$CO$Sbo");
    let client = &operator.client;
    assert!(operator.select());
    let reference = "K1LD0/GGIO1.Sbo";
    assert_eq!(tracked(client, "SpcTrk"), expected(reference, 43, NO_ERROR));
    assert_eq!(of(client, "SpcTrk", "originatorID"), localhost());
    let other = Operator::new(connect(&server), "K1LD0/GGIO1$CO$Sbo");
    assert!(!other.select());
    let (_, service, error) = tracked(client, "SpcTrk");
    assert_eq!(service, 43);
    assert_ne!(error, NO_ERROR);
    operator.cancel(&Command::new(true, 1)).unwrap();
    assert_eq!(tracked(client, "SpcTrk"), expected(reference, 45, NO_ERROR));
    let enhanced = Operator::new(connect(&server), "K1LD0/GGIO1$CO$SboEnh");
    enhanced.select_with_value(&Command::new(true, 1)).unwrap();
    let selected = expected("K1LD0/GGIO1.SboEnh", 44, NO_ERROR);
    assert_eq!(tracked(client, "SpcTrk"), selected);
}

fn which_class_has_which_object(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    let raise = MmsValue::BitString(BitString::from_integer(2, 2));
    let analogue = |value: MmsValue| MmsValue::Structure(vec![value]);
    for (object, tracker, value) in [
        ("Dpc", "DpcTrk", true.into()),
        ("Inc", "IncTrk", 4.into()),
        ("Enc", "EncTrk1", 2.into()),
        ("Bsc", "BscTrk", raise.clone()),
        ("Isc", "IscTrk", 3.into()),
        ("Bac", "BacTrk", raise),
        ("ApcF", "ApcFTrk", analogue(1.5_f32.into())),
        ("ApcInt", "ApcIntTrk", analogue(5.into())),
    ] {
        let operator = Operator::new(connect(&server), &format!("K1LD0/GGIO1$CO${object}"));
        let command = Command::new(value.clone(), 1);
        let result = operator.operate(&command);
        let (reference, service, _) = tracked(&client, tracker);
        let expected = format!("K1LD0/GGIO1.{object}");
        assert_eq!((reference, service), (expected, 46), "{object}: {result:?}");
        result.unwrap();
        if !tracker.starts_with("Apc") {
            assert_eq!(of(&client, tracker, "ctlVal"), value, "{object}");
        }
    }
}

fn the_logical_device_of_the_object_comes_first(new: NewServer) {
    let model = model();
    let own = model.logical_device_by_instance("LD1").unwrap();
    tracker(&own.create_logical_node("LTRK1").unwrap(), "GenTrk", &[]);
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    write(&client, "K1LD1/GGIO1$SP$Limit$setMag$f", 5.0_f32);
    assert_eq!(tracked(&client, "GenTrk"), expected("", 0, 0));
    let reference = read(&client, "K1LD1/LTRK1$SR$GenTrk$objRef");
    assert_eq!(reference, text("K1LD1/GGIO1.Limit.setMag.f"));
    // Where there is none, another logical device has it.
    let (_model, server) = station(new);
    let client = connect(&server);
    write(&client, "K1LD1/GGIO1$SP$Limit$setMag$f", 5.0_f32);
    let (reference, ..) = tracked(&client, "GenTrk");
    assert_eq!(reference, "K1LD1/GGIO1.Limit.setMag.f");
}

fn what_is_tracked_is_reported(new: NewServer) {
    let (_model, server) = station(new);
    let (observer, client) = (connect(&server), connect(&server));
    let (sender, reports) = channel();
    let _subscription = observer.on_information_report(move |report| {
        let values = report.results.iter().map(|data| data.to_value());
        // A test that has ended takes no more reports.
        let _ = sender.send(values.collect::<Vec<_>>());
    });
    write(&observer, "K1LD0/LLN0$RP$tracked$RptEna", true);
    // The same service once more is another event.
    for _ in 0..2 {
        write(&client, "K1LD0/GGIO1$SP$Limit$setMag$f", 5.0_f32);
        let report = reports.recv_timeout(patience()).unwrap();
        let tracked = &report[report.len() - 2];
        assert_eq!(*tracked, read(&observer, "K1LD0/LTRK1$SR$GenTrk"));
        let reference = tracked.get_element(0).unwrap();
        assert_eq!(*reference, text("K1LD0/GGIO1.Limit.setMag.f"));
    }
    observer.identify().unwrap();
    assert!(reports.try_recv().is_err());
}

fn handlers_that_deny_are_tracked(new: NewServer) {
    let (_model, server) = station(new);
    let client = connect(&server);
    server.set_control_block_access_handler(|_| false);
    let denied = write_error(&client, "K1LD0/LLN0$RP$urcb$RptEna", true);
    assert_eq!(denied, DataAccessError::ObjectAccessDenied);
    let refused = expected("K1LD0/LLN0.urcb", 26, VIOLATION);
    assert_eq!(tracked(&client, "UrcbTrk"), refused);
    assert_eq!(of(&client, "UrcbTrk", "rptEna"), true.into());
    server.set_data_set_access_handler(|_, operation, _| operation == DataSetOperation::Read);
    let own = ObjectName::Association("Own");
    let member = [name("K1LD0/GGIO1$SP$Limit$setMag$f")];
    client.define_named_variable_list(own, member).unwrap_err();
    assert_eq!(tracked(&client, "GenTrk"), expected("@Own", 13, VIOLATION));
    client
        .delete_named_variable_lists(&[name("K1LD0/LLN0$Set")])
        .unwrap();
    let kept = expected("K1LD0/LLN0.Set", 14, VIOLATION);
    assert_eq!(tracked(&client, "GenTrk"), kept);
}
