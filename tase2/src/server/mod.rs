//! The serving side of an association: requests of the peer, and reports to it.

mod access;
mod blocked;
mod conditions;
mod devices;
mod extra;
mod lists;
mod names;
mod programs;
pub(crate) mod report;
mod runner;
mod session;
mod target;

pub(crate) use session::{Admission, Identity, Link, ServerSession};

use mms::association::{Answered, Reply};
use mms::pdu::{ConfirmedRequest, RequestService};
use mms::{RejectReason, ServiceError};

/// Answers for a side that serves nothing: what is asked for is denied where the service is known.
pub(crate) fn serve_nothing(request: &ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
    match request.service {
        RequestService::Other { .. } => reply.reject(RejectReason::UNRECOGNIZED_SERVICE),
        _ => reply.error(ServiceError::OBJECT_ACCESS_DENIED),
    }
}
