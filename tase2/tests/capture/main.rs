//! A session between our own sides, put into a capture file and read out of it again.

#[path = "../support/mod.rs"]
mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::*;
use tase2::bilateral::{Rights, Rule};
use tase2::client::{Client, TransferSpec, Update};
use tase2::decode::{What, decode};
use tase2::types::{ControlValue, DsConditions, PointValue, Tag};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// Who sends, and what, in the order it went through.
type Tape = Arc<Mutex<Vec<(bool, Vec<u8>)>>>;

/// A stream to the endpoint whose octets are recorded.
fn tapped(bench: &Bench) -> (tokio::io::DuplexStream, Tape) {
    let (near, near_inside) = duplex(1 << 16);
    let (far_inside, far) = duplex(1 << 16);
    bench.endpoint.serve(far, None);
    let tape = Tape::default();
    let (mut near_in, mut near_out) = tokio::io::split(near_inside);
    let (mut far_in, mut far_out) = tokio::io::split(far_inside);
    let (there, back) = (tape.clone(), tape.clone());
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        while let Ok(count @ 1..) = near_in.read(&mut buffer).await {
            there.lock().unwrap().push((true, buffer[..count].to_vec()));
            far_out.write_all(&buffer[..count]).await.unwrap();
        }
        let _ = far_out.shutdown().await;
    });
    tokio::spawn(async move {
        let mut buffer = vec![0; 4096];
        while let Ok(count @ 1..) = far_in.read(&mut buffer).await {
            back.lock().unwrap().push((false, buffer[..count].to_vec()));
            if near_out.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
        let _ = near_out.shutdown().await;
    });
    (near, tape)
}

/// The recorded octets as TCP segments in a pcap file of raw IP. `step` is the largest payload.
fn pcap(tape: &[(bool, Vec<u8>)], step: usize) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    file.extend([0; 8]);
    file.extend(65_535u32.to_le_bytes());
    file.extend(101u32.to_le_bytes());
    let mut sequence = [1000u32, 5000];
    let mut time = 0u32;
    for (there, octets) in tape {
        for payload in octets.chunks(step) {
            let (from, to) = if *there { (1, 2) } else { (2, 1) };
            let (source, destination): (u16, u16) =
                if *there { (40_000, 102) } else { (102, 40_000) };
            let own = &mut sequence[usize::from(!*there)];
            let mut frame = vec![0x45, 0];
            frame.extend((40 + payload.len() as u16).to_be_bytes());
            frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, from, 192, 0, 2, to]);
            let sum = frame
                .chunks(2)
                .map(|c| u32::from(c[0]) << 8 | u32::from(c[1]))
                .sum::<u32>();
            let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
            frame[10..12].copy_from_slice(&sum.to_be_bytes());
            frame.extend(source.to_be_bytes());
            frame.extend(destination.to_be_bytes());
            frame.extend(own.to_be_bytes());
            frame.extend([0, 0, 0, 0, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
            frame.extend(payload);
            *own = own.wrapping_add(payload.len() as u32);
            time += 1000;
            file.extend(1_700_000_000u32.to_le_bytes());
            file.extend(time.to_le_bytes());
            file.extend((frame.len() as u32).to_le_bytes());
            file.extend((frame.len() as u32).to_le_bytes());
            file.extend(frame);
        }
    }
    file
}

async fn session() -> Vec<(bool, Vec<u8>)> {
    let bench = Bench::of(|table| {
        let rights = Rights::SELECT | Rights::OPERATE | Rights::TAG;
        let rule = Rule::new("ICC1/CB1_CTL", rights).with_check_back(123);
        table.rules.push(rule);
    });
    let (stream, tape) = tapped(&bench);
    let client = Client::over(stream, client_options(TITLE)).await.unwrap();
    client.version().await.unwrap();
    client.features().await.unwrap();
    client.table_id().await.unwrap();
    client.names(Some("ICC1")).await.unwrap();
    client.mms().identify().await.unwrap();
    client.read(&name("ICC1/MW1")).await.unwrap();
    client
        .write(&name("D3"), &PointValue::discrete(7))
        .await
        .unwrap();
    client
        .write(&name("D1"), &PointValue::discrete(7))
        .await
        .unwrap_err();
    client.data_set(&name("ICC1/NO")).await.unwrap_err();
    let both = DsConditions::OBJECT_CHANGE | DsConditions::INTEGRITY_TIME_OUT;
    let mut spec = TransferSpec::new(name("ICC1/DS1"), both)
        .with_members(names(&["ICC1/MW1", "ICC1/CB1", "D1"]));
    spec.attributes.integrity_check = 60;
    spec.attributes.critical = true;
    let mut follow = client.follow(spec).await.unwrap();
    assert!(matches!(follow.next().await, Some(Update::Started { .. })));
    follow.next().await.unwrap();
    bench.set_discrete("D1", 5);
    follow.next().await.unwrap();
    follow.next().await.unwrap();
    follow.stop().await.unwrap();
    let breaker = name("ICC1/CB1_CTL");
    let close = ControlValue::Command(1);
    client.operate(&breaker, close).await.unwrap_err();
    client
        .select_and_operate(&breaker, Some(123), close)
        .await
        .unwrap();
    client
        .tag(&breaker, Tag::OpenAndCloseInhibit, "crew on line")
        .await
        .unwrap();
    client.select(&breaker).await.unwrap_err();
    client.conclude().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let tape = tape.lock().unwrap();
    tape.clone()
}

