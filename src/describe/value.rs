//! Values for people and programs.

use crate::output::Tree;
use iec61850::{Dbpos, Quality, QualityValidity};
use mms::{MmsValue, TypeDescription};
use serde_json::{Map, Number, Value};
use std::io::{self, Write};

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
        MmsValue::Float64(double) => {
            Number::from_f64(*double).map_or_else(|| Value::from(value.to_string()), Value::Number)
        }
        MmsValue::DataAccessError(error) => serde_json::json!({ "error": error.to_string() }),
        other => Value::from(other.to_string()),
    }
}

/// As [`to_json`], with structures as objects where the names of their components are known.
pub(crate) fn named_json(value: &MmsValue, ty: Option<&TypeDescription>) -> Value {
    match (value, ty) {
        (MmsValue::Structure(values), Some(TypeDescription::Structure(components)))
            if values.len() == components.len() =>
        {
            let members = components.iter().zip(values).enumerate();
            members
                .map(|(i, (component, value))| {
                    let name = component.name.clone().unwrap_or_else(|| i.to_string());
                    (name, named_json(value, Some(&component.ty)))
                })
                .collect::<Map<_, _>>()
                .into()
        }
        (MmsValue::Array(values), Some(TypeDescription::Array { element, .. })) => values
            .iter()
            .map(|value| named_json(value, Some(element)))
            .collect(),
        _ => to_json(value),
    }
}

/// A value to be drawn, under its name.
pub(crate) struct Shown<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a MmsValue,
    /// Its type, for the names of what is inside.
    pub(crate) ty: Option<&'a TypeDescription>,
}

/// Draws a value at the root of a tree: on one line, or with its components below it.
pub(crate) fn value_tree<W: Write>(tree: &mut Tree<W>, shown: &Shown<'_>) -> io::Result<()> {
    let below = below(shown.value, shown.ty);
    if below.is_empty() {
        return tree.root(line(shown.name, shown.value));
    }
    tree.root(shown.name)?;
    branches(tree, &below)
}

/// Draws the components of a value.
pub(crate) fn value_branches<W: Write>(
    tree: &mut Tree<W>,
    value: &MmsValue,
    ty: Option<&TypeDescription>,
) -> io::Result<()> {
    branches(tree, &below(value, ty))
}

