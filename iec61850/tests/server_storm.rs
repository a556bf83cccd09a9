//! Reports under load: many changes, several subscribers, and one that stops reading.

#[path = "support/mod.rs"]
mod support;

use iec61850::{DataAttribute, IedModel, IedServer};
use mms::client::Subscription;
use mms::client::blocking::Client;
use mms::pdu::InformationReport;
use mms::{BitString, MmsValue};
use std::fmt::Write as _;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};
use support::raw::{RawClient, encoded};
use support::{NewServer, address, attribute, connect, engine_tests, name, started, write};

/// Members of the data set, all of which change with each update.
const MEMBERS: usize = 11;
/// Updates, and how many of them are made in a second.
const UPDATES: i64 = 3000;
const RATE: u32 = 1000;
/// One report control block for each subscriber; the last one is for the one that does not read.
const BLOCKS: [&str; 5] = [
    "RP$urcb01",
    "RP$urcb02",
    "BR$brcb01",
    "BR$brcb02",
    "RP$urcb03",
];

/// Bit 1 of OptFlds: the sequence number. Bit 1 of TrgOps: data change.
fn only_bit_1(bits: usize) -> MmsValue {
    let mut string = BitString::new(bits);
    string.set(1, true);
    MmsValue::BitString(string)
}

fn model() -> IedModel {
    let mut text = String::from("MODEL(STORM){\nLD(LD1){\nLN(LLN0){\nDS(events){\n");
    for member in 1..=MEMBERS {
        writeln!(text, "DE(GGIO1$ST$IntIn{member}$stVal);").unwrap();
    }
    text.push_str("}\n");
    for block in BLOCKS {
        let (kind, name) = block.split_once('$').unwrap();
        let buffered = u8::from(kind == "BR");
        writeln!(text, "RC({name} - {buffered} events 1 1 1 0 0)").unwrap();
    }
    text.push_str("}\nLN(GGIO1){\n");
    for member in 1..=MEMBERS {
        writeln!(
            text,
            "DO(IntIn{member} 0){{\nDA(stVal 0 3 0 1 0);\nDA(q 0 23 0 2 0);\nDA(t 0 22 0 0 0);\n}}"
        )
        .unwrap();
    }
    text.push_str("}\n}\n}\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("storm.cfg");
    std::fs::write(&file, text).unwrap();
    IedModel::create_from_config_file(file).unwrap()
}

/// A client whose report control block is enabled.
struct Subscriber {
    _client: Client,
    _subscription: Subscription,
}

/// What a subscriber has seen so far.
struct Seen {
    block: &'static str,
    sequence: Option<u32>,
    value: i64,
}

impl Seen {
    /// Checks that a report is the one after the last: with all members, the next value in each,
    /// and the next sequence number. Returns whether it was the last one.
    fn next(&mut self, report: &InformationReport<'_>) -> Result<bool, String> {
        let values: Vec<_> = report
            .results
            .iter()
            .map(|value| value.to_value())
            .collect();
        // RptID, OptFlds, SqNum, inclusion, values.
        let [_, _, sequence, inclusion, values @ ..] = &values[..] else {
            return Err(format!("a report of {} values", values.len()));
        };
        let sequence = sequence.to_uint32().map_err(|error| error.to_string())?;
        let modulus = if self.block.starts_with("RP") {
            0x100
        } else {
            0x1_0000
        };
        if self
            .sequence
            .is_some_and(|last| (last + 1) % modulus != sequence)
        {
            return Err(format!("SqNum {sequence} behind {:?}", self.sequence));
        }
        self.sequence = Some(sequence);
        let included = inclusion.to_bits().map_err(|error| error.to_string())?;
        let wanted = MmsValue::Integer(self.value + 1);
        if included.count_ones() != MEMBERS || values.iter().any(|value| *value != wanted) {
            return Err(format!("{values:?} behind {}", self.value));
        }
        self.value += 1;
        Ok(self.value == UPDATES)
    }
}

/// Enables a report control block; `done` hears of the last report or of the first wrong one.
fn subscribe(
    server: &IedServer,
    block: &'static str,
    done: Sender<Result<&'static str, String>>,
) -> Subscriber {
    let client = connect(server);
    let mut seen = Seen {
        block,
        sequence: None,
        value: 0,
    };
    let mut is_over = false;
    let subscription = client.on_information_report(move |report| {
        if is_over {
            return;
        }
        let result = match seen.next(report) {
            Ok(false) => return,
            Ok(true) => Ok(block),
            Err(why) => Err(format!("{block}: {why}")),
        };
        is_over = true;
        // The test may have failed already.
        let _ = done.send(result);
    });
    let field = |field: &str| format!("STORMLD1/LLN0${block}${field}");
    write(&client, &field("OptFlds"), only_bit_1(10));
    write(&client, &field("TrgOps"), only_bit_1(6));
    write(&client, &field("RptEna"), true);
    Subscriber {
        _client: client,
        _subscription: subscription,
    }
}

/// Changes all members together, as often as [`UPDATES`] says, at the [`RATE`].
fn storm(server: &IedServer, members: &[DataAttribute]) {
    let mut due = Instant::now();
    for value in 1..=UPDATES {
        // What was missed in a pause of the machine is not made up for: buffers are only so long.
        due = (due + Duration::from_secs(1) / RATE).max(Instant::now());
        thread::sleep(due.saturating_duration_since(Instant::now()));
        server.with_data_model(|server| {
            for member in members {
                server
                    .update_value(member, &MmsValue::Integer(value))
                    .unwrap();
            }
        });
    }
}

fn nothing_is_lost(new: NewServer, with_one_that_stops: bool) {
    let _alone = support::alone();
    let model = model();
    let server = started(new(&model, None).unwrap());
    let members: Vec<_> = (1..=MEMBERS)
        .map(|member| attribute(&model, &format!("STORMLD1/GGIO1.IntIn{member}.stVal")))
        .collect();
    let stopped = with_one_that_stops.then(|| {
        let mut client = RawClient::open(address(&server), 65_000);
        let enable = encoded(|w| {
            let item = format!("STORMLD1/LLN0${}$RptEna", BLOCKS[4]);
            mms::pdu::write_write_request(w, [(name(&item), &MmsValue::Boolean(true))]);
        });
        client.request(1, &enable);
        assert_eq!(client.answer().unwrap(), (Some(1), true));
        // From here on nobody reads what the server sends it.
        client
    });
    let (done, results) = mpsc::channel();
    let subscribers: Vec<_> = BLOCKS[..4]
        .iter()
        .map(|block| subscribe(&server, block, done.clone()))
        .collect();
    storm(&server, &members);
    let mut complete: Vec<_> = subscribers
        .iter()
        .map(|_| match results.recv_timeout(support::PATIENCE) {
            Ok(Ok(block)) => block,
            Ok(Err(why)) => panic!("{why}"),
            Err(_) => panic!("reports are missing"),
        })
        .collect();
    complete.sort_unstable();
    assert_eq!(
        complete,
        ["BR$brcb01", "BR$brcb02", "RP$urcb01", "RP$urcb02"]
    );
    drop(stopped);
}

engine_tests!(
    four_subscribers_get_every_change,
    four_subscribers_get_every_change_beside_one_that_stops_reading,
);

fn four_subscribers_get_every_change(new: NewServer) {
    nothing_is_lost(new, false);
}

fn four_subscribers_get_every_change_beside_one_that_stops_reading(new: NewServer) {
    nothing_is_lost(new, true);
}
