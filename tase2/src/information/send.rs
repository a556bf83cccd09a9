//! Messages on their way out: which buffer, how many segments, to whom.

use super::{InformationEvent, Message, Recipients, Sent};
use crate::bilateral::BilateralTable;
use crate::engine::{Core, State};
use crate::event::{AssociationId, Event};
use crate::types::{InfoHeader, buffer_name};
use mms::ber::Writer;
use mms::pdu::{InformationReportWriter, write_variables};
use mms::{MmsValue, ObjectName};
use std::sync::Arc;

/// Octets in front of the service element in the PDU.
const PDU_HEAD: usize = 6;

/// Why a message was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no bilateral table of this name.
    #[error("there is no bilateral table for {0}")]
    NoSuchPeer(String),
    /// No bilateral table it could go by has the information object.
    #[error("information object {0} is not agreed on")]
    NotAgreed(i32),
    /// It is longer than the largest buffer.
    #[error("{size} octets are more than the largest information buffer has ({largest})")]
    NoBuffer {
        /// Octets of the message.
        size: usize,
        /// Octets of the largest buffer; 0 if there is none.
        largest: usize,
    },
    /// It does not fit a PDU of an association.
    #[error("{size} octets do not fit a PDU of {max_pdu} with {peer}")]
    PduSize {
        /// The peer.
        peer: String,
        /// Octets of the message.
        size: usize,
        /// Octets a PDU may have.
        max_pdu: usize,
    },
    /// Too much waits for a peer already.
    #[error("too much waits for {0} already")]
    Backlog(String),
}

/// One report with a message, or a part of one.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) buffer: usize,
    pub(super) header: InfoHeader,
    pub(super) content: Vec<u8>,
    pub(super) service: Vec<u8>,
}

/// The service element of one report; `domain` is that of the peer, or `None` for VCC scope.
fn encode(domain: Option<&str>, header: InfoHeader, buffer: usize, content: &[u8]) -> Vec<u8> {
    let name = buffer_name(buffer);
    let scoped = |item| match domain {
        Some(domain) => ObjectName::Domain { domain, item },
        None => ObjectName::Vmd(item),
    };
    let mut service = Vec::with_capacity(content.len() + 128);
    let w = &mut Writer::unbounded(&mut service);
    let report = InformationReportWriter::begin(w, |w| {
        write_variables(w, [scoped(crate::standard::INFO_HEADER), scoped(&name)]);
    });
    header.to_value().encode(w);
    MmsValue::OctetString(content.to_vec()).encode(w);
    report.end(w);
    service
}

/// What is to be sent, and to whom it is encoded.
struct Parts<'a> {
    table: &'a BilateralTable,
    buffers: &'a [usize],
    domain: Option<&'a str>,
    message: &'a Message,
    first_id: i32,
}

impl Parts<'_> {
    fn piece(&self, number: usize, buffer: usize, part: &[u8]) -> Piece {
        let header = InfoHeader {
            info_reference: self.message.info_reference,
            local_reference: self.message.local_reference,
            message_id: self.first_id.wrapping_add(number as i32),
            size: part.len() as i32,
        };
        let mut content = part.to_vec();
        if self.table.information.pad {
            content.resize(buffer.max(part.len()), 0);
        }
        let service = encode(self.domain, header, buffer, &content);
        content.truncate(part.len());
        Piece {
            buffer,
            header,
            content,
            service,
        }
    }

    /// In one report if it fits, else in segments if those were agreed on.
    fn pieces(&self, max_pdu: usize) -> Result<Vec<Piece>, SendError> {
        let size = self.message.content.len();
        let segments = self.table.information.segments;
        // A segment that fills its buffer says that there is more.
        let holds = |buffer: usize| buffer > size || (buffer == size && !segments);
        let whole = self.buffers.iter().copied().find(|buffer| holds(*buffer));
        if let Some(buffer) = whole {
            let piece = self.piece(0, buffer, &self.message.content);
            if piece.service.len() + PDU_HEAD <= max_pdu {
                return Ok(vec![piece]);
            }
        }
        let too_long = || match whole {
            Some(_) => SendError::PduSize {
                peer: self.table.peer.clone(),
                size,
                max_pdu,
            },
            None => SendError::NoBuffer {
                size,
                largest: self.buffers.last().copied().unwrap_or(0),
            },
        };
        if !segments {
            return Err(too_long());
        }
        let fits = |buffer: &usize| {
            let full = self.piece(usize::MAX, *buffer, &vec![0; *buffer]);
            full.service.len() + PDU_HEAD <= max_pdu
        };
        let buffer = self.buffers.iter().rev().copied().find(|b| fits(b));
        let buffer = buffer.ok_or_else(too_long)?;
        let mut pieces: Vec<Piece> = self
            .message
            .content
            .chunks(buffer)
            .enumerate()
            .map(|(number, part)| self.piece(number, buffer, part))
            .collect();
        if size.is_multiple_of(buffer) {
            pieces.push(self.piece(pieces.len(), buffer, &[]));
        }
        Ok(pieces)
    }
}

