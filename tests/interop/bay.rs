//! Every foreign client on our own small bay, tests/data/bay.cid: what it sees against what the file says, and against what it sees
//! of the real libiec61850 serving the same model.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::compare::{assert_same, both, of_each_server};
use crate::peers;
use crate::servers::{Server, config_file};

fn bay() -> PathBuf {
    peers::repository().join("tests/data/bay.cid")
}

fn ours() -> Server {
    Server::ours(&bay(), &[]).unwrap_or_else(|said| panic!("ied serve bay.cid: {said}"))
}

fn theirs() -> Server {
    let config = config_file(&bay(), &[])
        .unwrap_or_else(|said| panic!("ied model bay.cid --format cfg: {said}"));
    Server::libiec61850(config.path())
}

#[test]
fn libiec61850_client_sees_what_the_file_says() {
    let server = ours();
    let seen = peers::libiec61850_browse(server.address());
    let devices = seen["devices"].as_object().expect("devices");
    assert_eq!(
        devices.keys().collect::<Vec<_>>(),
        ["BAY1CTRL", "BAY1MEAS", "BAY1PROT"]
    );
    let nodes = |device: &str| -> Vec<&String> {
        let nodes = devices[device]["nodes"].as_object().expect("nodes");
        nodes.keys().collect()
    };
    assert_eq!(
        nodes("BAY1CTRL"),
        ["BayCSWI1", "GGIO1", "LLN0", "LPHD1", "XCBR1"]
    );
    assert_eq!(nodes("BAY1MEAS"), ["LLN0", "MMXU1"]);
    assert_eq!(nodes("BAY1PROT"), ["LLN0", "PTOC1"]);

    let directory = &devices["BAY1CTRL"]["nodes"]["LLN0"]["directory"];
    assert_eq!(directory["data-sets"], json!(["PosGoose", "Status"]));
    assert_eq!(
        directory["URCB"],
        json!(["urcbStatus01", "urcbStatus02", "urcbStatus03"])
    );
    assert_eq!(directory["BRCB"], json!(["brcbStatus01", "brcbStatus02"]));
    assert_eq!(directory["GoCB"], json!(["gcbPos"]));
    assert_eq!(
        devices["BAY1MEAS"]["nodes"]["LLN0"]["directory"]["URCB"],
        json!(["urcbMeas"])
    );

    let value = |device: &str, item: &str| &devices[device]["values"][item];
    let first = |device: &str, item: &str| &value(device, item)["structure"][0];
    assert_eq!(
        first("BAY1CTRL", "XCBR1$ST$Pos"),
        &json!({"bit-string": "10"})
    );
    assert_eq!(
        first("BAY1CTRL", "XCBR1$ST$OpCnt"),
        &json!({"integer": 1042})
    );
    assert_eq!(
        first("BAY1CTRL", "GGIO1$ST$Ind1"),
        &json!({"boolean": true})
    );
    assert_eq!(
        first("BAY1CTRL", "GGIO1$ST$ISCSO1"),
        &json!({"integer": -3})
    );
    assert_eq!(
        value("BAY1CTRL", "LLN0$DC$NamPlt")["structure"][2],
        json!({"mms-string": "Abgang 1 – Kabel Süd"})
    );
    assert_eq!(
        first("BAY1MEAS", "MMXU1$MX$TotW"),
        &json!({"structure": [{"float": "12.5"}]})
    );
    assert_eq!(
        first("BAY1PROT", "PTOC1$SG$OpDlTmms"),
        &json!({"integer": 200}),
        "the active group is 2"
    );
    for (number, model) in [("1", 1), ("2", 2), ("3", 3), ("4", 4)] {
        assert_eq!(
            first("BAY1CTRL", &format!("GGIO1$CF$SPCSO{number}")),
            &json!({"integer": model})
        );
    }

    assert_eq!(
        devices["BAY1MEAS"]["data-sets"]["LLN0.Measurements"]["members"],
        json!([
            "BAY1MEAS/MMXU1.TotW[MX]",
            "BAY1MEAS/MMXU1.Hz[MX]",
            "BAY1MEAS/MMXU1.PhV.phsA[MX]",
            "BAY1MEAS/MMXU1.A.phsA.cVal.mag.f[MX]"
        ])
    );
    for (name, device) in devices {
        for (item, value) in device["values"].as_object().expect("values") {
            let edited = item.contains("$SE$");
            assert!(
                value.get("error").is_none() || edited,
                "{name}/{item}: {value}"
            );
        }
        for (node, seen) in device["nodes"].as_object().expect("nodes") {
            assert!(seen["type"].get("structure").is_some(), "{name}/{node}");
        }
    }
    server.interrupt();
}

