//! Starting and stopping, associations coming and going, and the model's fate.

use crate::support::{
    NewServer, address, attribute, bay, connect, engine_tests, name, patience, patient, read,
    started, started_apart, try_connect, write,
};
use iec61850::server::Authentication;
use iec61850::{
    ClientConnection, Error, IedServer, IedServerConfig, MmsDataAccessError as Decision,
};
use mms::association::CloseReason;
use mms::client::ClientError;
use mms::client::blocking::Client;
use parking_lot::Mutex;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

engine_tests!(
    connection_events_have_addresses_and_are_paired,
    connections_without_association_are_no_events,
    panics_in_callbacks_end_nothing,
    aborting_a_client_from_outside,
    aborting_clients_at_any_moment,
    aborting_a_client_as_it_comes,
    aborting_a_client_from_its_own_callbacks,
    authenticators_accept_and_refuse,
    the_limit_of_associations,
    stopping_ends_associations_and_keeps_values,
    starting_twice_and_stopping_twice,
    restarting_many_times,
    restarting_under_connecting_clients,
    stopping_in_the_middle_of_requests,
    stopping_waits_for_a_callback,
    stopping_with_the_data_model_locked,
    dropping_the_server_ends_associations,
    two_servers_in_one_process,
    a_model_serves_one_server_at_a_time,
    a_model_can_be_changed_when_its_server_is_gone,
    a_port_in_use_is_an_error_that_names_it,
    handles_of_clients_outlive_everything,
    all_interfaces,
    the_last_server_handle_goes_in_a_callback,
    a_replaced_handler_has_the_last_server_handle,
    dropping_the_server_with_its_lock_taken,
    within_runtimes_of_the_application,
);

const ST: &str = "T1LD0/GGIO1$ST$Policy$inST";

/// Waits for something that will happen, and for nothing else.
fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let give_up = Instant::now() + patience();
    while !happened() {
        assert!(Instant::now() < give_up, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

type Events = Arc<Mutex<Vec<(ClientConnection, bool)>>>;

fn events(server: &IedServer) -> Events {
    let events = Events::default();
    let sink = events.clone();
    server.register_connection_change(move |client, connected| {
        sink.lock().push((client.clone(), connected));
    });
    events
}

/// How many have come and not gone.
fn open(events: &Events) -> i32 {
    let changes = events.lock();
    let changes = changes.iter().map(|(_, came)| if *came { 1 } else { -1 });
    changes.sum()
}

fn connection_events_have_addresses_and_are_paired(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let events = events(&server);
    let (first, second) = (connect(&server), connect(&server));
    eventually("both open", || events.lock().len() == 2);
    first.conclude().unwrap();
    eventually("the first is closed", || events.lock().len() == 3);
    second.abort();
    eventually("the second is closed", || events.lock().len() == 4);
    let third = connect(&server);
    eventually("the third is open", || events.lock().len() == 5);
    server.stop();
    assert!(third.closed().is_ok());
    let events = events.lock();
    let (clients, flags): (Vec<_>, Vec<_>) = events.iter().cloned().unzip();
    assert_eq!(flags, [true, true, false, false, true, false]);
    assert_eq!(clients[0], clients[2]);
    assert_eq!(clients[1], clients[3]);
    assert_eq!(clients[4], clients[5]);
    assert_ne!(clients[0], clients[1]);
    let mut ids: Vec<u64> = [0, 1, 4].map(|at| clients[at].id()).to_vec();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    for client in &clients {
        assert!(client.local_address().ip().is_loopback());
        assert!(client.peer_address().ip().is_loopback());
        assert_ne!(client.peer_address(), client.local_address());
        assert!(!client.abort(), "it is over");
    }
    let distinct = clients[0].peer_address() != clients[1].peer_address();
    assert!(distinct && clients[0].local_address() == clients[1].local_address());
}

fn connections_without_association_are_no_events(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let events = events(&server);
    for _ in 0..5 {
        drop(TcpStream::connect(address(&server)).unwrap());
    }
    let client = connect(&server);
    client.conclude().unwrap();
    eventually("closed", || events.lock().len() == 2);
    server.stop();
    assert_eq!(events.lock().len(), 2);
}

fn panics_in_callbacks_end_nothing(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    server.register_connection_change(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        panic!("on purpose");
    });
    for _ in 0..3 {
        let client = connect(&server);
        assert_eq!(read(&client, ST), 0.into());
        client.conclude().unwrap();
    }
    eventually("all were told", || calls.load(Ordering::SeqCst) == 6);
    server.set_authenticator(|_, _| panic!("on purpose"));
    let refused = try_connect(address(&server), patient());
    assert!(
        matches!(refused, Err(ClientError::Refused(_))),
        "{refused:?}"
    );
    server.set_authenticator(|_, _| true);
    assert_eq!(read(&connect(&server), ST), 0.into());
}

fn aborting_a_client_from_outside(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let events = events(&server);
    let (client, other) = (connect(&server), connect(&server));
    eventually("both open", || events.lock().len() == 2);
    let handle = events.lock()[0].0.clone();
    assert!(handle.abort());
    assert_eq!(client.closed().unwrap(), CloseReason::AbortedByPeer);
    assert!(client.read(name(ST)).is_err());
    eventually("it is over", || events.lock().len() == 3);
    assert!(!handle.abort());
    assert_eq!(events.lock()[2], (handle, false));
    assert_eq!(read(&other, ST), 0.into());
}

fn aborting_clients_at_any_moment(new: NewServer) {
    let model = bay::model();
    let server = started_apart(new(&model, None).unwrap(), 5);
    let at = address(&server);
    let events = Events::default();
    let (opened, news) = mpsc::channel();
    server.register_connection_change({
        let events = events.clone();
        move |client, connected| {
            events.lock().push((client.clone(), connected));
            if connected {
                // The test may be over.
                let _ = opened.send(client.clone());
            }
        }
    });
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let stop = stop.clone();
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    if let Ok(client) = try_connect(at, patient()) {
                        while client.read(name(ST)).is_ok() && !stop.load(Ordering::SeqCst) {}
                    }
                }
            })
        })
        .collect();
    for _ in 0..300 {
        news.recv_timeout(patience()).unwrap().abort();
    }
    stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.join().unwrap();
    }
    eventually("the end of each was told", || open(&events) == 0);
    assert_eq!(read(&connect(&server), ST), 0.into());
}

