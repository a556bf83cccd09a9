//! The transfer sets of a peer's domain: handing them out, starting and stopping them.

use super::transfer::{Timing, Transfer};
use super::{Active, Core, DataSet, Member, Peer, State, Watch};
use crate::Name;
use crate::bilateral::Rights;
use crate::event::{AssociationId, Event, StopReason};
use crate::model::Object;
use crate::types::{DsConditions, DsTransferSet};
use mms::DataAccessError;
use std::sync::Arc;
use tokio::time::Instant;

/// A transfer set of the pool.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The attributes that were written last.
    set: DsTransferSet,
    /// Where it is while it is enabled.
    pub(super) active: Option<u32>,
    /// The association that was told its name, and until when it is kept for it.
    reserved: Option<(u64, Instant)>,
}

/// The name of the transfer set at a place of the pool.
pub(crate) fn transfer_set_name(slot: usize) -> String {
    format!("DSTS{}", slot + 1)
}

fn slot_named(name: &str) -> Option<usize> {
    let number = name.strip_prefix("DSTS")?;
    // One spelling only: no sign, no zeros in front.
    if !number.starts_with(|c: char| matches!(c, '1'..='9')) {
        return None;
    }
    number.parse::<usize>().ok()?.checked_sub(1)
}

/// Whether this is how transfer sets are called.
pub(crate) fn is_transfer_set_name(name: &str) -> bool {
    slot_named(name).is_some()
}

impl Peer {
    /// Forgets what was kept for an association.
    pub(super) fn release(&mut self, association: u64) {
        for slot in &mut self.slots {
            slot.reserved = slot.reserved.filter(|(by, _)| *by != association);
        }
    }

    /// The place of the transfer set with this name.
    pub(crate) fn slot(&self, name: &str) -> Option<usize> {
        slot_named(name).filter(|slot| *slot < self.slots.len())
    }

    /// The names of all transfer sets of the peer.
    pub(crate) fn transfer_set_names(&self) -> impl Iterator<Item = String> {
        (0..self.slots.len()).map(transfer_set_name)
    }
}

impl State {
    pub(crate) fn peer_of(&mut self, association: AssociationId) -> Option<&mut Peer> {
        let table = self.associations.get(&association.0)?.table;
        self.peers.get_mut(table)
    }

    /// The attributes of a transfer set, its status among them.
    pub(crate) fn attributes(&self, table: usize, slot: usize) -> Option<&DsTransferSet> {
        let slot = self.peers.get(table)?.slots.get(slot)?;
        match slot.active {
            Some(active) => Some(&self.active(active)?.transfer.set),
            None => Some(&slot.set),
        }
    }

    /// The name of a free transfer set, which is then kept for this association for a while (Next_DSTransfer_Set).
    pub(crate) fn next_transfer_set(
        &mut self,
        association: AssociationId,
        now: Instant,
    ) -> Option<String> {
        let peer = self.peer_of(association)?;
        let keep = peer.table.as_ref()?.config.options.reservation;
        let count = peer.slots.len();
        let free = (0..count).map(|i| (peer.next_slot + i) % count).find(|i| {
            peer.slots.get(*i).is_some_and(|slot| {
                slot.active.is_none() && slot.reserved.is_none_or(|(_, until)| until <= now)
            })
        })?;
        peer.next_slot = (free + 1) % count;
        peer.slots.get_mut(free)?.reserved = Some((association.0, now + keep));
        Some(transfer_set_name(free))
    }

    /// Stops a transfer set and gives what is to be told.
    pub(super) fn stop(&mut self, transfer: u32, reason: StopReason) -> Option<Event> {
        let active = self.transfers.get_mut(transfer as usize)?.take()?;
        self.free_transfers.push(transfer);
        for member in &active.transfer.data_set.members {
            if let Member::Object(Object::Point(point)) = member
                && let Some(watches) = self.watches.get_mut(*point as usize)
            {
                watches.retain(|watch| watch.transfer != transfer);
            }
        }
        if let Some(association) = self.associations.get_mut(&active.association) {
            association.transfers.retain(|t| *t != transfer);
        }
        let peer = self.peers.get_mut(active.table)?;
        let slot = peer.slots.get_mut(active.slot)?;
        slot.active = None;
        slot.set = DsTransferSet {
            status: false,
            ..active.transfer.set
        };
        let table = peer.table.as_ref()?;
        Some(Event::TransferSetStopped {
            peer: table.config.peer.clone(),
            transfer_set: (*active.name).clone(),
            reason,
        })
    }

