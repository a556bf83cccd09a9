//! The model the server tests serve: every type, every depth, every kind of control block.

use iec61850::{
    DataAttributeType as Ty, DataObject, FunctionalConstraint as Fc, GooseControlBlockOptions,
    IedModel, LogControlBlockOptions, LogicalDevice, LogicalNode, MmsValue, ModelNodeExt,
    PhyComAddress, ReportControlBlockOptions, SvControlBlockOptions, TriggerOptions,
};
use mms::{BinaryTime, BitString, UtcTime};

/// Elements of the arrays.
pub(crate) const ELEMENTS: u32 = 5;

/// A model with
/// - `T1LD0/GGIO1`: one attribute of every type in `Values` (SP) and its twin `Status` (ST); a
///   data object with sub objects, constructed attributes and arrays; attributes of every
///   functional constraint with a write policy,
/// - `T1LD0/LLN0`: data sets and control blocks,
/// - `T1LD1`: setting groups, and `T1LD0/PTOC1` with values for editing without any,
/// - `Other`: a logical device with a functional name.
pub(crate) fn model() -> IedModel {
    let model = IedModel::new("T1").unwrap();
    let ld0 = model.create_logical_device("LD0", None).unwrap();
    let lln0 = ld0.create_logical_node("LLN0").unwrap();
    let ggio = ld0.create_logical_node("GGIO1").unwrap();
    values(&ggio, "Values", Fc::SP);
    values(&ggio, "Status", Fc::ST);
    deep(&ggio);
    policies(&ggio);
    setting_groups(&model.create_logical_device("LD1", None).unwrap());
    let other = model.create_logical_device("LD2", Some("Other")).unwrap();
    let other = other.create_logical_node("LLN0").unwrap();
    let beh = other.create_data_object("Beh", 0).unwrap();
    leaf(&beh, "stVal", Ty::Int32, Fc::ST);
    let edited = ld0.create_logical_node("PTOC1").unwrap();
    let object = edited.create_data_object("StrVal", 0).unwrap();
    leaf(&object, "setVal", Ty::Int32, Fc::SE);
    control_blocks(&lln0);
    model
}

fn leaf(object: &DataObject, name: &str, ty: Ty, fc: Fc) {
    let trigger = TriggerOptions::DATA_CHANGED;
    object
        .create_data_attribute(name, ty, fc, trigger, 0, 0)
        .unwrap();
}

/// Every type that has values.
pub(crate) fn types() -> impl Iterator<Item = Ty> {
    Ty::ALL_VALUES
        .iter()
        .copied()
        .filter(|ty| !matches!(ty, Ty::UnknownType | Ty::Constructed))
}

/// Name of the attribute of a type.
pub(crate) fn name_of(ty: Ty) -> String {
    format!("v{}", ty.value())
}

fn values(node: &LogicalNode, name: &str, fc: Fc) {
    let object = node.create_data_object(name, 0).unwrap();
    for ty in types() {
        leaf(&object, &name_of(ty), ty, fc);
        let attribute = object.child_attribute(&name_of(ty)).unwrap();
        attribute.init_value(&samples(ty)[0]).unwrap();
    }
}

