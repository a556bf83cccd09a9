//! Why a subscription is silent: what a file expects, beside what is heard.

use super::place::{is_file, is_routable, source};
use super::{Watch, keys, watch};
use crate::failure::Failure;
use crate::model_file::ModelFile;
use crate::output::{self, count, message, printable};
use iec61850::goose::{
    GooseDispatcher, GooseEntry, GooseFrame, GooseProblem, GooseState, GooseSubscriber,
    SubscriberId,
};
use iec61850::link::{Arrival, EtherType, MacAddress};
use iec61850::{GooseControlBlock, IedModel, ModelNodeExt, PhyComAddress};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Publishers that no file knows and that are remembered.
const MAX_STRANGERS: usize = 1000;

/// Tell why GOOSE subscriptions are silent
///
/// Listens, and compares what comes with all GOOSE control blocks of the file: interface, VLAN, address, APPID, revision, data set, types, simulation, time allowed to live.
/// The exit code is 1 if something is wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Interface, as `ip link` shows it, capture file, or `udp:ADDRESS[:PORT]` for routable messages
    #[arg(value_name = "INTERFACE|FILE|UDP")]
    source: String,

    /// SCL or .cfg file with the publishers
    #[arg(value_name = "SCL")]
    scl: PathBuf,

    /// Only the control blocks of this IED
    #[arg(long, value_name = "NAME")]
    ied: Option<String>,

    /// How long to listen, in seconds
    #[arg(long, value_name = "S", default_value_t = 12)]
    seconds: u64,

    /// For programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keys: keys::KeyArguments,
}

struct Expected {
    reference: String,
    address: Option<PhyComAddress>,
    id: SubscriberId,
}

/// What a frame without a match had.
struct Stranger {
    destination: MacAddress,
    app_id: u16,
}

struct Listening {
    dispatcher: GooseDispatcher,
    frames: u64,
    strangers: BTreeMap<String, Stranger>,
}

impl Watch for Listening {
    fn frame(&mut self, arrival: Arrival, octets: &[u8]) -> Result<bool, Failure> {
        // What is damaged is counted.
        let _ = self.dispatcher.handle_frame(arrival, octets);
        if let Ok(frame) = GooseFrame::decode(octets) {
            self.frames += 1;
            let reference = frame.pdu.go_cb_ref;
            if self.strangers.len() < MAX_STRANGERS && !self.strangers.contains_key(reference) {
                let stranger = Stranger {
                    destination: frame.ethernet.destination,
                    app_id: frame.header.app_id,
                };
                self.strangers.insert(reference.to_owned(), stranger);
            }
        }
        Ok(true)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.dispatcher.poll_timeout()
    }

    fn timeout(&mut self, now: Instant) -> Result<(), Failure> {
        self.dispatcher.handle_timeout(now);
        Ok(())
    }
}

/// The GOOSE control blocks of a model.
fn blocks(model: &IedModel) -> Vec<GooseControlBlock> {
    let devices = model.logical_devices().into_iter();
    let nodes = devices.flat_map(|device| device.logical_nodes());
    nodes.flat_map(|node| node.goose_control_blocks()).collect()
}

/// The models of a file: that of the IED, or all.
fn models(arguments: &Arguments) -> Result<Vec<IedModel>, Failure> {
    let file = ModelFile::open(&arguments.scl)?;
    let ied = arguments.ied.as_deref();
    let ModelFile::Scl(document) = &file else {
        return Ok(vec![file.load(ied, None)?.model]);
    };
    let mut models = Vec::new();
    for known in document.ieds() {
        if !known.has_server() || ied.is_some_and(|ied| ied != known.name) {
            continue;
        }
        for access in known
            .access_points
            .iter()
            .filter(|access| access.has_server)
        {
            match file.load(Some(&known.name), Some(&access.name)) {
                Ok(loaded) => models.push(loaded.model),
                Err(_) => message(format_args!(
                    "warning: no model of {} {}; `ied model --check` tells why",
                    printable(&known.name),
                    printable(&access.name)
                )),
            }
        }
    }
    if models.is_empty() {
        // For the reason.
        models.push(file.load(ied, None)?.model);
    }
    Ok(models)
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let models = models(arguments)?;
    let mut listening = Listening {
        dispatcher: GooseDispatcher::new(),
        frames: 0,
        strangers: BTreeMap::new(),
    };
    let mut expected = Vec::new();
    for block in models.iter().flat_map(blocks) {
        let reference = format!("{}$GO${}", block.parent().reference(), block.name());
        let mut subscriber = GooseSubscriber::new(&*reference).with_conf_rev(block.conf_rev());
        if let Some(data_set) = block.dataset() {
            subscriber = subscriber
                .with_data_set(data_set.reference())
                .with_entries(GooseEntry::of_data_set(&data_set));
        }
        if !block.app_id().is_empty() {
            subscriber = subscriber.with_go_id(block.app_id());
        }
        subscriber.set_simulation(true);
        let id = listening.dispatcher.add(subscriber, |_, _| {});
        expected.push(Expected {
            reference,
            // Datagrams have other addresses than the file.
            address: block.address().filter(|_| !is_routable(&arguments.source)),
            id,
        });
    }
    if expected.is_empty() {
        return Err(Failure::failed(format_args!(
            "{} has no GOOSE control blocks",
            arguments.scl.display()
        )));
    }
    #[cfg(target_os = "linux")]
    if let Ok(state) = iec61850::link::interface_state(&arguments.source)
        && !state.running
    {
        message(format_args!(
            "{} has no carrier: is the cable in, and the other end switched on?",
            arguments.source
        ));
    }
    let mut link = source(&arguments.source, EtherType::GOOSE, &arguments.keys)?;
    let live = !is_file(&arguments.source);
    if live {
        message(format_args!(
            "listening on {} for {} s",
            arguments.source, arguments.seconds
        ));
    }
    let until = live.then(|| Instant::now() + Duration::from_secs(arguments.seconds));
    watch(&mut *link, until, &mut listening)?;
    report(arguments, &listening, &expected)
}

