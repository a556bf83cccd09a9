//! Section 10 of the protocol reference, octet by octet: what our server answers and sends, and what our client asks.

use crate::support::*;
use mms::RejectReason;
use mms::association::{Answered, Config, Handler, Reply};
use mms::ber::Writer;
use mms::net::{Remote, Session};
use mms::pdu::{ConfirmedRequest, Pdu, UnconfirmedService, write_unconfirmed};
use std::sync::Arc;
use std::time::Duration;
use tase2::client::{Client, TransferSpec, Update};
use tase2::types::{
    DsConditions, DsTransferSet, PointValue, Quality, Source, State, TimeStamp, Validity, Value,
};
use tokio::io::duplex;
use tokio::sync::mpsc;
use tokio::time::{advance, sleep};

const READ_VERSION_AND_FEATURES: &str =
    "a0 34 02 01 01 a4 2f a1 2d a0 2b 30 11 a0 0f 80 0d 54 41 53 45 32 5f 56 65 72 73 69 6f 6e
   30 16 a0 14 80 12 53 75 70 70 6f 72 74 65 64 5f 46 65 61 74 75 72 65 73";
/// Of the example, with blocks 1 and 2 only: that is what is served.
const VERSION_AND_FEATURES: &str =
    "a1 15 02 01 01 a4 10 a1 0e a2 07 85 02 07 d0 85 01 08 84 03 04 c0 00";
const READ_TABLE_ID: &str = "a0 29 02 01 02 a4 24 a1 22 a0 20 30 1e a0 1c a1 1a 1a 04 49 43 43 31 1a 12 42 69 6c 61 74 65 72 61 6c 5f 54 61 62 6c 65 5f 49 44";
const TABLE_ID: &str = "a1 12 02 01 02 a4 0d a1 0b 8a 09 42 4c 54 2d 41 2d 42 2d 33";
const DEFINE: &str = "a0 81 9f 02 01 03 ab 81 99 a1 0b 1a 04 49 43 43 31 1a 03 44 53 31 a0 81 89
   30 1d a0 1b a1 19 1a 04 49 43 43 31 1a 11 54 72 61 6e 73 66 65 72 5f 53 65 74 5f 4e 61 6d 65
   30 23 a0 21 a1 1f 1a 04 49 43 43 31 1a 17 54 72 61 6e 73 66 65 72 5f 53 65 74 5f 54 69 6d 65 5f 53 74 61 6d 70
   30 21 a0 1f a1 1d 1a 04 49 43 43 31 1a 15 44 53 43 6f 6e 64 69 74 69 6f 6e 73 5f 44 65 74 65 63 74 65 64
   30 0f a0 0d a1 0b 1a 04 49 43 43 31 1a 03 4d 57 31  30 0f a0 0d a1 0b 1a 04 49 43 43 31 1a 03 43 42 31";
const DEFINED: &str = "a1 05 02 01 03 8b 00";
const READ_NEXT: &str = "a0 2a 02 01 04 a4 25 a1 23 a0 21 30 1f a0 1d a1 1b 1a 04 49 43 43 31 1a 13 4e 65 78 74 5f 44 53 54 72 61 6e 73 66 65 72 5f 53 65 74";
const NEXT: &str =
    "a1 19 02 01 04 a4 14 a1 12 a2 10 86 01 01 8a 04 49 43 43 31 8a 05 44 53 54 53 31";
const START: &str = "a0 54 02 01 05 a5 4f a0 13 30 11 a0 0f a1 0d 1a 04 49 43 43 31 1a 05 44 53 54 53 31 a0 38 a2 36
   a2 0e 86 01 01 8a 04 49 43 43 31 8a 03 44 53 31  85 01 00 85 01 00 85 01 1e 85 01 02 85 02 01 2c
   84 02 03 60 83 01 00 83 01 00 83 01 01 83 01 00 83 01 01 85 01 00";