#[tokio::test(start_paused = true)]
async fn what_was_said_is_what_is_decoded() {
    let tape = session().await;
    // The file that others look at, tshark among them: octet by octet what is said now. TASE2_CAPTURE=1 writes it anew.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/session.pcap");
    if std::env::var_os("TASE2_CAPTURE").is_some() {
        std::fs::write(path, pcap(&tape, 1400)).unwrap();
    }
    let recorded = std::fs::read(path).unwrap();
    assert!(
        recorded == pcap(&tape, 1400),
        "session.pcap is of another session"
    );
    let whole = decode(&pcap(&tape, 1400)).unwrap();
    let lines: Vec<String> = whole.records.iter().map(|r| r.what.to_string()).collect();
    let all = lines.join("\n");
    assert_eq!(whole.problems, 0, "{all}");
    for wanted in [
        "associate 1.1.999.1:1 calls (no title), context 1.0.9506.2.3, PDU 32000",
        "associated PDU 32000, outstanding 10/10",
        "read TASE2_Version = {2000, 8}",
        "read Supported_Features = 110010000000",
        "read ICC1/Bilateral_Table_ID = BLT-A-B-3",
        "type of ICC1/MW1: Data_RealQ",
        "read ICC1/MW1 = 12.5 VALID TELEMETERED NORMAL",
        "write D3 = 7",
        "write D1 = 7: object access denied",
        "failed getNamedVariableListAttributes ICC1/NO: object non-existent",
        "create-data-set ICC1/DS1: ICC1/Transfer_Set_Name ICC1/Transfer_Set_Time_Stamp ICC1/DSConditions_Detected \
         ICC1/Event_Code_Detected ICC1/MW1 ICC1/CB1 D1",
        "start-transfer ICC1/DSTS1 (13 components) on ICC1/DS1, conditions integrity,change, integrity 60 s, RBE, critical",
        "report ICC1/DSTS1 all of ICC1/DS1 [integrity] at 2023-11-14T22:13:20.000Z: ICC1/MW1 = 12.5 VALID TELEMETERED NORMAL, \
         ICC1/CB1 = ON VALID TELEMETERED NORMAL 2023-11-14T22:13:10.000Z, D1 = 0",
        "acknowledge ACK ICC1/DSTS1 of 2023-11-14T22:13:20.000Z",
        "report ICC1/DSTS1 [change] at 2023-11-14T22:13:20.000Z: D1 = 5",
        "stop-transfer ICC1/DSTS1",
        "delete-data-sets ICC1/DS1: 1 deleted",
        "operate ICC1/CB1_CTL with 1: object access denied",
        "select ICC1/CB1_CTL: check-back id 123",
        "operate ICC1/CB1_CTL with 1",
        "tag ICC1/CB1_CTL OPEN-AND-CLOSE-INHIBIT \"crew on line\"",
        "select ICC1/CB1_CTL: object access denied",
        "released",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(wanted)),
            "no {wanted:?} in\n{all}"
        );
    }
    assert!(whole.records.iter().all(|r| r.association == 1));
    // One octet in each segment, as the worst captures have it: the same.
    let slow = decode(&pcap(&tape, 1)).unwrap();
    let what = |decoded: &tase2::decode::Decoded| -> Vec<What> {
        decoded.records.iter().map(|r| r.what.clone()).collect()
    };
    assert_eq!(what(&slow), what(&whole));
    assert_eq!(slow.pdus, whole.pdus);
}
