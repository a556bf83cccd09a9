//! GOOSE and sampled value control blocks as the application sees them.

use super::{ClientConnection, IedServer};
use crate::Error;
use crate::model::{GooseControlBlock, SvControlBlock};
use std::sync::Arc;

impl IedServer {
    /// Calls `handler` when a GOOSE control block is enabled (`true`) or disabled, by a client or by
    /// the application. A handler that was there before is replaced.
    pub fn register_gocb_event_handler(
        &self,
        handler: impl Fn(&GooseControlBlock, bool, Option<&ClientConnection>) + Send + Sync + 'static,
    ) {
        self.handlers.set_gocb_handler(Arc::new(handler));
    }

    /// Calls `handler` when a client enables (`true`) or disables the sampled value control block:
    /// the application begins or stops to send samples then. A handler that was there before is
    /// replaced.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the control block is of another model.
    pub fn register_svcb_event_handler(
        &self,
        block: &SvControlBlock,
        handler: impl Fn(&SvControlBlock, bool, Option<&ClientConnection>) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        if block.ied_model() != self.model {
            return Err(Error::WrongKind {
                reference: format!("{block:?}"),
                reason: "belongs to another model than the server's",
            });
        }
        self.handlers.set_svcb_handler(block, Arc::new(handler));
        Ok(())
    }

    /// Sets GoEna of all GOOSE control blocks that have a data set, as clients may do one by one.
    pub fn enable_goose_publishing(&self) {
        self.engine.enable_goose(true);
    }

    /// Undoes [`IedServer::enable_goose_publishing`].
    pub fn disable_goose_publishing(&self) {
        self.engine.enable_goose(false);
    }
}
