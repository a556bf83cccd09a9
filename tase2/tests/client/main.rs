//! The client against a control centre that is none of ours: a generic MMS device with the objects of the standard, which reports what it is
//! told to, right or wrong.

#[path = "../support/mod.rs"]
mod support;

use mms::association::{Answered, CloseReason, Handler, Negotiated, Reply};
use mms::ber::Writer;
use mms::net::{Remote, Session};
use mms::pdu::{
    ConfirmedRequest, InformationReportWriter, UnconfirmedService, VariableAccessSpecification,
    write_list_name, write_variables,
};
use mms::server::vmd::{Variable, Vmd, VmdOptions, VmdSession};
use mms::{MmsValue, ObjectName, OwnedVariable, RejectReason, TypeDescription};
use std::sync::Arc;
use std::time::Duration;
use support::{client_options, integer, name};
use tase2::Error;
use tase2::client::{Client, Follow, Report, TransferSpec, Update};
use tase2::types::{DsConditions, TransferSetShape, Value, encode_object_name, object_name_type};
use tokio::io::duplex;
use tokio::sync::mpsc;

const D: &str = "ICC1";

/// A device that keeps the names of the variables that are reported to it.
struct Device {
    inner: VmdSession,
    reported: mpsc::UnboundedSender<String>,
}

impl Handler for Device {
    fn established(&mut self, negotiated: &Negotiated) {
        self.inner.established(negotiated);
    }

    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        self.inner.request(request, reply)
    }

    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        if let UnconfirmedService::InformationReport(report) = service
            && let VariableAccessSpecification::Variables(variables) = report.variables
        {
            let names = variables
                .iter()
                .filter_map(|v| Some(v.name()?.item().to_owned()));
            self.reported
                .send(names.collect::<Vec<_>>().join(" "))
                .unwrap();
        }
        Ok(())
    }

    fn closed(&mut self, reason: &CloseReason) {
        self.inner.closed(reason);
    }
}

impl Session for Device {}

struct Bench {
    vmd: Vmd,
    remote: Remote,
    reported: mpsc::UnboundedReceiver<String>,
    client: Client,
}

fn object_name(item: &str, signed: bool) -> MmsValue {
    let mut octets = vec![];
    let name = tase2::Name::icc(D, item);
    encode_object_name(&mut Writer::unbounded(&mut octets), &name, signed);
    MmsValue::from_bytes(&octets).unwrap()
}

impl Bench {
    /// The device has `LOAD` (real with quality) and `COUNT`, and the data set `DS` of these members.
    async fn new(shape: TransferSetShape, members: &[&str]) -> Self {
        let vmd = Vmd::new(VmdOptions::default());
        vmd.add_domain(D).unwrap();
        let add = |item: &str, ty: TypeDescription, value: MmsValue| {
            let variable = Variable::new(ty, value).unwrap();
            vmd.add_variable(ObjectName::domain(D, item), variable)
                .unwrap();
        };
        let real_q: tase2::types::PointType = "RealQ".parse().unwrap();
        let flags = MmsValue::BitString(mms::BitString::new(8));
        let load = MmsValue::Structure(vec![MmsValue::Float32(5.0), flags]);
        add("LOAD", real_q.description(), load);
        add("COUNT", TypeDescription::Integer(32), integer(3));
        let text = MmsValue::VisibleString("V1".into());
        add(
            "Bilateral_Table_ID",
            TypeDescription::VisibleString(-32),
            text,
        );
        add(
            "Next_DSTransfer_Set",
            object_name_type(),
            object_name("TS", false),
        );
        let set = tase2::types::DsTransferSet {
            data_set: Some(tase2::Name::icc(D, "none")),
            ..Default::default()
        };
        for transfer_set in ["TS", "TS2"] {
            add(
                transfer_set,
                shape.description(),
                set.to_value(shape, false),
            );
        }
        for special in ["Transfer_Set_Name", "Transfer_Report_ACK"] {
            add(special, object_name_type(), object_name("TS", false));
        }
        let members = members
            .iter()
            .map(|m| OwnedVariable::from(ObjectName::domain(D, m)));
        vmd.add_variable_list(ObjectName::domain(D, "DS"), members.collect(), false)
            .unwrap();

        let (near, far) = duplex(1 << 16);
        let remote = Remote::new();
        let (sender, reported) = mpsc::unbounded_channel();
        let session = Device {
            inner: vmd.session(&remote),
            reported: sender,
        };
        let config = Arc::new(vmd.config());
        tokio::spawn(mms::server::connection(far, config, session, remote.clone()).run());
        let client = Client::over(near, client_options("1.1.1")).await.unwrap();
        Bench {
            vmd,
            remote,
            reported,
            client,
        }
    }

