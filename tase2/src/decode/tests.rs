use super::*;
use crate::Name;
use crate::types::{DsConditions, TransferSetShape};
use std::fs;
use std::path::Path;

#[test]
fn cut_and_damaged_files_are_told() {
    let own =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/session.pcap")).unwrap();
    let whole = decode(&own).unwrap();
    assert_eq!(whole.problems, 0);
    for cut in (0..own.len()).step_by(97) {
        // Told, or decoded as far as it goes; never a panic.
        let _ = decode(&own[..cut]);
        let mut damaged = own.clone();
        damaged[cut] ^= 0x55;
        let _ = decode(&damaged);
    }
}

/// A genuine session of two control centres; what has to be there was read from it by hand.
#[test]
fn an_e_terracomm_session() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/pcap/iccp");
    let Ok(file) = fs::read(shared.join("iccp-eterracomm.pcap")) else {
        return;
    };
    let decoded = decode(&file).unwrap();
    assert_eq!(decoded.problems, 0);
    assert_eq!(decoded.associations, 1);
    let records = &decoded.records;
    let What::Associate {
        calling,
        called,
        context,
        max_pdu,
    } = &records[0].what
    else {
        panic!("{}", records[0].what);
    };
    assert_eq!((calling.as_str(), called.as_str()), ("1.1.1:1", "1.1.2:2"));
    assert_eq!((context.as_str(), *max_pdu), ("1.0.9506.1.1", Some(32_000)));
    let at = |frame: usize| {
        let found = records.iter().find(|record| record.frame == frame);
        &found
            .unwrap_or_else(|| panic!("nothing at frame {frame}"))
            .what
    };
    assert!(at(32).to_string().contains("TASE2_Version = {1996, 8}"));
    assert!(
        at(32)
            .to_string()
            .contains("Supported_Features = 111110110000")
    );
    // The four transfer sets, at the frames of their answers.
    let starts: Vec<_> = records
        .iter()
        .filter_map(|record| match &record.what {
            What::TransferSet {
                name,
                attributes,
                shape,
                result,
            } => {
                assert_eq!((*shape, result.as_str()), (TransferSetShape::E1996, ""));
                Some((
                    record.frame,
                    name.to_string(),
                    attributes.interval,
                    attributes.conditions,
                    attributes.rbe,
                ))
            }
            _ => None,
        })
        .collect();
    let (interval, change) = (DsConditions::INTERVAL_TIME_OUT, DsConditions::OBJECT_CHANGE);
    assert_eq!(
        starts,
        [
            (65, "KIRKLAND/CITEC_TS0".to_owned(), 30, interval, true),
            (83, "KIRKLAND/CITEC_TS1".to_owned(), 0, change, true),
            (110, "BELLEVUE/EMSICCP_TS0".to_owned(), 5, interval, false),
            (131, "BELLEVUE/EMSICCP_TS1".to_owned(), 2, interval, false),
        ]
    );
    let reports = |of: &str| {
        let all = records.iter().filter_map(|record| match &record.what {
            What::Report(report) => Some((record.frame, report)),
            _ => None,
        });
        let of: Name = of.parse().unwrap();
        all.filter(|(_, report)| report.transfer_set.as_ref() == Some(&of))
            .collect::<Vec<_>>()
    };
    let analog = reports("KIRKLAND/CITEC_TS0");
    assert_eq!(
        analog.iter().map(|(frame, _)| *frame).collect::<Vec<_>>(),
        [68, 191]
    );
    assert!(
        analog
            .iter()
            .all(|(_, report)| report.points.len() == 17 && report.data_set.is_some())
    );
    let status = reports("KIRKLAND/CITEC_TS1");
    assert_eq!(status.len(), 1);
    assert_eq!((status[0].0, status[0].1.points.len()), (86, 5));
    assert_eq!(status[0].1.conditions, Some(change));
    assert_eq!(reports("BELLEVUE/EMSICCP_TS0").len(), 32);
    let reals = reports("BELLEVUE/EMSICCP_TS1");
    assert_eq!((reals.len(), reals[79].0), (80, 497));
    assert!(reals.iter().all(|(_, report)| report.points.len() == 6));
    // Both sides keep the association alive.
    let identify = records
        .iter()
        .filter(|r| matches!(r.what, What::Identify { .. }));
    assert_eq!(identify.count(), 2 + 3 + 2);
    let points = records.iter().filter_map(|record| match &record.what {
        What::Report(report) => Some(&report.points),
        _ => None,
    });
    assert!(
        points
            .flatten()
            .all(|(name, value)| name.is_some() && value.is_ok())
    );
}

#[test]
fn the_sessions_of_a_server_of_2000() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/pcap/iccp");
    for (file, types) in [
        ("tase2-browse.pcap", false),
        ("tase2-open-read-write-close.pcap", true),
    ] {
        let Ok(file) = fs::read(shared.join(file)) else {
            return;
        };
        let decoded = decode(&file).unwrap();
        assert_eq!(decoded.problems, 0);
        assert!(decoded.pdus >= 4, "{}", decoded.pdus);
        let lines: Vec<String> = decoded.records.iter().map(|r| r.what.to_string()).collect();
        assert!(
            lines[0].contains("1.1.999.1:12 calls 1.1.999.1:12"),
            "{}",
            lines[0]
        );
        if types {
            assert!(
                lines
                    .iter()
                    .any(|line| line.contains("DSTransferSet of 13 components"))
            );
            for wanted in [
                "Data_RealExtended",
                "Data_StateQTimeTagExtended",
                "Data_DiscreteQTimeTag",
            ] {
                assert!(lines.iter().any(|line| line.contains(wanted)), "{wanted}");
            }
            assert_eq!(lines.last().map(String::as_str), Some("released"));
        }
    }
}
