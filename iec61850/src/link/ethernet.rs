//! Ethernet headers, and the eight octets that IEC 61850-8-1 annex C and 9-2 put behind them.

use std::fmt;
use std::str::FromStr;

/// The longest frame with a VLAN tag, without the check sequence, in octets.
pub const MAX_FRAME: usize = 1518;

const VLAN: u16 = 0x8100;

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Whether frames to it go to a group.
    pub fn is_multicast(self) -> bool {
        self.0[0] & 1 != 0
    }
}

impl From<[u8; 6]> for MacAddress {
    fn from(octets: [u8; 6]) -> Self {
        MacAddress(octets)
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MacAddress {
    type Err = crate::Error;

    /// Six hexadecimal numbers with `:` or `-` between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut octets = [0; 6];
        let mut parts = text.split([':', '-']);
        let read = octets.iter_mut().all(|octet| {
            let part = parts.next().filter(|part| matches!(part.len(), 1 | 2));
            match part.and_then(|part| u8::from_str_radix(part, 16).ok()) {
                Some(value) => {
                    *octet = value;
                    true
                }
                None => false,
            }
        });
        if !read || parts.next().is_some() {
            return Err(crate::Error::InvalidName {
                what: "Ethernet address",
                name: text.to_owned(),
                reason: "is not six hexadecimal numbers with : or - between them",
            });
        }
        Ok(MacAddress(octets))
    }
}

/// The EtherTypes of IEC 61850.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EtherType(pub u16);

impl EtherType {
    /// GOOSE.
    pub const GOOSE: EtherType = EtherType(0x88b8);
    /// Sampled values.
    pub const SAMPLED_VALUES: EtherType = EtherType(0x88ba);
}

impl fmt::Debug for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

/// The VLAN tag of a frame (IEEE 802.1Q).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct VlanTag {
    /// Priority, 0 to 7.
    pub priority: u8,
    /// Whether the frame may be dropped first.
    pub drop_eligible: bool,
    /// VLAN identifier, 0 to 4095; 0 is a priority without a VLAN.
    pub id: u16,
}

impl VlanTag {
    /// Of the two octets behind the tag's type.
    pub fn from_tci(tci: u16) -> Self {
        VlanTag {
            priority: (tci >> 13) as u8,
            drop_eligible: tci & 0x1000 != 0,
            id: tci & 0x0fff,
        }
    }

    /// The two octets behind the tag's type.
    pub fn tci(self) -> u16 {
        u16::from(self.priority & 7) << 13 | u16::from(self.drop_eligible) << 12 | self.id & 0x0fff
    }
}

/// What a frame begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EthernetHeader {
    /// Whom the frame is for.
    pub destination: MacAddress,
    /// Who has sent it.
    pub source: MacAddress,
    /// The VLAN tag, if it has one.
    pub vlan: Option<VlanTag>,
    /// What it holds.
    pub ether_type: EtherType,
}

impl EthernetHeader {
    /// Splits a frame into its header and what it holds.
    ///
    /// # Errors
    /// [`FrameError::TooShort`]
    pub fn decode(frame: &[u8]) -> Result<(Self, &[u8]), FrameError> {
        let short = || FrameError::TooShort {
            length: frame.len(),
        };
        let (destination, rest) = frame.split_first_chunk().ok_or_else(short)?;
        let (source, rest) = rest.split_first_chunk().ok_or_else(short)?;
        let (ether_type, mut rest) = split_u16(rest).ok_or_else(short)?;
        let mut header = EthernetHeader {
            destination: MacAddress(*destination),
            source: MacAddress(*source),
            vlan: None,
            ether_type: EtherType(ether_type),
        };
        if ether_type == VLAN {
            let (tci, tail) = split_u16(rest).ok_or_else(short)?;
            let (inner, tail) = split_u16(tail).ok_or_else(short)?;
            header.vlan = Some(VlanTag::from_tci(tci));
            header.ether_type = EtherType(inner);
            rest = tail;
        }
        Ok((header, rest))
    }

    /// Appends the header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.destination.0);
        out.extend_from_slice(&self.source.0);
        if let Some(vlan) = self.vlan {
            out.extend_from_slice(&VLAN.to_be_bytes());
            out.extend_from_slice(&vlan.tci().to_be_bytes());
        }
        out.extend_from_slice(&self.ether_type.0.to_be_bytes());
    }
}

/// The eight octets between the Ethernet header and the APDU of GOOSE and sampled values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ApplicationHeader {
    /// APPID.
    pub app_id: u16,
    /// The field Reserved 1; its first bit says that the sender is simulated.
    pub reserved1: u16,
    /// The field Reserved 2.
    pub reserved2: u16,
}

impl ApplicationHeader {
    /// Length of the header, in octets; the field Length counts it too.
    pub const LENGTH: usize = 8;
    const SIMULATED: u16 = 0x8000;

    /// Whether the sender is simulated (edition 2 and up).
    pub fn is_simulated(&self) -> bool {
        self.reserved1 & Self::SIMULATED != 0
    }

