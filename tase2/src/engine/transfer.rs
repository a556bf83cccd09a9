//! One enabled transfer set: what it remembers, when it reports, and what (reference section 4.6). It knows no wire, no association and no
//! clock; moments come in as arguments.

use super::data_set::DataSet;
use crate::types::{DsConditions, DsTransferSet, PointValue, TimeStamp};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// After so many reports in a row without acknowledgement a critical transfer set is stopped.
const MAX_FAILURES: u8 = 3;
/// Critical reports that can wait for their acknowledgement; of more the oldest count as failed.
const MAX_UNACKNOWLEDGED: usize = 1000;
/// No slot.
const NONE: u32 = u32::MAX;

/// What the table of the peer says about timing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) initial_full: bool,
    pub(crate) send_empty: bool,
    pub(crate) full_intervals: bool,
    pub(crate) max_events: usize,
    pub(crate) critical_timeout: Duration,
}

/// A change of a member, with the value it had then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) member: u32,
    pub(crate) value: PointValue,
}

/// What a report contains.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Every member, with the value it has when the report is made.
    Full,
    /// These changes.
    Changes(Vec<Change>),
}

/// A report that is due.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pending {
    pub(crate) conditions: DsConditions,
    pub(crate) event_code: i16,
    pub(crate) content: Content,
    /// When its condition came.
    since: Instant,
}

impl Pending {
    fn weight(&self) -> usize {
        match &self.content {
            Content::Full => 1,
            Content::Changes(changes) => changes.len().max(1),
        }
    }
}

/// What has happened since it was looked at last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Incidents {
    /// Reports dropped because of TLE.
    pub(crate) too_late: u32,
    /// Changes dropped because too many waited.
    pub(crate) overflowed: u32,
    /// Reports nobody acknowledged in time.
    pub(crate) unacknowledged: u32,
    /// Reports that were refused (NACK).
    pub(crate) refused: u32,
    /// That was too much: the transfer set is to be stopped.
    pub(crate) stop: bool,
}

#[derive(Debug)]
pub(crate) struct Transfer {
    pub(crate) set: DsTransferSet,
    pub(crate) data_set: Arc<DataSet>,
    timing: Timing,
    start: Instant,
    started: bool,
    /// A moment the periods go by, not before the start.
    interval_phase: Instant,
    integrity_phase: Instant,
    next_interval: Option<Instant>,
    next_integrity: Option<Instant>,
    buffer_deadline: Option<Instant>,
    changes: VecDeque<Change>,
    /// Member to its place in `changes`, as long as it has one.
    places: Vec<u32>,
    /// When the first of the changes came.
    changed_since: Option<Instant>,
    /// A change has to be reported at the end of the batch.
    at_batch_end: bool,
    /// A deadline has come that whoever waits does not know.
    armed: bool,
    queue: VecDeque<Pending>,
    /// Changes in the queue.
    weight: usize,
    /// Something was dropped: a full report mends it.
    mend: bool,
    unacknowledged: VecDeque<(i32, Instant)>,
    failures: u8,
    /// The next report of changes is a full one.
    full_next: bool,
    incidents: Incidents,
}

fn seconds(seconds: i32) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

/// The first moment after `now` that is a whole number of periods from `phase`: missed periods are skipped, and nothing drifts.
fn next_after(phase: Instant, period: Duration, now: Instant) -> Instant {
    let passed = now.saturating_duration_since(phase);
    if phase > now || period.is_zero() {
        return phase;
    }
    let periods = passed.as_millis() / period.as_millis().max(1) + 1;
    phase + period * u32::try_from(periods).unwrap_or(u32::MAX)
}

