//! Values as people type them, by the type the peer says the variable has.

use crate::output::printable;
use chrono::{DateTime, NaiveDateTime};
use mms::{BinaryTime, BitString, MmsValue, TypeDescription, UtcTime};
use serde_json::Value;
use std::fmt::Display;

/// The type in short: `int32`, `bit-string(..13)` for one of up to 13 bits.
pub(crate) fn type_text(ty: &TypeDescription) -> String {
    let sized = |what: &str, size: i32| match size {
        i32::MIN | 0 => what.to_owned(),
        size if size < 0 => format!("{what}(..{})", size.unsigned_abs()),
        size => format!("{what}({size})"),
    };
    match ty {
        TypeDescription::Array { count, element } => {
            format!("array({count}) of {}", type_text(element))
        }
        TypeDescription::Structure(components) => {
            format!("structure({})", components.len())
        }
        TypeDescription::Boolean => "boolean".into(),
        TypeDescription::BitString(size) => sized("bit-string", *size),
        TypeDescription::Integer(bits) => format!("int{bits}"),
        TypeDescription::Unsigned(bits) => format!("uint{bits}"),
        TypeDescription::Float { format_width, .. } => format!("float{format_width}"),
        TypeDescription::OctetString(size) => sized("octet-string", *size),
        TypeDescription::VisibleString(size) => sized("visible-string", *size),
        TypeDescription::GeneralizedTime => "generalized-time".into(),
        TypeDescription::BinaryTime(true) => "binary-time".into(),
        TypeDescription::BinaryTime(false) => "binary-time without date".into(),
        TypeDescription::Bcd(digits) => format!("bcd({digits})"),
        TypeDescription::ObjId => "object-identifier".into(),
        TypeDescription::MmsString(size) => sized("mms-string", *size),
        TypeDescription::UtcTime => "utc-time".into(),
        TypeDescription::BooleanArray(size) => sized("boolean-array", *size),
        TypeDescription::Unknown(tag) => format!("unknown type {tag}"),
        _ => "unknown type".into(),
    }
}

/// The value of a type from text. Structures and arrays are JSON: lists, or objects with the names of the components.
pub(crate) fn parse_value(text: &str, ty: &TypeDescription) -> Result<MmsValue, String> {
    if !matches!(
        ty,
        TypeDescription::Array { .. } | TypeDescription::Structure(_)
    ) {
        return scalar(text, ty);
    }
    let json: Value = serde_json::from_str(text).map_err(|error| {
        format!(
            "'{}' is no {}: write it as JSON ({error})",
            printable(text),
            type_text(ty)
        )
    })?;
    from_json(&json, ty, "")
}

fn from_json(json: &Value, ty: &TypeDescription, path: &str) -> Result<MmsValue, String> {
    let at = |reason: String| match path {
        "" => reason,
        path => format!("{path}: {reason}"),
    };
    let wrong = || at(format!("{json} is no {}", type_text(ty)));
    let below = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match (ty, json) {
        (TypeDescription::Array { count, element }, Value::Array(values)) => {
            if values.len() as u64 != u64::from(*count) {
                return Err(at(format!(
                    "{} elements given, there are {count}",
                    values.len()
                )));
            }
            values
                .iter()
                .enumerate()
                .map(|(i, value)| from_json(value, element, &format!("{path}({i})")))
                .collect::<Result<_, _>>()
                .map(MmsValue::Array)
        }
        (TypeDescription::Structure(components), Value::Array(values)) => {
            if values.len() != components.len() {
                return Err(at(format!(
                    "{} components given, there are {}",
                    values.len(),
                    components.len()
                )));
            }
            components
                .iter()
                .zip(values)
                .map(|(component, value)| {
                    let name = component.name.as_deref().unwrap_or("?");
                    from_json(value, &component.ty, &below(name))
                })
                .collect::<Result<_, _>>()
                .map(MmsValue::Structure)
        }
        (TypeDescription::Structure(components), Value::Object(values)) => {
            let names = || {
                let names: Vec<&str> = components
                    .iter()
                    .filter_map(|c| c.name.as_deref())
                    .collect();
                names.join(", ")
            };
            if let Some(unknown) = values
                .keys()
                .find(|key| components.iter().all(|c| c.name.as_ref() != Some(key)))
            {
                return Err(at(format!(
                    "no component '{}'; there are: {}",
                    printable(unknown),
                    names()
                )));
            }
            components
                .iter()
                .map(|component| {
                    let name = component.name.as_deref().unwrap_or("?");
                    let value = values.get(name).ok_or_else(|| {
                        at(format!(
                            "component '{name}' is missing; there are: {}",
                            names()
                        ))
                    })?;
                    from_json(value, &component.ty, &below(name))
                })
                .collect::<Result<_, _>>()
                .map(MmsValue::Structure)
        }
        (TypeDescription::Array { .. } | TypeDescription::Structure(_), _) => Err(wrong()),
        (_, Value::String(text)) => scalar(text, ty).map_err(at),
        (_, Value::Bool(_) | Value::Number(_)) => scalar(&json.to_string(), ty).map_err(at),
        _ => Err(wrong()),
    }
}

