use super::*;

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
