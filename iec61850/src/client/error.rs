//! What a server refused, in the numbers of libiec61850.

use super::engine::Failure;
use crate::Error;
use crate::common::open_enum;
use mms::association::SendError;
use mms::client::ClientError;
use mms::{DataAccessError, RejectReason, ServiceError, ValueError};

open_enum! {
    /// Why a service of the client failed, in the numbers of libiec61850 and py61850.
    IedClientError {
        /// There was no connection yet.
        NotConnected = 1 "not connected",
        /// There is a connection already, or one is being made.
        AlreadyConnected = 2 "already connected",
        /// The connection is over.
        ConnectionLost = 3 "connection lost",
        /// The server does not have the service.
        ServiceNotSupported = 4 "service not supported",
        /// Nobody listens there, or the server does not want the connection.
        ConnectionRejected = 5 "connection rejected",
        /// As many requests as agreed on are under way.
        OutstandingCallLimitReached = 6 "too many outstanding requests",
        /// What was asked for cannot be put into a request.
        UserProvidedInvalidArgument = 10 "invalid argument",
        /// The data set of the report control block is not the expected one.
        EnableReportFailedDatasetMismatch = 11 "the data set of the report does not match",
        /// The text is no reference of an object.
        ObjectReferenceInvalid = 12 "invalid object reference",
        /// The answer has another type than it should.
        UnexpectedValueReceived = 13 "unexpected value",
        /// There was no answer in time.
        Timeout = 20 "time-out",
        /// The client may not do this.
        AccessDenied = 21 "access denied",
        /// There is no such object.
        ObjectDoesNotExist = 22 "the object does not exist",
        /// There is such an object already.
        ObjectExists = 23 "the object exists",
        /// The object does not have this kind of access.
        ObjectAccessUnsupported = 24 "object access unsupported",
        /// The value is of another type than the object.
        TypeInconsistent = 25 "type inconsistent",
        /// Not now; the same request may succeed later.
        TemporarilyUnavailable = 26 "temporarily unavailable",
        /// The object is not defined.
        ObjectUndefined = 27 "object undefined",
        /// The address is not valid.
        InvalidAddress = 28 "invalid address",
        /// The equipment failed.
        HardwareFault = 29 "hardware fault",
        /// The type of the object cannot be handled.
        TypeUnsupported = 30 "type unsupported",
        /// The attributes of the object contradict each other.
        ObjectAttributeInconsistent = 31 "object attribute inconsistent",
        /// The type fits and the value does not.
        ObjectValueInvalid = 32 "object value invalid",
        /// The object was there and is no longer valid.
        ObjectInvalidated = 33 "object invalidated",
        /// The answer breaks the encoding rules.
        MalformedMessage = 34 "malformed message",
        /// The object is in use.
        ObjectConstraintConflict = 35 "object constraint conflict",
        /// The library does not have the service.
        ServiceNotImplemented = 98 "service not implemented",
        /// An error without a number of its own.
        Unknown = 99 "unknown error",
    }
}

impl From<DataAccessError> for IedClientError {
    fn from(error: DataAccessError) -> Self {
        match error {
            DataAccessError::ObjectInvalidated => IedClientError::ObjectInvalidated,
            DataAccessError::HardwareFault => IedClientError::HardwareFault,
            DataAccessError::TemporarilyUnavailable => IedClientError::TemporarilyUnavailable,
            DataAccessError::ObjectAccessDenied => IedClientError::AccessDenied,
            DataAccessError::ObjectUndefined => IedClientError::ObjectUndefined,
            DataAccessError::InvalidAddress => IedClientError::InvalidAddress,
            DataAccessError::TypeUnsupported => IedClientError::TypeUnsupported,
            DataAccessError::TypeInconsistent => IedClientError::TypeInconsistent,
            DataAccessError::ObjectAttributeInconsistent => {
                IedClientError::ObjectAttributeInconsistent
            }
            DataAccessError::ObjectAccessUnsupported => IedClientError::ObjectAccessUnsupported,
            DataAccessError::ObjectNonExistent => IedClientError::ObjectDoesNotExist,
            DataAccessError::ObjectValueInvalid => IedClientError::ObjectValueInvalid,
            _ => IedClientError::Unknown,
        }
    }
}

impl From<ServiceError> for IedClientError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::CONNECTION_LOST => IedClientError::ConnectionLost,
            ServiceError::OBJECT_UNDEFINED => IedClientError::ObjectUndefined,
            ServiceError::INVALID_ADDRESS => IedClientError::InvalidAddress,
            ServiceError::TYPE_UNSUPPORTED => IedClientError::TypeUnsupported,
            ServiceError::TYPE_INCONSISTENT => IedClientError::TypeInconsistent,
            ServiceError::OBJECT_EXISTS | ServiceError::FILE_DUPLICATE => {
                IedClientError::ObjectExists
            }
            ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT => {
                IedClientError::ObjectAttributeInconsistent
            }
            ServiceError::OBJECT_CONSTRAINT_CONFLICT => IedClientError::ObjectConstraintConflict,
            ServiceError::OBJECT_ACCESS_UNSUPPORTED => IedClientError::ObjectAccessUnsupported,
            ServiceError::OBJECT_NON_EXISTENT | ServiceError::FILE_NON_EXISTENT => {
                IedClientError::ObjectDoesNotExist
            }
            ServiceError::OBJECT_ACCESS_DENIED | ServiceError::FILE_ACCESS_DENIED => {
                IedClientError::AccessDenied
            }
            ServiceError::OBJECT_INVALIDATED => IedClientError::ObjectInvalidated,
            ServiceError::FILE_BUSY => IedClientError::TemporarilyUnavailable,
            _ => IedClientError::Unknown,
        }
    }
}

