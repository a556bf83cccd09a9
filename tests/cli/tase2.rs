//! `ied tase2`: serving the example configuration, and looking at it with the other commands.

use crate::process::wait;
use crate::serve::Running;
use crate::{LIMIT, command, ends, file, refused, written};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn north() -> (Running, String) {
    let config = file("examples/tase2/north.toml");
    let arguments = ["tase2", "serve", &config, "--listen", "127.0.0.1:0"];
    let (running, said) = Running::start(&arguments, Stdio::null());
    assert_eq!(said, "", "one line, when it is ready");
    let address = running.address.to_string();
    (running, address)
}

/// Arguments of a command to NORTH, in the name of SOUTH.
fn as_south<'a>(what: &'a str, address: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "tase2",
        what,
        address,
        "--ap-title",
        "1.1.999.2",
        "--ae-qualifier",
        "12",
    ];
    arguments.extend(rest);
    arguments
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn browse() {
    let (running, address) = north();
    let (stdout, stderr) = ends(0, &as_south("browse", &address, &["--values"]));
    assert_eq!(stderr, "");
    for line in [
        "version 2000-08\nblocks 1,2,5\nbilateral table NS-2026-1 in NORTH_SOUTH\nVCC\n",
        "├─ N_LOAD  Data_RealQ  412.5 VALID TELEMETERED NORMAL\n",
        "├─ N_COUNTER  Data_DiscreteExtended  0 VALID TELEMETERED NORMAL",
        "├─ TIE_CB  device, select before operate, tag\n",
        "└─ data set DS_TIE\n   ├─ NORTH_SOUTH/Transfer_Set_Name\n",
    ] {
        assert!(stdout.contains(line), "no {line:?} in:\n{stdout}");
    }
    assert!(!stdout.contains("Supported_Features  Data"), "{stdout}");
    let (stdout, _) = ends(0, &as_south("browse", &address, &["--json"]));
    let tree = json(&stdout);
    assert_eq!(tree["features"], "1,2,5");
    assert_eq!(tree["scopes"][1]["domain"], "NORTH_SOUTH");
    assert_eq!(tree["scopes"][1]["data_sets"][0]["members"][4], "N_LOAD");
    running.end_with("-TERM");
}

#[test]
fn read_and_write() {
    let (running, address) = north();
    let (stdout, _) = ends(0, &as_south("read", &address, &["N_LOAD", "TASE2_Version"]));
    assert_eq!(
        stdout,
        "N_LOAD = 412.5 VALID TELEMETERED NORMAL\nTASE2_Version = {2000, 8}\n"
    );
    let (stdout, _) = ends(
        0,
        &as_south(
            "read",
            &address,
            &["--data-set", "NORTH_SOUTH/DS_TIE", "--json"],
        ),
    );
    let values = json(&stdout);
    assert_eq!(values[0]["name"], "NORTH_SOUTH/TIE_FLOW");
    assert_eq!(values[0]["quality"]["validity"], "NOTVALID");
    assert_eq!(values[1]["value"], 412.5);
    let (stdout, stderr) = ends(1, &as_south("read", &address, &["NOPE", "N_NOTE"]));
    assert_eq!(stdout, "N_NOTE = 0\n");
    assert_eq!(stderr, "error: NOPE: object non-existent\n");
    let (stdout, _) = ends(0, &as_south("write", &address, &["N_NOTE", "-7"]));
    assert_eq!(stdout, "N_NOTE = -7\n");
    refused(
        1,
        &as_south("write", &address, &["N_LOAD", "1"]),
        &["N_LOAD: object access denied"],
    );
    refused(
        2,
        &as_south("write", &address, &["N_NOTE", "x"]),
        &["`x` is no integer of 32 bits"],
    );
    refused(
        2,
        &as_south("write", &address, &["N_NOTE", "1", "--quality", "FINE"]),
        &["`FINE` is no quality"],
    );
    running.end_with("-INT");
}

