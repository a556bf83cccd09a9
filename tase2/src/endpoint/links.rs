//! The associations there are, and what is done with each of them besides serving.

use super::Shared;
use super::start_up::{self, Outcome};
use crate::client::{Client, Sink};
use crate::event::{AssociationId, Event};
use crate::server;
use mms::pdu::Service;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::sleep;

/// An association that is open.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) association: AssociationId,
    pub(super) peer: String,
    pub(super) client: Client,
    /// The peer serves us, and its start-up is done.
    usable: bool,
}

/// All of them, the oldest first: that is the primary one of its peer, the others stand by.
#[derive(Debug)]
pub(super) struct Links {
    all: Mutex<Vec<Link>>,
    /// Peers that are used here.
    wanted: Mutex<HashSet<String>>,
    /// Told of each change.
    changed: watch::Sender<u64>,
}

impl Default for Links {
    fn default() -> Self {
        Links {
            all: Mutex::default(),
            wanted: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }
}

impl Links {
    /// Somebody here wants to use the peer.
    pub(super) fn want(&self, peer: &str) {
        if self.wanted.lock().insert(peer.to_owned()) {
            self.changed.send_modify(|changes| *changes += 1);
        }
    }

    /// Waits until somebody wants to use the peer.
    async fn wanted(&self, peer: &str) {
        let mut changes = self.changes();
        while !self.wanted.lock().contains(peer) {
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Those on which a peer can be used.
    pub(super) fn usable(&self, peer: &str) -> Vec<Link> {
        let mut links = self.of(peer);
        links.retain(|link| link.usable);
        links
    }

    /// All associations with a peer.
    pub(super) fn of(&self, peer: &str) -> Vec<Link> {
        let all = self.all.lock();
        all.iter()
            .filter(|link| link.peer == peer)
            .cloned()
            .collect()
    }

    /// The association on which a peer is used: the oldest that can be.
    pub(super) fn primary(&self, peer: &str) -> Option<Link> {
        let all = self.all.lock();
        let mut usable = all.iter().filter(|link| link.usable && link.peer == peer);
        usable.next().cloned()
    }

    fn make_usable(&self, association: AssociationId) {
        for link in self.all.lock().iter_mut() {
            link.usable |= link.association == association;
        }
        self.changed.send_modify(|changes| *changes += 1);
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn add(&self, link: Link) {
        self.all.lock().push(link);
        self.changed.send_modify(|changes| *changes += 1);
    }

    fn remove(&self, association: AssociationId) {
        self.all
            .lock()
            .retain(|link| link.association != association);
        self.changed.send_modify(|changes| *changes += 1);
    }
}

/// Uses an association from its beginning to its end: start-up, then keep-alive.
pub(super) async fn run(
    shared: &Arc<Shared>,
    client: mms::client::Client,
    link: &server::Link,
    sink: Arc<Sink>,
) {
    let Some((_, table)) = shared.vcc.core.table_named(&link.peer) else {
        return;
    };
    let domain = table.config.remote_domain().to_owned();
    let serves = client.negotiated().peer_services.has(Service::Read);
    let edition = table.config.options.peer_edition;
    let client = Client::new(client, domain, sink, edition);
    shared.links.add(Link {
        association: link.association,
        peer: link.peer.clone(),
        client: client.clone(),
        usable: false,
    });
    let used = async {
        if !(serves && table.config.options.use_peer) {
            // A peer that only asks, or is to be left alone.
            return std::future::pending().await;
        }
        if link.called {
            // Many callers only ask, whatever they claim to serve, and some do not survive being asked.
            shared.links.wanted(&link.peer).await;
        }
        let answered = match start_up::run(shared, &client, &table.config).await {
            Outcome::Good => true,
            Outcome::Silent if link.called => false,
            Outcome::Silent => return give_up(&client),
            Outcome::End => return shared.end_link(&client).await,
        };
        if table.config.information.enable
            && let Err(error) = client.enable_information(true).await
        {
            shared.vcc.core.emit(Event::StartUpFailed {
                peer: link.peer.clone(),
                reason: format!("information messages: {error}"),
            });
        }
        shared.links.make_usable(link.association);
        // A caller that never answers may be one that only asks.
        keep_alive(shared, &client, answered || !link.called).await;
    };
    tokio::select! {
        () = used => {}
        _ = client.closed() => {}
    }
    shared.links.remove(link.association);
    client.closed().await;
}

/// A peer that does not answer is gone.
fn give_up(client: &Client) {
    tracing::warn!("the peer does not answer");
    // It is over already if this fails.
    let _ = client.mms().remote().abort();
}

/// Asks the peer who it is, again and again. A peer that does not answer is given up, if it has answered before or has to.
async fn keep_alive(shared: &Shared, client: &Client, mut answers: bool) {
    let Some(period) = shared.options.keep_alive else {
        return std::future::pending().await;
    };
    loop {
        sleep(period).await;
        match client.mms().identify().await {
            Ok(_) => answers = true,
            Err(error) if error.is_closed() => return,
            Err(mms::client::ClientError::Timeout { .. }) if answers => return give_up(client),
            // Some peers do not know the service; an answer is an answer.
            Err(error) => tracing::debug!(%error, "keep-alive"),
        }
    }
}
