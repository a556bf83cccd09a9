//! What a connection and its background tasks share: the state, the epoch, who is told.

use super::super::control::Controls;
use super::super::directory::Names;
use super::super::dispatch::Dispatcher;
use super::super::engine::EngineClient;
use super::super::files::Filestore;
use super::super::options::ConnectionOptions;
use super::super::report::Subscriptions;
use super::super::state::IedConnectionState;
use super::IedConnection;
use mms::association::CloseReason;
use mms::pdu::{InformationReport, VariableAccessSpecification};
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use tokio::sync::watch;

/// What applications hold; dropping the last one ends the connection.
pub(super) struct Handle {
    pub(super) inner: Arc<Inner>,
}

impl Handle {
    pub(super) fn new(options: ConnectionOptions) -> Arc<Self> {
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
        handle
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.inner.forget();
    }
}

pub(super) type StateCallback = Arc<dyn Fn(&IedConnection, IedConnectionState) + Send + Sync>;
pub(super) type ClosedCallback = Arc<dyn Fn(&IedConnection) + Send + Sync>;

/// What the connection and its background tasks share.
pub(crate) struct Inner {
    pub(super) options: Mutex<ConnectionOptions>,
    pub(super) state: watch::Sender<IedConnectionState>,
    /// Counts what the application did with the connection: whoever began under another number
    /// has nothing to say any more.
    pub(super) epoch: watch::Sender<u64>,
    pub(super) link: Mutex<Link>,
    pub(super) on_state: Mutex<Option<StateCallback>>,
    pub(super) on_closed: Mutex<Option<ClosedCallback>>,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) controls: Controls,
    pub(crate) names: Names,
    pub(crate) filestore: Filestore,
    /// Held while subscriptions are taken up again.
    pub(super) resuming: tokio::sync::Mutex<()>,
    this: Mutex<Weak<Handle>>,
}

#[derive(Default)]
pub(super) struct Link {
    pub(super) client: Option<EngineClient>,
    pub(super) was_connected: bool,
    pub(super) close_reason: Option<CloseReason>,
}

impl Inner {
    /// Nobody holds the connection any more.
    pub(super) fn forget(&self) {
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

    /// What times say of the clock of this host.
    pub(crate) fn time_quality(&self) -> u8 {
        self.options.lock().time_quality.octet()
    }

    pub(super) fn set_state(&self, state: IedConnectionState) {
        if self.state.send_replace(state) != state {
            self.tell(state);
        }
    }

    /// Sets a state that may only follow this one; whether it did.
    pub(super) fn advance(&self, from: IedConnectionState, to: IedConnectionState) -> bool {
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
    pub(super) fn step(
        &self,
        epoch: u64,
        from: IedConnectionState,
        to: IedConnectionState,
    ) -> bool {
        let stepped = {
            let _link = self.link.lock();
            self.epoch() == epoch && self.advance(from, to)
        };
        if stepped {
            self.tell(to);
        }
        stepped
    }

    pub(super) fn tell(&self, state: IedConnectionState) {
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
    pub(super) fn information_report(&self, report: &InformationReport<'_>) {
        match report.variables {
            VariableAccessSpecification::ListName(_) => self.subscriptions.report(self, report),
            VariableAccessSpecification::Variables(variables) => {
                self.controls.information_report(self, variables, report);
            }
        }
    }

    /// Has a new association hand on the reports that are wanted.
    pub(super) fn follow_all(&self, client: &EngineClient) {
        for (reference, rpt_id) in self.subscriptions.wanted() {
            client.follow_reports(&reference, &rpt_id);
        }
    }

    /// Has the present association hand on the reports of a control block, or not any more.
    pub(crate) fn follow(&self, reference: &str) {
        let Some(client) = self.link.lock().client.clone() else {
            return;
        };
        match self.subscriptions.rpt_id_of(reference) {
            Some(rpt_id) => client.follow_reports(reference, &rpt_id),
            None => client.ignore_reports(reference),
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        *self.epoch.borrow()
    }

    /// Whatever began before has nothing to say any more.
    pub(super) fn next_epoch(&self) -> u64 {
        let mut now = 0;
        self.epoch.send_modify(|epoch| {
            *epoch += 1;
            now = *epoch;
        });
        now
    }

    /// The connection of this epoch is lost and is not made again.
    pub(super) fn give_up(&self, epoch: u64) {
        if self.epoch() == epoch {
            self.subscriptions.clear();
        }
    }

    /// The connection of this epoch is over, and not because the application wanted it.
    pub(super) fn lost(&self, epoch: u64, reason: CloseReason) -> bool {
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
