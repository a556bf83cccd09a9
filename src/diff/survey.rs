//! What there is: all names, types, data sets, and the values as they are at the start.

use super::catalogue::{Catalogue, DataSet};
use super::decode;
use super::request::{Request, name};
use super::session::{Answer, Session, Stop};
use mms::pdu::{
    AccessAttributesRequest, CapabilityListRequest, FileDirectoryRequest, IdentifyRequest,
    NameListRequest, ObjectClass, ObjectScope, Pdu, ReadJournalRequest, ReadRequest,
    ResponseService, StatusRequest, VariableAccessSpecification, VariableListAttributesRequest,
    write_read_request,
};
use mms::{ObjectName, TypeDescription};

/// Compares all that can be asked without changing anything.
pub(super) fn survey(session: &mut Session) -> Result<Catalogue, Stop> {
    let mut catalogue = Catalogue::default();
    session.compare_initiate()?;
    general(session)?;
    catalogue.domains = names(session, ObjectClass::Domain, ObjectScope::Vmd)?;
    for class in [
        ObjectClass::NamedVariable,
        ObjectClass::NamedVariableList,
        ObjectClass::Journal,
    ] {
        names(session, class, ObjectScope::Vmd)?;
        names(session, class, ObjectScope::Association)?;
    }
    for domain in catalogue.domains.clone() {
        variables(session, &mut catalogue, &domain)?;
        data_sets(session, &mut catalogue, &domain)?;
        for journal in names(session, ObjectClass::Journal, ObjectScope::Domain(&domain))? {
            catalogue.journals.push((domain.clone(), journal));
        }
    }
    values(session, &catalogue)?;
    journals(session, &catalogue)?;
    files(session, &mut catalogue)?;
    Ok(catalogue)
}

fn general(session: &mut Session) -> Result<(), Stop> {
    session.ask(Request::new(0, "identify", "identify", |w| {
        IdentifyRequest.encode(w);
    }))?;
    for extended_derivation in [false, true] {
        session.ask(Request::new(0, "status", "status", |w| {
            StatusRequest {
                extended_derivation,
            }
            .encode(w);
        }))?;
    }
    session.ask(Request::new(0, "capabilities", "getCapabilityList", |w| {
        CapabilityListRequest {
            continue_after: None,
        }
        .encode(w);
    }))?;
    Ok(())
}

/// A whole list of names, as many requests as it takes.
fn names(
    session: &mut Session,
    class: ObjectClass,
    scope: ObjectScope<'_>,
) -> Result<Vec<String>, Stop> {
    let mut found: Vec<String> = Vec::new();
    loop {
        let request = NameListRequest {
            class,
            scope,
            continue_after: found.last().map(String::as_str),
        };
        let what = format!("getNameList of {class:?} in {scope:?}");
        let answer = session.ask(Request::new(0, "name-list", what, |w| request.encode(w)))?;
        let page = |pdu: &[u8]| match service(pdu) {
            Some(ResponseService::GetNameList(list)) => (
                list.identifiers.iter().map(str::to_owned).collect(),
                list.more_follows,
            ),
            _ => (Vec::<String>::new(), false),
        };
        let (left, left_more) = page(&answer.pdus.left);
        let (right, right_more) = page(&answer.pdus.right);
        // How many come at once is open: it goes on behind the names that both have sent.
        let (mut names, more) = match (left_more, right_more) {
            (_, true) if right.len() < left.len() => (right, true),
            (more, _) => (left, more),
        };
        let is_end = names.is_empty() || !more;
        found.append(&mut names);
        if is_end {
            return Ok(found);
        }
    }
}

fn service(pdu: &[u8]) -> Option<ResponseService<'_>> {
    match Pdu::decode(pdu) {
        Ok(Pdu::ConfirmedResponse(response)) => Some(response.service),
        _ => None,
    }
}

fn variables(session: &mut Session, catalogue: &mut Catalogue, domain: &str) -> Result<(), Stop> {
    let scope = ObjectScope::Domain(domain);
    let names = names(session, ObjectClass::NamedVariable, scope)?;
    for node in names.iter().filter(|name| !name.contains('$')) {
        let what = format!("type of {domain}/{node}");
        let request = Request::new(0, "type", what, |w| {
            AccessAttributesRequest::Name(name(domain, node)).encode(w);
        })
        .giving([(format!("{domain}/{node}"), None)]);
        let answer = session.ask(request)?;
        if let Some(ty) = type_in(&answer) {
            catalogue.add_node(domain, node, ty);
        }
    }
    Ok(())
}

