//! The buffer of a buffered report control block: entries wait, and stay when they have been sent,
//! until newer ones need their room.

use super::pending::Included;
use crate::common::TriggerOptions;
use std::collections::VecDeque;

/// A report that waits, or may be asked for again.
#[derive(Debug)]
pub(super) struct Entry {
    /// EntryID: milliseconds since 1970 when it was made, made unique by counting on.
    pub(super) id: u64,
    /// Milliseconds since 1970.
    pub(super) time_ms: u64,
    pub(super) included: Box<[Included]>,
    pub(super) values: Box<[u8]>,
}

impl Entry {
    /// What it counts for in the buffer, in octets.
    fn size(&self) -> usize {
        /// Identifier, time, and what the list of entries takes.
        const FIXED: usize = 48;
        /// Number, reason and place of a value.
        const MEMBER: usize = 4;
        FIXED + self.included.len() * MEMBER + self.values.len()
    }

    /// Whether it is the answer to a general interrogation and nothing else.
    fn is_interrogation(&self) -> bool {
        is_interrogation(&self.included)
    }
}

/// Whether members were included for a general interrogation and for nothing else.
pub(super) fn is_interrogation(included: &[Included]) -> bool {
    included
        .iter()
        .all(|member| member.reason == TriggerOptions::GI)
}

/// Where sending begins when the control block is enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Oldest,
    /// With the entry of this position, behind one that the client has.
    From(u64),
}

/// Entries by position: positions count from the first entry there ever was.
#[derive(Debug)]
pub(super) struct Buffer {
    entries: VecDeque<Entry>,
    /// Position of the first entry.
    first: u64,
    /// Octets of all entries.
    size: usize,
    capacity: usize,
    start: Start,
    /// The position to be sent next, while the control block is enabled.
    next: u64,
    /// Whether the next entry to be sent says that something before it may be missing.
    overflow: bool,
    last_id: u64,
}

impl Buffer {
    pub(super) fn new(capacity: usize) -> Self {
        Buffer {
            entries: VecDeque::new(),
            first: 0,
            size: 0,
            capacity,
            start: Start::Oldest,
            next: 0,
            overflow: true,
            last_id: 0,
        }
    }

    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Appends an entry and returns its EntryID, and how many entries gave way that were not sent
    /// yet. One entry always has room.
    pub(super) fn push(
        &mut self,
        time_ms: u64,
        included: &[Included],
        values: &[u8],
    ) -> (u64, u64) {
        self.last_id = time_ms.max(self.last_id.wrapping_add(1));
        let entry = Entry {
            id: self.last_id,
            time_ms,
            included: included.into(),
            values: values.into(),
        };
        let size = entry.size();
        while self.size + size > self.capacity
            && let Some(oldest) = self.entries.pop_front()
        {
            self.size -= oldest.size();
            self.first += 1;
        }
        self.size += size;
        self.entries.push_back(entry);
        let lost = self.first.saturating_sub(self.next);
        if lost > 0 {
            self.next = self.first;
            self.overflow = true;
        }
        if let Start::From(position) = self.start
            && position < self.first
        {
            // What was to be sent is gone.
            self.start = Start::Oldest;
        }
        (self.last_id, lost)
    }

    /// Forgets the answers to earlier general interrogations: a newer one says more than they do.
    pub(super) fn forget_interrogations(&mut self) {
        let (mut position, mut next) = (self.first, self.next);
        let mut start = self.start;
        self.entries.retain(|entry| {
            let goes = entry.is_interrogation();
            if goes {
                self.size -= entry.size();
                next -= u64::from(position < self.next);
                if let (Start::From(from), Start::From(before)) = (&mut start, self.start) {
                    *from -= u64::from(position < before);
                }
            }
            position += 1;
            !goes
        });
        (self.next, self.start) = (next, start);
    }

    /// Forgets all entries.
    pub(super) fn purge(&mut self) {
        self.first = self.end();
        self.next = self.first;
        self.entries.clear();
        self.size = 0;
        self.start = Start::Oldest;
        self.overflow = true;
    }

    /// Has sending begin behind the entry with this EntryID, or for 0 with the oldest one. `false`:
    /// there is no such entry.
    pub(super) fn resync(&mut self, id: u64) -> bool {
        if id == 0 {
            self.start = Start::Oldest;
            return true;
        }
        match self.entries.binary_search_by_key(&id, |entry| entry.id) {
            Ok(at) => {
                self.start = Start::From(self.first + at as u64 + 1);
                true
            }
            Err(_) => false,
        }
    }

    /// Begins to send.
    pub(super) fn begin(&mut self) {
        (self.next, self.overflow) = match self.start {
            Start::Oldest => (self.first, true),
            Start::From(position) => (position, false),
        };
        self.start = Start::Oldest;
    }

    /// The entry to be sent next, and whether it says that something may be missing before it.
    pub(super) fn next(&self) -> Option<(&Entry, bool)> {
        let at = self.next.checked_sub(self.first)?;
        let entry = self.entries.get(usize::try_from(at).ok()?)?;
        Some((entry, self.overflow))
    }

    /// The entry of [`Buffer::next`] is done with.
    pub(super) fn advance(&mut self) {
        self.next += 1;
        self.overflow = false;
    }