const STARTED: &str = "a1 07 02 01 05 a5 02 81 00";
const FULL_REPORT: &str = "a3 48 a0 46 a1 0d a1 0b 1a 04 49 43 43 31 1a 03 44 53 31 a0 35 a2 10 86 01 01 8a 04 49 43 43 31 8a 05 44 53 54 53 31
   85 04 65 53 f1 00 84 02 03 40 a2 0b 87 05 08 41 48 00 00 84 02 00 00 a2 0a 85 04 65 53 f0 f6 84 02 00 80";
const CHANGE_REPORT: &str = "a3 81 a7 a0 81 a4 a0 78 30 1d a0 1b a1 19 1a 04 49 43 43 31 1a 11 54 72 61 6e 73 66 65 72 5f 53 65 74 5f 4e 61 6d 65
   30 23 a0 21 a1 1f 1a 04 49 43 43 31 1a 17 54 72 61 6e 73 66 65 72 5f 53 65 74 5f 54 69 6d 65 5f 53 74 61 6d 70
   30 21 a0 1f a1 1d 1a 04 49 43 43 31 1a 15 44 53 43 6f 6e 64 69 74 69 6f 6e 73 5f 44 65 74 65 63 74 65 64
   30 0f a0 0d a1 0b 1a 04 49 43 43 31 1a 03 43 42 31 a0 28 a2 10 86 01 01 8a 04 49 43 43 31 8a 05 44 53 54 53 31
   85 04 65 53 f1 0c 84 02 03 20 a2 0a 85 04 65 53 f1 0a 84 02 00 4a";
const ACKNOWLEDGE: &str = "a3 64 a0 62 a0 46 30 1f a0 1d a1 1b 1a 04 49 43 43 31 1a 13 54 72 61 6e 73 66 65 72 5f 52 65 70 6f 72 74 5f 41 43 4b
   30 23 a0 21 a1 1f 1a 04 49 43 43 31 1a 17 54 72 61 6e 73 66 65 72 5f 53 65 74 5f 54 69 6d 65 5f 53 74 61 6d 70
   a0 18 a2 10 86 01 01 8a 04 49 43 43 31 8a 05 44 53 54 53 31 85 04 65 53 f1 0c";

/// The service element of a request.
fn service(pdu: &[u8]) -> Vec<u8> {
    let Ok(Pdu::ConfirmedRequest(request)) = Pdu::decode(pdu) else {
        panic!("no request");
    };
    let mut service = vec![];
    request.service.encode(&mut Writer::unbounded(&mut service));
    service
}

async fn exchange(raw: &Raw, request: &str, answer: &str) {
    let request = hex(request);
    let answered = raw.remote().request(service(&request)).await.unwrap();
    assert_eq!(answered, hex(answer));
}

fn off() -> PointValue {
    PointValue::state(State::Off)
        .at(TimeStamp::from_seconds(0x6553_f10a))
        .with_quality(Quality {
            source: Source::Entered,
            abnormal: true,
            ..Quality::default()
        })
}

#[tokio::test(start_paused = true)]
async fn our_server() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    exchange(&raw, READ_VERSION_AND_FEATURES, VERSION_AND_FEATURES).await;
    exchange(&raw, READ_TABLE_ID, TABLE_ID).await;
    exchange(&raw, DEFINE, DEFINED).await;
    exchange(&raw, READ_NEXT, NEXT).await;
    exchange(&raw, START, STARTED).await;
    assert_eq!(raw.report().await, hex(FULL_REPORT));
    sleep(Duration::from_secs(10)).await;
    bench.set("ICC1/CB1", off());
    assert_eq!(raw.report().await, hex(CHANGE_REPORT));
    // Stop: the same with the last status FALSE. Then the data set goes.
    let mut stop = hex(START);
    let status = stop.len() - 4;
    assert_eq!(stop[status - 2..=status], [0x83, 1, 1]);
    stop[status] = 0;
    let answered = raw.remote().request(service(&stop)).await.unwrap();
    assert_eq!(answered, hex("a1 07 02 01 06 a5 02 81 00"));
    bench.set_discrete("D1", 1);
    raw.silent(1000.0).await;
    let data_set = [mms::ObjectName::domain("ICC1", "DS1")];
    let deleted = raw.mms.delete_named_variable_lists(&data_set).await;
    assert_eq!(deleted.unwrap().deleted, 1);
    raw.mms.conclude().await.unwrap();
}