#[test]
fn devices() {
    let (mut running, address) = north();
    let breaker = "NORTH_SOUTH/TIE_CB";
    let state = "NORTH_SOUTH/TIE_CB_STATE";
    let (stdout, _) = ends(0, &as_south("select", &address, &[breaker]));
    assert_eq!(stdout, "NORTH_SOUTH/TIE_CB selected, check-back id 101\n");
    refused(
        1,
        &as_south("select", &address, &[breaker, "--check-back", "7"]),
        &["NORTH_SOUTH/TIE_CB: check-back id 101 instead of 7"],
    );
    let close = [
        breaker,
        "close",
        "--check-back",
        "101",
        "--indication",
        state,
        "--json",
    ];
    let (stdout, _) = ends(0, &as_south("command", &address, &close));
    let done = json(&stdout);
    assert_eq!(
        (&done["device"], &done["operated"]),
        (&Value::from(breaker), &Value::from(1))
    );
    assert_eq!(
        (&done["indication"]["name"], &done["indication"]["value"]),
        (&Value::from(state), &Value::from("ON"))
    );
    refused(
        1,
        &as_south(
            "command",
            &address,
            &[breaker, "open", "--check-back", "100"],
        ),
        &["check-back id 101 instead of 100; not operated"],
    );
    refused(
        1,
        &as_south("operate", &address, &[breaker, "0"]),
        &["NORTH_SOUTH/TIE_CB: object access denied"],
    );
    let (stdout, _) = ends(
        0,
        &as_south(
            "tag",
            &address,
            &[breaker, "close-only", "--reason", "crew on line"],
        ),
    );
    assert_eq!(
        stdout,
        "NORTH_SOUTH/TIE_CB CLOSE-ONLY-INHIBIT \"crew on line\"\n"
    );
    refused(
        1,
        &as_south("command", &address, &[breaker, "on"]),
        &["object access denied"],
    );
    let (stdout, _) = ends(0, &as_south("command", &address, &[breaker, "off"]));
    assert_eq!(stdout, "NORTH_SOUTH/TIE_CB operated with 0\n");
    let (stdout, _) = ends(0, &as_south("tag", &address, &[breaker, "none", "--json"]));
    assert_eq!(json(&stdout)["tag"], "NO-TAG");
    let target = [
        "NORTH_SOUTH/TIE_SETPOINT",
        "-12.5",
        "--indication",
        "NORTH_SOUTH/TIE_TARGET",
    ];
    let (stdout, _) = ends(0, &as_south("setpoint", &address, &target));
    assert_eq!(
        stdout,
        "NORTH_SOUTH/TIE_SETPOINT operated with -12.5\nNORTH_SOUTH/TIE_TARGET = -12.5 VALID TELEMETERED NORMAL\n"
    );
    refused(
        1,
        &as_south("setpoint", &address, &["NORTH_SOUTH/TIE_SETPOINT", "201"]),
        &["object value invalid"],
    );
    refused(
        1,
        &as_south("tag", &address, &["NORTH_SOUTH/TIE_SETPOINT", "close-only"]),
        &["object access denied"],
    );
    for (arguments, said) in [
        (["command", breaker, "slam"], "expected trip, open, off"),
        (
            ["tag", breaker, "red"],
            "expected open-and-close, close-only or none",
        ),
        (
            ["setpoint", "NORTH_SOUTH/TIE_SETPOINT", "far"],
            "`far` is no number",
        ),
        (
            ["operate", breaker, "1.5"],
            "`1.5` is no integer of 16 bits",
        ),
    ] {
        let [what, device, value] = arguments;
        refused(2, &as_south(what, &address, &[device, value]), &[said]);
    }
    // Whoever serves it is told.
    let said = running.said_next();
    assert!(
        said.starts_with("NORTH_SOUTH/TIE_CB: selected, check-back id 101, by SOUTH ("),
        "{said}"
    );
    let said = running.end_with("-INT");
    assert!(
        said.contains("NORTH_SOUTH/TIE_CB: operated with 1, by SOUTH"),
        "{said}"
    );
    assert!(
        said.contains("TIE_CB: not operated with 0: it is not selected (object access denied)"),
        "{said}"
    );
}

