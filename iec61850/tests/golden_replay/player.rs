//! Plays a recording to our server and gathers what comes back.

use crate::masks::Masks;
use crate::recorded_server::RecordedServer;
use crate::recording::{self, Event};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same when the scenario has failed already.
const IMPATIENCE: Duration = Duration::from_millis(500);
/// After a pause as long as this nothing is on its way any more.
const QUIET: Duration = Duration::from_millis(40);

/// What came back on one connection between two things that the client or the application did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) scenario: &'static str,
    /// The bytes of the client in hex, or the line of the log for an act of the application.
    pub(crate) stimulus: String,
    /// In hex; or lines of the application's log.
    pub(crate) recorded: Vec<String>,
    pub(crate) ours: Vec<String>,
    pub(crate) is_equal: bool,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.scenario, self.stimulus)?;
        for line in &self.recorded {
            writeln!(f, "  recorded {line}")?;
        }
        for line in &self.ours {
            writeln!(f, "  ours     {line}")?;
        }
        Ok(())
    }
}

/// Acts of the recorded application that its log does not show: scenario, the line of the log
/// they stand before or after, and the act.
const SILENT_ACTS: [(&str, Place, &str, &str); 9] = [
    (
        "20",
        Place::Before,
        "server: set GGIO1.Ind3.stVal = True",
        "lock",
    ),
    (
        "20",
        Place::After,
        "server: set GGIO1.Ind4.t = 1700000002000",
        "unlock",
    ),
    ("31", Place::Before, "-- cancel, nothing selected", NORMAL),
    (
        "31",
        Place::Before,
        "-- client leaves while selected",
        NORMAL,
    ),
    ("33", Place::Before, "-- second client", NORMAL),
    ("33", Place::Before, "-- negative termination", NORMAL),
    ("33", Place::Before, "-- delayed, then positive", NORMAL),
    (
        "51",
        Place::Before,
        "server: set GGIO1.Ind3.stVal = True",
        "lock",
    ),
    (
        "51",
        Place::After,
        "server: set GGIO1.Ind4.stVal = True",
        "unlock",
    ),
];
const NORMAL: &str = "server behaviour: {}";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    After,
}

pub(crate) fn play(scenario: &'static str) -> Vec<Outcome> {
    let server = RecordedServer::start(&recording::folder().join("golden.cfg"), scenario);
    server.hold_commands();
    let mut player = Player::new(scenario, server.address());
    let mut logged = Vec::new();
    for event in recording::read(scenario) {
        match event {
            Event::Pause(length) => player.pause += length,
            Event::Log(line) => {
                let silent = |place| {
                    SILENT_ACTS
                        .iter()
                        .filter(move |(of, at, ..)| scenario.starts_with(of) && *at == place)
                };
                let acts = silent(Place::Before)
                    .filter(|(_, _, at, _)| *at == line)
                    .map(|(.., act)| *act)
                    .chain(RecordedServer::is_act(&line).then_some(line.as_str()))
                    .chain(
                        silent(Place::After)
                            .filter(|(_, _, at, _)| *at == line)
                            .map(|(.., act)| *act),
                    );
                for act in acts {
                    player.begin(act.to_owned());
                    server.act(act);
                }
                if line.starts_with("server: control handler") {
                    player.catch_up();
                    server.act("server: control may end");
                }
                if RecordedServer::is_logged(&line) {
                    logged.push(line);
                }
            }
            Event::Open(n) => {
                player.begin("connect".to_owned());
                player.open(n);
            }
            Event::Send(n, bytes) => player.send(n, &bytes),
            Event::Answer(n, bytes) => player.answer(n, &bytes),
            Event::ServerEnd(_) => {}
            Event::End(n) => {
                player.begin(format!("end of connection {n}"));
                player.end(n);
            }
        }
    }
    let mut outcomes = player.finish();
    let ours = server.log();
    outcomes.push(Outcome {
        scenario,
        stimulus: "log of the application".into(),
        is_equal: logged == ours,
        recorded: logged,
        ours,
    });
    outcomes
}

