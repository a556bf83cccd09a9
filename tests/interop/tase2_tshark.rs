//! Our octets in the eyes of Wireshark: the session that `tase2/tests/capture` records is dissected without a fault, and means the same.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::peers::repository;
use crate::process::finish;
use crate::servers::ied_command;

fn session() -> PathBuf {
    repository().join("tase2/tests/data/session.pcap")
}

/// What tshark writes about the session.
fn tshark(arguments: &[&str]) -> String {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(session()).args(arguments);
    let there = Command::new("tshark").arg("--version").output().is_ok();
    assert!(
        there,
        "tshark is missing; on Debian: apt-get install tshark"
    );
    let finished = finish(&mut command, "", Duration::from_secs(120));
    assert!(finished.status.success(), "tshark: {}", finished.stderr);
    finished.stdout
}

/// One field of each MMS PDU.
fn fields(name: &str) -> Vec<String> {
    let lines = tshark(&["-Y", "mms", "-T", "fields", "-e", name]);
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn nothing_is_malformed() {
    let faults = tshark(&["-Y", "_ws.malformed || _ws.expert.severity >= 0x00800000"]);
    assert_eq!(faults, "");
}

#[test]
fn every_pdu_is_seen() {
    let ours = ied_command(&["tase2", "decode", &session().display().to_string()]);
    let said = ours.stderr.trim();
    // The two PDUs of initiate are a part of the association to us.
    let seen = fields("frame.number").len() - 2;
    assert!(
        said.contains(&format!(" {seen} PDUs,")),
        "{seen} PDUs in tshark, and {said}"
    );
    assert!(seen > 50, "{seen}");
}

#[test]
fn names_and_values_are_the_same() {
    let all = tshark(&["-Y", "mms", "-V"]);
    for wanted in [
        "TASE2_Version",
        "Bilateral_Table_ID",
        "CB1_CTL_SBO",
        "CB1_CTL_TAG",
        "crew on line",
        "object-access-denied",
        "defineNamedVariableList",
        "informationReport",
        "conclude-RequestPDU",
    ] {
        assert!(all.contains(wanted), "no {wanted} in what tshark shows");
    }
    // The check-back id of the selection, which is the only 123 that is read.
    let selected = tshark(&[
        "-Y",
        "mms.confirmed_ResponsePDU_element && mms.integer == 123",
    ]);
    assert_eq!(selected.lines().count(), 1, "{selected}");
}
