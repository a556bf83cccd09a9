//! What the application's handlers let a client see and do. They are asked with no lock held, before
//! the request they are about is carried out.

use super::lists::{ListUse, VariableListObject};
use super::names::Names;
use super::session::NativeSession;
use super::space::{Domain, Kind, NONE, Place, Space, SpaceId};
use crate::common::{
    AcsiClass, ControlBlockAccessType, DataSetOperation, DirectoryCategory, FunctionalConstraint,
};
use crate::model::arena::{NodeId, NodeKind};
use crate::model::{DataObject, LogicalDevice, LogicalNode};
use crate::server::{ControlBlockAccess, ListedObject};
use mms::pdu::{
    DeleteScope, DeleteVariableListRequest, NameListRequest, ObjectClass, ObjectScope,
    VariableAccess,
};
use mms::{DataAccessError, ObjectName, ServiceError};
use std::collections::HashSet;
use std::sync::Arc;

/// How deep data objects and control blocks are: behind logical node and functional constraint.
const OBJECT_DEPTH: usize = 3;

/// The class of a control block that has this functional constraint.
fn class_of_block(fc: FunctionalConstraint) -> AcsiClass {
    match fc {
        FunctionalConstraint::BR => AcsiClass::Brcb,
        FunctionalConstraint::RP => AcsiClass::Urcb,
        FunctionalConstraint::LG => AcsiClass::Lcb,
        FunctionalConstraint::GO => AcsiClass::GoCb,
        FunctionalConstraint::MS => AcsiClass::Msvcb,
        FunctionalConstraint::US => AcsiClass::Usvcb,
        _ => AcsiClass::Sgcb,
    }
}

impl Space {
    /// A leaf at or below a node.
    fn first_leaf(&self, mut id: SpaceId) -> SpaceId {
        loop {
            let node = self.node(id);
            match node.kind {
                Kind::Structure | Kind::Array if node.first != NONE && node.count > 0 => {
                    id = SpaceId(node.first);
                }
                _ => return id,
            }
        }
    }

    /// The node and the nodes around it, the logical node first.
    fn path(&self, id: SpaceId) -> Vec<SpaceId> {
        let mut path: Vec<SpaceId> = self.ancestors(id).collect();
        path.reverse();
        path
    }

    /// The data objects and control blocks that what is at a node belongs to or consists of.
    fn objects_at(&self, path: &[SpaceId]) -> Vec<SpaceId> {
        let Some(&id) = path.last() else {
            return Vec::new();
        };
        let children = |id: SpaceId| {
            let node = self.node(id);
            (node.first..node.first + node.count).map(SpaceId)
        };
        match path.len() {
            1 => children(id).flat_map(children).collect(),
            2 => children(id).collect(),
            _ => path.get(OBJECT_DEPTH - 1).copied().into_iter().collect(),
        }
    }
}

/// Reading.
impl NativeSession {
    /// Whether reads have to be asked about at all.
    pub(super) fn restricts_reading(&self) -> bool {
        let handlers = &self.shared.handlers;
        handlers.has_read_handler() || handlers.has_control_block_handler()
    }

    /// Whether the client may read a variable. What does not exist may be read, and found missing.
    pub(super) fn may_read_variable(
        &self,
        variable: &VariableAccess<'_>,
    ) -> Result<(), DataAccessError> {
        // Of several parts of a structure, all the objects in it are asked about.
        match variable.name().map(|name| self.shared.space.find(name)) {
            Some(Ok(place)) => self.may_read(place),
            _ => Ok(()),
        }
    }

    /// Whether the client may read what is at a place.
    pub(super) fn may_read(&self, place: Place) -> Result<(), DataAccessError> {
        let space = &self.shared.space;
        let path = space.path(place.node);
        for object in space.objects_at(&path) {
            let leaf = space.first_leaf(object);
            match space.node(leaf).kind {
                Kind::Field => {
                    let attribute = path.get(OBJECT_DEPTH).copied();
                    self.may_use_block(leaf, attribute, ControlBlockAccessType::Read)?;
                }
                _ => self.may_read_object(leaf)?,
            }
        }
        Ok(())
    }