fn report(
    arguments: &Arguments,
    listening: &Listening,
    expected: &[Expected],
) -> Result<(), Failure> {
    let findings: Vec<_> = expected
        .iter()
        .map(|expected| (expected, findings(listening, expected)))
        .collect();
    let mut out = output::stdout();
    if arguments.json {
        let blocks = findings.iter().map(
            |(expected, findings)| json!({ "goCbRef": expected.reference, "findings": findings }),
        );
        let value = json!({
            "frames": listening.frames,
            "damaged": listening.dispatcher.damaged_frames(),
            "controlBlocks": blocks.collect::<Vec<_>>(),
        });
        output::json(&mut out, &value)?;
    } else {
        for (expected, findings) in &findings {
            let state = if findings.is_empty() { "ok" } else { "WRONG" };
            writeln!(out, "{state:<6}{}", printable(&expected.reference))?;
            for finding in findings {
                writeln!(out, "      {}", printable(finding))?;
            }
        }
        for (reference, stranger) in &listening.strangers {
            if !expected
                .iter()
                .any(|expected| expected.reference == *reference)
            {
                let Stranger {
                    destination,
                    app_id,
                } = stranger;
                let reference = printable(reference);
                writeln!(
                    out,
                    "other {reference} ({destination}, APPID {app_id:#06x})"
                )?;
            }
        }
    }
    out.flush()?;
    let damaged = listening.dispatcher.damaged_frames();
    if listening.frames == 0 {
        message(
            "no GOOSE frame at all: is it the right interface, and does the switch forward the VLANs to its port?",
        );
    }
    if damaged > 0 {
        message(format_args!(
            "{} could not be read",
            count(damaged as usize, "frame")
        ));
    }
    match findings.iter().all(|(_, findings)| findings.is_empty()) {
        true => Ok(()),
        false => Err(Failure::Reported),
    }
}

/// What is wrong with one control block.
fn findings(listening: &Listening, expected: &Expected) -> Vec<String> {
    let Some(subscriber) = listening.dispatcher.subscriber(expected.id) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    match subscriber.state() {
        GooseState::NeverSeen => {
            findings.push("never seen".to_owned());
            findings.extend(look_alikes(listening, expected));
            return findings;
        }
        GooseState::Invalid(problem) => findings.push(match problem {
            GooseProblem::NeedsCommissioning => {
                "the publisher says that it needs commissioning (ndsCom)".to_owned()
            }
            GooseProblem::ConfRev { expected, found } => format!(
                "confRev is {found}, the file says {expected}: publisher and file have other versions of the data set"
            ),
            GooseProblem::ValueType(at) => match subscriber.entries().get(at) {
                Some(entry) => format!("the value of {} is of another type", entry.reference),
                None => problem.to_string(),
            },
            other => format!("{other} than in the file").replace("expected", "the file has"),
        }),
        GooseState::Expired => {
            findings.push("was seen, but timeAllowedtoLive has passed without a message".to_owned());
        }
        _ => {}
    }
    if subscriber.is_simulated() {
        findings.push(
            "messages are simulated: subscribers ignore them unless LPHD.Sim is on".to_owned(),
        );
    }
    if let Some(address) = expected.address {
        let destination = MacAddress(address.dst_address);
        if let Some(found) = subscriber
            .destination()
            .filter(|found| *found != destination)
        {
            findings.push(format!("is sent to {found}, the file says {destination}"));
        }
        if let Some(found) = subscriber.app_id().filter(|found| *found != address.app_id) {
            findings.push(format!(
                "APPID is {found:#06x}, the file says {:#06x}",
                address.app_id
            ));
        }
        match subscriber.vlan() {
            Some(vlan) if vlan.id != address.vlan_id => findings.push(format!(
                "VLAN is {}, the file says {}",
                vlan.id, address.vlan_id
            )),
            None if address.vlan_id != 0 => findings.push(format!(
                "comes without a VLAN tag, the file says VLAN {}: is this an interface of the VLAN, or does a switch take tags out?",
                address.vlan_id
            )),
            _ => {}
        }
    }
    if subscriber
        .time_allowed_to_live()
        .is_some_and(|time| time.is_zero())
    {
        findings.push("timeAllowedtoLive is 0: its messages are old when they come".to_owned());
    }
    let statistics = subscriber.statistics();
    let counted = [
        (statistics.other_publishers, "message of a second publisher"),
        (statistics.lost, "repetition missing"),
        (statistics.missed_states, "state missing"),
        (statistics.out_of_order, "message out of order"),
    ];
    for (number, what) in counted {
        if number > 0 {
            findings.push(format!("{what}: {number}"));
        }
    }
    if statistics.expirations > 0 && subscriber.state() != GooseState::Expired {
        findings.push(format!(
            "timeAllowedtoLive has passed {} times",
            statistics.expirations
        ));
    }
    findings
}

/// Publishers that may be the one, with a wrong name.
fn look_alikes(listening: &Listening, expected: &Expected) -> Vec<String> {
    let Some(address) = expected.address else {
        return Vec::new();
    };
    let alike = listening.strangers.iter().filter(|(_, stranger)| {
        stranger.app_id == address.app_id && stranger.destination.0 == address.dst_address
    });
    alike
        .map(|(reference, _)| format!("its address and APPID are used by {reference}"))
        .collect()
}