    /// EntryID and time of the newest entry.
    pub(super) fn newest(&self) -> Option<(u64, u64)> {
        self.entries.back().map(|entry| (entry.id, entry.time_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 56 octets.
    fn push(buffer: &mut Buffer, time_ms: u64) -> (u64, u64) {
        push_for(buffer, time_ms, TriggerOptions::DATA_CHANGED)
    }

    fn push_for(buffer: &mut Buffer, time_ms: u64, reason: TriggerOptions) -> (u64, u64) {
        let included = Included {
            member: 0,
            reason,
            value: 0..4,
        };
        if reason == TriggerOptions::GI {
            buffer.forget_interrogations();
        }
        buffer.push(time_ms, &[included], &[0; 4])
    }

    fn send(buffer: &mut Buffer) -> Vec<(u64, bool)> {
        let mut sent = vec![];
        while let Some((entry, overflow)) = buffer.next() {
            sent.push((entry.id, overflow));
            buffer.advance();
        }
        sent
    }

    #[test]
    fn entries_are_sent_again_from_the_start_or_from_where_the_client_says() {
        let mut buffer = Buffer::new(1000);
        for time in [10, 20, 20] {
            push(&mut buffer, time);
        }
        buffer.begin();
        assert_eq!(send(&mut buffer), [(10, true), (20, false), (21, false)]);
        push(&mut buffer, 30);
        assert_eq!(send(&mut buffer), [(30, false)]);
        assert!(buffer.resync(20));
        buffer.begin();
        assert_eq!(send(&mut buffer), [(21, false), (30, false)]);
        assert!(!buffer.resync(22));
        assert!(buffer.resync(0));
        buffer.begin();
        assert_eq!(send(&mut buffer).len(), 4);
        // Behind the last one there is nothing yet.
        assert!(buffer.resync(30));
        buffer.begin();
        push(&mut buffer, 40);
        assert_eq!(send(&mut buffer), [(40, false)]);
    }

    #[test]
    fn the_oldest_give_way() {
        let mut buffer = Buffer::new(1000);
        for time in 1..=30 {
            push(&mut buffer, time);
        }
        buffer.begin();
        let sent = send(&mut buffer);
        // As measured of libiec61850 with a buffer of 1000 octets.
        assert_eq!(sent.len(), 17);
        assert_eq!(sent[0], (14, true));
        assert!(sent[1..].iter().all(|(_, overflow)| !overflow));
    }

    #[test]
    fn losing_what_was_not_sent_is_said() {
        let mut buffer = Buffer::new(120);
        push(&mut buffer, 1);
        buffer.begin();
        assert_eq!(send(&mut buffer), [(1, true)]);
        assert_eq!(push(&mut buffer, 2), (2, 0));
        assert_eq!(push(&mut buffer, 3), (3, 0));
        assert_eq!(push(&mut buffer, 4), (4, 1));
        assert_eq!(send(&mut buffer), [(3, true), (4, false)]);
        // An entry that was to be resumed from and is gone: everything that is left.
        assert!(buffer.resync(3));
        push(&mut buffer, 5);
        push(&mut buffer, 6);
        buffer.begin();
        assert_eq!(send(&mut buffer), [(5, true), (6, false)]);
    }

    #[test]
    fn only_the_latest_interrogation_stays() {
        const GI: TriggerOptions = TriggerOptions::GI;
        let mut buffer = Buffer::new(1000);
        push_for(&mut buffer, 1, GI);
        push(&mut buffer, 2);
        buffer.begin();
        assert_eq!(send(&mut buffer), [(1, true), (2, false)]);
        // Of what was sent and of what was not.
        push_for(&mut buffer, 3, GI);
        push(&mut buffer, 4);
        push_for(&mut buffer, 5, GI);
        assert_eq!(send(&mut buffer), [(4, false), (5, false)]);
        buffer.begin();
        assert_eq!(send(&mut buffer), [(2, true), (4, false), (5, false)]);
        // What the client has is forgotten: it goes on behind it all the same.
        assert!(buffer.resync(5));
        push(&mut buffer, 6);
        push_for(&mut buffer, 7, GI);
        buffer.begin();
        assert_eq!(send(&mut buffer), [(6, false), (7, false)]);
        assert!(!buffer.resync(5));
        // Room is given back.
        for time in 8..100 {
            push_for(&mut buffer, time, GI);
        }
        buffer.begin();
        let sent = send(&mut buffer);
        assert_eq!(sent, [(2, true), (4, false), (6, false), (99, false)]);
        // The first entry of all.
        let mut buffer = Buffer::new(1000);
        push_for(&mut buffer, 1, GI);
        assert!(buffer.resync(1));
        push_for(&mut buffer, 2, GI);
        buffer.begin();
        assert_eq!(send(&mut buffer), [(2, false)]);
    }

    #[test]
    fn a_purge_leaves_nothing() {
        let mut buffer = Buffer::new(120);
        push(&mut buffer, 1);
        assert!(buffer.resync(1));
        buffer.purge();
        assert_eq!(buffer.newest(), None);
        buffer.begin();
        assert_eq!(send(&mut buffer), []);
        assert_eq!(push(&mut buffer, 1), (2, 0));
        assert_eq!(send(&mut buffer), [(2, true)]);
    }
}
