//! Behaviour (IEC 61850-7-4 annex A, with tissues 712 and 1331): `Beh` of a logical node follows from
//! its own `Mod` and from that of LLN0, and decides about the qualities of its data and about which
//! commands it takes.

use super::super::Shared;
use super::super::space::{Kind, Place, Space, SpaceId, SpaceNode};
use super::super::store::State;
use super::{Cause, Overlay};
use crate::common::{FunctionalConstraint as Fc, Quality, QualityValidity, Timestamp};
use crate::model::DataAttributeType as Ty;
use crate::model::arena::{Arena, NodeId, NodeKey};
use mms::{BitString, MmsValue};

/// How a logical node behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Behaviour {
    #[default]
    On,
    Blocked,
    Test,
    TestBlocked,
    Off,
}

impl Behaviour {
    /// From `Mod.stVal`. A value that is not defined, as in a model without initial values, is on.
    fn of_mode(value: &MmsValue) -> Self {
        match value.to_int64() {
            Ok(2) => Behaviour::Blocked,
            Ok(3) => Behaviour::Test,
            Ok(4) => Behaviour::TestBlocked,
            Ok(5) => Behaviour::Off,
            _ => Behaviour::On,
        }
    }

    /// As `Beh.stVal`.
    fn number(self) -> i64 {
        match self {
            Behaviour::On => 1,
            Behaviour::Blocked => 2,
            Behaviour::Test => 3,
            Behaviour::TestBlocked => 4,
            Behaviour::Off => 5,
        }
    }

    fn is_blocked(self) -> bool {
        matches!(self, Behaviour::Blocked | Behaviour::TestBlocked)
    }

    fn is_test(self) -> bool {
        matches!(self, Behaviour::Test | Behaviour::TestBlocked)
    }

    /// Of a logical node with this mode in a logical device with the other one.
    fn within(self, device: Behaviour) -> Self {
        if Behaviour::Off == self || Behaviour::Off == device {
            return Behaviour::Off;
        }
        let blocked = self.is_blocked() || device.is_blocked();
        match (blocked, self.is_test() || device.is_test()) {
            (false, false) => Behaviour::On,
            (true, false) => Behaviour::Blocked,
            (false, true) => Behaviour::Test,
            (true, true) => Behaviour::TestBlocked,
        }
    }

    /// Whether qualities differ from those of the application.
    pub(super) fn marks(self) -> bool {
        self == Behaviour::Off || self.is_test()
    }

    /// A quality as clients see it.
    pub(super) fn mark(self, value: MmsValue) -> MmsValue {
        let MmsValue::BitString(bits) = &value else {
            return value;
        };
        let quality = Quality::from(bits);
        let quality = match self {
            Behaviour::Off => quality.with_validity(QualityValidity::Invalid),
            _ if self.is_test() => quality | Quality::TEST,
            _ => return value,
        };
        MmsValue::BitString(BitString::from(quality))
    }

    /// Whether a command is refused. `test` is what it says about itself, if anything.
    fn blocks(self, test: Option<bool>) -> bool {
        match self {
            Behaviour::Off | Behaviour::Blocked => true,
            Behaviour::On => test == Some(true),
            Behaviour::Test | Behaviour::TestBlocked => test == Some(false),
        }
    }
}

/// A logical node whose behaviour is derived.
#[derive(Debug)]
pub(super) struct Follower {
    /// `Mod.stVal`; without one the mode is that of the logical device.
    mode: Option<u32>,
    /// `Beh.stVal` and `Beh.t`.
    shown: Option<u32>,
    time: Option<u32>,
    /// Qualities of its data.
    qualities: Vec<u32>,
}

/// The logical nodes of a logical device.
#[derive(Debug)]
pub(super) struct Device {
    /// `Mod.stVal` of LLN0.
    mode: Option<u32>,
    followers: std::ops::Range<u32>,
}

/// Objects that tell about the logical node itself: their qualities are their own.
const OWN_QUALITY: [&str; 3] = ["Mod", "Beh", "Health"];

