//! Routable GOOSE and sampled values between the real libiec61850 and ours, over UDP on the loopback interface.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use iec61850::MmsValue;
use iec61850::goose::{
    GooseConfig, GooseEvent, GooseReceiver, GooseSubscriber, GooseTransmitter, RetransmissionCurve,
};
use iec61850::routable::{Key, Keys, Protection, RoutableLink, RoutableOptions};
use iec61850::sv::{AsduConfig, SvConfig, SvEvent, SvPublisher, SvReceiver, SvSubscriber};
use serde_json::{Value, json};

use crate::peers::script;

const LIMIT: Duration = Duration::from_secs(20);
const REFERENCE: &str = "PEERLD1/LLN0$GO$gcb";

/// What libiec61850 can do, as the script takes it. It sends no signature for HMAC-SHA256-80 and AES-GMAC.
const PROTECTIONS: [(&str, Option<Protection>); 5] = [
    ("", None),
    (":0:2", Some(Protection::HmacSha256_128)),
    (":0:3", Some(Protection::HmacSha256_256)),
    (":1:0", Some(Protection::Aes128Gcm)),
    (":2:0", Some(Protection::Aes256Gcm)),
];

/// What its subscribers take: none of version 2 that is not encrypted, not even of its own publishers.
const TAKEN: [(&str, Option<Protection>); 3] = [
    ("", None),
    (":1:0", Some(Protection::Aes128Gcm)),
    (":2:0", Some(Protection::Aes256Gcm)),
];

fn sending(port: u16, protection: Option<Protection>) -> RoutableLink {
    let options = RoutableOptions::sender(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
    let options = match protection {
        None => options.with_version_1(),
        some => secured(options, some),
    };
    RoutableLink::open(options).unwrap()
}

fn secured(options: RoutableOptions, protection: Option<Protection>) -> RoutableOptions {
    let Some(protection) = protection else {
        return options;
    };
    let octets: Vec<u8> = (0..32).collect();
    let length = match protection {
        Protection::Aes128Gcm => 16,
        _ => 32,
    };
    let keys = Keys::new();
    keys.add(Key::new(1, protection, &octets[..length]).unwrap());
    options.with_keys(keys)
}

fn receiving(protection: Option<Protection>) -> RoutableLink {
    let local = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);
    RoutableLink::open(secured(RoutableOptions::receiver(local), protection)).unwrap()
}

/// A port that is free now.
fn free_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.local_addr().unwrap().port()
}

struct Peer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Peer {
    fn start(command: &str, port: u16, algorithms: &str, arguments: &[&str]) -> Self {
        let mut script = script("libiec61850_process_bus.py");
        script.args([command, &format!("udp:127.0.0.1:{port}{algorithms}")]);
        let mut child = script
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Peer { child, lines }
    }

    /// The next line that is one of ours: libiec61850 prints datagrams.
    fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            let length = self.lines.read_line(&mut line);
            assert_ne!(length.expect("the output can be read"), 0, "it has ended");
            let ours = line.starts_with('{') || ["listening\n", "published\n"].contains(&&*line);
            if ours {
                return line.trim_end().to_owned();
            }
        }
    }

    fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn our_subscriber_follows_libiec61850() {
    for (algorithms, protection) in PROTECTIONS {
        let link = receiving(protection);
        let port = link.local_address().unwrap().port();
        let (events, heard) = mpsc::channel();
        let mut receiver = GooseReceiver::new();
        let subscriber = GooseSubscriber::new(REFERENCE)
            .with_app_id(0x3001)
            .with_conf_rev(3);
        receiver.add_subscriber(subscriber, move |subscriber, event| {
            let numbers = (subscriber.st_num(), subscriber.sq_num());
            events
                .send((*event, numbers, subscriber.values().to_vec()))
                .ok();
        });
        receiver.start(link).unwrap();
        let _peer = Peer::start("goose-publish", port, algorithms, &[REFERENCE, "2"]);
        for state in 0..2 {
            for sq_num in 0..3 {
                let heard = heard.recv_timeout(LIMIT);
                let (event, numbers, values) =
                    heard.unwrap_or_else(|error| panic!("{protection:?}: {error}"));
                assert_eq!(numbers, (Some(state + 1), Some(sq_num)));
                let new = matches!(event, GooseEvent::NewState { missed: 0, .. });
                assert_eq!(new, sq_num == 0, "{event:?}");
                assert_eq!(values[3], MmsValue::VisibleString(format!("state {state}")));
            }
        }
    }
}

