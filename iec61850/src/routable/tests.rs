//! Datagrams of libiec61850, and two ends in memory.

use super::*;
use crate::goose::{GooseConfig, GooseFrame, GoosePdu, MessageState, encode_frame};
use crate::link::{FrameError, MacAddress};
use crate::sv::Asdus;
use proptest::prelude::*;
use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

// What libiec61850 1.6.1 sent in November 2026: a GOOSE message of one boolean, key 11223344h made of
// the octets 0, 1, 2 and so on.
const PLAIN: &str = "0140 a118 8012 00000065 00000001 0002 00000000 0000 00000000 00 00000051
    8100 3001 004d 6149 800b412f4c4c4e3024474f2467 810201f4 8208412f4c4c4e302464
    830b412f4c4c4e3024474f2467 84086b07b149922d0e0a 850101 860101 870100 880103 890100 8a0101
    ab03 830101";
const SV: &str = "0140 a218 8012 0000003a 00000000 0002 00000000 0000 00000000 00 00000026
    8200 4001 0022 601e 800101 a219 3017 80027376 82020000 830400000001 850100 8704a4550000";
const HMAC_128: &str = "0140 a118 8012 00000065 00000000 0002 00000000 0000 11223344 00 00000051
    8100 3001 004d 6149 800b412f4c4c4e3024474f2467 810201f4 8208412f4c4c4e302464
    830b412f4c4c4e3024474f2467 84086b07b15194fdf30a 850101 860100 870100 880103 890100 8a0101
    ab03 830101 8510 afac4ade9458f7933f4dcf9000c4d4c0";
const HMAC_256: &str = "0140 a118 8012 00000065 00000000 0002 00000000 0000 11223344 00 00000051
    8100 3001 004d 6149 800b412f4c4c4e3024474f2467 810201f4 8208412f4c4c4e302464
    830b412f4c4c4e3024474f2467 84086b07b155970a3d0a 850101 860100 870100 880103 890100 8a0101
    ab03 830101 8510 55c9aba7eb9016fe95f7429d9f39d15de59e04a02e535260ade504e31f7b980e";
const GCM_128: &str = "0140 a118 8012 00000065 00000000 0002 00000000 0000 11223344
    0c 7c3ce0c0c7565643a95c5496 00000051
    e0bf2f2710bc817d11916f086d8b9d409d5121f27c0a3c5d6267829200568584 8bb95f2f3b464a7808bdbc35819ab1
    81bac94f2a477da6f72c7a226bf81d81d24b0f5d9ba9fde9bd75519f35b63fd53afa 8510
    347c7d9f9ae35886c849514f9cc8a126";
const GCM_256: &str = "0140 a118 8012 00000065 00000000 0002 00000000 0000 11223344
    0c f65bd5d59c1c502fbd1426fc 00000051
    2dba3f2aa78e53fed0407305f12fb12641ee96109834b93c895465d14371992bd40d1ef017e5e90479c95fd2e931a5
    82484af265502238b509802f924030417c55a167d2d8a321f8e5efd7129b5d0152dd 8510
    8f20d93600437119d365f3b76e8456a2";

const KEY: u32 = 0x1122_3344;

fn key(protection: Protection) -> Key {
    let octets: Vec<u8> = (0..32).collect();
    let length = match protection {
        Protection::Aes128Gcm => 16,
        _ => 32,
    };
    Key::new(KEY, protection, &octets[..length]).unwrap()
}

fn keys(protection: Protection) -> Option<Arc<dyn KeySource>> {
    let keys = Keys::new();
    keys.add(key(protection));
    Some(Arc::new(keys))
}

fn from() -> SocketAddrV4 {
    SocketAddrV4::new([10, 0, 0, 7].into(), 102)
}

const ALL: [Protection; 7] = Protection::ALL;

#[test]
fn what_libiec61850_sends_is_taken() {
    let now = Instant::now();
    let cases = [
        (PLAIN, None),
        (HMAC_128, Some(Protection::HmacSha256_128)),
        (HMAC_256, Some(Protection::HmacSha256_256)),
        (GCM_128, Some(Protection::Aes128Gcm)),
        (GCM_256, Some(Protection::Aes256Gcm)),
    ];
    for (hex, protection) in cases {
        let datagram = octets(hex);
        let mut receiver = SessionReceiver::new(protection.and_then(keys));
        let (spdu, payloads) = receiver
            .datagram(now, from(), &datagram)
            .unwrap_or_else(|error| panic!("{protection:?}: {error}"));
        assert_eq!((spdu.kind, spdu.version), (SpduKind::Goose, 2));
        let payload = payloads.iter().next().unwrap();
        assert_eq!((payload.tag, payload.app_id), (Payload::GOOSE, 0x3001));
        let (pdu, rest) = GoosePdu::decode(payload.apdu).unwrap();
        assert_eq!((pdu.go_cb_ref, pdu.conf_rev), ("A/LLN0$GO$g", 3));
        assert_eq!((pdu.all_data.len(), rest.len()), (1, 0));
    }
    let datagram = octets(SV);
    let mut receiver = SessionReceiver::new(None);
    let (spdu, payloads) = receiver.datagram(now, from(), &datagram).unwrap();
    let payload = payloads.iter().next().unwrap();
    assert_eq!(
        (spdu.kind, payload.tag, payload.app_id),
        (SpduKind::SampledValues, Payload::SAMPLED_VALUES, 0x4001)
    );
    let (asdus, _) = Asdus::decode(payload.apdu).unwrap();
    assert_eq!(asdus.iter().next().unwrap().sv_id, "sv");
}

