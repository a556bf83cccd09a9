//! Reports on the wire (reference section 4.4): form A by the name of the data set, form B as a list of variables.

use crate::engine::{DataSet, Entry, Held, Member, Report};
use crate::model::{Model, Object};
use crate::standard::Special;
use crate::types::encode_object_name;
use mms::ber::Writer;
use mms::pdu::{
    InformationReportWriter, VariableAccess, write_failure, write_list_name, write_variables,
};
use mms::{DataAccessError, MmsValue};

/// Octets in front of the service element in the PDU: a tag and the longest length.
pub(super) const PDU_HEAD: usize = 6;

/// What can be sent of a report, and how much of it cannot.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// Service elements, in their order.
    pub(crate) services: Vec<Vec<u8>>,
    /// Members whose value is longer than a PDU by itself, or all of a report that may not be split.
    pub(crate) too_long: usize,
}

/// Puts a report on the wire, in as many pieces as PDUs of this size ask for.
pub(crate) fn pieces(model: &Model, report: &Report, max_pdu: usize) -> Pieces {
    if report.block_data {
        return super::blocked::pieces(model, report, max_pdu);
    }
    let room = max_pdu.saturating_sub(PDU_HEAD);
    let mut pieces = Pieces::default();
    if report.full {
        if let Some(service) = by_name(model, report, room) {
            pieces.services.push(service);
            return pieces;
        }
        if report.table.config.options.oversized == crate::bilateral::Oversized::Refuse {
            pieces.too_long = report.entries.len();
            return pieces;
        }
    }
    // The special variables go in front of each piece.
    let members = |entry: &&Entry| !matches!(entry.value, Held::Special);
    let entries: Vec<&Entry> = report.entries.iter().filter(members).collect();
    if entries.is_empty() {
        match by_variables(model, report, &[], room) {
            Some(service) => pieces.services.push(service),
            None => pieces.too_long = 1,
        }
        return pieces;
    }
    let mut rest = &entries[..];
    // What was enough for one piece is a good guess for the next one.
    let mut guess = rest.len();
    while !rest.is_empty() {
        let count = guess.min(rest.len());
        match by_variables(model, report, &rest[..count], room) {
            Some(service) => {
                pieces.services.push(service);
                rest = &rest[count..];
                guess = guess.saturating_add(guess / 8 + 1);
            }
            None if count == 1 => {
                pieces.too_long += 1;
                rest = &rest[1..];
            }
            None => guess = fitting(model, report, &rest[..count], room),
        }
    }
    pieces
}

/// How many of these entries fit, at least one.
fn fitting(model: &Model, report: &Report, entries: &[&Entry], room: usize) -> usize {
    // Every entry is measured by itself; lengths of the lists around them take up to 5 octets each.
    let fixed = by_variables(model, report, &[], usize::MAX).map_or(0, |service| service.len());
    let mut left = room.saturating_sub(fixed + 15);
    let mut scratch = Vec::new();
    let mut count = 0;
    for entry in entries {
        scratch.clear();
        let w = &mut Writer::unbounded(&mut scratch);
        write_name(w, model, report, entry.member);
        write_entry(w, model, report, entry);
        match left.checked_sub(scratch.len()) {
            Some(rest) => left = rest,
            None => break,
        }
        count += 1;
    }
    // Measured too strictly it may be all of them; the caller knows that these do not fit.
    count.clamp(1, entries.len().saturating_sub(1).max(1))
}

fn by_name(model: &Model, report: &Report, room: usize) -> Option<Vec<u8>> {
    let mut service = Vec::new();
    let w = &mut Writer::new(&mut service, room);
    let name = report.data_set.name.as_mms();
    let writer = InformationReportWriter::begin(w, |w| write_list_name(w, name));
    for entry in &report.entries {
        if w.overflowed() {
            return None;
        }
        write_entry(w, model, report, entry);
    }
    writer.end(w);
    (!w.overflowed()).then_some(service)
}

fn by_variables(
    model: &Model,
    report: &Report,
    entries: &[&Entry],
    room: usize,
) -> Option<Vec<u8>> {
    // About what a name and a value take: a piece that grows is copied.
    let mut service = Vec::with_capacity((200 + 60 * entries.len()).min(room));
    let w = &mut Writer::new(&mut service, room);
    let set = &report.data_set;
    let specials = || {
        let all = set.specials();
        all.map(|member| VariableAccess::from(set.member_name(model, member)))
    };
    let members = entries.iter().filter_map(|entry| {
        let member = set.members.get(entry.member as usize)?;
        Some(VariableAccess::from(set.member_name(model, *member)))
    });
    let writer = InformationReportWriter::begin(w, |w| {
        write_variables(w, specials().chain(members));
    });
    for member in set.specials() {
        if let Member::Special { special, .. } = member {
            write_special(w, report, special);
        }
    }
    for entry in entries {
        if w.overflowed() {
            return None;
        }
        write_entry(w, model, report, entry);
    }
    writer.end(w);
    (!w.overflowed()).then_some(service)
}

fn write_name(w: &mut Writer<'_>, model: &Model, report: &Report, member: u32) {
    if let Some(member) = report.data_set.members.get(member as usize) {
        VariableAccess::from(report.data_set.member_name(model, *member)).encode(w);
    }
}

fn write_entry(w: &mut Writer<'_>, model: &Model, report: &Report, entry: &Entry) {
    let member = report.data_set.members.get(entry.member as usize);
    match (entry.value, member) {
        (Held::Point(value), Some(Member::Object(Object::Point(id)))) => {
            if let Some(point) = model.points.get(*id as usize) {
                point.ty.encode(w, &value);
            }
        }
        (Held::Control(value), _) => value.to_value().encode(w),
        (Held::Special, Some(Member::Special { special, .. })) => {
            write_special(w, report, *special);
        }
        _ => write_failure(w, DataAccessError::ObjectAccessDenied),
    }
}

pub(super) fn write_special(w: &mut Writer<'_>, report: &Report, special: Special) {
    match special {
        Special::TransferSetName => {
            let signed = report.table.config.options.scope_signed;
            encode_object_name(w, &report.transfer_set, signed);
        }
        Special::TimeStamp => MmsValue::Integer(report.time.gmt_based_s().into()).encode(w),
        Special::Conditions => report.conditions.to_value().encode(w),
        Special::EventCode => MmsValue::Integer(report.event_code.into()).encode(w),
    }
}

/// The most octets a full report of a data set can take.
pub(super) fn full_size(model: &Model, set: &DataSet) -> usize {
    let value = |member: &Member| match member {
        // Names of up to 64 characters, with their tags.
        Member::Special {
            special: Special::TransferSetName,
            ..
        } => 2 + 3 + 2 * (2 + 64),
        Member::Special { .. } => 6,
        Member::Object(Object::Point(id)) => {
            let point = model.points.get(*id as usize);
            point.map_or(0, |point| largest(&point.ty.description()))
        }
        Member::Object(Object::Control(_)) => 7,
        Member::Object(Object::Select(_) | Object::Tag(_)) => 3,
    };
    let name = set.name.domain().map_or(0, str::len) + set.name.item().len();
    PDU_HEAD + 4 * 5 + name + set.members.iter().map(value).sum::<usize>()
}

fn largest(ty: &mms::TypeDescription) -> usize {
    use mms::TypeDescription as T;
    match ty {
        T::Structure(components) => 2 + components.iter().map(|c| largest(&c.ty)).sum::<usize>(),
        T::Float { .. } => 7,
        T::Integer(_) => 6,
        T::Unsigned(_) => 5,
        _ => 4,
    }
}
