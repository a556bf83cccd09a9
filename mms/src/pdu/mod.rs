//! MMS PDUs (ISO 9506-2 `MMSpdu`): decoded without copying, encoded straight into a
//! [`Writer`].
//!
//! [`Pdu::decode`] checks a PDU to its last leaf; what it returns borrows from the input, and
//! lists are [`List`] views that are read element by element. Writing goes the other way round:
//! [`write_confirmed_request`] and its like open the PDU, and a closure writes one service
//! element, with the `encode` of a request or response type, or piece by piece with one of the
//! `...Writer` types.
//!
//! ```
//! use mms::ObjectName;
//! use mms::ber::Writer;
//! use mms::pdu::{ConfirmedRequest, Pdu, RequestService, write_confirmed_request, write_read_request};
//!
//! let mut out = Vec::new();
//! let mut w = Writer::unbounded(&mut out);
//! write_confirmed_request(&mut w, 1, |w| {
//!     write_read_request(w, false, [ObjectName::domain("LD1", "GGIO1$ST$Ind1$stVal")])
//! });
//! let Ok(Pdu::ConfirmedRequest(ConfirmedRequest { invoke_id: 1, service })) = Pdu::decode(&out) else {
//!     panic!("another PDU");
//! };
//! assert!(matches!(service, RequestService::Read(read) if !read.specification_with_result));
//! ```

mod access_attributes;
mod alternate_access;
mod confirmed_request;
mod confirmed_response;
mod domain;
mod done;
mod error;
mod event;
mod event_condition;
mod event_enrollment;
mod event_notification;
mod file;
mod file_directory;
mod file_name;
mod initiate;
mod journal;
mod journal_entry;
mod list;
mod name_list;
mod program;
mod read;
mod report;
mod support;
mod variable;
mod variable_list;
mod vmd;
mod wire;
mod write;

pub use access_attributes::{
    AccessAttributesRequest, AccessAttributesResponse, write_access_attributes,
};
pub use alternate_access::{
    AccessStep, AlternateAccess, AlternateAccessBuf, OwnedAccessStep, Selection, SelectionTree,
    Selections,
};
pub use confirmed_request::{ConfirmedRequest, RequestService};
pub use confirmed_response::{ConfirmedResponse, ResponseService};
pub use domain::{DomainAttributesRequest, DomainAttributesResponse};
pub use error::{FailedFile, FailedProgram, Failure};
pub use event::{
    AlarmAckRule, ConditionClass, ConditionReference, ConditionState, EnrollmentClass,
    EnrollmentDuration, EnrollmentState, EventTime, Transitions,
};
pub use event_condition::{
    AlterEventConditionRequest, AlterEventConditionResponse, DefineEventConditionRequest,
    DefineEventConditionResponse, DeleteEventConditionRequest, DeleteEventConditionResponse,
    EventConditionAttributesRequest, EventConditionAttributesResponse, EventConditionStatusRequest,
    EventConditionStatusResponse, MonitoredVariable, NORMAL_PRIORITY, TriggerEventRequest,
    TriggerEventResponse,
};
pub use event_enrollment::{
    AcknowledgeEventRequest, AcknowledgeEventResponse, AlterEventEnrollmentRequest,
    AlterEventEnrollmentResponse, DefineEventEnrollmentRequest, DefineEventEnrollmentResponse,
    DeleteEventEnrollmentRequest, DeleteEventEnrollmentResponse, EventEnrollment,
    EventEnrollmentAttributesRequest, EventEnrollmentAttributesResponse,
    EventEnrollmentStatusRequest, EventEnrollmentStatusResponse, EventEnrollmentsWriter,
    write_delete_event_enrollments,
};
pub use event_notification::EventNotification;
pub use file::{
    FileCloseRequest, FileCloseResponse, FileDeleteRequest, FileDeleteResponse, FileOpenRequest,
    FileOpenResponse, FileReadRequest, FileReadResponse, FileRenameRequest, FileRenameResponse,
    ObtainFileRequest, ObtainFileResponse,
};
pub use file_directory::{
    DirectoryEntry, FileDirectoryRequest, FileDirectoryResponse, FileDirectoryWriter,
};
pub use file_name::{FileAttributes, FileName, generalized_time, parse_generalized_time};
pub use initiate::Initiate;
pub use journal::{
    InitializeJournalRequest, InitializeJournalResponse, JournalPosition, JournalStart,
    JournalStatusRequest, JournalStatusResponse, JournalStop, ReadJournalRequest,
    ReadJournalResponse, ReadJournalWriter,
};
pub use journal_entry::{
    EntryForm, JournalEntry, JournalEvent, JournalVariable, write_journal_entry,
    write_journal_variable,
};
pub use list::{List, ListElement, ListIter};
pub use name_list::{NameListRequest, NameListResponse, NameListWriter, ObjectClass, ObjectScope};
pub use program::{
    ExecutionArgument, KillRequest, KillResponse, ProgramAttributesRequest,
    ProgramAttributesResponse, ProgramState, ResetRequest, ResetResponse, ResumeRequest,
    ResumeResponse, StartRequest, StartResponse, StopRequest, StopResponse,
};
pub use read::{
    AccessResults, ReadRequest, ReadResponse, ReadResponseWriter, write_failure, write_read_request,
};
pub use report::{InformationReport, InformationReportWriter, UnconfirmedService};
pub use support::{ParameterSupport, Service, ServiceSupport};
pub use variable::{
    Address, TypeSpecification, VariableAccess, VariableAccessSpecification, VariableList,
    VariableSpecification, write_list_name, write_variables,
};
pub use variable_list::{
    DefineVariableListRequest, DefineVariableListResponse, DeleteScope, DeleteVariableListRequest,
    DeleteVariableListResponse, VariableListAttributesRequest, VariableListAttributesResponse,
    VariableListAttributesWriter, write_define_variable_list, write_delete_variable_lists,
};
pub use vmd::{
    AbstractSyntax, CapabilityListRequest, CapabilityListResponse, CapabilityListWriter,
    IdentifyRequest, IdentifyResponse, StatusRequest, StatusResponse,
};
pub use write::{
    WriteRequest, WriteResponse, WriteResponseWriter, WriteResult, write_list_write_request,
    write_write_request,
};

