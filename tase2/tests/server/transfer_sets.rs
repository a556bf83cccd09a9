//! Transfer sets over MMS: the pool, what is checked at the start, reports on the wire, loss of the association.

use crate::support::*;
use mms::association::Config;
use mms::{DataAccessError, MmsValue, ObjectName, ServiceError};
use std::time::Duration;
use tase2::client::TransferSpec;
use tase2::types::{DsConditions, DsTransferSet, TransferSetShape};
use tase2::{Error, Event, ReportProblem, StopReason};
use tokio::time::sleep;

fn attributes() -> DsTransferSet {
    DsTransferSet {
        data_set: Some(name("ICC1/DS")),
        conditions: DsConditions::OBJECT_CHANGE,
        rbe: true,
        status: true,
        ..DsTransferSet::default()
    }
}

async fn data_set(raw: &Raw, members: &[&str]) {
    let members = names(members);
    let set = ObjectName::domain("ICC1", "DS");
    let members: Vec<_> = members.iter().map(|m| m.as_mms()).collect();
    raw.mms
        .define_named_variable_list(set, members)
        .await
        .unwrap();
}

async fn put(raw: &Raw, slot: &str, set: &DsTransferSet) -> Result<(), DataAccessError> {
    let value = set.to_value(TransferSetShape::E2000, false);
    put_value(raw, slot, &value).await
}

async fn put_value(raw: &Raw, slot: &str, value: &MmsValue) -> Result<(), DataAccessError> {
    let written = raw.mms.write(ObjectName::domain("ICC1", slot), value).await;
    written.map_err(|error| error.access_error().expect("an access error"))
}

async fn next(raw: &Raw) -> Result<String, DataAccessError> {
    let next = ObjectName::domain("ICC1", "Next_DSTransfer_Set");
    match raw.mms.read(next).await {
        Ok(name) => Ok(name.to_string()),
        Err(error) => Err(error.access_error().unwrap()),
    }
}

