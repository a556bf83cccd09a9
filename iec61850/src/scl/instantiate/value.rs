//! From the text of a `Val` to the value of an attribute.

use crate::{BinaryTime, BitString, DataAttributeType, EnumType, MmsValue, Timestamp};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// The value `text` stands for; `None` if it is empty and the type has no empty value.
///
/// Numbers may have white space around them, a `+`, a fraction of zeros where whole numbers are
/// wanted, or be in hex (`0x10`). Booleans may be numbers. Names of enumerations may differ in
/// case or be the number.
pub(super) fn parse(
    kind: DataAttributeType,
    names: Option<&EnumType>,
    text: &str,
) -> Result<Option<MmsValue>, String> {
    use DataAttributeType as T;

    let trimmed = text.trim();
    let limit = match kind {
        T::VisibleString32 => 32,
        T::VisibleString64 => 64,
        T::VisibleString65 => 65,
        T::VisibleString129 => 129,
        T::VisibleString255 | T::UnicodeString255 => 255,
        T::Currency => 3,
        _ => 0,
    };
    if limit > 0 {
        return string(kind, text, limit).map(Some);
    }
    if trimmed.is_empty() {
        return Ok(None);
    }
    let value = match kind {
        T::Boolean => MmsValue::Boolean(boolean(trimmed)?),
        T::Int8 => integer(trimmed, i8::MIN.into(), i8::MAX.into())?,
        T::Int16 => integer(trimmed, i16::MIN.into(), i16::MAX.into())?,
        T::Int32 => integer(trimmed, i32::MIN.into(), i32::MAX.into())?,
        T::Int64 | T::Int128 => integer(trimmed, i64::MIN, i64::MAX)?,
        T::Int8U => unsigned(trimmed, u8::MAX.into())?,
        T::Int16U => unsigned(trimmed, u16::MAX.into())?,
        T::Int24U => unsigned(trimmed, 0xff_ffff)?,
        T::Int32U => unsigned(trimmed, u32::MAX.into())?,
        T::Float32 => MmsValue::Float32(float(trimmed)? as f32),
        T::Float64 => MmsValue::Float64(float(trimmed)?),
        T::Enumerated => MmsValue::Integer(ordinal(trimmed, names)?.into()),
        T::CodedEnum => MmsValue::BitString(coded_enum(trimmed)?),
        T::Quality => MmsValue::BitString(quality(trimmed)?),
        T::Check => MmsValue::BitString(bits(trimmed, 2)?),
        T::TrgOps => MmsValue::BitString(bits(trimmed, 6)?),
        T::OptFlds => MmsValue::BitString(bits(trimmed, 10)?),
        T::Timestamp => MmsValue::UtcTime(Timestamp::from_ms(milliseconds(trimmed)?)),
        T::EntryTime => MmsValue::BinaryTime(BinaryTime::from_ms(milliseconds(trimmed)?)),
        T::OctetString64 => octets(trimmed, 0, 64)?,
        T::OctetString6 => octets(trimmed, 6, 6)?,
        T::OctetString8 => octets(trimmed, 8, 8)?,
        _ => return Err("this type takes no value from a file".into()),
    };
    Ok(Some(value))
}

/// Line breaks and tabs are what XML editors put around text; they are white space, as
/// `xs:normalizedString` has it.
fn string(kind: DataAttributeType, text: &str, limit: usize) -> Result<MmsValue, String> {
    let text = if text.contains(['\n', '\r', '\t']) {
        text.trim().replace(['\n', '\r', '\t'], " ")
    } else {
        text.to_string()
    };
    let unicode = kind == DataAttributeType::UnicodeString255;
    if text.len() > limit {
        return Err(format!("longer than {limit} octets"));
    }
    Ok(if unicode {
        MmsValue::MmsString(text)
    } else {
        MmsValue::VisibleString(text)
    })
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("neither true nor false".into()),
    }
}

fn whole(text: &str) -> Result<i128, String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    if let Some(hex) = hex {
        return i128::from_str_radix(hex, 16).map_err(|_| "not a whole number".into());
    }
    if let Ok(number) = digits.parse() {
        return Ok(number);
    }
    // "3.0" and "1e3" are whole numbers too.
    match digits.parse::<f64>() {
        Ok(number) if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 => {
            Ok(number as i128)
        }
        _ => Err("not a whole number".into()),
    }
}

fn integer(text: &str, min: i64, max: i64) -> Result<MmsValue, String> {
    let number = whole(text)?;
    i64::try_from(number)
        .ok()
        .filter(|number| (min..=max).contains(number))
        .map(MmsValue::Integer)
        .ok_or_else(|| format!("not between {min} and {max}"))
}

