//! Storage of a model: nodes in one vector, linked by small numbers.
//!
//! Array objects and attributes hold the children of one element; which element is meant is said
//! by the indices of a [`NodeKey`].

use super::control_block::{
    GooseControlBlockDef, LogControlBlockDef, LogDef, ReportControlBlockDef,
    SettingGroupControlBlockDef, SvControlBlockDef,
};
use super::{DataAttributeType, EnumType, ModelNodeType};
use crate::common::{FunctionalConstraint, TriggerOptions};
use mms::MmsValue;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Number of a node in its arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(NonZeroU32);

impl NodeId {
    /// Position in the vector of nodes, for tables beside it.
    pub(crate) fn index(self) -> usize {
        self.0.get() as usize - 1
    }

    /// The node at a position.
    pub(crate) fn at(index: usize) -> Option<Self> {
        u32::try_from(index + 1)
            .ok()
            .and_then(NonZeroU32::new)
            .map(NodeId)
    }
}

/// Number of a text in [`Arena`]: every different name is stored once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameId(NonZeroU32);

impl NameId {
    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// Number of an enumeration in [`Arena::enum_types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EnumId(NonZeroU32);

/// Indices of the arrays on the path to a node, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ArrayIndices([u32; ArrayIndices::MAX]);

impl ArrayIndices {
    /// How deep arrays may be nested.
    pub(crate) const MAX: usize = 2;
    pub(crate) const NONE: ArrayIndices = ArrayIndices([u32::MAX; Self::MAX]);

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.0
            .iter()
            .take_while(|&&index| index != u32::MAX)
            .count()
    }

    pub(crate) fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The index of the `position`-th array on the path.
    pub(crate) fn get(self, position: usize) -> Option<u32> {
        self.0.get(position).copied().filter(|&i| i != u32::MAX)
    }

    /// The indices with one more, if there is room.
    pub(crate) fn with(mut self, index: u32) -> Option<Self> {
        *self.0.iter_mut().find(|i| **i == u32::MAX)? = index;
        Some(self)
    }

    /// The indices of the first `len` arrays.
    pub(crate) fn truncated(mut self, len: usize) -> Self {
        self.0.iter_mut().skip(len).for_each(|i| *i = u32::MAX);
        self
    }
}

/// A node, and which element where arrays are on its path.
///
/// Fewer indices than arrays: the innermost ones are meant as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeKey {
    pub(crate) id: NodeId,
    pub(crate) indices: ArrayIndices,
}

impl From<NodeId> for NodeKey {
    fn from(id: NodeId) -> Self {
        NodeKey {
            id,
            indices: ArrayIndices::NONE,
        }
    }
}

/// One node. The size counts: a large model has a million of them.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: NameId,
    pub(crate) parent: Option<NodeId>,
    first_child: Option<NodeId>,
    last_child: Option<NodeId>,
    next_sibling: Option<NodeId>,
    pub(crate) kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    LogicalDevice {
        /// Functional name, which takes the place of IED name and instance.
        ld_name: Option<NameId>,
    },
    LogicalNode,
    DataObject {
        /// Elements of an array; 0 is no array.
        count: u32,
        /// Common data class.
        cdc: Option<NameId>,
    },
    DataAttribute(AttributeDef),
}

#[derive(Clone, Debug)]
pub(crate) struct AttributeDef {
    pub(crate) ty: DataAttributeType,
    pub(crate) fc: FunctionalConstraint,
    pub(crate) trigger_options: TriggerOptions,
    /// Elements of an array; 0 is no array.
    pub(crate) count: u32,
    pub(crate) short_address: u32,
    pub(crate) enumeration: Option<EnumId>,
    /// Value at the start; of an array, of every element that has none of its own.
    pub(crate) init: Option<Box<MmsValue>>,
}

impl NodeKind {
    pub(crate) fn model_type(&self) -> ModelNodeType {
        match self {
            NodeKind::LogicalDevice { .. } => ModelNodeType::LogicalDevice,
            NodeKind::LogicalNode => ModelNodeType::LogicalNode,
            NodeKind::DataObject { .. } => ModelNodeType::DataObject,
            NodeKind::DataAttribute(_) => ModelNodeType::DataAttribute,
        }
    }

    /// Elements of an array; 0 is no array.
    pub(crate) fn count(&self) -> u32 {
        match self {
            NodeKind::DataObject { count, .. } => *count,
            NodeKind::DataAttribute(attribute) => attribute.count,
            _ => 0,
        }
    }

    /// The attribute, if the node is one.
    pub(crate) fn attribute(&self) -> Option<&AttributeDef> {
        match self {
            NodeKind::DataAttribute(attribute) => Some(attribute),
            _ => None,
        }
    }
}

