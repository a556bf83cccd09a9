//! Log control blocks: what clients write to them, and what becomes an entry.

use super::super::Shared;
use super::super::blocks::{Block, BlockKind, FieldId};
use super::super::lists::{ListUse, VariableListObject};
use super::super::store::State;
use super::super::timers::{TimerId, TimerKey};
use super::super::triggers::Listener;
use crate::common::TriggerOptions;
use crate::engine::journal::Journal;
use crate::server::log::{EntryId, LogEntryData};
use chrono::{DateTime, Utc};
use mms::{BinaryTime, DataAccessError, MmsValue};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

/// The slots of the attributes.
#[derive(Clone, Copy, Debug)]
struct Slots {
    log_ena: u32,
    log_ref: u32,
    dat_set: u32,
    old_entr_tm: u32,
    new_entr_tm: u32,
    old_entr: u32,
    new_entr: u32,
    trg_ops: u32,
    intg_pd: u32,
}

impl Slots {
    fn of(block: &Block) -> Option<Self> {
        Some(Slots {
            log_ena: block.slot(FieldId::LogEna)?,
            log_ref: block.slot(FieldId::LogRef)?,
            dat_set: block.slot(FieldId::DatSet)?,
            old_entr_tm: block.slot(FieldId::OldEntrTm)?,
            new_entr_tm: block.slot(FieldId::NewEntrTm)?,
            old_entr: block.slot(FieldId::OldEntr)?,
            new_entr: block.slot(FieldId::NewEntr)?,
            trg_ops: block.slot(FieldId::TrgOps)?,
            intg_pd: block.slot(FieldId::IntgPd)?,
        })
    }
}

/// What a log control block keeps beside its attributes.
#[derive(Debug)]
pub(in crate::engine::native) struct LogBlock {
    slots: Slots,
    with_reason: bool,
    /// Whether the model wants it on, and no client has said otherwise.
    wanted: bool,
    enabled: bool,
    /// The number of the log LogRef names.
    journal: Option<usize>,
    list: Option<ListUse>,
    integrity: Option<TimerId>,
    /// Members that have changed in the batch that is going on, with the reasons.
    pending: Vec<(u32, TriggerOptions)>,
}

/// The log control blocks, part of what the lock of the values guards.
#[derive(Debug, Default)]
pub(in crate::engine::native) struct LogState {
    blocks: Vec<LogBlock>,
    /// Those with pending members.
    touched: Vec<u32>,
}

fn text(value: Option<&MmsValue>) -> &str {
    value
        .and_then(|value| value.to_string_value().ok())
        .unwrap_or_default()
}

fn trigger_options(value: Option<&MmsValue>) -> TriggerOptions {
    match value {
        Some(MmsValue::BitString(bits)) => TriggerOptions::from(bits) - TriggerOptions::GI,
        _ => TriggerOptions::empty(),
    }
}

fn integrity_period(state: &State, slots: Slots) -> Duration {
    let ms = state.values.get(slots.intg_pd as usize);
    let ms = ms.and_then(|ms| ms.to_uint32().ok()).unwrap_or(0);
    Duration::from_millis(ms.into())
}

impl Shared {
    /// The log control blocks of the model.
    pub(in crate::engine::native) fn log_blocks(&self, values: &[MmsValue]) -> LogState {
        let defs = self.arena.log_control_blocks.iter();
        let blocks = (0..).zip(defs).filter_map(|(number, def)| {
            let slots = Slots::of(self.space.block(BlockKind::Log(number))?)?;
            Some(LogBlock {
                journal: self.logs.number(text(values.get(slots.log_ref as usize))),
                slots,
                with_reason: def.with_reason_code,
                wanted: def.log_ena,
                enabled: false,
                list: self
                    .use_list(text(values.get(slots.dat_set as usize)), None)
                    .ok()
                    .flatten(),
                integrity: None,
                pending: Vec::new(),
            })
        });
        LogState {
            blocks: blocks.collect(),
            touched: Vec::new(),
        }
    }

