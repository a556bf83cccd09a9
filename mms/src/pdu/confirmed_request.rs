//! Requests: ISO 9506-2 `Confirmed-RequestPDU`, `ConfirmedServiceRequest`.

use super::access_attributes::{AccessAttributesRequest, GET_VARIABLE_ACCESS_ATTRIBUTES};
use super::domain::{DomainAttributesRequest, GET_DOMAIN_ATTRIBUTES};
use super::event_condition::{
    ALTER_CONDITION_MONITORING, AlterEventConditionRequest, DEFINE_CONDITION, DELETE_CONDITION,
    DefineEventConditionRequest, DeleteEventConditionRequest, EventConditionAttributesRequest,
    EventConditionStatusRequest, GET_CONDITION_ATTRIBUTES, REPORT_CONDITION_STATUS, TRIGGER_EVENT,
    TriggerEventRequest,
};
use super::event_enrollment::{
    ACKNOWLEDGE, ALTER_ENROLLMENT, AcknowledgeEventRequest, AlterEventEnrollmentRequest,
    DEFINE_ENROLLMENT, DELETE_ENROLLMENT, DefineEventEnrollmentRequest,
    DeleteEventEnrollmentRequest, EventEnrollmentAttributesRequest, EventEnrollmentStatusRequest,
    GET_ENROLLMENT_ATTRIBUTES, REPORT_ENROLLMENT_STATUS,
};
use super::file::{
    FILE_CLOSE, FILE_DELETE, FILE_OPEN, FILE_READ, FILE_RENAME, FileCloseRequest,
    FileDeleteRequest, FileOpenRequest, FileReadRequest, FileRenameRequest, OBTAIN_FILE,
    ObtainFileRequest,
};
use super::file_directory::{FILE_DIRECTORY, FileDirectoryRequest};
use super::journal::{
    INITIALIZE_JOURNAL, InitializeJournalRequest, JournalStatusRequest, READ_JOURNAL,
    REPORT_JOURNAL_STATUS, ReadJournalRequest,
};
use super::name_list::{GET_NAME_LIST, NameListRequest};
use super::program::{
    GET_PROGRAM_ATTRIBUTES, KILL, KillRequest, ProgramAttributesRequest, RESET, RESUME,
    ResetRequest, ResumeRequest, START, STOP, StartRequest, StopRequest,
};
use super::read::{READ, ReadRequest};
use super::support::Service;
use super::variable_list::{
    DEFINE, DELETE, DefineVariableListRequest, DeleteVariableListRequest, GET_ATTRIBUTES,
    VariableListAttributesRequest,
};
use super::vmd::{
    CapabilityListRequest, GET_CAPABILITY_LIST, IDENTIFY, IdentifyRequest, STATUS, StatusRequest,
};
use super::wire::split_confirmed;
use super::write::{WRITE, WriteRequest};
use super::{PduError, write_confirmed_request};
use crate::RejectReason;
use crate::ber::{BerError, Tag, Tlv, Writer};

/// A confirmed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedRequest<'a> {
    /// Names the request among those that are outstanding.
    pub invoke_id: u32,
    /// What is asked for.
    pub service: RequestService<'a>,
}

impl<'a> ConfirmedRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, PduError> {
        let (invoke_id, service) = split_confirmed(content)?;
        if service.tag == Tag::SEQUENCE {
            return Err(PduError {
                invoke_id: Some(invoke_id),
                reason: RejectReason::UNRECOGNIZED_MODIFIER,
                cause: None,
            });
        }
        let service = RequestService::from_tlv(service).map_err(|cause| {
            let reason = match cause {
                BerError::TooDeep => RejectReason::MAX_RECURSION_EXCEEDED,
                _ => RejectReason::INVALID_ARGUMENT,
            };
            PduError::new(Some(invoke_id), reason, cause)
        })?;
        Ok(ConfirmedRequest { invoke_id, service })
    }

    /// Writes the PDU.
    pub fn encode(&self, w: &mut Writer<'_>) {
        write_confirmed_request(w, self.invoke_id, |w| self.service.encode(w));
    }
}

