//! `ied dataset`.

use super::read::show_data_set;
use crate::failure::Failure;
use crate::output;
use crate::peer::PeerArguments;
use clap::Subcommand;
use iec61850::client::asynchronous::IedConnection;
use serde_json::{Value, json};
use std::io::Write;

/// Show data sets, create and delete them
///
/// Without an action all data sets are listed with their members.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    #[command(subcommand)]
    action: Option<Action>,

    /// Write JSON: a list of objects with `reference`, `deletable` and `members`
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Read the values of a data set, LD/LN.NAME
    Read {
        /// The data set
        reference: String,
    },
    /// Create a data set, LD/LN.NAME
    Create {
        /// The data set
        reference: String,
        /// Its members, `LD/LN.DO.DA[FC]`
        #[arg(required = true)]
        members: Vec<String>,
    },
    /// Delete a data set
    Delete {
        /// The data set
        reference: String,
    },
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments
        .peer
        .connected(false, async |connection| match &arguments.action {
            None => list(&connection, arguments.json).await,
            Some(Action::Read { reference }) => {
                show_data_set(&connection, reference, arguments.json).await
            }
            Some(Action::Create { reference, members }) => {
                let created = connection.create_dataset(reference, members).await;
                created.map_err(Failure::failed)
            }
            Some(Action::Delete { reference }) => {
                let deleted = connection.delete_dataset(reference).await;
                deleted.map_err(Failure::failed)
            }
        })
}

async fn list(connection: &IedConnection, json: bool) -> Result<(), Failure> {
    let mut out = output::stdout();
    let mut all: Vec<Value> = Vec::new();
    let devices = connection.get_logical_devices().await;
    for device in devices.map_err(Failure::failed)? {
        let names = connection.get_logical_device_datasets(&device).await;
        for name in names.map_err(Failure::failed)? {
            let reference = format!("{device}/{}", name.replacen('$', ".", 1));
            let directory = connection.get_dataset_directory(&reference).await;
            let directory = directory.map_err(Failure::failed)?;
            if json {
                all.push(json!({
                    "reference": reference,
                    "deletable": directory.is_deletable,
                    "members": directory.entries,
                }));
                continue;
            }
            let mut tree = output::Tree::new(&mut out);
            let deletable = match directory.is_deletable {
                true => " (deletable)",
                false => "",
            };
            tree.root(format_args!("{reference}{deletable}"))?;
            let count = directory.entries.len();
            for (at, member) in directory.entries.iter().enumerate() {
                tree.leaf(at + 1 == count, member)?;
            }
        }
    }
    if json {
        output::json(&mut out, &Value::Array(all))?;
    }
    Ok(out.flush()?)
}
