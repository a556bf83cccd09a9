//! A control centre in memory, and callers that see every octet.
#![allow(dead_code, reason = "each test program uses a part of it")]

use mms::association::{CallParameters, Config, Handler};
use mms::ber::Writer;
use mms::net::{Remote, Session};
use mms::osi::acse::{AeQualifier, ApTitle};
use mms::pdu::{InformationReport, Pdu, UnconfirmedService, write_unconfirmed};
use mms::{MmsValue, RejectReason};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::{Client, ClientOptions};
use tase2::endpoint::{Endpoint, EndpointOptions};
use tase2::model::{ControlPoint, Device, DeviceClass, IndicationPoint, Model};
use tase2::types::{ControlType, PointValue, Quality, State, TimeStamp};
use tase2::{Name, SteadyClock, VirtualControlCenter};
use tokio::io::duplex;
use tokio::sync::mpsc;

/// When the clock of the tests begins: the time stamp of the worked example.
pub(crate) const EPOCH: i64 = 0x6553_f100;
pub(crate) const DOMAIN: &str = "ICC1";
pub(crate) const TITLE: &str = "1.1.999.1";

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn names(list: &[&str]) -> Vec<Name> {
    list.iter().map(|text| name(text)).collect()
}

pub(crate) fn point(text: &str, ty: &str) -> IndicationPoint {
    IndicationPoint::new(name(text), ty.parse().unwrap())
}

/// `ICC1/MW1` (RealQ, 12.5) and `ICC1/CB1` (StateQTimeTag, on) of the worked example; `D1`, `D2`, `D3` (Discrete) and `SECRET` in the VCC;
/// `ICC2/OTHER` of another peer; a set-point.
pub(crate) fn model() -> Model {
    let mut model = Model::new();
    let mut mw1 = point("ICC1/MW1", "RealQ");
    mw1.initial = PointValue::real(12.5).with_quality(Quality::default());
    model.add_point(mw1).unwrap();
    let mut cb1 = point("ICC1/CB1", "StateQTimeTag");
    cb1.initial = PointValue::state(State::On)
        .with_quality(Quality::default())
        .at(TimeStamp::from_seconds(1_699_999_990));
    model.add_point(cb1).unwrap();
    for discrete in ["D1", "D2", "D3", "SECRET", "ICC2/OTHER"] {
        model.add_point(point(discrete, "Discrete")).unwrap();
    }
    let ty = ControlType::SetpointReal;
    model
        .add_device(Device::new(
            name("ICC1/CB1_CTL"),
            ControlType::Command,
            DeviceClass::Sbo,
        ))
        .unwrap();
    model
        .add_control(ControlPoint {
            name: name("ICC1/SP1"),
            ty,
            value: ty.initial(),
        })
        .unwrap();
    model
}

/// The table of the peer whose domain is ICC1: it reads everything but `SECRET`, and writes `D3`.
pub(crate) fn table() -> BilateralTable {
    let mut table = BilateralTable::new("EAST", "BLT-A-B-3", DOMAIN);
    table.identity.ap_title = Some(TITLE.parse().unwrap());
    table.options.use_peer = false;
    table.rules = vec![
        Rule::new("ICC1/*", Rights::READ),
        Rule::new("D?", Rights::READ),
        Rule::new("D3", Rights::WRITE),
    ];
    table
}

pub(crate) struct Bench {
    pub(crate) vcc: VirtualControlCenter,
    pub(crate) endpoint: Endpoint,
}

impl Bench {
    pub(crate) fn with(tables: Vec<BilateralTable>) -> Self {
        let clock = SteadyClock::starting_at(TimeStamp::from_seconds(EPOCH));
        let vcc = VirtualControlCenter::with_clock(model(), tables, Arc::new(clock)).unwrap();
        let mut options = EndpointOptions::default();
        options.keep_alive = None;
        let endpoint = Endpoint::start(&vcc, options, vec![]).unwrap();
        Bench { vcc, endpoint }
    }

    pub(crate) fn new() -> Self {
        Self::with(vec![table()])
    }

    pub(crate) fn of(change: impl FnOnce(&mut BilateralTable)) -> Self {
        let mut table = table();
        change(&mut table);
        Self::with(vec![table])
    }

    pub(crate) fn set(&self, point: &str, value: PointValue) {
        let id = self.vcc.point(&name(point)).unwrap();
        self.vcc.update(id, value).unwrap();
    }

    pub(crate) fn set_discrete(&self, point: &str, value: i32) {
        self.set(point, PointValue::discrete(value));
    }

    /// The typed client, from the title of the table.
    pub(crate) async fn client(&self) -> Client {
        self.client_of(TITLE).await.unwrap()
    }

