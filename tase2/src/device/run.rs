//! Select, operate and tag, from the request to the answer.

use super::unit::{Phase, Unfit, Unit};
use super::{DeviceAction, DeviceChange, DeviceRequest, Refused, SelectionEnd, TagOwner, Tagged};
use crate::DecodeError;
use crate::bilateral::Rights;
use crate::engine::{Core, State, Table};
use crate::event::{AssociationId, Event};
use crate::model::{self, DeviceClass, Object};
use crate::types::{ControlValue, Tag, TagValue};
use mms::DataAccessError;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

/// The peer that wants something.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) association: AssociationId,
    pub(crate) table: Arc<Table>,
}

impl Who {
    fn by(&self) -> Option<(String, AssociationId)> {
        Some((self.table.config.peer.clone(), self.association))
    }

    fn request(&self, device: &model::Device, action: DeviceAction) -> DeviceRequest {
        DeviceRequest {
            device: device.name.clone(),
            peer: self.table.config.peer.clone(),
            association: self.association,
            action,
        }
    }
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::NotSelected => Refused::denied("it is not selected"),
            Unfit::SelectedByAnother => Refused::busy("another association has selected it"),
            Unfit::Busy => Refused::busy("it is busy"),
            Unfit::Tagged(Tag::Invalid) => Refused::failed("its tag is invalid"),
            Unfit::Tagged(tag) => Refused::denied(format!("it is tagged {tag}")),
        }
    }
}

impl From<DecodeError> for Refused {
    fn from(error: DecodeError) -> Self {
        Refused::new(error.access_error(), error.to_string())
    }
}

/// Selections, commands and tags of a peer, so that there are not too many in a minute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// What is left, in requests.
    left: f64,
    at: Option<Instant>,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            left: 0.0,
            at: None,
        }
    }
}

impl Pace {
    /// Takes one, of so many in a minute; 0 is no limit.
    fn take(&mut self, now: Instant, per_minute: u32) -> bool {
        if per_minute == 0 {
            return true;
        }
        let most = f64::from(per_minute);
        let passed = self.at.map(|at| now.saturating_duration_since(at));
        let won = passed.map_or(most, |passed| passed.as_secs_f64() * most / 60.0);
        self.left = (self.left + won).min(most);
        self.at = Some(now);
        let there = self.left >= 1.0;
        if there {
            self.left -= 1.0;
        }
        there
    }
}

impl State {
    fn unit(&mut self, device: u32) -> Result<&mut Unit, Refused> {
        let gone = || {
            Refused::new(
                DataAccessError::ObjectNonExistent,
                "there is no such device",
            )
        };
        self.devices.get_mut(device as usize).ok_or_else(gone)
    }

    /// Whether the association may do one thing more now.
    fn paced(&mut self, who: &Who, now: Instant) -> Result<(), Refused> {
        let over = || Refused::busy("the association is over");
        let limit = who.table.config.limits.commands_per_minute;
        let peer = self.peer_of(who.association).ok_or_else(over)?;
        match peer.pace.take(now, limit) {
            true => Ok(()),
            false => Err(Refused::busy(TOO_FAST)),
        }
    }
}

const TOO_FAST: &str = "more than the peer may ask in a minute";

fn without_right(what: &str) -> Refused {
    Refused::denied(format!("it may not {what} it"))
}

impl Core {
    fn note_limit(&self, who: &Who, refused: &Refused) {
        if refused.reason == TOO_FAST {
            self.emit(Event::LimitReached {
                peer: who.table.config.peer.clone(),
                limit: "commands in a minute",
            });
        }
    }

    /// Selects a device for a peer, that sees it. Gives the check-back id.
    pub(crate) async fn select_device(
        self: Arc<Self>,
        who: Who,
        device: u32,
    ) -> Result<i16, DataAccessError> {
        match self.try_select(&who, device).await {
            Ok(check_back) => {
                self.tell_device(device, who.by(), DeviceChange::Selected { check_back });
                Ok(check_back)
            }
            Err(refused) => {
                self.note_limit(&who, &refused);
                let error = refused.error;
                self.tell_device(device, who.by(), DeviceChange::SelectRefused(refused));
                Err(error)
            }
        }
    }