/// A data set of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct DataSetDef {
    pub(crate) logical_node: NodeId,
    pub(crate) name: Arc<str>,
    pub(crate) entries: Vec<DataSetEntryDef>,
}

/// A member of a data set: an attribute, or those attributes of an object that have the functional
/// constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataSetEntryDef {
    pub(crate) key: NodeKey,
    pub(crate) fc: FunctionalConstraint,
}

/// The model.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arena {
    /// Name of the IED.
    pub(crate) name: String,
    pub(crate) nodes: Vec<Node>,
    names: Vec<Arc<str>>,
    /// Of nodes with many children: the first child of each name.
    large: HashMap<NodeId, HashMap<Arc<str>, NodeId>>,
    pub(crate) logical_devices: Vec<NodeId>,
    pub(crate) enum_types: Vec<Arc<EnumType>>,
    pub(crate) data_sets: Vec<DataSetDef>,
    pub(crate) report_control_blocks: Vec<Arc<ReportControlBlockDef>>,
    pub(crate) goose_control_blocks: Vec<Arc<GooseControlBlockDef>>,
    pub(crate) sv_control_blocks: Vec<Arc<SvControlBlockDef>>,
    pub(crate) log_control_blocks: Vec<Arc<LogControlBlockDef>>,
    pub(crate) logs: Vec<Arc<LogDef>>,
    pub(crate) setting_group_control_blocks: Vec<Arc<SettingGroupControlBlockDef>>,
    /// Values at the start of single elements of arrays, before those of the attribute.
    pub(crate) element_values: HashMap<NodeKey, MmsValue>,
    /// Values of setting groups 1.. at the start, before those of the attribute.
    pub(crate) group_values: HashMap<(NodeKey, u8), MmsValue>,
}

impl Arena {
    /// The node. Numbers come from this arena only and nodes are never removed.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    /// The text of an interned name.
    pub(crate) fn text(&self, name: NameId) -> &Arc<str> {
        &self.names[name.index()]
    }

    /// Name of a node; of a logical device, its instance.
    pub(crate) fn name(&self, id: NodeId) -> &Arc<str> {
        self.text(self.node(id).name)
    }

    /// The attribute, if the node is one.
    pub(crate) fn attribute(&self, id: NodeId) -> Option<&AttributeDef> {
        self.node(id).kind.attribute()
    }

    /// The enumeration of an attribute.
    pub(crate) fn enum_type(&self, attribute: &AttributeDef) -> Option<&Arc<EnumType>> {
        self.enum_types
            .get(attribute.enumeration?.0.get() as usize - 1)
    }

    /// The children, in the order they were created.
    pub(crate) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.siblings(self.node(id).first_child)
    }

    fn siblings(&self, first: Option<NodeId>) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(first, |&child| self.node(child).next_sibling)
    }

    /// The children with a name, of which there may be several of different functional
    /// constraints, in the order they were created.
    pub(crate) fn children_named<'a>(
        &'a self,
        id: NodeId,
        name: &'a str,
    ) -> impl Iterator<Item = NodeId> + 'a {
        let first = match self.large.get(&id) {
            Some(table) => table.get(name).copied(),
            None => self.node(id).first_child,
        };
        self.siblings(first)
            .filter(move |&child| &**self.name(child) == name)
    }

    /// The node and its ancestors, up to the logical device.
    pub(crate) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(id), |&node| self.node(node).parent)
    }

    /// How many nodes on the path, the node itself included, are arrays.
    pub(crate) fn arrays_on_path(&self, id: NodeId) -> usize {
        self.ancestors(id)
            .filter(|&node| self.node(node).kind.count() > 0)
            .count()
    }

    /// The logical device a node belongs to.
    pub(crate) fn logical_device_of(&self, id: NodeId) -> NodeId {
        self.ancestors(id).last().unwrap_or(id)
    }

    /// The logical node a node belongs to; `None` for a logical device.
    pub(crate) fn logical_node_of(&self, id: NodeId) -> Option<NodeId> {
        self.ancestors(id)
            .find(|&node| matches!(self.node(node).kind, NodeKind::LogicalNode))
    }

    /// Name of the MMS domain of a logical device.
    pub(crate) fn domain_name(&self, logical_device: NodeId) -> String {
        match self.node(logical_device).kind {
            NodeKind::LogicalDevice {
                ld_name: Some(name),
            } => self.text(name).to_string(),
            _ => format!("{}{}", self.name, self.name(logical_device)),
        }
    }

    /// Whether the node is an attribute of the functional constraint, or has one below.
    pub(crate) fn has_fc(&self, id: NodeId, fc: FunctionalConstraint) -> bool {
        match &self.node(id).kind {
            NodeKind::DataAttribute(attribute) => attribute.fc == fc,
            _ => self.children(id).any(|child| self.has_fc(child, fc)),
        }
    }

    /// Full reference: `IEDLD/LN.DO(1).DA`.
    pub(crate) fn reference(&self, key: NodeKey) -> String {
        let domain = self.domain_name(self.logical_device_of(key.id));
        domain + &self.reference_in_device(key)
    }

    /// Reference with the instance in place of the name of the logical device.
    pub(crate) fn short_reference(&self, key: NodeKey) -> String {
        let inst = self.name(self.logical_device_of(key.id));
        format!("{inst}{}", self.reference_in_device(key))
    }

    fn reference_in_device(&self, key: NodeKey) -> String {
        let mut path: Vec<NodeId> = self.ancestors(key.id).collect();
        path.pop();
        let mut text = String::new();
        let mut arrays = 0;
        for (depth, &id) in path.iter().rev().enumerate() {
            text.push(if depth == 0 { '/' } else { '.' });
            text.push_str(self.name(id));
            if self.node(id).kind.count() > 0 {
                if let Some(index) = key.indices.get(arrays) {
                    text.push_str(&format!("({index})"));
                }
                arrays += 1;
            }
        }
        text
    }
}

