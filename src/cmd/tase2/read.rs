//! `ied tase2 read`.

use crate::failure::Failure;
use crate::iccp::{CenterArguments, failed, point_json};
use crate::output::{self, message, printable};
use serde_json::{Value, json};
use std::io::Write;
use tase2::client::Client;
use tase2::types::PointValue;
use tase2::{Error, Name};

/// Read points, or all members of data sets
///
/// A name is `MW1` in the VCC and `ICC1/MW1` in a domain.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    center: CenterArguments,

    /// What to read
    #[arg(value_name = "NAME", required = true)]
    names: Vec<Name>,

    /// The names are those of data sets
    #[arg(long)]
    data_set: bool,

    /// Write JSON: a list of objects with `name` and either `value` or `error`
    #[arg(long)]
    json: bool,
}

enum Content {
    Point(PointValue),
    /// A variable that is no point.
    Other(String),
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.center.run(async |client| {
        let mut wanted = Vec::new();
        for name in &arguments.names {
            if arguments.data_set {
                let members = client.data_set(name).await.map_err(failed)?.members;
                let points = members.into_iter().flatten();
                wanted.extend(points.filter(|m| tase2::Special::named(m.item()).is_none()));
            } else {
                wanted.push(name.clone());
            }
        }
        let mut answers = Vec::new();
        for name in wanted {
            let read = read(&client, &name).await;
            if let Err(error) = &read
                && error.is_closed()
            {
                return Err(failed(read.err().unwrap_or(Error::NotConnected {
                    peer: String::new(),
                })));
            }
            answers.push((name, read));
        }
        show(&answers, arguments.json)
    })
}

async fn read(client: &Client, name: &Name) -> Result<Content, Error> {
    match client.read(name).await {
        Ok(value) => Ok(Content::Point(value)),
        Err(Error::NoPoint { .. }) => {
            let value = client.read_raw(name).await?;
            Ok(Content::Other(value.to_string()))
        }
        Err(error) => Err(error),
    }
}

fn show(answers: &[(Name, Result<Content, Error>)], json: bool) -> Result<(), Failure> {
    let mut out = output::stdout();
    if json {
        let list: Value = answers
            .iter()
            .map(|(name, result)| match result {
                Ok(Content::Point(value)) => point_json(name, &Ok(*value)),
                Ok(Content::Other(value)) => json!({ "name": name.to_string(), "value": value }),
                Err(error) => json!({ "name": name.to_string(), "error": error.to_string() }),
            })
            .collect();
        output::json(&mut out, &list)?;
    }
    let mut wrong = false;
    for (name, result) in answers {
        match result {
            Ok(_) if json => {}
            Ok(Content::Point(value)) => writeln!(out, "{name} = {value}")?,
            Ok(Content::Other(value)) => writeln!(out, "{name} = {}", printable(value))?,
            Err(error) => {
                out.flush()?;
                message(format_args!("error: {}", printable(&error.to_string())));
                wrong = true;
            }
        }
    }
    out.flush()?;
    match wrong {
        true => Err(Failure::Reported),
        false => Ok(()),
    }
}
