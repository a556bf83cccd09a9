use crate::ber::{BerError, Reader, Tag, Tlv, Writer, text};
use std::fmt;

/// The longest identifier that is decoded, in octets.
///
/// ISO 9506 allows 32 and IEC 61850-8-1 64 for an item; libiec61850 takes up to 129. Peers are
/// read generously, and what does not name an object is refused by the lookup.
pub const MAX_IDENTIFIER_LENGTH: usize = 255;

/// The name of an MMS object and its scope (ISO 9506-2 `ObjectName`), borrowed from a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectName<'a> {
    /// Visible to all clients of the VMD, outside any domain.
    Vmd(&'a str),
    /// An object of a domain.
    Domain {
        /// Name of the domain.
        domain: &'a str,
        /// Name of the object in it.
        item: &'a str,
    },
    /// An object that lives and dies with the association (application-association specific).
    Association(&'a str),
}

const VMD: Tag = Tag::context(0);
const DOMAIN: Tag = Tag::context_constructed(1);
const ASSOCIATION: Tag = Tag::context(2);
/// How libiec61850 repeats an association-specific name in a read response: as a VisibleString
/// inside a constructed tag.
const ASSOCIATION_CONSTRUCTED: Tag = Tag::context_constructed(2);

pub(crate) fn identifier(content: &[u8]) -> Result<&str, BerError> {
    if content.len() > MAX_IDENTIFIER_LENGTH {
        return Err(BerError::BadString);
    }
    text(content)
}

impl<'a> ObjectName<'a> {
    /// A domain-specific name.
    pub const fn domain(domain: &'a str, item: &'a str) -> Self {
        ObjectName::Domain { domain, item }
    }

    /// The name without its domain.
    pub fn item(&self) -> &'a str {
        match *self {
            ObjectName::Vmd(item)
            | ObjectName::Association(item)
            | ObjectName::Domain { item, .. } => item,
        }
    }

    /// Whether `tag` begins an object name.
    pub fn is_tag(tag: Tag) -> bool {
        tag == VMD || tag == DOMAIN || tag == ASSOCIATION
    }

    /// Reads the name from its element.
    ///
    /// # Errors
    /// [`BerError`] if the element is not an object name or an identifier is not text.
    pub fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        match tlv.tag {
            VMD => Ok(ObjectName::Vmd(identifier(tlv.content)?)),
            ASSOCIATION => Ok(ObjectName::Association(identifier(tlv.content)?)),
            ASSOCIATION_CONSTRUCTED => {
                let mut r = tlv.reader();
                let item = identifier(r.expect(Tag::VISIBLE_STRING)?)?;
                r.finish()?;
                Ok(ObjectName::Association(item))
            }
            DOMAIN => {
                let mut r = tlv.reader();
                let domain = identifier(r.expect(Tag::VISIBLE_STRING)?)?;
                let item = identifier(r.expect(Tag::VISIBLE_STRING)?)?;
                r.finish()?;
                Ok(ObjectName::Domain { domain, item })
            }
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    /// Takes the next element of `reader` as a name.
    ///
    /// # Errors
    /// As for [`ObjectName::from_tlv`], and if nothing is left.
    pub fn decode(reader: &mut Reader<'a>) -> Result<Self, BerError> {
        Self::from_tlv(reader.any()?)
    }

    /// Writes the name.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            ObjectName::Vmd(item) => w.text(VMD, item),
            ObjectName::Association(item) => w.text(ASSOCIATION, item),
            ObjectName::Domain { domain, item } => w.constructed(DOMAIN, |w| {
                w.text(Tag::VISIBLE_STRING, domain);
                w.text(Tag::VISIBLE_STRING, item);
            }),
        }
    }

    /// A copy that owns its text.
    pub fn to_owned(&self) -> OwnedObjectName {
        match *self {
            ObjectName::Vmd(item) => OwnedObjectName::Vmd(item.into()),
            ObjectName::Association(item) => OwnedObjectName::Association(item.into()),
            ObjectName::Domain { domain, item } => OwnedObjectName::Domain {
                domain: domain.into(),
                item: item.into(),
            },
        }
    }
}

/// VMD-specific names are shown as `/item`, association-specific ones as `@item`, others as
/// `domain/item`.
impl fmt::Display for ObjectName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectName::Vmd(item) => write!(f, "/{item}"),
            ObjectName::Association(item) => write!(f, "@{item}"),
            ObjectName::Domain { domain, item } => write!(f, "{domain}/{item}"),
        }
    }
}

/// An [`ObjectName`] that owns its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnedObjectName {
    /// See [`ObjectName::Vmd`].
    Vmd(String),
    /// See [`ObjectName::Domain`].
    Domain {
        /// Name of the domain.
        domain: String,
        /// Name of the object in it.
        item: String,
    },
    /// See [`ObjectName::Association`].
    Association(String),
}

impl OwnedObjectName {
    /// A domain-specific name.
    pub fn domain(domain: impl Into<String>, item: impl Into<String>) -> Self {
        OwnedObjectName::Domain {
            domain: domain.into(),
            item: item.into(),
        }
    }

    /// The same name, borrowed.
    pub fn as_ref(&self) -> ObjectName<'_> {
        match self {
            OwnedObjectName::Vmd(item) => ObjectName::Vmd(item),
            OwnedObjectName::Association(item) => ObjectName::Association(item),
            OwnedObjectName::Domain { domain, item } => ObjectName::Domain { domain, item },
        }
    }
}

impl fmt::Display for OwnedObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl From<ObjectName<'_>> for OwnedObjectName {
    fn from(name: ObjectName<'_>) -> Self {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for name in [
            ObjectName::Vmd("a"),
            ObjectName::domain("LD0", "LLN0$ST"),
            ObjectName::Association("ds"),
        ] {
            let mut out = vec![];
            name.encode(&mut Writer::unbounded(&mut out));
            assert_eq!(ObjectName::decode(&mut Reader::new(&out)), Ok(name));
            for cut in 0..out.len() {
                assert!(ObjectName::decode(&mut Reader::new(&out[..cut])).is_err());
            }
            assert_eq!(name.to_owned().as_ref(), name);
        }
    }

    #[test]
    fn association_specific_as_libiec61850_repeats_it() {
        assert_eq!(
            ObjectName::decode(&mut Reader::new(&[0xa2, 5, 0x1a, 3, b'a', b'a', b'1'])),
            Ok(ObjectName::Association("aa1"))
        );
    }

    #[test]
    fn refuses_what_is_no_name() {
        assert!(ObjectName::decode(&mut Reader::new(&[0x83, 1, b'a'])).is_err());
        assert!(ObjectName::decode(&mut Reader::new(&[0x80, 1, 0xff])).is_err());
        let mut long = vec![0x80, 0x82, 1, 0];
        long.extend([b'a'; 256]);
        assert_eq!(
            ObjectName::decode(&mut Reader::new(&long)),
            Err(BerError::BadString)
        );
    }
}
