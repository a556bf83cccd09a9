//! What can be wrong with a file, and where.

use std::fmt;
use std::sync::Arc;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file as it was named when it was opened; empty when the text came from memory.
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// The elements down to the place, each with what identifies it:
    /// `IED[Q1]/AccessPoint[P1]/Server/LDevice[LD0]/LN[GGIO1]/DOI[Ind1]`. Empty where the file has
    /// no elements.
    pub path: String,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}:", self.file)?;
        }
        write!(f, "{}:{}", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        Ok(())
    }
}

/// Something in an SCL file that is wrong but does not keep the rest from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SclWarning {
    /// Where it is.
    pub location: Location,
    /// What is wrong and what was done about it.
    pub reason: String,
}

impl fmt::Display for SclWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.reason)
    }
}

/// Why an SCL file is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SclError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: Arc<str>,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is larger than [`SclOptions::max_file_size`](super::SclOptions::max_file_size).
    #[error("{file}: larger than the limit of {limit} bytes")]
    TooLarge {
        /// The file.
        file: Arc<str>,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The declared encoding is unknown, or the bytes are not in the encoding they are said to be in.
    #[error("{file}: {reason}")]
    Encoding {
        /// The file.
        file: Arc<str>,
        /// What is wrong.
        reason: String,
    },
    /// The text is not well-formed XML.
    #[error("{location}: not well-formed XML: {reason}")]
    Xml {
        /// Where the parser stopped.
        location: Location,
        /// What it found.
        reason: String,
    },
    /// The root element is not `SCL`.
    #[error("{location}: the root element is '{found}', not 'SCL'")]
    NotScl {
        /// Where the root element is.
        location: Location,
        /// The name of the root element.
        found: String,
    },
    /// A part of the file is broken so that nothing sensible can be made of it. With
    /// [`SclOptions::strict`](super::SclOptions::strict) also everything that is a warning
    /// otherwise.
    #[error("{location}: {reason}")]
    Invalid {
        /// Where it is.
        location: Location,
        /// What is wrong.
        reason: String,
    },
    /// A data type contains itself.
    #[error("{location}: the type contains itself: {}", chain.join(" -> "))]
    TypeCycle {
        /// The member that closes the circle.
        location: Location,
        /// The ids of the types from the first to its repetition.
        chain: Vec<String>,
    },
    /// The instance would have more nodes than
    /// [`SclOptions::max_nodes`](super::SclOptions::max_nodes).
    #[error("{location}: the model would have more than {limit} nodes")]
    TooManyNodes {
        /// Where the limit was passed.
        location: Location,
        /// The limit.
        limit: usize,
    },
    /// No IED of the file has a server.
    #[error("{file}: no IED with a server (IEDs: {})", list(ieds))]
    NoServer {
        /// The file.
        file: Arc<str>,
        /// The IEDs of the file, all without a server.
        ieds: Vec<String>,
    },
    /// Several IEDs have a server, and none was named.
    #[error("{file}: several IEDs have a server, choose one of: {}", list(ieds))]
    SeveralIeds {
        /// The file.
        file: Arc<str>,
        /// The IEDs with a server.
        ieds: Vec<String>,
    },
    /// There is no IED of this name.
    #[error("{file}: no IED named '{name}'; there are: {}", list(ieds))]
    UnknownIed {
        /// The file.
        file: Arc<str>,
        /// The name that was asked for.
        name: String,
        /// The IEDs of the file.
        ieds: Vec<String>,
    },
    /// Several access points of the IED have a server, and none was named.
    #[error(
        "{location}: several access points have a server, choose one of: {}",
        list(access_points)
    )]
    SeveralAccessPoints {
        /// The IED.
        location: Location,
        /// Its access points with a server.
        access_points: Vec<String>,
    },
    /// The IED has no access point of this name with a server.
    #[error(
        "{location}: no access point named '{name}' with a server; there are: {}",
        list(access_points)
    )]
    UnknownAccessPoint {
        /// The IED.
        location: Location,
        /// The name that was asked for.
        name: String,
        /// Its access points with a server.
        access_points: Vec<String>,
    },
}

impl From<SclError> for crate::Error {
    fn from(error: SclError) -> Self {
        crate::Error::Scl(Box::new(error))
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}
