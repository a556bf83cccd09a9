//! Block 3: transfer sets with BlockData.

use crate::client_of_hand;
use crate::support::{Bench, DOMAIN, TITLE, client_options, names, table};
use mms::ber::Writer;
use mms::pdu::{InformationReportWriter, RequestService, write_variables};
use mms::{DataAccessError, MmsValue, ObjectName, ServiceError};
use std::collections::HashMap;
use tase2::Name;
use tase2::bilateral::{Oversized, Rights, Rule};
use tase2::client::{Follow, Report, TransferSpec, Update};
use tase2::types::{DsConditions, Features, PointValue, Quality, State, Validity, Value};

fn with(change: impl FnOnce(&mut tase2::bilateral::BilateralTable)) -> Bench {
    let mut table = table();
    table.options.block3 = true;
    change(&mut table);
    Bench::with(vec![table])
}

fn spec(members: &[&str]) -> TransferSpec {
    let all = DsConditions::OBJECT_CHANGE | DsConditions::INTEGRITY_TIME_OUT;
    let mut spec = TransferSpec::new("ICC1/DS".parse().unwrap(), all).with_members(names(members));
    spec.attributes.integrity_check = 60;
    spec.attributes.block_data = true;
    spec
}

async fn next(follow: &mut Follow) -> Report {
    loop {
        match follow.next().await.unwrap() {
            Update::Report(report) => return (*report).clone(),
            Update::Started { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

fn values(report: &Report) -> Vec<(String, Value)> {
    let changes = report.changes.iter();
    changes
        .map(|c| (c.name.to_string(), c.value.unwrap().value))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn s_block_3_is_off_until_it_is_switched_on() {
    let bench = Bench::new();
    let client = bench.client().await;
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2]));
    let refused = client.follow(spec(&["D1"])).await.unwrap_err();
    assert_eq!(
        refused.access_error(),
        Some(DataAccessError::ObjectAccessUnsupported)
    );
    let bench = with(|_| {});
    let client = bench.client().await;
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2, 3]));
    assert!(
        client
            .names(Some(DOMAIN))
            .await
            .unwrap()
            .contains(&Name::icc(DOMAIN, "Transfer_Set_Block_Data"))
    );
    // A control point has no packed form.
    let refused = client.follow(spec(&["ICC1/SP1"])).await.unwrap_err();
    assert_eq!(
        refused.access_error(),
        Some(DataAccessError::ObjectValueInvalid)
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_3_octets_on_the_wire() {
    let bench = with(|_| {});
    let client = bench.client().await;
    let mut raw = bench.raw().await;
    let members = names(&[
        "ICC1/Transfer_Set_Name",
        "ICC1/Transfer_Set_Time_Stamp",
        "ICC1/DSConditions_Detected",
        "ICC1/MW1",
        "ICC1/CB1",
    ]);
    client
        .create_data_set(&Name::icc(DOMAIN, "DS"), &members)
        .await
        .unwrap();
    let name = client.next_transfer_set().await.unwrap();
    assert_eq!(name.item(), "DSTS1");
    drop(client);
    // From the other association: the second set, written octet by octet as in the worked example with BlockData TRUE.
    let value = crate::support::hex(
        "a2 35 a2 0d 86 01 01 8a 04 49 43 43 31 8a 02 44 53 85 01 00 85 01 00 85 01 1e 85 01 00 85 02 01 2c
         84 02 03 60 83 01 01 83 01 00 83 01 01 83 01 00 83 01 01 85 01 00",
    );
    let value = MmsValue::from_bytes(&value).unwrap();
    let set = ObjectName::Domain {
        domain: DOMAIN,
        item: "DSTS2",
    };
    raw.mms.write(set, &value).await.unwrap();
    // Rule 0: time stamp, conditions 01100, then 12.5 with its flags, then the time and state of CB1.
    let seen = raw.seen().await;
    assert_eq!(
        seen.about,
        ["ICC1/Transfer_Set_Name", "ICC1/Transfer_Set_Block_Data"]
    );
    assert_eq!(
        seen.values[1],
        "006553f100404148000000".to_owned() + "6553f0f680"
    );
    bench.set(
        "ICC1/CB1",
        PointValue::state(State::Off).at(tase2::types::TimeStamp::from_seconds(1)),
    );
    // Rule 1: member 4 of the data set, the special variables counted.
    let seen = raw.seen().await;
    assert_eq!(seen.values[1], "016553f10020040000000140");
}

#[tokio::test(start_paused = true)]
async fn block_3_all_conditions_between_two_sides() {
    let bench = with(|_| {});
    let client = bench.client().await;
    let mut follow = client
        .follow(spec(&["ICC1/MW1", "ICC1/CB1", "D1", "D2"]))
        .await
        .unwrap();
    let full = next(&mut follow).await;
    assert!(full.full && full.time.is_some());
    assert_eq!(full.conditions, Some(DsConditions::INTEGRITY_TIME_OUT));
    assert_eq!(full.event_code, Some(0));
    let expected = [
        ("ICC1/MW1".to_owned(), Value::Real(12.5)),
        ("ICC1/CB1".to_owned(), Value::State(State::On)),
        ("D1".to_owned(), Value::Discrete(0)),
        ("D2".to_owned(), Value::Discrete(0)),
    ];
    assert_eq!(values(&full), expected);
    let held = Quality::of(Validity::Held);
    bench.set("ICC1/MW1", PointValue::real(-1.5).with_quality(held));
    let change = next(&mut follow).await;
    assert!(!change.full);
    assert_eq!(change.conditions, Some(DsConditions::OBJECT_CHANGE));
    assert_eq!(
        values(&change),
        [("ICC1/MW1".to_owned(), Value::Real(-1.5))]
    );
    assert_eq!(change.changes[0].value.unwrap().quality, Some(held));
    let integrity = next(&mut follow).await;
    assert!(integrity.full && integrity.changes.len() == 4);
    follow.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn block_3_critical_reports_are_acknowledged() {
    let bench = with(|table| table.options.block3_index_base = 1);
    let client = bench.client().await;
    let mut spec = spec(&["D1", "D2"]);
    spec.attributes.critical = true;
    spec.block_index_base = 1;
    let mut follow = client.follow(spec).await.unwrap();
    next(&mut follow).await;
    bench.set_discrete("D2", 5);
    assert_eq!(
        values(&next(&mut follow).await),
        [("D2".to_owned(), Value::Discrete(5))]
    );
    assert_eq!(client.statistics().acknowledged, 2);
}

#[tokio::test(start_paused = true)]
async fn s_block_3_what_may_not_be_read_is_left_out() {
    let bench = with(|_| {});
    let client = bench.client().await;
    let mut follow = client.follow(spec(&["D1", "D2"])).await.unwrap();
    next(&mut follow).await;
    let mut less = table();
    less.options.block3 = true;
    less.rules = vec![
        Rule::new("ICC1/*", Rights::READ),
        Rule::new("D2", Rights::READ),
    ];
    bench.endpoint.reload(vec![less]).unwrap();
    let full = next(&mut follow).await;
    // With numbers, so that nobody takes one value for another.
    assert_eq!(values(&full), [("D2".to_owned(), Value::Discrete(0))]);
}

#[tokio::test(start_paused = true)]
async fn s_block_3_split_where_a_pdu_is_too_small() {
    use tase2::model::{IndicationPoint, Model};
    // 110 names of two characters fit a PDU of 1000 octets, and their values of 11 octets do not.
    let members: Vec<Name> = (0..110)
        .map(|i| Name::vcc(format!("{}{}", char::from(b'A' + i / 10), i % 10)))
        .collect();
    for oversized in [Oversized::Split, Oversized::Refuse] {
        let mut model = Model::new();
        for name in &members {
            let ty = "RealQTimeTagExtended".parse().unwrap();
            model
                .add_point(IndicationPoint::new(name.clone(), ty))
                .unwrap();
        }
        let data_set = tase2::model::PredefinedDataSet {
            name: "ICC1/DS".parse().unwrap(),
            members: members.clone(),
            deletable: false,
        };
        model.add_data_set(data_set).unwrap();
        let mut table = table();
        table.options.block3 = true;
        table.options.oversized = oversized;
        table.rules = vec![
            Rule::new("*", Rights::READ),
            Rule::new("ICC1/DS", Rights::READ | Rights::USE),
        ];
        let bench = crate::bench(model, vec![table]);
        let mut events = bench.vcc.events();
        let (near, far) = tokio::io::duplex(1 << 16);
        bench.endpoint.serve(far, None);
        let mut options = client_options(TITLE);
        options.config.max_pdu_size = 1000;
        let client = tase2::client::Client::over(near, options).await.unwrap();
        let mut spec = spec(&[]);
        spec.members = None;
        spec.read_after = None;
        let mut follow = client.follow(spec).await.unwrap();
        if oversized == Oversized::Split {
            let first = next(&mut follow).await;
            let second = next(&mut follow).await;
            let names = |report: &Report| -> Vec<Name> {
                report.changes.iter().map(|c| (*c.name).clone()).collect()
            };
            assert_eq!([names(&first), names(&second)].concat(), members);
            assert!(!first.full);
        } else {
            let problem = tase2::ReportProblem::TooLong;
            while !matches!(events.recv().await.unwrap(), tase2::Event::Reports { problem: p, .. } if p == problem)
            {
            }
        }
    }
}

/// A report with blocked data, from a peer by hand.
fn blocked(octets: &[u8]) -> Vec<u8> {
    let mut service = vec![];
    let w = &mut Writer::unbounded(&mut service);
    let name = |item| ObjectName::Domain {
        domain: DOMAIN,
        item,
    };
    let report = InformationReportWriter::begin(w, |w| {
        write_variables(
            w,
            ["Transfer_Set_Name", "Transfer_Set_Block_Data"].map(name),
        );
    });
    MmsValue::Structure(vec![
        MmsValue::Unsigned(1),
        MmsValue::VisibleString(DOMAIN.into()),
        MmsValue::VisibleString("TS".into()),
    ])
    .encode(w);
    MmsValue::OctetString(octets.to_vec()).encode(w);
    report.end(w);
    service
}

#[tokio::test(start_paused = true)]
async fn c_block_3_what_a_peer_sends_is_understood_or_refused() {
    use mms::pdu::{VariableListAttributesWriter, WriteResponseWriter};
    let members = [
        ObjectName::Domain {
            domain: DOMAIN,
            item: "Transfer_Set_Name",
        },
        ObjectName::Domain {
            domain: DOMAIN,
            item: "DSConditions_Detected",
        },
        ObjectName::Vmd("A"),
        ObjectName::Vmd("B"),
    ];
    let (client, remote) =
        client_of_hand(client_options(TITLE), move |request, reply| {
            match request.service {
                RequestService::GetNamedVariableListAttributes(_) => reply.respond(|w| {
                    let mut list = VariableListAttributesWriter::begin(w, true);
                    for member in members {
                        list.push(w, mms::pdu::VariableAccess::from(member));
                    }
                    list.end(w);
                }),
                RequestService::Write(_) => reply.respond(|w| {
                    let mut response = WriteResponseWriter::begin(w);
                    response.push(w, Ok(()));
                    response.end(w);
                }),
                _ => reply.error(ServiceError::OBJECT_NON_EXISTENT),
            }
        })
        .await;
    client.set_point_type(Name::vcc("A"), "RealQ".parse().unwrap());
    let mut spec = spec(&[]);
    spec.members = None;
    spec.transfer_set = Some(Name::icc(DOMAIN, "TS"));
    spec.read_after = None;
    spec.attributes.critical = true;
    // The type of B is known to nobody.
    spec.discover_types = false;
    spec.types = HashMap::from([(Name::vcc("A"), "RealQ".parse().unwrap())]);
    let refused = client.follow(spec.clone()).await.unwrap_err();
    assert!(
        refused.to_string().contains("the type of every member"),
        "{refused}"
    );
    spec.types
        .insert(Name::vcc("B"), "Discrete".parse().unwrap());
    let mut follow = client.follow(spec).await.unwrap();
    let send = |octets: &[u8]| remote.unconfirmed(blocked(octets), 1 << 16).unwrap();
    send(&[0, 0x20, 0x41, 0x48, 0, 0, 0, 0, 0, 0, 9]);
    let full = next(&mut follow).await;
    let expected = [
        ("A".to_owned(), Value::Real(12.5)),
        ("B".to_owned(), Value::Discrete(9)),
    ];
    assert_eq!((values(&full), full.full), (expected.to_vec(), true));
    send(&[2, 0x20, 0, 3, 0, 0, 0, 7]);
    assert_eq!(
        values(&next(&mut follow).await),
        [("B".to_owned(), Value::Discrete(7))]
    );
    // Cut short, too long, a special variable, a member there is not, another rule, nothing: refused with a NACK, and none of them told.
    for bad in [
        &[0, 0x20, 0x41, 0x48, 0, 0, 0, 0, 0, 0][..],
        &[0, 0x20, 0x41, 0x48, 0, 0, 0, 0, 0, 0, 9, 9],
        &[1, 0x20, 1, 0, 0, 0, 0],
        &[1, 0x20, 4, 0, 0, 0, 0],
        &[3, 0x20],
        &[],
    ] {
        send(bad);
    }
    send(&[1, 0x20, 3, 0, 0, 0, 8]);
    assert_eq!(
        values(&next(&mut follow).await),
        [("B".to_owned(), Value::Discrete(8))]
    );
    let statistics = client.statistics();
    assert_eq!(
        (
            statistics.reports,
            statistics.malformed,
            statistics.acknowledged
        ),
        (3, 6, 9)
    );
}
