//! `ied browse`, `ied read` and `ied write`, on `ied serve`.

use crate::serve::Running;
use crate::{LIMIT, bay, command, ends, file, refused};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn browse_shows_a_tree() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let (tree, messages) = ends(0, &["browse", address]);
    assert_eq!(messages, "", "a progress bar, where there is no terminal");
    assert_eq!(
        tree.lines().filter(|line| line.starts_with("BAY1")).count(),
        3
    );
    for line in [
        "BAY1CTRL",
        "│  ├─ data set Status",
        "│  │  ├─ BAY1CTRL/XCBR1.Pos[ST]",
        "│  ├─ unbuffered report control urcbStatus01 [RP]",
        "│  └─ GOOSE control gcbPos [GO]",
        "│  └─ setting groups SGCB [SP]",
    ] {
        assert!(tree.contains(line), "no {line:?} in:\n{tree}");
    }
    let (tree, _) = ends(0, &["browse", address, "BAY1CTRL/XCBR1.Pos", "--types"]);
    assert_eq!(
        tree,
        "\
BAY1CTRL
└─ XCBR1
   └─ Pos
      ├─ stVal [ST] bit-string(2)
      ├─ q [ST] bit-string(..13)
      ├─ t [ST] utc-time
      └─ ctlModel [CF] int8
"
    );
    let (tree, _) = ends(
        0,
        &["browse", address, "BAY1CTRL/XCBR1.Pos.q[ST]", "--values"],
    );
    assert_eq!(
        tree,
        "BAY1CTRL\n└─ XCBR1\n   └─ q [ST] = 0000000000000 (good)\n"
    );
    // SG and SE have the same names.
    let (tree, _) = ends(0, &["browse", address, "BAY1PROT/PTOC1.StrVal.setMag"]);
    assert!(
        tree.contains("├─ f [SG]") && tree.contains("└─ f [SE]"),
        "{tree}"
    );
}

#[test]
fn browse_for_programs() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let all = parsed(&ends(0, &["browse", address, "--json", "--values"]).0);
    let devices = all["logicalDevices"].as_array().expect("logical devices");
    assert_eq!(devices.len(), 3);
    let named = |list: &Value, name: &str| {
        let found = list
            .as_array()
            .and_then(|l| l.iter().find(|i| i["name"] == name));
        found
            .unwrap_or_else(|| panic!("no {name} in {list}"))
            .clone()
    };
    let lln0 = named(
        &named(&all["logicalDevices"], "BAY1CTRL")["logicalNodes"],
        "LLN0",
    );
    let vendor = named(&named(&lln0["data"], "NamPlt")["data"], "vendor");
    assert_eq!(
        vendor,
        json!({"name": "vendor", "fc": "DC", "type": "visible-string(..255)", "value": "tests"})
    );
    assert_eq!(
        named(&lln0["dataSets"], "PosGoose")["members"][0],
        "BAY1CTRL/XCBR1.Pos.stVal[ST]"
    );
    let block = named(&lln0["controlBlocks"], "urcbStatus02");
    assert_eq!(block["value"]["DatSet"], "BAY1CTRL/LLN0$Status");
}

