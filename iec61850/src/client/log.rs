//! Logs: reading what they hold, and their control blocks.

use super::connection::IedConnection;
use super::engine::JournalPart;
use super::error::{Context, IedClientError, failure, unexpected};
use super::report::ReasonForInclusion;
use super::target;
use crate::{Error, FunctionalConstraint, TriggerOptions};
use chrono::{DateTime, Utc};
use mms::client::JournalRecord;
use mms::{BinaryTime, MmsValue, OwnedObjectName};
use std::collections::VecDeque;

const QUERY: &str = "query log";

/// An entry of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// Identifies the entry in its log.
    pub entry_id: Vec<u8>,
    /// When it was.
    pub time: Option<DateTime<Utc>>,
    /// The time as the server sent it: reading on behind this entry takes it.
    pub time_of_entry: BinaryTime,
    /// What changed.
    pub items: Vec<LogItem>,
}

/// A member of a data set in an entry of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogItem {
    /// The object, as the server names it (`LD/LN$FC$DO`).
    pub reference: String,
    /// Its value.
    pub value: MmsValue,
    /// Why it is in the log, if the log control block says so.
    pub reason: Option<ReasonForInclusion>,
}

/// Tags in an entry that are no references.
const REASON_CODE: &str = "ReasonCode";

impl LogEntry {
    fn new(record: JournalRecord) -> Self {
        let mut items: Vec<LogItem> = Vec::new();
        for (tag, value) in record.variables {
            if tag == REASON_CODE
                && let Some(last) = items.last_mut()
            {
                last.reason = value.to_bits().ok().map(ReasonForInclusion::from);
            } else {
                items.push(LogItem {
                    reference: tag,
                    value,
                    reason: None,
                });
            }
        }
        LogEntry {
            entry_id: record.identifier,
            time: record.time.time(),
            time_of_entry: record.time,
            items,
        }
    }
}

/// Reads a log entry by entry, asking the server for more when it has to.
#[derive(Debug)]
pub struct LogReader {
    connection: IedConnection,
    reference: String,
    log: OwnedObjectName,
    start: Option<BinaryTime>,
    stop: Option<BinaryTime>,
    after: Option<(Vec<u8>, BinaryTime)>,
    waiting: VecDeque<LogEntry>,
    more: bool,
}

impl LogReader {
    /// The next entry; `None` at the end of the log.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] for an unknown log, and others.
    #[allow(clippy::should_implement_trait, reason = "it is asynchronous")]
    pub async fn next(&mut self) -> Result<Option<LogEntry>, Error> {
        if self.waiting.is_empty() && self.more {
            self.fetch().await?;
        }
        Ok(self.waiting.pop_front())
    }

    async fn fetch(&mut self) -> Result<(), Error> {
        let client = self.connection.client(QUERY, &self.reference)?;
        let part = JournalPart {
            journal: self.log.as_ref(),
            start: self.start,
            stop: self.stop,
            after: self
                .after
                .as_ref()
                .map(|(entry, time)| (entry.as_slice(), *time)),
        };
        let answer = client.read_journal(part).await;
        let (records, more) = answer.context(QUERY, &self.reference)?;
        let entries: VecDeque<LogEntry> = records.into_iter().map(LogEntry::new).collect();
        self.more = more;
        if let Some(last) = entries.back() {
            let position = (last.entry_id.clone(), last.time_of_entry);
            if more && self.after.as_ref() == Some(&position) {
                return Err(unexpected(
                    QUERY,
                    &self.reference,
                    "the log goes in circles",
                ));
            }
            self.after = Some(position);
        } else if more {
            let what = "an empty part of a log that goes on";
            return Err(unexpected(QUERY, &self.reference, what));
        }
        self.waiting = entries;
        Ok(())
    }
}

/// The values of a log control block.
#[derive(Clone, Debug, PartialEq)]
pub struct LogControlBlockValues {
    /// The control block, `LD/LN.name`.
    pub reference: String,
    /// Whether the log is being written.
    pub log_ena: bool,
    /// The log, as the server names it.
    pub log_ref: String,
    /// The data set, as the server names it.
    pub dat_set: String,
    /// Time of the oldest entry.
    pub old_entr_tm: Option<DateTime<Utc>>,
    /// Time of the newest entry.
    pub new_entr_tm: Option<DateTime<Utc>>,
    /// Identifier of the oldest entry.
    pub old_entr: Vec<u8>,
    /// Identifier of the newest entry.
    pub new_entr: Vec<u8>,
    /// What is logged.
    pub trg_ops: TriggerOptions,
    /// Milliseconds between entries with all members.
    pub intg_pd: u32,
}

