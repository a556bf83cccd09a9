use super::access::AccessHandlers;
use super::control::ControlHandlers;
use super::sampled_values::SvSources;
use super::setting_groups::SettingGroupHandlers;
use super::{ClientConnection, RcbEvent, ServerIdentity};
use crate::common::{
    AccessPolicy, FileAccess, FileService, FunctionalConstraint as Fc, MmsDataAccessError,
};
use crate::model::arena::NodeKey;
use crate::model::{DataAttribute, GooseControlBlock, SvControlBlock};
use mms::MmsValue;
use mms::osi::acse::{AssociateRequest, AssociateResult};
use parking_lot::RwLock;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::Poll;
use tokio::runtime::{Handle, RuntimeFlavor};

type ConnectionHandler = dyn Fn(&ClientConnection, bool) + Send + Sync;
pub(crate) type FileAccessHandler =
    dyn Fn(&ClientConnection, FileService, &str, Option<&str>) -> FileAccess + Send + Sync;
type Authenticator = dyn Fn(&ClientConnection, &AssociateRequest) -> bool + Send + Sync;
pub(super) type PublisherHandler<B> = dyn Fn(&B, bool, Option<&ClientConnection>) + Send + Sync;
type RcbHandler = dyn Fn(&RcbEvent) + Send + Sync;
pub(crate) type WriteHandler =
    dyn Fn(&ClientConnection, &DataAttribute, &MmsValue) -> MmsDataAccessError + Send + Sync;

/// What the application has registered: shared by the server and its engine, and never locked
/// while a callback runs.
pub(crate) struct Handlers {
    /// No other server of the process has it.
    number: u64,
    identity: RwLock<Arc<ServerIdentity>>,
    connection: RwLock<Option<Arc<ConnectionHandler>>>,
    authenticator: RwLock<Option<Arc<Authenticator>>>,
    file_access: RwLock<Option<Arc<FileAccessHandler>>>,
    pub(super) setting_groups: SettingGroupHandlers,
    write: RwLock<HashMap<NodeKey, Arc<WriteHandler>>>,
    has_write: AtomicBool,
    pub(crate) control: ControlHandlers,
    rcb: RwLock<Option<Arc<RcbHandler>>>,
    has_rcb: AtomicBool,
    gocb: RwLock<Option<Arc<PublisherHandler<GooseControlBlock>>>>,
    svcb: RwLock<HashMap<SvControlBlock, Arc<PublisherHandler<SvControlBlock>>>>,
    pub(super) sv_sources: SvSources,
    pub(super) access: AccessHandlers,
    /// Functional constraints clients may write, a bit each.
    writable: AtomicU32,
}

thread_local! {
    /// The servers whose callbacks this thread is in.
    static CALLING: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// The functional constraints a policy can be set for.
const WITH_POLICY: [Fc; 6] = [Fc::DC, Fc::CF, Fc::SP, Fc::SV, Fc::SE, Fc::BL];

fn bit(fc: Fc) -> u32 {
    WITH_POLICY
        .iter()
        .position(|f| *f == fc)
        .map_or(0, |at| 1 << at)
}

impl Default for Handlers {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Handlers {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            identity: RwLock::default(),
            connection: RwLock::new(None),
            authenticator: RwLock::new(None),
            file_access: RwLock::new(None),
            setting_groups: SettingGroupHandlers::default(),
            write: RwLock::default(),
            has_write: AtomicBool::new(false),
            control: ControlHandlers::default(),
            rcb: RwLock::new(None),
            has_rcb: AtomicBool::new(false),
            gocb: RwLock::new(None),
            svcb: RwLock::default(),
            sv_sources: SvSources::default(),
            access: AccessHandlers::default(),
            writable: AtomicU32::new(bit(Fc::SP) | bit(Fc::SV) | bit(Fc::SE)),
        }
    }
}

impl Handlers {
    pub(crate) fn identity(&self) -> Arc<ServerIdentity> {
        self.identity.read().clone()
    }

