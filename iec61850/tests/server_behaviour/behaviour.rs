//! Mode and behaviour of logical nodes (IEC 61850-7-4 annex A).

use crate::support::control::{Command, Operator};
use crate::support::{NewServer, attribute, connect, engine_tests, read, started, write};
use iec61850::{
    CdcControlModelOptions as Options, CdcFactory, CdcOptions, ControlAddCause as Cause,
    ControlHandlerResult, DataAttributeType as Ty, FunctionalConstraint as Fc, IedModel, IedServer,
    IedServerConfig, LogicalNode, Quality, QualityValidity, TriggerOptions,
};
use mms::client::blocking::Client;
use mms::{BitString, DataAccessError, MmsValue};

engine_tests!(
    behaviour_follows_the_modes,
    a_mode_that_is_not_set_is_on,
    the_model_decides_how_it_begins,
    qualities_follow_the_behaviour,
    what_the_application_stores_comes_back,
    substitution_and_test_go_together,
    the_application_does_not_write_beh,
    commands_follow_the_behaviour,
    selects_follow_the_behaviour,
    the_mode_itself_can_always_be_controlled,
    as_long_as_it_is_not_asked_for_nothing_follows,
);

const ON: i32 = 1;
const BLOCKED: i32 = 2;
const TEST: i32 = 3;
const TEST_BLOCKED: i32 = 4;
const OFF: i32 = 5;

fn modes(node: &LogicalNode) {
    let options = Options::MODEL_DIRECT_NORMAL;
    let none = CdcOptions::empty();
    node.create_cdc_enc("Mod", none, options).unwrap();
    node.create_cdc_ens("Beh", none).unwrap();
    node.create_cdc_ens("Health", none).unwrap();
}

