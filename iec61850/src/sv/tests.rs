//! The state machines on times that are made up.

use super::*;
use crate::link::{Arrival, FrameError, MacAddress, MemoryNetwork};
use mms::UtcTime;
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

const SOURCE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);

fn full(sv_id: &str, length: usize) -> AsduConfig {
    AsduConfig {
        dat_set: Some("LD/LLN0$ds".into()),
        refr_tm: true,
        smp_rate: Some(80),
        smp_mod: Some(0),
        gm_identity: Some([1, 2, 3, 4, 5, 6, 7, 8]),
        conf_rev: 5,
        ..AsduConfig::new(sv_id, length)
    }
}

#[test]
fn fields_are_where_they_are_written() {
    for length in [0, 1, 64, 127, 128, 255, 256, 500] {
        let asdus = [AsduConfig::new("bare", length), full("full", length)];
        let mut publication = SvPublication::new(SOURCE, &SvConfig::of_streams(&asdus)).unwrap();
        publication.set_next_smp_cnt(0x1234);
        publication.count();
        publication.set_smp_synch(GLOBALLY_SYNCHRONIZED);
        assert!(!publication.set_refr_tm(0, UtcTime::from_ms(7)));
        assert!(publication.set_refr_tm(1, UtcTime::from_ms(7)));
        publication.samples_mut(1).fill(0xa5);
        let frame = SvFrame::decode(publication.frame()).unwrap();
        let read: Vec<_> = frame.asdus.iter().collect();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].smp_cnt, read[1].smp_cnt), (0x1234, 0x1235));
        assert_eq!((read[0].smp_synch, read[1].smp_synch), (2, 2));
        assert_eq!((read[0].sv_id, read[1].sv_id), ("bare", "full"));
        assert_eq!((read[0].conf_rev, read[1].conf_rev), (1, 5));
        assert_eq!(
            (read[0].refr_tm, read[0].smp_rate, read[0].dat_set),
            (None, None, None)
        );
        assert_eq!(read[1].refr_tm, Some(UtcTime::from_ms(7)));
        assert_eq!((read[1].smp_rate, read[1].smp_mod), (Some(80), Some(0)));
        assert_eq!(read[1].gm_identity, Some([1, 2, 3, 4, 5, 6, 7, 8]));
        assert!(read[0].samples.iter().all(|octet| *octet == 0));
        assert_eq!(read[1].samples, vec![0xa5; length]);
        let octets = publication.frame();
        for cut in 0..octets.len() {
            assert!(SvFrame::decode(&octets[..cut]).is_err());
        }
    }
    let too_much = SvConfig::of_streams(&[AsduConfig::new("x", 1500)]);
    let error = SvPublication::new(SOURCE, &too_much).unwrap_err();
    assert!(matches!(error, SvError::TooLong { .. }));
    assert!(SvPublication::new(SOURCE, &SvConfig::of_streams(&[])).is_err());
}

#[test]
fn values_and_channels() {
    let name: StreamName = "F4800S2I4U4".parse().unwrap();
    assert_eq!((name.rate, name.asdus, name.sample_length()), (4800, 2, 64));
    for bad in [
        "",
        "F4800",
        "F4800S2I4",
        "F0S1I4U4",
        "F4800S0I1U1",
        "F4800S2I4U4x",
        "FS2I4U4",
        "F1S999I1U1",
    ] {
        assert!(bad.parse::<StreamName>().is_err(), "{bad}");
    }
    assert_eq!(StreamName::nine_two_le(50).rate, 4000);
    let config = SvConfig::of_stream_name("MU", &name);
    let mut publication = SvPublication::new(SOURCE, &config).unwrap();
    assert!(publication.set_int32(1, 0, -1500));
    assert!(publication.set_uint32(1, 4, 0x2000));
    assert!(publication.set_int32(1, 32, 1_000_000));
    assert!(!publication.set_int32(1, 61, 0));
    assert!(!publication.set_int32(2, 0, 0));
    let frame = SvFrame::decode(publication.frame()).unwrap();
    let asdu = frame.asdus.iter().nth(1).unwrap();
    assert_eq!(name.channel(&asdu, 0), Some((-1.5, 0x2000)));
    assert_eq!(name.channel(&asdu, 4), Some((10_000.0, 0)));
    assert_eq!(name.channel(&asdu, 8), None);
    assert_eq!(asdu.float64(57), None);
}

/// A subscriber that is given numbers.
struct Bench {
    subscriber: SvSubscriber,
    publication: SvPublication,
    now: Arrival,
}

impl Bench {
    fn new(subscriber: SvSubscriber) -> Self {
        let config = SvConfig::of_streams(&[AsduConfig::new("MU", 8)]);
        Bench {
            subscriber,
            publication: SvPublication::new(SOURCE, &config).unwrap(),
            now: Arrival {
                instant: Instant::now(),
                time: SystemTime::UNIX_EPOCH,
            },
        }
    }

