//! Rows on what no peer should do, and some do.

use super::context::{Ctx, Outcome, Trouble, ensure, fail, same, soon};
use super::values::answers;
use crate::client::Client;
use mms::RejectReason;
use mms::association::{Answered, Association, CallParameters, Handler, Reply};
use mms::ber::Writer;
use mms::osi::{cotp, presentation, session, tpkt};
use mms::pdu::ConfirmedRequest;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::time::{Instant, timeout};

/// An MMS PDU with all headers in front.
fn framed(mms: &[u8]) -> Vec<u8> {
    let mut out = vec![0; tpkt::HEADER + cotp::DATA_HEADER];
    out.extend(session::DATA_PREFIX);
    presentation::write_user_data(&mut Writer::unbounded(&mut out), 3, |w| w.raw(mms));
    cotp::finish_data(&mut out, 0, 8192);
    out
}

struct Nobody;

impl Handler for Nobody {}

/// Opens an association by hand, on which anything can be sent.
async fn by_hand<T: AsyncRead + AsyncWrite + Unpin>(ctx: &Ctx, stream: &mut T) -> Outcome {
    let config = Arc::new(ctx.options.config.clone());
    let now = || Instant::now().into_std();
    let mut out = Vec::new();
    let call: CallParameters = ctx.options.call.clone();
    let mut association = Association::calling(config, call, now(), &mut out);
    let opening = async {
        let mut input = vec![0; 1 << 16];
        let mut held = Vec::new();
        loop {
            if stream.write_all(&out).await.is_err() {
                return fail("the stream is over");
            }
            out.clear();
            if association.is_open() {
                return Ok(());
            }
            match stream.read(&mut input).await {
                Ok(count @ 1..) => held.extend_from_slice(input.get(..count).unwrap_or_default()),
                _ => return fail("no association"),
            }
            let used = association.handle_input(now(), &held, &mut out, &mut Nobody);
            held.drain(..used.min(held.len()));
        }
    };
    soon("association", opening).await?
}

/// Sends something and gives what comes back, until it is over or silent for a second.
async fn answered<T: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut T,
    octets: &[u8],
) -> (Vec<u8>, bool) {
    let mut back = Vec::new();
    if stream.write_all(octets).await.is_err() {
        return (back, true);
    }
    loop {
        let mut input = [0; 4096];
        match timeout(Duration::from_secs(1), stream.read(&mut input)).await {
            Ok(Ok(0) | Err(_)) => return (back, true),
            Ok(Ok(count)) => back.extend_from_slice(input.get(..count).unwrap_or_default()),
            Err(_) => return (back, false),
        }
    }
}

/// What is wrong on each layer.
fn malformed_octets() -> Vec<(&'static str, Vec<u8>)> {
    let dt = |content: &[u8]| {
        let mut out = vec![3, 0, 0, 0, 2, 0xf0, 0x80];
        out.extend(content);
        let length = (out.len() as u16).to_be_bytes();
        if let Some(place) = out.get_mut(2..4) {
            place.copy_from_slice(&length);
        }
        out
    };
    vec![
        ("TPKT", vec![9, 9, 9, 9, 9, 9, 9]),
        ("COTP", vec![3, 0, 0, 7, 2, 0x13, 0x80]),
        ("session", dt(&[0xee, 0xff, 0xff])),
        (
            "presentation",
            dt(&[1, 0, 1, 0, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff]),
        ),
        (
            "MMS, a length beyond the PDU",
            framed(&[0xa0, 0x05, 0x02, 0x7f, 0x01]),
        ),
        ("MMS, no such PDU", framed(&[0x9f, 0x7f, 0x00])),
        ("MMS, an empty request", framed(&[0xa0, 0x00])),
        (
            "MMS, a read of nothing",
            framed(&[0xa0, 0x07, 0x02, 0x01, 0x01, 0xa4, 0x02, 0xa1, 0x09]),
        ),
        (
            "MMS, lengths without an end",
            framed(&[0xa0, 0x80, 0x02, 0x01, 0x01, 0xa4, 0x80]),
        ),
    ]
}

