use super::mailbox::{Answer, Command, Remote, Request, RequestError};
use crate::association::{
    Answered, Association, CloseReason, Confirmation, Handler, Indication, Negotiated,
    OUTPUT_HIGH_WATER, Reply,
};
use crate::osi::acse::AssociateResult;
use crate::osi::tpkt;
use crate::pdu::{ConfirmedRequest, UnconfirmedService};
use crate::{RejectReason, ServiceError};
use std::cell::Cell;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep};

/// How long the last octets of an association may take to leave.
const LINGER: Duration = Duration::from_secs(2);
/// Nothing is read while this much output waits for the peer to read it, in octets. Requests of
/// our own stop at a quarter of it, so that two sides that both ask cannot wait for each other.
const PAUSE_READING: usize = 4 * OUTPUT_HIGH_WATER;
/// A peer that takes nothing of what waits for it for this long is gone, or of no use.
const STALL: Duration = Duration::from_secs(30);
/// Room for one read: as much as the longest packet.
const READ_SIZE: usize = tpkt::MAX_PACKET + 1;
/// An output buffer larger than this is not kept by the thread.
const KEEP_OUTPUT: usize = 256 * 1024;

/// A [`Handler`] that a [`Connection`] drives.
pub trait Session: Handler + Send {
    /// Whether requests can be served now. While it is pending nothing is read from the peer; the
    /// waker has to be registered.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = cx;
        Poll::Ready(())
    }

    /// Services that were queued with [`Remote::unconfirmed`] have left, after one had been refused
    /// because too many waited: there is room again.
    fn drained(&mut self) {}
}

/// Buffers of a thread, lent to the association that is being driven on it: an association that
/// has nothing to do owns none.
struct Scratch {
    input: Box<[u8]>,
    output: Vec<u8>,
}

thread_local! {
    static SCRATCH: Cell<Option<Scratch>> = const { Cell::new(None) };
}

impl Scratch {
    /// Taken out for the time of use: a handler that blocks in place may drive other
    /// associations on this thread meanwhile.
    fn take() -> Self {
        SCRATCH.take().unwrap_or_else(|| Scratch {
            input: vec![0; READ_SIZE].into_boxed_slice(),
            output: Vec::with_capacity(8192),
        })
    }

    fn give_back(mut self) {
        self.output.clear();
        if self.output.capacity() <= KEEP_OUTPUT {
            SCRATCH.set(Some(self));
        }
    }
}

/// Requests of ours that wait for their answers, in front of the session's own handler.
struct Router<S> {
    session: S,
    remote: Remote,
    waiting: HashMap<u32, oneshot::Sender<Answer>>,
}

impl<S: Handler> Handler for Router<S> {
    fn associate(&mut self, indication: &Indication<'_>) -> Result<(), AssociateResult> {
        self.session.associate(indication)
    }

    fn established(&mut self, negotiated: &Negotiated) {
        self.remote.opened();
        self.session.established(negotiated);
    }

    #[inline]
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        self.session.request(request, reply)
    }

    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        self.session.unconfirmed(service)
    }

    fn confirmation(&mut self, invoke_id: u32, confirmation: Confirmation<'_>, pdu: &[u8]) {
        let Some(answer) = self.waiting.remove(&invoke_id) else {
            return self.session.confirmation(invoke_id, confirmation, pdu);
        };
        // A requester that has gone away wants no answer.
        let _ = answer.send(match confirmation {
            Confirmation::Response(_) => Ok(pdu.to_vec()),
            Confirmation::Error(error) => Err(RequestError::Service(error)),
            Confirmation::Reject(reason) => Err(RequestError::Reject(reason)),
            Confirmation::Malformed(error) => Err(RequestError::Malformed(error)),
        });
    }

    fn cancel(&mut self, invoke_id: u32) -> bool {
        self.session.cancel(invoke_id)
    }

    fn conclude(&mut self) -> Result<(), ServiceError> {
        self.session.conclude()
    }

    fn closed(&mut self, reason: &CloseReason) {
        // Whoever the session tells finds the handle closed.
        self.remote.close(reason.clone());
        for (_, answer) in self.waiting.drain() {
            let _ = answer.send(Err(RequestError::Closed(reason.clone())));
        }
        self.session.closed(reason);
    }
}

