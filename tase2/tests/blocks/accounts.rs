//! Block 8: transfer accounts.

use crate::support::{Bench, DOMAIN, EPOCH, TITLE, client_options, model, name, table};
use crate::{bench, client_of_hand};
use mms::ber::Writer;
use mms::pdu::{InformationReportWriter, WriteResponseWriter, write_variables};
use mms::{DataAccessError, MmsValue, ObjectName};
use std::time::Duration;
use tase2::account::{AccountError, AccountPeriod, AccountReport};
use tase2::bilateral::{BilateralTable, Rights, Rule};
use tase2::client::AccountFollow;
use tase2::model::TransferAccount;
use tase2::types::{Features, TaConditions, TaTransferSet, TimeStamp};
use tase2::{Error, Event, Name, StopReason};
use tokio::time::{sleep, timeout};

/// The full hour before the clock of the tests begins.
const HOUR: i64 = EPOCH - EPOCH % 3600;
const PATIENCE: Duration = Duration::from_secs(5);

fn may_ask() -> BilateralTable {
    let mut table = table();
    table.rules.extend([
        Rule::new("TIE", Rights::QUERY),
        Rule::new("SHOWN", Rights::READ),
    ]);
    table
}

fn with(table: BilateralTable) -> Bench {
    let mut model = model();
    let mut tie = TransferAccount::new(7, Name::vcc("TIE"));
    tie.floats = 2;
    tie.integers = 1;
    tie.sender = "NORTH".into();
    tie.receiver = "EAST".into();
    tie.retention = 48;
    model.add_account(tie).unwrap();
    for (reference, account) in [(8, "SHOWN"), (9, "SECRET_ONE")] {
        let account = TransferAccount::new(reference, Name::vcc(account));
        model.add_account(account).unwrap();
    }
    bench(model, vec![table])
}

fn at(hours: i64) -> TimeStamp {
    TimeStamp::from_seconds(HOUR + hours * 3600)
}

fn data(value: f32) -> AccountPeriod {
    AccountPeriod {
        floats: vec![value, 0.5],
        integers: vec![-1],
    }
}

fn put(bench: &Bench, hours: i64, value: f32) -> usize {
    bench.vcc.update_account(7, at(hours), data(value)).unwrap()
}

fn values(report: &AccountReport) -> Vec<(i64, f32)> {
    let periods = report.periods.iter();
    periods
        .map(|(start, period)| ((start.seconds() - HOUR) / 3600, period.floats[0]))
        .collect()
}

async fn silent(follow: &mut AccountFollow) {
    assert!(
        timeout(Duration::from_secs(60), follow.next())
            .await
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn block_8_query_and_report() {
    let bench = with(may_ask());
    let client = bench.client().await;
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2, 8]));
    for (hours, value) in [(-3, 1.0), (-2, 2.0), (0, 3.0)] {
        put(&bench, hours, value);
    }
    let all = client
        .query_account(7, TimeStamp::from_seconds(0), 0, PATIENCE)
        .await
        .unwrap();
    // A gap in the data ends a report.
    let seen: Vec<_> = all.iter().map(|report| values(report)).collect();
    assert_eq!(seen, [vec![(-3, 1.0), (-2, 2.0)], vec![(0, 3.0)]]);
    let first = &all[0];
    assert_eq!(
        (first.reference, &*first.sender, &*first.receiver),
        (7, "NORTH", "EAST")
    );
    assert_eq!(
        (first.period, first.conditions),
        (3600, TaConditions::REFERENCED_REQUEST)
    );
    assert_eq!(
        (first.transfer_set.as_ref(), first.more_follows),
        (None, true)
    );
    assert_eq!(first.periods[0].1, data(1.0));
    assert!(first.request_id > 0 && first.request_id == all[1].request_id);
    let one = client
        .query_account(7, at(-2), 3600, PATIENCE)
        .await
        .unwrap();
    assert_eq!(values(&one[0]), [(-2, 2.0)]);
    // Nothing there is an answer too.
    let none = client
        .query_account(7, at(10), 3600, PATIENCE)
        .await
        .unwrap();
    assert!(none.len() == 1 && none[0].periods.is_empty() && !none[0].more_follows);
}

