//! System calls for raw Ethernet sockets (AF_PACKET of Linux), and for the scheduling of threads that
//! send at fixed times. Everything unsafe of the links is here, behind functions that cannot be used
//! wrongly.

use libc::{c_int, c_void, socklen_t};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime};

/// Frames that are taken from the system at once, at the most.
pub(super) const BATCH: usize = 64;
/// At the least: to ask for more means to touch more memory, which is not in the cache when a single
/// frame ends a long wait.
const FEW: usize = 4;
/// Room for one frame: the longest Ethernet frame, and some.
const SLOT: usize = 2048;
/// Free octets before a frame, for the VLAN tag that the system takes out.
const HEADROOM: usize = 4;
/// Room for what the system says about a frame.
const CONTROL: usize = 128;
const ADDRESSES: usize = 12;

/// Kind, flags and address of an interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct InterfaceFacts {
    pub(super) index: c_int,
    pub(super) up: bool,
    pub(super) running: bool,
    pub(super) hardware_type: u16,
    pub(super) address: [u8; 6],
}

fn check(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// Number of an interface.
pub(super) fn interface_index(name: &str) -> io::Result<c_int> {
    let name = CString::new(name)?;
    // SAFETY: `name` is a string that ends in zero and lives longer than the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    match c_int::try_from(index) {
        Ok(index) if index > 0 => Ok(index),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Asks for what is known of an interface. Needs no rights.
pub(super) fn interface_facts(name: &str) -> io::Result<InterfaceFacts> {
    let index = interface_index(name)?;
    // SAFETY: no pointers are passed; the new descriptor, checked to be one, has no other owner.
    let socket = unsafe {
        let fd = check(libc::socket(
            libc::AF_INET,
            libc::SOCK_DGRAM | libc::SOCK_CLOEXEC,
            0,
        ))?;
        OwnedFd::from_raw_fd(fd)
    };
    // SAFETY: `ifreq` is plain data for which all zeros is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    let room = request.ifr_name.len() - 1;
    for (to, from) in request.ifr_name.iter_mut().zip(name.bytes().take(room)) {
        *to = from as libc::c_char;
    }
    // SAFETY: both requests read the name and fill the union of an `ifreq`, which `request` is; the
    // fields of the union that are read are those the request before has filled.
    let (flags, hardware) = unsafe {
        check(libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCGIFFLAGS as _,
            &mut request,
        ))?;
        let flags = c_int::from(request.ifr_ifru.ifru_flags);
        check(libc::ioctl(
            socket.as_raw_fd(),
            libc::SIOCGIFHWADDR as _,
            &mut request,
        ))?;
        (flags, request.ifr_ifru.ifru_hwaddr)
    };
    let mut address = [0; 6];
    for (to, from) in address.iter_mut().zip(hardware.sa_data) {
        *to = from as u8;
    }
    Ok(InterfaceFacts {
        index,
        up: flags & libc::IFF_UP != 0,
        running: flags & libc::IFF_RUNNING != 0,
        hardware_type: hardware.sa_family,
        address,
    })
}

/// Has the system run this thread before all that have no priority of this kind (SCHED_FIFO).
pub(super) fn schedule_fifo(priority: c_int) -> io::Result<()> {
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: 0 is this thread, and `parameters` lives longer than the call, which only reads it.
    check(unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) }).map(drop)
}

/// By how much the system may wake this thread later than it asked for, in nanoseconds (at least 1);
/// gives what it was before. Threads of real time are woken in time anyway.
pub(super) fn set_timer_slack(nanos: libc::c_ulong) -> libc::c_ulong {
    // SAFETY: both calls read and change a number of this thread, and take no pointers. They cannot
    // fail with these arguments; a negative number would be no time.
    let before = unsafe {
        let before = libc::prctl(libc::PR_GET_TIMERSLACK);
        libc::prctl(libc::PR_SET_TIMERSLACK, nanos);
        before
    };
    libc::c_ulong::try_from(before).unwrap_or(0)
}

/// One instruction of a packet filter.
pub(super) type Instruction = libc::sock_filter;

