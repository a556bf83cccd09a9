//! How requests say which variables they mean: `VariableSpecification`,
//! `VariableAccessSpecification`, `Address`.

use super::alternate_access::{ALTERNATE_ACCESS, AlternateAccess};
use super::list::{List, ListElement};
use super::wire::{explicit, lenient_u32, skip_extensions};
use crate::ber::{BerError, Reader, Tag, Tlv, Writer, text};
use crate::{ObjectName, TypeDescription};

const NAME: Tag = Tag::context_constructed(0);
const ADDRESS: Tag = Tag::context_constructed(1);
const DESCRIPTION: Tag = Tag::context_constructed(2);
const SCATTERED: Tag = Tag::context_constructed(3);
const INVALIDATED: Tag = Tag::context(4);

/// A place in the memory of the peer (ISO 9506-2 `Address`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address<'a> {
    /// A number.
    Numeric(u32),
    /// A name with a meaning to the peer alone.
    Symbolic(&'a str),
    /// Octets with a meaning to the peer alone.
    Unconstrained(&'a [u8]),
}

impl<'a> Address<'a> {
    /// Reads an address from its element.
    ///
    /// # Errors
    /// [`BerError`] if the element is no address.
    pub fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        const NUMERIC: Tag = Tag::context(0);
        const SYMBOLIC: Tag = Tag::context(1);
        const UNCONSTRAINED: Tag = Tag::context(2);
        match tlv.tag {
            NUMERIC => lenient_u32(tlv.content).map(Address::Numeric),
            SYMBOLIC => text(tlv.content).map(Address::Symbolic),
            UNCONSTRAINED => Ok(Address::Unconstrained(tlv.content)),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    /// Writes the address.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            Address::Numeric(number) => w.unsigned(Tag::context(0), (*number).into()),
            Address::Symbolic(name) => w.text(Tag::context(1), name),
            Address::Unconstrained(octets) => w.primitive(Tag::context(2), octets),
        }
    }
}

/// A type inside a variable description: checked, and decoded when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeSpecification<'a>(Tlv<'a>);

impl<'a> TypeSpecification<'a> {
    /// Checks an element to its last leaf.
    ///
    /// # Errors
    /// [`BerError`] if it is no type, or nested deeper than [`crate::MAX_DATA_NESTING`].
    pub fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        TypeDescription::from_tlv(tlv)?;
        Ok(TypeSpecification(tlv))
    }

    /// The type itself.
    pub fn description(&self) -> TypeDescription {
        // A failure was refused when the view was made.
        TypeDescription::from_tlv(self.0)
            .unwrap_or_else(|_| TypeDescription::Unknown(self.0.tag.number()))
    }

    /// Writes the type as it came.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.primitive(self.0.tag, self.0.content);
    }
}

/// Which variable is meant (ISO 9506-2 `VariableSpecification`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableSpecification<'a> {
    /// The variable with this name.
    Name(ObjectName<'a>),
    /// What is at this address.
    Address(Address<'a>),
    /// What is at this address, taken as a value of this type.
    Description {
        /// Where it is.
        address: Address<'a>,
        /// As what it is to be taken.
        ty: TypeSpecification<'a>,
    },
    /// Scattered access (parameter building block VSCA): the content of the description, not
    /// read any further because no service here offers it.
    Scattered(&'a [u8]),
    /// A member of a variable list whose variable is gone.
    Invalidated,
}

impl<'a> From<ObjectName<'a>> for VariableSpecification<'a> {
    fn from(name: ObjectName<'a>) -> Self {
        VariableSpecification::Name(name)
    }
}

impl<'a> VariableSpecification<'a> {
    /// Reads the specification from its element.
    ///
    /// # Errors
    /// [`BerError`] if the element is malformed.
    pub fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        Ok(match tlv.tag {
            NAME => VariableSpecification::Name(ObjectName::from_tlv(explicit(tlv.content)?)?),
            ADDRESS => VariableSpecification::Address(Address::from_tlv(explicit(tlv.content)?)?),
            DESCRIPTION => {
                let mut r = tlv.reader();
                let address = Address::from_tlv(r.any()?)?;
                let ty = TypeSpecification::from_tlv(r.any()?)?;
                r.finish()?;
                VariableSpecification::Description { address, ty }
            }
            SCATTERED => VariableSpecification::Scattered(tlv.content),
            INVALIDATED => VariableSpecification::Invalidated,
            other => return Err(BerError::UnknownChoice(other)),
        })
    }

    /// Writes the specification.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            VariableSpecification::Name(name) => w.constructed(NAME, |w| name.encode(w)),
            VariableSpecification::Address(address) => {
                w.constructed(ADDRESS, |w| address.encode(w))
            }
            VariableSpecification::Description { address, ty } => {
                w.constructed(DESCRIPTION, |w| {
                    address.encode(w);
                    ty.encode(w);
                });
            }
            VariableSpecification::Scattered(content) => w.primitive(SCATTERED, content),
            VariableSpecification::Invalidated => w.null(INVALIDATED),
        }
    }
}

