//! IEC 60870-6 TASE.2 (ICCP) over MMS.
#![forbid(unsafe_code)]

mod error;
mod name;
pub mod types;

pub use error::DecodeError;
pub use name::{MAX_IDENTIFIER, Name, NameError};