/// Values of a type that differ from each other and from its default: limits where it has any.
pub(crate) fn samples(ty: Ty) -> [MmsValue; 2] {
    let bits = |length, value| MmsValue::BitString(BitString::from_integer(length, value));
    let octets = |octets: &[u8]| MmsValue::OctetString(octets.to_vec());
    let text = |text: &str| MmsValue::VisibleString(text.to_owned());
    let long = |length: usize| MmsValue::VisibleString("x".repeat(length));
    match ty {
        Ty::Boolean => [true.into(), false.into()],
        Ty::Int8 => [MmsValue::Integer(-128), MmsValue::Integer(127)],
        Ty::Int16 => [MmsValue::Integer(-32_768), MmsValue::Integer(32_767)],
        Ty::Int32 => [
            MmsValue::Integer(i32::MIN.into()),
            MmsValue::Integer(i32::MAX.into()),
        ],
        Ty::Int64 | Ty::Int128 => [MmsValue::Integer(i64::MIN), MmsValue::Integer(i64::MAX)],
        Ty::Int8U => [MmsValue::Unsigned(255), MmsValue::Unsigned(1)],
        Ty::Int16U => [MmsValue::Unsigned(65_535), MmsValue::Unsigned(1)],
        Ty::Int24U => [MmsValue::Unsigned(0xff_ffff), MmsValue::Unsigned(1)],
        Ty::Int32U => [MmsValue::Unsigned(u32::MAX.into()), MmsValue::Unsigned(1)],
        Ty::Float32 => [MmsValue::Float32(1.25), MmsValue::Float32(-2.5e30)],
        Ty::Float64 => [MmsValue::Float64(1.0e-300), MmsValue::Float64(-0.1)],
        Ty::Enumerated => [MmsValue::Integer(3), MmsValue::Integer(-1)],
        Ty::OctetString64 => [octets(&[7; 64]), octets(&[])],
        Ty::OctetString6 => [octets(&[1, 2, 3, 4, 5, 6]), octets(&[1])],
        Ty::OctetString8 => [octets(&[9; 8]), octets(&[8; 8])],
        Ty::VisibleString32 => [long(32), text("")],
        Ty::VisibleString64 => [long(64), text("a")],
        Ty::VisibleString65 => [long(65), text("a b")],
        Ty::VisibleString129 => [long(129), text("a")],
        Ty::VisibleString255 => [long(255), text("a")],
        Ty::UnicodeString255 => [
            MmsValue::MmsString("Spannung \u{fc}".into()),
            MmsValue::MmsString("x".repeat(255)),
        ],
        Ty::Timestamp => [
            MmsValue::UtcTime(UtcTime::from_ms(1_700_000_000_123).with_quality(0x4a)),
            MmsValue::UtcTime(UtcTime::from_ms(999)),
        ],
        Ty::Quality => [bits(13, 0x1555), bits(13, 1)],
        Ty::Check => [bits(2, 1), bits(2, 2)],
        Ty::CodedEnum => [bits(2, 2), bits(2, 1)],
        Ty::GenericBitString => [bits(20, 0x8_0001), bits(3, 5)],
        Ty::EntryTime => [1_u64, 2].map(|ms| MmsValue::BinaryTime(BinaryTime::from_ms(ms + EPOCH))),
        Ty::PhyComAddr => [4, 7].map(|priority| {
            MmsValue::Structure(vec![
                octets(&[1, 12, 205, 1, 0, 1]),
                MmsValue::Unsigned(priority),
                MmsValue::Unsigned(4095),
                MmsValue::Unsigned(0x3001),
            ])
        }),
        Ty::Currency => [text("EUR"), text("CHF")],
        Ty::OptFlds => [bits(10, 0x2aa), bits(10, 0x155)],
        Ty::TrgOps => [bits(6, 0x2a), bits(6, 0x15)],
        other => panic!("no values of {other}"),
    }
}

/// 2020, in milliseconds: binary time begins in 1984.
const EPOCH: u64 = 1_577_836_800_000;

/// `Deep`: sub objects (`phsA` within an array of objects, too), constructed attributes and
/// arrays of leaves and of structures.
fn deep(node: &LogicalNode) {
    let none = TriggerOptions::empty();
    let object = node.create_data_object("Deep", 0).unwrap();
    for phase in ["phsB", "phsA"] {
        let phase = object.create_data_object(phase, 0).unwrap();
        let vector = phase
            .create_data_attribute("cVal", Ty::Constructed, Fc::MX, none, 0, 0)
            .unwrap();
        for part in ["mag", "ang"] {
            vector
                .create_data_attribute(part, Ty::Constructed, Fc::MX, none, 0, 0)
                .unwrap()
                .create_data_attribute("f", Ty::Float32, Fc::MX, none, 0, 0)
                .unwrap();
        }
        leaf(&phase, "q", Ty::Quality, Fc::MX);
        leaf(&phase, "db", Ty::Int32U, Fc::CF);
    }
    let list = node.create_data_object("List", 0).unwrap();
    let numbers = list
        .create_data_attribute("num", Ty::Int32, Fc::SP, none, ELEMENTS, 0)
        .unwrap();
    let points = list
        .create_data_attribute("pnt", Ty::Constructed, Fc::SP, none, ELEMENTS, 0)
        .unwrap();
    for part in ["x", "y"] {
        points
            .create_data_attribute(part, Ty::Float32, Fc::SP, none, 0, 0)
            .unwrap();
    }
    for index in 0..ELEMENTS {
        let element = numbers.element(index).unwrap();
        element
            .init_value(&MmsValue::Integer(i64::from(index) * 10))
            .unwrap();
        let x = points.element(index).unwrap().child_attribute("x").unwrap();
        x.init_value(&MmsValue::Float32(index as f32)).unwrap();
    }
    let harmonics = node.create_data_object("Har", 0).unwrap();
    let phases = harmonics.create_data_object("har", 3).unwrap();
    leaf(&phases, "f", Ty::Float32, Fc::MX);
    leaf(&phases, "set", Ty::Int32, Fc::SP);
    phases
        .create_data_attribute("tap", Ty::Int16, Fc::SP, none, 2, 0)
        .unwrap();
}

