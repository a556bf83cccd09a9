//! The server over TCP: limits, stopping, and the blocking client.

use super::*;
use mms::association::{Answered, CloseReason, Handler, Reply};
use mms::client::{ClientError, blocking};
use mms::net::Session;
use mms::pdu::ConfirmedRequest;
use mms::server::{RunningServer, Server, ServerOptions};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

const NUMBER: ObjectName<'_> = ObjectName::domain("A", "number");

fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn serve(vmd: &Vmd, options: ServerOptions) -> RunningServer {
    let server = Server::bind(any_port(), options, vmd.sessions()).unwrap();
    let address = server.local_addr().unwrap();
    let running = server.start().unwrap();
    assert_eq!(running.local_addr(), address);
    running
}

#[tokio::test]
async fn over_tcp() {
    let vmd = device();
    let server = serve(&vmd, ServerOptions::of(&vmd));
    let address = server.local_addr();
    let client = Client::connect(address, ClientOptions::default())
        .await
        .unwrap();
    assert_eq!(client.read(NUMBER).await.unwrap(), MmsValue::Integer(2));
    let connections = server.connections();
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0].local, address);
    server.stop().await;
    assert_eq!(client.closed().await, CloseReason::Released);
    assert!(server.connections().is_empty());
    let refused = Client::connect(address, ClientOptions::default()).await;
    assert!(matches!(refused, Err(ClientError::Connect { address: Some(a), .. }) if a == address));
    // The port is free: the next server takes it at once.
    let again = Server::bind(address, ServerOptions::default(), vmd.sessions());
    let again = again.unwrap().start().unwrap();
    let address = ("localhost", address.port());
    let client = Client::connect(address, ClientOptions::default())
        .await
        .unwrap();
    assert!(client.identify().await.is_ok());
    drop(again);
    assert_eq!(client.closed().await, CloseReason::Released);
}

/// Puts every request aside and never answers.
struct Silent;

impl Handler for Silent {
    fn request(&mut self, _: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        reply.defer()
    }
}

impl Session for Silent {}

