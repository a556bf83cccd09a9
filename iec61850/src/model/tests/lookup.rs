use super::*;

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
    assert_eq!(mag.logical_node().unwrap().name(), "MHAI1");
    assert_eq!(mag.logical_device().domain_name(), "IEDLD1");
    let device = model.model_node_by_reference("IEDLD1").unwrap();
    assert_eq!(device.logical_node(), None);
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

proptest::proptest! {
    #[test]
    fn any_text_is_found_or_refused(text in "(IEDLD1|LD1|\\PC{0,3})?/?[A-Z1$.]{0,6}[\\PC().$\\[\\]]{0,12}") {
        let model = sample();
        let device = model.logical_device_by_instance("LD1").unwrap();
        let set = device.logical_nodes()[0].create_dataset("Set").unwrap();
        if let Some(node) = model.model_node_by_reference(&text) {
            let again = model.model_node_by_reference(&node.reference());
            proptest::prop_assert_eq!(again, Some(node));
        }
        let _ = model.model_node_by_short_reference(&text);
        let _ = device.child(&text);
        let added = set.create_dataset_entry(&text, Some(1), Some(&text)).is_ok();
        proptest::prop_assert_eq!(set.size(), usize::from(added));
        let _ = device.create_logical_node(&text);
    }
}
