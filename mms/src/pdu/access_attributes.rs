//! The getVariableAccessAttributes service (ISO 9506-2 `GetVariableAccessAttributes-Request`,
//! `GetVariableAccessAttributes-Response`).

use super::variable::Address;
use super::wire::{explicit, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, boolean};
use crate::{ObjectName, TypeDescription};

pub(super) const GET_VARIABLE_ACCESS_ATTRIBUTES: Tag = Tag::context_constructed(6);

const NAME: Tag = Tag::context_constructed(0);
const ADDRESS: Tag = Tag::context_constructed(1);
const DELETABLE: Tag = Tag::context(0);
const TYPE: Tag = Tag::context_constructed(2);

/// Asks for the type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessAttributesRequest<'a> {
    /// Of the variable with this name.
    Name(ObjectName<'a>),
    /// Of the unnamed variable at this address.
    Address(Address<'a>),
}

impl<'a> AccessAttributesRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let Tlv { tag, content } = explicit(content)?;
        let inner = explicit(content)?;
        match tag {
            NAME => ObjectName::from_tlv(inner).map(AccessAttributesRequest::Name),
            ADDRESS => Address::from_tlv(inner).map(AccessAttributesRequest::Address),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_VARIABLE_ACCESS_ATTRIBUTES, |w| match self {
            AccessAttributesRequest::Name(name) => w.constructed(NAME, |w| name.encode(w)),
            AccessAttributesRequest::Address(address) => {
                w.constructed(ADDRESS, |w| address.encode(w))
            }
        });
    }
}

/// The type of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessAttributesResponse<'a> {
    /// Whether the variable can be deleted over MMS.
    pub deletable: bool,
    /// Where the variable is, if the peer says so.
    pub address: Option<Address<'a>>,
    /// Its type.
    pub ty: TypeDescription,
}

impl<'a> AccessAttributesResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let deletable = boolean(r.expect(DELETABLE)?)?;
        let address = r
            .optional(ADDRESS)?
            .map(|content| Address::from_tlv(explicit(content)?))
            .transpose()?;
        let ty = TypeDescription::from_tlv(explicit(r.expect(TYPE)?)?)?;
        skip_extensions(&mut r, 3)?;
        Ok(AccessAttributesResponse {
            deletable,
            address,
            ty,
        })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_VARIABLE_ACCESS_ATTRIBUTES, |w| {
            w.boolean(DELETABLE, self.deletable);
            if let Some(address) = &self.address {
                w.constructed(ADDRESS, |w| address.encode(w));
            }
            w.constructed(TYPE, |w| self.ty.encode(w));
        });
    }
}

/// Writes a response without an address as service element; `ty` writes the type, as
/// [`TypeDescription::encode`] does.
pub fn write_access_attributes<'w>(
    w: &mut Writer<'w>,
    deletable: bool,
    ty: impl FnOnce(&mut Writer<'w>),
) {
    w.constructed(GET_VARIABLE_ACCESS_ATTRIBUTES, |w| {
        w.boolean(DELETABLE, deletable);
        w.constructed(TYPE, ty);
    });
}