    async fn try_select(self: &Arc<Self>, who: &Who, device: u32) -> Result<i16, Refused> {
        let (entry, handlers) = self.known(device)?;
        let config = &entry.device;
        if !who
            .table
            .rights(Object::Select(device))
            .contains(Rights::SELECT)
        {
            return Err(without_right("select"));
        }
        let step = {
            let now = Instant::now();
            let mut state = self.state.lock();
            state.paced(who, now)?;
            let other = |(id, unit): (usize, &Unit)| {
                id != device as usize && unit.armed_by(now) == Some(who.association)
            };
            let one = who.table.config.options.one_selection;
            if one && state.devices.iter().enumerate().any(other) {
                return Err(Refused::busy("the association has selected another device"));
            }
            state
                .unit(device)?
                .begin_select(now, who.association, config.ty)?
        };
        let request = who.request(config, DeviceAction::Select);
        let answer = match handlers.interlock(&request) {
            // What has not been selected in time need not be.
            Ok(()) => timeout(config.operate_timeout, handlers.ask(request))
                .await
                .unwrap_or_else(|_| Err(Refused::busy("no answer in time"))),
            refused => refused,
        };
        let armed = {
            let now = Instant::now();
            let mut state = self.state.lock();
            // An association that has ended meanwhile has released it.
            let allowed = answer.is_ok() && state.is_there(who.association);
            let unit = state.unit(device)?;
            let step = unit.end_select(now, step, allowed, config.select_timeout);
            let until = match unit.phase {
                Phase::Armed { until, .. } => Some(until),
                _ => None,
            };
            step.zip(until)
        };
        answer?;
        let Some((step, until)) = armed else {
            return Err(Refused::busy("it was reset meanwhile"));
        };
        let core = self.clone();
        let by = who.by();
        let timer = tokio::spawn(async move {
            sleep_until(until).await;
            let expired = {
                let mut state = core.state.lock();
                state
                    .devices
                    .get_mut(device as usize)
                    .and_then(|unit| unit.expire(step))
            };
            if expired.is_some() {
                let ended = DeviceChange::SelectionEnded(SelectionEnd::TimeOut);
                core.tell_device(device, by, ended);
            }
        });
        if let Ok(unit) = self.state.lock().unit(device) {
            unit.keep_timer(step, timer.abort_handle());
        }
        Ok(who.table.check_back(device))
    }

    fn known(&self, device: u32) -> Result<(&model::DeviceEntry, &super::Handlers), Refused> {
        let handlers = self.device_handlers.get(device as usize);
        self.model.device(device).zip(handlers).ok_or_else(|| {
            Refused::new(
                DataAccessError::ObjectNonExistent,
                "there is no such device",
            )
        })
    }

    /// Operates a device for a peer that sees it.
    pub(crate) async fn operate_device(
        self: Arc<Self>,
        who: Who,
        device: u32,
        value: Result<ControlValue, DecodeError>,
    ) -> Result<(), DataAccessError> {
        let begun = self.begin_operate(&who, device, value);
        let (value, step, timeout_after, request) = match begun {
            Ok(begun) => begun,
            Err(reason) => {
                self.note_limit(&who, &reason);
                let error = reason.error;
                let refused = DeviceChange::OperateRefused {
                    value: value.ok(),
                    reason,
                };
                self.tell_device(device, who.by(), refused);
                return Err(error);
            }
        };
        let Some(handlers) = self.device_handlers.get(device as usize) else {
            return Err(DataAccessError::ObjectNonExistent);
        };
        let mut answer = handlers.ask(request);
        let Ok(result) = timeout(timeout_after, &mut answer).await else {
            self.tell_device(device, who.by(), DeviceChange::TimedOut { value });
            // It is with the application, and is not given up half way.
            tokio::spawn(async move {
                let result = answer.await;
                self.end_operate(device, step, value, result.is_ok());
                self.tell_device(device, who.by(), DeviceChange::Late { value, result });
            });
            return Err(DataAccessError::HardwareFault);
        };
        self.end_operate(device, step, value, result.is_ok());
        let (change, error) = match result {
            Ok(()) => {
                let answered = self.state.lock().is_there(who.association);
                (DeviceChange::Operated { value, answered }, Ok(()))
            }
            Err(reason) => {
                let error = reason.error;
                (DeviceChange::Failed { value, reason }, Err(error))
            }
        };
        self.tell_device(device, who.by(), change);
        error
    }

