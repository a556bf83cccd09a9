//! Block 4: information messages.

use crate::support::{Bench, DOMAIN, Raw, Seen, TITLE, client_options, hex, model, name, table};
use crate::{bench, client_of_hand};
use mms::ber::Writer;
use mms::pdu::{
    InformationReportWriter, ObjectClass, ObjectScope, ReadResponseWriter, RequestService,
    VariableAccessSpecification, WriteResponseWriter, write_failure, write_variables,
};
use mms::{DataAccessError, MmsValue, ObjectName, ServiceError};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tase2::bilateral::{BilateralTable, References};
use tase2::client::{Client, ClientOptions};
use tase2::information::{InformationEvent, Message, Recipients, SendError};
use tase2::types::{Features, InfoHeader};
use tase2::{Event, Name};
use tokio::time::{sleep, timeout};

const SET: ObjectName<'_> = ObjectName::Association("IM_Transfer_Set");
const ON: MmsValue = MmsValue::Boolean(true);
const OFF: MmsValue = MmsValue::Boolean(false);

/// Buffers of 16, 128 and 1024 octets, and a peer that may have the information objects 7 and 100 to 199.
fn agreed() -> BilateralTable {
    let mut table = table();
    table.information.send = References::from(7).union((100..=199).into());
    table
}

fn with(table: BilateralTable) -> Bench {
    let mut model = model();
    for size in [1024, 16, 128] {
        model.add_information_buffer(size).unwrap();
    }
    bench(model, vec![table])
}

fn hello() -> Message {
    Message::new(7, "hello")
        .with_local_reference(1)
        .with_message_id(42)
}

fn to_east(bench: &Bench, message: &Message) -> Result<usize, SendError> {
    let sent = bench
        .vcc
        .send_information(Recipients::Peer("EAST"), message)?;
    Ok(sent.associations)
}

async fn enabled(bench: &Bench) -> Raw {
    let raw = bench.raw().await;
    raw.mms.write(SET, &ON).await.unwrap();
    raw
}

fn report(scope: &str, buffer: usize, header: [i32; 4], content: &str) -> Seen {
    let [info, local, id, size] = header;
    Seen {
        about: vec![
            format!("{scope}Info_Mess_Header"),
            format!("{scope}Info_Buff_{buffer}"),
        ],
        values: vec![
            format!("{{{info}, {local}, {id}, {size}}}"),
            content.to_owned(),
        ],
    }
}

#[tokio::test(start_paused = true)]
async fn s_block_4_enable_and_disable() {
    let bench = with(agreed());
    let mut raw = bench.raw().await;
    // FALSE on every new association, and nothing is sent.
    assert_eq!(raw.mms.read(SET).await.unwrap(), OFF);
    assert_eq!(to_east(&bench, &hello()), Ok(0));
    raw.silent(1.0).await;
    raw.mms.write(SET, &ON).await.unwrap();
    assert_eq!(raw.mms.read(SET).await.unwrap(), ON);
    assert_eq!(to_east(&bench, &hello()), Ok(1));
    let expected = report("ICC1/", 16, [7, 1, 42, 5], "68656c6c6f");
    assert_eq!(raw.seen().await, expected);
    raw.mms.write(SET, &OFF).await.unwrap();
    assert_eq!(to_east(&bench, &hello()), Ok(0));
    raw.silent(1.0).await;
    let wrong = raw.mms.write(SET, &MmsValue::Integer(1)).await.unwrap_err();
    assert_eq!(
        wrong.access_error(),
        Some(DataAccessError::TypeInconsistent)
    );
    // Another association of the same peer is another matter.
    let mut other = enabled(&bench).await;
    assert_eq!(to_east(&bench, &hello()), Ok(1));
    other.report().await;
    raw.silent(1.0).await;
}

#[tokio::test(start_paused = true)]
async fn s_block_4_octets_of_the_worked_example() {
    let mut model = model();
    model.add_information_buffer(128).unwrap();
    let bench = bench(model, vec![agreed()]);
    let mut raw = enabled(&bench).await;
    to_east(&bench, &hello()).unwrap();
    let expected = hex(
        "a3 54 a0 52 a0 39 30 1c a0 1a a1 18 1a 04 49 43 43 31 1a 10 49 6e 66 6f 5f 4d 65 73 73 5f 48 65 61 64 65 72
         30 19 a0 17 a1 15 1a 04 49 43 43 31 1a 0d 49 6e 66 6f 5f 42 75 66 66 5f 31 32 38
         a0 15 a2 0c 85 01 07 85 01 01 85 01 2a 85 01 05 89 05 68 65 6c 6c 6f",
    );
    assert_eq!(raw.report().await, expected);
}

