//! Report control blocks, unbuffered and buffered (IEC 61850-7-2 clause 17, 8-1 clause 17).
//!
//! The attributes of a control block are fields of the address space, whose values lie in the store;
//! a [`ReportBlock`] has what is not seen: who has it, what is pending, what is buffered. A change of
//! a member marks it as pending; at the end of the update the values of marked members are taken, and
//! the report leaves at once or when its buffer time is over. An unbuffered report goes to the queue
//! of its client or, when that is full, is dropped whole. A buffered one goes to the buffer, and from
//! there to the queue as long as the queue has room.

mod attributes;
mod buffer;
mod message;
mod pending;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use super::Shared;
use super::blocks::{Block, BlockKind, FieldId};
use super::lists::ListUse;
use super::store::{Event, State};
use super::timers::{TimerId, TimerKey};
use super::triggers::Listener;
use crate::common::{Iec61850Edition, RcbEventType, ReportOptions, TriggerOptions};
use crate::model::ReportControlBlock;
use crate::server::{ClientConnection, ReportControlBlockState};
use buffer::{Buffer, is_interrogation};
use message::Head;
use mms::ber::Writer;
use mms::{BinaryTime, DataAccessError, MmsValue};
use pending::{Mark, Pending};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Octets of buffered reports that may wait in the queue of a client; the others stay in the buffer.
const BUFFERED_QUEUE: usize = 64 * 1024;

/// ResvTms of a control block that the configuration keeps for a client.
const BY_CONFIGURATION: i64 = -1;

/// The slots of the attributes.
#[derive(Debug)]
struct Slots {
    rpt_id: u32,
    rpt_ena: u32,
    dat_set: u32,
    conf_rev: u32,
    opt_flds: u32,
    buf_tm: u32,
    sq_num: u32,
    trg_ops: u32,
    intg_pd: u32,
    resv: Option<u32>,
    resv_tms: Option<u32>,
    owner: Option<u32>,
    entry_id: Option<u32>,
    time_of_entry: Option<u32>,
}

impl Slots {
    fn of(block: &Block) -> Option<Self> {
        Some(Slots {
            rpt_id: block.slot(FieldId::RptId)?,
            rpt_ena: block.slot(FieldId::RptEna)?,
            dat_set: block.slot(FieldId::DatSet)?,
            conf_rev: block.slot(FieldId::ConfRev)?,
            opt_flds: block.slot(FieldId::OptFlds)?,
            buf_tm: block.slot(FieldId::BufTm)?,
            sq_num: block.slot(FieldId::SqNum)?,
            trg_ops: block.slot(FieldId::TrgOps)?,
            intg_pd: block.slot(FieldId::IntgPd)?,
            resv: block.slot(FieldId::Resv),
            resv_tms: block.slot(FieldId::ResvTms),
            owner: block.slot(FieldId::Owner),
            entry_id: block.slot(FieldId::EntryId),
            time_of_entry: block.slot(FieldId::TimeOfEntry),
        })
    }
}

/// What a report control block keeps beside its attributes.
#[derive(Debug)]
pub(super) struct ReportBlock {
    slots: Slots,
    /// The reference of the control block in the form of MMS.
    reference: String,
    /// Of a buffered one.
    buffer: Option<Buffer>,
    data_set: Option<ListUse>,
    /// TrgOps, OptFlds, BufTm and IntgPd, as in their slots.
    triggers: TriggerOptions,
    options: ReportOptions,
    buffer_time: Duration,
    integrity_period: Duration,
    enabled: bool,
    /// Whether changes are watched: while it is enabled, and always if it is buffered.
    watching: bool,
    /// The association that has it.
    owner: Option<ClientConnection>,
    /// The address of a client that had it reserved when its association ended.
    left_by: Option<IpAddr>,
    /// The address of the only client that may have it.
    kept_for: Option<IpAddr>,
    pending: Pending,
    /// Whether there are fresh members in the batch that is going on.
    touched: bool,
    sq_num: u16,
    buffer_timer: Option<TimerId>,
    integrity_timer: Option<TimerId>,
    reservation_timer: Option<TimerId>,
    /// Reports a client did not get because it was too slow, and those that fit no PDU.
    dropped: u64,
    /// Whether the last one was dropped.
    losing: bool,
}

