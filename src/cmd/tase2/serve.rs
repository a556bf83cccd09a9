//! `ied tase2 serve`.

use crate::failure::Failure;
use crate::iccp::point_json;
use crate::output::{self, message};
use crate::signals::Signals;
use serde_json::json;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tase2::VirtualControlCenter;
use tase2::client::Update;
use tase2::config::Config;
use tase2::endpoint::{Endpoint, PeerFollow};
use tase2::types::{Kind, PointValue, Quality, State, StateSupplemental, Value};
use tokio::time::{Instant, sleep_until};

/// Serve a control centre, and use its peers as the configuration says
///
/// Says `listening on ADDR:PORT` on standard error when peers can call, and ends with exit code 0 on Ctrl-C or SIGTERM. What it follows at its
/// peers goes to standard output. SIGHUP takes the bilateral tables of the configuration anew, without ending associations that need not end.
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
    runtime.block_on(async {
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
            ));
        }
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

/// Writes what is followed at one peer.
async fn show(peer: String, mut follow: PeerFollow, as_json: bool) {
    while let Some(update) = follow.next().await {
        let report = match update {
            Update::Report(report) => report,
            Update::Started { transfer_set } => {
                message(format_args!("{peer}: following {transfer_set}"));
                continue;
            }
            Update::Interrupted { reason } | Update::Failed { reason } => {
                message(format_args!("{peer}: {reason}"));
                continue;
            }
            _ => continue,
        };
        let mut out = output::stdout();
        for change in &report.changes {
            let line = match (as_json, &change.value) {
                (true, value) => {
                    let point = point_json(&change.name, value);
                    json!({ "peer": peer, "received": report.received.to_string(), "point": point })
                        .to_string()
                }
                (false, Ok(value)) => {
                    format!("{}  {peer}  {} = {value}", report.received, change.name)
                }
                (false, Err(error)) => {
                    format!("{}  {peer}  {} ({error})", report.received, change.name)
                }
            };
            if writeln!(out, "{line}").is_err() {
                return;
            }
        }
        if out.flush().is_err() {
            return;
        }
    }
}

/// Moves all points: numbers along waves of their own, states from one end to the other.
async fn simulate(vcc: VirtualControlCenter) {
    let start = Instant::now();
    for step in 1u32.. {
        let values: Vec<_> = (0u32..)
            .zip(vcc.points())
            .filter_map(|(number, id)| {
                let (_, ty) = vcc.point_of(id)?;
                let phase = f64::from(step + number * 7) / 10.0;
                let state = if (step + number) / 5 % 2 == 0 {
                    State::On
                } else {
                    State::Off
                };
                let value = match ty.kind {
                    Kind::Real => Value::Real((100.0 + 10.0 * phase.sin()) as f32),
                    Kind::Discrete => Value::Discrete((1000.0 + 100.0 * phase.sin()) as i32),
                    Kind::State => Value::State(state),
                    Kind::StateSupplemental => Value::Supplemental(StateSupplemental {
                        state,
                        expected: state,
                        ..StateSupplemental::default()
                    }),
                };
                Some((id, PointValue::from(value).with_quality(Quality::default())))
            })
            .collect();
        // The values are of the types of their points.
        let _ = vcc.update_many(values);
        sleep_until(start + Duration::from_secs(u64::from(step))).await;
    }
}
