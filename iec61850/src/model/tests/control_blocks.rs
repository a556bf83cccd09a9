use super::*;

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
fn duplicates_are_found_after_a_server_has_had_the_model() {
    let model = IedModel::new("IED1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    let node = device.create_logical_node("LLN0").unwrap();
    node.create_setting_group_control_block(1, 2).unwrap();
    node.create_log("Log1").unwrap();
    // The index of names is made anew for the next change.
    let _ = model.acquire().unwrap();
    model.release();
    assert!(matches!(
        node.create_setting_group_control_block(1, 2),
        Err(Error::Duplicate { .. })
    ));
    assert!(matches!(
        node.create_log("Log1"),
        Err(Error::Duplicate { .. })
    ));
}
