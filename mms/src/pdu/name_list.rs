//! The getNameList service (ISO 9506-2 `GetNameList-Request`, `GetNameList-Response`).

use super::list::{List, ListWriter};
use super::wire::{explicit, optional_identifier, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, boolean, integer};
use crate::name::identifier;

pub(super) const GET_NAME_LIST: Tag = Tag::context_constructed(1);

const OBJECT_CLASS: Tag = Tag::context_constructed(0);
const OBJECT_SCOPE: Tag = Tag::context_constructed(1);
const CONTINUE_AFTER: u8 = 2;
const BASIC_CLASS: Tag = Tag::context(0);
const CS_CLASS: Tag = Tag::context(1);
const VMD: Tag = Tag::context(0);
const DOMAIN: Tag = Tag::context(1);
const ASSOCIATION: Tag = Tag::context(2);
const LIST_OF_IDENTIFIER: Tag = Tag::context_constructed(0);
const MORE_FOLLOWS: Tag = Tag::context(1);

/// The kind of objects that are listed (ISO 9506-2 `ObjectClass`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObjectClass {
    /// Variables that have a name.
    NamedVariable,
    /// Scattered access objects.
    ScatteredAccess,
    /// Variable lists (data sets) that have a name.
    NamedVariableList,
    /// Types that have a name.
    NamedType,
    /// Semaphores.
    Semaphore,
    /// Event conditions.
    EventCondition,
    /// Event actions.
    EventAction,
    /// Event enrolments.
    EventEnrollment,
    /// Journals (logs).
    Journal,
    /// Domains (logical devices).
    Domain,
    /// Program invocations.
    ProgramInvocation,
    /// Operator stations.
    OperatorStation,
    /// Data exchanges.
    DataExchange,
    /// Access control lists.
    AccessControlList,
    /// Another number of the basic classes, kept as received.
    Basic(i64),
    /// A class of a companion standard: 0 event condition lists, 1 unit controls.
    CompanionStandard(i64),
}

impl ObjectClass {
    const BASIC: [ObjectClass; 14] = [
        ObjectClass::NamedVariable,
        ObjectClass::ScatteredAccess,
        ObjectClass::NamedVariableList,
        ObjectClass::NamedType,
        ObjectClass::Semaphore,
        ObjectClass::EventCondition,
        ObjectClass::EventAction,
        ObjectClass::EventEnrollment,
        ObjectClass::Journal,
        ObjectClass::Domain,
        ObjectClass::ProgramInvocation,
        ObjectClass::OperatorStation,
        ObjectClass::DataExchange,
        ObjectClass::AccessControlList,
    ];

    fn from_tlv(tlv: Tlv<'_>) -> Result<Self, BerError> {
        let code = integer(tlv.content)?;
        match tlv.tag {
            BASIC_CLASS => Ok(usize::try_from(code)
                .ok()
                .and_then(|index| Self::BASIC.get(index).copied())
                .unwrap_or(ObjectClass::Basic(code))),
            CS_CLASS => Ok(ObjectClass::CompanionStandard(code)),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    fn encode(self, w: &mut Writer<'_>) {
        match self {
            ObjectClass::Basic(code) => w.integer(BASIC_CLASS, code),
            ObjectClass::CompanionStandard(code) => w.integer(CS_CLASS, code),
            class => {
                if let Some(code) = Self::BASIC.iter().position(|c| *c == class) {
                    w.unsigned(BASIC_CLASS, code as u64);
                }
            }
        }
    }
}

/// Where the listed objects are (ISO 9506-2 `objectScope`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectScope<'a> {
    /// In the VMD itself.
    Vmd,
    /// In this domain.
    Domain(&'a str),
    /// In the association.
    Association,
}

impl<'a> ObjectScope<'a> {
    fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        match tlv.tag {
            VMD => Ok(ObjectScope::Vmd),
            DOMAIN => identifier(tlv.content).map(ObjectScope::Domain),
            ASSOCIATION => Ok(ObjectScope::Association),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    fn encode(&self, w: &mut Writer<'_>) {
        match self {
            ObjectScope::Vmd => w.null(VMD),
            ObjectScope::Domain(domain) => w.text(DOMAIN, domain),
            ObjectScope::Association => w.null(ASSOCIATION),
        }
    }
}

/// Asks for the names of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameListRequest<'a> {
    /// The kind of objects.
    pub class: ObjectClass,
    /// Where they are.
    pub scope: ObjectScope<'a>,
    /// The last name of the response before; `None` asks for the first names.
    pub continue_after: Option<&'a str>,
}

impl<'a> NameListRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let class = ObjectClass::from_tlv(explicit(r.expect(OBJECT_CLASS)?)?)?;
        let scope = ObjectScope::from_tlv(explicit(r.expect(OBJECT_SCOPE)?)?)?;
        let continue_after = optional_identifier(&mut r, CONTINUE_AFTER)?;
        skip_extensions(&mut r, 3)?;
        Ok(NameListRequest {
            class,
            scope,
            continue_after,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_NAME_LIST, |w| {
            w.constructed(OBJECT_CLASS, |w| self.class.encode(w));
            w.constructed(OBJECT_SCOPE, |w| self.scope.encode(w));
            if let Some(name) = self.continue_after {
                w.text(Tag::context(CONTINUE_AFTER), name);
            }
        });
    }
}

/// Names of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameListResponse<'a> {
    /// The names.
    pub identifiers: List<'a, &'a str>,
    /// Whether there are more; they are asked for with the last name here.
    pub more_follows: bool,
}

