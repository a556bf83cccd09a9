use super::{EntryId, LogBounds, LogEntry, LogEntryData, LogQuery, LogStorage, LogStorageError};
use crate::Error;
use crate::common::TriggerOptions;
use chrono::{DateTime, Utc};
use mms::ber::{Reader, Writer};
use mms::{DataView, MmsValue};
use rusqlite::{Connection, Row, Statement, Transaction, params};
use std::fmt;
use std::path::Path;

/// The form of the tables below, in SQLite's `user_version`.
const VERSION: i64 = 1;

/// Marks the file as a log of ours (`application_id`): "61850".
const APPLICATION: i64 = 61_850;

/// Entries have a number and a time in milliseconds since 1970; their members a reference, a value
/// as MMS encodes it (BER), and a reason in the bits of [`TriggerOptions`].
const TABLES: &str = "
    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL
    );
    CREATE INDEX entry_time ON entry (time);
    CREATE TABLE data (
        entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        reference TEXT NOT NULL,
        reason INTEGER,
        value BLOB NOT NULL,
        PRIMARY KEY (entry, position)
    ) WITHOUT ROWID;
";

/// A log in an SQLite database, which keeps its entries when the program ends or is killed.
///
/// The database has a write-ahead log and is synchronised with the disk for every batch of
/// entries. Other programs may read it meanwhile: the tables are `entry (id, time)` and
/// `data (entry, position, reference, reason, value)`.
pub struct SqliteLog {
    connection: Connection,
    capacity: u64,
    /// Entries there are.
    count: u64,
}

impl fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLog")
            .field("path", &self.connection.path())
            .field("capacity", &self.capacity)
            .field("count", &self.count)
            .finish()
    }
}

impl From<rusqlite::Error> for LogStorageError {
    fn from(error: rusqlite::Error) -> Self {
        LogStorageError::new(error)
    }
}

impl SqliteLog {
    /// Opens the database, and makes it if it is not there. It keeps `capacity` entries, at least
    /// one, and forgets the oldest of more.
    ///
    /// # Errors
    /// [`Error::LogStorage`] if the file cannot be used, or holds something else.
    pub fn open(path: impl AsRef<Path>, capacity: usize) -> Result<Self, Error> {
        let path = path.as_ref();
        Self::try_open(path, capacity).map_err(|source| Error::LogStorage {
            log: path.display().to_string(),
            source,
        })
    }

    fn try_open(path: &Path, capacity: usize) -> Result<Self, LogStorageError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        let number = |connection: &Connection, name: &str| {
            connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
        };
        match (
            number(&connection, "application_id")?,
            number(&connection, "user_version")?,
        ) {
            (APPLICATION, VERSION) => {}
            (APPLICATION, other) => {
                let reason = format!("a log of version {other}, this program knows {VERSION}");
                return Err(LogStorageError::new(reason));
            }
            (0, 0) if is_empty(&connection)? => {}
            _ => return Err(LogStorageError::new("a database of another program")),
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        if is_empty(&connection)? {
            let transaction = connection.transaction()?;
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        let mut log = SqliteLog {
            connection,
            capacity: u64::try_from(capacity.max(1)).unwrap_or(u64::MAX),
            count: 0,
        };
        let transaction = log.connection.transaction()?;
        let count: i64 =
            transaction.query_row("SELECT count(*) FROM entry", [], |row| row.get(0))?;
        let left = trim(&transaction, count.unsigned_abs(), log.capacity)?;
        transaction.commit()?;
        log.count = left;
        Ok(log)
    }
}

fn is_empty(connection: &Connection) -> Result<bool, rusqlite::Error> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })
}

/// Forgets the oldest of too many entries, and returns how many are left.
fn trim(transaction: &Transaction<'_>, count: u64, capacity: u64) -> Result<u64, rusqlite::Error> {
    if count > capacity {
        transaction
            .prepare_cached(
                "DELETE FROM entry WHERE id IN (SELECT id FROM entry ORDER BY id LIMIT ?1)",
            )?
            .execute(params![as_signed(count - capacity)])?;
    }
    Ok(count.min(capacity))
}

