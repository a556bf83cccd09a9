use super::Vmd;
use super::objects::Scope;
use super::variable::Variable;
use crate::association::{Answered, CloseReason, Handler, Negotiated, Reply};
use crate::ber::Writer;
use crate::net::{Remote, Session};
use crate::pdu::{
    ConfirmedRequest, IdentifyResponse, ReadRequest, ReadResponseWriter, RequestService,
    VariableAccess, VariableAccessSpecification, VariableSpecification, WriteRequest,
    WriteResponseWriter, write_failure,
};
use crate::server::files::OpenFiles;
use crate::{DataAccessError, MmsValue, ObjectName, RejectReason, ServiceError};
use std::sync::Arc;

/// One association with a [`Vmd`]: the objects of its own, and the answers to its requests.
pub struct VmdSession {
    pub(super) vmd: Vmd,
    remote: Remote,
    /// Objects that live and die with the association.
    pub(super) own: Scope,
    files: OpenFiles,
}

impl std::fmt::Debug for VmdSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VmdSession")
            .field("vmd", &self.vmd)
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

impl VmdSession {
    pub(super) fn new(vmd: Vmd, remote: Remote) -> Self {
        let templates = vmd.shared.templates.read().clone();
        let mut own = Scope::default();
        for (name, make) in templates {
            own.variables.insert(name, Arc::new(make(&remote)));
        }
        VmdSession {
            vmd,
            remote,
            own,
            files: OpenFiles::default(),
        }
    }

    pub(super) fn variable(&self, name: ObjectName<'_>) -> Option<Arc<Variable>> {
        match name {
            ObjectName::Association(item) => self.own.variables.get(item).cloned(),
            name => self.vmd.shared.objects.read().variable(name).cloned(),
        }
    }

    fn accessed(&self, access: &VariableAccess<'_>) -> Result<Arc<Variable>, DataAccessError> {
        match access.variable {
            VariableSpecification::Name(name) => self
                .variable(name)
                .ok_or(DataAccessError::ObjectNonExistent),
            VariableSpecification::Invalidated => Err(DataAccessError::ObjectInvalidated),
            // Addresses and scattered access.
            _ => Err(DataAccessError::ObjectAccessUnsupported),
        }
    }

    fn read(&self, request: &ReadRequest<'_>, reply: Reply<'_>) -> Answered {
        let repeated = request
            .specification_with_result
            .then_some(&request.variables);
        match request.variables {
            VariableAccessSpecification::Variables(variables) => reply.respond(|w| {
                let response = ReadResponseWriter::begin(w, repeated);
                for variable in variables {
                    self.write_result(w, &variable);
                }
                response.end(w);
            }),
            VariableAccessSpecification::ListName(name) => {
                let Some(list) = self.list(name) else {
                    return reply.error(ServiceError::OBJECT_NON_EXISTENT);
                };
                reply.respond(|w| {
                    let response = ReadResponseWriter::begin(w, repeated);
                    for member in &list.members {
                        self.write_result(w, &member.into());
                    }
                    response.end(w);
                })
            }
        }
    }

    fn write_result(&self, w: &mut Writer<'_>, access: &VariableAccess<'_>) {
        if w.overflowed() {
            // The answer is lost already; the values need not be made.
            return;
        }
        match self.accessed(access) {
            Ok(variable) => variable.write_result(w, access.alternate_access, Some(&self.remote)),
            Err(error) => write_failure(w, error),
        }
    }

    fn write(&self, request: &WriteRequest<'_>, reply: Reply<'_>) -> Answered {
        let list = match request.variables {
            VariableAccessSpecification::Variables(_) => None,
            VariableAccessSpecification::ListName(name) => match self.list(name) {
                Some(list) if list.members.len() == request.data.len() => Some(list),
                Some(_) => return reply.reject(RejectReason::INVALID_ARGUMENT),
                None => return reply.error(ServiceError::OBJECT_NON_EXISTENT),
            },
        };
        let values = request.data.iter().map(|view| view.to_value());
        reply.respond(|w| {
            let mut response = WriteResponseWriter::begin(w);
            match (&list, request.variables) {
                (Some(list), _) => {
                    for (member, value) in list.members.iter().zip(values) {
                        response.push(w, self.put(&member.into(), value));
                    }
                }
                (None, VariableAccessSpecification::Variables(variables)) => {
                    for (variable, value) in variables.iter().zip(values) {
                        response.push(w, self.put(&variable, value));
                    }
                }
                (None, VariableAccessSpecification::ListName(_)) => {}
            }
            response.end(w);
        })
    }

    fn put(&self, access: &VariableAccess<'_>, value: MmsValue) -> Result<(), DataAccessError> {
        let variable = self.accessed(access)?;
        variable.put(access.alternate_access, value, &self.remote)
    }

    fn identify(&self, reply: Reply<'_>) -> Answered {
        let identity = &self.vmd.shared.options.identity;
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

    fn forget(&self) {
        let mut clients = self.vmd.shared.clients.lock();
        clients.retain(|(remote, _)| *remote != self.remote);
    }
}

impl Handler for VmdSession {
    fn established(&mut self, negotiated: &Negotiated) {
        let client = (self.remote.clone(), negotiated.max_pdu_size);
        self.vmd.shared.clients.lock().push(client);
    }

    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        use RequestService as S;
        match &request.service {
            S::Read(request) => self.read(request, reply),
            S::Write(request) => self.write(request, reply),
            S::GetNameList(request) => self.name_list(request, reply),
            S::GetVariableAccessAttributes(request) => self.access_attributes(request, reply),
            S::DefineNamedVariableList(request) => self.define_list(request, reply),
            S::GetNamedVariableListAttributes(request) => self.list_attributes(request, reply),
            S::DeleteNamedVariableList(request) => self.delete_lists(request, reply),
            S::GetDomainAttributes(request) => self.domain_attributes(request, reply),
            S::GetCapabilityList(request) => self.capability_list(request, reply),
            S::ReadJournal(request) => self.read_journal(request, reply),
            S::InitializeJournal(request) => self.initialize_journal(request, reply),
            S::ReportJournalStatus(request) => self.journal_status(request, reply),
            S::Identify(_) => self.identify(reply),
            S::Status(_) => {
                let status = self.vmd.status();
                reply.respond(|w| status.encode(w))
            }
            service => {
                let Some(store) = &self.vmd.shared.options.files else {
                    return reply.reject(RejectReason::UNRECOGNIZED_SERVICE);
                };
                store
                    .serve(&mut self.files, &self.remote, service, reply)
                    .unwrap_or_else(|reply| reply.reject(RejectReason::UNRECOGNIZED_SERVICE))
            }
        }
    }

    fn closed(&mut self, _: &CloseReason) {
        self.forget();
    }
}

impl Session for VmdSession {}

impl Drop for VmdSession {
    /// A connection that is dropped half way does not say that it is closed.
    fn drop(&mut self) {
        self.forget();
    }
}
