//! What open61850 and hupe1980's tool make of what we publish, in a capture file that we write; and of COMTRADE records.

use std::path::Path;
use std::time::{Duration, Instant};

use iec61850::comtrade::Record;
use iec61850::goose::{Encoding, GooseConfig, GoosePublication, RetransmissionCurve};
use iec61850::link::{CaptureWriter, MacAddress};
use iec61850::sv::{GLOBALLY_SYNCHRONIZED, StreamName, SvConfig, SvPublication};
use iec61850::{BitString, MmsValue};
use mms::UtcTime;
use serde_json::{Value, json};

use crate::peers::{hupe1980_of_capture, open61850_supervise, script};
use crate::process::finish;

const LIMIT: Duration = Duration::from_secs(60);
const SOURCE: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);

/// All kinds of values that a message may have.
fn values(number: i64) -> [MmsValue; 9] {
    [
        MmsValue::Boolean(number % 2 == 1),
        MmsValue::Integer(-300 * number),
        MmsValue::Unsigned(70_000),
        MmsValue::Float32(1.5),
        MmsValue::Float64(-2.5),
        MmsValue::BitString(BitString::new(13)),
        MmsValue::VisibleString("text".into()),
        UtcTime::from_ms(1_767_225_600_123).into(),
        MmsValue::Structure(vec![
            MmsValue::OctetString(vec![1, 2, 3]),
            MmsValue::Array(vec![1.into(), 2.into()]),
        ]),
    ]
}

/// Three states with their repetitions, in microseconds from the beginning; in both encodings.
fn goose(path: &Path) {
    let mut writer = CaptureWriter::create(path).unwrap();
    let begin = Instant::now();
    let ms = Duration::from_millis;
    let mut publications = vec![];
    for (name, encoding) in [
        ("short", Encoding::Shortest),
        ("fixed", Encoding::FixedLength),
    ] {
        let mut config = GooseConfig::new(format!("OURLD/LLN0$GO${name}"), "OURLD/LLN0$ds");
        config.go_id = Some(format!("id of {name}"));
        config.conf_rev = 300;
        config.encoding = encoding;
        config.address.vlan_id = 5;
        config.address.app_id = 0x3000 + publications.len() as u16;
        let curve = RetransmissionCurve::doubling(ms(4), ms(500));
        publications.push(GoosePublication::new(SOURCE, config, curve));
    }
    for state in 0..3 {
        for publication in &mut publications {
            let start = begin + ms(3000) * state;
            let time = UtcTime::from_ms(1_767_225_600_000 + 3000 * u64::from(state));
            let mut values = values(state.into());
            if publication.config().encoding == Encoding::FixedLength {
                // open61850 takes no zeros in a visible string, and strings are filled up with them;
                // hupe1980's takes no number of nine octets, which those of 64 bits have.
                values[6] = MmsValue::Integer(i32::MIN.into());
            }
            publication.change(start, time, &values);
        }
        let end = begin + ms(3000) * (state + 1);
        // In the order of their times, as on a wire.
        while let Some(next) = publications
            .iter_mut()
            .filter(|publication| publication.poll_timeout().is_some_and(|due| due < end))
            .min_by_key(|publication| publication.poll_timeout())
        {
            let due = next.poll_timeout().unwrap();
            let frame = next.poll_transmit(due).unwrap().unwrap();
            let time = ms(1_767_225_600_000) + (due - begin);
            writer.write(time, frame).unwrap();
        }
    }
    writer.flush().unwrap();
}

/// A quarter of a second of 9-2LE, and of two samples in a frame.
fn sampled_values(path: &Path) {
    let mut writer = CaptureWriter::create(path).unwrap();
    for (number, name) in [(0, "F4000S1I4U4"), (1, "F4800S2I4U4")] {
        let stream: StreamName = name.parse().unwrap();
        let mut config = SvConfig::of_stream_name(name, &stream);
        config.address.app_id = 0x4000 + number;
        let mut publication = SvPublication::new(SOURCE, &config).unwrap();
        publication.set_smp_synch(GLOBALLY_SYNCHRONIZED);
        let asdus = publication.asdus() as u32;
        for frame in 0..stream.rate / 4 / asdus {
            publication.count();
            for asdu in 0..asdus {
                let sample = (frame * asdus + asdu) as i32;
                publication.set_int32(asdu as usize, 0, 1000 * sample);
            }
            let time = Duration::from_secs(1_767_225_600 + u64::from(number))
                + Duration::from_secs(1) * (frame * asdus) / stream.rate;
            writer.write(time, publication.frame()).unwrap();
        }
    }
    writer.flush().unwrap();
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What open61850 reads, strictly.
fn judged(what: &str, path: &Path) -> Vec<Value> {
    let mut judge = script("open61850_judge.py");
    let finished = finish(judge.arg(what).arg(path), "", LIMIT);
    assert!(finished.status.success(), "{}", finished.stderr);
    lines(&finished.stdout)
}

#[test]
fn goose_messages_are_as_they_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("goose.pcap");
    goose(&path);
    let frames = judged("frames", &path);
    // Messages 0, 4, 12, 28 ... ms after a change, and each 500 ms.
    assert_eq!(frames.len(), 2 * 3 * 12, "{frames:#?}");
    let mut before = [(0, 0); 2];
    for frame in &frames {
        let fixed = usize::from(frame["appId"] == json!(0x3001));
        let name = ["short", "fixed"][fixed];
        let (st_num, sq_num) = (
            frame["stNum"].as_u64().unwrap(),
            frame["sqNum"].as_u64().unwrap(),
        );
        let expected = json!({
            "kind": "goose", "goCbRef": format!("OURLD/LLN0$GO${name}"), "datSet": "OURLD/LLN0$ds",
            "goId": format!("id of {name}"), "stNum": st_num, "sqNum": sq_num,
            "timeAllowedToLive": frame["timeAllowedToLive"], "confRev": 300, "simulation": false,
            "ndsCom": false, "members": 9, "appId": 0x3000 + fixed, "vlan": 5,
        });
        assert_eq!(*frame, expected);
        let (state, number) = before[fixed];
        assert!((st_num, sq_num) == (state, number + 1) || (st_num, sq_num) == (state + 1, 0));
        before[fixed] = (st_num, sq_num);
    }
    let shown = open61850_supervise(&path);
    for name in ["short", "fixed"] {
        let line = format!("GOOSE OURLD/LLN0$GO${name} ");
        let line = shown
            .lines()
            .find(|shown| shown.starts_with(&line))
            .unwrap();
        assert!(
            line.contains("36 messages, stNum 3, 0 missed (2 state change)"),
            "{shown}"
        );
    }
    let sniffed = hupe1980_of_capture("goose", "sniff", &path);
    assert_eq!(sniffed.matches(" members=9 ").count(), 72, "{sniffed}");
    for complaint in [" ! Invalid", "Malformed", "Gap", "Expired"] {
        assert!(!sniffed.contains(complaint), "{sniffed}");
    }
}

