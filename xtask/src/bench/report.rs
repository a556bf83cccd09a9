//! The table of results and its JSON form.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// A line of the table, by what it shows. The order is that of [`ROWS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Read,
    ReadP50,
    ReadP99,
    ReadCpu,
    Large,
    LargeP50,
    LargeP99,
    LargeCpu,
    Set,
    SetP50,
    SetP99,
    SetCpu,
    Pipeline,
    PipelineCpu,
    Idle4,
    Idle100,
    Idle1000,
    Open,
    OpenMemory,
    Associate,
    Browse,
    Start,
    NodeMemory,
    WakeUps,
    WakeUpsAlone,
    Reports,
    ReportsLost,
    ReportsSteady,
    ReportP50,
    ReportP99,
    Update0,
    Update1,
    Update100,
}

struct RowText {
    row: Row,
    title: &'static str,
    unit: &'static str,
    /// Whether more is better.
    more: bool,
    goal: &'static str,
}

const fn less(row: Row, title: &'static str, unit: &'static str, goal: &'static str) -> RowText {
    RowText {
        row,
        title,
        unit,
        more: false,
        goal,
    }
}

const fn more(row: Row, title: &'static str, unit: &'static str, goal: &'static str) -> RowText {
    RowText {
        row,
        title,
        unit,
        more: true,
        goal,
    }
}

const P50: &str = "  latency p50";
const P99: &str = "  latency p99";
const CPU: &str = "  server CPU per request";

/// All lines in their order.
#[rustfmt::skip]
const ROWS: [RowText; 33] = [
    more(Row::Read, "read 1 float, depth 1, on one core", "1/s", "90 % of echo"),
    less(Row::ReadP50, P50, "us", ""),
    less(Row::ReadP99, P99, "us", ""),
    less(Row::ReadCpu, CPU, "us", ""),
    more(Row::Large, "the same among 1000 logical nodes", "1/s", ""),
    less(Row::LargeP50, P50, "us", ""),
    less(Row::LargeP99, P99, "us", ""),
    less(Row::LargeCpu, CPU, "us", ""),
    more(Row::Set, "read set of 100 floats, same way", "1/s", "85 % of echo"),
    less(Row::SetP50, P50, "us", ""),
    less(Row::SetP99, P99, "us", ""),
    less(Row::SetCpu, CPU, "us", ""),
    more(Row::Pipeline, "5 associations x 5 outstanding reads", "1/s", "300k"),
    less(Row::PipelineCpu, CPU, "us", ""),
    more(Row::Idle4, "reader beside 4 idle, of its own rate", "%", "95"),
    more(Row::Idle100, "reader beside 100 idle", "%", "95"),
    more(Row::Idle1000, "reader beside 1000 idle", "%", "95"),
    more(Row::Open, "associations open at once", "", "10.0k"),
    less(Row::OpenMemory, "  memory of each", "kB", "8"),
    more(Row::Associate, "connect, initiate, close", "1/s", ""),
    less(Row::Browse, "browse 1000 logical nodes", "s", "0.03"),
    less(Row::Start, "start with 1000 logical nodes", "s", "0.015"),
    less(Row::NodeMemory, "  memory of each (62 leaves)", "kB", "6"),
    less(Row::WakeUps, "wake-ups, one idle association", "1/s", "0"),
    less(Row::WakeUpsAlone, "wake-ups, no association", "1/s", "0"),
    more(Row::Reports, "reports to one subscriber, free running", "1/s", "100k"),
    less(Row::ReportsLost, "  changes in none of them", "%", "0"),
    more(Row::ReportsSteady, "  most a second with none lost", "1/s", "100k"),
    less(Row::ReportP50, "report latency p50 at 1000 changes/s", "us", "60"),
    less(Row::ReportP99, P99, "us", ""),
    less(Row::Update0, "server CPU per change, no report", "us", ""),
    less(Row::Update1, "  1 report control block enabled", "us", ""),
    less(Row::Update100, "  100 enabled", "us", ""),
];

