//! Attributes that show clients something other than what the application has stored: values that
//! are substituted, and qualities that follow the mode of the logical node.
//!
//! Which slots are concerned is known when the server is made. While something else is shown, what
//! the application stores is kept behind it, and comes back when that is over. Slots that are not
//! concerned cost one look; a model without such slots costs not even that.

mod behaviour;
mod substitution;
#[cfg(test)]
mod tests;

use super::Shared;
use super::space::Space;
use super::store::State;
use super::triggers::same;
use crate::model::arena::{Arena, NodeId};
use crate::server::IedServerConfig;
use behaviour::{Behaviour, Device, Follower};
use mms::MmsValue;
use std::collections::HashMap;
use substitution::{Shows, Substitution};

/// What a slot has to do with all this.
#[derive(Clone, Copy, Debug, Default)]
struct Role {
    /// It is part of this substitution.
    substitution: Option<u32>,
    /// What it shows while that is enabled; `None` for the attributes that control it.
    shows: Option<Shows>,
    /// It is the quality of data of this logical node.
    quality_of: Option<u32>,
    /// It is a mode in this logical device.
    mode_of: Option<u32>,
    /// The server alone decides about it.
    is_derived: bool,
}

/// The slots that are concerned.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    /// By slot: 1 + the place of its role in `roles`, or 0. Empty if no slot is concerned.
    heads: Vec<u32>,
    roles: Vec<Role>,
    substitutions: Vec<Substitution>,
    followers: Vec<Follower>,
    devices: Vec<Device>,
    /// The logical nodes by their numbers in the model.
    follower_of: HashMap<NodeId, u32>,
}

/// What is shown at the moment.
#[derive(Debug, Default)]
pub(super) struct Overlaid {
    /// The values of the application, by slot, where others are shown.
    behind: HashMap<u32, MmsValue>,
    /// By substitution: whether it is enabled.
    substituting: Vec<bool>,
    /// By logical node.
    behaviours: Vec<Behaviour>,
}

/// Something that decides what is shown, and has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Substitution(u32),
    /// Modes in a logical device.
    Modes(u32),
}

impl Overlay {
    pub(super) fn new(
        space: &Space,
        arena: &Arena,
        config: &IedServerConfig,
        slots: usize,
    ) -> Self {
        let mut overlay = Overlay::default();
        if config.substitution_enabled() {
            overlay.find_substitutions(space, arena, slots);
        }
        if config.behaviour_enabled() {
            overlay.find_followers(space, arena, slots);
        }
        overlay
    }

    /// The role of a slot, to be filled in.
    fn role_mut(&mut self, slots: usize, slot: u32) -> Option<&mut Role> {
        if self.heads.is_empty() {
            self.heads.resize(slots, 0);
        }
        let head = self.heads.get_mut(slot as usize)?;
        if *head == 0 {
            self.roles.push(Role::default());
            *head = self.roles.len() as u32;
        }
        self.roles.get_mut(*head as usize - 1)
    }

    #[inline]
    fn role(&self, slot: u32) -> Option<Role> {
        match self.heads.get(slot as usize) {
            None | Some(0) => None,
            Some(head) => self.roles.get(*head as usize - 1).copied(),
        }
    }
}

impl State {
    fn substitutes(&self, role: Role) -> bool {
        role.shows.is_some()
            && role
                .substitution
                .and_then(|number| self.overlaid.substituting.get(number as usize))
                .is_some_and(|on| *on)
    }

    /// Whether a slot of this role shows something other than what the application has stored.
    fn is_overlaid(&self, role: Role) -> bool {
        self.substitutes(role) || self.behaviour(role).marks()
    }

    /// How the logical node behaves of which the slot is a quality.
    fn behaviour(&self, role: Role) -> Behaviour {
        let number = role.quality_of.map(|number| number as usize);
        let behaviour = number.and_then(|number| self.overlaid.behaviours.get(number));
        behaviour.copied().unwrap_or_default()
    }

    fn value(&self, slot: u32) -> MmsValue {
        let value = self.values.get(slot as usize);
        value.cloned().unwrap_or(MmsValue::Boolean(false))
    }

    /// What a slot of this role is to show now.
    fn visible(&self, slot: u32, role: Role) -> MmsValue {
        let value = match role.shows {
            Some(shows) if self.substitutes(role) => self.substituted(slot, shows),
            _ => match self.overlaid.behind.get(&slot) {
                Some(value) => value.clone(),
                None => self.value(slot),
            },
        };
        self.behaviour(role).mark(value)
    }
}

impl Shared {
    /// Nothing is shown yet that is not the application's: makes it so where the model begins
    /// otherwise.
    pub(super) fn begin_overlays(&self, state: &mut State) {
        let substitutions = self.overlay.substitutions.len();
        state.overlaid.substituting = vec![false; substitutions];
        state.overlaid.behaviours = vec![Behaviour::On; self.overlay.followers.len()];
        let causes = (0..substitutions as u32).map(Cause::Substitution);
        let causes = causes.chain(behaviour::causes(&self.overlay));
        self.show_all(state, causes.collect());
    }

    /// Stores a value as the application or a client has it, and notes what it decides: the one
    /// who stores has to call [`Shared::show_all`] afterwards.
    #[inline]
    pub(super) fn store(
        &self,
        state: &mut State,
        slot: u32,
        value: MmsValue,
        causes: &mut Vec<Cause>,
    ) {
        match self.overlay.role(slot) {
            None => self.store_value(state, slot, value),
            Some(role) => self.store_concerned(state, slot, role, value, causes),
        }
    }

    #[cold]
    fn store_concerned(
        &self,
        state: &mut State,
        slot: u32,
        role: Role,
        value: MmsValue,
        causes: &mut Vec<Cause>,
    ) {
        if role.is_derived {
            return;
        }
        if state.is_overlaid(role) {
            state.overlaid.behind.insert(slot, value);
            if !state.substitutes(role) {
                let visible = state.visible(slot, role);
                self.store_value(state, slot, visible);
            }
            return;
        }
        self.store_value(state, slot, value);
        let mut note = |cause| {
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        };
        if let (Some(number), None) = (role.substitution, role.shows) {
            note(Cause::Substitution(number));
        }
        if let Some(device) = role.mode_of {
            note(Cause::Modes(device));
        }
    }

    /// Has what has been stored its effect.
    pub(super) fn show_all(&self, state: &mut State, causes: Vec<Cause>) {
        for cause in causes {
            match cause {
                Cause::Substitution(number) => self.substitute(state, number),
                Cause::Modes(device) => self.follow_modes(state, device),
            }
        }
    }

    /// A slot shows what it is to show now. Whether that is something new.
    fn show_slot(&self, state: &mut State, slot: u32) -> bool {
        let Some(role) = self.overlay.role(slot) else {
            return false;
        };
        let visible = state.visible(slot, role);
        let shown = state.value(slot);
        if !state.is_overlaid(role) {
            state.overlaid.behind.remove(&slot);
        } else {
            let behind = &mut state.overlaid.behind;
            behind.entry(slot).or_insert_with(|| shown.clone());
        }
        let is_new = !same(&visible, &shown);
        if is_new {
            self.store_value(state, slot, visible);
        }
        is_new
    }
}
