//! IEC 61850 servers and clients.
//!
//! The classes and methods have the names of py61850, so that a program can be moved class by
//! class: [`model`] is its data model, [`common`] its enumerations and flags.
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
    ClientConnection, DEFAULT_PORT, DataModelGuard, IedServer, IedServerConfig, ServerIdentity,
};
