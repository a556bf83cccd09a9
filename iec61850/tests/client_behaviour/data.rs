use super::{Bench, differs, engine_tests};
use iec61850::client::DifferenceKind;
use iec61850::{
    AcsiClass, CdcFactory, DataAttributeType, Engine, Error, FunctionalConstraint as Fc,
    IedClientError as Code, IedModel, MmsValue, ModelNodeExt, Quality, QualityDetail,
    QualityValidity, Timestamp, TriggerOptions,
};

engine_tests!(
    typed_values,
    writing,
    many_at_once,
    elements_of_arrays,
    directories,
    the_whole_model,
    a_device_beside_a_model,
    data_sets,
    goose_and_sampled_value_control_blocks,
    generic_mms_stays_reachable,
);

fn typed_values(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let quality = Quality::empty()
        .with_validity(QualityValidity::Questionable)
        .with_detail(QualityDetail::OLD_DATA);
    let time = Timestamp::from_ms(1_700_000_000_123);
    bench.server.with_data_model(|server| {
        server
            .update_boolean(&bench.attribute("GGIO1.Ind1.stVal"), true)
            .unwrap();
        server
            .update_quality(&bench.attribute("GGIO1.Ind1.q"), quality)
            .unwrap();
        server
            .update_timestamp(&bench.attribute("GGIO1.Ind1.t"), &time)
            .unwrap();
        server
            .update_float(&bench.attribute("GGIO1.AnIn1.mag.f"), 12.5)
            .unwrap();
        server
            .update_int32(&bench.attribute("GGIO1.IntIn1.stVal"), -70_000)
            .unwrap();
    });
    assert!(
        connection
            .read_boolean("GOLDLD1/GGIO1.Ind1.stVal", Fc::ST)
            .unwrap()
    );
    assert!(
        connection
            .read_boolean("GOLDLD1/GGIO1.Ind1.stVal[ST]", None)
            .unwrap()
    );
    assert!(
        connection
            .read_boolean("GOLDLD1/GGIO1$ST$Ind1$stVal", None)
            .unwrap()
    );
    assert_eq!(
        connection
            .read_quality("GOLDLD1/GGIO1.Ind1.q", Fc::ST)
            .unwrap(),
        quality
    );
    assert_eq!(
        connection
            .read_timestamp("GOLDLD1/GGIO1.Ind1.t", Fc::ST)
            .unwrap(),
        time
    );
    assert_eq!(
        connection
            .read_float("GOLDLD1/GGIO1.AnIn1.mag.f", Fc::MX)
            .unwrap(),
        12.5
    );
    assert_eq!(
        connection
            .read_int32("GOLDLD1/GGIO1.IntIn1.stVal", Fc::ST)
            .unwrap(),
        -70_000
    );
    let whole = connection.read_value("GOLDLD1/GGIO1.Ind1", Fc::ST).unwrap();
    assert_eq!(whole.elements().unwrap().len(), 3);

    let code = |error: Result<f32, Error>| error.unwrap_err().code();
    let float = |reference: &str, fc| connection.read_float(reference, fc);
    assert_eq!(
        code(float("GOLDLD1/GGIO1.Ind1.stVal", Fc::ST)),
        Some(Code::UnexpectedValueReceived)
    );
    assert_eq!(
        code(float("GOLDLD1/GGIO1.Ind1.stVal", Fc::MX)),
        Some(Code::ObjectDoesNotExist)
    );
    assert_eq!(
        code(float("GOLDLD9/GGIO1.Ind1.stVal", Fc::ST)),
        Some(Code::ObjectDoesNotExist)
    );
    assert_eq!(
        code(float("GGIO1.Ind1.stVal", Fc::ST)),
        Some(Code::ObjectReferenceInvalid)
    );
}

fn writing(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let setting = "GOLDLD1/GGIO1.NumSet.setVal";
    connection.write_int32(setting, Fc::SP, 17).unwrap();
    assert_eq!(connection.read_int32(setting, Fc::SP).unwrap(), 17);
    let error = connection.write_boolean(setting, Fc::SP, true).unwrap_err();
    assert_eq!(error.code(), Some(Code::TypeInconsistent));
    let error = connection
        .write_boolean("GOLDLD1/GGIO1.Ind1.stVal", Fc::ST, true)
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::AccessDenied));
    let text = error.to_string();
    assert!(
        text.starts_with("write GOLDLD1/GGIO1.Ind1.stVal[ST]: "),
        "{text}"
    );
    assert!(text.ends_with("access denied"), "{text}");
}

