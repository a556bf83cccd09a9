//! TASE.2: what a peer sends unasked, as the asking side takes it: reports of transfer sets, blocked ones too, information messages, event
//! notifications, account data and time series.

use crate::{answers, wire};
use mms::association::{Answered, Handler, Reply};
use mms::ber::{Reader, Writer};
use mms::net::{Remote, Session};
use mms::pdu::{
    ConfirmedRequest, InformationReportWriter, Pdu, ReadResponseWriter, RequestService,
    VariableAccess, VariableListAttributesWriter, WriteResponseWriter, write_unconfirmed,
    write_variables,
};
use mms::{MmsValue, ObjectName, ServiceError};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tase2::Name;
use tase2::client::{Client, ClientOptions, TransferSpec, Update};
use tase2::types::{
    DsConditions, PointValue, TaConditions, TaHeader, TsConditions, TsTransferSet, Value,
};
use tokio::io::duplex;

const DOMAIN: &str = "ICC1";
/// The transfer set of everything.
const SET: &str = "TS";
/// What the data set has.
const MEMBERS: [ObjectName<'static>; 6] = [
    own("Transfer_Set_Name"),
    own("Transfer_Set_Time_Stamp"),
    own("DSConditions_Detected"),
    ObjectName::Vmd("A"),
    ObjectName::Vmd("B"),
    ObjectName::Vmd("C"),
];
/// Octets of the longest message that is taken.
const LONGEST: usize = 300;

const fn own(item: &str) -> ObjectName<'_> {
    ObjectName::Domain {
        domain: DOMAIN,
        item,
    }
}

fn types() -> HashMap<Name, tase2::types::PointType> {
    [("A", "RealQ"), ("B", "StateQTimeTag"), ("C", "Discrete")]
        .map(|(name, ty)| (Name::vcc(name), ty.parse().expect("a type")))
        .into()
}

/// A peer that takes every request for what a client does before it follows something.
struct Peer;

fn set_name() -> MmsValue {
    MmsValue::Structure(vec![
        MmsValue::Unsigned(1),
        MmsValue::VisibleString(DOMAIN.into()),
        MmsValue::VisibleString(SET.into()),
    ])
}

impl Handler for Peer {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        match request.service {
            RequestService::Read(_) => reply.respond(|w| {
                let response = ReadResponseWriter::begin(w, None);
                set_name().encode(w);
                response.end(w);
            }),
            RequestService::Write(_) => reply.respond(|w| {
                let mut response = WriteResponseWriter::begin(w);
                response.push(w, Ok(()));
                response.end(w);
            }),
            RequestService::GetNamedVariableListAttributes(_) => reply.respond(|w| {
                let mut list = VariableListAttributesWriter::begin(w, true);
                for member in MEMBERS {
                    list.push(w, VariableAccess::from(member));
                }
                list.end(w);
            }),
            _ => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }
}

impl Session for Peer {}

/// What is there already.
async fn now<T>(next: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(Duration::ZERO, next).await.ok()?
}

/// What is taken holds together, and the association lives on.
pub(crate) fn reports(data: &[u8]) {
    let services: Vec<Vec<u8>> = wire::pieces(data)
        .take(answers::MAX_PIECES)
        .filter(|pdu| matches!(Pdu::decode(pdu), Ok(Pdu::Unconfirmed(_))))
        .filter_map(|pdu| Some(Reader::new(pdu).any().ok()?.content.to_vec()))
        .collect();
    if services.is_empty() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(taken(services));
}

async fn taken(services: Vec<Vec<u8>>) {
    let (near, far) = duplex(1 << 20);
    let remote = Remote::new();
    tokio::spawn(mms::server::connection(far, Arc::default(), Peer, remote.clone()).run());
    let mut options = ClientOptions::default();
    options.domain = DOMAIN.into();
    options.information.segments = true;
    options.information.max_size = LONGEST;
    let client = Client::over(near, options).await.expect("an association");

    let conditions = DsConditions::OBJECT_CHANGE | DsConditions::INTEGRITY_TIME_OUT;
    let mut spec = TransferSpec::new(Name::icc(DOMAIN, "DS"), conditions);
    spec.transfer_set = Some(Name::icc(DOMAIN, SET));
    spec.read_after = None;
    spec.discover_types = false;
    spec.types = types();
    // Tagged reports are taken as well.
    spec.attributes.block_data = true;
    spec.attributes.critical = true;
    let mut follow = client.follow(spec).await.expect("a transfer set");
    let mut accounts = client
        .follow_accounts(TaConditions::all())
        .await
        .expect("accounts");
    let mut set = TsTransferSet::default();
    set.data_value = Some(Name::vcc("A"));
    let mut series = client.follow_series(set).await.expect("a series");
    let mut messages = client.messages();
    let mut notifications = client.notifications();

    let count = services.len() as u64;
    remote
        .unconfirmed_all(services, usize::MAX)
        .expect("a peer that reads");
    // The answer to this is behind all of them.
    client.mms().read(own("X")).await.expect("an association");

    let is_real = |value: &PointValue| matches!(value.value, Value::Real(_));
    while let Some(update) = now(follow.next()).await {
        if let Update::Report(report) = update {
            // Names may be any, but values are of the types that are known.
            for change in &report.changes {
                let Ok(value) = change.value else { continue };
                assert!(*change.name != Name::vcc("A") || is_real(&value));
            }
        }
    }
    while let Some(report) = now(accounts.next()).await {
        let sizes =
            |period: &tase2::account::AccountPeriod| (period.floats.len(), period.integers.len());
        let mut periods = report.periods.iter().map(|(_, period)| sizes(period));
        let first = periods.next();
        assert!(periods.all(|size| Some(size) == first));
    }
    while let Some(report) = now(series.next()).await {
        let of_a = report.data_value == Name::vcc("A");
        assert!(!of_a || report.samples.iter().all(|(_, value)| is_real(value)));
    }
    while let Some(message) = now(messages.next()).await {
        assert!(message.content.len() <= LONGEST);
        assert!(
            message
                .text()
                .is_none_or(|text| text.len() == message.content.len())
        );
    }
    while now(notifications.next()).await.is_some() {}
    assert!(client.statistics().malformed <= count);
}