    /// Control blocks that the model wants on begin to log.
    pub(in crate::engine::native) fn start_logs(&self, state: &mut State) {
        for number in 0..state.logs.blocks.len() as u32 {
            self.start_wanted(state, number);
        }
    }

    /// Shows what there is in the log, and begins to log if the model wants it.
    fn start_wanted(&self, state: &mut State, number: u32) {
        let Some(block) = state.logs.blocks.get(number as usize) else {
            return;
        };
        let (wanted, slots) = (block.wanted && !block.enabled, block.slots);
        self.show_bounds(state, number);
        let has_data_set = block_has_data_set(state, number);
        if wanted && self.enable_log(state, number).is_err() {
            set(state, slots.log_ena, MmsValue::Boolean(false));
            if has_data_set && self.config.log_service_enabled() {
                let log = text(state.values.get(slots.log_ref as usize));
                tracing::warn!(
                    log,
                    "a log control block is off: its log has no storage or is not there"
                );
            }
        }
    }

    /// A log has got a storage.
    pub(super) fn log_has_storage(&self, journal: usize) {
        let mut state = self.store.lock();
        let collecting = self.collecting.load(Ordering::Acquire);
        for number in 0..state.logs.blocks.len() as u32 {
            let block = state.logs.blocks.get(number as usize);
            if block.is_some_and(|block| block.journal == Some(journal)) {
                match collecting {
                    true => self.start_wanted(&mut state, number),
                    false => self.show_bounds(&mut state, number),
                }
            }
        }
    }

    /// Shows what there is in a log in the control blocks that log to it.
    pub(super) fn show_log_bounds(&self, journal: usize) {
        let mut state = self.store.lock();
        for number in 0..state.logs.blocks.len() as u32 {
            let block = state.logs.blocks.get(number as usize);
            if block.is_some_and(|block| block.journal == Some(journal)) {
                self.show_bounds(&mut state, number);
            }
        }
    }

    /// A control block has logged: all that log to the same log show it.
    fn show_bounds_of_log(&self, state: &mut State, number: u32) {
        let blocks = &state.logs.blocks;
        let Some(journal) = blocks.get(number as usize).and_then(|block| block.journal) else {
            return;
        };
        for number in 0..blocks.len() as u32 {
            let block = state.logs.blocks.get(number as usize);
            if block.is_some_and(|block| block.journal == Some(journal)) {
                self.show_bounds(state, number);
            }
        }
    }

    fn show_bounds(&self, state: &mut State, number: u32) {
        let Some(block) = state.logs.blocks.get(number as usize) else {
            return;
        };
        let slots = block.slots;
        let bounds = block
            .journal
            .and_then(|journal| self.logs.journals.get(journal)?.bounds());
        let shown = |entry: Option<(EntryId, DateTime<Utc>)>| match entry {
            Some((id, time)) => (BinaryTime::from(time), id.to_octets()),
            None => (BinaryTime::from_ms(0), [0; 8]),
        };
        let (old_time, old) = shown(bounds.map(|bounds| bounds.oldest));
        let (new_time, new) = shown(bounds.map(|bounds| bounds.newest));
        set(state, slots.old_entr_tm, MmsValue::BinaryTime(old_time));
        set(state, slots.new_entr_tm, MmsValue::BinaryTime(new_time));
        set(state, slots.old_entr, MmsValue::OctetString(old.to_vec()));
        set(state, slots.new_entr, MmsValue::OctetString(new.to_vec()));
    }

