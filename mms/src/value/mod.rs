//! MMS data: values, and views of values that are still in a PDU.

mod access;
mod bit_string;
mod oid;
mod time;
mod view;

pub use access::ValueError;
pub use bit_string::BitString;
pub use oid::ObjectIdentifier;
pub use time::{BinaryTime, UtcTime};
pub use view::DataView;

use crate::DataAccessError;
use crate::ber::{BerError, Tag, Writer};
use std::fmt;

/// How deep arrays and structures may be nested in data that is decoded.
pub const MAX_DATA_NESTING: usize = 32;

/// The kinds of MMS data, with the numbers of libiec61850 and py61850.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum MmsType {
    /// Elements of one type.
    Array = 0,
    /// Components of different types.
    Structure = 1,
    /// True or false.
    Boolean = 2,
    /// A string of bits.
    BitString = 3,
    /// A signed number.
    Integer = 4,
    /// An unsigned number.
    Unsigned = 5,
    /// A floating-point number of 32 or 64 bits.
    Float = 6,
    /// A string of octets.
    OctetString = 7,
    /// A string of characters.
    VisibleString = 8,
    /// A time as text.
    GeneralizedTime = 9,
    /// A time of day, with or without the day.
    BinaryTime = 10,
    /// A number in binary coded decimals.
    Bcd = 11,
    /// An object identifier.
    ObjId = 12,
    /// A string of Unicode characters.
    MmsString = 13,
    /// An absolute time.
    UtcTime = 14,
    /// An error in place of a value.
    DataAccessError = 15,
    /// An array of booleans in the form of a bit string.
    BooleanArray = 16,
}

/// A value of any MMS type (ISO 9506-2 `Data`), or the error that stands in its place.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum MmsValue {
    /// Elements of one type.
    Array(Vec<MmsValue>),
    /// Components of different types.
    Structure(Vec<MmsValue>),
    /// True or false.
    Boolean(bool),
    /// A string of bits.
    BitString(BitString),
    /// A signed number.
    Integer(i64),
    /// An unsigned number.
    Unsigned(u64),
    /// Floating point, single precision.
    Float32(f32),
    /// Floating point, double precision.
    Float64(f64),
    /// A string of octets.
    OctetString(Vec<u8>),
    /// A string of characters of ISO 646.
    VisibleString(String),
    /// A time as text (`YYYYMMDDhhmmss.fZ`).
    GeneralizedTime(String),
    /// A time of day, with or without the day.
    BinaryTime(BinaryTime),
    /// A number in binary coded decimals.
    Bcd(u64),
    /// An array of booleans in the form of a bit string.
    BooleanArray(BitString),
    /// An object identifier.
    ObjId(ObjectIdentifier),
    /// A string of Unicode characters.
    MmsString(String),
    /// An absolute time.
    UtcTime(UtcTime),
    /// An error in place of a value: as result of a read, and inside a structure of which one
    /// component could not be read.
    DataAccessError(DataAccessError),
}

pub(crate) mod tag {
    use crate::ber::Tag;

    pub(crate) const ACCESS_ERROR: Tag = Tag::context(0);
    pub(crate) const ARRAY: Tag = Tag::context_constructed(1);
    pub(crate) const STRUCTURE: Tag = Tag::context_constructed(2);
    pub(crate) const BOOLEAN: Tag = Tag::context(3);
    pub(crate) const BIT_STRING: Tag = Tag::context(4);
    pub(crate) const INTEGER: Tag = Tag::context(5);
    pub(crate) const UNSIGNED: Tag = Tag::context(6);
    pub(crate) const FLOAT: Tag = Tag::context(7);
    pub(crate) const OCTET_STRING: Tag = Tag::context(9);
    pub(crate) const VISIBLE_STRING: Tag = Tag::context(10);
    pub(crate) const GENERALIZED_TIME: Tag = Tag::context(11);
    pub(crate) const BINARY_TIME: Tag = Tag::context(12);
    pub(crate) const BCD: Tag = Tag::context(13);
    pub(crate) const BOOLEAN_ARRAY: Tag = Tag::context(14);
    pub(crate) const OBJ_ID: Tag = Tag::context(15);
    pub(crate) const MMS_STRING: Tag = Tag::context(16);
    pub(crate) const UTC_TIME: Tag = Tag::context(17);
}