impl<'a> NameListResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let identifiers = List::decode(r.expect(LIST_OF_IDENTIFIER)?)?;
        let more_follows = match r.optional(MORE_FOLLOWS)? {
            Some(content) => boolean(content)?,
            None => true,
        };
        skip_extensions(&mut r, 2)?;
        Ok(NameListResponse {
            identifiers,
            more_follows,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_NAME_LIST, |w| {
            self.identifiers.encode(w, LIST_OF_IDENTIFIER);
            write_more_follows(w, self.more_follows);
        });
    }
}

/// True is the default, and libiec61850 leaves it out.
fn write_more_follows(w: &mut Writer<'_>, more_follows: bool) {
    if !more_follows {
        w.boolean(MORE_FOLLOWS, false);
    }
}

/// Octets of a moreFollows that is written.
const MORE_FOLLOWS_LENGTH: usize = 3;

/// Writes a getNameList response name by name until the room of the PDU is used up.
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct NameListWriter {
    list: ListWriter,
    /// Where the last name begins, if there is one.
    last: Option<usize>,
}

impl NameListWriter {
    /// Opens the service element.
    pub fn begin(w: &mut Writer<'_>) -> NameListWriter {
        NameListWriter {
            list: ListWriter::begin(w, [Some(GET_NAME_LIST), None, Some(LIST_OF_IDENTIFIER)]),
            last: None,
        }
    }

    /// Writes one more name; false if it does not fit any more and was not written.
    pub fn push(&mut self, w: &mut Writer<'_>, name: &str) -> bool {
        let before = w.position();
        let fits = self.list.push(w, 0, |w| w.text(Tag::VISIBLE_STRING, name));
        if fits {
            self.last = Some(before);
        }
        fits
    }

    /// Closes the service element and returns whether the response says that more names follow.
    ///
    /// The octets that say "no more" may not fit behind the last name: then that name is left
    /// for the next response.
    pub fn end(self, w: &mut Writer<'_>, more_follows: bool) -> bool {
        let mut more_follows = more_follows;
        if !more_follows
            && !self.list.fits(w, MORE_FOLLOWS_LENGTH)
            && let Some(last) = self.last
        {
            w.truncate(last);
            more_follows = true;
        }
        self.list.end(w, |w| write_more_follows(w, more_follows));
        more_follows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::{ConfirmedResponse, Pdu, ResponseService, write_confirmed_response};

    /// Fills a response with names within `room` octets; gives back what a client reads.
    fn filled(names: &[String], room: usize) -> (Vec<String>, bool, usize) {
        let mut out = vec![];
        let mut w = Writer::new(&mut out, room);
        write_confirmed_response(&mut w, 7, |w| {
            let mut response = NameListWriter::begin(w);
            let written = names.iter().take_while(|n| response.push(w, n)).count();
            response.end(w, written < names.len());
        });
        assert!(!w.overflowed());
        let Ok(Pdu::ConfirmedResponse(ConfirmedResponse {
            service: ResponseService::GetNameList(list),
            ..
        })) = Pdu::decode(&out)
        else {
            panic!("{out:02x?}")
        };
        let read = list.identifiers.iter().map(str::to_owned).collect();
        (read, list.more_follows, out.len())
    }

    #[test]
    fn every_room_is_used_and_never_exceeded() {
        let names: Vec<String> = (0..40).map(|i| format!("GGIO1$ST$Ind{i}$stVal")).collect();
        for room in 40..1000 {
            let mut rest = &names[..];
            let mut read = vec![];
            loop {
                let (some, more, length) = filled(rest, room);
                assert!(length <= room && !some.is_empty());
                rest = &rest[some.len()..];
                read.extend(some);
                assert_eq!(more, !rest.is_empty(), "room {room}");
                if !more {
                    break;
                }
            }
            assert_eq!(read, names);
        }
    }
}
