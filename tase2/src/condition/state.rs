//! Event conditions as they are now, and who is told.

use super::{
    AlarmAckRule, ConditionClass, ConditionEvent, ConditionState, Enrollment, EventTime, Key,
    Transitions, Trigger, event_time,
};
use crate::bilateral::Rights;
use crate::engine::{Core, State, Table};
use crate::event::{AssociationId, Event};
use crate::model::{Model, Object};
use crate::types::{PointValue, TimeStamp};
use mms::ServiceError;
use mms::ber::Writer;
use mms::pdu::{ConditionReference, EventNotification};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// An event condition as it is now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unit {
    /// Whether it is watched.
    pub(crate) enabled: bool,
    /// Whether what it stands for is so, watched or not.
    holds: bool,
    pub(crate) last_to_active: Option<EventTime>,
    pub(crate) last_to_idle: Option<EventTime>,
}

impl Unit {
    pub(crate) fn state(&self) -> ConditionState {
        match (self.enabled, self.holds) {
            (false, _) => ConditionState::Disabled,
            (true, true) => ConditionState::Active,
            (true, false) => ConditionState::Idle,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Conditions {
    units: Vec<Unit>,
    pub(crate) enrollments: BTreeMap<Key, Enrollment>,
    /// By point: the conditions that watch it.
    watchers: HashMap<u32, Vec<(u32, Trigger)>>,
    /// What is to be told when the state is free again.
    told: Vec<ConditionEvent>,
}

impl Conditions {
    pub(crate) fn new(model: &Model) -> Self {
        let mut conditions = Conditions::default();
        for (place, condition) in model.conditions.iter().enumerate() {
            let mut holds = false;
            if let Some((point, trigger)) = &condition.watch
                && let Some(Object::Point(id)) = model.find(point.domain(), point.item())
            {
                let watchers = conditions.watchers.entry(id).or_default();
                watchers.push((place as u32, *trigger));
                let initial = model.points.get(id as usize).map(|point| point.initial);
                holds = initial.is_some_and(|value| trigger.holds(&value));
            }
            conditions.units.push(Unit {
                enabled: true,
                holds,
                last_to_active: None,
                last_to_idle: None,
            });
        }
        conditions
    }

    pub(crate) fn unit(&self, condition: u32) -> Option<&Unit> {
        self.units.get(condition as usize)
    }

    /// Whether there is something to be told.
    pub(crate) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    pub(crate) fn take_told(&mut self) -> Vec<ConditionEvent> {
        std::mem::take(&mut self.told)
    }
}

/// What became of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledged {
    Taken,
    /// There is nothing of that state and time to be acknowledged.
    Nothing,
    /// There is no such enrolment for this association.
    Absent,
}

impl State {
    /// A point has a new value.
    pub(crate) fn watch_conditions(
        &mut self,
        model: &Model,
        point: u32,
        value: &PointValue,
        now: TimeStamp,
    ) {
        let Some(watchers) = self.conditions.watchers.get(&point) else {
            return;
        };
        let changed: Vec<(u32, bool)> = watchers
            .iter()
            .map(|(condition, trigger)| (*condition, trigger.holds(value)))
            .collect();
        for (condition, holds) in changed {
            self.change_condition(model, condition, |unit| unit.holds = holds, now);
        }
    }

    /// Changes a condition and tells who has enrolled.
    fn change_condition(
        &mut self,
        model: &Model,
        condition: u32,
        change: impl FnOnce(&mut Unit),
        now: TimeStamp,
    ) -> usize {
        let Some(unit) = self.conditions.units.get_mut(condition as usize) else {
            return 0;
        };
        let before = unit.state();
        change(unit);
        let after = unit.state();
        let Some(transition) = Transitions::between(before, after) else {
            return 0;
        };
        let time = event_time(now);
        match after {
            ConditionState::Active => unit.last_to_active = Some(time),
            ConditionState::Idle => unit.last_to_idle = Some(time),
            _ => {}
        }
        let told = self.notify(model, condition, transition, Some(after), time);
        if let Some(condition) = model.conditions.get(condition as usize) {
            self.conditions.told.push(ConditionEvent::Changed {
                condition: condition.name.clone(),
                state: after,
                enrollments: told,
            });
        }
        told
    }

    /// Sends a notification to whoever has enrolled for this transition. Says to how many.
    fn notify(
        &mut self,
        model: &Model,
        condition: u32,
        transition: Transitions,
        state: Option<ConditionState>,
        time: EventTime,
    ) -> usize {
        let Some(config) = model.conditions.get(condition as usize) else {
            return 0;
        };
        let mut enrollments = std::mem::take(&mut self.conditions.enrollments);
        let mut told = 0;
        for (key, enrollment) in &mut enrollments {
            if enrollment.condition != condition || !enrollment.transitions.contains(transition) {
                continue;
            }
            let mut peers = self.peers.iter().enumerate();
            let found = peers.find_map(|(place, peer)| {
                let table = peer.table.clone()?;
                (table.config.peer == enrollment.peer).then_some((place, table))
            });
            let Some((place, table)) = found else {
                continue;
            };
            if !condition_rights(&table, config).contains(Rights::ENROLL) {
                // The right was withdrawn.
                continue;
            }
            let to = match enrollment.association {
                Some(association) => Some(association),
                None => self.associations_of(place).first().copied(),
            };
            let name = config.name.as_mms();
            let notification = EventNotification {
                enrollment: key.as_mms(),
                condition: match table.config.options.bare_condition_names {
                    true => ConditionReference::Bare(name),
                    false => ConditionReference::Name(name),
                },
                severity: config.severity,
                state,
                time,
                notification_lost: enrollment.lost,
                ack_rule: Some(enrollment.ack_rule).filter(|r| *r != AlarmAckRule::None),
                action_result: None,
            };
            let mut service = Vec::new();
            notification.encode(&mut Writer::unbounded(&mut service));
            let sent = to.is_some_and(|association| self.post(association, vec![service]));
            if let Some(state) = state {
                enrollment.told(state, time);
            } else {
                enrollment.last = time;
            }
            told += 1;
            if enrollment.lost && !sent {
                continue;
            }
            if !sent {
                self.conditions.told.push(ConditionEvent::Lost {
                    peer: enrollment.peer.clone(),
                    enrollment: key.shown(),
                });
            }
            enrollment.lost = !sent;
        }
        self.conditions.enrollments = enrollments;
        told
    }

    /// The enrolment with this name, as one association may see it.
    pub(crate) fn enrollment_key(
        &self,
        association: AssociationId,
        table: &Table,
        name: mms::ObjectName<'_>,
    ) -> Option<Key> {
        let key = own_key(association, table, name)?;
        self.conditions
            .enrollments
            .contains_key(&key)
            .then_some(key)
    }

    /// All enrolments one association may see, in their order.
    pub(crate) fn own_enrollments<'s>(
        &'s self,
        association: AssociationId,
        table: &'s Table,
    ) -> impl Iterator<Item = (&'s Key, &'s Enrollment)> {
        let all = self.conditions.enrollments.iter();
        all.filter(move |(key, _)| match key {
            Key::Domain(domain, _) => *domain == table.config.domain,
            Key::Association(id, _) => *id == association.0,
        })
    }

    /// The enrolments of an association that is over are over too.
    pub(crate) fn end_enrollments(&mut self, association: u64) {
        let told = &mut self.conditions.told;
        self.conditions.enrollments.retain(|key, enrollment| {
            let over = enrollment.association == Some(association);
            if over {
                told.push(ConditionEvent::Ended {
                    peer: enrollment.peer.clone(),
                    enrollment: key.shown(),
                });
            }
            !over
        });
    }

    /// The enrolments that bilateral tables have; those that are there already go on.
    pub(crate) fn predefine_enrollments(&mut self, model: &Model) {
        let mut wanted: BTreeMap<Key, Enrollment> = BTreeMap::new();
        for table in self.peers.iter().filter_map(|peer| peer.table.as_ref()) {
            for predefined in &table.config.enrollments {
                let Some(condition) = model.condition(&predefined.condition) else {
                    continue;
                };
                let key = Key::Domain(table.config.domain.clone(), predefined.name.clone());
                let peer = &table.config.peer;
                let (transitions, rule) = (predefined.transitions, predefined.ack_rule);
                let mut enrollment = Enrollment::new(peer, None, condition, transitions, rule);
                enrollment.predefined = true;
                wanted.insert(key, enrollment);
            }
        }
        // Permanent ones go with their peer, and with its domain.
        let domains: HashMap<String, String> = self
            .peers
            .iter()
            .filter_map(|peer| peer.table.as_ref())
            .map(|table| (table.config.peer.clone(), table.config.domain.clone()))
            .collect();
        self.conditions
            .enrollments
            .retain(|key, enrollment| match key {
                Key::Domain(domain, _) => domains.get(&enrollment.peer) == Some(domain),
                Key::Association(..) => true,
            });
        self.conditions.enrollments.retain(|key, enrollment| {
            !enrollment.predefined
                || wanted.get(key).is_some_and(|new| {
                    new.condition == enrollment.condition
                        && new.transitions == enrollment.transitions
                        && new.ack_rule == enrollment.ack_rule
                        && new.peer == enrollment.peer
                })
        });
        for (key, enrollment) in wanted {
            self.conditions.enrollments.entry(key).or_insert(enrollment);
        }
    }
}

/// The rights of a peer to an event condition.
pub(crate) fn condition_rights(table: &Table, condition: &crate::model::EventCondition) -> Rights {
    let name = &condition.name;
    table.config.rights(name.domain(), name.item())
}

/// What a name of an enrolment stands for; `None` for names that are not for this peer.
pub(crate) fn own_key(
    association: AssociationId,
    table: &Table,
    name: mms::ObjectName<'_>,
) -> Option<Key> {
    match name {
        mms::ObjectName::Association(item) => {
            Some(Key::Association(association.0, item.to_owned()))
        }
        mms::ObjectName::Domain { domain, item } if domain == table.config.domain => {
            Some(Key::Domain(domain.to_owned(), item.to_owned()))
        }
        _ => None,
    }
}

impl Core {
    fn tell_conditions(&self) {
        let told = self.state.lock().conditions.take_told();
        for event in told {
            self.emit(Event::Condition(event));
        }
    }

