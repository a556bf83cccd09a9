//! Inputs to begin with, all made from files of the repository: the recordings of libiec61850 in
//! `tests/golden`, the PDUs taken out of them, and the configuration files of the tests.

use crate::{events, wire};
use iec61850::link::{CaptureReader, EtherType, EthernetHeader};
use mms::ber::Writer;
use mms::osi::session::{self, Spdu};
use mms::osi::{cotp, presentation, tpkt};
use mms::pdu::{Pdu, ResponseService, write_confirmed_request, write_write_request};
use mms::{MmsValue, ObjectName};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tase2::Name;
use tase2::types::{
    TaConditions, TaRequest, TaTransferSet, TimeStamp, TsConditions, TsTransferSet,
};

/// Octets of the longest seed that is not a whole file: libFuzzer works best with small ones.
const MAX_SEED: usize = 4_000;

/// A repository file.
fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The seeds of a target, without repetitions; none for a name that is no target.
///
/// # Panics
/// If files of the repository are missing or damaged.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut seeds = match target {
        "tpkt_cotp" => packets(),
        "session" => spdus(),
        "presentation" => layer(&presentation_pdus),
        "acse" => layer(&acse_pdus),
        "mms_pdu" => mms_pdus()
            .into_iter()
            .map(|(_, pdu)| pdu)
            .chain(events::requests())
            .chain(events::responses())
            .chain(events::notifications())
            .collect(),
        "client_reports" => reports(),
        "mms_value" => values(),
        "association_called" => associations(b'>'),
        "association_calling" => associations(b'<'),
        "server_requests" => request_series(),
        "vmd_requests" => request_series().into_iter().chain(file_series()).collect(),
        "scl" => scl(),
        "goose" => frames(EtherType::GOOSE),
        "sampled_values" => frames(EtherType::SAMPLED_VALUES),
        "routable" => crate::routable::seeds()
            .into_iter()
            .map(|datagram| [&(datagram.len() as u16).to_be_bytes(), &datagram[..]].concat())
            .collect(),
        "comtrade" => crate::comtrade::seeds(),
        "capture" => {
            let mut seeds = CAPTURES.map(read).to_vec();
            seeds.push(crate::routable::capture());
            seeds
        }
        "cfg" => vec![read("tests/golden/golden.cfg")],
        "tase2_requests" => tase2_requests(),
        "tase2_reports" => crate::tase2_reports::seeds(),
        "tase2_capture" => vec![read("tase2/tests/data/session.pcap")],
        "tase2_config" => ["north", "south", "blocks_north", "blocks_south"]
            .map(|name| read(&format!("examples/tase2/{name}.toml")))
            .into(),
        _ => vec![],
    };
    seeds.sort_unstable();
    seeds.dedup();
    if !matches!(target, "scl" | "cfg" | "tase2_capture" | "tase2_config") {
        seeds.iter_mut().for_each(|seed| seed.truncate(MAX_SEED));
    }
    seeds
}

/// The recordings of libiec61850's GOOSE and sampled values.
const CAPTURES: [&str; 3] = [
    "iec61850/tests/process_bus/data/60-goose-server.pcap",
    "iec61850/tests/process_bus/data/61-goose-publisher.pcap",
    "iec61850/tests/process_bus/data/62-sv-publisher.pcap",
];

/// The frames of one kind, some in each seed, behind their lengths.
fn frames(ether_type: EtherType) -> Vec<Vec<u8>> {
    let mut frames = vec![];
    for path in CAPTURES {
        let mut reader = CaptureReader::open(file(path)).expect("a recording");
        while let Some(frame) = reader.next_frame().expect("a whole recording") {
            let kind = EthernetHeader::decode(&frame.data).map(|(header, _)| header.ether_type);
            if kind == Ok(ether_type) {
                let length = (frame.data.len() as u16).to_be_bytes();
                frames.push([&length[..], &frame.data].concat());
            }
        }
    }
    frames.chunks(6).map(<[_]>::concat).collect()
}

fn read(path: &str) -> Vec<u8> {
    fs::read(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn octets(hex: &str) -> Vec<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16).expect("a hex digit") as u8;
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs.map(|p| digit(p[0]) << 4 | digit(p[1])).collect()
}

