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

#[test]
fn lookups() {
    let model = sample();
    let mag = model
        .model_node_by_reference("IEDLD1/MHAI1.HA.phsAHar(2).cVal.mag.f")
        .unwrap();
    assert_eq!(mag.name(), "f");
    assert_eq!(mag.model_type(), ModelNodeType::DataAttribute);
    assert_eq!(mag.reference(), "IEDLD1/MHAI1.HA.phsAHar(2).cVal.mag.f");
    assert_eq!(mag.short_reference(), "LD1/MHAI1.HA.phsAHar(2).cVal.mag.f");
    assert_eq!(mag.ied_model(), model);
    assert_eq!(
        model.model_node_by_short_reference("LD1/MHAI1.HA.phsAHar(2).cVal.mag.f"),
        Some(mag.clone())
    );
    assert_eq!(
        model.model_node_by_reference("IEDLD1/MHAI1$MX$HA$phsAHar(2)$cVal$mag$f"),
        Some(mag.clone())
    );
    let ha = model.model_node_by_reference("IEDLD1/MHAI1.HA").unwrap();
    assert_eq!(ha.child("phsAHar(2).cVal.mag.f"), Some(mag.clone()));
    assert_ne!(ha.child("phsAHar(1).cVal.mag.f"), Some(mag.clone()));
    assert_eq!(
        mag.parent().unwrap().reference(),
        "IEDLD1/MHAI1.HA.phsAHar(2).cVal.mag"
    );
    let device = model.model_node_by_reference("IEDLD1").unwrap();
    assert_eq!(device.name(), "LD1");
    assert!(device.clone().into_logical_device().is_ok());
    assert!(device.into_data_object().is_err());
    for absent in [
        "IED/LLN0",
        "LD1/LLN0",
        "IEDLD1/LLN1",
        "IEDLD1/GGIO1.Ind1.stVal[MX]",
        "IEDLD1/MHAI1.HA.phsAHar(3)",
        "IEDLD1/GGIO1.Ind1(0)",
        "",
    ] {
        assert_eq!(model.model_node_by_reference(absent), None, "{absent}");
    }
    assert_eq!(hash(&mag), hash(&mag.clone()));
    assert_ne!(hash(&mag), hash(&ha));
}

#[test]
fn what_is_missing_is_named() {
    let model = sample();
    let error = model
        .node_by_reference("IEDLD1/GGIO1.Ind1.stVal.x")
        .unwrap_err();
    assert_eq!(error.to_string(), "IEDLD1/GGIO1.Ind1.stVal has no node x");
    let error = model.node_by_reference("X/GGIO1").unwrap_err();
    assert_eq!(error.to_string(), "IED has no logical device X");
    let ggio = model.node_by_reference("IEDLD1/GGIO1").unwrap();
    let error = ggio.child_object("Ind1.q").unwrap_err();
    assert_eq!(error.to_string(), "IEDLD1/GGIO1.Ind1.q is no data object");
}

#[test]
fn rename_changes_references() {
    let model = sample();
    model.set_name("Other").unwrap();
    assert_eq!(model.name(), "Other");
    assert!(model.model_node_by_reference("IEDLD1/LLN0").is_none());
    assert!(model.model_node_by_reference("OtherLD1/LLN0").is_some());
    model
        .create_logical_device("LD2", Some("Functional"))
        .unwrap();
    assert_eq!(
        model
            .model_node_by_reference("Functional")
            .unwrap()
            .short_reference(),
        "LD2"
    );
    // With the name "Func" this one would be "Functional" as well.
    model.create_logical_device("tional", None).unwrap();
    assert!(matches!(
        model.set_name("Func"),
        Err(Error::Duplicate { name, .. }) if name == "Functional"
    ));
    assert_eq!(model.name(), "Other");
    assert!(matches!(
        model.set_name("1"),
        Err(Error::InvalidName { .. })
    ));
}

