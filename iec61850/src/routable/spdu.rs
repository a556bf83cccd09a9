//! The octets of a datagram: connectionless transport, session header, messages, signature.

use crate::link::FrameError;

/// The UDP port of routable GOOSE and sampled values.
pub const PORT: u16 = 102;
/// The longest content of a UDP datagram over IPv4, in octets.
pub(super) const MAX_DATAGRAM: usize = 65_507;

/// The connectionless transport of ISO 8602: unit data without parameters.
const TRANSPORT: [u8; 2] = [0x01, 0x40];
const COMMON_HEADER: u8 = 0x80;
/// The tag of the signature.
const SIGNATURE: u8 = 0x85;
/// Octets up to the field SPDU length, and with it: what this field does not count.
const NOT_COUNTED: usize = 10;
/// Octets of tag, simulation, APPID and length before a message.
const PAYLOAD_HEADER: usize = 6;

/// What a datagram is for, by its session identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpduKind {
    /// Ethernet frames in a tunnel (A0h).
    Tunnelled,
    /// GOOSE (A1h).
    Goose,
    /// Sampled values (A2h).
    SampledValues,
    /// Management (A3h).
    Management,
}

impl SpduKind {
    const ALL: [(u8, SpduKind); 4] = [
        (0xa0, SpduKind::Tunnelled),
        (0xa1, SpduKind::Goose),
        (0xa2, SpduKind::SampledValues),
        (0xa3, SpduKind::Management),
    ];

    fn of(octet: u8) -> Option<Self> {
        let known = Self::ALL.into_iter().find(|known| known.0 == octet);
        known.map(|known| known.1)
    }

    fn octet(self) -> u8 {
        let known = Self::ALL.into_iter().find(|known| known.1 == self);
        known.map_or(0, |known| known.0)
    }
}

/// The security information of a session header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SecurityHeader<'a> {
    /// Since when the key is used: seconds since 1970.
    pub time_of_current_key: u32,
    /// Minutes until the next key is used; less than 0: no next one is known.
    pub time_to_next_key: i16,
    /// In version 1, the numbers of the algorithms of encryption and signature. In version 2 they
    /// belong to the key.
    pub algorithms: Option<(u8, u8)>,
    /// The key; 0 is none.
    pub key_id: u32,
    /// In version 2, the initialization vector of AES-GCM and AES-GMAC.
    pub iv: &'a [u8],
}

/// A datagram. It borrows from the octets it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spdu<'a> {
    /// What it is for.
    pub kind: SpduKind,
    /// Number of the SPDU.
    pub number: u32,
    /// Version of the protocol, 1 or 2.
    pub version: u16,
    /// Keys and algorithms.
    pub security: SecurityHeader<'a>,
    /// What stands before the user data. An encryption vouches for it.
    pub head: &'a [u8],
    /// The messages, as they are in the datagram: perhaps encrypted.
    pub user_data: &'a [u8],
    /// The signature, or the tag of an encryption; empty without one.
    pub signature: &'a [u8],
    /// What a signature is made of: all that stands before it.
    pub signed: &'a [u8],
}

/// The messages of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payloads<'a> {
    content: &'a [u8],
}

/// A message of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// 81h is GOOSE, 82h sampled values.
    pub tag: u8,
    /// Whether the sender is simulated.
    pub simulation: bool,
    /// APPID.
    pub app_id: u16,
    /// The message, for [`GoosePdu::decode`](crate::goose::GoosePdu::decode) and
    /// [`Asdus::decode`](crate::sv::Asdus::decode).
    pub apdu: &'a [u8],
}

impl<'a> Payload<'a> {
    /// The tag of a GOOSE message.
    pub const GOOSE: u8 = 0x81;
    /// The tag of a message of sampled values.
    pub const SAMPLED_VALUES: u8 = 0x82;

