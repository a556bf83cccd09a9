//! Substitution (IEC 61850-7-2 clause 14, 7-3 clause 7): while `subEna` of a data object is true, its
//! value is the substituted one and its quality says so.

use super::super::Shared;
use super::super::space::Space;
use super::super::store::State;
use super::Overlay;
use crate::common::{FunctionalConstraint as Fc, Quality, Timestamp};
use crate::model::DataAttributeType as Ty;
use crate::model::arena::{Arena, NodeId};
use mms::{BitString, MmsValue};

/// The attributes with substituted values, and those that show them.
const VALUES: [(&str, &[&str]); 4] = [
    ("subVal", &["stVal", "valWTr", "mxVal"]),
    ("subMag", &["instMag", "mag"]),
    ("subCVal", &["instCVal", "cVal"]),
    // A name of its own in models of libiec61850.
    ("subCMag", &["instCVal", "cVal"]),
];

/// What a slot shows while its object is substituted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shows {
    /// The value of another slot.
    Value(u32),
    /// The quality of another slot, or a good one, and that it is substituted.
    Quality(Option<u32>),
    /// When the substitution changed last.
    Time,
}

/// One data object that can be substituted.
#[derive(Debug)]
pub(super) struct Substitution {
    enable: u32,
    /// Values and quality.
    shown: Vec<u32>,
    time: Option<u32>,
    /// Who has substituted.
    id: Option<u32>,
}

/// The child of a node with this name and one of the functional constraints.
fn child(arena: &Arena, parent: NodeId, name: &str, constraints: &[Fc]) -> Option<NodeId> {
    let mut children = arena.children_named(parent, name);
    children.find(|child| {
        let attribute = arena.attribute(*child);
        attribute.is_some_and(|attribute| constraints.contains(&attribute.fc))
    })
}

/// Calls `found` for the leaves that two attributes have in common.
fn pairs(arena: &Arena, from: NodeId, to: NodeId, found: &mut impl FnMut(NodeId, NodeId)) {
    let (Some(source), Some(target)) = (arena.attribute(from), arena.attribute(to)) else {
        return;
    };
    if source.ty != target.ty || source.count > 0 || target.count > 0 {
        return;
    }
    if source.ty != Ty::Constructed {
        return found(from, to);
    }
    for part in arena.children(from) {
        let constraints = [target.fc];
        if let Some(other) = child(arena, to, arena.name(part), &constraints) {
            pairs(arena, part, other, found);
        }
    }
}

impl Overlay {
    /// Finds the objects that can be substituted. Those in arrays are left out.
    pub(super) fn find_substitutions(&mut self, space: &Space, arena: &Arena, slots: usize) {
        for index in 0..arena.nodes.len() {
            let Some(id) = NodeId::at(index) else { break };
            let is_enable = arena
                .attribute(id)
                .is_some_and(|a| a.fc == Fc::SV && a.ty == Ty::Boolean && a.count == 0)
                && &**arena.name(id) == "subEna";
            let Some(object) = arena.node(id).parent.filter(|_| is_enable) else {
                continue;
            };
            if arena.arrays_on_path(id) == 0 {
                self.add_substitution(space, arena, slots, object, id);
            }
        }
    }

    fn add_substitution(
        &mut self,
        space: &Space,
        arena: &Arena,
        slots: usize,
        object: NodeId,
        enable: NodeId,
    ) -> Option<()> {
        let slot = |id: NodeId| {
            let place = space.place_of(arena, id.into(), Fc::NONE)?;
            Some(space.slot(place))
        };
        let of = |name: &str, fc: &[Fc], ty: Ty| {
            let id = child(arena, object, name, fc)?;
            let attribute = arena.attribute(id)?;
            (attribute.ty == ty && attribute.count == 0)
                .then(|| slot(id))
                .flatten()
        };
        let process = [Fc::ST, Fc::MX];
        let mut values = Vec::new();
        for (name, targets) in VALUES {
            let Some(source) = child(arena, object, name, &[Fc::SV]) else {
                continue;
            };
            for target in targets.iter().copied() {
                let Some(target) = child(arena, object, target, &process) else {
                    continue;
                };
                pairs(arena, source, target, &mut |from, to| {
                    values.extend(slot(from).zip(slot(to)));
                });
            }
        }
        if values.is_empty() {
            return None;
        }
        let number = self.substitutions.len() as u32;
        let enable = slot(enable)?;
        let quality = of("q", &process, Ty::Quality);
        let sub_quality = of("subQ", &[Fc::SV], Ty::Quality);
        let time = of("t", &process, Ty::Timestamp);
        let mut shown: Vec<(u32, Shows)> = Vec::new();
        let mut controls = vec![enable];
        controls.extend(sub_quality);
        for (from, to) in values {
            shown.push((to, Shows::Value(from)));
            controls.push(from);
        }
        shown.extend(quality.map(|slot| (slot, Shows::Quality(sub_quality))));
        let with_time = shown.iter().copied().chain(time.map(|t| (t, Shows::Time)));
        for (slot, shows) in with_time {
            let role = self.role_mut(slots, slot)?;
            (role.substitution, role.shows) = (Some(number), Some(shows));
        }
        for slot in controls {
            self.role_mut(slots, slot)?.substitution = Some(number);
        }
        self.substitutions.push(Substitution {
            enable,
            shown: shown.into_iter().map(|(slot, _)| slot).collect(),
            time,
            id: of("subID", &[Fc::SV], Ty::VisibleString64),
        });
        Some(())
    }
}

impl State {
    /// What a slot of a substituted object shows.
    pub(super) fn substituted(&self, slot: u32, shows: Shows) -> MmsValue {
        match shows {
            Shows::Value(from) => self.value(from),
            Shows::Quality(from) => {
                let given = from.and_then(|from| match self.values.get(from as usize) {
                    Some(MmsValue::BitString(bits)) => Some(Quality::from(bits)),
                    _ => None,
                });
                let quality = given.unwrap_or_default() | Quality::SOURCE_SUBSTITUTED;
                MmsValue::BitString(BitString::from(quality))
            }
            Shows::Time => self.value(slot),
        }
    }
}

impl Shared {
    /// Attributes of a substitution have been written: it begins, changes or ends.
    pub(super) fn substitute(&self, state: &mut State, number: u32) {
        let Some(substitution) = self.overlay.substitutions.get(number as usize) else {
            return;
        };
        let on = state.value(substitution.enable) == MmsValue::Boolean(true);
        let Some(current) = state.overlaid.substituting.get_mut(number as usize) else {
            return;
        };
        let was_on = std::mem::replace(current, on);
        if !on && !was_on {
            return;
        }
        let mut is_new = on != was_on;
        for slot in &substitution.shown {
            is_new |= self.show_slot(state, *slot);
        }
        if let Some(slot) = substitution.time {
            self.show_slot(state, slot);
            if on && is_new {
                let now = Timestamp::from_ms(self.clock.now_ms());
                self.store_value(state, slot, MmsValue::UtcTime(now));
            }
        }
        if let (false, Some(slot)) = (on, substitution.id) {
            // Nobody substitutes any more.
            let nobody = MmsValue::VisibleString(String::new());
            if state.value(slot) != nobody {
                self.store_value(state, slot, nobody);
            }
        }
    }
}
