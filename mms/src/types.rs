use crate::ber::{BerError, Reader, Tag, Tlv, Writer, boolean, integer, unsigned, unsigned32};
use crate::name::identifier;
use crate::{MAX_DATA_NESTING, MmsType, type_writer};

/// Types of a tag number above are refused: no edition comes near it.
const MAX_UNKNOWN: u32 = 127;

/// A named component of a structure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Component {
    /// The name; structures of some peers leave it out.
    pub name: Option<String>,
    /// The type.
    pub ty: TypeDescription,
}

/// The type of a variable (ISO 9506-2 `TypeDescription`).
///
/// Sizes of strings are as on the wire: positive is a fixed size, negative the largest of a
/// varying one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TypeDescription {
    /// Elements of one type.
    Array {
        /// Number of elements.
        count: u32,
        /// Their type.
        element: Box<TypeDescription>,
    },
    /// Components of different types.
    Structure(Vec<Component>),
    /// True or false.
    Boolean,
    /// Size in bits.
    BitString(i32),
    /// Width in bits.
    Integer(u8),
    /// Width in bits.
    Unsigned(u8),
    /// Floating point.
    Float {
        /// Width of the whole format in bits: 32 or 64.
        format_width: u8,
        /// Width of the exponent in bits: 8 or 11.
        exponent_width: u8,
    },
    /// Size in octets.
    OctetString(i32),
    /// Size in characters.
    VisibleString(i32),
    /// A time as text.
    GeneralizedTime,
    /// Whether the day is included.
    BinaryTime(bool),
    /// Number of digits.
    Bcd(u8),
    /// An object identifier.
    ObjId,
    /// Size in characters.
    MmsString(i32),
    /// An absolute time.
    UtcTime,
    /// Size in bits.
    BooleanArray(i32),
    /// A type the decoder does not know, kept by its tag number (at most 127).
    Unknown(u32),
}

impl TypeDescription {
    /// 32-bit floating point.
    pub const FLOAT32: TypeDescription = TypeDescription::Float {
        format_width: 32,
        exponent_width: 8,
    };
    /// 64-bit floating point.
    pub const FLOAT64: TypeDescription = TypeDescription::Float {
        format_width: 64,
        exponent_width: 11,
    };

    /// The kind of values of this type.
    pub fn mms_type(&self) -> Option<MmsType> {
        Some(match self {
            TypeDescription::Array { .. } => MmsType::Array,
            TypeDescription::Structure(_) => MmsType::Structure,
            TypeDescription::Boolean => MmsType::Boolean,
            TypeDescription::BitString(_) => MmsType::BitString,
            TypeDescription::Integer(_) => MmsType::Integer,
            TypeDescription::Unsigned(_) => MmsType::Unsigned,
            TypeDescription::Float { .. } => MmsType::Float,
            TypeDescription::OctetString(_) => MmsType::OctetString,
            TypeDescription::VisibleString(_) => MmsType::VisibleString,
            TypeDescription::GeneralizedTime => MmsType::GeneralizedTime,
            TypeDescription::BinaryTime(_) => MmsType::BinaryTime,
            TypeDescription::Bcd(_) => MmsType::Bcd,
            TypeDescription::ObjId => MmsType::ObjId,
            TypeDescription::MmsString(_) => MmsType::MmsString,
            TypeDescription::UtcTime => MmsType::UtcTime,
            TypeDescription::BooleanArray(_) => MmsType::BooleanArray,
            TypeDescription::Unknown(_) => return None,
        })
    }

    /// A component by its path, names separated by `$` or `.`.
    pub fn child_by_name(&self, path: &str) -> Option<&TypeDescription> {
        path.split(['$', '.']).try_fold(self, |ty, name| match ty {
            TypeDescription::Structure(components) => components
                .iter()
                .find(|c| c.name.as_deref() == Some(name))
                .map(|c| &c.ty),
            _ => None,
        })
    }

