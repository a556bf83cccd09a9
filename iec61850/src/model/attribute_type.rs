use super::EnumType;
use crate::common::numbered;
use mms::{BinaryTime, BitString, Component, MmsValue, TypeDescription, UtcTime};
use std::fmt;

numbered! {
    /// The basic type of a data attribute, with the numbers of libiec61850 and of `.cfg` files.
    DataAttributeType: i8 {
        /// Not known; no attribute can have it.
        UnknownType = -1,
        /// True or false.
        Boolean = 0,
        /// Signed, 8 bits.
        Int8 = 1,
        /// Signed, 16 bits.
        Int16 = 2,
        /// Signed, 32 bits.
        Int32 = 3,
        /// Signed, 64 bits.
        Int64 = 4,
        /// Signed, 128 bits; values are limited to 64.
        Int128 = 5,
        /// Unsigned, 8 bits.
        Int8U = 6,
        /// Unsigned, 16 bits.
        Int16U = 7,
        /// Unsigned, 24 bits.
        Int24U = 8,
        /// Unsigned, 32 bits.
        Int32U = 9,
        /// Single precision.
        Float32 = 10,
        /// Double precision.
        Float64 = 11,
        /// A number with a name; 8 bits, more if its enumeration needs more.
        Enumerated = 12,
        /// At most 64 octets.
        OctetString64 = 13,
        /// At most 6 octets.
        OctetString6 = 14,
        /// 8 octets.
        OctetString8 = 15,
        /// At most 32 characters.
        VisibleString32 = 16,
        /// At most 64 characters.
        VisibleString64 = 17,
        /// At most 65 characters.
        VisibleString65 = 18,
        /// At most 129 characters.
        VisibleString129 = 19,
        /// At most 255 characters.
        VisibleString255 = 20,
        /// At most 255 octets of UTF-8.
        UnicodeString255 = 21,
        /// A time with its quality.
        Timestamp = 22,
        /// Quality: 13 bits.
        Quality = 23,
        /// Which checks a control is to pass: 2 bits.
        Check = 24,
        /// A coded enumeration of 2 bits, for example a double point.
        CodedEnum = 25,
        /// A bit string of any length.
        GenericBitString = 26,
        /// A structure of further attributes.
        Constructed = 27,
        /// Time of an entry: ms of the day and days since 1984.
        EntryTime = 28,
        /// Address of GOOSE or sampled value frames.
        PhyComAddr = 29,
        /// A currency code of at most 3 characters.
        Currency = 30,
        /// Optional fields of reports: 10 bits.
        OptFlds = 31,
        /// Trigger options: 6 bits.
        TrgOps = 32,
    }
}

use DataAttributeType as Ty;

/// Why a value cannot be stored in an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another type.
    Type,
    /// It is too large or too long.
    Range,
}

