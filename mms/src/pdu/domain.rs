//! The getDomainAttributes service (ISO 9506-2 `GetDomainAttributes-Request`,
//! `GetDomainAttributes-Response`).

use super::list::List;
use super::wire::skip_extensions;
use crate::ber::{BerError, Reader, Tag, Writer, boolean, integer};
use crate::name::identifier;

pub(super) const GET_DOMAIN_ATTRIBUTES: Tag = Tag::context(37);
pub(super) const GET_DOMAIN_ATTRIBUTES_RESPONSE: Tag = Tag::context_constructed(37);

const CAPABILITIES: Tag = Tag::context_constructed(0);
const STATE: Tag = Tag::context(1);
const DELETABLE: Tag = Tag::context(2);
const SHARABLE: Tag = Tag::context(3);
const PROGRAM_INVOCATIONS: Tag = Tag::context_constructed(4);
const UPLOADS: Tag = Tag::context(5);

/// Asks for the attributes of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainAttributesRequest<'a> {
    /// The domain.
    pub domain: &'a str,
}

impl<'a> DomainAttributesRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        identifier(content).map(|domain| DomainAttributesRequest { domain })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.text(GET_DOMAIN_ATTRIBUTES, self.domain);
    }
}

/// The attributes of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainAttributesResponse<'a> {
    /// Capabilities the domain uses.
    pub capabilities: List<'a, &'a str>,
    /// 0 non-existent, 1 loading, 2 ready, 3 in use, 4 complete, 5 incomplete, and states of
    /// down- and upload above that.
    pub state: i64,
    /// Whether the domain can be deleted over MMS.
    pub deletable: bool,
    /// Whether several program invocations can use it.
    pub sharable: bool,
    /// Program invocations that use it.
    pub program_invocations: List<'a, &'a str>,
    /// Uploads in progress.
    pub uploads_in_progress: i64,
}

impl DomainAttributesResponse<'_> {
    /// A domain that is in use for good: what a device answers for its logical devices.
    pub fn permanent() -> Self {
        DomainAttributesResponse {
            capabilities: List::default(),
            state: 3,
            deletable: false,
            sharable: false,
            program_invocations: List::default(),
            uploads_in_progress: 0,
        }
    }
}

impl<'a> DomainAttributesResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let response = DomainAttributesResponse {
            capabilities: List::decode(r.expect(CAPABILITIES)?)?,
            state: integer(r.expect(STATE)?)?,
            deletable: boolean(r.expect(DELETABLE)?)?,
            sharable: boolean(r.expect(SHARABLE)?)?,
            program_invocations: List::decode(r.expect(PROGRAM_INVOCATIONS)?)?,
            uploads_in_progress: integer(r.expect(UPLOADS)?)?,
        };
        skip_extensions(&mut r, 6)?;
        Ok(response)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_DOMAIN_ATTRIBUTES_RESPONSE, |w| {
            self.capabilities.encode(w, CAPABILITIES);
            w.integer(STATE, self.state);
            w.boolean(DELETABLE, self.deletable);
            w.boolean(SHARABLE, self.sharable);
            self.program_invocations.encode(w, PROGRAM_INVOCATIONS);
            w.integer(UPLOADS, self.uploads_in_progress);
        });
    }
}
