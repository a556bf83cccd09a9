//! The engines a server can run on, behind one crate-private trait.
//!
//! The public types know no engine: [`crate::server::IedServer`] holds a [`ServerEngine`] and
//! hands it node keys and values.

pub(crate) mod native;

use crate::Error;
use crate::common::FunctionalConstraint;
use crate::link::Link;
use crate::model::ReportControlBlock;
use crate::model::arena::NodeKey;
use crate::server::ReportControlBlockState;
use crate::server::log::{LogStatistics, LogStorage};
use mms::MmsValue;
use std::net::SocketAddr;
use std::path::Path;

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
    fn set_goose_link(&self, block: Option<usize>, link: Box<dyn Link>);

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
}
