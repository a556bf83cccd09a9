//! `ied goose` and `ied sv` on recordings, which need no rights and no network.

use crate::{ends, file, refused};
use iec61850::IedModel;
use iec61850::goose::{GooseConfig, GooseSubscriber, MessageState, encode_frame};
use iec61850::link::{CaptureWriter, MacAddress};
use serde_json::{Value, json};
use std::net::UdpSocket;
use std::process::Stdio;
use std::time::Duration;

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

/// What is wrong with one control block of the recorded model, when it is published in some way.
fn diagnosed(change: impl Fn(&mut GooseConfig), shape: impl Fn(&mut Vec<Vec<u8>>)) -> Vec<String> {
    let model = file("tests/golden/golden.cfg");
    let text = std::fs::read_to_string(&model).unwrap();
    let ied = IedModel::from_config(&text).unwrap();
    let node = ied
        .logical_device_by_instance("LD1")
        .unwrap()
        .logical_nodes()
        .remove(0);
    let block = node.goose_control_blocks().remove(0);
    let values: Vec<u8> = GooseSubscriber::of_control_block(&block)
        .unwrap()
        .values()
        .iter()
        .flat_map(iec61850::MmsValue::to_bytes)
        .collect();
    let mut config = GooseConfig::of_control_block(&block).unwrap();
    change(&mut config);
    let frame = |sq_num| {
        let state = MessageState {
            time_allowed_to_live: if config.go_id.as_deref() == Some("no time") {
                0
            } else {
                3000
            },
            st_num: 1,
            sq_num,
            ..MessageState::default()
        };
        let mut out = vec![];
        let source = MacAddress([2, 0, 0, 0, 0, 1]);
        encode_frame(&mut out, source, &config, &state, 4, &values).unwrap();
        out
    };
    let mut frames: Vec<_> = (0..3).map(frame).collect();
    shape(&mut frames);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.pcapng");
    let mut writer = CaptureWriter::create(&path).unwrap();
    for (second, frame) in (1..).zip(&frames) {
        writer.write(Duration::from_secs(second), frame).unwrap();
    }
    writer.flush().unwrap();
    let arguments = ["goose", "doctor", path.to_str().unwrap(), &model, "--json"];
    let output = crate::ied(&arguments).stdout;
    let value: Value = serde_json::from_str(&output).unwrap();
    let findings = value["controlBlocks"][0]["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_doctor_knows_every_reason() {
    let one = |change: &dyn Fn(&mut GooseConfig)| diagnosed(change, |_| {});
    assert_eq!(one(&|_| {}), [""; 0]);
    let same = |_: &mut GooseConfig| {};
    for (found, reason) in [
        (
            one(&|config| config.conf_rev = 9),
            "confRev is 9, the file says 1",
        ),
        (
            one(&|config| config.address.vlan_id = 7),
            "VLAN is 7, the file says 5",
        ),
        (
            one(&|config| config.vlan_tag = false),
            "comes without a VLAN tag, the file says VLAN 5",
        ),
        (
            one(&|config| config.address.dst_address[5] = 9),
            "is sent to 01:0c:cd:01:00:09, the file says",
        ),
        (
            one(&|config| config.address.app_id = 0x1234),
            "APPID is 0x1234, the file says 0x1000",
        ),
        (
            one(&|config| config.simulation = true),
            "messages are simulated",
        ),
        (one(&|config| config.nds_com = true), "needs commissioning"),
        (
            one(&|config| config.dat_set = "GOLDLD1/LLN0$other".into()),
            "another data set than in the file",
        ),
        (
            one(&|config| config.go_id = Some("other".into())),
            "another goID than in the file",
        ),
        (
            one(&|config| config.go_id = Some("no time".into())),
            "timeAllowedtoLive is 0",
        ),
        (
            one(&|config| config.go_cb_ref = "X/LLN0$GO$y".into()),
            "its address and APPID are used by X/LLN0$GO$y",
        ),
        (diagnosed(same, |frames| frames.clear()), "never seen"),
        (
            diagnosed(same, |frames| {
                // Another one speaks long after the last message.
                let mut late = frames[0].clone();
                let at = late.windows(4).position(|w| w == b"gcb0").unwrap();
                late[at] = b'h';
                frames.extend((0..5).map(|_| late.clone()));
            }),
            "timeAllowedtoLive has passed without a message",
        ),
        (
            diagnosed(same, |frames| drop(frames.remove(1))),
            "repetition missing: 1",
        ),
        (
            diagnosed(same, |frames| {
                let mut other = frames[1].clone();
                other[11] = 7;
                frames.insert(1, other);
            }),
            "message of a second publisher: 1",
        ),
    ] {
        assert!(
            found.iter().any(|finding| finding.contains(reason)),
            "{reason}: {found:?}"
        );
    }
}

#[test]
fn routable_messages() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    std::fs::write(
        &keys,
        "# the first is sent with\n3 aes-gmac-128 000102030405060708090a0b0c0d0e0f\n",
    )
    .unwrap();
    let keys = keys.to_str().unwrap();
    for keys in [&[][..], &["--keys", keys]] {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let place = format!("udp:127.0.0.1:{}", socket.local_addr().unwrap().port());
        drop(socket);
        let arguments = [
            "goose",
            "publish",
            &place,
            "--ref",
            "A/LLN0$GO$g",
            "--value",
            "true",
        ];
        let mut publisher = crate::command();
        publisher
            .args(arguments)
            .args(keys)
            .args(["--max-time", "20"]);
        let mut publisher = publisher
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let arguments = [
            "goose",
            "listen",
            &place,
            "--json",
            "--count",
            "1",
            "--seconds",
            "20",
        ];
        let (output, _) = ends(0, &[&arguments[..], keys].concat());
        publisher.kill().unwrap();
        publisher.wait().unwrap();
        let lines = lines(&output);
        assert_eq!(lines[0]["goCbRef"], json!("A/LLN0$GO$g"), "{output}");
        assert_eq!(lines[0]["source"], json!("02:00:7f:00:00:01"));
        assert_eq!(lines[0]["values"], json!([true]));
    }
    refused(2, &["goose", "listen", "udp:nowhere"], &["udp:ADDRESS"]);
    refused(
        1,
        &[
            "goose",
            "listen",
            "udp:127.0.0.1:1",
            "--keys",
            "no-such-file",
        ],
        &["no-such-file"],
    );
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
