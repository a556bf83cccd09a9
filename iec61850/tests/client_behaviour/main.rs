//! What programs see of `iec61850::client`, with our own server on the other side.

mod connection;
mod controls;
mod data;
mod files;
mod lifetimes;
mod reports;
mod settings_and_logs;

use iec61850::client::{ConnectionOptions, IedConnection, IedConnectionState};
use iec61850::{
    ControlHandlerResult, DataAttribute, DataObject, Engine, IedModel, IedServer, IedServerConfig,
};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

/// How long anything may take before a test gives up: far more than it ever needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs tests that take an [`Engine`] once for each engine of the client. The server is our own in
/// both cases.
macro_rules! engine_tests {
    ($($name:ident),+ $(,)?) => {
        mod native {
            $(#[test] fn $name() { super::$name(iec61850::Engine::Native) })+
        }
        #[cfg(feature = "libiec61850")]
        mod libiec61850 {
            $(#[test] fn $name() { super::$name(iec61850::Engine::Libiec61850) })+
        }
    };
}
pub(crate) use engine_tests;

/// What the client on the C library does otherwise than ours, and what the standard says.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "mms",
        "it has no generic MMS client that ours could be (no matter of the standard)",
    ),
    (
        "segments",
        "it hands on each segment of a report as a report, and does not say that it is one; \
         IEC 61850-7-2 has one report: ours",
    ),
    (
        "unclaimed",
        "it drops reports without a handler and does not tell of them (no matter of the standard)",
    ),
];

/// Whether the engine is one that does this otherwise.
fn differs(engine: Engine, what: &str) -> bool {
    assert!(DIFFERENCES.iter().any(|(listed, _)| *listed == what));
    engine == Engine::Libiec61850
}

/// The model of the recordings, served: IED name GOLD, logical devices LD1 and LD2.
struct Bench {
    engine: Engine,
    model: IedModel,
    server: IedServer,
    files: tempfile::TempDir,
}

impl Bench {
    fn start(engine: Engine) -> Self {
        Self::with(engine, |_| {})
    }

    fn with(engine: Engine, configure: impl FnOnce(&mut IedServerConfig)) -> Self {
        let model =
            IedModel::from_config(include_str!("../../../tests/golden/golden.cfg")).unwrap();
        model.set_name("GOLD").unwrap();
        let files = tempfile::tempdir().unwrap();
        let mut config = IedServerConfig::new();
        config.set_file_service_base_path(files.path());
        configure(&mut config);
        let server = IedServer::new(&model, Some(config)).unwrap();
        server.start_on(([127, 0, 0, 1], 0).into()).unwrap();
        Bench {
            engine,
            model,
            server,
            files,
        }
    }

    fn address(&self) -> SocketAddr {
        self.server.local_address().unwrap()
    }

    fn options(engine: Engine) -> ConnectionOptions {
        let mut options = ConnectionOptions::new().with_engine(engine);
        options.connect_timeout = PATIENCE;
        options.request_timeout = PATIENCE;
        options
    }

    fn connect(&self) -> IedConnection {
        self.connect_with(Self::options(self.engine))
    }

    fn connect_with(&self, options: ConnectionOptions) -> IedConnection {
        let connection = IedConnection::with_options(options);
        let address = self.address();
        connection
            .connect(&address.ip().to_string(), address.port())
            .unwrap();
        assert_eq!(connection.state(), IedConnectionState::Connected);
        connection
    }

    fn attribute(&self, reference: &str) -> DataAttribute {
        let node = self
            .model
            .node_by_reference(&format!("GOLDLD1/{reference}"));
        node.and_then(|node| node.into_data_attribute()).unwrap()
    }

    fn object(&self, reference: &str) -> DataObject {
        let node = self
            .model
            .node_by_reference(&format!("GOLDLD1/{reference}"));
        node.and_then(|node| node.into_data_object()).unwrap()
    }

    /// Has commands of an object end so.
    fn controlled(&self, reference: &str, result: ControlHandlerResult) {
        let object = self.object(reference);
        self.server
            .register_control_handler(&object, move |_, _, _, _| result)
            .unwrap();
    }
}

/// What a callback said, waited for.
fn next<T>(receiver: &mpsc::Receiver<T>) -> T {
    receiver.recv_timeout(PATIENCE).expect("nothing was said")
}
