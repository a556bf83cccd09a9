use crate::Engine;
use mms::association::{Address, CallParameters, Config};
use mms::client::{ClientOptions, Limits};
use mms::net::Keepalive;
use mms::osi::acse::{AeQualifier, ApTitle, Authentication};
use mms::pdu::{Service, ServiceSupport};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How a client connects, and how patient it is.
///
/// The address parameters (`local`, `remote`, `authentication`) are what libiec61850 calls
/// `IsoConnectionParameters`. Their defaults are the ones of libiec61850, since some servers look
/// at them: AP title 1.1.1.999 and AE qualifier 12 for this side, 1.1.1.999.1 and 12 for the
/// server, transport and session selectors `00 01`, presentation selector `00 00 00 01`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectionOptions {
    /// What runs the connection. Default: our own engine.
    pub engine: Engine,
    /// From the first step to the open association. Default 10 s.
    pub connect_timeout: Duration,
    /// For the answer to each request. Default 5 s.
    pub request_timeout: Duration,
    /// Where this side calls from: an address of this host, and a port or 0 for any. Default `None`:
    /// the system chooses.
    pub local_address: Option<SocketAddr>,
    /// What the times in commands say of the clock of this host. Default: all zero, as
    /// libiec61850's.
    pub time_quality: TimeQuality,
    /// Selectors, AP title and AE qualifier of this side.
    pub local: Address,
    /// Selectors, AP title and AE qualifier of the server.
    pub remote: Address,
    /// Password or other proof of who this is (ACSE authentication).
    pub authentication: Option<Authentication>,
    /// Octets of an MMS PDU that are proposed to the server. Default 65 000.
    pub max_pdu_size: u32,
    /// Requests that are proposed to be under way at once. Default 5.
    pub max_outstanding: u16,
    /// Probes of the TCP connection while nothing is sent; `None` turns them off.
    pub tcp_keepalive: Option<Keepalive>,
    /// How long the connection may be idle before the server is asked for its status, to see
    /// whether it is alive: one that does not answer in time is given up. Default `None`: never.
    pub keepalive: Option<Duration>,
    /// Connects again when the connection is lost; subscriptions to reports are taken up again.
    /// Default `None`: a lost connection stays lost.
    pub reconnect: Option<ReconnectOptions>,
    /// How much of the server's answers is kept.
    pub limits: Limits,
    /// Reports and other events that may wait for a callback. What comes beyond that is dropped;
    /// the next report says how many of its control block are missing. Default 10 000.
    pub max_waiting_events: usize,
}

/// What a time says of the clock it was taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeQuality {
    /// Whether the clock knows of leap seconds.
    pub leap_second_known: bool,
    /// Whether the clock fails.
    pub clock_failure: bool,
    /// Whether the clock is not synchronized.
    pub clock_not_synchronized: bool,
    /// How many bits of the fraction of a second are meant, 0 to 24; more say nothing.
    pub subsecond_precision: u8,
}

impl TimeQuality {
    /// The octet of a time.
    pub(crate) fn octet(self) -> u8 {
        let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
        let precision = match self.subsecond_precision {
            precision @ ..=24 => precision,
            // Unspecified.
            _ => 31,
        };
        bit(self.leap_second_known, 0x80)
            | bit(self.clock_failure, 0x40)
            | bit(self.clock_not_synchronized, 0x20)
            | precision
    }
}

/// How a lost connection is made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReconnectOptions {
    /// Before the first attempt. It doubles with each attempt that fails. Default 1 s.
    pub first_delay: Duration,
    /// The longest time between attempts. Default 30 s.
    pub longest_delay: Duration,
}

impl Default for ReconnectOptions {
    fn default() -> Self {
        ReconnectOptions {
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(30),
        }
    }
}

impl ReconnectOptions {
    /// Between attempts `first_delay`, doubling up to `longest_delay`.
    pub fn new(first_delay: Duration, longest_delay: Duration) -> Self {
        ReconnectOptions {
            first_delay,
            longest_delay,
        }
    }
}

/// An AP title of these arcs; they are valid.
fn title(arcs: &[u32]) -> Option<ApTitle> {
    let identifier = mms::ObjectIdentifier::from_arcs(arcs);
    identifier.ok().map(ApTitle::Identifier)
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        let address = |arcs: &[u32]| Address {
            ap_title: title(arcs),
            ae_qualifier: Some(AeQualifier::Number(12)),
            ..Address::default()
        };
        ConnectionOptions {
            engine: Engine::Native,
            local_address: None,
            time_quality: TimeQuality::default(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(5),
            local: address(&[1, 1, 1, 999]),
            remote: address(&[1, 1, 1, 999, 1]),
            authentication: None,
            max_pdu_size: 65_000,
            max_outstanding: 5,
            tcp_keepalive: Some(Keepalive::default()),
            keepalive: None,
            reconnect: None,
            limits: Limits::default(),
            max_waiting_events: 10_000,
        }
    }
}

impl ConnectionOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// On this engine.
    pub fn with_engine(mut self, engine: Engine) -> Self {
        self.engine = engine;
        self
    }

    /// With this password.
    pub fn with_password(mut self, password: impl Into<Vec<u8>>) -> Self {
        self.authentication = Some(Authentication::Password(password.into()));
        self
    }

    /// Connecting again when the connection is lost.
    pub fn with_reconnect(mut self, reconnect: ReconnectOptions) -> Self {
        self.reconnect = Some(reconnect);
        self
    }

    pub(crate) fn mms(&self) -> ClientOptions {
        let mut config = Config::default();
        config.local = self.local.clone();
        config.max_pdu_size = self.max_pdu_size;
        config.max_outstanding_calling = self.max_outstanding;
        config.max_outstanding_called = self.max_outstanding;
        // A server may be asked to fetch a file from here.
        config.services = ServiceSupport::of(&[
            Service::Conclude,
            Service::Cancel,
            Service::FileOpen,
            Service::FileRead,
            Service::FileClose,
            Service::FileDirectory,
            Service::InformationReport,
        ]);
        let mut call = CallParameters::default();
        call.remote = self.remote.clone();
        call.authentication = self.authentication.clone();
        let mut options = ClientOptions::default();
        options.config = Arc::new(config);
        options.call = call;
        options.local_address = self.local_address;
        options.connect_timeout = self.connect_timeout;
        options.request_timeout = self.request_timeout;
        options.keepalive = self.tcp_keepalive;
        options.limits = self.limits;
        options
    }
}
