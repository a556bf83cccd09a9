//! Reports: their control blocks, and what comes of them.

mod block;
mod decode;
mod subscribe;
mod subscription;

pub use block::{RcbElement, RcbValues};
pub use decode::{IncludedMember, ReasonForInclusion, ReportError, ReportMessage};
pub use subscribe::{ReportControlBlock, ReportStream, SubscribeOptions};
pub(crate) use subscription::Subscriptions;

use crate::ReportOptions;
use chrono::{DateTime, Utc};
use mms::{BinaryTime, MmsValue};
use std::sync::Arc;

/// The form of a data set on the wire: `LD/LN$name`.
pub(crate) fn data_set_on_the_wire(reference: &str) -> String {
    match reference.split_once('/') {
        Some((device, item)) if !device.is_empty() => {
            format!("{device}/{}", item.replacen('.', "$", 1))
        }
        _ => reference.to_owned(),
    }
}

/// A report: what a control block sent, segments put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(crate) rcb_reference: Arc<str>,
    /// The head, and what is included, of the whole report.
    pub(crate) message: ReportMessage,
    pub(crate) values: Arc<Vec<Option<MmsValue>>>,
    pub(crate) missed: Option<u32>,
    pub(crate) entries_lost: bool,
}

impl Report {
    /// The control block, `LD/LN.RP.name` or `LD/LN.BR.name`.
    pub fn rcb_reference(&self) -> &str {
        &self.rcb_reference
    }

    /// The identifier of the control block.
    pub fn rpt_id(&self) -> &str {
        &self.message.rpt_id
    }

    /// The optional fields it has.
    pub fn opt_flds(&self) -> ReportOptions {
        self.message.opt_flds
    }

    /// The data set as the server names it (`LD/LN$name`), with [`ReportOptions::DATA_SET`].
    pub fn dataset_name(&self) -> Option<&str> {
        self.message.dat_set.as_deref()
    }

    /// The values of all members of the data set: those in this report, the last known ones of the
    /// others, and `None` for what has not been in a report yet.
    pub fn dataset_values(&self) -> &[Option<MmsValue>] {
        &self.values
    }

    /// The members that are in this report, in their order.
    pub fn included(&self) -> &[IncludedMember] {
        &self.message.included
    }

    fn member(&self, index: usize) -> Option<&IncludedMember> {
        let included = &self.message.included;
        let at = included.binary_search_by_key(&index, |member| member.index);
        included.get(at.ok()?)
    }

    /// Why a member is in this report: not at all,
    /// [unknown](ReasonForInclusion::UNKNOWN) without
    /// [`ReportOptions::REASON_FOR_INCLUSION`], or the reasons.
    pub fn reason_for_inclusion(&self, index: usize) -> ReasonForInclusion {
        let member = self.member(index);
        member.map_or(ReasonForInclusion::NOT_INCLUDED, |member| member.reason)
    }

    /// The reference of a member that is in this report, as the server names it
    /// (`LD/LN$FC$DO`), with [`ReportOptions::DATA_REFERENCE`].
    pub fn data_reference(&self, index: usize) -> Option<&str> {
        self.member(index)?.data_reference.as_deref()
    }

    /// The number of the report, with [`ReportOptions::SEQ_NUM`].
    pub fn seq_num(&self) -> Option<u32> {
        self.message.sq_num
    }

    /// How many segments it came in; `None` if it came in one piece.
    pub fn segments(&self) -> Option<u32> {
        self.message
            .segment
            .map(|(number, _)| number.saturating_add(1))
    }

    /// When it was made, with [`ReportOptions::TIME_STAMP`].
    pub fn timestamp(&self) -> Option<DateTime<Utc>> {
        self.message.time_of_entry?.time()
    }

    /// When it was made, as the server sent it.
    pub fn time_of_entry(&self) -> Option<BinaryTime> {
        self.message.time_of_entry
    }

    /// Whether entries of the buffer in front of this one were lost, in a buffered report with
    /// [`ReportOptions::BUFFER_OVERFLOW`].
    pub fn buf_ovfl(&self) -> Option<bool> {
        self.message.buf_ovfl
    }

    /// Identifies the entry of a buffered report, with [`ReportOptions::ENTRY_ID`].
    pub fn entry_id(&self) -> Option<&[u8]> {
        self.message.entry_id.as_deref()
    }

    /// The revision of the configuration, with [`ReportOptions::CONF_REV`].
    pub fn conf_rev(&self) -> Option<u32> {
        self.message.conf_rev
    }

    /// How many reports of this control block did not reach the application between the one
    /// before and this one, by their numbers: 0 when none is missing, `None` when the numbers do
    /// not tell (there are none, or this is the first report).
    pub fn missed(&self) -> Option<u32> {
        self.missed
    }

    /// Whether events may have been lost for good in front of this report although the control
    /// block is buffered: after a reconnection the server did not know the last entry any more.
    pub fn entries_lost(&self) -> bool {
        self.entries_lost
    }
}
