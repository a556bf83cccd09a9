//! MMS has a data object once for each functional constraint; here it is one again.

use super::Object;
use iec61850::{FunctionalConstraint, ReferencePart};
use mms::{MmsValue, TypeDescription};

/// A part of a data object under one functional constraint.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) fc: Option<FunctionalConstraint>,
    pub(super) ty: &'a TypeDescription,
    pub(super) value: Option<&'a MmsValue>,
}

/// A data object or attribute: structures of the same name are one item with several parts.
pub(super) struct Item<'a> {
    pub(super) name: &'a str,
    pub(super) parts: Vec<Part<'a>>,
}

impl<'a> Item<'a> {
    /// The functional constraint, if there is only one.
    pub(super) fn fc(&self) -> Option<FunctionalConstraint> {
        match self.parts.as_slice() {
            [only] => only.fc,
            _ => None,
        }
    }

    /// The number of elements, if it is an array.
    pub(super) fn count(&self) -> Option<u32> {
        match self.parts.first()?.ty {
            TypeDescription::Array { count, .. } => Some(*count),
            _ => None,
        }
    }

    /// Type and value, if it has nothing below it; an array of simple values has not.
    pub(super) fn leaf(&self) -> Option<Part<'a>> {
        match self.parts.as_slice() {
            [only] if !has_members(only.ty) => Some(*only),
            _ => None,
        }
    }

    /// What is below it; of an array, what is in each element.
    pub(super) fn children(&self) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        for part in &self.parts {
            let (ty, values) = match part.ty {
                TypeDescription::Array { element, .. } => (&**element, None),
                ty => (ty, part.value),
            };
            let TypeDescription::Structure(components) = ty else {
                continue;
            };
            let values = match values {
                Some(MmsValue::Structure(values)) => Some(values.as_slice()),
                _ => None,
            };
            for (i, component) in components.iter().enumerate() {
                let value = values.and_then(|values| values.get(i));
                let part = Part {
                    fc: part.fc,
                    ty: &component.ty,
                    value,
                };
                add(&mut items, component.name.as_deref().unwrap_or("?"), part);
            }
        }
        items
    }
}

/// Whether the type is a structure, or an array of these.
fn has_members(ty: &TypeDescription) -> bool {
    match ty {
        TypeDescription::Structure(_) => true,
        TypeDescription::Array { element, .. } => has_members(element),
        _ => false,
    }
}

fn add<'a>(items: &mut Vec<Item<'a>>, name: &'a str, part: Part<'a>) {
    let same = |item: &&mut Item<'a>| {
        item.name == name
            && has_members(part.ty)
            && item
                .parts
                .iter()
                .all(|other| has_members(other.ty) && other.fc.is_some() && other.fc != part.fc)
    };
    match items.iter_mut().find(same) {
        Some(item) => item.parts.push(part),
        None => items.push(Item {
            name,
            parts: vec![part],
        }),
    }
}

/// The data objects of a logical node.
pub(super) fn data_objects(objects: &[Object]) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    for object in objects.iter().filter(|object| !object.is_control_block()) {
        let part = Part {
            fc: object.fc,
            ty: &object.ty,
            value: object.value.as_ref(),
        };
        add(&mut items, &object.name, part);
    }
    items
}

/// Only what is at the end of the path, and with the functional constraint.
pub(super) fn narrow<'a>(
    items: Vec<Item<'a>>,
    path: &[ReferencePart],
    fc: Option<FunctionalConstraint>,
) -> Vec<Item<'a>> {
    let Some((first, rest)) = path.split_first() else {
        return items;
    };
    items
        .into_iter()
        .filter(|item| item.name == first.name)
        .filter_map(|mut item| {
            item.parts
                .retain(|part| fc.is_none_or(|fc| part.fc == Some(fc)));
            (!item.parts.is_empty()).then_some(item)
        })
        .flat_map(|item| match rest {
            [] => vec![item],
            rest => narrow(item.children(), rest, fc),
        })
        .collect()
}