/// Answers each request with the next prepared answer, and keeps what was asked.
struct Script {
    answers: std::vec::IntoIter<Vec<u8>>,
    asked: mpsc::UnboundedSender<Vec<u8>>,
}

impl Handler for Script {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        let mut pdu = vec![];
        request.encode(&mut Writer::unbounded(&mut pdu));
        self.asked.send(pdu).unwrap();
        let answer = self.answers.next().expect("another answer");
        let Ok(Pdu::ConfirmedResponse(response)) = Pdu::decode(&answer) else {
            panic!("no response");
        };
        reply.respond(|w| response.service.encode(w))
    }

    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        let mut pdu = vec![];
        write_unconfirmed(&mut Writer::unbounded(&mut pdu), |w| service.encode(w));
        self.asked.send(pdu).unwrap();
        Ok(())
    }
}

impl Session for Script {}

#[tokio::test(start_paused = true)]
async fn our_client() {
    // The members as defined, in the answer of getNamedVariableListAttributes; then the type of a transfer set.
    let members = {
        let define = hex(DEFINE);
        let Ok(Pdu::ConfirmedRequest(request)) = Pdu::decode(&define) else {
            panic!("no request");
        };
        let mms::pdu::RequestService::DefineNamedVariableList(define) = request.service else {
            panic!("no definition");
        };
        let mut pdu = vec![];
        mms::pdu::write_confirmed_response(&mut Writer::unbounded(&mut pdu), 4, |w| {
            let mut attributes = mms::pdu::VariableListAttributesWriter::begin(w, true);
            define
                .variables
                .iter()
                .for_each(|member| attributes.push(w, member));
            attributes.end(w);
        });
        pdu
    };
    let described = {
        let mut pdu = vec![];
        mms::pdu::write_confirmed_response(&mut Writer::unbounded(&mut pdu), 5, |w| {
            let ty = tase2::types::TransferSetShape::E2000.description();
            mms::pdu::write_access_attributes(w, false, |w| ty.encode(w));
        });
        pdu
    };
    let script: Vec<Vec<u8>> = vec![
        hex(TABLE_ID),
        hex(DEFINED),
        members,
        hex(NEXT),
        described,
        hex(STARTED),
    ];
    let (asked, mut seen) = mpsc::unbounded_channel();
    let (near, far) = duplex(1 << 16);
    let remote = Remote::new();
    let session = Script {
        answers: script.into_iter(),
        asked,
    };
    let config = Arc::new(Config::default());
    tokio::spawn(mms::server::connection(far, config, session, remote.clone()).run());
    let client = Client::over(near, client_options(TITLE)).await.unwrap();

    let expect = async |seen: &mut mpsc::UnboundedReceiver<Vec<u8>>, pdu: &str| {
        let asked = seen.recv().await.unwrap();
        let mut expected = hex(pdu);
        // Invoke ids are arbitrary.
        if expected[0] == 0xa0 {
            let at = expected.iter().position(|o| *o == 2).unwrap();
            let theirs = asked.iter().position(|o| *o == 2).unwrap();
            expected[at + 2] = asked[theirs + 2];
        }
        assert_eq!(asked, expected);
    };
    assert_eq!(client.table_id().await.unwrap(), "BLT-A-B-3");
    expect(&mut seen, READ_TABLE_ID).await;

    let mut spec = TransferSpec::new(
        name("ICC1/DS1"),
        DsConditions::INTEGRITY_TIME_OUT | DsConditions::OBJECT_CHANGE,
    )
    .with_members(names(&[
        "ICC1/Transfer_Set_Name",
        "ICC1/Transfer_Set_Time_Stamp",
        "ICC1/DSConditions_Detected",
        "ICC1/MW1",
        "ICC1/CB1",
    ]));
    spec.attributes = DsTransferSet {
        tle: 30,
        buffer_time: 2,
        integrity_check: 300,
        ..spec.attributes
    };
    spec.types
        .insert(name("ICC1/MW1"), "RealQ".parse().unwrap());
    spec.types
        .insert(name("ICC1/CB1"), "StateQTimeTag".parse().unwrap());
    spec.read_after = None;
    let mut follow = client.follow(spec).await.unwrap();
    expect(&mut seen, DEFINE).await;
    seen.recv().await.unwrap();
    expect(&mut seen, READ_NEXT).await;
    seen.recv().await.unwrap();
    expect(&mut seen, START).await;

    let report = |pdu: &str| {
        let pdu = hex(pdu);
        let Ok(Pdu::Unconfirmed(service)) = Pdu::decode(&pdu) else {
            panic!("no report");
        };
        let mut octets = vec![];
        service.encode(&mut Writer::unbounded(&mut octets));
        octets
    };
    remote.unconfirmed(report(FULL_REPORT), 10_000).unwrap();
    remote.unconfirmed(report(CHANGE_REPORT), 10_000).unwrap();
    assert!(matches!(follow.next().await, Some(Update::Started { .. })));
    let Some(Update::Report(full)) = follow.next().await else {
        panic!("no report");
    };
    assert!(full.full);
    assert_eq!(full.time, Some(TimeStamp::from_seconds(EPOCH)));
    assert_eq!(full.conditions, Some(DsConditions::INTEGRITY_TIME_OUT));
    assert_eq!(*full.changes[0].name, name("ICC1/MW1"));
    let mw1 = full.changes[0].value.unwrap();
    assert_eq!(mw1.value, Value::Real(12.5));
    assert_eq!(mw1.quality.map(|q| q.validity), Some(Validity::Valid));
    let Some(Update::Report(change)) = follow.next().await else {
        panic!("no report");
    };
    assert!(!change.full);
    assert_eq!(change.changes.len(), 1);
    assert_eq!(change.changes[0].value, Ok(off()));
    assert_eq!(client.statistics().reports, 2);
    advance(Duration::from_secs(1)).await;
    assert!(
        seen.try_recv().is_err(),
        "nothing is acknowledged that is not critical"
    );
}

