//! TASE.2 against the MMS stack of rusty-iccp, in both roles, by a program of ours.

use serde_json::{Value, json};

use crate::peers;
use crate::servers::{Server, ied_command};
use crate::tase2_devices::north;

#[test]
fn rusty_follows_and_operates() {
    let (_folder, server) = north();
    let seen = peers::rusty_mms_client(server.address());
    server.interrupt();
    let error = |name: &str| json!({ "error": name });
    for (what, expected) in [
        ("vendor", json!("tase2")),
        ("start", json!(["NS-2026-1", [2000, 8], "110010000000"])),
        (
            "values",
            json!([[412.5, "00000000"], "01000000", error("ObjectNonExistent")]),
        ),
        ("next", json!([1, "NORTH_SOUTH", "DSTS1"])),
        ("started", json!("ok")),
        (
            "full",
            json!({
                "about": ["list NORTH_SOUTH/RUSTY"],
                "values": [[1, "NORTH_SOUTH", "DSTS1"], "01000", [412.5, "00000000"], "01000000"],
            }),
        ),
        ("unarmed", error("ObjectAccessDenied")),
        ("selected", json!([123])),
        ("operated", json!("ok")),
        // On the way, and there.
        ("changes", json!(["00000000", "10000000"])),
        ("tagged", json!("ok")),
        ("tag", json!([["01000000", "works"]])),
        ("inhibited", json!([error("ObjectAccessDenied")])),
        ("stopped", json!("ok")),
        ("deleted", json!([1, 1])),
    ] {
        assert_eq!(seen[what], expected, "{what}");
    }
}

#[test]
fn we_operate_a_device_of_rusty() {
    let server = Server::rusty_mms();
    let address = server.address().to_string();
    let finished = ied_command(&[
        "tase2",
        "command",
        &address,
        "N_CB",
        "close",
        "--check-back",
        "77",
    ]);
    assert!(finished.status.success(), "{}", finished.stderr);
    assert_eq!(finished.stdout, "N_CB operated with 1\n");
    let said = server.read_to_the_end();
    let told: Value = serde_json::from_str(said.last().expect("what it was told")).expect("JSON");
    assert_eq!(
        told,
        json!([["read", ["N_CB_SBO"]], ["write", ["N_CB"], [1]]])
    );
}
