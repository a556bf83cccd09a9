//! Two sides in memory, without a socket and without waiting.

use super::*;
use crate::ber::Tag;
use crate::osi::acse::{ApTitle, Authentication};
use crate::pdu::{
    ConfirmedRequest, IdentifyRequest, IdentifyResponse, Initiate, Pdu, RequestService,
    ResponseService, Service, ServiceSupport,
};
use std::time::Duration;

/// Serves identify with a vendor name of its own; remembers what happened.
#[derive(Default)]
struct Peer {
    vendor: String,
    password: Option<&'static [u8]>,
    refuse_conclude: bool,
    defer: bool,
    open: bool,
    vendors_seen: Vec<String>,
    errors_seen: Vec<String>,
    closed: Option<CloseReason>,
}

impl Handler for Peer {
    fn associate(&mut self, indication: &Indication<'_>) -> Result<(), AssociateResult> {
        match (self.password, &indication.request.authentication) {
            (None, _) => Ok(()),
            (Some(wanted), Some(Authentication::Password(given))) if given == wanted => Ok(()),
            (Some(_), None) => Err(AssociateResult::AUTHENTICATION_REQUIRED),
            (Some(_), Some(_)) => Err(AssociateResult::AUTHENTICATION_FAILURE),
        }
    }

    fn established(&mut self, _: &Negotiated) {
        self.open = true;
    }

    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        match request.service {
            _ if self.defer => reply.defer(),
            RequestService::Identify(_) => reply.respond(|w| identity(&self.vendor).encode(w)),
            _ => reply.reject(RejectReason::UNRECOGNIZED_SERVICE),
        }
    }

    fn confirmation(&mut self, _: u32, confirmation: Confirmation<'_>, _: &[u8]) {
        match confirmation {
            Confirmation::Response(response) => {
                let ResponseService::Identify(identity) = response.service else {
                    panic!()
                };
                self.vendors_seen.push(identity.vendor.into_owned());
            }
            Confirmation::Error(error) => self.errors_seen.push(error.to_string()),
            Confirmation::Reject(reason) => self.errors_seen.push(reason.to_string()),
            Confirmation::Malformed(_) => self.errors_seen.push("malformed".into()),
        }
    }

    fn cancel(&mut self, _: u32) -> bool {
        true
    }

    fn conclude(&mut self) -> Result<(), ServiceError> {
        if self.refuse_conclude {
            Err(ServiceError::CONCLUDE_FURTHER_COMMUNICATION)
        } else {
            Ok(())
        }
    }

    fn closed(&mut self, reason: &CloseReason) {
        assert!(self.closed.replace(reason.clone()).is_none());
    }
}

fn identity(vendor: &str) -> IdentifyResponse<'_> {
    IdentifyResponse {
        vendor: vendor.into(),
        model: "m".into(),
        revision: "1".into(),
        abstract_syntaxes: None,
    }
}

struct Pair {
    client: Association,
    server: Association,
    client_peer: Peer,
    server_peer: Peer,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    now: Instant,
}

impl Pair {
    fn new(client: Config, server: Config, call: CallParameters) -> Self {
        let now = Instant::now();
        let mut to_server = vec![];
        Pair {
            client: Association::calling(Arc::new(client), call, now, &mut to_server),
            server: Association::called(Arc::new(server), now),
            client_peer: Peer {
                vendor: "client".into(),
                ..Peer::default()
            },
            server_peer: Peer {
                vendor: "server".into(),
                ..Peer::default()
            },
            to_server,
            to_client: vec![],
            now,
        }
    }

    fn open() -> Self {
        let mut pair = Self::new(
            Config::default(),
            Config::default(),
            CallParameters::default(),
        );
        pair.run();
        assert!(pair.client.is_open() && pair.server.is_open());
        pair
    }

