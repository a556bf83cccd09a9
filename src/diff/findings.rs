//! What came for requests, and what was found different in it.

use super::decode::{self, Expected, Line};
use super::pair::Pair;

/// What has been compared so far, and what was different.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Requests, and changes of the process.
    pub(crate) steps: u64,
    /// PDUs of each server that were compared.
    pub(crate) pdus: u64,
    /// Requests whose answers were the same.
    pub(crate) equal: u64,
    /// Requests whose answers differed as is known.
    pub(crate) known: u64,
    /// By kind, in the order of their first occurrence.
    pub(crate) differences: Vec<Difference>,
    /// Times both servers were started anew because one did what the other refused.
    pub(crate) restarts: u64,
}

/// A difference that is not known: the first of its kind.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) kind: String,
    /// How often this kind occurred.
    pub(crate) count: u64,
    pub(super) step: u64,
    pub(super) association: usize,
    pub(super) what: String,
    pub(super) request: Vec<Line>,
    pub(super) octets: Pair<Vec<u8>>,
    pub(super) answers: Pair<Vec<Vec<u8>>>,
    pub(super) lines: Pair<Vec<Line>>,
    /// The lines that are not as known.
    pub(super) rows: Vec<Pair<String>>,
}

/// What came for a request.
#[derive(Debug, Default)]
pub(super) struct Came {
    pub(super) pdus: Vec<Vec<u8>>,
    pub(super) end: Option<&'static str>,
}

pub(super) fn lines_of(came: &Came, expected: Expected<'_>) -> Vec<Line> {
    let plain = |text: &str| Line {
        depth: 0,
        name: text.to_owned(),
        value: String::new(),
        compared: None,
    };
    let mut lines: Vec<Line> = came
        .pdus
        .iter()
        .flat_map(|pdu| decode::decode(pdu, expected))
        .collect();
    match came.end {
        Some(end) => lines.push(plain(&format!("association {end}"))),
        None if lines.is_empty() => lines.push(plain("nothing")),
        None => {}
    }
    lines
}

/// Answers that mean the same and are written differently, where nothing in them is each server's own.
pub(super) fn encodings(answers: &Pair<Came>, lines: &Pair<Vec<Line>>) -> Option<Pair<String>> {
    if !lines.both(|lines| lines.iter().all(|line| line.compared.is_none())) {
        return None;
    }
    let open = lines.both(|lines| lines.get(1).is_some_and(|line| line.name == "getNameList"))
        && lines.left.len() != lines.right.len();
    let text = |came: &Came| {
        let octets = came.pdus.first().map(|pdu| decode::hex(pdu));
        format!("encoding = {}", octets.unwrap_or_default())
    };
    // Entries of journals have identifiers and times that are not shown.
    let hidden = lines.both(|lines| lines.get(1).is_some_and(|line| line.name == "readJournal"));
    (!open && !hidden).then(|| answers.as_ref().map(text))
}

/// Whether each part of what was asked was done.
pub(super) fn success(lines: &[Line]) -> Vec<bool> {
    let results = lines
        .iter()
        .filter(|line| line.value == "success" || line.value.starts_with("failure"))
        .map(|line| line.value == "success");
    let whole = lines.iter().any(|line| {
        matches!(
            line.name.as_str(),
            "confirmed-response" | "conclude-response"
        )
    });
    std::iter::once(whole).chain(results).collect()
}
