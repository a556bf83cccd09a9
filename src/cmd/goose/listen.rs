//! `ied goose listen`.

use super::number;
use crate::failure::Failure;
use crate::output::{self, Output, message, printable};
use crate::process_bus::screen::{self, Screen, fitted};
use crate::process_bus::values::to_json;
use crate::process_bus::{Watch, keys, place, watch};
use iec61850::MmsValue;
use iec61850::goose::{
    GooseDispatcher, GooseEvent, GooseFrame, GooseState, GooseSubscriber, SubscriberId,
};
use iec61850::link::{Arrival, CaptureWriter, EtherType};
use serde_json::json;
use std::collections::HashSet;
use std::io::Write;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

/// Publishers that are followed at once.
const MAX_PUBLISHERS: usize = 10_000;

/// Show the messages of an interface or a capture file
///
/// On a terminal, a table of all publishers. Otherwise, and with --lines, a line for each new state, for publishers that fall silent, and for what is wrong; --all shows repetitions too.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Interface, as `ip link` shows it; capture file (pcap, pcapng); or `udp:ADDRESS[:PORT][@INTERFACE ADDRESS]` for routable messages
    #[arg(value_name = "INTERFACE|FILE|UDP")]
    source: String,

    /// Only this control block, LD/LN$GO$NAME; may be repeated
    #[arg(long = "ref", value_name = "REFERENCE")]
    references: Vec<String>,

    /// Only messages with this APPID, decimal or 0x...
    #[arg(long, value_name = "N", value_parser = number)]
    app_id: Option<u16>,

    /// Show repetitions, too; in lines
    #[arg(long)]
    all: bool,

    /// Lines on a terminal, too
    #[arg(long)]
    lines: bool,

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

    #[command(flatten)]
    keys: keys::KeyArguments,
}

/// A line of the output.
struct Line {
    event: GooseEvent,
    subscriber: GooseSubscriber,
}

struct Listening<'a> {
    arguments: &'a Arguments,
    dispatcher: GooseDispatcher,
    followed: HashSet<String>,
    lines: (Sender<Line>, Receiver<Line>),
    out: Output,
    shown: u64,
    writer: Option<CaptureWriter>,
    /// When the last frame came, by the time of day.
    time: SystemTime,
    /// Where there is a table, and who is in it.
    table: Option<(Screen, Vec<SubscriberId>)>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut link = place::source(&arguments.source, EtherType::GOOSE, &arguments.keys)?;
    let in_lines = arguments.json || arguments.all || arguments.lines || arguments.count.is_some();
    let live = !in_lines && !place::is_file(&arguments.source);
    let screen = live.then(screen::of_stdout).flatten();
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
        table: screen.map(|screen| (screen, Vec::new())),
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
        let table = self.table.as_ref().map(|(screen, _)| screen.due());
        table
            .into_iter()
            .chain(self.dispatcher.poll_timeout())
            .min()
    }

    fn timeout(&mut self, now: Instant) -> Result<(), Failure> {
        self.dispatcher.handle_timeout(now);
        if let Some((screen, ids)) = &mut self.table
            && screen.due() <= now
        {
            screen.draw(now, &table(&self.dispatcher, ids))?;
        }
        self.show().map(drop)
    }
}

/// Who publishes what, a line each.
fn table(dispatcher: &GooseDispatcher, ids: &[SubscriberId]) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<8}{:<40}{:<8}{:>5}{:>8}{:>8}{:>8}{:>7}  values",
        "state", "goCbRef", "APPID", "VLAN", "stNum", "sqNum", "TAL ms", "lost"
    )];
    for subscriber in ids.iter().filter_map(|id| dispatcher.subscriber(*id)) {
        let state = match subscriber.state() {
            GooseState::Expired => "SILENT",
            GooseState::Invalid(_) => "INVALID",
            _ if subscriber.is_simulated() => "simul",
            _ => "ok",
        };
        let values = subscriber.values().iter().map(MmsValue::to_string);
        let values = values.collect::<Vec<_>>().join(", ");
        let statistics = subscriber.statistics();
        lines.push(format!(
            "{state:<8}{}{:#06x}  {:>5}{:>8}{:>8}{:>8}{:>7}  {}",
            fitted(&printable(subscriber.go_cb_ref()), 40),
            subscriber.app_id().unwrap_or_default(),
            subscriber
                .vlan()
                .map_or_else(|| "-".to_owned(), |vlan| vlan.id.to_string()),
            subscriber.st_num().unwrap_or_default(),
            subscriber.sq_num().unwrap_or_default(),
            subscriber
                .time_allowed_to_live()
                .unwrap_or_default()
                .as_millis(),
            statistics.lost + statistics.missed_states,
            printable(&values),
        ));
    }
    lines
}

impl Listening<'_> {
    /// Whoever publishes is followed from the first message on.
    fn follow(&mut self, frame: &GooseFrame<'_>) {
        let reference = frame.pdu.go_cb_ref;
        let Arguments {
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
        if let Some((_, ids)) = &mut self.table {
            ids.push(self.dispatcher.add(subscriber, |_, _| {}));
            return;
        }
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
