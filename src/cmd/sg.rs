//! `ied sg`.

use crate::failure::Failure;
use crate::output;
use crate::peer::{PeerArguments, parse_value};
use clap::Subcommand;
use iec61850::FunctionalConstraint;
use iec61850::client::asynchronous::IedConnection;
use serde_json::json;
use std::io::Write;

/// Show setting groups, activate and edit them
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// The logical device
    #[arg(value_name = "LD")]
    device: String,

    #[command(subcommand)]
    action: Option<Action>,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Make a group the active one
    Activate {
        /// Number of the group, from 1
        group: u8,
    },
    /// Change settings of a group: all of them, or none if one is refused
    Edit {
        /// Number of the group, from 1
        group: u8,
        /// What to change: LD/LN.DO.DA=VALUE
        #[arg(required = true, value_name = "REFERENCE=VALUE", value_parser = assignment)]
        values: Vec<(String, String)>,
    },
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (reference, value) = text
        .split_once('=')
        .ok_or_else(|| "expected REFERENCE=VALUE".to_owned())?;
    Ok((reference.to_owned(), value.to_owned()))
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let device = &arguments.device;
    arguments.peer.connected(false, async |connection| {
        match &arguments.action {
            None => {}
            Some(Action::Activate { group }) => {
                let selected = connection.select_active_sg(device, *group).await;
                selected.map_err(Failure::failed)?;
            }
            Some(Action::Edit { group, values }) => {
                let selected = connection.select_edit_sg(device, *group).await;
                selected.map_err(Failure::failed)?;
                if let Err(failure) = edit(&connection, device, values).await {
                    // The failure is what there is to tell; leaving gives the group up as well.
                    let _ = connection.select_edit_sg(device, 0).await;
                    return Err(failure);
                }
            }
        }
        show(&connection, device, arguments.json).await
    })
}

async fn edit(
    connection: &IedConnection,
    device: &str,
    values: &[(String, String)],
) -> Result<(), Failure> {
    const SE: FunctionalConstraint = FunctionalConstraint::SE;
    for (reference, text) in values {
        let ty = connection.get_variable_specification(reference, SE).await;
        let ty = ty.map_err(Failure::failed)?;
        let value = parse_value(text, &ty)
            .map_err(|reason| Failure::usage(format_args!("{reference}: {reason}")))?;
        let written = connection.write_value(reference, SE, &value).await;
        written.map_err(Failure::failed)?;
    }
    let confirmed = connection.confirm_edit_sg(device).await;
    confirmed.map_err(Failure::failed)
}

async fn show(connection: &IedConnection, device: &str, json: bool) -> Result<(), Failure> {
    let groups = connection.read_sgcb(device).await;
    let groups = groups.map_err(Failure::failed)?;
    let mut out = output::stdout();
    if json {
        let value = json!({
            "numOfSGs": groups.num_of_sgs,
            "actSG": groups.act_sg,
            "editSG": groups.edit_sg,
            "lastActivation": groups.last_activation.to_string(),
            "resvTms": groups.resv_tms,
        });
        output::json(&mut out, &value)?;
    } else {
        writeln!(out, "groups           {}", groups.num_of_sgs)?;
        writeln!(out, "active           {}", groups.act_sg)?;
        match groups.edit_sg {
            0 => writeln!(out, "under edit       none")?,
            group => writeln!(out, "under edit       {group}")?,
        }
        writeln!(out, "last activation  {}", groups.last_activation)?;
    }
    Ok(out.flush()?)
}
