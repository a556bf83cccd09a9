//! `ied demo`.

use crate::demo::{self, tour};
use crate::failure::Failure;
use crate::listen;
use crate::output::{message, stdout};
use crate::process::{Faults, Process};
use crate::signals::Signals;
use iec61850::{IedServer, ServerIdentity};
use std::io::Write;
use std::sync::Arc;

/// The port of the demonstration: 102 needs rights.
const PORT: u16 = 10102;

/// Serve a feeder with a living process, with a client beside it that shows what can be done
///
/// The client browses, reads, subscribes to reports, writes a setting, operates the breaker, and is refused a configuration value. Then the
/// server goes on until Ctrl-C.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// End when the client is through
    #[arg(long)]
    once: bool,

    /// Two TASE.2 control centres that follow each other, instead of the feeder
    #[arg(long)]
    tase2: bool,

    /// The port to listen on, on this machine only; 10102, or any free one if that is taken
    #[arg(long, value_name = "N")]
    port: Option<u16>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.tase2 {
        return demo::centres(arguments.port.unwrap_or(PORT), arguments.once);
    }
    let server = Arc::new(IedServer::new(&demo::model()?, None).map_err(Failure::failed)?);
    server.set_server_identity(ServerIdentity {
        vendor: "ied".to_owned(),
        model: "demo feeder".to_owned(),
        revision: env!("CARGO_PKG_VERSION").to_owned(),
    });
    let mut signals = Signals::new()?;
    let process = Process::start(&server, 1, Faults::Never)?;
    let address = match arguments.port {
        Some(port) => listen::start(&server, "127.0.0.1", port)?,
        None => listen::start(&server, "127.0.0.1", PORT)
            .or_else(|_| listen::start(&server, "127.0.0.1", 0))?,
    };
    message(format_args!("listening on {address}"));
    signals.until(tour(address)).unwrap_or(Ok(()))?;
    if !arguments.once && !signals.came() {
        let program = std::env::args_os().next().unwrap_or_else(|| "ied".into());
        let program = program.to_string_lossy();
        let mut out = stdout();
        writeln!(out, "\nThe feeder goes on. In another terminal:")?;
        for command in [
            format!("browse {address} --values"),
            format!("read {address} FEEDER1MEAS/MMXU1.TotW FEEDER1CTRL/XCBR1.Pos"),
            format!("write {address} FEEDER1PROT/PTOC1.StrVal.setMag.f 200"),
        ] {
            writeln!(out, "  {program} {command}")?;
        }
        writeln!(out, "Ctrl-C ends it.")?;
        out.flush()?;
        drop(out);
        signals.wait();
    }
    drop(process);
    server.stop();
    Ok(())
}
