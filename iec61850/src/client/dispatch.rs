//! Callbacks of the application, one after the other, on threads where they may block and call
//! the connection.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

type Job = Box<dyn FnOnce() + Send>;

thread_local! {
    static IN_CALLBACK: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread runs a callback: blocking calls are allowed there although it belongs to a
/// runtime.
pub(crate) fn in_callback() -> bool {
    IN_CALLBACK.get()
}

/// The queue of callbacks of one connection.
#[derive(Default)]
pub(crate) struct Dispatcher {
    queue: parking_lot::Mutex<Option<mpsc::UnboundedSender<Job>>>,
    waiting: Arc<AtomicUsize>,
}

impl Dispatcher {
    /// Queues a callback; `false` if more than `limit` wait already, and it is dropped. Has to be
    /// called inside a runtime.
    pub(crate) fn post(&self, limit: usize, job: impl FnOnce() + Send + 'static) -> bool {
        if self.waiting.load(Ordering::Relaxed) >= limit {
            return false;
        }
        let Ok(runtime) = Handle::try_current() else {
            return false;
        };
        let mut queue = self.queue.lock();
        let sender = queue.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            runtime.spawn(run(receiver, self.waiting.clone()));
            sender
        });
        self.waiting.fetch_add(1, Ordering::Relaxed);
        match sender.send(Box::new(job)) {
            Ok(()) => true,
            Err(_) => {
                // The runtime it ran on is gone; the next event starts it anew.
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                *queue = None;
                false
            }
        }
    }
}

async fn run(mut queue: mpsc::UnboundedReceiver<Job>, waiting: Arc<AtomicUsize>) {
    while let Some(job) = queue.recv().await {
        let call = tokio::task::spawn_blocking(move || {
            IN_CALLBACK.set(true);
            let outcome = catch_unwind(AssertUnwindSafe(job));
            IN_CALLBACK.set(false);
            if outcome.is_err() {
                tracing::error!("a callback of a client panicked");
            }
        });
        // It fails only when the runtime stops.
        let _ = call.await;
        waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
