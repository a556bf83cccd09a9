//! One association: its requests, answered from the address space and the store.

use super::Shared;
use super::access::Target;
use super::control::{Outcome, SessionControls};
use super::lists::{self, Lists, VariableListObject};
use super::names::Names;
use super::space::{Domain, name_order};
use super::store::State;
use super::tracking::{ErrorCode, Service};
use super::write::Written;
use crate::common::{AcsiClass, DataSetOperation};
use crate::server::ClientConnection;
use mms::association::{Answered, CloseReason, Handler, Indication, Negotiated, Reply};
use mms::ber::Writer;
use mms::net::Session;
use mms::osi::acse::AssociateResult;
use mms::pdu::{
    AccessAttributesRequest, CapabilityListWriter, ConfirmedRequest, DefineVariableListRequest,
    DefineVariableListResponse, DeleteScope, DeleteVariableListRequest, DeleteVariableListResponse,
    DomainAttributesResponse, IdentifyResponse, NameListRequest, NameListWriter, ObjectClass,
    ObjectScope, ReadRequest, ReadResponseWriter, RequestService, StatusResponse, VariableAccess,
    VariableAccessSpecification, VariableListAttributesWriter, WriteRequest,
    write_access_attributes, write_failure,
};
use mms::server::files::OpenFiles;
use mms::{DataAccessError, ObjectName, ServiceError};
use std::sync::Arc;
use std::task::{Context, Poll};

/// The server's side of one association.
pub(super) struct NativeSession {
    pub(super) shared: Arc<Shared>,
    pub(super) client: ClientConnection,
    pub(super) controls: SessionControls,
    pub(super) lists: Lists,
    pub(super) open_files: OpenFiles,
    established: bool,
}

impl NativeSession {
    pub(super) fn new(shared: Arc<Shared>, client: ClientConnection) -> Self {
        NativeSession {
            shared,
            client,
            lists: Lists::new(),
            controls: SessionControls::default(),
            open_files: OpenFiles::default(),
            established: false,
        }
    }

    fn read(&mut self, request: &ReadRequest<'_>, reply: Reply<'_>) -> Answered {
        if self.selects(request) {
            return self.read_and_select(request, reply);
        }
        let specification = request
            .specification_with_result
            .then_some(&request.variables);
        match request.variables {
            VariableAccessSpecification::Variables(variables) => {
                let refused = self.refused(variables.iter(), |v| self.may_read_variable(v));
                reply.respond(|w| {
                    let response = ReadResponseWriter::begin(w, specification);
                    let state = self.shared.store.lock_in_task();
                    for (number, variable) in variables.iter().enumerate() {
                        match refused.get(number) {
                            Some(Err(error)) => write_failure(w, *error),
                            _ => self.read_variable(&state, w, &variable),
                        }
                        if w.overflowed() {
                            // No answer any more, and no reason to keep others from the values.
                            break;
                        }
                    }
                    drop(state);
                    response.end(w);
                })
            }
            VariableAccessSpecification::ListName(name) => {
                if let Err(error) = self.may_use_list(DataSetOperation::Read, name) {
                    return reply.error(error);
                }
                let Some(list) = self.list(name) else {
                    return reply.error(ServiceError::OBJECT_NON_EXISTENT);
                };
                let refused = self.refused(list.members.iter(), |m| self.may_read(m.place));
                reply.respond(|w| {
                    let response = ReadResponseWriter::begin(w, specification);
                    let state = self.shared.store.lock_in_task();
                    for (number, member) in list.members.iter().enumerate() {
                        match refused.get(number) {
                            Some(Err(error)) => write_failure(w, *error),
                            _ => self
                                .shared
                                .encode_member(&state.values, &state.groups, w, member),
                        }
                        if w.overflowed() {
                            break;
                        }
                    }
                    drop(state);
                    response.end(w);
                })
            }
        }
    }

    /// For each thing that is to be read, whether the client may. Empty if nobody wants to be asked.
    pub(super) fn refused<T>(
        &self,
        things: impl Iterator<Item = T>,
        may: impl Fn(&T) -> Result<(), DataAccessError>,
    ) -> Vec<Result<(), DataAccessError>> {
        if self.restricts_reading() {
            things.map(|thing| may(&thing)).collect()
        } else {
            Vec::new()
        }
    }

