//! The common data classes that can be controlled.

use super::{reference, until};
use crate::support::control::{Command, Operator, SHOWN, object};
use crate::support::{NewServer, attribute, connect, engine_tests, read, started};
use iec61850::{
    CdcControlModelOptions as Options, CdcFactory, CdcOptions, ControlHandlerResult, IedModel,
    ModelNodeExt,
};
use mms::{BitString, DataAccessError, MmsValue};
use parking_lot::Mutex;
use std::sync::Arc;

engine_tests!(every_class_is_controlled, values_of_the_wrong_type);

/// Objects of every class, controlled in this way.
fn model(model: Options) -> IedModel {
    let ied = IedModel::new("T1").unwrap();
    let device = ied.create_logical_device("LD0", None).unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let (plain, options) = (CdcOptions::empty(), model | SHOWN);
    node.create_cdc_spc("SPC", plain, options).unwrap();
    node.create_cdc_dpc("DPC", plain, options).unwrap();
    node.create_cdc_inc("INC", plain, options).unwrap();
    node.create_cdc_enc("ENC", plain, options).unwrap();
    node.create_cdc_bsc("BSC", true, plain, options).unwrap();
    node.create_cdc_isc("ISC", true, plain, options).unwrap();
    node.create_cdc_apc("APC", false, plain, options).unwrap();
    node.create_cdc_apc("APCi", true, plain, options).unwrap();
    node.create_cdc_bac("BAC", false, plain, options).unwrap();
    ied
}

/// A command for each class.
fn commands() -> [(&'static str, MmsValue); 9] {
    let step = |bits| MmsValue::from(BitString::from_integer(2, bits));
    [
        ("SPC", true.into()),
        ("DPC", true.into()),
        ("INC", (-70_000).into()),
        ("ENC", 3.into()),
        ("BSC", step(2)),
        ("ISC", 17.into()),
        ("APC", MmsValue::Structure(vec![MmsValue::Float32(3.5)])),
        ("APCi", MmsValue::Structure(vec![(-35).into()])),
        ("BAC", step(1)),
    ]
}

fn every_class_is_controlled(new: NewServer) {
    for options in [
        Options::MODEL_DIRECT_NORMAL,
        Options::MODEL_SBO_NORMAL,
        Options::MODEL_DIRECT_ENHANCED,
        Options::MODEL_SBO_ENHANCED,
    ] {
        let model = model(options);
        let server = started(new(&model, None).unwrap());
        for (class, value) in commands() {
            let node = object(&model, &format!("T1LD0/GGIO1.{class}"));
            let seen = Arc::new(Mutex::new(None));
            let given = seen.clone();
            server
                .register_control_handler(&node, move |_, _, value, _| {
                    *given.lock() = Some(value.clone());
                    ControlHandlerResult::Ok
                })
                .unwrap();
            let client = Operator::new(connect(&server), &reference(class));
            let command = Command::new(value.clone(), 5);
            match options {
                Options::MODEL_SBO_NORMAL => assert!(client.select(), "{class}"),
                Options::MODEL_SBO_ENHANCED => client.select_with_value(&command).unwrap(),
                _ => {}
            }
            // The state of analogue classes is a measurement.
            let fc = match class {
                "APC" | "APCi" | "BAC" => "MX",
                _ => "ST",
            };
            let shown = |name| {
                let item = format!("T1LD0/GGIO1${fc}${class}${name}");
                read(&client.client, &item)
            };
            let selected = matches!(
                options,
                Options::MODEL_SBO_NORMAL | Options::MODEL_SBO_ENHANCED
            );
            assert_eq!(shown("stSeld"), selected.into(), "{class}");
            client.operate(&command).unwrap();
            if options.control_model().unwrap().is_enhanced() {
                client.ends(&command);
            }
            until(|| seen.lock().is_some());
            assert_eq!(*seen.lock(), Some(value), "{class}");
            let number = attribute(&model, &node.child_attribute("ctlNum").unwrap().reference());
            assert_eq!(server.get_uint32(&number).unwrap(), 5);
            let origin = MmsValue::Structure(vec![3.into(), MmsValue::OctetString(b"test".into())]);
            assert_eq!(shown("origin"), origin, "{class}");
        }
    }
}

fn values_of_the_wrong_type(new: NewServer) {
    let model = model(Options::MODEL_DIRECT_ENHANCED);
    let server = started(new(&model, None).unwrap());
    for (class, right) in commands() {
        let node = object(&model, &format!("T1LD0/GGIO1.{class}"));
        server
            .register_control_handler(&node, |_, _, _, _| panic!("must not be called"))
            .unwrap();
        let client = Operator::new(connect(&server), &reference(class));
        for (_, wrong) in commands() {
            if wrong.mms_type() == right.mms_type() {
                continue;
            }
            let written = client.operate(&Command::new(wrong, 1));
            assert_eq!(written, Err(DataAccessError::TypeInconsistent), "{class}");
        }
        // Neither a LastApplError nor the end of a command.
        assert!(client.silent());
    }
}
