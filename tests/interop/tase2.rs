//! TASE.2 against MMS stacks that know nothing of it: hat-drivers in both roles, by a script of our own, and libiec61850 as a raw client.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::peers;
use crate::servers::{Server, ied_command};

/// A control centre that is read only, so that a peer's client is not asked anything.
const NORTH: &str = r#"
[center]
name = "NORTH"
ap_title = "1.1.999.1"
ae_qualifier = 12

[[point]]
name = "N_LOAD"
type = "RealQ"
value = 412.5

[[point]]
name = "N_LINE1"
type = "StateQTimeTag"
value = "ON"

[[point]]
name = "N_NOTE"
type = "Discrete"
value = 0

[[point]]
name = "NORTH_SOUTH/TIE"
type = "RealQTimeTag"
value = 1.5

[[peer]]
name = "SOUTH"
table_id = "NS-2026-1"
domain = "NORTH_SOUTH"
rights = [
  { objects = ["N*", "NORTH_SOUTH/*"], allow = ["read", "use"] },
  { objects = ["N_NOTE", "NORTH_SOUTH/TIE"], allow = ["write"] },
]
"#;

/// NORTH with this AP title, for a peer of this identity.
fn north(title: &str, identity: &str) -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path: PathBuf = folder.path().join("north.toml");
    let north = NORTH.replace("1.1.999.1", title);
    std::fs::write(&path, format!("{north}{identity}\n")).expect("writing a temporary file");
    let server = Server::tase2(&path, &[]);
    (folder, server)
}

#[test]
fn hat_as_a_client() {
    let (_folder, server) = north("1.1.999.1", "ap_title = \"1.1.999.2\"\nae_qualifier = 12");
    let seen = peers::hat_tase2_client(server.address());
    server.interrupt();
    assert_eq!(
        seen["start"],
        json!(["NS-2026-1", [2000, 8], "110000000000"])
    );
    assert_eq!(seen["values"][0], json!([412.5, "00000000"]));
    assert_eq!(seen["values"][2], json!({"error": "object-non-existent"}));
    assert_eq!(seen["denied"], json!({"error": "object-access-denied"}));
    assert_eq!(seen["written"], "ok");
    assert_eq!(
        seen["again"],
        json!({"error": "DefinitionError.object-exists"})
    );
    assert_eq!(seen["next"], json!([1, "NORTH_SOUTH", "DSTS1"]));
    assert_eq!(seen["bad"], json!({"error": "object-value-invalid"}));
    assert_eq!(seen["short"], json!({"error": "type-inconsistent"}));
    assert_eq!(seen["started"], "ok");
    let (full, change) = (&seen["full"], &seen["change"]);
    assert_eq!(full["about"], "NORTH_SOUTH/HAT");
    assert_eq!(full["values"][2], "01000");
    assert_eq!(full["values"][3], json!([412.5, "00000000"]));
    assert_eq!(full["values"][4], 7);
    let specials = [
        "Transfer_Set_Name",
        "Transfer_Set_Time_Stamp",
        "DSConditions_Detected",
    ];
    let about: Vec<String> = specials
        .iter()
        .map(|s| format!("NORTH_SOUTH/{s}"))
        .chain(["N_NOTE".into()])
        .collect();
    assert_eq!(change["about"], json!(about));
    assert_eq!(
        (&change["values"][2], &change["values"][3]),
        (&json!("00100"), &json!(8))
    );
    assert_eq!(
        seen["in use"],
        json!({"error": "ServiceError.object-constraint-conflict"})
    );
    assert_eq!(
        (&seen["stopped"], &seen["deleted"]),
        (&json!("ok"), &json!([1, 1]))
    );
}

