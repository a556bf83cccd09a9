//! The values of setting groups. The library has one value for what is in force and one for what is edited, and leaves
//! the groups to the application; here the server keeps them, as on our own engine.

use super::owned::value_of;
use super::server::Inner;
use crate::common::FunctionalConstraint as Fc;
use crate::model::DataAttributeType;
use crate::model::arena::{Arena, NodeId, NodeKey};
use libiec61850_sys as sys;
use mms::MmsValue;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};

/// The groups of all control blocks, by their numbers in the model.
#[derive(Default)]
pub(super) struct Groups {
    blocks: Vec<Mutex<Block>>,
    /// Which setting an attribute is of: control block, setting.
    settings: HashMap<NodeKey, (usize, usize)>,
}

struct Block {
    settings: Vec<Setting>,
    /// By group, from 1 on, and setting.
    values: Vec<Vec<MmsValue>>,
    active: u8,
    /// The association that edits.
    editor: Option<u64>,
    /// What the application has updated since it was asked; `None` when it is not asked.
    touched: Option<HashSet<NodeKey>>,
}

/// The value in force (SG), and the one that is edited (SE).
#[derive(Clone, Copy, Default)]
struct Setting {
    active: Option<NodeKey>,
    edited: Option<NodeKey>,
}

impl Groups {
    pub(super) fn new(arena: &Arena) -> Self {
        let mut groups = Groups::default();
        for (number, def) in arena.setting_group_control_blocks.iter().enumerate() {
            let device = arena.logical_device_of(def.logical_node);
            let settings = settings_of(arena, device);
            let keys = |setting: &Setting| [setting.edited, setting.active].into_iter().flatten();
            let value = |setting: &Setting, group: u8| {
                let own = keys(setting).find_map(|key| arena.group_values.get(&(key, group)));
                own.cloned().or_else(|| {
                    let key = setting.active.or(setting.edited)?;
                    arena.initial_value(key, arena.attribute(key.id)?.fc)
                })
            };
            let values = (1..=def.num_of_sg).map(|group| {
                let values = settings.iter().filter_map(|setting| value(setting, group));
                values.collect()
            });
            let values = values.collect();
            for (at, setting) in settings.iter().enumerate() {
                for key in keys(setting) {
                    groups.settings.insert(key, (number, at));
                }
            }
            groups.blocks.push(Mutex::new(Block {
                settings,
                values,
                active: def.act_sg,
                editor: None,
                touched: None,
            }));
        }
        groups
    }

    /// The values that are in force at the start.
    pub(super) fn at_start(&self) -> HashMap<NodeKey, MmsValue> {
        let mut all = HashMap::new();
        for block in &self.blocks {
            let block = block.lock();
            let values = block.group(block.active).into_iter().flatten();
            for (setting, value) in block.settings.iter().zip(values) {
                if let Some(key) = setting.active {
                    all.insert(key, value.clone());
                }
            }
        }
        all
    }

    /// The application has updated an attribute.
    pub(super) fn note_update(&self, key: NodeKey, value: &MmsValue) {
        let Some(&(block, at)) = self.settings.get(&key) else {
            return;
        };
        let Some(block) = self.blocks.get(block) else {
            return;
        };
        let mut block = block.lock();
        if let Some(touched) = &mut block.touched {
            touched.insert(key);
            return;
        }
        let active = block.active;
        let is_in_force = block
            .settings
            .get(at)
            .is_some_and(|s| s.active == Some(key));
        if is_in_force
            && let Some(kept) = block.group_mut(active).and_then(|group| group.get_mut(at))
        {
            *kept = value.clone();
        }
    }

    /// Asks the application about a control block. `None` while it is being asked already.
    pub(super) fn ask(&self, number: usize, ask: impl FnOnce() -> bool) -> Option<Answer> {
        let block = self.blocks.get(number)?;
        {
            let mut block = block.lock();
            if block.touched.is_some() {
                return None;
            }
            block.touched = Some(HashSet::new());
        }
        let accepted = ask();
        let touched = block.lock().touched.take().unwrap_or_default();
        Some(Answer { accepted, touched })
    }

    /// Who edits a group of a control block.
    pub(super) fn set_editor(&self, number: usize, client: Option<u64>) {
        if let Some(block) = self.blocks.get(number) {
            block.lock().editor = client;
        }
    }

    /// The control blocks of which an association edits a group. It is over, and so is that.
    pub(super) fn take_edits(&self, client: u64) -> Vec<usize> {
        let blocks = self.blocks.iter().enumerate();
        let edited = blocks.filter(|(_, block)| {
            let mut block = block.lock();
            let is_own = block.editor == Some(client);
            if is_own {
                block.editor = None;
            }
            is_own
        });
        edited.map(|(number, _)| number).collect()
    }

    /// Whether the application is being asked about a control block.
    pub(super) fn is_asking(&self, number: usize) -> bool {
        let block = self.blocks.get(number);
        block.is_some_and(|block| block.lock().touched.is_some())
    }
}

/// What the application has said, and what it has updated meanwhile.
pub(super) struct Answer {
    pub(super) accepted: bool,
    pub(super) touched: HashSet<NodeKey>,
}

