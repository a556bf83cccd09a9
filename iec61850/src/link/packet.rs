//! Ethernet interfaces of Linux.

use super::socket::{Batch, Instruction, Socket, Waited, WakeEvent, interface_facts, wait};
use super::{
    Arrival, EtherType, Link, LinkError, LinkWaker, MAX_FRAME, MacAddress, Received, TakeFrame,
};
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

const ARPHRD_ETHER: u16 = 1;
/// The loopback interface, for tests on one machine.
const ARPHRD_LOOPBACK: u16 = 772;
/// Addresses that fit into the filter of the system; with more, all frames of the EtherTypes come.
const MAX_FILTER_ADDRESSES: usize = 64;

/// How an interface is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceState {
    /// Whether it is switched on.
    pub up: bool,
    /// Whether there is something at the other end of the cable.
    pub running: bool,
    /// Whether it is Ethernet (or the loopback interface).
    pub ethernet: bool,
    /// Its own address.
    pub address: MacAddress,
}

/// How an interface is. Needs no rights.
///
/// # Errors
/// [`LinkError::NoInterface`]
pub fn interface_state(interface: &str) -> Result<InterfaceState, LinkError> {
    let facts = facts(interface)?;
    Ok(InterfaceState {
        up: facts.up,
        running: facts.running,
        ethernet: matches!(facts.hardware_type, ARPHRD_ETHER | ARPHRD_LOOPBACK),
        address: MacAddress(facts.address),
    })
}

/// The names of the interfaces there are.
pub fn interfaces() -> Vec<String> {
    let Ok(text) = std::fs::read_to_string("/proc/net/dev") else {
        return Vec::new();
    };
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.map(|(name, _)| name.trim().to_owned()).collect()
}

/// Has the system run this thread before all others that are not of this kind (SCHED_FIFO), with a
/// priority of 1 to 99: for threads that send samples at fixed times. It needs the right
/// `CAP_SYS_NICE`, or a limit `rtprio` that allows it.
///
/// # Errors
/// [`LinkError::Priority`]
pub fn set_realtime_priority(priority: u8) -> Result<(), LinkError> {
    super::socket::schedule_fifo(priority.into())
        .map_err(|source| LinkError::Priority { priority, source })
}

/// While it lives, this thread is woken from sleep as exactly as the system can.
pub(crate) struct ExactSleep {
    before: libc::c_ulong,
    /// The thread is the one that has made it.
    _thread: PhantomData<*const ()>,
}

impl ExactSleep {
    pub(crate) fn new() -> Self {
        ExactSleep {
            before: super::socket::set_timer_slack(1),
            _thread: PhantomData,
        }
    }
}

impl Drop for ExactSleep {
    fn drop(&mut self) {
        // 0 would be the slack that the thread began with.
        super::socket::set_timer_slack(self.before);
    }
}

fn facts(interface: &str) -> Result<super::socket::InterfaceFacts, LinkError> {
    interface_facts(interface).map_err(|_| LinkError::NoInterface {
        interface: interface.to_owned(),
        existing: interfaces(),
    })
}

/// Which frames a [`PacketLink`] receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameFilter {
    /// What they hold.
    pub ether_types: Vec<EtherType>,
    /// Whom they are for; empty: anybody.
    pub destinations: Vec<MacAddress>,
    /// Whether the interface is to take frames for others, too. Otherwise it joins the groups among
    /// `destinations`; with none of them, it takes all frames.
    pub promiscuous: bool,
}

impl FrameFilter {
    /// All GOOSE frames.
    pub fn goose() -> Self {
        Self::of(&[EtherType::GOOSE])
    }

    /// All sampled value frames.
    pub fn sampled_values() -> Self {
        Self::of(&[EtherType::SAMPLED_VALUES])
    }

    /// All frames of some kinds, whomever they are for.
    pub fn of(ether_types: &[EtherType]) -> Self {
        FrameFilter {
            ether_types: ether_types.to_vec(),
            destinations: Vec::new(),
            promiscuous: true,
        }
    }

    /// Only frames for these.
    pub fn to(mut self, destinations: impl IntoIterator<Item = MacAddress>) -> Self {
        self.destinations = destinations.into_iter().collect();
        self.destinations.sort_unstable();
        self.destinations.dedup();
        self.promiscuous = self.destinations.is_empty();
        self
    }