#[tokio::test]
async fn stopping_does_not_wait_for_connections_that_are_not_open() {
    let mut options = ServerOptions::default();
    options.grace = Duration::from_secs(60);
    let server = Server::bind(any_port(), options, |_| Silent).unwrap();
    let server = server.start().unwrap();
    let address = server.local_addr();
    let client = Client::connect(address, ClientOptions::default())
        .await
        .unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(&[3, 0, 0]).await.unwrap();
    while server.connections().len() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    timeout(Duration::from_secs(10), server.stop())
        .await
        .unwrap();
    assert_eq!(client.closed().await, CloseReason::Released);
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn stopping_with_requests_outstanding() {
    let server = Server::bind(any_port(), ServerOptions::default(), |_| Silent).unwrap();
    let server = server.start().unwrap();
    let address = server.local_addr();
    let client = Client::connect(address, ClientOptions::default())
        .await
        .unwrap();
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.identify().await })
        })
        .collect();
    // One that has connected and says nothing, and one that stops half way.
    let _idle = TcpStream::connect(address).await.unwrap();
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(&[3, 0, 0]).await.unwrap();
    while server.connections().len() < 3 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    timeout(Duration::from_secs(10), server.stop())
        .await
        .unwrap();
    for request in waiting {
        let error = request.await.unwrap().unwrap_err();
        assert!(error.is_closed(), "{error}");
    }
    assert_eq!(half.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn connections_over_the_limit() {
    let vmd = device();
    let mut options = ServerOptions::of(&vmd);
    options.listener.max_connections = 1;
    let server = serve(&vmd, options);
    let address = server.local_addr();
    let first = Client::connect(address, ClientOptions::default())
        .await
        .unwrap();
    let second = Client::connect(address, ClientOptions::default()).await;
    assert!(matches!(second, Err(ClientError::Refused(_))));
    assert!(first.identify().await.is_ok());
    first.conclude().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(5);
    while Client::connect(address, ClientOptions::default())
        .await
        .is_err()
    {
        assert!(Instant::now() < deadline, "the place was not given back");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer() {
    let listener = tokio::net::TcpListener::bind(any_port()).await.unwrap();
    let mut options = ClientOptions::default();
    options.connect_timeout = Duration::from_millis(50);
    let client = Client::connect(listener.local_addr().unwrap(), options).await;
    assert!(matches!(client, Err(ClientError::ConnectTimeout(_))));
    // Nothing is left behind: the connection is closed.
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut received = vec![];
    let end = timeout(Duration::from_secs(5), stream.read_to_end(&mut received)).await;
    assert!(end.is_ok());
}

#[test]
fn without_a_runtime() {
    let vmd = device();
    let server = serve(&vmd, ServerOptions::of(&vmd));
    let address = server.local_addr();
    let client = blocking::Client::connect(address, ClientOptions::default()).unwrap();
    assert_eq!(client.domain_names().unwrap(), ["A", "B"]);
    assert_eq!(client.read(NUMBER).unwrap(), MmsValue::Integer(2));
    client.write(NUMBER, &3i32.into()).unwrap();
    assert_eq!(client.read_many([NUMBER]).unwrap(), [Ok(3i32.into())]);
    assert_eq!(client.identify().unwrap().vendor, "Example");
    let refused = client.file_directory(None).unwrap_err();
    assert!(matches!(refused, ClientError::Reject { .. }));
    client.conclude().unwrap();
    assert_eq!(client.closed().unwrap(), CloseReason::Released);
}

#[test]
fn blocking_calls_inside_a_runtime_fail() {
    let vmd = device();
    let server = serve(&vmd, ServerOptions::of(&vmd));
    let address = server.local_addr();
    let client = blocking::Client::connect(address, ClientOptions::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let inside = |result| matches!(result, Err(ClientError::InsideRuntime));
        assert!(inside(client.identify().map(drop)));
        let another = blocking::Client::connect(address, ClientOptions::default());
        assert!(inside(another.map(drop)));
    });
    assert!(client.identify().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_while_many_read() {
    let vmd = device();
    let server = serve(&vmd, ServerOptions::of(&vmd));
    let address = server.local_addr();
    let reading = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = (0..40)
        .map(|i: u32| {
            let reading = reading.clone();
            tokio::spawn(async move {
                let options = ClientOptions::default;
                let mut client = Client::connect(address, options()).await.unwrap();
                for count in 0.. {
                    // Some give up on requests, and some come and go.
                    if i % 4 == 1 && count % 5 == 0 {
                        let _ = timeout(Duration::ZERO, client.read(NUMBER)).await;
                    }
                    if i % 4 == 2 && count % 20 == 19 {
                        match Client::connect(address, options()).await {
                            Ok(again) => client = again,
                            Err(error) => return (count, error),
                        }
                    }
                    match client.read(NUMBER).await {
                        Ok(value) => assert_eq!(value, MmsValue::Integer(2)),
                        Err(error) => return (count, error),
                    }
                    if count == 0 {
                        reading.fetch_add(1, Ordering::SeqCst);
                    }
                }
                unreachable!("it reads until the server stops");
            })
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(20);
    while reading.load(Ordering::SeqCst) < 40 {
        assert!(Instant::now() < deadline, "not all of them read");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    timeout(Duration::from_secs(10), server.stop())
        .await
        .unwrap();
    for reader in readers {
        let (count, error) = timeout(Duration::from_secs(10), reader)
            .await
            .unwrap()
            .unwrap();
        assert!(count > 0);
        assert!(
            error.is_closed()
                || matches!(error, ClientError::Send { .. } | ClientError::Reject { .. }),
            "{error}"
        );
    }
    assert!(vmd.clients().is_empty());
}