    /// Moves octets until nothing is under way, `step` octets at a time.
    fn run_in_steps(&mut self, step: usize) {
        let (mut at_server, mut at_client) = (vec![], vec![]);
        while !self.to_server.is_empty() || !self.to_client.is_empty() {
            let count = step.min(self.to_server.len());
            at_server.extend(self.to_server.drain(..count));
            let used = self.server.handle_input(
                self.now,
                &at_server,
                &mut self.to_client,
                &mut self.server_peer,
            );
            at_server.drain(..used);
            let count = step.min(self.to_client.len());
            at_client.extend(self.to_client.drain(..count));
            let used = self.client.handle_input(
                self.now,
                &at_client,
                &mut self.to_server,
                &mut self.client_peer,
            );
            at_client.drain(..used);
        }
    }

    fn run(&mut self) {
        self.run_in_steps(usize::MAX);
    }

    fn identify(&mut self) -> u32 {
        self.client
            .request(&mut self.to_server, |w| IdentifyRequest.encode(w))
            .unwrap()
    }

    /// Sends one MMS PDU to the server as it is and gives what comes back, decoded for reading.
    fn raw(&mut self, mms: &[u8]) -> String {
        assert!(
            self.client
                .framing
                .send(&mut self.to_server, |w| w.raw(mms))
        );
        let used = self.server.handle_input(
            self.now,
            &self.to_server,
            &mut self.to_client,
            &mut self.server_peer,
        );
        assert_eq!(used, self.to_server.len());
        self.to_server.clear();
        let answer = std::mem::take(&mut self.to_client);
        if answer.is_empty() {
            return "nothing".into();
        }
        let tsdu = &answer[7..];
        let crate::osi::session::Spdu::Data(data) = session::decode(tsdu).unwrap() else {
            return "no data".into();
        };
        let (_, mms) = presentation::decode_user_data(data)
            .unwrap()
            .first()
            .unwrap();
        format!("{:?}", Pdu::decode(mms).unwrap())
    }
}

#[test]
fn both_sides_serve_and_ask() {
    let mut pair = Pair::open();
    assert!(pair.client_peer.open && pair.server_peer.open);
    pair.identify();
    pair.server
        .request(&mut pair.to_client, |w| IdentifyRequest.encode(w))
        .unwrap();
    pair.run();
    assert_eq!(pair.client_peer.vendors_seen, ["server"]);
    assert_eq!(pair.server_peer.vendors_seen, ["client"]);
}

#[test]
fn any_segmentation_of_the_stream_and_any_tpdu_size() {
    for exponent in [7, 8, 10, 13, 15] {
        for step in [1, 3, 100] {
            let config = Config {
                tpdu_size: 1 << exponent,
                ..Config::default()
            };
            let mut pair = Pair::new(config, Config::default(), CallParameters::default());
            pair.server_peer.vendor = "v".repeat(3000);
            pair.run_in_steps(step);
            pair.identify();
            pair.identify();
            pair.run_in_steps(step);
            assert_eq!(pair.client_peer.vendors_seen.len(), 2, "{exponent} {step}");
        }
    }
}

#[test]
fn the_smaller_of_everything_is_agreed_on() {
    let client = Config {
        max_pdu_size: 1000,
        max_outstanding_calling: 9,
        max_outstanding_called: 1,
        nesting_level: 3,
        ..Config::default()
    };
    let mut pair = Pair::new(client, Config::default(), CallParameters::default());
    pair.run();
    let (c, s) = (
        pair.client.negotiated().unwrap(),
        pair.server.negotiated().unwrap(),
    );
    assert_eq!((c.max_pdu_size, s.max_pdu_size), (1000, 1000));
    assert_eq!((c.max_outstanding_ours, c.max_outstanding_theirs), (5, 1));
    assert_eq!((s.max_outstanding_ours, s.max_outstanding_theirs), (1, 5));
    assert_eq!((c.nesting_level, s.nesting_level), (3, 3));
    for _ in 0..5 {
        pair.identify();
    }
    assert_eq!(pair.client.request_capacity(), 0);
    assert_eq!(
        pair.client
            .request(&mut pair.to_server, |w| IdentifyRequest.encode(w)),
        Err(SendError::TooManyOutstanding)
    );
    pair.run();
    assert_eq!(pair.client.request_capacity(), 5);
}