    /// As a program for the system: what it does not accept costs no wake-up.
    fn program(&self) -> Vec<Instruction> {
        const LOAD_WORD: u16 = 0x20;
        const LOAD_HALF: u16 = 0x28;
        const JUMP_EQUAL: u16 = 0x15;
        const RETURN: u16 = 0x06;
        let step = |code, k| Instruction {
            code,
            jt: 0,
            jf: 0,
            k,
        };
        let equal = |k, jt, jf| Instruction {
            code: JUMP_EQUAL,
            jt,
            jf,
            k,
        };
        let mut program = Vec::new();
        let kinds = self.ether_types.len() as u8;
        // The tag may still be in the frame, and may have been taken out.
        program.push(step(LOAD_HALF, 12));
        program.push(equal(0x8100, 0, 1));
        program.push(step(LOAD_HALF, 16));
        for (at, kind) in (0..kinds).zip(&self.ether_types) {
            program.push(equal(u32::from(kind.0), kinds - at, 0));
        }
        program.push(step(RETURN, 0));
        let addresses = match self.destinations.len() {
            count if count <= MAX_FILTER_ADDRESSES => &self.destinations[..],
            _ => &[],
        };
        for MacAddress([a, b, c, d, e, f]) in addresses {
            program.push(step(LOAD_WORD, 2));
            program.push(equal(u32::from_be_bytes([*c, *d, *e, *f]), 0, 3));
            program.push(step(LOAD_HALF, 0));
            program.push(equal(u32::from(u16::from_be_bytes([*a, *b])), 0, 1));
            program.push(step(RETURN, u32::MAX));
        }
        program.push(step(
            RETURN,
            if addresses.is_empty() { u32::MAX } else { 0 },
        ));
        program
    }
}

/// An Ethernet interface. Frames that this machine itself sends are not received.
pub struct PacketLink {
    interface: String,
    socket: Socket,
    wake: Arc<WakeEvent>,
    batch: Batch,
    address: MacAddress,
    receiving: bool,
}

impl PacketLink {
    /// Opens an interface, by its name as `ip link` shows it, to send and to receive the frames that
    /// the filter lets through.
    ///
    /// # Errors
    /// [`LinkError`], which says what to do: rights, name, state of the interface.
    pub fn open(interface: &str, filter: &FrameFilter) -> Result<Self, LinkError> {
        let link = Self::prepare(interface, true)?;
        let set_up = || {
            link.socket.set_options()?;
            link.socket.attach_filter(&mut filter.program())?;
            let groups = filter.destinations.iter().filter(|to| to.is_multicast());
            if filter.promiscuous || filter.destinations.is_empty() {
                link.socket.join(None)?;
            } else {
                groups
                    .copied()
                    .try_for_each(|group| link.socket.join(Some(group.0)))?;
            }
            link.socket.bind(true)
        };
        set_up().map_err(|error| link.error("opening the interface", error))?;
        Ok(link)
    }

    /// Opens an interface only to send.
    ///
    /// # Errors
    /// As for [`PacketLink::open`].
    pub fn open_sender(interface: &str) -> Result<Self, LinkError> {
        let link = Self::prepare(interface, false)?;
        let bound = link.socket.bind(false);
        bound.map_err(|error| link.error("opening the interface", error))?;
        Ok(link)
    }

    fn prepare(interface: &str, receiving: bool) -> Result<Self, LinkError> {
        let facts = facts(interface)?;
        if !matches!(facts.hardware_type, ARPHRD_ETHER | ARPHRD_LOOPBACK) {
            return Err(LinkError::NotEthernet {
                interface: interface.to_owned(),
                hardware_type: facts.hardware_type,
            });
        }
        if !facts.up {
            return Err(LinkError::InterfaceDown {
                interface: interface.to_owned(),
            });
        }
        let system = |error| describe(interface, "opening a raw socket", error);
        Ok(PacketLink {
            socket: Socket::new(facts.index).map_err(system)?,
            wake: Arc::new(WakeEvent::new().map_err(system)?),
            interface: interface.to_owned(),
            batch: Batch::new(),
            address: MacAddress(facts.address),
            receiving,
        })
    }

    /// The interface.
    pub fn interface(&self) -> &str {
        &self.interface
    }

    /// Frames the system had to drop since the last call, because they were not taken in time.
    ///
    /// # Errors
    /// [`LinkError::Io`]
    pub fn lost_frames(&self) -> Result<u32, LinkError> {
        let lost = self.socket.lost();
        lost.map_err(|error| self.error("reading the statistics", error))
    }

    fn error(&self, what: &str, error: io::Error) -> LinkError {
        describe(&self.interface, what, error)
    }
}

fn describe(interface: &str, what: &str, error: io::Error) -> LinkError {
    let interface = interface.to_owned();
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => LinkError::NoRights { interface },
        Some(libc::ENETDOWN) => LinkError::InterfaceDown { interface },
        Some(libc::ENODEV | libc::ENXIO) => LinkError::NoInterface {
            interface,
            existing: interfaces(),
        },
        Some(libc::ENOBUFS | libc::EAGAIN) => LinkError::Full { interface },
        _ => LinkError::Io {
            context: format!("{what} ({interface})"),
            source: error,
        },
    }
}

