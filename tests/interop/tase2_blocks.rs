//! Blocks 3, 4, 7, 8 and 9 of TASE.2 against the MMS stack of hat-drivers, in both roles; see the script for what it has of them.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tase2::account::AccountPeriod;
use tase2::bilateral::{BilateralTable, References, Rights, Rule};
use tase2::client::{TransferSpec, Update};
use tase2::condition::{PredefinedEnrollment, Trigger};
use tase2::endpoint::{Call, Endpoint, EndpointOptions};
use tase2::information::{Message, Recipients};
use tase2::model::{EventCondition, IndicationPoint, Model, TimeSeries, TransferAccount};
use tase2::types::{
    DsConditions, PointValue, TaConditions, TimeStamp, TsConditions, TsTransferSet, Value,
};
use tase2::{Name, VirtualControlCenter};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::peers;
use crate::servers::Server;

const HOUR: i64 = 1_700_000_000 / 3600 * 3600;
const LIMIT: Duration = Duration::from_secs(30);

fn model() -> Model {
    let mut model = Model::new();
    for (name, ty, value) in [
        ("N_LOAD", "RealQ", PointValue::real(412.5)),
        ("N_NOTE", "Discrete", PointValue::discrete(0)),
    ] {
        let mut point = IndicationPoint::new(Name::vcc(name), ty.parse().unwrap());
        point.initial = value.with_quality(tase2::types::Quality::default());
        model.add_point(point).unwrap();
    }
    for size in [128, 1024] {
        model.add_information_buffer(size).unwrap();
    }
    let trip = EventCondition::new(Name::vcc("N_TRIP"));
    let trip = trip.watching(Name::vcc("N_NOTE"), Trigger::Above(8.0));
    model.add_condition(trip).unwrap();
    let mut account = TransferAccount::new(7, Name::vcc("N_TIE"));
    account.sender = "NORTH".into();
    account.receiver = "SOUTH".into();
    account.floats = 0;
    account.integers = 1;
    model.add_account(account).unwrap();
    let series = TimeSeries::new(Name::vcc("N_LOAD"));
    model.add_time_series(series).unwrap();
    model
}

/// What NORTH agrees upon with SOUTH, which the scripts call each other too.
fn table(peer: &str, title: &str) -> BilateralTable {
    let mut table = BilateralTable::new(peer, "NS-2026-1", "NORTH_SOUTH");
    table.identity.ap_title = Some(title.parse().unwrap());
    table.information.send = References::from(7);
    table.information.queue = 10;
    table
}

