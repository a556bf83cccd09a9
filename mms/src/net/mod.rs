//! tokio drivers: associations over real byte streams.
//!
//! One task drives one association. It sleeps in the kernel's readiness and wakes for input, for
//! room to write, for commands of its [`Remote`] and for the deadline of a handshake; an idle
//! association costs no wake-up and holds no buffer.

mod connection;
mod listener;
mod mailbox;
mod runtime;

pub use connection::{Connection, Session};
pub use listener::{Incoming, Keepalive, Listener, ListenerOptions, tune};
pub use mailbox::{Remote, RequestError};
pub use runtime::runtime;

#[cfg(test)]
mod tests;
