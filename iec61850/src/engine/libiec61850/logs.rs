//! Logs: the library makes entries, a journal of ours takes them to the application's storage.
//!
//! The library tells of an entry first and then of each of its members, and not when that was the last. So
//! an entry is kept open until the next one begins, the log is read, or what has made it is over.

use super::callbacks::guarded;
use super::owned::{Value, c_text, text_of};
use super::server::Inner;
use crate::Error;
use crate::common::TriggerOptions;
use crate::engine::journal::Journal;
use crate::model::arena::Arena;
use crate::server::log::{
    EntryId, LogEntry, LogEntryData, LogQuery, LogStatistics, LogStorage, LogStorageError,
    MemoryLog,
};
use crate::server::{Handlers, IedServerConfig};
use chrono::{DateTime, Utc};
use libiec61850_sys as sys;
use mms::MmsValue;
use parking_lot::Mutex;
use std::ffi::{c_char, c_int, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::thread::{self, ThreadId};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// The logs of a server, by their numbers in the model.
#[derive(Default)]
pub(super) struct Logs(Vec<Log>);

struct Log {
    journal: Arc<Journal>,
    /// `LD/LN$name`, the logical device by its instance.
    reference: String,
    /// What the library calls; it points to `adapter`.
    storage: Box<sys::sLogStorage>,
    adapter: Arc<Adapter>,
    writer: AbortHandle,
}

// SAFETY: the only pointer is that of `storage` to `adapter`, which stays where it is, lives as long and may be
// used by many threads.
unsafe impl Send for Log {}
// SAFETY: as above; `storage` is only written when it is made.
unsafe impl Sync for Log {}

impl Drop for Log {
    fn drop(&mut self) {
        self.writer.abort();
        self.adapter.finish_entry();
        self.journal.close();
    }
}

/// What the functions of a storage find behind its pointer.
struct Adapter {
    journal: Arc<Journal>,
    open: Mutex<Option<OpenEntry>>,
}

/// An entry whose members are still being told.
struct OpenEntry {
    /// It is complete when this thread has given back the lock of the data model, or tells of another.
    maker: ThreadId,
    time: DateTime<Utc>,
    data: Vec<LogEntryData>,
}

impl Adapter {
    /// The entry that was begun is complete. To be called with the data model locked, or when nobody tells any more.
    fn finish_entry(&self) {
        self.finish_entry_if(|_| true);
    }

    /// If this thread has begun the entry, it is complete.
    fn finish_own_entry(&self) {
        let me = thread::current().id();
        self.finish_entry_if(|entry| entry.maker == me);
    }

    fn finish_entry_if(&self, is_complete: impl FnOnce(&mut OpenEntry) -> bool) {
        // Not in the scrutinee: the journal is not called with the lock held.
        let open = self.open.lock().take_if(is_complete);
        if let Some(entry) = open {
            self.journal.append(entry.time, entry.data);
        }
    }
}

impl Logs {
    pub(super) fn new(
        arena: &Arena,
        config: &IedServerConfig,
        handlers: &Arc<Handlers>,
        runtime: &Handle,
    ) -> Self {
        if !config.log_service_enabled {
            return Logs::default();
        }
        let log = |def: &Arc<crate::model::control_block::LogDef>| {
            // The library names logical devices by their instances here.
            let device = arena.name(arena.logical_device_of(def.logical_node));
            let reference = format!("{device}/{}${}", arena.name(def.logical_node), def.name);
            let limit = config.max_waiting_log_entries;
            let journal = Arc::new(Journal::new(reference.clone(), handlers.clone(), limit));
            let adapter = Arc::new(Adapter {
                journal: journal.clone(),
                open: Mutex::new(None),
            });
            let storage = Box::new(sys::sLogStorage {
                instanceData: Arc::as_ptr(&adapter).cast_mut().cast(),
                maxLogEntries: 0,
                addEntry: Some(add_entry),
                addEntryData: Some(add_data),
                getEntries: Some(entries_by_time),
                getEntriesAfter: Some(entries_after),
                getOldestAndNewestEntries: Some(bounds),
                destroy: Some(destroy),
            });
            let written = journal.clone();
            let writer = runtime.spawn(async move {
                loop {
                    written.filled().await;
                    let journal = written.clone();
                    let write = move || while journal.flush() {};
                    if let Err(error) = tokio::task::spawn_blocking(write).await {
                        tracing::error!(%error, "the writer of a log has failed");
                    }
                }
            });
            Log {
                journal,
                reference,
                storage,
                adapter,
                writer: writer.abort_handle(),
            }
        };
        Logs(arena.logs.iter().map(log).collect())
    }
}

impl Inner {
    /// Gives all logs the storage they have when the application gives them none.
    pub(super) fn install_logs(&self) {
        let capacity = self.config.default_log_capacity;
        if capacity == 0 {
            return;
        }
        for number in 0..self.logs.0.len() {
            let memory = Box::new(MemoryLog::new(capacity));
            if let Err(error) = self.set_log_storage(number, memory) {
                tracing::warn!(%error, "no log in memory");
            }
        }
    }

    /// As [`crate::engine::ServerEngine::set_log_storage`].
    pub(super) fn set_log_storage(
        &self,
        number: usize,
        storage: Box<dyn LogStorage>,
    ) -> Result<(), Error> {
        let Some(log) = self.logs.0.get(number) else {
            return Err(Error::WrongKind {
                reference: self.arena.name.clone(),
                reason: "serves no logs",
            });
        };
        self.locked(|| log.adapter.finish_entry());
        log.journal
            .set_storage(storage)
            .map_err(|source| Error::LogStorage {
                log: log.reference.clone(),
                source,
            })?;
        let reference = c_text(&log.reference);
        let storage = (&raw const *log.storage).cast_mut();
        // SAFETY: the server is alive, the reference is copied, and the storage outlives the server, which only
        // calls its functions. Clients and updates use it under the lock.
        self.locked(|| unsafe {
            sys::IedServer_setLogStorage(self.server.as_ptr(), reference.as_ptr(), storage);
        });
        Ok(())
    }

    /// As [`crate::engine::ServerEngine::log_statistics`].
    pub(super) fn log_statistics(&self, number: usize) -> Option<LogStatistics> {
        let log = self.logs.0.get(number)?;
        self.locked(|| log.adapter.finish_entry());
        Some(log.journal.statistics())
    }

    /// An update of this thread, or a turn of the one that serves, is over: so are the entries it made.
    pub(super) fn finish_log_entries(&self) {
        for log in &self.logs.0 {
            log.adapter.finish_own_entry();
        }
    }
}

/// Runs a function of a storage. `otherwise` should anything panic.
///
/// # Safety
/// The storage is one of [`Logs`], of a server that is not destroyed.
unsafe fn within<R>(storage: sys::LogStorage, otherwise: R, call: impl FnOnce(&Adapter) -> R) -> R {
    // SAFETY: as the caller says; the pointer behind it is to an adapter that lives as long.
    let adapter = unsafe {
        storage
            .as_ref()
            .and_then(|storage| storage.instanceData.cast::<Adapter>().as_ref())
    };
    match adapter {
        Some(adapter) => guarded(otherwise, || call(adapter)),
        None => otherwise,
    }
}

fn time_of(milliseconds: u64) -> DateTime<Utc> {
    let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(milliseconds).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn milliseconds(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp_millis()).unwrap_or(0)
}

unsafe extern "C" fn add_entry(storage: sys::LogStorage, timestamp: u64) -> u64 {
    // SAFETY: the library hands back the storage it was given.
    unsafe {
        within(storage, 0, |adapter| {
            adapter.finish_entry();
            *adapter.open.lock() = Some(OpenEntry {
                maker: thread::current().id(),
                time: time_of(timestamp),
                data: Vec::new(),
            });
            adapter.journal.next_id().0
        })
    }
}

unsafe extern "C" fn add_data(
    storage: sys::LogStorage,
    _entry: u64,
    reference: *const c_char,
    data: *mut u8,
    size: c_int,
    reason: u8,
) -> bool {
    // SAFETY: the library hands back the storage it was given, a text, and as many octets as it says.
    unsafe {
        within(storage, false, |adapter| {
            let octets = match usize::try_from(size) {
                Ok(size) if !data.is_null() => std::slice::from_raw_parts(data, size),
                _ => return false,
            };
            let (Some(reference), Ok(value)) = (text_of(reference), MmsValue::from_bytes(octets))
            else {
                return false;
            };
            // Zero is an entry without reasons.
            let reason = (reason != 0).then(|| reason_of(reason));
            match &mut *adapter.open.lock() {
                Some(entry) => entry.data.push(LogEntryData {
                    reference,
                    value,
                    reason,
                }),
                None => return false,
            }
            true
        })
    }
}

/// The library stores the octet of the bit string that clients get: reserved, then data change and so on.
fn reason_of(octet: u8) -> TriggerOptions {
    TriggerOptions::from_bits_truncate(octet >> 1)
}

fn octet_of(reason: Option<TriggerOptions>) -> u8 {
    reason.map_or(0, |reason| reason.bits() << 1)
}

unsafe extern "C" fn entries_by_time(
    storage: sys::LogStorage,
    from: u64,
    to: u64,
    tell_entry: sys::LogEntryCallback,
    tell_data: sys::LogEntryDataCallback,
    parameter: *mut c_void,
) -> bool {
    let query = LogQuery {
        times: time_of(from)..=time_of(to),
        ..LogQuery::all()
    };
    // SAFETY: the library hands back the storage it was given, and functions for this call.
    unsafe { tell(storage, &query, tell_entry, tell_data, parameter) }
}

unsafe extern "C" fn entries_after(
    storage: sys::LogStorage,
    _time: u64,
    entry: u64,
    tell_entry: sys::LogEntryCallback,
    tell_data: sys::LogEntryDataCallback,
    parameter: *mut c_void,
) -> bool {
    let query = LogQuery {
        ids: EntryId(entry.saturating_add(1))..=EntryId::MAX,
        ..LogQuery::all()
    };
    // SAFETY: as above.
    unsafe { tell(storage, &query, tell_entry, tell_data, parameter) }
}

/// Tells the library of the entries of a query.
///
/// # Safety
/// As for [`within`]; and the functions may be called with the parameter.
unsafe fn tell(
    storage: sys::LogStorage,
    query: &LogQuery,
    tell_entry: sys::LogEntryCallback,
    tell_data: sys::LogEntryDataCallback,
    parameter: *mut c_void,
) -> bool {
    let (Some(tell_entry), Some(tell_data)) = (tell_entry, tell_data) else {
        return false;
    };
    let mut visit = |entry: &LogEntry| {
        // SAFETY: the functions take numbers and, for this call, texts and octets; what ends a list may be
        // NULL.
        unsafe {
            if !tell_entry(parameter, milliseconds(entry.time), entry.id.0, true) {
                return false;
            }
            // The library does not expect that it cannot read what it is told.
            let readable = |member: &&LogEntryData| Value::is_decodable(&member.value);
            for member in entry.data.iter().filter(readable) {
                let reference = c_text(&member.reference);
                let mut octets = member.value.to_bytes();
                let size = c_int::try_from(octets.len()).unwrap_or(0);
                let (data, reason) = (octets.as_mut_ptr(), octet_of(member.reason));
                if !tell_data(parameter, reference.as_ptr(), data, size, reason, true) {
                    return false;
                }
            }
            tell_data(parameter, null(), null_mut(), 0, 0, false)
        }
    };
    // SAFETY: as the caller says.
    unsafe {
        within(storage, false, |adapter| {
            adapter.finish_entry();
            let mut all: Vec<LogEntry> = Vec::new();
            let read = adapter
                .journal
                .query(|storage| -> Result<(), LogStorageError> {
                    // The library may call back into the storage: its lock is given back first.
                    storage.query(query, &mut |entry| {
                        all.push(entry.clone());
                        all.len() < MOST_ENTRIES
                    })
                });
            if !matches!(read, Some(Ok(()))) {
                return false;
            }
            let complete = all.iter().all(&mut visit);
            tell_entry(parameter, 0, 0, false);
            complete
        })
    }
}

/// Entries that are told of at once: far more than fit a PDU, at the end of which the library stops.
const MOST_ENTRIES: usize = 20_000;

unsafe extern "C" fn bounds(
    storage: sys::LogStorage,
    newest: *mut u64,
    newest_time: *mut u64,
    oldest: *mut u64,
    oldest_time: *mut u64,
) -> bool {
    // SAFETY: the library hands back the storage it was given, and places for the results.
    unsafe {
        within(storage, false, |adapter| {
            adapter.finish_entry();
            let found = adapter.journal.bounds();
            let zero = (EntryId(0), DateTime::UNIX_EPOCH);
            let (last, first) = found.map_or((zero, zero), |found| (found.newest, found.oldest));
            for (place, value) in [
                (newest, last.0.0),
                (newest_time, milliseconds(last.1)),
                (oldest, first.0.0),
                (oldest_time, milliseconds(first.1)),
            ] {
                if let Some(place) = place.as_mut() {
                    *place = value;
                }
            }
            found.is_some()
        })
    }
}

/// It is ours, and stays.
unsafe extern "C" fn destroy(_storage: sys::LogStorage) {}
