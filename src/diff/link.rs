//! One association whose PDUs are sent and received as octets, whatever is in them.

use mms::ber::Writer;
use mms::osi::acse::{self, AcsePdu, AssociateRequest};
use mms::osi::cotp::{self, Tpdu};
use mms::osi::presentation::{self, Ppdu};
use mms::osi::session::{self, Spdu};
use mms::osi::tpkt;
use mms::pdu::{self, Initiate, ParameterSupport, Service, ServiceSupport};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long the association may take to be made.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The largest TPDU that is offered, in octets.
const TPDU_SIZE: usize = 8192;
/// The largest MMS PDU that is offered, in octets.
const PDU_SIZE: u32 = 65_000;
/// A TSDU that is longer is no answer of a server that keeps to what was agreed on.
const LONGEST_TSDU: usize = 4 * PDU_SIZE as usize;

const ACSE: u32 = 1;
const MMS: u32 = 3;

/// What comes from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Pdu(Vec<u8>),
    /// Nothing more comes, because of this.
    End(&'static str),
}

/// An open association.
#[derive(Debug)]
pub(super) struct Link {
    stream: TcpStream,
    tpdu_size: usize,
    incoming: Receiver<Incoming>,
    /// The initiate response.
    pub(super) accepted: Vec<u8>,
    end: Option<&'static str>,
}