/// Something the application may want to hear of.
#[derive(Debug)]
pub(super) struct ReportEvent {
    pub(super) report: u32,
    pub(super) client: Option<ClientConnection>,
    pub(super) event: RcbEventType,
    pub(super) parameter: Option<FieldId>,
    pub(super) error: Option<DataAccessError>,
}

impl ReportBlock {
    fn fires(&self, cause: TriggerOptions) -> bool {
        self.data_set.is_some() && self.triggers.contains(cause)
    }

    fn members(&self) -> usize {
        self.data_set.as_ref().map_or(0, |list| list.members.len())
    }
}

impl State {
    /// The data set of a report control block.
    pub(super) fn report_data_set(&self, report: u32) -> Option<&ListUse> {
        self.reports.get(report as usize)?.data_set.as_ref()
    }
}

impl Shared {
    /// The report control blocks of the model.
    pub(super) fn report_blocks(&self, values: &mut [MmsValue]) -> Vec<ReportBlock> {
        let config = &self.config;
        let number = self.arena.report_control_blocks.len() as u32;
        (0..number)
            .filter_map(|number| {
                let block = self.space.block(BlockKind::Report(number))?;
                let def = self.arena.report_control_blocks.get(number as usize)?;
                let mut report = ReportBlock {
                    slots: Slots::of(block)?,
                    reference: super::blocks::reference(&self.arena, def),
                    buffer: def
                        .is_buffered
                        .then(|| Buffer::new(config.report_buffer_size_brcb())),
                    data_set: None,
                    triggers: TriggerOptions::empty(),
                    options: ReportOptions::empty(),
                    buffer_time: Duration::ZERO,
                    integrity_period: Duration::ZERO,
                    enabled: false,
                    watching: false,
                    owner: None,
                    left_by: None,
                    kept_for: def.client.filter(|_| config.keep_preassigned_rcbs()),
                    pending: Pending::default(),
                    touched: false,
                    sq_num: 0,
                    buffer_timer: None,
                    integrity_timer: None,
                    reservation_timer: None,
                    dropped: 0,
                    losing: false,
                };
                report.read_settings(values);
                report.show_free(values);
                let name = values.get(report.slots.dat_set as usize);
                let name = name.and_then(|name| name.to_string_value().ok());
                report.data_set = name.and_then(|name| self.use_list(name, None).ok().flatten());
                Some(report)
            })
            .collect()
    }

    /// Buffered control blocks begin to collect.
    pub(super) fn start_reports(&self, state: &mut State) {
        for report in 0..state.reports.len() as u32 {
            self.restart(state, report, false);
        }
    }

    /// Watches anew what the control block wants to know, after a change of its settings or of its
    /// being enabled. `at_once`: the first integrity report is due now and not after a period.
    fn restart(&self, state: &mut State, report: u32, at_once: bool) {
        let Some(block) = state.reports.get_mut(report as usize) else {
            return;
        };
        let active = block.data_set.is_some() && (block.enabled || block.buffer.is_some());
        let watching = std::mem::replace(&mut block.watching, active);
        let list = block.data_set.as_ref().map(ListUse::list);
        let (members, triggers) = (block.members(), block.triggers);
        block.pending.reset(members);
        let timers = [block.buffer_timer.take(), block.integrity_timer.take()];
        let period = block.integrity_period;
        let integrity = active && block.fires(TriggerOptions::INTEGRITY) && !period.is_zero();
        for timer in timers {
            state.timers.cancel(timer);
        }
        let Some(list) = list else { return };
        if watching {
            self.unwatch(state, Listener::Report(report), &list);
        }
        if active {
            self.watch(state, Listener::Report(report), &list, triggers);
        }
        if integrity {
            let due = match (self.config.sync_integrity_report_times(), at_once) {
                (true, _) => self.clock.next_multiple(period),
                (false, true) => Instant::now(),
                (false, false) => Instant::now() + period,
            };
            let timer = state.timers.schedule(due, TimerKey::Integrity(report));
            if let Some(block) = state.reports.get_mut(report as usize) {
                block.integrity_timer = Some(timer);
            }
        }
    }