    pub(super) fn set_identity(&self, identity: ServerIdentity) {
        *self.identity.write() = Arc::new(identity);
    }

    pub(super) fn set_connection_handler(&self, handler: Arc<ConnectionHandler>) {
        // The one before is dropped behind the lock: dropping what it has captured may call back.
        let _before = self.connection.write().replace(handler);
    }

    pub(crate) fn connection_changed(&self, client: &ClientConnection, connected: bool) {
        let handler = self.connection.read().clone();
        if let Some(handler) = handler {
            // A panic is reported by `call`; there is nothing to refuse.
            let _ = self.call("connection handler", handler, |handler| {
                handler(client, connected);
            });
        }
    }

    pub(super) fn set_authenticator(&self, authenticator: Arc<Authenticator>) {
        let _before = self.authenticator.write().replace(authenticator);
    }

    /// Whether the caller may have an association.
    pub(crate) fn authenticate(
        &self,
        client: &ClientConnection,
        request: &AssociateRequest,
    ) -> Result<(), AssociateResult> {
        let authenticator = self.authenticator.read().clone();
        let Some(authenticator) = authenticator else {
            return Ok(());
        };
        let accepted = self.call("authenticator", authenticator, |authenticator| {
            authenticator(client, request)
        });
        match (accepted, &request.authentication) {
            (Some(true), _) => Ok(()),
            (_, None) => Err(AssociateResult::AUTHENTICATION_REQUIRED),
            (_, Some(_)) => Err(AssociateResult::AUTHENTICATION_FAILURE),
        }
    }

    pub(super) fn set_file_access_handler(&self, handler: Arc<FileAccessHandler>) {
        let _before = self.file_access.write().replace(handler);
    }

    /// Whether a client may use a file.
    pub(crate) fn file_access(
        &self,
        client: &ClientConnection,
        service: FileService,
        path: &str,
        other: Option<&str>,
    ) -> FileAccess {
        let handler = self.file_access.read().clone();
        let Some(handler) = handler else {
            return FileAccess::Allow;
        };
        self.call("file access handler", handler, |handler| {
            handler(client, service, path, other)
        })
        .unwrap_or(FileAccess::Deny)
    }

    pub(super) fn set_write_handler(&self, key: NodeKey, handler: Arc<WriteHandler>) {
        let _before = self.write.write().insert(key, handler);
        self.has_write.store(true, Ordering::Release);
    }

    pub(crate) fn has_write_handlers(&self) -> bool {
        self.has_write.load(Ordering::Acquire)
    }

    /// The handler of an attribute; for an element of an array, that of the array around it if the
    /// element has none.
    pub(crate) fn write_handler(&self, key: NodeKey) -> Option<Arc<WriteHandler>> {
        let handlers = self.write.read();
        let around = |len| NodeKey {
            id: key.id,
            indices: key.indices.truncated(len),
        };
        let lengths = (0..=key.indices.len()).rev();
        lengths
            .map(around)
            .find_map(|key| handlers.get(&key))
            .cloned()
    }

    pub(crate) fn set_rcb_handler(&self, handler: Arc<RcbHandler>) {
        let _before = self.rcb.write().replace(handler);
        self.has_rcb.store(true, Ordering::Release);
    }

    pub(crate) fn has_rcb_handler(&self) -> bool {
        self.has_rcb.load(Ordering::Acquire)
    }

    pub(crate) fn rcb_event(&self, event: &RcbEvent) {
        let handler = self.rcb.read().clone();
        if let Some(handler) = handler {
            // A panic is reported by `call`; there is nothing to refuse.
            let _ = self.call("handler of report control blocks", handler, |handler| {
                handler(event);
            });
        }
    }

    pub(super) fn set_gocb_handler(&self, handler: Arc<PublisherHandler<GooseControlBlock>>) {
        let _before = self.gocb.write().replace(handler);
    }

    pub(crate) fn gocb_event(
        &self,
        block: &GooseControlBlock,
        enabled: bool,
        client: Option<&ClientConnection>,
    ) {
        let handler = self.gocb.read().clone();
        if let Some(handler) = handler {
            let _ = self.call("handler of GOOSE control blocks", handler, |handler| {
                handler(block, enabled, client)
            });
        }
    }

