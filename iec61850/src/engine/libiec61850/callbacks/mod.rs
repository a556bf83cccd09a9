//! What the library calls: each function finds the server it is called for, asks the application, and turns the
//! answer into the library's.

mod association;

pub(super) use association::Clients;

use super::server::Inner;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a callback for the server that is its parameter. What the application panics with is caught where it is
/// called; should anything else panic, it ends here, because nothing may unwind into C: the library gets
/// `otherwise`, its refusal.
///
/// # Safety
/// The parameter is that of [`Inner::parameter`], of a server that is not destroyed.
unsafe fn called<R>(parameter: *mut c_void, otherwise: R, callback: impl FnOnce(&Inner) -> R) -> R {
    // SAFETY: as the caller says; the server object outlives the library's server, which calls.
    let Some(inner) = (unsafe { parameter.cast::<Inner>().as_ref() }) else {
        return otherwise;
    };
    catch_unwind(AssertUnwindSafe(|| callback(inner))).unwrap_or_else(|_| {
        tracing::error!("panic in a callback of libiec61850");
        otherwise
    })
}

impl Inner {
    /// Registers the functions that are called for the whole server.
    pub(super) fn install_callbacks(&self) {
        self.install_association();
    }
}
