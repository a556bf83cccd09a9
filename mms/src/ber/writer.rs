use super::Tag;

/// Where a constructed element began: given back to [`Writer::end`].
#[derive(Debug)]
#[must_use = "an element that was begun has to be ended"]
pub struct Mark(usize);

/// Appends elements to a buffer.
///
/// Lengths are patched when an element ends: one octet is kept free, and contents of 128 octets
/// and more are moved once by the missing octets. Nothing is written past the limit; from then on
/// the writer only remembers that it [overflowed](Writer::overflowed).
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    limit: usize,
    overflow: bool,
}

impl<'a> Writer<'a> {
    /// Appends to `out`, by at most `room` octets.
    pub fn new(out: &'a mut Vec<u8>, room: usize) -> Self {
        let limit = out.len().saturating_add(room);
        Writer {
            out,
            limit,
            overflow: false,
        }
    }

    /// Appends to `out` without a limit.
    pub fn unbounded(out: &'a mut Vec<u8>) -> Self {
        Writer {
            out,
            limit: usize::MAX,
            overflow: false,
        }
    }

    /// Whether something did not fit. What is in the buffer is incomplete then.
    pub fn overflowed(&self) -> bool {
        self.overflow
    }

    /// Length of the buffer, what was in it before included.
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// Octets that still fit.
    pub fn room(&self) -> usize {
        if self.overflow {
            0
        } else {
            self.limit.saturating_sub(self.out.len())
        }
    }

