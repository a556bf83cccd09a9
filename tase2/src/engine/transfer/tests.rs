//! Every line of the timing rules, without a clock: moments are numbers here.

use super::*;
use crate::Name;
use crate::engine::data_set::Member;
use crate::model::Object;
use proptest::prelude::*;

const INTERVAL: DsConditions = DsConditions::INTERVAL_TIME_OUT;
const INTEGRITY: DsConditions = DsConditions::INTEGRITY_TIME_OUT;
const CHANGE: DsConditions = DsConditions::OBJECT_CHANGE;
const OPERATOR: DsConditions = DsConditions::OPERATOR_REQUEST;
const EXTERNAL: DsConditions = DsConditions::OTHER_EXTERNAL_EVENT;

/// 2023-11-14, in the middle of a second.
const WALL: i64 = 1_700_000_000_250;

struct Bench {
    transfer: Transfer,
    origin: Instant,
    now: Instant,
}

fn timing() -> Timing {
    Timing {
        initial_full: true,
        send_empty: false,
        full_intervals: false,
        max_events: 8,
        critical_timeout: Duration::from_secs(30),
    }
}

fn conditions(conditions: DsConditions) -> DsTransferSet {
    DsTransferSet {
        conditions,
        interval: 10,
        integrity_check: 60,
        status: true,
        ..DsTransferSet::default()
    }
}

fn rbe(bits: DsConditions) -> DsTransferSet {
    DsTransferSet {
        rbe: true,
        ..conditions(bits)
    }
}

/// Seconds and what was reported then: `F` for a full report, the changed members with their values for others.
type Seen = (f64, DsConditions, String);

impl Bench {
    fn with(set: DsTransferSet, timing: Timing) -> Self {
        let origin = Instant::now();
        let data_set = DataSet {
            name: Name::icc("ICC1", "DS1"),
            members: (0..4).map(|i| Member::Object(Object::Point(i))).collect(),
            deletable: true,
            dynamic: true,
        };
        let wall = TimeStamp::from_ms(WALL);
        Bench {
            transfer: Transfer::new(set, Arc::new(data_set), timing, origin, wall),
            origin,
            now: origin,
        }
    }

    fn new(set: DsTransferSet) -> Self {
        Self::with(set, timing())
    }

    /// One that has sent what is due at the start.
    fn running(set: DsTransferSet) -> Self {
        let mut bench = Self::new(set);
        bench.until(0.0);
        bench
    }

    fn sent(&mut self) -> Option<Seen> {
        let pending = self.transfer.pop(self.now)?;
        let content = match pending.content {
            Content::Full => "F".to_owned(),
            Content::Changes(changes) => changes
                .iter()
                .map(|c| format!("{}={}", c.member, c.value.value))
                .collect::<Vec<_>>()
                .join(" "),
        };
        self.transfer.sent(
            self.now,
            self.now.duration_since(self.origin).as_secs() as i32,
        );
        let at = self.now.duration_since(self.origin).as_secs_f64();
        Some((at, pending.conditions, content))
    }

    /// Follows the deadlines to this second and gives what was sent on the way.
    fn until(&mut self, second: f64) -> Vec<Seen> {
        let end = self.origin + Duration::from_secs_f64(second);
        let mut seen = vec![];
        loop {
            self.transfer.advance(self.now);
            while let Some(report) = self.sent() {
                seen.push(report);
            }
            match self.transfer.deadline() {
                Some(deadline) if deadline <= end => {
                    assert!(deadline > self.now, "a deadline that does not pass");
                    self.now = deadline;
                }
                _ => break,
            }
        }
        self.now = end;
        seen
    }

    /// Follows to this second and changes members then, all in one batch.
    fn change(&mut self, second: f64, changes: &[(u32, i32)]) -> Vec<Seen> {
        let mut seen = self.until(second);
        for (member, value) in changes {
            self.transfer
                .change(self.now, *member, PointValue::discrete(*value));
        }
        self.transfer.end_batch(self.now);
        while let Some(report) = self.sent() {
            seen.push(report);
        }
        seen
    }
}

fn seen(at: f64, conditions: DsConditions, what: &str) -> Seen {
    (at, conditions, what.to_owned())
}

