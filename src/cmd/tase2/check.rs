//! `ied tase2 check`.

use crate::failure::Failure;
use crate::iccp::CenterArguments;
use crate::output::{self, count, message, printable};
use serde_json::json;
use std::io::{self, Write};
use std::sync::Arc;
use tase2::Name;
use tase2::check::{Checker, DialTcp, Permits, Row, RowResult, Verdict};

/// Walk a control centre by the conformance checklist: pass, fail, not offered, not tried
///
/// It makes data sets and transfer sets of its own and takes them back; it writes, selects, operates and tags nothing but what it is told to. The
/// exit code is 1 if a row fails.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    center: CenterArguments,

    /// A point that may be written, so that changes are reported; it gets its old value back
    #[arg(long, value_name = "POINT")]
    write: Option<Name>,

    /// A device that may be selected, operated and tagged
    #[arg(long, value_name = "DEVICE")]
    sbo: Option<Name>,

    /// A device that may be operated at once
    #[arg(long, value_name = "DEVICE")]
    direct: Option<Name>,

    /// The command these devices are given
    #[arg(
        long,
        value_name = "VALUE",
        default_value = "0",
        allow_hyphen_values = true
    )]
    command: i16,

    /// The check-back id of the device that is selected
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    check_back: Option<i16>,

    /// What Bilateral_Table_ID should be
    #[arg(long, value_name = "ID")]
    table_id: Option<String>,

    /// Try only rows whose names begin so, for example `block_5,values_read`; `--list` shows them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,

    /// Show the rows, and try nothing
    #[arg(long)]
    list: bool,

    /// How the result is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,

    /// Write JSON, as `--format json` does
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line for each row
    Text,
    /// One object
    Json,
    /// JUnit XML, as test benches read it
    Junit,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let wanted = |row: &&'static Row| {
        let only = &arguments.only;
        only.is_empty() || only.iter().any(|only| row.id.starts_with(only.as_str()))
    };
    let rows: Vec<&'static Row> = Checker::rows().filter(wanted).collect();
    if rows.is_empty() {
        return Err(Failure::usage(
            "no row is called so; --list shows the names",
        ));
    }
    let mut out = output::stdout();
    if arguments.list {
        for row in rows {
            writeln!(out, "{:<34} {}: {}", row.id, row.group, row.text)?;
        }
        return Ok(out.flush()?);
    }
    let mut permits = Permits::default();
    permits.table_id = arguments.table_id.clone();
    permits.write = arguments.write.clone();
    permits.sbo = arguments.sbo.clone();
    permits.direct = arguments.direct.clone();
    permits.command = arguments.command;
    permits.check_back = arguments.check_back;
    let format = if arguments.json {
        Format::Json
    } else {
        arguments.format
    };
    let (options, address) = arguments.center.options();
    let checker = Checker::new(Arc::new(DialTcp(address.clone())), options, permits);
    let runtime = mms::net::runtime().map_err(Failure::failed)?;
    let results = runtime.block_on(async {
        // Whoever cannot be reached at all fails in nothing.
        checker
            .reach()
            .await
            .map_err(|reason| Failure::failed(printable(&format!("{address}: {reason}"))))?;
        let mut results = Vec::new();
        let mut group = "";
        for row in rows {
            let result = checker.run(row).await;
            if format == Format::Text {
                if group != row.group {
                    group = row.group;
                    writeln!(out, "{group}")?;
                }
                line(&mut out, &result)?;
                out.flush()?;
            }
            results.push(result);
        }
        Ok::<_, Failure>(results)
    })?;
    match format {
        Format::Text => {}
        Format::Json => json_of(&mut out, &address, &results)?,
        Format::Junit => junit(&mut out, &address, &results)?,
    }
    out.flush()?;
    let number = |word: &str| results.iter().filter(|r| r.verdict.word() == word).count();
    let failed = number("fail");
    message(format_args!(
        "{}: {} passed, {failed} failed, {} not offered, {} not tried",
        count(results.len(), "row"),
        number("pass"),
        number("not offered"),
        number("not tried")
    ));
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Reported),
    }
}

fn line(out: &mut impl Write, result: &RowResult) -> io::Result<()> {
    let (row, verdict) = (result.row, &result.verdict);
    write!(out, "  {:<11} {} ({})", verdict.word(), row.text, row.id)?;
    match verdict.reason() {
        "" => writeln!(out)?,
        reason => writeln!(out, ": {}", printable(reason))?,
    }
    for pdu in &result.pdus {
        writeln!(out, "      {pdu}")?;
    }
    Ok(())
}

fn json_of(out: &mut impl Write, address: &str, results: &[RowResult]) -> io::Result<()> {
    let rows = results.iter().map(|result| {
        let pdus: Vec<String> = result.pdus.iter().map(ToString::to_string).collect();
        let mut object = json!({
            "id": result.row.id,
            "group": result.row.group,
            "text": result.row.text,
            "verdict": result.verdict.word(),
            "seconds": result.took.as_secs_f64(),
        });
        if let Some(object) = object.as_object_mut() {
            if !result.verdict.reason().is_empty() {
                object.insert("reason".to_owned(), json!(result.verdict.reason()));
            }
            if !pdus.is_empty() {
                object.insert("pdus".to_owned(), json!(pdus));
            }
        }
        object
    });
    let all: Vec<_> = rows.collect();
    output::json(out, &json!({ "center": address, "rows": all }))
}

fn junit(out: &mut impl Write, address: &str, results: &[RowResult]) -> io::Result<()> {
    let number = |fits: fn(&Verdict) -> bool| results.iter().filter(|r| fits(&r.verdict)).count();
    let failures = number(|v| matches!(v, Verdict::Fail(_)));
    let skipped = number(|v| matches!(v, Verdict::NotOffered(_) | Verdict::NotTried(_)));
    let seconds: f64 = results.iter().map(|r| r.took.as_secs_f64()).sum();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuite name="TASE.2 {}" tests="{}" failures="{failures}" errors="0" skipped="{skipped}" time="{seconds:.3}">"#,
        xml(address),
        results.len()
    )?;
    for result in results {
        let (row, verdict) = (result.row, &result.verdict);
        write!(
            out,
            r#"  <testcase classname="{}" name="{}" time="{:.3}""#,
            xml(row.group),
            xml(row.id),
            result.took.as_secs_f64()
        )?;
        let reason = xml(verdict.reason());
        match verdict {
            Verdict::Fail(_) => {
                let pdus: Vec<String> = result.pdus.iter().map(|p| xml(&p.to_string())).collect();
                let pdus = pdus.join("\n");
                writeln!(
                    out,
                    ">\n    <failure message=\"{reason}\">{pdus}</failure>\n  </testcase>"
                )?;
            }
            Verdict::NotOffered(_) | Verdict::NotTried(_) => {
                let word = verdict.word();
                writeln!(
                    out,
                    ">\n    <skipped message=\"{word}: {reason}\"/>\n  </testcase>"
                )?;
            }
            _ => writeln!(out, "/>")?,
        }
    }
    writeln!(out, "</testsuite>")
}

/// Text in XML; what it cannot have is left out.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_xml() {
        assert_eq!(xml("a<b & \"c\"\u{1b}[2J"), "a&lt;b &amp; &quot;c&quot;[2J");
    }
}
