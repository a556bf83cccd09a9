//! Every frame of the recordings, read and written again.

use iec61850::MmsValue;
use iec61850::goose::{
    GooseConfig, GooseDispatcher, GooseFrame, GooseSubscriber, MessageState, encode_frame,
};
use iec61850::link::{Arrival, CaptureReader, EtherType, EthernetHeader, Link as _, Received};
use iec61850::sv::{AsduConfig, SvConfig, SvDispatcher, SvFrame, SvPublication, SvSubscriber};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A recording of this repository.
pub(crate) fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/process_bus/data")
        .join(name)
}

/// The captures of others, where they are: this folder is not part of the repository.
pub(crate) fn shared() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/pcap");
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|e| e == "pcap" || e == "pcapng")
    });
    files.sort();
    files
}

/// The frames of one EtherType.
pub(crate) fn frames(path: &Path, ether_type: EtherType) -> Vec<Vec<u8>> {
    let mut reader =
        CaptureReader::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut frames = vec![];
    while let Some(frame) = reader.next_frame().unwrap() {
        let kind = EthernetHeader::decode(&frame.data).map(|(header, _)| header.ether_type);
        if kind == Ok(ether_type) {
            frames.push(frame.data);
        }
    }
    frames
}

/// Reads a frame, and writes it again from what was understood of it. Publishers of edition 1 and
/// libiec61850 say only in the message that it is simulated, and not in the header as ours do.
fn written_again(octets: &[u8], values_as_they_came: bool) -> Vec<u8> {
    let frame = GooseFrame::decode(octets).unwrap_or_else(|e| panic!("{e}: {octets:02x?}"));
    let pdu = &frame.pdu;
    let mut config = GooseConfig::new(pdu.go_cb_ref, pdu.dat_set);
    config.go_id = pdu.go_id.map(str::to_owned);
    config.conf_rev = pdu.conf_rev;
    config.simulation = frame.is_simulated();
    config.nds_com = pdu.nds_com;
    config.vlan_tag = frame.ethernet.vlan.is_some();
    config.address.dst_address = frame.ethernet.destination.0;
    config.address.app_id = frame.header.app_id;
    if let Some(vlan) = frame.ethernet.vlan {
        config.address.vlan_id = vlan.id;
        config.address.vlan_priority = vlan.priority;
    }
    let state = MessageState {
        time_allowed_to_live: pdu.time_allowed_to_live,
        t: pdu.t,
        st_num: pdu.st_num,
        sq_num: pdu.sq_num,
    };
    let values = pdu.all_data.to_values().unwrap();
    let encoded: Vec<u8> = match values_as_they_came {
        true => pdu.all_data.octets().to_vec(),
        false => values.iter().flat_map(MmsValue::to_bytes).collect(),
    };
    let mut out = vec![];
    let (source, count) = (frame.ethernet.source, values.len() as u32);
    encode_frame(&mut out, source, &config, &state, count, &encoded).unwrap();
    let at = if config.vlan_tag { 18 } else { 14 };
    if !frame.extension.is_empty() {
        // Signed: ours are not.
        out.extend(frame.extension);
        let length = (out.len() - at) as u16;
        out[at + 2..at + 4].copy_from_slice(&length.to_be_bytes());
        out[at + 6..at + 8].copy_from_slice(&frame.header.reserved2.to_be_bytes());
    }
    if frame.pdu.simulation && !frame.header.is_simulated() {
        assert_eq!(std::mem::take(&mut out[at + 4]), 0x80);
    }
    out
}

#[test]
fn goose_frames_of_libiec61850_are_written_octet_by_octet() {
    for (name, count) in [
        ("60-goose-server.pcap", 17),
        ("61-goose-publisher.pcap", 10),
    ] {
        let frames = frames(&own(name), EtherType::GOOSE);
        assert_eq!(frames.len(), count);
        for octets in frames {
            assert_eq!(written_again(&octets, false), octets);
        }
    }
}

