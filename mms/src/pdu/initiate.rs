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
        let max_outstanding_calling = small(r.expect(OUTSTANDING_CALLING)?, u16::MAX)?;
        let max_outstanding_called = small(r.expect(OUTSTANDING_CALLED)?, u16::MAX)?;
        let nesting_level = r
            .optional(NESTING_LEVEL)?
            .map(|content| small(content, u8::MAX))
            .transpose()?;
        let mut detail = r.expect_nested(INIT_DETAIL)?;
        skip_extensions(&mut r, 5)?;
        let version = small(detail.expect(VERSION)?, u16::MAX)?;
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

/// A number of which peers offer more than the field allows (nesting levels of 2056 are seen):
/// that counts as the largest one.
fn small<T: TryFrom<u64>>(content: &[u8], largest: T) -> Result<T, BerError> {
    Ok(unsigned(content)?.try_into().unwrap_or(largest))
}

fn options(content: &[u8]) -> Result<BitString, BerError> {
    let (octets, bits) = bit_string_content(content)?;
    if bits > MAX_OPTION_BITS {
        return Err(BerError::BadBitString);
    }
    Ok(BitString::from_octets(octets, bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::Pdu;

    /// Parameters and services of libiec61850.
    const DETAIL: [u8; 24] = [
        0xa4, 22, 0x80, 1, 1, 0x81, 3, 5, 0xf1, 0, 0x82, 12, 3, 0xee, 0x1c, 0, 0, 4, 8, 0, 0, 0x79,
        0xef, 0x18,
    ];

    fn decoded(fields: &[u8], detail: &[u8]) -> Result<Initiate, BerError> {
        let mut out = vec![];
        let mut w = Writer::unbounded(&mut out);
        w.constructed(INITIATE_REQUEST, |w| {
            w.raw(fields);
            w.raw(detail);
        });
        match Pdu::decode(&out) {
            Ok(Pdu::InitiateRequest(initiate)) => Ok(initiate),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.cause.unwrap()),
        }
    }

    #[test]
    fn fields_that_may_be_missing_or_odd() {
        let usual = decoded(
            &[0x80, 3, 0, 0xfd, 0xe8, 0x81, 1, 5, 0x82, 1, 5, 0x83, 1, 10],
            &DETAIL,
        )
        .unwrap();
        assert_eq!(
            (usual.local_detail, usual.nesting_level),
            (Some(65_000), Some(10))
        );
        let least = decoded(&[0x81, 1, 5, 0x82, 1, 5], &DETAIL).unwrap();
        assert_eq!((least.local_detail, least.nesting_level), (None, None));
        assert_eq!(
            (&least.parameters, &least.services),
            (&usual.parameters, &usual.services)
        );
        // 65 000 without its leading zero, more nesting than the field can say.
        let odd = decoded(
            &[0x80, 2, 0xfd, 0xe8, 0x81, 1, 5, 0x82, 1, 5, 0x83, 2, 8, 8],
            &DETAIL,
        )
        .unwrap();
        assert_eq!(
            (odd.local_detail, odd.nesting_level),
            (Some(65_000), Some(255))
        );
    }

    #[test]
    fn fields_that_have_to_be_there() {
        assert_eq!(
            decoded(&[0x81, 1, 5, 0x82, 1, 5], &[]),
            Err(BerError::Missing(INIT_DETAIL))
        );
        assert!(decoded(&[0x81, 1, 5], &DETAIL).is_err());
        assert!(decoded(&[0x81, 1, 5, 0x82, 1, 5], &DETAIL[..10]).is_err());
        let empty = [0xa4, 3, 0x80, 1, 1];
        assert_eq!(
            decoded(&[0x81, 1, 5, 0x82, 1, 5], &empty),
            Err(BerError::Missing(PARAMETERS))
        );
    }
}