impl Transfer {
    /// Enables a transfer set; `wall` is the time now.
    pub(crate) fn new(
        set: DsTransferSet,
        data_set: Arc<DataSet>,
        timing: Timing,
        now: Instant,
        wall: TimeStamp,
    ) -> Self {
        let ahead = set.start_time.ms() - wall.ms();
        let from_now = |ms: i64| now + Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        let at_once = set.start_time.ms() == 0 || ahead <= 0;
        let start = if at_once { now } else { from_now(ahead) };
        // A start in the past is one now, and the periods keep its phase.
        let phase = |period: i32| {
            let period = i64::from(period) * 1000;
            if set.start_time.ms() == 0 || ahead > 0 || period <= 0 {
                return start;
            }
            from_now((period - (-ahead) % period) % period)
        };
        Transfer {
            interval_phase: phase(set.interval),
            integrity_phase: phase(set.integrity_check),
            set,
            data_set,
            timing,
            start,
            started: false,
            next_interval: None,
            next_integrity: None,
            buffer_deadline: None,
            changes: VecDeque::new(),
            places: Vec::new(),
            changed_since: None,
            at_batch_end: false,
            armed: false,
            queue: VecDeque::new(),
            weight: 0,
            mend: false,
            unacknowledged: VecDeque::new(),
            failures: 0,
            full_next: false,
            incidents: Incidents::default(),
        }
    }

    fn wants(&self, condition: DsConditions) -> bool {
        self.set.conditions.contains(condition)
    }

    /// A member has changed. [`Transfer::end_batch`] follows.
    pub(crate) fn change(&mut self, now: Instant, member: u32, value: PointValue) {
        let on_change = self.wants(DsConditions::OBJECT_CHANGE);
        let gathered = on_change || self.wants(DsConditions::INTERVAL_TIME_OUT);
        if now < self.start || !gathered || (!self.set.rbe && !on_change) {
            return;
        }
        self.changed_since.get_or_insert(now);
        if self.set.rbe {
            self.record(Change { member, value });
        }
        if !on_change {
            return;
        }
        if self.set.buffer_time == 0 {
            self.at_batch_end = true;
        } else {
            self.armed |= self.buffer_deadline.is_none();
            let deadline = now + seconds(self.set.buffer_time);
            self.buffer_deadline.get_or_insert(deadline);
        }
    }

    fn record(&mut self, change: Change) {
        if !self.set.all_changes_reported {
            if self.places.is_empty() {
                self.places = vec![NONE; self.data_set.members.len()];
            }
            if let Some(place) = self.places.get_mut(change.member as usize) {
                if let Some(there) = self.changes.get_mut(*place as usize) {
                    *there = change;
                } else {
                    *place = self.changes.len() as u32;
                    self.changes.push_back(change);
                }
            }
            return;
        }
        if self.changes.len() >= self.timing.max_events {
            self.changes.pop_front();
            self.lost(1);
        }
        self.changes.push_back(change);
    }

    /// Changes were lost.
    pub(crate) fn lost(&mut self, changes: usize) {
        self.incidents.overflowed += u32::try_from(changes).unwrap_or(u32::MAX);
        self.mend = true;
    }

    /// The updates of this moment are all there. `true`: there is something to send, or another deadline.
    pub(crate) fn end_batch(&mut self, now: Instant) -> bool {
        if std::mem::take(&mut self.at_batch_end) {
            let since = self.changed_since.unwrap_or(now);
            self.flush(DsConditions::OBJECT_CHANGE, since);
        }
        self.has_work() | std::mem::take(&mut self.armed)
    }

    /// An operator asks for a report. `false`: the client did not ask for such reports, or the transfer set has not begun yet.
    pub(crate) fn operator_request(&mut self, now: Instant) -> bool {
        let wanted = self.wants(DsConditions::OPERATOR_REQUEST) && now >= self.start;
        if wanted {
            self.full(DsConditions::OPERATOR_REQUEST, 0, now);
        }
        wanted
    }

