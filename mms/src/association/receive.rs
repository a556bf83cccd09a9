//! What comes in once the transport connection is open, and on the open association.

use super::handler::Reply;
use super::{
    Association, CloseReason, Confirmation, HEADER_SLACK, Handler, OUTPUT_HIGH_WATER, State,
};
use crate::osi::cotp::{self, Tpdu};
use crate::osi::session::{self, Spdu};
use crate::osi::{OsiError, acse, presentation};
use crate::pdu::{self, Pdu, PduError};
use crate::{RejectReason, ServiceError};
use std::time::Instant;

impl Association {
    pub(super) fn handle_packet<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        payload: &[u8],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        match cotp::decode(payload) {
            Ok(Tpdu::Data { end, data }) => self.handle_data(now, end, data, out, handler),
            Ok(Tpdu::ConnectRequest(connect)) if self.state == State::AwaitConnect => {
                self.confirm_transport(connect, out);
            }
            Ok(Tpdu::ConnectConfirm(connect)) if self.state == State::AwaitConfirm => {
                self.transport_confirmed(&connect, out);
            }
            Ok(Tpdu::DisconnectRequest { reason }) => {
                let reason = match self.state {
                    State::AwaitConfirm => CloseReason::ConnectionRefused {
                        layer: "transport",
                        reason,
                    },
                    State::Concluded | State::Releasing => CloseReason::Released,
                    _ => CloseReason::AbortedByPeer,
                };
                self.close(reason, handler);
            }
            Ok(Tpdu::Error { cause }) => {
                self.close(
                    CloseReason::ConnectionRefused {
                        layer: "transport",
                        reason: cause,
                    },
                    handler,
                );
            }
            Ok(Tpdu::ConnectRequest(_)) => self.close(CloseReason::Unexpected("COTP CR"), handler),
            Ok(Tpdu::ConnectConfirm(_)) => self.close(CloseReason::Unexpected("COTP CC"), handler),
            Err(error) => self.fail(error, handler),
        }
    }

    fn handle_data<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        end: bool,
        data: &[u8],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        if matches!(self.state, State::AwaitConnect | State::AwaitConfirm) {
            return self.close(CloseReason::Unexpected("COTP DT"), handler);
        }
        if end && self.reassembly.is_empty() && !self.discarding {
            return self.handle_tsdu(now, data, out, handler);
        }
        let limit = self.config.max_pdu_size as usize + HEADER_SLACK;
        if self.reassembly.len() + data.len() > limit {
            self.discarding = true;
            self.reassembly = Vec::new();
        }
        if !self.discarding {
            self.reassembly.extend_from_slice(data);
        }
        if !end {
            return;
        }
        if std::mem::take(&mut self.discarding) {
            tracing::warn!(limit, "message longer than the negotiated PDU");
            return match self.state {
                State::Open => self.reject(out, None, RejectReason::INVALID_PDU),
                _ => self.close(CloseReason::Unexpected("message length"), handler),
            };
        }
        let tsdu = std::mem::take(&mut self.reassembly);
        self.handle_tsdu(now, &tsdu, out, handler);
    }

    #[inline]
    fn handle_tsdu<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        tsdu: &[u8],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let spdu = match session::decode(tsdu) {
            Ok(spdu) => spdu,
            Err(error) => return self.fail(error, handler),
        };
        match (spdu, self.state) {
            (Spdu::Data(data), State::Open | State::Concluding | State::Concluded) => {
                self.handle_user_data(now, data, out, handler);
            }
            (Spdu::Connect(connect), State::AwaitAssociate) => {
                self.handle_connect(&connect, out, handler);
            }
            (Spdu::Accept(accept), State::AwaitAccept) => self.handle_accept(&accept, out, handler),
            (Spdu::Refuse { reason, user_data }, State::AwaitAccept) => {
                self.handle_refuse(reason, user_data, handler);
            }
            (Spdu::Finish(data), State::Open | State::Concluding | State::Concluded) => {
                self.handle_finish(data, out, handler);
            }
            (Spdu::Finish(_), State::Releasing) => {
                // Both sides release at once: answer, and wait for the answer to ours.
                self.write_disconnect(out);
            }
            (Spdu::Disconnect(_), State::Releasing) => self.close(CloseReason::Released, handler),
            (Spdu::Abort(_), _) => self.close(CloseReason::AbortedByPeer, handler),
            (spdu, _) => {
                let what = match spdu {
                    Spdu::Data(_) => "session DATA",
                    Spdu::Connect(_) => "session CONNECT",
                    Spdu::Accept(_) => "session ACCEPT",
                    Spdu::Refuse { .. } => "session REFUSE",
                    Spdu::Finish(_) => "session FINISH",
                    Spdu::Disconnect(_) | Spdu::Abort(_) => "session DISCONNECT",
                };
                if self.state != State::AwaitAssociate {
                    self.write_abort(out);
                }
                self.close(CloseReason::Unexpected(what), handler);
            }
        }
    }

    /// FINISH: the peer releases, whatever it says in it. One without a conclude before is
    /// answered too.
    fn handle_finish<H: Handler + ?Sized>(
        &mut self,
        data: &[u8],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let release = presentation::decode_user_data(data)
            .and_then(|d| d.of(self.acse_context))
            .and_then(acse::decode);
        match release {
            Ok(acse::AcsePdu::ReleaseRequest(_)) => {}
            Ok(other) => tracing::warn!(?other, "FINISH with another ACSE PDU than RLRQ"),
            Err(error) => tracing::warn!(%error, "FINISH without a release request"),
        }
        self.write_disconnect(out);
        self.close(CloseReason::Released, handler);
    }

    #[inline]
    fn handle_user_data<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        data: &[u8],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let user_data = match presentation::decode_user_data(data) {
            Ok(user_data) => user_data,
            Err(error) => {
                self.write_abort(out);
                return self.fail(error, handler);
            }
        };
        for value in user_data.values() {
            // Messages pause at this mark (see the module), but one message may hold many PDUs.
            if out.len() >= OUTPUT_HIGH_WATER {
                self.write_abort(out);
                return self.close(CloseReason::Unexpected("PDUs in one message"), handler);
            }
            match value {
                Ok((context, mms)) if context == self.framing.mms_context => {
                    self.handle_mms(now, mms, out, handler);
                }
                // Not an error of MMS: there is no context to answer it in.
                Ok((context, _)) => {
                    tracing::warn!(context, "data in an unknown presentation context")
                }
                Err(error) => {
                    tracing::warn!(%error, "malformed presentation data");
                    self.reject(out, None, RejectReason::INVALID_PDU);
                    return;
                }
            }
            if self.closed.is_some() {
                return;
            }
        }
    }

    #[inline]
    fn handle_mms<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        mms: &[u8],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let limit = self.framing.max_pdu_size;
        if mms.len() > limit {
            tracing::warn!(length = mms.len(), limit, "PDU longer than negotiated");
            let error = PduError {
                invoke_id: pdu::answered_id(mms),
                reason: RejectReason::INVALID_PDU,
                cause: None,
            };
            return self.refuse_pdu(mms, error, out, handler);
        }
        let decoded = match Pdu::decode(mms) {
            Ok(decoded) => decoded,
            Err(error) => {
                tracing::debug!(?error, "PDU rejected");
                return self.refuse_pdu(mms, error, out, handler);
            }
        };
        match decoded {
            Pdu::ConfirmedRequest(request) => {
                let reply = Reply {
                    out,
                    framing: self.framing,
                    deferred: &mut self.deferred,
                    invoke_id: request.invoke_id,
                };
                let allowed = self
                    .negotiated
                    .as_ref()
                    .map_or(1, |n| n.max_outstanding_theirs.max(1));
                let _answered = if reply.deferred.contains(&request.invoke_id) {
                    reply.reject(RejectReason::INVALID_INVOKE_ID)
                } else if reply.deferred.len() >= usize::from(allowed) {
                    reply.reject(RejectReason::MAX_OUTSTANDING_EXCEEDED)
                } else if self.state == State::Open {
                    handler.request(request, reply)
                } else {
                    // After conclude no service is performed any more.
                    reply.reject(RejectReason::REQUEST_OTHER)
                };
            }
            Pdu::ConfirmedResponse(response) => {
                let id = response.invoke_id;
                self.confirm(id, Confirmation::Response(response), mms, handler);
            }
            Pdu::ConfirmedError { invoke_id, error } => {
                self.confirm(invoke_id, Confirmation::Error(error), mms, handler);
            }
            Pdu::Reject {
                invoke_id: Some(id),
                reason,
            } => {
                self.confirm(id, Confirmation::Reject(reason), mms, handler);
            }
            Pdu::Reject {
                invoke_id: None,
                reason,
            } => {
                tracing::warn!(%reason, "the peer rejected a PDU without naming a request");
                // With one request outstanding there is no doubt which one is meant.
                if let [id] = self.outstanding[..] {
                    self.confirm(id, Confirmation::Reject(reason), mms, handler);
                }
            }
            Pdu::Unconfirmed(service) => {
                if let Err(reason) = handler.unconfirmed(service) {
                    self.reject(out, None, reason);
                }
            }
            Pdu::CancelRequest { invoke_id } => self.handle_cancel(invoke_id, out, handler),
            Pdu::CancelResponse { .. } => {}
            Pdu::CancelError { invoke_id, error } => {
                tracing::debug!(invoke_id, %error, "cancel refused");
            }
            Pdu::ConcludeRequest => self.handle_conclude(now, out, handler),
            Pdu::ConcludeResponse if self.state == State::Concluding => {
                self.write_finish(out);
                self.state = State::Releasing;
                self.deadline = now.checked_add(self.config.handshake_timeout);
            }
            Pdu::ConcludeError(error) if self.state == State::Concluding => {
                tracing::warn!(%error, "conclude refused");
                self.state = State::Open;
                self.deadline = None;
            }
            Pdu::ConcludeResponse | Pdu::ConcludeError(_) => {}
            Pdu::InitiateRequest(_) | Pdu::InitiateResponse(_) | Pdu::InitiateError(_) => {
                // Initiate belongs into the association request and nowhere else.
                self.reject(out, None, RejectReason::ILLEGAL_ACSE_MAPPING);
            }
        }
    }

    /// Rejects a PDU. Where it is the answer to a request of ours, no better one will come.
    #[cold]
    fn refuse_pdu<H: Handler + ?Sized>(
        &mut self,
        mms: &[u8],
        error: PduError,
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let mut reason = error.reason;
        // Whoever does not have the service at all does not look at its argument.
        if reason == RejectReason::INVALID_ARGUMENT
            && pdu::requested_service(mms).is_some_and(|s| !self.config.services.has(s))
        {
            reason = RejectReason::UNRECOGNIZED_SERVICE;
        }
        self.reject(out, error.invoke_id, reason);
        if let Some(id) = pdu::answered_id(mms) {
            self.confirm(id, Confirmation::Malformed(error), mms, handler);
        }
    }

    fn confirm<H: Handler + ?Sized>(
        &mut self,
        invoke_id: u32,
        confirmation: Confirmation<'_>,
        mms: &[u8],
        handler: &mut H,
    ) {
        if let Some(at) = self.outstanding.iter().position(|id| *id == invoke_id) {
            self.outstanding.swap_remove(at);
            handler.confirmation(invoke_id, confirmation, mms);
        } else if let Some(at) = self.abandoned.iter().position(|id| *id == invoke_id) {
            self.abandoned.remove(at);
            tracing::debug!(invoke_id, "late answer to a request that was given up");
        } else {
            tracing::warn!(invoke_id, "answer to no request of ours");
        }
    }

    /// Requests that wait for their answers have to be answered first.
    fn handle_conclude<H: Handler + ?Sized>(
        &mut self,
        now: Instant,
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let decision = if self.deferred.is_empty() {
            handler.conclude()
        } else {
            Err(ServiceError::CONCLUDE_FURTHER_COMMUNICATION)
        };
        match decision {
            Ok(()) => {
                self.framing.send_always(out, pdu::write_conclude_response);
                if self.state == State::Concluding {
                    // Both sides conclude at once: the answer to ours brings our release.
                    return;
                }
                self.state = State::Concluded;
                self.deadline = now.checked_add(self.config.handshake_timeout);
            }
            Err(error) => self
                .framing
                .send_always(out, |w| pdu::write_conclude_error(w, error)),
        }
    }

    fn handle_cancel<H: Handler + ?Sized>(
        &mut self,
        invoke_id: u32,
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let error = match self.deferred.iter().position(|id| *id == invoke_id) {
            None => ServiceError::CANCEL_INVOKE_ID_UNKNOWN,
            Some(at) if handler.cancel(invoke_id) => {
                self.deferred.swap_remove(at);
                self.framing
                    .send_always(out, |w| pdu::write_cancel_response(w, invoke_id));
                let error = ServiceError::SERVICE_PREEMPT_CANCEL;
                self.framing
                    .send_always(out, |w| pdu::write_confirmed_error(w, invoke_id, error));
                return;
            }
            Some(_) => ServiceError::CANCEL_NOT_POSSIBLE,
        };
        self.framing
            .send_always(out, |w| pdu::write_cancel_error(w, invoke_id, error));
    }

    pub(super) fn handle_refuse<H: Handler + ?Sized>(
        &mut self,
        reason: Option<u8>,
        user_data: &[u8],
        handler: &mut H,
    ) {
        let answer = presentation::decode_reject(user_data)
            .and_then(|d| d.of(self.acse_context))
            .and_then(|octets| match acse::decode(octets)? {
                acse::AcsePdu::AssociateResponse(response, information) => {
                    let initiate_error = information.and_then(|mms| match Pdu::decode(mms) {
                        Ok(Pdu::InitiateError(error)) => Some(error),
                        _ => None,
                    });
                    Ok((response.result, initiate_error))
                }
                _ => Err(OsiError::SessionParameter),
            });
        let reason = match answer {
            Ok((_, Some(error))) => CloseReason::InitiateRefused(error),
            Ok((result, None)) => CloseReason::Refused(result),
            Err(_) => CloseReason::ConnectionRefused {
                layer: "session",
                reason: reason.unwrap_or(0),
            },
        };
        self.close(reason, handler);
    }
}
