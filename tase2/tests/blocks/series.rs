//! Block 9: time series.

use crate::bench;
use crate::support::{Bench, DOMAIN, EPOCH, model, name, table};
use mms::{DataAccessError, MmsValue};
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::SeriesFollow;
use tase2::model::TimeSeries;
use tase2::series::SeriesReport;
use tase2::types::{
    Features, PointValue, Quality, TimeStamp, TsConditions, TsTransferSet, Validity,
};
use tase2::{Error, Event, Name, StopReason};
use tokio::time::{sleep, timeout};

fn may_ask() -> BilateralTable {
    let mut table = table();
    table.rules.extend([
        Rule::new("ICC1/MW1", Rights::QUERY),
        Rule::new("D1", Rights::QUERY),
    ]);
    table
}

/// MW1 is stored for a minute, D2 too; D1 is not.
fn with(table: BilateralTable) -> Bench {
    let mut model = model();
    for point in ["ICC1/MW1", "D2"] {
        let mut series = TimeSeries::new(name(point));
        series.retention = Duration::from_secs(60);
        model.add_time_series(series).unwrap();
    }
    bench(model, vec![table])
}

fn set(start: i64, end: i64, sample: i32, conditions: TsConditions) -> TsTransferSet {
    let at = |after: i64| match after {
        0 => TimeStamp::default(),
        after => TimeStamp::from_seconds(EPOCH + after),
    };
    let mut set = TsTransferSet::default();
    set.data_value = Some(name("ICC1/MW1"));
    set.start_time = at(start);
    set.end_time = at(end);
    set.sample_interval = sample;
    set.conditions = conditions;
    set
}

const END: TsConditions = TsConditions::ENDING_TIME_ARRIVED;
const INTERVAL: TsConditions = TsConditions::REPORT_INTERVAL_TIME_OUT;
const OPERATOR: TsConditions = TsConditions::OPERATOR_REQUEST;

fn samples(report: &SeriesReport) -> Vec<(i64, f32)> {
    let number = |value: &PointValue| match value.value {
        tase2::types::Value::Real(number) => number,
        other => panic!("{other:?}"),
    };
    let all = report.samples.iter();
    all.map(|(at, value)| (at.seconds() - EPOCH, number(value)))
        .collect()
}

async fn next(follow: &mut SeriesFollow) -> (TsConditions, Vec<(i64, f32)>) {
    let report = follow.next().await.unwrap();
    assert_eq!(report.data_value, name("ICC1/MW1"));
    (report.conditions, samples(&report))
}

/// MW1 is 12.5 at the start, and then the number of the second, every ten seconds.
async fn run(bench: &Bench, seconds: i64) {
    for second in 1..=seconds {
        sleep(Duration::from_secs(1)).await;
        if second % 10 == 0 {
            bench.set("ICC1/MW1", PointValue::real(second as f32));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn block_9_start_report_stop() {
    let bench = with(may_ask());
    let client = bench.client().await;
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2, 9]));
    let mut request = set(5, 0, 5, INTERVAL);
    request.report_interval = 10;
    let mut follow = client.follow_series(request).await.unwrap();
    assert_eq!(follow.transfer_set(), Some(&name("ICC1/TSTS1")));
    let running = tokio::spawn(async move {
        run(&bench, 40).await;
        bench
    });
    assert_eq!(
        next(&mut follow).await,
        (INTERVAL, vec![(5, 12.5), (10, 10.0), (15, 10.0)])
    );
    assert_eq!(
        next(&mut follow).await,
        (INTERVAL, vec![(20, 20.0), (25, 20.0)])
    );
    follow.stop().await.unwrap();
    let bench = running.await.unwrap();
    let set = client.read_raw(&name("ICC1/TSTS1$Status")).await.unwrap();
    assert_eq!(set, MmsValue::Boolean(false));
    drop(bench);
}

