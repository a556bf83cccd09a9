//! A client of the examples.

use iec61850::{ControlAddCause, IedServer, ReportOptions, Timestamp};
use mms::client::blocking::Client;
use mms::client::{ClientError, ClientOptions, Subscription};
use mms::pdu::{ObjectScope, VariableAccessSpecification};
use mms::{BitString, DataAccessError, MmsValue, ObjectName};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Any free port of this machine.
pub(crate) fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// What the server sends on its own.
#[derive(Debug, PartialEq)]
pub(crate) enum Message {
    Report(Vec<MmsValue>),
    /// The end of a command, with the cause if it failed.
    End(Option<ControlAddCause>),
}

pub(crate) struct Peer {
    pub(crate) client: Client,
    messages: Receiver<Message>,
    _subscription: Subscription,
}

impl Peer {
    pub(crate) fn of(server: &IedServer) -> Self {
        let address = server.local_address().expect("the example listens");
        let client = Client::connect(address, ClientOptions::default()).expect("a connection");
        let (sender, messages) = channel();
        let subscription = client.on_information_report(move |report| {
            let values: Vec<_> = report.results.iter().map(|view| view.to_value()).collect();
            let message = match report.variables {
                VariableAccessSpecification::ListName(_) => Message::Report(values),
                VariableAccessSpecification::Variables(variables) => {
                    let first = variables.iter().next().and_then(|v| v.name());
                    let failed = first.is_some_and(|name| name.item() == "LastApplError");
                    let cause = failed.then(|| {
                        let parts = values[0].elements().expect("a structure");
                        parts[4].to_int32().expect("a number").into()
                    });
                    Message::End(cause)
                }
            };
            let _ = sender.send(message);
        });
        Peer {
            client,
            messages,
            _subscription: subscription,
        }
    }

    pub(crate) fn read(&self, name: &str) -> MmsValue {
        let read = self.client.read(split(name));
        read.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, value: impl Into<MmsValue>) {
        let written = self.client.write(split(name), &value.into());
        written.unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    pub(crate) fn refused(&self, name: &str, value: impl Into<MmsValue>) -> DataAccessError {
        match self.client.write(split(name), &value.into()) {
            Err(ClientError::Access { error, .. }) => error,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// The names of a logical device that begin with this, without it.
    pub(crate) fn names(&self, device: &str, prefix: &str) -> Vec<String> {
        let names = self.client.variable_names(ObjectScope::Domain(device));
        let names = names.expect("a list of names");
        let below = names.iter().filter_map(|name| name.strip_prefix(prefix));
        below.map(str::to_owned).collect()
    }

    pub(crate) fn message(&self) -> Message {
        let message = self.messages.recv_timeout(PATIENCE);
        message.expect("a message of the server")
    }

    pub(crate) fn report(&self) -> Report {
        match self.message() {
            Message::Report(values) => Report::of(values),
            other => panic!("no report: {other:?}"),
        }
    }

    /// Whether nothing has been sent up to the answer to a request of now.
    pub(crate) fn silent(&self) -> bool {
        self.client.identify().expect("an answer");
        self.messages.try_recv().is_err()
    }
}

fn split(name: &str) -> ObjectName<'_> {
    let (domain, item) = name.split_once('/').expect("LD/item");
    ObjectName::domain(domain, item)
}

/// `Oper` or `SBOw` without operTm: no test; synchrocheck if asked for.
pub(crate) fn command(value: impl Into<MmsValue>, number: u8, synchro: bool) -> MmsValue {
    MmsValue::Structure(vec![
        value.into(),
        MmsValue::Structure(vec![
            MmsValue::Integer(3),
            MmsValue::OctetString(b"test".to_vec()),
        ]),
        MmsValue::Unsigned(number.into()),
        Timestamp::now().into(),
        MmsValue::Boolean(false),
        MmsValue::BitString(BitString::from_integer(2, u32::from(synchro))),
    ])
}

/// The parts of a report that the scenarios look at.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) id: String,
    pub(crate) options: ReportOptions,
    pub(crate) number: Option<u32>,
    pub(crate) data_set: Option<String>,
    pub(crate) entry_id: Option<Vec<u8>>,
    /// Number in the data set, value, reason.
    pub(crate) members: Vec<(usize, MmsValue, BitString)>,
}

impl Report {
    fn of(values: Vec<MmsValue>) -> Self {
        let mut values = values.into_iter();
        let mut next = || values.next().expect("a complete report");
        let id = next().to_string_value().expect("RptID").to_owned();
        let options = ReportOptions::from(next().to_bits().expect("OptFlds"));
        let mut optional = |wanted| options.contains(wanted).then(&mut next);
        let number = optional(ReportOptions::SEQ_NUM);
        optional(ReportOptions::TIME_STAMP);
        let data_set = optional(ReportOptions::DATA_SET);
        optional(ReportOptions::BUFFER_OVERFLOW);
        let entry_id = optional(ReportOptions::ENTRY_ID);
        optional(ReportOptions::CONF_REV);
        let inclusion = next();
        let inclusion = inclusion.to_bits().expect("an inclusion bit string");
        let numbers: Vec<_> = (0..inclusion.len()).filter(|i| inclusion.get(*i)).collect();
        let data: Vec<_> = numbers.iter().map(|_| next()).collect();
        let reasons: Vec<_> = numbers
            .iter()
            .map(|_| match next() {
                MmsValue::BitString(reason) => reason,
                other => panic!("no reason: {other}"),
            })
            .collect();
        assert_eq!(values.next(), None, "a part too many");
        Report {
            id,
            options,
            number: number.map(|n| n.to_uint32().expect("SqNum")),
            data_set: data_set.map(|n| n.to_string_value().expect("DatSet").to_owned()),
            entry_id: entry_id.map(|id| id.to_octet_string().expect("EntryID").to_vec()),
            members: numbers
                .into_iter()
                .zip(data)
                .zip(reasons)
                .map(|((number, value), reason)| (number, value, reason))
                .collect(),
        }
    }
}
