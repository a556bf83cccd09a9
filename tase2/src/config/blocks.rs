//! What the file says of blocks 3, 4 and 6 to 9.

use super::error::{ConfigError, Source, at};
use super::file::Text;
use crate::Name;
use crate::bilateral::{BilateralTable, InformationTable, References};
use crate::condition::{AlarmAckRule, ConditionClass, PredefinedEnrollment, Transitions, Trigger};
use crate::model::{EventCondition, Model, Program, TimeSeries, TransferAccount};
use serde::Deserialize;
use std::time::Duration;
use toml::Spanned;

/// `[information]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InformationEntry {
    #[serde(default)]
    buffers: Vec<Spanned<usize>>,
}

/// `[[program]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProgramEntry {
    name: Spanned<String>,
    reusable: Option<bool>,
    #[serde(default)]
    domains: Vec<String>,
    timeout: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ClassWord {
    Monitored,
    Triggered,
}

/// `[[event_condition]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionEntry {
    name: Spanned<Text<Name>>,
    severity: Option<u8>,
    class: Option<ClassWord>,
    point: Option<Text<Name>>,
    when: Option<Spanned<Text<Trigger>>>,
}

/// `[[account]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountEntry {
    name: Spanned<Text<Name>>,
    reference: i32,
    #[serde(default)]
    sender: String,
    #[serde(default)]
    receiver: String,
    period: Option<u64>,
    floats: Option<usize>,
    integers: Option<usize>,
    retention: Option<usize>,
}

/// `[[time_series]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesEntry {
    point: Spanned<Text<Name>>,
    retention: Option<u64>,
    max_values: Option<usize>,
}

/// `[peer.information]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PeerInformation {
    #[serde(default)]
    send: Vec<Numbers>,
    receive: Option<Vec<Numbers>>,
    enable: Option<bool>,
    queue: Option<usize>,
    segments: Option<bool>,
    pad: Option<bool>,
    keep: Option<usize>,
    max_size: Option<usize>,
    any_scope: Option<bool>,
    /// Where `ied tase2 serve` writes what comes.
    pub(super) folder: Option<String>,
}

/// Information objects: a number, or a range as text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(i32),
    Range(Text<References>),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AckWord {
    None,
    Simple,
    Active,
    All,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TransitionWord {
    IdleToDisabled,
    ActiveToDisabled,
    DisabledToIdle,
    ActiveToIdle,
    DisabledToActive,
    IdleToActive,
}

/// `[[peer.enrollment]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrollmentEntry {
    name: String,
    condition: Text<Name>,
    #[serde(default)]
    transitions: Vec<TransitionWord>,
    acknowledge: Option<AckWord>,
}

