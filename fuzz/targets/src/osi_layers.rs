//! The layers beneath MMS: what a decoder accepts, the encoder of the same layer writes so that it
//! is decoded to the same.

use mms::ber::Writer;
use mms::osi::acse::{self, AcsePdu};
use mms::osi::cotp::{self, Tpdu};
use mms::osi::presentation::{self, Context, Ppdu, UserData};
use mms::osi::session::{self, Spdu};
use mms::osi::tpkt;

/// A longer SPDU need not fit its length octets any more once it is written again.
const MAX_SPDU: usize = 60_000;

fn written(fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = vec![];
    fill(&mut Writer::unbounded(&mut out));
    out
}

pub(crate) fn tpkt_cotp(data: &[u8]) {
    let mut rest = data;
    while let Ok(Some((payload, taken))) = tpkt::split(rest) {
        assert_eq!(payload.len() + tpkt::HEADER, taken);
        assert_eq!(tpkt::split(&rest[..taken - 1]), Ok(None));
        tpdu(payload);
        rest = &rest[taken..];
    }
    tpdu(data);
    if let [size, tsdu @ ..] = data {
        segments(tsdu, 128 << (size % 8));
    }
}

fn tpdu(payload: &[u8]) {
    match cotp::decode(payload) {
        Ok(Tpdu::ConnectRequest(mut connect)) => {
            let mut out = vec![];
            cotp::write_request(&mut out, &connect);
            // The writer knows the powers of two only.
            connect.tpdu_size = connect.tpdu_size.map(cotp::negotiable_size);
            assert_eq!(only_tpdu(&out), Tpdu::ConnectRequest(connect));
        }
        Ok(Tpdu::ConnectConfirm(mut connect)) => {
            let mut out = vec![];
            cotp::write_confirm(&mut out, &connect);
            connect.tpdu_size = connect.tpdu_size.map(cotp::negotiable_size);
            assert_eq!(only_tpdu(&out), Tpdu::ConnectConfirm(connect));
        }
        Ok(Tpdu::Data { data, .. }) => assert!(data.len() < payload.len()),
        Ok(Tpdu::DisconnectRequest { .. } | Tpdu::Error { .. }) | Err(_) => {}
    }
}

fn only_tpdu(packet: &[u8]) -> Tpdu<'_> {
    let (payload, taken) = tpkt::split(packet).unwrap().unwrap();
    assert_eq!(taken, packet.len());
    cotp::decode(payload).unwrap()
}

/// A TSDU that is cut and joined again is the same.
fn segments(tsdu: &[u8], size: usize) {
    let mut out = vec![0; tpkt::HEADER + cotp::DATA_HEADER];
    out.extend(tsdu);
    cotp::finish_data(&mut out, 0, size);
    let (mut rest, mut joined, mut ended) = (&out[..], Vec::<u8>::new(), false);
    while let Some((payload, taken)) = tpkt::split(rest).unwrap() {
        assert!(!ended && payload.len() <= size);
        let Ok(Tpdu::Data { end, data }) = cotp::decode(payload) else {
            panic!("no DT: {payload:02x?}");
        };
        joined.extend(data);
        ended = end;
        rest = &rest[taken..];
    }
    assert!(ended && rest.is_empty());
    assert_eq!(joined, tsdu);
}

pub(crate) fn session(data: &[u8]) {
    let Ok(spdu) = session::decode(data) else {
        return;
    };
    if data.len() > MAX_SPDU {
        return;
    }
    let mut out = vec![];
    let mut expected = spdu;
    match (spdu, &mut expected) {
        (Spdu::Connect(connect), Spdu::Connect(expected)) => {
            expected.requirements.get_or_insert(session::DUPLEX);
            session::write_connect(&mut out, &connect);
        }
        (Spdu::Accept(accept), Spdu::Accept(expected)) => {
            expected.requirements.get_or_insert(session::DUPLEX);
            session::write_accept(&mut out, &accept);
        }
        (Spdu::Refuse { user_data, .. }, Spdu::Refuse { reason, .. }) => {
            *reason = Some(if user_data.is_empty() { 0 } else { 2 });
            session::write_refuse(&mut out, user_data);
        }
        (Spdu::Finish(data), _) => session::write_finish(&mut out, data),
        (Spdu::Disconnect(data), _) => session::write_disconnect(&mut out, data),
        (Spdu::Abort(data), _) => session::write_abort(&mut out, data),
        (Spdu::Data(data), _) => {
            out.extend(session::DATA_PREFIX);
            out.extend(data);
        }
        (Spdu::Connect(_) | Spdu::Accept(_) | Spdu::Refuse { .. }, _) => unreachable!(),
    }
    assert_eq!(session::decode(&out), Ok(expected));
}

