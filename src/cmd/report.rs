//! `ied report`.

use crate::describe::{self, flags};
use crate::failure::Failure;
use crate::output::{self, message, printable};
use crate::peer::PeerArguments;
use iec61850::client::asynchronous::{IedConnection, ReportControlBlock};
use iec61850::client::{
    IedConnectionState, RcbValues, ReasonForInclusion, Report, ReportStream, SubscribeOptions,
};
use iec61850::{AcsiClass, Error, IedClientError, ReportOptions, TriggerOptions};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

/// Show report control blocks, and receive reports
///
/// Without a control block all are listed. With --watch, reports are received until Ctrl-C; a lost connection is made again, and a buffered control
/// block goes on where it was.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// The control block, LD/LN.RP.NAME or LD/LN.BR.NAME
    #[arg(value_name = "RCB")]
    rcb: Option<String>,

    /// Receive reports
    #[arg(long, requires = "rcb")]
    watch: bool,

    /// End after so many reports
    #[arg(long, value_name = "N", requires = "watch", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// What reports are made for: dchg, qchg, dupd, integrity, gi
    #[arg(long, value_name = "TRIGGERS", requires = "watch", value_parser = triggers)]
    triggers: Option<TriggerOptions>,

    /// Milliseconds between reports of all members
    #[arg(long, value_name = "MS", requires = "watch")]
    integrity: Option<u32>,

    /// Milliseconds for which changes are collected
    #[arg(long, value_name = "MS", requires = "watch")]
    buffer: Option<u32>,

    /// The data set, LD/LN.NAME
    #[arg(long, value_name = "DATASET", requires = "watch")]
    dataset: Option<String>,

    /// Ask for all members at once
    #[arg(long, requires = "watch")]
    gi: bool,

    /// Empty the buffer first
    #[arg(long, requires = "watch")]
    purge: bool,

    /// Begin behind this entry of the buffer, in hexadecimal
    #[arg(long, value_name = "ENTRYID", requires = "watch", value_parser = hexadecimal)]
    after: Option<Entry>,

    /// Write JSON: one object for each report, on a line of its own
    #[arg(long)]
    json: bool,
}

#[derive(Clone)]
struct Entry(Vec<u8>);

fn hexadecimal(text: &str) -> Result<Entry, String> {
    let digit = |c: char| c.to_digit(16).map(|digit| digit as u8);
    let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
    match digits {
        Some(digits) if !digits.is_empty() && digits.len() % 2 == 0 => Ok(Entry(
            digits
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit))
                .collect(),
        )),
        _ => Err("expected octets in hexadecimal".to_owned()),
    }
}

fn triggers(text: &str) -> Result<TriggerOptions, String> {
    text.split([',', '+'])
        .map(|word| match word.trim() {
            "dchg" => Ok(TriggerOptions::DATA_CHANGED),
            "qchg" => Ok(TriggerOptions::QUALITY_CHANGED),
            "dupd" => Ok(TriggerOptions::DATA_UPDATE),
            "integrity" => Ok(TriggerOptions::INTEGRITY),
            "gi" => Ok(TriggerOptions::GI),
            other => Err(format!(
                "'{other}' is none of dchg, qchg, dupd, integrity, gi"
            )),
        })
        .try_fold(TriggerOptions::empty(), |all, one| Ok(all | one?))
}

/// The words for why a member is in a report.
pub(crate) fn reasons(reason: ReasonForInclusion) -> Vec<String> {
    flags(reason.iter_names().map(|(name, _)| name))
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments
        .peer
        .connected(arguments.watch, async |connection| match &arguments.rcb {
            None => list(&connection, arguments.json).await,
            Some(rcb) => {
                let rcb = match connection.read_rcb(rcb).await {
                    Ok(rcb) => rcb,
                    Err(error) => return Err(explain(&connection, error).await),
                };
                if arguments.watch {
                    return watch(&connection, rcb, arguments).await;
                }
                let mut out = output::stdout();
                match arguments.json {
                    true => output::json(&mut out, &json_of(&rcb))?,
                    false => show(&mut out, &rcb)?,
                }
                Ok(out.flush()?)
            }
        })
}

/// What control blocks there are, if there is none of this name.
async fn explain(connection: &IedConnection, error: Error) -> Failure {
    if error.code() != Some(IedClientError::ObjectDoesNotExist) {
        return Failure::failed(error);
    }
    match blocks(connection).await {
        Ok(blocks) => {
            let names: Vec<&str> = blocks.iter().map(RcbValues::reference).collect();
            let names = match names.as_slice() {
                [] => "none".to_owned(),
                names => names.join(", "),
            };
            Failure::failed(format_args!("{error}; there are: {names}"))
        }
        Err(_) => Failure::failed(error),
    }
}

