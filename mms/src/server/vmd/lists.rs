//! Named variable lists.

use super::objects::check_name;
use super::session::VmdSession;
use crate::association::{Answered, Reply};
use crate::pdu::{
    DefineVariableListRequest, DefineVariableListResponse, DeleteScope, DeleteVariableListRequest,
    DeleteVariableListResponse, VariableListAttributesRequest, VariableListAttributesWriter,
    VariableSpecification,
};
use crate::{ObjectName, OwnedVariable, ServiceError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A variable list.
pub(super) struct VariableList {
    pub(super) members: Vec<OwnedVariable>,
    pub(super) deletable: bool,
}

type Lists = BTreeMap<String, Arc<VariableList>>;

impl VmdSession {
    pub(super) fn list(&self, name: ObjectName<'_>) -> Option<Arc<VariableList>> {
        if let ObjectName::Association(item) = name {
            return self.own.lists.get(item).cloned();
        }
        let objects = self.vmd.shared.objects.read();
        objects.scope(&name)?.lists.get(name.item()).cloned()
    }

    pub(super) fn define_list(
        &mut self,
        request: &DefineVariableListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        match self.try_define(request) {
            Ok(()) => reply.respond(|w| DefineVariableListResponse.encode(w)),
            Err(error) => reply.error(error),
        }
    }

    fn try_define(&mut self, request: &DefineVariableListRequest<'_>) -> Result<(), ServiceError> {
        let limits = self.vmd.shared.options.limits;
        if request.variables.is_empty() || request.variables.len() > limits.list_members {
            return Err(ServiceError::DEFINITION_OTHER);
        }
        let name = request.name.to_owned();
        check_name(&name).map_err(|_| ServiceError::DEFINITION_OTHER)?;
        let mut members = Vec::with_capacity(request.variables.len());
        for member in request.variables {
            match member.variable {
                VariableSpecification::Name(name) if self.variable(name).is_some() => {}
                VariableSpecification::Name(_) => return Err(ServiceError::OBJECT_UNDEFINED),
                _ => return Err(ServiceError::INVALID_ADDRESS),
            }
            let member = OwnedVariable::from_access(&member);
            members.push(member.ok_or(ServiceError::INVALID_ADDRESS)?);
        }
        let list = VariableList {
            members,
            deletable: true,
        };
        let item = request.name.item();
        if let ObjectName::Association(_) = request.name {
            return insert(&mut self.own.lists, limits.association_lists, item, list);
        }
        let mut objects = self.vmd.shared.objects.write();
        let limit = match request.name {
            ObjectName::Vmd(_) => limits.vmd_lists,
            _ => limits.domain_lists,
        };
        let scope = objects
            .scope_mut(&request.name)
            .ok_or(ServiceError::OBJECT_UNDEFINED)?;
        insert(&mut scope.lists, limit, item, list)
    }

    pub(super) fn list_attributes(
        &self,
        request: &VariableListAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let Some(list) = self.list(request.name) else {
            return reply.error(ServiceError::OBJECT_NON_EXISTENT);
        };
        reply.respond(|w| {
            let mut response = VariableListAttributesWriter::begin(w, list.deletable);
            for member in &list.members {
                response.push(w, member);
            }
            response.end(w);
        })
    }

    pub(super) fn delete_lists(
        &mut self,
        request: &DeleteVariableListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let mut deleted = DeleteVariableListResponse {
            matched: 0,
            deleted: 0,
        };
        let mut objects = self.vmd.shared.objects.write();
        let all = match (request.scope, request.domain) {
            (DeleteScope::Specific, _) => {
                for name in request.lists.unwrap_or_default() {
                    let lists = match name {
                        ObjectName::Association(_) => Some(&mut self.own.lists),
                        _ => objects.scope_mut(&name).map(|scope| &mut scope.lists),
                    };
                    if let Some(lists) = lists {
                        delete(lists, name.item(), &mut deleted);
                    }
                }
                None
            }
            (DeleteScope::Association, _) => Some(&mut self.own.lists),
            (DeleteScope::Vmd, _) => Some(&mut objects.vmd.lists),
            (DeleteScope::Domain, domain) => {
                match domain.and_then(|domain| objects.domains.get_mut(domain)) {
                    Some(scope) => Some(&mut scope.lists),
                    None => {
                        drop(objects);
                        return reply.error(ServiceError::OBJECT_NON_EXISTENT);
                    }
                }
            }
        };
        if let Some(lists) = all {
            let before = lists.len();
            lists.retain(|_, list| !list.deletable);
            deleted.matched = count(before);
            deleted.deleted = count(before - lists.len());
        }
        drop(objects);
        reply.respond(|w| deleted.encode(w))
    }
}

fn insert(
    lists: &mut Lists,
    limit: usize,
    name: &str,
    list: VariableList,
) -> Result<(), ServiceError> {
    if lists.contains_key(name) {
        return Err(ServiceError::OBJECT_EXISTS);
    }
    if lists.len() >= limit {
        tracing::warn!(limit, "too many variable lists");
        return Err(ServiceError::RESOURCE_OTHER);
    }
    lists.insert(name.to_owned(), Arc::new(list));
    Ok(())
}

fn delete(lists: &mut Lists, name: &str, deleted: &mut DeleteVariableListResponse) {
    if let Some(list) = lists.get(name) {
        deleted.matched = deleted.matched.saturating_add(1);
        if list.deletable {
            lists.remove(name);
            deleted.deleted = deleted.deleted.saturating_add(1);
        }
    }
}

fn count(lists: usize) -> u32 {
    u32::try_from(lists).unwrap_or(u32::MAX)
}
