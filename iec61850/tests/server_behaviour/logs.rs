//! Logs: what log control blocks log, who may change them, and how logs are read.

use crate::support::raw::{RawClient, encoded};
use crate::support::{
    NewServer, address, connect, engine_tests, name, patience, read, service_error, started,
    try_connect, with_pdu_size, write, write_error,
};
use chrono::{DateTime, Utc};
use iec61850::server::log::{
    EntryId, LogBounds, LogEntry, LogQuery, LogStatistics, LogStorage, LogStorageError, MemoryLog,
};
use iec61850::{
    CdcFactory, CdcOptions, Error, IedModel, IedServer, IedServerConfig, LogControlBlockOptions,
    TriggerOptions,
};
use mms::client::blocking::Client;
use mms::client::{ClientError, JournalQuery, JournalRecord};
use mms::pdu::{JournalPosition, JournalStart, JournalStop, ReadJournalRequest, Service};
use mms::{BinaryTime, BitString, DataAccessError as Access, MmsValue, ObjectName, ServiceError};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::time::{Duration, Instant};

engine_tests!(
    the_recorded_session,
    entries_in_the_octets_of_the_recording,
    changes_of_one_batch,
    changes_of_two_threads,
    what_triggers_an_entry,
    entries_without_reasons_and_of_several_blocks,
    queries_by_time_entry_and_number,
    a_log_is_read_in_as_many_answers_as_it_takes,
    an_entry_that_fits_no_answer,
    only_some_variables,
    the_control_block_and_its_clients,
    data_sets_of_clients_can_be_logged,
    the_oldest_entries_make_room,
    a_log_without_storage,
    logs_turned_off,
    a_storage_that_is_given_later_or_replaced,
    a_storage_that_refuses,
    a_slow_storage_delays_nobody,
    everything_is_stored_when_the_server_goes,
    integrity_entries,
    logs_of_another_name,
);

const LOG: ObjectName<'static> = ObjectName::Domain {
    domain: "L1LD1",
    item: "LLN0$EventLog",
};
const LCB: &str = "L1LD1/LLN0$LG$lcb01";

/// Four indications in the data set `dsInd`, and a control block for it that is off.
fn model(change: impl FnOnce(&mut LogControlBlockOptions)) -> IedModel {
    let model = IedModel::new("L1").unwrap();
    let device = model.create_logical_device("LD1", None).unwrap();
    let lln0 = device.create_logical_node("LLN0").unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let set = lln0.create_dataset("dsInd").unwrap();
    for number in 1..=4 {
        let name = format!("Ind{number}");
        node.create_cdc_sps(&name, CdcOptions::empty()).unwrap();
        let member = format!("GGIO1$ST${name}");
        set.create_dataset_entry(&member, None, None).unwrap();
    }
    lln0.create_dataset("dsNone").unwrap();
    lln0.create_log("EventLog").unwrap();
    lln0.create_log("Other").unwrap();
    let mut options = LogControlBlockOptions {
        dataset_name: Some("dsInd".into()),
        log_ref: Some("LD1/LLN0$EventLog".into()),
        trg_ops: TriggerOptions::DATA_CHANGED | TriggerOptions::QUALITY_CHANGED,
        log_ena: false,
        ..Default::default()
    };
    change(&mut options);
    lln0.create_log_control_block("lcb01", options).unwrap();
    model
}

fn serving(new: NewServer) -> IedServer {
    started(new(&model(|_| {}), None).unwrap())
}

fn field(name: &str) -> String {
    format!("{LCB}${name}")
}

fn attribute(server: &IedServer, number: u32, name: &str) -> iec61850::DataAttribute {
    crate::support::attribute(server.model(), &format!("L1LD1/GGIO1.Ind{number}.{name}"))
}

fn set(server: &IedServer, number: u32, value: bool) {
    let attribute = attribute(server, number, "stVal");
    server.update_boolean(&attribute, value).unwrap();
}

/// From the beginning of time to its end: libiec61850 wants to have it said.
fn ever<'a>() -> JournalQuery<'a> {
    let at = |days| mms::BinaryTime {
        ms: 0,
        days: Some(days),
    };
    JournalQuery {
        start: Some(JournalStart::Time(at(0))),
        stop: Some(JournalStop::Time(at(u16::MAX))),
        ..JournalQuery::default()
    }
}

fn all(client: &Client) -> Vec<JournalRecord> {
    client.read_journal(LOG, ever()).unwrap()
}

fn numbers(records: &[JournalRecord]) -> Vec<u64> {
    let number = |record: &JournalRecord| EntryId::from_octets(&record.identifier).unwrap().0;
    records.iter().map(number).collect()
}