use crate::ber::{BerError, Reader, Tag, Writer};
use crate::{RejectReason, ServiceError};
use initiate::{INITIATE_REQUEST, INITIATE_RESPONSE};
use wire::lenient_u32;

const CONFIRMED_REQUEST: Tag = Tag::context_constructed(0);
const CONFIRMED_RESPONSE: Tag = Tag::context_constructed(1);
const CONFIRMED_ERROR: Tag = Tag::context_constructed(2);
const UNCONFIRMED: Tag = Tag::context_constructed(3);
const REJECT: Tag = Tag::context_constructed(4);
const CANCEL_REQUEST: Tag = Tag::context(5);
const CANCEL_RESPONSE: Tag = Tag::context(6);
const CANCEL_ERROR: Tag = Tag::context_constructed(7);
const INITIATE_ERROR: Tag = Tag::context_constructed(10);
const CONCLUDE_REQUEST: Tag = Tag::context(11);
const CONCLUDE_RESPONSE: Tag = Tag::context(12);
const CONCLUDE_ERROR: Tag = Tag::context_constructed(13);

/// serviceError in a confirmed error.
const CONFIRMED_SERVICE_ERROR: Tag = Tag::context_constructed(2);
/// serviceError in a cancel error.
const CANCEL_SERVICE_ERROR: Tag = Tag::context_constructed(1);