/// Above this number of children, names are looked up in a table instead of a walk.
const WALK_LIMIT: usize = 24;

/// Building.
impl Arena {
    /// Notes a new child in the table of its parent, which is made when there are many children.
    pub(super) fn note_child(&mut self, parent: NodeId, child: NodeId) {
        if let Some(table) = self.large.get_mut(&parent) {
            let name = self.names[self.nodes[child.index()].name.index()].clone();
            table.entry(name).or_insert(child);
        } else if self.children(parent).nth(WALK_LIMIT).is_some() {
            let mut table = HashMap::new();
            for child in self.children(parent) {
                table.entry(self.name(child).clone()).or_insert(child);
            }
            self.large.insert(parent, table);
        }
    }

    /// Gives back memory that was kept for further nodes.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.names.shrink_to_fit();
        self.data_sets.shrink_to_fit();
        for set in &mut self.data_sets {
            set.entries.shrink_to_fit();
        }
    }

    /// Appends a node, last among the children of `parent`. `None` when there is no number left.
    pub(super) fn push(
        &mut self,
        parent: Option<NodeId>,
        name: NameId,
        kind: NodeKind,
    ) -> Option<NodeId> {
        let id = NodeId::at(self.nodes.len())?;
        self.nodes.push(Node {
            name,
            parent,
            first_child: None,
            last_child: None,
            next_sibling: None,
            kind,
        });
        if let Some(parent) = parent {
            match self.node_mut(parent).last_child.replace(id) {
                Some(previous) => self.node_mut(previous).next_sibling = Some(id),
                None => self.node_mut(parent).first_child = Some(id),
            }
        }
        Some(id)
    }

    /// Stores a text that is not stored yet.
    pub(super) fn push_name(&mut self, text: Arc<str>) -> Option<NameId> {
        self.names.push(text);
        u32::try_from(self.names.len())
            .ok()
            .and_then(NonZeroU32::new)
            .map(NameId)
    }

    /// All stored texts.
    pub(super) fn stored_names(&self) -> impl Iterator<Item = (&Arc<str>, NameId)> {
        self.names
            .iter()
            .zip(1..)
            .filter_map(|(text, number)| Some((text, NameId(NonZeroU32::new(number)?))))
    }

    /// The number of an enumeration, which is stored if it is new.
    pub(super) fn intern_enum(&mut self, enumeration: Arc<EnumType>) -> Option<EnumId> {
        let position = self
            .enum_types
            .iter()
            .position(|e| Arc::ptr_eq(e, &enumeration) || **e == *enumeration)
            .unwrap_or_else(|| {
                self.enum_types.push(enumeration);
                self.enum_types.len() - 1
            });
        u32::try_from(position + 1)
            .ok()
            .and_then(NonZeroU32::new)
            .map(EnumId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_small() {
        assert_eq!(size_of::<Node>(), 48);
        assert_eq!(size_of::<NodeKey>(), 12);
    }

    #[test]
    fn indices() {
        let one = ArrayIndices::NONE.with(3).unwrap();
        let two = one.with(0).unwrap();
        assert_eq!((one.len(), two.len(), two.with(1)), (1, 2, None));
        assert_eq!(
            (two.get(0), two.get(1), two.get(2)),
            (Some(3), Some(0), None)
        );
        assert_eq!(two.truncated(1), one);
        assert!(two.truncated(0).is_empty());
    }
}