    /// Writes the type as the alternative of `TypeSpecification` it is.
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            TypeDescription::Array { count, element } => {
                type_writer::array(w, *count, |w| element.encode(w))
            }
            TypeDescription::Structure(components) => type_writer::structure(w, |w| {
                for component in components {
                    type_writer::component(w, component.name.as_deref(), |w| {
                        component.ty.encode(w)
                    });
                }
            }),
            TypeDescription::Boolean => w.null(Tag::context(3)),
            TypeDescription::BitString(size) => w.integer(Tag::context(4), (*size).into()),
            TypeDescription::Integer(bits) => w.integer(Tag::context(5), (*bits).into()),
            TypeDescription::Unsigned(bits) => w.integer(Tag::context(6), (*bits).into()),
            TypeDescription::Float {
                format_width,
                exponent_width,
            } => {
                w.constructed(Tag::context_constructed(7), |w| {
                    w.integer(Tag::INTEGER, (*format_width).into());
                    w.integer(Tag::INTEGER, (*exponent_width).into());
                });
            }
            TypeDescription::OctetString(size) => w.integer(Tag::context(9), (*size).into()),
            TypeDescription::VisibleString(size) => w.integer(Tag::context(10), (*size).into()),
            TypeDescription::GeneralizedTime => w.null(Tag::context(11)),
            TypeDescription::BinaryTime(day) => w.boolean(Tag::context(12), *day),
            TypeDescription::Bcd(digits) => w.integer(Tag::context(13), (*digits).into()),
            TypeDescription::BooleanArray(size) => w.integer(Tag::context(14), (*size).into()),
            TypeDescription::ObjId => w.null(Tag::context(15)),
            TypeDescription::MmsString(size) => w.integer(Tag::context(16), (*size).into()),
            TypeDescription::UtcTime => w.null(Tag::context(17)),
            // No decoder takes it for a type it knows.
            TypeDescription::Unknown(number) => {
                w.null(Tag::context((*number).min(MAX_UNKNOWN) as u8));
            }
        }
    }

    /// Reads a type from its element.
    ///
    /// # Errors
    /// [`BerError`] if the element is not a type description, or nested deeper than
    /// [`MAX_DATA_NESTING`].
    pub fn from_tlv(tlv: Tlv<'_>) -> Result<Self, BerError> {
        decode(tlv, 0)
    }

    /// Takes the next element of `reader` as a type.
    ///
    /// # Errors
    /// As for [`TypeDescription::from_tlv`].
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, BerError> {
        Self::from_tlv(reader.any()?)
    }
}