    /// What was noted while the state was locked.
    pub(crate) fn flush_conditions(&self, any: bool) {
        if any {
            self.tell_conditions();
        }
    }

    /// The application says whether what a condition stands for is so.
    pub(crate) fn set_condition(&self, condition: u32, active: bool) -> usize {
        let now = self.clock.now();
        let told = {
            let mut state = self.state.lock();
            state.change_condition(&self.model, condition, |unit| unit.holds = active, now)
        };
        self.tell_conditions();
        told
    }

    /// Whether a condition is to be watched.
    pub(crate) fn enable_condition(&self, condition: u32, enabled: bool) {
        let now = self.clock.now();
        self.state.lock().change_condition(
            &self.model,
            condition,
            |unit| unit.enabled = enabled,
            now,
        );
        self.tell_conditions();
    }

    /// An event without a state has happened.
    pub(crate) fn trigger_condition(&self, condition: u32) -> usize {
        let time = event_time(self.clock.now());
        let told = {
            let mut state = self.state.lock();
            let transition = Transitions::IDLE_TO_ACTIVE;
            state.notify(&self.model, condition, transition, None, time)
        };
        self.tell_conditions();
        told
    }

    /// Enrols a peer.
    pub(crate) fn enroll(
        &self,
        association: AssociationId,
        table: &Arc<Table>,
        key: Key,
        enrollment: Enrollment,
    ) -> Result<(), ServiceError> {
        let limit = table.config.limits.enrollments;
        let condition = self.model.conditions.get(enrollment.condition as usize);
        let condition = condition.ok_or(ServiceError::OBJECT_NON_EXISTENT)?;
        let event = ConditionEvent::Enrolled {
            peer: table.config.peer.clone(),
            association,
            enrollment: key.shown(),
            condition: condition.name.clone(),
        };
        {
            let mut state = self.state.lock();
            if !state.is_there(association) {
                return Err(ServiceError::OBJECT_ACCESS_DENIED);
            }
            if state.conditions.enrollments.contains_key(&key) {
                return Err(ServiceError::OBJECT_EXISTS);
            }
            let theirs = state.conditions.enrollments.values();
            let theirs = theirs.filter(|e| e.peer == enrollment.peer && !e.predefined);
            if theirs.count() >= limit {
                drop(state);
                self.emit(Event::LimitReached {
                    peer: table.config.peer.clone(),
                    limit: "event enrolments",
                });
                return Err(ServiceError::CAPABILITY_UNAVAILABLE);
            }
            state.conditions.enrollments.insert(key, enrollment);
        }
        self.emit(Event::Condition(event));
        Ok(())
    }

