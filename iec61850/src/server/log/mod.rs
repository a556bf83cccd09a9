//! Logs (IEC 61850-7-2 clause 17): what is in them, and where it is kept.
//!
//! A log of the model gets its storage with [`IedServer::set_log_storage`]: [`MemoryLog`], which
//! forgets, `SqliteLog` (feature `sqlite`), which does not, or any other [`LogStorage`]. Log
//! control blocks decide what is logged; clients read it by time and from an entry on.
//!
//! Entries are numbered by the server and wait in a queue of bounded length for one writer, so
//! that a slow disk delays neither updates nor clients. A query sees everything that was logged
//! before it.

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::MemoryLog;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLog;

use super::IedServer;
use crate::Error;
use crate::common::TriggerOptions;
use crate::model::arena::Arena;
use chrono::{DateTime, Utc};
use mms::MmsValue;
use std::fmt;
use std::ops::RangeInclusive;

/// Identifies an entry in its log (EntryID): later entries have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u64);

impl EntryId {
    /// Before every entry.
    pub const MIN: EntryId = EntryId(0);
    /// Behind every entry.
    pub const MAX: EntryId = EntryId(u64::MAX);

    /// The eight octets clients get: the number with its lowest octet first, as libiec61850 sends
    /// it on most computers.
    pub fn to_octets(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// The identifier of eight octets; `None` for more or fewer.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        Some(EntryId(u64::from_le_bytes(octets.try_into().ok()?)))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an entry says about one member of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntryData {
    /// The member: `LD/LN$FC$DO...`.
    pub reference: String,
    /// Its value.
    pub value: MmsValue,
    /// Why it was logged; `None` when the control block logs no reasons.
    pub reason: Option<TriggerOptions>,
}

/// An entry of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Which one it is.
    pub id: EntryId,
    /// When it was made, in whole milliseconds.
    pub time: DateTime<Utc>,
    /// The members that were logged.
    pub data: Vec<LogEntryData>,
}

/// Where a log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogBounds {
    /// Identifier and time of the oldest entry.
    pub oldest: (EntryId, DateTime<Utc>),
    /// Identifier and time of the newest entry.
    pub newest: (EntryId, DateTime<Utc>),
}

/// Which entries of a log are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuery {
    /// Entries with identifiers in this range.
    pub ids: RangeInclusive<EntryId>,
    /// And times in this range.
    pub times: RangeInclusive<DateTime<Utc>>,
    /// From the newest to the oldest, in place of from the oldest to the newest.
    pub newest_first: bool,
}

impl LogQuery {
    /// All entries, the oldest first.
    pub fn all() -> Self {
        LogQuery {
            ids: EntryId::MIN..=EntryId::MAX,
            times: DateTime::<Utc>::MIN_UTC..=DateTime::<Utc>::MAX_UTC,
            newest_first: false,
        }
    }

    /// Whether an entry is meant.
    pub fn matches(&self, id: EntryId, time: DateTime<Utc>) -> bool {
        self.ids.contains(&id) && self.times.contains(&time)
    }
}

/// A storage could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct LogStorageError {
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl LogStorageError {
    /// With its reason, an error or a text.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        LogStorageError {
            source: source.into(),
        }
    }
}

/// Where the entries of one log are kept.
///
/// Called by one thread at a time, with no lock of the server held, and never in the course of an
/// update. It may take its time: entries wait meanwhile, and clients that query the log do. A
/// panic counts as an error. It must not be shared by two logs.
pub trait LogStorage: Send {
    /// Keeps entries behind those there are, and forgets the oldest where there are too many.
    /// Their identifiers are greater than all before, and rise.
    ///
    /// # Errors
    /// What went wrong: the entries count as lost, and are reported as such.
    fn append(&mut self, entries: &[LogEntry]) -> Result<(), LogStorageError>;

    /// Hands the entries of a query to `visit`, in their order, until it returns `false`.
    ///
    /// # Errors
    /// What went wrong.
    fn query(
        &mut self,
        query: &LogQuery,
        visit: &mut dyn FnMut(&LogEntry) -> bool,
    ) -> Result<(), LogStorageError>;

