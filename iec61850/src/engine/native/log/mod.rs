//! Logs and log control blocks (IEC 61850-7-2 clause 17): control blocks make entries, a journal
//! for each log of the model takes them to its storage, and ReadJournal reads them from there.

mod control;
mod query;
#[cfg(test)]
mod tests;

pub(super) use control::LogState;

use super::Shared;
use crate::Error;
use crate::engine::journal::Journal;
use crate::model::arena::Arena;
use crate::server::log::{LogStatistics, LogStorage, MemoryLog};
use crate::server::{Handlers, IedServerConfig};
use mms::ObjectName;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// The logs of a server.
pub(super) struct Logs {
    /// In the order of the model; none when logs are not served.
    journals: Vec<Arc<Journal>>,
    /// By `LD/LN$name`.
    by_reference: HashMap<String, usize>,
}

impl Logs {
    pub(super) fn new(arena: &Arena, config: &IedServerConfig, handlers: &Arc<Handlers>) -> Self {
        let mut logs = Logs {
            journals: Vec::new(),
            by_reference: HashMap::new(),
        };
        if !config.log_service_enabled() {
            return logs;
        }
        for def in &arena.logs {
            let domain = arena.domain_name(arena.logical_device_of(def.logical_node));
            let reference = format!("{domain}/{}${}", arena.name(def.logical_node), def.name);
            let limit = config.max_waiting_log_entries();
            let journal = Journal::new(reference.clone(), handlers.clone(), limit);
            if config.default_log_capacity() > 0 {
                let memory = MemoryLog::new(config.default_log_capacity());
                if let Err(error) = journal.set_storage(Box::new(memory)) {
                    tracing::warn!(log = reference, %error, "no log in memory");
                }
            }
            logs.by_reference.insert(reference, logs.journals.len());
            logs.journals.push(Arc::new(journal));
        }
        logs
    }

    /// The number of a log by `LD/LN$name`.
    fn number(&self, reference: &str) -> Option<usize> {
        self.by_reference.get(reference).copied()
    }

    fn journal(&self, name: ObjectName<'_>) -> Option<&Arc<Journal>> {
        let ObjectName::Domain { domain, item } = name else {
            return None;
        };
        self.journals.get(self.number(&format!("{domain}/{item}"))?)
    }

    pub(super) fn statistics(&self, number: usize) -> Option<LogStatistics> {
        Some(self.journals.get(number)?.statistics())
    }

    /// Stores what waits, in this thread, because the server is going.
    pub(super) fn close(&self) {
        for journal in &self.journals {
            journal.close();
        }
    }
}

impl Shared {
    pub(super) fn set_log_storage(
        &self,
        number: usize,
        storage: Box<dyn LogStorage>,
    ) -> Result<(), Error> {
        let Some(journal) = self.logs.journals.get(number) else {
            return Err(Error::WrongKind {
                reference: self.arena.name.clone(),
                reason: "serves no logs",
            });
        };
        journal
            .set_storage(storage)
            .map_err(|source| Error::LogStorage {
                log: journal.reference.clone(),
                source,
            })?;
        self.log_has_storage(number);
        Ok(())
    }
}

/// Starts the writers of all logs. They end when they are aborted.
pub(super) fn start_writers(runtime: &Handle, shared: &Arc<Shared>) -> Vec<AbortHandle> {
    (0..shared.logs.journals.len())
        .map(|number| {
            let writer = runtime.spawn(write(shared.clone(), number));
            writer.abort_handle()
        })
        .collect()
}

/// Takes what is logged to its storage, on a thread that may wait for disks.
async fn write(shared: Arc<Shared>, number: usize) {
    let Some(journal) = shared.logs.journals.get(number) else {
        return;
    };
    loop {
        journal.filled().await;
        let (journal, owner) = (journal.clone(), shared.clone());
        let written = tokio::task::spawn_blocking(move || {
            while journal.flush() {}
            // The oldest entries may have made room.
            owner.show_log_bounds(number);
        });
        if let Err(error) = written.await {
            tracing::error!(%error, "the writer of a log has failed");
        }
    }
}