#[test]
fn libiec61850_client_sees_the_same_of_both_servers() {
    let (ours, theirs) = (ours(), theirs());
    let (left, right) = both(ours.address(), theirs.address(), peers::libiec61850_browse);
    assert_same("browse", &left, &right, of_each_server);
}

#[test]
fn libiec61850_client_writes_settings_and_is_refused_configuration() {
    let float = json!({"structure": [{"float": "0.75"}]});
    let steps = json!([
        {"do": "write", "ref": "BAY1PROT/PTOC1.TmMult.setMag.f", "fc": "SP", "value": {"float": 0.25}},
        {"do": "read", "ref": "BAY1PROT/PTOC1.TmMult.setMag.f", "fc": "SP"},
        {"do": "write", "ref": "BAY1PROT/PTOC1.TmMult.setMag", "fc": "SP", "value": float},
        {"do": "read", "ref": "BAY1PROT/PTOC1.TmMult", "fc": "SP"},
        {"do": "write", "ref": "BAY1PROT/PTOC1.DirMod.setVal", "fc": "SP", "value": {"integer": 3}},
        {"do": "write", "ref": "BAY1PROT/PTOC1.TmMult.stepSize.f", "fc": "CF", "value": {"float": 0.25}},
        {"do": "write", "ref": "BAY1CTRL/LLN0.NamPlt.vendor", "fc": "DC", "value": {"visible-string": "x"}},
        {"do": "write", "ref": "BAY1CTRL/GGIO1.Ind1.stVal", "fc": "ST", "value": {"boolean": false}},
        {"do": "write", "ref": "BAY1PROT/PTOC1.TmMult.setMag.f", "fc": "SP", "value": {"integer": 1}},
        {"do": "write", "ref": "BAY1PROT/PTOC1.NoSuch.setVal", "fc": "SP", "value": {"integer": 1}},
        {"do": "write", "ref": "BAY1PROT/PTOC1.OpDlTmms.setVal", "fc": "SE", "value": {"integer": 1}},
        {"do": "mms-write", "domain": "BAY1PROT", "item": "PTOC1$CF$TmMult$stepSize$f", "value": {"float": 1}},
        {"do": "mms-write", "domain": "NOSUCH", "item": "PTOC1$SP$TmMult", "value": {"float": 1}},
    ]);
    let (ours, theirs) = (ours(), theirs());
    let (left, right) = both(ours.address(), theirs.address(), |server| {
        peers::libiec61850_steps(server, &steps)
    });
    assert_eq!(left[0], "ok");
    assert_eq!(left[1], json!({"float": "0.25"}));
    assert_eq!(left[3], json!({"structure": [float]}));
    assert_eq!(left[5], json!({"error": "access-denied"}));
    assert_eq!(left[7], json!({"error": "access-denied"}));
    assert_same("writes", &left, &right, |_| false);
}