/// Functional constraints of data, without SE: its values are there only while a group is edited.
pub(crate) fn constraints() -> impl Iterator<Item = Fc> {
    let all = Fc::MMS_ORDER.into_iter();
    all.filter(|fc| fc.is_of_data() && *fc != Fc::SE)
}

/// `Policy`: an attribute named like its functional constraint, for each that holds data.
fn policies(node: &LogicalNode) {
    let object = node.create_data_object("Policy", 0).unwrap();
    for fc in constraints() {
        leaf(&object, &format!("in{fc}"), Ty::Int32, fc);
    }
}

fn control_blocks(lln0: &LogicalNode) {
    let set = lln0.create_dataset("Events").unwrap();
    for member in [
        "GGIO1$ST$Status$v0",
        "GGIO1$MX$Deep$phsA",
        "GGIO1$SP$List$num",
        "GGIO1$SP$List$num(2)",
        "GGIO1$SP$List$pnt(1)x",
        "LD1/PTOC1$SP$Plain$setVal",
    ] {
        set.create_dataset_entry(member, None, None).unwrap();
    }
    let settings = lln0.create_dataset("Settings").unwrap();
    for member in ["GGIO1$SP$Policy$inSP", "GGIO1$CF$Policy$inCF"] {
        settings.create_dataset_entry(member, None, None).unwrap();
    }
    let events = Some("Events".to_owned());
    let address = Some(PhyComAddress {
        vlan_priority: 5,
        vlan_id: 100,
        app_id: 0x1234,
        dst_address: [1, 0x0c, 0xcd, 1, 0, 9],
    });
    let report = ReportControlBlockOptions {
        dataset_name: events.clone(),
        conf_rev: 7,
        ..Default::default()
    };
    lln0.create_report_control_block("urcb01", "unbuffered", false, report.clone())
        .unwrap();
    lln0.create_report_control_block("brcb01", "", true, report)
        .unwrap();
    let goose = GooseControlBlockOptions {
        dataset_name: events.clone(),
        conf_rev: 2,
        address,
        ..Default::default()
    };
    lln0.create_goose_control_block("gocb01", "events", goose)
        .unwrap();
    lln0.create_goose_control_block("gocb02", "idle", Default::default())
        .unwrap();
    for (name, is_unicast) in [("msvcb01", false), ("usvcb01", true)] {
        let options = SvControlBlockOptions {
            dataset_name: events.clone(),
            is_unicast,
            address,
            ..Default::default()
        };
        lln0.create_sv_control_block(name, "samples", options)
            .unwrap();
    }
    lln0.create_log("EventLog").unwrap();
    let log = LogControlBlockOptions {
        dataset_name: events,
        log_ref: Some("LD0/LLN0$EventLog".into()),
        ..Default::default()
    };
    lln0.create_log_control_block("lcb01", log).unwrap();
}

fn setting_groups(device: &LogicalDevice) {
    let lln0 = device.create_logical_node("LLN0").unwrap();
    lln0.create_setting_group_control_block(2, 3).unwrap();
    let node = device.create_logical_node("PTOC1").unwrap();
    let object = node.create_data_object("StrVal", 0).unwrap();
    leaf(&object, "setVal", Ty::Int32, Fc::SG);
    leaf(&object, "setVal", Ty::Int32, Fc::SE);
    let plain = node.create_data_object("Plain", 0).unwrap();
    leaf(&plain, "setVal", Ty::Int32, Fc::SP);
}

/// A model whose name list takes many answers: `nodes` logical nodes of 100 names each.
pub(crate) fn large(nodes: usize) -> IedModel {
    let model = IedModel::new("L1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    for node in 1..=nodes {
        let node = device.create_logical_node(&format!("GGIO{node}")).unwrap();
        for object in 1..=24 {
            let object = node.create_data_object(&format!("Ind{object}"), 0).unwrap();
            leaf(&object, "stVal", Ty::Boolean, Fc::ST);
            leaf(&object, "q", Ty::Quality, Fc::ST);
            leaf(&object, "t", Ty::Timestamp, Fc::ST);
        }
    }
    model
}
