use super::runner;
use crate::bilateral::Match;
use crate::bilateral::PeerIdentity;
use crate::client::Sink;
use crate::engine::{Core, Table};
use crate::event::{AssociationId, Caller, Event, Refusal};
use crate::information::InformationEvent;
use mms::association::{Address, Answered, CloseReason, Handler, Indication, Negotiated, Reply};
use mms::net::{Remote, Session};
use mms::osi::acse::{AeQualifier, ApTitle, AssociateResult};
use mms::pdu::{
    CapabilityListWriter, ConfirmedRequest, IdentifyResponse, InformationReport, RequestService,
    StatusResponse, UnconfirmedService,
};
use mms::{RejectReason, ServiceError};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;

/// PDUs cannot be smaller than this.
const MIN_PDU: u32 = 512;

/// Who we are: titles, and what identify answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) ap_title: Option<mms::ObjectIdentifier>,
    pub(crate) ae_qualifier: Option<i64>,
    /// The selectors that callers have to name, if they name any.
    pub(crate) selectors: Option<Address>,
    /// Vendor, model, revision.
    pub(crate) words: [String; 3],
}

/// How it is decided whose association this is.
pub(crate) enum Admission {
    /// By who calls.
    Called {
        identity: Arc<Identity>,
        from: Option<SocketAddr>,
    },
    /// It is known who was called.
    Calling { table: usize },
}

/// What is known of an association once it is admitted.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) association: AssociationId,
    /// The place of the bilateral table.
    pub(crate) table: usize,
    pub(crate) peer: String,
    /// Whether the peer called.
    pub(crate) called: bool,
    wake: Arc<Notify>,
}

/// Serves a peer on one association, whoever called.
pub(crate) struct ServerSession {
    pub(super) core: Arc<Core>,
    identity: Arc<Identity>,
    admission: Admission,
    pub(super) remote: Remote,
    link: Arc<OnceLock<Link>>,
    /// Takes the reports of the peer.
    sink: Arc<Sink>,
    ended: bool,
}

impl ServerSession {
    pub(crate) fn new(
        core: Arc<Core>,
        identity: Arc<Identity>,
        admission: Admission,
        remote: Remote,
        sink: Arc<Sink>,
    ) -> Self {
        ServerSession {
            core,
            identity,
            admission,
            remote,
            link: Arc::default(),
            sink,
            ended: false,
        }
    }

    /// What will be known of the association.
    pub(crate) fn link(&self) -> Arc<OnceLock<Link>> {
        self.link.clone()
    }

    pub(super) fn association(&self) -> Option<AssociationId> {
        self.link.get().map(|link| link.association)
    }

    /// The place of the peer.
    pub(super) fn peer(&self) -> Option<usize> {
        self.link.get().map(|link| link.table)
    }

    pub(super) fn table(&self) -> Option<Arc<Table>> {
        self.core.table_of(self.association()?)
    }

    fn admit(&self, table: usize, peer: String) -> Result<(), Refusal> {
        let (association, wake) = self.core.begin(table).ok_or(Refusal::TooManyAssociations)?;
        let link = Link {
            association,
            table,
            peer,
            called: matches!(self.admission, Admission::Called { .. }),
            wake,
        };
        if self.link.set(link).is_err() {
            self.core.end(association);
        }
        Ok(())
    }

