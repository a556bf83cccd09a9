//! `ied tase2 watch`.

use crate::failure::Failure;
use crate::iccp::{CenterArguments, failed, point_json};
use crate::output::{self, message};
use crate::signals::Signals;
use serde_json::{Map, json};
use std::io::Write;
use tase2::Name;
use tase2::client::{Report, TransferSpec, Update};
use tase2::types::DsConditions;

/// Follow points through a transfer set, until Ctrl-C
///
/// A data set of the points is made and deleted again, or one that is there is used.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    center: CenterArguments,

    /// The points
    #[arg(value_name = "NAME", required_unless_present = "data_set")]
    names: Vec<Name>,

    /// A data set that is there, instead of points
    #[arg(long, value_name = "NAME", conflicts_with = "names")]
    data_set: Option<Name>,

    /// What makes it report: interval, integrity, change, operator, external
    #[arg(long, value_name = "WORDS", default_value = "change,integrity")]
    conditions: DsConditions,

    /// Seconds between periodic reports
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    interval: i32,

    /// Seconds between integrity reports
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    integrity: i32,

    /// Seconds in which changes are gathered
    #[arg(long, value_name = "SECONDS", default_value = "0")]
    buffer: i32,

    /// The external event to be told of
    #[arg(long, value_name = "CODE", default_value = "0")]
    event: i16,

    /// Acknowledge each report
    #[arg(long)]
    critical: bool,

    /// Every change, not the last within the buffer time
    #[arg(long)]
    all_changes: bool,

    /// The transfer set; otherwise the next free one
    #[arg(long, value_name = "NAME")]
    transfer_set: Option<Name>,

    /// End after so many reports
    #[arg(long, value_name = "N")]
    count: Option<usize>,

    /// Write JSON, one object in each line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let signals = Signals::new()?;
    let done = arguments.center.run(async |client| {
        let data_set = match &arguments.data_set {
            Some(name) => name.clone(),
            None => Name::icc(client.domain(), format!("IED_WATCH_{}", std::process::id())),
        };
        let mut spec = TransferSpec::new(data_set, arguments.conditions);
        if arguments.data_set.is_none() {
            spec = spec.with_members(arguments.names.clone());
        }
        spec.transfer_set = arguments.transfer_set.clone();
        let attributes = &mut spec.attributes;
        attributes.interval = arguments.interval;
        attributes.integrity_check = arguments.integrity;
        attributes.buffer_time = arguments.buffer;
        attributes.event_code = arguments.event;
        attributes.critical = arguments.critical;
        attributes.all_changes_reported = arguments.all_changes;
        let mut follow = client.follow(spec).await.map_err(failed)?;
        let mut left = arguments.count.unwrap_or(usize::MAX);
        let mut came = signals.receiver();
        while left > 0 {
            let update = tokio::select! {
                update = follow.next() => update,
                _ = came.wait_for(|came| *came) => break,
            };
            match update {
                Some(Update::Report(report)) => {
                    show(&report, arguments.json)?;
                    left -= 1;
                }
                Some(Update::Started { transfer_set }) => {
                    message(format_args!("following {transfer_set}"));
                }
                Some(Update::Missed(count)) => message(format_args!("{count} reports missed")),
                Some(Update::Interrupted { reason }) => return Err(Failure::failed(reason)),
                Some(Update::Failed { reason }) => return Err(Failure::failed(reason)),
                Some(_) => {}
                None => break,
            }
        }
        follow.stop().await.map_err(failed)
    });
    drop(signals);
    done
}

fn show(report: &Report, as_json: bool) -> Result<(), Failure> {
    let mut out = output::stdout();
    if as_json {
        let mut object = Map::new();
        object.insert(
            "transfer_set".to_owned(),
            json!(report.transfer_set.to_string()),
        );
        object.insert("received".to_owned(), json!(report.received.to_string()));
        if let Some(time) = report.time {
            object.insert("time".to_owned(), json!(time.to_string()));
        }
        if let Some(conditions) = report.conditions {
            object.insert("conditions".to_owned(), json!(conditions.to_string()));
        }
        object.insert("full".to_owned(), json!(report.full));
        let points = report.changes.iter().map(|c| point_json(&c.name, &c.value));
        object.insert("points".to_owned(), points.collect());
        serde_json::to_writer(&mut out, &object).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        let conditions = report.conditions.map(|c| c.to_string()).unwrap_or_default();
        for change in &report.changes {
            let (at, name) = (report.received, &change.name);
            match &change.value {
                Ok(value) => writeln!(out, "{at}  {name} = {value}  [{conditions}]")?,
                Err(error) => writeln!(out, "{at}  {name} ({error})  [{conditions}]")?,
            }
        }
    }
    Ok(out.flush()?)
}
