//! Name lists, types and domains.

use super::access::service_error;
use super::extra;
use super::session::ServerSession;
use super::target::{component, named};
use crate::bilateral::Rights;
use crate::condition::Key;
use crate::engine::{SortedNames, Table, data_set_rights};
use crate::standard::{self, Special};
use mms::ServiceError;
use mms::association::{Answered, Reply};
use mms::pdu::{
    AccessAttributesRequest, DomainAttributesRequest, DomainAttributesResponse, NameListRequest,
    NameListWriter, ObjectClass, ObjectScope, write_access_attributes,
};
use std::borrow::Cow;

impl ServerSession {
    pub(super) fn name_list(
        &self,
        table: &Table,
        request: &NameListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let config = &table.config;
        let after = request.continue_after;
        let domain = match request.scope {
            ObjectScope::Vmd => None,
            ObjectScope::Domain(domain) if domain == config.domain => Some(domain),
            ObjectScope::Domain(_) => return reply.error(ServiceError::OBJECT_NON_EXISTENT),
            ObjectScope::Association => return self.association_names(table, request, reply),
        };
        match request.class {
            ObjectClass::NamedVariable => self.variables(table, domain, after, reply),
            ObjectClass::NamedVariableList => {
                let names: Vec<_> = {
                    let state = self.core.state.lock();
                    let sets = state.data_sets.values();
                    let seen = sets.filter(|set| {
                        set.name.domain() == domain && !data_set_rights(config, set).is_empty()
                    });
                    seen.map(|set| set.name.item().to_owned())
                        .filter(|name| after.is_none_or(|after| name.as_str() > after))
                        .collect()
                };
                write_names(names.into_iter().map(Cow::Owned), reply)
            }
            ObjectClass::Domain if domain.is_none() => {
                let own = after.is_none_or(|after| config.domain.as_str() > after);
                let own = own.then_some(Cow::Borrowed(&*config.domain));
                write_names(own.into_iter(), reply)
            }
            ObjectClass::ProgramInvocation if domain.is_none() => {
                let names = self.core.program_names(table).into_iter();
                let names = names.filter(|name| after.is_none_or(|after| *name > after));
                write_names(names.map(Cow::Borrowed), reply)
            }
            ObjectClass::EventCondition => {
                let names = self.core.condition_names(table, domain).into_iter();
                let names = names.filter(|name| after.is_none_or(|after| *name > after));
                write_names(names.map(Cow::Borrowed), reply)
            }
            ObjectClass::EventEnrollment if domain.is_some() => {
                let names = self.enrollment_names(table, false).into_iter();
                let names = names.filter(|name| after.is_none_or(|after| name.as_str() > after));
                write_names(names.map(Cow::Owned), reply)
            }
            // There are none of the others.
            _ => write_names(std::iter::empty(), reply),
        }
    }

    /// The names of the event enrolments of the peer: in the association, or in its domain.
    fn enrollment_names(&self, table: &Table, in_association: bool) -> Vec<String> {
        let Some(association) = self.association() else {
            return Vec::new();
        };
        let state = self.core.state.lock();
        let own = state.own_enrollments(association, table);
        own.filter(|(key, _)| matches!(key, Key::Association(..)) == in_association)
            .map(|(key, _)| key.item().to_owned())
            .collect()
    }

    /// What belongs to the association alone.
    fn association_names(
        &self,
        table: &Table,
        request: &NameListRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let mut names = match request.class {
            ObjectClass::NamedVariable => {
                extra::names(&self.core, table, extra::Scope::Association)
            }
            ObjectClass::EventEnrollment => {
                let names = self.enrollment_names(table, true).into_iter();
                names.map(Cow::Owned).collect()
            }
            _ => Vec::new(),
        };
        names.retain(|name| request.continue_after.is_none_or(|after| &**name > after));
        names.sort_unstable();
        write_names(names.into_iter(), reply)
    }