#[test]
fn an_answer_larger_than_agreed_becomes_an_error() {
    let client = Config {
        max_pdu_size: 200,
        ..Config::default()
    };
    let mut pair = Pair::new(client, Config::default(), CallParameters::default());
    pair.server_peer.vendor = "v".repeat(300);
    pair.run();
    pair.identify();
    pair.run();
    assert_eq!(
        pair.client_peer.errors_seen,
        [ServiceError::PDU_SIZE.to_string()]
    );
    let too_long = pair
        .client
        .request(&mut pair.to_server, |w| w.raw(&[0; 300]));
    assert_eq!(too_long, Err(SendError::TooLong));
    assert!(pair.to_server.is_empty());
}

#[test]
fn a_malformed_request_for_a_service_that_is_not_there_is_unrecognized() {
    // reportEventEnrollmentStatus without a name.
    let pdu = [0xa0, 6, 2, 1, 1, 0xbf, 0x3c, 0];
    for (services, reason) in [
        (vec![], RejectReason::UNRECOGNIZED_SERVICE),
        (
            vec![Service::ReportEventEnrollmentStatus],
            RejectReason::INVALID_ARGUMENT,
        ),
    ] {
        let server = Config {
            services: ServiceSupport::of(&services),
            ..Config::default()
        };
        let mut pair = Pair::new(Config::default(), server, CallParameters::default());
        pair.run();
        assert!(pair.raw(&pdu).contains(&format!("{reason:?}")));
    }
}

#[test]
fn messages_longer_than_agreed_are_rejected_and_not_kept() {
    let server = Config {
        max_pdu_size: 1000,
        ..Config::default()
    };
    let mut pair = Pair::new(Config::default(), server, CallParameters::default());
    pair.run();
    pair.client.framing.max_pdu_size = 1 << 20;
    let long = vec![0x04; 500_000];
    assert!(
        pair.client
            .framing
            .send(&mut pair.to_server, |w| w.raw(&long))
    );
    pair.run();
    assert!(pair.server.is_open() && pair.server.reassembly.capacity() == 0);
    pair.identify();
    pair.run();
    assert_eq!(pair.client_peer.vendors_seen, ["server"]);
    assert!(pair.raw(&vec![0xa0; 2000]).contains("Reject"));
}

#[test]
fn orderly_end() {
    let mut pair = Pair::open();
    pair.client.conclude(pair.now, &mut pair.to_server).unwrap();
    pair.run();
    assert_eq!(pair.client.close_reason(), Some(&CloseReason::Released));
    assert_eq!(pair.server.close_reason(), Some(&CloseReason::Released));
    assert_eq!(pair.client_peer.closed, Some(CloseReason::Released));
    assert_eq!(
        pair.client
            .request(&mut pair.to_server, |w| IdentifyRequest.encode(w)),
        Err(SendError::NotOpen)
    );
}

#[test]
fn the_called_side_may_end_it_too() {
    let mut pair = Pair::open();
    pair.server.conclude(pair.now, &mut pair.to_client).unwrap();
    pair.run();
    assert_eq!(pair.client.close_reason(), Some(&CloseReason::Released));
    assert_eq!(pair.server.close_reason(), Some(&CloseReason::Released));
}

#[test]
fn conclude_can_be_refused() {
    let mut pair = Pair::open();
    pair.server_peer.refuse_conclude = true;
    pair.client.conclude(pair.now, &mut pair.to_server).unwrap();
    pair.run();
    assert!(pair.client.is_open() && pair.server.is_open());
}

#[test]
fn conclude_waits_for_the_answers_that_are_due() {
    let mut pair = Pair::open();
    pair.server_peer.defer = true;
    let id = pair.identify();
    pair.run();
    pair.client.conclude(pair.now, &mut pair.to_server).unwrap();
    pair.run();
    assert!(pair.client.is_open() && pair.server.is_open());
    pair.server
        .respond(&mut pair.to_client, id, |w| identity("late").encode(w))
        .unwrap();
    pair.client.conclude(pair.now, &mut pair.to_server).unwrap();
    pair.run();
    assert_eq!(pair.client_peer.vendors_seen, ["late"]);
    assert_eq!(pair.client.close_reason(), Some(&CloseReason::Released));
}

