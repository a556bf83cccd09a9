//! One log: its storage, and the entries that wait for it.

use crate::server::log::{EntryId, LogBounds, LogEntry, LogEntryData};
use crate::server::log::{LogStatistics, LogStorage, LogStorageError};
use crate::server::{Handlers, blocking};
use chrono::{DateTime, Utc};
use parking_lot::{Mutex, MutexGuard};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Entries that are handed to a storage at once, at most.
const BATCH: usize = 256;

/// How long a client waits for a storage that is busy before it gets an error.
const PATIENCE: Duration = Duration::from_secs(10);

/// A log of the model.
pub(crate) struct Journal {
    /// `LD/LN$name`.
    pub(crate) reference: String,
    handlers: Arc<Handlers>,
    /// Entries that may wait.
    limit: usize,
    /// Never waited for while the values of the model are locked; the queue may be.
    storage: Mutex<Option<Box<dyn LogStorage>>>,
    queue: Mutex<Queue>,
    filled: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<LogEntry>,
    /// The number of the newest entry there ever was.
    last: u64,
    bounds: Option<LogBounds>,
    statistics: LogStatistics,
    /// Whether the entry before was lost for want of room.
    full: bool,
    has_storage: bool,
}

impl Journal {
    pub(crate) fn new(reference: String, handlers: Arc<Handlers>, limit: usize) -> Self {
        Journal {
            reference,
            handlers,
            limit: limit.max(1),
            storage: Mutex::new(None),
            queue: Mutex::default(),
            filled: Notify::new(),
        }
    }

    /// Whether there is where to log to.
    pub(crate) fn has_storage(&self) -> bool {
        self.queue.lock().has_storage
    }

    /// The oldest and newest entry, those that wait included.
    pub(crate) fn bounds(&self) -> Option<LogBounds> {
        self.queue.lock().bounds
    }

    pub(crate) fn statistics(&self) -> LogStatistics {
        let queue = self.queue.lock();
        LogStatistics {
            waiting: queue.waiting.len() as u64,
            ..queue.statistics
        }
    }

    /// Gives the log another storage.
    pub(crate) fn set_storage(
        &self,
        mut storage: Box<dyn LogStorage>,
    ) -> Result<(), LogStorageError> {
        let bounds = self.ask(|| storage.bounds())?;
        let mut current = self.storage.lock();
        if let Some(current) = current.as_deref_mut() {
            self.store(current);
        }
        let before = current.replace(storage);
        {
            let mut queue = self.queue.lock();
            queue.has_storage = true;
            // What came meanwhile goes to the new one, and its numbers have to rise there too.
            let newest = bounds.map_or(0, |bounds| bounds.newest.0.0);
            queue.last = queue.last.max(newest);
            if let Some(first) = queue.waiting.front().map(|entry| entry.id.0) {
                let shift = (newest + 1).saturating_sub(first);
                queue.waiting.iter_mut().for_each(|e| e.id.0 += shift);
                queue.last = queue.last.max(first) + shift;
            }
            queue.bounds = bounds;
            queue.note_waiting();
        }
        drop(current);
        // Behind the lock: dropping it may take long.
        drop(before);
        self.filled.notify_one();
        Ok(())
    }

    /// Logs an entry. What does not fit the queue is lost, and counted.
    pub(crate) fn append(&self, time: DateTime<Utc>, data: Vec<LogEntryData>) {
        let mut queue = self.queue.lock();
        if queue.waiting.len() >= self.limit {
            queue.statistics.overflowed += 1;
            if !std::mem::replace(&mut queue.full, true) {
                tracing::warn!(
                    log = self.reference,
                    limit = self.limit,
                    "too many entries wait for the storage: entries are lost"
                );
            }
            return;
        }
        queue.full = false;
        queue.last = queue.last.saturating_add(1);
        let id = EntryId(queue.last);
        queue.waiting.push_back(LogEntry { id, time, data });
        queue.note_waiting();
        drop(queue);
        self.filled.notify_one();
    }