#[test]
fn interval_begins_at_once_and_does_not_drift() {
    let mut bench = Bench::new(conditions(INTERVAL));
    let expected: Vec<_> = [0.0, 10.0, 20.0, 30.0]
        .map(|at| seen(at, INTERVAL, "F"))
        .into();
    assert_eq!(bench.until(35.0), expected);
    // Periods nobody could serve are skipped: one report, and the phase stays.
    bench.now = bench.origin + Duration::from_secs_f64(73.0);
    assert_eq!(
        bench.until(85.0),
        [seen(73.0, INTERVAL, "F"), seen(80.0, INTERVAL, "F")]
    );
}

#[test]
fn interval_under_rbe_reports_changes_only() {
    let mut bench = Bench::new(rbe(INTERVAL));
    // The first one is full, as e-terracomm does it.
    assert_eq!(bench.until(5.0), [seen(0.0, INTERVAL, "F")]);
    assert_eq!(bench.change(6.0, &[(2, 7), (1, 5)]), []);
    // The entry of a member is replaced, and the order is that of the data set.
    assert_eq!(bench.change(7.0, &[(2, 8)]), []);
    assert_eq!(bench.until(15.0), [seen(10.0, INTERVAL, "1=5 2=8")]);
    // Nothing has changed: no report.
    assert_eq!(bench.until(45.0), []);
}

#[test]
fn an_empty_interval_report_is_a_choice() {
    let timing = Timing {
        send_empty: true,
        ..timing()
    };
    let mut bench = Bench::with(rbe(INTERVAL), timing);
    assert_eq!(
        bench.until(15.0),
        [seen(0.0, INTERVAL, "F"), seen(10.0, INTERVAL, "")]
    );
}

#[test]
fn full_interval_reports_are_a_choice() {
    let timing = Timing {
        full_intervals: true,
        ..timing()
    };
    let mut bench = Bench::with(rbe(INTERVAL | CHANGE), timing);
    bench.until(5.0);
    assert_eq!(bench.change(6.0, &[(1, 5)]), [seen(6.0, CHANGE, "1=5")]);
    assert_eq!(bench.until(15.0), [seen(10.0, INTERVAL, "F")]);
}

#[test]
fn integrity_comes_first_after_its_period_and_at_the_start_by_choice() {
    let mut bench = Bench::new(conditions(INTEGRITY));
    let expected: Vec<_> = [0.0, 60.0, 120.0].map(|at| seen(at, INTEGRITY, "F")).into();
    assert_eq!(bench.until(130.0), expected);
    let timing = Timing {
        initial_full: false,
        ..timing()
    };
    let mut bench = Bench::with(conditions(INTEGRITY), timing);
    assert_eq!(bench.until(70.0), [seen(60.0, INTEGRITY, "F")]);
}

#[test]
fn object_change_alone_and_the_initial_report() {
    let timing_without = Timing {
        initial_full: false,
        ..timing()
    };
    let mut bench = Bench::with(rbe(CHANGE), timing_without);
    assert_eq!(bench.until(1.0), []);
    let mut bench = Bench::new(rbe(CHANGE));
    assert_eq!(bench.until(1.0), [seen(0.0, CHANGE, "F")]);
    // Without buffer: at the end of the batch, each batch a report.
    assert_eq!(
        bench.change(2.0, &[(3, 1), (0, 2)]),
        [seen(2.0, CHANGE, "0=2 3=1")]
    );
    assert_eq!(bench.change(2.0, &[(3, 2)]), [seen(2.0, CHANGE, "3=2")]);
    // Operator and external conditions alone say nothing at the start.
    let mut bench = Bench::new(conditions(OPERATOR | EXTERNAL));
    assert_eq!(bench.until(100.0), []);
}

#[test]
fn without_rbe_a_change_reports_everything() {
    let mut bench = Bench::running(conditions(CHANGE));
    assert_eq!(bench.change(2.0, &[(3, 1)]), [seen(2.0, CHANGE, "F")]);
    let set = DsTransferSet {
        buffer_time: 5,
        ..conditions(CHANGE)
    };
    let mut bench = Bench::running(set);
    assert_eq!(bench.change(2.0, &[(3, 1)]), []);
    assert_eq!(bench.change(4.0, &[(3, 2)]), []);
    assert_eq!(bench.until(20.0), [seen(7.0, CHANGE, "F")]);
}

#[test]
fn buffer_time_runs_from_the_first_change() {
    let set = DsTransferSet {
        buffer_time: 2,
        ..rbe(CHANGE)
    };
    let mut bench = Bench::running(set);
    assert_eq!(bench.change(1.0, &[(1, 1)]), []);
    assert_eq!(bench.change(2.5, &[(1, 2), (0, 9)]), []);
    assert_eq!(bench.until(4.0), [seen(3.0, CHANGE, "0=9 1=2")]);
    // The next one begins a buffer of its own.
    assert_eq!(bench.change(10.0, &[(2, 2)]), []);
    assert_eq!(bench.until(20.0), [seen(12.0, CHANGE, "2=2")]);
}