/// Any MMS PDU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pdu<'a> {
    /// A service is asked for.
    ConfirmedRequest(ConfirmedRequest<'a>),
    /// The service was done.
    ConfirmedResponse(ConfirmedResponse<'a>),
    /// The service failed.
    ConfirmedError {
        /// Invoke id of the request.
        invoke_id: u32,
        /// Why.
        error: ServiceError,
    },
    /// A service without an answer.
    Unconfirmed(UnconfirmedService<'a>),
    /// A PDU was not understood, or breaks the protocol.
    Reject {
        /// Invoke id of that PDU, if it has one that could be read.
        invoke_id: Option<u32>,
        /// Why.
        reason: RejectReason,
    },
    /// An outstanding request is to be given up.
    CancelRequest {
        /// Invoke id of the request.
        invoke_id: u32,
    },
    /// The outstanding request was given up.
    CancelResponse {
        /// Invoke id of the request.
        invoke_id: u32,
    },
    /// The outstanding request cannot be given up.
    CancelError {
        /// Invoke id of the request.
        invoke_id: u32,
        /// Why.
        error: ServiceError,
    },
    /// An association is offered.
    InitiateRequest(Initiate),
    /// The association is accepted.
    InitiateResponse(Initiate),
    /// The association is refused.
    InitiateError(ServiceError),
    /// The association is to end.
    ConcludeRequest,
    /// The association ends.
    ConcludeResponse,
    /// The association cannot end yet.
    ConcludeError(ServiceError),
}

/// A PDU that cannot be decoded, with what an answerer rejects it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PduError {
    /// Invoke id of the PDU, where it could be read.
    pub invoke_id: Option<u32>,
    /// The reason to send in a reject PDU.
    pub reason: RejectReason,
    /// What is wrong with the encoding.
    #[source]
    pub cause: Option<BerError>,
}

impl PduError {
    fn new(invoke_id: Option<u32>, reason: RejectReason, cause: BerError) -> Self {
        PduError {
            invoke_id,
            reason,
            cause: Some(cause),
        }
    }

    fn invalid(cause: BerError) -> Self {
        Self::new(None, RejectReason::INVALID_PDU, cause)
    }
}

impl<'a> Pdu<'a> {
    /// Decodes the PDU that fills `bytes` and checks it to its last leaf.
    ///
    /// # Errors
    /// [`PduError`] with the reject reason that ISO 9506 gives for what is wrong: unknown PDU
    /// type, invalid PDU where not even the invoke id can be told, and otherwise the reason for
    /// that kind of PDU with the invoke id.
    pub fn decode(bytes: &'a [u8]) -> Result<Pdu<'a>, PduError> {
        let pdu = wire::explicit(bytes).map_err(PduError::invalid)?;
        let content = pdu.content;
        Ok(match pdu.tag {
            CONFIRMED_REQUEST => Pdu::ConfirmedRequest(ConfirmedRequest::decode(content)?),
            CONFIRMED_RESPONSE => Pdu::ConfirmedResponse(ConfirmedResponse::decode(content)?),
            CONFIRMED_ERROR => {
                let (invoke_id, error) =
                    identified_error(content, CONFIRMED_SERVICE_ERROR, reason::CONFIRMED_ERROR)?;
                Pdu::ConfirmedError { invoke_id, error }
            }
            UNCONFIRMED => Pdu::Unconfirmed(unconfirmed(content)?),
            REJECT => {
                let (invoke_id, reason) =
                    error::decode_reject(content).map_err(PduError::invalid)?;
                Pdu::Reject { invoke_id, reason }
            }
            CANCEL_REQUEST => Pdu::CancelRequest {
                invoke_id: bare_id(content, reason::CANCEL_REQUEST_ID)?,
            },
            CANCEL_RESPONSE => Pdu::CancelResponse {
                invoke_id: bare_id(content, reason::CANCEL_RESPONSE_ID)?,
            },
            CANCEL_ERROR => {
                let (invoke_id, error) =
                    identified_error(content, CANCEL_SERVICE_ERROR, reason::CANCEL_ERROR)?;
                Pdu::CancelError { invoke_id, error }
            }
            INITIATE_REQUEST => {
                Pdu::InitiateRequest(Initiate::decode(content).map_err(PduError::invalid)?)
            }
            INITIATE_RESPONSE => {
                Pdu::InitiateResponse(Initiate::decode(content).map_err(PduError::invalid)?)
            }
            INITIATE_ERROR => {
                Pdu::InitiateError(error::decode_service_error(content).map_err(PduError::invalid)?)
            }
            CONCLUDE_REQUEST => Pdu::ConcludeRequest,
            CONCLUDE_RESPONSE => Pdu::ConcludeResponse,
            CONCLUDE_ERROR => Pdu::ConcludeError(
                error::decode_service_error(content)
                    .map_err(|e| PduError::new(None, reason::CONCLUDE_ERROR, e))?,
            ),
            other => {
                return Err(PduError::new(
                    None,
                    RejectReason::UNKNOWN_PDU_TYPE,
                    BerError::UnknownChoice(other),
                ));
            }
        })
    }

    /// Writes the PDU.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            Pdu::ConfirmedRequest(request) => request.encode(w),
            Pdu::ConfirmedResponse(response) => response.encode(w),
            Pdu::ConfirmedError { invoke_id, error } => {
                write_confirmed_error(w, *invoke_id, *error)
            }
            Pdu::Unconfirmed(service) => write_unconfirmed(w, |w| service.encode(w)),
            Pdu::Reject { invoke_id, reason } => write_reject(w, *invoke_id, *reason),
            Pdu::CancelRequest { invoke_id } => write_cancel_request(w, *invoke_id),
            Pdu::CancelResponse { invoke_id } => write_cancel_response(w, *invoke_id),
            Pdu::CancelError { invoke_id, error } => write_cancel_error(w, *invoke_id, *error),
            Pdu::InitiateRequest(initiate) => write_initiate_request(w, initiate),
            Pdu::InitiateResponse(initiate) => write_initiate_response(w, initiate),
            Pdu::InitiateError(error) => write_initiate_error(w, *error),
            Pdu::ConcludeRequest => write_conclude_request(w),
            Pdu::ConcludeResponse => write_conclude_response(w),
            Pdu::ConcludeError(error) => write_conclude_error(w, *error),
        }
    }
}