#[test]
fn hat_uses_our_blocks() {
    let runtime = Runtime::new().expect("a runtime");
    let _inside = runtime.enter();
    let mut south = table("SOUTH", "1.1.999.2");
    south.rules = vec![
        Rule::new("N_*", Rights::READ | Rights::USE | Rights::QUERY),
        Rule::new("N_NOTE", Rights::WRITE),
        Rule::new("N_TRIP", Rights::ENROLL),
    ];
    south.information.receive = References::from(7);
    south.options.block3 = true;
    south.options.bare_condition_names = true;
    south.enrollments = vec![PredefinedEnrollment::new("ALARMS", Name::vcc("N_TRIP"))];
    let north = VirtualControlCenter::new(model(), vec![south]).expect("NORTH");
    let mut messages = north.messages();
    for hour in 0..2 {
        let account = AccountPeriod {
            integers: vec![10 + hour],
            ..AccountPeriod::default()
        };
        let at = TimeStamp::from_seconds(HOUR + 3600 * i64::from(hour));
        north.update_account(7, at, account).expect("account data");
    }
    let mut options = EndpointOptions::default();
    options.listen = Some("127.0.0.1:0".parse().unwrap());
    options.ap_title = Some("1.1.999.1".parse().unwrap());
    let endpoint = Endpoint::start(&north, options, vec![]).expect("an endpoint");
    let notice = Message::new(7, "line 4 is back").with_message_id(9);
    // It waits until SOUTH wants messages.
    north
        .send_information(Recipients::Peer("SOUTH"), &notice)
        .expect("a message");
    let seen = peers::hat_tase2_blocks_client(endpoint.local_addr().expect("an address"));
    let mut taken = vec![];
    runtime.block_on(async {
        for _ in 0..2 {
            taken.push(timeout(LIMIT, messages.next()).await.unwrap().unwrap());
        }
        endpoint.stop().await;
    });
    let in_domain = |items: &[&str]| {
        json!(
            items
                .iter()
                .map(|i| format!("NORTH_SOUTH/{i}"))
                .collect::<Vec<_>>()
        )
    };
    assert_eq!(
        (&seen["features"], &seen["off"], &seen["on"]),
        (&json!("111100111000"), &json!(false), &json!("ok"))
    );
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(
        seen["message"],
        json!({
            "about": in_domain(&["Info_Mess_Header", "Info_Buff_128"]),
            "values": [[7, 0, 9, 14], hex("line 4 is back")],
        })
    );
    assert_eq!(seen["header again"], json!([7, 0, 9, 14]));
    assert_eq!(taken[0].text(), Some("hat was here"));
    assert_eq!(
        (
            taken[0].local_reference,
            taken[0].message_id,
            taken[0].to_all
        ),
        (3, 42, false)
    );
    assert_eq!(taken[1].content, (0..200).collect::<Vec<u8>>());

    assert_eq!(seen["blocked"], "ok");
    let blocked = in_domain(&["Transfer_Set_Name", "Transfer_Set_Block_Data"]);
    let octets = |report: &Json| {
        assert_eq!(report["about"], blocked);
        assert_eq!(report["values"][0], json!([1, "NORTH_SOUTH", "DSTS1"]));
        report["values"][1].as_str().expect("octets").to_owned()
    };
    // Rule 0, a time stamp, the condition, and 412.5 with its quality and 0.
    let full = octets(&seen["full"]);
    assert!(
        full.starts_with("00") && full.ends_with("4043ce40000000000000"),
        "{full}"
    );
    assert_eq!(full.len(), 2 * (1 + 4 + 1 + 5 + 4));
    // Rule 1, and the fifth member.
    let change = octets(&seen["change"]);
    assert!(
        change.starts_with("01") && change.ends_with("200400000005"),
        "{change}"
    );

    assert_eq!(
        seen["event"],
        json!({"enrollment": "NORTH_SOUTH/ALARMS", "condition": "N_TRIP", "severity": 64})
    );

    assert_eq!(
        (&seen["accounts"], &seen["asked"]),
        (&json!("ok"), &json!("ok"))
    );
    assert_eq!(seen["no account"], json!({"error": "object-value-invalid"}));
    let header = json!([7, 77, "NORTH", "SOUTH", HOUR, 7200, 3600, 2, 0, 1, false]);
    assert_eq!(
        seen["account"]["values"],
        json!(["00000001", header, [[], []], [[10], [11]]])
    );

    assert_eq!(seen["next series set"], json!([1, "NORTH_SOUTH", "TSTS1"]));
    assert_eq!(seen["series"], "ok");
    let samples = seen["samples"]["values"].as_array().expect("values");
    let value = json!([412.5, "00000000"]);
    assert_eq!(
        samples.last(),
        Some(&json!([[1, value], [2, value], [3, value]]))
    );
}

