//! A server that answers what a function makes of a request, and asks of its own accord.

use mms::association::{Answered, Association, Handler, Reply};
use mms::net::{Connection, Remote, Session};
use mms::pdu::{ConfirmedRequest, NameListWriter, RequestService};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpListener;

type Answer = Arc<dyn Fn(ConfirmedRequest<'_>, Reply<'_>, &Remote) -> Answered + Send + Sync>;

struct Liar {
    answer: Answer,
    remote: Remote,
}

impl Handler for Liar {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        match request.service {
            // What the engine asks to see whether the association is open.
            RequestService::GetNameList(_) => reply.respond(|w| {
                let mut list = NameListWriter::begin(w);
                list.push(w, "LD");
                list.end(w, false);
            }),
            _ => (self.answer)(request, reply, &self.remote),
        }
    }
}

impl Session for Liar {}

/// Serves whoever comes.
pub(super) async fn listening<F>(answer: F) -> SocketAddr
where
    F: Fn(ConfirmedRequest<'_>, Reply<'_>, &Remote) -> Answered + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer: Answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let association = Association::called(Arc::default(), Instant::now());
            let remote = Remote::new();
            let liar = Liar {
                answer: answer.clone(),
                remote: remote.clone(),
            };
            let connection = Connection::new(stream, association, liar, vec![], remote);
            tokio::spawn(connection.run());
        }
    });
    address
}
