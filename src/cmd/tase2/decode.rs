//! `ied tase2 decode`.

use crate::failure::Failure;
use crate::iccp::point_json;
use crate::output::{self, count, message, printable};
use serde_json::{Map, Value, json};
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use tase2::Name;
use tase2::decode::{Record, ReportRecord, What};

/// Show what control centres said to each other in a capture file, by TASE.2 names
///
/// The file is pcap or pcapng. The exit code is 1 if something in it does not decode.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The capture file
    #[arg(value_name = "FILE.pcap")]
    file: PathBuf,

    /// Show only these, for example `report,start-transfer`
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    only: Vec<String>,

    /// Write JSON, one object in each line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let shown = arguments.file.display();
    let file = fs::read(&arguments.file)
        .map_err(|error| Failure::failed(format_args!("cannot read {shown}: {error}")))?;
    let decoded = tase2::decode::decode(&file)
        .map_err(|error| Failure::failed(format_args!("{shown}: {error}")))?;
    let mut out = output::stdout();
    for record in &decoded.records {
        let kind = record.what.kind();
        if !arguments.only.is_empty() && !arguments.only.iter().any(|only| only == kind) {
            continue;
        }
        if arguments.json {
            serde_json::to_writer(&mut out, &to_json(record)).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            let Record {
                frame,
                time,
                association,
                from,
                ..
            } = record;
            let what = record.what.to_string();
            writeln!(
                out,
                "{frame:>6} {time:>11.6}  {association}  {from}  {}",
                printable(&what)
            )?;
        }
    }
    out.flush()?;
    let summary = [
        count(decoded.frames, "frame"),
        count(decoded.associations, "association"),
        count(decoded.pdus, "PDU"),
        count(decoded.problems, "problem"),
    ];
    message(summary.join(", "));
    match decoded.problems {
        0 => Ok(()),
        _ => Err(Failure::Reported),
    }
}

fn to_json(record: &Record) -> Value {
    let mut object = Map::new();
    object.insert("frame".to_owned(), json!(record.frame));
    object.insert("time".to_owned(), json!(record.time));
    object.insert("association".to_owned(), json!(record.association));
    object.insert("from".to_owned(), json!(record.from.to_string()));
    object.insert("to".to_owned(), json!(record.to.to_string()));
    object.insert("kind".to_owned(), json!(record.what.kind()));
    if let What::Report(report) = &record.what {
        add_report(&mut object, report);
    } else {
        object.insert("text".to_owned(), json!(record.what.to_string()));
    }
    Value::Object(object)
}

fn add_report(object: &mut Map<String, Value>, report: &ReportRecord) {
    let name = |name: &Option<Name>| json!(name.as_ref().map(Name::to_string));
    object.insert("transfer_set".to_owned(), name(&report.transfer_set));
    object.insert("data_set".to_owned(), name(&report.data_set));
    if let Some(conditions) = report.conditions {
        object.insert("conditions".to_owned(), json!(conditions.to_string()));
    }
    if let Some(time) = report.time {
        object.insert("time_stamp".to_owned(), json!(time.to_string()));
    }
    if let Some(code) = report.event_code {
        object.insert("event_code".to_owned(), json!(code));
    }
    let unnamed = Name::vcc("?");
    let points = report.points.iter();
    let points = points.map(|(name, value)| point_json(name.as_ref().unwrap_or(&unnamed), value));
    object.insert("points".to_owned(), points.collect());
}
