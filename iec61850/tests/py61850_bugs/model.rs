//! Models and values.

use super::support::control::object;
use super::{lln0, model};
use chrono::Utc;
use iec61850::*;
use mms::TypeDescription;
use std::time::Duration;

/// `ied_model` of a node that was found by its reference.
#[test]
fn b01_the_model_of_a_node_by_reference() {
    let model = model();
    for node in [
        model.model_node_by_reference("IED1LD0/GGIO1.AnIn1.mag.f"),
        model.model_node_by_short_reference("LD0/GGIO1.AnIn1.mag.f"),
        model.model_node_by_reference("IED1LD0"),
    ] {
        assert_eq!(node.unwrap().ied_model(), model);
    }
}

/// `create_sv_control_block` failed always, `create_report_control_block` with a data set of type `str`.
#[test]
fn b04_b05_control_blocks_can_be_made() {
    let model = model();
    let node = lln0(&model);
    node.create_dataset("events").unwrap();
    let options = SvControlBlockOptions {
        dataset_name: Some("events".into()),
        ..Default::default()
    };
    let sampled = node
        .create_sv_control_block("svcb", "svid", options)
        .unwrap();
    assert_eq!((sampled.name(), sampled.smp_rate()), ("svcb", 80));

    let options = ReportControlBlockOptions {
        dataset_name: Some("events".into()),
        ..Default::default()
    };
    let report = node
        .create_report_control_block("rcb", "id", false, options)
        .unwrap();
    assert_eq!(report.dataset_name(), Some("events"));
    assert_eq!(report.trg_ops().bits(), 25);
    assert_eq!(report.opt_flds().bits(), 239);
}

/// "Now" was the time of the import.
#[test]
fn b09_now_is_now() {
    let times: Vec<u64> = (0..2)
        .map(|_| {
            std::thread::sleep(Duration::from_millis(3));
            MmsValue::utc_now().to_utc_time_ms().unwrap()
        })
        .collect();
    assert!(times[0] < times[1], "{times:?}");
    let age = Utc::now() - Timestamp::now().time();
    assert!(age.num_seconds() < 5, "{age}");
}

/// Lists of text are Rust's own: nothing is freed that belongs to somebody else.
#[test]
fn b13_lists_own_their_text() {
    let names = {
        let model = model();
        let devices = model.logical_devices();
        let nodes = devices.iter().flat_map(LogicalDevice::logical_nodes);
        nodes.map(|node| node.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names, ["LLN0", "GGIO1"]);
}

/// Pointers were cut to 32 bits: no visible string could be made, no type could be had.
#[test]
fn b14_strings_and_types() {
    let text = MmsValue::new_visible_string("text");
    assert_eq!(text.to_string_value(), Ok("text"));
    let object = object(&model(), "IED1LD0/GGIO1.AnIn1");
    let ty = object.type_description(FunctionalConstraint::MX).unwrap();
    let part = ty.child_by_name("mag.f").unwrap();
    assert_eq!(part.mms_type(), Some(MmsType::Float));
    assert!(matches!(ty, TypeDescription::Structure(_)));
    let elements = vec![MmsValue::from(1), MmsValue::from(2)];
    assert_eq!(MmsValue::Array(elements).size(), Ok(2));
}

/// Some types gave `None`.
#[test]
fn b17_all_types_have_values() {
    let time = BinaryTime::from_ms(1_700_000_000_000);
    assert_eq!(time.time_in_ms(), Some(1_700_000_000_000));
    assert_eq!(MmsValue::BinaryTime(time).to_binary_time(), Ok(time));
    let text = MmsValue::GeneralizedTime("20261126120000Z".into());
    assert_eq!(text.to_string(), "20261126120000Z");
}

/// Arguments that were not what they were called.
#[test]
fn b18_constructors_say_what_they_take() {
    assert_eq!(BitString::new(8).len(), 8);
    assert_eq!(BitString::from_integer(8, 5).to_integer(), 5);
    assert_eq!(MmsValue::OctetString(vec![0; 4]).size(), Ok(4));
}

/// A C name that gave a pointer.
#[test]
fn b30_the_setting_group_control_block_of_a_device() {
    let model = model();
    let block = lln0(&model)
        .create_setting_group_control_block(1, 3)
        .unwrap();
    let device = model.logical_device_by_instance("LD0").unwrap();
    let found = device.setting_group_control_block().unwrap();
    assert_eq!(found, block);
    assert_eq!((found.act_sg(), found.num_of_sgs()), (1, 3));
}

/// Bits without a name were errors.
#[test]
fn b31_all_trigger_options() {
    let model = model();
    let node = lln0(&model);
    let object = node.create_data_object("Obj", 0).unwrap();
    for (number, options) in (0..).zip([
        TriggerOptions::INTEGRITY,
        TriggerOptions::GI,
        TriggerOptions::TRANSIENT | TriggerOptions::DATA_CHANGED,
    ]) {
        let attribute = object
            .create_data_attribute(
                &format!("a{number}"),
                DataAttributeType::Int32,
                FunctionalConstraint::ST,
                options,
                0,
                0,
            )
            .unwrap();
        assert_eq!(attribute.trigger_options(), options);
    }
}

/// `conf_ref` beside `conf_rev`, and names that were slips.
#[test]
fn b33_names_are_the_same_everywhere() {
    let model = model();
    let node = lln0(&model);
    let report = ReportControlBlockOptions {
        conf_rev: 7,
        ..Default::default()
    };
    let goose = GooseControlBlockOptions {
        conf_rev: 7,
        ..Default::default()
    };
    let report = node
        .create_report_control_block("rcb", "id", true, report)
        .unwrap();
    let goose = node
        .create_goose_control_block("gocb", "id", goose)
        .unwrap();
    assert_eq!((report.conf_rev(), goose.conf_rev()), (7, 7));
}

/// Options a class does not have were taken and ignored.
#[test]
fn b34_options_are_checked() {
    let model = model();
    let node = lln0(&model);
    let refused = node.create_cdc_sps("Ind9", CdcOptions::ANGLE_REF);
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(node.child("Ind9"), None);
    node.create_cdc_sps("Ind9", CdcOptions::DESC | CdcOptions::PICS_SUBST)
        .unwrap();
}
