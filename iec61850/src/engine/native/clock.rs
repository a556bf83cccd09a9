//! What time it is.

use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Where the time of day comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Clock {
    /// The clock of the computer.
    #[cfg(not(test))]
    System,
    /// A time of day at some moment of tokio's clock, which tests can pause.
    #[cfg(test)]
    From(Instant, SystemTime),
}

impl Clock {
    /// Milliseconds since 1970.
    pub(super) fn now_ms(self) -> u64 {
        let now = match self {
            #[cfg(not(test))]
            Clock::System => SystemTime::now(),
            #[cfg(test)]
            Clock::From(moment, time) => time + moment.elapsed(),
        };
        let since_1970 = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
    }

    /// When the time of day is a multiple of `period` next.
    pub(super) fn next_multiple(self, period: Duration) -> Instant {
        let period = u64::try_from(period.as_millis()).unwrap_or(u64::MAX).max(1);
        let rest = period - self.now_ms() % period;
        Instant::now() + Duration::from_millis(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn multiples_of_a_period() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_250);
        let clock = Clock::From(Instant::now(), time);
        let period = Duration::from_millis(1000);
        let due = clock.next_multiple(period) - Instant::now();
        assert_eq!(due, Duration::from_millis(750));
        tokio::time::advance(due).await;
        assert_eq!(clock.now_ms(), 1_000_001_000);
        assert_eq!(clock.next_multiple(period) - Instant::now(), period);
    }
}
