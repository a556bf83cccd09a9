//! Reports of the peer: which transfer set they belong to, what they say, and their acknowledgement.

use super::Stream;
use super::conditions::Notifications;
use super::layout::{Layout, MemberType, point_value};
use super::report::{PointChange, Report, Update};
use crate::account::{self, AccountReport};
use crate::bilateral::InformationTable;
use crate::clock::Clock;
use crate::condition::Notification;
use crate::information::{self, Assembler, Messages, ReceivedMessage, Taken};
use crate::series::{self, SeriesReport};
use crate::standard;
use crate::types::{
    BlockReader, BlockRule, DsConditions, PointType, Reading, TimeStamp, decode_object_name,
    encode_object_name,
};
use crate::{DecodeError, Name, PointError, Special};
use mms::association::CloseReason;
use mms::ber::Writer;
use mms::net::Remote;
use mms::pdu::{
    InformationReport, InformationReportWriter, VariableAccessSpecification, write_variables,
};
use mms::{DataView, MmsType, MmsValue, ObjectName};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Notify, broadcast};

/// Octets of acknowledgements that wait for a peer that does not read; of more none are sent.
const ACK_BACKLOG: usize = 64 * 1024;

/// What reports came to, since the association was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Reports that were understood.
    pub reports: u64,
    /// Points in them.
    pub changes: u64,
    /// Points in them without a value.
    pub errors: u64,
    /// Reports that belong to no transfer set that is followed.
    pub unmatched: u64,
    /// Reports that were not understood.
    pub malformed: u64,
    /// Acknowledgements sent, positive and negative.
    pub acknowledged: u64,
}

#[derive(Debug, Default)]
struct Counters {
    reports: AtomicU64,
    changes: AtomicU64,
    errors: AtomicU64,
    unmatched: AtomicU64,
    malformed: AtomicU64,
    acknowledged: AtomicU64,
}

/// A transfer set of the peer that is followed.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) transfer_set: Name,
    pub(crate) data_set: Name,
    pub(crate) layout: Layout,
    pub(crate) critical: bool,
    /// The number of the first member in blocked data.
    pub(crate) block_index_base: u8,
    pub(crate) sender: broadcast::Sender<Update>,
    /// Says that the first report has come.
    pub(crate) first: Notify,
}

/// Takes the reports of one association.
#[derive(Debug)]
pub(crate) struct Sink {
    followed: Mutex<Vec<Arc<Followed>>>,
    counters: Counters,
    clock: Arc<dyn Clock>,
    assembler: Mutex<Assembler>,
    messages: broadcast::Sender<Arc<ReceivedMessage>>,
    notifications: broadcast::Sender<Arc<Notification>>,
    accounts: broadcast::Sender<Arc<AccountReport>>,
    series: broadcast::Sender<Arc<SeriesReport>>,
    /// Types of data values that are followed as time series.
    types: Mutex<HashMap<Name, PointType>>,
}

impl Sink {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Sink {
            followed: Mutex::default(),
            counters: Counters::default(),
            clock,
            assembler: Mutex::default(),
            messages: broadcast::Sender::new(information::BACKLOG),
            notifications: broadcast::Sender::new(information::BACKLOG),
            accounts: broadcast::Sender::new(information::BACKLOG),
            series: broadcast::Sender::new(information::BACKLOG),
            types: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, followed: Arc<Followed>) {
        let mut all = self.followed.lock();
        all.retain(|other| other.transfer_set != followed.transfer_set);
        all.push(followed);
    }

    pub(crate) fn remove(&self, transfer_set: &Name) {
        self.followed
            .lock()
            .retain(|f| f.transfer_set != *transfer_set);
    }

    pub(crate) fn now(&self) -> TimeStamp {
        self.clock.now()
    }

