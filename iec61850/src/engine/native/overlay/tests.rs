use super::super::testing::{Bench, Peer, START_MS};
use crate::common::{
    CdcControlModelOptions, CdcOptions, ControlAddCause, FunctionalConstraint, Quality, Timestamp,
    TriggerOptions,
};
use crate::model::{
    CdcFactory, DataAttributeType, IedModel, ModelNodeExt, ReportControlBlockOptions,
};
use mms::{BitString, DataAccessError, MmsValue};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// `GOLDLD1/GGIO1.Ind1` is a single point with substitution, all of it in the data set of a report
/// control block.
fn single_point() -> IedModel {
    let model = IedModel::new("GOLD").unwrap();
    let device = model.create_logical_device("LD1", None).unwrap();
    let lln0 = device.create_logical_node("LLN0").unwrap();
    lln0.create_cdc_ens("Mod", CdcOptions::empty()).unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    node.create_cdc_ens("Beh", CdcOptions::empty()).unwrap();
    node.create_cdc_sps("Ind1", CdcOptions::PICS_SUBST).unwrap();
    let set = lln0.create_dataset("Set").unwrap();
    set.create_dataset_entry("GGIO1$ST$Beh", None, None)
        .unwrap();
    set.create_dataset_entry("GGIO1$ST$Ind1", None, None)
        .unwrap();
    let options = ReportControlBlockOptions {
        dataset_name: Some("Set".to_owned()),
        trg_ops: TriggerOptions::DATA_CHANGED | TriggerOptions::QUALITY_CHANGED,
        buf_tm: Duration::ZERO,
        ..Default::default()
    };
    lln0.create_report_control_block("urcb", "report", false, options)
        .unwrap();
    model
}

fn quality(quality: Quality) -> MmsValue {
    MmsValue::BitString(BitString::from(quality))
}

fn time(after: Duration) -> MmsValue {
    MmsValue::UtcTime(Timestamp::from_ms(START_MS + after.as_millis() as u64))
}

fn point(value: bool, q: Quality, t: MmsValue) -> MmsValue {
    MmsValue::Structure(vec![value.into(), quality(q), t])
}

