//! Sampled values on an Ethernet interface: a merging unit of 9-2LE at 50 Hz, and a meter that
//! measures its currents.
//!
//!     cargo run --release --example sampled_values -- publish eth0
//!     cargo run --release --example sampled_values -- subscribe eth0
//!
//! Both need the right to open raw sockets: run them as root.

use iec61850::link::Link;
use iec61850::sv::{
    CURRENT_SCALE, PacingStatistics, StreamName, SvConfig, SvError, SvEvent, SvPublisher,
    SvReceiver, SvSubscriber,
};
use std::f64::consts::TAU;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

const STREAM: StreamName = StreamName::nine_two_le(50);
const NAME: &str = "MU0101";
/// Samples of one period.
const PERIOD: usize = 80;

/// Sends three currents of this amplitude in amperes until `stop` is set.
pub(crate) fn publish(
    link: impl Link + 'static,
    amplitude: f64,
    stop: &AtomicBool,
) -> Result<PacingStatistics, SvError> {
    let mut publisher = SvPublisher::new(link, SvConfig::of_stream_name(NAME, &STREAM))?;
    publisher.run(STREAM.rate, Instant::now(), stop, |publication, sample| {
        for phase in 0..3 {
            let angle = sample as f64 / PERIOD as f64 - phase as f64 / 3.0;
            let current = amplitude * (TAU * angle).sin();
            // Four octets of the value, four of its quality.
            publication.set_int32(0, phase * 8, (current / CURRENT_SCALE) as i32);
        }
    })
}

/// Tells the root mean square of the first current, once in a period.
pub(crate) fn subscribe(
    link: impl Link + 'static,
    tell: impl Fn(f64) + Send + 'static,
) -> Result<SvReceiver, SvError> {
    let subscriber = SvSubscriber::new()
        .with_sv_id(NAME)
        .with_samples_per_second(STREAM.rate);
    let mut receiver = SvReceiver::new();
    let mut squares = Vec::with_capacity(PERIOD);
    receiver.add_subscriber(subscriber, move |event| match event {
        SvEvent::Sample { asdu, missing, .. } => {
            if *missing > 0 {
                // A period with a hole is none.
                squares.clear();
            }
            if let Some((current, _quality)) = STREAM.channel(asdu, 0) {
                squares.push(current * current);
            }
            if squares.len() == PERIOD {
                tell((squares.iter().sum::<f64>() / PERIOD as f64).sqrt());
                squares.clear();
            }
        }
        _ => squares.clear(),
    });
    receiver.start(link)?;
    Ok(receiver)
}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use iec61850::link::{FrameFilter, PacketLink};
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["publish", interface] => {
            publish(
                PacketLink::open_sender(interface)?,
                141.4,
                &AtomicBool::new(false),
            )?;
            Ok(())
        }
        ["subscribe", interface] => {
            let link = PacketLink::open(interface, &FrameFilter::sampled_values())?;
            let mut receiver = subscribe(link, |current| println!("{current:.3} A"))?;
            Ok(receiver.wait()?)
        }
        _ => Err("usage: sampled_values publish|subscribe INTERFACE".into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this example needs Linux");
}