/// The two columns that the ratio compares.
pub(super) const OURS: &str = "ours";
pub(super) const REFERENCE: &str = "libiec61850";
pub(super) const ECHO: &str = "echo";

/// What was measured, by column and row.
pub(super) struct Report {
    columns: Vec<String>,
    /// `cells[column][row]`.
    cells: Vec<Vec<Cell>>,
    notes: Vec<String>,
}

#[derive(Clone, Default)]
struct Cell {
    samples: Vec<f64>,
    /// Shown before the value, as in "at least".
    at_least: bool,
}

impl Cell {
    fn median(&self) -> Option<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            odd if odd % 2 == 1 => sorted.get(middle).copied(),
            _ => Some((sorted.get(middle - 1)? + sorted.get(middle)?) / 2.0),
        }
    }

    fn range(&self) -> (f64, f64) {
        let fold =
            |pick: fn(f64, f64) -> f64, start| self.samples.iter().copied().fold(start, pick);
        (
            fold(f64::min, f64::INFINITY),
            fold(f64::max, f64::NEG_INFINITY),
        )
    }

    fn text(&self) -> String {
        let Some(median) = self.median() else {
            return "-".to_owned();
        };
        let mark = if self.at_least { ">= " } else { "" };
        let (min, max) = self.range();
        let mut text = format!("{mark}{}", number(median));
        if min < max {
            let _ = write!(text, " ({}..{})", number(min), number(max));
        }
        text
    }
}

impl Report {
    pub(super) fn new(columns: Vec<String>) -> Self {
        let cells = vec![vec![Cell::default(); ROWS.len()]; columns.len()];
        Self {
            columns,
            cells,
            notes: Vec::new(),
        }
    }

    fn cell(&mut self, column: &str, row: Row) -> Option<&mut Cell> {
        let column = self.columns.iter().position(|name| name == column)?;
        self.cells.get_mut(column)?.get_mut(row as usize)
    }

    /// Adds a measured value.
    pub(super) fn add(&mut self, column: &str, row: Row, value: f64) {
        if let Some(cell) = self.cell(column, row) {
            cell.samples.push(value);
        }
    }

    /// Marks a value as a lower bound.
    pub(super) fn at_least(&mut self, column: &str, row: Row) {
        if let Some(cell) = self.cell(column, row) {
            cell.at_least = true;
        }
    }

    /// Adds a line beneath the table, once.
    pub(super) fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    fn median(&self, column: &str, row: usize) -> Option<f64> {
        let column = self.columns.iter().position(|name| name == column)?;
        self.cells.get(column)?.get(row)?.median()
    }

    fn ratio(&self, row: usize) -> Option<f64> {
        quotient(self.median(OURS, row)?, self.median(REFERENCE, row)?)
    }

    /// The share of the echo of a column.
    fn share(&self, column: &str, row: usize) -> Option<f64> {
        // Elsewhere the echo does something else than answer requests.
        let shown = [Row::Read, Row::Large, Row::Set, Row::Pipeline].contains(&ROWS.get(row)?.row);
        quotient(self.median(column, row)?, self.median(ECHO, row)?)
            .filter(|_| shown && column != ECHO)
    }

    /// The rows with at least one value, aligned.
    pub(super) fn table(&self) -> String {
        let mut lines = vec![vec!["row".to_owned(), String::new()]];
        if let Some(head) = lines.first_mut() {
            head.extend(self.columns.iter().cloned());
            head.extend([
                format!("{OURS}/{REFERENCE}"),
                "share of echo".to_owned(),
                "better".to_owned(),
                "goal".to_owned(),
            ]);
        }
        for (at, row) in ROWS.iter().enumerate() {
            let cells: Vec<String> = self
                .cells
                .iter()
                .filter_map(|column| column.get(at))
                .map(Cell::text)
                .collect();
            if cells.iter().all(|text| text == "-") {
                continue;
            }
            let mut line = vec![row.title.to_owned(), row.unit.to_owned()];
            line.extend(cells);
            line.push(self.ratio(at).map_or(String::new(), number));
            let shares = self
                .columns
                .iter()
                .filter(|column| *column != ECHO)
                .map(|column| self.share(column, at));
            let shares: Vec<String> = shares
                .flatten()
                .map(|share| format!("{:.0} %", share * 100.0))
                .collect();
            line.push(shares.join(", "));
            line.push(if row.more { "more" } else { "less" }.to_owned());
            line.push(row.goal.to_owned());
            lines.push(line);
        }
        let mut text = align(&lines);
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        text
    }