    pub(crate) async fn client_of(&self, title: &str) -> Result<Client, tase2::Error> {
        let (near, far) = duplex(1 << 16);
        self.endpoint.serve(far, None);
        Client::over(near, client_options(title)).await
    }

    /// A caller that sees the PDUs.
    pub(crate) async fn raw(&self) -> Raw {
        Raw::call(&self.endpoint, Config::default()).await
    }
}

pub(crate) fn client_options(title: &str) -> ClientOptions {
    let mut options = ClientOptions::default();
    options.domain = DOMAIN.to_owned();
    options.config.local.ap_title = Some(ApTitle::Identifier(title.parse().unwrap()));
    options.config.local.ae_qualifier = Some(AeQualifier::Number(1));
    options
}

struct Taps(
    mpsc::UnboundedSender<Vec<u8>>,
    Arc<Mutex<(bool, Option<Waker>)>>,
);

impl Handler for Taps {
    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        let mut pdu = vec![];
        write_unconfirmed(&mut Writer::unbounded(&mut pdu), |w| service.encode(w));
        let _ = self.0.send(pdu);
        Ok(())
    }
}

impl Session for Taps {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut gate = self.1.lock().unwrap();
        if gate.0 {
            gate.1 = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

/// Keeps a caller from reading.
pub(crate) struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    pub(crate) fn close(&mut self) {
        self.0.lock().unwrap().0 = true;
    }

    pub(crate) fn open(&mut self) {
        let mut gate = self.0.lock().unwrap();
        gate.0 = false;
        if let Some(waker) = gate.1.take() {
            waker.wake();
        }
    }
}

/// A caller that sends what it is told to and keeps what comes.
pub(crate) struct Raw {
    pub(crate) mms: mms::client::Client,
    reports: mpsc::UnboundedReceiver<Vec<u8>>,
}

/// A report as text: what it is about, and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) about: Vec<String>,
    pub(crate) values: Vec<String>,
}

impl Raw {
    pub(crate) async fn call(endpoint: &Endpoint, config: Config) -> Raw {
        Self::call_with(endpoint, config, Arc::default()).await
    }

    /// A caller that can be kept from reading.
    pub(crate) async fn call_gated(endpoint: &Endpoint) -> (Raw, Gate) {
        let gate = Arc::default();
        let raw = Self::call_with(endpoint, Config::default(), Arc::clone(&gate)).await;
        (raw, Gate(gate))
    }

    async fn call_with(
        endpoint: &Endpoint,
        mut config: Config,
        gate: Arc<Mutex<(bool, Option<Waker>)>>,
    ) -> Raw {
        let (near, far) = duplex(1 << 16);
        endpoint.serve(far, None);
        config.local.ap_title = Some(ApTitle::Identifier(TITLE.parse().unwrap()));
        let mut options = mms::client::ClientOptions::default();
        options.config = Arc::new(config);
        options.call = CallParameters::default();
        let (sender, reports) = mpsc::unbounded_channel();
        let mms = mms::client::Client::over_with(near, options, |_| Taps(sender, gate))
            .await
            .unwrap();
        Raw { mms, reports }
    }

    pub(crate) fn remote(&self) -> &Remote {
        self.mms.remote()
    }

    /// The next information report, as it came.
    pub(crate) async fn report(&mut self) -> Vec<u8> {
        let patience = Duration::from_secs(3600);
        tokio::time::timeout(patience, self.reports.recv())
            .await
            .expect("a report")
            .expect("an association")
    }

    /// The next report, for people.
    pub(crate) async fn seen(&mut self) -> Seen {
        seen(&self.report().await)
    }

    /// That nothing comes within this time.
    pub(crate) async fn silent(&mut self, seconds: f64) {
        let patience = Duration::from_secs_f64(seconds);
        if let Ok(Some(report)) = tokio::time::timeout(patience, self.reports.recv()).await {
            panic!("unexpected {:?}", seen(&report));
        }
    }
}

pub(crate) fn seen(pdu: &[u8]) -> Seen {
    use mms::pdu::VariableAccessSpecification as V;
    let Ok(Pdu::Unconfirmed(UnconfirmedService::InformationReport(report))) = Pdu::decode(pdu)
    else {
        panic!("no report");
    };
    let InformationReport { variables, results } = report;
    let about = match variables {
        V::ListName(name) => vec![format!("list {name}")],
        V::Variables(list) => list.iter().map(|v| v.name().unwrap().to_string()).collect(),
    };
    let values = results.iter().map(|value| value.to_value().to_string());
    Seen {
        about,
        values: values.collect(),
    }
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let octets = text.split_whitespace().map(|o| u8::from_str_radix(o, 16));
    octets.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn integer(value: i64) -> MmsValue {
    MmsValue::Integer(value)
}
