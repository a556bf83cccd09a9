//! A process behind any served model: what its data objects are for is told from their names, classes and attributes.
//!
//! Nothing here is exact: it is what a person at a client takes for a device in service. Health, mode and settings stay as they are.

mod grid;
mod measurement;
mod points;
mod protection;
mod random;
mod shown;
mod switch;
mod world;

use crate::failure::Failure;
use iec61850::IedServer;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use world::World;

/// Time between two states of the process.
const STEP: Duration = Duration::from_millis(100);

/// The running process. It ends when this is dropped.
pub(crate) struct Process {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Whether there are short circuits in the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Faults {
    Happen,
    Never,
}

impl Process {
    /// Starts it on the data of a server. The values of the first state are there when this returns; the same seed gives the same
    /// process.
    pub(crate) fn start(
        server: &Arc<IedServer>,
        seed: u32,
        faults: Faults,
    ) -> Result<Self, Failure> {
        let mut world = World::new(server.model(), seed, faults == Faults::Happen);
        world.begin(server).map_err(Failure::failed)?;
        let (stop, stopped) = mpsc::channel();
        let server = server.clone();
        let thread = thread::Builder::new()
            .name("process".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(STEP) == Err(RecvTimeoutError::Timeout) {
                    if let Err(error) = world.step(&server, STEP.as_secs_f64()) {
                        tracing::error!("the process has stopped: {error}");
                        return;
                    }
                }
            })
            .map_err(Failure::failed)?;
        Ok(Process {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by itself.
            let _ = thread.join();
        }
    }
}
