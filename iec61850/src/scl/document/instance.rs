//! `DOI`, `SDI`, `DAI` and `Val`: what an instance has different from its template.

use crate::scl::error::SclError;
use crate::scl::xml::{Element, Place, Reader};

/// `SDI` elements may be nested as deep as data types, which have names of at most 129 characters.
const MAX_DEPTH: usize = 64;

/// A value, for one setting group if it says so.
#[derive(Debug)]
pub(crate) struct Val {
    pub(crate) place: Place,
    pub(crate) setting_group: Option<u8>,
    pub(crate) text: String,
}

impl Val {
    /// The `Val` elements of an attribute or its instance.
    pub(super) fn parse_all<'a>(
        reader: &mut Reader<'a>,
        parent: Element<'a>,
    ) -> Result<Vec<Self>, SclError> {
        let mut values = Vec::new();
        for val in reader.children(parent, &[("Val", "sGroup")]) {
            let group: u8 = reader.number(val, "sGroup", 0)?;
            values.push(Val {
                place: val.place,
                setting_group: (group > 0).then_some(group),
                text: val.content(),
            });
        }
        Ok(values)
    }
}

/// A `DOI`, `SDI` or `DAI`.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) place: Place,
    pub(crate) name: String,
    /// The array element it is about.
    pub(crate) ix: Option<u32>,
    pub(crate) short_address: Option<String>,
    pub(crate) values: Vec<Val>,
    pub(crate) children: Vec<Instance>,
}

impl Instance {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<Self>, SclError> {
        Self::parse_at(reader, element, 0)
    }

    fn parse_at<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
        depth: usize,
    ) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        if depth > MAX_DEPTH {
            return Err(SclError::Invalid {
                location: reader.places.locate(element.place),
                reason: format!("nested more than {MAX_DEPTH} deep"),
            });
        }
        let ix = match element.filled_attribute("ix") {
            Some(_) => Some(reader.number(element, "ix", 0)?),
            None => None,
        };
        let mut children = Vec::new();
        for child in reader.children(element, &[("SDI", "name"), ("DAI", "name")]) {
            children.extend(Self::parse_at(reader, child, depth + 1)?);
        }
        Ok(Some(Instance {
            place: element.place,
            name,
            ix,
            short_address: element.filled_attribute("sAddr"),
            values: Val::parse_all(reader, element)?,
            children,
        }))
    }
}
