use super::*;

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
    let long = har
        .parent()
        .unwrap()
        .into_data_object()
        .unwrap()
        .create_data_object("long", 2000)
        .unwrap();
    assert!(long.create_data_object("fits", 500).is_ok());
    assert!(matches!(
        long.create_data_object("y", 501),
        Err(Error::WrongCount {
            found: 1_002_000,
            ..
        })
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
