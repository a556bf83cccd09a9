//! The server of the library, and its life.

use super::callbacks::{Clients, Controls};
use super::config::Config;
use super::files::Settings;
use super::groups::Groups;
use super::logs::Logs;
use super::model::CModel;
use super::notices::Notices;
use super::owned::c_text;
use super::serving::Serving;
use super::{lock, out_of_memory, unsupported};
use crate::Error;
use crate::common::{AccessPolicy, FunctionalConstraint as Fc};
use crate::engine::{Change, ServerEngine};
use crate::link::Link;
use crate::model::arena::{Arena, NodeKey};
use crate::model::{IedModel, ReportControlBlock};
use crate::server::log::{LogStatistics, LogStorage};
use crate::server::{Handlers, IedServerConfig, ReportControlBlockState};
use libiec61850_sys as sys;
use mms::MmsValue;
use parking_lot::{Condvar, Mutex};
use std::ffi::c_void;
use std::io::{Error as IoError, ErrorKind};
use std::mem;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::ptr::{NonNull, null, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;
use tokio::runtime::Handle;

/// How often a free port is looked for: another program may take one that was just found.
const PORT_ATTEMPTS: usize = 20;

/// How long associations that cannot be cut are waited for when a server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// The engine of one server.
pub(crate) struct CServer(Option<Arc<Inner>>);

/// What callbacks are given.
pub(super) struct Inner {
    pub(super) server: NonNull<sys::sIedServer>,
    /// Used by the server to its end.
    pub(super) model: CModel,
    pub(super) ied: IedModel,
    pub(super) arena: Arc<Arena>,
    pub(super) handlers: Arc<Handlers>,
    pub(super) config: IedServerConfig,
    pub(super) runtime: Handle,
    pub(super) clients: Clients,
    pub(super) controls: Controls,
    pub(super) notices: Notices,
    pub(super) logs: Logs,
    pub(super) groups: Groups,
    /// The folder whose files are served.
    pub(super) base: Mutex<PathBuf>,
    pub(super) settings: Settings,
    /// No other server of the process has it.
    number: u64,
    /// Starting and stopping are done by one at a time.
    life: Mutex<Life>,
    stopped: Condvar,
}

enum Life {
    Stopped,
    Running(SocketAddr, Serving),
    /// On its way to [`Life::Stopped`].
    Stopping,
}

// SAFETY: the library's server is used by many threads: what reads or changes values has its lock, and
// starting, stopping and destroying are done by one at a time (`life`, and the last owner).
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

impl CServer {
    pub(crate) fn new(
        runtime: Handle,
        ied: &IedModel,
        arena: Arc<Arena>,
        config: IedServerConfig,
        handlers: Arc<Handlers>,
    ) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let made = Config::new(&config)?;
        let base = super::files::absolute(config.file_service_base_path())?;
        let logs = Logs::new(&arena, &config, &handlers, &runtime);
        let groups = Groups::new(&arena);
        let model = CModel::new(&arena, &groups.at_start(), config.keep_preassigned_rcbs)?;
        // SAFETY: the model is alive and outlives the server; the configuration is copied.
        let server =
            unsafe { sys::IedServer_createWithConfig(model.as_ptr(), null_mut(), made.as_ptr()) };
        let inner = Arc::new(Inner {
            server: NonNull::new(server).ok_or_else(out_of_memory)?,
            model,
            ied: ied.clone(),
            arena,
            handlers,
            config,
            runtime,
            clients: Clients::default(),
            controls: Controls::default(),
            notices: Notices::default(),
            logs,
            groups,
            base: Mutex::new(base),
            settings: Settings::default(),
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            life: Mutex::new(Life::Stopped),
            stopped: Condvar::new(),
        });
        inner.install_callbacks();
        inner.settings.identity.store(true, Ordering::Release);
        inner.apply_at_rest();
        Ok(CServer(Some(inner)))
    }

    /// It is only taken when the server is dropped.
    fn inner(&self) -> &Arc<Inner> {
        match &self.0 {
            Some(inner) => inner,
            None => unreachable!("the server is in use while it is dropped"),
        }
    }
}

impl Drop for CServer {
    fn drop(&mut self) {
        let Some(inner) = self.0.take() else {
            return;
        };
        // Nobody can give it back any more.
        if lock::forget(inner.number) {
            // SAFETY: the server is alive, and this thread has taken its lock.
            unsafe { sys::IedServer_unlockDataModel(inner.server.as_ptr()) }
        }
        if inner.is_within() {
            // The end waits for callbacks: not in one of them.
            in_background(inner, Inner::end);
        } else {
            inner.end();
        }
    }
}

