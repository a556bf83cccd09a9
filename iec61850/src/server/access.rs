//! What clients may see and do, decided by the application.

use super::handlers::WriteHandler;
use super::{ClientConnection, Handlers, IedServer};
use crate::Error;
use crate::common::{
    AcsiClass, ControlBlockAccessType, DataSetOperation, DirectoryCategory, FunctionalConstraint,
    MmsDataAccessError,
};
use crate::engine::{AccessHandler, Change};
use crate::model::arena::{Arena, NodeId, NodeKey};
use crate::model::{DataAttribute, DataObject, LogicalDevice, LogicalNode};
use mms::{DataAccessError, MmsValue};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An object that a client is about to be told of, see
/// [`IedServer::set_list_objects_access_handler`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListedObject {
    /// The client that asks.
    pub client: ClientConnection,
    /// What it is. Logical nodes, their functional constraints, and data count as data objects.
    pub class: AcsiClass,
    /// The logical device it is in.
    pub logical_device: LogicalDevice,
    /// The logical node it is in; `None` for a data set of which the name has no logical node.
    pub logical_node: Option<LogicalNode>,
    /// Name of the data object, control block, data set or log; `None` for a logical node and for
    /// one of its functional constraints.
    pub name: Option<String>,
    /// The path below the data object or control block, with dots; `None` for the object itself.
    pub sub_name: Option<String>,
    /// The functional constraint; `None` for a logical node, a data set and a log.
    pub fc: Option<FunctionalConstraint>,
}

/// A control block that a client is about to read or write, or a log that it is about to read, see
/// [`IedServer::set_control_block_access_handler`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ControlBlockAccess {
    /// The client.
    pub client: ClientConnection,
    /// What the control block controls.
    pub class: AcsiClass,
    /// The logical node the control block is in.
    pub logical_node: LogicalNode,
    /// Name of the control block.
    pub name: String,
    /// The attribute that is read or written; `None` for all of them.
    pub attribute: Option<String>,
    /// What the client does.
    pub access: ControlBlockAccessType,
}

type ReadHandler = dyn Fn(&ClientConnection, &DataObject, FunctionalConstraint) -> MmsDataAccessError
    + Send
    + Sync;
type DirectoryHandler =
    dyn Fn(&ClientConnection, DirectoryCategory, Option<&LogicalDevice>) -> bool + Send + Sync;
type ListObjectsHandler = dyn Fn(&ListedObject) -> bool + Send + Sync;
type DataSetHandler = dyn Fn(&ClientConnection, DataSetOperation, &str) -> bool + Send + Sync;
type ControlBlockHandler = dyn Fn(&ControlBlockAccess) -> bool + Send + Sync;

/// A callback that may be there. As long as it is not, a look costs one load.
struct Callback<T: ?Sized> {
    there: AtomicBool,
    callback: RwLock<Option<Arc<T>>>,
}

impl<T: ?Sized> Default for Callback<T> {
    fn default() -> Self {
        Callback {
            there: AtomicBool::new(false),
            callback: RwLock::new(None),
        }
    }
}

impl<T: ?Sized> Callback<T> {
    fn set(&self, callback: Arc<T>) {
        // The one before is dropped behind the lock: dropping what it has captured may call back.
        let _before = self.callback.write().replace(callback);
        self.there.store(true, Ordering::Release);
    }

    fn is_there(&self) -> bool {
        self.there.load(Ordering::Acquire)
    }

    fn get(&self) -> Option<Arc<T>> {
        if self.is_there() {
            self.callback.read().clone()
        } else {
            None
        }
    }
}

/// The callbacks of this module.
#[derive(Default)]
pub(super) struct AccessHandlers {
    read: Callback<ReadHandler>,
    ignore_read: AtomicBool,
    directory: Callback<DirectoryHandler>,
    list_objects: Callback<ListObjectsHandler>,
    data_set: Callback<DataSetHandler>,
    control_block: Callback<ControlBlockHandler>,
    ignore_requests: AtomicBool,
}

impl Handlers {
    /// Whether a handler wants to know of reads of data.
    pub(crate) fn has_read_handler(&self) -> bool {
        self.access.read.is_there() && !self.access.ignore_read.load(Ordering::Relaxed)
    }

    /// Whether a client may read a data object.
    pub(crate) fn may_read(
        &self,
        client: &ClientConnection,
        object: &DataObject,
        fc: FunctionalConstraint,
    ) -> Result<(), DataAccessError> {
        if !self.has_read_handler() {
            return Ok(());
        }
        let Some(handler) = self.access.read.get() else {
            return Ok(());
        };
        match self.call("read access handler", handler, |handler| {
            handler(client, object, fc)
        }) {
            Some(decision) if decision.is_success() => Ok(()),
            decision => Err(decision
                .and_then(MmsDataAccessError::to_wire)
                .unwrap_or(DataAccessError::ObjectAccessDenied)),
        }
    }