fn aborting_a_client_as_it_comes(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let events = Events::default();
    server.register_connection_change({
        let events = events.clone();
        move |client, connected| {
            events.lock().push((client.clone(), connected));
            if connected && events.lock().len() < 10 {
                // So that what it wants is there.
                std::thread::sleep(Duration::from_millis(20));
                client.abort();
            }
        }
    });
    while events.lock().len() < 10 {
        // It may have been answered before.
        let _ = try_connect(address(&server), patient());
    }
    let client = connect(&server);
    assert_eq!(read(&client, ST), 0.into());
    eventually("the end of each was told", || open(&events) == 1);
    server.stop();
    assert_eq!(open(&events), 0);
}

fn aborting_a_client_from_its_own_callbacks(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let sp = attribute(&model, "T1LD0/GGIO1.Policy.inSP");
    server
        .register_write_handler(&sp, |client, _, _| {
            assert!(client.abort());
            Decision::Success
        })
        .unwrap();
    let (client, other) = (connect(&server), connect(&server));
    let result = client.write(name("T1LD0/GGIO1$SP$Policy$inSP"), &5.into());
    // The answer may still come through before the end.
    assert!(result.is_ok() || result.unwrap_err().is_closed());
    assert_eq!(client.closed().unwrap(), CloseReason::AbortedByPeer);
    assert_eq!(read(&other, "T1LD0/GGIO1$SP$Policy$inSP"), 5.into());

    // At once when it comes, and again when it goes.
    let gone = Arc::new(AtomicUsize::new(0));
    let count = gone.clone();
    server.register_connection_change(move |client, connected| {
        client.abort();
        count.fetch_add(usize::from(!connected), Ordering::SeqCst);
    });
    for round in 1..=5 {
        match try_connect(address(&server), patient()) {
            Ok(client) => assert_eq!(client.closed().unwrap(), CloseReason::AbortedByPeer),
            Err(error) => assert!(error.is_closed(), "{error}"),
        }
        eventually("it is over", || gone.load(Ordering::SeqCst) == round);
    }
    assert_eq!(read(&other, ST), 0.into());
}

