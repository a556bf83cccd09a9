//! The connection: making it, losing it, making it again, and who hears of that.

mod attend;
mod inner;

pub(crate) use inner::Inner;

use super::engine::EngineClient;
use super::error::{Context, IedClientError, failure};
use super::options::ConnectionOptions;
use super::state::IedConnectionState;
use crate::{Error, LastApplError};
use attend::{Target, attend, dial};
use inner::Handle;
use mms::association::CloseReason;
use mms::client::{Client, Identity};
use mms::pdu::StatusResponse;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// A byte stream to a server: TCP, TLS, memory.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What a connector gives.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// A connection to an IEC 61850 server, for asynchronous programs. A clone is the same connection.
///
/// Its requests may be made from any number of tasks at once; as many as agreed with the server
/// are under way together. Giving one up by dropping its future leaves the connection usable.
///
/// The connection is closed when the last clone is dropped. Objects made from it (control objects,
/// report control blocks, data sets) are clones in this sense.
#[derive(Clone)]
pub struct IedConnection {
    handle: Arc<Handle>,
}

impl std::fmt::Debug for IedConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IedConnection")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

impl Default for IedConnection {
    fn default() -> Self {
        Self::new()
    }
}

impl IedConnection {
    /// A client without a connection yet, with the default options.
    pub fn new() -> Self {
        Self::with_options(ConnectionOptions::default())
    }

    /// A client without a connection yet.
    pub fn with_options(options: ConnectionOptions) -> Self {
        IedConnection {
            handle: Handle::new(options),
        }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.handle.inner
    }

    /// Connects over TCP. Port 102 is the one of the standard.
    ///
    /// # Errors
    /// [`IedClientError::AlreadyConnected`], [`IedClientError::ConnectionRejected`] if nobody
    /// listens or the server does not want this client.
    pub async fn connect(&self, host: &str, port: u16) -> Result<(), Error> {
        self.open(Target::Tcp(host.to_owned(), port)).await
    }

    /// Connects over the stream that `connector` makes: TLS, or memory. It is called again for
    /// each attempt to reconnect.
    ///
    /// # Errors
    /// As for [`IedConnection::connect`].
    pub async fn connect_through(
        &self,
        connector: impl Fn() -> Connecting + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.open(Target::Through(Arc::new(connector))).await
    }

    async fn open(&self, target: Target) -> Result<(), Error> {
        let inner = self.inner();
        if !inner.advance(IedConnectionState::Closed, IedConnectionState::Connecting) {
            let code = IedClientError::AlreadyConnected;
            return Err(failure("connect", &target.shown(), code, code.to_string()));
        }
        let epoch = inner.next_epoch();
        inner.tell(IedConnectionState::Connecting);
        let mut attempt = Attempt {
            inner: inner.clone(),
            epoch,
            done: false,
        };
        let client = dial(inner, &target).await;
        attempt.done = true;
        match client {
            Ok(client) => self.opened(client, target, epoch),
            Err(error) => {
                inner.step(
                    epoch,
                    IedConnectionState::Connecting,
                    IedConnectionState::Closed,
                );
                Err(error).context("connect", &target.shown())
            }
        }
    }

    /// Takes a new association into use.
    fn opened(&self, client: EngineClient, target: Target, epoch: u64) -> Result<(), Error> {
        let inner = self.inner();
        {
            let mut link = inner.link.lock();
            if inner.epoch() != epoch {
                // Closed while it was being opened: dropping the client concludes it.
                let code = IedClientError::ConnectionLost;
                return Err(failure(
                    "connect",
                    &target.shown(),
                    code,
                    "closed meanwhile",
                ));
            }
            link.client = Some(client.clone());
            link.was_connected = true;
            link.close_reason = None;
        }
        inner.follow_all(&client);
        inner.step(
            epoch,
            IedConnectionState::Connecting,
            IedConnectionState::Connected,
        );
        tokio::spawn(attend(inner.clone(), client, target, epoch));
        Ok(())
    }