/// An indication as a client reads it.
fn indication(value: bool, quality: u32) -> MmsValue {
    MmsValue::Structure(vec![
        MmsValue::Boolean(value),
        MmsValue::BitString(BitString::from_integer(13, quality)),
        MmsValue::UtcTime(mms::UtcTime::new()),
    ])
}

/// ReasonCode with one bit.
fn reason(bit: usize) -> MmsValue {
    let mut bits = BitString::new(7);
    bits.set(bit, true);
    MmsValue::BitString(bits)
}

fn entry(number: u32, value: MmsValue, bit: usize) -> Vec<(String, MmsValue)> {
    vec![
        (format!("L1LD1/GGIO1$ST$Ind{number}"), value),
        ("ReasonCode".into(), reason(bit)),
    ]
}

fn bounds(client: &Client) -> [MmsValue; 4] {
    ["OldEntrTm", "NewEntrTm", "OldEntr", "NewEntr"].map(|name| read(client, &field(name)))
}

fn octets(number: u64) -> MmsValue {
    MmsValue::OctetString(EntryId(number).to_octets().to_vec())
}

fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let give_up = Instant::now() + patience();
    while !happened() {
        assert!(Instant::now() < give_up, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What the recording 51-log shows.
fn the_recorded_session(new: NewServer) {
    let server = serving(new);
    server
        .set_log_storage("LD1/LLN0$EventLog", MemoryLog::new(100))
        .unwrap();
    let client = connect(&server);
    let journals = client
        .journal_names(mms::pdu::ObjectScope::Domain("L1LD1"))
        .unwrap();
    assert_eq!(journals, ["LLN0$EventLog", "LLN0$Other"]);
    let text = |text: &str| MmsValue::VisibleString(text.into());
    let never = MmsValue::BinaryTime(BinaryTime {
        ms: 0,
        days: Some(0),
    });
    let triggers = MmsValue::BitString(BitString::from_integer(6, 0b110));
    let at_first = MmsValue::Structure(vec![
        MmsValue::Boolean(false),
        text("L1LD1/LLN0$EventLog"),
        text("L1LD1/LLN0$dsInd"),
        never.clone(),
        never,
        octets(0),
        octets(0),
        triggers,
        MmsValue::Unsigned(0),
    ]);
    assert_eq!(read(&client, LCB), at_first);
    set(&server, 1, true);
    write(&client, &field("LogEna"), true);
    for value in [false, true, false] {
        set(&server, 1, value);
    }
    let quality = attribute(&server, 2, "q");
    server
        .update_quality(&quality, iec61850::Quality::from_bits_retain(2))
        .unwrap();
    server.with_data_model(|server| {
        set(server, 3, true);
        set(server, 4, true);
    });
    let records = all(&client);
    let found: Vec<_> = records
        .iter()
        .map(|record| record.variables.clone())
        .collect();
    assert_eq!(
        found,
        [
            entry(1, indication(false, 0), 1),
            entry(1, indication(true, 0), 1),
            entry(1, indication(false, 0), 1),
            entry(2, indication(false, 2), 2),
            entry(3, indication(true, 0), 1),
            entry(4, indication(true, 0), 1),
        ]
    );
    assert_eq!(numbers(&records), [1, 2, 3, 4, 5, 6]);
    assert!(records.is_sorted_by_key(|record| record.time.time()));
    let (first, last) = (records[0].time, records[5].time);
    let shown = [
        MmsValue::BinaryTime(first),
        MmsValue::BinaryTime(last),
        octets(1),
        octets(6),
    ];
    assert_eq!(bounds(&client), shown);
    let none = JournalQuery {
        start: Some(JournalStart::Time(BinaryTime::from_ms(0))),
        stop: Some(JournalStop::Time(BinaryTime::from_ms(1000))),
        ..Default::default()
    };
    assert!(client.read_journal(LOG, none).unwrap().is_empty());
    let unknown = ObjectName::domain("L1LD1", "LLN0$NoLog");
    let refused = client.read_journal(unknown, ever());
    assert_eq!(
        service_error("no log", refused),
        ServiceError::OBJECT_NON_EXISTENT
    );
    let id = EntryId(2).to_octets();
    let after = JournalQuery {
        start_after: Some(JournalPosition {
            time: BinaryTime::from_ms(first.time_in_ms().unwrap() - 1000),
            entry: &id,
        }),
        ..Default::default()
    };
    assert_eq!(
        numbers(&client.read_journal(LOG, after).unwrap()),
        [3, 4, 5, 6]
    );
    let set_name = "L1LD1/LLN0$dsNone";
    assert_eq!(
        write_error(&client, &field("DatSet"), set_name),
        Access::TemporarilyUnavailable
    );
    write(&client, &field("LogEna"), false);
    write(&client, &field("IntgPd"), MmsValue::Unsigned(1000));
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(false));
    assert_eq!(bounds(&client), shown);
    set(&server, 1, true);
    assert_eq!(all(&client).len(), 6);
}

fn entries_in_the_octets_of_the_recording(new: NewServer) {
    let server = serving(new);
    let time = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
    let mut log = MemoryLog::new(9);
    log.append(&[LogEntry {
        id: EntryId(1),
        time,
        data: vec![iec61850::server::log::LogEntryData {
            reference: "GOLDLD1/GGIO1$ST$Ind1".into(),
            value: indication(true, 0),
            reason: Some(TriggerOptions::DATA_CHANGED),
        }],
    }])
    .unwrap();
    server.set_log_storage("LD1/LLN0$EventLog", log).unwrap();
    let mut client = RawClient::open(address(&server), 65_000);
    client.request(5, &encoded(|w| ReadJournalRequest::all(LOG).encode(w)));
    let answer: String = client
        .next_mms()
        .unwrap()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    // The first entry of the answer in the recording, with the time of above.
    let expected = "a169020105bf4163a061\
        305f80080100000000000000a1023000a24f8006TIMEa245a143302d8015474f4c444c44312f4747\
        494f3124535424496e6431a114a21283010184030300009108000000000000000030\
        12800a526561736f6e436f6465a10484020140";
    let time = BinaryTime::from(time);
    let time = format!("{:08x}{:04x}", time.ms, time.days.unwrap());
    assert_eq!(answer, expected.replace(' ', "").replace("TIME", &time));
}

fn changes_of_one_batch(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    write(&client, &field("LogEna"), true);
    let quality = attribute(&server, 1, "q");
    server.with_data_model(|server| {
        set(server, 1, true);
        server
            .update_quality(&quality, iec61850::Quality::from_bits_retain(2))
            .unwrap();
        // Two changes of one value are two entries.
        set(server, 2, true);
        set(server, 2, false);
    });
    let found: Vec<_> = all(&client)
        .into_iter()
        .map(|record| record.variables)
        .collect();
    let mut both = BitString::new(7);
    both.set(1, true);
    both.set(2, true);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], entry(2, indication(true, 0), 1));
    assert!(found.contains(&vec![
        ("L1LD1/GGIO1$ST$Ind1".into(), indication(true, 2)),
        ("ReasonCode".into(), MmsValue::BitString(both)),
    ]));
    assert!(found.contains(&entry(2, indication(false, 0), 1)));
}

