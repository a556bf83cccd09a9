//! Plays a recording to our server and gathers what comes back.

use crate::differences::SERVICES;
use crate::recording::{self, Event};
use iec61850::server::Authentication;
use iec61850::{
    AccessPolicy, Dbpos, FunctionalConstraint, IedModel, IedServer, IedServerConfig,
    MmsDataAccessError, MmsValue, Quality, ServerIdentity, Timestamp,
};
use std::collections::HashMap;
use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long silence is listened to where the recorded server was silent.
const SILENCE: Duration = Duration::from_millis(150);

/// What came back after one segment of the client.
pub(crate) struct Outcome {
    pub(crate) scenario: &'static str,
    pub(crate) sent: Vec<u8>,
    pub(crate) recorded: Vec<Vec<u8>>,
    pub(crate) ours: Vec<Vec<u8>>,
}

impl Outcome {
    pub(crate) fn is_equal(&self) -> bool {
        let same = |recorded: &Vec<u8>, ours: &Vec<u8>| {
            let [theirs, own] = SERVICES;
            recorded == ours
                || match (recorded.strip_suffix(theirs), ours.strip_suffix(own)) {
                    (Some(recorded), Some(ours)) => recorded == ours,
                    _ => false,
                }
        };
        self.recorded.len() == self.ours.len()
            && self
                .recorded
                .iter()
                .zip(&self.ours)
                .all(|(recorded, ours)| same(recorded, ours))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let all = |list: &[Vec<u8>]| list.iter().map(|b| hex(b)).collect::<Vec<_>>().join(" ");
        writeln!(f, "{}: sent {}", self.scenario, hex(&self.sent))?;
        writeln!(f, "  recorded {}", all(&self.recorded))?;
        write!(f, "  ours     {}", all(&self.ours))
    }
}

pub(crate) fn play(scenario: &'static str) -> Vec<Outcome> {
    let model = IedModel::create_from_config_file(recording::folder().join("golden.cfg"))
        .expect("golden.cfg is a model");
    let server = server(&model, scenario);
    let address = server.local_address().expect("the server listens");
    let events = recording::read(scenario);
    let mut connections: HashMap<u32, TcpStream> = HashMap::new();
    let mut outcomes = Vec::new();
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Log(line) => apply(&model, &server, line),
            Event::Open(n) => {
                let stream = TcpStream::connect(address).expect("the server accepts connections");
                stream.set_nodelay(true).unwrap();
                connections.insert(*n, stream);
            }
            Event::Send(n, bytes) => {
                let Some(stream) = connections.get_mut(n) else {
                    continue;
                };
                // A server that has closed the connection already is seen by the missing answer.
                let _ = stream.write_all(bytes);
                let recorded = answers_behind(&events[at + 1..], *n);
                let ours = receive(stream, recorded.len());
                outcomes.push(Outcome {
                    scenario,
                    sent: bytes.clone(),
                    recorded,
                    ours,
                });
            }
            Event::End(n) => {
                if let Some(stream) = connections.get(n) {
                    let _ = stream.shutdown(Shutdown::Write);
                    wait_for_end(stream);
                }
            }
            Event::Answer(..) => {}
        }
    }
    outcomes
}

fn server(model: &IedModel, scenario: &str) -> IedServer {
    let mut config = IedServerConfig::new();
    config
        .set_max_dataset_entries(10)
        .set_max_association_specific_datasets(3)
        .set_max_domain_specific_datasets(8)
        .set_max_mms_connection(if scenario.starts_with("07") { 1 } else { 5 });
    let server = IedServer::new(model, Some(config)).expect("the model is free");
    server.set_server_identity(ServerIdentity {
        vendor: "golden".into(),
        model: "model-1".into(),
        revision: "1.0".into(),
    });
    if scenario.starts_with("04") || scenario.starts_with("05") {
        server.set_authenticator(|_, request| {
            matches!(&request.authentication, Some(Authentication::Password(p)) if p == b"secret61850")
        });
    }
    if scenario.starts_with("16") {
        let setting = attribute(model, "GGIO1.NumSet.setVal");
        server
            .register_write_handler(&setting, |_, _, value| match value.to_int32() {
                Ok(0..=100) => MmsDataAccessError::Success,
                _ => MmsDataAccessError::ObjectValueInvalid,
            })
            .unwrap();
    }
    server
        .start_on("127.0.0.1:0".parse().unwrap())
        .expect("a free port");
    server
}