    /// The state, now.
    pub fn state(&self) -> IedConnectionState {
        *self.inner().state.borrow()
    }

    /// py61850's name of [`IedConnection::state`].
    pub fn status(&self) -> IedConnectionState {
        self.state()
    }

    /// The state, and its changes.
    pub fn watch_state(&self) -> watch::Receiver<IedConnectionState> {
        self.inner().state.subscribe()
    }

    /// Why the connection is over; `None` while it is open, and before the first.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.inner().link.lock().close_reason.clone()
    }

    /// Has `callback` called for every change of the state. `false`: there is a callback already,
    /// and it stays.
    pub fn on_connection_state_change(
        &self,
        callback: impl Fn(&IedConnection, IedConnectionState) + Send + Sync + 'static,
    ) -> bool {
        let mut place = self.inner().on_state.lock();
        if place.is_some() {
            return false;
        }
        *place = Some(Arc::new(callback));
        true
    }

    /// Has `callback` called whenever the connection is over, for whatever reason. `false`: there
    /// is a callback already, and it stays.
    pub fn on_connection_closed(
        &self,
        callback: impl Fn(&IedConnection) + Send + Sync + 'static,
    ) -> bool {
        let mut place = self.inner().on_closed.lock();
        if place.is_some() {
            return false;
        }
        *place = Some(Arc::new(callback));
        true
    }

    /// Removes the callbacks for states and for the end of the connection.
    pub fn clear_connection_callbacks(&self) {
        *self.inner().on_state.lock() = None;
        *self.inner().on_closed.lock() = None;
    }

    /// The options; changing them has an effect on the next connection.
    pub fn options(&self) -> ConnectionOptions {
        self.inner().options.lock().clone()
    }

    /// Changes the options. The time-out of requests is in force at once, everything else from the
    /// next connection on.
    pub fn set_options(&self, options: ConnectionOptions) {
        *self.inner().options.lock() = options;
    }

    /// How long connecting may take, from the next time on.
    pub fn set_connect_timeout(&self, timeout: Duration) {
        self.inner().options.lock().connect_timeout = timeout;
    }

    /// How long the answer to a request may take, from the next request on.
    pub fn set_request_timeout(&self, timeout: Duration) {
        self.inner().options.lock().request_timeout = timeout;
    }

    /// How long the answer to a request may take.
    pub fn request_timeout(&self) -> Duration {
        self.inner().options.lock().request_timeout
    }

    /// Ends the connection in good order (MMS conclude), and waits until it is over.
    ///
    /// # Errors
    /// [`IedClientError::NotConnected`] or [`IedClientError::ConnectionLost`] if there is none;
    /// whatever the server answers, the connection is over behind it.
    pub async fn release(&self) -> Result<(), Error> {
        let client = self.client("release", "")?;
        let Some(closing) = self.closing() else {
            return Ok(());
        };
        let outcome = client.conclude().await;
        if outcome.is_err() {
            client.abort();
            // The driver answers an abort at once.
            client.closed().await;
        }
        closing.done(client.close_reason());
        outcome.context("release", "")
    }

    /// Ends the connection; does nothing if there is none.
    pub async fn close(&self) {
        if self.ended_without_association() {
            return;
        }
        // A server that does not conclude does not keep the connection open either.
        let _ = self.release().await;
        // It may have been lost between the two, with nobody having told the state yet.
        if self.state() == IedConnectionState::Connected {
            self.ended_without_association();
        }
    }

    /// Sets the state of a connection without an association: an attempt to connect (again) is given up.
    /// `false`: there is an association.
    fn ended_without_association(&self) -> bool {
        let inner = self.inner();
        let before = {
            let link = inner.link.lock();
            if link.client.is_some() {
                return false;
            }
            if self.state() == IedConnectionState::Closing {
                return true;
            }
            inner.next_epoch();
            inner.state.send_replace(IedConnectionState::Closed)
        };
        if before != IedConnectionState::Closed {
            inner.tell(IedConnectionState::Closed);
        }
        true
    }

    /// Ends the connection at once (abort), and waits until it is over.
    ///
    /// # Errors
    /// [`IedClientError::NotConnected`] or [`IedClientError::ConnectionLost`] if there is none.
    pub async fn abort(&self) -> Result<(), Error> {
        let client = self.client("abort", "")?;
        let Some(closing) = self.closing() else {
            return Ok(());
        };
        client.abort();
        let reason = client.closed().await;
        closing.done(Some(reason));
        Ok(())
    }

    /// From here on, what happens to the connection is what the application wants. `None`: it is
    /// being closed already.
    fn closing(&self) -> Option<Closing> {
        let inner = self.inner();
        let epoch = {
            let mut link = inner.link.lock();
            link.client.take()?;
            inner.next_epoch()
        };
        inner.set_state(IedConnectionState::Closing);
        Some(Closing {
            inner: inner.clone(),
            epoch,
        })
    }

    /// The MMS client of the connection: every service of MMS, for what has no method here.
    ///
    /// It belongs to the present association: after a reconnection there is another one.
    ///
    /// # Errors
    /// [`IedClientError::NotConnected`] or [`IedClientError::ConnectionLost`];
    /// [`Error::NotSupported`] with another engine than our own.
    pub fn mms(&self) -> Result<Client, Error> {
        match self.client("MMS", "")? {
            EngineClient::Native(client) => Ok(client),
            #[cfg(feature = "libiec61850")]
            EngineClient::Libiec61850(_) => Err(crate::engine::libiec61850::unsupported("mms()")),
        }
    }

    pub(crate) fn client(
        &self,
        service: &'static str,
        reference: &str,
    ) -> Result<EngineClient, Error> {
        let inner = self.inner();
        let link = inner.link.lock();
        match &link.client {
            Some(client) => {
                let patience = inner.options.lock().request_timeout;
                Ok(client.with_request_timeout(patience))
            }
            None => {
                let code = match link.was_connected {
                    true => IedClientError::ConnectionLost,
                    false => IedClientError::NotConnected,
                };
                Err(failure(service, reference, code, code.to_string()))
            }
        }
    }

    /// The last reason a server gave for refusing a command on this connection; all zero before
    /// the first.
    pub fn last_appl_error(&self) -> LastApplError {
        self.inner().controls.last_appl_error()
    }

    /// Who made the server.
    ///
    /// # Errors
    /// See [`crate::Error::code`].
    pub async fn identify(&self) -> Result<Identity, Error> {
        let client = self.client("identify", "")?;
        client.identify().await.context("identify", "")
    }

    /// The state of the server: what it says of its logical and physical condition.
    ///
    /// # Errors
    /// See [`crate::Error::code`].
    pub async fn server_status(&self) -> Result<StatusResponse, Error> {
        let client = self.client("status", "")?;
        client.status().await.context("status", "")
    }
}

/// The connection is being closed; when that is over, or given up, it counts as closed.
struct Closing {
    inner: Arc<Inner>,
    epoch: u64,
}

impl Closing {
    fn done(&self, reason: Option<CloseReason>) {
        self.inner.link.lock().close_reason = reason;
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if self.inner.epoch() == self.epoch {
            self.inner.controls.lost();
            self.inner.subscriptions.clear();
            self.inner.names.clear();
            self.inner.set_state(IedConnectionState::Closed);
        }
    }
}

/// An attempt to connect that may be given up half way.
struct Attempt {
    inner: Arc<Inner>,
    epoch: u64,
    done: bool,
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.done {
            self.inner.step(
                self.epoch,
                IedConnectionState::Connecting,
                IedConnectionState::Closed,
            );
        }
    }
}
