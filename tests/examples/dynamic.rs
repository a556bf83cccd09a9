//! The scenario "dynamic server", and its client's side.

use crate::client::{Message, Peer, anywhere, command};
use crate::server_dynamic::Example;
use iec61850::{ReportOptions, TriggerOptions};
use mms::pdu::ObjectScope;
use mms::{BitString, DataAccessError, MmsValue, ObjectName};

const LD: &str = "IEDNameLD0";

fn started() -> (Example, Peer) {
    let example = Example::start(anywhere()).expect("the example starts");
    assert!(example.server.is_running());
    let peer = Peer::of(&example.server);
    (example, peer)
}

/// Has this reason for inclusion, and no other.
fn reason(bits: &BitString) -> TriggerOptions {
    TriggerOptions::from(bits)
}

#[test]
fn browsing() {
    let (_example, peer) = started();
    assert_eq!(peer.client.domain_names().expect("names"), [LD]);
    let nodes: Vec<_> = peer
        .names(LD, "")
        .into_iter()
        .filter(|name| !name.contains('$'))
        .collect();
    assert_eq!(nodes, ["LLN0", "LPHD1", "PTOC1"]);
    // Sorted, one group for each functional constraint.
    let groups: Vec<_> = peer
        .names(LD, "LLN0$")
        .into_iter()
        .filter(|name| !name.contains('$'))
        .collect();
    assert_eq!(groups, ["BR", "CF", "CO", "RP", "SP", "ST"]);
    let of = |prefix| {
        let mut names = peer.names(LD, prefix);
        names.retain(|name| !name.contains('$'));
        names
    };
    assert_eq!(
        of("LLN0$BR$BRCBA$"),
        [
            "BufTm",
            "ConfRev",
            "DatSet",
            "EntryID",
            "GI",
            "IntgPd",
            "OptFlds",
            "PurgeBuf",
            "ResvTms",
            "RptEna",
            "RptID",
            "SqNum",
            "TimeofEntry",
            "TrgOps"
        ]
    );
    assert_eq!(
        of("LLN0$RP$URCBA$"),
        [
            "BufTm", "ConfRev", "DatSet", "GI", "IntgPd", "OptFlds", "Resv", "RptEna", "RptID",
            "SqNum", "TrgOps"
        ]
    );
    assert_eq!(of("LLN0$CO$Mod$Oper$origin$"), ["orCat", "orIdent"]);
    assert_eq!(of("LLN0$ST$Mod$"), ["q", "stVal", "t"]);
    let lists = peer.client.variable_list_names(ObjectScope::Domain(LD));
    assert_eq!(lists.expect("lists"), ["LLN0$DsRpt"]);
    let attributes = peer
        .client
        .get_named_variable_list_attributes(ObjectName::domain(LD, "LLN0$DsRpt"))
        .expect("a data set");
    assert!(!attributes.deletable);
    let members: Vec<_> = attributes
        .members
        .iter()
        .map(|member| member.as_ref().expect("a name").name.to_string())
        .collect();
    assert_eq!(
        members,
        ["IEDNameLD0/PTOC1$ST$Str", "IEDNameLD0/PTOC1$ST$Op"]
    );
    let values = peer.client.read_list(ObjectName::domain(LD, "LLN0$DsRpt"));
    let values = values.expect("values");
    assert_eq!(values.len(), 2);
    assert!(
        values
            .iter()
            .flatten()
            .all(|value| value.elements().is_ok())
    );
}

#[test]
fn values_and_settings() {
    let (_example, peer) = started();
    // Set before the server was there.
    let t = peer.read("IEDNameLD0/LLN0$ST$Mod$t");
    assert!(t.to_timestamp().expect("a time").time_in_seconds() > 1_700_000_000);

    let threshold = "IEDNameLD0/PTOC1$SP$StrVal$setMag$f";
    assert_eq!(peer.read(threshold), MmsValue::Float32(0.0));
    peer.write(threshold, 1.0_f32);
    assert_eq!(peer.read(threshold), MmsValue::Float32(1.0));

    // The one with a handler.
    let delay = "IEDNameLD0/PTOC1$SP$OpDlTmms$setVal";
    peer.write(delay, 250);
    assert_eq!(peer.read(delay), 250.into());
    let status = peer.refused("IEDNameLD0/PTOC1$ST$Str$general", true);
    assert_eq!(status, DataAccessError::ObjectAccessDenied);

    for (attribute, value) in [("ActSG", 1), ("NumOfSG", 4), ("EditSG", 0)] {
        let read = peer.read(&format!("IEDNameLD0/LLN0$SP$SGCB${attribute}"));
        assert_eq!(read.to_uint32(), Ok(value), "{attribute}");
    }
}