#[test]
fn libiec61850_client_uses_data_sets_and_directories() {
    let steps = json!([
        {"do": "status"},
        {"do": "data-set", "ref": "BAY1CTRL/LLN0.Status"},
        {"do": "data-set", "ref": "BAY1CTRL/LLN0.NoSuch"},
        {"do": "create-data-set", "ref": "BAY1MEAS/LLN0.mine",
         "members": ["BAY1MEAS/MMXU1.Hz.mag.f[MX]", "BAY1CTRL/XCBR1.Pos[ST]"]},
        {"do": "data-set", "ref": "BAY1MEAS/LLN0.mine"},
        {"do": "create-data-set", "ref": "BAY1MEAS/LLN0.mine", "members": ["BAY1MEAS/MMXU1.Hz.mag.f[MX]"]},
        {"do": "create-data-set", "ref": "BAY1MEAS/LLN0.bad", "members": ["BAY1MEAS/MMXU1.NoSuch[MX]"]},
        {"do": "delete-data-set", "ref": "BAY1MEAS/LLN0.mine"},
        {"do": "delete-data-set", "ref": "BAY1CTRL/LLN0.Status"},
        {"do": "create-data-set", "ref": "@mine", "members": ["BAY1CTRL/GGIO1.Ind1[ST]"]},
        {"do": "data-set", "ref": "@mine"},
        {"do": "delete-data-set", "ref": "@mine"},
        {"do": "type", "domain": "BAY1CTRL", "item": "BayCSWI1$CO$Pos"},
        {"do": "type", "domain": "BAY1CTRL", "item": "NoSuch"},
        {"do": "mms-read", "domain": "BAY1CTRL", "item": "GGIO1$ST"},
        {"do": "mms-read", "domain": "BAY1CTRL", "item": "GGIO1"},
        {"do": "mms-read", "domain": "BAY1CTRL", "item": "GGIO1$ST$Ind1$noSuch"},
        {"do": "mms-read", "domain": "NOSUCH", "item": "GGIO1$ST$Ind1"},
        {"do": "directory", "ref": "BAY1CTRL/LLN0", "class": 3},
    ]);
    let (ours, theirs) = (ours(), theirs());
    let (left, right) = both(ours.address(), theirs.address(), |server| {
        peers::libiec61850_steps(server, &steps)
    });
    assert_same("data sets and directories", &left, &right, |_| false);
}

#[test]
fn libiec61850_client_ends_associations_in_every_way() {
    let server = ours();
    let mut steps = Vec::new();
    for end in ["release", "abort", "close"] {
        steps.push(json!({"do": "identify"}));
        steps.push(json!({"do": end}));
        steps.push(json!({"do": "connect"}));
    }
    steps.push(json!({"do": "status"}));
    let results = peers::libiec61850_steps(server.address(), &Value::from(steps));
    let results = results.as_array().expect("results");
    for part in results.chunks_exact(3) {
        assert!(part[0].get("vendor").is_some(), "{part:?}");
        assert_eq!(part[1..], [json!("closed"), json!("connected")]);
    }
    assert_eq!(results.last(), Some(&json!({"logical": 0, "physical": 0})));
    server.interrupt();
}

#[test]
fn hat_client_does_generic_mms() {
    let (ours, theirs) = (ours(), theirs());
    let (left, right) = both(ours.address(), theirs.address(), peers::hat_browse);
    assert_same("hat browse", &left, &right, of_each_server);

    let steps = json!([
        {"do": "status"},
        {"do": "names", "class": "domain", "scope": "vmd"},
        {"do": "names", "class": "variable", "scope": {"domain": "BAY1PROT"}},
        {"do": "names", "class": "variable", "scope": {"domain": "NOSUCH"}},
        {"do": "names", "class": "variable", "scope": "vmd"},
        {"do": "names", "class": "list", "scope": "association"},
        {"do": "names", "class": "journal", "scope": {"domain": "BAY1CTRL"}},
        {"do": "type", "name": "BAY1CTRL/XCBR1$ST$Pos"},
        {"do": "type", "name": "BAY1CTRL/XCBR1"},
        {"do": "type", "name": "BAY1CTRL/NoSuch"},
        {"do": "read", "names": ["BAY1CTRL/XCBR1$ST$Pos", "BAY1MEAS/MMXU1$MX$Hz$mag$f", "BAY1CTRL/NoSuch", "NOSUCH/LLN0"]},
        {"do": "read-list", "name": "BAY1CTRL/LLN0$Status"},
        {"do": "write", "names": ["BAY1PROT/PTOC1$SP$TmMult$setMag$f", "BAY1PROT/PTOC1$CF$TmMult$stepSize$f", "BAY1PROT/NoSuch"],
         "values": [{"float": 2.5}, {"float": 1}, {"boolean": true}]},
        {"do": "read", "names": ["BAY1PROT/PTOC1$SP$TmMult"]},
        {"do": "define", "name": "BAY1CTRL/LLN0$hat", "members": ["BAY1CTRL/GGIO1$ST$Ind1", "BAY1MEAS/MMXU1$MX$Hz$mag$f"]},
        {"do": "attributes", "name": "BAY1CTRL/LLN0$hat"},
        {"do": "read-list", "name": "BAY1CTRL/LLN0$hat"},
        {"do": "define", "name": "BAY1CTRL/LLN0$hat", "members": ["BAY1CTRL/GGIO1$ST$Ind1"]},
        {"do": "delete", "names": ["BAY1CTRL/LLN0$hat"]},
        {"do": "delete", "names": ["BAY1CTRL/LLN0$hat"]},
        {"do": "delete", "names": ["BAY1CTRL/LLN0$Status"]},
        {"do": "define", "name": "@hat", "members": ["BAY1CTRL/GGIO1$ST$Ind1$stVal"]},
        {"do": "names", "class": "list", "scope": "association"},
        {"do": "attributes", "name": "@hat"},
        {"do": "read-list", "name": "@hat"},
        {"do": "delete", "names": ["@hat"]},
    ]);
    let (left, right) = both(ours.address(), theirs.address(), |server| {
        peers::hat_steps(server, &steps)
    });
    assert_eq!(left[1], json!(["BAY1CTRL", "BAY1MEAS", "BAY1PROT"]));
    assert_eq!(
        left[13],
        json!([{"structure": [{"structure": [{"float": "2.5"}]}]}])
    );
    assert_same("hat requests", &left, &right, |_| false);
}