    /// A member of the data set is about to change. `again`: the same attribute has changed before
    /// in the batch that is going on.
    pub(super) fn notify_report(
        &self,
        state: &mut State,
        report: u32,
        member: u32,
        reason: TriggerOptions,
        again: bool,
    ) {
        let Some(block) = state.reports.get(report as usize) else {
            return;
        };
        let mark = block.pending.mark(member);
        if mark == Mark::Taken || mark == Mark::Fresh && again {
            // Two events of one member never go into one report: the first one leaves.
            self.take_values(state, report);
            self.complete(state, report);
        }
        let Some(block) = state.reports.get_mut(report as usize) else {
            return;
        };
        block.pending.add(member, reason);
        if !std::mem::replace(&mut block.touched, true) {
            state.touched.push(report);
        }
    }

    /// The end of a batch: what has changed in it becomes reports.
    pub(super) fn commit_reports(&self, state: &mut State) {
        while let Some(report) = state.touched.pop() {
            self.take_values(state, report);
            let Some(block) = state.reports.get_mut(report as usize) else {
                continue;
            };
            block.touched = false;
            if block.pending.is_empty() {
                continue;
            }
            if block.buffer_time.is_zero() {
                self.complete(state, report);
            } else if block.buffer_timer.is_none() {
                let key = TimerKey::BufferTime(report);
                block.buffer_timer = Some(state.timers.schedule_in(block.buffer_time, key));
            }
        }
    }

    pub(super) fn buffer_time_over(&self, state: &mut State, report: u32) {
        if let Some(block) = state.reports.get_mut(report as usize) {
            block.buffer_timer = None;
            self.complete(state, report);
        }
    }

    pub(super) fn integrity_report(&self, state: &mut State, report: u32, due: Instant) {
        let Some(block) = state.reports.get_mut(report as usize) else {
            return;
        };
        let period = block.integrity_period;
        let mut next = match self.config.sync_integrity_report_times() {
            true => self.clock.next_multiple(period),
            false => due + period,
        };
        if next <= Instant::now() {
            // Reports that were missed while the model was locked are not made up for.
            next = Instant::now() + period;
        }
        let key = TimerKey::Integrity(report);
        block.integrity_timer = Some(state.timers.schedule(next, key));
        self.full_report(state, report, TriggerOptions::INTEGRITY);
    }

    /// A report of all members.
    fn full_report(&self, state: &mut State, report: u32, reason: TriggerOptions) {
        self.take_values(state, report);
        self.complete(state, report);
        let Some(block) = state.reports.get_mut(report as usize) else {
            return;
        };
        for member in 0..block.members() as u32 {
            block.pending.add(member, reason);
        }
        self.take_values(state, report);
        self.complete(state, report);
    }

    fn take_values(&self, state: &mut State, report: u32) {
        let State {
            values,
            reports,
            groups,
            ..
        } = state;
        let Some(block) = reports.get_mut(report as usize) else {
            return;
        };
        let Some(list) = &block.data_set else { return };
        block.pending.take_values(|out, member| {
            if let Some(member) = list.members.get(member as usize) {
                self.encode_member(values, groups, &mut Writer::unbounded(out), member);
            }
        });
    }