impl Link for PacketLink {
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        if frame.len() < 14 {
            return Err(LinkError::TooShort {
                length: frame.len(),
            });
        }
        let too_long = |length| LinkError::TooLong {
            interface: self.interface.clone(),
            length,
        };
        if frame.len() > MAX_FRAME {
            return Err(too_long(frame.len()));
        }
        self.socket.send(frame).map_err(|error| {
            if error.raw_os_error() == Some(libc::EMSGSIZE) {
                return too_long(frame.len());
            }
            self.error("sending a frame", error)
        })
    }

    fn receive(
        &mut self,
        deadline: Option<Instant>,
        take: TakeFrame<'_>,
    ) -> Result<Received, LinkError> {
        if !self.receiving {
            return Err(LinkError::OneWay {
                link: "an interface opened to send",
                what: "receive",
            });
        }
        loop {
            let waited = wait(&self.socket, &self.wake, deadline);
            match waited.map_err(|error| self.error("waiting for frames", error))? {
                Waited::TimedOut => return Ok(Received::TimedOut),
                Waited::Woken => return Ok(Received::Woken),
                Waited::Ready => {}
            }
            let (instant, now) = (Instant::now(), SystemTime::now());
            let received = self.batch.receive(&self.socket, &mut |time, frame| {
                // How long the frame has waited in the queue.
                let waited = now.duration_since(time).unwrap_or_default();
                let instant = instant.checked_sub(waited).unwrap_or(instant);
                take(Arrival { instant, time }, frame);
            });
            match received {
                Ok(count) => return Ok(Received::Frames(count)),
                Err(error) => match error.raw_os_error() {
                    // What the filter refuses after all, or a signal.
                    Some(libc::EAGAIN | libc::EINTR) => {}
                    // Frames may come again when it is switched on.
                    Some(libc::ENETDOWN) => {
                        tracing::warn!(interface = self.interface, "the interface went down");
                    }
                    _ => return Err(self.error("receiving frames", error)),
                },
            }
        }
    }

    fn address(&self) -> MacAddress {
        self.address
    }

    fn waker(&self) -> LinkWaker {
        let wake = self.wake.clone();
        LinkWaker::new(move || wake.set())
    }
}

impl std::fmt::Debug for PacketLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PacketLink({} {})", self.interface, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter program as the system does.
    fn accepts(program: &[Instruction], frame: &[u8]) -> bool {
        let (mut at, mut a) = (0, 0);
        loop {
            let step = program[at];
            at += 1;
            let k = step.k as usize;
            match step.code {
                0x20 => a = u32::from_be_bytes(frame[k..k + 4].try_into().unwrap()),
                0x28 => a = u32::from(u16::from_be_bytes(frame[k..k + 2].try_into().unwrap())),
                0x15 => at += usize::from(if a == step.k { step.jt } else { step.jf }),
                0x06 => return step.k != 0,
                code => panic!("instruction {code:#x}"),
            }
        }
    }

    fn frame(destination: u8, octets: &[u8]) -> Vec<u8> {
        let mut frame = vec![1, 0x0c, 0xcd, 1, 0, destination, 2, 0, 0, 0, 0, 1];
        frame.extend(octets);
        frame.resize(60, 0);
        frame
    }

    #[test]
    fn filters_accept_what_they_should() {
        let (goose, sv) = ([0x88, 0xb8], [0x88, 0xba]);
        let tagged = [0x81, 0, 0x80, 5, 0x88, 0xb8];
        let all = FrameFilter::of(&[EtherType::GOOSE, EtherType::SAMPLED_VALUES]).program();
        assert!(accepts(&all, &frame(1, &goose)));
        assert!(accepts(&all, &frame(1, &sv)));
        assert!(accepts(&all, &frame(1, &tagged)));
        assert!(!accepts(&all, &frame(1, &[8, 0])));
        assert!(!accepts(&all, &frame(1, &[0x81, 0, 0, 1, 8, 0])));
        let to = |last| MacAddress([1, 0x0c, 0xcd, 1, 0, last]);
        let some = FrameFilter::goose().to([to(3), to(1), to(3)]);
        assert!(!some.promiscuous);
        let some = some.program();
        assert!(accepts(&some, &frame(1, &goose)));
        assert!(accepts(&some, &frame(3, &tagged)));
        assert!(!accepts(&some, &frame(2, &goose)));
        assert!(!accepts(&some, &frame(1, &sv)));
        let mut other = frame(1, &goose);
        other[0] = 3;
        assert!(!accepts(&some, &other));
        let many = FrameFilter::goose().to((0..=255).map(to));
        assert!(accepts(&many.program(), &frame(7, &goose)));
    }

    #[test]
    fn errors_say_what_to_do() {
        let no = |number| describe("eth9", "sending", io::Error::from_raw_os_error(number));
        assert!(no(libc::EPERM).to_string().contains("cap_net_raw"));
        assert!(
            no(libc::ENETDOWN)
                .to_string()
                .contains("ip link set eth9 up")
        );
        let missing = PacketLink::open("no-such-if", &FrameFilter::goose()).unwrap_err();
        let LinkError::NoInterface { existing, .. } = &missing else {
            panic!("{missing}");
        };
        assert!(existing.iter().any(|name| name == "lo"), "{missing}");
    }
}
