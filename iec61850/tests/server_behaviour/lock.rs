//! The locked data model: who waits, and what becomes visible when.

use crate::support::{
    NewServer, address, attribute, bay, connect, engine_tests, name, patience, read, started,
};
use iec61850::{IedModel, IedServer, MmsDataAccessError as Decision};
use mms::MmsValue;
use mms::client::ClientError;
use mms::client::blocking::Client;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

engine_tests!(
    a_client_waits_until_the_model_is_unlocked,
    writes_wait_too,
    updates_of_other_threads_wait,
    a_batch_becomes_visible_at_once,
    the_lock_is_reentrant,
    unlocking_without_a_lock_does_nothing,
    a_panic_under_the_guard_unlocks,
    many_clients_wait_and_all_are_answered,
    the_runtime_stays_usable_under_the_lock,
    a_client_that_goes_while_it_waits,
);

const ST: &str = "T1LD0/GGIO1$ST$Policy$inST";
const SP: &str = "T1LD0/GGIO1$SP$Policy$inSP";
const POLICY: &str = "T1LD0/GGIO1$ST$Policy";

fn in_st(model: &IedModel) -> iec61850::DataAttribute {
    attribute(model, "T1LD0/GGIO1.Policy.inST")
}

/// That a client gets no answer for now: it gives up the request, and the association stays.
fn assert_waits(client: &Client) {
    let impatient = client.with_request_timeout(Duration::from_millis(50));
    let result = impatient.read(name(ST));
    assert!(
        matches!(result, Err(ClientError::Timeout { .. })),
        "{result:?}"
    );
}

fn a_client_waits_until_the_model_is_unlocked(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let guard = server.lock_data_model();
    let (answered, answer) = mpsc::channel();
    let reading = std::thread::spawn({
        let client = client.clone();
        move || answered.send(read(&client, ST)).unwrap()
    });
    assert_waits(&client);
    server.update_int32(&in_st(&model), 1).unwrap();
    assert!(answer.try_recv().is_err());
    server.update_int32(&in_st(&model), 2).unwrap();
    drop(guard);
    assert_eq!(answer.recv_timeout(patience()).unwrap(), 2.into());
    reading.join().unwrap();
}

fn writes_wait_too(new: NewServer) {
    let model = bay::model();
    let server = Arc::new(started(new(&model, None).unwrap()));
    let da = attribute(&model, "T1LD0/GGIO1.Policy.inSP");
    server
        .register_write_handler(&da, |_, _, _| Decision::Success)
        .unwrap();
    let client = connect(&server);
    let guard = server.lock_data_model();
    let writing = std::thread::spawn({
        let client = client.clone();
        move || crate::support::write(&client, SP, 5)
    });
    assert_waits(&client);
    assert_eq!(server.get_int32(&da).unwrap(), 0);
    assert!(!writing.is_finished());
    drop(guard);
    writing.join().unwrap();
    assert_eq!(server.get_int32(&da).unwrap(), 5);
}

fn updates_of_other_threads_wait(new: NewServer) {
    let model = bay::model();
    let server = Arc::new(new(&model, None).unwrap());
    let da = in_st(&model);
    let guard = server.lock_data_model();
    let (began, has_begun) = mpsc::channel();
    let threads: Vec<_> = (0..3)
        .map(|what| {
            let (server, da, began) = (server.clone(), da.clone(), began.clone());
            std::thread::spawn(move || {
                began.send(()).unwrap();
                match what {
                    0 => server.update_int32(&da, 9).unwrap(),
                    1 => drop(server.lock_data_model()),
                    _ => assert_eq!(server.get_int32(&da).unwrap() % 8, 1),
                }
            })
        })
        .collect();
    for _ in &threads {
        has_begun.recv_timeout(patience()).unwrap();
    }
    for value in [3, 2, 1] {
        std::thread::yield_now();
        server.update_int32(&da, value).unwrap();
        assert_eq!(server.get_int32(&da).unwrap(), value);
    }
    assert!(threads.iter().all(|thread| !thread.is_finished()));
    drop(guard);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(server.get_int32(&da).unwrap(), 9);
}

