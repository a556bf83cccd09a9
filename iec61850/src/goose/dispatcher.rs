//! From frames to subscribers.

use super::frame::{GooseFrame, split};
use super::status::GooseEvent;
use super::subscriber::GooseSubscriber;
use crate::link::{Arrival, EtherType, FrameError};
use mms::ber::{Reader, Tag};
use rustc_hash::FxHashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Hears of what happens to a subscriber, on the thread of the receiver. It may take its time only
/// as far as frames may wait.
pub type GooseListener = Box<dyn FnMut(&GooseSubscriber, &GooseEvent) + Send>;

/// A subscriber of a dispatcher or receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriberId(pub(super) u64);

/// Any number of subscribers, found by the reference of the control block in each frame. It does no
/// input and output.
///
/// A frame that nobody follows is read as far as that reference. A message that repeats a state
/// allocates nothing, and neither does one with a new state, unless a string has become longer or,
/// for subscribers without known types, a value has another type than before.
#[derive(Default)]
pub struct GooseDispatcher {
    /// By their numbers.
    subscribers: Vec<Option<Box<Entry>>>,
    /// What is in frames is only looked up, never put in: nobody can choose keys that collide.
    by_reference: FxHashMap<Box<[u8]>, Vec<SubscriberId>>,
    observers: Vec<SubscriberId>,
    /// No deadline of any subscriber is before this.
    deadline: Option<Instant>,
    damaged: u64,
}

struct Entry {
    subscriber: GooseSubscriber,
    listener: GooseListener,
}

impl Entry {
    fn tell(&mut self, event: GooseEvent) {
        let call = AssertUnwindSafe(|| (self.listener)(&self.subscriber, &event));
        if catch_unwind(call).is_err() {
            let go_cb_ref = self.subscriber.go_cb_ref();
            tracing::error!(go_cb_ref, "the listener of a GOOSE subscriber panicked");
        }
    }
}

impl GooseDispatcher {
    /// A dispatcher without subscribers.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn insert(
        &mut self,
        id: SubscriberId,
        subscriber: GooseSubscriber,
        listener: GooseListener,
    ) {
        let list = if subscriber.is_observer() {
            &mut self.observers
        } else {
            let reference = subscriber.go_cb_ref().as_bytes();
            self.by_reference.entry(reference.into()).or_default()
        };
        list.push(id);
        let entry = Entry {
            subscriber,
            listener,
        };
        let at = id.0 as usize;
        if self.subscribers.len() <= at {
            self.subscribers.resize_with(at + 1, || None);
        }
        if let Some(place) = self.subscribers.get_mut(at) {
            *place = Some(Box::new(entry));
        }
    }

    fn entry_mut(&mut self, id: SubscriberId) -> Option<&mut Entry> {
        self.subscribers.get_mut(id.0 as usize)?.as_deref_mut()
    }

    /// Adds a subscriber.
    pub fn add(
        &mut self,
        subscriber: GooseSubscriber,
        listener: impl FnMut(&GooseSubscriber, &GooseEvent) + Send + 'static,
    ) -> SubscriberId {
        let id = SubscriberId(self.subscribers.len() as u64);
        self.insert(id, subscriber, Box::new(listener));
        id
    }

    /// Takes a subscriber away; `None` if it is not there.
    pub fn remove(&mut self, id: SubscriberId) -> Option<GooseSubscriber> {
        let subscriber = self.subscribers.get_mut(id.0 as usize)?.take()?.subscriber;
        self.observers.retain(|other| *other != id);
        let reference = subscriber.go_cb_ref().as_bytes();
        if let Some(list) = self.by_reference.get_mut(reference) {
            list.retain(|other| *other != id);
            if list.is_empty() {
                self.by_reference.remove(reference);
            }
        }
        Some(subscriber)
    }

    /// A subscriber.
    pub fn subscriber(&self, id: SubscriberId) -> Option<&GooseSubscriber> {
        let entry = self.subscribers.get(id.0 as usize)?.as_ref()?;
        Some(&entry.subscriber)
    }

    /// A subscriber, to change how it treats simulated messages.
    pub fn subscriber_mut(&mut self, id: SubscriberId) -> Option<&mut GooseSubscriber> {
        self.entry_mut(id).map(|entry| &mut entry.subscriber)
    }

    /// Whether the subscribers there are use simulated messages, see
    /// [`GooseSubscriber::set_simulation`].
    pub fn set_simulation(&mut self, accepted: bool) {
        for entry in self.subscribers.iter_mut().flatten() {
            entry.subscriber.set_simulation(accepted);
        }
    }

    /// GOOSE frames that could not be read.
    pub fn damaged_frames(&self) -> u64 {
        self.damaged
    }

    /// Takes a frame of any kind. Those that nobody follows, and those of other EtherTypes, are left
    /// alone.
    ///
    /// # Errors
    /// [`FrameError`] for a GOOSE frame that is damaged. It is counted, and that is all.
    pub fn handle_frame(&mut self, arrival: Arrival, octets: &[u8]) -> Result<(), FrameError> {
        let handled = self.dispatch(arrival, octets);
        match handled {
            Err(FrameError::OtherType { .. }) => Ok(()),
            Err(error) => {
                self.damaged += u64::from(is_goose(octets));
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    fn dispatch(&mut self, arrival: Arrival, octets: &[u8]) -> Result<(), FrameError> {
        let (_, _, apdu) = split(octets)?;
        let reference = reference(apdu);
        let ids = match reference.and_then(|reference| self.by_reference.get(reference)) {
            Some(ids) => &ids[..],
            // A damaged one is read again, for its error.
            None if self.observers.is_empty() && reference.is_some() => return Ok(()),
            None => &[],
        };
        let frame = GooseFrame::decode(octets)?;
        for id in ids.iter().chain(&self.observers) {
            let entry = self.subscribers.get_mut(id.0 as usize);
            let Some(Some(entry)) = entry else {
                continue;
            };
            if let Some(event) = entry.subscriber.handle_frame(arrival, &frame) {
                entry.tell(event);
            }
            if let Some(deadline) = entry.subscriber.poll_timeout() {
                let earliest = self.deadline.map_or(deadline, |other| other.min(deadline));
                self.deadline = Some(earliest);
            }
        }
        Ok(())
    }

    /// When [`GooseDispatcher::handle_timeout`] may have something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }

    /// Says that it is `now`: subscribers whose last message is too old hear of it.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        self.deadline = None;
        for entry in self.subscribers.iter_mut().flatten() {
            if let Some(event) = entry.subscriber.handle_timeout(now) {
                entry.tell(event);
            }
            if let Some(deadline) = entry.subscriber.poll_timeout() {
                let earliest = self.deadline.map_or(deadline, |other| other.min(deadline));
                self.deadline = Some(earliest);
            }
        }
    }
}

/// The reference of the control block, without a look at the rest of the message.
fn reference(apdu: &[u8]) -> Option<&[u8]> {
    let mut pdu = Reader::new(apdu).expect_nested(super::frame::PDU).ok()?;
    pdu.expect(Tag::context(0)).ok()
}

fn is_goose(octets: &[u8]) -> bool {
    crate::link::EthernetHeader::decode(octets)
        .is_ok_and(|(header, _)| header.ether_type == EtherType::GOOSE)
}

impl std::fmt::Debug for GooseDispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.subscribers.iter().flatten().count();
        write!(f, "GooseDispatcher({count} subscribers)")
    }
}
