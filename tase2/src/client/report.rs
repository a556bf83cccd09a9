use crate::types::{DsConditions, PointValue, TimeStamp};
use crate::{Name, PointError};
use std::sync::Arc;

/// A member of a data set in a report, with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct PointChange {
    /// The point.
    pub name: Arc<Name>,
    /// Its value, or why there is none.
    pub value: Result<PointValue, PointError>,
}

/// A report of a transfer set.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The transfer set.
    pub transfer_set: Name,
    /// Its data set.
    pub data_set: Name,
    /// When it came here.
    pub received: TimeStamp,
    /// When it was made, if it says so.
    pub time: Option<TimeStamp>,
    /// Why it was sent, if it says so.
    pub conditions: Option<DsConditions>,
    /// The external event it is about, if it says so.
    pub event_code: Option<i16>,
    /// Whether it names the data set and so has all its members.
    pub full: bool,
    /// Whether it is no report but what was read because none came.
    pub read: bool,
    /// The points, in the order of the report. Under AllChangesReported a point may be there several times.
    pub changes: Vec<PointChange>,
}

/// What the follower of a transfer set gets.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// The transfer set runs: from now on reports may come.
    Started {
        /// The transfer set.
        transfer_set: Name,
    },
    /// A report.
    Report(Arc<Report>),
    /// The association is over: values are HELD at best.
    Interrupted {
        /// Why.
        reason: String,
    },
    /// It could not be started (again).
    Failed {
        /// Why.
        reason: String,
    },
    /// This many updates were lost here, because they were not taken fast enough.
    Missed(u64),
}
