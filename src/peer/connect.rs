//! Calling the server.

use super::Endpoint;
use crate::failure::Failure;
use crate::output::printable;
use crate::signals::Signals;
use clap::Args;
use iec61850::client::asynchronous::IedConnection;
use iec61850::client::{ConnectionOptions, ReconnectOptions};
use mms::client::{Client, ClientError, ClientOptions};
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::task::JoinSet;

/// Which server, and how long it may take.
#[derive(Args)]
pub(crate) struct PeerArguments {
    /// The server; port 102 if none is given
    #[arg(value_name = "HOST[:PORT]")]
    pub(crate) server: Endpoint,

    /// How long the connection, and each answer, may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| (0.001..=86_400.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "expected seconds, 0.001 to 86400".to_owned())
}

impl PeerArguments {
    pub(crate) fn of(server: Endpoint, timeout: Duration) -> Self {
        PeerArguments { server, timeout }
    }

    /// Opens an association, does what is to be done and closes it in good order.
    pub(crate) fn run<T, F>(&self, work: impl FnOnce(Client) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let runtime = mms::net::runtime().map_err(Failure::failed)?;
        runtime.block_on(async {
            let mut options = ClientOptions::default();
            options.connect_timeout = self.timeout;
            options.request_timeout = self.timeout;
            let address = (self.server.host.as_str(), self.server.port);
            let client = Client::connect(address, options)
                .await
                .map_err(|error| self.cannot_connect(&error))?;
            let done = work(client.clone()).await;
            // What was to be done is done, or has failed for a better reason.
            let _ = client
                .with_request_timeout(Duration::from_secs(1))
                .conclude()
                .await;
            done
        })
    }

    /// Connects, does what is to be done and closes the connection in good order. With `watch`, a lost connection is made again, and Ctrl-C is the
    /// end of the work.
    pub(crate) fn connected<T, F>(
        &self,
        watch: bool,
        work: impl FnOnce(IedConnection) -> F,
    ) -> Result<T, Failure>
    where
        T: Default,
        F: Future<Output = Result<T, Failure>>,
    {
        let mut signals = match watch {
            true => Some(Signals::new()?),
            false => None,
        };
        let mut options = ConnectionOptions::new();
        options.connect_timeout = self.timeout;
        options.request_timeout = self.timeout;
        if watch {
            options.reconnect = Some(ReconnectOptions::default());
            options.keepalive = Some(Duration::from_secs(10));
        }
        let connection = IedConnection::with_options(options);
        let whole = async {
            let connected = connection.connect(&self.server.host, self.server.port);
            connected.await.map_err(|error| match error {
                iec61850::Error::Client(failure) => match &failure.source {
                    Some(error) => self.cannot_connect(error),
                    None => Failure::failed(failure),
                },
                error => Failure::failed(error),
            })?;
            work(connection.clone()).await
        };
        let runtime = mms::net::runtime().map_err(Failure::failed)?;
        let done = match &mut signals {
            Some(signals) => signals.until(whole).unwrap_or_else(|| Ok(T::default())),
            None => runtime.block_on(whole),
        };
        connection.set_request_timeout(Duration::from_secs(1));
        runtime.block_on(connection.close());
        done
    }

    fn cannot_connect(&self, error: &ClientError) -> Failure {
        let server = &self.server;
        let reason = match error {
            ClientError::Connect { source, .. } => {
                let hint = match source.kind() {
                    io::ErrorKind::ConnectionRefused => {
                        "; is a server running there, on this port?"
                    }
                    _ => "",
                };
                format!("cannot connect to {server}: {source}{hint}")
            }
            ClientError::ConnectTimeout(patience) => {
                format!("{server} did not answer within {patience:?}; --timeout gives it more time")
            }
            other => format!("{server}: {other}"),
        };
        Failure::Failed(printable(&reason).into_owned())
    }
}

/// Runs jobs, as many at once as the peer takes requests, and gives their results in the order of the jobs.
pub(crate) async fn side_by_side<T, R, F>(
    client: &Client,
    inputs: Vec<T>,
    job: impl Fn(Client, T) -> F,
    mut on_done: impl FnMut(),
) -> Result<Vec<R>, Failure>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let width = usize::from(client.negotiated().max_outstanding_ours.max(1));
    let mut results: Vec<Option<R>> = inputs.iter().map(|_| None).collect();
    let mut inputs = inputs.into_iter().enumerate();
    let mut running = JoinSet::new();
    loop {
        while running.len() < width
            && let Some((place, input)) = inputs.next()
        {
            let work = job(client.clone(), input);
            running.spawn(async move { (place, work.await) });
        }
        match running.join_next().await {
            None => break,
            Some(Ok((place, result))) => {
                on_done();
                if let Some(slot) = results.get_mut(place) {
                    *slot = Some(result);
                }
            }
            Some(Err(error)) => return Err(Failure::failed(error)),
        }
    }
    Ok(results.into_iter().flatten().collect())
}
