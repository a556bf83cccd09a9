//! Connections over an in-memory stream, on paused time.

use super::*;
use crate::association::{
    Answered, Association, CallParameters, CloseReason, Handler, Negotiated, Reply, SendError,
};
use crate::ber::{Tag, Writer};
use crate::pdu::{
    ConfirmedRequest, IdentifyRequest, IdentifyResponse, Pdu, RequestService, ResponseService,
    UnconfirmedService,
};
use crate::{RejectReason, ServiceError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

struct Identifier;

impl Handler for Identifier {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        match request.service {
            RequestService::Identify(_) => reply.respond(|w| {
                IdentifyResponse {
                    vendor: "v".into(),
                    model: "m".into(),
                    revision: "1".into(),
                    abstract_syntaxes: None,
                }
                .encode(w)
            }),
            RequestService::Status(_) => reply.ignore(),
            _ => reply.reject(RejectReason::UNRECOGNIZED_SERVICE),
        }
    }

    fn unconfirmed(&mut self, _: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        Ok(())
    }
}

impl Session for Identifier {}

fn serve(stream: DuplexStream) -> (Remote, JoinHandle<CloseReason>) {
    let remote = Remote::new();
    let association = Association::called(Arc::default(), Instant::now().into_std());
    let connection = Connection::new(stream, association, Identifier, vec![], remote.clone());
    (remote, tokio::spawn(connection.run()))
}

fn call(stream: DuplexStream) -> (Remote, JoinHandle<CloseReason>) {
    let remote = Remote::new();
    let mut out = vec![];
    let now = Instant::now().into_std();
    let association =
        Association::calling(Arc::default(), CallParameters::default(), now, &mut out);
    let connection = Connection::new(stream, association, Identifier, out, remote.clone());
    (remote, tokio::spawn(connection.run()))
}

fn identify() -> Vec<u8> {
    let mut service = vec![];
    IdentifyRequest.encode(&mut Writer::unbounded(&mut service));
    service
}

async fn vendor(remote: &Remote) -> String {
    let pdu = remote.request(identify()).await.unwrap();
    match Pdu::decode(&pdu).unwrap() {
        Pdu::ConfirmedResponse(response) => match response.service {
            ResponseService::Identify(identity) => identity.vendor.into_owned(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn requests_wait_for_the_association_and_for_their_turn() {
    let (near, far) = duplex(64);
    let (client, ended) = call(near);
    let (server, _) = serve(far);
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { vendor(&client).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), "v");
    }
    // And the other way round on the same association.
    assert_eq!(vendor(&server).await, "v");
    client.conclude().unwrap();
    assert_eq!(ended.await.unwrap(), CloseReason::Released);
    assert_eq!(
        client.request(identify()).await,
        Err(RequestError::Closed(CloseReason::Released))
    );
}

#[tokio::test(start_paused = true)]
async fn abort_does_not_wait_behind_requests() {
    let (near, far) = duplex(4096);
    let (client, ended) = call(near);
    let (_server, server_ended) = serve(far);
    vendor(&client).await;
    let stuck: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.request(status()).await })
        })
        .collect();
    sleep(Duration::from_secs(1)).await;
    client.abort().unwrap();
    for request in stuck {
        assert_eq!(
            request.await.unwrap(),
            Err(RequestError::Closed(CloseReason::Aborted))
        );
    }
    assert_eq!(ended.await.unwrap(), CloseReason::Aborted);
    assert_eq!(server_ended.await.unwrap(), CloseReason::AbortedByPeer);
}

