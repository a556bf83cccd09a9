//! UDP sockets.

use super::key::KeySource;
use super::session::{SessionReceiver, SessionSender};
use super::unrouted::{datagram, ethernet_address, frames};
use super::{PORT, RoutableError};
use crate::link::{Arrival, Link, LinkError, LinkWaker, MacAddress, Received, TakeFrame};
use parking_lot::Mutex;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Differentiated services of GOOSE and sampled values when nothing else is said: expedited
/// forwarding, as a GE UR relay has it.
const EXPEDITED: u8 = 46;
/// Routers a multicast datagram may pass when nothing else is said.
const TTL: u8 = 64;
/// Room for bursts, in octets; the system may give less.
const ROOM: usize = 4 << 20;
/// The shortest wait, since nothing would be for ever.
const MOMENT: Duration = Duration::from_micros(1);

/// Where datagrams come from and go to.
#[derive(Clone)]
pub struct RoutableOptions {
    local: SocketAddrV4,
    remote: Option<SocketAddrV4>,
    groups: Vec<Ipv4Addr>,
    interface: Ipv4Addr,
    ttl: u8,
    dscp: u8,
    loopback: bool,
    keys: Option<Arc<dyn KeySource>>,
    accepts_unsecured: bool,
    restart_after: Option<Option<Duration>>,
    version_1: bool,
}

impl RoutableOptions {
    fn of(local: SocketAddrV4, remote: Option<SocketAddrV4>) -> Self {
        RoutableOptions {
            local,
            remote,
            groups: Vec::new(),
            interface: Ipv4Addr::UNSPECIFIED,
            ttl: TTL,
            dscp: EXPEDITED,
            loopback: false,
            keys: None,
            accepts_unsecured: false,
            restart_after: None,
            version_1: false,
        }
    }

    /// Sends to this address, which may be that of a group; the port is usually [`PORT`]. Nothing is
    /// received.
    pub fn sender(remote: SocketAddrV4) -> Self {
        let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        Self::of(any, Some(remote))
    }

    /// Receives what comes to this address of the machine, or with 0.0.0.0 to any of them.
    pub fn receiver(local: SocketAddrV4) -> Self {
        Self::of(local, None)
    }

    /// Receives at all addresses of the machine, at the port of the protocol (102), for which most
    /// systems want rights.
    pub fn receiver_at_port() -> Self {
        Self::receiver(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, PORT))
    }

    /// A sender sends from this address and port, instead of those that the system chooses.
    pub fn with_local(mut self, local: SocketAddrV4) -> Self {
        self.local = local;
        self
    }

    /// A receiver joins this group (IGMP), too.
    pub fn with_group(mut self, group: Ipv4Addr) -> Self {
        self.groups.push(group);
        self
    }

    /// Groups are joined and sent to on the interface with this address of the machine; otherwise
    /// the system chooses.
    pub fn with_interface(mut self, interface: Ipv4Addr) -> Self {
        self.interface = interface;
        self
    }

    /// How many routers datagrams may pass. Default 64.
    pub fn with_ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }

    /// The class of the datagrams for routers (DSCP, 0 to 63). Default 46, expedited forwarding.
    pub fn with_dscp(mut self, dscp: u8) -> Self {
        self.dscp = dscp & 0x3f;
        self
    }

    /// What is sent to a group comes to receivers on this machine, too. Default: it does not.
    pub fn with_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Secures what is sent with the current key, and takes only what is secured with a known one.
    pub fn with_keys(self, keys: impl KeySource + 'static) -> Self {
        self.with_key_source(Arc::new(keys))
    }

    /// As [`RoutableOptions::with_keys`], with a source that others have, too.
    pub fn with_key_source(mut self, keys: Arc<dyn KeySource>) -> Self {
        self.keys = Some(keys);
        self
    }

    /// See [`SessionSender::with_version_1`].
    pub fn with_version_1(mut self) -> Self {
        self.version_1 = true;
        self
    }

    /// See [`SessionReceiver::with_unsecured`].
    pub fn with_unsecured(mut self) -> Self {
        self.accepts_unsecured = true;
        self
    }

    /// See [`SessionReceiver::with_restart_after`].
    pub fn with_restart_after(mut self, silence: Option<Duration>) -> Self {
        self.restart_after = Some(silence);
        self
    }
}