    fn may_read_object(&self, leaf: SpaceId) -> Result<(), DataAccessError> {
        let shared = &self.shared;
        if !shared.handlers.has_read_handler() {
            return Ok(());
        }
        let node = shared.space.node(leaf);
        let Some(object) = self.object_of(node.source) else {
            return Ok(());
        };
        shared.handlers.may_read(&self.client, &object, node.fc)
    }

    /// The data object of its logical node that an attribute of the arena belongs to.
    fn object_of(&self, attribute: u32) -> Option<DataObject> {
        let shared = &self.shared;
        let arena = &shared.arena;
        let attribute = NodeId::at(attribute as usize)?;
        let in_logical_node = |id: &NodeId| {
            let parent = arena.node(*id).parent.map(|parent| arena.node(parent));
            parent.is_some_and(|parent| matches!(parent.kind, NodeKind::LogicalNode))
        };
        let object = arena.ancestors(attribute).find(in_logical_node)?;
        let object = shared.model.node_of(arena, object.into());
        object.into_data_object().ok()
    }

    /// Whether the client may read all members of a list.
    pub(super) fn may_read_members(
        &self,
        list: &VariableListObject,
    ) -> Result<(), DataAccessError> {
        let mut members = list.members.iter();
        members.try_for_each(|member| self.may_read(member.place))
    }

    /// The data set with which the client may enable a report control block.
    pub(super) fn may_report(
        &self,
        report: u32,
    ) -> Result<Option<Arc<VariableListObject>>, DataAccessError> {
        if !self.restricts_reading() {
            return Ok(None);
        }
        let list = {
            let state = self.shared.store.lock_in_task();
            state.report_data_set(report).map(ListUse::list)
        };
        if let Some(list) = &list {
            self.may_read_members(list)?;
        }
        Ok(list)
    }
}

/// Control blocks.
impl NativeSession {
    /// Whether the client may use the control block that has the field, or one attribute of it.
    pub(super) fn may_use_block(
        &self,
        field: SpaceId,
        attribute: Option<SpaceId>,
        access: ControlBlockAccessType,
    ) -> Result<(), DataAccessError> {
        let shared = &self.shared;
        if !shared.handlers.has_control_block_handler() {
            return Ok(());
        }
        let space = &shared.space;
        let path = space.path(field);
        let (Some(node), Some(block)) = (path.first(), path.get(OBJECT_DEPTH - 1)) else {
            return Ok(());
        };
        let Some(logical_node) = self.logical_node_at(*node) else {
            return Ok(());
        };
        let name = |id: SpaceId| space.name(space.node(id)).to_string();
        let access = ControlBlockAccess {
            client: self.client.clone(),
            class: class_of_block(space.node(field).fc),
            logical_node,
            name: name(*block),
            attribute: attribute.map(name),
            access,
        };
        if shared.handlers.may_use_control_block(&access) {
            Ok(())
        } else {
            Err(DataAccessError::ObjectAccessDenied)
        }
    }

    /// Whether the client may write a field of a control block.
    pub(super) fn may_write_field(&self, field: SpaceId) -> Result<(), DataAccessError> {
        let attribute = || self.shared.space.path(field).get(OBJECT_DEPTH).copied();
        match self.shared.handlers.has_control_block_handler() {
            true => self.may_use_block(field, attribute(), ControlBlockAccessType::Write),
            false => Ok(()),
        }
    }