    #[inline]
    pub(super) fn read_variable(
        &self,
        state: &State,
        w: &mut Writer<'_>,
        variable: &VariableAccess<'_>,
    ) {
        let space = &self.shared.space;
        let start = w.position();
        let written = space.target(variable).and_then(|target| {
            let (Target::Whole(place)
            | Target::Range { array: place, .. }
            | Target::Parts(place, _)) = target;
            if self.shared.is_closed(&state.groups, place) {
                return Err(DataAccessError::TemporarilyUnavailable);
            }
            space.encode_target(&state.values, w, target)
        });
        if let Err(error) = written {
            // What was written of the parts before the one that is missing is taken back, unless
            // the answer is too long anyway.
            if !w.overflowed() {
                w.truncate(start);
            }
            write_failure(w, error);
        }
    }

    /// The association is over.
    fn end(&mut self) {
        let established = std::mem::take(&mut self.established);
        if established {
            // Its reports end first: a selection that ends with it is no event for a client that is not there any more.
            self.shared.client_gone(&self.client);
        }
        self.release_controls();
        if established {
            self.shared.handlers.connection_changed(&self.client, false);
        }
    }

    fn write(&mut self, request: &WriteRequest<'_>, reply: Reply<'_>) -> Answered {
        let shared = self.shared.clone();
        let data = request.data.iter();
        let outcomes: Vec<Outcome> = match request.variables {
            VariableAccessSpecification::Variables(variables) => variables
                .iter()
                .zip(data)
                .map(|(variable, data)| match shared.space.target(&variable) {
                    Ok(target) => {
                        let outcome = self.write_or_control(target, data);
                        self.track_write(target, &outcome);
                        outcome
                    }
                    Err(error) => Written::Err(error.into()).into(),
                })
                .collect(),
            VariableAccessSpecification::ListName(name) => {
                if let Err(error) = self.may_use_list(DataSetOperation::Write, name) {
                    return reply.error(error);
                }
                let Some(list) = self.list(name) else {
                    return reply.error(ServiceError::OBJECT_NON_EXISTENT);
                };
                if list.members.len() != request.data.len() {
                    return reply.error(ServiceError::TYPE_INCONSISTENT);
                }
                let outcomes: Vec<Outcome> = list
                    .members
                    .iter()
                    .zip(data)
                    .map(|(m, data)| self.write_or_control(Target::Whole(m.place), data))
                    .collect();
                self.track_list_write(name, &outcomes);
                outcomes
            }
        };
        self.answer_write(outcomes, reply)
    }

