use super::{Bench, PATIENCE, engine_tests, next};
use iec61850::client::{
    IedConnection, IedConnectionState as State, ReconnectOptions, SubscribeOptions,
};
use iec61850::server::Authentication;
use iec61850::server::log::MemoryLog;
use iec61850::{
    ControlHandlerResult, Engine, Error, FunctionalConstraint as Fc, IedClientError as Code,
};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

engine_tests!(
    states_and_the_end_are_told,
    nobody_listens,
    a_full_server_rejects,
    the_server_stops,
    a_lost_connection_is_made_again,
    callbacks_may_call_the_connection_and_runtimes_may_not,
    the_last_handle_ends_the_connection,
    a_thousand_requests_given_up_leave_the_connection_usable,
    a_password,
    where_this_side_calls_from,
    two_hundred_connections_of_one_process,
    a_connection_is_cut_in_every_state,
);

fn states_and_the_end_are_told(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = IedConnection::with_options(Bench::options(engine));
    let (states, told) = mpsc::channel();
    let (ends, ended) = mpsc::channel();
    assert!(connection.on_connection_state_change(move |_, state| states.send(state).unwrap()));
    assert!(
        connection.on_connection_closed(move |connection| ends.send(connection.state()).unwrap())
    );
    assert!(
        !connection.on_connection_closed(|_| {}),
        "the first one stays"
    );

    assert_eq!(connection.state(), State::Closed);
    let error = connection
        .read_boolean("GOLDLD1/GGIO1.Ind1.stVal", Fc::ST)
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::NotConnected));
    let error = connection.abort().unwrap_err();
    assert_eq!(error.code(), Some(Code::NotConnected));

    let address = bench.address();
    connection.connect("127.0.0.1", address.port()).unwrap();
    assert_eq!(
        [next(&told), next(&told)],
        [State::Connecting, State::Connected]
    );
    let again = connection.connect("127.0.0.1", address.port()).unwrap_err();
    assert_eq!(again.code(), Some(Code::AlreadyConnected));

    connection.close();
    assert_eq!([next(&told), next(&told)], [State::Closing, State::Closed]);
    assert_eq!(next(&ended), State::Closed);
    assert!(ended.try_recv().is_err(), "the end is told once");
    let error = connection.identify().unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionLost));

    // It can be used again.
    connection.connect("127.0.0.1", address.port()).unwrap();
    assert_eq!(connection.identify().unwrap().vendor, "iec61850");
    connection.abort().unwrap();
    assert_eq!(connection.state(), State::Closed);
}

fn nobody_listens(engine: Engine) {
    let connection = IedConnection::with_options(Bench::options(engine));
    connection.set_connect_timeout(Duration::from_millis(500));
    // Where no other test listens. The whole of 127/8 is loopback on Linux.
    let host = if cfg!(target_os = "linux") {
        "127.61.86.1"
    } else {
        "127.0.0.1"
    };
    let listener = std::net::TcpListener::bind((host, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = connection.connect(host, port).unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionRejected));
    assert!(error.to_string().contains(host), "{error}");
    assert_eq!(connection.state(), State::Closed);
}

fn a_full_server_rejects(engine: Engine) {
    let bench = Bench::with(engine, |config| {
        config.set_max_mms_connection(1);
    });
    let first = bench.connect();
    let second = IedConnection::with_options(Bench::options(engine));
    let error = second
        .connect("127.0.0.1", bench.address().port())
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionRejected));
    first.release().unwrap();
}

fn the_server_stops(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let (ends, ended) = mpsc::channel();
    connection.on_connection_closed(move |_| ends.send(()).unwrap());
    bench.server.stop();
    next(&ended);
    let error = connection.get_logical_devices().unwrap_err();
    assert_eq!(error.code(), Some(Code::ConnectionLost));
    assert!(connection.close_reason().is_some());
}

fn a_lost_connection_is_made_again(engine: Engine) {
    let bench = Bench::start(engine);
    let port = bench.address().port();
    let delay = Duration::from_millis(20);
    let options = Bench::options(engine).with_reconnect(ReconnectOptions::new(delay, delay));
    let connection = bench.connect_with(options);
    let (states, told) = mpsc::channel();
    connection.on_connection_state_change(move |_, state| states.send(state).unwrap());
    bench.server.stop();
    assert_eq!(next(&told), State::Closed);
    bench
        .server
        .start_on(([127, 0, 0, 1], port).into())
        .unwrap();
    while next(&told) != State::Connected {}
    assert_eq!(
        connection.get_logical_devices().unwrap(),
        ["GOLDLD1", "GOLDLD2"]
    );
    connection.close();
    assert_eq!(connection.state(), State::Closed);
}

