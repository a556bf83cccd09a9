//! Servers: a data model that clients browse, read and write over MMS.

mod access;
mod client_connection;
mod config;
#[cfg(feature = "serde")]
mod config_serde;
pub(crate) mod control;
mod files;
mod handlers;
pub mod log;
mod publishers;
mod report;
mod sampled_values;
mod setting_groups;
mod supervision;
mod values;

pub use access::{ControlBlockAccess, ListedObject};
pub use client_connection::ClientConnection;
pub use config::IedServerConfig;
pub use control::ControlAction;
pub(crate) use handlers::{Handlers, blocking};
pub use mms::osi::acse::{AeQualifier, ApTitle, AssociateRequest, Authentication};
pub use report::{RcbEvent, ReportControlBlockState};
pub use sampled_values::SvSourceOptions;
pub use supervision::{GooseSupervision, SvSupervision};

use crate::Error;
use crate::common::{AccessPolicy, FunctionalConstraint, MmsDataAccessError};
use crate::engine::native::NativeServer;
use crate::engine::{Change, Engine, ServerEngine};
use crate::model::arena::Arena;
use crate::model::{DataAttribute, DataAttributeType, IedModel, ModelNodeExt};
use mms::MmsValue;
use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The port of MMS without TLS.
pub const DEFAULT_PORT: u16 = 102;

/// Who the server says it is (MMS identify).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerIdentity {
    /// Vendor.
    pub vendor: String,
    /// Model.
    pub model: String,
    /// Revision.
    pub revision: String,
}