    async fn follow(&self, transfer_set: &str, critical: bool) -> Result<Follow, Error> {
        let mut spec = TransferSpec::new(name("ICC1/DS"), DsConditions::OBJECT_CHANGE);
        spec.transfer_set = Some(tase2::Name::icc(D, transfer_set));
        spec.attributes.critical = critical;
        spec.read_after = None;
        let mut follow = self.client.follow(spec).await?;
        assert!(matches!(follow.next().await, Some(Update::Started { .. })));
        Ok(follow)
    }

    fn report(&self, names: Option<&[&str]>, values: &[MmsValue]) {
        let mut service = vec![];
        let w = &mut Writer::unbounded(&mut service);
        let report = InformationReportWriter::begin(w, |w| match names {
            None => write_list_name(w, ObjectName::domain(D, "DS")),
            Some(names) => write_variables(w, names.iter().map(|item| ObjectName::domain(D, item))),
        });
        values.iter().for_each(|value| value.encode(w));
        report.end(w);
        self.remote.unconfirmed(service, 10_000).unwrap();
    }

    async fn quiet(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn next(follow: &mut Follow) -> Arc<Report> {
    let update = tokio::time::timeout(Duration::from_secs(60), follow.next());
    match update.await.expect("a report") {
        Some(Update::Report(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn load(value: f32) -> MmsValue {
    let flags = MmsValue::BitString(mms::BitString::from_octets(&[0x10], 8));
    MmsValue::Structure(vec![MmsValue::Float32(value), flags])
}

#[tokio::test(start_paused = true)]
async fn reports_without_the_name_of_the_transfer_set() {
    let bench = Bench::new(TransferSetShape::E2000, &["LOAD", "COUNT"]).await;
    let mut follow = bench.follow("TS", false).await.unwrap();
    // It is told by its data set, or by its members.
    bench.report(None, &[load(1.0), integer(2)]);
    let report = next(&mut follow).await;
    assert!(report.full && report.conditions.is_none() && report.time.is_none());
    assert_eq!(
        report.changes[0].value.unwrap().to_string(),
        "1 HELD TELEMETERED NORMAL"
    );
    bench.report(Some(&["COUNT"]), &[integer(4)]);
    let report = next(&mut follow).await;
    assert!(!report.full);
    assert_eq!(report.changes[0].value.unwrap().value, Value::Discrete(4));
    // Nothing tells two of them apart.
    let error = bench.follow("TS2", false).await.unwrap_err();
    assert!(
        error.to_string().contains("it has no Transfer_Set_Name"),
        "{error}"
    );
    // What is of nobody is counted.
    bench.report(Some(&["OTHER"]), &[integer(4)]);
    bench.quiet().await;
    let statistics = bench.client.statistics();
    assert_eq!(
        (
            statistics.reports,
            statistics.unmatched,
            statistics.malformed
        ),
        (2, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn two_transfer_sets_are_told_apart_by_their_names() {
    let members = ["LOAD", "Transfer_Set_Name"];
    let bench = Bench::new(TransferSetShape::E2000, &members).await;
    let mut first = bench.follow("TS", false).await.unwrap();
    let mut second = bench.follow("TS2", false).await.unwrap();
    // The name is not the first member, and its scope is signed.
    bench.report(None, &[load(2.0), object_name("TS2", true)]);
    assert_eq!(next(&mut second).await.changes.len(), 1);
    bench.report(
        Some(&["Transfer_Set_Name", "LOAD"]),
        &[object_name("TS", true), load(1.0)],
    );
    assert_eq!(next(&mut first).await.transfer_set, name("ICC1/TS"));
    bench.report(None, &[load(2.0), object_name("TS3", false)]);
    bench.quiet().await;
    assert_eq!(bench.client.statistics().unmatched, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_understood_is_refused_if_it_is_critical() {
    let mut bench = Bench::new(
        TransferSetShape::E2000,
        &["Transfer_Set_Name", "LOAD", "COUNT"],
    )
    .await;
    let mut follow = bench.follow("TS", true).await.unwrap();
    let ts = || object_name("TS", false);
    bench.report(None, &[ts(), load(1.0), integer(2)]);
    next(&mut follow).await;
    assert_eq!(bench.reported.recv().await.unwrap(), "Transfer_Report_ACK");
    // A value too few.
    bench.report(None, &[ts(), load(1.0)]);
    assert_eq!(bench.reported.recv().await.unwrap(), "Transfer_Report_NACK");
    // A value of another type spoils its point only, and so does one that is not there.
    let denied = MmsValue::DataAccessError(mms::DataAccessError::ObjectAccessDenied);
    bench.report(None, &[ts(), MmsValue::Boolean(true), denied]);
    let report = next(&mut follow).await;
    assert!(report.changes.iter().all(|change| change.value.is_err()));
    assert_eq!(bench.reported.recv().await.unwrap(), "Transfer_Report_ACK");
    let statistics = bench.client.statistics();
    assert_eq!(
        (statistics.reports, statistics.malformed, statistics.errors),
        (2, 1, 2)
    );
    assert_eq!(statistics.acknowledged, 3);
}

#[tokio::test(start_paused = true)]
async fn the_shape_is_that_of_the_peer() {
    for shape in [TransferSetShape::E1996, TransferSetShape::E2000] {
        let bench = Bench::new(shape, &["LOAD"]).await;
        // There is no version to read: the type of the transfer set tells.
        let follow = bench.follow("TS", false).await.unwrap();
        let written = bench.vmd.get(ObjectName::domain(D, "TS")).unwrap();
        let MmsValue::Structure(components) = written else {
            panic!("{written:?}");
        };
        assert_eq!(components.len(), shape.components());
        let status = components.len() - 2;
        assert_eq!(components[status], MmsValue::Boolean(true));
        follow.stop().await.unwrap();
        let written = bench.vmd.get(ObjectName::domain(D, "TS")).unwrap();
        let MmsValue::Structure(components) = written else {
            panic!("{written:?}");
        };
        assert_eq!(components[status], MmsValue::Boolean(false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_is_slow_is_told_what_it_missed() {
    let bench = Bench::new(TransferSetShape::E2000, &["LOAD"]).await;
    let mut spec = TransferSpec::new(name("ICC1/DS"), DsConditions::OBJECT_CHANGE);
    spec.read_after = None;
    spec.backlog = 4;
    let mut follow = bench.client.follow(spec).await.unwrap();
    for value in 0..10 {
        bench.report(None, &[load(value as f32)]);
    }
    bench.quiet().await;
    // `Started` and six reports are gone.
    assert_eq!(follow.next().await, Some(Update::Missed(7)));
    assert_eq!(
        next(&mut follow).await.changes[0].value.unwrap().value,
        Value::Real(6.0)
    );
    bench.remote.abort().unwrap();
    bench.quiet().await;
    let mut last = None;
    while let Some(update) = follow.next().await {
        last = Some(update);
    }
    assert!(matches!(last, Some(Update::Interrupted { .. })), "{last:?}");
}
