//! TASE.2: a control centre that is sent any MMS PDUs, and files of others.

use crate::{answers, events, wire};
use mms::pdu::Pdu;
use std::net::SocketAddr;
use std::path::Path;
use tase2::account::AccountPeriod;
use tase2::bilateral::{BilateralTable, References, Rights, Rule};
use tase2::condition::{ConditionClass, Trigger};
use tase2::config::Config;
use tase2::endpoint::{Endpoint, EndpointOptions};
use tase2::information::{Message, Recipients};
use tase2::model::{
    Device, DeviceClass, EventCondition, IndicationPoint, Model, Program, TimeSeries,
    TransferAccount,
};
use tase2::types::{ControlType, TimeStamp};
use tase2::{Name, VirtualControlCenter};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// What no peer may see.
const SECRET: &str = "SECRET_OF_ANOTHER";

fn center() -> VirtualControlCenter {
    let mut model = Model::new();
    for (name, ty) in [
        ("ICC1/MW1", "RealQ"),
        ("ICC1/CB1", "StateQTimeTag"),
        ("D3", "Discrete"),
        (SECRET, "Real"),
        ("ICC2/SECRET_OF_ANOTHER", "Real"),
    ] {
        let name = name.parse().expect("a name");
        let point = IndicationPoint::new(name, ty.parse().expect("a type"));
        model.add_point(point).expect("a point");
    }
    // One device that answers at once, and one that takes its time, so that requests are put aside.
    for (name, class) in [
        ("ICC1/CB1_CTL", DeviceClass::Sbo),
        ("ICC1/SP1", DeviceClass::Direct),
    ] {
        let name = name.parse().expect("a name");
        let device = Device::new(name, ControlType::Command, class);
        model.add_device(device).expect("a device");
    }
    for size in [16, 128] {
        model.add_information_buffer(size).expect("a buffer");
    }
    let programs = [events::PROGRAM, "SECRET_OF_ANOTHER"].map(Program::new);
    for program in programs {
        model.add_program(program).expect("a program");
    }
    let trip = EventCondition::new(Name::vcc(events::CONDITION));
    let trip = trip.watching(Name::vcc("D3"), Trigger::Above(5.0));
    let mut horn = EventCondition::new(Name::vcc("HORN"));
    horn.class = ConditionClass::NetworkTriggered;
    let hidden = EventCondition::new(Name::vcc(SECRET));
    for condition in [trip, horn, hidden] {
        model.add_condition(condition).expect("a condition");
    }
    let mut account = TransferAccount::new(7, Name::vcc("TIE"));
    account.integers = 1;
    let mut hidden = TransferAccount::new(8, Name::vcc("TIE_OF_ANOTHER"));
    hidden.sender = SECRET.into();
    for account in [account, hidden] {
        model.add_account(account).expect("an account");
    }
    let series = TimeSeries::new(Name::vcc("D3"));
    model.add_time_series(series).expect("a time series");
    let mut table = BilateralTable::new("PEER", "1", "ICC1");
    table.identity.addresses = vec!["127.0.0.0/8".parse().expect("a range")];
    table.rules = vec![
        Rule::new("ICC1/*", Rights::all()),
        Rule::new("D3", Rights::all()),
        Rule::new(events::PROGRAM, Rights::EXECUTE),
        Rule::new(events::CONDITION, Rights::ENROLL | Rights::WRITE),
        Rule::new("HORN", Rights::ENROLL | Rights::WRITE),
        Rule::new("TIE", Rights::QUERY),
    ];
    table.options.block3 = true;
    table.information.send = References::all();
    table.information.receive = References::all();
    table.information.segments = true;
    table.information.queue = 1;
    table.limits.account_sets = 2;
    table.limits.series_sets = 2;
    table.limits.series_samples = 50;
    table.limits.enrollments = 2;
    table.limits.transfer_sets = 3;
    table.limits.data_sets = 3;
    let vcc = VirtualControlCenter::new(model, vec![table]).expect("a control centre");
    let hour = TimeStamp::from_seconds(1_700_000_000 / 3600 * 3600);
    let mut period = AccountPeriod::of([1.5]);
    period.integers = vec![3];
    vcc.update_account(7, hour, period).expect("account data");
    // What waits until the peer asks for messages.
    vcc.send_information(Recipients::All, &Message::new(7, "hello"))
        .expect("a message");
    let late = vcc.device(&Name::icc("ICC1", "CB1_CTL")).expect("a device");
    late.set_async_handler(|_| async {
        tokio::task::yield_now().await;
        Ok(())
    });
    vcc
}

/// Each request is answered once, and nothing is seen of what is hidden.
pub(crate) fn requests(data: &[u8]) {
    let (stream, mut owed) = answers::stream(data);
    // A report of a peer is taken in silence, whatever it is about: no reject is owed for it.
    for mms in wire::pieces(data).take(answers::MAX_PIECES) {
        let taken = matches!(Pdu::decode(mms), Ok(Pdu::Unconfirmed(_)));
        let reject = owed
            .iter()
            .position(|answer| *answer == answers::Answer::Reject);
        if let Some(reject) = reject.filter(|_| taken) {
            owed.remove(reject);
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .enable_io()
        .build()
        .expect("a runtime");
    let mut given = runtime.block_on(async {
        let endpoint =
            Endpoint::start(&center(), EndpointOptions::default(), vec![]).expect("an endpoint");
        let (mut near, far) = duplex(1 << 20);
        endpoint.serve(far, Some(SocketAddr::from(([127, 0, 0, 1], 1))));
        near.write_all(&stream).await.expect("a peer that reads");
        let (mut out, mut given) = (vec![], vec![]);
        // What is put aside may be answered behind the last one.
        while !given.contains(&answers::LAST) || given.len() < owed.len() {
            let read = near.read_buf(&mut out).await.expect("octets");
            assert!(read > 0, "the association is over");
            given.clear();
            for tsdu in wire::tsdus(&out).0 {
                wire::open_tsdu(&tsdu, &mut |_, mms| {
                    given.extend(answers::given(mms));
                    let secret = SECRET.as_bytes();
                    // What a peer names itself may come back in a data set of its own.
                    let named = stream.windows(secret.len()).any(|w| w == secret);
                    assert!(named || !mms.windows(secret.len()).any(|w| w == secret));
                });
            }
        }
        given
    });
    owed.sort_unstable();
    given.sort_unstable();
    assert_eq!(given, owed);
}

/// A capture is decoded as far as it goes, whatever is in it.
pub(crate) fn capture(data: &[u8]) {
    let Ok(decoded) = tase2::decode::decode(data) else {
        return;
    };
    let problems = decoded
        .records
        .iter()
        .filter(|r| r.what.kind() == "problem");
    assert_eq!(problems.count(), decoded.problems);
    for record in &decoded.records {
        assert!((1..=decoded.frames).contains(&record.frame));
        assert!(record.what.to_string().starts_with(record.what.kind()));
    }
}

/// A configuration is a control centre, or an error with a line.
pub(crate) fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // A list of points is beside it in no folder of this machine.
    match Config::parse(Path::new("/nonexistent/center.toml"), &text) {
        Ok(config) => drop(config.control_center().expect("tables that were checked")),
        Err(error) => assert!(!error.reason.is_empty()),
    }
}