    fn access_attributes(
        &self,
        request: &AccessAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let AccessAttributesRequest::Name(name) = request else {
            return reply.error(ServiceError::OBJECT_ACCESS_UNSUPPORTED);
        };
        match self.shared.space.find(*name) {
            Ok(_) if !self.may_know(*name) => reply.error(ServiceError::OBJECT_NON_EXISTENT),
            Ok(place) => reply.respond(|w| {
                write_access_attributes(w, false, |w| {
                    self.shared
                        .space
                        .encode_type(&self.shared.arena, w, place.node);
                });
            }),
            Err(_) => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }

    fn name_list(&self, request: &NameListRequest<'_>, reply: Reply<'_>) -> Answered {
        if let Err(error) = self.may_see_directory(request) {
            return reply.error(error);
        }
        let space = &self.shared.space;
        let after = request.continue_after;
        match (request.class, request.scope) {
            (ObjectClass::Domain, ObjectScope::Vmd) => {
                let mut names: Vec<&str> = space.domains.iter().map(|d| &*d.name).collect();
                names.sort_by(|a, b| name_order(a, b));
                respond_names(reply, names.into_iter(), after)
            }
            (ObjectClass::NamedVariable, ObjectScope::Domain(domain)) => match space.domain(domain)
            {
                Some(domain) => self.variable_names(domain, after, reply),
                None => reply.error(ServiceError::OBJECT_NON_EXISTENT),
            },
            (ObjectClass::NamedVariableList, ObjectScope::Domain(domain)) => {
                let Some(number) = space.domain_number(domain) else {
                    return reply.error(ServiceError::OBJECT_NON_EXISTENT);
                };
                let names = {
                    let catalogue = self.shared.catalogue.lock();
                    let lists = catalogue.domains.get(number);
                    lists.map(sorted).unwrap_or_default()
                };
                let names = self.listed(AcsiClass::DataSet, Some(domain), names);
                respond_names(reply, names.iter().map(String::as_str), after)
            }
            (ObjectClass::NamedVariableList, ObjectScope::Association) => {
                respond_names(reply, sorted(&self.lists).iter().map(String::as_str), after)
            }
            (ObjectClass::NamedVariableList, ObjectScope::Vmd) => {
                let names = sorted(&self.shared.catalogue.lock().vmd);
                respond_names(reply, names.iter().map(String::as_str), after)
            }
            (ObjectClass::Journal, ObjectScope::Domain(domain)) => match space.domain(domain) {
                Some(domain) => {
                    let names = domain.journals.clone();
                    let names = self.listed(AcsiClass::Log, Some(&domain.name), names);
                    respond_names(reply, names.iter().map(String::as_str), after)
                }
                None => reply.error(ServiceError::OBJECT_NON_EXISTENT),
            },
            // IEC 61850 has no objects of other classes, and no variables outside domains.
            _ => reply.error(ServiceError::OBJECT_ACCESS_UNSUPPORTED),
        }
    }

    fn variable_names(&self, domain: &Domain, after: Option<&str>, reply: Reply<'_>) -> Answered {
        let space = &self.shared.space;
        let names = match after {
            None => Some(Names::of(space, domain)),
            Some(after) if !self.may_know(ObjectName::domain(&domain.name, after)) => None,
            Some(after) => Names::after(space, domain, after),
        };
        let Some(mut names) = names else {
            return reply.error(ServiceError::OBJECT_NON_EXISTENT);
        };
        reply.try_respond(|w| {
            let mut list = NameListWriter::begin(w);
            let mut written = 0;
            let more = loop {
                self.skip_hidden(domain, &mut names);
                match names.peek() {
                    None => break false,
                    Some(name) if !list.push(w, name) => break true,
                    Some(_) => names.advance(),
                }
                written += 1;
            };
            end_names(list, w, more, written)
        })
    }

    fn list(&self, name: ObjectName<'_>) -> Option<Arc<VariableListObject>> {
        match name {
            ObjectName::Association(name) => self.lists.get(name).cloned(),
            ObjectName::Vmd(name) => self.shared.catalogue.lock().vmd.get(name).cloned(),
            ObjectName::Domain { domain, item } => {
                let number = self.shared.space.domain_number(domain)?;
                self.shared
                    .catalogue
                    .lock()
                    .domains
                    .get(number)?
                    .get(item)
                    .cloned()
            }
        }
    }

    fn list_attributes(&self, name: ObjectName<'_>, reply: Reply<'_>) -> Answered {
        if let Err(error) = self.may_use_list(DataSetOperation::GetDirectory, name) {
            return reply.error(error);
        }
        let Some(list) = self.list(name) else {
            return reply.error(ServiceError::OBJECT_NON_EXISTENT);
        };
        reply.respond(|w| {
            let mut response = VariableListAttributesWriter::begin(w, list.deletable);
            for member in &list.members {
                response.push(w, member.access());
            }
            response.end(w);
        })
    }

    fn define_list(
        &mut self,
        request: &DefineVariableListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let result = self.try_define(request);
        self.track_list(Service::CreateDataSet, request.name, result.into());
        match result {
            Ok(()) => reply.respond(|w| DefineVariableListResponse.encode(w)),
            Err(error) => reply.error(error),
        }
    }

    fn try_define(&mut self, request: &DefineVariableListRequest<'_>) -> Result<(), ServiceError> {
        let shared = &self.shared;
        if !shared.config.dynamic_dataset_enabled() {
            return Err(ServiceError::OBJECT_ACCESS_UNSUPPORTED);
        }
        self.may_use_list(DataSetOperation::Create, request.name)?;
        let mut catalogue = shared.catalogue.lock();
        let scope = lists::scope(
            &shared.space,
            &mut catalogue,
            &mut self.lists,
            shared.limits,
            request.name,
        );
        let (lists, limit) = scope.ok_or(ServiceError::OBJECT_NON_EXISTENT)?;
        if lists.contains_key(request.name.item()) {
            return Err(ServiceError::OBJECT_EXISTS);
        }
        if let ObjectName::Domain { domain, item } = request.name {
            // A data set belongs to a logical node that exists.
            let node = item.split_once('$').map(|(node, _)| node);
            let domain = shared
                .space
                .domain(domain)
                .ok_or(ServiceError::OBJECT_NON_EXISTENT)?;
            if node.is_none_or(|node| shared.space.resolve(domain, node).is_none()) {
                return Err(ServiceError::OBJECT_NON_EXISTENT);
            }
        }
        if lists.len() >= limit {
            tracing::warn!(name = %request.name, limit, "too many data sets");
            return Err(ServiceError::CAPABILITY_UNAVAILABLE);
        }
        let max = shared.config.max_dataset_entries();
        let list = VariableListObject::define(&shared.space, request.variables, max)?;
        lists.insert(request.name.item().to_owned(), Arc::new(list));
        Ok(())
    }

    fn delete_lists(
        &mut self,
        request: &DeleteVariableListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let mut response = DeleteVariableListResponse {
            matched: 0,
            deleted: 0,
        };
        let kept = self.kept_lists(request);
        let mut tracked = Vec::new();
        let shared = &self.shared;
        let mut catalogue = shared.catalogue.lock();
        let mut remove_all = |scope: &str, lists: &mut Lists| {
            response.matched += lists.len() as u32;
            let before = lists.len();
            lists.retain(|name, list| {
                !list.may_go() || !kept.is_empty() && kept.contains(&format!("{scope}{name}"))
            });
            response.deleted += (before - lists.len()) as u32;
        };
        match request.scope {
            DeleteScope::Association => remove_all("@", &mut self.lists),
            DeleteScope::Vmd => remove_all("/", &mut catalogue.vmd),
            DeleteScope::Domain => {
                let domain = request.domain.unwrap_or_default();
                let number = shared.space.domain_number(domain);
                match number.and_then(|n| catalogue.domains.get_mut(n)) {
                    Some(lists) => remove_all(&format!("{domain}/"), lists),
                    None => return reply.error(ServiceError::OBJECT_NON_EXISTENT),
                }
            }
            DeleteScope::Specific => {
                for name in request.lists.into_iter().flatten() {
                    let scope = lists::scope(
                        &shared.space,
                        &mut catalogue,
                        &mut self.lists,
                        shared.limits,
                        name,
                    );
                    let lists = scope.map(|(lists, _)| lists);
                    let Some((lists, list)) = lists.and_then(|lists| {
                        let list = lists.get(name.item())?.clone();
                        Some((lists, list))
                    }) else {
                        tracked.push((name, ErrorCode::InstanceNotAvailable));
                        continue;
                    };
                    response.matched += 1;
                    let error_code = if kept.contains(&name.to_string()) || !list.deletable {
                        ErrorCode::AccessViolation
                    } else if !list.may_go() {
                        ErrorCode::InstanceInUse
                    } else {
                        lists.remove(name.item());
                        response.deleted += 1;
                        ErrorCode::NoError
                    };
                    tracked.push((name, error_code));
                }
            }
        }
        drop(catalogue);
        let mut in_use = false;
        for (name, error_code) in tracked {
            in_use |= error_code == ErrorCode::InstanceInUse;
            self.track_list(Service::DeleteDataSet, name, error_code);
        }
        if in_use && response.deleted == 0 {
            // IEC 61850-8-1: instance-in-use.
            return reply.error(ServiceError::OBJECT_CONSTRAINT_CONFLICT);
        }
        reply.respond(|w| response.encode(w))
    }
}

/// The names of lists in the order of name lists.
fn sorted(lists: &Lists) -> Vec<String> {
    let mut names: Vec<String> = lists.keys().cloned().collect();
    names.sort_by(|a, b| name_order(a, b));
    names
}

/// Answers with names in their order, from the one behind `after`.
fn respond_names<'a>(
    reply: Reply<'_>,
    names: impl Iterator<Item = &'a str>,
    after: Option<&str>,
) -> Answered {
    let mut names = names.peekable();
    if let Some(after) = after
        && !names.by_ref().any(|name| name == after)
    {
        return reply.error(ServiceError::OBJECT_NON_EXISTENT);
    }
    reply.try_respond(|w| {
        let mut list = NameListWriter::begin(w);
        let mut written = 0;
        let more = names.any(|name| {
            let fits = list.push(w, name);
            written += usize::from(fits);
            !fits
        });
        end_names(list, w, more, written)
    })
}

