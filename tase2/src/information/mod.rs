//! Information messages (block 4): texts and octets that one side sends to all peers or to one, without an answer.
//!
//! [`VirtualControlCenter::send_information`](crate::VirtualControlCenter::send_information) sends to peers that have asked for messages and
//! may have those of the information object; [`Client::enable_information`](crate::client::Client::enable_information) asks a peer for its
//! messages, which come from [`Client::messages`](crate::client::Client::messages) and, of all peers of a control centre,
//! [`VirtualControlCenter::messages`](crate::VirtualControlCenter::messages).

mod folder;
mod receive;
mod send;
mod store;

pub use folder::{Folder, FolderError};
pub use send::SendError;

pub(crate) use receive::{Assembler, Taken, decode};
pub(crate) use store::Store;

use crate::event::AssociationId;
use crate::types::TimeStamp;
use std::fmt;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Messages that wait for a receiver that does not take them; of more it misses the oldest.
pub(crate) const BACKLOG: usize = 256;

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// InfoReference: the information object, as agreed on with those who are to have it.
    pub info_reference: i32,
    /// LocalReference: a number of our own. Default 0.
    pub local_reference: i32,
    /// MessageId: which message of the object it is. `None`: the next number of this control centre.
    pub message_id: Option<i32>,
    /// The content: text by convention in ASCII, or any octets.
    pub content: Vec<u8>,
}

impl Message {
    /// A message of an information object.
    pub fn new(info_reference: i32, content: impl Into<Vec<u8>>) -> Self {
        Message {
            info_reference,
            local_reference: 0,
            message_id: None,
            content: content.into(),
        }
    }

    /// The same message with this LocalReference.
    #[must_use]
    pub fn with_local_reference(self, local_reference: i32) -> Self {
        Message {
            local_reference,
            ..self
        }
    }

    /// The same message with this MessageId.
    #[must_use]
    pub fn with_message_id(self, message_id: i32) -> Self {
        Message {
            message_id: Some(message_id),
            ..self
        }
    }
}

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients<'a> {
    /// All peers whose bilateral table has the information object; the message is of VCC scope.
    All,
    /// This peer; the message is in its domain.
    Peer(&'a str),
}

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Its MessageId; of one in several segments that of the first.
    pub message_id: i32,
    /// Associations it went out on.
    pub associations: usize,
    /// Peers it is kept for until they ask for messages.
    pub queued: usize,
}

/// A message of a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedMessage {
    /// The peer, by the name of its bilateral table; `None` for a client without a control centre.
    pub peer: Option<String>,
    /// The association it came on, likewise.
    pub association: Option<AssociationId>,
    /// Whether it is of VCC scope, so for all peers, or in the domain that is for us.
    pub to_all: bool,
    /// InfoReference: the information object.
    pub info_reference: i32,
    /// LocalReference: a number of the sender's own.
    pub local_reference: i32,
    /// MessageId; of one in several segments that of the first.
    pub message_id: i32,
    /// Segments it came in.
    pub segments: u32,
    /// The content.
    pub content: Vec<u8>,
    /// When it was here as a whole.
    pub received: TimeStamp,
}

impl ReceivedMessage {
    /// The content as text, if it is UTF-8 without control characters other than line ends and tabs.
    pub fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.content).ok()?;
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        (!text.contains(odd)).then_some(text)
    }
}

/// Messages as they come.
#[derive(Debug)]
pub struct Messages {
    receiver: broadcast::Receiver<Arc<ReceivedMessage>>,
    missed: u64,
}

impl Messages {
    pub(crate) fn new(receiver: broadcast::Receiver<Arc<ReceivedMessage>>) -> Self {
        Messages {
            receiver,
            missed: 0,
        }
    }

    /// The next message; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Arc<ReceivedMessage>> {
        loop {
            match self.receiver.recv().await {
                Ok(message) => return Some(message),
                Err(broadcast::error::RecvError::Lagged(count)) => self.missed += count,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Messages that were missed because 256 were waiting already.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

/// What happens with information messages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InformationEvent {
    /// A peer asks for messages, or wants no more.
    Enabled {
        /// The peer.
        peer: String,
        /// On this association.
        association: AssociationId,
        /// Whether it asks for them.
        enabled: bool,
    },
    /// A message came.
    Received {
        /// The peer.
        peer: String,
        /// The information object.
        info_reference: i32,
        /// Which message.
        message_id: i32,
        /// Octets of its content.
        size: usize,
    },
    /// A message of an information object came that the bilateral table does not take from this peer.
    NotAgreed {
        /// The peer.
        peer: String,
        /// The information object.
        info_reference: i32,
    },
    /// A message was not understood, or segments of it were missing.
    Lost {
        /// The peer.
        peer: String,
        /// What was wrong.
        reason: String,
    },
    /// A message that was kept for a peer was dropped.
    Dropped {
        /// The peer.
        peer: String,
        /// The information object.
        info_reference: i32,
        /// Why.
        reason: String,
    },
}

impl InformationEvent {
    pub(crate) fn is_problem(&self) -> bool {
        !matches!(
            self,
            InformationEvent::Enabled { .. } | InformationEvent::Received { .. }
        )
    }
}

impl fmt::Display for InformationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InformationEvent::Enabled { peer, enabled, .. } => {
                let asks = if *enabled {
                    "asks for"
                } else {
                    "wants no more"
                };
                write!(f, "{peer} {asks} information messages")
            }
            InformationEvent::Received {
                peer,
                info_reference,
                message_id,
                size,
            } => write!(
                f,
                "message {message_id} of information object {info_reference} from {peer}, {size} octets"
            ),
            InformationEvent::NotAgreed {
                peer,
                info_reference,
            } => write!(
                f,
                "{peer} sends messages of information object {info_reference}, which is not agreed on"
            ),
            InformationEvent::Lost { peer, reason } => {
                write!(f, "message of {peer} lost: {reason}")
            }
            InformationEvent::Dropped {
                peer,
                info_reference,
                reason,
            } => write!(
                f,
                "message of information object {info_reference} for {peer} dropped: {reason}"
            ),
        }
    }
}
