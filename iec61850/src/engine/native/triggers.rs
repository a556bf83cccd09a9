//! From a value that is stored to the control blocks that want to know: an index from slots to the
//! members of data sets. A slot nobody watches costs one look; a watched one costs as much as it
//! has watchers.

use super::Shared;
use super::lists::VariableListObject;
use super::space::{Kind, Place, Space, SpaceId};
use super::store::State;
use crate::common::TriggerOptions;
use crate::model::arena::Arena;
use mms::MmsValue;

/// Who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    /// A report control block.
    Report(u32),
    /// A log control block.
    Log(u32),
    /// A GOOSE control block.
    Goose(u32),
}

/// One interest in a slot.
#[derive(Clone, Debug)]
struct Watch {
    listener: Listener,
    /// The member of its data set the slot belongs to.
    member: u32,
    /// What counts: the trigger options of the attribute that the control block acts on.
    options: TriggerOptions,
    /// In which batch it was notified last.
    batch: u32,
}

impl Watch {
    /// Why storing this value counts; empty if it does not.
    fn reason(&self, changed: bool, value: &MmsValue) -> TriggerOptions {
        let mut reason = self.options & TriggerOptions::DATA_UPDATE;
        if changed {
            reason |=
                self.options & (TriggerOptions::DATA_CHANGED | TriggerOptions::QUALITY_CHANGED);
        }
        let falling = *value == MmsValue::Boolean(false);
        if falling && self.options.contains(TriggerOptions::TRANSIENT) {
            return TriggerOptions::empty();
        }
        reason
    }
}

/// All interests.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    /// By slot: 1 + the place of its watches in `lists`, or 0. Empty until the first interest.
    heads: Vec<u32>,
    lists: Vec<Vec<Watch>>,
    free: Vec<u32>,
}

impl Watchers {
    #[inline]
    fn list(&self, slot: u32) -> Option<usize> {
        match self.heads.get(slot as usize) {
            None | Some(0) => None,
            Some(head) => Some(*head as usize - 1),
        }
    }

    fn add(&mut self, slots: usize, slot: u32, watch: Watch) {
        if self.heads.is_empty() {
            self.heads.resize(slots, 0);
        }
        let Some(head) = self.heads.get_mut(slot as usize) else {
            return;
        };
        if *head == 0 {
            let list = self.free.pop().unwrap_or_else(|| {
                self.lists.push(Vec::new());
                self.lists.len() as u32 - 1
            });
            *head = list + 1;
        }
        if let Some(list) = self.lists.get_mut(*head as usize - 1) {
            list.push(watch);
        }
    }

    fn remove(&mut self, slot: u32, listener: Listener) {
        let Some(number) = self.list(slot) else {
            return;
        };
        let Some(list) = self.lists.get_mut(number) else {
            return;
        };
        list.retain(|watch| watch.listener != listener);
        if list.is_empty() {
            self.heads[slot as usize] = 0;
            self.free.push(number as u32);
        }
    }
}

/// Whether storing the one in place of the other is no change. A NaN is the same as itself.
pub(super) fn same(a: &MmsValue, b: &MmsValue) -> bool {
    match (a, b) {
        (MmsValue::Float32(a), MmsValue::Float32(b)) => a.to_bits() == b.to_bits() || a == b,
        (MmsValue::Float64(a), MmsValue::Float64(b)) => a.to_bits() == b.to_bits() || a == b,
        _ => a == b,
    }
}

/// Calls `found` for each leaf of the model at a place, with its slot and trigger options.
fn leaves(space: &Space, arena: &Arena, place: Place, found: &mut impl FnMut(u32, TriggerOptions)) {
    let node = space.node(place.node);
    match node.kind {
        Kind::Attribute => {
            let kind = arena.nodes.get(node.source as usize).map(|node| &node.kind);
            if let Some(attribute) = kind.and_then(|kind| kind.attribute()) {
                found(space.slot(place), attribute.trigger_options);
            }
        }
        Kind::Field => {}
        Kind::Structure => {
            for child in node.first..node.first + node.count {
                let place = Place {
                    node: SpaceId(child),
                    ..place
                };
                leaves(space, arena, place, found);
            }
        }
        Kind::Array => {
            for index in 0..node.count {
                leaves(space, arena, space.element_at(place, index), found);
            }
        }
    }
}

/// What of the trigger options of an attribute can cause something.
const CAUSES: TriggerOptions = TriggerOptions::DATA_CHANGED
    .union(TriggerOptions::QUALITY_CHANGED)
    .union(TriggerOptions::DATA_UPDATE);