/// What a link has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RoutableStatistics {
    /// Datagrams that were sent.
    pub sent: u64,
    /// Datagrams that were taken.
    pub received: u64,
    /// Datagrams that are none of the session protocol, or damaged.
    pub damaged: u64,
    /// Datagrams that were not secured, or with a key that is not known.
    pub not_secured: u64,
    /// Datagrams with a wrong signature.
    pub bad_signatures: u64,
    /// Datagrams that came twice, or were too old to know.
    pub replayed: u64,
}

impl RoutableStatistics {
    fn count(&mut self, error: RoutableError) {
        *match error {
            RoutableError::BadSignature { .. } => &mut self.bad_signatures,
            RoutableError::Replayed { .. } | RoutableError::TooManySenders => &mut self.replayed,
            RoutableError::Frame(_) => &mut self.damaged,
            _ => &mut self.not_secured,
        } += 1;
    }
}

/// A UDP socket as a link of frames. The frames that are sent go to one address, whatever their own
/// destination is; they can be as long as on Ethernet.
pub struct RoutableLink {
    socket: UdpSocket,
    options: RoutableOptions,
    sender: SessionSender,
    receiver: SessionReceiver,
    /// Room for any datagram.
    datagram: Box<[u8]>,
    frame: Vec<u8>,
    woken: Arc<AtomicBool>,
    /// The time-out that the socket has.
    timeout: Option<Duration>,
    statistics: Arc<Mutex<RoutableStatistics>>,
}

fn system(context: &str) -> impl FnOnce(io::Error) -> LinkError + '_ {
    move |source| LinkError::Io {
        context: context.to_owned(),
        source,
    }
}

fn socket(options: &RoutableOptions) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    if !options.groups.is_empty() {
        // Several receivers of a machine may follow the same group.
        socket.set_reuse_address(true)?;
    }
    socket.bind(&SocketAddr::V4(options.local).into())?;
    for group in &options.groups {
        socket.join_multicast_v4(group, &options.interface)?;
    }
    match options.remote {
        Some(remote) => {
            socket.set_tos_v4(u32::from(options.dscp) << 2)?;
            if remote.ip().is_multicast() {
                socket.set_multicast_if_v4(&options.interface)?;
                socket.set_multicast_ttl_v4(options.ttl.into())?;
                socket.set_multicast_loop_v4(options.loopback)?;
            } else {
                socket.set_ttl_v4(options.ttl.max(1).into())?;
            }
        }
        None => socket.set_recv_buffer_size(ROOM)?,
    }
    Ok(socket.into())
}

impl RoutableLink {
    /// Opens the socket.
    ///
    /// # Errors
    /// [`LinkError::Io`]: the port is in use or needs rights, no such address on this machine, a
    /// group that is none.
    pub fn open(options: RoutableOptions) -> Result<Self, LinkError> {
        let what = format!("opening UDP {}", options.local);
        let socket = socket(&options).map_err(system(&what))?;
        let keys = &options.keys;
        let mut receiver = SessionReceiver::new(keys.clone());
        if options.accepts_unsecured {
            receiver = receiver.with_unsecured();
        }
        if let Some(silence) = options.restart_after {
            receiver = receiver.with_restart_after(silence);
        }
        let mut sender = SessionSender::new(keys.clone()).map_err(system("random numbers"))?;
        if options.version_1 {
            sender = sender.with_version_1();
        }
        Ok(RoutableLink {
            sender,
            receiver,
            socket,
            options,
            datagram: vec![0; 1 << 16].into(),
            frame: Vec::new(),
            woken: Arc::default(),
            timeout: None,
            statistics: Arc::default(),
        })
    }

    /// The address and port of this machine.
    ///
    /// # Errors
    /// [`LinkError::Io`]
    pub fn local_address(&self) -> Result<SocketAddrV4, LinkError> {
        match self.socket.local_addr() {
            Ok(SocketAddr::V4(address)) => Ok(address),
            Ok(SocketAddr::V6(_)) => Err(system("own address")(ErrorKind::Unsupported.into())),
            Err(error) => Err(system("own address")(error)),
        }
    }

