//! Clients: connections to IEC 61850 servers of any make, with the classes and method names of
//! py61850.
//!
//! [`asynchronous::IedConnection`] is for asynchronous programs. [`IedConnection`] has the same
//! methods for programs without a runtime: each call waits for its result.

pub mod asynchronous {
    //! The client for asynchronous programs.

    pub use super::connection::{Connecting, IedConnection, Stream};
    pub use super::control::ControlObject;
    pub use super::log::LogReader;
    pub use super::report::ReportControlBlock;
}

mod access;
mod blocking;
mod compare;
mod connection;
mod control;
mod data_set;
mod directory;
mod dispatch;
pub(crate) mod engine;
mod error;
mod files;
mod log;
mod model;
mod options;
mod publishers;
mod report;
mod setting_group;
mod state;
pub(crate) mod target;
mod window;

pub use blocking::{ControlObject, DataSet, IedConnection, LogReader, ReportControlBlock, Reports};
pub use compare::{DifferenceKind, ModelDifference};
pub use control::{ControlFailure, LastApplError, Termination};
pub use data_set::{DataSetDirectory, DataSetValues};
pub use error::{IedClientError, ServiceFailure};
pub use files::FileDirectoryEntry;
pub use log::{LogControlBlockValues, LogEntry, LogItem};
pub use mms::client::Identity;
pub use model::{DeviceModel, LogicalDeviceDescription, LogicalNodeDescription, PartDescription};
pub use options::{ConnectionOptions, ReconnectOptions, TimeQuality};
pub use publishers::{GocbElement, GooseControlBlock, SampledValuesControlBlock, SvcbElement};
pub use report::{
    IncludedMember, RcbElement, RcbValues, ReasonForInclusion, Report, ReportError, ReportMessage,
    ReportStream, SubscribeOptions,
};
pub use setting_group::SettingGroupValues;
pub use state::IedConnectionState;