    fn variables(
        &self,
        table: &Table,
        domain: Option<&str>,
        after: Option<&str>,
        reply: Reply<'_>,
    ) -> Answered {
        let options = &table.config.options;
        let mut standard: Vec<Cow<'_, str>> = match domain {
            None => vec![standard::VERSION.into(), standard::FEATURES.into()],
            Some(_) => {
                let mut names: Vec<Cow<'_, str>> = vec![
                    standard::TABLE_ID.into(),
                    standard::NEXT_TRANSFER_SET.into(),
                    standard::ACK.into(),
                    standard::NACK.into(),
                ];
                if options.vmd_alias_in_domain {
                    names.extend([standard::VERSION.into(), standard::FEATURES.into()]);
                }
                let state = self.core.state.lock();
                if let Some(peer) = self.peer().and_then(|peer| state.peers.get(peer)) {
                    names.extend(peer.transfer_set_names().map(Cow::Owned));
                }
                names
            }
        };
        let scope = match domain {
            None => extra::Scope::Vcc,
            Some(_) => extra::Scope::Domain,
        };
        standard.extend(extra::names(&self.core, table, scope));
        if !options.hide_special_variables {
            standard.extend(Special::ALL.map(|special| Cow::Borrowed(special.name())));
        }
        standard.retain(|name| after.is_none_or(|after| &**name > after));
        standard.sort_unstable();
        let empty = SortedNames::new();
        let objects = match domain {
            None => &self.core.vcc_names,
            Some(domain) => self.core.domain_names.get(domain).unwrap_or(&empty),
        };
        let start =
            objects.partition_point(|(name, _)| after.is_some_and(|after| &**name <= after));
        let seen = objects
            .iter()
            .skip(start)
            .filter(|(_, object)| !table.rights(*object).is_empty())
            .map(|(name, _)| Cow::Borrowed(&**name));
        write_names(merge(standard.into_iter(), seen), reply)
    }

    pub(super) fn access_attributes(
        &self,
        table: &Table,
        request: &AccessAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        let AccessAttributesRequest::Name(name) = request else {
            return reply.error(ServiceError::OBJECT_ACCESS_UNSUPPORTED);
        };
        let meant = match named(&self.core, table, *name) {
            Ok(meant) => meant,
            Err(error) => return reply.error(service_error(error)),
        };
        let ty = meant.target.description(&self.core, table);
        match ty.as_ref().and_then(|ty| component(ty, &meant.path)) {
            Some((ty, _)) => reply.respond(|w| write_access_attributes(w, false, |w| ty.encode(w))),
            None => reply.error(ServiceError::OBJECT_NON_EXISTENT),
        }
    }

    pub(super) fn domain_attributes(
        &self,
        table: &Table,
        request: &DomainAttributesRequest<'_>,
        reply: Reply<'_>,
    ) -> Answered {
        if request.domain == table.config.domain {
            reply.respond(|w| DomainAttributesResponse::permanent().encode(w))
        } else {
            reply.error(ServiceError::OBJECT_NON_EXISTENT)
        }
    }
}

/// Both in one order; they have no name in common.
fn merge<'n>(
    a: impl Iterator<Item = Cow<'n, str>>,
    b: impl Iterator<Item = Cow<'n, str>>,
) -> impl Iterator<Item = Cow<'n, str>> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some(x), Some(y)) if x <= y => a.next(),
        (Some(_), None) => a.next(),
        _ => b.next(),
    })
}

fn write_names<'n>(names: impl Iterator<Item = Cow<'n, str>>, reply: Reply<'_>) -> Answered {
    reply.try_respond(|w| {
        let mut names = names;
        let mut response = NameListWriter::begin(w);
        let mut written = 0;
        let more_follows = loop {
            match names.next() {
                None => break false,
                Some(name) if response.push(w, &name) => written += 1,
                Some(_) if written == 0 => return Err(ServiceError::PDU_SIZE),
                Some(_) => break true,
            }
        };
        response.end(w, more_follows);
        Ok(())
    })
}

/// Rights that make a data set one to read.
pub(super) const TO_READ: Rights = Rights::READ.union(Rights::USE);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_names_are_in_order() {
        let of = |names: &'static [&'static str]| names.iter().copied().map(Cow::Borrowed);
        let all: Vec<_> = merge(of(&["A", "D"]), of(&["B", "C", "E"])).collect();
        assert_eq!(all, ["A", "B", "C", "D", "E"]);
        assert_eq!(merge(of(&[]), of(&["B"])).count(), 1);
        assert_eq!(merge(of(&["A"]), of(&[])).count(), 1);
    }
}
