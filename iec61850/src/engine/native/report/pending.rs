//! What a report is made of before it leaves: the members that are included, why, and their values
//! at the time of the event.

use crate::common::TriggerOptions;
use std::ops::Range;

/// A member that is included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine::native) struct Included {
    pub(in crate::engine::native) member: u32,
    pub(in crate::engine::native) reason: TriggerOptions,
    /// Where its encoded value is.
    pub(in crate::engine::native) value: Range<u32>,
}

/// How far a member has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Not included.
    None,
    /// Notified in the batch that is going on: its value is not taken yet.
    Fresh,
    /// Notified before.
    Taken,
}

/// The members that are included so far. Its memory is used again from report to report.
#[derive(Debug, Default)]
pub(in crate::engine::native) struct Pending {
    /// Members whose values are taken come first.
    included: Vec<Included>,
    /// How many of them have their value.
    taken: usize,
    /// Encoded values.
    values: Vec<u8>,
    /// By member: 1 + its place in `included`, or 0.
    places: Vec<u32>,
}

impl Pending {
    /// For a data set of so many members.
    pub(super) fn reset(&mut self, members: usize) {
        self.clear();
        self.places.clear();
        self.places.resize(members, 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.included.is_empty()
    }

    pub(super) fn mark(&self, member: u32) -> Mark {
        match self.places.get(member as usize) {
            None | Some(0) => Mark::None,
            Some(place) if *place as usize <= self.taken => Mark::Taken,
            Some(_) => Mark::Fresh,
        }
    }

    /// Includes a member, or adds a reason to one that is fresh.
    pub(super) fn add(&mut self, member: u32, reason: TriggerOptions) {
        let Some(place) = self.places.get_mut(member as usize) else {
            return;
        };
        if *place > 0 {
            if let Some(included) = self.included.get_mut(*place as usize - 1) {
                included.reason |= reason;
            }
            return;
        }
        self.included.push(Included {
            member,
            reason,
            value: 0..0,
        });
        *place = self.included.len() as u32;
    }

    /// Takes the values of the fresh members: `encode` appends that of a member.
    pub(super) fn take_values(&mut self, mut encode: impl FnMut(&mut Vec<u8>, u32)) {
        for included in self.included.iter_mut().skip(self.taken) {
            let start = self.values.len() as u32;
            encode(&mut self.values, included.member);
            included.value = start..self.values.len() as u32;
        }
        self.taken = self.included.len();
    }

    /// The members in the order of the data set, and their values.
    pub(super) fn in_order(&mut self) -> (&[Included], &[u8]) {
        self.included
            .sort_unstable_by_key(|included| included.member);
        (&self.included, &self.values)
    }

    /// Forgets all of it.
    pub(super) fn clear(&mut self) {
        for included in self.included.drain(..) {
            if let Some(place) = self.places.get_mut(included.member as usize) {
                *place = 0;
            }
        }
        self.taken = 0;
        self.values.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_fresh_until_their_values_are_taken() {
        let mut pending = Pending::default();
        pending.reset(4);
        pending.add(2, TriggerOptions::DATA_CHANGED);
        pending.add(2, TriggerOptions::QUALITY_CHANGED);
        assert_eq!(pending.mark(2), Mark::Fresh);
        pending.take_values(|out, member| out.push(member as u8));
        pending.add(0, TriggerOptions::DATA_UPDATE);
        assert_eq!(
            (pending.mark(2), pending.mark(0)),
            (Mark::Taken, Mark::Fresh)
        );
        pending.take_values(|out, member| out.extend([7, member as u8]));
        let (included, values) = pending.in_order();
        let members: Vec<_> = included
            .iter()
            .map(|i| (i.member, i.value.clone()))
            .collect();
        assert_eq!(members, [(0, 1..3), (2, 0..1)]);
        let both = TriggerOptions::DATA_CHANGED | TriggerOptions::QUALITY_CHANGED;
        assert_eq!(included[1].reason, both);
        assert_eq!(values, [2, 7, 0]);
        pending.clear();
        assert!(pending.is_empty());
        assert_eq!(pending.mark(2), Mark::None);
        // A member the data set does not have is nobody's.
        pending.add(9, TriggerOptions::GI);
        assert!(pending.is_empty());
    }
}