/// A raw socket on one interface.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
    index: c_int,
}

impl Socket {
    /// A socket that receives nothing yet.
    pub(super) fn new(index: c_int) -> io::Result<Self> {
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: no pointers are passed; the new descriptor, checked to be one, has no other owner.
        let fd = unsafe {
            let fd = check(libc::socket(libc::AF_PACKET, kind, 0))?;
            OwnedFd::from_raw_fd(fd)
        };
        Ok(Socket { fd, index })
    }

    fn set<T>(&self, level: c_int, option: c_int, value: &T) -> io::Result<()> {
        let length = size_of::<T>() as socklen_t;
        let value = (value as *const T).cast::<c_void>();
        // SAFETY: `value` points to `length` readable octets for the time of the call; the callers
        // pass the type that the option takes.
        check(unsafe { libc::setsockopt(self.fd.as_raw_fd(), level, option, value, length) })
            .map(drop)
    }

    /// Lets through what the program accepts.
    pub(super) fn attach_filter(&self, program: &mut [Instruction]) -> io::Result<()> {
        let program = libc::sock_fprog {
            len: u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?,
            filter: program.as_mut_ptr(),
        };
        // The system copies the program during the call.
        self.set(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
    }

    /// VLAN tags and times with the frames, no frames of this machine, and room for a burst.
    pub(super) fn set_options(&self) -> io::Result<()> {
        let on: c_int = 1;
        self.set(libc::SOL_PACKET, libc::PACKET_AUXDATA, &on)?;
        self.set(libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, &on)?;
        // Since Linux 4.20; before, own frames come back.
        let _ = self.set(libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING, &on);
        let room: c_int = 4 << 20;
        // More than the limit of the system needs CAP_NET_ADMIN; otherwise it is as much as may be.
        if self
            .set(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &room)
            .is_err()
        {
            self.set(libc::SOL_SOCKET, libc::SO_RCVBUF, &room)?;
        }
        Ok(())
    }

    /// Joins a group, or with `None` takes all frames whomever they are for.
    pub(super) fn join(&self, group: Option<[u8; 6]>) -> io::Result<()> {
        let mut request = libc::packet_mreq {
            mr_ifindex: self.index,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        if let Some(group) = group {
            request.mr_type = libc::PACKET_MR_MULTICAST as u16;
            request.mr_alen = 6;
            request.mr_address[..6].copy_from_slice(&group);
        }
        self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
    }

    /// Binds to the interface; from now on frames come. With `receiving` false none ever do.
    pub(super) fn bind(&self, receiving: bool) -> io::Result<()> {
        // SAFETY: `sockaddr_ll` is plain data for which all zeros is a value.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_ifindex = self.index;
        // All protocols, so that frames still have their VLAN tag when they come here.
        address.sll_protocol = if receiving {
            (libc::ETH_P_ALL as u16).to_be()
        } else {
            0
        };
        let length = size_of::<libc::sockaddr_ll>() as socklen_t;
        let pointer = (&raw const address).cast::<libc::sockaddr>();
        // SAFETY: `pointer` points to a `sockaddr_ll` of this length for the time of the call.
        check(unsafe { libc::bind(self.fd.as_raw_fd(), pointer, length) }).map(drop)
    }

    /// Sends one frame, or fails when there is no room for it.
    pub(super) fn send(&self, frame: &[u8]) -> io::Result<()> {
        let (octets, length) = (frame.as_ptr().cast::<c_void>(), frame.len());
        // SAFETY: `octets` points to `length` readable octets for the time of the call.
        let sent = unsafe { libc::send(self.fd.as_raw_fd(), octets, length, libc::MSG_DONTWAIT) };
        if sent < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Frames that were lost because nobody took them in time, since the last call.
    pub(super) fn lost(&self) -> io::Result<u32> {
        let mut statistics = libc::tpacket_stats {
            tp_packets: 0,
            tp_drops: 0,
        };
        let mut length = size_of::<libc::tpacket_stats>() as socklen_t;
        let pointer = (&raw mut statistics).cast::<c_void>();
        let fd = self.fd.as_raw_fd();
        // SAFETY: `pointer` points to `length` writable octets for the time of the call.
        check(unsafe {
            libc::getsockopt(
                fd,
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                pointer,
                &mut length,
            )
        })?;
        Ok(statistics.tp_drops)
    }
}

/// Wakes a thread that waits in [`wait`].
#[derive(Debug)]
pub(super) struct WakeEvent(OwnedFd);

impl WakeEvent {
    pub(super) fn new() -> io::Result<Self> {
        // SAFETY: no pointers are passed; the new descriptor, checked to be one, has no other owner.
        let fd = unsafe {
            let fd = check(libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK))?;
            OwnedFd::from_raw_fd(fd)
        };
        Ok(WakeEvent(fd))
    }

    pub(super) fn set(&self) {
        let one: u64 = 1;
        // SAFETY: `one` is eight readable octets for the time of the call. It fails only when the
        // counter is full, and then the event is set.
        let _ = unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast::<c_void>(), 8) };
    }

