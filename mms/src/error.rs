//! Errors a peer names on the wire: typed, never bare integers.

use std::fmt;

macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $value:literal $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A code the standard does not define, kept as received.
            Other(i64),
        }

        impl $name {
            /// The number on the wire.
            pub fn code(self) -> i64 {
                match self { $($name::$variant => $value,)+ $name::Other(code) => code }
            }

            /// The value for a number on the wire; unknown numbers are kept.
            pub fn from_code(code: i64) -> Self {
                match code { $($value => $name::$variant,)+ other => $name::Other(other) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $($name::$variant => f.write_str($text),)+ $name::Other(code) => write!(f, "code {code}") }
            }
        }
    };
}

wire_enum! {
    /// Why one variable of a read or write has no result (ISO 9506-2 `DataAccessError`).
    DataAccessError {
        /// The object was there and is no longer valid.
        ObjectInvalidated = 0 "object invalidated",
        /// The equipment failed.
        HardwareFault = 1 "hardware fault",
        /// Not now; the same request may succeed later.
        TemporarilyUnavailable = 2 "temporarily unavailable",
        /// The client may not do this.
        ObjectAccessDenied = 3 "object access denied",
        /// The object is not defined.
        ObjectUndefined = 4 "object undefined",
        /// The address is not valid.
        InvalidAddress = 5 "invalid address",
        /// The type of the object cannot be handled.
        TypeUnsupported = 6 "type unsupported",
        /// The value is of another type than the object.
        TypeInconsistent = 7 "type inconsistent",
        /// The attributes of the object contradict each other.
        ObjectAttributeInconsistent = 8 "object attribute inconsistent",
        /// The object does not have this kind of access.
        ObjectAccessUnsupported = 9 "object access unsupported",
        /// There is no such object.
        ObjectNonExistent = 10 "object non-existent",
        /// The type fits and the value does not.
        ObjectValueInvalid = 11 "object value invalid",
    }
}

/// The error class and code of a confirmed-error PDU (ISO 9506-2 `ServiceError`).
///
/// The class and the code within it are both kept; the constants name those that are used often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceError {
    /// Error class: 0 vmd-state, 1 application-reference, 2 definition, 3 resource, 4 service,
    /// 5 service-preempt, 6 time-resolution, 7 access, 8 initiate, 9 conclude, 10 cancel, 11 file,
    /// 12 others.
    pub class: u8,
    /// Code within the class.
    pub code: i64,
}