pub(super) async fn malformed(ctx: &Ctx) -> Outcome {
    let beside = ctx.client().await?;
    for (layer, octets) in malformed_octets() {
        let mut stream = ctx.stream().await?;
        by_hand(ctx, &mut stream).await?;
        answered(&mut stream, &octets).await;
        drop(stream);
        // Others do not notice.
        answers(&beside)
            .await
            .map_err(|trouble| Trouble::Fail(format!("after {layer}: {}", trouble.reason())))?;
    }
    let client = ctx.client().await?;
    answers(&client).await
}

/// A service that nobody has.
fn unknown(invoke_id: u8) -> Vec<u8> {
    vec![0xa0, 0x06, 0x02, 0x01, invoke_id, 0x9f, 0x6e, 0x00]
}

pub(super) async fn unknown_service(ctx: &Ctx) -> Outcome {
    let mut stream = ctx.stream().await?;
    by_hand(ctx, &mut stream).await?;
    let (back, over) = answered(&mut stream, &framed(&unknown(9))).await;
    ensure(!over, || "the association is over".to_owned())?;
    // A reject has the tag a4 behind the headers, or the service is refused with an error (a2).
    let mms = back
        .windows(2)
        .any(|octets| matches!(octets, [0xa4 | 0xa2, _]));
    ensure(mms, || {
        format!("neither reject nor error in {} octets", back.len())
    })?;
    // Identify is known everywhere.
    let (back, over) = answered(
        &mut stream,
        &framed(&[0xa0, 0x05, 0x02, 0x01, 0x0a, 0x82, 0x00]),
    )
    .await;
    ensure(!over && !back.is_empty(), || {
        "no answer afterwards".to_owned()
    })
}

pub(super) async fn unsolicited_response(ctx: &Ctx) -> Outcome {
    let beside = ctx.client().await?;
    let mut stream = ctx.stream().await?;
    by_hand(ctx, &mut stream).await?;
    let answer = [
        0xa1, 0x09, 0x02, 0x01, 0x63, 0xa4, 0x04, 0xa1, 0x02, 0x83, 0x00,
    ];
    answered(&mut stream, &framed(&answer)).await;
    answers(&beside).await
}

pub(super) async fn huge_lists(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    // A read of as many variables as a request holds.
    let name = crate::Name::vcc(crate::standard::VERSION);
    let variables: Vec<_> = std::iter::repeat_n(name.as_mms(), 5000).collect();
    let values = client.mms().read_many(variables).await?;
    same(values.len(), 5000, "values")?;
    ensure(values.iter().all(Result::is_ok), || {
        "some are failures".to_owned()
    })?;
    // And a data set of more members than it takes, which it may refuse.
    let members = ctx.some(&client, 1).await?;
    let many: Vec<_> = members.iter().cycle().take(1500).cloned().collect();
    let set = ctx.fresh(&client);
    match client.create_data_set(&set, &many).await {
        Ok(()) => client.delete_data_set(&set).await?,
        Err(error) if error.is_closed() => return Err(error.into()),
        Err(_) => {}
    }
    answers(&client).await
}

pub(super) async fn slow_reader(ctx: &Ctx) -> Outcome {
    let beside = ctx.client().await?;
    let mut stream = ctx.stream().await?;
    by_hand(ctx, &mut stream).await?;
    // Many requests, whose answers are not read for a while.
    let request = framed(&[
        0xa0, 0x1e, 0x02, 0x01, 0x07, 0xa4, 0x19, 0xa1, 0x17, 0xa0, 0x15, 0x30, 0x13, 0xa0, 0x11,
        0x80, 0x0f, b'T', b'A', b'S', b'E', b'2', b'_', b'V', b'e', b'r', b's', b'i', b'o', b'n',
        0, 0,
    ]);
    let many: Vec<u8> = request
        .iter()
        .copied()
        .cycle()
        .take(request.len() * 2000)
        .collect();
    // It may stop to take them, and may end the association for it.
    let _ = timeout(Duration::from_secs(2), stream.write_all(&many)).await;
    answers(&beside).await
}

