use super::arena::{Arena, NodeId, NodeKind};
use super::node::{Handle, node_type};
use super::{IedModel, LogicalNode, SettingGroupControlBlock, name};
use crate::Error;
use std::sync::Arc;

/// A logical device; for clients, an MMS domain.
#[derive(Clone)]
pub struct LogicalDevice {
    pub(crate) handle: Handle,
    ld_name: Option<Arc<str>>,
}

node_type!(LogicalDevice, into_logical_device, "is no logical device");

impl LogicalDevice {
    pub(super) fn of(model: &IedModel, arena: &Arena, id: NodeId) -> Self {
        let ld_name = match arena.node(id).kind {
            NodeKind::LogicalDevice {
                ld_name: Some(name),
            } => Some(arena.text(name).clone()),
            _ => None,
        };
        LogicalDevice {
            handle: Handle::of(model, arena, id.into()),
            ld_name,
        }
    }

    /// The functional name, if the device has one.
    pub fn ld_name(&self) -> Option<&str> {
        self.ld_name.as_deref()
    }

    /// The name clients see: the functional name, or IED name and instance.
    pub fn domain_name(&self) -> String {
        self.handle
            .read(|arena| arena.domain_name(self.handle.id()))
    }

    /// Appends a logical node.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], [`Error::Duplicate`].
    pub fn create_logical_node(&self, name: &str) -> Result<LogicalNode, Error> {
        name::check("logical node", name)?;
        let model = &self.handle.model;
        model.edit(|arena, index| {
            let parent = Some(self.handle.id());
            let id = index.add(arena, parent, name, NodeKind::LogicalNode)?;
            Ok(LogicalNode::of(model, arena, id))
        })
    }

    /// The logical nodes, in the order they were created.
    pub fn logical_nodes(&self) -> Vec<LogicalNode> {
        self.handle.read(|arena| {
            arena
                .children(self.handle.id())
                .map(|id| LogicalNode::of(&self.handle.model, arena, id))
                .collect()
        })
    }

    /// The logical node with a name.
    pub fn logical_node(&self, name: &str) -> Option<LogicalNode> {
        self.handle.read(|arena| {
            let id = arena.child_named(self.handle.id(), name, None)?;
            Some(LogicalNode::of(&self.handle.model, arena, id))
        })
    }

    /// The setting group control block of the device, which is in its LLN0.
    pub fn setting_group_control_block(&self) -> Option<SettingGroupControlBlock> {
        let def = self.handle.read(|arena| {
            arena
                .setting_group_control_blocks
                .iter()
                .find(|def| arena.logical_device_of(def.logical_node) == self.handle.id())
                .cloned()
        })?;
        Some(SettingGroupControlBlock::new(&self.handle.model, def))
    }
}
