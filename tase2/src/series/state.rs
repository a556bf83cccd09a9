//! What is stored of points, and the time series that run. Storing goes by the updates of the application and sampling by what is stored,
//! so that nothing has to wake up in between.

use super::SETS;
use crate::Name;
use crate::bilateral::Rights;
use crate::engine::{Core, SmallPool, State, Table};
use crate::event::{AssociationId, Event, ReportProblem, StopReason};
use crate::model::{IndicationPoint, Model, Object, TimeSeries};
use crate::types::{
    PointValue, TimeStamp, TsConditions, TsTransferSet, encode_object_name, write_block_value,
    write_sample,
};
use crate::{Special, standard};
use mms::ber::{Tag, Writer};
use mms::pdu::{InformationReportWriter, write_variables};
use mms::{DataAccessError, MmsValue, ObjectName};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Octets a report has beside its samples, at most.
const AROUND: usize = 400;

/// Values of a point with the moments they came, the oldest first. The first may be older than what is kept: it was the value then.
#[derive(Debug, Default)]
struct History {
    values: VecDeque<(i64, PointValue)>,
}

impl History {
    fn push(&mut self, at: TimeStamp, value: PointValue, config: &TimeSeries) {
        // The clock of the system may go back: what came later stays later.
        let last = self.values.back().map_or(i64::MIN, |(at, _)| *at);
        let at = at.ms().max(last);
        if at == last {
            self.values.pop_back();
        }
        self.values.push_back((at, value));
        let keep = i64::try_from(config.retention.as_millis()).unwrap_or(i64::MAX);
        let oldest = at.saturating_sub(keep);
        // One that was overtaken before the oldest moment is of no use.
        while self.values.get(1).is_some_and(|(next, _)| *next <= oldest)
            || self.values.len() > config.max_values
        {
            self.values.pop_front();
        }
    }

    fn first(&self) -> Option<i64> {
        self.values.front().map(|(at, _)| *at)
    }

    /// The value at a moment; `None` before the first.
    fn at(&self, moment: i64) -> Option<&PointValue> {
        let behind = self.values.partition_point(|(at, _)| *at <= moment);
        let (_, value) = self.values.get(behind.checked_sub(1)?)?;
        Some(value)
    }
}

/// A time series that runs.
#[derive(Clone, Debug)]
struct Running {
    association: u64,
    point: u32,
    set: TsTransferSet,
    /// The moment of the next sample, in milliseconds.
    next_sample: i64,
    /// The moment of the next report on time.
    next_report: Option<i64>,
    start: i64,
    end: Option<i64>,
}

impl Running {
    fn step(&self) -> i64 {
        i64::from(self.set.sample_interval.max(1)) * 1000
    }

    /// The samples up to a moment that have not been told.
    fn take(&mut self, history: &History, to: i64) -> Vec<(i64, PointValue)> {
        let step = self.step();
        // Before the first value there is nothing: go to the first sample behind it.
        if let Some(first) = history.first().filter(|first| *first > self.next_sample) {
            let skipped = (first - self.next_sample + step - 1) / step;
            self.next_sample += skipped * step;
        }
        let mut taken = Vec::new();
        while self.next_sample <= to {
            if let Some(value) = history.at(self.next_sample) {
                taken.push((self.next_sample, *value));
            }
            self.next_sample += step;
        }
        taken
    }