    /// Whether it was set; it is not any more.
    fn take(&self) -> bool {
        let mut count: u64 = 0;
        let pointer = (&raw mut count).cast::<c_void>();
        // SAFETY: `count` is eight writable octets for the time of the call.
        let read = unsafe { libc::read(self.0.as_raw_fd(), pointer, 8) };
        read == 8
    }
}

/// How [`wait`] ended.
pub(super) enum Waited {
    Ready,
    Woken,
    TimedOut,
}

/// Waits for frames.
pub(super) fn wait(
    socket: &Socket,
    wake: &WakeEvent,
    deadline: Option<Instant>,
) -> io::Result<Waited> {
    loop {
        let entry = |fd: &OwnedFd| libc::pollfd {
            fd: fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let mut entries = [entry(&socket.fd), entry(&wake.0)];
        let timeout = deadline.map(|deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            libc::timespec {
                tv_sec: left.as_secs().min(1 << 30) as libc::time_t,
                tv_nsec: left.subsec_nanos() as _,
            }
        });
        let timeout = timeout
            .as_ref()
            .map_or(std::ptr::null(), std::ptr::from_ref);
        let count = entries.len() as libc::nfds_t;
        // SAFETY: `entries` is `count` entries, and `timeout` null or a time, for the time of the
        // call; a null signal mask leaves signals alone.
        let result =
            check(unsafe { libc::ppoll(entries.as_mut_ptr(), count, timeout, std::ptr::null()) });
        match result {
            Ok(0) => return Ok(Waited::TimedOut),
            Ok(_) if entries[1].revents != 0 && wake.take() => return Ok(Waited::Woken),
            Ok(_) if entries[0].revents != 0 => return Ok(Waited::Ready),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[repr(C, align(8))]
struct Control([u8; CONTROL]);

/// The memory frames are received into, made once.
pub(super) struct Batch {
    /// Frames that are asked for: as many as have come lately.
    size: usize,
    frames: Box<[u8]>,
    controls: Box<[Control]>,
    vectors: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
}

// SAFETY: the pointers inside `vectors` and `headers` are set anew by `receive`, to memory that the
// batch itself owns, and are used by nobody between calls.
unsafe impl Send for Batch {}

/// What the system says about a frame.
#[derive(Clone, Copy, Debug, Default)]
struct Notes {
    tag: Option<(u16, u16)>,
    time: Option<Duration>,
}

impl Batch {
    pub(super) fn new() -> Self {
        // SAFETY: both are plain data for which all zeros is a value.
        let (vector, header): (libc::iovec, libc::mmsghdr) =
            unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        Batch {
            size: FEW,
            frames: vec![0; BATCH * SLOT].into(),
            controls: (0..BATCH).map(|_| Control([0; CONTROL])).collect(),
            vectors: vec![vector; BATCH].into(),
            headers: vec![header; BATCH].into(),
        }
    }

    /// Takes frames that are there, at most [`BATCH`], and hands each over with its time and
    /// its VLAN tag put back. Does not wait. Gives the number of frames.
    pub(super) fn receive(
        &mut self,
        socket: &Socket,
        take: &mut dyn FnMut(SystemTime, &[u8]),
    ) -> io::Result<usize> {
        let size = self.size.min(BATCH);
        let slots = self.frames.chunks_exact_mut(SLOT).take(size);
        let parts = slots.zip(&mut self.controls).zip(&mut self.vectors);
        for (((slot, control), vector), header) in parts.zip(&mut self.headers) {
            let room = &mut slot[HEADROOM..];
            vector.iov_base = room.as_mut_ptr().cast();
            vector.iov_len = room.len();
            let message = &mut header.msg_hdr;
            message.msg_iov = vector;
            message.msg_iovlen = 1;
            message.msg_control = control.0.as_mut_ptr().cast();
            message.msg_controllen = CONTROL as _;
            message.msg_flags = 0;
            header.msg_len = 0;
        }
        let (fd, headers) = (socket.fd.as_raw_fd(), self.headers.as_mut_ptr());
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: `headers` is at least `size` headers whose pointers were just set to buffers of the
        // stated lengths, all owned by `self`, which is borrowed for the call.
        let count = check(unsafe {
            libc::recvmmsg(fd, headers, size as _, flags as _, std::ptr::null_mut())
        })?;
        let count = usize::try_from(count).unwrap_or(0).min(size);
        if count == size {
            self.size = (size * 2).min(BATCH);
        } else if count * 2 < size {
            self.size = (size / 2).max(FEW);
        }
        let slots = self.frames.chunks_exact_mut(SLOT).take(count);
        for (slot, header) in slots.zip(&self.headers) {
            let notes = notes(&header.msg_hdr);
            let length = (header.msg_len as usize).min(SLOT - HEADROOM);
            let too_long = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            if too_long || length < ADDRESSES + 2 {
                continue;
            }
            let start = match notes.tag {
                None => HEADROOM,
                Some((protocol, tci)) => {
                    slot.copy_within(HEADROOM..HEADROOM + ADDRESSES, 0);
                    slot[ADDRESSES..ADDRESSES + 2].copy_from_slice(&protocol.to_be_bytes());
                    slot[ADDRESSES + 2..ADDRESSES + 4].copy_from_slice(&tci.to_be_bytes());
                    0
                }
            };
            let time = notes
                .time
                .map_or_else(SystemTime::now, |time| SystemTime::UNIX_EPOCH + time);
            take(time, &slot[start..HEADROOM + length]);
        }
        Ok(count)
    }
}

/// Reads the control messages of a header that [`Batch::receive`] has had filled.
fn notes(header: &libc::msghdr) -> Notes {
    let mut notes = Notes::default();
    // SAFETY: `header` was filled by the system: control pointer and length describe a series of
    // control messages in memory of the batch, and the macros stay inside it.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !message.is_null() {
        // SAFETY: `message` points to a control message inside the buffer, see above. The two kinds
        // that are read hold the type they are read as; reading makes no demand on alignment.
        unsafe {
            let data = libc::CMSG_DATA(message);
            match ((*message).cmsg_level, (*message).cmsg_type) {
                (libc::SOL_PACKET, libc::PACKET_AUXDATA) => {
                    let data = data.cast::<libc::tpacket_auxdata>().read_unaligned();
                    if data.tp_status & libc::TP_STATUS_VLAN_VALID != 0 {
                        let protocol = match data.tp_status & libc::TP_STATUS_VLAN_TPID_VALID {
                            0 => 0x8100,
                            _ => data.tp_vlan_tpid,
                        };
                        notes.tag = Some((protocol, data.tp_vlan_tci));
                    }
                }
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                    let data = data.cast::<libc::timespec>().read_unaligned();
                    let seconds = u64::try_from(data.tv_sec).unwrap_or(0);
                    let nanos = u32::try_from(data.tv_nsec).unwrap_or(0);
                    notes.time = Some(Duration::new(seconds, nanos.min(999_999_999)));
                }
                _ => {}
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    notes
}
