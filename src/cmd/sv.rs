//! `ied sv`.

use crate::failure::Failure;
use crate::output::{self, Output, message, printable};
use crate::process_bus::screen::{self, Screen, fitted};
use crate::process_bus::{Ending, Watch, keys, place, replay, watch};
use clap::Subcommand;
use iec61850::comtrade::{Playback, Record};
use iec61850::link::{Arrival, EtherType};
use iec61850::sv::{
    CURRENT_SCALE, GLOBALLY_SYNCHRONIZED, NOT_SYNCHRONIZED, StreamName, SvConfig, SvDispatcher,
    SvEvent, SvPublisher, SvSubscriber, SvSubscriberId, VOLTAGE_SCALE,
};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Listen to, publish and replay sampled values
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Listen(Listen),
    Publish(Publish),
    Replay(replay::Arguments),
}

/// Show the streams of an interface or a capture file: rate, losses, times between frames
///
/// On a terminal, a table that changes in its place; otherwise a table once in a second and at the end.
#[derive(clap::Args)]
struct Listen {
    /// Interface, as `ip link` shows it; capture file (pcap, pcapng); or `udp:ADDRESS[:PORT][@INTERFACE ADDRESS]` for routable messages
    #[arg(value_name = "INTERFACE|FILE|UDP")]
    source: String,

    #[command(flatten)]
    keys: keys::KeyArguments,

    /// End after so many seconds
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,

    /// One JSON object for each stream at the end, and no table
    #[arg(long)]
    json: bool,
}

/// Publish a three-phase system of sinusoids
///
/// Frames are sent at absolute deadlines; at the end it says how well they were met.
#[derive(clap::Args)]
struct Publish {
    /// Interface to publish on, as `ip link` shows it, or `udp:ADDRESS[:PORT][@INTERFACE ADDRESS]` for routable messages
    #[arg(value_name = "INTERFACE|UDP")]
    interface: String,

    #[command(flatten)]
    keys: keys::KeyArguments,

    /// COMTRADE record to play in place of the sinusoids, .cfg with .dat beside it or .cff
    #[arg(long, value_name = "FILE")]
    comtrade: Option<PathBuf>,

    /// Channels of the record for the currents and then the voltages of the stream, by name or number; may be empty. Otherwise its currents and voltages in their order
    #[arg(
        long,
        value_name = "A,B,...",
        value_delimiter = ',',
        requires = "comtrade"
    )]
    channels: Vec<String>,

    /// Play the record again and again
    #[arg(long, requires = "comtrade")]
    repeat: bool,

    /// Send with this real-time priority (SCHED_FIFO, 1 to 99)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..100))]
    realtime: Option<u8>,

    /// Rate, samples in a frame and channels by the name of IEC 61869-9; F4000S1I4U4 is 9-2LE at 50 Hz
    #[arg(long, value_name = "NAME", default_value = "F4000S1I4U4")]
    stream: StreamName,

    /// Name of the stream
    #[arg(long, value_name = "SVID", default_value = "MU01")]
    sv_id: String,

    /// Frequency of the sinusoids, in hertz
    #[arg(long, value_name = "HZ", default_value_t = 50.0)]
    frequency: f64,

    /// Current, root mean square, in amperes
    #[arg(long, value_name = "A", default_value_t = 100.0)]
    current: f64,

    /// Voltage to earth, root mean square, in volts
    #[arg(long, value_name = "V", default_value_t = 63_508.5)]
    voltage: f64,

    /// Say that the samples are synchronized to a global clock
    #[arg(long)]
    synchronized: bool,

    /// End after so many seconds
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Listen(arguments) => listen(arguments),
        Command::Publish(arguments) => publish(arguments),
        Command::Replay(arguments) => replay::run(arguments, EtherType::SAMPLED_VALUES),
    }
}

struct Listening {
    dispatcher: SvDispatcher,
    id: SvSubscriberId,
    /// When the next table is due; `None` if there is none before the end.
    due: Option<Instant>,
    screen: Option<Screen>,
    out: Output,
}