#[test]
fn samples_are_as_they_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sv.pcap");
    sampled_values(&path);
    let samples = judged("frames", &path);
    assert_eq!(samples.len(), 1000 + 1200);
    for (number, sample) in samples.iter().enumerate() {
        let second = number >= 1000;
        let number = if second { number - 1000 } else { number };
        let name = ["F4000S1I4U4", "F4800S2I4U4"][usize::from(second)];
        let expected = json!({
            "kind": "sv", "svId": name, "smpCnt": number,
            "confRev": 1, "smpSynch": 2, "length": 64, "first": 1000 * number,
            "appId": 0x4000 + i32::from(second), "same": true,
        });
        assert_eq!(*sample, expected);
    }
    let shown = open61850_supervise(&path);
    assert!(
        shown.contains("SV F4000S1I4U4 APPID 0x4000 from 02:00:00:00:00:01: 1000 samples"),
        "{shown}"
    );
    assert_eq!(shown.matches(", 0 missed").count(), 2, "{shown}");
    let monitored = hupe1980_of_capture("sv", "monitor", &path);
    assert_eq!(
        monitored.matches("gaps=0 samples lost=0").count(),
        2,
        "{monitored}"
    );
    assert!(monitored.contains("asdus=1200 (2/frame)"), "{monitored}");
}

#[test]
fn comtrade_records_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cfg = folder.path().join("record.cfg");
    let configuration = |format: &str| {
        format!(
            "S,R,1999\r\n5,3A,2D\r\n1,IL1,A,,A,0.5,1,0,-9,9,1000,1,S\r\n2,IL2,B,,A,0.1,0,0,-9,9,1000,1,P\r\n\
             3,UL1,A,,V,0.25,-3,0,-9,9,110000,100,s\r\n1,Trip,,,0\r\n2,Pos,,,1\r\n50\r\n2\r\n1000,3\r\n250,6\r\n\
             01/02/2026,10:00:00.000000\r\n01/02/2026,10:00:00.001000\r\n{format}\r\n1\r\n"
        )
    };
    let raw = |sample: i32| [sample * 7 - 9, 300 - sample, sample * sample * 11];
    let mut text = String::new();
    let mut octets = vec![];
    for sample in 0..7 {
        let [a, b, c] = raw(sample);
        let (trip, pos) = (sample % 2, sample / 2 % 2);
        text.push_str(&format!(
            "{},{},{a},{b},{c},{trip},{pos}\r\n",
            sample + 1,
            sample * 1000
        ));
        octets.extend((sample + 1).to_le_bytes());
        octets.extend((sample * 1000).to_le_bytes());
        [a, b, c]
            .iter()
            .for_each(|value| octets.extend((*value as i16).to_le_bytes()));
        octets.extend(((trip | pos << 1) as u16).to_le_bytes());
    }
    for (format, dat) in [("ASCII", text.as_bytes()), ("BINARY", &octets)] {
        std::fs::write(&cfg, configuration(format)).unwrap();
        std::fs::write(cfg.with_extension("dat"), dat).unwrap();
        let theirs = judged("comtrade", &cfg).remove(0);
        let ours = Record::open(&cfg).unwrap();
        for (number, channel) in ours.analog().iter().enumerate() {
            assert_eq!(theirs["names"][number], json!(channel.name));
            for sample in 0..7 {
                let own = ours.value(number, sample).unwrap() * channel.to_primary();
                let other = theirs["values"][number][sample].as_f64().unwrap();
                assert!((own - other).abs() <= own.abs() * 1e-6, "{own} {other}");
            }
        }
        for sample in 0..7 {
            for channel in 0..2 {
                let own = ours.state(channel, sample).unwrap();
                assert_eq!(theirs["states"][channel][sample], json!(u8::from(own)));
            }
            let other = theirs["times"][sample].as_f64().unwrap();
            assert!((ours.time(sample).unwrap() - other).abs() < 1e-9);
        }
        assert_eq!(ours.len(), theirs["times"].as_array().unwrap().len());
    }
}
