//! What control centres said to each other, out of a capture file: associations, services, transfer sets and reports by their TASE.2
//! names.

mod association;
mod exchange;
mod frames;
mod record;
pub(crate) mod stream;

pub use frames::CaptureError;
pub use record::{Record, ReportRecord, What};

use association::Conversation;
use frames::{frames, segment};
use std::collections::HashMap;
use std::net::SocketAddr;
use stream::Unit;

/// What a capture file has.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Decoded {
    /// What was said, in the order of the frames that end it.
    pub records: Vec<Record>,
    /// Frames in the file.
    pub frames: usize,
    /// Connections with something of TASE.2 in them.
    pub associations: usize,
    /// MMS PDUs.
    pub pdus: usize,
    /// Records that tell of something that did not decode.
    pub problems: usize,
}

struct Connection {
    number: usize,
    conversation: Conversation,
    /// The stream of either side, first that of the one with the lower address.
    streams: [stream::Stream; 2],
}

/// Decodes a capture file, pcap or pcapng. TCP segments may come in any order; connections that are not of TPKT are passed over.
///
/// # Errors
/// [`CaptureError`] if it is none.
pub fn decode(file: &[u8]) -> Result<Decoded, CaptureError> {
    let frames = frames(file)?;
    let mut connections: HashMap<(SocketAddr, SocketAddr), Connection> = HashMap::new();
    let mut decoded = Decoded {
        frames: frames.len(),
        ..Decoded::default()
    };
    let first = frames.first().map_or(0.0, |frame| frame.time);
    for (i, frame) in frames.iter().enumerate() {
        let Some(segment) = segment(frame) else {
            continue;
        };
        let low_first = segment.from < segment.to;
        let key = match low_first {
            true => (segment.from, segment.to),
            false => (segment.to, segment.from),
        };
        // A connection is one of ours if it begins with a TPKT, of which the first segment may have one octet only.
        let begins = matches!(segment.payload, [3] | [3, 0, ..]);
        let ours = begins || connections.contains_key(&key);
        if !ours {
            continue;
        }
        let connection = connections.entry(key).or_insert_with(|| {
            decoded.associations += 1;
            Connection {
                number: decoded.associations,
                conversation: Conversation::default(),
                streams: Default::default(),
            }
        });
        let mut say = |conversation: &mut Conversation, units: Vec<Unit>| {
            for unit in units {
                let place = record::Place {
                    frame: i + 1,
                    time: frame.time - first,
                    association: connection.number,
                    from: segment.from,
                    to: segment.to,
                };
                conversation.take(unit, low_first, &place, &mut decoded);
            }
        };
        let stream = &mut connection.streams[usize::from(!low_first)];
        let units = stream.take(segment.sequence, segment.syn, segment.payload);
        say(&mut connection.conversation, units);
        if segment.reset {
            let units = stream.end();
            say(&mut connection.conversation, units);
        }
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests;