    /// An external event has come. `false`: it is none the client asked for.
    pub(crate) fn external_event(&mut self, now: Instant, code: i16) -> bool {
        let wanted = self.wants(DsConditions::OTHER_EXTERNAL_EVENT)
            && self.set.event_code == code
            && now >= self.start;
        if wanted {
            self.full(DsConditions::OTHER_EXTERNAL_EVENT, code, now);
        }
        wanted
    }

    fn forget_changes(&mut self) {
        for change in &self.changes {
            if let Some(place) = self.places.get_mut(change.member as usize) {
                *place = NONE;
            }
        }
        self.changes.clear();
        self.changed_since = None;
        self.buffer_deadline = None;
        self.at_batch_end = false;
    }

    /// Reports the changes, or everything without RBE.
    fn flush(&mut self, conditions: DsConditions, since: Instant) {
        if !self.set.rbe || self.full_next {
            return self.full(conditions, 0, since);
        }
        if self.changes.is_empty() && !self.timing.send_empty {
            return;
        }
        let mut changes: Vec<_> = self.changes.iter().copied().collect();
        if !self.set.all_changes_reported {
            changes.sort_unstable_by_key(|change| change.member);
        }
        self.forget_changes();
        self.push(Pending {
            conditions,
            event_code: 0,
            content: Content::Changes(changes),
            since,
        });
    }

    /// Reports everything.
    fn full(&mut self, conditions: DsConditions, event_code: i16, since: Instant) {
        // Nobody who asked for every change has to be content with the last value.
        if self.set.all_changes_reported && self.set.rbe && !self.changes.is_empty() {
            let changes = self.changes.iter().copied().collect();
            let since = self.changed_since.unwrap_or(since);
            // Without ObjectChange they were gathered for the next interval.
            let gathered_for = match self.wants(DsConditions::OBJECT_CHANGE) {
                true => DsConditions::OBJECT_CHANGE,
                false => DsConditions::INTERVAL_TIME_OUT,
            };
            self.push(Pending {
                conditions: gathered_for,
                event_code: 0,
                content: Content::Changes(changes),
                since,
            });
        }
        self.forget_changes();
        self.full_next = false;
        let pending = Pending {
            conditions,
            event_code,
            content: Content::Full,
            since,
        };
        // One that waits says the same.
        let waits = self.queue.back().is_some_and(|last| {
            last.content == Content::Full
                && last.conditions == conditions
                && last.event_code == event_code
        });
        if !waits {
            self.push(pending);
        }
    }

    fn push(&mut self, pending: Pending) {
        self.weight += pending.weight();
        self.queue.push_back(pending);
        while self.weight > self.timing.max_events && self.queue.len() > 1 {
            if let Some(oldest) = self.queue.pop_front() {
                self.weight -= oldest.weight();
                // What was to be full is mended by another full one.
                self.lost(match oldest.content {
                    Content::Full => 0,
                    Content::Changes(changes) => changes.len(),
                });
            }
        }
    }