    pub(super) fn set_svcb_handler(
        &self,
        block: &SvControlBlock,
        handler: Arc<PublisherHandler<SvControlBlock>>,
    ) {
        let _before = self.svcb.write().insert(block.clone(), handler);
    }

    pub(crate) fn svcb_event(
        &self,
        block: &SvControlBlock,
        enabled: bool,
        client: Option<&ClientConnection>,
    ) {
        self.sv_sources.enabled(block, enabled);
        let handler = self.svcb.read().get(block).cloned();
        if let Some(handler) = handler {
            let _ = self.call(
                "handler of a sampled value control block",
                handler,
                |handler| handler(block, enabled, client),
            );
        }
    }

    /// `false` for functional constraints without a policy.
    pub(super) fn set_write_policy(&self, fc: Fc, policy: AccessPolicy) -> bool {
        let bit = bit(fc);
        match policy {
            AccessPolicy::Allow => self.writable.fetch_or(bit, Ordering::Relaxed),
            AccessPolicy::Deny => self.writable.fetch_and(!bit, Ordering::Relaxed),
        };
        bit != 0
    }

    /// The policy for attributes without a handler; `None` where clients never write.
    pub(crate) fn write_policy(&self, fc: Fc) -> Option<AccessPolicy> {
        let bit = bit(fc);
        match (bit, self.writable.load(Ordering::Relaxed) & bit) {
            (0, _) => None,
            (_, 0) => Some(AccessPolicy::Deny),
            _ => Some(AccessPolicy::Allow),
        }
    }

    /// Runs a callback of the application as [`blocking`] work; a panic ends the callback and
    /// gives `None`. If the handler is not registered any more, this drops it, and what it has captured: perhaps the
    /// last handle of the server, which then ends as in the callback.
    pub(crate) fn call<H, R>(
        &self,
        what: &'static str,
        handler: H,
        callback: impl FnOnce(&H) -> R,
    ) -> Option<R> {
        blocking(|| {
            self.guarded(what, || {
                let result = callback(&handler);
                drop(handler);
                result
            })
        })
    }

    /// Drops a handler as [`call`](Handlers::call) does.
    pub(super) fn release(&self, what: &'static str, handler: impl Sized) {
        self.guarded(what, || drop(handler));
    }

    /// Runs the future of an asynchronous callback; a panic ends it and gives `None`.
    pub(crate) async fn drive<R>(
        &self,
        what: &'static str,
        make: impl FnOnce() -> Pin<Box<dyn Future<Output = R> + Send>>,
    ) -> Option<R> {
        let mut future = self.guarded(what, make)?;
        let result = poll_fn(|cx| match self.guarded(what, || future.as_mut().poll(cx)) {
            Some(Poll::Ready(result)) => Poll::Ready(Some(result)),
            Some(Poll::Pending) => Poll::Pending,
            None => Poll::Ready(None),
        })
        .await;
        self.release(what, future);
        result
    }

    /// Runs code of the application on this thread; a panic ends it and gives `None`.
    fn guarded<R>(&self, what: &'static str, callback: impl FnOnce() -> R) -> Option<R> {
        CALLING.with_borrow_mut(|servers| servers.push(self.number));
        let result = catch_unwind(AssertUnwindSafe(callback));
        CALLING.with_borrow_mut(Vec::pop);
        result
            .inspect_err(|_| tracing::error!("panic in a {what}"))
            .ok()
    }

    /// Whether this thread is in a callback of this server.
    pub(crate) fn is_calling(&self) -> bool {
        CALLING.with_borrow(|servers| servers.contains(&self.number))
    }
}

/// Runs what may take long in the task of an association. Others of this thread are moved
/// elsewhere meanwhile, so that it delays nobody but its client.
pub(crate) fn blocking<R>(work: impl FnOnce() -> R) -> R {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(work)
        }
        _ => work(),
    }
}
