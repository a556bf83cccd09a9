//! GOOSE and sampled values: frames are read without a panic, what is accepted is counted once, and what is written of it means the same.

use iec61850::MmsValue;
use iec61850::goose::{
    GooseConfig, GooseDispatcher, GooseFrame, GooseSubscriber, MessageState, encode_frame,
};
use iec61850::link::{Arrival, CaptureReader, Link as _, Received};
use iec61850::routable::{SessionReceiver, Unrouted};
use iec61850::sv::{AsduConfig, SvConfig, SvDispatcher, SvFrame, SvPublication, SvSubscriber};
use std::io::Cursor;
use std::time::{Duration, Instant, SystemTime};

/// Frames behind their lengths in two octets each.
pub(crate) fn frames(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let ([high, low], tail) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(tail.len());
        let (frame, tail) = tail.split_at(length);
        rest = tail;
        Some(frame)
    })
}

/// Moments 7 ms apart.
pub(crate) fn arrivals() -> impl Iterator<Item = Arrival> {
    let instant = Instant::now();
    (0..).map(move |number| Arrival {
        instant: instant + Duration::from_millis(7 * number),
        time: SystemTime::UNIX_EPOCH + Duration::from_millis(7 * number),
    })
}

pub(crate) fn goose(data: &[u8]) {
    let mut dispatcher = GooseDispatcher::new();
    let mut ids = vec![dispatcher.add(GooseSubscriber::observer(), |_, _| {})];
    for (frame, arrival) in frames(data).zip(arrivals()) {
        dispatcher.handle_timeout(arrival.instant);
        let _ = dispatcher.handle_frame(arrival, frame);
        let Ok(frame) = GooseFrame::decode(frame) else {
            continue;
        };
        if ids.len() < 10 {
            let mut subscriber = GooseSubscriber::new(frame.pdu.go_cb_ref);
            subscriber.set_simulation(ids.len() % 2 == 0);
            ids.push(dispatcher.add(subscriber, |_, _| {}));
        }
        goose_again(&frame);
    }
    for id in ids {
        let subscriber = dispatcher.subscriber(id).unwrap();
        let s = subscriber.statistics();
        if !subscriber.is_observer() {
            let counted = s.states + s.retransmissions + s.duplicates + s.out_of_order;
            assert_eq!(
                counted + s.simulation_ignored + s.other_publishers,
                s.received
            );
        }
    }
}

fn goose_again(frame: &GooseFrame<'_>) {
    let pdu = &frame.pdu;
    let Ok(values) = pdu.all_data.to_values() else {
        return;
    };
    let mut config = GooseConfig::new(pdu.go_cb_ref, pdu.dat_set);
    config.go_id = pdu.go_id.map(str::to_owned);
    config.conf_rev = pdu.conf_rev;
    config.simulation = frame.is_simulated();
    config.nds_com = pdu.nds_com;
    config.vlan_tag = frame.ethernet.vlan.is_some();
    config.address.app_id = frame.header.app_id;
    config.address.dst_address = frame.ethernet.destination.0;
    let state = MessageState {
        time_allowed_to_live: pdu.time_allowed_to_live,
        t: pdu.t,
        st_num: pdu.st_num,
        sq_num: pdu.sq_num,
    };
    let encoded: Vec<u8> = values.iter().flat_map(MmsValue::to_bytes).collect();
    let (mut out, count) = (vec![], values.len() as u32);
    // What was not in its shortest form may have become shorter, never longer; but the other frame can be longer than Ethernet allows.
    if encode_frame(
        &mut out,
        frame.ethernet.source,
        &config,
        &state,
        count,
        &encoded,
    )
    .is_err()
    {
        return;
    }
    let again = GooseFrame::decode(&out).unwrap();
    assert_eq!(again.pdu.all_data.octets(), encoded);
    let head = |frame: &GooseFrame<'_>| {
        let pdu = &frame.pdu;
        let numbers = (
            pdu.st_num,
            pdu.sq_num,
            pdu.conf_rev,
            pdu.time_allowed_to_live,
        );
        (
            numbers,
            pdu.t,
            pdu.nds_com,
            frame.is_simulated(),
            frame.header.app_id,
        )
    };
    assert_eq!(head(&again), head(frame));
    assert_eq!(
        (again.pdu.go_cb_ref, again.pdu.go_id),
        (pdu.go_cb_ref, pdu.go_id)
    );
}

pub(crate) fn sampled_values(data: &[u8]) {
    let mut dispatcher = SvDispatcher::new();
    let id = dispatcher.add(SvSubscriber::new(), |_| {});
    for (frame, arrival) in frames(data).zip(arrivals()) {
        dispatcher.handle_timeout(arrival.instant);
        let _ = dispatcher.handle_frame(arrival, frame);
        if let Ok(frame) = SvFrame::decode(frame) {
            sv_again(&frame);
        }
    }
    assert!(dispatcher.subscriber(id).unwrap().streams().len() <= 64);
}

fn sv_again(frame: &SvFrame<'_>) {
    let asdus: Vec<_> = frame.asdus.iter().collect();
    let configs = asdus.iter().map(|asdu| AsduConfig {
        dat_set: asdu.dat_set.map(str::to_owned),
        conf_rev: asdu.conf_rev,
        refr_tm: asdu.refr_tm.is_some(),
        smp_rate: asdu.smp_rate,
        smp_mod: asdu.smp_mod,
        gm_identity: asdu.gm_identity,
        ..AsduConfig::new(asdu.sv_id, asdu.samples.len())
    });
    let config = SvConfig::of_streams(&configs.collect::<Vec<_>>());
    let Ok(mut publication) = SvPublication::new(frame.ethernet.source, &config) else {
        return;
    };
    for (number, asdu) in asdus.iter().enumerate() {
        assert!(publication.set_smp_cnt(number, asdu.smp_cnt));
        publication
            .samples_mut(number)
            .copy_from_slice(asdu.samples);
        let time = asdu
            .refr_tm
            .map(|time| publication.set_refr_tm(number, time));
        assert_ne!(time, Some(false));
    }
    let again = SvFrame::decode(publication.frame()).unwrap();
    for (again, asdu) in again.asdus.iter().zip(&asdus) {
        let smp_synch = asdu.smp_synch;
        assert_eq!(iec61850::sv::Asdu { smp_synch, ..again }, *asdu);
    }
}

/// Capture files: an end comes, whatever is in them.
pub(crate) fn capture(data: &[u8]) {
    let Ok(mut reader) = CaptureReader::new(Cursor::new(data.to_vec())) else {
        return;
    };
    let mut octets = 0;
    while let Ok(Some(frame)) = reader.next_frame() {
        octets += frame.data.len();
    }
    assert!(octets <= data.len());
    // Again, with what is in datagrams.
    if let Ok(reader) = CaptureReader::new(Cursor::new(data.to_vec())) {
        let mut link = Unrouted::new(reader, SessionReceiver::new(None));
        let mut count = 0;
        while let Ok(Received::Frames(_)) = link.receive(None, &mut |_, _| count += 1) {}
        assert!(count <= data.len());
    }
}