#[test]
fn hat_as_a_server() {
    let server = Server::hat_tase2();
    let address = server.address().to_string();
    let ours = ["--ap-title", "1.1.999.2", "--ae-qualifier", "12"];
    let run = |arguments: &[&str]| {
        let finished = ied_command(&[arguments, &ours].concat());
        assert!(
            finished.status.success(),
            "{arguments:?}: {}",
            finished.stderr
        );
        finished.stdout
    };
    let seen: Value =
        serde_json::from_str(&run(&["tase2", "browse", &address, "--json", "--values"])).unwrap();
    assert_eq!(
        (&seen["version"], &seen["features"], &seen["table_id"]),
        (&json!("2000-08"), &json!("1,2,4,5"), &json!("NS-2026-1"))
    );
    let line = &seen["scopes"][0]["variables"][0];
    assert_eq!(
        (&line["name"], &line["type"], &line["value"]),
        (
            &json!("N_LINE1"),
            &json!("Data_StateQTimeTag"),
            &json!("ON")
        )
    );
    assert_eq!(line["quality"]["validity"], "HELD");
    assert_eq!(line["time"], "2023-11-14T22:13:20.000Z");
    let read = run(&["tase2", "read", &address, "N_LOAD"]);
    assert_eq!(read, "N_LOAD = 400 VALID ENTERED ABNORMAL\n");
    let watched = run(&[
        "tase2",
        "watch",
        &address,
        "N_LOAD",
        "N_LINE1",
        "--count",
        "3",
        "--critical",
        "--buffer",
        "2",
        "--integrity",
        "60",
        "--json",
    ]);
    let reports: Vec<Value> = watched
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let loads: Vec<&Value> = reports
        .iter()
        .map(|report| &report["points"][0]["value"])
        .collect();
    assert_eq!(loads, [&json!(400.0), &json!(401.0), &json!(402.0)]);
    assert_eq!(
        (&reports[0]["full"], &reports[2]["conditions"]),
        (&json!(true), &json!("change"))
    );
    let said = server.interrupt_and_read();
    let told: Value = serde_json::from_str(said.last().expect("what it was told")).unwrap();
    let started = &told["started"];
    assert_eq!(started[0][1], "NORTH_SOUTH");
    // Thirteen components: buffer 2, integrity 60, integrity and change, critical, RBE, enabled.
    assert_eq!(started.as_array().map(Vec::len), Some(13));
    assert_eq!(
        (&started[4], &started[5], &started[6]),
        (&json!(2), &json!(60), &json!("01100"))
    );
    assert_eq!(
        (&started[8], &started[9], &started[11]),
        (&json!(true), &json!(true), &json!(true))
    );
    let acknowledged = told["acknowledged"].as_array().expect("acknowledgements");
    assert!(acknowledged.len() >= 3, "{acknowledged:?}");
    assert_eq!(acknowledged[0][0], "NORTH_SOUTH/Transfer_Report_ACK");
    assert_eq!(acknowledged[0][2], json!([1, "NORTH_SOUTH", "ts_of_hat"]));
    assert_eq!(told["stopped"], true);
}

#[test]
fn libiec61850_as_a_raw_client() {
    // It calls these titles whoever is there, and its address says who it is.
    let (_folder, server) = north("1.1.1.999.1", "addresses = [\"127.0.0.0/8\"]");
    let domain = "NORTH_SOUTH";
    let results = peers::libiec61850_steps(
        server.address(),
        &json!([
            {"do": "identify"},
            {"do": "mms-read", "domain": domain, "item": "Bilateral_Table_ID"},
            {"do": "mms-read", "domain": domain, "item": "TIE$Value"},
            {"do": "type", "domain": domain, "item": "TIE"},
            {"do": "mms-read", "domain": domain, "item": "Next_DSTransfer_Set"},
            {"do": "mms-read", "domain": domain, "item": "DSTS1"},
            {"do": "mms-write", "domain": domain, "item": "DSTS1$Interval", "value": {"integer": 7}},
            {"do": "mms-read", "domain": domain, "item": "DSTS1$Interval"},
            {"do": "mms-read", "domain": domain, "item": "Transfer_Set_Name"},
            {"do": "mms-read", "domain": "OTHER", "item": "TIE"},
            {"do": "status"},
        ]),
    );
    server.interrupt();
    assert_eq!(results[0]["vendor"], "tase2");
    assert_eq!(results[1], json!({"visible-string": "NS-2026-1"}));
    assert_eq!(results[2], json!({"float": "1.5"}));
    assert_eq!(
        results[3]["structure"].as_array().map(Vec::len),
        Some(3),
        "{}",
        results[3]
    );
    assert_eq!(
        results[4]["structure"][2],
        json!({"visible-string": "DSTS1"})
    );
    assert_eq!(results[5]["structure"].as_array().map(Vec::len), Some(13));
    assert_eq!(
        (&results[6], &results[7]),
        (&json!("ok"), &json!({"integer": 7}))
    );
    assert_eq!(
        results[8],
        json!({"error": "object-access-denied"}),
        "{}",
        results[8]
    );
    assert!(results[9]["error"].is_string(), "{}", results[9]);
}
