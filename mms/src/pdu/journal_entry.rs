//! What is in a journal: ISO 9506-2 `JournalEntry`, `EntryContent`.

use super::journal::{time_of_day, write_time_of_day};
use super::list::{List, ListElement};
use super::wire::{explicit, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, integer, text};
use crate::name::identifier;
use crate::{BinaryTime, DataView, ObjectName};

const IDENTIFIER: Tag = Tag::context(0);
const APPLICATION: Tag = Tag::context_constructed(1);
const CONTENT: Tag = Tag::context_constructed(2);
const TIME: Tag = Tag::context(0);
/// Number of additionalDetail, which stands between the time and the form.
const ADDITIONAL_DETAIL: u32 = 1;
const DATA: Tag = Tag::context_constructed(2);
const ANNOTATION: Tag = Tag::context(3);
const EVENT: Tag = Tag::context_constructed(0);
const VARIABLES: Tag = Tag::context_constructed(1);
const CONDITION: Tag = Tag::context_constructed(0);
const CONDITION_STATE: Tag = Tag::context(1);
const VARIABLE_TAG: Tag = Tag::context(0);
const VALUE: Tag = Tag::context_constructed(1);

/// An ApplicationReference without any field: what IEC 61850 servers send.
const NO_APPLICATION: &[u8] = &[0x30, 0];

/// A variable of a journal entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalVariable<'a> {
    /// Which variable it is.
    pub tag: &'a str,
    /// The value it had.
    pub value: DataView<'a>,
}

impl<'a> ListElement<'a> for JournalVariable<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag != Tag::SEQUENCE {
            return Err(BerError::UnexpectedTag {
                expected: Tag::SEQUENCE,
                found: tlv.tag,
            });
        }
        let mut r = tlv.reader();
        let tag = identifier(r.expect(VARIABLE_TAG)?)?;
        let value = DataView::from_tlv(explicit(r.expect(VALUE)?)?)?;
        skip_extensions(&mut r, 2)?;
        Ok(JournalVariable { tag, value })
    }
}

/// Writes a variable of a journal entry; `value` writes its value.
pub fn write_journal_variable<'w>(
    w: &mut Writer<'w>,
    tag: &str,
    value: impl FnOnce(&mut Writer<'w>),
) {
    w.constructed(Tag::SEQUENCE, |w| {
        w.text(VARIABLE_TAG, tag);
        w.constructed(VALUE, value);
    });
}

/// The event a journal entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalEvent<'a> {
    /// The event condition.
    pub condition: ObjectName<'a>,
    /// Its state: 0 disabled, 1 idle, 2 active.
    pub state: i64,
}

/// What a journal entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryForm<'a> {
    /// An event, values, or both.
    Data {
        /// The event.
        event: Option<JournalEvent<'a>>,
        /// The values.
        variables: Option<List<'a, JournalVariable<'a>>>,
    },
    /// A remark.
    Annotation(&'a str),
}

impl<'a> EntryForm<'a> {
    fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        match tlv.tag {
            ANNOTATION => text(tlv.content).map(EntryForm::Annotation),
            DATA => {
                let mut r = tlv.reader();
                let event = r
                    .optional(EVENT)?
                    .map(|content| {
                        let mut r = Reader::new(content);
                        let condition = ObjectName::from_tlv(explicit(r.expect(CONDITION)?)?)?;
                        let state = integer(r.expect(CONDITION_STATE)?)?;
                        skip_extensions(&mut r, 2)?;
                        Ok::<_, BerError>(JournalEvent { condition, state })
                    })
                    .transpose()?;
                let variables = r.optional(VARIABLES)?.map(List::decode).transpose()?;
                skip_extensions(&mut r, 2)?;
                Ok(EntryForm::Data { event, variables })
            }
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    fn encode(&self, w: &mut Writer<'_>) {
        match self {
            EntryForm::Annotation(text) => w.text(ANNOTATION, text),
            EntryForm::Data { event, variables } => w.constructed(DATA, |w| {
                if let Some(event) = event {
                    w.constructed(EVENT, |w| {
                        w.constructed(CONDITION, |w| event.condition.encode(w));
                        w.integer(CONDITION_STATE, event.state);
                    });
                }
                if let Some(variables) = variables {
                    variables.encode(w, VARIABLES);
                }
            }),
        }
    }
}

/// An entry of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalEntry<'a> {
    /// Identifies the entry in its journal.
    pub identifier: &'a [u8],
    /// The ApplicationReference of who caused it: an encoded element, `30 00` for nobody.
    pub originating_application: &'a [u8],
    /// When it was.
    pub time: BinaryTime,
    /// What was.
    pub form: EntryForm<'a>,
}

impl<'a> JournalEntry<'a> {
    /// An entry without an originating application.
    pub fn new(identifier: &'a [u8], time: BinaryTime, form: EntryForm<'a>) -> Self {
        JournalEntry {
            identifier,
            originating_application: NO_APPLICATION,
            time,
            form,
        }
    }

    /// Writes the entry.
    pub fn encode(&self, w: &mut Writer<'_>) {
        write_entry(
            w,
            self.identifier,
            self.originating_application,
            self.time,
            |w| self.form.encode(w),
        );
    }
}

impl<'a> ListElement<'a> for JournalEntry<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag != Tag::SEQUENCE {
            return Err(BerError::UnexpectedTag {
                expected: Tag::SEQUENCE,
                found: tlv.tag,
            });
        }
        let mut r = tlv.reader();
        let identifier = r.expect(IDENTIFIER)?;
        // Some encoders leave an empty reference out altogether.
        let originating_application = r.optional(APPLICATION)?.unwrap_or(NO_APPLICATION);
        let mut content = r.expect_nested(CONTENT)?;
        skip_extensions(&mut r, 3)?;
        let time = time_of_day(content.expect(TIME)?)?;
        let mut form = content.any()?;
        if form.tag.is_context() && form.tag.number() == ADDITIONAL_DETAIL {
            form = content.any()?;
        }
        let form = EntryForm::from_tlv(form)?;
        skip_extensions(&mut content, 4)?;
        Ok(JournalEntry {
            identifier,
            originating_application,
            time,
            form,
        })
    }
}

/// Writes a journal entry of values without an originating application; `variables` writes them
/// with [`write_journal_variable`].
pub fn write_journal_entry<'w>(
    w: &mut Writer<'w>,
    identifier: &[u8],
    time: BinaryTime,
    variables: impl FnOnce(&mut Writer<'w>),
) {
    write_entry(w, identifier, NO_APPLICATION, time, |w| {
        w.constructed(DATA, |w| w.constructed(VARIABLES, variables));
    });
}

fn write_entry<'w>(
    w: &mut Writer<'w>,
    identifier: &[u8],
    application: &[u8],
    time: BinaryTime,
    form: impl FnOnce(&mut Writer<'w>),
) {
    w.constructed(Tag::SEQUENCE, |w| {
        w.primitive(IDENTIFIER, identifier);
        w.primitive(APPLICATION, application);
        w.constructed(CONTENT, |w| {
            write_time_of_day(w, TIME, time);
            form(w);
        });
    });
}