/// One element of a list of variables: a variable and, if only a part of it is meant, which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariableAccess<'a> {
    /// The variable.
    pub variable: VariableSpecification<'a>,
    /// The part of it; `None` is the whole.
    pub alternate_access: Option<AlternateAccess<'a>>,
}

impl<'a> From<ObjectName<'a>> for VariableAccess<'a> {
    fn from(name: ObjectName<'a>) -> Self {
        VariableSpecification::Name(name).into()
    }
}

impl<'a> From<VariableSpecification<'a>> for VariableAccess<'a> {
    fn from(variable: VariableSpecification<'a>) -> Self {
        VariableAccess {
            variable,
            alternate_access: None,
        }
    }
}

impl<'a> VariableAccess<'a> {
    /// The same variable, restricted to a part.
    pub fn with_alternate_access(mut self, part: AlternateAccess<'a>) -> Self {
        self.alternate_access = Some(part);
        self
    }

    /// The name of the variable, if it is given by name.
    pub fn name(&self) -> Option<ObjectName<'a>> {
        match self.variable {
            VariableSpecification::Name(name) => Some(name),
            _ => None,
        }
    }

    /// Writes the element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(Tag::SEQUENCE, |w| {
            self.variable.encode(w);
            if let Some(part) = &self.alternate_access {
                part.encode(w);
            }
        });
    }
}

impl<'a> ListElement<'a> for VariableAccess<'a> {
    fn from_element(tlv: Tlv<'a>) -> Result<Self, BerError> {
        if tlv.tag != Tag::SEQUENCE {
            return Err(BerError::UnexpectedTag {
                expected: Tag::SEQUENCE,
                found: tlv.tag,
            });
        }
        let mut r = tlv.reader();
        let variable = VariableSpecification::from_tlv(r.any()?)?;
        let alternate_access = r
            .optional(ALTERNATE_ACCESS)?
            .map(AlternateAccess::decode)
            .transpose()?;
        // Tags below 6 are the alternatives of the variable and the alternate access.
        skip_extensions(&mut r, 6)?;
        Ok(VariableAccess {
            variable,
            alternate_access,
        })
    }
}

/// A list of variables, each perhaps restricted to a part.
pub type VariableList<'a> = List<'a, VariableAccess<'a>>;

/// The variables a read, write or information report is about (ISO 9506-2
/// `VariableAccessSpecification`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableAccessSpecification<'a> {
    /// These variables.
    Variables(VariableList<'a>),
    /// The members of this named variable list.
    ListName(ObjectName<'a>),
}

const LIST_OF_VARIABLE: Tag = Tag::context_constructed(0);
const VARIABLE_LIST_NAME: Tag = Tag::context_constructed(1);

impl<'a> VariableAccessSpecification<'a> {
    /// Reads the specification from its element and checks it to its last leaf.
    ///
    /// # Errors
    /// [`BerError`] if the element is malformed.
    pub fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        match tlv.tag {
            LIST_OF_VARIABLE => {
                List::decode(tlv.content).map(VariableAccessSpecification::Variables)
            }
            VARIABLE_LIST_NAME => ObjectName::from_tlv(explicit(tlv.content)?)
                .map(VariableAccessSpecification::ListName),
            other => Err(BerError::UnknownChoice(other)),
        }
    }

    /// Takes the next element of `reader` as a specification.
    ///
    /// # Errors
    /// As for [`VariableAccessSpecification::from_tlv`], and if nothing is left.
    pub fn decode(reader: &mut Reader<'a>) -> Result<Self, BerError> {
        Self::from_tlv(reader.any()?)
    }

    /// Writes the specification.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            VariableAccessSpecification::Variables(list) => list.encode(w, LIST_OF_VARIABLE),
            VariableAccessSpecification::ListName(name) => write_list_name(w, *name),
        }
    }
}

/// Writes a [`VariableAccessSpecification`] of these variables.
pub fn write_variables<'v, V: Into<VariableAccess<'v>>>(
    w: &mut Writer<'_>,
    variables: impl IntoIterator<Item = V>,
) {
    write_variables_under(w, LIST_OF_VARIABLE, variables);
}

/// Writes a [`VariableAccessSpecification`] that names a variable list.
pub fn write_list_name(w: &mut Writer<'_>, name: ObjectName<'_>) {
    w.constructed(VARIABLE_LIST_NAME, |w| name.encode(w));
}

pub(super) fn write_variables_under<'v, V: Into<VariableAccess<'v>>>(
    w: &mut Writer<'_>,
    tag: Tag,
    variables: impl IntoIterator<Item = V>,
) {
    w.constructed(tag, |w| {
        for variable in variables {
            variable.into().encode(w);
        }
    });
}