/// The value of the member in a report, in front of its reason.
async fn member(peer: &mut Peer) -> MmsValue {
    let mut report = peer.report().await;
    report.pop();
    report.pop().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_substitution_is_reported_and_what_it_hides_is_not() {
    let bench = Bench::of(single_point(), |_| ());
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb$RptEna", true).await.unwrap();
    tokio::time::advance(SECOND).await;
    peer.write("GGIO1$SV$Ind1$subVal", true).await.unwrap();
    assert!(peer.is_quiet(SECOND).await);
    let begin = SECOND * 2;
    peer.write("GGIO1$SV$Ind1$subEna", true).await.unwrap();
    // Value, quality and time in one report.
    let substituted = point(true, Quality::SOURCE_SUBSTITUTED, time(begin));
    assert_eq!(member(&mut peer).await, substituted);
    bench.update("LD1/GGIO1.Ind1.t", time(SECOND * 50));
    bench.update("LD1/GGIO1.Ind1.q", quality(Quality::VALIDITY_INVALID));
    assert!(peer.is_quiet(SECOND).await);
    // Another value.
    peer.write("GGIO1$SV$Ind1$subVal", false).await.unwrap();
    let substituted = point(false, Quality::SOURCE_SUBSTITUTED, time(SECOND * 3));
    assert_eq!(member(&mut peer).await, substituted);
    assert_eq!(peer.read("GGIO1$ST$Ind1").await, substituted);
    // The same again is no change.
    peer.write("GGIO1$SV$Ind1$subVal", false).await.unwrap();
    assert!(peer.is_quiet(SECOND).await);
    assert_eq!(peer.read("GGIO1$ST$Ind1").await, substituted);
    // The end brings back what the application has stored meanwhile.
    peer.write("GGIO1$SV$Ind1$subEna", false).await.unwrap();
    let process = point(false, Quality::VALIDITY_INVALID, time(SECOND * 50));
    assert_eq!(member(&mut peer).await, process);
    bench.update("LD1/GGIO1.Ind1.stVal", true);
    assert_eq!(
        member(&mut peer).await,
        point(true, Quality::VALIDITY_INVALID, time(SECOND * 50))
    );
}

#[tokio::test(start_paused = true)]
async fn a_model_can_begin_substituted() {
    let model = single_point();
    let object = model
        .model_node_by_short_reference("LD1/GGIO1.Ind1")
        .unwrap();
    for name in ["subEna", "subVal"] {
        let attribute = object.child_attribute(name).unwrap();
        attribute.init_value(&true.into()).unwrap();
    }
    let bench = Bench::of(model, |_| ());
    let peer = bench.connect().await;
    let expected = point(true, Quality::SOURCE_SUBSTITUTED, time(Duration::ZERO));
    assert_eq!(peer.read("GGIO1$ST$Ind1").await, expected);
    peer.write("GGIO1$SV$Ind1$subEna", false).await.unwrap();
    let before = MmsValue::UtcTime(Timestamp::from_ms(0));
    let expected = point(false, Quality::VALIDITY_GOOD, before);
    assert_eq!(peer.read("GGIO1$ST$Ind1").await, expected);
}

#[tokio::test(start_paused = true)]
async fn in_a_batch_each_change_is_an_event() {
    let bench = Bench::of(single_point(), |_| ());
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb$RptEna", true).await.unwrap();
    let server = &bench.server;
    crate::engine::ServerEngine::lock_data_model(server);
    bench.update("LD1/GGIO1.Ind1.subEna", true);
    bench.update("LD1/GGIO1.Ind1.subEna", false);
    crate::engine::ServerEngine::unlock_data_model(server);
    // Two changes of one attribute are two events, and the first is not lost.
    let substituted = point(false, Quality::SOURCE_SUBSTITUTED, time(Duration::ZERO));
    assert_eq!(member(&mut peer).await, substituted);
    let before = MmsValue::UtcTime(Timestamp::from_ms(0));
    let process = point(false, Quality::VALIDITY_GOOD, before);
    assert_eq!(member(&mut peer).await, process);
    assert!(peer.is_quiet(SECOND).await);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_mode_is_one_report() {
    let bench = Bench::of(single_point(), |config| {
        config.set_behaviour_enabled(true);
    });
    let mut peer = bench.connect().await;
    peer.write("LLN0$RP$urcb$RptEna", true).await.unwrap();
    tokio::time::advance(SECOND).await;
    bench.update("LD1/LLN0.Mod.stVal", 3);
    let report = peer.report().await;
    let [.., beh, point, _, _] = &report[..] else {
        panic!("{report:?}");
    };
    let good = quality(Quality::VALIDITY_GOOD);
    let beh_in_test = MmsValue::Structure(vec![3.into(), good, time(SECOND)]);
    assert_eq!(*beh, beh_in_test);
    let before = MmsValue::UtcTime(Timestamp::from_ms(0));
    let in_test = MmsValue::Structure(vec![false.into(), quality(Quality::TEST), before]);
    assert_eq!(*point, in_test);
    // The same mode once more changes nothing.
    bench.update("LD1/LLN0.Mod.stVal", 3);
    assert!(peer.is_quiet(SECOND).await);
}

#[tokio::test(start_paused = true)]
async fn the_mode_counts_when_the_time_of_a_command_has_come() {
    let model = single_point();
    let device = model.logical_device_by_instance("LD1").unwrap();
    let node = device.logical_node("GGIO1").unwrap();
    let options = CdcControlModelOptions::MODEL_DIRECT_ENHANCED
        | CdcControlModelOptions::MODEL_IS_TIME_ACTIVATED;
    node.create_cdc_spc("Sw", CdcOptions::empty(), options)
        .unwrap();
    let tracker = device.create_logical_node("LTRK1").unwrap();
    let tracker = tracker.create_data_object("SpcTrk", 0).unwrap();
    for name in ["serviceType", "errorCode", "respAddCause"] {
        let (ty, fc) = (DataAttributeType::Enumerated, FunctionalConstraint::SR);
        let none = TriggerOptions::empty();
        tracker
            .create_data_attribute(name, ty, fc, none, 0, 0)
            .unwrap();
    }
    let bench = Bench::of(model, |config| {
        config.set_behaviour_enabled(true);
    });
    let mut peer = bench.connect().await;
    let tracked = |service: i32, error: i32, cause: ControlAddCause| {
        let values = [service, error, cause.value()];
        MmsValue::Structure(values.map(MmsValue::from).to_vec())
    };
    let oper = |number: u64, due: Duration| {
        let origin = vec![3.into(), MmsValue::OctetString(b"me".to_vec())];
        MmsValue::Structure(vec![
            true.into(),
            time(due),
            MmsValue::Structure(origin),
            MmsValue::Unsigned(number),
            time(Duration::ZERO),
            false.into(),
            MmsValue::BitString(BitString::new(2)),
        ])
    };
    let minute = SECOND * 60;
    peer.write("GGIO1$CO$Sw$Oper", oper(1, minute))
        .await
        .unwrap();
    let accepted = tracked(48, 0, ControlAddCause::None);
    assert_eq!(peer.read("LTRK1$SR$SpcTrk").await, accepted);
    bench.update("LD1/LLN0.Mod.stVal", 5);
    assert!(peer.is_quiet(SECOND * 59).await);
    // LastApplError in front of the command.
    let message = peer.report().await;
    let cause = message[0].get_element(4).unwrap();
    let blocked = ControlAddCause::BlockedByMode;
    assert_eq!(*cause, blocked.value().into());
    assert!(peer.is_quiet(SECOND).await);
    let ended = peer.read("LTRK1$SR$SpcTrk").await;
    assert_eq!(ended, tracked(47, 12, blocked));
    // While it is off, no command is accepted for later.
    let refused = peer.write("GGIO1$CO$Sw$Oper", oper(2, minute * 2)).await;
    assert_eq!(refused, Err(DataAccessError::ObjectAccessDenied));
    let refused = peer.read("LTRK1$SR$SpcTrk").await;
    assert_eq!(refused, tracked(48, 3, blocked));
}
