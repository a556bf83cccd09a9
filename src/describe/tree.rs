//! The model as a tree.

use super::value::{flags, text};
use crate::output::Tree;
use iec61850::{
    DataAttribute, DataAttributeType, Dataset, IedModel, LogicalNode, ModelNode, ModelNodeExt,
};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Draws the model: logical devices, logical nodes, data with types and values at the start, data sets, control blocks.
pub(crate) fn tree(model: &IedModel, out: impl Write) -> io::Result<()> {
    let mut tree = Tree::new(out);
    tree.root(format_args!("IED {}", model.name()))?;
    let devices = model.logical_devices();
    for (i, device) in devices.iter().enumerate() {
        let label = match device.ld_name() {
            Some(name) => format!("{} (named {name})", device.name()),
            None => format!("{} ({})", device.name(), device.domain_name()),
        };
        tree.branch(i + 1 == devices.len(), label, |tree| {
            let nodes = device.logical_nodes();
            nodes.iter().enumerate().try_for_each(|(i, node)| {
                tree.branch(i + 1 == nodes.len(), node.name(), |tree| {
                    logical_node(tree, node)
                })
            })
        })?;
    }
    Ok(())
}

/// What a logical node holds: one line each, or a branch.
enum Item {
    Data(ModelNode),
    DataSet(Dataset),
    ControlBlock(String),
}

fn logical_node<W: Write>(tree: &mut Tree<W>, node: &LogicalNode) -> io::Result<()> {
    let items: Vec<Item> = node
        .children()
        .into_iter()
        .map(Item::Data)
        .chain(node.datasets().into_iter().map(Item::DataSet))
        .chain(control_blocks(node).into_iter().map(Item::ControlBlock))
        .collect();
    for (i, item) in items.iter().enumerate() {
        let last = i + 1 == items.len();
        match item {
            Item::Data(child) => data(tree, last, child, true)?,
            Item::ControlBlock(label) => tree.leaf(last, label)?,
            Item::DataSet(set) => {
                tree.branch(last, format_args!("data set {}", set.name()), |tree| {
                    let entries = set.entries();
                    entries.iter().enumerate().try_for_each(|(i, entry)| {
                        tree.leaf(i + 1 == entries.len(), entry.reference())
                    })
                })?;
            }
        }
    }
    Ok(())
}

/// A data object or attribute. The functional constraint is shown where it is first known: attributes of attributes have the same.
fn data<W: Write>(
    tree: &mut Tree<W>,
    last: bool,
    node: &ModelNode,
    show_fc: bool,
) -> io::Result<()> {
    let (label, show_fc) = match node {
        ModelNode::DataObject(object) => {
            let mut label = with_count(node.name(), object.array_count());
            if let Some(cdc) = object.cdc() {
                let _ = write!(label, " {cdc}");
            }
            (label, true)
        }
        ModelNode::DataAttribute(attribute) => (attribute_label(attribute, show_fc), false),
        other => (other.name().to_owned(), true),
    };
    let children = node.children();
    tree.branch(last, label, |tree| {
        children
            .iter()
            .enumerate()
            .try_for_each(|(i, child)| data(tree, i + 1 == children.len(), child, show_fc))
    })
}

fn with_count(name: &str, count: u32) -> String {
    match count {
        0 => name.to_owned(),
        count => format!("{name}({count})"),
    }
}

fn attribute_label(attribute: &DataAttribute, show_fc: bool) -> String {
    let mut label = with_count(attribute.name(), attribute.array_count());
    // Writing to a string cannot fail.
    if show_fc {
        let _ = write!(label, " [{}]", attribute.fc());
    }
    let ty = attribute.attribute_type();
    if ty == DataAttributeType::Constructed {
        return label;
    }
    let _ = write!(label, " {ty}");
    let enumeration = attribute.enum_type();
    if let Some(enumeration) = &enumeration {
        let _ = write!(label, " {}", enumeration.id());
    }
    if let Some(value) = attribute.initial_value() {
        let _ = write!(label, " = {}", text(attribute.name(), &value));
        if let Some(enumeration) = &enumeration
            && let Some(name) = value.to_int32().ok().and_then(|v| enumeration.name_of(v))
        {
            let _ = write!(label, " ({name})");
        }
    }
    label
}

fn control_blocks(node: &LogicalNode) -> Vec<String> {
    let data_set = |name: Option<&str>| match name {
        Some(name) => format!(", data set {name}"),
        None => ", no data set".to_owned(),
    };
    let address = |address: Option<iec61850::PhyComAddress>| {
        address.map_or_else(String::new, |address| format!(", to {address}"))
    };
    let triggers = |options: iec61850::TriggerOptions| {
        flags(options.iter_names().map(|(name, _)| name)).join(" ")
    };
    let mut labels = Vec::new();
    if let Some(block) = node.setting_group_control_block() {
        labels.push(format!(
            "setting groups {} [SP]: {}, active {}",
            block.name(),
            block.num_of_sgs(),
            block.act_sg(),
        ));
    }
    labels.extend(node.report_control_blocks().iter().map(|block| {
        format!(
            "{} report control {} [{}]{}, on {}",
            if block.is_buffered() {
                "buffered"
            } else {
                "unbuffered"
            },
            block.name(),
            block.fc(),
            data_set(block.dataset_name()),
            triggers(block.trg_ops()),
        )
    }));
    labels.extend(node.log_control_blocks().iter().map(|block| {
        format!(
            "log control {} [LG]{}, log {}, on {}",
            block.name(),
            data_set(block.dataset_name()),
            block.log_ref().unwrap_or("none"),
            triggers(block.trg_ops()),
        )
    }));
    labels.extend(node.logs().iter().map(|log| format!("log {}", log.name())));
    labels.extend(node.goose_control_blocks().iter().map(|block| {
        format!(
            "GOOSE control {} [GO]{}, id {}{}",
            block.name(),
            data_set(block.dataset_name()),
            block.app_id(),
            address(block.address()),
        )
    }));
    labels.extend(node.sv_control_blocks().iter().map(|block| {
        format!(
            "{} sampled value control {} [{}]{}, id {}, rate {}{}",
            if block.is_unicast() {
                "unicast"
            } else {
                "multicast"
            },
            block.name(),
            block.fc(),
            data_set(block.dataset_name()),
            block.sv_id(),
            block.smp_rate(),
            address(block.address()),
        )
    }));
    labels
}
