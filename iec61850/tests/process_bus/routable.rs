//! Routable GOOSE and sampled values over UDP on the loopback interface.

use crate::allocations::allocations;
use iec61850::MmsValue;
use iec61850::goose::{
    GooseConfig, GooseDispatcher, GooseEvent, GoosePublisher, GooseReceiver, GooseSubscriber,
    GooseTransmitter, MessageState, RetransmissionCurve, encode_frame,
};
use iec61850::link::{Arrival, Link, LinkError, MacAddress, Received};
use iec61850::routable::*;
use iec61850::sv::{AsduConfig, SvConfig, SvEvent, SvPublisher, SvReceiver, SvSubscriber};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(20);
const REFERENCE: &str = "IED1LD0/LLN0$GO$gcb";

fn receiving() -> RoutableOptions {
    RoutableOptions::receiver(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))
}

fn keys(protection: Protection) -> Keys {
    let keys = Keys::new();
    keys.add(Key::new(5, protection, &[3; 32]).unwrap());
    keys
}

fn config() -> GooseConfig {
    GooseConfig::new(REFERENCE, "IED1LD0/LLN0$ds")
}

#[test]
fn goose_with_every_protection() {
    for protection in [
        None,
        Some(Protection::HmacSha256_80),
        Some(Protection::HmacSha256_256),
        Some(Protection::AesGmac128),
        Some(Protection::Aes256Gcm),
    ] {
        let with_keys = |options: RoutableOptions| match protection {
            Some(protection) => options.with_keys(keys(protection)),
            None => options,
        };
        let link = RoutableLink::open(with_keys(receiving())).unwrap();
        let (to, statistics) = (link.local_address().unwrap(), link.statistics());
        let (events, heard) = mpsc::channel();
        let mut receiver = GooseReceiver::new();
        receiver.add_subscriber(GooseSubscriber::new(REFERENCE), move |subscriber, event| {
            events.send((*event, subscriber.values().to_vec())).ok();
        });
        receiver.start(link).unwrap();
        let link = RoutableLink::open(with_keys(RoutableOptions::sender(to))).unwrap();
        let curve = RetransmissionCurve::new(Duration::from_millis(5), Duration::from_millis(20));
        let transmitter = GooseTransmitter::start(link, config(), curve, &[1.into()]).unwrap();
        let new = |missed, restart| GooseEvent::NewState { missed, restart };
        let first = heard.recv_timeout(LIMIT).unwrap();
        assert_eq!(first, (new(0, true), vec![MmsValue::from(1)]));
        // On a busy machine a repetition may come late, and the time that is allowed be over.
        let events = std::iter::from_fn(|| heard.recv_timeout(LIMIT).ok());
        let mut events = events.filter(|(event, _)| *event != GooseEvent::Expired);
        let again = events.next().unwrap();
        assert_eq!(again.0, GooseEvent::Retransmission { lost: 0 });
        transmitter.update(&[2.into()]).unwrap();
        let changed = |(event, _): &(GooseEvent, Vec<MmsValue>)| *event == new(0, false);
        let second = std::iter::from_fn(|| heard.recv_timeout(LIMIT).ok()).find(changed);
        assert_eq!(second.unwrap().1, [MmsValue::from(2)]);
        drop(transmitter);
        // What is not secured with the key does not come through, and a stop does not wait for it.
        let wrong = Key::new(5, Protection::HmacSha256_128, &[4; 16]).unwrap();
        let store = Keys::new();
        store.add(wrong);
        let link = RoutableLink::open(RoutableOptions::sender(to).with_keys(store)).unwrap();
        let mut publisher = GoosePublisher::new(link, config());
        publisher.publish(&[3.into()]).unwrap();
        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        stranger.send_to(b"hello", to).unwrap();
        let counted = || {
            let s = statistics();
            (s.not_secured + s.bad_signatures, s.damaged)
        };
        let deadline = Instant::now() + LIMIT;
        while counted() != (1, 1) {
            assert!(Instant::now() < deadline, "{:?}", statistics());
            std::thread::yield_now();
        }
        assert!(receiver.is_running());
        receiver.stop().unwrap();
        assert!(heard.try_iter().all(|(event, _)| {
            matches!(
                event,
                GooseEvent::Retransmission { .. } | GooseEvent::Expired
            )
        }));
    }
}