fn scalar(text: &str, ty: &TypeDescription) -> Result<MmsValue, String> {
    let wrong =
        |hint: &dyn Display| format!("'{}' is no {}: {hint}", printable(text), type_text(ty));
    match ty {
        TypeDescription::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "1" => Ok(MmsValue::Boolean(true)),
            "false" | "off" | "0" => Ok(MmsValue::Boolean(false)),
            _ => Err(wrong(&"true or false")),
        },
        TypeDescription::Integer(bits) => {
            let unused = 64u8.saturating_sub((*bits).max(1));
            let (min, max) = (i64::MIN >> unused, i64::MAX >> unused);
            whole::<i64>(text)
                .filter(|number| (min..=max).contains(number))
                .map(MmsValue::Integer)
                .ok_or_else(|| wrong(&format_args!("a whole number from {min} to {max}")))
        }
        TypeDescription::Unsigned(bits) => {
            let max = u64::MAX >> 64u8.saturating_sub((*bits).max(1));
            whole::<u64>(text)
                .filter(|number| *number <= max)
                .map(MmsValue::Unsigned)
                .ok_or_else(|| wrong(&format_args!("a whole number from 0 to {max}")))
        }
        TypeDescription::Float {
            format_width: 64, ..
        } => text
            .parse()
            .map(MmsValue::Float64)
            .map_err(|_| wrong(&"a number")),
        TypeDescription::Float { .. } => text
            .parse::<f32>()
            .ok()
            // A number that is too large becomes infinite when it is parsed; infinity itself may be meant.
            .filter(|number| number.is_finite() || !text.contains(|c: char| c.is_ascii_digit()))
            .map(MmsValue::Float32)
            .ok_or_else(|| wrong(&"a number")),
        TypeDescription::BitString(size) => bits(text, *size)
            .map(MmsValue::BitString)
            .map_err(|hint| wrong(&hint)),
        TypeDescription::BooleanArray(size) => bits(text, *size)
            .map(MmsValue::BooleanArray)
            .map_err(|hint| wrong(&hint)),
        TypeDescription::OctetString(size) => octets(text)
            .filter(|octets| fits(octets.len(), *size))
            .map(MmsValue::OctetString)
            .ok_or_else(|| wrong(&"hexadecimal digits, two for each octet")),
        TypeDescription::VisibleString(size) => {
            if !text.is_ascii() {
                return Err(wrong(&"it can hold ASCII only"));
            }
            match fits(text.len(), *size) {
                true => Ok(MmsValue::VisibleString(text.to_owned())),
                false => Err(wrong(&format_args!("it has {}", text.len()))),
            }
        }
        TypeDescription::MmsString(size) => match fits(text.chars().count(), *size) {
            true => Ok(MmsValue::MmsString(text.to_owned())),
            false => Err(wrong(&format_args!("it has {}", text.chars().count()))),
        },
        // Neither form can hold every time.
        TypeDescription::UtcTime => milliseconds(text)
            .map(|ms| (ms, UtcTime::from_ms(ms)))
            .filter(|(ms, time)| time.time_in_ms() == *ms)
            .map(|(_, time)| MmsValue::UtcTime(time))
            .ok_or_else(|| wrong(&"write 2026-11-20T12:00:00.000Z, from 1970 to 2106, or now")),
        TypeDescription::BinaryTime(true) => milliseconds(text)
            .map(|ms| (ms, BinaryTime::from_ms(ms)))
            .filter(|(ms, time)| time.time_in_ms() == Some(*ms))
            .map(|(_, time)| MmsValue::BinaryTime(time))
            .ok_or_else(|| wrong(&"write 2026-11-20T12:00:00.000Z, from 1984 to 2163, or now")),
        _ => Err(format!(
            "values of the type {} cannot be typed here",
            type_text(ty)
        )),
    }
}

