//! Too many connections, and such that do not get anywhere.

use crate::support::raw::{CONNECT_REQUEST, RawClient, read_of};
use crate::support::{
    NewServer, PATIENCE, address, alone, bay, clients, connect, may_open_files, name, native_tests,
    patient, started, try_connect,
};
use crate::witness::{Witness, memory, memory_is_bounded};
use iec61850::{IedServer, IedServerConfig};
use mms::client::Client;
use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

native_tests!(
    two_thousand_idle_associations,
    half_open_connections,
    half_open_connections_give_their_places_back,
    clients_that_never_read,
    a_storm_of_connections,
    single_octets,
    a_client_that_only_closes_its_half,
    no_file_descriptor_left,
);

fn large_server(new: NewServer, limit: usize) -> IedServer {
    let mut config = IedServerConfig::new();
    config.set_max_mms_connection(limit);
    started(new(&bay::model(), Some(config)).unwrap())
}

fn two_thousand_idle_associations(new: NewServer) {
    const COUNT: usize = 2000;
    let _alone = alone();
    // Both ends are in this process.
    may_open_files(2 * COUNT as u64 + 500);
    let server = large_server(new, COUNT + 100);
    let witness = Witness::of(&server);
    let before = memory();
    let at = address(&server);
    let idle: Vec<Client> = clients().block_on(async {
        let mut idle = Vec::new();
        while idle.len() < COUNT {
            let batch: Vec<_> = (0..100)
                .map(|_| tokio::spawn(Client::connect(at, patient())))
                .collect();
            for client in batch {
                idle.push(client.await.unwrap().unwrap());
            }
        }
        idle
    });
    memory_is_bounded(before, 200);
    witness.is_served();
    // They are alive, all of them.
    clients().block_on(async {
        for client in &idle {
            let value = client.read(name("T1LD0/GGIO1$ST$Policy$inST")).await;
            assert_eq!(value.unwrap(), 0.into());
        }
    });
    memory_is_bounded(before, 200);
    witness.finish(&server);
    server.stop();
    for client in &idle {
        clients().block_on(client.closed());
    }
}

fn half_open_connections(new: NewServer) {
    const EACH: usize = 200;
    let _alone = alone();
    may_open_files(10 * EACH as u64 + 500);
    let server = large_server(new, 1000);
    let witness = Witness::of(&server);
    let before = memory();
    let at = address(&server);
    let handshake = RawClient::handshake(at);
    let mut half_open = Vec::new();
    for _ in 0..EACH {
        // TCP and nothing else; a connection request and nothing more; a part of one; and a part
        // of what comes after it.
        for octets in [
            &[][..],
            &CONNECT_REQUEST[..],
            &CONNECT_REQUEST[..3],
            &CONNECT_REQUEST[..15],
        ] {
            let mut client = RawClient::tcp(at);
            client.send(octets);
            half_open.push(client);
        }
    }
    for (number, client) in half_open.iter_mut().enumerate().skip(1).step_by(4) {
        client.next_packet().unwrap();
        let associate = &handshake[1];
        client.send(&associate[..number % associate.len()]);
    }
    memory_is_bounded(before, 64);
    witness.is_served();
    // All of them are closed in the end.
    for client in half_open {
        assert!(client.read_to_end(), "still open");
    }
    witness.finish(&server);
}

fn half_open_connections_give_their_places_back(new: NewServer) {
    let _alone = alone();
    let server = large_server(new, 20);
    let at = address(&server);
    let witness = Witness::of(&server);
    let mut half_open: Vec<RawClient> = (0..19).map(|_| RawClient::tcp(at)).collect();
    half_open[0].send(&CONNECT_REQUEST[..4]);
    // The witness and these take all places.
    assert!(try_connect(at, patient()).is_err());
    witness.is_served();
    let give_up = Instant::now() + PATIENCE;
    while let Err(error) = try_connect(at, patient()) {
        assert!(Instant::now() < give_up, "{error}");
        std::thread::sleep(Duration::from_millis(100));
    }
    witness.finish(&server);
}

