//! A thread that hands the frames of a link to subscribers.

use super::dispatcher::{GooseDispatcher, GooseListener, SubscriberId};
use super::encode::GooseError;
use super::subscriber::{GooseEvent, GooseSubscriber};
use crate::link::{Arrival, Follow, Follower, Link, StartError};
use std::time::Instant;

/// Follows any number of publishers on its own thread. Subscribers may come and go at any time.
#[derive(Default)]
pub struct GooseReceiver {
    next: u64,
    follower: Follower<GooseDispatcher>,
}

pub(crate) enum Command {
    Add(SubscriberId, Box<GooseSubscriber>, GooseListener),
    Remove(SubscriberId),
    Simulation(bool),
}

impl Follow for GooseDispatcher {
    type Command = Command;
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

    fn command(&mut self, command: Command) {
        match command {
            Command::Add(id, subscriber, listener) => self.insert(id, *subscriber, listener),
            Command::Remove(id) => drop(self.remove(id)),
            Command::Simulation(accepted) => self.set_simulation(accepted),
        }
    }
}

impl GooseReceiver {
    /// A receiver that does not run yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a subscriber. `listener` hears of each message that counts, and of the lack of them, on
    /// the thread of the receiver; it must not stop the receiver.
    pub fn add_subscriber(
        &mut self,
        subscriber: GooseSubscriber,
        listener: impl FnMut(&GooseSubscriber, &GooseEvent) + Send + 'static,
    ) -> SubscriberId {
        let id = SubscriberId(self.next);
        self.next += 1;
        let command = Command::Add(id, Box::new(subscriber), Box::new(listener));
        self.follower.command(command);
        id
    }

    /// Takes a subscriber away. A call of its listener may still be going on.
    pub fn remove_subscriber(&mut self, id: SubscriberId) {
        self.follower.command(Command::Remove(id));
    }

    /// Whether all subscribers there are use simulated messages, see
    /// [`GooseSubscriber::set_simulation`].
    pub fn set_simulation(&mut self, accepted: bool) {
        self.follower.command(Command::Simulation(accepted));
    }

    /// Begins to receive from a link. A receiver that runs is stopped first.
    ///
    /// # Errors
    /// [`GooseError::Thread`]; what was wrong with the link before, [`GooseError::Link`].
    pub fn start(&mut self, link: impl Link + 'static) -> Result<(), GooseError> {
        let started = self.follower.start(Box::new(link));
        started.map_err(|error| match error {
            StartError::Link(error) => GooseError::Link(error),
            StartError::Thread(error) => GooseError::Thread(error),
        })
    }

    /// Whether frames are received: not before the start, and not after the link has failed or ended.
    pub fn is_running(&self) -> bool {
        self.follower.is_running()
    }

    /// Ends the receiving; subscribers stay as they are.
    ///
    /// # Errors
    /// [`GooseError::Link`] if the link had failed.
    pub fn stop(&mut self) -> Result<(), GooseError> {
        Ok(self.follower.stop()?)
    }

    /// Waits until the link ends, as a file does.
    ///
    /// # Errors
    /// [`GooseError::Link`] if the link has failed.
    pub fn wait(&mut self) -> Result<(), GooseError> {
        Ok(self.follower.wait()?)
    }

    /// A subscriber of a receiver that does not run, and has run before.
    pub fn subscriber(&self, id: SubscriberId) -> Option<&GooseSubscriber> {
        self.follower.handler()?.subscriber(id)
    }
}
