//! The thread that serves a server of the library.
//!
//! `IedServer_start` would make one too, but `IedServer_stop` then takes the reports away while that thread may be sending
//! one, which ends the process (1.6.1, measured). Here one thread does all there is, the end included.

use super::server::Inner;
use libiec61850_sys as sys;
use std::cell::Cell;
use std::ffi::c_void;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

/// How long the thread waits for clients at most, in milliseconds, which is as often as the library's own turns:
/// nothing else than a client wakes it, and changes are to be reported, timers kept and the end be seen.
const TURN: u32 = 1;

/// What the thread does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// What clients have sent is read and answered.
    Requests,
    /// Timers are looked for, and executions that wait.
    Periodic,
}

thread_local! {
    /// The server this thread serves, and what it does for it.
    static SERVES: Cell<Option<(u64, Phase)>> = const { Cell::new(None) };
}

/// A server that listens.
pub(super) struct Serving {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

/// The server that is served, by [`Inner::parameter`].
struct Served(*mut c_void);

// SAFETY: the server may be used by many threads.
unsafe impl Send for Served {}

impl Serving {
    /// Starts to listen; `None` if the library cannot.
    ///
    /// # Errors
    /// There is no thread to be had.
    ///
    /// # Safety
    /// The server does not run, and stays where it is until [`stop`](Serving::stop) has returned.
    pub(super) unsafe fn start(inner: &Inner, port: u16) -> io::Result<Option<Self>> {
        let server = inner.server.as_ptr();
        // SAFETY: the server is alive.
        let runs = unsafe {
            sys::IedServer_startThreadless(server, port.into());
            sys::IedServer_isRunning(server)
        };
        if !runs {
            return Ok(None);
        }
        let ends = Arc::new(AtomicBool::new(false));
        let served = Served(inner.parameter());
        let until = ends.clone();
        // SAFETY: the server stays where it is, as the caller says.
        let thread = Builder::new().spawn(move || unsafe { served.serve(&until) });
        let thread = thread.inspect_err(|_| {
            // SAFETY: the server is alive, and nobody serves it.
            unsafe { sys::IedServer_stopThreadless(server) }
        })?;
        Ok(Some(Serving { ends, thread }))
    }

    /// Ends all associations and does not listen any more.
    pub(super) fn stop(self) {
        self.ends.store(true, Ordering::Release);
        // Panics of the application are caught where it is called.
        let _ = self.thread.join();
    }
}

impl Served {
    /// # Safety
    /// The server stays where it is until this has returned.
    unsafe fn serve(self, ends: &AtomicBool) {
        // SAFETY: as the caller says; the pointer is of such a server.
        let Some(inner) = (unsafe { self.0.cast::<Inner>().as_ref() }) else {
            return;
        };
        let server = inner.server.as_ptr();
        while !ends.load(Ordering::Acquire) {
            // SAFETY: the server is alive, and nobody else serves it.
            unsafe {
                sys::IedServer_waitReady(server, TURN);
                // Sends reports too.
                during(inner, Phase::Requests, || {
                    sys::IedServer_processIncomingData(server);
                });
            }
            inner.periodic_tasks();
            inner.finish_log_entries();
        }
        // SAFETY: as above.
        during(inner, Phase::Requests, || unsafe {
            sys::IedServer_stopThreadless(server);
        });
    }
}

fn during(inner: &Inner, phase: Phase, work: impl FnOnce()) {
    let before = SERVES.replace(Some((inner.number(), phase)));
    work();
    SERVES.set(before);
}

impl Inner {
    /// To be called by the thread that serves, without the lock.
    pub(super) fn periodic_tasks(&self) {
        // SAFETY: the server is alive.
        during(self, Phase::Periodic, || unsafe {
            sys::IedServer_performPeriodicTasks(self.server.as_ptr());
        });
    }

    /// What this thread does for the server, if it serves it.
    pub(super) fn phase(&self) -> Option<Phase> {
        let (number, phase) = SERVES.get()?;
        (number == self.number()).then_some(phase)
    }
}