/// The invoke id of a confirmed response or confirmed error that need not be well formed behind
/// it. `None` for other PDUs.
pub(crate) fn answered_id(bytes: &[u8]) -> Option<u32> {
    let pdu = Reader::new(bytes).take().ok()??;
    let id = match pdu.tag {
        CONFIRMED_RESPONSE => Tag::INTEGER,
        CONFIRMED_ERROR => Tag::context(0),
        _ => return None,
    };
    lenient_u32(pdu.reader().expect(id).ok()?).ok()
}

/// The service that a confirmed request asks for, which need not be well formed behind its tag. `None` for other PDUs.
pub(crate) fn requested_service(bytes: &[u8]) -> Option<Service> {
    let pdu = Reader::new(bytes).take().ok()??;
    let mut content = (pdu.tag == CONFIRMED_REQUEST).then(|| pdu.reader())?;
    content.expect(Tag::INTEGER).ok()?;
    let service = content.any().ok()?.tag;
    Service::from_tag_number(service.number()).filter(|_| service.is_context())
}

/// Reject reasons that nothing outside the decoder has a use for.
mod reason {
    use crate::RejectReason;

    /// confirmed-responsePDU / invalid-result.
    pub(super) const INVALID_RESULT: RejectReason = RejectReason { kind: 2, code: 3 };
    /// confirmed-responsePDU / max-recursion-exceeded.
    pub(super) const RESULT_RECURSION: RejectReason = RejectReason { kind: 2, code: 5 };
    /// confirmed-errorPDU / invalid-serviceError.
    pub(super) const CONFIRMED_ERROR: RejectReason = RejectReason { kind: 3, code: 2 };
    /// unconfirmedPDU / invalid-argument.
    pub(super) const UNCONFIRMED_ARGUMENT: RejectReason = RejectReason { kind: 4, code: 2 };
    /// unconfirmedPDU / max-recursion-exceeded.
    pub(super) const UNCONFIRMED_RECURSION: RejectReason = RejectReason { kind: 4, code: 3 };
    /// cancel-requestPDU / invalid-invokeID.
    pub(super) const CANCEL_REQUEST_ID: RejectReason = RejectReason { kind: 6, code: 1 };
    /// cancel-responsePDU / invalid-invokeID.
    pub(super) const CANCEL_RESPONSE_ID: RejectReason = RejectReason { kind: 7, code: 1 };
    /// cancel-errorPDU / invalid-serviceError.
    pub(super) const CANCEL_ERROR: RejectReason = RejectReason { kind: 8, code: 2 };
    /// conclude-errorPDU / invalid-serviceError.
    pub(super) const CONCLUDE_ERROR: RejectReason = RejectReason { kind: 11, code: 1 };
}

fn identified_error(
    content: &[u8],
    error_tag: Tag,
    reason: RejectReason,
) -> Result<(u32, ServiceError), PduError> {
    match error::decode_confirmed_error(content, error_tag) {
        (Some(id), Ok(error)) => Ok((id, error)),
        (Some(id), Err(cause)) => Err(PduError::new(Some(id), reason, cause)),
        (None, result) => Err(PduError::invalid(
            result.err().unwrap_or(BerError::Truncated),
        )),
    }
}

