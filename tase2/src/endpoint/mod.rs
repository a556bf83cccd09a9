//! Listening and calling: associations with peers, both roles on each of them.

mod calls;
mod links;
mod options;
mod peer;
mod start_up;

pub use options::{Call, EndpointOptions};
pub use peer::{Peer, PeerFollow};

use crate::bilateral::{BilateralTable, TableError};
use crate::client::Sink;
use crate::server::{Admission, Identity, ServerSession};
use crate::{Error, VirtualControlCenter};
use links::Links;
use mms::association::{Association, Config};
use mms::net::{Connection, Incoming, Listener, Remote, Session};
use mms::osi::acse::{AeQualifier, ApTitle};
use parking_lot::Mutex;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

/// What all tasks of an endpoint share.
#[derive(Debug)]
struct Shared {
    vcc: VirtualControlCenter,
    options: EndpointOptions,
    identity: Arc<Identity>,
    /// What is offered, with our titles.
    config: Arc<Config>,
    links: Links,
    stop: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
}

/// A control centre on the network. Dropping it stops it in the background.
#[derive(Debug)]
#[must_use = "dropping it stops the endpoint"]
pub struct Endpoint {
    shared: Arc<Shared>,
    local: Option<SocketAddr>,
}

impl Endpoint {
    /// Listens and calls. Has to be called within a tokio runtime.
    ///
    /// # Errors
    /// The [`io::Error`] of the operating system, and of the kind `NotFound` if a call is to a peer without a bilateral table.
    pub fn start(
        vcc: &VirtualControlCenter,
        options: EndpointOptions,
        calls: Vec<Call>,
    ) -> io::Result<Self> {
        let listener = match options.listen {
            Some(address) => Some(Listener::bind(address, options.listener)?),
            None => None,
        };
        let local = listener.as_ref().map(Listener::local_addr).transpose()?;
        for call in &calls {
            if vcc.core.table_named(&call.peer).is_none() {
                let reason = format!("there is no bilateral table for {}", call.peer);
                return Err(io::Error::new(io::ErrorKind::NotFound, reason));
            }
        }
        let identity = Identity {
            ap_title: options.ap_title.clone(),
            ae_qualifier: options.ae_qualifier,
            selectors: options
                .check_selectors
                .then(|| options.config.local.clone()),
            words: [
                options.vendor.clone(),
                options.model.clone(),
                options.revision.clone(),
            ],
        };
        let mut config = options.config.clone();
        for service in vcc.core.more_services() {
            config.services.0.set(service.bit(), true);
        }
        config.local.ap_title = options.ap_title.clone().map(ApTitle::Identifier);
        config.local.ae_qualifier = options.ae_qualifier.map(AeQualifier::Number);
        let shared = Arc::new(Shared {
            vcc: vcc.clone(),
            options,
            identity: Arc::new(identity),
            config: Arc::new(config),
            links: Links::default(),
            stop: watch::Sender::new(false),
            tasks: Mutex::default(),
        });
        shared.want_messages();
        if let Some(listener) = listener {
            shared.spawn(accept(shared.clone(), listener));
        }
        for call in calls {
            let span = tracing::info_span!("call", peer = %call.peer);
            shared.spawn(calls::keep_calling(shared.clone(), call).instrument(span));
        }
        Ok(Endpoint { shared, local })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local
    }

    /// The control centre.
    pub fn control_center(&self) -> &VirtualControlCenter {
        &self.shared.vcc
    }

    /// A peer to be used, by the name of its bilateral table, whether there is an association with it or not. A peer that calls is left
    /// alone until it is asked for here.
    ///
    /// # Errors
    /// [`Error::NoSuchPeer`].
    pub fn peer(&self, name: &str) -> Result<Peer, Error> {
        match self.shared.vcc.core.table_named(name) {
            Some(_) => {
                self.shared.links.want(name);
                Ok(Peer::new(self.shared.clone(), name.to_owned()))
            }
            None => Err(Error::NoSuchPeer {
                peer: name.to_owned(),
            }),
        }
    }

