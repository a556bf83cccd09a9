//! A connection of the C library.
//!
//! **Threads.** Calls of the library wait for the server: they are made on threads of the runtime
//! that may block, as many at once as the association may have requests under way. A call whose
//! future is dropped goes on to its end, and keeps the connection as long. Callbacks come from a
//! thread of the library: they turn what they are given into values of ours, hand them on and return;
//! the library is never called with a lock of ours held that a callback takes.
//!
//! **Lifetimes.** [`Connection`] owns the library's connection; calls and objects for control hold
//! it. When the last of them is gone, a thread of the runtime destroys it, which a callback must not do
//! and which waits for the library's thread. Only then is freed what callbacks point to.

mod control;
mod convert;
mod data;
mod data_sets;
mod files;
mod open;
mod reports;
#[cfg(test)]
mod tests;
mod uploads;

pub(crate) use control::{CControl, Command, Settings};

use crate::client::IedClientError;
use crate::client::engine::{Failure, Heard};
use convert::Errors;
use libiec61850_sys as sys;
use mms::association::CloseReason;
use parking_lot::Mutex;
use reports::Slot;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use uploads::Uploads;

/// How long calls may take to return behind the end of the association: answers that came before it are on their
/// way through threads.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// An association with a server. A clone is the same association.
#[derive(Clone)]
pub(crate) struct CConnection {
    connection: Arc<Connection>,
    timeout: Duration,
}

/// The library's connection, and what its callbacks point to.
struct Connection {
    raw: Raw,
    /// One permit for each request that may be under way.
    permits: Arc<Semaphore>,
    width: usize,
    /// What is destroyed and freed at the end; there until then.
    end: Option<End>,
    runtime: Handle,
    uploads: Uploads,
}

/// The connection itself. It may be used by several threads at once, and is destroyed by one, last.
#[derive(Clone, Copy)]
struct Raw(NonNull<sys::sIedConnection>);

// SAFETY: the library locks its connections itself; see `Connection` for who destroys one.
unsafe impl Send for Raw {}
// SAFETY: as above.
unsafe impl Sync for Raw {}

impl Raw {
    fn ied(self) -> sys::IedConnection {
        self.0.as_ptr()
    }

    /// The MMS connection beneath, which belongs to it.
    fn mms(self) -> sys::MmsConnection {
        // SAFETY: the connection is alive, since whoever has it holds its owner.
        unsafe { sys::IedConnection_getMmsConnection(self.ied()) }
    }
}

/// What the library's callbacks point to.
struct Callbacks {
    closed: watch::Sender<Option<CloseReason>>,
    /// What the application asked for, if it did.
    ending: Mutex<Option<CloseReason>>,
    heard: Arc<dyn Heard>,
    runtime: Handle,
}

impl Callbacks {
    fn ended(&self) {
        let reason = self.ending.lock().clone();
        let reason = reason.unwrap_or(CloseReason::ConnectionLost);
        self.closed.send_if_modified(|closed| {
            let is_first = closed.is_none();
            if is_first {
                *closed = Some(reason);
            }
            is_first
        });
    }
}

impl Connection {
    fn callbacks(&self) -> Option<&Callbacks> {
        Some(&self.end.as_ref()?.callbacks)
    }
}

impl Connection {
    /// Destroys it, on this thread: none of the library's.
    fn destroy(mut self) {
        if let Some(end) = self.end.take() {
            end.destroy();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(end) = self.end.take() else {
            return;
        };
        // The runtime of the connection may have stopped; the shared one does not.
        match mms::net::runtime() {
            Ok(runtime) => drop(runtime.spawn_blocking(move || end.destroy())),
            Err(_) => end.destroy(),
        }
    }
}

/// What ends with a connection.
struct End {
    raw: Raw,
    callbacks: Arc<Callbacks>,
    /// The handlers of reports that were ever installed, by control block. A slot stays where it is
    /// until the connection is destroyed, since the library may be calling it.
    slots: Mutex<HashMap<String, Arc<Slot>>>,
    /// The password, which the library does not copy.
    authentication: Option<Authentication>,
}

impl End {
    fn destroy(self) {
        // SAFETY: nobody has the connection any more: calls and control objects hold its owner,
        // which is being dropped. This is no thread of the library.
        unsafe { sys::IedConnection_destroy(self.raw.ied()) };
        // Now no callback runs any more.
        drop((self.callbacks, self.slots));
        if let Some(Authentication(parameters)) = self.authentication {
            // SAFETY: it is ours, and the connection that used it is gone.
            unsafe { sys::AcseAuthenticationParameter_destroy(parameters.as_ptr()) }
        }
    }
}

struct Authentication(NonNull<sys::sAcseAuthenticationParameter>);

// SAFETY: memory of the process that nobody changes.
unsafe impl Send for Authentication {}
// SAFETY: as above.
unsafe impl Sync for Authentication {}

impl CConnection {
    /// The same association with another patience for answers.
    pub(crate) fn with_request_timeout(&self, timeout: Duration) -> Self {
        CConnection {
            connection: self.connection.clone(),
            timeout,
        }
    }