    /// Whether a client may see a directory.
    pub(crate) fn may_list(
        &self,
        client: &ClientConnection,
        category: DirectoryCategory,
        device: impl FnOnce() -> Option<LogicalDevice>,
    ) -> bool {
        let Some(handler) = self.access.directory.get() else {
            return true;
        };
        let device = device();
        self.call("directory access handler", handler, |handler| {
            handler(client, category, device.as_ref())
        })
        .unwrap_or(false)
    }

    /// Whether a handler hides objects.
    pub(crate) fn has_list_objects_handler(&self) -> bool {
        self.access.list_objects.is_there()
    }

    /// Whether a client may know of an object.
    pub(crate) fn is_listed(&self, object: &ListedObject) -> bool {
        let Some(handler) = self.access.list_objects.get() else {
            return true;
        };
        self.call("list objects access handler", handler, |handler| {
            handler(object)
        })
        .unwrap_or(false)
    }

    /// Whether a handler wants to know of the use of data sets.
    pub(crate) fn has_data_set_handler(&self) -> bool {
        self.access.data_set.is_there()
    }

    /// Whether a client may use a data set.
    pub(crate) fn may_use_data_set(
        &self,
        client: &ClientConnection,
        operation: DataSetOperation,
        reference: &str,
    ) -> bool {
        let Some(handler) = self.access.data_set.get() else {
            return true;
        };
        self.call("data set access handler", handler, |handler| {
            handler(client, operation, reference)
        })
        .unwrap_or(false)
    }

    /// Whether a handler wants to know of the use of control blocks.
    pub(crate) fn has_control_block_handler(&self) -> bool {
        self.access.control_block.is_there()
    }

    /// Whether a client may use a control block.
    pub(crate) fn may_use_control_block(&self, access: &ControlBlockAccess) -> bool {
        let Some(handler) = self.access.control_block.get() else {
            return true;
        };
        self.call("control block access handler", handler, |handler| {
            handler(access)
        })
        .unwrap_or(false)
    }

    /// Whether requests are to get no answer.
    pub(crate) fn ignores_requests(&self) -> bool {
        self.access.ignore_requests.load(Ordering::Relaxed)
    }
}

/// Calls `found` for a node and all below it that are attributes of the functional constraint.
fn attributes_below(
    arena: &Arena,
    id: NodeId,
    fc: FunctionalConstraint,
    found: &mut impl FnMut(NodeId),
) {
    if let Some(attribute) = arena.attribute(id) {
        if attribute.fc != fc {
            return;
        }
        found(id);
    }
    for child in arena.children(id) {
        attributes_below(arena, child, fc, found);
    }
}

/// Access of clients. The handlers of this block are asked with no lock held, may call the server,
/// and cost nothing as long as they are not there. A handler that is set takes the place of the one
/// before; a panic in one refuses.
impl IedServer {
    /// As [`IedServer::register_write_handler`], for an attribute with all attributes below it. The
    /// handler is asked for each of them that is written, with the one that is written as its
    /// attribute; a client that writes a structure gets the first refusal, and then nothing of it
    /// is stored.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the attribute is of another model.
    pub fn register_write_handler_for_complex_attribute(
        &self,
        attribute: &DataAttribute,
        handler: impl Fn(&ClientConnection, &DataAttribute, &MmsValue) -> MmsDataAccessError
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        self.own(attribute)?;
        self.set_write_handlers(attribute.handle.key, attribute.fc(), Arc::new(handler));
        Ok(())
    }

    /// As [`IedServer::register_write_handler_for_complex_attribute`], for all attributes of a data
    /// object and of its sub data objects that have the functional constraint.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the object is of another model or has no such attribute.
    pub fn register_write_handler_for_data_object(
        &self,
        object: &DataObject,
        fc: FunctionalConstraint,
        handler: impl Fn(&ClientConnection, &DataAttribute, &MmsValue) -> MmsDataAccessError
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        let wrong = |reason| Error::WrongKind {
            reference: crate::model::ModelNodeExt::reference(object),
            reason,
        };
        if object.handle.model != self.model {
            return Err(wrong("belongs to another model than the server's"));
        }
        if !self.set_write_handlers(object.handle.key, fc, Arc::new(handler)) {
            return Err(wrong("has no attributes of the functional constraint"));
        }
        Ok(())
    }

    fn access_handler_is_set(&self, handler: AccessHandler) {
        self.engine.changed(Change::AccessHandler(handler));
    }