fn many_at_once(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let references = [
        "GOLDLD1/GGIO1.Ind1.stVal[ST]",
        "GOLDLD1/GGIO1.None.stVal[ST]",
        "GOLDLD1/GGIO1.NumSet.setVal[SP]",
    ];
    let values = connection.read_values(&references).unwrap();
    assert_eq!(*values[0].as_ref().unwrap(), MmsValue::Boolean(false));
    let error = values[1].as_ref().unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
    assert!(error.to_string().contains("GGIO1.None"), "{error}");
    assert!(values[2].is_ok());

    // More than one request can hold.
    let many = vec![references[0]; 5000];
    let values = connection.read_values(&many).unwrap();
    assert!(values.len() == 5000 && values.iter().all(Result::is_ok));

    let writes = [
        ("GOLDLD1/GGIO1.NumSet.setVal[SP]", MmsValue::Integer(5)),
        ("GOLDLD1/GGIO1.Ind1.stVal[ST]", MmsValue::Boolean(true)),
    ];
    let outcomes = connection.write_values(&writes).unwrap();
    assert!(outcomes[0].is_ok());
    assert_eq!(
        outcomes[1].as_ref().unwrap_err().code(),
        Some(Code::AccessDenied)
    );
    let error = connection.read_values(&["GOLDLD1/GGIO1.Ind1"]).unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectReferenceInvalid));
}

fn elements_of_arrays(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let harmonic = "GOLDLD1/MHAI1.HA.phsAHar(2).cVal.mag.f";
    assert_eq!(connection.read_float(harmonic, Fc::MX).unwrap(), 0.0);
    let element = connection
        .read_value("GOLDLD1/MHAI1.HA.phsAHar(1)", Fc::MX)
        .unwrap();
    assert!(matches!(element, MmsValue::Structure(_)));
    let ty = connection
        .get_variable_specification(harmonic, Fc::MX)
        .unwrap();
    assert_eq!(ty, mms::TypeDescription::FLOAT32);
    let beyond = connection
        .read_value("GOLDLD1/MHAI1.HA.phsAHar(99)", Fc::MX)
        .unwrap_err();
    assert!(beyond.code().is_some());
}

fn directories(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    assert_eq!(
        connection.get_logical_devices().unwrap(),
        ["GOLDLD1", "GOLDLD2"]
    );
    let nodes = connection.get_logical_nodes("GOLDLD1").unwrap();
    assert!(nodes.contains(&"LLN0".to_owned()) && nodes.contains(&"GGIO1".to_owned()));
    let class = |class| {
        connection
            .get_logical_node_directory("GOLDLD1/LLN0", class)
            .unwrap()
    };
    let objects = class(AcsiClass::DataObject);
    assert!(objects.contains(&"Mod".to_owned()));
    assert!(
        !objects
            .iter()
            .any(|name| name == "SGCB" || name == "lcb01" || name == "svcb01")
    );
    assert!(class(AcsiClass::Urcb).contains(&"urcb01".to_owned()));
    assert!(class(AcsiClass::Brcb).contains(&"brcb01".to_owned()));
    assert_eq!(class(AcsiClass::Sgcb), ["SGCB"]);
    assert_eq!(class(AcsiClass::Lcb), ["lcb01"]);
    assert_eq!(class(AcsiClass::GoCb), ["gcb01"]);
    assert_eq!(class(AcsiClass::Msvcb), ["svcb01"]);
    assert!(class(AcsiClass::DataSet).contains(&"dsInd".to_owned()));
    assert_eq!(class(AcsiClass::GsCb), Vec::<String>::new());

    let data = connection
        .get_data_directory_fc("GOLDLD1/GGIO1.Ind1")
        .unwrap();
    let expected = [
        ("d", Fc::DC),
        ("q", Fc::ST),
        ("stVal", Fc::ST),
        ("t", Fc::ST),
    ];
    assert_eq!(data, expected.map(|(name, fc)| (name.to_owned(), fc)));
    let names = connection
        .get_data_directory("GOLDLD1/GGIO1.AnIn1")
        .unwrap();
    assert!(names.contains(&"mag".to_owned()), "{names:?}");
    assert_eq!(
        connection
            .get_data_directory("GOLDLD1/GGIO1.AnIn1.mag")
            .unwrap(),
        ["f"]
    );
    let none = connection
        .get_data_directory_by_fc("GOLDLD1/GGIO1.Ind1", Fc::MX)
        .unwrap();
    assert_eq!(none, Vec::<String>::new());
    for unknown in [
        "GOLDLD1/GGIO1.None",
        "GOLDLD1/GGIO9.Ind1",
        "GOLDLD9/GGIO1.Ind1",
    ] {
        let error = connection.get_data_directory(unknown).unwrap_err();
        assert_eq!(error.code(), Some(Code::ObjectDoesNotExist), "{unknown}");
    }
    let leaf = connection
        .get_data_directory("GOLDLD1/GGIO1.Ind1.stVal")
        .unwrap();
    assert_eq!(leaf, Vec::<String>::new());
}