fn frame(number: u32) -> Vec<u8> {
    let mut config = GooseConfig::new("A/LLN0$GO$g", "A/LLN0$d");
    config.simulation = number.is_multiple_of(2);
    let state = MessageState {
        time_allowed_to_live: 2000,
        t: mms::UtcTime::from_ms(5),
        st_num: number,
        sq_num: 0,
    };
    let mut out = vec![];
    let source = MacAddress([2, 0, 0, 0, 0, 1]);
    encode_frame(&mut out, source, &config, &state, 1, &[0x83, 1, 1]).unwrap();
    out
}

#[test]
fn both_ends_agree_and_every_octet_counts() {
    for protection in ALL {
        let mut sender = SessionSender::new(keys(protection)).unwrap();
        sender.set_number(u32::MAX);
        let mut receiver = SessionReceiver::new(keys(protection));
        let now = Instant::now();
        let mut ivs = vec![];
        for number in [1, 2, 3] {
            let datagram = unrouted::datagram(&mut sender, &frame(number))
                .unwrap()
                .to_vec();
            for at in 0..datagram.len() {
                let mut bad = datagram.clone();
                bad[at] ^= 0x10;
                let found = receiver.datagram(now, from(), &bad);
                assert!(found.is_err(), "{protection:?} octet {at}");
                let cut = receiver.datagram(now, from(), &datagram[..at]);
                assert!(cut.is_err(), "{protection:?} {at} octets");
            }
            let (spdu, payloads) = receiver.datagram(now, from(), &datagram).unwrap();
            assert_eq!(spdu.number, number.wrapping_sub(2));
            assert_eq!(spdu.signature.len(), protection.signature_length());
            ivs.push(spdu.security.iv.to_vec());
            let clear = spdu.signed.windows(11).any(|w| w == b"A/LLN0$GO$g");
            assert_eq!(clear, !protection.encrypts());
            let mut frames = vec![];
            let addresses = ([10, 0, 0, 7].into(), [239, 192, 0, 1].into());
            unrouted::frames(spdu.kind, payloads, addresses, &mut vec![], &mut |frame| {
                frames.push(frame.to_vec());
            });
            let read = GooseFrame::decode(&frames[0]).unwrap();
            assert_eq!((read.pdu.st_num, frames.len()), (number, 1));
            assert_eq!(read.header.is_simulated(), number == 2);
            assert_eq!(read.ethernet.destination.to_string(), "01:00:5e:40:00:01");
            assert_eq!(read.ethernet.source.to_string(), "02:00:0a:00:00:07");
            let again = receiver.datagram(now, from(), &datagram);
            let replayed = RoutableError::Replayed {
                number: number.wrapping_sub(2),
            };
            assert_eq!(again.unwrap_err(), replayed);
        }
        ivs.dedup();
        let encrypts = !matches!(ivs[0].len(), 0);
        assert_eq!(ivs.len(), if encrypts { 3 } else { 1 });
    }
}

#[test]
fn what_is_not_secured_as_it_should_be() {
    let now = Instant::now();
    let signed = octets(HMAC_128);
    let plain = octets(PLAIN);
    let mut none = SessionReceiver::new(None);
    let found = none.datagram(now, from(), &signed).unwrap_err();
    assert_eq!(found, RoutableError::Secured { key_id: KEY });
    let mut receiver = SessionReceiver::new(keys(Protection::HmacSha256_128));
    let found = receiver.datagram(now, from(), &plain).unwrap_err();
    assert_eq!(found, RoutableError::Unsecured);
    let mut lenient = SessionReceiver::new(keys(Protection::HmacSha256_128)).with_unsecured();
    // Without a signature there is nothing to know a repetition by.
    for _ in 0..2 {
        assert!(lenient.datagram(now, from(), &plain).is_ok());
    }
    // A signature that was taken away does not make it unsecured.
    let found = receiver.datagram(now, from(), &signed[..signed.len() - 18]);
    assert_eq!(
        found.unwrap_err(),
        RoutableError::BadSignature { key_id: KEY }
    );
    let store = Keys::new();
    store.add(Key::new(9, Protection::HmacSha256_128, &[1; 16]).unwrap());
    let mut other = SessionReceiver::new(Some(Arc::new(store)));
    let found = other.datagram(now, from(), &signed).unwrap_err();
    assert_eq!(found, RoutableError::UnknownKey { key_id: KEY });
    // Another algorithm for the same key.
    let mut other = SessionReceiver::new(keys(Protection::AesGmac128));
    let found = other.datagram(now, from(), &signed).unwrap_err();
    assert_eq!(found, RoutableError::BadSignature { key_id: KEY });
    let mut old = signed.clone();
    old[15] = 1;
    old.splice(22..22, [0, 2]);
    old.remove(28);
    old[9] += 1;
    let found = receiver.datagram(now, from(), &old).unwrap_err();
    assert_eq!(found, RoutableError::UncheckedVersion { version: 1 });
}

