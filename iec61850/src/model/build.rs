//! Adding nodes, with the checks that need an index.

use super::arena::{Arena, NameId, NodeId, NodeKey, NodeKind};
use super::{DataAttributeType, name};
use crate::Error;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Longest array.
const MAX_ARRAY: u32 = 65_535;

/// What is needed while a model is built, and dropped when a server takes it.
pub(super) struct BuildIndex {
    names: HashMap<Arc<str>, NameId>,
    /// Logical nodes and names of control blocks and logs, of all kinds together.
    blocks: HashSet<(NodeId, String)>,
}

impl BuildIndex {
    pub(super) fn of(arena: &Arena) -> Self {
        BuildIndex {
            names: arena
                .stored_names()
                .map(|(text, id)| (text.clone(), id))
                .collect(),
            blocks: arena.block_names().collect(),
        }
    }

    /// Notes the name of a control block or log. `false`: there may be one of this name already.
    pub(super) fn note_block(&mut self, logical_node: NodeId, name: &str) -> bool {
        self.blocks.insert((logical_node, name.to_owned()))
    }

    /// The number of a name, which is stored if it is new.
    pub(super) fn intern(&mut self, arena: &mut Arena, text: &str) -> Result<NameId, Error> {
        if let Some(&id) = self.names.get(text) {
            return Ok(id);
        }
        let text: Arc<str> = text.into();
        let id = arena.push_name(text.clone()).ok_or_else(too_many_nodes)?;
        self.names.insert(text, id);
        Ok(id)
    }

    /// Appends a node after checking that its parent has room for it.
    pub(super) fn add(
        &mut self,
        arena: &mut Arena,
        parent: Option<NodeId>,
        text: &str,
        kind: NodeKind,
    ) -> Result<NodeId, Error> {
        let name = self.intern(arena, text)?;
        if let Some(parent) = parent {
            check_count(arena, parent, text, &kind)?;
            check_item_length(arena, parent, text, &kind)?;
            if is_taken(arena, parent, text, &kind) {
                return Err(Error::Duplicate {
                    what: kind.model_type().what(),
                    name: text.to_owned(),
                    parent: arena.reference(parent.into()),
                });
            }
        }
        let id = arena.push(parent, name, kind).ok_or_else(too_many_nodes)?;
        if let Some(parent) = parent {
            arena.note_child(parent, id);
        }
        Ok(id)
    }
}

/// Whether a child with the same name excludes the new one. Attributes of different functional
/// constraints may share a name, as SG and SE do.
fn is_taken(arena: &Arena, parent: NodeId, name: &str, kind: &NodeKind) -> bool {
    arena.children_named(parent, name).any(|child| {
        match (arena.attribute(child), kind.attribute()) {
            (Some(old), Some(new)) => old.fc == new.fc,
            _ => true,
        }
    })
}

impl Arena {
    /// Logical nodes and names of all control blocks and logs.
    fn block_names(&self) -> impl Iterator<Item = (NodeId, String)> + '_ {
        let reports = self
            .report_control_blocks
            .iter()
            .map(|d| (d.logical_node, d.name.clone()));
        let goose = self
            .goose_control_blocks
            .iter()
            .map(|d| (d.logical_node, d.name.clone()));
        let sv = self
            .sv_control_blocks
            .iter()
            .map(|d| (d.logical_node, d.name.clone()));
        let lcbs = self
            .log_control_blocks
            .iter()
            .map(|d| (d.logical_node, d.name.clone()));
        let logs = self.logs.iter().map(|d| (d.logical_node, d.name.clone()));
        let settings = self
            .setting_group_control_blocks
            .iter()
            .map(|d| (d.logical_node, "SGCB".to_owned()));
        reports
            .chain(goose)
            .chain(sv)
            .chain(lcbs)
            .chain(logs)
            .chain(settings)
    }

    /// Checks the names of all logical devices after a change of the IED's name.
    pub(super) fn check_domains(&self) -> Result<(), Error> {
        let mut seen = std::collections::HashSet::new();
        for &ld in &self.logical_devices {
            let domain = self.domain_name(ld);
            if domain.len() > name::MAX_DOMAIN {
                return Err(name::fault(
                    "logical device",
                    &domain,
                    "is longer than 64 characters",
                ));
            }
            if !seen.insert(domain.clone()) {
                return Err(Error::Duplicate {
                    what: "logical device",
                    name: domain,
                    parent: self.name.clone(),
                });
            }
        }
        Ok(())
    }
}

fn check_count(arena: &Arena, parent: NodeId, text: &str, kind: &NodeKind) -> Result<(), Error> {
    let count = kind.count();
    if count == 0 {
        return Ok(());
    }
    let reference = || format!("{}.{text}", arena.reference(parent.into()));
    if count > MAX_ARRAY {
        return Err(Error::WrongCount {
            reference: reference(),
            what: "array elements",
            expected: format!("at most {MAX_ARRAY}"),
            found: count.into(),
        });
    }
    let depth = arena.arrays_on_path(parent) + 1;
    if depth > super::arena::ArrayIndices::MAX {
        return Err(Error::WrongCount {
            reference: reference(),
            what: "arrays within each other",
            expected: format!("at most {}", super::arena::ArrayIndices::MAX),
            found: depth as u64,
        });
    }
    Ok(())
}

/// The MMS name is `LN$FC$DO$DA`: the names on the path, a `$` between them, and the functional
/// constraint.
fn check_item_length(
    arena: &Arena,
    parent: NodeId,
    text: &str,
    kind: &NodeKind,
) -> Result<(), Error> {
    if matches!(kind, NodeKind::LogicalNode) {
        return Ok(());
    }
    let mut length = text.len() + "$FC".len();
    let mut ancestors = arena.ancestors(parent).peekable();
    while let Some(id) = ancestors.next() {
        // The last one is the logical device, which is not part of the item.
        if ancestors.peek().is_some() {
            length += arena.name(id).len() + 1;
        }
    }
    if length > name::MAX_ITEM {
        let reference = format!("{}.{text}", arena.reference(NodeKey::from(parent)));
        return Err(name::fault(
            kind.model_type().what(),
            &reference,
            "makes an MMS name of more than 129 characters",
        ));
    }
    Ok(())
}

/// Checks that attributes can be created under a node: in a data object any, in an attribute only
/// if it is constructed, and then with the same functional constraint.
pub(super) fn check_attribute_parent(
    arena: &Arena,
    parent: NodeId,
    fc: crate::FunctionalConstraint,
    ty: DataAttributeType,
) -> Result<(), Error> {
    let reference = || arena.reference(parent.into());
    if ty == DataAttributeType::UnknownType {
        return Err(Error::WrongKind {
            reference: reference(),
            reason: "cannot get an attribute of unknown type",
        });
    }
    if !fc.is_of_data() {
        return Err(Error::InvalidFunctionalConstraint {
            reference: reference(),
            fc,
            reason: "is not one of data attributes",
        });
    }
    let Some(attribute) = arena.attribute(parent) else {
        return Ok(());
    };
    if attribute.ty != DataAttributeType::Constructed {
        return Err(Error::WrongKind {
            reference: reference(),
            reason: "is not a constructed attribute",
        });
    }
    if attribute.fc != fc {
        return Err(Error::InvalidFunctionalConstraint {
            reference: reference(),
            fc,
            reason: "is not that of the attribute above",
        });
    }
    Ok(())
}

fn too_many_nodes() -> Error {
    Error::WrongCount {
        reference: "model".to_owned(),
        what: "nodes",
        expected: format!("fewer than {}", u32::MAX),
        found: u32::MAX.into(),
    }
}
