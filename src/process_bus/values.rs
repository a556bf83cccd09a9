//! Values on the command line and in the output.

use iec61850::MmsValue;
use serde_json::{Value, json};

/// A value as it is written on the command line: `true`, `-5`, `1.5`, `u:7` (unsigned), `bits:0110`, `"text"`.
pub(crate) fn parse(text: &str) -> Result<MmsValue, String> {
    let bad = || format!("'{text}' is no value: true, -5, 1.5, u:7, bits:0110 or \"text\"");
    if let Some(number) = text.strip_prefix("u:") {
        return number.parse().map(MmsValue::Unsigned).map_err(|_| bad());
    }
    if let Some(bits) = text.strip_prefix("bits:") {
        let mut value = MmsValue::new_bitstring(bits.len());
        for (at, bit) in bits.chars().enumerate() {
            let bit = bit.to_digit(2).ok_or_else(bad)?;
            value.set_bit(at, bit == 1).map_err(|_| bad())?;
        }
        return Ok(value);
    }
    if let Some(inner) = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        return Ok(MmsValue::VisibleString(inner.to_owned()));
    }
    match text {
        "true" => return Ok(MmsValue::Boolean(true)),
        "false" => return Ok(MmsValue::Boolean(false)),
        _ => {}
    }
    if let Ok(number) = text.parse() {
        return Ok(MmsValue::Integer(number));
    }
    text.parse().map(MmsValue::Float32).map_err(|_| bad())
}

/// For programs: numbers, booleans and lists as such, all else as text.
pub(crate) fn to_json(value: &MmsValue) -> Value {
    match value {
        MmsValue::Boolean(value) => json!(value),
        MmsValue::Integer(value) => json!(value),
        MmsValue::Unsigned(value) => json!(value),
        MmsValue::Float32(value) => json!(value),
        MmsValue::Float64(value) => json!(value),
        MmsValue::Structure(values) | MmsValue::Array(values) => {
            values.iter().map(to_json).collect()
        }
        other => json!(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_kinds() {
        assert_eq!(parse("true"), Ok(MmsValue::Boolean(true)));
        assert_eq!(parse("-5"), Ok(MmsValue::Integer(-5)));
        assert_eq!(parse("u:7"), Ok(MmsValue::Unsigned(7)));
        assert_eq!(parse("1.5"), Ok(MmsValue::Float32(1.5)));
        assert_eq!(parse("\"a b\""), Ok(MmsValue::from("a b")));
        assert_eq!(parse("bits:0110").unwrap().to_string(), "0110");
        for bad in ["", "x", "u:-1", "bits:012", "\"open"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let structure = MmsValue::Structure(vec![true.into(), "x".into()]);
        assert_eq!(to_json(&structure), json!([true, "x"]));
    }
}