#[test]
fn a_reader_that_has_enough() {
    let server = Running::serve(&bay());
    let mut child = command()
        .args(["browse", &server.address.to_string(), "--values", "--types"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starting ied");
    // As `head -1` does.
    let mut first = String::new();
    let mut stdout = BufReader::with_capacity(16, child.stdout.take().expect("piped"));
    stdout.read_line(&mut first).expect("a line");
    drop(stdout);
    assert_eq!(first, "BAY1CTRL\n");
    let status = crate::process::wait(&mut child, LIMIT).expect("it ends");
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    stderr.read_to_string(&mut said).expect("messages");
    assert_eq!((status.code(), &*said), (Some(0), ""));
}

#[test]
fn read_in_every_form() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    for reference in [
        "BAY1MEAS/MMXU1.TotW.mag.f[MX]",
        "BAY1MEAS/MMXU1.TotW.mag.f",
        "BAY1MEAS/MMXU1$MX$TotW$mag$f",
    ] {
        let (out, _) = ends(0, &["read", address, reference]);
        assert_eq!(out, "BAY1MEAS/MMXU1.TotW.mag.f[MX] = 12.5\n");
    }
    let (out, _) = ends(
        0,
        &["read", address, "BAY1MEAS/MMXU1.TotW.db", "--fc", "cf"],
    );
    assert_eq!(out, "BAY1MEAS/MMXU1.TotW.db[CF] = 500\n");
    // All functional constraints of an object, with the names of what is inside.
    let (out, _) = ends(0, &["read", address, "BAY1CTRL/GGIO1.Ind1"]);
    assert!(
        out.starts_with("BAY1CTRL/GGIO1.Ind1[ST]\n├─ stVal = true\n"),
        "{out}"
    );
    let (out, _) = ends(0, &["read", address, "BAY1CTRL/GGIO1.Ind1[ST]", "--json"]);
    assert_eq!(
        parsed(&out)[0],
        json!({
            "reference": "BAY1CTRL/GGIO1.Ind1[ST]",
            "value": {"stVal": true, "q": "0000000000000", "t": "1970-01-01T00:00:00.000Z"},
        })
    );
    let (out, _) = ends(0, &["read", address, "--dataset", "BAY1CTRL/LLN0.PosGoose"]);
    let names: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split(" = ").next())
        .collect();
    assert_eq!(
        names,
        [
            "BAY1CTRL/XCBR1.Pos.stVal[ST]",
            "BAY1CTRL/XCBR1.Pos.q[ST]",
            "BAY1PROT/PTOC1.Op.general[ST]"
        ]
    );
}

#[test]
fn arrays() {
    let server = Running::serve(&file("tests/golden/golden.cfg"));
    let address = &server.address.to_string();
    let element = "GOLDLD1/MHAI1.HistI.histVal(2)[ST]";
    assert_eq!(
        ends(0, &["read", address, element]).0,
        format!("{element} = 0\n")
    );
    let (out, _) = ends(
        0,
        &["read", address, "GOLDLD1/MHAI1.HistI.histVal[ST]", "--json"],
    );
    assert_eq!(parsed(&out)[0]["value"], json!([0, 0, 0, 0, 0, 0]));
    let part = "GOLDLD1/MHAI1.HA.phsAHar(3).cVal.mag.f[MX]";
    assert_eq!(ends(0, &["read", address, part]).0, format!("{part} = 0\n"));
    for (reference, reason) in [
        ("GOLDLD1/MHAI1.HA.phsAHar(4)", "has 4 elements"),
        ("GOLDLD1/MHAI1.HA.phsAHar(4)[MX]", "has 4 elements"),
        ("GOLDLD1/MHAI1.HA.phsAHar.cVal", "phsAHar(0)"),
        ("GOLDLD1/MHAI1.HA(0)", "HA is no array"),
    ] {
        refused(1, &["read", address, reference], &[reason]);
    }
}