fn authenticators_accept_and_refuse(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let local = address(&server);
    server.set_authenticator(move |client, request| {
        assert_eq!(client.local_address(), local);
        request.authentication == Some(Authentication::Password(b"secret".to_vec()))
    });
    let events = events(&server);
    let with = |password: Option<&[u8]>| {
        let mut options = patient();
        options.call.authentication = password.map(|p| Authentication::Password(p.to_vec()));
        try_connect(local, options)
    };
    for wrong in [None, Some(&b"Secret"[..]), Some(b""), Some(&[7; 300])] {
        let refused = with(wrong);
        assert!(
            matches!(refused, Err(ClientError::Refused(CloseReason::Refused(_)))),
            "{refused:?}"
        );
    }
    assert_eq!(events.lock().len(), 0);
    assert_eq!(read(&with(Some(b"secret")).unwrap(), ST), 0.into());
    // Only the last one counts.
    server.set_authenticator(|_, _| true);
    assert_eq!(read(&with(None).unwrap(), ST), 0.into());
}

fn the_limit_of_associations(new: NewServer) {
    let model = bay::model();
    let mut config = IedServerConfig::new();
    config.set_max_mms_connection(3);
    let server = started(new(&model, Some(config)).unwrap());
    let mut clients: Vec<Client> = (0..3).map(|_| connect(&server)).collect();
    for _ in 0..5 {
        let refused = try_connect(address(&server), patient());
        assert!(refused.is_err());
        for client in &clients {
            assert_eq!(read(client, ST), 0.into());
        }
    }
    // A place that became free can be taken.
    clients.remove(1).conclude().unwrap();
    eventually("a free place", || {
        match try_connect(address(&server), patient()) {
            Ok(client) => {
                clients.push(client);
                true
            }
            Err(_) => false,
        }
    });
    assert!(try_connect(address(&server), patient()).is_err());
    for client in &clients {
        assert_eq!(read(client, ST), 0.into());
    }
}

fn stopping_ends_associations_and_keeps_values(new: NewServer) {
    let model = bay::model();
    let server = started_apart(new(&model, None).unwrap(), 1);
    let clients: Vec<Client> = (0..5).map(|_| connect(&server)).collect();
    write(&clients[0], "T1LD0/GGIO1$SP$Policy$inSP", 8);
    let st = attribute(&model, "T1LD0/GGIO1.Policy.inST");
    server.update_int32(&st, 9).unwrap();
    let set = name("T1LD0/LLN0$Kept");
    clients[0]
        .define_named_variable_list(set, [name(ST)])
        .unwrap();
    let at = address(&server);
    server.stop();
    assert!(!server.is_running());
    assert_eq!((server.local_address(), server.local_port()), (None, None));
    for client in &clients {
        client.closed().unwrap();
        assert!(client.read(name(ST)).is_err());
    }
    assert!(TcpStream::connect(at).is_err(), "nobody listens");
    server.update_int32(&st, 10).unwrap();
    server.start_on(at).unwrap();
    assert!(server.is_running());
    assert_eq!(server.local_address(), Some(at));
    let client = connect(&server);
    assert_eq!(read(&client, "T1LD0/GGIO1$SP$Policy$inSP"), 8.into());
    assert_eq!(client.read_list(set).unwrap(), [Ok(10.into())]);
}

fn starting_twice_and_stopping_twice(new: NewServer) {
    let model = bay::model();
    let server = new(&model, None).unwrap();
    server.stop();
    assert!(!server.is_running());
    let server = started(server);
    let at = address(&server);
    let client = connect(&server);
    server.start(0).unwrap();
    server.start_on("127.0.0.1:0".parse().unwrap()).unwrap();
    assert_eq!(address(&server), at);
    assert_eq!(read(&client, ST), 0.into());
    server.stop();
    server.stop();
    assert!(!server.is_running());
}

fn restarting_many_times(new: NewServer) {
    let model = bay::model();
    let server = started_apart(new(&model, None).unwrap(), 2);
    let at = address(&server);
    for round in 0..50 {
        let client = connect(&server);
        let value = "T1LD0/GGIO1$SP$Policy$inSP";
        assert_eq!(read(&client, value), round.into());
        write(&client, value, round + 1);
        server.stop();
        client.closed().unwrap();
        server.start_on(at).unwrap();
    }
}

