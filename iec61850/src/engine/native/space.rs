//! The address space: the model as MMS sees it, compiled once when the server is made and read
//! without locks.
//!
//! A logical device is a domain; a logical node a structure of functional constraints, each a
//! structure of data objects and attributes. Nodes are small and stand in one vector; children
//! are neighbours. Every leaf has a slot in the value store, and slots are given out in the
//! order of the tree, so that whatever a name stands for is one range of slots. Elements of
//! arrays are not nodes: the node describes one element, and an offset to its slots says which.

use super::blocks::{Block, BlockKind, FieldId};
use crate::common::FunctionalConstraint;
use crate::model::arena::{Arena, NodeId, NodeKey};
use mms::TypeDescription;
use mms::ber::Writer;
use mms::type_writer;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Number of a node of the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SpaceId(pub(super) u32);

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Components are the children.
    Structure,
    /// The one child describes an element.
    Array,
    /// A value of the model; `source` is its attribute.
    Attribute,
    /// A value of a control block; `source` is its field.
    Field,
}

/// One node.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpaceNode {
    pub(super) name: u32,
    pub(super) kind: Kind,
    /// Functional constraint of the node and all below; `NONE` for a logical node.
    pub(super) fc: FunctionalConstraint,
    /// First child.
    pub(super) first: u32,
    /// Children, or elements of an array.
    pub(super) count: u32,
    /// First slot.
    pub(super) slot: u32,
    /// Slots taken, of all elements.
    pub(super) slots: u32,
    /// Attribute: index of the arena node. Field: number of the control block's field.
    pub(super) source: u32,
    /// The node around it, [`NONE`] for a logical node.
    pub(super) parent: u32,
}

impl SpaceNode {
    /// A node whose children and slots are filled in later.
    pub(super) fn new(name: u32, kind: Kind, fc: FunctionalConstraint, parent: u32) -> Self {
        SpaceNode {
            name,
            kind,
            fc,
            first: 0,
            count: 0,
            slot: 0,
            slots: 0,
            source: 0,
            parent,
        }
    }
}

/// A node, and by how many slots elements of arrays on the path shift it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) node: SpaceId,
    pub(super) offset: u32,
}

/// A logical device.
#[derive(Debug)]
pub(super) struct Domain {
    pub(super) name: Arc<str>,
    /// Logical nodes: a range of nodes.
    pub(super) nodes: Range<u32>,
    index: HashMap<Arc<str>, u32>,
    /// Journals of the domain, sorted.
    pub(super) journals: Vec<String>,
}

/// The compiled model.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) nodes: Vec<SpaceNode>,
    /// Beside `nodes`: for the children of a node, which child comes at this place of the sorted
    /// order.
    sorted: Vec<u32>,
    names: Vec<Arc<str>>,
    pub(super) domains: Vec<Domain>,
    domain_index: HashMap<Arc<str>, usize>,
    /// Fields of control blocks, by the `source` of their nodes.
    pub(super) fields: Vec<Field>,
    /// Control blocks, in the order of the address space.
    pub(super) blocks: Vec<Block>,
    /// By index of the arena node: the node here, for attributes.
    of_attribute: Vec<u32>,
}

/// A field of a control block.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) id: FieldId,
    /// Index of its control block.
    pub(super) block: u32,
    pub(super) ty: TypeDescription,
}

/// In place of a number: none.
pub(super) const NONE: u32 = u32::MAX;

/// The order of names in lists, as measured from libiec61850: letters in the order of the alphabet
/// (`A a B b ...`), then `_`, then digits.
pub(super) fn name_order(a: &str, b: &str) -> std::cmp::Ordering {
    let weight = |octet: u8| match octet {
        b'A'..=b'Z' => 2 * (octet - b'A'),
        b'a'..=b'z' => 2 * (octet - b'a') + 1,
        b'_' => 52,
        other => other.saturating_add(53),
    };
    a.bytes()
        .map(weight)
        .cmp(b.bytes().map(weight))
        .then_with(|| a.cmp(b))
}

impl Space {
    pub(super) fn new(nodes_of_arena: usize) -> Self {
        Space {
            nodes: Vec::new(),
            sorted: Vec::new(),
            names: Vec::new(),
            domains: Vec::new(),
            domain_index: HashMap::new(),
            fields: Vec::new(),
            blocks: Vec::new(),
            of_attribute: vec![NONE; nodes_of_arena],
        }
    }

