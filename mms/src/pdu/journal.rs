//! Journals (logs): ISO 9506-2 `ReadJournal`, `InitializeJournal`, `ReportJournalStatus`.

use super::journal_entry::JournalEntry;
use super::list::{List, ListWriter};
use super::wire::{explicit, integer32, lenient_u32, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Writer, boolean};
use crate::{BinaryTime, ObjectName};

pub(super) const READ_JOURNAL: Tag = Tag::context_constructed(65);
pub(super) const INITIALIZE_JOURNAL: Tag = Tag::context_constructed(67);
pub(super) const INITIALIZE_JOURNAL_RESPONSE: Tag = Tag::context(67);
pub(super) const REPORT_JOURNAL_STATUS: Tag = Tag::context_constructed(68);

const JOURNAL_NAME: Tag = Tag::context_constructed(0);
const RANGE_START: Tag = Tag::context_constructed(1);
const RANGE_STOP: Tag = Tag::context_constructed(2);
const VARIABLES: Tag = Tag::context_constructed(4);
const START_AFTER: Tag = Tag::context_constructed(5);
const LIMIT: Tag = Tag::context_constructed(1);
const ENTRIES: Tag = Tag::context_constructed(0);
const MORE_FOLLOWS: Tag = Tag::context(1);
/// The time among the alternatives and fields of ranges and limits.
const TIME: Tag = Tag::context(0);
/// The entry, or number of entries, beside it.
const ENTRY: Tag = Tag::context(1);

pub(super) fn time_of_day(content: &[u8]) -> Result<BinaryTime, BerError> {
    BinaryTime::from_octets(content).ok_or(BerError::BadValueLength)
}

pub(super) fn write_time_of_day(w: &mut Writer<'_>, tag: Tag, time: BinaryTime) {
    let (octets, count) = time.to_octets();
    w.primitive(tag, octets.get(..count).unwrap_or(&octets));
}

/// Where the entries to read begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalStart<'a> {
    /// At this time.
    Time(BinaryTime),
    /// At the entry with this identifier.
    Entry(&'a [u8]),
}

/// Where the entries to read end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalStop {
    /// At this time.
    Time(BinaryTime),
    /// After this many entries; a negative number counts backwards.
    Count(i32),
}

/// The entry behind which reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalPosition<'a> {
    /// Time of the entry.
    pub time: BinaryTime,
    /// Its identifier.
    pub entry: &'a [u8],
}

/// Asks for entries of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadJournalRequest<'a> {
    /// The journal.
    pub journal: ObjectName<'a>,
    /// Where to begin; `None` is the oldest entry.
    pub start: Option<JournalStart<'a>>,
    /// Where to end; `None` is the newest entry.
    pub stop: Option<JournalStop>,
    /// Only variables with these tags, if given.
    pub variables: Option<List<'a, &'a str>>,
    /// Begin behind this entry, if given.
    pub start_after: Option<JournalPosition<'a>>,
}

impl<'a> ReadJournalRequest<'a> {
    /// All entries of a journal.
    pub fn all(journal: ObjectName<'a>) -> Self {
        ReadJournalRequest {
            journal,
            start: None,
            stop: None,
            variables: None,
            start_after: None,
        }
    }

    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let journal = ObjectName::from_tlv(explicit(r.expect(JOURNAL_NAME)?)?)?;
        let start = r
            .optional(RANGE_START)?
            .map(|content| {
                let choice = explicit(content)?;
                match choice.tag {
                    TIME => time_of_day(choice.content).map(JournalStart::Time),
                    ENTRY => Ok(JournalStart::Entry(choice.content)),
                    other => Err(BerError::UnknownChoice(other)),
                }
            })
            .transpose()?;
        let stop = r
            .optional(RANGE_STOP)?
            .map(|content| {
                let choice = explicit(content)?;
                match choice.tag {
                    TIME => time_of_day(choice.content).map(JournalStop::Time),
                    ENTRY => integer32(choice.content).map(JournalStop::Count),
                    other => Err(BerError::UnknownChoice(other)),
                }
            })
            .transpose()?;
        let variables = r.optional(VARIABLES)?.map(List::decode).transpose()?;
        let start_after = r
            .optional(START_AFTER)?
            .map(|content| {
                let mut r = Reader::new(content);
                let time = time_of_day(r.expect(TIME)?)?;
                let entry = r.expect(ENTRY)?;
                skip_extensions(&mut r, 2)?;
                Ok::<_, BerError>(JournalPosition { time, entry })
            })
            .transpose()?;
        skip_extensions(&mut r, 6)?;
        Ok(ReadJournalRequest {
            journal,
            start,
            stop,
            variables,
            start_after,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(READ_JOURNAL, |w| {
            w.constructed(JOURNAL_NAME, |w| self.journal.encode(w));
            if let Some(start) = &self.start {
                w.constructed(RANGE_START, |w| match start {
                    JournalStart::Time(time) => write_time_of_day(w, TIME, *time),
                    JournalStart::Entry(entry) => w.primitive(ENTRY, entry),
                });
            }
            if let Some(stop) = &self.stop {
                w.constructed(RANGE_STOP, |w| match stop {
                    JournalStop::Time(time) => write_time_of_day(w, TIME, *time),
                    JournalStop::Count(count) => w.integer(ENTRY, (*count).into()),
                });
            }
            if let Some(variables) = &self.variables {
                variables.encode(w, VARIABLES);
            }
            if let Some(position) = &self.start_after {
                w.constructed(START_AFTER, |w| {
                    write_time_of_day(w, TIME, position.time);
                    w.primitive(ENTRY, position.entry);
                });
            }
        });
    }
}

/// Entries of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadJournalResponse<'a> {
    /// The entries.
    pub entries: List<'a, JournalEntry<'a>>,
    /// Whether there are more; they are asked for with the last entry here.
    pub more_follows: bool,
}