fn a_batch_becomes_visible_at_once(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let clients: Vec<_> = (0..4).map(|_| connect(&server)).collect();
    let (a, b) = (
        attribute(&model, "T1LD0/GGIO1.List.pnt(0).x"),
        attribute(&model, "T1LD0/GGIO1.List.pnt(4).y"),
    );
    server.update_float(&b, 0.0).unwrap();
    let (stop, stopped) = mpsc::channel::<()>();
    let readers: Vec<_> = clients
        .into_iter()
        .map(|client| {
            std::thread::spawn(move || {
                let mut seen = 0;
                loop {
                    let value = read(&client, "T1LD0/GGIO1$SP$List$pnt");
                    let element = |index, part| {
                        let element = value.get_element(index).unwrap();
                        element.get_element(part).unwrap().to_float().unwrap()
                    };
                    assert_eq!(element(0, 0), element(4, 1), "half a batch");
                    seen = seen.max(element(0, 0) as i32);
                    if seen == 200 {
                        return;
                    }
                }
            })
        })
        .collect();
    let updating = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                for round in 1..=200 {
                    server.with_data_model(|server| {
                        server.update_float(&a, round as f32).unwrap();
                        std::thread::yield_now();
                        server.update_float(&b, round as f32).unwrap();
                    });
                }
                drop(stop);
            })
            .join()
    });
    updating.unwrap();
    assert!(stopped.recv().is_err());
    for reader in readers {
        reader.join().unwrap();
    }
}

fn the_lock_is_reentrant(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let outer = server.lock_data_model();
    server.lock_data_model_raw();
    let value = server.with_data_model(|server| {
        server.update_int32(&in_st(&model), 4).unwrap();
        server.get_int32(&in_st(&model)).unwrap()
    });
    assert_eq!(value, 4);
    assert_waits(&client);
    drop(outer);
    // One is left.
    assert_waits(&client);
    server.unlock_data_model();
    assert_eq!(read(&client, ST), 4.into());
}

fn unlocking_without_a_lock_does_nothing(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    server.unlock_data_model();
    let guard = server.lock_data_model();
    // Another thread has nothing to unlock.
    std::thread::scope(|scope| {
        scope.spawn(|| server.unlock_data_model());
    });
    assert_waits(&client);
    drop(guard);
    server.unlock_data_model();
    assert_eq!(read(&client, ST), 0.into());
}

fn a_panic_under_the_guard_unlocks(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        server.with_data_model(|_| panic!("on purpose"))
    }));
    assert!(result.is_err());
    assert_eq!(read(&client, ST), 0.into());
}

fn many_clients_wait_and_all_are_answered(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let clients: Vec<_> = (0..30).map(|_| connect(&server)).collect();
    for round in 0..20 {
        let guard = server.lock_data_model();
        let readers: Vec<_> = clients
            .iter()
            .cloned()
            .map(|client| std::thread::spawn(move || read(&client, ST)))
            .collect();
        server.update_int32(&in_st(&model), round).unwrap();
        drop(guard);
        for reader in readers {
            // Those that were quicker than the lock saw the round before.
            let seen = reader.join().unwrap().to_int32().unwrap();
            assert!((round - 1..=round).contains(&seen) || round == 0);
        }
    }
}

/// A lock that is held for long keeps clients from values, and from nothing else.
fn the_runtime_stays_usable_under_the_lock(new: NewServer) {
    let (model, other) = (bay::model(), bay::model());
    let server: IedServer = started(new(&model, None).unwrap());
    let second = started(new(&other, None).unwrap());
    let waiting: Vec<_> = (0..16).map(|_| connect(&server)).collect();
    let client = connect(&second);
    for _ in 0..50 {
        // Requests are on their way at the moment of locking.
        let readers: Vec<_> = waiting
            .iter()
            .cloned()
            .map(|client| std::thread::spawn(move || read(&client, POLICY)))
            .collect();
        let guard = server.lock_data_model();
        // The other server of the process works, and new associations come up there.
        assert_eq!(read(&client, ST), 0.into());
        let new_one = crate::support::try_connect(address(&second), crate::support::patient());
        assert_eq!(read(&new_one.unwrap(), ST), 0.into());
        drop(guard);
        for reader in readers {
            assert!(matches!(reader.join().unwrap(), MmsValue::Structure(_)));
        }
    }
}

fn a_client_that_goes_while_it_waits(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (stays, goes) = (connect(&server), connect(&server));
    let guard = server.lock_data_model();
    assert_waits(&goes);
    goes.abort();
    goes.closed().unwrap();
    drop(guard);
    assert_eq!(read(&stays, ST), 0.into());
    assert!(goes.read(name(ST)).is_err());
}