    pub(super) fn node(&self, id: SpaceId) -> &SpaceNode {
        &self.nodes[id.0 as usize]
    }

    /// The first slot of what is at a place; of a leaf, its slot.
    pub(super) fn slot(&self, place: Place) -> u32 {
        self.node(place.node).slot + place.offset
    }

    pub(super) fn name(&self, node: &SpaceNode) -> &Arc<str> {
        &self.names[node.name as usize]
    }

    /// The field of a control block that a node is.
    pub(super) fn field(&self, node: &SpaceNode) -> Option<&Field> {
        match node.kind {
            Kind::Field => self.fields.get(node.source as usize),
            _ => None,
        }
    }

    /// The control block of this kind and number.
    pub(super) fn block(&self, kind: BlockKind) -> Option<&Block> {
        self.blocks.iter().find(|block| block.kind == kind)
    }

    /// The children of a structure.
    pub(super) fn children(&self, node: &SpaceNode) -> &[SpaceNode] {
        match node.kind {
            Kind::Structure => &self.nodes[node.first as usize..(node.first + node.count) as usize],
            _ => &[],
        }
    }

    /// The description of an array's element.
    pub(super) fn element(&self, node: &SpaceNode) -> SpaceId {
        SpaceId(node.first)
    }

    /// Slots of one element of an array.
    pub(super) fn stride(&self, node: &SpaceNode) -> u32 {
        self.node(self.element(node)).slots
    }

    /// The child at `rank` in the order of the names.
    pub(super) fn child_at_rank(&self, first: u32, rank: u32) -> SpaceId {
        SpaceId(first + self.sorted[(first + rank) as usize])
    }

    /// The rank of a child in the order of the names.
    pub(super) fn rank(&self, first: u32, count: u32, name: &str) -> Option<u32> {
        let ranks = &self.sorted[first as usize..(first + count) as usize];
        let at = ranks.binary_search_by(|&child| {
            let child = &self.nodes[(first + child) as usize];
            name_order(self.name(child), name)
        });
        at.ok().map(|rank| rank as u32)
    }

    /// The child of a structure with this name.
    pub(super) fn child(&self, node: &SpaceNode, name: &str) -> Option<SpaceId> {
        /// Up to here comparing all is cheaper than searching.
        const FEW: u32 = 12;
        if node.kind != Kind::Structure {
            return None;
        }
        if node.count <= FEW {
            let at = self
                .children(node)
                .iter()
                .position(|child| &**self.name(child) == name)?;
            return Some(SpaceId(node.first + at as u32));
        }
        let rank = self.rank(node.first, node.count, name)?;
        Some(self.child_at_rank(node.first, rank))
    }

    pub(super) fn domain(&self, name: &str) -> Option<&Domain> {
        self.domains.get(self.domain_number(name)?)
    }

    /// Index of a domain.
    pub(super) fn domain_number(&self, name: &str) -> Option<usize> {
        self.domain_index.get(name).copied()
    }

    /// The node an item of a domain names: `LN$FC$DO...`.
    pub(super) fn resolve(&self, domain: &Domain, item: &str) -> Option<Place> {
        let mut parts = item.split('$');
        let mut id = SpaceId(*domain.index.get(parts.next()?)?);
        for part in parts {
            id = self.child(self.node(id), part)?;
        }
        Some(Place {
            node: id,
            offset: 0,
        })
    }

    /// The place of an attribute of the model, or of the part of an object that has the
    /// functional constraint.
    pub(super) fn place_of(
        &self,
        arena: &Arena,
        key: NodeKey,
        fc: FunctionalConstraint,
    ) -> Option<Place> {
        let id = match self.of_attribute.get(key.id.index()) {
            Some(&id) if id != NONE => SpaceId(id),
            _ => self.object(arena, key.id, fc)?,
        };
        let mut place = Place {
            node: id,
            offset: 0,
        };
        for (position, array) in self.arrays_around(id).into_iter().enumerate() {
            let Some(index) = key.indices.get(position) else {
                break;
            };
            let node = self.node(array);
            if index >= node.count {
                return None;
            }
            place.offset += index * self.stride(node);
            if array == id {
                place.node = self.element(node);
            }
        }
        Some(place)
    }

    /// The arrays around a node, itself included, from the outside in.
    pub(super) fn arrays_around(&self, id: SpaceId) -> Vec<SpaceId> {
        let mut arrays: Vec<SpaceId> = self
            .ancestors(id)
            .filter(|&id| self.node(id).kind == Kind::Array)
            .collect();
        arrays.reverse();
        arrays
    }