macro_rules! service_errors {
    ($($(#[$meta:meta])* $name:ident = $class:literal, $code:literal, $text:literal;)+) => {
        impl ServiceError {
            $($(#[$meta])* pub const $name: ServiceError = ServiceError { class: $class, code: $code };)+

            fn text(self) -> Option<&'static str> {
                match (self.class, self.code) { $(($class, $code) => Some($text),)+ _ => None }
            }
        }
    };
}

service_errors! {
    /// vmd-state / other.
    VMD_STATE_OTHER = 0, 0, "vmd-state other";
    /// application-reference / other.
    APPLICATION_REFERENCE_OTHER = 1, 0, "application-reference other";
    /// application-reference / application-unreachable.
    APPLICATION_UNREACHABLE = 1, 1, "application unreachable";
    /// application-reference / connection-lost.
    CONNECTION_LOST = 1, 2, "connection lost";
    /// definition / other.
    DEFINITION_OTHER = 2, 0, "definition other";
    /// definition / object-undefined.
    OBJECT_UNDEFINED = 2, 1, "object undefined";
    /// definition / invalid-address.
    INVALID_ADDRESS = 2, 2, "invalid address";
    /// definition / type-unsupported.
    TYPE_UNSUPPORTED = 2, 3, "type unsupported";
    /// definition / type-inconsistent.
    TYPE_INCONSISTENT = 2, 4, "type inconsistent";
    /// definition / object-exists.
    OBJECT_EXISTS = 2, 5, "object exists";
    /// definition / object-attribute-inconsistent.
    OBJECT_ATTRIBUTE_INCONSISTENT = 2, 6, "object attribute inconsistent";
    /// resource / other.
    RESOURCE_OTHER = 3, 0, "resource other";
    /// resource / memory-unavailable.
    MEMORY_UNAVAILABLE = 3, 1, "memory unavailable";
    /// resource / processor-resource-unavailable.
    PROCESSOR_RESOURCE_UNAVAILABLE = 3, 2, "processor resource unavailable";
    /// resource / mass-storage-unavailable.
    MASS_STORAGE_UNAVAILABLE = 3, 3, "mass storage unavailable";
    /// resource / capability-unavailable.
    CAPABILITY_UNAVAILABLE = 3, 4, "capability unavailable";
    /// resource / capability-unknown.
    CAPABILITY_UNKNOWN = 3, 5, "capability unknown";
    /// service / other.
    SERVICE_OTHER = 4, 0, "service other";
    /// service / primitives-out-of-sequence.
    PRIMITIVES_OUT_OF_SEQUENCE = 4, 1, "primitives out of sequence";
    /// service / object-state-conflict.
    OBJECT_STATE_CONFLICT = 4, 2, "object state conflict";
    /// service / pdu-size: the answer does not fit the negotiated PDU.
    PDU_SIZE = 4, 3, "answer larger than the negotiated PDU";
    /// service / continuation-invalid: a list cannot be continued after the named object.
    CONTINUATION_INVALID = 4, 4, "continuation invalid";
    /// service / object-constraint-conflict.
    OBJECT_CONSTRAINT_CONFLICT = 4, 5, "object constraint conflict";
    /// service-preempt / other.
    SERVICE_PREEMPT_OTHER = 5, 0, "service preempted";
    /// service-preempt / timeout.
    SERVICE_PREEMPT_TIMEOUT = 5, 1, "service preempted by a time-out";
    /// service-preempt / deadlock.
    SERVICE_PREEMPT_DEADLOCK = 5, 2, "service preempted by a deadlock";
    /// service-preempt / cancel.
    SERVICE_PREEMPT_CANCEL = 5, 3, "service cancelled";
    /// access / other.
    ACCESS_OTHER = 7, 0, "access other";
    /// access / object-access-unsupported.
    OBJECT_ACCESS_UNSUPPORTED = 7, 1, "object access unsupported";
    /// access / object-non-existent.
    OBJECT_NON_EXISTENT = 7, 2, "object non-existent";
    /// access / object-access-denied.
    OBJECT_ACCESS_DENIED = 7, 3, "object access denied";
    /// access / object-invalidated.
    OBJECT_INVALIDATED = 7, 4, "object invalidated";
    /// initiate / other.
    INITIATE_OTHER = 8, 0, "initiate other";
    /// initiate / max-services-outstanding-calling-insufficient.
    INITIATE_CALLING_INSUFFICIENT = 8, 3, "too few outstanding services calling";
    /// initiate / max-services-outstanding-called-insufficient.
    INITIATE_CALLED_INSUFFICIENT = 8, 4, "too few outstanding services called";
    /// initiate / service-cbb-insufficient.
    INITIATE_SERVICE_CBB = 8, 5, "services supported insufficient";
    /// initiate / parameter-cbb-insufficient.
    INITIATE_PARAMETER_CBB = 8, 6, "parameter building blocks insufficient";
    /// initiate / nesting-level-insufficient.
    INITIATE_NESTING_LEVEL = 8, 7, "nesting level insufficient";
    /// conclude / other.
    CONCLUDE_OTHER = 9, 0, "conclude other";
    /// conclude / further-communication-required.
    CONCLUDE_FURTHER_COMMUNICATION = 9, 1, "further communication required";
    /// cancel / other.
    CANCEL_OTHER = 10, 0, "cancel other";
    /// cancel / invoke-id-unknown.
    CANCEL_INVOKE_ID_UNKNOWN = 10, 1, "invoke id unknown";
    /// cancel / cancel-not-possible.
    CANCEL_NOT_POSSIBLE = 10, 2, "cancel not possible";
    /// file / other.
    FILE_OTHER = 11, 0, "file other";
    /// file / filename-ambiguous.
    FILENAME_AMBIGUOUS = 11, 1, "file name ambiguous";
    /// file / file-busy.
    FILE_BUSY = 11, 2, "file busy";
    /// file / filename-syntax-error.
    FILENAME_SYNTAX = 11, 3, "file name syntax error";
    /// file / content-type-invalid.
    FILE_CONTENT_TYPE = 11, 4, "file content type invalid";
    /// file / position-invalid.
    FILE_POSITION = 11, 5, "file position invalid";
    /// file / file-access-denied.
    FILE_ACCESS_DENIED = 11, 6, "file access denied";
    /// file / file-non-existent.
    FILE_NON_EXISTENT = 11, 7, "file non-existent";
    /// file / duplicate-filename.
    FILE_DUPLICATE = 11, 8, "duplicate file name";
    /// file / insufficient-space-in-filestore.
    FILE_NO_SPACE = 11, 9, "insufficient space in the filestore";
    /// others / other.
    OTHERS = 12, 0, "other";
}

/// The file error class of [`ServiceError`], under the name the standard uses for it.
pub type FileError = ServiceError;

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => f.write_str(text),
            None => write!(f, "error class {} code {}", self.class, self.code),
        }
    }
}

