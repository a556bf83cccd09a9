use super::*;

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
    assert_eq!(lln0.datasets(), std::slice::from_ref(&set));
    for reference in ["IEDLD1/LLN0$Events", "LD1/LLN0.Events"] {
        assert_eq!(model.dataset_by_reference(reference), Some(set.clone()));
    }
    assert_eq!(model.dataset_by_reference("LD1/GGIO1.Events"), None);
}
