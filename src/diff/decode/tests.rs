use super::*;
use mms::ber::Writer;
use mms::pdu::{self, DefineVariableListResponse, IdentifyResponse, InformationReportWriter};
use mms::{BitString, Component, DataAccessError, ObjectName, UtcTime};
use proptest::prelude::*;

fn text(octets: &[u8], expected: Expected<'_>) -> Vec<String> {
    decode(octets, expected)
        .iter()
        .map(|line| format!("{}{}", "  ".repeat(line.depth), line.key()))
        .collect()
}

fn written(fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut Writer::unbounded(&mut out));
    out
}

#[test]
fn values_have_the_names_of_their_type() {
    // GGIO1$ST$Ind1 of the golden recordings, read: stVal, q, t.
    let q = MmsValue::BitString(BitString::new(13));
    let value = MmsValue::Structure(vec![
        MmsValue::Boolean(true),
        q,
        MmsValue::UtcTime(UtcTime::from_ms(1_700_000_000_000)),
    ]);
    let octets = written(|w| {
        pdu::write_confirmed_response(w, 7, |w| {
            let read = pdu::ReadResponseWriter::begin(w, None);
            value.encode(w);
            pdu::write_failure(w, DataAccessError::ObjectNonExistent);
            read.end(w);
        });
    });
    let component = |name: &str, ty| Component {
        name: Some(name.to_owned()),
        ty,
    };
    let ty = TypeDescription::Structure(vec![
        component("stVal", TypeDescription::Boolean),
        component("q", TypeDescription::BitString(-13)),
        component("t", TypeDescription::UtcTime),
    ]);
    let results = [
        ("LD/GGIO1$ST$Ind1".to_owned(), Some(&ty)),
        ("LD/none".to_owned(), None),
    ];
    let expected = Expected {
        results: &results,
        since: 1_800_000_000,
    };
    assert_eq!(
        text(&octets, expected),
        [
            "confirmed-response",
            "  read",
            "    LD/GGIO1$ST$Ind1 = structure of 3",
            "      LD/GGIO1$ST$Ind1$stVal = boolean true",
            "      LD/GGIO1$ST$Ind1$q = bit-string 0000000000000 (good)",
            "      LD/GGIO1$ST$Ind1$t = utc-time 2023-11-14T22:13:20.000Z",
            "    LD/none = failure: object non-existent",
        ]
    );
    // What has been stamped in the run is no difference.
    let during = Expected {
        results: &results,
        since: 1_600_000_000,
    };
    let lines = text(&octets, during);
    assert_eq!(lines[5], "      LD/GGIO1$ST$Ind1$t = a time of this run");
}

#[test]
fn fields_of_a_report_are_named_by_its_options() {
    // SqNum, data references, EntryID, reasons.
    let mut options = BitString::new(10);
    for bit in [1, 3, 5, 7] {
        options.set(bit, true);
    }
    let mut inclusion = BitString::new(3);
    inclusion.set(1, true);
    let values = [
        MmsValue::VisibleString("id".into()),
        MmsValue::BitString(options),
        MmsValue::Unsigned(4),
        MmsValue::OctetString(vec![1, 2, 3]),
        MmsValue::BitString(inclusion),
        MmsValue::VisibleString("LD/GGIO1$ST$Ind1".into()),
        MmsValue::Boolean(true),
        MmsValue::BitString(BitString::new(6)),
    ];
    let octets = written(|w| {
        pdu::write_unconfirmed(w, |w| {
            let report = InformationReportWriter::begin(w, |w| {
                pdu::write_list_name(w, ObjectName::Vmd("RPT"));
            });
            for value in &values {
                value.encode(w);
            }
            report.end(w);
        });
    });
    assert_eq!(subject(&octets), "id");
    assert_eq!(entry_id(&octets), Some(vec![1, 2, 3]));
    assert_eq!(
        text(&octets, Expected::default()),
        [
            "report",
            "  RptID = visible-string \"id\"",
            "  OptFlds = bit-string 0101010100",
            "  SqNum = unsigned 4",
            "  EntryID = an entry",
            "  Inclusion = bit-string 010",
            "  data reference of member 1 = visible-string \"LD/GGIO1$ST$Ind1\"",
            "  value of member 1 = boolean true",
            "  reason of member 1 = bit-string 000000",
        ]
    );
}

#[test]
fn names_of_the_vendor_and_invoke_ids_are_not_compared() {
    let identify = |vendor: &'static str, invoke_id| {
        written(|w| {
            pdu::write_confirmed_response(w, invoke_id, |w| {
                IdentifyResponse {
                    vendor: vendor.into(),
                    model: vendor.into(),
                    revision: "1".into(),
                    abstract_syntaxes: None,
                }
                .encode(w);
            });
        })
    };
    let expected = Expected::default();
    assert_eq!(
        text(&identify("a", 1), expected),
        text(&identify("b", 2), expected)
    );
    let other = written(|w| {
        pdu::write_confirmed_response(w, 1, |w| DefineVariableListResponse.encode(w));
    });
    assert_ne!(text(&identify("a", 1), expected), text(&other, expected));
}

#[test]
fn what_is_no_pdu_is_shown_as_it_is() {
    let lines = text(&[0xa1, 0x05, 0x02, 0x01, 0x07, 0xa4], Expected::default());
    assert!(lines[0].starts_with("malformed PDU = "), "{lines:?}");
    assert!(lines.len() > 1, "{lines:?}");
    let lines = text(&[0xbf, 0x63, 0x02, 0x80, 0x00], Expected::default());
    assert!(lines[0].starts_with("malformed PDU = "), "{lines:?}");
}

proptest! {
    #[test]
    fn any_octets_can_be_shown(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!decode(&octets, Expected::default()).is_empty());
        subject(&octets);
        entry_id(&octets);
    }

    #[test]
    fn damaged_pdus_can_be_shown(at in 0_usize..40, octet: u8) {
        let mut octets = written(|w| {
            pdu::write_confirmed_request(w, 1, |w| {
                pdu::write_read_request(w, false, [ObjectName::domain("LD", "GGIO1$ST$Ind1")]);
            });
        });
        let at = at % octets.len();
        octets[at] = octet;
        prop_assert!(!decode(&octets, Expected::default()).is_empty());
    }
}