/// `LD0` with `LLN0`, `GGIO1` and `GGIO2`, which has no Mod, and `LD1` with an `LLN0`.
fn model() -> IedModel {
    let model = IedModel::new("B1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    modes(&device.create_logical_node("LLN0").unwrap());
    let node = device.create_logical_node("GGIO1").unwrap();
    modes(&node);
    node.create_cdc_sps("Ind1", CdcOptions::PICS_SUBST).unwrap();
    node.create_cdc_mv("AnIn1", false, CdcOptions::empty())
        .unwrap();
    for (name, options) in [
        ("Direct", Options::MODEL_DIRECT_ENHANCED),
        ("Sbo", Options::MODEL_SBO_NORMAL),
        ("SboEnh", Options::MODEL_SBO_ENHANCED),
    ] {
        node.create_cdc_spc(name, CdcOptions::empty(), options)
            .unwrap();
    }
    let phases = node.create_data_object("Pts", 3).unwrap();
    let none = TriggerOptions::empty();
    phases
        .create_data_attribute("q", Ty::Quality, Fc::ST, none, 0, 0)
        .unwrap();
    let node = device.create_logical_node("GGIO2").unwrap();
    node.create_cdc_ens("Beh", CdcOptions::empty()).unwrap();
    node.create_cdc_sps("Ind1", CdcOptions::empty()).unwrap();
    let device = model.create_logical_device("LD1", None).unwrap();
    modes(&device.create_logical_node("LLN0").unwrap());
    model
}

/// A server that derives the behaviour.
fn station(new: NewServer, model: &IedModel) -> IedServer {
    let mut config = IedServerConfig::new();
    config.set_behaviour_enabled(true);
    started(new(model, Some(config)).unwrap())
}

fn set_mode(server: &IedServer, model: &IedModel, node: &str, mode: i32) {
    let mode_of_node = attribute(model, &format!("B1{node}.Mod.stVal"));
    server.update_int32(&mode_of_node, mode).unwrap();
}

fn behaviour(client: &Client, node: &str) -> i32 {
    let item = format!("B1{}$ST$Beh$stVal", node);
    read(client, &item).to_int32().unwrap()
}

fn quality(client: &Client, object: &str) -> Quality {
    match read(client, &format!("B1LD0/{object}$q")) {
        MmsValue::BitString(bits) => Quality::from(&bits),
        other => panic!("{other:?}"),
    }
}

fn behaviour_follows_the_modes(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let client = connect(&server);
    let all = [ON, BLOCKED, TEST, TEST_BLOCKED, OFF];
    // Rows: Mod of the logical node; columns: Mod of LLN0.
    let table = [
        [ON, BLOCKED, TEST, TEST_BLOCKED, OFF],
        [BLOCKED, BLOCKED, TEST_BLOCKED, TEST_BLOCKED, OFF],
        [TEST, TEST_BLOCKED, TEST, TEST_BLOCKED, OFF],
        [TEST_BLOCKED, TEST_BLOCKED, TEST_BLOCKED, TEST_BLOCKED, OFF],
        [OFF, OFF, OFF, OFF, OFF],
    ];
    for (node, row) in all.into_iter().zip(table) {
        for (device, expected) in all.into_iter().zip(row) {
            set_mode(&server, &model, "LD0/GGIO1", node);
            set_mode(&server, &model, "LD0/LLN0", device);
            assert_eq!(behaviour(&client, "LD0/GGIO1"), expected, "{node} {device}");
            assert_eq!(behaviour(&client, "LD0/GGIO2"), device);
            assert_eq!(behaviour(&client, "LD0/LLN0"), device);
            assert_eq!(behaviour(&client, "LD1/LLN0"), ON);
        }
    }
    // In the other order.
    set_mode(&server, &model, "LD0/LLN0", TEST);
    set_mode(&server, &model, "LD0/GGIO1", BLOCKED);
    assert_eq!(behaviour(&client, "LD0/GGIO1"), TEST_BLOCKED);
    let time = attribute(&model, "B1LD0/GGIO1.Beh.t");
    let time = server.get_utc_time(&time).unwrap();
    assert!(time.timestamp_millis() > 1_700_000_000_000);
}

fn a_mode_that_is_not_set_is_on(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let client = connect(&server);
    assert_eq!(read(&client, "B1LD0/LLN0$ST$Mod$stVal"), 0.into());
    for node in ["LD0/LLN0", "LD0/GGIO1", "LD0/GGIO2"] {
        assert_eq!(behaviour(&client, node), ON, "{node}");
    }
}

fn the_model_decides_how_it_begins(new: NewServer) {
    let model = model();
    attribute(&model, "B1LD0/LLN0.Mod.stVal")
        .init_value(&TEST.into())
        .unwrap();
    let server = station(new, &model);
    let client = connect(&server);
    assert_eq!(behaviour(&client, "LD0/GGIO2"), TEST);
    assert_eq!(quality(&client, "GGIO2$ST$Ind1"), Quality::TEST);
}

fn qualities_follow_the_behaviour(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let client = connect(&server);
    let objects = ["GGIO1$ST$Ind1", "GGIO1$MX$AnIn1", "GGIO1$ST$Direct"];
    let own = ["GGIO1$ST$Mod", "GGIO1$ST$Beh", "GGIO1$ST$Health"];
    for (mode, expected) in [
        (ON, Quality::VALIDITY_GOOD),
        (BLOCKED, Quality::VALIDITY_GOOD),
        (TEST, Quality::TEST),
        (TEST_BLOCKED, Quality::TEST),
        (OFF, Quality::VALIDITY_INVALID),
        (ON, Quality::VALIDITY_GOOD),
    ] {
        set_mode(&server, &model, "LD0/GGIO1", mode);
        for object in objects {
            assert_eq!(quality(&client, object), expected, "{mode} {object}");
        }
        for object in own {
            assert_eq!(quality(&client, object), Quality::VALIDITY_GOOD, "{object}");
        }
        let points = read(&client, "B1LD0/GGIO1$ST$Pts");
        let one = MmsValue::Structure(vec![MmsValue::BitString(BitString::from(expected))]);
        assert_eq!(points, MmsValue::Array(vec![one; 3]));
        assert_eq!(quality(&client, "GGIO2$ST$Ind1"), Quality::VALIDITY_GOOD);
    }
}

fn what_the_application_stores_comes_back(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let client = connect(&server);
    let q = attribute(&model, "B1LD0/GGIO1.Ind1.q");
    let shown = || quality(&client, "GGIO1$ST$Ind1");
    let old = Quality::VALIDITY_QUESTIONABLE | Quality::DETAIL_OLD_DATA;
    set_mode(&server, &model, "LD0/GGIO1", TEST);
    server.update_quality(&q, old).unwrap();
    assert_eq!(shown(), old | Quality::TEST);
    set_mode(&server, &model, "LD0/GGIO1", OFF);
    assert_eq!(shown(), old.with_validity(QualityValidity::Invalid));
    server.update_quality(&q, Quality::DETAIL_OVERFLOW).unwrap();
    assert_eq!(shown().validity(), QualityValidity::Invalid);
    set_mode(&server, &model, "LD0/GGIO1", ON);
    assert_eq!(shown(), Quality::DETAIL_OVERFLOW);
}

fn substitution_and_test_go_together(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let client = connect(&server);
    let shown = || quality(&client, "GGIO1$ST$Ind1");
    let substitute = |on: bool| write(&client, "B1LD0/GGIO1$SV$Ind1$subEna", on);
    let q = attribute(&model, "B1LD0/GGIO1.Ind1.q");
    server
        .update_quality(&q, Quality::VALIDITY_INVALID)
        .unwrap();
    for order in [true, false] {
        if order {
            set_mode(&server, &model, "LD0/GGIO1", TEST);
            substitute(true);
        } else {
            substitute(true);
            set_mode(&server, &model, "LD0/GGIO1", TEST);
        }
        assert_eq!(shown(), Quality::SOURCE_SUBSTITUTED | Quality::TEST);
        if order {
            substitute(false);
            assert_eq!(shown(), Quality::VALIDITY_INVALID | Quality::TEST);
            set_mode(&server, &model, "LD0/GGIO1", ON);
        } else {
            set_mode(&server, &model, "LD0/GGIO1", ON);
            assert_eq!(shown(), Quality::SOURCE_SUBSTITUTED);
            substitute(false);
        }
        assert_eq!(shown(), Quality::VALIDITY_INVALID);
    }
}

fn the_application_does_not_write_beh(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let client = connect(&server);
    let beh = attribute(&model, "B1LD0/GGIO1.Beh.stVal");
    server.update_int32(&beh, OFF).unwrap();
    assert_eq!(behaviour(&client, "LD0/GGIO1"), ON);
}

fn commands_follow_the_behaviour(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let client = Operator::new(connect(&server), "B1LD0/GGIO1$CO$Direct");
    let mut number = 0;
    for (mode, plain, test) in [
        (ON, true, false),
        (BLOCKED, false, false),
        (TEST, false, true),
        (TEST_BLOCKED, false, true),
        (OFF, false, false),
    ] {
        set_mode(&server, &model, "LD0/LLN0", mode);
        for (is_test, accepted) in [(false, plain), (true, test)] {
            number += 1;
            let mut command = Command::new(true, number);
            command.test = is_test;
            let result = client.operate(&command);
            if accepted {
                result.unwrap();
                client.ends(&command);
            } else {
                assert_eq!(
                    result,
                    Err(DataAccessError::ObjectAccessDenied),
                    "{mode} {is_test}"
                );
                assert_eq!(client.cause("Oper", &command), Cause::BlockedByMode);
            }
        }
    }
}

fn selects_follow_the_behaviour(new: NewServer) {
    let model = model();
    let server = station(new, &model);
    let normal = Operator::new(connect(&server), "B1LD0/GGIO1$CO$Sbo");
    let enhanced = Operator::new(connect(&server), "B1LD0/GGIO1$CO$SboEnh");
    set_mode(&server, &model, "LD0/GGIO1", BLOCKED);
    let command = Command::new(true, 1);
    let denied = Err(DataAccessError::ObjectAccessDenied);
    assert!(!normal.select());
    assert_eq!(enhanced.select_with_value(&command), denied);
    assert_eq!(enhanced.cause("SBOw", &command), Cause::BlockedByMode);
    // A select by reading does not say whether it is a test: the operate does.
    set_mode(&server, &model, "LD0/GGIO1", TEST);
    assert!(normal.select());
    assert_eq!(normal.operate(&command), denied);
    assert_eq!(enhanced.select_with_value(&command), denied);
    assert_eq!(enhanced.cause("SBOw", &command), Cause::BlockedByMode);
    assert!(normal.select());
    let mut test = Command::new(true, 2);
    test.test = true;
    normal.operate(&test).unwrap();
    enhanced.select_with_value(&test).unwrap();
    // The mode changes between select and operate.
    set_mode(&server, &model, "LD0/GGIO1", OFF);
    assert_eq!(enhanced.operate(&test), denied);
    assert_eq!(enhanced.cause("Oper", &test), Cause::BlockedByMode);
}

fn the_mode_itself_can_always_be_controlled(new: NewServer) {
    let model = model();
    let server = std::sync::Arc::new(station(new, &model));
    let object = model.node_by_reference("B1LD0/GGIO1.Mod").unwrap();
    let object = object.into_data_object().unwrap();
    let mode = attribute(&model, "B1LD0/GGIO1.Mod.stVal");
    let weak = std::sync::Arc::downgrade(&server);
    server
        .register_control_handler(&object, move |_, _, value, _| {
            let server = weak.upgrade().unwrap();
            let updated = server.update_value(&mode, value);
            updated.map_or(ControlHandlerResult::Failed, |()| ControlHandlerResult::Ok)
        })
        .unwrap();
    let client = Operator::new(connect(&server), "B1LD0/GGIO1$CO$Mod");
    for (number, mode) in (1..).zip([OFF, BLOCKED, TEST, ON]) {
        client.operate(&Command::new(mode, number)).unwrap();
        // The handler runs after the answer.
        while behaviour(&client.client, "LD0/GGIO1") != mode {
            std::thread::yield_now();
        }
    }
}

fn as_long_as_it_is_not_asked_for_nothing_follows(new: NewServer) {
    let model = model();
    let server = started(new(&model, None).unwrap());
    let client = Operator::new(connect(&server), "B1LD0/GGIO1$CO$Direct");
    set_mode(&server, &model, "LD0/LLN0", OFF);
    assert_eq!(behaviour(&client.client, "LD0/GGIO1"), 0);
    let q = quality(&client.client, "GGIO1$ST$Ind1");
    assert_eq!(q, Quality::VALIDITY_GOOD);
    let beh = attribute(&model, "B1LD0/GGIO1.Beh.stVal");
    server.update_int32(&beh, OFF).unwrap();
    assert_eq!(behaviour(&client.client, "LD0/GGIO1"), OFF);
    client.operate(&Command::new(true, 1)).unwrap();
}