#[tokio::test(start_paused = true)]
async fn s_block_4_sizes_at_buffer_limits() {
    let bench = with(agreed());
    let mut raw = enabled(&bench).await;
    for (size, buffer) in [
        (0, 16),
        (16, 16),
        (17, 128),
        (128, 128),
        (129, 1024),
        (1024, 1024),
    ] {
        to_east(&bench, &Message::new(7, vec![b'x'; size])).unwrap();
        let seen = raw.seen().await;
        assert_eq!(seen.about[1], format!("ICC1/Info_Buff_{buffer}"), "{size}");
        assert_eq!(seen.values[1].len(), 2 * size);
    }
    let error = to_east(&bench, &Message::new(7, vec![0; 1025])).unwrap_err();
    assert_eq!(
        error,
        SendError::NoBuffer {
            size: 1025,
            largest: 1024
        }
    );
    raw.silent(1.0).await;
}

#[tokio::test(start_paused = true)]
async fn s_block_4_sizes_up_to_the_negotiated_pdu() {
    let bench = with(agreed());
    let mut config = mms::association::Config::default();
    config.max_pdu_size = 1024;
    let mut raw = Raw::call(&bench.endpoint, config).await;
    raw.mms.write(SET, &ON).await.unwrap();
    // What does not fit the PDU is refused here, not by the peer; the longest that fits is sent.
    let mut longest = 0;
    for size in 129..=1024 {
        match to_east(&bench, &Message::new(7, vec![0; size])) {
            Ok(1) => longest = size,
            Err(SendError::PduSize { max_pdu: 1024, .. }) => break,
            other => panic!("{size}: {other:?}"),
        }
    }
    let mut last = Vec::new();
    for _ in 129..=longest {
        last = raw.report().await;
    }
    assert!((1021..=1024).contains(&last.len()), "{}", last.len());
    // With an agreement it goes in segments.
    let mut table = agreed();
    table.information.segments = true;
    bench.endpoint.reload(vec![table]).unwrap();
    to_east(&bench, &Message::new(7, vec![b'x'; 300]).with_message_id(1)).unwrap();
    raw.report().await;
    to_east(
        &bench,
        &Message::new(7, vec![b'x'; 1024]).with_message_id(5),
    )
    .unwrap();
    for id in 5..13 {
        let seen = raw.seen().await;
        assert_eq!(seen.about[1], "ICC1/Info_Buff_128");
        assert_eq!(seen.values[0], format!("{{7, 0, {id}, 128}}"));
    }
    assert_eq!(raw.seen().await, report("ICC1/", 128, [7, 0, 13, 0], ""));
}

