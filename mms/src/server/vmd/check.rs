use crate::{BitString, DataAccessError, MmsValue, TypeDescription};

/// Whether a value is of a type: the same kind at every level, and numbers and lengths within
/// what the type says.
///
/// # Errors
/// [`DataAccessError::TypeInconsistent`] for another kind or number of components,
/// [`DataAccessError::ObjectValueInvalid`] for a number or length out of range.
pub fn conforms(ty: &TypeDescription, value: &MmsValue) -> Result<(), DataAccessError> {
    use TypeDescription as T;
    let fits = match (ty, value) {
        (T::Array { count, element }, MmsValue::Array(elements)) => {
            if elements.len() as u64 != u64::from(*count) {
                return Err(DataAccessError::TypeInconsistent);
            }
            return elements
                .iter()
                .try_for_each(|value| conforms(element, value));
        }
        (T::Structure(components), MmsValue::Structure(values)) => {
            if values.len() != components.len() {
                return Err(DataAccessError::TypeInconsistent);
            }
            return components
                .iter()
                .zip(values)
                .try_for_each(|(component, value)| conforms(&component.ty, value));
        }
        (T::Boolean, MmsValue::Boolean(_))
        | (T::GeneralizedTime, MmsValue::GeneralizedTime(_))
        | (T::ObjId, MmsValue::ObjId(_))
        | (T::UtcTime, MmsValue::UtcTime(_)) => true,
        (T::BitString(size), MmsValue::BitString(bits))
        | (T::BooleanArray(size), MmsValue::BooleanArray(bits)) => bits_fit(*size, bits),
        (T::Integer(bits), MmsValue::Integer(value)) => integer_fits(*bits, *value),
        (T::Unsigned(bits), MmsValue::Unsigned(value)) => unsigned_fits(*bits, *value),
        (T::Float { format_width, .. }, MmsValue::Float32(_)) if *format_width == 32 => true,
        (T::Float { format_width, .. }, MmsValue::Float64(_)) if *format_width == 64 => true,
        (T::OctetString(size), MmsValue::OctetString(octets)) => size_fits(*size, octets.len()),
        (T::VisibleString(size), MmsValue::VisibleString(text)) => size_fits(*size, text.len()),
        (T::MmsString(size), MmsValue::MmsString(text)) => size_fits(*size, text.chars().count()),
        (T::BinaryTime(day), MmsValue::BinaryTime(time)) if *day == time.days.is_some() => true,
        (T::Bcd(digits), MmsValue::Bcd(value)) => 10u64
            .checked_pow((*digits).into())
            .is_none_or(|end| *value < end),
        _ => return Err(DataAccessError::TypeInconsistent),
    };
    if fits {
        Ok(())
    } else {
        Err(DataAccessError::ObjectValueInvalid)
    }
}

/// A positive size is fixed, a negative one the largest.
fn size_fits(size: i32, length: usize) -> bool {
    let bound = u64::from(size.unsigned_abs());
    let length = length as u64;
    if size >= 0 {
        length == bound
    } else {
        length <= bound
    }
}

fn bits_fit(size: i32, bits: &BitString) -> bool {
    size_fits(size, bits.len())
}

fn integer_fits(bits: u8, value: i64) -> bool {
    match bits {
        0 => value == 0,
        1..64 => value >> (bits - 1) == 0 || value >> (bits - 1) == -1,
        _ => true,
    }
}

fn unsigned_fits(bits: u8, value: u64) -> bool {
    bits >= 64 || value >> bits == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BinaryTime, Component};

    #[test]
    fn ranges() {
        let invalid = Err(DataAccessError::ObjectValueInvalid);
        let other = Err(DataAccessError::TypeInconsistent);
        use TypeDescription as T;
        for (ty, value, result) in [
            (T::Integer(8), MmsValue::Integer(127), Ok(())),
            (T::Integer(8), MmsValue::Integer(-128), Ok(())),
            (T::Integer(8), MmsValue::Integer(128), invalid),
            (T::Integer(8), MmsValue::Integer(-129), invalid),
            (T::Integer(64), MmsValue::Integer(i64::MIN), Ok(())),
            (T::Integer(8), MmsValue::Unsigned(1), other),
            (T::Unsigned(16), MmsValue::Unsigned(65_535), Ok(())),
            (T::Unsigned(16), MmsValue::Unsigned(65_536), invalid),
            (T::Unsigned(64), MmsValue::Unsigned(u64::MAX), Ok(())),
            (T::FLOAT32, MmsValue::Float32(1.0), Ok(())),
            (T::FLOAT32, MmsValue::Float64(1.0), other),
            (T::VisibleString(-3), MmsValue::from("abc"), Ok(())),
            (T::VisibleString(-3), MmsValue::from("abcd"), invalid),
            (T::VisibleString(3), MmsValue::from("ab"), invalid),
            (T::BitString(2), MmsValue::new_bitstring(2), Ok(())),
            (T::BitString(2), MmsValue::new_bitstring(3), invalid),
            (T::Bcd(2), MmsValue::Bcd(99), Ok(())),
            (T::Bcd(2), MmsValue::Bcd(100), invalid),
            (
                T::BinaryTime(true),
                MmsValue::BinaryTime(BinaryTime::default()),
                other,
            ),
        ] {
            assert_eq!(conforms(&ty, &value), result, "{ty:?} {value:?}");
        }
    }

    #[test]
    fn every_level_counts() {
        let ty = TypeDescription::Array {
            count: 2,
            element: Box::new(TypeDescription::Structure(vec![Component {
                name: Some("a".into()),
                ty: TypeDescription::Boolean,
            }])),
        };
        let element = |value: MmsValue| MmsValue::Structure(vec![value]);
        let good = MmsValue::Array(vec![element(true.into()), element(false.into())]);
        assert_eq!(conforms(&ty, &good), Ok(()));
        for bad in [
            MmsValue::Array(vec![element(true.into())]),
            MmsValue::Array(vec![element(true.into()), element(1i32.into())]),
            MmsValue::Array(vec![element(true.into()), MmsValue::Structure(vec![])]),
            MmsValue::Structure(vec![]),
        ] {
            assert_eq!(conforms(&ty, &bad), Err(DataAccessError::TypeInconsistent));
        }
    }
}
