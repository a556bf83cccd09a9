//! What goes out to a peer besides the reports of its data sets: information messages, notifications, accounts, time series.

use super::{Core, State};
use crate::event::AssociationId;
use std::collections::VecDeque;

/// Octets that are taken at once: the peer is asked for room in between.
const AT_ONCE: usize = 64 * 1024;

/// Encoded service elements that wait for the task of the association, in their order.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    services: VecDeque<Vec<u8>>,
    octets: usize,
}

impl Outbox {
    /// Puts services in that belong together: all of them, or none if more than `limit` octets would wait. Where nothing waits they may be
    /// longer.
    pub(crate) fn push(&mut self, services: Vec<Vec<u8>>, limit: usize) -> bool {
        let more: usize = services.iter().map(Vec::len).sum();
        if !self.services.is_empty() && self.octets.saturating_add(more) > limit {
            return false;
        }
        self.octets += more;
        self.services.extend(services);
        true
    }

    /// Takes the next ones out.
    pub(super) fn take(&mut self) -> Vec<Vec<u8>> {
        let mut taken = Vec::new();
        let mut octets = 0;
        while octets < AT_ONCE
            && let Some(service) = self.services.pop_front()
        {
            octets += service.len();
            taken.push(service);
        }
        self.octets = self.octets.saturating_sub(octets);
        taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.services.is_empty()
    }
}

impl State {
    /// Sends services on an association that is open. `false`: too much waits there already, or it is over.
    pub(crate) fn post(&mut self, association: u64, services: Vec<Vec<u8>>) -> bool {
        let Some(owner) = self.associations.get(&association) else {
            return false;
        };
        let table = self.peers.get(owner.table).and_then(|p| p.table.as_ref());
        let limit = table.map_or(0, |table| table.config.limits.report_backlog);
        let Some(owner) = self.associations.get_mut(&association).filter(|a| a.open) else {
            return false;
        };
        let posted = owner.outbox.push(services, limit);
        if posted {
            owner.wake.notify_one();
        }
        posted
    }

    /// The open associations of a peer, the oldest first.
    pub(crate) fn associations_of(&self, table: usize) -> Vec<u64> {
        let all = self.associations.iter();
        let open = all.filter(|(_, a)| a.table == table && a.open);
        let mut ids: Vec<u64> = open.map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }
}

impl Core {
    /// Waits until nothing waits in the outboxes of a peer.
    pub(crate) async fn posted(&self, peer: &str) {
        loop {
            let taken = self.posted.notified();
            tokio::pin!(taken);
            // From here on nothing is missed.
            taken.as_mut().enable();
            let waits = {
                let state = self.state.lock();
                let mut all = state.associations.values();
                all.any(|owner| {
                    let table = state.peers.get(owner.table).and_then(|p| p.table.as_ref());
                    let of_peer = table.is_some_and(|table| table.config.peer == peer);
                    of_peer && !(owner.outbox.is_empty() && owner.sending == 0)
                })
            };
            if !waits {
                return;
            }
            taken.await;
        }
    }

    /// Services that were taken out of an outbox are on their way.
    pub(crate) fn services_sent(&self, association: AssociationId) {
        if let Some(owner) = self.state.lock().associations.get_mut(&association.0) {
            owner.sending = 0;
        }
        self.posted.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_goes_in_together() {
        let mut outbox = Outbox::default();
        assert!(outbox.push(vec![vec![0; 200]], 100));
        assert!(!outbox.push(vec![vec![0; 1]], 100));
        assert_eq!(outbox.take().len(), 1);
        assert!(outbox.push(vec![vec![0; 40], vec![0; 40]], 100));
        assert!(!outbox.push(vec![vec![0; 10], vec![0; 20]], 100));
        assert!(outbox.push(vec![vec![0; 20]], 100));
        assert_eq!(outbox.take().len(), 3);
        assert!(outbox.is_empty() && outbox.octets == 0);
        assert!(outbox.push(vec![vec![0; AT_ONCE], vec![1]], 0));
        assert_eq!((outbox.take().len(), outbox.take().len()), (1, 1));
    }
}
