use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A moment in UTC, in milliseconds since 1970-01-01.
///
/// On the wire it is GMTBasedS, seconds in 32 bits, or TimeStampExtended with milliseconds besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeStamp {
    ms: i64,
}

impl TimeStamp {
    /// From milliseconds since 1970-01-01.
    pub const fn from_ms(ms: i64) -> Self {
        TimeStamp { ms }
    }

    /// From seconds since 1970-01-01.
    pub const fn from_seconds(seconds: i64) -> Self {
        TimeStamp {
            ms: seconds.saturating_mul(1000),
        }
    }

    /// The clock of the system.
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// Milliseconds since 1970-01-01.
    pub const fn ms(self) -> i64 {
        self.ms
    }

    /// Whole seconds since 1970-01-01, rounded down.
    pub const fn seconds(self) -> i64 {
        self.ms.div_euclid(1000)
    }

    /// Milliseconds of the second, 0 to 999, before 1970 too.
    pub const fn millisecond(self) -> u16 {
        self.ms.rem_euclid(1000) as u16
    }

    /// GMTBasedS: the seconds modulo 2^32, so that the year 2038 is no end.
    pub const fn gmt_based_s(self) -> i32 {
        self.seconds() as i32
    }
}

impl From<SystemTime> for TimeStamp {
    fn from(time: SystemTime) -> Self {
        let ms = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        TimeStamp::from_ms(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => ms(after),
            // Rounded down as on the other side of the epoch.
            Err(before) => {
                let before = before.duration();
                -ms(before) - i64::from(before.subsec_nanos() % 1_000_000 != 0)
            }
        })
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for TimeStamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Days to civil date: the proleptic Gregorian calendar in eras of 400 years that begin on 1 March.
        let days = self.seconds().div_euclid(86_400) + 719_468;
        let second = self.seconds().rem_euclid(86_400);
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            second / 3600,
            second / 60 % 60,
            second % 60,
            self.millisecond()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn parts_before_and_after_the_epoch() {
        let t = TimeStamp::from_ms(1_699_999_990_250);
        assert_eq!((t.gmt_based_s(), t.millisecond()), (1_699_999_990, 250));
        let t = TimeStamp::from_ms(-1);
        assert_eq!((t.gmt_based_s(), t.millisecond()), (-1, 999));
        assert_eq!(
            TimeStamp::from(UNIX_EPOCH - Duration::from_micros(1)),
            TimeStamp::from_ms(-1)
        );
    }

    #[test]
    fn after_2038_modulo_two_to_the_32() {
        assert_eq!(TimeStamp::from_seconds(1 << 31).gmt_based_s(), i32::MIN);
        assert_eq!(TimeStamp::from_seconds((1 << 32) + 7).gmt_based_s(), 7);
    }

    #[test]
    fn as_text() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_699_999_990_250, "2023-11-14T22:13:10.250Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (4_102_444_799_000, "2099-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(TimeStamp::from_ms(ms).to_string(), text);
        }
    }
}
