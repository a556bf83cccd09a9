//! Responses: ISO 9506-2 `Confirmed-ResponsePDU`, `ConfirmedServiceResponse`.

use super::access_attributes::{AccessAttributesResponse, GET_VARIABLE_ACCESS_ATTRIBUTES};
use super::domain::{DomainAttributesResponse, GET_DOMAIN_ATTRIBUTES_RESPONSE};
use super::event_condition::{
    ALTER_CONDITION_MONITORING_RESPONSE, AlterEventConditionResponse, DEFINE_CONDITION_RESPONSE,
    DELETE_CONDITION_RESPONSE, DefineEventConditionResponse, DeleteEventConditionResponse,
    EventConditionAttributesResponse, EventConditionStatusResponse, GET_CONDITION_ATTRIBUTES,
    REPORT_CONDITION_STATUS, TRIGGER_EVENT_RESPONSE, TriggerEventResponse,
};
use super::event_enrollment::{
    ACKNOWLEDGE_RESPONSE, ALTER_ENROLLMENT, AcknowledgeEventResponse, AlterEventEnrollmentResponse,
    DEFINE_ENROLLMENT_RESPONSE, DELETE_ENROLLMENT_RESPONSE, DefineEventEnrollmentResponse,
    DeleteEventEnrollmentResponse, EventEnrollmentAttributesResponse,
    EventEnrollmentStatusResponse, GET_ENROLLMENT_ATTRIBUTES, REPORT_ENROLLMENT_STATUS,
};
use super::file::{
    FILE_CLOSE, FILE_DELETE_RESPONSE, FILE_OPEN, FILE_READ_RESPONSE, FILE_RENAME_RESPONSE,
    FileCloseResponse, FileDeleteResponse, FileOpenResponse, FileReadResponse, FileRenameResponse,
    OBTAIN_FILE_RESPONSE, ObtainFileResponse,
};
use super::file_directory::{FILE_DIRECTORY, FileDirectoryResponse};
use super::journal::{
    INITIALIZE_JOURNAL_RESPONSE, InitializeJournalResponse, JournalStatusResponse, READ_JOURNAL,
    REPORT_JOURNAL_STATUS, ReadJournalResponse,
};
use super::name_list::{GET_NAME_LIST, NameListResponse};
use super::program::{
    GET_PROGRAM_ATTRIBUTES_RESPONSE, KILL_RESPONSE, KillResponse, ProgramAttributesResponse,
    RESET_RESPONSE, RESUME_RESPONSE, ResetResponse, ResumeResponse, START_RESPONSE, STOP_RESPONSE,
    StartResponse, StopResponse,
};
use super::read::{READ, ReadResponse};
use super::support::Service;
use super::variable_list::{
    DEFINE_RESPONSE, DELETE, DefineVariableListResponse, DeleteVariableListResponse,
    GET_ATTRIBUTES, VariableListAttributesResponse,
};
use super::vmd::{
    CapabilityListResponse, GET_CAPABILITY_LIST, IDENTIFY_RESPONSE, IdentifyResponse,
    STATUS_RESPONSE, StatusResponse,
};
use super::wire::split_confirmed;
use super::write::{WRITE, WriteResponse};
use super::{PduError, reason, write_confirmed_response};
use crate::ber::{BerError, Tag, Tlv, Writer};

/// A confirmed response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedResponse<'a> {
    /// Invoke id of the request.
    pub invoke_id: u32,
    /// The result.
    pub service: ResponseService<'a>,
}

impl<'a> ConfirmedResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, PduError> {
        let (invoke_id, service) = split_confirmed(content)?;
        let service = ResponseService::from_tlv(service).map_err(|cause| {
            let reason = match cause {
                BerError::TooDeep => reason::RESULT_RECURSION,
                _ => reason::INVALID_RESULT,
            };
            PduError::new(Some(invoke_id), reason, cause)
        })?;
        Ok(ConfirmedResponse { invoke_id, service })
    }

    /// Writes the PDU.
    pub fn encode(&self, w: &mut Writer<'_>) {
        write_confirmed_response(w, self.invoke_id, |w| self.service.encode(w));
    }
}