/// Numbers of entries count up from one and do not get that far.
fn as_signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn date(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

fn position(row: &Row<'_>) -> Result<(EntryId, DateTime<Utc>), rusqlite::Error> {
    let id: i64 = row.get(0)?;
    Ok((EntryId(id.unsigned_abs()), date(row.get(1)?)))
}

/// The members of an entry.
fn data_of(members: &mut Statement<'_>, id: EntryId) -> Result<Vec<LogEntryData>, LogStorageError> {
    let mut rows = members.query(params![as_signed(id.0)])?;
    let mut data = Vec::new();
    while let Some(row) = rows.next()? {
        let reason: Option<u8> = row.get(1)?;
        let octets = row.get_ref(2)?.as_blob().map_err(LogStorageError::new)?;
        data.push(LogEntryData {
            reference: row.get(0)?,
            reason: reason.map(TriggerOptions::from_bits_truncate),
            value: value(octets)?,
        });
    }
    Ok(data)
}

fn value(octets: &[u8]) -> Result<MmsValue, LogStorageError> {
    DataView::decode(&mut Reader::new(octets))
        .map(|view| view.to_value())
        .map_err(|error| LogStorageError::new(format!("a value in the database: {error}")))
}

impl LogStorage for SqliteLog {
    fn append(&mut self, entries: &[LogEntry]) -> Result<(), LogStorageError> {
        let transaction = self.connection.transaction()?;
        {
            let mut entry =
                transaction.prepare_cached("INSERT INTO entry (id, time) VALUES (?1, ?2)")?;
            let mut member = transaction.prepare_cached(
                "INSERT INTO data (entry, position, reference, reason, value)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            let mut octets = Vec::new();
            for new in entries {
                let id = as_signed(new.id.0);
                entry.execute(params![id, new.time.timestamp_millis()])?;
                for (position, data) in (0i64..).zip(&new.data) {
                    octets.clear();
                    data.value.encode(&mut Writer::unbounded(&mut octets));
                    let reason = data.reason.map(|reason| reason.bits());
                    member.execute(params![id, position, data.reference, reason, octets])?;
                }
            }
        }
        let count = self.count + entries.len() as u64;
        let left = trim(&transaction, count, self.capacity)?;
        transaction.commit()?;
        self.count = left;
        Ok(())
    }

    fn query(
        &mut self,
        query: &LogQuery,
        visit: &mut dyn FnMut(&LogEntry) -> bool,
    ) -> Result<(), LogStorageError> {
        let order = if query.newest_first { "DESC" } else { "ASC" };
        let mut entries = self.connection.prepare_cached(&format!(
            "SELECT id, time FROM entry
             WHERE id BETWEEN ?1 AND ?2 AND time BETWEEN ?3 AND ?4 ORDER BY id {order}"
        ))?;
        let mut members = self.connection.prepare_cached(
            "SELECT reference, reason, value FROM data WHERE entry = ?1 ORDER BY position",
        )?;
        let mut rows = entries.query(params![
            as_signed(query.ids.start().0),
            as_signed(query.ids.end().0),
            query.times.start().timestamp_millis(),
            query.times.end().timestamp_millis(),
        ])?;
        while let Some(row) = rows.next()? {
            let (id, time) = position(row)?;
            let data = data_of(&mut members, id)?;
            if !visit(&LogEntry { id, time, data }) {
                break;
            }
        }
        Ok(())
    }

    fn bounds(&mut self) -> Result<Option<LogBounds>, LogStorageError> {
        let mut ends = self.connection.prepare_cached(
            "SELECT id, time FROM entry WHERE id IN
                 ((SELECT min(id) FROM entry), (SELECT max(id) FROM entry)) ORDER BY id",
        )?;
        let ends: Vec<_> = ends.query_map([], position)?.collect::<Result<_, _>>()?;
        Ok(ends
            .first()
            .zip(ends.last())
            .map(|(oldest, newest)| LogBounds {
                oldest: *oldest,
                newest: *newest,
            }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_storage, entry};
    use super::*;

    fn all(log: &mut SqliteLog) -> Vec<LogEntry> {
        let mut all = Vec::new();
        let visit = &mut |entry: &LogEntry| {
            all.push(entry.clone());
            true
        };
        log.query(&LogQuery::all(), visit).unwrap();
        all
    }

    #[test]
    fn is_a_storage() {
        let folder = tempfile::tempdir().unwrap();
        check_storage(&mut SqliteLog::open(folder.path().join("log.db"), 5).unwrap());
    }

    #[test]
    fn entries_survive_and_a_smaller_capacity_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let entries = [entry(1, 10), entry(2, 20), entry(3, 30)];
        let mut log = SqliteLog::open(&path, 10).unwrap();
        log.append(&entries).unwrap();
        // Not closed in order: as if the program had been killed.
        std::mem::forget(log);
        let mut log = SqliteLog::open(&path, 10).unwrap();
        assert_eq!(all(&mut log), entries);
        drop(log);
        let mut log = SqliteLog::open(&path, 2).unwrap();
        assert_eq!(all(&mut log), entries[1..]);
        assert_eq!(log.bounds().unwrap().unwrap().newest.0, EntryId(3));
        let orphans: i64 = log
            .connection
            .query_row("SELECT count(*) FROM data WHERE entry < 2", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(orphans, 0);
    }

    #[test]
    fn a_batch_is_stored_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = SqliteLog::open(folder.path().join("log.db"), 10).unwrap();
        log.append(&[entry(1, 10)]).unwrap();
        log.append(&[entry(2, 20), entry(1, 30)]).unwrap_err();
        assert_eq!(all(&mut log), [entry(1, 10)]);
        log.append(&[entry(2, 20)]).unwrap();
        assert_eq!((all(&mut log).len(), log.count), (2, 2));
    }

    #[test]
    fn other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text");
        std::fs::write(&text, "no database, and long enough to see that".repeat(99)).unwrap();
        assert!(SqliteLog::open(&text, 10).is_err());
        let other = folder.path().join("other.db");
        let connection = Connection::open(&other).unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        let refused = SqliteLog::open(&other, 10).unwrap_err().to_string();
        assert!(refused.contains("another program"), "{refused}");
        connection
            .pragma_update(None, "application_id", APPLICATION)
            .unwrap();
        connection.pragma_update(None, "user_version", 7).unwrap();
        let refused = SqliteLog::open(&other, 10).unwrap_err().to_string();
        assert!(refused.contains("version 7"), "{refused}");
        assert!(SqliteLog::open(folder.path().join("no/such"), 10).is_err());
    }

    #[test]
    fn damage_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = SqliteLog::open(folder.path().join("log.db"), 10).unwrap();
        log.append(&[entry(1, 10)]).unwrap();
        log.connection
            .execute("UPDATE data SET value = x'83ff'", [])
            .unwrap();
        assert!(log.query(&LogQuery::all(), &mut |_| true).is_err());
        log.connection
            .execute("UPDATE data SET value = 'text'", [])
            .unwrap();
        assert!(log.query(&LogQuery::all(), &mut |_| true).is_err());
    }
}
