//! The examples of GOOSE and sampled values, over a network in memory.

use crate::{comtrade, goose, routable_goose, sampled_values};
use iec61850::comtrade::Record;
use iec61850::link::MemoryNetwork;
use iec61850::routable::{RoutableLink, RoutableOptions};
use iec61850::sv::{SvEvent, SvReceiver, SvSubscriber};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn a_trip_is_heard_and_so_is_silence() {
    let network = MemoryNetwork::new();
    let (tell, told) = mpsc::channel();
    let tell = move |text| tell.send(text).unwrap_or_default();
    let _receiver = goose::subscribe(network.link([2, 0, 0, 0, 0, 1]), tell).unwrap();
    let publisher = goose::publish(network.link([2, 0, 0, 0, 0, 2])).unwrap();
    let heard = || told.recv_timeout(LIMIT).unwrap();
    assert_eq!(heard(), "trip false, 0 A (0 states missed)");
    publisher.update(&goose::values(true, 4200.0)).unwrap();
    assert_eq!(heard(), "trip true, 4200 A (0 states missed)");
    drop(publisher);
    assert_eq!(heard(), "the publisher is silent");
}

#[test]
fn currents_are_measured() {
    let network = MemoryNetwork::new();
    let (tell, told) = mpsc::channel();
    let tell = move |current| tell.send(current).unwrap_or_default();
    let _receiver = sampled_values::subscribe(network.link([2, 0, 0, 0, 0, 1]), tell).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (link, ended) = (network.link([2, 0, 0, 0, 0, 2]), stop.clone());
    let unit = std::thread::spawn(move || sampled_values::publish(link, 100.0, &ended));
    for _ in 0..2 {
        let current = told.recv_timeout(LIMIT).unwrap();
        assert!((current - 70.7107).abs() < 0.001, "{current}");
    }
    stop.store(true, Ordering::Relaxed);
    assert_eq!(unit.join().unwrap().unwrap().lost, 0);
}

#[test]
fn a_trip_is_heard_over_udp_if_it_is_signed() {
    let local = "127.0.0.1:0".parse().unwrap();
    let keys = || routable_goose::keys().unwrap();
    let link = RoutableLink::open(RoutableOptions::receiver(local).with_keys(keys())).unwrap();
    let (to, statistics) = (link.local_address().unwrap(), link.statistics());
    let (tell, told) = mpsc::channel();
    let tell = move |text| tell.send(text).unwrap_or_default();
    let _receiver = routable_goose::subscribe(link, tell).unwrap();
    let unsigned = routable_goose::publish(RoutableOptions::sender(to)).unwrap();
    let signed = RoutableOptions::sender(to).with_keys(keys());
    let publisher = routable_goose::publish(signed).unwrap();
    let heard = || told.recv_timeout(LIMIT).unwrap();
    assert_eq!(heard(), "trip false");
    unsigned.update(&[true.into()]).unwrap();
    publisher.update(&[true.into()]).unwrap();
    assert_eq!(heard(), "trip true");
    drop(publisher);
    assert_eq!(heard(), "the publisher is silent");
    assert!(routable_goose::refused(statistics()) > 0);
}

#[test]
fn a_record_is_described_and_played() {
    let cfg = "S,R,1999\n2,2A,0D\n1,IL1,A,,A,1,0,0,-9,9,1,1,P\n2,UL1,A,,kV,0.1,0,0,-9,9,1,1,P\n50\n1\n100,2\n\
        01/02/2026,10:00:00.0\n01/02/2026,10:00:00.0\nASCII\n1\n";
    let record = Record::read(cfg.as_bytes(), b"1,0,10,-5\n2,10000,20,5\n").unwrap();
    let lines = comtrade::describe(&record);
    assert_eq!(lines, ["IL1: 10.0 A to 20.0 A", "UL1: -500.0 V to 500.0 V"]);
    let network = MemoryNetwork::new();
    let (samples, heard) = mpsc::channel();
    let mut receiver = SvReceiver::new();
    receiver.add_subscriber(SvSubscriber::new(), move |event| {
        if let SvEvent::Sample { asdu, .. } = event {
            samples.send((asdu.smp_cnt, asdu.int32(0).unwrap())).ok();
        }
    });
    receiver.start(network.link([2, 0, 0, 0, 0, 1])).unwrap();
    let statistics = comtrade::play(&record, network.link([2, 0, 0, 0, 0, 2])).unwrap();
    // Ten milliseconds are 48 samples, and the last one.
    assert_eq!((statistics.frames, statistics.lost), (25, 0));
    for number in 0..50 {
        let sample = heard.recv_timeout(LIMIT).unwrap();
        let expected = (10_000.0 + 10_000.0 * f64::from(number) / 48.0).min(20_000.0);
        assert_eq!(sample, (number as u16, expected.round() as i32));
    }
}
