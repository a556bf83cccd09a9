//! A client that keeps no rule it does not want to keep: octets on a TCP connection.

use super::patience;
use mms::association::{Association, CallParameters, Config, Handler};
use mms::ber::Writer;
use mms::pdu::{self, Pdu};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Instant;

/// COTP connection request: class 0, TPDUs of 8192 octets.
pub(crate) const CONNECT_REQUEST: [u8; 22] = [
    3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 13, 0xc2, 2, 0, 1, 0xc1, 2, 0, 1,
];

struct Nobody;

impl Handler for Nobody {}

/// An association over TCP whose octets the test writes itself.
pub(crate) struct RawClient {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

impl RawClient {
    /// Only TCP.
    pub(crate) fn tcp(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// On a connection that is there.
    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(patience())).unwrap();
        RawClient {
            stream,
            received: Vec::new(),
        }
    }

    /// An open association that has agreed on this PDU size.
    pub(crate) fn open(address: SocketAddr, pdu_size: u32) -> Self {
        let mut client = Self::tcp(address);
        let mut config = Config::default();
        config.max_pdu_size = pdu_size;
        let mut out = Vec::new();
        let now = Instant::now();
        let mut association =
            Association::calling(Arc::new(config), CallParameters::default(), now, &mut out);
        while !association.is_open() {
            client.stream.write_all(&out).unwrap();
            out.clear();
            client.receive().unwrap();
            let used = association.handle_input(now, &client.received, &mut out, &mut Nobody);
            client.received.drain(..used);
            assert_eq!(association.close_reason(), None);
        }
        client
    }

    /// The octets that [`RawClient::open`] sends: one request for each answer.
    pub(crate) fn handshake(address: SocketAddr) -> Vec<Vec<u8>> {
        let mut sent = Vec::new();
        let mut client = Self::tcp(address);
        let (config, now) = (Arc::new(Config::default()), Instant::now());
        let mut out = Vec::new();
        let mut association =
            Association::calling(config, CallParameters::default(), now, &mut out);
        while !association.is_open() {
            client.stream.write_all(&out).unwrap();
            sent.push(std::mem::take(&mut out));
            client.receive().unwrap();
            let used = association.handle_input(now, &client.received, &mut out, &mut Nobody);
            client.received.drain(..used);
        }
        sent
    }

    /// More octets; an error also for the end.
    pub(crate) fn receive(&mut self) -> std::io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        let count = self.stream.read(&mut buffer)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.received.extend_from_slice(&buffer[..count]);
        Ok(())
    }

    pub(crate) fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).unwrap();
    }

    /// The next message: the content of its COTP data packets, without session and presentation
    /// headers.
    pub(crate) fn next_mms(&mut self) -> std::io::Result<Vec<u8>> {
        let mut message = Vec::new();
        loop {
            let packet = self.next_packet()?;
            assert_eq!(packet[5], 0xf0, "COTP data");
            message.extend_from_slice(&packet[7..]);
            if packet[6] & 0x80 != 0 {
                break;
            }
        }
        // Session GT and DT, then presentation user data with one value: tag and length of three
        // elements around a context identifier.
        let mut rest = &message[4..];
        for tag in [0x61, 0x30, 0x02, 0xa0] {
            assert_eq!(rest[0], tag);
            let long = usize::from(rest[1]);
            let header = if long < 0x80 { 2 } else { 2 + (long & 0x7f) };
            let content = if tag == 2 { long } else { 0 };
            rest = &rest[header + content..];
        }
        Ok(rest.to_vec())
    }

    /// The next TPKT.
    pub(crate) fn next_packet(&mut self) -> std::io::Result<Vec<u8>> {
        loop {
            if let [3, 0, high, low, ..] = self.received[..] {
                let length = usize::from(u16::from_be_bytes([high, low]));
                if self.received.len() >= length {
                    return Ok(self.received.drain(..length).collect());
                }
            }
            self.receive()?;
        }
    }

    /// Reads until the server closes, however many octets that takes.
    pub(crate) fn read_to_end(mut self) -> bool {
        loop {
            self.received.clear();
            match self.receive() {
                Ok(()) => {}
                Err(error) => {
                    return !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                }
            }
        }
    }

    /// Sends a request whose service element is `service`.
    pub(crate) fn request(&mut self, invoke_id: u32, service: &[u8]) {
        self.send(&message(&request(invoke_id, service)));
    }

    /// The invoke id of the next answer and whether it is a response.
    pub(crate) fn answer(&mut self) -> std::io::Result<(Option<u32>, bool)> {
        let mms = self.next_mms()?;
        Ok(match Pdu::decode(&mms).unwrap() {
            Pdu::ConfirmedResponse(response) => (Some(response.invoke_id), true),
            Pdu::ConfirmedError { invoke_id, .. } => (Some(invoke_id), false),
            Pdu::Reject { invoke_id, .. } => (invoke_id, false),
            other => panic!("{other:?}"),
        })
    }
}

/// What `fill` writes.
pub(crate) fn encoded(fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut Writer::unbounded(&mut out));
    out
}

/// A confirmed request PDU.
pub(crate) fn request(invoke_id: u32, service: &[u8]) -> Vec<u8> {
    encoded(|w| pdu::write_confirmed_request(w, invoke_id, |w| w.raw(service)))
}

/// The service element of a read of one variable.
pub(crate) fn read_of(variable: &str) -> Vec<u8> {
    encoded(|w| pdu::write_read_request(w, false, [super::name(variable)]))
}

/// BER element with a length in the long form.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag, 0x84];
    out.extend_from_slice(&(content.len() as u32).to_be_bytes());
    out.extend_from_slice(content);
    out
}

/// All headers around an MMS PDU, in packets of at most 8192 octets.
pub(crate) fn message(mms: &[u8]) -> Vec<u8> {
    let mut value = vec![2, 1, 3];
    value.extend(element(0xa0, mms));
    let mut tsdu = vec![1, 0, 1, 0];
    tsdu.extend(element(0x61, &element(0x30, &value)));
    let mut out = Vec::new();
    let mut chunks = tsdu.chunks(8189).peekable();
    while let Some(chunk) = chunks.next() {
        out.extend(data_packet(chunk, chunks.peek().is_none()));
    }
    out
}

/// A COTP data packet in its TPKT.
pub(crate) fn data_packet(data: &[u8], end: bool) -> Vec<u8> {
    let mut out = vec![3, 0];
    out.extend_from_slice(&((data.len() + 7) as u16).to_be_bytes());
    out.extend_from_slice(&[2, 0xf0, if end { 0x80 } else { 0 }]);
    out.extend_from_slice(data);
    out
}
