//! A served model and a client that sends any MMS PDUs: each is answered as the protocol asks,
//! and the server is there for the next client.

use crate::wire::{self, HANDSHAKE};
use iec61850::{AccessPolicy, FunctionalConstraint as Fc, IedModel, IedServer, IedServerConfig};
use mms::ber::Writer;
use mms::pdu::{IdentifyRequest, Pdu, write_confirmed_request};
use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

/// More PDUs than this in one input add nothing.
const MAX_PIECES: usize = 64;
/// Octets of a longer input are left aside: all of it has to fit the socket's buffers.
const MAX_INPUT: usize = 16 * 1024;
/// Nothing takes a server this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Invoke id of the request that comes last.
const LAST: u32 = 0x7654_3210;

struct Served {
    _server: IedServer,
    address: SocketAddr,
}

static SERVED: LazyLock<Served> = LazyLock::new(|| {
    let text = include_str!("../../../tests/golden/golden.cfg");
    let model = IedModel::from_config(text).expect("golden.cfg is a model");
    let mut config = IedServerConfig::new();
    // Nobody wants files deleted by a fuzzer.
    config.set_file_service_enabled(false);
    let server = IedServer::new(&model, Some(config)).expect("a model of its own");
    // The more is writable, the more there is to break. Not every constraint has a policy.
    for fc in [Fc::DC, Fc::CF, Fc::SP, Fc::SV, Fc::SE] {
        server
            .set_default_write_policy(fc, AccessPolicy::Allow)
            .expect("a constraint with a policy");
    }
    server
        .start_on(SocketAddr::from(([127, 0, 0, 1], 0)))
        .expect("any free port");
    let address = server.local_address().expect("it listens");
    Served {
        _server: server,
        address,
    }
});

/// What the server owes for one PDU, or has sent.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    /// A response, error or reject with the invoke id.
    Request(u32),
    /// A reject without one.
    Reject,
    Cancel(u32),
    Conclude,
}

fn owed(mms: &[u8]) -> Option<Answer> {
    match Pdu::decode(mms) {
        Ok(Pdu::ConfirmedRequest(request)) => Some(Answer::Request(request.invoke_id)),
        Ok(Pdu::CancelRequest { invoke_id }) => Some(Answer::Cancel(invoke_id)),
        Ok(Pdu::ConcludeRequest) => Some(Answer::Conclude),
        Ok(
            Pdu::Unconfirmed(_)
            | Pdu::InitiateRequest(_)
            | Pdu::InitiateResponse(_)
            | Pdu::InitiateError(_),
        ) => Some(Answer::Reject),
        Ok(_) => None,
        Err(error) => Some(error.invoke_id.map_or(Answer::Reject, Answer::Request)),
    }
}

fn given(mms: &[u8]) -> Option<Answer> {
    match Pdu::decode(mms).unwrap_or_else(|error| panic!("{error:?} from the server")) {
        Pdu::ConfirmedResponse(response) => Some(Answer::Request(response.invoke_id)),
        Pdu::ConfirmedError { invoke_id, .. } => Some(Answer::Request(invoke_id)),
        Pdu::Reject { invoke_id, .. } => Some(invoke_id.map_or(Answer::Reject, Answer::Request)),
        Pdu::CancelResponse { invoke_id } | Pdu::CancelError { invoke_id, .. } => {
            Some(Answer::Cancel(invoke_id))
        }
        Pdu::ConcludeResponse | Pdu::ConcludeError(_) => Some(Answer::Conclude),
        // Reports come when they come.
        Pdu::Unconfirmed(_) => None,
        other => panic!("{other:?} from the server"),
    }
}

pub(crate) fn requests(data: &[u8]) {
    let data = data.get(..MAX_INPUT).unwrap_or(data);
    let mut stream = HANDSHAKE.calling.clone();
    let mut owed_answers = vec![];
    for mms in wire::pieces(data).take(MAX_PIECES) {
        wire::frame(&mut stream, mms);
        owed_answers.extend(owed(mms));
    }
    let mut last = vec![];
    write_confirmed_request(&mut Writer::unbounded(&mut last), LAST, |w| {
        IdentifyRequest.encode(w);
    });
    wire::frame(&mut stream, &last);
    owed_answers.push(Answer::Request(LAST));

    let mut socket = TcpStream::connect(SERVED.address).unwrap();
    // Thousands of connections a second must not wait for their ports.
    SockRef::from(&socket)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(&stream).unwrap();
    let mut given_answers = read_answers(&mut socket, owed_answers.len());
    owed_answers.sort_unstable();
    given_answers.sort_unstable();
    assert_eq!(given_answers, owed_answers);
}

/// Reads until as many answers as these have come, or the last one.
fn read_answers(socket: &mut TcpStream, count: usize) -> Vec<Answer> {
    let mut answers = vec![];
    let (mut received, mut buffer) = (vec![], vec![0; 64 * 1024]);
    while answers.len() < count && answers.last() != Some(&Answer::Request(LAST)) {
        match socket.read(&mut buffer) {
            Ok(0) => panic!("closed after {answers:?}"),
            Ok(count) => received.extend(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error} after {answers:?}"),
        }
        let (tsdus, used) = wire::tsdus(&received);
        received.drain(..used);
        for tsdu in &tsdus {
            wire::open_tsdu(tsdu, &mut |_, mms| answers.extend(given(mms)));
        }
    }
    answers
}
