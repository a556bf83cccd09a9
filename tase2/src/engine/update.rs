//! Values from the application.

use super::{Core, State};
use crate::model::{Model, fits};
use crate::types::{PointValue, Quality, TimeStamp, Validity, Value};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A value a point cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// There is no such point.
    #[error("there is no such point")]
    NoSuchPoint,
    /// The value is of another type than the point.
    #[error("the value is of another type than the point")]
    WrongType,
}

/// Values of one moment: reports see all of them or none.
pub(super) struct Batch<'c> {
    core: &'c Core,
    now: Instant,
    wall: TimeStamp,
}

impl<'c> Batch<'c> {
    fn new(core: &'c Core) -> Self {
        Batch {
            core,
            now: Instant::now(),
            // The clock is the application's: it is read before the lock is taken.
            wall: core.clock.now(),
        }
    }

    fn set(&self, state: &mut State, id: u32, value: PointValue) -> Result<(), UpdateError> {
        let Model { points, .. } = &self.core.model;
        let point = points.get(id as usize).ok_or(UpdateError::NoSuchPoint)?;
        if !fits(point.ty, &value) {
            return Err(UpdateError::WrongType);
        }
        let old = state
            .points
            .get_mut(id as usize)
            .ok_or(UpdateError::NoSuchPoint)?;
        let mut new = value;
        if let Value::Real(number) = value.value
            && !number.is_finite()
        {
            // Peers do not expect numbers that are none.
            new.value = old.value;
            new.quality = Some(Quality {
                validity: Validity::NotValid,
                ..value.quality.unwrap_or_default()
            });
        }
        if point.ty.has_time() && new.time.is_none() {
            new.time = Some(self.wall);
        }
        let mut changed =
            PointValue { cov: None, ..*old }.differs(&PointValue { cov: None, ..new });
        if point.ty.has_cov() && new.cov.is_none() {
            let counter = old.cov.unwrap_or_default();
            new.cov = Some(if changed {
                counter.wrapping_add(1)
            } else {
                counter
            });
        } else if point.ty.has_cov() {
            changed |= new.cov != old.cov;
        } else {
            new.cov = None;
        }
        let quality = old.quality;
        let before = old.value;
        *old = new;
        state.watch_conditions(&self.core.model, id, &new, self.wall);
        state.series.record(&self.core.model, id, new, self.wall);
        if point.deadband > 0.0
            && quality.unwrap_or_default() == new.quality.unwrap_or_default()
            && let (Value::Real(number), Value::Real(before)) = (new.value, before)
        {
            let reference = state.references.entry(id).or_insert(before);
            if (number - *reference).abs() < point.deadband {
                return Ok(());
            }
            *reference = number;
        } else if point.deadband > 0.0
            && let Value::Real(number) = new.value
        {
            state.references.insert(id, number);
        }
        if changed {
            state.changed(id, new, self.now);
        }
        Ok(())
    }
}

impl State {
    /// Tells the transfer sets that hold the point.
    fn changed(&mut self, point: u32, value: PointValue, now: Instant) {
        let watches = self.watches.get(point as usize).map_or(&[][..], |w| w);
        for watch in watches {
            if let Some(Some(active)) = self.transfers.get_mut(watch.transfer as usize) {
                active.transfer.change(now, watch.member, value);
                if !active.touched {
                    active.touched = true;
                    self.touched.push(watch.transfer);
                }
            }
        }
    }

    /// Ends a batch and gives what has to be woken.
    fn end_batch(&mut self, now: Instant) -> Vec<Arc<Notify>> {
        let mut wake: Vec<Arc<Notify>> = Vec::new();
        for transfer in std::mem::take(&mut self.touched) {
            let Some(Some(active)) = self.transfers.get_mut(transfer as usize) else {
                continue;
            };
            active.touched = false;
            if active.transfer.end_batch(now)
                && let Some(association) = self.associations.get(&active.association)
                && !wake.iter().any(|w| Arc::ptr_eq(w, &association.wake))
            {
                wake.push(association.wake.clone());
            }
        }
        wake
    }
}

impl Core {
    /// Sets points, all in one batch. Values before one that is refused are set.
    pub(crate) fn update(
        &self,
        values: impl IntoIterator<Item = (u32, PointValue)>,
    ) -> Result<(), UpdateError> {
        let batch = Batch::new(self);
        let (result, wake, told) = {
            let mut state = self.state.lock();
            let result = values
                .into_iter()
                .try_for_each(|(id, value)| batch.set(&mut state, id, value));
            let wake = state.end_batch(batch.now);
            (result, wake, state.conditions.has_told())
        };
        self.flush_conditions(told);
        for wake in wake {
            wake.notify_one();
        }
        result
    }

    /// An operator asks for reports of these transfer sets. Returns how many there will be.
    pub(crate) fn operator_request(&self, wanted: impl Fn(&str, &str) -> bool) -> usize {
        self.request(|state, transfer, now| {
            let Some(active) = state.active(transfer) else {
                return false;
            };
            let peer = state.peers.get(active.table).and_then(|p| p.table.as_ref());
            let name = super::transfer_set_name(active.slot);
            let meant = peer.is_some_and(|table| wanted(&table.config.peer, &name));
            meant
                && state
                    .active_mut(transfer)
                    .is_some_and(|active| active.transfer.operator_request(now))
        })
    }

    /// An external event has come. Returns how many reports there will be.
    pub(crate) fn external_event(&self, code: i16) -> usize {
        self.request(|state, transfer, now| {
            let active = state.active_mut(transfer);
            active.is_some_and(|active| active.transfer.external_event(now, code))
        })
    }

    fn request(&self, ask: impl Fn(&mut State, u32, Instant) -> bool) -> usize {
        let now = Instant::now();
        let mut wake = Vec::new();
        {
            let mut state = self.state.lock();
            for transfer in 0..state.transfers.len() as u32 {
                if ask(&mut state, transfer, now)
                    && let Some(active) = state.active(transfer)
                    && let Some(association) = state.associations.get(&active.association)
                {
                    wake.push(association.wake.clone());
                }
            }
        }
        wake.iter().for_each(|wake| wake.notify_one());
        wake.len()
    }
}