/// Adds what the file has of these blocks; points are there already.
pub(super) fn add(
    source: &Source<'_>,
    model: &mut Model,
    information: InformationEntry,
    programs: Vec<ProgramEntry>,
    conditions: Vec<ConditionEntry>,
    accounts: Vec<AccountEntry>,
    series: Vec<SeriesEntry>,
) -> Result<(), ConfigError> {
    for size in information.buffers {
        let span = size.span();
        let added = model.add_information_buffer(size.into_inner());
        at(source, span, "information", added)?;
    }
    for entry in programs {
        let (span, name) = (entry.name.span(), entry.name.into_inner());
        let named = format!("program {name}");
        let mut program = Program::new(name);
        program.reusable = entry.reusable.unwrap_or(program.reusable);
        program.domains = entry.domains;
        program.timeout = entry.timeout.map_or(program.timeout, Duration::from_secs);
        at(source, span, &named, model.add_program(program))?;
    }
    for entry in conditions {
        let (span, name) = (entry.name.span(), entry.name.into_inner().0);
        let named = format!("event_condition {name}");
        let mut condition = EventCondition::new(name);
        condition.severity = entry.severity.unwrap_or(condition.severity);
        condition.class = match entry.class {
            Some(ClassWord::Triggered) => ConditionClass::NetworkTriggered,
            _ => ConditionClass::Monitored,
        };
        condition.watch = match (entry.point, entry.when) {
            (None, None) => None,
            (Some(point), Some(when)) => Some((point.0, when.into_inner().0)),
            (point, when) => {
                let span = when.map_or(span.clone(), |when| when.span());
                let missing = if point.is_some() { "when" } else { "point" };
                let reason = format!("`point` and `when` go together; `{missing}` is missing");
                return Err(source.error(Some(span), &named, reason));
            }
        };
        at(source, span, &named, model.add_condition(condition))?;
    }
    for entry in accounts {
        let (span, name) = (entry.name.span(), entry.name.into_inner().0);
        let named = format!("account {name}");
        let mut account = TransferAccount::new(entry.reference, name);
        account.sender = entry.sender;
        account.receiver = entry.receiver;
        account.period = entry.period.map_or(account.period, Duration::from_secs);
        account.floats = entry.floats.unwrap_or(account.floats);
        account.integers = entry.integers.unwrap_or(account.integers);
        account.retention = entry.retention.unwrap_or(account.retention);
        at(source, span, &named, model.add_account(account))?;
    }
    for entry in series {
        let (span, point) = (entry.point.span(), entry.point.into_inner().0);
        let named = format!("time_series {point}");
        let mut stored = TimeSeries::new(point);
        stored.retention = entry
            .retention
            .map_or(stored.retention, Duration::from_secs);
        stored.max_values = entry.max_values.unwrap_or(stored.max_values);
        at(source, span, &named, model.add_time_series(stored))?;
    }
    Ok(())
}

fn references(numbers: Vec<Numbers>) -> References {
    numbers.into_iter().fold(References::none(), |all, more| {
        all.union(match more {
            Numbers::One(number) => number.into(),
            Numbers::Range(range) => range.0,
        })
    })
}

/// What a bilateral table has of these blocks.
pub(super) fn agree(
    table: &mut BilateralTable,
    information: PeerInformation,
    enrollments: Vec<EnrollmentEntry>,
) {
    let default = InformationTable::default();
    table.information = InformationTable {
        send: references(information.send),
        receive: information.receive.map_or(default.receive, references),
        enable: information.enable.unwrap_or(default.enable),
        queue: information.queue.unwrap_or(default.queue),
        segments: information.segments.unwrap_or(default.segments),
        pad: information.pad.unwrap_or(default.pad),
        keep: information.keep.unwrap_or(default.keep),
        max_size: information.max_size.unwrap_or(default.max_size),
        any_scope: information.any_scope.unwrap_or(default.any_scope),
    };
    table.enrollments = enrollments.into_iter().map(enrollment).collect();
}

fn enrollment(entry: EnrollmentEntry) -> PredefinedEnrollment {
    let mut enrollment = PredefinedEnrollment::new(entry.name, entry.condition.0);
    if !entry.transitions.is_empty() {
        let words = entry.transitions.into_iter().map(|word| match word {
            TransitionWord::IdleToDisabled => Transitions::IDLE_TO_DISABLED,
            TransitionWord::ActiveToDisabled => Transitions::ACTIVE_TO_DISABLED,
            TransitionWord::DisabledToIdle => Transitions::DISABLED_TO_IDLE,
            TransitionWord::ActiveToIdle => Transitions::ACTIVE_TO_IDLE,
            TransitionWord::DisabledToActive => Transitions::DISABLED_TO_ACTIVE,
            TransitionWord::IdleToActive => Transitions::IDLE_TO_ACTIVE,
        });
        enrollment.transitions = words.fold(Transitions::none(), Transitions::union);
    }
    enrollment.ack_rule = match entry.acknowledge {
        None | Some(AckWord::None) => AlarmAckRule::None,
        Some(AckWord::Simple) => AlarmAckRule::Simple,
        Some(AckWord::Active) => AlarmAckRule::AckActive,
        Some(AckWord::All) => AlarmAckRule::AckAll,
    };
    enrollment
}
