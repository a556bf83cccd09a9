//! SCL, the configuration language of IEC 61850-6, and the model files of libiec61850.
//!
//! [`SclDocument`] reads SCL files of Editions 1, 2 and 2.1 and makes an
//! [`IedModel`](crate::model::IedModel) of one of their IEDs.

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
