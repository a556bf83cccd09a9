//! From a model to the text of a model file.

use super::{ConfigFileError, value};
use crate::model::arena::{Arena, ArrayIndices, AttributeDef, NodeId, NodeKey, NodeKind};
use crate::{DataAttributeType, PhyComAddress};
use mms::MmsValue;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

type Result<T = ()> = std::result::Result<T, ConfigFileError>;

/// The text of a model.
pub(super) fn write(arena: &Arena) -> Result<String> {
    let mut writer = Writer {
        arena,
        out: String::new(),
        in_nodes: InNodes::new(arena),
        with_values: HashSet::new(),
    };
    writer.find_element_values();
    writer.line(format_args!("MODEL({}){{", arena.name));
    for &device in &arena.logical_devices {
        writer.device(device)?;
    }
    writer.line(format_args!("}}"));
    Ok(writer.out)
}

/// Data sets and control blocks by logical node, as positions in the lists of the arena.
#[derive(Default)]
struct InNodes {
    setting_groups: HashMap<NodeId, Vec<usize>>,
    data_sets: HashMap<NodeId, Vec<usize>>,
    reports: HashMap<NodeId, Vec<usize>>,
    log_controls: HashMap<NodeId, Vec<usize>>,
    logs: HashMap<NodeId, Vec<usize>>,
    goose: HashMap<NodeId, Vec<usize>>,
    sampled_values: HashMap<NodeId, Vec<usize>>,
}

impl InNodes {
    fn new(arena: &Arena) -> Self {
        fn group(nodes: impl Iterator<Item = NodeId>) -> HashMap<NodeId, Vec<usize>> {
            let mut groups: HashMap<NodeId, Vec<usize>> = HashMap::new();
            for (position, node) in nodes.enumerate() {
                groups.entry(node).or_default().push(position);
            }
            groups
        }
        InNodes {
            setting_groups: group(
                arena
                    .setting_group_control_blocks
                    .iter()
                    .map(|def| def.logical_node),
            ),
            data_sets: group(arena.data_sets.iter().map(|def| def.logical_node)),
            reports: group(
                arena
                    .report_control_blocks
                    .iter()
                    .map(|def| def.logical_node),
            ),
            log_controls: group(arena.log_control_blocks.iter().map(|def| def.logical_node)),
            logs: group(arena.logs.iter().map(|def| def.logical_node)),
            goose: group(
                arena
                    .goose_control_blocks
                    .iter()
                    .map(|def| def.logical_node),
            ),
            sampled_values: group(arena.sv_control_blocks.iter().map(|def| def.logical_node)),
        }
    }
}

/// The entries of `list` that `groups` has for a node.
fn of_node<'a, T>(groups: &HashMap<NodeId, Vec<usize>>, node: NodeId, list: &'a [T]) -> Vec<&'a T> {
    groups
        .get(&node)
        .into_iter()
        .flatten()
        .filter_map(|&position| list.get(position))
        .collect()
}

struct Writer<'a> {
    arena: &'a Arena,
    out: String,
    in_nodes: InNodes,
    /// Nodes below which an element of an array has a value of its own, with the indices on the
    /// way.
    with_values: HashSet<(NodeId, ArrayIndices)>,
}

impl<'a> Writer<'a> {
    fn line(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.out.write_fmt(text);
        self.out.push('\n');
    }

    fn find_element_values(&mut self) {
        for key in self.arena.element_values.keys() {
            for node in self.arena.ancestors(key.id) {
                let own = self.arena.arrays_on_path(node);
                for depth in 0..=own {
                    self.with_values
                        .insert((node, key.indices.truncated(depth)));
                }
            }
        }
    }

    fn device(&mut self, device: NodeId) -> Result {
        let inst = self.arena.name(device).clone();
        match self.arena.node(device).kind {
            NodeKind::LogicalDevice {
                ld_name: Some(name),
            } => {
                let name = self.arena.text(name).clone();
                self.line(format_args!("LD({inst} {name}){{"));
            }
            _ => self.line(format_args!("LD({inst}){{")),
        }
        let nodes: Vec<NodeId> = self.arena.children(device).collect();
        for node in nodes {
            self.line(format_args!("LN({}){{", self.arena.name(node)));
            for def in of_node(
                &self.in_nodes.setting_groups,
                node,
                &self.arena.setting_group_control_blocks,
            ) {
                self.line(format_args!("SG({} {});", def.act_sg, def.num_of_sg));
            }
            self.children(node)?;
            self.data_sets(device, node);
            self.reports_and_logs(node)?;
            self.messages(node)?;
            self.line(format_args!("}}"));
        }
        self.line(format_args!("}}"));
        Ok(())
    }

