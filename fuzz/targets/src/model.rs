//! Configuration files: SCL documents and the model files of libiec61850.

use iec61850::IedModel;
use iec61850::scl::{SclDocument, SclOptions};

/// Data objects and attributes of a model; a small file can ask for millions.
const MAX_NODES: usize = 20_000;

pub(crate) fn scl(data: &[u8]) {
    for strict in [false, true] {
        let mut options = SclOptions::default();
        options.max_nodes = MAX_NODES;
        options.strict = strict;
        let document = match SclDocument::parse_bytes_with(data, "fuzz.scd", &options) {
            Ok(document) => document,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        for warning in document.warnings() {
            assert!(!strict && !warning.to_string().is_empty());
        }
        let _ = (document.header().edition(), document.model(None, None));
        for ied in document.ieds() {
            for access_point in &ied.access_points {
                instance(&document, &ied.name, &access_point.name, strict);
            }
        }
    }
}

fn instance(document: &SclDocument, ied: &str, access_point: &str, strict: bool) {
    match document.instantiate(Some(ied), Some(access_point)) {
        Ok(instance) => {
            assert!(!strict || instance.warnings.is_empty());
            for warning in &instance.warnings {
                assert!(!warning.to_string().is_empty());
            }
            assert!(instance.model.dump().starts_with("IED "));
            assert!(instance.model.structurally_equal(&instance.model));
            if let Ok(text) = instance.model.to_config() {
                let model = IedModel::from_config(&text);
                model.unwrap_or_else(|error| panic!("{error} in\n{text}"));
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(crate) fn cfg(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let model = match IedModel::from_config(&text) {
        Ok(model) => model,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    // Some texts have no form in the format.
    let Ok(written) = model.to_config() else {
        return;
    };
    let again = match IedModel::from_config(&written) {
        Ok(again) => again,
        Err(error) => panic!("{error} in\n{written}"),
    };
    assert_eq!(again.dump(), model.dump());
    assert!(again.structurally_equal(&model));
    assert_eq!(again.to_config().ok(), Some(written));
}