/// Where a message goes.
struct Delivery {
    place: usize,
    peer: String,
    /// Associations that have asked for messages, with what is sent there.
    on: Vec<(u64, Vec<Piece>)>,
    /// What can be read later; encoded as for a PDU of any size.
    kept: Vec<Piece>,
    /// Messages that may wait for this peer.
    queue: usize,
}

impl Core {
    /// Sends a message.
    pub(crate) fn send_information(
        &self,
        to: Recipients<'_>,
        message: &Message,
    ) -> Result<Sent, SendError> {
        let (sent, events) = {
            let mut state = self.state.lock();
            state.send_information(&self.model.information_buffers, to, message)?
        };
        for event in events {
            self.emit(Event::Information(event));
        }
        Ok(sent)
    }

    /// A peer asks for messages, or wants no more.
    pub(crate) fn enable_information(&self, association: AssociationId, enabled: bool) {
        let mut events = Vec::new();
        {
            let mut state = self.state.lock();
            let Some(owner) = state.associations.get_mut(&association.0) else {
                return;
            };
            let changed = owner.information != enabled;
            owner.information = enabled;
            let place = owner.table;
            let peer = state.peer_name(association);
            if changed {
                events.push(InformationEvent::Enabled {
                    peer: peer.clone(),
                    association,
                    enabled,
                });
            }
            if enabled {
                let waiting = state.information.take_queue(&peer);
                for (to_all, message) in waiting {
                    let to = if to_all {
                        Recipients::All
                    } else {
                        Recipients::Peer(&peer)
                    };
                    let buffers = &self.model.information_buffers;
                    if let Err(reason) = state.resend(buffers, place, to, &message) {
                        events.push(InformationEvent::Dropped {
                            peer: peer.clone(),
                            info_reference: message.info_reference,
                            reason: reason.to_string(),
                        });
                    }
                }
            }
        }
        for event in events {
            self.emit(Event::Information(event));
        }
    }
}

impl State {
    fn send_information(
        &mut self,
        buffers: &[usize],
        to: Recipients<'_>,
        message: &Message,
    ) -> Result<(Sent, Vec<InformationEvent>), SendError> {
        let peers = self.peers.iter().enumerate();
        let tables = peers.filter_map(|(place, peer)| Some((place, peer.table.clone()?)));
        let tables: Vec<_> = match to {
            Recipients::All => tables.collect(),
            Recipients::Peer(name) => {
                let mut tables = tables.filter(|(_, table)| table.config.peer == name);
                let found = tables.next();
                vec![found.ok_or_else(|| SendError::NoSuchPeer(name.to_owned()))?]
            }
        };
        let reference = message.info_reference;
        let agreed = |table: &BilateralTable| table.information.send.contains(reference);
        let tables: Vec<_> = tables
            .into_iter()
            .filter(|(_, table)| agreed(&table.config))
            .collect();
        if tables.is_empty() {
            return Err(SendError::NotAgreed(reference));
        }
        let message_id = match message.message_id {
            Some(id) => id,
            None => self.information.next_id(),
        };
        let mut deliveries = Vec::new();
        let mut longest = 1;
        for (place, table) in &tables {
            let delivery =
                self.delivery(buffers, *place, &table.config, to, message, message_id)?;
            let counts = delivery.on.iter().map(|(_, pieces)| pieces.len());
            longest = longest
                .max(delivery.kept.len())
                .max(counts.max().unwrap_or(1));
            deliveries.push(delivery);
        }
        if message.message_id.is_none() {
            self.information.used_ids(longest);
        }
        let mut sent = Sent {
            message_id,
            ..Sent::default()
        };
        let mut events = Vec::new();
        for delivery in deliveries {
            let to_all = to == Recipients::All;
            self.information
                .keep(&delivery.peer, to_all, &delivery.kept);
            if delivery.on.is_empty() && delivery.queue > 0 {
                let waiting = message.clone().with_message_id(message_id);
                let dropped =
                    self.information
                        .queue(&delivery.peer, to_all, waiting, delivery.queue);
                sent.queued += 1;
                events.extend(dropped.map(|dropped| InformationEvent::Dropped {
                    peer: delivery.peer.clone(),
                    info_reference: dropped.info_reference,
                    reason: "too many wait for the peer".to_owned(),
                }));
            }
            for (association, pieces) in delivery.on {
                let services = pieces.into_iter().map(|piece| piece.service).collect();
                if self.post(association, services) {
                    sent.associations += 1;
                } else if to_all {
                    events.push(InformationEvent::Dropped {
                        peer: delivery.peer.clone(),
                        info_reference: reference,
                        reason: "too much waits for the peer".to_owned(),
                    });
                } else {
                    return Err(SendError::Backlog(delivery.peer));
                }
            }
            tracing::debug!(place = delivery.place, peer = %delivery.peer, "information message");
        }
        Ok((sent, events))
    }