#[test]
fn no_service_after_conclude() {
    let mut pair = Pair::open();
    let answer = pair.raw(&[0x8b, 0]);
    assert_eq!(answer, "ConcludeResponse");
    let answer = pair.raw(&[0xa0, 5, 2, 1, 1, 0x82, 0]);
    assert!(answer.contains("Reject"), "{answer}");
    // A peer that never releases is let go after a while.
    let late = pair.now + Duration::from_secs(11);
    pair.server
        .handle_timeout(late, &mut pair.to_client, &mut pair.server_peer);
    assert_eq!(pair.server.close_reason(), Some(&CloseReason::Released));
}

#[test]
fn abort_from_either_side() {
    let mut pair = Pair::open();
    pair.client
        .abort(&mut pair.to_server, &mut pair.client_peer);
    pair.run();
    assert_eq!(pair.client.close_reason(), Some(&CloseReason::Aborted));
    assert_eq!(
        pair.server.close_reason(),
        Some(&CloseReason::AbortedByPeer)
    );
    let mut pair = Pair::open();
    pair.server
        .abort(&mut pair.to_client, &mut pair.server_peer);
    pair.run();
    assert_eq!(
        pair.client.close_reason(),
        Some(&CloseReason::AbortedByPeer)
    );
}

#[test]
fn passwords() {
    for (given, wanted) in [
        (Some(&b"secret"[..]), None),
        (
            Some(&b"wrong"[..]),
            Some(AssociateResult::AUTHENTICATION_FAILURE),
        ),
        (None, Some(AssociateResult::AUTHENTICATION_REQUIRED)),
    ] {
        let call = CallParameters {
            authentication: given.map(|p| Authentication::Password(p.to_vec())),
            ..CallParameters::default()
        };
        let mut pair = Pair::new(Config::default(), Config::default(), call);
        pair.server_peer.password = Some(b"secret");
        pair.run();
        assert_eq!(
            pair.client.close_reason().cloned(),
            wanted.map(CloseReason::Refused)
        );
        assert_eq!(
            pair.server.close_reason().cloned(),
            wanted.map(CloseReason::Refused)
        );
    }
}

#[test]
fn the_context_that_was_proposed_is_answered() {
    for (name, taken) in [
        (None, true),
        (Some("1.0.9506.2.3"), true),
        (Some("1.0.9506.1.1"), true),
        (Some("1.0.9506.9.9"), false),
    ] {
        let call = CallParameters {
            context_name: name.map(|name| name.parse().unwrap()),
            ..CallParameters::default()
        };
        let mut pair = Pair::new(Config::default(), Config::default(), call);
        pair.run_in_steps(usize::MAX);
        assert_eq!(pair.client.is_open(), taken, "{name:?}");
        if taken {
            let caller = pair.server.caller().unwrap();
            let name = name.unwrap_or("1.0.9506.2.3").parse().unwrap();
            assert_eq!(caller.context_name, Some(name));
        } else {
            let reason = CloseReason::Refused(AssociateResult::CONTEXT_NOT_SUPPORTED);
            assert_eq!(pair.client.close_reason(), Some(&reason));
        }
    }
}

#[test]
fn titles_reach_the_called_side() {
    let title = ApTitle::Identifier("1.1.1.999".parse().unwrap());
    let mut client = Config::default();
    client.local.ap_title = Some(title.clone());
    client.local.ae_qualifier = Some(12.into());
    let mut pair = Pair::new(client, Config::default(), CallParameters::default());
    pair.run();
    let caller = pair.server.caller().unwrap();
    assert_eq!(caller.calling_ap_title, Some(title));
    assert_eq!(caller.calling_ae_qualifier, Some(12.into()));
}

#[test]
fn version_zero_is_refused_with_an_initiate_error() {
    let initiate = Initiate {
        local_detail: None,
        max_outstanding_calling: 1,
        max_outstanding_called: 1,
        nesting_level: None,
        version: 0,
        parameters: Config::default().parameters,
        services: Config::default().services,
    };
    let config = Config::default();
    assert_eq!(
        establish::answer(&config, &initiate),
        Err(ServiceError::INITIATE_OTHER)
    );
    let one = Initiate {
        version: 1,
        ..initiate
    };
    let granted = establish::answer(&config, &one).unwrap();
    assert_eq!(
        (granted.local_detail, granted.nesting_level),
        (Some(65_000), Some(10))
    );
}

