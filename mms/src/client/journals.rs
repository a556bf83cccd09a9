//! Journals (logs).

use super::names::Progress;
use super::{Client, ClientError, encode, wrong};
use crate::pdu::{
    EntryForm, InitializeJournalRequest, JournalEntry, JournalPosition, JournalStart,
    JournalStatusRequest, JournalStatusResponse, JournalStop, ReadJournalRequest, ResponseService,
    Service,
};
use crate::{BinaryTime, MmsValue, ObjectName, OwnedObjectName};

/// Which entries of a journal are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalQuery<'a> {
    /// Where to begin; `None` is the oldest entry.
    pub start: Option<JournalStart<'a>>,
    /// Where to end; `None` is the newest entry.
    pub stop: Option<JournalStop>,
    /// Begin behind this entry, if given.
    pub start_after: Option<JournalPosition<'a>>,
}

/// An entry of a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalRecord {
    /// Identifies the entry in its journal.
    pub identifier: Vec<u8>,
    /// When it was.
    pub time: BinaryTime,
    /// The event condition it records and its state (0 disabled, 1 idle, 2 active), if any.
    pub event: Option<(OwnedObjectName, i64)>,
    /// The variables it records, by their tags, with their values.
    pub variables: Vec<(String, MmsValue)>,
    /// A remark, in place of event and variables.
    pub annotation: Option<String>,
}

impl JournalRecord {
    fn new(entry: &JournalEntry<'_>) -> Self {
        let (event, variables, annotation) = match entry.form {
            EntryForm::Data { event, variables } => (event, variables, None),
            EntryForm::Annotation(text) => (None, None, Some(text.to_owned())),
        };
        JournalRecord {
            identifier: entry.identifier.to_vec(),
            time: entry.time,
            event: event.map(|event| (event.condition.to_owned(), event.state)),
            variables: variables
                .unwrap_or_default()
                .iter()
                .map(|variable| (variable.tag.to_owned(), variable.value.to_value()))
                .collect(),
            annotation,
        }
    }
}

impl Client {
    /// Reads entries of a journal, however many answers it takes.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Limit`] and [`ClientError::Unexpected`] for a journal
    /// without end.
    pub async fn read_journal(
        &self,
        journal: ObjectName<'_>,
        query: JournalQuery<'_>,
    ) -> Result<Vec<JournalRecord>, ClientError> {
        const SERVICE: Service = Service::ReadJournal;
        let mut progress = Progress::new(SERVICE, self.limits().journal_entries, "entries");
        let mut records: Vec<JournalRecord> = Vec::new();
        let mut fresh = 0;
        loop {
            let mut request = ReadJournalRequest {
                journal,
                start: query.start,
                stop: query.stop,
                variables: None,
                start_after: query.start_after,
            };
            if let Some(last) = records.last() {
                request.start = None;
                request.start_after = Some(JournalPosition {
                    time: last.time,
                    entry: &last.identifier,
                });
                if let Some(JournalStop::Count(count)) = query.stop {
                    // Counted from where the reading goes on.
                    let done = i32::try_from(records.len()).unwrap_or(i32::MAX);
                    let left = count.saturating_abs().saturating_sub(done);
                    if left <= 0 {
                        return Ok(records);
                    }
                    request.stop = Some(JournalStop::Count(left * count.signum()));
                }
            }
            let request = encode(|w| request.encode(w));
            let more_follows = self
                .exchange(SERVICE, request, |response| {
                    let ResponseService::ReadJournal(journal) = response else {
                        return wrong(SERVICE);
                    };
                    fresh = journal.entries.len();
                    progress.within(records.len() + fresh)?;
                    records.extend(
                        journal
                            .entries
                            .iter()
                            .map(|entry| JournalRecord::new(&entry)),
                    );
                    Ok(journal.more_follows)
                })
                .await?;
            if !more_follows {
                return Ok(records);
            }
            let last = records.last().filter(|_| fresh > 0);
            progress.go_on(
                records.len(),
                last.map(|record| record.identifier.as_slice()),
            )?;
        }
    }

    /// Deletes the entries of a journal: all of them, or those up to a time and, among those of
    /// that time, up to an entry. Returns how many there were.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn initialize_journal(
        &self,
        journal: ObjectName<'_>,
        limiting_time: Option<BinaryTime>,
        limiting_entry: Option<&[u8]>,
    ) -> Result<u32, ClientError> {
        const SERVICE: Service = Service::InitializeJournal;
        let request = InitializeJournalRequest {
            journal,
            limiting_time,
            limiting_entry,
        };
        let request = encode(|w| request.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::InitializeJournal(journal) => Ok(journal.deleted),
            _ => wrong(SERVICE),
        })
        .await
    }

    /// Asks how full a journal is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn report_journal_status(
        &self,
        journal: ObjectName<'_>,
    ) -> Result<JournalStatusResponse, ClientError> {
        const SERVICE: Service = Service::ReportJournalStatus;
        let request = encode(|w| JournalStatusRequest { journal }.encode(w));
        self.exchange(SERVICE, request, |response| match response {
            ResponseService::ReportJournalStatus(status) => Ok(status),
            _ => wrong(SERVICE),
        })
        .await
    }
}
