//! From frames to subscribers.

use super::frame::SvFrame;
use super::subscriber::{SvEvent, SvSubscriber};
use crate::link::{Arrival, EtherType, EthernetHeader, FrameError};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Hears of what happens to a subscriber, on the thread of the receiver.
pub type SvListener = Box<dyn FnMut(&SvEvent<'_>) + Send>;

/// A subscriber of a dispatcher or receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SvSubscriberId(pub(super) u64);

/// Any number of subscribers, found by APPID. It does no input and output, and takes no memory for a
/// frame of a stream that is known.
#[derive(Default)]
pub struct SvDispatcher {
    subscribers: HashMap<SvSubscriberId, Entry>,
    by_app_id: HashMap<u16, Vec<SvSubscriberId>>,
    of_all: Vec<SvSubscriberId>,
    /// No subscriber has a deadline before this.
    deadline: Option<Instant>,
    damaged: u64,
}

struct Entry {
    subscriber: SvSubscriber,
    listener: SvListener,
}

impl SvDispatcher {
    /// A dispatcher without subscribers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a subscriber.
    pub fn add(
        &mut self,
        subscriber: SvSubscriber,
        listener: impl FnMut(&SvEvent<'_>) + Send + 'static,
    ) -> SvSubscriberId {
        let next = self.subscribers.keys().max().map_or(0, |last| last.0 + 1);
        let id = SvSubscriberId(next);
        self.insert(id, subscriber, Box::new(listener));
        id
    }

    pub(super) fn insert(
        &mut self,
        id: SvSubscriberId,
        subscriber: SvSubscriber,
        listener: SvListener,
    ) {
        match subscriber.app_id() {
            Some(app_id) => self.by_app_id.entry(app_id).or_default().push(id),
            None => self.of_all.push(id),
        }
        let entry = Entry {
            subscriber,
            listener,
        };
        self.subscribers.insert(id, entry);
    }

    /// Takes a subscriber away; `None` if it is not there.
    pub fn remove(&mut self, id: SvSubscriberId) -> Option<SvSubscriber> {
        let subscriber = self.subscribers.remove(&id)?.subscriber;
        self.of_all.retain(|other| *other != id);
        if let Some(list) = subscriber
            .app_id()
            .and_then(|app_id| self.by_app_id.get_mut(&app_id))
        {
            list.retain(|other| *other != id);
        }
        Some(subscriber)
    }

    /// A subscriber.
    pub fn subscriber(&self, id: SvSubscriberId) -> Option<&SvSubscriber> {
        self.subscribers.get(&id).map(|entry| &entry.subscriber)
    }

    /// Frames of sampled values that could not be read.
    pub fn damaged_frames(&self) -> u64 {
        self.damaged
    }

    /// Takes a frame of any kind. Those that nobody follows, and those of other EtherTypes, are left
    /// alone.
    ///
    /// # Errors
    /// [`FrameError`] for a damaged frame of sampled values. It is counted, and that is all.
    pub fn handle_frame(&mut self, arrival: Arrival, octets: &[u8]) -> Result<(), FrameError> {
        let of_sv = EthernetHeader::decode(octets)
            .ok()
            .filter(|(header, _)| header.ether_type == EtherType::SAMPLED_VALUES);
        let Some((_, payload)) = of_sv else {
            return Ok(());
        };
        let app_id = payload
            .first_chunk()
            .map(|octets| u16::from_be_bytes(*octets));
        let ids = app_id.and_then(|app_id| self.by_app_id.get(&app_id));
        let ids = ids.map_or(&[][..], Vec::as_slice);
        if ids.is_empty() && self.of_all.is_empty() {
            return Ok(());
        }
        let frame = SvFrame::decode(octets).inspect_err(|_| self.damaged += 1)?;
        for id in ids.iter().chain(&self.of_all) {
            let Some(entry) = self.subscribers.get_mut(id) else {
                continue;
            };
            let listener = &mut entry.listener;
            entry
                .subscriber
                .handle_frame(arrival, &frame, &mut |event| tell(listener, &event));
            let deadline = entry.subscriber.poll_timeout();
            self.deadline = earlier(self.deadline, deadline);
        }
        Ok(())
    }

    /// When [`SvDispatcher::handle_timeout`] may have something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Says that it is `now`: subscribers hear of streams that are silent.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        self.deadline = None;
        for entry in self.subscribers.values_mut() {
            let listener = &mut entry.listener;
            entry
                .subscriber
                .handle_timeout(now, &mut |event| tell(listener, &event));
            self.deadline = earlier(self.deadline, entry.subscriber.poll_timeout());
        }
    }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

fn tell(listener: &mut SvListener, event: &SvEvent<'_>) {
    if catch_unwind(AssertUnwindSafe(|| listener(event))).is_err() {
        tracing::error!("the listener of a subscriber of sampled values panicked");
    }
}

impl std::fmt::Debug for SvDispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SvDispatcher({} subscribers)", self.subscribers.len())
    }
}