fn unsigned(text: &str, max: u64) -> Result<MmsValue, String> {
    let number = whole(text)?;
    u64::try_from(number)
        .ok()
        .filter(|number| *number <= max)
        .map(MmsValue::Unsigned)
        .ok_or_else(|| format!("not between 0 and {max}"))
}

fn float(text: &str) -> Result<f64, String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    // Some tools write numbers as their country does.
    let parsed = match digits.split_once(',') {
        Some((whole, fraction)) => format!("{whole}.{fraction}").parse(),
        None => digits.parse(),
    };
    parsed.map_err(|_| "not a number".into())
}

fn ordinal(text: &str, names: Option<&EnumType>) -> Result<i32, String> {
    let Some(names) = names else {
        return text
            .parse()
            .map_err(|_| "the EnumType is unknown and this is not a number".into());
    };
    let by_name = |same: fn(&str, &str) -> bool| {
        names
            .values()
            .iter()
            .find(|(_, name)| same(name, text))
            .map(|(ord, _)| *ord)
    };
    by_name(|a, b| a == b)
        .or_else(|| text.parse().ok())
        .or_else(|| by_name(str::eq_ignore_ascii_case))
        .ok_or_else(|| format!("not a value of EnumType '{}'", names.id()))
}

fn coded_enum(text: &str) -> Result<BitString, String> {
    // Dbpos, then Tcmd.
    let number = match text.to_ascii_lowercase().as_str() {
        "intermediate-state" | "intermediate" | "stop" | "00" | "0" => 0,
        "off" | "lower" | "01" | "1" => 1,
        "on" | "higher" | "10" | "2" => 2,
        "bad-state" | "bad" | "reserved" | "11" | "3" => 3,
        _ => return Err("not a double point state or step command".into()),
    };
    Ok(BitString::from_integer_be(2, number))
}

fn quality(text: &str) -> Result<BitString, String> {
    // The validity is the first two bits: 00 good, 01 invalid, 11 questionable.
    match text.to_ascii_lowercase().as_str() {
        "good" => Ok(BitString::new(13)),
        "invalid" => Ok(BitString::from_integer(13, 0b10)),
        "questionable" => Ok(BitString::from_integer(13, 0b11)),
        _ => bits(text, 13),
    }
}

/// Either one digit for each bit, first bit first, or a number whose lowest bit is the first one.
fn bits(text: &str, length: usize) -> Result<BitString, String> {
    if text.len() == length && text.bytes().all(|digit| matches!(digit, b'0' | b'1')) {
        let mut value = BitString::new(length);
        for (bit, digit) in text.bytes().enumerate() {
            value.set(bit, digit == b'1');
        }
        return Ok(value);
    }
    whole(text)
        .ok()
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| number >> length == 0)
        .map(|number| BitString::from_integer(length, number))
        .ok_or_else(|| format!("not a string of {length} bits"))
}

/// Milliseconds since 1970 of a date in the form of ISO 8601; UTC if it names no zone.
fn milliseconds(text: &str) -> Result<u64, String> {
    let zoned = DateTime::parse_from_rfc3339(text)
        .map(|time| time.with_timezone(&Utc))
        .ok();
    let plain = || {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .or_else(|| {
                NaiveDate::parse_from_str(text, "%Y-%m-%d")
                    .ok()?
                    .and_hms_opt(0, 0, 0)
            })
            .map(|time| time.and_utc())
    };
    zoned
        .or_else(plain)
        .and_then(|time| u64::try_from(time.timestamp_millis()).ok())
        .filter(|ms| ms / 1000 <= u64::from(u32::MAX))
        .ok_or_else(|| "not a time from 1970 to 2106 such as 2020-12-31T23:59:59Z".into())
}

