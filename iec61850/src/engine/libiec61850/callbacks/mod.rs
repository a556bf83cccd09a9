//! What the library calls: each function finds the server it is called for, asks the application, and
//! turns the answer into the library's.

mod access;
mod association;
mod blocks;
mod control;
mod files;
mod setting_groups;

pub(super) use association::Clients;
pub(super) use control::Controls;

use super::server::Inner;
use super::serving::Phase;
use crate::common::MmsDataAccessError;
use libiec61850_sys as sys;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a callback for the server that is its parameter. What the application panics with is caught
/// where it is called; should anything else panic, the library gets `otherwise`, its refusal.
///
/// # Safety
/// The parameter is that of [`Inner::parameter`], of a server that is not destroyed.
unsafe fn called<R>(parameter: *mut c_void, otherwise: R, callback: impl FnOnce(&Inner) -> R) -> R {
    // SAFETY: as the caller says; the server object outlives the library's server, which calls.
    let Some(inner) = (unsafe { parameter.cast::<Inner>().as_ref() }) else {
        return otherwise;
    };
    guarded(otherwise, || callback(inner))
}

/// Runs what the library calls; `otherwise` should it panic, because nothing may unwind into C.
pub(super) fn guarded<R>(otherwise: R, callback: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(callback)).unwrap_or_else(|payload| {
        // What it panics with may panic in turn when it is dropped.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        tracing::error!("panic in a callback of libiec61850");
        otherwise
    })
}

/// As [`called`], for callbacks that the library makes with the data model locked.
///
/// # Safety
/// As for [`called`]; and the library has the lock.
unsafe fn called_locked<R>(
    parameter: *mut c_void,
    otherwise: R,
    callback: impl FnOnce(&Inner) -> R,
) -> R {
    // SAFETY: as the caller says.
    unsafe {
        called(parameter, otherwise, |inner| {
            inner.with_lent_lock(|| callback(inner))
        })
    }
}

/// As [`called`], for callbacks about commands, which the library makes with the data model locked when a
/// client's request causes them, without when an execution or the time does (1.6.1, measured).
///
/// # Safety
/// As for [`called`].
unsafe fn called_about_command<R>(
    parameter: *mut c_void,
    otherwise: R,
    callback: impl FnOnce(&Inner) -> R,
) -> R {
    // SAFETY: as the caller says.
    unsafe {
        called(parameter, otherwise, |inner| match inner.phase() {
            Some(Phase::Periodic) => callback(inner),
            Some(Phase::Requests) | None => inner.with_lent_lock(|| callback(inner)),
        })
    }
}

/// The library's number for the result of an access. It would send an error without a code of its own as one that
/// the standard does not have.
fn access_result(result: MmsDataAccessError) -> sys::MmsDataAccessError {
    match result.to_wire() {
        Some(error) => MmsDataAccessError::from(error).value(),
        None => result.value(),
    }
}

impl Inner {
    /// Registers the functions that are called for the whole server.
    pub(super) fn install_callbacks(&self) {
        self.install_association();
        self.install_blocks();
        self.install_files();
        self.install_logs();
        self.install_setting_groups();
        self.install_controls();
    }
}