    /// Whether more than one transfer set is followed on this data set: without its name in the reports they could not be told apart.
    pub(crate) fn follows(&self, data_set: &Name) -> bool {
        self.followed.lock().iter().any(|f| f.data_set == *data_set)
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            reports: of(&self.counters.reports),
            changes: of(&self.counters.changes),
            errors: of(&self.counters.errors),
            unmatched: of(&self.counters.unmatched),
            malformed: of(&self.counters.malformed),
            acknowledged: of(&self.counters.acknowledged),
        }
    }

    /// What is agreed on about information messages.
    pub(crate) fn agree(&self, table: &InformationTable) {
        self.assembler.lock().configure(table);
    }

    /// Takes an information message; `None`: the report is none. `Ok(None)`: there is more to come. The error says what was lost.
    pub(crate) fn message(
        &self,
        report: &InformationReport<'_>,
    ) -> Option<Result<Option<ReceivedMessage>, String>> {
        let segment = match information::decode(report)? {
            Ok(segment) => segment,
            Err(error) => return Some(Err(error.to_string())),
        };
        Some(match self.assembler.lock().take(segment) {
            Taken::Part => Ok(None),
            Taken::Lost(reason) => Err(reason),
            Taken::Whole(whole) => Ok(Some(ReceivedMessage {
                peer: None,
                association: None,
                to_all: whole.to_all,
                info_reference: whole.info_reference,
                local_reference: whole.local_reference,
                message_id: whole.message_id,
                segments: whole.segments,
                content: whole.content,
                received: self.clock.now(),
            })),
        })
    }

    /// Gives a message to those who listen.
    pub(crate) fn publish(&self, message: Arc<ReceivedMessage>) {
        // Nobody has to listen.
        let _ = self.messages.send(message);
    }

    /// The type a data value has.
    pub(crate) fn know(&self, name: Name, ty: PointType) {
        let mut types = self.types.lock();
        if types.len() < super::MAX_TYPES {
            types.insert(name, ty);
        }
    }

    pub(crate) fn accounts(&self) -> Stream<AccountReport> {
        Stream::of(&self.accounts)
    }

    pub(crate) fn series(&self) -> Stream<SeriesReport> {
        Stream::of(&self.series)
    }

    /// Takes account data and samples. `false`: the report is neither.
    fn take_blocks(&self, report: &InformationReport<'_>) -> bool {
        if self.accounts.receiver_count() + self.series.receiver_count() == 0 {
            // Nobody follows such: no ordinary report is looked at twice.
            return false;
        }
        let now = self.clock.now();
        let malformed = |error: DecodeError| {
            self.counters.malformed.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%error, "report not understood");
        };
        if let Some(decoded) = account::decode(report, now) {
            match decoded {
                // Nobody has to listen.
                Ok(report) => drop(self.accounts.send(Arc::new(report))),
                Err(error) => malformed(error),
            }
            return true;
        }
        let ty = |name: &Name| self.types.lock().get(name).copied();
        match series::decode(report, now, ty) {
            None => return false,
            Some(Ok(report)) => drop(self.series.send(Arc::new(report))),
            Some(Err(error)) => malformed(error),
        }
        true
    }

    /// Takes a notification.
    pub(crate) fn notification(&self, view: &mms::pdu::EventNotification<'_>) {
        let notification = Notification::new(view, self.clock.now());
        // Nobody has to listen.
        let _ = self.notifications.send(Arc::new(notification));
    }

    pub(crate) fn notifications(&self) -> Notifications {
        Notifications::new(self.notifications.subscribe())
    }

    pub(crate) fn messages(&self) -> Messages {
        Messages::new(self.messages.subscribe())
    }

    /// The association is over.
    pub(crate) fn interrupted(&self, reason: &CloseReason) {
        for followed in self.followed.lock().drain(..) {
            // Nobody has to listen.
            let _ = followed.sender.send(Update::Interrupted {
                reason: reason.to_string(),
            });
        }
    }

    /// Takes a report, and acknowledges it if it is critical.
    pub(crate) fn take(&self, report: &InformationReport<'_>, remote: &Remote) {
        if self.take_blocks(report) {
            return;
        }
        let count = |counter: &AtomicU64, by: u64| counter.fetch_add(by, Ordering::Relaxed);
        let Some(followed) = self.owner(report) else {
            count(&self.counters.unmatched, 1);
            tracing::debug!("report of no transfer set that is followed");
            return;
        };
        let decoded = self.decode(&followed, report);
        let (stamp, positive) = match decoded {
            Ok(report) => {
                let errors = report.changes.iter().filter(|c| c.value.is_err());
                count(&self.counters.errors, errors.count() as u64);
                count(&self.counters.changes, report.changes.len() as u64);
                count(&self.counters.reports, 1);
                let stamp = report.time.map(TimeStamp::gmt_based_s);
                followed.first.notify_one();
                // Nobody has to listen.
                let _ = followed.sender.send(Update::Report(Arc::new(report)));
                (stamp, true)
            }
            Err(error) => {
                count(&self.counters.malformed, 1);
                tracing::warn!(transfer_set = %followed.transfer_set, %error, "report not understood");
                (None, false)
            }
        };
        if followed.critical {
            let service = acknowledgement(&followed.transfer_set, positive, stamp);
            match remote.unconfirmed(service, ACK_BACKLOG) {
                Ok(()) => drop(count(&self.counters.acknowledged, 1)),
                Err(error) => tracing::warn!(%error, "acknowledgement not sent"),
            }
        }
    }

    /// The transfer set a report belongs to: by its name in the report, else by the data set, else the only one there is that has such
    /// members.
    fn owner(&self, report: &InformationReport<'_>) -> Option<Arc<Followed>> {
        let all = self.followed.lock();
        let named = |view: Option<DataView<'_>>| {
            let name = decode_object_name(&view?).ok()?;
            all.iter().find(|f| f.transfer_set == name).cloned()
        };
        let only = |fits: &dyn Fn(&Followed) -> bool| {
            let mut fitting = all.iter().filter(|f| fits(f));
            let first = fitting.next()?;
            fitting.next().is_none().then(|| first.clone())
        };
        match report.variables {
            VariableAccessSpecification::ListName(list) => {
                let of_list = |f: &Followed| f.data_set.as_mms() == list;
                let place = all.iter().find(|f| of_list(f))?.layout.name_place();
                match place {
                    Some(place) => named(report.results.iter().nth(place)),
                    None => only(&of_list),
                }
            }
            VariableAccessSpecification::Variables(variables) => {
                let is_name = |name: Option<ObjectName<'_>>| {
                    name.is_some_and(|n| n.item() == Special::TransferSetName.name())
                };
                match variables.iter().position(|v| is_name(v.name())) {
                    Some(place) => named(report.results.iter().nth(place)),
                    None => only(&|f| {
                        let known = |name: Option<ObjectName<'_>>| {
                            name.is_some_and(|name| f.layout.find(name).is_some())
                        };
                        variables.iter().all(|v| known(v.name()))
                    }),
                }
            }
        }
    }

    fn decode(
        &self,
        followed: &Followed,
        report: &InformationReport<'_>,
    ) -> Result<Report, DecodeError> {
        let layout = &followed.layout;
        let mut decoded = Report {
            transfer_set: followed.transfer_set.clone(),
            data_set: followed.data_set.clone(),
            received: self.clock.now(),
            time: None,
            conditions: None,
            event_code: None,
            full: false,
            read: false,
            changes: Vec::new(),
        };
        let count = report.results.len();
        let wrong_count = |expected| DecodeError::WrongCount {
            what: "report",
            expected,
            found: count,
        };
        match report.variables {
            VariableAccessSpecification::ListName(_) => {
                if count != layout.members.len() {
                    return Err(wrong_count(layout.members.len()));
                }
                decoded.full = true;
                decoded.changes.reserve(count);
                for (member, view) in layout.members.iter().zip(report.results) {
                    decoded.add(member, &view)?;
                }
            }
            VariableAccessSpecification::Variables(variables)
                if variables.iter().any(|v| is_block(v.name())) =>
            {
                let place = variables.iter().position(|v| is_block(v.name()));
                let view = place.and_then(|place| report.results.iter().nth(place));
                decoded.add_block(
                    layout,
                    followed.block_index_base,
                    &view.ok_or(DecodeError::UnknownShape)?,
                )?;
            }
            VariableAccessSpecification::Variables(variables) => {
                if count != variables.len() {
                    return Err(wrong_count(variables.len()));
                }
                decoded.changes.reserve(count);
                for (variable, view) in variables.iter().zip(report.results) {
                    let name = variable.name().ok_or(DecodeError::UnknownShape)?;
                    match layout.find(name) {
                        Some(member) => decoded.add(member, &view)?,
                        // Special variables that are none of the members are told all the same.
                        None => {
                            let special = Special::named(name.item());
                            let ty = special.map_or(MemberType::Point(None), MemberType::Special);
                            let name = Name::from_mms(name).ok_or(DecodeError::UnknownShape)?;
                            decoded.add(&(Arc::new(name), ty), &view)?;
                        }
                    }
                }
            }
        }
        Ok(decoded)
    }
}

