//! The engine's own safety on a real connection: who calls when, and what is alive then.

mod calls;
mod controls;
mod files;
mod liar;
mod reports;

use super::CConnection;
use crate::client::engine::Heard;
use crate::client::{ConnectionOptions, ReportMessage};
use crate::{Engine, IedModel, IedServer, IedServerConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Far more than anything needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hears nothing.
struct Deaf;

impl Heard for Deaf {
    fn report(&self, _: &str, _: ReportMessage) {}
}

fn options() -> ConnectionOptions {
    let mut options = ConnectionOptions::new().with_engine(Engine::Libiec61850);
    options.connect_timeout = PATIENCE;
    options.request_timeout = PATIENCE;
    options
}

async fn connected(address: SocketAddr, heard: Arc<dyn Heard>) -> CConnection {
    let host = address.ip().to_string();
    CConnection::connect(&host, address.port(), &options(), heard)
        .await
        .unwrap()
}

/// The model of the recordings, served by our own engine.
fn served() -> (IedServer, IedModel) {
    let golden = include_str!("../../../../../../tests/golden/golden.cfg");
    let model = IedModel::from_config(golden).unwrap();
    model.set_name("GOLD").unwrap();
    let server = IedServer::new(&model, Some(IedServerConfig::new())).unwrap();
    server.start_on(([127, 0, 0, 1], 0).into()).unwrap();
    (server, model)
}

/// What was said, waited for: on a thread of a runtime that has another one.
fn next<T>(said: &Receiver<T>) -> T {
    tokio::task::block_in_place(|| said.recv_timeout(PATIENCE)).expect("nothing was said")
}