    /// How many requests may be under way at once.
    pub(crate) fn width(&self) -> usize {
        self.connection.width
    }

    /// Has the library called on a thread that may wait. `call` gets what the error is to be
    /// written to.
    async fn call<T: Send + 'static>(
        &self,
        call: impl FnMut(Raw, &mut Errors) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.unless_closed(self.call_to_the_end(call)).await
    }

    /// What comes of something, unless the association is over before.
    ///
    /// A request that is sent while the association ends may wait for its answer until the time is
    /// up: nobody waits for that here, and the call ends when it does. All others end with the
    /// association, if they have not had their answer before.
    async fn unless_closed<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::pin!(work);
        let reason = tokio::select! {
            biased;
            result = &mut work => return result,
            reason = self.closed() => reason,
        };
        let over = |_| {
            let code = IedClientError::ConnectionLost;
            let reason = format!("association over: {reason}");
            Err(Failure::Engine { code, reason })
        };
        let ended = tokio::time::timeout(LAST_ANSWERS, work).await;
        ended.unwrap_or_else(over)
    }

    /// As [`CConnection::call`], whatever becomes of the association.
    async fn call_to_the_end<T: Send + 'static>(
        &self,
        mut call: impl FnMut(Raw, &mut Errors) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let connection = self.connection.clone();
        // It is never closed.
        let permit = connection.permits.clone().acquire_owned().await.ok();
        let timeout = self.timeout;
        let work = move || {
            let mut errors = Errors::default();
            let ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
            // SAFETY: the connection is alive, since this closure holds its owner.
            unsafe { sys::IedConnection_setRequestTimeout(connection.raw.ied(), ms) };
            let mut sent = Instant::now();
            let mut result = call(connection.raw, &mut errors);
            // The library wakes whoever waits for an answer a little before the place of the request
            // is free: nothing was sent then.
            let began = Instant::now();
            while errors.is_full() && began.elapsed() < timeout {
                std::thread::sleep(Duration::from_millis(1));
                errors = Errors::default();
                sent = Instant::now();
                result = call(connection.raw, &mut errors);
            }
            let failure = errors.failure(timeout, sent.elapsed() >= timeout);
            // It may be the last.
            drop(connection);
            drop(permit);
            match failure {
                None => Ok(result),
                Some(failure) => Err(failure),
            }
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(_) => Err(Failure::engine("the runtime is stopping")),
        }
    }

    /// Ends the association in good order.
    pub(crate) async fn conclude(&self) -> Result<(), Failure> {
        self.ends(CloseReason::Released);
        let released = self
            .call_to_the_end(|raw, errors| {
                // SAFETY: the connection is alive.
                unsafe { sys::IedConnection_release(raw.ied(), &raw mut errors.ied) };
            })
            .await;
        if released.is_ok() {
            self.closed().await;
        }
        released
    }

    /// Ends the association at once.
    pub(crate) fn abort(&self) {
        self.ends(CloseReason::Aborted);
        let connection = self.connection.clone();
        let runtime = connection.runtime.clone();
        runtime.spawn_blocking(move || {
            let mut error = 0;
            // SAFETY: the connection is alive, since this closure holds its owner.
            unsafe { sys::IedConnection_abort(connection.raw.ied(), &raw mut error) };
            if let Some(callbacks) = connection.callbacks() {
                callbacks.ended();
            }
        });
    }

    fn ends(&self, reason: CloseReason) {
        if let Some(callbacks) = self.connection.callbacks() {
            callbacks.ending.lock().get_or_insert(reason);
        }
    }

    /// Waits until the association is over.
    pub(crate) async fn closed(&self) -> CloseReason {
        let Some(callbacks) = self.connection.callbacks() else {
            return CloseReason::ConnectionLost;
        };
        let mut closed = callbacks.closed.subscribe();
        match closed.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(reason)) => reason.clone(),
            _ => CloseReason::ConnectionLost,
        }
    }

    /// Why the association is over, once it is.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.connection.callbacks()?.closed.borrow().clone()
    }
}