/// Hex digits, or base 64 as the standard has it.
fn octets(text: &str, min: usize, max: usize) -> Result<MmsValue, String> {
    let octets = hex(text)
        .or_else(|| base64(text))
        .ok_or("neither hex digits nor base 64")?;
    if (min..=max).contains(&octets.len()) {
        Ok(MmsValue::OctetString(octets))
    } else if min == max {
        Err(format!("{} octets instead of {max}", octets.len()))
    } else {
        Err(format!("more than {max} octets"))
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | ':'))
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect()
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut octets = Vec::new();
    let (mut buffer, mut count) = (0u32, 0);
    for digit in digits.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push((buffer >> count) as u8);
        }
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataAttributeType as T;

    fn value(kind: T, text: &str) -> MmsValue {
        parse(kind, None, text).unwrap().unwrap()
    }

    fn refused(kind: T, text: &str) -> String {
        parse(kind, None, text).unwrap_err()
    }

    fn bit_text(kind: T, text: &str) -> String {
        value(kind, text).to_string()
    }

    #[test]
    fn numbers() {
        for text in ["12", " 12\n", "+12", "12.0", "1.2e1", "0xC"] {
            assert_eq!(value(T::Int32, text), MmsValue::Integer(12), "{text}");
            assert_eq!(value(T::Int8U, text), MmsValue::Unsigned(12), "{text}");
        }
        assert_eq!(value(T::Int64, "-1"), MmsValue::Integer(-1));
        assert_eq!(refused(T::Int8, "128"), "not between -128 and 127");
        assert_eq!(refused(T::Int16U, "-1"), "not between 0 and 65535");
        assert_eq!(refused(T::Int32, "1.1"), "not a whole number");
        assert_eq!(refused(T::Int24U, "16777216"), "not between 0 and 16777215");
        assert_eq!(value(T::Float32, "+1e3"), MmsValue::Float32(1000.0));
        assert_eq!(value(T::Float64, "0,5"), MmsValue::Float64(0.5));
        assert_eq!(refused(T::Float32, "high"), "not a number");
        assert_eq!(parse(T::Int32, None, " "), Ok(None));
    }

    #[test]
    fn booleans() {
        assert_eq!(value(T::Boolean, "TRUE"), MmsValue::Boolean(true));
        assert_eq!(value(T::Boolean, "0"), MmsValue::Boolean(false));
        refused(T::Boolean, "yes");
    }

    #[test]
    fn enumerations() {
        let names = EnumType::new("CtlModels", [(0, "status-only"), (4, "sbo")]);
        let parse = |text| parse(T::Enumerated, Some(&names), text);
        assert_eq!(parse("sbo"), Ok(Some(MmsValue::Integer(4))));
        assert_eq!(parse(" SBO "), Ok(Some(MmsValue::Integer(4))));
        assert_eq!(parse("3"), Ok(Some(MmsValue::Integer(3))));
        assert_eq!(
            parse("direct").unwrap_err(),
            "not a value of EnumType 'CtlModels'"
        );
    }

    #[test]
    fn bit_strings() {
        assert_eq!(bit_text(T::CodedEnum, "on"), "10");
        assert_eq!(bit_text(T::CodedEnum, "1"), "01");
        assert_eq!(bit_text(T::CodedEnum, "lower"), "01");
        assert_eq!(bit_text(T::CodedEnum, "bad-state"), "11");
        assert_eq!(bit_text(T::Quality, "0000000000010"), "0000000000010");
        assert_eq!(bit_text(T::Quality, "2048"), "0000000000010");
        assert_eq!(bit_text(T::Quality, "invalid"), "0100000000000");
        assert_eq!(bit_text(T::Check, "3"), "11");
        assert_eq!(bit_text(T::TrgOps, "010011"), "010011");
        refused(T::Check, "4");
        refused(T::CodedEnum, "open");
    }

    #[test]
    fn times() {
        let time = MmsValue::UtcTime(Timestamp::from_ms(1_700_000_000_123));
        for text in [
            "2023-11-14T22:13:20.123Z",
            "2023-11-14T23:13:20.123+01:00",
            "2023-11-14 22:13:20.123",
        ] {
            assert_eq!(value(T::Timestamp, text), time);
        }
        assert_eq!(parse(T::Timestamp, None, ""), Ok(None));
        assert_eq!(
            value(T::EntryTime, "1984-01-02"),
            MmsValue::BinaryTime(BinaryTime {
                ms: 0,
                days: Some(1)
            })
        );
        refused(T::Timestamp, "yesterday");
        refused(T::Timestamp, "1969-12-31");
    }

    #[test]
    fn strings_and_octets() {
        assert_eq!(
            value(T::VisibleString255, "\n   two\n words "),
            MmsValue::VisibleString("two  words".into())
        );
        assert_eq!(
            value(T::VisibleString255, " kept "),
            MmsValue::VisibleString(" kept ".into())
        );
        assert_eq!(value(T::Currency, ""), MmsValue::VisibleString("".into()));
        assert_eq!(refused(T::Currency, "EURO"), "longer than 3 octets");
        let unicode = "\u{e4}".repeat(127);
        assert_eq!(
            value(T::UnicodeString255, &unicode),
            MmsValue::MmsString(unicode)
        );
        let hi = MmsValue::OctetString(b"Hi!".to_vec());
        assert_eq!(value(T::OctetString64, "48 69 21"), hi);
        assert_eq!(value(T::OctetString64, "SGkh"), hi);
        assert_eq!(refused(T::OctetString6, "0102"), "2 octets instead of 6");
        refused(T::OctetString64, "S");
    }
}
