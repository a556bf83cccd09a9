//! `ied model`.

use crate::{bay, ends, file, refused, repository, written};
use serde_json::Value;

/// What a value of a JSON text is reached by.
fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn as_a_tree() {
    let (tree, messages) = ends(0, &["model", &bay()]);
    assert_eq!(messages, "");
    for line in [
        "IED BAY1",
        "├─ CTRL (BAY1CTRL)",
        "│  │  │  ├─ stVal [ST] ENUMERATED BehMod = 1 (on)",
        "│  │  │  ├─ d [DC] UNICODE_STRING_255 = \"Abgang 1 – Kabel Süd\"",
        "│  │  ├─ data set Status",
        "│  │  │  ├─ BAY1CTRL/XCBR1.Pos[ST]",
    ] {
        assert!(tree.lines().any(|l| l == line), "no {line:?} in:\n{tree}");
    }
    assert!(tree.contains("unbuffered report control urcbStatus03 [RP], data set Status"));
    assert!(tree.contains(
        "GOOSE control gcbPos [GO], data set PosGoose, id BAY1/Pos, to 01:0c:cd:01:00:07"
    ));
}

#[test]
fn as_json() {
    let (text, _) = ends(0, &["model", &bay(), "--json"]);
    assert_eq!(text, ends(0, &["model", &bay(), "--format", "json"]).0);
    let model = json(&text);
    assert_eq!(model["ied"], "BAY1");
    let device = &model["logicalDevices"][0];
    assert_eq!(
        (&device["inst"], &device["name"]),
        (&"CTRL".into(), &"BAY1CTRL".into())
    );
    let lln0 = &device["logicalNodes"][0];
    let st_val = &lln0["data"][0]["data"][0];
    assert_eq!(st_val["name"], "stVal");
    assert_eq!(st_val["fc"], "ST");
    assert_eq!(st_val["enum"]["values"]["5"], "off");
    assert_eq!(st_val["value"], 1);
    assert_eq!(
        lln0["dataSets"][1]["members"][1],
        "BAY1CTRL/XCBR1.Pos.q[ST]"
    );
    assert_eq!(lln0["reportControls"][3]["buffered"], true);
}

#[test]
fn as_a_summary() {
    let (summary, _) = ends(0, &["model", &bay(), "--format", "summary"]);
    assert!(summary.starts_with("IED BAY1\n"), "{summary}");
    assert!(summary.contains("BAY1PROT"), "{summary}");
}

#[test]
fn to_a_model_file_and_back() {
    let (config, _) = ends(0, &["model", &bay(), "--format", "cfg"]);
    assert!(config.starts_with("MODEL(BAY1){\n"), "{config}");
    // The content tells what it is, whatever the name.
    let (_folder, path) = written("model.txt", &config);
    assert_eq!(ends(0, &["model", &path, "--format", "cfg"]).0, config);
    assert_eq!(
        ends(0, &["model", &path, "--format", "summary"]).0,
        ends(0, &["model", &bay(), "--format", "summary"]).0
    );
    assert_eq!(
        ends(0, &["model", &path, "--ied", "BAY1", "--format", "cfg"]).0,
        config
    );
    refused(2, &["model", &path, "--ied", "BAY2"], &["'BAY2'", "BAY1"]);
    refused(
        2,
        &["model", &path, "--access-point", "P1"],
        &["--access-point"],
    );
}

#[test]
fn the_recorded_model() {
    let golden = file("tests/golden/golden.cfg");
    let (config, _) = ends(0, &["model", &golden, "--format", "cfg"]);
    let (_folder, path) = written("again.cfg", &config);
    assert_eq!(ends(0, &["model", &path, "--format", "cfg"]).0, config);
}

/// Two IEDs with a server, one without.
fn station() -> String {
    let bay = std::fs::read_to_string(bay()).expect("the bay");
    let start = bay.find("  <IED ").expect("an IED");
    let end = bay.find("  <DataTypeTemplates>").expect("templates");
    let second = bay[start..end].replace("BAY1", "BAY2");
    let client = "  <IED name=\"HMI\"><AccessPoint name=\"A\"/></IED>\n";
    format!("{}{second}{client}{}", &bay[..end], &bay[end..])
}