/// Why a PDU was rejected (ISO 9506-2 `RejectPDU`): the kind of PDU and the code for that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RejectReason {
    /// Tag of the alternative: 1 confirmed-request, 2 confirmed-response, 3 confirmed-error,
    /// 4 unconfirmed, 5 pdu-error, 6 cancel-request, 7 cancel-response, 8 cancel-error,
    /// 9 conclude-request, 10 conclude-response, 11 conclude-error.
    pub kind: u8,
    /// Code within the alternative.
    pub code: i64,
}

impl RejectReason {
    /// confirmed-requestPDU / other.
    pub const REQUEST_OTHER: Self = RejectReason { kind: 1, code: 0 };
    /// confirmed-requestPDU / unrecognized-service.
    pub const UNRECOGNIZED_SERVICE: Self = RejectReason { kind: 1, code: 1 };
    /// confirmed-requestPDU / unrecognized-modifier.
    pub const UNRECOGNIZED_MODIFIER: Self = RejectReason { kind: 1, code: 2 };
    /// confirmed-requestPDU / invalid-invokeID.
    pub const INVALID_INVOKE_ID: Self = RejectReason { kind: 1, code: 3 };
    /// confirmed-requestPDU / invalid-argument.
    pub const INVALID_ARGUMENT: Self = RejectReason { kind: 1, code: 4 };
    /// confirmed-requestPDU / invalid-modifier.
    pub const INVALID_MODIFIER: Self = RejectReason { kind: 1, code: 5 };
    /// confirmed-requestPDU / max-serv-outstanding-exceeded.
    pub const MAX_OUTSTANDING_EXCEEDED: Self = RejectReason { kind: 1, code: 6 };
    /// confirmed-requestPDU / max-recursion-exceeded.
    pub const MAX_RECURSION_EXCEEDED: Self = RejectReason { kind: 1, code: 8 };
    /// confirmed-requestPDU / value-out-of-range.
    pub const VALUE_OUT_OF_RANGE: Self = RejectReason { kind: 1, code: 9 };
    /// pdu-error / unknown-pdu-type.
    pub const UNKNOWN_PDU_TYPE: Self = RejectReason { kind: 5, code: 0 };
    /// pdu-error / invalid-pdu.
    pub const INVALID_PDU: Self = RejectReason { kind: 5, code: 1 };
    /// pdu-error / illegal-acse-mapping.
    pub const ILLEGAL_ACSE_MAPPING: Self = RejectReason { kind: 5, code: 2 };
    /// cancel-requestPDU / other.
    pub const CANCEL_REQUEST_OTHER: Self = RejectReason { kind: 6, code: 0 };
    /// conclude-requestPDU / other.
    pub const CONCLUDE_REQUEST_OTHER: Self = RejectReason { kind: 9, code: 0 };
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (self.kind, self.code) {
            (1, 0) => "request rejected",
            (1, 1) => "unrecognized service",
            (1, 2) => "unrecognized modifier",
            (1, 3) => "invalid invoke id",
            (1, 4) => "invalid argument",
            (1, 5) => "invalid modifier",
            (1, 6) => "too many outstanding services",
            (1, 8) => "nested too deep",
            (1, 9) => "value out of range",
            (5, 0) => "unknown PDU type",
            (5, 1) => "invalid PDU",
            (5, 2) => "illegal ACSE mapping",
            _ => return write!(f, "reject kind {} code {}", self.kind, self.code),
        };
        f.write_str(text)
    }
}

impl std::error::Error for DataAccessError {}
impl std::error::Error for ServiceError {}
impl std::error::Error for RejectReason {}