#[test]
fn goose_frames_of_all_captures_are_written_octet_by_octet() {
    let (mut count, mut true_is_255) = (0, 0);
    for path in shared() {
        for octets in frames(&path, EtherType::GOOSE) {
            let again = written_again(&octets, true);
            assert_eq!(again, octets, "{} frame {count}", path.display());
            count += 1;
            // The values themselves, unless the publisher has another octet for true.
            let again = written_again(&octets, false);
            let differences: Vec<_> = again.iter().zip(&octets).filter(|(a, b)| a != b).collect();
            assert_eq!(again.len(), octets.len());
            assert!(differences.iter().all(|pair| *pair == (&1, &255)));
            true_is_255 += u32::from(!differences.is_empty());
        }
    }
    println!("{count} GOOSE frames, {true_is_255} of them with 255 for true");
}

#[test]
fn a_subscriber_follows_the_recorded_server() {
    let model = iec61850::IedModel::from_config(include_str!("../golden/golden.cfg")).unwrap();
    let block = model
        .logical_device_by_instance("LD1")
        .and_then(|device| device.logical_nodes().into_iter().next())
        .unwrap()
        .goose_control_blocks()
        .remove(0);
    let mut dispatcher = GooseDispatcher::new();
    let events = Arc::new(Mutex::new(vec![]));
    let log = events.clone();
    let subscriber = GooseSubscriber::of_control_block(&block).unwrap();
    let id = dispatcher.add(subscriber, move |_, event| log.lock().unwrap().push(*event));
    let mut reader = CaptureReader::open(own("60-goose-server.pcap")).unwrap();
    let mut end = None;
    let mut take = |arrival: Arrival, octets: &[u8]| {
        dispatcher.handle_timeout(arrival.instant);
        dispatcher.handle_frame(arrival, octets).unwrap();
        end = dispatcher.poll_timeout();
    };
    while reader.receive(None, &mut take).unwrap() != Received::End {}
    let subscriber = dispatcher.subscriber(id).unwrap();
    assert!(subscriber.is_valid());
    assert_eq!(
        (subscriber.st_num(), subscriber.sq_num()),
        (Some(4), Some(3))
    );
    assert_eq!(subscriber.values()[3], MmsValue::Float32(2.5));
    let statistics = subscriber.statistics();
    assert_eq!((statistics.received, statistics.states), (17, 4));
    assert_eq!((statistics.lost, statistics.expirations), (0, 0));
    dispatcher.handle_timeout(end.unwrap() + std::time::Duration::from_secs(7));
    assert!(!dispatcher.subscriber(id).unwrap().is_valid());
    assert_eq!(events.lock().unwrap().len(), 18);
}

/// Reads a frame of sampled values, and writes it again from what was understood of it.
fn sv_written_again(octets: &[u8]) -> Vec<u8> {
    let frame = SvFrame::decode(octets).unwrap_or_else(|e| panic!("{e}: {octets:02x?}"));
    let asdus: Vec<_> = frame.asdus.iter().collect();
    let config = |asdu: &iec61850::sv::Asdu<'_>| AsduConfig {
        dat_set: asdu.dat_set.map(str::to_owned),
        conf_rev: asdu.conf_rev,
        refr_tm: asdu.refr_tm.is_some(),
        smp_rate: asdu.smp_rate,
        smp_mod: asdu.smp_mod,
        gm_identity: asdu.gm_identity,
        ..AsduConfig::new(asdu.sv_id, asdu.samples.len())
    };
    let mut config = SvConfig::of_streams(&asdus.iter().map(config).collect::<Vec<_>>());
    config.address.dst_address = frame.ethernet.destination.0;
    config.address.app_id = frame.header.app_id;
    config.vlan_tag = frame.ethernet.vlan.is_some();
    if let Some(vlan) = frame.ethernet.vlan {
        config.address.vlan_id = vlan.id;
        config.address.vlan_priority = vlan.priority;
    }
    let mut publication = SvPublication::new(frame.ethernet.source, &config).unwrap();
    for (number, asdu) in asdus.iter().enumerate() {
        publication.set_smp_cnt(number, asdu.smp_cnt);
        publication.set_smp_synch(asdu.smp_synch);
        publication
            .samples_mut(number)
            .copy_from_slice(asdu.samples);
        if let Some(time) = asdu.refr_tm {
            publication.set_refr_tm(number, time);
        }
    }
    let mut out = publication.frame().to_vec();
    if !frame.extension.is_empty() {
        // Signed: ours are not.
        let at = if config.vlan_tag { 18 } else { 14 };
        out.extend(frame.extension);
        let length = (out.len() - at) as u16;
        out[at + 2..at + 4].copy_from_slice(&length.to_be_bytes());
        out[at + 6..at + 8].copy_from_slice(&frame.header.reserved2.to_be_bytes());
    }
    out
}