fn decode(tlv: Tlv<'_>, depth: usize) -> Result<TypeDescription, BerError> {
    if depth > MAX_DATA_NESTING {
        return Err(BerError::TooDeep);
    }
    let number = tlv.tag.number();
    if !tlv.tag.is_context() {
        return Err(BerError::UnknownChoice(tlv.tag));
    }
    let size =
        || integer(tlv.content).and_then(|n| i32::try_from(n).map_err(|_| BerError::IntegerRange));
    let width =
        || unsigned(tlv.content).and_then(|n| u8::try_from(n).map_err(|_| BerError::IntegerRange));
    Ok(match number {
        1 => {
            let mut r = tlv.reader();
            r.optional(Tag::context(0))?;
            let count = unsigned32(r.expect(Tag::context(1))?)?;
            let element = decode(
                r.expect_nested(Tag::context_constructed(2))?.any()?,
                depth + 1,
            )?;
            TypeDescription::Array {
                count,
                element: Box::new(element),
            }
        }
        2 => {
            let mut r = tlv.reader();
            r.optional(Tag::context(0))?;
            let mut list = r.expect_nested(Tag::context_constructed(1))?;
            let mut components = Vec::new();
            while let Some(component) = list.take()? {
                let mut c = component.reader();
                let name = c
                    .optional(Tag::context(0))?
                    .map(identifier)
                    .transpose()?
                    .map(str::to_owned);
                let ty = decode(
                    c.expect_nested(Tag::context_constructed(1))?.any()?,
                    depth + 1,
                )?;
                components.push(Component { name, ty });
            }
            TypeDescription::Structure(components)
        }
        3 => TypeDescription::Boolean,
        4 => TypeDescription::BitString(size()?),
        5 => TypeDescription::Integer(width()?),
        6 => TypeDescription::Unsigned(width()?),
        7 => {
            let mut r = tlv.reader();
            let mut field = || -> Result<u8, BerError> {
                unsigned(r.expect(Tag::INTEGER)?)?
                    .try_into()
                    .map_err(|_| BerError::IntegerRange)
            };
            TypeDescription::Float {
                format_width: field()?,
                exponent_width: field()?,
            }
        }
        9 => TypeDescription::OctetString(size()?),
        10 => TypeDescription::VisibleString(size()?),
        11 => TypeDescription::GeneralizedTime,
        12 => TypeDescription::BinaryTime(boolean(tlv.content)?),
        13 => TypeDescription::Bcd(width()?),
        14 => TypeDescription::BooleanArray(size()?),
        15 => TypeDescription::ObjId,
        16 => TypeDescription::MmsString(size()?),
        17 => TypeDescription::UtcTime,
        other @ 0..=MAX_UNKNOWN => TypeDescription::Unknown(other),
        _ => return Err(BerError::UnknownChoice(tlv.tag)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> TypeDescription {
        let component = |name: &str, ty| Component {
            name: Some(name.into()),
            ty,
        };
        TypeDescription::Structure(vec![
            component(
                "mag",
                TypeDescription::Structure(vec![component("f", TypeDescription::FLOAT32)]),
            ),
            component("q", TypeDescription::BitString(-13)),
            component("t", TypeDescription::UtcTime),
            component(
                "hist",
                TypeDescription::Array {
                    count: 6,
                    element: Box::new(TypeDescription::Integer(32)),
                },
            ),
            Component {
                name: None,
                ty: TypeDescription::MmsString(-255),
            },
            component("day", TypeDescription::BinaryTime(true)),
            component("d", TypeDescription::FLOAT64),
        ])
    }

    #[test]
    fn round_trip_and_truncation() {
        let mut out = vec![];
        sample().encode(&mut Writer::unbounded(&mut out));
        assert_eq!(
            TypeDescription::decode(&mut Reader::new(&out)),
            Ok(sample())
        );
        for cut in 0..out.len() {
            assert!(TypeDescription::decode(&mut Reader::new(&out[..cut])).is_err());
        }
    }

    #[test]
    fn unknown_types_stay_unknown() {
        for (bytes, number) in [(&[0x80, 1, 0][..], 0), (&[0x9f, 0x7f, 0], 127)] {
            let mut reader = Reader::new(bytes);
            let unknown = TypeDescription::decode(&mut reader).unwrap();
            assert_eq!(unknown, TypeDescription::Unknown(number));
            let mut out = vec![];
            unknown.encode(&mut Writer::unbounded(&mut out));
            assert_eq!(TypeDescription::decode(&mut Reader::new(&out)), Ok(unknown));
        }
        assert!(TypeDescription::decode(&mut Reader::new(&[0x9f, 0x81, 0, 0])).is_err());
    }

    #[test]
    fn children() {
        assert_eq!(
            sample().child_by_name("mag.f"),
            Some(&TypeDescription::FLOAT32)
        );
        assert_eq!(sample().child_by_name("mag$x"), None);
    }

    #[test]
    fn nesting_is_bounded() {
        let mut bytes = vec![0x83, 0];
        for _ in 0..100 {
            let mut outer = vec![];
            type_writer::array(&mut Writer::unbounded(&mut outer), 1, |w| w.raw(&bytes));
            bytes = outer;
        }
        assert_eq!(
            TypeDescription::decode(&mut Reader::new(&bytes)),
            Err(BerError::TooDeep)
        );
    }
}
