//! Recorded PDUs of libiec61850: each is decoded and written again, octet for octet.

mod support;

use mms::ber::Writer;
use mms::pdu::{Pdu, RequestService};
use mms::{RejectReason, ServiceError};
use support::rebuilt;

struct Golden {
    origin: String,
    octets: Vec<u8>,
}

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn golden() -> Vec<Golden> {
    include_str!("data/golden_pdus.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (origin, hex) = line.rsplit_once(' ').unwrap();
            Golden {
                origin: origin.into(),
                octets: octets(hex),
            }
        })
        .collect()
}

fn encoded(pdu: &Pdu<'_>) -> Vec<u8> {
    let mut out = vec![];
    pdu.encode(&mut Writer::unbounded(&mut out));
    out
}

/// PDUs that are understood and written differently, with the reason.
const NOT_CANONICAL: &[(&str, &str)] = &[
    (
        "80-odd-requests 184 client",
        "an invoke id with a negative encoding",
    ),
    (
        "81-initiate-variants 180 server",
        "an error class with a universal tag",
    ),
    (
        "50-files 85 server",
        "service-specific information, which is passed over",
    ),
    (
        "17-data-sets 67 server",
        "an association-specific name inside a constructed tag",
    ),
    (
        "17-data-sets 85 server",
        "an association-specific name inside a constructed tag",
    ),
];

#[test]
fn written_again_octet_for_octet() {
    let mut exceptions = vec![];
    for Golden { origin, octets } in golden() {
        let pdu = match Pdu::decode(&octets) {
            Ok(pdu) => pdu,
            // Capture 80 sends rubbish on purpose, see `rubbish_is_rejected`.
            Err(_) if origin.starts_with("80-odd-requests") => continue,
            Err(error) => panic!("{origin}: {error:?}"),
        };
        // Once by copying the checked lists, once by writing every element anew.
        let again = encoded(&pdu);
        assert_eq!(rebuilt(&pdu), again, "{origin}");
        if again != octets {
            assert_eq!(Pdu::decode(&again), Ok(pdu), "{origin}");
            exceptions.push(origin);
        }
    }
    let expected: Vec<&str> = NOT_CANONICAL.iter().map(|(origin, _)| *origin).collect();
    exceptions.sort();
    let mut expected = expected;
    expected.sort();
    assert_eq!(exceptions, expected);
}

#[test]
fn every_service_is_decoded() {
    for Golden { origin, octets } in golden() {
        if let Ok(Pdu::ConfirmedRequest(request)) = Pdu::decode(&octets)
            && let RequestService::Other { tag, .. } = request.service
        {
            assert!(origin.starts_with("80-odd-requests"), "{origin}: {tag}");
        }
    }
}

#[test]
fn truncation_is_refused_at_every_length() {
    for Golden { origin, octets } in golden() {
        if Pdu::decode(&octets).is_ok() {
            for cut in 0..octets.len() {
                assert!(
                    Pdu::decode(&octets[..cut]).is_err(),
                    "{origin} cut at {cut}"
                );
            }
        }
    }
}

#[test]
fn rubbish_is_rejected() {
    for (hex, invoke_id, reason) in [
        // Golden 80: an unknown PDU tag, and a request that promises more than there is.
        ("af00", None, RejectReason::UNKNOWN_PDU_TYPE),
        ("a07f020105", None, RejectReason::INVALID_PDU),
        // No invoke id, no service, a service that is cut off.
        ("a0028200", None, RejectReason::INVALID_PDU),
        ("a003020107", Some(7), RejectReason::INVALID_PDU),
        ("a005020107a47f", Some(7), RejectReason::INVALID_PDU),
        // A modifier; a read without variables; one of a list with a bad element.
        (
            "a007020107300082 00",
            Some(7),
            RejectReason::UNRECOGNIZED_MODIFIER,
        ),
        ("a005020107a400", Some(7), RejectReason::INVALID_ARGUMENT),
        (
            "a00d020107a408a106a00430020500",
            Some(7),
            RejectReason::INVALID_ARGUMENT,
        ),
        ("", None, RejectReason::INVALID_PDU),
    ] {
        let octets = octets(&hex.replace(' ', ""));
        let error = Pdu::decode(&octets).unwrap_err();
        assert_eq!(
            (error.invoke_id, error.reason),
            (invoke_id, reason),
            "{hex}"
        );
    }
}

#[test]
fn errors_and_rejects() {
    for (hex, pdu) in [
        (
            "a20a800117a205a003870102",
            Pdu::ConfirmedError {
                invoke_id: 23,
                error: ServiceError::OBJECT_NON_EXISTENT,
            },
        ),
        (
            "a406800102810101",
            Pdu::Reject {
                invoke_id: Some(2),
                reason: RejectReason::UNRECOGNIZED_SERVICE,
            },
        ),
        (
            "a403850100",
            Pdu::Reject {
                invoke_id: None,
                reason: RejectReason::UNKNOWN_PDU_TYPE,
            },
        ),
        ("850109", Pdu::CancelRequest { invoke_id: 9 }),
        (
            "aa05a003080100",
            Pdu::InitiateError(ServiceError::INITIATE_OTHER),
        ),
        ("8b00", Pdu::ConcludeRequest),
        ("8c00", Pdu::ConcludeResponse),
    ] {
        assert_eq!(Pdu::decode(&octets(hex)), Ok(pdu), "{hex}");
    }
}
