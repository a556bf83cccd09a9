//! One direction of a TCP connection: segments into octets, octets into TPDUs and TSDUs.

use mms::osi::cotp::{self, Tpdu};
use mms::osi::tpkt;
use std::collections::BTreeMap;

/// Octets that wait for a segment that is missing; of more it is given up.
const MAX_HELD: usize = 4 << 20;
/// Octets of a TSDU that comes in several TPDUs.
const MAX_TSDU: usize = 1 << 20;

/// What came out of a stream.
pub(crate) enum Unit {
    /// A connection request or its confirmation.
    Connect,
    /// A TSDU.
    Data(Vec<u8>),
    /// The transport connection was refused or ended.
    Disconnect,
    /// Something that does not decode, or is missing.
    Problem(String),
}

#[derive(Default)]
pub(crate) struct Stream {
    next: Option<u32>,
    /// Segments ahead of `next`, by their distance from it when they came.
    held: BTreeMap<u32, Vec<u8>>,
    held_octets: usize,
    octets: Vec<u8>,
    tsdu: Vec<u8>,
    /// It does not decode any more.
    lost: bool,
}

impl Stream {
    /// Takes a segment and gives what is whole now.
    pub(crate) fn take(&mut self, sequence: u32, syn: bool, payload: &[u8]) -> Vec<Unit> {
        let mut units = Vec::new();
        if syn {
            *self = Stream {
                next: Some(sequence.wrapping_add(1)),
                ..Stream::default()
            };
            return units;
        }
        if payload.is_empty() {
            return units;
        }
        // A capture may begin in the middle.
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next) as i32;
        if ahead > 0 {
            self.held_octets += payload.len();
            self.held.insert(sequence, payload.to_vec());
            if self.held_octets > MAX_HELD {
                units.push(Unit::Problem(
                    "octets are missing in the capture".to_owned(),
                ));
                self.skip();
            }
        } else {
            // What came before is cut off.
            let known = usize::try_from(-i64::from(ahead)).unwrap_or(0);
            self.append(payload.get(known..).unwrap_or_default());
        }
        self.join();
        self.units(&mut units);
        units
    }

    /// The connection is over: what is held will not be complete any more.
    pub(crate) fn end(&mut self) -> Vec<Unit> {
        let mut units = Vec::new();
        if !self.held.is_empty() {
            units.push(Unit::Problem(
                "octets are missing in the capture".to_owned(),
            ));
            self.skip();
            self.join();
            self.units(&mut units);
        }
        units
    }

    fn append(&mut self, payload: &[u8]) {
        self.octets.extend_from_slice(payload);
        self.next = self
            .next
            .map(|next| next.wrapping_add(payload.len() as u32));
    }

    /// Goes on with the nearest segment that is held; the packet that is cut is dropped.
    fn skip(&mut self) {
        let Some(next) = self.next else {
            return;
        };
        let nearest = self
            .held
            .keys()
            .min_by_key(|s| s.wrapping_sub(next))
            .copied();
        self.next = nearest;
        self.octets.clear();
        self.tsdu.clear();
    }

    fn join(&mut self) {
        while let Some(next) = self.next {
            let ready = self
                .held
                .keys()
                .copied()
                .find(|s| s.wrapping_sub(next) as i32 <= 0);
            let Some(sequence) = ready else {
                return;
            };
            if let Some(payload) = self.held.remove(&sequence) {
                self.held_octets -= payload.len();
                let known = next.wrapping_sub(sequence) as usize;
                self.append(payload.get(known..).unwrap_or_default());
            }
        }
    }

    fn units(&mut self, units: &mut Vec<Unit>) {
        let octets = std::mem::take(&mut self.octets);
        let mut used = 0;
        while !self.lost {
            match tpkt::split(octets.get(used..).unwrap_or_default()) {
                Ok(None) => break,
                Ok(Some((payload, taken))) => {
                    used += taken;
                    self.tpdu(payload, units);
                }
                Err(error) => {
                    self.lost = true;
                    units.push(Unit::Problem(error.to_string()));
                }
            }
        }
        self.octets = octets.get(used..).unwrap_or_default().to_vec();
        if self.lost {
            self.octets.clear();
        }
    }

    fn tpdu(&mut self, payload: &[u8], units: &mut Vec<Unit>) {
        match cotp::decode(payload) {
            Ok(Tpdu::ConnectRequest(_) | Tpdu::ConnectConfirm(_)) => units.push(Unit::Connect),
            Ok(Tpdu::Data { end, data }) => {
                if self.tsdu.len() + data.len() <= MAX_TSDU {
                    self.tsdu.extend_from_slice(data);
                }
                if end {
                    units.push(Unit::Data(std::mem::take(&mut self.tsdu)));
                }
            }
            Ok(Tpdu::DisconnectRequest { .. } | Tpdu::Error { .. }) => units.push(Unit::Disconnect),
            Err(error) => units.push(Unit::Problem(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DT with one octet, as it is on the wire.
    fn packet(octet: u8) -> Vec<u8> {
        vec![3, 0, 0, 8, 2, 0xf0, 0x80, octet]
    }

    fn data(units: &[Unit]) -> Vec<u8> {
        let all = units.iter().filter_map(|unit| match unit {
            Unit::Data(data) => data.first().copied(),
            _ => None,
        });
        all.collect()
    }

    #[test]
    fn segments_in_any_order_and_twice() {
        let mut stream = Stream::default();
        stream.take(u32::MAX - 5, true, &[]);
        let octets: Vec<u8> = (1..=4).flat_map(packet).collect();
        let start = u32::MAX - 4;
        let at = |n: u32| start.wrapping_add(n);
        assert_eq!(data(&stream.take(at(16), false, &octets[16..24])), []);
        assert_eq!(data(&stream.take(at(0), false, &octets[0..5])), []);
        // Overlaps what is there, over the end of the sequence numbers.
        assert_eq!(data(&stream.take(at(3), false, &octets[3..12])), [1]);
        assert_eq!(data(&stream.take(at(3), false, &octets[3..12])), []);
        assert_eq!(data(&stream.take(at(12), false, &octets[12..16])), [2, 3]);
        assert_eq!(data(&stream.take(at(20), false, &octets[20..32])), [4]);
    }

    #[test]
    fn missing_octets_are_told() {
        let mut stream = Stream::default();
        stream.take(0, true, &[]);
        assert_eq!(data(&stream.take(1, false, &packet(1))), [1]);
        stream.take(17, false, &packet(3));
        let units = stream.end();
        assert!(matches!(&units[0], Unit::Problem(_)));
        assert_eq!(data(&units), [3]);
    }
}
