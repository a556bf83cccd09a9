//! `ied tase2 serve`.

use crate::failure::Failure;
use crate::iccp::{show, simulate, take_messages};
use crate::iccp_devices::{self, TagFile};
use crate::output::message;
use crate::signals::Signals;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tase2::config::Config;
use tase2::endpoint::Endpoint;
use tase2::information::Folder;

/// Files a folder for information messages may have.
const MAX_FILES: usize = 10_000;

/// Serve a control centre, and use its peers as the configuration says
///
/// Says `listening on ADDR:PORT` on standard error when peers can call, and ends with exit code 0 on Ctrl-C or SIGTERM. What it follows at its
/// peers goes to standard output. SIGHUP takes the bilateral tables of the configuration anew, without ending associations that need not end.
///
/// Devices with an indication point have a simulated process behind them: breakers move, values follow their set-points. What is done with
/// devices is said on standard error.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The configuration
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,

    /// Where to listen, instead of what the configuration says; port 0 takes any free one
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,

    /// Let the values of all points move, once a second
    #[arg(long)]
    simulate: bool,

    /// Keep the tags of devices in this file, over restarts; it is made when the first one is set
    #[arg(long, value_name = "FILE.toml")]
    tags: Option<PathBuf>,

    /// Write what is followed as JSON, one object in each line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut config = Config::load(&arguments.config).map_err(Failure::failed)?;
    if arguments.listen.is_some() {
        config.options.listen = arguments.listen;
    }
    let signals = Signals::new()?;
    let runtime = mms::net::runtime().map_err(Failure::failed)?;
    let vcc = config.control_center().map_err(Failure::failed)?;
    let tags = match &arguments.tags {
        Some(path) => {
            let kept = TagFile::restore(path, &vcc);
            Some(
                kept.map_err(|error| Failure::failed(format_args!("{}: {error}", path.display())))?,
            )
        }
        None => None,
    };
    let mut folders = Vec::new();
    for (peer, path) in &config.folders {
        let folder = Folder::open(path, MAX_FILES).map_err(Failure::failed)?;
        folders.push((peer.clone(), folder));
    }
    runtime.block_on(async {
        iccp_devices::connect(&vcc);
        if vcc.devices().next().is_some() {
            let account = iccp_devices::account(vcc.clone(), vcc.events(), tags.clone());
            tokio::spawn(account);
        }
        let listen = config.options.listen;
        let endpoint = Endpoint::start(&vcc, config.options.clone(), config.calls.clone())
            .map_err(|error| {
                let at = listen.map_or_else(String::new, |address| format!("{address}: "));
                Failure::failed(format_args!("{at}{error}"))
            })?;
        match endpoint.local_addr() {
            Some(address) => message(format_args!("listening on {address}")),
            None => message("calling only"),
        }
        for (peer, spec) in &config.follows {
            let peer = endpoint.peer(peer).map_err(Failure::failed)?;
            let as_json = arguments.json;
            tokio::spawn(show(
                peer.name().to_owned(),
                peer.follow(spec.clone()),
                as_json,
                None,
            ));
        }
        tokio::spawn(take_messages(vcc.clone(), folders, arguments.json));
        if arguments.simulate {
            tokio::spawn(simulate(vcc.clone()));
        }
        let mut came = signals.receiver();
        let mut hangups = Hangups::new()?;
        loop {
            tokio::select! {
                // It fails only if the runtime is going down.
                _ = came.wait_for(|came| *came) => break,
                () = hangups.next() => reload(&endpoint, &arguments.config),
            }
        }
        endpoint.stop().await;
        // The last one may have been set a moment ago.
        if let Some(tags) = &tags {
            tags.save(&vcc);
        }
        Ok(())
    })
}

/// Takes the bilateral tables of the configuration as it is now. One that is bad changes nothing.
fn reload(endpoint: &Endpoint, path: &Path) {
    let done = Config::load(path)
        .map_err(|error| error.to_string())
        .and_then(|config| {
            endpoint
                .reload(config.tables)
                .map_err(|error| error.to_string())
        });
    match done {
        Ok(()) => message("bilateral tables reloaded"),
        Err(reason) => message(format_args!("bilateral tables stay as they are: {reason}")),
    }
}

/// SIGHUP, where there is such a thing.
struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    #[cfg(unix)]
    fn new() -> Result<Self, Failure> {
        let kind = tokio::signal::unix::SignalKind::hangup();
        let signal = tokio::signal::unix::signal(kind).map_err(Failure::failed)?;
        Ok(Hangups { signal })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        if self.signal.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self, Failure> {
        Ok(Hangups {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}