/// All streams of the recordings: direction (`>` from the client, `<` from the server) and octets.
fn streams() -> Vec<(u8, Vec<u8>)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(file("tests/golden"))
        .expect("the folder of the recordings")
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "golden"))
        .collect();
    paths.sort();
    let mut streams = vec![];
    for path in paths {
        let mut connections: BTreeMap<(u8, String), Vec<u8>> = BTreeMap::new();
        let text = fs::read_to_string(&path).expect("UTF-8");
        for line in text.lines() {
            let mut words = line.split(' ');
            let (Some(direction @ (">" | "<")), Some(connection), Some(event)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            if matches!(event, "SYN" | "FIN" | "RST") {
                continue;
            }
            let key = (direction.as_bytes()[0], connection.to_owned());
            connections.entry(key).or_default().extend(octets(event));
        }
        streams.extend(
            connections
                .into_iter()
                .map(|((direction, _), stream)| (direction, stream)),
        );
    }
    assert!(!streams.is_empty());
    streams
}

/// PDUs of unconfirmed services, reports and what belongs to commands.
fn reports() -> Vec<Vec<u8>> {
    let pdus = mms_pdus().into_iter().map(|(_, pdu)| pdu);
    pdus.filter(|pdu| pdu.first() == Some(&0xa3)).collect()
}

fn packets() -> Vec<Vec<u8>> {
    let mut packets = vec![];
    for (_, stream) in streams() {
        let mut rest = &stream[..];
        while let Ok(Some((_, taken))) = tpkt::split(rest) {
            packets.push(rest[..taken].to_vec());
            rest = &rest[taken..];
        }
    }
    // Data packets differ in what is not of this layer; connection packets come all.
    let (mut kept, data): (Vec<_>, Vec<_>) = packets
        .into_iter()
        .partition(|packet| packet.get(5) != Some(&0xf0));
    kept.extend(data.into_iter().take(8));
    kept
}

fn spdus() -> Vec<Vec<u8>> {
    let (mut data, mut others) = (vec![], vec![]);
    for (_, stream) in streams() {
        let mut rest = &stream[..];
        while let Ok(Some((payload, taken))) = tpkt::split(rest) {
            rest = &rest[taken..];
            if let Ok(cotp::Tpdu::Data {
                end: true,
                data: spdu,
            }) = cotp::decode(payload)
            {
                match session::decode(spdu) {
                    Ok(Spdu::Data(_)) => data.push(spdu.to_vec()),
                    _ => others.push(spdu.to_vec()),
                }
            }
        }
    }
    others.extend(data.into_iter().take(8));
    others
}

fn layer(pick: &dyn Fn(Spdu<'_>) -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let spdus = spdus();
    let decoded = spdus.iter().filter_map(|spdu| session::decode(spdu).ok());
    decoded.flat_map(pick).collect()
}

fn presentation_pdus(spdu: Spdu<'_>) -> Vec<Vec<u8>> {
    let (Spdu::Connect(session::Connect { user_data, .. })
    | Spdu::Accept(session::Connect { user_data, .. })
    | Spdu::Refuse { user_data, .. }
    | Spdu::Finish(user_data)
    | Spdu::Disconnect(user_data)
    | Spdu::Abort(user_data)
    | Spdu::Data(user_data)) = spdu;
    vec![user_data.to_vec()]
}

fn acse_pdus(spdu: Spdu<'_>) -> Vec<Vec<u8>> {
    use presentation::Ppdu;
    if let Spdu::Data(_) = spdu {
        return vec![];
    }
    let mut pdus = vec![];
    for ppdu in presentation_pdus(spdu) {
        let user_data = match presentation::decode_connect(&ppdu) {
            Ok(Ppdu::Connect { user_data, .. }) => user_data,
            _ => match presentation::decode_accept(&ppdu) {
                Ok(Ppdu::Accept { user_data, .. }) => user_data,
                _ => presentation::decode_user_data(&ppdu)
                    .or_else(|_| presentation::decode_reject(&ppdu))
                    .unwrap_or_else(|_| presentation::decode_abort(&ppdu)),
            },
        };
        let values = user_data.values().flatten();
        pdus.extend(values.map(|(_, octets)| octets.to_vec()));
    }
    pdus
}

/// The recorded MMS PDUs; `true` for those of a client.
fn mms_pdus() -> Vec<(bool, Vec<u8>)> {
    let text = read("mms/tests/data/golden_pdus.txt");
    let text = String::from_utf8(text).expect("UTF-8");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut columns = line.split(' ').skip(2);
            let from_client = columns.next()? == "client";
            Some((from_client, octets(columns.next()?)))
        })
        .collect()
}

