//! The recorded server: answers the requests of one connection with the PDUs of the recording.

use super::recording::Event;
use mms::association::{Answered, Association, Handler, Reply};
use mms::net::{Connection, Remote, Session};
use mms::osi::{cotp, presentation, session, tpkt};
use mms::pdu::{
    ConfirmedRequest, FileCloseRequest, FileReadRequest, Pdu, RequestService, ResponseService,
};
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use tokio::io::DuplexStream;

/// An MMS PDU of the recording.
#[derive(Clone, Debug)]
pub(crate) enum Recorded {
    Request(Vec<u8>),
    /// An answer, or something unconfirmed.
    Server(Vec<u8>),
}

/// The PDUs of a connection, in order of time, each with the number of its event.
pub(crate) fn pdus(events: &[Event], connection: u32) -> Vec<(usize, Recorded)> {
    let mut streams = [Vec::new(), Vec::new()];
    let mut messages = [Vec::new(), Vec::new()];
    let mut pdus = Vec::new();
    for (at, event) in events.iter().enumerate() {
        let (side, bytes) = match event {
            Event::Send(number, bytes) if *number == connection => (0, bytes),
            Event::Answer(number, bytes) if *number == connection => (1, bytes),
            _ => continue,
        };
        streams[side].extend_from_slice(bytes);
        while let Ok(Some((payload, length))) = tpkt::split(&streams[side]) {
            if let Ok(cotp::Tpdu::Data { data, end }) = cotp::decode(payload) {
                messages[side].extend_from_slice(data);
                if end {
                    let message = std::mem::take(&mut messages[side]);
                    if let Some(pdu) = mms_pdu(&message) {
                        pdus.push((
                            at,
                            match side {
                                0 => Recorded::Request(pdu),
                                _ => Recorded::Server(pdu),
                            },
                        ));
                    }
                }
            }
            streams[side].drain(..length);
        }
    }
    pdus
}

fn mms_pdu(message: &[u8]) -> Option<Vec<u8>> {
    let Ok(session::Spdu::Data(data)) = session::decode(message) else {
        return None;
    };
    let (_, pdu) = presentation::decode_user_data(data).ok()?.first().ok()?;
    // confirmed and unconfirmed PDUs only
    matches!(pdu.first()?, 0xa0..=0xa4).then(|| pdu.to_vec())
}

/// The service element of a PDU: what is behind the invoke id.
fn service(pdu: &[u8]) -> &[u8] {
    let skip = |bytes: &[u8]| match bytes[1] {
        0x81 => 3,
        0x82 => 4,
        _ => 2,
    };
    let content = &pdu[skip(pdu)..];
    match pdu[0] {
        // unconfirmed PDUs have none
        0xa3 => content,
        _ => &content[2 + usize::from(content[1])..],
    }
}

/// Times differ between a recording and a replay.
fn without_times(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + 10 <= bytes.len() {
        if bytes[at..at + 2] == [0x91, 8] && bytes[at + 2..at + 10] != [0; 8] {
            bytes[at + 2..at + 10].fill(1);
        }
        at += 1;
    }
    bytes
}

/// What happened to a request of ours.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) pdus: VecDeque<(usize, Recorded)>,
    /// Requests that are not the recorded ones: recorded, ours.
    pub(crate) strange: Vec<(String, String)>,
    pub(crate) answered: usize,
}

impl Script {
    /// The requests before this event are skipped, with what came of them; what the server sent
    /// on its own is left.
    pub(crate) fn skip_to(&mut self, event: usize, remote: &Remote) {
        while let Some((at, recorded)) = self.pdus.front() {
            if *at >= event {
                return;
            }
            if let Recorded::Server(pdu) = recorded
                && pdu[0] == 0xa3
            {
                // The association may be over.
                let _ = remote.unconfirmed(service(pdu).to_vec(), usize::MAX);
            }
            self.pdus.pop_front();
        }
    }

    /// The next recorded request.
    pub(crate) fn next_request(&self) -> Option<&[u8]> {
        self.pdus.iter().find_map(|(_, recorded)| match recorded {
            Recorded::Request(pdu) => Some(pdu.as_slice()),
            Recorded::Server(_) => None,
        })
    }
}

pub(crate) struct Player {
    script: Arc<Mutex<Script>>,
    remote: Remote,
}

