//! Control blocks of the configuration, and logs.

mod goose;
mod log;
mod report;
mod sampled_values;
mod setting_group;

pub use goose::{GooseControlBlock, GooseControlBlockOptions};
pub use log::{Log, LogControlBlock, LogControlBlockOptions};
pub use report::{ReportControlBlock, ReportControlBlockOptions};
pub use sampled_values::{SVControlBlock, SvControlBlock, SvControlBlockOptions};
pub use setting_group::SettingGroupControlBlock;

pub(crate) use goose::GooseControlBlockDef;
pub(crate) use log::{LogControlBlockDef, LogDef};
pub(crate) use report::ReportControlBlockDef;
pub(crate) use sampled_values::SvControlBlockDef;
pub(crate) use setting_group::SettingGroupControlBlockDef;

use super::arena::Arena;
use super::{LogicalNode, name};
use crate::Error;
use crate::common::PhyComAddress;
use std::sync::Arc;
use std::time::Duration;

/// Adds a control block to its list after checking its name.
fn create<T>(
    parent: &LogicalNode,
    what: &'static str,
    name: &str,
    def: T,
    list: fn(&mut Arena) -> &mut Vec<Arc<T>>,
    same: impl Fn(&T) -> bool,
) -> Result<Arc<T>, Error> {
    name::check(what, name)?;
    parent.handle.model.edit(|arena, index| {
        let is_new = index.note_block(parent.handle.key.id, name);
        if !is_new && list(arena).iter().any(|def| same(def)) {
            return Err(Error::Duplicate {
                what,
                name: name.to_owned(),
                parent: arena.reference(parent.handle.key),
            });
        }
        let def = Arc::new(def);
        list(arena).push(def.clone());
        Ok(def)
    })
}

/// A period in the milliseconds of MMS.
fn milliseconds(
    parent: &LogicalNode,
    name: &str,
    attribute: &str,
    period: Duration,
) -> Result<u32, Error> {
    u32::try_from(period.as_millis()).map_err(|_| {
        out_of_range(
            parent,
            name,
            attribute,
            "a number of ms up to 4294967295",
            period.as_millis(),
        )
    })
}

fn check_address(
    parent: &LogicalNode,
    name: &str,
    address: Option<&PhyComAddress>,
) -> Result<(), Error> {
    let Some(address) = address else {
        return Ok(());
    };
    if address.vlan_priority > 7 {
        let value = address.vlan_priority;
        return Err(out_of_range(parent, name, "VLAN priority", "0 to 7", value));
    }
    if address.vlan_id > 4095 {
        let value = address.vlan_id;
        return Err(out_of_range(
            parent,
            name,
            "VLAN identifier",
            "0 to 4095",
            value,
        ));
    }
    Ok(())
}

fn out_of_range(
    parent: &LogicalNode,
    name: &str,
    attribute: &str,
    expected: &str,
    value: impl ToString,
) -> Error {
    use super::ModelNodeExt;
    Error::ValueOutOfRange {
        reference: format!("{}.{name} {attribute}", parent.reference()),
        expected: expected.to_owned(),
        value: value.to_string(),
    }
}

/// An empty text counts as none.
fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Handle of a control block: the model and the definition, which never changes.
macro_rules! control_block {
    ($(#[$meta:meta])* $type:ident, $def:ident) => {
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $type {
            model: $crate::model::IedModel,
            pub(crate) def: std::sync::Arc<$def>,
        }

        impl $type {
            pub(crate) fn new(model: &$crate::model::IedModel, def: std::sync::Arc<$def>) -> Self {
                $type { model: model.clone(), def }
            }

            /// The model.
            pub fn ied_model(&self) -> $crate::model::IedModel {
                self.model.clone()
            }

            /// The logical node it is in.
            pub fn parent(&self) -> $crate::model::LogicalNode {
                self.model.read(|arena| {
                    $crate::model::LogicalNode::of(&self.model, arena, self.def.logical_node)
                })
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                std::sync::Arc::ptr_eq(&self.def, &other.def)
            }
        }

        impl Eq for $type {}

        impl std::hash::Hash for $type {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                std::sync::Arc::as_ptr(&self.def).hash(state);
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use $crate::model::ModelNodeExt;
                write!(
                    f,
                    concat!(stringify!($type), "({}.{})"),
                    self.parent().reference(),
                    self.name()
                )
            }
        }
    };
}
use control_block;