/// Logs. A log is named `LD/LN.name`, or `LD/LN$name` as libiec61850 has it.
impl IedConnection {
    /// Reads the entries of a log between two times, or from its beginning or to its end.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] for an unknown log, and others.
    pub async fn query_log_by_time(
        &self,
        log: &str,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    ) -> Result<Vec<LogEntry>, Error> {
        self.all(self.log(log, start, end)?).await
    }

    /// Reads the entries of a log behind one of them.
    ///
    /// # Errors
    /// As for [`IedConnection::query_log_by_time`].
    pub async fn query_log_after(
        &self,
        log: &str,
        entry_id: &[u8],
        time_of_entry: BinaryTime,
    ) -> Result<Vec<LogEntry>, Error> {
        self.all(self.log_after(log, entry_id, time_of_entry)?)
            .await
    }

    async fn all(&self, mut reader: LogReader) -> Result<Vec<LogEntry>, Error> {
        let limit = self.options().limits.journal_entries;
        let mut entries = Vec::new();
        while let Some(entry) = reader.next().await? {
            if entries.len() >= limit {
                let code = IedClientError::UnexpectedValueReceived;
                let reason = format!("more than {limit} entries");
                return Err(failure(QUERY, &reader.reference, code, reason));
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    /// A reader of the entries between two times, however many there are.
    ///
    /// # Errors
    /// [`IedClientError::ObjectReferenceInvalid`].
    pub fn log(
        &self,
        log: &str,
        start: Option<DateTime<Utc>>,
        end: Option<DateTime<Utc>>,
    ) -> Result<LogReader, Error> {
        let name = target::data_set(QUERY, log)?;
        Ok(LogReader {
            connection: self.clone(),
            reference: log.to_owned(),
            log: name,
            start: start.map(BinaryTime::from),
            stop: end.map(BinaryTime::from),
            after: None,
            waiting: VecDeque::new(),
            more: true,
        })
    }

    /// A reader of the entries behind one of them.
    ///
    /// # Errors
    /// [`IedClientError::ObjectReferenceInvalid`].
    pub fn log_after(
        &self,
        log: &str,
        entry_id: &[u8],
        time_of_entry: BinaryTime,
    ) -> Result<LogReader, Error> {
        let mut reader = self.log(log, None, None)?;
        reader.after = Some((entry_id.to_vec(), time_of_entry));
        Ok(reader)
    }

    /// Reads a log control block, `LD/LN.name`. Its attributes are written as data with the
    /// functional constraint LG: `LD/LN.name.LogEna[LG]`.
    ///
    /// # Errors
    /// [`IedClientError::ObjectDoesNotExist`] and others.
    pub async fn read_lcb(&self, reference: &str) -> Result<LogControlBlockValues, Error> {
        const SERVICE: &str = "read log control block";
        let block = target::control_block(SERVICE, reference, &[FunctionalConstraint::LG])?;
        let client = self.client(SERVICE, reference)?;
        let value = client.read(block.name()).await;
        let value = value.context(SERVICE, reference)?;
        let values = match value {
            MmsValue::Structure(values) => values,
            _ => return Err(unexpected(SERVICE, reference, "no structure")),
        };
        let field = |at: usize| {
            let missing = || unexpected(SERVICE, reference, "an attribute is missing");
            values.get(at).ok_or_else(missing)
        };
        let time = |at| {
            let time = field(at)?.to_binary_time().context(SERVICE, reference)?;
            Ok::<_, Error>(time.time())
        };
        let text = |at| {
            let text = field(at)?.to_string_value().context(SERVICE, reference)?;
            Ok::<_, Error>(text.to_owned())
        };
        let octets = |at| {
            let octets = field(at)?.to_octet_string().context(SERVICE, reference)?;
            Ok::<_, Error>(octets.to_vec())
        };
        Ok(LogControlBlockValues {
            log_ena: field(0)?.to_bool().context(SERVICE, reference)?,
            log_ref: text(1)?,
            dat_set: text(2)?,
            old_entr_tm: time(3)?,
            new_entr_tm: time(4)?,
            old_entr: octets(5)?,
            new_entr: octets(6)?,
            trg_ops: field(7)?.to_bits().context(SERVICE, reference)?.into(),
            intg_pd: field(8)?.to_uint32().context(SERVICE, reference)?,
            reference: block.reference,
        })
    }
}
