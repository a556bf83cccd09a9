//! The engines a server can run on, behind one crate-private trait.
//!
//! The public types know no engine: [`crate::server::IedServer`] holds a [`ServerEngine`] and
//! hands it node keys and values.

#[forbid(unsafe_code)]
mod journal;
#[cfg(feature = "libiec61850")]
#[allow(unsafe_code)]
pub(crate) mod libiec61850;
#[forbid(unsafe_code)]
pub(crate) mod native;

use crate::Error;
use crate::common::{AccessPolicy, FunctionalConstraint};
use crate::link::Link;
use crate::model::ReportControlBlock;
use crate::model::arena::NodeKey;
use crate::server::ReportControlBlockState;
use crate::server::log::{LogStatistics, LogStorage};
use mms::MmsValue;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;

/// What runs servers and connections. The same program runs on each; what differs is told in
/// `docs/engines.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Engine {
    /// The Rust stack of this crate.
    #[default]
    Native,
    /// The C library libiec61850 1.6, if the feature `libiec61850` is compiled in. A program with it
    /// is a combined work under GPLv3.
    Libiec61850,
}

impl Engine {
    /// All engines there are, whether compiled in or not.
    pub const ALL: &[Engine] = &[Engine::Native, Engine::Libiec61850];

    /// Its name in configuration files and on command lines: `native` or `libiec61850`.
    pub const fn name(self) -> &'static str {
        match self {
            Engine::Native => "native",
            Engine::Libiec61850 => "libiec61850",
        }
    }

    /// Whether it is compiled in.
    pub const fn is_compiled_in(self) -> bool {
        match self {
            Engine::Native => true,
            Engine::Libiec61850 => cfg!(feature = "libiec61850"),
        }
    }

    /// Whether it can be used: compiled in, and running with a library that fits.
    ///
    /// # Errors
    /// [`Error::EngineMissing`] if it is not compiled in, [`Error::EngineLibrary`] if the library that is
    /// loaded is too old or too new.
    pub fn check(self) -> Result<(), Error> {
        match self {
            Engine::Native => Ok(()),
            #[cfg(feature = "libiec61850")]
            Engine::Libiec61850 => libiec61850::check(),
            #[cfg(not(feature = "libiec61850"))]
            Engine::Libiec61850 => Err(Error::EngineMissing { engine: self }),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Engine {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Engine::ALL.iter().find(|engine| engine.name() == text);
        known.copied().ok_or_else(|| Error::UnknownName {
            what: "engine",
            name: text.to_owned(),
        })
    }
}

/// Handlers that are asked about all objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AccessHandler {
    /// Of reads of data.
    Read,
    /// Of lists of names.
    Directory,
    /// Of what is in lists.
    ListObjects,
    /// Of data sets.
    DataSet,
    /// Of control blocks.
    ControlBlock,
}

/// What the application has set. An engine that asks [`Handlers`](crate::server::Handlers) at the
/// time need not know.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(feature = "libiec61850"),
    allow(dead_code, reason = "for engines that keep handlers themselves")
)]
pub(crate) enum Change {
    /// Who the server is.
    Identity,
    /// The handler of writes to one attribute, or to one element.
    WriteHandler(NodeKey),
    /// One of the handlers of access.
    AccessHandler(AccessHandler),
    /// The authenticator.
    Authenticator,
    /// The handler of a sampled value control block, by its number in the model.
    SvHandler(usize),
    /// Whether clients may write what has no handler.
    WritePolicy(FunctionalConstraint, AccessPolicy),
    /// Whether requests get no answer.
    IgnoreRequests(bool),
}

/// What a server asks of its engine.
pub(crate) trait ServerEngine: Send + Sync {
    /// Listens, and returns where.
    fn start(&self, address: SocketAddr) -> Result<SocketAddr, Error>;

    /// Ends all associations and the listener, and waits until they are gone.
    fn stop(&self);

    /// Where it listens; `None` when it does not.
    fn local_address(&self) -> Option<SocketAddr>;

    /// The value of an attribute, or of the attributes of an object with the functional
    /// constraint.
    fn get(&self, key: NodeKey, fc: FunctionalConstraint) -> Option<MmsValue>;

    /// Stores values of attributes that are leaves, at once, and evaluates what they trigger.
    fn update(&self, leaves: &mut dyn Iterator<Item = (NodeKey, MmsValue)>);

    /// Holds back clients and the updates of other threads until the same thread unlocks as often
    /// as it has locked.
    fn lock_data_model(&self);

    /// See [`ServerEngine::lock_data_model`].
    fn unlock_data_model(&self);

    /// Sets GoEna of all GOOSE control blocks that have a data set.
    fn enable_goose(&self, on: bool);

    /// Publishes GOOSE messages of one control block, by its number in the model, or of all on
    /// another link.
    fn set_goose_link(&self, block: Option<usize>, link: Box<dyn Link>) -> Result<(), Error>;

    /// As [`ServerEngine::set_goose_link`], on an interface of this machine.
    #[cfg(target_os = "linux")]
    fn set_goose_interface(&self, block: Option<usize>, interface: &str) -> Result<(), Error> {
        let link = crate::link::PacketLink::open_sender(interface)?;
        self.set_goose_link(block, Box::new(link))
    }

    /// When the messages of one GOOSE control block, by its number in the model, or of all are repeated.
    fn set_goose_curve(
        &self,
        block: Option<usize>,
        curve: crate::goose::RetransmissionCurve,
    ) -> Result<(), Error> {
        let _ = (block, curve);
        Err(Error::NotSupported {
            what: "a curve of repetitions".into(),
            engine: Engine::Libiec61850,
        })
    }

    /// Sets SvEna of all sampled value control blocks that have a data set.
    fn enable_sampled_values(&self, on: bool) -> Result<(), Error> {
        let _ = on;
        Err(Error::NotSupported {
            what: "enabling sampled value control blocks by the application".into(),
            engine: Engine::Libiec61850,
        })
    }

    /// Whether GOOSE messages of a control block have a VLAN tag.
    fn set_goose_vlan_tag(&self, block: usize, tag: bool);

    /// How a report control block of the model is now.
    fn report_state(&self, block: &ReportControlBlock) -> Option<ReportControlBlockState>;

    /// The active group of a setting group control block, by its number in the model.
    fn active_setting_group(&self, block: usize) -> u8;

    /// Makes a group that exists the active one. `false`: not while a handler is asked.
    fn set_active_setting_group(&self, block: usize, group: u8) -> bool;

    /// Gives a log, by its number in the model, another storage.
    fn set_log_storage(&self, log: usize, storage: Box<dyn LogStorage>) -> Result<(), Error>;

    /// What has become of the entries of a log.
    fn log_statistics(&self, log: usize) -> Option<LogStatistics>;

    /// Serves the files below another folder.
    fn set_filestore_basepath(&self, path: &Path) -> Result<(), Error>;

    /// Whether a handler of listed objects can be asked.
    fn may_hide_objects(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The application has set something.
    fn changed(&self, change: Change) {
        let _ = change;
    }
}