#[tokio::test(start_paused = true)]
async fn s_block_4_both_scopes() {
    let mut west = BilateralTable::new("WEST", "1", "ICC2");
    west.identity.ap_title = Some("1.1.999.7".parse().unwrap());
    west.information.send = References::from(7);
    let mut deaf = BilateralTable::new("DEAF", "1", "ICC3");
    deaf.identity.ap_title = Some("1.1.999.8".parse().unwrap());
    deaf.information.send = References::from(8);
    let mut model = model();
    model.add_information_buffer(16).unwrap();
    let bench = bench(model, vec![agreed(), west, deaf]);
    let mut raw = enabled(&bench).await;
    let west = bench
        .client_of("1.1.999.7")
        .await
        .unwrap()
        .in_domain("ICC2");
    let deaf = bench
        .client_of("1.1.999.8")
        .await
        .unwrap()
        .in_domain("ICC3");
    let (mut for_west, mut for_deaf) = (west.messages(), deaf.messages());
    west.enable_information(true).await.unwrap();
    deaf.enable_information(true).await.unwrap();
    let sent = bench
        .vcc
        .send_information(Recipients::All, &hello())
        .unwrap();
    assert_eq!((sent.associations, sent.message_id), (2, 42));
    assert_eq!(
        raw.seen().await,
        report("/", 16, [7, 1, 42, 5], "68656c6c6f")
    );
    assert!(for_west.next().await.unwrap().to_all);
    // To one it is in its domain, and nobody else hears of it.
    to_east(&bench, &hello()).unwrap();
    assert_eq!(raw.seen().await.about[0], "ICC1/Info_Mess_Header");
    assert!(
        timeout(Duration::from_secs(1), for_west.next())
            .await
            .is_err()
    );
    assert!(
        timeout(Duration::from_secs(1), for_deaf.next())
            .await
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_4_binary_content() {
    let bench = with(agreed());
    let mut raw = enabled(&bench).await;
    let octets: Vec<u8> = (0..=255).collect();
    to_east(&bench, &Message::new(150, octets.clone())).unwrap();
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    assert_eq!(
        raw.seen().await,
        report("ICC1/", 1024, [150, 0, 1, 256], &hex)
    );
    // Padded where that is agreed on: Size says what counts.
    let mut table = agreed();
    table.information.pad = true;
    bench.endpoint.reload(vec![table]).unwrap();
    to_east(&bench, &hello()).unwrap();
    let padded = "68656c6c6f".to_owned() + &"00".repeat(11);
    assert_eq!(
        raw.seen().await,
        report("ICC1/", 16, [7, 1, 42, 5], &padded)
    );
}

#[tokio::test(start_paused = true)]
async fn s_block_4_is_claimed_and_seen_only_where_it_is_agreed_on() {
    let bench = with(agreed());
    let raw = bench.raw().await;
    let client = bench.client().await;
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2, 4]));
    let names = raw
        .mms
        .variable_names(ObjectScope::Association)
        .await
        .unwrap();
    assert_eq!(names, ["IM_Transfer_Set"]);
    let lists = raw
        .mms
        .name_list(ObjectClass::NamedVariableList, ObjectScope::Association);
    assert!(lists.await.unwrap().is_empty());
    for domain in [None, Some(DOMAIN)] {
        let names = client.names(domain).await.unwrap();
        for item in [
            "Info_Mess_Header",
            "Info_Buff_16",
            "Info_Buff_128",
            "Info_Buff_1024",
        ] {
            let name = domain.map_or(Name::vcc(item), |d| Name::icc(d, item));
            assert!(names.contains(&name), "{name}");
        }
    }
    let ty = raw.mms.get_variable_access_attributes(SET).await.unwrap();
    assert_eq!(ty, mms::TypeDescription::Boolean);
    let ty = client.describe(&name("ICC1/Info_Buff_128")).await.unwrap();
    assert_eq!(ty, mms::TypeDescription::OctetString(-128));
    assert_eq!(
        to_east(&bench, &Message::new(8, "x")),
        Err(SendError::NotAgreed(8))
    );
    let unknown = bench
        .vcc
        .send_information(Recipients::Peer("NOBODY"), &hello());
    assert_eq!(unknown, Err(SendError::NoSuchPeer("NOBODY".into())));

    bench.endpoint.reload(vec![table()]).unwrap();
    let absent = Some(DataAccessError::ObjectNonExistent);
    assert_eq!(client.features().await.unwrap(), Features::of(&[1, 2]));
    assert_eq!(
        raw.mms.write(SET, &ON).await.unwrap_err().access_error(),
        absent
    );
    let read = client
        .read_raw(&name("Info_Mess_Header"))
        .await
        .unwrap_err();
    assert_eq!(read.access_error(), absent);
    assert!(
        raw.mms
            .variable_names(ObjectScope::Association)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(to_east(&bench, &hello()), Err(SendError::NotAgreed(7)));
}

#[tokio::test(start_paused = true)]
async fn s_block_4_messages_can_be_read_later() {
    let bench = with(agreed());
    let client = bench.client().await;
    let busy = Some(DataAccessError::TemporarilyUnavailable);
    let nothing = client.read_information_header(false).await.unwrap_err();
    assert_eq!(nothing.access_error(), busy);
    // Whether anybody has asked for messages or not.
    to_east(&bench, &hello()).unwrap();
    let header = InfoHeader {
        info_reference: 7,
        local_reference: 1,
        message_id: 42,
        size: 5,
    };
    assert_eq!(client.read_information_header(false).await.unwrap(), header);
    assert_eq!(
        client.read_information_buffer(16, false).await.unwrap(),
        b"hello"
    );
    to_east(&bench, &Message::new(7, vec![b'y'; 17])).unwrap();
    assert_eq!(
        client.read_information_buffer(16, false).await.unwrap(),
        b"hello"
    );
    assert_eq!(
        client.read_information_buffer(128, false).await.unwrap(),
        [b'y'; 17]
    );
    // The other scope has buffers of its own.
    let other = client.read_information_buffer(16, true).await.unwrap_err();
    assert_eq!(other.access_error(), busy);
    let denied = client
        .write_raw(&name("ICC1/Info_Buff_16"), &MmsValue::OctetString(vec![1]))
        .await;
    assert_eq!(
        denied.unwrap_err().access_error(),
        Some(DataAccessError::ObjectAccessDenied)
    );
}

