//! SelectActiveSG, SelectEditSG and ConfirmEditSGValues: writes to the control block.

use super::super::Shared;
use super::super::blocks::FieldId;
use super::super::store::State;
use super::super::timers::TimerKey;
use super::{Edit, GroupState};
use crate::model::SettingGroupControlBlock;
use crate::server::ClientConnection;
use mms::{DataAccessError, MmsValue, UtcTime};
use parking_lot::MutexGuard;
use std::collections::HashSet;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The quality of times the server takes: leap seconds are known, ten bits of the second count,
/// which is a millisecond.
const TIME_QUALITY: u8 = 0x8a;

impl Shared {
    /// A client writes an attribute of a control block, with a value of its type.
    pub(in crate::engine::native) fn write_setting_group_field(
        &self,
        client: &ClientConnection,
        number: u32,
        field: FieldId,
        value: &MmsValue,
    ) -> Result<(), DataAccessError> {
        let number = number as usize;
        let group = || u8::try_from(value.to_uint32().unwrap_or(u32::MAX)).unwrap_or(u8::MAX);
        match field {
            FieldId::ActSg => self.select_active(Some(client), number, group()),
            FieldId::EditSg if self.config.edit_sg_enabled() => {
                self.select_edit(client, number, group())
            }
            FieldId::CnfEdit if self.config.edit_sg_enabled() => {
                let confirmed = *value == MmsValue::Boolean(true);
                self.confirm_edit(client, number, confirmed)
            }
            _ => Err(DataAccessError::ObjectAccessDenied),
        }
    }

    /// Makes a group the active one, unless it is; `None` in place of a client is the application,
    /// which is not asked.
    pub(in crate::engine::native) fn select_active(
        &self,
        client: Option<&ClientConnection>,
        number: usize,
        group: u8,
    ) -> Result<(), DataAccessError> {
        if !(1..=self.groups(number)).contains(&group) {
            return Err(DataAccessError::ObjectValueInvalid);
        }
        if self.active_group(number) == Some(group) {
            return Ok(());
        }
        let (mut state, updated) = match client {
            Some(client) => self.ask(number, |handlers, block| {
                handlers.active_group_changes(number, block, client, group)
            })?,
            None => {
                let state = self.store.lock();
                Self::not_asking(&state, number)?;
                (state, HashSet::new())
            }
        };
        let time = UtcTime::from_ms(self.clock.now_ms()).with_quality(TIME_QUALITY);
        let Some((layout, groups)) = self.parts(&mut state, number) else {
            return Err(DataAccessError::ObjectInvalidated);
        };
        groups.active = group;
        let slots = layout.slots;
        let writes = self.activate(&mut state, number, &updated);
        set(
            &mut state,
            Some(slots.act_sg),
            MmsValue::Unsigned(group.into()),
        );
        set(&mut state, Some(slots.l_act_tm), MmsValue::UtcTime(time));
        if let Some(def) = self.arena.setting_group_control_blocks.get(number) {
            let octets = u64::from_be_bytes(*time.as_bytes());
            def.state.act_sg.store(group, Relaxed);
            def.state.last_activation.store(octets, Relaxed);
        }
        self.apply(state, writes);
        Ok(())
    }

    /// What has to be stored for the values in force to be those of the active group. What the
    /// application has updated itself becomes part of the group.
    fn activate(
        &self,
        state: &mut State,
        number: usize,
        updated: &HashSet<u32>,
    ) -> Vec<(u32, MmsValue)> {
        let State { values, groups, .. } = state;
        let (Some(layout), Some(groups)) = (
            self.setting_groups.layouts.get(number),
            groups.get_mut(number),
        ) else {
            return Vec::new();
        };
        let active = groups.active;
        let mut writes = Vec::new();
        for (at, setting) in layout.settings.iter().enumerate() {
            let Some(slot) = setting.active else { continue };
            let Some(current) = values.get(slot as usize) else {
                continue;
            };
            if groups.values(active).get(at) == Some(current) {
                continue;
            }
            if updated.contains(&slot) {
                if let Some(kept) = groups.values_mut(active).get_mut(at) {
                    kept.clone_from(current);
                }
            } else if let Some(value) = groups.values(active).get(at) {
                writes.push((slot, value.clone()));
            }
        }
        writes
    }

