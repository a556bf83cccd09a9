//! Journals.

use super::session::VmdSession;
use crate::association::{Answered, Reply};
use crate::ber::Writer;
use crate::pdu::{
    InitializeJournalRequest, InitializeJournalResponse, JournalStart, JournalStatusRequest,
    JournalStatusResponse, JournalStop, ReadJournalRequest, ReadJournalWriter, write_journal_entry,
    write_journal_variable,
};
use crate::{BinaryTime, MmsValue, ObjectName, ServiceError};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// A journal of a [`super::Vmd`]. It is called with no lock held, in the task of the association
/// that asks.
pub trait Journal: Send + Sync {
    /// Writes the entries the request means, until one does not fit any more. Returns whether
    /// there are more.
    ///
    /// # Errors
    /// The [`ServiceError`] the client gets.
    fn read(
        &self,
        request: &ReadJournalRequest<'_>,
        entries: &mut JournalEntries<'_, '_>,
    ) -> Result<bool, ServiceError>;

    /// Deletes the entries the request means and returns how many there were.
    ///
    /// # Errors
    /// The [`ServiceError`] the client gets.
    fn initialize(&self, request: &InitializeJournalRequest<'_>) -> Result<u32, ServiceError> {
        let _ = request;
        Err(ServiceError::OBJECT_ACCESS_DENIED)
    }

    /// How full it is.
    fn status(&self) -> JournalStatusResponse;
}

/// Where a [`Journal`] writes its entries to.
#[derive(Debug)]
pub struct JournalEntries<'a, 'w> {
    w: &'a mut Writer<'w>,
    response: ReadJournalWriter,
    written: usize,
}

impl JournalEntries<'_, '_> {
    /// Writes an entry of values, each with its tag. `false`: it does not fit any more, and was
    /// not written.
    pub fn push<'v>(
        &mut self,
        identifier: &[u8],
        time: BinaryTime,
        variables: impl IntoIterator<Item = (&'v str, &'v MmsValue)>,
    ) -> bool {
        let fits = self.response.push(self.w, |w| {
            write_journal_entry(w, identifier, time, |w| {
                for (tag, value) in variables {
                    write_journal_variable(w, tag, |w| value.encode(w));
                }
            });
        });
        self.written += usize::from(fits);
        fits
    }
}

struct Entry {
    number: u64,
    time: BinaryTime,
    variables: Vec<(String, MmsValue)>,
}

/// A journal in memory that forgets its oldest entry when it is full. Entries are identified by
/// eight octets that count up.
pub struct MemoryJournal {
    capacity: usize,
    clearable: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Arc<Entry>>,
    last: u64,
}

impl std::fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryJournal")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl MemoryJournal {
    /// An empty journal for `capacity` entries. `clearable`: clients can delete entries.
    pub fn new(capacity: usize, clearable: bool) -> Self {
        MemoryJournal {
            capacity,
            clearable,
            state: Mutex::default(),
        }
    }

    /// Adds an entry and returns the number that identifies it.
    pub fn push(&self, time: BinaryTime, variables: Vec<(String, MmsValue)>) -> u64 {
        let mut state = self.state.lock();
        state.last += 1;
        let number = state.last;
        while state.entries.len() >= self.capacity.max(1) {
            state.entries.pop_front();
        }
        state.entries.push_back(Arc::new(Entry {
            number,
            time,
            variables,
        }));
        number
    }

    /// The entries a request means, in the order it wants them.
    fn selected(&self, request: &ReadJournalRequest<'_>) -> Result<Vec<Arc<Entry>>, ServiceError> {
        let state = self.state.lock();
        let entries = &state.entries;
        let position = |identifier: &[u8]| {
            let number = u64::from_be_bytes(identifier.try_into().ok()?);
            let at = entries.partition_point(|entry| entry.number < number);
            entries
                .get(at)
                .is_some_and(|e| e.number == number)
                .then_some(at)
        };
        let backwards = matches!(request.stop, Some(JournalStop::Count(count)) if count < 0);
        let unknown = ServiceError::OBJECT_NON_EXISTENT;
        let start = match (&request.start_after, &request.start) {
            (Some(after), _) => {
                let at = position(after.entry).ok_or(unknown)?;
                if backwards { at } else { at + 1 }
            }
            (None, Some(JournalStart::Entry(entry))) => {
                let at = position(entry).ok_or(unknown)?;
                if backwards { at + 1 } else { at }
            }
            (None, Some(JournalStart::Time(time))) if backwards => {
                entries.partition_point(|entry| key(entry.time) <= key(*time))
            }
            (None, Some(JournalStart::Time(time))) => {
                entries.partition_point(|entry| key(entry.time) < key(*time))
            }
            (None, None) if backwards => entries.len(),
            (None, None) => 0,
        };
        let count = match request.stop {
            Some(JournalStop::Count(count)) => {
                usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX)
            }
            _ => usize::MAX,
        };
        if backwards {
            let before = entries.iter().take(start).rev();
            return Ok(before.take(count).cloned().collect());
        }
        Ok(entries
            .iter()
            .skip(start)
            .take_while(|entry| match request.stop {
                Some(JournalStop::Time(stop)) => key(entry.time) <= key(stop),
                _ => true,
            })
            .take(count)
            .cloned()
            .collect())
    }
}

