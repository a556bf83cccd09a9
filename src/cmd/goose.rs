//! `ied goose`.

use crate::failure::Failure;
use crate::model_file::ModelFileArguments;
use crate::output::{self, Output, message, printable};
use crate::process_bus::values::{parse, to_json};
use crate::process_bus::{self, Ending, ReplayArguments, Watch, doctor, source, watch};
use clap::Subcommand;
use iec61850::goose::{
    GooseConfig, GooseDispatcher, GooseEvent, GooseFrame, GooseSubscriber, GooseTransmitter,
    RetransmissionCurve,
};
use iec61850::link::{Arrival, CaptureWriter, EtherType, MacAddress};
use iec61850::{MmsValue, ModelNodeExt};
use serde_json::json;
use std::collections::HashSet;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

/// Publishers that are followed at once.
const MAX_PUBLISHERS: usize = 10_000;

/// Listen to, publish and replay GOOSE messages, and find out why subscriptions are silent
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Listen(Listen),
    Publish(Publish),
    Replay(ReplayArguments),
    Doctor(doctor::Arguments),
}

/// Show the messages of an interface or a capture file
///
/// A line for each new state, for publishers that fall silent, and for what is wrong; --all shows repetitions too.
#[derive(clap::Args)]
struct Listen {
    /// Interface, as `ip link` shows it, or capture file (pcap, pcapng)
    #[arg(value_name = "INTERFACE|FILE")]
    source: String,

    /// Only this control block, LD/LN$GO$NAME; may be repeated
    #[arg(long = "ref", value_name = "REFERENCE")]
    references: Vec<String>,

    /// Only messages with this APPID, decimal or 0x...
    #[arg(long, value_name = "N", value_parser = number)]
    app_id: Option<u16>,

    /// Show repetitions, too
    #[arg(long)]
    all: bool,

    /// One JSON object in each line
    #[arg(long)]
    json: bool,

    /// End after so many lines
    #[arg(long, value_name = "N")]
    count: Option<u64>,

    /// End after so many seconds
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,

    /// Write the GOOSE frames to this file (pcapng, or pcap by its extension)
    #[arg(long, value_name = "FILE")]
    write: Option<String>,
}

/// Publish messages
///
/// Either the control block of a file with its initial values (--block), or one made here (--ref, --value). Each line on standard input is a new state: values separated by commas.
#[derive(clap::Args)]
struct Publish {
    /// Interface to publish on, as `ip link` shows it
    #[arg(value_name = "INTERFACE")]
    interface: String,

    /// SCL or .cfg file with the control block
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// The IED, if several in the file have a server
    #[arg(long, value_name = "NAME", requires = "file")]
    ied: Option<String>,

    /// The access point, if several of the IED have a server
    #[arg(long, value_name = "NAME", requires = "file")]
    access_point: Option<String>,

    /// The control block of the file, LD/LN$GO$NAME, if it has several
    #[arg(long, value_name = "REFERENCE", requires = "file")]
    block: Option<String>,

    /// Reference of a control block that is in no file, LD/LN$GO$NAME
    #[arg(
        long = "ref",
        value_name = "REFERENCE",
        conflicts_with = "file",
        requires = "values"
    )]
    reference: Option<String>,

    /// A value: true, -5, 1.5, u:7, bits:0110 or "text"; may be repeated
    #[arg(long = "value", value_name = "VALUE", value_parser = parse, allow_hyphen_values = true)]
    values: Vec<MmsValue>,

    /// APPID, decimal or 0x...
    #[arg(long, value_name = "N", value_parser = number)]
    app_id: Option<u16>,

    /// Destination address
    #[arg(long, value_name = "MAC")]
    destination: Option<MacAddress>,

    /// VLAN identifier
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..4096))]
    vlan: Option<u16>,

    /// Time to the first repetition of a new state, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10)]
    min_time: u64,

    /// Time between repetitions when nothing happens, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    max_time: u64,

    /// Say in the messages that they are simulated
    #[arg(long)]
    simulation: bool,

    /// End after so many seconds
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
}

fn number(text: &str) -> Result<u16, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "expected a number from 0 to 65535, or 0x0000 to 0xffff".to_owned())
}

pub(crate) fn run(arguments: &Arguments, verbose: bool) -> Result<(), Failure> {
    match &arguments.command {
        Command::Listen(arguments) => listen(arguments),
        Command::Publish(arguments) => publish(arguments, verbose),
        Command::Replay(arguments) => process_bus::replay(arguments, EtherType::GOOSE),
        Command::Doctor(arguments) => doctor::run(arguments),
    }
}

/// A line of the output.
struct Line {
    event: GooseEvent,
    subscriber: GooseSubscriber,
}

struct Listening<'a> {
    arguments: &'a Listen,
    dispatcher: GooseDispatcher,
    followed: HashSet<String>,
    lines: (Sender<Line>, Receiver<Line>),
    out: Output,
    shown: u64,
    writer: Option<CaptureWriter>,
    /// When the last frame came, by the time of day.
    time: SystemTime,
}

