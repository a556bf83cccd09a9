//! Lists of points in CSV: a header, and a point in each line.
//!
//! Columns, in any order: `name` and `type`, and where wanted `value`, `quality` and `deadband`. Empty fields count as absent. A `#` in front
//! makes a line a comment.

use super::ConfigError;
use super::value;
use crate::Name;
use crate::model::{IndicationPoint, Model};
use std::path::Path;

const COLUMNS: [&str; 5] = ["name", "type", "value", "quality", "deadband"];

/// Adds the points of a list to a model.
pub(super) fn read(path: &Path, content: &[u8], model: &mut Model) -> Result<(), ConfigError> {
    let error = |line: u64, entry: &str, reason: String| ConfigError {
        file: path.to_owned(),
        line: usize::try_from(line).ok(),
        entry: entry.to_owned(),
        reason,
    };
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(content);
    let of_csv = |e: csv::Error| {
        let line = e.position().map_or(1, csv::Position::line);
        let reason = match e.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => {
                format!("{len} fields, and the header has {expected_len}")
            }
            csv::ErrorKind::Utf8 { err, .. } => err.to_string(),
            _ => e.to_string(),
        };
        error(line, "", reason)
    };
    let header = reader.headers().map_err(of_csv)?.clone();
    if let Some(unknown) = header.iter().find(|column| !COLUMNS.contains(column)) {
        let known = COLUMNS.join(", ");
        return Err(error(
            1,
            unknown,
            format!("no such column; there are {known}"),
        ));
    }
    for needed in ["name", "type"] {
        if !header.iter().any(|column| column == needed) {
            return Err(error(1, needed, "the column is missing".to_owned()));
        }
    }
    for record in reader.into_records() {
        let record = record.map_err(of_csv)?;
        let line = record.position().map_or(1, csv::Position::line);
        let field = |column: &str| {
            let at = header.iter().position(|c| c == column)?;
            record.get(at).filter(|text| !text.is_empty())
        };
        let text = field("name").unwrap_or_default();
        let named = format!("point {text}");
        let wrong = |reason: String| error(line, &named, reason);
        let name: Name = text
            .parse()
            .map_err(|e: crate::NameError| wrong(e.to_string()))?;
        let ty = field("type").unwrap_or_default().parse();
        let ty = ty.map_err(|e: crate::types::ParsePointTypeError| wrong(e.to_string()))?;
        let mut point = IndicationPoint::new(name, ty);
        if let Some(text) = field("value") {
            point.initial = value::parse_value(ty, text).map_err(wrong)?;
        }
        if let Some(text) = field("quality") {
            point.initial = point
                .initial
                .with_quality(value::parse_quality(text).map_err(wrong)?);
        }
        if let Some(text) = field("deadband") {
            let deadband = text.parse();
            point.deadband =
                deadband.map_err(|_| wrong(format!("deadband `{text}` is no number")))?;
        }
        model.add_point(point).map_err(|e| wrong(e.to_string()))?;
    }
    Ok(())
}