/// Ends a list of `written` names. Without any name it must not say that more follow: the client
/// would ask forever.
fn end_names(
    list: NameListWriter,
    w: &mut Writer<'_>,
    more: bool,
    written: usize,
) -> Result<(), ServiceError> {
    let more_follows = list.end(w, more);
    let taken_back = usize::from(more_follows && !more);
    if more_follows && written == taken_back {
        return Err(ServiceError::PDU_SIZE);
    }
    Ok(())
}

impl Handler for NativeSession {
    fn associate(&mut self, indication: &Indication<'_>) -> Result<(), AssociateResult> {
        self.shared
            .handlers
            .authenticate(&self.client, indication.request)
    }

    fn established(&mut self, negotiated: &Negotiated) {
        self.established = true;
        self.client.set_max_pdu_size(negotiated.max_pdu_size);
        self.shared.handlers.connection_changed(&self.client, true);
    }

    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        if self.shared.handlers.ignores_requests() {
            return reply.ignore();
        }
        match request.service {
            RequestService::Read(request) => self.read(&request, reply),
            RequestService::Write(request) => self.write(&request, reply),
            RequestService::GetNameList(request) => self.name_list(&request, reply),
            RequestService::GetVariableAccessAttributes(request) => {
                self.access_attributes(&request, reply)
            }
            RequestService::GetNamedVariableListAttributes(request) => {
                self.list_attributes(request.name, reply)
            }
            RequestService::DefineNamedVariableList(request) => self.define_list(&request, reply),
            RequestService::DeleteNamedVariableList(request) => self.delete_lists(&request, reply),
            RequestService::Identify(_) => {
                let identity = self.shared.handlers.identity();
                reply.respond(|w| {
                    IdentifyResponse {
                        vendor: identity.vendor.as_str().into(),
                        model: identity.model.as_str().into(),
                        revision: identity.revision.as_str().into(),
                        abstract_syntaxes: None,
                    }
                    .encode(w);
                })
            }
            RequestService::Status(_) => reply.respond(|w| {
                StatusResponse {
                    logical: 0,
                    physical: 0,
                    local_detail: None,
                }
                .encode(w)
            }),
            RequestService::GetCapabilityList(_) => {
                reply.respond(|w| CapabilityListWriter::begin(w).end(w, false))
            }
            RequestService::GetDomainAttributes(request) => {
                match self.shared.space.domain(request.domain) {
                    Some(_) => reply.respond(|w| DomainAttributesResponse::permanent().encode(w)),
                    None => reply.error(ServiceError::OBJECT_NON_EXISTENT),
                }
            }
            RequestService::ReadJournal(request) => self.read_journal(&request, reply),
            service => self.file_service(&service, reply),
        }
    }

    fn closed(&mut self, _: &CloseReason) {
        self.end();
    }
}

impl Session for NativeSession {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Here the answers of commands have left.
        self.execute_commands();
        self.shared.store.poll_free(cx)
    }

    fn drained(&mut self) {
        self.shared.resume_reports(&self.client);
    }
}

/// A task that is cut off has no other chance to tell.
impl Drop for NativeSession {
    fn drop(&mut self) {
        self.end();
    }
}
