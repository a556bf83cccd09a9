//! IEC 61850 servers and clients, with the classes and method names of py61850.
//!
//! A server is a data model and an [`IedServer`] that serves it. The model is built in the program,
//! as here, or read from a file. Clients see values as soon as they are updated:
//!
//! ```
//! use iec61850::{CdcFactory, CdcOptions, IedModel, IedServer, ModelNodeExt, Timestamp};
//! use iec61850::client::IedConnection;
//! use iec61850::FunctionalConstraint::MX;
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
//! let connection = IedConnection::new();
//! connection.connect("127.0.0.1", server.local_port().ok_or("not listening")?)?;
//! assert_eq!(connection.read_float("IED1LD0/MMXU1.TotW.mag.f", MX)?, 12.5);
//! connection.close();
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
//! | [`client`] | connections to servers of any make: data, directories, reports, controls, setting groups, logs, files |
//! | [`IedServerConfig`] | limits and options |
//! | [`goose`], [`sv`] | publishers and subscribers of GOOSE and sampled values |
//! | [`link`] | Ethernet interfaces, capture files, links in memory |
//! | [`common`] | functional constraints, quality, time, trigger options, error numbers |
//! | [`Error`] | what can go wrong |
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
// Unsafe code is in two places: `link::socket`, which makes the system calls for raw Ethernet sockets, and
// `engine::libiec61850`, which calls the C library. `forbid` could not be lifted there. All others have it.
#![deny(unsafe_code)]

#[forbid(unsafe_code)]
pub mod client;
#[forbid(unsafe_code)]
pub mod common;
#[forbid(unsafe_code)]
pub mod comtrade;
mod engine;
#[forbid(unsafe_code)]
mod error;
#[forbid(unsafe_code)]
pub mod goose;
pub mod link;
#[forbid(unsafe_code)]
pub mod model;
#[forbid(unsafe_code)]
pub mod routable;
#[forbid(unsafe_code)]
pub mod scl;
#[forbid(unsafe_code)]
pub mod server;
#[forbid(unsafe_code)]
pub mod sv;

pub use client::{IedClientError, LastApplError};
pub use common::*;
pub use engine::Engine;
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
