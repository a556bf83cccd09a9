//! Accounts as they are now, and who is told.

use super::report::{About, encode};
use super::{AccountError, AccountPeriod, SETS};
use crate::Name;
use crate::bilateral::Rights;
use crate::engine::{Core, SmallPool, State, Table};
use crate::event::{AssociationId, Event, ReportProblem, StopReason};
use crate::model::{Model, TransferAccount};
use crate::types::{TaConditions, TaRequest, TaTransferSet, TimeStamp};
use mms::DataAccessError;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const HOUR: i64 = 3600;

/// The conditions that come by the clock.
const TIMED: [TaConditions; 3] = [
    TaConditions::BEFORE_THE_HOUR,
    TaConditions::DURING_THE_HOUR,
    TaConditions::AFTER_THE_HOUR,
];

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    /// By the seconds a period begins at.
    data: Vec<BTreeMap<i64, AccountPeriod>>,
    /// By the place of the peer.
    pools: HashMap<usize, SmallPool<TaTransferSet>>,
    /// When each enabled transfer set has something to do, for each of the timed conditions.
    timers: HashMap<(usize, usize), [Option<Instant>; 3]>,
}

impl Accounts {
    pub(crate) fn new(model: &Model) -> Self {
        Accounts {
            data: model.accounts.iter().map(|_| BTreeMap::new()).collect(),
            ..Accounts::default()
        }
    }

    pub(crate) fn set(&self, peer: usize, slot: usize) -> TaTransferSet {
        let pool = self.pools.get(&peer);
        pool.and_then(|pool| pool.get(slot))
            .copied()
            .unwrap_or_default()
    }
}

/// The rights of a peer to an account.
fn rights(table: &Table, account: &TransferAccount) -> Rights {
    let name = &account.name;
    table.config.rights(name.domain(), name.item())
}

/// The next moment after `wall` that is `offset` seconds behind a full hour, in milliseconds.
fn next_of_hour(wall: TimeStamp, offset: i64) -> i64 {
    let (hour, offset) = (HOUR * 1000, offset * 1000);
    (wall.ms() - offset).div_euclid(hour) * hour + hour + offset
}

/// Seconds behind the full hour at which a timed condition comes.
fn offset(condition: usize, lead: i64) -> i64 {
    match condition {
        0 => -lead,
        1 => HOUR / 2,
        _ => lead,
    }
}

/// How long `target` is ahead of `wall`, in milliseconds.
fn until(now: Instant, wall: TimeStamp, target: i64) -> Instant {
    let ahead = u64::try_from(target - wall.ms()).unwrap_or(0);
    now + Duration::from_millis(ahead)
}

/// One account for one association.
struct Wanted<'a> {
    account: u32,
    association: u64,
    transfer_set: Option<&'a str>,
    conditions: TaConditions,
    request_id: i32,
    seconds: Range<i64>,
    /// Nothing is sent where there are no data.
    only_data: bool,
}

impl State {
    fn send_account(
        &mut self,
        model: &Model,
        table: &Table,
        wanted: Wanted<'_>,
    ) -> Result<bool, ReportProblem> {
        let Some(account) = model.accounts.get(wanted.account as usize) else {
            return Ok(false);
        };
        let owner = self.associations.get(&wanted.association);
        let max_pdu = owner.map_or(0, |owner| owner.max_pdu);
        let Some(data) = self.accounts.data.get(wanted.account as usize) else {
            return Ok(false);
        };
        let data: Vec<(i64, &AccountPeriod)> = match wanted.seconds.is_empty() {
            true => Vec::new(),
            false => data
                .range(wanted.seconds)
                .map(|(at, period)| (*at, period))
                .collect(),
        };
        if data.is_empty() && wanted.only_data {
            return Ok(false);
        }
        let about = About {
            account,
            table: &table.config,
            transfer_set: wanted.transfer_set,
            conditions: wanted.conditions,
            request_id: wanted.request_id,
            max_pdu,
        };
        let services = encode(about, &data);
        if services.is_empty() {
            return Err(ReportProblem::TooLong);
        }
        match self.post(wanted.association, services) {
            true => Ok(true),
            false => Err(ReportProblem::Overflow),
        }
    }

    /// The enabled account transfer sets: where, whose, and for what.
    fn account_sets(&self) -> Vec<(usize, usize, u64, TaTransferSet)> {
        let pools = self.accounts.pools.iter();
        let sets = pools.flat_map(|(peer, pool)| {
            pool.enabled()
                .map(|(slot, owner, set)| (*peer, slot, owner, *set))
        });
        let mut sets: Vec<_> = sets.collect();
        sets.sort_unstable_by_key(|(peer, slot, ..)| (*peer, *slot));
        sets
    }