    fn select_edit(
        &self,
        client: &ClientConnection,
        number: usize,
        group: u8,
    ) -> Result<(), DataAccessError> {
        {
            let mut state = self.store.lock_in_task();
            Self::not_asking(&state, number)?;
            match state.groups.get(number) {
                Some(groups) if groups.edit.is_some() && !groups.is_edited_by(client) => {
                    return Err(DataAccessError::TemporarilyUnavailable);
                }
                _ if group > self.groups(number) => {
                    return Err(DataAccessError::ObjectValueInvalid);
                }
                _ if group == 0 => {
                    self.end_edit(&mut state, number);
                    return Ok(());
                }
                _ => {}
            }
        }
        let (mut state, updated) = self.ask(number, |handlers, block| {
            handlers.edit_group_changes(number, block, client, group)
        })?;
        let mut writes = Vec::new();
        let Some((layout, groups)) = self.parts(&mut state, number) else {
            return Err(DataAccessError::ObjectInvalidated);
        };
        for (setting, value) in layout.settings.iter().zip(groups.values(group)) {
            if let Some(slot) = setting.edited.filter(|slot| !updated.contains(slot)) {
                writes.push((slot, value.clone()));
            }
        }
        let timer = groups.edit.take().and_then(|edit| edit.timer);
        groups.edit = Some(Edit {
            client: client.clone(),
            group,
            timer: None,
        });
        state.timers.cancel(timer);
        self.renew_reservation(&mut state, number);
        self.show_edit(&mut state, number);
        self.apply(state, writes);
        Ok(())
    }

    fn confirm_edit(
        &self,
        client: &ClientConnection,
        number: usize,
        confirmed: bool,
    ) -> Result<(), DataAccessError> {
        if !confirmed {
            return Err(DataAccessError::ObjectValueInvalid);
        }
        let group = {
            let state = self.store.lock_in_task();
            let edit = state.groups.get(number).and_then(|g| g.edit.as_ref());
            match edit {
                Some(edit) if edit.client == *client => edit.group,
                _ => return Err(DataAccessError::ObjectAccessDenied),
            }
        };
        let (mut state, updated) = self.ask(number, |handlers, block| {
            block.def.state.cnf_edit.store(true, Relaxed);
            let accepted = handlers.edit_is_confirmed(number, block, group);
            block.def.state.cnf_edit.store(false, Relaxed);
            accepted
        })?;
        let State { values, groups, .. } = &mut *state;
        let (Some(layout), Some(groups)) = (
            self.setting_groups.layouts.get(number),
            groups.get_mut(number),
        ) else {
            return Err(DataAccessError::ObjectInvalidated);
        };
        let kept = groups.values_mut(group);
        for (setting, kept) in layout.settings.iter().zip(kept) {
            if let Some(value) = setting.edited.and_then(|slot| values.get(slot as usize)) {
                kept.clone_from(value);
            }
        }
        let writes = match groups.active == group {
            true => self.activate(&mut state, number, &updated),
            false => Vec::new(),
        };
        self.end_edit(&mut state, number);
        self.apply(state, writes);
        Ok(())
    }

    /// Asks the application with no lock held. Gives what it has updated meanwhile, if it agrees.
    fn ask(
        &self,
        number: usize,
        question: impl FnOnce(&crate::server::Handlers, &SettingGroupControlBlock) -> bool,
    ) -> Result<(MutexGuard<'_, State>, HashSet<u32>), DataAccessError> {
        let Some(def) = self.arena.setting_group_control_blocks.get(number) else {
            return Err(DataAccessError::ObjectInvalidated);
        };
        {
            let mut state = self.store.lock_in_task();
            Self::not_asking(&state, number)?;
            if let Some(groups) = state.groups.get_mut(number) {
                groups.asking = Some(HashSet::new());
            }
        }
        let block = SettingGroupControlBlock::new(&self.model, def.clone());
        let accepted = question(&self.handlers, &block);
        let mut state = self.store.lock_in_task();
        let groups = state.groups.get_mut(number);
        let updated = groups.and_then(|groups| groups.asking.take());
        let updated = updated.unwrap_or_default();
        if accepted {
            return Ok((state, updated));
        }
        // Updates of values in force stay, and stay part of the group that is active.
        let State { values, groups, .. } = &mut *state;
        if let (Some(layout), Some(groups)) = (
            self.setting_groups.layouts.get(number),
            groups.get_mut(number),
        ) {
            let active = groups.active;
            for (at, setting) in layout.settings.iter().enumerate() {
                let slot = setting.active.filter(|slot| updated.contains(slot));
                let Some(value) = slot.and_then(|slot| values.get(slot as usize)) else {
                    continue;
                };
                if let Some(kept) = groups.values_mut(active).get_mut(at) {
                    kept.clone_from(value);
                }
            }
        }
        Err(DataAccessError::ObjectAccessDenied)
    }

