//! GOOSE (IEC 61850-8-1 clauses 18 and A): publishers and subscribers.
//!
//! [`GooseTransmitter`] publishes a state and repeats it until the next; [`GoosePublisher`] sends
//! single messages, as libiec61850's does. [`GooseReceiver`] follows any number of publishers on its
//! own thread, each with a [`GooseSubscriber`]. Beneath them are parts that do no input or output
//! and take the time as an argument: [`GooseFrame`], [`GoosePublication`], [`GooseDispatcher`].
//!
//! ```
//! use iec61850::goose::*;
//! use iec61850::link::MemoryNetwork;
//! use iec61850::MmsValue;
//! use std::sync::mpsc;
//!
//! // On Linux `PacketLink::open("eth0", &FrameFilter::goose())` is a link to a real network.
//! let network = MemoryNetwork::new();
//! let (events, heard) = mpsc::channel();
//! let mut receiver = GooseReceiver::new();
//! receiver.add_subscriber(GooseSubscriber::new("IED1LD0/LLN0$GO$gcb1"), move |subscriber, event| {
//!     if let GooseEvent::NewState { .. } = event {
//!         events.send(subscriber.values().to_vec()).ok();
//!     }
//! });
//! receiver.start(network.link([2, 0, 0, 0, 0, 1]))?;
//!
//! let mut config = GooseConfig::new("IED1LD0/LLN0$GO$gcb1", "IED1LD0/LLN0$ds1");
//! config.go_id = Some("trip".into());
//! let link = network.link([2, 0, 0, 0, 0, 2]);
//! let publisher = GooseTransmitter::start(link, config, RetransmissionCurve::default(), &[false.into()])?;
//! publisher.update(&[true.into()])?;
//! assert_eq!(heard.recv()?, [MmsValue::Boolean(false)]);
//! assert_eq!(heard.recv()?, [MmsValue::Boolean(true)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
mod data;
mod dispatcher;
mod encode;
mod frame;
mod outbox;
mod publication;
mod publisher;
mod receiver;
mod series;
mod status;
mod subscriber;
#[cfg(test)]
mod tests;

pub use data::GooseEntry;
pub use dispatcher::{GooseDispatcher, GooseListener, SubscriberId};
pub(crate) use encode::encode_values;
pub use encode::{Encoding, GooseConfig, GooseError, MessageState, encode_frame};
pub use frame::{AllData, GooseFrame, GoosePdu};
pub(crate) use outbox::Outbox;
pub use publication::{GoosePublication, RetransmissionCurve};
pub use publisher::{GoosePublisher, GooseTransmitter};
pub use receiver::GooseReceiver;
pub use status::{GooseEvent, GooseProblem, GooseState, GooseStatistics};
pub use subscriber::GooseSubscriber;
