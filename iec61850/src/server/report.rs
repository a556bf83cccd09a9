//! Report control blocks as the application sees them.

use super::{ClientConnection, IedServer};
use crate::Error;
use crate::common::{MmsDataAccessError, RcbEventType, ReportOptions, TriggerOptions};
use crate::model::ReportControlBlock;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Duration;

/// What happened to a report control block.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RcbEvent {
    /// The control block.
    pub report_control_block: ReportControlBlock,
    /// The client that caused it, or that has the control block.
    pub client: Option<ClientConnection>,
    /// What happened.
    pub event: RcbEventType,
    /// The attribute that was read or written.
    pub parameter: Option<&'static str>,
    /// What the client got as result of a write; [`MmsDataAccessError::Success`] for other events.
    pub result: MmsDataAccessError,
}

/// How a report control block is at the moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ReportControlBlockState {
    /// RptID.
    pub rpt_id: String,
    /// Whether reports are sent.
    pub rpt_ena: bool,
    /// Whether a client has reserved it; only of unbuffered ones.
    pub resv: Option<bool>,
    /// The data set as `LD/LN$name`, `@name` or empty.
    pub dataset: String,
    /// Configuration revision.
    pub conf_rev: u32,
    /// The optional fields of reports.
    pub opt_flds: ReportOptions,
    /// How long further changes are collected after a first one.
    pub buf_tm: Duration,
    /// The number of the next report.
    pub sq_num: u16,
    /// What causes reports.
    pub trg_ops: TriggerOptions,
    /// The integrity period; 0 is none.
    pub intg_pd: Duration,
    /// EntryID of the last report that was sent while it is enabled, and made while it is not; only
    /// of buffered ones.
    pub entry_id: Option<[u8; 8]>,
    /// Time of that report.
    pub time_of_entry: Option<DateTime<Utc>>,
    /// How long it stays reserved for a client whose association is over; only of buffered ones.
    pub resv_tms: Option<Duration>,
    /// The address of the client that has it, where the attribute Owner is
    /// [configured](crate::IedServerConfig::enable_owner_for_rcb).
    pub owner: Option<Vec<u8>>,
    /// The client that has it.
    pub client: Option<ClientConnection>,
    /// Reports that were made for a client and could not be delivered: too slow, or a member larger
    /// than its PDU.
    pub dropped: u64,
}

impl IedServer {
    /// How a report control block of the model is now.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the control block is of another model.
    pub fn report_control_block_state(
        &self,
        block: &ReportControlBlock,
    ) -> Result<ReportControlBlockState, Error> {
        self.engine
            .report_state(block)
            .ok_or_else(|| Error::WrongKind {
                reference: block.reference(),
                reason: "belongs to another model than the server's",
            })
    }

    /// Calls `handler` for whatever happens to report control blocks: that they are reserved,
    /// configured, enabled, disabled and freed, that reports are made, and that entries are lost.
    /// A handler that was there before is replaced.
    ///
    /// [`RcbEventType::ReportCreated`] comes for each report: a handler that takes long delays the
    /// update that caused it.
    pub fn register_rcb_event_handler(&self, handler: impl Fn(&RcbEvent) + Send + Sync + 'static) {
        self.handlers.set_rcb_handler(Arc::new(handler));
    }
}
