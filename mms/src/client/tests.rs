//! The client against peers that lie, on an in-memory stream and paused time. What it does with
//! an honest peer is tested with the server, in `tests/client_server`.

use super::*;
use crate::association::{Answered, Handler, Reply};
use crate::ber::Tag;
use crate::pdu::{
    ConfirmedRequest, DirectoryEntry, FileAttributes, FileDirectoryWriter, FileOpenResponse,
    FileReadResponse, IdentifyResponse, NameListWriter, ReadJournalWriter, WriteResponseWriter,
    write_failure, write_journal_entry,
};
use crate::{BinaryTime, DataAccessError, MmsValue, ObjectName, RejectReason};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;

/// A server that answers every request with what a function makes of it.
struct Liar<F>(F);

impl<F: FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send> Handler for Liar<F> {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        (self.0)(request, reply)
    }
}

impl<F: FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send> Session for Liar<F> {}

async fn client_of<F>(answer: F) -> Client
where
    F: FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send + 'static,
{
    let (near, far) = duplex(4096);
    let association = Association::called(Arc::default(), Instant::now().into_std());
    let connection = Connection::new(far, association, Liar(answer), vec![], Remote::new());
    tokio::spawn(connection.run());
    Client::over(near, ClientOptions::default()).await.unwrap()
}

fn names(reply: Reply<'_>, names: &[&str], more_follows: bool) -> Answered {
    reply.respond(|w| {
        let mut response = NameListWriter::begin(w);
        for name in names {
            response.push(w, name);
        }
        response.end(w, more_follows);
    })
}

#[tokio::test(start_paused = true)]
async fn futures_can_be_spawned() {
    let client = client_of(|_, reply| reply.reject(RejectReason::UNRECOGNIZED_SERVICE)).await;
    let task = tokio::spawn(async move {
        let names = client.domain_names().await;
        let value = client.read(ObjectName::Vmd("v")).await;
        let many = client.read_many([ObjectName::Vmd("v")]).await;
        let down = client.download("f", &mut vec![]).await;
        (names.is_err(), value.is_err(), many.is_err(), down.is_err())
    });
    assert_eq!(task.await.unwrap(), (true, true, true, true));
}

