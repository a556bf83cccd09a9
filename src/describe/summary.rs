//! What there is in a model, counted.

use iec61850::{IedModel, LogicalDevice, ModelNode, ModelNodeExt};
use std::io::{self, Write};

/// How much there is of each kind.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) logical_devices: usize,
    pub(crate) logical_nodes: usize,
    pub(crate) data_objects: usize,
    pub(crate) data_attributes: usize,
    pub(crate) data_sets: usize,
    pub(crate) control_blocks: usize,
}

impl Counts {
    pub(crate) fn of(model: &IedModel) -> Self {
        let mut counts = Counts::default();
        for device in model.logical_devices() {
            counts.add_device(&device);
        }
        counts
    }

    fn add_device(&mut self, device: &LogicalDevice) {
        self.logical_devices += 1;
        for node in device.logical_nodes() {
            self.logical_nodes += 1;
            self.data_sets += node.datasets().len();
            self.control_blocks += node.report_control_blocks().len()
                + node.log_control_blocks().len()
                + node.goose_control_blocks().len()
                + node.sv_control_blocks().len()
                + usize::from(node.setting_group_control_block().is_some());
            for child in node.children() {
                self.add_data(&child);
            }
        }
    }

    /// Attributes are counted where they hold a value; those of an array once.
    fn add_data(&mut self, node: &ModelNode) {
        let children = node.children();
        match node {
            ModelNode::DataObject(_) => self.data_objects += 1,
            ModelNode::DataAttribute(_) if children.is_empty() => self.data_attributes += 1,
            _ => {}
        }
        for child in &children {
            self.add_data(child);
        }
    }
}

/// The counts of the model and of each logical device.
pub(crate) fn summary(model: &IedModel, out: &mut impl Write) -> io::Result<()> {
    let counts = Counts::of(model);
    writeln!(out, "IED {}", model.name())?;
    for (what, number) in [
        ("logical devices", counts.logical_devices),
        ("logical nodes", counts.logical_nodes),
        ("data objects", counts.data_objects),
        ("data attributes", counts.data_attributes),
        ("data sets", counts.data_sets),
        ("control blocks", counts.control_blocks),
    ] {
        writeln!(out, "  {what:<16} {number:>8}")?;
    }
    writeln!(
        out,
        "  {:<24} {:>6} {:>8} {:>10} {:>9} {:>14}",
        "logical device", "nodes", "objects", "attributes", "data sets", "control blocks"
    )?;
    for device in model.logical_devices() {
        let mut counts = Counts::default();
        counts.add_device(&device);
        writeln!(
            out,
            "  {:<24} {:>6} {:>8} {:>10} {:>9} {:>14}",
            device.domain_name(),
            counts.logical_nodes,
            counts.data_objects,
            counts.data_attributes,
            counts.data_sets,
            counts.control_blocks
        )?;
    }
    Ok(())
}