#[test]
fn deferred_requests_are_answered_later_counted_and_cancelled() {
    let server = Config {
        max_outstanding_calling: 2,
        ..Config::default()
    };
    let mut pair = Pair::new(Config::default(), server, CallParameters::default());
    pair.server_peer.defer = true;
    pair.run();
    let ids = [pair.identify(), pair.identify()];
    pair.run();
    assert!(
        pair.raw(&[0xa0, 5, 2, 1, 99, 0x82, 0]).contains("code: 6"),
        "one too many"
    );
    assert!(
        pair.raw(&[0xa0, 5, 2, 1, ids[0] as u8, 0x82, 0])
            .contains("code: 3"),
        "id in use"
    );
    pair.server
        .respond(&mut pair.to_client, ids[1], |w| identity("later").encode(w))
        .unwrap();
    pair.client.cancel(&mut pair.to_server, ids[0]).unwrap();
    pair.run();
    assert_eq!(pair.client_peer.vendors_seen, ["later"]);
    assert_eq!(pair.client_peer.errors_seen, ["service cancelled"]);
    assert_eq!(
        pair.server
            .respond_error(&mut pair.to_client, ids[0], ServiceError::OTHERS),
        Err(SendError::UnknownInvokeId)
    );
}

#[test]
fn every_odd_pdu_is_answered() {
    let mut pair = Pair::open();
    for (mms, answer) in [
        // A confirmed service that is not decoded.
        (
            &[0xa0, 6, 2, 1, 2, 0xbf, 0x3f, 0][..],
            "RejectReason { kind: 1, code: 1 }",
        ),
        // An unknown PDU type.
        (&[0xaf, 0], "RejectReason { kind: 5, code: 0 }"),
        // A length that points behind the end.
        (&[0xa0, 0x7f, 2, 1, 5], "RejectReason { kind: 5, code: 1 }"),
        // Cancel of a request that is not there.
        (&[0x85, 1, 9], "CancelError"),
        // An unconfirmed service nobody asked for.
        (&[0xa3, 5, 0xa0, 3, 0xa0, 1, 0], "Reject"),
        // Initiate where it does not belong.
        (
            &[
                0xa8, 0x15, 0x81, 1, 5, 0x82, 1, 5, 0xa4, 13, 0x80, 1, 1, 0x81, 3, 5, 0xf1, 0,
                0x82, 3, 3, 0xee, 0x1c,
            ],
            "RejectReason { kind: 5, code: 2 }",
        ),
    ] {
        let got = pair.raw(mms);
        assert!(got.contains(answer), "{mms:02x?}: {got}");
        assert!(pair.server.is_open());
    }
}

#[test]
fn nobody_has_to_wait_for_ever() {
    let now = Instant::now();
    let mut out = vec![];
    let mut peer = Peer::default();
    let mut server = Association::called(Arc::new(Config::default()), now);
    assert_eq!(server.deadline(), Some(now + Duration::from_secs(10)));
    server.handle_timeout(now + Duration::from_secs(9), &mut out, &mut peer);
    assert!(server.close_reason().is_none());
    server.handle_timeout(now + Duration::from_secs(10), &mut out, &mut peer);
    assert_eq!(server.close_reason(), Some(&CloseReason::TimedOut));
    assert_eq!(Pair::open().server.deadline(), None);
}

#[test]
fn output_is_bounded_while_a_peer_floods() {
    let mut pair = Pair::open();
    pair.server_peer.vendor = "v".repeat(2000);
    let mut flood = vec![];
    for _ in 0..1000 {
        pair.client
            .framing
            .send(&mut flood, |w| w.raw(&[0xa0, 5, 2, 1, 1, 0x82, 0]));
    }
    let mut out = vec![];
    let used = pair
        .server
        .handle_input(pair.now, &flood, &mut out, &mut pair.server_peer);
    assert!(used < flood.len() && out.len() < OUTPUT_HIGH_WATER + 4096);
    let mut answers = 0;
    let mut at = used;
    while at < flood.len() {
        out.clear();
        let used =
            pair.server
                .handle_input(pair.now, &flood[at..], &mut out, &mut pair.server_peer);
        assert!(used > 0);
        at += used;
        answers += 1;
    }
    assert!(answers > 10);
}

