//! One association from the first octet to the last: the state machine over all layers.
//!
//! It owns no socket and no clock. Octets from the peer go into [`Association::handle_input`],
//! which calls the [`Handler`] and appends what is to be sent to a buffer; time goes into
//! [`Association::handle_timeout`]. An association is symmetric once it is open: either side may
//! send requests and serve them, whoever called.
//!
//! Input is consumed packet by packet and processing stops when enough output has gathered
//! ([`OUTPUT_HIGH_WATER`]), so that a peer that floods requests and never reads its answers costs
//! one buffer and nobody's patience but its own.

mod config;
mod establish;
mod framing;
mod handler;
mod receive;

pub use config::{Address, CallParameters, Config};
pub use handler::{Answered, Confirmation, Handler, Indication, Reply};

use crate::ber::Writer;
use crate::osi::acse::{AssociateRequest, AssociateResult};
use crate::osi::{OsiError, acse, presentation, session};
use crate::osi::{cotp, tpkt};
use crate::pdu::{self, ParameterSupport, ServiceSupport};
use crate::{RejectReason, ServiceError};
use framing::Framing;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Processing of input pauses when this much output is waiting, in octets.
pub const OUTPUT_HIGH_WATER: usize = 64 * 1024;

/// Octets a message may take beyond the negotiated MMS PDU for the headers above COTP, and for
/// the association request with its titles and authentication.
const HEADER_SLACK: usize = 4096;

/// How many requests that were given up are remembered, to tell their late answers from those
/// that make no sense.
const ABANDONED: usize = 64;

/// What both sides agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// Largest MMS PDU in either direction, in octets.
    pub max_pdu_size: u32,
    /// Requests we may have outstanding at the peer.
    pub max_outstanding_ours: u16,
    /// Requests the peer may have outstanding here.
    pub max_outstanding_theirs: u16,
    /// Nesting level of data.
    pub nesting_level: u8,
    /// Parameter conformance building blocks of both.
    pub parameters: ParameterSupport,
    /// Services the peer serves.
    pub peer_services: ServiceSupport,
}

/// Why an association is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloseReason {
    /// Orderly, by conclude and release.
    #[error("released")]
    Released,
    /// The peer aborted it.
    #[error("aborted by the peer")]
    AbortedByPeer,
    /// We aborted it.
    #[error("aborted")]
    Aborted,
    /// The request for the association was refused, by either side.
    #[error("association {0}")]
    Refused(AssociateResult),
    /// MMS initiate was refused.
    #[error("initiate refused: {0}")]
    InitiateRefused(ServiceError),
    /// A layer below was refused: the transport or session connection.
    #[error("connection refused by the {layer} layer (reason {reason})")]
    ConnectionRefused {
        /// Which layer.
        layer: &'static str,
        /// Its reason code.
        reason: u8,
    },
    /// The peer sent something that no answer can mend.
    #[error("protocol error: {0}")]
    Protocol(#[from] OsiError),
    /// The peer sent a valid PDU at a time when it has no meaning.
    #[error("unexpected {0}")]
    Unexpected(&'static str),
    /// The handshake or the release took too long.
    #[error("timed out")]
    TimedOut,
    /// The stream ended.
    #[error("connection lost")]
    ConnectionLost,
}

/// A PDU of our own could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The association is not open (any more).
    #[error("the association is not open")]
    NotOpen,
    /// As many requests as negotiated are outstanding.
    #[error("too many outstanding requests")]
    TooManyOutstanding,
    /// Larger than the negotiated PDU.
    #[error("larger than the negotiated PDU")]
    TooLong,
    /// There is no such deferred request.
    #[error("no request waits for an answer under this invoke id")]
    UnknownInvokeId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Called side: waiting for COTP CR.
    AwaitConnect,
    /// Called side: COTP is open, waiting for session CONNECT with everything in it.
    AwaitAssociate,
    /// Calling side: CR sent.
    AwaitConfirm,
    /// Calling side: CONNECT sent.
    AwaitAccept,
    Open,
    /// We sent a conclude request.
    Concluding,
    /// MMS is concluded; the release of the association is due.
    Concluded,
    /// We sent FINISH.
    Releasing,
    Closed,
}

