//! What the server sends without being asked: reports and the ends of commands.

use chrono::{DateTime, Utc};
use iec61850::{ControlAddCause, ReportOptions};
use mms::client::{Client, Subscription};
use mms::pdu::{InformationReport, VariableAccessSpecification};
use mms::{BitString, MmsValue};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A message of the server.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Report(Report),
    /// A command has succeeded (CommandTermination +).
    Done,
    /// A command has failed (CommandTermination -), or was refused (LastApplError).
    Failed(ControlAddCause),
}

/// A report, as far as it concerns the tour.
#[derive(Debug, PartialEq)]
pub(super) struct Report {
    /// RptID.
    pub(super) id: String,
    /// When it was made.
    pub(super) time: Option<DateTime<Utc>>,
    /// The members of the data set that are in it, by their numbers, with their values.
    pub(super) members: Vec<(usize, MmsValue)>,
}

/// Everything the server sends over this association, as long as the subscription is kept.
pub(super) fn subscribe(client: &Client) -> (Subscription, UnboundedReceiver<Message>) {
    let (sender, messages) = unbounded_channel();
    let subscription = client.on_information_report(move |report| {
        if let Some(message) = decode(report) {
            // Nobody listens any more when the tour is over.
            let _ = sender.send(message);
        }
    });
    (subscription, messages)
}

/// `None` for what is neither.
fn decode(message: &InformationReport<'_>) -> Option<Message> {
    let values: Vec<MmsValue> = message.results.iter().map(|view| view.to_value()).collect();
    match message.variables {
        VariableAccessSpecification::ListName(_) => Some(Message::Report(report(&values)?)),
        VariableAccessSpecification::Variables(variables) => {
            let first = variables.iter().next()?.name()?.item();
            if first != "LastApplError" {
                return Some(Message::Done);
            }
            // Control object, error, origin, number, cause.
            let cause = values.first()?.elements().ok()?.get(4)?.to_int32().ok()?;
            Some(Message::Failed(cause.into()))
        }
    }
}

/// IEC 61850-8-1, clause 17.2.2: which parts there are says the second.
fn report(values: &[MmsValue]) -> Option<Report> {
    let mut values = values.iter();
    let id = values.next()?.to_string_value().ok()?.to_owned();
    let options = ReportOptions::from(values.next()?.to_bits().ok()?);
    let mut optional = |wanted| options.contains(wanted).then(|| values.next()).flatten();
    optional(ReportOptions::SEQ_NUM);
    let time = optional(ReportOptions::TIME_STAMP);
    optional(ReportOptions::DATA_SET);
    optional(ReportOptions::BUFFER_OVERFLOW);
    optional(ReportOptions::ENTRY_ID);
    optional(ReportOptions::CONF_REV);
    optional(ReportOptions::SEGMENTATION);
    optional(ReportOptions::SEGMENTATION);
    let included: &BitString = values.next()?.to_bits().ok()?;
    let numbers: Vec<usize> = (0..included.len()).filter(|i| included.get(*i)).collect();
    if options.contains(ReportOptions::DATA_REFERENCE) {
        values.by_ref().take(numbers.len()).for_each(drop);
    }
    let time = time.and_then(|time| match time {
        MmsValue::BinaryTime(time) => time.time(),
        _ => None,
    });
    Some(Report {
        id,
        time,
        members: numbers.into_iter().zip(values.cloned()).collect(),
    })
}
