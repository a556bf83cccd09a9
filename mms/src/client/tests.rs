//! The client against peers that lie, on an in-memory stream and paused time. What it does with
//! an honest peer is tested with the server, in `tests/client_server.rs`.

use super::*;
use crate::association::{Answered, Confirmation, Handler, Reply};
use crate::pdu::{ConfirmedRequest, ObjectScope, UnconfirmedService};
use crate::{MmsValue, ObjectName, RejectReason, ServiceError};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{DuplexStream, duplex};
use tokio::time::{Instant, sleep};

/// A server that answers every request with what a closure makes of it.
struct Liar<F>(F);

impl<F: FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send> Handler for Liar<F> {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        (self.0)(request, reply)
    }

    fn confirmation(&mut self, _: u32, _: Confirmation<'_>, _: &[u8]) {}

    fn unconfirmed(&mut self, _: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        Ok(())
    }
}

impl<F: FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send> Session for Liar<F> {}

fn serve<F>(stream: DuplexStream, answer: F) -> Remote
where
    F: FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send + 'static,
{
    let remote = Remote::new();
    let association = Association::called(Arc::default(), Instant::now().into_std());
    let connection = Connection::new(stream, association, Liar(answer), vec![], remote.clone());
    tokio::spawn(connection.run());
    remote
}

async fn client_of<F>(answer: F) -> (Client, Remote)
where
    F: FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send + 'static,
{
    let (near, far) = duplex(4096);
    let remote = serve(far, answer);
    let client = Client::over(near, ClientOptions::default()).await.unwrap();
    (client, remote)
}

#[tokio::test(start_paused = true)]
async fn futures_can_be_spawned() {
    let (client, _) = client_of(|_, reply| reply.reject(RejectReason::UNRECOGNIZED_SERVICE)).await;
    let task = tokio::spawn(async move {
        let names = client.domain_names().await;
        let value = client.read(ObjectName::Vmd("v")).await;
        let many = client.read_many([ObjectName::Vmd("v")]).await;
        let down = client.download("f", &mut vec![]).await;
        (names.is_err(), value.is_err(), many.is_err(), down.is_err())
    });
    assert_eq!(task.await.unwrap(), (true, true, true, true));
}
