//! A COMTRADE record played as sampled values, as a merging unit would have sent it.
//!
//!     cargo run --example comtrade -- fault.cfg                  what is in the record
//!     cargo run --release --example comtrade -- fault.cfg eth0   play it once, as F4800S2I4U4
//!
//! Playing needs the right to open raw sockets: run it as root.

use iec61850::comtrade::{Playback, Record};
use iec61850::link::Link;
use iec61850::sv::{PacingStatistics, StreamName, SvConfig, SvPublisher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// 4800 samples per second, two in a frame, four currents and four voltages.
const STREAM: StreamName = StreamName {
    rate: 4800,
    asdus: 2,
    currents: 4,
    voltages: 4,
};

/// One line for each analog channel: its name, its unit, the least and the largest value.
pub(crate) fn describe(record: &Record) -> Vec<String> {
    let channels = record.analog().iter().enumerate();
    let lines = channels.map(|(number, channel)| {
        let values = (0..record.len()).filter_map(|sample| record.value(number, sample));
        let (least, largest) = values.fold((f64::MAX, f64::MIN), |(least, largest), value| {
            (least.min(value), largest.max(value))
        });
        let unit = &channel.unit;
        format!("{}: {least:.1} {unit} to {largest:.1} {unit}", channel.name)
    });
    lines.collect()
}

/// Plays the record once, at the rate of the stream.
pub(crate) fn play(
    record: &Record,
    link: impl Link + 'static,
) -> Result<PacingStatistics, Box<dyn std::error::Error>> {
    let playback = Playback::new(record, &STREAM)?;
    let config = SvConfig::of_stream_name("MU0101", &STREAM);
    let mut publisher = SvPublisher::new(link, config)?;
    let over = AtomicBool::new(false);
    let statistics = publisher.run(STREAM.rate, Instant::now(), &over, |frame, sample| {
        for asdu in 0..frame.asdus() {
            playback.fill(frame, asdu, sample + asdu as u64);
        }
        if sample + frame.asdus() as u64 >= playback.len() {
            // This frame is the last.
            over.store(true, Ordering::Relaxed);
        }
    });
    Ok(statistics?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let Some(path) = arguments.first() else {
        return Err("usage: comtrade FILE [INTERFACE]".into());
    };
    let record = Record::open(path)?;
    println!(
        "{} {}, {} samples",
        record.station(),
        record.device(),
        record.len()
    );
    describe(&record).iter().for_each(|line| println!("{line}"));
    #[cfg(target_os = "linux")]
    if let Some(interface) = arguments.get(1) {
        let statistics = play(&record, iec61850::link::PacketLink::open_sender(interface)?)?;
        println!(
            "{} frames, the latest {:?} late",
            statistics.frames, statistics.worst
        );
    }
    Ok(())
}
