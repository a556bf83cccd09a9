//! What the tests of this engine share: a server and its clients in memory, on paused time.

use super::clock::Clock;
use super::{NativeServer, drive};
use crate::engine::ServerEngine;
use crate::model::{DataAttribute, IedModel};
use crate::server::{ClientConnection, Handlers, IedServerConfig};
use mms::association::Config;
use mms::client::{AskOnly, Client, ClientOptions, Subscription};
use mms::{DataAccessError, MmsValue, ObjectName};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};
use tokio::io::duplex;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The model of the recordings.
const GOLDEN: &str = include_str!("../../../tests/golden/golden.cfg");

/// Milliseconds since 1970 at the beginning of 2026.
pub(super) const START_MS: u64 = 1_767_225_600_000;

/// The time of day of a server in tests.
pub(super) fn clock() -> Clock {
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(START_MS);
    Clock::From(Instant::now(), start)
}

/// A server without a port. Its time of day is 2026-01-01T00:00:00Z when it is made, and passes as
/// tokio's clock does.
pub(super) struct Bench {
    pub(super) model: IedModel,
    pub(super) server: NativeServer,
    pub(super) handlers: Arc<Handlers>,
}

impl Bench {
    /// Serves the model of the recordings: IED name GOLD, logical devices LD1 and LD2.
    pub(super) fn golden(configure: impl FnOnce(&mut IedServerConfig)) -> Self {
        let model = IedModel::from_config(GOLDEN).unwrap();
        Self::of(model, configure)
    }

    /// Serves a model.
    pub(super) fn of(model: IedModel, configure: impl FnOnce(&mut IedServerConfig)) -> Self {
        let mut config = IedServerConfig::new();
        configure(&mut config);
        let handlers = Arc::new(Handlers::default());
        let arena = model.acquire().unwrap();
        let server =
            NativeServer::new(Handle::current(), &model, arena, config, handlers.clone()).unwrap();
        server.shared.start_collecting();
        Bench {
            model,
            server,
            handlers,
        }
    }

    /// A client from 10.0.0.1.
    pub(super) async fn connect(&self) -> Peer {
        self.connect_from([10, 0, 0, 1], 65_000, 1 << 20).await
    }

    /// A client from this address, which proposes this PDU size; between it and the server is room
    /// for so many octets.
    pub(super) async fn connect_from(
        &self,
        address: [u8; 4],
        max_pdu_size: u32,
        room: usize,
    ) -> Peer {
        let shared = self.server.shared.clone();
        let id = shared.next_client.fetch_add(1, Ordering::Relaxed);
        let (peer, local): (SocketAddr, SocketAddr) =
            ((address, 50_000).into(), ([10, 0, 0, 9], 102).into());
        let (near, far) = duplex(room);
        let client = ClientConnection::new(id, peer, local, mms::net::Remote::new());
        tokio::spawn(drive(shared, far, client));
        let mut config = Config::default();
        config.max_pdu_size = max_pdu_size;
        let mut options = ClientOptions::default();
        options.config = Arc::new(config);
        let client = Client::over_with(near, options, |_| AskOnly).await.unwrap();
        let (sender, reports) = mpsc::unbounded_channel();
        let subscription = client.on_information_report(move |report| {
            let values = report.results.into_iter();
            let values = values.map(|result| result.to_value()).collect();
            // Nobody listens any more: the test is over.
            let _ = sender.send(values);
        });
        Peer {
            client,
            reports,
            _subscription: subscription,
        }
    }

    /// An attribute by its short reference, `LD1/GGIO1.Ind1.stVal`.
    pub(super) fn attribute(&self, reference: &str) -> DataAttribute {
        let node = self.model.model_node_by_short_reference(reference);
        node.unwrap_or_else(|| panic!("no {reference}"))
            .into_data_attribute()
            .unwrap()
    }

    /// Updates as the application.
    pub(super) fn update(&self, reference: &str, value: impl Into<MmsValue>) {
        let key = self.attribute(reference).handle.key;
        self.server.update(&mut [(key, value.into())].into_iter());
    }
}

/// A client in memory.
pub(super) struct Peer {
    pub(super) client: Client,
    pub(super) reports: mpsc::UnboundedReceiver<Vec<MmsValue>>,
    _subscription: Subscription,
}

impl Peer {
    pub(super) async fn read(&self, item: &str) -> MmsValue {
        let name = ObjectName::domain("GOLDLD1", item);
        self.client.read(name).await.unwrap()
    }

    pub(super) async fn write(
        &self,
        item: &str,
        value: impl Into<MmsValue>,
    ) -> Result<(), DataAccessError> {
        let name = ObjectName::domain("GOLDLD1", item);
        let result = self.client.write(name, &value.into()).await;
        result.map_err(|error| match error.access_error() {
            Some(access) => access,
            None => panic!("{item}: {error}"),
        })
    }

    /// The report that has come, or comes next within a minute.
    pub(super) async fn report(&mut self) -> Vec<MmsValue> {
        let report = tokio::time::timeout(Duration::from_secs(60), self.reports.recv());
        report.await.expect("no report").expect("association over")
    }

    /// Whether nothing comes for so long.
    pub(super) async fn is_quiet(&mut self, time: Duration) -> bool {
        tokio::time::timeout(time, self.reports.recv())
            .await
            .is_err()
    }
}