    fn table_at(&self, peer: usize) -> Option<Arc<Table>> {
        self.peers.get(peer)?.table.clone()
    }

    /// What the clock asks of the account transfer sets of an association. Gives when it does so next.
    pub(crate) fn advance_accounts(
        &mut self,
        model: &Model,
        association: u64,
        now: Instant,
        wall: TimeStamp,
        events: &mut Vec<Event>,
    ) -> Option<Instant> {
        if model.accounts.is_empty() {
            return None;
        }
        let mut deadline: Option<Instant> = None;
        for (peer, slot, owner, _) in self.account_sets() {
            if owner != association {
                continue;
            }
            let Some(table) = self.table_at(peer) else {
                continue;
            };
            let lead = lead(&table);
            let mut timers = self
                .accounts
                .timers
                .get(&(peer, slot))
                .copied()
                .unwrap_or_default();
            for (i, condition) in TIMED.into_iter().enumerate() {
                let Some(at) = timers[i] else { continue };
                if at <= now {
                    // The moment it was due, which may be a little ago.
                    let due = next_of_hour(wall, offset(i, lead)) / 1000 - HOUR;
                    let hour = match i {
                        0 => due + lead,
                        1 => due - HOUR / 2,
                        _ => due - lead - HOUR,
                    };
                    self.send_accounts(model, &table, (association, slot), condition, hour, events);
                    timers[i] = Some(until(now, wall, next_of_hour(wall, offset(i, lead))));
                }
                deadline = deadline.into_iter().chain(timers[i]).min();
            }
            self.accounts.timers.insert((peer, slot), timers);
        }
        deadline
    }

    /// Reports of all accounts the peer may have, for one hour.
    fn send_accounts(
        &mut self,
        model: &Model,
        table: &Arc<Table>,
        (association, slot): (u64, usize),
        condition: TaConditions,
        hour: i64,
        events: &mut Vec<Event>,
    ) {
        let name = set_name(slot);
        for (place, account) in model.accounts.iter().enumerate() {
            if !rights(table, account).contains(Rights::QUERY) {
                continue;
            }
            let seconds = account.seconds();
            let wanted = Wanted {
                account: place as u32,
                association,
                transfer_set: Some(&name),
                conditions: condition,
                request_id: 0,
                seconds: hour.div_euclid(seconds) * seconds..hour + HOUR,
                only_data: true,
            };
            if let Err(problem) = self.send_account(model, table, wanted) {
                events.push(not_sent(table, &name, problem));
            }
        }
    }

    /// The association is over.
    pub(crate) fn end_accounts(&mut self, association: u64) -> Vec<Event> {
        let mut events = Vec::new();
        let mut released = Vec::new();
        for (peer, pool) in &mut self.accounts.pools {
            released.extend(
                pool.release(association)
                    .into_iter()
                    .map(|slot| (*peer, slot)),
            );
        }
        for (peer, slot) in released {
            self.accounts.timers.remove(&(peer, slot));
            events.extend(self.account_set_stopped(peer, slot, StopReason::Association));
        }
        events
    }

    fn account_set_stopped(&self, peer: usize, slot: usize, reason: StopReason) -> Option<Event> {
        let table = self.table_at(peer)?;
        Some(Event::TransferSetStopped {
            peer: table.config.peer.clone(),
            transfer_set: Name::icc(&*table.config.domain, set_name(slot)),
            reason,
        })
    }

    /// Bilateral tables are others.
    pub(crate) fn resize_accounts(&mut self) -> Vec<Event> {
        let mut lost = Vec::new();
        let sizes: Vec<usize> = self
            .peers
            .iter()
            .map(|peer| {
                peer.table
                    .as_ref()
                    .map_or(0, |t| t.config.limits.account_sets)
            })
            .collect();
        for (peer, pool) in &mut self.accounts.pools {
            let size = sizes.get(*peer).copied().unwrap_or(0);
            lost.extend(pool.resize(size).into_iter().map(|slot| (*peer, slot)));
        }
        for place in &lost {
            self.accounts.timers.remove(place);
        }
        lost.into_iter()
            .filter_map(|(peer, slot)| self.account_set_stopped(peer, slot, StopReason::Table))
            .collect()
    }

