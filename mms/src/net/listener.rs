use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// TCP keep-alive: how a peer that has vanished without a word is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Silence before the first probe.
    pub idle: Duration,
    /// Between probes.
    pub interval: Duration,
    /// Probes without an answer until the connection is given up.
    pub count: u32,
}

impl Default for Keepalive {
    /// 5 s, 2 s, 2 probes: libiec61850's numbers.
    fn default() -> Self {
        Keepalive {
            idle: Duration::from_secs(5),
            interval: Duration::from_secs(2),
            count: 2,
        }
    }
}

/// How a [`Listener`] treats connections.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ListenerOptions {
    /// Connections at once; a further one is closed at once. Default 1000.
    pub max_connections: usize,
    /// Keep-alive of connections; `None` turns it off.
    pub keepalive: Option<Keepalive>,
    /// Connections that may wait to be accepted. Default 1024.
    pub backlog: u32,
}

impl Default for ListenerOptions {
    fn default() -> Self {
        ListenerOptions {
            max_connections: 1000,
            keepalive: Some(Keepalive::default()),
            backlog: 1024,
        }
    }
}

/// A connection that was accepted. It counts against the limit as long as `permit` lives.
#[derive(Debug)]
pub struct Incoming {
    /// The stream.
    pub stream: TcpStream,
    /// The other end.
    pub peer: SocketAddr,
    /// This end.
    pub local: SocketAddr,
    /// The place it takes.
    pub permit: OwnedSemaphorePermit,
}

/// Accepts TCP connections within a limit.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    options: ListenerOptions,
    places: Arc<Semaphore>,
}

impl Listener {
    /// Listens on `address`; port 0 takes any free one. Has to be called within a tokio runtime.
    ///
    /// # Errors
    /// The [`io::Error`] of the operating system.
    pub fn bind(address: SocketAddr, options: ListenerOptions) -> io::Result<Self> {
        let socket = if address.is_ipv4() {
            tokio::net::TcpSocket::new_v4()?
        } else {
            tokio::net::TcpSocket::new_v6()?
        };
        // A server that is started again must not wait for old connections to time out.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        let listener = socket.listen(options.backlog)?;
        let places = Arc::new(Semaphore::new(
            options.max_connections.min(Semaphore::MAX_PERMITS),
        ));
        Ok(Listener {
            listener,
            options,
            places,
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The [`io::Error`] of the operating system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection. Connections over the limit are closed, and errors that concern one
    /// connection are passed over; when the process is out of file descriptors it waits a little.
    pub async fn accept(&self) -> Incoming {
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    if is_exhaustion(&error) {
                        tracing::warn!(%error, "cannot accept connections for now");
                        // Nothing tells when a descriptor becomes free: try again after a while.
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    } else {
                        tracing::debug!(%error, "accept");
                    }
                    continue;
                }
            };
            let Ok(permit) = self.places.clone().try_acquire_owned() else {
                tracing::warn!(%peer, limit = self.options.max_connections, "too many connections, closed");
                continue;
            };
            let local = match stream.local_addr() {
                Ok(local) => local,
                Err(error) => {
                    tracing::debug!(%error, %peer, "connection gone at once");
                    continue;
                }
            };
            if let Err(error) = tune(&stream, self.options.keepalive) {
                tracing::debug!(%error, %peer, "socket options");
            }
            return Incoming {
                stream,
                peer,
                local,
                permit,
            };
        }
    }
}

fn is_exhaustion(error: &io::Error) -> bool {
    // EMFILE and ENFILE have no ErrorKind of their own.
    matches!(error.raw_os_error(), Some(23 | 24)) || error.kind() == io::ErrorKind::OutOfMemory
}

/// Sets what an MMS connection wants of its socket: no delay, and keep-alive.
///
/// # Errors
/// The [`io::Error`] of the operating system.
pub fn tune(stream: &TcpStream, keepalive: Option<Keepalive>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if let Some(keepalive) = keepalive {
        let parameters = socket2::TcpKeepalive::new()
            .with_time(keepalive.idle)
            .with_interval(keepalive.interval)
            .with_retries(keepalive.count);
        let socket = socket2::SockRef::from(stream);
        socket.set_tcp_keepalive(&parameters)?;
        // Keep-alive is silent while octets wait for their acknowledgement: the same patience then.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        socket.set_tcp_user_timeout(Some(keepalive.idle + keepalive.interval * keepalive.count))?;
    }
    Ok(())
}