impl Default for ServerIdentity {
    fn default() -> Self {
        ServerIdentity {
            vendor: env!("CARGO_PKG_NAME").to_owned(),
            model: "IedServer".to_owned(),
            revision: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A server for one data model.
///
/// All methods may be called from any thread, and from the callbacks: callbacks run with no lock
/// held. Dropping the server stops it and gives the model back.
///
/// ```
/// use iec61850::{CdcFactory, CdcOptions, IedModel, IedServer, ModelNodeExt};
///
/// let model = IedModel::new("IED1")?;
/// let device = model.create_logical_device("LD0", None)?;
/// device.create_logical_node("LLN0")?;
/// let node = device.create_logical_node("GGIO1")?;
/// let input = node.create_cdc_mv("AnIn1", false, CdcOptions::empty())?;
/// let value = input.child_attribute("mag.f")?;
///
/// let server = IedServer::new(&model, None)?;
/// server.start_on("127.0.0.1:0".parse().unwrap())?;
/// server.update_float(&value, 12.5)?;
/// assert_eq!(server.get_float(&value)?, 12.5);
/// server.stop();
/// # Ok::<(), iec61850::Error>(())
/// ```
pub struct IedServer {
    model: IedModel,
    arena: Arc<Arena>,
    handlers: Arc<Handlers>,
    engine: Box<dyn ServerEngine>,
}

impl IedServer {
    /// Makes a server for a model, which cannot be changed from now on.
    ///
    /// # Errors
    /// [`Error::ModelInUse`] if another server has the model; [`Error::Io`] if the runtime does
    /// not start; [`Error::EngineMissing`] and [`Error::EngineLibrary`] if the
    /// [engine](IedServerConfig::engine) cannot be used, [`Error::NotSupported`] if it cannot serve this
    /// model or do what the configuration asks for.
    pub fn new(model: &IedModel, config: Option<IedServerConfig>) -> Result<Self, Error> {
        let runtime = mms::net::runtime().map_err(|source| Error::Io {
            context: "starting the runtime".into(),
            source,
        })?;
        Self::new_on(runtime, model, config)
    }

    /// Like [`IedServer::new`], with its associations on a runtime of the application in place of
    /// the one that all servers and clients of the process share. The runtime needs its IO and
    /// time drivers. On one with a single thread, a callback that takes long delays all
    /// associations, and [`IedServer::stop`] must not be called on that thread.
    ///
    /// # Errors
    /// As for [`IedServer::new`].
    pub fn new_on(
        runtime: tokio::runtime::Handle,
        model: &IedModel,
        config: Option<IedServerConfig>,
    ) -> Result<Self, Error> {
        let config = config.unwrap_or_default();
        config.engine.check()?;
        let arena = model.acquire()?;
        let handlers = Arc::new(Handlers::default());
        let engine = make_engine(runtime, model, &arena, config, &handlers)
            .inspect_err(|_| model.release())?;
        Ok(IedServer {
            model: model.clone(),
            arena,
            handlers,
            engine,
        })
    }

    /// A server on the runtime of a test, with what is behind its engine.
    #[cfg(test)]
    pub(crate) fn with_native(
        model: &IedModel,
    ) -> Result<(Self, Arc<crate::engine::native::Shared>), Error> {
        let arena = model.acquire()?;
        let handlers = Arc::new(Handlers::default());
        let engine = NativeServer::new(
            tokio::runtime::Handle::current(),
            model,
            arena.clone(),
            IedServerConfig::default(),
            handlers.clone(),
        )?;
        let shared = engine.shared();
        let server = IedServer {
            model: model.clone(),
            arena,
            handlers,
            engine: Box::new(engine),
        };
        Ok((server, shared))
    }

    /// The model that is served.
    pub fn model(&self) -> &IedModel {
        &self.model
    }

    /// Listens on all interfaces; port 0 takes any free one. Does nothing when it listens already.
    ///
    /// # Errors
    /// [`Error::Io`] if the port is taken or not permitted: ports below 1024 need rights.
    pub fn start(&self, port: u16) -> Result<(), Error> {
        self.start_on(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port))
    }

    /// Listens on one address.
    ///
    /// # Errors
    /// As for [`IedServer::start`].
    pub fn start_on(&self, address: SocketAddr) -> Result<(), Error> {
        self.engine.start(address)?;
        self.handlers.sv_sources.pause(false);
        Ok(())
    }

    /// Ends the listener and all associations, and waits until they are gone. A server that is
    /// stopped can be started again and has kept its values.
    ///
    /// In a callback of this server, and while the same thread has locked the data model, it does not
    /// wait, because it would wait for itself: what is left ends when the callback has returned, or
    /// the data model is unlocked. The same holds for dropping the server there.
    pub fn stop(&self) {
        self.handlers.sv_sources.pause(true);
        self.engine.stop();
    }

    /// Whether it listens.
    pub fn is_running(&self) -> bool {
        self.engine.local_address().is_some()
    }

    /// Where it listens.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.engine.local_address()
    }

    /// The port it listens on.
    pub fn local_port(&self) -> Option<u16> {
        self.local_address().map(|address| address.port())
    }

    /// Sets what clients get as identity.
    pub fn set_server_identity(&self, identity: ServerIdentity) {
        self.handlers.set_identity(identity);
        self.engine.changed(Change::Identity);
    }

    /// Calls `handler` when an association has been opened (`true`) and when it is over (`false`).
    /// A handler that was there before is replaced.
    pub fn register_connection_change(
        &self,
        handler: impl Fn(&ClientConnection, bool) + Send + Sync + 'static,
    ) {
        self.handlers.set_connection_handler(Arc::new(handler));
    }

    /// Asks `authenticator` before an association is accepted: it sees the addresses, the AP titles
    /// and AE qualifiers of both sides, and the authentication (ISO 8650-1), which for a password
    /// is [`Authentication::Password`]. Without one, everybody is accepted.
    pub fn set_authenticator(
        &self,
        authenticator: impl Fn(&ClientConnection, &AssociateRequest) -> bool + Send + Sync + 'static,
    ) {
        self.handlers.set_authenticator(Arc::new(authenticator));
        self.engine.changed(Change::Authenticator);
    }

    /// Asks `handler` whenever a client writes the attribute. [`MmsDataAccessError::Success`]
    /// stores the value, [`MmsDataAccessError::SuccessNoUpdate`] only says so,
    /// [`MmsDataAccessError::NoResponse`] leaves the client without an answer, and every other
    /// result is the client's error. The handler decides in place of the write policy. For an
    /// array, it is asked for every element that has no handler of its own.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the attribute is constructed or of another model.
    pub fn register_write_handler(
        &self,
        attribute: &DataAttribute,
        handler: impl Fn(&ClientConnection, &DataAttribute, &MmsValue) -> MmsDataAccessError
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        self.own(attribute)?;
        if attribute.attribute_type() == DataAttributeType::Constructed {
            return Err(Error::WrongKind {
                reference: attribute.reference(),
                reason: "is constructed: handlers belong to its leaves",
            });
        }
        let key = attribute.handle.key;
        self.handlers.set_write_handler(key, Arc::new(handler));
        self.engine.changed(Change::WriteHandler(key));
        Ok(())
    }

    /// Whether clients may write attributes of the functional constraint that have no handler.
    ///
    /// SP, SV and SE may be written at the start, DC, CF and BL not.
    ///
    /// # Errors
    /// [`Error::InvalidFunctionalConstraint`] for others than DC, CF, SP, SV, SE and BL: those
    /// are never written by clients, or not as plain values.
    pub fn set_default_write_policy(
        &self,
        fc: FunctionalConstraint,
        policy: AccessPolicy,
    ) -> Result<(), Error> {
        if self.handlers.set_write_policy(fc, policy) {
            self.engine.changed(Change::WritePolicy(fc, policy));
            Ok(())
        } else {
            Err(Error::InvalidFunctionalConstraint {
                reference: self.model.name(),
                fc,
                reason: "has no write policy",
            })
        }
    }

    /// Holds clients and the updates of other threads back until the guard is dropped: what is
    /// updated meanwhile becomes visible at once. May be nested.
    pub fn lock_data_model(&self) -> DataModelGuard<'_> {
        self.engine.lock_data_model();
        DataModelGuard {
            server: self,
            _thread: PhantomData,
        }
    }