#[test]
fn we_use_the_blocks_of_hat() {
    let server = Server::hat_tase2_blocks();
    let runtime = Runtime::new().expect("a runtime");
    let address = server.address().to_string();
    runtime.block_on(async {
        let mut north = table("NORTH", "1.1.999.1");
        north.information.receive = References::from(7);
        let mut model = Model::new();
        model.add_information_buffer(128).unwrap();
        let south = VirtualControlCenter::new(model, vec![north]).expect("SOUTH");
        let mut messages = south.messages();
        let notice = Message::new(7, "from the south").with_message_id(5);
        south
            .send_information(Recipients::Peer("NORTH"), &notice)
            .expect("a message");
        let mut options = EndpointOptions::default();
        options.ap_title = Some("1.1.999.2".parse().unwrap());
        let endpoint = Endpoint::start(&south, options, vec![Call::new("NORTH", vec![address])])
            .expect("an endpoint");
        let client = endpoint.peer("NORTH").unwrap();
        let client = client.connected(LIMIT).await.expect("an association");

        let mut told = client.notifications();
        client.enable_information(true).await.expect("messages");
        let next = async || timeout(LIMIT, messages.next()).await.unwrap().unwrap();
        let mut next = next;
        let (first, second) = (next().await, next().await);
        assert_eq!((first.text(), first.to_all), (Some("hello"), false));
        assert_eq!(second.content, (0..128).collect::<Vec<u8>>());
        assert!(second.to_all);
        let event = timeout(LIMIT, told.next()).await.unwrap().unwrap();
        assert_eq!(event.severity, 3);
        assert_eq!(
            event.condition,
            Some(mms::OwnedObjectName::Vmd("N_TRIP".into()))
        );

        let conditions = DsConditions::OBJECT_CHANGE | DsConditions::INTEGRITY_TIME_OUT;
        let mut spec = TransferSpec::new("NORTH_SOUTH/DS".parse().unwrap(), conditions)
            .with_members(vec![Name::vcc("N_LOAD")]);
        spec.attributes.integrity_check = 60;
        spec.attributes.block_data = true;
        let mut follow = client.follow(spec).await.expect("a transfer set");
        let mut reports = vec![];
        while reports.len() < 2 {
            if let Some(Update::Report(report)) = timeout(LIMIT, follow.next()).await.unwrap() {
                reports.push(report);
            }
        }
        let value = |i: usize| reports[i].changes[0].value.unwrap();
        assert_eq!(
            (value(0).value, value(1).value),
            (Value::Real(400.0), Value::Real(401.5))
        );
        assert!(reports[0].full && !reports[1].full);
        assert_eq!(reports[1].conditions, Some(DsConditions::OBJECT_CHANGE));
        assert!(value(1).quality.unwrap().abnormal);
        follow.stop().await.expect("a stop");

        let start = TimeStamp::from_seconds(HOUR);
        let found = client
            .query_account(7, start, 7200, LIMIT)
            .await
            .expect("an account");
        assert_eq!((found.len(), found[0].sender.as_str()), (1, "NORTH"));
        let periods = found[0].periods.iter();
        let periods: Vec<_> = periods
            .map(|(at, p)| (at.seconds() - HOUR, p.floats[0]))
            .collect();
        assert_eq!(periods, [(0, 0.0), (3600, 1.0)]);
        let accounts = client.follow_accounts(TaConditions::PAST_DATA_CHANGE).await;
        accounts.expect("a set").stop().await.expect("a stop");

        let mut set = TsTransferSet::default();
        set.data_value = Some(Name::vcc("N_LOAD"));
        set.start_time = TimeStamp::from_seconds(HOUR);
        set.end_time = TimeStamp::from_seconds(HOUR + 2);
        set.sample_interval = 1;
        set.conditions = TsConditions::ENDING_TIME_ARRIVED;
        let mut series = client.follow_series(set).await.expect("a time series");
        let report = timeout(LIMIT, series.next()).await.unwrap().unwrap();
        let samples = report.samples.iter();
        let samples: Vec<_> = samples
            .map(|(at, value)| (at.seconds() - HOUR, value.value))
            .collect();
        assert_eq!(
            samples,
            [400.0, 401.0, 402.0]
                .map(Value::Real)
                .into_iter()
                .enumerate()
                .map(|(i, v)| (i as i64, v))
                .collect::<Vec<_>>()
        );
        assert!(series.has_ended());
        endpoint.stop().await;
    });
    let said = server.interrupt_and_read();
    let told: Json = serde_json::from_str(said.last().expect("what it was told")).unwrap();
    let content: String = "from the south"
        .bytes()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(
        told["messages"][0],
        json!([
            "NORTH_SOUTH/Info_Mess_Header",
            "NORTH_SOUTH/Info_Buff_128",
            [7, 0, 5, 14],
            content
        ])
    );
    let written: Vec<&str> = told["written"]
        .as_array()
        .expect("writes")
        .iter()
        .filter_map(|write| write[0].as_str())
        .collect();
    assert_eq!(
        written,
        [
            "IM_Transfer_Set",
            "DS_of_hat",
            "DS_of_hat",
            "TAAccountRequest",
            "TA_of_hat",
            "TA_of_hat",
            "TS_of_hat"
        ]
    );
    // BlockData is the eighth component.
    assert_eq!(told["written"][1][1][7], true);
}
