//! Routable GOOSE (R-GOOSE) to a group, signed: one program publishes a trip, another follows it. No rights are
//! needed but for the port, which is above 1024 here.
//!
//!     cargo run --example routable_goose -- publish
//!     cargo run --example routable_goose -- subscribe
//!
//! The address of an interface of this machine may follow, for machines with several.

use iec61850::goose::{
    GooseConfig, GooseError, GooseEvent, GooseReceiver, GooseSubscriber, GooseTransmitter,
    RetransmissionCurve,
};
use iec61850::routable::{
    Key, Keys, Protection, RoutableError, RoutableLink, RoutableOptions, RoutableStatistics,
};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

const CONTROL_BLOCK: &str = "BAY1PROT/LLN0$GO$trips";
/// A group for use inside an organization. Real ones have port 102.
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 192, 61, 85);
const PORT: u16 = 10_102;

/// A real program gets its keys from a key distribution centre, and implements
/// [`KeySource`](iec61850::routable::KeySource) with them.
pub(crate) fn keys() -> Result<Keys, RoutableError> {
    let keys = Keys::new();
    keys.add(Key::new(1, Protection::HmacSha256_128, &[0x5a; 32])?);
    Ok(keys)
}

/// Publishes "no trip", repeated until [`GooseTransmitter::update`] says otherwise.
pub(crate) fn publish(options: RoutableOptions) -> Result<GooseTransmitter, GooseError> {
    let link = RoutableLink::open(options)?;
    let config = GooseConfig::new(CONTROL_BLOCK, "BAY1PROT/LLN0$trips");
    let curve = RetransmissionCurve::doubling(Duration::from_millis(4), Duration::from_secs(1));
    GooseTransmitter::start(link, config, curve, &[false.into()])
}

/// Follows the publisher and tells what it says, for as long as the receiver lives.
pub(crate) fn subscribe(
    link: RoutableLink,
    tell: impl Fn(String) + Send + 'static,
) -> Result<GooseReceiver, GooseError> {
    let mut receiver = GooseReceiver::new();
    let subscriber = GooseSubscriber::new(CONTROL_BLOCK);
    receiver.add_subscriber(subscriber, move |subscriber, event| match event {
        GooseEvent::NewState { .. } => tell(format!("trip {}", subscriber.values()[0])),
        GooseEvent::Expired => tell("the publisher is silent".into()),
        _ => {}
    });
    receiver.start(link)?;
    Ok(receiver)
}

/// What came that is not of a publisher with the key.
pub(crate) fn refused(statistics: RoutableStatistics) -> u64 {
    statistics.not_secured + statistics.bad_signatures + statistics.replayed
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let role = arguments.next();
    let interface = match arguments.next() {
        Some(address) => address.parse()?,
        None => Ipv4Addr::UNSPECIFIED,
    };
    match role.as_deref() {
        Some("publish") => {
            let options = RoutableOptions::sender(SocketAddrV4::new(GROUP, PORT))
                .with_interface(interface)
                .with_loopback()
                .with_keys(keys()?);
            let publisher = publish(options)?;
            for number in 1.. {
                std::thread::sleep(Duration::from_secs(3));
                publisher.update(&[(number % 2 == 1).into()])?;
            }
            Ok(())
        }
        Some("subscribe") => {
            let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, PORT);
            let options = RoutableOptions::receiver(any)
                .with_group(GROUP)
                .with_interface(interface)
                .with_keys(keys()?);
            let link = RoutableLink::open(options)?;
            let statistics = link.statistics();
            let mut receiver = subscribe(link, move |text| {
                println!("{text} ({} datagrams refused)", refused(statistics()));
            })?;
            Ok(receiver.wait()?)
        }
        _ => Err("usage: routable_goose publish|subscribe [INTERFACE ADDRESS]".into()),
    }
}
