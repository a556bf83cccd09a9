//! Routable GOOSE and sampled values: the session protocol over UDP (IEC TR 61850-90-5, taken over
//! by IEC 61850-8-1 edition 2.1 and 9-2).
//!
//! [`RoutableLink`] is a [`Link`](crate::link::Link): publishers, subscribers, receivers and the
//! server work over it as over an Ethernet interface. It puts the messages into datagrams and takes
//! them out again; frames it hands over have addresses made of those of the Internet protocol.
//!
//! ```
//! use iec61850::goose::*;
//! use iec61850::routable::*;
//! use std::sync::mpsc;
//!
//! let keys = Keys::new();
//! keys.add(Key::new(1, Protection::HmacSha256_128, &[7; 32])?);
//!
//! // A receiver would join a group: `.with_group([239, 192, 0, 1].into())`.
//! let receiving = RoutableOptions::receiver("127.0.0.1:0".parse()?).with_keys(keys.clone());
//! let link = RoutableLink::open(receiving)?;
//! let to = link.local_address()?;
//! let (events, heard) = mpsc::channel();
//! let mut receiver = GooseReceiver::new();
//! receiver.add_subscriber(GooseSubscriber::new("IED1LD0/LLN0$GO$gcb1"), move |subscriber, _| {
//!     events.send(subscriber.values().to_vec()).ok();
//! });
//! receiver.start(link)?;
//!
//! let link = RoutableLink::open(RoutableOptions::sender(to).with_keys(keys))?;
//! let config = GooseConfig::new("IED1LD0/LLN0$GO$gcb1", "IED1LD0/LLN0$ds1");
//! let publisher = GooseTransmitter::start(link, config, RetransmissionCurve::default(), &[true.into()])?;
//! assert_eq!(heard.recv()?, [true.into()]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it rests on
//!
//! The standards are not public. The layout of the header, the numbers of the session identifiers
//! and payload types and the fields for the times of keys are from secondary sources: Wireshark's
//! dissector, and SISCO's published sample for version 1. They were checked against a capture of a
//! GE UR relay (version 2, without security: it is written again octet by octet) and against
//! libiec61850 1.6.1. From libiec61850, by measurement, is what a signature covers, namely all
//! octets from the first of the transport header to the last message, and what an encryption
//! vouches for, namely all that stands before the messages.
//!
//! | | libiec61850 to us | us to libiec61850 |
//! |---|---|---|
//! | not secured | yes | in version 1; its subscribers take none of version 2, not even its own |
//! | HMAC-SHA256-128, -256 | yes | no; its subscribers take none, not even its own |
//! | AES-128-GCM, AES-256-GCM | yes | yes |
//!
//! **There was nothing to check AES-GMAC and HMAC-SHA256-80 against**: they are made in the same way,
//! GMAC with the initialization vector in its field. Length fields that senders fill in differently are
//! read in each way that was seen, and written as the relay writes them. In version 1 nothing is
//! secured: sources contradict each other what its signatures cover.

mod key;
mod link;
mod replay;
mod session;
mod spdu;
#[cfg(test)]
mod tests;
mod unrouted;

pub use key::{Key, KeySource, Keys, Protection};
pub use link::{RoutableLink, RoutableOptions, RoutableStatistics};
pub use session::{SessionReceiver, SessionSender};
pub use spdu::{PORT, Payload, Payloads, SecurityHeader, Spdu, SpduKind};
pub use unrouted::Unrouted;

use crate::link::{EtherType, FrameError};

/// Why a datagram is not sent or not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoutableError {
    /// It is no datagram of the session protocol, or a damaged one.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A key cannot be used.
    #[error("key {id}: {reason}")]
    Key {
        /// Its number.
        id: u32,
        /// Why not.
        reason: &'static str,
    },
    /// There are keys, but none that is current: nothing is sent.
    #[error("there is no current key to secure the datagram with")]
    NoCurrentKey,
    /// The datagram is secured with a key that is not known.
    #[error("key {key_id} is not known")]
    UnknownKey {
        /// Its number.
        key_id: u32,
    },
    /// The datagram is not secured, and only secured ones are taken.
    #[error("the datagram is not secured")]
    Unsecured,
    /// The datagram is secured, and there are no keys.
    #[error("the datagram is secured with key {key_id}, and there are no keys")]
    Secured {
        /// The number of the key.
        key_id: u32,
    },
    /// The signature is not that of the datagram: it was changed, or made with another key.
    #[error("the signature is wrong for key {key_id}")]
    BadSignature {
        /// The number of the key.
        key_id: u32,
    },
    /// Signatures of this version of the protocol cannot be checked.
    #[error("signatures of version {version} of the session protocol cannot be checked")]
    UncheckedVersion {
        /// The version.
        version: u16,
    },
    /// A datagram with this number has come from the sender already, or is too old to know.
    #[error("number {number} came before: a repetition")]
    Replayed {
        /// The number of the SPDU.
        number: u32,
    },
    /// More senders than can be remembered.
    #[error("there are too many senders")]
    TooManySenders,
    /// The frame is neither GOOSE nor sampled values.
    #[error("frames of EtherType {0:?} are not routable")]
    NotRoutable(EtherType),
    /// The messages do not fit into a datagram.
    #[error("{length} octets do not fit a datagram")]
    TooLong {
        /// Octets it would have.
        length: usize,
    },
}
