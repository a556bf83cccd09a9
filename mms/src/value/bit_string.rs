use std::fmt;

/// A bit string of up to 2^32 - 1 bits; the first bit is the one sent first (bit 0).
///
/// Strings of up to 64 bits, which is nearly all there are, take no allocation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BitString {
    bits: u32,
    octets: Octets,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Octets {
    Inline([u8; 8]),
    Heap(Box<[u8]>),
}

impl BitString {
    /// `bits` zero bits.
    pub fn new(bits: usize) -> Self {
        let octets = if bits <= 64 {
            Octets::Inline([0; 8])
        } else {
            Octets::Heap(vec![0; bits.div_ceil(8)].into_boxed_slice())
        };
        BitString {
            bits: bits as u32,
            octets,
        }
    }

    /// `bits` bits from octets whose first bit is the top bit of the first octet. Missing octets
    /// count as zero; bits behind the last one are cleared.
    pub fn from_octets(octets: &[u8], bits: usize) -> Self {
        let mut value = Self::new(bits);
        let own = value.octets_mut();
        let count = own.len().min(octets.len());
        own[..count].copy_from_slice(&octets[..count]);
        if !bits.is_multiple_of(8)
            && let Some(last) = own.last_mut()
        {
            *last &= 0xff << (8 - bits % 8);
        }
        value
    }

    /// `bits` bits (at most 32 count) from a number whose least significant bit is bit 0: the
    /// order of libiec61850's `MmsValue_setBitStringFromInteger`.
    pub fn from_integer(bits: usize, value: u32) -> Self {
        let mut string = Self::new(bits);
        for bit in 0..bits.min(32) {
            string.set(bit, value >> bit & 1 == 1);
        }
        string
    }

    /// Like [`BitString::from_integer`] with the most significant bit first, so that the last bit
    /// of the string is the lowest of the number.
    pub fn from_integer_be(bits: usize, value: u32) -> Self {
        let mut string = Self::new(bits);
        for bit in 0..bits.min(32) {
            string.set(bits - 1 - bit, value >> bit & 1 == 1);
        }
        string
    }

    /// Number of bits.
    #[allow(clippy::len_without_is_empty, reason = "is_empty follows")]
    pub fn len(&self) -> usize {
        self.bits as usize
    }

    /// Whether the string has no bits.
    pub fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// The octets, first bit on top of the first one, unused bits zero.
    pub fn octets(&self) -> &[u8] {
        let count = self.len().div_ceil(8);
        match &self.octets {
            Octets::Inline(octets) => &octets[..count],
            Octets::Heap(octets) => octets,
        }
    }

    fn octets_mut(&mut self) -> &mut [u8] {
        let count = self.len().div_ceil(8);
        match &mut self.octets {
            Octets::Inline(octets) => &mut octets[..count],
            Octets::Heap(octets) => octets,
        }
    }

    /// Bit `index`; bits behind the end are false.
    pub fn get(&self, index: usize) -> bool {
        index < self.len()
            && self
                .octets()
                .get(index / 8)
                .is_some_and(|o| o & (0x80 >> (index % 8)) != 0)
    }

    /// Sets bit `index`; bits behind the end are left alone.
    pub fn set(&mut self, index: usize, value: bool) {
        if index >= self.len() {
            return;
        }
        if let Some(octet) = self.octets_mut().get_mut(index / 8) {
            if value {
                *octet |= 0x80 >> (index % 8)
            } else {
                *octet &= !(0x80 >> (index % 8))
            }
        }
    }

    /// Number of bits that are set.
    pub fn count_ones(&self) -> usize {
        self.octets().iter().map(|o| o.count_ones() as usize).sum()
    }

    /// The first 32 bits as a number, bit 0 lowest.
    pub fn to_integer(&self) -> u32 {
        (0..self.len().min(32))
            .filter(|&bit| self.get(bit))
            .fold(0, |value, bit| value | 1 << bit)
    }

    /// The last 32 bits as a number, last bit lowest.
    pub fn to_integer_be(&self) -> u32 {
        (0..self.len().min(32))
            .filter(|&bit| self.get(self.len() - 1 - bit))
            .fold(0, |value, bit| value | 1 << bit)
    }
}

impl fmt::Display for BitString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..self.len()).try_for_each(|bit| f.write_str(if self.get(bit) { "1" } else { "0" }))
    }
}

impl fmt::Debug for BitString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BitString({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        let s = BitString::from_integer(13, 0x840);
        assert_eq!(s.to_string(), "0000001000010");
        assert_eq!(s.to_integer(), 0x840);
        assert_eq!(BitString::from_integer_be(2, 2).to_string(), "10");
        assert_eq!(BitString::from_integer_be(2, 2).to_integer_be(), 2);
        assert_eq!(
            BitString::from_octets(&[0xff, 0xff], 13).octets(),
            &[0xff, 0xf8]
        );
    }

    #[test]
    fn long_strings_and_bounds() {
        let mut s = BitString::new(100);
        s.set(99, true);
        s.set(100, true);
        assert_eq!(
            (s.count_ones(), s.get(99), s.get(100), s.octets().len()),
            (1, true, false, 13)
        );
        assert!(BitString::new(0).is_empty());
        assert_eq!(size_of::<BitString>(), 24);
    }
}
