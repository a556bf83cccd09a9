//! Control blocks of a server that publish samples, over a link in memory.

use iec61850::client::IedConnection;
use iec61850::link::{Link as _, MemoryLink, MemoryNetwork, Received};
use iec61850::server::SvSourceOptions;
use iec61850::sv::SvFrame;
use iec61850::*;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(20);

/// A merging unit with a current and its quality, 4000 samples in a second, two in a frame.
fn merging_unit() -> (IedModel, SvControlBlock) {
    let model = IedModel::new("MU").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    let lln0 = device.create_logical_node("LLN0").unwrap();
    let tctr = device.create_logical_node("TCTR1").unwrap();
    let object = tctr.create_data_object("AmpSv", 0).unwrap();
    let fc = FunctionalConstraint::MX;
    let none = TriggerOptions::empty();
    let value = object
        .create_data_attribute("instMag", DataAttributeType::Constructed, fc, none, 0, 0)
        .unwrap();
    value
        .create_data_attribute("i", DataAttributeType::Int32, fc, none, 0, 0)
        .unwrap();
    object
        .create_data_attribute("q", DataAttributeType::Quality, fc, none, 0, 0)
        .unwrap();
    let data_set = lln0.create_dataset("phs").unwrap();
    for member in ["TCTR1$MX$AmpSv$instMag$i", "TCTR1$MX$AmpSv$q"] {
        data_set.create_dataset_entry(member, None, None).unwrap();
    }
    let options = SvControlBlockOptions {
        dataset_name: Some("phs".into()),
        conf_rev: 3,
        opt_flds: SampledValueOptions::SAMPLE_RATE | SampledValueOptions::DATA_SET,
        no_asdu: 2,
        address: Some(PhyComAddress {
            app_id: 0x4010,
            vlan_id: 5,
            ..PhyComAddress::default()
        }),
        ..SvControlBlockOptions::default()
    };
    let block = lln0
        .create_sv_control_block("msv", "MU01", options)
        .unwrap();
    (model, block)
}

/// The next frame.
fn frame(link: &mut MemoryLink) -> Vec<u8> {
    let deadline = Some(Instant::now() + LIMIT);
    loop {
        let mut frames = vec![];
        let received = link
            .receive(deadline, &mut |_, octets| frames.push(octets.to_vec()))
            .unwrap();
        assert_ne!(received, Received::TimedOut, "no frame came");
        if let Some(frame) = frames.into_iter().next() {
            return frame;
        }
    }
}

/// Waits until no more frames come.
fn silence(link: &mut MemoryLink) {
    let end = Instant::now() + LIMIT;
    loop {
        let soon = Some(Instant::now() + Duration::from_millis(500));
        if link.receive(soon, &mut |_, _| {}).unwrap() == Received::TimedOut {
            return;
        }
        assert!(Instant::now() < end, "it goes on sending");
    }
}

#[test]
fn samples_flow_while_a_control_block_is_enabled() {
    let (model, block) = merging_unit();
    let server = IedServer::new(&model, None).unwrap();
    let network = MemoryNetwork::new();
    let mut far = network.link([2, 0, 0, 0, 0, 2]);
    let options = SvSourceOptions::default();
    server
        .set_sv_source(
            &block,
            network.link([2, 0, 0, 0, 0, 1]),
            &options,
            |frame, sample| {
                for asdu in 0..frame.asdus() {
                    frame.set_int32(asdu, 0, sample as i32 + asdu as i32);
                }
            },
        )
        .unwrap();
    silence(&mut far);
    server.start_on("127.0.0.1:0".parse().unwrap()).unwrap();
    // By the application.
    server.enable_sv_publishing().unwrap();
    let octets = frame(&mut far);
    let first = SvFrame::decode(&octets).unwrap();
    assert_eq!(first.header.app_id, 0x4010);
    assert_eq!(first.ethernet.vlan.unwrap().id, 5);
    let asdus: Vec<_> = first.asdus.iter().collect();
    let [a, b] = &asdus[..] else {
        panic!("{} samples", asdus.len())
    };
    assert_eq!((a.sv_id, a.smp_cnt, a.int32(0)), ("MU01", 0, Some(0)));
    assert_eq!((b.smp_cnt, b.int32(0), b.samples.len()), (1, Some(1), 8));
    assert_eq!((a.conf_rev, a.smp_rate, a.smp_mod), (3, Some(80), Some(0)));
    assert_eq!((a.dat_set, a.refr_tm), (Some("MULD0/LLN0$phs"), None));
    server.disable_sv_publishing().unwrap();
    silence(&mut far);
    let statistics = server.sv_statistics(&block).unwrap();
    assert!(statistics.frames > 0 && statistics.lost == 0);
    // By a client.
    let port = server.local_port().unwrap();
    let client = IedConnection::new();
    client.connect("127.0.0.1", port).unwrap();
    let ena = |on: bool| {
        let fc = FunctionalConstraint::MS;
        client
            .write_boolean("MULD0/LLN0.msv.SvEna", fc, on)
            .unwrap();
    };
    ena(true);
    let octets = frame(&mut far);
    let again = SvFrame::decode(&octets).unwrap();
    assert_eq!(again.asdus.iter().next().unwrap().smp_cnt, 0);
    ena(false);
    silence(&mut far);
    // A stopped server is silent, and goes on when it is started.
    ena(true);
    frame(&mut far);
    server.stop();
    silence(&mut far);
    server.start_on("127.0.0.1:0".parse().unwrap()).unwrap();
    frame(&mut far);
    drop(server);
    silence(&mut far);
}