    fn split(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let ([tag, simulation, a, b, c, d], rest) = octets.split_first_chunk()?;
        let mut length = usize::from(u16::from_be_bytes([*c, *d]));
        // libiec61850 counts the two octets of the field, and sends one message in a datagram.
        if length == rest.len() + 2 {
            length = rest.len();
        }
        let (apdu, rest) = rest.split_at_checked(length)?;
        let payload = Payload {
            tag: *tag,
            simulation: *simulation != 0,
            app_id: u16::from_be_bytes([*a, *b]),
            apdu,
        };
        Some((payload, rest))
    }

    /// Appends the message.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        // A datagram has no room for more.
        let length = u16::try_from(self.apdu.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&[self.tag, u8::from(self.simulation)]);
        out.extend_from_slice(&self.app_id.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(self.apdu);
    }

    /// Octets it takes in a datagram.
    pub(super) fn length(&self) -> usize {
        PAYLOAD_HEADER + self.apdu.len()
    }
}

impl<'a> Payloads<'a> {
    /// Reads user data, which must not be encrypted.
    ///
    /// # Errors
    /// [`FrameError::BadLength`] if the length of a message does not fit.
    pub fn decode(user_data: &'a [u8]) -> Result<Self, FrameError> {
        let mut unread = user_data;
        while !unread.is_empty() {
            let (_, rest) = Payload::split(unread).ok_or(FrameError::BadLength {
                stated: user_data.len(),
                found: unread.len(),
            })?;
            unread = rest;
        }
        Ok(Payloads { content: user_data })
    }

    /// The messages one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Payload<'a>> + use<'a> {
        let mut rest = self.content;
        std::iter::from_fn(move || {
            let (payload, tail) = Payload::split(rest)?;
            rest = tail;
            Some(payload)
        })
    }
}

/// Takes `N` octets from the front.
fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (octets, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(octets)
}

impl<'a> Spdu<'a> {
    /// Reads a datagram. Nothing is decrypted, and no signature is checked.
    ///
    /// The two length octets of the session header are not looked at, since senders do not agree
    /// what they count; what the header has is given by the version.
    ///
    /// # Errors
    /// [`FrameError::TooShort`] if it ends early or does not begin as a datagram of this protocol
    /// does; [`FrameError::Version`] if it is none of the known versions; [`FrameError::BadLength`]
    /// if a length does not fit.
    pub fn decode(datagram: &'a [u8]) -> Result<Self, FrameError> {
        let short = FrameError::TooShort {
            length: datagram.len(),
        };
        let mut rest = datagram.strip_prefix(&TRANSPORT).ok_or(short)?;
        let [kind, _, parameter, _] = *take(&mut rest).ok_or(short)?;
        let kind = SpduKind::of(kind).filter(|_| parameter == COMMON_HEADER);
        let kind = kind.ok_or(short)?;
        let stated = u32::from_be_bytes(*take(&mut rest).ok_or(short)?) as usize;
        let number = u32::from_be_bytes(*take(&mut rest).ok_or(short)?);
        let version = u16::from_be_bytes(*take(&mut rest).ok_or(short)?);
        let mut security = SecurityHeader {
            time_of_current_key: u32::from_be_bytes(*take(&mut rest).ok_or(short)?),
            time_to_next_key: i16::from_be_bytes(*take(&mut rest).ok_or(short)?),
            ..SecurityHeader::default()
        };
        if version == 1 {
            let [encryption, signature] = *take(&mut rest).ok_or(short)?;
            security.algorithms = Some((encryption, signature));
        }
        security.key_id = u32::from_be_bytes(*take(&mut rest).ok_or(short)?);
        match version {
            1 => {}
            2 => {
                let [length] = *take(&mut rest).ok_or(short)?;
                (security.iv, rest) = rest.split_at_checked(length.into()).ok_or(short)?;
            }
            found => return Err(FrameError::Version { found }),
        }
        let length = u32::from_be_bytes(*take(&mut rest).ok_or(short)?) as usize;
        let bad = |stated| FrameError::BadLength {
            stated,
            found: rest.len(),
        };
        let (user_data, behind) = rest.split_at_checked(length).ok_or(bad(length))?;
        let end = datagram.len() - behind.len();
        let signature = signature(behind).ok_or(bad(length))?;
        // It counts what is behind it; with the signature or without, and libiec61850 leaves out the
        // initialization vector, too.
        let all = datagram.len() - NOT_COUNTED;
        let unsigned = all - behind.len();
        if ![all, unsigned, unsigned - 1 - security.iv.len()].contains(&stated) {
            return Err(FrameError::BadLength { stated, found: all });
        }
        let (signed, _) = datagram.split_at_checked(end).ok_or(short)?;
        let (head, _) = signed.split_at_checked(end - length).ok_or(short)?;
        Ok(Spdu {
            kind,
            number,
            version,
            security,
            head,
            user_data,
            signature,
            signed,
        })
    }