fn branches<W: Write>(tree: &mut Tree<W>, items: &[Item<'_>]) -> io::Result<()> {
    for (i, (name, value, ty)) in items.iter().enumerate() {
        let inner = below(value, *ty);
        let last = i + 1 == items.len();
        if inner.is_empty() {
            tree.leaf(last, line(name, value))?;
        } else {
            tree.branch(last, name, |tree| branches(tree, &inner))?;
        }
    }
    Ok(())
}

type Item<'a> = (String, &'a MmsValue, Option<&'a TypeDescription>);

/// What is inside a structure or an array of structures. Arrays of simple values fit on their own line.
fn below<'a>(value: &'a MmsValue, ty: Option<&'a TypeDescription>) -> Vec<Item<'a>> {
    match (value, ty) {
        (MmsValue::Structure(values), Some(TypeDescription::Structure(components)))
            if values.len() == components.len() =>
        {
            let members = components.iter().zip(values).enumerate();
            members
                .map(|(i, (component, value))| {
                    let name = component.name.clone().unwrap_or_else(|| i.to_string());
                    (name, value, Some(&component.ty))
                })
                .collect()
        }
        (MmsValue::Array(values), ty)
            if values
                .iter()
                .any(|v| matches!(v, MmsValue::Structure(_) | MmsValue::Array(_))) =>
        {
            let element = match ty {
                Some(TypeDescription::Array { element, .. }) => Some(&**element),
                _ => None,
            };
            values
                .iter()
                .enumerate()
                .map(|(i, value)| (format!("({i})"), value, element))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn line(name: &str, value: &MmsValue) -> String {
    let last = name
        .split('[')
        .next()
        .and_then(|name| name.rsplit('.').next());
    format!("{name} = {}", text(last.unwrap_or(name), value))
}

/// A value for people: texts in quotes, what quality and position bits mean behind them.
pub(crate) fn text(name: &str, value: &MmsValue) -> String {
    match value {
        MmsValue::VisibleString(text) | MmsValue::MmsString(text) => format!("{text:?}"),
        MmsValue::OctetString(octets) if octets.is_empty() => "(empty)".to_owned(),
        MmsValue::BitString(bits) if bits.len() == Quality::BITS => {
            format!("{value} ({})", quality(Quality::from(bits)))
        }
        MmsValue::BitString(bits) if bits.len() == 2 && name.ends_with("stVal") => {
            let position = match Dbpos::from(bits) {
                Dbpos::IntermediateState => "intermediate",
                Dbpos::Off => "off",
                Dbpos::On => "on",
                _ => "bad",
            };
            format!("{value} ({position})")
        }
        MmsValue::UtcTime(time) => {
            let mut text = time.to_string();
            if time.has_clock_failure() {
                text.push_str(" (clock failure)");
            }
            if time.is_clock_not_synchronized() {
                text.push_str(" (not synchronized)");
            }
            text
        }
        _ => value.to_string(),
    }
}

fn quality(quality: Quality) -> String {
    let validity = match quality.validity() {
        QualityValidity::Good => "good",
        QualityValidity::Invalid => "invalid",
        QualityValidity::Questionable => "questionable",
        _ => "reserved",
    };
    let rest = [
        (Quality::SOURCE_SUBSTITUTED, "substituted"),
        (Quality::TEST, "test"),
        (Quality::OPERATOR_BLOCKED, "operator-blocked"),
    ];
    std::iter::once(validity.to_owned())
        .chain(flags(quality.detail().iter_names().map(|(name, _)| name)))
        .chain(
            rest.into_iter()
                .filter(|(flag, _)| quality.contains(*flag))
                .map(|(_, name)| name.to_owned()),
        )
        .collect::<Vec<_>>()
        .join(", ")
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
        let ty = TypeDescription::Structure(vec![mms::Component {
            name: Some("f".into()),
            ty: TypeDescription::FLOAT32,
        }]);
        let value = MmsValue::Structure(vec![MmsValue::Float32(-2.5)]);
        assert_eq!(named_json(&value, Some(&ty)), json!({"f": -2.5}));
        let error = MmsValue::DataAccessError(mms::DataAccessError::ObjectAccessDenied);
        assert_eq!(to_json(&error), json!({"error": "object access denied"}));
    }

    #[test]
    fn values_for_people() {
        let bits =
            |bits: usize, value: u32| MmsValue::BitString(BitString::from_integer(bits, value));
        assert_eq!(text("q", &bits(13, 0)), "0000000000000 (good)");
        assert_eq!(
            text("q", &bits(13, 2 | 128 | 2048)),
            "0100000100010 (invalid, old-data, test)"
        );
        assert_eq!(text("stVal", &bits(2, 1)), "10 (on)");
        assert_eq!(text("ctlVal", &bits(2, 1)), "10");
        assert_eq!(text("d", &MmsValue::VisibleString("a".into())), "\"a\"");

        let mut out = Vec::new();
        let pair = MmsValue::Structure(vec![bits(2, 2), bits(13, 0)]);
        let component = |name: &str, ty| mms::Component {
            name: Some(name.to_owned()),
            ty,
        };
        let ty = TypeDescription::Structure(vec![
            component("stVal", TypeDescription::BitString(2)),
            component("q", TypeDescription::BitString(-13)),
        ]);
        let shown = Shown {
            name: "LD/XCBR1.Pos[ST]",
            value: &pair,
            ty: Some(&ty),
        };
        value_tree(&mut Tree::new(&mut out), &shown).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "LD/XCBR1.Pos[ST]\n├─ stVal = 01 (off)\n└─ q = 0000000000000 (good)\n"
        );
    }
}