    /// Finds the table of a caller (reference section 8.2).
    fn recognize(
        &self,
        identity: &Identity,
        from: Option<SocketAddr>,
        indication: &Indication<'_>,
    ) -> Result<(usize, String), Refusal> {
        let request = indication.request;
        let differs = |ours: &Option<mms::ObjectIdentifier>| {
            let ours = ours.clone().map(ApTitle::Identifier);
            request.called_ap_title.is_some() && ours.is_some() && request.called_ap_title != ours
        };
        if differs(&identity.ap_title) {
            return Err(Refusal::CalledTitle);
        }
        let ours = identity.ae_qualifier.map(AeQualifier::Number);
        if request.called_ae_qualifier.is_some()
            && ours.is_some()
            && request.called_ae_qualifier != ours
        {
            return Err(Refusal::CalledQualifier);
        }
        if let Some(ours) = &identity.selectors {
            let called = [
                (indication.t_selectors.1, &ours.t_selector),
                (indication.s_selectors.1, &ours.s_selector),
                (indication.p_selectors.1, &ours.p_selector),
            ];
            let other = |(called, ours): &(Option<&[u8]>, &Vec<u8>)| {
                called.is_some_and(|called| !called.is_empty() && called != &ours[..])
            };
            if called.iter().any(other) {
                return Err(Refusal::Selector);
            }
        }
        if indication
            .initiate
            .local_detail
            .is_some_and(|size| size < MIN_PDU)
        {
            return Err(Refusal::PduSize);
        }
        let mut nearest = Refusal::UnknownTitle;
        for (place, table) in self.core.tables() {
            let identity: &PeerIdentity = &table.config.identity;
            match identity.matches(request, from.map(|from| from.ip())) {
                Match::Yes => return Ok((place, table.config.peer.clone())),
                Match::ApTitle => {}
                Match::AeQualifier if nearest == Refusal::UnknownTitle => {
                    nearest = Refusal::UnknownQualifier;
                }
                Match::AeQualifier => {}
                // A table that goes by addresses alone knows nothing of this caller.
                Match::Address if identity.ap_title.is_none() => {}
                Match::Address => nearest = Refusal::Address,
            }
        }
        Err(nearest)
    }

    /// The services of blocks 6 and 7, as far as this control centre has anything of them.
    fn other(
        &self,
        table: &Arc<Table>,
        service: &RequestService<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let mut reply = reply;
        if !self.core.model.programs.is_empty() {
            reply = match self.run_program(table, service, reply) {
                Ok(answered) => return answered,
                Err(reply) => reply,
            };
        }
        if !self.core.model.conditions.is_empty() {
            reply = match self.events(table, service, reply) {
                Ok(answered) => return answered,
                Err(reply) => reply,
            };
        }
        reply.reject(RejectReason::UNRECOGNIZED_SERVICE)
    }

    /// Takes an information message. `false`: the report is none.
    fn take_message(&self, report: &InformationReport<'_>) -> bool {
        let Some(taken) = self.sink.message(report) else {
            return false;
        };
        let (Some(table), Some(association)) = (self.table(), self.association()) else {
            return true;
        };
        let peer = table.config.peer.clone();
        match taken {
            Ok(None) => {}
            Ok(Some(mut message)) => {
                message.peer = Some(peer);
                message.association = Some(association);
                let message = Arc::new(message);
                if self.core.message(&table, message.clone()) {
                    self.sink.publish(message);
                }
            }
            Err(reason) => self
                .core
                .emit(Event::Information(InformationEvent::Lost { peer, reason })),
        }
        true
    }

    fn end(&mut self, reason: &CloseReason) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let Some(link) = self.link.get() else {
            return;
        };
        self.sink.interrupted(reason);
        if self.core.end(link.association) {
            self.core.emit(Event::Ended {
                peer: link.peer.clone(),
                association: link.association,
                reason: reason.clone(),
            });
        }
    }

    fn identify(&self, reply: Reply<'_>) -> Answered {
        let [vendor, model, revision] = &self.identity.words;
        reply.respond(|w| {
            IdentifyResponse {
                vendor: vendor.into(),
                model: model.into(),
                revision: revision.into(),
                abstract_syntaxes: None,
            }
            .encode(w);
        })
    }
}