#[tokio::test(start_paused = true)]
async fn s_block_8_hidden_and_denied() {
    let bench = with(may_ask());
    let client = bench.client().await;
    let refused = |result: Result<_, Error>| match result {
        Err(error) => error.access_error().unwrap(),
        Ok::<Vec<_>, _>(_) => panic!("an answer"),
    };
    let zero = TimeStamp::default();
    for (reference, duration, error) in [
        (9, 0, DataAccessError::ObjectValueInvalid),
        (99, 0, DataAccessError::ObjectValueInvalid),
        (8, 0, DataAccessError::ObjectAccessDenied),
        (7, -1, DataAccessError::ObjectValueInvalid),
    ] {
        let asked = client
            .query_account(reference, zero, duration, PATIENCE)
            .await;
        assert_eq!(refused(asked), error, "{reference}");
    }
    for item in [
        "Next_TATransfer_Set",
        "TATS1",
        "TATS4",
        "TAAccountRequest",
        "TA_Account_Header",
    ] {
        let name = Name::icc(DOMAIN, item);
        assert!(client.describe(&name).await.is_ok(), "{item}");
        assert!(
            client.names(Some(DOMAIN)).await.unwrap().contains(&name),
            "{item}"
        );
    }
    bench.endpoint.reload(vec![table()]).unwrap();
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2]));
    let absent = client.query_account(7, zero, 0, PATIENCE).await;
    assert_eq!(refused(absent), DataAccessError::ObjectNonExistent);
}

