//! The session protocol that carries GOOSE and sampled values over UDP (IEC TR 61850-90-5,
//! IEC 61850-8-1 edition 2.1): reading, as far as messages are neither encrypted nor to be checked.

use super::FrameError;

/// The UDP port of routable GOOSE and sampled values.
pub const ROUTABLE_PORT: u16 = 102;

const COMMON_HEADER: u8 = 0x80;
/// Octets of SPDU length, SPDU number and version.
const FIXED: usize = 10;

/// What a datagram is for, by its session identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoutableKind {
    /// Ethernet frames in a tunnel.
    Tunnelled,
    /// GOOSE.
    Goose,
    /// Sampled values.
    SampledValues,
    /// Management.
    Management,
}

/// A datagram. It borrows from the octets it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutableSpdu<'a> {
    /// What it is for.
    pub kind: RoutableKind,
    /// Number of the SPDU.
    pub number: u32,
    /// Version of the protocol.
    pub version: u16,
    /// The security information of the header, as it is: times of keys, algorithms, key. All zeros
    /// means none.
    pub security: &'a [u8],
    /// The messages.
    pub payloads: RoutablePayloads<'a>,
    /// What stands behind the messages: a signature.
    pub signature: &'a [u8],
}

/// The messages of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutablePayloads<'a> {
    content: &'a [u8],
}

/// A message of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoutablePayload<'a> {
    /// 81h is GOOSE, 82h sampled values.
    pub tag: u8,
    /// Whether the sender is simulated.
    pub simulation: bool,
    /// APPID.
    pub app_id: u16,
    /// The message, for [`GoosePdu::decode`](crate::goose::GoosePdu::decode).
    pub apdu: &'a [u8],
}

impl<'a> RoutablePayload<'a> {
    fn split(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let ([tag, simulation, a, b, c, d], rest) = octets.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes([*c, *d]));
        let (apdu, rest) = rest.split_at_checked(length)?;
        let payload = RoutablePayload {
            tag: *tag,
            simulation: *simulation != 0,
            app_id: u16::from_be_bytes([*a, *b]),
            apdu,
        };
        Some((payload, rest))
    }
}

impl<'a> RoutablePayloads<'a> {
    /// The messages one after the other.
    pub fn iter(&self) -> impl Iterator<Item = RoutablePayload<'a>> + use<'a> {
        let mut rest = self.content;
        std::iter::from_fn(move || {
            let (payload, tail) = RoutablePayload::split(rest)?;
            rest = tail;
            Some(payload)
        })
    }
}

impl<'a> RoutableSpdu<'a> {
    /// Reads a datagram. The signature is not checked.
    ///
    /// # Errors
    /// [`FrameError::TooShort`] if it ends early or does not begin as a datagram of this protocol
    /// does; [`FrameError::BadLength`] if a length does not fit.
    pub fn decode(datagram: &'a [u8]) -> Result<Self, FrameError> {
        let short = FrameError::TooShort {
            length: datagram.len(),
        };
        let bad = |stated: usize, rest: &[u8]| FrameError::BadLength {
            stated,
            found: rest.len(),
        };
        // The connectionless transport of ISO 8602: unit data without parameters.
        let rest = datagram.strip_prefix(&[1, 0x40]).ok_or(short)?;
        let ([session, session_length, parameter, length], rest) =
            rest.split_first_chunk().ok_or(short)?;
        let kind = match session {
            0xa0 => RoutableKind::Tunnelled,
            0xa1 => RoutableKind::Goose,
            0xa2 => RoutableKind::SampledValues,
            0xa3 => RoutableKind::Management,
            _ => return Err(short),
        };
        let length = usize::from(*length);
        if *parameter != COMMON_HEADER || usize::from(*session_length) != length + 2 {
            return Err(bad(length, rest));
        }
        let (header, rest) = rest.split_at_checked(length).ok_or(bad(length, rest))?;
        let (fixed, security) = header.split_first_chunk::<FIXED>().ok_or(short)?;
        let [a, b, c, d, e, f, g, h, i, j] = *fixed;
        let stated = u32::from_be_bytes([a, b, c, d]) as usize;
        // It counts what is behind it.
        let found = length - 4 + rest.len();
        if stated != found {
            return Err(FrameError::BadLength { stated, found });
        }
        let (payload_length, rest) = rest.split_first_chunk().ok_or(short)?;
        let payload_length = u32::from_be_bytes(*payload_length) as usize;
        let split = rest.split_at_checked(payload_length);
        let (content, signature) = split.ok_or(bad(payload_length, rest))?;
        let mut unread = content;
        while !unread.is_empty() {
            let (_, tail) = RoutablePayload::split(unread).ok_or(bad(payload_length, unread))?;
            unread = tail;
        }
        Ok(RoutableSpdu {
            kind,
            number: u32::from_be_bytes([e, f, g, h]),
            version: u16::from_be_bytes([i, j]),
            security,
            payloads: RoutablePayloads { content },
            signature,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A datagram with two messages and a signature.
    fn datagram() -> Vec<u8> {
        let payload = [0x81, 0, 0x12, 0x34, 0, 2, 0x61, 0, 0x81, 1, 0, 5, 0, 1, 9];
        let security = [0; 11];
        let signature = [0x85, 2, 7, 7];
        let behind = 4 + 2 + security.len() + 4 + payload.len() + signature.len();
        let mut out = vec![1, 0x40, 0xa1, 23, 0x80, 21];
        out.extend((behind as u32).to_be_bytes());
        out.extend([0, 0, 0, 9, 0, 2]);
        out.extend(security);
        out.extend((payload.len() as u32).to_be_bytes());
        out.extend(payload);
        out.extend(signature);
        out
    }

    #[test]
    fn messages_and_signature() {
        let octets = datagram();
        let spdu = RoutableSpdu::decode(&octets).unwrap();
        assert_eq!(
            (spdu.kind, spdu.number, spdu.version),
            (RoutableKind::Goose, 9, 2)
        );
        assert_eq!(
            (spdu.security.len(), spdu.signature),
            (11, &[0x85, 2, 7, 7][..])
        );
        let payloads: Vec<_> = spdu.payloads.iter().collect();
        assert_eq!(
            (payloads[0].app_id, payloads[0].apdu),
            (0x1234, &[0x61, 0][..])
        );
        assert_eq!((payloads[1].simulation, payloads[1].apdu), (true, &[9][..]));
        assert_eq!(payloads.len(), 2);
        for cut in 0..octets.len() {
            assert!(RoutableSpdu::decode(&octets[..cut]).is_err(), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn damage_is_no_panic(changes: Vec<(u8, u8)>) {
            let mut octets = datagram();
            for (at, octet) in changes {
                let at = usize::from(at) % octets.len();
                octets[at] = octet;
            }
            if let Ok(spdu) = RoutableSpdu::decode(&octets) {
                prop_assert!(spdu.payloads.iter().count() <= octets.len());
            }
        }
    }
}