    /// The number the next entry has, if no storage with greater ones comes before.
    #[cfg(feature = "libiec61850")]
    pub(crate) fn next_id(&self) -> EntryId {
        EntryId(self.queue.lock().last.saturating_add(1))
    }

    /// Waits until there is something to store.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Hands the entries that wait to the storage because the server is going. A storage that is
    /// stuck is not waited for without end.
    pub(crate) fn close(&self) {
        // Also when nothing waits: the writer may have taken it and not stored it yet.
        if let Some(mut storage) = self.storage.try_lock_for(PATIENCE)
            && let Some(storage) = storage.as_deref_mut()
        {
            self.store(storage);
        }
        let lost = self.statistics().waiting;
        if lost > 0 {
            tracing::warn!(log = self.reference, lost, "entries are not stored");
        }
    }

    /// Hands the entries that wait to the storage. `true`: there are more by now.
    pub(crate) fn flush(&self) -> bool {
        let mut storage = self.storage.lock();
        if let Some(storage) = storage.as_deref_mut() {
            self.store(storage);
        }
        // Whoever waits to query comes first.
        MutexGuard::unlock_fair(storage);
        let queue = self.queue.lock();
        queue.has_storage && !queue.waiting.is_empty()
    }

    /// Runs `query` on the storage when everything that was logged up to now is in it. `None`
    /// if the log has none.
    pub(crate) fn query<R>(
        &self,
        query: impl FnOnce(&mut dyn LogStorage) -> Result<R, LogStorageError>,
    ) -> Option<Result<R, LogStorageError>> {
        blocking(|| {
            let Some(mut storage) = self.storage.try_lock_for(PATIENCE) else {
                return Some(Err(LogStorageError::new("the storage is busy")));
            };
            let storage = storage.as_deref_mut()?;
            self.store(storage);
            let result = self.ask(|| query(storage));
            if let Err(error) = &result {
                tracing::warn!(log = self.reference, %error, "log not read");
            }
            Some(result)
        })
    }

    /// Calls a storage; a panic is an error.
    fn ask<R>(
        &self,
        call: impl FnOnce() -> Result<R, LogStorageError>,
    ) -> Result<R, LogStorageError> {
        let called = self.handlers.call("log storage", (), |()| call());
        called.unwrap_or_else(|| Err(LogStorageError::new("panic")))
    }

    /// Hands over what waits now, and not what comes meanwhile.
    fn store(&self, storage: &mut dyn LogStorage) {
        let mut left = self.queue.lock().waiting.len();
        if left == 0 {
            return;
        }
        while left > 0 {
            let batch: Vec<LogEntry> = {
                let mut queue = self.queue.lock();
                let count = left.min(BATCH).min(queue.waiting.len());
                queue.waiting.drain(..count).collect()
            };
            if batch.is_empty() {
                break;
            }
            left -= batch.len();
            let count = batch.len() as u64;
            let result = self.ask(|| storage.append(&batch));
            let mut queue = self.queue.lock();
            match result {
                Ok(()) => queue.statistics.stored += count,
                Err(error) => {
                    queue.statistics.refused += count;
                    drop(queue);
                    tracing::warn!(log = self.reference, %error, entries = count, "entries lost");
                }
            }
        }
        match self.ask(|| storage.bounds()) {
            Ok(bounds) => {
                let mut queue = self.queue.lock();
                queue.bounds = bounds;
                queue.note_waiting();
            }
            Err(error) => tracing::warn!(log = self.reference, %error, "log without bounds"),
        }
    }
}