#[test]
fn senders_that_begin_again() {
    let start = Instant::now();
    let signed = octets(HMAC_128);
    let mut receiver = SessionReceiver::new(keys(Protection::HmacSha256_128));
    assert!(receiver.datagram(start, from(), &signed).is_ok());
    let soon = start + Duration::from_millis(9_999);
    assert!(receiver.datagram(soon, from(), &signed).is_err());
    let later = start + Duration::from_secs(10);
    assert!(receiver.datagram(later, from(), &signed).is_ok());
    let mut strict =
        SessionReceiver::new(keys(Protection::HmacSha256_128)).with_restart_after(None);
    assert!(strict.datagram(start, from(), &signed).is_ok());
    let much_later = start + Duration::from_secs(100_000);
    assert!(strict.datagram(much_later, from(), &signed).is_err());
}

#[test]
fn keys_change() {
    let store = Keys::new();
    let mut sender = SessionSender::new(Some(Arc::new(store.clone()))).unwrap();
    let mut receiver = SessionReceiver::new(Some(Arc::new(store.clone())));
    let now = Instant::now();
    let none = unrouted::datagram(&mut sender, &frame(1)).unwrap_err();
    assert_eq!(none, RoutableError::NoCurrentKey);
    let new = |id, protection| Key::new(id, protection, &[id as u8; 32]).unwrap();
    store.add(new(1, Protection::HmacSha256_256).with_times(77, 5));
    store.add(new(2, Protection::AesGmac64));
    let mut send = || unrouted::datagram(&mut sender, &frame(1)).unwrap().to_vec();
    let first = send();
    store.set_current(2).unwrap();
    let second = send();
    let (spdu, _) = receiver.datagram(now, from(), &first).unwrap();
    let times = (
        spdu.security.time_of_current_key,
        spdu.security.time_to_next_key,
    );
    assert_eq!((spdu.security.key_id, times), (1, (77, 5)));
    let (spdu, _) = receiver.datagram(now, from(), &second).unwrap();
    assert_eq!(spdu.security.key_id, 2);
    assert_eq!(
        store.set_current(3),
        Err(RoutableError::UnknownKey { key_id: 3 })
    );
    let third = send();
    store.remove(2);
    let gone = receiver.datagram(now, from(), &third).unwrap_err();
    assert_eq!(gone, RoutableError::UnknownKey { key_id: 2 });
    assert!(unrouted::datagram(&mut sender, &frame(1)).is_err());
    for (id, protection, length) in [
        (0, Protection::HmacSha256_80, 16),
        (1, Protection::HmacSha256_80, 15),
        (1, Protection::AesGmac64, 24),
        (1, Protection::Aes128Gcm, 32),
        (1, Protection::Aes256Gcm, 16),
    ] {
        let error = Key::new(id, protection, &vec![0; length]).unwrap_err();
        assert!(matches!(error, RoutableError::Key { .. }), "{error}");
    }
    assert_eq!(
        format!("{:?}", new(7, Protection::AesGmac64)),
        "Key(7 AesGmac64)"
    );
}

#[test]
fn version_1_is_written_without_security() {
    let mut sender = SessionSender::new(None).unwrap().with_version_1();
    let datagram = unrouted::datagram(&mut sender, &frame(1)).unwrap();
    let spdu = Spdu::decode(datagram).unwrap();
    assert_eq!((spdu.version, spdu.security.algorithms), (1, Some((0, 0))));
    assert_eq!(spdu.payloads().unwrap().iter().count(), 1);
    for cut in 0..datagram.len() {
        assert!(Spdu::decode(&datagram[..cut]).is_err(), "{cut}");
    }
    let sender = SessionSender::new(keys(Protection::AesGmac64)).unwrap();
    let error = unrouted::datagram(&mut sender.with_version_1(), &frame(1)).unwrap_err();
    assert_eq!(error, RoutableError::UncheckedVersion { version: 1 });
}