fn callbacks_may_call_the_connection_and_runtimes_may_not(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = IedConnection::with_options(Bench::options(engine));
    let (answers, answered) = mpsc::channel();
    connection.on_connection_state_change(move |connection, state| {
        if state == State::Connected {
            answers.send(connection.get_logical_devices()).unwrap();
        }
    });
    connection
        .connect("127.0.0.1", bench.address().port())
        .unwrap();
    assert_eq!(next(&answered).unwrap(), ["GOLDLD1", "GOLDLD2"]);

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let refused = runtime.block_on(async { connection.get_logical_devices() });
    assert!(matches!(
        refused,
        Err(Error::InsideRuntime("get_logical_devices"))
    ));
}

fn the_last_handle_ends_the_connection(engine: Engine) {
    let bench = Bench::start(engine);
    let (gone, is_gone) = mpsc::channel();
    bench
        .server
        .register_connection_change(move |_, connected| gone.send(connected).unwrap());
    let connection = bench.connect();
    let control = connection.read_control("GOLDLD1/GGIO1.SPCSO1").unwrap();
    drop(connection);
    // The object still holds it.
    control.operate(true, None).unwrap();
    drop(control);
    // libiec61850's client may have had another one in front of it.
    let mut open = i32::from(next(&is_gone));
    while open != 0 {
        open += if next(&is_gone) { 1 } else { -1 };
    }
}

fn a_thousand_requests_given_up_leave_the_connection_usable(engine: Engine) {
    let bench = Bench::start(engine);
    let connection = bench.connect();
    let inner = connection.asynchronous().clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for step in 0..1000u64 {
            let read = inner.read_value("GOLDLD1/GGIO1.Ind1", Fc::ST);
            let _ = tokio::time::timeout(Duration::from_micros(step % 60), read).await;
        }
        inner
            .read_value("GOLDLD1/GGIO1.Ind1", Fc::ST)
            .await
            .unwrap();
    });
    connection.release().unwrap();
}

fn a_password(engine: Engine) {
    let bench = Bench::start(engine);
    bench.server.set_authenticator(|_, request| {
        matches!(&request.authentication, Some(Authentication::Password(word)) if word == b"secret")
    });
    bench.connect_with(Bench::options(engine).with_password("secret"));
    for options in [
        Bench::options(engine),
        Bench::options(engine).with_password("guess"),
    ] {
        let connection = IedConnection::with_options(options);
        let refused = connection.connect("127.0.0.1", bench.address().port());
        assert_eq!(refused.unwrap_err().code(), Some(Code::ConnectionRejected));
    }
}

/// The whole of 127/8 is loopback on Linux.
fn where_this_side_calls_from(engine: Engine) {
    let bench = Bench::start(engine);
    let (tell, told) = mpsc::channel();
    bench
        .server
        .register_connection_change(move |client, is_open| {
            if is_open {
                tell.send(client.peer_address()).unwrap();
            }
        });
    let address = if cfg!(target_os = "linux") {
        [127, 0, 0, 77]
    } else {
        [127, 0, 0, 1]
    };
    let mut options = Bench::options(engine);
    options.local_address = Some((address, 0).into());
    let connection = bench.connect_with(options);
    let from = next(&told).to_string();
    let ip = std::net::IpAddr::from(address).to_string();
    assert!(from.starts_with(&ip), "{from}");
    connection.release().unwrap();
}

