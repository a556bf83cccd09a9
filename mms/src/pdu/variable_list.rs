//! Named variable lists (data sets): ISO 9506-2 `DefineNamedVariableList-Request`,
//! `GetNamedVariableListAttributes-Request` and `-Response`,
//! `DeleteNamedVariableList-Request` and `-Response`.

use super::list::List;
use super::variable::{VariableAccess, VariableList, write_variables_under};
use super::wire::{explicit, lenient_u32, optional_identifier, skip_extensions};
use crate::ObjectName;
use crate::ber::{BerError, Mark, Reader, Tag, Writer, boolean, integer};

pub(super) const DEFINE: Tag = Tag::context_constructed(11);
pub(super) const DEFINE_RESPONSE: Tag = Tag::context(11);
pub(super) const GET_ATTRIBUTES: Tag = Tag::context_constructed(12);
pub(super) const DELETE: Tag = Tag::context_constructed(13);

const DEFINE_VARIABLES: Tag = Tag::context_constructed(0);
const DELETABLE: Tag = Tag::context(0);
const ATTRIBUTES_VARIABLES: Tag = Tag::context_constructed(1);
const SCOPE: Tag = Tag::context(0);
const LISTS: Tag = Tag::context_constructed(1);
const DOMAIN_NAME: u8 = 2;

/// Creates a variable list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefineVariableListRequest<'a> {
    /// Name of the new list.
    pub name: ObjectName<'a>,
    /// Its members.
    pub variables: VariableList<'a>,
}

impl<'a> DefineVariableListRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let name = ObjectName::decode(&mut r)?;
        let variables = List::decode(r.expect(DEFINE_VARIABLES)?)?;
        skip_extensions(&mut r, 1)?;
        Ok(DefineVariableListRequest { name, variables })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(DEFINE, |w| {
            self.name.encode(w);
            self.variables.encode(w, DEFINE_VARIABLES);
        });
    }
}

/// Writes a request that creates the list `name` of these variables as service element.
pub fn write_define_variable_list<'v, V: Into<VariableAccess<'v>>>(
    w: &mut Writer<'_>,
    name: ObjectName<'_>,
    variables: impl IntoIterator<Item = V>,
) {
    w.constructed(DEFINE, |w| {
        name.encode(w);
        write_variables_under(w, DEFINE_VARIABLES, variables);
    });
}

/// The list was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefineVariableListResponse;

impl DefineVariableListResponse {
    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.null(DEFINE_RESPONSE);
    }
}

/// Asks for the members of a variable list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariableListAttributesRequest<'a> {
    /// The list.
    pub name: ObjectName<'a>,
}

impl<'a> VariableListAttributesRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        ObjectName::from_tlv(explicit(content)?).map(|name| VariableListAttributesRequest { name })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_ATTRIBUTES, |w| self.name.encode(w));
    }
}

/// The members of a variable list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariableListAttributesResponse<'a> {
    /// Whether the list can be deleted over MMS.
    pub deletable: bool,
    /// The members.
    pub variables: VariableList<'a>,
}

impl<'a> VariableListAttributesResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let deletable = boolean(r.expect(DELETABLE)?)?;
        let variables = List::decode(r.expect(ATTRIBUTES_VARIABLES)?)?;
        skip_extensions(&mut r, 2)?;
        Ok(VariableListAttributesResponse {
            deletable,
            variables,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        let mut response = VariableListAttributesWriter::begin(w, self.deletable);
        for variable in self.variables {
            response.push(w, variable);
        }
        response.end(w);
    }
}

/// Writes a getNamedVariableListAttributes response member by member.
#[derive(Debug)]
#[must_use = "a response that was begun has to be ended"]
pub struct VariableListAttributesWriter {
    service: Mark,
    variables: Mark,
}

impl VariableListAttributesWriter {
    /// Opens the service element.
    pub fn begin(w: &mut Writer<'_>, deletable: bool) -> VariableListAttributesWriter {
        let service = w.begin(GET_ATTRIBUTES);
        w.boolean(DELETABLE, deletable);
        let variables = w.begin(ATTRIBUTES_VARIABLES);
        VariableListAttributesWriter { service, variables }
    }

    /// Writes the next member.
    pub fn push<'v>(&mut self, w: &mut Writer<'_>, variable: impl Into<VariableAccess<'v>>) {
        variable.into().encode(w);
    }

    /// Closes the service element.
    pub fn end(self, w: &mut Writer<'_>) {
        w.end(self.variables);
        w.end(self.service);
    }
}

/// Which variable lists are to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeleteScope {
    /// Those that are named.
    Specific,
    /// All of the association.
    Association,
    /// All of the domain that is named.
    Domain,
    /// All of the VMD.
    Vmd,
}

/// Deletes variable lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteVariableListRequest<'a> {
    /// Which.
    pub scope: DeleteScope,
    /// Their names, for [`DeleteScope::Specific`].
    pub lists: Option<List<'a, ObjectName<'a>>>,
    /// Name of the domain, for [`DeleteScope::Domain`].
    pub domain: Option<&'a str>,
}

impl<'a> DeleteVariableListRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let scope = match r.optional(SCOPE)?.map(integer).transpose()? {
            None | Some(0) => DeleteScope::Specific,
            Some(1) => DeleteScope::Association,
            Some(2) => DeleteScope::Domain,
            Some(3) => DeleteScope::Vmd,
            Some(_) => return Err(BerError::IntegerRange),
        };
        let lists = r.optional(LISTS)?.map(List::decode).transpose()?;
        let domain = optional_identifier(&mut r, DOMAIN_NAME)?;
        skip_extensions(&mut r, 3)?;
        Ok(DeleteVariableListRequest {
            scope,
            lists,
            domain,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(DELETE, |w| {
            let scope = match self.scope {
                DeleteScope::Specific => 0,
                DeleteScope::Association => 1,
                DeleteScope::Domain => 2,
                DeleteScope::Vmd => 3,
            };
            // Specific is the default; libiec61850 writes it all the same.
            w.integer(SCOPE, scope);
            if let Some(lists) = &self.lists {
                lists.encode(w, LISTS);
            }
            if let Some(domain) = self.domain {
                w.text(Tag::context(DOMAIN_NAME), domain);
            }
        });
    }
}

/// Writes a request that deletes these lists as service element.
pub fn write_delete_variable_lists<'v>(
    w: &mut Writer<'_>,
    lists: impl IntoIterator<Item = ObjectName<'v>>,
) {
    w.constructed(DELETE, |w| {
        w.integer(SCOPE, 0);
        w.constructed(LISTS, |w| {
            for name in lists {
                name.encode(w);
            }
        });
    });
}

/// How many variable lists were deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteVariableListResponse {
    /// Lists the request means.
    pub matched: u32,
    /// Lists of these that were deleted.
    pub deleted: u32,
}

impl DeleteVariableListResponse {
    pub(super) fn decode(content: &[u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let matched = lenient_u32(r.expect(Tag::context(0))?)?;
        let deleted = lenient_u32(r.expect(Tag::context(1))?)?;
        skip_extensions(&mut r, 2)?;
        Ok(DeleteVariableListResponse { matched, deleted })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(DELETE, |w| {
            w.unsigned(Tag::context(0), self.matched.into());
            w.unsigned(Tag::context(1), self.deleted.into());
        });
    }
}
