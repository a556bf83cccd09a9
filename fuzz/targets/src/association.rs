//! Both sides of an association with anything at the other end.
//!
//! Whatever comes in: nothing panics, the output stays bounded and is valid in every layer, what
//! the application answers arrives exactly once, no answer is invented for requests of our own,
//! and there is one end.

use crate::wire::{self, HANDSHAKE};
use mms::association::{
    Answered, Association, CallParameters, CloseReason, Config, Confirmation, Handler, Indication,
    Negotiated, OUTPUT_HIGH_WATER, Reply, SendError,
};
use mms::osi::acse::AssociateResult;
use mms::osi::tpkt;
use mms::pdu::{ConfirmedRequest, IdentifyRequest, IdentifyResponse, Pdu, UnconfirmedService};
use mms::{RejectReason, ServiceError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bits of the first octet of the input.
mod flag {
    /// A valid handshake comes first.
    pub(super) const HANDSHAKE: u8 = 1;
    /// The rest are MMS PDUs as of [`crate::wire::pieces`], not a stream.
    pub(super) const FRAMED: u8 = 2;
    /// What the application does with requests, two bits.
    pub(super) const ANSWERS: u8 = 12;
    /// Small sizes and counts are negotiated.
    pub(super) const SMALL: u8 = 16;
    /// The application refuses conclude.
    pub(super) const NO_CONCLUDE: u8 = 32;
    /// The application refuses associations without authentication.
    pub(super) const AUTHENTICATED: u8 = 64;
    /// The application sends requests of its own.
    pub(super) const REQUESTS: u8 = 128;
}

/// The application's own reject, which the association never sends.
const OWN_REJECT: RejectReason = RejectReason { kind: 1, code: 77 };
/// The output of the last packet that is worked on may come on top of the high-water mark: one
/// message of the largest size in the smallest TPDUs.
const MAX_OUTPUT: usize = OUTPUT_HIGH_WATER + 80_000;
/// Octets of the longest answer of the application.
const LONG_ANSWER: usize = 5_000;

struct Application {
    flags: u8,
    established: usize,
    closed: Option<CloseReason>,
    /// Requests taken.
    taken: Vec<u32>,
    /// Those of them that are not answered yet.
    deferred: Vec<u32>,
    /// Our own requests that are not answered yet.
    outstanding: Vec<u32>,
}

impl Application {
    fn new(flags: u8) -> Self {
        Application {
            flags,
            established: 0,
            closed: None,
            taken: vec![],
            deferred: vec![],
            outstanding: vec![],
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
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

impl Handler for Application {
    fn associate(&mut self, indication: &Indication<'_>) -> Result<(), AssociateResult> {
        if self.has(flag::AUTHENTICATED) && indication.request.authentication.is_none() {
            return Err(AssociateResult::AUTHENTICATION_REQUIRED);
        }
        Ok(())
    }

    fn established(&mut self, negotiated: &Negotiated) {
        assert!(negotiated.max_pdu_size >= 64);
        self.established += 1;
    }

    fn request(&mut self, request: ConfirmedRequest<'_>, mut reply: Reply<'_>) -> Answered {
        assert_eq!(request.invoke_id, reply.invoke_id());
        self.taken.push(request.invoke_id);
        let turn = match self.flags & flag::ANSWERS {
            0 => 0,
            4 => 1,
            8 => 4,
            _ => self.taken.len() % 7,
        };
        match turn {
            0 => reply.respond(|w| identity("v").encode(w)),
            1 => reply.respond(|w| identity(&"v".repeat(LONG_ANSWER)).encode(w)),
            2 => reply.error(ServiceError::OBJECT_NON_EXISTENT),
            3 => reply.reject(OWN_REJECT),
            4 => {
                self.deferred.push(request.invoke_id);
                reply.defer()
            }
            5 => reply.try_respond(|w| {
                identity("dropped").encode(w);
                Err(ServiceError::OTHERS)
            }),
            _ => {
                reply.send_unconfirmed(|w| w.raw(&[0xa0, 0]));
                reply.error(ServiceError::OTHERS)
            }
        }
    }

    fn unconfirmed(&mut self, service: UnconfirmedService<'_>) -> Result<(), RejectReason> {
        assert!(!format!("{service:?}").is_empty());
        Ok(())
    }

    fn confirmation(&mut self, invoke_id: u32, confirmation: Confirmation<'_>, pdu: &[u8]) {
        assert!(!format!("{confirmation:?}").is_empty());
        let malformed = matches!(confirmation, Confirmation::Malformed(_));
        assert!(malformed || Pdu::decode(pdu).is_ok());
        let at = self.outstanding.iter().position(|id| *id == invoke_id);
        self.outstanding
            .swap_remove(at.expect("an answer to a request that is not outstanding"));
    }

    fn cancel(&mut self, invoke_id: u32) -> bool {
        let at = self.deferred.iter().position(|id| *id == invoke_id);
        let at = at.expect("cancel of a request that is not deferred");
        if invoke_id.is_multiple_of(2) {
            self.deferred.swap_remove(at);
        }
        invoke_id.is_multiple_of(2)
    }

    fn conclude(&mut self) -> Result<(), ServiceError> {
        // What is outstanding has to be answered first.
        if self.has(flag::NO_CONCLUDE) || !self.deferred.is_empty() {
            Err(ServiceError::CONCLUDE_FURTHER_COMMUNICATION)
        } else {
            Ok(())
        }
    }

    fn closed(&mut self, reason: &CloseReason) {
        assert!(self.closed.replace(reason.clone()).is_none());
        assert!(!reason.to_string().is_empty());
    }
}

fn config(flags: u8) -> Arc<Config> {
    let mut config = Config::default();
    if flags & flag::SMALL != 0 {
        config.tpdu_size = 128;
        config.max_pdu_size = 300;
        config.max_outstanding_calling = 2;
        config.max_outstanding_called = 2;
        config.nesting_level = 2;
    }
    Arc::new(config)
}

pub(crate) fn called(data: &[u8]) {
    let [flags, cuts, rest @ ..] = data else {
        return;
    };
    let now = Instant::now();
    let association = Association::called(config(*flags), now);
    let stream = stream(*flags, &HANDSHAKE.calling, rest);
    Run::new(association, *flags, *cuts, vec![], now).run(&stream);
}

pub(crate) fn calling(data: &[u8]) {
    let [flags, cuts, rest @ ..] = data else {
        return;
    };
    let now = Instant::now();
    let mut out = vec![];
    let call = CallParameters::default();
    let association = Association::calling(config(*flags), call, now, &mut out);
    let stream = stream(*flags, &HANDSHAKE.called, rest);
    Run::new(association, *flags, *cuts, out, now).run(&stream);
}

fn stream(flags: u8, handshake: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut stream = vec![];
    if flags & flag::HANDSHAKE != 0 {
        stream.extend(handshake);
    }
    if flags & flag::FRAMED != 0 {
        wire::pieces(rest).for_each(|mms| wire::frame(&mut stream, mms));
    } else {
        stream.extend(rest);
    }
    stream
}

struct Run {
    association: Association,
    application: Application,
    now: Instant,
    cuts: u32,
    /// What came in and was not used yet.
    waiting: Vec<u8>,
    /// What the peer has not taken yet.
    out: Vec<u8>,
    /// What the peer has taken.
    sent: Vec<u8>,
}

impl Run {
    fn new(association: Association, flags: u8, cuts: u8, out: Vec<u8>, now: Instant) -> Self {
        Run {
            association,
            application: Application::new(flags),
            now,
            cuts: u32::from(cuts),
            waiting: vec![],
            out,
            sent: vec![],
        }
    }

    fn run(mut self, stream: &[u8]) {
        let mut rest = stream;
        while !rest.is_empty() {
            let piece;
            (piece, rest) = rest.split_at(self.next_cut(rest.len()));
            self.waiting.extend(piece);
            while self.take_input() {}
            if self.application.has(flag::REQUESTS) {
                self.act();
            }
        }
        self.end();
    }

    /// How much of the stream comes in next; all of it if the input says so with zero.
    fn next_cut(&mut self, length: usize) -> usize {
        if self.cuts == 0 {
            return length;
        }
        self.cuts = self.cuts.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        // Mostly small pieces, now and then a large one.
        let limit = if self.cuts & 0x7000 == 0 { 4_000 } else { 40 };
        (1 + (self.cuts >> 16) as usize % limit).min(length)
    }

    /// Whether there may be more to do, now that the output is out of the way.
    fn take_input(&mut self) -> bool {
        let used = self.association.handle_input(
            self.now,
            &self.waiting,
            &mut self.out,
            &mut self.application,
        );
        let paused = self.out.len() >= OUTPUT_HIGH_WATER;
        assert!(self.out.len() <= MAX_OUTPUT, "{} octets", self.out.len());
        self.waiting.drain(..used);
        self.sent.append(&mut self.out);
        if self.association.close_reason().is_none() && !paused {
            assert_eq!(tpkt::split(&self.waiting), Ok(None), "a packet is left");
        }
        paused && used > 0
    }

    /// Something the application does on its own.
    fn act(&mut self) {
        let open = self.association.is_open();
        let out = &mut self.out;
        match self.cuts >> 12 & 7 {
            0..=2 => {
                let capacity = self.association.request_capacity();
                match self.association.request(out, |w| IdentifyRequest.encode(w)) {
                    Ok(id) => {
                        assert!(open && capacity > 0);
                        self.application.outstanding.push(id);
                    }
                    Err(SendError::NotOpen) => assert!(!open),
                    Err(error) => {
                        assert_eq!((error, capacity), (SendError::TooManyOutstanding, 0));
                    }
                }
            }
            3 => {
                if let Some(id) = self.application.outstanding.last() {
                    let done = self.association.cancel(out, *id);
                    assert_eq!(done.is_ok(), open);
                }
            }
            4 | 5 => self.answer_deferred(),
            6 => {
                let done = self.association.unconfirmed(out, |w| w.raw(&[0xa0, 0]));
                assert_eq!(done.is_ok(), open);
            }
            _ => {
                // Only now and then, or nothing else is ever tried.
                if self.cuts >> 20 & 7 == 0 {
                    let done = self.association.conclude(self.now, out);
                    assert_eq!(done.is_ok(), open);
                }
            }
        }
        self.sent.append(&mut self.out);
    }

    fn answer_deferred(&mut self) {
        let Some(id) = self.application.deferred.pop() else {
            return;
        };
        let done = if id.is_multiple_of(3) {
            self.association
                .respond_error(&mut self.out, id, ServiceError::OTHERS)
        } else {
            let vendor = "v".repeat(if id.is_multiple_of(5) { LONG_ANSWER } else { 1 });
            self.association
                .respond(&mut self.out, id, |w| identity(&vendor).encode(w))
        };
        match done {
            Ok(()) => {}
            Err(SendError::NotOpen) => {
                assert!(!self.association.is_open());
                self.application.deferred.push(id);
            }
            Err(error) => panic!("deferred request {id}: {error}"),
        }
        self.sent.append(&mut self.out);
    }

    fn end(mut self) {
        if self.association.is_open() {
            while !self.application.deferred.is_empty() {
                self.answer_deferred();
            }
        }
        if self.cuts & 1 == 0 {
            let late = self.now + Duration::from_secs(60);
            let had_deadline = self.association.deadline().is_some();
            self.association
                .handle_timeout(late, &mut self.out, &mut self.application);
            assert_eq!(self.association.deadline(), None);
            assert!(!had_deadline || self.association.close_reason().is_some());
        }
        self.association.handle_end_of_stream(&mut self.application);
        self.sent.append(&mut self.out);
        let reason = self.association.close_reason();
        assert!(reason.is_some());
        assert_eq!(reason, self.application.closed.as_ref());
        assert!(!self.association.is_open());
        assert!(self.application.established <= 1);
        self.check_output();
    }

    /// All that was sent is valid, and has one answer to each request that was taken.
    fn check_output(&self) {
        let limit = match self.association.negotiated() {
            Some(negotiated) => negotiated.max_pdu_size as usize,
            None => 0,
        };
        let mut balance: BTreeMap<u32, i32> = BTreeMap::new();
        for id in &self.application.taken {
            *balance.entry(*id).or_default() += 1;
        }
        for id in &self.application.deferred {
            *balance.entry(*id).or_default() -= 1;
        }
        let mut contexts = vec![];
        let (tsdus, used) = wire::tsdus(&self.sent);
        assert_eq!(used, self.sent.len());
        for tsdu in &tsdus {
            wire::open_tsdu(tsdu, &mut |context, mms| {
                contexts.push(context);
                assert!(mms.len() <= limit, "{} octets of {limit}", mms.len());
                match Pdu::decode(mms) {
                    Ok(Pdu::ConfirmedResponse(response)) => {
                        *balance.entry(response.invoke_id).or_default() -= 1;
                    }
                    Ok(
                        Pdu::ConfirmedError { invoke_id, .. }
                        | Pdu::Reject {
                            invoke_id: Some(invoke_id),
                            reason: OWN_REJECT,
                        },
                    ) => *balance.entry(invoke_id).or_default() -= 1,
                    Ok(_) => {}
                    // What stands in for the information report of an application.
                    Err(_) => assert_eq!(mms, [0xa3, 2, 0xa0, 0]),
                }
            });
        }
        contexts.dedup();
        assert!(contexts.len() <= 1, "presentation contexts {contexts:?}");
        balance.retain(|_, count| *count != 0);
        assert!(
            balance.is_empty(),
            "answers missing or too many: {balance:?}"
        );
    }
}
