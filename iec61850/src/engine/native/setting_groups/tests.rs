//! Reservations, on paused time.

use super::super::testing::{Bench, Peer};
use mms::{DataAccessError, MmsValue};
use std::time::Duration;
use tokio::time::{advance, sleep};

const EDIT: &str = "LLN0$SP$SGCB$EditSG";
const DELAY: &str = "PTOC1$SE$OpDlTmms$setVal";

async fn edit(peer: &Peer, group: u64) -> Result<(), DataAccessError> {
    peer.write(EDIT, MmsValue::Unsigned(group)).await
}

/// EditSG and ResvTms.
async fn reserved(peer: &Peer) -> (MmsValue, MmsValue) {
    let group = peer.read(EDIT).await;
    (group, peer.read("LLN0$SP$SGCB$ResvTms").await)
}

fn as_read(group: u64, seconds: u64) -> (MmsValue, MmsValue) {
    (MmsValue::Unsigned(group), MmsValue::Unsigned(seconds))
}

#[tokio::test(start_paused = true)]
async fn a_client_that_edits_nothing_loses_its_reservation() {
    let bench = Bench::golden(|_| {});
    let (one, two) = (bench.connect().await, bench.connect().await);
    edit(&one, 1).await.unwrap();
    one.write(DELAY, 1).await.unwrap();
    sleep(Duration::from_secs(299)).await;
    assert_eq!(reserved(&two).await, as_read(1, 300));
    assert_eq!(
        edit(&two, 2).await,
        Err(DataAccessError::TemporarilyUnavailable)
    );
    sleep(Duration::from_secs(2)).await;
    assert_eq!(reserved(&two).await, as_read(0, 0));
    let unavailable = Err(DataAccessError::TemporarilyUnavailable);
    assert_eq!(one.write(DELAY, 2).await, unavailable);
    assert_eq!(
        one.write("LLN0$SP$SGCB$CnfEdit", true).await,
        Err(DataAccessError::ObjectAccessDenied)
    );
    // What was edited is gone.
    edit(&two, 1).await.unwrap();
    assert_eq!(two.read(DELAY).await, MmsValue::Integer(100));
}

#[tokio::test(start_paused = true)]
async fn editing_renews_the_reservation() {
    let bench = Bench::golden(|config| {
        config.set_sg_reservation_time(10);
    });
    let (one, two) = (bench.connect().await, bench.connect().await);
    edit(&one, 1).await.unwrap();
    for value in 0..5 {
        sleep(Duration::from_secs(8)).await;
        one.write(DELAY, value).await.unwrap();
    }
    sleep(Duration::from_secs(8)).await;
    edit(&one, 2).await.unwrap();
    // Others do not renew it, by whatever they try.
    for _ in 0..4 {
        sleep(Duration::from_secs(2)).await;
        assert!(edit(&two, 2).await.is_err() && two.write(DELAY, 1).await.is_err());
    }
    assert_eq!(reserved(&two).await, as_read(2, 10));
    sleep(Duration::from_secs(3)).await;
    assert_eq!(reserved(&two).await, as_read(0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_edit_leaves_no_deadline() {
    let bench = Bench::golden(|_| {});
    let (one, two) = (bench.connect().await, bench.connect().await);
    edit(&one, 1).await.unwrap();
    one.write("LLN0$SP$SGCB$CnfEdit", true).await.unwrap();
    advance(Duration::from_secs(200)).await;
    edit(&two, 2).await.unwrap();
    // The time of the first reservation passes without effect on the second.
    sleep(Duration::from_secs(150)).await;
    assert_eq!(reserved(&one).await, as_read(2, 300));
}

#[tokio::test(start_paused = true)]
async fn without_a_time_the_association_decides() {
    let bench = Bench::golden(|config| {
        config.set_sg_reservation_time(0);
    });
    let (one, two) = (bench.connect().await, bench.connect().await);
    edit(&one, 3).await.unwrap();
    sleep(Duration::from_secs(1_000_000)).await;
    assert_eq!(reserved(&two).await, as_read(3, 0));
    one.client.abort();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(reserved(&two).await, as_read(0, 0));
}
