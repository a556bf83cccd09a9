//! A thread that takes the frames of a link.

use super::{Arrival, Link, LinkError, LinkWaker, Received};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

/// What is done with frames. It does no input and output.
pub(crate) trait Follow: Default + Send + 'static {
    /// What other threads may ask of it.
    type Command: Send + 'static;

    /// The name of the thread.
    const NAME: &'static str;

    fn frame(&mut self, arrival: Arrival, octets: &[u8]);
    fn poll_timeout(&self) -> Option<Instant>;
    fn timeout(&mut self, now: Instant);
    fn command(&mut self, command: Self::Command);
}

/// Owns the thread.
pub(crate) struct Follower<F: Follow> {
    commands: Arc<Mutex<Commands<F>>>,
    /// While no thread has it.
    handler: Option<F>,
    running: Option<Running<F>>,
}

struct Commands<F: Follow> {
    waiting: Vec<F::Command>,
    stop: bool,
}

struct Running<F> {
    waker: LinkWaker,
    thread: JoinHandle<(F, Result<(), LinkError>)>,
}

impl<F: Follow> Default for Follower<F> {
    fn default() -> Self {
        let commands = Commands {
            waiting: Vec::new(),
            stop: false,
        };
        Follower {
            commands: Arc::new(Mutex::new(commands)),
            handler: None,
            running: None,
        }
    }
}

impl<F: Follow> Follower<F> {
    pub(crate) fn command(&self, command: F::Command) {
        self.commands.lock().waiting.push(command);
        if let Some(running) = &self.running {
            running.waker.wake();
        }
    }

    /// Stops first if it runs, and gives the error of that.
    pub(crate) fn start(&mut self, link: Box<dyn Link>) -> Result<(), StartError> {
        self.stop().map_err(StartError::Link)?;
        let waker = link.waker();
        let handler = self.handler.take().unwrap_or_default();
        let commands = self.commands.clone();
        let thread = std::thread::Builder::new()
            .name(F::NAME.into())
            .spawn(move || follow(link, handler, &commands))
            .map_err(StartError::Thread)?;
        self.running = Some(Running { waker, thread });
        Ok(())
    }

    pub(crate) fn is_running(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| !running.thread.is_finished())
    }

    pub(crate) fn stop(&mut self) -> Result<(), LinkError> {
        if let Some(running) = &self.running {
            self.commands.lock().stop = true;
            running.waker.wake();
        }
        self.wait()
    }

    pub(crate) fn wait(&mut self) -> Result<(), LinkError> {
        let Some(running) = self.running.take() else {
            return Ok(());
        };
        let ended = running.thread.join();
        self.commands.lock().stop = false;
        let Ok((handler, result)) = ended else {
            // Listeners are called so that a panic of theirs does not come here.
            tracing::error!("the thread {} panicked", F::NAME);
            return Ok(());
        };
        self.handler = Some(handler);
        result
    }

    /// While it does not run, and has run before.
    pub(crate) fn handler(&self) -> Option<&F> {
        self.handler.as_ref()
    }
}

impl<F: Follow> Drop for Follower<F> {
    fn drop(&mut self) {
        // Nobody is left to hear of it.
        let _ = self.stop();
    }
}

/// Why a thread does not start.
pub(crate) enum StartError {
    Link(LinkError),
    Thread(io::Error),
}

fn follow<F: Follow>(
    mut link: Box<dyn Link>,
    mut handler: F,
    commands: &Mutex<Commands<F>>,
) -> (F, Result<(), LinkError>) {
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
            .for_each(|command| handler.command(command));
        // As long as nothing else is to be done.
        let ended = loop {
            let deadline = handler.poll_timeout();
            let received = link.receive(deadline, &mut |arrival, octets| {
                handler.timeout(arrival.instant);
                handler.frame(arrival, octets);
            });
            match received {
                Ok(Received::Frames(_)) => {}
                Ok(Received::TimedOut) => handler.timeout(Instant::now()),
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
        tracing::warn!(%error, "{} ended", F::NAME);
    }
    (handler, result)
}