#[test]
fn check() {
    let (running, address) = north();
    let some = [
        "--only",
        "version,values,block_5_select,data_sets_define,security",
    ];
    let permits = [
        "--table-id",
        "NS-2026-1",
        "--write",
        "N_NOTE",
        "--sbo",
        "NORTH_SOUTH/TIE_CB",
        "--check-back",
        "101",
    ];
    let with =
        |rest: &[&'static str]| -> Vec<&'static str> { [&some[..], &permits, rest].concat() };
    let (stdout, stderr) = ends(0, &as_south("check", &address, &with(&[])));
    for line in [
        "Version\n  pass        read (version_read)\n",
        "  pass        every type written (values_write_types)\n",
        "  not offered pages of 1000 names (values_paging): ",
        "  pass        select (block_5_select)\n",
        "  not tried   select denied (block_5_select_denied): ",
        "  not tried   TLS 1.2 and 1.3 (security_tls_versions): this client has no TLS\n",
    ] {
        assert!(stdout.contains(line), "no {line:?} in:\n{stdout}");
    }
    assert!(stderr.contains(" 0 failed, 1 not offered, "), "{stderr}");
    // What was written has its old value, and the device no tag.
    let (stdout, _) = ends(0, &as_south("read", &address, &["N_NOTE"]));
    assert_eq!(stdout, "N_NOTE = 0\n");
    // Another table, and another check-back id than was agreed on, with what was said.
    let wrong = [
        "--only",
        "table_id,block_5_select",
        "--table-id",
        "NS-2025",
        "--sbo",
        "NORTH_SOUTH/TIE_CB",
        "--check-back",
        "7",
        "--json",
    ];
    let (stdout, stderr) = ends(1, &as_south("check", &address, &wrong));
    assert!(stderr.contains("2 failed"), "{stderr}");
    let rows = json(&stdout)["rows"].clone();
    assert_eq!(
        (&rows[0]["id"], &rows[0]["verdict"]),
        (&Value::from("table_id_match"), &Value::from("fail"))
    );
    assert_eq!(
        rows[0]["reason"],
        "Bilateral_Table_ID: \"NS-2026-1\" instead of \"NS-2025\""
    );
    let pdus = rows[0]["pdus"].as_array().unwrap();
    // The last PDU is the answer with the id.
    let last = pdus.last().unwrap().as_str().unwrap();
    assert!(
        last.starts_with("<- a1 ") && last.contains("4e 53 2d 32 30 32 36 2d 31"),
        "{last}"
    );
    assert_eq!(rows[1]["reason"], "check-back id: 101 instead of 7");
    let junit = [
        "--only",
        "version_read,table_id,values_paging",
        "--table-id",
        "<&>",
        "--format",
        "junit",
    ];
    let (stdout, _) = ends(1, &as_south("check", &address, &junit));
    for line in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"TASE.2 127.0.0.1:",
        " tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" ",
        "<testcase classname=\"Version\" name=\"version_read\" time=\"",
        "<failure message=\"Bilateral_Table_ID: &quot;NS-2026-1&quot; instead of &quot;&lt;&amp;&gt;&quot;\">-&gt; ",
        "<skipped message=\"not offered: ",
    ] {
        assert!(stdout.contains(line), "no {line:?} in:\n{stdout}");
    }
    let (stdout, _) = ends(
        0,
        &as_south("check", &address, &["--list", "--only", "block_5_tag"]),
    );
    assert_eq!(stdout.lines().count(), 3, "{stdout}");
    refused(
        2,
        &as_south("check", &address, &["--only", "nothing"]),
        &["no row is called so"],
    );
    running.end_with("-TERM");
    refused(1, &as_south("check", &address, &[]), &["cannot connect"]);
}