impl Watch for Listening {
    fn frame(&mut self, arrival: Arrival, octets: &[u8]) -> Result<bool, Failure> {
        // What is damaged is counted.
        let _ = self.dispatcher.handle_frame(arrival, octets);
        Ok(true)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let table = self.screen.as_ref().map(Screen::due).or(self.due);
        let silence = self.dispatcher.poll_timeout();
        table.into_iter().chain(silence).min()
    }

    fn timeout(&mut self, now: Instant) -> Result<(), Failure> {
        self.dispatcher.handle_timeout(now);
        if let Some(screen) = &mut self.screen {
            if screen.due() <= now {
                screen.draw(now, &table(self.dispatcher.subscriber(self.id)))?;
            }
        } else if self.due.is_some_and(|due| due <= now) {
            self.due = Some(now + Duration::from_secs(1));
            self.show_table()?;
        }
        Ok(())
    }
}

/// A line for each stream.
fn table(subscriber: Option<&SvSubscriber>) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<24} {:>7} {:>6} {:>10} {:>7} {:>7} {:>7} {:>10} {:>10} {:>10}",
        "svID", "rate", "synch", "samples", "lost", "double", "late", "mean us", "dev us", "max us"
    )];
    for stream in subscriber.map_or(&[][..], SvSubscriber::streams) {
        let s = stream.statistics();
        let us = |time: Option<Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1e6);
        let rate = stream.samples_per_second();
        lines.push(format!(
            "{} {:>7} {:>6} {:>10} {:>7} {:>7} {:>7} {:>10.1} {:>10.1} {:>10.1}{}",
            fitted(&printable(stream.sv_id()), 24),
            rate.map_or_else(|| "?".to_owned(), |rate| rate.to_string()),
            stream.smp_synch(),
            s.samples,
            s.lost,
            s.duplicates,
            s.out_of_order,
            us(s.mean_gap()),
            us(s.gap_deviation()),
            us(s.longest_gap),
            if stream.is_silent() { " SILENT" } else { "" },
        ));
    }
    lines
}

impl Listening {
    fn show_table(&mut self) -> Result<(), Failure> {
        for line in table(self.dispatcher.subscriber(self.id)) {
            writeln!(self.out, "{line}")?;
        }
        Ok(self.out.flush()?)
    }

    fn show_json(&mut self) -> Result<(), Failure> {
        let Some(subscriber) = self.dispatcher.subscriber(self.id) else {
            return Ok(());
        };
        for stream in subscriber.streams() {
            let s = stream.statistics();
            let us = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e6);
            let value = json!({
                "svId": stream.sv_id(),
                "source": stream.source().to_string(),
                "samplesPerSecond": stream.samples_per_second(),
                "smpSynch": stream.smp_synch(),
                "samples": s.samples,
                "lost": s.lost,
                "duplicates": s.duplicates,
                "outOfOrder": s.out_of_order,
                "silences": s.silences,
                "meanGapUs": us(s.mean_gap()),
                "gapDeviationUs": us(s.gap_deviation()),
                "longestGapUs": us(s.longest_gap),
                "meanDelayUs": us(s.mean_delay()),
                "longestDelayUs": us(s.longest_delay),
            });
            writeln!(self.out, "{value}")?;
        }
        Ok(self.out.flush()?)
    }
}

fn listen(arguments: &Listen) -> Result<(), Failure> {
    let ether_type = EtherType::SAMPLED_VALUES;
    let mut link = place::source(&arguments.source, ether_type, &arguments.keys)?;
    let mut dispatcher = SvDispatcher::new();
    let mut subscriber = SvSubscriber::new();
    subscriber.set_simulation(true);
    let live = !arguments.json && !place::is_file(&arguments.source);
    let screen = live.then(screen::of_stdout).flatten();
    // The table shows it.
    let tells = screen.is_none();
    let id = dispatcher.add(subscriber, move |event| {
        if tells && let SvEvent::Silent { sv_id } = event {
            message(format_args!("{} is silent", printable(sv_id)));
        }
    });
    let mut listening = Listening {
        dispatcher,
        id,
        due: live.then(|| Instant::now() + Duration::from_secs(1)),
        screen,
        out: output::stdout(),
    };
    let until = arguments
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    watch(&mut *link, until, &mut listening)?;
    let damaged = listening.dispatcher.damaged_frames();
    if damaged > 0 {
        message(format_args!(
            "{} could not be read",
            output::count(damaged as usize, "frame")
        ));
    }
    match (arguments.json, &mut listening.screen) {
        (true, _) => listening.show_json(),
        (false, None) => listening.show_table(),
        (false, Some(screen)) => {
            let lines = table(listening.dispatcher.subscriber(listening.id));
            Ok(screen.draw(Instant::now(), &lines)?)
        }
    }
}