fn changes_of_two_threads(new: NewServer) {
    const EACH: u32 = 400;
    let server = serving(new);
    server
        .set_log_storage("LD1/LLN0$EventLog", MemoryLog::new(2000))
        .unwrap();
    let client = connect(&server);
    write(&client, &field("LogEna"), true);
    std::thread::scope(|scope| {
        for number in [1, 2] {
            let server = &server;
            scope.spawn(move || (1..=EACH).for_each(|turn| set(server, number, turn % 2 == 1)));
        }
    });
    let mut found = Vec::new();
    eventually("all are logged", || {
        found = all(&client);
        found.len() >= 2 * EACH as usize
    });
    assert_eq!(found.len(), 2 * EACH as usize);
    for number in [1, 2] {
        let own = format!("L1LD1/GGIO1$ST$Ind{number}");
        let of_one = found.iter().filter(|record| record.variables[0].0 == own);
        let values: Vec<_> = of_one.map(|record| record.variables.clone()).collect();
        let turns = (1..=EACH).map(|turn| entry(number, indication(turn % 2 == 1, 0), 1));
        assert_eq!(values, turns.collect::<Vec<_>>());
    }
}

fn what_triggers_an_entry(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    write(&client, &field("LogEna"), true);
    // The same again, and a time stamp, are no changes.
    set(&server, 1, false);
    let time = attribute(&server, 1, "t");
    server.update_utc_time(&time, Utc::now()).unwrap();
    assert!(all(&client).is_empty());
    write(&client, &field("LogEna"), false);
    // GI is no trigger of a log, and the reserved bit is none at all.
    write(
        &client,
        &field("TrgOps"),
        BitString::from_integer(6, 0b10_0101),
    );
    let as_written = MmsValue::BitString(BitString::from_integer(6, 0b10_0101));
    assert_eq!(read(&client, &field("TrgOps")), as_written);
    write(&client, &field("LogEna"), true);
    set(&server, 1, true);
    let quality = attribute(&server, 1, "q");
    server
        .update_quality(&quality, iec61850::Quality::from_bits_retain(2))
        .unwrap();
    let records = all(&client);
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].variables[1].1, reason(2));
}