#[test]
fn pics() {
    let (stdout, _) = ends(0, &["tase2", "pics"]);
    let document = std::fs::read_to_string(file("docs/tase2-pics.md")).unwrap();
    assert!(
        stdout == document,
        "docs/tase2-pics.md is another:\n{stdout}"
    );
}

#[test]
fn tags_outlive_the_process() {
    let config = file("examples/tase2/north.toml");
    let folder = tempfile::tempdir().unwrap();
    let tags = folder.path().join("tags.toml");
    let tags = tags.to_str().unwrap();
    let arguments = [
        "tase2",
        "serve",
        &config,
        "--listen",
        "127.0.0.1:0",
        "--tags",
        tags,
    ];
    let (running, _) = Running::start(&arguments, Stdio::null());
    let address = running.address.to_string();
    let tag = ["NORTH_SOUTH/TIE_CB", "open-and-close", "--reason", "works"];
    ends(0, &as_south("tag", &address, &tag));
    running.end_with("-TERM");
    let kept = std::fs::read_to_string(tags).unwrap();
    assert!(kept.contains("peer = \"SOUTH\""), "{kept}");
    let (running, _) = Running::start(&arguments, Stdio::null());
    let address = running.address.to_string();
    let (stdout, _) = ends(0, &as_south("tag", &address, &["NORTH_SOUTH/TIE_CB"]));
    assert_eq!(
        stdout,
        "NORTH_SOUTH/TIE_CB OPEN-AND-CLOSE-INHIBIT \"works\"\n"
    );
    ends(
        0,
        &as_south("tag", &address, &["NORTH_SOUTH/TIE_CB", "none"]),
    );
    running.end_with("-TERM");
    assert!(!std::fs::read_to_string(tags).unwrap().contains("works"));
    std::fs::write(
        tags,
        "[[tag]]\ndevice = \"NO\"\ntag = \"NO-TAG\"\nreason = \"\"\n",
    )
    .unwrap();
    refused(1, &arguments, &["there is no device NO"]);
}

#[test]
fn a_stranger_is_refused() {
    let (running, address) = north();
    refused(
        1,
        &[
            "tase2",
            "read",
            &address,
            "--ap-title",
            "1.1.999.9",
            "N_LOAD",
        ],
        &["calling AP title not recognized"],
    );
    let said = running.end_with("-TERM");
    assert!(
        said.contains("association refused caller=AP title 1.1.999.9, from 127.0.0.1:"),
        "{said}"
    );
    assert!(
        said.contains("no bilateral table has this AP title"),
        "{said}"
    );
}

