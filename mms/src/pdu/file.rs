//! File transfer and management: ISO 9506-2 annex D `FileOpen`, `FileRead`, `FileClose`,
//! `FileRename`, `FileDelete` and `ObtainFile`.

use super::done::done;
use super::file_name::{FileAttributes, FileName};
use super::wire::{integer32, lenient_u32, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Writer, boolean};

pub(super) const OBTAIN_FILE: Tag = Tag::context_constructed(46);
pub(super) const OBTAIN_FILE_RESPONSE: Tag = Tag::context(46);
pub(super) const FILE_OPEN: Tag = Tag::context_constructed(72);
pub(super) const FILE_READ: Tag = Tag::context(73);
pub(super) const FILE_READ_RESPONSE: Tag = Tag::context_constructed(73);
pub(super) const FILE_CLOSE: Tag = Tag::context(74);
pub(super) const FILE_RENAME: Tag = Tag::context_constructed(75);
pub(super) const FILE_RENAME_RESPONSE: Tag = Tag::context(75);
pub(super) const FILE_DELETE: Tag = Tag::context_constructed(76);
pub(super) const FILE_DELETE_RESPONSE: Tag = Tag::context(76);

/// Opens a file for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOpenRequest<'a> {
    /// The file.
    pub name: FileName<'a>,
    /// Offset of the first octet to read.
    pub initial_position: u32,
}

impl<'a> FileOpenRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let name = FileName::decode(r.expect(Tag::context_constructed(0))?)?;
        let initial_position = lenient_u32(r.expect(Tag::context(1))?)?;
        skip_extensions(&mut r, 2)?;
        Ok(FileOpenRequest {
            name,
            initial_position,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(FILE_OPEN, |w| {
            self.name.encode(w, Tag::context_constructed(0));
            w.unsigned(Tag::context(1), self.initial_position.into());
        });
    }
}

/// The file is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileOpenResponse<'a> {
    /// Handle of the open file (frsmID).
    pub frsm_id: i32,
    /// Size and age.
    pub attributes: FileAttributes<'a>,
}

impl<'a> FileOpenResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let frsm_id = integer32(r.expect(Tag::context(0))?)?;
        let attributes = FileAttributes::decode(r.expect(Tag::context_constructed(1))?)?;
        skip_extensions(&mut r, 2)?;
        Ok(FileOpenResponse {
            frsm_id,
            attributes,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(FILE_OPEN, |w| {
            w.integer(Tag::context(0), self.frsm_id.into());
            self.attributes.encode(w, Tag::context_constructed(1));
        });
    }
}

/// Asks for the next octets of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileReadRequest {
    /// Handle of the open file.
    pub frsm_id: i32,
}

impl FileReadRequest {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        integer32(content).map(|frsm_id| FileReadRequest { frsm_id })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.integer(FILE_READ, self.frsm_id.into());
    }
}

/// Octets of an open file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileReadResponse<'a> {
    /// The octets.
    pub data: &'a [u8],
    /// Whether there are more.
    pub more_follows: bool,
}

impl<'a> FileReadResponse<'a> {
    /// Octets of a response PDU around the data, at most.
    pub const OVERHEAD: usize = 5 + 7 + 6 + 5 + 3;

    /// How many of `left` octets to put into the response to this invoke id, when PDUs may have
    /// `max_pdu_size` octets. Blocks are as large as those of libiec61850: 20 octets less than
    /// the PDU, when more follow.
    pub fn block(max_pdu_size: usize, invoke_id: u32, left: u64) -> usize {
        // Lengths beyond 65 535 take an octet more, in three places.
        let around = if max_pdu_size > 0xffff { 23 } else { 20 };
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let room = max_pdu_size.saturating_sub(around);
        if left > room {
            return room.max(1);
        }
        // The last one says so in three octets, for which a long invoke id may leave no room.
        let spared = if invoke_id > 0x7fff { 0 } else { 3 };
        if left + around - spared + 3 <= max_pdu_size {
            return left;
        }
        max_pdu_size
            .saturating_sub(Self::OVERHEAD)
            .clamp(1, left.max(1))
    }

    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let data = r.expect(Tag::context(0))?;
        let more_follows = match r.optional(Tag::context(1))? {
            Some(content) => boolean(content)?,
            None => true,
        };
        skip_extensions(&mut r, 2)?;
        Ok(FileReadResponse { data, more_follows })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(FILE_READ_RESPONSE, |w| {
            w.primitive(Tag::context(0), self.data);
            // True is the default, and libiec61850 leaves it out.
            if !self.more_follows {
                w.boolean(Tag::context(1), false);
            }
        });
    }
}

/// Closes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileCloseRequest {
    /// Handle of the open file.
    pub frsm_id: i32,
}

impl FileCloseRequest {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        integer32(content).map(|frsm_id| FileCloseRequest { frsm_id })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.integer(FILE_CLOSE, self.frsm_id.into());
    }
}

/// Gives a file another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRenameRequest<'a> {
    /// The name it has.
    pub current: FileName<'a>,
    /// The name it is to have.
    pub new: FileName<'a>,
}

impl<'a> FileRenameRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let current = FileName::decode(r.expect(Tag::context_constructed(0))?)?;
        let new = FileName::decode(r.expect(Tag::context_constructed(1))?)?;
        skip_extensions(&mut r, 2)?;
        Ok(FileRenameRequest { current, new })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(FILE_RENAME, |w| {
            self.current.encode(w, Tag::context_constructed(0));
            self.new.encode(w, Tag::context_constructed(1));
        });
    }
}

/// Deletes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDeleteRequest<'a> {
    /// The file.
    pub name: FileName<'a>,
}

impl<'a> FileDeleteRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        FileName::decode(content).map(|name| FileDeleteRequest { name })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        self.name.encode(w, FILE_DELETE);
    }
}

/// Asks the peer to fetch a file: the peer opens, reads and closes it on this association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObtainFileRequest<'a> {
    /// Name of the file with the sender.
    pub source: FileName<'a>,
    /// Name the file is to have with the receiver.
    pub destination: FileName<'a>,
}

impl<'a> ObtainFileRequest<'a> {
    /// Files are only fetched from the sender: a third party as source is refused.
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let source = FileName::decode(r.expect(Tag::context_constructed(1))?)?;
        let destination = FileName::decode(r.expect(Tag::context_constructed(2))?)?;
        skip_extensions(&mut r, 3)?;
        Ok(ObtainFileRequest {
            source,
            destination,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(OBTAIN_FILE, |w| {
            self.source.encode(w, Tag::context_constructed(1));
            self.destination.encode(w, Tag::context_constructed(2));
        });
    }
}

done! {
    /// The file is closed.
    FileCloseResponse FILE_CLOSE;
    /// The file has its new name.
    FileRenameResponse FILE_RENAME_RESPONSE;
    /// The file is deleted.
    FileDeleteResponse FILE_DELETE_RESPONSE;
    /// The file was fetched.
    ObtainFileResponse OBTAIN_FILE_RESPONSE;
}