fn the_whole_model(engine: Engine) {
    let bench = Bench::start(engine);
    let model = bench.connect().get_device_model().unwrap();
    let node = model.logical_node("GOLDLD1/GGIO1").unwrap();
    assert!(node.data_objects().contains(&"Ind1"));
    let ty = node.type_of("AnIn1.mag.f", Fc::MX).unwrap();
    assert_eq!(*ty, mms::TypeDescription::FLOAT32);
    let lln0 = model.logical_node("GOLDLD1/LLN0").unwrap();
    assert!(lln0.data_sets.contains(&"dsInd".to_owned()));
    assert!(!lln0.data_objects().contains(&"SGCB"));

    // The same through PDUs that no logical node fits.
    let mut options = Bench::options(engine);
    options.max_pdu_size = 1000;
    let small = bench.connect_with(options).get_device_model().unwrap();
    let count = |model: &iec61850::client::DeviceModel| {
        let devices = model.logical_devices.iter();
        let nodes = devices.flat_map(|device| &device.logical_nodes);
        nodes.map(|node| node.data_objects().len()).sum::<usize>()
    };
    assert_eq!(count(&small), count(&model));
}

fn a_device_beside_a_model(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    // Of its own model it differs in nothing, values included.
    let own = connection.compare_with(&bench.model, true).unwrap();
    assert_eq!(own, []);

    let text = include_str!("../../../tests/golden/golden.cfg");
    let model = |text: &str| {
        let model = IedModel::from_config(text).unwrap();
        model.set_name("GOLD").unwrap();
        model
    };
    let differences = |model: &IedModel| {
        let found = connection.compare_with(model, true).unwrap();
        found
            .into_iter()
            .map(|difference| (difference.reference, difference.kind))
            .collect::<Vec<_>>()
    };
    // One node more and less, one value, one type, one member.
    let other = model(text);
    let device = other.logical_device_by_instance("LD1").unwrap();
    let node = device.create_logical_node("GGIO7").unwrap();
    node.create_cdc_sps("Ind1", Default::default()).unwrap();
    let lln0 = device.logical_node("LLN0").unwrap();
    lln0.create_dataset("dsMore").unwrap();
    let node = device.logical_node("GGIO1").unwrap();
    let object = node.child_object("Ind1").unwrap();
    object
        .create_data_attribute(
            "more",
            DataAttributeType::Int32,
            Fc::ST,
            TriggerOptions::empty(),
            0,
            0,
        )
        .unwrap();
    let text = node.child_attribute("Ind1.d").unwrap();
    text.init_value(&MmsValue::new_visible_string("another"))
        .unwrap();
    let set = other.dataset_by_reference("GOLDLD1/LLN0.dsInd").unwrap();
    set.create_dataset_entry("GGIO1$MX$AnIn1", None, None)
        .unwrap();
    let found = differences(&other);
    let missing = |what| DifferenceKind::Missing { what };
    let expected = [
        ("GOLDLD1/LLN0.dsMore", missing("data set")),
        ("GOLDLD1/GGIO1.Ind1.more[ST]", missing("data attribute")),
        ("GOLDLD1/GGIO7", missing("logical node")),
    ];
    for (reference, kind) in expected {
        let listed = found.iter().any(|(at, of)| at == reference && *of == kind);
        assert!(listed, "{reference}: {found:?}");
    }
    let members = found.iter().find(|(at, _)| at == "GOLDLD1/LLN0.dsInd");
    let Some((_, DifferenceKind::Members { model, device })) = members else {
        panic!("{found:?}");
    };
    assert_eq!((model.len(), device.len()), (5, 4));
    let value = found
        .iter()
        .find(|(at, _)| at == "GOLDLD1/GGIO1.Ind1.d[DC]");
    let Some((_, DifferenceKind::Value { model, device })) = value else {
        panic!("{found:?}");
    };
    assert_eq!(*model, MmsValue::new_visible_string("another"));
    assert_eq!(*device, MmsValue::new_visible_string("indication 1"));
    assert_eq!(found.len(), 5, "{found:?}");

    // The other way round: what the device has more, and another type.
    let small = IedModel::new("GOLD").unwrap();
    let device = small.create_logical_device("LD1", None).unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let object = node.create_data_object("IntIn1", 0).unwrap();
    object
        .create_data_attribute(
            "stVal",
            DataAttributeType::Float32,
            Fc::ST,
            TriggerOptions::empty(),
            0,
            0,
        )
        .unwrap();
    let found = differences(&small);
    let extra = |what| DifferenceKind::Extra { what };
    for (reference, kind) in [
        ("GOLDLD2", extra("logical device")),
        ("GOLDLD1/LLN0", extra("logical node")),
        ("GOLDLD1/GGIO1.Ind1", extra("data object")),
        ("GOLDLD1/GGIO1.IntIn1.q[ST]", extra("data attribute")),
    ] {
        let listed = found.iter().any(|(at, of)| at == reference && *of == kind);
        assert!(listed, "{reference}: {found:?}");
    }
    let other = found
        .iter()
        .find(|(at, _)| at == "GOLDLD1/GGIO1.IntIn1.stVal[ST]");
    assert!(
        matches!(other, Some((_, DifferenceKind::Type { .. }))),
        "{found:?}"
    );
}

