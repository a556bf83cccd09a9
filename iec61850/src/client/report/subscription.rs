//! Whose reports are wanted, and how reports become whole: segments are joined, numbers watched,
//! and the last values kept.

use super::super::connection::Inner;
use super::decode::ReportMessage;
use super::{RcbElement, RcbValues, Report};
use mms::pdu::InformationReport;
use mms::{MmsValue, ObjectName};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Who gets the reports.
#[derive(Clone)]
pub(crate) enum Sink {
    Callback(Arc<dyn Fn(&Report) + Send + Sync>),
    Channel(mpsc::Sender<Report>),
}

/// The control blocks this client wants reports of, by reference.
#[derive(Default)]
pub(crate) struct Subscriptions {
    entries: Mutex<BTreeMap<String, Arc<Mutex<Subscription>>>>,
    unclaimed: AtomicU64,
    /// Counts the associations that were lost.
    losses: AtomicU64,
}

pub(crate) struct Subscription {
    reference: Arc<str>,
    rpt_id: String,
    buffered: bool,
    sink: Option<Sink>,
    /// What this client has set in the control block, to be set again.
    pub(crate) settings: Option<RcbValues>,
    /// Whether this client has it enabled.
    pub(crate) enabled: bool,
    /// Whether a general interrogation follows each enabling.
    pub(crate) gi: bool,
    /// Whether it has to be taken up again on the present association.
    pub(crate) interrupted: bool,
    stream: ReportStreamState,
}

/// What is known of the reports so far.
#[derive(Default)]
struct ReportStreamState {
    last_sq_num: Option<u32>,
    last_entry: Option<Vec<u8>>,
    entries_lost: bool,
    pending: Option<ReportMessage>,
    values: Arc<Vec<Option<MmsValue>>>,
    dropped: u32,
}

impl Subscription {
    fn new(reference: &str, rpt_id: &str, buffered: bool) -> Self {
        Subscription {
            reference: reference.into(),
            rpt_id: rpt_id.to_owned(),
            buffered,
            sink: None,
            settings: None,
            enabled: false,
            gi: false,
            interrupted: false,
            stream: ReportStreamState::default(),
        }
    }

    pub(crate) fn set_rpt_id(&mut self, rpt_id: &str) {
        self.rpt_id = rpt_id.to_owned();
    }

    /// The last entry of a buffered control block that reached this client.
    pub(crate) fn last_entry(&self) -> Option<Vec<u8>> {
        self.stream.last_entry.clone()
    }

    /// From here on the numbers begin anew.
    pub(crate) fn restart(&mut self) {
        self.stream.last_sq_num = None;
        self.stream.pending = None;
    }

    /// Buffered events may be lost that this client has not seen.
    pub(crate) fn note_loss(&mut self) {
        self.stream.entries_lost = true;
    }

    /// Whether a server may call the reports of this control block so.
    fn is_called(&self, rpt_id: &str) -> bool {
        if !self.rpt_id.is_empty() {
            return self.rpt_id == rpt_id;
        }
        // Without an identifier of its own, a control block is named by its reference; some servers
        // leave it empty.
        rpt_id.is_empty() || rpt_id.replace('$', ".") == *self.reference
    }

    /// Puts a segment to those before it; gives the report when it is whole.
    fn join(&mut self, message: ReportMessage) -> Option<ReportMessage> {
        let Some((number, more)) = message.segment else {
            self.stream.pending = None;
            return Some(message);
        };
        let whole = match (number, self.stream.pending.take()) {
            (0, _) => message,
            (_, Some(mut whole)) => {
                let follows = whole.segment.is_some_and(|(last, _)| last.checked_add(1) == Some(number))
                    && whole.sq_num == message.sq_num
                    && whole.members == message.members
                    // Each member comes once, in order: this ends a report that never would.
                    && whole.included.last().map(|member| member.index)
                        < message.included.first().map(|member| member.index);
                if !follows {
                    tracing::warn!(rcb = %self.reference, "a segment of a report is missing");
                    return None;
                }
                whole.segment = message.segment;
                whole.included.extend(message.included);
                whole
            }
            (_, None) => {
                tracing::warn!(rcb = %self.reference, "the first segment of a report is missing");
                return None;
            }
        };
        if more {
            self.stream.pending = Some(whole);
            return None;
        }
        Some(whole)
    }

