use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Futures of which a few run at once.
pub(super) struct Window<F: Future> {
    running: VecDeque<Pin<Box<F>>>,
}

impl<F: Future> Window<F> {
    pub(super) fn new() -> Self {
        Window {
            running: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    pub(super) fn push(&mut self, future: F) {
        self.running.push_back(Box::pin(future));
    }

    /// The next result, of whichever future ends first; `None` when none runs.
    ///
    /// All of them are polled at each turn: a window is as small as the number of requests that
    /// may be outstanding.
    pub(super) async fn next(&mut self) -> Option<F::Output> {
        if self.running.is_empty() {
            return None;
        }
        poll_fn(|cx| {
            for at in 0..self.running.len() {
                let Some(future) = self.running.get_mut(at) else {
                    break;
                };
                if let Poll::Ready(output) = future.as_mut().poll(cx) {
                    self.running.remove(at);
                    return Poll::Ready(Some(output));
                }
            }
            Poll::Pending
        })
        .await
    }
}