fn entries_without_reasons_and_of_several_blocks(new: NewServer) {
    let model = model(|options| {
        options.with_reason_code = false;
        options.log_ena = true;
    });
    let lln0 = model.logical_device_by_instance("LD1").unwrap();
    let lln0 = lln0.logical_node("LLN0").unwrap();
    for (name, log) in [("lcb02", "EventLog"), ("lcb03", "Other")] {
        let options = LogControlBlockOptions {
            dataset_name: Some("dsInd".into()),
            log_ref: Some(format!("LD1/LLN0${log}")),
            ..Default::default()
        };
        lln0.create_log_control_block(name, options).unwrap();
    }
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(true));
    set(&server, 4, true);
    let records = all(&client);
    let found: Vec<_> = records
        .iter()
        .map(|record| record.variables.clone())
        .collect();
    assert_eq!(found.len(), 2);
    let with = entry(4, indication(true, 0), 1);
    assert!(found.contains(&with) && found.contains(&with[..1].to_vec()));
    assert_eq!(numbers(&records), [1, 2]);
    let other = ObjectName::domain("L1LD1", "LLN0$Other");
    let records = client.read_journal(other, ever()).unwrap();
    assert_eq!((numbers(&records), &records[0].variables), (vec![1], &with));
    // All control blocks of a log show what is in it.
    for block in ["lcb01", "lcb02"] {
        let newest = read(&client, &format!("L1LD1/LLN0$LG${block}$NewEntr"));
        assert_eq!(newest, octets(2));
    }
    assert_eq!(read(&client, "L1LD1/LLN0$LG$lcb03$NewEntr"), octets(1));
}

/// A log with entries 1 to `count`, one for each second from 1 700 000 000 on.
fn full(count: u64, capacity: usize) -> MemoryLog {
    let mut log = MemoryLog::new(capacity);
    for number in 1..=count {
        log.append(&[LogEntry {
            id: EntryId(number),
            time: second(number),
            data: vec![iec61850::server::log::LogEntryData {
                reference: "L1LD1/GGIO1$ST$Ind1".into(),
                value: indication(number % 2 == 0, 0),
                reason: Some(TriggerOptions::DATA_CHANGED),
            }],
        }])
        .unwrap();
    }
    log
}

fn second(number: u64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + number as i64, 0).unwrap()
}

fn at(number: u64) -> BinaryTime {
    second(number).into()
}

fn queries_by_time_entry_and_number(new: NewServer) {
    let server = serving(new);
    server
        .set_log_storage("L1LD1/LLN0.EventLog", full(20, 100))
        .unwrap();
    let client = connect(&server);
    let query = |start, stop, after: Option<(BinaryTime, &[u8])>| {
        let start_after = after.map(|(time, entry)| JournalPosition { time, entry });
        let query = JournalQuery {
            start,
            stop,
            start_after,
        };
        client
            .read_journal(LOG, query)
            .map(|records| numbers(&records))
    };
    let range = |range: std::ops::RangeInclusive<u64>| range.collect::<Vec<_>>();
    let from = |number| Some(JournalStart::Time(at(number)));
    let until = |number| Some(JournalStop::Time(at(number)));
    let count = |count| Some(JournalStop::Count(count));
    assert_eq!(query(None, None, None).unwrap(), range(1..=20));
    assert_eq!(query(from(5), until(7), None).unwrap(), range(5..=7));
    assert_eq!(query(from(18), None, None).unwrap(), range(18..=20));
    assert_eq!(query(None, until(2), None).unwrap(), range(1..=2));
    assert_eq!(query(from(7), until(5), None).unwrap(), vec![0; 0]);
    assert_eq!(query(from(5), count(2), None).unwrap(), [5, 6]);
    assert_eq!(query(from(5), count(-2), None).unwrap(), [5, 4]);
    assert_eq!(query(None, count(-3), None).unwrap(), [20, 19, 18]);
    assert_eq!(query(None, count(0), None).unwrap(), vec![0; 0]);
    let id = |number| EntryId(number).to_octets();
    let (nine, gone) = (id(9), id(700));
    assert_eq!(
        query(Some(JournalStart::Entry(&nine)), count(2), None).unwrap(),
        [9, 10]
    );
    let unknown = query(Some(JournalStart::Entry(&gone)), None, None);
    assert_eq!(
        service_error("unknown", unknown),
        ServiceError::OBJECT_NON_EXISTENT
    );
    assert_eq!(
        query(None, None, Some((at(1), &nine))).unwrap(),
        range(10..=20)
    );
    assert_eq!(
        query(None, until(12), Some((at(9), &nine))).unwrap(),
        range(10..=12)
    );
    // What is not there any more is replaced by its time.
    assert_eq!(
        query(None, None, Some((at(15), &gone))).unwrap(),
        range(15..=20)
    );
    for strange in [&[][..], &[1, 2, 3]] {
        let refused = query(None, None, Some((at(1), strange)));
        assert_eq!(
            service_error("short", refused),
            ServiceError::OBJECT_NON_EXISTENT
        );
    }
    let last = id(20);
    assert_eq!(query(None, None, Some((at(1), &last))).unwrap(), vec![0; 0]);
}