    /// The oldest and the newest entry; `None` when there are none. Entries that are logged after
    /// it was asked for the first time are numbered from the newest on.
    ///
    /// # Errors
    /// What went wrong.
    fn bounds(&mut self) -> Result<Option<LogBounds>, LogStorageError>;
}

impl<S: LogStorage + ?Sized> LogStorage for Box<S> {
    fn append(&mut self, entries: &[LogEntry]) -> Result<(), LogStorageError> {
        (**self).append(entries)
    }

    fn query(
        &mut self,
        query: &LogQuery,
        visit: &mut dyn FnMut(&LogEntry) -> bool,
    ) -> Result<(), LogStorageError> {
        (**self).query(query, visit)
    }

    fn bounds(&mut self) -> Result<Option<LogBounds>, LogStorageError> {
        (**self).bounds()
    }
}

/// What has become of the entries of a log since the server was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStatistics {
    /// Entries the storage has taken.
    pub stored: u64,
    /// Entries that wait for the storage.
    pub waiting: u64,
    /// Entries that were lost because the storage refused them.
    pub refused: u64,
    /// Entries that were lost because too many were waiting
    /// ([`max_waiting_log_entries`](crate::IedServerConfig::max_waiting_log_entries)).
    pub overflowed: u64,
}

/// Logs.
impl IedServer {
    /// Keeps the entries of a log in `storage`, in place of the one it has. The log is named
    /// `LD/LN$name` or `LD/LN.name`, the logical device by its instance or by its full name.
    ///
    /// A log without one keeps its entries in memory
    /// ([`default_log_capacity`](crate::IedServerConfig::default_log_capacity)). What is in a storage
    /// that is replaced is not carried over.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the model has no such log, [`Error::LogStorage`] if the storage cannot
    /// say what is in it, [`Error::WrongKind`] if the configuration turns logs off.
    pub fn set_log_storage(
        &self,
        log: &str,
        storage: impl LogStorage + 'static,
    ) -> Result<(), Error> {
        let number = self.log_number(log)?;
        self.engine.set_log_storage(number, Box::new(storage))
    }

    /// What has become of the entries of a log, which is named as for
    /// [`IedServer::set_log_storage`].
    ///
    /// # Errors
    /// [`Error::NotFound`] if the model has no such log.
    pub fn log_statistics(&self, log: &str) -> Result<LogStatistics, Error> {
        let number = self.log_number(log)?;
        Ok(self.engine.log_statistics(number).unwrap_or_default())
    }

    fn log_number(&self, reference: &str) -> Result<usize, Error> {
        find(&self.arena, reference).ok_or_else(|| Error::NotFound {
            what: "log",
            name: reference.to_owned(),
            parent: self.arena.name.clone(),
        })
    }
}