#[test]
fn duplicates_are_refused() {
    let model = sample();
    let ld = model.logical_device_by_instance("LD1").unwrap();
    assert!(matches!(
        model.create_logical_device("LD1", None),
        Err(Error::Duplicate { .. })
    ));
    assert!(matches!(
        model.create_logical_device("x", Some("IEDLD1")),
        Err(Error::Duplicate { .. })
    ));
    assert!(matches!(
        ld.create_logical_node("GGIO1"),
        Err(Error::Duplicate { what: "logical node", name, parent }) if name == "GGIO1" && parent == "IEDLD1"
    ));
    let ind = ld.child_object("GGIO1.Ind1").unwrap();
    assert!(matches!(
        ind.create_data_attribute("q", DataAttributeType::Quality, Fc::ST, NO_TRG, 0, 0),
        Err(Error::Duplicate { .. })
    ));
    assert!(matches!(
        ind.create_data_object("q", 0),
        Err(Error::Duplicate { .. })
    ));
}

#[test]
fn settings_and_edited_settings_share_a_name() {
    let model = sample();
    let ptoc = model
        .logical_device_by_instance("LD1")
        .unwrap()
        .create_logical_node("PTOC1")
        .unwrap();
    let value = ptoc.create_data_object("StrVal", 0).unwrap();
    for fc in [Fc::SG, Fc::SE] {
        let magnitude = add(&value, "setMag", DataAttributeType::Constructed, fc);
        below(&magnitude, "f", DataAttributeType::Float32);
    }
    let edited = value.child_with_fc("setMag.f", Fc::SE).unwrap();
    let active = value.child_with_fc("setMag.f", Fc::SG).unwrap();
    assert_eq!((edited.fc(), active.fc()), (Fc::SE, Fc::SG));
    assert_ne!(edited, active);
    assert_eq!(value.child_attribute("setMag.f").unwrap(), active);
    assert_eq!(value.child_with_fc("setMag.f", Fc::SP), None);
    assert_eq!(value.child_with_fc("setMag.g", Fc::SG), None);
    assert_eq!(
        model.model_node_by_reference("IEDLD1/PTOC1.StrVal.setMag.f[SE]"),
        Some(edited.into())
    );
}

#[test]
fn attributes_inherit_the_functional_constraint() {
    let model = sample();
    let c_val = model
        .node_by_reference("IEDLD1/MHAI1.HA.phsAHar.cVal")
        .unwrap()
        .into_data_attribute()
        .unwrap();
    assert!(matches!(
        c_val.create_data_attribute("x", DataAttributeType::Int8, Fc::ST, NO_TRG, 0, 0),
        Err(Error::InvalidFunctionalConstraint { fc: Fc::ST, .. })
    ));
    let f = c_val.child_attribute("mag.f").unwrap();
    assert!(matches!(
        f.create_data_attribute("x", DataAttributeType::Int8, Fc::MX, NO_TRG, 0, 0),
        Err(Error::WrongKind { .. })
    ));
    let ind = model
        .node_by_reference("IEDLD1/GGIO1.Ind1")
        .unwrap()
        .into_data_object()
        .unwrap();
    for fc in [Fc::RP, Fc::ALL, Fc::NONE] {
        assert!(matches!(
            ind.create_data_attribute("x", DataAttributeType::Int8, fc, NO_TRG, 0, 0),
            Err(Error::InvalidFunctionalConstraint { .. })
        ));
    }
    assert!(matches!(
        ind.create_data_attribute("x", DataAttributeType::UnknownType, Fc::ST, NO_TRG, 0, 0),
        Err(Error::WrongKind { .. })
    ));
}

