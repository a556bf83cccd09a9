//! The committed bindings, the header they are made from and the table of the crate documentation belong together.

use std::collections::BTreeSet;

const HEADER: &str = include_str!("../include/libiec61850_abi.h");
const BINDINGS: &str = include_str!("../src/bindings.rs");
const DOCUMENTATION: &str = include_str!("../src/lib.rs");

/// A part of the header: what a banner says and what follows it.
struct Area {
    title: String,
    headers: Vec<String>,
    functions: usize,
    constants: usize,
    structures: usize,
}

fn areas() -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for line in HEADER.lines() {
        if let Some(banner) = line.strip_prefix(" * == ") {
            let (title, headers) = banner.split_once(" [").expect("a banner names headers");
            areas.push(Area {
                title: title.to_owned(),
                headers: headers
                    .trim_end_matches(']')
                    .split(", ")
                    .map(str::to_owned)
                    .collect(),
                functions: 0,
                constants: 0,
                structures: 0,
            });
        }
        let Some(area) = areas.last_mut() else {
            continue;
        };
        let is_structure = line.ends_with(" {")
            && ["struct ", "typedef struct", "typedef union"]
                .iter()
                .any(|start| line.starts_with(start));
        if function(line).is_some() {
            area.functions += 1;
        } else if is_structure {
            area.structures += 1;
        } else if line.starts_with("#define ") || line.starts_with("    ") && line.contains(" = ") {
            area.constants += 1;
        }
    }
    areas
}

/// The name of the function that a line of the header declares.
fn function(line: &str) -> Option<&str> {
    let is_other = ["typedef", "struct", "extern", "#", "/", " ", "}"]
        .iter()
        .any(|start| line.starts_with(start));
    if is_other {
        return None;
    }
    let (head, _) = line.split_once('(')?;
    head.rsplit([' ', '*']).next()
}

#[test]
fn every_function_of_the_header_is_bound() {
    let declared: BTreeSet<_> = HEADER.lines().filter_map(function).collect();
    let bound: BTreeSet<_> = BINDINGS
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("pub fn "))
        .filter_map(|line| line.split('(').next())
        .collect();
    assert_eq!(declared, bound);
    assert_eq!(bound.len(), 1006);
}

#[test]
fn the_table_of_the_documentation_is_true() {
    let mut expected = Vec::new();
    let (mut functions, mut constants, mut structures) = (0, 0, 0);
    for area in areas() {
        let headers: Vec<_> = area
            .headers
            .iter()
            .map(|header| format!("`{header}`"))
            .collect();
        expected.push(format!(
            "//! | {} | {} | {} | {} | {} |",
            area.title,
            headers.join(", "),
            area.functions,
            area.constants,
            area.structures
        ));
        functions += area.functions;
        constants += area.constants;
        structures += area.structures;
    }
    expected.push(format!(
        "//! | All | | {functions} | {constants} | {structures} |"
    ));
    let table: Vec<_> = DOCUMENTATION
        .lines()
        .filter(|line| line.starts_with("//! | "))
        .skip(2)
        .collect();
    assert_eq!(table, expected);
}

/// Only without layout and spaces: the committed file has been through rustfmt.
#[cfg(feature = "bindgen")]
#[test]
fn the_committed_bindings_are_current() {
    // Else they were made from the headers of the library that was found, and say nothing of ours.
    if env!("LIBIEC61850_SYS_HEADERS") != "own" {
        return;
    }
    let made = include_str!(concat!(env!("OUT_DIR"), "/bindings.rs"));
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != ',')
            .collect()
    };
    assert!(
        plain(made) == plain(BINDINGS),
        "src/bindings.rs is not what bindgen makes of include/libiec61850_abi.h: run `cargo xtask bindings`"
    );
}