    /// Whether the client may read the entries of a log.
    pub(super) fn may_query_log(&self, journal: ObjectName<'_>) -> Result<(), ServiceError> {
        let handlers = &self.shared.handlers;
        let ObjectName::Domain { domain, item } = journal else {
            return Ok(());
        };
        if !handlers.has_control_block_handler() {
            return Ok(());
        }
        let named = item.split_once('$').and_then(|(node, name)| {
            let (device, _) = self.device(domain)?;
            let node = self.shared.arena.children_named(device, node).next()?;
            Some((self.logical_node(node)?, name))
        });
        let Some((logical_node, name)) = named else {
            return Ok(());
        };
        let access = ControlBlockAccess {
            client: self.client.clone(),
            class: AcsiClass::Log,
            logical_node,
            name: name.to_owned(),
            attribute: None,
            access: ControlBlockAccessType::Read,
        };
        match handlers.may_use_control_block(&access) {
            true => Ok(()),
            false => Err(ServiceError::OBJECT_ACCESS_DENIED),
        }
    }

    fn logical_node_at(&self, node: SpaceId) -> Option<LogicalNode> {
        let (space, arena) = (&self.shared.space, &self.shared.arena);
        let mut domains = space.domains.iter();
        let domain = domains.position(|domain| domain.nodes.contains(&node.0))?;
        let device = *arena.logical_devices.get(domain)?;
        let name = space.name(space.node(node));
        self.logical_node(arena.children_named(device, name).next()?)
    }

    fn logical_node(&self, id: NodeId) -> Option<LogicalNode> {
        let node = self.shared.model.node_of(&self.shared.arena, id.into());
        node.into_logical_node().ok()
    }
}

/// Lists of names.
impl NativeSession {
    /// The logical device of a domain: both are in the order of the model.
    fn device(&self, domain: &str) -> Option<(NodeId, LogicalDevice)> {
        let shared = &self.shared;
        let number = shared.space.domain_number(domain)?;
        let id = *shared.arena.logical_devices.get(number)?;
        let device = shared.model.node_of(&shared.arena, id.into());
        Some((id, device.into_logical_device().ok()?))
    }

    /// Whether the client may see the directory it asks for.
    pub(super) fn may_see_directory(
        &self,
        request: &NameListRequest<'_>,
    ) -> Result<(), ServiceError> {
        let category = match request.class {
            ObjectClass::Domain => DirectoryCategory::LdList,
            ObjectClass::NamedVariable => DirectoryCategory::DataList,
            ObjectClass::NamedVariableList => DirectoryCategory::DataSetList,
            ObjectClass::Journal => DirectoryCategory::LogList,
            _ => return Ok(()),
        };
        let device = || match request.scope {
            ObjectScope::Domain(domain) => self.device(domain).map(|(_, device)| device),
            _ => None,
        };
        if self
            .shared
            .handlers
            .may_list(&self.client, category, device)
        {
            Ok(())
        } else {
            Err(ServiceError::OBJECT_ACCESS_DENIED)
        }
    }

    /// Of names of data sets or logs, those the client may know.
    pub(super) fn listed(
        &self,
        class: AcsiClass,
        domain: Option<&str>,
        mut names: Vec<String>,
    ) -> Vec<String> {
        if let Some(domain) = domain
            && self.shared.handlers.has_list_objects_handler()
        {
            names.retain(|name| self.is_list_listed(class, domain, name));
        }
        names
    }

    fn is_list_listed(&self, class: AcsiClass, domain: &str, item: &str) -> bool {
        let Some((device, logical_device)) = self.device(domain) else {
            return true;
        };
        let (node, name) = match item.split_once('$') {
            Some((node, name)) => (Some(node), name),
            None => (None, item),
        };
        let arena = &self.shared.arena;
        let node = node.and_then(|node| arena.children_named(device, node).next());
        self.shared.handlers.is_listed(&ListedObject {
            client: self.client.clone(),
            class,
            logical_device,
            logical_node: node.and_then(|node| self.logical_node(node)),
            name: Some(name.to_owned()),
            sub_name: None,
            fc: None,
        })
    }

