//! TPKT: packets on a byte stream (RFC 1006 section 6).

use super::OsiError;

/// Octets of the header.
pub const HEADER: usize = 4;
/// The longest packet, header included.
pub const MAX_PACKET: usize = 0xffff;

/// Splits the first packet off `input`: its payload, and the octets it takes with its header.
/// `None` means that more octets are needed.
///
/// # Errors
/// [`OsiError`] if this is no TPKT header. The stream cannot be followed any further then.
#[inline]
pub fn split(input: &[u8]) -> Result<Option<(&[u8], usize)>, OsiError> {
    let [version, _, high, low, ..] = *input else {
        return match input.first() {
            Some(&version) if version != 3 => Err(OsiError::TpktVersion(version)),
            _ => Ok(None),
        };
    };
    if version != 3 {
        return Err(OsiError::TpktVersion(version));
    }
    let length = u16::from_be_bytes([high, low]);
    // A TPDU has two octets at least.
    if usize::from(length) < HEADER + 2 {
        return Err(OsiError::TpktLength(length));
    }
    Ok(input
        .get(HEADER..usize::from(length))
        .map(|payload| (payload, usize::from(length))))
}

/// The header of a packet with a payload of `length` octets.
pub fn header(length: usize) -> [u8; HEADER] {
    let [high, low] = ((length + HEADER) as u16).to_be_bytes();
    [3, 0, high, low]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_segmentation() {
        let packet = [3, 0, 0, 7, 2, 0xf0, 0x80, 99];
        for cut in 0..7 {
            assert_eq!(split(&packet[..cut]), Ok(None));
        }
        assert_eq!(split(&packet), Ok(Some((&packet[4..7], 7))));
        assert_eq!(header(3), packet[..4]);
    }

    #[test]
    fn refused() {
        assert_eq!(split(&[4]), Err(OsiError::TpktVersion(4)));
        assert_eq!(split(&[3, 0, 0, 3]), Err(OsiError::TpktLength(3)));
    }
}