fn restarting_under_connecting_clients(new: NewServer) {
    let model = bay::model();
    let server = started_apart(new(&model, None).unwrap(), 3);
    let at = address(&server);
    let events = events(&server);
    let stop = Arc::new(AtomicBool::new(false));
    let storm: Vec<_> = (0..4)
        .map(|_| {
            let stop = stop.clone();
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    if let Ok(client) = try_connect(at, patient()) {
                        // It may end at any moment.
                        let _ = client.read(name(ST));
                    }
                }
            })
        })
        .collect();
    for _ in 0..50 {
        server.stop();
        // When stop returns nobody is served any more.
        assert_eq!(open(&events), 0);
        server.start_on(at).unwrap();
        std::thread::yield_now();
    }
    stop.store(true, Ordering::SeqCst);
    for thread in storm {
        thread.join().unwrap();
    }
    // The library has a place when it has seen that another is free.
    let mut client = None;
    eventually("a place", || {
        client = try_connect(at, patient()).ok();
        client.is_some()
    });
    assert_eq!(read(&client.unwrap(), ST), 0.into());
}

fn stopping_in_the_middle_of_requests(new: NewServer) {
    let model = bay::model();
    let server = started_apart(new(&model, None).unwrap(), 4);
    let at = address(&server);
    for _ in 0..10 {
        let clients: Vec<Client> = (0..8).map(|_| connect(&server)).collect();
        let (first_read, has_read) = mpsc::channel();
        let readers: Vec<_> = clients
            .into_iter()
            .map(|client| {
                let first_read = first_read.clone();
                std::thread::spawn(move || {
                    let mut reads = 0;
                    let error = loop {
                        match client.read(name("T1LD0/GGIO1")) {
                            Ok(_) => reads += 1,
                            Err(error) => break error,
                        }
                        let _ = first_read.send(());
                    };
                    assert!(error.is_closed(), "{error}");
                    reads
                })
            })
            .collect();
        has_read.recv_timeout(patience()).unwrap();
        server.stop();
        for reader in readers {
            reader.join().unwrap();
        }
        server.start_on(at).unwrap();
    }
}

