//! Report control blocks and their clients, on paused time. Expected reports are those recorded from
//! libiec61850 where there is a recording.

use super::super::testing::{Bench, Peer, START_MS};
use crate::common::{ReportOptions, TriggerOptions};
use crate::engine::ServerEngine;
use crate::server::IedServerConfig;
use mms::{BitString, DataAccessError, MmsValue, UtcTime};
use std::time::Duration;
use tokio::time::{advance, sleep};

const DENIED: DataAccessError = DataAccessError::ObjectAccessDenied;
const BUSY: DataAccessError = DataAccessError::TemporarilyUnavailable;
const INVALID: DataAccessError = DataAccessError::ObjectValueInvalid;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn triggers(options: TriggerOptions) -> MmsValue {
    MmsValue::BitString(options.into())
}

fn fields(options: ReportOptions) -> MmsValue {
    MmsValue::BitString(options.into())
}

const DCHG: TriggerOptions = TriggerOptions::DATA_CHANGED;
const EVENTS: TriggerOptions = DCHG
    .union(TriggerOptions::QUALITY_CHANGED)
    .union(TriggerOptions::GI);

/// Enables a control block with these triggers, and sequence number and reason as only fields.
async fn enable(peer: &Peer, rcb: &str, options: TriggerOptions) {
    let short = ReportOptions::SEQ_NUM | ReportOptions::REASON_FOR_INCLUSION;
    let write = |field: &str, value| {
        let item = format!("{rcb}${field}");
        async move { peer.write(&item, value).await.unwrap() }
    };
    write("OptFlds", fields(short)).await;
    write("TrgOps", triggers(options)).await;
    write("RptEna", true.into()).await;
}

/// Sequence number, inclusion and reasons of a report with the fields of [`enable`].
fn short(report: &[MmsValue]) -> (u32, String, Vec<String>) {
    let inclusion = report[3].to_bits().unwrap();
    let reasons = &report[4 + inclusion.count_ones()..];
    (
        report[2].to_uint32().unwrap(),
        inclusion.to_string(),
        reasons.iter().map(ToString::to_string).collect(),
    )
}

fn expected(number: u32, inclusion: &str, reasons: &[&str]) -> (u32, String, Vec<String>) {
    let reasons = reasons.iter().map(|reason| (*reason).to_owned());
    (number, inclusion.to_owned(), reasons.collect())
}

const REASON_DCHG: &str = "010000";
const REASON_QCHG: &str = "001000";
const REASON_INTEGRITY: &str = "000010";
const REASON_GI: &str = "000001";

#[tokio::test(start_paused = true)]
async fn an_unbuffered_report_has_all_fields() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb01$TrgOps", triggers(EVENTS))
        .await
        .unwrap();
    peer.write("LLN0$RP$urcb01$RptEna", true).await.unwrap();
    peer.write("LLN0$RP$urcb01$GI", true).await.unwrap();
    let report = peer.report().await;
    let ind = MmsValue::Structure(vec![
        false.into(),
        BitString::new(13).into(),
        MmsValue::UtcTime(UtcTime::new()),
    ]);
    let reason = || MmsValue::BitString(TriggerOptions::GI.into());
    let reference = |n| MmsValue::from(format!("GOLDLD1/GGIO1$ST$Ind{n}"));
    let mut wanted: Vec<MmsValue> = vec![
        "GOLDLD1/LLN0$RP$urcb01".into(),
        // Without BufOvfl and EntryID, which only buffered reports have.
        fields(ReportOptions::from_bits_truncate(0b1001_1111)),
        0u32.into(),
        MmsValue::BinaryTime(mms::BinaryTime::from_ms(START_MS)),
        "GOLDLD1/LLN0$dsInd".into(),
        1u32.into(),
        BitString::from_integer(4, 0b1111).into(),
    ];
    wanted.extend((1..=4).map(reference));
    wanted.extend(std::iter::repeat_n(ind, 4));
    wanted.extend(std::iter::repeat_with(reason).take(4));
    assert_eq!(report, wanted);
    assert_eq!(peer.read("LLN0$RP$urcb01$SqNum").await, 1u32.into());
    assert_eq!(peer.read("LLN0$RP$urcb01$GI").await, false.into());
}

