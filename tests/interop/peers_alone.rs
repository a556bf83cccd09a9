//! The peers among themselves: when one of these fails, the environment is broken, not our server.

use serde_json::json;

use crate::peers;
use crate::servers::Server;

fn golden() -> Server {
    Server::libiec61850(&peers::repository().join("tests/golden/golden.cfg"))
}

#[test]
fn libiec61850_client_sees_the_libiec61850_server() {
    let server = golden();
    let seen = peers::libiec61850_browse(server.address());
    assert_eq!(seen["identity"]["revision"], "1.6.1");
    let device = &seen["devices"]["GOLDLD1"];
    let nodes: Vec<&String> = device["nodes"].as_object().expect("nodes").keys().collect();
    assert_eq!(
        nodes,
        ["GGIO1", "LLN0", "LPHD1", "MHAI1", "MMXU1", "PTOC1", "XCBR1"]
    );
    assert_eq!(
        device["values"]["GGIO1$ST$IntIn1"]["structure"][0],
        json!({"integer": 7})
    );
    let results = peers::libiec61850_steps(
        server.address(),
        &json!([
            {"do": "write", "ref": "GOLDLD1/GGIO1.NumSet.setVal", "fc": "SP", "value": {"integer": 42}},
            {"do": "read", "ref": "GOLDLD1/GGIO1.NumSet.setVal", "fc": "SP"},
            {"do": "write", "ref": "GOLDLD1/GGIO1.NumSet.minVal", "fc": "CF", "value": {"integer": 1}},
        ]),
    );
    assert_eq!(
        results,
        json!(["ok", {"integer": 42}, {"error": "access-denied"}])
    );
    server.interrupt();
}

#[test]
fn the_other_clients_see_the_libiec61850_server() {
    let server = golden();
    let seen = peers::hat_browse(server.address());
    let lists = seen["domains"]["GOLDLD1"]["lists"].as_object();
    assert_eq!(lists.map(serde_json::Map::len), Some(5));

    let seen = peers::csp0924_browse(server.address());
    assert_eq!(
        seen["GOLDLD1"]["LPHD1"]["data-objects"],
        json!(["PhyNam", "PhyHealth", "Proxy"])
    );
    assert_eq!(
        peers::csp0924_read(server.address(), &["GOLDLD1/GGIO1.AnIn1.mag.f[MX]"]),
        json!([1.5])
    );

    let read = peers::hupe1980(
        server.address(),
        "read",
        &["GOLDLD1/GGIO1.AnIn1.mag.f", "--fc", "MX"],
    );
    assert_eq!(read.stdout.trim(), "GOLDLD1/GGIO1.AnIn1.mag.f = 1.5");

    let domains = peers::open61850(server.address(), &["domains"]);
    assert_eq!(
        domains.stdout.split_whitespace().collect::<Vec<_>>(),
        ["GOLDLD1", "GOLDLD2"]
    );
}

#[test]
fn hat_client_uses_the_hat_server() {
    let server = Server::hat();
    let results = peers::hat_steps(
        server.address(),
        &json!([
            {"do": "write", "names": ["DOM/Count", "DOM/Flag"], "values": [{"integer": 12}, {"integer": 1}]},
            {"do": "read-list", "name": "DOM/All"},
            {"do": "define", "name": "DOM/Own", "members": ["DOM/Level"]},
            {"do": "attributes", "name": "DOM/Own"},
            {"do": "delete", "names": ["DOM/Own"]},
        ]),
    );
    assert_eq!(
        results,
        json!([
            ["ok", {"error": "type-inconsistent"}],
            [{"boolean": true}, {"integer": 12}, {"float": "1.5"}],
            "ok",
            {"deletable": true, "members": ["DOM/Level"]},
            {"matched": 1, "deleted": 1},
        ])
    );
}
