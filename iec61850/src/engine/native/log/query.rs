//! QueryLogByTime and QueryLogAfter (IEC 61850-8-1 clause 17): ReadJournal.

use super::super::session::NativeSession;
use crate::server::log::{EntryId, LogEntry, LogQuery, LogStorage, LogStorageError};
use chrono::{DateTime, Utc};
use mms::association::{Answered, Reply};
use mms::ber::Writer;
use mms::pdu::{
    JournalStart, JournalStop, ReadJournalRequest, ReadJournalWriter, write_journal_entry,
    write_journal_variable,
};
use mms::{BinaryTime, BitString, MmsValue, RejectReason, ServiceError};
use std::collections::HashSet;

/// The variable beside each member that says why it was logged.
const REASON: &str = "ReasonCode";

impl NativeSession {
    pub(in crate::engine::native) fn read_journal(
        &self,
        request: &ReadJournalRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let logs = &self.shared.logs;
        if !self.shared.config.log_service_enabled() {
            return reply.reject(RejectReason::UNRECOGNIZED_SERVICE);
        }
        let Some(journal) = logs.journal(request.journal) else {
            return reply.error(ServiceError::OBJECT_NON_EXISTENT);
        };
        if let Err(error) = self.may_query_log(request.journal) {
            return reply.error(error);
        }
        reply.try_respond(|w| {
            let result = journal.query(|storage| {
                let (query, most) = match resolve(request, storage)? {
                    Ok(resolved) => resolved,
                    Err(error) => return Ok(Err(error)),
                };
                read(request, storage, &query, most, w).map(Ok)
            });
            match result {
                Some(Ok(result)) => result.and_then(|page| page.checked()),
                Some(Err(_)) => Err(ServiceError::MASS_STORAGE_UNAVAILABLE),
                None => Err(ServiceError::OBJECT_NON_EXISTENT),
            }
        })
    }
}

/// What went into an answer.
struct Page {
    written: usize,
    more_follows: bool,
}

impl Page {
    /// An answer without any entry must not say that more follow: the client would ask forever.
    fn checked(self) -> Result<(), ServiceError> {
        match self.more_follows && self.written == 0 {
            true => Err(ServiceError::PDU_SIZE),
            false => Ok(()),
        }
    }
}

/// Writes entries until one does not fit any more.
fn read(
    request: &ReadJournalRequest<'_>,
    storage: &mut dyn LogStorage,
    query: &LogQuery,
    most: usize,
    w: &mut Writer<'_>,
) -> Result<Page, LogStorageError> {
    // Looked up, because a request has room for thousands.
    let tags = request.variables.map(|tags| tags.iter().collect());
    let mut response = ReadJournalWriter::begin(w);
    let mut page = Page {
        written: 0,
        more_follows: false,
    };
    if most > 0 {
        storage.query(query, &mut |entry| {
            let fits = response.push(w, |w| write_entry(w, entry, tags.as_ref()));
            page.written += usize::from(fits);
            page.more_follows = !fits;
            fits && page.written < most
        })?;
    }
    response.end(w, page.more_follows);
    Ok(page)
}

fn write_entry(w: &mut Writer<'_>, entry: &LogEntry, tags: Option<&HashSet<&str>>) {
    let wanted = |tag: &str| tags.is_none_or(|tags| tags.contains(tag));
    let with_reasons = wanted(REASON);
    let time = BinaryTime::from(entry.time);
    write_journal_entry(w, &entry.id.to_octets(), time, |w| {
        for data in &entry.data {
            if wanted(&data.reference) {
                write_journal_variable(w, &data.reference, |w| data.value.encode(w));
            }
            if let Some(reason) = data.reason.filter(|_| with_reasons) {
                // As the reasons of a report, with one bit more (IEC 61850-8-1).
                let bits = BitString::from_integer(7, u32::from(reason.bits() & 0x1f) << 1);
                write_journal_variable(w, REASON, |w| MmsValue::BitString(bits).encode(w));
            }
        }
    });
}

type Resolved = Result<(LogQuery, usize), ServiceError>;

/// The entries a request means, and how many of them at most.
fn resolve(
    request: &ReadJournalRequest<'_>,
    storage: &mut dyn LogStorage,
) -> Result<Resolved, LogStorageError> {
    let mut query = LogQuery::all();
    let mut most = usize::MAX;
    if let Some(JournalStop::Count(count)) = request.stop {
        query.newest_first = count < 0;
        most = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    }
    let (mut first, mut last) = (EntryId::MIN, EntryId::MAX);
    let (mut earliest, mut latest) = (*query.times.start(), *query.times.end());
    match (request.start_after, request.start) {
        (Some(after), _) => {
            let Some(id) = EntryId::from_octets(after.entry) else {
                return Ok(Err(ServiceError::OBJECT_NON_EXISTENT));
            };
            if contains(storage, id)? {
                match query.newest_first {
                    true => last = EntryId(id.0.saturating_sub(1)),
                    false => first = EntryId(id.0.saturating_add(1)),
                }
            } else {
                // The log has forgotten it, or never had it: what is left is told by the time.
                match query.newest_first {
                    true => latest = date(after.time, true),
                    false => earliest = date(after.time, false),
                }
            }
        }
        (None, Some(JournalStart::Entry(entry))) => {
            let Some(id) = EntryId::from_octets(entry) else {
                return Ok(Err(ServiceError::OBJECT_NON_EXISTENT));
            };
            if !contains(storage, id)? {
                return Ok(Err(ServiceError::OBJECT_NON_EXISTENT));
            }
            match query.newest_first {
                true => last = id,
                false => first = id,
            }
        }
        (None, Some(JournalStart::Time(time))) => match query.newest_first {
            true => latest = date(time, true),
            false => earliest = date(time, false),
        },
        (None, None) => {}
    }
    if let Some(JournalStop::Time(time)) = request.stop {
        latest = date(time, true);
    }
    if first > last || earliest > latest {
        return Ok(Ok((query, 0)));
    }
    query.ids = first..=last;
    query.times = earliest..=latest;
    Ok(Ok((query, most)))
}

fn contains(storage: &mut dyn LogStorage, id: EntryId) -> Result<bool, LogStorageError> {
    let mut found = false;
    let query = LogQuery {
        ids: id..=id,
        ..LogQuery::all()
    };
    storage.query(&query, &mut |_| {
        found = true;
        false
    })?;
    Ok(found)
}

/// A bound of a range of times. The days of the short form are not known; clients that send it
/// mean the day the clock began.
fn date(time: BinaryTime, is_last: bool) -> DateTime<Utc> {
    let time = BinaryTime {
        days: Some(time.days.unwrap_or(0)),
        ..time
    };
    let unlimited = match is_last {
        true => DateTime::<Utc>::MAX_UTC,
        false => DateTime::<Utc>::MIN_UTC,
    };
    // The times of storages may have parts of a millisecond.
    let last_part = chrono::Duration::nanoseconds(if is_last { 999_999 } else { 0 });
    time.time()
        .and_then(|time| time.checked_add_signed(last_part))
        .unwrap_or(unlimited)
}
