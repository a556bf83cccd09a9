//! Links: what GOOSE and sampled value frames come from and go to.
//!
//! | | |
//! |---|---|
//! | [`PacketLink`] | an Ethernet interface of Linux (raw socket; needs the right `CAP_NET_RAW`) |
//! | [`MemoryNetwork`] | links inside the process, for tests and simulations |
//! | [`CaptureReader`], [`CaptureWriter`] | files of Wireshark and tcpdump, pcap and pcapng |
//! | [`RoutableLink`](crate::routable::RoutableLink) | UDP, for routable GOOSE and sampled values |
//!
//! A frame is the whole of it, from the destination address on, with the VLAN tag where it has one
//! and without the check sequence at the end.

#[forbid(unsafe_code)]
mod capture;
#[forbid(unsafe_code)]
mod ethernet;
#[forbid(unsafe_code)]
mod follow;
#[forbid(unsafe_code)]
mod memory;
#[cfg(target_os = "linux")]
#[forbid(unsafe_code)]
mod packet;
// The one module of the crate with unsafe code: system calls on raw sockets.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
mod socket;

pub use capture::{CaptureError, CaptureFormat, CaptureReader, CaptureWriter, CapturedFrame};
pub use ethernet::{
    ApplicationHeader, EtherType, EthernetHeader, FrameError, MAX_FRAME, MacAddress, VlanTag,
};
pub use follow::{Dispatch, Receiver};
pub use memory::{MemoryLink, MemoryNetwork};
#[cfg(target_os = "linux")]
pub(crate) use packet::ExactSleep;
#[cfg(target_os = "linux")]
pub use packet::{
    FrameFilter, InterfaceState, PacketLink, interface_state, interfaces, set_realtime_priority,
};

use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// When a frame came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// On the clock that deadlines are measured with.
    pub instant: Instant,
    /// The time of day: where the link can tell, when the interface received the frame.
    pub time: SystemTime,
}

impl Arrival {
    /// This moment.
    pub fn now() -> Self {
        Arrival {
            instant: Instant::now(),
            time: SystemTime::now(),
        }
    }
}

/// How waiting for frames ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// So many frames were handed over.
    Frames(usize),
    /// The deadline has passed.
    TimedOut,
    /// Another thread has used the [`LinkWaker`].
    Woken,
    /// No frame will ever come again: the end of a file.
    End,
}

/// Takes the frames that a link receives.
pub type TakeFrame<'a> = &'a mut dyn FnMut(Arrival, &[u8]);

/// Something Ethernet frames are sent to and come from.
pub trait Link: Send {
    /// Sends one frame. It does not wait: a frame for which the interface has no room is an error.
    ///
    /// # Errors
    /// [`LinkError`]
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError>;

    /// Waits until there are frames, the deadline passes or the waker is used, and hands over the
    /// frames that are there. Without a deadline it waits for as long as it takes.
    ///
    /// # Errors
    /// [`LinkError`]
    fn receive(
        &mut self,
        deadline: Option<Instant>,
        take: TakeFrame<'_>,
    ) -> Result<Received, LinkError>;

    /// The address frames are sent from.
    fn address(&self) -> MacAddress;

    /// Ends the waiting of [`Link::receive`] from another thread.
    fn waker(&self) -> LinkWaker;
}

impl Link for Box<dyn Link> {
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        (**self).send(frame)
    }

    fn receive(
        &mut self,
        deadline: Option<Instant>,
        take: TakeFrame<'_>,
    ) -> Result<Received, LinkError> {
        (**self).receive(deadline, take)
    }

    fn address(&self) -> MacAddress {
        (**self).address()
    }

    fn waker(&self) -> LinkWaker {
        (**self).waker()
    }
}

/// Ends the waiting in [`Link::receive`].
#[derive(Clone)]
pub struct LinkWaker(Arc<dyn Fn() + Send + Sync>);

impl LinkWaker {
    /// A waker that calls `wake`.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        LinkWaker(Arc::new(wake))
    }

    /// The waiting that goes on, or else the next, ends with [`Received::Woken`].
    pub fn wake(&self) {
        (self.0)();
    }
}

impl std::fmt::Debug for LinkWaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkWaker")
    }
}

/// Why a link cannot be opened or used, with what helps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The process may not open raw sockets.
    #[error(
        "no right to open a raw socket on {interface}: run as root, or give the program the right \
         with `setcap cap_net_raw+ep PROGRAM`"
    )]
    NoRights {
        /// The interface.
        interface: String,
    },
    /// There is no interface of this name.
    #[error("no interface {interface}; there are: {}", .existing.join(", "))]
    NoInterface {
        /// The name asked for.
        interface: String,
        /// The interfaces there are.
        existing: Vec<String>,
    },
    /// The interface is switched off.
    #[error("interface {interface} is down: `ip link set {interface} up`")]
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// The interface is no Ethernet interface.
    #[error("interface {interface} is not Ethernet (hardware type {hardware_type})")]
    NotEthernet {
        /// The interface.
        interface: String,
        /// The number of the kind of interface, as the system has it.
        hardware_type: u16,
    },
    /// The frame is longer than the interface can send.
    #[error("a frame of {length} octets is too long for {interface}")]
    TooLong {
        /// The interface.
        interface: String,
        /// Length of the frame.
        length: usize,
    },
    /// The frame is shorter than an Ethernet header.
    #[error("a frame of {length} octets is too short")]
    TooShort {
        /// Length of the frame.
        length: usize,
    },
    /// The queue of the interface is full: the frame was not sent.
    #[error("the queue of {interface} is full, a frame was not sent")]
    Full {
        /// The interface.
        interface: String,
    },
    /// Frames only go one way through this link.
    #[error("{link} cannot {what}")]
    OneWay {
        /// The link.
        link: &'static str,
        /// What it cannot do.
        what: &'static str,
    },
    /// A file of captured frames is damaged, or cannot be read or written.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A datagram of routable GOOSE or sampled values cannot be made.
    #[error(transparent)]
    Routable(#[from] crate::routable::RoutableError),
    /// The process may not have a thread with this priority.
    #[error(
        "no right to run at real-time priority {priority} (1 to 99): run as root, give the program the \
         right with `setcap cap_sys_nice+ep PROGRAM`, or raise the limit with `ulimit -r`: {source}"
    )]
    Priority {
        /// The priority.
        priority: u8,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The system has no thread to spare.
    #[error("no thread can be started: {0}")]
    Thread(std::io::Error),
    /// The system refused for another reason.
    #[error("{context}: {source}")]
    Io {
        /// What was being done.
        context: String,
        /// The error of the system.
        source: std::io::Error,
    },
}