    fn children(&mut self, parent: NodeId) -> Result {
        let arena = self.arena;
        for child in arena.children(parent) {
            self.node(child)?;
        }
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> Result {
        let indices = ArrayIndices::NONE;
        match &self.arena.node(id).kind {
            NodeKind::DataAttribute(attribute) => {
                let value = match &attribute.init {
                    Some(value) => Some(self.value(id, attribute, value)?),
                    None => None,
                };
                self.attribute_head(id, attribute, value.as_deref());
                let outermost = self.arena.arrays_on_path(id) == 1 && attribute.count > 0;
                let elements = outermost && self.with_values.contains(&(id, indices));
                if elements || self.arena.children(id).next().is_some() {
                    self.out.push_str("{\n");
                    self.children(id)?;
                    if elements {
                        self.elements(id, indices)?;
                    }
                    self.line(format_args!("}}"));
                } else {
                    self.out.push_str(";\n");
                }
            }
            kind => {
                let count = kind.count();
                self.line(format_args!("DO({} {count}){{", self.arena.name(id)));
                self.children(id)?;
                let outermost = self.arena.arrays_on_path(id) == 1 && count > 0;
                if outermost && self.with_values.contains(&(id, indices)) {
                    self.elements(id, indices)?;
                }
                self.line(format_args!("}}"));
            }
        }
        Ok(())
    }

    /// `DA(...)` and its value, without the end of the line.
    fn attribute_head(&mut self, id: NodeId, attribute: &AttributeDef, value: Option<&str>) {
        let _ = write!(
            self.out,
            "DA({} {} {} {} {} {})",
            self.arena.name(id),
            attribute.count,
            attribute.ty.value(),
            attribute.fc.value(),
            attribute.trigger_options.bits(),
            attribute.short_address
        );
        if let Some(value) = value {
            let _ = write!(self.out, "={value}");
        }
    }

    /// The elements of an array that have values of their own: `[2]=5;` or `[2]{`.
    fn elements(&mut self, id: NodeId, indices: ArrayIndices) -> Result {
        let arena = self.arena;
        for index in 0..arena.node(id).kind.count() {
            let Some(indices) = indices.with(index) else {
                continue;
            };
            if !self.with_values.contains(&(id, indices)) {
                continue;
            }
            let own = arena.element_values.get(&NodeKey { id, indices });
            match (own, arena.attribute(id)) {
                (Some(value), Some(attribute)) => {
                    let value = self.value(id, attribute, value)?;
                    self.line(format_args!("[{index}]={value};"));
                }
                _ => {
                    self.line(format_args!("[{index}]{{"));
                    for child in arena.children(id) {
                        self.part_of_element(child, indices)?;
                    }
                    self.line(format_args!("}}"));
                }
            }
        }
        Ok(())
    }

    /// A node inside an array element, if there are values in it.
    fn part_of_element(&mut self, id: NodeId, indices: ArrayIndices) -> Result {
        let arena = self.arena;
        if !self.with_values.contains(&(id, indices)) {
            return Ok(());
        }
        let count = arena.node(id).kind.count();
        match arena.attribute(id) {
            Some(attribute) => {
                let value = match arena.element_values.get(&NodeKey { id, indices }) {
                    Some(value) if count == 0 => Some(self.value(id, attribute, value)?),
                    _ => None,
                };
                self.attribute_head(id, attribute, value.as_deref());
                if value.is_some() {
                    self.out.push_str(";\n");
                    return Ok(());
                }
                self.out.push_str("{\n");
            }
            None => self.line(format_args!("DO({} {count}){{", arena.name(id))),
        }
        if count > 0 {
            self.elements(id, indices)?;
        } else {
            for child in arena.children(id) {
                self.part_of_element(child, indices)?;
            }
        }
        self.line(format_args!("}}"));
        Ok(())
    }

    fn value(&self, id: NodeId, attribute: &AttributeDef, value: &MmsValue) -> Result<String> {
        // Without its names, an enumeration has 8 bits.
        let fits = match value {
            MmsValue::Integer(number) if attribute.ty == DataAttributeType::Enumerated => {
                i8::try_from(*number).is_ok()
            }
            _ => true,
        };
        value::format(attribute.ty, value)
            .filter(|_| fits)
            .ok_or_else(|| ConfigFileError::NotExpressible {
                reference: self.arena.reference(id.into()),
                what: format!("the value {value}"),
            })
    }

    fn data_sets(&mut self, device: NodeId, node: NodeId) {
        let arena = self.arena;
        for data_set in of_node(&self.in_nodes.data_sets, node, &arena.data_sets) {
            self.line(format_args!("DS({}){{", data_set.name));
            for entry in &data_set.entries {
                let variable = self.variable(device, entry.key, entry.fc.as_str());
                self.line(format_args!("DE({variable});"));
            }
            self.line(format_args!("}}"));
        }
    }

    /// `LN$FC$DO$DA`, with array indices as `LN$FC$DO(2)DA`.
    fn variable(&self, device: NodeId, key: NodeKey, fc: &str) -> String {
        let arena = self.arena;
        let mut path: Vec<NodeId> = arena.ancestors(key.id).collect();
        path.reverse();
        let mut text = String::new();
        let mut arrays = 0;
        let mut after_index = false;
        for (depth, &id) in path.iter().enumerate() {
            let name = arena.name(id);
            match depth {
                0 if id == device => continue,
                0 => {
                    let _ = write!(text, "{name}/");
                    continue;
                }
                1 => {
                    let _ = write!(text, "{name}${fc}");
                    continue;
                }
                _ => {}
            }
            if !after_index {
                text.push('$');
            }
            text.push_str(name);
            after_index = false;
            if arena.node(id).kind.count() > 0 {
                if let Some(index) = key.indices.get(arrays) {
                    let _ = write!(text, "({index})");
                    after_index = true;
                }
                arrays += 1;
            }
        }
        text
    }

    fn reports_and_logs(&mut self, node: NodeId) -> Result {
        let arena = self.arena;
        for def in of_node(&self.in_nodes.reports, node, &arena.report_control_blocks) {
            let id = self.word(node, &def.name, def.rpt_id.as_deref())?;
            let data_set = self.word(node, &def.name, def.dataset_name.as_deref())?;
            self.line(format_args!(
                "RC({} {id} {} {data_set} {} {} {} {} {});",
                def.name,
                u8::from(def.is_buffered),
                def.conf_rev,
                def.trg_ops.bits(),
                def.rpt_options.bits(),
                def.buf_tm_ms,
                def.intg_pd_ms
            ));
        }
        for def in of_node(&self.in_nodes.log_controls, node, &arena.log_control_blocks) {
            let data_set = self.word(node, &def.name, def.dataset_name.as_deref())?;
            let log = self.word(node, &def.name, def.log_ref.as_deref())?;
            self.line(format_args!(
                "LC({} {data_set} {log} {} {} {} {});",
                def.name,
                def.trg_ops.bits(),
                def.intg_pd_ms,
                u8::from(def.log_ena),
                u8::from(def.with_reason_code)
            ));
        }
        for def in of_node(&self.in_nodes.logs, node, &arena.logs) {
            self.line(format_args!("LOG({});", def.name));
        }
        Ok(())
    }

    fn messages(&mut self, node: NodeId) -> Result {
        let arena = self.arena;
        for def in of_node(&self.in_nodes.goose, node, &arena.goose_control_blocks) {
            let id = self.word(node, &def.name, Some(&def.app_id))?;
            let data_set = self.word(node, &def.name, def.dataset_name.as_deref())?;
            let _ = write!(
                self.out,
                "GC({} {id} {data_set} {} {} {} {})",
                def.name,
                def.conf_rev,
                u8::from(def.fixed_offs),
                def.min_time_ms,
                def.max_time_ms
            );
            self.address(def.address);
        }
        for def in of_node(
            &self.in_nodes.sampled_values,
            node,
            &arena.sv_control_blocks,
        ) {
            let id = self.word(node, &def.name, Some(&def.sv_id))?;
            let data_set = self.word(node, &def.name, def.dataset_name.as_deref())?;
            let _ = write!(
                self.out,
                "SMVC({} {id} {data_set} {} {} {} {} {})",
                def.name,
                def.conf_rev,
                def.smp_mod.value(),
                def.smp_rate,
                def.opt_flds.bits(),
                u8::from(def.is_unicast)
            );
            self.address(def.address);
        }
        Ok(())
    }

    fn address(&mut self, address: Option<PhyComAddress>) {
        let Some(address) = address else {
            return self.out.push_str("{\n}\n");
        };
        let [a, b, c, d, e, f] = address.dst_address;
        self.line(format_args!(
            "{{\nPA({} {} {} {a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x});\n}}",
            address.vlan_priority, address.vlan_id, address.app_id
        ));
    }

    /// A text as an item between blanks, `-` for none.
    fn word<'t>(&self, node: NodeId, name: &str, text: Option<&'t str>) -> Result<&'t str> {
        match text {
            None | Some("") => Ok("-"),
            Some(text)
                if text == "-"
                    || text.contains(|c: char| c.is_whitespace() || "()".contains(c)) =>
            {
                Err(ConfigFileError::NotExpressible {
                    reference: format!("{}.{name}", self.arena.reference(node.into())),
                    what: format!("the text '{text}'"),
                })
            }
            Some(text) => Ok(text),
        }
    }
}
