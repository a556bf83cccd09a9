//! Opening an association: ISO 9506-2 `Initiate-RequestPDU` and `Initiate-ResponsePDU`, which
//! have the same fields.

use super::support::{ParameterSupport, ServiceSupport};
use super::wire::{lenient_u32, skip_extensions};
use crate::BitString;
use crate::ber::{BerError, Reader, Tag, Writer, bit_string_content, unsigned};

pub(super) const INITIATE_REQUEST: Tag = Tag::context_constructed(8);
pub(super) const INITIATE_RESPONSE: Tag = Tag::context_constructed(9);

const LOCAL_DETAIL: Tag = Tag::context(0);
const OUTSTANDING_CALLING: Tag = Tag::context(1);
const OUTSTANDING_CALLED: Tag = Tag::context(2);
const NESTING_LEVEL: Tag = Tag::context(3);
const INIT_DETAIL: Tag = Tag::context_constructed(4);
const VERSION: Tag = Tag::context(0);
const PARAMETERS: Tag = Tag::context(1);
const SERVICES: Tag = Tag::context(2);

/// More bits than this are no option list of any edition.
const MAX_OPTION_BITS: usize = 1024;

/// What one side offers (request) or grants (response).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiate {
    /// The largest PDU the sender wants to handle, in octets (localDetail).
    pub local_detail: Option<u32>,
    /// Requests of the calling side that may be outstanding.
    pub max_outstanding_calling: u16,
    /// Requests of the called side that may be outstanding.
    pub max_outstanding_called: u16,
    /// Nesting of data structures.
    pub nesting_level: Option<u8>,
    /// Version of MMS; 1 is the only one in use.
    pub version: u16,
    /// Parameter building blocks.
    pub parameters: ParameterSupport,
    /// Services the sender can serve.
    pub services: ServiceSupport,
}

impl Initiate {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let local_detail = r.optional(LOCAL_DETAIL)?.map(lenient_u32).transpose()?;
        let max_outstanding_calling = small(r.expect(OUTSTANDING_CALLING)?)?;
        let max_outstanding_called = small(r.expect(OUTSTANDING_CALLED)?)?;
        let nesting_level = r.optional(NESTING_LEVEL)?.map(small).transpose()?;
        let mut detail = r.expect_nested(INIT_DETAIL)?;
        skip_extensions(&mut r, 5)?;
        let version = small(detail.expect(VERSION)?)?;
        let parameters = ParameterSupport(options(detail.expect(PARAMETERS)?)?);
        let services = ServiceSupport(options(detail.expect(SERVICES)?)?);
        skip_extensions(&mut detail, 3)?;
        Ok(Initiate {
            local_detail,
            max_outstanding_calling,
            max_outstanding_called,
            nesting_level,
            version,
            parameters,
            services,
        })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>, tag: Tag) {
        w.constructed(tag, |w| {
            if let Some(size) = self.local_detail {
                w.unsigned(LOCAL_DETAIL, size.into());
            }
            w.unsigned(OUTSTANDING_CALLING, self.max_outstanding_calling.into());
            w.unsigned(OUTSTANDING_CALLED, self.max_outstanding_called.into());
            if let Some(level) = self.nesting_level {
                w.unsigned(NESTING_LEVEL, level.into());
            }
            w.constructed(INIT_DETAIL, |w| {
                w.unsigned(VERSION, self.version.into());
                let ParameterSupport(bits) = &self.parameters;
                w.bit_string(PARAMETERS, bits.octets(), bits.len());
                let ServiceSupport(bits) = &self.services;
                w.bit_string(SERVICES, bits.octets(), bits.len());
            });
        });
    }
}

fn small<T: TryFrom<u64>>(content: &[u8]) -> Result<T, BerError> {
    unsigned(content)?
        .try_into()
        .map_err(|_| BerError::IntegerRange)
}

fn options(content: &[u8]) -> Result<BitString, BerError> {
    let (octets, bits) = bit_string_content(content)?;
    if bits > MAX_OPTION_BITS {
        return Err(BerError::BadBitString);
    }
    Ok(BitString::from_octets(octets, bits))
}
