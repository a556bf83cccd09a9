use super::arena::{Arena, NodeId, NodeKey};
use super::{DataAttribute, DataObject, IedModel, LogicalDevice, LogicalNode};
use crate::Error;
use crate::common::numbered;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

numbered! {
    /// The kinds of nodes.
    ModelNodeType: i32 {
        /// A logical device.
        LogicalDevice = 0,
        /// A logical node.
        LogicalNode = 1,
        /// A data object.
        DataObject = 2,
        /// A data attribute.
        DataAttribute = 3,
    }
}

impl ModelNodeType {
    /// For messages.
    pub(crate) fn what(self) -> &'static str {
        match self {
            ModelNodeType::LogicalDevice => "logical device",
            ModelNodeType::LogicalNode => "logical node",
            ModelNodeType::DataObject => "data object",
            ModelNodeType::DataAttribute => "data attribute",
        }
    }
}

/// What every handle of a node holds.
#[derive(Clone)]
pub struct Handle {
    pub(crate) model: IedModel,
    pub(crate) key: NodeKey,
    name: Arc<str>,
}

impl Handle {
    pub(super) fn of(model: &IedModel, arena: &Arena, key: NodeKey) -> Self {
        Handle {
            model: model.clone(),
            key,
            name: arena.name(key.id).clone(),
        }
    }

    pub(super) fn id(&self) -> NodeId {
        self.key.id
    }

    pub(super) fn read<R>(&self, f: impl FnOnce(&Arena) -> R) -> R {
        self.model.read(f)
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.model == other.model
    }
}

impl Eq for Handle {}

impl Hash for Handle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
        self.model.hash(state);
    }
}

/// Keeps [`ModelNodeExt`] to the types of this module.
pub trait Sealed {
    fn handle(&self) -> &Handle;
}

/// What all nodes have in common.
pub trait ModelNodeExt: Sealed {
    /// The name of the node itself; of a logical device, its instance; of an element of an array,
    /// the name of the array.
    fn name(&self) -> &str {
        &self.handle().name
    }

    /// The kind of node.
    fn model_type(&self) -> ModelNodeType {
        let handle = self.handle();
        handle.read(|arena| arena.node(handle.id()).kind.model_type())
    }

    /// The model the node belongs to.
    fn ied_model(&self) -> IedModel {
        self.handle().model.clone()
    }

    /// The node at the end of a path of names below this one, separated by dots: `cVal.mag.f`. An
    /// element of an array is named with its index: `phsAHar(2).cVal`. Where two attributes have
    /// the same name, this is the one that was created first.
    fn child(&self, path: &str) -> Option<ModelNode> {
        let handle = self.handle();
        handle.read(|arena| {
            let key = arena.resolve_path(handle.key, path, None).ok()?;
            Some(handle.model.node_of(arena, key))
        })
    }

    /// The data object at the end of a path.
    ///
    /// # Errors
    /// [`Error::NotFound`] with the part of the path that is not there; [`Error::WrongKind`] if it
    /// ends at another kind of node.
    fn child_object(&self, path: &str) -> Result<DataObject, Error> {
        node_at(self.handle(), path)?.into_data_object()
    }

    /// The data attribute at the end of a path.
    ///
    /// # Errors
    /// As for [`ModelNodeExt::child_object`].
    fn child_attribute(&self, path: &str) -> Result<DataAttribute, Error> {
        node_at(self.handle(), path)?.into_data_attribute()
    }

    /// The children, in the order they were created. The children of an array are those of its
    /// elements.
    fn children(&self) -> Vec<ModelNode> {
        let handle = self.handle();
        handle.read(|arena| {
            arena
                .children(handle.id())
                .map(|id| {
                    let key = NodeKey { id, ..handle.key };
                    handle.model.node_of(arena, key)
                })
                .collect()
        })
    }

    /// The node above; `None` for a logical device. That of an element of an array is the node
    /// above the array.
    fn parent(&self) -> Option<ModelNode> {
        let handle = self.handle();
        handle.read(|arena| {
            let id = arena.node(handle.id()).parent?;
            let indices = handle.key.indices.truncated(arena.arrays_on_path(id));
            Some(handle.model.node_of(arena, NodeKey { id, indices }))
        })
    }

