//! Device control (block 5) against the MMS stack of hat-drivers, in both roles.

use serde_json::{Value, json};

use crate::peers;
use crate::servers::{Server, ied_command};

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
name = "N_CB_ST"
type = "State"
value = "OFF"

[[device]]
name = "N_CB"
type = "Command"
class = "sbo"
indication = "N_CB_ST"

[[device]]
name = "N_SP"
type = "Setpoint_Real"
range = [-100, 100]
taggable = false

[[peer]]
name = "SOUTH"
table_id = "NS-2026-1"
domain = "NORTH_SOUTH"
ap_title = "1.1.999.2"
ae_qualifier = 12
rights = [
  { objects = ["N_*"], allow = ["read"] },
  { objects = ["N_CB", "N_SP"], allow = ["select", "operate", "tag"], check_back = 123 },
]
"#;

/// NORTH for the peer of the scripts.
pub(crate) fn north() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("north.toml");
    std::fs::write(&path, NORTH).expect("writing a temporary file");
    let server = Server::tase2(&path, &[]);
    (folder, server)
}

#[test]
fn hat_operates_our_devices() {
    let (_folder, server) = north();
    let seen = peers::hat_tase2_devices_client(server.address());
    let said = server.interrupt_and_read();
    let error = |name: &str| json!({ "error": name });
    for (what, expected) in [
        ("features", json!("110010000000")),
        ("tag type", json!("StructureTypeDescription")),
        ("unarmed", error("object-access-denied")),
        (
            "selected",
            json!([123, "01000000", error("object-non-existent")]),
        ),
        ("armed", json!(["00100000", ""])),
        ("operated", json!("ok")),
        ("twice", error("object-access-denied")),
        ("state", json!("10000000")),
        ("last", json!(1)),
        ("type", error("type-inconsistent")),
        ("range", error("object-value-invalid")),
        ("set-point", json!("ok")),
        ("set-point range", error("object-value-invalid")),
        ("tagged", json!("ok")),
        ("tag", json!(["10000000", "crew on line"])),
        ("inhibited", error("object-access-denied")),
        ("open", json!("ok")),
        ("tagged elsewhere", json!("ok")),
        ("tag elsewhere", json!(["01000000", ""])),
        ("not selected", error("object-access-denied")),
        ("untagged", json!("ok")),
        ("select by a write", error("object-access-denied")),
        ("nothing", error("object-non-existent")),
        ("after the end", error("object-access-denied")),
    ] {
        assert_eq!(seen[what], expected, "{what}");
    }
    let operated = said.iter().filter(|line| line.contains("N_CB: operated"));
    assert_eq!(operated.count(), 2, "{said:#?}");
    assert!(
        said.iter()
            .any(|line| line.starts_with("N_CB: selection ended: end of the association")),
        "{said:#?}"
    );
}

