use super::read::Reading;
use super::transfer_set::TransferSetShape;
use crate::DecodeError;
use mms::{BitString, Component, DataView, MmsValue, TypeDescription};
use std::fmt;
use std::str::FromStr;

/// An edition of the standard, as far as the wire differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    /// 1996-08: transfer sets have 12 components, and there are no time stamps with milliseconds.
    E1996,
    /// 2000-08, which later editions still answer.
    #[default]
    E2000,
}

impl Edition {
    /// The version such a side answers.
    pub const fn version(self) -> Version {
        match self {
            Edition::E1996 => Version {
                major: 1996,
                minor: 8,
            },
            Edition::E2000 => Version {
                major: 2000,
                minor: 8,
            },
        }
    }

    /// The shape of its transfer sets.
    pub const fn shape(self) -> TransferSetShape {
        match self {
            Edition::E1996 => TransferSetShape::E1996,
            Edition::E2000 => TransferSetShape::E2000,
        }
    }
}

impl FromStr for Edition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1996" | "1996-08" => Ok(Edition::E1996),
            "2000" | "2000-08" => Ok(Edition::E2000),
            _ => Err(format!(
                "`{text}` is no edition; there are 1996-08 and 2000-08"
            )),
        }
    }
}

/// `TASE2_Version`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// The year of the edition.
    pub major: i32,
    /// Its month.
    pub minor: i32,
}

impl Version {
    /// The value on the wire.
    pub fn to_value(self) -> MmsValue {
        MmsValue::Structure(vec![self.major.into(), self.minor.into()])
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let components = view.components("version", 2)?;
        let [major, minor] = &components[..] else {
            return Err(DecodeError::UnknownShape);
        };
        Ok(Version {
            major: major.int32("version")?,
            minor: minor.int32("version")?,
        })
    }

    /// The edition whose shapes a peer of this version uses.
    pub fn edition(self) -> Edition {
        if self.major < 2000 {
            Edition::E1996
        } else {
            Edition::E2000
        }
    }

    /// The MMS type.
    pub fn description() -> TypeDescription {
        let component = |name: &str| Component {
            name: Some(name.to_owned()),
            ty: TypeDescription::Integer(16),
        };
        TypeDescription::Structure(vec![
            component("MajorVersionNumber"),
            component("MinorVersionNumber"),
        ])
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.major, self.minor)
    }
}

/// `Supported_Features`: the conformance blocks of a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features {
    /// Bit n - 1 is block n.
    blocks: u16,
}

impl Features {
    /// Bits of the bit string.
    const BITS: usize = 12;

    /// These blocks, of 1 to 12; other numbers do not count.
    pub fn of(blocks: &[u8]) -> Self {
        let bit = |block: &u8| match block {
            1..=12 => 1 << (block - 1),
            _ => 0,
        };
        Features {
            blocks: blocks.iter().map(bit).fold(0, |all, bit| all | bit),
        }
    }

    /// Whether block `block` is among them.
    pub fn has(self, block: u8) -> bool {
        matches!(block, 1..=12) && self.blocks >> (block - 1) & 1 == 1
    }

    /// The blocks in their order.
    pub fn blocks(self) -> impl Iterator<Item = u8> {
        (1..=12).filter(move |block| self.has(*block))
    }

    /// The value on the wire: 12 bits.
    pub fn to_value(self) -> MmsValue {
        MmsValue::BitString(BitString::from_integer(Self::BITS, self.blocks.into()))
    }

    /// Reads the value; missing bits are zero, and those behind the twelfth do not count.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let bits = view.bits()?;
        let blocks = (0..Self::BITS)
            .filter(|bit| bits.get(*bit))
            .fold(0, |all, bit| all | 1 << bit);
        Ok(Features { blocks })
    }

    /// The MMS type.
    pub fn description() -> TypeDescription {
        TypeDescription::BitString(-(Self::BITS as i32))
    }
}

/// The numbers of the blocks, as `1,2,5`.
impl fmt::Display for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, block) in self.blocks().enumerate() {
            write!(f, "{}{block}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::ber::Reader;

    fn view(octets: &[u8]) -> DataView<'_> {
        DataView::decode(&mut Reader::new(octets)).unwrap()
    }

    #[test]
    fn octets_of_the_worked_example() {
        let version = Edition::E2000.version();
        let encoded = [0xa2, 7, 0x85, 2, 7, 0xd0, 0x85, 1, 8];
        assert_eq!(version.to_value().to_bytes(), encoded);
        assert_eq!(Version::decode(&view(&encoded)), Ok(version));
        let features = Features::of(&[1, 2, 4, 5]);
        let encoded = [0x84, 3, 4, 0xd8, 0];
        assert_eq!(features.to_value().to_bytes(), encoded);
        assert_eq!(Features::decode(&view(&encoded)), Ok(features));
        assert_eq!(features.to_string(), "1,2,4,5");
    }

    #[test]
    fn features_of_other_lengths() {
        for octets in [&[0x84, 2, 0, 0xc0][..], &[0x84, 3, 0, 0xc0, 0x0f]] {
            assert_eq!(Features::decode(&view(octets)), Ok(Features::of(&[1, 2])));
        }
        assert!(!Features::of(&[0, 13, 3]).has(0));
        assert_eq!(Features::of(&[0, 13, 3]).blocks().collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn editions() {
        let of = |major| Version { major, minor: 8 }.edition();
        assert_eq!(of(1996), Edition::E1996);
        assert_eq!(of(2014), Edition::E2000);
        assert_eq!("1996-08".parse(), Ok(Edition::E1996));
        assert!("1997".parse::<Edition>().is_err());
        assert_eq!(Edition::E1996.version().to_string(), "1996-08");
    }
}
