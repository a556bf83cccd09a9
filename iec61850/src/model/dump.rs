use super::IedModel;
use super::arena::{Arena, NodeId, NodeKey, NodeKind};
use mms::MmsValue;
use std::collections::HashMap;
use std::fmt::{self, Write};

impl IedModel {
    /// The whole model as text: one line for each node, data set entry and control block, indented
    /// by depth. Two models with the same text hold the same.
    pub fn dump(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.read(|arena| dump(arena, &mut out));
        out
    }
}

fn dump(arena: &Arena, out: &mut String) -> fmt::Result {
    let special = special_values(arena);
    writeln!(out, "IED {}", arena.name)?;
    for &device in &arena.logical_devices {
        node(arena, &special, device, 1, out)?;
    }
    Ok(())
}

fn node(
    arena: &Arena,
    special: &Special<'_>,
    id: NodeId,
    depth: usize,
    out: &mut String,
) -> fmt::Result {
    let name = arena.name(id);
    write!(out, "{:indent$}", "", indent = depth * 2)?;
    match &arena.node(id).kind {
        NodeKind::LogicalDevice { ld_name: None } => write!(out, "LD {name}")?,
        NodeKind::LogicalDevice {
            ld_name: Some(functional),
        } => write!(out, "LD {name} = {}", arena.text(*functional))?,
        NodeKind::LogicalNode => write!(out, "LN {name}")?,
        NodeKind::DataObject { count, cdc } => {
            write!(out, "DO {name}")?;
            elements(*count, out)?;
            if let Some(cdc) = cdc {
                write!(out, " {}", arena.text(*cdc))?;
            }
        }
        NodeKind::DataAttribute(attribute) => {
            write!(out, "DA {name}")?;
            elements(attribute.count, out)?;
            write!(out, " {} {}", attribute.fc, attribute.ty)?;
            if let Some(enumeration) = arena.enum_type(attribute) {
                write!(out, " {}", enumeration.id())?;
            }
            if !attribute.trigger_options.is_empty() {
                write!(out, " trg {}", attribute.trigger_options.bits())?;
            }
            if attribute.short_address != 0 {
                write!(out, " sAddr {}", attribute.short_address)?;
            }
            if let Some(value) = &attribute.init {
                write!(out, " = {value}")?;
            }
        }
    }
    out.push('\n');
    if let Some(special) = special.get(&id) {
        values(special, depth + 1, out)?;
    }
    for child in arena.children(id) {
        node(arena, special, child, depth + 1, out)?;
    }
    if matches!(arena.node(id).kind, NodeKind::LogicalNode) {
        data_sets(arena, id, depth + 1, out)?;
        control_blocks(arena, id, depth + 1, out)?;
    }
    Ok(())
}

fn elements(count: u32, out: &mut String) -> fmt::Result {
    if count > 0 {
        write!(out, "[{count}]")?;
    }
    Ok(())
}

/// Values of single elements and of setting groups, by attribute.
type Special<'a> = HashMap<NodeId, Vec<(NodeKey, u8, &'a MmsValue)>>;

fn special_values(arena: &Arena) -> Special<'_> {
    let of_element = arena
        .element_values
        .iter()
        .map(|(key, value)| (*key, 0, value));
    let of_group = arena
        .group_values
        .iter()
        .map(|((key, group), value)| (*key, *group, value));
    let mut special = Special::new();
    for entry in of_element.chain(of_group) {
        special.entry(entry.0.id).or_default().push(entry);
    }
    for entries in special.values_mut() {
        entries.sort_by_key(|(key, group, _)| (key.indices.get(0), key.indices.get(1), *group));
    }
    special
}

fn values(values: &[(NodeKey, u8, &MmsValue)], depth: usize, out: &mut String) -> fmt::Result {
    for (key, group, value) in values {
        write!(out, "{:indent$}", "", indent = depth * 2)?;
        for index in (0..key.indices.len()).filter_map(|i| key.indices.get(i)) {
            write!(out, "({index})")?;
        }
        if *group > 0 {
            write!(out, "group {group}")?;
        }
        writeln!(out, " = {value}")?;
    }
    Ok(())
}

fn data_sets(arena: &Arena, id: NodeId, depth: usize, out: &mut String) -> fmt::Result {
    for set in arena.data_sets.iter().filter(|set| set.logical_node == id) {
        writeln!(out, "{:indent$}DS {}", "", set.name, indent = depth * 2)?;
        for entry in &set.entries {
            let reference = arena.short_reference(entry.key);
            let indent = (depth + 1) * 2;
            writeln!(out, "{:indent$}{reference}[{}]", "", entry.fc)?;
        }
    }
    Ok(())
}

fn control_blocks(arena: &Arena, id: NodeId, depth: usize, out: &mut String) -> fmt::Result {
    let indent = depth * 2;
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    for cb in &arena.setting_group_control_blocks {
        if cb.logical_node == id {
            writeln!(out, "{:indent$}SGCB {} of {}", "", cb.act_sg, cb.num_of_sg)?;
        }
    }
    for cb in &arena.report_control_blocks {
        if cb.logical_node == id {
            writeln!(
                out,
                "{:indent$}{} {} id {} ds {} rev {} trg {} opt {} buf {} ms intg {} ms",
                "",
                if cb.is_buffered { "BRCB" } else { "URCB" },
                cb.name,
                text(&cb.rpt_id),
                text(&cb.dataset_name),
                cb.conf_rev,
                cb.trg_ops.bits(),
                cb.rpt_options.bits(),
                cb.buf_tm_ms,
                cb.intg_pd_ms,
            )?;
        }
    }
    for cb in &arena.log_control_blocks {
        if cb.logical_node == id {
            writeln!(
                out,
                "{:indent$}LCB {} ds {} log {} trg {} intg {} ms ena {} reason {}",
                "",
                cb.name,
                text(&cb.dataset_name),
                text(&cb.log_ref),
                cb.trg_ops.bits(),
                cb.intg_pd_ms,
                cb.log_ena,
                cb.with_reason_code,
            )?;
        }
    }
    for log in &arena.logs {
        if log.logical_node == id {
            writeln!(out, "{:indent$}LOG {}", "", log.name)?;
        }
    }
    for cb in &arena.goose_control_blocks {
        if cb.logical_node == id {
            write!(
                out,
                "{:indent$}GoCB {} id {} ds {} rev {} fixed {} min {} ms max {} ms",
                "",
                cb.name,
                cb.app_id,
                text(&cb.dataset_name),
                cb.conf_rev,
                cb.fixed_offs,
                cb.min_time_ms,
                cb.max_time_ms,
            )?;
            address(cb.address, out)?;
        }
    }
    for cb in &arena.sv_control_blocks {
        if cb.logical_node == id {
            write!(
                out,
                "{:indent$}{} {} id {} ds {} rev {} mod {} rate {} opt {} asdus {}",
                "",
                if cb.is_unicast { "USVCB" } else { "MSVCB" },
                cb.name,
                cb.sv_id,
                text(&cb.dataset_name),
                cb.conf_rev,
                cb.smp_mod.value(),
                cb.smp_rate,
                cb.opt_flds.bits(),
                cb.no_asdu,
            )?;
            address(cb.address, out)?;
        }
    }
    Ok(())
}

fn address(address: Option<crate::PhyComAddress>, out: &mut String) -> fmt::Result {
    match address {
        Some(address) => writeln!(out, " to {address}"),
        None => writeln!(out),
    }
}
