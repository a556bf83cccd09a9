//! Values of points as text.

use crate::types::{Kind, PointType, PointValue, Quality, State, StateSupplemental, Value};

/// Reads the value of a point of this type: a number, or a state. It is VALID.
///
/// # Errors
/// What is wrong with the text.
pub fn parse_value(ty: PointType, text: &str) -> Result<PointValue, String> {
    let text = text.trim();
    let number = |kind: &str| format!("`{text}` is no {kind}");
    let value = match ty.kind {
        Kind::Real => {
            let value: f32 = text.parse().map_err(|_| number("number"))?;
            if !value.is_finite() {
                return Err(number("number of 32 bits"));
            }
            Value::Real(value)
        }
        Kind::Discrete => Value::Discrete(text.parse().map_err(|_| number("integer of 32 bits"))?),
        Kind::State => Value::State(text.parse::<State>()?),
        Kind::StateSupplemental => Value::Supplemental(StateSupplemental {
            state: text.parse()?,
            ..StateSupplemental::default()
        }),
    };
    Ok(PointValue::from(value).with_quality(Quality::default()))
}

/// Reads a quality: words in any order, as `HELD ENTERED ABNORMAL`. What is not said is VALID, TELEMETERED, NORMAL.
///
/// # Errors
/// The word that is none of a quality.
pub fn parse_quality(text: &str) -> Result<Quality, String> {
    let mut quality = Quality::default();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if let Ok(validity) = word.parse() {
            quality.validity = validity;
        } else if let Ok(source) = word.parse() {
            quality.source = source;
        } else if word.eq_ignore_ascii_case("ABNORMAL") {
            quality.abnormal = true;
        } else if word.eq_ignore_ascii_case("TIME-INVALID") {
            quality.time_invalid = true;
        } else if !word.eq_ignore_ascii_case("NORMAL") {
            return Err(format!("`{word}` is no quality"));
        }
    }
    Ok(quality)
}