    /// What is missing before the sample, or `None` if it was not taken.
    fn take(&mut self, smp_cnt: u16) -> Option<u32> {
        self.now.instant += Duration::from_micros(250);
        self.now.time += Duration::from_micros(250);
        self.publication.set_smp_cnt(0, smp_cnt);
        let frame = SvFrame::decode(self.publication.frame()).unwrap();
        let mut taken = None;
        self.subscriber
            .handle_frame(self.now, &frame, &mut |event| match event {
                SvEvent::Sample { missing, .. } => taken = Some(missing),
                SvEvent::OtherRevision { expected, .. } => assert_eq!(expected, 2),
                SvEvent::Silent { .. } => panic!("silent"),
            });
        taken
    }

    fn statistics(&self) -> SvStatistics {
        self.subscriber.streams()[0].statistics()
    }
}

#[test]
fn samples_are_missing_doubled_and_late() {
    let mut bench = Bench::new(SvSubscriber::new().with_samples_per_second(4000));
    assert_eq!(bench.take(3990), Some(0));
    assert_eq!(bench.take(3991), Some(0));
    assert_eq!(bench.take(3991), None);
    assert_eq!(bench.take(3995), Some(3));
    assert_eq!(bench.take(3994), None);
    assert_eq!(bench.take(1), Some(5));
    assert_eq!(bench.take(3999), None);
    let s = bench.statistics();
    assert_eq!(
        (s.samples, s.lost, s.duplicates, s.out_of_order),
        (4, 8, 1, 2)
    );
    assert_eq!(s.shortest_gap, Some(Duration::from_micros(250)));
    assert_eq!(s.longest_gap, Some(Duration::from_micros(500)));
}

#[test]
fn the_rate_is_learned() {
    for (rate, first) in [
        (4000u32, 3000u32),
        (4800, 10),
        (14_400, 14_000),
        (999, 600),
        (65_536, 65_000),
    ] {
        let mut bench = Bench::new(SvSubscriber::new());
        for sample in first..first + rate + 100 {
            assert_eq!(
                bench.take((sample % rate) as u16),
                Some(0),
                "{rate} {sample}"
            );
        }
        assert_eq!(
            bench.subscriber.streams()[0].samples_per_second(),
            Some(rate)
        );
        assert_eq!(
            bench.statistics().mean_gap(),
            Some(Duration::from_micros(250))
        );
        assert_eq!(bench.statistics().gap_deviation(), Some(Duration::ZERO));
    }
}

#[test]
fn silence_is_an_event() {
    let mut bench = Bench::new(SvSubscriber::new().with_silence(Duration::from_millis(3)));
    assert_eq!(bench.subscriber.poll_timeout(), None);
    bench.take(5);
    let due = bench.subscriber.poll_timeout().unwrap();
    assert_eq!(due - bench.now.instant, Duration::from_millis(3));
    let mut events = 0;
    let mut count = |event: SvEvent<'_>| {
        assert!(matches!(event, SvEvent::Silent { sv_id: "MU" }));
        events += 1;
    };
    bench
        .subscriber
        .handle_timeout(due - Duration::from_nanos(1), &mut count);
    bench.subscriber.handle_timeout(due, &mut count);
    bench.subscriber.handle_timeout(due, &mut count);
    assert_eq!(events, 1);
    assert!(bench.subscriber.streams()[0].is_silent());
    assert_eq!(bench.subscriber.poll_timeout(), None);
    // It begins again wherever it is.
    assert_eq!(bench.take(2), Some(0));
    let s = bench.statistics();
    assert_eq!((s.silences, s.out_of_order, s.samples), (1, 0, 2));
}

#[test]
fn delays_of_synchronized_streams() {
    let mut bench = Bench::new(SvSubscriber::new().with_samples_per_second(4000));
    // It is 250 us after the beginning of a second when the first sample comes.
    bench.now.time += Duration::from_secs(10);
    assert_eq!(bench.take(0), Some(0));
    assert_eq!(
        bench.statistics().mean_delay(),
        None,
        "it is not synchronized"
    );
    bench.publication.set_smp_synch(GLOBALLY_SYNCHRONIZED);
    for smp_cnt in [1, 2] {
        bench.take(smp_cnt);
    }
    let us = Duration::from_micros;
    let s = bench.statistics();
    assert_eq!(
        (s.shortest_delay, s.longest_delay),
        (Some(us(250)), Some(us(250)))
    );
    bench.now.time += us(100);
    bench.take(3);
    // One that comes before its moment: the clocks differ.
    bench.now.time -= us(2000);
    bench.take(4);
    let s = bench.statistics();
    assert_eq!(
        s.mean_delay(),
        Some(us((250 + 250 + 350) / 4) + Duration::from_nanos(500))
    );
    assert_eq!(
        (s.shortest_delay, s.longest_delay),
        (Some(us(0)), Some(us(350)))
    );
}

