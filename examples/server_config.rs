//! A server for a model out of a file (`.cfg`, as libiec61850 has them), with a value that rises.
//!
//! `cargo run --example server_config -- [PORT]`; without one, the port is 10102.
#![forbid(unsafe_code)]

use iec61850::{
    DataAttribute, Error, IedModel, IedServer, IedServerConfig, ModelNodeExt, Timestamp,
};
use std::net::SocketAddr;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 10102,
    };
    let example = Example::start(([0, 0, 0, 0], port).into())?;
    println!(
        "listening on port {}; Ctrl-C ends it",
        example.server.local_port().unwrap_or_default()
    );
    loop {
        example.rise()?;
        sleep(Duration::from_secs(2));
    }
}

/// The server and the attributes it moves.
pub(crate) struct Example {
    pub(crate) server: IedServer,
    value: DataAttribute,
    time: DataAttribute,
}

impl Example {
    pub(crate) fn start(address: SocketAddr) -> Result<Self, Box<dyn std::error::Error>> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/model.cfg");
        let model = IedModel::create_from_config_file(file)?;
        model.set_name("TestIED")?;
        // By the instance of the logical device, whatever the IED is called.
        let input = model
            .model_node_by_short_reference("GenericIO/GGIO1.AnIn1")
            .ok_or("the model has no GGIO1.AnIn1")?;
        let (value, time) = (input.child_attribute("mag.f")?, input.child_attribute("t")?);

        let server = IedServer::new(&model, Some(IedServerConfig::new()))?;
        server.register_connection_change(|client, connected| {
            let what = if connected { "connected" } else { "gone" };
            println!(
                "{} {what} (at {})",
                client.peer_address(),
                client.local_address()
            );
        });
        server.start_on(address)?;
        Ok(Example {
            server,
            value,
            time,
        })
    }

    /// Clients see value and time together.
    pub(crate) fn rise(&self) -> Result<(), Error> {
        let server = &self.server;
        let _both_at_once = server.lock_data_model();
        server.update_timestamp(&self.time, &Timestamp::now())?;
        server.update_float(&self.value, server.get_float(&self.value)? + 0.1)
    }
}