    /// The logical node the node is in, or is; `None` for a logical device.
    fn logical_node(&self) -> Option<LogicalNode> {
        let handle = self.handle();
        handle.read(|arena| {
            let id = arena.logical_node_of(handle.id())?;
            Some(LogicalNode::of(&handle.model, arena, id))
        })
    }

    /// The logical device the node is in, or is.
    fn logical_device(&self) -> LogicalDevice {
        let handle = self.handle();
        handle.read(|arena| {
            let id = arena.logical_device_of(handle.id());
            LogicalDevice::of(&handle.model, arena, id)
        })
    }

    /// The full reference: `IED1LD0/MMXU1.PhV.phsA`.
    fn reference(&self) -> String {
        let handle = self.handle();
        handle.read(|arena| arena.reference(handle.key))
    }

    /// The reference that begins with the instance of the logical device: `LD0/MMXU1.PhV.phsA`.
    fn short_reference(&self) -> String {
        let handle = self.handle();
        handle.read(|arena| arena.short_reference(handle.key))
    }
}

fn node_at(handle: &Handle, path: &str) -> Result<ModelNode, Error> {
    handle.read(|arena| {
        let key = arena.resolve_path(handle.key, path, None)?;
        Ok(handle.model.node_of(arena, key))
    })
}

/// Any node of a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ModelNode {
    /// A logical device.
    LogicalDevice(LogicalDevice),
    /// A logical node.
    LogicalNode(LogicalNode),
    /// A data object.
    DataObject(DataObject),
    /// A data attribute.
    DataAttribute(DataAttribute),
}

impl ModelNode {
    pub(super) fn of(model: &IedModel, arena: &Arena, key: NodeKey) -> Self {
        match arena.node(key.id).kind.model_type() {
            ModelNodeType::LogicalDevice => LogicalDevice::of(model, arena, key.id).into(),
            ModelNodeType::LogicalNode => LogicalNode::of(model, arena, key.id).into(),
            ModelNodeType::DataObject => DataObject::of(model, arena, key).into(),
            ModelNodeType::DataAttribute => DataAttribute::of(model, arena, key).into(),
        }
    }
}

impl Sealed for ModelNode {
    fn handle(&self) -> &Handle {
        match self {
            ModelNode::LogicalDevice(node) => node.handle(),
            ModelNode::LogicalNode(node) => node.handle(),
            ModelNode::DataObject(node) => node.handle(),
            ModelNode::DataAttribute(node) => node.handle(),
        }
    }
}

impl ModelNodeExt for ModelNode {}

/// Equality, conversions and text of a handle.
macro_rules! node_type {
    ($type:ident, $into:ident, $reason:literal) => {
        impl $crate::model::node::Sealed for $type {
            fn handle(&self) -> &$crate::model::node::Handle {
                &self.handle
            }
        }

        impl $crate::model::ModelNodeExt for $type {}

        impl From<$type> for $crate::model::ModelNode {
            fn from(node: $type) -> Self {
                $crate::model::ModelNode::$type(node)
            }
        }

        impl $crate::model::ModelNode {
            #[doc = concat!("The node as [`", stringify!($type), "`].")]
            ///
            /// # Errors
            /// [`Error::WrongKind`](crate::Error::WrongKind) if it is another kind of node.
            pub fn $into(self) -> Result<$type, $crate::Error> {
                match self {
                    $crate::model::ModelNode::$type(node) => Ok(node),
                    other => Err($crate::Error::WrongKind {
                        reference: $crate::model::ModelNodeExt::reference(&other),
                        reason: $reason,
                    }),
                }
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.handle == other.handle
            }
        }

        impl Eq for $type {}

        impl std::hash::Hash for $type {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.handle.hash(state);
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(
                    f,
                    concat!(stringify!($type), "({})"),
                    $crate::model::ModelNodeExt::reference(self)
                )
            }
        }
    };
}
pub(super) use node_type;

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|arena| f.write_str(&arena.reference(self.key)))
    }
}
