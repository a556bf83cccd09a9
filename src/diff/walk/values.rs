//! Values to be written.

use crate::random::Random;
use mms::{BitString, MmsValue, TypeDescription, UtcTime};

/// A value of the type.
pub(super) fn of(ty: &TypeDescription, random: &mut Random) -> MmsValue {
    match ty {
        TypeDescription::Array { count, element } => {
            MmsValue::Array((0..*count).map(|_| of(element, random)).collect())
        }
        TypeDescription::Structure(components) => {
            MmsValue::Structure(components.iter().map(|c| of(&c.ty, random)).collect())
        }
        TypeDescription::Boolean => MmsValue::Boolean(random.chance(0.5)),
        TypeDescription::BitString(size) => {
            let bits = size.unsigned_abs().min(64) as usize;
            MmsValue::BitString(BitString::from_integer(bits, number(random) as u32))
        }
        TypeDescription::Integer(width) => MmsValue::Integer(integer(*width, random)),
        TypeDescription::Unsigned(width) => {
            MmsValue::Unsigned(integer(*width, random).unsigned_abs())
        }
        TypeDescription::Float { format_width, .. } => {
            let value = f64::from(number(random) as u8) + 0.5;
            match format_width {
                64 => MmsValue::Float64(value),
                _ => MmsValue::Float32(value as f32),
            }
        }
        TypeDescription::OctetString(size) => {
            let most = size.unsigned_abs().min(64) as usize;
            // A negative size is the largest one, another one the only one.
            let length = if *size < 0 {
                random.below(most + 1)
            } else {
                most
            };
            MmsValue::OctetString((0..length).map(|_| number(random) as u8).collect())
        }
        TypeDescription::VisibleString(size) | TypeDescription::MmsString(size) => {
            let most = size.unsigned_abs().min(255) as usize;
            let length = random.below(most.min(12) + 1);
            let text = "Text of a client"[..length].to_owned();
            match ty {
                TypeDescription::MmsString(_) => MmsValue::MmsString(text),
                _ => MmsValue::VisibleString(text),
            }
        }
        TypeDescription::UtcTime => {
            MmsValue::UtcTime(UtcTime::from_ms(1_700_000_000_000 + number(random)))
        }
        TypeDescription::BinaryTime(_) => {
            MmsValue::BinaryTime(mms::BinaryTime::from_ms(1_700_000_000_000 + number(random)))
        }
        _ => MmsValue::Integer(1),
    }
}

/// Small numbers mostly, as enumerations have them.
fn integer(width: u8, random: &mut Random) -> i64 {
    let most = (1_i64 << (u32::from(width.clamp(2, 63)) - 1)) - 1;
    match random.below(8) {
        0 => most,
        1 => -1,
        _ => random.below(6) as i64,
    }
}

fn number(random: &mut Random) -> u64 {
    random.below(1 << 16) as u64
}

/// A value of any type.
pub(super) fn any(random: &mut Random) -> MmsValue {
    let types = [
        TypeDescription::Boolean,
        TypeDescription::BitString(-13),
        TypeDescription::BitString(2),
        TypeDescription::Integer(32),
        TypeDescription::Unsigned(32),
        TypeDescription::FLOAT32,
        TypeDescription::OctetString(-8),
        TypeDescription::VisibleString(-255),
        TypeDescription::MmsString(-255),
        TypeDescription::UtcTime,
        TypeDescription::Structure(Vec::new()),
    ];
    match random.pick(&types) {
        Some(ty) => of(ty, random),
        None => MmsValue::Boolean(true),
    }
}
