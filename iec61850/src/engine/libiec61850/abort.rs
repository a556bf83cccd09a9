//! Ends an association from outside of the library.
//!
//! `ClientConnection_abort` frees what the thread that serves the association still uses when it is
//! called in a callback (1.6.1, measured), and takes part in that thread's work when it is called
//! in another one. So the connection under the association is cut, as if the network had done it: the
//! library notices and says that the client is gone.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// A connection of this process, by its two ends.
#[derive(Clone, Copy)]
pub(super) struct Connection {
    peer: SocketAddr,
    local: SocketAddr,
}

impl Connection {
    pub(super) fn new(peer: SocketAddr, local: SocketAddr) -> Self {
        Connection { peer, local }
    }

    /// Cuts it; `false` if it is not there any more.
    pub(super) fn abort(self) -> bool {
        // A link to /proc/self/fd on Linux.
        let Ok(open) = std::fs::read_dir("/dev/fd") else {
            return false;
        };
        let numbers = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        numbers
            .filter_map(duplicate)
            .find(|stream| {
                stream.peer_addr().is_ok_and(|peer| peer == self.peer)
                    && stream.local_addr().is_ok_and(|local| local == self.local)
            })
            .is_some_and(|stream| stream.shutdown(Shutdown::Both).is_ok())
    }
}

/// Another descriptor of a file, so that it stays what it is while it is looked at. As a connection:
/// what is none has no addresses.
fn duplicate(number: RawFd) -> Option<TcpStream> {
    // SAFETY: the function takes numbers; one that is no open file is refused.
    let made = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) };
    if made < 0 {
        return None;
    }
    // SAFETY: the descriptor was just made, and nobody else has it.
    let owned = unsafe { OwnedFd::from_raw_fd(made) };
    Some(TcpStream::from(owned))
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
        drop((first, one));
        assert!(!connection.abort());
    }
}