fn two_hundred_connections_of_one_process(engine: Engine) {
    let bench = Bench::start(engine);
    let connections: Vec<IedConnection> = (0..200).map(|_| bench.connect()).collect();
    let threads: Vec<_> = connections
        .iter()
        .cloned()
        .map(|connection| {
            std::thread::spawn(move || {
                let read = || connection.read_boolean("GOLDLD1/GGIO1.Ind1.stVal", Fc::ST);
                (0..20).all(|_| read().is_ok())
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    for connection in &connections {
        connection.release().unwrap();
    }
}

/// A relay to a server that is cut after so many octets. Gives its port, and the thread it runs on.
fn relay(server: SocketAddr, octets: i64) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let pump = |mut from: TcpStream, mut to: TcpStream, left: Arc<AtomicI64>| {
        std::thread::spawn(move || {
            let mut buffer = [0; 64];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                if left.fetch_sub(count as i64, Ordering::Relaxed) < count as i64
                    || to.write_all(&buffer[..count]).is_err()
                {
                    break;
                }
            }
            // It may be cut from the other side already.
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        })
    };
    let relay = std::thread::spawn(move || {
        let (near, _) = listener.accept().unwrap();
        let far = TcpStream::connect(server).unwrap();
        near.set_nodelay(true).unwrap();
        far.set_nodelay(true).unwrap();
        let left = Arc::new(AtomicI64::new(octets));
        let there = pump(
            near.try_clone().unwrap(),
            far.try_clone().unwrap(),
            left.clone(),
        );
        let back = pump(far, near, left);
        there.join().unwrap();
        back.join().unwrap();
    });
    (port, relay)
}

/// Something to do again and again until the connection is cut.
type Use = fn(&IedConnection) -> Result<(), Error>;

fn a_connection_is_cut_in_every_state(engine: Engine) {
    let bench = Bench::start(engine);
    std::fs::write(bench.files.path().join("large"), vec![7; 100_000]).unwrap();
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("up"), vec![7; 100_000]).unwrap();
    bench
        .server
        .set_log_storage("GOLDLD1/LLN0$EventLog", MemoryLog::new(1000))
        .unwrap();
    bench.controlled("GGIO1.SPCSO3", ControlHandlerResult::Waiting);
    bench.controlled("GGIO1.SPCSO4", ControlHandlerResult::Ok);
    let uses: [(&str, Use); 10] = [
        ("reading", |connection| {
            connection
                .read_value("GOLDLD1/GGIO1.Ind1", Fc::ST)
                .map(|_| ())
        }),
        ("writing", |connection| {
            connection.write_int32("GOLDLD1/GGIO1.NumSet.setVal", Fc::SP, 1)
        }),
        ("browsing", |connection| {
            connection.forget_directory();
            connection.get_device_model().map(|_| ())
        }),
        ("data sets", |connection| {
            connection.create_dataset("@mine", &["GOLDLD1/GGIO1.Ind1[ST]"])?;
            connection.read_dataset("@mine")?;
            connection.delete_dataset("@mine")
        }),
        ("reports", |connection| {
            let mut rcb = connection.read_rcb("GOLDLD1/LLN0.BR.brcb01")?;
            let mut reports = rcb.reports(10);
            rcb.subscribe(SubscribeOptions::new().with_gi())?;
            // The end of the connection is that of the reports.
            while reports.next_within(PATIENCE)?.is_some() {
                rcb.trigger_gi()?;
            }
            rcb.trigger_gi()
        }),
        ("commands", |connection| {
            let control = connection.read_control("GOLDLD1/GGIO1.SPCSO4")?;
            control.execute(true, PATIENCE)
        }),
        ("a termination", |connection| {
            let control = connection.read_control("GOLDLD1/GGIO1.SPCSO3")?;
            std::thread::scope(|scope| {
                let awaited = scope.spawn(|| control.operate_and_wait(true, None, PATIENCE));
                while connection.identify().is_ok() {}
                awaited.join().unwrap()
            })
        }),
        ("downloading", |connection| {
            connection.download_file("large").map(|_| ())
        }),
        ("uploading", |connection| {
            connection.upload_file("up", "uploaded")?;
            connection.delete_file("uploaded")
        }),
        ("a log", |connection| {
            connection.query_log_by_time("GOLDLD1/LLN0.EventLog", None, None)?;
            connection.read_sgcb("GOLDLD1").map(|_| ())
        }),
    ];
    // In the handshake, in requests, in answers, and in what takes several of them.
    for octets in [0, 1, 10, 30, 100, 200, 300, 400, 700, 1500, 4000, 20_000] {
        for (what, use_it) in uses {
            let (port, relay) = relay(bench.address(), octets);
            let connection = IedConnection::with_options(Bench::options(engine));
            connection.set_filestore_basepath(here.path());
            let used = || -> Result<(), Error> {
                connection.connect("127.0.0.1", port)?;
                loop {
                    match use_it(&connection) {
                        // The connection before may have the object still.
                        Err(error) if error.code() != Some(Code::ConnectionLost) => {
                            assert_ne!(error.code(), Some(Code::Timeout), "{what} {octets}");
                        }
                        used => used?,
                    }
                }
            };
            let error = used().unwrap_err();
            let code = error.code().unwrap();
            let lost = matches!(code, Code::ConnectionRejected | Code::ConnectionLost);
            assert!(lost, "{what} {octets}: {error}");
            connection.close();
            assert_eq!(connection.state(), State::Closed);
            relay.join().unwrap();
        }
    }
}
