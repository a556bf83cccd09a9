//! Small readers that several productions share.

use crate::ber::{BerError, Reader, Tag, integer};
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
#[allow(dead_code)]
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

/// The one element inside an explicit tag.
pub(super) fn explicit(content: &[u8]) -> Result<crate::ber::Tlv<'_>, BerError> {
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
    fn extensions_are_told_from_known_fields() {
        assert!(skip_extensions(&mut Reader::new(&[0x85, 0, 0xa6, 0]), 5).is_ok());
        assert!(skip_extensions(&mut Reader::new(&[0x84, 0]), 5).is_err());
        assert!(skip_extensions(&mut Reader::new(&[0x02, 1, 0]), 0).is_err());
    }
}
