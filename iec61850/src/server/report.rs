//! Report control blocks as the application sees them.

use super::{ClientConnection, IedServer};
use crate::common::{MmsDataAccessError, RcbEventType};
use crate::model::ReportControlBlock;
use std::sync::Arc;

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

impl IedServer {
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
