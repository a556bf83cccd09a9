use crate::association::{
    Answered, CloseReason, Confirmation, Handler, Indication, Negotiated, Reply,
};
use crate::net::Session;
use crate::osi::acse::AssociateResult;
use crate::pdu::{
    ConfirmedRequest, EventNotification, InformationReport, StatusResponse, UnconfirmedService,
};
use crate::{RejectReason, ServiceError};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::sync::watch;

/// How far an association is.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Opening,
    Open(Arc<Negotiated>),
    Closed(CloseReason),
}

type ReportCallback = Box<dyn FnMut(&InformationReport<'_>) + Send>;
type StatusCallback = Box<dyn FnMut(&StatusResponse) + Send>;
type EventCallback = Box<dyn FnMut(&EventNotification<'_>) + Send>;

pub(super) enum Callback {
    Report(ReportCallback),
    Status(StatusCallback),
    Event(EventCallback),
}

struct Registered {
    wanted: Arc<AtomicBool>,
    callback: Callback,
}

/// Who wants to hear of unconfirmed services.
#[derive(Default)]
pub(super) struct Subscribers {
    callbacks: Mutex<Vec<Registered>>,
}

impl Subscribers {
    pub(super) fn add(&self, callback: Callback) -> Subscription {
        let wanted = Arc::new(AtomicBool::new(true));
        self.callbacks.lock().push(Registered {
            wanted: wanted.clone(),
            callback,
        });
        Subscription {
            wanted: Some(wanted),
        }
    }

    /// Calls those who are interested, with no lock held. `false`: there is nobody.
    fn deliver(&self, mut call: impl FnMut(&mut Callback) -> bool) -> bool {
        // Only the task of the association delivers, so that nothing is missed meanwhile.
        let mut callbacks = std::mem::take(&mut *self.callbacks.lock());
        let mut delivered = false;
        callbacks.retain_mut(|registered| {
            if registered.wanted.load(Ordering::Acquire) {
                delivered |= call(&mut registered.callback);
            }
            registered.wanted.load(Ordering::Acquire)
        });
        let mut added = self.callbacks.lock();
        callbacks.append(&mut added);
        *added = callbacks;
        delivered
    }
}

/// Keeps a callback registered: dropping it ends the subscription.
#[derive(Debug)]
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    /// `None` once it is detached.
    wanted: Option<Arc<AtomicBool>>,
}

impl Subscription {
    /// Lets the subscription live as long as the association.
    pub fn detach(mut self) {
        self.wanted = None;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(wanted) = &self.wanted {
            wanted.store(false, Ordering::Release);
        }
    }
}

/// The client's side of the association: notes how far it is, hands out what comes unasked, and
/// leaves the peer's requests to the session it was given.
pub(super) struct ClientSession<S> {
    pub(super) phase: watch::Sender<Phase>,
    pub(super) subscribers: Arc<Subscribers>,
    pub(super) inner: S,
}

impl<S: Session> Handler for ClientSession<S> {
    fn associate(&mut self, indication: &Indication<'_>) -> Result<(), AssociateResult> {
        self.inner.associate(indication)
    }

    fn established(&mut self, negotiated: &Negotiated) {
        self.inner.established(negotiated);
        self.phase
            .send_replace(Phase::Open(Arc::new(negotiated.clone())));
    }

    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        self.inner.request(request, reply)
    }

    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        let delivered = self
            .subscribers
            .deliver(|callback| match (callback, &service) {
                (Callback::Report(callback), UnconfirmedService::InformationReport(report)) => {
                    callback(report);
                    true
                }
                (Callback::Status(callback), UnconfirmedService::UnsolicitedStatus(status)) => {
                    callback(status);
                    true
                }
                (Callback::Event(callback), UnconfirmedService::EventNotification(event)) => {
                    callback(event);
                    true
                }
                _ => false,
            });
        let known = !matches!(service, UnconfirmedService::Other { .. });
        match self.inner.unconfirmed(service) {
            // Nobody listens to it (any more): that is no fault of the peer.
            Err(_) if delivered || known => Ok(()),
            result => result,
        }
    }

    fn confirmation(&mut self, invoke_id: u32, confirmation: Confirmation<'_>, pdu: &[u8]) {
        self.inner.confirmation(invoke_id, confirmation, pdu);
    }

    fn cancel(&mut self, invoke_id: u32) -> bool {
        self.inner.cancel(invoke_id)
    }

    fn conclude(&mut self) -> Result<(), ServiceError> {
        self.inner.conclude()
    }

    fn closed(&mut self, reason: &CloseReason) {
        self.inner.closed(reason);
        self.phase.send_replace(Phase::Closed(reason.clone()));
    }
}

impl<S: Session> Session for ClientSession<S> {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.poll_ready(cx)
    }
}

/// Serves nothing: the session of a client that only asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct AskOnly;

impl Handler for AskOnly {}

impl Session for AskOnly {}
