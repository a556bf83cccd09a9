//! What docs/py61850-migration.md says exists: its lines are compiled, and its numbers compared.
#![forbid(unsafe_code)]

#[rustfmt::skip] // One line of the document, one line there.
mod lines;

use std::collections::HashSet;

const DOCUMENT: &str = include_str!("../../docs/py61850-migration.md");
const LINES: &str = include_str!("lines.rs");

/// The rows of the tables: what is between the bars.
fn rows() -> impl Iterator<Item = Vec<String>> {
    DOCUMENT
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| {
            let line = line.trim_matches('|').replace("\\|", "\u{1}");
            let cells = line
                .split('|')
                .map(|cell| cell.trim().replace('\u{1}', "|"));
            cells.collect()
        })
}

/// The code of a cell, if it is all code.
fn code(cell: &str) -> Option<&str> {
    let code = cell.strip_prefix('`')?.strip_suffix('`')?;
    (!code.contains('`')).then_some(code)
}

#[test]
fn every_line_is_compiled() {
    let lines: HashSet<&str> = LINES
        .lines()
        .map(|line| line.trim().trim_end_matches(';'))
        .collect();
    // Enumerations and the table of general rules have rows of other kinds.
    let is_name = |code: &str| code.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut compiled = 0;
    for row in rows() {
        let [before, after, ..] = &*row else {
            continue;
        };
        let (Some(_), Some(after)) = (code(before), code(after)) else {
            continue;
        };
        if is_name(after) || after.starts_with("chrono::") {
            continue;
        }
        assert!(
            lines.contains(after.trim_end_matches(';')),
            "not in tests/migration/lines.rs: {after}"
        );
        compiled += 1;
    }
    assert!(compiled > 250, "{compiled} lines");
}

#[test]
fn every_name_is_there() {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words: HashSet<&str> = DOCUMENT.split(|c| !is_part(c)).collect();
    for name in lines::NAMES {
        assert!(words.contains(name), "no {name}");
    }
}

#[test]
fn numbers_are_the_same() {
    for (class, name, there, here) in lines::MEMBERS {
        assert_eq!(there, here, "{class}.{name}");
        assert!(DOCUMENT.contains(&format!("`{name}`")), "no {class}.{name}");
    }
    let classes: HashSet<_> = lines::MEMBERS.iter().map(|member| member.0).collect();
    for class in classes {
        assert!(DOCUMENT.contains(&format!("| `{class}` |")), "no {class}");
    }
}
