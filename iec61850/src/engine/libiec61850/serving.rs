//! The thread that serves a server of the library.
//!
//! `IedServer_start` would make one too, but `IedServer_stop` then takes the reports away while that thread may be sending
//! one, which ends the process (1.6.1, measured). Here one thread does all there is, the end included.

use libiec61850_sys as sys;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// How long the thread waits for clients at most, in milliseconds, which is as often as the library's own turns:
/// nothing else than a client wakes it, and changes are to be reported, timers kept and the end be seen.
const TURN: u32 = 1;

/// A server that listens.
pub(super) struct Serving {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

struct Server(NonNull<sys::sIedServer>);

// SAFETY: what may be done by one thread at a time is done by the thread it is sent to.
unsafe impl Send for Server {}

impl Serving {
    /// Starts to listen; `None` if the library cannot.
    ///
    /// # Safety
    /// The server does not run, and stays alive until [`stop`](Serving::stop) has returned.
    pub(super) unsafe fn start(server: NonNull<sys::sIedServer>, port: u16) -> Option<Self> {
        // SAFETY: as the caller says.
        let runs = unsafe {
            sys::IedServer_startThreadless(server.as_ptr(), port.into());
            sys::IedServer_isRunning(server.as_ptr())
        };
        if !runs {
            return None;
        }
        let ends = Arc::new(AtomicBool::new(false));
        let server = Server(server);
        let thread = thread::spawn({
            let ends = ends.clone();
            move || server.serve(&ends)
        });
        Some(Serving { ends, thread })
    }

    /// Ends all associations and does not listen any more.
    pub(super) fn stop(self) {
        self.ends.store(true, Ordering::Release);
        // Panics of the application are caught where it is called.
        let _ = self.thread.join();
    }
}

impl Server {
    fn serve(self, ends: &AtomicBool) {
        let server = self.0.as_ptr();
        while !ends.load(Ordering::Acquire) {
            // SAFETY: the server is alive, as the one says who has started it, and nobody else serves it.
            unsafe {
                sys::IedServer_waitReady(server, TURN);
                // Sends reports too.
                sys::IedServer_processIncomingData(server);
                sys::IedServer_performPeriodicTasks(server);
            }
        }
        // SAFETY: as above.
        unsafe { sys::IedServer_stopThreadless(server) }
    }
}