    /// Everything, with all samples.
    pub(super) fn json(&self, settings: Value) -> Value {
        let rows: Vec<Value> = ROWS
            .iter()
            .enumerate()
            .map(|(at, row)| self.json_row(at, row))
            .collect();
        json!({ "settings": settings, "columns": self.columns, "rows": rows, "notes": self.notes })
    }

    fn json_row(&self, at: usize, row: &RowText) -> Value {
        let mut cells = serde_json::Map::new();
        for (name, column) in self.columns.iter().zip(&self.cells) {
            if let Some((cell, median)) =
                column.get(at).and_then(|cell| Some((cell, cell.median()?)))
            {
                let (min, max) = cell.range();
                let value = json!({
                    "median": median, "min": min, "max": max, "samples": cell.samples,
                    "at_least": cell.at_least, "share_of_echo": self.share(name, at),
                });
                cells.insert(name.clone(), value);
            }
        }
        json!({
            "key": format!("{:?}", row.row), "title": row.title.trim(), "unit": row.unit, "goal": row.goal,
            "better": if row.more { "more" } else { "less" }, "ours_to_libiec61850": self.ratio(at), "cells": cells,
        })
    }
}

fn quotient(value: f64, by: f64) -> Option<f64> {
    (by != 0.0).then(|| value / by)
}

/// Three significant digits, large numbers in thousands or millions.
fn number(value: f64) -> String {
    let (scaled, suffix) = match value.abs() {
        1e6.. => (value / 1e6, "M"),
        1e4.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let decimals = match scaled.abs() {
        0.0 | 100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        _ => 4,
    };
    format!("{scaled:.decimals$}{suffix}")
}

/// Columns as wide as their widest cell; the first and the last two to the left, the others to the right.
fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (at, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = if at < 2 || at + 3 >= columns {
                write!(row, "{cell:<width$}  ")
            } else {
                write!(row, "{cell:>width$}  ")
            };
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [
            0.0,
            0.0151,
            0.9349,
            1.25,
            61.25,
            930.4,
            38_123.4,
            1_234_567.0,
        ]
        .map(number);
        assert_eq!(
            shown,
            [
                "0", "0.0151", "0.935", "1.25", "61.2", "930", "38.1k", "1.23M"
            ]
        );
    }

    #[test]
    fn rows_stand_at_their_place() {
        for (at, row) in ROWS.iter().enumerate() {
            assert_eq!(row.row as usize, at);
        }
    }

    #[test]
    fn ratio_and_share_come_from_medians() {
        let mut report = Report::new([ECHO, REFERENCE, OURS].map(str::to_owned).to_vec());
        for (column, samples) in [
            (ECHO, [90.0, 100.0, 110.0]),
            (REFERENCE, [30.0, 25.0, 10.0]),
            (OURS, [80.0, 75.0, 10.0]),
        ] {
            samples
                .iter()
                .for_each(|sample| report.add(column, Row::Read, *sample));
        }
        assert_eq!(report.ratio(0), Some(3.0));
        assert_eq!(report.share(OURS, 0), Some(0.75));
        assert_eq!(report.share(ECHO, 0), None);
        let table = report.table();
        assert!(table.contains("75.0 (10.0..80.0)"), "{table}");
        assert!(table.contains("25 %, 75 %"), "{table}");
        assert_eq!(table.lines().count(), 2, "{table}");
    }

    #[test]
    fn an_unmeasured_column_has_no_ratio() {
        let mut report = Report::new([ECHO, REFERENCE].map(str::to_owned).to_vec());
        report.add(REFERENCE, Row::Browse, 0.5);
        assert!(report.table().contains("browse"));
        assert_eq!(report.ratio(Row::Browse as usize), None);
    }
}