    fn complete(&mut self, message: ReportMessage) -> Report {
        let stream = &mut self.stream;
        let modulus: u32 = if self.buffered { 1 << 16 } else { 1 << 8 };
        let missed = match (stream.last_sq_num, message.sq_num) {
            // Some servers leave out 0 when the numbers begin anew.
            (Some(last), Some(now)) if last == modulus - 1 && now <= 1 => Some(0),
            (Some(last), Some(now)) if now < modulus => Some((now + modulus - last - 1) % modulus),
            _ => None,
        };
        stream.last_sq_num = message.sq_num.filter(|number| *number < modulus);
        if let Some(entry) = &message.entry_id {
            stream.last_entry = Some(entry.clone());
        }
        let values = Arc::make_mut(&mut stream.values);
        values.resize(message.members, None);
        for member in &message.included {
            if let Some(place) = values.get_mut(member.index) {
                *place = Some(member.value.clone());
            }
        }
        let dropped = std::mem::take(&mut stream.dropped);
        Report {
            rcb_reference: self.reference.clone(),
            values: stream.values.clone(),
            missed: match dropped {
                0 => missed,
                dropped => Some(missed.unwrap_or(0).saturating_add(dropped)),
            },
            entries_lost: std::mem::take(&mut stream.entries_lost),
            message,
        }
    }
}

impl Subscriptions {
    /// The subscription to a control block; made if there is none.
    pub(crate) fn entry(
        &self,
        reference: &str,
        rpt_id: &str,
        buffered: bool,
    ) -> Arc<Mutex<Subscription>> {
        let mut entries = self.entries.lock();
        let entry = entries.entry(reference.to_owned()).or_insert_with(|| {
            Arc::new(Mutex::new(Subscription::new(reference, rpt_id, buffered)))
        });
        entry.clone()
    }

    pub(crate) fn get(&self, reference: &str) -> Option<Arc<Mutex<Subscription>>> {
        self.entries.lock().get(reference).cloned()
    }

    // What is taken out is dropped with no lock held: a callback may own the last handle of its
    // connection, whose end comes here again.

    pub(crate) fn set_sink(&self, reference: &str, rpt_id: &str, buffered: bool, sink: Sink) {
        let entry = self.entry(reference, rpt_id, buffered);
        let before = {
            let mut entry = entry.lock();
            entry.set_rpt_id(rpt_id);
            entry.sink.replace(sink)
        };
        drop(before);
    }

    pub(crate) fn remove(&self, reference: &str) -> bool {
        let removed = {
            let mut entries = self.entries.lock();
            entries.remove(reference)
        };
        removed.is_some()
    }

    /// The application has closed the connection: nothing is to be taken up again.
    pub(crate) fn clear(&self) {
        let entries = {
            let mut entries = self.entries.lock();
            std::mem::take(&mut *entries)
        };
        drop(entries);
    }

    /// How many associations were lost: what was written under another number has to be written
    /// again.
    pub(crate) fn losses(&self) -> u64 {
        self.losses.load(Ordering::Acquire)
    }

    /// Notes what this client wrote to a control block when `losses` associations were lost.
    pub(crate) fn note_written(
        &self,
        entry: &Mutex<Subscription>,
        values: &RcbValues,
        written: RcbElement,
        losses: u64,
    ) {
        let mut entry = entry.lock();
        entry.note_written(values, written);
        // The end of the association may have been noticed in front of the answer.
        if self.losses() != losses {
            entry.interrupted = entry.enabled;
        }
    }

    /// The association is over.
    pub(crate) fn lost(&self) {
        self.losses.fetch_add(1, Ordering::AcqRel);
        for entry in self.entries.lock().values() {
            let mut entry = entry.lock();
            entry.interrupted = entry.enabled;
            entry.restart();
        }
    }

    /// What has to be taken up again.
    pub(crate) fn interrupted(&self) -> Vec<(String, Arc<Mutex<Subscription>>)> {
        let entries = self.entries.lock();
        let interrupted = entries.iter().filter(|(_, entry)| entry.lock().interrupted);
        interrupted
            .map(|(reference, entry)| (reference.clone(), entry.clone()))
            .collect()
    }