#[test]
fn sampled_values_to_a_group() {
    let group = Ipv4Addr::new(239, 192, 85, 1);
    let options = RoutableOptions::receiver(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
    let options = options
        .with_group(group)
        .with_interface(Ipv4Addr::LOCALHOST);
    let link = RoutableLink::open(options).unwrap();
    let port = link.local_address().unwrap().port();
    let (samples, heard) = mpsc::channel();
    let mut receiver = SvReceiver::new();
    receiver.add_subscriber(SvSubscriber::new().with_app_id(0x4000), move |event| {
        if let SvEvent::Sample { asdu, .. } = event {
            samples.send((asdu.smp_cnt, asdu.int32(0))).ok();
        }
    });
    receiver.start(link).unwrap();
    let options = RoutableOptions::sender(SocketAddrV4::new(group, port))
        .with_ttl(1)
        .with_dscp(34);
    let options = options.with_interface(Ipv4Addr::LOCALHOST).with_loopback();
    let link = RoutableLink::open(options).unwrap();
    let config = SvConfig::of_streams(&[AsduConfig::new("MU01", 8)]);
    let mut publisher = SvPublisher::new(link, config).unwrap();
    for number in 0..100 {
        publisher.publication_mut().set_int32(0, 0, number);
        publisher.publish().unwrap();
        let sample = heard.recv_timeout(LIMIT).unwrap();
        assert_eq!(sample, (number as u16, Some(number)));
    }
}

#[test]
fn links_go_one_way_and_say_what_is_wrong() {
    let mut link = RoutableLink::open(receiving()).unwrap();
    let to = link.local_address().unwrap();
    let error = link.send(&[0; 60]).unwrap_err();
    assert!(matches!(error, LinkError::OneWay { .. }), "{error}");
    let soon = Instant::now() + Duration::from_millis(5);
    let waited = link.receive(Some(soon), &mut |_, _| {}).unwrap();
    assert_eq!(waited, Received::TimedOut);
    assert!(Instant::now() >= soon);
    link.waker().wake();
    let waited = link.receive(None, &mut |_, _| {}).unwrap();
    assert_eq!(waited, Received::Woken);
    let error = RoutableLink::open(RoutableOptions::receiver(to)).unwrap_err();
    assert!(error.to_string().contains(&to.to_string()), "{error}");
    let nowhere = receiving().with_group(Ipv4Addr::new(10, 0, 0, 1));
    assert!(RoutableLink::open(nowhere).is_err());
    let mut link = RoutableLink::open(RoutableOptions::sender(to).with_keys(Keys::new())).unwrap();
    let error = link.receive(None, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, LinkError::OneWay { .. }), "{error}");
    let mut frame = vec![];
    let state = MessageState::default();
    let source = MacAddress::default();
    encode_frame(&mut frame, source, &config(), &state, 0, &[]).unwrap();
    let error = link.send(&frame).unwrap_err();
    let expected = RoutableError::NoCurrentKey;
    assert!(matches!(error, LinkError::Routable(found) if found == expected));
    let error = link.send(&[0; 60]).unwrap_err();
    assert!(matches!(
        error,
        LinkError::Routable(RoutableError::NotRoutable(_))
    ));
}

/// Both ends and the subscriber, with and without security.
#[test]
fn datagrams_take_no_memory() {
    for protection in [
        None,
        Some(Protection::HmacSha256_128),
        Some(Protection::AesGmac64),
        Some(Protection::Aes256Gcm),
    ] {
        let mut options = receiving();
        if let Some(protection) = protection {
            options = options.with_keys(keys(protection));
        }
        let mut near = RoutableLink::open(options).unwrap();
        let mut options = RoutableOptions::sender(near.local_address().unwrap());
        if let Some(protection) = protection {
            options = options.with_keys(keys(protection));
        }
        let mut far = RoutableLink::open(options).unwrap();
        let mut dispatcher = GooseDispatcher::new();
        let id = dispatcher.add(GooseSubscriber::new(REFERENCE), |_, _| {});
        let (config, mut frame) = (config(), vec![]);
        let mut state = MessageState::default();
        let mut exchange = |times| {
            for _ in 0..times {
                state.st_num += 1;
                let source = MacAddress::default();
                encode_frame(&mut frame, source, &config, &state, 1, &[0x83, 1, 1]).unwrap();
                far.send(&frame).unwrap();
                let deadline = Some(Instant::now() + LIMIT);
                let received = near.receive(deadline, &mut |arrival: Arrival, octets| {
                    dispatcher.handle_frame(arrival, octets).unwrap();
                });
                assert_eq!(received.unwrap(), Received::Frames(1));
            }
        };
        exchange(300);
        assert_eq!(allocations(|| exchange(50)), 0, "{protection:?}");
        let statistics = dispatcher.subscriber(id).unwrap().statistics();
        assert_eq!((statistics.states, statistics.missed_states), (350, 0));
    }
}
