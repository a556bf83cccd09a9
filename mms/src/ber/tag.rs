use std::fmt;

/// The identifier octets of an element, as they are on the wire (big endian in the integer).
///
/// `Tag::context(0)` is `80`, `Tag::context_constructed(77)` is `bf 4d`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub(super) u32);

impl Tag {
    /// Universal BOOLEAN.
    pub const BOOLEAN: Tag = Tag(0x01);
    /// Universal INTEGER.
    pub const INTEGER: Tag = Tag(0x02);
    /// Universal BIT STRING, primitive.
    pub const BIT_STRING: Tag = Tag(0x03);
    /// Universal OCTET STRING, primitive.
    pub const OCTET_STRING: Tag = Tag(0x04);
    /// Universal NULL.
    pub const NULL: Tag = Tag(0x05);
    /// Universal OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: Tag = Tag(0x06);
    /// Universal EXTERNAL.
    pub const EXTERNAL: Tag = Tag(0x28);
    /// Universal GeneralizedTime.
    pub const GENERALIZED_TIME: Tag = Tag(0x18);
    /// Universal GraphicString.
    pub const GRAPHIC_STRING: Tag = Tag(0x19);
    /// Universal VisibleString.
    pub const VISIBLE_STRING: Tag = Tag(0x1a);
    /// Universal SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: Tag = Tag(0x30);
    /// Universal SET.
    pub const SET: Tag = Tag(0x31);

    /// Primitive context-specific tag. `number` is below 128: no syntax here goes further.
    pub const fn context(number: u8) -> Tag {
        Tag::build(0x80, number)
    }

    /// Constructed context-specific tag, `number` below 128.
    pub const fn context_constructed(number: u8) -> Tag {
        Tag::build(0xa0, number)
    }

    /// Constructed application tag, `number` below 128.
    pub const fn application_constructed(number: u8) -> Tag {
        Tag::build(0x60, number)
    }

    const fn build(class: u32, number: u8) -> Tag {
        assert!(number < 128);
        if number < 31 {
            Tag(class | number as u32)
        } else {
            Tag(((class | 0x1f) << 8) | number as u32)
        }
    }

    fn first_octet(self) -> u8 {
        let mut v = self.0;
        while v > 0xff {
            v >>= 8;
        }
        v as u8
    }

    /// Whether the content is a series of elements.
    pub fn is_constructed(self) -> bool {
        self.first_octet() & 0x20 != 0
    }

    /// Whether the tag is of the context-specific class.
    pub fn is_context(self) -> bool {
        self.first_octet() & 0xc0 == 0x80
    }

    /// The tag number.
    pub fn number(self) -> u32 {
        if self.0 <= 0xff {
            return self.0 & 0x1f;
        }
        let mut number = 0;
        for shift in [16, 8, 0] {
            let octet = (self.0 >> shift) & 0xff;
            // The first octet of the long form ends in five ones and is not part of the number.
            if self.0 >> shift > 0xff {
                number = (number << 7) | (octet & 0x7f);
            }
        }
        number
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.first_octet() >> 6 {
            0 => "universal ",
            1 => "application ",
            2 => "",
            _ => "private ",
        };
        write!(f, "[{class}{}]", self.number())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}{}", if self.is_constructed() { "c" } else { "p" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_numbers() {
        assert_eq!(Tag::context(0).0, 0x80);
        assert_eq!(Tag::context_constructed(30).0, 0xbe);
        assert_eq!(Tag::context(72).0, 0x9f48);
        assert_eq!(Tag::context_constructed(77).0, 0xbf4d);
        for n in [0, 1, 30, 31, 72, 127] {
            assert_eq!(Tag::context(n).number(), u32::from(n));
            assert_eq!(Tag::context_constructed(n).number(), u32::from(n));
            assert!(!Tag::context(n).is_constructed());
            assert!(Tag::context_constructed(n).is_constructed());
            assert!(Tag::context(n).is_context());
        }
        assert_eq!(Tag(0x9f8148).number(), 0xc8);
    }

    #[test]
    fn shown_as_in_the_standard() {
        assert_eq!(Tag::context(3).to_string(), "[3]");
        assert_eq!(Tag::SEQUENCE.to_string(), "[universal 16]");
        assert_eq!(
            Tag::application_constructed(1).to_string(),
            "[application 1]"
        );
    }
}