    /// Whether the client may know of the variable with this name, leaving aside what is around it.
    fn is_variable_listed(&self, domain: &str, item: &str) -> bool {
        let shared = &self.shared;
        let space = &shared.space;
        let Some((device, logical_device)) = self.device(domain) else {
            return true;
        };
        let place = space
            .domain(domain)
            .and_then(|domain| space.resolve(domain, item));
        let Some(place) = place else { return true };
        let mut parts = item.splitn(4, '$');
        let node = parts.next().unwrap_or_default();
        let node = shared.arena.children_named(device, node).next();
        let fc = parts.next().map(|_| space.node(place.node).fc);
        let name = parts.next();
        let is_block =
            name.is_some() && space.node(space.first_leaf(place.node)).kind == Kind::Field;
        shared.handlers.is_listed(&ListedObject {
            client: self.client.clone(),
            class: match fc {
                Some(fc) if is_block => class_of_block(fc),
                _ => AcsiClass::DataObject,
            },
            logical_device,
            logical_node: node.and_then(|node| self.logical_node(node)),
            name: name.map(str::to_owned),
            sub_name: parts.next().map(|rest| rest.replace('$', ".")),
            fc,
        })
    }

    /// Whether the client may know of the variable with this name.
    pub(super) fn may_know(&self, name: ObjectName<'_>) -> bool {
        let ObjectName::Domain { domain, item } = name else {
            return true;
        };
        if !self.shared.handlers.has_list_objects_handler() {
            return true;
        }
        let ends = item.match_indices('$').map(|(at, _)| at);
        ends.chain([item.len()])
            .filter_map(|end| item.get(..end))
            .all(|outer| self.is_variable_listed(domain, outer))
    }

    /// Moves on to the next name the client may know.
    pub(super) fn skip_hidden(&self, domain: &Domain, names: &mut Names<'_>) {
        if !self.shared.handlers.has_list_objects_handler() {
            return;
        }
        while names
            .peek()
            .is_some_and(|name| !self.is_variable_listed(&domain.name, name))
        {
            names.skip();
        }
    }
}

/// Data sets.
impl NativeSession {
    /// Whether the client may use a data set.
    pub(super) fn may_use_list(
        &self,
        operation: DataSetOperation,
        name: ObjectName<'_>,
    ) -> Result<(), ServiceError> {
        let handlers = &self.shared.handlers;
        if !handlers.has_data_set_handler()
            || handlers.may_use_data_set(&self.client, operation, &name.to_string())
        {
            Ok(())
        } else {
            Err(ServiceError::OBJECT_ACCESS_DENIED)
        }
    }

    /// The references of those data sets that the client wants to delete and may not.
    pub(super) fn kept_lists(&self, request: &DeleteVariableListRequest<'_>) -> HashSet<String> {
        if !self.shared.handlers.has_data_set_handler() {
            return HashSet::new();
        }
        let names: Vec<String> = match request.scope {
            DeleteScope::Specific => {
                let names = request.lists.into_iter().flatten();
                names.map(|name| name.to_string()).collect()
            }
            DeleteScope::Association => {
                let names = self.lists.keys();
                names.map(|name| format!("@{name}")).collect()
            }
            DeleteScope::Vmd => {
                let catalogue = self.shared.catalogue.lock();
                let names = catalogue.vmd.keys();
                names.map(|name| format!("/{name}")).collect()
            }
            DeleteScope::Domain => {
                let domain = request.domain.unwrap_or_default();
                let catalogue = self.shared.catalogue.lock();
                let number = self.shared.space.domain_number(domain);
                let lists = number.and_then(|number| catalogue.domains.get(number));
                let names = lists.into_iter().flat_map(|lists| lists.keys());
                names.map(|name| format!("{domain}/{name}")).collect()
            }
        };
        let may_go = |name: &String| {
            let handlers = &self.shared.handlers;
            handlers.may_use_data_set(&self.client, DataSetOperation::Delete, name)
        };
        names.into_iter().filter(|name| !may_go(name)).collect()
    }
}