#[test]
fn all_changes_are_kept_in_the_order_they_came() {
    let set = DsTransferSet {
        buffer_time: 2,
        all_changes_reported: true,
        ..rbe(CHANGE | INTEGRITY)
    };
    let mut bench = Bench::running(set);
    bench.change(1.0, &[(1, 1), (0, 5)]);
    bench.change(1.5, &[(1, 2)]);
    assert_eq!(bench.until(5.0), [seen(3.0, CHANGE, "1=1 0=5 1=2")]);
    // A full report does not swallow them.
    bench.change(59.0, &[(1, 3), (1, 4)]);
    assert_eq!(
        bench.until(70.0),
        [seen(60.0, CHANGE, "1=3 1=4"), seen(60.0, INTEGRITY, "F")]
    );
}

#[test]
fn integrity_takes_what_is_buffered() {
    let set = DsTransferSet {
        buffer_time: 5,
        ..rbe(CHANGE | INTEGRITY)
    };
    let mut bench = Bench::running(set.clone());
    bench.change(58.0, &[(1, 1)]);
    assert_eq!(bench.until(80.0), [seen(60.0, INTEGRITY, "F")]);
    // In the same moment: one report of both.
    let mut bench = Bench::running(set);
    bench.change(55.0, &[(1, 1)]);
    assert_eq!(bench.until(80.0), [seen(60.0, INTEGRITY | CHANGE, "F")]);
}

#[test]
fn interval_and_integrity_in_the_same_moment_are_one_report() {
    let mut bench = Bench::running(conditions(INTERVAL | INTEGRITY));
    let reports = bench.until(65.0);
    assert_eq!(reports.len(), 6);
    assert_eq!(reports[5], seen(60.0, INTERVAL | INTEGRITY, "F"));
    // And the interval under RBE with a buffer that ends then.
    let set = DsTransferSet {
        buffer_time: 5,
        ..rbe(INTERVAL | CHANGE)
    };
    let mut bench = Bench::running(set);
    bench.change(5.0, &[(1, 1)]);
    assert_eq!(bench.until(15.0), [seen(10.0, INTERVAL | CHANGE, "1=1")]);
}

#[test]
fn a_start_to_come() {
    let set = DsTransferSet {
        start_time: TimeStamp::from_ms(WALL + 4_750),
        ..rbe(INTERVAL | CHANGE)
    };
    let mut bench = Bench::new(set);
    // What changes before does not count.
    assert_eq!(bench.change(1.0, &[(1, 1)]), []);
    assert_eq!(bench.until(4.7), []);
    assert!(!bench.transfer.operator_request(bench.now));
    assert_eq!(bench.until(10.0), [seen(4.75, INTERVAL, "F")]);
    bench.change(11.0, &[]);
    assert_eq!(bench.change(12.0, &[(1, 2)]), [seen(12.0, CHANGE, "1=2")]);
    bench.transfer.set.conditions = INTERVAL;
    bench.change(13.0, &[(1, 3)]);
    assert_eq!(bench.until(20.0), [seen(14.75, INTERVAL, "1=3")]);
}

#[test]
fn a_start_in_the_past_keeps_its_phase() {
    let set = DsTransferSet {
        start_time: TimeStamp::from_ms(WALL - 13_000),
        ..conditions(INTERVAL | INTEGRITY)
    };
    let mut bench = Bench::new(set);
    assert_eq!(
        bench.until(48.0),
        [
            seen(0.0, INTERVAL, "F"),
            seen(7.0, INTERVAL, "F"),
            seen(17.0, INTERVAL, "F"),
            seen(27.0, INTERVAL, "F"),
            seen(37.0, INTERVAL, "F"),
            seen(47.0, INTERVAL | INTEGRITY, "F"),
        ]
    );
}

#[test]
fn operator_and_external_event() {
    let set = DsTransferSet {
        event_code: 7,
        ..rbe(OPERATOR | EXTERNAL)
    };
    let mut bench = Bench::running(set);
    assert!(bench.transfer.operator_request(bench.now));
    assert_eq!(bench.sent(), Some(seen(0.0, OPERATOR, "F")));
    assert!(!bench.transfer.external_event(bench.now, 8));
    assert!(bench.transfer.external_event(bench.now, 7));
    let pending = bench.transfer.pop(bench.now).unwrap();
    assert_eq!((pending.conditions, pending.event_code), (EXTERNAL, 7));
    let mut bench = Bench::running(rbe(INTEGRITY));
    assert!(!bench.transfer.operator_request(bench.now));
    assert!(!bench.transfer.external_event(bench.now, 0));
}

