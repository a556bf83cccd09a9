//! The state of a controllable object: who has selected it, and the command that is under way.

use super::object::Parameters;
use crate::server::{ClientConnection, ControlAction};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

/// At most one client has selected an object, and at most one command is under way.
#[derive(Default)]
pub(super) struct State {
    pub(super) selection: Option<Selection>,
    pub(super) command: Option<Running>,
}

/// A client has selected the object.
pub(super) struct Selection {
    pub(super) client: ClientConnection,
    /// The select.
    pub(super) action: ControlAction,
    /// What the select carried, with enhanced security.
    pub(super) parameters: Option<Parameters>,
    /// Ends the selection when `sboTimeout` is over.
    pub(super) timer: Option<Timer>,
}

/// A task that ends a selection; it ends with what holds it.
pub(super) struct Timer(Option<AbortHandle>);

impl Timer {
    pub(super) fn new(task: AbortHandle) -> Self {
        Timer(Some(task))
    }

    /// Lets the task go on.
    pub(super) fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// How far a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// A select whose check has not decided.
    Selecting,
    /// An operate whose checks have not decided.
    Checking,
    /// A time-activated operate waits for its time.
    WaitingForTime,
    /// The checks have passed, and the command is executed.
    Executing,
}

/// The command that is under way.
pub(super) struct Running {
    pub(super) client: ClientConnection,
    pub(super) phase: Phase,
    pub(super) stop: Arc<Stop>,
    /// The association of the client ended meanwhile.
    pub(super) orphaned: bool,
}

/// Tells the future of a command that it has to end.
#[derive(Default)]
pub(super) struct Stop {
    stopped: AtomicBool,
    changed: Notify,
}

/// The command was ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stopped;

impl Stop {
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// What `work` gives, if the command is not ended before.
    pub(super) async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Stopped> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(Stopped),
            result = work => Ok(result),
        }
    }

    async fn stopped(&self) {
        while !self.stopped.load(Ordering::Acquire) {
            self.changed.notified().await;
        }
    }
}

impl State {
    /// The command whose future holds `stop`, as long as it is the one under way.
    pub(super) fn own(&mut self, stop: &Arc<Stop>) -> Option<&mut Running> {
        self.command
            .as_mut()
            .filter(|running| Arc::ptr_eq(&running.stop, stop))
    }

    /// Whether this client has selected the object.
    pub(super) fn selected_by(&self, client: &ClientConnection) -> bool {
        self.selection
            .as_ref()
            .is_some_and(|selection| selection.client == *client)
    }
}
