//! Records of all editions and formats.

use super::*;
use crate::sv::StreamName;
use proptest::prelude::*;

/// Two currents, a voltage and 17 digital channels.
fn cfg(revision: &str, format: &str) -> String {
    let year = match revision {
        "1991" => String::new(),
        year => format!(",{year}"),
    };
    let (ratio, kind) = match revision {
        "1991" => ("", ""),
        _ => (",1000,1,S", "A,,"),
    };
    let mut text = format!(
        "Station 7,Recorder{year}\r\n20,3A,17D\r\n\
         1,IL1,A,Line,A,0.5,1,0,-32767,32767{ratio}\r\n\
         2,IL2,B,Line,kA,0.001,0,0,-32767,32767{ratio}\r\n\
         3,UL1,A,Bus,kV,0.01,0,250,-32767,32767{ratio}\r\n"
    );
    for number in 1..=17 {
        text.push_str(&format!("{number},D{number},{kind}{}\r\n", number % 2));
    }
    text.push_str("60\r\n2\r\n1000,2\r\n500,4\r\n01/02/2026,10:00:00.000000\r\n");
    text.push_str(&format!("01/02/2026,10:00:00.001000\r\n{format}\r\n"));
    if revision != "1991" {
        text.push_str("1\r\n");
    }
    if revision == "2013" {
        text.push_str("0,0\r\nB,3\r\n");
    }
    text
}

const RAW: [[i32; 3]; 4] = [[10, 20, 30], [-10, 40, 50], [0, -60, 70], [100, 80, -90]];

fn states(sample: usize) -> impl Iterator<Item = bool> {
    (0..17).map(move |channel| (channel + sample).is_multiple_of(3))
}

fn ascii() -> String {
    let line = |(sample, raw): (usize, &[i32; 3])| {
        let values: Vec<_> = raw.iter().map(i32::to_string).collect();
        let states: Vec<_> = states(sample).map(|on| u8::from(on).to_string()).collect();
        format!(
            "{},{},{},{}\r\n",
            sample + 1,
            sample * 1000,
            values.join(","),
            states.join(",")
        )
    };
    let lines: String = RAW.iter().enumerate().map(line).collect();
    format!("{lines}\u{1a}")
}

fn binary(format: &str) -> Vec<u8> {
    let mut out = vec![];
    for (sample, raw) in RAW.iter().enumerate() {
        out.extend((sample as u32 + 1).to_le_bytes());
        out.extend((sample as u32 * 1000).to_le_bytes());
        for value in raw {
            match format {
                "BINARY" => out.extend((*value as i16).to_le_bytes()),
                "BINARY32" => out.extend(value.to_le_bytes()),
                _ => out.extend((*value as f32).to_le_bytes()),
            }
        }
        let mut words = [0_u16; 2];
        for (channel, on) in states(sample).enumerate() {
            words[channel / 16] |= u16::from(on) << (channel % 16);
        }
        words.iter().for_each(|word| out.extend(word.to_le_bytes()));
    }
    out
}

fn records() -> Vec<(String, Vec<u8>)> {
    let mut records = vec![];
    for revision in ["1991", "1999", "2013"] {
        records.push((cfg(revision, "ASCII"), ascii().into_bytes()));
        records.push((cfg(revision, "BINARY"), binary("BINARY")));
    }
    records.push((cfg("2013", "binary32"), binary("BINARY32")));
    records.push((cfg("2013", "FLOAT32"), binary("FLOAT32")));
    records
}

