//! `ied diff`.

use super::serve::ServerEngine;
use crate::diff::{self, Engines, KnownDifferences, Limits, Pair, Session, Stop};
use crate::failure::Failure;
use crate::model_file::{ModelFile, ModelFileArguments};
use crate::output::{json, stdout};
use crate::peer::Endpoint;
use crate::signals::Signals;
use clap::Args;
use iec61850::Engine;
use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Send the same requests to two servers and show where their answers differ
///
/// Without --left and --right both engines are started on the model: ours, and libiec61850 where `ied` is built with it. First all names, types and values are
/// compared, then requests are made at random: reads, writes, data sets, reports, commands, files, and what no ordinary client sends. The first difference
/// that is not known ends it, with exit code 1.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The model that both engines serve: an SCL or .cfg file
    #[arg(value_name = "FILE", required_unless_present = "left")]
    file: Option<PathBuf>,

    /// The IED, if several in the file have a server
    #[arg(long, value_name = "NAME", requires = "file")]
    ied: Option<String>,

    /// The access point, if several of the IED have a server
    #[arg(long, value_name = "NAME", requires = "file")]
    access_point: Option<String>,

    /// A server that is running already, instead of an engine. It is written to
    #[arg(
        long,
        value_name = "HOST[:PORT]",
        requires = "right",
        conflicts_with = "file"
    )]
    left: Option<Endpoint>,

    /// The server it is compared with
    #[arg(long, value_name = "HOST[:PORT]", requires = "left")]
    right: Option<Endpoint>,

    /// Which requests are made: the same number makes the same ones
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u32,

    /// How many requests at random at most, behind those for all there is
    #[arg(long, value_name = "N", default_value = "3000")]
    steps: u64,

    /// How long at most
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<Duration>,

    /// Go on behind a difference, and count each kind
    #[arg(long)]
    keep_going: bool,

    /// A TOML file of known differences, besides those between the engines
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,

    /// Show known differences between the engines like others
    #[arg(long)]
    show_known: bool,

    /// Files that both engines serve, each a copy of its own; a few small ones by default
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,

    /// JSON
    #[arg(long)]
    json: bool,

    /// Be one of the engines: serve, and take changes on standard input
    #[arg(long, value_enum, hide = true, requires = "file")]
    serve_engine: Option<ServerEngine>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| (0.1..=1e6).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "expected seconds, 0.1 to 1000000".to_owned())
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let (Some(kind), Some(model)) = (arguments.serve_engine, arguments.model()) {
        // Warnings about the file are told once, by the program that compares.
        let file = ModelFile::open(&model.file)?;
        let loaded = file.load(model.ied.as_deref(), model.access_point.as_deref())?;
        return diff::serve(kind.into(), &loaded.model, arguments.files.as_deref());
    }
    let mut known = match arguments.show_known {
        true => KnownDifferences::default(),
        false => KnownDifferences::of_the_engines()?,
    };
    if let Some(path) = &arguments.known {
        known.add_file(path)?;
    }
    let signals = Signals::new()?;
    let engines = arguments.engines()?;
    let limits = Limits {
        steps: arguments.steps,
        until: arguments.seconds.map(|seconds| Instant::now() + seconds),
        keep_going: arguments.keep_going,
    };
    let mut session = Session::open(engines, limits, known, signals.receiver()).map_err(failure)?;
    let end = diff::run(&mut session, arguments.seed);
    let mut out = stdout();
    match arguments.json {
        true => json(&mut out, &diff::to_json(&session, arguments.seed))?,
        false => diff::print(&mut out, &session, arguments.seed)?,
    }
    out.flush()?;
    match end {
        Err(stop @ Stop::Failed(_)) => Err(failure(stop)),
        _ if session.findings().differences.is_empty() => Ok(()),
        _ => Err(Failure::Reported),
    }
}

fn failure(stop: Stop) -> Failure {
    match stop {
        Stop::Failed(reason) => Failure::Failed(reason),
        _ => Failure::Reported,
    }
}

impl Arguments {
    fn model(&self) -> Option<ModelFileArguments> {
        Some(ModelFileArguments {
            file: self.file.clone()?,
            ied: self.ied.clone(),
            access_point: self.access_point.clone(),
        })
    }

    fn engines(&self) -> Result<Engines, Failure> {
        if let (Some(left), Some(right)) = (&self.left, &self.right) {
            return Ok(Engines::Given(Pair::new(resolve(left)?, resolve(right)?)));
        }
        let Some(model) = self.model() else {
            return Err(Failure::usage("a model file, or --left and --right"));
        };
        // What is wrong with the file is told before two engines say it.
        model.load(None, None, false)?;
        let kinds = Pair::new(Engine::Native, Engine::Libiec61850);
        kinds.right.check().map_err(|error| {
            Failure::usage(format_args!(
                "{error}; two servers are compared with --left and --right"
            ))
        })?;
        Engines::start(kinds, &model, self.files.as_deref()).map_err(Failure::Failed)
    }
}

fn resolve(endpoint: &Endpoint) -> Result<SocketAddr, Failure> {
    (endpoint.host.as_str(), endpoint.port)
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| Failure::failed(format_args!("{endpoint}: no such host")))
}