    /// Does what is due.
    pub(crate) fn advance(&mut self, now: Instant) {
        while self
            .unacknowledged
            .front()
            .is_some_and(|(_, deadline)| *deadline <= now)
        {
            self.unacknowledged.pop_front();
            self.incidents.unacknowledged += 1;
            self.fail();
        }
        if now < self.start {
            return;
        }
        let (mut full, mut flush) = (DsConditions::empty(), DsConditions::empty());
        let mut since = now;
        if !self.started {
            self.started = true;
            since = self.start;
            if self.wants(DsConditions::INTERVAL_TIME_OUT) {
                full |= DsConditions::INTERVAL_TIME_OUT;
                let period = seconds(self.set.interval);
                self.next_interval = Some(next_after(self.interval_phase, period, now));
            } else if self.timing.initial_full && self.wants(DsConditions::INTEGRITY_TIME_OUT) {
                full |= DsConditions::INTEGRITY_TIME_OUT;
            } else if self.timing.initial_full && self.wants(DsConditions::OBJECT_CHANGE) {
                full |= DsConditions::OBJECT_CHANGE;
            }
            if self.wants(DsConditions::INTEGRITY_TIME_OUT) {
                let period = seconds(self.set.integrity_check);
                self.next_integrity = Some(next_after(self.integrity_phase, period, now));
            }
        }
        if let Some(due) = self.next_interval.filter(|due| *due <= now) {
            since = since.min(due);
            let condition = DsConditions::INTERVAL_TIME_OUT;
            if self.set.rbe && !self.timing.full_intervals {
                flush |= condition;
            } else {
                full |= condition;
            }
            let period = seconds(self.set.interval);
            self.next_interval = Some(next_after(self.interval_phase, period, now));
        }
        if let Some(due) = self.next_integrity.filter(|due| *due <= now) {
            since = since.min(due);
            full |= DsConditions::INTEGRITY_TIME_OUT;
            let period = seconds(self.set.integrity_check);
            self.next_integrity = Some(next_after(self.integrity_phase, period, now));
        }
        if let Some(due) = self.buffer_deadline.filter(|due| *due <= now) {
            since = since.min(due);
            flush |= DsConditions::OBJECT_CHANGE;
            self.buffer_deadline = None;
        }
        if !full.is_empty() {
            self.full(full | flush, 0, since);
        } else if !flush.is_empty() {
            self.flush(flush, since);
        }
    }

    /// Whether there is something to send.
    pub(crate) fn has_work(&self) -> bool {
        !self.queue.is_empty() || self.mend || self.incidents != Incidents::default()
    }

    /// When [`Transfer::advance`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let start = (!self.started).then_some(self.start);
        let acknowledgement = self.unacknowledged.front().map(|(_, deadline)| *deadline);
        [
            start,
            self.next_interval,
            self.next_integrity,
            self.buffer_deadline,
            acknowledgement,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The next report to send; those whose time is over are dropped.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Pending> {
        let limit = seconds(self.set.tle);
        while let Some(pending) = self.queue.pop_front() {
            self.weight -= pending.weight();
            if limit.is_zero() || now.saturating_duration_since(pending.since) <= limit {
                return Some(pending);
            }
            self.incidents.too_late += 1;
        }
        std::mem::take(&mut self.mend).then_some(Pending {
            conditions: DsConditions::INTEGRITY_TIME_OUT,
            event_code: 0,
            content: Content::Full,
            since: now,
        })
    }

    /// A report with this time stamp goes out now.
    pub(crate) fn sent(&mut self, now: Instant, stamp: i32) {
        if !self.set.critical {
            return;
        }
        if self.unacknowledged.len() >= MAX_UNACKNOWLEDGED {
            self.unacknowledged.pop_front();
            self.incidents.unacknowledged += 1;
            self.fail();
        }
        self.unacknowledged
            .push_back((stamp, now + self.timing.critical_timeout));
    }

    /// The client acknowledges the report with this time stamp, or all.
    pub(crate) fn acknowledge(&mut self, stamp: Option<i32>) {
        match stamp {
            None => self.unacknowledged.clear(),
            Some(stamp) => {
                match self.unacknowledged.iter().position(|(s, _)| *s == stamp) {
                    Some(at) => {
                        self.unacknowledged.remove(at);
                    }
                    // Late: its time is over, and was counted.
                    None => return,
                }
            }
        }
        self.failures = 0;
    }

    /// The client could not take a report.
    pub(crate) fn refuse(&mut self) {
        self.unacknowledged.pop_front();
        self.incidents.refused += 1;
        self.fail();
    }

    fn fail(&mut self) {
        self.full_next = true;
        self.failures = self.failures.saturating_add(1);
        self.incidents.stop |= self.failures >= MAX_FAILURES;
    }

    pub(crate) fn take_incidents(&mut self) -> Incidents {
        std::mem::take(&mut self.incidents)
    }
}

#[cfg(test)]
mod tests;
