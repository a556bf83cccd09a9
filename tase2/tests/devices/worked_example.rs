//! The worked example of select, operate and tag, octet by octet, in both directions.

use crate::support::*;
use mms::pdu::Pdu;
use tase2::bilateral::{Rights, Rule};
use tase2::client::Client;
use tase2::types::{ControlValue, Tag};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

const SELECT: &str = "a0 22 02 01 07 a4 1d a1 1b a0 19 30 17 a0 15 a1 13 1a 04 49 43 43 31 1a 0b 43 42 31 5f 43 54 4c 5f 53 42 4f";
const SELECTED: &str = "a1 0a 02 01 07 a4 05 a1 03 85 01 7b";
const OPERATE: &str = "a0 21 02 01 08 a5 1c a0 15 30 13 a0 11 a1 0f 1a 04 49 43 43 31 1a 07 43 42 31 5f 43 54 4c a0 03 85 01 01";
const ACCEPTED: &str = "a1 07 02 01 08 a5 02 81 00";
const DENIED: &str = "a1 08 02 01 08 a5 03 80 01 03";
const TAG: &str = "a0 36 02 01 09 a5 31 a0 19 30 17 a0 15 a1 13 1a 04 49 43 43 31 1a 0b 43 42 31 5f 43 54 4c 5f 54 41 47 a0 14 a2 12 84 02 00 40 8a 0c 63 72 65 77 20 6f 6e 20 6c 69 6e 65";

fn bench() -> Bench {
    Bench::of(|table| {
        let rights = Rights::SELECT | Rights::OPERATE | Rights::TAG;
        table
            .rules
            .push(Rule::new("ICC1/CB1_CTL", rights).with_check_back(123));
    })
}

/// The service element of a request or response, and the whole with the invoke id that it has.
fn with_invoke_id(pdu: &str, id: u8) -> Vec<u8> {
    let mut pdu = hex(pdu);
    pdu[4] = id;
    pdu
}

/// The service element of a request.
fn service(pdu: &str) -> Vec<u8> {
    hex(pdu)[5..].to_vec()
}

#[tokio::test(start_paused = true)]
async fn what_the_server_answers() {
    let bench = bench();
    let raw = bench.raw().await;
    let ask = async |pdu: &str| raw.remote().request(service(pdu)).await.unwrap();
    for (request, expected) in [
        (OPERATE, DENIED),
        (SELECT, SELECTED),
        (OPERATE, ACCEPTED),
        (OPERATE, DENIED),
        (TAG, ACCEPTED),
        (SELECT, "a1 0a 02 01 07 a4 05 a1 03 80 01 03"),
    ] {
        let answer = ask(request).await;
        assert_eq!(answer, with_invoke_id(expected, answer[4]), "{request}");
    }
}

/// A stream whose requests of MMS are kept.
#[tokio::test(start_paused = true)]
async fn what_the_client_asks() {
    let bench = bench();
    let (near, inside) = duplex(1 << 16);
    let (outside, far) = duplex(1 << 16);
    bench.endpoint.serve(far, None);
    let (mut in_read, mut in_write) = tokio::io::split(inside);
    let (mut out_read, mut out_write) = tokio::io::split(outside);
    let kept = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let tape = kept.clone();
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        while let Ok(count @ 1..) = in_read.read(&mut buffer).await {
            tape.lock().unwrap().extend_from_slice(&buffer[..count]);
            out_write.write_all(&buffer[..count]).await.unwrap();
        }
    });
    tokio::spawn(async move {
        let _ = tokio::io::copy(&mut out_read, &mut in_write).await;
    });
    let client = Client::over(near, client_options(TITLE)).await.unwrap();
    let breaker = name("ICC1/CB1_CTL");
    client
        .select_and_operate(&breaker, Some(123), ControlValue::Command(1))
        .await
        .unwrap();
    client
        .tag(&breaker, Tag::OpenAndCloseInhibit, "crew on line")
        .await
        .unwrap();
    let sent = kept.lock().unwrap().clone();
    for pdu in [SELECT, OPERATE, TAG] {
        let found = (0..=255).any(|id| {
            let wanted = with_invoke_id(pdu, id);
            Pdu::decode(&wanted).unwrap();
            sent.windows(wanted.len()).any(|octets| octets == wanted)
        });
        assert!(found, "not sent: {pdu}");
    }
}