impl Link {
    pub(super) fn open(address: SocketAddr) -> Result<Self, String> {
        let failed = |reason: String| format!("{address}: {reason}");
        let (stream, tpdu_size, accepted, unframer) =
            shake_hands(address).map_err(|reason| failed(reason.to_string()))?;
        let reader = stream
            .try_clone()
            .map_err(|error| failed(error.to_string()))?;
        let (sender, incoming) = mpsc::channel();
        thread::Builder::new()
            .name("ied-diff".to_owned())
            .spawn(move || receive(reader, unframer, &sender))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Link {
            stream,
            tpdu_size,
            incoming,
            accepted,
            end: None,
        })
    }

    /// Sends an MMS PDU. That the server does not take it any more shows in what comes.
    pub(super) fn send(&mut self, pdu: &[u8]) {
        let mut out = vec![0; tpkt::HEADER + cotp::DATA_HEADER];
        // GIVE TOKENS and DATA TRANSFER.
        out.extend([1, 0, 1, 0]);
        let mut w = Writer::unbounded(&mut out);
        presentation::write_user_data(&mut w, MMS, |w| w.raw(pdu));
        cotp::finish_data(&mut out, 0, self.tpdu_size);
        let _ = self.stream.write_all(&out);
    }

    /// The next that comes until `deadline`.
    pub(super) fn next(&mut self, deadline: Instant) -> Option<Incoming> {
        if let Some(end) = self.end {
            return Some(Incoming::End(end));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let next = match self.incoming.recv_timeout(left) {
            Ok(next) => next,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => Incoming::End("closed"),
        };
        if let Incoming::End(end) = next {
            self.end = Some(end);
        }
        Some(next)
    }

    /// Whether the association is known to be over.
    pub(super) fn is_over(&self) -> bool {
        self.end.is_some()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // The reading thread ends with it.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

fn receive(mut stream: TcpStream, mut unframer: Unframer, sender: &Sender<Incoming>) {
    let mut buffer = vec![0; 65_536];
    loop {
        loop {
            let next = match unframer.next() {
                Ok(None) => break,
                Ok(Some(Frame::Tsdu(tsdu))) => incoming(&tsdu),
                Ok(Some(Frame::Confirm(_) | Frame::Disconnect)) => Incoming::End("disconnected"),
                Err(_) => Incoming::End("sends what is no TPKT or COTP"),
            };
            let is_end = matches!(next, Incoming::End(_));
            // Nobody may be listening any more.
            if sender.send(next).is_err() || is_end {
                return;
            }
        }
        match stream.read(&mut buffer) {
            Ok(length @ 1..) => unframer.push(&buffer[..length]),
            // A connection that is reset is one that is closed: which of the two is a matter of timing.
            Ok(0) | Err(_) => {
                let _ = sender.send(Incoming::End("closed"));
                return;
            }
        }
    }
}

fn incoming(tsdu: &[u8]) -> Incoming {
    match session::decode(tsdu) {
        Ok(Spdu::Data(data)) => presentation::decode_user_data(data)
            .and_then(|data| data.of(MMS).map(|pdu| Incoming::Pdu(pdu.to_vec())))
            .unwrap_or(Incoming::End("sends what is no presentation data")),
        Ok(Spdu::Abort(_)) => Incoming::End("aborted"),
        Ok(Spdu::Disconnect(_) | Spdu::Finish(_)) => Incoming::End("released"),
        Ok(_) => Incoming::End("sends a session PDU that has no place here"),
        Err(_) => Incoming::End("sends what is no session PDU"),
    }
}

/// What TPKT and COTP carry.
enum Frame {
    Confirm(Option<usize>),
    Disconnect,
    Tsdu(Vec<u8>),
}

/// Puts packets together to TSDUs.
#[derive(Default)]
struct Unframer {
    octets: Vec<u8>,
    tsdu: Vec<u8>,
}

impl Unframer {
    fn push(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Frame>, String> {
        loop {
            let (frame, used) = match tpkt::split(&self.octets).map_err(|e| e.to_string())? {
                None => return Ok(None),
                Some((payload, used)) => match cotp::decode(payload).map_err(|e| e.to_string())? {
                    Tpdu::Data { end, data } => {
                        if self.tsdu.len() + data.len() > LONGEST_TSDU {
                            return Err("a TSDU without end".to_owned());
                        }
                        self.tsdu.extend_from_slice(data);
                        let whole = end.then(|| std::mem::take(&mut self.tsdu));
                        (whole.map(Frame::Tsdu), used)
                    }
                    Tpdu::ConnectConfirm(confirm) => {
                        (Some(Frame::Confirm(confirm.tpdu_size)), used)
                    }
                    _ => (Some(Frame::Disconnect), used),
                },
            };
            self.octets.drain(..used);
            if frame.is_some() {
                return Ok(frame);
            }
        }
    }
}

/// Opens the transport connection and the association: the stream, the size of TPDUs, the initiate response, and what came behind it.
fn shake_hands(address: SocketAddr) -> io::Result<(TcpStream, usize, Vec<u8>, Unframer)> {
    let deadline = Instant::now() + HANDSHAKE;
    let mut stream = TcpStream::connect_timeout(&address, HANDSHAKE)?;
    stream.set_nodelay(true)?;
    let mut unframer = Unframer::default();
    let mut out = Vec::new();
    let selector = || Some(vec![0, 1]);
    cotp::write_request(
        &mut out,
        &cotp::Connect {
            destination: 0,
            source: 1,
            class: 0,
            calling: selector(),
            called: selector(),
            tpdu_size: Some(TPDU_SIZE),
        },
    );
    stream.write_all(&out)?;
    let tpdu_size = match frame(&mut stream, &mut unframer, deadline)? {
        Frame::Confirm(size) => size.unwrap_or(TPDU_SIZE).min(TPDU_SIZE),
        _ => return Err(other("the transport connection is refused")),
    };
    stream.write_all(&associate_request(tpdu_size))?;
    let Frame::Tsdu(tsdu) = frame(&mut stream, &mut unframer, deadline)? else {
        return Err(other("the association is refused"));
    };
    let accepted = initiate_response(&tsdu).map_err(other)?;
    stream.set_read_timeout(None)?;
    Ok((stream, tpdu_size, accepted, unframer))
}

fn other(reason: impl ToString) -> io::Error {
    io::Error::other(reason.to_string())
}

fn frame(stream: &mut TcpStream, unframer: &mut Unframer, deadline: Instant) -> io::Result<Frame> {
    let mut buffer = [0; 8192];
    loop {
        if let Some(frame) = unframer.next().map_err(other)? {
            return Ok(frame);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer)? {
            0 => return Err(other("the connection is closed")),
            length => unframer.push(&buffer[..length]),
        }
    }
}

fn associate_request(tpdu_size: usize) -> Vec<u8> {
    let initiate = Initiate {
        local_detail: Some(PDU_SIZE),
        max_outstanding_calling: 5,
        max_outstanding_called: 5,
        nesting_level: Some(10),
        version: 1,
        parameters: ParameterSupport::of(&[
            ParameterSupport::STR1,
            ParameterSupport::STR2,
            ParameterSupport::VNAM,
            ParameterSupport::VALT,
            ParameterSupport::VLIS,
        ]),
        services: ServiceSupport::of(&[Service::Conclude, Service::Cancel]),
    };
    let request = AssociateRequest {
        context_name: mms::ObjectIdentifier::from_content(acse::MMS_CONTEXT).ok(),
        called_ap_title: None,
        called_ae_qualifier: None,
        calling_ap_title: None,
        calling_ae_qualifier: None,
        authentication: None,
    };
    let contexts = [
        (ACSE, presentation::ACSE_SYNTAX),
        (MMS, presentation::MMS_SYNTAX),
    ];
    let selector = Some(&[0, 0, 0, 1][..]);
    let mut ppdu = Vec::new();
    presentation::write_connect(
        &mut Writer::unbounded(&mut ppdu),
        selector,
        selector,
        &contexts,
        |w| {
            acse::write_request(w, &request, MMS, |w| {
                pdu::write_initiate_request(w, &initiate);
            });
        },
    );
    let mut out = vec![0; tpkt::HEADER + cotp::DATA_HEADER];
    session::write_connect(
        &mut out,
        &session::Connect {
            calling: Some(&[0, 1]),
            called: Some(&[0, 1]),
            requirements: Some(session::DUPLEX),
            user_data: &ppdu,
        },
    );
    cotp::finish_data(&mut out, 0, tpdu_size);
    out
}

fn initiate_response(tsdu: &[u8]) -> Result<Vec<u8>, String> {
    let refused = || "the association is refused".to_owned();
    let Ok(Spdu::Accept(accept)) = session::decode(tsdu) else {
        return Err(refused());
    };
    let Ok(Ppdu::Accept { user_data, .. }) = presentation::decode_accept(accept.user_data) else {
        return Err(refused());
    };
    let response = user_data.of(ACSE).map_err(|error| error.to_string())?;
    match acse::decode(response) {
        Ok(AcsePdu::AssociateResponse(_, Some(initiate))) => Ok(initiate.to_vec()),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_become_tsdus() {
        let mut whole = vec![0; tpkt::HEADER + cotp::DATA_HEADER];
        whole.extend((0..=255).cycle().take(1000));
        let tsdu = whole[tpkt::HEADER + cotp::DATA_HEADER..].to_vec();
        cotp::finish_data(&mut whole, 0, 128);
        for portion in [1, 7, 500, whole.len()] {
            let mut unframer = Unframer::default();
            let mut found = Vec::new();
            for octets in whole.chunks(portion) {
                unframer.push(octets);
                while let Some(Frame::Tsdu(tsdu)) = unframer.next().unwrap() {
                    found.push(tsdu);
                }
            }
            assert_eq!(found, std::slice::from_ref(&tsdu));
        }
        let mut unframer = Unframer::default();
        unframer.push(b"HTTP/1.1 400");
        assert!(unframer.next().is_err());
    }

    #[test]
    fn what_is_no_data_ends_the_association() {
        assert_eq!(
            incoming(&[99, 1, 2]),
            Incoming::End("sends what is no session PDU")
        );
        assert_eq!(
            incoming(&[1, 0, 1, 0, 0x30, 0]),
            Incoming::End("sends what is no presentation data")
        );
    }
}
