use super::framing::Framing;
use super::{CloseReason, Negotiated};
use crate::ber::Writer;
use crate::osi::acse::{AssociateRequest, AssociateResult};
use crate::pdu::{
    self, ConfirmedRequest, ConfirmedResponse, Initiate, PduError, UnconfirmedService,
};
use crate::{RejectReason, ServiceError};

/// The request for an association, as the called side sees it.
#[derive(Debug)]
pub struct Indication<'a> {
    /// Titles and authentication.
    pub request: &'a AssociateRequest,
    /// Transport selectors of the caller and the called side, as the caller gave them.
    pub t_selectors: (Option<&'a [u8]>, Option<&'a [u8]>),
    /// Session selectors of the caller and the called side.
    pub s_selectors: (Option<&'a [u8]>, Option<&'a [u8]>),
    /// Presentation selectors of the caller and the called side.
    pub p_selectors: (Option<&'a [u8]>, Option<&'a [u8]>),
    /// What the caller proposes.
    pub initiate: &'a Initiate,
}

/// The answer to an own request.
#[derive(Clone, Debug)]
pub enum Confirmation<'a> {
    /// Result(+).
    Response(ConfirmedResponse<'a>),
    /// Result(-).
    Error(ServiceError),
    /// The peer did not understand or accept the request.
    Reject(RejectReason),
    /// The peer answered, with a PDU that cannot be decoded or is longer than negotiated.
    Malformed(PduError),
}

/// Proof that a confirmed request was answered, or put aside to be answered: only a [`Reply`]
/// makes one, so that no request can be forgotten.
#[derive(Debug)]
#[must_use]
pub struct Answered(());

/// The user of an association: serves the peer's requests and takes the answers to its own.
///
/// Calls come from [`super::Association::handle_input`], one after the other.
pub trait Handler {
    /// The peer asks for an association (called side only).
    ///
    /// # Errors
    /// The result that is sent to the caller when it is refused.
    fn associate(&mut self, indication: &Indication<'_>) -> Result<(), AssociateResult> {
        let _ = indication;
        Ok(())
    }

    /// The association is open.
    fn established(&mut self, negotiated: &Negotiated) {
        let _ = negotiated;
    }

    /// Serves a confirmed request.
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        let _ = request;
        reply.reject(RejectReason::UNRECOGNIZED_SERVICE)
    }

    /// Takes an unconfirmed service.
    ///
    /// # Errors
    /// The reason the PDU is rejected with.
    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        let _ = service;
        Err(RejectReason { kind: 4, code: 1 })
    }

    /// Takes the answer to the own request `invoke_id`; `pdu` is the whole MMS PDU.
    fn confirmation(&mut self, invoke_id: u32, confirmation: Confirmation<'_>, pdu: &[u8]) {
        let _ = (invoke_id, confirmation, pdu);
    }

    /// The peer wants the deferred request `invoke_id` cancelled. `true`: it is cancelled, and the
    /// association answers both the cancel and the request.
    fn cancel(&mut self, invoke_id: u32) -> bool {
        let _ = invoke_id;
        false
    }

    /// The peer wants to conclude.
    ///
    /// # Errors
    /// The error the conclude is refused with.
    fn conclude(&mut self) -> Result<(), ServiceError> {
        Ok(())
    }

    /// The association has ended.
    fn closed(&mut self, reason: &CloseReason) {
        let _ = reason;
    }
}

/// The one answer to one confirmed request, written straight into the output.
#[derive(Debug)]
pub struct Reply<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) framing: Framing,
    pub(super) deferred: &'a mut Vec<u32>,
    pub(super) invoke_id: u32,
}

impl Reply<'_> {
    /// The invoke id of the request.
    pub fn invoke_id(&self) -> u32 {
        self.invoke_id
    }

    /// Largest MMS PDU, in octets.
    pub fn max_pdu_size(&self) -> usize {
        self.framing.max_pdu_size
    }

    /// Answers with the service element that `fill` writes. An answer that does not fit the
    /// negotiated PDU becomes the service error pdu-size.
    #[inline]
    pub fn respond(self, fill: impl FnOnce(&mut Writer<'_>)) -> Answered {
        let invoke_id = self.invoke_id;
        if !self.framing.send(self.out, |w| {
            pdu::write_confirmed_response(w, invoke_id, fill)
        }) {
            return self.error(ServiceError::PDU_SIZE);
        }
        Answered(())
    }

    /// Like [`Reply::respond`]; `fill` may give up with an error, and what it wrote is dropped.
    pub fn try_respond(
        self,
        fill: impl FnOnce(&mut Writer<'_>) -> Result<(), ServiceError>,
    ) -> Answered {
        let invoke_id = self.invoke_id;
        let start = self.out.len();
        let mut result = Ok(());
        let fits = self.framing.send(self.out, |w| {
            pdu::write_confirmed_response(w, invoke_id, |w| result = fill(w));
        });
        match result {
            Err(error) => {
                self.out.truncate(start);
                self.error(error)
            }
            Ok(()) if fits => Answered(()),
            Ok(()) => self.error(ServiceError::PDU_SIZE),
        }
    }

    /// Answers with an error.
    pub fn error(self, error: impl Into<pdu::Failure>) -> Answered {
        let error = error.into();
        let invoke_id = self.invoke_id;
        self.framing.send_always(self.out, |w| {
            pdu::write_confirmed_error(w, invoke_id, error)
        });
        Answered(())
    }

    /// Rejects the request.
    pub fn reject(self, reason: RejectReason) -> Answered {
        let invoke_id = self.invoke_id;
        self.framing
            .send_always(self.out, |w| pdu::write_reject(w, Some(invoke_id), reason));
        Answered(())
    }

    /// Puts the request aside: it will be answered through
    /// [`super::Association::respond`] and its siblings.
    pub fn defer(self) -> Answered {
        self.deferred.push(self.invoke_id);
        Answered(())
    }

    /// Leaves the request unanswered on purpose: a test aid that makes the peer run into its
    /// time-out (py61850 `MmsDataAccessError.NO_RESPONSE`).
    pub fn ignore(self) -> Answered {
        Answered(())
    }

    /// Sends an unconfirmed service before the answer. `false`: it does not fit a PDU and was not
    /// sent.
    pub fn send_unconfirmed(&mut self, fill: impl FnOnce(&mut Writer<'_>)) -> bool {
        self.framing
            .send(self.out, |w| pdu::write_unconfirmed(w, fill))
    }
}