impl DataAttributeType {
    /// The name of the type in libiec61850 and py61850.
    pub const fn as_str(self) -> &'static str {
        match self {
            Ty::UnknownType => "UNKNOWN_TYPE",
            Ty::Boolean => "BOOLEAN",
            Ty::Int8 => "INT8",
            Ty::Int16 => "INT16",
            Ty::Int32 => "INT32",
            Ty::Int64 => "INT64",
            Ty::Int128 => "INT128",
            Ty::Int8U => "INT8U",
            Ty::Int16U => "INT16U",
            Ty::Int24U => "INT24U",
            Ty::Int32U => "INT32U",
            Ty::Float32 => "FLOAT32",
            Ty::Float64 => "FLOAT64",
            Ty::Enumerated => "ENUMERATED",
            Ty::OctetString64 => "OCTET_STRING_64",
            Ty::OctetString6 => "OCTET_STRING_6",
            Ty::OctetString8 => "OCTET_STRING_8",
            Ty::VisibleString32 => "VISIBLE_STRING_32",
            Ty::VisibleString64 => "VISIBLE_STRING_64",
            Ty::VisibleString65 => "VISIBLE_STRING_65",
            Ty::VisibleString129 => "VISIBLE_STRING_129",
            Ty::VisibleString255 => "VISIBLE_STRING_255",
            Ty::UnicodeString255 => "UNICODE_STRING_255",
            Ty::Timestamp => "TIMESTAMP",
            Ty::Quality => "QUALITY",
            Ty::Check => "CHECK",
            Ty::CodedEnum => "CODEDENUM",
            Ty::GenericBitString => "GENERIC_BITSTRING",
            Ty::Constructed => "CONSTRUCTED",
            Ty::EntryTime => "ENTRY_TIME",
            Ty::PhyComAddr => "PHYCOMADDR",
            Ty::Currency => "CURRENCY",
            Ty::OptFlds => "OPTFLDS",
            Ty::TrgOps => "TRGOPS",
        }
    }

    /// The MMS type of an attribute of this type, as libiec61850 describes it. `None` for
    /// constructed attributes, whose type is their children, and for the unknown type.
    pub(crate) fn type_description(
        self,
        enumeration: Option<&EnumType>,
    ) -> Option<TypeDescription> {
        Some(match self {
            Ty::UnknownType | Ty::Constructed => return None,
            Ty::Boolean => TypeDescription::Boolean,
            Ty::Int8 => TypeDescription::Integer(8),
            Ty::Int16 => TypeDescription::Integer(16),
            Ty::Int32 => TypeDescription::Integer(32),
            Ty::Int64 => TypeDescription::Integer(64),
            Ty::Int128 => TypeDescription::Integer(128),
            Ty::Int8U => TypeDescription::Unsigned(8),
            Ty::Int16U => TypeDescription::Unsigned(16),
            Ty::Int24U => TypeDescription::Unsigned(24),
            Ty::Int32U => TypeDescription::Unsigned(32),
            Ty::Float32 => TypeDescription::FLOAT32,
            Ty::Float64 => TypeDescription::FLOAT64,
            Ty::Enumerated => TypeDescription::Integer(enum_width(enumeration)),
            Ty::OctetString64 => TypeDescription::OctetString(-64),
            Ty::OctetString6 => TypeDescription::OctetString(-6),
            Ty::OctetString8 => TypeDescription::OctetString(8),
            Ty::VisibleString32 => TypeDescription::VisibleString(-32),
            Ty::VisibleString64 => TypeDescription::VisibleString(-64),
            Ty::VisibleString65 => TypeDescription::VisibleString(-65),
            Ty::VisibleString129 => TypeDescription::VisibleString(-129),
            Ty::VisibleString255 => TypeDescription::VisibleString(-255),
            Ty::UnicodeString255 => TypeDescription::MmsString(-255),
            Ty::Timestamp => TypeDescription::UtcTime,
            Ty::Quality => TypeDescription::BitString(-13),
            Ty::Check => TypeDescription::BitString(-2),
            Ty::CodedEnum => TypeDescription::BitString(2),
            Ty::GenericBitString => TypeDescription::BitString(0),
            Ty::EntryTime => TypeDescription::BinaryTime(true),
            Ty::PhyComAddr => TypeDescription::Structure(phy_com_addr_components()),
            Ty::Currency => TypeDescription::VisibleString(-3),
            Ty::OptFlds => TypeDescription::BitString(-10),
            Ty::TrgOps => TypeDescription::BitString(-6),
        })
    }

    /// The value an attribute has when nothing is said: zero, empty, false. `None` as for
    /// [`DataAttributeType::type_description`].
    pub(crate) fn default_value(self) -> Option<MmsValue> {
        Some(match self.type_description(None)? {
            TypeDescription::Boolean => MmsValue::Boolean(false),
            TypeDescription::Integer(_) => MmsValue::Integer(0),
            TypeDescription::Unsigned(_) => MmsValue::Unsigned(0),
            TypeDescription::Float {
                format_width: 32, ..
            } => MmsValue::Float32(0.0),
            TypeDescription::Float { .. } => MmsValue::Float64(0.0),
            TypeDescription::BitString(size) => {
                MmsValue::BitString(BitString::new(size.unsigned_abs() as usize))
            }
            // A negative size is a maximum: such a string starts empty.
            TypeDescription::OctetString(size) => {
                MmsValue::OctetString(vec![0; usize::try_from(size).unwrap_or(0)])
            }
            TypeDescription::VisibleString(_) => MmsValue::VisibleString(String::new()),
            TypeDescription::MmsString(_) => MmsValue::MmsString(String::new()),
            TypeDescription::UtcTime => MmsValue::UtcTime(UtcTime::new()),
            TypeDescription::BinaryTime(day) => MmsValue::BinaryTime(BinaryTime {
                ms: 0,
                days: day.then_some(0),
            }),
            TypeDescription::Structure(_) => MmsValue::Structure(vec![
                MmsValue::OctetString(vec![0; 6]),
                MmsValue::Unsigned(0),
                MmsValue::Unsigned(0),
                MmsValue::Unsigned(0),
            ]),
            _ => return None,
        })
    }

    /// The value as an attribute of this type stores it.
    ///
    /// Signed and unsigned numbers, single and double precision and the two kinds of strings stand
    /// for each other where the number or text fits.
    pub(crate) fn conform(
        self,
        enumeration: Option<&EnumType>,
        value: &MmsValue,
    ) -> Result<MmsValue, Misfit> {
        let ty = self.type_description(enumeration).ok_or(Misfit::Type)?;
        match self {
            Ty::GenericBitString => match value {
                MmsValue::BitString(_) => Ok(value.clone()),
                _ => Err(Misfit::Type),
            },
            _ => conform(&ty, value),
        }
    }
}