    /// What is pending becomes a report.
    fn complete(&self, state: &mut State, report: u32) {
        let now = self.clock.now_ms();
        let Some(block) = state.reports.get_mut(report as usize) else {
            return;
        };
        state.timers.cancel(block.buffer_timer.take());
        if block.pending.is_empty() {
            return;
        }
        if let Some(buffer) = &mut block.buffer {
            let (included, values) = block.pending.in_order();
            if is_interrogation(included) && self.config.edition() >= Iec61850Edition::Edition2 {
                buffer.forget_interrogations();
            }
            let (id, lost) = buffer.push(now, included, values);
            block.pending.clear();
            if !block.enabled {
                block.show_entry(&mut state.values, id, now);
            }
            self.report_event(state, report, RcbEventType::ReportCreated);
            if lost > 0
                && state
                    .reports
                    .get(report as usize)
                    .is_some_and(|r| r.enabled)
            {
                tracing::warn!(report, lost, "report buffer full: entries lost unsent");
                self.report_event(state, report, RcbEventType::Overflow);
            }
            self.send_buffered(state, report);
        } else {
            self.send_unbuffered(state, report, now);
        }
    }

    fn send_unbuffered(&self, state: &mut State, report: u32, now: u64) {
        let State {
            values, reports, ..
        } = state;
        let Some(block) = reports.get_mut(report as usize) else {
            return;
        };
        let sq_num = block.sq_num;
        let (Some(client), Some(list)) = (&block.owner, &block.data_set) else {
            return block.pending.clear();
        };
        // Whether it arrives or not: a gap in the numbers tells of what was dropped.
        block.sq_num = (sq_num + 1) & 0xff;
        values[block.slots.sq_num as usize] = MmsValue::Unsigned(block.sq_num.into());
        let (included, content) = block.pending.in_order();
        let head = Head {
            rpt_id: &values[block.slots.rpt_id as usize],
            options: block.options,
            sq_num,
            time_ms: now,
            data_set: &values[block.slots.dat_set as usize],
            conf_rev: &values[block.slots.conf_rev as usize],
            buffered: None,
        };
        let segments = message::encode(&head, list, included, content, client.report_room());
        block.pending.clear();
        let limit = BUFFERED_QUEUE + self.config.report_buffer_size_urcb();
        let sent = match segments {
            Ok(segments) => client.remote().unconfirmed_all(segments, limit).is_ok(),
            Err(message::TooLong) => {
                tracing::warn!(report = block.reference, "a member is larger than the PDU");
                false
            }
        };
        let first = !sent && !block.losing;
        block.losing = !sent;
        if first {
            tracing::warn!(
                report = block.reference,
                "reports are dropped: the client is too slow"
            );
        }
        if !sent {
            block.dropped += 1;
            self.report_event(state, report, RcbEventType::Overflow);
        }
        self.report_event(state, report, RcbEventType::ReportCreated);
    }

    /// Sends entries as long as the queue of the client has room.
    fn send_buffered(&self, state: &mut State, report: u32) {
        let State {
            values, reports, ..
        } = state;
        let Some(block) = reports.get_mut(report as usize) else {
            return;
        };
        let (true, Some(client), Some(list), Some(buffer)) = (
            block.enabled,
            &block.owner,
            &block.data_set,
            &mut block.buffer,
        ) else {
            return;
        };
        let mut sent = None;
        while let Some((entry, overflow)) = buffer.next() {
            let head = Head {
                rpt_id: &values[block.slots.rpt_id as usize],
                options: block.options,
                sq_num: block.sq_num,
                time_ms: entry.time_ms,
                data_set: &values[block.slots.dat_set as usize],
                conf_rev: &values[block.slots.conf_rev as usize],
                buffered: Some((overflow, entry.id)),
            };
            let room = client.report_room();
            match message::encode(&head, list, &entry.included, &entry.values, room) {
                Ok(segments) => {
                    if client
                        .remote()
                        .unconfirmed_all(segments, BUFFERED_QUEUE)
                        .is_err()
                    {
                        // It goes on when the queue has drained, or with another association.
                        break;
                    }
                    sent = Some((entry.id, entry.time_ms));
                    block.sq_num = block.sq_num.wrapping_add(1);
                }
                Err(message::TooLong) => {
                    block.dropped += 1;
                    tracing::warn!(report = block.reference, "a member is larger than the PDU");
                }
            }
            buffer.advance();
        }
        if let Some((id, time_ms)) = sent {
            values[block.slots.sq_num as usize] = MmsValue::Unsigned(block.sq_num.into());
            block.show_entry(values, id, time_ms);
        }
    }