#[tokio::test(start_paused = true)]
async fn our_acknowledgement() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    // The server takes the acknowledgement of the example for one of a critical transfer set.
    exchange(&raw, READ_VERSION_AND_FEATURES, VERSION_AND_FEATURES).await;
    exchange(&raw, READ_TABLE_ID, TABLE_ID).await;
    exchange(&raw, DEFINE, DEFINED).await;
    exchange(&raw, READ_NEXT, NEXT).await;
    let mut start = hex(START);
    let critical = start.len() - 3 * 5 + 2;
    assert_eq!(start[critical - 2..=critical], [0x83, 1, 0]);
    start[critical] = 1;
    raw.remote().request(service(&start)).await.unwrap();
    let mut events = bench.vcc.events();
    raw.report().await;
    sleep(Duration::from_secs(10)).await;
    bench.set("ICC1/CB1", off());
    assert_eq!(raw.report().await, hex(CHANGE_REPORT));
    let acknowledge = hex(ACKNOWLEDGE);
    let Ok(Pdu::Unconfirmed(acknowledgement)) = Pdu::decode(&acknowledge) else {
        panic!("no report");
    };
    let mut octets = vec![];
    acknowledgement.encode(&mut Writer::unbounded(&mut octets));
    raw.remote().unconfirmed(octets, 10_000).unwrap();
    // The first report was not acknowledged, the second one was.
    sleep(Duration::from_secs(100)).await;
    let mut late = 0;
    while let Ok(event) = events.try_recv() {
        if let tase2::Event::Reports { problem, count, .. } = event {
            assert_eq!(problem, tase2::ReportProblem::NotAcknowledged);
            late += count;
        }
    }
    assert_eq!(late, 1);
}