fn stopping_waits_for_a_callback(new: NewServer) {
    let model = bay::model();
    let server = Arc::new(started(new(&model, None).unwrap()));
    let sp = attribute(&model, "T1LD0/GGIO1.Policy.inSP");
    let (entered, has_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = Mutex::new(may_leave);
    let left = Arc::new(AtomicBool::new(false));
    let leaving = left.clone();
    server
        .register_write_handler(&sp, move |_, _, _| {
            entered.send(()).unwrap();
            may_leave.lock().recv_timeout(patience()).unwrap();
            leaving.store(true, Ordering::SeqCst);
            Decision::Success
        })
        .unwrap();
    let client = connect(&server);
    let writing = std::thread::spawn(move || {
        // Answered or cut off.
        let _ = client.write(name("T1LD0/GGIO1$SP$Policy$inSP"), &5.into());
    });
    has_entered.recv_timeout(patience()).unwrap();
    let stopping = std::thread::spawn({
        let (server, left) = (server.clone(), left.clone());
        move || {
            server.stop();
            assert!(left.load(Ordering::SeqCst), "the callback was still at it");
        }
    });
    eventually("it does not listen any more", || !server.is_running());
    leave.send(()).unwrap();
    stopping.join().unwrap();
    writing.join().unwrap();
}

fn stopping_with_the_data_model_locked(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    write(&client, "T1LD0/LLN0$RP$urcb01$RptEna", true);
    let begun = Instant::now();
    {
        let _guard = server.lock_data_model();
        server.stop();
    }
    // It does not wait for what waits for this thread: some microseconds, in place of ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(8));
    client.closed().unwrap();
    let state = || {
        let node = model.model_node_by_reference("T1LD0/LLN0").unwrap();
        let node = node.into_logical_node().unwrap();
        let block = &node.report_control_blocks()[0];
        server.report_control_block_state(block).unwrap()
    };
    eventually("what the client had is free", || !state().rpt_ena);
}

fn dropping_the_server_ends_associations(new: NewServer) {
    let model = bay::model();
    let server = started_apart(new(&model, None).unwrap(), 6);
    let at = address(&server);
    let events = events(&server);
    let clients: Vec<Client> = (0..5).map(|_| connect(&server)).collect();
    drop(server);
    for client in &clients {
        client.closed().unwrap();
        assert!(client.read(name(ST)).unwrap_err().is_closed());
    }
    assert!(TcpStream::connect(at).is_err());
    let closed = events.lock().iter().filter(|(_, open)| !open).count();
    assert_eq!(closed, 5);
}

fn two_servers_in_one_process(new: NewServer) {
    let (model, other_model) = (bay::model(), bay::model());
    let server = started(new(&model, None).unwrap());
    let other = started(new(&other_model, None).unwrap());
    let (client, other_client) = (connect(&server), connect(&other));
    write(&client, "T1LD0/GGIO1$SP$Policy$inSP", 1);
    write(&other_client, "T1LD0/GGIO1$SP$Policy$inSP", 2);
    assert_eq!(read(&client, "T1LD0/GGIO1$SP$Policy$inSP"), 1.into());
    let _guard = server.lock_data_model();
    assert_eq!(read(&other_client, "T1LD0/GGIO1$SP$Policy$inSP"), 2.into());
    other.stop();
    assert!(server.is_running() && !other.is_running());
}

fn a_model_serves_one_server_at_a_time(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    match new(&model, None) {
        Err(Error::ModelInUse { model }) => assert_eq!(model, "T1"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        new(&model.clone(), None),
        Err(Error::ModelInUse { .. })
    ));
    assert_eq!(read(&connect(&server), ST), 0.into());
    let st = attribute(&model, "T1LD0/GGIO1.Policy.inST");
    assert!(matches!(
        st.init_value(&1.into()),
        Err(Error::ModelInUse { .. })
    ));
    assert!(matches!(
        model.set_name("T2"),
        Err(Error::ModelInUse { .. })
    ));
    // Stopped is not gone.
    server.stop();
    assert!(matches!(new(&model, None), Err(Error::ModelInUse { .. })));
    drop(server);
    assert_eq!(
        read(&connect(&started(new(&model, None).unwrap())), ST),
        0.into()
    );
}

fn a_model_can_be_changed_when_its_server_is_gone(new: NewServer) {
    let model = bay::model();
    let st = attribute(&model, "T1LD0/GGIO1.Policy.inST");
    let server = started(new(&model, None).unwrap());
    server.update_int32(&st, 5).unwrap();
    // Clients that are connected do not hold the model.
    let _client = connect(&server);
    drop(server);
    st.init_value(&6.into()).unwrap();
    let device = model.logical_device_by_instance("LD2").unwrap();
    device.create_logical_node("GGIO7").unwrap();
    model.set_name("T9").unwrap();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    assert_eq!(client.domain_names().unwrap(), ["Other", "T9LD0", "T9LD1"]);
    assert_eq!(read(&client, "T9LD0/GGIO1$ST$Policy$inST"), 6.into());
    assert!(client.read(name("Other/GGIO7")).is_ok());
}

fn a_port_in_use_is_an_error_that_names_it(new: NewServer) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let model = bay::model();
    let server = new(&model, None).unwrap();
    for _ in 0..3 {
        let error = server.start_on(at).unwrap_err();
        assert!(error.to_string().contains(&at.to_string()), "{error}");
        match error {
            Error::Io { source, .. } => {
                assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
            }
            other => panic!("{other}"),
        }
        assert!(!server.is_running());
    }
    // An address that is not ours.
    let foreign: SocketAddr = "192.0.2.1:0".parse().unwrap();
    let error = server.start_on(foreign).unwrap_err();
    assert!(error.to_string().contains("192.0.2.1"), "{error}");
    // Another server's port, too; and it goes on.
    let server = started(server);
    let other_model = bay::model();
    let other = new(&other_model, None).unwrap();
    assert!(matches!(
        other.start_on(address(&server)),
        Err(Error::Io { .. })
    ));
    drop(taken);
    other.start_on(at).unwrap();
    assert_eq!(read(&connect(&server), ST), 0.into());
    assert_eq!(read(&connect(&other), ST), 0.into());
}

fn handles_of_clients_outlive_everything(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let events = events(&server);
    let client = connect(&server);
    eventually("open", || events.lock().len() == 1);
    let handle = events.lock()[0].0.clone();
    drop(server);
    client.closed().unwrap();
    assert!(!handle.abort());
    assert!(handle.peer_address().ip().is_loopback());
    assert_eq!(handle, handle.clone());
    assert!(!format!("{handle:?}").is_empty());
}

fn all_interfaces(new: NewServer) {
    let model = bay::model();
    let server = new(&model, None).unwrap();
    server.start(0).unwrap();
    let port = server.local_port().unwrap();
    assert_ne!(port, 0);
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    assert_eq!(read(&try_connect(at, patient()).unwrap(), ST), 0.into());
}

