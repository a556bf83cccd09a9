use super::Tag;
use super::read::Reading;
use crate::DecodeError;
use mms::{BitString, Component, DataView, MmsValue, TypeDescription};
use std::fmt;

/// Octets a reason may have.
pub const MAX_REASON: usize = 255;

/// `TagValue`, what `<device>_TAG` is: the tag on a device, whether the device is selected, and why it is tagged.
///
/// On the wire Tag is in bits 0 and 1 of the flags and State (IDLE 0, ARMED 1) in bit 2. The standard's own positions could not be looked
/// up; some place the tag in bits 2 and 3, which is understood where bits 0 and 1 are zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagValue {
    /// The tag.
    pub tag: Tag,
    /// The device is selected (ARMED).
    pub armed: bool,
    /// Why; at most [`MAX_REASON`] octets.
    pub reason: String,
}

impl TagValue {
    /// A tag with its reason.
    pub fn new(tag: Tag, reason: impl Into<String>) -> Self {
        TagValue {
            tag,
            armed: false,
            reason: reason.into(),
        }
    }

    /// The value on the wire.
    pub fn to_value(&self) -> MmsValue {
        let flags = self.tag.code() << 6 | u8::from(self.armed) << 5;
        MmsValue::Structure(vec![
            MmsValue::BitString(BitString::from_octets(&[flags], 8)),
            MmsValue::VisibleString(self.reason.clone()),
        ])
    }

    /// Reads the tag of a peer's device.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let (flags, reason) = parts(view)?;
        let first = flags >> 6;
        // With bits 0 and 1 zero, bit 3 can only be of a tag that is in bits 2 and 3; bit 2 alone is ARMED.
        let elsewhere = first == 0 && flags & 0x10 != 0;
        let code = if elsewhere { flags >> 4 } else { first };
        Ok(TagValue {
            tag: Tag::from_code(code),
            armed: !elsewhere && flags & 0x20 != 0,
            reason,
        })
    }

    /// Reads a tag that is to be set: one in bits 2 and 3 counts where bits 0 and 1 are zero, so that a tag is never taken for none.
    ///
    /// # Errors
    /// [`DecodeError`]; a reason that is too long is out of range.
    pub fn decode_to_set(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let (flags, reason) = parts(view)?;
        if reason.len() > MAX_REASON {
            return Err(DecodeError::OutOfRange {
                what: "length of the reason",
                value: reason.len() as i128,
            });
        }
        let code = match flags >> 6 {
            0 => flags >> 4,
            code => code,
        };
        Ok(TagValue::new(Tag::from_code(code), reason))
    }

    /// The MMS type.
    pub fn description() -> TypeDescription {
        let component = |name: &str, ty| Component {
            name: Some(name.to_owned()),
            ty,
        };
        TypeDescription::Structure(vec![
            component("Flags", TypeDescription::BitString(8)),
            component(
                "Reason",
                TypeDescription::VisibleString(-(MAX_REASON as i32)),
            ),
        ])
    }
}

fn parts(view: &DataView<'_>) -> Result<(u8, String), DecodeError> {
    let components = view.components("tag", 2)?;
    let [flags, reason] = &components[..] else {
        return Err(DecodeError::UnknownShape);
    };
    Ok((flags.octet()?, reason.string()?))
}

/// As `CLOSE-ONLY-INHIBIT ARMED "crew on line"`.
impl fmt::Display for TagValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tag.fmt(f)?;
        if self.armed {
            f.write_str(" ARMED")?;
        }
        if !self.reason.is_empty() {
            write!(f, " {:?}", self.reason)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::ber::Reader;
    use proptest::prelude::*;

    fn view(octets: &[u8]) -> DataView<'_> {
        DataView::decode(&mut Reader::new(octets)).unwrap()
    }

    #[test]
    fn octets_of_the_worked_example() {
        let tag = TagValue::new(Tag::OpenAndCloseInhibit, "crew on line");
        let mut octets = vec![0xa2, 0x12, 0x84, 2, 0, 0x40, 0x8a, 0x0c];
        octets.extend(b"crew on line");
        assert_eq!(tag.to_value().to_bytes(), octets);
        assert_eq!(TagValue::decode(&view(&octets)), Ok(tag.clone()));
        assert_eq!(TagValue::decode_to_set(&view(&octets)), Ok(tag.clone()));
        assert_eq!(tag.to_string(), "OPEN-AND-CLOSE-INHIBIT \"crew on line\"");
    }

    fn flags(flags: u8) -> Vec<u8> {
        MmsValue::Structure(vec![
            MmsValue::BitString(BitString::from_octets(&[flags], 8)),
            MmsValue::VisibleString(String::new()),
        ])
        .to_bytes()
    }

    #[test]
    fn tags_in_either_place() {
        for (octet, read, armed, set) in [
            (0x00, Tag::None, false, Tag::None),
            (0x80, Tag::CloseOnlyInhibit, false, Tag::CloseOnlyInhibit),
            (0xa0, Tag::CloseOnlyInhibit, true, Tag::CloseOnlyInhibit),
            (0xc0, Tag::Invalid, false, Tag::Invalid),
            // In bits 2 and 3. Bit 2 alone is ARMED to who reads, and to who is told to set it no reason to do without a tag.
            (
                0x10,
                Tag::OpenAndCloseInhibit,
                false,
                Tag::OpenAndCloseInhibit,
            ),
            (0x30, Tag::Invalid, false, Tag::Invalid),
            (0x20, Tag::None, true, Tag::CloseOnlyInhibit),
        ] {
            let octets = flags(octet);
            let decoded = TagValue::decode(&view(&octets)).unwrap();
            assert_eq!((decoded.tag, decoded.armed), (read, armed), "{octet:02x}");
            let decoded = TagValue::decode_to_set(&view(&octets)).unwrap();
            assert_eq!((decoded.tag, decoded.armed), (set, false), "{octet:02x}");
        }
    }

    #[test]
    fn what_is_no_tag() {
        let long = TagValue::new(Tag::None, "x".repeat(MAX_REASON + 1));
        let octets = long.to_value().to_bytes();
        assert!(matches!(
            TagValue::decode_to_set(&view(&octets)),
            Err(DecodeError::OutOfRange { value: 256, .. })
        ));
        let longest = TagValue::new(Tag::None, "x".repeat(MAX_REASON));
        let octets = longest.to_value().to_bytes();
        assert_eq!(TagValue::decode_to_set(&view(&octets)), Ok(longest));
        for value in [
            MmsValue::Integer(1),
            MmsValue::Structure(vec![MmsValue::Integer(1)]),
            MmsValue::Structure(vec![MmsValue::Integer(1), MmsValue::Integer(1)]),
        ] {
            assert!(TagValue::decode(&view(&value.to_bytes())).is_err());
            assert!(TagValue::decode_to_set(&view(&value.to_bytes())).is_err());
        }
    }

    proptest! {
        #[test]
        fn there_and_back(code in 0u8..4, armed: bool, reason in "[a-z A-Z]{0,40}[a-z]") {
            let value = TagValue { tag: Tag::from_code(code), armed, reason };
            let octets = value.to_value().to_bytes();
            prop_assert_eq!(TagValue::decode(&view(&octets)), Ok(value));
        }
    }
}
