use mms::BitString;

bitflags::bitflags! {
    /// Quality of a value (IEC 61850-7-3, clause 6.2).
    ///
    /// The lowest two bits are a number, the validity: use [`Quality::validity`] and
    /// [`Quality::with_validity`] for them. Bits without a name are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct Quality: u16 {
        /// Validity good.
        const VALIDITY_GOOD = 0;
        /// Validity reserved.
        const VALIDITY_RESERVED = 1;
        /// Validity invalid.
        const VALIDITY_INVALID = 2;
        /// Validity questionable.
        const VALIDITY_QUESTIONABLE = 3;
        /// The value cannot be represented.
        const DETAIL_OVERFLOW = 4;
        /// The value is out of range.
        const DETAIL_OUT_OF_RANGE = 8;
        /// The reference value is bad.
        const DETAIL_BAD_REFERENCE = 16;
        /// The value oscillates.
        const DETAIL_OSCILLATORY = 32;
        /// A failure was found.
        const DETAIL_FAILURE = 64;
        /// The value is old.
        const DETAIL_OLD_DATA = 128;
        /// The value contradicts others.
        const DETAIL_INCONSISTENT = 256;
        /// The value is not accurate.
        const DETAIL_INACCURATE = 512;
        /// The source is a substitution.
        const SOURCE_SUBSTITUTED = 1024;
        /// The value belongs to a test.
        const TEST = 2048;
        /// An operator blocked the update.
        const OPERATOR_BLOCKED = 4096;
        /// The value is derived; beyond the 13 bits of the wire.
        const DERIVED = 8192;

        const _ = !0;
    }
}

super::numbered! {
    /// Whether a value can be used.
    QualityValidity: i32 {
        /// It can.
        Good = 0,
        /// Not defined.
        Reserved = 1,
        /// It cannot.
        Invalid = 2,
        /// Something is not as usual.
        Questionable = 3,
    }
}

bitflags::bitflags! {
    /// Why a value is not good.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct QualityDetail: u16 {
        /// The value cannot be represented.
        const OVERFLOW = 4;
        /// The value is out of range.
        const OUT_OF_RANGE = 8;
        /// The reference value is bad.
        const BAD_REFERENCE = 16;
        /// The value oscillates.
        const OSCILLATORY = 32;
        /// A failure was found.
        const FAILURE = 64;
        /// The value is old.
        const OLD_DATA = 128;
        /// The value contradicts others.
        const INCONSISTENT = 256;
        /// The value is not accurate.
        const INACCURATE = 512;
    }
}

const VALIDITY_MASK: u16 = 3;

impl Quality {
    /// Bits of a quality on the wire.
    pub const BITS: usize = 13;

    /// The validity.
    pub const fn validity(self) -> QualityValidity {
        match self.bits() & VALIDITY_MASK {
            0 => QualityValidity::Good,
            1 => QualityValidity::Reserved,
            2 => QualityValidity::Invalid,
            _ => QualityValidity::Questionable,
        }
    }

    /// The same quality with another validity.
    pub const fn with_validity(self, validity: QualityValidity) -> Self {
        Self::from_bits_retain(self.bits() & !VALIDITY_MASK | validity as u16)
    }

    /// The reasons why the validity is not good.
    pub const fn detail(self) -> QualityDetail {
        QualityDetail::from_bits_truncate(self.bits())
    }

    /// The same quality with other reasons.
    pub const fn with_detail(self, detail: QualityDetail) -> Self {
        Self::from_bits_retain(self.bits() & !QualityDetail::all().bits() | detail.bits())
    }
}

impl From<Quality> for BitString {
    /// 13 bits, the lowest bit first.
    fn from(quality: Quality) -> Self {
        BitString::from_integer(Quality::BITS, quality.bits().into())
    }
}

impl From<&BitString> for Quality {
    /// From the first 16 bits; missing bits count as zero.
    fn from(bits: &BitString) -> Self {
        Quality::from_bits_retain(bits.to_integer() as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_the_wire() {
        let invalid_test = Quality::VALIDITY_INVALID | Quality::TEST;
        let bits = BitString::from(invalid_test);
        assert_eq!(bits.to_string(), "0100000000010");
        assert_eq!(Quality::from(&bits), invalid_test);
        assert_eq!(Quality::from(&BitString::new(0)), Quality::VALIDITY_GOOD);
    }

    #[test]
    fn validity_is_a_number() {
        let q = (Quality::VALIDITY_QUESTIONABLE | Quality::DETAIL_OLD_DATA | Quality::TEST)
            .with_validity(QualityValidity::Invalid);
        assert_eq!(q.validity(), QualityValidity::Invalid);
        assert_eq!(q.detail(), QualityDetail::OLD_DATA);
        let q = q.with_detail(QualityDetail::OVERFLOW);
        assert_eq!(
            q,
            Quality::VALIDITY_INVALID | Quality::DETAIL_OVERFLOW | Quality::TEST
        );
        assert_eq!(Quality::from_bits(0xc000).map(|q| q.bits()), Some(0xc000));
    }
}