/// What a confirmed request asks for (ISO 9506-2 `ConfirmedServiceRequest`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestService<'a> {
    /// The state of the VMD.
    Status(StatusRequest),
    /// Names of objects.
    GetNameList(NameListRequest<'a>),
    /// Vendor, model and revision.
    Identify(IdentifyRequest),
    /// Values of variables.
    Read(ReadRequest<'a>),
    /// New values for variables.
    Write(WriteRequest<'a>),
    /// The type of a variable.
    GetVariableAccessAttributes(AccessAttributesRequest<'a>),
    /// A new variable list.
    DefineNamedVariableList(DefineVariableListRequest<'a>),
    /// The members of a variable list.
    GetNamedVariableListAttributes(VariableListAttributesRequest<'a>),
    /// The end of variable lists.
    DeleteNamedVariableList(DeleteVariableListRequest<'a>),
    /// The attributes of a domain.
    GetDomainAttributes(DomainAttributesRequest<'a>),
    /// That the peer fetches a file.
    ObtainFile(ObtainFileRequest<'a>),
    /// Entries of a journal.
    ReadJournal(ReadJournalRequest<'a>),
    /// An empty journal.
    InitializeJournal(InitializeJournalRequest<'a>),
    /// How full a journal is.
    ReportJournalStatus(JournalStatusRequest<'a>),
    /// Capabilities of the VMD.
    GetCapabilityList(CapabilityListRequest<'a>),
    /// An open file.
    FileOpen(FileOpenRequest<'a>),
    /// Octets of an open file.
    FileRead(FileReadRequest),
    /// A closed file.
    FileClose(FileCloseRequest),
    /// Another name for a file.
    FileRename(FileRenameRequest<'a>),
    /// The end of a file.
    FileDelete(FileDeleteRequest<'a>),
    /// The files there are.
    FileDirectory(FileDirectoryRequest<'a>),
    /// That a program invocation runs.
    Start(StartRequest<'a>),
    /// That a program invocation stops.
    Stop(StopRequest<'a>),
    /// That a stopped program invocation goes on.
    Resume(ResumeRequest<'a>),
    /// That a stopped program invocation can be started anew.
    Reset(ResetRequest<'a>),
    /// The end of a program invocation.
    Kill(KillRequest<'a>),
    /// The attributes of a program invocation.
    GetProgramInvocationAttributes(ProgramAttributesRequest<'a>),
    /// A new event condition.
    DefineEventCondition(DefineEventConditionRequest<'a>),
    /// The end of event conditions.
    DeleteEventCondition(DeleteEventConditionRequest<'a>),
    /// The attributes of an event condition.
    GetEventConditionAttributes(EventConditionAttributesRequest<'a>),
    /// The state of an event condition.
    ReportEventConditionStatus(EventConditionStatusRequest<'a>),
    /// That an event condition is watched otherwise.
    AlterEventConditionMonitoring(AlterEventConditionRequest<'a>),
    /// That an event happens.
    TriggerEvent(TriggerEventRequest<'a>),
    /// A new event enrolment.
    DefineEventEnrollment(DefineEventEnrollmentRequest<'a>),
    /// The end of event enrolments.
    DeleteEventEnrollment(DeleteEventEnrollmentRequest<'a>),
    /// Another event enrolment of the same name.
    AlterEventEnrollment(AlterEventEnrollmentRequest<'a>),
    /// The state of an event enrolment.
    ReportEventEnrollmentStatus(EventEnrollmentStatusRequest<'a>),
    /// The attributes of event enrolments.
    GetEventEnrollmentAttributes(EventEnrollmentAttributesRequest<'a>),
    /// That a notification is acknowledged.
    AcknowledgeEventNotification(AcknowledgeEventRequest<'a>),
    /// A service that is not decoded; it is rejected as unrecognized.
    Other {
        /// Its tag.
        tag: Tag,
        /// Its content.
        content: &'a [u8],
    },
}

impl<'a> RequestService<'a> {
    fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        use RequestService as S;
        let Tlv { tag, content } = tlv;
        match tag {
            STATUS => StatusRequest::decode(content).map(S::Status),
            GET_NAME_LIST => NameListRequest::decode(content).map(S::GetNameList),
            IDENTIFY => Ok(S::Identify(IdentifyRequest)),
            READ => ReadRequest::decode(content).map(S::Read),
            WRITE => WriteRequest::decode(content).map(S::Write),
            GET_VARIABLE_ACCESS_ATTRIBUTES => {
                AccessAttributesRequest::decode(content).map(S::GetVariableAccessAttributes)
            }
            DEFINE => DefineVariableListRequest::decode(content).map(S::DefineNamedVariableList),
            GET_ATTRIBUTES => VariableListAttributesRequest::decode(content)
                .map(S::GetNamedVariableListAttributes),
            DELETE => DeleteVariableListRequest::decode(content).map(S::DeleteNamedVariableList),
            GET_DOMAIN_ATTRIBUTES => {
                DomainAttributesRequest::decode(content).map(S::GetDomainAttributes)
            }
            OBTAIN_FILE => ObtainFileRequest::decode(content).map(S::ObtainFile),
            READ_JOURNAL => ReadJournalRequest::decode(content).map(S::ReadJournal),
            INITIALIZE_JOURNAL => {
                InitializeJournalRequest::decode(content).map(S::InitializeJournal)
            }
            REPORT_JOURNAL_STATUS => {
                JournalStatusRequest::decode(content).map(S::ReportJournalStatus)
            }
            GET_CAPABILITY_LIST => CapabilityListRequest::decode(content).map(S::GetCapabilityList),
            FILE_OPEN => FileOpenRequest::decode(content).map(S::FileOpen),
            FILE_READ => FileReadRequest::decode(content).map(S::FileRead),
            FILE_CLOSE => FileCloseRequest::decode(content).map(S::FileClose),
            FILE_RENAME => FileRenameRequest::decode(content).map(S::FileRename),
            FILE_DELETE => FileDeleteRequest::decode(content).map(S::FileDelete),
            FILE_DIRECTORY => FileDirectoryRequest::decode(content).map(S::FileDirectory),
            START => StartRequest::decode(content).map(S::Start),
            STOP => StopRequest::decode(content).map(S::Stop),
            RESUME => ResumeRequest::decode(content).map(S::Resume),
            RESET => ResetRequest::decode(content).map(S::Reset),
            KILL => KillRequest::decode(content).map(S::Kill),
            GET_PROGRAM_ATTRIBUTES => {
                ProgramAttributesRequest::decode(content).map(S::GetProgramInvocationAttributes)
            }
            DEFINE_CONDITION => {
                DefineEventConditionRequest::decode(content).map(S::DefineEventCondition)
            }
            DELETE_CONDITION => {
                DeleteEventConditionRequest::decode(content).map(S::DeleteEventCondition)
            }
            GET_CONDITION_ATTRIBUTES => {
                EventConditionAttributesRequest::decode(content).map(S::GetEventConditionAttributes)
            }
            REPORT_CONDITION_STATUS => {
                EventConditionStatusRequest::decode(content).map(S::ReportEventConditionStatus)
            }
            ALTER_CONDITION_MONITORING => {
                AlterEventConditionRequest::decode(content).map(S::AlterEventConditionMonitoring)
            }
            TRIGGER_EVENT => TriggerEventRequest::decode(content).map(S::TriggerEvent),
            DEFINE_ENROLLMENT => {
                DefineEventEnrollmentRequest::decode(content).map(S::DefineEventEnrollment)
            }
            DELETE_ENROLLMENT => {
                DeleteEventEnrollmentRequest::decode(content).map(S::DeleteEventEnrollment)
            }
            ALTER_ENROLLMENT => {
                AlterEventEnrollmentRequest::decode(content).map(S::AlterEventEnrollment)
            }
            REPORT_ENROLLMENT_STATUS => {
                EventEnrollmentStatusRequest::decode(content).map(S::ReportEventEnrollmentStatus)
            }
            GET_ENROLLMENT_ATTRIBUTES => EventEnrollmentAttributesRequest::decode(content)
                .map(S::GetEventEnrollmentAttributes),
            ACKNOWLEDGE => {
                AcknowledgeEventRequest::decode(content).map(S::AcknowledgeEventNotification)
            }
            _ => Ok(S::Other { tag, content }),
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        use RequestService as S;
        match self {
            S::Status(request) => request.encode(w),
            S::GetNameList(request) => request.encode(w),
            S::Identify(request) => request.encode(w),
            S::Read(request) => request.encode(w),
            S::Write(request) => request.encode(w),
            S::GetVariableAccessAttributes(request) => request.encode(w),
            S::DefineNamedVariableList(request) => request.encode(w),
            S::GetNamedVariableListAttributes(request) => request.encode(w),
            S::DeleteNamedVariableList(request) => request.encode(w),
            S::GetDomainAttributes(request) => request.encode(w),
            S::ObtainFile(request) => request.encode(w),
            S::ReadJournal(request) => request.encode(w),
            S::InitializeJournal(request) => request.encode(w),
            S::ReportJournalStatus(request) => request.encode(w),
            S::GetCapabilityList(request) => request.encode(w),
            S::FileOpen(request) => request.encode(w),
            S::FileRead(request) => request.encode(w),
            S::FileClose(request) => request.encode(w),
            S::FileRename(request) => request.encode(w),
            S::FileDelete(request) => request.encode(w),
            S::FileDirectory(request) => request.encode(w),
            S::Start(request) => request.encode(w),
            S::Stop(request) => request.encode(w),
            S::Resume(request) => request.encode(w),
            S::Reset(request) => request.encode(w),
            S::Kill(request) => request.encode(w),
            S::GetProgramInvocationAttributes(request) => request.encode(w),
            S::DefineEventCondition(request) => request.encode(w),
            S::DeleteEventCondition(request) => request.encode(w),
            S::GetEventConditionAttributes(request) => request.encode(w),
            S::ReportEventConditionStatus(request) => request.encode(w),
            S::AlterEventConditionMonitoring(request) => request.encode(w),
            S::TriggerEvent(request) => request.encode(w),
            S::DefineEventEnrollment(request) => request.encode(w),
            S::DeleteEventEnrollment(request) => request.encode(w),
            S::AlterEventEnrollment(request) => request.encode(w),
            S::ReportEventEnrollmentStatus(request) => request.encode(w),
            S::GetEventEnrollmentAttributes(request) => request.encode(w),
            S::AcknowledgeEventNotification(request) => request.encode(w),
            S::Other { tag, content } => w.primitive(*tag, content),
        }
    }

    /// The service; `None` for tag numbers that the standard gives to no service.
    pub fn service(&self) -> Option<Service> {
        use RequestService as S;
        Some(match self {
            S::Status(_) => Service::Status,
            S::GetNameList(_) => Service::GetNameList,
            S::Identify(_) => Service::Identify,
            S::Read(_) => Service::Read,
            S::Write(_) => Service::Write,
            S::GetVariableAccessAttributes(_) => Service::GetVariableAccessAttributes,
            S::DefineNamedVariableList(_) => Service::DefineNamedVariableList,
            S::GetNamedVariableListAttributes(_) => Service::GetNamedVariableListAttributes,
            S::DeleteNamedVariableList(_) => Service::DeleteNamedVariableList,
            S::GetDomainAttributes(_) => Service::GetDomainAttributes,
            S::ObtainFile(_) => Service::ObtainFile,
            S::ReadJournal(_) => Service::ReadJournal,
            S::InitializeJournal(_) => Service::InitializeJournal,
            S::ReportJournalStatus(_) => Service::ReportJournalStatus,
            S::GetCapabilityList(_) => Service::GetCapabilityList,
            S::FileOpen(_) => Service::FileOpen,
            S::FileRead(_) => Service::FileRead,
            S::FileClose(_) => Service::FileClose,
            S::FileRename(_) => Service::FileRename,
            S::FileDelete(_) => Service::FileDelete,
            S::FileDirectory(_) => Service::FileDirectory,
            S::Start(_) => Service::Start,
            S::Stop(_) => Service::Stop,
            S::Resume(_) => Service::Resume,
            S::Reset(_) => Service::Reset,
            S::Kill(_) => Service::Kill,
            S::GetProgramInvocationAttributes(_) => Service::GetProgramInvocationAttributes,
            S::DefineEventCondition(_) => Service::DefineEventCondition,
            S::DeleteEventCondition(_) => Service::DeleteEventCondition,
            S::GetEventConditionAttributes(_) => Service::GetEventConditionAttributes,
            S::ReportEventConditionStatus(_) => Service::ReportEventConditionStatus,
            S::AlterEventConditionMonitoring(_) => Service::AlterEventConditionMonitoring,
            S::TriggerEvent(_) => Service::TriggerEvent,
            S::DefineEventEnrollment(_) => Service::DefineEventEnrollment,
            S::DeleteEventEnrollment(_) => Service::DeleteEventEnrollment,
            S::AlterEventEnrollment(_) => Service::AlterEventEnrollment,
            S::ReportEventEnrollmentStatus(_) => Service::ReportEventEnrollmentStatus,
            S::GetEventEnrollmentAttributes(_) => Service::GetEventEnrollmentAttributes,
            S::AcknowledgeEventNotification(_) => Service::AcknowledgeEventNotification,
            S::Other { tag, .. } if tag.is_context() => {
                return Service::from_tag_number(tag.number());
            }
            S::Other { .. } => return None,
        })
    }
}
