use super::{numbered, open_enum};
use mms::DataAccessError;

numbered! {
    /// Whether clients may write the attributes of a functional constraint that have no handler.
    AccessPolicy: i32 {
        /// Writes are stored.
        Allow = 0,
        /// Writes are refused with object-access-denied.
        Deny = 1,
    }
}

open_enum! {
    /// The result of one access to a variable, in the numbers of libiec61850: the errors of MMS,
    /// and success.
    MmsDataAccessError {
        /// The access succeeded, and the value is not to be stored.
        SuccessNoUpdate = -3 "success without an update",
        /// No answer is sent.
        NoResponse = -2 "no response",
        /// The access succeeded.
        Success = -1 "success",
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
        /// There is no such object (the constant of libiec61850 is `OBJECT_NONE_EXISTENT`).
        ObjectNonExistent = 10 "object non-existent",
        /// The type fits and the value does not.
        ObjectValueInvalid = 11 "object value invalid",
        /// An error without a code of its own.
        Unknown = 12 "unknown error",
    }
}

impl MmsDataAccessError {
    /// The wire error, or `None` for success (with and without an update) and for no response.
    ///
    /// [`MmsDataAccessError::Unknown`] has no number on the wire and becomes
    /// object-access-unsupported.
    pub fn to_wire(self) -> Option<DataAccessError> {
        match self {
            MmsDataAccessError::SuccessNoUpdate
            | MmsDataAccessError::NoResponse
            | MmsDataAccessError::Success => None,
            MmsDataAccessError::Unknown => Some(DataAccessError::ObjectAccessUnsupported),
            other => Some(DataAccessError::from_code(other.value().into())),
        }
    }

    /// Whether this is success, with or without an update.
    pub fn is_success(self) -> bool {
        matches!(
            self,
            MmsDataAccessError::Success | MmsDataAccessError::SuccessNoUpdate
        )
    }
}

impl From<DataAccessError> for MmsDataAccessError {
    fn from(error: DataAccessError) -> Self {
        // The two lowest numbers mean "no error" here; a peer that sends them sent an error.
        match i32::try_from(error.code()) {
            Ok(code) if code >= 0 => MmsDataAccessError::from_value(code),
            _ => MmsDataAccessError::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_errors_map_both_ways() {
        for code in 0..12 {
            let wire = DataAccessError::from_code(code);
            let ours = MmsDataAccessError::from(wire);
            assert_eq!(i64::from(ours.value()), code);
            assert_eq!(ours.to_wire(), Some(wire));
        }
        assert_eq!(MmsDataAccessError::Success.to_wire(), None);
        assert_eq!(MmsDataAccessError::NoResponse.to_wire(), None);
        assert_eq!(
            MmsDataAccessError::from(DataAccessError::Other(-1)),
            MmsDataAccessError::Unknown
        );
        assert_eq!(
            MmsDataAccessError::from(DataAccessError::Other(40)),
            MmsDataAccessError::Other(40)
        );
    }
}
