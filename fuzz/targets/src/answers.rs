//! What a server owes a client, whatever it is asked: the requests of an input, and the answers.

use crate::wire::{self, HANDSHAKE};
use mms::ber::Writer;
use mms::pdu::{IdentifyRequest, Pdu, write_confirmed_request};

/// More PDUs than this in one input add nothing.
pub(crate) const MAX_PIECES: usize = 64;
/// Invoke id of the request that comes last.
const LAST_ID: u32 = 0x7654_3210;
/// The answer to the request that comes last.
pub(crate) const LAST: Answer = Answer::Request(LAST_ID);

/// What a client sends, handshake included, if the input is a series of MMS PDUs, and what the
/// server owes it. A request that any server answers comes last.
pub(crate) fn stream(data: &[u8]) -> (Vec<u8>, Vec<Answer>) {
    let mut stream = HANDSHAKE.calling.clone();
    let mut answers = vec![];
    for mms in wire::pieces(data).take(MAX_PIECES) {
        wire::frame(&mut stream, mms);
        answers.extend(owed(mms));
    }
    let mut last = vec![];
    write_confirmed_request(&mut Writer::unbounded(&mut last), LAST_ID, |w| {
        IdentifyRequest.encode(w);
    });
    wire::frame(&mut stream, &last);
    answers.push(LAST);
    (stream, answers)
}

/// What a server owes for one PDU, or has sent.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// A response, error or reject with the invoke id.
    Request(u32),
    /// A reject without one.
    Reject,
    Cancel(u32),
    Conclude,
}

fn owed(mms: &[u8]) -> Option<Answer> {
    match Pdu::decode(mms) {
        Ok(Pdu::ConfirmedRequest(request)) => Some(Answer::Request(request.invoke_id)),
        Ok(Pdu::CancelRequest { invoke_id }) => Some(Answer::Cancel(invoke_id)),
        Ok(Pdu::ConcludeRequest) => Some(Answer::Conclude),
        Ok(
            Pdu::Unconfirmed(_)
            | Pdu::InitiateRequest(_)
            | Pdu::InitiateResponse(_)
            | Pdu::InitiateError(_),
        ) => Some(Answer::Reject),
        Ok(_) => None,
        Err(error) => Some(error.invoke_id.map_or(Answer::Reject, Answer::Request)),
    }
}

/// What an MMS PDU of the server is.
pub(crate) fn given(mms: &[u8]) -> Option<Answer> {
    match Pdu::decode(mms).unwrap_or_else(|error| panic!("{error:?} from the server")) {
        Pdu::ConfirmedResponse(response) => Some(Answer::Request(response.invoke_id)),
        Pdu::ConfirmedError { invoke_id, .. } => Some(Answer::Request(invoke_id)),
        Pdu::Reject { invoke_id, .. } => Some(invoke_id.map_or(Answer::Reject, Answer::Request)),
        Pdu::CancelResponse { invoke_id } | Pdu::CancelError { invoke_id, .. } => {
            Some(Answer::Cancel(invoke_id))
        }
        Pdu::ConcludeResponse | Pdu::ConcludeError(_) => Some(Answer::Conclude),
        // Reports come when they come.
        Pdu::Unconfirmed(_) => None,
        other => panic!("{other:?} from the server"),
    }
}
