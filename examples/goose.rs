//! GOOSE on an Ethernet interface: one program publishes a trip, another follows it.
//!
//!     cargo run --example goose -- publish eth0
//!     cargo run --example goose -- subscribe eth0
//!
//! Both need the right to open raw sockets: run them as root. Without two machines, two ends of a
//! veth pair do: `ip link add a type veth peer name b`, and both up.

use iec61850::MmsValue;
use iec61850::goose::{
    GooseConfig, GooseError, GooseEvent, GooseReceiver, GooseSubscriber, GooseTransmitter,
    RetransmissionCurve,
};
use iec61850::link::Link;
use std::time::Duration;

const CONTROL_BLOCK: &str = "BAY1PROT/LLN0$GO$trips";

/// Publishes "no trip", repeated until [`GooseTransmitter::update`] says otherwise.
pub(crate) fn publish(link: impl Link + 'static) -> Result<GooseTransmitter, GooseError> {
    let mut config = GooseConfig::new(CONTROL_BLOCK, "BAY1PROT/LLN0$trips");
    config.go_id = Some("bay 1 trips".into());
    config.address.app_id = 0x8001;
    config.address.dst_address = [0x01, 0x0c, 0xcd, 0x01, 0x00, 0x21];
    // After a change at once, after 4, 8, 16 ... ms, and at last every second.
    let curve = RetransmissionCurve::doubling(Duration::from_millis(4), Duration::from_secs(1));
    GooseTransmitter::start(link, config, curve, &values(false, 0.0))
}

/// The data set: whether the relay has tripped, and at which current.
pub(crate) fn values(trip: bool, current: f32) -> [MmsValue; 2] {
    [trip.into(), current.into()]
}

/// Follows the publisher and tells what it says, for as long as the receiver lives.
pub(crate) fn subscribe(
    link: impl Link + 'static,
    tell: impl Fn(String) + Send + 'static,
) -> Result<GooseReceiver, GooseError> {
    let subscriber = GooseSubscriber::new(CONTROL_BLOCK)
        .with_app_id(0x8001)
        .with_conf_rev(1);
    let mut receiver = GooseReceiver::new();
    receiver.add_subscriber(subscriber, move |subscriber, event| match event {
        GooseEvent::NewState { missed, .. } => {
            if let [trip, current] = subscriber.values() {
                tell(format!("trip {trip}, {current} A ({missed} states missed)"));
            }
        }
        GooseEvent::Expired => tell("the publisher is silent".into()),
        GooseEvent::Invalid(problem) => tell(format!("not usable: {problem}")),
        _ => {}
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
            let publisher = publish(PacketLink::open_sender(interface)?)?;
            for number in 1.. {
                std::thread::sleep(Duration::from_secs(3));
                let trip = number % 2 == 1;
                publisher.update(&values(trip, if trip { 4200.0 } else { 0.0 }))?;
            }
            Ok(())
        }
        ["subscribe", interface] => {
            let link = PacketLink::open(interface, &FrameFilter::goose())?;
            let mut receiver = subscribe(link, |text| println!("{text}"))?;
            Ok(receiver.wait()?)
        }
        _ => Err("usage: goose publish|subscribe INTERFACE".into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this example needs Linux");
}
