//! A thread that hands the frames of a link to subscribers.

use super::dispatcher::{GooseDispatcher, GooseListener, SubscriberId};
use super::encode::GooseError;
use super::subscriber::{GooseEvent, GooseSubscriber};
use crate::link::{Link, LinkError, LinkWaker, Received};
use parking_lot::Mutex;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// Follows any number of publishers on its own thread. Subscribers may come and go at any time.
#[derive(Default)]
pub struct GooseReceiver {
    next: u64,
    commands: Arc<Mutex<Vec<Command>>>,
    /// While it does not run.
    dispatcher: Option<GooseDispatcher>,
    running: Option<Running>,
}

struct Running {
    waker: LinkWaker,
    thread: JoinHandle<Ended>,
}

struct Ended {
    dispatcher: GooseDispatcher,
    result: Result<(), LinkError>,
}

enum Command {
    Add(SubscriberId, Box<GooseSubscriber>, GooseListener),
    Remove(SubscriberId),
    Simulation(bool),
    Stop,
}

impl GooseReceiver {
    /// A receiver that does not run yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn command(&self, command: Command) {
        self.commands.lock().push(command);
        if let Some(running) = &self.running {
            running.waker.wake();
        }
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
        let listener = Box::new(listener);
        self.command(Command::Add(id, Box::new(subscriber), listener));
        id
    }

    /// Takes a subscriber away. A call of its listener may still be going on.
    pub fn remove_subscriber(&mut self, id: SubscriberId) {
        self.command(Command::Remove(id));
    }

    /// Whether all subscribers there are use simulated messages, see
    /// [`GooseSubscriber::set_simulation`].
    pub fn set_simulation(&mut self, accepted: bool) {
        self.command(Command::Simulation(accepted));
    }

    /// Begins to receive from a link. A receiver that runs is stopped first.
    ///
    /// # Errors
    /// [`GooseError::Thread`]; what was wrong with the link before, [`GooseError::Link`].
    pub fn start(&mut self, link: impl Link + 'static) -> Result<(), GooseError> {
        self.stop()?;
        let waker = link.waker();
        let dispatcher = self.dispatcher.take().unwrap_or_default();
        let commands = self.commands.clone();
        let thread = std::thread::Builder::new()
            .name("goose-receiver".into())
            .spawn(move || receive(Box::new(link), dispatcher, &commands))
            .map_err(GooseError::Thread)?;
        self.running = Some(Running { waker, thread });
        Ok(())
    }

    /// Whether frames are received: not before the start, and not after the link has failed or ended.
    pub fn is_running(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| !running.thread.is_finished())
    }

    /// Ends the receiving; subscribers stay as they are.
    ///
    /// # Errors
    /// [`GooseError::Link`] if the link had failed.
    pub fn stop(&mut self) -> Result<(), GooseError> {
        if let Some(running) = &self.running {
            self.commands.lock().push(Command::Stop);
            running.waker.wake();
        }
        self.wait()
    }

    /// Waits until the link ends, as a file does.
    ///
    /// # Errors
    /// [`GooseError::Link`] if the link has failed.
    pub fn wait(&mut self) -> Result<(), GooseError> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        let Ok(ended) = running.thread.join() else {
            // Listeners are called so that a panic of theirs does not come here.
            tracing::error!("the thread of a GOOSE receiver panicked");
            return Ok(());
        };
        self.dispatcher = Some(ended.dispatcher);
        self.commands
            .lock()
            .retain(|command| !matches!(command, Command::Stop));
        Ok(ended.result?)
    }

    /// A subscriber of a receiver that does not run.
    pub fn subscriber(&self, id: SubscriberId) -> Option<&GooseSubscriber> {
        self.dispatcher.as_ref()?.subscriber(id)
    }
}

impl Drop for GooseReceiver {
    fn drop(&mut self) {
        // Nobody is left to hear of it.
        let _ = self.stop();
    }
}

fn receive(
    mut link: Box<dyn Link>,
    mut dispatcher: GooseDispatcher,
    commands: &Mutex<Vec<Command>>,
) -> Ended {
    let result = loop {
        for command in std::mem::take(&mut *commands.lock()) {
            match command {
                Command::Add(id, subscriber, listener) => {
                    dispatcher.insert(id, *subscriber, listener);
                }
                Command::Remove(id) => drop(dispatcher.remove(id)),
                Command::Simulation(accepted) => dispatcher.set_simulation(accepted),
                Command::Stop => {
                    return Ended {
                        dispatcher,
                        result: Ok(()),
                    };
                }
            }
        }
        // As long as nothing else is to be done.
        let ended = loop {
            let deadline = dispatcher.poll_timeout();
            let received = link.receive(deadline, &mut |arrival, octets| {
                dispatcher.handle_timeout(arrival.instant);
                if let Err(error) = dispatcher.handle_frame(arrival, octets) {
                    tracing::debug!(%error, "GOOSE frame dropped");
                }
            });
            match received {
                Ok(Received::Frames(_)) => {}
                Ok(Received::TimedOut) => dispatcher.handle_timeout(Instant::now()),
                Ok(Received::Woken) => break None,
                Ok(Received::End) => break Some(Ok(())),
                Err(error) => break Some(Err(error)),
            }
        };
        if let Some(result) = ended {
            break result;
        }
    };
    if let Err(error) = &result {
        tracing::warn!(%error, "GOOSE receiver ended");
    }
    Ended { dispatcher, result }
}
