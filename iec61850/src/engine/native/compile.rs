//! From the arena of the model to the address space and the values at the start.

use super::blocks::{self, Block, BlockFields, Content, FieldValue};
use super::space::{Field, Kind, NONE, Space, SpaceNode, name_order};
use crate::Error;
use crate::common::FunctionalConstraint as Fc;
use crate::model::arena::{Arena, ArrayIndices, NodeId, NodeKey, NodeKind};
use crate::server::IedServerConfig;
use mms::MmsValue;
use std::collections::HashMap;
use std::sync::Arc;

/// The compiled model with its values.
pub(super) struct Compiled {
    pub(super) space: Space,
    /// One value a slot.
    pub(super) values: Vec<MmsValue>,
}

/// A child that waits to be given its place: what it is, and where its own children come from.
enum Source<'a> {
    /// Attributes of this functional constraint below an arena node.
    Arena(NodeId),
    /// A control block.
    Block(&'a BlockFields),
    /// The attributes of one functional constraint of a logical node, and its control blocks.
    Constraint(Fc),
}

struct Compiler<'a> {
    arena: &'a Arena,
    space: Space,
    values: Vec<MmsValue>,
    names: HashMap<Arc<str>, u32>,
    /// By arena node: the functional constraints of attributes at and below it, a bit each.
    masks: Vec<u32>,
    /// The control blocks of all logical nodes.
    blocks: Vec<BlockFields>,
}

fn bit(fc: Fc) -> u32 {
    match fc as i32 {
        n @ 0..=31 => 1 << n,
        _ => 0,
    }
}

/// The most values a server keeps, elements of arrays counted: half a gigabyte.
const MAX_VALUES: u64 = 1 << 24;

/// Compiles a model that no one changes any more.
pub(super) fn compile(arena: &Arena, config: &IedServerConfig) -> Result<Compiled, Error> {
    let values = count_values(arena);
    if values > MAX_VALUES {
        return Err(Error::WrongCount {
            reference: arena.name.clone(),
            what: "values, with all elements of arrays",
            expected: format!("at most {MAX_VALUES}"),
            found: values,
        });
    }
    let mut compiler = Compiler {
        arena,
        space: Space::new(arena.nodes.len()),
        values: Vec::with_capacity(arena.nodes.len()),
        names: HashMap::new(),
        masks: masks(arena),
        blocks: blocks::all(arena, config),
    };
    for &device in &arena.logical_devices {
        compiler.device(device);
    }
    let Compiler {
        mut space, values, ..
    } = compiler;
    space.shrink();
    Ok(Compiled { space, values })
}

/// How many values the attributes of a model have.
fn count_values(arena: &Arena) -> u64 {
    let mut counts = vec![0u64; arena.nodes.len()];
    let mut total = 0u64;
    for (index, node) in arena.nodes.iter().enumerate().rev() {
        let own = counts[index] + u64::from(node.kind.attribute().is_some() && counts[index] == 0);
        let all = own.saturating_mul(u64::from(node.kind.count().max(1)));
        match node.parent {
            Some(parent) => {
                let parent = &mut counts[parent.index()];
                *parent = parent.saturating_add(all);
            }
            None => total = total.saturating_add(all),
        }
    }
    total
}

/// Children have higher numbers than their parents: one pass from the end gathers everything.
fn masks(arena: &Arena) -> Vec<u32> {
    let mut masks = vec![0; arena.nodes.len()];
    for (index, node) in arena.nodes.iter().enumerate().rev() {
        if let NodeKind::DataAttribute(attribute) = &node.kind {
            masks[index] |= bit(attribute.fc);
        }
        if let Some(parent) = node.parent {
            masks[parent.index()] |= masks[index];
        }
    }
    masks
}

impl<'a> Compiler<'a> {
    fn name(&mut self, name: &Arc<str>) -> u32 {
        self.space.intern(&mut self.names, name)
    }

    fn device(&mut self, device: NodeId) {
        let arena = self.arena;
        let logical_nodes: Vec<NodeId> = arena.children(device).collect();
        let siblings: Vec<SpaceNode> = logical_nodes
            .iter()
            .map(|&id| SpaceNode::new(self.name(arena.name(id)), Kind::Structure, Fc::NONE, NONE))
            .collect();
        let first = self.space.push_siblings(&siblings);
        for (number, &id) in logical_nodes.iter().enumerate() {
            self.logical_node(first + number as u32, id);
        }
        let in_device = |node: NodeId| logical_nodes.contains(&node);
        let mut journals: Vec<String> = arena
            .logs
            .iter()
            .filter(|log| in_device(log.logical_node))
            .map(|log| format!("{}${}", arena.name(log.logical_node), log.name))
            .collect();
        journals.sort_by(|a, b| name_order(a, b));
        self.space.push_domain(
            arena.domain_name(device).into(),
            first..first + logical_nodes.len() as u32,
            journals,
        );
    }