/// What a confirmed response brings (ISO 9506-2 `ConfirmedServiceResponse`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseService<'a> {
    /// The state of the VMD.
    Status(StatusResponse),
    /// Names of objects.
    GetNameList(NameListResponse<'a>),
    /// Vendor, model and revision.
    Identify(IdentifyResponse<'a>),
    /// Values of variables.
    Read(ReadResponse<'a>),
    /// What became of a write.
    Write(WriteResponse<'a>),
    /// The type of a variable.
    GetVariableAccessAttributes(AccessAttributesResponse<'a>),
    /// The variable list was created.
    DefineNamedVariableList(DefineVariableListResponse),
    /// The members of a variable list.
    GetNamedVariableListAttributes(VariableListAttributesResponse<'a>),
    /// How many variable lists were deleted.
    DeleteNamedVariableList(DeleteVariableListResponse),
    /// The attributes of a domain.
    GetDomainAttributes(DomainAttributesResponse<'a>),
    /// The file was fetched.
    ObtainFile(ObtainFileResponse),
    /// Entries of a journal.
    ReadJournal(ReadJournalResponse<'a>),
    /// How many entries were deleted.
    InitializeJournal(InitializeJournalResponse),
    /// How full a journal is.
    ReportJournalStatus(JournalStatusResponse),
    /// Capabilities of the VMD.
    GetCapabilityList(CapabilityListResponse<'a>),
    /// The handle of the open file.
    FileOpen(FileOpenResponse<'a>),
    /// Octets of an open file.
    FileRead(FileReadResponse<'a>),
    /// The file is closed.
    FileClose(FileCloseResponse),
    /// The file has its new name.
    FileRename(FileRenameResponse),
    /// The file is deleted.
    FileDelete(FileDeleteResponse),
    /// The files there are.
    FileDirectory(FileDirectoryResponse<'a>),
    /// The program invocation runs.
    Start(StartResponse),
    /// The program invocation is stopped.
    Stop(StopResponse),
    /// The program invocation runs again.
    Resume(ResumeResponse),
    /// The program invocation is reset.
    Reset(ResetResponse),
    /// The program invocation is unrunnable.
    Kill(KillResponse),
    /// The attributes of a program invocation.
    GetProgramInvocationAttributes(ProgramAttributesResponse<'a>),
    /// The event condition was created.
    DefineEventCondition(DefineEventConditionResponse),
    /// How many event conditions were not deleted.
    DeleteEventCondition(DeleteEventConditionResponse),
    /// The attributes of an event condition.
    GetEventConditionAttributes(EventConditionAttributesResponse<'a>),
    /// The state of an event condition.
    ReportEventConditionStatus(EventConditionStatusResponse),
    /// The event condition is watched as asked for.
    AlterEventConditionMonitoring(AlterEventConditionResponse),
    /// The event has happened.
    TriggerEvent(TriggerEventResponse),
    /// The event enrolment was created.
    DefineEventEnrollment(DefineEventEnrollmentResponse),
    /// How many event enrolments were not deleted.
    DeleteEventEnrollment(DeleteEventEnrollmentResponse),
    /// How the event enrolment is now.
    AlterEventEnrollment(AlterEventEnrollmentResponse),
    /// The state of an event enrolment.
    ReportEventEnrollmentStatus(EventEnrollmentStatusResponse),
    /// The attributes of event enrolments.
    GetEventEnrollmentAttributes(EventEnrollmentAttributesResponse<'a>),
    /// The notification is acknowledged.
    AcknowledgeEventNotification(AcknowledgeEventResponse),
    /// A service that is not decoded.
    Other {
        /// Its tag.
        tag: Tag,
        /// Its content.
        content: &'a [u8],
    },
}

impl<'a> ResponseService<'a> {
    fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        use ResponseService as S;
        let Tlv { tag, content } = tlv;
        match tag {
            STATUS_RESPONSE => StatusResponse::decode(content).map(S::Status),
            GET_NAME_LIST => NameListResponse::decode(content).map(S::GetNameList),
            IDENTIFY_RESPONSE => IdentifyResponse::decode(content).map(S::Identify),
            READ => ReadResponse::decode(content).map(S::Read),
            WRITE => WriteResponse::decode(content).map(S::Write),
            GET_VARIABLE_ACCESS_ATTRIBUTES => {
                AccessAttributesResponse::decode(content).map(S::GetVariableAccessAttributes)
            }
            DEFINE_RESPONSE => Ok(S::DefineNamedVariableList(DefineVariableListResponse)),
            GET_ATTRIBUTES => VariableListAttributesResponse::decode(content)
                .map(S::GetNamedVariableListAttributes),
            DELETE => DeleteVariableListResponse::decode(content).map(S::DeleteNamedVariableList),
            GET_DOMAIN_ATTRIBUTES_RESPONSE => {
                DomainAttributesResponse::decode(content).map(S::GetDomainAttributes)
            }
            OBTAIN_FILE_RESPONSE => Ok(S::ObtainFile(ObtainFileResponse)),
            READ_JOURNAL => ReadJournalResponse::decode(content).map(S::ReadJournal),
            INITIALIZE_JOURNAL_RESPONSE => {
                InitializeJournalResponse::decode(content).map(S::InitializeJournal)
            }
            REPORT_JOURNAL_STATUS => {
                JournalStatusResponse::decode(content).map(S::ReportJournalStatus)
            }
            GET_CAPABILITY_LIST => {
                CapabilityListResponse::decode(content).map(S::GetCapabilityList)
            }
            FILE_OPEN => FileOpenResponse::decode(content).map(S::FileOpen),
            FILE_READ_RESPONSE => FileReadResponse::decode(content).map(S::FileRead),
            FILE_CLOSE => Ok(S::FileClose(FileCloseResponse)),
            FILE_RENAME_RESPONSE => Ok(S::FileRename(FileRenameResponse)),
            FILE_DELETE_RESPONSE => Ok(S::FileDelete(FileDeleteResponse)),
            FILE_DIRECTORY => FileDirectoryResponse::decode(content).map(S::FileDirectory),
            START_RESPONSE => Ok(S::Start(StartResponse)),
            STOP_RESPONSE => Ok(S::Stop(StopResponse)),
            RESUME_RESPONSE => Ok(S::Resume(ResumeResponse)),
            RESET_RESPONSE => Ok(S::Reset(ResetResponse)),
            KILL_RESPONSE => Ok(S::Kill(KillResponse)),
            GET_PROGRAM_ATTRIBUTES_RESPONSE => {
                ProgramAttributesResponse::decode(content).map(S::GetProgramInvocationAttributes)
            }
            DEFINE_CONDITION_RESPONSE => Ok(S::DefineEventCondition(DefineEventConditionResponse)),
            DELETE_CONDITION_RESPONSE => {
                DeleteEventConditionResponse::decode(content).map(S::DeleteEventCondition)
            }
            GET_CONDITION_ATTRIBUTES => EventConditionAttributesResponse::decode(content)
                .map(S::GetEventConditionAttributes),
            REPORT_CONDITION_STATUS => {
                EventConditionStatusResponse::decode(content).map(S::ReportEventConditionStatus)
            }
            ALTER_CONDITION_MONITORING_RESPONSE => Ok(S::AlterEventConditionMonitoring(
                AlterEventConditionResponse,
            )),
            TRIGGER_EVENT_RESPONSE => Ok(S::TriggerEvent(TriggerEventResponse)),
            DEFINE_ENROLLMENT_RESPONSE => {
                Ok(S::DefineEventEnrollment(DefineEventEnrollmentResponse))
            }
            DELETE_ENROLLMENT_RESPONSE => {
                DeleteEventEnrollmentResponse::decode(content).map(S::DeleteEventEnrollment)
            }
            ALTER_ENROLLMENT => {
                AlterEventEnrollmentResponse::decode(content).map(S::AlterEventEnrollment)
            }
            REPORT_ENROLLMENT_STATUS => {
                EventEnrollmentStatusResponse::decode(content).map(S::ReportEventEnrollmentStatus)
            }
            GET_ENROLLMENT_ATTRIBUTES => EventEnrollmentAttributesResponse::decode(content)
                .map(S::GetEventEnrollmentAttributes),
            ACKNOWLEDGE_RESPONSE => Ok(S::AcknowledgeEventNotification(AcknowledgeEventResponse)),
            _ => Ok(Self::null(tag, content).unwrap_or(S::Other { tag, content })),
        }
    }

    /// A response of type NULL that says it is constructed, as some peers do: empty as it is, it can
    /// be nothing else.
    fn null(tag: Tag, content: &[u8]) -> Option<Self> {
        use ResponseService as S;
        let is_one = tag.is_context() && tag.is_constructed() && content.is_empty();
        let is = |primitive: Tag| is_one && tag.number() == primitive.number();
        match () {
            () if is(DEFINE_RESPONSE) => {
                Some(S::DefineNamedVariableList(DefineVariableListResponse))
            }
            () if is(OBTAIN_FILE_RESPONSE) => Some(S::ObtainFile(ObtainFileResponse)),
            () if is(FILE_CLOSE) => Some(S::FileClose(FileCloseResponse)),
            () if is(FILE_RENAME_RESPONSE) => Some(S::FileRename(FileRenameResponse)),
            () if is(FILE_DELETE_RESPONSE) => Some(S::FileDelete(FileDeleteResponse)),
            () => None,
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        use ResponseService as S;
        match self {
            S::Status(response) => response.encode(w),
            S::GetNameList(response) => response.encode(w),
            S::Identify(response) => response.encode(w),
            S::Read(response) => response.encode(w),
            S::Write(response) => response.encode(w),
            S::GetVariableAccessAttributes(response) => response.encode(w),
            S::DefineNamedVariableList(response) => response.encode(w),
            S::GetNamedVariableListAttributes(response) => response.encode(w),
            S::DeleteNamedVariableList(response) => response.encode(w),
            S::GetDomainAttributes(response) => response.encode(w),
            S::ObtainFile(response) => response.encode(w),
            S::ReadJournal(response) => response.encode(w),
            S::InitializeJournal(response) => response.encode(w),
            S::ReportJournalStatus(response) => response.encode(w),
            S::GetCapabilityList(response) => response.encode(w),
            S::FileOpen(response) => response.encode(w),
            S::FileRead(response) => response.encode(w),
            S::FileClose(response) => response.encode(w),
            S::FileRename(response) => response.encode(w),
            S::FileDelete(response) => response.encode(w),
            S::FileDirectory(response) => response.encode(w),
            S::Start(response) => response.encode(w),
            S::Stop(response) => response.encode(w),
            S::Resume(response) => response.encode(w),
            S::Reset(response) => response.encode(w),
            S::Kill(response) => response.encode(w),
            S::GetProgramInvocationAttributes(response) => response.encode(w),
            S::DefineEventCondition(response) => response.encode(w),
            S::DeleteEventCondition(response) => response.encode(w),
            S::GetEventConditionAttributes(response) => response.encode(w),
            S::ReportEventConditionStatus(response) => response.encode(w),
            S::AlterEventConditionMonitoring(response) => response.encode(w),
            S::TriggerEvent(response) => response.encode(w),
            S::DefineEventEnrollment(response) => response.encode(w),
            S::DeleteEventEnrollment(response) => response.encode(w),
            S::AlterEventEnrollment(response) => response.encode(w),
            S::ReportEventEnrollmentStatus(response) => response.encode(w),
            S::GetEventEnrollmentAttributes(response) => response.encode(w),
            S::AcknowledgeEventNotification(response) => response.encode(w),
            S::Other { tag, content } => w.primitive(*tag, content),
        }
    }

    /// The service; `None` for tag numbers that the standard gives to no service.
    pub fn service(&self) -> Option<Service> {
        use ResponseService as S;
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