/// The number of a log among those of the model.
fn find(arena: &Arena, reference: &str) -> Option<usize> {
    let (device, log) = reference.split_once('/')?;
    let (node, name) = log.split_once(['$', '.'])?;
    arena.logs.iter().position(|def| {
        let own = arena.logical_device_of(def.logical_node);
        def.name == name
            && **arena.name(def.logical_node) == *node
            && (**arena.name(own) == *device || arena.domain_name(own) == device)
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::IedModel;

    pub(in crate::server) fn entry(id: u64, seconds: i64) -> LogEntry {
        LogEntry {
            id: EntryId(id),
            time: at(seconds),
            data: vec![
                LogEntryData {
                    reference: format!("LD/GGIO1$ST$Ind{id}"),
                    value: MmsValue::Structure(vec![
                        MmsValue::Boolean(true),
                        MmsValue::Integer(-3),
                        MmsValue::VisibleString("text".into()),
                    ]),
                    reason: Some(TriggerOptions::DATA_CHANGED),
                },
                LogEntryData {
                    reference: "LD/GGIO1$MX$An".into(),
                    value: MmsValue::Float32(1.5),
                    reason: None,
                },
            ],
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(seconds * 1000 + 7).unwrap()
    }

    fn found(storage: &mut dyn LogStorage, query: &LogQuery, most: usize) -> Vec<u64> {
        let mut found = Vec::new();
        storage
            .query(query, &mut |entry| {
                found.push(entry.id.0);
                found.len() < most
            })
            .unwrap();
        found
    }

    /// What every storage for five entries has to do.
    pub(in crate::server) fn check_storage(storage: &mut dyn LogStorage) {
        assert_eq!(storage.bounds().unwrap(), None);
        assert!(found(storage, &LogQuery::all(), 9).is_empty());
        storage.append(&[]).unwrap();
        storage.append(&[entry(1, 10), entry(2, 20)]).unwrap();
        // A number is left out, and the clock was set back.
        storage
            .append(&[entry(4, 30), entry(5, 25), entry(6, 40)])
            .unwrap();
        let all = LogQuery::all();
        assert_eq!(found(storage, &all, 9), [1, 2, 4, 5, 6]);
        assert_eq!(found(storage, &all, 2), [1, 2]);
        let with = |ids: RangeInclusive<u64>, times: RangeInclusive<i64>, newest_first| LogQuery {
            ids: EntryId(*ids.start())..=EntryId(*ids.end()),
            times: at(*times.start())..=at(*times.end()),
            newest_first,
        };
        assert_eq!(
            found(storage, &with(3..=u64::MAX, 0..=99, false), 9),
            [4, 5, 6]
        );
        assert_eq!(
            found(storage, &with(0..=u64::MAX, 20..=30, false), 9),
            [2, 4, 5]
        );
        assert_eq!(found(storage, &with(2..=5, 0..=29, false), 9), [2, 5]);
        assert_eq!(found(storage, &with(0..=5, 0..=99, true), 3), [5, 4, 2]);
        assert!(found(storage, &with(7..=9, 0..=99, false), 9).is_empty());
        let backwards = LogQuery {
            newest_first: true,
            ..LogQuery::all()
        };
        assert_eq!(found(storage, &backwards, 9), [6, 5, 4, 2, 1]);
        // The oldest make room.
        storage.append(&[entry(7, 50), entry(8, 60)]).unwrap();
        assert_eq!(found(storage, &all, 9), [4, 5, 6, 7, 8]);
        let bounds = LogBounds {
            oldest: (EntryId(4), at(30)),
            newest: (EntryId(8), at(60)),
        };
        assert_eq!(storage.bounds().unwrap(), Some(bounds));
        let mut entries = Vec::new();
        storage
            .query(&with(5..=6, 0..=99, false), &mut |entry| {
                entries.push(entry.clone());
                true
            })
            .unwrap();
        assert_eq!(entries, [entry(5, 25), entry(6, 40)]);
    }

    #[test]
    fn names_of_logs() {
        let model = IedModel::new("IED1").unwrap();
        let device = model.create_logical_device("LD0", None).unwrap();
        let node = device.create_logical_node("LLN0").unwrap();
        node.create_log("Events").unwrap();
        let functional = model.create_logical_device("LD1", Some("Bay7")).unwrap();
        let node = functional.create_logical_node("LLN0").unwrap();
        node.create_log("Events").unwrap();
        let arena = model.acquire().unwrap();
        for (reference, number) in [
            ("LD0/LLN0$Events", Some(0)),
            ("IED1LD0/LLN0.Events", Some(0)),
            ("LD1/LLN0$Events", Some(1)),
            ("Bay7/LLN0$Events", Some(1)),
            ("IED1LD1/LLN0$Events", None),
            ("LD0/LLN0$Other", None),
            ("LD0/LLN0", None),
            ("", None),
        ] {
            assert_eq!(find(&arena, reference), number, "{reference}");
        }
    }

    #[test]
    fn identifiers() {
        let id = EntryId(0x0102);
        assert_eq!(id.to_octets(), [2, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(EntryId::from_octets(&id.to_octets()), Some(id));
        assert_eq!(EntryId::from_octets(&[1, 2, 3]), None);
    }
}
