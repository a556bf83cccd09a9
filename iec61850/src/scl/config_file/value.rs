//! Values of attributes as a model file writes them.
//!
//! The forms of libiec61850 are numbers and quoted text. Quoted digits for bit strings (`"0110"`)
//! and quoted hex for octets and for times that are no whole milliseconds are our own: they are
//! written only where the format has no form.

use super::statement::Text;
use crate::{
    BinaryTime, BitString, DataAttributeType, MmsValue, ReportOptions, Timestamp, TriggerOptions,
};
use std::fmt::Write as _;

/// The value of a text. The error says what was expected.
pub(super) fn parse(kind: DataAttributeType, text: Text<'_>) -> Result<MmsValue, &'static str> {
    use DataAttributeType as T;
    let plain = text.as_str().trim();
    let quoted = matches!(text, Text::Quoted(_));
    Ok(match kind {
        T::Boolean => MmsValue::Boolean(match plain {
            "1" | "true" => true,
            "0" | "false" => false,
            _ => return Err("expected 0 or 1"),
        }),
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::Int128 | T::Enumerated => {
            MmsValue::Integer(plain.parse().map_err(|_| "expected a whole number")?)
        }
        T::Int8U | T::Int16U | T::Int24U | T::Int32U => MmsValue::Unsigned(
            plain
                .parse()
                .map_err(|_| "expected a whole number from 0 on")?,
        ),
        T::Float32 => MmsValue::Float32(plain.parse().map_err(|_| "expected a number")?),
        T::Float64 => MmsValue::Float64(plain.parse().map_err(|_| "expected a number")?),
        T::VisibleString32
        | T::VisibleString64
        | T::VisibleString65
        | T::VisibleString129
        | T::VisibleString255
        | T::Currency => MmsValue::VisibleString(text.as_str().to_string()),
        T::UnicodeString255 => MmsValue::MmsString(text.as_str().to_string()),
        T::Timestamp if quoted => {
            let octets = hex(plain).and_then(|octets| octets.try_into().ok());
            MmsValue::UtcTime(Timestamp::from_bytes(
                octets.ok_or("expected 8 octets in hex")?,
            ))
        }
        T::Timestamp => MmsValue::UtcTime(Timestamp::from_ms(milliseconds(plain)?)),
        T::EntryTime => MmsValue::BinaryTime(BinaryTime::from_ms(milliseconds(plain)?)),
        T::OctetString64 | T::OctetString6 | T::OctetString8 => {
            MmsValue::OctetString(hex(plain).ok_or("expected octets in hex")?)
        }
        T::CodedEnum | T::Quality | T::Check | T::TrgOps | T::OptFlds | T::GenericBitString
            if quoted =>
        {
            MmsValue::BitString(digits(plain).ok_or("expected digits 0 and 1")?)
        }
        T::CodedEnum => MmsValue::BitString(BitString::from_integer_be(2, mask(plain, 3)?)),
        T::Quality => MmsValue::BitString(BitString::from_integer(13, mask(plain, 0x1fff)?)),
        T::Check => MmsValue::BitString(BitString::from_integer(2, mask(plain, 3)?)),
        T::TrgOps => {
            let bits = mask(plain, u8::MAX.into())?;
            MmsValue::BitString(TriggerOptions::from_bits_truncate(bits as u8).into())
        }
        T::OptFlds => {
            let bits = mask(plain, u16::MAX.into())?;
            MmsValue::BitString(ReportOptions::from_bits_truncate(bits as u16).into())
        }
        _ => return Err("an attribute of this type has no value in a model file"),
    })
}

/// The text of a value, quotes included; `None` if the format has no form for it.
pub(super) fn format(kind: DataAttributeType, value: &MmsValue) -> Option<String> {
    use DataAttributeType as T;
    let text = match value {
        MmsValue::Boolean(value) => u8::from(*value).to_string(),
        MmsValue::Integer(value) => value.to_string(),
        MmsValue::Unsigned(value) => value.to_string(),
        MmsValue::Float32(value) => format!("{value:?}"),
        MmsValue::Float64(value) => format!("{value:?}"),
        MmsValue::VisibleString(text) | MmsValue::MmsString(text) => {
            if text.contains(['"', '\n', '\r']) {
                return None;
            }
            format!("\"{text}\"")
        }
        MmsValue::UtcTime(time) => {
            let ms = time.time_in_ms();
            if Timestamp::from_ms(ms) == *time {
                ms.to_string()
            } else {
                quoted_hex(time.as_bytes())
            }
        }
        MmsValue::BinaryTime(time) => {
            let ms = time.time_in_ms()?;
            if BinaryTime::from_ms(ms) != *time {
                return None;
            }
            ms.to_string()
        }
        MmsValue::OctetString(octets) => quoted_hex(octets),
        MmsValue::BitString(bits) => {
            let number = match kind {
                T::CodedEnum => bits.to_integer_be(),
                T::Quality | T::Check => bits.to_integer(),
                T::TrgOps => TriggerOptions::from(bits).bits().into(),
                T::OptFlds => ReportOptions::from(bits).bits().into(),
                _ => return Some(format!("\"{bits}\"")),
            }
            .to_string();
            // Reserved bits have no place in the masks.
            match parse(kind, Text::Plain(&number)) {
                Ok(MmsValue::BitString(same)) if same == *bits => number,
                _ => format!("\"{bits}\""),
            }
        }
        _ => return None,
    };
    Some(text)
}

fn mask(text: &str, all: u32) -> Result<u32, &'static str> {
    text.parse()
        .ok()
        .filter(|bits| bits & !all == 0)
        .ok_or("expected a bit mask in decimal digits")
}