async fn blocks(connection: &IedConnection) -> Result<Vec<RcbValues>, Failure> {
    let mut blocks = Vec::new();
    for device in connection
        .get_logical_devices()
        .await
        .map_err(Failure::failed)?
    {
        for node in connection
            .get_logical_nodes(&device)
            .await
            .map_err(Failure::failed)?
        {
            let node = format!("{device}/{node}");
            for (class, fc) in [(AcsiClass::Urcb, "RP"), (AcsiClass::Brcb, "BR")] {
                let names = connection.get_logical_node_directory(&node, class).await;
                for name in names.map_err(Failure::failed)? {
                    let rcb = connection
                        .read_rcb_values(&format!("{node}.{fc}.{name}"))
                        .await;
                    blocks.push(rcb.map_err(Failure::failed)?);
                }
            }
        }
    }
    Ok(blocks)
}

async fn list(connection: &IedConnection, json: bool) -> Result<(), Failure> {
    let blocks = blocks(connection).await?;
    let mut out = output::stdout();
    if json {
        let list = blocks.iter().map(json_of).collect();
        output::json(&mut out, &Value::Array(list))?;
    }
    for rcb in blocks.iter().filter(|_| !json) {
        let state = match (rcb.rpt_ena(), rcb.resv(), rcb.resv_tms()) {
            (true, ..) => "enabled",
            (_, Some(true), _) => "reserved",
            (_, _, Some(seconds)) if seconds != 0 => "reserved",
            _ => "free",
        };
        let line = format!("{}  {state}  {}", rcb.reference(), rcb.dataset_reference());
        writeln!(out, "{}", printable(&line))?;
    }
    Ok(out.flush()?)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn json_of(rcb: &RcbValues) -> Value {
    json!({
        "reference": rcb.reference(),
        "rptID": rcb.rpt_id(),
        "rptEna": rcb.rpt_ena(),
        "resv": rcb.resv(),
        "datSet": rcb.dataset_reference(),
        "confRev": rcb.conf_rev(),
        "optFlds": flags(rcb.opt_flds().iter_names().map(|(name, _)| name)),
        "bufTm": rcb.buf_tm(),
        "sqNum": rcb.sq_num(),
        "trgOps": flags(rcb.trg_ops().iter_names().map(|(name, _)| name)),
        "intgPd": rcb.intg_pd(),
        "entryID": rcb.entry_id().map(hex),
        "timeOfEntry": rcb.entry_time().map(|time| time.to_rfc3339()),
        "resvTms": rcb.resv_tms(),
        "owner": rcb.owner().map(hex),
    })
}

fn show(out: &mut impl Write, rcb: &RcbValues) -> Result<(), Failure> {
    let Value::Object(values) = json_of(rcb) else {
        return Ok(());
    };
    for (name, value) in values {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            Value::Array(words) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                words.join(" ")
            }
            other => other.to_string(),
        };
        writeln!(out, "{name:12} {}", printable(&text))?;
    }
    Ok(())
}

async fn watch(
    connection: &IedConnection,
    mut rcb: ReportControlBlock,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let milliseconds = |ms: u32| Duration::from_millis(ms.into());
    let mut options =
        SubscribeOptions::new().with_opt_flds(ReportOptions::ALL - ReportOptions::SEGMENTATION);
    options.trg_ops = arguments.triggers;
    options.intg_pd = arguments.integrity.map(milliseconds);
    options.buf_tm = arguments.buffer.map(milliseconds);
    options.dataset.clone_from(&arguments.dataset);
    options.gi = arguments.gi;
    options.purge = arguments.purge;
    options.resume_from = arguments.after.as_ref().map(|entry| entry.0.clone());
    let mut reports = rcb.reports(10_000);
    rcb.subscribe(options).await.map_err(Failure::failed)?;
    message(format_args!("watching {}", rcb.reference()));
    let members = members(connection, &rcb).await;
    let outcome = receive(connection, &mut reports, &members, arguments).await;
    // Leaving ends the reports as well.
    let _ = rcb.unsubscribe().await;
    outcome
}

/// The references of the members, for reports that do not have them.
async fn members(connection: &IedConnection, rcb: &RcbValues) -> Vec<String> {
    let directory = connection.get_dataset_directory(rcb.dataset_reference());
    match directory.await {
        Ok(directory) => directory.entries,
        Err(_) => vec![],
    }
}

