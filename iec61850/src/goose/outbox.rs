//! Frames on their way to a link that several threads send through.

use crate::link::{Link, LinkError};
use parking_lot::Mutex;
use std::collections::VecDeque;

/// Frames that may wait while another thread sends; with more, the oldest is lost.
const ROOM: usize = 256;

/// Frames leave in the order they were put in, and nobody waits for a link that another thread
/// uses: whoever has it sends the frames of all.
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    link: Mutex<Box<dyn Link>>,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Vec<u8>>,
    /// Memory to use again.
    spare: Vec<Vec<u8>>,
    lost: u64,
}

impl Outbox {
    pub(crate) fn new(link: Box<dyn Link>) -> Self {
        Outbox {
            queue: Mutex::default(),
            link: Mutex::new(link),
        }
    }

    /// Appends a frame. Nothing is sent yet, so that locks may be held.
    pub(crate) fn push(&self, frame: &[u8]) {
        let mut queue = self.queue.lock();
        let mut memory = if queue.frames.len() < ROOM {
            queue.spare.pop().unwrap_or_default()
        } else {
            queue.lost += 1;
            queue.frames.pop_front().unwrap_or_default()
        };
        memory.clear();
        memory.extend_from_slice(frame);
        queue.frames.push_back(memory);
    }

    /// Sends what waits, unless another thread is at it. No lock of others may be held.
    ///
    /// # Errors
    /// The first error of the link; the other frames are sent nevertheless.
    pub(crate) fn flush(&self) -> Result<(), LinkError> {
        let mut result = Ok(());
        // What comes in between the last look and the release of the link is seen by the next turn.
        while !self.queue.lock().frames.is_empty() {
            let Some(mut link) = self.link.try_lock() else {
                return result;
            };
            loop {
                let Some(frame) = self.queue.lock().frames.pop_front() else {
                    break;
                };
                let sent = link.send(&frame);
                if result.is_ok() {
                    result = sent;
                }
                let mut queue = self.queue.lock();
                if queue.spare.len() < ROOM {
                    queue.spare.push(frame);
                }
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::MemoryNetwork;
    use std::sync::Arc;

    #[test]
    fn all_frames_leave_in_order() {
        let network = MemoryNetwork::new();
        let mut far = network.link([2, 0, 0, 0, 0, 2]);
        let outbox = Arc::new(Outbox::new(Box::new(network.link([2, 0, 0, 0, 0, 1]))));
        let number = Arc::new(Mutex::new(0u32));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (outbox, number) = (outbox.clone(), number.clone());
                std::thread::spawn(move || {
                    for _ in 0..200 {
                        let mut number = number.lock();
                        *number += 1;
                        let mut frame = vec![0; 60];
                        frame[..4].copy_from_slice(&number.to_be_bytes());
                        outbox.push(&frame);
                        drop(number);
                        outbox.flush().unwrap();
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        let numbers: Vec<_> = far
            .received()
            .iter()
            .map(|frame| u32::from_be_bytes(frame[..4].try_into().unwrap()))
            .collect();
        assert!(numbers.is_sorted());
        assert_eq!(numbers.len() as u64 + outbox.queue.lock().lost, 800);
    }
}