impl Handler for Player {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        let mut script = self.script.lock().unwrap();
        let mut ours = Vec::new();
        request
            .service
            .encode(&mut mms::ber::Writer::unbounded(&mut ours));
        let recorded = loop {
            match script.pdus.pop_front() {
                Some((_, Recorded::Request(pdu))) => break service(&pdu).to_vec(),
                Some((_, Recorded::Server(_))) => {}
                None => break vec![],
            }
        };
        if without_times(&recorded) != without_times(&ours) {
            script.strange.push((hex(&recorded), hex(&ours)));
        }
        script.answered += 1;
        if let Some((_, Recorded::Server(pdu))) = script.pdus.front()
            && pdu[0] == 0xa0
        {
            let answer = fetch(
                &mut script,
                self.script.clone(),
                self.remote.clone(),
                &reply,
            );
            tokio::spawn(answer);
            return reply.defer();
        }
        let mut answer = None;
        while let Some((_, Recorded::Server(pdu))) = script.pdus.front() {
            let pdu = pdu.clone();
            if pdu[0] == 0xa3 {
                if answer.is_some() {
                    break;
                }
                self.remote
                    .unconfirmed(service(&pdu).to_vec(), usize::MAX)
                    .unwrap();
            } else if answer.replace(pdu).is_some() {
                panic!("two answers");
            }
            script.pdus.pop_front();
        }
        let Some(answer) = answer else {
            return reply.ignore();
        };
        // What follows the answer on its own is sent when it is asked for: see `drain`.
        match Pdu::decode(&answer) {
            Ok(Pdu::ConfirmedResponse(_)) => reply.respond(|w| w.raw(service(&answer))),
            Ok(Pdu::ConfirmedError { error, .. }) => reply.error(error),
            Ok(Pdu::Reject { reason, .. }) => reply.reject(reason),
            other => panic!("{other:?}"),
        }
    }
}

/// The server asks our client for the file that it is to obtain, reads it in the blocks in which
/// it comes, and answers when it has the octets of the recording.
fn fetch(
    script: &mut Script,
    shared: Arc<Mutex<Script>>,
    remote: Remote,
    reply: &Reply<'_>,
) -> impl Future<Output = ()> + Send + use<> {
    let invoke_id = reply.invoke_id();
    let mut open = None;
    let mut expected = Vec::new();
    let mut answer = None;
    while answer.is_none() {
        match script.pdus.pop_front() {
            Some((_, Recorded::Server(pdu))) if pdu[0] == 0xa0 => {
                open.get_or_insert_with(|| service(&pdu).to_vec());
            }
            Some((_, Recorded::Request(pdu))) => {
                if let Ok(Pdu::ConfirmedResponse(response)) = Pdu::decode(&pdu)
                    && let ResponseService::FileRead(read) = response.service
                {
                    expected.extend_from_slice(read.data);
                }
            }
            Some((_, Recorded::Server(pdu))) => answer = Some(service(&pdu).to_vec()),
            None => panic!("a file that is never obtained"),
        }
    }
    let encoded = |service: RequestService<'_>| {
        let mut octets = Vec::new();
        service.encode(&mut mms::ber::Writer::unbounded(&mut octets));
        octets
    };
    async move {
        let opened = remote.request(open.unwrap()).await.unwrap();
        let Ok(Pdu::ConfirmedResponse(opened)) = Pdu::decode(&opened) else {
            panic!("{opened:02x?}");
        };
        let ResponseService::FileOpen(opened) = opened.service else {
            panic!("no file");
        };
        let mut content = Vec::new();
        loop {
            let read = encoded(RequestService::FileRead(FileReadRequest {
                frsm_id: opened.frsm_id,
            }));
            let read = remote.request(read).await.unwrap();
            let Ok(Pdu::ConfirmedResponse(read)) = Pdu::decode(&read) else {
                panic!("{read:02x?}");
            };
            let ResponseService::FileRead(read) = read.service else {
                panic!("no block of a file");
            };
            content.extend_from_slice(read.data);
            if !read.more_follows {
                break;
            }
        }
        let close = encoded(RequestService::FileClose(FileCloseRequest {
            frsm_id: opened.frsm_id,
        }));
        remote.request(close).await.unwrap();
        if content != expected {
            let strange = (hex(&expected), hex(&content));
            shared.lock().unwrap().strange.push(strange);
        }
        remote.respond(invoke_id, Ok(answer.unwrap())).unwrap();
    }
}

impl Session for Player {}

impl Player {
    pub(crate) fn serve(stream: DuplexStream, script: Arc<Mutex<Script>>) -> Remote {
        let mut config = mms::association::Config::default();
        config.max_pdu_size = 65_000;
        let now = tokio::time::Instant::now().into_std();
        let association = Association::called(Arc::new(config), now);
        let remote = Remote::new();
        let player = Player {
            script,
            remote: remote.clone(),
        };
        let connection = Connection::new(stream, association, player, vec![], remote.clone());
        tokio::spawn(connection.run());
        remote
    }

    /// Sends what the server sent on its own in front of the next request.
    pub(crate) fn drain(script: &Mutex<Script>, remote: &Remote) {
        let mut script = script.lock().unwrap();
        while let Some((_, Recorded::Server(pdu))) = script.pdus.front() {
            if pdu[0] == 0xa3 {
                // The association may be over.
                let _ = remote.unconfirmed(service(pdu).to_vec(), usize::MAX);
            }
            script.pdus.pop_front();
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
