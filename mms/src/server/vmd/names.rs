//! What there is: getNameList, types, domains, capabilities.

use super::objects::Scope;
use super::session::VmdSession;
use crate::ServiceError;
use crate::association::{Answered, Reply};
use crate::ber::Writer;
use crate::pdu::{
    AccessAttributesRequest, CapabilityListRequest, CapabilityListWriter, DomainAttributesRequest,
    DomainAttributesResponse, NameListRequest, NameListWriter, ObjectClass, ObjectScope,
    write_access_attributes,
};
use std::collections::BTreeMap;
use std::ops::Bound;

impl VmdSession {
    pub(super) fn name_list(&self, request: &NameListRequest<'_>, reply: Reply<'_>) -> Answered {
        let after = request.continue_after;
        let objects = self.vmd.shared.objects.read();
        let scope = match (request.scope, request.class) {
            (ObjectScope::Vmd, ObjectClass::Domain) => {
                return reply.try_respond(|w| write_names(w, &objects.domains, after));
            }
            (ObjectScope::Vmd, _) => &objects.vmd,
            (ObjectScope::Domain(domain), _) => match objects.domains.get(domain) {
                Some(scope) => scope,
                None => return reply.error(ServiceError::OBJECT_NON_EXISTENT),
            },
            (ObjectScope::Association, _) => &self.own,
        };
        reply.try_respond(|w| write_class(w, scope, request.class, after))
    }

    pub(super) fn access_attributes(
        &self,
        request: &AccessAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let AccessAttributesRequest::Name(name) = request else {
            return reply.error(ServiceError::OBJECT_ACCESS_UNSUPPORTED);
        };
        match self.variable(*name) {
            Some(variable) => {
                reply.respond(|w| write_access_attributes(w, false, |w| variable.ty().encode(w)))
            }
            None => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }

    pub(super) fn domain_attributes(
        &self,
        request: &DomainAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let objects = self.vmd.shared.objects.read();
        if objects.domains.contains_key(request.domain) {
            reply.respond(|w| DomainAttributesResponse::permanent().encode(w))
        } else {
            reply.error(ServiceError::OBJECT_NON_EXISTENT)
        }
    }

    pub(super) fn capability_list(
        &self,
        request: &CapabilityListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let all = &self.vmd.shared.options.capabilities;
        let start = match request.continue_after {
            None => 0,
            Some(last) => match all.iter().position(|capability| capability == last) {
                Some(at) => at + 1,
                None => return reply.error(ServiceError::CONTINUATION_INVALID),
            },
        };
        let rest = all.get(start..).unwrap_or_default();
        reply.try_respond(|w| {
            let mut response = CapabilityListWriter::begin(w);
            let written = rest
                .iter()
                .take_while(|capability| response.push(w, capability))
                .count();
            if written == 0 && !rest.is_empty() {
                return Err(ServiceError::PDU_SIZE);
            }
            response.end(w, written < rest.len());
            Ok(())
        })
    }
}

fn write_class(
    w: &mut Writer<'_>,
    scope: &Scope,
    class: ObjectClass,
    after: Option<&str>,
) -> Result<(), ServiceError> {
    match class {
        ObjectClass::NamedVariable => write_names(w, &scope.variables, after),
        ObjectClass::NamedVariableList => write_names(w, &scope.lists, after),
        ObjectClass::Journal => write_names(w, &scope.journals, after),
        // There are none of the others.
        _ => write_names(w, &BTreeMap::<String, ()>::new(), after),
    }
}

fn write_names<T>(
    w: &mut Writer<'_>,
    objects: &BTreeMap<String, T>,
    after: Option<&str>,
) -> Result<(), ServiceError> {
    let start = match after {
        None => Bound::Unbounded,
        Some(last) if objects.contains_key(last) => Bound::Excluded(last),
        Some(_) => return Err(ServiceError::CONTINUATION_INVALID),
    };
    let mut names = objects.range::<str, _>((start, Bound::Unbounded));
    let mut response = NameListWriter::begin(w);
    let mut written = 0;
    let more_follows = loop {
        match names.next() {
            None => break false,
            Some((name, _)) if response.push(w, name) => written += 1,
            Some(_) if written == 0 => return Err(ServiceError::PDU_SIZE),
            Some(_) => break true,
        }
    };
    response.end(w, more_follows);
    Ok(())
}