/// Calls `found` for each leaf of the model at a place, elements of arrays included, with its slot.
fn leaves(space: &Space, place: Place, found: &mut impl FnMut(u32, &SpaceNode)) {
    let node = space.node(place.node);
    match node.kind {
        Kind::Attribute => found(space.slot(place), node),
        Kind::Field => {}
        Kind::Structure => {
            for child in node.first..node.first + node.count {
                let node = SpaceId(child);
                leaves(space, Place { node, ..place }, found);
            }
        }
        Kind::Array => {
            for index in 0..node.count {
                leaves(space, space.element_at(place, index), found);
            }
        }
    }
}

/// The types of `Mod.stVal` and `Beh.stVal`.
const MODE: [Ty; 4] = [Ty::Enumerated, Ty::Int8, Ty::Int16, Ty::Int32];

/// The slot of `object.attribute` of a logical node, if it has the functional constraint ST and one
/// of the types.
fn slot_of(
    space: &Space,
    arena: &Arena,
    logical_node: NodeId,
    object: &str,
    attribute: &str,
    types: &[Ty],
) -> Option<u32> {
    let object = arena.children_named(logical_node, object).next()?;
    let id = arena.children_named(object, attribute).find(|id| {
        let attribute = arena.attribute(*id);
        attribute.is_some_and(|a| a.fc == Fc::ST && types.contains(&a.ty))
    })?;
    if arena.arrays_on_path(id) > 0 {
        return None;
    }
    let place = space.place_of(arena, id.into(), Fc::NONE)?;
    (space.node(place.node).kind == Kind::Attribute).then(|| space.slot(place))
}

/// The slots of the qualities of the data of a logical node.
fn qualities_of(space: &Space, arena: &Arena, logical_node: NodeId) -> Vec<u32> {
    let mut slots = Vec::new();
    for object in arena.children(logical_node) {
        if OWN_QUALITY.contains(&&**arena.name(object)) {
            continue;
        }
        for fc in [Fc::ST, Fc::MX] {
            let Some(place) = space.place_of(arena, NodeKey::from(object), fc) else {
                continue;
            };
            leaves(space, place, &mut |slot, leaf| {
                let id = NodeId::at(leaf.source as usize);
                if id
                    .and_then(|id| arena.attribute(id))
                    .is_some_and(|attribute| attribute.ty == Ty::Quality)
                {
                    slots.push(slot);
                }
            });
        }
    }
    slots
}

impl Overlay {
    /// Finds the logical nodes of those logical devices that have a `Mod`.
    pub(super) fn find_followers(&mut self, space: &Space, arena: &Arena, slots: usize) {
        for &device in &arena.logical_devices {
            let mode = |id| slot_of(space, arena, id, "Mod", "stVal", &MODE);
            let nodes: Vec<NodeId> = arena.children(device).collect();
            if !nodes.iter().any(|id| mode(*id).is_some()) {
                continue;
            }
            let number = self.devices.len() as u32;
            let first = self.followers.len() as u32;
            let head = nodes.iter().find(|id| &**arena.name(**id) == "LLN0");
            for id in nodes.iter().copied() {
                let shown = slot_of(space, arena, id, "Beh", "stVal", &MODE);
                let follower = Follower {
                    mode: mode(id),
                    shown,
                    time: slot_of(space, arena, id, "Beh", "t", &[Ty::Timestamp]),
                    qualities: qualities_of(space, arena, id),
                };
                self.follow(slots, number, &follower);
                self.follower_of.insert(id, self.followers.len() as u32);
                self.followers.push(follower);
            }
            self.devices.push(Device {
                mode: head.and_then(|id| mode(*id)),
                followers: first..self.followers.len() as u32,
            });
        }
    }

    fn follow(&mut self, slots: usize, device: u32, follower: &Follower) {
        let number = self.followers.len() as u32;
        if let Some(role) = follower.mode.and_then(|slot| self.role_mut(slots, slot)) {
            role.mode_of = Some(device);
        }
        if let Some(role) = follower.shown.and_then(|slot| self.role_mut(slots, slot)) {
            role.is_derived = true;
        }
        for slot in &follower.qualities {
            if let Some(role) = self.role_mut(slots, *slot) {
                role.quality_of = Some(number);
            }
        }
    }
}