impl Handler for ServerSession {
    fn associate(&mut self, indication: &Indication<'_>) -> Result<(), AssociateResult> {
        let Admission::Called { identity, from } = &self.admission else {
            return Ok(());
        };
        let refused = self
            .recognize(identity, *from, indication)
            .and_then(|(table, peer)| self.admit(table, peer));
        let Err(reason) = refused else {
            return Ok(());
        };
        self.core.emit(Event::Refused {
            caller: Caller {
                address: *from,
                ap_title: indication.request.calling_ap_title.clone(),
                ae_qualifier: indication.request.calling_ae_qualifier.clone(),
                called_ap_title: indication.request.called_ap_title.clone(),
            },
            reason,
        });
        Err(match reason {
            Refusal::CalledTitle => AssociateResult::CALLED_AP_TITLE,
            Refusal::CalledQualifier => AssociateResult::CALLED_AE_QUALIFIER,
            Refusal::UnknownTitle => AssociateResult::CALLING_AP_TITLE,
            Refusal::UnknownQualifier => AssociateResult::CALLING_AE_QUALIFIER,
            Refusal::TooManyAssociations => AssociateResult::TRANSIENT,
            Refusal::Address | Refusal::PduSize | Refusal::Selector => AssociateResult::NO_REASON,
        })
    }

    fn established(&mut self, negotiated: &Negotiated) {
        if let Admission::Calling { table } = self.admission {
            let peers = self.core.tables();
            let known = peers.iter().find(|(place, _)| *place == table);
            let admitted = match known {
                Some((_, known)) => self.admit(table, known.config.peer.clone()),
                None => Err(Refusal::UnknownTitle),
            };
            if let Err(reason) = admitted {
                tracing::warn!(%reason, "association of ours given up");
                // It is over already if this fails.
                let _ = self.remote.abort();
                return;
            }
        }
        let Some(link) = self.link.get() else {
            return;
        };
        let max_pdu = negotiated.max_pdu_size as usize;
        self.core.opened(link.association, max_pdu);
        if let Some(table) = self.table() {
            self.sink.agree(&table.config.information);
        }
        self.core.emit(Event::Associated {
            peer: link.peer.clone(),
            association: link.association,
            called: matches!(self.admission, Admission::Called { .. }),
        });
        tokio::spawn(runner::run(
            self.core.clone(),
            link.association,
            self.remote.clone(),
            link.wake.clone(),
            max_pdu,
        ));
    }

    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        use RequestService as S;
        let service = &request.service;
        match service {
            S::Identify(_) => return self.identify(reply),
            S::Status(_) => {
                let status = StatusResponse {
                    logical: 0,
                    physical: 0,
                    local_detail: None,
                };
                return reply.respond(|w| status.encode(w));
            }
            _ => {}
        }
        let Some(table) = self.table() else {
            // The agreement is gone; so will be the association.
            return reply.error(ServiceError::OBJECT_ACCESS_DENIED);
        };
        match service {
            S::Read(request) => self.read(&table, request, reply),
            S::Write(request) => self.write(&table, request, reply),
            S::GetNameList(request) => self.name_list(&table, request, reply),
            S::GetVariableAccessAttributes(request) => {
                self.access_attributes(&table, request, reply)
            }
            S::DefineNamedVariableList(request) => self.define_list(&table, request, reply),
            S::GetNamedVariableListAttributes(request) => {
                self.list_attributes(&table, request, reply)
            }
            S::DeleteNamedVariableList(request) => self.delete_lists(&table, request, reply),
            S::GetDomainAttributes(request) => self.domain_attributes(&table, request, reply),
            S::GetCapabilityList(_) => {
                reply.respond(|w| CapabilityListWriter::begin(w).end(w, false))
            }
            S::GetProgramInvocationAttributes(request) => {
                self.program_attributes(&table, request, reply)
            }
            _ => self.other(&table, service, reply),
        }
    }

    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        if let UnconfirmedService::InformationReport(report) = &service
            && !self.take_acknowledgement(report)
            && !self.take_message(report)
        {
            self.sink.take(report, &self.remote);
        }
        if let UnconfirmedService::EventNotification(notification) = &service {
            self.sink.notification(notification);
        }
        // What is not understood is no fault of the peer: other blocks have services of their own.
        Ok(())
    }

    fn closed(&mut self, reason: &CloseReason) {
        self.end(reason);
    }
}

impl Session for ServerSession {}

impl Drop for ServerSession {
    /// A connection that is dropped half way does not say that it is closed.
    fn drop(&mut self) {
        self.end(&CloseReason::ConnectionLost);
    }
}