fn values() -> Vec<Vec<u8>> {
    let mut values = vec![];
    for (_, pdu) in mms_pdus() {
        if let Ok(Pdu::ConfirmedResponse(response)) = Pdu::decode(&pdu)
            && let ResponseService::Read(read) = response.service
        {
            values.extend(read.results.iter().map(|value| value.to_value().to_bytes()));
        }
    }
    values
}

/// The streams of one direction as they are, and the MMS PDUs of that direction behind a
/// handshake.
fn associations(direction: u8) -> Vec<Vec<u8>> {
    let mut seeds = vec![];
    for (from, stream) in streams() {
        if from == direction && stream.len() <= MAX_SEED {
            seeds.push([&[0, 0], &stream[..]].concat());
            seeds.push([&[0x4c, 7], &stream[..]].concat());
        }
    }
    for (turn, series) in series(direction == b'>').into_iter().enumerate() {
        let flags = [3, 7, 11, 15, 0x8f, 0x9f, 0x2f][turn % 7];
        seeds.push([&[flags, turn as u8], &series[..]].concat());
    }
    seeds
}

/// The MMS PDUs of one side, some in each seed.
fn series(of_client: bool) -> Vec<Vec<u8>> {
    let pdus: Vec<Vec<u8>> = mms_pdus()
        .into_iter()
        .filter(|(from_client, pdu)| *from_client == of_client && pdu.len() < 500)
        .map(|(_, pdu)| pdu)
        .collect();
    let groups = pdus.chunks(6);
    groups
        .map(|group| wire::joined(group.iter().map(|pdu| &pdu[..])))
        .collect()
}

fn request_series() -> Vec<Vec<u8>> {
    let single = mms_pdus()
        .into_iter()
        .filter(|(from_client, _)| *from_client)
        .map(|(_, pdu)| wire::joined([&pdu[..]]));
    single.chain(series(true)).collect()
}

/// Requests for what the recorded server does not have and the device of `vmd_requests` has.
fn file_series() -> Vec<Vec<u8>> {
    let request = |service: &[u8]| [&[0xa0, service.len() as u8 + 3, 2, 1, 1], service].concat();
    let name = |tag: &[u8], name: &[u8]| {
        let length = name.len() as u8;
        [tag, &[length + 2, 0x19, length], name].concat()
    };
    let open = |file: &[u8]| {
        let mut open = name(&[0xa0], file);
        open.extend([0x81, 1, 0]);
        request(&[&[0xbf, 0x48, open.len() as u8], &open[..]].concat())
    };
    let directory = request(&[0xbf, 0x4d, 0]);
    let folder = request(&[&[0xbf, 0x4d, 11], &name(&[0xa0], b"deep/to")[..]].concat());
    let read = request(&[0x9f, 0x49, 1, 0]);
    let close = request(&[0x9f, 0x4a, 1, 0]);
    let journal = {
        let journal = b"\xa0\x0e\xa1\x0c\x1a\x07GOLDLD1\x1a\x01J";
        request(&[&[0xbf, 0x41, journal.len() as u8], &journal[..]].concat())
    };
    vec![
        wire::joined([&directory[..], &folder]),
        wire::joined([&open(b"a.txt")[..], &read, &read, &close]),
        wire::joined([&open(b"deep/to/b.txt")[..], &open(b"../outside"), &read]),
        wire::joined([&journal[..]]),
    ]
}

