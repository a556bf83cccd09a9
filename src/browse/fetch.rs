//! Asking the server.

use super::{DataSet, Device, Node, Object};
use crate::failure::Failure;
use crate::output::{message, printable};
use crate::peer::{lookup, reference_of, side_by_side};
use iec61850::ObjectReference;
use indicatif::{ProgressBar, ProgressStyle};
use mms::client::{Client, ClientError};
use mms::pdu::ObjectScope;
use mms::{MmsValue, ObjectName, OwnedObjectName, TypeDescription};
use std::collections::HashSet;

/// What is to be fetched.
pub(crate) struct Wanted {
    /// Only this.
    pub(crate) reference: Option<ObjectReference>,
    pub(crate) values: bool,
    pub(crate) data_sets: bool,
}

/// What the server has. Parts it does not tell are named on standard error.
pub(crate) async fn fetch(client: &Client, wanted: &Wanted) -> Result<Vec<Device>, Failure> {
    let reference = wanted.reference.as_ref();
    // Says so if there is no such object.
    if let Some(reference) = reference
        && !reference.path().is_empty()
    {
        lookup(client, reference).await?;
    }
    let mut domains = client.domain_names().await.map_err(Failure::failed)?;
    if let Some(reference) = reference {
        let device = reference.logical_device();
        if !domains.iter().any(|domain| domain == device) {
            return Err(Failure::Failed(
                printable(&format!(
                    "the server has no logical device {device}; there are: {}",
                    domains.join(", ")
                ))
                .into_owned(),
            ));
        }
        domains.retain(|domain| domain == device);
    }
    let listings = side_by_side(client, domains, list, || {}).await?;
    let mut failures = Vec::new();
    let mut places = Vec::new();
    let mut devices = Vec::new();
    for listing in listings {
        let mut listing = listing.map_err(Failure::failed)?;
        if let Some(node) = reference.and_then(ObjectReference::logical_node) {
            if !listing.nodes.iter().any(|name| name == node) {
                return Err(Failure::Failed(
                    printable(&format!(
                        "{} has no logical node {node}; there are: {}",
                        listing.domain,
                        listing.nodes.join(", ")
                    ))
                    .into_owned(),
                ));
            }
            listing.nodes.retain(|name| name == node);
        }
        for node in &listing.nodes {
            places.push(Place {
                domain: listing.domain.clone(),
                node: node.clone(),
                values: wanted.values,
                variables: listing.variables_of(node),
                lists: match wanted.data_sets {
                    true => listing.lists_of(node),
                    false => Vec::new(),
                },
                logs: of_node(&listing.journals, node).collect(),
            });
        }
        let mut data_sets = Vec::new();
        if reference.and_then(ObjectReference::logical_node).is_none() {
            let alone = listing.lists.iter().filter(|name| !name.contains('$'));
            for name in alone {
                let set = data_set(client, &listing.domain, name, name, &mut failures).await;
                data_sets.extend(set.map_err(Failure::failed)?);
            }
        }
        devices.push(Device {
            name: listing.domain,
            nodes: Vec::new(),
            data_sets,
        });
    }
    let bar = progress_bar(places.len());
    let owners: Vec<String> = places.iter().map(|place| place.domain.clone()).collect();
    let nodes = side_by_side(client, places, fetch_node, || bar.inc(1)).await;
    bar.finish_and_clear();
    for (owner, node) in owners.into_iter().zip(nodes?) {
        let (node, failures_of_node) = node.map_err(Failure::failed)?;
        failures.extend(failures_of_node);
        if let Some(device) = devices.iter_mut().find(|device| device.name == owner) {
            device.nodes.push(node);
        }
    }
    for failure in failures {
        message(format_args!("warning: {}", printable(&failure)));
    }
    Ok(devices)
}

/// On a terminal only.
fn progress_bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    let template = "{bar:40} {pos}/{len} logical nodes";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The names of a logical device.
struct Listing {
    domain: String,
    /// The names without `$`, or what stands before it.
    nodes: Vec<String>,
    variables: Vec<String>,
    lists: Vec<String>,
    journals: Vec<String>,
}

impl Listing {
    /// The data objects as `LN$FC$DO`, for servers that do not tell the type of a logical node.
    fn variables_of(&self, node: &str) -> Vec<String> {
        of_node(&self.variables, node)
            .filter(|rest| rest.split('$').count() == 2)
            .map(|rest| format!("{node}${rest}"))
            .collect()
    }

    fn lists_of(&self, node: &str) -> Vec<String> {
        of_node(&self.lists, node).collect()
    }
}

/// The names of a logical node, without that of the logical node.
fn of_node<'a>(names: &'a [String], node: &'a str) -> impl Iterator<Item = String> + 'a {
    names
        .iter()
        .filter_map(move |name| name.strip_prefix(node)?.strip_prefix('$'))
        .map(str::to_owned)
}

async fn list(client: Client, domain: String) -> Result<Listing, ClientError> {
    let scope = ObjectScope::Domain(&domain);
    let variables = client.variable_names(scope).await?;
    // Servers without data sets or logs may refuse to list them.
    let or_none = |names: Result<Vec<String>, ClientError>| match names {
        Err(error) if !error.is_closed() => Ok(Vec::new()),
        names => names,
    };
    let lists = or_none(client.variable_list_names(scope).await)?;
    let journals = or_none(client.journal_names(scope).await)?;
    let mut seen = HashSet::new();
    let nodes = variables
        .iter()
        // A data set without `$` in its name is of no logical node.
        .chain(lists.iter().filter(|name| name.contains('$')))
        .filter_map(|name| name.split('$').next())
        .filter(|node| seen.insert(*node))
        .map(str::to_owned)
        .collect();
    Ok(Listing {
        domain,
        nodes,
        variables,
        lists,
        journals,
    })
}

