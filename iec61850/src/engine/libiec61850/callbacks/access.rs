//! What clients may read, write and see.

use super::super::owned::{text_of, value_of};
use super::super::server::Inner;
use super::{access_result, called, called_locked};
use crate::common::{
    AcsiClass, ControlBlockAccessType, DataSetOperation, DirectoryCategory,
    FunctionalConstraint as Fc, MmsDataAccessError,
};
use crate::engine::AccessHandler;
use crate::model::arena::{NodeId, NodeKey, NodeKind};
use crate::model::{DataAttributeType, DataObject, LogicalDevice, LogicalNode, ModelNodeExt};
use crate::server::{ClientConnection, ControlBlockAccess, ListedObject};
use libiec61850_sys as sys;
use std::ffi::{c_char, c_int, c_void};

impl Inner {
    /// The application has a handler: the library is to ask.
    pub(in super::super) fn watch_access(&self, handler: AccessHandler) {
        let (server, parameter) = (self.server.as_ptr(), self.parameter());
        // SAFETY: the server is alive, clients are served under the lock, and the parameter outlives it.
        self.locked(|| unsafe {
            match handler {
                AccessHandler::Read => {
                    sys::IedServer_setReadAccessHandler(server, Some(read), parameter);
                }
                AccessHandler::Directory => {
                    sys::IedServer_setDirectoryAccessHandler(server, Some(directory), parameter);
                }
                AccessHandler::ListObjects => {
                    sys::IedServer_setListObjectsAccessHandler(
                        server,
                        Some(list_object),
                        parameter,
                    );
                }
                AccessHandler::DataSet => {
                    sys::IedServer_setDataSetAccessHandler(server, Some(data_set), parameter);
                }
                AccessHandler::ControlBlock => sys::IedServer_setControlBlockAccessHandler(
                    server,
                    Some(control_block),
                    parameter,
                ),
            }
        });
    }

    /// The application has a handler for an attribute: the library is to ask. Handlers belong to leaves,
    /// and with the library each element of an array is one.
    pub(in super::super) fn watch_writes(&self, key: NodeKey) {
        let leaf = |attribute: &crate::model::arena::AttributeDef| {
            attribute.ty != DataAttributeType::Constructed
        };
        if !self.arena.attribute(key.id).is_some_and(leaf) {
            return;
        }
        let mut keys = vec![key];
        // One index more for each array on the path that has none yet.
        while let Some(open) = keys.first().copied() {
            let Some(count) = self.open_array(open) else {
                break;
            };
            let elements = keys.iter().flat_map(|key| {
                (0..count).filter_map(|index| {
                    Some(NodeKey {
                        indices: key.indices.with(index)?,
                        ..*key
                    })
                })
            });
            let elements = elements.collect();
            self.watch(&keys);
            keys = elements;
        }
        self.watch(&keys);
    }

    /// Elements of the outermost array on the path that has no index.
    fn open_array(&self, key: NodeKey) -> Option<u32> {
        let path: Vec<NodeId> = self.arena.ancestors(key.id).collect();
        let arrays = path
            .iter()
            .rev()
            .map(|&id| self.arena.node(id).kind.count());
        arrays.filter(|&count| count > 0).nth(key.indices.len())
    }

    fn watch(&self, keys: &[NodeKey]) {
        self.locked(|| {
            for attribute in keys.iter().filter_map(|&key| self.model.attribute(key)) {
                // SAFETY: server and attribute are alive, clients write under the lock, and the parameter
                // outlives the server.
                unsafe {
                    sys::IedServer_handleWriteAccess(
                        self.server.as_ptr(),
                        attribute,
                        Some(write),
                        self.parameter(),
                    );
                }
            }
        });
    }

    /// The data object of a logical node that a node is, or is in.
    fn object_around(&self, key: NodeKey) -> Option<DataObject> {
        let within = |id: &NodeId| {
            let parent = self.arena.node(*id).parent;
            parent.is_some_and(|id| matches!(self.arena.node(id).kind, NodeKind::LogicalNode))
        };
        let id = self.arena.ancestors(key.id).find(within)?;
        let node = self.ied.node_of(&self.arena, id.into());
        node.into_data_object().ok()
    }

