//! Data sets as MMS services see them.

use super::names::TO_READ;
use super::report::full_size;
use super::session::ServerSession;
use crate::bilateral::{Oversized, Rights};
use crate::engine::{Deletion, Table};
use mms::ServiceError;
use mms::association::{Answered, Reply};
use mms::pdu::{
    DefineVariableListRequest, DefineVariableListResponse, DeleteScope, DeleteVariableListRequest,
    DeleteVariableListResponse, VariableListAttributesRequest, VariableListAttributesWriter,
};

/// Iterates over the members of a request as names; a part of a variable is no member here.
struct Members<'a> {
    list: mms::pdu::ListIter<'a, mms::pdu::VariableAccess<'a>>,
    left: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = Option<mms::ObjectName<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let access = self.list.next()?;
        self.left = self.left.saturating_sub(1);
        Some(access.name().filter(|_| access.alternate_access.is_none()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Members<'_> {}

impl ServerSession {
    pub(super) fn define_list(
        &self,
        table: &Table,
        request: &DefineVariableListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let room = reply.max_pdu_size();
        let members = Members {
            list: request.variables.iter(),
            left: request.variables.len(),
        };
        let defined = self
            .core
            .define_data_set(table, request.name, members, |set| {
                table.config.options.oversized == Oversized::Split
                    || full_size(&self.core.model, set) <= room
            });
        match defined {
            Ok(()) => reply.respond(|w| DefineVariableListResponse.encode(w)),
            Err(error) => reply.error(error),
        }
    }

    pub(super) fn list_attributes(
        &self,
        table: &Table,
        request: &VariableListAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let any = TO_READ | Rights::WRITE | Rights::DELETE;
        match self.core.data_set(table, request.name, any) {
            Ok(set) => reply.respond(|w| {
                let mut response = VariableListAttributesWriter::begin(w, set.deletable);
                for member in &set.members {
                    response.push(w, set.member_name(&self.core.model, *member));
                }
                response.end(w);
            }),
            Err(error) => reply.error(ServiceError::from(error)),
        }
    }

    pub(super) fn delete_lists(
        &self,
        table: &Table,
        request: &DeleteVariableListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let names: Vec<mms::OwnedObjectName> = match request.scope {
            DeleteScope::Specific => {
                let lists = request.lists.unwrap_or_default();
                // No more than there can be.
                lists
                    .iter()
                    .take(10_000)
                    .map(|name| name.to_owned())
                    .collect()
            }
            DeleteScope::Domain => {
                if request.domain != Some(&*table.config.domain) {
                    return reply.error(ServiceError::OBJECT_NON_EXISTENT);
                }
                let state = self.core.state.lock();
                let sets = state.data_sets.values();
                sets.filter(|set| set.name.domain() == request.domain && set.deletable)
                    .map(|set| (&set.name).into())
                    .collect()
            }
            // Peers make no data sets of these scopes.
            DeleteScope::Association | DeleteScope::Vmd => Vec::new(),
        };
        let outcomes: Vec<_> = names
            .iter()
            .map(|name| self.core.delete_data_set(table, name.as_ref()))
            .collect();
        if let ([outcome], DeleteScope::Specific) = (&outcomes[..], request.scope) {
            match outcome {
                Deletion::Done => {}
                Deletion::InUse => return reply.error(ServiceError::OBJECT_CONSTRAINT_CONFLICT),
                Deletion::Refused(error) => return reply.error(ServiceError::from(*error)),
            }
        }
        let absent = Deletion::Refused(crate::engine::DataSetError::Absent);
        let matched = outcomes
            .iter()
            .filter(|outcome| **outcome != absent)
            .count();
        let deleted = outcomes.iter().filter(|o| **o == Deletion::Done).count();
        reply.respond(|w| {
            DeleteVariableListResponse {
                matched: u32::try_from(matched).unwrap_or(u32::MAX),
                deleted: u32::try_from(deleted).unwrap_or(u32::MAX),
            }
            .encode(w);
        })
    }
}