fn key(time: BinaryTime) -> (u16, u32) {
    (time.days.unwrap_or(0), time.ms)
}

impl Journal for MemoryJournal {
    fn read(
        &self,
        request: &ReadJournalRequest<'_>,
        entries: &mut JournalEntries<'_, '_>,
    ) -> Result<bool, ServiceError> {
        for entry in self.selected(request)? {
            let wanted = |tag: &str| match request.variables {
                Some(tags) => tags.iter().any(|wanted| wanted == tag),
                None => true,
            };
            let variables = entry
                .variables
                .iter()
                .filter(|(tag, _)| wanted(tag))
                .map(|(tag, value)| (tag.as_str(), value));
            if !entries.push(&entry.number.to_be_bytes(), entry.time, variables) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn initialize(&self, request: &InitializeJournalRequest<'_>) -> Result<u32, ServiceError> {
        if !self.clearable {
            return Err(ServiceError::OBJECT_ACCESS_DENIED);
        }
        let mut state = self.state.lock();
        let before = state.entries.len();
        let last = request
            .limiting_entry
            .and_then(|entry| Some(u64::from_be_bytes(entry.try_into().ok()?)));
        match request.limiting_time {
            None => state.entries.clear(),
            Some(time) => state.entries.retain(|entry| {
                let later = key(entry.time) > key(time);
                let behind =
                    key(entry.time) == key(time) && last.is_some_and(|last| entry.number > last);
                later || behind
            }),
        }
        Ok(u32::try_from(before - state.entries.len()).unwrap_or(u32::MAX))
    }

    fn status(&self) -> JournalStatusResponse {
        let entries = self.state.lock().entries.len();
        JournalStatusResponse {
            current_entries: u32::try_from(entries).unwrap_or(u32::MAX),
            deletable: false,
        }
    }
}

impl VmdSession {
    fn journal(&self, name: ObjectName<'_>) -> Option<Arc<dyn Journal>> {
        let objects = self.vmd.shared.objects.read();
        objects.scope(&name)?.journals.get(name.item()).cloned()
    }

    pub(super) fn read_journal(
        &self,
        request: &ReadJournalRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let Some(journal) = self.journal(request.journal) else {
            return reply.error(ServiceError::OBJECT_NON_EXISTENT);
        };
        reply.try_respond(|w| {
            let response = ReadJournalWriter::begin(w);
            let mut entries = JournalEntries {
                w,
                response,
                written: 0,
            };
            let more_follows = journal.read(request, &mut entries)?;
            let JournalEntries {
                w,
                response,
                written,
            } = entries;
            if more_follows && written == 0 {
                return Err(ServiceError::PDU_SIZE);
            }
            response.end(w, more_follows);
            Ok(())
        })
    }

    pub(super) fn initialize_journal(
        &self,
        request: &InitializeJournalRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let Some(journal) = self.journal(request.journal) else {
            return reply.error(ServiceError::OBJECT_NON_EXISTENT);
        };
        match journal.initialize(request) {
            Ok(deleted) => reply.respond(|w| InitializeJournalResponse { deleted }.encode(w)),
            Err(error) => reply.error(error),
        }
    }

    pub(super) fn journal_status(
        &self,
        request: &JournalStatusRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        match self.journal(request.journal) {
            Some(journal) => {
                let status = journal.status();
                reply.respond(|w| status.encode(w))
            }
            None => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }
}