#[test]
fn sources_that_cannot_be() {
    let (model, block) = merging_unit();
    let (_, foreign) = merging_unit();
    let lln0 = block.parent();
    let options = SvControlBlockOptions::default();
    let empty = lln0.create_sv_control_block("no", "", options).unwrap();
    let text = lln0.create_data_object("NamPlt", 0).unwrap();
    text.create_data_attribute(
        "d",
        DataAttributeType::UnicodeString255,
        FunctionalConstraint::DC,
        TriggerOptions::empty(),
        0,
        0,
    )
    .unwrap();
    let data_set = lln0.create_dataset("text").unwrap();
    data_set
        .create_dataset_entry("LLN0$DC$NamPlt$d", None, None)
        .unwrap();
    let options = SvControlBlockOptions {
        dataset_name: Some("text".into()),
        ..SvControlBlockOptions::default()
    };
    let text = lln0.create_sv_control_block("text", "", options).unwrap();
    let options = SvControlBlockOptions {
        dataset_name: Some("phs".into()),
        no_asdu: 255,
        ..SvControlBlockOptions::default()
    };
    let long = lln0.create_sv_control_block("long", "", options).unwrap();
    let server = IedServer::new(&model, None).unwrap();
    let network = MemoryNetwork::new();
    for (block, reason) in [
        (&foreign, "another model"),
        (&empty, "data set"),
        (&text, "data set"),
        (&long, "fit a frame"),
    ] {
        let link = network.link([2, 0, 0, 0, 0, 1]);
        let options = SvSourceOptions::default();
        let error = server
            .set_sv_source(block, link, &options, |_, _| {})
            .unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(server.sv_statistics(&block), None);
    // One that panics costs nobody else anything.
    let mut far = network.link([2, 0, 0, 0, 0, 2]);
    let link = network.link([2, 0, 0, 0, 0, 1]);
    let options = SvSourceOptions::default();
    server
        .set_sv_source(&block, link, &options, |_, _| panic!("the source"))
        .unwrap();
    server.enable_sv_publishing().unwrap();
    silence(&mut far);
    let link = network.link([2, 0, 0, 0, 0, 1]);
    server
        .set_sv_source(&block, link, &options, |_, _| {})
        .unwrap();
    frame(&mut far);
}

#[test]
fn the_curve_of_repetitions_belongs_to_control_blocks_that_exist() {
    let (model, block) = merging_unit();
    let server = IedServer::new(&model, None).unwrap();
    let curve = iec61850::goose::RetransmissionCurve::default();
    let node = block.parent();
    server
        .set_goose_retransmission(&node, None, &curve)
        .unwrap();
    let error = server
        .set_goose_retransmission(&node, Some("none"), &curve)
        .unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
}

/// A node of a supervision class with all it may have.
fn supervision(device: &LogicalDevice, name: &str, reference: &str) -> LogicalNode {
    let node = device.create_logical_node(name).unwrap();
    for object in ["St", "NdsCom", "SimSt"] {
        node.create_cdc_sps(object, CdcOptions::empty()).unwrap();
    }
    for object in ["LastStNum", "ConfRevNum", "RxConfRevNum"] {
        node.create_cdc_ins(object, CdcOptions::empty()).unwrap();
    }
    let object = node.create_data_object(reference, 0).unwrap();
    object
        .create_data_attribute(
            "setSrcRef",
            DataAttributeType::VisibleString129,
            FunctionalConstraint::SP,
            TriggerOptions::empty(),
            0,
            0,
        )
        .unwrap();
    node
}

/// St, NdsCom, SimSt, LastStNum, ConfRevNum and RxConfRevNum.
fn shown(server: &IedServer, node: &LogicalNode) -> (bool, bool, bool, i64, i64, i64) {
    let at = |object: &str| node.child_attribute(&format!("{object}.stVal")).unwrap();
    let flag = |object| server.get_boolean(&at(object)).unwrap();
    let number = |object| i64::from(server.get_int32(&at(object)).unwrap());
    (
        flag("St"),
        flag("NdsCom"),
        flag("SimSt"),
        number("LastStNum"),
        number("ConfRevNum"),
        number("RxConfRevNum"),
    )
}

#[test]
fn subscriptions_are_shown_in_lgos() {
    use iec61850::goose::*;
    use iec61850::link::{Arrival, MacAddress};
    use std::sync::Arc;
    let model = IedModel::new("BAY").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    let node = supervision(&device, "LGOS1", "GoCBRef");
    let other = supervision(&device, "subLGOS2", "GoCBRef");
    let wrong = device.create_logical_node("GGIO1").unwrap();
    let server = Arc::new(IedServer::new(&model, None).unwrap());
    let reference = "PUBLD0/LLN0$GO$gcb";
    let mut subscriber = GooseSubscriber::new(reference).with_conf_rev(7);
    subscriber.set_simulation(true);
    assert!(server.supervise_goose(&wrong, &subscriber).is_err());
    assert!(
        server
            .supervise_sampled_values(&node, "", &Default::default())
            .is_err()
    );
    assert_eq!(server.goose_supervision_node(reference), None);
    let mut supervision = server.supervise_goose(&node, &subscriber).unwrap();
    assert_eq!(server.goose_supervision_node(reference), Some(node.clone()));
    assert_eq!(
        server.goose_supervision_node("PUBLD0/LLN0.gcb"),
        Some(node.clone())
    );
    assert_eq!(shown(&server, &node), (false, false, false, 0, 7, 0));
    let elsewhere = GooseSubscriber::new("X/LLN0$GO$gcb");
    server.supervise_goose(&other, &elsewhere).unwrap();
    assert_eq!(server.goose_supervision_node("X/LLN0$GO$gcb"), Some(other));

    let mut dispatcher = GooseDispatcher::new();
    dispatcher.add(subscriber, move |subscriber, _| {
        supervision.update(subscriber)
    });
    let mut config = GooseConfig::new(reference, "PUBLD0/LLN0$ds");
    config.conf_rev = 7;
    let mut arrival = Arrival::now();
    let mut state = MessageState {
        time_allowed_to_live: 100,
        st_num: 5,
        ..MessageState::default()
    };
    let mut send = |config: &GooseConfig, st_num| {
        state.st_num = st_num;
        let (mut frame, source) = (vec![], MacAddress([2, 0, 0, 0, 0, 9]));
        encode_frame(&mut frame, source, config, &state, 1, &[0x83, 1, 1]).unwrap();
        arrival.instant += Duration::from_millis(10);
        dispatcher.handle_frame(arrival, &frame).unwrap();
        dispatcher.poll_timeout()
    };
    send(&config, 5);
    assert_eq!(shown(&server, &node), (true, false, false, 5, 7, 7));
    config.conf_rev = 8;
    config.nds_com = true;
    send(&config, 6);
    assert_eq!(shown(&server, &node), (false, true, false, 6, 7, 8));
    (config.conf_rev, config.nds_com, config.simulation) = (7, false, true);
    let end = send(&config, 7).unwrap();
    assert_eq!(shown(&server, &node), (true, false, true, 7, 7, 7));
    let time = node.child_attribute("St.t").unwrap();
    let quality = node.child_attribute("St.q").unwrap();
    assert!(server.get_utc_time(&time).unwrap().timestamp() > 1_700_000_000);
    assert_eq!(server.get_quality(&quality).unwrap(), Quality::default());
    dispatcher.handle_timeout(end + Duration::from_secs(1));
    assert_eq!(shown(&server, &node), (false, false, true, 7, 7, 7));
    // Nothing keeps the server alive.
    assert_eq!(Arc::strong_count(&server), 1);
}

#[test]
fn streams_are_shown_in_lsvs() {
    use iec61850::link::{Arrival, MacAddress};
    use iec61850::sv::*;
    use std::sync::Arc;
    let model = IedModel::new("BAY").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    let node = supervision(&device, "LSVS1", "SvCBRef");
    let server = Arc::new(IedServer::new(&model, None).unwrap());
    let mut subscriber = SvSubscriber::new().with_conf_rev(3);
    subscriber.set_simulation(true);
    let reference = "MULD0/LLN0.msv";
    let supervision = server.supervise_sampled_values(&node, reference, &subscriber);
    let mut supervision = supervision.unwrap();
    assert_eq!(server.sv_supervision_node(reference), Some(node.clone()));
    assert_eq!(shown(&server, &node), (false, false, false, 0, 3, 0));
    let mut dispatcher = SvDispatcher::new();
    dispatcher.add(subscriber, move |event| supervision.update(event));
    let mut arrival = Arrival::now();
    let mut asdu = AsduConfig::new("MU01", 8);
    let mut send = |asdu: &AsduConfig, simulation| {
        let mut config = SvConfig::of_streams(std::slice::from_ref(asdu));
        config.simulation = simulation;
        let mut publication = SvPublication::new(MacAddress::default(), &config).unwrap();
        arrival.instant += Duration::from_micros(250);
        publication.set_smp_cnt(0, arrival.instant.elapsed().subsec_micros() as u16);
        dispatcher
            .handle_frame(arrival, publication.frame())
            .unwrap();
        dispatcher.poll_timeout()
    };
    send(&asdu, false);
    assert_eq!(shown(&server, &node), (false, false, false, 0, 3, 1));
    asdu.conf_rev = 3;
    asdu.sv_id = "MU02".into();
    let end = send(&asdu, true).unwrap();
    assert_eq!(shown(&server, &node), (true, false, true, 0, 3, 3));
    dispatcher.handle_timeout(end + Duration::from_secs(1));
    assert_eq!(shown(&server, &node), (false, false, true, 0, 3, 3));
}
