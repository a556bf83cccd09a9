//! Information reports: those of IEC 61850 field by field.

use super::{Lines, names};
use mms::pdu::{InformationReport, Pdu, UnconfirmedService, VariableAccessSpecification};
use mms::{BitString, MmsValue};

/// What a report is about: its RptID, or the names of its variables.
pub(in crate::diff) fn subject(octets: &[u8]) -> String {
    let Ok(Pdu::Unconfirmed(UnconfirmedService::InformationReport(report))) = Pdu::decode(octets)
    else {
        return "unconfirmed PDU".to_owned();
    };
    match (report.variables, report.results.iter().next()) {
        (VariableAccessSpecification::ListName(name), Some(id)) if name.item() == "RPT" => {
            id.to_value().to_string()
        }
        (variables, _) => names(&variables).join(", "),
    }
}

/// The EntryID of a report that has one.
pub(in crate::diff) fn entry_id(octets: &[u8]) -> Option<Vec<u8>> {
    let Ok(Pdu::Unconfirmed(UnconfirmedService::InformationReport(report))) = Pdu::decode(octets)
    else {
        return None;
    };
    let at = report_fields(&report)?
        .iter()
        .position(|field| *field == "EntryID")?;
    match report.results.iter().nth(at)?.to_value() {
        MmsValue::OctetString(octets) => Some(octets),
        _ => None,
    }
}

/// The fields of a report in front of the values (IEC 61850-8-1, 17.2.2); `None` for other information reports.
fn report_fields(report: &InformationReport<'_>) -> Option<Vec<&'static str>> {
    match report.variables {
        VariableAccessSpecification::ListName(name) if name.item() == "RPT" => {}
        _ => return None,
    }
    let Some(MmsValue::BitString(options)) =
        report.results.iter().nth(1).map(|data| data.to_value())
    else {
        return None;
    };
    let mut fields = vec!["RptID", "OptFlds"];
    for (bit, field) in [
        (1, &["SqNum"][..]),
        (2, &["TimeOfEntry"]),
        (4, &["DatSet"]),
        (6, &["BufOvfl"]),
        (7, &["EntryID"]),
        (8, &["ConfRev"]),
        (9, &["SubSqNum", "MoreSegmentsFollow"]),
    ] {
        if options.get(bit) {
            fields.extend(field);
        }
    }
    fields.push("Inclusion");
    Some(fields)
}

impl Lines {
    pub(super) fn report(&mut self, report: &InformationReport<'_>) {
        match report_fields(report) {
            Some(fields) => {
                self.put("report", "");
                self.below(|lines| lines.report_values(report, &fields));
            }
            None => {
                let names = names(&report.variables);
                self.put("information report", "");
                self.below(|lines| {
                    for (i, data) in report.results.iter().enumerate() {
                        let name = names.get(i).map_or("value", String::as_str);
                        lines.value(name, &data.to_value(), None);
                    }
                });
            }
        }
    }

    fn report_values(&mut self, report: &InformationReport<'_>, fields: &[&'static str]) {
        let values: Vec<_> = report.results.iter().map(|data| data.to_value()).collect();
        let head = fields.len().min(values.len());
        let (head, rest) = values.split_at(head);
        let mut included = BitString::new(0);
        let mut options = BitString::new(0);
        for (name, value) in fields.iter().zip(head) {
            if let MmsValue::BitString(bits) = value {
                match *name {
                    "Inclusion" => included = bits.clone(),
                    "OptFlds" => options = bits.clone(),
                    _ => {}
                }
            }
            self.value(name, value, None);
        }
        let members: Vec<usize> = (0..included.len()).filter(|i| included.get(*i)).collect();
        let groups = [(5, "data reference"), (usize::MAX, "value"), (3, "reason")];
        let mut rest = rest.iter();
        for (bit, what) in groups {
            if bit != usize::MAX && !options.get(bit) {
                continue;
            }
            for (member, value) in members.iter().zip(rest.by_ref()) {
                self.value(&format!("{what} of member {member}"), value, None);
            }
        }
        for value in rest {
            self.value("a value too many", value, None);
        }
    }
}