#[test]
fn two_centres_follow_each_other_and_a_third_watches() {
    let config = file("examples/tase2/north.toml");
    let arguments = [
        "tase2",
        "serve",
        &config,
        "--listen",
        "127.0.0.1:0",
        "--simulate",
    ];
    let (running, _) = Running::start(&arguments, Stdio::null());
    let address = running.address.to_string();
    // SOUTH, which calls where NORTH is now.
    let south = std::fs::read_to_string(file("examples/tase2/south.toml")).unwrap();
    let south = south.replace("127.0.0.1:10102", &address);
    let (_folder, south) = written("south.toml", south);
    let mut child = command()
        .args(["tase2", "serve", &south, "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut tie, mut frequency) = (0, 0);
    for line in lines {
        let point = json(&line.unwrap())["point"].clone();
        tie += usize::from(point["name"] == "NORTH_SOUTH/TIE_FLOW");
        frequency += usize::from(point["name"] == "NS_FREQUENCY");
        if tie > 0 && frequency > 1 {
            break;
        }
    }
    let _ = child.kill();
    wait(&mut child, LIMIT).unwrap();
    let watched = ["N_LOAD", "--count", "2", "--critical", "--json"];
    let (stdout, stderr) = ends(0, &as_south("watch", &address, &watched));
    assert!(stderr.starts_with("following NORTH_SOUTH/DSTS"), "{stderr}");
    let reports: Vec<Value> = stdout.lines().map(json).collect();
    assert_eq!(reports.len(), 2);
    assert_eq!(
        (&reports[0]["full"], &reports[1]["full"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    assert_eq!(reports[1]["conditions"], "change");
    assert_eq!(reports[1]["points"][0]["name"], "N_LOAD");
    // Nothing of it is left.
    let (stdout, _) = ends(0, &as_south("browse", &address, &["--json"]));
    assert!(!stdout.contains("IED_WATCH"), "{stdout}");
    running.end_with("-TERM");
}

#[test]
#[cfg(unix)]
fn rights_change_while_it_runs() {
    let config = std::fs::read_to_string(file("examples/tase2/north.toml")).unwrap();
    let config = config.replace("north_points.csv", &file("examples/tase2/north_points.csv"));
    let (_folder, path) = written("north.toml", &config);
    let arguments = ["tase2", "serve", &path, "--listen", "127.0.0.1:0"];
    let (mut running, _) = Running::start(&arguments, Stdio::null());
    let address = running.address.to_string();
    ends(0, &as_south("read", &address, &["N_LOAD"]));
    let hang_up = |running: &mut Running| {
        let id = running.child().id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-HUP", &id])
            .status();
        assert!(sent.unwrap().success());
        running.said_next()
    };
    std::fs::write(&path, "[center]\nname = 7\n").unwrap();
    let said = hang_up(&mut running);
    assert!(
        said.starts_with("bilateral tables stay as they are: "),
        "{said}"
    );
    assert!(said.contains("north.toml:2: name: "), "{said}");
    ends(0, &as_south("read", &address, &["N_LOAD"]));
    std::fs::write(&path, config.replace("\"N*\", ", "")).unwrap();
    assert_eq!(hang_up(&mut running), "bilateral tables reloaded\n");
    refused(
        1,
        &as_south("read", &address, &["N_LOAD"]),
        &["N_LOAD: object non-existent"],
    );
    running.end_with("-TERM");
}

#[test]
fn decode() {
    let capture = file("tase2/tests/data/session.pcap");
    let (stdout, stderr) = ends(0, &["tase2", "decode", &capture]);
    assert!(
        stderr.ends_with("1 association, 58 PDUs, 0 problems\n"),
        "{stderr}"
    );
    assert!(
        stdout.contains("start-transfer ICC1/DSTS1 (13 components) on ICC1/DS1"),
        "{stdout}"
    );
    let (stdout, _) = ends(
        0,
        &["tase2", "decode", &capture, "--json", "--only", "report"],
    );
    let reports: Vec<Value> = stdout.lines().map(json).collect();
    assert_eq!(reports.len(), 3);
    assert_eq!(reports[0]["points"][0]["value"], 12.5);
    assert_eq!(reports[1]["conditions"], "change");
    let (_folder, bad) = written("bad.pcap", "this is no capture");
    refused(1, &["tase2", "decode", &bad], &["neither pcap nor pcapng"]);
    refused(
        1,
        &["tase2", "decode", "/nonexistent.pcap"],
        &["cannot read"],
    );
}

#[test]
fn bad_configurations() {
    let (_folder, bad) = written("bad.toml", "[center]\nname = \"N\"\nlisten = \"here\"\n");
    refused(
        1,
        &["tase2", "serve", &bad],
        &["bad.toml:3: listen: invalid socket address"],
    );
    let (_folder, bad) = written(
        "bad.toml",
        "[center]\nname = \"N\"\n[[point]]\nname = \"X\"\ntype = \"Reel\"\n",
    );
    refused(
        1,
        &["tase2", "serve", &bad],
        &["bad.toml:5: type: `Reel` is no type"],
    );
    refused(
        1,
        &["tase2", "serve", "/nonexistent.toml"],
        &["/nonexistent.toml: "],
    );
}
