//! A generic MMS server: [`Server`] accepts connections and drives a [`Session`] on each of
//! them; [`Vmd`] is a virtual manufacturing device in memory whose sessions can be driven so.

pub mod files;
pub mod vmd;

pub use vmd::Vmd;

use crate::association::{Association, Config};
use crate::net::{self, Connection, Incoming, Listener, ListenerOptions, Remote, Session};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

/// How a [`Server`] behaves.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// What this side is and offers.
    pub config: Arc<Config>,
    /// Limits and socket options.
    pub listener: ListenerOptions,
    /// How long a server that stops waits for the peers to conclude; associations that are there
    /// after that are aborted. Default 1 s.
    pub grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        ServerOptions {
            config: Arc::default(),
            listener: ListenerOptions::default(),
            grace: Duration::from_secs(1),
        }
    }
}

impl ServerOptions {
    /// The defaults, and the services of this device.
    pub fn of(vmd: &Vmd) -> Self {
        ServerOptions {
            config: Arc::new(vmd.config()),
            ..Self::default()
        }
    }
}

/// A connection that was accepted.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// The other end.
    pub peer: SocketAddr,
    /// This end.
    pub local: SocketAddr,
    /// The association on it.
    pub remote: Remote,
}

/// A server that listens and does not accept connections yet.
///
/// `F` makes the [`Session`] of a connection: `Fn(&ConnectionInfo) -> impl Session`.
pub struct Server<F> {
    listener: Listener,
    options: ServerOptions,
    factory: F,
    runtime: Handle,
}

impl<F> std::fmt::Debug for Server<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .finish_non_exhaustive()
    }
}

impl<F, S> Server<F>
where
    F: Fn(&ConnectionInfo) -> S + Send + Sync + 'static,
    S: Session + 'static,
{
    /// Listens on `address`; port 0 takes any free one. The server runs on the tokio runtime it is
    /// called in or, outside of one, on [`net::runtime`].
    ///
    /// # Errors
    /// The [`io::Error`] of the operating system.
    pub fn bind(address: SocketAddr, options: ServerOptions, factory: F) -> io::Result<Self> {
        let runtime = match Handle::try_current() {
            Ok(runtime) => runtime,
            Err(_) => net::runtime()?,
        };
        Self::bind_on(runtime, address, options, factory)
    }

    /// Like [`Server::bind`], on a runtime of the caller's choice.
    ///
    /// # Errors
    /// As for [`Server::bind`].
    pub fn bind_on(
        runtime: Handle,
        address: SocketAddr,
        options: ServerOptions,
        factory: F,
    ) -> io::Result<Self> {
        let listener = {
            let _inside = runtime.enter();
            Listener::bind(address, options.listener)?
        };
        Ok(Server {
            listener,
            options,
            factory,
            runtime,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The [`io::Error`] of the operating system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Begins to accept connections.
    ///
    /// # Errors
    /// The [`io::Error`] of the operating system.
    pub fn start(self) -> io::Result<RunningServer> {
        let local = self.local_addr()?;
        let connections = Connections::default();
        let (stop, stopping) = watch::channel(false);
        let (ending, ended) = watch::channel(());
        let accept = accept(
            self.listener,
            self.options,
            self.factory,
            connections.clone(),
            stopping,
        );
        self.runtime.spawn(async move {
            accept.await;
            drop(ending);
        });
        Ok(RunningServer {
            local,
            connections,
            stop,
            ended,
        })
    }
}

/// The connections there are.
#[derive(Clone, Default)]
struct Connections(Arc<Mutex<HashMap<u64, ConnectionInfo>>>);

impl Connections {
    fn all(&self) -> Vec<ConnectionInfo> {
        self.0.lock().values().cloned().collect()
    }
}

/// Takes a connection out of the list when its task ends, in whatever way.
struct Listed {
    connections: Connections,
    id: u64,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.connections.0.lock().remove(&self.id);
    }
}

/// A server that accepts connections. Dropping it stops it in the background.
#[must_use = "dropping it stops the server"]
pub struct RunningServer {
    local: SocketAddr,
    connections: Connections,
    stop: watch::Sender<bool>,
    /// Ends with the task that accepts.
    ended: watch::Receiver<()>,
}

impl std::fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningServer")
            .field("local", &self.local)
            .finish_non_exhaustive()
    }
}

impl RunningServer {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The connections there are, open associations and those that are being opened.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.connections.all()
    }

    /// Stops: the port is free at once, the associations are concluded, those whose peers do not
    /// take part in that are aborted, and when it returns all of them are over.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        self.stopped().await;
    }

    /// Waits until the server has been stopped.
    pub async fn stopped(&self) {
        let mut ended = self.ended.clone();
        // It never changes; it ends.
        while ended.changed().await.is_ok() {}
    }
}

async fn accept<F, S>(
    listener: Listener,
    options: ServerOptions,
    factory: F,
    connections: Connections,
    mut stopping: watch::Receiver<bool>,
) where
    F: Fn(&ConnectionInfo) -> S,
    S: Session + 'static,
{
    let mut tasks = JoinSet::new();
    let mut next_id = 0;
    loop {
        tokio::select! {
            // Told to stop, or dropped.
            _ = stopping.changed() => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            incoming = listener.accept() => {
                let Incoming { stream, peer, local, permit } = incoming;
                let remote = Remote::new();
                let info = ConnectionInfo { peer, local, remote };
                let session = factory(&info);
                let connection =
                    connection(stream, options.config.clone(), session, info.remote.clone());
                let listed = Listed { connections: connections.clone(), id: next_id };
                connections.0.lock().insert(next_id, info);
                next_id += 1;
                let span = tracing::info_span!("association", %peer);
                tasks.spawn(
                    async move {
                        connection.run().await;
                        drop((listed, permit));
                    }
                    .instrument(span),
                );
            }
        }
    }
    drop(listener);
    let all = |end: fn(&Remote) -> Result<(), net::RequestError>| {
        for connection in connections.all() {
            // One that is over already needs no end.
            let _ = end(&connection.remote);
        }
    };
    if !options.grace.is_zero() {
        // One that is not open yet has nothing to conclude, and is not waited for.
        all(|remote| match remote.is_open() {
            true => remote.conclude(),
            false => remote.abort(),
        });
        let _ = timeout(options.grace, async {
            while tasks.join_next().await.is_some() {}
        })
        .await;
    }
    all(Remote::abort);
    while tasks.join_next().await.is_some() {}
}

/// The called side of an association on any byte stream, to be driven with
/// [`Connection::run`]: what [`Server`] does with each TCP connection.
pub fn connection<T, S>(
    stream: T,
    config: Arc<Config>,
    session: S,
    remote: Remote,
) -> Connection<T, S>
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
    S: Session,
{
    let now = tokio::time::Instant::now().into_std();
    let association = Association::called(config, now);
    Connection::new(stream, association, session, Vec::new(), remote)
}
