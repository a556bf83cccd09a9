//! Names and attributes of files: ISO 9506-2 annex D `FileName`, `FileAttributes`.

use super::wire::{lenient_text, lenient_u32, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Writer, text};
use chrono::{DateTime, NaiveDateTime, Utc};
use std::borrow::Cow;
use std::fmt;

/// The name of a file: one string or, with peers that send a path in pieces, several.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileName<'a>(Parts<'a>);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Parts<'a> {
    One(&'a [u8]),
    /// Content of the SEQUENCE OF: none or several strings.
    Encoded(&'a [u8]),
}

impl<'a> From<&'a str> for FileName<'a> {
    fn from(name: &'a str) -> Self {
        FileName(Parts::One(name.as_bytes()))
    }
}

fn part<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, BerError> {
    match reader.take()? {
        None => Ok(None),
        Some(tlv) if matches!(tlv.tag, Tag::GRAPHIC_STRING | Tag::VISIBLE_STRING) => {
            Ok(Some(tlv.content))
        }
        Some(tlv) => Err(BerError::UnexpectedTag {
            expected: Tag::GRAPHIC_STRING,
            found: tlv.tag,
        }),
    }
}

impl<'a> FileName<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut reader = Reader::new(content);
        let first = part(&mut reader)?;
        match first {
            Some(name) if reader.is_empty() => return Ok(FileName(Parts::One(name))),
            _ => while part(&mut reader)?.is_some() {},
        }
        Ok(FileName(Parts::Encoded(content)))
    }

    /// The strings the name consists of.
    pub fn parts(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (one, mut rest) = match self.0 {
            Parts::One(name) => (Some(name), Reader::default()),
            Parts::Encoded(content) => (None, Reader::new(content)),
        };
        one.into_iter()
            .chain(std::iter::from_fn(move || part(&mut rest).ok().flatten()))
    }

    /// The name as text: UTF-8 where it is, else Latin-1, pieces joined by `/`.
    pub fn to_text(&self) -> Cow<'a, str> {
        if let Parts::One(name) = self.0 {
            return lenient_text(name);
        }
        let mut path = String::new();
        for part in self.parts() {
            if !path.is_empty() && !path.ends_with(['/', '\\']) {
                path.push('/');
            }
            path.push_str(&lenient_text(part));
        }
        Cow::Owned(path)
    }

    /// Writes the name under `tag`.
    pub(super) fn encode(&self, w: &mut Writer<'_>, tag: Tag) {
        match self.0 {
            Parts::One(name) => {
                w.constructed(tag, |w| w.primitive(Tag::GRAPHIC_STRING, name));
            }
            Parts::Encoded(content) => w.primitive(tag, content),
        }
    }
}

impl fmt::Display for FileName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for FileName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

/// Size and age of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileAttributes<'a> {
    /// Size in octets.
    pub size: u32,
    /// When the file was changed last, as GeneralizedTime: see [`generalized_time`].
    pub last_modified: Option<&'a str>,
}

impl<'a> FileAttributes<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let size = lenient_u32(r.expect(Tag::context(0))?)?;
        let last_modified = r.optional(Tag::context(1))?.map(text).transpose()?;
        skip_extensions(&mut r, 2)?;
        Ok(FileAttributes {
            size,
            last_modified,
        })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>, tag: Tag) {
        w.constructed(tag, |w| {
            w.unsigned(Tag::context(0), self.size.into());
            if let Some(time) = self.last_modified {
                w.text(Tag::context(1), time);
            }
        });
    }
}

/// A time as GeneralizedTime in the form of libiec61850: `20231114221320.000Z`.
pub fn generalized_time(time: DateTime<Utc>) -> String {
    time.format("%Y%m%d%H%M%S%.3fZ").to_string()
}

/// The time a GeneralizedTime stands for. The fraction may be missing; a time without zone is
/// taken as UTC. `None` if the text is no GeneralizedTime.
pub fn parse_generalized_time(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_str(text, "%Y%m%d%H%M%S%.f%z") {
        return Some(time.to_utc());
    }
    NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y%m%d%H%M%S%.f")
        .ok()
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_pieces() {
        let content = [0x19, 3, b'd', b'i', b'r', 0x19, 1, 0xe9];
        let name = FileName::decode(&content).unwrap();
        assert_eq!(name.to_text(), "dir/é");
        assert_eq!(name.parts().count(), 2);
        let mut out = vec![];
        name.encode(
            &mut Writer::unbounded(&mut out),
            Tag::context_constructed(0),
        );
        assert_eq!(out[2..], content);
        assert_eq!(FileName::decode(&[]).unwrap().to_text(), "");
        assert_eq!(FileName::decode(&[0x1a, 1, b'a']), Ok("a".into()));
        assert!(FileName::decode(&[0x19, 1, b'a', 0x02, 1, 0]).is_err());
        assert!(FileName::decode(&[0x02, 1, 0]).is_err());
    }

    #[test]
    fn generalized_times() {
        let time = DateTime::from_timestamp_millis(1_700_000_000_250).unwrap();
        assert_eq!(generalized_time(time), "20231114221320.250Z");
        for text in [
            "20231114221320.250Z",
            "20231114221320.25",
            "20231114231320.25+0100",
        ] {
            assert_eq!(parse_generalized_time(text), Some(time), "{text}");
        }
        assert_eq!(
            parse_generalized_time("20231114221320Z").map(|t| t.timestamp()),
            Some(1_700_000_000)
        );
        assert_eq!(parse_generalized_time("yesterday"), None);
    }
}