/// Has a thread of its own end a server; `false` if there is none to be had.
fn in_background(inner: Arc<Inner>, end: impl FnOnce(&Inner) + Send + 'static) -> bool {
    // Also kept here: it must not be destroyed in the callback this may be called in.
    let kept = Arc::into_raw(inner.clone());
    match Builder::new().spawn(move || end(&inner)) {
        Ok(_) => {
            // SAFETY: it is the one of above, and the thread has another.
            drop(unsafe { Arc::from_raw(kept) });
            true
        }
        Err(error) => {
            tracing::error!(%error, "no thread to end a server: it goes on");
            false
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: nobody else has it: the server was stopped by whoever dropped the engine, so no thread of
        // the library is left that could call back. The model is dropped after it.
        unsafe { sys::IedServer_destroy(self.server.as_ptr()) }
    }
}

impl Inner {
    /// What callbacks are given for `self`. The server of the library, which has it, is gone before it.
    pub(super) fn parameter(&self) -> *mut c_void {
        (&raw const *self).cast_mut().cast()
    }

    /// Runs `f` with the data model locked.
    pub(super) fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        /// Unlocks also when `f` panics.
        struct Unlock<'a>(&'a Inner);
        impl Drop for Unlock<'_> {
            fn drop(&mut self) {
                self.0.unlock();
            }
        }
        self.lock();
        let _unlock = Unlock(self);
        f()
    }

    fn lock(&self) {
        lock::enter(self.number, || {
            // SAFETY: the server is alive, and this thread does not have its lock.
            unsafe { sys::IedServer_lockDataModel(self.server.as_ptr()) }
        });
    }

    fn unlock(&self) {
        lock::leave(self.number, || {
            // SAFETY: the server is alive, and this thread has taken its lock.
            unsafe { sys::IedServer_unlockDataModel(self.server.as_ptr()) }
            self.finish_log_entries();
        });
    }

    /// Runs a callback that the library makes with the data model locked.
    pub(super) fn with_lent_lock<R>(&self, callback: impl FnOnce() -> R) -> R {
        lock::lent(self.number, callback)
    }

    /// Whether this thread serves, is in a callback of this server or has locked its data model: the end of
    /// the server would wait for it.
    fn is_within(&self) -> bool {
        lock::is_held(self.number) || self.handlers.is_calling() || self.phase().is_some()
    }

    /// No other server of the process has it.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    fn start(&self, address: SocketAddr) -> Result<SocketAddr, Error> {
        let IpAddr::V4(ip) = address.ip() else {
            return Err(unsupported(format!(
                "listening on the IPv6 address {address}"
            )));
        };
        let mut life = self.life.lock();
        while let Life::Stopping = *life {
            if self.is_within() {
                // The end of what runs waits for this callback.
                return Err(Error::Busy {
                    reference: self.arena.name.clone(),
                });
            }
            self.stopped.wait(&mut life);
        }
        if let Life::Running(address, _) = *life {
            return Ok(address);
        }
        self.apply_settings();
        let local = (!ip.is_unspecified()).then(|| c_text(&ip.to_string()));
        // SAFETY: the server is alive and does not run; the text is copied, and NULL is all addresses.
        unsafe {
            let local = local.as_ref().map_or(null(), |text| text.as_ptr());
            sys::IedServer_setLocalIpAddress(self.server.as_ptr(), local);
        }
        for _ in 0..PORT_ATTEMPTS {
            // The library neither finds a free port nor says why it cannot listen.
            let listener =
                TcpListener::bind(address).map_err(|error| not_listening(address, error))?;
            let found = listener
                .local_addr()
                .map_err(|error| not_listening(address, error))?;
            drop(listener);
            // SAFETY: the server does not run, and its end waits until the thread has ended.
            let serving = unsafe { Serving::start(self, found.port()) };
            let serving = serving.map_err(|error| not_listening(address, error))?;
            if let Some(serving) = serving {
                *life = Life::Running(found, serving);
                return Ok(found);
            }
            if address.port() != 0 {
                break;
            }
        }
        Err(not_listening(address, ErrorKind::AddrInUse.into()))
    }

    /// Notes that the server stops; if it runs, what is now to be [ended](Inner::finish_stop).
    fn begin_stop(&self) -> Option<Serving> {
        let mut life = self.life.lock();
        if let Life::Running(..) = *life
            && let Life::Running(_, serving) = mem::replace(&mut *life, Life::Stopping)
        {
            return Some(serving);
        }
        None
    }

    fn finish_stop(&self, serving: Serving) {
        // While it is served: the library takes clients away under commands that are executed, and forgets
        // what they had reserved.
        self.clients.end_all(STOP_PATIENCE);
        serving.stop();
        self.all_gone();
        *self.life.lock() = Life::Stopped;
        self.stopped.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        matches!(*self.life.lock(), Life::Stopping)
    }

    /// Stops, and waits until no thread of the library uses what callbacks are given.
    fn end(&self) {
        match self.begin_stop() {
            Some(serving) => self.finish_stop(serving),
            None => self.await_stop(),
        }
    }

    /// Waits until a stop that goes on elsewhere is over.
    fn await_stop(&self) {
        let mut life = self.life.lock();
        while let Life::Stopping = *life {
            self.stopped.wait(&mut life);
        }
    }

    /// Tells the library of what has changed, if it does not run; else its own thread does.
    pub(super) fn apply_at_rest(&self) {
        let life = self.life.lock();
        if let Life::Stopped = *life {
            self.apply_settings();
        }
    }
}