    /// Asks for what was counted, now and when the link is in the hands of a receiver.
    pub fn statistics(&self) -> impl Fn() -> RoutableStatistics + Send + Sync + use<> {
        let statistics = self.statistics.clone();
        move || *statistics.lock()
    }

    /// Waits until there is a datagram, and takes it.
    fn wait(&mut self, deadline: Option<Instant>) -> io::Result<(usize, SocketAddr)> {
        let left = deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            left.max(MOMENT)
        });
        if left != self.timeout {
            self.socket.set_read_timeout(left)?;
            self.timeout = left;
        }
        self.socket.recv_from(&mut self.datagram)
    }
}

impl Link for RoutableLink {
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        let Some(remote) = self.options.remote else {
            return Err(LinkError::OneWay {
                link: "a routable link without a remote address",
                what: "send",
            });
        };
        let datagram = datagram(&mut self.sender, frame)?;
        let length = datagram.len();
        match self.socket.send_to(datagram, remote) {
            Ok(_) => {
                self.statistics.lock().sent += 1;
                Ok(())
            }
            // Somebody was not there for a datagram before: UDP does not care.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(LinkError::Full {
                interface: remote.to_string(),
            }),
            Err(source) => Err(LinkError::Io {
                context: format!("sending {length} octets to {remote}"),
                source,
            }),
        }
    }

    fn receive(
        &mut self,
        deadline: Option<Instant>,
        take: TakeFrame<'_>,
    ) -> Result<Received, LinkError> {
        if self.options.remote.is_some() {
            return Err(LinkError::OneWay {
                link: "a routable link with a remote address",
                what: "receive",
            });
        }
        loop {
            if self.woken.swap(false, Ordering::AcqRel) {
                return Ok(Received::Woken);
            }
            let (length, from) = match self.wait(deadline) {
                Ok((length, SocketAddr::V4(from))) => (length, from),
                Ok(_) => continue,
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                        // The system counts in coarser steps.
                        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                            return Ok(Received::TimedOut);
                        }
                        continue;
                    }
                    ErrorKind::Interrupted | ErrorKind::ConnectionRefused => continue,
                    _ => return Err(system("receiving datagrams")(error)),
                },
            };
            // That of the waker.
            if length == 0 {
                continue;
            }
            let arrival = Arrival::now();
            let datagram = self.datagram.get(..length).unwrap_or_default();
            let to = self.options.groups.first().copied();
            let to = to.unwrap_or(*self.options.local.ip());
            match self.receiver.datagram(arrival.instant, from, datagram) {
                Ok((spdu, payloads)) => {
                    self.statistics.lock().received += 1;
                    let addresses = (*from.ip(), to);
                    let count = frames(spdu.kind, payloads, addresses, &mut self.frame, &mut |f| {
                        take(arrival, f);
                    });
                    return Ok(Received::Frames(count));
                }
                Err(error) => {
                    self.statistics.lock().count(error);
                    tracing::debug!(%from, %error, "datagram dropped");
                }
            }
        }
    }

    fn address(&self) -> MacAddress {
        ethernet_address(*self.options.local.ip())
    }

    fn waker(&self) -> LinkWaker {
        let woken = self.woken.clone();
        let own = self.local_address().ok().map(|mut own| {
            if own.ip().is_unspecified() {
                own.set_ip(Ipv4Addr::LOCALHOST);
            }
            own
        });
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok();
        LinkWaker::new(move || {
            woken.store(true, Ordering::Release);
            // An empty datagram ends the waiting; if there is no room for it, others do.
            if let (Some(socket), Some(own)) = (&socket, own) {
                let _ = socket.send_to(&[], own);
            }
        })
    }
}

impl std::fmt::Debug for RoutableLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RoutableLink({}", self.options.local)?;
        match self.options.remote {
            Some(remote) => write!(f, " to {remote})"),
            None => write!(f, ")"),
        }
    }
}
