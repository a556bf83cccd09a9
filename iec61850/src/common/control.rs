use super::{numbered, open_enum};

numbered! {
    /// How a data object is controlled (IEC 61850-7-2, `ctlModel`).
    ControlModel: i32 {
        /// The object cannot be controlled.
        StatusOnly = 0,
        /// Direct control with normal security.
        DirectNormal = 1,
        /// Select before operate with normal security.
        SboNormal = 2,
        /// Direct control with enhanced security.
        DirectEnhanced = 3,
        /// Select before operate with enhanced security.
        SboEnhanced = 4,
    }
}

impl ControlModel {
    /// Whether the object has to be selected first.
    pub const fn is_sbo(self) -> bool {
        matches!(self, ControlModel::SboNormal | ControlModel::SboEnhanced)
    }

    /// Whether the end of a command is reported with CommandTermination.
    pub const fn is_enhanced(self) -> bool {
        matches!(
            self,
            ControlModel::DirectEnhanced | ControlModel::SboEnhanced
        )
    }
}

open_enum! {
    /// Who gives a command (IEC 61850-7-3, originator category).
    OrCat {
        /// Not supported.
        NotSupported = 0 "not supported",
        /// An operator in the bay.
        BayControl = 1 "bay control",
        /// An operator in the station.
        StationControl = 2 "station control",
        /// An operator outside the station.
        RemoteControl = 3 "remote control",
        /// A function in the bay.
        AutomaticBay = 4 "automatic bay",
        /// A function in the station.
        AutomaticStation = 5 "automatic station",
        /// A function outside the station.
        AutomaticRemote = 6 "automatic remote",
        /// Maintenance or service.
        Maintenance = 7 "maintenance",
        /// The process itself changed the state.
        Process = 8 "process",
    }
}

open_enum! {
    /// Why a command was refused or ended (IEC 61850-7-2, `AddCause`).
    ControlAddCause {
        /// Unknown.
        Unknown = 0 "unknown",
        /// The service is not supported.
        NotSupported = 1 "not supported",
        /// Another level of the switching hierarchy is in command.
        BlockedBySwitchingHierarchy = 2 "blocked by switching hierarchy",
        /// The select failed.
        SelectFailed = 3 "select failed",
        /// The position is not valid.
        InvalidPosition = 4 "invalid position",
        /// The object is in the commanded position.
        PositionReached = 5 "position reached",
        /// Parameters are being changed.
        ParameterChangeInExecution = 6 "parameter change in execution",
        /// The end of the steps is reached.
        StepLimit = 7 "step limit",
        /// The mode of the logical node forbids it.
        BlockedByMode = 8 "blocked by mode",
        /// The process forbids it.
        BlockedByProcess = 9 "blocked by process",
        /// Interlocking forbids it.
        BlockedByInterlocking = 10 "blocked by interlocking",
        /// Synchrocheck forbids it.
        BlockedBySynchrocheck = 11 "blocked by synchrocheck",
        /// A command is being executed.
        CommandAlreadyInExecution = 12 "command already in execution",
        /// The health of the logical node forbids it.
        BlockedByHealth = 13 "blocked by health",
        /// Another object of the group is being controlled.
        OneOfNControl = 14 "1-of-n control",
        /// Cancel ended the command.
        AbortionByCancel = 15 "abortion by cancel",
        /// The time for the command is over.
        TimeLimitOver = 16 "time limit over",
        /// A trip ended the command.
        AbortionByTrip = 17 "abortion by trip",
        /// The object was not selected.
        ObjectNotSelected = 18 "object not selected",
        /// The object is selected.
        ObjectAlreadySelected = 19 "object already selected",
        /// The client has no authority.
        NoAccessAuthority = 20 "no access authority",
        /// The command went too far.
        EndedWithOvershoot = 21 "ended with overshoot",
        /// The value deviates from the command.
        AbortionDueToDeviation = 22 "abortion due to deviation",
        /// The communication was lost.
        AbortionByCommunicationLoss = 23 "abortion by communication loss",
        /// A command ended the command.
        AbortionByCommand = 24 "abortion by command",
        /// No cause: the command succeeded.
        None = 25 "none",
        /// The parameters differ from those of the select.
        InconsistentParameters = 26 "inconsistent parameters",
        /// Another client holds the object.
        LockedByOtherClient = 27 "locked by other client",
    }
}

open_enum! {
    /// The error of a LastApplError (IEC 61850-8-1).
    ControlLastApplError {
        /// No error.
        NoError = 0 "no error",
        /// Unknown.
        Unknown = 1 "unknown",
        /// The test of the time-out failed.
        TimeoutTest = 2 "timeout test not ok",
        /// The test of the operator failed.
        OperatorTest = 3 "operator test not ok",
    }
}

numbered! {
    /// What a static check of a select or operate found.
    CheckHandlerResult: i32 {
        /// Go on with the command.
        Accepted = -1,
        /// The select is pending; the handler is asked again.
        WaitingForSelect = 0,
        /// Refuse: the equipment failed.
        HardwareFault = 1,
        /// Refuse: not now.
        TemporarilyUnavailable = 2,
        /// Refuse: the client may not do this.
        ObjectAccessDenied = 3,
        /// Refuse: the object is not defined.
        ObjectUndefined = 4,
        /// Refuse: the value is not valid.
        ValueInvalid = 11,
    }
}

numbered! {
    /// What a wait handler or control handler did.
    ControlHandlerResult: i32 {
        /// The command failed.
        Failed = 0,
        /// Done.
        Ok = 1,
        /// Not done; call the handler again.
        Waiting = 2,
    }
}

numbered! {
    /// Why the select state of a controllable object changed.
    SelectStateChangedReason: i32 {
        /// A client selected it.
        Selected = 0,
        /// The client cancelled.
        Canceled = 1,
        /// The select timed out.
        Timeout = 2,
        /// The object was operated.
        Operated = 3,
        /// The operate failed.
        OperateFailed = 4,
        /// The client has gone.
        Disconnected = 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_peers_are_kept() {
        for value in -1..40 {
            assert_eq!(ControlAddCause::from_value(value).value(), value);
            assert_eq!(OrCat::from_value(value).value(), value);
        }
        assert_eq!(OrCat::from_value(9), OrCat::Other(9));
        assert_eq!(
            ControlAddCause::from_value(27),
            ControlAddCause::LockedByOtherClient
        );
    }

    #[test]
    fn closed_enumerations_name_what_is_unknown() {
        assert!(ControlModel::try_from(4).is_ok_and(|model| model.is_sbo() && model.is_enhanced()));
        assert_eq!(
            ControlModel::try_from(5).unwrap_err().to_string(),
            "ControlModel has no value 5"
        );
        assert_eq!(CheckHandlerResult::from_value(5), None);
    }
}
