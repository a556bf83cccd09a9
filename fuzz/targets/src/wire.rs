//! What the targets that talk to an association share: streams that are valid, and the reading of
//! what comes back.

use mms::association::{Association, CallParameters, Config, Handler};
use mms::ber::Writer;
use mms::osi::acse::{self, AcsePdu};
use mms::osi::cotp::{self, Tpdu};
use mms::osi::presentation::{self, Ppdu, UserData};
use mms::osi::session::{self, Spdu};
use mms::osi::tpkt;
use mms::pdu::Pdu;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

/// The presentation context of MMS in [`HANDSHAKE`].
const MMS_CONTEXT: u32 = 3;

/// What either side of our own sends to open an association, from the first octet.
pub(crate) struct Handshake {
    pub(crate) calling: Vec<u8>,
    pub(crate) called: Vec<u8>,
}

struct Accepting;

impl Handler for Accepting {}

pub(crate) static HANDSHAKE: LazyLock<Handshake> = LazyLock::new(|| {
    let now = Instant::now();
    let config = Arc::new(Config::default());
    let (mut calling, mut called) = (vec![], vec![]);
    let call = CallParameters::default();
    let mut client = Association::calling(config.clone(), call, now, &mut calling);
    let mut server = Association::called(config, now);
    let (mut client_at, mut server_at) = (0, 0);
    while !client.is_open() {
        server_at += server.handle_input(now, &calling[server_at..], &mut called, &mut Accepting);
        client_at += client.handle_input(now, &called[client_at..], &mut calling, &mut Accepting);
    }
    Handshake { calling, called }
});

/// The pieces of an input that is a series of pieces, each behind its length in two octets. The
/// last one may be shorter than its length says.
pub(crate) fn pieces(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let [high, low, rest @ ..] = data else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let piece;
        (piece, data) = rest.split_at(length);
        Some(piece)
    })
}

/// An input of which [`pieces`] gives these pieces.
pub(crate) fn joined<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = vec![];
    for piece in pieces {
        out.extend((piece.len() as u16).to_be_bytes());
        out.extend(piece);
    }
    out
}

/// Appends an MMS PDU with all headers in front, in TPDUs of the usual size.
pub(crate) fn frame(out: &mut Vec<u8>, mms: &[u8]) {
    let start = out.len();
    out.resize(start + tpkt::HEADER + cotp::DATA_HEADER, 0);
    out.extend(session::DATA_PREFIX);
    let w = &mut Writer::unbounded(out);
    presentation::write_user_data(w, MMS_CONTEXT, |w| w.raw(mms));
    cotp::finish_data(out, start, 8192);
}

/// Splits the whole packets off the front of a stream and gives the TSDUs in them, and how many
/// octets the packets take. Panics at what is no stream of packets of ours: all our output goes
/// through here.
pub(crate) fn tsdus(stream: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let (mut tsdus, mut open) = (vec![], Vec::<u8>::new());
    let (mut used, mut end_of_last) = (0, 0);
    while let Some((payload, taken)) = tpkt::split(&stream[used..]).unwrap() {
        used += taken;
        match cotp::decode(payload).unwrap() {
            Tpdu::Data { end, data } => {
                open.extend(data);
                if end {
                    tsdus.push(std::mem::take(&mut open));
                    end_of_last = used;
                }
            }
            _ => {
                assert!(open.is_empty(), "a TPDU inside of a TSDU");
                end_of_last = used;
            }
        }
    }
    (tsdus, end_of_last)
}

/// Checks a TSDU of ours down to its last layer and gives its MMS PDU to `take`, unless that is a
/// part of the association request or its answer.
pub(crate) fn open_tsdu(tsdu: &[u8], take: &mut dyn FnMut(u32, &[u8])) {
    match session::decode(tsdu).unwrap() {
        Spdu::Data(data) => {
            let user_data = presentation::decode_user_data(data).unwrap();
            for value in user_data.values() {
                let (context, mms) = value.unwrap();
                take(context, mms);
            }
        }
        Spdu::Connect(connect) => {
            let Ok(Ppdu::Connect { user_data, .. }) =
                presentation::decode_connect(connect.user_data)
            else {
                panic!("no CP in CONNECT")
            };
            match only_acse(&user_data) {
                AcsePdu::AssociateRequest(_, Some(mms)) => {
                    assert!(matches!(Pdu::decode(mms), Ok(Pdu::InitiateRequest(_))));
                }
                other => panic!("{other:?} in CONNECT"),
            }
        }
        Spdu::Accept(accept) => {
            let Ok(Ppdu::Accept { user_data, .. }) = presentation::decode_accept(accept.user_data)
            else {
                panic!("no CPA in ACCEPT")
            };
            match only_acse(&user_data) {
                AcsePdu::AssociateResponse(_, Some(mms)) => {
                    assert!(matches!(Pdu::decode(mms), Ok(Pdu::InitiateResponse(_))));
                }
                other => panic!("{other:?} in ACCEPT"),
            }
        }
        Spdu::Refuse { user_data: [], .. } => {}
        Spdu::Refuse { user_data, .. } => {
            let user_data = presentation::decode_reject(user_data).unwrap();
            if user_data.values().next().is_some() {
                assert!(matches!(
                    only_acse(&user_data),
                    AcsePdu::AssociateResponse(..)
                ));
            }
        }
        Spdu::Finish(data) => {
            let user_data = presentation::decode_user_data(data).unwrap();
            assert!(matches!(only_acse(&user_data), AcsePdu::ReleaseRequest(_)));
        }
        Spdu::Disconnect(data) => {
            let user_data = presentation::decode_user_data(data).unwrap();
            assert!(matches!(only_acse(&user_data), AcsePdu::ReleaseResponse(_)));
        }
        Spdu::Abort(data) => {
            let user_data = presentation::decode_abort(data);
            assert!(matches!(only_acse(&user_data), AcsePdu::Abort(_)));
        }
    }
}

fn only_acse<'a>(user_data: &UserData<'a>) -> AcsePdu<'a> {
    let mut values = user_data.values();
    let (_, octets) = values.next().unwrap().unwrap();
    assert!(values.next().is_none());
    acse::decode(octets).unwrap()
}
