//! Links inside the process.

use super::{Arrival, Link, LinkError, LinkWaker, MacAddress, Received, TakeFrame};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Frames that may wait for a link; further ones are lost, as in a switch.
const QUEUE: usize = 4096;

/// A network inside the process: a frame that one link sends comes to all others.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork {
    ports: Arc<Mutex<Vec<Arc<Port>>>>,
}

#[derive(Debug, Default)]
struct Port {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<(Arrival, Vec<u8>)>,
    woken: bool,
}

impl MemoryNetwork {
    /// A network without links.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connects a link of this address.
    pub fn link(&self, address: impl Into<MacAddress>) -> MemoryLink {
        let port = Arc::new(Port::default());
        self.ports.lock().push(port.clone());
        MemoryLink {
            network: self.clone(),
            port,
            address: address.into(),
        }
    }
}

/// A link of a [`MemoryNetwork`].
#[derive(Debug)]
pub struct MemoryLink {
    network: MemoryNetwork,
    port: Arc<Port>,
    address: MacAddress,
}

impl MemoryLink {
    /// The frames that have come, without waiting.
    pub fn received(&mut self) -> Vec<Vec<u8>> {
        let mut queue = self.port.queue.lock();
        queue.frames.drain(..).map(|(_, frame)| frame).collect()
    }
}

impl Drop for MemoryLink {
    fn drop(&mut self) {
        let mut ports = self.network.ports.lock();
        ports.retain(|port| !Arc::ptr_eq(port, &self.port));
    }
}

impl Link for MemoryLink {
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        if frame.len() < 14 {
            return Err(LinkError::TooShort {
                length: frame.len(),
            });
        }
        let arrival = Arrival::now();
        for port in self.network.ports.lock().iter() {
            if Arc::ptr_eq(port, &self.port) {
                continue;
            }
            let mut queue = port.queue.lock();
            if queue.frames.len() < QUEUE {
                queue.frames.push_back((arrival, frame.to_vec()));
                port.changed.notify_one();
            }
        }
        Ok(())
    }

    fn receive(
        &mut self,
        deadline: Option<Instant>,
        take: TakeFrame<'_>,
    ) -> Result<Received, LinkError> {
        let mut queue = self.port.queue.lock();
        loop {
            if std::mem::take(&mut queue.woken) {
                return Ok(Received::Woken);
            }
            if !queue.frames.is_empty() {
                let mut frames = std::mem::take(&mut queue.frames);
                drop(queue);
                let count = frames.len();
                for (arrival, frame) in frames.drain(..) {
                    take(arrival, &frame);
                }
                return Ok(Received::Frames(count));
            }
            match deadline {
                None => self.port.changed.wait(&mut queue),
                Some(deadline) if deadline <= Instant::now() => return Ok(Received::TimedOut),
                Some(deadline) => {
                    self.port.changed.wait_until(&mut queue, deadline);
                }
            }
        }
    }

    fn address(&self) -> MacAddress {
        self.address
    }

    fn waker(&self) -> LinkWaker {
        let port = self.port.clone();
        LinkWaker::new(move || {
            port.queue.lock().woken = true;
            port.changed.notify_one();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn frames_reach_the_others() {
        let network = MemoryNetwork::new();
        let mut a = network.link([2, 0, 0, 0, 0, 1]);
        let mut b = network.link([2, 0, 0, 0, 0, 2]);
        let mut c = network.link([2, 0, 0, 0, 0, 3]);
        a.send(&[7; 60]).unwrap();
        let mut seen = vec![];
        let received = b.receive(None, &mut |_, frame| seen.push(frame.to_vec()));
        assert_eq!(received.unwrap(), Received::Frames(1));
        assert_eq!(seen, [vec![7; 60]]);
        assert_eq!(c.received().len(), 1);
        assert!(a.received().is_empty());
        assert!(matches!(a.send(&[0; 13]), Err(LinkError::TooShort { .. })));
        drop(b);
        assert_eq!(network.ports.lock().len(), 2);
    }

    #[test]
    fn waiting_ends() {
        let network = MemoryNetwork::new();
        let mut link = network.link([2, 0, 0, 0, 0, 1]);
        let soon = Instant::now() + Duration::from_millis(5);
        let none = link.receive(Some(soon), &mut |_, _| panic!("no frame"));
        assert_eq!(none.unwrap(), Received::TimedOut);
        assert!(Instant::now() >= soon);
        let waker = link.waker();
        let waiting = std::thread::spawn(move || link.receive(None, &mut |_, _| {}));
        waker.wake();
        assert_eq!(waiting.join().unwrap().unwrap(), Received::Woken);
    }
}