    fn logical_node(&mut self, at: u32, id: NodeId) {
        let blocks: u32 = self
            .blocks
            .iter()
            .filter(|block| block.logical_node == id)
            .map(|block| bit(block.fc))
            .fold(0, |all, fc| all | fc);
        let present = self.masks[id.index()] | blocks;
        let constraints: Vec<Fc> = Fc::MMS_ORDER
            .into_iter()
            .filter(|fc| present & bit(*fc) != 0)
            .collect();
        let children: Vec<(Arc<str>, Source<'_>)> = constraints
            .iter()
            .map(|&fc| (Arc::from(fc.as_str()), Source::Constraint(fc)))
            .collect();
        self.structure(at, id, Fc::NONE, &children, ArrayIndices::NONE);
    }

    /// Fills in a structure node: its children as neighbours, then each of them.
    fn structure(
        &mut self,
        at: u32,
        logical_node: NodeId,
        fc: Fc,
        children: &[(Arc<str>, Source<'_>)],
        indices: ArrayIndices,
    ) {
        let siblings: Vec<SpaceNode> = children
            .iter()
            .map(|(name, source)| {
                let own = if let Source::Constraint(fc) = source {
                    *fc
                } else {
                    fc
                };
                SpaceNode::new(self.name(name), Kind::Structure, own, at)
            })
            .collect();
        let first = self.space.push_siblings(&siblings);
        let slot = self.values.len() as u32;
        let node = &mut self.space.nodes[at as usize];
        (node.first, node.count, node.slot) = (first, siblings.len() as u32, slot);
        for (number, (_, source)) in children.iter().enumerate() {
            let child = first + number as u32;
            match source {
                Source::Constraint(fc) => self.constraint(child, logical_node, *fc),
                Source::Arena(id) => self.node(child, logical_node, *id, fc, indices),
                Source::Block(block) => self.block(child, block),
            }
        }
        self.close(at);
    }

    fn close(&mut self, at: u32) {
        let end = self.values.len() as u32;
        let node = &mut self.space.nodes[at as usize];
        node.slots = end - node.slot;
    }

    fn constraint(&mut self, at: u32, logical_node: NodeId, fc: Fc) {
        let blocks = std::mem::take(&mut self.blocks);
        // The setting group control block comes before the settings.
        let mut children: Vec<(Arc<str>, Source<'_>)> = blocks
            .iter()
            .filter(|block| block.logical_node == logical_node && block.fc == fc)
            .map(|block| (block.name.clone(), Source::Block(block)))
            .collect();
        children.extend(self.members(logical_node, fc));
        self.structure(at, logical_node, fc, &children, ArrayIndices::NONE);
        self.blocks = blocks;
    }

    /// The children of an arena node that have attributes of the functional constraint.
    fn members(&self, id: NodeId, fc: Fc) -> Vec<(Arc<str>, Source<'static>)> {
        self.arena
            .children(id)
            .filter(|child| self.masks[child.index()] & bit(fc) != 0)
            .map(|child| (self.arena.name(child).clone(), Source::Arena(child)))
            .collect()
    }

    fn node(&mut self, at: u32, logical_node: NodeId, id: NodeId, fc: Fc, indices: ArrayIndices) {
        let kind = &self.arena.node(id).kind;
        if kind.attribute().is_some() {
            self.space.set_attribute(id, at);
        }
        let count = kind.count();
        if count == 0 {
            return self.single(at, logical_node, id, fc, indices);
        }
        let element = SpaceNode {
            parent: at,
            slot: self.values.len() as u32,
            ..self.space.nodes[at as usize]
        };
        let first = self.space.push_siblings(&[element]);
        let slot = self.values.len() as u32;
        let node = &mut self.space.nodes[at as usize];
        (node.kind, node.first, node.count, node.slot) = (Kind::Array, first, count, slot);
        let with = |index| indices.with(index).unwrap_or(indices);
        self.single(first, logical_node, id, fc, with(0));
        // The tree describes one element; the others only have values.
        for index in 1..count {
            self.values_of(id, fc, with(index));
        }
        self.close(at);
    }

    fn single(&mut self, at: u32, logical_node: NodeId, id: NodeId, fc: Fc, indices: ArrayIndices) {
        if self.is_leaf(id) {
            let slot = self.values.len() as u32;
            self.push_value(id, indices);
            let node = &mut self.space.nodes[at as usize];
            (node.kind, node.slot, node.slots) = (Kind::Attribute, slot, 1);
            node.source = id.index() as u32;
        } else {
            let children = self.members(id, fc);
            self.structure(at, logical_node, fc, &children, indices);
        }
    }

    /// An attribute without children is a value, whatever its type says.
    fn is_leaf(&self, id: NodeId) -> bool {
        self.arena
            .node(id)
            .kind
            .attribute()
            .is_some_and(|a| a.ty.default_value().is_some())
    }

    /// The values of one element of an array, in the order of the tree.
    fn values_of(&mut self, id: NodeId, fc: Fc, indices: ArrayIndices) {
        if self.is_leaf(id) {
            return self.push_value(id, indices);
        }
        let children: Vec<NodeId> = self
            .arena
            .children(id)
            .filter(|child| self.masks[child.index()] & bit(fc) != 0)
            .collect();
        for child in children {
            match self.arena.node(child).kind.count() {
                0 => self.values_of(child, fc, indices),
                count => {
                    for index in 0..count {
                        self.values_of(child, fc, indices.with(index).unwrap_or(indices));
                    }
                }
            }
        }
    }

    fn push_value(&mut self, id: NodeId, indices: ArrayIndices) {
        let Some(attribute) = self.arena.attribute(id) else {
            return;
        };
        let of_element = self.arena.element_values.get(&NodeKey { id, indices });
        let value = of_element
            .or(attribute.init.as_deref())
            .cloned()
            .or_else(|| attribute.ty.default_value());
        self.values.push(value.unwrap_or(MmsValue::Boolean(false)));
    }

    fn block(&mut self, at: u32, block: &BlockFields) {
        self.space.blocks.push(Block {
            kind: block.kind,
            fields: Vec::with_capacity(block.fields.len()),
        });
        self.fields(at, block.fc, &block.fields);
    }

    fn fields(&mut self, at: u32, fc: Fc, fields: &[FieldValue]) {
        let siblings: Vec<SpaceNode> = fields
            .iter()
            .map(|field| {
                SpaceNode::new(self.name(&Arc::from(field.id.name())), Kind::Field, fc, at)
            })
            .collect();
        let first = self.space.push_siblings(&siblings);
        let slot = self.values.len() as u32;
        let node = &mut self.space.nodes[at as usize];
        (node.kind, node.first, node.count, node.slot) =
            (Kind::Structure, first, fields.len() as u32, slot);
        for (number, field) in fields.iter().enumerate() {
            let child = first + number as u32;
            match &field.content {
                Content::Value(ty, value) => {
                    let slot = self.values.len() as u32;
                    let block = self.space.blocks.len() as u32 - 1;
                    if let Some(block) = self.space.blocks.last_mut() {
                        block.fields.push((field.id, slot));
                    }
                    let source = self.space.push_field(Field {
                        id: field.id,
                        block,
                        ty: ty.clone(),
                    });
                    self.values.push(value.clone());
                    let node = &mut self.space.nodes[child as usize];
                    (node.slot, node.slots, node.source) = (slot, 1, source);
                }
                Content::Structure(inner) => self.fields(child, fc, inner),
            }
        }
        self.close(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::TriggerOptions;
    use crate::model::{DataAttributeType, IedModel};

    #[test]
    fn more_values_than_memory_are_refused_before_they_are_made() {
        let model = IedModel::new("IED1").unwrap();
        let device = model.create_logical_device("LD0", None).unwrap();
        let node = device.create_logical_node("LLN0").unwrap();
        let (ty, fc) = (DataAttributeType::Int8, Fc::ST);
        for number in 0..300 {
            let object = node
                .create_data_object(&format!("Big{number}"), 60_000)
                .unwrap();
            object
                .create_data_attribute("a", ty, fc, TriggerOptions::empty(), 0, 0)
                .unwrap();
        }
        let arena = model.acquire().unwrap();
        assert_eq!(count_values(&arena), 18_000_000);
        let refused = compile(&arena, &IedServerConfig::default()).err();
        assert!(matches!(
            refused,
            Some(Error::WrongCount {
                found: 18_000_000,
                ..
            })
        ));
    }
}
