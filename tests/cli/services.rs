//! `ied info`, `dataset`, `report`, `control`, `sg`, `log` and `files`, on `ied serve`.

use crate::serve::Running;
use crate::{LIMIT, bay, command, ends, refused};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn info() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let (text, _) = ends(0, &["info", address]);
    assert!(text.contains("BAY1CTRL, BAY1MEAS, BAY1PROT"), "{text}");
    assert!(text.contains("operational"), "{text}");
    let value = parsed(&ends(0, &["info", address, "--json"]).0);
    assert_eq!(value["maxOutstanding"], 5);
    refused(1, &["info", "127.0.0.1:1"], &["is a server running there"]);
}

#[test]
fn a_model_beside_a_server() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let (text, messages) = ends(0, &["model", &bay(), "--compare", address, "--values"]);
    assert_eq!(text, "");
    assert!(messages.contains("0 differences"), "{messages}");

    // Another model: one value is otherwise.
    let file = std::fs::read_to_string(bay()).expect("the bay");
    let other = tempfile::Builder::new()
        .suffix(".cid")
        .tempfile()
        .expect("a file");
    let changed = file.replace("Abgang 1", "Abgang 2");
    assert_ne!(changed, file);
    std::fs::write(other.path(), changed).expect("a file");
    let other = other.path().to_str().expect("UTF-8");
    let (text, _) = ends(0, &["model", other, "--compare", address]);
    assert_eq!(text, "");
    let (text, messages) = ends(1, &["model", other, "--compare", address, "--values"]);
    let line = "value    BAY1CTRL/LLN0.NamPlt.d[DC]: \"Abgang 2";
    assert!(text.starts_with(line), "{text}");
    assert!(messages.contains("1 difference"), "{messages}");
    let arguments = ["model", other, "--compare", address, "--values", "--json"];
    let value = parsed(&ends(1, &arguments).0);
    assert_eq!(value[0]["kind"], "value");
    assert_eq!(value[0]["reference"], "BAY1CTRL/LLN0.NamPlt.d[DC]");
    assert!(
        value[0]["device"]
            .as_str()
            .is_some_and(|text| text.starts_with("Abgang 1"))
    );

    refused(2, &["model", other, "--values"], &["--compare"]);
    refused(
        1,
        &["model", other, "--compare", "127.0.0.1:1"],
        &["cannot connect"],
    );
}

#[test]
fn data_sets() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let (text, _) = ends(0, &["dataset", address]);
    assert!(
        text.contains("BAY1CTRL/LLN0.Status\n├─ BAY1CTRL/XCBR1.Pos[ST]"),
        "{text}"
    );
    let mine = "BAY1CTRL/LLN0.mine";
    let member = "BAY1CTRL/XCBR1.Pos.stVal[ST]";
    ends(0, &["dataset", address, "create", mine, member]);
    let list = parsed(&ends(0, &["dataset", address, "--json"]).0);
    let expected = json!({ "reference": mine, "deletable": true, "members": [member] });
    assert!(
        list.as_array().is_some_and(|list| list.contains(&expected)),
        "{list}"
    );
    let (text, _) = ends(0, &["dataset", address, "read", mine]);
    assert_eq!(text, format!("{member} = 10 (on)\n"));
    refused(
        1,
        &["dataset", address, "create", mine, member],
        &["object exists"],
    );
    ends(0, &["dataset", address, "delete", mine]);
    refused(
        1,
        &["dataset", address, "delete", mine],
        &["does not exist"],
    );
    refused(
        1,
        &["dataset", address, "create", mine, "BAY1CTRL/XCBR1.Pos"],
        &["functional constraint"],
    );
}

#[test]
fn report_control_blocks() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let (text, _) = ends(0, &["report", address]);
    assert!(
        text.contains("BAY1CTRL/LLN0.BR.brcbStatus01  free  BAY1CTRL/LLN0$Status"),
        "{text}"
    );
    let rcb = "BAY1CTRL/LLN0.RP.urcbStatus01";
    let value = parsed(&ends(0, &["report", address, rcb, "--json"]).0);
    assert_eq!(
        (&value["rptID"], &value["confRev"]),
        (&json!("BAY1/Status"), &json!(100))
    );
    refused(
        1,
        &["report", address, "BAY1CTRL/LLN0.RP.none"],
        &["there are: BAY1CTRL/LLN0.RP.urcbStatus01"],
    );
    refused(
        1,
        &["report", address, "BAY1CTRL/LLN0.none"],
        &["LD/LN.RP.NAME"],
    );
    refused(2, &["report", address, rcb, "--count", "1"], &["--watch"]);
    refused(
        2,
        &["report", address, rcb, "--watch", "--triggers", "x"],
        &["dchg"],
    );
}

#[test]
fn watching_reports() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let rcb = "BAY1CTRL/LLN0.RP.urcbStatus01";
    let once = ["report", address, rcb, "--watch", "--gi", "--count", "1"];
    let (text, _) = ends(0, &once);
    assert!(
        text.contains("├─ BAY1CTRL/XCBR1.Pos[ST]  (gi)\n│  ├─ stVal = 10 (on)"),
        "{text}"
    );
    let mut arguments = once.to_vec();
    arguments.push("--json");
    let report = parsed(&ends(0, &arguments).0);
    assert_eq!(report["items"][0]["value"]["stVal"], "10");
    assert_eq!(report["items"][0]["reason"], json!(["gi"]));
    assert_eq!(report["sqNum"], 0);
}

