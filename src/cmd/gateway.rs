//! `ied gateway`.

use crate::failure::Failure;
use crate::gateway::{Config, Gateway};
use crate::output::{count, message};
use crate::signals::Signals;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Show points of IEC 61850 servers to TASE.2 control centres, and pass commands back
///
/// Says `listening on ADDR:PORT` on standard error when peers can call, what becomes of the IEDs as it happens, and ends with exit code 0 on Ctrl-C or SIGTERM.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The configuration: docs/gateway.md has all of it, examples/gateway one to begin with
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,

    /// Only say whether the configuration is in order
    #[arg(long)]
    check: bool,

    /// Where peers call, instead of what the configuration says; port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut config = Config::load(&arguments.config)?;
    if arguments.listen.is_some() {
        config.center.options.listen = arguments.listen;
    }
    if arguments.check {
        let (points, commands) = config.counts();
        message(format_args!(
            "{}: {}, {}, {}",
            arguments.config.display(),
            count(config.ieds.len(), "IED"),
            count(points, "point"),
            count(commands, "command"),
        ));
        return Ok(());
    }
    let mut signals = Signals::new()?;
    let runtime = mms::net::runtime().map_err(Failure::failed)?;
    let gateway = {
        let _entered = runtime.enter();
        Gateway::start(&config)?
    };
    match gateway.local_addr() {
        Some(address) => message(format_args!("listening on {address}")),
        None => message("calling only"),
    }
    signals.wait();
    runtime.block_on(gateway.stop());
    Ok(())
}