pub(crate) fn presentation(data: &[u8]) {
    for user_data in [
        presentation::decode_user_data(data),
        presentation::decode_reject(data),
    ]
    .into_iter()
    .flatten()
    {
        presentation_values(&user_data);
    }
    presentation_values(&presentation::decode_abort(data));
    if let Ok(Ppdu::Connect {
        calling,
        called,
        contexts,
        user_data,
    }) = presentation::decode_connect(data)
    {
        presentation_values(&user_data);
        let pairs: Vec<_> = contexts.iter().map(|c| (c.id, c.abstract_syntax)).collect();
        let out = written(|w| presentation::write_connect(w, calling, called, &pairs, |_| ()));
        let expected: Vec<_> = contexts
            .into_iter()
            .map(|context| Context {
                basic_encoding: true,
                ..context
            })
            .collect();
        match presentation::decode_connect(&out) {
            Ok(Ppdu::Connect {
                calling: a,
                called: b,
                contexts,
                user_data,
            }) => {
                assert_eq!((a, b, contexts), (calling, called, expected));
                let id = pairs.first().map_or(1, |pair| pair.0);
                assert_eq!(user_data.first(), Ok((id, &[][..])));
            }
            other => panic!("CP became {other:?}"),
        }
    }
    if let Ok(Ppdu::Accept {
        responding,
        results,
        user_data,
    }) = presentation::decode_accept(data)
    {
        presentation_values(&user_data);
        let out = written(|w| presentation::write_accept(w, responding, &results, 1, |_| ()));
        match presentation::decode_accept(&out) {
            Ok(Ppdu::Accept {
                responding: a,
                results: b,
                ..
            }) => assert_eq!((a, b), (responding, results)),
            other => panic!("CPA became {other:?}"),
        }
    }
}

fn presentation_values(user_data: &UserData<'_>) {
    let mut values = user_data.values();
    let first = values.next();
    if let Some(first) = first {
        assert_eq!(user_data.first(), first);
    }
    for (id, octets) in first.into_iter().chain(values).flatten() {
        let out = written(|w| presentation::write_user_data(w, id, |w| w.raw(octets)));
        let again = presentation::decode_user_data(&out).unwrap();
        assert_eq!(again.first(), Ok((id, octets)));
        assert_eq!(again.of(id), Ok(octets));
    }
}

pub(crate) fn acse(data: &[u8]) {
    let Ok(pdu) = acse::decode(data) else {
        return;
    };
    assert!(!format!("{pdu:?}").is_empty());
    let mut expected = pdu.clone();
    let out = match (&pdu, &mut expected) {
        (
            AcsePdu::AssociateRequest(request, information),
            AcsePdu::AssociateRequest(expected, expected_information),
        ) => {
            expected.context_name.get_or_insert_with(mms_context);
            let octets = *expected_information.get_or_insert(&[]);
            assert_eq!(octets, information.unwrap_or_default());
            written(|w| acse::write_request(w, request, 3, |w| w.raw(octets)))
        }
        (
            AcsePdu::AssociateResponse(response, information),
            AcsePdu::AssociateResponse(expected, _),
        ) => {
            assert!(!response.result.to_string().is_empty());
            expected.context_name.get_or_insert_with(mms_context);
            let information = information.map(|octets| |w: &mut Writer<'_>| w.raw(octets));
            written(|w| acse::write_response(w, response, 3, information))
        }
        (AcsePdu::Abort(source), _) => written(|w| acse::write_abort(w, *source)),
        // Our own releases say one thing only.
        (AcsePdu::ReleaseRequest(_), AcsePdu::ReleaseRequest(reason)) => {
            *reason = Some(0);
            written(acse::write_release_request)
        }
        (AcsePdu::ReleaseResponse(_), AcsePdu::ReleaseResponse(reason)) => {
            *reason = None;
            written(acse::write_release_response)
        }
        _ => unreachable!(),
    };
    assert_eq!(acse::decode(&out), Ok(expected));
}

fn mms_context() -> mms::ObjectIdentifier {
    mms::ObjectIdentifier::from_content(acse::MMS_CONTEXT).unwrap()
}
