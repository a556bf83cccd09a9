//! What the two sides of an association can do: ISO 9506-2 `ServiceSupportOptions` and
//! `ParameterSupportOptions`.

use crate::BitString;
use std::fmt;

macro_rules! services {
    ($($name:ident = $bit:literal $text:literal,)+) => {
        /// A service, with its bit in `ServiceSupportOptions`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Service {
            $(#[doc = concat!("The ", $text, " service.")] $name = $bit,)+
        }

        impl Service {
            /// All services in the order of their bits.
            pub const ALL: &'static [Service] = &[$(Service::$name,)+];

            /// The name in the standard.
            pub fn name(self) -> &'static str {
                match self { $(Service::$name => $text,)+ }
            }
        }
    };
}

services! {
    Status = 0 "status",
    GetNameList = 1 "getNameList",
    Identify = 2 "identify",
    Rename = 3 "rename",
    Read = 4 "read",
    Write = 5 "write",
    GetVariableAccessAttributes = 6 "getVariableAccessAttributes",
    DefineNamedVariable = 7 "defineNamedVariable",
    DefineScatteredAccess = 8 "defineScatteredAccess",
    GetScatteredAccessAttributes = 9 "getScatteredAccessAttributes",
    DeleteVariableAccess = 10 "deleteVariableAccess",
    DefineNamedVariableList = 11 "defineNamedVariableList",
    GetNamedVariableListAttributes = 12 "getNamedVariableListAttributes",
    DeleteNamedVariableList = 13 "deleteNamedVariableList",
    DefineNamedType = 14 "defineNamedType",
    GetNamedTypeAttributes = 15 "getNamedTypeAttributes",
    DeleteNamedType = 16 "deleteNamedType",
    Input = 17 "input",
    Output = 18 "output",
    TakeControl = 19 "takeControl",
    RelinquishControl = 20 "relinquishControl",
    DefineSemaphore = 21 "defineSemaphore",
    DeleteSemaphore = 22 "deleteSemaphore",
    ReportSemaphoreStatus = 23 "reportSemaphoreStatus",
    ReportPoolSemaphoreStatus = 24 "reportPoolSemaphoreStatus",
    ReportSemaphoreEntryStatus = 25 "reportSemaphoreEntryStatus",
    InitiateDownloadSequence = 26 "initiateDownloadSequence",
    DownloadSegment = 27 "downloadSegment",
    TerminateDownloadSequence = 28 "terminateDownloadSequence",
    InitiateUploadSequence = 29 "initiateUploadSequence",
    UploadSegment = 30 "uploadSegment",
    TerminateUploadSequence = 31 "terminateUploadSequence",
    RequestDomainDownload = 32 "requestDomainDownload",
    RequestDomainUpload = 33 "requestDomainUpload",
    LoadDomainContent = 34 "loadDomainContent",
    StoreDomainContent = 35 "storeDomainContent",
    DeleteDomain = 36 "deleteDomain",
    GetDomainAttributes = 37 "getDomainAttributes",
    CreateProgramInvocation = 38 "createProgramInvocation",
    DeleteProgramInvocation = 39 "deleteProgramInvocation",
    Start = 40 "start",
    Stop = 41 "stop",
    Resume = 42 "resume",
    Reset = 43 "reset",
    Kill = 44 "kill",
    GetProgramInvocationAttributes = 45 "getProgramInvocationAttributes",
    ObtainFile = 46 "obtainFile",
    DefineEventCondition = 47 "defineEventCondition",
    DeleteEventCondition = 48 "deleteEventCondition",
    GetEventConditionAttributes = 49 "getEventConditionAttributes",
    ReportEventConditionStatus = 50 "reportEventConditionStatus",
    AlterEventConditionMonitoring = 51 "alterEventConditionMonitoring",
    TriggerEvent = 52 "triggerEvent",
    DefineEventAction = 53 "defineEventAction",
    DeleteEventAction = 54 "deleteEventAction",
    GetEventActionAttributes = 55 "getEventActionAttributes",
    ReportEventActionStatus = 56 "reportEventActionStatus",
    DefineEventEnrollment = 57 "defineEventEnrollment",
    DeleteEventEnrollment = 58 "deleteEventEnrollment",
    AlterEventEnrollment = 59 "alterEventEnrollment",
    ReportEventEnrollmentStatus = 60 "reportEventEnrollmentStatus",
    GetEventEnrollmentAttributes = 61 "getEventEnrollmentAttributes",
    AcknowledgeEventNotification = 62 "acknowledgeEventNotification",
    GetAlarmSummary = 63 "getAlarmSummary",
    GetAlarmEnrollmentSummary = 64 "getAlarmEnrollmentSummary",
    ReadJournal = 65 "readJournal",
    WriteJournal = 66 "writeJournal",
    InitializeJournal = 67 "initializeJournal",
    ReportJournalStatus = 68 "reportJournalStatus",
    CreateJournal = 69 "createJournal",
    DeleteJournal = 70 "deleteJournal",
    GetCapabilityList = 71 "getCapabilityList",
    FileOpen = 72 "fileOpen",
    FileRead = 73 "fileRead",
    FileClose = 74 "fileClose",
    FileRename = 75 "fileRename",
    FileDelete = 76 "fileDelete",
    FileDirectory = 77 "fileDirectory",
    UnsolicitedStatus = 78 "unsolicitedStatus",
    InformationReport = 79 "informationReport",
    EventNotification = 80 "eventNotification",
    AttachToEventCondition = 81 "attachToEventCondition",
    AttachToSemaphore = 82 "attachToSemaphore",
    Conclude = 83 "conclude",
    Cancel = 84 "cancel",
}

