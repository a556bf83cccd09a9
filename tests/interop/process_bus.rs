//! GOOSE and sampled values between the real libiec61850 and ours, over a pair of virtual Ethernet interfaces: one end is here, the other in a
//! network namespace of its own, where the peer runs.
//!
//! Making them needs root and `ip`, as in CI. Elsewhere these tests say so and prove nothing.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use iec61850::goose::{
    GooseConfig, GooseEvent, GoosePublisher, GooseReceiver, GooseSubscriber, GooseTransmitter,
    RetransmissionCurve,
};
use iec61850::link::{FrameFilter, LinkError, MacAddress, PacketLink};
use iec61850::sv::{AsduConfig, SvConfig, SvEvent, SvPublisher, SvReceiver, SvSubscriber};
use iec61850::{IedModel, IedServer, MmsValue};
use serde_json::{Value, json};

use crate::peers::{golden, repository, script};

const LIMIT: Duration = Duration::from_secs(20);

/// The pair of interfaces. It goes with the namespace.
struct Network {
    namespace: String,
    near: String,
    far: String,
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip")
        .args(arguments)
        .output()
        .map_err(|error| format!("ip: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "ip {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

impl Network {
    /// `None`, with the reason on standard error, where there can be none.
    fn new(name: &str) -> Option<Self> {
        // Names of interfaces have at most 15 characters.
        let id = std::process::id() % 100_000;
        let network = Network {
            namespace: format!("ied-{name}-{id}"),
            near: format!("ied{name}a{id}"),
            far: format!("ied{name}b{id}"),
        };
        let Network {
            namespace,
            near,
            far,
        } = &network;
        if let Err(reason) = ip(&["netns", "add", namespace]) {
            eprintln!("not tested, this needs root and network namespaces: {reason}");
            return None;
        }
        let made = ip(&[
            "link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace,
        ])
        .and_then(|()| ip(&["-n", namespace, "link", "set", far, "up"]))
        .and_then(|()| ip(&["link", "set", near, "up"]));
        made.unwrap_or_else(|reason| panic!("{reason}"));
        let deadline = Instant::now() + LIMIT;
        while !iec61850::link::interface_state(near).unwrap().running {
            assert!(Instant::now() < deadline, "{near} does not come up");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(network)
    }

    /// Starts the peer, at the other end.
    fn peer(&self, command: &str, arguments: &[&str]) -> Peer {
        let script = script("libiec61850_process_bus.py");
        let mut command_line = Command::new("ip");
        command_line.args(["netns", "exec", &self.namespace]);
        command_line
            .arg(script.get_program())
            .args(script.get_args());
        command_line.arg(command).arg(&self.far).args(arguments);
        let mut child = command_line
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Peer { child, lines }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // The interfaces go with the namespace that has one of them.
        let _ = ip(&["netns", "del", &self.namespace]);
    }
}

struct Peer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Peer {
    /// The next line; it ends by itself after 20 s at the latest.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines
            .read_line(&mut line)
            .expect("the peer's output can be read");
        line.trim_end().to_owned()
    }

    fn json(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const REFERENCE: &str = "PEERLD1/LLN0$GO$gcb";

#[test]
fn our_subscriber_follows_libiec61850_publisher() {
    let Some(network) = Network::new("gs") else {
        return;
    };
    let (events, heard) = mpsc::channel();
    let mut receiver = GooseReceiver::new();
    let subscriber = GooseSubscriber::new(REFERENCE)
        .with_app_id(0x3001)
        .with_conf_rev(3)
        .with_go_id("peer");
    receiver.add_subscriber(subscriber, move |subscriber, event| {
        let values = subscriber.values().to_vec();
        let numbers = (subscriber.st_num().unwrap(), subscriber.sq_num().unwrap());
        events
            .send((*event, numbers, values, subscriber.vlan()))
            .ok();
    });
    // Only what is for this group comes through the filter of the system.
    let filter = FrameFilter::goose().to([MacAddress([1, 0x0c, 0xcd, 1, 0, 2])]);
    receiver
        .start(PacketLink::open(&network.near, &filter).unwrap())
        .unwrap();
    let mut peer = network.peer("goose-publish", &[REFERENCE, "5"]);
    for state in 0..5 {
        for sq_num in 0..3 {
            let (event, numbers, values, vlan) = heard.recv_timeout(LIMIT).unwrap();
            assert_eq!(numbers, (state + 1, sq_num));
            let expected = match sq_num {
                0 => GooseEvent::NewState {
                    missed: 0,
                    restart: state == 0,
                },
                _ => GooseEvent::Retransmission { lost: 0 },
            };
            assert_eq!(event, expected);
            let expected = [
                MmsValue::Boolean(state % 2 == 1),
                MmsValue::Integer(-i64::from(state)),
                MmsValue::Float32(state as f32 / 2.0),
                MmsValue::VisibleString(format!("state {state}")),
            ];
            assert_eq!(values, expected);
            let vlan = vlan.expect("the tag comes with the frame");
            assert_eq!((vlan.id, vlan.priority), (7, 5));
        }
    }
    assert_eq!(peer.line(), "published");
    assert_eq!(heard.recv_timeout(LIMIT).unwrap().0, GooseEvent::Expired);
    receiver.stop().unwrap();
}

#[test]
fn libiec61850_subscriber_follows_our_publishers() {
    let Some(network) = Network::new("gp") else {
        return;
    };
    let mut peer = network.peer("goose-subscribe", &[REFERENCE, "1000"]);
    assert_eq!(peer.line(), "listening");
    let mut config = GooseConfig::new(REFERENCE, "PEERLD1/LLN0$ds");
    config.address.vlan_id = 7;
    config.conf_rev = 9;
    let link = || PacketLink::open_sender(&network.near).unwrap();
    let curve = RetransmissionCurve::new(Duration::from_millis(20), Duration::from_millis(100));
    let values = |number: i32| {
        [
            MmsValue::from(number),
            (number as f32 / 4.0).into(),
            (number > 1).into(),
            "text".into(),
        ]
    };
    let transmitter = GooseTransmitter::start(link(), config.clone(), curve, &values(1)).unwrap();
    let first = peer.json();
    assert_eq!(
        (&first["stNum"], &first["sqNum"], &first["confRev"]),
        (&json!(1), &json!(0), &json!(9))
    );
    assert_eq!(
        (&first["timeAllowedToLive"], &first["valid"]),
        (&json!(300), &json!(true))
    );
    transmitter.update(&values(2)).unwrap();
    let mut second = peer.json();
    while second["stNum"] == json!(1) {
        second = peer.json();
    }
    let expected =
        json!([{"integer": 2}, {"float": "0.5"}, {"boolean": true}, {"visible-string": "text"}]);
    assert_eq!(
        second["values"].as_object().unwrap().values().next(),
        Some(&expected)
    );
    assert_eq!(
        (&second["sqNum"], &second["timeAllowedToLive"]),
        (&json!(0), &json!(60))
    );
    drop(transmitter);
    // The single messages of the other class.
    let mut publisher = GoosePublisher::new(link(), config);
    publisher.set_st_num(40);
    publisher.set_simulation(true);
    publisher.publish(&values(3)).unwrap();
    let mut third = peer.json();
    while third["stNum"] != json!(40) {
        third = peer.json();
    }
    assert_eq!(
        (&third["test"], &third["valid"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn libiec61850_subscriber_follows_our_server() {
    let Some(network) = Network::new("sv") else {
        return;
    };
    let mut peer = network.peer("goose-subscribe", &["GOLDLD1/LLN0$GO$gcb01", "1000"]);
    assert_eq!(peer.line(), "listening");
    let model = IedModel::create_from_config_file(golden("golden.cfg")).unwrap();
    let server = IedServer::new(&model, None).unwrap();
    server.set_goose_interface_id(&network.near).unwrap();
    server.enable_goose_publishing();
    assert_eq!(peer.json()["stNum"], json!(1));
    let node = model
        .model_node_by_short_reference("LD1/GGIO1.Ind1.stVal")
        .unwrap();
    server
        .update_boolean(&node.into_data_attribute().unwrap(), true)
        .unwrap();
    let mut second = peer.json();
    while second["stNum"] == json!(1) {
        second = peer.json();
    }
    assert_eq!(
        (&second["stNum"], &second["valid"]),
        (&json!(2), &json!(true))
    );
    let values = second["values"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(values[0], json!({"boolean": true}));
}

#[test]
fn our_subscriber_follows_libiec61850_samples() {
    let Some(network) = Network::new("ss") else {
        return;
    };
    let (samples, heard) = mpsc::channel();
    let mut receiver = SvReceiver::new();
    let subscriber = SvSubscriber::new()
        .with_app_id(0x4001)
        .with_sv_id("peerSv")
        .with_silence(LIMIT);
    let id = receiver.add_subscriber(subscriber, move |event| {
        if let SvEvent::Sample { asdu, missing, .. } = event {
            samples
                .send((asdu.smp_cnt, asdu.int32(0), asdu.samples.len(), *missing))
                .ok();
        }
    });
    receiver
        .start(PacketLink::open(&network.near, &FrameFilter::sampled_values()).unwrap())
        .unwrap();
    let mut peer = network.peer("sv-publish", &["peerSv", "200"]);
    for number in 0..200 {
        let sample = heard.recv_timeout(LIMIT).unwrap();
        assert_eq!(sample, (number, Some(1000 * i32::from(number)), 8, 0));
    }
    assert_eq!(peer.line(), "published");
    receiver.stop().unwrap();
    assert_eq!(
        receiver.subscriber(id).unwrap().streams()[0]
            .statistics()
            .samples,
        200
    );
}

#[test]
fn libiec61850_subscriber_follows_our_samples() {
    let Some(network) = Network::new("sp") else {
        return;
    };
    let mut peer = network.peer("sv-subscribe", &["0x4000", "50"]);
    assert_eq!(peer.line(), "listening");
    let config = SvConfig::of_streams(&[AsduConfig::new("ours", 8), AsduConfig::new("ours", 8)]);
    let mut publisher =
        SvPublisher::new(PacketLink::open_sender(&network.near).unwrap(), config).unwrap();
    let stop = std::sync::Arc::new(AtomicBool::new(false));
    let ended = stop.clone();
    let sending = std::thread::spawn(move || {
        publisher.run(4000, Instant::now(), &ended, |publication, sample| {
            publication.set_int32(0, 0, sample as i32);
            publication.set_int32(1, 0, sample as i32 + 1);
        })
    });
    // Its receiver misses some samples, above all at the beginning; what it gets is what we sent.
    let mut last = -1;
    for _ in 0..50 {
        let sample = peer.json();
        let number = sample["smpCnt"].as_i64().unwrap();
        assert_eq!(
            sample,
            json!({"svId": "ours", "smpCnt": number, "size": 8, "value": number})
        );
        assert!(number > last, "{number} after {last}");
        last = number;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let statistics = sending.join().unwrap().unwrap();
    assert!(statistics.frames >= 25 && statistics.lost == 0);
}

#[test]
fn interfaces_that_are_down_or_gone() {
    let Some(network) = Network::new("dn") else {
        return;
    };
    let mut link = PacketLink::open(&network.near, &FrameFilter::goose()).unwrap();
    ip(&["link", "set", &network.near, "down"]).unwrap();
    let error = PacketLink::open(&network.near, &FrameFilter::goose()).unwrap_err();
    assert!(matches!(error, LinkError::InterfaceDown { .. }), "{error}");
    use iec61850::link::Link as _;
    let error = link.send(&[0; 60]).unwrap_err();
    assert!(matches!(error, LinkError::InterfaceDown { .. }), "{error}");
    // One that is received from goes on when the interface does.
    let soon = Some(Instant::now() + Duration::from_millis(50));
    assert!(link.receive(soon, &mut |_, _| {}).is_ok());
    ip(&["link", "set", &network.near, "up"]).unwrap();
    let deadline = Instant::now() + LIMIT;
    while link.send(&[1; 60]).is_err() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The tool at both ends: one publishes what it reads, the other shows it; then the doctor looks at a served IED.
#[test]
fn the_tool_publishes_listens_and_examines() {
    use std::io::Write;
    let Some(network) = Network::new("tl") else {
        return;
    };
    let tool = env!("CARGO_BIN_EXE_ied");
    let at_far_end = |arguments: &[&str]| {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &network.namespace, tool])
            .args(arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("ied starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Peer { child, lines }
    };
    let listening = [
        "goose",
        "listen",
        &network.far,
        "--json",
        "--count",
        "3",
        "--seconds",
        "20",
    ];
    let mut listener = at_far_end(&listening);
    let mut publisher = Command::new(tool);
    let publishing = [
        "goose",
        "publish",
        &network.near,
        "--ref",
        REFERENCE,
        "--value",
        "1",
        "--value",
        "true",
        "--max-time",
        "1000",
    ];
    publisher
        .args(publishing)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = publisher.spawn().expect("ied starts");
    let mut input = child.stdin.take().expect("stdin is piped");
    let publisher = Peer {
        lines: BufReader::new(child.stdout.take().expect("stdout is piped")),
        child,
    };
    let first = listener.json();
    assert_eq!(
        (&first["values"], &first["goCbRef"]),
        (&json!([1, true]), &json!(REFERENCE))
    );
    input.write_all(b"2, false\n").unwrap();
    let second = listener.json();
    assert_eq!(
        (&second["values"], &second["stNum"], &second["event"]),
        (&json!([2, false]), &json!(2), &json!("new"))
    );
    drop(publisher);
    assert_eq!(listener.json()["event"], json!("silent"));

    let model = golden("golden.cfg");
    let model = model.to_str().unwrap();
    let serving = [
        "serve",
        model,
        "--bind",
        "127.0.0.1",
        "--port",
        "0",
        "--goose",
        &network.near,
    ];
    let mut server = Command::new(tool);
    let mut child = server
        .args(serving)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("ied starts");
    let lines = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut said = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let mut server = Peer { child, lines };
    let listens = said.any(|line| line.is_ok_and(|line| line.contains("listening on")));
    assert!(listens, "the server has ended");
    let mut doctor = at_far_end(&["goose", "doctor", &network.far, model, "--seconds", "4"]);
    assert_eq!(doctor.line(), "ok    GOLDLD1/LLN0$GO$gcb01");
    assert!(server.child.try_wait().unwrap().is_none());
}

/// Captured frames that are sent again arrive as they were, in both kinds, and COMTRADE records as streams.
#[test]
fn the_tool_replays_and_plays() {
    let Some(network) = Network::new("rp") else {
        return;
    };
    let tool = env!("CARGO_BIN_EXE_ied");
    let recording = |name: &str| {
        let folder = repository().join("iec61850/tests/process_bus/data");
        folder.join(name).to_str().unwrap().to_owned()
    };
    let far = |arguments: &[&str]| {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &network.namespace, tool])
            .args(arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("ied starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Peer { child, lines }
    };
    let near = |arguments: &[&str]| {
        let output = Command::new(tool).args(arguments).output().unwrap();
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{messages}");
        messages
    };
    // Long enough after the start for the listener to be there: what it hears first is what it hears.
    let goose = recording("60-goose-server.pcap");
    let listening = [
        "goose",
        "listen",
        &network.far,
        "--all",
        "--json",
        "--seconds",
        "20",
    ];
    let mut listener = far(&[&listening[..], &["--count", "17"]].concat());
    let replaying = [
        "goose",
        "replay",
        &goose,
        &network.near,
        "--speed",
        "200",
        "--times",
        "40",
    ];
    let messages = near(&replaying);
    assert!(messages.contains("680 frames sent"), "{messages}");
    let first = listener.json();
    assert_eq!(first["goCbRef"], json!("GOLDLD1/LLN0$GO$gcb01"));
    assert_eq!(first["vlan"], json!({ "id": 5, "priority": 4 }));
    let mut before = (first["stNum"].as_u64(), first["sqNum"].as_u64());
    for _ in 1..17 {
        let message = listener.json();
        // On a busy machine the next one may be late.
        if message["event"] == json!("silent") {
            continue;
        }
        let numbers = (message["stNum"].as_u64(), message["sqNum"].as_u64());
        // Each of them again in its order, and from the beginning.
        let follows = numbers.0 == before.0 && numbers.1 == before.1.map(|n| n + 1)
            || numbers.0 > before.0 && numbers.1 == Some(0)
            || numbers.0 == Some(1);
        assert!(follows, "{numbers:?} after {before:?}");
        before = numbers;
    }
    let sv = recording("62-sv-publisher.pcap");
    let listener = far(&["sv", "listen", &network.far, "--json", "--seconds", "8"]);
    let deadline = Instant::now() + Duration::from_secs(2);
    while Instant::now() < deadline {
        let messages = near(&["sv", "replay", &sv, &network.near]);
        assert!(messages.contains("120 frames sent"), "{messages}");
    }
    let mut listener = listener;
    let streams: Vec<_> = (0..3).map(|_| listener.json()).collect();
    assert_eq!(streams[0]["svId"], json!("goldenSv01"));
    assert!(
        streams
            .iter()
            .all(|stream| stream["samples"].as_u64() >= Some(20))
    );

    let folder = tempfile::tempdir().unwrap();
    let cfg = folder.path().join("fault.cfg");
    let text = "S,R,1999\n2,2A,0D\n1,I,A,,A,1,0,0,-9,9,1,1,P\n2,U,A,,kV,1,0,0,-9,9,1,1,P\n50\n1\n10,2\n\
        01/02/2026,10:00:00.0\n01/02/2026,10:00:00.0\nASCII\n1\n";
    std::fs::write(&cfg, text).unwrap();
    std::fs::write(cfg.with_extension("dat"), "1,0,7,3\n2,100000,7,3\n").unwrap();
    let (samples, heard) = mpsc::channel();
    let mut receiver = SvReceiver::new();
    receiver.add_subscriber(SvSubscriber::new(), move |event| {
        if let SvEvent::Sample { asdu, .. } = event {
            samples
                .send((asdu.smp_cnt, asdu.int32(0), asdu.int32(8)))
                .ok();
        }
    });
    receiver
        .start(PacketLink::open(&network.near, &FrameFilter::sampled_values()).unwrap())
        .unwrap();
    let playing = [
        "sv",
        "publish",
        &network.far,
        "--stream",
        "F1000S1I1U1",
        "--realtime",
        "10",
    ];
    let mut player = far(&[&playing[..], &["--comtrade", cfg.to_str().unwrap()]].concat());
    assert!(player.child.wait().unwrap().success());
    let samples: Vec<_> =
        std::iter::from_fn(|| heard.recv_timeout(Duration::from_millis(200)).ok()).collect();
    let expected = (0..=100).map(|number| (number, Some(7000), Some(300_000)));
    assert_eq!(samples, expected.collect::<Vec<_>>());
}
