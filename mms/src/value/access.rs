use super::{BinaryTime, BitString, MmsType, MmsValue, ObjectIdentifier, UtcTime};
use crate::DataAccessError;
use chrono::{DateTime, Utc};

/// A value is not of the type, or not in the range, that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The value is of another type.
    #[error("expected {expected}, found {found:?}")]
    WrongType {
        /// What was asked for.
        expected: &'static str,
        /// What the value is.
        found: MmsType,
    },
    /// The number does not fit.
    #[error("{0} is out of range")]
    OutOfRange(i128),
    /// There is no such element.
    #[error("element {index} of {size}")]
    NoElement {
        /// The index asked for.
        index: usize,
        /// How many elements there are.
        size: usize,
    },
}

macro_rules! constructors {
    ($($(#[$meta:meta])* $name:ident($value:ident: $type:ty) => $make:expr;)+) => {
        /// Constructors with the names of py61850.
        impl MmsValue {
            $($(#[$meta])* pub fn $name($value: $type) -> Self { $make })+
        }
    };
}

constructors! {
    /// A boolean.
    new_bool(value: bool) => MmsValue::Boolean(value);
    /// A single-precision number.
    new_float(value: f32) => MmsValue::Float32(value);
    /// A double-precision number.
    new_double(value: f64) => MmsValue::Float64(value);
    /// A signed number.
    new_int8(value: i8) => MmsValue::Integer(value.into());
    /// A signed number.
    new_int16(value: i16) => MmsValue::Integer(value.into());
    /// A signed number.
    new_int32(value: i32) => MmsValue::Integer(value.into());
    /// A signed number.
    new_int64(value: i64) => MmsValue::Integer(value);
    /// An unsigned number.
    new_uint8(value: u8) => MmsValue::Unsigned(value.into());
    /// An unsigned number.
    new_uint16(value: u16) => MmsValue::Unsigned(value.into());
    /// An unsigned number.
    new_uint32(value: u32) => MmsValue::Unsigned(value.into());
    /// A string of characters.
    new_visible_string(value: impl Into<String>) => MmsValue::VisibleString(value.into());
    /// A string of Unicode characters.
    new_mms_string(value: impl Into<String>) => MmsValue::MmsString(value.into());
    /// A bit string of `value` zero bits.
    new_bitstring(value: usize) => MmsValue::BitString(BitString::new(value));
    /// A string of octets.
    from_octets(value: &[u8]) => MmsValue::OctetString(value.to_vec());
    /// A structure of `value` components, all false until they are set.
    new_empty_structure(value: usize) => MmsValue::Structure(vec![MmsValue::Boolean(false); value]);
    /// An absolute time.
    new_utc_time(value: DateTime<Utc>) => MmsValue::UtcTime(value.into());
    /// An absolute time from seconds since 1970.
    new_utc_time_s(value: u32) => MmsValue::UtcTime(UtcTime::from_parts(value, 0, 0));
    /// An absolute time from milliseconds since 1970.
    new_utc_time_ms(value: u64) => MmsValue::UtcTime(UtcTime::from_ms(value));
    /// A binary time of zero: six octets (`true`) or four.
    new_binary_time(value: bool) => MmsValue::BinaryTime(BinaryTime { ms: 0, days: value.then_some(0) });
}

macro_rules! wrong {
    ($self:ident, $expected:literal) => {
        Err(ValueError::WrongType {
            expected: $expected,
            found: $self.mms_type(),
        })
    };
}

/// Access with a check of the type. Every method fails with [`ValueError`] when the value is of
/// another type or the number does not fit.
#[allow(
    clippy::missing_errors_doc,
    reason = "said once for all of them in the line above"
)]
impl MmsValue {
    /// The time now.
    pub fn utc_now() -> Self {
        MmsValue::UtcTime(UtcTime::now())
    }

    /// `bits` bits from a number whose lowest bit is the first of the string.
    pub fn bitstring_from_integer(bits: usize, value: u32) -> Self {
        MmsValue::BitString(BitString::from_integer(bits, value))
    }

    /// The boolean.
    pub fn to_bool(&self) -> Result<bool, ValueError> {
        match self {
            MmsValue::Boolean(value) => Ok(*value),
            _ => wrong!(self, "a boolean"),
        }
    }

    /// The number, from an integer or unsigned value.
    pub fn to_int64(&self) -> Result<i64, ValueError> {
        match self {
            MmsValue::Integer(value) => Ok(*value),
            MmsValue::Unsigned(value) | MmsValue::Bcd(value) => {
                i64::try_from(*value).map_err(|_| ValueError::OutOfRange(i128::from(*value)))
            }
            _ => wrong!(self, "an integer"),
        }
    }

    /// The number, from an integer or unsigned value.
    pub fn to_int32(&self) -> Result<i32, ValueError> {
        let value = self.to_int64()?;
        value
            .try_into()
            .map_err(|_| ValueError::OutOfRange(value.into()))
    }

    /// The number, from an unsigned or a non-negative integer value.
    pub fn to_uint64(&self) -> Result<u64, ValueError> {
        match self {
            MmsValue::Unsigned(value) | MmsValue::Bcd(value) => Ok(*value),
            MmsValue::Integer(value) => {
                u64::try_from(*value).map_err(|_| ValueError::OutOfRange(i128::from(*value)))
            }
            _ => wrong!(self, "an unsigned integer"),
        }
    }

    /// The number, from an unsigned or a non-negative integer value.
    pub fn to_uint32(&self) -> Result<u32, ValueError> {
        let value = self.to_uint64()?;
        value
            .try_into()
            .map_err(|_| ValueError::OutOfRange(value.into()))
    }

    /// The number; a double-precision one is rounded.
    pub fn to_float(&self) -> Result<f32, ValueError> {
        match self {
            MmsValue::Float32(value) => Ok(*value),
            MmsValue::Float64(value) => Ok(*value as f32),
            _ => wrong!(self, "a floating-point number"),
        }
    }

    /// The number, from single or double precision.
    pub fn to_double(&self) -> Result<f64, ValueError> {
        match self {
            MmsValue::Float32(value) => Ok(f64::from(*value)),
            MmsValue::Float64(value) => Ok(*value),
            _ => wrong!(self, "a floating-point number"),
        }
    }

    /// The text of a visible or MMS string.
    pub fn to_string_value(&self) -> Result<&str, ValueError> {
        match self {
            MmsValue::VisibleString(text)
            | MmsValue::MmsString(text)
            | MmsValue::GeneralizedTime(text) => Ok(text),
            _ => wrong!(self, "a string"),
        }
    }

    /// The bits.
    pub fn to_bits(&self) -> Result<&BitString, ValueError> {
        match self {
            MmsValue::BitString(bits) | MmsValue::BooleanArray(bits) => Ok(bits),
            _ => wrong!(self, "a bit string"),
        }
    }

    /// The first 32 bits as a number, the first bit lowest.
    pub fn to_bitstring(&self) -> Result<u32, ValueError> {
        self.to_bits().map(BitString::to_integer)
    }

    /// The last 32 bits as a number, the last bit lowest.
    pub fn to_bitstring_be(&self) -> Result<u32, ValueError> {
        self.to_bits().map(BitString::to_integer_be)
    }

    /// One bit of a bit string; bits behind the end are false.
    pub fn bit(&self, index: usize) -> Result<bool, ValueError> {
        self.to_bits().map(|bits| bits.get(index))
    }

    /// Sets one bit of a bit string; bits behind the end are left alone.
    pub fn set_bit(&mut self, index: usize, value: bool) -> Result<(), ValueError> {
        match self {
            MmsValue::BitString(bits) | MmsValue::BooleanArray(bits) => {
                bits.set(index, value);
                Ok(())
            }
            _ => wrong!(self, "a bit string"),
        }
    }

    /// The octets.
    pub fn to_octet_string(&self) -> Result<&[u8], ValueError> {
        match self {
            MmsValue::OctetString(octets) => Ok(octets),
            _ => wrong!(self, "an octet string"),
        }
    }

    /// The absolute time with its quality.
    pub fn to_timestamp(&self) -> Result<UtcTime, ValueError> {
        match self {
            MmsValue::UtcTime(time) => Ok(*time),
            _ => wrong!(self, "a UTC time"),
        }
    }

    /// The absolute time in milliseconds since 1970.
    pub fn to_utc_time_ms(&self) -> Result<u64, ValueError> {
        self.to_timestamp().map(|time| time.time_in_ms())
    }

    /// The absolute time as a date.
    pub fn to_utc_time(&self) -> Result<DateTime<Utc>, ValueError> {
        self.to_timestamp().map(|time| time.time())
    }

    /// The binary time.
    pub fn to_binary_time(&self) -> Result<BinaryTime, ValueError> {
        match self {
            MmsValue::BinaryTime(time) => Ok(*time),
            _ => wrong!(self, "a binary time"),
        }
    }

    /// The object identifier.
    pub fn to_object_identifier(&self) -> Result<&ObjectIdentifier, ValueError> {
        match self {
            MmsValue::ObjId(oid) => Ok(oid),
            _ => wrong!(self, "an object identifier"),
        }
    }

    /// The error in place of a value.
    pub fn to_data_access_error(&self) -> Result<DataAccessError, ValueError> {
        match self {
            MmsValue::DataAccessError(error) => Ok(*error),
            _ => wrong!(self, "a data access error"),
        }
    }

    /// The elements of an array or structure.
    pub fn elements(&self) -> Result<&[MmsValue], ValueError> {
        match self {
            MmsValue::Array(elements) | MmsValue::Structure(elements) => Ok(elements),
            _ => wrong!(self, "an array or structure"),
        }
    }

    /// Elements of an array or structure, bits of a bit string, octets of an octet string,
    /// characters of a string.
    pub fn size(&self) -> Result<usize, ValueError> {
        match self {
            MmsValue::Array(elements) | MmsValue::Structure(elements) => Ok(elements.len()),
            MmsValue::BitString(bits) | MmsValue::BooleanArray(bits) => Ok(bits.len()),
            MmsValue::OctetString(octets) => Ok(octets.len()),
            MmsValue::VisibleString(text) | MmsValue::MmsString(text) => Ok(text.len()),
            _ => wrong!(self, "a value with a size"),
        }
    }

    /// One element of an array or structure.
    pub fn get_element(&self, index: usize) -> Result<&MmsValue, ValueError> {
        let elements = self.elements()?;
        elements.get(index).ok_or(ValueError::NoElement {
            index,
            size: elements.len(),
        })
    }

    /// Replaces one element of an array or structure.
    pub fn set_element(&mut self, index: usize, value: MmsValue) -> Result<(), ValueError> {
        match self {
            MmsValue::Array(elements) | MmsValue::Structure(elements) => {
                let size = elements.len();
                *elements
                    .get_mut(index)
                    .ok_or(ValueError::NoElement { index, size })? = value;
                Ok(())
            }
            _ => wrong!(self, "an array or structure"),
        }
    }
}

macro_rules! conversions {
    ($($type:ty => |$value:ident| $make:expr;)+) => {
        $(impl From<$type> for MmsValue {
            fn from($value: $type) -> Self { $make }
        })+
    };
}

conversions! {
    bool => |v| MmsValue::Boolean(v);
    i8 => |v| MmsValue::Integer(v.into());
    i16 => |v| MmsValue::Integer(v.into());
    i32 => |v| MmsValue::Integer(v.into());
    i64 => |v| MmsValue::Integer(v);
    u8 => |v| MmsValue::Unsigned(v.into());
    u16 => |v| MmsValue::Unsigned(v.into());
    u32 => |v| MmsValue::Unsigned(v.into());
    u64 => |v| MmsValue::Unsigned(v);
    f32 => |v| MmsValue::Float32(v);
    f64 => |v| MmsValue::Float64(v);
    &str => |v| MmsValue::VisibleString(v.into());
    String => |v| MmsValue::VisibleString(v);
    BitString => |v| MmsValue::BitString(v);
    UtcTime => |v| MmsValue::UtcTime(v);
    BinaryTime => |v| MmsValue::BinaryTime(v);
    DataAccessError => |v| MmsValue::DataAccessError(v);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_types_are_errors_not_numbers() {
        assert_eq!(
            MmsValue::new_float(1.5).to_int32(),
            Err(ValueError::WrongType {
                expected: "an integer",
                found: MmsType::Float
            })
        );
        assert_eq!(
            MmsValue::new_int32(-5).to_uint32(),
            Err(ValueError::OutOfRange(-5))
        );
        assert_eq!(
            MmsValue::Integer(1 << 40).to_int32(),
            Err(ValueError::OutOfRange(1 << 40))
        );
        assert!(MmsValue::new_bool(true).size().is_err());
    }

    #[test]
    fn elements() {
        let mut v = MmsValue::new_empty_structure(2);
        v.set_element(1, 7i32.into()).unwrap();
        assert_eq!(v.get_element(1).unwrap().to_int32(), Ok(7));
        assert_eq!(
            v.set_element(2, 7i32.into()),
            Err(ValueError::NoElement { index: 2, size: 2 })
        );
        let mut bits = MmsValue::bitstring_from_integer(4, 0b0001);
        bits.set_bit(3, true).unwrap();
        assert_eq!(
            (bits.to_bitstring(), bits.to_bitstring_be(), bits.bit(0)),
            (Ok(9), Ok(9), Ok(true))
        );
    }
}