#[test]
fn all_editions_and_formats_say_the_same() {
    for (cfg, dat) in records() {
        let record = Record::read(cfg.as_bytes(), &dat).unwrap_or_else(|e| panic!("{e}: {cfg}"));
        let named = (record.station(), record.device(), record.frequency());
        assert_eq!(named, ("Station 7", "Recorder", 60.0));
        assert_eq!((record.analog().len(), record.digital().len()), (3, 17));
        assert_eq!(
            (
                record.digital()[16].name.as_str(),
                record.digital()[16].normal
            ),
            ("D17", true)
        );
        assert!(!record.digital()[15].normal);
        let channel = &record.analog()[1];
        assert_eq!(
            (&*channel.name, &*channel.unit, channel.prefix),
            ("IL2", "A", 1000.0)
        );
        assert_eq!(record.analog()[2].skew, 250e-6);
        let is_old = record.revision() == Revision::Year1991;
        assert_eq!(channel.to_primary(), if is_old { 1.0 } else { 1000.0 });
        let values = |channel| {
            let values = (0..4).map(|sample| record.value(channel, sample).unwrap());
            values.collect::<Vec<_>>()
        };
        assert_eq!(values(0), [6.0, -4.0, 1.0, 51.0]);
        assert_eq!(values(1), [20.0, 40.0, -60.0, 80.0]);
        assert_eq!(values(2), [300.0, 500.0, 700.0, -900.0]);
        for sample in 0..4 {
            let own: Vec<_> = (0..17)
                .map(|channel| record.state(channel, sample).unwrap())
                .collect();
            assert_eq!(own, states(sample).collect::<Vec<_>>());
        }
        // Two samples a millisecond apart, then two milliseconds.
        let times: Vec<_> = (0..4).map(|sample| record.time(sample).unwrap()).collect();
        assert_eq!(times, [0.0, 0.001, 0.002, 0.004]);
        assert_eq!(
            (record.len(), record.value(3, 0), record.value(0, 4)),
            (4, None, None)
        );
        assert_eq!(record.start_and_trigger().1, "01/02/2026,10:00:00.001000");
    }
}

#[test]
fn files_and_combined_files() {
    let folder = tempfile::tempdir().unwrap();
    let (cfg, dat) = (cfg("2013", "BINARY"), binary("BINARY"));
    let expected = Record::read(cfg.as_bytes(), &dat).unwrap();
    let path = folder.path().join("FAULT.CFG");
    std::fs::write(&path, &cfg).unwrap();
    let missing = Record::open(&path).unwrap_err().to_string();
    assert!(missing.contains("FAULT.DAT"), "{missing}");
    std::fs::write(folder.path().join("FAULT.DAT"), &dat).unwrap();
    assert_eq!(Record::open(&path).unwrap(), expected);
    let mut combined =
        format!("--- file type: CFG ---\r\n{cfg}--- file type: INF ---\r\nnothing\r\n");
    combined.push_str(&format!("--- file type: DAT BINARY: {} ---\r\n", dat.len()));
    let mut combined = combined.into_bytes();
    combined.extend(&dat);
    let path = folder.path().join("fault.cff");
    std::fs::write(&path, &combined).unwrap();
    assert_eq!(Record::open(&path).unwrap(), expected);
    combined.pop();
    let error = Record::read_combined(&combined).unwrap_err().to_string();
    assert!(error.contains("ends before"), "{error}");
    let error = Record::read_combined(b"--- file type: HDR ---\n").unwrap_err();
    assert_eq!(error.to_string(), "cff line 1: there is no part CFG");
}

