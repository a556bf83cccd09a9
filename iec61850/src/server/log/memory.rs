use super::{LogBounds, LogEntry, LogQuery, LogStorage, LogStorageError};
use std::collections::VecDeque;

/// A log in memory that forgets its oldest entry when it is full, and all of them when the program
/// ends.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryLog {
    capacity: usize,
    entries: VecDeque<LogEntry>,
}

impl MemoryLog {
    /// An empty log for `capacity` entries, at least one. Memory is taken as entries come.
    pub fn new(capacity: usize) -> Self {
        MemoryLog {
            capacity: capacity.max(1),
            entries: VecDeque::new(),
        }
    }
}

impl LogStorage for MemoryLog {
    fn append(&mut self, entries: &[LogEntry]) -> Result<(), LogStorageError> {
        let fit = entries.len().saturating_sub(self.capacity);
        for entry in entries.iter().skip(fit) {
            if self.entries.len() >= self.capacity {
                self.entries.pop_front();
            }
            self.entries.push_back(entry.clone());
        }
        Ok(())
    }

    fn query(
        &mut self,
        query: &LogQuery,
        visit: &mut dyn FnMut(&LogEntry) -> bool,
    ) -> Result<(), LogStorageError> {
        let (first, last) = (*query.ids.start(), *query.ids.end());
        let start = self.entries.partition_point(|entry| entry.id < first);
        let end = self.entries.partition_point(|entry| entry.id <= last);
        // Times need not rise: clocks are set.
        let meant = |entry: &&LogEntry| query.times.contains(&entry.time);
        let mut entries = self.entries.range(start..end.max(start)).filter(meant);
        let mut next = || match query.newest_first {
            true => entries.next_back(),
            false => entries.next(),
        };
        while let Some(entry) = next() {
            if !visit(entry) {
                break;
            }
        }
        Ok(())
    }

    fn bounds(&mut self) -> Result<Option<LogBounds>, LogStorageError> {
        let of = |entry: &LogEntry| (entry.id, entry.time);
        Ok(self
            .entries
            .front()
            .zip(self.entries.back())
            .map(|(oldest, newest)| LogBounds {
                oldest: of(oldest),
                newest: of(newest),
            }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_storage, entry};
    use super::*;

    #[test]
    fn is_a_storage() {
        check_storage(&mut MemoryLog::new(5));
    }

    #[test]
    fn more_than_fits_at_once() {
        let mut log = MemoryLog::new(0);
        log.append(&[entry(1, 10), entry(2, 20)]).unwrap();
        let bounds = log.bounds().unwrap().unwrap();
        assert_eq!((bounds.oldest, bounds.newest.0.0), (bounds.newest, 2));
    }
}