    /// The queue of a client has room again.
    pub(super) fn resume_reports(&self, client: &ClientConnection) {
        let mut state = self.store.lock_in_task();
        for report in 0..state.reports.len() as u32 {
            let block = &state.reports[report as usize];
            if block.owner.as_ref() == Some(client) && block.enabled {
                self.send_buffered(&mut state, report);
            }
        }
        self.finish(state);
    }

    /// The association of a client is over: what it had is free, or stays reserved for its return.
    pub(super) fn release_reports(&self, state: &mut State, client: &ClientConnection) {
        for report in 0..state.reports.len() as u32 {
            let block = &mut state.reports[report as usize];
            if block.owner.as_ref() != Some(client) {
                continue;
            }
            if block.enabled {
                self.disable(state, report);
            }
            self.leave(state, report, client);
        }
    }

    fn leave(&self, state: &mut State, report: u32, client: &ClientConnection) {
        let block = &mut state.reports[report as usize];
        block.owner = None;
        let reserved = block.reserved_for(&state.values);
        if reserved.is_zero() {
            self.free(state, report);
        } else {
            block.left_by = Some(client.peer_address().ip());
            let key = TimerKey::Reservation(report);
            block.reservation_timer = Some(state.timers.schedule_in(reserved, key));
        }
        let block = &mut state.reports[report as usize];
        let name = state.values.get(block.slots.dat_set as usize);
        let name = name.and_then(|name| name.to_string_value().ok());
        if name.is_some_and(|name| name.starts_with('@')) {
            // The data set goes with the association it belongs to.
            self.set_data_set(state, report, None, String::new());
        }
    }

    pub(super) fn reservation_over(&self, state: &mut State, report: u32) {
        if let Some(block) = state.reports.get_mut(report as usize) {
            block.reservation_timer = None;
            self.free(state, report);
        }
    }

    /// Nobody has the control block any more.
    fn free(&self, state: &mut State, report: u32) {
        let State {
            values,
            reports,
            timers,
            ..
        } = state;
        let Some(block) = reports.get_mut(report as usize) else {
            return;
        };
        timers.cancel(block.reservation_timer.take());
        block.owner = None;
        block.left_by = None;
        block.show_free(values);
        self.report_event(state, report, RcbEventType::Unreserved);
    }

    /// How a control block of the model is now.
    pub(super) fn report_state(
        &self,
        block: &ReportControlBlock,
    ) -> Option<ReportControlBlockState> {
        let mut defs = self.arena.report_control_blocks.iter();
        let number = defs.position(|def| Arc::ptr_eq(def, &block.def))?;
        let state = self.store.lock();
        let report = state.reports.get(number)?;
        let slots = &report.slots;
        let value = |slot: u32| state.values.get(slot as usize);
        let text = |slot| value(slot)?.to_string_value().ok().map(str::to_owned);
        let octets = |slot: Option<u32>| value(slot?)?.to_octet_string().ok();
        Some(ReportControlBlockState {
            rpt_id: text(slots.rpt_id)?,
            rpt_ena: report.enabled,
            resv: slots.resv.map(|_| report.owner.is_some()),
            dataset: text(slots.dat_set)?,
            conf_rev: value(slots.conf_rev)?.to_uint32().ok()?,
            opt_flds: report.options,
            buf_tm: report.buffer_time,
            sq_num: report.sq_num,
            trg_ops: report.triggers,
            intg_pd: report.integrity_period,
            entry_id: octets(slots.entry_id).and_then(|octets| octets.try_into().ok()),
            time_of_entry: slots.time_of_entry.and_then(|slot| match value(slot) {
                Some(MmsValue::BinaryTime(time)) => time.time(),
                _ => None,
            }),
            resv_tms: slots.resv_tms.map(|_| report.reserved_for(&state.values)),
            owner: octets(slots.owner).map(<[u8]>::to_vec),
            client: report.owner.clone(),
            dropped: report.dropped,
        })
    }

