//! From messages in datagrams to frames, and back.

use super::RoutableError;
use super::session::{SessionReceiver, SessionSender};
use super::spdu::{PORT, Payload, Payloads, Spdu, SpduKind};
use crate::link::{
    ApplicationHeader, Arrival, EtherType, EthernetHeader, Link, LinkError, LinkWaker, MacAddress,
    Received, TakeFrame,
};
use std::net::{Ipv4Addr, SocketAddrV4};

const IPV4: EtherType = EtherType(0x0800);
const UDP: u8 = 17;

/// An Ethernet address for one of the Internet protocol: that of a group as IGMP has it, otherwise
/// a locally administered one.
pub(super) fn ethernet_address(address: Ipv4Addr) -> MacAddress {
    let [a, b, c, d] = address.octets();
    MacAddress(match address.is_multicast() {
        true => [0x01, 0x00, 0x5e, b & 0x7f, c, d],
        false => [0x02, 0x00, a, b, c, d],
    })
}

/// Hands over the messages of a datagram, each as a frame; gives their number. `frame` is memory.
pub(super) fn frames(
    kind: SpduKind,
    payloads: Payloads<'_>,
    (from, to): (Ipv4Addr, Ipv4Addr),
    frame: &mut Vec<u8>,
    take: &mut dyn FnMut(&[u8]),
) -> usize {
    let mut count = 0;
    for payload in payloads.iter() {
        let ether_type = match (kind, payload.tag) {
            (SpduKind::Goose, Payload::GOOSE) => EtherType::GOOSE,
            (SpduKind::SampledValues, Payload::SAMPLED_VALUES) => EtherType::SAMPLED_VALUES,
            _ => continue,
        };
        let ethernet = EthernetHeader {
            destination: ethernet_address(to),
            source: ethernet_address(from),
            vlan: None,
            ether_type,
        };
        let mut header = ApplicationHeader {
            app_id: payload.app_id,
            ..ApplicationHeader::default()
        };
        header.set_simulated(payload.simulation);
        frame.clear();
        ethernet.encode(frame);
        header.encode(frame, payload.apdu.len());
        frame.extend_from_slice(payload.apdu);
        take(frame);
        count += 1;
    }
    count
}

/// The datagram of a frame.
pub(super) fn datagram<'a>(
    sender: &'a mut SessionSender,
    frame: &[u8],
) -> Result<&'a [u8], RoutableError> {
    let (ethernet, content) = EthernetHeader::decode(frame)?;
    let (kind, tag) = match ethernet.ether_type {
        EtherType::GOOSE => (SpduKind::Goose, Payload::GOOSE),
        EtherType::SAMPLED_VALUES => (SpduKind::SampledValues, Payload::SAMPLED_VALUES),
        other => return Err(RoutableError::NotRoutable(other)),
    };
    let (header, apdu) = ApplicationHeader::decode(content)?;
    let payload = Payload {
        tag,
        simulation: header.is_simulated(),
        app_id: header.app_id,
        apdu,
    };
    sender.datagram(kind, &[payload])
}

/// A datagram of the session protocol in an Ethernet frame: who has sent it to whom, and what is in it.
/// `None` for all other frames.
fn captured(frame: &[u8]) -> Option<(SocketAddrV4, Ipv4Addr, &[u8])> {
    let (ethernet, packet) = EthernetHeader::decode(frame).ok()?;
    if ethernet.ether_type != IPV4 {
        return None;
    }
    let (header, _) = packet.split_first_chunk::<20>()?;
    let [
        version,
        _,
        total,
        length,
        _,
        _,
        fragment,
        offset,
        _,
        protocol,
        ..,
    ] = *header;
    // Whole ones only.
    if version >> 4 != 4 || protocol != UDP || fragment & 0x3f != 0 || offset != 0 {
        return None;
    }
    let [.., a, b, c, d, e, f, g, h] = *header;
    let length = usize::from(u16::from_be_bytes([total, length]));
    let (_, segment) = packet
        .get(..length)?
        .split_at_checked(usize::from(version & 0xf) * 4)?;
    let ([i, j, k, l, m, n, _, _], content) = segment.split_first_chunk()?;
    let from = SocketAddrV4::new([a, b, c, d].into(), u16::from_be_bytes([*i, *j]));
    let length = usize::from(u16::from_be_bytes([*m, *n])).checked_sub(8)?;
    (u16::from_be_bytes([*k, *l]) == PORT).then_some(())?;
    Some((from, [e, f, g, h].into(), content.get(..length)?))
}

/// A link of Ethernet frames, above all a capture file, that hands over the messages in datagrams of
/// the session protocol (UDP port 102) as frames of their own, and all other frames as they are.
pub struct Unrouted<L> {
    link: L,
    receiver: SessionReceiver,
    frame: Vec<u8>,
}

impl<L: Link> Unrouted<L> {
    /// Reads datagrams of `link`; those that `receiver` refuses are left out.
    pub fn new(link: L, receiver: SessionReceiver) -> Self {
        Unrouted {
            link,
            receiver,
            frame: Vec::new(),
        }
    }
}

impl<L: Link> Link for Unrouted<L> {
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        self.link.send(frame)
    }

    fn receive(
        &mut self,
        deadline: Option<std::time::Instant>,
        take: TakeFrame<'_>,
    ) -> Result<Received, LinkError> {
        let Unrouted {
            link,
            receiver,
            frame,
        } = self;
        link.receive(deadline, &mut |arrival: Arrival, octets| {
            let Some((from, to, datagram)) = captured(octets) else {
                take(arrival, octets);
                return;
            };
            match receiver.datagram(arrival.instant, from, datagram) {
                Ok((Spdu { kind, .. }, payloads)) => {
                    frames(kind, payloads, (*from.ip(), to), frame, &mut |frame| {
                        take(arrival, frame);
                    });
                }
                Err(error) => tracing::debug!(%from, %error, "datagram dropped"),
            }
        })
    }

    fn address(&self) -> MacAddress {
        self.link.address()
    }

    fn waker(&self) -> LinkWaker {
        self.link.waker()
    }
}
