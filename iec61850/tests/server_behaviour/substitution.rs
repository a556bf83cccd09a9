//! Substitution (IEC 61850-7-3): clients see the substituted value in place of that of the process.

use crate::support::{NewServer, attribute, connect, engine_tests, name, read, started, write};
use iec61850::{
    CdcControlModelOptions, CdcFactory, CdcOptions, DataAttributeType as Ty, Dbpos,
    FunctionalConstraint as Fc, IedModel, IedServer, IedServerConfig, LogicalNode, Quality,
    QualityValidity, TriggerOptions,
};
use mms::client::blocking::Client;
use mms::{BitString, MmsValue};

engine_tests!(
    a_client_substitutes_and_ends_it,
    the_quality_is_the_substituted_one,
    the_application_substitutes,
    a_structure_begins_and_ends_it_at_once,
    common_data_classes_with_a_status_value,
    positions_with_transient_indication,
    measured_values,
    complex_measured_values_and_sub_objects,
    without_quality_and_time,
    types_that_do_not_fit_are_left_alone,
    it_outlives_the_association,
    it_can_be_left_to_the_application,
);

const SUB: CdcOptions = CdcOptions::PICS_SUBST;
const DIRECT: CdcControlModelOptions = CdcControlModelOptions::MODEL_DIRECT_NORMAL;
const NO: TriggerOptions = TriggerOptions::empty();
const LN: &str = "S1LD0/GGIO1";

