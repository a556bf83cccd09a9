//! The model as JSON.

use super::value::{flags, to_json};
use iec61850::scl::SclIed;
use iec61850::{
    DataAttribute, IedModel, LogicalDevice, LogicalNode, ModelNode, ModelNodeExt, TriggerOptions,
};
use serde_json::{Map, Value, json};

/// The whole model: names, types, values at the start, data sets, control blocks.
pub(crate) fn json(model: &IedModel) -> Value {
    let devices: Vec<Value> = model.logical_devices().iter().map(device).collect();
    json!({ "ied": model.name(), "logicalDevices": devices })
}

/// An IED of a file, without its model.
pub(crate) fn ied(ied: &SclIed) -> Value {
    let access_points: Vec<Value> = ied
        .access_points
        .iter()
        .map(|access| {
            json!({
                "name": access.name,
                "server": access.has_server,
                "serverAt": access.server_at,
            })
        })
        .collect();
    json!({
        "ied": ied.name,
        "manufacturer": ied.manufacturer,
        "type": ied.ied_type,
        "description": ied.desc,
        "configVersion": ied.config_version,
        "accessPoints": access_points,
    })
}

fn device(device: &LogicalDevice) -> Value {
    let nodes: Vec<Value> = device.logical_nodes().iter().map(logical_node).collect();
    json!({ "inst": device.name(), "name": device.domain_name(), "logicalNodes": nodes })
}

fn logical_node(node: &LogicalNode) -> Value {
    let data_sets: Vec<Value> = node
        .datasets()
        .iter()
        .map(|set| {
            let members: Vec<String> = set.entries().iter().map(|e| e.reference()).collect();
            json!({ "name": set.name(), "members": members })
        })
        .collect();
    let mut object = Map::new();
    object.insert("name".into(), node.name().into());
    object.insert("data".into(), children(&node.children()));
    let mut add = |name: &str, values: Vec<Value>| {
        if !values.is_empty() {
            object.insert(name.into(), Value::Array(values));
        }
    };
    add("dataSets", data_sets);
    add("settingGroupControls", setting_groups(node));
    add("reportControls", report_controls(node));
    add("logControls", log_controls(node));
    add(
        "logs",
        node.logs().iter().map(|log| log.name().into()).collect(),
    );
    add("gooseControls", goose_controls(node));
    add("sampledValueControls", sampled_value_controls(node));
    Value::Object(object)
}

fn children(nodes: &[ModelNode]) -> Value {
    nodes.iter().map(data).collect()
}

fn data(node: &ModelNode) -> Value {
    let below = node.children();
    let mut object = Map::new();
    object.insert("name".into(), node.name().into());
    match node {
        ModelNode::DataAttribute(attribute) => {
            add_attribute(&mut object, attribute, below.is_empty())
        }
        ModelNode::DataObject(data_object) => {
            if let Some(cdc) = data_object.cdc() {
                object.insert("cdc".into(), cdc.into());
            }
            add_count(&mut object, data_object.array_count());
        }
        _ => {}
    }
    if !below.is_empty() {
        object.insert("data".into(), children(&below));
    }
    Value::Object(object)
}

fn add_count(object: &mut Map<String, Value>, count: u32) {
    if count > 0 {
        object.insert("count".into(), count.into());
    }
}

fn add_attribute(object: &mut Map<String, Value>, attribute: &DataAttribute, is_leaf: bool) {
    object.insert("fc".into(), attribute.fc().as_str().into());
    object.insert("type".into(), attribute.attribute_type().as_str().into());
    add_count(object, attribute.array_count());
    if let Some(enumeration) = attribute.enum_type() {
        let values: Map<String, Value> = enumeration
            .values()
            .iter()
            .map(|(value, name)| (value.to_string(), name.as_str().into()))
            .collect();
        object.insert(
            "enum".into(),
            json!({ "id": enumeration.id(), "values": values }),
        );
    }
    let options = attribute.trigger_options();
    if !options.is_empty() {
        object.insert("triggers".into(), triggers(options));
    }
    if is_leaf && let Some(value) = attribute.initial_value() {
        object.insert("value".into(), to_json(&value));
    }
}

fn triggers(options: TriggerOptions) -> Value {
    flags(options.iter_names().map(|(name, _)| name)).into()
}

fn milliseconds(duration: std::time::Duration) -> Value {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .into()
}

fn setting_groups(node: &LogicalNode) -> Vec<Value> {
    node.setting_group_control_block()
        .iter()
        .map(|block| {
            json!({
                "name": block.name(),
                "numberOfGroups": block.num_of_sgs(),
                "activeGroup": block.act_sg(),
            })
        })
        .collect()
}

fn report_controls(node: &LogicalNode) -> Vec<Value> {
    node.report_control_blocks()
        .iter()
        .map(|block| {
            json!({
                "name": block.name(),
                "fc": block.fc().as_str(),
                "buffered": block.is_buffered(),
                "reportId": block.rpt_id(),
                "dataSet": block.dataset_name(),
                "confRev": block.conf_rev(),
                "triggers": triggers(block.trg_ops()),
                "optionalFields": flags(block.opt_flds().iter_names().map(|(name, _)| name)),
                "bufferTimeMs": milliseconds(block.buf_tm()),
                "integrityPeriodMs": milliseconds(block.intg_pd()),
            })
        })
        .collect()
}

fn log_controls(node: &LogicalNode) -> Vec<Value> {
    node.log_control_blocks()
        .iter()
        .map(|block| {
            json!({
                "name": block.name(),
                "dataSet": block.dataset_name(),
                "log": block.log_ref(),
                "triggers": triggers(block.trg_ops()),
                "integrityPeriodMs": milliseconds(block.intg_pd()),
                "enabled": block.log_ena(),
                "withReasonCode": block.with_reason_code(),
            })
        })
        .collect()
}

fn goose_controls(node: &LogicalNode) -> Vec<Value> {
    node.goose_control_blocks()
        .iter()
        .map(|block| {
            json!({
                "name": block.name(),
                "id": block.app_id(),
                "dataSet": block.dataset_name(),
                "confRev": block.conf_rev(),
                "fixedOffsets": block.fixed_offs(),
                "minTimeMs": milliseconds(block.min_time()),
                "maxTimeMs": milliseconds(block.max_time()),
                "address": block.address().map(|address| address.to_string()),
            })
        })
        .collect()
}

fn sampled_value_controls(node: &LogicalNode) -> Vec<Value> {
    node.sv_control_blocks()
        .iter()
        .map(|block| {
            json!({
                "name": block.name(),
                "fc": block.fc().as_str(),
                "id": block.sv_id(),
                "dataSet": block.dataset_name(),
                "confRev": block.conf_rev(),
                "sampleRate": block.smp_rate(),
                "asdus": block.no_asdu(),
                "address": block.address().map(|address| address.to_string()),
            })
        })
        .collect()
}
