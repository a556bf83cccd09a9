//! The deadlines of a server, and the one task that waits for them. While there is none, the task
//! sleeps until it is told of one.

use super::Shared;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// What a deadline is for; the numbers are those of control blocks of their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimerKey {
    /// The buffer time of a report is over.
    BufferTime(u32),
    /// An integrity report is due.
    Integrity(u32),
    /// The reservation of a report control block ends.
    Reservation(u32),
    /// A log entry of all members is due.
    LogIntegrity(u32),
    /// A setting group is no longer reserved for the client that edits it.
    Edit(u32),
}

/// A deadline, to cancel it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimerId(Instant, u64);

/// Deadlines in their order.
#[derive(Debug, Default)]
pub(super) struct Timers {
    queue: BTreeMap<TimerId, TimerKey>,
    next: u64,
    /// Until when the task sleeps; `None`: until it is told.
    asleep_until: Option<Instant>,
    wake: Arc<Notify>,
}

impl Timers {
    pub(super) fn schedule(&mut self, at: Instant, key: TimerKey) -> TimerId {
        let id = TimerId(at, self.next);
        self.next += 1;
        self.queue.insert(id, key);
        if self.asleep_until.is_none_or(|until| at < until) {
            self.asleep_until = Some(at);
            self.wake.notify_one();
        }
        id
    }

    /// In some time from now.
    pub(super) fn schedule_in(&mut self, time: Duration, key: TimerKey) -> TimerId {
        self.schedule(Instant::now() + time, key)
    }

    pub(super) fn cancel(&mut self, id: Option<TimerId>) {
        if let Some(id) = id {
            self.queue.remove(&id);
        }
    }

    /// Takes the first deadline that has passed.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(Instant, TimerKey)> {
        let first = self.queue.first_entry()?;
        if first.key().0 > now {
            return None;
        }
        let (id, key) = first.remove_entry();
        Some((id.0, key))
    }

    /// The first deadline, for which the task will sleep.
    fn sleep(&mut self) -> Option<Instant> {
        self.asleep_until = self.queue.first_key_value().map(|(id, _)| id.0);
        self.asleep_until
    }
}

/// Waits for deadlines, and has them met, until it is aborted.
pub(super) async fn run(shared: Arc<Shared>) {
    let wake = shared.store.lock_in_task().timers.wake.clone();
    loop {
        // A locked data model holds deadlines back as it does requests.
        poll_fn(|cx| shared.store.poll_free(cx)).await;
        let next = {
            let mut state = shared.store.lock_in_task();
            shared.meet_deadlines(&mut state, Instant::now());
            let next = state.timers.sleep();
            shared.finish(state);
            next
        };
        match next {
            None => wake.notified().await,
            Some(at) => tokio::select! {
                () = sleep_until(at) => {}
                () = wake.notified() => {}
            },
        }
    }
}

impl Shared {
    fn meet_deadlines(&self, state: &mut super::store::State, now: Instant) {
        while let Some((due, key)) = state.timers.pop_due(now) {
            match key {
                TimerKey::BufferTime(report) => self.buffer_time_over(state, report),
                TimerKey::Integrity(report) => self.integrity_report(state, report, due),
                TimerKey::Reservation(report) => self.reservation_over(state, report),
                TimerKey::LogIntegrity(log) => self.integrity_entry(state, log, due),
                TimerKey::Edit(block) => self.edit_reservation_over(state, block),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn deadlines_come_in_their_order() {
        let mut timers = Timers::default();
        let now = Instant::now();
        let at = |ms| now + Duration::from_millis(ms);
        timers.schedule(at(30), TimerKey::Integrity(3));
        let cancelled = timers.schedule(at(20), TimerKey::Integrity(2));
        timers.schedule(at(10), TimerKey::Integrity(1));
        timers.schedule(at(10), TimerKey::BufferTime(1));
        timers.cancel(Some(cancelled));
        assert_eq!(timers.pop_due(at(9)), None);
        assert_eq!(timers.sleep(), Some(at(10)));
        let due: Vec<_> = std::iter::from_fn(|| timers.pop_due(at(30))).collect();
        let keys = [
            (at(10), TimerKey::Integrity(1)),
            (at(10), TimerKey::BufferTime(1)),
            (at(30), TimerKey::Integrity(3)),
        ];
        assert_eq!(due, keys);
        assert_eq!(timers.sleep(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_an_earlier_deadline_wakes() {
        let mut timers = Timers::default();
        let wake = timers.wake.clone();
        let woken = || {
            let mut notified = Box::pin(wake.notified());
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            notified.as_mut().poll(&mut cx).is_ready()
        };
        let in_ms = Duration::from_millis;
        timers.schedule_in(in_ms(100), TimerKey::Integrity(0));
        assert!(woken());
        timers.sleep();
        timers.schedule_in(in_ms(200), TimerKey::Integrity(0));
        assert!(!woken());
        timers.schedule_in(in_ms(50), TimerKey::Integrity(0));
        assert!(woken());
    }
}
