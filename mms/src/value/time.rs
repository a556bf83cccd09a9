use chrono::{DateTime, Utc};
use std::fmt;

/// UtcTime: 8 octets, seconds since 1970, a 24-bit binary fraction and a quality octet
/// (IEC 61850-8-1 clause 8.1.3.6 and ISO 9506-2 `UtcTime`).
///
/// The quality octet holds, from the top bit: leap seconds known, clock failure, clock not
/// synchronized, and five bits of time accuracy (number of significant fraction bits, 0 to 24;
/// 31 is unspecified).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct UtcTime([u8; 8]);

const LEAP_SECOND_KNOWN: u8 = 0x80;
const CLOCK_FAILURE: u8 = 0x40;
const CLOCK_NOT_SYNCHRONIZED: u8 = 0x20;
const ACCURACY: u8 = 0x1f;

impl UtcTime {
    /// 1970-01-01 00:00:00 with an empty quality octet.
    pub const fn new() -> Self {
        UtcTime([0; 8])
    }

    /// The system's time now, to the resolution of the fraction, with an empty quality octet.
    pub fn now() -> Self {
        Utc::now().into()
    }

    /// The eight octets of the wire.
    pub const fn from_bytes(octets: [u8; 8]) -> Self {
        UtcTime(octets)
    }

    /// The eight octets of the wire.
    pub const fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// Milliseconds since 1970; times after 2106 wrap, as on the wire.
    pub fn from_ms(ms: u64) -> Self {
        let fraction = ((ms % 1000) << 24) / 1000;
        Self::from_parts((ms / 1000) as u32, fraction as u32, 0)
    }

    /// Seconds since 1970, 24-bit fraction of a second (units of 2^-24 s) and quality octet.
    pub fn from_parts(seconds: u32, fraction: u32, quality: u8) -> Self {
        let s = seconds.to_be_bytes();
        let f = fraction.to_be_bytes();
        UtcTime([s[0], s[1], s[2], s[3], f[1], f[2], f[3], quality])
    }

    /// Whole seconds since 1970.
    pub fn time_in_seconds(&self) -> u32 {
        u32::from_be_bytes([self.0[0], self.0[1], self.0[2], self.0[3]])
    }

    /// The 24-bit fraction, in units of 2^-24 s.
    pub fn fraction_of_second_part(&self) -> u32 {
        u32::from_be_bytes([0, self.0[4], self.0[5], self.0[6]])
    }

    /// Sets the 24-bit fraction (units of 2^-24 s); higher bits are ignored.
    pub fn set_fraction_of_second_part(&mut self, fraction: u32) {
        self.0[4..7].copy_from_slice(&fraction.to_be_bytes()[1..]);
    }

    /// The fraction as a number from 0 to below 1.
    pub fn fraction_of_second(&self) -> f32 {
        self.fraction_of_second_part() as f32 / 16_777_216.0
    }

    /// Milliseconds since 1970, rounded down after rounding the fraction to microseconds, so that
    /// a time made from whole milliseconds comes back unchanged.
    pub fn time_in_ms(&self) -> u64 {
        let micros = (u64::from(self.fraction_of_second_part()) * 1_000_000 + (1 << 23)) >> 24;
        u64::from(self.time_in_seconds()) * 1000 + micros / 1000
    }

    /// Nanoseconds since 1970.
    pub fn time_in_ns(&self) -> u64 {
        let nanos = (u64::from(self.fraction_of_second_part()) * 1_000_000_000) >> 24;
        u64::from(self.time_in_seconds()) * 1_000_000_000 + nanos
    }

    /// The time as a date with the whole fraction, except that a time within one fraction unit
    /// (60 ns) below a full microsecond is that microsecond: senders round down.
    pub fn time(&self) -> DateTime<Utc> {
        let nanos = self.time_in_ns();
        let next = nanos.div_ceil(1000) * 1000;
        DateTime::from_timestamp_nanos(if next - nanos <= 60 { next } else { nanos } as i64)
    }

