//! Where a server listens, and what to do when it cannot.

use crate::failure::Failure;
use iec61850::{Error, IedServer};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// Starts the server and says where it listens.
pub(crate) fn start(server: &IedServer, bind: &str, port: u16) -> Result<SocketAddr, Failure> {
    // Also in brackets, as IPv6 addresses are written with a port.
    let host = bind
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(bind);
    let address = (host, port)
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| Failure::usage(format_args!("'{bind}' is no address to listen on")))?;
    server
        .start_on(address)
        .map_err(|error| explain(error, address))?;
    server
        .local_address()
        .ok_or_else(|| Failure::failed(format_args!("{address}: the server does not listen")))
}

fn explain(error: Error, address: SocketAddr) -> Failure {
    let Error::Io { context, source } = error else {
        return Failure::failed(error);
    };
    let port = address.port();
    Failure::Failed(match source.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{address} is in use by another program; end it, or choose another port with --port"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "port {port} is not permitted: ports below 1024 need rights. Choose another with --port 10102, run it as root, \
             or give the program the right with `setcap cap_net_bind_service=+ep`"
        ),
        io::ErrorKind::AddrNotAvailable => format!(
            "{} is no address of this machine; --bind 0.0.0.0 listens on all",
            address.ip()
        ),
        _ => format!("{context}: {source}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do() {
        let failure = |kind: io::ErrorKind| {
            let error = Error::Io {
                context: "x".into(),
                source: kind.into(),
            };
            match explain(error, "127.0.0.1:102".parse().unwrap()) {
                Failure::Failed(reason) => reason,
                other => panic!("{other:?}"),
            }
        };
        assert!(failure(io::ErrorKind::PermissionDenied).contains("--port 10102"));
        assert!(failure(io::ErrorKind::AddrInUse).contains("127.0.0.1:102 is in use"));
        assert!(failure(io::ErrorKind::AddrNotAvailable).contains("127.0.0.1 is no address"));
        assert!(failure(io::ErrorKind::OutOfMemory).starts_with("x: "));
    }
}
