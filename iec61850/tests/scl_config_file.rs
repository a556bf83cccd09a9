//! Model files (`.cfg`) of libiec61850: read, written, and read again.

use iec61850::scl::ConfigFileError;
use iec61850::{
    DataAttributeType as Ty, FunctionalConstraint as Fc, GooseControlBlockOptions, IedModel,
    LogControlBlockOptions, LogicalNode, MmsValue, ModelNodeExt, PhyComAddress,
    ReportControlBlockOptions, ReportOptions, SvControlBlockOptions, Timestamp, TriggerOptions,
};
use mms::{BinaryTime, BitString};
use proptest::prelude::*;
use std::time::Duration;

/// The model of the recordings of libiec61850.
const GOLDEN: &str = include_str!("golden/golden.cfg");

fn value(model: &IedModel, reference: &str) -> MmsValue {
    model
        .node_by_reference(reference)
        .unwrap()
        .into_data_attribute()
        .unwrap()
        .initial_value()
        .unwrap()
}

fn there_and_back(model: &IedModel) -> IedModel {
    let text = model.to_config().unwrap();
    let back = IedModel::from_config(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(back.dump(), model.dump(), "{text}");
    assert!(back.structurally_equal(model));
    back
}

#[test]
fn golden_model() {
    let model = IedModel::from_config(GOLDEN).unwrap();
    assert_eq!(model.name(), "GOLD");
    let names: Vec<String> = model
        .logical_devices()
        .iter()
        .map(|device| device.name().to_string())
        .collect();
    assert_eq!(names, ["LD1", "LD2"]);
    let device = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = device.logical_node("LLN0").unwrap();
    let sgcb = device.setting_group_control_block().unwrap();
    assert_eq!((sgcb.act_sg(), sgcb.num_of_sgs()), (1, 3));

    let reports = lln0.report_control_blocks();
    assert_eq!(reports.len(), 5);
    let urcb = &reports[1];
    assert_eq!(
        (urcb.name(), urcb.rpt_id()),
        ("urcb02", Some("GoldenURCB2"))
    );
    assert_eq!(urcb.dataset_name(), Some("dsMeas"));
    assert_eq!((urcb.trg_ops().bits(), urcb.opt_flds().bits()), (27, 159));
    assert_eq!(urcb.buf_tm(), Duration::from_millis(50));
    assert_eq!(
        (reports[0].rpt_id(), reports[2].dataset_name()),
        (None, None)
    );
    assert!(reports[3].is_buffered() && reports[3].conf_rev() == 2);

    let log = &lln0.log_control_blocks()[0];
    assert_eq!(log.log_ref(), Some("LD1/LLN0$EventLog"));
    assert!(!log.log_ena() && log.with_reason_code());
    assert_eq!(lln0.logs()[0].name(), "EventLog");

    // Each has its own address, which libiec61850's reader mixes up.
    let sv = lln0.sv_control_blocks()[0].address().unwrap();
    let goose = lln0.goose_control_blocks()[0].address().unwrap();
    assert_eq!((sv.vlan_id, sv.app_id, sv.dst_address[3]), (6, 16384, 4));
    assert_eq!(
        (goose.vlan_id, goose.app_id, goose.dst_address[3]),
        (5, 4096, 1)
    );

    assert_eq!(
        value(&model, "GOLDLD1/GGIO1.AnIn2.mag.f"),
        MmsValue::Float32(-2.25)
    );
    assert_eq!(
        value(&model, "GOLDLD1/GGIO1.TxtSet.dU"),
        MmsValue::MmsString("unicode text".into())
    );
    let ptoc = device.logical_node("PTOC1").unwrap();
    let object = ptoc.child_object("OpDlTmms").unwrap();
    for fc in [Fc::SG, Fc::SE] {
        let setting = object.child_with_fc("setVal", fc).unwrap();
        assert_eq!(setting.initial_value(), Some(MmsValue::Integer(100)));
    }
    let array = model.node_by_reference("GOLDLD1/MHAI1.HA.phsAHar").unwrap();
    assert_eq!(array.into_data_object().unwrap().array_count(), 4);
    there_and_back(&model);
}

#[test]
fn tolerated_forms() {
    let strict = "MODEL(M){\nLD(L){\nLN(LLN0){\nDO(D 0){\nDA(a 0 3 0 1 0)=5;\n}\n}\n}\n}\n";
    let expected = IedModel::from_config(strict).unwrap();
    for text in [
        strict.replace('\n', "\r\n"),
        strict.replace('\n', "\n\n  "),
        strict.replace("=5;", " = 5"),
        strict.replace("(a 0 3", "( a  0\t3"),
        format!("\u{feff}{strict}\r\n\r\n"),
    ] {
        let model = IedModel::from_config(&text).unwrap();
        assert!(model.structurally_equal(&expected), "{text}");
    }
    let with_name = strict.replace("LD(L)", "LD(L Functional)");
    let model = IedModel::from_config(&with_name).unwrap();
    assert!(
        model
            .model_node_by_reference("Functional/LLN0.D.a")
            .is_some()
    );
    there_and_back(&model);
    // GOOSE times that are left to the publisher.
    let goose = strict.replace("DO(D", "GC(g - - 1 0 -1 -1 ){\n}\nGC(h id - 1 1)\nDO(D");
    let model = IedModel::from_config(&goose).unwrap();
    let lln0 = model.logical_devices()[0].logical_node("LLN0").unwrap();
    for block in lln0.goose_control_blocks() {
        assert_eq!(block.min_time(), Duration::from_millis(500));
        assert_eq!(block.max_time(), Duration::from_secs(5));
        assert_eq!(block.address(), None);
    }
}

#[test]
fn errors_name_line_and_reason() {
    let body = |line: &str| {
        format!(
            "MODEL(M){{\nLD(L){{\nLN(LLN0){{\nDO(D 0){{\nDA(a 0 3 0 1 0);\n}}\n{line}\n}}\n}}\n}}"
        )
    };
    let message = |text: &str| IedModel::from_config(text).unwrap_err().to_string();
    for (line, expected) in [
        (
            "XY(1)",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: 'XY': is not expected here",
        ),
        (
            "DE(x)",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: 'DE': is not expected here",
        ),
        (
            "RC(r - 0 - 1 0 0 0)",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: 'RC': item 9 is missing",
        ),
        (
            "RC(r - 2 - 1 0 0 0 0)",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: '2': expected 0 or 1",
        ),
        (
            "SG(0 3)",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: ML/LLN0.SGCB ActSG",
        ),
        (
            "DO(D 0){\n}",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: ML/LLN0 already has a data object D",
        ),
        (
            "DO(E x){",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: 'x': is not a number in range",
        ),
        (
            "DO(E 0){\nDA(a 0 3 0 1 0)=1.5;\n}",
            "8:1: MODEL[M]/LD[L]/LN[LLN0]/DO[E]: '1.5': expected a whole number",
        ),
        (
            "DO(E 0){\nDA(a 0 1 0 1 0)=500;\n}",
            "8:1: MODEL[M]/LD[L]/LN[LLN0]/DO[E]: ML/LLN0.E.a is INT8, which cannot hold 500",
        ),
        (
            "DO(E 0){\nDA(a 0 99 0 1 0);\n}",
            "8:1: MODEL[M]/LD[L]/LN[LLN0]/DO[E]: DataAttributeType has no value 99",
        ),
        (
            "DO(E 2){\n[2]{\n}\n}",
            "8:1: MODEL[M]/LD[L]/LN[LLN0]/DO[E]: '[2]': there is no such array element",
        ),
        (
            "DS(d){\nDE(LLN0$ST$D$b);\n}",
            "8:1: ML/LLN0.D has no node b",
        ),
        (
            "GC(g id - 1 0){\nPA(4 1 1 01)\n}",
            "8:1: MODEL[M]/LD[L]/LN[LLN0]/GC[g]: '01': expected 12 hex digits",
        ),
        (
            "GC(g id - 1 0){\nPA(9 1 1 010ccd010001)\n}",
            "9:1: MODEL[M]/LD[L]/LN[LLN0]: ML/LLN0.g VLAN priority",
        ),
        (
            "LOG(l)=5",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: 'LOG': has no value",
        ),
        (
            "LOG(l){",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: 'LOG': has no block",
        ),
        (
            "?",
            "7:1: MODEL[M]/LD[L]/LN[LLN0]: '?': expected a keyword or }",
        ),
    ] {
        let found = message(&body(line));
        assert!(found.starts_with(expected), "{line}: {found}");
    }
    assert_eq!(message(""), "1:1: 'end of file': expected MODEL");
    assert_eq!(
        message("\nMODEL(M){\n"),
        "3:1: MODEL[M]: 'end of file': a } is missing"
    );
    assert_eq!(message("}"), "1:1: '}': closes nothing");
    assert_eq!(
        message("MODEL(M){\n}\nMODEL(N){\n}"),
        "3:1: 'MODEL': stands behind the end of the model"
    );
    assert!(message("LD(x){").starts_with("1:1: 'LD': is not expected here"));

    let missing = IedModel::create_from_config_file("no/such/model.cfg").unwrap_err();
    assert!(matches!(missing, ConfigFileError::Io { .. }));
    assert!(missing.to_string().starts_with("no/such/model.cfg: "));
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.cfg");
    std::fs::write(&path, GOLDEN).unwrap();
    let model = IedModel::create_from_config_file(&path).unwrap();
    assert!(model.structurally_equal(&IedModel::from_config(GOLDEN).unwrap()));
    // Not UTF-8: as editors wrote it.
    let latin = GOLDEN.replace("\"golden\"", "\"g\u{f6}lden\"");
    let octets: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    std::fs::write(&path, octets).unwrap();
    let model = IedModel::create_from_config_file(&path).unwrap();
    assert!(model.structurally_equal(&IedModel::from_config(&latin).unwrap()));
    std::fs::write(&path, "MODEL(M){\nLD").unwrap();
    let error = IedModel::create_from_config_file(&path)
        .unwrap_err()
        .to_string();
    assert!(error.contains("model.cfg:2:1: MODEL[M]: '"), "{error}");
}

#[test]
fn nesting_is_bounded() {
    let mut text = String::from("MODEL(M){\nLD(L){\nLN(LLN0){\n");
    for _ in 0..100_000 {
        text += "DO(D 0){\n";
    }
    assert!(IedModel::from_config(&text).is_err());
}

fn node(model: &IedModel) -> LogicalNode {
    let device = model.create_logical_device("LD", None).unwrap();
    device.create_logical_node("LLN0").unwrap()
}

#[test]
fn arrays_and_their_elements() {
    let model = IedModel::new("M").unwrap();
    let lln0 = node(&model);
    let none = TriggerOptions::empty();
    let har = lln0.create_data_object("Har", 3).unwrap();
    let mag = har
        .create_data_attribute("mag", Ty::Constructed, Fc::MX, none, 0, 0)
        .unwrap();
    let f = mag
        .create_data_attribute("f", Ty::Float32, Fc::MX, none, 0, 0)
        .unwrap();
    f.init_value(&MmsValue::Float32(1.0)).unwrap();
    let row = har
        .create_data_attribute("row", Ty::Int8, Fc::ST, none, 4, 0)
        .unwrap();
    row.init_value(&MmsValue::Integer(7)).unwrap();
    let curve = lln0.create_data_object("Curve", 0).unwrap();
    let points = curve
        .create_data_attribute("pts", Ty::Constructed, Fc::CF, none, 2, 0)
        .unwrap();
    points
        .create_data_attribute("x", Ty::Int32, Fc::CF, none, 0, 0)
        .unwrap();
    points
        .create_data_attribute("y", Ty::Int32, Fc::CF, none, 0, 0)
        .unwrap();
    let plain = curve
        .create_data_attribute("plain", Ty::Boolean, Fc::ST, none, 2, 0)
        .unwrap();
    there_and_back(&model);

    let set = |path: &str, value: MmsValue| {
        lln0.child_attribute(path)
            .unwrap()
            .init_value(&value)
            .unwrap();
    };
    set("Har(1).mag.f", MmsValue::Float32(2.0));
    set("Har(2).row(3)", MmsValue::Integer(9));
    set("Curve.pts(1).y", MmsValue::Integer(-4));
    plain
        .element(1)
        .unwrap()
        .init_value(&MmsValue::Boolean(true))
        .unwrap();
    let data_set = lln0.create_dataset("ds").unwrap();
    for member in [
        "LLN0$MX$Har(1)mag$f",
        "LLN0$ST$Har(2)row(3)",
        "LLN0$CF$Curve$pts(0)",
        "LLN0$ST$Curve$plain",
    ] {
        data_set.create_dataset_entry(member, None, None).unwrap();
    }
    let back = there_and_back(&model);
    assert_eq!(
        value(&back, "MLD/LLN0.Har(0).mag.f"),
        MmsValue::Float32(1.0)
    );
    assert_eq!(
        value(&back, "MLD/LLN0.Har(1).mag.f"),
        MmsValue::Float32(2.0)
    );
    assert_eq!(
        value(&back, "MLD/LLN0.Har(2).row").to_string(),
        "[7, 7, 7, 9]"
    );
    assert_eq!(
        value(&back, "MLD/LLN0.Curve.pts").to_string(),
        "[{0, 0}, {0, -4}]"
    );
    assert_eq!(
        value(&back, "MLD/LLN0.Curve.plain").to_string(),
        "[false, true]"
    );

    // Elements that are described only one by one, as newer versions of the C library do.
    let text = "MODEL(M){\nLD(L){\nLN(LLN0){\nDO(H 2){\n[0]{\nDA(v 0 3 0 1 0)=1;\nDO(S 0){\n\
                DA(w 0 3 0 1 0)=3;\n}\n}\n[1]{\nDA(v 0 3 0 1 0)=2;\n}\n}\n}\n}\n}\n";
    let model = IedModel::from_config(text).unwrap();
    assert_eq!(value(&model, "ML/LLN0.H(0).v"), MmsValue::Integer(1));
    assert_eq!(value(&model, "ML/LLN0.H(1).v"), MmsValue::Integer(2));
    assert_eq!(value(&model, "ML/LLN0.H(1).S.w"), MmsValue::Integer(0));
    there_and_back(&model);
}

#[test]
fn what_has_no_form_is_refused() {
    let model = IedModel::new("M").unwrap();
    let lln0 = node(&model);
    let none = TriggerOptions::empty();
    let object = lln0.create_data_object("D", 0).unwrap();
    let text = object
        .create_data_attribute("d", Ty::VisibleString255, Fc::DC, none, 0, 0)
        .unwrap();
    text.init_value(&MmsValue::VisibleString("say \"no\"".into()))
        .unwrap();
    assert_eq!(
        model.to_config().unwrap_err().to_string(),
        "MLD/LLN0.D.d: the value say \"no\" cannot be written in a model file"
    );
    text.init_value(&MmsValue::VisibleString("say no; (or) = not {".into()))
        .unwrap();
    there_and_back(&model);
    lln0.create_report_control_block("r", "two words", false, Default::default())
        .unwrap();
    assert_eq!(
        model.to_config().unwrap_err().to_string(),
        "MLD/LLN0.r: the text 'two words' cannot be written in a model file"
    );
}

/// A value for an attribute of a type, or none.
fn any_value(ty: Ty) -> BoxedStrategy<Option<MmsValue>> {
    let bits = |length: usize| {
        any::<u32>()
            .prop_map(move |bits| MmsValue::BitString(BitString::from_integer(length, bits)))
            .boxed()
    };
    let some = match ty {
        Ty::Boolean => any::<bool>().prop_map(MmsValue::Boolean).boxed(),
        Ty::Int8 | Ty::Enumerated => any::<i8>()
            .prop_map(|v| MmsValue::Integer(v.into()))
            .boxed(),
        Ty::Int32 => any::<i32>()
            .prop_map(|v| MmsValue::Integer(v.into()))
            .boxed(),
        Ty::Int64 => any::<i64>().prop_map(MmsValue::Integer).boxed(),
        Ty::Int16U => any::<u16>()
            .prop_map(|v| MmsValue::Unsigned(v.into()))
            .boxed(),
        Ty::Int32U => any::<u32>()
            .prop_map(|v| MmsValue::Unsigned(v.into()))
            .boxed(),
        Ty::Float32 => prop::num::f32::NORMAL.prop_map(MmsValue::Float32).boxed(),
        Ty::Float64 => prop::num::f64::NORMAL.prop_map(MmsValue::Float64).boxed(),
        Ty::VisibleString64 => "[ !#-~]{0,64}".prop_map(MmsValue::VisibleString).boxed(),
        Ty::UnicodeString255 => "[^\"\r\n]{0,40}".prop_map(MmsValue::MmsString).boxed(),
        Ty::Quality => bits(13),
        Ty::Check | Ty::CodedEnum => bits(2),
        Ty::TrgOps => bits(6),
        Ty::OptFlds => bits(10),
        Ty::OctetString64 => prop::collection::vec(any::<u8>(), 0..64)
            .prop_map(MmsValue::OctetString)
            .boxed(),
        Ty::Timestamp => any::<[u8; 8]>()
            .prop_map(|octets| MmsValue::UtcTime(Timestamp::from_bytes(octets)))
            .boxed(),
        Ty::EntryTime => (0u32..86_400_000, any::<u16>())
            .prop_map(|(ms, days)| {
                MmsValue::BinaryTime(BinaryTime {
                    ms,
                    days: Some(days),
                })
            })
            .boxed(),
        _ => return Just(None).boxed(),
    };
    prop::option::of(some).boxed()
}

#[derive(Clone, Debug)]
struct Attribute {
    ty: Ty,
    fc: Fc,
    triggers: TriggerOptions,
    count: u32,
    short_address: u32,
    value: Option<MmsValue>,
    element: Option<(u32, MmsValue)>,
}

fn any_attribute() -> impl Strategy<Value = Attribute> {
    let types = prop::sample::select(vec![
        Ty::Boolean,
        Ty::Int8,
        Ty::Int32,
        Ty::Int64,
        Ty::Int16U,
        Ty::Int32U,
        Ty::Float32,
        Ty::Float64,
        Ty::Enumerated,
        Ty::OctetString64,
        Ty::VisibleString64,
        Ty::UnicodeString255,
        Ty::Timestamp,
        Ty::Quality,
        Ty::Check,
        Ty::CodedEnum,
        Ty::EntryTime,
        Ty::OptFlds,
        Ty::TrgOps,
        Ty::PhyComAddr,
        Ty::Currency,
    ]);
    types.prop_flat_map(|ty| {
        (
            prop::sample::select(vec![
                Fc::ST,
                Fc::MX,
                Fc::CF,
                Fc::DC,
                Fc::SP,
                Fc::SG,
                Fc::SE,
                Fc::EX,
            ]),
            0u8..8,
            prop_oneof![Just(0u32), 1u32..5],
            any::<u32>(),
            any_value(ty),
            any_value(ty),
            0u32..5,
        )
            .prop_map(
                move |(fc, triggers, count, short_address, value, element, index)| Attribute {
                    ty,
                    fc,
                    triggers: TriggerOptions::from_bits_truncate(triggers),
                    count,
                    short_address,
                    value,
                    element: element
                        .filter(|_| index < count)
                        .map(|element| (index, element)),
                },
            )
    })
}

fn any_address() -> impl Strategy<Value = Option<PhyComAddress>> {
    prop::option::of(
        (0u8..8, 0u16..4096, any::<u16>(), any::<[u8; 6]>()).prop_map(
            |(vlan_priority, vlan_id, app_id, dst_address)| PhyComAddress {
                vlan_priority,
                vlan_id,
                app_id,
                dst_address,
            },
        ),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_model_comes_back(
        attributes in prop::collection::vec(any_attribute(), 0..12),
        object_count in prop_oneof![Just(0u32), 1u32..4],
        ld_name in prop::option::of("[A-Z][a-z0-9]{0,10}"),
        (rpt_id, conf_rev, trg_ops, opt_flds) in ("[!-'*-~]{0,20}", any::<u32>(), 0u8..32, 0u16..512),
        (min, max, address) in (any::<u32>(), any::<u32>(), any_address()),
    ) {
        let model = IedModel::new("Model_1").unwrap();
        let device = model.create_logical_device("LD0", ld_name.as_deref()).unwrap();
        let lln0 = device.create_logical_node("LLN0").unwrap();
        let other = device.create_logical_node("GGIO1").unwrap();
        let object = other.create_data_object("Obj", object_count).unwrap();
        let data_set = lln0.create_dataset("ds").unwrap();
        for (number, a) in attributes.iter().enumerate() {
            let name = format!("a{number}");
            let handle = object
                .create_data_attribute(&name, a.ty, a.fc, a.triggers, a.count, a.short_address)
                .unwrap();
            if let Some(value) = &a.value {
                handle.init_value(value).unwrap();
            }
            let handle = match object.element(0) {
                Some(element) => element.child_attribute(&name).unwrap(),
                None => handle,
            };
            if let Some((index, value)) = &a.element {
                handle.element(*index).unwrap().init_value(value).unwrap();
            }
            data_set.create_entry_for(&handle, a.fc).unwrap();
        }
        let rpt_id = if rpt_id == "-" { String::new() } else { rpt_id };
        lln0.create_report_control_block("rcb01", &rpt_id, conf_rev % 2 == 0, ReportControlBlockOptions {
            dataset_name: Some("ds".into()),
            conf_rev,
            trg_ops: TriggerOptions::from_bits_truncate(trg_ops),
            rpt_options: ReportOptions::from_bits_truncate(opt_flds),
            buf_tm: Duration::from_millis(min.into()),
            intg_pd: Duration::from_millis(max.into()),
            client: None,
        }).unwrap();
        lln0.create_log_control_block("lcb", LogControlBlockOptions {
            log_ref: ld_name.is_some().then(|| "LD0/LLN0$Log".into()),
            log_ena: conf_rev % 3 == 0,
            ..LogControlBlockOptions::default()
        }).unwrap();
        lln0.create_goose_control_block("gcb", &rpt_id, GooseControlBlockOptions {
            dataset_name: None,
            conf_rev,
            fixed_offs: conf_rev % 5 == 0,
            min_time: Duration::from_millis(min.into()),
            max_time: Duration::from_millis(max.into()),
            address,
        }).unwrap();
        other.create_sv_control_block("svcb", &rpt_id, SvControlBlockOptions {
            conf_rev,
            is_unicast: conf_rev % 2 == 1,
            address,
            ..SvControlBlockOptions::default()
        }).unwrap();
        there_and_back(&model);
    }

    #[test]
    fn random_text_never_panics(text in "\\PC*", bytes: Vec<u8>) {
        let _ = IedModel::from_config(&text);
        let _ = IedModel::from_config(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn mutated_files_never_panic(
        position in any::<prop::sample::Index>(),
        length in 0usize..30,
        with in "[ -~\n]{0,12}",
    ) {
        let start = position.index(GOLDEN.len());
        let end = (start + length).min(GOLDEN.len());
        let mut text = GOLDEN.to_string();
        text.replace_range(start..end, &with);
        if let Ok(model) = IedModel::from_config(&text) {
            there_and_back(&model);
        }
    }
}

#[test]
fn truncated_files_are_refused() {
    let end = GOLDEN.trim_end().len();
    for length in (0..end).step_by(97) {
        assert!(
            IedModel::from_config(&GOLDEN[..length]).is_err(),
            "{length}"
        );
    }
}