    /// Drops everything behind `position` and forgets an overflow: how an answer that became too
    /// large, or a list element that does not fit any more, is taken back.
    pub fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
        self.overflow = false;
    }

    /// Appends octets that are a complete encoding already.
    #[inline]
    pub fn raw(&mut self, octets: &[u8]) {
        if self.out.len() + octets.len() > self.limit || self.overflow {
            self.overflow = true;
        } else {
            self.out.extend_from_slice(octets);
        }
    }

    #[inline]
    fn header(&mut self, tag: Tag, length: usize) {
        let octets = tag.0.to_be_bytes();
        let skip = (tag.0.leading_zeros() / 8).min(3) as usize;
        self.raw(&octets[skip..]);
        if length < 0x80 {
            self.raw(&[length as u8]);
        } else {
            let octets = (length as u32).to_be_bytes();
            let skip = ((length as u32).leading_zeros() / 8) as usize;
            self.raw(&[0x80 | (4 - skip) as u8]);
            self.raw(&octets[skip..]);
        }
    }

    /// A primitive element with this content.
    #[inline]
    pub fn primitive(&mut self, tag: Tag, content: &[u8]) {
        self.header(tag, content.len());
        self.raw(content);
    }

    /// Begins a constructed element (or a primitive one whose content is written in pieces).
    pub fn begin(&mut self, tag: Tag) -> Mark {
        self.header(tag, 0);
        Mark(self.out.len())
    }

    /// Ends the element begun at `mark` and fills in its length.
    pub fn end(&mut self, mark: Mark) {
        if self.overflow {
            return;
        }
        let start = mark.0;
        let length = self.out.len() - start;
        if length < 0x80 {
            self.out[start - 1] = length as u8;
            return;
        }
        let octets = (length as u32).to_be_bytes();
        let skip = ((length as u32).leading_zeros() / 8) as usize;
        let more = 4 - skip;
        if self.out.len() + more > self.limit {
            self.overflow = true;
            return;
        }
        self.out.resize(start + length + more, 0);
        self.out.copy_within(start..start + length, start + more);
        self.out[start - 1] = 0x80 | more as u8;
        self.out[start..start + more].copy_from_slice(&octets[skip..]);
    }

    /// A constructed element whose content `fill` writes.
    pub fn constructed(&mut self, tag: Tag, fill: impl FnOnce(&mut Writer<'a>)) {
        let mark = self.begin(tag);
        fill(self);
        self.end(mark);
    }

    /// NULL under `tag`.
    pub fn null(&mut self, tag: Tag) {
        self.header(tag, 0);
    }

    /// BOOLEAN under `tag`: false is 00, true is `01` as libiec61850 writes it.
    pub fn boolean(&mut self, tag: Tag, value: bool) {
        self.primitive(tag, &[u8::from(value)]);
    }

    /// INTEGER under `tag` in the fewest octets.
    #[inline]
    pub fn integer(&mut self, tag: Tag, value: i64) {
        let octets = value.to_be_bytes();
        let spare = if value < 0 {
            value.leading_ones()
        } else {
            value.leading_zeros()
        };
        let skip = ((spare.saturating_sub(1)) / 8).min(7) as usize;
        self.primitive(tag, &octets[skip..]);
    }

    /// Unsigned INTEGER under `tag` in the fewest octets, with a leading zero where needed.
    #[inline]
    pub fn unsigned(&mut self, tag: Tag, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.integer(tag, value),
            Err(_) => {
                let mut content = [0; 9];
                content[1..].copy_from_slice(&value.to_be_bytes());
                self.primitive(tag, &content);
            }
        }
    }

    /// BIT STRING under `tag`: `bits` bits of `octets`, first bit in the top of the first octet.
    pub fn bit_string(&mut self, tag: Tag, octets: &[u8], bits: usize) {
        debug_assert_eq!(octets.len(), bits.div_ceil(8));
        self.header(tag, octets.len() + 1);
        self.raw(&[(octets.len() * 8 - bits) as u8]);
        self.raw(octets);
    }

    /// Character string under `tag`.
    #[inline]
    pub fn text(&mut self, tag: Tag, value: &str) {
        self.primitive(tag, value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ber::{Reader, integer, unsigned};
    use proptest::prelude::*;

    fn written(f: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
        let mut out = vec![];
        f(&mut Writer::unbounded(&mut out));
        out
    }

    #[test]
    fn minimal_integers() {
        for (value, bytes) in [
            (0i64, vec![2, 1, 0]),
            (127, vec![2, 1, 0x7f]),
            (128, vec![2, 2, 0, 0x80]),
            (-1, vec![2, 1, 0xff]),
            (-128, vec![2, 1, 0x80]),
            (-129, vec![2, 2, 0xff, 0x7f]),
            (65000, vec![2, 3, 0, 0xfd, 0xe8]),
        ] {
            assert_eq!(written(|w| w.integer(Tag::INTEGER, value)), bytes);
        }
        assert_eq!(
            written(|w| w.unsigned(Tag::context(6), u64::MAX)),
            [0x86, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255]
        );
    }

    #[test]
    fn lengths_are_patched() {
        for n in [0usize, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let out = written(|w| {
                w.constructed(Tag::SEQUENCE, |w| {
                    w.constructed(Tag::context_constructed(40), |w| w.raw(&vec![0x05; n]))
                })
            });
            let mut r = Reader::new(&out);
            let mut inner = r.expect_nested(Tag::SEQUENCE).unwrap();
            assert_eq!(inner.expect(Tag::context_constructed(40)).unwrap().len(), n);
            assert!(r.is_empty() && inner.is_empty());
        }
    }

    #[test]
    fn the_limit_holds() {
        let mut out = vec![9, 9];
        let mut w = Writer::new(&mut out, 10);
        w.constructed(Tag::SEQUENCE, |w| {
            w.text(Tag::VISIBLE_STRING, "too long for this")
        });
        assert!(w.overflowed());
        w.truncate(2);
        w.text(Tag::VISIBLE_STRING, "fits");
        assert!(!w.overflowed());
        assert_eq!(out.len(), 8);
    }

    #[test]
    fn the_limit_holds_for_patched_lengths() {
        let mut out = vec![];
        let mut w = Writer::new(&mut out, 130);
        w.constructed(Tag::SEQUENCE, |w| w.raw(&[0; 128]));
        assert!(w.overflowed());
    }

    proptest! {
        #[test]
        fn integers_round_trip(value: i64, other: u64) {
            let out = written(|w| { w.integer(Tag::INTEGER, value); w.unsigned(Tag::INTEGER, other) });
            let mut r = Reader::new(&out);
            prop_assert_eq!(integer(r.expect(Tag::INTEGER).unwrap()), Ok(value));
            prop_assert_eq!(unsigned(r.expect(Tag::INTEGER).unwrap()), Ok(other));
        }

        #[test]
        fn reading_never_panics(bytes: Vec<u8>) {
            let mut r = Reader::new(&bytes);
            while let Ok(Some(tlv)) = r.take() {
                let _ = (integer(tlv.content), unsigned(tlv.content), tlv.tag.number());
            }
        }
    }
}