#[tokio::test(start_paused = true)]
async fn s_block_9_ending_time_arrived() {
    let bench = with(may_ask());
    let client = bench.client().await;
    let mut events = bench.vcc.events();
    let mut follow = client.follow_series(set(0, 25, 10, END)).await.unwrap();
    let running = tokio::spawn(async move {
        run(&bench, 30).await;
        bench
    });
    let (conditions, samples) = next(&mut follow).await;
    assert_eq!(conditions, END);
    assert_eq!(samples, [(0, 12.5), (10, 10.0), (20, 20.0)]);
    assert!(follow.has_ended());
    let _bench = running.await.unwrap();
    let ended = |event: &Event| {
        matches!(
            event,
            Event::TransferSetStopped {
                reason: StopReason::Ended,
                ..
            }
        )
    };
    let mut there = false;
    while let Ok(event) = events.try_recv() {
        there |= ended(&event);
    }
    assert!(there);
    // It is free again, and stopping what has ended is nothing.
    follow.stop().await.unwrap();
    assert!(
        timeout(
            Duration::from_secs(5),
            client.follow_series(set(0, 0, 1, OPERATOR))
        )
        .await
        .unwrap()
        .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_9_from_the_past_comes_what_is_stored() {
    let bench = with(may_ask());
    let client = bench.client().await;
    run(&bench, 100).await;
    // A minute is kept, and the value that was there at its beginning.
    let id = bench.vcc.point(&name("ICC1/MW1")).unwrap();
    let stored: Vec<_> = bench
        .vcc
        .stored(id)
        .iter()
        .map(|(at, _)| at.seconds() - EPOCH)
        .collect();
    assert_eq!(stored, [40, 50, 60, 70, 80, 90, 100]);
    let mut request = set(1, 120, 20, END | INTERVAL);
    request.report_interval = 60;
    let mut follow = client.follow_series(request).await.unwrap();
    // At once, from the first sample there is a value for.
    assert_eq!(
        next(&mut follow).await,
        (INTERVAL, vec![(41, 40.0), (61, 60.0), (81, 80.0)])
    );
    // The end of it comes with the end of the interval: one report with both.
    assert_eq!(next(&mut follow).await, (END, vec![(101, 100.0)]));
    // From 1970 on it is no more than is stored.
    let mut request = set(0, 0, 1, OPERATOR);
    request.start_time = TimeStamp::from_seconds(1);
    let mut follow = client.follow_series(request).await.unwrap();
    assert_eq!(bench.vcc.send_series(None), 1);
    let (conditions, samples) = next(&mut follow).await;
    assert_eq!(
        (conditions, samples.len(), samples[0]),
        (OPERATOR, 81, (40, 40.0))
    );
    assert_eq!(bench.vcc.send_series(Some("WEST")), 0);
    // What was told is not told again.
    assert_eq!(bench.vcc.send_series(Some("EAST")), 1);
    assert!(
        timeout(Duration::from_secs(1), follow.next())
            .await
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_9_quality_and_small_pdus_and_packed() {
    for packed in [false, true] {
        let mut table = may_ask();
        table.options.block3 = true;
        let bench = with(table);
        let held = Quality::of(Validity::Held);
        bench.set("ICC1/MW1", PointValue::real(-1.5).with_quality(held));
        sleep(Duration::from_secs(50)).await;
        let (near, far) = tokio::io::duplex(1 << 16);
        bench.endpoint.serve(far, None);
        let mut options = crate::support::client_options(crate::support::TITLE);
        options.config.max_pdu_size = 800;
        let client = tase2::client::Client::over(near, options).await.unwrap();
        let mut request = set(0, 0, 1, INTERVAL);
        request.start_time = TimeStamp::from_seconds(EPOCH);
        request.report_interval = 3600;
        request.block_data = packed;
        let mut follow = client.follow_series(request).await.unwrap();
        let (mut all, mut reports) = (vec![], 0);
        while all.len() < 51 {
            let report = follow.next().await.unwrap();
            assert!(
                report
                    .samples
                    .iter()
                    .all(|(_, value)| value.quality == Some(held))
            );
            all.extend(samples(&report));
            reports += 1;
        }
        let expected: Vec<_> = (0..=50).map(|at| (at, -1.5)).collect();
        assert_eq!(all, expected);
        // 19 octets a sample, or 9.
        assert_eq!(reports, if packed { 2 } else { 3 });
    }
}

#[tokio::test(start_paused = true)]
async fn s_block_9_what_cannot_be_started() {
    let mut table = may_ask();
    table.limits.series_samples = 100;
    let bench = with(table);
    let client = bench.client().await;
    sleep(Duration::from_secs(30)).await;
    let invalid = DataAccessError::ObjectValueInvalid;
    let interval = |report: i32| {
        let mut set = set(0, 0, 1, INTERVAL);
        set.report_interval = report;
        set
    };
    let of = |point: &str| {
        let mut set = set(0, 0, 1, OPERATOR);
        set.data_value = Some(name(point));
        set
    };
    let mut packed = set(0, 0, 1, OPERATOR);
    packed.block_data = true;
    for (what, request, error) in [
        ("no condition", set(0, 0, 1, TsConditions::empty()), invalid),
        ("no interval", set(0, 0, 0, OPERATOR), invalid),
        ("no report interval", interval(0), invalid),
        ("no end", set(0, 0, 1, END), invalid),
        ("end before start", set(100, 50, 1, END), invalid),
        ("too much at once", interval(101), invalid),
        ("too much until the end", set(0, 400, 1, END), invalid),
        ("not stored", of("D1"), invalid),
        ("not allowed", of("D2"), DataAccessError::ObjectAccessDenied),
        ("hidden", of("SECRET"), invalid),
        ("not there", of("NOTHING"), invalid),
        ("of another", of("ICC2/OTHER"), invalid),
        ("a set-point", of("ICC1/SP1"), invalid),
        ("packed", packed, DataAccessError::ObjectAccessUnsupported),
    ] {
        let refused = client.follow_series(request).await.unwrap_err();
        // Whatever was handed out for it is kept for a while.
        sleep(Duration::from_secs(31)).await;
        assert_eq!(refused.access_error(), Some(error), "{what}: {refused}");
    }
    let mut follows = vec![];
    for _ in 0..4 {
        follows.push(client.follow_series(set(0, 0, 1, OPERATOR)).await.unwrap());
    }
    let full = client
        .follow_series(set(0, 0, 1, OPERATOR))
        .await
        .unwrap_err();
    assert!(matches!(full, Error::NoTransferSet { .. }), "{full}");
}

#[tokio::test(start_paused = true)]
async fn s_block_9_withdrawn_rights_and_lost_associations() {
    let bench = with(may_ask());
    let client = bench.client().await;
    let mut request = set(0, 0, 1, INTERVAL);
    request.report_interval = 5;
    let mut follow = client.follow_series(request).await.unwrap();
    assert_eq!(next(&mut follow).await.1.len(), 6);
    bench.endpoint.reload(vec![table()]).unwrap();
    assert!(
        timeout(Duration::from_secs(20), follow.next())
            .await
            .is_err()
    );
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2]));
    let gone = client
        .read_raw(&name("ICC1/Next_TSTransfer_Set"))
        .await
        .unwrap_err();
    assert_eq!(
        gone.access_error(),
        Some(DataAccessError::ObjectNonExistent)
    );
    bench.endpoint.reload(vec![may_ask()]).unwrap();
    assert!(
        timeout(Duration::from_secs(20), follow.next())
            .await
            .unwrap()
            .is_some()
    );
    client.mms().abort();
    client.closed().await;
    sleep(Duration::from_secs(1)).await;
    let client = bench.client().await;
    let status = client.read_raw(&Name::icc(DOMAIN, "TSTS1")).await.unwrap();
    let MmsValue::Structure(parts) = status else {
        panic!("{status:?}")
    };
    assert_eq!(parts.len(), 8);
    assert_eq!(bench.vcc.send_series(None), 0);
    std::mem::forget(follow);
}
