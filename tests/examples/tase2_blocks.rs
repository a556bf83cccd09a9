//! The examples of the blocks of TASE.2: what they say.

use crate::{
    tase2_accounts, tase2_blocked, tase2_events, tase2_information, tase2_programs,
    tase2_time_series,
};

fn said<F>(run: F) -> String
where
    F: Future<Output = Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>>>,
{
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run).unwrap().join("\n")
}

#[test]
fn information() {
    assert_eq!(
        said(tase2_information::run()),
        "message 1 waits for 1 peer\n\
         message 1 to us: line 4 is out for maintenance\n\
         message 2 to all: line 4 is back\n\
         the last one has 14 octets: 14\n\
         not sent: 2000 octets are more than the largest information buffer has (1024)"
    );
}

#[test]
fn blocked() {
    assert_eq!(
        said(tase2_blocked::run()),
        "NORTH has blocks 1,2,3\ntagged: 50 points\npacked: 50 points"
    );
}

#[test]
fn programs() {
    assert_eq!(
        said(tase2_programs::run()),
        "programs: LOAD_FLOW\n\
         not started: start: capability unavailable\n\
         running with \"case 7\"\n\
         idle\n\
         not stopped: stop: object state conflict"
    );
}

#[test]
fn events() {
    assert_eq!(
        said(tase2_events::run()),
        "LINE1_OPEN is active, severity 10\nacknowledged: ActiveAcked\nLINE1_OPEN is idle, severity 10"
    );
}

#[test]
fn accounts() {
    assert_eq!(
        said(tase2_accounts::run()),
        "account 7 from NORTH to SOUTH\n  3 hours ago: 98.5 of 100\n  2 hours ago: 101 of 100\n  1 hours ago: 99 of 100\npast: 99.25"
    );
}

#[test]
fn time_series() {
    let said = said(tase2_time_series::run());
    assert_eq!(
        said,
        "end: 4 samples\n  second 1: 412.5\n  second 2: 412.5\n  second 3: 412.5\n  second 4: 412.5\nended: true"
    );
}