    fn enable(
        &mut self,
        association: AssociationId,
        slot: usize,
        name: Name,
        transfer: Transfer,
    ) -> Option<()> {
        let state = self.associations.get_mut(&association.0)?;
        let table = state.table;
        let place = match self.free_transfers.pop() {
            Some(place) => place,
            None => {
                self.transfers.push(None);
                u32::try_from(self.transfers.len() - 1).ok()?
            }
        };
        state.transfers.push(place);
        let id = self.next_id;
        self.next_id += 1;
        for (i, member) in transfer.data_set.members.iter().enumerate() {
            if let Member::Object(Object::Point(point)) = member
                && let Some(watches) = self.watches.get_mut(*point as usize)
            {
                watches.push(Watch {
                    transfer: place,
                    member: u32::try_from(i).ok()?,
                });
            }
        }
        *self.transfers.get_mut(place as usize)? = Some(Active {
            id,
            association: association.0,
            table,
            slot,
            name: Arc::new(name),
            transfer,
            touched: false,
        });
        let slot = self.peers.get_mut(table)?.slots.get_mut(slot)?;
        slot.active = Some(place);
        slot.reserved = None;
        Some(())
    }
}

impl Core {
    /// The place of the transfer set with this name in the domain of a peer.
    pub(crate) fn transfer_set_slot(&self, table: &super::Table, name: &str) -> Option<usize> {
        slot_named(name).filter(|slot| *slot < table.config.limits.transfer_sets)
    }

    /// Writes a transfer set: starts, stops or prepares it (reference sections 4.3 and 4.5). `whole`: the structure, not one component.
    ///
    /// # Errors
    /// What is answered.
    pub(crate) fn write_transfer_set(
        &self,
        association: AssociationId,
        slot: usize,
        set: DsTransferSet,
        whole: bool,
    ) -> Result<(), DataAccessError> {
        use DataAccessError as E;
        let now = Instant::now();
        let wall = self.clock.now();
        let mut events = Vec::new();
        let wake = {
            let mut state = self.state.lock();
            let owner = state
                .associations
                .get(&association.0)
                .ok_or(E::ObjectAccessDenied)?;
            let (table_index, wake) = (owner.table, owner.wake.clone());
            let peer = state.peers.get(table_index).ok_or(E::ObjectNonExistent)?;
            let table = peer.table.clone().ok_or(E::ObjectNonExistent)?;
            let place = peer.slots.get(slot).ok_or(E::ObjectNonExistent)?;
            let running = place.active;
            if let Some((by, until)) = place.reserved
                && running.is_none()
                && by != association.0
                && until > now
            {
                return Err(E::TemporarilyUnavailable);
            }
            if let Some(active) = running.and_then(|active| state.active(active)) {
                if active.association != association.0 {
                    return Err(E::ObjectAccessDenied);
                }
                if !whole && set.status {
                    return Err(E::TemporarilyUnavailable);
                }
            }
            let config = &table.config;
            let name = Name::icc(&*config.domain, transfer_set_name(slot));
            if !set.status {
                if let Some(active) = running {
                    events.extend(state.stop(active, StopReason::Client));
                }
                let peer = state.peers.get_mut(table_index);
                if let Some(place) = peer.and_then(|peer| peer.slots.get_mut(slot)) {
                    if whole {
                        place.reserved = None;
                        place.set = set;
                    } else if running.is_none() {
                        place.set = set;
                    }
                }
            } else {
                let data_set = self.check_start(&state, &table, &set)?;
                if let Some(active) = running {
                    // Started anew: not worth an event of its own.
                    state.stop(active, StopReason::Client);
                }
                let timing = Timing {
                    initial_full: config.options.initial_full_report,
                    send_empty: config.options.send_empty,
                    full_intervals: config.options.full_interval_reports,
                    max_events: config.limits.events.max(1),
                    critical_timeout: config.options.critical_timeout,
                };
                events.push(Event::TransferSetStarted {
                    peer: config.peer.clone(),
                    transfer_set: name.clone(),
                    data_set: data_set.name.clone(),
                });
                let transfer = Transfer::new(set, data_set, timing, now, wall);
                state
                    .enable(association, slot, name, transfer)
                    .ok_or(E::TemporarilyUnavailable)?;
            }
            wake
        };
        wake.notify_one();
        for event in events {
            self.emit(event);
        }
        Ok(())
    }

