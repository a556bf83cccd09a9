use crate::association::{CallParameters, Config};
use crate::net::Keepalive;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How a client calls and how patient it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// What this side is and offers.
    pub config: Arc<Config>,
    /// Whom it calls.
    pub call: CallParameters,
    /// Where this side calls from: an address of this host, and a port or 0 for any. Default `None`:
    /// the system chooses.
    pub local_address: Option<SocketAddr>,
    /// From the first step to the open association. Default 10 s.
    pub connect_timeout: Duration,
    /// For the answer to a request, the time it waits for its turn included. Default 5 s.
    pub request_timeout: Duration,
    /// Keep-alive of the TCP connection; `None` turns it off.
    pub keepalive: Option<Keepalive>,
    /// How much of the peer's answers is kept.
    pub limits: Limits,
}

impl Default for ClientOptions {
    fn default() -> Self {
        ClientOptions {
            config: Arc::default(),
            call: CallParameters::default(),
            local_address: None,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(5),
            keepalive: Some(Keepalive::default()),
            limits: Limits::default(),
        }
    }
}

/// How much a client takes from a peer whose answers come in many pieces, so that one that never
/// ends costs a bounded amount of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Names in a name list or capability list. Default 1 000 000.
    pub names: usize,
    /// Files in a directory. Default 100 000.
    pub files: usize,
    /// Entries of a journal in one answer. Default 100 000.
    pub journal_entries: usize,
    /// Octets of a file that is downloaded. Default 1 GiB.
    pub file_size: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            names: 1_000_000,
            files: 100_000,
            journal_entries: 100_000,
            file_size: 1 << 30,
        }
    }
}