    fn account_pool(&mut self, association: AssociationId) -> Option<(usize, Arc<Table>)> {
        let peer = self.associations.get(&association.0)?.table;
        let table = self.table_at(peer)?;
        let pool = self.accounts.pools.entry(peer).or_default();
        if pool.len() == 0 {
            pool.resize(table.config.limits.account_sets);
        }
        Some((peer, table))
    }
}

fn lead(table: &Table) -> i64 {
    let lead = table.config.options.account_lead.as_secs();
    i64::try_from(lead).unwrap_or(0).clamp(1, HOUR / 2 - 1)
}

fn set_name(slot: usize) -> String {
    format!("{SETS}{}", slot + 1)
}

fn not_sent(table: &Table, set: &str, problem: ReportProblem) -> Event {
    Event::Reports {
        peer: table.config.peer.clone(),
        transfer_set: Name::icc(&*table.config.domain, set),
        problem,
        count: 1,
    }
}

impl Core {
    /// Whether there is an account the peer may ask for.
    pub(crate) fn has_accounts(&self, table: &Table) -> bool {
        let mut accounts = self.model.accounts.iter();
        table.config.limits.account_sets > 0
            && accounts.any(|account| rights(table, account).contains(Rights::QUERY))
    }

    /// The name of a free account transfer set (Next_TATransfer_Set).
    pub(crate) fn next_account_set(&self, association: AssociationId) -> Option<String> {
        let now = Instant::now();
        let mut state = self.state.lock();
        let (peer, table) = state.account_pool(association)?;
        let until = now + table.config.options.reservation;
        let pool = state.accounts.pools.get_mut(&peer)?;
        pool.hand_out(association.0, now, until).map(set_name)
    }

