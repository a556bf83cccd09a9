//! How a device differs from a file.

use super::value::{self, to_json};
use crate::output::printable;
use crate::peer::type_text;
use iec61850::client::{DifferenceKind, ModelDifference};
use serde_json::{Value, json};
use std::io::{self, Write};

/// One line for each.
pub(crate) fn differences(found: &[ModelDifference], out: &mut impl Write) -> io::Result<()> {
    for difference in found {
        let reference = printable(&difference.reference);
        let line = match &difference.kind {
            DifferenceKind::Missing { what } => format!("missing  {reference} ({what})"),
            DifferenceKind::Extra { what } => format!("extra    {reference} ({what})"),
            DifferenceKind::Type { model, device } => {
                let (file, device) = (type_text(model), type_text(device));
                format!("type     {reference}: {file} in the file, {device} in the device")
            }
            DifferenceKind::Order { model, device } => {
                let (file, device) = (model.join(", "), device.join(", "));
                format!("order    {reference}: {file} in the file; {device} in the device")
            }
            DifferenceKind::Members { model, device } => {
                let (file, device) = (model.join(", "), device.join(", "));
                format!("members  {reference}: {file} in the file; {device} in the device")
            }
            DifferenceKind::Value { model, device } => {
                let shown = |value| value::text(&difference.reference, value);
                let (file, device) = (shown(model), shown(device));
                format!("value    {reference}: {file} in the file, {device} in the device")
            }
            DifferenceKind::Unreadable { reason } => format!("unread   {reference}: {reason}"),
            other => format!("other    {reference}: {other:?}"),
        };
        writeln!(out, "{}", printable(&line))?;
    }
    Ok(())
}

/// A list of objects with `reference`, `kind`, and what the two have.
pub(crate) fn differences_json(found: &[ModelDifference]) -> Value {
    let one = |difference: &ModelDifference| {
        let (kind, mut fields) = match &difference.kind {
            DifferenceKind::Missing { what } => ("missing", json!({ "what": what })),
            DifferenceKind::Extra { what } => ("extra", json!({ "what": what })),
            DifferenceKind::Type { model, device } => (
                "type",
                json!({ "file": type_text(model), "device": type_text(device) }),
            ),
            DifferenceKind::Order { model, device } => {
                ("order", json!({ "file": model, "device": device }))
            }
            DifferenceKind::Members { model, device } => {
                ("members", json!({ "file": model, "device": device }))
            }
            DifferenceKind::Value { model, device } => (
                "value",
                json!({ "file": to_json(model), "device": to_json(device) }),
            ),
            DifferenceKind::Unreadable { reason } => ("unreadable", json!({ "reason": reason })),
            _ => ("other", json!({})),
        };
        fields["reference"] = difference.reference.as_str().into();
        fields["kind"] = kind.into();
        fields
    };
    found.iter().map(one).collect()
}