#[test]
fn errors_say_where() {
    let good = cfg("1999", "ASCII");
    for (from, to, expected) in [
        (
            "20,3A,17D",
            "21,3A,17D",
            "cfg line 2: 21 channels, but 3 analog and 17 digital ones",
        ),
        (
            "20,3A,17D",
            "20,3X,17D",
            "cfg line 2: '3X' is no number of channels",
        ),
        (
            "0.5,1,0",
            "half,1,0",
            "cfg line 3: factor a: 'half' is no number",
        ),
        (",1999", ",2100", "cfg line 1: revision 2100"),
        ("ASCII", "CBOR", "format 'CBOR'"),
        ("500,4", "500,1", "cannot follow sample 2"),
        ("500,4", "-5,4", "a rate of -5"),
        (
            "2\r\n1000,2",
            "4000\r\n1000,2",
            "more than 1000 sample rates",
        ),
        ("20,3A,17D", "30003,3A,30000D", "more than 10 000 channels"),
    ] {
        assert!(good.contains(from), "{from}");
        let bad = good.replacen(from, to, 1);
        let error = Record::read(bad.as_bytes(), ascii().as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    for (from, to, expected) in [
        ("2,1000,-10", "2,1000,ten", "dat line 2: 'ten' is no number"),
        ("3,2000,0,", "3,2000,", "dat line 3: 21 fields, expected 22"),
        (",1,0,0,1", ",1,0,0,2", "'2' is no state"),
    ] {
        assert!(ascii().contains(from), "{from}");
        let bad = ascii().replacen(from, to, 1);
        let error = Record::read(good.as_bytes(), bad.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let cut = &binary("BINARY")[1..];
    let error = Record::read(cfg("1999", "BINARY").as_bytes(), cut).unwrap_err();
    assert_eq!(
        error.to_string(),
        "dat: 71 octets are not a whole number of samples of 18 octets"
    );
    for cut in 0..good.len() {
        // Some cuts leave a configuration that is whole but for its last line.
        let _ = Record::read(&good.as_bytes()[..cut], ascii().as_bytes());
    }
}

#[test]
fn values_that_are_missing() {
    let dat = ascii().replacen("1,0,10,20,30", "1,0,,99999,30", 1);
    let record = Record::read(cfg("1991", "ASCII").as_bytes(), dat.as_bytes()).unwrap();
    assert!(record.value(0, 0).unwrap().is_nan() && record.value(1, 0).unwrap().is_nan());
    let mut dat = binary("BINARY");
    dat[8..10].copy_from_slice(&[0, 0x80]);
    let record = Record::read(cfg("1999", "BINARY").as_bytes(), &dat).unwrap();
    assert!(record.value(0, 0).unwrap().is_nan());
    assert_eq!(record.value(1, 0), Some(20.0));
    // The next value stands for it.
    let playback = Playback::new(&record, &"F4000S1I1U1".parse().unwrap()).unwrap();
    assert_eq!(playback.raw(0, 0), -4_000_000);
}

#[test]
fn stamps_where_there_is_no_rate() {
    let cfg = cfg("1999", "ASCII").replacen("2\r\n1000,2\r\n500,4", "0\r\n0,4", 1);
    let cfg = cfg.replacen("ASCII\r\n1\r\n", "ASCII\r\n2.5\r\n", 1);
    let record = Record::read(cfg.as_bytes(), ascii().as_bytes()).unwrap();
    let times: Vec<_> = (0..4).map(|sample| record.time(sample).unwrap()).collect();
    assert_eq!(times, [0.0, 0.0025, 0.005, 0.0075]);
}

#[test]
fn records_are_played_at_another_rate() {
    let record = Record::read(cfg("1991", "BINARY").as_bytes(), &binary("BINARY")).unwrap();
    let stream: StreamName = "F4000S1I2U2".parse().unwrap();
    let playback = Playback::new(&record, &stream).unwrap();
    assert_eq!(playback.len(), 17);
    // Milliamperes; a quarter of the way each.
    let raw = |channel, samples: std::ops::Range<u64>| {
        samples
            .map(|sample| playback.raw(channel, sample))
            .collect::<Vec<_>>()
    };
    assert_eq!(raw(0, 0..6), [6000, 3500, 1000, -1500, -4000, -2750]);
    assert_eq!(raw(0, 15..18), [44_750, 51_000, 51_000]);
    // Hundredths of a volt; the channel is a sample of the stream later.
    assert_eq!(raw(2, 0..4), [30_000, 30_000, 35_000, 40_000]);
    assert_eq!(raw(3, 0..3), [0, 0, 0]);
    assert_eq!(playback.raw(9, 0), 0);
    // The secondary side is made the primary one.
    let record = Record::read(cfg("1999", "BINARY").as_bytes(), &binary("BINARY")).unwrap();
    let playback = Playback::with_channels(&record, &stream, &["IL2", "", "3"]).unwrap();
    assert_eq!((playback.raw(0, 0), playback.raw(1, 0)), (20_000_000, 0));
    assert_eq!(playback.raw(2, 0), 30_000_000);
    let error = |channels: &[&str]| {
        Playback::with_channels(&record, &stream, channels)
            .unwrap_err()
            .to_string()
    };
    assert!(error(&["IL7"]).contains("there are: IL1, IL2, UL1"));
    assert!(error(&["4"]).contains("no analog channel '4'"));
    assert!(error(&["1"; 5]).contains("5 channels for 4"));
    let none = Record::read(cfg("1999", "BINARY").as_bytes(), &[]).unwrap();
    assert!(Playback::new(&none, &stream).is_err());
    let none = "F4000S1I0U0".parse().unwrap();
    assert!(Playback::new(&record, &none).is_err());
}

proptest! {
    #[test]
    fn damage_is_no_panic(which in 0..8_usize, changes: Vec<(u16, u8)>, in_cfg: bool) {
        let (cfg, mut dat) = records().swap_remove(which);
        let mut cfg = cfg.into_bytes();
        let target = if in_cfg { &mut cfg } else { &mut dat };
        for (at, octet) in changes {
            let at = usize::from(at) % target.len();
            target[at] = octet;
        }
        if let Ok(record) = Record::read(&cfg, &dat) {
            let stream: StreamName = "F4800S2I4U4".parse().unwrap();
            if let Ok(playback) = Playback::new(&record, &stream) {
                for sample in [0, 1, playback.len(), u64::MAX] {
                    playback.raw(0, sample);
                }
            }
        }
    }
}
