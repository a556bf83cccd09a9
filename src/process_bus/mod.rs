//! What `ied goose` and `ied sv` have in common: where frames come from and go to, and sending captured ones again.

pub(crate) mod doctor;
pub(crate) mod keys;
pub(crate) mod place;
pub(crate) mod replay;
pub(crate) mod screen;
pub(crate) mod values;

use crate::failure::Failure;
use crate::signals::Signals;
use iec61850::link::{Arrival, Link, Received};
use place::link_failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Set when the program is asked to end. From its making on, that does not kill the program.
pub(crate) struct Ending {
    asked: Arc<AtomicBool>,
}

impl Ending {
    /// `link` is woken when the program is asked to end.
    pub(crate) fn of(link: Option<&dyn Link>) -> Result<Self, Failure> {
        let mut signals = Signals::new()?;
        let asked = Arc::new(AtomicBool::new(false));
        let (flag, waker) = (asked.clone(), link.map(Link::waker));
        // It ends with the program.
        std::thread::spawn(move || {
            signals.wait();
            flag.store(true, Ordering::Relaxed);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        Ok(Ending { asked })
    }

    pub(crate) fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        self.asked.clone()
    }

    /// Waits until a time, or for ever, in steps short enough for whoever presses Ctrl-C. `false` if the program is asked to end.
    pub(crate) fn sleep_until(&self, until: Option<Instant>) -> bool {
        const STEP: Duration = Duration::from_millis(50);
        while !self.asked() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if left.is_zero() => return true,
                Some(left) => std::thread::sleep(left.min(STEP)),
                None => std::thread::sleep(STEP),
            }
        }
        false
    }
}

/// What becomes of frames, see [`watch`].
pub(crate) trait Watch {
    /// Whether it goes on.
    fn frame(&mut self, arrival: Arrival, octets: &[u8]) -> Result<bool, Failure>;
    /// When it wants to hear of the time.
    fn poll_timeout(&self) -> Option<Instant>;
    fn timeout(&mut self, now: Instant) -> Result<(), Failure>;
}

/// Takes frames until there are no more, the time is over, the program is asked to end, or enough was seen. Gives the time of the last frame.
pub(crate) fn watch(
    link: &mut dyn Link,
    until: Option<Instant>,
    watcher: &mut dyn Watch,
) -> Result<Option<Instant>, Failure> {
    let ending = Ending::of(Some(link))?;
    let mut last = None;
    while !ending.asked() {
        let deadline = match (watcher.poll_timeout(), until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let mut result = Ok(true);
        let received = link.receive(deadline, &mut |arrival, octets| {
            if matches!(result, Ok(true)) {
                last = Some(arrival.instant);
                result = watcher
                    .timeout(arrival.instant)
                    .and_then(|()| watcher.frame(arrival, octets));
            }
        });
        match received.map_err(link_failure)? {
            Received::End => break,
            Received::TimedOut => watcher.timeout(Instant::now())?,
            Received::Frames(_) | Received::Woken => {}
        }
        let over = until.is_some_and(|until| until <= Instant::now());
        if !result? || over {
            break;
        }
    }
    Ok(last)
}