    /// The quality octet.
    pub fn quality(&self) -> u8 {
        self.0[7]
    }

    /// Sets the whole quality octet.
    pub fn set_quality(&mut self, quality: u8) {
        self.0[7] = quality;
    }

    /// The same time with another quality octet.
    pub fn with_quality(mut self, quality: u8) -> Self {
        self.0[7] = quality;
        self
    }

    /// Clears the quality octet.
    pub fn clear_flags(&mut self) {
        self.0[7] = 0;
    }

    fn flag(&self, bit: u8) -> bool {
        self.0[7] & bit != 0
    }

    fn set_flag(&mut self, bit: u8, value: bool) {
        if value {
            self.0[7] |= bit
        } else {
            self.0[7] &= !bit
        }
    }

    /// Whether leap seconds since 1970 are taken into account.
    pub fn is_leap_second_known(&self) -> bool {
        self.flag(LEAP_SECOND_KNOWN)
    }

    /// See [`UtcTime::is_leap_second_known`].
    pub fn set_leap_second_known(&mut self, value: bool) {
        self.set_flag(LEAP_SECOND_KNOWN, value);
    }

    /// Whether the clock of the source has failed.
    pub fn has_clock_failure(&self) -> bool {
        self.flag(CLOCK_FAILURE)
    }

    /// See [`UtcTime::has_clock_failure`].
    pub fn set_clock_failure(&mut self, value: bool) {
        self.set_flag(CLOCK_FAILURE, value);
    }

    /// Whether the clock of the source is not synchronized.
    pub fn is_clock_not_synchronized(&self) -> bool {
        self.flag(CLOCK_NOT_SYNCHRONIZED)
    }

    /// See [`UtcTime::is_clock_not_synchronized`].
    pub fn set_clock_not_synchronized(&mut self, value: bool) {
        self.set_flag(CLOCK_NOT_SYNCHRONIZED, value);
    }

    /// Significant bits of the fraction, 0 to 24; 31 is unspecified.
    pub fn subsecond_precision(&self) -> u8 {
        self.0[7] & ACCURACY
    }

    /// See [`UtcTime::subsecond_precision`]; bits above the fifth are ignored.
    pub fn set_subsecond_precision(&mut self, bits: u8) {
        self.0[7] = (self.0[7] & !ACCURACY) | (bits & ACCURACY);
    }
}

impl From<DateTime<Utc>> for UtcTime {
    fn from(time: DateTime<Utc>) -> Self {
        // Rounded up to the next fraction unit, so that going back to ns and truncating to any
        // coarser decimal unit gives the same decimal number.
        let nanos = u64::from(time.timestamp_subsec_nanos().min(999_999_999));
        let fraction = ((nanos << 24).div_ceil(1_000_000_000)).min(0xff_ffff);
        Self::from_parts(time.timestamp() as u32, fraction as u32, 0)
    }
}

