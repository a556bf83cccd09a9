//! VMD support: status, unsolicitedStatus, identify and getCapabilityList (ISO 9506-2
//! `Status-Response`, `Identify-Response`, `GetCapabilityList-Request`,
//! `GetCapabilityList-Response`).

use super::list::{List, ListElement, ListWriter};
use super::wire::{lenient_text, skip_extensions};
use crate::BitString;
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, bit_string_content, boolean, integer};
use crate::name::identifier;
use std::borrow::Cow;

pub(super) const STATUS: Tag = Tag::context(0);
pub(super) const STATUS_RESPONSE: Tag = Tag::context_constructed(0);
pub(super) const IDENTIFY: Tag = Tag::context(2);
pub(super) const IDENTIFY_RESPONSE: Tag = Tag::context_constructed(2);
pub(super) const GET_CAPABILITY_LIST: Tag = Tag::context_constructed(71);
/// unsolicitedStatus among the unconfirmed services.
pub(super) const UNSOLICITED_STATUS: Tag = Tag::context_constructed(1);

/// The standard allows 128 bits of local detail.
const MAX_LOCAL_DETAIL_BITS: usize = 128;

/// The state of a VMD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusResponse {
    /// 0 state changes allowed, 1 no state changes allowed, 2 limited services permitted,
    /// 3 support services allowed.
    pub logical: i64,
    /// 0 operational, 1 partially operational, 2 inoperable, 3 needs commissioning.
    pub physical: i64,
    /// Bits with a meaning to the peer alone.
    pub local_detail: Option<BitString>,
}

impl StatusResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let logical = integer(r.expect(Tag::context(0))?)?;
        let physical = integer(r.expect(Tag::context(1))?)?;
        let local_detail = r
            .optional(Tag::context(2))?
            .map(|content| {
                let (octets, bits) = bit_string_content(content)?;
                if bits > MAX_LOCAL_DETAIL_BITS {
                    return Err(BerError::BadBitString);
                }
                Ok(BitString::from_octets(octets, bits))
            })
            .transpose()?;
        skip_extensions(&mut r, 3)?;
        Ok(StatusResponse {
            logical,
            physical,
            local_detail,
        })
    }

    /// Writes the service element of the confirmed response.
    pub fn encode(&self, w: &mut Writer<'_>) {
        self.encode_under(w, STATUS_RESPONSE);
    }

    /// Writes the service element of an unsolicitedStatus.
    pub fn encode_unsolicited(&self, w: &mut Writer<'_>) {
        self.encode_under(w, UNSOLICITED_STATUS);
    }

    fn encode_under(&self, w: &mut Writer<'_>, tag: Tag) {
        w.constructed(tag, |w| {
            w.integer(Tag::context(0), self.logical);
            w.integer(Tag::context(1), self.physical);
            if let Some(detail) = &self.local_detail {
                w.bit_string(Tag::context(2), detail.octets(), detail.len());
            }
        });
    }
}

/// Asks for the state of the VMD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusRequest {
    /// Whether the peer is to find out its state anew (extended derivation).
    pub extended_derivation: bool,
}

impl StatusRequest {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        boolean(content).map(|extended_derivation| StatusRequest {
            extended_derivation,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.boolean(STATUS, self.extended_derivation);
    }
}

/// An object identifier in a list: the content octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbstractSyntax<'a>(
    /// Content octets of the OBJECT IDENTIFIER.
    pub &'a [u8],
);

impl<'a> ListElement<'a> for AbstractSyntax<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag == Tag::OBJECT_IDENTIFIER {
            Ok(AbstractSyntax(tlv.content))
        } else {
            Err(BerError::UnexpectedTag {
                expected: Tag::OBJECT_IDENTIFIER,
                found: tlv.tag,
            })
        }
    }
}