    /// See [`ApplicationHeader::is_simulated`].
    pub fn set_simulated(&mut self, simulated: bool) {
        if simulated {
            self.reserved1 |= Self::SIMULATED;
        } else {
            self.reserved1 &= !Self::SIMULATED;
        }
    }

    /// Splits what a frame holds into the header and the APDU, by the field Length. Octets behind
    /// it fill the frame up, as short ones need it, and are left out.
    ///
    /// # Errors
    /// [`FrameError::TooShort`]; [`FrameError::BadLength`] if the field says more than there is or
    /// less than the header has.
    pub fn decode(payload: &[u8]) -> Result<(Self, &[u8]), FrameError> {
        let short = FrameError::TooShort {
            length: payload.len(),
        };
        let Some(([a, b, c, d, e, f, g, h], rest)) = payload.split_first_chunk() else {
            return Err(short);
        };
        let stated = usize::from(u16::from_be_bytes([*c, *d]));
        let apdu = stated
            .checked_sub(Self::LENGTH)
            .and_then(|length| rest.get(..length));
        let apdu = apdu.ok_or(FrameError::BadLength {
            stated,
            found: payload.len(),
        })?;
        let header = ApplicationHeader {
            app_id: u16::from_be_bytes([*a, *b]),
            reserved1: u16::from_be_bytes([*e, *f]),
            reserved2: u16::from_be_bytes([*g, *h]),
        };
        Ok((header, apdu))
    }

    /// Appends the header for an APDU of this length.
    pub fn encode(&self, out: &mut Vec<u8>, apdu: usize) {
        // A frame is much shorter.
        let length = u16::try_from(apdu + Self::LENGTH).unwrap_or(u16::MAX);
        for field in [self.app_id, length, self.reserved1, self.reserved2] {
            out.extend_from_slice(&field.to_be_bytes());
        }
    }
}

fn split_u16(octets: &[u8]) -> Option<(u16, &[u8])> {
    let (value, rest) = octets.split_first_chunk()?;
    Some((u16::from_be_bytes(*value), rest))
}

/// A frame is none of GOOSE or sampled values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// It ends within a header.
    #[error("ends within a header after {length} octets")]
    TooShort {
        /// Octets there are.
        length: usize,
    },
    /// It holds something else.
    #[error("EtherType {found:?}, expected {expected:?}")]
    OtherType {
        /// What was expected.
        expected: EtherType,
        /// What it is.
        found: EtherType,
    },
    /// It is of a version of the session protocol that is not known.
    #[error("version {found} of the session protocol")]
    Version {
        /// The version.
        found: u16,
    },
    /// The field Length does not fit the frame.
    #[error("the length field says {stated} octets, there are {found}")]
    BadLength {
        /// What the field says.
        stated: usize,
        /// The octets there are.
        found: usize,
    },
    /// The APDU cannot be read.
    #[error("{field}: {error}")]
    Apdu {
        /// What was being read.
        field: &'static str,
        /// What is wrong with it.
        error: mms::ber::BerError,
    },
    /// A number says how many elements there are, and it is wrong.
    #[error("{field} says {stated}, there are {found}")]
    WrongCount {
        /// The field.
        field: &'static str,
        /// What it says.
        stated: u32,
        /// How many there are.
        found: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_as_text() {
        let address: MacAddress = "01-0C-cd-1-00-ff".parse().unwrap();
        assert_eq!(address.to_string(), "01:0c:cd:01:00:ff");
        assert!(address.is_multicast());
        for bad in [
            "",
            "01:02:03:04:05",
            "1:2:3:4:5:6:7",
            "001:2:3:4:5:6",
            "g:2:3:4:5:6",
        ] {
            assert!(bad.parse::<MacAddress>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_length_field_is_checked() {
        let header = ApplicationHeader {
            app_id: 0x1000,
            reserved1: 0x8000,
            reserved2: 0,
        };
        let mut out = vec![];
        header.encode(&mut out, 2);
        out.extend([1, 2, 0, 0, 0]);
        assert_eq!(ApplicationHeader::decode(&out), Ok((header, &[1, 2][..])));
        assert!(header.is_simulated());
        for stated in [0, 7, 14, 0xffff_u16] {
            out[2..4].copy_from_slice(&stated.to_be_bytes());
            let found = ApplicationHeader::decode(&out);
            assert!(
                matches!(found, Err(FrameError::BadLength { .. })),
                "{stated}"
            );
        }
        for cut in 0..8 {
            assert!(ApplicationHeader::decode(&out[..cut]).is_err());
        }
    }

    proptest! {
        #[test]
        fn headers_round_trip(
            destination: [u8; 6], source: [u8; 6], tci: Option<u16>, data: Vec<u8>,
        ) {
            let header = EthernetHeader {
                destination: MacAddress(destination),
                source: MacAddress(source),
                vlan: tci.map(VlanTag::from_tci),
                ether_type: EtherType::GOOSE,
            };
            let mut frame = vec![];
            header.encode(&mut frame);
            let length = frame.len();
            frame.extend(&data);
            prop_assert_eq!(EthernetHeader::decode(&frame), Ok((header, &data[..])));
            for cut in 0..length {
                prop_assert!(EthernetHeader::decode(&frame[..cut]).is_err());
            }
        }
    }
}
