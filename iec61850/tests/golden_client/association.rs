//! The recordings of opening and ending associations, octet by octet: our client gets the packets
//! of libiec61850's server.

use super::recording::{self, Event};
use iec61850::FunctionalConstraint as Fc;
use iec61850::client::asynchronous::{IedConnection, Stream};
use iec61850::client::{ConnectionOptions, IedConnectionState};
use mms::osi::acse::AeQualifier;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// Packets of ours that are not the recorded ones: number of the packet, recorded, ours.
type Strange = Arc<Mutex<Vec<(usize, Vec<u8>, Vec<u8>)>>>;

/// One TPKT; `None` at the end.
async fn packet(stream: &mut DuplexStream) -> Option<Vec<u8>> {
    let mut packet = vec![0; 4];
    stream.read_exact(&mut packet).await.ok()?;
    let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
    packet.resize(length, 0);
    stream.read_exact(&mut packet[4..]).await.ok()?;
    Some(packet)
}

/// What differs on purpose in the packet with the AARQ is left out: libiec61850's client claims
/// all services that it asks for, ours those it has; and the number of unused bits in a bit
/// string of one bit (sender-acse-requirements) is 4 there and 7 here.
fn comparable(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    if packet.len() > 100 {
        let services = packet.len() - 11;
        packet[services..].fill(0);
        let requirements = packet.windows(3).position(|w| w == [0x8a, 2, 4]);
        if let Some(at) = requirements {
            packet[at + 2] = 7;
        }
    }
    packet
}

/// Plays the server of one connection of a recording.
async fn play(mut stream: DuplexStream, events: Vec<Event>, strange: Strange) {
    let mut number = 0;
    for event in events {
        match event {
            Event::Send(_, recorded) => {
                // A client that has closed already sends no more than that.
                let Some(ours) = packet(&mut stream).await else {
                    return;
                };
                if comparable(&ours) != comparable(&recorded) {
                    strange.lock().unwrap().push((number, recorded, ours));
                }
                number += 1;
            }
            Event::Answer(_, octets) => {
                let _ = stream.write_all(&octets).await;
            }
            Event::ServerEnd(_) => {
                // What was said before is heard before.
                tokio::time::sleep(Duration::from_millis(5)).await;
                return;
            }
            Event::End(_) => {
                // Ours may say goodbye first.
                let _ = packet(&mut stream).await;
                return;
            }
            _ => {}
        }
    }
}

fn number_of(event: &Event) -> Option<u32> {
    match event {
        Event::Send(number, _)
        | Event::Answer(number, _)
        | Event::End(number)
        | Event::ServerEnd(number) => Some(*number),
        _ => None,
    }
}

/// Options of the client of a recording, for its connection of this number.
fn options(scenario: &str, number: usize) -> ConnectionOptions {
    let mut options = ConnectionOptions::new();
    match (&scenario[..2], number) {
        ("04", _) => options = options.with_password("secret61850"),
        ("05", 1) => options = options.with_password("wrong"),
        ("06", _) => {
            options.local.t_selector = vec![0, 2];
            options.local.s_selector = vec![0, 2];
            options.local.p_selector = vec![0, 0, 0, 2];
            options.remote.t_selector = vec![0, 3];
            options.remote.s_selector = vec![0, 3];
            options.remote.p_selector = vec![0, 0, 0, 3];
            let title = |last| {
                let title = mms::ObjectIdentifier::from_arcs(&[1, 1, 1, last]).unwrap();
                Some(mms::osi::acse::ApTitle::Identifier(title))
            };
            options.local.ap_title = title(998);
            options.local.ae_qualifier = Some(AeQualifier::Number(13));
            options.remote.ap_title = title(999);
            options.max_pdu_size = 1200;
        }
        _ => {}
    }
    options
}

/// The calls and their results, and the packets that differ.
async fn outcomes(scenario: &str) -> (Vec<(String, String, String)>, Strange) {
    let events = recording::read(scenario);
    let mut outcomes = Vec::new();
    let strange = Strange::default();
    let mut open: VecDeque<IedConnection> = VecDeque::new();
    let mut number = 0;
    for (at, event) in events.iter().enumerate() {
        let Event::Log(line) = event else { continue };
        let Some(call) = line.trim().strip_prefix("client: ") else {
            if line.trim() == "server: stop" {
                // The recorded end of the stream, which comes by itself.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            continue;
        };
        let result = events[at + 1..].iter().find_map(|event| match event {
            Event::Log(line) => line.trim().strip_prefix("-> "),
            _ => None,
        });
        let code = |result: Result<(), iec61850::Error>| match result {
            Ok(()) => 0,
            Err(error) => error.code().expect("a client's error").value(),
        };
        let recorded = result.and_then(|result| result.split(' ').nth(2));
        let recorded = recorded.unwrap_or("0").to_owned();
        let ours = match call.split(['(', ' ']).next().unwrap_or_default() {
            "connect" => {
                number += 1;
                let of_this = |event: &&Event| number_of(event) == Some(number);
                let script: Vec<Event> = recording::read(scenario)
                    .into_iter()
                    .filter(|event| of_this(&event))
                    .collect();
                let script = Arc::new(Mutex::new(Some(script)));
                let heard = strange.clone();
                let connection = IedConnection::with_options(options(scenario, number as usize));
                let connected = connection
                    .connect_through(move || {
                        let (near, far) = duplex(1 << 16);
                        let script = script.lock().unwrap().take().expect("one attempt");
                        tokio::spawn(play(far, script, heard.clone()));
                        Box::pin(async move { Ok(Box::new(near) as Box<dyn Stream>) })
                    })
                    .await;
                if connected.is_ok() {
                    open.push_back(connection);
                }
                code(connected).to_string()
            }
            "MmsConnection_readVariable" => {
                let read = open[0].read_int32("GOLDLD1/LLN0.Mod.stVal", Fc::ST).await;
                assert_eq!(*read.as_ref().unwrap(), 1);
                code(read.map(|_| ())).to_string()
            }
            "release" => code(open.pop_front().unwrap().release().await).to_string(),
            "abort" => code(open.pop_front().unwrap().abort().await).to_string(),
            "close" => {
                open.pop_front().unwrap().close().await;
                outcomes.push((call.to_owned(), String::new(), String::new()));
                continue;
            }
            "state" => {
                let state = open[0].state();
                assert_eq!(state, IedConnectionState::Closed);
                "0".to_owned()
            }
            other => panic!("{other}"),
        };
        outcomes.push((call.to_owned(), recorded, ours));
    }
    (outcomes, strange)
}

#[tokio::test(start_paused = true)]
async fn associations_are_opened_and_ended_as_recorded() {
    for scenario in recording::names("0") {
        let (outcomes, strange) = outcomes(scenario).await;
        assert!(outcomes.len() > 1, "{scenario}");
        for (call, recorded, ours) in &outcomes {
            assert_eq!(recorded, ours, "{scenario}: {call}");
        }
        let strange = strange.lock().unwrap();
        assert!(strange.is_empty(), "{scenario}: {strange:02x?}");
    }
}
