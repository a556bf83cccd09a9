//! Small readers that several productions share.

use super::PduError;
use crate::RejectReason;
use crate::ber::{BerError, Reader, Tag, Tlv, integer};
use crate::name::identifier;
use std::borrow::Cow;

/// An Unsigned32, read leniently: peers that leave out the leading zero octet mean the same
/// number (libiec61850 reads invoke ids this way).
pub(super) fn lenient_u32(content: &[u8]) -> Result<u32, BerError> {
    let octets = match content {
        [] => return Err(BerError::IntegerRange),
        [0, rest @ ..] if rest.len() == 4 => rest,
        octets if octets.len() <= 4 => octets,
        _ => return Err(BerError::IntegerRange),
    };
    Ok(octets
        .iter()
        .fold(0, |value, octet| value << 8 | u32::from(*octet)))
}

/// An INTEGER restricted to 32 bits with sign.
pub(super) fn integer32(content: &[u8]) -> Result<i32, BerError> {
    i32::try_from(integer(content)?).map_err(|_| BerError::IntegerRange)
}

/// Passes over what later editions added behind the fields this decoder knows.
///
/// `known` is the first context tag number the production does not define: a lower one here is a
/// known field out of order or sent twice, and is refused rather than ignored.
pub(super) fn skip_extensions(reader: &mut Reader<'_>, known: u32) -> Result<(), BerError> {
    while let Some(tlv) = reader.take()? {
        if !tlv.tag.is_context() || tlv.tag.number() < known {
            return Err(BerError::TrailingOctets);
        }
    }
    Ok(())
}

/// A character string that is UTF-8 where it can be, and Latin-1 otherwise, as older devices
/// send it.
pub(super) fn lenient_text(content: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(content) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => content.iter().map(|octet| char::from(*octet)).collect(),
    }
}

/// An optional Identifier under context tag `number`: implicit as the standard has it, or as a
/// VisibleString inside an explicit tag, which some encoders write.
pub(super) fn optional_identifier<'a>(
    reader: &mut Reader<'a>,
    number: u8,
) -> Result<Option<&'a str>, BerError> {
    if let Some(content) = reader.optional(Tag::context(number))? {
        return identifier(content).map(Some);
    }
    match reader.optional(Tag::context_constructed(number))? {
        None => Ok(None),
        Some(content) => {
            let mut inner = Reader::new(content);
            let name = identifier(inner.expect(Tag::VISIBLE_STRING)?)?;
            inner.finish()?;
            Ok(Some(name))
        }
    }
}

/// The one element inside an explicit tag.
pub(super) fn explicit(content: &[u8]) -> Result<Tlv<'_>, BerError> {
    let mut reader = Reader::new(content);
    let tlv = reader.any()?;
    reader.finish()?;
    Ok(tlv)
}

/// A primitive context tag for a number that comes from a public field; 127 is the highest the
/// tag type takes, far above any the standard defines.
pub(super) fn context(number: u8) -> Tag {
    Tag::context(number.min(127))
}

/// Invoke id and the element behind it. What companion standards add behind the service is
/// passed over; octets that are no element make the PDU invalid, but the invoke id is known.
pub(super) fn split_confirmed(content: &[u8]) -> Result<(u32, Tlv<'_>), PduError> {
    let mut r = Reader::new(content);
    let invoke_id = r
        .expect(Tag::INTEGER)
        .and_then(lenient_u32)
        .map_err(PduError::invalid)?;
    let rest = |r: &mut Reader<'_>| {
        while r.take()?.is_some() {}
        Ok(())
    };
    let service = r.any();
    match service.and_then(|service| rest(&mut r).map(|()| service)) {
        Ok(service) => Ok((invoke_id, service)),
        Err(cause) => Err(PduError::new(
            Some(invoke_id),
            RejectReason::INVALID_PDU,
            cause,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_as_peers_mean_it() {
        for (content, value) in [
            (&[0xffu8][..], 255),
            (&[0, 0xff], 255),
            (&[0xff, 0xff, 0xff, 0xff], u32::MAX),
            (&[0, 0xff, 0xff, 0xff, 0xff], u32::MAX),
            (&[0x7f, 0xff, 0xff, 0xff], 0x7fff_ffff),
        ] {
            assert_eq!(lenient_u32(content), Ok(value));
        }
        for bad in [&[][..], &[1, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 1]] {
            assert_eq!(lenient_u32(bad), Err(BerError::IntegerRange));
        }
    }

    #[test]
    fn identifiers_in_both_forms() {
        for (octets, name) in [
            (&[0x82u8, 1, b'a'][..], Ok(Some("a"))),
            (&[0xa2, 3, 0x1a, 1, b'a'], Ok(Some("a"))),
            (&[0x83, 1, b'a'], Ok(None)),
            (&[], Ok(None)),
            (&[0xa2, 4, 0x1a, 1, b'a', 0], Err(BerError::TrailingOctets)),
            (&[0xa2, 0], Err(BerError::Missing(Tag::VISIBLE_STRING))),
        ] {
            assert_eq!(optional_identifier(&mut Reader::new(octets), 2), name);
        }
    }

    #[test]
    fn extensions_are_told_from_known_fields() {
        assert!(skip_extensions(&mut Reader::new(&[0x85, 0, 0xa6, 0]), 5).is_ok());
        assert!(skip_extensions(&mut Reader::new(&[0x84, 0]), 5).is_err());
        assert!(skip_extensions(&mut Reader::new(&[0x02, 1, 0]), 0).is_err());
    }
}
