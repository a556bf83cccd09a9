use crate::types::TimeStamp;
use std::fmt;
use tokio::time::Instant;

/// Where the wall clock is read: time stamps of reports, and the phase of transfer sets with a StartTime. Waiting goes by the monotonic
/// clock of tokio alone.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time.
    fn now(&self) -> TimeStamp;
}

/// The clock of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> TimeStamp {
        TimeStamp::now()
    }
}

/// A wall clock that goes with tokio's monotonic one, paused time in tests included.
#[derive(Clone, Copy, Debug)]
pub struct SteadyClock {
    origin: Instant,
    time: TimeStamp,
}

impl SteadyClock {
    /// Says `time` now.
    pub fn starting_at(time: TimeStamp) -> Self {
        SteadyClock {
            origin: Instant::now(),
            time,
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> TimeStamp {
        let passed = i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(i64::MAX);
        TimeStamp::from_ms(self.time.ms().saturating_add(passed))
    }
}