impl Block {
    fn group(&self, group: u8) -> Option<&Vec<MmsValue>> {
        self.values.get(usize::from(group).checked_sub(1)?)
    }

    fn group_mut(&mut self, group: u8) -> Option<&mut Vec<MmsValue>> {
        self.values.get_mut(usize::from(group).checked_sub(1)?)
    }
}

/// The settings of a logical device, by their paths.
fn settings_of(arena: &Arena, device: NodeId) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut by_path: HashMap<String, usize> = HashMap::new();
    for node in arena.children(device) {
        for fc in [Fc::SG, Fc::SE] {
            leaves(arena, node.into(), fc, &mut |key| {
                let at = *by_path.entry(arena.reference(key)).or_insert_with(|| {
                    settings.push(Setting::default());
                    settings.len() - 1
                });
                if let Some(setting) = settings.get_mut(at) {
                    match fc {
                        Fc::SG => setting.active = Some(key),
                        _ => setting.edited = Some(key),
                    }
                }
            });
        }
    }
    settings
}

/// Calls `found` for the leaves below a node that have the functional constraint, elements of arrays one by one.
fn leaves(arena: &Arena, key: NodeKey, fc: Fc, found: &mut impl FnMut(NodeKey)) {
    let count = arena.open_count(key);
    if count > 0 {
        for element in (0..count).filter_map(|index| arena.element(key, index)) {
            leaves(arena, element, fc, found);
        }
        return;
    }
    match arena.attribute(key.id) {
        Some(attribute) if attribute.fc != fc => {}
        Some(attribute) if attribute.ty != DataAttributeType::Constructed => found(key),
        _ => {
            for id in arena.children(key.id) {
                leaves(arena, NodeKey { id, ..key }, fc, found);
            }
        }
    }
}

/// All of it with the data model locked.
impl Inner {
    /// A group is the active one: its values come into force. What the application has updated itself
    /// becomes part of the group.
    pub(super) fn activate_group(&self, number: usize, group: u8, touched: &HashSet<NodeKey>) {
        let writes = {
            let Some(block) = self.groups.blocks.get(number) else {
                return;
            };
            let mut block = block.lock();
            block.active = group;
            self.merge(&mut block, group, touched, |setting| setting.active)
        };
        self.store(writes);
    }

    /// The application has refused a change: what it has updated meanwhile is the active group's.
    pub(super) fn keep_updates(&self, number: usize, touched: &HashSet<NodeKey>) {
        if let Some(block) = self.groups.blocks.get(number) {
            let mut block = block.lock();
            let active = block.active;
            // What is to be stored is there already.
            self.merge(&mut block, active, touched, |setting| setting.active);
        }
    }

    /// A group is edited, beginning with its values.
    pub(super) fn begin_edit(&self, number: usize, group: u8, touched: &HashSet<NodeKey>) {
        let writes = {
            let Some(block) = self.groups.blocks.get(number) else {
                return;
            };
            let block = block.lock();
            let values = block.group(group).into_iter().flatten();
            let writes = block.settings.iter().zip(values);
            writes
                .filter_map(|(setting, value)| Some((setting.edited?, value.clone())))
                .filter(|(key, _)| !touched.contains(key))
                .collect()
        };
        self.store(writes);
    }

    /// What was edited becomes the group's, and comes into force if that is the active one.
    pub(super) fn confirm_edit(&self, number: usize, group: u8, touched: &HashSet<NodeKey>) {
        let is_active = {
            let Some(block) = self.groups.blocks.get(number) else {
                return;
            };
            let mut block = block.lock();
            let edited: Vec<_> = block
                .settings
                .iter()
                .map(|setting| setting.edited)
                .collect();
            let edited = edited.into_iter().enumerate();
            let values: Vec<_> = edited
                .filter_map(|(at, key)| Some((at, self.stored(key?)?)))
                .collect();
            if let Some(kept) = block.group_mut(group) {
                for (at, value) in values {
                    if let Some(place) = kept.get_mut(at) {
                        *place = value;
                    }
                }
            }
            block.active == group
        };
        if is_active {
            self.activate_group(number, group, touched);
        }
    }

    /// What has to be stored for the attributes to have the values of a group; those that the application has updated
    /// are taken into the group.
    fn merge(
        &self,
        block: &mut Block,
        group: u8,
        touched: &HashSet<NodeKey>,
        key: fn(&Setting) -> Option<NodeKey>,
    ) -> Vec<(NodeKey, MmsValue)> {
        let keys: Vec<_> = block.settings.iter().map(key).collect();
        let mut writes = Vec::new();
        let Some(values) = block.group_mut(group) else {
            return writes;
        };
        for (key, value) in keys.into_iter().zip(values) {
            let Some(key) = key else { continue };
            if !touched.contains(&key) {
                writes.push((key, value.clone()));
            } else if let Some(own) = self.stored(key) {
                *value = own;
            }
        }
        writes
    }

    /// The value of an attribute that is a leaf.
    fn stored(&self, key: NodeKey) -> Option<MmsValue> {
        let attribute = self.model.attribute(key)?;
        // SAFETY: server and attribute are alive, and the data model is locked.
        Some(unsafe {
            value_of(sys::IedServer_getAttributeValue(
                self.server.as_ptr(),
                attribute,
            ))
        })
    }
}
