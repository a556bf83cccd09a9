//! Sending captured frames again.

use super::Ending;
use super::place::{self, link_failure};
use crate::failure::Failure;
use crate::output::{count, message};
use iec61850::link::{CaptureReader, EtherType, EthernetHeader, Link as _};
use std::time::{Duration, Instant};

/// Send captured frames again, as far apart as they were
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Capture file, pcap or pcapng
    #[arg(value_name = "FILE")]
    file: String,

    /// Interface to send on, as `ip link` shows it
    #[arg(value_name = "INTERFACE")]
    interface: String,

    /// So many times as fast
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    speed: f64,

    /// So many times one after the other
    #[arg(long, value_name = "N", default_value_t = 1)]
    times: u64,
}

fn factor(text: &str) -> Result<f64, String> {
    let number = text.parse().ok();
    let number = number.filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "expected a number above 0".to_owned())
}

/// Sends the frames of one EtherType again.
pub(crate) fn run(arguments: &Arguments, ether_type: EtherType) -> Result<(), Failure> {
    let mut link = place::interface(&arguments.interface)?;
    let ending = Ending::of(None)?;
    let mut sent = 0_u64;
    'replay: for _ in 0..arguments.times {
        let failed = |error| Failure::failed(format_args!("{}: {error}", arguments.file));
        let mut reader = CaptureReader::open(&arguments.file).map_err(failed)?;
        let (start, mut first) = (Instant::now(), None);
        while let Some(frame) = reader.next_frame().map_err(failed)? {
            let kind = EthernetHeader::decode(&frame.data);
            if kind.map(|(header, _)| header.ether_type) != Ok(ether_type) {
                continue;
            }
            let first = *first.get_or_insert(frame.time);
            let after = frame.time.saturating_sub(first).as_secs_f64() / arguments.speed;
            let due = Duration::try_from_secs_f64(after).ok();
            if !ending.sleep_until(due.map(|due| start + due)) {
                break 'replay;
            }
            link.send(&frame.data).map_err(link_failure)?;
            sent += 1;
        }
    }
    message(format_args!("{} sent", count(sent as usize, "frame")));
    Ok(())
}