impl<'a> ReadJournalResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let entries = List::decode(r.expect(ENTRIES)?)?;
        let more_follows = match r.optional(MORE_FOLLOWS)? {
            Some(content) => boolean(content)?,
            None => false,
        };
        skip_extensions(&mut r, 2)?;
        Ok(ReadJournalResponse {
            entries,
            more_follows,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(READ_JOURNAL, |w| {
            self.entries.encode(w, ENTRIES);
            write_more_follows(w, self.more_follows);
        });
    }
}

/// False is the default and left out.
fn write_more_follows(w: &mut Writer<'_>, more_follows: bool) {
    if more_follows {
        w.boolean(MORE_FOLLOWS, true);
    }
}

/// Writes a readJournal response entry by entry until the room of the PDU is used up.
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct ReadJournalWriter(ListWriter);

impl ReadJournalWriter {
    /// Opens the service element.
    pub fn begin(w: &mut Writer<'_>) -> ReadJournalWriter {
        ReadJournalWriter(ListWriter::begin(
            w,
            [Some(READ_JOURNAL), None, Some(ENTRIES)],
        ))
    }

    /// Writes one more entry with `entry` ([`super::write_journal_entry`] or
    /// [`JournalEntry::encode`]); false if it does not fit any more and was not written.
    pub fn push<'w>(&mut self, w: &mut Writer<'w>, entry: impl FnOnce(&mut Writer<'w>)) -> bool {
        self.0.push(w, 3, entry)
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>, more_follows: bool) {
        self.0.end(w, |w| write_more_follows(w, more_follows));
    }
}

/// Empties a journal, wholly or up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitializeJournalRequest<'a> {
    /// The journal.
    pub journal: ObjectName<'a>,
    /// Entries up to this time are deleted; `None` is all.
    pub limiting_time: Option<BinaryTime>,
    /// And, among those of the limiting time, up to this entry. Sent only with a time.
    pub limiting_entry: Option<&'a [u8]>,
}

impl<'a> InitializeJournalRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let journal = ObjectName::from_tlv(explicit(r.expect(JOURNAL_NAME)?)?)?;
        let mut limiting_time = None;
        let mut limiting_entry = None;
        if let Some(content) = r.optional(LIMIT)? {
            let mut r = Reader::new(content);
            limiting_time = Some(time_of_day(r.expect(TIME)?)?);
            limiting_entry = r.optional(ENTRY)?;
            skip_extensions(&mut r, 2)?;
        }
        skip_extensions(&mut r, 2)?;
        Ok(InitializeJournalRequest {
            journal,
            limiting_time,
            limiting_entry,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(INITIALIZE_JOURNAL, |w| {
            w.constructed(JOURNAL_NAME, |w| self.journal.encode(w));
            if let Some(time) = self.limiting_time {
                w.constructed(LIMIT, |w| {
                    write_time_of_day(w, TIME, time);
                    if let Some(entry) = self.limiting_entry {
                        w.primitive(ENTRY, entry);
                    }
                });
            }
        });
    }
}

/// The journal was emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InitializeJournalResponse {
    /// Entries that were deleted.
    pub deleted: u32,
}

impl InitializeJournalResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        lenient_u32(content).map(|deleted| InitializeJournalResponse { deleted })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.unsigned(INITIALIZE_JOURNAL_RESPONSE, self.deleted.into());
    }
}

/// Asks how full a journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalStatusRequest<'a> {
    /// The journal.
    pub journal: ObjectName<'a>,
}

impl<'a> JournalStatusRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        ObjectName::from_tlv(explicit(content)?).map(|journal| JournalStatusRequest { journal })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(REPORT_JOURNAL_STATUS, |w| self.journal.encode(w));
    }
}

/// How full a journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalStatusResponse {
    /// Entries in it.
    pub current_entries: u32,
    /// Whether the journal can be deleted over MMS.
    pub deletable: bool,
}

impl JournalStatusResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let current_entries = lenient_u32(r.expect(Tag::context(0))?)?;
        let deletable = boolean(r.expect(Tag::context(1))?)?;
        skip_extensions(&mut r, 2)?;
        Ok(JournalStatusResponse {
            current_entries,
            deletable,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(REPORT_JOURNAL_STATUS, |w| {
            w.unsigned(Tag::context(0), self.current_entries.into());
            w.boolean(Tag::context(1), self.deletable);
        });
    }
}
