//! The TCP connection under an association of the library.
//!
//! `ClientConnection_abort` frees what the thread that serves the association still uses when it is
//! called in a callback (1.6.1, measured), and takes part in that thread's work when it is called
//! in another one. So the connection under the association is cut, as if the network had done it: the
//! library notices and says that the client is gone.

use libc::{c_int, sockaddr, sockaddr_in, socklen_t};
use std::mem::{MaybeUninit, size_of};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// A connection of this process.
pub(super) struct Connection {
    /// Unknown of one that was lost as soon as it was made.
    socket: Option<Socket>,
    /// Known before the library closes its descriptor.
    over: AtomicBool,
}

/// A socket of the library, whatever has become of its connection.
#[derive(Clone, Copy)]
struct Socket {
    descriptor: RawFd,
    file: FileId,
}

/// What no other open file has: its device and number.
type FileId = (libc::dev_t, libc::ino_t);

impl Connection {
    /// The one with these ends. To be called where the library cannot close it meanwhile.
    pub(super) fn new(peer: SocketAddr, local: SocketAddr) -> Self {
        // Only looked at: to close a copy of a descriptor would give back locks that others have on its file.
        let is_it = |descriptor: &RawFd| {
            end_of(*descriptor, libc::getpeername) == Some(peer)
                && end_of(*descriptor, libc::getsockname) == Some(local)
        };
        let socket = descriptors().find(is_it).and_then(|descriptor| {
            let file = file_id(descriptor)?;
            Some(Socket { descriptor, file })
        });
        Connection {
            socket,
            over: AtomicBool::new(false),
        }
    }

    /// The library has said that it is over.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Whether the library has closed its socket.
    pub(super) fn is_closed(&self) -> bool {
        self.socket
            .is_some_and(|socket| file_id(socket.descriptor) != Some(socket.file))
    }

    /// Cuts it; `false` if it is not there any more.
    pub(super) fn abort(&self) -> bool {
        let Some(socket) = self.socket.filter(|_| !self.is_over()) else {
            return false;
        };
        // A copy stays what it is while it is looked at; that of a socket has no locks.
        if file_id(socket.descriptor) != Some(socket.file) {
            return false;
        }
        duplicate(socket.descriptor)
            .filter(|copy| file_id(copy.as_raw_fd()) == Some(socket.file))
            .is_some_and(|copy| TcpStream::from(copy).shutdown(Shutdown::Both).is_ok())
    }
}

/// The numbers of everything the process has open, and perhaps more.
fn descriptors() -> Box<dyn Iterator<Item = RawFd>> {
    // A link to /proc/self/fd on Linux; not where a process sees neither or has no descriptor left.
    match std::fs::read_dir("/dev/fd") {
        Ok(open) => {
            Box::new(open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
        }
        Err(_) => {
            // SAFETY: the function takes a number.
            let most = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
            Box::new(0..RawFd::try_from(most).unwrap_or(1024))
        }
    }
}

/// One end of an IPv4 connection; `None` of everything else.
fn end_of(
    descriptor: RawFd,
    which: unsafe extern "C" fn(c_int, *mut sockaddr, *mut socklen_t) -> c_int,
) -> Option<SocketAddr> {
    let mut name = MaybeUninit::<sockaddr_in>::zeroed();
    let mut length = socklen_t::try_from(size_of::<sockaddr_in>()).ok()?;
    // SAFETY: there is room for as many octets as are said; a number that is no socket is refused.
    let said = unsafe { which(descriptor, name.as_mut_ptr().cast(), &raw mut length) };
    // SAFETY: zeros are such a name, and so is what the function leaves.
    let name = unsafe { name.assume_init() };
    if said != 0 || c_int::from(name.sin_family) != libc::AF_INET {
        return None;
    }
    let ip = Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr));
    Some((ip, u16::from_be(name.sin_port)).into())
}

/// `None` of a number that is no open file.
fn file_id(descriptor: RawFd) -> Option<FileId> {
    let mut found = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: there is room for what the function writes; a number that is no open file is refused.
    let said = unsafe { libc::fstat(descriptor, found.as_mut_ptr()) };
    // SAFETY: zeros are such a structure.
    let found = unsafe { found.assume_init() };
    (said == 0).then_some((found.st_dev, found.st_ino))
}

/// Another descriptor of a file.
fn duplicate(number: RawFd) -> Option<OwnedFd> {
    // SAFETY: the function takes numbers; one that is no open file is refused.
    let made = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) };
    if made < 0 {
        return None;
    }
    // SAFETY: the descriptor was just made, and nobody else has it.
    Some(unsafe { OwnedFd::from_raw_fd(made) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Read;
    use std::net::TcpListener;

    #[test]
    fn only_the_connection_that_is_meant_is_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (mut first, second) = (
            TcpStream::connect(address).unwrap(),
            TcpStream::connect(address).unwrap(),
        );
        let (one, peer) = listener.accept().unwrap();
        let (_two, _) = listener.accept().unwrap();
        let connection = Connection::new(peer, one.local_addr().unwrap());
        assert!(connection.abort());
        assert_eq!(first.read(&mut [0]).unwrap(), 0);
        second.set_nonblocking(true).unwrap();
        let still = (&second).read(&mut [0]).unwrap_err();
        assert_eq!(still.kind(), std::io::ErrorKind::WouldBlock);
        drop(first);
        assert!(!connection.is_closed(), "until its socket is closed");
        drop(one);
        assert!(connection.is_closed() && !connection.abort());
    }

    #[test]
    fn what_is_over_is_not_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (open, peer) = listener.accept().unwrap();
        let connection = Connection::new(peer, open.local_addr().unwrap());
        connection.end();
        assert!(connection.is_over() && !connection.abort());
        let elsewhere = Connection::new(peer, peer);
        assert!(!elsewhere.is_closed() && !elsewhere.abort());
    }

    /// Who closes a copy of a descriptor gives back the locks that the process has on its file, as SQLite has.
    #[cfg(target_os = "linux")]
    #[test]
    fn locks_on_files_stay() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let lock = |file: &File, command, kind: c_int| {
            // SAFETY: zeros are such a structure.
            let mut lock: libc::flock = unsafe { std::mem::zeroed() };
            lock.l_type = kind.try_into().unwrap();
            // SAFETY: the descriptor is open, and the structure is what these commands take.
            let said = unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) };
            assert_eq!(said, 0, "{}", std::io::Error::last_os_error());
            c_int::from(lock.l_type)
        };
        lock(file.as_file(), libc::F_SETLK, libc::F_WRLCK);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (open, peer) = listener.accept().unwrap();
        let connection = Connection::new(peer, open.local_addr().unwrap());
        assert!(connection.abort());
        // Locks of an open file do not get along with those of a process, not even of the same one.
        let other = file.reopen().unwrap();
        let found = lock(&other, libc::F_OFD_GETLK, libc::F_WRLCK);
        assert_eq!(found, libc::F_WRLCK);
    }
}
