//! Blocks 3, 4 and 6 to 9 between two of our sides, on paused time; `s_` is the serving side alone, seen octet by octet, `c_` the asking
//! side against a peer made by hand. Tests are named after the rows of the conformance checklist where there is one.

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod blocked;
mod events;
mod information;
mod programs;
mod series;

use mms::association::{Answered, Handler, Reply};
use mms::net::{Remote, Session};
use mms::pdu::ConfirmedRequest;
use std::sync::{Arc, Mutex};
use tase2::bilateral::BilateralTable;
use tase2::client::Client;
use tase2::endpoint::{Endpoint, EndpointOptions};
use tase2::model::Model;
use tase2::types::TimeStamp;
use tase2::{SteadyClock, VirtualControlCenter};
use tokio::io::duplex;

/// A control centre of this model, for these peers.
pub(crate) fn bench(model: Model, tables: Vec<BilateralTable>) -> support::Bench {
    let clock = SteadyClock::starting_at(TimeStamp::from_seconds(support::EPOCH));
    let vcc = VirtualControlCenter::with_clock(model, tables, Arc::new(clock)).unwrap();
    let mut options = EndpointOptions::default();
    options.keep_alive = None;
    let endpoint = Endpoint::start(&vcc, options, vec![]).unwrap();
    support::Bench { vcc, endpoint }
}

type Answering = dyn FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send;

/// A server made by hand: a closure answers its requests.
pub(crate) struct ByHand(Arc<Mutex<Answering>>);

impl Handler for ByHand {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        (self.0.lock().unwrap())(request, reply)
    }
}

impl Session for ByHand {}

/// Our client on a server made by hand, and the end of that server.
pub(crate) async fn client_of_hand(
    options: tase2::client::ClientOptions,
    answer: impl FnMut(ConfirmedRequest<'_>, Reply<'_>) -> Answered + Send + 'static,
) -> (Client, Remote) {
    let (near, far) = duplex(1 << 16);
    let remote = Remote::new();
    let session = ByHand(Arc::new(Mutex::new(answer)));
    let connection = mms::server::connection(far, Arc::default(), session, remote.clone());
    tokio::spawn(connection.run());
    let client = Client::over(near, options).await.unwrap();
    (client, remote)
}
