//! What has to be sent now: taken out of the state under the lock, put on the wire without it.

use super::transfer::{Content, Incidents};
use super::{Core, DataSet, Member, State, Table};
use crate::Name;
use crate::bilateral::Rights;
use crate::event::{AssociationId, Event, ReportProblem, StopReason};
use crate::model::Object;
use crate::types::{ControlValue, DsConditions, PointValue, TimeStamp};
use std::sync::Arc;
use tokio::time::Instant;

/// Reports, and values in them, that are taken at once: the peer is asked for room in between, and memory stays bounded.
const AT_ONCE: usize = 32;
const VALUES_AT_ONCE: usize = 20_000;

/// What stands for a member in a report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Held {
    /// A special variable: what it says is in the report itself.
    Special,
    Point(PointValue),
    Control(ControlValue),
    /// The peer may not read it (any more).
    Denied,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) member: u32,
    pub(crate) value: Held,
}

/// A report to be sent.
#[derive(Debug)]
pub(crate) struct Report {
    /// Where its transfer set is, and what tells it from others.
    active: (u32, u64),
    pub(crate) transfer_set: Arc<Name>,
    pub(crate) data_set: Arc<DataSet>,
    pub(crate) conditions: DsConditions,
    pub(crate) event_code: i16,
    /// An acknowledgement is waited for.
    critical: bool,
    pub(crate) time: TimeStamp,
    /// Every member, not changes only.
    pub(crate) full: bool,
    /// Its values are packed (block 3).
    pub(crate) block_data: bool,
    /// Of a full report all members, of another the changed ones.
    pub(crate) entries: Vec<Entry>,
    pub(crate) table: Arc<Table>,
}

/// What an association has to do.
#[derive(Debug, Default)]
pub(crate) struct Polled {
    /// Services that are ready to go, before the reports.
    pub(crate) services: Vec<Vec<u8>>,
    pub(crate) reports: Vec<Report>,
    /// When to ask again, unless something wakes earlier.
    pub(crate) deadline: Option<Instant>,
    /// Values in the reports.
    values: usize,
    /// There is more right now.
    pub(crate) more: bool,
}

impl Core {
    /// What is due for an association; `None` when it is over.
    pub(crate) fn poll(&self, association: AssociationId) -> Option<Polled> {
        let now = Instant::now();
        let time = self.clock.now();
        let mut events = Vec::new();
        let mut polled = Polled::default();
        {
            let mut state = self.state.lock();
            let owner = state.associations.get(&association.0)?;
            let table = state.peers.get(owner.table).and_then(|p| p.table.clone());
            let Some(table) = table.filter(|_| owner.open) else {
                return Some(polled);
            };
            let transfers = owner.transfers.clone();
            let (model, id) = (&self.model, association.0);
            let accounts = state.advance_accounts(model, id, now, time, &mut events);
            let series = state.advance_series(model, id, now, time, &mut events);
            polled.deadline = accounts.into_iter().chain(series).min();
            if let Some(owner) = state.associations.get_mut(&association.0) {
                polled.services = owner.outbox.take();
                owner.sending = polled.services.len();
                polled.more |= !owner.outbox.is_empty();
            }
            for transfer in transfers {
                let incidents = state.take_reports(transfer, now, time, &table, &mut polled);
                events.extend(state.note(transfer, incidents, &table));
            }
        }
        for event in events {
            self.emit(event);
        }
        Some(polled)
    }

    /// Pieces of a report go out.
    pub(crate) fn sent(&self, report: &Report, pieces: usize) {
        if !report.critical {
            return;
        }
        let now = Instant::now();
        let mut state = self.state.lock();
        let (place, id) = report.active;
        if let Some(active) = state.active_mut(place).filter(|active| active.id == id) {
            for _ in 0..pieces {
                active.transfer.sent(now, report.time.gmt_based_s());
            }
        }
    }