#[test]
fn many_children_are_still_checked() {
    let model = IedModel::new("IED").unwrap();
    let ld = model.create_logical_device("LD1", None).unwrap();
    for number in 0..200 {
        ld.create_logical_node(&format!("GGIO{number}")).unwrap();
    }
    for number in [0, 24, 25, 26, 199] {
        assert!(matches!(
            ld.create_logical_node(&format!("GGIO{number}")),
            Err(Error::Duplicate { .. })
        ));
    }
    let object = ld
        .logical_node("GGIO7")
        .unwrap()
        .create_data_object("Many", 0)
        .unwrap();
    for number in 0..100 {
        add(
            &object,
            &format!("a{number}"),
            DataAttributeType::Int8,
            Fc::SG,
        );
        add(
            &object,
            &format!("a{number}"),
            DataAttributeType::Int8,
            Fc::SE,
        );
    }
    assert!(matches!(
        object.create_data_attribute("a99", DataAttributeType::Int8, Fc::SE, NO_TRG, 0, 0),
        Err(Error::Duplicate { .. })
    ));
    assert_eq!(object.children().len(), 200);
}

#[test]
fn arrays_are_limited() {
    let model = sample();
    let har = model
        .node_by_reference("IEDLD1/MHAI1.HA.phsAHar")
        .unwrap()
        .into_data_object()
        .unwrap();
    assert_eq!(har.array_count(), 3);
    assert_eq!(har.element(2).unwrap().array_count(), 0);
    assert_eq!(har.element(3), None);
    assert_eq!(
        har.element(1).unwrap().element(0),
        None,
        "an element is no array"
    );
    let inner = har
        .create_data_attribute("in", DataAttributeType::Constructed, Fc::MX, NO_TRG, 2, 0)
        .unwrap();
    assert!(matches!(
        inner.create_data_attribute("x", DataAttributeType::Int8, Fc::MX, NO_TRG, 2, 0),
        Err(Error::WrongCount { found: 3, .. })
    ));
    assert!(matches!(
        har.create_data_object("x", 65_536),
        Err(Error::WrongCount { found: 65_536, .. })
    ));
    // Which element of the inner array is only said once the outer one is.
    assert_eq!(inner.element(0), None);
    assert_eq!(har.child("in(0)"), None);
    let element = har.element(1).unwrap().child_attribute("in(0)").unwrap();
    assert_eq!(element.reference(), "IEDLD1/MHAI1.HA.phsAHar(1).in(0)");
}

#[test]
fn long_names_are_refused_where_mms_has_no_room() {
    let model = IedModel::new("IED").unwrap();
    assert!(matches!(
        model.create_logical_device(&"x".repeat(62), None),
        Err(Error::InvalidName { name, .. }) if name.len() == 65
    ));
    let ln = model
        .create_logical_device("LD1", None)
        .unwrap()
        .create_logical_node("LLN0")
        .unwrap();
    let outer = ln.create_data_object(&"a".repeat(60), 0).unwrap();
    assert!(outer.create_data_object(&"b".repeat(60), 0).is_ok());
    assert!(matches!(
        outer.create_data_object(&"b".repeat(61), 0),
        Err(Error::InvalidName { .. })
    ));
}

#[test]
fn a_model_in_use_cannot_be_changed() {
    let model = sample();
    let ld = model.logical_device_by_instance("LD1").unwrap();
    let attribute = ld.child_attribute("GGIO1.Ind1.stVal").unwrap();
    let arena = model.acquire().unwrap();
    assert_eq!(arena.name, "IED");
    let in_use = |result: Result<(), Error>| {
        assert!(matches!(result, Err(Error::ModelInUse { model }) if model == "IED"));
    };
    in_use(model.acquire().map(drop));
    in_use(model.set_name("X"));
    in_use(model.create_logical_device("LD2", None).map(drop));
    in_use(ld.create_logical_node("LLN1").map(drop));
    in_use(attribute.init_value(&MmsValue::Boolean(true)));
    assert_eq!(attribute.reference(), "IEDLD1/GGIO1.Ind1.stVal");
    model.release();
    model.set_name("X").unwrap();
    assert!(matches!(
        ld.create_logical_node("GGIO1"),
        Err(Error::Duplicate { .. })
    ));
    ld.create_logical_node("LLN1").unwrap();
    assert_eq!(arena.name, "IED", "the old server keeps what it had");
}