#[tokio::test(start_paused = true)]
async fn the_response_of_another_service() {
    // Status is answered to everything, and identify to status.
    let client = client_of(|request, reply| match request.service {
        RequestService::Status(_) => reply.respond(|w| {
            IdentifyResponse {
                vendor: "".into(),
                model: "".into(),
                revision: "".into(),
                abstract_syntaxes: None,
            }
            .encode(w);
        }),
        _ => reply.respond(|w| {
            StatusResponse {
                logical: 0,
                physical: 0,
                local_detail: None,
            }
            .encode(w);
        }),
    })
    .await;
    let name = ObjectName::Vmd("v");
    let value = MmsValue::Boolean(true);
    for result in [
        client.status(false).await.map(drop),
        client.identify().await.map(drop),
        client.domain_names().await.map(drop),
        client.get_capability_list().await.map(drop),
        client.get_domain_attributes("d").await.map(drop),
        client.get_variable_access_attributes(name).await.map(drop),
        client.read(name).await.map(drop),
        client.read_many([name, name]).await.map(drop),
        client.read_list(name).await.map(drop),
        client.read_list_with_members(name).await.map(drop),
        client.write(name, &value).await,
        client.write_many([(name, &value)]).await.map(drop),
        client.write_list(name, &[]).await.map(drop),
        client.define_named_variable_list(name, [name]).await,
        client
            .get_named_variable_list_attributes(name)
            .await
            .map(drop),
        client.delete_named_variable_lists(&[name]).await.map(drop),
        client.file_open("f", 0).await.map(drop),
        client.file_read(1).await.map(drop),
        client.file_close(1).await,
        client.file_delete("f").await,
        client.file_rename("f", "g").await,
        client.file_directory(None).await.map(drop),
        client.obtain_file("f", "g").await,
        client.download("f", &mut vec![]).await.map(drop),
        client
            .read_journal(name, JournalQuery::default())
            .await
            .map(drop),
        client.initialize_journal(name, None, None).await.map(drop),
        client.report_journal_status(name).await.map(drop),
    ] {
        assert!(
            matches!(result, Err(ClientError::Unexpected { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn another_number_of_results() {
    for count in [0, 1, 3] {
        let client = client_of(move |request, reply| match request.service {
            RequestService::Read(_) => reply.respond(|w| {
                let response = crate::pdu::ReadResponseWriter::begin(w, None);
                for _ in 0..count {
                    write_failure(w, DataAccessError::HardwareFault);
                }
                response.end(w);
            }),
            _ => reply.respond(|w| {
                let mut response = WriteResponseWriter::begin(w);
                for _ in 0..count {
                    response.push(w, Ok(()));
                }
                response.end(w);
            }),
        })
        .await;
        let name = ObjectName::Vmd("v");
        let value = MmsValue::Boolean(true);
        let two = [(name, &value), (name, &value)];
        for result in [
            client.read_many([name, name]).await.map(drop),
            client.write_many(two).await.map(drop),
            client
                .write_list(name, &[value.clone(), value.clone()])
                .await
                .map(drop),
        ] {
            assert!(
                matches!(result, Err(ClientError::Unexpected { .. })),
                "{result:?}"
            );
        }
        let one = client.read(name).await;
        if count == 1 {
            assert!(matches!(one, Err(ClientError::Access { .. })));
        } else {
            assert!(matches!(one, Err(ClientError::Unexpected { .. })));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_answers_and_none_at_all() {
    // A response cut off in the middle, and one to a request that was never sent.
    for answer in [&[0xa2, 4, 0x80, 9][..], &[]] {
        let answer = answer.to_vec();
        let client = client_of(move |_, reply| match answer.as_slice() {
            [] => reply.ignore(),
            octets => reply.respond(|w| w.raw(octets)),
        })
        .await;
        let before = Instant::now();
        let result = client.identify().await;
        assert!(
            matches!(
                result,
                Err(ClientError::Timeout { .. }
                    | ClientError::Malformed { .. }
                    | ClientError::Reject { .. })
            ),
            "{result:?}"
        );
        assert!(before.elapsed().as_secs() <= 5);
        assert_eq!(client.close_reason(), None);
        let impatient = client.with_request_timeout(Duration::from_millis(10));
        let before = Instant::now();
        assert!(impatient.identify().await.is_err());
        assert!(before.elapsed().as_secs() < 1);
    }
}

#[tokio::test(start_paused = true)]
async fn name_lists_without_end() {
    // The same names again, names in a circle, and always new ones.
    let client = client_of(|_, reply| names(reply, &["a", "b"], true)).await;
    let result = client.domain_names().await;
    assert!(matches!(result, Err(ClientError::Unexpected { .. })));

    let client = client_of(|request, reply| match request.service {
        RequestService::GetNameList(list) => match list.continue_after {
            Some("a") => names(reply, &["b"], true),
            Some("b") => names(reply, &["c"], true),
            _ => names(reply, &["a"], true),
        },
        _ => reply.ignore(),
    })
    .await;
    let result = client.domain_names().await;
    assert!(matches!(result, Err(ClientError::Unexpected { .. })));

    let client = client_of(|_, reply| names(reply, &[], true)).await;
    let result = client.domain_names().await;
    assert!(matches!(result, Err(ClientError::Unexpected { .. })));

    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let (near, far) = duplex(4096);
    let liar = Liar(move |_: ConfirmedRequest<'_>, reply: Reply<'_>| {
        let part = count.fetch_add(1, Ordering::SeqCst);
        let fresh: Vec<String> = (0..100).map(|i| format!("n{part}_{i}")).collect();
        let fresh: Vec<&str> = fresh.iter().map(String::as_str).collect();
        names(reply, &fresh, true)
    });
    let association = Association::called(Arc::default(), Instant::now().into_std());
    tokio::spawn(Connection::new(far, association, liar, vec![], Remote::new()).run());
    let mut options = ClientOptions::default();
    options.limits.names = 1000;
    let client = Client::over(near, options).await.unwrap();
    let result = client.domain_names().await;
    assert!(matches!(
        result,
        Err(ClientError::Limit { limit: 1000, .. })
    ));
    assert!(asked.load(Ordering::SeqCst) <= 11);
}

#[tokio::test(start_paused = true)]
async fn directories_and_journals_without_end() {
    let attributes = FileAttributes {
        size: u32::MAX,
        last_modified: None,
    };
    let client = client_of(move |request, reply| match request.service {
        RequestService::FileDirectory(_) => reply.respond(|w| {
            let name = "f".into();
            let mut response = FileDirectoryWriter::begin(w);
            response.push(w, &DirectoryEntry { name, attributes });
            response.end(w, true);
        }),
        _ => reply.respond(|w| {
            let mut response = ReadJournalWriter::begin(w);
            response.push(w, |w| {
                write_journal_entry(w, b"1", BinaryTime::default(), |_| {});
            });
            response.end(w, true);
        }),
    })
    .await;
    let result = client.file_directory(None).await;
    assert!(matches!(result, Err(ClientError::Unexpected { .. })));
    let journal = ObjectName::Vmd("j");
    let result = client.read_journal(journal, JournalQuery::default()).await;
    assert!(matches!(result, Err(ClientError::Unexpected { .. })));
}

#[tokio::test(start_paused = true)]
async fn files_without_end() {
    for block in [&[7; 1000][..], &[]] {
        let closed = Arc::new(AtomicUsize::new(0));
        let count = closed.clone();
        let (near, far) = duplex(4096);
        let liar =
            Liar(
                move |request: ConfirmedRequest<'_>, reply: Reply<'_>| match request.service {
                    RequestService::FileOpen(_) => reply.respond(|w| {
                        FileOpenResponse {
                            frsm_id: -1,
                            attributes: FileAttributes {
                                size: u32::MAX,
                                last_modified: Some("not a time"),
                            },
                        }
                        .encode(w);
                    }),
                    RequestService::FileRead(_) => reply.respond(|w| {
                        FileReadResponse {
                            data: block,
                            more_follows: true,
                        }
                        .encode(w);
                    }),
                    _ => {
                        count.fetch_add(1, Ordering::SeqCst);
                        reply.ignore()
                    }
                },
            );
        let association = Association::called(Arc::default(), Instant::now().into_std());
        tokio::spawn(Connection::new(far, association, liar, vec![], Remote::new()).run());
        let mut options = ClientOptions::default();
        options.limits.file_size = 10_500;
        let client = Client::over(near, options).await.unwrap();
        let mut copy = vec![];
        match client.download("f", &mut copy).await {
            Err(ClientError::Limit { limit: 10_500, .. }) => assert_eq!(copy.len(), 10_000),
            Err(ClientError::Unexpected { .. }) => assert!(block.is_empty()),
            other => panic!("{other:?}"),
        }
        // The file is closed all the same.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(closed.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn octets_that_are_no_association() {
    for octets in [
        &b"SSH-2.0-OpenSSH\r\n"[..],
        &[3, 0, 0, 7, 2, 0xf0, 0x80],
        &[],
    ] {
        let (near, mut far) = duplex(4096);
        let octets = octets.to_vec();
        tokio::spawn(async move {
            far.write_all(&octets).await.unwrap();
            if octets.is_empty() {
                drop(far);
            } else {
                let _ = far.read_to_end(&mut vec![]).await;
            }
        });
        let result = Client::over(near, ClientOptions::default()).await;
        assert!(matches!(result, Err(ClientError::Refused(_))), "{result:?}");
    }
    // And a peer that says nothing.
    let (near, _far): (DuplexStream, _) = duplex(4096);
    let options = ClientOptions {
        connect_timeout: Duration::from_secs(1),
        ..ClientOptions::default()
    };
    let result = Client::over(near, options).await;
    assert!(matches!(result, Err(ClientError::ConnectTimeout(_))));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_goes_while_requests_wait() {
    let (near, far) = duplex(4096);
    let association = Association::called(Arc::default(), Instant::now().into_std());
    let liar = Liar(|_: ConfirmedRequest<'_>, reply: Reply<'_>| reply.ignore());
    let server = tokio::spawn(Connection::new(far, association, liar, vec![], Remote::new()).run());
    let client = Client::over(near, ClientOptions::default()).await.unwrap();
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.identify().await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(10)).await;
    server.abort();
    for request in waiting {
        let result = request.await.unwrap();
        assert!(
            matches!(
                result,
                Err(ClientError::Closed(CloseReason::ConnectionLost))
            ),
            "{result:?}"
        );
    }
    assert_eq!(client.closed().await, CloseReason::ConnectionLost);
}

#[tokio::test(start_paused = true)]
async fn unconfirmed_services_nobody_knows_are_rejected_and_do_no_harm() {
    let (near, far) = duplex(4096);
    let remote = Remote::new();
    let association = Association::called(Arc::default(), Instant::now().into_std());
    let liar = Liar(|_: ConfirmedRequest<'_>, reply: Reply<'_>| names(reply, &["d"], false));
    tokio::spawn(Connection::new(far, association, liar, vec![], remote.clone()).run());
    let client = Client::over(near, ClientOptions::default()).await.unwrap();
    let event = encode(|w| w.primitive(Tag::context_constructed(2), &[]));
    for _ in 0..100 {
        remote.unconfirmed(event.clone(), usize::MAX).unwrap();
    }
    assert_eq!(client.domain_names().await.unwrap(), ["d"]);
}