impl MmsValue {
    /// The kind of the value.
    pub fn mms_type(&self) -> MmsType {
        match self {
            MmsValue::Array(_) => MmsType::Array,
            MmsValue::Structure(_) => MmsType::Structure,
            MmsValue::Boolean(_) => MmsType::Boolean,
            MmsValue::BitString(_) => MmsType::BitString,
            MmsValue::Integer(_) => MmsType::Integer,
            MmsValue::Unsigned(_) => MmsType::Unsigned,
            MmsValue::Float32(_) | MmsValue::Float64(_) => MmsType::Float,
            MmsValue::OctetString(_) => MmsType::OctetString,
            MmsValue::VisibleString(_) => MmsType::VisibleString,
            MmsValue::GeneralizedTime(_) => MmsType::GeneralizedTime,
            MmsValue::BinaryTime(_) => MmsType::BinaryTime,
            MmsValue::Bcd(_) => MmsType::Bcd,
            MmsValue::BooleanArray(_) => MmsType::BooleanArray,
            MmsValue::ObjId(_) => MmsType::ObjId,
            MmsValue::MmsString(_) => MmsType::MmsString,
            MmsValue::UtcTime(_) => MmsType::UtcTime,
            MmsValue::DataAccessError(_) => MmsType::DataAccessError,
        }
    }

    /// Writes the value as `Data`; an error is written as the failure of an `AccessResult`.
    #[inline]
    pub fn encode(&self, w: &mut Writer<'_>) {
        match self {
            MmsValue::Array(elements) => encode_all(w, tag::ARRAY, elements),
            MmsValue::Structure(components) => encode_all(w, tag::STRUCTURE, components),
            MmsValue::Boolean(value) => w.boolean(tag::BOOLEAN, *value),
            MmsValue::BitString(bits) => w.bit_string(tag::BIT_STRING, bits.octets(), bits.len()),
            MmsValue::Integer(value) => w.integer(tag::INTEGER, *value),
            MmsValue::Unsigned(value) => w.unsigned(tag::UNSIGNED, *value),
            MmsValue::Float32(value) => {
                let [a, b, c, d] = value.to_be_bytes();
                w.primitive(tag::FLOAT, &[8, a, b, c, d]);
            }
            MmsValue::Float64(value) => {
                let mut content = [11; 9];
                content[1..].copy_from_slice(&value.to_be_bytes());
                w.primitive(tag::FLOAT, &content);
            }
            MmsValue::OctetString(octets) => w.primitive(tag::OCTET_STRING, octets),
            MmsValue::VisibleString(text) => w.text(tag::VISIBLE_STRING, text),
            MmsValue::GeneralizedTime(text) => w.text(tag::GENERALIZED_TIME, text),
            MmsValue::BinaryTime(time) => {
                let (octets, count) = time.to_octets();
                w.primitive(tag::BINARY_TIME, &octets[..count]);
            }
            MmsValue::Bcd(value) => w.unsigned(tag::BCD, *value),
            MmsValue::BooleanArray(bits) => {
                w.bit_string(tag::BOOLEAN_ARRAY, bits.octets(), bits.len())
            }
            MmsValue::ObjId(oid) => w.primitive(tag::OBJ_ID, oid.content()),
            MmsValue::MmsString(text) => w.text(tag::MMS_STRING, text),
            MmsValue::UtcTime(time) => w.primitive(tag::UTC_TIME, time.as_bytes()),
            MmsValue::DataAccessError(error) => w.integer(tag::ACCESS_ERROR, error.code()),
        }
    }

    /// The complete encoding of the value.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut Writer::unbounded(&mut out));
        out
    }

    /// Decodes one value that fills `bytes`.
    ///
    /// # Errors
    /// [`BerError`] if the bytes are not exactly one well-formed value.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BerError> {
        let mut reader = crate::ber::Reader::new(bytes);
        let view = DataView::decode(&mut reader)?;
        reader.finish()?;
        Ok(view.to_value())
    }
}

fn encode_all(w: &mut Writer<'_>, tag: Tag, values: &[MmsValue]) {
    let mark = w.begin(tag);
    for value in values {
        value.encode(w);
    }
    w.end(mark);
}

