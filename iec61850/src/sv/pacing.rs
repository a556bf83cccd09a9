//! When frames are sent.

use super::layout::SampleRate;
use std::time::{Duration, Instant};

/// For how long the processor is kept busy before a deadline at the most: the system wakes a thread up
/// later than it was asked to, by some 55 us for ordinary ones.
const MOST_SPIN: Duration = Duration::from_micros(60);
/// What is added to the lateness that was seen.
const MARGIN: Duration = Duration::from_micros(3);
/// Bounds of the classes that lateness is counted in, in microseconds.
const CLASSES: [u64; 12] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20_000];

/// Deadlines at a rate, each counted from the start, so that no error adds up.
#[derive(Clone, Debug)]
pub struct Pacer {
    start: Instant,
    /// Frames per second as a fraction: samples per second by samples of a frame, or one by the
    /// seconds of a frame.
    rate: u64,
    asdus: u64,
    next: u64,
    /// For how long the processor is kept busy before a deadline: as late as this thread is woken.
    spin: Duration,
    statistics: PacingStatistics,
}

/// How well deadlines were met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PacingStatistics {
    /// Frames that had their deadline.
    pub frames: u64,
    /// Frames for which the interface had no room.
    pub lost: u64,
    /// The longest lateness.
    pub worst: Duration,
    total: Duration,
    classes: [u64; CLASSES.len() + 1],
}

impl PacingStatistics {
    /// The mean lateness.
    pub fn mean(&self) -> Duration {
        let frames = u32::try_from(self.frames.max(1)).unwrap_or(u32::MAX);
        self.total / frames
    }

    /// A lateness that so many thousandths of the frames did not exceed: 500 is the median. It is
    /// the bound of a class: 1, 2, 5, 10 microseconds and so on.
    pub fn quantile(&self, thousandths: u64) -> Duration {
        let wanted = (self.frames * thousandths).div_ceil(1000);
        let mut seen = 0;
        for (count, bound) in self.classes.iter().zip(CLASSES) {
            seen += count;
            if seen >= wanted {
                return Duration::from_micros(bound);
            }
        }
        self.worst
    }

    fn add(&mut self, late: Duration) {
        self.frames += 1;
        self.worst = self.worst.max(late);
        self.total = self.total.saturating_add(late);
        let class = CLASSES
            .iter()
            .position(|bound| late <= Duration::from_micros(*bound));
        if let Some(count) = self.classes.get_mut(class.unwrap_or(CLASSES.len())) {
            *count += 1;
        }
    }
}

impl Pacer {
    /// Frames of `asdus` samples each, `rate` samples per second (at least 1), the first at `start`.
    pub fn new(start: Instant, rate: u32, asdus: u32) -> Self {
        Pacer {
            start,
            rate: u64::from(rate.max(1)),
            asdus: u64::from(asdus.max(1)),
            next: 0,
            spin: MOST_SPIN,
            statistics: PacingStatistics::default(),
        }
    }

    /// Frames of `asdus` samples each at a rate, the first at `start`.
    pub fn at_rate(start: Instant, rate: SampleRate, asdus: u32) -> Self {
        match rate {
            SampleRate::PerSecond(rate) => Self::new(start, rate, asdus),
            SampleRate::Seconds(seconds) => {
                Self::new(start, 1, asdus.saturating_mul(seconds.max(1)))
            }
        }
    }

    /// When the next frame is due.
    pub fn next_deadline(&self) -> Instant {
        self.deadline(self.next)
    }