#[test]
fn a_control_from_select_to_termination() {
    let (_example, peer) = started();
    assert_eq!(
        peer.read("IEDNameLD0/LLN0$CF$Mod$ctlModel").to_int32(),
        Ok(4)
    );
    let before = peer.read("IEDNameLD0/LLN0$ST$Mod$t");
    // Not before it is selected.
    let operate = "IEDNameLD0/LLN0$CO$Mod$Oper";
    let refused = peer.refused(operate, command(MmsValue::Integer(1), 1, false));
    assert_eq!(refused, DataAccessError::ObjectAccessDenied);
    let not_selected = iec61850::ControlAddCause::ObjectNotSelected;
    assert_eq!(peer.message(), Message::End(Some(not_selected)));

    let order = command(MmsValue::Integer(1), 2, false);
    peer.write("IEDNameLD0/LLN0$CO$Mod$SBOw", order.clone());
    peer.write(operate, order);
    assert_eq!(peer.message(), Message::End(None));
    // The handler has set both.
    assert_eq!(peer.read("IEDNameLD0/LLN0$ST$Mod$stVal").to_int32(), Ok(1));
    assert_ne!(peer.read("IEDNameLD0/LLN0$ST$Mod$t"), before);
    assert!(peer.silent(), "one end");
}

#[test]
fn an_unbuffered_report_control_block() {
    let (example, peer) = started();
    let block = |attribute: &str| format!("IEDNameLD0/LLN0$RP$URCBA${attribute}");
    assert_eq!(peer.read(&block("RptID")).to_string_value(), Ok("URCBA01"));
    assert_eq!(peer.read(&block("BufTm")).to_uint32(), Ok(50));
    assert_eq!(peer.read(&block("IntgPd")).to_uint32(), Ok(90_000));
    assert_eq!(peer.read(&block("ConfRev")).to_uint32(), Ok(1));
    let trg_ops = peer.read(&block("TrgOps"));
    let trg_ops = TriggerOptions::from(trg_ops.to_bits().expect("bits"));
    assert_eq!(trg_ops, TriggerOptions::REPORT_DEFAULT);

    // Integrity reports only, more often than in the example.
    peer.write(&block("TrgOps"), BitString::from(TriggerOptions::INTEGRITY));
    peer.write(&block("IntgPd"), MmsValue::Unsigned(50));
    peer.write(&block("RptEna"), true);
    example.toggle().expect("the protection starts");
    for number in 0..3 {
        let report = peer.report();
        assert_eq!(report.id, "URCBA01");
        assert_eq!(report.number, Some(number));
        assert_eq!(report.data_set.as_deref(), Some("IEDNameLD0/LLN0$DsRpt"));
        assert_eq!(report.entry_id, None);
        assert_eq!(report.members.len(), 2);
        assert!(
            report
                .members
                .iter()
                .all(|m| reason(&m.2) == TriggerOptions::INTEGRITY)
        );
    }
}

#[test]
fn a_buffered_report_control_block() {
    let (example, peer) = started();
    let block = |attribute: &str| format!("IEDNameLD0/LLN0$BR$BRCBA${attribute}");
    let wanted =
        ReportOptions::ENTRY_ID | ReportOptions::TIME_STAMP | ReportOptions::REASON_FOR_INCLUSION;
    peer.write(
        &block("TrgOps"),
        BitString::from(TriggerOptions::DATA_CHANGED),
    );
    peer.write(&block("OptFlds"), BitString::from(wanted));
    peer.write(&block("RptEna"), true);
    let mut last = Vec::new();
    for turn in 0..3 {
        example.toggle().expect("the protection starts or stops");
        let report = peer.report();
        assert_eq!(report.options, wanted);
        assert_eq!((report.number, report.data_set), (None, None));
        let entry_id = report.entry_id.expect("an EntryID");
        assert!(
            entry_id.len() == 8 && entry_id > last,
            "{entry_id:?} after {last:?}"
        );
        last = entry_id;
        // One change: `Str`, and nothing about `Op`.
        let [(0, value, why)] = &*report.members else {
            panic!("{:?}", report.members);
        };
        assert_eq!(reason(why), TriggerOptions::DATA_CHANGED);
        assert_eq!(
            value.elements().expect("a structure")[0],
            MmsValue::Boolean(turn % 2 == 0)
        );
    }
}

#[test]
fn a_file() {
    let (_example, peer) = started();
    let files = peer.client.file_directory(None).expect("a directory");
    let names: Vec<_> = files.iter().map(|file| &*file.name).collect();
    assert_eq!(names, ["dummy.txt"]);
    let mut text = Vec::new();
    let length = peer
        .client
        .download("dummy.txt", &mut text)
        .expect("a file");
    assert_eq!((length, text.len()), (25, 25));
}

#[test]
fn setting_groups() {
    let (_example, peer) = started();
    let block = |attribute: &str| format!("IEDNameLD0/LLN0$SP$SGCB${attribute}");
    let number = |attribute: &str| {
        let value = peer.read(&block(attribute));
        value.to_uint32().expect("a number")
    };
    assert_eq!(number("ActSG"), 1);
    assert_eq!(number("NumOfSG"), 4);
    peer.write(&block("ActSG"), MmsValue::Unsigned(3));
    assert_eq!(number("ActSG"), 3);
    peer.write(&block("EditSG"), MmsValue::Unsigned(2));
    assert_eq!(number("EditSG"), 2);
    assert_eq!(number("ResvTms"), 300);
    peer.write(&block("CnfEdit"), true);
    let beyond = peer.refused(&block("ActSG"), MmsValue::Unsigned(5));
    assert_ne!(beyond, DataAccessError::ObjectNonExistent);
    assert_eq!(number("ActSG"), 3);
}