#[test]
fn a_report_that_waits_longer_than_tle_is_dropped() {
    let set = DsTransferSet {
        tle: 3,
        ..rbe(CHANGE)
    };
    let mut bench = Bench::running(set);
    for (after, arrives) in [(3.0, true), (3.1, false)] {
        let since = bench.now;
        bench.transfer.change(since, 1, PointValue::discrete(1));
        bench.transfer.end_batch(since);
        bench.now = since + Duration::from_secs_f64(after);
        assert_eq!(bench.sent().is_some(), arrives, "{after}");
    }
    let incidents = bench.transfer.take_incidents();
    assert_eq!(
        incidents,
        Incidents {
            too_late: 1,
            ..Incidents::default()
        }
    );
}

#[test]
fn too_many_changes_are_mended_by_a_full_report() {
    let mut bench = Bench::running(rbe(CHANGE));
    for value in 0..20 {
        bench
            .transfer
            .change(bench.now, 1, PointValue::discrete(value));
        bench.transfer.end_batch(bench.now);
    }
    let mut reports = vec![];
    while let Some(report) = bench.sent() {
        reports.push(report.2);
    }
    // The newest eight, and then everything.
    let expected: Vec<_> = (12..20)
        .map(|v| format!("1={v}"))
        .chain(["F".into()])
        .collect();
    assert_eq!(reports, expected);
    assert_eq!(bench.transfer.take_incidents().overflowed, 12);
    // Likewise in the buffer of one that keeps all changes.
    let set = DsTransferSet {
        buffer_time: 5,
        all_changes_reported: true,
        ..rbe(CHANGE)
    };
    let mut bench = Bench::running(set);
    let many: Vec<_> = (0..10).map(|v| (1, v)).collect();
    assert_eq!(bench.change(0.0, &many).len(), 1, "the full report");
    assert_eq!(bench.transfer.take_incidents().overflowed, 2);
    let reports = bench.until(10.0);
    assert!(reports[0].2.starts_with("1=2 1=3"), "{reports:?}");
}

#[test]
fn equal_full_reports_wait_as_one() {
    let mut bench = Bench::running(conditions(CHANGE));
    for value in 0..5 {
        bench
            .transfer
            .change(bench.now, 1, PointValue::discrete(value));
        bench.transfer.end_batch(bench.now);
    }
    assert!(bench.sent().is_some());
    assert_eq!(bench.sent(), None);
}

#[test]
fn acknowledgement() {
    let set = DsTransferSet {
        critical: true,
        ..rbe(CHANGE)
    };
    let mut bench = Bench::running(set);
    bench.transfer.acknowledge(Some(0));
    assert_eq!(bench.transfer.deadline(), None);
    bench.change(1.0, &[(1, 1)]);
    bench.change(5.0, &[(1, 2)]);
    assert_eq!(bench.transfer.unacknowledged.len(), 2);
    bench.transfer.acknowledge(Some(5));
    assert_eq!(bench.transfer.unacknowledged.len(), 1);
    // One without a time stamp is for all.
    bench.transfer.acknowledge(None);
    assert_eq!(bench.until(100.0), []);
    assert_eq!(bench.transfer.take_incidents(), Incidents::default());
}

#[test]
fn no_acknowledgement_makes_the_next_report_full_and_three_stop() {
    let set = DsTransferSet {
        critical: true,
        ..rbe(CHANGE)
    };
    let mut bench = Bench::running(set);
    bench.transfer.acknowledge(None);
    bench.change(1.0, &[(1, 1)]);
    assert_eq!(bench.until(40.0), []);
    let incidents = bench.transfer.take_incidents();
    assert_eq!((incidents.unacknowledged, incidents.stop), (1, false));
    assert_eq!(bench.change(40.0, &[(1, 2)]), [seen(40.0, CHANGE, "F")]);
    bench.transfer.refuse();
    assert_eq!(bench.transfer.take_incidents().refused, 1);
    assert_eq!(bench.change(41.0, &[(1, 3)]), [seen(41.0, CHANGE, "F")]);
    // An acknowledgement forgives.
    bench.transfer.acknowledge(Some(41));
    for at in [50.0, 51.0, 52.0] {
        bench.change(at, &[(1, 3)]);
    }
    bench.until(81.9);
    assert!(!bench.transfer.take_incidents().stop);
    bench.until(82.0);
    assert!(bench.transfer.take_incidents().stop);
}

