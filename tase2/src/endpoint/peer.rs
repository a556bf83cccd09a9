use super::Shared;
use super::links::Link;
use crate::Error;
use crate::client::{Client, Running, Subscription, TransferSpec, Update, next};
use crate::event::AssociationId;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::{sleep, timeout};

/// A peer of an endpoint: what it offers us, on whichever association there is.
#[derive(Clone, Debug)]
pub struct Peer {
    shared: Arc<Shared>,
    name: String,
}

impl Peer {
    pub(super) fn new(shared: Arc<Shared>, name: String) -> Self {
        Peer { shared, name }
    }

    /// The name of its bilateral table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The associations with it that can be used, the primary one first.
    pub fn associations(&self) -> Vec<(AssociationId, Client)> {
        let links = self.shared.links.usable(&self.name);
        links
            .into_iter()
            .map(|link| (link.association, link.client))
            .collect()
    }

    /// The client role on the primary association.
    ///
    /// # Errors
    /// [`Error::NotConnected`] if there is none now.
    pub fn client(&self) -> Result<Client, Error> {
        let primary = self.shared.links.primary(&self.name);
        primary
            .map(|link| link.client)
            .ok_or_else(|| Error::NotConnected {
                peer: self.name.clone(),
            })
    }

    /// Waits until there is an association.
    ///
    /// # Errors
    /// [`Error::NotConnected`] if there is none within this time.
    pub async fn connected(&self, patience: Duration) -> Result<Client, Error> {
        let mut changes = self.shared.links.changes();
        let found = timeout(patience, async {
            loop {
                if let Ok(client) = self.client() {
                    return Some(client);
                }
                changes.changed().await.ok()?;
            }
        });
        found
            .await
            .ok()
            .flatten()
            .ok_or_else(|| Error::NotConnected {
                peer: self.name.clone(),
            })
    }

    /// Follows a transfer set of the peer as long as the endpoint lives: it is started on the primary association, and again when another one
    /// takes its place or the peer is back.
    pub fn follow(&self, spec: TransferSpec) -> PeerFollow {
        let (subscription, receiver) = Subscription::new(spec);
        let task = keep_following(self.shared.clone(), self.name.clone(), subscription.clone());
        self.shared.spawn(task);
        PeerFollow {
            subscription,
            receiver,
        }
    }
}

/// Follows a transfer set over the loss of associations. Dropping it stops the transfer set.
#[derive(Debug)]
pub struct PeerFollow {
    subscription: Arc<Subscription>,
    receiver: broadcast::Receiver<Update>,
}

impl PeerFollow {
    /// The next update; `None` when the endpoint has stopped.
    pub async fn next(&mut self) -> Option<Update> {
        next(&mut self.receiver).await
    }
}

impl Drop for PeerFollow {
    fn drop(&mut self) {
        self.subscription.stop.notify_one();
    }
}

async fn keep_following(shared: Arc<Shared>, peer: String, subscription: Arc<Subscription>) {
    let mut running = None;
    tokio::select! {
        () = follow(&shared, &peer, &subscription, &mut running) => {}
        () = subscription.stop.notified() => {}
        // The end of the associations is the end of their transfer sets.
        () = shared.stopping() => return,
    }
    if let Some((client, running)) = running
        && let Err(error) = Client::stop(&client, &running).await
    {
        tracing::debug!(%error, "transfer set not stopped");
    }
}

/// Follows until the endpoint is gone; `current` is what runs now.
async fn follow(
    shared: &Shared,
    peer: &str,
    subscription: &Subscription,
    current: &mut Option<(Client, Running)>,
) {
    let mut changes = shared.links.changes();
    let mut wait = shared.options.retry_first;
    loop {
        changes.borrow_and_update();
        let Some(Link { client, .. }) = shared.links.primary(peer) else {
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        };
        match client.start(subscription).await {
            Ok(running) => {
                wait = shared.options.retry_first;
                *current = Some((client.clone(), running));
                client.closed().await;
                *current = None;
            }
            Err(error) if error.is_closed() => {
                client.closed().await;
            }
            Err(error) => {
                // Nobody has to listen.
                let _ = subscription.sender.send(Update::Failed {
                    reason: error.to_string(),
                });
                tokio::select! {
                    () = sleep(wait) => {}
                    _ = client.closed() => {}
                }
                wait = wait.saturating_mul(2).min(shared.options.retry_longest);
            }
        }
        // Until the link is taken out of the list it would be found again.
        while shared.links.primary(peer).is_some_and(|link| {
            link.client.mms().remote() == client.mms().remote()
                && client.mms().close_reason().is_some()
        }) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}
