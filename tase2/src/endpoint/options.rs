use crate::client::association_config;
use mms::ObjectIdentifier;
use mms::association::{Address, Config};
use mms::net::ListenerOptions;
use std::net::SocketAddr;
use std::time::Duration;

/// Who an endpoint is, where it listens, and how patient it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndpointOptions {
    /// Where it listens; `None`: it calls only.
    pub listen: Option<SocketAddr>,
    /// Limits and socket options of the listener.
    pub listener: ListenerOptions,
    /// Our AP title. A caller that calls another one is refused.
    pub ap_title: Option<ObjectIdentifier>,
    /// Our AE qualifier, likewise.
    pub ae_qualifier: Option<i64>,
    /// Whether a caller that names other selectors than ours is refused. Default false: many name none, or any.
    pub check_selectors: bool,
    /// What is offered to peers; addresses are the selectors, titles are those above.
    pub config: Config,
    /// Answers to identify. Default `tase2`, `virtual control centre`, and the version of this crate.
    pub vendor: String,
    /// See `vendor`.
    pub model: String,
    /// See `vendor`.
    pub revision: String,
    /// For an answer; a peer that does not answer its keep-alive for so long is given up. Default 10 s.
    pub request_timeout: Duration,
    /// Between two identify requests to a peer; `None`: no keep-alive. Default 60 s.
    pub keep_alive: Option<Duration>,
    /// How long a call waits after the first failure; it doubles with each one. Default 1 s.
    pub retry_first: Duration,
    /// The longest it waits. Default 60 s.
    pub retry_longest: Duration,
    /// How long peers have to conclude when the endpoint stops. Default 1 s.
    pub grace: Duration,
    /// Whether an association is concluded when the peer has another bilateral table than ours. Default false: it is an event only.
    pub strict_table_id: bool,
}

impl Default for EndpointOptions {
    fn default() -> Self {
        EndpointOptions {
            listen: None,
            listener: ListenerOptions::default(),
            ap_title: None,
            ae_qualifier: None,
            check_selectors: false,
            config: association_config(),
            vendor: "tase2".to_owned(),
            model: "virtual control centre".to_owned(),
            revision: env!("CARGO_PKG_VERSION").to_owned(),
            request_timeout: Duration::from_secs(10),
            keep_alive: Some(Duration::from_secs(60)),
            retry_first: Duration::from_secs(1),
            retry_longest: Duration::from_secs(60),
            grace: Duration::from_secs(1),
            strict_table_id: false,
        }
    }
}

/// A peer that is called, again and again until it answers and whenever its association is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The peer, by the name of its bilateral table.
    pub peer: String,
    /// Where it is, the primary address first: `host:port`. They are tried in this order, each time anew.
    pub addresses: Vec<String>,
    /// Its selectors and titles. Without titles those of the bilateral table are called.
    pub remote: Address,
    /// The application context; `None` is the one of MMS.
    pub context_name: Option<ObjectIdentifier>,
}

impl Call {
    /// Calls a peer at these addresses with the usual selectors.
    pub fn new(peer: impl Into<String>, addresses: Vec<String>) -> Self {
        Call {
            peer: peer.into(),
            addresses,
            remote: Address::default(),
            context_name: None,
        }
    }
}
