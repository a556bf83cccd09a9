//! In the background of a connection: making it, noticing that it is over, making it again, and
//! taking up again what was subscribed to.

#[cfg(feature = "libiec61850")]
use super::super::engine::Heard;
use super::super::engine::{EngineClient, Failure};
use super::super::error::IedClientError;
use super::super::files::UploadSession;
use super::super::options::ReconnectOptions;
use super::super::state::IedConnectionState;
use super::Connecting;
use super::inner::Inner;
use crate::Engine;
#[cfg(feature = "libiec61850")]
use crate::engine::libiec61850::client::CConnection;
use mms::client::{Client, ClientError, ClientOptions};
use std::sync::Arc;
use tokio::sync::watch;

type Connector = Arc<dyn Fn() -> Connecting + Send + Sync>;

/// Where the server is.
#[derive(Clone)]
pub(super) enum Target {
    Tcp(String, u16),
    Through(Connector),
}

impl Target {
    pub(super) fn shown(&self) -> String {
        match self {
            Target::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Target::Tcp(host, port) => format!("{host}:{port}"),
            Target::Through(_) => String::new(),
        }
    }
}

/// Opens an association, on which what the server sends on its own is heard from the beginning.
pub(super) async fn dial(inner: &Arc<Inner>, target: &Target) -> Result<EngineClient, Failure> {
    let options = inner.options.lock().clone();
    match options.engine {
        Engine::Native => dial_native(inner, target, options.mms()).await,
        #[cfg(feature = "libiec61850")]
        Engine::Libiec61850 => {
            let Target::Tcp(host, port) = target else {
                return Err(Failure::NotSupported(
                    "a connection through a stream".to_owned(),
                ));
            };
            let heard = Arc::new(Listener(Arc::downgrade(inner)));
            let client = CConnection::connect(host, *port, &options, heard).await?;
            Ok(EngineClient::Libiec61850(client))
        }
        #[cfg(not(feature = "libiec61850"))]
        engine => {
            engine.check()?;
            dial_native(inner, target, options.mms()).await
        }
    }
}

/// Hears what the server sends on its own.
#[cfg(feature = "libiec61850")]
struct Listener(std::sync::Weak<Inner>);

#[cfg(feature = "libiec61850")]
impl Heard for Listener {
    fn report(&self, rcb: &str, message: super::super::report::ReportMessage) {
        if let Some(inner) = self.0.upgrade() {
            inner.subscriptions.report_of(&inner, rcb, message);
        }
    }
}

async fn dial_native(
    inner: &Arc<Inner>,
    target: &Target,
    options: ClientOptions,
) -> Result<EngineClient, Failure> {
    let session = |remote: &mms::net::Remote| UploadSession::new(remote, inner.filestore.clone());
    let client = match target {
        Target::Tcp(host, port) => {
            Client::connect_with((host.as_str(), *port), options, session).await
        }
        Target::Through(connector) => {
            let patience = options.connect_timeout;
            let open = async {
                let stream = connector().await.map_err(|source| ClientError::Connect {
                    address: None,
                    source,
                })?;
                Client::over_with(stream, options, session).await
            };
            tokio::time::timeout(patience, open)
                .await
                .unwrap_or(Err(ClientError::ConnectTimeout(patience)))
        }
    }?;
    let listener = Arc::downgrade(inner);
    client
        .on_information_report(move |report| {
            if let Some(inner) = listener.upgrade() {
                inner.information_report(report);
            }
        })
        .detach();
    Ok(EngineClient::Native(client))
}

/// Waits for the end of the association, and makes another one if that is wanted.
pub(super) async fn attend(inner: Arc<Inner>, client: EngineClient, target: Target, epoch: u64) {
    let mut wanted = inner.epoch.subscribe();
    let mut client = client;
    loop {
        let reason = tokio::select! {
            reason = client.closed() => reason,
            () = given_up(&mut wanted, epoch) => return,
            () = unless_alive(&inner, &client) => {
                client.abort();
                client.closed().await
            }
        };
        // The last client of an association ends it.
        drop(client);
        if !inner.lost(epoch, reason) {
            return;
        }
        let Some(reconnect) = inner.options.lock().reconnect else {
            // It stays lost: who waits for reports waits no longer.
            inner.give_up(epoch);
            return;
        };
        client = tokio::select! {
            client = again(&inner, &target, reconnect, epoch) => match client {
                Some(client) => client,
                None => return,
            },
            () = given_up(&mut wanted, epoch) => return,
        };
        tokio::spawn(resume(inner.clone(), epoch, reconnect));
    }
}

/// Returns when the application has given the connection up.
async fn given_up(wanted: &mut watch::Receiver<u64>, epoch: u64) {
    // It does not outlive its sender; if it did, nobody would want the connection either.
    let _ = wanted.wait_for(|now| *now != epoch).await.map(|_| ());
}

/// Returns when the server does not answer any more.
async fn unless_alive(inner: &Inner, client: &EngineClient) {
    let (interval, patience) = {
        let options = inner.options.lock();
        (options.keepalive, options.request_timeout)
    };
    let Some(interval) = interval else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(interval).await;
        let client = client.with_request_timeout(patience);
        // Whatever it answers, it is alive.
        if let Err(error) = client.status().await
            && error.code() == IedClientError::Timeout
        {
            tracing::warn!("the server does not answer any more");
            return;
        }
    }
}

/// Connects until it succeeds. `None`: the connection is not wanted any more.
async fn again(
    inner: &Arc<Inner>,
    target: &Target,
    reconnect: ReconnectOptions,
    epoch: u64,
) -> Option<EngineClient> {
    let mut delay = reconnect.first_delay;
    loop {
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(reconnect.longest_delay);
        if !inner.step(
            epoch,
            IedConnectionState::Closed,
            IedConnectionState::Connecting,
        ) {
            return None;
        }
        match dial(inner, target).await {
            Ok(client) => {
                {
                    let mut link = inner.link.lock();
                    if inner.epoch() != epoch {
                        return None;
                    }
                    link.client = Some(client.clone());
                    link.close_reason = None;
                }
                inner.follow_all(&client);
                inner.step(
                    epoch,
                    IedConnectionState::Connecting,
                    IedConnectionState::Connected,
                );
                return Some(client);
            }
            Err(error) => {
                tracing::debug!(reason = error.reason(), "reconnecting");
                inner.step(
                    epoch,
                    IedConnectionState::Connecting,
                    IedConnectionState::Closed,
                );
            }
        }
    }
}

/// Takes the subscriptions up again on a new association, until all are there or it is over.
async fn resume(inner: Arc<Inner>, epoch: u64, reconnect: ReconnectOptions) {
    // The connection may have been lost again before the last time was over.
    let _alone = inner.resuming.lock().await;
    let mut delay = reconnect.first_delay;
    loop {
        let Some(connection) = inner.connection() else {
            return;
        };
        if inner.epoch() != epoch || connection.state() != IedConnectionState::Connected {
            return;
        }
        let all = connection.resume_subscriptions().await;
        drop(connection);
        if all {
            return;
        }
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(reconnect.longest_delay);
    }
}
