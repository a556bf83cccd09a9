//! What a server has, as a tree.

use super::merge::{Item, data_objects, narrow};
use super::{DataSet, Device, Node, Object};
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
        let count = device.nodes.len() + device.data_sets.len();
        for (i, node) in device.nodes.iter().enumerate() {
            drawing.node(i + 1 == count, node, reference)?;
        }
        for (i, set) in device.data_sets.iter().enumerate() {
            drawing.data_set(device.nodes.len() + i + 1 == count, set)?;
        }
    }
    Ok(())
}

/// Where an item stands, which decides if its functional constraint is shown.
#[derive(Clone, Copy)]
enum Level {
    /// A data object: its attributes show it.
    Object,
    /// Below a data object, where it is not known yet.
    Attribute,
    /// Below an item that shows it.
    Inner,
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
        if let (Some(_), [variable]) = (node.variable(), items.as_slice()) {
            return self.item(last, variable, Level::Object);
        }
        let level = match path.len() {
            0 | 1 => Level::Object,
            _ => Level::Attribute,
        };
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
                this.item(is_last(), item, level)?;
            }
            for set in data_sets {
                this.data_set(is_last(), set)?;
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

    fn data_set(&mut self, last: bool, set: &DataSet) -> io::Result<()> {
        self.branch(last, format_args!("data set {}", set.name), |this| {
            let mut members = set.members.iter().enumerate();
            members.try_for_each(|(i, member)| this.tree.leaf(i + 1 == set.members.len(), member))
        })
    }

    fn item(&mut self, last: bool, item: &Item<'_>, level: Level) -> io::Result<()> {
        let mut label = item.name.to_owned();
        // Writing to a string cannot fail.
        if let Some(count) = item.count() {
            let _ = write!(label, "({count})");
        }
        let leaf = item.leaf();
        let shown = item.fc().filter(|_| match level {
            Level::Object => leaf.is_some(),
            Level::Attribute => true,
            Level::Inner => false,
        });
        if let Some(fc) = shown {
            let _ = write!(label, " [{fc}]");
        }
        if let Some(leaf) = leaf {
            self.add_type(&mut label, leaf.ty);
            if let Some(value) = leaf.value {
                let _ = write!(label, " = {}", describe::text(item.name, value));
            }
            return self.tree.leaf(last, label);
        }
        for part in &item.parts {
            if let Some(MmsValue::DataAccessError(error)) = part.value {
                let fc = part.fc.map_or("", FunctionalConstraint::as_str);
                let _ = write!(label, " [{fc}] error: {error}");
            }
        }
        let array = item.parts.iter().find_map(|part| match part.value {
            Some(value @ MmsValue::Array(_)) => Some((value, part.ty)),
            _ => None,
        });
        let below = match (level, shown) {
            (Level::Inner, _) | (_, Some(_)) => Level::Inner,
            _ => Level::Attribute,
        };
        self.branch(last, label, |this| match array {
            Some((value, ty)) => describe::value_branches(&mut this.tree, value, Some(ty)),
            None => this.items(&item.children(), below),
        })
    }

    fn items(&mut self, items: &[Item<'_>], level: Level) -> io::Result<()> {
        let mut items = items.iter().enumerate();
        let count = items.len();
        items.try_for_each(|(i, item)| self.item(i + 1 == count, item, level))
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
            this.items(&item.children(), Level::Inner)
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