struct Player {
    scenario: &'static str,
    address: SocketAddr,
    connections: BTreeMap<u32, Connection>,
    masks: Masks,
    outcomes: Vec<Outcome>,
    stimulus: String,
    /// When it was.
    since: Instant,
    /// How long the recording waited since then.
    pause: Duration,
    failed: bool,
}

/// One connection of the recorded client.
struct Connection {
    stream: TcpStream,
    /// Packets of the server; ends with the connection.
    packets: Receiver<Vec<u8>>,
    /// Those that have arrived before what was recorded in front of them.
    waiting: VecDeque<Vec<u8>>,
    /// The beginning of a packet that was recorded in several segments.
    partial: Vec<u8>,
    recorded: Vec<Vec<u8>>,
    ours: Vec<Vec<u8>>,
}

impl Player {
    fn new(scenario: &'static str, address: SocketAddr) -> Self {
        Player {
            scenario,
            address,
            connections: BTreeMap::new(),
            masks: Masks::default(),
            outcomes: Vec::new(),
            stimulus: "start".into(),
            since: Instant::now(),
            pause: Duration::ZERO,
            failed: false,
        }
    }

    /// The next act comes: after as much time as in the recording, and with the account of the one
    /// before closed.
    fn begin(&mut self, stimulus: String) {
        self.catch_up();
        self.close_account(self.pause >= QUIET);
        self.stimulus = stimulus;
        // Waiting that took too long is made up for.
        self.since = if self.pause >= QUIET {
            self.since + self.pause
        } else {
            Instant::now()
        };
        self.pause = Duration::ZERO;
    }

    /// Waits until as much time has passed since the last act as in the recording.
    fn catch_up(&self) {
        if self.pause >= QUIET {
            thread::sleep((self.since + self.pause).saturating_duration_since(Instant::now()));
        }
    }

    fn close_account(&mut self, quiet: bool) {
        for connection in self.connections.values_mut() {
            // What is on its way belongs to the next act, which the server does not know yet.
            if quiet {
                connection.waiting.extend(connection.packets.try_iter());
                connection.ours.extend(connection.waiting.drain(..));
            }
            let recorded = std::mem::take(&mut connection.recorded);
            let ours = std::mem::take(&mut connection.ours);
            if recorded.is_empty() && ours.is_empty() {
                continue;
            }
            let is_equal = same(&mut self.masks, &recorded, &ours);
            self.failed |= !is_equal;
            self.outcomes.push(Outcome {
                scenario: self.scenario,
                stimulus: self.stimulus.clone(),
                recorded: recorded.iter().map(|p| hex(p)).collect(),
                ours: ours.iter().map(|p| hex(p)).collect(),
                is_equal,
            });
        }
    }

    fn open(&mut self, number: u32) {
        let stream = TcpStream::connect(self.address).expect("the server accepts connections");
        stream.set_nodelay(true).unwrap();
        let mut reader = stream.try_clone().unwrap();
        let (sender, packets) = mpsc::channel();
        thread::spawn(move || {
            let (mut bytes, mut buffer) = (Vec::new(), vec![0; 65_536]);
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                bytes.extend_from_slice(&buffer[..length]);
                for packet in cut(&mut bytes) {
                    // Nobody may be listening any more.
                    let _ = sender.send(packet);
                }
            }
        });
        let connection = Connection {
            stream,
            packets,
            waiting: VecDeque::new(),
            partial: Vec::new(),
            recorded: Vec::new(),
            ours: Vec::new(),
        };
        self.connections.insert(number, connection);
    }

    fn send(&mut self, number: u32, recorded: &[u8]) {
        self.begin(hex(recorded));
        let bytes = self.masks.translated(recorded);
        let connection = self.connections.get_mut(&number).expect("it is open");
        // A server that has closed the connection already is seen by the missing answer.
        let _ = connection.stream.write_all(&bytes);
    }

    fn answer(&mut self, number: u32, recorded: &[u8]) {
        let connection = self.connections.get_mut(&number).expect("it is open");
        connection.partial.extend(recorded);
        for packet in cut(&mut connection.partial) {
            let patience = if self.failed { IMPATIENCE } else { PATIENCE };
            let deadline = Instant::now() + patience + self.pause;
            let wanted = is_unconfirmed(&packet);
            connection.recorded.push(packet);
            while let Some(packet) = connection.next(deadline) {
                let found = is_unconfirmed(&packet) == wanted;
                connection.ours.push(packet);
                if found {
                    break;
                }
            }
            self.failed |= connection.ours.len() < connection.recorded.len();
        }
    }

    fn end(&mut self, number: u32) {
        let connection = self.connections.get_mut(&number).expect("it was opened");
        let _ = connection.stream.shutdown(Shutdown::Write);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match connection.packets.recv_timeout(left) {
                Ok(packet) => connection.waiting.push_back(packet),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{}: connection {number} stays open", self.scenario)
                }
            }
        }
    }

    fn finish(mut self) -> Vec<Outcome> {
        self.begin("end of the recording".into());
        self.close_account(true);
        self.outcomes
    }
}