impl Inner {
    /// The application has set something.
    fn changed(&self, change: Change) {
        let c = self.server.as_ptr();
        match change {
            Change::Identity => {
                self.settings.identity.store(true, Ordering::Release);
                self.apply_at_rest();
            }
            // SAFETY: the server is alive, and clients write under the lock.
            Change::WritePolicy(fc, policy) => self.locked(|| unsafe {
                let policy = match policy {
                    AccessPolicy::Allow => sys::ACCESS_POLICY_ALLOW,
                    AccessPolicy::Deny => sys::ACCESS_POLICY_DENY,
                };
                sys::IedServer_setWriteAccessPolicy(c, fc.value(), policy);
            }),
            Change::IgnoreRequests(ignore) => self.locked(|| {
                // SAFETY: as above.
                unsafe { sys::IedServer_ignoreClientRequests(c, ignore) }
            }),
            Change::WriteHandler(key) => self.watch_writes(key),
            Change::AccessHandler(handler) => self.watch_access(handler),
            Change::Authenticator => self.watch_authentication(),
            Change::SvHandler(block) => self.watch_sampled_values(block),
        }
    }
}

fn not_listening(address: SocketAddr, source: IoError) -> Error {
    Error::Io {
        context: format!("listening on {address}"),
        source,
    }
}

impl ServerEngine for CServer {
    fn start(&self, address: SocketAddr) -> Result<SocketAddr, Error> {
        self.inner().start(address)
    }

    fn stop(&self) {
        let inner = self.inner();
        if inner.is_within() {
            let (give, given) = mpsc::channel();
            let finish = move |inner: &Inner| {
                if let Ok(serving) = given.recv() {
                    inner.finish_stop(serving);
                }
            };
            if in_background(inner.clone(), finish)
                && let Some(serving) = inner.begin_stop()
            {
                // It waits for it.
                let _ = give.send(serving);
            }
        } else {
            inner.end();
        }
    }

    fn local_address(&self) -> Option<SocketAddr> {
        match *self.inner().life.lock() {
            Life::Running(address, _) => Some(address),
            Life::Stopped | Life::Stopping => None,
        }
    }

    fn get(&self, key: NodeKey, fc: Fc) -> Option<MmsValue> {
        self.inner().value(key, fc)
    }

    fn update(&self, leaves: &mut dyn Iterator<Item = (NodeKey, MmsValue)>) {
        self.inner().update(leaves);
    }

    fn lock_data_model(&self) {
        self.inner().lock();
    }

    fn unlock_data_model(&self) {
        self.inner().unlock();
    }

    fn enable_goose(&self, on: bool) {
        self.inner().enable_goose(on);
    }

    fn set_goose_link(&self, _block: Option<usize>, _link: Box<dyn Link>) -> Result<(), Error> {
        Err(unsupported(
            "publishing GOOSE on a link that is not a network interface",
        ))
    }

    #[cfg(target_os = "linux")]
    fn set_goose_interface(&self, block: Option<usize>, interface: &str) -> Result<(), Error> {
        // The library says nothing when it cannot publish: rights, name and state are tried before.
        drop(crate::link::PacketLink::open_sender(interface)?);
        self.inner().set_goose_interface(block, interface);
        Ok(())
    }

    fn set_goose_vlan_tag(&self, block: usize, tag: bool) {
        self.inner().set_goose_vlan_tag(block, tag);
    }

    fn report_state(&self, block: &ReportControlBlock) -> Option<ReportControlBlockState> {
        self.inner().report_state(block)
    }

    fn active_setting_group(&self, block: usize) -> u8 {
        self.inner().active_setting_group(block)
    }

    fn set_active_setting_group(&self, block: usize, group: u8) -> bool {
        self.inner().set_active_setting_group(block, group)
    }

    fn set_log_storage(&self, log: usize, storage: Box<dyn LogStorage>) -> Result<(), Error> {
        self.inner().set_log_storage(log, storage)
    }

    fn log_statistics(&self, log: usize) -> Option<LogStatistics> {
        self.inner().log_statistics(log)
    }

    fn set_filestore_basepath(&self, path: &Path) -> Result<(), Error> {
        self.inner().set_base_path(path)
    }

    /// With such a handler libiec61850 1.6.1 crashes when a client asks for the data sets of its association and
    /// there is one: it looks for the name of their domain.
    fn may_hide_objects(&self) -> Result<(), Error> {
        if self.inner().config.dynamic_dataset_enabled {
            return Err(unsupported(
                "a handler of listed objects while clients may create data sets",
            ));
        }
        Ok(())
    }

    fn changed(&self, change: Change) {
        self.inner().changed(change);
    }
}