/// An association on a byte stream. [`Connection::run`] drives it to its end.
pub struct Connection<T, S> {
    stream: T,
    association: Association,
    router: Router<S>,
    /// Input that is not a whole packet yet, or that waits until output has left.
    input: Vec<u8>,
    /// Output that the stream did not take at once, and how much of it has left.
    output: Vec<u8>,
    sent: usize,
    timer: Option<Pin<Box<Sleep>>>,
    /// Octets that have left so far.
    left: u64,
    /// While output waits: what had left at the last progress, and when the peer is given up.
    stalled: Option<(u64, Pin<Box<Sleep>>)>,
    closing: bool,
}

impl<T, S> Connection<T, S>
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
    S: Session,
{
    /// Puts an association on a stream. `output` is what the association has produced so far,
    /// and `remote` the handle that can be used from elsewhere.
    pub fn new(
        stream: T,
        association: Association,
        session: S,
        output: Vec<u8>,
        remote: Remote,
    ) -> Self {
        Connection {
            stream,
            association,
            router: Router {
                session,
                remote,
                waiting: HashMap::new(),
            },
            input: Vec::new(),
            output,
            sent: 0,
            timer: None,
            left: 0,
            stalled: None,
            closing: false,
        }
    }

    /// Drives the association until it is over and its last octets have left, and says why.
    pub async fn run(mut self) -> CloseReason {
        poll_fn(|cx| self.poll(cx)).await;
        // The stream is closed by dropping it; what the peer still sends is nobody's business.
        self.association
            .close_reason()
            .cloned()
            .unwrap_or(CloseReason::ConnectionLost)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = Scratch::take();
        let result = self.poll_with(cx, &mut scratch);
        scratch.give_back();
        result
    }

    fn poll_with(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<()> {
        loop {
            let more = self.handle_commands(cx, scratch);
            let flushed = self.poll_flush(cx, &mut scratch.output);
            if flushed.is_ready() {
                self.stalled = None;
            } else if self.poll_stalled(cx).is_ready() {
                tracing::warn!("the peer has taken nothing for {} s", STALL.as_secs());
                self.association.handle_end_of_stream(&mut self.router);
            }
            if self.association.close_reason().is_some() {
                return self.poll_close(cx, flushed);
            }
            let timer = self.poll_timer(cx, &mut scratch.output);
            let held_back = self.output.len() - self.sent >= PAUSE_READING;
            let received = if held_back {
                Poll::Pending
            } else {
                self.poll_receive(cx, scratch)
            };
            // What was held back because of the output that has left now wakes nobody.
            let more = more && flushed.is_ready();
            if received.is_pending() && timer.is_pending() && !more {
                return Poll::Pending;
            }
        }
    }

    /// Reads and processes once. Ready: there may be more to do.
    fn poll_receive(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch) -> Poll<()> {
        ready!(self.router.session.poll_ready(cx));
        let now = Instant::now().into_std();
        if !self.input.is_empty() {
            // Whole packets that waited for output to leave come before new input.
            let mut input = std::mem::take(&mut self.input);
            let used =
                self.association
                    .handle_input(now, &input, &mut scratch.output, &mut self.router);
            if used > 0 {
                input.drain(..used);
                self.input = input;
                return Poll::Ready(());
            }
            self.input = input;
        }
        let mut buffer = ReadBuf::new(&mut scratch.input);
        let result = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
        let octets = buffer.filled();
        if let Err(error) = &result {
            tracing::debug!(%error, "read");
        }
        if result.is_err() || octets.is_empty() {
            self.association.handle_end_of_stream(&mut self.router);
            return Poll::Ready(());
        }
        if self.input.is_empty() {
            let used =
                self.association
                    .handle_input(now, octets, &mut scratch.output, &mut self.router);
            self.input.extend_from_slice(&octets[used..]);
        } else {
            self.input.extend_from_slice(octets);
        }
        if self.input.is_empty() && self.input.capacity() > 0 {
            self.input = Vec::new();
        }
        Poll::Ready(())
    }

    /// `true`: there may be more of them, when the output has left.
    fn handle_commands(&mut self, cx: &Context<'_>, scratch: &mut Scratch) -> bool {
        let out = &mut scratch.output;
        let waiting = self.output.len() - self.sent;
        loop {
            if waiting + out.len() >= OUTPUT_HIGH_WATER {
                return true;
            }
            let Some(command) = self.router.remote.next_command(cx) else {
                break;
            };
            let sent = match command {
                Command::Unconfirmed(service) => {
                    self.association.unconfirmed(out, |w| w.raw(&service))
                }
                Command::Respond(invoke_id, Ok(service)) => {
                    self.association
                        .respond(out, invoke_id, |w| w.raw(&service))
                }
                Command::Respond(invoke_id, Err(error)) => {
                    self.association.respond_error(out, invoke_id, error)
                }
                Command::Abandon => {
                    let association = &mut self.association;
                    self.router.waiting.retain(|id, answer| {
                        let wanted = !answer.is_closed();
                        if !wanted {
                            association.abandon(*id);
                        }
                        wanted
                    });
                    Ok(())
                }
                Command::Drained => {
                    self.router.session.drained();
                    Ok(())
                }
                Command::Conclude => self.association.conclude(Instant::now().into_std(), out),
                Command::Abort => {
                    self.association.abort(out, &mut self.router);
                    return false;
                }
            };
            if let Err(error) = sent {
                tracing::debug!(%error, "command not carried out");
            }
        }
        while self.association.request_capacity() > 0 {
            if waiting + out.len() >= OUTPUT_HIGH_WATER {
                return true;
            }
            let Some(Request { service, answer }) = self.router.remote.next_request() else {
                break;
            };
            match self.association.request(out, |w| w.raw(&service)) {
                Ok(invoke_id) => {
                    self.router.waiting.insert(invoke_id, answer);
                }
                Err(error) => {
                    // A requester that has gone away wants no answer.
                    let _ = answer.send(Err(error.into()));
                }
            }
        }
        false
    }

    /// Writes what there is. Ready: nothing is left.
    fn poll_flush(&mut self, cx: &mut Context<'_>, fresh: &mut Vec<u8>) -> Poll<()> {
        let result = if self.output.is_empty() {
            // The usual case: straight from the thread's buffer.
            let mut sent = 0;
            let result = poll_write(&mut self.stream, cx, fresh, &mut sent);
            self.left += sent as u64;
            if sent < fresh.len() {
                self.output.extend_from_slice(&fresh[sent..]);
            }
            fresh.clear();
            result
        } else {
            self.output.append(fresh);
            let before = self.sent;
            let result = poll_write(&mut self.stream, cx, &self.output, &mut self.sent);
            self.left += (self.sent - before) as u64;
            if self.sent == self.output.len() {
                self.output = Vec::new();
                self.sent = 0;
            }
            result
        };
        match result {
            Poll::Ready(Ok(())) => Pin::new(&mut self.stream).poll_flush(cx).map(drop),
            Poll::Ready(Err(error)) => {
                tracing::debug!(%error, "write");
                self.output = Vec::new();
                self.sent = 0;
                self.association.handle_end_of_stream(&mut self.router);
                Poll::Ready(())
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, flushed: Poll<()>) -> Poll<()> {
        if !self.closing {
            self.closing = true;
            self.timer = Some(Box::pin(tokio::time::sleep(LINGER)));
        }
        if flushed.is_ready() && Pin::new(&mut self.stream).poll_shutdown(cx).is_ready() {
            return Poll::Ready(());
        }
        self.timer
            .as_mut()
            .map_or(Poll::Ready(()), |until| until.as_mut().poll(cx))
    }

    /// Ready: output waits, and for too long the peer has taken none of it.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.left;
        let (before, timer) = self
            .stalled
            .get_or_insert_with(|| (left, Box::pin(tokio::time::sleep(STALL))));
        if left != *before {
            *before = left;
            timer.as_mut().reset(Instant::now() + STALL);
        }
        timer.as_mut().poll(cx)
    }

    /// Ready: the deadline of the association has passed and was handled.
    fn poll_timer(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<()> {
        let Some(deadline) = self.association.deadline() else {
            self.timer = None;
            return Poll::Pending;
        };
        let deadline = Instant::from_std(deadline);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        self.association
            .handle_timeout(deadline.into_std(), out, &mut self.router);
        Poll::Ready(())
    }
}

impl<T, S> Drop for Connection<T, S> {
    /// A connection that is dropped half way (its task was aborted, the runtime stops) fails what
    /// waits for it.
    fn drop(&mut self) {
        self.router.remote.close(
            self.association
                .close_reason()
                .cloned()
                .unwrap_or(CloseReason::ConnectionLost),
        );
    }
}

fn poll_write<T: AsyncWrite + Unpin>(
    stream: &mut T,
    cx: &mut Context<'_>,
    octets: &[u8],
    sent: &mut usize,
) -> Poll<io::Result<()>> {
    while *sent < octets.len() {
        match ready!(Pin::new(&mut *stream).poll_write(cx, &octets[*sent..])) {
            Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => *sent += count,
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
    Poll::Ready(Ok(()))
}