    /// A client writes an attribute, with a value of its type.
    pub(in crate::engine::native) fn write_log_field(
        &self,
        number: u32,
        field: FieldId,
        value: MmsValue,
    ) -> Result<(), DataAccessError> {
        if !self.config.log_service_enabled() {
            return Err(DataAccessError::ObjectAccessDenied);
        }
        // Looked up first: the catalogue is never asked with the values locked.
        let list = match field {
            FieldId::DatSet => self.use_list(text(Some(&value)), None),
            _ => Ok(None),
        };
        let mut state = self.store.lock_in_task();
        let block = state
            .logs
            .blocks
            .get_mut(number as usize)
            .ok_or(DataAccessError::ObjectInvalidated)?;
        let slots = block.slots;
        if field == FieldId::LogEna {
            block.wanted = false;
            match (value, block.enabled) {
                (MmsValue::Boolean(true), false) => self.enable_log(&mut state, number)?,
                (MmsValue::Boolean(false), true) => self.disable_log(&mut state, number),
                _ => {}
            }
            return Ok(());
        }
        let slot = match field {
            FieldId::LogRef => slots.log_ref,
            FieldId::DatSet => slots.dat_set,
            FieldId::TrgOps => slots.trg_ops,
            FieldId::IntgPd => slots.intg_pd,
            _ => return Err(DataAccessError::ObjectAccessDenied),
        };
        if block.enabled {
            return Err(DataAccessError::TemporarilyUnavailable);
        }
        match field {
            FieldId::LogRef => {
                let reference = text(Some(&value));
                let journal = self.logs.number(reference);
                if journal.is_none() && !reference.is_empty() {
                    return Err(DataAccessError::ObjectValueInvalid);
                }
                block.journal = journal;
            }
            FieldId::DatSet => block.list = list?,
            _ => {}
        }
        set(&mut state, slot, value);
        if field == FieldId::LogRef {
            self.show_bounds(&mut state, number);
        }
        Ok(())
    }

    fn enable_log(&self, state: &mut State, number: u32) -> Result<(), DataAccessError> {
        let Some(block) = state.logs.blocks.get_mut(number as usize) else {
            return Err(DataAccessError::ObjectInvalidated);
        };
        let journal = block.journal.and_then(|n| self.logs.journals.get(n));
        if !journal.is_some_and(|journal| journal.has_storage()) {
            return Err(DataAccessError::ObjectAttributeInconsistent);
        }
        let Some(list) = block.list.as_ref().map(ListUse::list) else {
            return Err(DataAccessError::ObjectAttributeInconsistent);
        };
        block.enabled = true;
        let slots = block.slots;
        set(state, slots.log_ena, MmsValue::Boolean(true));
        let triggers = trigger_options(state.values.get(slots.trg_ops as usize));
        self.watch(state, Listener::Log(number), &list, triggers);
        let period = integrity_period(state, slots);
        if triggers.contains(TriggerOptions::INTEGRITY) && !period.is_zero() {
            // The first entry has everything there is at the beginning.
            let due = match self.config.sync_integrity_report_times() {
                true => self.clock.next_multiple(period),
                false => Instant::now(),
            };
            self.schedule_integrity(state, number, due);
        }
        Ok(())
    }

    fn schedule_integrity(&self, state: &mut State, number: u32, due: Instant) {
        let timer = state.timers.schedule(due, TimerKey::LogIntegrity(number));
        if let Some(block) = state.logs.blocks.get_mut(number as usize) {
            block.integrity = Some(timer);
        }
    }

    fn disable_log(&self, state: &mut State, number: u32) {
        // What has changed in the batch that is going on was still logged.
        let pending = state.logs.blocks.get(number as usize);
        let pending = pending.map_or(0, |block| block.pending.len());
        self.log_pending(state, number, 0..pending);
        let Some(block) = state.logs.blocks.get_mut(number as usize) else {
            return;
        };
        block.enabled = false;
        let (slot, timer) = (block.slots.log_ena, block.integrity.take());
        let list = block.list.as_ref().map(ListUse::list);
        state.timers.cancel(timer);
        set(state, slot, MmsValue::Boolean(false));
        if let Some(list) = list {
            self.unwatch(state, Listener::Log(number), &list);
        }
    }

