//! Following a publisher, and publishing, take no memory once they have begun.

use crate::captures::{frames, own};
use iec61850::MmsValue;
use iec61850::comtrade::{Playback, Record};
use iec61850::goose::{
    Encoding, GooseConfig, GooseDispatcher, GoosePublication, GoosePublisher, GooseSubscriber,
    GooseTransmitter, RetransmissionCurve,
};
use iec61850::link::{
    Arrival, EtherType, Link, LinkError, LinkWaker, MacAddress, Received, TakeFrame,
};
use iec61850::sv::{StreamName, SvConfig, SvDispatcher, SvPublisher, SvSubscriber};
use mms::UtcTime;
use std::time::{Duration, Instant};

/// How often this thread asks for memory meanwhile.
pub(crate) fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn allocations_are_counted() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1u8]))), 1);
    let mut grows = vec![1u8];
    assert_eq!(allocations(|| grows.reserve_exact(100)), 1);
}

#[test]
fn following_goose_takes_no_memory() {
    let mut dispatcher = GooseDispatcher::new();
    for number in 0..300 {
        let reference = format!("OTHER{number}/LLN0$GO$gcb");
        dispatcher.add(GooseSubscriber::new(reference), |_, _| {});
    }
    let id = dispatcher.add(GooseSubscriber::new("GOLDLD1/LLN0$GO$gcb01"), |_, _| {});
    let frames = frames(&own("60-goose-server.pcap"), EtherType::GOOSE);
    let mut now = Arrival::now();
    let mut follow = |frames: &[Vec<u8>]| {
        for frame in frames {
            now.instant += Duration::from_millis(20);
            dispatcher.handle_timeout(now.instant);
            dispatcher.handle_frame(now, frame).unwrap();
        }
    };
    follow(&frames[..1]);
    // Repetitions, three new states, and silences.
    assert_eq!(allocations(|| follow(&frames[1..])), 0);
    assert_eq!(dispatcher.subscriber(id).unwrap().statistics().states, 4);
}

#[test]
fn publishing_goose_takes_no_memory() {
    let config = GooseConfig::new("IED1LD0/LLN0$GO$gcb", "IED1LD0/LLN0$ds");
    let source = MacAddress([2, 0, 0, 0, 0, 1]);
    let curve = RetransmissionCurve::new(Duration::from_millis(2), Duration::from_secs(1));
    let mut publication = GoosePublication::new(source, config, curve);
    let values = [
        MmsValue::Boolean(true),
        MmsValue::Float32(1.5),
        MmsValue::VisibleString("a text".into()),
        MmsValue::Structure(vec![MmsValue::Integer(-5), UtcTime::from_ms(5).into()]),
    ];
    let mut now = Instant::now();
    let mut publish = |times| {
        for _ in 0..times {
            publication.change(now, UtcTime::from_ms(7), &values);
            for _ in 0..3 {
                let due = publication.poll_timeout().unwrap();
                assert!(publication.poll_transmit(due).unwrap().is_some());
            }
            now += Duration::from_millis(50);
        }
    };
    // The numbers take two octets more before the memory has its size.
    publish(70_000);
    assert_eq!(allocations(|| publish(100)), 0);
}

#[test]
fn following_sampled_values_takes_no_memory() {
    let mut dispatcher = SvDispatcher::new();
    for app_id in 0..100 {
        dispatcher.add(SvSubscriber::new().with_app_id(app_id), |_| {});
    }
    let id = dispatcher.add(SvSubscriber::new().with_app_id(0x4000), |_| {});
    let frames = frames(&own("62-sv-publisher.pcap"), EtherType::SAMPLED_VALUES);
    let mut now = Arrival::now();
    let mut follow = |frames: &[Vec<u8>]| {
        for frame in frames {
            now.instant += Duration::from_micros(250);
            dispatcher.handle_timeout(now.instant);
            dispatcher.handle_frame(now, frame).unwrap();
        }
    };
    follow(&frames[..1]);
    assert_eq!(allocations(|| follow(&frames[1..])), 0);
    let streams = dispatcher.subscriber(id).unwrap().streams();
    assert_eq!(streams[0].statistics().samples, 100);
}

/// A link that takes everything and keeps nothing.
struct Nowhere;

impl Link for Nowhere {
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        std::hint::black_box(frame);
        Ok(())
    }

    fn receive(&mut self, _: Option<Instant>, _: TakeFrame<'_>) -> Result<Received, LinkError> {
        Ok(Received::End)
    }

    fn address(&self) -> MacAddress {
        MacAddress([2, 0, 0, 0, 0, 1])
    }

    fn waker(&self) -> LinkWaker {
        LinkWaker::new(|| {})
    }
}

#[test]
fn publishers_take_no_memory() {
    let mut fixed = GooseConfig::new("IED1LD0/LLN0$GO$gcb", "IED1LD0/LLN0$ds");
    fixed.encoding = Encoding::FixedLength;
    let values = [
        MmsValue::Integer(-5),
        MmsValue::VisibleString("a text".into()),
        MmsValue::Structure(vec![MmsValue::OctetString(vec![1]), 1.5f32.into()]),
    ];
    let mut single = GoosePublisher::new(Nowhere, fixed.clone());
    let curve = RetransmissionCurve::new(Duration::from_secs(1), Duration::from_secs(5));
    let transmitter = GooseTransmitter::start(Nowhere, fixed, curve, &values).unwrap();
    let stream: StreamName = "F4800S2I4U4".parse().unwrap();
    let config = SvConfig::of_stream_name("MU01", &stream);
    let mut samples = SvPublisher::new(Nowhere, config).unwrap();
    let cfg = "S,R,1999\n1,1A,0D\n1,IL1,A,,A,1,0,0,-9,9,1,1,P\n50\n1\n100,2\n,\n,\nASCII\n1\n";
    let record = Record::read(cfg.as_bytes(), b"1,0,10\n2,10000,20\n").unwrap();
    let playback = Playback::new(&record, &stream).unwrap();
    let mut publish = |times| {
        for number in 0..times {
            single.increase_st_num();
            single.publish(&values).unwrap();
            transmitter.update(&values).unwrap();
            for asdu in 0..2 {
                playback.fill(samples.publication_mut(), asdu, number);
                samples
                    .publication_mut()
                    .set_refr_tm(asdu, UtcTime::from_ms(number));
            }
            samples.publish().unwrap();
        }
    };
    publish(10);
    assert_eq!(allocations(|| publish(100)), 0);
}