#[test]
fn data_set_entries_are_resolved_at_once() {
    let model = sample();
    let other = model.create_logical_device("LD2", Some("Named")).unwrap();
    let lln0 = other.create_logical_node("LLN0").unwrap();
    let set = lln0.create_dataset("Events").unwrap();
    let add = |variable: &str, index, component| {
        set.create_dataset_entry(variable, index, component)
            .map(|entry| entry.reference())
    };
    let expected = [
        (
            add("LD1/GGIO1$ST$Ind1", None, None),
            "IEDLD1/GGIO1.Ind1[ST]",
        ),
        (
            add("IEDLD1/GGIO1.Ind1.stVal[ST]", None, None),
            "IEDLD1/GGIO1.Ind1.stVal[ST]",
        ),
        (
            add("LD1/MHAI1$MX$HA$phsAHar", Some(1), Some("cVal$mag")),
            "IEDLD1/MHAI1.HA.phsAHar(1).cVal.mag[MX]",
        ),
        (
            add("LD1/MHAI1$MX$HA$phsAHar(2)q", None, None),
            "IEDLD1/MHAI1.HA.phsAHar(2).q[MX]",
        ),
        (
            add("LD1/MHAI1$ST$HA$hist", Some(3), None),
            "IEDLD1/MHAI1.HA.hist(3)[ST]",
        ),
        (
            add("LD1/MHAI1$ST$HA$hist", None, None),
            "IEDLD1/MHAI1.HA.hist[ST]",
        ),
    ];
    for (entry, reference) in expected {
        assert_eq!(entry.unwrap(), reference);
    }
    assert_eq!(set.size(), 6);
    assert_eq!(set.reference(), "Named/LLN0$Events");
    assert_eq!(set.entries()[4].node().name(), "hist");

    let not_found = |result: Result<String, Error>, missing: &str| match result {
        Err(Error::NotFound { name, .. }) => assert_eq!(name, missing),
        other => panic!("{other:?}"),
    };
    not_found(add("GGIO1$ST$Ind1", None, None), "GGIO1");
    not_found(add("LD3/GGIO1$ST$Ind1", None, None), "LD3");
    not_found(add("LD1/GGIO1$ST$Ind2", None, None), "Ind2");
    not_found(add("LD1/MHAI1$ST$HA$hist", Some(4), None), "hist(4)");
    not_found(add("LD1/GGIO1$MX$Ind1$stVal", None, None), "stVal");
    for (variable, fc) in [
        ("LD1/GGIO1$MX$Ind1", Fc::MX),
        ("LD1/GGIO1.Ind1", Fc::NONE),
        ("LD1/GGIO1$XX$Ind1", Fc::NONE),
    ] {
        match set.create_dataset_entry(variable, None, None) {
            Err(Error::InvalidFunctionalConstraint { fc: found, .. }) => assert_eq!(found, fc),
            Err(Error::NotFound { name, .. }) => assert_eq!(name, "XX"),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        add("LD1/GGIO1[ST]", None, None),
        Err(Error::WrongKind { .. })
    ));
    assert!(matches!(
        add("LD1/MHAI1$MX$HA$phsAHar$cVal", None, None),
        Err(Error::WrongKind { .. })
    ));
    assert!(matches!(
        add("LD1/GGIO1$ST$$Ind1", None, None),
        Err(Error::Reference(_))
    ));
    assert_eq!(set.size(), 6, "what failed was not added");
}