#[tokio::test(start_paused = true)]
async fn s_block_8_conditions_of_data() {
    let bench = with(may_ask());
    let client = bench.client().await;
    let all = TaConditions::ACTUAL_DATA_CHANGE
        | TaConditions::PAST_DATA_CHANGE
        | TaConditions::OBJECT_CHANGE;
    let mut follow = client.follow_accounts(all).await.unwrap();
    for (hours, condition) in [
        (-1, TaConditions::PAST_DATA_CHANGE),
        (0, TaConditions::ACTUAL_DATA_CHANGE),
        (1, TaConditions::OBJECT_CHANGE),
    ] {
        assert_eq!(put(&bench, hours, 5.0), 1);
        let report = follow.next().await.unwrap();
        assert_eq!(
            (report.conditions, values(&report)),
            (condition, vec![(hours, 5.0)])
        );
        // The same again is no change.
        assert_eq!(put(&bench, hours, 5.0), 0);
    }
    silent(&mut follow).await;
    let only_past = client
        .follow_accounts(TaConditions::PAST_DATA_CHANGE)
        .await
        .unwrap();
    assert_eq!(put(&bench, 0, 6.0), 1);
    assert_eq!(put(&bench, -1, 6.0), 2);
    only_past.stop().await.unwrap();
    assert_eq!(put(&bench, -1, 7.0), 1);
    // An operator sends to those who asked for it.
    assert_eq!(bench.vcc.send_account(7, at(-1), 7200, None), Ok(0));
    let mut operator = client
        .follow_accounts(TaConditions::OPERATOR_REQUEST)
        .await
        .unwrap();
    assert_eq!(bench.vcc.send_account(7, at(-1), 7200, Some("EAST")), Ok(1));
    assert_eq!(
        values(&operator.next().await.unwrap().clone()),
        [(-1, 7.0), (0, 6.0)]
    );
    assert_eq!(bench.vcc.send_account(7, at(-1), 7200, Some("WEST")), Ok(0));
    assert_eq!(
        bench.vcc.send_account(77, at(-1), 1, None),
        Err(AccountError::NoSuchAccount(77))
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_8_conditions_of_the_clock() {
    let bench = with(may_ask());
    let client = bench.client().await;
    for hours in -2..4 {
        put(&bench, hours, hours as f32);
    }
    // The clock begins at minute 13, second 20.
    assert_eq!(EPOCH - HOUR, 800);
    let all = TaConditions::BEFORE_THE_HOUR
        | TaConditions::DURING_THE_HOUR
        | TaConditions::AFTER_THE_HOUR;
    let mut follow = client.follow_accounts(all).await.unwrap();
    let begin = tokio::time::Instant::now();
    let mut seen = vec![];
    for _ in 0..6 {
        let report = follow.next().await.unwrap();
        let minute = (begin.elapsed().as_secs() + 800) / 60;
        seen.push((minute, report.conditions, values(&report)));
    }
    let (before, during, after) = (
        TaConditions::BEFORE_THE_HOUR,
        TaConditions::DURING_THE_HOUR,
        TaConditions::AFTER_THE_HOUR,
    );
    assert_eq!(
        seen,
        [
            (30, during, vec![(0, 0.0)]),
            (55, before, vec![(1, 1.0)]),
            (65, after, vec![(0, 0.0)]),
            (90, during, vec![(1, 1.0)]),
            (115, before, vec![(2, 2.0)]),
            (125, after, vec![(1, 1.0)]),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_8_transfer_sets_are_owned_and_freed() {
    let bench = with(may_ask());
    let client = bench.client().await;
    let next = name("ICC1/Next_TATransfer_Set");
    let mut follows = vec![];
    for number in 1..=4 {
        let follow = client
            .follow_accounts(TaConditions::PAST_DATA_CHANGE)
            .await
            .unwrap();
        assert_eq!(
            follow.transfer_set(),
            Some(&Name::icc(DOMAIN, format!("TATS{number}")))
        );
        follows.push(follow);
    }
    let full = client
        .follow_accounts(TaConditions::PAST_DATA_CHANGE)
        .await
        .unwrap_err();
    assert!(matches!(full, Error::NoTransferSet { .. }), "{full}");
    let other = bench.client().await;
    let set = name("ICC1/TATS1");
    let value = TaTransferSet::new(TaConditions::PAST_DATA_CHANGE).to_value();
    let denied = other.write_raw(&set, &value).await.unwrap_err();
    assert_eq!(
        denied.access_error(),
        Some(DataAccessError::ObjectAccessDenied)
    );
    let odd = TaTransferSet::new(TaConditions::empty()).to_value();
    let invalid = client.write_raw(&set, &odd).await.unwrap_err();
    assert_eq!(
        invalid.access_error(),
        Some(DataAccessError::ObjectValueInvalid)
    );
    let mut packed = TaTransferSet::new(TaConditions::PAST_DATA_CHANGE);
    packed.block_data = true;
    let unsupported = client
        .write_raw(&set, &packed.to_value())
        .await
        .unwrap_err();
    assert_eq!(
        unsupported.access_error(),
        Some(DataAccessError::ObjectAccessUnsupported)
    );
    // One component at a time.
    let status = name("ICC1/TATS1$Status");
    assert_eq!(
        client.read_raw(&status).await.unwrap(),
        MmsValue::Boolean(true)
    );
    client
        .write_raw(&status, &MmsValue::Boolean(false))
        .await
        .unwrap();
    assert_eq!(put(&bench, -1, 1.0), 3);
    let mut events = bench.vcc.events();
    client.mms().abort();
    client.closed().await;
    let mut stopped = 0;
    while stopped < 3 {
        let event = events.recv().await.unwrap();
        stopped += usize::from(matches!(
            event,
            Event::TransferSetStopped {
                reason: StopReason::Association,
                ..
            }
        ));
    }
    assert_eq!(put(&bench, -1, 2.0), 0);
    assert!(other.read_raw(&next).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_an_account_cannot_have() {
    let bench = with(may_ask());
    let update =
        |reference, start: TimeStamp, period| bench.vcc.update_account(reference, start, period);
    assert_eq!(
        update(1, at(0), data(1.0)),
        Err(AccountError::NoSuchAccount(1))
    );
    let odd = TimeStamp::from_seconds(HOUR + 1);
    assert_eq!(update(7, odd, data(1.0)), Err(AccountError::NoPeriod));
    assert_eq!(
        update(7, at(0), AccountPeriod::of([1.0])),
        Err(AccountError::WrongCount)
    );
    assert_eq!(
        update(7, at(0), data(f32::NAN)),
        Err(AccountError::NotANumber)
    );
    for hours in 0..60 {
        put(&bench, hours, 1.0);
    }
    // 48 are kept.
    let kept = bench.vcc.account(7);
    assert_eq!((kept.len(), kept[0].0), (48, at(12)));
}

fn report(values: Vec<(&str, MmsValue)>) -> Vec<u8> {
    let mut service = vec![];
    let w = &mut Writer::unbounded(&mut service);
    let names = values.iter().map(|(item, _)| ObjectName::Domain {
        domain: DOMAIN,
        item,
    });
    let report = InformationReportWriter::begin(w, |w| write_variables(w, names));
    values.iter().for_each(|(_, value)| value.encode(w));
    report.end(w);
    service
}

fn header(request: i32, periods: i32, floats: i32) -> MmsValue {
    let numbers = |list: &[i32]| list.iter().map(|n| MmsValue::from(*n)).collect::<Vec<_>>();
    let mut parts = numbers(&[7, request]);
    parts.extend(["NORTH", "EAST"].map(|text| MmsValue::VisibleString(text.into())));
    parts.extend(numbers(&[0, 3600, 3600, periods, floats, 0]));
    parts.push(MmsValue::Boolean(false));
    MmsValue::Structure(parts)
}

#[tokio::test(start_paused = true)]
async fn c_block_8_what_a_peer_sends_is_understood_or_counted() {
    let (client, remote) = client_of_hand(client_options(TITLE), |_, reply| {
        reply.respond(|w| {
            let mut response = WriteResponseWriter::begin(w);
            response.push(w, Ok(()));
            response.end(w);
        })
    })
    .await;
    let asking = client.clone();
    let answer = tokio::spawn(async move {
        asking
            .query_account(7, TimeStamp::default(), 0, PATIENCE)
            .await
    });
    sleep(Duration::from_millis(10)).await;
    let matrix = |rows: &[&[f32]]| {
        let row =
            |row: &&[f32]| MmsValue::Array(row.iter().map(|v| MmsValue::Float32(*v)).collect());
        MmsValue::Array(rows.iter().map(row).collect())
    };
    let send = |values| remote.unconfirmed(report(values), 1 << 16).unwrap();
    // Fewer rows than told, fewer columns, more than any PDU holds, no data, no header: counted.
    send(vec![
        ("TA_Account_Header", header(1, 2, 1)),
        ("TA_Float_Data", matrix(&[&[1.0]])),
    ]);
    send(vec![
        ("TA_Account_Header", header(1, 1, 2)),
        ("TA_Float_Data", matrix(&[&[1.0]])),
    ]);
    send(vec![
        ("TA_Account_Header", header(1, i32::MAX, 1)),
        ("TA_Float_Data", matrix(&[])),
    ]);
    send(vec![("TA_Account_Header", header(1, 1, 1))]);
    send(vec![
        ("TA_Account_Header", MmsValue::Integer(1)),
        ("TA_Float_Data", matrix(&[])),
    ]);
    // The answer to another request is another's.
    send(vec![("TA_Account_Header", header(-5, 0, 0))]);
    // Without conditions and without the matrix that has nothing.
    for request in 1..200 {
        send(vec![
            ("TA_Account_Header", header(request, 1, 2)),
            ("TA_Float_Data", matrix(&[&[1.5, 2.5]])),
        ]);
    }
    let reports = answer.await.unwrap().unwrap();
    assert_eq!(reports[0].periods[0].1.floats, [1.5, 2.5]);
    assert_eq!(reports[0].conditions, TaConditions::empty());
    assert_eq!(client.statistics().malformed, 5);
    let silent = client
        .query_account(7, TimeStamp::default(), 0, PATIENCE)
        .await
        .unwrap_err();
    assert!(matches!(silent, Error::NoReport { .. }), "{silent}");
}
