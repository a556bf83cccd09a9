//! Where frames come from and go to: interfaces, capture files, UDP.

use super::keys::KeyArguments;
use crate::failure::Failure;
use iec61850::IedServer;
use iec61850::link::{CaptureReader, EtherType, Link, LinkError};
use iec61850::routable::{PORT, RoutableLink, RoutableOptions, SessionReceiver, Unrouted};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

/// A place of routable GOOSE and sampled values: `udp:ADDRESS[:PORT][@INTERFACE]`.
struct Udp {
    address: SocketAddrV4,
    interface: Option<Ipv4Addr>,
}

/// `None` for other places than those of UDP.
fn udp(name: &str) -> Option<Result<Udp, Failure>> {
    let place = name.strip_prefix("udp:")?;
    let wrong = || {
        Failure::usage(format_args!(
            "'{name}' is not of the form udp:ADDRESS[:PORT][@ADDRESS OF THE INTERFACE], as udp:239.192.0.1"
        ))
    };
    let (address, interface) = match place.split_once('@') {
        Some((address, interface)) => match interface.parse() {
            Ok(interface) => (address, Some(interface)),
            Err(_) => return Some(Err(wrong())),
        },
        None => (place, None),
    };
    let with_port = address.parse();
    let address = with_port.or_else(|_| address.parse().map(|ip| SocketAddrV4::new(ip, PORT)));
    Some(match address {
        Ok(address) => Ok(Udp { address, interface }),
        Err(_) => Err(wrong()),
    })
}

/// Whether frames come in datagrams, where addresses of Ethernet say nothing.
pub(crate) fn is_routable(name: &str) -> bool {
    name.starts_with("udp:")
}

/// Opens a capture file or UDP or, if it is neither, an interface.
pub(crate) fn source(
    name: &str,
    ether_type: EtherType,
    keys: &KeyArguments,
) -> Result<Box<dyn Link>, Failure> {
    if is_file(name) {
        let reader = CaptureReader::open(name);
        let reader = reader.map_err(|error| Failure::failed(format_args!("{name}: {error}")))?;
        let receiver = SessionReceiver::new(keys.read()?);
        return Ok(Box::new(Unrouted::new(reader, receiver.with_unsecured())));
    }
    let Some(udp) = udp(name) else {
        return receiver(name, ether_type);
    };
    let Udp { address, interface } = udp?;
    let mut options = match address.ip().is_multicast() {
        true => {
            let any = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, address.port());
            RoutableOptions::receiver(any).with_group(*address.ip())
        }
        false => RoutableOptions::receiver(address),
    };
    if let Some(interface) = interface {
        options = options.with_interface(interface);
    }
    if let Some(keys) = keys.read()? {
        options = options.with_key_source(keys);
    }
    Ok(Box::new(RoutableLink::open(options).map_err(link_failure)?))
}

/// Opens an interface or UDP to send.
pub(crate) fn sender(name: &str, keys: &KeyArguments) -> Result<Box<dyn Link>, Failure> {
    let Some(udp) = udp(name) else {
        return interface(name);
    };
    let Udp { address, interface } = udp?;
    let mut options = RoutableOptions::sender(address).with_loopback();
    if let Some(interface) = interface {
        options = options.with_interface(interface);
    }
    if let Some(keys) = keys.read()? {
        options = options.with_key_source(keys);
    }
    Ok(Box::new(RoutableLink::open(options).map_err(link_failure)?))
}

/// Whether the name is that of a capture file.
pub(crate) fn is_file(name: &str) -> bool {
    Path::new(name).is_file() || name.ends_with(".pcap") || name.ends_with(".pcapng")
}

#[cfg(target_os = "linux")]
fn receiver(interface: &str, ether_type: EtherType) -> Result<Box<dyn Link>, Failure> {
    use iec61850::link::{FrameFilter, PacketLink};
    let link = PacketLink::open(interface, &FrameFilter::of(&[ether_type]));
    Ok(Box::new(link.map_err(link_failure)?))
}

/// Opens an interface to send.
#[cfg(target_os = "linux")]
pub(crate) fn interface(interface: &str) -> Result<Box<dyn Link>, Failure> {
    let link = iec61850::link::PacketLink::open_sender(interface);
    Ok(Box::new(link.map_err(link_failure)?))
}

/// Has the server publish GOOSE.
#[cfg(target_os = "linux")]
pub(crate) fn publish_on(server: &IedServer, interface: &str) -> Result<(), Failure> {
    match server.set_goose_interface_id(interface) {
        Ok(()) => server.enable_goose_publishing(),
        Err(iec61850::Error::Link(error)) => return Err(link_failure(*error)),
        Err(error) => return Err(Failure::failed(error)),
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn no_interfaces() -> Failure {
    Failure::failed(
        "Ethernet interfaces can be used on Linux only; capture files can be read everywhere",
    )
}

#[cfg(not(target_os = "linux"))]
fn receiver(_: &str, _: EtherType) -> Result<Box<dyn Link>, Failure> {
    Err(no_interfaces())
}

/// Opens an interface to send.
#[cfg(not(target_os = "linux"))]
pub(crate) fn interface(_: &str) -> Result<Box<dyn Link>, Failure> {
    Err(no_interfaces())
}

/// Has the server publish GOOSE.
#[cfg(not(target_os = "linux"))]
pub(crate) fn publish_on(_: &IedServer, _: &str) -> Result<(), Failure> {
    Err(no_interfaces())
}

/// A name that does not exist is a matter of the command line.
pub(crate) fn link_failure(error: LinkError) -> Failure {
    match error {
        LinkError::NoInterface { .. } => Failure::usage(error),
        _ => Failure::failed(error),
    }
}