fn clients_that_never_read(new: NewServer) {
    const COUNT: usize = 8;
    let _alone = alone();
    let server = large_server(new, 1000);
    let witness = Witness::of(&server);
    let before = memory();
    let request = read_of("T1LD0/GGIO1");
    let mut deaf: Vec<RawClient> = (0..COUNT)
        .map(|_| RawClient::open(address(&server), 65_000))
        .collect();
    for client in &mut deaf {
        let mut requests = Vec::new();
        for id in 0..1000 {
            requests.extend(crate::support::raw::message(&crate::support::raw::request(
                id, &request,
            )));
        }
        client
            .stream
            .set_write_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        // Until the server takes no more: it has stopped reading what it cannot answer.
        let stuck = loop {
            match client.stream.write(&requests) {
                Ok(0) => break false,
                Ok(_) => {}
                Err(error) => break is_timeout(&error),
            }
        };
        assert!(stuck, "the server takes requests without end");
    }
    memory_is_bounded(before, 100);
    witness.is_served();
    // One of them thinks better of it and gets its answers.
    let mut reformed = deaf.pop().unwrap();
    for expected in 0..1000 {
        assert_eq!(reformed.answer().unwrap(), (Some(expected), true));
    }
    witness.finish(&server);
    // Nobody waits for the others.
    server.stop();
    drop(deaf);
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn a_storm_of_connections(new: NewServer) {
    const THREADS: u64 = 8;
    const EACH: u64 = 125;
    let _alone = alone();
    let server = large_server(new, 1000);
    let (opened, open) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicI64::new(0)));
    let (count_opened, count_open) = (opened.clone(), open.clone());
    server.register_connection_change(move |_, connected| {
        count_opened.fetch_add(u64::from(connected), Ordering::SeqCst);
        count_open.fetch_add(if connected { 1 } else { -1 }, Ordering::SeqCst);
    });
    let witness = Witness::of(&server);
    let before = memory();
    let at = address(&server);
    let storm: Vec<_> = (0..THREADS)
        .map(|thread| {
            std::thread::spawn(move || {
                for number in 0..EACH {
                    match (thread + number) % 5 {
                        0 => drop(RawClient::tcp(at)),
                        1 => drop(RawClient::open(at, 65_000)),
                        2 => {
                            let mut client = RawClient::open(at, 65_000);
                            client.request(1, &read_of("T1LD0/GGIO1"));
                        }
                        3 => try_connect(at, patient()).unwrap().conclude().unwrap(),
                        _ => {
                            let client = try_connect(at, patient()).unwrap();
                            client.abort();
                            client.closed().unwrap();
                        }
                    }
                }
            })
        })
        .collect();
    for thread in storm {
        thread.join().unwrap();
    }
    witness.finish(&server);
    let give_up = Instant::now() + PATIENCE;
    while open.load(Ordering::SeqCst) > 0 {
        assert!(Instant::now() < give_up, "associations are left");
        std::thread::sleep(Duration::from_millis(5));
    }
    // The witness, and the one that comes last, and four of five of the storm.
    assert_eq!(opened.load(Ordering::SeqCst), THREADS * EACH * 4 / 5 + 2);
    memory_is_bounded(before, 64);
}

fn single_octets(new: NewServer) {
    let _alone = alone();
    let server = large_server(new, 1000);
    let at = address(&server);
    let witness = Witness::of(&server);
    let handshake = RawClient::handshake(at);
    // Many at the same pace, each octet a packet of its own.
    let mut slow: Vec<RawClient> = (0..20).map(|_| RawClient::tcp(at)).collect();
    for message in &handshake {
        for octet in message {
            for client in &mut slow {
                client.send(&[*octet]);
            }
        }
        for client in &mut slow {
            client.next_packet().unwrap();
        }
    }
    let request = crate::support::raw::request(77, &read_of("T1LD0/GGIO1$ST$Policy$inST"));
    for octet in crate::support::raw::message(&request) {
        for client in &mut slow {
            client.send(&[octet]);
        }
    }
    for client in &mut slow {
        assert_eq!(client.answer().unwrap(), (Some(77), true));
    }
    witness.finish(&server);
}

fn a_client_that_only_closes_its_half(new: NewServer) {
    let _alone = alone();
    let server = large_server(new, 1000);
    let witness = Witness::of(&server);
    for _ in 0..20 {
        let mut client = RawClient::open(address(&server), 65_000);
        for id in 0..5 {
            client.request(id, &read_of("T1LD0/GGIO1$SP$Values"));
        }
        client.stream.shutdown(std::net::Shutdown::Write).unwrap();
        for id in 0..5 {
            assert_eq!(client.answer().unwrap(), (Some(id), true));
        }
        assert!(client.read_to_end());
    }
    let again = connect(&server);
    assert!(again.read(name("T1LD0/GGIO1$SP$Values")).is_ok());
    witness.finish(&server);
}

/// Puts the limit of open files back.
struct Limit(u64, u64);

impl Drop for Limit {
    fn drop(&mut self) {
        rlimit::Resource::NOFILE.set(self.0, self.1).unwrap();
    }
}

fn no_file_descriptor_left(new: NewServer) {
    const FREE: u64 = 60;
    let _alone = alone();
    let server = large_server(new, 1000);
    let at = address(&server);
    let witness = Witness::of(&server);
    let (soft, hard) = rlimit::Resource::NOFILE.get().unwrap();
    // Numbers are given out from the lowest on.
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let next = lowest_free(&probe);
    drop(probe);
    let limit = Limit(soft, hard);
    rlimit::Resource::NOFILE.set(next + FREE, hard).unwrap();
    // Client and server take one each, until there is none for either.
    let mut taken = Vec::new();
    let refused = loop {
        match std::net::TcpStream::connect(at) {
            Ok(stream) => taken.push(stream),
            Err(error) => break error,
        }
        assert!(taken.len() < 2 * FREE as usize + 200);
    };
    assert_eq!(refused.raw_os_error(), Some(24), "{refused}");
    witness.is_served();
    drop(limit);
    // Those that were waiting to be accepted are served now.
    let mut last = RawClient::over(taken.pop().unwrap());
    last.send(&CONNECT_REQUEST);
    last.next_packet().unwrap();
    witness.finish(&server);
}

/// The number of the file descriptor that was opened last.
fn lowest_free(last: &impl std::os::fd::AsRawFd) -> u64 {
    last.as_raw_fd() as u64
}
