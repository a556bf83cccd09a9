//! The connection: making it, losing it, making it again, and who hears of that.

use super::control::Controls;
use super::directory::Names;
use super::dispatch::Dispatcher;
use super::error::{Context, IedClientError, failure};
use super::files::{Filestore, UploadSession};
use super::options::{ConnectionOptions, ReconnectOptions};
use super::report::Subscriptions;
use super::state::IedConnectionState;
use crate::{Error, LastApplError};
use mms::association::CloseReason;
use mms::client::{Client, ClientError, Identity};
use mms::pdu::{InformationReport, StatusResponse, VariableAccessSpecification};
use parking_lot::Mutex;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// A byte stream to a server: TCP, TLS, memory.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What a connector gives.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

type Connector = Arc<dyn Fn() -> Connecting + Send + Sync>;

/// Where the server is.
#[derive(Clone)]
enum Target {
    Tcp(String, u16),
    Through(Connector),
}

impl Target {
    fn shown(&self) -> String {
        match self {
            Target::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Target::Tcp(host, port) => format!("{host}:{port}"),
            Target::Through(_) => String::new(),
        }
    }
}

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

/// What applications hold; dropping the last one ends the connection.
struct Handle {
    inner: Arc<Inner>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.inner.forget();
    }
}

type StateCallback = Arc<dyn Fn(&IedConnection, IedConnectionState) + Send + Sync>;
type ClosedCallback = Arc<dyn Fn(&IedConnection) + Send + Sync>;

/// What the connection and its background tasks share.
pub(crate) struct Inner {
    options: Mutex<ConnectionOptions>,
    state: watch::Sender<IedConnectionState>,
    /// Counts what the application did with the connection: whoever began under another number
    /// has nothing to say any more.
    epoch: watch::Sender<u64>,
    link: Mutex<Link>,
    on_state: Mutex<Option<StateCallback>>,
    on_closed: Mutex<Option<ClosedCallback>>,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) controls: Controls,
    pub(crate) names: Names,
    pub(crate) filestore: Filestore,
    /// Held while subscriptions are taken up again.
    resuming: tokio::sync::Mutex<()>,
    this: Mutex<Weak<Handle>>,
}

#[derive(Default)]
struct Link {
    client: Option<Client>,
    was_connected: bool,
    close_reason: Option<CloseReason>,
}

impl Inner {
    /// Nobody holds the connection any more.
    fn forget(&self) {
        self.next_epoch();
        self.link.lock().client = None;
        self.controls.lost();
        self.subscriptions.clear();
    }

    pub(crate) fn connection(&self) -> Option<IedConnection> {
        let handle = self.this.lock().upgrade()?;
        Some(IedConnection { handle })
    }

    pub(crate) fn max_waiting_events(&self) -> usize {
        self.options.lock().max_waiting_events
    }

    fn set_state(&self, state: IedConnectionState) {
        if self.state.send_replace(state) != state {
            self.tell(state);
        }
    }

    /// Sets a state that may only follow this one; whether it did.
    fn advance(&self, from: IedConnectionState, to: IedConnectionState) -> bool {
        self.state.send_if_modified(|state| {
            let advances = *state == from;
            if advances {
                *state = to;
            }
            advances
        })
    }

    /// Goes on from one state to the next, unless the application has done something else with the
    /// connection meanwhile.
    fn step(&self, epoch: u64, from: IedConnectionState, to: IedConnectionState) -> bool {
        let stepped = {
            let _link = self.link.lock();
            self.epoch() == epoch && self.advance(from, to)
        };
        if stepped {
            self.tell(to);
        }
        stepped
    }

    fn tell(&self, state: IedConnectionState) {
        tracing::debug!(?state, "connection");
        let on_state = self.on_state.lock().clone();
        let on_closed = self.on_closed.lock().clone();
        let Some(connection) = self.connection() else {
            return;
        };
        // States are few: none of them is dropped however many reports wait.
        if let Some(callback) = on_state {
            let connection = connection.clone();
            let call = move || callback(&connection, state);
            self.dispatcher.post(usize::MAX, call);
        }
        if let (IedConnectionState::Closed, Some(callback)) = (state, on_closed) {
            let call = move || callback(&connection);
            self.dispatcher.post(usize::MAX, call);
        }
    }

