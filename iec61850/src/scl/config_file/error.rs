use crate::scl::error::Location;
use std::sync::Arc;

/// Why a model file is refused, or a model cannot be written as one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFileError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: Arc<str>,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is larger than a model file may be.
    #[error("{file}: larger than the limit of {limit} bytes")]
    TooLarge {
        /// The file.
        file: Arc<str>,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The text is not a model file.
    #[error("{location}: '{token}': {reason}")]
    Syntax {
        /// Where it is; the path is made of the blocks that are open.
        location: Location,
        /// The text that is wrong.
        token: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The model refuses what the file says.
    #[error("{location}: {source}")]
    Model {
        /// Where the file says it.
        location: Location,
        /// Why it is refused.
        source: Box<crate::Error>,
    },
    /// The format has no form for something in the model.
    #[error("{reference}: {what} cannot be written in a model file")]
    NotExpressible {
        /// What it belongs to.
        reference: String,
        /// What it is.
        what: String,
    },
}

impl From<ConfigFileError> for crate::Error {
    fn from(error: ConfigFileError) -> Self {
        crate::Error::ConfigFile(Box::new(error))
    }
}
