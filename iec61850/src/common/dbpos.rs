use super::numbered;
use mms::BitString;

numbered! {
    /// A double-point position (IEC 61850-7-3, `Dbpos`).
    Dbpos: i32 {
        /// On the way.
        IntermediateState = 0,
        /// Open.
        Off = 1,
        /// Closed.
        On = 2,
        /// Not possible.
        BadState = 3,
    }
}

impl From<Dbpos> for BitString {
    /// The first bit of the string is the higher one of the number: `On` is `10`.
    fn from(position: Dbpos) -> Self {
        BitString::from_integer_be(2, position.value() as u32)
    }
}

impl From<&BitString> for Dbpos {
    /// From the first two bits; missing bits count as zero.
    fn from(bits: &BitString) -> Self {
        match (bits.get(0), bits.get(1)) {
            (false, false) => Dbpos::IntermediateState,
            (false, true) => Dbpos::Off,
            (true, false) => Dbpos::On,
            (true, true) => Dbpos::BadState,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_higher_bit_comes_first() {
        assert_eq!(BitString::from(Dbpos::On).to_string(), "10");
        for &position in Dbpos::ALL_VALUES {
            assert_eq!(Dbpos::from(&BitString::from(position)), position);
        }
    }
}
