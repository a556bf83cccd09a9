//! A thread that hands the frames of a link to subscribers.

use super::dispatcher::{SvDispatcher, SvSubscriberId};
use super::subscriber::{SvEvent, SvSubscriber};
use crate::link::{Arrival, Dispatch, Receiver};
use std::time::Instant;

/// Follows any number of streams on its own thread.
pub type SvReceiver = Receiver<SvDispatcher>;

impl Dispatch for SvDispatcher {
    const NAME: &'static str = "sv-receiver";

    fn frame(&mut self, arrival: Arrival, octets: &[u8]) {
        if let Err(error) = self.handle_frame(arrival, octets) {
            tracing::debug!(%error, "frame of sampled values dropped");
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        SvDispatcher::poll_timeout(self)
    }

    fn timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }
}

impl Receiver<SvDispatcher> {
    /// Adds a subscriber. `listener` hears of each sample and of silence, on the thread of the
    /// receiver; it must not stop the receiver, and while it works samples wait.
    pub fn add_subscriber(
        &mut self,
        subscriber: SvSubscriber,
        listener: impl FnMut(&SvEvent<'_>) + Send + 'static,
    ) -> SvSubscriberId {
        let id = SvSubscriberId(self.next_id());
        let listener = Box::new(listener);
        self.command(move |dispatcher| dispatcher.insert(id, subscriber, listener));
        id
    }

    /// Takes a subscriber away. A call of its listener may still be going on.
    pub fn remove_subscriber(&mut self, id: SvSubscriberId) {
        self.command(move |dispatcher| drop(dispatcher.remove(id)));
    }

    /// A subscriber of a receiver that does not run, and has run before.
    pub fn subscriber(&self, id: SvSubscriberId) -> Option<&SvSubscriber> {
        self.dispatcher()?.subscriber(id)
    }
}