/// A whole number, also hexadecimal as `0x1f`.
fn whole<T: TryFrom<i128>>(text: &str) -> Option<T> {
    let number: i128 = match text.strip_prefix("0x") {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
            i128::from_str_radix(digits, 16).ok()?
        }
        Some(_) => return None,
        None => text.parse().ok()?,
    };
    T::try_from(number).ok()
}

/// Whether a length is what the size asks for: a negative one is the largest.
fn fits(length: usize, size: i32) -> bool {
    let limit = size.unsigned_abs() as usize;
    if size < 0 {
        length <= limit
    } else {
        size == 0 || length == limit
    }
}

fn bits(text: &str, size: i32) -> Result<BitString, String> {
    // The words of a double point position (Dbpos), the only bit string of two bits with a meaning of its own.
    let text = match (size, text) {
        (2, "intermediate") => "00",
        (2, "off") => "01",
        (2, "on") => "10",
        (2, "bad") => "11",
        (_, text) => text,
    };
    if !text.bytes().all(|b| matches!(b, b'0' | b'1')) {
        return Err("write the bits as 0 and 1, the first bit first".to_owned());
    }
    if !fits(text.len(), size) {
        return Err(format!("{} bits are given", text.len()));
    }
    let mut bits = BitString::new(text.len());
    for (i, digit) in text.bytes().enumerate() {
        bits.set(i, digit == b'1');
    }
    Ok(bits)
}

fn octets(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !matches!(c, ' ' | ':' | '-'))
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty()
        .then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// A time as milliseconds since 1970: ISO 8601, in UTC if it does not say otherwise, or `now`.