    fn logical_device(&self, device: *const sys::LogicalDevice) -> Option<LogicalDevice> {
        let node = self.ied.node_of(&self.arena, self.model.key_of(device)?);
        node.into_logical_device().ok()
    }

    fn logical_node(&self, node: *const sys::LogicalNode) -> Option<LogicalNode> {
        let node = self.ied.node_of(&self.arena, self.model.key_of(node)?);
        node.into_logical_node().ok()
    }

    /// Whether a client may read all data objects of a logical node.
    fn may_read_node(
        &self,
        client: &ClientConnection,
        node: NodeKey,
        fc: Fc,
    ) -> Result<(), mms::DataAccessError> {
        let all = [fc];
        let constraints: &[Fc] = match fc {
            Fc::ALL | Fc::NONE => &Fc::MMS_ORDER,
            _ => &all,
        };
        for id in self.arena.children(node.id) {
            let Some(object) = self.object_around(id.into()) else {
                continue;
            };
            for &fc in constraints {
                if self.arena.has_fc(id, fc) {
                    self.handlers.may_read(client, &object, fc)?;
                }
            }
        }
        Ok(())
    }
}

fn fc_of(fc: c_int) -> Option<Fc> {
    Fc::from_value(fc).filter(|fc| *fc != Fc::NONE)
}

/// With the lock.
unsafe extern "C" fn write(
    attribute: *mut sys::DataAttribute,
    value: *mut sys::MmsValue,
    client: sys::ClientConnection,
    parameter: *mut c_void,
) -> sys::MmsDataAccessError {
    const DENIED: sys::MmsDataAccessError = sys::DATA_ACCESS_ERROR_OBJECT_ACCESS_DENIED;
    // SAFETY: the library hands on what it was given, and a value and an association that are alive.
    unsafe {
        called_locked(parameter, DENIED, |inner| {
            let found = inner.model.key_of(attribute).and_then(|key| {
                let handler = inner.handlers.write_handler(key)?;
                let node = inner.ied.node_of(&inner.arena, key);
                Some((handler, node.into_data_attribute().ok()?))
            });
            let (Some((handler, attribute)), Some(client)) = (found, inner.clients.of(client))
            else {
                return DENIED;
            };
            let value = value_of(value);
            let result = inner.handlers.call("write handler", handler, |handler| {
                handler(&client, &attribute, &value)
            });
            access_result(result.unwrap_or(MmsDataAccessError::ObjectAccessDenied))
        })
    }
}

/// With the lock. Of a logical node that is read as a whole, without a data object.
unsafe extern "C" fn read(
    _device: *mut sys::LogicalDevice,
    node: *mut sys::LogicalNode,
    object: *mut sys::DataObject,
    fc: sys::FunctionalConstraint,
    client: sys::ClientConnection,
    parameter: *mut c_void,
) -> sys::MmsDataAccessError {
    const DENIED: sys::MmsDataAccessError = sys::DATA_ACCESS_ERROR_OBJECT_ACCESS_DENIED;
    // SAFETY: the library hands on what it was given, and an association that is alive.
    unsafe {
        called_locked(parameter, DENIED, |inner| {
            if !inner.handlers.has_read_handler() {
                return sys::DATA_ACCESS_ERROR_SUCCESS;
            }
            let Some(client) = inner.clients.of(client) else {
                return DENIED;
            };
            let fc = Fc::from_value(fc).unwrap_or(Fc::NONE);
            let object = inner.model.key_of(object);
            let decision = match object.and_then(|key| inner.object_around(key)) {
                Some(object) => inner.handlers.may_read(&client, &object, fc),
                None => match inner.model.key_of(node) {
                    Some(node) => inner.may_read_node(&client, node, fc),
                    None => return DENIED,
                },
            };
            match decision {
                Ok(()) => sys::DATA_ACCESS_ERROR_SUCCESS,
                Err(error) => access_result(error.into()),
            }
        })
    }
}

/// Without the lock.
unsafe extern "C" fn directory(
    parameter: *mut c_void,
    client: sys::ClientConnection,
    category: sys::IedServer_DirectoryCategory,
    device: *mut sys::LogicalDevice,
) -> bool {
    // SAFETY: the library hands on what it was given, and an association that is alive.
    unsafe {
        called(parameter, false, |inner| {
            let category = c_int::try_from(category).ok();
            let category = category.and_then(DirectoryCategory::from_value);
            let (Some(client), Some(category)) = (inner.clients.of(client), category) else {
                return false;
            };
            let device = || inner.logical_device(device);
            inner.handlers.may_list(&client, category, device)
        })
    }
}

