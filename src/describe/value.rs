//! Values as JSON, flags as text.

use mms::MmsValue;
use serde_json::{Number, Value};

/// The value for a program: numbers, booleans, lists and text. Structures are lists here; bit strings are text of zeros and ones, octets are
/// hexadecimal, times are in ISO 8601. An error is an object with the member `error`.
pub(crate) fn to_json(value: &MmsValue) -> Value {
    match value {
        MmsValue::Array(values) | MmsValue::Structure(values) => {
            values.iter().map(to_json).collect()
        }
        MmsValue::Boolean(value) => Value::Bool(*value),
        MmsValue::Integer(value) => Value::from(*value),
        MmsValue::Unsigned(value) | MmsValue::Bcd(value) => Value::from(*value),
        // The shortest text of a single is not that of the same number as a double.
        MmsValue::Float32(single) => single
            .to_string()
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map_or_else(|| Value::from(value.to_string()), Value::Number),
        MmsValue::Float64(double) => Number::from_f64(*double)
            .map_or_else(|| Value::from(value.to_string()), Value::Number),
        MmsValue::DataAccessError(error) => serde_json::json!({ "error": error.to_string() }),
        other => Value::from(other.to_string()),
    }
}

/// Names of flags in lower case with hyphens: `data-changed gi`.
pub(crate) fn flags(names: impl Iterator<Item = &'static str>) -> Vec<String> {
    names
        .map(|name| name.to_ascii_lowercase().replace('_', "-"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::BitString;
    use serde_json::json;

    #[test]
    fn values_for_programs() {
        let value = MmsValue::Structure(vec![
            MmsValue::Float32(0.1),
            MmsValue::Float64(f64::NAN),
            MmsValue::Unsigned(u64::MAX),
            MmsValue::BitString(BitString::from_integer(3, 1)),
            MmsValue::OctetString(vec![1, 0xab]),
            MmsValue::VisibleString("a\"b".into()),
        ]);
        assert_eq!(
            to_json(&value),
            json!([0.1, "NaN", u64::MAX, "100", "01ab", "a\"b"])
        );
        let error = MmsValue::DataAccessError(mms::DataAccessError::ObjectAccessDenied);
        assert_eq!(to_json(&error), json!({"error": "object access denied"}));
    }
}