impl Connection {
    fn next(&mut self, deadline: Instant) -> Option<Vec<u8>> {
        let left = deadline.saturating_duration_since(Instant::now());
        self.waiting
            .pop_front()
            .or_else(|| self.packets.recv_timeout(left).ok())
    }
}

/// Whether the packets are the recorded ones in their order. A report may stand before or behind
/// an answer: the recorded server sends them from different threads.
fn same(masks: &mut Masks, recorded: &[Vec<u8>], ours: &[Vec<u8>]) -> bool {
    let part = |packets: &[Vec<u8>]| -> [Vec<Vec<u8>>; 2] {
        let (reports, others) = packets
            .iter()
            .cloned()
            .partition(|packet| is_report(packet));
        [reports, others]
    };
    let [their_reports, theirs] = part(recorded);
    let [our_reports, ours] = part(ours);
    let mut equal = |recorded: &[Vec<u8>], ours: &[Vec<u8>]| {
        let pairs = recorded.iter().zip(ours);
        // Every pair is looked at, so that the identifiers in them become known.
        let different = pairs
            .filter(|(recorded, ours)| !masks.are_equal(recorded, ours))
            .count();
        recorded.len() == ours.len() && different == 0
    };
    equal(&their_reports, &our_reports) & equal(&theirs, &ours)
}

fn is_unconfirmed(packet: &[u8]) -> bool {
    mms(packet).is_some_and(|pdu| pdu.first() == Some(&0xa3))
}

/// An information report with the name RPT.
fn is_report(packet: &[u8]) -> bool {
    const NAME: [u8; 7] = [0xa1, 0x05, 0x80, 0x03, b'R', b'P', b'T'];
    is_unconfirmed(packet) && packet.windows(NAME.len()).any(|octets| octets == NAME)
}

/// The MMS PDU in a data TPDU.
fn mms(packet: &[u8]) -> Option<&[u8]> {
    const SESSION_DATA: [u8; 7] = [0x02, 0xf0, 0x80, 0x01, 0x00, 0x01, 0x00];
    let user_data = packet.get(4..)?.strip_prefix(&SESSION_DATA)?;
    let pdv_list = content(content(user_data)?)?;
    content(pdv_list.strip_prefix(&[0x02, 0x01, 0x03])?)
}

/// What is in the BER element at the front.
fn content(element: &[u8]) -> Option<&[u8]> {
    match element.get(1)? {
        0x81 => element.get(3..),
        0x82 => element.get(4..),
        _ => element.get(2..),
    }
}

/// Cuts whole TPKT packets off the front.
fn cut(bytes: &mut Vec<u8>) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    while let [_, _, high, low, ..] = bytes[..] {
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length < 4 || bytes.len() < length {
            break;
        }
        packets.push(bytes.drain(..length).collect());
    }
    packets
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