    /// Writes an account transfer set: starts or stops it.
    pub(crate) fn write_account_set(
        &self,
        association: AssociationId,
        slot: usize,
        set: TaTransferSet,
    ) -> Result<(), DataAccessError> {
        use DataAccessError as E;
        let (now, wall) = (Instant::now(), self.clock.now());
        let (event, wake) = {
            let mut state = self.state.lock();
            let (peer, table) = state
                .account_pool(association)
                .ok_or(E::ObjectAccessDenied)?;
            if set.block_data {
                // Accounts have no packed form here.
                return Err(E::ObjectAccessUnsupported);
            }
            if set.status && set.conditions.is_empty() {
                return Err(E::ObjectValueInvalid);
            }
            let pool = state
                .accounts
                .pools
                .get_mut(&peer)
                .ok_or(E::ObjectNonExistent)?;
            pool.check(slot, association.0, now)?;
            let was = pool.enabled().any(|(at, ..)| at == slot);
            pool.set(slot, set, set.status.then_some(association.0));
            let mut timers = [None; 3];
            for (i, condition) in TIMED.into_iter().enumerate() {
                if set.status && set.conditions.contains(condition) {
                    let target = next_of_hour(wall, offset(i, lead(&table)));
                    timers[i] = Some(until(now, wall, target));
                }
            }
            state.accounts.timers.insert((peer, slot), timers);
            let name = Name::icc(&*table.config.domain, set_name(slot));
            let event = match (set.status, was) {
                (true, _) => Some(Event::TransferSetStarted {
                    peer: table.config.peer.clone(),
                    transfer_set: name.clone(),
                    data_set: name,
                }),
                (false, true) => state.account_set_stopped(peer, slot, StopReason::Client),
                (false, false) => None,
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

    /// A peer asks for an account: the answer is a report.
    pub(crate) fn query_account(
        &self,
        association: AssociationId,
        table: &Table,
        request: TaRequest,
    ) -> Result<(), DataAccessError> {
        use DataAccessError as E;
        let place = self.model.account(request.reference);
        let place = place.ok_or(E::ObjectValueInvalid)?;
        let account = self.model.accounts.get(place as usize);
        let account = account.ok_or(E::ObjectValueInvalid)?;
        match rights(table, account) {
            rights if rights.is_empty() => return Err(E::ObjectValueInvalid),
            rights if !rights.contains(Rights::QUERY) => return Err(E::ObjectAccessDenied),
            _ => {}
        }
        let start = request.start_time.seconds();
        let seconds = match request.duration {
            0 => start..i64::MAX,
            1.. => start..start.saturating_add(request.duration.into()),
            _ => return Err(E::ObjectValueInvalid),
        };
        let wanted = Wanted {
            account: place,
            association: association.0,
            transfer_set: None,
            conditions: TaConditions::REFERENCED_REQUEST,
            request_id: request.request_id,
            seconds,
            only_data: false,
        };
        let sent = self.state.lock().send_account(&self.model, table, wanted);
        match sent {
            Ok(_) => Ok(()),
            Err(_) => Err(E::TemporarilyUnavailable),
        }
    }

    /// Takes the data of a period, and tells who follows. Says to how many transfer sets.
    pub(crate) fn update_account(
        &self,
        reference: i32,
        start: TimeStamp,
        period: AccountPeriod,
    ) -> Result<usize, AccountError> {
        let no_account = AccountError::NoSuchAccount(reference);
        let place = self.model.account(reference).ok_or(no_account)?;
        let account = self.model.accounts.get(place as usize).ok_or(no_account)?;
        let (seconds, at) = (account.seconds(), start.seconds());
        if start.millisecond() != 0 || at.rem_euclid(seconds) != 0 {
            return Err(AccountError::NoPeriod);
        }
        if period.floats.len() != account.floats || period.integers.len() != account.integers {
            return Err(AccountError::WrongCount);
        }
        if !period.floats.iter().all(|value| value.is_finite()) {
            return Err(AccountError::NotANumber);
        }
        let now = self.clock.now().seconds();
        let condition = match (at <= now, at + seconds <= now) {
            (_, true) => TaConditions::PAST_DATA_CHANGE,
            (true, false) => TaConditions::ACTUAL_DATA_CHANGE,
            (false, false) => TaConditions::OBJECT_CHANGE,
        };
        {
            let mut state = self.state.lock();
            let data = state
                .accounts
                .data
                .get_mut(place as usize)
                .ok_or(no_account)?;
            if data.get(&at) == Some(&period) {
                // Nothing has changed.
                return Ok(0);
            }
            data.insert(at, period);
            while data.len() > account.retention {
                data.pop_first();
            }
        }
        Ok(self.report_account(place, condition, at..at + seconds, None))
    }

    /// Reports of an account to the transfer sets that want this condition.
    fn report_account(
        &self,
        place: u32,
        condition: TaConditions,
        seconds: Range<i64>,
        to: Option<&str>,
    ) -> usize {
        let Some(account) = self.model.accounts.get(place as usize) else {
            return 0;
        };
        let (mut told, mut events) = (0, Vec::new());
        {
            let mut state = self.state.lock();
            for (peer, slot, association, set) in state.account_sets() {
                let Some(table) = state.table_at(peer) else {
                    continue;
                };
                let meant = to.is_none_or(|name| name == table.config.peer);
                let may = rights(&table, account).contains(Rights::QUERY);
                if !set.conditions.contains(condition) || !meant || !may {
                    continue;
                }
                let name = set_name(slot);
                let wanted = Wanted {
                    account: place,
                    association,
                    transfer_set: Some(&name),
                    conditions: condition,
                    request_id: 0,
                    seconds: seconds.clone(),
                    only_data: false,
                };
                match state.send_account(&self.model, &table, wanted) {
                    Ok(_) => told += 1,
                    Err(problem) => events.push(not_sent(&table, &name, problem)),
                }
            }
        }
        for event in events {
            self.emit(event);
        }
        told
    }

    /// An operator asks for reports of an account, from a moment on, for so many seconds.
    pub(crate) fn request_account(
        &self,
        reference: i32,
        start: TimeStamp,
        duration: i64,
        to: Option<&str>,
    ) -> Result<usize, AccountError> {
        let place = self.model.account(reference);
        let place = place.ok_or(AccountError::NoSuchAccount(reference))?;
        let start = start.seconds();
        let seconds = start..start.saturating_add(duration.max(0));
        Ok(self.report_account(place, TaConditions::OPERATOR_REQUEST, seconds, to))
    }

    /// The data of an account that are stored.
    pub(crate) fn account_data(&self, reference: i32) -> Vec<(TimeStamp, AccountPeriod)> {
        let Some(place) = self.model.account(reference) else {
            return Vec::new();
        };
        let state = self.state.lock();
        let data = state
            .accounts
            .data
            .get(place as usize)
            .into_iter()
            .flatten();
        data.map(|(at, period)| (TimeStamp::from_seconds(*at), period.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_hour() {
        let at = |seconds: i64| TimeStamp::from_seconds(seconds);
        assert_eq!(next_of_hour(at(7200), -300), 10_500_000);
        assert_eq!(next_of_hour(at(10_499), -300), 10_500_000);
        assert_eq!(next_of_hour(at(10_500), -300), 14_100_000);
        assert_eq!(next_of_hour(at(7200), 300), 7_500_000);
        assert_eq!(next_of_hour(at(7500), 300), 11_100_000);
        assert_eq!(next_of_hour(at(7200), 1800), 9_000_000);
    }
}