    /// A member of the data set is about to change. `again`: the same attribute has changed before
    /// in the batch that is going on.
    pub(in crate::engine::native) fn notify_log(
        &self,
        state: &mut State,
        number: u32,
        member: u32,
        reason: TriggerOptions,
        again: bool,
    ) {
        let pending = |state: &State| {
            let block = state.logs.blocks.get(number as usize)?;
            block.pending.iter().position(|(m, _)| *m == member)
        };
        if again && let Some(at) = pending(state) {
            // Two changes of one attribute are two entries: the first has the value of before.
            self.log_pending(state, number, at..at + 1);
        }
        let at = pending(state);
        let Some(block) = state.logs.blocks.get_mut(number as usize) else {
            return;
        };
        if !block.enabled {
            return;
        }
        match at.and_then(|at| block.pending.get_mut(at)) {
            Some((_, reasons)) => *reasons |= reason,
            None => block.pending.push((member, reason)),
        }
        if !state.logs.touched.contains(&number) {
            state.logs.touched.push(number);
        }
    }

    /// The end of a batch: each member that has changed in it becomes an entry.
    pub(in crate::engine::native) fn commit_logs(&self, state: &mut State) {
        while let Some(number) = state.logs.touched.pop() {
            let block = state.logs.blocks.get(number as usize);
            let pending = block.map_or(0, |block| block.pending.len());
            self.log_pending(state, number, 0..pending);
        }
    }

    fn log_pending(&self, state: &mut State, number: u32, range: Range<usize>) {
        let State { values, logs, .. } = state;
        let Some(block) = logs.blocks.get_mut(number as usize) else {
            return;
        };
        let (Some(journal), Some(list)) = (
            block
                .journal
                .and_then(|number| self.logs.journals.get(number)),
            &block.list,
        ) else {
            return;
        };
        let with_reason = block.with_reason;
        for (member, reason) in block.pending.drain(range) {
            let data = self.log_data(values, list, member, with_reason.then_some(reason));
            if let Some(data) = data {
                self.log_entry(journal, vec![data]);
            }
        }
        self.show_bounds_of_log(state, number);
    }

    /// The integrity period is over: all members become one entry.
    pub(in crate::engine::native) fn integrity_entry(
        &self,
        state: &mut State,
        number: u32,
        due: Instant,
    ) {
        let Some(block) = state.logs.blocks.get_mut(number as usize) else {
            return;
        };
        block.integrity = None;
        let slots = block.slots;
        let period = integrity_period(state, slots);
        let mut next = match self.config.sync_integrity_report_times() {
            true => self.clock.next_multiple(period),
            false => due + period,
        };
        if next <= Instant::now() {
            // Entries that were missed while the model was locked are not made up for.
            next = Instant::now() + period;
        }
        self.schedule_integrity(state, number, next);
        let State { values, logs, .. } = state;
        let Some(block) = logs.blocks.get(number as usize) else {
            return;
        };
        let (Some(journal), Some(list)) = (
            block
                .journal
                .and_then(|number| self.logs.journals.get(number)),
            &block.list,
        ) else {
            return;
        };
        let reason = block.with_reason.then_some(TriggerOptions::INTEGRITY);
        let data = (0..list.members.len() as u32)
            .filter_map(|member| self.log_data(values, list, member, reason))
            .collect();
        self.log_entry(journal, data);
        self.show_bounds_of_log(state, number);
    }

    fn log_entry(&self, journal: &Journal, data: Vec<LogEntryData>) {
        let now = i64::try_from(self.clock.now_ms()).ok();
        let now = now.and_then(DateTime::from_timestamp_millis);
        journal.append(now.unwrap_or_default(), data);
    }

    fn log_data(
        &self,
        values: &[MmsValue],
        list: &VariableListObject,
        member: u32,
        reason: Option<TriggerOptions>,
    ) -> Option<LogEntryData> {
        let member = list.members.get(member as usize)?;
        Some(LogEntryData {
            reference: member.reference(),
            value: self.space.value(values, member.place)?,
            reason,
        })
    }
}

fn block_has_data_set(state: &State, number: u32) -> bool {
    let block = state.logs.blocks.get(number as usize);
    block.is_some_and(|block| block.list.is_some())
}

fn set(state: &mut State, slot: u32, value: MmsValue) {
    if let Some(current) = state.values.get_mut(slot as usize) {
        *current = value;
    }
}