#[test]
fn a_late_acknowledgement_changes_nothing() {
    let set = DsTransferSet {
        critical: true,
        ..rbe(CHANGE)
    };
    let mut bench = Bench::running(set);
    bench.until(31.0);
    assert_eq!(bench.transfer.take_incidents().unacknowledged, 1);
    bench.transfer.acknowledge(Some(0));
    assert_eq!(bench.transfer.failures, 1);
}

/// What is done to a transfer set.
#[derive(Clone, Debug)]
enum Step {
    Wait(u16),
    Change(Vec<(u32, i32)>),
    Operator,
    /// The peer takes nothing for a while.
    Deaf(u16),
}

fn any_step() -> impl Strategy<Value = Step> {
    let changes = proptest::collection::vec((0..4u32, 0..100i32), 1..4);
    prop_oneof![
        3 => (0..6000u16).prop_map(Step::Wait),
        4 => changes.prop_map(Step::Change),
        1 => Just(Step::Operator),
        1 => (0..9000u16).prop_map(Step::Deaf),
    ]
}

proptest! {
    /// Whatever is asked for and whenever the peer takes it: it knows the last value of each member in the end, no deadline lies in the past
    /// once it was served, what waits stays within its limit, and under AllChangesReported no change is left out unless that was told.
    #[test]
    fn nothing_is_lost(
        steps in proptest::collection::vec(any_step(), 0..60),
        bits in 1..8u8, buffer_time in 0..4, rbe: bool, all_changes_reported: bool,
    ) {
        let conditions = [INTERVAL, INTEGRITY, CHANGE].into_iter().enumerate();
        let conditions = conditions.filter(|(i, _)| bits >> i & 1 == 1).map(|(_, c)| c).fold(OPERATOR, |all, c| all | c);
        let set = DsTransferSet {
            conditions, buffer_time, rbe, all_changes_reported, interval: 10, integrity_check: 60, status: true, ..DsTransferSet::default()
        };
        let mut bench = Bench::new(set);
        let (mut values, mut known) = ([0; 4], [0; 4]);
        let (mut made, mut heard) = (0u32, 0u32);
        let ms = |ms: u64| Duration::from_millis(ms);
        let mut serve = |bench: &mut Bench, values: &[i32; 4]| -> Result<(), TestCaseError> {
            bench.transfer.advance(bench.now);
            while let Some(pending) = bench.transfer.pop(bench.now) {
                match pending.content {
                    Content::Full => known = *values,
                    Content::Changes(changes) => {
                        for change in changes {
                            heard += 1;
                            known[change.member as usize] = change.value.value.discrete();
                        }
                    }
                }
            }
            prop_assert!(bench.transfer.deadline().is_none_or(|deadline| deadline > bench.now));
            Ok(())
        };
        serve(&mut bench, &values)?;
        // In the end there is time for everything.
        for step in steps.into_iter().chain([Step::Wait(65_000)]) {
            match step {
                Step::Wait(time) => {
                    let end = bench.now + ms(time.into());
                    while let Some(deadline) = bench.transfer.deadline().filter(|d| *d <= end) {
                        bench.now = deadline;
                        serve(&mut bench, &values)?;
                    }
                    bench.now = end;
                }
                Step::Deaf(time) => bench.now += ms(time.into()),
                Step::Change(changes) => {
                    for (member, value) in changes {
                        // A change is one of the value.
                        if values[member as usize] != value {
                            values[member as usize] = value;
                            made += 1;
                            bench.transfer.change(bench.now, member, PointValue::discrete(value));
                        }
                    }
                    bench.transfer.end_batch(bench.now);
                    prop_assert!(bench.transfer.weight <= 8 || bench.transfer.queue.len() == 1);
                }
                Step::Operator => {
                    bench.transfer.operator_request(bench.now);
                    serve(&mut bench, &values)?;
                }
            }
        }
        serve(&mut bench, &values)?;
        prop_assert_eq!(known, values);
        let told = bench.transfer.take_incidents().overflowed;
        let every = rbe && all_changes_reported && (conditions.contains(CHANGE) || conditions.contains(INTERVAL));
        if every {
            prop_assert_eq!(heard + told, made);
        } else {
            prop_assert!(heard <= made);
        }
    }
}
