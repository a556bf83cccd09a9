//! A generic MMS client: associations as the calling side, and every service as a method.
//!
//! [`Client`] is asynchronous and cheap to clone; [`blocking::Client`] has the same methods for
//! programs without a runtime. An association is symmetric: a client that is given a
//! [`Session`] serves the peer's requests as well (a file that the peer fetches with obtainFile,
//! for instance).
//!
//! Giving up on a request, by dropping its future or because its time is over, leaves the
//! association usable: another request may be sent in its place, and an answer that comes late is
//! dropped.

pub mod blocking;
mod error;
mod events;
mod files;
mod journals;
mod lists;
mod names;
mod options;
mod programs;
mod session;
mod variables;
mod window;

pub use error::ClientError;
pub use events::{ConditionAttributes, EnrollmentAttributes};
pub use files::{FileBlock, FileInfo, OpenFile};
pub use journals::{JournalQuery, JournalRecord};
pub use lists::ListAttributes;
pub use names::{DomainAttributes, Identity};
pub use options::{ClientOptions, Limits};
pub use programs::ProgramAttributes;
pub use session::{AskOnly, Subscription};
pub use variables::{ReadResult, WriteOutcome};

use crate::association::{Association, CloseReason, Negotiated};
use crate::ber::Writer;
use crate::net::{self, Connection, Remote, Session};
use crate::pdu::{
    EventNotification, InformationReport, Pdu, RequestService, ResponseService, Service,
    StatusResponse,
};
use session::{Callback, ClientSession, Phase, Subscribers};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, ToSocketAddrs, lookup_host};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

/// An association that was opened from here. See the [module documentation](self).
///
/// The association is concluded when [`Client::conclude`] is called or the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
    request_timeout: Duration,
}

struct Shared {
    remote: Remote,
    phase: watch::Receiver<Phase>,
    negotiated: Arc<Negotiated>,
    subscribers: Arc<Subscribers>,
    limits: Limits,
    runtime: Handle,
    /// Dropped with the last client, which tells the task of the association.
    _last: oneshot::Sender<()>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("remote", &self.remote)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Connects over TCP and opens an association. `address` is what tokio takes for one:
    /// `"host:102"`, `("host", 102)`, a socket address.
    ///
    /// # Errors
    /// [`ClientError::Connect`], [`ClientError::Refused`] or [`ClientError::ConnectTimeout`].
    pub async fn connect(
        address: impl ToSocketAddrs,
        options: ClientOptions,
    ) -> Result<Client, ClientError> {
        Self::connect_with(address, options, |_| AskOnly).await
    }

