use crate::ber::Writer;
use crate::osi::{cotp, session, tpkt};

/// What it takes to put an MMS PDU on the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Framing {
    pub(super) mms_context: u32,
    pub(super) tpdu_size: usize,
    pub(super) max_pdu_size: usize,
}

/// Headers below the presentation user data of a packet that is not segmented.
const LOWER: usize = tpkt::HEADER + cotp::DATA_HEADER + session::DATA_PREFIX.len();
/// All headers in front of an MMS PDU of up to 114 octets: three lengths of one octet and a
/// context identifier of one octet.
const SHORT: usize = LOWER + 9;
/// The longest presentation header in front of an MMS PDU: three tags with lengths of five octets,
/// and a context identifier of seven octets.
const HEAD: usize = 3 * 6 + 7;
/// Slack for answers that have to go out whatever the negotiated size: errors and rejects.
const SMALLEST: usize = 64;

impl Framing {
    /// Appends the MMS PDU that `fill` writes, with all headers in front. `false`: it is larger
    /// than negotiated, and nothing was appended.
    #[inline]
    pub(super) fn send(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) -> bool {
        self.send_limited(out, self.max_pdu_size, fill)
    }

    /// For PDUs that a small negotiated size must not suppress.
    pub(super) fn send_always(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Writer<'_>)) {
        self.send_limited(out, self.max_pdu_size.max(SMALLEST), fill);
    }

    #[inline]
    fn send_limited(
        &self,
        out: &mut Vec<u8>,
        limit: usize,
        fill: impl FnOnce(&mut Writer<'_>),
    ) -> bool {
        let start = out.len();
        out.resize(start + SHORT, 0);
        let mut w = Writer::new(out, limit);
        fill(&mut w);
        if w.overflowed() {
            out.truncate(start);
            return false;
        }
        let length = out.len() - start - SHORT;
        let mut head = [0; HEAD];
        let head = self.head(length, &mut head);
        // The PDU was written behind the shortest headers there can be.
        let gap = LOWER + head.len() - SHORT;
        if gap > 0 {
            out.resize(start + SHORT + length + gap, 0);
            out.copy_within(start + SHORT..start + SHORT + length, start + SHORT + gap);
        }
        let prefix = start + tpkt::HEADER + cotp::DATA_HEADER;
        out[prefix..start + LOWER].copy_from_slice(&session::DATA_PREFIX);
        out[start + LOWER..start + LOWER + head.len()].copy_from_slice(head);
        cotp::finish_data(out, start, self.tpdu_size);
        true
    }

    /// Presentation user data in front of an MMS PDU of `length` octets: written from the inside
    /// out, because each length counts what is behind it.
    fn head<'h>(&self, length: usize, head: &'h mut [u8; HEAD]) -> &'h [u8] {
        let mut at = head.len();
        let mut total = length;
        let mut put = |octets: &[u8]| {
            at -= octets.len();
            head[at..at + octets.len()].copy_from_slice(octets);
            total += octets.len();
            total
        };
        let length_of = |length: usize, put: &mut dyn FnMut(&[u8]) -> usize, tag: u8| {
            let octets = (length as u32).to_be_bytes();
            if length < 0x80 {
                put(&[tag, octets[3]])
            } else if length < 0x100 {
                put(&[tag, 0x81, octets[3]])
            } else if length < 0x1_0000 {
                put(&[tag, 0x82, octets[2], octets[3]])
            } else if length < 0x100_0000 {
                put(&[tag, 0x83, octets[1], octets[2], octets[3]])
            } else {
                let [a, b, c, d] = octets;
                put(&[tag, 0x84, a, b, c, d])
            }
        };
        length_of(length, &mut put, 0xa0);
        // Context identifiers we propose are below 128; those of a caller may be larger.
        let id = u64::from(self.mms_context);
        let skip = (id.leading_zeros() - 1) as usize / 8;
        put(&id.to_be_bytes()[skip..]);
        let list = put(&[2, (8 - skip) as u8]);
        let list = length_of(list, &mut put, 0x30);
        length_of(list, &mut put, 0x61);
        &head[at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::osi::presentation;

    #[test]
    fn every_length_is_framed_right() {
        for context in [1, 3, 200, 70_000, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let framing = Framing {
                mms_context: context,
                tpdu_size: 8192,
                max_pdu_size: 65_000,
            };
            for length in (0..300).chain([1000, 8160, 8192, 20_000, 64_999]) {
                let mut out = vec![9];
                assert!(framing.send(&mut out, |w| w.raw(&vec![5; length])));
                let (mut rest, mut tsdu) = (&out[1..], Vec::new());
                while let Some((payload, taken)) = tpkt::split(rest).unwrap() {
                    let Ok(cotp::Tpdu::Data { data, .. }) = cotp::decode(payload) else {
                        panic!()
                    };
                    tsdu.extend(data);
                    rest = &rest[taken..];
                }
                assert!(rest.is_empty());
                let Ok(session::Spdu::Data(data)) = session::decode(&tsdu) else {
                    panic!()
                };
                let (id, pdu) = presentation::decode_user_data(data)
                    .unwrap()
                    .first()
                    .unwrap();
                assert_eq!((id, pdu.len()), (context, length));
            }
        }
    }

    #[test]
    fn lengths_of_four_octets() {
        let framing = Framing {
            mms_context: u32::MAX,
            tpdu_size: 65_531,
            max_pdu_size: usize::MAX >> 1,
        };
        for length in [0xff_ffff, 0x100_0000] {
            let mut buffer = [0; HEAD];
            let mut ppdu = framing.head(length, &mut buffer).to_vec();
            ppdu.resize(ppdu.len() + length, 5);
            let first = presentation::decode_user_data(&ppdu).unwrap().first();
            assert_eq!(
                first.map(|(id, pdu)| (id, pdu.len())),
                Ok((u32::MAX, length))
            );
        }
    }

    #[test]
    fn too_long_leaves_nothing_behind() {
        let framing = Framing {
            mms_context: 3,
            tpdu_size: 8192,
            max_pdu_size: 100,
        };
        let mut out = vec![1, 2];
        assert!(!framing.send(&mut out, |w| w.raw(&[0; 101])));
        assert_eq!(out, [1, 2]);
    }
}
