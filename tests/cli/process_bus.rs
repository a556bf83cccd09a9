//! `ied goose` and `ied sv` on recordings, which need no rights and no network.

use crate::{ends, file, refused};
use serde_json::{Value, json};

fn recording(name: &str) -> String {
    file(&format!("iec61850/tests/process_bus/data/{name}"))
}

fn lines(output: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).expect("a line of JSON");
    output.lines().map(parse).collect()
}

#[test]
fn listening_shows_states_and_repetitions() {
    let goose = recording("60-goose-server.pcap");
    let (output, _) = ends(0, &["goose", "listen", &goose]);
    assert_eq!(output.lines().count(), 4, "{output}");
    assert!(
        output.contains("GOLDLD1/LLN0$GO$gcb01 st 2 sq 0 new: true, "),
        "{output}"
    );
    let (output, _) = ends(0, &["goose", "listen", &goose, "--all", "--json"]);
    let lines = lines(&output);
    assert_eq!(lines.len(), 17);
    assert_eq!(
        lines[3]["values"],
        json!([true, "0000000000000", "00", 1.5])
    );
    assert_eq!(lines[4]["event"], json!("again"));
    assert_eq!(lines[0]["vlan"], json!({ "id": 5, "priority": 4 }));
    let (output, _) = ends(0, &["goose", "listen", &goose, "--all", "--count", "5"]);
    assert_eq!(output.lines().count(), 5);
    for none in [["--ref", "OTHER/LLN0$GO$x"], ["--app-id", "0x1001"]] {
        let (output, _) = ends(0, &[&["goose", "listen", &goose], &none[..]].concat());
        assert_eq!(output, "");
    }
    let (output, _) = ends(
        0,
        &["goose", "listen", &recording("61-goose-publisher.pcap")],
    );
    assert!(
        output.contains("INVALID (the publisher needs commissioning) SIMULATED"),
        "{output}"
    );
}

#[test]
fn what_is_heard_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.pcapng");
    let copy = copy.to_str().unwrap();
    let goose = recording("60-goose-server.pcap");
    let (first, _) = ends(0, &["goose", "listen", &goose, "--all", "--write", copy]);
    let (second, _) = ends(0, &["goose", "listen", copy, "--all"]);
    assert_eq!(first, second);
}

#[test]
fn the_doctor_compares_with_the_file() {
    let model = file("tests/golden/golden.cfg");
    let goose = recording("60-goose-server.pcap");
    let (output, _) = ends(0, &["goose", "doctor", &goose, &model]);
    assert_eq!(output, "ok    GOLDLD1/LLN0$GO$gcb01\n");
    let other = recording("61-goose-publisher.pcap");
    let (output, _) = ends(1, &["goose", "doctor", &other, &model]);
    assert!(
        output.starts_with("WRONG GOLDLD1/LLN0$GO$gcb01\n      never seen\n"),
        "{output}"
    );
    assert!(
        output.contains("other GOLDLD1/LLN0$GO$gcbX (01:0c:cd:01:00:02, APPID 0x3001)"),
        "{output}"
    );
    // Another revision, data set and address.
    let text = std::fs::read_to_string(&model).unwrap();
    let block = text
        .lines()
        .position(|line| line.contains("GC(gcb01"))
        .expect("the control block");
    let lines = text.lines().enumerate().map(|(number, line)| match number {
        _ if number == block => line.replacen(" 1 0 10 2000", " 2 0 10 2000", 1),
        _ if number > block && line.contains("PA(") => line.replace("PA(4 5 ", "PA(4 6 "),
        _ => line.to_owned(),
    });
    let changed: Vec<_> = lines.collect();
    let (_folder, changed) = crate::written("changed.cfg", changed.join("\n"));
    let (output, _) = ends(1, &["goose", "doctor", &goose, &changed]);
    assert!(output.contains("confRev is 1, the file says 2"), "{output}");
    assert!(output.contains("VLAN is 5, the file says 6"), "{output}");
    let (output, _) = ends(1, &["goose", "doctor", &goose, &changed, "--json"]);
    let value: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(value["frames"], json!(17));
    let findings = value["controlBlocks"][0]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2, "{findings:?}");
    let sv = recording("62-sv-publisher.pcap");
    let (_, messages) = ends(1, &["goose", "doctor", &sv, &model]);
    assert!(messages.contains("no GOOSE frame at all"), "{messages}");
}

#[test]
fn streams_of_samples() {
    let sv = recording("62-sv-publisher.pcap");
    let (output, _) = ends(0, &["sv", "listen", &sv, "--json"]);
    let streams = lines(&output);
    let of = |stream: &Value| {
        (
            stream["svId"].clone(),
            stream["samples"].clone(),
            stream["lost"].clone(),
        )
    };
    assert_eq!(of(&streams[0]), (json!("goldenSv01"), json!(100), json!(0)));
    assert_eq!(of(&streams[1]).0, json!("goldenSv02_0"));
    let (output, _) = ends(0, &["sv", "listen", &sv]);
    assert_eq!(output.lines().count(), 4, "{output}");
}

#[test]
fn what_cannot_be_done() {
    let model = file("tests/golden/golden.cfg");
    refused(
        2,
        &["goose", "listen", "no-such-if"],
        &["no interface no-such-if", "lo"],
    );
    refused(
        1,
        &["goose", "listen", &model.replace("golden.cfg", "none.pcap")],
        &["none.pcap"],
    );
    refused(
        1,
        &[
            "goose",
            "doctor",
            &recording("60-goose-server.pcap"),
            &file("tests/data/none.cid"),
        ],
        &["none.cid"],
    );
    refused(
        2,
        &[
            "goose",
            "publish",
            "no-such-if",
            "--ref",
            "A/LLN0$GO$g",
            "--value",
            "nonsense",
        ],
        &["nonsense"],
    );
    refused(2, &["goose", "publish", "no-such-if"], &["--ref"]);
    refused(
        2,
        &["sv", "publish", "no-such-if", "--stream", "F0S1I4U4"],
        &["F4800S2I4U4"],
    );
    refused(
        2,
        &[
            "serve",
            &model,
            "--port",
            "0",
            "--bind",
            "127.0.0.1",
            "--goose",
            "no-such-if",
        ],
        &["no interface"],
    );
}
