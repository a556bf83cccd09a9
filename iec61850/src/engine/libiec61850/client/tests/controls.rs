//! Objects for control, and the handlers of terminations.

use super::{Deaf, PATIENCE, connected, next, served};
use crate::client::Termination;
use crate::engine::libiec61850::client::{CControl, Command, Settings};
use crate::{ControlHandlerResult, ControlModel, IedModel, IedServer, OrCat};
use mms::MmsValue;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, TryRecvError, channel};
use std::time::Duration;

const REFERENCE: &str = "GOLDLD1/GGIO1.SPCSO3";

/// Has commands of the object succeed.
fn controlled((server, model): &(IedServer, IedModel)) {
    let object = model.node_by_reference(REFERENCE).unwrap();
    let object = object.into_data_object().unwrap();
    server
        .register_control_handler(&object, |_, _, _, _| ControlHandlerResult::Ok)
        .unwrap();
}

async fn operate(control: &CControl) {
    let settings = Settings {
        model: ControlModel::DirectEnhanced,
        or_ident: vec![],
        or_cat: OrCat::StationControl,
        test: false,
        interlock_check: false,
        synchro_check: false,
        constant_t: false,
    };
    let command = Command::Operate(MmsValue::Boolean(true), 0);
    let done = control.command(settings, command).await.unwrap();
    assert!(done.is_ok());
}

/// What `Destroyed::destroy` rests on: the library destroys no object whose handler it is calling. And
/// what the handler is given is freed then, not with the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_outlives_the_handler_that_is_called_for_it() {
    let served = served();
    controlled(&served);
    let connection = connected(served.0.local_address().unwrap(), Arc::new(Deaf)).await;
    let (begins, begun) = channel();
    let (end, ends) = channel();
    let (freed, is_freed) = channel::<()>();
    let ends = parking_lot::Mutex::new(ends);
    let ended = move |_| {
        let _freed_with_it = &freed;
        begins.send(()).unwrap();
        ends.lock().recv_timeout(PATIENCE).unwrap();
    };
    let control = connection
        .control(REFERENCE, Box::new(ended))
        .await
        .unwrap();
    operate(&control).await;
    next(&begun);
    drop(control);
    let waited = is_freed.recv_timeout(Duration::from_millis(300));
    assert_eq!(waited, Err(RecvTimeoutError::Timeout));
    end.send(()).unwrap();
    let waited = is_freed.recv_timeout(PATIENCE);
    assert_eq!(waited, Err(RecvTimeoutError::Disconnected));
    connection.identify().await.unwrap();
}

/// For `cargo xtask valgrind`: nothing is used that is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_are_dropped_as_their_terminations_come() {
    let served = served();
    controlled(&served);
    let connection = connected(served.0.local_address().unwrap(), Arc::new(Deaf)).await;
    let heard = Arc::new(AtomicUsize::new(0));
    for _ in 0..50 {
        let counted = heard.clone();
        let ended = move |termination| {
            assert_eq!(termination, Termination::Positive);
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let control = connection
            .control(REFERENCE, Box::new(ended))
            .await
            .unwrap();
        operate(&control).await;
    }
    connection.identify().await.unwrap();
}

/// An object that nobody waits for any more is destroyed when it has been made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_that_are_given_up_are_destroyed() {
    let served = served();
    let connection = connected(served.0.local_address().unwrap(), Arc::new(Deaf)).await;
    let (freed, is_freed) = channel::<()>();
    let ended = move |_| {
        let _freed_with_it = &freed;
    };
    let locked = served.0.lock_data_model();
    let making = {
        let connection = connection.clone();
        tokio::spawn(async move { connection.control(REFERENCE, Box::new(ended)).await })
    };
    // Until the request is under way.
    while connection.connection.permits.available_permits() == connection.width() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    making.abort();
    assert!(making.await.is_err());
    // It is being made still, and what it is given goes with it.
    assert_eq!(is_freed.try_recv(), Err(TryRecvError::Empty));
    drop(locked);
    let waited = is_freed.recv_timeout(PATIENCE);
    assert_eq!(waited, Err(RecvTimeoutError::Disconnected));
    connection.identify().await.unwrap();
}

/// Panics when it is dropped, too.
struct Spiteful;

impl Drop for Spiteful {
    fn drop(&mut self) {
        // A payload that takes no memory: this one cannot be freed.
        std::panic::panic_any(());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn panics_in_handlers_end_there() {
    let served = served();
    controlled(&served);
    let connection = connected(served.0.local_address().unwrap(), Arc::new(Deaf)).await;
    let (tell, told) = channel();
    let ended = move |_| {
        tell.send(()).unwrap();
        std::panic::panic_any(Spiteful);
    };
    let control = connection
        .control(REFERENCE, Box::new(ended))
        .await
        .unwrap();
    for _ in 0..2 {
        operate(&control).await;
        next(&told);
    }
    connection.identify().await.unwrap();
}