/// Requests of TASE.2, one after the other and each by itself: what a client does from its start-up to the end of a transfer set.
fn tase2_requests() -> Vec<Vec<u8>> {
    let session = [
        "a034020101a42fa12da02b3011a00f800d54415345325f56657273696f6e3016a0148012537570706f727465645f4665617475726573",
        "a029020102a424a122a020301ea01ca11a1a04494343311a1242696c61746572616c5f5461626c655f4944",
        "a0819f020103ab8199a10b1a04494343311a03445331a08189301da01ba1191a04494343311a115472616e736665725f5365745f4e616d653023a021a11f1a04494343311a175472616e736665725f5365745f54696d655f5374616d703021a01fa11d1a04494343311a154453436f6e646974696f6e735f4465746563746564300fa00da10b1a04494343311a034d5731300fa00da10b1a04494343311a03434231",
        "a02a020104a425a123a021301fa01da11b1a04494343311a134e6578745f44535472616e736665725f536574",
        "a054020105a54fa0133011a00fa10d1a04494343311a054453545331a038a236a20e8601018a04494343318a03445331850100850100\
         85011e8501028502012c8402036083010083010083010183010083010185010 0",
        "a364a062a046301fa01da11b1a04494343311a135472616e736665725f5265706f72745f41434b3023a021a11f1a04494343311a175472616e736665725f5365745f54696d655f5374616d70a018a2108601018a04494343318a05445354533185046553f10c",
        "a00f020106ad0aa108a1061a04494343311a03445331",
        // Select, operate, tag.
        "a022020107a41da11ba0193017a015a1131a04494343311a0b4342315f43544c5f53424f",
        "a021020108a51ca0153013a011a10f1a04494343311a074342315f43544ca003850101",
        "a036020109a531a0193017a015a1131a04494343311a0b4342315f43544c5f544147a014a212840200408a0c63726577206f6e206c696e65",
    ];
    let pdus: Vec<Vec<u8>> = session
        .iter()
        .map(|hex| octets(&hex.replace(' ', "")))
        .collect();
    let mut seeds: Vec<Vec<u8>> = vec![];
    for series in [pdus, events::requests(), tase2_writes()] {
        seeds.extend(series.iter().map(|pdu| wire::joined([&pdu[..]])));
        seeds.push(wire::joined(series.iter().map(|pdu| &pdu[..])));
    }
    seeds.extend(request_series());
    seeds
}

/// Requests of the blocks that are written to variables: information messages, accounts, time series, a blocked transfer set.
fn tase2_writes() -> Vec<Vec<u8>> {
    let write = |name: ObjectName<'_>, value: MmsValue| {
        let mut pdu = vec![];
        write_confirmed_request(&mut Writer::unbounded(&mut pdu), 1, |w| {
            write_write_request(w, [(name, &value)]);
        });
        pdu
    };
    let own = |item| ObjectName::Domain {
        domain: "ICC1",
        item,
    };
    let mut set = TsTransferSet::default();
    set.data_value = Some(Name::vcc("D3"));
    (set.sample_interval, set.report_interval) = (1, 2);
    set.conditions = TsConditions::all();
    set.end_time = TimeStamp::from_seconds(1);
    set.status = true;
    let mut request = TaRequest::new(7, TimeStamp::default(), 0);
    request.request_id = 5;
    vec![
        write(
            ObjectName::Association("IM_Transfer_Set"),
            MmsValue::Boolean(true),
        ),
        write(
            own("TATS1"),
            TaTransferSet::new(TaConditions::all()).to_value(),
        ),
        write(own("TAAccountRequest"), request.to_value()),
        write(own("TSTS1"), set.to_value()),
    ]
}

fn scl() -> Vec<Vec<u8>> {
    let mut seeds = vec![];
    for name in ["relay-ed1.icd", "settings-ed2.cid", "substation-ed21.scd"] {
        seeds.push(read(&format!("iec61850/tests/data/scl/{name}")));
    }
    let text = String::from_utf8_lossy(&seeds[2]).into_owned();
    let utf_16 = std::iter::once(0xfeff).chain(text.encode_utf16());
    seeds.push(utf_16.flat_map(u16::to_le_bytes).collect());
    seeds
}
