//! `ied browse`.

use crate::browse::{self, Wanted, fetch};
use crate::failure::Failure;
use crate::output;
use crate::peer::PeerArguments;
use iec61850::ObjectReference;
use std::io::Write;

/// Show what a server has
///
/// A tree of logical devices, logical nodes, data objects and attributes with their functional constraints, data sets, control blocks and logs.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// Only this: LD, LD/LN or `LD/LN.DO.DA[FC]`
    #[arg(value_name = "REFERENCE")]
    reference: Option<ObjectReference>,

    /// Read the values as well
    #[arg(long)]
    values: bool,

    /// Show the types
    #[arg(long)]
    types: bool,

    /// Write JSON, with the types
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let reference = arguments.reference.as_ref();
    let devices = arguments.peer.run(async |client| {
        let wanted = Wanted {
            reference: arguments.reference.clone(),
            values: arguments.values,
            data_sets: reference.is_none_or(|reference| reference.path().is_empty()),
        };
        fetch(&client, &wanted).await
    })?;
    let mut out = output::stdout();
    if arguments.json {
        output::json(&mut out, &browse::json(&devices, reference))?;
    } else {
        browse::tree(&devices, reference, arguments.types, &mut out)?;
    }
    Ok(out.flush()?)
}
