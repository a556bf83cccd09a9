//! The values, behind one lock that can also be held over several updates.

use super::blocks::{BlockKind, Publisher};
use super::log::LogState;
use super::overlay::Overlaid;
use super::report::{ReportBlock, ReportEvent};
use super::setting_groups::GroupState;
use super::timers::Timers;
use super::triggers::Watchers;
use crate::server::{ClientConnection, blocking};
use mms::MmsValue;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

/// The values of the address space by slot.
pub(super) struct Store {
    state: Mutex<State>,
    released: Condvar,
}

pub(super) struct State {
    pub(super) values: Vec<MmsValue>,
    /// The thread that has locked the data model, and how often.
    owner: Option<(ThreadId, u32)>,
    /// Associations that wait for the data model.
    waiting: Vec<Waker>,
    pub(super) overlaid: Overlaid,
    /// Who wants to know of changes.
    pub(super) watchers: Watchers,
    /// Number of the batch of updates that is going on.
    pub(super) batch: u32,
    pub(super) timers: Timers,
    pub(super) reports: Vec<ReportBlock>,
    pub(super) logs: LogState,
    pub(super) groups: Vec<GroupState>,
    /// Report control blocks with changes in this batch.
    pub(super) touched: Vec<u32>,
    /// What the application is to hear of when the store is free again.
    pub(super) events: Vec<Event>,
    /// GOOSE and sampled value control blocks.
    pub(super) publishers: Vec<Publisher>,
    /// GOOSE control blocks with changes in this batch.
    pub(super) goose_changed: Vec<u32>,
}

/// Something the application is told of.
#[derive(Debug)]
pub(super) enum Event {
    Report(ReportEvent),
    /// A GOOSE or sampled value control block was enabled or disabled.
    Publisher {
        kind: BlockKind,
        enabled: bool,
        client: Option<ClientConnection>,
    },
}

impl State {
    /// Whether several updates are to be seen as one.
    pub(super) fn in_batch(&self) -> bool {
        self.owner.is_some()
    }
}

impl Store {
    pub(super) fn new(values: Vec<MmsValue>) -> Self {
        Store {
            state: Mutex::new(State {
                values,
                owner: None,
                waiting: Vec::new(),
                overlaid: Overlaid::default(),
                watchers: Watchers::default(),
                batch: 0,
                timers: Timers::default(),
                reports: Vec::new(),
                logs: LogState::default(),
                groups: Vec::new(),
                touched: Vec::new(),
                events: Vec::new(),
                publishers: Vec::new(),
                goose_changed: Vec::new(),
            }),
            released: Condvar::new(),
        }
    }

    /// Access to the values. Waits while another thread has locked the data model.
    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        if state.owner.is_some() {
            self.wait(&mut state);
        }
        state
    }

    /// As [`Store::lock`], for the task of an association: a batch that began after
    /// [`Store::poll_free`] does not keep the thread from serving others.
    #[inline]
    pub(super) fn lock_in_task(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        if state.owner.is_some() {
            blocking(|| self.wait(&mut state));
        }
        state
    }

    #[cold]
    fn wait(&self, state: &mut MutexGuard<'_, State>) {
        let me = thread::current().id();
        while state.owner.is_some_and(|(owner, _)| owner != me) {
            self.released.wait(state);
        }
    }

    /// Whether the data model is free: for associations, which must not block a thread that
    /// serves others.
    pub(super) fn poll_free(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        if state.owner.is_none() {
            return Poll::Ready(());
        }
        if !state
            .waiting
            .iter()
            .any(|waker| waker.will_wake(cx.waker()))
        {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Locks the data model for this thread; may be repeated.
    pub(super) fn begin_batch(&self) {
        let mut state = self.lock();
        let depth = state.owner.map_or(0, |(_, depth)| depth);
        state.owner = Some((thread::current().id(), depth + 1));
    }

    /// Whether this thread has locked the data model.
    pub(super) fn is_mine(&self) -> bool {
        let me = thread::current().id();
        self.state
            .lock()
            .owner
            .is_some_and(|(owner, _)| owner == me)
    }

    /// Whether this thread holds a batch that ends with the next [`Store::end_batch`].
    pub(super) fn batch_ends(&self) -> bool {
        let me = thread::current().id();
        self.state.lock().owner == Some((me, 1))
    }

    /// Undoes one [`Store::begin_batch`] of this thread. Without one it does nothing.
    pub(super) fn end_batch(&self) {
        let mut state = self.state.lock();
        let me = thread::current().id();
        let waiting = match state.owner {
            Some((owner, depth)) if owner == me && depth > 1 => {
                state.owner = Some((owner, depth - 1));
                return;
            }
            Some((owner, _)) if owner == me => {
                state.owner = None;
                std::mem::take(&mut state.waiting)
            }
            _ => return,
        };
        drop(state);
        self.released.notify_all();
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;
    use std::time::Duration;

    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_batch_holds_others_back_and_not_its_own_thread() {
        let store = Arc::new(Store::new(vec![MmsValue::Boolean(false)]));
        let woken = Arc::new(Woken(AtomicBool::new(false)));
        let waker = Waker::from(woken.clone());
        let cx = Context::from_waker(&waker);
        assert!(store.poll_free(&cx).is_ready());
        store.begin_batch();
        store.begin_batch();
        store.lock().values[0] = MmsValue::Boolean(true);
        assert!(store.poll_free(&cx).is_pending());
        let other = std::thread::spawn({
            let store = store.clone();
            move || store.lock().values[0].clone()
        });
        store.end_batch();
        std::thread::sleep(Duration::from_millis(20));
        assert!(!other.is_finished() && !woken.0.load(Ordering::SeqCst));
        store.lock().values[0] = MmsValue::Integer(1);
        store.end_batch();
        assert_eq!(other.join().unwrap(), MmsValue::Integer(1));
        assert!(woken.0.load(Ordering::SeqCst) && store.poll_free(&cx).is_ready());
        store.end_batch();
    }
}