/// A model with one logical node, filled in by the test.
fn model(fill: impl FnOnce(&LogicalNode)) -> IedModel {
    let model = IedModel::new("S1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    fill(&device.create_logical_node("GGIO1").unwrap());
    model
}

fn single_point() -> IedModel {
    model(|node| drop(node.create_cdc_sps("Ind", SUB).unwrap()))
}

fn quality(quality: Quality) -> MmsValue {
    MmsValue::BitString(BitString::from(quality))
}

fn text(text: &str) -> MmsValue {
    MmsValue::VisibleString(text.to_owned())
}

/// The quality that clients see.
fn seen(client: &Client, variable: &str) -> Quality {
    match read(client, variable) {
        MmsValue::BitString(bits) => Quality::from(&bits),
        other => panic!("{other:?}"),
    }
}

fn a_client_substitutes_and_ends_it(new: NewServer) {
    let model = single_point();
    let server = started(new(&model, None).unwrap());
    let (client, other) = (connect(&server), connect(&server));
    let value = attribute(&model, "S1LD0/GGIO1.Ind.stVal");
    let q = attribute(&model, "S1LD0/GGIO1.Ind.q");
    let t = attribute(&model, "S1LD0/GGIO1.Ind.t");
    server.update_utc_time_ms(&t, 1000).unwrap();
    write(&client, "S1LD0/GGIO1$SV$Ind$subVal", true);
    write(&client, "S1LD0/GGIO1$SV$Ind$subID", text("desk 4"));
    // Prepared, and not begun.
    assert_eq!(read(&other, "S1LD0/GGIO1$ST$Ind$stVal"), false.into());
    assert_eq!(seen(&other, "S1LD0/GGIO1$ST$Ind$q"), Quality::VALIDITY_GOOD);
    write(&client, "S1LD0/GGIO1$SV$Ind$subEna", true);
    let substituted = |client: &Client| {
        assert_eq!(read(client, "S1LD0/GGIO1$ST$Ind$stVal"), true.into());
        let q = seen(client, "S1LD0/GGIO1$ST$Ind$q");
        assert_eq!(q, Quality::SOURCE_SUBSTITUTED);
    };
    substituted(&client);
    substituted(&other);
    assert!(server.get_utc_time(&t).unwrap().timestamp_millis() > 1_700_000_000_000);
    assert_eq!(read(&other, "S1LD0/GGIO1$SV$Ind$subID"), text("desk 4"));
    // The application goes on and nobody sees it, nor does the application itself.
    server.update_quality(&q, Quality::DETAIL_OLD_DATA).unwrap();
    server.update_utc_time_ms(&t, 2000).unwrap();
    for process in [true, false, true, false] {
        server.update_boolean(&value, process).unwrap();
        substituted(&other);
        assert!(server.get_boolean(&value).unwrap());
    }
    server.update_boolean(&value, true).unwrap();
    write(&client, "S1LD0/GGIO1$SV$Ind$subVal", false);
    assert_eq!(read(&other, "S1LD0/GGIO1$ST$Ind$stVal"), false.into());
    write(&client, "S1LD0/GGIO1$SV$Ind$subEna", false);
    assert!(server.get_boolean(&value).unwrap());
    let q = seen(&other, "S1LD0/GGIO1$ST$Ind$q");
    assert_eq!(q, Quality::DETAIL_OLD_DATA);
    assert_eq!(server.get_utc_time(&t).unwrap().timestamp_millis(), 2000);
    assert_eq!(read(&other, "S1LD0/GGIO1$SV$Ind$subID"), text(""));
    server.update_boolean(&value, false).unwrap();
    assert_eq!(read(&other, "S1LD0/GGIO1$ST$Ind$stVal"), false.into());
}

fn the_quality_is_the_substituted_one(new: NewServer) {
    let model = single_point();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let q = attribute(&model, "S1LD0/GGIO1.Ind.q");
    server
        .update_quality(&q, Quality::VALIDITY_INVALID)
        .unwrap();
    write(&client, "S1LD0/GGIO1$SV$Ind$subEna", true);
    let shown = || seen(&client, "S1LD0/GGIO1$ST$Ind$q");
    assert_eq!(shown(), Quality::SOURCE_SUBSTITUTED);
    let questionable = Quality::VALIDITY_QUESTIONABLE | Quality::DETAIL_INACCURATE;
    write(&client, "S1LD0/GGIO1$SV$Ind$subQ", quality(questionable));
    assert_eq!(shown(), questionable | Quality::SOURCE_SUBSTITUTED);
    write(&client, "S1LD0/GGIO1$SV$Ind$subEna", false);
    assert_eq!(shown().validity(), QualityValidity::Invalid);
}

fn the_application_substitutes(new: NewServer) {
    let model = single_point();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let of = |name: &str| attribute(&model, &format!("S1LD0/GGIO1.Ind.{name}"));
    server.with_data_model(|server| {
        server.update_boolean(&of("subVal"), true).unwrap();
        server.update_boolean(&of("subEna"), true).unwrap();
    });
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Ind$stVal"), true.into());
    server.update_boolean(&of("subEna"), false).unwrap();
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Ind$stVal"), false.into());
}

fn a_structure_begins_and_ends_it_at_once(new: NewServer) {
    let model = single_point();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let all = |on: bool, value: bool| {
        let test = quality(Quality::TEST);
        MmsValue::Structure(vec![on.into(), value.into(), test, text("me")])
    };
    write(&client, "S1LD0/GGIO1$SV$Ind", all(true, true));
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Ind$stVal"), true.into());
    let expected = Quality::TEST | Quality::SOURCE_SUBSTITUTED;
    assert_eq!(seen(&client, "S1LD0/GGIO1$ST$Ind$q"), expected);
    write(&client, "S1LD0/GGIO1$SV$Ind", all(false, true));
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Ind$stVal"), false.into());
    assert_eq!(read(&client, "S1LD0/GGIO1$SV$Ind$subID"), text(""));
}

/// Substitutes and compares what is shown, then ends it.
fn substitute(
    server: &IedServer,
    client: &Client,
    object: &str,
    fc: Fc,
    values: (&str, &[&str]),
    value: MmsValue,
) {
    let (source, targets) = values;
    let shown = |name: &str| read(client, &format!("{LN}${fc}${object}${name}"));
    let before: Vec<MmsValue> = targets.iter().map(|target| shown(target)).collect();
    assert!(!before.contains(&value), "{object}");
    write(client, &format!("{LN}$SV${object}${source}"), value.clone());
    write(client, &format!("{LN}$SV${object}$subEna"), true);
    for target in targets {
        assert_eq!(shown(target), value, "{object}.{target}");
    }
    let q = seen(client, &format!("{LN}${fc}${object}$q"));
    assert_eq!(q, Quality::SOURCE_SUBSTITUTED, "{object}");
    write(client, &format!("{LN}$SV${object}$subEna"), false);
    let after: Vec<MmsValue> = targets.iter().map(|target| shown(target)).collect();
    assert_eq!(after, before, "{object}");
    assert!(server.is_running());
}

fn common_data_classes_with_a_status_value(new: NewServer) {
    let model = model(|node| {
        node.create_cdc_sps("Sps", SUB).unwrap();
        node.create_cdc_dps("Dps", SUB).unwrap();
        node.create_cdc_ins("Ins", SUB).unwrap();
        node.create_cdc_ens("Ens", SUB).unwrap();
        node.create_cdc_vss("Vss", SUB).unwrap();
        node.create_cdc_spc("Spc", SUB, DIRECT).unwrap();
        node.create_cdc_dpc("Dpc", SUB, DIRECT).unwrap();
        node.create_cdc_inc("Inc", SUB, DIRECT).unwrap();
        node.create_cdc_enc("Enc", SUB, DIRECT).unwrap();
    });
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let on = MmsValue::BitString(BitString::from(Dbpos::On));
    for (object, value) in [
        ("Sps", true.into()),
        ("Dps", on.clone()),
        ("Ins", 7.into()),
        ("Ens", 3.into()),
        ("Vss", text("by hand")),
        ("Spc", true.into()),
        ("Dpc", on),
        ("Inc", (-7).into()),
        ("Enc", 2.into()),
    ] {
        let values: (&str, &[&str]) = ("subVal", &["stVal"]);
        substitute(&server, &client, object, Fc::ST, values, value);
    }
}

fn positions_with_transient_indication(new: NewServer) {
    let model = model(|node| {
        node.create_cdc_bsc("Bsc", true, SUB, DIRECT).unwrap();
        node.create_cdc_isc("Isc", true, SUB, DIRECT).unwrap();
        node.create_cdc_apc("Apc", false, SUB, DIRECT).unwrap();
        node.create_cdc_bac("Bac", false, SUB, DIRECT).unwrap();
    });
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let step = MmsValue::Structure(vec![5.into(), true.into()]);
    let analogue = MmsValue::Structure(vec![2.5_f32.into()]);
    for (object, fc, target, value) in [
        ("Bsc", Fc::ST, "valWTr", &step),
        ("Isc", Fc::ST, "valWTr", &step),
        ("Apc", Fc::MX, "mxVal", &analogue),
        ("Bac", Fc::MX, "mxVal", &analogue),
    ] {
        let values: (&str, &[&str]) = ("subVal", &[target]);
        substitute(&server, &client, object, fc, values, value.clone());
    }
}

/// The attributes for substitution, of which the constructors of measured values have none.
fn add_substitution(object: &iec61850::DataObject, value: &str) -> iec61850::DataAttribute {
    let add = |name: &str, ty: Ty| object.create_data_attribute(name, ty, Fc::SV, NO, 0, 0);
    add("subEna", Ty::Boolean).unwrap();
    add("subQ", Ty::Quality).unwrap();
    add(value, Ty::Constructed).unwrap()
}

fn measured_values(new: NewServer) {
    let model = model(|node| {
        let object = node.create_cdc_mv("Mv", false, CdcOptions::INST_MAG);
        let magnitude = add_substitution(&object.unwrap(), "subMag");
        magnitude
            .create_data_attribute("f", Ty::Float32, Fc::SV, NO, 0, 0)
            .unwrap();
    });
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let value = MmsValue::Structure(vec![12.5_f32.into()]);
    let values: (&str, &[&str]) = ("subMag", &["mag", "instMag"]);
    substitute(&server, &client, "Mv", Fc::MX, values, value);
}

fn complex_measured_values_and_sub_objects(new: NewServer) {
    let model = model(|node| {
        let phases = node.create_data_object("A", 0).unwrap();
        let object = phases.create_cdc_cmv("phsA", CdcOptions::AC_CLC_O).unwrap();
        let vector = add_substitution(&object, "subCVal");
        // The magnitude alone: the angle stays that of the process.
        vector
            .create_data_attribute("mag", Ty::Constructed, Fc::SV, NO, 0, 0)
            .unwrap()
            .create_data_attribute("f", Ty::Float32, Fc::SV, NO, 0, 0)
            .unwrap();
    });
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let process = attribute(&model, "S1LD0/GGIO1.A.phsA.cVal.mag.f");
    server.update_float(&process, 1.0).unwrap();
    write(&client, "S1LD0/GGIO1$SV$A$phsA$subCVal$mag$f", 99.0_f32);
    write(&client, "S1LD0/GGIO1$SV$A$phsA$subEna", true);
    let shown = read(&client, "S1LD0/GGIO1$MX$A$phsA$cVal$mag$f");
    assert_eq!(shown, 99.0_f32.into());
    let q = seen(&client, "S1LD0/GGIO1$MX$A$phsA$q");
    assert_eq!(q, Quality::SOURCE_SUBSTITUTED);
    write(&client, "S1LD0/GGIO1$SV$A$phsA$subEna", false);
    assert_eq!(server.get_float(&process).unwrap(), 1.0);
}

fn without_quality_and_time(new: NewServer) {
    let model = model(|node| {
        let object = node.create_data_object("Bare", 0).unwrap();
        for (name, ty, fc) in [
            ("stVal", Ty::Int32, Fc::ST),
            ("subEna", Ty::Boolean, Fc::SV),
            ("subVal", Ty::Int32, Fc::SV),
        ] {
            object
                .create_data_attribute(name, ty, fc, NO, 0, 0)
                .unwrap();
        }
    });
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    write(&client, "S1LD0/GGIO1$SV$Bare$subVal", 5);
    write(&client, "S1LD0/GGIO1$SV$Bare$subEna", true);
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Bare$stVal"), 5.into());
}

fn types_that_do_not_fit_are_left_alone(new: NewServer) {
    let model = model(|node| {
        let object = node.create_data_object("Odd", 0).unwrap();
        for (name, ty, fc) in [
            ("stVal", Ty::Int8, Fc::ST),
            ("subEna", Ty::Boolean, Fc::SV),
            ("subVal", Ty::Int32, Fc::SV),
        ] {
            object
                .create_data_attribute(name, ty, fc, NO, 0, 0)
                .unwrap();
        }
    });
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    write(&client, "S1LD0/GGIO1$SV$Odd$subVal", 70_000);
    write(&client, "S1LD0/GGIO1$SV$Odd$subEna", true);
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Odd$stVal"), 0.into());
}

fn it_outlives_the_association(new: NewServer) {
    let model = single_point();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    write(&client, "S1LD0/GGIO1$SV$Ind$subVal", true);
    write(&client, "S1LD0/GGIO1$SV$Ind$subEna", true);
    client.conclude().unwrap();
    let other = connect(&server);
    assert_eq!(read(&other, "S1LD0/GGIO1$ST$Ind$stVal"), true.into());
    // Anybody may end it.
    write(&other, "S1LD0/GGIO1$SV$Ind$subEna", false);
    assert_eq!(read(&other, "S1LD0/GGIO1$ST$Ind$stVal"), false.into());
}

fn it_can_be_left_to_the_application(new: NewServer) {
    let model = single_point();
    let mut config = IedServerConfig::new();
    config.set_substitution_enabled(false);
    let server = started(new(&model, Some(config)).unwrap());
    let client = connect(&server);
    let before = client.read(name("S1LD0/GGIO1$ST$Ind")).unwrap();
    write(&client, "S1LD0/GGIO1$SV$Ind$subVal", true);
    write(&client, "S1LD0/GGIO1$SV$Ind$subEna", true);
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Ind"), before);
    let value = attribute(&model, "S1LD0/GGIO1.Ind.stVal");
    server.update_boolean(&value, true).unwrap();
    assert_eq!(read(&client, "S1LD0/GGIO1$ST$Ind$stVal"), true.into());
}