    /// Deletes enrolments of a peer. Says how many of those meant are still there.
    pub(crate) fn end_enrollments_of(&self, keys: &[Key]) -> u32 {
        let mut left = 0;
        {
            let mut state = self.state.lock();
            for key in keys {
                match state.conditions.enrollments.get(key) {
                    Some(enrollment) if !enrollment.predefined => {
                        let peer = enrollment.peer.clone();
                        let enrollment = key.shown();
                        state.conditions.enrollments.remove(key);
                        let event = ConditionEvent::Ended { peer, enrollment };
                        state.conditions.told.push(event);
                    }
                    _ => left += 1,
                }
            }
        }
        self.tell_conditions();
        left
    }

    /// A peer acknowledges a notification.
    pub(crate) fn acknowledge_event(
        &self,
        association: AssociationId,
        table: &Table,
        name: mms::ObjectName<'_>,
        state: ConditionState,
        time: EventTime,
    ) -> Acknowledged {
        let event = {
            let mut locked = self.state.lock();
            let Some(key) = locked.enrollment_key(association, table, name) else {
                return Acknowledged::Absent;
            };
            let Some(enrollment) = locked.conditions.enrollments.get_mut(&key) else {
                return Acknowledged::Absent;
            };
            if !enrollment.acknowledge(state, time) {
                return Acknowledged::Nothing;
            }
            ConditionEvent::Acknowledged {
                peer: enrollment.peer.clone(),
                enrollment: key.shown(),
                state,
            }
        };
        self.emit(Event::Condition(event));
        Acknowledged::Taken
    }

    /// Whether there is a condition the peer may enrol for.
    pub(crate) fn has_conditions(&self, table: &Table) -> bool {
        let mut all = self.model.conditions.iter();
        all.any(|condition| condition_rights(table, condition).contains(Rights::ENROLL))
    }

    /// The names of the conditions a peer sees in a scope, in their order.
    pub(crate) fn condition_names(&self, table: &Table, domain: Option<&str>) -> Vec<&str> {
        let all = self.model.conditions.iter();
        let seen = all.filter(|condition| {
            condition.name.domain() == domain && !condition_rights(table, condition).is_empty()
        });
        let mut names: Vec<&str> = seen.map(|condition| condition.name.item()).collect();
        names.sort_unstable();
        names
    }
}

/// Whether peers may make the events of a condition happen.
pub(crate) fn is_triggered(class: ConditionClass) -> bool {
    class == ConditionClass::NetworkTriggered
}