#[test]
fn the_part_that_does_not_exist_is_named() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    for (reference, reason) in [
        (
            "BAY9/XCBR1.Pos",
            "no logical device BAY9; there are: BAY1CTRL, BAY1MEAS, BAY1PROT",
        ),
        (
            "BAY1CTRL/XCBR7.Pos",
            "BAY1CTRL has no logical node XCBR7; there are: ",
        ),
        (
            "BAY1CTRL/XCBR1.Boss",
            "BAY1CTRL/XCBR1 has no Boss; there are: ",
        ),
        (
            "BAY1CTRL/XCBR1.Pos.val",
            "BAY1CTRL/XCBR1.Pos has no val; there are: stVal, q, t, ctlModel",
        ),
        (
            "BAY1CTRL/XCBR1.Pos.q.x",
            "BAY1CTRL/XCBR1.Pos.q has nothing below it",
        ),
        ("BAY1CTRL/LLN0.Status", "data set: read it with --dataset"),
    ] {
        refused(1, &["read", address, reference], &[reason]);
        refused(1, &["write", address, reference, "1"], &[reason]);
    }
    for reference in ["BAY1CTRL/XCBR1.Boss[ST]", "BAY1CTRL/XCBR1$ST$Boss"] {
        refused(
            1,
            &["read", address, reference],
            &["BAY1CTRL/XCBR1 has no Boss"],
        );
        refused(
            1,
            &["write", address, reference, "1"],
            &["BAY1CTRL/XCBR1 has no Boss"],
        );
        refused(
            1,
            &["browse", address, reference],
            &["BAY1CTRL/XCBR1 has no Boss"],
        );
    }
    refused(
        1,
        &["read", address, "BAY1CTRL/XCBR1.Pos.stVal[MX]"],
        &["BAY1CTRL/XCBR1.Pos.stVal has functional constraint ST, not MX"],
    );
    refused(
        1,
        &["read", address, "--dataset", "BAY1CTRL/LLN0.State"],
        &["no data set BAY1CTRL/LLN0.State", "LLN0.Status"],
    );
    for wrong in ["BAY1", "BAY1CTRLX"] {
        refused(
            1,
            &["browse", address, wrong],
            &["there are: BAY1CTRL, BAY1MEAS, BAY1PROT"],
        );
    }
    refused(2, &["read", address, "BAY1CTRL"], &["LD/LN.DO.DA[FC]"]);
}

#[test]
fn one_refusal_does_not_hide_the_rest() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let (good, bad) = ("BAY1MEAS/MMXU1.TotW.db[CF]", "BAY1MEAS/MMXU1.TotX");
    let (out, messages) = ends(1, &["read", address, bad, good]);
    assert_eq!(out, format!("{good} = 500\n"));
    assert!(messages.contains("has no TotX"), "{messages}");
    let (out, _) = ends(1, &["read", address, bad, good, "--json"]);
    let out = parsed(&out);
    assert!(
        out[0]["error"].as_str().is_some_and(|e| e.contains("TotX")),
        "{out}"
    );
    assert_eq!(out[1]["value"], 500);
}

#[test]
fn write_what_may_be_written() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let setting = "BAY1PROT/PTOC1.TmMult.setMag.f[SP]";
    let (out, _) = ends(0, &["write", address, setting, "2.5"]);
    assert_eq!(out, format!("{setting} = 2.5\n"));
    assert_eq!(ends(0, &["read", address, setting]).0, out);
    let whole = "BAY1PROT/PTOC1.TmMult";
    let (out, _) = ends(
        0,
        &["write", address, whole, "[[-1e3]]", "--fc", "SP", "--json"],
    );
    assert_eq!(
        parsed(&out),
        json!({"reference": "BAY1PROT/PTOC1.TmMult[SP]", "value": {"setMag": {"f": -1000.0}}})
    );
    let (out, _) = ends(0, &["write", address, setting, "-0.5", "--type", "float32"]);
    assert_eq!(out, format!("{setting} = -0.5\n"));
}

#[test]
fn write_what_may_not_be_written() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    for reference in [
        "BAY1MEAS/MMXU1.TotW.db[CF]",
        "BAY1CTRL/XCBR1.OpCnt.stVal[ST]",
    ] {
        refused(
            1,
            &["write", address, reference, "1"],
            &[reference, "object access denied"],
        );
    }
    let setting = "BAY1PROT/PTOC1.TmMult.setMag.f[SP]";
    refused(
        2,
        &["write", address, setting, "much"],
        &[setting, "'much' is no float32"],
    );
    refused(
        2,
        &["write", address, "BAY1PROT/PTOC1.TmMult", "1"],
        &["several functional constraints", "--fc", "SP"],
    );
    refused(
        2,
        &["write", address, "BAY1PROT/PTOC1.TmMult[SP]", "{\"x\": 1}"],
        &["'x'", "setMag"],
    );
    refused(
        1,
        &["write", address, setting, "1", "--type", "visible-string"],
        &[setting, "type"],
    );
}