    /// What the server sends on its own: reports, and what belongs to commands.
    fn information_report(&self, report: &InformationReport<'_>) {
        match report.variables {
            VariableAccessSpecification::ListName(_) => self.subscriptions.report(self, report),
            VariableAccessSpecification::Variables(variables) => {
                self.controls.information_report(self, variables, report);
            }
        }
    }

    fn epoch(&self) -> u64 {
        *self.epoch.borrow()
    }

    /// Whatever began before has nothing to say any more.
    fn next_epoch(&self) -> u64 {
        let mut now = 0;
        self.epoch.send_modify(|epoch| {
            *epoch += 1;
            now = *epoch;
        });
        now
    }

    /// The connection of this epoch is over, and not because the application wanted it.
    fn lost(&self, epoch: u64, reason: CloseReason) -> bool {
        {
            let mut link = self.link.lock();
            if self.epoch() != epoch {
                return false;
            }
            tracing::debug!(%reason, "connection lost");
            link.client = None;
            link.close_reason = Some(reason);
        }
        self.controls.lost();
        self.subscriptions.lost();
        self.names.clear();
        let (wanted, before) = {
            let _link = self.link.lock();
            match self.epoch() == epoch {
                true => (true, self.state.send_replace(IedConnectionState::Closed)),
                // Who closed it meanwhile has set the state.
                false => (false, IedConnectionState::Closed),
            }
        };
        if before != IedConnectionState::Closed {
            self.tell(IedConnectionState::Closed);
        }
        wanted
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
        let inner = Arc::new(Inner {
            options: Mutex::new(options),
            state: watch::Sender::new(IedConnectionState::Closed),
            epoch: watch::Sender::new(0),
            link: Mutex::default(),
            on_state: Mutex::default(),
            on_closed: Mutex::default(),
            dispatcher: Dispatcher::default(),
            subscriptions: Subscriptions::default(),
            controls: Controls::default(),
            names: Names::default(),
            filestore: Filestore::default(),
            resuming: tokio::sync::Mutex::default(),
            this: Mutex::default(),
        });
        let handle = Arc::new(Handle {
            inner: inner.clone(),
        });
        *inner.this.lock() = Arc::downgrade(&handle);
        IedConnection { handle }
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
    fn opened(&self, client: Client, target: Target, epoch: u64) -> Result<(), Error> {
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
        listen(inner, &client);
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
        let inner = self.inner();
        let before = {
            let link = inner.link.lock();
            match &link.client {
                Some(_) => None,
                None if self.state() == IedConnectionState::Closing => return,
                None => {
                    // An attempt to connect (again) is given up.
                    inner.next_epoch();
                    Some(inner.state.send_replace(IedConnectionState::Closed))
                }
            }
        };
        if let Some(before) = before {
            if before != IedConnectionState::Closed {
                inner.tell(IedConnectionState::Closed);
            }
            return;
        }
        // A server that does not conclude does not keep the connection open either.
        let _ = self.release().await;
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
    /// [`IedClientError::NotConnected`] or [`IedClientError::ConnectionLost`].
    pub fn mms(&self) -> Result<Client, Error> {
        self.client("MMS", "")
    }

    pub(crate) fn client(&self, service: &'static str, reference: &str) -> Result<Client, Error> {
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
        client.status(false).await.context("status", "")
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

async fn dial(inner: &Arc<Inner>, target: &Target) -> Result<Client, ClientError> {
    let options = inner.options.lock().mms();
    let session = |remote: &mms::net::Remote| UploadSession::new(remote, inner.filestore.clone());
    match target {
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
    }
}

fn listen(inner: &Arc<Inner>, client: &Client) {
    let listener = Arc::downgrade(inner);
    client
        .on_information_report(move |report| {
            if let Some(inner) = listener.upgrade() {
                inner.information_report(report);
            }
        })
        .detach();
}

/// Waits for the end of the association, and makes another one if that is wanted.
async fn attend(inner: Arc<Inner>, client: Client, target: Target, epoch: u64) {
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
async fn unless_alive(inner: &Inner, client: &Client) {
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
        if let Err(ClientError::Timeout { .. }) = client.status(false).await {
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
) -> Option<Client> {
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
                listen(inner, &client);
                inner.step(
                    epoch,
                    IedConnectionState::Connecting,
                    IedConnectionState::Connected,
                );
                return Some(client);
            }
            Err(error) => {
                tracing::debug!(%error, "reconnecting");
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