fn a_log_is_read_in_as_many_answers_as_it_takes(new: NewServer) {
    let server = serving(new);
    server
        .set_log_storage("LD1/LLN0$EventLog", full(200, 1000))
        .unwrap();
    let client = try_connect(address(&server), with_pdu_size(600)).unwrap();
    assert_eq!(numbers(&all(&client)), (1..=200).collect::<Vec<_>>());
    let backwards = JournalQuery {
        stop: Some(JournalStop::Count(-150)),
        ..Default::default()
    };
    let records = client.read_journal(LOG, backwards).unwrap();
    assert_eq!(numbers(&records), (51..=200).rev().collect::<Vec<_>>());
    let some = JournalQuery {
        start: Some(JournalStart::Time(at(11))),
        stop: Some(JournalStop::Time(at(190))),
        ..Default::default()
    };
    let records = client.read_journal(LOG, some).unwrap();
    assert_eq!(numbers(&records), (11..=190).collect::<Vec<_>>());
}

fn an_entry_that_fits_no_answer(new: NewServer) {
    let server = serving(new);
    server
        .set_log_storage("LD1/LLN0$EventLog", full(3, 9))
        .unwrap();
    let client = try_connect(address(&server), with_pdu_size(100)).unwrap();
    let refused = client.read_journal(LOG, ever());
    assert_eq!(service_error("too long", refused), ServiceError::PDU_SIZE);
}

fn only_some_variables(new: NewServer) {
    let server = serving(new);
    server
        .set_log_storage("LD1/LLN0$EventLog", full(2, 9))
        .unwrap();
    let value = "L1LD1/GGIO1$ST$Ind1";
    for (wanted, expected) in [
        (&[value][..], &[value][..]),
        (&["ReasonCode"], &["ReasonCode"]),
        (&["ReasonCode", value, "other"], &[value, "ReasonCode"]),
        (&["other"], &[]),
    ] {
        // The client always asks for all variables: the request is written by hand.
        let list = encoded(|w| {
            let tag = mms::ber::Tag::context_constructed(4);
            w.constructed(tag, |w| {
                wanted
                    .iter()
                    .for_each(|tag| w.text(mms::ber::Tag::VISIBLE_STRING, tag));
            });
        });
        let mut request = encoded(|w| ReadJournalRequest::all(LOG).encode(w));
        // Tag of two octets, then a short length.
        request[2] += list.len() as u8;
        request.extend(list);
        let mut client = RawClient::open(address(&server), 65_000);
        client.request(1, &request);
        let answer = client.next_mms().unwrap();
        let Ok(mms::pdu::Pdu::ConfirmedResponse(response)) = mms::pdu::Pdu::decode(&answer) else {
            panic!("{wanted:?}: {answer:02x?}");
        };
        let mms::pdu::ResponseService::ReadJournal(journal) = response.service else {
            panic!("{wanted:?}");
        };
        assert_eq!(journal.entries.len(), 2);
        for entry in journal.entries.iter() {
            let mms::pdu::EntryForm::Data { variables, .. } = entry.form else {
                panic!("no data");
            };
            let variables = variables.unwrap_or_default();
            let tags: Vec<_> = variables.iter().map(|variable| variable.tag).collect();
            assert_eq!(tags, expected);
        }
    }
}

