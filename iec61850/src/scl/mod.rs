//! SCL, the configuration language of IEC 61850-6, and the model files of libiec61850.
//!
//! # SCL
//!
//! [`SclDocument`] reads SCL files of Editions 1, 2 and 2.1 in any encoding and makes an
//! [`IedModel`](crate::IedModel) of the server of one of their IEDs. What does not fit is left out
//! with a warning that names file, line, element and reason, or refused with
//! [`SclOptions::strict`].
//!
//! # Model files
//!
//! [`IedModel::create_from_config_file`](crate::IedModel::create_from_config_file) and
//! [`IedModel::from_config`](crate::IedModel::from_config) read the `.cfg` files of libiec61850,
//! [`IedModel::to_config`](crate::IedModel::to_config) writes them: one model,
//! `MODEL(ied){ LD(inst){ LN(name){ ... } } }`, one statement a line.
//!
//! What the format cannot say is lost when a model is written and read again: the common data
//! class of data objects, the names of enumerated values (and with them the width of enumerations
//! that do not fit in 8 bits), values of single setting groups, and the number of ASDUs of sampled
//! value control blocks.
//!
//! Where it has no form, these are our own, which libiec61850 does not read: values of array
//! elements (`[2]=5;` and `[2]{ ... }` in the block of the array), octet strings and times with a
//! quality in quoted hex, bit strings in quoted digits. Other than in libiec61850, a `PA` line
//! belongs to the control block it stands in.

mod config_file;
mod document;
mod encoding;
mod error;
mod instantiate;
mod xml;

pub use config_file::ConfigFileError;
pub use document::{AccessPointAddress, SclAccessPoint, SclDocument, SclHeader, SclIed, Services};
pub use error::{Location, SclError, SclWarning};
pub use instantiate::SclInstance;

use std::time::Duration;

/// Time to the first repetition of a GOOSE message where the file does not say it; as libiec61850
/// has it.
const DEFAULT_GOOSE_MIN_TIME: Duration = Duration::from_millis(500);
/// Time between repetitions of a GOOSE message where the file does not say it; as libiec61850 has
/// it.
const DEFAULT_GOOSE_MAX_TIME: Duration = Duration::from_secs(5);

/// How SCL files are read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SclOptions {
    /// Larger files are refused. In bytes; 256 MiB by default.
    pub max_file_size: u64,
    /// An instance with more data objects and attributes is refused, the elements of arrays
    /// counted each. 4 million by default.
    pub max_nodes: usize,
    /// Whether everything that is wrong is an error. By default (`false`) what does not fit is
    /// left out with a warning as long as the rest of the model makes sense without it: exports
    /// of real tools are seldom free of such things.
    pub strict: bool,
}

impl Default for SclOptions {
    fn default() -> Self {
        SclOptions {
            max_file_size: 256 << 20,
            max_nodes: 4_000_000,
            strict: false,
        }
    }
}