fn type_in(answer: &Answer) -> Option<TypeDescription> {
    match service(&answer.pdus.left)? {
        ResponseService::GetVariableAccessAttributes(attributes) => Some(attributes.ty),
        _ => None,
    }
}

fn data_sets(session: &mut Session, catalogue: &mut Catalogue, domain: &str) -> Result<(), Stop> {
    let scope = ObjectScope::Domain(domain);
    for list in names(session, ObjectClass::NamedVariableList, scope)? {
        let what = format!("members of {domain}/{list}");
        let request = Request::new(0, "list-attributes", what, |w| {
            VariableListAttributesRequest {
                name: name(domain, &list),
            }
            .encode(w);
        });
        let answer = session.ask(request)?;
        let members = match service(&answer.pdus.left) {
            Some(ResponseService::GetNamedVariableListAttributes(list)) => list
                .variables
                .iter()
                .map(|member| match decode::owned(&member) {
                    Some(mms::OwnedObjectName::Domain { domain, item }) => (domain, item),
                    _ => (String::new(), String::new()),
                })
                .collect(),
            _ => Vec::new(),
        };
        catalogue.data_sets.push(DataSet {
            domain: domain.to_owned(),
            name: list,
            members,
            of_model: true,
        });
    }
    Ok(())
}

/// Each logical node by functional constraint, and the data sets. Not the control objects: reading them may select.
fn values(session: &mut Session, catalogue: &Catalogue) -> Result<(), Stop> {
    for ((domain, node), ty) in &catalogue.nodes {
        let TypeDescription::Structure(constraints) = ty else {
            continue;
        };
        for constraint in constraints {
            let Some(fc) = constraint.name.as_deref().filter(|fc| *fc != "CO") else {
                continue;
            };
            session.ask(read(0, domain, &format!("{node}${fc}"), &constraint.ty))?;
        }
    }
    for set in &catalogue.data_sets {
        session.ask(read_data_set(0, catalogue, set))?;
    }
    Ok(())
}

pub(super) fn read(association: usize, domain: &str, item: &str, ty: &TypeDescription) -> Request {
    let full = format!("{domain}/{item}");
    Request::new(association, "read", format!("read {full}"), |w| {
        write_read_request(w, false, [name(domain, item)]);
    })
    .giving([(full, Some(ty.clone()))])
}

pub(super) fn read_data_set(association: usize, catalogue: &Catalogue, set: &DataSet) -> Request {
    let what = format!("read data set {}/{}", set.domain, set.name);
    let list = name(&set.domain, &set.name);
    read_list(association, list, what).giving(members(catalogue, set))
}

/// A read of a list of variables.
pub(super) fn read_list(association: usize, list: ObjectName<'_>, what: String) -> Request {
    let read = ReadRequest {
        specification_with_result: false,
        variables: VariableAccessSpecification::ListName(list),
    };
    Request::new(association, "read-list", what, |w| read.encode(w))
}

pub(super) fn members(
    catalogue: &Catalogue,
    set: &DataSet,
) -> Vec<(String, Option<TypeDescription>)> {
    set.members
        .iter()
        .map(|(domain, item)| {
            let ty = catalogue.type_of(domain, item).cloned();
            (format!("{domain}/{item}"), ty)
        })
        .collect()
}

fn journals(session: &mut Session, catalogue: &Catalogue) -> Result<(), Stop> {
    for (domain, journal) in &catalogue.journals {
        let what = format!("read log {domain}/{journal}");
        session.ask(Request::new(0, "read-journal", what, |w| {
            ReadJournalRequest::all(name(domain, journal)).encode(w);
        }))?;
    }
    Ok(())
}

fn files(session: &mut Session, catalogue: &mut Catalogue) -> Result<(), Stop> {
    let answer = session.ask(Request::new(0, "file-directory", "file directory", |w| {
        FileDirectoryRequest {
            specification: None,
            continue_after: None,
        }
        .encode(w);
    }))?;
    if let Some(ResponseService::FileDirectory(directory)) = service(&answer.pdus.left) {
        catalogue.files = directory
            .entries
            .iter()
            .map(|entry| entry.name.to_text().into_owned())
            .collect();
    }
    Ok(())
}