#[tokio::test(start_paused = true)]
async fn a_silent_caller_is_let_go() {
    let (near, far) = duplex(4096);
    let (_, ended) = serve(far);
    let before = Instant::now();
    assert_eq!(ended.await.unwrap(), CloseReason::TimedOut);
    assert_eq!(before.elapsed().as_secs(), 10);
    drop(near);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_cannot_make_output_grow() {
    let (mut near, far) = duplex(4096);
    let (server, ended) = serve(far);
    let mut out = vec![];
    let now = Instant::now().into_std();
    let mut caller = Association::calling(Arc::default(), CallParameters::default(), now, &mut out);
    near.write_all(&out).await.unwrap();
    let mut input = vec![0; 4096];
    while !caller.is_open() {
        let count = near.read(&mut input).await.unwrap();
        let mut out = vec![];
        caller.handle_input(now, &input[..count], &mut out, &mut Identifier);
        near.write_all(&out).await.unwrap();
    }
    // Requests without end, and not one answer read.
    let mut out = vec![];
    caller
        .request(&mut out, |w| IdentifyRequest.encode(w))
        .unwrap();
    let mut sent = 0usize;
    while timeout(Duration::from_secs(1), near.write_all(&out))
        .await
        .is_ok()
    {
        sent += 1;
        assert!(sent < 100_000, "the server goes on reading");
    }
    // Reports are held back by the same limit.
    let report = vec![0xa0; 1000];
    let mut queued = 0;
    while server.unconfirmed(report.clone(), 50_000).is_ok() {
        queued += 1;
    }
    assert_eq!(queued, 50);
    assert_eq!(
        server.unconfirmed(report, 50_000),
        Err(RequestError::Send(SendError::TooManyOutstanding))
    );
    // It is still alive, and is given up when the peer has taken nothing for long.
    assert!(!ended.is_finished());
    let before = Instant::now();
    assert_eq!(ended.await.unwrap(), CloseReason::ConnectionLost);
    assert!((28..=33).contains(&before.elapsed().as_secs()));
    drop(near);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_connection_fails_what_waits() {
    let (near, far) = duplex(4096);
    let (client, task) = call(near);
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.request(identify()).await }
    });
    sleep(Duration::from_millis(1)).await;
    task.abort();
    assert!(matches!(
        waiting.await.unwrap(),
        Err(RequestError::Closed(_))
    ));
    assert!(client.respond(1, Err(ServiceError::OTHERS)).is_err());
    drop(far);
}

fn status() -> Vec<u8> {
    let mut status = vec![];
    crate::pdu::StatusRequest {
        extended_derivation: false,
    }
    .encode(&mut Writer::unbounded(&mut status));
    status
}

#[tokio::test(start_paused = true)]
async fn requests_that_run_into_their_time_do_not_use_the_association_up() {
    let (near, far) = duplex(4096);
    let (client, _ended) = call(near);
    let (_server, _) = serve(far);
    // The server never answers status. More requests than may be outstanding.
    let patience = Duration::from_secs(1);
    let unanswered: Vec<_> = (0..12)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { timeout(patience, client.request(status())).await })
        })
        .collect();
    sleep(Duration::from_millis(500)).await;
    // This one waits behind them, and comes through when they are given up.
    let before = Instant::now();
    assert_eq!(vendor(&client).await, "v");
    assert_eq!(before.elapsed().as_millis(), 500);
    for request in unanswered {
        assert!(request.await.unwrap().is_err());
    }
    assert_eq!(vendor(&client).await, "v");
}