async fn receive(
    connection: &IedConnection,
    reports: &mut ReportStream,
    members: &[String],
    arguments: &Arguments,
) -> Result<(), Failure> {
    let mut types: HashMap<String, Option<mms::TypeDescription>> = HashMap::new();
    let mut states = connection.watch_state();
    let mut left = arguments.count;
    while left != Some(0) {
        let report = tokio::select! {
            report = reports.next() => report,
            changed = states.changed() => {
                let state = *states.borrow_and_update();
                match (changed, state) {
                    (Ok(()), IedConnectionState::Closed) => message("connection lost"),
                    (Ok(()), IedConnectionState::Connected) => message("connected again"),
                    _ => {}
                }
                continue;
            }
        };
        let Some(report) = report else {
            return Err(Failure::failed("the reports have ended"));
        };
        left = left.map(|left| left - 1);
        for member in report.included() {
            let Some(name) = members.get(member.index) else {
                continue;
            };
            if !types.contains_key(name) {
                let ty = connection.get_variable_specification(name, None).await;
                types.insert(name.clone(), ty.ok());
            }
        }
        print(&report, members, &types, arguments.json)?;
    }
    Ok(())
}

fn print(
    report: &Report,
    members: &[String],
    types: &HashMap<String, Option<mms::TypeDescription>>,
    json: bool,
) -> Result<(), Failure> {
    let mut out = output::stdout();
    let included = report.included().iter().map(|member| {
        let named = members.get(member.index);
        let name = named
            .map(String::as_str)
            .or(member.data_reference.as_deref())
            .unwrap_or("(unknown member)");
        let ty = named.and_then(|name| types.get(name)?.as_ref());
        (member, name, ty)
    });
    if json {
        let items: Vec<Value> = included
            .map(|(member, name, ty)| {
                json!({
                    "reference": name,
                    "value": describe::named_json(&member.value, ty),
                    "reason": reasons(member.reason),
                })
            })
            .collect();
        let value = json!({
            "rcb": report.rcb_reference(),
            "rptID": report.rpt_id(),
            "sqNum": report.seq_num(),
            "time": report.timestamp().map(|time| time.to_rfc3339()),
            "datSet": report.dataset_name(),
            "confRev": report.conf_rev(),
            "entryID": report.entry_id().map(hex),
            "bufOvfl": report.buf_ovfl(),
            "missed": report.missed(),
            "items": items,
        });
        writeln!(out, "{value}")?;
    } else {
        let mut head = String::new();
        if let Some(time) = report.timestamp() {
            head.push_str(&time.format("%Y-%m-%dT%H:%M:%S%.3fZ  ").to_string());
        }
        head.push_str(report.rcb_reference());
        if let Some(number) = report.seq_num() {
            head.push_str(&format!("  no. {number}"));
        }
        if let Some(entry) = report.entry_id() {
            head.push_str(&format!("  entry {}", hex(entry)));
        }
        if let Some(missed @ 1..) = report.missed() {
            head.push_str(&format!("  {missed} MISSED"));
        }
        if report.buf_ovfl() == Some(true) {
            head.push_str("  begins the buffer");
        }
        if report.entries_lost() {
            head.push_str("  entries may be LOST");
        }
        let mut tree = output::Tree::new(&mut out);
        tree.root(head)?;
        let count = report.included().len();
        for (at, (member, name, ty)) in included.enumerate() {
            let reason = reasons(member.reason).join(" ");
            let is_last = at + 1 == count;
            match &member.value {
                mms::MmsValue::Structure(_) | mms::MmsValue::Array(_) => {
                    tree.branch(is_last, format_args!("{name}  ({reason})"), |tree| {
                        describe::value_branches(tree, &member.value, ty)
                    })?;
                }
                value => {
                    let text = describe::text(name, value);
                    tree.leaf(is_last, format_args!("{name} = {text}  ({reason})"))?;
                }
            }
        }
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_octets() {
        let both = TriggerOptions::DATA_CHANGED | TriggerOptions::GI;
        assert_eq!(triggers("dchg,gi"), Ok(both));
        assert!(triggers("dchg,x").is_err() && triggers("").is_err());
        assert_eq!(hexadecimal("00ff").map(|entry| entry.0), Ok(vec![0, 255]));
        assert!(hexadecimal("0").is_err() && hexadecimal("0g").is_err());
        let reason = ReasonForInclusion::DATA_CHANGE | ReasonForInclusion::GI;
        assert_eq!(reasons(reason), ["data-change", "gi"]);
    }
}