#[test]
fn data_set_entries_for_nodes() {
    let model = sample();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = device.logical_node("LLN0").unwrap();
    let set = lln0.create_dataset("Events").unwrap();
    assert!(matches!(
        lln0.create_dataset("Events"),
        Err(Error::Duplicate { .. })
    ));
    let ind = device.child_object("GGIO1.Ind1").unwrap();
    set.create_entry_for(&ind, Fc::DC).unwrap();
    let stval = device.child("GGIO1.Ind1.stVal").unwrap();
    set.create_entry_for(&stval, Fc::ST).unwrap();
    assert!(matches!(
        set.create_entry_for(&stval, Fc::DC),
        Err(Error::InvalidFunctionalConstraint { fc: Fc::DC, .. })
    ));
    let elsewhere = sample()
        .model_node_by_reference("IEDLD1/GGIO1.Ind1")
        .unwrap();
    assert!(matches!(
        set.create_entry_for(&elsewhere, Fc::ST),
        Err(Error::WrongKind { .. })
    ));
    assert!(matches!(
        set.create_entry_for(&lln0, Fc::ST),
        Err(Error::WrongKind { .. })
    ));
    assert_eq!(set.size(), 2);
    assert_eq!(lln0.datasets(), [set.clone()]);
    for reference in ["IEDLD1/LLN0$Events", "LD1/LLN0.Events"] {
        assert_eq!(model.dataset_by_reference(reference), Some(set.clone()));
    }
    assert_eq!(model.dataset_by_reference("LD1/GGIO1.Events"), None);
}

#[test]
fn start_values() {
    let model = sample();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let har = device.child_object("MHAI1.HA.phsAHar").unwrap();
    let of_all = har.child_attribute("cVal.mag.f").unwrap();
    of_all.init_value(&MmsValue::Float32(1.0)).unwrap();
    let of_one = device
        .child_attribute("MHAI1.HA.phsAHar(2).cVal.mag.f")
        .unwrap();
    of_one.init_value(&MmsValue::Float64(2.5)).unwrap();
    assert_eq!(of_one.initial_value(), Some(MmsValue::Float32(2.5)));
    let quality = MmsValue::BitString(mms::BitString::new(13));
    let element = |f: f32| {
        let mag = MmsValue::Structure(vec![MmsValue::Float32(f)]);
        let c_val = MmsValue::Structure(vec![mag]);
        MmsValue::Structure(vec![c_val, quality.clone()])
    };
    let all = MmsValue::Array(vec![element(1.0), element(1.0), element(2.5)]);
    assert_eq!(har.initial_value(Fc::MX), Some(all));
    assert_eq!(
        har.element(2).unwrap().initial_value(Fc::MX),
        Some(element(2.5))
    );
    assert_eq!(har.initial_value(Fc::ST), None);
    assert_eq!(
        of_all.initial_value(),
        Some(MmsValue::Float32(1.0)),
        "of no element in particular"
    );

    let hist = device.child_attribute("MHAI1.HA.hist").unwrap();
    let numbers = |n: [i64; 4]| MmsValue::Array(n.map(MmsValue::Integer).to_vec());
    assert_eq!(hist.initial_value(), Some(numbers([0; 4])));
    hist.init_value(&numbers([1, 2, 3, 4])).unwrap();
    hist.element(3)
        .unwrap()
        .init_value(&MmsValue::Integer(9))
        .unwrap();
    assert_eq!(hist.initial_value(), Some(numbers([1, 2, 3, 9])));
    assert!(matches!(
        hist.init_value(&MmsValue::Array(vec![MmsValue::Integer(1)])),
        Err(Error::WrongCount { found: 1, .. })
    ));

    let c_val = device.child_attribute("MHAI1.HA.phsAHar(0).cVal").unwrap();
    let structure = MmsValue::Structure(vec![MmsValue::Structure(vec![MmsValue::Float32(7.0)])]);
    c_val.init_value(&structure).unwrap();
    assert_eq!(c_val.initial_value(), Some(structure));
    assert!(matches!(
        c_val.init_value(&MmsValue::Structure(vec![])),
        Err(Error::WrongCount { .. })
    ));
    assert!(matches!(
        c_val.init_value(&MmsValue::Boolean(true)),
        Err(Error::TypeMismatch { .. })
    ));
}