/// Without the lock.
unsafe extern "C" fn list_object(
    parameter: *mut c_void,
    client: sys::ClientConnection,
    class: sys::ACSIClass,
    device: *mut sys::LogicalDevice,
    node: *mut sys::LogicalNode,
    name: *const c_char,
    sub_name: *const c_char,
    fc: sys::FunctionalConstraint,
) -> bool {
    // SAFETY: the library hands on what it was given, an association that is alive, and texts or NULL.
    unsafe {
        called(parameter, false, |inner| {
            if !inner.handlers.has_list_objects_handler() {
                return true;
            }
            let class = c_int::try_from(class).ok().and_then(AcsiClass::from_value);
            let (Some(client), Some(class), Some(logical_device)) = (
                inner.clients.of(client),
                class,
                inner.logical_device(device),
            ) else {
                return false;
            };
            let logical_node = inner.logical_node(node);
            let (mut class, mut name) = (class, text_of(name));
            // The functional constraint of control blocks as a whole comes as one of them, with the name of the
            // logical node.
            if name.as_deref() == logical_node.as_ref().map(ModelNodeExt::name) {
                (class, name) = (AcsiClass::DataObject, None);
            }
            inner.handlers.is_listed(&ListedObject {
                client,
                class,
                logical_device,
                logical_node,
                name,
                sub_name: text_of(sub_name),
                fc: fc_of(fc),
            })
        })
    }
}

/// With the lock when values are read or written.
unsafe extern "C" fn data_set(
    parameter: *mut c_void,
    client: sys::ClientConnection,
    operation: sys::IedServer_DataSetOperation,
    reference: *const c_char,
) -> bool {
    let decide = |inner: &Inner| {
        if !inner.handlers.has_data_set_handler() {
            return true;
        }
        let operation = c_int::try_from(operation).ok();
        let client = inner.clients.of(client);
        // SAFETY: the reference is a text.
        let reference = unsafe { text_of(reference) };
        let (Some(client), Some(operation), Some(mut reference)) = (
            client,
            operation.and_then(DataSetOperation::from_value),
            reference,
        ) else {
            return false;
        };
        // libiec61850 1.6.1 names the data set of an association that is created by what happens to lie in
        // memory.
        if operation == DataSetOperation::Create && reference.starts_with('@') {
            reference.truncate(1);
        }
        inner
            .handlers
            .may_use_data_set(&client, operation, &reference)
    };
    // SAFETY: the library hands on what it was given, and has the lock for these two.
    unsafe {
        match operation {
            sys::DATASET_READ | sys::DATASET_WRITE => called_locked(parameter, false, decide),
            _ => called(parameter, false, decide),
        }
    }
}

/// With the lock, except for logs.
unsafe extern "C" fn control_block(
    parameter: *mut c_void,
    client: sys::ClientConnection,
    class: sys::ACSIClass,
    _device: *mut sys::LogicalDevice,
    node: *mut sys::LogicalNode,
    name: *const c_char,
    attribute: *const c_char,
    access: sys::IedServer_ControlBlockAccessType,
) -> bool {
    let decide = |inner: &Inner| {
        if !inner.handlers.has_control_block_handler() {
            return true;
        }
        let class = c_int::try_from(class).ok().and_then(AcsiClass::from_value);
        let access = c_int::try_from(access).ok();
        let access = access.and_then(ControlBlockAccessType::from_value);
        let client = inner.clients.of(client);
        // SAFETY: the names are texts or NULL.
        let (name, attribute) = unsafe { (text_of(name), text_of(attribute)) };
        let (Some(client), Some(class), Some(logical_node), Some(name), Some(access)) =
            (client, class, inner.logical_node(node), name, access)
        else {
            return false;
        };
        inner.handlers.may_use_control_block(&ControlBlockAccess {
            client,
            class,
            logical_node,
            name,
            attribute,
            access,
        })
    };
    // SAFETY: the library hands on what it was given, and has the lock but for logs.
    unsafe {
        match class {
            sys::ACSI_CLASS_LOG => called(parameter, false, decide),
            _ => called_locked(parameter, false, decide),
        }
    }
}