    /// The node of a data object, or of a logical node, with the functional constraint.
    fn object(&self, arena: &Arena, id: NodeId, fc: FunctionalConstraint) -> Option<SpaceId> {
        let path: Vec<NodeId> = arena.ancestors(id).collect();
        let (device, path) = path.split_last()?;
        let (logical_node, path) = path.split_last()?;
        let domain = self.domain(&arena.domain_name(*device))?;
        let mut at = SpaceId(*domain.index.get(arena.name(*logical_node))?);
        at = self.child(self.node(at), fc.as_str())?;
        for object in path.iter().rev() {
            if self.node(at).kind == Kind::Array {
                at = self.element(self.node(at));
            }
            at = self.child(self.node(at), arena.name(*object))?;
        }
        Some(at)
    }

    /// The node and the nodes around it, up to the logical node.
    pub(super) fn ancestors(&self, id: SpaceId) -> impl Iterator<Item = SpaceId> + '_ {
        std::iter::successors(Some(id), |&id| {
            let parent = self.node(id).parent;
            (parent != NONE).then_some(SpaceId(parent))
        })
    }

    /// The logical node a node is in.
    pub(super) fn logical_node(&self, id: SpaceId) -> SpaceId {
        self.ancestors(id).last().unwrap_or(id)
    }

    /// Writes the type of a node.
    pub(super) fn encode_type(&self, arena: &Arena, w: &mut Writer<'_>, id: SpaceId) {
        let node = *self.node(id);
        match node.kind {
            Kind::Structure => type_writer::structure(w, |w| {
                for child in node.first..node.first + node.count {
                    let name = self.name(&self.nodes[child as usize]).clone();
                    type_writer::component(w, Some(&name), |w| {
                        self.encode_type(arena, w, SpaceId(child))
                    });
                }
            }),
            Kind::Array => type_writer::array(w, node.count, |w| {
                self.encode_type(arena, w, self.element(&node));
            }),
            Kind::Attribute | Kind::Field => {
                if let Some(ty) = self.leaf_type(arena, &node) {
                    ty.encode(w);
                }
            }
        }
    }

    /// The type of a leaf.
    pub(super) fn leaf_type(&self, arena: &Arena, node: &SpaceNode) -> Option<TypeDescription> {
        match node.kind {
            Kind::Attribute => {
                let attribute = arena.nodes.get(node.source as usize)?.kind.attribute()?;
                arena.leaf_type(attribute)
            }
            Kind::Field => self.field(node).map(|field| field.ty.clone()),
            _ => None,
        }
    }
}

/// Building, from [`super::compile`].
impl Space {
    pub(super) fn intern(&mut self, known: &mut HashMap<Arc<str>, u32>, name: &Arc<str>) -> u32 {
        if let Some(&number) = known.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        known.insert(name.clone(), number);
        number
    }

    /// Appends nodes that are neighbours, and returns the first.
    pub(super) fn push_siblings(&mut self, siblings: &[SpaceNode]) -> u32 {
        let first = self.nodes.len() as u32;
        self.nodes.extend_from_slice(siblings);
        let mut order: Vec<u32> = (0..siblings.len() as u32).collect();
        order.sort_by(|&a, &b| {
            let name = |n: u32| &self.names[siblings[n as usize].name as usize];
            name_order(name(a), name(b))
        });
        self.sorted.extend(order);
        first
    }

    pub(super) fn set_attribute(&mut self, id: NodeId, node: u32) {
        self.of_attribute[id.index()] = node;
    }

    pub(super) fn push_domain(&mut self, name: Arc<str>, nodes: Range<u32>, journals: Vec<String>) {
        let index = nodes
            .clone()
            .map(|n| (self.name(&self.nodes[n as usize]).clone(), n))
            .collect();
        self.domain_index.insert(name.clone(), self.domains.len());
        self.domains.push(Domain {
            name,
            nodes,
            index,
            journals,
        });
    }
}

/// Building, continued.
impl Space {
    /// Stores a field, and returns its number.
    pub(super) fn push_field(&mut self, field: Field) -> u32 {
        self.fields.push(field);
        self.fields.len() as u32 - 1
    }

    /// Gives back what growing has left over.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.sorted.shrink_to_fit();
        self.names.shrink_to_fit();
        self.fields.shrink_to_fit();
    }
}
