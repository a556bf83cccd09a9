//! Calling peers, and calling them again.

use super::{Call, Shared, links};
use crate::client::Sink;
use crate::event::Event;
use crate::server::{Admission, Link};
use mms::association::CallParameters;
use mms::osi::acse::{AeQualifier, ApTitle};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

/// Calls a peer until the endpoint stops.
pub(super) async fn keep_calling(shared: Arc<Shared>, call: Call) {
    let mut wait = shared.options.retry_first;
    loop {
        let attempt = async {
            for address in &call.addresses {
                match associate(&shared, &call, address).await {
                    Ok(()) => return None,
                    Err(reason) => {
                        tracing::debug!(peer = %call.peer, address, reason, "not reached");
                        if Some(address) == call.addresses.last() {
                            return Some((address.clone(), reason));
                        }
                    }
                }
            }
            None
        };
        let failed = attempt.await;
        if *shared.stop.borrow() || shared.vcc.core.table_named(&call.peer).is_none() {
            return;
        }
        match failed {
            None => wait = shared.options.retry_first,
            Some((address, reason)) => shared.vcc.core.emit(Event::NotReached {
                peer: call.peer.clone(),
                address,
                reason,
                again_in: wait,
            }),
        }
        tokio::select! {
            () = sleep(wait) => {}
            () = shared.stopping() => return,
        }
        wait = longer(wait, shared.options.retry_longest);
    }
}

fn longer(wait: Duration, longest: Duration) -> Duration {
    wait.saturating_mul(2).min(longest)
}

/// One association, to its end. The error says why there was none.
async fn associate(shared: &Arc<Shared>, call: &Call, address: &str) -> Result<(), String> {
    let (table, options) = prepare(shared, call)?;
    let sink = shared.sink();
    let mut link = None;
    let connecting = mms::client::Client::connect_with(address, options, |remote| {
        let session = shared.session(Admission::Calling { table }, remote, &sink);
        link = Some(session.link());
        session
    });
    let client = tokio::select! {
        client = connecting => client.map_err(|error| error.to_string())?,
        () = shared.stopping() => return Ok(()),
    };
    use_to_the_end(shared, client, link, sink).await
}

/// One association over a stream that is there, to its end.
pub(super) async fn associate_over<T>(shared: Arc<Shared>, call: Call, stream: T)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let over = async {
        let (table, options) = prepare(&shared, &call)?;
        let sink = shared.sink();
        let mut link = None;
        let connecting = mms::client::Client::over_with(stream, options, |remote| {
            let session = shared.session(Admission::Calling { table }, remote, &sink);
            link = Some(session.link());
            session
        });
        let client = tokio::select! {
            client = connecting => client.map_err(|error| error.to_string())?,
            () = shared.stopping() => return Ok(()),
        };
        use_to_the_end(&shared, client, link, sink).await
    };
    if let Err(reason) = over.await {
        let (peer, wait) = (call.peer.clone(), Duration::ZERO);
        shared.vcc.core.emit(Event::NotReached {
            peer,
            address: "a stream".to_owned(),
            reason,
            again_in: wait,
        });
    }
}

/// The place of the table of a peer, and how it is called.
fn prepare(shared: &Shared, call: &Call) -> Result<(usize, mms::client::ClientOptions), String> {
    let Some((table, known)) = shared.vcc.core.table_named(&call.peer) else {
        return Err("there is no bilateral table".to_owned());
    };
    let mut remote_address = call.remote.clone();
    let identity = &known.config.identity;
    if remote_address.ap_title.is_none() {
        remote_address.ap_title = identity.ap_title.clone().map(ApTitle::Identifier);
    }
    if remote_address.ae_qualifier.is_none() {
        remote_address.ae_qualifier = identity.ae_qualifier.map(AeQualifier::Number);
    }
    let mut parameters = CallParameters::default();
    parameters.remote = remote_address;
    parameters.context_name = call.context_name.clone();
    let mut options = mms::client::ClientOptions::default();
    options.config = shared.config.clone();
    options.call = parameters;
    options.connect_timeout = shared.options.request_timeout;
    options.request_timeout = shared.options.request_timeout;
    options.keepalive = shared.options.listener.keepalive;
    Ok((table, options))
}

async fn use_to_the_end(
    shared: &Arc<Shared>,
    client: mms::client::Client,
    link: Option<Arc<OnceLock<Link>>>,
    sink: Arc<Sink>,
) -> Result<(), String> {
    let link = link.as_ref().and_then(|link| link.get());
    let Some(link) = link else {
        return Err("the association was given up".to_owned());
    };
    tokio::select! {
        () = links::run(shared, client.clone(), link, sink) => {}
        () = shared.stopping() => {}
    }
    if client.close_reason().is_none() {
        let remote = client.remote();
        if remote.conclude().is_ok() {
            let grace = shared.options.grace;
            let _ = tokio::time::timeout(grace, client.closed()).await;
        }
        // It is over already if this fails.
        let _ = remote.abort();
        client.closed().await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_a_limit() {
        let mut wait = Duration::from_secs(1);
        let waits: Vec<u64> = (0..8)
            .map(|_| {
                let now = wait.as_secs();
                wait = longer(wait, Duration::from_secs(60));
                now
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
