//! A process behind any served model: what its data objects are for is told from their names, classes and attributes.
//!
//! Nothing here is exact: it is what a person at a client takes for a device in service. Health, mode and settings stay as they are.

mod controls;
mod grid;
mod measurement;
mod outputs;
mod points;
mod protection;
mod shown;
mod switch;
mod world;

use crate::failure::Failure;
use controls::Message;
use iec61850::IedServer;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use world::World;

/// Time between two states of the process.
const STEP: Duration = Duration::from_millis(100);

/// The running process. It ends when this is dropped; commands of clients fail from then on.
pub(crate) struct Process {
    messages: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

/// Whether there are short circuits in the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Faults {
    Happen,
    Never,
}

impl Process {
    /// Starts it on the data of a server, and takes the commands of its clients. The values of the first state are there when this
    /// returns; the same seed gives the same process.
    pub(crate) fn start(
        server: &Arc<IedServer>,
        seed: u32,
        faults: Faults,
    ) -> Result<Self, Failure> {
        let mut world = World::new(server.model(), seed, faults == Faults::Happen);
        world.begin(server).map_err(Failure::failed)?;
        let (messages, orders) = mpsc::channel();
        controls::register(server, &world, &messages).map_err(Failure::failed)?;
        let server = server.clone();
        let thread = thread::Builder::new()
            .name("process".to_owned())
            .spawn(move || {
                if let Err(error) = live(&server, &mut world, &orders) {
                    tracing::error!("the process has stopped: {error}");
                }
            })
            .map_err(Failure::failed)?;
        Ok(Process {
            messages,
            thread: Some(thread),
        })
    }
}

/// Goes from state to state until it is told to stop.
fn live(
    server: &IedServer,
    world: &mut World,
    messages: &Receiver<Message>,
) -> Result<(), iec61850::Error> {
    let mut next = Instant::now() + STEP;
    loop {
        match messages.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(Message::Order(order)) => world.order(server, order)?,
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                world.step(server, STEP.as_secs_f64())?;
                // After a pause of the machine it goes on from now: there is nothing to make up for.
                next = (next + STEP).max(Instant::now());
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A thread that has ended by itself takes no message.
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by itself.
            let _ = thread.join();
        }
    }
}