#[test]
fn values_that_do_not_fit_name_the_attribute() {
    let model = sample();
    let attribute = model
        .node_by_reference("IEDLD1/GGIO1.Ind1.d")
        .unwrap()
        .into_data_attribute()
        .unwrap();
    let error = attribute.init_value(&MmsValue::Boolean(true)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "IEDLD1/GGIO1.Ind1.d is VISIBLE_STRING_255, the value is Boolean"
    );
    let long = MmsValue::new_visible_string("x".repeat(256));
    assert!(matches!(
        attribute.init_value(&long),
        Err(Error::ValueOutOfRange { reference, .. }) if reference == "IEDLD1/GGIO1.Ind1.d"
    ));
    assert_eq!(
        attribute.initial_value(),
        Some(MmsValue::new_visible_string(""))
    );
}

#[test]
fn types_as_clients_see_them() {
    let model = sample();
    let ha = model
        .node_by_reference("IEDLD1/MHAI1.HA")
        .unwrap()
        .into_data_object()
        .unwrap();
    let mx = ha.type_description(Fc::MX).unwrap();
    let Some(mms::TypeDescription::Array { count: 3, element }) = mx.child_by_name("phsAHar")
    else {
        panic!("{mx:?}");
    };
    assert_eq!(
        element.child_by_name("cVal.mag.f"),
        Some(&mms::TypeDescription::FLOAT32)
    );
    let st = ha.type_description(Fc::ST).unwrap();
    assert!(matches!(
        st.child_by_name("hist"),
        Some(mms::TypeDescription::Array { count: 4, .. })
    ));
    assert_eq!(ha.type_description(Fc::SP), None);
    let element = ha.child_object("phsAHar(1)").unwrap();
    assert!(matches!(
        element.type_description(Fc::MX),
        Some(mms::TypeDescription::Structure(components)) if components.len() == 2
    ));
}

#[test]
fn setting_groups() {
    let model = sample();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = device.logical_node("LLN0").unwrap();
    let ggio = device.logical_node("GGIO1").unwrap();
    assert!(matches!(
        ggio.create_setting_group_control_block(1, 2),
        Err(Error::WrongKind { .. })
    ));
    for (active, groups) in [(0, 3), (4, 3), (0, 0)] {
        assert!(matches!(
            lln0.create_setting_group_control_block(active, groups),
            Err(Error::ValueOutOfRange { .. })
        ));
    }
    assert_eq!(device.setting_group_control_block(), None);
    let sgcb = lln0.create_setting_group_control_block(2, 3).unwrap();
    assert!(matches!(
        lln0.create_setting_group_control_block(1, 3),
        Err(Error::Duplicate { .. })
    ));
    assert_eq!(
        (sgcb.act_sg(), sgcb.num_of_sgs(), sgcb.edit_sg()),
        (2, 3, 0)
    );
    assert!(!sgcb.cnf_edit());
    assert_eq!(sgcb.timestamp().timestamp(), 0);
    assert_eq!(device.setting_group_control_block(), Some(sgcb.clone()));
    assert_eq!(lln0.setting_group_control_block(), Some(sgcb.clone()));
    assert_eq!(sgcb.parent(), lln0);

    let object = ggio.create_data_object("Set", 0).unwrap();
    let value = add(&object, "setVal", DataAttributeType::Int32, Fc::SE);
    value.init_value(&MmsValue::Integer(1)).unwrap();
    value.init_group_value(3, &MmsValue::Integer(30)).unwrap();
    assert_eq!(value.initial_group_value(3), Some(MmsValue::Integer(30)));
    assert_eq!(value.initial_group_value(1), None);
    for group in [0, 4] {
        assert!(matches!(
            value.init_group_value(group, &MmsValue::Integer(0)),
            Err(Error::WrongCount { .. })
        ));
    }
    let status = ggio
        .child_attribute("Ind1.stVal")
        .unwrap()
        .init_group_value(1, &MmsValue::Boolean(true));
    assert!(matches!(
        status,
        Err(Error::InvalidFunctionalConstraint { fc: Fc::ST, .. })
    ));
}