fn milliseconds(text: &str) -> Option<u64> {
    if text == "now" {
        return Some(UtcTime::now().time_in_ms());
    }
    let ms = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.timestamp_millis(),
        Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()?
            .and_utc()
            .timestamp_millis(),
    };
    u64::try_from(ms).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::Component;

    fn shown(text: &str, ty: TypeDescription) -> Result<String, String> {
        parse_value(text, &ty).map(|value| value.to_string())
    }

    #[test]
    fn numbers_are_kept_within_their_type() {
        for (text, ty, expected) in [
            ("-128", TypeDescription::Integer(8), Some("-128")),
            ("128", TypeDescription::Integer(8), None),
            ("0xff", TypeDescription::Unsigned(8), Some("255")),
            ("256", TypeDescription::Unsigned(8), None),
            ("-1", TypeDescription::Unsigned(32), None),
            (
                "-9223372036854775808",
                TypeDescription::Integer(64),
                Some("-9223372036854775808"),
            ),
            ("9223372036854775808", TypeDescription::Integer(64), None),
            (
                "18446744073709551615",
                TypeDescription::Unsigned(64),
                Some("18446744073709551615"),
            ),
            ("1.5", TypeDescription::Integer(32), None),
            ("1.5", TypeDescription::FLOAT32, Some("1.5")),
            ("1e40", TypeDescription::FLOAT32, None),
            ("inf", TypeDescription::FLOAT32, Some("inf")),
            ("1e40", TypeDescription::FLOAT64, Some("1e40")),
            ("x", TypeDescription::FLOAT64, None),
            ("on", TypeDescription::Boolean, Some("true")),
            ("yes", TypeDescription::Boolean, None),
        ] {
            let got = shown(text, ty.clone());
            let expected_number = expected.map(str::to_owned);
            if ty == TypeDescription::FLOAT64 {
                assert_eq!(got.is_ok(), expected.is_some(), "{text}");
            } else {
                assert_eq!(got.ok(), expected_number, "{text} as {ty:?}");
            }
        }
    }

    #[test]
    fn strings_are_kept_within_their_type() {
        assert_eq!(shown("on", TypeDescription::BitString(2)).unwrap(), "10");
        assert_eq!(
            shown("011", TypeDescription::BitString(-13)).unwrap(),
            "011"
        );
        assert!(shown("011", TypeDescription::BitString(2)).is_err());
        assert!(shown("012", TypeDescription::BitString(3)).is_err());
        assert_eq!(
            shown("01:0c-CD", TypeDescription::OctetString(-6)).unwrap(),
            "010ccd"
        );
        assert!(shown("01c", TypeDescription::OctetString(-6)).is_err());
        assert!(shown("0102", TypeDescription::OctetString(8)).is_err());
        assert!(shown("abcd", TypeDescription::VisibleString(-3)).is_err());
        assert!(shown("ä", TypeDescription::VisibleString(-3)).is_err());
        assert_eq!(shown("äöü", TypeDescription::MmsString(-3)).unwrap(), "äöü");
    }

    #[test]
    fn times() {
        for text in [
            "2023-11-14T22:13:20.123Z",
            "2023-11-14T23:13:20.123+01:00",
            "2023-11-14T22:13:20.123",
        ] {
            assert_eq!(
                shown(text, TypeDescription::UtcTime).unwrap(),
                "2023-11-14T22:13:20.123Z"
            );
        }
        assert!(shown("now", TypeDescription::BinaryTime(true)).is_ok());
        assert!(shown("yesterday", TypeDescription::UtcTime).is_err());
        assert!(shown("1900-01-01T00:00:00Z", TypeDescription::UtcTime).is_err());
        assert!(shown("2107-01-01T00:00:00Z", TypeDescription::UtcTime).is_err());
        assert!(shown("1983-12-31T23:59:59Z", TypeDescription::BinaryTime(true)).is_err());
        assert!(shown("2200-01-01T00:00:00Z", TypeDescription::BinaryTime(true)).is_err());
    }

    #[test]
    fn structures_are_json() {
        let component = |name: &str, ty| Component {
            name: Some(name.to_owned()),
            ty,
        };
        let ty = TypeDescription::Structure(vec![
            component("f", TypeDescription::FLOAT32),
            component(
                "list",
                TypeDescription::Array {
                    count: 2,
                    element: Box::new(TypeDescription::Integer(8)),
                },
            ),
        ]);
        let parse = |text: &str| shown(text, ty.clone());
        assert_eq!(parse("[1.5, [1, 2]]").unwrap(), "{1.5, [1, 2]}");
        assert_eq!(
            parse(r#"{"list": [1, "2"], "f": 2}"#).unwrap(),
            "{2, [1, 2]}"
        );
        for (text, part) in [
            ("1.5", "structure"),
            ("[1.5]", "1 components"),
            ("[1.5, [1]]", "list: 1 elements"),
            ("[1.5, [1, 300]]", "list(1): '300'"),
            (r#"{"f": 1}"#, "'list' is missing"),
            (r#"{"g": 1}"#, "no component 'g'"),
            ("{", "JSON"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
