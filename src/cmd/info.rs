//! `ied info`.

use crate::failure::Failure;
use crate::output::{self, count, printable};
use crate::peer::PeerArguments;
use serde_json::json;
use std::io::Write;

/// Show who made a server, how it is, and what was agreed on with it
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.peer.connected(false, async |connection| {
        let client = connection.mms().map_err(Failure::failed)?;
        let agreed = client.negotiated().clone();
        // Servers may leave these services out.
        let identity = connection.identify().await.ok();
        let status = connection.server_status().await.ok();
        let devices = connection
            .get_logical_devices()
            .await
            .map_err(Failure::failed)?;
        let mut out = output::stdout();
        if arguments.json {
            let value = json!({
                "vendor": identity.as_ref().map(|identity| &identity.vendor),
                "model": identity.as_ref().map(|identity| &identity.model),
                "revision": identity.as_ref().map(|identity| &identity.revision),
                "logicalStatus": status.as_ref().map(|status| status.logical),
                "physicalStatus": status.as_ref().map(|status| status.physical),
                "maxPduSize": agreed.max_pdu_size,
                "maxOutstanding": agreed.max_outstanding_ours,
                "logicalDevices": devices,
            });
            output::json(&mut out, &value)?;
            return Ok(out.flush()?);
        }
        match &identity {
            Some(identity) => {
                writeln!(out, "vendor    {}", printable(&identity.vendor))?;
                writeln!(out, "model     {}", printable(&identity.model))?;
                writeln!(out, "revision  {}", printable(&identity.revision))?;
            }
            None => writeln!(out, "vendor    (the server does not say)")?,
        }
        if let Some(status) = &status {
            let logical = match status.logical {
                0 => "state changes allowed",
                1 => "no state changes allowed",
                2 => "limited services permitted",
                3 => "support services allowed",
                _ => "unknown",
            };
            let physical = match status.physical {
                0 => "operational",
                1 => "partially operational",
                2 => "inoperable",
                3 => "needs commissioning",
                _ => "unknown",
            };
            writeln!(out, "status    {logical}, {physical}")?;
        }
        writeln!(
            out,
            "agreed    PDUs of {} octets, {} at once",
            agreed.max_pdu_size,
            count(usize::from(agreed.max_outstanding_ours), "request")
        )?;
        writeln!(out, "devices   {}", printable(&devices.join(", ")))?;
        Ok(out.flush()?)
    })
}