/// The checklist on a control centre that does not do everything, and some things wrong.
#[test]
fn hat_is_checked() {
    let server = Server::hat_tase2();
    let address = server.address().to_string();
    let ours = [
        "--ap-title",
        "1.1.999.2",
        "--ae-qualifier",
        "12",
        "--table-id",
        "NS-2026-1",
    ];
    let finished = ied_command(&[&["tase2", "check", &address, "--json", "--only", "association_called,association_conclude,version_read,features,table_id,values_read,values_multi,data_sets_define,data_sets_object,transfer_sets_next,robustness_unknown"][..], &ours].concat());
    assert_eq!(finished.status.code(), Some(1), "{}", finished.stderr);
    let seen: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    let verdicts: Vec<(&str, &str)> = seen["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["id"].as_str().unwrap_or(""),
                row["verdict"].as_str().unwrap_or(""),
            )
        })
        .collect();
    for expected in [
        ("association_called", "pass"),
        ("association_conclude", "pass"),
        ("version_read", "pass"),
        ("features_bits", "pass"),
        ("table_id_match", "pass"),
        ("values_read_types", "pass"),
        ("values_multi_read_bad_name", "pass"),
        ("data_sets_define", "pass"),
        // It takes a data set that is there already.
        ("data_sets_object_exists", "fail"),
    ] {
        assert!(
            verdicts.contains(&expected),
            "no {expected:?} in {verdicts:?}"
        );
    }
    let rows = seen["rows"].as_array().expect("rows");
    let failed = rows
        .iter()
        .find(|row| row["id"] == "data_sets_object_exists");
    let pdus = failed.expect("the row")["pdus"]
        .as_array()
        .expect("its PDUs");
    // The request that was accepted, and the answer (service tag ab in one, 8b in the other).
    let said: Vec<&str> = pdus.iter().filter_map(Value::as_str).collect();
    assert!(
        said.iter()
            .any(|pdu| pdu.starts_with("-> a0") && pdu.contains(" ab ")),
        "{said:#?}"
    );
    assert!(
        said.iter()
            .any(|pdu| pdu.starts_with("<- a1") && pdu.contains(" 8b ")),
        "{said:#?}"
    );
    server.interrupt();
}

#[test]
fn we_operate_the_devices_of_hat() {
    let server = Server::hat_tase2_devices();
    let address = server.address().to_string();
    let run = |arguments: &[&str]| {
        let all = [&["tase2", arguments[0], &address], &arguments[1..]].concat();
        ied_command(&all)
    };
    let good = |arguments: &[&str]| {
        let finished = run(arguments);
        assert!(
            finished.status.success(),
            "{arguments:?}: {}",
            finished.stderr
        );
        finished.stdout
    };
    let bad = |arguments: &[&str]| {
        let finished = run(arguments);
        assert_eq!(finished.status.code(), Some(1), "{arguments:?}");
        finished.stderr
    };
    assert_eq!(
        good(&["select", "N_CB", "--check-back", "77"]),
        "N_CB selected, check-back id 77\n"
    );
    let close = [
        "command",
        "N_CB",
        "close",
        "--check-back",
        "77",
        "--indication",
        "N_CB_ST",
    ];
    assert_eq!(
        good(&close),
        "N_CB operated with 1\nN_CB_ST = ON VALID TELEMETERED NORMAL\n"
    );
    let said = bad(&["command", "N_CB", "open", "--check-back", "78"]);
    assert!(
        said.contains("check-back id 77 instead of 78; not operated"),
        "{said}"
    );
    assert_eq!(good(&["command", "N_CB", "open"]), "N_CB operated with 0\n");
    let said = bad(&["operate", "N_CB", "1"]);
    assert!(said.contains("N_CB: object access denied"), "{said}");
    assert_eq!(
        good(&["setpoint", "N_SP", "12.5", "--indication", "N_SP_MV"]),
        "N_SP operated with 12.5\nN_SP_MV = 12.5 VALID TELEMETERED NORMAL\n"
    );
    assert_eq!(
        good(&["tag", "N_CB", "open-and-close", "--reason", "works"]),
        "N_CB OPEN-AND-CLOSE-INHIBIT \"works\"\n"
    );
    assert_eq!(good(&["tag", "N_CB", "none"]), "N_CB NO-TAG\n");
    let said = bad(&["tag", "N_SP"]);
    assert!(said.contains("N_SP_TAG: object non-existent"), "{said}");
    let said = server.interrupt_and_read();
    let told: Value = serde_json::from_str(said.last().expect("what it was told")).unwrap();
    // Whether it was selected is the third of each; where the check-back id was wrong nothing was operated.
    assert_eq!(
        told,
        json!([
            "select",
            "select",
            ["operate", 1, true],
            "select",
            "select",
            ["operate", 0, true],
            ["operate", 1, false],
            ["set-point", 12.5],
            ["tag", "01000000", "works"],
            ["tag", "00000000", ""],
        ])
    );
}