/// See the [module documentation](self).
#[derive(Debug)]
pub struct Association {
    config: Arc<Config>,
    call: Option<Box<CallParameters>>,
    state: State,
    framing: Framing,
    acse_context: u32,
    references: (u16, u16),
    t_selectors: (Option<cotp::Selector>, Option<cotp::Selector>),
    reassembly: Vec<u8>,
    /// The TSDU that is coming in is longer than allowed: the rest of it is dropped.
    discarding: bool,
    negotiated: Option<Box<Negotiated>>,
    peer: Option<Box<AssociateRequest>>,
    next_invoke_id: u32,
    outstanding: Vec<u32>,
    /// Requests of ours nobody waits for any more, the oldest first.
    abandoned: VecDeque<u32>,
    deferred: Vec<u32>,
    deadline: Option<Instant>,
    closed: Option<CloseReason>,
}

impl Association {
    /// The called side of an association that is about to come in.
    pub fn called(config: Arc<Config>, now: Instant) -> Self {
        Self::new(config, None, State::AwaitConnect, now)
    }

    /// The calling side. Appends the first packet to `out`.
    pub fn calling(
        config: Arc<Config>,
        call: CallParameters,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Self {
        let connect = cotp::Connect {
            destination: 0,
            source: 1,
            class: 0,
            calling: Some(config.local.t_selector.clone()),
            called: Some(call.remote.t_selector.clone()),
            tpdu_size: Some(cotp::negotiable_size(config.tpdu_size)),
        };
        cotp::write_request(out, &connect);
        let mut association = Self::new(config, Some(Box::new(call)), State::AwaitConfirm, now);
        association.references = (1, 0);
        association
    }

    fn new(
        config: Arc<Config>,
        call: Option<Box<CallParameters>>,
        state: State,
        now: Instant,
    ) -> Self {
        let framing = Framing {
            mms_context: 3,
            tpdu_size: cotp::negotiable_size(config.tpdu_size),
            max_pdu_size: config.max_pdu_size as usize,
        };
        Association {
            deadline: now.checked_add(config.handshake_timeout),
            config,
            call,
            state,
            framing,
            acse_context: 1,
            references: (1, 0),
            t_selectors: (None, None),
            reassembly: Vec::new(),
            discarding: false,
            negotiated: None,
            peer: None,
            next_invoke_id: 1,
            outstanding: Vec::new(),
            abandoned: VecDeque::new(),
            deferred: Vec::new(),
            closed: None,
        }
    }

    /// Whether requests can be sent and served.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Why the association is over, once it is. Output that has been produced is still to be
    /// sent; after that the stream is to be closed.
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    /// What was agreed on; `None` before the association is open.
    pub fn negotiated(&self) -> Option<&Negotiated> {
        self.negotiated.as_deref()
    }

    /// Titles and authentication of the caller (called side only).
    pub fn caller(&self) -> Option<&AssociateRequest> {
        self.peer.as_deref()
    }

    /// When [`Association::handle_timeout`] wants to be called.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Ends the association if its time is up.
    pub fn handle_timeout<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            if matches!(self.state, State::Concluding | State::Releasing) {
                self.write_abort(out);
            }
            // A peer that concluded and does not release has ended in good order all the same.
            let orderly = self.state == State::Concluded;
            self.close(
                if orderly {
                    CloseReason::Released
                } else {
                    CloseReason::TimedOut
                },
                handler,
            );
        }
    }

    /// The stream has ended.
    pub fn handle_end_of_stream<H: Handler + ?Sized>(&mut self, handler: &mut H) {
        let orderly = matches!(self.state, State::Concluded | State::Releasing);
        self.close(
            if orderly {
                CloseReason::Released
            } else {
                CloseReason::ConnectionLost
            },
            handler,
        );
    }

    /// Takes octets from the peer and returns how many it used: whole packets only. The caller
    /// keeps the rest (less than one packet, or more when [`OUTPUT_HIGH_WATER`] was reached) and
    /// gives it again in front of what follows.
    pub fn handle_input<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        input: &[u8],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) -> usize {
        let mut used = 0;
        while self.closed.is_none() && out.len() < OUTPUT_HIGH_WATER {
            match tpkt::split(&input[used..]) {
                Ok(Some((payload, taken))) => {
                    used += taken;
                    self.handle_packet(now, payload, out, handler);
                }
                Ok(None) => break,
                Err(error) => self.fail(error, handler),
            }
        }
        if self.closed.is_some() {
            input.len()
        } else {
            used
        }
    }

    /// Sends a confirmed request, whose service element `fill` writes, and returns its invoke id.
    ///
    /// # Errors
    /// [`SendError`]; nothing was sent then.
    pub fn request(
        &mut self,
        out: &mut Vec<u8>,
        fill: impl FnOnce(&mut Writer<'_>),
    ) -> Result<u32, SendError> {
        let limit = match &self.negotiated {
            Some(negotiated) if self.state == State::Open => negotiated.max_outstanding_ours,
            _ => return Err(SendError::NotOpen),
        };
        if self.outstanding.len() >= usize::from(limit.max(1)) {
            return Err(SendError::TooManyOutstanding);
        }
        let invoke_id = self.next_invoke_id;
        if !self
            .framing
            .send(out, |w| pdu::write_confirmed_request(w, invoke_id, fill))
        {
            return Err(SendError::TooLong);
        }
        // Unsigned32 without its top bit: some peers read invoke ids as signed numbers.
        self.next_invoke_id = if invoke_id >= 0x7fff_fffe {
            1
        } else {
            invoke_id + 1
        };
        self.outstanding.push(invoke_id);
        Ok(invoke_id)
    }

    /// How many more requests of ours may be outstanding now.
    pub fn request_capacity(&self) -> usize {
        match &self.negotiated {
            Some(n) if self.state == State::Open => {
                usize::from(n.max_outstanding_ours.max(1)).saturating_sub(self.outstanding.len())
            }
            _ => 0,
        }
    }

    /// Gives up our request `invoke_id`: it no longer counts among those that are outstanding,
    /// and an answer that comes late is dropped. `false`: it is not outstanding.
    ///
    /// The peer may still work on it, and then has one request more than was negotiated when the
    /// next one is sent. A peer that does not answer any more would otherwise never be asked
    /// again.
    pub fn abandon(&mut self, invoke_id: u32) -> bool {
        let Some(at) = self.outstanding.iter().position(|id| *id == invoke_id) else {
            return false;
        };
        self.outstanding.swap_remove(at);
        if self.abandoned.len() >= ABANDONED {
            self.abandoned.pop_front();
        }
        self.abandoned.push_back(invoke_id);
        true
    }

    /// Sends an unconfirmed service, whose service element `fill` writes.
    ///
    /// # Errors
    /// [`SendError`]; nothing was sent then.
    pub fn unconfirmed(
        &mut self,
        out: &mut Vec<u8>,
        fill: impl FnOnce(&mut Writer<'_>),
    ) -> Result<(), SendError> {
        self.when_open()?;
        if self.framing.send(out, |w| pdu::write_unconfirmed(w, fill)) {
            Ok(())
        } else {
            Err(SendError::TooLong)
        }
    }

    /// Answers the deferred request `invoke_id`. An answer that does not fit becomes the service
    /// error pdu-size.
    ///
    /// # Errors
    /// [`SendError`] if the association is not open or no such request waits.
    pub fn respond(
        &mut self,
        out: &mut Vec<u8>,
        invoke_id: u32,
        fill: impl FnOnce(&mut Writer<'_>),
    ) -> Result<(), SendError> {
        self.take_deferred(invoke_id)?;
        if !self
            .framing
            .send(out, |w| pdu::write_confirmed_response(w, invoke_id, fill))
        {
            let error = ServiceError::PDU_SIZE;
            self.framing
                .send_always(out, |w| pdu::write_confirmed_error(w, invoke_id, error));
        }
        Ok(())
    }

    /// Answers the deferred request `invoke_id` with an error.
    ///
    /// # Errors
    /// As for [`Association::respond`].
    pub fn respond_error(
        &mut self,
        out: &mut Vec<u8>,
        invoke_id: u32,
        error: impl Into<pdu::Failure>,
    ) -> Result<(), SendError> {
        self.take_deferred(invoke_id)?;
        let error = error.into();
        self.framing
            .send_always(out, |w| pdu::write_confirmed_error(w, invoke_id, error));
        Ok(())
    }

    /// Asks the peer to cancel our request `invoke_id`. The request is answered in any case.
    ///
    /// # Errors
    /// [`SendError::NotOpen`], or [`SendError::UnknownInvokeId`] if it is not outstanding.
    pub fn cancel(&mut self, out: &mut Vec<u8>, invoke_id: u32) -> Result<(), SendError> {
        self.when_open()?;
        if !self.outstanding.contains(&invoke_id) {
            return Err(SendError::UnknownInvokeId);
        }
        self.framing
            .send_always(out, |w| pdu::write_cancel_request(w, invoke_id));
        Ok(())
    }

    /// Begins the orderly end: MMS conclude, then the release of the association.
    ///
    /// # Errors
    /// [`SendError::NotOpen`].
    pub fn conclude(&mut self, now: Instant, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.when_open()?;
        self.framing.send_always(out, pdu::write_conclude_request);
        self.state = State::Concluding;
        self.deadline = now.checked_add(self.config.handshake_timeout);
        Ok(())
    }

    /// Ends the association at once: an abort is sent if there is somebody to send it to.
    pub fn abort<H: Handler + ?Sized>(&mut self, out: &mut Vec<u8>, handler: &mut H) {
        if matches!(
            self.state,
            State::AwaitAccept
                | State::Open
                | State::Concluding
                | State::Concluded
                | State::Releasing
        ) {
            self.write_abort(out);
        }
        self.close(CloseReason::Aborted, handler);
    }

    fn when_open(&self) -> Result<(), SendError> {
        if self.state == State::Open {
            Ok(())
        } else {
            Err(SendError::NotOpen)
        }
    }

    fn take_deferred(&mut self, invoke_id: u32) -> Result<(), SendError> {
        if !matches!(self.state, State::Open | State::Concluding) {
            return Err(SendError::NotOpen);
        }
        let at = self.deferred.iter().position(|id| *id == invoke_id);
        self.deferred
            .swap_remove(at.ok_or(SendError::UnknownInvokeId)?);
        Ok(())
    }

    fn reject(&self, out: &mut Vec<u8>, invoke_id: Option<u32>, reason: RejectReason) {
        self.framing
            .send_always(out, |w| pdu::write_reject(w, invoke_id, reason));
    }

    fn close<H: Handler + ?Sized>(&mut self, reason: CloseReason, handler: &mut H) {
        if self.closed.is_none() {
            tracing::debug!(%reason, "association over");
            self.state = State::Closed;
            self.deadline = None;
            self.reassembly = Vec::new();
            handler.closed(&reason);
            self.closed = Some(reason);
        }
    }

    fn fail<H: Handler + ?Sized>(&mut self, error: OsiError, handler: &mut H) {
        tracing::warn!(%error, state = ?self.state, "protocol error");
        self.close(CloseReason::Protocol(error), handler);
    }

    /// Sends a TSDU that `fill` writes.
    fn send_tsdu(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        out.resize(start + tpkt::HEADER + cotp::DATA_HEADER, 0);
        fill(out);
        cotp::finish_data(out, start, self.framing.tpdu_size);
    }

    fn write_abort(&self, out: &mut Vec<u8>) {
        let mut ppdu = Vec::new();
        presentation::write_abort(&mut Writer::unbounded(&mut ppdu), self.acse_context, |w| {
            acse::write_abort(w, 0);
        });
        self.send_tsdu(out, |out| session::write_abort(out, &ppdu));
    }

    fn write_finish(&self, out: &mut Vec<u8>) {
        let mut ppdu = Vec::new();
        presentation::write_user_data(&mut Writer::unbounded(&mut ppdu), self.acse_context, |w| {
            acse::write_release_request(w);
        });
        self.send_tsdu(out, |out| session::write_finish(out, &ppdu));
    }

    fn write_disconnect(&self, out: &mut Vec<u8>) {
        let mut ppdu = Vec::new();
        presentation::write_user_data(&mut Writer::unbounded(&mut ppdu), self.acse_context, |w| {
            acse::write_release_response(w);
        });
        self.send_tsdu(out, |out| session::write_disconnect(out, &ppdu));
    }
}

#[cfg(test)]
mod tests;