fn unconfirmed(service: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut pdu = vec![];
    write_unconfirmed(&mut Writer::unbounded(&mut pdu), service);
    pdu
}

fn report(names: &[ObjectName<'_>], values: &[MmsValue]) -> Vec<u8> {
    unconfirmed(|w| {
        let report = InformationReportWriter::begin(w, |w| {
            write_variables(w, names.iter().copied());
        });
        for value in values {
            value.encode(w);
        }
        report.end(w);
    })
}

/// One of each.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let octets = |octets: &[u8]| MmsValue::OctetString(octets.to_vec());
    let integers =
        |numbers: &[i32]| MmsValue::Structure(numbers.iter().map(|n| MmsValue::from(*n)).collect());
    let bits = |octet: u8, count| MmsValue::BitString(mms::BitString::from_octets(&[octet], count));
    let quality = || bits(0x0a, 8);
    let real = |value| MmsValue::Structure(vec![MmsValue::Float32(value), quality()]);
    let stamp = || MmsValue::from(1_700_000_000);
    let tagged = report(
        &MEMBERS,
        &[
            set_name(),
            stamp(),
            bits(0x40, 5),
            real(1.5),
            MmsValue::Structure(vec![stamp(), quality()]),
            MmsValue::from(7),
        ],
    );
    let blocked = |octets: &[u8]| {
        let names = [own("Transfer_Set_Name"), own("Transfer_Set_Block_Data")];
        report(
            &names,
            &[set_name(), MmsValue::OctetString(octets.to_vec())],
        )
    };
    let full = b"\x00\x65\x53\xf1\x00\x40\x41\x48\x00\x00\x0a\x65\x53\xf1\x00\x90\x00\x00\x00\x07";
    let changed = b"\x01\x65\x53\xf1\x00\x20\x05\x00\x00\x00\x08";
    let message =
        |header: &[i32], content: &[u8], scope: fn(&'static str) -> ObjectName<'static>| {
            report(
                &[scope("Info_Mess_Header"), scope("Info_Buff_128")],
                &[integers(header), octets(content)],
            )
        };
    let mut header = TaHeader::default();
    (header.periods, header.floats, header.integers) = (2, 1, 1);
    header.period = 3600;
    let matrix = |values: [MmsValue; 2]| {
        MmsValue::Array(values.map(|value| MmsValue::Array(vec![value])).into())
    };
    let account = report(
        &[
            own("Transfer_Set_Name"),
            own("TAConditions_Detected"),
            own("TA_Account_Header"),
            own("TA_Float_Data"),
            own("TA_Integer_Data"),
        ],
        &[
            set_name(),
            bits(0x80, 8),
            header.to_value(),
            matrix([1.0, 2.0].map(MmsValue::Float32)),
            matrix([3, 4].map(MmsValue::from)),
        ],
    );
    let series = |data: MmsValue| {
        report(
            &[
                own("Transfer_Set_Name"),
                own("TSConditions_Detected"),
                ObjectName::Vmd("A"),
            ],
            &[set_name(), TsConditions::all().to_value(), data],
        )
    };
    let samples = [1.0, 2.0].map(|value| MmsValue::Structure(vec![stamp(), real(value)]));
    let packed = b"\x65\x53\xf1\x00\x41\x48\x00\x00\x0a\x65\x53\xf1\x01\x41\x48\x00\x00\x0a";
    // Event notifications in both forms of the name of the condition.
    let events = crate::events::notifications();
    let mut pdus = vec![
        tagged,
        blocked(full),
        blocked(changed),
        message(&[7, 1, 42, 5], b"hello", own),
        message(&[7, 1, 43, 128], &[7; 128], ObjectName::Vmd),
        message(&[7, 1, 44, 2], b"..", ObjectName::Vmd),
        account,
        series(MmsValue::Array(samples.into())),
        series(octets(packed)),
    ];
    pdus.extend(events);
    let mut seeds: Vec<Vec<u8>> = pdus.iter().map(|pdu| wire::joined([&pdu[..]])).collect();
    seeds.push(wire::joined(pdus.iter().map(|pdu| &pdu[..])));
    seeds
}