fn attribute(model: &IedModel, reference: &str) -> iec61850::DataAttribute {
    let node = model.model_node_by_short_reference(&format!("LD1/{reference}"));
    node.unwrap_or_else(|| panic!("{reference}"))
        .into_data_attribute()
        .unwrap()
}

/// What the recorded server's application did.
fn apply(model: &IedModel, server: &IedServer, line: &str) {
    if line == "server: allow writes to FC=CF" {
        server
            .set_default_write_policy(FunctionalConstraint::CF, AccessPolicy::Allow)
            .unwrap();
    }
    if line == "server: stop" {
        server.stop();
    }
    let Some((reference, value)) = line
        .strip_prefix("server: set ")
        .and_then(|l| l.split_once(" = "))
    else {
        return;
    };
    let node = attribute(model, reference);
    let number = || value.parse::<i64>().unwrap_or_else(|_| panic!("{line}"));
    if reference.ends_with(".q") {
        server
            .update_quality(&node, Quality::from_bits_retain(number() as u16))
            .unwrap();
    } else if reference.ends_with(".t") {
        // The C library says that leap seconds are known and the fraction is good to 10 bits.
        let time = Timestamp::from_ms(number() as u64).with_quality(0x8a);
        server.update_timestamp(&node, &time).unwrap();
    } else if reference == "XCBR1.Pos.stVal" {
        let position = Dbpos::from_value(number() as i32).unwrap();
        server.update_dbpos(&node, position).unwrap();
    } else if let Ok(value) = value.to_lowercase().parse::<bool>() {
        server.update_boolean(&node, value).unwrap();
    } else if value.contains('.') {
        server.update_float(&node, value.parse().unwrap()).unwrap();
    } else {
        server
            .update_value(&node, &MmsValue::Integer(number()))
            .unwrap();
    }
}

/// The packets the recorded server sent before the client's next word on the connection.
fn answers_behind(events: &[Event], connection: u32) -> Vec<Vec<u8>> {
    let mut bytes = Vec::new();
    for event in events {
        match event {
            Event::Answer(n, answer) if *n == connection => bytes.extend(answer),
            Event::Send(n, _) | Event::End(n) if *n == connection => break,
            _ => {}
        }
    }
    packets(&mut bytes)
}

/// Cuts whole TPKT packets off the front.
fn packets(bytes: &mut Vec<u8>) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let [_, _, high, low, ..] = bytes[..] {
        let length = usize::from(u16::from_be_bytes([high, low]));
        if bytes.len() < length {
            break;
        }
        packets.push(bytes.drain(..length).collect());
    }
    packets
}

/// Reads as many packets as were recorded, and then listens a little for more.
fn receive(stream: &mut TcpStream, count: usize) -> Vec<Vec<u8>> {
    let (mut bytes, mut received) = (Vec::new(), Vec::new());
    let mut buffer = vec![0; 65_536];
    loop {
        let patience = if received.len() < count {
            PATIENCE
        } else {
            SILENCE
        };
        stream.set_read_timeout(Some(patience)).unwrap();
        // More than was recorded is listened for only where nothing was recorded, or to tell a
        // surplus answer: after the last packet the next request follows at once.
        if count > 0 && received.len() >= count {
            return received;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return received,
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
        }
        received.extend(packets(&mut bytes));
    }
}

fn wait_for_end(mut stream: &TcpStream) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer), Ok(1..)) {}
}
