//! ISO 9506 (MMS) over the OSI stack: ACSE, presentation, session, COTP class 0 and TPKT.
//!
//! The protocol core takes bytes and gives bytes: it owns no socket, no clock and no thread.
//! Drivers for tokio are modules of their own.
#![forbid(unsafe_code)]

pub mod association;
pub mod ber;
pub mod client;
pub mod data_writer;
mod error;
mod name;
pub mod net;
pub mod osi;
pub mod pdu;
pub mod type_writer;
mod types;
mod value;
mod variable;

pub use error::{DataAccessError, FileError, RejectReason, ServiceError};
pub use name::{MAX_IDENTIFIER_LENGTH, ObjectName, OwnedObjectName};
pub use types::{Component, TypeDescription};
pub use value::{
    BinaryTime, BitString, DataView, MAX_DATA_NESTING, MmsType, MmsValue, ObjectIdentifier,
    UtcTime, ValueError,
};
pub use variable::OwnedVariable;
