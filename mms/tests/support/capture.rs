//! MMS PDUs out of capture files: pcap and pcapng, Ethernet, IPv4, TCP, TPKT, COTP, session, presentation,
//! just enough for the captures at hand (no reordering, no IP fragments).

use mms::ber::{Reader, Tag};
use std::collections::BTreeMap;

/// A direction of a TCP connection.
type Flow = ([u8; 4], u16, [u8; 4], u16);

#[derive(Default)]
struct Stream {
    next: Option<u32>,
    bytes: Vec<u8>,
    segment: Vec<u8>,
}

/// The MMS PDUs of a capture file, in order.
pub(crate) fn mms_pdus(file: &[u8]) -> Vec<Vec<u8>> {
    let mut streams: BTreeMap<Flow, Stream> = BTreeMap::new();
    let mut pdus = vec![];
    for (link, frame) in frames(file) {
        take_frame(link, frame, &mut streams, &mut pdus);
    }
    pdus
}

fn u32_at(file: &[u8], at: usize, big: bool) -> u32 {
    let octets = file[at..at + 4].try_into().unwrap();
    if big {
        u32::from_be_bytes(octets)
    } else {
        u32::from_le_bytes(octets)
    }
}

/// Link type and octets of each frame of a pcap or pcapng file.
fn frames(file: &[u8]) -> Vec<(u32, &[u8])> {
    let mut frames = vec![];
    if file.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
        let big = file[8] == 0x1a;
        let (mut at, mut link) = (0, 1);
        while at + 12 <= file.len() {
            match u32_at(file, at, big) {
                1 => link = u32_at(file, at + 8, big) & 0xffff,
                6 => {
                    let length = u32_at(file, at + 20, big) as usize;
                    frames.push((link, &file[at + 28..at + 28 + length]));
                }
                _ => {}
            }
            at += u32_at(file, at + 4, big) as usize;
        }
        return frames;
    }
    let big = file[0] == 0xa1;
    let link = u32_at(file, 20, big);
    let mut at = 24;
    while at + 16 <= file.len() {
        let length = u32_at(file, at + 8, big) as usize;
        frames.push((link, &file[at + 16..at + 16 + length]));
        at += 16 + length;
    }
    frames
}

fn take_frame(
    link: u32,
    frame: &[u8],
    streams: &mut BTreeMap<Flow, Stream>,
    pdus: &mut Vec<Vec<u8>>,
) {
    let ip = match link {
        // Ethernet, BSD loopback, Linux cooked.
        1 if frame[12..14] == [0x81, 0] => &frame[18..],
        1 => &frame[14..],
        0 => &frame[4..],
        113 => &frame[16..],
        _ => panic!("link type {link}"),
    };
    if ip[0] >> 4 != 4 || ip[9] != 6 {
        return;
    }
    let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    // Zero is what offloading leaves in frames captured on the sender.
    let end = if total == 0 {
        ip.len()
    } else {
        total.min(ip.len())
    };
    let tcp = &ip[usize::from(ip[0] & 0x0f) * 4..end];
    let payload = &tcp[usize::from(tcp[12] >> 4) * 4..];
    let port = |i: usize| u16::from_be_bytes([tcp[i], tcp[i + 1]]);
    if port(0) != 102 && port(2) != 102 {
        return;
    }
    let flow = (
        ip[12..16].try_into().unwrap(),
        port(0),
        ip[16..20].try_into().unwrap(),
        port(2),
    );
    let sequence = u32_at(tcp, 4, true);
    let stream = streams.entry(flow).or_default();
    if payload.is_empty() || stream.next.is_some_and(|next| next != sequence) {
        return;
    }
    stream.next = Some(sequence.wrapping_add(payload.len() as u32));
    stream.bytes.extend_from_slice(payload);
    stream.take_pdus(pdus);
}

impl Stream {
    fn take_pdus(&mut self, pdus: &mut Vec<Vec<u8>>) {
        while self.bytes.len() >= 4 {
            let length = usize::from(u16::from_be_bytes([self.bytes[2], self.bytes[3]]));
            if self.bytes[0] != 3 || length < 7 || self.bytes.len() < length {
                return;
            }
            let tpkt: Vec<u8> = self.bytes.drain(..length).collect();
            let header = usize::from(tpkt[4]) + 5;
            if tpkt[5] != 0xf0 {
                continue;
            }
            self.segment.extend_from_slice(&tpkt[header..]);
            if tpkt[6] & 0x80 != 0 {
                let spdu = std::mem::take(&mut self.segment);
                pdus.extend(user_data(&spdu));
            }
        }
    }
}

/// The MMS PDU in a session PDU, if it holds one.
fn user_data(spdu: &[u8]) -> Option<Vec<u8>> {
    if let Some(rest) = spdu.strip_prefix(&[1, 0, 1, 0]) {
        let pdv = Reader::new(rest)
            .expect_nested(Tag::application_constructed(1))
            .ok()?
            .expect(Tag::SEQUENCE)
            .ok()?;
        let mut r = Reader::new(pdv);
        let context = r.expect(Tag::INTEGER).ok()?;
        let data = r.expect(Tag::context_constructed(0)).ok()?;
        return (context != [1]).then(|| data.to_vec());
    }
    // Some captures have MMS straight on COTP.
    let mut r = Reader::new(spdu);
    if matches!(spdu.first(), Some(0x85 | 0x86 | 0x8b | 0x8c | 0xa0..=0xad))
        && r.any().is_ok()
        && r.is_empty()
    {
        return Some(spdu.to_vec());
    }
    // A connect or accept: the initiate PDU is what stands behind the last single-ASN1-type.
    (0..spdu.len().saturating_sub(4)).rev().find_map(|at| {
        let initiate = Reader::new(&spdu[at..])
            .expect(Tag::context_constructed(0))
            .ok()?;
        (at + 2 + initiate.len() == spdu.len() && matches!(initiate.first(), Some(0xa8..=0xaa)))
            .then(|| initiate.to_vec())
    })
}