#[test]
fn output_is_bounded_while_one_message_holds_many_requests() {
    let mut pair = Pair::open();
    pair.server_peer.vendor = "v".repeat(5000);
    pair.client.send_tsdu(&mut pair.to_server, |out| {
        out.extend(session::DATA_PREFIX);
        let mut requests = vec![];
        for _ in 0..1000 {
            let w = &mut Writer::unbounded(&mut requests);
            w.raw(&[0x30, 12, 2, 1, 3, 0xa0, 7, 0xa0, 5, 2, 1, 1, 0x82, 0]);
        }
        let user_data = Tag::application_constructed(1);
        Writer::unbounded(out).primitive(user_data, &requests);
    });
    let mut out = vec![];
    pair.server
        .handle_input(pair.now, &pair.to_server, &mut out, &mut pair.server_peer);
    assert!(out.len() < OUTPUT_HIGH_WATER + 6000, "{}", out.len());
    assert_eq!(
        pair.server.close_reason(),
        Some(&CloseReason::Unexpected("PDUs in one message"))
    );
}

#[test]
fn a_handshake_cut_anywhere_leaves_the_other_side_waiting_or_closed() {
    // What a client sends to open an association, in one piece.
    let mut pair = Pair::open();
    pair.identify();
    let opening = {
        let mut pair = Pair::new(
            Config::default(),
            Config::default(),
            CallParameters::default(),
        );
        let mut sent = pair.to_server.clone();
        let mut out = vec![];
        pair.server
            .handle_input(pair.now, &pair.to_server, &mut out, &mut pair.server_peer);
        let mut more = vec![];
        pair.client
            .handle_input(pair.now, &out, &mut more, &mut pair.client_peer);
        sent.extend(more);
        sent
    };
    for cut in 0..=opening.len() {
        let mut server = Association::called(Arc::new(Config::default()), pair.now);
        let mut peer = Peer::default();
        let mut out = vec![];
        server.handle_input(pair.now, &opening[..cut], &mut out, &mut peer);
        assert_eq!(server.is_open(), cut == opening.len());
        server.handle_end_of_stream(&mut peer);
        assert_eq!(peer.closed, Some(CloseReason::ConnectionLost));
    }
    // And with one octet changed at a time: no panic, and an end that is typed.
    for at in 0..opening.len() {
        let mut changed = opening.clone();
        changed[at] ^= 0x55;
        let mut server = Association::called(Arc::new(Config::default()), pair.now);
        server.handle_input(pair.now, &changed, &mut vec![], &mut Peer::default());
    }
}

/// A server with five requests of the client before it, none of them answered.
fn silent() -> (Pair, Vec<u32>) {
    let mut pair = Pair::open();
    let ids = (0..5).map(|_| pair.identify()).collect();
    pair.to_server.clear();
    assert_eq!(pair.client.request_capacity(), 0);
    (pair, ids)
}

impl Pair {
    /// Sends one MMS PDU from the server to the client as it is.
    fn raw_answer(&mut self, mms: &[u8]) {
        self.server.framing.max_pdu_size = usize::MAX >> 1;
        assert!(
            self.server
                .framing
                .send(&mut self.to_client, |w| w.raw(mms))
        );
        self.run();
    }
}

#[test]
fn an_answer_that_cannot_be_decoded_is_an_answer() {
    let (mut pair, ids) = silent();
    let [id, error_id, long_id, ..] = ids[..] else {
        panic!()
    };
    // A read response whose list ends too early, and an error without a class.
    pair.raw_answer(&[0xa1, 7, 2, 1, id as u8, 0xa4, 2, 0xa1, 9]);
    pair.raw_answer(&[0xa2, 5, 0x80, 1, error_id as u8, 0xa2, 0]);
    // One that is longer than negotiated.
    let mut long = vec![];
    pdu::write_confirmed_response(&mut Writer::unbounded(&mut long), long_id, |w| {
        identity(&"v".repeat(65_100)).encode(w);
    });
    pair.raw_answer(&long);
    assert_eq!(pair.client_peer.errors_seen, ["malformed"; 3]);
    assert_eq!(pair.client.request_capacity(), 3);
    assert!(pair.client.is_open() && pair.server.is_open());
}