    /// Reports that nobody here had asked for.
    pub(crate) fn unclaimed(&self) -> u64 {
        self.unclaimed.load(Ordering::Relaxed)
    }

    /// The control blocks whose reports are wanted, with the identifier of each.
    pub(crate) fn wanted(&self) -> Vec<(String, String)> {
        let entries = self.entries.lock();
        entries
            .iter()
            .filter_map(|(reference, entry)| {
                let entry = entry.lock();
                entry.sink.as_ref()?;
                Some((reference.clone(), entry.rpt_id.clone()))
            })
            .collect()
    }

    /// The identifier under which the reports of a control block are wanted; `None`: they are not.
    pub(crate) fn rpt_id_of(&self, reference: &str) -> Option<String> {
        let entry = self.get(reference)?;
        let entry = entry.lock();
        entry.sink.as_ref()?;
        Some(entry.rpt_id.clone())
    }

    /// A report of a control block, from an engine that knows whose it is.
    #[cfg(feature = "libiec61850")]
    pub(crate) fn report_of(&self, inner: &Inner, reference: &str, message: ReportMessage) {
        match self.get(reference) {
            Some(entry) => deliver(inner, &entry, message),
            None => {
                self.unclaimed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn report(&self, inner: &Inner, report: &InformationReport<'_>) {
        let mms::pdu::VariableAccessSpecification::ListName(name) = report.variables else {
            return;
        };
        if !matches!(
            name,
            ObjectName::Vmd("RPT") | ObjectName::Association("RPT")
        ) {
            tracing::debug!(%name, "an information report that is no report");
            return;
        }
        let values = report.results.iter().map(|view| view.to_value());
        let message = match ReportMessage::decode(values.collect()) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(%error, "a report that cannot be read");
                return;
            }
        };
        let called = self.called(&message);
        if called.is_empty() {
            self.unclaimed.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(rpt_id = message.rpt_id, "a report nobody asked for");
            return;
        }
        for entry in called {
            deliver(inner, &entry, message.clone());
        }
    }

    /// The subscriptions a report belongs to. Several control blocks may have one identifier: the
    /// data set tells them apart, if the report names it, and otherwise it is for all of them.
    fn called(&self, message: &ReportMessage) -> Vec<Arc<Mutex<Subscription>>> {
        let entries = self.entries.lock();
        let mut called: Vec<_> = entries
            .values()
            .filter(|entry| entry.lock().is_called(&message.rpt_id))
            .cloned()
            .collect();
        if let (true, Some(dat_set)) = (called.len() > 1, &message.dat_set) {
            let has_it = |entry: &Arc<Mutex<Subscription>>| {
                let entry = entry.lock();
                let settings = entry.settings.as_ref();
                settings.is_some_and(|settings| settings.dataset_reference() == dat_set)
            };
            if called.iter().any(has_it) {
                called.retain(has_it);
            }
        }
        called
    }
}

fn deliver(inner: &Inner, entry: &Arc<Mutex<Subscription>>, message: ReportMessage) {
    let (report, sink) = {
        let mut entry = entry.lock();
        let Some(sink) = entry.sink.clone() else {
            return;
        };
        let Some(message) = entry.join(message) else {
            return;
        };
        (entry.complete(message), sink)
    };
    let missed = report.missed;
    let entries_lost = report.entries_lost;
    let taken = match sink {
        Sink::Callback(callback) => {
            let limit = inner.max_waiting_events();
            inner.dispatcher.post(limit, move || callback(&report))
        }
        Sink::Channel(channel) => channel.try_send(report).is_ok(),
    };
    if !taken {
        let mut entry = entry.lock();
        tracing::warn!(rcb = %entry.reference, "a report is dropped: too many wait");
        let stream = &mut entry.stream;
        stream.dropped = stream
            .dropped
            .saturating_add(missed.unwrap_or(0).saturating_add(1));
        stream.entries_lost |= entries_lost;
    }
}

impl Subscription {
    /// Notes what this client wrote to the control block.
    fn note_written(&mut self, values: &RcbValues, written: RcbElement) {
        if written.contains(RcbElement::RPT_ID) {
            self.set_rpt_id(values.rpt_id());
        }
        if written.contains(RcbElement::RPT_ENA) {
            self.enabled = values.rpt_ena();
            self.interrupted = false;
            self.restart();
        }
        match &mut self.settings {
            Some(settings) => settings.take_written(values, written),
            None => {
                let mut settings = values.clone();
                settings.clear_element_changed();
                settings.take_written(values, written);
                self.settings = Some(settings);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::{IncludedMember, ReasonForInclusion};
    use super::*;
    use crate::ReportOptions;

    fn message(sq_num: u32, segment: Option<(u32, bool)>, indices: &[usize]) -> ReportMessage {
        ReportMessage {
            rpt_id: "id".into(),
            opt_flds: ReportOptions::SEQ_NUM,
            sq_num: Some(sq_num),
            time_of_entry: None,
            dat_set: None,
            buf_ovfl: None,
            entry_id: None,
            conf_rev: None,
            segment,
            members: 4,
            included: indices
                .iter()
                .map(|index| IncludedMember {
                    index: *index,
                    data_reference: None,
                    value: MmsValue::Integer(*index as i64),
                    reason: ReasonForInclusion::UNKNOWN,
                })
                .collect(),
        }
    }

    fn subscription(buffered: bool) -> Subscription {
        Subscription::new("LD/LLN0.RP.r", "id", buffered)
    }

    #[test]
    fn segments_are_joined_and_gaps_in_them_end_the_report() {
        let mut it = subscription(false);
        assert!(it.join(message(1, Some((0, true)), &[0])).is_none());
        assert!(it.join(message(1, Some((1, true)), &[2])).is_none());
        let whole = it.join(message(1, Some((2, false)), &[3])).unwrap();
        let indices: Vec<usize> = whole.included.iter().map(|m| m.index).collect();
        assert_eq!((indices, whole.segment), (vec![0, 2, 3], Some((2, false))));

        for second in [
            message(2, Some((1, false)), &[1]),
            message(1, Some((2, false)), &[1]),
            message(1, Some((1, false)), &[0]),
            message(1, Some((1, true)), &[]),
        ] {
            let mut it = subscription(false);
            assert!(it.join(message(1, Some((0, true)), &[0])).is_none());
            assert!(it.join(second).is_none());
            assert!(it.join(message(1, Some((2, false)), &[2])).is_none());
            assert!(it.join(message(2, None, &[2])).is_some());
        }
    }

    #[test]
    fn numbers_tell_what_is_missing() {
        let missed = |buffered, numbers: &[u32]| {
            let mut it = subscription(buffered);
            let reports = numbers.iter();
            reports
                .map(|number| it.complete(message(*number, None, &[0])).missed())
                .collect::<Vec<_>>()
        };
        assert_eq!(missed(false, &[0, 1, 3]), [None, Some(0), Some(1)]);
        assert_eq!(missed(false, &[255, 0]), [None, Some(0)]);
        assert_eq!(missed(true, &[255, 256]), [None, Some(0)]);
        assert_eq!(missed(true, &[65_535, 1]), [None, Some(0)]);
        assert_eq!(missed(true, &[65_535, 2]), [None, Some(2)]);
        assert_eq!(missed(false, &[3, 70_000, 5]), [None, None, None]);
    }

    #[test]
    fn values_are_kept() {
        let mut it = subscription(false);
        it.complete(message(0, None, &[1]));
        let report = it.complete(message(1, None, &[3]));
        let known: Vec<bool> = report
            .dataset_values()
            .iter()
            .map(Option::is_some)
            .collect();
        assert_eq!(known, [false, true, false, true]);
        assert_eq!(report.reason_for_inclusion(3), ReasonForInclusion::UNKNOWN);
        assert_eq!(
            report.reason_for_inclusion(1),
            ReasonForInclusion::NOT_INCLUDED
        );
    }

    #[test]
    fn a_control_block_without_identifier_has_its_reference() {
        let mut it = Subscription::new("LD/LLN0.RP.r", "", false);
        assert!(it.is_called("LD/LLN0$RP$r") && !it.is_called("r"));
        it.set_rpt_id("r");
        assert!(it.is_called("r") && !it.is_called("LD/LLN0$RP$r"));
    }
}