#[test]
fn csp0924_client_browses_and_reads() {
    let (ours, theirs) = (ours(), theirs());
    let (left, right) = both(ours.address(), theirs.address(), peers::csp0924_browse);
    assert_eq!(
        left["BAY1CTRL"]["LPHD1"]["data-objects"],
        right["BAY1CTRL"]["LPHD1"]["data-objects"]
    );
    assert_same("csp0924 browse", &left, &right, |_| false);

    let references = [
        "BAY1MEAS/MMXU1.TotW.mag.f[MX]",
        "BAY1CTRL/GGIO1.ISCSO1.stVal[ST]",
        "BAY1CTRL/XCBR1.Pos[ST]",
        "BAY1CTRL/XCBR1.NoSuch[ST]",
    ];
    let (left, right) = both(ours.address(), theirs.address(), |server| {
        peers::csp0924_read(server, &references)
    });
    assert_eq!(left[0], 12.5);
    assert_eq!(left[1], -3);
    assert_same("csp0924 read", &left, &right, |_| false);
}

#[test]
fn hupe1980_client_browses_reads_and_writes() {
    let (ours, theirs) = (ours(), theirs());
    let commands: [(&str, &[&str]); 8] = [
        ("status", &[]),
        ("browse", &[]),
        ("type", &["BAY1CTRL/BayCSWI1$CO$Pos$Oper"]),
        ("read", &["BAY1MEAS/MMXU1.TotW.mag.f", "--fc", "MX"]),
        ("read", &["BAY1CTRL/XCBR1.NoSuch", "--fc", "ST"]),
        (
            "write",
            &[
                "BAY1PROT/PTOC1.TmMult.setMag.f",
                "1.25",
                "--fc",
                "SP",
                "--type",
                "float",
            ],
        ),
        ("read", &["BAY1PROT/PTOC1.TmMult.setMag.f", "--fc", "SP"]),
        ("rcb", &["BAY1CTRL/LLN0$RP$urcbStatus03"]),
    ];
    for (command, arguments) in commands {
        let left = peers::hupe1980(ours.address(), command, arguments);
        let right = peers::hupe1980(theirs.address(), command, arguments);
        // Ours has a capability list, and it is empty.
        let refused = "capabilities  unavailable (the peer rejected invoke 2: reason 1/1)";
        let theirs = right.stdout.replace(refused, "capabilities (none)");
        assert_eq!(left.stdout, theirs, "{command} {arguments:?}");
        assert_eq!(left.stderr, right.stderr, "{command} {arguments:?}");
        assert_eq!(
            left.status.code(),
            right.status.code(),
            "{command} {arguments:?}"
        );
    }
    let read = peers::hupe1980(
        ours.address(),
        "read",
        &["BAY1PROT/PTOC1.TmMult.setMag.f", "--fc", "SP"],
    );
    assert_eq!(read.stdout.trim(), "BAY1PROT/PTOC1.TmMult.setMag.f = 1.25");
}

#[test]
fn open61850_client_finds_no_difference_to_the_file() {
    let server = ours();
    let file = bay();
    let file = file.to_str().expect("a UTF-8 path");
    let compared = peers::open61850(server.address(), &["compare-scl", file]);
    assert!(compared.status.success(), "{}", compared.stderr);
    assert!(
        compared.stdout.contains("0 differences"),
        "{}",
        compared.stdout
    );
}