fn publish(arguments: &Publish) -> Result<(), Failure> {
    let name = arguments.stream;
    let mut config = SvConfig::of_stream_name(&arguments.sv_id, &name);
    if config.smp_cnt_limit > 1 << 16 {
        config.smp_cnt_limit = 1 << 16;
    }
    let record = match &arguments.comtrade {
        Some(path) => Some(Record::open(path).map_err(Failure::failed)?),
        None => None,
    };
    let playback = record.as_ref().map(|record| {
        let channels: Vec<_> = arguments.channels.iter().map(String::as_str).collect();
        match channels.is_empty() {
            true => Playback::new(record, &name),
            false => Playback::with_channels(record, &name, &channels),
        }
    });
    let playback = playback.transpose().map_err(Failure::failed)?;
    let link = place::sender(&arguments.interface, &arguments.keys)?;
    let mut publisher = SvPublisher::new(link, config).map_err(Failure::usage)?;
    publisher
        .publication_mut()
        .set_smp_synch(match arguments.synchronized {
            true => GLOBALLY_SYNCHRONIZED,
            false => NOT_SYNCHRONIZED,
        });
    let ending = Ending::of(None)?;
    let stop = ending.flag();
    if let Some(seconds) = arguments.seconds {
        let stop = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds));
            stop.store(true, Ordering::Relaxed);
        });
    }
    #[cfg(target_os = "linux")]
    if let Some(priority) = arguments.realtime {
        iec61850::link::set_realtime_priority(priority).map_err(place::link_failure)?;
    }
    message(format_args!("publishing on {}", arguments.interface));
    let peak = |rms: f64, scale: f64| rms * std::f64::consts::SQRT_2 / scale;
    let amplitudes = [
        peak(arguments.current, CURRENT_SCALE),
        peak(arguments.voltage, VOLTAGE_SCALE),
    ];
    let currents = usize::from(name.currents);
    let channels = currents + usize::from(name.voltages);
    let statistics = publisher.run(name.rate, Instant::now(), &stop, |publication, sample| {
        if let Some(playback) = &playback {
            let (asdus, length) = (publication.asdus() as u64, playback.len());
            if !arguments.repeat && sample + asdus >= length {
                // This frame is the last.
                stop.store(true, Ordering::Relaxed);
            }
            for asdu in 0..asdus {
                let sample = match arguments.repeat {
                    true => (sample + asdu) % length,
                    false => sample + asdu,
                };
                playback.fill(publication, asdu as usize, sample);
            }
            return;
        }
        for asdu in 0..publication.asdus() {
            let time = (sample + asdu as u64) as f64 / f64::from(name.rate);
            for channel in 0..channels {
                let (phase, amplitude) = match channel < currents {
                    true => (channel, amplitudes[0]),
                    false => (channel - currents, amplitudes[1]),
                };
                // The fourth is the sum of the three, which is nothing.
                let value = match phase {
                    0..3 => {
                        let angle = arguments.frequency * time - phase as f64 / 3.0;
                        amplitude * (std::f64::consts::TAU * angle).sin()
                    }
                    _ => 0.0,
                };
                publication.set_int32(asdu, channel * 8, value as i32);
            }
        }
    });
    let statistics = statistics.map_err(Failure::failed)?;
    message(format_args!(
        "{} frames, {} of them lost; late: mean {:?}, 99 % within {:?}, worst {:?}",
        statistics.frames,
        statistics.lost,
        statistics.mean(),
        statistics.quantile(990),
        statistics.worst,
    ));
    Ok(())
}