/// The frame of a datagram from 10.0.0.7 to 239.192.0.1, with options in the header.
fn captured(datagram: &[u8]) -> Vec<u8> {
    let lengths = |octets: usize| ((datagram.len() + octets) as u16).to_be_bytes();
    let mut frame = vec![1, 0, 0x5e, 0x40, 0, 1, 2, 0, 0, 0, 0, 1, 8, 0];
    let [high, low] = lengths(32);
    frame.extend([
        0x46, 0xb8, high, low, 0, 1, 0x40, 0, 63, 17, 0, 0, 10, 0, 0, 7,
    ]);
    frame.extend([239, 192, 0, 1, 1, 1, 1, 0]);
    let [high, low] = lengths(8);
    frame.extend([0xca, 0x36, 0, 102, high, low, 0, 0]);
    frame.extend(datagram);
    frame
}

#[test]
fn datagrams_in_captures() {
    use crate::link::{Link as _, MemoryNetwork, Received};
    let frames_of = |frame: &[u8]| {
        let network = MemoryNetwork::new();
        let mut far = network.link([2, 0, 0, 0, 0, 1]);
        let near = network.link([2, 0, 0, 0, 0, 2]);
        let mut link = Unrouted::new(near, SessionReceiver::new(None));
        far.send(frame).unwrap();
        let mut frames = vec![];
        let received = link.receive(None, &mut |_, frame| frames.push(frame.to_vec()));
        assert_eq!(received.unwrap(), Received::Frames(1));
        frames
    };
    let frame = captured(&octets(PLAIN));
    let frames = frames_of(&frame);
    let goose = GooseFrame::decode(&frames[0]).unwrap();
    assert_eq!((frames.len(), goose.pdu.go_cb_ref), (1, "A/LLN0$GO$g"));
    assert_eq!(goose.ethernet.destination.to_string(), "01:00:5e:40:00:01");
    // Octets behind the packet fill the frame up.
    assert_eq!(frames_of(&[&frame[..], &[0; 9]].concat()), frames);
    // Whatever else it is, it comes as it is; what is refused does not come.
    for (at, octet) in [
        (12, 9),
        (14, 0x66),
        (20, 0x20),
        (21, 1),
        (23, 6),
        (40, 1),
        (17, 10),
    ] {
        let mut other = frame.clone();
        other[at] = octet;
        assert_eq!(frames_of(&other), [other], "octet {at}");
    }
    let damaged = captured(&octets(PLAIN)[..60]);
    assert_eq!(frames_of(&damaged), Vec::<Vec<u8>>::new());
    for cut in 14..frame.len() {
        assert!(
            frames_of(&frame[..cut])
                .iter()
                .all(|frame| frame.len() == cut),
            "{cut}"
        );
    }
}

#[test]
fn other_frames_are_not_routable() {
    let mut sender = SessionSender::new(None).unwrap();
    let mut arp = frame(1);
    arp[16..18].copy_from_slice(&[8, 6]);
    let other = crate::link::EtherType(0x0806);
    let error = unrouted::datagram(&mut sender, &arp).unwrap_err();
    assert_eq!(error, RoutableError::NotRoutable(other));
    let error = unrouted::datagram(&mut sender, &[0; 13]).unwrap_err();
    assert_eq!(
        error,
        RoutableError::Frame(FrameError::TooShort { length: 13 })
    );
    let payload = Payload {
        tag: Payload::GOOSE,
        simulation: false,
        app_id: 1,
        apdu: &[0; 65_535],
    };
    let error = sender.datagram(SpduKind::Goose, &[payload]).unwrap_err();
    assert!(matches!(error, RoutableError::TooLong { .. }));
}

proptest! {
    #[test]
    fn several_messages_in_a_datagram(
        apdus in prop::collection::vec((any::<u16>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..5),
        which in prop::option::of(0..ALL.len()),
        number: u32,
    ) {
        let protection = which.map(|which| ALL[which]);
        let mut sender = SessionSender::new(protection.and_then(keys)).unwrap();
        sender.set_number(number);
        let payloads: Vec<_> = apdus
            .iter()
            .map(|(app_id, simulation, apdu)| Payload {
                tag: Payload::SAMPLED_VALUES,
                simulation: *simulation,
                app_id: *app_id,
                apdu,
            })
            .collect();
        let datagram = sender.datagram(SpduKind::SampledValues, &payloads).unwrap();
        let mut receiver = SessionReceiver::new(protection.and_then(keys));
        let (spdu, found) = receiver.datagram(Instant::now(), from(), datagram).unwrap();
        prop_assert_eq!(spdu.number, number);
        prop_assert_eq!(found.iter().collect::<Vec<_>>(), payloads);
    }
}