#[test]
fn what_a_subscriber_wants() {
    let mut bench = Bench::new(SvSubscriber::new().with_sv_id("other"));
    assert_eq!(bench.take(1), None);
    let mut bench = Bench::new(SvSubscriber::new().with_app_id(1));
    assert_eq!(bench.take(1), None);
    let mut bench = Bench::new(SvSubscriber::new().with_conf_rev(2));
    assert_eq!(bench.take(1), None);
    assert_eq!(bench.statistics().conf_rev_mismatches, 1);
    let mut config = SvConfig::of_streams(&[AsduConfig::new("MU", 8)]);
    config.simulation = true;
    let mut bench = Bench::new(SvSubscriber::new());
    bench.publication = SvPublication::new(SOURCE, &config).unwrap();
    assert_eq!(bench.take(1), None);
    assert_eq!(bench.subscriber.simulation_ignored(), 1);
    bench.subscriber.set_simulation(true);
    assert_eq!(bench.take(2), Some(0));
}

#[test]
fn a_paced_publisher_and_a_receiver() {
    let network = MemoryNetwork::new();
    let name: StreamName = "F4800S2I4U4".parse().unwrap();
    let config = SvConfig::of_stream_name("MU", &name);
    let mut receiver = SvReceiver::new();
    let seen = Arc::new(Mutex::new(vec![]));
    let log = seen.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let enough = stop.clone();
    let subscriber = SvSubscriber::new()
        .with_app_id(0x4000)
        .with_samples_per_second(4800);
    let id = receiver.add_subscriber(subscriber, move |event| {
        if let SvEvent::Sample {
            asdu, missing: 0, ..
        } = event
        {
            let mut log = log.lock().unwrap();
            log.push((asdu.smp_cnt, asdu.int32(0)));
            if log.len() == 100 {
                enough.store(true, Ordering::Relaxed);
            }
        }
    });
    receiver.start(network.link([2, 0, 0, 0, 0, 9])).unwrap();
    let mut publisher = SvPublisher::new(network.link(SOURCE), config).unwrap();
    let statistics = publisher
        .run(4800, Instant::now(), &stop, |publication, sample| {
            publication.set_int32(0, 0, sample as i32);
            publication.set_int32(1, 0, sample as i32 + 1);
        })
        .unwrap();
    assert!(statistics.frames >= 50);
    receiver.stop().unwrap();
    let seen = seen.lock().unwrap();
    assert!(
        seen.iter()
            .take(100)
            .enumerate()
            .all(|(at, sample)| *sample == (at as u16, Some(at as i32)))
    );
    let stream = &receiver.subscriber(id).unwrap().streams()[0];
    assert_eq!((stream.statistics().lost, stream.source()), (0, SOURCE));
}

#[test]
fn the_number_of_samples_is_checked() {
    let config = SvConfig::of_streams(&[AsduConfig::new("MU", 8)]);
    let publication = SvPublication::new(SOURCE, &config).unwrap();
    let mut octets = publication.frame().to_vec();
    // Behind the headers, and the tag and length of the message.
    let at = 18 + 8 + 2 + 2;
    assert_eq!(std::mem::replace(&mut octets[at], 2), 1);
    let error = SvFrame::decode(&octets).unwrap_err();
    assert_eq!(
        error,
        FrameError::WrongCount {
            field: "noASDU",
            stated: 2,
            found: 1
        }
    );
}

proptest! {
    #[test]
    fn damage_is_no_panic(changes: Vec<(u16, u8)>) {
        let asdus = [full("a", 20), AsduConfig::new("b", 20)];
        let publication = SvPublication::new(SOURCE, &SvConfig::of_streams(&asdus)).unwrap();
        let mut octets = publication.frame().to_vec();
        for (at, octet) in changes {
            let at = usize::from(at) % octets.len();
            octets[at] = octet;
        }
        let mut dispatcher = SvDispatcher::new();
        dispatcher.add(SvSubscriber::new(), |event| {
            if let SvEvent::Sample { asdu, .. } = event {
                let _ = (asdu.int64(3), asdu.timestamp(usize::MAX));
            }
        });
        let _ = dispatcher.handle_frame(Arrival::now(), &octets);
    }

    /// Whatever numbers come: each sample is counted once.
    #[test]
    fn every_sample_is_counted(series: Vec<u16>, rate in proptest::option::of(1u32..70_000)) {
        let mut subscriber = SvSubscriber::new();
        if let Some(rate) = rate {
            subscriber = subscriber.with_samples_per_second(rate);
        }
        let mut bench = Bench::new(subscriber);
        for smp_cnt in &series {
            bench.take(*smp_cnt);
        }
        if !series.is_empty() {
            let s = bench.statistics();
            prop_assert_eq!(s.samples + s.duplicates + s.out_of_order, series.len() as u64);
        }
    }
}
