//! The scenario "server from model.cfg".

use crate::client::{Peer, anywhere};
use crate::server_config::Example;
use mms::MmsValue;

#[test]
fn a_server_for_a_model_out_of_a_file() {
    let example = Example::start(anywhere()).expect("the example starts");
    assert!(example.server.is_running());
    let peer = Peer::of(&example.server);
    // The name the program gives the IED.
    assert_eq!(
        peer.client.domain_names().expect("names"),
        ["TestIEDGenericIO"]
    );
    let nodes: Vec<_> = peer
        .names("TestIEDGenericIO", "")
        .into_iter()
        .filter(|name| !name.contains('$'))
        .collect();
    assert_eq!(nodes, ["GGIO1", "LLN0", "LPHD1"]);

    let value = "TestIEDGenericIO/GGIO1$MX$AnIn1$mag$f";
    let time = "TestIEDGenericIO/GGIO1$MX$AnIn1$t";
    let mut before = (0.0, 0);
    for _ in 0..3 {
        example.rise().expect("the value rises");
        let read = |name| peer.read(name);
        let now = (
            read(value).to_float().expect("a number"),
            read(time).to_timestamp().expect("a time").time_in_ms(),
        );
        assert!(
            (now.0 - before.0 - 0.1).abs() < 1e-5 && now.1 > before.1,
            "{now:?} after {before:?}"
        );
        before = now;
        // The next time is a later one.
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

#[test]
fn a_report_of_a_file() {
    let example = Example::start(anywhere()).expect("the example starts");
    let peer = Peer::of(&example.server);
    let block = |attribute: &str| format!("TestIEDGenericIO/LLN0$RP$EventsRCB01${attribute}");
    assert_eq!(peer.read(&block("IntgPd")), MmsValue::Unsigned(1000));
    peer.write(&block("RptEna"), true);
    peer.write(&block("GI"), true);
    let report = peer.report();
    assert_eq!((&*report.id, report.members.len()), ("Events", 2));
    assert_eq!(
        report.data_set.as_deref(),
        Some("TestIEDGenericIO/LLN0$Events")
    );
}
