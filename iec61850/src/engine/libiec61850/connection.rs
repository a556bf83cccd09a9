//! The TCP connection under an association of the library.
//!
//! `ClientConnection_abort` frees what the thread that serves the association still uses when it is
//! called in a callback (1.6.1, measured), and takes part in that thread's work when it is called
//! in another one. So the connection under the association is cut, as if the network had done it: the
//! library notices and says that the client is gone.

use std::fs::File;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A connection of this process.
pub(super) struct Connection {
    /// Unknown of one that was lost as soon as it was made.
    socket: Option<Socket>,
    /// Known before the library closes its descriptor.
    over: AtomicBool,
}

/// A socket, whatever has become of its connection. Device and number of its file.
type Socket = (u64, u64);

impl Connection {
    /// The one with these ends.
    pub(super) fn new(peer: SocketAddr, local: SocketAddr) -> Self {
        let found = descriptors().map(TcpStream::from).find(|stream| {
            stream.peer_addr().is_ok_and(|found| found == peer)
                && stream.local_addr().is_ok_and(|found| found == local)
        });
        Connection {
            socket: found.and_then(|stream| socket_of(&OwnedFd::from(stream).into())),
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

    /// Whether the library has its socket still.
    pub(super) fn is_there(&self) -> bool {
        self.find().is_some()
    }

    /// Cuts it; `false` if it is not there any more.
    pub(super) fn abort(&self) -> bool {
        !self.is_over()
            && self
                .find()
                .is_some_and(|stream| stream.shutdown(Shutdown::Both).is_ok())
    }

    fn find(&self) -> Option<TcpStream> {
        let socket = self.socket?;
        let mut files = descriptors().map(File::from);
        let found = files.find(|file| socket_of(file) == Some(socket))?;
        Some(OwnedFd::from(found).into())
    }
}

fn socket_of(file: &File) -> Option<Socket> {
    let metadata = file.metadata().ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Everything the process has open. What is no connection has no addresses.
fn descriptors() -> impl Iterator<Item = OwnedFd> {
    // A link to /proc/self/fd on Linux.
    let open = std::fs::read_dir("/dev/fd").into_iter().flatten();
    open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(duplicate)
}

/// Another descriptor of a file, so that it stays what it is while it is looked at.
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
        assert!(connection.is_there(), "until its socket is closed");
        drop(one);
        assert!(!connection.is_there() && !connection.abort());
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
        assert!(!elsewhere.is_there() && !elsewhere.abort());
    }
}
