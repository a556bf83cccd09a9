//! `ied log`.

use super::time;
use crate::describe;
use crate::failure::Failure;
use crate::output::{self, printable};
use crate::peer::PeerArguments;
use chrono::{DateTime, Utc};
use iec61850::client::LogEntry;
use iec61850::client::asynchronous::IedConnection;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// Read a log, or list the logs of a server
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// The log, LD/LN.NAME; without it all logs are listed
    #[arg(value_name = "LOG")]
    log: Option<String>,

    /// Entries from then on, as 2026-11-20T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, requires = "log")]
    from: Option<DateTime<Utc>>,

    /// Entries until then
    #[arg(long, value_name = "TIME", value_parser = time, requires = "log")]
    to: Option<DateTime<Utc>>,

    /// Go on with entries as they are made, until Ctrl-C; the server is asked every second
    #[arg(long, requires = "log", conflicts_with = "to")]
    watch: bool,

    /// Write JSON: one object for each entry, on a line of its own
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments
        .peer
        .connected(arguments.watch, async |connection| match &arguments.log {
            Some(log) => read(&connection, log, arguments).await,
            None => list(&connection, arguments.json).await,
        })
}

async fn list(connection: &IedConnection, json: bool) -> Result<(), Failure> {
    let model = connection.get_device_model().await;
    let model = model.map_err(Failure::failed)?;
    let mut out = output::stdout();
    for device in &model.logical_devices {
        for node in &device.logical_nodes {
            for log in &node.logs {
                let reference = format!("{}/{}.{log}", device.name, node.name);
                match json {
                    true => writeln!(out, "{}", json!({ "reference": reference }))?,
                    false => writeln!(out, "{}", printable(&reference))?,
                }
            }
        }
    }
    Ok(out.flush()?)
}

async fn read(connection: &IedConnection, log: &str, arguments: &Arguments) -> Result<(), Failure> {
    let mut reader = connection
        .log(log, arguments.from, arguments.to)
        .map_err(Failure::failed)?;
    let mut last = None;
    loop {
        while let Some(entry) = reader.next().await.map_err(Failure::failed)? {
            show(&entry, arguments.json)?;
            last = Some((entry.entry_id, entry.time_of_entry));
        }
        if !arguments.watch {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        reader = match &last {
            Some((entry, time)) => connection.log_after(log, entry, *time),
            None => connection.log(log, arguments.from, None),
        }
        .map_err(Failure::failed)?;
    }
}

fn show(entry: &LogEntry, json: bool) -> Result<(), Failure> {
    let mut out = output::stdout();
    let time = entry.time_of_entry.to_string();
    let id: String = entry.entry_id.iter().map(|o| format!("{o:02x}")).collect();
    if json {
        let items: Vec<Value> = entry
            .items
            .iter()
            .map(|item| {
                json!({
                    "reference": item.reference,
                    "value": describe::named_json(&item.value, None),
                    "reason": item.reason.map(super::report::reasons),
                })
            })
            .collect();
        writeln!(
            out,
            "{}",
            json!({ "time": time, "entryId": id, "items": items })
        )?;
    } else {
        writeln!(out, "{time}  {id}")?;
        for item in &entry.items {
            let reason = match item.reason {
                Some(reason) => format!("  ({})", super::report::reasons(reason).join(" ")),
                None => String::new(),
            };
            let value = describe::text(&item.reference, &item.value);
            let line = format!("  {} = {value}{reason}", item.reference);
            writeln!(out, "{}", printable(&line))?;
        }
    }
    Ok(out.flush()?)
}