impl fmt::Display for DataAttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn enum_width(enumeration: Option<&EnumType>) -> u8 {
    let fits = |min: i32, max: i32| {
        enumeration.is_none_or(|e| e.values().iter().all(|&(v, _)| (min..=max).contains(&v)))
    };
    if fits(i8::MIN.into(), i8::MAX.into()) {
        8
    } else if fits(i16::MIN.into(), i16::MAX.into()) {
        16
    } else {
        32
    }
}

fn phy_com_addr_components() -> Vec<Component> {
    [
        ("Addr", TypeDescription::OctetString(6)),
        ("PRIORITY", TypeDescription::Unsigned(8)),
        ("VID", TypeDescription::Unsigned(16)),
        ("APPID", TypeDescription::Unsigned(16)),
    ]
    .into_iter()
    .map(|(name, ty)| Component {
        name: Some(name.to_owned()),
        ty,
    })
    .collect()
}

fn conform(ty: &TypeDescription, value: &MmsValue) -> Result<MmsValue, Misfit> {
    let fits = |ok: bool| if ok { Ok(()) } else { Err(Misfit::Range) };
    let length_fits = |size: i32, length: usize| {
        let limit = size.unsigned_abs() as usize;
        fits(if size < 0 {
            length <= limit
        } else {
            length == limit
        })
    };
    match (ty, value) {
        (TypeDescription::Boolean, MmsValue::Boolean(_))
        | (TypeDescription::UtcTime, MmsValue::UtcTime(_)) => Ok(value.clone()),
        (TypeDescription::Integer(bits), MmsValue::Integer(_) | MmsValue::Unsigned(_)) => {
            let number = value.to_int64().map_err(|_| Misfit::Range)?;
            let unused = 64u8.saturating_sub(*bits);
            fits(number << unused >> unused == number)?;
            Ok(MmsValue::Integer(number))
        }
        (TypeDescription::Unsigned(bits), MmsValue::Integer(_) | MmsValue::Unsigned(_)) => {
            let number = value.to_uint64().map_err(|_| Misfit::Range)?;
            fits(number >> bits == 0)?;
            Ok(MmsValue::Unsigned(number))
        }
        (
            TypeDescription::Float { format_width, .. },
            MmsValue::Float32(_) | MmsValue::Float64(_),
        ) => {
            if *format_width == 32 {
                value.to_float().map(MmsValue::Float32)
            } else {
                value.to_double().map(MmsValue::Float64)
            }
        }
        .map_err(|_| Misfit::Type),
        // Varying here means that trailing bits may be left out on the wire, not in the model.
        (TypeDescription::BitString(size), MmsValue::BitString(bits)) => {
            fits(bits.len() == size.unsigned_abs() as usize)?;
            Ok(value.clone())
        }
        (TypeDescription::OctetString(size), MmsValue::OctetString(octets)) => {
            length_fits(*size, octets.len())?;
            Ok(value.clone())
        }
        (
            TypeDescription::VisibleString(size),
            MmsValue::VisibleString(text) | MmsValue::MmsString(text),
        ) => {
            length_fits(*size, text.len())?;
            Ok(MmsValue::VisibleString(text.clone()))
        }
        (
            TypeDescription::MmsString(size),
            MmsValue::VisibleString(text) | MmsValue::MmsString(text),
        ) => {
            length_fits(*size, text.len())?;
            Ok(MmsValue::MmsString(text.clone()))
        }
        (TypeDescription::BinaryTime(day), MmsValue::BinaryTime(time)) => {
            fits(time.days.is_some() == *day)?;
            Ok(value.clone())
        }
        (TypeDescription::Structure(components), MmsValue::Structure(values)) => {
            fits(components.len() == values.len())?;
            components
                .iter()
                .zip(values)
                .map(|(component, value)| conform(&component.ty, value))
                .collect::<Result<_, _>>()
                .map(MmsValue::Structure)
        }
        _ => Err(Misfit::Type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_c() {
        assert_eq!(Ty::ALL_VALUES.len(), 34);
        assert_eq!(Ty::from_value(27), Some(Ty::Constructed));
        assert_eq!(Ty::from_value(32), Some(Ty::TrgOps));
        assert!(Ty::try_from(33).is_err());
    }

    #[test]
    fn types_as_measured_from_libiec61850() {
        use TypeDescription as T;
        // Read with GetVariableAccessAttributes from a server with one attribute of each type.
        let measured = [
            (Ty::Boolean, T::Boolean),
            (Ty::Int128, T::Integer(128)),
            (Ty::Int24U, T::Unsigned(24)),
            (Ty::Enumerated, T::Integer(8)),
            (Ty::OctetString64, T::OctetString(-64)),
            (Ty::OctetString6, T::OctetString(-6)),
            (Ty::OctetString8, T::OctetString(8)),
            (Ty::VisibleString32, T::VisibleString(-32)),
            (Ty::UnicodeString255, T::MmsString(-255)),
            (Ty::Quality, T::BitString(-13)),
            (Ty::Check, T::BitString(-2)),
            (Ty::CodedEnum, T::BitString(2)),
            (Ty::EntryTime, T::BinaryTime(true)),
            (Ty::Currency, T::VisibleString(-3)),
            (Ty::OptFlds, T::BitString(-10)),
            (Ty::TrgOps, T::BitString(-6)),
        ];
        for (ty, expected) in measured {
            assert_eq!(ty.type_description(None), Some(expected), "{ty}");
        }
    }

    #[test]
    fn defaults_fit_their_type() {
        for &ty in Ty::ALL_VALUES {
            let Some(value) = ty.default_value() else {
                assert!(matches!(ty, Ty::UnknownType | Ty::Constructed), "{ty}");
                continue;
            };
            assert_eq!(ty.conform(None, &value).as_ref(), Ok(&value), "{ty}");
        }
        assert_eq!(
            Ty::OctetString8.default_value(),
            Some(MmsValue::OctetString(vec![0; 8]))
        );
        assert_eq!(
            Ty::OctetString6.default_value(),
            Some(MmsValue::OctetString(vec![]))
        );
    }

    #[test]
    fn numbers_are_checked_at_their_limits() {
        for (ty, min, max) in [
            (Ty::Int8, i8::MIN.into(), i8::MAX.into()),
            (Ty::Int16, i16::MIN.into(), i16::MAX.into()),
            (Ty::Int32, i32::MIN.into(), i32::MAX.into()),
            (Ty::Int8U, 0, u8::MAX.into()),
            (Ty::Int24U, 0, 0xff_ffff),
            (Ty::Int32U, 0, u32::MAX.into()),
        ] {
            for number in [min, max] {
                assert!(ty.conform(None, &MmsValue::Integer(number)).is_ok(), "{ty}");
            }
            for number in [min - 1, max + 1] {
                assert_eq!(
                    ty.conform(None, &MmsValue::Integer(number)),
                    Err(Misfit::Range),
                    "{ty}"
                );
            }
        }
        assert!(
            Ty::Int64
                .conform(None, &MmsValue::Integer(i64::MIN))
                .is_ok()
        );
        assert!(
            Ty::Int128
                .conform(None, &MmsValue::Integer(i64::MAX))
                .is_ok()
        );
        assert_eq!(
            Ty::Int64.conform(None, &MmsValue::Unsigned(u64::MAX)),
            Err(Misfit::Range)
        );
    }

    #[test]
    fn kin_types_stand_for_each_other() {
        assert_eq!(
            Ty::Int32U.conform(None, &MmsValue::Integer(5)),
            Ok(MmsValue::Unsigned(5))
        );
        assert_eq!(
            Ty::Float32.conform(None, &MmsValue::Float64(0.5)),
            Ok(MmsValue::Float32(0.5))
        );
        assert_eq!(
            Ty::UnicodeString255.conform(None, &MmsValue::VisibleString("a".into())),
            Ok(MmsValue::MmsString("a".into()))
        );
        assert_eq!(
            Ty::Currency.conform(None, &MmsValue::VisibleString("EURO".into())),
            Err(Misfit::Range)
        );
        assert_eq!(
            Ty::Boolean.conform(None, &MmsValue::Integer(1)),
            Err(Misfit::Type)
        );
    }

    #[test]
    fn wide_enumerations_get_wide_numbers() {
        let wide = EnumType::new("W", [(300, "a")]);
        let wider = EnumType::new("X", [(70_000, "a"), (-1, "b")]);
        for (enumeration, bits) in [(&wide, 16), (&wider, 32)] {
            assert_eq!(
                Ty::Enumerated.type_description(Some(enumeration)),
                Some(TypeDescription::Integer(bits))
            );
        }
        assert_eq!(
            Ty::Enumerated.conform(None, &MmsValue::Integer(300)),
            Err(Misfit::Range)
        );
        assert!(
            Ty::Enumerated
                .conform(Some(&wide), &MmsValue::Integer(300))
                .is_ok()
        );
    }
}