/// Structures are shown in braces, arrays in brackets, bit strings as digits, octets in hex.
impl fmt::Display for MmsValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, open: &str, values: &[MmsValue], close: &str| {
            f.write_str(open)?;
            for (i, value) in values.iter().enumerate() {
                write!(f, "{}{value}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(close)
        };
        match self {
            MmsValue::Array(values) => list(f, "[", values, "]"),
            MmsValue::Structure(values) => list(f, "{", values, "}"),
            MmsValue::Boolean(value) => write!(f, "{value}"),
            MmsValue::BitString(bits) | MmsValue::BooleanArray(bits) => write!(f, "{bits}"),
            MmsValue::Integer(value) => write!(f, "{value}"),
            MmsValue::Unsigned(value) | MmsValue::Bcd(value) => write!(f, "{value}"),
            MmsValue::Float32(value) => write!(f, "{value}"),
            MmsValue::Float64(value) => write!(f, "{value}"),
            MmsValue::OctetString(octets) => octets.iter().try_for_each(|o| write!(f, "{o:02x}")),
            MmsValue::VisibleString(text)
            | MmsValue::MmsString(text)
            | MmsValue::GeneralizedTime(text) => f.write_str(text),
            MmsValue::BinaryTime(time) => write!(f, "{time}"),
            MmsValue::ObjId(oid) => write!(f, "{oid}"),
            MmsValue::UtcTime(time) => write!(f, "{time}"),
            MmsValue::DataAccessError(error) => write!(f, "error: {error}"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any value that is equal to itself after a round trip (no NaN).
    pub(crate) fn any_value() -> impl Strategy<Value = MmsValue> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(MmsValue::Boolean),
            (proptest::collection::vec(any::<u8>(), 0..12), 0usize..8).prop_map(|(o, u)| {
                MmsValue::BitString(BitString::from_octets(&o, (o.len() * 8).saturating_sub(u)))
            }),
            any::<i64>().prop_map(MmsValue::Integer),
            any::<u64>().prop_map(MmsValue::Unsigned),
            proptest::num::f32::NORMAL.prop_map(MmsValue::Float32),
            proptest::num::f64::NORMAL.prop_map(MmsValue::Float64),
            proptest::collection::vec(any::<u8>(), 0..200).prop_map(MmsValue::OctetString),
            "[ -~]{0,140}".prop_map(MmsValue::VisibleString),
            any::<[u8; 8]>().prop_map(|o| MmsValue::UtcTime(UtcTime::from_bytes(o))),
            (any::<u32>(), any::<Option<u16>>())
                .prop_map(|(ms, days)| MmsValue::BinaryTime(BinaryTime { ms, days })),
            any::<u32>().prop_map(|v| MmsValue::Bcd(u64::from(v))),
            ".{0,20}".prop_map(MmsValue::MmsString),
            Just(MmsValue::GeneralizedTime("20261120120000.5Z".into())),
            Just(MmsValue::ObjId("1.0.9506.2.1".parse().unwrap())),
            Just(MmsValue::BooleanArray(BitString::from_integer(5, 9))),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(MmsValue::Structure),
                proptest::collection::vec(inner, 0..6).prop_map(MmsValue::Array),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_round_trip(value in any_value()) {
            let bytes = value.to_bytes();
            prop_assert_eq!(MmsValue::from_bytes(&bytes), Ok(value));
            for cut in 0..bytes.len() {
                prop_assert!(MmsValue::from_bytes(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn decoding_never_panics(bytes: Vec<u8>) {
            let _ = MmsValue::from_bytes(&bytes);
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let mut bytes = vec![];
        for _ in 0..10_000 {
            let mut outer = vec![];
            Writer::unbounded(&mut outer).primitive(tag::STRUCTURE, &bytes);
            bytes = outer;
            if bytes.len() > 60_000 {
                break;
            }
        }
        assert_eq!(MmsValue::from_bytes(&bytes), Err(BerError::TooDeep));
    }

    #[test]
    fn shown_for_people() {
        let v = MmsValue::Structure(vec![
            MmsValue::Boolean(true),
            MmsValue::BitString(BitString::new(3)),
            MmsValue::Array(vec![
                MmsValue::Float32(12.5),
                MmsValue::OctetString(vec![1, 255]),
            ]),
        ]);
        assert_eq!(v.to_string(), "{true, 000, [12.5, 01ff]}");
        assert_eq!(size_of::<MmsValue>(), 32);
    }
}