/// Who made the VMD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifyResponse<'a> {
    /// The vendor.
    pub vendor: Cow<'a, str>,
    /// The model.
    pub model: Cow<'a, str>,
    /// The revision of the model.
    pub revision: Cow<'a, str>,
    /// Abstract syntaxes the peer supports, if it lists them.
    pub abstract_syntaxes: Option<List<'a, AbstractSyntax<'a>>>,
}

const ABSTRACT_SYNTAXES: Tag = Tag::context_constructed(3);

impl<'a> IdentifyResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let vendor = lenient_text(r.expect(Tag::context(0))?);
        let model = lenient_text(r.expect(Tag::context(1))?);
        let revision = lenient_text(r.expect(Tag::context(2))?);
        let abstract_syntaxes = r
            .optional(ABSTRACT_SYNTAXES)?
            .map(List::decode)
            .transpose()?;
        skip_extensions(&mut r, 4)?;
        Ok(IdentifyResponse {
            vendor,
            model,
            revision,
            abstract_syntaxes,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(IDENTIFY_RESPONSE, |w| {
            w.text(Tag::context(0), &self.vendor);
            w.text(Tag::context(1), &self.model);
            w.text(Tag::context(2), &self.revision);
            if let Some(list) = &self.abstract_syntaxes {
                list.encode(w, ABSTRACT_SYNTAXES);
            }
        });
    }
}

/// Asks who made the VMD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentifyRequest;

impl IdentifyRequest {
    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.null(IDENTIFY);
    }
}

/// Asks for the capabilities of the VMD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapabilityListRequest<'a> {
    /// The last capability of the response before; `None` asks for the first ones.
    pub continue_after: Option<&'a str>,
}

impl<'a> CapabilityListRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let continue_after = r
            .optional(Tag::VISIBLE_STRING)?
            .map(identifier)
            .transpose()?;
        skip_extensions(&mut r, 0)?;
        Ok(CapabilityListRequest { continue_after })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_CAPABILITY_LIST, |w| {
            if let Some(name) = self.continue_after {
                w.text(Tag::VISIBLE_STRING, name);
            }
        });
    }
}

/// Capabilities of the VMD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapabilityListResponse<'a> {
    /// The capabilities.
    pub capabilities: List<'a, &'a str>,
    /// Whether there are more; they are asked for with the last capability here.
    pub more_follows: bool,
}

const CAPABILITIES: Tag = Tag::context_constructed(0);
const MORE_FOLLOWS: Tag = Tag::context(1);

impl<'a> CapabilityListResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let capabilities = List::decode(r.expect(CAPABILITIES)?)?;
        let more_follows = match r.optional(MORE_FOLLOWS)? {
            Some(content) => boolean(content)?,
            None => true,
        };
        skip_extensions(&mut r, 2)?;
        Ok(CapabilityListResponse {
            capabilities,
            more_follows,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_CAPABILITY_LIST, |w| {
            self.capabilities.encode(w, CAPABILITIES);
            write_more_follows(w, self.more_follows);
        });
    }
}

/// Writes a getCapabilityList response capability by capability until the room is used up.
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct CapabilityListWriter(ListWriter);

impl CapabilityListWriter {
    /// Opens the service element.
    pub fn begin(w: &mut Writer<'_>) -> CapabilityListWriter {
        CapabilityListWriter(ListWriter::begin(
            w,
            [Some(GET_CAPABILITY_LIST), None, Some(CAPABILITIES)],
        ))
    }

    /// Writes one more capability; false if it does not fit any more and was not written.
    pub fn push(&mut self, w: &mut Writer<'_>, capability: &str) -> bool {
        self.0
            .push(w, 3, |w| w.text(Tag::VISIBLE_STRING, capability))
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>, more_follows: bool) {
        self.0.end(w, |w| write_more_follows(w, more_follows));
    }
}

/// True is the default and left out.
fn write_more_follows(w: &mut Writer<'_>, more_follows: bool) {
    if !more_follows {
        w.boolean(MORE_FOLLOWS, false);
    }
}
