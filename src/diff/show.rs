//! What was compared and what is different, for people and programs.

use super::compare::{align, differs};
use super::decode::{Line, hex};
use super::findings::Difference;
use super::known::Standard;
use super::pair::Pair;
use super::session::Session;
use crate::output::{count, printable};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Columns of one side.
const WIDTH: usize = 58;
/// Lines of a PDU that are shown around those that differ.
const AROUND: usize = 2;
/// Octets that are shown of a PDU.
const OCTETS: usize = 400;

pub(crate) fn print(out: &mut impl Write, session: &Session, seed: u32) -> io::Result<()> {
    let findings = session.findings();
    for difference in &findings.differences {
        print_difference(out, &session.names, difference)?;
        writeln!(out)?;
    }
    writeln!(
        out,
        "seed {seed}: {} compared, {} of each server",
        count(findings.steps as usize, "request"),
        count(findings.pdus as usize, "PDU"),
    )?;
    writeln!(
        out,
        "{} the same, {} different as is known, {} of {} different",
        findings.equal,
        findings.known,
        findings.differences.iter().map(|d| d.count).sum::<u64>(),
        count(findings.differences.len(), "kind"),
    )?;
    if findings.restarts > 0 {
        let times = count(findings.restarts as usize, "time");
        writeln!(
            out,
            "both servers started anew {times}, as one did what the other refused"
        )?;
    }
    for difference in &findings.differences {
        writeln!(
            out,
            "{:>6} x {}",
            difference.count,
            printable(&difference.kind)
        )?;
    }
    for (known, seen) in session.known().counts().filter(|(_, seen)| *seen > 0) {
        writeln!(out, "{seen:>6} x known: {}", known.reason)?;
    }
    Ok(())
}

fn print_difference(
    out: &mut impl Write,
    names: &Pair<String>,
    difference: &Difference,
) -> io::Result<()> {
    writeln!(
        out,
        "difference in step {}, association {}: {}",
        difference.step,
        ["a", "b"].get(difference.association).unwrap_or(&"?"),
        printable(&difference.what)
    )?;
    for (i, octets) in [&difference.octets.left, &difference.octets.right]
        .into_iter()
        .enumerate()
    {
        if i == 0 || difference.octets.left != difference.octets.right {
            writeln!(out, "  request {}", short(&hex(octets)))?;
        }
    }
    for line in difference.request.iter().take(12) {
        writeln!(out, "    {}", indented(line))?;
    }
    for (name, pdus) in [
        (&names.left, &difference.answers.left),
        (&names.right, &difference.answers.right),
    ] {
        if pdus.is_empty() {
            writeln!(out, "  {name} sends nothing")?;
        }
        for pdu in pdus {
            writeln!(out, "  {name} {}", short(&hex(pdu)))?;
        }
    }
    writeln!(out, "    {} │ {}", column(&names.left), names.right)?;
    let rows = align(&difference.lines.left, &difference.lines.right);
    let shown = |i: usize| {
        let around = i.saturating_sub(AROUND)..(i + AROUND + 1).min(rows.len());
        i < 2 || rows[around].iter().any(differs)
    };
    let mut skipped = false;
    let mut different = 0;
    for (i, row) in rows.iter().enumerate() {
        let is_different = differs(row);
        different += usize::from(is_different);
        if !shown(i) || different > 20 {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            writeln!(out, "    ...")?;
        }
        let mark = if is_different { '≠' } else { ' ' };
        let [left, right] =
            [row.left, row.right].map(|line| line.map_or_else(String::new, indented));
        writeln!(out, "  {mark} {} │ {}", column(&left), right)?;
    }
    if different > 20 {
        writeln!(out, "    ... {different} lines differ")?;
    }
    Ok(())
}

fn indented(line: &Line) -> String {
    let text = line.text();
    format!("{}{}", "  ".repeat(line.depth), printable(&text))
}

fn short(text: &str) -> String {
    match text.get(..OCTETS) {
        Some(start) if start.len() < text.len() => {
            format!("{start}... ({} octets)", text.len() / 2)
        }
        _ => text.to_owned(),
    }
}

/// Text on the left: as wide as the column, and longer where it has to be.
fn column(text: &str) -> String {
    let length = text.chars().count();
    format!("{text}{}", " ".repeat(WIDTH.saturating_sub(length)))
}

pub(crate) fn to_json(session: &Session, seed: u32) -> Value {
    let findings = session.findings();
    let known: Vec<Value> = session
        .known()
        .counts()
        .map(|(known, seen)| {
            json!({
                "left": known.left,
                "right": known.right,
                "reason": known.reason,
                "of_vendors": known.of_vendors,
                "by_chance": known.by_chance,
                "standard": match known.standard {
                    Standard::Left => "left",
                    Standard::Right => "right",
                    Standard::Both => "both",
                },
                "count": seen,
            })
        })
        .collect();
    let differences: Vec<Value> = findings.differences.iter().map(of_difference).collect();
    json!({
        "seed": seed,
        "left": session.names.left,
        "right": session.names.right,
        "requests": findings.steps,
        "pdus": findings.pdus,
        "same": findings.equal,
        "known": findings.known,
        "restarts": findings.restarts,
        "differences": differences,
        "known_differences": known,
    })
}

fn of_difference(difference: &Difference) -> Value {
    let rows: Vec<Value> = difference
        .rows
        .iter()
        .map(|row| json!({ "left": row.left, "right": row.right }))
        .collect();
    let side = |pdus: &[Vec<u8>], lines: &[Line]| {
        json!({
            "pdus": pdus.iter().map(|pdu| hex(pdu)).collect::<Vec<_>>(),
            "decoded": lines.iter().map(indented).collect::<Vec<_>>(),
        })
    };
    json!({
        "kind": difference.kind,
        "count": difference.count,
        "step": difference.step,
        "association": difference.association,
        "what": difference.what,
        "request": hex(&difference.octets.left),
        "left": side(&difference.answers.left, &difference.lines.left),
        "right": side(&difference.answers.right, &difference.lines.right),
        "lines": rows,
    })
}