    /// Like [`IedServer::lock_data_model`] without a guard, to be undone by
    /// [`IedServer::unlock_data_model`] on the same thread.
    pub fn lock_data_model_raw(&self) {
        self.engine.lock_data_model();
    }

    /// Undoes one [`IedServer::lock_data_model_raw`] of this thread.
    pub fn unlock_data_model(&self) {
        self.engine.unlock_data_model();
    }

    /// Runs `f` with the data model locked.
    pub fn with_data_model<R>(&self, f: impl FnOnce(&Self) -> R) -> R {
        let _guard = self.lock_data_model();
        f(self)
    }

    /// Nodes of other models are refused.
    fn own(&self, attribute: &DataAttribute) -> Result<(), Error> {
        if attribute.handle.model == self.model {
            Ok(())
        } else {
            Err(Error::WrongKind {
                reference: attribute.reference(),
                reason: "belongs to another model than the server's",
            })
        }
    }
}

fn make_engine(
    runtime: tokio::runtime::Handle,
    model: &IedModel,
    arena: &Arc<Arena>,
    config: IedServerConfig,
    handlers: &Arc<Handlers>,
) -> Result<Box<dyn ServerEngine>, Error> {
    let (arena, handlers) = (arena.clone(), handlers.clone());
    Ok(match config.engine {
        Engine::Native => Box::new(NativeServer::new(runtime, model, arena, config, handlers)?),
        #[cfg(feature = "libiec61850")]
        Engine::Libiec61850 => Box::new(crate::engine::libiec61850::CServer::new(
            runtime, model, arena, config, handlers,
        )?),
        #[cfg(not(feature = "libiec61850"))]
        engine @ Engine::Libiec61850 => return Err(Error::EngineMissing { engine }),
    })
}

impl Drop for IedServer {
    fn drop(&mut self) {
        self.handlers.sv_sources.clear();
        self.engine.stop();
        self.model.release();
    }
}

impl fmt::Debug for IedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IedServer")
            .field("model", &self.model)
            .field("local_address", &self.local_address())
            .finish_non_exhaustive()
    }
}

/// The locked data model, see [`IedServer::lock_data_model`]. Stays on its thread.
#[derive(Debug)]
#[must_use = "the data model is unlocked when the guard is dropped"]
pub struct DataModelGuard<'a> {
    server: &'a IedServer,
    /// The lock belongs to the thread that took it.
    _thread: PhantomData<*const ()>,
}

impl Drop for DataModelGuard<'_> {
    fn drop(&mut self) {
        self.server.engine.unlock_data_model();
    }
}