    /// The messages, if they are not encrypted.
    ///
    /// # Errors
    /// [`FrameError::BadLength`]
    pub fn payloads(&self) -> Result<Payloads<'a>, FrameError> {
        Payloads::decode(self.user_data)
    }
}

/// The signature, of what stands behind the user data. `None`: something else.
fn signature(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [] => Some(&[]),
        // libiec61850 writes 16 for the 32 octets of HMAC-SHA256-256, too.
        [SIGNATURE, length, value @ ..]
            if usize::from(*length) == value.len() || (*length, value.len()) == (16, 32) =>
        {
            Some(value)
        }
        _ => None,
    }
}

/// What the head of a datagram says.
pub(super) struct Head<'a> {
    pub(super) kind: SpduKind,
    pub(super) number: u32,
    pub(super) security: SecurityHeader<'a>,
    /// Octets of the user data.
    pub(super) length: usize,
    /// Octets of the signature, without its tag.
    pub(super) signature: usize,
    /// 1 or 2. There is no security in version 1.
    pub(super) version: u16,
}

impl Head<'_> {
    /// Octets of the whole datagram.
    pub(super) fn datagram(&self) -> usize {
        let signature = match self.signature {
            0 => 0,
            length => length + 2,
        };
        // The header has the field SPDU length, which is not counted; the length of the user data is as long.
        NOT_COUNTED + self.header() + self.length + signature
    }

    /// Octets of SPDU length, SPDU number, version, times and key, and of the algorithms in version 1
    /// or the initialization vector in version 2.
    fn header(&self) -> usize {
        match self.version {
            1 => 22,
            _ => 21 + self.security.iv.len(),
        }
    }

    /// Writes the head in the place of what `out` holds.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let security = &self.security;
        let word = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        let header = self.header();
        out.clear();
        out.extend_from_slice(&TRANSPORT);
        out.extend_from_slice(&[self.kind.octet(), header as u8 + 2]);
        out.extend_from_slice(&[COMMON_HEADER, header as u8]);
        out.extend_from_slice(&word(self.datagram() - NOT_COUNTED));
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&security.time_of_current_key.to_be_bytes());
        out.extend_from_slice(&security.time_to_next_key.to_be_bytes());
        if self.version == 1 {
            out.extend_from_slice(&[0, 0]);
        }
        out.extend_from_slice(&security.key_id.to_be_bytes());
        if self.version != 1 {
            out.push(security.iv.len() as u8);
            out.extend_from_slice(security.iv);
        }
        out.extend_from_slice(&word(self.length));
    }
}

