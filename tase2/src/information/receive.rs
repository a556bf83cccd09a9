//! Messages of a peer: told from reports, and put together where they come in segments.

use crate::DecodeError;
use crate::bilateral::InformationTable;
use crate::standard;
use crate::types::{InfoHeader, buffer_size, content};
use mms::ObjectName;
use mms::pdu::{InformationReport, VariableAccessSpecification};
use std::collections::HashMap;

/// Messages that can be incomplete at once; of more the oldest are lost.
const MAX_PARTIAL: usize = 16;

/// One report with a message, or a segment of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    to_all: bool,
    buffer: usize,
    header: InfoHeader,
    content: Vec<u8>,
}

/// A message that is here as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) to_all: bool,
    pub(crate) info_reference: i32,
    pub(crate) local_reference: i32,
    pub(crate) message_id: i32,
    pub(crate) segments: u32,
    pub(crate) content: Vec<u8>,
}

/// Reads a report that is a message; `None` for other reports.
pub(crate) fn decode(report: &InformationReport<'_>) -> Option<Result<Segment, DecodeError>> {
    let VariableAccessSpecification::Variables(variables) = report.variables else {
        return None;
    };
    if variables.len() != 2 {
        return None;
    }
    let names = || variables.iter().filter_map(|variable| variable.name());
    let header_at = names().position(|name| name.item() == standard::INFO_HEADER)?;
    let (buffer_at, buffer) = names()
        .enumerate()
        .find_map(|(at, name)| Some((at, buffer_size(name.item())?)))?;
    let to_all = names().all(|name| matches!(name, ObjectName::Vmd(_)));
    let read = || {
        let value = |at| {
            report
                .results
                .iter()
                .nth(at)
                .ok_or(DecodeError::UnknownShape)
        };
        let header = InfoHeader::decode(&value(header_at)?)?;
        Ok(Segment {
            to_all,
            buffer,
            header,
            content: content(&value(buffer_at)?, header.size)?.to_vec(),
        })
    };
    Some(read())
}

#[derive(Debug)]
struct Partial {
    first_id: i32,
    next_id: i32,
    segments: u32,
    content: Vec<u8>,
    /// Tells the oldest.
    since: u64,
}

/// What a segment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// A message is complete.
    Whole(Whole),
    /// There is more to come.
    Part,
    /// A segment is missing, or there is too much; what was there is lost.
    Lost(String),
}

/// Puts segments together, where that is agreed on.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    segments: bool,
    max_size: usize,
    /// By scope, InfoReference and LocalReference.
    partial: HashMap<(bool, i32, i32), Partial>,
    count: u64,
}

impl Assembler {
    /// What is agreed on.
    pub(crate) fn configure(&mut self, table: &InformationTable) {
        self.segments = table.segments;
        self.max_size = table.max_size;
    }