#[test]
fn libiec61850_subscriber_follows_ours() {
    for (algorithms, protection) in TAKEN {
        let port = free_port();
        let mut peer = Peer::start("goose-subscribe", port, algorithms, &[REFERENCE, "200"]);
        assert_eq!(peer.line(), "listening");
        let mut config = GooseConfig::new(REFERENCE, "PEERLD1/LLN0$ds");
        config.conf_rev = 9;
        let curve = RetransmissionCurve::new(Duration::from_millis(20), Duration::from_millis(50));
        let link = sending(port, protection);
        let transmitter = GooseTransmitter::start(link, config, curve, &[1.into()]).unwrap();
        let first = peer.json();
        assert_eq!(
            (&first["stNum"], &first["confRev"], &first["valid"]),
            (&json!(1), &json!(9), &json!(true)),
            "{protection:?}"
        );
        transmitter.update(&[2.into()]).unwrap();
        let mut second = peer.json();
        while second["stNum"] == json!(1) {
            second = peer.json();
        }
        assert_eq!(second["stNum"], json!(2));
        let values = second["values"].as_object().unwrap().values().next();
        assert_eq!(values, Some(&json!([{"integer": 2}])));
    }
}

#[test]
fn sampled_values_both_ways() {
    for (algorithms, protection) in PROTECTIONS {
        let link = receiving(protection);
        let port = link.local_address().unwrap().port();
        let (samples, heard) = mpsc::channel();
        let mut receiver = SvReceiver::new();
        receiver.add_subscriber(SvSubscriber::new().with_app_id(0x4001), move |event| {
            if let SvEvent::Sample { asdu, .. } = event {
                samples.send((asdu.smp_cnt, asdu.int32(0))).ok();
            }
        });
        receiver.start(link).unwrap();
        let _peer = Peer::start("sv-publish", port, algorithms, &["peerSv", "5"]);
        for number in 0..5 {
            let heard = heard.recv_timeout(LIMIT);
            let sample = heard.unwrap_or_else(|error| panic!("{protection:?}: {error}"));
            assert_eq!(sample, (number, Some(1000 * i32::from(number))));
        }
    }
    for (algorithms, protection) in TAKEN {
        let port = free_port();
        let mut peer = Peer::start("sv-subscribe", port, algorithms, &["0x4000", "5"]);
        assert_eq!(peer.line(), "listening");
        let link = sending(port, protection);
        let config = SvConfig::of_streams(&[AsduConfig::new("ours", 8)]);
        let mut publisher = SvPublisher::new(link, config).unwrap();
        let (stop, stopped) = mpsc::channel::<()>();
        let sending = std::thread::spawn(move || {
            let mut number = 0;
            while stopped.recv_timeout(Duration::from_millis(5))
                == Err(mpsc::RecvTimeoutError::Timeout)
            {
                publisher.publication_mut().set_int32(0, 0, number);
                publisher.publish().unwrap();
                number += 1;
            }
        });
        for _ in 0..5 {
            let sample = peer.json();
            let number = &sample["smpCnt"];
            let expected = json!({"svId": "ours", "smpCnt": number, "size": 8, "value": number});
            assert_eq!(sample, expected, "{protection:?}");
        }
        drop(stop);
        sending.join().unwrap();
    }
}
