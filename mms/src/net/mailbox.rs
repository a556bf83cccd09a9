use crate::association::{CloseReason, SendError};
use crate::pdu::{Failure, PduError};
use crate::{RejectReason, ServiceError};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;

/// Why a request of our own has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The peer answered with an error.
    #[error("{0}")]
    Service(ServiceError),
    /// The peer rejected the request.
    #[error("rejected: {0}")]
    Reject(RejectReason),
    /// The peer answered with a PDU that cannot be decoded, or is longer than negotiated.
    #[error("malformed answer: {0}")]
    Malformed(PduError),
    /// The request could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The association ended before the answer came.
    #[error("{0}")]
    Closed(CloseReason),
}

pub(super) type Answer = Result<Vec<u8>, RequestError>;

/// A confirmed request: its service element, and where the answering MMS PDU goes.
pub(super) struct Request {
    pub(super) service: Vec<u8>,
    pub(super) answer: oneshot::Sender<Answer>,
}

pub(super) enum Command {
    /// An unconfirmed service element.
    Unconfirmed(Vec<u8>),
    /// The answer to a deferred request: a response's service element or an error.
    Respond(u32, Result<Vec<u8>, Failure>),
    /// Some requesters have gone away.
    Abandon,
    /// All that waited has left, after something had been refused.
    Drained,
    Conclude,
    Abort,
}

#[derive(Default)]
struct Queue {
    commands: VecDeque<Command>,
    /// Apart from the commands: requests may have to wait for their turn, and an abort must not
    /// wait behind them.
    requests: VecDeque<Request>,
    /// Octets in unconfirmed services that wait.
    waiting: usize,
    /// Whether an unconfirmed service was refused since the queue was empty last.
    refused: bool,
    /// Whether requesters have gone away since this was looked at last.
    abandoned: bool,
    /// Whether the association is open.
    open: bool,
    waker: Option<Waker>,
    /// Those who wait for room.
    room: Vec<Waker>,
    closed: Option<CloseReason>,
}

/// A handle on an association that a task drives: sends requests, reports and the end of it from
/// anywhere. Cheap to clone.
#[derive(Clone)]
pub struct Remote {
    queue: Arc<Mutex<Queue>>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote")
            .field("closed", &self.close_reason())
            .finish_non_exhaustive()
    }
}

/// Two handles are equal if they are of the same association.
impl PartialEq for Remote {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.queue, &other.queue)
    }
}

impl Eq for Remote {}

impl Default for Remote {
    fn default() -> Self {
        Self::new()
    }
}

impl Remote {
    /// A handle to give to a [`super::Connection`].
    pub fn new() -> Self {
        Remote {
            queue: Arc::default(),
        }
    }