/// A logical node that is to be fetched.
struct Place {
    domain: String,
    node: String,
    values: bool,
    variables: Vec<String>,
    lists: Vec<String>,
    logs: Vec<String>,
}

/// The logical node, and what the server would not tell of it.
async fn fetch_node(client: Client, place: Place) -> Result<(Node, Vec<String>), ClientError> {
    let mut failures = Vec::new();
    let mut objects = types(&client, &place, &mut failures).await?;
    if place.values {
        values(&client, &place, &mut objects, &mut failures).await?;
    }
    let mut data_sets = Vec::new();
    for name in &place.lists {
        let item = format!("{}${name}", place.node);
        data_sets.extend(data_set(&client, &place.domain, &item, name, &mut failures).await?);
    }
    let node = Node {
        name: place.node,
        objects,
        data_sets,
        logs: place.logs,
    };
    Ok((node, failures))
}

/// A data set by its MMS name, or `None` if the server would not tell its members.
async fn data_set(
    client: &Client,
    domain: &str,
    item: &str,
    name: &str,
    failures: &mut Vec<String>,
) -> Result<Option<DataSet>, ClientError> {
    let list = ObjectName::domain(domain, item);
    let members = match client.get_named_variable_list_attributes(list).await {
        Ok(attributes) => attributes.members,
        Err(error) if error.is_closed() => return Err(error),
        Err(error) => {
            failures.push(format!("{domain}/{item}: {error}"));
            return Ok(None);
        }
    };
    let members = members.iter().map(|member| {
        let name = member.as_ref().map(reference_of);
        name.unwrap_or_else(|| "(no name)".to_owned())
    });
    Ok(Some(DataSet {
        name: name.to_owned(),
        members: members.collect(),
    }))
}

async fn types(
    client: &Client,
    place: &Place,
    failures: &mut Vec<String>,
) -> Result<Vec<Object>, ClientError> {
    let name = ObjectName::domain(&place.domain, &place.node);
    match client.get_variable_access_attributes(name).await {
        Ok(ty) => return Ok(objects_of(&place.node, ty)),
        Err(error) if error.is_closed() || place.variables.is_empty() => {
            if error.is_closed() {
                return Err(error);
            }
            failures.push(format!("{name}: {error}"));
        }
        Err(_) => {}
    }
    let mut objects = Vec::new();
    for item in &place.variables {
        let name = ObjectName::domain(&place.domain, item);
        let ty = match client.get_variable_access_attributes(name).await {
            Ok(ty) => ty,
            Err(error) if error.is_closed() => return Err(error),
            Err(error) => {
                failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        let mut parts = item.splitn(3, '$').skip(1);
        let fc = parts.next().and_then(|fc| fc.parse().ok());
        objects.push(Object {
            fc,
            name: parts.next().unwrap_or_default().to_owned(),
            ty,
            value: None,
        });
    }
    Ok(objects)
}

/// Splits the type of a logical node: functional constraints, and in each the objects. What is no logical node is one object of the same name.
fn objects_of(node: &str, ty: TypeDescription) -> Vec<Object> {
    let is_logical_node = |ty: &TypeDescription| {
        matches!(ty, TypeDescription::Structure(components)
        if components.iter().all(|component| {
            let fc = component.name.as_deref().map(str::parse);
            matches!(fc, Some(Ok::<iec61850::FunctionalConstraint, _>(_)))
                && matches!(component.ty, TypeDescription::Structure(_))
        }))
    };
    let whole = |ty| {
        vec![Object {
            fc: None,
            name: node.to_owned(),
            ty,
            value: None,
        }]
    };
    if !is_logical_node(&ty) {
        return whole(ty);
    }
    let TypeDescription::Structure(components) = ty else {
        return whole(ty);
    };
    let mut objects = Vec::new();
    for component in components {
        let fc = component.name.and_then(|fc| fc.parse().ok());
        let TypeDescription::Structure(members) = component.ty else {
            continue;
        };
        objects.extend(members.into_iter().map(|member| Object {
            fc,
            name: member.name.unwrap_or_default(),
            ty: member.ty,
            value: None,
        }));
    }
    objects
}

async fn values(
    client: &Client,
    place: &Place,
    objects: &mut [Object],
    failures: &mut Vec<String>,
) -> Result<(), ClientError> {
    let names: Vec<OwnedObjectName> = objects
        .iter()
        .map(|object| {
            let item = match object.fc {
                Some(fc) => format!("{}${fc}${}", place.node, object.name),
                None => place.node.clone(),
            };
            OwnedObjectName::domain(&*place.domain, item)
        })
        .collect();
    match client.read_many(&names).await {
        Ok(results) => {
            for (object, result) in objects.iter_mut().zip(results) {
                object.value = Some(result.unwrap_or_else(MmsValue::DataAccessError));
            }
            Ok(())
        }
        Err(error) if error.is_closed() => Err(error),
        Err(error) => {
            failures.push(format!("{}/{}: {error}", place.domain, place.node));
            Ok(())
        }
    }
}
