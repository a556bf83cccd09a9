use crate::association::{CloseReason, SendError};
use crate::ber::BerError;
use crate::net::RequestError;
use crate::pdu::{PduError, Service};
use crate::{DataAccessError, OwnedObjectName, RejectReason, ServiceError};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Why something that a client was asked to do failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// There is no connection to the peer.
    #[error("cannot connect{}: {source}", address.map(|a| format!(" to {a}")).unwrap_or_default())]
    Connect {
        /// The address that was tried last; `None` if the name has no address.
        address: Option<SocketAddr>,
        /// What the operating system says.
        source: io::Error,
    },
    /// The association was not opened in time.
    #[error("no association within {0:?}")]
    ConnectTimeout(Duration),
    /// The association was refused, or ended before it was open.
    #[error("no association: {0}")]
    Refused(CloseReason),
    /// The peer did not answer in time. The association is still usable.
    #[error("{service}: no answer within {timeout:?}")]
    Timeout {
        /// What was asked for.
        service: Service,
        /// How long the answer was waited for.
        timeout: Duration,
    },
    /// The peer answered with an error.
    #[error("{service}: {error}")]
    Service {
        /// What was asked for.
        service: Service,
        /// The error.
        error: ServiceError,
    },
    /// The peer rejected the request.
    #[error("{service} rejected: {reason}")]
    Reject {
        /// What was asked for.
        service: Service,
        /// Why.
        reason: RejectReason,
    },
    /// The peer has no value for the variable, or did not take one.
    #[error("{}: {error}", shown(name))]
    Access {
        /// The variable; `None` if it is given by address.
        name: Option<OwnedObjectName>,
        /// Why.
        error: DataAccessError,
    },
    /// The association is over.
    #[error("association over: {0}")]
    Closed(CloseReason),
    /// The request cannot be sent.
    #[error("{service}: {error}")]
    Send {
        /// What was asked for.
        service: Service,
        /// Why.
        error: SendError,
    },
    /// What was asked for cannot be put into a request.
    #[error("{service}: {cause}")]
    Argument {
        /// What was asked for.
        service: Service,
        /// Why not.
        cause: BerError,
    },
    /// The answer breaks the encoding rules, or is longer than negotiated.
    #[error("{service}: malformed answer: {cause}")]
    Malformed {
        /// What was asked for.
        service: Service,
        /// What is wrong.
        cause: PduError,
    },
    /// The answer is well formed and makes no sense as answer to the request.
    #[error("{service}: unexpected answer: {what}")]
    Unexpected {
        /// What was asked for.
        service: Service,
        /// What is wrong.
        what: &'static str,
    },
    /// The peer has more to say than the client is willing to take.
    #[error("{service}: more than {limit} {of}")]
    Limit {
        /// What was asked for.
        service: Service,
        /// How much is taken: see [`super::Limits`].
        limit: u64,
        /// Of what.
        of: &'static str,
    },
    /// Writing down what came failed on this side.
    #[error("{0}")]
    Local(#[source] io::Error),
    /// A blocking call inside an asynchronous runtime, which it would stop.
    #[error("blocking call inside an asynchronous runtime")]
    InsideRuntime,
}

fn shown(name: &Option<OwnedObjectName>) -> String {
    match name {
        Some(name) => name.to_string(),
        None => "unnamed variable".to_owned(),
    }
}

impl ClientError {
    pub(super) fn from_request(service: Service, error: RequestError) -> Self {
        match error {
            RequestError::Service(error) => ClientError::Service { service, error },
            RequestError::Reject(reason) => ClientError::Reject { service, reason },
            RequestError::Malformed(cause) => ClientError::Malformed { service, cause },
            RequestError::Send(error) => ClientError::Send { service, error },
            RequestError::Closed(reason) => ClientError::Closed(reason),
        }
    }

    pub(super) fn unexpected(service: Service, what: &'static str) -> Self {
        ClientError::Unexpected { service, what }
    }

    /// The error the peer answered with, if that is what happened.
    pub fn service_error(&self) -> Option<ServiceError> {
        match self {
            ClientError::Service { error, .. } => Some(*error),
            _ => None,
        }
    }

    /// The access error of the variable, if that is what happened.
    pub fn access_error(&self) -> Option<DataAccessError> {
        match self {
            ClientError::Access { error, .. } => Some(*error),
            _ => None,
        }
    }

    /// Whether the association is over, so that nothing more can be done with this client.
    pub fn is_closed(&self) -> bool {
        matches!(
            self,
            ClientError::Closed(_)
                | ClientError::Refused(_)
                | ClientError::Connect { .. }
                | ClientError::ConnectTimeout(_)
        )
    }
}