impl From<UtcTime> for DateTime<Utc> {
    fn from(time: UtcTime) -> Self {
        time.time()
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date =
            DateTime::<Utc>::from_timestamp_millis(self.time_in_ms() as i64).unwrap_or_default();
        write!(f, "{}", date.format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl fmt::Debug for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UtcTime({self} quality {:#04x})", self.0[7])
    }
}

/// TimeOfDay / BinaryTime: milliseconds since midnight, and in the long form days since
/// 1984-01-01 (ISO 9506-2 `TimeOfDay`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct BinaryTime {
    /// Milliseconds since midnight.
    pub ms: u32,
    /// Days since 1984-01-01; `None` is the short form of four octets.
    pub days: Option<u16>,
}

/// 1984-01-01 in milliseconds since 1970.
const MMS_EPOCH_MS: i64 = 441_763_200_000;
const DAY_MS: i64 = 86_400_000;

impl BinaryTime {
    /// The long form for milliseconds since 1970. Times before 1984 become the start of 1984;
    /// days wrap after 2163, as on the wire.
    pub fn from_ms(ms: u64) -> Self {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        let since = (ms - MMS_EPOCH_MS).max(0);
        BinaryTime {
            ms: (since % DAY_MS) as u32,
            days: Some((since / DAY_MS) as u16),
        }
    }

    /// Milliseconds since 1970 of the long form; the short form has no day and gives `None`.
    pub fn time_in_ms(&self) -> Option<u64> {
        self.days
            .map(|days| (MMS_EPOCH_MS + i64::from(days) * DAY_MS + i64::from(self.ms)) as u64)
    }

    /// The long form as a date.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.time_in_ms()? as i64)
    }

    pub(crate) fn to_octets(self) -> ([u8; 6], usize) {
        let ms = self.ms.to_be_bytes();
        let days = self.days.unwrap_or(0).to_be_bytes();
        (
            [ms[0], ms[1], ms[2], ms[3], days[0], days[1]],
            if self.days.is_some() { 6 } else { 4 },
        )
    }

    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        match *octets {
            [a, b, c, d] => Some(BinaryTime {
                ms: u32::from_be_bytes([a, b, c, d]),
                days: None,
            }),
            [a, b, c, d, e, f] => Some(BinaryTime {
                ms: u32::from_be_bytes([a, b, c, d]),
                days: Some(u16::from_be_bytes([e, f])),
            }),
            _ => None,
        }
    }
}

impl From<DateTime<Utc>> for BinaryTime {
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_ms(time.timestamp_millis().max(0) as u64)
    }
}

impl fmt::Display for BinaryTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time() {
            Some(time) => write!(f, "{}", time.format("%Y-%m-%dT%H:%M:%S%.3fZ")),
            None => write!(
                f,
                "{:02}:{:02}:{:02}.{:03}",
                self.ms / 3_600_000,
                self.ms / 60_000 % 60,
                self.ms / 1000 % 60,
                self.ms % 1000
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_recorded_from_libiec61850() {
        // Golden 14: 1700000000123 ms is sent as 65 53 f1 00 1f 7c ed.
        let t = UtcTime::from_ms(1_700_000_000_123);
        assert_eq!(t.as_bytes(), &[0x65, 0x53, 0xf1, 0x00, 0x1f, 0x7c, 0xed, 0]);
        assert_eq!(t.time_in_ms(), 1_700_000_000_123);
        assert_eq!(t.to_string(), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn quality_bits() {
        let mut t = UtcTime::new();
        t.set_leap_second_known(true);
        t.set_subsecond_precision(10);
        assert_eq!(t.quality(), 0x8a);
        t.set_clock_failure(true);
        t.set_clock_not_synchronized(true);
        assert!(t.has_clock_failure() && t.is_clock_not_synchronized() && t.is_leap_second_known());
        assert_eq!(t.subsecond_precision(), 10);
        t.clear_flags();
        assert_eq!(t.quality(), 0);
    }

    #[test]
    fn binary_time_counts_from_1984() {
        let t = BinaryTime::from_ms(441_763_200_000 + 86_400_000 + 5);
        assert_eq!((t.days, t.ms), (Some(1), 5));
        assert_eq!(t.to_string(), "1984-01-02T00:00:00.005Z");
        // No number is too large; days wrap.
        for ms in [0, 1 << 63, u64::MAX] {
            assert!(BinaryTime::from_ms(ms).ms < 86_400_000);
        }
        assert_eq!(
            BinaryTime {
                ms: 3_723_004,
                days: None
            }
            .to_string(),
            "01:02:03.004"
        );
    }

    proptest! {
        #[test]
        fn milliseconds_round_trip(ms in 0u64..4_294_967_295_000) {
            prop_assert_eq!(UtcTime::from_ms(ms).time_in_ms(), ms);
            prop_assert_eq!(UtcTime::from_ms(ms).time().timestamp_micros(), ms as i64 * 1000);
            let date = DateTime::<Utc>::from_timestamp_millis(ms as i64).unwrap();
            prop_assert_eq!(UtcTime::from(date).time().timestamp_millis(), ms as i64);
        }
    }
}