    fn delivery(
        &self,
        buffers: &[usize],
        place: usize,
        table: &BilateralTable,
        to: Recipients<'_>,
        message: &Message,
        first_id: i32,
    ) -> Result<Delivery, SendError> {
        let parts = Parts {
            table,
            buffers,
            domain: match to {
                Recipients::All => None,
                Recipients::Peer(_) => Some(&table.domain),
            },
            message,
            first_id,
        };
        let mut on = Vec::new();
        for id in self.associations_of(place) {
            let Some(owner) = self.associations.get(&id).filter(|a| a.information) else {
                continue;
            };
            on.push((id, parts.pieces(owner.max_pdu)?));
        }
        let kept = match on.first() {
            Some((_, pieces)) => pieces.clone(),
            None => parts.pieces(usize::MAX)?,
        };
        Ok(Delivery {
            place,
            peer: table.peer.clone(),
            on,
            kept,
            queue: table.information.queue,
        })
    }

    /// Sends what has waited for one peer.
    fn resend(
        &mut self,
        buffers: &[usize],
        place: usize,
        to: Recipients<'_>,
        message: &Message,
    ) -> Result<(), SendError> {
        let table = self.peers.get(place).and_then(|peer| peer.table.clone());
        let Some(table) = table else {
            return Ok(());
        };
        let reference = message.info_reference;
        if !table.config.information.send.contains(reference) {
            return Err(SendError::NotAgreed(reference));
        }
        let first_id = message.message_id.unwrap_or_default();
        let table: Arc<_> = table;
        let delivery = self.delivery(buffers, place, &table.config, to, message, first_id)?;
        for (association, pieces) in delivery.on {
            let services = pieces.into_iter().map(|piece| piece.service).collect();
            if !self.post(association, services) {
                return Err(SendError::Backlog(delivery.peer));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(
        size: usize,
        max_pdu: usize,
        segments: bool,
    ) -> Result<Vec<(usize, i32, i32)>, SendError> {
        let mut table = BilateralTable::new("P", "1", "ICC1");
        table.information.segments = segments;
        let message = Message::new(7, vec![b'x'; size]);
        let parts = Parts {
            table: &table,
            buffers: &[128, 1024],
            domain: Some("ICC1"),
            message: &message,
            first_id: 42,
        };
        let pieces = parts.pieces(max_pdu)?;
        let head = |p: &Piece| (p.buffer, p.header.message_id, p.header.size);
        assert!(pieces.iter().all(|p| p.service.len() + PDU_HEAD <= max_pdu));
        Ok(pieces.iter().map(head).collect())
    }

    #[test]
    fn the_smallest_buffer_that_holds_it() {
        for (size, buffer) in [(0, 128), (128, 128), (129, 1024), (1024, 1024)] {
            let sent = pieces(size, 8192, false);
            assert_eq!(sent, Ok(vec![(buffer, 42, size as i32)]), "{size}");
        }
        let error = SendError::NoBuffer {
            size: 1025,
            largest: 1024,
        };
        assert_eq!(pieces(1025, 8192, false), Err(error));
        let error = pieces(1024, 600, false).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1024 octets do not fit a PDU of 600 with P"
        );
    }

    #[test]
    fn segments_fill_their_buffer_but_the_last() {
        assert_eq!(pieces(127, 8192, true), Ok(vec![(128, 42, 127)]));
        // A full one would say that there is more.
        assert_eq!(pieces(128, 8192, true), Ok(vec![(1024, 42, 128)]));
        assert_eq!(
            pieces(1024, 8192, true),
            Ok(vec![(1024, 42, 1024), (1024, 43, 0)])
        );
        let three = vec![(1024, 42, 1024), (1024, 43, 1024), (1024, 44, 1)];
        assert_eq!(pieces(2049, 8192, true), Ok(three));
        // A PDU too small for the large buffer takes the small one.
        assert_eq!(
            pieces(200, 280, true),
            Ok(vec![(128, 42, 128), (128, 43, 72)])
        );
        assert!(pieces(200, 150, true).is_err());
    }

    #[test]
    fn octets_of_the_worked_example() {
        let header = InfoHeader {
            info_reference: 7,
            local_reference: 1,
            message_id: 42,
            size: 5,
        };
        let service = encode(Some("ICC1"), header, 128, b"hello");
        let mut pdu = vec![];
        mms::pdu::write_unconfirmed(&mut Writer::unbounded(&mut pdu), |w| w.raw(&service));
        let expected: Vec<u8> = "a3 54 a0 52 a0 39 30 1c a0 1a a1 18 1a 04 49 43 43 31 1a 10 49 6e 66 6f 5f 4d 65 73 73 5f 48 65 61 64 65 72
            30 19 a0 17 a1 15 1a 04 49 43 43 31 1a 0d 49 6e 66 6f 5f 42 75 66 66 5f 31 32 38
            a0 15 a2 0c 85 01 07 85 01 01 85 01 2a 85 01 05 89 05 68 65 6c 6c 6f"
            .split_whitespace()
            .map(|o| u8::from_str_radix(o, 16).unwrap())
            .collect();
        assert_eq!(pdu, expected);
    }
}
