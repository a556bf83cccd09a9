use std::sync::Arc;
use tokio::sync::broadcast;

/// What comes from the peer unasked, one after the other.
#[derive(Debug)]
pub(crate) struct Stream<T> {
    receiver: broadcast::Receiver<Arc<T>>,
}

impl<T> Stream<T> {
    pub(crate) fn of(sender: &broadcast::Sender<Arc<T>>) -> Self {
        Stream {
            receiver: sender.subscribe(),
        }
    }

    /// The next one; `None` when there will be no more. What was missed because too many were waiting is noted in the log.
    pub(crate) async fn next(&mut self) -> Option<Arc<T>> {
        loop {
            match self.receiver.recv().await {
                Ok(next) => return Some(next),
                Err(broadcast::error::RecvError::Lagged(count)) => {
                    tracing::warn!(count, "reports missed: nobody took them");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