#[tokio::test(start_paused = true)]
async fn the_pool() {
    let bench = Bench::of(|table| table.limits.transfer_sets = 3);
    let raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    // Two who ask in a row get two, and what is told is kept for a while.
    assert_eq!(next(&raw).await.unwrap(), "{1, ICC1, DSTS1}");
    assert_eq!(next(&raw).await.unwrap(), "{1, ICC1, DSTS2}");
    put(&raw, "DSTS3", &attributes()).await.unwrap();
    let unavailable = Err(DataAccessError::TemporarilyUnavailable);
    assert_eq!(next(&raw).await, unavailable);
    // Not for others, until it is over.
    let other = bench.raw().await;
    assert_eq!(
        put(&other, "DSTS1", &attributes()).await,
        Err(DataAccessError::TemporarilyUnavailable)
    );
    sleep(Duration::from_secs(31)).await;
    assert_eq!(next(&other).await.unwrap(), "{1, ICC1, DSTS1}");
    put(&other, "DSTS1", &attributes()).await.unwrap();
    put(&other, "DSTS2", &attributes()).await.unwrap();
    assert_eq!(next(&raw).await, unavailable);
    // The end of an association frees what it started and what was kept for it.
    other.mms.conclude().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert!(next(&raw).await.is_ok());
    let client = bench.client().await;
    client.next_transfer_set().await.unwrap();
    assert!(matches!(
        client.next_transfer_set().await,
        Err(Error::NoTransferSet { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn what_is_checked_at_the_start() {
    use DataAccessError as E;
    let bench = Bench::of(|table| {
        table.limits.min_interval = 5;
        table.limits.min_buffer_time = 1;
        table.limits.transfer_sets = 2;
    });
    let raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    let good = DsTransferSet {
        buffer_time: 1,
        ..attributes()
    };
    let refused = async |change: &dyn Fn(&mut DsTransferSet)| {
        let mut set = good.clone();
        change(&mut set);
        put(&raw, "DSTS1", &set).await.unwrap_err()
    };
    assert_eq!(
        refused(&|s| s.data_set = Some(name("ICC1/NO"))).await,
        E::ObjectValueInvalid
    );
    assert_eq!(
        refused(&|s| s.data_set = Some(name("ICC2/NO"))).await,
        E::ObjectValueInvalid
    );
    assert_eq!(
        refused(&|s| s.conditions = DsConditions::empty()).await,
        E::ObjectValueInvalid
    );
    assert_eq!(
        refused(&|s| s.conditions = DsConditions::INTERVAL_TIME_OUT).await,
        E::ObjectValueInvalid
    );
    assert_eq!(
        refused(&|s| {
            s.conditions = DsConditions::INTEGRITY_TIME_OUT;
            s.integrity_check = 4;
        })
        .await,
        E::ObjectValueInvalid
    );
    assert_eq!(refused(&|s| s.buffer_time = 0).await, E::ObjectValueInvalid);
    assert_eq!(
        refused(&|s| s.block_data = true).await,
        E::ObjectAccessUnsupported
    );
    assert_eq!(refused(&|s| s.interval = -1).await, E::ObjectValueInvalid);
    let no_such = put(&raw, "DSTS3", &good).await;
    assert_eq!(no_such, Err(E::ObjectNonExistent));
    let wrong = MmsValue::Structure(vec![integer(1)]);
    assert_eq!(
        put_value(&raw, "DSTS1", &wrong).await,
        Err(E::TypeInconsistent)
    );
    assert_eq!(
        put_value(&raw, "DSTS1", &integer(1)).await,
        Err(E::TypeInconsistent)
    );
    put(&raw, "DSTS1", &good).await.unwrap();
    // Somebody else's.
    let other = bench.raw().await;
    assert_eq!(
        put(&other, "DSTS1", &good).await,
        Err(E::ObjectAccessDenied)
    );
    // One's own is started anew.
    put(
        &raw,
        "DSTS1",
        &DsTransferSet {
            buffer_time: 3,
            ..good.clone()
        },
    )
    .await
    .unwrap();
    let read = raw
        .mms
        .read(ObjectName::domain("ICC1", "DSTS1"))
        .await
        .unwrap();
    assert_eq!(
        read.to_string(),
        "{{1, ICC1, DS}, 0, 0, 0, 3, 0, 00100, false, false, true, false, true, 0}"
    );
    let buffer = ObjectName::domain("ICC1", "DSTS1$BufferTime");
    let error = raw.mms.write(buffer, &integer(7)).await.unwrap_err();
    assert_eq!(error.access_error(), Some(E::TemporarilyUnavailable));
    // Without block 2.
    let bench = Bench::of(|table| table.options.block2 = false);
    let raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    assert_eq!(
        put(&raw, "DSTS1", &attributes()).await,
        Err(E::ObjectAccessUnsupported)
    );
    let basic = DsTransferSet {
        conditions: DsConditions::INTERVAL_TIME_OUT,
        interval: 1,
        rbe: false,
        ..attributes()
    };
    put(&raw, "DSTS1", &basic).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_of_1996_starts_with_twelve_components() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    put_value(
        &raw,
        "DSTS1",
        &attributes().to_value(TransferSetShape::E1996, false),
    )
    .await
    .unwrap();
    assert_eq!(raw.seen().await.values, ["0"]);
    // A server of 1996 has no place for a thirteenth.
    let bench = Bench::of(|table| table.edition = tase2::types::Edition::E1996);
    let raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    assert_eq!(
        put(&raw, "DSTS1", &attributes()).await,
        Err(DataAccessError::TypeInconsistent)
    );
    put_value(
        &raw,
        "DSTS1",
        &attributes().to_value(TransferSetShape::E1996, false),
    )
    .await
    .unwrap();
    let client = bench.client().await;
    let described = client.describe(&name("ICC1/DSTS1")).await.unwrap();
    assert_eq!(
        TransferSetShape::from_description(&described),
        Some(TransferSetShape::E1996)
    );
    assert!(
        client
            .describe(&name("ICC1/DSTS1$AllChangesReported"))
            .await
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn status_alone_stops_and_starts() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    put(&raw, "DSTS1", &attributes()).await.unwrap();
    raw.seen().await;
    let status = "DSTS1$Status";
    put_value(&raw, status, &MmsValue::Boolean(false))
        .await
        .unwrap();
    bench.set_discrete("D1", 5);
    raw.silent(10.0).await;
    put_value(&raw, status, &MmsValue::Boolean(true))
        .await
        .unwrap();
    assert_eq!(raw.seen().await.values, ["5"]);
    // By alternate access too.
    let steps = [mms::pdu::AccessStep::Component("Status")];
    let part = mms::pdu::AlternateAccessBuf::path(&steps).unwrap();
    let variable = mms::pdu::VariableAccess::from(ObjectName::domain("ICC1", "DSTS1"))
        .with_alternate_access(part.as_ref());
    raw.mms
        .write(variable, &MmsValue::Boolean(false))
        .await
        .unwrap();
    bench.set_discrete("D1", 6);
    raw.silent(10.0).await;
    // Attributes of one that is disabled can be written one by one.
    put_value(
        &raw,
        "DSTS2$DataSetName",
        &MmsValue::Structure(vec![
            MmsValue::Unsigned(1),
            MmsValue::VisibleString("ICC1".into()),
            MmsValue::VisibleString("DS".into()),
        ]),
    )
    .await
    .unwrap();
    put_value(
        &raw,
        "DSTS2$DSConditionsRequested",
        &DsConditions::OBJECT_CHANGE.to_value(),
    )
    .await
    .unwrap();
    put_value(&raw, "DSTS2$Status", &MmsValue::Boolean(true))
        .await
        .unwrap();
    assert_eq!(raw.seen().await.values, ["6"]);
}

#[tokio::test(start_paused = true)]
async fn reports_have_the_special_variables_in_the_order_of_the_list() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    data_set(
        &raw,
        &[
            "D1",
            "ICC1/Event_Code_Detected",
            "DSConditions_Detected",
            "D2",
            "ICC1/Transfer_Set_Name",
        ],
    )
    .await;
    let set = DsTransferSet {
        conditions: DsConditions::OBJECT_CHANGE | DsConditions::OTHER_EXTERNAL_EVENT,
        event_code: 7,
        ..attributes()
    };
    put(&raw, "DSTS1", &set).await.unwrap();
    let full = raw.seen().await;
    assert_eq!(full.about, ["list ICC1/DS"]);
    assert_eq!(full.values, ["0", "0", "00100", "0", "{1, ICC1, DSTS1}"]);
    bench.set_discrete("D2", 3);
    let change = raw.seen().await;
    assert_eq!(
        change.about,
        [
            "ICC1/Event_Code_Detected",
            "/DSConditions_Detected",
            "ICC1/Transfer_Set_Name",
            "/D2"
        ]
    );
    assert_eq!(change.values, ["0", "00100", "{1, ICC1, DSTS1}", "3"]);
    assert_eq!(bench.vcc.external_event(8), 0);
    assert_eq!(bench.vcc.external_event(7), 1);
    assert_eq!(
        raw.seen().await.values,
        ["0", "7", "00001", "3", "{1, ICC1, DSTS1}"]
    );
}

#[tokio::test(start_paused = true)]
async fn two_on_one_data_set_have_each_their_memory() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    data_set(&raw, &["ICC1/Transfer_Set_Name", "D1"]).await;
    put(&raw, "DSTS1", &attributes()).await.unwrap();
    raw.seen().await;
    put(
        &raw,
        "DSTS2",
        &DsTransferSet {
            buffer_time: 5,
            ..attributes()
        },
    )
    .await
    .unwrap();
    raw.seen().await;
    bench.set_discrete("D1", 1);
    assert_eq!(raw.seen().await.values, ["{1, ICC1, DSTS1}", "1"]);
    bench.set_discrete("D1", 2);
    assert_eq!(raw.seen().await.values, ["{1, ICC1, DSTS1}", "2"]);
    assert_eq!(raw.seen().await.values, ["{1, ICC1, DSTS2}", "2"]);
    // The same value with another time stamp is no change.
    bench.set_discrete("D1", 2);
    raw.silent(100.0).await;
    // Deleting the data set under them is refused, and they go on.
    let set = [ObjectName::domain("ICC1", "DS")];
    let error = raw.mms.delete_named_variable_lists(&set).await.unwrap_err();
    assert_eq!(
        error.service_error(),
        Some(ServiceError::OBJECT_CONSTRAINT_CONFLICT)
    );
    bench.set_discrete("D1", 3);
    raw.seen().await;
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_one_report() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    data_set(&raw, &["D1", "D2", "D3"]).await;
    put(&raw, "DSTS1", &attributes()).await.unwrap();
    raw.seen().await;
    let id = |text: &str| bench.vcc.point(&name(text)).unwrap();
    let value = tase2::types::PointValue::discrete;
    let batch = [
        (id("D3"), value(3)),
        (id("D1"), value(1)),
        (id("D3"), value(4)),
    ];
    bench.vcc.update_many(batch).unwrap();
    let report = raw.seen().await;
    assert_eq!(report.about, ["/D1", "/D3"]);
    assert_eq!(report.values, ["1", "4"]);
    raw.silent(10.0).await;
}

#[tokio::test(start_paused = true)]
async fn longer_than_a_pdu() {
    let bench = Bench::new();
    let mut config = Config::default();
    config.max_pdu_size = 600;
    let mut raw = Raw::call(&bench.endpoint, config).await;
    let wide = bench.raw().await;
    let mut members = vec!["ICC1/Transfer_Set_Name", "ICC1/Transfer_Set_Time_Stamp"];
    members.extend(["ICC1/MW1"; 60]);
    data_set(&wide, &members).await;
    let set = DsTransferSet {
        conditions: DsConditions::OPERATOR_REQUEST,
        rbe: false,
        ..attributes()
    };
    put(&raw, "DSTS1", &set).await.unwrap();
    assert_eq!(bench.vcc.request_reports(None, None), 1);
    let (mut values, mut stamps) = (0, vec![]);
    while values < 60 {
        let pdu = raw.report().await;
        assert!(pdu.len() <= 600, "{}", pdu.len());
        let piece = seen(&pdu);
        assert_eq!(piece.about[0], "ICC1/Transfer_Set_Name");
        assert_eq!(piece.values[0], "{1, ICC1, DSTS1}");
        stamps.push(piece.values[1].clone());
        values += piece.about.len() - 2;
        assert!(piece.about[2..].iter().all(|name| name == "ICC1/MW1"));
    }
    assert_eq!(values, 60);
    assert!(stamps.len() > 2 && stamps.iter().all(|stamp| *stamp == stamps[0]));
    raw.silent(10.0).await;
    // Where it may not be split it is dropped, and that is told.
    let mut refuse = table();
    refuse.options.oversized = tase2::bilateral::Oversized::Refuse;
    bench.endpoint.reload(vec![refuse]).unwrap();
    let mut events = bench.vcc.events();
    bench.vcc.request_reports(None, None);
    raw.silent(10.0).await;
    let Ok(Event::Reports { problem, .. }) = events.try_recv() else {
        panic!("no event");
    };
    assert_eq!(problem, ReportProblem::TooLong);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_association_stops_them() {
    let bench = Bench::new();
    let raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    put(&raw, "DSTS1", &attributes()).await.unwrap();
    let mut events = bench.vcc.events();
    raw.mms.abort();
    sleep(Duration::from_secs(1)).await;
    let stopped = Event::TransferSetStopped {
        peer: "EAST".into(),
        transfer_set: name("ICC1/DSTS1"),
        reason: StopReason::Association,
    };
    let all: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    assert!(all.contains(&stopped), "{all:?}");
    // Values go on without anybody, and the next association starts from the beginning.
    bench.set_discrete("D1", 1);
    let mut raw = bench.raw().await;
    let status = raw
        .mms
        .read(ObjectName::domain("ICC1", "DSTS1$Status"))
        .await
        .unwrap();
    assert_eq!(status, MmsValue::Boolean(false));
    put(&raw, "DSTS1", &attributes()).await.unwrap();
    assert_eq!(raw.seen().await.values, ["1"]);
}

#[tokio::test(start_paused = true)]
async fn fewer_transfer_sets_stop_those_beyond() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    data_set(&raw, &["D1"]).await;
    put(&raw, "DSTS2", &attributes()).await.unwrap();
    raw.seen().await;
    let mut less = table();
    less.limits.transfer_sets = 1;
    bench.endpoint.reload(vec![less]).unwrap();
    bench.set_discrete("D1", 1);
    raw.silent(10.0).await;
    assert_eq!(
        put(&raw, "DSTS2", &attributes()).await,
        Err(DataAccessError::ObjectNonExistent)
    );
}

#[tokio::test(start_paused = true)]
async fn typed_following() {
    let bench = Bench::new();
    let client = bench.client().await;
    let mut spec = TransferSpec::new(name("ICC1/DS"), DsConditions::OBJECT_CHANGE)
        .with_members(names(&["ICC1/MW1", "ICC1/CB1", "D1"]));
    spec.attributes.critical = true;
    let mut follow = client.follow(spec.clone()).await.unwrap();
    use tase2::client::Update;
    assert!(matches!(follow.next().await, Some(Update::Started { .. })));
    let Some(Update::Report(full)) = follow.next().await else {
        panic!("no report")
    };
    assert_eq!(full.changes.len(), 3);
    assert_eq!(full.conditions, Some(DsConditions::OBJECT_CHANGE));
    assert_eq!(full.event_code, Some(0));
    let cb1 = full.changes[1].value.unwrap();
    assert_eq!(
        cb1.to_string(),
        "ON VALID TELEMETERED NORMAL 2023-11-14T22:13:10.000Z"
    );
    bench.set_discrete("D1", 9);
    let Some(Update::Report(change)) = follow.next().await else {
        panic!("no report")
    };
    assert_eq!((change.full, change.changes.len()), (false, 1));
    assert_eq!(change.changes[0].name.to_string(), "D1");
    // It was critical: both were acknowledged, so nothing is missed.
    let statistics = client.statistics();
    assert_eq!(
        (
            statistics.reports,
            statistics.acknowledged,
            statistics.changes
        ),
        (2, 2, 4)
    );
    let mut events = bench.vcc.events();
    sleep(Duration::from_secs(100)).await;
    assert!(events.try_recv().is_err());
    // The same members again use the data set that is there, others get one of another name while it is in use.
    let second = client.follow(spec.clone()).await.unwrap();
    assert_eq!(client.data_set_names(Some("ICC1")).await.unwrap().len(), 1);
    let other = spec.with_members(names(&["D2"]));
    let third = client.follow(other).await.unwrap();
    let sets = client.data_set_names(Some("ICC1")).await.unwrap();
    assert_eq!(sets, names(&["ICC1/DS", "ICC1/DS_2"]));
    third.stop().await.unwrap();
    drop(second);
    sleep(Duration::from_secs(1)).await;
    follow.stop().await.unwrap();
    assert!(
        client
            .data_set_names(Some("ICC1"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_report_the_data_set_is_read() {
    let bench = Bench::of(|table| table.options.initial_full_report = false);
    let client = bench.client().await;
    let spec = TransferSpec::new(name("ICC1/DS"), DsConditions::OBJECT_CHANGE)
        .with_members(names(&["ICC1/MW1"]));
    let mut follow = client.follow(spec).await.unwrap();
    use tase2::client::Update;
    assert!(matches!(follow.next().await, Some(Update::Started { .. })));
    let before = tokio::time::Instant::now();
    let Some(Update::Report(read)) = follow.next().await else {
        panic!("nothing read")
    };
    assert!(read.read && read.full);
    assert_eq!(before.elapsed(), Duration::from_secs(2));
    assert_eq!(
        read.changes[0].value.unwrap().value,
        tase2::types::Value::Real(12.5)
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadband_holds_small_changes_back() {
    use tase2::types::{PointValue, Quality, Validity, Value};
    let mut model = tase2::model::Model::new();
    let mut flow = point("FLOW", "RealQ");
    flow.deadband = 1.0;
    flow.initial = PointValue::real(10.0).with_quality(Quality::default());
    model.add_point(flow).unwrap();
    let mut table = table();
    table.rules = vec![tase2::bilateral::Rule::new(
        "FLOW",
        tase2::bilateral::Rights::READ,
    )];
    let vcc = tase2::VirtualControlCenter::new(model, vec![table]).unwrap();
    let endpoint = tase2::endpoint::Endpoint::start(&vcc, Default::default(), vec![]).unwrap();
    let mut raw = Raw::call(&endpoint, Config::default()).await;
    data_set(&raw, &["FLOW"]).await;
    put(&raw, "DSTS1", &attributes()).await.unwrap();
    raw.seen().await;
    let id = vcc.points().next().unwrap();
    let set = |value: f32| {
        vcc.update(id, PointValue::real(value).with_quality(Quality::default()))
            .unwrap();
    };
    // Counted from the last value that was told, so that a drift is told too.
    for small in [10.5, 10.9, 9.1] {
        set(small);
    }
    raw.silent(10.0).await;
    assert_eq!(vcc.value(id).unwrap().value, Value::Real(9.1));
    set(9.0);
    assert_eq!(raw.seen().await.values, ["{9, 00000000}"]);
    set(9.9);
    raw.silent(10.0).await;
    set(10.0);
    assert_eq!(raw.seen().await.values, ["{10, 00000000}"]);
    // Another quality is always a change, and its value the one to count from.
    let held = Quality::of(Validity::Held);
    vcc.update(id, PointValue::real(10.25).with_quality(held))
        .unwrap();
    assert_eq!(raw.seen().await.values, ["{10.25, 00010000}"]);
    vcc.update(id, PointValue::real(11.0).with_quality(held))
        .unwrap();
    raw.silent(10.0).await;
    vcc.update(id, PointValue::real(11.25).with_quality(held))
        .unwrap();
    assert_eq!(raw.seen().await.values, ["{11.25, 00010000}"]);
}