    /// All that is checked before the application is told to do it.
    fn begin_operate(
        &self,
        who: &Who,
        device: u32,
        value: Result<ControlValue, DecodeError>,
    ) -> Result<(ControlValue, u64, Duration, DeviceRequest), Refused> {
        let (entry, handlers) = self.known(device)?;
        let config = &entry.device;
        let rights = who.table.rights(Object::Control(entry.control));
        if !who.table.config.options.block5 || !rights.contains(Rights::OPERATE) {
            return Err(without_right("operate"));
        }
        let step = {
            let mut state = self.state.lock();
            let now = Instant::now();
            state.paced(who, now)?;
            let sbo = config.class == DeviceClass::Sbo;
            // From here on a selection is used up, and the device is taken.
            state
                .unit(device)?
                .begin_operate(now, who.association, sbo)?
        };
        let checked = self.check_command(who, device, config, handlers, value);
        if checked.is_err()
            && let Ok(unit) = self.state.lock().unit(device)
        {
            unit.done(step);
        }
        let (value, request) = checked?;
        Ok((value, step, config.operate_timeout, request))
    }

    fn check_command(
        &self,
        who: &Who,
        device: u32,
        config: &model::Device,
        handlers: &super::Handlers,
        value: Result<ControlValue, DecodeError>,
    ) -> Result<(ControlValue, DeviceRequest), Refused> {
        let value = value?;
        if !config.takes(value) {
            return Err(Refused::value(format!("{value} is none of its values")));
        }
        self.state.lock().unit(device)?.tag_allows(value)?;
        let request = who.request(config, DeviceAction::Operate(value));
        handlers.interlock(&request)?;
        let mut state = self.state.lock();
        // The interlock may have taken its time.
        if !state.is_there(who.association) {
            return Err(Refused::busy("the association is over"));
        }
        state.unit(device)?.tag_allows(value)?;
        Ok((value, request))
    }

    /// The application is through with a command; the device may have been reset meanwhile.
    fn end_operate(&self, device: u32, step: u64, value: ControlValue, done: bool) {
        let mut state = self.state.lock();
        if done && let Some(entry) = self.model.device(device) {
            let last = state.controls.get_mut(entry.control as usize);
            if let Some(last) = last {
                *last = value;
            }
        }
        if let Ok(unit) = state.unit(device) {
            unit.done(step);
        }
    }

    /// Tags a device for a peer that sees it.
    pub(crate) async fn tag_device(
        self: Arc<Self>,
        who: Who,
        device: u32,
        tag: Result<TagValue, DecodeError>,
    ) -> Result<(), DataAccessError> {
        match self.try_tag(&who, device, tag.clone()).await {
            Ok(()) => Ok(()),
            Err(reason) => {
                self.note_limit(&who, &reason);
                let error = reason.error;
                let refused = DeviceChange::TagRefused {
                    tag: tag.ok(),
                    reason,
                };
                self.tell_device(device, who.by(), refused);
                Err(error)
            }
        }
    }