#[tokio::test(start_paused = true)]
async fn changes_and_nothing_else_are_reported() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    enable(&peer, "LLN0$RP$urcb01", EVENTS).await;
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    assert_eq!(
        short(&peer.report().await),
        expected(0, "1000", &[REASON_DCHG])
    );
    bench.update("LD1/GGIO1.Ind2.q", BitString::from_integer(13, 2));
    assert_eq!(
        short(&peer.report().await),
        expected(1, "0100", &[REASON_QCHG])
    );
    // The same value, and an attribute that triggers nothing.
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    bench.update("LD1/GGIO1.Ind1.t", MmsValue::UtcTime(UtcTime::from_ms(5)));
    assert!(peer.is_quiet(ms(10_000)).await);
    // The members of other data sets.
    bench.update("LD1/GGIO1.AnIn1.mag.f", 3.0f32);
    assert!(peer.is_quiet(ms(10_000)).await);
    peer.write("LLN0$RP$urcb01$RptEna", false).await.unwrap();
    bench.update("LD1/GGIO1.Ind1.stVal", false);
    assert!(peer.is_quiet(ms(10_000)).await);
}

#[tokio::test(start_paused = true)]
async fn what_changes_in_one_batch_is_one_report() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    enable(&peer, "LLN0$RP$urcb01", EVENTS).await;
    let (first, second) = {
        bench.server.lock_data_model();
        bench.update("LD1/GGIO1.Ind3.stVal", true);
        bench.update("LD1/GGIO1.Ind3.q", BitString::from_integer(13, 1));
        bench.update("LD1/GGIO1.Ind4.stVal", true);
        // The second change of the same attribute: both are events.
        bench.update("LD1/GGIO1.Ind4.stVal", false);
        bench.server.unlock_data_model();
        (peer.report().await, peer.report().await)
    };
    let both = "011000";
    assert_eq!(short(&first), expected(0, "0011", &[both, REASON_DCHG]));
    assert_eq!(short(&second), expected(1, "0001", &[REASON_DCHG]));
    let state = |report: &[MmsValue], at: usize| report[at].get_element(0).unwrap().clone();
    assert_eq!(state(&first, 5), true.into());
    assert_eq!(state(&second, 4), false.into());
}

#[tokio::test(start_paused = true)]
async fn the_buffer_time_joins_members_and_not_events() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb01$BufTm", 300u32).await.unwrap();
    enable(&peer, "LLN0$RP$urcb01", EVENTS).await;
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    advance(ms(50)).await;
    bench.update("LD1/GGIO1.Ind2.stVal", true);
    assert!(peer.is_quiet(ms(249)).await);
    let report = peer.report().await;
    assert_eq!(
        short(&report),
        expected(0, "1100", &[REASON_DCHG, REASON_DCHG])
    );

    advance(ms(1000)).await;
    bench.update("LD1/GGIO1.Ind1.stVal", false);
    advance(ms(50)).await;
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    // The second event of the member sends the first one away, with the value it had.
    let report = peer.report().await;
    assert_eq!(short(&report), expected(1, "1000", &[REASON_DCHG]));
    assert_eq!(report[4].get_element(0).unwrap(), &false.into());
    assert!(peer.is_quiet(ms(298)).await);
    let report = peer.report().await;
    assert_eq!(short(&report), expected(2, "1000", &[REASON_DCHG]));
    assert_eq!(report[4].get_element(0).unwrap(), &true.into());
}

