//! The examples of GOOSE and sampled values, over a network in memory.

use crate::{goose, sampled_values};
use iec61850::link::MemoryNetwork;
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