/// Appends a signature.
pub(super) fn encode_signature(out: &mut Vec<u8>, value: &[u8]) {
    out.extend_from_slice(&[SIGNATURE, value.len() as u8]);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOSE: Payload<'static> = Payload {
        tag: Payload::GOOSE,
        simulation: false,
        app_id: 0x1234,
        apdu: &[0x61, 0],
    };

    /// A datagram with two messages and a signature.
    fn datagram(iv: &[u8], signature: &[u8]) -> Vec<u8> {
        let mut user_data = vec![];
        GOOSE.encode(&mut user_data);
        let simulated = Payload {
            simulation: true,
            apdu: &[9],
            ..GOOSE
        };
        simulated.encode(&mut user_data);
        let head = Head {
            kind: SpduKind::Goose,
            number: 9,
            security: SecurityHeader {
                key_id: 7,
                time_to_next_key: -1,
                iv,
                ..SecurityHeader::default()
            },
            length: user_data.len(),
            signature: signature.len(),
            version: 2,
        };
        let mut out = vec![1; 3];
        head.encode(&mut out);
        out.extend(user_data);
        if !signature.is_empty() {
            encode_signature(&mut out, signature);
        }
        assert_eq!(out.len(), head.datagram());
        out
    }

    #[test]
    fn messages_and_signature() {
        let octets = datagram(&[5; 12], &[7, 7]);
        let spdu = Spdu::decode(&octets).unwrap();
        let found = (spdu.kind, spdu.number, spdu.version, spdu.security.key_id);
        assert_eq!(found, (SpduKind::Goose, 9, 2, 7));
        assert_eq!(
            (spdu.security.iv, spdu.signature),
            (&[5; 12][..], &[7, 7][..])
        );
        assert_eq!(spdu.security.time_to_next_key, -1);
        assert_eq!(spdu.signed, &octets[..octets.len() - 4]);
        assert_eq!([spdu.head, spdu.user_data].concat(), spdu.signed);
        let payloads: Vec<_> = spdu.payloads().unwrap().iter().collect();
        assert_eq!(payloads[0], GOOSE);
        assert_eq!((payloads[1].simulation, payloads[1].apdu), (true, &[9][..]));
        assert_eq!(payloads.len(), 2);
        for cut in 0..octets.len() {
            assert!(Spdu::decode(&octets[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn versions() {
        let mut octets = datagram(&[], &[]);
        octets[15] = 3;
        let found = FrameError::Version { found: 3 };
        assert_eq!(Spdu::decode(&octets), Err(found));
        // Version 1 has the algorithms before the key, and no initialization vector.
        octets[15] = 1;
        octets.splice(22..22, [2, 3]);
        octets.remove(28);
        octets[9] += 1;
        let spdu = Spdu::decode(&octets).unwrap();
        assert_eq!((spdu.version, spdu.security.algorithms), (1, Some((2, 3))));
        assert_eq!(spdu.security.key_id, 7);
        assert_eq!(spdu.payloads().unwrap().iter().count(), 2);
    }

    #[test]
    fn lengths_have_to_fit() {
        let good = datagram(&[], &[7; 10]);
        for (at, what) in [(9, "SPDU length"), (30, "user data"), (47, "signature")] {
            for change in [3, 0x40] {
                let mut bad = good.clone();
                bad[at] ^= change;
                assert!(Spdu::decode(&bad).is_err(), "{what} {:#x}", good[at]);
            }
        }
        let mut bad = good.clone();
        bad[36] ^= 1;
        assert!(Spdu::decode(&bad).unwrap().payloads().is_err());
    }

    proptest! {
        #[test]
        fn damage_is_no_panic(changes: Vec<(u8, u8)>) {
            let mut octets = datagram(&[1; 12], &[2; 16]);
            for (at, octet) in changes {
                let at = usize::from(at) % octets.len();
                octets[at] = octet;
            }
            if let Ok(spdu) = Spdu::decode(&octets) {
                prop_assert!(spdu.signed.len() + spdu.signature.len() <= octets.len());
                if let Ok(payloads) = spdu.payloads() {
                    prop_assert!(payloads.iter().count() <= octets.len());
                }
            }
        }
    }
}