    /// When it has something to do next.
    fn due(&self) -> Option<i64> {
        self.next_report.into_iter().chain(self.end).min()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Series {
    history: HashMap<u32, History>,
    /// By the place of the peer.
    pools: HashMap<usize, SmallPool<TsTransferSet>>,
    running: HashMap<(usize, usize), Running>,
}

impl Series {
    pub(crate) fn new(model: &Model, wall: TimeStamp) -> Self {
        let mut series = Series::default();
        for (point, config) in &model.series {
            let mut history = History::default();
            if let Some(point) = model.points.get(*point as usize) {
                history.push(wall, point.initial, config);
            }
            series.history.insert(*point, history);
        }
        series
    }

    /// A point has a new value.
    pub(crate) fn record(&mut self, model: &Model, point: u32, value: PointValue, wall: TimeStamp) {
        if let Some(history) = self.history.get_mut(&point)
            && let Some((_, config)) = model.series.iter().find(|(id, _)| *id == point)
        {
            history.push(wall, value, config);
        }
    }

    pub(crate) fn set(&self, peer: usize, slot: usize) -> TsTransferSet {
        let pool = self.pools.get(&peer);
        pool.and_then(|pool| pool.get(slot))
            .cloned()
            .unwrap_or_default()
    }

    /// What is stored of a point, the oldest first.
    pub(crate) fn stored(&self, point: u32) -> Vec<(TimeStamp, PointValue)> {
        let history = self.history.get(&point);
        let values = history.into_iter().flat_map(|history| &history.values);
        values
            .map(|(at, value)| (TimeStamp::from_ms(*at), *value))
            .collect()
    }
}

fn set_name(slot: usize) -> String {
    format!("{SETS}{}", slot + 1)
}

fn until(now: Instant, wall: TimeStamp, target: i64) -> Instant {
    now + Duration::from_millis(u64::try_from(target - wall.ms()).unwrap_or(0))
}

fn may(table: &Table, point: &IndicationPoint) -> Rights {
    let name = &point.name;
    table.config.rights(name.domain(), name.item())
}

/// Reports with these samples, as many as PDUs ask for. `None`: one sample is longer than a PDU.
fn encode(
    table: &Table,
    point: &IndicationPoint,
    slot: usize,
    packed: bool,
    conditions: TsConditions,
    samples: &[(i64, PointValue)],
    max_pdu: usize,
) -> Option<Vec<Vec<u8>>> {
    let room = max_pdu.saturating_sub(AROUND);
    let mut services = Vec::new();
    let mut rest = samples;
    loop {
        let mut content = Vec::new();
        let mut taken = 0;
        for (at, value) in rest {
            let before = content.len();
            let at = TimeStamp::from_ms(*at);
            if packed {
                content.extend(at.gmt_based_s().to_be_bytes());
                write_block_value(&mut content, point.ty, value);
            } else {
                write_sample(&mut Writer::unbounded(&mut content), point.ty, at, value);
            }
            if content.len() > room {
                content.truncate(before);
                break;
            }
            taken += 1;
        }
        if taken == 0 && !rest.is_empty() {
            return None;
        }
        services.push(one(table, point, slot, packed, conditions, &content));
        rest = rest.get(taken..).unwrap_or_default();
        if rest.is_empty() {
            return Some(services);
        }
    }
}

fn one(
    table: &Table,
    point: &IndicationPoint,
    slot: usize,
    packed: bool,
    conditions: TsConditions,
    content: &[u8],
) -> Vec<u8> {
    let domain = table.config.domain.as_str();
    let own = |item| ObjectName::Domain { domain, item };
    let mut service = Vec::with_capacity(content.len() + AROUND);
    let w = &mut Writer::unbounded(&mut service);
    let report = InformationReportWriter::begin(w, |w| {
        let name = own(Special::TransferSetName.name());
        let why = own(standard::TS_CONDITIONS);
        write_variables(w, [name, why, point.name.as_mms()]);
    });
    let set = Name::icc(domain, set_name(slot));
    encode_object_name(w, &set, table.config.options.scope_signed);
    conditions.to_value().encode(w);
    if packed {
        MmsValue::OctetString(content.to_vec()).encode(w);
    } else {
        // An array, whose elements are written already.
        w.primitive(Tag::context_constructed(1), content);
    }
    report.end(w);
    service
}

impl State {
    fn series_table(&self, peer: usize) -> Option<Arc<Table>> {
        self.peers.get(peer)?.table.clone()
    }

    fn series_pool(&mut self, association: AssociationId) -> Option<(usize, Arc<Table>)> {
        let peer = self.associations.get(&association.0)?.table;
        let table = self.series_table(peer)?;
        let pool = self.series.pools.entry(peer).or_default();
        if pool.len() == 0 {
            pool.resize(table.config.limits.series_sets);
        }
        Some((peer, table))
    }

    fn series_stopped(&self, peer: usize, slot: usize, reason: StopReason) -> Option<Event> {
        let table = self.series_table(peer)?;
        Some(Event::TransferSetStopped {
            peer: table.config.peer.clone(),
            transfer_set: Name::icc(&*table.config.domain, set_name(slot)),
            reason,
        })
    }

    /// Reports the samples of a time series up to a moment.
    fn report_series(
        &mut self,
        model: &Model,
        (peer, slot): (usize, usize),
        conditions: TsConditions,
        to: i64,
        events: &mut Vec<Event>,
    ) {
        let Some(table) = self.series_table(peer) else {
            return;
        };
        let Some(running) = self.series.running.get_mut(&(peer, slot)) else {
            return;
        };
        let point = model.points.get(running.point as usize);
        let (Some(point), Some(history)) = (point, self.series.history.get(&running.point)) else {
            return;
        };
        let samples = running.take(history, to);
        let association = running.association;
        let packed = running.set.block_data;
        if !may(&table, point).contains(Rights::QUERY) {
            // The right was withdrawn: its values are nobody's business any more.
            return;
        }
        // The end is told, even if there is nothing new.
        if samples.is_empty() && !conditions.contains(TsConditions::ENDING_TIME_ARRIVED) {
            return;
        }
        let owner = self.associations.get(&association);
        let max_pdu = owner.map_or(0, |owner| owner.max_pdu);
        let services = encode(&table, point, slot, packed, conditions, &samples, max_pdu);
        let problem = match services {
            None => Some(ReportProblem::TooLong),
            Some(services) => {
                (!self.post(association, services)).then_some(ReportProblem::Overflow)
            }
        };
        events.extend(problem.map(|problem| Event::Reports {
            peer: table.config.peer.clone(),
            transfer_set: Name::icc(&*table.config.domain, set_name(slot)),
            problem,
            count: 1,
        }));
    }

    /// What the clock asks of the time series of an association. Gives when it does so next.
    pub(crate) fn advance_series(
        &mut self,
        model: &Model,
        association: u64,
        now: Instant,
        wall: TimeStamp,
        events: &mut Vec<Event>,
    ) -> Option<Instant> {
        if self.series.running.is_empty() {
            return None;
        }
        let own = self.series.running.iter();
        let own = own.filter(|(_, running)| running.association == association);
        let mut own: Vec<(usize, usize)> = own.map(|(place, _)| *place).collect();
        own.sort_unstable();
        let mut deadline: Option<Instant> = None;
        for place in own {
            let Some(running) = self.series.running.get_mut(&place) else {
                continue;
            };
            let set = running.set.conditions;
            let ended = running.end.filter(|end| *end <= wall.ms());
            let mut conditions = TsConditions::empty();
            if let Some(at) = running.next_report.filter(|at| *at <= wall.ms()) {
                conditions |= TsConditions::REPORT_INTERVAL_TIME_OUT;
                let every = i64::from(running.set.report_interval.max(1)) * 1000;
                // Those that were missed are skipped, and nothing drifts.
                let phase = running.start;
                let passed = (wall.ms() - phase).div_euclid(every) + 1;
                running.next_report = Some((phase + passed * every).max(at + 1));
            }
            if ended.is_some() && set.contains(TsConditions::ENDING_TIME_ARRIVED) {
                conditions |= TsConditions::ENDING_TIME_ARRIVED;
            }
            let to = ended.unwrap_or(wall.ms()).min(wall.ms());
            if !conditions.is_empty() {
                self.report_series(model, place, conditions, to, events);
            }
            if ended.is_some() {
                self.series.running.remove(&place);
                let (peer, slot) = place;
                if let Some(pool) = self.series.pools.get_mut(&peer) {
                    let set = pool.get(slot).cloned().unwrap_or_default();
                    pool.set(
                        slot,
                        TsTransferSet {
                            status: false,
                            ..set
                        },
                        None,
                    );
                }
                events.extend(self.series_stopped(peer, slot, StopReason::Ended));
                continue;
            }
            let due = self.series.running.get(&place).and_then(Running::due);
            let due = due.map(|due| until(now, wall, due));
            deadline = deadline.into_iter().chain(due).min();
        }
        deadline
    }

    /// The association is over.
    pub(crate) fn end_series(&mut self, association: u64) -> Vec<Event> {
        let mut released = Vec::new();
        for (peer, pool) in &mut self.series.pools {
            let slots = pool.release(association).into_iter();
            released.extend(slots.map(|slot| (*peer, slot)));
        }
        released
            .into_iter()
            .filter_map(|(peer, slot)| {
                self.series.running.remove(&(peer, slot));
                self.series_stopped(peer, slot, StopReason::Association)
            })
            .collect()
    }

    /// Bilateral tables are others.
    pub(crate) fn resize_series(&mut self) -> Vec<Event> {
        let peers = self.peers.iter();
        let sizes: Vec<usize> = peers
            .map(|peer| {
                peer.table
                    .as_ref()
                    .map_or(0, |t| t.config.limits.series_sets)
            })
            .collect();
        let mut lost = Vec::new();
        for (peer, pool) in &mut self.series.pools {
            let size = sizes.get(*peer).copied().unwrap_or(0);
            lost.extend(pool.resize(size).into_iter().map(|slot| (*peer, slot)));
        }
        lost.into_iter()
            .filter_map(|(peer, slot)| {
                self.series.running.remove(&(peer, slot));
                self.series_stopped(peer, slot, StopReason::Table)
            })
            .collect()
    }
}

impl Core {
    /// Whether there is a point the peer may ask for as a time series.
    pub(crate) fn has_series(&self, table: &Table) -> bool {
        let mut series = self.model.series.iter();
        table.config.limits.series_sets > 0
            && series.any(|(point, _)| {
                let point = self.model.points.get(*point as usize);
                point.is_some_and(|point| may(table, point).contains(Rights::QUERY))
            })
    }

    /// The name of a free time series transfer set (Next_TSTransfer_Set).
    pub(crate) fn next_series_set(&self, association: AssociationId) -> Option<String> {
        let now = Instant::now();
        let mut state = self.state.lock();
        let (peer, table) = state.series_pool(association)?;
        let until = now + table.config.options.reservation;
        let pool = state.series.pools.get_mut(&peer)?;
        pool.hand_out(association.0, now, until).map(set_name)
    }

    /// Writes a time series transfer set: starts or stops it.
    pub(crate) fn write_series_set(
        &self,
        association: AssociationId,
        slot: usize,
        set: TsTransferSet,
    ) -> Result<(), DataAccessError> {
        use DataAccessError as E;
        let (now, wall) = (Instant::now(), self.clock.now());
        let (event, wake) = {
            let mut state = self.state.lock();
            let (peer, table) = state
                .series_pool(association)
                .ok_or(E::ObjectAccessDenied)?;
            let pool = state.series.pools.get(&peer).ok_or(E::ObjectNonExistent)?;
            pool.check(slot, association.0, now)?;
            let running = match set.status {
                true => Some(self.check_series(&state, &table, association, &set, wall)?),
                false => None,
            };
            let status = set.status;
            let data_value = set.data_value.clone();
            if let Some(pool) = state.series.pools.get_mut(&peer) {
                pool.set(slot, set, status.then_some(association.0));
            }
            let was = match running {
                Some(running) => state.series.running.insert((peer, slot), running),
                None => state.series.running.remove(&(peer, slot)),
            };
            let event = match data_value.filter(|_| status) {
                Some(data_set) => Some(Event::TransferSetStarted {
                    peer: table.config.peer.clone(),
                    transfer_set: Name::icc(&*table.config.domain, set_name(slot)),
                    data_set,
                }),
                None if was.is_some() => state.series_stopped(peer, slot, StopReason::Client),
                None => None,
            };
            let owner = state.associations.get(&association.0);
            (event, owner.map(|owner| owner.wake()))
        };
        if let Some(event) = event {
            self.emit(event);
        }
        if let Some(wake) = wake {
            wake.notify_one();
        }
        Ok(())
    }

    fn check_series(
        &self,
        state: &State,
        table: &Table,
        association: AssociationId,
        set: &TsTransferSet,
        wall: TimeStamp,
    ) -> Result<Running, DataAccessError> {
        use DataAccessError as E;
        if set.block_data && !table.config.options.block3 {
            return Err(E::ObjectAccessUnsupported);
        }
        let name = set.data_value.as_ref().ok_or(E::ObjectValueInvalid)?;
        if name.domain().is_some_and(|d| d != table.config.domain) {
            return Err(E::ObjectValueInvalid);
        }
        let found = self.model.find(name.domain(), name.item());
        let Some(Object::Point(point)) = found else {
            return Err(E::ObjectValueInvalid);
        };
        let config = self.model.points.get(point as usize);
        let rights = config.map(|point| may(table, point)).unwrap_or_default();
        let history = state.series.history.get(&point);
        match (history, rights) {
            (_, rights) if rights.is_empty() => return Err(E::ObjectValueInvalid),
            (_, rights) if !rights.contains(Rights::QUERY) => return Err(E::ObjectAccessDenied),
            (None, _) => return Err(E::ObjectValueInvalid),
            _ => {}
        }
        let shortest = table.config.limits.min_interval.max(1);
        let on_time = set
            .conditions
            .contains(TsConditions::REPORT_INTERVAL_TIME_OUT);
        let at_end = set.conditions.contains(TsConditions::ENDING_TIME_ARRIVED);
        let start = match set.start_time.ms() {
            0 => wall.ms(),
            ms => ms,
        };
        let end = (set.end_time.ms() != 0).then_some(set.end_time.ms());
        if set.conditions.is_empty()
            || set.sample_interval < shortest
            || (on_time && set.report_interval < shortest)
            || (at_end && end.is_none())
            || end.is_some_and(|end| end < start)
        {
            return Err(E::ObjectValueInvalid);
        }
        let step = i64::from(set.sample_interval) * 1000;
        let limit = i64::try_from(table.config.limits.series_samples).unwrap_or(i64::MAX);
        // What is told at once: what is stored, and then what comes between two reports or until the end.
        let first = history.and_then(History::first).unwrap_or(wall.ms());
        let stored = (wall.ms() - start.max(first)).max(0) / step;
        let between = match (on_time, end) {
            (true, _) => i64::from(set.report_interval) / i64::from(set.sample_interval),
            (false, Some(end)) => (end - start.max(first)).max(0) / step,
            (false, None) => 0,
        };
        if stored > limit || between > limit {
            return Err(E::ObjectValueInvalid);
        }
        Ok(Running {
            association: association.0,
            point,
            next_sample: start,
            // What is stored already is told at once.
            next_report: on_time.then_some(match start < wall.ms() {
                true => wall.ms(),
                false => start + i64::from(set.report_interval) * 1000,
            }),
            start,
            end,
            set: set.clone(),
        })
    }

    /// An operator asks for reports of the time series that run for a peer, or for all. Says how many there are.
    pub(crate) fn request_series(&self, to: Option<&str>) -> usize {
        let wall = self.clock.now();
        let (mut asked, mut events) = (0, Vec::new());
        {
            let mut state = self.state.lock();
            let mut places: Vec<(usize, usize)> = state.series.running.keys().copied().collect();
            places.sort_unstable();
            for (peer, slot) in places {
                let table = state.series_table(peer);
                let meant = table.is_some_and(|t| to.is_none_or(|to| to == t.config.peer));
                let running = state.series.running.get(&(peer, slot));
                let wants = running.is_some_and(|running| {
                    running
                        .set
                        .conditions
                        .contains(TsConditions::OPERATOR_REQUEST)
                });
                if meant && wants {
                    let condition = TsConditions::OPERATOR_REQUEST;
                    state.report_series(
                        &self.model,
                        (peer, slot),
                        condition,
                        wall.ms(),
                        &mut events,
                    );
                    asked += 1;
                }
            }
        }
        for event in events {
            self.emit(event);
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn history(values: &[(i64, i32)], retention: u64, max_values: usize) -> History {
        let config = TimeSeries {
            retention: Duration::from_millis(retention),
            max_values,
            ..TimeSeries::new(Name::vcc("A"))
        };
        let mut history = History::default();
        for (at, value) in values {
            history.push(
                TimeStamp::from_ms(*at),
                PointValue::discrete(*value),
                &config,
            );
        }
        history
    }

    fn at(history: &History, moment: i64) -> Option<i32> {
        history.at(moment).map(|value| value.value.discrete())
    }

    #[test]
    fn the_value_at_a_moment_is_the_last_before_it() {
        let h = history(&[(10, 1), (20, 2), (20, 3), (15, 4)], 1000, 10);
        let seen: Vec<_> = [9, 10, 19, 20, 99].map(|moment| at(&h, moment)).into();
        // A clock that goes back replaces what came at the same moment, and never the order.
        assert_eq!(seen, [None, Some(1), Some(1), Some(4), Some(4)]);
    }

    #[test]
    fn what_is_too_old_goes_but_for_the_value_at_the_oldest_moment() {
        let h = history(&[(0, 1), (10, 2), (50, 3), (100, 4)], 60, 10);
        assert_eq!(h.values.len(), 3);
        assert_eq!((at(&h, 5), at(&h, 40)), (None, Some(2)));
        assert_eq!(
            history(&[(0, 1), (10, 2), (50, 3)], 1000, 2).values.len(),
            2
        );
    }

    proptest! {
        #[test]
        fn samples_are_even_and_none_is_told_twice(
            steps in proptest::collection::vec(1i64..5000, 1..40), interval in 1i32..5, cuts in proptest::collection::vec(0i64..20_000, 1..5),
        ) {
            let mut moment = 0;
            let values: Vec<(i64, i32)> = steps.iter().enumerate().map(|(i, step)| { moment += step; (moment, i as i32) }).collect();
            let history = history(&values, u64::MAX >> 2, 1000);
            let mut running = Running {
                association: 1, point: 0, next_sample: 0, next_report: None, start: 0, end: None,
                set: TsTransferSet { sample_interval: interval, ..TsTransferSet::default() },
            };
            let (mut all, mut to) = (vec![], 0);
            for cut in cuts {
                to += cut;
                all.extend(running.take(&history, to));
            }
            let step = i64::from(interval) * 1000;
            let expected: Vec<i64> = (0..).map(|i| i * step).take_while(|at| *at <= to).filter(|at| *at >= values[0].0).collect();
            prop_assert_eq!(all.iter().map(|(at, _)| *at).collect::<Vec<_>>(), expected);
            for (at, value) in all {
                let last = values.iter().rev().find(|(moment, _)| *moment <= at).unwrap().1;
                prop_assert_eq!(value.value.discrete(), last);
            }
        }
    }
}