#[test]
fn several_ieds() {
    let (_folder, path) = written("station.scd", station());
    let (list, messages) = ends(0, &["model", &path]);
    assert!(messages.contains("--ied"), "{messages}");
    assert!(list.starts_with("3 IEDs\n"), "{list}");
    for name in ["BAY1", "BAY2", "HMI"] {
        assert!(list.contains(name), "{list}");
    }
    assert!(list.contains("no server"), "{list}");
    let ieds = json(&ends(0, &["model", &path, "--json"]).0);
    assert_eq!(ieds[1]["ied"], "BAY2");
    assert_eq!(ieds[2]["accessPoints"][0]["server"], false);
    assert!(
        ends(0, &["model", &path, "--ied", "BAY2"])
            .0
            .contains("(BAY2CTRL)")
    );
    for subcommand in [&["model", &path, "--format", "cfg"][..], &["serve", &path]] {
        refused(2, subcommand, &["BAY1, BAY2", "--ied"]);
    }
    refused(
        2,
        &["model", &path, "--ied", "BAY3"],
        &["'BAY3'", "BAY1, BAY2, HMI"],
    );
    refused(
        2,
        &["model", &path, "--ied", "BAY1", "--access-point", "P9"],
        &["'P9'", "P1"],
    );
    assert_eq!(ends(0, &["model", &path, "--check"]).0, "");
}

#[test]
fn what_is_wrong_with_a_file() {
    let bay = std::fs::read_to_string(bay()).expect("the bay");
    let (_folder, path) = written(
        "bad.cid",
        bay.replacen("type=\"SPS_t\"", "type=\"NO_t\"", 1),
    );
    let (findings, messages) = ends(1, &["model", &path, "--check"]);
    assert!(findings.contains("bad.cid:"), "{findings}");
    assert!(findings.contains("NO_t"), "{findings}");
    assert!(messages.contains("1 model, 1 finding"), "{messages}");
    let found = json(&ends(1, &["model", &path, "--check", "--json"]).0);
    assert_eq!(found["findings"].as_array().map(Vec::len), Some(1));
    // It is shown all the same, with a warning.
    let (_, messages) = ends(0, &["model", &path]);
    assert!(messages.starts_with("warning: "), "{messages}");

    // Many warnings are counted; -v shows them all.
    let (_folder, path) = written(
        "worse.cid",
        bay.replace("type=\"ENS_Beh\"", "type=\"NO_t\""),
    );
    let (_, few) = ends(0, &["model", &path]);
    let (_, all) = ends(0, &["-v", "model", &path]);
    let number = all.lines().count();
    assert!(
        number > 3 && all.lines().all(|l| l.starts_with("warning: ")),
        "{all}"
    );
    let last = format!(
        "warning: {number} warnings in all; -v shows the other {}",
        number - 3
    );
    assert_eq!(few.lines().count(), 4, "{few}");
    assert_eq!(few.lines().last(), Some(&*last));
}

#[test]
fn files_that_are_none() {
    let missing = file("tests/data/no-such-file.cid");
    for subcommand in ["model", "serve"] {
        refused(1, &[subcommand, &missing], &["no-such-file.cid"]);
        refused(
            1,
            &[subcommand, repository().to_str().expect("a UTF-8 path")],
            &["irectory"],
        );
        for (name, content, reason) in [
            ("empty.cid", "", "empty"),
            ("blank.scd", " \n\n", "empty"),
            ("note.txt", "to whom it may concern", "neither"),
            ("note.icd", "to whom it may concern", "note.icd:1:1"),
            ("cut.cid", "<SCL><Header id=", "cut.cid:1:"),
            ("page.html", "<html/>", "'html'"),
            ("odd.cfg", "MODEL(", "odd.cfg"),
        ] {
            let (_folder, path) = written(name, content);
            refused(1, &[subcommand, &path], &[reason]);
        }
        let (_folder, path) = written("zeros.cid", [0u8; 100]);
        refused(1, &[subcommand, &path], &["empty"]);
    }
}

#[test]
fn utf_16_is_read() {
    let bay = std::fs::read_to_string(bay())
        .expect("the bay")
        .replacen("UTF-8", "UTF-16", 1);
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(bay.encode_utf16().flat_map(u16::to_le_bytes));
    let (_folder, path) = written("bay.dat", bytes);
    assert_eq!(
        ends(0, &["model", &path]).0,
        ends(0, &["model", &crate::bay()]).0
    );
}
