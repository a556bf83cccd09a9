//! PDUs of other implementations and the whole recordings of libiec61850: decoded wherever the
//! reference data lies beside the repository. What the repository itself holds of it is in
//! `golden_pdus.rs`.

mod support;

use mms::RejectReason;
use mms::ber::{BerError, Reader, Writer};
use mms::pdu::{Pdu, RequestService, ResponseService};
use std::path::{Path, PathBuf};
use support::{capture::mms_pdus, rebuilt};

/// The files of a folder of the reference data: beside the repository, or further up where this
/// is a worktree of it. Nothing without the data.
fn reference(folder: &str) -> Vec<PathBuf> {
    let Some(folder) = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|parent| parent.join("shared/data").join(folder))
        .find(|path| path.is_dir())
    else {
        return vec![];
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let extension = path.extension().and_then(|e| e.to_str());
            matches!(extension, Some("pcap" | "pcapng"))
        })
        .collect();
    files.sort();
    files
}

/// Encodings that are no MMS: what the file sends there, and why it is refused.
const REFUSED: &[(&str, &str)] = &[
    (
        "getVariableAccessAttributes_optional_address.pcap",
        "made by hand, an address without its tag",
    ),
    (
        "iec61850_get_name_list.pcap",
        "a server that answers without a service",
    ),
    (
        "iec61850_get_variable_access_attributes.pcap",
        "a server that answers without a service",
    ),
    (
        "iec61850_read.pcap",
        "a server that answers without a service",
    ),
    (
        "iec61850_write.pcap",
        "a server that answers without a service",
    ),
    (
        "mms-confirmedRequestPDU.pcap",
        "a request without a service",
    ),
    ("80-odd-requests.pcap", "rubbish on purpose"),
];

/// Encodes the PDU in both ways and checks that the same comes back.
fn check_again(pdu: &Pdu<'_>, origin: &str) {
    let mut again = vec![];
    pdu.encode(&mut Writer::unbounded(&mut again));
    assert_eq!(Pdu::decode(&again).as_ref(), Ok(pdu), "{origin}");
    assert!(Pdu::decode(&rebuilt(pdu)).is_ok(), "{origin}");
}

#[test]
fn captures_are_decoded_and_written_again() {
    for folder in [
        "pcap",
        "pcap/adsc-mms",
        "pcap/iccp",
        "pcap/iti",
        "golden/libiec61850-1.6.1",
    ] {
        for path in reference(folder) {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let (mut decoded, mut refused) = (0, 0);
            for octets in mms_pdus(&std::fs::read(&path).unwrap()) {
                match Pdu::decode(&octets) {
                    Ok(pdu) => {
                        check_again(&pdu, &file);
                        decoded += 1;
                    }
                    Err(error) => {
                        assert!(
                            REFUSED.iter().any(|(name, _)| *name == file),
                            "{file}: {error:?} {octets:02x?}"
                        );
                        refused += 1;
                    }
                }
            }
            println!("{file}: {decoded} decoded, {refused} refused");
        }
    }
}

/// 756 PDUs that a generator made from the ASN.1 module, of every PDU and service there is.
#[test]
fn generated_pdus_are_decoded_or_refused_for_a_reason() {
    let Some(path) = reference("pcap/dina")
        .first()
        .map(|file| file.with_file_name("mms-pdus.der"))
    else {
        return;
    };
    let bytes = std::fs::read(path).unwrap();
    let mut reader = Reader::new(&bytes);
    let (mut decoded, mut others) = (0, 0);
    while !reader.is_empty() {
        let before = reader.remaining();
        reader.any().unwrap();
        let octets = &before[..before.len() - reader.remaining().len()];
        match Pdu::decode(octets) {
            Ok(pdu) => {
                check_again(&pdu, "mms-pdus.der");
                decoded += 1;
                others += usize::from(
                    matches!(
                        &pdu,
                        Pdu::ConfirmedRequest(r) if matches!(r.service, RequestService::Other { .. })
                    ) || matches!(
                        &pdu,
                        Pdu::ConfirmedResponse(r) if matches!(r.service, ResponseService::Other { .. })
                    ),
                );
            }
            Err(error) if error.reason == RejectReason::UNRECOGNIZED_MODIFIER => {}
            // Times and numbers of random octets, an empty alternate access, a scope of 42.
            Err(error) => assert!(
                matches!(
                    error.cause,
                    Some(BerError::BadValueLength | BerError::Truncated | BerError::IntegerRange)
                ),
                "{error:?} {octets:02x?}"
            ),
        }
    }
    assert!(decoded > 670 && others < 170, "{decoded} {others}");
}