    /// Tells the application, when it wants to hear of such events.
    fn report_event(&self, state: &mut State, report: u32, event: RcbEventType) {
        if self.handlers.has_rcb_handler() {
            let block = state.reports.get(report as usize);
            state.events.push(Event::Report(ReportEvent {
                report,
                client: block.and_then(|block| block.owner.clone()),
                event,
                parameter: None,
                error: None,
            }));
        }
    }
}

impl ReportBlock {
    /// Takes the settings over from their slots.
    fn read_settings(&mut self, values: &[MmsValue]) {
        let value = |slot: u32| values.get(slot as usize);
        let bits = |slot| value(slot).and_then(|value| value.to_bits().ok());
        let milliseconds = |slot| {
            let ms = value(slot).and_then(|value| value.to_uint32().ok());
            Duration::from_millis(ms.unwrap_or(0).into())
        };
        self.triggers = bits(self.slots.trg_ops).map_or_else(TriggerOptions::empty, Into::into);
        self.options = bits(self.slots.opt_flds).map_or_else(ReportOptions::empty, Into::into);
        self.buffer_time = milliseconds(self.slots.buf_tm);
        self.integrity_period = milliseconds(self.slots.intg_pd);
    }

    /// Shows that no client has it: it is free, or reserved by the configuration.
    fn show_free(&self, values: &mut [MmsValue]) {
        if let Some(slot) = self.slots.resv {
            values[slot as usize] = MmsValue::Boolean(self.kept_for.is_some());
        }
        if let Some(slot) = self.slots.resv_tms {
            values[slot as usize] =
                MmsValue::Integer(self.kept_for.map_or(0, |_| BY_CONFIGURATION));
        }
        self.show_owner(values, self.kept_for);
    }

    fn show_owner(&self, values: &mut [MmsValue], owner: Option<IpAddr>) {
        if let Some(slot) = self.slots.owner {
            let octets = match owner.map(|address| address.to_canonical()) {
                None => Vec::new(),
                Some(IpAddr::V4(address)) => address.octets().to_vec(),
                Some(IpAddr::V6(address)) => address.octets().to_vec(),
            };
            values[slot as usize] = MmsValue::OctetString(octets);
        }
    }

    /// How long it stays reserved for a client whose association is over.
    fn reserved_for(&self, values: &[MmsValue]) -> Duration {
        let seconds = self
            .slots
            .resv_tms
            .and_then(|slot| values.get(slot as usize)?.to_int32().ok());
        Duration::from_secs(seconds.unwrap_or(0).max(0).unsigned_abs().into())
    }

    /// Shows an entry as EntryID and TimeofEntry.
    fn show_entry(&self, values: &mut [MmsValue], id: u64, time_ms: u64) {
        if let Some(slot) = self.slots.entry_id {
            let id = id.to_be_bytes();
            match &mut values[slot as usize] {
                MmsValue::OctetString(octets) if octets.len() == id.len() => {
                    octets.copy_from_slice(&id);
                }
                other => *other = MmsValue::OctetString(id.to_vec()),
            }
        }
        if let Some(slot) = self.slots.time_of_entry {
            values[slot as usize] = MmsValue::BinaryTime(BinaryTime::from_ms(time_ms));
        }
    }
}
