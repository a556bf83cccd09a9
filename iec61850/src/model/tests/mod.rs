mod build;
mod control_blocks;
mod data_sets;
mod dump;
mod lookup;
mod values;

use super::*;
use crate::common::{FunctionalConstraint as Fc, TriggerOptions};
use mms::MmsValue;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

const NO_TRG: TriggerOptions = TriggerOptions::empty();

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

fn hash(node: &ModelNode) -> u64 {
    HASHER.hash_one(node)
}

fn add(object: &DataObject, name: &str, ty: DataAttributeType, fc: Fc) -> DataAttribute {
    object
        .create_data_attribute(name, ty, fc, NO_TRG, 0, 0)
        .unwrap()
}

fn below(attribute: &DataAttribute, name: &str, ty: DataAttributeType) -> DataAttribute {
    attribute
        .create_data_attribute(name, ty, attribute.fc(), NO_TRG, 0, 0)
        .unwrap()
}

/// LD1 with LLN0, GGIO1 and MHAI1, the latter with an array of objects and one of attributes.
fn sample() -> IedModel {
    let model = IedModel::new("IED").unwrap();
    let ld = model.create_logical_device("LD1", None).unwrap();
    ld.create_logical_node("LLN0").unwrap();
    let ggio = ld.create_logical_node("GGIO1").unwrap();
    let ind = ggio.create_data_object("Ind1", 0).unwrap();
    add(&ind, "stVal", DataAttributeType::Boolean, Fc::ST);
    add(&ind, "q", DataAttributeType::Quality, Fc::ST);
    add(&ind, "d", DataAttributeType::VisibleString255, Fc::DC);
    let mhai = ld.create_logical_node("MHAI1").unwrap();
    let ha = mhai.create_data_object("HA", 0).unwrap();
    let har = ha.create_data_object("phsAHar", 3).unwrap();
    let c_val = add(&har, "cVal", DataAttributeType::Constructed, Fc::MX);
    let mag = below(&c_val, "mag", DataAttributeType::Constructed);
    below(&mag, "f", DataAttributeType::Float32);
    add(&har, "q", DataAttributeType::Quality, Fc::MX);
    ha.create_data_attribute("hist", DataAttributeType::Int32, Fc::ST, NO_TRG, 4, 0)
        .unwrap();
    model
}

/// A model with one of everything.
fn complete() -> IedModel {
    let model = sample();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = device.logical_node("LLN0").unwrap();
    lln0.create_setting_group_control_block(1, 2).unwrap();
    let set = lln0.create_dataset("Events").unwrap();
    set.create_dataset_entry("MHAI1$MX$HA$phsAHar(1)", None, None)
        .unwrap();
    lln0.create_report_control_block("rcb01", "Events", false, Default::default())
        .unwrap();
    lln0.create_goose_control_block("gcb01", "id", Default::default())
        .unwrap();
    lln0.create_sv_control_block("svcb01", "sv", Default::default())
        .unwrap();
    lln0.create_log("Log").unwrap();
    lln0.create_log_control_block("lcb01", Default::default())
        .unwrap();
    let setting = device
        .logical_node("GGIO1")
        .unwrap()
        .create_data_object("Set", 0)
        .unwrap();
    setting.set_cdc("ING").unwrap();
    let value = add(&setting, "setVal", DataAttributeType::Int32, Fc::SG);
    value.init_value(&MmsValue::Integer(1)).unwrap();
    value.init_group_value(2, &MmsValue::Integer(2)).unwrap();
    device
        .child_attribute("MHAI1.HA.hist(3)")
        .unwrap()
        .init_value(&MmsValue::Integer(9))
        .unwrap();
    model
}