impl Shared {
    /// A mode in a logical device has been written: the behaviour of its logical nodes follows.
    pub(super) fn follow_modes(&self, state: &mut State, device: u32) {
        let Some(device) = self.overlay.devices.get(device as usize) else {
            return;
        };
        let mode = |state: &State, slot: Option<u32>| {
            let value = slot.and_then(|slot| state.values.get(slot as usize));
            value.map_or(Behaviour::On, Behaviour::of_mode)
        };
        let of_device = mode(state, device.mode);
        for number in device.followers.clone() {
            let Some(follower) = self.overlay.followers.get(number as usize) else {
                continue;
            };
            let new = mode(state, follower.mode).within(of_device);
            let current = state.overlaid.behaviours.get_mut(number as usize);
            let before = current.map(|current| std::mem::replace(current, new));
            self.show_behaviour(state, follower, new);
            if before != Some(new) {
                for slot in &follower.qualities {
                    self.show_slot(state, *slot);
                }
            }
        }
    }

    fn show_behaviour(&self, state: &mut State, follower: &Follower, behaviour: Behaviour) {
        let Some(slot) = follower.shown else { return };
        let value = MmsValue::Integer(behaviour.number());
        if state.value(slot) == value {
            return;
        }
        self.store_value(state, slot, value);
        if let Some(slot) = follower.time {
            let now = Timestamp::from_ms(self.clock.now_ms());
            self.store_value(state, slot, MmsValue::UtcTime(now));
        }
    }

    /// Whether the behaviour of its logical node keeps an object from being controlled, by a command
    /// that says this of being a test: the refusal is blocked-by-mode.
    pub(in crate::engine::native) fn is_blocked_by_mode(
        &self,
        object: NodeId,
        test: Option<bool>,
    ) -> bool {
        let followers = &self.overlay.follower_of;
        if followers.is_empty() {
            return false;
        }
        let arena = &self.arena;
        let logical_node = arena.logical_node_of(object);
        let Some(number) = logical_node.and_then(|node| followers.get(&node)) else {
            return false;
        };
        // The way back has to stay open.
        if arena.node(object).parent == logical_node && &**arena.name(object) == "Mod" {
            return false;
        }
        let state = self.store.lock_in_task();
        let behaviour = state.overlaid.behaviours.get(*number as usize);
        behaviour.is_some_and(|behaviour| behaviour.blocks(test))
    }
}

/// Every logical device is looked at when the server is made.
pub(super) fn causes(overlay: &Overlay) -> impl Iterator<Item = Cause> + use<> {
    (0..overlay.devices.len() as u32).map(Cause::Modes)
}

#[cfg(test)]
mod tests {
    use super::Behaviour::{self, Blocked, Off, On, Test, TestBlocked};
    use mms::MmsValue;

    #[test]
    fn behaviour_is_the_stricter_of_the_two_modes() {
        // Rows: mode of the logical node; columns: of the logical device (IEC 61850-7-4 annex A).
        let all = [On, Blocked, Test, TestBlocked, Off];
        let table = [
            [On, Blocked, Test, TestBlocked, Off],
            [Blocked, Blocked, TestBlocked, TestBlocked, Off],
            [Test, TestBlocked, Test, TestBlocked, Off],
            [TestBlocked, TestBlocked, TestBlocked, TestBlocked, Off],
            [Off, Off, Off, Off, Off],
        ];
        for (node, row) in all.into_iter().zip(table) {
            assert_eq!(all.map(|device| node.within(device)), row, "{node:?}");
        }
        let numbers = all.map(|behaviour| behaviour.number());
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        for behaviour in all {
            let value = MmsValue::Integer(behaviour.number());
            assert_eq!(Behaviour::of_mode(&value), behaviour);
        }
        assert_eq!(Behaviour::of_mode(&MmsValue::Integer(0)), On);
    }

    #[test]
    fn which_commands_are_refused() {
        let refused = |behaviour: Behaviour| {
            [Some(false), Some(true), None].map(|test| behaviour.blocks(test))
        };
        assert_eq!(refused(On), [false, true, false]);
        assert_eq!(refused(Blocked), [true, true, true]);
        assert_eq!(refused(Test), [true, false, false]);
        assert_eq!(refused(TestBlocked), [true, false, false]);
        assert_eq!(refused(Off), [true, true, true]);
    }
}