    /// One change at a time: others wait for what the application says.
    fn not_asking(state: &State, number: usize) -> Result<(), DataAccessError> {
        match state.groups.get(number) {
            None => Err(DataAccessError::ObjectInvalidated),
            Some(groups) if groups.asking.is_some() => Err(DataAccessError::TemporarilyUnavailable),
            Some(_) => Ok(()),
        }
    }

    fn groups(&self, number: usize) -> u8 {
        let layout = self.setting_groups.layouts.get(number);
        layout.map_or(0, |layout| layout.groups)
    }

    fn parts<'s>(
        &'s self,
        state: &'s mut State,
        number: usize,
    ) -> Option<(&'s super::Layout, &'s mut GroupState)> {
        let layout = self.setting_groups.layouts.get(number)?;
        Some((layout, state.groups.get_mut(number)?))
    }

    /// The active group.
    pub(in crate::engine::native) fn active_group(&self, number: usize) -> Option<u8> {
        let state = self.store.lock();
        state.groups.get(number).map(|groups| groups.active)
    }

    /// The reservation counts from now.
    pub(super) fn renew_reservation(&self, state: &mut State, number: usize) {
        let State { groups, timers, .. } = state;
        let edit = groups
            .get_mut(number)
            .and_then(|groups| groups.edit.as_mut());
        let Some(edit) = edit else { return };
        timers.cancel(edit.timer.take());
        let seconds = self.config.sg_reservation_time();
        if seconds > 0 {
            let time = Duration::from_secs(seconds.into());
            let key = TimerKey::Edit(u32::try_from(number).unwrap_or(u32::MAX));
            edit.timer = Some(timers.schedule_in(time, key));
        }
    }

    /// Nothing was edited for too long.
    pub(in crate::engine::native) fn edit_reservation_over(&self, state: &mut State, number: u32) {
        tracing::debug!(number, "the edit of a setting group has timed out");
        self.end_edit(state, number as usize);
    }

    /// A client is gone: nobody goes on editing for it.
    pub(in crate::engine::native) fn release_setting_groups(
        &self,
        state: &mut State,
        client: &ClientConnection,
    ) {
        for number in 0..state.groups.len() {
            if state.groups[number].is_edited_by(client) {
                self.end_edit(state, number);
            }
        }
    }

    fn end_edit(&self, state: &mut State, number: usize) {
        let groups = state.groups.get_mut(number);
        let Some(edit) = groups.and_then(|groups| groups.edit.take()) else {
            return;
        };
        state.timers.cancel(edit.timer);
        self.show_edit(state, number);
    }

    fn show_edit(&self, state: &mut State, number: usize) {
        let (Some(layout), Some(groups), Some(def)) = (
            self.setting_groups.layouts.get(number),
            state.groups.get(number),
            self.arena.setting_group_control_blocks.get(number),
        ) else {
            return;
        };
        let (group, seconds) = match &groups.edit {
            Some(edit) => (edit.group, self.config.sg_reservation_time()),
            None => (0, 0),
        };
        let slots = layout.slots;
        set(state, Some(slots.edit_sg), MmsValue::Unsigned(group.into()));
        set(state, slots.resv_tms, MmsValue::Unsigned(seconds.into()));
        def.state.edit_sg.store(group, Relaxed);
        def.state.resv_tms.store(seconds, Relaxed);
    }
}

fn set(state: &mut State, slot: Option<u32>, value: MmsValue) {
    if let Some(current) = slot.and_then(|slot| state.values.get_mut(slot as usize)) {
        *current = value;
    }
}