#[cfg(unix)]
#[test]
fn watching_ends_with_ctrl_c_and_leaves_the_control_block_free() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let rcb = "BAY1CTRL/LLN0.RP.urcbStatus01";
    let mut watching = command()
        .args(["report", address, rcb, "--watch"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starting ied");
    let mut line = String::new();
    let mut stderr = BufReader::new(watching.stderr.take().expect("stderr is piped"));
    stderr.read_line(&mut line).expect("a line");
    assert_eq!(line, format!("watching {rcb}\n"));
    refused(
        1,
        &["report", address, rcb, "--watch"],
        &["temporarily unavailable"],
    );
    let pid = watching.id().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(killed.expect("kill").success());
    let status = crate::process::wait(&mut watching, LIMIT).expect("it ends");
    assert_eq!(status.code(), Some(0));
    let (text, _) = ends(0, &["report", address]);
    assert!(text.contains(&format!("{rcb}  free")), "{text}");
}

#[test]
fn controls() {
    let server = Running::serve_with(&bay(), &["--simulate"]);
    let address = &server.address.to_string();
    let object = |number: u32| format!("BAY1CTRL/GGIO1.SPCSO{number}");
    for (number, done) in [
        (1, "accepted"),
        (2, "accepted"),
        (3, "executed"),
        (4, "executed"),
    ] {
        let object = object(number);
        let (text, _) = ends(0, &["control", address, &object, "true"]);
        assert_eq!(text, format!("{object}: {done}\n"));
    }
    let (text, _) = ends(0, &["control", address, &object(4)]);
    assert_eq!(text, format!("{}: sbo-with-enhanced-security\n", object(4)));
    let value = parsed(&ends(0, &["control", address, &object(3), "false", "--json"]).0);
    assert_eq!(
        (&value["done"], &value["error"]),
        (&json!(true), &Value::Null)
    );
    refused(2, &["control", address, &object(1), "maybe"], &["maybe"]);
    refused(
        1,
        &["control", address, "BAY1CTRL/XCBR1.Pos", "on"],
        &["cannot be controlled"],
    );
    refused(
        1,
        &["control", address, "BAY1CTRL/GGIO9.SPCSO1"],
        &["non-existent"],
    );
    let at = "2030-01-01T00:00:00Z";
    refused(
        1,
        &["control", address, &object(1), "true", "--at", at],
        &["operTm"],
    );
}

#[test]
fn setting_groups() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let value = parsed(&ends(0, &["sg", address, "BAY1PROT", "--json"]).0);
    assert_eq!(value["numOfSGs"], 3);
    let setting = "BAY1PROT/PTOC1.StrVal.setMag.f";
    let edit = format!("{setting}=7.25");
    ends(0, &["sg", address, "BAY1PROT", "edit", "3", &edit]);
    let (text, _) = ends(0, &["sg", address, "BAY1PROT", "activate", "3"]);
    assert!(text.contains("active           3"), "{text}");
    let (text, _) = ends(0, &["read", address, &format!("{setting}[SG]")]);
    assert_eq!(text, format!("{setting}[SG] = 7.25\n"));
    refused(
        1,
        &["sg", address, "BAY1PROT", "activate", "9"],
        &["invalid"],
    );
    refused(1, &["sg", address, "BAY1CTRL"], &["non-existent"]);
    let bad = format!("{setting}=much");
    refused(
        2,
        &["sg", address, "BAY1PROT", "edit", "3", &bad],
        &["much"],
    );
    refused(
        2,
        &["sg", address, "BAY1PROT", "edit", "3", "x"],
        &["REFERENCE=VALUE"],
    );
}

#[test]
fn files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("readme.txt"), "golden file\n").expect("a file");
    let here = tempfile::tempdir().expect("a temporary folder");
    let up = here.path().join("up.txt");
    std::fs::write(&up, "uploaded\n".repeat(10_000)).expect("a file");
    let served = folder.path().to_str().expect("UTF-8");
    let server = Running::serve_with(&bay(), &["--files", served]);
    let address = &server.address.to_string();
    let (text, _) = ends(0, &["files", address]);
    assert!(
        text.ends_with("  readme.txt\n") && text.trim_start().starts_with("12 "),
        "{text}"
    );
    let (text, _) = ends(0, &["files", address, "get", "readme.txt", "-o", "-"]);
    assert_eq!(text, "golden file\n");
    ends(
        0,
        &[
            "files",
            address,
            "put",
            up.to_str().expect("UTF-8"),
            "got.txt",
        ],
    );
    let got = std::fs::read_to_string(folder.path().join("got.txt")).expect("the file");
    assert_eq!(got.len(), 90_000);

    // A download that broke off goes on.
    let part = here.path().join("part.txt");
    std::fs::write(&part, &got[..50_000]).expect("a file");
    let part = part.to_str().expect("UTF-8");
    let get = ["files", address, "get", "got.txt", "-o", part, "--resume"];
    let (_, said) = ends(0, &get);
    assert!(said.contains("40000 octets"), "{said}");
    assert!(std::fs::read_to_string(part).expect("the file") == got);

    ends(0, &["files", address, "delete", "got.txt"]);
    refused(
        1,
        &["files", address, "get", "got.txt", "-o", part],
        &["got.txt: file non-existent"],
    );
    refused(1, &["files", address, "put", "none.txt"], &["none.txt"]);
    refused(2, &["files", address, "get", "x/.."], &["--output"]);
}

#[test]
fn logs() {
    let server = Running::serve(&bay());
    let address = &server.address.to_string();
    let (text, _) = ends(0, &["log", address]);
    for log in text.lines() {
        ends(0, &["log", address, log]);
    }
    refused(
        1,
        &["log", address, "BAY1CTRL/LLN0.none"],
        &["non-existent"],
    );
    refused(
        2,
        &["log", address, "BAY1CTRL/LLN0.none", "--from", "x"],
        &["2026-11-20T12:00:00Z"],
    );
}