fn listen(arguments: &Listen) -> Result<(), Failure> {
    let mut link = source(&arguments.source, EtherType::GOOSE)?;
    let writer = arguments
        .write
        .as_ref()
        .map(CaptureWriter::create)
        .transpose();
    let mut listening = Listening {
        arguments,
        dispatcher: GooseDispatcher::new(),
        followed: HashSet::new(),
        lines: channel(),
        out: output::stdout(),
        shown: 0,
        writer: writer.map_err(Failure::failed)?,
        time: SystemTime::UNIX_EPOCH,
    };
    let until = arguments
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    watch(&mut *link, until, &mut listening)?;
    if let Some(writer) = &mut listening.writer {
        writer.flush().map_err(Failure::failed)?;
    }
    let damaged = listening.dispatcher.damaged_frames();
    if damaged > 0 {
        message(format_args!(
            "{} could not be read",
            output::count(damaged as usize, "frame")
        ));
    }
    Ok(listening.out.flush()?)
}

impl Watch for Listening<'_> {
    fn frame(&mut self, arrival: Arrival, octets: &[u8]) -> Result<bool, Failure> {
        self.time = arrival.time;
        if let Ok(frame) = GooseFrame::decode(octets) {
            self.follow(&frame);
            if let Some(writer) = &mut self.writer {
                let time = arrival.time.duration_since(SystemTime::UNIX_EPOCH);
                writer
                    .write(time.unwrap_or_default(), octets)
                    .map_err(Failure::failed)?;
            }
        }
        // What is damaged is counted.
        let _ = self.dispatcher.handle_frame(arrival, octets);
        self.show()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.dispatcher.poll_timeout()
    }

    fn timeout(&mut self, now: Instant) -> Result<(), Failure> {
        self.dispatcher.handle_timeout(now);
        self.show().map(drop)
    }
}

impl Listening<'_> {
    /// Whoever publishes is followed from the first message on.
    fn follow(&mut self, frame: &GooseFrame<'_>) {
        let reference = frame.pdu.go_cb_ref;
        let Listen {
            references,
            app_id,
            all,
            ..
        } = self.arguments;
        let wanted = references.is_empty() || references.iter().any(|own| own == reference);
        if !wanted
            || app_id.is_some_and(|own| own != frame.header.app_id)
            || self.followed.len() >= MAX_PUBLISHERS
            || self.followed.contains(reference)
        {
            return;
        }
        self.followed.insert(reference.to_owned());
        let mut subscriber = GooseSubscriber::new(reference);
        subscriber.set_simulation(true);
        let (sender, all) = (self.lines.0.clone(), *all);
        self.dispatcher.add(subscriber, move |subscriber, event| {
            if !all && matches!(event, GooseEvent::Retransmission { lost: 0 }) {
                return;
            }
            let line = Line {
                event: *event,
                subscriber: subscriber.clone(),
            };
            // The other end is gone only when all is over.
            let _ = sender.send(line);
        });
    }

    /// Shows what has happened; whether there may be more.
    fn show(&mut self) -> Result<bool, Failure> {
        let mut more = true;
        while let Ok(line) = self.lines.1.try_recv() {
            if self
                .arguments
                .count
                .is_some_and(|count| self.shown >= count)
            {
                return Ok(false);
            }
            self.shown += 1;
            more = self.arguments.count.is_none_or(|count| self.shown < count);
            if self.arguments.json {
                self.show_json(&line)?;
            } else {
                self.show_text(&line)?;
            }
            self.out.flush()?;
        }
        Ok(more)
    }

    fn show_text(&mut self, line: &Line) -> Result<(), Failure> {
        let subscriber = &line.subscriber;
        let what = match line.event {
            GooseEvent::NewState { restart: true, .. } => "first".to_owned(),
            GooseEvent::NewState { missed: 0, .. } => "new".to_owned(),
            GooseEvent::NewState { missed, .. } => format!("new, {missed} states missed"),
            GooseEvent::Retransmission { lost: 0 } => "again".to_owned(),
            GooseEvent::Retransmission { lost } => format!("again, {lost} lost"),
            GooseEvent::Expired => "SILENT".to_owned(),
            GooseEvent::Invalid(problem) => format!("INVALID ({problem})"),
            _ => "seen".to_owned(),
        };
        let values: Vec<_> = subscriber
            .values()
            .iter()
            .map(MmsValue::to_string)
            .collect();
        let time = chrono::DateTime::<chrono::Utc>::from(self.time);
        writeln!(
            self.out,
            "{} {} st {} sq {} {what}{}: {}",
            time.format("%H:%M:%S%.6f"),
            printable(subscriber.go_cb_ref()),
            subscriber.st_num().unwrap_or_default(),
            subscriber.sq_num().unwrap_or_default(),
            if subscriber.is_simulated() {
                " SIMULATED"
            } else {
                ""
            },
            printable(&values.join(", ")),
        )?;
        Ok(())
    }

    fn show_json(&mut self, line: &Line) -> Result<(), Failure> {
        let subscriber = &line.subscriber;
        let (event, number) = match line.event {
            GooseEvent::NewState { missed, .. } => ("new", missed),
            GooseEvent::Retransmission { lost } => ("again", lost),
            GooseEvent::Expired => ("silent", 0),
            GooseEvent::Invalid(_) => ("invalid", 0),
            _ => ("seen", 0),
        };
        let time = self.time.duration_since(SystemTime::UNIX_EPOCH);
        let value = json!({
            "time": time.unwrap_or_default().as_secs_f64(),
            "event": event,
            "missing": number,
            "goCbRef": subscriber.go_cb_ref(),
            "source": subscriber.source().map(|address| address.to_string()),
            "destination": subscriber.destination().map(|address| address.to_string()),
            "vlan": subscriber.vlan().map(|vlan| json!({ "id": vlan.id, "priority": vlan.priority })),
            "appId": subscriber.app_id(),
            "stNum": subscriber.st_num(),
            "sqNum": subscriber.sq_num(),
            "t": subscriber.timestamp().map(|t| t.to_string()),
            "timeAllowedToLive": subscriber.time_allowed_to_live().map(|time| time.as_millis() as u64),
            "confRev": subscriber.conf_rev(),
            "simulation": subscriber.is_simulated(),
            "ndsCom": subscriber.needs_commissioning(),
            "values": subscriber.values().iter().map(to_json).collect::<Vec<_>>(),
        });
        writeln!(self.out, "{value}")?;
        Ok(())
    }
}

