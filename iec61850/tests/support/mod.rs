//! What the server tests share: engines, clients, names and the model they serve.
//!
//! Nothing here measures time: the patience below only ends a test that hangs.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod bay;
pub(crate) mod control;
#[cfg(feature = "libiec61850")]
pub(crate) mod differences;
#[cfg(feature = "libiec61850")]
pub(crate) mod engines;
pub(crate) mod raw;

use iec61850::{DataAttribute, Error, IedModel, IedServer, IedServerConfig};
use mms::association::Config;
use mms::client::blocking::Client;
use mms::client::{ClientError, ClientOptions};
use mms::{DataAccessError, MmsValue, ObjectName, ServiceError};
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How long anything may take before a test gives up: far more than it ever needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// As [`PATIENCE`]; little where a test is expected to fail.
pub(crate) fn patience() -> Duration {
    #[cfg(feature = "libiec61850")]
    if engines::is_impatient() {
        return Duration::from_secs(4);
    }
    PATIENCE
}

/// Makes the server of one engine.
pub(crate) type NewServer = fn(&IedModel, Option<IedServerConfig>) -> Result<IedServer, Error>;

/// Our own engine.
pub(crate) const NATIVE: NewServer = IedServer::new;

/// The engine on the C library.
#[cfg(feature = "libiec61850")]
pub(crate) const LIBIEC61850: NewServer = |model, config| {
    let mut config = config.unwrap_or_default();
    config.engine = iec61850::Engine::Libiec61850;
    IedServer::new(model, Some(config))
};

/// Runs tests that take a [`NewServer`] on our engine only: the C library has places for five clients, and gives up where ours does
/// not.
#[allow(unused_macros, reason = "for tests of what a server bears")]
macro_rules! native_tests {
    ($($name:ident),+ $(,)?) => {
        mod native {
            $(#[test] fn $name() { super::$name($crate::support::NATIVE) })+
        }
    };
}
#[allow(unused_imports, reason = "as above")]
pub(crate) use native_tests;

/// Runs tests that take a [`NewServer`] once for each engine.
#[allow(unused_macros, reason = "one test binary does not use it")]
macro_rules! engine_tests {
    ($($name:ident),+ $(,)?) => {
        mod native {
            $(#[test] fn $name() { super::$name($crate::support::NATIVE) })+
        }
        #[cfg(feature = "libiec61850")]
        mod libiec61850 {
            $(
                #[test]
                fn $name() {
                    let name = stringify!($name);
                    $crate::support::engines::on_library(module_path!(), name, super::$name);
                }
            )+
        }
    };
}
#[allow(unused_imports, reason = "as above")]
pub(crate) use engine_tests;

/// Clients have a runtime of their own, so that they cannot help or hinder the server's.
static CLIENTS: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .thread_name("clients")
        .build()
        .unwrap()
});

/// The runtime of the clients.
pub(crate) fn clients() -> &'static Runtime {
    &CLIENTS
}

/// A server that listens on a free port of the loopback.
pub(crate) fn started(server: IedServer) -> IedServer {
    server.start_on("127.0.0.1:0".parse().unwrap()).unwrap();
    server
}

/// A server on an address that nothing else of the process uses, so that its port stays free when
/// it has stopped. `number` is the test's own, 1 to 254.
pub(crate) fn started_apart(server: IedServer, number: u8) -> IedServer {
    // The whole of 127/8 is loopback on Linux; elsewhere one address has to do.
    let address = if cfg!(target_os = "linux") {
        [127, 61, 85, number]
    } else {
        [127, 0, 0, 1]
    };
    server.start_on((address, 0).into()).unwrap();
    server
}

/// Where a running server listens.
pub(crate) fn address(server: &IedServer) -> SocketAddr {
    server.local_address().unwrap()
}

/// Options of a patient client.
pub(crate) fn patient() -> ClientOptions {
    let mut options = ClientOptions::default();
    options.connect_timeout = patience();
    options.request_timeout = patience();
    options
}

/// Options of a client that proposes this PDU size.
pub(crate) fn with_pdu_size(octets: u32) -> ClientOptions {
    let mut config = Config::default();
    config.max_pdu_size = octets;
    let mut options = patient();
    options.config = Arc::new(config);
    options
}

pub(crate) fn try_connect(
    address: SocketAddr,
    options: ClientOptions,
) -> Result<Client, ClientError> {
    Client::connect_on(CLIENTS.handle().clone(), address, options, |_| {
        mms::client::AskOnly
    })
}

pub(crate) fn connect(server: &IedServer) -> Client {
    try_connect(address(server), patient()).unwrap()
}

/// `domain/item` as a name.
pub(crate) fn name(text: &str) -> ObjectName<'_> {
    let (domain, item) = text.split_once('/').unwrap();
    ObjectName::domain(domain, item)
}

pub(crate) fn read(client: &Client, variable: &str) -> MmsValue {
    match client.read(name(variable)) {
        Ok(value) => value,
        Err(error) => panic!("{variable}: {error}"),
    }
}

/// The access error instead of a value.
pub(crate) fn read_error(client: &Client, variable: &str) -> DataAccessError {
    access_error(variable, client.read(name(variable)))
}

pub(crate) fn write(client: &Client, variable: &str, value: impl Into<MmsValue>) {
    if let Err(error) = client.write(name(variable), &value.into()) {
        panic!("{variable}: {error}");
    }
}

pub(crate) fn write_error(
    client: &Client,
    variable: &str,
    value: impl Into<MmsValue>,
) -> DataAccessError {
    access_error(variable, client.write(name(variable), &value.into()))
}

pub(crate) fn access_error<T: std::fmt::Debug>(
    what: &str,
    result: Result<T, ClientError>,
) -> DataAccessError {
    let error = result.expect_err(what);
    match error.access_error() {
        Some(access) => access,
        None => panic!("{what}: {error}"),
    }
}

pub(crate) fn service_error<T: std::fmt::Debug>(
    what: &str,
    result: Result<T, ClientError>,
) -> ServiceError {
    let error = result.expect_err(what);
    match error.service_error() {
        Some(service) => service,
        None => panic!("{what}: {error}"),
    }
}

/// An attribute of the model by its full reference.
pub(crate) fn attribute(model: &IedModel, reference: &str) -> DataAttribute {
    let node = model.node_by_reference(reference);
    node.and_then(|node| node.into_data_attribute())
        .unwrap_or_else(|error| panic!("{reference}: {error}"))
}

/// Whether this process may hold `count` more files open; raises the limit if it has to.
#[cfg(unix)]
pub(crate) fn may_open_files(count: u64) {
    let reached = rlimit::increase_nofile_limit(count).unwrap();
    assert!(
        reached >= count,
        "this test needs {count} open files and the hard limit of this process is {reached}: \
         raise it (ulimit -Hn)"
    );
}

/// Keeps what is behind it apart from other tests of this binary that measure the process.
pub(crate) fn alone() -> parking_lot::MutexGuard<'static, ()> {
    static ALONE: parking_lot::Mutex<()> = parking_lot::Mutex::new(());
    ALONE.lock()
}