    /// Like [`Client::connect`]; the session that `session` makes serves the peer's requests.
    ///
    /// # Errors
    /// As for [`Client::connect`].
    pub async fn connect_with<S: Session + 'static>(
        address: impl ToSocketAddrs,
        options: ClientOptions,
        session: impl FnOnce(&Remote) -> S,
    ) -> Result<Client, ClientError> {
        let patience = options.connect_timeout;
        let open = async {
            let stream = connect_stream(address, &options).await?;
            Self::open(stream, &options, session).await
        };
        timeout(patience, open)
            .await
            .unwrap_or(Err(ClientError::ConnectTimeout(patience)))
    }

    /// Opens an association over any byte stream.
    ///
    /// # Errors
    /// [`ClientError::Refused`] or [`ClientError::ConnectTimeout`].
    pub async fn over<T>(stream: T, options: ClientOptions) -> Result<Client, ClientError>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self::over_with(stream, options, |_| AskOnly).await
    }

    /// Like [`Client::over`]; the session that `session` makes serves the peer's requests.
    ///
    /// # Errors
    /// As for [`Client::over`].
    pub async fn over_with<T, S>(
        stream: T,
        options: ClientOptions,
        session: impl FnOnce(&Remote) -> S,
    ) -> Result<Client, ClientError>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Session + 'static,
    {
        let patience = options.connect_timeout;
        timeout(patience, Self::open(stream, &options, session))
            .await
            .unwrap_or(Err(ClientError::ConnectTimeout(patience)))
    }

    async fn open<T, S>(
        stream: T,
        options: &ClientOptions,
        session: impl FnOnce(&Remote) -> S,
    ) -> Result<Client, ClientError>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Session + 'static,
    {
        let remote = Remote::new();
        let (phase_sender, mut phase) = watch::channel(Phase::Opening);
        let subscribers = Arc::new(Subscribers::default());
        let session = ClientSession {
            phase: phase_sender,
            subscribers: subscribers.clone(),
            inner: session(&remote),
        };
        let mut output = Vec::new();
        let association = Association::calling(
            options.config.clone(),
            options.call.clone(),
            tokio::time::Instant::now().into_std(),
            &mut output,
        );
        let connection = Connection::new(stream, association, session, output, remote.clone());
        let (last, gone) = oneshot::channel();
        tokio::spawn(drive(
            connection,
            remote.clone(),
            phase.clone(),
            gone,
            options.config.handshake_timeout,
        ));
        let negotiated = opened(&mut phase).await?;
        Ok(Client {
            request_timeout: options.request_timeout,
            shared: Arc::new(Shared {
                remote,
                phase,
                negotiated,
                subscribers,
                limits: options.limits,
                runtime: Handle::current(),
                _last: last,
            }),
        })
    }

    /// A client on an association that the peer calls: `session` serves the peer's requests, and
    /// the session that is returned is to be driven in its place ([`crate::server::connection`]).
    /// The future gives the client once the association is open. Such a client does not end the
    /// association when it is dropped.
    pub fn called<S: Session + 'static>(
        remote: &Remote,
        session: S,
        request_timeout: Duration,
        limits: Limits,
    ) -> (
        impl Session + use<S>,
        impl Future<Output = Result<Client, ClientError>> + Send + use<S>,
    ) {
        let (phase_sender, phase) = watch::channel(Phase::Opening);
        let subscribers = Arc::new(Subscribers::default());
        let session = ClientSession {
            phase: phase_sender,
            subscribers: subscribers.clone(),
            inner: session,
        };
        let remote = remote.clone();
        let client = async move {
            let negotiated = opened(&mut phase.clone()).await?;
            let (last, _) = oneshot::channel();
            Ok(Client {
                request_timeout,
                shared: Arc::new(Shared {
                    remote,
                    phase,
                    negotiated,
                    subscribers,
                    limits,
                    runtime: Handle::current(),
                    _last: last,
                }),
            })
        };
        (session, client)
    }

    /// The same association with another patience for answers.
    pub fn with_request_timeout(&self, request_timeout: Duration) -> Client {
        Client {
            shared: self.shared.clone(),
            request_timeout,
        }
    }

    /// What was agreed on with the peer.
    pub fn negotiated(&self) -> &Negotiated {
        &self.shared.negotiated
    }

    /// The handle of the association, for requests that have no method here.
    pub fn remote(&self) -> &Remote {
        &self.shared.remote
    }

    /// Why the association is over, once it is.
    pub fn close_reason(&self) -> Option<CloseReason> {
        match &*self.shared.phase.borrow() {
            Phase::Closed(reason) => Some(reason.clone()),
            // A task that was dropped half way (its runtime has stopped) says nothing any more.
            _ => self.shared.remote.close_reason(),
        }
    }

    /// Waits until the association is over.
    pub async fn closed(&self) -> CloseReason {
        let mut phase = self.shared.phase.clone();
        match phase
            .wait_for(|phase| matches!(phase, Phase::Closed(_)))
            .await
            .as_deref()
        {
            Ok(Phase::Closed(reason)) => reason.clone(),
            _ => self
                .shared
                .remote
                .close_reason()
                .unwrap_or(CloseReason::ConnectionLost),
        }
    }

    /// Ends the association in good order and waits until it is over. A peer that refuses to
    /// conclude, or does not answer, leaves it open.
    ///
    /// # Errors
    /// [`ClientError::Closed`] if it ended in another way, [`ClientError::Timeout`] if it is
    /// still open when the time for a request is over.
    pub async fn conclude(&self) -> Result<(), ClientError> {
        self.shared
            .remote
            .conclude()
            .map_err(|error| ClientError::from_request(Service::Conclude, error))?;
        let timed_out = ClientError::Timeout {
            service: Service::Conclude,
            timeout: self.request_timeout,
        };
        match timeout(self.request_timeout, self.closed()).await {
            Ok(CloseReason::Released) => Ok(()),
            Ok(reason) => Err(ClientError::Closed(reason)),
            Err(_) => Err(timed_out),
        }
    }

    /// Ends the association at once.
    pub fn abort(&self) {
        // An association that is over already has nothing to abort.
        let _ = self.shared.remote.abort();
    }

    /// Calls `callback` for every information report, in the order they come. It runs in the task
    /// of the association, which waits for it: it should only take the values and return. A
    /// callback that keeps a clone of the client keeps the association open.
    pub fn on_information_report(
        &self,
        callback: impl FnMut(&InformationReport<'_>) + Send + 'static,
    ) -> Subscription {
        let callback = Callback::Report(Box::new(callback));
        self.shared.subscribers.add(callback)
    }

    /// Calls `callback` for every unsolicitedStatus. The same holds for it as for
    /// [`Client::on_information_report`].
    pub fn on_unsolicited_status(
        &self,
        callback: impl FnMut(&StatusResponse) + Send + 'static,
    ) -> Subscription {
        let callback = Callback::Status(Box::new(callback));
        self.shared.subscribers.add(callback)
    }

    /// Calls `callback` for every eventNotification. The same holds for it as for
    /// [`Client::on_information_report`].
    pub fn on_event_notification(
        &self,
        callback: impl FnMut(&EventNotification<'_>) + Send + 'static,
    ) -> Subscription {
        let callback = Callback::Event(Box::new(callback));
        self.shared.subscribers.add(callback)
    }

    /// Sends a request and gives the service element of the response to `take`.
    ///
    /// # Errors
    /// [`ClientError`], also that of `take`.
    pub async fn request<T>(
        &self,
        request: RequestService<'_>,
        take: impl FnOnce(ResponseService<'_>) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let service = request.service().unwrap_or(Service::Status);
        let encoded = encode(|w| request.encode(w));
        self.exchange(service, encoded, take).await
    }

    async fn exchange<T>(
        &self,
        service: Service,
        request: Vec<u8>,
        take: impl FnOnce(ResponseService<'_>) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let answer = timeout(self.request_timeout, self.shared.remote.request(request))
            .await
            .map_err(|_| ClientError::Timeout {
                service,
                timeout: self.request_timeout,
            })?
            .map_err(|error| ClientError::from_request(service, error))?;
        match Pdu::decode(&answer) {
            Ok(Pdu::ConfirmedResponse(response)) => take(response.service),
            Ok(_) => Err(ClientError::unexpected(service, "not a response")),
            Err(cause) => Err(ClientError::Malformed { service, cause }),
        }
    }

    fn limits(&self) -> &Limits {
        &self.shared.limits
    }
}

/// Waits until the association is open.
async fn opened(phase: &mut watch::Receiver<Phase>) -> Result<Arc<Negotiated>, ClientError> {
    let reached = phase
        .wait_for(|phase| !matches!(phase, Phase::Opening))
        .await
        .map(|phase| phase.clone());
    match reached {
        Ok(Phase::Open(negotiated)) => Ok(negotiated),
        Ok(Phase::Closed(reason)) => Err(ClientError::Refused(reason)),
        Ok(Phase::Opening) | Err(_) => Err(ClientError::Refused(CloseReason::ConnectionLost)),
    }
}

/// Runs the association to its end; when the last client is gone it ends it.
async fn drive<T, S>(
    connection: Connection<T, S>,
    remote: Remote,
    phase: watch::Receiver<Phase>,
    gone: oneshot::Receiver<()>,
    patience: Duration,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send,
    S: Session,
{
    let run = connection.run();
    tokio::pin!(run);
    tokio::select! {
        _ = &mut run => return,
        _ = gone => {}
    }
    let open = matches!(&*phase.borrow(), Phase::Open(_));
    if open && remote.conclude().is_ok() && timeout(patience, &mut run).await.is_ok() {
        return;
    }
    // It is over already if this fails.
    let _ = remote.abort();
    run.await;
}

async fn connect_stream(
    address: impl ToSocketAddrs,
    options: &ClientOptions,
) -> Result<TcpStream, ClientError> {
    let mut failed = ClientError::Connect {
        address: None,
        source: io::Error::new(io::ErrorKind::NotFound, "the name has no address"),
    };
    let addresses = lookup_host(address)
        .await
        .map_err(|source| ClientError::Connect {
            address: None,
            source,
        })?;
    for address in addresses {
        match connect_from(options.local_address, address).await {
            Ok(stream) => {
                if let Err(error) = net::tune(&stream, options.keepalive) {
                    tracing::debug!(%error, %address, "socket options");
                }
                return Ok(stream);
            }
            Err(source) => {
                failed = ClientError::Connect {
                    address: Some(address),
                    source,
                };
            }
        }
    }
    Err(failed)
}

async fn connect_from(local: Option<SocketAddr>, address: SocketAddr) -> io::Result<TcpStream> {
    let Some(local) = local else {
        return TcpStream::connect(address).await;
    };
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.bind(local)?;
    socket.connect(address).await
}

fn encode(fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut Writer::unbounded(&mut out));
    out
}

/// The answer belongs to another service than the request.
fn wrong<T>(service: Service) -> Result<T, ClientError> {
    Err(ClientError::unexpected(
        service,
        "the response of another service",
    ))
}

#[cfg(test)]
mod tests;