    /// When frame `number` is due.
    pub fn deadline(&self, number: u64) -> Instant {
        let nanos = u128::from(number) * u128::from(self.asdus) * 1_000_000_000;
        let nanos = nanos / u128::from(self.rate);
        self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Waits for the next deadline: asleep, and busy for the last microseconds.
    pub fn wait(&mut self) {
        let left = self.wake_up().saturating_duration_since(Instant::now());
        if !left.is_zero() {
            std::thread::sleep(left);
        }
        self.wait_busily(!left.is_zero());
    }

    /// Until when a thread may sleep, to be awake in time for [`Pacer::wait_busily`].
    pub(crate) fn wake_up(&self) -> Instant {
        let deadline = self.next_deadline();
        deadline.checked_sub(self.spin).unwrap_or(deadline)
    }

    /// Waits for the next deadline without sleep; `slept` says whether the thread has slept until
    /// [`Pacer::wake_up`].
    pub(crate) fn wait_busily(&mut self, slept: bool) {
        let deadline = self.next_deadline();
        if slept {
            self.learn(Instant::now().saturating_duration_since(self.wake_up()));
        }
        let now = loop {
            let now = Instant::now();
            if now >= deadline {
                break now;
            }
            std::hint::spin_loop();
        };
        self.met(now);
    }

    /// The thread was woken so late: soon more than before, slowly less. A thread of real time, which
    /// is woken in time, so keeps the processor free, and is not stopped by the system for having it
    /// all the time.
    fn learn(&mut self, late: Duration) {
        let wanted = (late + MARGIN).min(MOST_SPIN);
        self.spin = match self.spin.checked_sub(wanted) {
            Some(more) => self.spin - more / 16,
            None => wanted,
        };
    }

    /// The next deadline was met at this time.
    fn met(&mut self, now: Instant) {
        let deadline = self.deadline(self.next);
        self.next += 1;
        self.statistics.add(now.saturating_duration_since(deadline));
    }

    pub(crate) fn lost(&mut self) {
        self.statistics.lost += 1;
    }

    /// How well the deadlines were met so far.
    pub fn statistics(&self) -> PacingStatistics {
        self.statistics
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_do_not_drift() {
        let start = Instant::now();
        let pacer = Pacer::new(start, 14_400, 6);
        assert_eq!(pacer.deadline(1) - start, Duration::from_nanos(416_666));
        assert_eq!(pacer.deadline(2400) - start, Duration::from_secs(1));
        let day = pacer.deadline(2400 * 86_400) - start;
        assert_eq!(day, Duration::from_secs(86_400));
        let slow = Pacer::at_rate(start, SampleRate::Seconds(5), 2);
        assert_eq!(slow.deadline(3) - start, Duration::from_secs(30));
        assert!(slow.wake_up() <= slow.next_deadline());
    }

    #[test]
    fn a_thread_that_is_woken_in_time_is_not_busy() {
        let mut pacer = Pacer::new(Instant::now(), 4800, 1);
        let us = Duration::from_micros;
        assert_eq!(pacer.spin, us(60));
        (0..200).for_each(|_| pacer.learn(us(4)));
        assert!((us(7)..us(8)).contains(&pacer.spin), "{:?}", pacer.spin);
        pacer.learn(us(20));
        assert_eq!(pacer.spin, us(23));
        pacer.learn(us(5000));
        assert_eq!(pacer.spin, us(60));
        pacer.learn(us(0));
        assert!((us(56)..us(57)).contains(&pacer.spin), "{:?}", pacer.spin);
    }

    #[test]
    fn lateness_is_counted() {
        let start = Instant::now();
        let mut pacer = Pacer::new(start, 1000, 1);
        for late in [0, 3, 3, 3, 700, 30_000] {
            let due = pacer.deadline(pacer.next);
            pacer.met(due + Duration::from_micros(late));
        }
        let statistics = pacer.statistics();
        assert_eq!(statistics.frames, 6);
        assert_eq!(statistics.quantile(500), Duration::from_micros(5));
        assert_eq!(statistics.quantile(830), Duration::from_micros(1000));
        assert_eq!(statistics.quantile(1000), Duration::from_millis(30));
        assert_eq!(statistics.worst, Duration::from_millis(30));
        assert_eq!(statistics.mean(), Duration::from_nanos(5_118_166));
    }
}
