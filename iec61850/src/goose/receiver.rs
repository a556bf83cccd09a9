//! A thread that hands the frames of a link to subscribers.

use super::dispatcher::{GooseDispatcher, SubscriberId};
use super::status::GooseEvent;
use super::subscriber::GooseSubscriber;
use crate::link::{Arrival, Dispatch, Receiver};
use std::time::Instant;

/// Follows any number of publishers on its own thread.
pub type GooseReceiver = Receiver<GooseDispatcher>;

impl Dispatch for GooseDispatcher {
    const NAME: &'static str = "goose-receiver";

    fn frame(&mut self, arrival: Arrival, octets: &[u8]) {
        if let Err(error) = self.handle_frame(arrival, octets) {
            tracing::debug!(%error, "GOOSE frame dropped");
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        GooseDispatcher::poll_timeout(self)
    }

    fn timeout(&mut self, now: Instant) {
        self.handle_timeout(now);
    }
}

impl Receiver<GooseDispatcher> {
    /// Adds a subscriber. `listener` hears of each message that counts, and of the lack of them, on
    /// the thread of the receiver; it must not stop the receiver.
    pub fn add_subscriber(
        &mut self,
        subscriber: GooseSubscriber,
        listener: impl FnMut(&GooseSubscriber, &GooseEvent) + Send + 'static,
    ) -> SubscriberId {
        let id = SubscriberId(self.next_id());
        let listener = Box::new(listener);
        self.command(move |dispatcher| dispatcher.insert(id, subscriber, listener));
        id
    }

    /// Takes a subscriber away. A call of its listener may still be going on.
    pub fn remove_subscriber(&mut self, id: SubscriberId) {
        self.command(move |dispatcher| drop(dispatcher.remove(id)));
    }

    /// Whether all subscribers there are use simulated messages, see
    /// [`GooseSubscriber::set_simulation`].
    pub fn set_simulation(&mut self, accepted: bool) {
        self.command(move |dispatcher| dispatcher.set_simulation(accepted));
    }

    /// A subscriber of a receiver that does not run, and has run before.
    pub fn subscriber(&self, id: SubscriberId) -> Option<&GooseSubscriber> {
        self.dispatcher()?.subscriber(id)
    }
}
