//! What a server has, as a tree.

use super::merge::{Item, data_objects, narrow};
use super::{Device, Node, Object};
use crate::describe;
use crate::output::Tree;
use crate::peer::type_text;
use iec61850::{FunctionalConstraint, ObjectReference};
use mms::{MmsValue, TypeDescription};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Draws logical devices, logical nodes, data with their functional constraints, data sets, control blocks and logs. Values are drawn if there are
/// any.
pub(crate) fn tree(
    devices: &[Device],
    reference: Option<&ObjectReference>,
    types: bool,
    out: impl Write,
) -> io::Result<()> {
    let mut drawing = Drawing {
        tree: Tree::new(out),
        types,
    };
    for device in devices {
        drawing.tree.root(&device.name)?;
        for (i, node) in device.nodes.iter().enumerate() {
            let last = i + 1 == device.nodes.len();
            drawing.node(last, node, reference)?;
        }
    }
    Ok(())
}

struct Drawing<W> {
    tree: Tree<W>,
    types: bool,
}

impl<W: Write> Drawing<W> {
    fn branch(
        &mut self,
        last: bool,
        label: impl std::fmt::Display,
        children: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.tree.enter(last, label)?;
        let done = children(self);
        self.tree.leave();
        done
    }

    fn node(
        &mut self,
        last: bool,
        node: &Node,
        reference: Option<&ObjectReference>,
    ) -> io::Result<()> {
        let path = reference.map_or(&[][..], ObjectReference::path);
        let fc = reference.and_then(ObjectReference::fc);
        let items = narrow(data_objects(&node.objects), path, fc);
        self.branch(last, &node.name, |this| {
            let blocks: Vec<&Object> = match path {
                [] => node
                    .objects
                    .iter()
                    .filter(|o| o.is_control_block())
                    .collect(),
                [name, ..] => node
                    .objects
                    .iter()
                    .filter(|o| o.is_control_block() && o.name == name.name)
                    .collect(),
            };
            let (data_sets, logs) = match path {
                [] => (node.data_sets.as_slice(), node.logs.as_slice()),
                _ => (&[][..], &[][..]),
            };
            let mut left = items.len() + data_sets.len() + blocks.len() + logs.len();
            let mut is_last = move || {
                left -= 1;
                left == 0
            };
            for item in &items {
                this.item(is_last(), item, !path.is_empty())?;
            }
            for set in data_sets {
                this.branch(is_last(), format_args!("data set {}", set.name), |this| {
                    let members = set.members.iter().enumerate();
                    members
                        .into_iter()
                        .try_for_each(|(i, m)| this.tree.leaf(i + 1 == set.members.len(), m))
                })?;
            }
            for block in blocks {
                this.control_block(is_last(), block)?;
            }
            for log in logs {
                this.tree.leaf(is_last(), format_args!("log {log}"))?;
            }
            Ok(())
        })
    }

    /// The functional constraint is shown with the attributes of a data object, not with what is inside these.
    fn item(&mut self, last: bool, item: &Item<'_>, show_fc: bool) -> io::Result<()> {
        let mut label = item.name.to_owned();
        // Writing to a string cannot fail.
        if let Some(count) = item.count() {
            let _ = write!(label, "({count})");
        }
        let fc = item.fc();
        // A data object that is a simple value is not of the standard; its attributes have no line of their own.
        let is_leaf = item.leaf().is_some();
        let shown = fc.filter(|_| show_fc || is_leaf);
        if let Some(fc) = shown {
            let _ = write!(label, " [{fc}]");
        }
        if let Some(leaf) = item.leaf() {
            self.add_type(&mut label, leaf.ty);
            if let Some(value) = leaf.value {
                let _ = write!(label, " = {}", describe::text(item.name, value));
            }
            return self.tree.leaf(last, label);
        }
        let refused = item.parts.iter().find_map(|part| match part.value {
            Some(MmsValue::DataAccessError(error)) => Some((part.fc, error)),
            _ => None,
        });
        if let Some((fc, error)) = refused {
            let fc = fc.map_or_else(String::new, |fc| format!("[{fc}] "));
            let _ = write!(label, " {fc}error: {error}");
        }
        let elements = item
            .parts
            .iter()
            .find(|part| matches!(part.value, Some(MmsValue::Array(_))));
        self.branch(last, label, |this| {
            if let Some(part) = elements
                && let Some(value) = part.value
            {
                return describe::value_branches(&mut this.tree, value, Some(part.ty));
            }
            let children = item.children();
            children.iter().enumerate().try_for_each(|(i, child)| {
                this.child(i + 1 == children.len(), child, shown.is_some())
            })
        })
    }

    fn child(&mut self, last: bool, item: &Item<'_>, fc_is_known: bool) -> io::Result<()> {
        if fc_is_known {
            self.inner(last, item)
        } else {
            self.item(last, item, true)
        }
    }

    /// Below a functional constraint that has been shown.
    fn inner(&mut self, last: bool, item: &Item<'_>) -> io::Result<()> {
        let mut label = item.name.to_owned();
        if let Some(count) = item.count() {
            let _ = write!(label, "({count})");
        }
        if let Some(leaf) = item.leaf() {
            self.add_type(&mut label, leaf.ty);
            if let Some(value) = leaf.value {
                let _ = write!(label, " = {}", describe::text(item.name, value));
            }
            return self.tree.leaf(last, label);
        }
        let array = item.parts.iter().find_map(|part| match part.value {
            Some(value @ MmsValue::Array(_)) => Some((value, part.ty)),
            _ => None,
        });
        self.branch(last, label, |this| {
            if let Some((value, ty)) = array {
                return describe::value_branches(&mut this.tree, value, Some(ty));
            }
            let children = item.children();
            children
                .iter()
                .enumerate()
                .try_for_each(|(i, child)| this.inner(i + 1 == children.len(), child))
        })
    }

    fn control_block(&mut self, last: bool, block: &Object) -> io::Result<()> {
        let what = match block.fc {
            Some(FunctionalConstraint::RP) => "unbuffered report control",
            Some(FunctionalConstraint::BR) => "buffered report control",
            Some(FunctionalConstraint::GO) => "GOOSE control",
            Some(FunctionalConstraint::MS) => "multicast sampled value control",
            Some(FunctionalConstraint::US) => "unicast sampled value control",
            Some(FunctionalConstraint::LG) => "log control",
            _ => "setting groups",
        };
        let fc = block.fc.map_or("", FunctionalConstraint::as_str);
        let label = format!("{what} {} [{fc}]", block.name);
        let item = Item {
            name: &block.name,
            parts: vec![super::merge::Part {
                fc: block.fc,
                ty: &block.ty,
                value: block.value.as_ref(),
            }],
        };
        if !self.types && block.value.is_none() {
            return self.tree.leaf(last, label);
        }
        self.branch(last, label, |this| {
            let children = item.children();
            children
                .iter()
                .enumerate()
                .try_for_each(|(i, child)| this.inner(i + 1 == children.len(), child))
        })
    }

    fn add_type(&self, label: &mut String, ty: &TypeDescription) {
        // The number of elements stands behind the name.
        let ty = match ty {
            TypeDescription::Array { element, .. } => element,
            ty => ty,
        };
        if self.types {
            let _ = write!(label, " {}", type_text(ty));
        }
    }
}
