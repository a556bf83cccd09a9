//! Reports with blocked data (block 3): Transfer_Set_Name, and one octet string with the values.

use super::report::{PDU_HEAD, Pieces, write_special};
use crate::engine::{Entry, Held, Member, Report};
use crate::model::{Model, Object};
use crate::standard::{self, Special};
use crate::types::{BlockRule, write_block_special, write_block_value};
use mms::ber::Writer;
use mms::pdu::{InformationReportWriter, write_variables};
use mms::{MmsValue, ObjectName};

/// Puts a report on the wire, in as many pieces as PDUs of this size ask for.
pub(super) fn pieces(model: &Model, report: &Report, max_pdu: usize) -> Pieces {
    let mut pieces = Pieces::default();
    let base = report.table.config.options.block3_index_base.min(1);
    let denied = |entry: &&Entry| matches!(entry.value, Held::Denied);
    let values: Vec<&Entry> = report
        .entries
        .iter()
        .filter(|entry| matches!(entry.value, Held::Point(_)))
        .collect();
    let changes = BlockRule::of_changes(report.data_set.members.len(), base);
    // There is no place for a failure in blocked data: what the peer may not read is left out, and then every value has its number.
    let withheld = report.entries.iter().filter(denied).count();
    let rule = match report.full && withheld == 0 {
        true => BlockRule::All,
        false => changes,
    };
    if let Some(service) = encode(model, report, &values, rule, base, max_pdu) {
        pieces.services.push(service);
        return pieces;
    }
    if report.full && report.table.config.options.oversized == crate::bilateral::Oversized::Refuse {
        pieces.too_long = report.entries.len();
        return pieces;
    }
    let mut rest = &values[..];
    let mut count = rest.len();
    while !rest.is_empty() {
        count = count.min(rest.len()).max(1);
        let (now, later) = rest.split_at(count);
        match encode(model, report, now, changes, base, max_pdu) {
            Some(service) => {
                pieces.services.push(service);
                rest = later;
            }
            None if count == 1 => {
                pieces.too_long += 1;
                rest = later;
            }
            None => count = count.div_ceil(2),
        }
    }
    pieces
}

fn encode(
    model: &Model,
    report: &Report,
    entries: &[&Entry],
    rule: BlockRule,
    base: u8,
    max_pdu: usize,
) -> Option<Vec<u8>> {
    let mut octets = vec![rule.number()];
    for member in report.data_set.specials() {
        if let Member::Special { special, .. } = member {
            let (time, code) = (report.time, report.event_code);
            write_block_special(&mut octets, special, time, report.conditions, code);
        }
    }
    for entry in entries {
        let index = entry.member as usize;
        if let (Held::Point(value), Some(Member::Object(Object::Point(id)))) =
            (entry.value, report.data_set.members.get(index))
            && let Some(point) = model.points.get(*id as usize)
        {
            rule.write_index(&mut octets, index + usize::from(base));
            write_block_value(&mut octets, point.ty, &value);
        }
    }
    let domain = report.table.config.domain.as_str();
    let name = |item| ObjectName::Domain { domain, item };
    let mut service = Vec::with_capacity(octets.len() + 160);
    let w = &mut Writer::new(&mut service, max_pdu.saturating_sub(PDU_HEAD));
    let writer = InformationReportWriter::begin(w, |w| {
        let variables = [Special::TransferSetName.name(), standard::BLOCK_DATA];
        write_variables(w, variables.map(name));
    });
    write_special(w, report, Special::TransferSetName);
    MmsValue::OctetString(octets).encode(w);
    writer.end(w);
    (!w.overflowed()).then_some(service)
}