#[test]
fn sampled_values_of_libiec61850_are_written_octet_by_octet() {
    let frames = frames(&own("62-sv-publisher.pcap"), EtherType::SAMPLED_VALUES);
    assert_eq!(frames.len(), 120);
    for octets in frames {
        assert_eq!(sv_written_again(&octets), octets);
    }
}

#[test]
fn sampled_values_of_all_captures_are_written_octet_by_octet() {
    let mut count = 0;
    for path in shared() {
        let mut dispatcher = SvDispatcher::new();
        let id = dispatcher.add(SvSubscriber::new(), |_| {});
        for octets in frames(&path, EtherType::SAMPLED_VALUES) {
            let again = sv_written_again(&octets);
            assert_eq!(again, octets, "{} frame {count}", path.display());
            dispatcher.handle_frame(Arrival::now(), &octets).unwrap();
            count += 1;
        }
        for stream in dispatcher.subscriber(id).unwrap().streams() {
            println!(
                "{}: {} {:?}",
                path.display(),
                stream.sv_id(),
                stream.statistics()
            );
        }
    }
    println!("{count} frames of sampled values");
}

#[test]
fn routable_goose_of_a_relay_is_read() {
    use iec61850::goose::GoosePdu;
    use iec61850::goose::GooseReceiver;
    use iec61850::routable::{Payload, SessionReceiver, SessionSender, Spdu, SpduKind, Unrouted};
    let relay = shared()
        .into_iter()
        .find(|path| path.ends_with("ge-ur-routable-goose.pcap"));
    let Some(relay) = relay else { return };
    let mut numbers = vec![];
    for frame in frames(&relay, EtherType(0x0800)) {
        // IPv4 without options, UDP.
        if frame[23] != 17 || frame[36..38] != [0, 102] {
            continue;
        }
        let spdu = Spdu::decode(&frame[42..]).unwrap();
        assert_eq!(
            (spdu.kind, spdu.version, spdu.signature),
            (SpduKind::Goose, 2, &[][..])
        );
        let payloads: Vec<_> = spdu.payloads().unwrap().iter().collect();
        assert_eq!(
            (payloads.len(), payloads[0].tag, payloads[0].simulation),
            (1, Payload::GOOSE, false)
        );
        let (pdu, rest) = GoosePdu::decode(payloads[0].apdu).unwrap();
        assert_eq!(pdu.go_cb_ref, "GA_UR74Master/LLN0$RG$GoCB10");
        assert_eq!(
            (pdu.all_data.to_values().unwrap().len(), rest.len()),
            (6, 0)
        );
        numbers.push((spdu.number, pdu.sq_num));
        // The relay fills in all lengths as we do.
        let mut sender = SessionSender::new(None).unwrap();
        sender.set_number(spdu.number);
        let again = sender.datagram(SpduKind::Goose, &payloads).unwrap();
        assert_eq!(again, &frame[42..]);
    }
    assert_eq!(numbers.len(), 11);
    // A new state comes in between.
    let goes_on = |pair: &[(u32, u32)]| {
        pair[1].0 == pair[0].0 + 1 && (pair[1].1 == pair[0].1 + 1 || pair[1].1 == 0)
    };
    assert!(numbers.windows(2).all(goes_on), "{numbers:?}");
    // The same by a subscriber.
    let link = CaptureReader::open(&relay).unwrap();
    let mut receiver = GooseReceiver::new();
    let id = receiver.add_subscriber(
        GooseSubscriber::new("GA_UR74Master/LLN0$RG$GoCB10"),
        |_, _| {},
    );
    receiver
        .start(Unrouted::new(link, SessionReceiver::new(None)))
        .unwrap();
    receiver.wait().unwrap();
    let subscriber = receiver.subscriber(id).unwrap();
    let statistics = subscriber.statistics();
    assert_eq!((statistics.received, statistics.states), (11, 2));
    assert_eq!(
        (
            statistics.lost,
            statistics.invalid,
            statistics.missed_states
        ),
        (0, 0, 0)
    );
    assert_eq!(
        subscriber.source().unwrap().to_string(),
        "02:00:c0:a8:0f:59"
    );
}
