//! Routable GOOSE and sampled values: nothing that was changed gets through a signature, nothing comes twice, and what is read is written again.

use crate::process_bus::{arrivals, frames};
use iec61850::routable::{
    Key, KeySource, Keys, Payload, Protection, SessionReceiver, SessionSender, Spdu, SpduKind,
};
use std::collections::HashSet;
use std::net::SocketAddrV4;
use std::sync::Arc;

const PROTECTIONS: [Protection; 4] = [
    Protection::HmacSha256_128,
    Protection::HmacSha256_256,
    Protection::AesGmac64,
    Protection::Aes256Gcm,
];

fn keys() -> Arc<dyn KeySource> {
    let keys = Keys::new();
    for (id, protection) in (1..).zip(PROTECTIONS) {
        let key = Key::new(id, protection, &[id as u8; 32]);
        keys.add(key.expect("a key of 32 octets"));
    }
    Arc::new(keys)
}

/// Genuine datagrams, one for each protection and one without.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let payload = Payload {
        tag: Payload::GOOSE,
        simulation: false,
        app_id: 0x3001,
        apdu: &[0x61, 3, 0x80, 1, b'A'],
    };
    let store = Keys::new();
    let mut seeds = vec![];
    let mut make = |keys: Option<Arc<dyn KeySource>>| {
        let mut sender = SessionSender::new(keys).expect("random numbers");
        sender.set_number(seeds.len() as u32);
        // The same in every run.
        sender.set_initialization_vector([seeds.len() as u8; 12]);
        let made = sender.datagram(SpduKind::Goose, &[payload, payload]);
        seeds.push(made.expect("a short datagram").to_vec());
    };
    make(None);
    for (id, protection) in (1..).zip(PROTECTIONS) {
        store.add(Key::new(id, protection, &[id as u8; 32]).expect("a key of 32 octets"));
        store.set_current(id).expect("it is there");
        make(Some(Arc::new(store.clone())));
    }
    seeds
}

/// A pcap file with the first of them.
pub(crate) fn capture() -> Vec<u8> {
    let datagram = seeds().swap_remove(0);
    let lengths = |octets: usize| ((datagram.len() + octets) as u16).to_be_bytes();
    let mut frame = vec![1, 0, 0x5e, 1, 2, 3, 2, 0, 0, 0, 0, 1, 8, 0];
    let [high, low] = lengths(28);
    frame.extend([
        0x45, 0, high, low, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 239, 1, 2, 3,
    ]);
    let [high, low] = lengths(8);
    frame.extend([0, 102, 0, 102, high, low, 0, 0]);
    frame.extend(&datagram);
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for word in [1 << 16, 1, 1, 0, frame.len() as u32, frame.len() as u32] {
        file.extend(word.to_le_bytes());
    }
    file.extend(frame);
    file
}

/// What their signatures cover.
fn genuine() -> HashSet<Vec<u8>> {
    let signed = |datagram: &Vec<u8>| Spdu::decode(datagram).map(|spdu| spdu.signed.to_vec());
    seeds().iter().map(signed).map(Result::unwrap).collect()
}

pub(crate) fn datagrams(data: &[u8]) {
    let from = SocketAddrV4::new([10, 0, 0, 1].into(), 102);
    let mut plain = SessionReceiver::new(None);
    let mut secured = SessionReceiver::new(Some(keys())).with_restart_after(None);
    let genuine: HashSet<Vec<u8>> = genuine();
    let mut taken = HashSet::new();
    for (datagram, arrival) in frames(data).zip(arrivals()) {
        if let Ok((spdu, _)) = secured.datagram(arrival.instant, from, datagram) {
            let key = (spdu.security.key_id, spdu.number);
            assert!(taken.insert(key), "{key:?} came twice");
            // Whoever has no key can only repeat what was made with it.
            assert!(genuine.contains(spdu.signed), "{datagram:02x?}");
        }
        let Ok((spdu, payloads)) = plain.datagram(arrival.instant, from, datagram) else {
            continue;
        };
        let payloads: Vec<_> = payloads.iter().collect();
        let mut sender = SessionSender::new(None).expect("random numbers");
        sender.set_number(spdu.number);
        let again = sender
            .datagram(spdu.kind, &payloads)
            .expect("it is no longer");
        let again = Spdu::decode(again).expect("what was written");
        let read: Vec<_> = again.payloads().expect("what was written").iter().collect();
        assert_eq!(
            (again.kind, again.number, read),
            (spdu.kind, spdu.number, payloads)
        );
    }
}
