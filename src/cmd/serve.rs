//! `ied serve`.

use crate::failure::Failure;
use crate::listen;
use crate::model_file::ModelFileArguments;
use crate::output::{message, printable};
use crate::process::{Faults, Process};
use crate::process_bus;
use crate::settings::{self, Settings};
use crate::signals::Signals;
use clap::ValueEnum;
use iec61850::{Engine, IedServer};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Serve the IED of an SCL or .cfg file
///
/// Says `listening on ADDR:PORT` on standard error when clients can connect, and ends with exit code 0 on Ctrl-C or SIGTERM.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: ModelFileArguments,

    /// A TOML file of settings, which the other options override; examples/server.toml has them all
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The address to listen on; all of this machine (0.0.0.0) by default
    #[arg(long, value_name = "ADDR")]
    bind: Option<String>,

    /// The port to listen on, 102 by default; 0 takes any free one. Ports below 1024 need rights
    #[arg(long, value_name = "N")]
    port: Option<u16>,

    /// Clients at once, 1000 by default; further ones are turned away
    #[arg(long, value_name = "N", value_parser = connections)]
    max_connections: Option<usize>,

    /// The folder whose files clients see
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,

    /// The folder to keep the model's logs in, as SQLite databases
    #[arg(long, value_name = "DIR")]
    logs: Option<PathBuf>,

    /// Let the values move: measurements, counters, switches that can be operated, faults that a protection clears
    #[arg(long)]
    simulate: bool,

    /// Which of the processes --simulate makes: the same number gives the same one. 1 by default
    #[arg(long, value_name = "N")]
    seed: Option<u32>,

    /// Publish GOOSE on this Ethernet interface, all control blocks that have a data set; needs rights
    #[arg(long, value_name = "INTERFACE")]
    goose: Option<String>,

    /// What runs the server, native by default
    #[arg(long, value_enum)]
    engine: Option<ServerEngine>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerEngine {
    /// The Rust stack of this project
    Native,
    /// The C library libiec61850, in a program built with the feature libiec61850
    Libiec61850,
}

impl From<ServerEngine> for Engine {
    fn from(engine: ServerEngine) -> Self {
        match engine {
            ServerEngine::Native => Engine::Native,
            ServerEngine::Libiec61850 => Engine::Libiec61850,
        }
    }
}

/// Entries a log keeps on disk.
const LOG_CAPACITY: u32 = 100_000;

fn connections(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=100_000).contains(number))
        .ok_or_else(|| "expected a number from 1 to 100000".to_owned())
}

pub(crate) fn run(arguments: &Arguments, verbose: bool) -> Result<(), Failure> {
    let Settings {
        ied,
        access_point,
        bind,
        port,
        simulate,
        seed,
        logs,
        log_capacity,
        identity,
        writable,
        server: mut config,
    } = match &arguments.config {
        Some(path) => settings::read(path)?,
        None => Settings::default(),
    };
    let simulate = arguments.simulate || simulate;
    if arguments.seed.is_some() && !simulate {
        return Err(Failure::usage("--seed needs --simulate"));
    }
    if let Some(number) = arguments.max_connections {
        config.max_mms_connection = number;
    }
    if let Some(folder) = &arguments.files {
        config.file_service_base_path = folder.clone();
        // Of nobody's default, and so surely meant to be served.
        config.file_service_enabled = true;
        check_folder(folder)?;
    }
    if let Some(engine) = arguments.engine {
        config.engine = engine.into();
    }
    // Before a large file is read.
    config.engine.check().map_err(Failure::failed)?;
    let loaded = arguments.file.load(ied, access_point, verbose)?;
    let server = IedServer::new(&loaded.model, Some(config)).map_err(Failure::failed)?;
    let server = Arc::new(server);
    if let Some(identity) = identity.merged() {
        server.set_server_identity(identity);
    }
    for (fc, policy) in writable.policies() {
        server
            .set_default_write_policy(fc, policy)
            .map_err(Failure::failed)?;
    }
    if let Some(folder) = arguments.logs.as_ref().or(logs.as_ref()) {
        check_folder(folder)?;
        keep_logs(&server, folder, log_capacity.unwrap_or(LOG_CAPACITY))?;
    }
    server.register_connection_change(|client, connected| {
        let peer = client.peer_address();
        if connected {
            tracing::info!("{peer} connected");
        } else {
            tracing::info!("{peer} disconnected");
        }
    });
    if let Some(interface) = &arguments.goose {
        process_bus::place::publish_on(&server, interface)?;
    }
    // Before anybody is told to go on: from here on Ctrl-C ends in good order.
    let mut signals = Signals::new()?;
    // Before the first client: it never sees values that have not begun to move.
    let process = simulate
        .then(|| {
            Process::start(
                &server,
                arguments.seed.or(seed).unwrap_or(1),
                Faults::Happen,
            )
        })
        .transpose()?;
    let bind = arguments.bind.as_deref().or(bind.as_deref());
    let address = listen::start(
        &server,
        bind.unwrap_or("0.0.0.0"),
        arguments.port.or(port).unwrap_or(iec61850::DEFAULT_PORT),
    )?;
    tracing::info!(
        "serving {}{}",
        loaded.model.name(),
        loaded
            .access_point
            .map_or_else(String::new, |name| format!(", access point {name}"))
    );
    message(format_args!("listening on {address}"));
    signals.wait();
    drop(process);
    server.stop();
    Ok(())
}

fn check_folder(folder: &Path) -> Result<(), Failure> {
    if folder.is_dir() {
        return Ok(());
    }
    let reason = format!("{} is no folder", folder.display());
    Err(Failure::failed(printable(&reason)))
}

/// Gives each log of the model a database in the folder.
#[cfg(feature = "sqlite")]
fn keep_logs(server: &IedServer, folder: &Path, capacity: u32) -> Result<(), Failure> {
    use iec61850::server::log::SqliteLog;
    let capacity = usize::try_from(capacity).unwrap_or(usize::MAX);
    let devices = server.model().logical_devices();
    let nodes = devices.iter().flat_map(|device| device.logical_nodes());
    for log in nodes.flat_map(|node| node.logs()) {
        let reference = log.reference();
        // Names have no characters that are special in names of files.
        let file = reference.replace(['/', '$', '.'], "_") + ".sqlite";
        let storage = SqliteLog::open(folder.join(file), capacity).map_err(Failure::failed)?;
        server
            .set_log_storage(&reference, storage)
            .map_err(Failure::failed)?;
    }
    Ok(())
}

#[cfg(not(feature = "sqlite"))]
fn keep_logs(_: &IedServer, _: &Path, _: u32) -> Result<(), Failure> {
    Err(Failure::failed(
        "this program was built without SQLite: build it with `--features sqlite` to keep logs",
    ))
}