#[tokio::test(start_paused = true)]
async fn integrity_reports_come_with_their_period() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb01$IntgPd", 1000u32).await.unwrap();
    enable(&peer, "LLN0$RP$urcb01", TriggerOptions::INTEGRITY).await;
    let all = [REASON_INTEGRITY; 4];
    for number in 0..3 {
        assert!(peer.is_quiet(ms(990)).await);
        assert_eq!(short(&peer.report().await), expected(number, "1111", &all));
    }
    // Without the trigger there are none.
    peer.write("LLN0$RP$urcb01$RptEna", false).await.unwrap();
    enable(&peer, "LLN0$RP$urcb01", DCHG).await;
    assert!(peer.is_quiet(ms(5000)).await);
}

#[tokio::test(start_paused = true)]
async fn integrity_reports_can_keep_to_the_clock() {
    let bench = Bench::golden(|config| {
        config.set_sync_integrity_report_times(true);
    });
    let mut peer = bench.connect().await;
    advance(ms(300)).await;
    peer.write("LLN0$RP$urcb01$IntgPd", 1000u32).await.unwrap();
    enable(&peer, "LLN0$RP$urcb01", TriggerOptions::INTEGRITY).await;
    for wait in [690, 990, 990] {
        assert!(peer.is_quiet(ms(wait)).await);
        peer.report().await;
        assert!(bench.server.shared.clock.now_ms() % 1000 < 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_general_interrogation_sends_what_is_pending_first() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb01$BufTm", 300u32).await.unwrap();
    assert_eq!(peer.write("LLN0$RP$urcb01$GI", true).await, Err(BUSY));
    enable(&peer, "LLN0$RP$urcb01", EVENTS).await;
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    peer.write("LLN0$RP$urcb01$GI", true).await.unwrap();
    assert_eq!(
        short(&peer.report().await),
        expected(0, "1000", &[REASON_DCHG])
    );
    assert_eq!(
        short(&peer.report().await),
        expected(1, "1111", &[REASON_GI; 4])
    );
    peer.write("LLN0$RP$urcb01$RptEna", false).await.unwrap();
    // Without the trigger it is taken, and nothing comes.
    enable(&peer, "LLN0$RP$urcb01", DCHG).await;
    peer.write("LLN0$RP$urcb01$GI", true).await.unwrap();
    assert!(peer.is_quiet(ms(1000)).await);
}

#[tokio::test(start_paused = true)]
async fn an_unbuffered_control_block_belongs_to_one_client() {
    let bench = Bench::golden(|config| {
        config.set_enable_owner_for_rcb(true);
    });
    let first = bench.connect().await;
    let second = bench.connect_from([10, 0, 0, 2], 65_000, 4096).await;
    first.write("LLN0$RP$urcb01$Resv", true).await.unwrap();
    let owner = second.read("LLN0$RP$urcb01$Owner").await;
    assert_eq!(owner, MmsValue::OctetString(vec![10, 0, 0, 1]));
    for (field, value) in [
        ("Resv", true.into()),
        ("OptFlds", fields(ReportOptions::SEQ_NUM)),
        ("RptEna", MmsValue::from(true)),
        ("GI", true.into()),
    ] {
        let item = format!("LLN0$RP$urcb01${field}");
        assert_eq!(second.write(&item, value).await, Err(BUSY), "{field}");
    }
    first.write("LLN0$RP$urcb01$RptEna", true).await.unwrap();
    for (field, value) in [
        ("RptEna", MmsValue::from(true)),
        ("Resv", false.into()),
        ("BufTm", 5u32.into()),
        ("DatSet", "".into()),
    ] {
        let item = format!("LLN0$RP$urcb01${field}");
        assert_eq!(first.write(&item, value).await, Err(BUSY), "{field}");
    }
    for (field, value) in [
        ("ConfRev", MmsValue::from(5u32)),
        ("SqNum", 0u32.into()),
        ("Owner", MmsValue::OctetString(vec![])),
    ] {
        let item = format!("LLN0$RP$urcb01${field}");
        assert_eq!(
            first.write(&item, value.clone()).await,
            Err(BUSY),
            "{field}"
        );
        let item = format!("LLN0$RP$urcb03${field}");
        assert_eq!(first.write(&item, value).await, Err(DENIED), "{field}");
    }
    drop(first);
    sleep(ms(10)).await;
    assert_eq!(second.read("LLN0$RP$urcb01$RptEna").await, false.into());
    assert_eq!(second.read("LLN0$RP$urcb01$Resv").await, false.into());
    second.write("LLN0$RP$urcb01$RptEna", true).await.unwrap();
    assert_eq!(second.read("LLN0$RP$urcb01$Resv").await, true.into());
}

#[tokio::test(start_paused = true)]
async fn data_sets_of_a_control_block() {
    let bench = Bench::golden(|_| {});
    let peer = bench.connect().await;
    assert_eq!(peer.write("LLN0$RP$urcb03$RptEna", true).await, Err(BUSY));
    let dat_set = "LLN0$RP$urcb03$DatSet";
    assert_eq!(peer.write(dat_set, "GOLDLD1/LLN0$none").await, Err(INVALID));
    assert_eq!(peer.write(dat_set, "LLN0$dsInd").await, Err(INVALID));
    peer.write(dat_set, "GOLDLD1/LLN0$dsInd").await.unwrap();
    assert_eq!(peer.read("LLN0$RP$urcb03$ConfRev").await, 1u32.into());
    peer.write(dat_set, "GOLDLD1/LLN0$dsInd").await.unwrap();
    assert_eq!(peer.read("LLN0$RP$urcb03$ConfRev").await, 1u32.into());
    peer.write("LLN0$RP$urcb03$RptEna", true).await.unwrap();
    peer.write("LLN0$RP$urcb03$RptEna", false).await.unwrap();
    // The changes made it the client's own.
    assert_eq!(peer.read("LLN0$RP$urcb03$Resv").await, true.into());
    peer.write("LLN0$RP$urcb03$RptID", "").await.unwrap();
    let id = peer.read("LLN0$RP$urcb03$RptID").await;
    assert_eq!(id, "GOLDLD1/LLN0$RP$urcb03".into());
    peer.write(dat_set, "").await.unwrap();
    assert_eq!(peer.write("LLN0$RP$urcb03$RptEna", true).await, Err(BUSY));
}

#[tokio::test(start_paused = true)]
async fn a_data_set_in_use_stays_and_goes_with_its_association() {
    use mms::pdu::VariableAccess;
    use mms::{ObjectName, ServiceError};
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    let member = ObjectName::domain("GOLDLD1", "GGIO1$ST$Ind2$stVal");
    let own = ObjectName::Association("mine");
    let members = || [VariableAccess::from(member)];
    peer.client
        .define_named_variable_list(own, members())
        .await
        .unwrap();
    let dynamic = ObjectName::domain("GOLDLD1", "LLN0$dyn");
    peer.client
        .define_named_variable_list(dynamic, members())
        .await
        .unwrap();
    peer.write("LLN0$RP$urcb03$DatSet", "@mine").await.unwrap();
    enable(&peer, "LLN0$RP$urcb03", EVENTS).await;
    peer.write("LLN0$BR$brcb01$DatSet", "GOLDLD1/LLN0$dyn")
        .await
        .unwrap();
    for list in [own, dynamic] {
        let refused = peer.client.delete_named_variable_lists(&[list]).await;
        assert_eq!(
            refused.unwrap_err().service_error(),
            Some(ServiceError::OBJECT_CONSTRAINT_CONFLICT)
        );
    }
    bench.update("LD1/GGIO1.Ind2.stVal", true);
    assert_eq!(
        short(&peer.report().await),
        expected(0, "1", &[REASON_DCHG])
    );
    // With the association its data sets go, and control blocks do not keep them.
    drop(peer);
    let mut other = bench.connect().await;
    sleep(ms(10)).await;
    assert_eq!(other.read("LLN0$RP$urcb03$DatSet").await, "".into());
    assert_eq!(other.write("LLN0$RP$urcb03$RptEna", true).await, Err(BUSY));
    bench.update("LD1/GGIO1.Ind2.stVal", false);
    // The other one is in the domain, and can be deleted when nobody uses it any more.
    other.write("LLN0$BR$brcb01$DatSet", "").await.unwrap();
    let deleted = other
        .client
        .delete_named_variable_lists(&[dynamic])
        .await
        .unwrap();
    assert_eq!(deleted.deleted, 1);
    assert!(other.is_quiet(ms(100)).await);
}

fn entry_id(report: &[MmsValue]) -> MmsValue {
    report[6].clone()
}

/// Sequence number, BufOvfl and the value of IntIn1 of reports of brcb01 with all fields.
async fn integers(peer: &mut Peer, count: usize) -> Vec<(u32, bool, i32)> {
    let mut seen = vec![];
    for _ in 0..count {
        let report = peer.report().await;
        let of = |at: usize| &report[at];
        seen.push((
            of(2).to_uint32().unwrap(),
            of(5).to_bool().unwrap(),
            of(10).to_int32().unwrap(),
        ));
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn a_buffered_control_block_collects_sends_and_sends_again() {
    let bench = Bench::golden(|_| {});
    let set = |value: i32| bench.update("LD1/GGIO1.IntIn1.stVal", value);
    set(1);
    advance(ms(100)).await;
    set(2);
    let mut peer = bench.connect().await;
    assert_eq!(
        peer.read("LLN0$BR$brcb01$EntryID").await,
        MmsValue::OctetString((START_MS + 100).to_be_bytes().to_vec())
    );
    peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
    assert_eq!(integers(&mut peer, 2).await, [(0, true, 1), (1, false, 2)]);
    assert_eq!(peer.read("LLN0$BR$brcb01$ResvTms").await, 10i32.into());
    drop(peer);
    sleep(ms(100)).await;
    set(3);
    set(4);
    let mut peer = bench.connect().await;
    peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
    assert_eq!(
        integers(&mut peer, 4).await[2..],
        [(2, false, 3), (3, false, 4)]
    );
    set(5);
    let report = peer.report().await;
    let last = entry_id(&report);
    assert_eq!(peer.read("LLN0$BR$brcb01$EntryID").await, last);
    assert_eq!(peer.read("LLN0$BR$brcb01$SqNum").await, 5u32.into());
    peer.write("LLN0$BR$brcb01$RptEna", false).await.unwrap();
    set(6);
    // Only what came after the entry the client has.
    assert_eq!(
        peer.write("LLN0$BR$brcb01$EntryID", MmsValue::OctetString(vec![1; 8]))
            .await,
        Err(INVALID)
    );
    peer.write("LLN0$BR$brcb01$EntryID", last).await.unwrap();
    peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
    assert_eq!(integers(&mut peer, 1).await, [(0, false, 6)]);
    assert!(peer.is_quiet(ms(100)).await);
}

#[tokio::test(start_paused = true)]
async fn a_purge_and_other_settings_empty_the_buffer() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    let settings: [(&str, MmsValue); 6] = [
        ("PurgeBuf", true.into()),
        ("RptID", "other".into()),
        ("BufTm", 1u32.into()),
        ("TrgOps", triggers(DCHG)),
        ("IntgPd", 100_000u32.into()),
        ("DatSet", "GOLDLD1/LLN0$dsGoose".into()),
    ];
    for (number, (field, value)) in settings.into_iter().enumerate() {
        bench.update("LD1/GGIO1.Ind1.stVal", number % 2 == 0);
        sleep(ms(10)).await;
        let item = format!("LLN0$BR$brcb01${field}");
        // The value it has already changes nothing.
        if field != "PurgeBuf" {
            let same = peer.read(&item).await;
            peer.write(&item, same).await.unwrap();
        }
        peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
        assert!(!peer.is_quiet(ms(10)).await, "before {field}");
        assert_eq!(peer.write(&item, value.clone()).await, Err(BUSY), "{field}");
        peer.write("LLN0$BR$brcb01$RptEna", false).await.unwrap();
        peer.write(&item, value).await.unwrap();
        peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
        assert!(peer.is_quiet(ms(10)).await, "after {field}");
        peer.write("LLN0$BR$brcb01$RptEna", false).await.unwrap();
    }
    assert_eq!(peer.read("LLN0$BR$brcb01$PurgeBuf").await, false.into());
    // OptFlds change how entries are sent, not what is collected.
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    sleep(ms(10)).await;
    peer.write("LLN0$BR$brcb01$OptFlds", fields(ReportOptions::SEQ_NUM))
        .await
        .unwrap();
    peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
    peer.report().await;
}

#[tokio::test(start_paused = true)]
async fn a_reservation_outlives_the_association_for_its_time() {
    let bench = Bench::golden(|_| {});
    let peer = bench.connect().await;
    let other = bench.connect_from([10, 0, 0, 2], 65_000, 4096).await;
    let resv_tms = "LLN0$BR$brcb01$ResvTms";
    assert_eq!(peer.write(resv_tms, -1i32).await, Err(INVALID));
    peer.write(resv_tms, 2i32).await.unwrap();
    assert_eq!(other.write(resv_tms, 2i32).await, Err(BUSY));
    assert_eq!(other.write("LLN0$BR$brcb01$RptEna", true).await, Err(BUSY));
    drop(peer);
    sleep(ms(1000)).await;
    // Kept for the client, whom its address tells.
    assert_eq!(other.write("LLN0$BR$brcb01$RptEna", true).await, Err(BUSY));
    assert_eq!(other.read(resv_tms).await, 2i32.into());
    sleep(ms(1100)).await;
    assert_eq!(other.read(resv_tms).await, 0i32.into());
    let peer = bench.connect().await;
    other.write(resv_tms, 5i32).await.unwrap();
    other.write(resv_tms, 0i32).await.unwrap();
    peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_change_reserves() {
    let bench = Bench::golden(|_| {});
    let peer = bench.connect().await;
    let other = bench.connect_from([10, 0, 0, 2], 65_000, 4096).await;
    let id = MmsValue::OctetString(vec![0; 8]);
    let changes: [(&str, MmsValue); 4] = [
        ("TrgOps", triggers(DCHG)),
        ("OptFlds", fields(ReportOptions::NONE)),
        ("PurgeBuf", true.into()),
        ("EntryID", id),
    ];
    for (field, value) in changes {
        let item = format!("LLN0$BR$brcb01${field}");
        peer.write(&item, value.clone()).await.unwrap();
        assert_eq!(peer.read("LLN0$BR$brcb01$ResvTms").await, 10i32.into());
        assert_eq!(other.write(&item, value).await, Err(BUSY), "{field}");
        peer.write("LLN0$BR$brcb01$ResvTms", 0i32).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_buffered_control_block_begins_with_an_integrity_entry() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect().await;
    peer.write("LLN0$BR$brcb02$IntgPd", 700u32).await.unwrap();
    enable(&peer, "LLN0$BR$brcb02", EVENTS | TriggerOptions::INTEGRITY).await;
    let all = [REASON_INTEGRITY; 4];
    assert_eq!(short(&peer.report().await), expected(0, "1111", &all));
    for number in 1..3 {
        assert!(peer.is_quiet(ms(690)).await);
        assert_eq!(short(&peer.report().await), expected(number, "1111", &all));
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_a_pdu_comes_in_segments() {
    let bench = Bench::golden(|_| {});
    let mut peer = bench.connect_from([10, 0, 0, 1], 550, 4096).await;
    let all = ReportOptions::ALL - ReportOptions::SEGMENTATION;
    peer.write("LLN0$RP$urcb02$OptFlds", fields(all))
        .await
        .unwrap();
    peer.write("LLN0$RP$urcb02$TrgOps", triggers(EVENTS))
        .await
        .unwrap();
    peer.write("LLN0$RP$urcb02$RptEna", true).await.unwrap();
    for number in 0..2u32 {
        peer.write("LLN0$RP$urcb02$GI", true).await.unwrap();
        for (part, inclusion) in [(0u32, "11110"), (1, "00001")] {
            let report = peer.report().await;
            assert_eq!(report[1].to_string(), "0111110011");
            assert_eq!(report[2], number.into());
            assert_eq!(report[6..8], [part.into(), (part == 0).into()]);
            assert_eq!(report[8].to_string(), inclusion);
        }
    }
    // A PDU no member fits.
    let mut small = bench.connect_from([10, 0, 0, 2], 128, 4096).await;
    small
        .write("LLN0$RP$urcb03$DatSet", "GOLDLD1/LLN0$dsMeas")
        .await
        .unwrap();
    enable(&small, "LLN0$RP$urcb03", EVENTS).await;
    small.write("LLN0$RP$urcb03$GI", true).await.unwrap();
    assert!(small.is_quiet(ms(1000)).await);
    let dropped = bench.server.shared.store.lock().reports[2].dropped;
    assert_eq!(dropped, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_delays_nobody() {
    let bench = Bench::golden(|config: &mut IedServerConfig| {
        config.set_report_buffer_size_urcb(1000);
    });
    let mut witness = bench.connect().await;
    enable(&witness, "LLN0$RP$urcb01", EVENTS).await;
    let mut slow = bench.connect_from([10, 0, 0, 2], 65_000, 300).await;
    slow.write("LLN0$RP$urcb03$DatSet", "GOLDLD1/LLN0$dsInd")
        .await
        .unwrap();
    enable(&slow, "LLN0$RP$urcb03", EVENTS).await;
    enable(&slow, "LLN0$BR$brcb01", EVENTS).await;
    const CHANGES: u32 = 30_000;
    // In one go: no task of the slow client runs meanwhile.
    for number in 0..CHANGES {
        bench.update("LD1/GGIO1.Ind1.stVal", number % 2 == 0);
        if number % 64 == 0 {
            // The witness takes what it gets; the slow one's link takes 300 octets at a time.
            tokio::task::yield_now().await;
        }
    }
    let mut numbers = vec![];
    while let Ok(Some(report)) = tokio::time::timeout(ms(1000), witness.reports.recv()).await {
        numbers.push(short(&report).0);
    }
    let dropped = bench.server.shared.store.lock().reports[0].dropped;
    assert_eq!(numbers.len() as u64, u64::from(CHANGES) - dropped);
    // Of the buffered ones the buffer kept what it has room for; the client gets them all in the
    // end, and the last one is the last one.
    let mut last = None;
    while let Ok(Some(report)) = tokio::time::timeout(ms(1000), slow.reports.recv()).await {
        if report[0] == "GoldenBRCB1".into() {
            last = Some(report);
        }
    }
    let last = last.expect("buffered reports");
    assert_eq!(last[4], (CHANGES % 2 == 1).into());
}

#[tokio::test(start_paused = true)]
async fn editions_and_settings_that_are_fixed() {
    let bench = Bench::golden(|config| {
        config.set_edition(crate::Iec61850Edition::Edition1);
        config.set_report_setting(crate::ReportSetting::BUF_TIME, false);
    });
    let peer = bench.connect().await;
    assert_eq!(peer.write("LLN0$RP$urcb01$BufTm", 7u32).await, Err(DENIED));
    let MmsValue::Structure(fields) = peer.read("LLN0$BR$brcb01").await else {
        panic!("no structure");
    };
    assert_eq!(fields.len(), 13);
    peer.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
    drop(peer);
    // Without ResvTms, it is free when the association is over.
    let other = bench.connect_from([10, 0, 0, 2], 65_000, 4096).await;
    sleep(ms(10)).await;
    other.write("LLN0$BR$brcb01$RptEna", true).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_application_hears_of_it() {
    use crate::RcbEventType as Event;
    let bench = Bench::golden(|_| {});
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    bench
        .handlers
        .set_rcb_handler(std::sync::Arc::new(move |event| {
            let name = event.report_control_block.name().to_owned();
            let from = event
                .client
                .as_ref()
                .map(|client| client.peer_address().port());
            // The receiver is there as long as the test.
            let _ = sender.send((name, event.event, event.parameter, event.result, from));
        }));
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb01$Resv", true).await.unwrap();
    assert_eq!(peer.write("LLN0$RP$urcb01$GI", true).await, Err(BUSY));
    peer.write("LLN0$RP$urcb01$RptEna", true).await.unwrap();
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    peer.report().await;
    drop(peer);
    sleep(ms(500)).await;
    let mut seen = vec![];
    while let Ok((name, event, parameter, result, from)) = events.try_recv() {
        // The buffered ones collect, whoever listens.
        if name == "urcb01" {
            seen.push((event, parameter, result.is_success(), from));
        }
    }
    assert_eq!(
        seen,
        [
            (Event::Reserved, None, true, Some(50_000)),
            (Event::SetParameter, Some("Resv"), true, Some(50_000)),
            (Event::SetParameter, Some("GI"), false, Some(50_000)),
            (Event::Enable, None, true, Some(50_000)),
            (Event::SetParameter, Some("RptEna"), true, Some(50_000)),
            (Event::ReportCreated, None, true, Some(50_000)),
            (Event::Disable, None, true, Some(50_000)),
            (Event::Unreserved, None, true, None),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_control_block_can_be_kept_for_a_client() {
    use crate::ReportControlBlockOptions;
    let model = || {
        let model = crate::IedModel::new("GOLD").unwrap();
        let device = model.create_logical_device("LD1", None).unwrap();
        let node = device.create_logical_node("LLN0").unwrap();
        let options = |host| ReportControlBlockOptions {
            client: Some([10, 0, 0, host].into()),
            ..Default::default()
        };
        node.create_report_control_block("u", "", false, options(1))
            .unwrap();
        node.create_report_control_block("b", "", true, options(2))
            .unwrap();
        model
    };
    let bench = Bench::of(model(), |config| {
        config.set_keep_preassigned_rcbs(true);
        config.set_enable_owner_for_rcb(true);
    });
    let first = bench.connect().await;
    let second = bench.connect_from([10, 0, 0, 2], 65_000, 4096).await;
    assert_eq!(first.read("LLN0$RP$u$Resv").await, true.into());
    assert_eq!(first.read("LLN0$BR$b$ResvTms").await, (-1i32).into());
    let owner = first.read("LLN0$BR$b$Owner").await;
    assert_eq!(owner, MmsValue::OctetString(vec![10, 0, 0, 2]));
    assert_eq!(second.write("LLN0$RP$u$BufTm", 1u32).await, Err(BUSY));
    assert_eq!(first.write("LLN0$BR$b$BufTm", 1u32).await, Err(BUSY));
    first.write("LLN0$RP$u$BufTm", 1u32).await.unwrap();
    second.write("LLN0$BR$b$BufTm", 1u32).await.unwrap();
    assert_eq!(second.write("LLN0$BR$b$ResvTms", 5i32).await, Err(DENIED));
    drop(first);
    sleep(ms(10)).await;
    assert_eq!(second.read("LLN0$RP$u$Resv").await, true.into());
    assert_eq!(second.write("LLN0$RP$u$BufTm", 2u32).await, Err(BUSY));
    // It is the configuration of the server that keeps it, not the model alone.
    let bench = Bench::of(model(), |_| {});
    let other = bench.connect_from([10, 0, 0, 3], 65_000, 4096).await;
    other.write("LLN0$BR$b$BufTm", 1u32).await.unwrap();
}