    /// Sends a confirmed request and waits for the answer: the whole MMS PDU, to be decoded with
    /// [`crate::pdu::Pdu::decode`]. `service` is the encoded service element. When as many
    /// requests are outstanding as were negotiated, the request waits for its turn.
    ///
    /// Dropping the future gives the request up: it is not sent if it still waits, and makes room
    /// for another one ([`crate::association::Association::abandon`]) if it is outstanding.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn request(&self, service: Vec<u8>) -> Result<Vec<u8>, RequestError> {
        let (answer, answered) = oneshot::channel();
        self.push(|queue| queue.requests.push_back(Request { service, answer }))?;
        let mut requester = Requester {
            remote: self,
            answered,
            waits: true,
        };
        let answer = (&mut requester.answered).await;
        requester.waits = false;
        match answer {
            Ok(answer) => answer,
            Err(_) => Err(RequestError::Closed(
                self.close_reason().unwrap_or(CloseReason::ConnectionLost),
            )),
        }
    }

    /// Queues an unconfirmed service element. `limit` bounds the octets that may wait for a peer
    /// that does not read; where nothing waits, one service may be larger.
    ///
    /// # Errors
    /// [`RequestError::Closed`], or [`SendError::TooManyOutstanding`] when the limit is reached:
    /// nothing was queued then, and the session hears of it when there is room again
    /// ([`super::Session::drained`]).
    pub fn unconfirmed(&self, service: Vec<u8>, limit: usize) -> Result<(), RequestError> {
        self.unconfirmed_all([service], limit)
    }

    /// Like [`Remote::unconfirmed`] for services that belong together, as the segments of a report
    /// do: all of them are queued, or none.
    ///
    /// # Errors
    /// As for [`Remote::unconfirmed`].
    pub fn unconfirmed_all(
        &self,
        services: impl IntoIterator<Item = Vec<u8>>,
        limit: usize,
    ) -> Result<(), RequestError> {
        let mut fits = true;
        self.push(|queue| {
            let (before, length) = (queue.commands.len(), queue.waiting);
            for service in services {
                queue.waiting = queue.waiting.saturating_add(service.len());
                queue.commands.push_back(Command::Unconfirmed(service));
            }
            fits = queue.waiting <= limit || length == 0;
            if !fits {
                queue.commands.truncate(before);
                queue.waiting = length;
                queue.refused = true;
            }
        })?;
        if fits {
            Ok(())
        } else {
            Err(SendError::TooManyOutstanding.into())
        }
    }

    /// Answers a request that was [deferred](crate::association::Reply::defer).
    ///
    /// # Errors
    /// [`RequestError::Closed`].
    pub fn respond(
        &self,
        invoke_id: u32,
        answer: Result<Vec<u8>, ServiceError>,
    ) -> Result<(), RequestError> {
        self.answer(invoke_id, answer.map_err(Failure::from))
    }

    /// As [`Remote::respond`], with what the service adds to an error.
    ///
    /// # Errors
    /// [`RequestError::Closed`].
    pub fn answer(
        &self,
        invoke_id: u32,
        answer: Result<Vec<u8>, Failure>,
    ) -> Result<(), RequestError> {
        self.push(|queue| {
            queue
                .commands
                .push_back(Command::Respond(invoke_id, answer))
        })
    }

    /// Begins the orderly end.
    ///
    /// # Errors
    /// [`RequestError::Closed`] if it is over already.
    pub fn conclude(&self) -> Result<(), RequestError> {
        self.push(|queue| queue.commands.push_back(Command::Conclude))
    }

    /// Ends the association at once.
    ///
    /// # Errors
    /// [`RequestError::Closed`] if it is over already.
    pub fn abort(&self) -> Result<(), RequestError> {
        self.push(|queue| queue.commands.push_back(Command::Abort))
    }

    /// Waits until no more than `octets` of unconfirmed services wait for the peer, or the
    /// association is over: a sender that can merge or drop what it has to say holds it back
    /// meanwhile, instead of running into the limit of [`Remote::unconfirmed`].
    pub async fn room(&self, octets: usize) {
        poll_fn(|cx| {
            let mut queue = self.queue.lock();
            if queue.closed.is_some() || queue.waiting <= octets {
                return Poll::Ready(());
            }
            if !queue.room.iter().any(|waker| waker.will_wake(cx.waker())) {
                queue.room.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Octets in unconfirmed services that wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().waiting
    }

    /// Whether the association is open: `false` while it is being opened, and when it is over.
    pub fn is_open(&self) -> bool {
        self.queue.lock().open
    }

    pub(super) fn opened(&self) {
        self.queue.lock().open = true;
    }

    /// Why the association is over, once it is.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.queue.lock().closed.clone()
    }

    fn push(&self, add: impl FnOnce(&mut Queue)) -> Result<(), RequestError> {
        let waker = {
            let mut queue = self.queue.lock();
            if let Some(reason) = &queue.closed {
                return Err(RequestError::Closed(reason.clone()));
            }
            add(&mut queue);
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// The next command, or `None` with the task of `cx` to be woken by whatever comes next.
    pub(super) fn next_command(&self, cx: &Context<'_>) -> Option<Command> {
        let mut queue = self.queue.lock();
        let command = queue.commands.pop_front();
        let mut room = Vec::new();
        match &command {
            Some(Command::Unconfirmed(service)) => {
                queue.waiting -= service.len();
                room = std::mem::take(&mut queue.room);
            }
            Some(_) => {}
            None if std::mem::take(&mut queue.abandoned) => return Some(Command::Abandon),
            None if std::mem::take(&mut queue.refused) => return Some(Command::Drained),
            None => match &mut queue.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            },
        }
        drop(queue);
        room.into_iter().for_each(Waker::wake);
        command
    }

    /// The next request, to be asked for only when one can be sent.
    pub(super) fn next_request(&self) -> Option<Request> {
        let mut queue = self.queue.lock();
        loop {
            let request = queue.requests.pop_front()?;
            if !request.answer.is_closed() {
                return Some(request);
            }
        }
    }

    /// Fails everything that waits, now and later.
    pub(super) fn close(&self, reason: CloseReason) {
        let (dropped, room) = {
            let mut queue = self.queue.lock();
            queue.closed = Some(reason.clone());
            queue.open = false;
            queue.waker = None;
            queue.waiting = 0;
            queue.commands.clear();
            let requests = std::mem::take(&mut queue.requests);
            (requests, std::mem::take(&mut queue.room))
        };
        room.into_iter().for_each(Waker::wake);
        for request in dropped {
            // A requester that has gone away wants no answer.
            let _ = request
                .answer
                .send(Err(RequestError::Closed(reason.clone())));
        }
    }
}

/// Somebody who waits for the answer to a request.
struct Requester<'r> {
    remote: &'r Remote,
    answered: oneshot::Receiver<Answer>,
    waits: bool,
}

impl Drop for Requester<'_> {
    /// Going away without the answer makes room for other requests.
    fn drop(&mut self) {
        if self.waits {
            self.answered.close();
            // When the association is over there is nothing to give up.
            let _ = self.remote.push(Queue::abandon);
        }
    }
}

impl Queue {
    fn abandon(&mut self) {
        self.abandoned = true;
        // Requests that nobody waits for are not kept until their turn comes.
        while self.requests.front().is_some_and(|r| r.answer.is_closed()) {
            self.requests.pop_front();
        }
        while self.requests.back().is_some_and(|r| r.answer.is_closed()) {
            self.requests.pop_back();
        }
    }
}
