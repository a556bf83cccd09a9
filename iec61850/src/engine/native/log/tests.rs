//! Integrity entries, on paused time.

use super::super::testing::{Bench, Peer, START_MS};
use mms::client::{JournalQuery, JournalRecord};
use mms::{BitString, MmsValue, ObjectName};
use std::time::Duration;
use tokio::time::sleep;

const LOG: ObjectName<'static> = ObjectName::Domain {
    domain: "GOLDLD1",
    item: "LLN0$EventLog",
};

async fn entries(peer: &Peer) -> Vec<JournalRecord> {
    let query = JournalQuery::default();
    peer.client.read_journal(LOG, query).await.unwrap()
}

/// When the entries were made, in ms since the server was.
async fn times(peer: &Peer) -> Vec<u64> {
    let entries = entries(peer).await;
    let time = |entry: &JournalRecord| entry.time.time_in_ms().unwrap() - START_MS;
    entries.iter().map(time).collect()
}

async fn set(peer: &Peer, field: &str, value: impl Into<MmsValue>) {
    let item = format!("LLN0$LG$lcb01${field}");
    peer.write(&item, value).await.unwrap();
}

/// Integrity each `ms` milliseconds, and on changes.
async fn enable(peer: &Peer, ms: u64) {
    set(peer, "TrgOps", BitString::from_integer(6, 0b1_0010)).await;
    set(peer, "IntgPd", MmsValue::Unsigned(ms)).await;
    set(peer, "LogEna", true).await;
}

#[tokio::test(start_paused = true)]
async fn entries_come_in_their_period() {
    let bench = Bench::golden(|_| {});
    let peer = bench.connect().await;
    sleep(Duration::from_millis(250)).await;
    enable(&peer, 1000).await;
    sleep(Duration::from_millis(2500)).await;
    bench.update("LD1/GGIO1.Ind2.stVal", true);
    sleep(Duration::from_millis(1000)).await;
    assert_eq!(times(&peer).await, [250, 1250, 2250, 2750, 3250]);
    let all = entries(&peer).await;
    let tags: Vec<_> = all[0]
        .variables
        .iter()
        .map(|(tag, _)| tag.as_str())
        .collect();
    assert_eq!(tags.len(), 8);
    assert_eq!(tags[..2], ["GOLDLD1/GGIO1$ST$Ind1", "ReasonCode"]);
    assert_eq!(all[3].variables.len(), 2);
    set(&peer, "LogEna", false).await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(entries(&peer).await.len(), 5);
    // Enabled anew, the period begins anew.
    set(&peer, "LogEna", true).await;
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(times(&peer).await[5..], [13_750, 14_750]);
}

#[tokio::test(start_paused = true)]
async fn entries_fall_on_multiples_of_their_period() {
    let bench = Bench::golden(|config| {
        config.set_sync_integrity_report_times(true);
    });
    let peer = bench.connect().await;
    sleep(Duration::from_millis(300)).await;
    enable(&peer, 500).await;
    sleep(Duration::from_millis(1300)).await;
    assert_eq!(times(&peer).await, [500, 1000, 1500]);
}

#[tokio::test(start_paused = true)]
async fn a_period_without_the_trigger_is_none() {
    let bench = Bench::golden(|_| {});
    let peer = bench.connect().await;
    set(&peer, "IntgPd", MmsValue::Unsigned(100)).await;
    set(&peer, "TrgOps", BitString::from_integer(6, 0b10)).await;
    set(&peer, "LogEna", true).await;
    sleep(Duration::from_secs(10)).await;
    assert!(entries(&peer).await.is_empty());
}