fn the_control_block_and_its_clients(new: NewServer) {
    let server = serving(new);
    let (client, other) = (connect(&server), connect(&server));
    let denied = Access::ObjectAccessDenied;
    for (name, value) in [
        ("OldEntr", octets(1)),
        ("NewEntr", octets(1)),
        ("OldEntrTm", MmsValue::BinaryTime(at(1))),
        ("NewEntrTm", MmsValue::BinaryTime(at(1))),
    ] {
        assert_eq!(write_error(&client, &field(name), value), denied, "{name}");
    }
    assert_eq!(write_error(&client, LCB, read(&client, LCB)), denied);
    let invalid = Access::ObjectValueInvalid;
    for (name, value) in [
        ("DatSet", "L1LD1/LLN0$dsMissing"),
        ("DatSet", "dsInd"),
        ("DatSet", "@own"),
        ("LogRef", "L1LD1/LLN0$NoLog"),
        ("LogRef", "EventLog"),
    ] {
        assert_eq!(
            write_error(&client, &field(name), value),
            invalid,
            "{value}"
        );
    }
    assert_eq!(
        read(&client, &field("LogRef")),
        MmsValue::VisibleString("L1LD1/LLN0$EventLog".into())
    );
    // Without data set or log there is nothing to enable.
    let inconsistent = Access::ObjectAttributeInconsistent;
    write(&client, &field("DatSet"), "");
    assert_eq!(write_error(&client, &field("LogEna"), true), inconsistent);
    write(&client, &field("DatSet"), "L1LD1/LLN0$dsInd");
    write(&client, &field("LogRef"), "");
    assert_eq!(write_error(&client, &field("LogEna"), true), inconsistent);
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(false));
    write(&client, &field("LogRef"), "L1LD1/LLN0$Other");
    write(&client, &field("LogEna"), true);
    write(&client, &field("LogEna"), true);
    for (name, value) in [
        (
            "LogRef",
            MmsValue::VisibleString("L1LD1/LLN0$EventLog".into()),
        ),
        ("DatSet", MmsValue::VisibleString("L1LD1/LLN0$dsInd".into())),
        ("DatSet", MmsValue::VisibleString("nonsense".into())),
        ("LogRef", MmsValue::VisibleString("nonsense".into())),
        ("TrgOps", MmsValue::BitString(BitString::new(6))),
        ("IntgPd", MmsValue::Unsigned(5)),
    ] {
        let refused = write_error(&other, &field(name), value);
        assert_eq!(refused, Access::TemporarilyUnavailable, "{name}");
    }
    set(&server, 1, true);
    assert!(all(&client).is_empty());
    let log = ObjectName::domain("L1LD1", "LLN0$Other");
    assert_eq!(client.read_journal(log, ever()).unwrap().len(), 1);
    assert_eq!(bounds(&client)[3], octets(1));
    // It belongs to nobody, and stays on when its client is gone.
    client.conclude().unwrap();
    set(&server, 1, false);
    assert_eq!(other.read_journal(log, ever()).unwrap().len(), 2);
    write(&other, &field("LogEna"), false);
    write(&other, &field("LogEna"), false);
    write(&other, &field("LogRef"), "L1LD1/LLN0$EventLog");
    assert_eq!(bounds(&other)[3], octets(0));
}

fn data_sets_of_clients_can_be_logged(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    let set_name = name("L1LD1/LLN0$dynamic");
    client
        .define_named_variable_list(set_name, [name("L1LD1/GGIO1$ST$Ind4$stVal")])
        .unwrap();
    write(&client, &field("DatSet"), "L1LD1/LLN0$dynamic");
    write(&client, &field("LogEna"), true);
    // While it is used it stays.
    let refused = client.delete_named_variable_lists(&[set_name]);
    assert_eq!(
        service_error("in use", refused),
        ServiceError::OBJECT_CONSTRAINT_CONFLICT
    );
    set(&server, 1, true);
    set(&server, 4, true);
    let records = all(&client);
    assert_eq!(records.len(), 1);
    assert_eq!(
        records[0].variables[0],
        ("L1LD1/GGIO1$ST$Ind4$stVal".into(), MmsValue::Boolean(true))
    );
    write(&client, &field("LogEna"), false);
    write(&client, &field("DatSet"), "");
    let deleted = client.delete_named_variable_lists(&[set_name]).unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (1, 1));
}

fn the_oldest_entries_make_room(new: NewServer) {
    let mut config = IedServerConfig::new();
    config.set_default_log_capacity(3);
    let server = started(new(&model(|_| {}), Some(config)).unwrap());
    let client = connect(&server);
    write(&client, &field("LogEna"), true);
    for round in 0..5 {
        set(&server, 1, round % 2 == 0);
    }
    let records = all(&client);
    assert_eq!(numbers(&records), [3, 4, 5]);
    eventually("the oldest entry is shown", || {
        bounds(&client)[2] == octets(3)
    });
    assert_eq!(bounds(&client)[3], octets(5));
    let statistics = server.log_statistics("LD1/LLN0$EventLog").unwrap();
    assert_eq!((statistics.stored, statistics.waiting), (5, 0));
}

fn without_default(change: impl FnOnce(&mut LogControlBlockOptions), new: NewServer) -> IedServer {
    let mut config = IedServerConfig::new();
    config.set_default_log_capacity(0);
    started(new(&model(change), Some(config)).unwrap())
}