    /// A report was lost on its way to the peer: a full one mends that.
    pub(crate) fn lost(&self, report: &Report) {
        let mut state = self.state.lock();
        let (place, id) = report.active;
        if let Some(active) = state.active_mut(place).filter(|active| active.id == id) {
            active.transfer.lost(report.entries.len());
        }
    }

    /// A report could not be sent.
    pub(crate) fn not_sent(&self, report: &Report, problem: ReportProblem) {
        self.emit(Event::Reports {
            peer: report.table.config.peer.clone(),
            transfer_set: (*report.transfer_set).clone(),
            problem,
            count: 1,
        });
    }
}

impl State {
    fn take_reports(
        &mut self,
        place: u32,
        now: Instant,
        time: TimeStamp,
        table: &Arc<Table>,
        polled: &mut Polled,
    ) -> Incidents {
        let Some(Some(active)) = self.transfers.get_mut(place as usize) else {
            return Incidents::default();
        };
        let id = active.id;
        active.transfer.advance(now);
        while polled.reports.len() < AT_ONCE
            && polled.values < VALUES_AT_ONCE
            && let Some(pending) = active.transfer.pop(now)
        {
            let data_set = active.transfer.data_set.clone();
            let held = |member: &Member, changed: Option<PointValue>| match member {
                Member::Special { .. } => Held::Special,
                Member::Object(object) if !table.rights(*object).contains(Rights::READ) => {
                    Held::Denied
                }
                Member::Object(Object::Point(id)) => changed
                    .or_else(|| self.points.get(*id as usize).copied())
                    .map_or(Held::Denied, Held::Point),
                Member::Object(Object::Control(id)) => {
                    let value = self.controls.get(*id as usize);
                    value.map_or(Held::Denied, |value| Held::Control(*value))
                }
                // They are members of nothing.
                Member::Object(Object::Select(_) | Object::Tag(_)) => Held::Denied,
            };
            let (full, entries): (bool, Vec<Entry>) = match pending.content {
                Content::Full => {
                    let members = data_set.members.iter().enumerate();
                    let entries = members.map(|(i, member)| Entry {
                        member: i as u32,
                        value: held(member, None),
                    });
                    (true, entries.collect())
                }
                Content::Changes(changes) => {
                    let entries = changes.iter().filter_map(|change| {
                        let member = data_set.members.get(change.member as usize)?;
                        Some(Entry {
                            member: change.member,
                            value: held(member, Some(change.value)),
                        })
                    });
                    (false, entries.collect())
                }
            };
            polled.values += entries.len();
            polled.reports.push(Report {
                active: (place, id),
                transfer_set: active.name.clone(),
                data_set,
                conditions: pending.conditions,
                event_code: pending.event_code,
                critical: active.transfer.set.critical,
                time,
                full,
                block_data: active.transfer.set.block_data,
                entries,
                table: table.clone(),
            });
        }
        let incidents = active.transfer.take_incidents();
        polled.more |= active.transfer.has_work();
        polled.deadline = polled
            .deadline
            .into_iter()
            .chain(active.transfer.deadline())
            .min();
        incidents
    }

    fn note(&mut self, transfer: u32, incidents: Incidents, table: &Table) -> Vec<Event> {
        let Some(active) = self.active(transfer) else {
            return Vec::new();
        };
        let transfer_set = &active.name;
        let counts = [
            (ReportProblem::TooLate, incidents.too_late),
            (ReportProblem::Overflow, incidents.overflowed),
            (ReportProblem::NotAcknowledged, incidents.unacknowledged),
            (ReportProblem::Refused, incidents.refused),
        ];
        let happened = counts.into_iter().filter(|(_, count)| *count > 0);
        let mut events: Vec<_> = happened
            .map(|(problem, count)| Event::Reports {
                peer: table.config.peer.clone(),
                transfer_set: (**transfer_set).clone(),
                problem,
                count,
            })
            .collect();
        if incidents.stop {
            events.extend(self.stop(transfer, StopReason::Unacknowledged));
        }
        events
    }
}
