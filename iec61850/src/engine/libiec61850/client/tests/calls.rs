//! Calls that are under way when the association ends.

use super::{Deaf, PATIENCE, connected, served};
use crate::IedClientError;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// What is done there may have had its answer before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_returns_as_the_association_ends_has_its_result() {
    let (server, _model) = served();
    let connection = connected(server.local_address().unwrap(), Arc::new(Deaf)).await;
    let (begins, begun) = channel();
    let watched = connection.clone();
    let calling = connection.clone();
    let call = tokio::spawn(async move {
        let call = move |_, _: &mut _| {
            begins.send(()).unwrap();
            while watched.close_reason().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            // Others have seen it, too.
            std::thread::sleep(Duration::from_millis(50));
            7
        };
        calling.call(call).await
    });
    super::next(&begun);
    connection.abort();
    assert_eq!(call.await.unwrap().unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_does_not_return_ends_with_the_association() {
    let (server, _model) = served();
    let connection = connected(server.local_address().unwrap(), Arc::new(Deaf)).await;
    let (begins, begun) = channel();
    let (end, ends) = channel::<()>();
    let calling = connection.clone();
    let call = tokio::spawn(async move {
        let call = move |_, _: &mut _| {
            begins.send(()).unwrap();
            // It is let go when the test is over.
            let _ = ends.recv_timeout(PATIENCE);
        };
        calling.call(call).await
    });
    super::next(&begun);
    connection.abort();
    let failure = call.await.unwrap().unwrap_err();
    assert_eq!(failure.code(), IedClientError::ConnectionLost);
    drop(end);
}