#[test]
fn control_blocks() {
    let model = sample();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = device.logical_node("LLN0").unwrap();
    let options = ReportControlBlockOptions {
        dataset_name: Some("Events".to_owned()),
        ..Default::default()
    };
    let rcb = lln0
        .create_report_control_block("rcb01", "Events", false, options.clone())
        .unwrap();
    assert_eq!(rcb.dataset(), None, "not there yet");
    let set = lln0.create_dataset("Events").unwrap();
    assert_eq!(rcb.dataset(), Some(set.clone()));
    assert_eq!(rcb.reference(), "IEDLD1/LLN0.RP.rcb01");
    assert_eq!(
        (rcb.conf_rev(), rcb.trg_ops().bits(), rcb.opt_flds().bits()),
        (1, 25, 239)
    );
    assert_eq!(
        (rcb.buf_tm().as_millis(), rcb.intg_pd().as_millis()),
        (50, 90_000)
    );
    let buffered = lln0
        .create_report_control_block("rcb01", "", true, options.clone())
        .unwrap();
    assert_eq!(
        (buffered.rpt_id(), buffered.fc(), rcb.rpt_id()),
        (None, Fc::BR, Some("Events"))
    );
    assert!(matches!(
        lln0.create_report_control_block("rcb01", "", true, options.clone()),
        Err(Error::Duplicate { .. })
    ));
    let long = ReportControlBlockOptions {
        intg_pd: std::time::Duration::from_secs(4_294_968),
        ..options.clone()
    };
    assert!(matches!(
        lln0.create_report_control_block("rcb02", "", true, long),
        Err(Error::ValueOutOfRange { reference, .. }) if reference == "IEDLD1/LLN0.rcb02 IntgPd"
    ));
    let ggio = device.logical_node("GGIO1").unwrap();
    for name in ["LLN0$Events", "LD1/LLN0$Events", "IEDLD1/LLN0.Events"] {
        let options = ReportControlBlockOptions {
            dataset_name: Some(name.to_owned()),
            ..Default::default()
        };
        let rcb_name = format!("r{}", name.len());
        let rcb = ggio
            .create_report_control_block(&rcb_name, "", false, options)
            .unwrap();
        assert_eq!(rcb.dataset(), Some(set.clone()), "{name}");
    }
    assert_eq!(ggio.report_control_blocks().len(), 3);
    assert_eq!(lln0.report_control_blocks(), [rcb, buffered]);
}

#[test]
fn publishers_and_logs() {
    let model = sample();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = device.logical_node("LLN0").unwrap();
    let address = crate::PhyComAddress {
        vlan_priority: 4,
        vlan_id: 5,
        app_id: 0x1000,
        dst_address: [1, 0x0c, 0xcd, 1, 0, 1],
    };
    let goose = lln0
        .create_goose_control_block(
            "gcb01",
            "id",
            GooseControlBlockOptions {
                address: Some(address),
                ..Default::default()
            },
        )
        .unwrap();
    assert_eq!(goose.address(), Some(address));
    assert_eq!((goose.app_id(), goose.dataset_name()), ("id", None));
    for wrong in [
        crate::PhyComAddress {
            vlan_id: 4096,
            ..address
        },
        crate::PhyComAddress {
            vlan_priority: 8,
            ..address
        },
    ] {
        let options = GooseControlBlockOptions {
            address: Some(wrong),
            ..Default::default()
        };
        assert!(matches!(
            lln0.create_goose_control_block("gcb02", "id", options),
            Err(Error::ValueOutOfRange { .. })
        ));
    }
    let sv = lln0
        .create_sv_control_block("svcb01", "sv", Default::default())
        .unwrap();
    assert_eq!((sv.smp_rate(), sv.no_asdu(), sv.fc()), (80, 1, Fc::MS));
    let log = lln0.create_log("EventLog").unwrap();
    assert_eq!(log.reference(), "IEDLD1/LLN0$EventLog");
    let lcb = lln0
        .create_log_control_block(
            "lcb01",
            LogControlBlockOptions {
                log_ref: Some("LD1/LLN0$EventLog".to_owned()),
                ..Default::default()
            },
        )
        .unwrap();
    assert_eq!(lcb.log_ref(), Some("LD1/LLN0$EventLog"));
    assert_eq!(
        (
            lln0.goose_control_blocks().len(),
            lln0.sv_control_blocks().len(),
            lln0.log_control_blocks().len(),
            lln0.logs().len()
        ),
        (1, 1, 1, 1)
    );
    assert!(matches!(
        lln0.create_log("Event Log"),
        Err(Error::InvalidName { .. })
    ));
}

