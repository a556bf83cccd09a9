//! The example with asynchronous handlers.

use crate::client::{Message, Peer, anywhere, command};
use crate::server_async::Example;
use iec61850::{ControlAddCause, Dbpos};
use mms::{MmsValue, ObjectName};
use std::time::{Duration, Instant};

const POSITION: &str = "IED1CTRL/XCBR1$ST$Pos$stVal";
const SELECT: &str = "IED1CTRL/XCBR1$CO$Pos$SBOw";
const OPERATE: &str = "IED1CTRL/XCBR1$CO$Pos$Oper";

fn position(peer: &Peer) -> Dbpos {
    Dbpos::from(peer.read(POSITION).to_bits().expect("bits"))
}

#[test]
fn a_breaker_that_waits() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let example = runtime.block_on(async { Example::start(anywhere()) });
    let example = example.expect("the example starts");
    let peer = Peer::of(&example.server);
    assert_eq!(position(&peer), Dbpos::Off);

    // In step: it closes, by way of the intermediate position.
    let close = command(true, 1, true);
    peer.write(SELECT, close.clone());
    let began = Instant::now();
    peer.write(OPERATE, close);
    let seen = position(&peer);
    assert!(seen != Dbpos::On || began.elapsed() >= Duration::from_millis(200));
    assert_eq!(peer.message(), Message::End(None));
    assert_eq!(position(&peer), Dbpos::On);

    // It opens without a synchrocheck.
    example.synchronous.send_replace(false);
    let open = command(false, 2, true);
    peer.write(SELECT, open.clone());
    peer.write(OPERATE, open);
    assert_eq!(peer.message(), Message::End(None));
    assert_eq!(position(&peer), Dbpos::Off);

    // Out of step: no answer until it is in step again, and other clients are served meanwhile.
    let close = command(true, 3, true);
    peer.write(SELECT, close.clone());
    let other = Peer::of(&example.server);
    std::thread::scope(|scope| {
        let client = &peer.client;
        let (device, item) = OPERATE.split_once('/').expect("LD/item");
        let written = scope.spawn(move || client.write(ObjectName::domain(device, item), &close));
        for _ in 0..20 {
            assert_eq!(position(&other), Dbpos::Off);
        }
        assert!(!written.is_finished());
        example.synchronous.send_replace(true);
        let written = written.join().expect("no panic");
        written.expect("the server accepts the command");
    });
    assert_eq!(peer.message(), Message::End(None));
    assert_eq!(position(&peer), Dbpos::On);
    example.server.stop();
}

#[test]
fn a_breaker_that_has_waited_long_enough() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let example = runtime.block_on(async { Example::start(anywhere()) });
    let example = example.expect("the example starts");
    let peer = Peer::of(&example.server);
    example.synchronous.send_replace(false);
    let close = command(MmsValue::Boolean(true), 1, true);
    peer.write(SELECT, close.clone());
    peer.refused(OPERATE, close);
    let cause = ControlAddCause::BlockedBySynchrocheck;
    assert_eq!(peer.message(), Message::End(Some(cause)));
    assert_eq!(position(&peer), Dbpos::Off);
    example.server.stop();
}
