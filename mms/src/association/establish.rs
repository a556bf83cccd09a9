//! From the first packet to the open association, on both sides.

use super::{
    Association, CallParameters, CloseReason, Config, Handler, Indication, Negotiated, State,
};
use crate::ServiceError;
use crate::ber::Writer;
use crate::osi::acse::{self, AcsePdu, AssociateRequest, AssociateResponse, AssociateResult};
use crate::osi::presentation::{self, ContextResult, Ppdu};
use crate::osi::{OsiError, cotp, session};
use crate::pdu::{self, Initiate, ParameterSupport, Pdu};

/// Presentation contexts a caller of ours proposes: ACSE and MMS, with the customary numbers.
const CONTEXTS: [(u32, &[u8]); 2] = [
    (1, presentation::ACSE_SYNTAX),
    (3, presentation::MMS_SYNTAX),
];
/// MMS PDUs cannot be negotiated below this size, in octets: no answer would fit.
const MIN_PDU_SIZE: u32 = 64;

impl Association {
    /// CR on the called side.
    pub(super) fn confirm_transport(&mut self, connect: cotp::Connect, out: &mut Vec<u8>) {
        let ours = cotp::negotiable_size(self.config.tpdu_size);
        // RFC 1006 lets the size default to the largest there is.
        self.framing.tpdu_size = connect.tpdu_size.map_or(ours, |theirs| ours.min(theirs));
        self.references = (1, connect.source);
        let local = &self.config.local.t_selector;
        let confirm = cotp::Connect {
            destination: connect.source,
            source: self.references.0,
            // Only class 0 is spoken here, whatever was preferred.
            class: 0,
            calling: Some(connect.calling.clone().unwrap_or_else(|| local.clone())),
            called: Some(connect.called.clone().unwrap_or_else(|| local.clone())),
            tpdu_size: Some(self.framing.tpdu_size),
        };
        self.t_selectors = (connect.calling, connect.called);
        cotp::write_confirm(out, &confirm);
        self.state = State::AwaitAssociate;
    }

    /// CC on the calling side: the request for the association goes out.
    pub(super) fn transport_confirmed(&mut self, connect: &cotp::Connect, out: &mut Vec<u8>) {
        if let Some(theirs) = connect.tpdu_size {
            self.framing.tpdu_size = self.framing.tpdu_size.min(theirs);
        }
        self.references.1 = connect.source;
        let config = &self.config;
        let call = self.call.take().unwrap_or_default();
        let CallParameters {
            context_name,
            remote,
            authentication,
        } = *call;
        let request = AssociateRequest {
            context_name,
            called_ap_title: remote.ap_title,
            called_ae_qualifier: remote.ae_qualifier,
            calling_ap_title: config.local.ap_title.clone(),
            calling_ae_qualifier: config.local.ae_qualifier.clone(),
            authentication,
        };
        let initiate = proposal(config);
        let mut ppdu = Vec::new();
        let w = &mut Writer::unbounded(&mut ppdu);
        let selectors = (
            Some(&config.local.p_selector[..]),
            Some(&remote.p_selector[..]),
        );
        presentation::write_connect(w, selectors.0, selectors.1, &CONTEXTS, |w| {
            acse::write_request(w, &request, CONTEXTS[1].0, |w| {
                pdu::write_initiate_request(w, &initiate);
            });
        });
        let connect = session::Connect {
            calling: Some(&config.local.s_selector),
            called: Some(&remote.s_selector),
            requirements: Some(session::DUPLEX),
            user_data: &ppdu,
        };
        self.send_tsdu(out, |out| session::write_connect(out, &connect));
        self.state = State::AwaitAccept;
    }