    /// Serves a peer that calls on any byte stream, as the listener does with those of TCP. `from` is the address it calls from.
    pub fn serve<T>(&self, stream: T, from: Option<SocketAddr>)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let serving = called(self.shared.clone(), stream, from);
        self.shared.spawn(serving);
    }

    /// Calls a peer once over any byte stream, as it is called over TCP where the endpoint was started with a [`Call`]; the addresses of
    /// the call do not count.
    ///
    /// # Errors
    /// [`Error::NoSuchPeer`].
    pub fn call_over<T>(&self, call: Call, stream: T) -> Result<(), Error>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if self.shared.vcc.core.table_named(&call.peer).is_none() {
            return Err(Error::NoSuchPeer { peer: call.peer });
        }
        let calling = calls::associate_over(self.shared.clone(), call, stream);
        self.shared.spawn(calling);
        Ok(())
    }

    /// Replaces all bilateral tables. What peers may do changes at once; associations of peers whose table was taken away or has another
    /// id, domain or identity are concluded.
    ///
    /// # Errors
    /// [`TableError`]; nothing has changed then.
    pub fn reload(&self, tables: Vec<BilateralTable>) -> Result<(), TableError> {
        let changed = self.shared.vcc.core.reload(tables)?;
        self.shared.want_messages();
        for peer in changed {
            for link in self.shared.links.of(&peer) {
                let shared = self.shared.clone();
                self.shared
                    .spawn(async move { shared.end_link(&link.client).await });
            }
        }
        Ok(())
    }

    /// Stops: the port is free at once, associations are concluded, those whose peers do not take part in that are aborted, and when it
    /// returns all of them are over.
    pub async fn stop(self) {
        let shared = self.shared.clone();
        shared.stop.send_replace(true);
        let mut tasks = std::mem::take(&mut *shared.tasks.lock());
        while tasks.join_next().await.is_some() {}
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
        // The tasks see it and end by themselves.
        self.shared.tasks.lock().detach_all();
    }
}

impl Shared {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock();
        // Those that have ended need not be kept.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task.in_current_span());
    }

    /// Whether the endpoint is to stop; waits for that.
    async fn stopping(&self) {
        let mut stop = self.stop.subscribe();
        // It fails only when the endpoint is gone.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Ends an association in good order, or at least ends it.
    async fn end_link(&self, client: &crate::client::Client) {
        let remote = client.mms().remote();
        if remote.conclude().is_ok() && timeout(self.options.grace, client.closed()).await.is_err()
        {
            // It is over already if this fails.
            let _ = remote.abort();
        }
    }

    /// Peers whose information messages are wanted are used, whoever calls.
    fn want_messages(&self) {
        for (_, table) in self.vcc.core.tables() {
            if table.config.information.enable {
                self.links.want(&table.config.peer);
            }
        }
    }

    /// What serves the peer on an association.
    fn session(&self, admission: Admission, remote: &Remote, sink: &Arc<Sink>) -> ServerSession {
        ServerSession::new(
            self.vcc.core.clone(),
            self.identity.clone(),
            admission,
            remote.clone(),
            sink.clone(),
        )
    }

    fn sink(&self) -> Arc<Sink> {
        Arc::new(Sink::new(self.vcc.core.clock.clone()))
    }
}

async fn accept(shared: Arc<Shared>, listener: Listener) {
    let mut stop = shared.stop.subscribe();
    loop {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            incoming = listener.accept() => {
                let Incoming { stream, peer, permit, .. } = incoming;
                let serving = called(shared.clone(), stream, Some(peer));
                let span = tracing::info_span!("association", %peer);
                shared.spawn(async move {
                    serving.await;
                    drop(permit);
                }.instrument(span));
            }
        }
    }
}

/// The called side of an association, to its end.
async fn called<T>(shared: Arc<Shared>, stream: T, from: Option<SocketAddr>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let remote = Remote::new();
    let sink = shared.sink();
    let admission = Admission::Called {
        identity: shared.identity.clone(),
        from,
    };
    let session = shared.session(admission, &remote, &sink);
    let link = session.link();
    let (session, client) = mms::client::Client::called(
        &remote,
        session,
        shared.options.request_timeout,
        mms::client::Limits::default(),
    );
    let now = tokio::time::Instant::now().into_std();
    let association = Association::called(shared.config.clone(), now);
    let connection = Connection::new(stream, association, session, Vec::new(), remote.clone());
    let run = drive(shared.clone(), connection, remote);
    let using = async {
        // What is refused has an event of its own.
        if let Ok(client) = client.await
            && let Some(link) = link.get()
        {
            links::run(&shared, client, link, sink).await;
        }
    };
    tokio::join!(run, using);
}

/// Drives a connection; when the endpoint stops before the association is open, it is aborted.
async fn drive<T, S>(shared: Arc<Shared>, connection: Connection<T, S>, remote: Remote)
where
    T: AsyncRead + AsyncWrite + Unpin + Send,
    S: Session,
{
    let run = connection.run();
    tokio::pin!(run);
    tokio::select! {
        _ = &mut run => return,
        () = shared.stopping() => {}
    }
    let ended = match remote.is_open() {
        true => remote.conclude(),
        false => remote.abort(),
    };
    if ended.is_ok() && timeout(shared.options.grace, &mut run).await.is_ok() {
        return;
    }
    // It is over already if this fails.
    let _ = remote.abort();
    run.await;
}