    pub(crate) fn take(&mut self, segment: Segment) -> Taken {
        let Segment {
            to_all,
            buffer,
            header,
            content,
        } = segment;
        let whole = |message_id, segments, content| {
            Taken::Whole(Whole {
                to_all,
                info_reference: header.info_reference,
                local_reference: header.local_reference,
                message_id,
                segments,
                content,
            })
        };
        if !self.segments {
            return whole(header.message_id, 1, content);
        }
        let key = (to_all, header.info_reference, header.local_reference);
        let last = content.len() < buffer;
        let before = self.partial.remove(&key);
        let lost = |what: &str| {
            Taken::Lost(format!(
                "{what} message {} of information object {}",
                header.message_id, header.info_reference
            ))
        };
        let mut partial = match before {
            None if last => return whole(header.message_id, 1, content),
            Some(partial) if partial.next_id == header.message_id => partial,
            // It may be another message, of which this is all; the one before is lost then.
            Some(_) => return lost("segments are missing in front of"),
            None => {
                self.count += 1;
                Partial {
                    first_id: header.message_id,
                    next_id: header.message_id,
                    segments: 0,
                    content: Vec::new(),
                    since: self.count,
                }
            }
        };
        if partial.content.len() + content.len() > self.max_size {
            return lost("too long with");
        }
        partial.content.extend(content);
        partial.segments += 1;
        partial.next_id = partial.next_id.wrapping_add(1);
        if last {
            return whole(partial.first_id, partial.segments, partial.content);
        }
        self.partial.insert(key, partial);
        if self.partial.len() > MAX_PARTIAL {
            let oldest = self.partial.iter().min_by_key(|(_, partial)| partial.since);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                self.partial.remove(&oldest);
                return Taken::Lost(format!(
                    "too many incomplete messages; one of information object {} is given up",
                    oldest.1
                ));
            }
        }
        Taken::Part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(reference: i32, id: i32, buffer: usize, octets: &[u8]) -> Segment {
        Segment {
            to_all: false,
            buffer,
            header: InfoHeader {
                info_reference: reference,
                local_reference: 1,
                message_id: id,
                size: octets.len() as i32,
            },
            content: octets.to_vec(),
        }
    }

    fn assembler() -> Assembler {
        let mut assembler = Assembler::default();
        let table = InformationTable {
            segments: true,
            max_size: 10,
            ..InformationTable::default()
        };
        assembler.configure(&table);
        assembler
    }

    fn whole(taken: Taken) -> Option<(i32, u32, Vec<u8>)> {
        match taken {
            Taken::Whole(whole) => Some((whole.message_id, whole.segments, whole.content)),
            _ => None,
        }
    }

    #[test]
    fn without_an_agreement_every_report_is_a_message() {
        let mut assembler = Assembler::default();
        let taken = assembler.take(segment(7, 1, 4, b"abcd"));
        assert_eq!(whole(taken), Some((1, 1, b"abcd".to_vec())));
    }

    #[test]
    fn segments_are_put_together() {
        let mut a = assembler();
        assert_eq!(a.take(segment(7, 1, 4, b"abcd")), Taken::Part);
        // Another object in between.
        assert_eq!(
            whole(a.take(segment(8, 9, 4, b"x"))),
            Some((9, 1, b"x".to_vec()))
        );
        assert_eq!(a.take(segment(7, 2, 4, b"efgh")), Taken::Part);
        assert_eq!(
            whole(a.take(segment(7, 3, 4, b""))),
            Some((1, 3, b"abcdefgh".to_vec()))
        );
        assert_eq!(
            whole(a.take(segment(7, 4, 4, b"i"))),
            Some((4, 1, b"i".to_vec()))
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        let mut a = assembler();
        assert_eq!(a.take(segment(7, 1, 4, b"abcd")), Taken::Part);
        let Taken::Lost(reason) = a.take(segment(7, 3, 4, b"e")) else {
            panic!("nothing was lost");
        };
        assert_eq!(
            reason,
            "segments are missing in front of message 3 of information object 7"
        );
        assert_eq!(
            whole(a.take(segment(7, 4, 4, b"f"))),
            Some((4, 1, b"f".to_vec()))
        );
        for id in 1..3 {
            assert_eq!(a.take(segment(7, id, 4, b"abcd")), Taken::Part);
        }
        assert!(matches!(a.take(segment(7, 3, 4, b"abcd")), Taken::Lost(_)));
    }

    #[test]
    fn incomplete_messages_are_bounded() {
        let mut a = assembler();
        for reference in 0..MAX_PARTIAL as i32 {
            assert_eq!(a.take(segment(reference, 1, 4, b"abcd")), Taken::Part);
        }
        assert!(matches!(a.take(segment(99, 1, 4, b"abcd")), Taken::Lost(_)));
        assert_eq!(a.partial.len(), MAX_PARTIAL);
        // The oldest went.
        assert!(!a.partial.contains_key(&(false, 0, 1)));
    }
}
