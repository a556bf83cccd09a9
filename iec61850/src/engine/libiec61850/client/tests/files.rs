//! Files in both directions, with servers that do not keep to what they were asked for.

use super::liar::listening;
use super::{Deaf, PATIENCE, connected, next};
use crate::IedClientError;
use crate::client::engine::Failure;
use crate::engine::libiec61850::client::CConnection;
use libiec61850_sys as sys;
use mms::ServiceError;
use mms::ber::Writer;
use mms::net::Remote;
use mms::pdu::{
    FileOpenRequest, FileReadResponse, ObtainFileResponse, Pdu, RequestService, ResponseService,
};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// What the server is told of each request for a file.
type Wanted = (String, u32, Remote);

/// A connection to a server that is asked to fetch files.
async fn fetching() -> (CConnection, Receiver<Wanted>) {
    let (tell, wanted) = channel();
    let tell = parking_lot::Mutex::new(tell);
    let address = listening(move |request, reply, remote| match request.service {
        RequestService::ObtainFile(obtain) => {
            let source = obtain.source.to_text().into_owned();
            let wanted = (source, request.invoke_id, remote.clone());
            tell.lock().send(wanted).unwrap();
            reply.defer()
        }
        _ => reply.error(ServiceError::OBJECT_NON_EXISTENT),
    })
    .await;
    (connected(address, Arc::new(Deaf)).await, wanted)
}

/// The size of a file of the client as it tells the server.
async fn size(remote: &Remote, name: &str) -> Option<u32> {
    let mut service = Vec::new();
    let open = FileOpenRequest {
        name: name.into(),
        initial_position: 0,
    };
    open.encode(&mut Writer::unbounded(&mut service));
    let answer = remote.request(service).await.ok()?;
    match Pdu::decode(&answer) {
        Ok(Pdu::ConfirmedResponse(response)) => match response.service {
            ResponseService::FileOpen(open) => Some(open.attributes.size),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn fetched((_, invoke_id, remote): &Wanted) {
    let mut response = Vec::new();
    ObtainFileResponse.encode(&mut Writer::unbounded(&mut response));
    remote.respond(*invoke_id, Ok(response)).unwrap();
}

/// Each folder has a file of that many octets, under the same name, and another one.
fn folders<const N: usize>(sizes: [usize; N]) -> [tempfile::TempDir; N] {
    sizes.map(|size| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("records")).unwrap();
        for name in ["records/one.dat", "records/other.dat"] {
            std::fs::write(folder.path().join(name), vec![7; size]).unwrap();
        }
        folder
    })
}

const NAME: &str = "records/one.dat";

fn upload(
    connection: &CConnection,
    folder: &tempfile::TempDir,
) -> tokio::task::JoinHandle<Result<(), Failure>> {
    let (connection, base) = (connection.clone(), folder.path().to_owned());
    tokio::spawn(async move { connection.obtain_file(&base, NAME, "x").await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_can_open_what_is_uploaded_to_it_and_only_then() {
    let (connection, wanted) = fetching().await;
    let [folder] = folders([5]);
    let upload = upload(&connection, &folder);
    let request = next(&wanted);
    let (source, _, remote) = &request;
    assert_eq!(source, NAME);
    assert_eq!(size(remote, NAME).await, Some(5));
    for name in ["records/other.dat", "one.dat", "../records/one.dat"] {
        assert_eq!(size(remote, name).await, None, "{name}");
    }
    fetched(&request);
    upload.await.unwrap().unwrap();
    assert_eq!(size(remote, NAME).await, None);
    assert!(!connection.connection.uploads.folder.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_from_two_folders_at_once() {
    let (connection, wanted) = fetching().await;
    let folders = folders([5, 6]);
    let upload = |at: usize| upload(&connection, &folders[at]);
    let first = upload(0);
    let request = next(&wanted);
    let second = upload(1);
    // Time to do harm.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(size(&request.2, NAME).await, Some(5));
    fetched(&request);
    first.await.unwrap().unwrap();
    let request = next(&wanted);
    assert_eq!(size(&request.2, NAME).await, Some(6));
    fetched(&request);
    second.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_given_up_has_its_turn_to_its_end() {
    let (connection, wanted) = fetching().await;
    let folders = folders([5, 6]);
    let upload = |at: usize| upload(&connection, &folders[at]);
    let first = upload(0);
    let request = next(&wanted);
    first.abort();
    assert!(first.await.is_err());
    let second = upload(1);
    assert_eq!(size(&request.2, NAME).await, Some(5));
    fetched(&request);
    let request = next(&wanted);
    assert_eq!(size(&request.2, NAME).await, Some(6));
    // And who waits for a turn does not wait for an association that is over.
    let third = upload(0);
    request.2.abort().unwrap();
    for upload in [second, third] {
        let error = upload.await.unwrap().unwrap_err();
        assert_eq!(error.code(), IedClientError::ConnectionLost);
    }
}

struct Gate {
    begins: Sender<()>,
    ends: Receiver<()>,
}

unsafe extern "C" fn wait(parameter: *mut c_void, _: i32, _: *mut u8, _: u32) {
    // SAFETY: the parameter is the gate of the test, which waits for the end of its call.
    let gate = unsafe { &*parameter.cast::<Gate>() };
    gate.begins.send(()).unwrap();
    gate.ends.recv_timeout(PATIENCE).unwrap();
}

/// What `file_read` rests on: the library's one thread calls back and decides that the time is up, so that no
/// request is over while its callback runs, nor is called back afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_is_taken_before_its_request_is_over() {
    const SHORT: Duration = Duration::from_millis(50);
    let address = listening(|request, reply, _| match request.service {
        RequestService::FileRead(_) => {
            let block = FileReadResponse {
                data: b"block",
                more_follows: true,
            };
            reply.respond(|w| block.encode(w))
        }
        RequestService::Identify(_) => reply.ignore(),
        _ => reply.error(ServiceError::OBJECT_NON_EXISTENT),
    })
    .await;
    for is_aborted in [false, true] {
        let connection = connected(address, Arc::new(Deaf)).await;
        let connection = connection.with_request_timeout(SHORT);
        let (begins, begun) = channel();
        let (end, ends) = channel();
        let gate = Gate { begins, ends };
        let reading = connection.clone();
        let read = tokio::spawn(async move {
            let read = reading.call_to_the_end(move |raw, errors| {
                // SAFETY: the connection is alive, and the gate during the call.
                unsafe {
                    sys::MmsConnection_fileRead(
                        raw.mms(),
                        &raw mut errors.mms,
                        1,
                        Some(wait),
                        (&raw const gate).cast_mut().cast(),
                    )
                }
            });
            read.await
        });
        next(&begun);
        let other = connection.clone();
        let other = tokio::spawn(async move { other.identify().await });
        if is_aborted {
            connection.abort();
        }
        tokio::time::sleep(6 * SHORT).await;
        assert!(!read.is_finished());
        assert!(!other.is_finished());
        end.send(()).unwrap();
        assert!(read.await.unwrap().unwrap());
        assert!(other.await.unwrap().is_err());
    }
}
