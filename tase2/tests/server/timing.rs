//! The timing rules of section 4.6 over the wire: the seconds are those of paused time.

use crate::support::*;
use mms::ObjectName;
use std::time::Duration;
use tase2::types::{DsConditions, DsTransferSet, TimeStamp, TransferSetShape};
use tase2::{Event, ReportProblem, StopReason};
use tokio::time::{Instant, sleep, sleep_until};

struct Timed {
    bench: Bench,
    raw: Raw,
    start: Instant,
}

fn conditions(conditions: DsConditions) -> DsTransferSet {
    DsTransferSet {
        data_set: Some(name("ICC1/DS")),
        conditions,
        interval: 10,
        integrity_check: 60,
        status: true,
        ..DsTransferSet::default()
    }
}

/// Second, conditions, and the members that came, or `all`.
type Line = (f64, String, String);

fn line(at: f64, conditions: &str, what: &str) -> Line {
    (at, conditions.to_owned(), what.to_owned())
}

impl Timed {
    async fn start(set: DsTransferSet) -> Timed {
        Self::start_with(Bench::new(), set).await
    }

    async fn start_with(bench: Bench, set: DsTransferSet) -> Timed {
        let raw = bench.raw().await;
        let members = names(&[
            "ICC1/DSConditions_Detected",
            "ICC1/Transfer_Set_Time_Stamp",
            "D1",
            "D2",
            "D3",
        ]);
        let members: Vec<_> = members.iter().map(|m| m.as_mms()).collect();
        let list = ObjectName::domain("ICC1", "DS");
        raw.mms
            .define_named_variable_list(list, members)
            .await
            .unwrap();
        let value = set.to_value(TransferSetShape::E2000, false);
        let start = Instant::now();
        raw.mms
            .write(ObjectName::domain("ICC1", "DSTS1"), &value)
            .await
            .unwrap();
        Timed { bench, raw, start }
    }

