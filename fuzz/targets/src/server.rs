//! A served model and a client that sends any MMS PDUs: each is answered as the protocol asks,
//! and the server is there for the next client.

use crate::answers::{self, Answer, LAST};
use crate::wire;
use iec61850::{AccessPolicy, FunctionalConstraint as Fc, IedModel, IedServer, IedServerConfig};
use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::Duration;

/// Octets of a longer input are left aside: all of it has to fit the socket's buffers.
const MAX_INPUT: usize = 16 * 1024;
/// Nothing takes a server this long.
const PATIENCE: Duration = Duration::from_secs(10);
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

pub(crate) fn requests(data: &[u8]) {
    let data = data.get(..MAX_INPUT).unwrap_or(data);
    let (stream, mut owed) = answers::stream(data);
    let mut socket = TcpStream::connect(SERVED.address).unwrap();
    // Thousands of connections a second must not wait for their ports.
    SockRef::from(&socket)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(&stream).unwrap();
    let mut given = read_answers(&mut socket, owed.len());
    owed.sort_unstable();
    given.sort_unstable();
    assert_eq!(given, owed);
}

/// Reads until as many answers as these have come, or the last one.
fn read_answers(socket: &mut TcpStream, count: usize) -> Vec<Answer> {
    let mut answers = vec![];
    let (mut received, mut buffer) = (vec![], vec![0; 64 * 1024]);
    while answers.len() < count && answers.last() != Some(&LAST) {
        match socket.read(&mut buffer) {
            Ok(0) => panic!("closed after {answers:?}"),
            Ok(count) => received.extend(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => panic!("{error} after {answers:?}"),
        }
        let (tsdus, used) = wire::tsdus(&received);
        received.drain(..used);
        for tsdu in &tsdus {
            wire::open_tsdu(tsdu, &mut |_, mms| answers.extend(answers::given(mms)));
        }
    }
    answers
}