#[test]
fn enumerations() {
    let model = sample();
    let object = model
        .node_by_reference("IEDLD1/GGIO1.Ind1")
        .unwrap()
        .into_data_object()
        .unwrap();
    let attribute = add(&object, "mode", DataAttributeType::Enumerated, Fc::CF);
    let modes = Arc::new(EnumType::new("Mod", [(1, "on"), (300, "off")]));
    attribute.set_enum_type(modes.clone()).unwrap();
    assert_eq!(attribute.enum_type(), Some(modes.clone()));
    attribute.init_value(&MmsValue::Integer(300)).unwrap();
    assert_eq!(
        attribute.type_description(),
        Some(mms::TypeDescription::Integer(16))
    );
    assert_eq!(
        (
            modes.value_of("on"),
            modes.name_of(300),
            modes.value_of("x")
        ),
        (Some(1), Some("off"), None)
    );
    let status = object.child_attribute("stVal").unwrap();
    assert!(matches!(
        status.set_enum_type(modes),
        Err(Error::WrongKind { .. })
    ));
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

#[test]
fn the_text_form_shows_everything() {
    let model = complete();
    assert_eq!(
        model.dump(),
        "\
IED IED
  LD LD1
    LN LLN0
      DS Events
        LD1/MHAI1.HA.phsAHar(1)[MX]
      SGCB 1 of 2
      URCB rcb01 id Events ds - rev 1 trg 25 opt 239 buf 50 ms intg 90000 ms
      LCB lcb01 ds - log - trg 1 intg 0 ms ena true reason true
      LOG Log
      GoCB gcb01 id id ds - rev 1 fixed false min 200 ms max 3000 ms
      MSVCB svcb01 id sv ds - rev 1 mod 0 rate 80 opt 0 asdus 1
    LN GGIO1
      DO Ind1
        DA stVal ST BOOLEAN
        DA q ST QUALITY
        DA d DC VISIBLE_STRING_255
      DO Set ING
        DA setVal SG INT32 = 1
          group 2 = 2
    LN MHAI1
      DO HA
        DO phsAHar[3]
          DA cVal MX CONSTRUCTED
            DA mag MX CONSTRUCTED
              DA f MX FLOAT32
          DA q MX QUALITY
        DA hist[4] ST INT32
          (3) = 9
"
    );
    assert!(model.structurally_equal(&complete()));
    let other = complete();
    other
        .logical_device_by_instance("LD1")
        .unwrap()
        .create_logical_node("LPHD1")
        .unwrap();
    assert!(!model.structurally_equal(&other));
    assert_ne!(model, complete(), "equality is identity");
}

#[test]
fn handles_work_from_many_threads() {
    let model = complete();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let node = model.model_node_by_reference("IEDLD1/GGIO1.Set.setVal");
                    assert_eq!(
                        node.map(|n| n.short_reference()).as_deref(),
                        Some("LD1/GGIO1.Set.setVal")
                    );
                }
            });
        }
        let device = model.logical_device_by_instance("LD1").unwrap();
        for number in 0..100 {
            device.create_logical_node(&format!("LN{number}")).unwrap();
        }
    });
    assert_eq!(model.logical_devices()[0].logical_nodes().len(), 103);
}