/// The control block and its values, as the command line has them.
fn configured(arguments: &Publish, verbose: bool) -> Result<(GooseConfig, Vec<MmsValue>), Failure> {
    let Some(file) = &arguments.file else {
        let Some(reference) = &arguments.reference else {
            return Err(Failure::usage(
                "neither a file nor --ref and --value are given",
            ));
        };
        let data_set = reference.replace("$GO$", "$");
        return Ok((
            GooseConfig::new(reference, data_set),
            arguments.values.clone(),
        ));
    };
    let file = ModelFileArguments {
        file: file.clone(),
        ied: arguments.ied.clone(),
        access_point: arguments.access_point.clone(),
    };
    let model = file.load(None, None, verbose)?.model;
    let devices = model.logical_devices().into_iter();
    let nodes = devices.flat_map(|device| device.logical_nodes());
    let all: Vec<_> = nodes.flat_map(|node| node.goose_control_blocks()).collect();
    let configs: Vec<_> = all
        .iter()
        .filter_map(|block| Some((GooseConfig::of_control_block(block)?, block)))
        .filter(|(config, _)| {
            arguments
                .block
                .as_ref()
                .is_none_or(|own| *own == config.go_cb_ref)
        })
        .collect();
    let [(config, block)] = &configs[..] else {
        let known = all
            .iter()
            .map(|block| format!("{}$GO${}", block.parent().reference(), block.name()));
        let known: Vec<_> = known.collect();
        return Err(Failure::usage(format_args!(
            "choose one control block with --block; there are: {}",
            printable(&known.join(", "))
        )));
    };
    let subscriber = GooseSubscriber::of_control_block(block);
    let initial = subscriber.map(|subscriber| subscriber.values().to_vec());
    let values = match arguments.values.is_empty() {
        true => initial.unwrap_or_default(),
        false => arguments.values.clone(),
    };
    Ok((config.clone(), values))
}

fn publish(arguments: &Publish, verbose: bool) -> Result<(), Failure> {
    let (mut config, values) = configured(arguments, verbose)?;
    let address = &mut config.address;
    address.app_id = arguments.app_id.unwrap_or(address.app_id);
    address.vlan_id = arguments.vlan.unwrap_or(address.vlan_id);
    if let Some(destination) = arguments.destination {
        address.dst_address = destination.0;
    }
    config.simulation = arguments.simulation;
    let link = process_bus::sender(&arguments.interface)?;
    let ending = Ending::of(None)?;
    let min_time = Duration::from_millis(arguments.min_time);
    let max_time = Duration::from_millis(arguments.max_time);
    let curve = RetransmissionCurve::new(min_time, max_time);
    let transmitter = GooseTransmitter::start(link, config, curve, &values);
    let transmitter = transmitter.map_err(Failure::failed)?;
    message(format_args!("publishing on {}", arguments.interface));
    let until = arguments
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    // Reading can wait for ever, and so is done elsewhere.
    let (sender, states) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if !line.trim().is_empty() && sender.send(line).is_err() {
                break;
            }
        }
    });
    loop {
        let step = Some(Instant::now() + Duration::from_millis(20));
        for line in states.try_iter() {
            let values: Result<Vec<_>, _> =
                line.split(',').map(|text| parse(text.trim())).collect();
            let updated = values
                .map_err(Failure::failed)
                .and_then(|values| transmitter.update(&values).map_err(Failure::failed));
            if let Err(Failure::Failed(reason)) = updated {
                message(format_args!("not published: {reason}"));
            }
        }
        if !ending.sleep_until(step) || until.is_some_and(|until| until <= Instant::now()) {
            return Ok(());
        }
    }
}