fn a_log_without_storage(new: NewServer) {
    let server = without_default(|_| {}, new);
    let client = connect(&server);
    let refused = write_error(&client, &field("LogEna"), true);
    assert_eq!(refused, Access::ObjectAttributeInconsistent);
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(false));
    let refused = client.read_journal(LOG, ever());
    assert_eq!(
        service_error("empty", refused),
        ServiceError::OBJECT_NON_EXISTENT
    );
}

fn logs_turned_off(new: NewServer) {
    let mut config = IedServerConfig::new();
    config.set_log_service_enabled(false);
    let server = started(new(&model(|o| o.log_ena = true), Some(config)).unwrap());
    let client = connect(&server);
    assert!(!client.negotiated().peer_services.has(Service::ReadJournal));
    let refused = client.read_journal(LOG, ever());
    assert!(matches!(refused, Err(ClientError::Reject { .. })));
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(false));
    let denied = Access::ObjectAccessDenied;
    assert_eq!(write_error(&client, &field("LogEna"), true), denied);
    let refused = server.set_log_storage("LD1/LLN0$EventLog", MemoryLog::new(5));
    assert!(matches!(refused, Err(Error::WrongKind { .. })));
    let server = serving(new);
    let client = connect(&server);
    assert!(client.negotiated().peer_services.has(Service::ReadJournal));
}

fn a_storage_that_is_given_later_or_replaced(new: NewServer) {
    let server = without_default(|options| options.log_ena = true, new);
    let client = connect(&server);
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(false));
    set(&server, 1, true);
    // The model wants it on, which it can be now.
    server
        .set_log_storage("LD1/LLN0$EventLog", full(3, 9))
        .unwrap();
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(true));
    assert_eq!(bounds(&client)[3], octets(3));
    set(&server, 1, false);
    assert_eq!(numbers(&all(&client)), [1, 2, 3, 4]);
    server
        .set_log_storage("LD1/LLN0$EventLog", MemoryLog::new(9))
        .unwrap();
    assert!(all(&client).is_empty());
    set(&server, 1, true);
    assert_eq!(numbers(&all(&client)), [5]);
    // A client that has turned it off is not overruled. The kind of storage may be a choice.
    write(&client, &field("LogEna"), false);
    server
        .set_log_storage(
            "LD1/LLN0$EventLog",
            Box::new(MemoryLog::new(9)) as Box<dyn LogStorage>,
        )
        .unwrap();
    assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(false));
}

/// A storage that does as it is told.
#[derive(Default)]
struct Orders {
    /// Whether everything is refused.
    refuse: bool,
    /// Whether storing waits.
    hold: bool,
}

struct Obedient(MemoryLog, Arc<(Mutex<Orders>, Condvar)>);

impl LogStorage for Obedient {
    fn append(&mut self, entries: &[LogEntry]) -> Result<(), LogStorageError> {
        let (orders, changed) = &*self.1;
        let mut orders = orders.lock();
        changed.wait_while(&mut orders, |orders| orders.hold);
        match orders.refuse {
            true => Err(LogStorageError::new("disk full")),
            false => self.0.append(entries),
        }
    }

    fn query(
        &mut self,
        query: &LogQuery,
        visit: &mut dyn FnMut(&LogEntry) -> bool,
    ) -> Result<(), LogStorageError> {
        match self.1.0.lock().refuse {
            true => Err(LogStorageError::new("disk gone")),
            false => self.0.query(query, visit),
        }
    }

    fn bounds(&mut self) -> Result<Option<LogBounds>, LogStorageError> {
        self.0.bounds()
    }
}

fn obedient(server: &IedServer) -> Arc<(Mutex<Orders>, Condvar)> {
    let orders = Arc::new(Default::default());
    let storage = Obedient(MemoryLog::new(100_000), Arc::clone(&orders));
    server
        .set_log_storage("LD1/LLN0$EventLog", storage)
        .unwrap();
    orders
}

fn a_storage_that_refuses(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    let orders = obedient(&server);
    write(&client, &field("LogEna"), true);
    orders.0.lock().refuse = true;
    set(&server, 1, true);
    let refused = client.read_journal(LOG, ever());
    assert_eq!(
        service_error("disk", refused),
        ServiceError::MASS_STORAGE_UNAVAILABLE
    );
    let statistics = || server.log_statistics("LD1/LLN0$EventLog").unwrap();
    let expected = LogStatistics {
        refused: 1,
        ..Default::default()
    };
    assert_eq!(statistics(), expected);
    orders.0.lock().refuse = false;
    set(&server, 1, false);
    assert_eq!(numbers(&all(&client)), [2]);
    assert_eq!((statistics().stored, statistics().refused), (1, 1));
}