impl From<&ClientError> for IedClientError {
    fn from(error: &ClientError) -> Self {
        match error {
            ClientError::Connect { .. }
            | ClientError::ConnectTimeout(_)
            | ClientError::Refused(_) => IedClientError::ConnectionRejected,
            ClientError::Timeout { .. } => IedClientError::Timeout,
            ClientError::Service { error, .. } => (*error).into(),
            ClientError::Reject { reason, .. } => match *reason {
                RejectReason::UNRECOGNIZED_SERVICE => IedClientError::ServiceNotSupported,
                RejectReason::MAX_OUTSTANDING_EXCEEDED => {
                    IedClientError::OutstandingCallLimitReached
                }
                _ => IedClientError::Unknown,
            },
            ClientError::Access { error, .. } => (*error).into(),
            ClientError::Closed(_) => IedClientError::ConnectionLost,
            ClientError::Send { error, .. } => match error {
                SendError::NotOpen => IedClientError::ConnectionLost,
                SendError::TooManyOutstanding => IedClientError::OutstandingCallLimitReached,
                _ => IedClientError::UserProvidedInvalidArgument,
            },
            ClientError::Argument { .. } | ClientError::InsideRuntime => {
                IedClientError::UserProvidedInvalidArgument
            }
            ClientError::Malformed { .. } => IedClientError::MalformedMessage,
            ClientError::Unexpected { .. } => IedClientError::UnexpectedValueReceived,
            _ => IedClientError::Unknown,
        }
    }
}

/// What stands behind the reference in a message: the error without the name and the service,
/// which are said already.
pub(crate) fn reason(error: &ClientError) -> String {
    match error {
        ClientError::Access { error, .. } => error.to_string(),
        ClientError::Service { error, .. } => error.to_string(),
        ClientError::Reject { reason, .. } => reason.to_string(),
        other => other.to_string(),
    }
}

/// Says which service failed, and on what.
pub(crate) trait Context<T> {
    fn context(self, service: &'static str, reference: &str) -> Result<T, Error>;
}

impl<T> Context<T> for Result<T, Failure> {
    fn context(self, service: &'static str, reference: &str) -> Result<T, Error> {
        self.map_err(|error| {
            let (code, reason) = (error.code(), error.reason());
            let source = match error {
                Failure::Mms(error) => Some(error),
                #[cfg(feature = "libiec61850")]
                Failure::Engine { .. } => None,
                #[cfg(feature = "libiec61850")]
                Failure::NotSupported(what) => {
                    return crate::engine::libiec61850::unsupported(what);
                }
                Failure::Unusable(error) => return *error,
            };
            Error::Client(Box::new(ServiceFailure {
                service,
                reference: reference.to_owned(),
                code,
                reason,
                source,
            }))
        })
    }
}

impl<T> Context<T> for Result<T, DataAccessError> {
    fn context(self, service: &'static str, reference: &str) -> Result<T, Error> {
        self.map_err(|error| failure(service, reference, error.into(), error.to_string()))
    }
}

impl<T> Context<T> for Result<T, ValueError> {
    fn context(self, service: &'static str, reference: &str) -> Result<T, Error> {
        self.map_err(|error| {
            let code = IedClientError::UnexpectedValueReceived;
            failure(service, reference, code, error.to_string())
        })
    }
}

pub(crate) fn failure(
    service: &'static str,
    reference: &str,
    code: IedClientError,
    reason: impl Into<String>,
) -> Error {
    Error::Client(Box::new(ServiceFailure {
        service,
        reference: reference.to_owned(),
        code,
        reason: reason.into(),
        source: None,
    }))
}

/// The answer is not what the standard says it should be.
pub(crate) fn unexpected(service: &'static str, reference: &str, what: &str) -> Error {
    let code = IedClientError::UnexpectedValueReceived;
    failure(service, reference, code, what)
}

/// A service that failed: which, on what object, and why.
#[derive(Debug, thiserror::Error)]
#[error("{service}{}{reference}: {reason}", if reference.is_empty() { "" } else { " " })]
pub struct ServiceFailure {
    /// The service, in the words of IEC 61850-7-2 or of the protocol.
    pub service: &'static str,
    /// The object; empty if it concerns the connection as a whole.
    pub reference: String,
    /// The number of libiec61850.
    pub code: IedClientError,
    /// The reason in words.
    pub reason: String,
    /// What the protocol said, if the failure comes from there.
    #[source]
    pub source: Option<ClientError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_measured() {
        let of = |error: DataAccessError| IedClientError::from(error).value();
        let codes: Vec<i32> = (0..12)
            .map(|code| of(DataAccessError::from_code(code)))
            .collect();
        assert_eq!(codes, [33, 29, 26, 21, 27, 28, 30, 25, 31, 24, 22, 32]);
        assert_eq!(of(DataAccessError::Other(77)), 99);
        let of = |error: ServiceError| IedClientError::from(error).value();
        assert_eq!(of(ServiceError::OBJECT_EXISTS), 23);
        assert_eq!(of(ServiceError::OBJECT_CONSTRAINT_CONFLICT), 35);
        assert_eq!(of(ServiceError::FILE_NON_EXISTENT), 22);
        assert_eq!(of(ServiceError::OTHERS), 99);
    }

    #[test]
    fn a_message_names_service_and_object() {
        let error = Err::<(), _>(DataAccessError::ObjectAccessDenied);
        let error = error.context("write", "LD/LLN0.Mod[CF]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "write LD/LLN0.Mod[CF]: object access denied"
        );
        assert_eq!(error.code(), Some(IedClientError::AccessDenied));
    }
}
