use crate::Name;
use crate::types::PointValue;
use mms::client::ClientError;
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

/// Why something that was asked of a peer failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request as a whole failed.
    #[error(transparent)]
    Mms(#[from] ClientError),
    /// The peer has no value for an object, or did not take one.
    #[error("{name}: {error}")]
    Access {
        /// The object.
        name: Name,
        /// Why.
        error: DataAccessError,
    },
    /// The value of an object is not what it should be.
    #[error("{name}: {error}")]
    Decode {
        /// The object.
        name: Name,
        /// What is wrong.
        error: DecodeError,
    },
    /// A variable of the peer is of no type of an indication point.
    #[error("{name} is no indication point")]
    NoPoint {
        /// The variable.
        name: Name,
    },
    /// All transfer sets of the peer are in use.
    #[error("the peer has no free transfer set in {domain}")]
    NoTransferSet {
        /// The domain.
        domain: String,
    },
    /// A data set that cannot be used.
    #[error("{data_set}: {reason}")]
    DataSet {
        /// The data set.
        data_set: Name,
        /// Why.
        reason: &'static str,
    },
    /// A device answered another check-back id than was agreed on. It is not operated, and its selection runs out.
    #[error("{device}: check-back id {found} instead of {expected}; not operated")]
    CheckBack {
        /// The device.
        device: Name,
        /// The id it answered.
        found: i16,
        /// The id that was agreed on.
        expected: i16,
    },
    /// A command was sent, and no answer came: nobody knows whether it was carried out. Its indication point may tell.
    #[error("{device}: no answer to the command, which may have been carried out or not: {reason}")]
    Unanswered {
        /// The device.
        device: Name,
        /// What happened instead of an answer.
        reason: String,
    },
    /// A command was accepted, and its indication point does not show it.
    #[error("{indication}: does not show what was commanded; it is {}", last.map_or("unknown".to_owned(), |value| value.to_string()))]
    NotConfirmed {
        /// The indication point.
        indication: Name,
        /// Its last value, if there was one.
        last: Option<PointValue>,
    },
    /// A variable of the peer is no device.
    #[error("{name} is no control point")]
    NoDevice {
        /// The variable.
        name: Name,
    },
    /// What was asked for did not come.
    #[error("{name}: the report that was asked for did not come")]
    NoReport {
        /// What it was asked with.
        name: Name,
    },
    /// The peer keeps something that was to be deleted.
    #[error("the peer did not delete {name}")]
    NotDeleted {
        /// What.
        name: String,
    },
    /// There is no association with the peer now.
    #[error("no association with {peer}")]
    NotConnected {
        /// The peer.
        peer: String,
    },
    /// There is no bilateral table of this name.
    #[error("there is no bilateral table for {peer}")]
    NoSuchPeer {
        /// The name.
        peer: String,
    },
}

impl Error {
    /// The error of the object, if that is what it is.
    pub fn access_error(&self) -> Option<DataAccessError> {
        match self {
            Error::Access { error, .. } => Some(*error),
            Error::Mms(error) => error.access_error(),
            _ => None,
        }
    }

    /// Whether the association is over or was not there.
    pub fn is_closed(&self) -> bool {
        match self {
            Error::NotConnected { .. } => true,
            Error::Mms(error) => error.is_closed(),
            _ => false,
        }
    }
}

/// Why there is no value of a point in a report or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointError {
    /// The peer says so.
    #[error("{0}")]
    Access(DataAccessError),
    /// What it sent is no such value.
    #[error("{0}")]
    Decode(#[from] DecodeError),
}
