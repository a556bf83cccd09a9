//! Reports as a client gets them: what is accepted holds together.

use iec61850::ReportOptions;
use iec61850::client::{ReasonForInclusion, ReportMessage};
use mms::pdu::{Pdu, UnconfirmedService};

pub(crate) fn decode(data: &[u8]) {
    let Ok(Pdu::Unconfirmed(UnconfirmedService::InformationReport(report))) = Pdu::decode(data)
    else {
        return;
    };
    let values: Vec<_> = report.results.iter().map(|view| view.to_value()).collect();
    let count = values.len();
    let Ok(message) = ReportMessage::decode(values) else {
        return;
    };
    let has = |option| message.opt_flds.contains(option);
    assert_eq!(message.sq_num.is_some(), has(ReportOptions::SEQ_NUM));
    assert_eq!(message.entry_id.is_some(), has(ReportOptions::ENTRY_ID));
    assert_eq!(message.segment.is_some(), has(ReportOptions::SEGMENTATION));
    let indices = message.included.iter().map(|member| member.index);
    assert!(indices.clone().is_sorted_by(|a, b| a < b));
    assert!(indices.max().is_none_or(|last| last < message.members));
    // Each member has taken its values, and the head at least three.
    let each = 1
        + usize::from(has(ReportOptions::DATA_REFERENCE))
        + usize::from(has(ReportOptions::REASON_FOR_INCLUSION));
    assert!(count >= 3 + each * message.included.len());
    for member in &message.included {
        let unknown = member.reason == ReasonForInclusion::UNKNOWN;
        assert_eq!(unknown, !has(ReportOptions::REASON_FOR_INCLUSION));
        let referenced = member.data_reference.is_some();
        assert_eq!(referenced, has(ReportOptions::DATA_REFERENCE));
    }
}