fn milliseconds(text: &str) -> Result<u64, &'static str> {
    text.parse().map_err(|_| "expected milliseconds since 1970")
}

fn digits(text: &str) -> Option<BitString> {
    let mut bits = BitString::new(text.len());
    for (position, digit) in text.bytes().enumerate() {
        match digit {
            b'0' => {}
            b'1' => bits.set(position, true),
            _ => return None,
        }
    }
    Some(bits)
}

pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
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

fn quoted_hex(octets: &[u8]) -> String {
    let mut text = String::from("\"");
    for octet in octets {
        let _ = write!(text, "{octet:02x}");
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use DataAttributeType as T;
    use proptest::prelude::*;

    fn there_and_back(kind: T, value: MmsValue) -> String {
        let text = format(kind, &value).unwrap();
        let read = match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
            Some(inner) => Text::Quoted(inner),
            None => Text::Plain(&text),
        };
        assert_eq!(parse(kind, read), Ok(value), "{kind:?} {text}");
        text
    }

    #[test]
    fn forms_of_libiec61850() {
        assert_eq!(there_and_back(T::Boolean, MmsValue::Boolean(true)), "1");
        assert_eq!(there_and_back(T::Enumerated, MmsValue::Integer(-1)), "-1");
        assert_eq!(
            there_and_back(T::Float32, MmsValue::Float32(-2.25)),
            "-2.25"
        );
        assert_eq!(
            there_and_back(T::VisibleString255, MmsValue::VisibleString("a b".into())),
            "\"a b\""
        );
        let bits = |length, number| MmsValue::BitString(BitString::from_integer(length, number));
        assert_eq!(there_and_back(T::CodedEnum, bits(2, 1)), "2", "on");
        assert_eq!(there_and_back(T::Quality, bits(13, 0x840)), "2112");
        assert_eq!(there_and_back(T::Check, bits(2, 2)), "2");
        assert_eq!(there_and_back(T::TrgOps, bits(6, 0x3e)), "31");
        assert_eq!(there_and_back(T::OptFlds, bits(10, 0x1fe)), "255");
        let time = MmsValue::UtcTime(Timestamp::from_ms(1_700_000_000_123));
        assert_eq!(there_and_back(T::Timestamp, time), "1700000000123");
        let time = MmsValue::BinaryTime(BinaryTime::from_ms(1_700_000_000_123));
        assert_eq!(there_and_back(T::EntryTime, time), "1700000000123");
    }

    #[test]
    fn own_forms() {
        let bits = |length, number| MmsValue::BitString(BitString::from_integer(length, number));
        assert_eq!(there_and_back(T::TrgOps, bits(6, 1)), "\"100000\"");
        assert_eq!(there_and_back(T::GenericBitString, bits(3, 1)), "\"100\"");
        let time = MmsValue::UtcTime(Timestamp::from_ms(0).with_quality(10));
        assert_eq!(there_and_back(T::Timestamp, time), "\"000000000000000a\"");
        let octets = MmsValue::OctetString(vec![1, 255]);
        assert_eq!(there_and_back(T::OctetString64, octets), "\"01ff\"");
        assert_eq!(
            format(T::VisibleString64, &MmsValue::VisibleString("a\"b".into())),
            None
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (kind, text) in [
            (T::Boolean, "2"),
            (T::Int8, "x"),
            (T::Int8U, "-1"),
            (T::Float32, ""),
            (T::CodedEnum, "4"),
            (T::Timestamp, "-1"),
            (T::OctetString64, "0"),
            (T::PhyComAddr, "1"),
        ] {
            assert!(parse(kind, Text::Plain(text)).is_err(), "{kind:?} {text}");
        }
    }

    proptest! {
        #[test]
        fn numbers_round_trip(i: i64, u: u32, f: f32, d: f64, t: [u8; 8]) {
            there_and_back(T::Int64, MmsValue::Integer(i));
            there_and_back(T::Int32U, MmsValue::Unsigned(u.into()));
            if !f.is_nan() {
                there_and_back(T::Float32, MmsValue::Float32(f));
            }
            if !d.is_nan() {
                there_and_back(T::Float64, MmsValue::Float64(d));
            }
            there_and_back(T::Timestamp, MmsValue::UtcTime(Timestamp::from_bytes(t)));
        }
    }
}
