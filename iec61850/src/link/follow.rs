//! A thread that takes the frames of a link.

use super::{Arrival, Link, LinkError, LinkWaker, Received};
use parking_lot::Mutex;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// What a [`Receiver`] does with frames. It does no input and output of its own.
pub trait Dispatch: Default + Send + 'static {
    /// The name of the thread.
    const NAME: &'static str;

    /// Takes a frame of any kind.
    fn frame(&mut self, arrival: Arrival, octets: &[u8]);

    /// When [`Dispatch::timeout`] has something to do.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Says that it is `now`.
    fn timeout(&mut self, now: Instant);
}

/// What another thread wants to have done between two frames.
type Command<D> = Box<dyn FnOnce(&mut D) + Send>;

/// Hands the frames of a link to subscribers, on its own thread. Subscribers may come and go at any
/// time, and stay when the receiver is stopped.
pub struct Receiver<D: Dispatch> {
    commands: Arc<Mutex<Commands<D>>>,
    /// While no thread has it.
    dispatcher: Option<D>,
    running: Option<Running<D>>,
    next_id: u64,
}

struct Commands<D> {
    waiting: Vec<Command<D>>,
    stop: bool,
}

struct Running<D> {
    waker: LinkWaker,
    thread: JoinHandle<(D, Result<(), LinkError>)>,
}

impl<D: Dispatch> Default for Receiver<D> {
    fn default() -> Self {
        let commands = Commands {
            waiting: Vec::new(),
            stop: false,
        };
        Receiver {
            commands: Arc::new(Mutex::new(commands)),
            dispatcher: None,
            running: None,
            next_id: 0,
        }
    }
}

impl<D: Dispatch> Receiver<D> {
    /// A receiver that does not run yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A number for a new subscriber.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Has something done with the dispatcher: on its thread, or when there is one.
    pub(crate) fn command(&self, command: impl FnOnce(&mut D) + Send + 'static) {
        self.commands.lock().waiting.push(Box::new(command));
        if let Some(running) = &self.running {
            running.waker.wake();
        }
    }

    /// Begins to receive from a link. A receiver that runs is stopped first.
    ///
    /// # Errors
    /// [`LinkError::Thread`]; what was wrong with the link before.
    pub fn start(&mut self, link: impl Link + 'static) -> Result<(), LinkError> {
        self.stop()?;
        let waker = link.waker();
        let dispatcher = self.dispatcher.take().unwrap_or_default();
        let (commands, link) = (self.commands.clone(), Box::new(link));
        let thread = std::thread::Builder::new()
            .name(D::NAME.into())
            .spawn(move || follow(link, dispatcher, &commands))
            .map_err(LinkError::Thread)?;
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
    /// [`LinkError`] if the link had failed.
    pub fn stop(&mut self) -> Result<(), LinkError> {
        if let Some(running) = &self.running {
            self.commands.lock().stop = true;
            running.waker.wake();
        }
        self.wait()
    }

    /// Waits until the link ends, as a file does.
    ///
    /// # Errors
    /// [`LinkError`] if the link has failed.
    pub fn wait(&mut self) -> Result<(), LinkError> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        let ended = running.thread.join();
        self.commands.lock().stop = false;
        let Ok((dispatcher, result)) = ended else {
            // Listeners are called so that a panic of theirs does not come here.
            tracing::error!("the thread {} panicked", D::NAME);
            return Ok(());
        };
        self.dispatcher = Some(dispatcher);
        result
    }

    /// What the frames were handed to: of a receiver that does not run, and has run before.
    pub fn dispatcher(&self) -> Option<&D> {
        self.dispatcher.as_ref()
    }
}

impl<D: Dispatch> Drop for Receiver<D> {
    fn drop(&mut self) {
        // Nobody is left to hear of it.
        let _ = self.stop();
    }
}

impl<D: Dispatch> std::fmt::Debug for Receiver<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let running = self.is_running();
        f.debug_struct(D::NAME).field("running", &running).finish()
    }
}

fn follow<D: Dispatch>(
    mut link: Box<dyn Link>,
    mut dispatcher: D,
    commands: &Mutex<Commands<D>>,
) -> (D, Result<(), LinkError>) {
    let result = loop {
        let waiting = {
            let mut commands = commands.lock();
            if commands.stop {
                break Ok(());
            }
            std::mem::take(&mut commands.waiting)
        };
        waiting
            .into_iter()
            .for_each(|command| command(&mut dispatcher));
        // As long as nothing else is to be done.
        let ended = loop {
            let deadline = dispatcher.poll_timeout();
            let received = link.receive(deadline, &mut |arrival, octets| {
                dispatcher.timeout(arrival.instant);
                dispatcher.frame(arrival, octets);
            });
            match received {
                Ok(Received::Frames(_)) => {}
                Ok(Received::TimedOut) => dispatcher.timeout(Instant::now()),
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
        tracing::warn!(%error, "{} ended", D::NAME);
    }
    (dispatcher, result)
}
