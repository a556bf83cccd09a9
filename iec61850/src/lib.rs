//! IEC 61850 servers, with the classes and method names of py61850.
//!
//! A server is a data model and an [`IedServer`] that serves it. The model is built in the program,
//! as here, or read from a file. Clients see values as soon as they are updated; this one is the
//! generic client of the crate [`mms`]:
//!
//! ```
//! use iec61850::{CdcFactory, CdcOptions, IedModel, IedServer, ModelNodeExt, Timestamp};
//! use mms::client::blocking::Client;
//! use mms::{MmsValue, ObjectName};
//!
//! let model = IedModel::new("IED1")?;
//! let device = model.create_logical_device("LD0", None)?;
//! device.create_logical_node("LLN0")?;
//! let meter = device.create_logical_node("MMXU1")?;
//! let power = meter.create_cdc_mv("TotW", false, CdcOptions::empty())?;
//! let (value, time) = (power.child_attribute("mag.f")?, power.child_attribute("t")?);
//!
//! let server = IedServer::new(&model, None)?;
//! server.start_on(([127, 0, 0, 1], 0).into())?; // `start(102)` listens on all interfaces
//! server.with_data_model(|server| {
//!     // Clients see both at once.
//!     server.update_float(&value, 12.5)?;
//!     server.update_timestamp(&time, &Timestamp::now())
//! })?;
//!
//! let address = server.local_address().ok_or("not listening")?;
//! let client = Client::connect(address, Default::default())?;
//! let read = client.read(ObjectName::domain("IED1LD0", "MMXU1$MX$TotW$mag$f"))?;
//! assert_eq!(read, MmsValue::Float32(12.5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! From an SCL file it is `SclDocument::parse_file("station.scd")?.model(Some("BAY1"), None)?`, see
//! [`scl`].
//!
//! # Where to look
//!
//! | | |
//! |---|---|
//! | [`IedModel`], [`model`] | logical devices and nodes, data objects and attributes, data sets, control blocks |
//! | [`CdcFactory`] | data objects of the common data classes, one method each |
//! | [`scl`] | models out of SCL files and out of libiec61850's `.cfg` files |
//! | [`IedServer`], [`server`] | start and stop, values, write access, reports, controls, setting groups, logs, files, connections |
//! | [`server::log`] | storages of logs |
//! | [`IedServerConfig`] | limits and options |
//! | [`common`] | functional constraints, quality, time, trigger options, error numbers |
//! | [`Error`] | what can go wrong |
//!
//! Controls, publishers and subscribers of GOOSE and sampled values, and the client class of py61850
//! are not there yet. Until then a client for any MMS server is [`mms::client`].
//!
//! The feature `sqlite` adds `server::log::SqliteLog`, a log that survives restarts.
//!
//! # Threads and callbacks
//!
//! Calls block for as long as they take, which is microseconds except for
//! [`IedServer::stop`] and for values another thread has
//! [locked](IedServer::lock_data_model). All servers of a process share one tokio runtime that is
//! started by the first. Callbacks run on its threads with no lock held, and may call the server;
//! a callback that takes long delays the client that caused it and nobody else.
#![forbid(unsafe_code)]

pub mod common;
mod engine;
mod error;
pub mod model;
pub mod scl;
pub mod server;

pub use common::*;
pub use error::Error;
pub use mms::{BinaryTime, BitString, MmsType, MmsValue};
pub use model::*;
pub use server::{
    ClientConnection, ControlAction, ControlBlockAccess, DEFAULT_PORT, DataModelGuard, IedServer,
    IedServerConfig, ListedObject, RcbEvent, ReportControlBlockState, ServerIdentity,
};

/// The documents of the repository, whose examples are tested as those of this crate.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/guide.md")]
    struct Guide;
    #[doc = include_str!("../../docs/py61850-migration.md")]
    struct FromPy61850;
}
