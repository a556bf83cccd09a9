//! What `ied goose` and `ied sv` have in common: where frames come from and go to, and sending captured ones again.

pub(crate) mod doctor;
pub(crate) mod values;

use crate::failure::Failure;
use crate::output::message;
use crate::signals::Signals;
use iec61850::IedServer;
use iec61850::link::{
    Arrival, CaptureReader, EtherType, EthernetHeader, Link, LinkError, Received,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Opens a capture file or, if there is no file of this name, an interface.
pub(crate) fn source(name: &str, ether_type: EtherType) -> Result<Box<dyn Link>, Failure> {
    if is_file(name) {
        let reader = CaptureReader::open(name);
        let reader = reader.map_err(|error| Failure::failed(format_args!("{name}: {error}")))?;
        return Ok(Box::new(reader));
    }
    receiver(name, ether_type)
}

/// Whether the name is that of a capture file.
pub(crate) fn is_file(name: &str) -> bool {
    Path::new(name).is_file() || name.ends_with(".pcap") || name.ends_with(".pcapng")
}

#[cfg(target_os = "linux")]
fn receiver(interface: &str, ether_type: EtherType) -> Result<Box<dyn Link>, Failure> {
    use iec61850::link::{FrameFilter, PacketLink};
    let link = PacketLink::open(interface, &FrameFilter::of(&[ether_type]));
    Ok(Box::new(link.map_err(link_failure)?))
}

/// Opens an interface to send.
#[cfg(target_os = "linux")]
pub(crate) fn sender(interface: &str) -> Result<Box<dyn Link>, Failure> {
    let link = iec61850::link::PacketLink::open_sender(interface);
    Ok(Box::new(link.map_err(link_failure)?))
}

/// Has the server publish GOOSE.
#[cfg(target_os = "linux")]
pub(crate) fn publish_on(server: &IedServer, interface: &str) -> Result<(), Failure> {
    match server.set_goose_interface_id(interface) {
        Ok(()) => server.enable_goose_publishing(),
        Err(iec61850::Error::Link(error)) => return Err(link_failure(*error)),
        Err(error) => return Err(Failure::failed(error)),
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn no_interfaces() -> Failure {
    Failure::failed(
        "Ethernet interfaces can be used on Linux only; capture files can be read everywhere",
    )
}

#[cfg(not(target_os = "linux"))]
fn receiver(_: &str, _: EtherType) -> Result<Box<dyn Link>, Failure> {
    Err(no_interfaces())
}

/// Opens an interface to send.
#[cfg(not(target_os = "linux"))]
pub(crate) fn sender(_: &str) -> Result<Box<dyn Link>, Failure> {
    Err(no_interfaces())
}

/// Has the server publish GOOSE.
#[cfg(not(target_os = "linux"))]
pub(crate) fn publish_on(_: &IedServer, _: &str) -> Result<(), Failure> {
    Err(no_interfaces())
}

/// A name that does not exist is a matter of the command line.
pub(crate) fn link_failure(error: LinkError) -> Failure {
    match error {
        LinkError::NoInterface { .. } => Failure::usage(error),
        _ => Failure::failed(error),
    }
}

/// Set when the program is asked to end. From its making on, that does not kill the program.
pub(crate) struct Ending {
    asked: Arc<AtomicBool>,
}

impl Ending {
    /// `link` is woken when the program is asked to end.
    pub(crate) fn of(link: Option<&dyn Link>) -> Result<Self, Failure> {
        let mut signals = Signals::new()?;
        let asked = Arc::new(AtomicBool::new(false));
        let (flag, waker) = (asked.clone(), link.map(Link::waker));
        // It ends with the program.
        std::thread::spawn(move || {
            signals.wait();
            flag.store(true, Ordering::Relaxed);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        Ok(Ending { asked })
    }

    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        self.asked.clone()
    }

    /// Waits until a time, or for ever, in steps short enough for whoever presses Ctrl-C. `false` if the program is asked to end.
    pub(crate) fn sleep_until(&self, until: Option<Instant>) -> bool {
        const STEP: Duration = Duration::from_millis(50);
        while !self.asked() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if left.is_zero() => return true,
                Some(left) => std::thread::sleep(left.min(STEP)),
                None => std::thread::sleep(STEP),
            }
        }
        false
    }
}

/// What becomes of frames, see [`watch`].
pub(crate) trait Watch {
    /// Whether it goes on.
    fn frame(&mut self, arrival: Arrival, octets: &[u8]) -> Result<bool, Failure>;
    /// When it wants to hear of the time.
    fn poll_timeout(&self) -> Option<Instant>;
    fn timeout(&mut self, now: Instant) -> Result<(), Failure>;
}

/// Takes frames until there are no more, the time is over, the program is asked to end, or enough was seen. Gives the time of the last frame.
pub(crate) fn watch(
    link: &mut dyn Link,
    until: Option<Instant>,
    watcher: &mut dyn Watch,
) -> Result<Option<Instant>, Failure> {
    let ending = Ending::of(Some(link))?;
    let mut last = None;
    while !ending.asked() {
        let deadline = match (watcher.poll_timeout(), until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let mut result = Ok(true);
        let received = link.receive(deadline, &mut |arrival, octets| {
            if matches!(result, Ok(true)) {
                last = Some(arrival.instant);
                result = watcher
                    .timeout(arrival.instant)
                    .and_then(|()| watcher.frame(arrival, octets));
            }
        });
        match received.map_err(link_failure)? {
            Received::End => break,
            Received::TimedOut => watcher.timeout(Instant::now())?,
            Received::Frames(_) | Received::Woken => {}
        }
        let over = until.is_some_and(|until| until <= Instant::now());
        if !result? || over {
            break;
        }
    }
    Ok(last)
}

/// Send captured frames again, as far apart as they were
#[derive(clap::Args)]
pub(crate) struct ReplayArguments {
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
pub(crate) fn replay(arguments: &ReplayArguments, ether_type: EtherType) -> Result<(), Failure> {
    let mut link = sender(&arguments.interface)?;
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
    message(format_args!(
        "{} sent",
        crate::output::count(sent as usize, "frame")
    ));
    Ok(())
}