fn data_sets(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let members = [
        "GOLDLD1/GGIO1.Ind1.stVal[ST]",
        "GOLDLD1/GGIO1.NumSet.setVal[SP]",
    ];
    for reference in ["GOLDLD1/LLN0.mine", "@mine"] {
        connection.create_dataset(reference, &members).unwrap();
        let error = connection.create_dataset(reference, &members).unwrap_err();
        assert_eq!(error.code(), Some(Code::ObjectExists));
        let directory = connection.get_dataset_directory(reference).unwrap();
        assert!(directory.is_deletable);
        assert_eq!(directory.entries, members);

        let value = MmsValue::Integer(9);
        let written = connection.write_data_set_values(reference, &[true.into(), value.clone()]);
        let written = written.unwrap();
        assert_eq!(
            written[0].as_ref().unwrap_err().code(),
            Some(Code::AccessDenied)
        );
        assert!(written[1].is_ok());
        let mut read = connection.read_dataset(reference).unwrap();
        assert_eq!((read.reference(), read.size()), (reference, 2));
        assert_eq!(read.values()[1], value);
        connection
            .write_int32("GOLDLD1/GGIO1.NumSet.setVal", Fc::SP, 10)
            .unwrap();
        read.update_values().unwrap();
        assert_eq!(read.values()[1], MmsValue::Integer(10));

        connection.delete_dataset(reference).unwrap();
        let error = connection.delete_dataset(reference).unwrap_err();
        assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
    }
    let error = connection.delete_dataset("GOLDLD1/LLN0.dsInd").unwrap_err();
    assert_eq!(error.code(), Some(Code::AccessDenied));
    let unknown = connection
        .create_dataset("@bad", &["GOLDLD1/GGIO1.None[ST]"])
        .unwrap_err();
    assert!(unknown.code().is_some());
    let error = connection.read_dataset("GOLDLD1/LLN0.none").unwrap_err();
    assert_eq!(error.code(), Some(Code::ObjectDoesNotExist));
}

fn goose_and_sampled_value_control_blocks(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let mut goose = connection.read_gocb("GOLDLD1/LLN0.gcb01").unwrap();
    assert_eq!(goose.go_id(), "goldenGoose");
    assert_eq!(goose.datset(), "GOLDLD1/LLN0$dsGoose");
    assert_eq!((goose.conf_rev(), goose.min_time()), (1, Some(10)));
    assert_eq!(goose.dst_address().app_id, 4096);
    goose.set_go_ena(true);
    connection.set_gocb_values(&mut goose, true).unwrap();
    connection.update_gocb_values(&mut goose).unwrap();
    assert!(goose.go_ena());
    goose.set_go_id("other");
    let error = connection.set_gocb_values(&mut goose, false).unwrap_err();
    assert_eq!(error.code(), Some(Code::TemporarilyUnavailable));

    let mut samples = connection.read_svcb("GOLDLD1/LLN0.MS.svcb01").unwrap();
    assert_eq!((samples.sv_id(), samples.smp_rate()), ("goldenSv", 80));
    assert!(!samples.is_unicast());
    assert_eq!(samples.opt_flds().bits(), 31);
    samples.set_sv_ena(true);
    connection.set_svcb_values(&mut samples).unwrap();
    assert!(
        connection
            .read_svcb("GOLDLD1/LLN0.MS.svcb01")
            .unwrap()
            .sv_ena()
    );
}

fn generic_mms_stays_reachable(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    assert_eq!(connection.server_status().unwrap().logical, 0);
    if differs(engine, "mms") {
        let error = connection.mms().unwrap_err();
        assert!(matches!(error, Error::NotSupported { .. }), "{error}");
        return;
    }
    let mms = connection.mms().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    assert_eq!(runtime.block_on(mms.domain_names()).unwrap().len(), 2);
}