fn bare_id(content: &[u8], reason: RejectReason) -> Result<u32, PduError> {
    lenient_u32(content).map_err(|cause| PduError::new(None, reason, cause))
}

fn unconfirmed(content: &[u8]) -> Result<UnconfirmedService<'_>, PduError> {
    let mut r = Reader::new(content);
    let service = r.any().map_err(PduError::invalid)?;
    while r.take().map_err(PduError::invalid)?.is_some() {}
    UnconfirmedService::from_tlv(service).map_err(|cause| {
        let reason = match cause {
            BerError::TooDeep => reason::UNCONFIRMED_RECURSION,
            _ => reason::UNCONFIRMED_ARGUMENT,
        };
        PduError::new(None, reason, cause)
    })
}

fn identified<'w>(
    w: &mut Writer<'w>,
    pdu: Tag,
    invoke_id: u32,
    service: impl FnOnce(&mut Writer<'w>),
) {
    w.constructed(pdu, |w| {
        w.unsigned(Tag::INTEGER, invoke_id.into());
        service(w);
    });
}

/// Writes a confirmed request; `service` writes its one service element.
pub fn write_confirmed_request<'w>(
    w: &mut Writer<'w>,
    invoke_id: u32,
    service: impl FnOnce(&mut Writer<'w>),
) {
    identified(w, CONFIRMED_REQUEST, invoke_id, service);
}

/// Writes a confirmed response; `service` writes its one service element.
pub fn write_confirmed_response<'w>(
    w: &mut Writer<'w>,
    invoke_id: u32,
    service: impl FnOnce(&mut Writer<'w>),
) {
    identified(w, CONFIRMED_RESPONSE, invoke_id, service);
}

/// Writes a confirmed error.
pub fn write_confirmed_error(w: &mut Writer<'_>, invoke_id: u32, error: impl Into<Failure>) {
    error::encode_confirmed_error(
        w,
        CONFIRMED_ERROR,
        CONFIRMED_SERVICE_ERROR,
        invoke_id,
        error.into(),
    );
}

/// Writes an unconfirmed PDU; `service` writes its one service element.
pub fn write_unconfirmed<'w>(w: &mut Writer<'w>, service: impl FnOnce(&mut Writer<'w>)) {
    w.constructed(UNCONFIRMED, service);
}

/// Writes a reject.
pub fn write_reject(w: &mut Writer<'_>, invoke_id: Option<u32>, reason: RejectReason) {
    w.constructed(REJECT, |w| error::encode_reject(w, invoke_id, reason));
}

/// Writes a cancel request.
pub fn write_cancel_request(w: &mut Writer<'_>, invoke_id: u32) {
    w.unsigned(CANCEL_REQUEST, invoke_id.into());
}

/// Writes a cancel response.
pub fn write_cancel_response(w: &mut Writer<'_>, invoke_id: u32) {
    w.unsigned(CANCEL_RESPONSE, invoke_id.into());
}

/// Writes a cancel error.
pub fn write_cancel_error(w: &mut Writer<'_>, invoke_id: u32, error: ServiceError) {
    error::encode_confirmed_error(
        w,
        CANCEL_ERROR,
        CANCEL_SERVICE_ERROR,
        invoke_id,
        error.into(),
    );
}

/// Writes an initiate request.
pub fn write_initiate_request(w: &mut Writer<'_>, initiate: &Initiate) {
    initiate.encode(w, INITIATE_REQUEST);
}

/// Writes an initiate response.
pub fn write_initiate_response(w: &mut Writer<'_>, initiate: &Initiate) {
    initiate.encode(w, INITIATE_RESPONSE);
}

/// Writes an initiate error.
pub fn write_initiate_error(w: &mut Writer<'_>, error: ServiceError) {
    w.constructed(INITIATE_ERROR, |w| {
        error::write_service_error(w, error.into())
    });
}

/// Writes a conclude request.
pub fn write_conclude_request(w: &mut Writer<'_>) {
    w.null(CONCLUDE_REQUEST);
}

/// Writes a conclude response.
pub fn write_conclude_response(w: &mut Writer<'_>) {
    w.null(CONCLUDE_RESPONSE);
}

/// Writes a conclude error.
pub fn write_conclude_error(w: &mut Writer<'_>, error: ServiceError) {
    w.constructed(CONCLUDE_ERROR, |w| {
        error::write_service_error(w, error.into())
    });
}
