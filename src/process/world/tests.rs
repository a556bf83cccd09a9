use super::*;
use crate::process::controls;
use iec61850::scl::SclDocument;
use iec61850::{CdcControlModelOptions, CdcFactory, CdcOptions, Dbpos, Quality};
use mms::MmsValue;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;

const STEP: f64 = 0.1;

fn feeder() -> IedServer {
    IedServer::new(&crate::demo::model().unwrap(), None).unwrap()
}

fn served(file: &str) -> IedServer {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let model = if file.ends_with(".cfg") {
        IedModel::create_from_config_file(&path).unwrap()
    } else {
        let document = SclDocument::parse_file(&path).unwrap();
        document.model(None, None).unwrap()
    };
    IedServer::new(&model, None).unwrap()
}

fn run(server: &IedServer, world: &mut World, seconds: f64) {
    for _ in 0..(seconds / STEP).round() as usize {
        world.step(server, STEP).unwrap();
    }
}

fn attribute(server: &IedServer, reference: &str) -> DataAttribute {
    let node = server.model().node_by_reference(reference);
    node.and_then(ModelNode::into_data_attribute)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn float(server: &IedServer, reference: &str) -> f32 {
    server.get_float(&attribute(server, reference)).unwrap()
}

/// The values of all data objects but their times.
fn values(server: &IedServer) -> Vec<(String, MmsValue)> {
    fn without_times(value: MmsValue) -> MmsValue {
        match value {
            MmsValue::UtcTime(_) => MmsValue::Boolean(false),
            MmsValue::Structure(parts) => {
                MmsValue::Structure(parts.into_iter().map(without_times).collect())
            }
            MmsValue::Array(parts) => {
                MmsValue::Array(parts.into_iter().map(without_times).collect())
            }
            value => value,
        }
    }
    let devices = server.model().logical_devices();
    let nodes = devices.iter().flat_map(|device| device.logical_nodes());
    let objects = nodes.flat_map(|node| node.children());
    objects
        .filter_map(|node| node.into_data_object().ok())
        .flat_map(|object| {
            [Fc::ST, Fc::MX].map(|fc| {
                let value = server.get_value_with_fc(&object, fc)?;
                Some((
                    format!("{}[{fc}]", object.reference()),
                    without_times(value),
                ))
            })
        })
        .flatten()
        .collect()
}

#[test]
fn the_feeder_is_alive() {
    let server = feeder();
    let mut world = World::new(server.model(), 1, false);
    world.begin(&server).unwrap();
    let current = || float(&server, "FEEDER1MEAS/MMXU1.A.phsA.cVal.mag.f");
    assert!((295.0..305.0).contains(&current()), "{}", current());
    // In kilowatts, with a deadband of a percent.
    let power = float(&server, "FEEDER1MEAS/MMXU1.TotW.mag.f");
    assert!((9_500.0..10_500.0).contains(&power), "{power}");
    let meter = attribute(&server, "FEEDER1MEAS/MMTR1.TotWh.actVal");
    run(&server, &mut world, 10.0);
    let energy = server.get_int64(&meter).unwrap() - 815_000;
    // About 10 MW for ten seconds.
    assert!((24_000..38_000).contains(&energy), "{energy} Wh");
    let instant = float(&server, "FEEDER1MEAS/MMXU1.TotW.instMag.f");
    assert!(
        (instant / power - 1.0).abs() > 0.05,
        "{instant} after {power}"
    );
    let quality = attribute(&server, "FEEDER1MEAS/MMXU1.TotW.q");
    assert_eq!(
        server.get_quality(&quality).unwrap(),
        Quality::VALIDITY_GOOD
    );
    let t = attribute(&server, "FEEDER1MEAS/MMXU1.TotW.t");
    let age = chrono::Utc::now() - server.get_utc_time(&t).unwrap();
    assert!(age.num_seconds() < 60, "{age}");
}

#[test]
fn a_setting_below_the_load_trips_the_breaker_which_recloses() {
    let server = feeder();
    let mut world = World::new(server.model(), 1, false);
    world.begin(&server).unwrap();
    let position = attribute(&server, "FEEDER1CTRL/XCBR1.Pos.stVal");
    let operated = attribute(&server, "FEEDER1PROT/PTOC1.Op.general");
    let threshold = attribute(&server, "FEEDER1PROT/PTOC1.StrVal.setMag.f");
    server.update_float(&threshold, 100.0).unwrap();
    let mut seen = vec![Dbpos::On];
    for _ in 0..60 {
        world.step(&server, STEP).unwrap();
        let now = server.get_dbpos(&position).unwrap();
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        if now == Dbpos::Off {
            assert_eq!(float(&server, "FEEDER1MEAS/MMXU1.A.phsA.cVal.mag.f"), 0.0);
            server.update_float(&threshold, 400.0).unwrap();
        }
    }
    use Dbpos::{IntermediateState, Off, On};
    assert_eq!(seen, [On, IntermediateState, Off, IntermediateState, On]);
    let count = attribute(&server, "FEEDER1CTRL/XCBR1.OpCnt.stVal");
    assert_eq!(server.get_int32(&count).unwrap(), 1743);
    assert!(!server.get_boolean(&operated).unwrap(), "it resets");
}

#[test]
fn faults_are_cleared() {
    let server = feeder();
    let mut world = World::new(server.model(), 3, true);
    world.begin(&server).unwrap();
    let started = attribute(&server, "FEEDER1PROT/PTOC1.Str.general");
    let mut starts = 0;
    for _ in 0..20 * 60 * 10 {
        let before = server.get_boolean(&started).unwrap();
        world.step(&server, STEP).unwrap();
        starts += usize::from(!before && server.get_boolean(&started).unwrap());
    }
    let count = attribute(&server, "FEEDER1CTRL/XCBR1.OpCnt.stVal");
    let trips = server.get_int32(&count).unwrap() - 1742;
    // Some are over before the delay is.
    assert!(
        trips >= 3 && starts as i32 > trips,
        "{starts} starts, {trips} trips"
    );
}

#[test]
fn the_same_seed_is_the_same_process() {
    let after = |seed| {
        let server = served("tests/data/bay.cid");
        let mut world = World::new(server.model(), seed, true);
        world.begin(&server).unwrap();
        run(&server, &mut world, 60.0);
        values(&server)
    };
    let first = after(1);
    assert_eq!(first, after(1));
    assert_ne!(first, after(2));
}

#[test]
fn any_model_lives() {
    for file in [
        "tests/data/bay.cid",
        "tests/golden/golden.cfg",
        "iec61850/tests/data/scl/relay-ed1.icd",
        "iec61850/tests/data/scl/settings-ed2.cid",
    ] {
        let server = served(file);
        let mut world = World::new(server.model(), 1, true);
        world.begin(&server).unwrap();
        let before = values(&server);
        run(&server, &mut world, 30.0);
        let after = values(&server);
        let moved = before.iter().zip(&after).filter(|(a, b)| a != b).count();
        let measured = world.measurements.len() + world.counters.len() + world.indications.len();
        assert!(
            measured == 0 || moved > 0,
            "{file}: {measured} values, none moves"
        );
        for (reference, value) in &after {
            let name = reference.split(['.', '[']).nth(1);
            if matches!(name, Some("Beh" | "Health")) {
                let state = value.elements().unwrap()[0].to_int64().unwrap();
                assert_eq!(state, 1, "{file}: {reference}");
            }
        }
    }
}

#[test]
fn controllers_and_interlocking_follow_their_switch() {
    let model = IedModel::new("IED1").unwrap();
    let device = model.create_logical_device("CTRL", None).unwrap();
    let none = CdcOptions::empty();
    let control = CdcControlModelOptions::MODEL_SBO_ENHANCED;
    let position = |name: &str| {
        let node = device.create_logical_node(name).unwrap();
        node.create_cdc_dpc("Pos", none, control).unwrap();
        node
    };
    for name in [
        "CBXCBR1", "DCXSWI1", "ESXSWI2", "CBCSWI1", "DCCSWI1", "CSWI2", "CSWI3",
    ] {
        position(name);
    }
    let interlocking = device.create_logical_node("CBCILO1").unwrap();
    interlocking.create_cdc_sps("EnaOpn", none).unwrap();
    interlocking.create_cdc_sps("EnaCls", none).unwrap();
    let server = IedServer::new(&model, None).unwrap();
    let mut world = World::new(&model, 1, false);
    let groups: Vec<Vec<_>> = world
        .switches
        .iter()
        .map(|switch| {
            let nodes = switch
                .objects
                .iter()
                .filter_map(|object| object.logical_node());
            nodes.map(|node| node.name().to_owned()).collect()
        })
        .collect();
    let expected: [&[&str]; 4] = [
        &["CBXCBR1", "CBCSWI1"],
        &["DCXSWI1", "DCCSWI1"],
        // Another prefix, and the only one of the number.
        &["ESXSWI2", "CSWI2"],
        &["CSWI3"],
    ];
    assert_eq!(groups, expected);

    world.begin(&server).unwrap();
    let dbpos = |name: &str| {
        let value = attribute(&server, &format!("IED1CTRL/{name}.Pos.stVal"));
        server.get_dbpos(&value).unwrap()
    };
    let flag = |name: &str| {
        let value = attribute(&server, &format!("IED1CTRL/CBCILO1.{name}.stVal"));
        server.get_boolean(&value).unwrap()
    };
    assert_eq!(
        (dbpos("CBCSWI1"), flag("EnaOpn"), flag("EnaCls")),
        (Dbpos::On, true, false)
    );
    world.switches[0].trip();
    world.step(&server, STEP).unwrap();
    assert_eq!(dbpos("CBCSWI1"), Dbpos::IntermediateState);
    run(&server, &mut world, 0.3);
    assert_eq!(dbpos("CBXCBR1"), Dbpos::Off);
    assert_eq!(
        (dbpos("CBCSWI1"), flag("EnaOpn"), flag("EnaCls")),
        (Dbpos::Off, false, true)
    );
    assert_eq!(dbpos("DCCSWI1"), Dbpos::On);
    run(&server, &mut world, 4.0);
    assert_eq!(dbpos("CBCSWI1"), Dbpos::On);
}

#[test]
fn classes_of_logical_nodes() {
    for (name, expected) in [
        ("LLN0", ""),
        ("XCBR1", "XCBR"),
        ("QA1CSWI12", "CSWI"),
        ("MMXU", "MMXU"),
        ("A1", ""),
        ("Überwachung", "hung"),
    ] {
        assert_eq!(class(name), expected, "{name}");
    }
}

/// Devices of many vendors, where there is the folder of them: see ARCHITECTURE.md, "Tests".
#[test]
fn devices_of_vendors() {
    const STEPS: usize = 200;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .skip(1)
        .map(|folder| folder.join("shared/data/scl"))
        .find(|folder| folder.is_dir());
    let Some(folder) = folder else {
        return;
    };
    let mut alive = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        // The large ones have more of the same and take their time.
        if entry.metadata().unwrap().len() > 1 << 20 {
            continue;
        }
        let path = entry.path();
        let Ok(document) = SclDocument::parse_file(&path) else {
            continue;
        };
        for ied in document.ieds() {
            let Ok(model) = document.model(Some(&ied.name), None) else {
                continue;
            };
            let name = format!("{} {}", path.display(), ied.name);
            let server = Arc::new(IedServer::new(&model, None).unwrap());
            let mut world = World::new(server.model(), 1, true);
            let (messages, _orders) = channel();
            controls::register(&server, &world, &messages)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            world
                .begin(&server)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            for _ in 0..STEPS {
                world
                    .step(&server, STEP)
                    .unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            alive += usize::from(!world.measurements.is_empty());
        }
    }
    assert!(alive > 20, "{alive} devices measure");
}