fn a_slow_storage_delays_nobody(new: NewServer) {
    let mut config = IedServerConfig::new();
    config.set_max_waiting_log_entries(500);
    let server = started(new(&model(|_| {}), Some(config)).unwrap());
    let client = connect(&server);
    let orders = obedient(&server);
    write(&client, &field("LogEna"), true);
    orders.0.lock().hold = true;
    set(&server, 1, true);
    let statistics = || server.log_statistics("LD1/LLN0$EventLog").unwrap();
    // The writer has taken the first one, and waits.
    eventually("the writer waits", || statistics().waiting == 0);
    for round in 0..600 {
        set(&server, 1, round % 2 == 1);
        if round % 100 == 0 {
            // Others are served.
            assert_eq!(read(&client, &field("LogEna")), MmsValue::Boolean(true));
        }
    }
    assert_eq!((statistics().waiting, statistics().overflowed), (500, 100));
    orders.0.lock().hold = false;
    orders.1.notify_all();
    assert_eq!(numbers(&all(&client)), (1..=501).collect::<Vec<_>>());
    assert_eq!((statistics().waiting, statistics().stored), (0, 501));
}

fn everything_is_stored_when_the_server_goes(new: NewServer) {
    /// Entries outlive the storage.
    struct Kept(Arc<Mutex<MemoryLog>>);

    impl LogStorage for Kept {
        fn append(&mut self, entries: &[LogEntry]) -> Result<(), LogStorageError> {
            self.0.lock().append(entries)
        }

        fn query(
            &mut self,
            query: &LogQuery,
            visit: &mut dyn FnMut(&LogEntry) -> bool,
        ) -> Result<(), LogStorageError> {
            self.0.lock().query(query, visit)
        }

        fn bounds(&mut self) -> Result<Option<LogBounds>, LogStorageError> {
            self.0.lock().bounds()
        }
    }

    let kept = Arc::new(Mutex::new(MemoryLog::new(10_000)));
    let model = model(|options| options.log_ena = true);
    for round in 0..3_u64 {
        let server = started(new(&model, None).unwrap());
        server
            .set_log_storage("LD1/LLN0$EventLog", Kept(kept.clone()))
            .unwrap();
        for number in 0..1000 {
            set(&server, 1, number % 2 == 0);
        }
        drop(server);
        let bounds = kept.lock().bounds().unwrap().unwrap();
        assert_eq!(bounds.newest.0, EntryId(1000 * (round + 1)));
    }
}

fn integrity_entries(new: NewServer) {
    let server = serving(new);
    let client = connect(&server);
    write(
        &client,
        &field("TrgOps"),
        BitString::from_integer(6, 0b1_0000),
    );
    write(&client, &field("IntgPd"), MmsValue::Unsigned(20));
    set(&server, 3, true);
    write(&client, &field("LogEna"), true);
    eventually("two periods", || all(&client).len() >= 3);
    write(&client, &field("LogEna"), false);
    let records = all(&client);
    let tags: Vec<_> = records[0]
        .variables
        .iter()
        .map(|(tag, _)| tag.as_str())
        .collect();
    assert_eq!(tags.len(), 8);
    assert_eq!((tags[4], tags[5]), ("L1LD1/GGIO1$ST$Ind3", "ReasonCode"));
    assert_eq!(records[0].variables[4].1, indication(true, 0));
    assert_eq!(records[0].variables[5].1, reason(4));
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(all(&client).len(), records.len());
}

fn logs_of_another_name(new: NewServer) {
    let server = serving(new);
    for log in ["LD1/LLN0$Missing", "LLN0$EventLog", "LD9/LLN0$EventLog"] {
        let refused = server.set_log_storage(log, MemoryLog::new(5));
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{log}");
        assert!(server.log_statistics(log).is_err());
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;
    use iec61850::server::log::SqliteLog;

    engine_tests!(a_database_survives_the_server);

    fn a_database_survives_the_server(new: NewServer) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.db");
        let model = model(|options| options.log_ena = true);
        let mut seen = Vec::new();
        for round in 0..3_u64 {
            let server = started(new(&model, None).unwrap());
            let storage = SqliteLog::open(&path, 250).unwrap();
            server
                .set_log_storage("LD1/LLN0$EventLog", storage)
                .unwrap();
            let client = connect(&server);
            assert_eq!(bounds(&client)[3], octets(100 * round));
            assert_eq!(all(&client), seen);
            for number in 0..100 {
                set(&server, 1, number % 2 == 0);
            }
            seen = all(&client);
            let newest = 100 * (round + 1);
            let oldest = newest.saturating_sub(249).max(1);
            assert_eq!(numbers(&seen), (oldest..=newest).collect::<Vec<_>>());
            assert_eq!(seen[0].variables.len(), 2);
        }
    }
}