impl Report {
    /// What was read of a data set, because no report came.
    pub(crate) fn of_read(
        followed: &Followed,
        values: &[Result<MmsValue, mms::DataAccessError>],
        received: TimeStamp,
    ) -> Self {
        let members = followed.layout.members.iter().zip(values);
        let changes = members.filter_map(|((name, ty), value)| {
            let MemberType::Point(ty) = ty else {
                return None;
            };
            let value = match value {
                Ok(value) => {
                    let octets = value.to_bytes();
                    let mut reader = mms::ber::Reader::new(&octets);
                    DataView::decode(&mut reader)
                        .map_err(|_| PointError::Decode(DecodeError::UnknownShape))
                        .and_then(|view| point_value(*ty, &view))
                }
                Err(error) => Err(PointError::Access(*error)),
            };
            Some(PointChange {
                name: name.clone(),
                value,
            })
        });
        Report {
            transfer_set: followed.transfer_set.clone(),
            data_set: followed.data_set.clone(),
            received,
            time: None,
            conditions: None,
            event_code: None,
            full: true,
            read: true,
            changes: changes.collect(),
        }
    }

    /// Takes the values of blocked data (block 3).
    fn add_block(
        &mut self,
        layout: &Layout,
        base: u8,
        view: &DataView<'_>,
    ) -> Result<(), DecodeError> {
        if view.mms_type() != MmsType::OctetString {
            return Err(DecodeError::WrongType {
                expected: "an octet string",
                found: view.mms_type(),
            });
        }
        let (rule, mut reader) = BlockReader::begin(view.content())?;
        for (_, ty) in &layout.members {
            match ty {
                MemberType::Special(Special::TimeStamp) => self.time = Some(reader.time()?),
                MemberType::Special(Special::Conditions) => {
                    self.conditions = Some(reader.conditions()?);
                }
                MemberType::Special(Special::EventCode) => {
                    self.event_code = Some(reader.event_code()?);
                }
                _ => {}
            }
        }
        let mut value = |(name, ty): &(Arc<Name>, MemberType), reader: &mut BlockReader<'_>| {
            let MemberType::Point(Some(ty)) = ty else {
                return Err(DecodeError::UnknownShape);
            };
            self.changes.push(PointChange {
                name: name.clone(),
                value: Ok(reader.value(*ty)?),
            });
            Ok(())
        };
        if rule == BlockRule::All {
            let points = layout.members.iter();
            for member in points.filter(|(_, ty)| matches!(ty, MemberType::Point(_))) {
                value(member, &mut reader)?;
            }
            self.full = true;
        } else {
            while !reader.is_empty() {
                let index = reader.index(rule)?;
                let member = index.checked_sub(base.into());
                let member = member.and_then(|member| layout.members.get(member));
                let member = member.ok_or(DecodeError::OutOfRange {
                    what: "member",
                    value: index as i128,
                })?;
                value(member, &mut reader)?;
            }
        }
        match reader.is_empty() {
            true => Ok(()),
            false => Err(DecodeError::UnknownShape),
        }
    }

    fn add(
        &mut self,
        (name, ty): &(Arc<Name>, MemberType),
        view: &DataView<'_>,
    ) -> Result<(), DecodeError> {
        match ty {
            MemberType::Point(ty) => self.changes.push(PointChange {
                name: name.clone(),
                value: point_value(*ty, view),
            }),
            // A peer may have no value for them.
            MemberType::Special(_) if view.mms_type() == MmsType::DataAccessError => {}
            MemberType::Special(Special::TransferSetName) => {}
            MemberType::Special(Special::TimeStamp) => self.time = Some(view.time()?),
            MemberType::Special(Special::Conditions) => {
                self.conditions = Some(DsConditions::decode(view)?);
            }
            MemberType::Special(Special::EventCode) => {
                self.event_code = Some(view.int16("event code")?);
            }
        }
        Ok(())
    }
}

