//! What a server has, as JSON.

use super::merge::{Item, data_objects, narrow};
use super::{DataSet, Device, Node};
use crate::describe::named_json;
use crate::peer::type_text;
use iec61850::ObjectReference;
use serde_json::{Map, Value, json};

/// Logical devices, logical nodes, data with types and, if there are any, values, data sets, control blocks, logs.
pub(crate) fn json(devices: &[Device], reference: Option<&ObjectReference>) -> Value {
    let devices: Vec<Value> = devices
        .iter()
        .map(|device| {
            let nodes: Vec<Value> = device.nodes.iter().map(|n| node(n, reference)).collect();
            let mut object = Map::new();
            object.insert("name".into(), device.name.as_str().into());
            object.insert("logicalNodes".into(), nodes.into());
            if !device.data_sets.is_empty() {
                let sets: Vec<Value> = device.data_sets.iter().map(data_set).collect();
                object.insert("dataSets".into(), sets.into());
            }
            Value::Object(object)
        })
        .collect();
    json!({ "logicalDevices": devices })
}

fn node(node: &Node, reference: Option<&ObjectReference>) -> Value {
    let path = reference.map_or(&[][..], ObjectReference::path);
    let fc = reference.and_then(ObjectReference::fc);
    let items = narrow(data_objects(&node.objects), path, fc);
    let data: Vec<Value> = items.iter().map(item).collect();
    let mut object = Map::new();
    object.insert("name".into(), node.name.as_str().into());
    object.insert("data".into(), data.into());
    if path.is_empty() {
        let sets: Vec<Value> = node.data_sets.iter().map(data_set).collect();
        let blocks: Vec<Value> = node
            .objects
            .iter()
            .filter(|object| object.is_control_block())
            .map(|block| {
                let value = block.value.as_ref();
                json!({
                    "name": block.name,
                    "fc": block.fc.map(|fc| fc.as_str()),
                    "value": value.map(|value| named_json(value, Some(&block.ty))),
                })
            })
            .collect();
        for (name, values) in [("dataSets", sets), ("controlBlocks", blocks)] {
            if !values.is_empty() {
                object.insert(name.into(), values.into());
            }
        }
        if !node.logs.is_empty() {
            object.insert("logs".into(), node.logs.clone().into());
        }
    }
    Value::Object(object)
}

fn data_set(set: &DataSet) -> Value {
    json!({ "name": set.name, "members": set.members })
}

fn item(item: &Item<'_>) -> Value {
    let mut object = Map::new();
    object.insert("name".into(), item.name.into());
    if let Some(fc) = item.fc() {
        object.insert("fc".into(), fc.as_str().into());
    }
    if let Some(count) = item.count() {
        object.insert("count".into(), count.into());
    }
    if let Some(leaf) = item.leaf() {
        object.insert("type".into(), type_text(leaf.ty).into());
        if let Some(value) = leaf.value {
            object.insert("value".into(), named_json(value, Some(leaf.ty)));
        }
        return Value::Object(object);
    }
    let values: Vec<Value> = item
        .parts
        .iter()
        .filter(|_| item.count().is_some())
        .filter_map(|part| Some(named_json(part.value?, Some(part.ty))))
        .collect();
    if let [value] = values.as_slice() {
        object.insert("value".into(), value.clone());
    }
    let children: Vec<Value> = item.children().iter().map(self::item).collect();
    object.insert("data".into(), children.into());
    Value::Object(object)
}