impl Queue {
    /// The bounds with what waits.
    fn note_waiting(&mut self) {
        let of = |entry: &LogEntry| (entry.id, entry.time);
        if let Some((first, last)) = self.waiting.front().zip(self.waiting.back()) {
            let oldest = self.bounds.map_or(of(first), |bounds| bounds.oldest);
            self.bounds = Some(LogBounds {
                oldest,
                newest: of(last),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::log::{LogQuery, MemoryLog};
    use mms::MmsValue;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn journal(limit: usize) -> Journal {
        Journal::new("LD/LLN0$Log".into(), Arc::default(), limit)
    }

    fn append(journal: &Journal, count: u64) {
        for number in 0..count {
            journal.append(
                DateTime::UNIX_EPOCH,
                vec![LogEntryData {
                    reference: "LD/LN$ST$Ind".into(),
                    value: MmsValue::Unsigned(number),
                    reason: None,
                }],
            );
        }
    }

    fn ids(journal: &Journal) -> Vec<u64> {
        let mut ids = Vec::new();
        let result = journal.query(|storage| {
            storage.query(&LogQuery::all(), &mut |entry| {
                ids.push(entry.id.0);
                true
            })
        });
        result.unwrap().unwrap();
        ids
    }

    /// A storage that refuses, panics, or works.
    struct Moody(MemoryLog, Arc<AtomicBool>);

    impl LogStorage for Moody {
        fn append(&mut self, entries: &[LogEntry]) -> Result<(), LogStorageError> {
            if self.1.load(Ordering::Relaxed) {
                return Err(LogStorageError::new("disk full"));
            }
            assert!(entries.len() < 7, "a bad day");
            self.0.append(entries)
        }

        fn query(
            &mut self,
            query: &LogQuery,
            visit: &mut dyn FnMut(&LogEntry) -> bool,
        ) -> Result<(), LogStorageError> {
            self.0.query(query, visit)
        }

        fn bounds(&mut self) -> Result<Option<LogBounds>, LogStorageError> {
            self.0.bounds()
        }
    }

    #[test]
    fn a_query_sees_everything_that_was_logged_before() {
        let journal = journal(1000);
        assert!(journal.query(|_| Ok(())).is_none());
        journal.set_storage(Box::new(MemoryLog::new(600))).unwrap();
        append(&journal, 601);
        assert_eq!(journal.bounds().unwrap().newest.0, EntryId(601));
        assert_eq!(ids(&journal), (2..=601).collect::<Vec<_>>());
        let bounds = journal.bounds().unwrap();
        assert_eq!((bounds.oldest.0.0, bounds.newest.0.0), (2, 601));
        assert_eq!(journal.statistics().stored, 601);
        assert!(!journal.flush());
    }

    #[test]
    fn nothing_is_lost_without_being_counted() {
        let journal = journal(10);
        let refuses = Arc::new(AtomicBool::new(true));
        let storage = Moody(MemoryLog::new(100), refuses.clone());
        journal.set_storage(Box::new(storage)).unwrap();
        append(&journal, 13);
        assert_eq!(ids(&journal), []);
        let expected = LogStatistics {
            refused: 10,
            overflowed: 3,
            ..LogStatistics::default()
        };
        assert_eq!(journal.statistics(), expected);
        assert_eq!(journal.bounds(), None);
        refuses.store(false, Ordering::Relaxed);
        append(&journal, 8);
        // Eight at once are a panic.
        assert_eq!(ids(&journal), []);
        append(&journal, 2);
        assert_eq!(ids(&journal), [19, 20]);
        let statistics = journal.statistics();
        assert_eq!((statistics.refused, statistics.stored), (18, 2));
    }

    #[test]
    fn another_storage_takes_over() {
        let journal = journal(10);
        journal.set_storage(Box::new(MemoryLog::new(9))).unwrap();
        append(&journal, 2);
        let mut full = MemoryLog::new(9);
        let entry = |id| LogEntry {
            id: EntryId(id),
            time: DateTime::UNIX_EPOCH,
            data: vec![],
        };
        full.append(&[entry(70), entry(71)]).unwrap();
        journal.set_storage(Box::new(full)).unwrap();
        append(&journal, 1);
        assert_eq!(ids(&journal), [70, 71, 72]);
        // Numbers go on rising with one that has lower ones.
        journal.set_storage(Box::new(MemoryLog::new(9))).unwrap();
        append(&journal, 1);
        assert_eq!(ids(&journal), [73]);
    }
}