fn is_block(name: Option<ObjectName<'_>>) -> bool {
    name.is_some_and(|name| name.item() == standard::BLOCK_DATA)
}

/// The service element of an acknowledgement (reference section 4.7).
pub(crate) fn acknowledgement(transfer_set: &Name, positive: bool, stamp: Option<i32>) -> Vec<u8> {
    let domain = transfer_set.domain().unwrap_or_default();
    let item = if positive {
        standard::ACK
    } else {
        standard::NACK
    };
    let stamp = stamp.filter(|_| positive);
    let time = stamp.map(|_| ObjectName::domain(domain, Special::TimeStamp.name()));
    let mut service = Vec::new();
    let w = &mut Writer::unbounded(&mut service);
    let report = InformationReportWriter::begin(w, |w| {
        write_variables(
            w,
            [Some(ObjectName::domain(domain, item)), time]
                .into_iter()
                .flatten(),
        );
    });
    encode_object_name(w, transfer_set, false);
    if let Some(stamp) = stamp {
        MmsValue::Integer(stamp.into()).encode(w);
    }
    report.end(w);
    service
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_9_of_the_worked_example() {
        let service = acknowledgement(&Name::icc("ICC1", "DSTS1"), true, Some(0x6553_f10c));
        let mut pdu = vec![];
        mms::pdu::write_unconfirmed(&mut Writer::unbounded(&mut pdu), |w| w.raw(&service));
        let expected: Vec<u8> = "a3 64 a0 62 a0 46 30 1f a0 1d a1 1b 1a 04 49 43 43 31 1a 13 54 72 61 6e 73 66 65 72 5f 52 65 70 6f 72 74 5f 41 43 4b
            30 23 a0 21 a1 1f 1a 04 49 43 43 31 1a 17 54 72 61 6e 73 66 65 72 5f 53 65 74 5f 54 69 6d 65 5f 53 74 61 6d 70
            a0 18 a2 10 86 01 01 8a 04 49 43 43 31 8a 05 44 53 54 53 31 85 04 65 53 f1 0c"
            .split_whitespace()
            .map(|o| u8::from_str_radix(o, 16).unwrap())
            .collect();
        assert_eq!(pdu, expected);
    }

    #[test]
    fn a_refusal_has_no_time_stamp() {
        let name = Name::icc("ICC1", "DSTS1");
        assert_eq!(
            acknowledgement(&name, false, Some(1)),
            acknowledgement(&name, false, None)
        );
        assert!(
            acknowledgement(&name, false, None)
                .windows(4)
                .any(|o| o == b"NACK")
        );
    }
}