    /// Whether there was an attribute to set it for.
    fn set_write_handlers(
        &self,
        key: NodeKey,
        fc: FunctionalConstraint,
        handler: Arc<WriteHandler>,
    ) -> bool {
        let mut any = false;
        attributes_below(&self.arena, key.id, fc, &mut |id| {
            any = true;
            let key = NodeKey { id, ..key };
            self.handlers.set_write_handler(key, handler.clone());
            self.engine.changed(Change::WriteHandler(key));
        });
        any
    }

    /// Asks `handler` before a client reads data: once for each data object of a logical node, with
    /// the functional constraint that is read. Reading a structure of several objects asks for
    /// each. What the handler answers other than success is what the client gets in place of the
    /// value; in a data set, in place of that member.
    ///
    /// A report control block is enabled only if its client may read all members of its data set;
    /// reports do not ask again. The attributes of control blocks are the concern of
    /// [`IedServer::set_control_block_access_handler`].
    pub fn set_read_access_handler(
        &self,
        handler: impl Fn(&ClientConnection, &DataObject, FunctionalConstraint) -> MmsDataAccessError
        + Send
        + Sync
        + 'static,
    ) {
        self.handlers.access.read.set(Arc::new(handler));
        self.access_handler_is_set(AccessHandler::Read);
    }

    /// Whether the handler of [`IedServer::set_read_access_handler`] is passed over and everything
    /// may be read. Not so at the start.
    pub fn ignore_read_access(&self, ignore: bool) {
        let flag = &self.handlers.access.ignore_read;
        flag.store(ignore, Ordering::Relaxed);
    }

    /// Asks `handler` before a client gets a list of names: of logical devices (without a device),
    /// or of the data, data sets or logs of a device. Data sets of the association and of the whole
    /// server have no device either. `false` makes it object-access-denied.
    pub fn set_directory_access_handler(
        &self,
        handler: impl Fn(&ClientConnection, DirectoryCategory, Option<&LogicalDevice>) -> bool
        + Send
        + Sync
        + 'static,
    ) {
        self.handlers.access.directory.set(Arc::new(handler));
        self.access_handler_is_set(AccessHandler::Directory);
    }

    /// Asks `handler` for each object that a client would find in a list of names. `false` hides it
    /// with all that is below it: it is not listed, and its type is not told. Hidden objects can
    /// still be read and written by who knows their names, and are part of the structures around
    /// them.
    ///
    /// It is asked of logical nodes, their functional constraints, data objects, what is below
    /// them, control blocks, data sets and logs, outer ones first.
    ///
    /// # Errors
    /// [`Error::NotSupported`] on the engine libiec61850, unless clients may not
    /// [create data sets](crate::IedServerConfig::dynamic_dataset_enabled).
    pub fn set_list_objects_access_handler(
        &self,
        handler: impl Fn(&ListedObject) -> bool + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.engine.may_hide_objects()?;
        self.handlers.access.list_objects.set(Arc::new(handler));
        self.access_handler_is_set(AccessHandler::ListObjects);
        Ok(())
    }

    /// Asks `handler` before a client creates or deletes a data set, reads or writes the values of
    /// its members, or asks for the list of them. It sees the reference as `LD/LN$name`, `@name`
    /// for one of the association, and `/name` for one of the whole server. `false` makes it
    /// object-access-denied; of data sets that are deleted together, those stay.
    ///
    /// It is asked of data sets that do not exist, too.
    pub fn set_data_set_access_handler(
        &self,
        handler: impl Fn(&ClientConnection, DataSetOperation, &str) -> bool + Send + Sync + 'static,
    ) {
        self.handlers.access.data_set.set(Arc::new(handler));
        self.access_handler_is_set(AccessHandler::DataSet);
    }

    /// Asks `handler` before a client reads or writes a report, log, setting group, GOOSE or
    /// sampled value control block or one of its attributes, and before it reads the entries of a log.
    /// `false` makes it object-access-denied.
    pub fn set_control_block_access_handler(
        &self,
        handler: impl Fn(&ControlBlockAccess) -> bool + Send + Sync + 'static,
    ) {
        self.handlers.access.control_block.set(Arc::new(handler));
        self.access_handler_is_set(AccessHandler::ControlBlock);
    }

    /// Whether requests of clients get no answer and have no effect, so that they time out: for
    /// tests of clients. Associations are still accepted and ended.
    pub fn ignore_client_requests(&self, ignore: bool) {
        let flag = &self.handlers.access.ignore_requests;
        flag.store(ignore, Ordering::Relaxed);
        self.engine.changed(Change::IgnoreRequests(ignore));
    }
}