    fn second(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    async fn next(&mut self) -> Line {
        let report = self.raw.seen().await;
        let at = self.second();
        // The time stamp in the report says the same.
        let stamp: i64 = report.values[1].parse().unwrap();
        assert_eq!(stamp, EPOCH + at as i64);
        let what = if report.about[0].starts_with("list") {
            "all".to_owned()
        } else {
            let members = report.about.iter().zip(&report.values).skip(2);
            members
                .map(|(n, v)| format!("{}={v}", &n[1..]))
                .collect::<Vec<_>>()
                .join(" ")
        };
        (at, report.values[0].clone(), what)
    }

    async fn at(&self, second: f64, point: &str, value: i32) {
        sleep_until(self.start + Duration::from_secs_f64(second)).await;
        self.bench.set_discrete(point, value);
    }
}

#[tokio::test(start_paused = true)]
async fn interval() {
    let mut timed = Timed::start(conditions(DsConditions::INTERVAL_TIME_OUT)).await;
    for at in [0.0, 10.0, 20.0, 30.0] {
        assert_eq!(timed.next().await, line(at, "10000", "all"));
    }
}

#[tokio::test(start_paused = true)]
async fn interval_under_rbe() {
    let set = DsTransferSet {
        rbe: true,
        ..conditions(DsConditions::INTERVAL_TIME_OUT)
    };
    let mut timed = Timed::start(set).await;
    assert_eq!(timed.next().await, line(0.0, "10000", "all"));
    timed.at(13.0, "D2", 1).await;
    timed.at(14.0, "D1", 2).await;
    timed.at(15.0, "D2", 3).await;
    assert_eq!(timed.next().await, line(20.0, "10000", "D1=2 D2=3"));
    timed.raw.silent(25.0).await;
}

#[tokio::test(start_paused = true)]
async fn integrity_and_change() {
    let both = DsConditions::INTEGRITY_TIME_OUT | DsConditions::OBJECT_CHANGE;
    let set = DsTransferSet {
        rbe: true,
        buffer_time: 2,
        ..conditions(both)
    };
    let mut timed = Timed::start(set).await;
    assert_eq!(timed.next().await, line(0.0, "01000", "all"));
    timed.at(5.5, "D3", 1).await;
    timed.at(6.5, "D1", 1).await;
    assert_eq!(timed.next().await, line(7.5, "00100", "D1=1 D3=1"));
    timed.at(59.0, "D1", 2).await;
    assert_eq!(timed.next().await, line(60.0, "01000", "all"));
    // What was buffered has been told.
    assert_eq!(timed.next().await, line(120.0, "01000", "all"));
    timed.at(178.0, "D1", 3).await;
    assert_eq!(timed.next().await, line(180.0, "01100", "all"));
}

#[tokio::test(start_paused = true)]
async fn a_start_to_come_and_one_in_the_past() {
    let set = DsTransferSet {
        start_time: TimeStamp::from_seconds(EPOCH + 100),
        ..conditions(DsConditions::INTERVAL_TIME_OUT)
    };
    let mut timed = Timed::start(set).await;
    assert_eq!(timed.next().await, line(100.0, "10000", "all"));
    assert_eq!(timed.next().await, line(110.0, "10000", "all"));
    let set = DsTransferSet {
        start_time: TimeStamp::from_seconds(EPOCH - 3),
        ..conditions(DsConditions::INTERVAL_TIME_OUT)
    };
    let mut timed = Timed::start(set).await;
    assert_eq!(timed.next().await, line(0.0, "10000", "all"));
    assert_eq!(timed.next().await, line(7.0, "10000", "all"));
    assert_eq!(timed.next().await, line(17.0, "10000", "all"));
}

#[tokio::test(start_paused = true)]
async fn all_changes() {
    let set = DsTransferSet {
        rbe: true,
        all_changes_reported: true,
        buffer_time: 5,
        ..conditions(DsConditions::OBJECT_CHANGE)
    };
    let mut timed = Timed::start(set).await;
    timed.next().await;
    timed.at(1.0, "D2", 1).await;
    timed.at(2.0, "D1", 1).await;
    timed.at(3.0, "D2", 2).await;
    assert_eq!(timed.next().await, line(6.0, "00100", "D2=1 D1=1 D2=2"));
}

#[tokio::test(start_paused = true)]
async fn nobody_acknowledges() {
    let set = DsTransferSet {
        rbe: true,
        critical: true,
        ..conditions(DsConditions::OBJECT_CHANGE)
    };
    let bench = Bench::of(|table| table.options.critical_timeout = Duration::from_secs(20));
    let mut timed = Timed::start_with(bench, set).await;
    let mut events = timed.bench.vcc.events();
    timed.next().await;
    timed.at(5.0, "D1", 1).await;
    assert_eq!(timed.next().await, line(5.0, "00100", "D1=1"));
    timed.at(21.0, "D1", 2).await;
    // The first one was not acknowledged: this one is full.
    assert_eq!(timed.next().await, line(21.0, "00100", "all"));
    sleep(Duration::from_secs(30)).await;
    let mut told = vec![];
    while let Ok(event) = events.try_recv() {
        match event {
            Event::Reports { problem, count, .. } => {
                assert_eq!(problem, ReportProblem::NotAcknowledged);
                told.push(count.to_string());
            }
            Event::TransferSetStopped { reason, .. } => told.push(format!("{reason:?}")),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        told,
        ["1", "1", "1", &format!("{:?}", StopReason::Unacknowledged)]
    );
    timed.at(60.0, "D1", 3).await;
    timed.raw.silent(100.0).await;
}

#[tokio::test(start_paused = true)]
async fn refused_reports_count_as_well() {
    let set = DsTransferSet {
        rbe: true,
        critical: true,
        ..conditions(DsConditions::OBJECT_CHANGE)
    };
    let mut timed = Timed::start(set).await;
    let mut events = timed.bench.vcc.events();
    timed.next().await;
    let refuse = |raw: &Raw| {
        let mut service = vec![];
        let w = &mut mms::ber::Writer::unbounded(&mut service);
        let nack = ObjectName::domain("ICC1", "Transfer_Report_NACK");
        let report = mms::pdu::InformationReportWriter::begin(w, |w| {
            mms::pdu::write_variables(w, [nack]);
        });
        tase2::types::encode_object_name(w, &name("ICC1/DSTS1"), true);
        report.end(w);
        raw.remote().unconfirmed(service, 10_000).unwrap();
    };
    refuse(&timed.raw);
    sleep(Duration::from_secs(1)).await;
    timed.at(5.0, "D1", 1).await;
    assert_eq!(timed.next().await, line(5.0, "00100", "all"));
    // An acknowledgement by a write, as some clients do it.
    let mut octets = vec![];
    let w = &mut mms::ber::Writer::unbounded(&mut octets);
    tase2::types::encode_object_name(w, &name("ICC1/DSTS1"), false);
    let value = mms::MmsValue::from_bytes(&octets).unwrap();
    let ack = ObjectName::domain("ICC1", "Transfer_Report_ACK");
    timed.raw.mms.write(ack, &value).await.unwrap();
    timed.at(100.0, "D1", 2).await;
    assert_eq!(timed.next().await, line(100.0, "00100", "D1=2"));
    let Ok(Event::Reports {
        problem: ReportProblem::Refused,
        count: 1,
        ..
    }) = events.try_recv()
    else {
        panic!("no event");
    };
}

#[tokio::test(start_paused = true)]
async fn operator_request() {
    let bits = DsConditions::OPERATOR_REQUEST | DsConditions::INTEGRITY_TIME_OUT;
    let mut timed = Timed::start(conditions(bits)).await;
    assert_eq!(timed.next().await, line(0.0, "01000", "all"));
    sleep(Duration::from_secs(3)).await;
    assert_eq!(timed.bench.vcc.request_reports(Some("WEST"), None), 0);
    assert_eq!(
        timed.bench.vcc.request_reports(Some("EAST"), Some("DSTS2")),
        0
    );
    assert_eq!(
        timed.bench.vcc.request_reports(Some("EAST"), Some("DSTS1")),
        1
    );
    assert_eq!(timed.next().await, line(3.0, "00010", "all"));
}

/// A peer that does not read: its reports wait here, replace each other, and are dropped after TLE; others are served as before.
#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read() {
    let bench = Bench::new();
    let mut other = bench.raw().await;
    let (deaf, mut gate) = Raw::call_gated(&bench.endpoint).await;
    let members = names(&[
        "ICC1/DSConditions_Detected",
        "ICC1/Transfer_Set_Time_Stamp",
        "D1",
    ]);
    let members: Vec<_> = members.iter().map(|m| m.as_mms()).collect();
    for set in ["DS", "DS2"] {
        let list = ObjectName::domain("ICC1", set);
        other
            .mms
            .define_named_variable_list(list, members.clone())
            .await
            .unwrap();
    }
    let start = async |raw: &Raw, slot: &str, data_set: &str, tle: i32| {
        let set = DsTransferSet {
            data_set: Some(name(data_set)),
            rbe: true,
            tle,
            ..conditions(DsConditions::OBJECT_CHANGE)
        };
        let value = set.to_value(TransferSetShape::E2000, false);
        raw.mms
            .write(ObjectName::domain("ICC1", slot), &value)
            .await
            .unwrap();
    };
    start(&other, "DSTS1", "ICC1/DS", 0).await;
    start(&deaf, "DSTS2", "ICC1/DS2", 3).await;
    other.seen().await;
    gate.close();
    let mut events = bench.vcc.events();
    for value in 1..=8000 {
        bench.set_discrete("D1", value);
        assert_eq!(other.seen().await.values[2], value.to_string());
    }
    sleep(Duration::from_secs(10)).await;
    gate.open();
    sleep(Duration::from_secs(1)).await;
    bench.set_discrete("D1", 9000);
    let mut deaf = deaf;
    let (mut last, mut count) = (String::new(), 0);
    while last != "9000" {
        last = deaf.seen().await.values.pop().unwrap();
        count += 1;
    }
    // What was on its way came, the rest was too late, and that was told.
    assert!((100..8000).contains(&count), "{count}");
    let mut dropped = 0;
    while let Ok(event) = events.try_recv() {
        if let Event::Reports { problem, count, .. } = event {
            assert_eq!(problem, ReportProblem::TooLate);
            dropped += count;
        }
    }
    assert_eq!(dropped as usize + count, 8000 + 2);
}
