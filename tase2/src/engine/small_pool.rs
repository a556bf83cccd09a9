//! Transfer sets of accounts and of time series: a few for each peer, handed out and used like those of data sets.

use mms::DataAccessError;
use tokio::time::Instant;

#[derive(Clone, Debug, Default)]
struct Place<T> {
    /// The attributes that were written last.
    set: T,
    /// The association it is enabled by.
    owner: Option<u64>,
    /// The association that was told its name, and until when it is kept for it.
    reserved: Option<(u64, Instant)>,
}

/// The transfer sets of one kind and one peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct SmallPool<T> {
    places: Vec<Place<T>>,
    next: usize,
}

impl<T: Clone + Default> SmallPool<T> {
    /// Gives it so many places. Those that are no more are given back, if they were enabled.
    pub(crate) fn resize(&mut self, count: usize) -> Vec<usize> {
        let lost = self.enabled().filter(|(place, _, _)| *place >= count);
        let lost = lost.map(|(place, _, _)| place).collect();
        self.places.resize_with(count, Place::default);
        lost
    }

    /// The next free place, which is kept for this association for a while.
    pub(crate) fn hand_out(
        &mut self,
        association: u64,
        now: Instant,
        until: Instant,
    ) -> Option<usize> {
        let count = self.places.len();
        let free = (0..count).map(|i| (self.next + i) % count).find(|i| {
            self.places.get(*i).is_some_and(|place| {
                place.owner.is_none() && place.reserved.is_none_or(|(_, until)| until <= now)
            })
        })?;
        self.next = (free + 1) % count;
        self.places.get_mut(free)?.reserved = Some((association, until));
        Some(free)
    }

    /// Whether an association may write to a place now.
    pub(crate) fn check(
        &self,
        place: usize,
        association: u64,
        now: Instant,
    ) -> Result<(), DataAccessError> {
        let place = self.places.get(place);
        let place = place.ok_or(DataAccessError::ObjectNonExistent)?;
        match (place.owner, place.reserved) {
            (Some(owner), _) if owner != association => Err(DataAccessError::ObjectAccessDenied),
            (None, Some((by, until))) if by != association && until > now => {
                Err(DataAccessError::TemporarilyUnavailable)
            }
            _ => Ok(()),
        }
    }

    /// Writes a place.
    pub(crate) fn set(&mut self, place: usize, set: T, owner: Option<u64>) {
        if let Some(place) = self.places.get_mut(place) {
            *place = Place {
                set,
                owner,
                reserved: None,
            };
        }
    }

    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.places.get(place).map(|place| &place.set)
    }

    /// The places that are enabled, by whom, and how.
    pub(crate) fn enabled(&self) -> impl Iterator<Item = (usize, u64, &T)> {
        let all = self.places.iter().enumerate();
        all.filter_map(|(i, place)| Some((i, place.owner?, &place.set)))
    }

    /// The association is over. Gives the places it had enabled.
    pub(crate) fn release(&mut self, association: u64) -> Vec<usize> {
        let mut released = Vec::new();
        for (i, place) in self.places.iter_mut().enumerate() {
            place.reserved = place.reserved.filter(|(by, _)| *by != association);
            if place.owner == Some(association) {
                place.owner = None;
                released.push(i);
            }
        }
        released
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}

/// The place with this name: `prefix` and a number from 1 on, in one spelling.
pub(crate) fn numbered(prefix: &str, name: &str) -> Option<usize> {
    let number = name.strip_prefix(prefix)?;
    if !number.starts_with(|c: char| matches!(c, '1'..='9')) {
        return None;
    }
    number.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn handing_out_and_taking_back() {
        let now = Instant::now();
        let until = now + Duration::from_secs(30);
        let mut pool = SmallPool::<u8>::default();
        assert_eq!(pool.hand_out(1, now, until), None);
        pool.resize(2);
        assert_eq!(pool.hand_out(1, now, until), Some(0));
        assert_eq!(pool.hand_out(2, now, until), Some(1));
        assert_eq!(pool.hand_out(2, now, until), None);
        let busy = Err(DataAccessError::TemporarilyUnavailable);
        assert_eq!(
            (pool.check(0, 1, now), pool.check(0, 2, now)),
            (Ok(()), busy)
        );
        assert_eq!(pool.check(0, 2, until), Ok(()));
        pool.set(0, 7, Some(1));
        assert_eq!(
            pool.check(0, 2, until),
            Err(DataAccessError::ObjectAccessDenied)
        );
        assert_eq!(
            pool.check(9, 2, now),
            Err(DataAccessError::ObjectNonExistent)
        );
        assert_eq!(pool.enabled().collect::<Vec<_>>(), [(0, 1, &7)]);
        assert_eq!(pool.resize(0), [0]);
        pool.resize(1);
        pool.set(0, 8, Some(3));
        assert_eq!((pool.release(3), pool.release(3)), (vec![0], vec![]));
        assert_eq!(pool.get(0), Some(&8));
        assert_eq!(numbered("TATS", "TATS1"), Some(0));
        for other in ["TATS0", "TATS01", "TATS", "TSTS1", "TATS1x"] {
            assert_eq!(numbered("TATS", other), None);
        }
    }
}