    /// Session CONNECT on the called side, with everything in it.
    pub(super) fn handle_connect<H: Handler + ?Sized>(
        &mut self,
        connect: &session::Connect<'_>,
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let ppdu = match presentation::decode_connect(connect.user_data) {
            Ok(ppdu) => ppdu,
            Err(error) => {
                self.send_tsdu(out, |out| session::write_refuse(out, &[]));
                return self.fail(error, handler);
            }
        };
        let Ppdu::Connect {
            calling,
            called,
            contexts,
            user_data,
        } = ppdu
        else {
            return;
        };
        let mut results = Vec::with_capacity(contexts.len());
        let (mut acse_context, mut mms_context) = (None, None);
        for context in &contexts {
            let slot = match context.abstract_syntax {
                presentation::ACSE_SYNTAX => Some(&mut acse_context),
                presentation::MMS_SYNTAX => Some(&mut mms_context),
                _ => None,
            };
            results.push(match slot {
                None => ContextResult::ProviderRejection(1),
                Some(_) if !context.basic_encoding => ContextResult::ProviderRejection(2),
                Some(slot) => {
                    slot.get_or_insert(context.id);
                    ContextResult::Accepted
                }
            });
        }
        let (Some(acse_context), Some(mms_context)) = (acse_context, mms_context) else {
            self.refuse_presentation(&results, out);
            return self.close(
                CloseReason::ConnectionRefused {
                    layer: "presentation",
                    reason: 2,
                },
                handler,
            );
        };
        self.acse_context = acse_context;
        self.framing.mms_context = mms_context;
        let (request, information) = match user_data.of(acse_context).and_then(acse::decode) {
            Ok(AcsePdu::AssociateRequest(request, information)) => (request, information),
            Ok(_) => return self.close(CloseReason::Unexpected("ACSE PDU in CONNECT"), handler),
            Err(error) => {
                self.refuse_presentation(&results, out);
                return self.fail(error, handler);
            }
        };
        let initiate = match information.map(Pdu::decode) {
            Some(Ok(Pdu::InitiateRequest(initiate))) => initiate,
            _ => {
                let result = AssociateResult::NO_REASON;
                return self.refuse(
                    result,
                    Some(ServiceError::INITIATE_OTHER),
                    &results,
                    out,
                    handler,
                );
            }
        };
        let of_mms = request
            .context_name
            .as_ref()
            .is_none_or(|n| [acse::MMS_CONTEXT, acse::MMS_CONTEXT_1].contains(&n.content()));
        let t_selectors = (self.t_selectors.0.as_deref(), self.t_selectors.1.as_deref());
        let decision = if of_mms {
            handler.associate(&Indication {
                request: &request,
                t_selectors,
                s_selectors: (connect.calling, connect.called),
                p_selectors: (calling, called),
                initiate: &initiate,
            })
        } else {
            Err(AssociateResult::CONTEXT_NOT_SUPPORTED)
        };
        if let Err(result) = decision {
            return self.refuse(result, None, &results, out, handler);
        }
        let response = match answer(&self.config, &initiate) {
            Ok(response) => response,
            Err(error) => {
                let result = AssociateResult::NO_REASON;
                return self.refuse(result, Some(error), &results, out, handler);
            }
        };
        // The caller finds the context it proposed.
        let context_name = request.context_name.clone();
        self.peer = Some(Box::new(request));
        let mut ppdu = Vec::new();
        let w = &mut Writer::unbounded(&mut ppdu);
        let local = &self.config.local;
        presentation::write_accept(w, Some(&local.p_selector), &results, acse_context, |w| {
            let aare = AssociateResponse {
                context_name,
                result: AssociateResult::ACCEPTED,
                responding_ap_title: local.ap_title.clone(),
                responding_ae_qualifier: local.ae_qualifier.clone(),
            };
            acse::write_response(
                w,
                &aare,
                mms_context,
                Some(|w: &mut Writer<'_>| {
                    pdu::write_initiate_response(w, &response);
                }),
            );
        });
        let accept = session::Connect {
            calling: None,
            called: Some(connect.called.unwrap_or(&local.s_selector)),
            requirements: Some(session::DUPLEX),
            user_data: &ppdu,
        };
        self.send_tsdu(out, |out| session::write_accept(out, &accept));
        let negotiated = Negotiated {
            max_pdu_size: response.local_detail.unwrap_or(self.config.max_pdu_size),
            max_outstanding_ours: response.max_outstanding_called,
            max_outstanding_theirs: response.max_outstanding_calling,
            nesting_level: response.nesting_level.unwrap_or(self.config.nesting_level),
            parameters: response.parameters,
            peer_services: initiate.services,
        };
        self.open(negotiated, handler);
    }

    fn open<H: Handler + ?Sized>(&mut self, negotiated: Negotiated, handler: &mut H) {
        self.framing.max_pdu_size = negotiated.max_pdu_size as usize;
        self.t_selectors = (None, None);
        self.state = State::Open;
        self.deadline = None;
        handler.established(&negotiated);
        self.negotiated = Some(Box::new(negotiated));
    }

    /// Refuses with an AARE in a presentation and session refusal, and closes.
    fn refuse<H: Handler + ?Sized>(
        &mut self,
        result: AssociateResult,
        initiate_error: Option<ServiceError>,
        results: &[ContextResult],
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        let response = AssociateResponse {
            context_name: None,
            result,
            responding_ap_title: None,
            responding_ae_qualifier: None,
        };
        let mut ppdu = Vec::new();
        let w = &mut Writer::unbounded(&mut ppdu);
        let mms_context = self.framing.mms_context;
        let aare = |w: &mut Writer<'_>| {
            let information = initiate_error
                .map(|error| move |w: &mut Writer<'_>| pdu::write_initiate_error(w, error));
            acse::write_response(w, &response, mms_context, information);
        };
        presentation::write_reject(
            w,
            Some(&self.config.local.p_selector),
            results,
            None,
            Some((self.acse_context, aare)),
        );
        self.send_tsdu(out, |out| session::write_refuse(out, &ppdu));
        self.close(
            match initiate_error {
                Some(error) => CloseReason::InitiateRefused(error),
                None => CloseReason::Refused(result),
            },
            handler,
        );
    }

    fn refuse_presentation(&self, results: &[ContextResult], out: &mut Vec<u8>) {
        let mut ppdu = Vec::new();
        let none = None::<(u32, fn(&mut Writer<'_>))>;
        let selector = Some(&self.config.local.p_selector[..]);
        presentation::write_reject(
            &mut Writer::unbounded(&mut ppdu),
            selector,
            results,
            Some(3),
            none,
        );
        self.send_tsdu(out, |out| session::write_refuse(out, &ppdu));
    }

    /// Session ACCEPT on the calling side.
    pub(super) fn handle_accept<H: Handler + ?Sized>(
        &mut self,
        accept: &session::Connect<'_>,
        out: &mut Vec<u8>,
        handler: &mut H,
    ) {
        match self.read_accept(accept) {
            Ok(Ok(negotiated)) => self.open(negotiated, handler),
            Ok(Err(reason)) => {
                self.write_abort(out);
                self.close(reason, handler);
            }
            Err(error) => {
                self.write_abort(out);
                self.fail(error, handler);
            }
        }
    }

    fn read_accept(
        &self,
        accept: &session::Connect<'_>,
    ) -> Result<Result<Negotiated, CloseReason>, OsiError> {
        let Ppdu::Accept {
            results, user_data, ..
        } = presentation::decode_accept(accept.user_data)?
        else {
            return Ok(Err(CloseReason::Unexpected("presentation PDU")));
        };
        // A peer that leaves the list out accepts everything (X.226 8.2.4).
        if results
            .iter()
            .take(CONTEXTS.len())
            .any(|r| *r != ContextResult::Accepted)
        {
            return Ok(Err(CloseReason::ConnectionRefused {
                layer: "presentation",
                reason: 2,
            }));
        }
        let (response, information) = match acse::decode(user_data.of(self.acse_context)?)? {
            AcsePdu::AssociateResponse(response, information) => (response, information),
            _ => return Ok(Err(CloseReason::Unexpected("ACSE PDU in ACCEPT"))),
        };
        let initiate = match information.map(Pdu::decode) {
            Some(Ok(Pdu::InitiateResponse(initiate))) => initiate,
            Some(Ok(Pdu::InitiateError(error))) => {
                return Ok(Err(CloseReason::InitiateRefused(error)));
            }
            _ if response.result.result != 0 => {
                return Ok(Err(CloseReason::Refused(response.result)));
            }
            _ => {
                return Ok(Err(CloseReason::Unexpected(
                    "user information of the association",
                )));
            }
        };
        if response.result.result != 0 {
            return Ok(Err(CloseReason::Refused(response.result)));
        }
        let config = &self.config;
        Ok(Ok(Negotiated {
            max_pdu_size: smaller_pdu(initiate.local_detail, config.max_pdu_size),
            // A peer may lower what was proposed, and not raise it.
            max_outstanding_ours: initiate
                .max_outstanding_calling
                .min(config.max_outstanding_calling),
            max_outstanding_theirs: initiate
                .max_outstanding_called
                .min(config.max_outstanding_called),
            nesting_level: initiate
                .nesting_level
                .map_or(config.nesting_level, |n| n.min(config.nesting_level)),
            parameters: initiate.parameters,
            peer_services: initiate.services,
        }))
    }
}

fn smaller_pdu(theirs: Option<u32>, ours: u32) -> u32 {
    theirs
        .map_or(ours, |theirs| theirs.min(ours))
        .max(MIN_PDU_SIZE)
}

/// The initiate request of a caller.
fn proposal(config: &Config) -> Initiate {
    Initiate {
        local_detail: Some(config.max_pdu_size),
        max_outstanding_calling: config.max_outstanding_calling,
        max_outstanding_called: config.max_outstanding_called,
        nesting_level: Some(config.nesting_level),
        version: 1,
        parameters: config.parameters.clone(),
        services: config.services.clone(),
    }
}

/// The initiate response: of each parameter the smaller, of each set the common part.
pub(super) fn answer(config: &Config, request: &Initiate) -> Result<Initiate, ServiceError> {
    if request.version < 1 {
        return Err(ServiceError::INITIATE_OTHER);
    }
    let blocks: Vec<usize> = (0..ParameterSupport::LENGTH)
        .filter(|&block| config.parameters.has(block) && request.parameters.has(block))
        .collect();
    Ok(Initiate {
        local_detail: Some(smaller_pdu(request.local_detail, config.max_pdu_size)),
        max_outstanding_calling: request
            .max_outstanding_calling
            .min(config.max_outstanding_calling),
        max_outstanding_called: request
            .max_outstanding_called
            .min(config.max_outstanding_called),
        nesting_level: Some(
            request
                .nesting_level
                .map_or(config.nesting_level, |n| n.min(config.nesting_level)),
        ),
        version: 1,
        parameters: ParameterSupport::of(&blocks),
        services: config.services.clone(),
    })
}
