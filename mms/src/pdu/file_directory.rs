//! The fileDirectory service: ISO 9506-2 annex D `FileDirectory-Request`,
//! `FileDirectory-Response`, `DirectoryEntry`.

use super::file_name::{FileAttributes, FileName};
use super::list::{List, ListElement, ListWriter};
use super::wire::{explicit, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, boolean};

pub(super) const FILE_DIRECTORY: Tag = Tag::context_constructed(77);

const SPECIFICATION: Tag = Tag::context_constructed(0);
const CONTINUE_AFTER: Tag = Tag::context_constructed(1);
const ENTRIES: Tag = Tag::context_constructed(0);
const MORE_FOLLOWS: Tag = Tag::context(1);
const FILE_NAME: Tag = Tag::context_constructed(0);
const ATTRIBUTES: Tag = Tag::context_constructed(1);

/// Asks for the files there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDirectoryRequest<'a> {
    /// A folder or a file; `None` is the whole filestore.
    pub specification: Option<FileName<'a>>,
    /// The last file of the response before; `None` asks for the first ones.
    pub continue_after: Option<FileName<'a>>,
}

impl<'a> FileDirectoryRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let specification = r
            .optional(SPECIFICATION)?
            .map(FileName::decode)
            .transpose()?;
        let continue_after = r
            .optional(CONTINUE_AFTER)?
            .map(FileName::decode)
            .transpose()?;
        skip_extensions(&mut r, 2)?;
        Ok(FileDirectoryRequest {
            specification,
            continue_after,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(FILE_DIRECTORY, |w| {
            if let Some(name) = &self.specification {
                name.encode(w, SPECIFICATION);
            }
            if let Some(name) = &self.continue_after {
                name.encode(w, CONTINUE_AFTER);
            }
        });
    }
}

/// One file of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectoryEntry<'a> {
    /// Its name.
    pub name: FileName<'a>,
    /// Its size and age.
    pub attributes: FileAttributes<'a>,
}

impl DirectoryEntry<'_> {
    /// Writes the element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(Tag::SEQUENCE, |w| {
            self.name.encode(w, FILE_NAME);
            self.attributes.encode(w, ATTRIBUTES);
        });
    }
}

impl<'a> ListElement<'a> for DirectoryEntry<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag != Tag::SEQUENCE {
            return Err(BerError::UnexpectedTag {
                expected: Tag::SEQUENCE,
                found: tlv.tag,
            });
        }
        let mut r = tlv.reader();
        let name = FileName::decode(r.expect(FILE_NAME)?)?;
        let attributes = FileAttributes::decode(r.expect(ATTRIBUTES)?)?;
        skip_extensions(&mut r, 2)?;
        Ok(DirectoryEntry { name, attributes })
    }
}

/// Files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDirectoryResponse<'a> {
    /// The files.
    pub entries: List<'a, DirectoryEntry<'a>>,
    /// Whether there are more; they are asked for with the last file here.
    pub more_follows: bool,
}

impl<'a> FileDirectoryResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let entries = List::decode(entries(r.expect(ENTRIES)?)?)?;
        let more_follows = match r.optional(MORE_FOLLOWS)? {
            Some(content) => boolean(content)?,
            None => false,
        };
        skip_extensions(&mut r, 2)?;
        Ok(FileDirectoryResponse {
            entries,
            more_follows,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(FILE_DIRECTORY, |w| {
            w.constructed(ENTRIES, |w| self.entries.encode(w, Tag::SEQUENCE));
            write_more_follows(w, self.more_follows);
        });
    }
}

/// The content of the list of entries.
///
/// The tag around it is explicit: a SEQUENCE OF is inside. Peers that took it for an implicit one
/// have the entries there instead, which begin with a file name and not with another SEQUENCE.
fn entries(content: &[u8]) -> Result<&[u8], BerError> {
    let Ok(inner) = explicit(content) else {
        return Ok(content);
    };
    let first = inner.reader().peek()?;
    if inner.tag == Tag::SEQUENCE && first.is_none_or(|tag| tag == Tag::SEQUENCE) {
        Ok(inner.content)
    } else {
        Ok(content)
    }
}

/// False is the default and left out.
fn write_more_follows(w: &mut Writer<'_>, more_follows: bool) {
    if more_follows {
        w.boolean(MORE_FOLLOWS, true);
    }
}

/// Writes a fileDirectory response file by file until the room of the PDU is used up.
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct FileDirectoryWriter(ListWriter);

impl FileDirectoryWriter {
    /// Opens the service element.
    pub fn begin(w: &mut Writer<'_>) -> FileDirectoryWriter {
        FileDirectoryWriter(ListWriter::begin(
            w,
            [Some(FILE_DIRECTORY), Some(ENTRIES), Some(Tag::SEQUENCE)],
        ))
    }

    /// Writes one more file; false if it does not fit any more and was not written.
    pub fn push(&mut self, w: &mut Writer<'_>, entry: &DirectoryEntry<'_>) -> bool {
        self.0.push(w, 3, |w| entry.encode(w))
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>, more_follows: bool) {
        self.0.end(w, |w| write_more_follows(w, more_follows));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_the_inner_sequence() {
        let mut one = vec![];
        let entry = DirectoryEntry {
            name: "a.txt".into(),
            attributes: FileAttributes {
                size: 300,
                last_modified: None,
            },
        };
        entry.encode(&mut Writer::unbounded(&mut one));
        for count in 0..3 {
            let list = one.repeat(count);
            let mut content = vec![];
            Writer::unbounded(&mut content).primitive(ENTRIES, &list);
            let implicit = FileDirectoryResponse::decode(&content).unwrap();
            assert_eq!(
                implicit.entries.iter().collect::<Vec<_>>(),
                vec![entry; count]
            );
            let mut other = vec![];
            let mut w = Writer::unbounded(&mut other);
            w.constructed(ENTRIES, |w| w.primitive(Tag::SEQUENCE, &list));
            assert_eq!(FileDirectoryResponse::decode(&other), Ok(implicit));
        }
    }

    #[test]
    fn stops_when_the_room_is_used_up() {
        for room in 60..400 {
            let mut out = vec![];
            let mut w = Writer::new(&mut out, room);
            let mut written = 0;
            crate::pdu::write_confirmed_response(&mut w, u32::MAX, |w| {
                let mut response = FileDirectoryWriter::begin(w);
                for i in 0..20 {
                    let name = format!("COMTRADE/rec{i}.dat");
                    let entry = DirectoryEntry {
                        name: name.as_str().into(),
                        attributes: FileAttributes {
                            size: i,
                            last_modified: None,
                        },
                    };
                    if !response.push(w, &entry) {
                        break;
                    }
                    written += 1;
                }
                response.end(w, written < 20);
            });
            assert!(!w.overflowed() && written > 0 && out.len() <= room);
            assert!(crate::pdu::Pdu::decode(&out).is_ok());
        }
    }
}
