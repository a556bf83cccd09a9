//! `ied serve`.

use crate::failure::Failure;
use crate::listen;
use crate::model_file::ModelFileArguments;
use crate::output::message;
use crate::process_bus;
use crate::signals::Signals;
use clap::ValueEnum;
use iec61850::{IedServer, IedServerConfig};

/// Serve the IED of an SCL or .cfg file
///
/// Says `listening on ADDR:PORT` on standard error when clients can connect, and ends with exit code 0 on Ctrl-C or SIGTERM.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: ModelFileArguments,

    /// The address to listen on; all of this machine by default
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0")]
    bind: String,

    /// The port to listen on; 0 takes any free one. Ports below 1024 need rights
    #[arg(long, value_name = "N", default_value_t = iec61850::DEFAULT_PORT)]
    port: u16,

    /// Clients at once; further ones are turned away
    #[arg(long, value_name = "N", default_value = "1000", value_parser = connections)]
    max_connections: usize,

    /// Publish GOOSE on this Ethernet interface, all control blocks that have a data set; needs rights
    #[arg(long, value_name = "INTERFACE")]
    goose: Option<String>,

    /// What runs the server
    #[arg(long, value_enum, default_value = "native")]
    engine: Engine,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    /// The Rust stack of this project
    Native,
}

fn connections(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=100_000).contains(number))
        .ok_or_else(|| "expected a number from 1 to 100000".to_owned())
}

pub(crate) fn run(arguments: &Arguments, verbose: bool) -> Result<(), Failure> {
    let loaded = arguments.file.load(verbose)?;
    let mut config = IedServerConfig::default();
    config.set_max_mms_connection(arguments.max_connections);
    let server = match arguments.engine {
        Engine::Native => IedServer::new(&loaded.model, Some(config)),
    }
    .map_err(Failure::failed)?;
    server.register_connection_change(|client, connected| {
        let peer = client.peer_address();
        if connected {
            tracing::info!("{peer} connected");
        } else {
            tracing::info!("{peer} disconnected");
        }
    });
    if let Some(interface) = &arguments.goose {
        process_bus::publish_on(&server, interface)?;
    }
    // Before anybody is told to go on: from here on Ctrl-C ends in good order.
    let mut signals = Signals::new()?;
    let address = listen::start(&server, &arguments.bind, arguments.port)?;
    tracing::info!(
        "serving {}{}",
        loaded.model.name(),
        loaded
            .access_point
            .map_or_else(String::new, |name| format!(", access point {name}"))
    );
    message(format_args!("listening on {address}"));
    signals.wait();
    server.stop();
    Ok(())
}
