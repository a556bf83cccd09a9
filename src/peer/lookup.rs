//! What a reference means to the server, and which part of it does not exist.

use super::variable;
use crate::failure::Failure;
use crate::output::printable;
use iec61850::{FunctionalConstraint, ObjectReference, ReferencePart};
use mms::client::{Client, ClientError};
use mms::pdu::ObjectScope;
use mms::{Component, ObjectName, TypeDescription};

/// How many names of those that exist a message lists.
const NAMES_IN_MESSAGE: usize = 40;

/// A functional constraint in which an object exists, and its type there.
pub(crate) struct Part {
    pub(crate) fc: FunctionalConstraint,
    pub(crate) ty: TypeDescription,
}

/// The parts of an object, one for each functional constraint, or only that of the reference.
pub(crate) async fn lookup(
    client: &Client,
    reference: &ObjectReference,
) -> Result<Vec<Part>, Failure> {
    let Some(node) = reference.logical_node() else {
        return Err(Failure::usage(format_args!(
            "{reference} names a whole logical device; expected LD/LN.DO.DA[FC]"
        )));
    };
    let device = reference.logical_device();
    let parts = match logical_node(client, device, node).await {
        Ok(parts) => parts,
        Err(error) => return Err(missing_node(client, device, node, &error).await),
    };
    if parts.is_empty() {
        return Err(Failure::failed(format_args!(
            "{device}/{node} is no logical node"
        )));
    }
    let mut found = Vec::new();
    let mut other_fcs = Vec::new();
    // The reason that got furthest names the part that does not exist.
    let mut missing: Option<(usize, String)> = None;
    for part in parts {
        let at = format!("{device}/{node}");
        match follow(&at, &part.ty, reference.path()) {
            Ok(ty) => {
                if reference.fc().is_none_or(|fc| fc == part.fc) {
                    found.push(Part {
                        fc: part.fc,
                        ty: ty.clone(),
                    });
                } else {
                    other_fcs.push(part.fc.as_str());
                }
            }
            Err(reason) => match &mut missing {
                Some(deepest) if deepest.0 > reason.0 => {}
                // At the same depth each functional constraint has its own names.
                Some(deepest) if deepest.0 == reason.0 => {
                    deepest.1 = merge_names(&deepest.1, &reason.1);
                }
                _ => missing = Some(reason),
            },
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    if !other_fcs.is_empty() {
        return Err(Failure::failed(format_args!(
            "{} has functional constraint {}, not {}",
            reference.clone().with_fc(None),
            other_fcs.join(", "),
            reference.fc().unwrap_or(FunctionalConstraint::NONE),
        )));
    }
    if let [only] = reference.path()
        && let Ok(lists) = client
            .variable_list_names(ObjectScope::Domain(device))
            .await
        && lists.contains(&format!("{node}${}", only.name))
    {
        return Err(Failure::failed(format_args!(
            "{reference} is a data set: read it with --dataset"
        )));
    }
    let reason = missing.map_or_else(|| "no data".to_owned(), |(_, reason)| reason);
    Err(Failure::Failed(printable(&reason).into_owned()))
}

/// The type of an object with a functional constraint.
pub(crate) async fn type_of(
    client: &Client,
    reference: &ObjectReference,
    fc: FunctionalConstraint,
) -> Result<TypeDescription, ClientError> {
    // Of the variable without the parts behind an array index: these follow in its type.
    let variable = match variable(reference, fc) {
        Ok(variable) => variable,
        Err(_) => return Ok(TypeDescription::Unknown(0)),
    };
    let ty = client
        .get_variable_access_attributes(variable.name.as_ref())
        .await?;
    let indexed = reference
        .path()
        .iter()
        .position(|part| part.index.is_some());
    let Some((first, rest)) = indexed
        .and_then(|at| reference.path().get(at..))
        .and_then(<[ReferencePart]>::split_first)
    else {
        return Ok(ty);
    };
    let inner = element(&ty, first.index).and_then(|ty| follow("", ty, rest).ok());
    Ok(inner.cloned().unwrap_or(TypeDescription::Unknown(0)))
}

/// The functional constraints of a logical node and the type of what is in each.
pub(crate) async fn logical_node(
    client: &Client,
    device: &str,
    node: &str,
) -> Result<Vec<Part>, ClientError> {
    let ty = client
        .get_variable_access_attributes(ObjectName::domain(device, node))
        .await?;
    Ok(match ty {
        TypeDescription::Structure(components) => components
            .into_iter()
            .filter_map(|component| {
                let fc = component.name?.parse().ok()?;
                Some(Part {
                    fc,
                    ty: component.ty,
                })
            })
            .collect(),
        _ => Vec::new(),
    })
}

/// Why reading or writing failed, and if there is no such object, which part of its name does not exist.
pub(crate) async fn explain(
    client: &Client,
    reference: &ObjectReference,
    error: &ClientError,
) -> Failure {
    let refused = |error: &ClientError| match error.access_error() {
        Some(error) => format!("{reference}: {error}"),
        None => format!("{reference}: {error}"),
    };
    let may_be_missing = error.service_error().is_some()
        || error.access_error().is_some_and(|error| {
            use mms::DataAccessError as Error;
            matches!(
                error,
                Error::ObjectNonExistent
                    | Error::ObjectUndefined
                    | Error::InvalidAddress
                    | Error::ObjectInvalidated
                    | Error::ObjectAttributeInconsistent
            )
        });
    if may_be_missing && let Err(failure) = lookup(client, reference).await {
        return failure;
    }
    Failure::Failed(printable(&refused(error)).into_owned())
}

/// Why a logical node has no type: it, or its logical device, does not exist, or the server would not say.
async fn missing_node(client: &Client, device: &str, node: &str, error: &ClientError) -> Failure {
    let text = match client.domain_names().await {
        Ok(domains) if !domains.iter().any(|domain| domain == device) => format!(
            "the server has no logical device {device}; there are: {}",
            list(domains.iter().map(String::as_str))
        ),
        Ok(_) => match client.variable_names(ObjectScope::Domain(device)).await {
            Ok(names) if !names.iter().any(|name| name == node) => format!(
                "{device} has no logical node {node}; there are: {}",
                list(
                    names
                        .iter()
                        .map(String::as_str)
                        .filter(|name| !name.contains('$'))
                )
            ),
            _ => format!("{device}/{node}: {error}"),
        },
        Err(error) => error.to_string(),
    };
    Failure::Failed(printable(&text).into_owned())
}

/// Names, as many as a message has room for.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown = names.get(..NAMES_IN_MESSAGE).unwrap_or(&names);
    match (shown.len(), names.len()) {
        (_, 0) => "none".to_owned(),
        (shown_count, all) if shown_count < all => {
            format!("{} and {} more", shown.join(", "), all - shown_count)
        }
        _ => shown.join(", "),
    }
}

const THERE_ARE: &str = "; there are: ";

/// Two messages about the same missing name, with the names that exist of both.
fn merge_names(first: &str, second: &str) -> String {
    let Some(((start, names), (_, more))) = first
        .split_once(THERE_ARE)
        .zip(second.split_once(THERE_ARE))
    else {
        return first.to_owned();
    };
    let mut all: Vec<&str> = names.split(", ").collect();
    for name in more.split(", ") {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    format!("{start}{THERE_ARE}{}", all.join(", "))
}

fn element(ty: &TypeDescription, index: Option<u32>) -> Option<&TypeDescription> {
    match (ty, index) {
        (ty, None) => Some(ty),
        (TypeDescription::Array { count, element }, Some(index)) if index < *count => Some(element),
        _ => None,
    }
}

/// The type at the end of a path. The error is how far it goes and what is missing there.
fn follow<'t>(
    at: &str,
    ty: &'t TypeDescription,
    path: &[ReferencePart],
) -> Result<&'t TypeDescription, (usize, String)> {
    let mut at = at.to_owned();
    let mut ty = ty;
    for (depth, part) in path.iter().enumerate() {
        let components: &[Component] = match ty {
            TypeDescription::Structure(components) => components,
            TypeDescription::Array { count, .. } => {
                return Err((
                    depth,
                    format!("{at} is an array of {count}: choose an element, as {at}(0)"),
                ));
            }
            _ => &[],
        };
        let found = components
            .iter()
            .find(|component| component.name.as_deref() == Some(&*part.name));
        let Some(component) = found else {
            let names = components.iter().filter_map(|c| c.name.as_deref());
            return Err((
                depth,
                match components {
                    [] => format!("{at} has nothing below it, and no {}", part.name),
                    _ => format!("{at} has no {}{THERE_ARE}{}", part.name, list(names)),
                },
            ));
        };
        at = format!("{at}.{part}");
        ty = element(&component.ty, part.index).ok_or_else(|| {
            (
                depth,
                match component.ty {
                    TypeDescription::Array { count, .. } => {
                        format!("{at}: the array has {count} elements, counted from 0")
                    }
                    _ => format!("{at}: {} is no array", part.name),
                },
            )
        })?;
    }
    Ok(ty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure(components: Vec<(&str, TypeDescription)>) -> TypeDescription {
        TypeDescription::Structure(
            components
                .into_iter()
                .map(|(name, ty)| Component {
                    name: Some(name.to_owned()),
                    ty,
                })
                .collect(),
        )
    }

    fn path(text: &str) -> Vec<ReferencePart> {
        let reference: ObjectReference = format!("LD/LN.{text}").parse().unwrap();
        reference.path().to_vec()
    }

    #[test]
    fn the_missing_part_is_named() {
        let vector = structure(vec![("mag", TypeDescription::FLOAT32)]);
        let ty = structure(vec![
            (
                "har",
                TypeDescription::Array {
                    count: 3,
                    element: Box::new(vector),
                },
            ),
            ("num", TypeDescription::Integer(8)),
        ]);
        assert_eq!(
            follow("LD/LN", &ty, &path("har(2).mag")),
            Ok(&TypeDescription::FLOAT32)
        );
        for (wrong, depth, reason) in [
            ("hat", 0, "LD/LN has no hat; there are: har, num"),
            (
                "har(3)",
                0,
                "LD/LN.har(3): the array has 3 elements, counted from 0",
            ),
            (
                "har.mag",
                1,
                "LD/LN.har is an array of 3: choose an element, as LD/LN.har(0)",
            ),
            ("har(0).ang", 1, "LD/LN.har(0) has no ang; there are: mag"),
            ("num(0)", 0, "LD/LN.num(0): num is no array"),
            ("num.f", 1, "LD/LN.num has nothing below it, and no f"),
        ] {
            assert_eq!(
                follow("LD/LN", &ty, &path(wrong)),
                Err((depth, reason.to_owned())),
                "{wrong}"
            );
        }
    }

    #[test]
    fn names_of_several_functional_constraints() {
        assert_eq!(
            merge_names("x has no y; there are: a, b", "x has no y; there are: b, c"),
            "x has no y; there are: a, b, c"
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..50).map(|i| i.to_string()).collect();
        assert!(list(names.iter().map(String::as_str)).ends_with("39 and 10 more"));
        assert_eq!(list(std::iter::empty()), "none");
    }
}
