use crate::Name;
use crate::condition::ConditionEvent;
use crate::device::DeviceEvent;
use crate::information::InformationEvent;
use crate::program::ProgramEvent;
use crate::types::{Features, PointValue, Version};
use mms::association::CloseReason;
use mms::osi::acse::{AeQualifier, ApTitle};
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// One association of an endpoint: unique as long as the control centre lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssociationId(pub(crate) u64);

impl fmt::Display for AssociationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who wanted an association.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Where from.
    pub address: Option<SocketAddr>,
    /// Its AP title.
    pub ap_title: Option<ApTitle>,
    /// Its AE qualifier.
    pub ae_qualifier: Option<AeQualifier>,
    /// The AP title it called.
    pub called_ap_title: Option<ApTitle>,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ap_title {
            Some(title) => write!(f, "AP title {title}")?,
            None => f.write_str("no AP title")?,
        }
        if let Some(qualifier) = &self.ae_qualifier {
            write!(f, ", AE qualifier {qualifier}")?;
        }
        if let Some(address) = self.address {
            write!(f, ", from {address}")?;
        }
        Ok(())
    }
}

/// Why a caller was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It called another AP title than ours.
    CalledTitle,
    /// It called another AE qualifier than ours.
    CalledQualifier,
    /// It named other selectors than ours, and they are checked.
    Selector,
    /// No bilateral table has its AP title.
    UnknownTitle,
    /// A bilateral table has its AP title, with another AE qualifier.
    UnknownQualifier,
    /// Its names are known, and may not come from this address.
    Address,
    /// The peer has as many associations as it may.
    TooManyAssociations,
    /// It offers PDUs too small for anything.
    PduSize,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::CalledTitle => "it called another AP title",
            Refusal::CalledQualifier => "it called another AE qualifier",
            Refusal::Selector => "it named other selectors",
            Refusal::UnknownTitle => "no bilateral table has this AP title",
            Refusal::UnknownQualifier => "the bilateral table has another AE qualifier",
            Refusal::Address => "it may not call from this address",
            Refusal::TooManyAssociations => "it has as many associations as it may",
            Refusal::PduSize => "it offers PDUs that are too small",
        })
    }
}

/// Why a transfer set stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// The client stopped it, or started it anew.
    Client,
    /// Its association is over.
    Association,
    /// Three critical reports in a row were not acknowledged.
    Unacknowledged,
    /// The bilateral table has no place for it any more.
    Table,
    /// The end time of its time series has come.
    Ended,
}

/// What became of reports of a transfer set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportProblem {
    /// Dropped because TLE had passed.
    TooLate,
    /// Dropped because too many waited; a full report follows.
    Overflow,
    /// Dropped because they are longer than a PDU.
    TooLong,
    /// Critical, and not acknowledged in time; the next one is full.
    NotAcknowledged,
    /// Critical, and refused (NACK); the next one is full.
    Refused,
}

/// What happens at an endpoint or in its control centre.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// An association with a peer is open.
    Associated {
        /// The peer.
        peer: String,
        /// The association.
        association: AssociationId,
        /// Whether the peer called.
        called: bool,
    },
    /// A caller was refused.
    Refused {
        /// Who it was.
        caller: Caller,
        /// Why.
        reason: Refusal,
    },
    /// An association is over.
    Ended {
        /// The peer.
        peer: String,
        /// The association.
        association: AssociationId,
        /// Why.
        reason: CloseReason,
    },
    /// A peer could not be reached; it is called again.
    NotReached {
        /// The peer.
        peer: String,
        /// The address that was tried.
        address: String,
        /// Why.
        reason: String,
        /// When it is tried again.
        again_in: Duration,
    },
    /// What the peer says it is.
    Identified {
        /// The peer.
        peer: String,
        /// Its version.
        version: Version,
        /// Its conformance blocks.
        features: Features,
    },
    /// The peer speaks another edition than the bilateral table says. Not fatal: its shapes are used.
    VersionMismatch {
        /// The peer.
        peer: String,
        /// What it says.
        found: Version,
        /// What the table says.
        expected: Version,
    },
    /// The peer does not support block 2, which the bilateral table is about.
    FeatureMissing {
        /// The peer.
        peer: String,
        /// What it supports.
        found: Features,
    },
    /// The peer has another bilateral table than ours.
    TableMismatch {
        /// The peer.
        peer: String,
        /// The id it has.
        found: String,
        /// The id we expect.
        expected: String,
    },
    /// What a client does at its start-up could not be done.
    StartUpFailed {
        /// The peer.
        peer: String,
        /// What and why.
        reason: String,
    },
    /// A client started a transfer set.
    TransferSetStarted {
        /// The peer.
        peer: String,
        /// The transfer set.
        transfer_set: Name,
        /// Its data set.
        data_set: Name,
    },
    /// A transfer set has stopped.
    TransferSetStopped {
        /// The peer.
        peer: String,
        /// The transfer set.
        transfer_set: Name,
        /// Why.
        reason: StopReason,
    },
    /// Reports of a transfer set had a problem.
    Reports {
        /// The peer.
        peer: String,
        /// The transfer set.
        transfer_set: Name,
        /// What it was.
        problem: ReportProblem,
        /// Reports or, for an overflow, changes.
        count: u32,
    },
    /// A peer wrote a data value.
    Written {
        /// The peer.
        peer: String,
        /// The point.
        point: Name,
        /// Its new value.
        value: PointValue,
    },
    /// Something happened with information messages (block 4).
    Information(InformationEvent),
    /// Something happened to a program (block 6).
    Program(ProgramEvent),
    /// Something happened to an event condition or an enrolment (block 7).
    Condition(ConditionEvent),
    /// Something happened to a device (block 5).
    Device(DeviceEvent),
    /// A peer ran into a limit of its bilateral table.
    LimitReached {
        /// The peer.
        peer: String,
        /// Which.
        limit: &'static str,
    },
    /// Bilateral tables were loaded anew.
    TablesReloaded,
}
