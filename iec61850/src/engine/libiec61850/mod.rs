//! The engine on the C library libiec61850 1.6 (feature `libiec61850`).
//!
//! `owned` has what servers and connections share: values and texts of the library with their owners.
//! The server is the model (`model`), the lock (`lock`), the object itself (`server`), and one module for
//! each group of callbacks.
//!
//! **The lock.** Most callbacks of the library run with its data model locked. They call the
//! application on the same thread, which may call the server back: the thread knows that it has the
//! lock already. Other threads wait for the lock until the callback returns, as they do with any
//! program on this library: a handler must not wait for another thread that updates values. Where
//! the library holds further locks (events of report and GOOSE control blocks), the application is told
//! by a thread of ours (`notices`) that holds none.
//!
//! **Lifetimes.** What callbacks are given is the server object itself, which outlives the library's
//! server: that is stopped and destroyed first, then its model. A server that is stopped or dropped in
//! one of its own callbacks, which the library would wait for, ends on a thread of its own when
//! the callback is over.

mod blocks;
mod callbacks;
pub(crate) mod client;
mod config;
mod connection;
mod files;
mod groups;
mod lock;
mod logs;
mod model;
mod notices;
pub(crate) mod owned;
mod server;
mod serving;
mod values;

pub(crate) use server::CServer;

use crate::{Engine, Error};

/// Whether the library that is loaded is one that the bindings fit.
pub(crate) fn check() -> Result<(), Error> {
    match libiec61850_sys::version() {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::EngineLibrary {
            engine: Engine::Libiec61850,
            reason: error.to_string(),
        }),
    }
}

/// The library cannot do this.
pub(crate) fn unsupported(what: impl Into<String>) -> Error {
    Error::NotSupported {
        what: what.into(),
        engine: Engine::Libiec61850,
    }
}

/// The library has made nothing where it makes something unless memory is short.
fn out_of_memory() -> Error {
    Error::EngineLibrary {
        engine: Engine::Libiec61850,
        reason: "it is out of memory".to_owned(),
    }
}