fn the_last_server_handle_goes_in_a_callback(new: NewServer) {
    let model = bay::model();
    let server = Arc::new(started(new(&model, None).unwrap()));
    let sp = attribute(&model, "T1LD0/GGIO1.Policy.inSP");
    let inside = Arc::downgrade(&server);
    let (entered, has_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = Mutex::new(may_leave);
    let (gone, is_gone) = mpsc::channel();
    server
        .register_write_handler(&sp, move |_, _, _| {
            let server = inside.upgrade().unwrap();
            entered.send(()).unwrap();
            may_leave.lock().recv_timeout(patience()).unwrap();
            // By now this is the only one.
            drop(server);
            gone.send(()).unwrap();
            Decision::Success
        })
        .unwrap();
    let client = connect(&server);
    let writing = std::thread::spawn({
        let client = client.clone();
        move || drop(client.write(name("T1LD0/GGIO1$SP$Policy$inSP"), &5.into()))
    });
    has_entered.recv_timeout(patience()).unwrap();
    drop(server);
    leave.send(()).unwrap();
    is_gone.recv_timeout(patience()).unwrap();
    writing.join().unwrap();
    client.closed().unwrap();
    assert_eq!(
        read(&connect(&started(new(&model, None).unwrap())), ST),
        0.into()
    );
}

/// What a handler has captured goes when its last call is over.
fn a_replaced_handler_has_the_last_server_handle(new: NewServer) {
    let model = bay::model();
    let server = Arc::new(started(new(&model, None).unwrap()));
    let (entered, has_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = Mutex::new(may_leave);
    let captured = server.clone();
    server.register_connection_change(move |_, _| {
        entered.send(()).unwrap();
        may_leave.lock().recv_timeout(patience()).unwrap();
        captured.register_connection_change(|_, _| {});
    });
    let at = address(&server);
    let coming = std::thread::spawn(move || drop(try_connect(at, patient())));
    has_entered.recv_timeout(patience()).unwrap();
    drop(server);
    leave.send(()).unwrap();
    coming.join().unwrap();
    eventually("the model is free", || {
        new(&model, None).is_ok_and(|server| {
            started(server);
            true
        })
    });
}

fn dropping_the_server_with_its_lock_taken(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    server.lock_data_model_raw();
    drop(server);
    client.closed().unwrap();
    let again = started(new(&model, None).unwrap());
    assert_eq!(read(&connect(&again), ST), 0.into());
}

fn within_runtimes_of_the_application(new: NewServer) {
    let mut many = tokio::runtime::Builder::new_multi_thread();
    let mut one = tokio::runtime::Builder::new_current_thread();
    for builder in [&mut many, &mut one] {
        let runtime = builder.enable_all().build().unwrap();
        let model = bay::model();
        let server = runtime.block_on(async {
            let server = started(new(&model, None).unwrap());
            let st = attribute(&model, "T1LD0/GGIO1.Policy.inST");
            server.with_data_model(|server| server.update_int32(&st, 3).unwrap());
            let client = mms::client::Client::connect(address(&server), patient())
                .await
                .unwrap();
            assert_eq!(client.read(name(ST)).await.unwrap(), 3.into());
            server.stop();
            client.closed().await;
            started(server)
        });
        // The server does not depend on the runtime it was made in.
        drop(runtime);
        assert_eq!(read(&connect(&server), ST), 3.into());
    }
}

/// A runtime of the application with a single thread, where a callback cannot be moved aside.
#[test]
fn a_server_on_a_runtime_of_the_application() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let model = bay::model();
    let server = IedServer::new_on(runtime.handle().clone(), &model, None).unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let driver = std::thread::spawn(move || {
        // An error means that the sender is gone: the end in either case.
        let _ = runtime.block_on(ended);
    });
    let seen = Arc::new(Mutex::new(Vec::new()));
    server.register_connection_change({
        let seen = seen.clone();
        move |_, connected| {
            assert_eq!(
                std::thread::current().name(),
                None,
                "on the application's thread"
            );
            seen.lock().push(connected);
        }
    });
    let server = started(server);
    let client = connect(&server);
    write(&client, "T1LD0/GGIO1$SP$Policy$inSP", 5);
    assert_eq!(read(&client, "T1LD0/GGIO1$SP$Policy$inSP"), 5.into());
    server.stop();
    assert_eq!(*seen.lock(), [true, false]);
    end.send(()).unwrap();
    driver.join().unwrap();
}