    fn check_start(
        &self,
        state: &State,
        table: &super::Table,
        set: &DsTransferSet,
    ) -> Result<Arc<DataSet>, DataAccessError> {
        use DataAccessError as E;
        let config = &table.config;
        // The variable that is written exists; what its value names does not.
        let name = set.data_set.as_ref().ok_or(E::ObjectValueInvalid)?;
        let data_set = state.data_sets.get(name).ok_or(E::ObjectValueInvalid)?;
        let rights = data_set_rights(config, data_set);
        if rights.is_empty() {
            return Err(E::ObjectValueInvalid);
        }
        if !rights.contains(Rights::USE) {
            return Err(E::ObjectAccessDenied);
        }
        let block2 = set.rbe
            || set.all_changes_reported
            || set.conditions.intersects(
                DsConditions::INTEGRITY_TIME_OUT
                    | DsConditions::OBJECT_CHANGE
                    | DsConditions::OTHER_EXTERNAL_EVENT,
            );
        if (set.block_data && !config.options.block3) || (block2 && !config.options.block2) {
            return Err(E::ObjectAccessUnsupported);
        }
        // Only points have a packed form.
        let packable = |member: &Member| !matches!(member, Member::Object(Object::Control(_)));
        if set.block_data && !data_set.members.iter().all(packable) {
            return Err(E::ObjectValueInvalid);
        }
        let shortest = config.limits.min_interval.max(1);
        let too_short = |condition, period| set.conditions.contains(condition) && period < shortest;
        if set.conditions.is_empty()
            || too_short(DsConditions::INTERVAL_TIME_OUT, set.interval)
            || too_short(DsConditions::INTEGRITY_TIME_OUT, set.integrity_check)
            || set.conditions.contains(DsConditions::OBJECT_CHANGE)
                && set.buffer_time < config.limits.min_buffer_time
        {
            return Err(E::ObjectValueInvalid);
        }
        Ok(data_set.clone())
    }

    /// The client takes a critical report (ACK), with its time stamp or all there are, or does not (NACK). `false`: that transfer set is
    /// not one of this association that is enabled.
    pub(crate) fn acknowledge(
        &self,
        association: AssociationId,
        transfer_set: &Name,
        positive: bool,
        stamp: Option<i32>,
    ) -> bool {
        let mut state = self.state.lock();
        let Some(peer) = state.peer_of(association) else {
            return false;
        };
        let domain = peer.table.as_ref().map(|table| &*table.config.domain);
        if transfer_set.domain() != domain {
            return false;
        }
        let slot = peer.slot(transfer_set.item());
        let active = slot.and_then(|slot| peer.slots.get(slot)?.active);
        let Some(active) = active.and_then(|active| state.active_mut(active)) else {
            return false;
        };
        if active.association != association.0 {
            return false;
        }
        if positive {
            active.transfer.acknowledge(stamp);
        } else {
            active.transfer.refuse();
        }
        if let Some(association) = state.associations.get(&association.0) {
            association.wake.notify_one();
        }
        true
    }
}

/// The rights of a peer to a data set: all to those it made itself.
pub(crate) fn data_set_rights(
    config: &crate::bilateral::BilateralTable,
    data_set: &DataSet,
) -> Rights {
    let own = data_set.name.domain() == Some(&*config.domain);
    if data_set.dynamic && own {
        return Rights::all();
    }
    config.rights(data_set.name.domain(), data_set.name.item())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_transfer_sets() {
        assert_eq!(transfer_set_name(0), "DSTS1");
        assert_eq!(slot_named("DSTS1"), Some(0));
        assert_eq!(slot_named("DSTS12"), Some(11));
        for other in [
            "DSTS0",
            "DSTS01",
            "DSTS+1",
            "DSTS",
            "XDSTS1",
            "DSTS1x",
            "DSTS99999999999999999999",
        ] {
            assert_eq!(slot_named(other), None, "{other}");
        }
    }
}
