//! What is kept of messages: the last ones sent, which can be read in the buffers, those that wait, and those that came.

use super::send::Piece;
use super::{Message, ReceivedMessage};
use crate::types::InfoHeader;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

#[derive(Debug, Default)]
struct OfPeer {
    /// The last header, in the domain and in the VCC.
    headers: [Option<InfoHeader>; 2],
    /// The last content of each buffer and scope.
    buffers: HashMap<(bool, usize), Vec<u8>>,
    /// Messages that wait until the peer asks for them.
    queue: VecDeque<(bool, Message)>,
    /// Messages of the peer.
    inbox: VecDeque<Arc<ReceivedMessage>>,
}

/// By the name of the peer, so that a new bilateral table changes nothing.
#[derive(Debug, Default)]
pub(crate) struct Store {
    peers: HashMap<String, OfPeer>,
    next_id: i32,
}

impl Store {
    /// The MessageId of the next message without one of its own.
    pub(super) fn next_id(&self) -> i32 {
        self.next_id.max(1)
    }

    /// So many of them are used.
    pub(super) fn used_ids(&mut self, count: usize) {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        // Beyond the largest they begin anew.
        self.next_id = self.next_id().checked_add(count).unwrap_or(1);
    }

    /// Keeps what was sent so that it can be read.
    pub(super) fn keep(&mut self, peer: &str, to_all: bool, pieces: &[Piece]) {
        let of_peer = self.peers.entry(peer.to_owned()).or_default();
        for piece in pieces {
            of_peer.headers[usize::from(to_all)] = Some(piece.header);
            of_peer
                .buffers
                .insert((to_all, piece.buffer), piece.content.clone());
        }
    }

    /// Lets a message wait. Gives the one that had to go for it.
    pub(super) fn queue(
        &mut self,
        peer: &str,
        to_all: bool,
        message: Message,
        limit: usize,
    ) -> Option<Message> {
        let queue = &mut self.peers.entry(peer.to_owned()).or_default().queue;
        queue.push_back((to_all, message));
        match queue.len() > limit {
            true => queue.pop_front().map(|(_, message)| message),
            false => None,
        }
    }

    pub(super) fn take_queue(&mut self, peer: &str) -> VecDeque<(bool, Message)> {
        let of_peer = self.peers.get_mut(peer);
        of_peer.map_or_else(VecDeque::new, |of_peer| std::mem::take(&mut of_peer.queue))
    }

    /// The header that was sent last in a scope.
    pub(crate) fn header(&self, peer: &str, to_all: bool) -> Option<InfoHeader> {
        self.peers.get(peer)?.headers[usize::from(to_all)]
    }

    /// The content that was sent last in a buffer of a scope.
    pub(crate) fn buffer(&self, peer: &str, to_all: bool, size: usize) -> Option<&[u8]> {
        let of_peer = self.peers.get(peer)?;
        of_peer.buffers.get(&(to_all, size)).map(Vec::as_slice)
    }

    /// Keeps a message of the peer.
    pub(crate) fn received(&mut self, peer: &str, message: Arc<ReceivedMessage>, keep: usize) {
        let inbox = &mut self.peers.entry(peer.to_owned()).or_default().inbox;
        inbox.push_back(message);
        while inbox.len() > keep {
            inbox.pop_front();
        }
    }

    /// The messages of the peer that are kept, the oldest first.
    pub(crate) fn inbox(&self, peer: &str) -> Vec<Arc<ReceivedMessage>> {
        let of_peer = self.peers.get(peer);
        of_peer.map_or_else(Vec::new, |of_peer| of_peer.inbox.iter().cloned().collect())
    }
}