impl Shared {
    /// From now on `listener` hears of changes of the members, as far as `options` want them.
    pub(super) fn watch(
        &self,
        state: &mut State,
        listener: Listener,
        list: &VariableListObject,
        options: TriggerOptions,
    ) {
        let slots = state.values.len();
        for (member, object) in (0..).zip(&list.members) {
            leaves(&self.space, &self.arena, object.place, &mut |slot, own| {
                let transient = own & TriggerOptions::TRANSIENT;
                let options = own & options & CAUSES;
                if !options.is_empty() {
                    let watch = Watch {
                        listener,
                        member,
                        options: options | transient,
                        batch: state.batch.wrapping_sub(1),
                    };
                    state.watchers.add(slots, slot, watch);
                }
            });
        }
    }

    /// Undoes [`Shared::watch`].
    pub(super) fn unwatch(&self, state: &mut State, listener: Listener, list: &VariableListObject) {
        for object in &list.members {
            leaves(&self.space, &self.arena, object.place, &mut |slot, _| {
                state.watchers.remove(slot, listener);
            });
        }
    }

    /// Stores a value of the model and tells those who watch it.
    #[inline]
    pub(super) fn store_value(&self, state: &mut State, slot: u32, value: MmsValue) {
        if let Some(list) = state.watchers.list(slot) {
            self.notify(state, slot, list, &value);
        }
        if let Some(current) = state.values.get_mut(slot as usize) {
            *current = value;
        }
    }

    /// The value is not stored yet: what a listener still has to send has the old one.
    fn notify(&self, state: &mut State, slot: u32, list: usize, value: &MmsValue) {
        let Some(current) = state.values.get(slot as usize) else {
            return;
        };
        let changed = !same(current, value);
        let Some(place) = state.watchers.lists.get_mut(list) else {
            return;
        };
        let mut watches = std::mem::take(place);
        for watch in &mut watches {
            let reason = watch.reason(changed, value);
            if reason.is_empty() {
                continue;
            }
            let again = watch.batch == state.batch;
            watch.batch = state.batch;
            match watch.listener {
                Listener::Report(report) => {
                    self.notify_report(state, report, watch.member, reason, again);
                }
                Listener::Goose(block) => self.notify_goose(state, block),
                Listener::Log(log) => self.notify_log(state, log, watch.member, reason, again),
            }
        }
        if let Some(place) = state.watchers.lists.get_mut(list) {
            *place = watches;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(options: TriggerOptions) -> Watch {
        Watch {
            listener: Listener::Report(0),
            member: 0,
            options,
            batch: 0,
        }
    }

    #[test]
    fn reasons() {
        let on = MmsValue::Boolean(true);
        let change = TriggerOptions::DATA_CHANGED;
        let update = TriggerOptions::DATA_UPDATE;
        assert_eq!(watch(change).reason(true, &on), change);
        assert_eq!(watch(change).reason(false, &on), TriggerOptions::empty());
        assert_eq!(watch(update).reason(false, &on), update);
        assert_eq!(watch(change | update).reason(true, &on), change | update);
        let transient = watch(change | TriggerOptions::TRANSIENT);
        assert_eq!(transient.reason(true, &on), change);
        let off = MmsValue::Boolean(false);
        assert_eq!(transient.reason(true, &off), TriggerOptions::empty());
    }

    #[test]
    fn a_number_that_is_none_is_no_change() {
        let nan = MmsValue::Float32(f32::NAN);
        assert!(same(&nan, &nan));
        assert!(same(&MmsValue::Float32(0.0), &MmsValue::Float32(-0.0)));
        assert!(!same(&nan, &MmsValue::Float32(1.0)));
    }

    #[test]
    fn interests_come_and_go() {
        let mut watchers = Watchers::default();
        assert_eq!(watchers.list(3), None);
        let of = |number| Watch {
            listener: Listener::Report(number),
            ..watch(TriggerOptions::DATA_CHANGED)
        };
        watchers.add(10, 3, of(1));
        watchers.add(10, 3, of(2));
        watchers.add(10, 4, of(1));
        watchers.remove(3, Listener::Report(1));
        let left = watchers.list(3).unwrap();
        assert_eq!(watchers.lists[left].len(), 1);
        watchers.remove(3, Listener::Report(2));
        assert_eq!(watchers.list(3), None);
        // The list is used again.
        watchers.add(10, 9, of(1));
        assert_eq!(watchers.lists.len(), 2);
    }
}