impl Service {
    /// The bit in `ServiceSupportOptions`; for confirmed services also the tag number.
    pub const fn bit(self) -> usize {
        self as usize
    }

    /// The confirmed service whose request and response carry this tag number.
    pub fn from_tag_number(number: u32) -> Option<Service> {
        // From unsolicitedStatus on the bits do not name confirmed services.
        Self::ALL
            .get(..Service::UnsolicitedStatus.bit())?
            .get(usize::try_from(number).ok()?)
            .copied()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The services one side supports, one bit each. Peers may send fewer bits than there are
/// services: those behind the end are not supported.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ServiceSupport(
    /// The bits as on the wire.
    pub BitString,
);

impl ServiceSupport {
    /// Exactly these services, in a bit string with a bit for every service.
    pub fn of(services: &[Service]) -> Self {
        let mut bits = BitString::new(Service::ALL.len());
        for service in services {
            bits.set(service.bit(), true);
        }
        ServiceSupport(bits)
    }

    /// Whether `service` is supported.
    pub fn has(&self, service: Service) -> bool {
        self.0.get(service.bit())
    }

    /// The services that are supported.
    pub fn iter(&self) -> impl Iterator<Item = Service> {
        Service::ALL.iter().copied().filter(|s| self.has(*s))
    }
}

impl fmt::Debug for ServiceSupport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The parameter building blocks one side supports, one bit each. Bits behind the end are not
/// supported.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ParameterSupport(
    /// The bits as on the wire.
    pub BitString,
);

impl ParameterSupport {
    /// Arrays.
    pub const STR1: usize = 0;
    /// Structures.
    pub const STR2: usize = 1;
    /// Named variables.
    pub const VNAM: usize = 2;
    /// Alternate access.
    pub const VALT: usize = 3;
    /// Unnamed variables (addresses).
    pub const VADR: usize = 4;
    /// Scattered access.
    pub const VSCA: usize = 5;
    /// Third-party operations.
    pub const TPY: usize = 6;
    /// Named variable lists.
    pub const VLIS: usize = 7;
    /// The real data type of the first edition.
    pub const REAL: usize = 8;
    /// Conditioned event services.
    pub const CEI: usize = 10;
    /// Bits that are sent: libiec61850 answers only bit strings of this length.
    pub const LENGTH: usize = 11;

    /// Exactly these building blocks, by the constants here, in [`ParameterSupport::LENGTH`] bits.
    pub fn of(blocks: &[usize]) -> Self {
        let mut bits = BitString::new(Self::LENGTH);
        for block in blocks {
            bits.set(*block, true);
        }
        ParameterSupport(bits)
    }

    /// Whether the building block with this bit is supported.
    pub fn has(&self, block: usize) -> bool {
        self.0.get(block)
    }
}

impl fmt::Debug for ParameterSupport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ParameterSupport({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_as_recorded_from_libiec61850() {
        // Golden 01, the client's initiate request.
        let bits = [0xee, 0x1c, 0, 0, 0x04, 0x08, 0, 0, 0x79, 0xef, 0x18];
        let support = ServiceSupport(BitString::from_octets(&bits, 85));
        let services: Vec<Service> = support.iter().collect();
        assert_eq!(ServiceSupport::of(&services), support);
        for service in [
            Service::Status,
            Service::GetNameList,
            Service::Identify,
            Service::Read,
            Service::Write,
            Service::GetVariableAccessAttributes,
            Service::DefineNamedVariableList,
            Service::DeleteNamedVariableList,
            Service::ReadJournal,
            Service::FileDirectory,
            Service::InformationReport,
            Service::Conclude,
        ] {
            assert!(support.has(service), "{service}");
        }
        assert!(!support.has(Service::Rename) && !support.has(Service::TakeControl));
        let parameters = ParameterSupport::of(&[
            ParameterSupport::STR1,
            ParameterSupport::STR2,
            ParameterSupport::VNAM,
            ParameterSupport::VALT,
            ParameterSupport::VLIS,
        ]);
        assert_eq!(parameters.0.octets(), [0xf1, 0]);
    }

    #[test]
    fn tag_numbers_are_bits() {
        assert_eq!(Service::ALL.len(), 85);
        for (bit, service) in Service::ALL.iter().enumerate() {
            assert_eq!(service.bit(), bit);
        }
        assert_eq!(Service::from_tag_number(77), Some(Service::FileDirectory));
        assert_eq!(Service::from_tag_number(78), None);
    }
}
