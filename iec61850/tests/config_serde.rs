//! The configuration of a server in files (feature `serde`).
#![cfg(feature = "serde")]

use iec61850::{Engine, Iec61850Edition, IedServerConfig, ReportSetting};
use serde_json::{Value, from_value, json, to_value};

#[test]
fn there_and_back() {
    let default = to_value(IedServerConfig::default()).unwrap();
    let read: IedServerConfig = from_value(default).unwrap();
    assert_eq!(read, IedServerConfig::default());

    let mut config = IedServerConfig::new();
    config
        .set_engine(Engine::Libiec61850)
        .set_edition(Iec61850Edition::Edition2_1)
        .set_max_pdu_size(1000)
        .set_max_file_upload_size(1 << 40)
        .set_dynamic_dataset_enabled(false)
        .set_file_service_base_path("/srv/files")
        .set_report_setting(ReportSetting::DATSET, false);
    let written = to_value(&config).unwrap();
    assert_eq!(written["edition"], "2.1");
    assert_eq!(written["engine"], "libiec61850");
    assert_eq!(from_value::<IedServerConfig>(written).unwrap(), config);
}

#[test]
fn what_is_left_out_has_its_default() {
    let read: IedServerConfig = from_value(json!({"max_open_files": 7})).unwrap();
    let expected = IedServerConfig {
        max_open_files: 7,
        ..IedServerConfig::default()
    };
    assert_eq!(read, expected);
}

#[test]
fn what_is_wrong_is_refused() {
    for (settings, reason) in [
        (json!({"max_pdu": 1}), "unknown field `max_pdu`"),
        (json!({"max_pdu_size": 63}), "63 is out of range"),
        (json!({"max_pdu_size": "many"}), "string \"many\""),
        (json!({"max_open_files": -1}), "-1 is out of range"),
        (json!({"edition": "4"}), "no edition"),
        (
            json!({"engine": "steam"}),
            "no engine: there are native, libiec61850",
        ),
        (json!({"report_settings": ["gi"]}), "no attribute"),
        (json!({"log_service_enabled": 1}), "boolean"),
        (Value::Bool(true), "a table of settings"),
    ] {
        let error = from_value::<IedServerConfig>(settings).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
