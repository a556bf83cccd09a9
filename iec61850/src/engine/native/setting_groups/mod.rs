//! Setting groups (IEC 61850-7-2 clause 16, 8-1 clause 16).
//!
//! The server keeps the values of every group. SG attributes have those of the active group, SE
//! attributes those of the group a client edits. Handlers of the application are asked without any
//! lock; what the application updates in the course of a handler wins over what the server would
//! load, so that applications that keep the values themselves work as with libiec61850.

mod layout;
mod services;
#[cfg(test)]
mod tests;

use super::Shared;
use super::space::{Place, Space};
use super::store::State;
use super::timers::TimerId;
use crate::model::arena::Arena;
use crate::server::ClientConnection;
use layout::Layout;
use mms::MmsValue;
use std::collections::{BTreeMap, HashSet};

/// The setting group control blocks of a server.
#[derive(Debug, Default)]
pub(super) struct SettingGroups {
    layouts: Vec<Layout>,
}

/// What a control block keeps, part of what the lock of the values guards.
#[derive(Debug)]
pub(super) struct GroupState {
    active: u8,
    /// The values of groups that have none of their own.
    base: Vec<MmsValue>,
    /// The values of the other groups, one for each setting.
    own: BTreeMap<u8, Vec<MmsValue>>,
    edit: Option<Edit>,
    /// While a handler is asked: the slots of settings that the application has updated meanwhile.
    asking: Option<HashSet<u32>>,
}

/// A client edits a group.
#[derive(Debug)]
struct Edit {
    client: ClientConnection,
    group: u8,
    timer: Option<TimerId>,
}

impl GroupState {
    fn values(&self, group: u8) -> &[MmsValue] {
        self.own.get(&group).unwrap_or(&self.base)
    }

    fn values_mut(&mut self, group: u8) -> &mut Vec<MmsValue> {
        self.own.entry(group).or_insert_with(|| self.base.clone())
    }

    fn is_edited_by(&self, client: &ClientConnection) -> bool {
        self.edit
            .as_ref()
            .is_some_and(|edit| edit.client == *client)
    }
}

impl SettingGroups {
    /// The control blocks of a model, with their states at the start.
    pub(super) fn compile(
        arena: &Arena,
        space: &Space,
        values: &mut [MmsValue],
    ) -> (Self, Vec<GroupState>) {
        let mut groups = SettingGroups::default();
        let mut states = Vec::new();
        for (number, def) in (0..).zip(&arena.setting_group_control_blocks) {
            let Some((layout, base, own)) = layout::compile(arena, space, values, number) else {
                // Blocks are numbered without gaps, and each has all its fields.
                break;
            };
            let state = GroupState {
                active: def.act_sg,
                base,
                own,
                edit: None,
                asking: None,
            };
            for (setting, value) in layout.settings.iter().zip(state.values(def.act_sg)) {
                if let Some(current) = setting.active.and_then(|s| values.get_mut(s as usize)) {
                    current.clone_from(value);
                }
            }
            groups.layouts.push(layout);
            states.push(state);
        }
        (groups, states)
    }

    /// The number of the control block whose logical device a place is in.
    fn number_of(&self, space: &Space, place: Place) -> Option<usize> {
        let has = |layout: &Layout| layout.has(space, place.node);
        self.layouts.iter().position(has)
    }
}

impl Shared {
    /// Whether a place holds edited values while nobody edits: they cannot be read then.
    #[inline]
    pub(super) fn is_closed(&self, groups: &[GroupState], place: Place) -> bool {
        self.space.needs_edit(place) && !self.is_being_edited(groups, place)
    }

    fn is_being_edited(&self, groups: &[GroupState], place: Place) -> bool {
        self.setting_groups
            .number_of(&self.space, place)
            .and_then(|number| groups.get(number))
            .is_some_and(|state| state.edit.is_some())
    }

    /// Whether the client edits the values at a place, which renews its reservation.
    pub(super) fn may_edit(&self, client: &ClientConnection, place: Place) -> bool {
        let Some(number) = self.setting_groups.number_of(&self.space, place) else {
            return false;
        };
        let mut state = self.store.lock_in_task();
        let mine = state.groups.get(number);
        let mine = mine.is_some_and(|state| state.is_edited_by(client));
        if mine {
            self.renew_reservation(&mut state, number);
        }
        mine
    }

    /// The application is about to update a value: that of a setting in force becomes part of the
    /// active group.
    pub(super) fn note_setting(&self, state: &mut State, slot: u32, value: &MmsValue) {
        for (layout, groups) in self.setting_groups.layouts.iter().zip(&mut state.groups) {
            let Some(number) = layout.setting(slot) else {
                continue;
            };
            if let Some(asking) = &mut groups.asking {
                asking.insert(slot);
            } else if layout.settings.get(number).and_then(|s| s.active) == Some(slot) {
                let active = groups.active;
                if let Some(current) = groups.values_mut(active).get_mut(number) {
                    current.clone_from(value);
                }
            }
        }
    }
}