#[tokio::test(start_paused = true)]
async fn messages_wait_where_the_table_says_so() {
    let mut table = agreed();
    table.information.queue = 2;
    let bench = with(table);
    let mut events = bench.vcc.events();
    let send = |id| {
        let message = Message::new(7, "hello").with_message_id(id);
        bench
            .vcc
            .send_information(Recipients::Peer("EAST"), &message)
            .unwrap()
    };
    for id in 1..=3 {
        let sent = send(id);
        assert_eq!((sent.associations, sent.queued), (0, 1));
    }
    let dropped = events.recv().await.unwrap();
    assert!(
        matches!(
            dropped,
            Event::Information(InformationEvent::Dropped {
                info_reference: 7,
                ..
            })
        ),
        "{dropped:?}"
    );
    let mut raw = enabled(&bench).await;
    for id in [2, 3] {
        assert_eq!(raw.seen().await.values[0], format!("{{7, 0, {id}, 5}}"));
    }
    raw.silent(1.0).await;
    assert_eq!(send(4).associations, 1);
    assert_eq!(raw.seen().await.values[0], "{7, 0, 4, 5}");
}

#[tokio::test(start_paused = true)]
async fn message_ids_go_up_by_themselves() {
    let bench = with(agreed());
    let mut raw = enabled(&bench).await;
    for id in 1..=3 {
        let sent = bench
            .vcc
            .send_information(Recipients::All, &Message::new(7, "x"))
            .unwrap();
        assert_eq!(sent.message_id, id);
        assert_eq!(raw.seen().await.values[0], format!("{{7, 0, {id}, 1}}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_costs_a_bounded_amount() {
    let mut table = agreed();
    table.limits.report_backlog = 10_000;
    let bench = with(table);
    let (raw, mut gate) = Raw::call_gated(&bench.endpoint).await;
    raw.mms.write(SET, &ON).await.unwrap();
    gate.close();
    let mut refused = None;
    for _ in 0..1000 {
        if let Err(error) = to_east(&bench, &Message::new(7, vec![0; 1024])) {
            refused = Some(error);
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(refused, Some(SendError::Backlog("EAST".into())));
    // Others are served as before.
    let client = bench.client().await;
    assert!(client.version().await.is_ok());
    gate.open();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(to_east(&bench, &hello()), Ok(1));
}

/// A server by hand that knows `IM_Transfer_Set` in this scope, and notes what is written.
fn set_in(
    scope: ObjectName<'static>,
    written: Arc<Mutex<Vec<MmsValue>>>,
) -> impl FnMut(
    mms::pdu::ConfirmedRequest<'_>,
    mms::association::Reply<'_>,
) -> mms::association::Answered
+ Send
+ 'static {
    move |request, reply| {
        let there = |variables: &VariableAccessSpecification<'_>| match variables {
            VariableAccessSpecification::Variables(list) => {
                list.iter().next().and_then(|v| v.name()) == Some(scope)
            }
            VariableAccessSpecification::ListName(_) => false,
        };
        match request.service {
            RequestService::Write(write) => {
                let known = there(&write.variables);
                if known {
                    let value = write.data.iter().next().unwrap().to_value();
                    written.lock().unwrap().push(value);
                }
                reply.respond(|w| {
                    let mut response = WriteResponseWriter::begin(w);
                    response.push(
                        w,
                        known
                            .then_some(())
                            .ok_or(DataAccessError::ObjectNonExistent),
                    );
                    response.end(w);
                })
            }
            RequestService::Read(read) => reply.respond(|w| {
                let response = ReadResponseWriter::begin(w, None);
                match written
                    .lock()
                    .unwrap()
                    .last()
                    .filter(|_| there(&read.variables))
                {
                    Some(value) => value.encode(w),
                    None => write_failure(w, DataAccessError::ObjectNonExistent),
                }
                response.end(w);
            }),
            _ => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn c_block_4_enable_and_disable() {
    let (domain, item) = (DOMAIN, "IM_Transfer_Set");
    for scope in [
        SET,
        ObjectName::Domain { domain, item },
        ObjectName::Vmd(item),
    ] {
        let written = Arc::<Mutex<Vec<MmsValue>>>::default();
        let (client, _) =
            client_of_hand(client_options(TITLE), set_in(scope, written.clone())).await;
        client.enable_information(true).await.unwrap();
        assert!(client.information_enabled().await.unwrap());
        client.enable_information(false).await.unwrap();
        assert!(!client.information_enabled().await.unwrap());
        assert_eq!(*written.lock().unwrap(), [ON, OFF], "{scope:?}");
    }
    // A peer without block 4.
    let nowhere = ObjectName::Vmd("nowhere");
    let (client, _) = client_of_hand(client_options(TITLE), set_in(nowhere, Arc::default())).await;
    let error = client.enable_information(true).await.unwrap_err();
    assert_eq!(
        error.access_error(),
        Some(DataAccessError::ObjectNonExistent)
    );
}

fn message(scope: Option<&str>, buffer: &str, header: MmsValue, content: MmsValue) -> Vec<u8> {
    let mut service = vec![];
    let w = &mut Writer::unbounded(&mut service);
    let named = |item| match scope {
        Some(domain) => ObjectName::Domain { domain, item },
        None => ObjectName::Vmd(item),
    };
    let report = InformationReportWriter::begin(w, |w| {
        write_variables(w, [named("Info_Mess_Header"), named(buffer)]);
    });
    header.encode(w);
    content.encode(w);
    report.end(w);
    service
}

fn header(numbers: [i32; 4]) -> MmsValue {
    MmsValue::Structure(numbers.map(MmsValue::from).to_vec())
}

fn octets(octets: &[u8]) -> MmsValue {
    MmsValue::OctetString(octets.to_vec())
}

async fn hand(options: ClientOptions) -> (Client, mms::net::Remote) {
    client_of_hand(options, |_, reply| {
        reply.error(ServiceError::OBJECT_NON_EXISTENT)
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn c_block_4_both_scopes_and_binary_content() {
    let (client, remote) = hand(client_options(TITLE)).await;
    let mut messages = client.messages();
    let send = |service| remote.unconfirmed(service, 1 << 20).unwrap();
    let all: Vec<u8> = (0..=255).collect();
    send(message(
        None,
        "Info_Buff_256",
        header([7, 1, 1, 256]),
        octets(&all),
    ));
    send(message(
        Some(DOMAIN),
        "Info_Buff_8",
        header([8, 2, 3, 2]),
        octets(b"hi\0\0\0\0\0\0"),
    ));
    let first = messages.next().await.unwrap();
    assert_eq!(
        (first.to_all, &first.content, first.text()),
        (true, &all, None)
    );
    let second = messages.next().await.unwrap();
    let numbers = (
        second.info_reference,
        second.local_reference,
        second.message_id,
    );
    assert_eq!(
        (second.to_all, numbers, second.text()),
        (false, (8, 2, 3), Some("hi"))
    );
    assert_eq!((second.peer.as_deref(), second.segments), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn c_block_4_sizes_at_buffer_limits() {
    let (client, remote) = hand(client_options(TITLE)).await;
    let mut messages = client.messages();
    let send = |service| remote.unconfirmed(service, 1 << 20).unwrap();
    // More than there is, less than nothing, no octets, no header: lost, and the association stays.
    send(message(
        None,
        "Info_Buff_4",
        header([7, 1, 1, 5]),
        octets(b"abcd"),
    ));
    send(message(
        None,
        "Info_Buff_4",
        header([7, 1, 1, -1]),
        octets(b"abcd"),
    ));
    send(message(
        None,
        "Info_Buff_4",
        header([7, 1, 1, 4]),
        MmsValue::VisibleString("abcd".into()),
    ));
    send(message(
        None,
        "Info_Buff_4",
        MmsValue::Integer(4),
        octets(b"abcd"),
    ));
    for (size, content) in [(4, &b"abcd"[..]), (0, b""), (3, b"abc")] {
        send(message(
            None,
            "Info_Buff_4",
            header([7, 1, 1, size]),
            octets(b"abcd"),
        ));
        assert_eq!(messages.next().await.unwrap().content, content);
    }
    // A report of another shape is a report, and belongs to nobody.
    send(message(
        None,
        "Info_Buff_x",
        header([7, 1, 1, 4]),
        octets(b"abcd"),
    ));
    send(message(
        None,
        "Info_Buff_4",
        header([9, 1, 1, 4]),
        octets(b"last"),
    ));
    assert_eq!(messages.next().await.unwrap().info_reference, 9);
    assert_eq!(client.statistics().unmatched, 1);
}

#[tokio::test(start_paused = true)]
async fn c_block_4_segments_are_put_together() {
    let mut options = client_options(TITLE);
    options.information.segments = true;
    let (client, remote) = hand(options).await;
    let mut messages = client.messages();
    for (id, part) in [(5, &b"abcd"[..]), (6, b"efgh"), (7, b"i")] {
        let head = header([7, 1, id, part.len() as i32]);
        remote
            .unconfirmed(message(None, "Info_Buff_4", head, octets(part)), 1 << 20)
            .unwrap();
    }
    let whole = messages.next().await.unwrap();
    assert_eq!(
        (whole.message_id, whole.segments, whole.text()),
        (5, 3, Some("abcdefghi"))
    );
}

#[tokio::test(start_paused = true)]
async fn between_two_control_centres() {
    // NORTH asks SOUTH for its messages on the association that SOUTH calls.
    let title = |n: u8| format!("1.1.999.{n}").parse().unwrap();
    let mut for_south = BilateralTable::new("SOUTH", "1", "NORTH_SOUTH");
    for_south.peer_domain = Some("SOUTH_NORTH".into());
    for_south.identity.ap_title = Some(title(2));
    for_south.information.enable = true;
    for_south.information.segments = true;
    for_south.information.receive = References::from(7);
    for_south.information.keep = 2;
    let mut for_north = BilateralTable::new("NORTH", "1", "SOUTH_NORTH");
    for_north.peer_domain = Some("NORTH_SOUTH".into());
    for_north.identity.ap_title = Some(title(1));
    for_north.information.send = References::all();
    for_north.information.segments = true;
    let north = bench(tase2::model::Model::new(), vec![for_south]);
    let mut model = tase2::model::Model::new();
    model.add_information_buffer(100).unwrap();
    let vcc = tase2::VirtualControlCenter::new(model, vec![for_north]).unwrap();
    let mut events = north.vcc.events();
    let mut messages = north.vcc.messages();
    let mut options = tase2::endpoint::EndpointOptions::default();
    options.listen = Some("127.0.0.1:0".parse().unwrap());
    options.ap_title = Some(title(1));
    let listening = tase2::endpoint::Endpoint::start(&north.vcc, options, vec![]).unwrap();
    let address = listening.local_addr().unwrap().to_string();
    let mut options = tase2::endpoint::EndpointOptions::default();
    options.ap_title = Some(title(2));
    let call = tase2::endpoint::Call::new("NORTH", vec![address]);
    let mut at_south = vcc.events();
    let calling = tase2::endpoint::Endpoint::start(&vcc, options, vec![call]).unwrap();
    let wait = async {
        loop {
            if let Event::Information(InformationEvent::Enabled { enabled: true, .. }) =
                at_south.recv().await.unwrap()
            {
                return;
            }
        }
    };
    timeout(Duration::from_secs(600), wait).await.unwrap();
    let text = "x".repeat(250);
    let send = |message: Message| {
        vcc.send_information(Recipients::Peer("NORTH"), &message)
            .unwrap()
    };
    assert_eq!(send(Message::new(7, text.clone())).associations, 1);
    let message = messages.next().await.unwrap();
    assert_eq!(
        (message.peer.as_deref(), message.segments),
        (Some("SOUTH"), 3)
    );
    assert_eq!((message.message_id, message.text()), (1, Some(&*text)));
    // Not agreed on here: told, and not kept.
    send(Message::new(8, "secret"));
    for id in 5..8 {
        send(Message::new(7, format!("m{id}")).with_message_id(id));
    }
    for id in 5..8 {
        assert_eq!(messages.next().await.unwrap().message_id, id);
    }
    let mut told = vec![];
    while let Ok(event) = events.try_recv() {
        if let Event::Information(event) = event {
            told.push(event.to_string());
        }
    }
    let not_agreed = "SOUTH sends messages of information object 8, which is not agreed on";
    assert!(told.iter().any(|line| line == not_agreed), "{told:?}");
    let kept: Vec<_> = north
        .vcc
        .inbox("SOUTH")
        .iter()
        .map(|m| m.message_id)
        .collect();
    assert_eq!(kept, [6, 7]);
    calling.stop().await;
    listening.stop().await;
}