#[tokio::test(start_paused = true)]
async fn reports_beyond_the_output_mark_leave_without_another_wake_up() {
    let (near, far) = duplex(1 << 20);
    let (client, _ended) = call(near);
    let (server, task) = serve(far);
    vendor(&client).await;
    let mut report = vec![];
    Writer::unbounded(&mut report).primitive(Tag::context_constructed(9), &[0; 1000]);
    for _ in 0..400 {
        server.unconfirmed(report.clone(), usize::MAX).unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(server.waiting(), 0);
    assert!(!task.is_finished());
}

/// Has more reports than may wait: queues as many as it can, and goes on when they have left.
struct Reporter {
    remote: Remote,
    left: u32,
}

impl Reporter {
    /// Two services of 100 octets each, together.
    fn queue(&mut self) {
        while self.left > 0 {
            let mut half = vec![];
            Writer::unbounded(&mut half).primitive(Tag::context_constructed(9), &[0; 98]);
            match self.remote.unconfirmed_all([half.clone(), half], 500) {
                Ok(()) => self.left -= 1,
                Err(error) => {
                    assert_eq!(error, SendError::TooManyOutstanding.into());
                    assert_eq!(self.remote.waiting(), 400);
                    return;
                }
            }
        }
    }
}

impl Handler for Reporter {
    fn established(&mut self, _: &Negotiated) {
        self.queue();
    }
}

impl Session for Reporter {
    fn drained(&mut self) {
        self.queue();
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_hears_when_there_is_room_for_reports_again() {
    let (near, far) = duplex(64);
    let remote = Remote::new();
    let association = Association::called(Arc::default(), Instant::now().into_std());
    let reporter = Reporter {
        remote: remote.clone(),
        left: 100,
    };
    let connection = Connection::new(far, association, reporter, vec![], remote);
    tokio::spawn(connection.run());
    let counter = Counter::default();
    let (remote, mut out) = (Remote::new(), vec![]);
    let now = Instant::now().into_std();
    let association =
        Association::calling(Arc::default(), CallParameters::default(), now, &mut out);
    let connection = Connection::new(near, association, counter.clone(), out, remote);
    tokio::spawn(connection.run());
    sleep(Duration::from_secs(1)).await;
    assert_eq!(counter.0.load(Ordering::Relaxed), 200);
}

/// Counts reports.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU32>);

impl Handler for Counter {
    fn unconfirmed(&mut self, _: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Session for Counter {}

#[tokio::test(start_paused = true)]
async fn a_handle_knows_whether_the_association_is_open() {
    let (near, far) = duplex(4096);
    let (server, ended) = serve(far);
    assert!(!server.is_open());
    let (client, _) = call(near);
    vendor(&client).await;
    assert!(server.is_open() && client.is_open());
    client.conclude().unwrap();
    ended.await.unwrap();
    assert!(!server.is_open());
}

#[tokio::test]
async fn connections_over_the_limit_are_closed() {
    let options = ListenerOptions {
        max_connections: 1,
        ..ListenerOptions::default()
    };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), options).unwrap();
    let address = listener.local_addr().unwrap();
    let first = tokio::net::TcpStream::connect(address).await.unwrap();
    let incoming = listener.accept().await;
    assert_eq!(incoming.peer, first.local_addr().unwrap());
    assert_eq!(incoming.local, address);
    let mut second = tokio::net::TcpStream::connect(address).await.unwrap();
    let accepting = tokio::spawn(async move { listener.accept().await.peer });
    assert_eq!(second.read(&mut [0; 1]).await.unwrap(), 0);
    drop(incoming);
    let third = tokio::net::TcpStream::connect(address).await.unwrap();
    assert_eq!(accepting.await.unwrap(), third.local_addr().unwrap());
}

/// Reads nothing more from the moment it says so.
struct Closing(Arc<AtomicBool>);

impl Handler for Closing {}

impl Session for Closing {
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
        match self.0.load(Ordering::Relaxed) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn room_is_waited_for() {
    let (near, far) = duplex(4096);
    let deaf = Arc::new(AtomicBool::new(false));
    let mut out = vec![];
    let now = Instant::now().into_std();
    let association =
        Association::calling(Arc::default(), CallParameters::default(), now, &mut out);
    let client = Remote::new();
    let session = Closing(deaf.clone());
    let client_task =
        tokio::spawn(Connection::new(near, association, session, out, client.clone()).run());
    let (server, _ended) = serve(far);
    vendor(&client).await;
    server.room(0).await;
    deaf.store(true, Ordering::Relaxed);
    let mut report = vec![];
    Writer::unbounded(&mut report).primitive(Tag::context_constructed(9), &[0; 1000]);
    for _ in 0..100 {
        server.unconfirmed(report.clone(), usize::MAX).unwrap();
    }
    let soon = Duration::from_secs(1);
    assert!(timeout(soon, server.room(1000)).await.is_err());
    let waits = server.waiting();
    assert!(waits > 20_000, "{waits}");
    assert!(timeout(soon, server.room(waits)).await.is_ok());
    // The end of the association lets go as well.
    let waiting = {
        let server = server.clone();
        tokio::spawn(async move { server.room(0).await })
    };
    tokio::task::yield_now().await;
    client_task.abort();
    timeout(soon, waiting).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn room_comes_when_the_peer_reads() {
    let (near, far) = duplex(4096);
    let (client, _ended) = call(near);
    let (server, _) = serve(far);
    vendor(&client).await;
    let mut report = vec![];
    Writer::unbounded(&mut report).primitive(Tag::context_constructed(9), &[0; 1000]);
    for _ in 0..400 {
        server.unconfirmed(report.clone(), usize::MAX).unwrap();
    }
    assert_eq!(server.waiting(), 400 * report.len());
    timeout(Duration::from_secs(1), server.room(0))
        .await
        .unwrap();
    assert_eq!(server.waiting(), 0);
}