pub(super) async fn slow_server_at_client(ctx: &Ctx) -> Outcome {
    ctx.own("it says something of our client only")?;
    let stream = ctx.stream().await?;
    let gate = stream.gate();
    let mut options = ctx.options.clone();
    options.timeout = Duration::from_secs(1);
    let client = Client::over(stream, options).await?;
    answers(&client).await?;
    // From here on nothing comes any more: a request has an end all the same, and the association may go on.
    gate.close();
    let late = soon("end of the request", client.version()).await?;
    ensure(late.is_err(), || "an answer out of nowhere".to_owned())?;
    gate.open();
    answers(&client).await
}

/// A server by hand for our client: what it answers to the first request behind the handshake.
async fn against(ctx: &Ctx, answer: Vec<u8>) -> Result<Result<Client, crate::Error>, Trouble> {
    ctx.own("it says something of our client only")?;
    let (near, mut far) = duplex(1 << 16);
    tokio::spawn(async move {
        let config = Arc::new(mms::association::Config::default());
        let now = || Instant::now().into_std();
        let mut association = Association::called(config, now());
        let (mut out, mut input, mut held) = (Vec::new(), vec![0; 1 << 16], Vec::new());
        let mut lie = Some(answer);
        while let Ok(count @ 1..) = far.read(&mut input).await {
            held.extend_from_slice(input.get(..count).unwrap_or_default());
            let used = association.handle_input(now(), &held, &mut out, &mut Answering);
            held.drain(..used.min(held.len()));
            if association.is_open()
                && let Some(lie) = lie.take()
            {
                out.extend(lie);
            }
            if far.write_all(&out).await.is_err() {
                return;
            }
            out.clear();
        }
    });
    let mut options = ctx.options.clone();
    options.domain = "D".to_owned();
    Ok(Client::over(near, options).await)
}

/// Answers version and nothing else.
struct Answering;

impl Handler for Answering {
    fn request(&mut self, request: ConfirmedRequest<'_>, reply: Reply<'_>) -> Answered {
        match request.service {
            mms::pdu::RequestService::Read(_) => reply.respond(|w| {
                let response = mms::pdu::ReadResponseWriter::begin(w, None);
                crate::types::Edition::E2000.version().to_value().encode(w);
                response.end(w);
            }),
            _ => reply.reject(RejectReason::UNRECOGNIZED_SERVICE),
        }
    }
}

pub(super) async fn malformed_at_client(ctx: &Ctx) -> Outcome {
    for (_, octets) in malformed_octets() {
        // Whether the association bears it or not, there is an end to it; it may come with the answer to the call.
        if let Ok(client) = against(ctx, octets).await? {
            let _ = soon("end of the request", client.version()).await?;
        }
    }
    Ok(())
}

pub(super) async fn unknown_service_at_client(ctx: &Ctx) -> Outcome {
    let client = against(ctx, framed(&unknown(9))).await??;
    answers(&client).await
}

pub(super) async fn unsolicited_at_client(ctx: &Ctx) -> Outcome {
    let report = [
        0xa3, 0x0f, 0xa0, 0x0d, 0xa1, 0x05, 0x80, 0x03, b'N', b'O', b'T', 0xa0, 0x04, 0x83, 0x01,
        0x01, 0,
    ];
    let client = against(ctx, framed(&report)).await??;
    // A report for nobody is dropped, if it is one; the association may be over where it is none.
    let _ = soon("answer", client.version()).await?;
    let answer = [
        0xa1, 0x09, 0x02, 0x01, 0x63, 0xa4, 0x04, 0xa1, 0x02, 0x83, 0x00,
    ];
    if let Ok(client) = against(ctx, framed(&answer)).await? {
        let _ = soon("end of the request", client.version()).await?;
    }
    Ok(())
}