#[test]
fn requests_that_were_given_up_make_room() {
    let (mut pair, ids) = silent();
    for id in &ids {
        assert!(pair.client.abandon(*id));
        assert!(!pair.client.abandon(*id));
    }
    assert_eq!(pair.client.request_capacity(), 5);
    pair.identify();
    pair.run();
    assert_eq!(pair.client_peer.vendors_seen, ["server"]);
    // A late answer is nobody's.
    let mut late = vec![];
    pdu::write_confirmed_response(&mut Writer::unbounded(&mut late), ids[0], |w| {
        identity("late").encode(w);
    });
    pair.raw_answer(&late);
    pair.raw_answer(&late);
    assert_eq!(pair.client_peer.vendors_seen, ["server"]);
    assert_eq!(pair.client.request_capacity(), 5);
    // What is remembered of them is bounded.
    for _ in 0..1000 {
        let id = pair.identify();
        pair.client.abandon(id);
    }
    assert_eq!(pair.client.abandoned.len(), ABANDONED);
}

#[test]
fn both_sides_may_end_it_at_once() {
    let mut pair = Pair::open();
    pair.client.conclude(pair.now, &mut pair.to_server).unwrap();
    pair.server.conclude(pair.now, &mut pair.to_client).unwrap();
    pair.run();
    assert_eq!(pair.client.close_reason(), Some(&CloseReason::Released));
    assert_eq!(pair.server.close_reason(), Some(&CloseReason::Released));
}

#[test]
fn finish_releases_whatever_is_in_it() {
    let abort = |w: &mut Writer<'_>| acse::write_abort(w, 0);
    let mut other_acse = vec![];
    presentation::write_user_data(&mut Writer::unbounded(&mut other_acse), 1, abort);
    let mut other_context = vec![];
    presentation::write_user_data(&mut Writer::unbounded(&mut other_context), 77, abort);
    for content in [
        &b""[..],
        &[0x31, 0],
        &[0x61, 9],
        &other_acse,
        &other_context,
    ] {
        let mut pair = Pair::open();
        pair.client.send_tsdu(&mut pair.to_server, |out| {
            session::write_finish(out, content)
        });
        // The answer is DISCONNECT.
        pair.client.state = State::Releasing;
        pair.run();
        assert_eq!(pair.server.close_reason(), Some(&CloseReason::Released));
        assert_eq!(pair.client.close_reason(), Some(&CloseReason::Released));
    }
}

#[test]
fn a_peer_cannot_raise_what_was_proposed() {
    let modest = Config {
        max_outstanding_calling: 2,
        max_outstanding_called: 1,
        ..Config::default()
    };
    let mut pair = Pair::new(modest, Config::default(), CallParameters::default());
    // What the server answers to a caller that proposes more.
    let mut other = Pair::new(
        Config::default(),
        Config::default(),
        CallParameters::default(),
    );
    let mut answers = vec![];
    while !other.client.is_open() {
        let sent = std::mem::take(&mut other.to_server);
        let (now, out) = (other.now, &mut other.to_client);
        other
            .server
            .handle_input(now, &sent, out, &mut other.server_peer);
        answers.extend_from_slice(out);
        let sent = std::mem::take(out);
        let out = &mut other.to_server;
        other
            .client
            .handle_input(now, &sent, out, &mut other.client_peer);
    }
    pair.to_client = answers;
    pair.client.handle_input(
        pair.now,
        &pair.to_client,
        &mut vec![],
        &mut pair.client_peer,
    );
    let c = pair.client.negotiated().unwrap();
    assert_eq!((c.max_outstanding_ours, c.max_outstanding_theirs), (2, 1));
}