    async fn try_tag(
        &self,
        who: &Who,
        device: u32,
        tag: Result<TagValue, DecodeError>,
    ) -> Result<(), Refused> {
        let (entry, handlers) = self.known(device)?;
        let config = &entry.device;
        if !who.table.rights(Object::Tag(device)).contains(Rights::TAG) {
            return Err(without_right("tag"));
        }
        let tag = tag?;
        if tag.tag == Tag::Invalid {
            return Err(Refused::value("no device can have such a tag"));
        }
        let owner = TagOwner::Peer(who.table.config.peer.clone());
        let ours = |unit: &Unit| match &unit.tagged.owner {
            None => Ok(()),
            Some(by) if *by == owner => Ok(()),
            Some(TagOwner::Local) => Err(Refused::denied("it was tagged locally")),
            Some(TagOwner::Peer(_)) => Err(Refused::denied("another peer has tagged it")),
        };
        {
            let mut state = self.state.lock();
            state.paced(who, Instant::now())?;
            ours(state.unit(device)?)?;
        }
        let request = who.request(config, DeviceAction::Tag(tag.clone()));
        timeout(config.operate_timeout, handlers.ask(request))
            .await
            .unwrap_or_else(|_| Err(Refused::busy("no answer in time")))?;
        // Somebody else may have tagged it while the application was asked.
        ours(self.state.lock().unit(device)?)?;
        self.put_tag(device, Tagged::new(tag.tag, tag.reason, owner), who.by());
        Ok(())
    }

    /// Sets a tag; whoever has selected the device has not any more.
    pub(super) fn put_tag(&self, device: u32, tagged: Tagged, by: Option<(String, AssociationId)>) {
        let value = TagValue::new(tagged.tag, tagged.reason.clone());
        let ended = {
            let mut state = self.state.lock();
            let Ok(unit) = state.unit(device) else {
                return;
            };
            unit.tagged = tagged;
            let by = unit.deselect();
            by.map(|by| (state.peer_name(by), by))
        };
        if let Some(by) = ended {
            let ended = DeviceChange::SelectionEnded(SelectionEnd::Tag);
            self.tell_device(device, Some(by), ended);
        }
        self.tell_device(device, by, DeviceChange::Tagged(value));
    }

    /// What `<device>_TAG` is.
    pub(crate) fn tag_value(&self, state: &State, device: u32) -> TagValue {
        let Some(unit) = state.devices.get(device as usize) else {
            return TagValue::default();
        };
        TagValue {
            tag: unit.tagged.tag,
            armed: unit.armed_by(Instant::now()).is_some(),
            reason: unit.tagged.reason.clone(),
        }
    }

    /// Makes a device idle again.
    pub(super) fn local_reset(&self, device: u32) {
        let ended = {
            let mut state = self.state.lock();
            let Ok(unit) = state.unit(device) else {
                return;
            };
            match unit.reset() {
                Phase::Armed { association, .. } | Phase::Selecting { association, .. } => {
                    Some((state.peer_name(association), association))
                }
                _ => None,
            }
        };
        if let Some(by) = ended {
            let ended = DeviceChange::SelectionEnded(SelectionEnd::LocalReset);
            self.tell_device(device, Some(by), ended);
        }
    }

    /// The selections of an association end with it.
    pub(crate) fn release_devices(&self, association: AssociationId, peer: &str) {
        let released: Vec<u32> = {
            let mut state = self.state.lock();
            let units = (0u32..).zip(&mut state.devices);
            let theirs = units.filter_map(|(id, unit)| unit.release(association).then_some(id));
            theirs.collect()
        };
        for device in released {
            let ended = DeviceChange::SelectionEnded(SelectionEnd::Association);
            self.tell_device(device, Some((peer.to_owned(), association)), ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_in_a_minute() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!((0..10).all(|_| pace.take(start, 10)));
        assert!(!pace.take(start, 10));
        assert!(!pace.take(start + Duration::from_secs(5), 10));
        assert!(pace.take(start + Duration::from_secs(7), 10));
        assert!(!pace.take(start + Duration::from_secs(7), 10));
        // An hour without any does not make more of them.
        let later = start + Duration::from_secs(3600);
        assert_eq!((0..20).filter(|_| pace.take(later, 10)).count(), 10);
        let mut free = Pace::default();
        assert!((0..1000).all(|_| free.take(start, 0)));
    }
}
