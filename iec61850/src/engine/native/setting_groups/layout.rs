//! Which settings a logical device has, and where their values are.

use super::super::blocks::{Block, BlockKind, FieldId};
use super::super::space::{Domain, Kind, Place, Space, SpaceId};
use super::super::write::key_of;
use crate::common::FunctionalConstraint as Fc;
use crate::model::arena::Arena;
use mms::MmsValue;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// The slots of the attributes of a control block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    pub(super) act_sg: u32,
    pub(super) edit_sg: u32,
    pub(super) l_act_tm: u32,
    pub(super) resv_tms: Option<u32>,
}

impl Slots {
    fn of(block: &Block) -> Option<Self> {
        Some(Slots {
            act_sg: block.slot(FieldId::ActSg)?,
            edit_sg: block.slot(FieldId::EditSg)?,
            l_act_tm: block.slot(FieldId::LActTm)?,
            resv_tms: block.slot(FieldId::ResvTms),
        })
    }
}

/// A setting: the slot of the value in force (SG), and of the one that is edited (SE).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) active: Option<u32>,
    pub(super) edited: Option<u32>,
}

/// The settings of one control block.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) slots: Slots,
    pub(super) groups: u8,
    pub(super) settings: Vec<Setting>,
    /// The logical nodes of its logical device.
    nodes: Range<u32>,
    /// From the first slot of a setting to behind the last.
    slots_of_settings: Range<u32>,
    /// By slot: the number of the setting.
    by_slot: HashMap<u32, u32>,
}

impl Layout {
    /// The number of the setting whose value, in force or edited, is in this slot.
    pub(super) fn setting(&self, slot: u32) -> Option<usize> {
        if !self.slots_of_settings.contains(&slot) {
            return None;
        }
        self.by_slot.get(&slot).map(|number| *number as usize)
    }

    /// Whether a node belongs to its logical device.
    pub(super) fn has(&self, space: &Space, node: SpaceId) -> bool {
        self.nodes.contains(&space.logical_node(node).0)
    }
}

/// A layout, and the values of the groups at the start: for all groups, and of those that have
/// values of their own.
pub(super) type Compiled = (Layout, Vec<MmsValue>, BTreeMap<u8, Vec<MmsValue>>);

/// The settings of the control block of that number.
pub(super) fn compile(
    arena: &Arena,
    space: &Space,
    values: &[MmsValue],
    number: u32,
) -> Option<Compiled> {
    let block = space.block(BlockKind::SettingGroup(number))?;
    let def = arena.setting_group_control_blocks.get(number as usize)?;
    let device = arena.logical_device_of(def.logical_node);
    let domain = space.domain(&arena.domain_name(device))?;
    let settings = settings(space, domain);
    let mut layout = Layout {
        slots: Slots::of(block)?,
        groups: def.num_of_sg,
        settings: Vec::with_capacity(settings.len()),
        nodes: domain.nodes.clone(),
        slots_of_settings: 0..0,
        by_slot: HashMap::new(),
    };
    let mut base = Vec::with_capacity(settings.len());
    let mut own: BTreeMap<u8, BTreeMap<usize, MmsValue>> = BTreeMap::new();
    for places in settings {
        let number = layout.settings.len();
        let mut setting = Setting::default();
        for (place, slot) in [
            (places.active, &mut setting.active),
            (places.edited, &mut setting.edited),
        ] {
            let Some(place) = place else { continue };
            *slot = Some(space.slot(place));
            layout.by_slot.insert(space.slot(place), number as u32);
        }
        let slot = setting.active.or(setting.edited)?;
        base.push(values.get(slot as usize)?.clone());
        if !arena.group_values.is_empty() {
            let keys = [places.edited, places.active].into_iter().flatten();
            for key in keys.filter_map(|place| key_of(space, place)) {
                for group in 1..=def.num_of_sg {
                    if let Some(value) = arena.group_values.get(&(key, group)) {
                        own.entry(group).or_default().insert(number, value.clone());
                    }
                }
            }
        }
        layout.settings.push(setting);
    }
    let slots = || layout.by_slot.keys().copied();
    layout.slots_of_settings = slots().min().unwrap_or(0)..slots().max().map_or(0, |slot| slot + 1);
    let own = own.into_iter().map(|(group, own)| {
        let mut values = base.clone();
        for (number, value) in own {
            values[number] = value;
        }
        (group, values)
    });
    let own = own.collect();
    Some((layout, base, own))
}

/// Where a setting is.
#[derive(Clone, Copy, Default)]
struct Places {
    active: Option<Place>,
    edited: Option<Place>,
}

/// All settings of a domain, in the order of the address space.
fn settings(space: &Space, domain: &Domain) -> Vec<Places> {
    let mut settings: Vec<Places> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for node in domain.nodes.clone() {
        by_name.clear();
        for fc in [Fc::SG, Fc::SE] {
            let Some(id) = space.child(space.node(SpaceId(node)), fc.as_str()) else {
                continue;
            };
            let place = Place {
                node: id,
                offset: 0,
            };
            leaves(space, place, &mut String::new(), &mut |name, place| {
                let number = *by_name.entry(name.to_owned()).or_insert_with(|| {
                    settings.push(Places::default());
                    settings.len() - 1
                });
                match fc {
                    Fc::SG => settings[number].active = Some(place),
                    _ => settings[number].edited = Some(place),
                }
            });
        }
    }
    settings
}

/// Calls `found` for the attributes at and below a place, with their names.
fn leaves(space: &Space, place: Place, name: &mut String, found: &mut impl FnMut(&str, Place)) {
    let node = space.node(place.node);
    let length = name.len();
    match node.kind {
        Kind::Attribute => found(name, place),
        // The control block is no setting.
        Kind::Field => {}
        Kind::Structure => {
            for child in node.first..node.first + node.count {
                let id = SpaceId(child);
                name.push('$');
                name.push_str(space.name(space.node(id)));
                leaves(space, Place { node: id, ..place }, name, found);
                name.truncate(length);
            }
        }
        Kind::Array => {
            for index in 0..node.count {
                name.push_str(&format!("({index})"));
                leaves(space, space.element_at(place, index), name, found);
                name.truncate(length);
            }
        }
    }
}
