use mms::{DataAccessError, MmsType};

/// A value on the wire is not the TASE.2 value it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Another kind of MMS data.
    #[error("expected {expected}, found {found:?}")]
    WrongType {
        /// What was expected.
        expected: &'static str,
        /// The kind that was found.
        found: MmsType,
    },
    /// A structure of another number of components.
    #[error("{what} with {found} components instead of {expected}")]
    WrongCount {
        /// What was decoded.
        what: &'static str,
        /// Components it should have.
        expected: usize,
        /// Components it has.
        found: usize,
    },
    /// A number out of the range of its type.
    #[error("{what} {value} is out of range")]
    OutOfRange {
        /// What was decoded.
        what: &'static str,
        /// The number.
        value: i128,
    },
    /// An MMSObjectName with a scope other than 0 and 1, or without a name.
    #[error("no object name (scope {scope})")]
    NoName {
        /// The scope.
        scope: i64,
    },
    /// A value of no TASE.2 shape.
    #[error("the value has the shape of no data value")]
    UnknownShape,
}

impl DecodeError {
    /// What a server answers to a write with such a value: type-inconsistent or object-value-invalid.
    pub fn access_error(&self) -> DataAccessError {
        match self {
            DecodeError::OutOfRange { .. } | DecodeError::NoName { .. } => {
                DataAccessError::ObjectValueInvalid
            }
            _ => DataAccessError::TypeInconsistent,
        }
    }
}
