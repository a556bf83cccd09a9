//! TOML files, with mistakes that are told with their place.

use crate::failure::Failure;
use crate::output::printable;
use serde::de::DeserializeOwned;
use std::fs;
use std::ops::Range;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Reads a file; a mistake is told as `file:line:column: key: reason`.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    parse(&text(path)?).map_err(|complaint| failed(path, &complaint))
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::failed(format_args!("{}: {error}", path.display())))
}

/// A complaint that begins with its place in a file.
pub(crate) fn failed(path: &Path, complaint: &str) -> Failure {
    let complaint = format!("{}:{complaint}", path.display());
    Failure::failed(printable(&complaint))
}

/// What a text says, or `line:column: key: reason`.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text)
        .map_err(|error| complaint(text, &error.span().unwrap_or(0..0), error.message()))
}

/// `line:column: key: reason` for something that is wrong at a place of the text.
pub(crate) fn complaint(text: &str, span: &Range<usize>, reason: &str) -> String {
    let (line, column) = place(text, span.start);
    let key = match DeTable::parse(text) {
        Ok(table) => key_at(table.get_ref(), span),
        // It is no TOML: there are no keys.
        Err(_) => None,
    };
    match key {
        Some(key) => format!("{line}:{column}: {key}: {reason}"),
        None => format!("{line}:{column}: {reason}"),
    }
}

/// Line and column of an offset, counted from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The key whose name or value is at a place of the file: `server.max_pdu_size`, `point[2].name`.
fn key_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    let within = |other: Range<usize>| other.start <= span.start && span.end <= other.end;
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        if let Some(below) = below(value.get_ref(), span) {
            return Some(format!("{name}{below}"));
        }
        (within(key.span()) || within(value.span())).then(|| name.to_string())
    })
}

/// How a key goes on behind the name of the value it is in.
fn below(value: &DeValue<'_>, span: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(table) => key_at(table, span).map(|key| format!(".{key}")),
        // Elements that are no tables are told with the array they are in.
        DeValue::Array(elements) => elements.iter().enumerate().find_map(|(i, element)| {
            let table = element.get_ref().as_table()?;
            key_at(table, span).map(|key| format!("[{i}].{key}"))
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only mistakes are looked at")]
    struct File {
        point: Vec<Point>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only mistakes are looked at")]
    struct Point {
        name: String,
    }

    #[test]
    fn mistakes_in_lists_of_tables_have_their_number() {
        let text = "[[point]]\nname = 'a'\n\n[[point]]\nname = 7\n";
        let complaint = parse::<File>(text).unwrap_err();
        assert!(complaint.starts_with("5:8: point[1].name: "), "{complaint}");
        let complaint = parse::<File>("point = [{name = 'a', x = 1}]").unwrap_err();
        assert!(complaint.starts_with("1:23: point[0].x: "), "{complaint}");
    }
}
