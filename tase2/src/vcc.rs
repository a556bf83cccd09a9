use crate::Name;
use crate::account::{AccountError, AccountPeriod};
use crate::bilateral::{BilateralTable, TableError};
use crate::callback::Callback;
use crate::clock::{Clock, SystemClock};
use crate::condition::ConditionState;
use crate::engine::{Core, UpdateError};
use crate::event::Event;
use crate::information::{Message, Messages, ReceivedMessage, Recipients, SendError, Sent};
use crate::model::{Model, Object};
use crate::program::{ProgramRefusal, ProgramRequest, ProgramState};
use crate::types::{ControlValue, PointType, PointValue, TimeStamp};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::broadcast;

/// An indication point of a control centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PointId(pub(crate) u32);

/// A virtual control centre (VCC): the values of a [`Model`], and the [`BilateralTable`]s that say who sees them. Cheap to clone; all
/// clones are the same control centre.
///
/// It is served, and uses others, through an [`Endpoint`](crate::endpoint::Endpoint).
#[derive(Clone, Debug)]
pub struct VirtualControlCenter {
    pub(crate) core: Arc<Core>,
}

impl VirtualControlCenter {
    /// A control centre with these objects and agreements.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn new(model: Model, tables: Vec<BilateralTable>) -> Result<Self, TableError> {
        Self::with_clock(model, tables, Arc::new(SystemClock))
    }

    /// Like [`VirtualControlCenter::new`], with another wall clock.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn with_clock(
        model: Model,
        tables: Vec<BilateralTable>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TableError> {
        Ok(VirtualControlCenter {
            core: Arc::new(Core::new(model, tables, clock)?),
        })
    }

    /// The objects.
    pub fn model(&self) -> &Model {
        &self.core.model
    }

    /// The point with this name.
    pub fn point(&self, name: &Name) -> Option<PointId> {
        match self.core.model.find(name.domain(), name.item())? {
            Object::Point(id) => Some(PointId(id)),
            Object::Control(_) | Object::Select(_) | Object::Tag(_) => None,
        }
    }

    /// All points, in the order of the model.
    pub fn points(&self) -> impl Iterator<Item = PointId> + use<> {
        (0..self.core.model.points.len() as u32).map(PointId)
    }

    /// The name and the type of a point of this control centre.
    pub fn point_of(&self, id: PointId) -> Option<(&Name, PointType)> {
        let point = self.core.model.points.get(id.0 as usize)?;
        Some((&point.name, point.ty))
    }

    /// The value of a point.
    pub fn value(&self, id: PointId) -> Option<PointValue> {
        self.core.state.lock().points.get(id.0 as usize).copied()
    }

    /// Gives a point a new value. What peers follow it hear of it under the conditions of their transfer sets.
    ///
    /// A time stamp that is missing is now; a COV counter that is missing goes up by one with each change. A number that is none (NaN,
    /// infinity) leaves the value as it is and makes it NOTVALID.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub fn update(&self, id: PointId, value: PointValue) -> Result<(), UpdateError> {
        self.core.update([(id.0, value)])
    }

    /// Gives many points new values, in one batch: a report on change has all of them.
    ///
    /// # Errors
    /// [`UpdateError`] of the first value that cannot be; those before it are set.
    pub fn update_many(
        &self,
        values: impl IntoIterator<Item = (PointId, PointValue)>,
    ) -> Result<(), UpdateError> {
        let values = values.into_iter();
        // The iterator is the application's: it runs before the lock is taken.
        let values: Vec<_> = values.map(|(id, value)| (id.0, value)).collect();
        self.core.update(values)
    }

    /// Gives a control point the value peers read. `false`: there is no such point, or it is of another type.
    pub fn set_control(&self, name: &Name, value: ControlValue) -> bool {
        let Some(Object::Control(id)) = self.core.model.find(name.domain(), name.item()) else {
            return false;
        };
        let mut state = self.core.state.lock();
        match state.controls.get_mut(id as usize) {
            Some(there) if std::mem::discriminant(there) == std::mem::discriminant(&value) => {
                *there = value;
                true
            }
            _ => false,
        }
    }

    /// An operator asks for reports (OperatorRequest): of one transfer set of one peer, or of all where `None` is given. Returns how many
    /// there are: those whose client asked for such reports.
    pub fn request_reports(&self, peer: Option<&str>, transfer_set: Option<&str>) -> usize {
        self.core.operator_request(|of, name| {
            peer.is_none_or(|peer| peer == of) && transfer_set.is_none_or(|set| set == name)
        })
    }

    /// An external event has happened (OtherExternalEvent). Returns how many reports there are: those whose client asked for this event.
    pub fn external_event(&self, code: i16) -> usize {
        self.core.external_event(code)
    }

    /// Sends an information message (block 4) to those who have asked for them. It goes out as a whole or not at all.
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send_information(
        &self,
        to: Recipients<'_>,
        message: &Message,
    ) -> Result<Sent, SendError> {
        self.core.send_information(to, message)
    }

    /// Waits until what is to go to a peer besides reports of data sets has left for its associations: before they are concluded, for
    /// instance.
    pub async fn messages_sent(&self, peer: &str) {
        self.core.posted(peer).await;
    }

    /// Information messages of all peers, from now on: those that are agreed on.
    pub fn messages(&self) -> Messages {
        Messages::new(self.core.messages())
    }

    /// The information messages of a peer that are kept, the oldest first.
    pub fn inbox(&self, peer: &str) -> Vec<Arc<ReceivedMessage>> {
        self.core.state.lock().information.inbox(peer)
    }

    /// Says what a program (block 6) does, in a handler that may block. Without a handler a program does whatever it is told.
    /// `false`: there is no such program.
    pub fn on_program(
        &self,
        program: &str,
        handler: impl Fn(&ProgramRequest) -> Result<(), ProgramRefusal> + Send + Sync + 'static,
    ) -> bool {
        self.set_program_handler(program, Callback::blocking(handler))
    }

    /// As [`VirtualControlCenter::on_program`], with a handler that is asynchronous.
    pub fn on_program_async<F>(
        &self,
        program: &str,
        handler: impl Fn(ProgramRequest) -> F + Send + Sync + 'static,
    ) -> bool
    where
        F: Future<Output = Result<(), ProgramRefusal>> + Send + 'static,
    {
        self.set_program_handler(program, Callback::asynchronous(handler))
    }

    fn set_program_handler(
        &self,
        program: &str,
        handler: Callback<ProgramRequest, ProgramRefusal>,
    ) -> bool {
        let place = self.core.model.program(program);
        let there = place.and_then(|place| self.core.program_handlers.get(place as usize));
        there.is_some_and(|there| {
            *there.0.write() = Some(handler);
            true
        })
    }

    /// The state of a program.
    pub fn program_state(&self, program: &str) -> Option<ProgramState> {
        let place = self.core.model.program(program)?;
        let state = self.core.state.lock();
        state.programs.get(place as usize).map(|unit| unit.state)
    }

    /// Says what a program does by itself: that it has ended (IDLE or STOPPED), or cannot be run. What a peer wants of it at this moment
    /// fails. `false`: there is no such program.
    pub fn set_program_state(&self, program: &str, state: ProgramState) -> bool {
        let place = self.core.model.program(program);
        place.is_some_and(|place| self.core.set_program_state(place, state))
    }

    /// Says whether what an event condition (block 7) stands for is so. Returns how many enrolments are told; `None`: there is no such
    /// condition, or it watches a point.
    pub fn set_condition(&self, condition: &Name, active: bool) -> Option<usize> {
        let place = self.core.model.condition(condition)?;
        let config = self.core.model.conditions.get(place as usize)?;
        config
            .watch
            .is_none()
            .then(|| self.core.set_condition(place, active))
    }

    /// Makes an event without a state happen. Returns how many enrolments are told; `None`: there is no such condition.
    pub fn trigger_event(&self, condition: &Name) -> Option<usize> {
        let place = self.core.model.condition(condition)?;
        Some(self.core.trigger_condition(place))
    }

    /// The state of an event condition.
    pub fn condition_state(&self, condition: &Name) -> Option<ConditionState> {
        let place = self.core.model.condition(condition)?;
        let state = self.core.state.lock();
        state.conditions.unit(place).map(|unit| unit.state())
    }

    /// Takes the data of an account (block 8) for the period that begins at `start`. Peers that follow it hear of it if they are others
    /// than before. Returns how many do.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn update_account(
        &self,
        reference: i32,
        start: TimeStamp,
        period: AccountPeriod,
    ) -> Result<usize, AccountError> {
        self.core.update_account(reference, start, period)
    }

    /// An operator sends the data of an account, from a moment on, for so many seconds: to one peer, or to all that asked for such reports.
    /// Returns to how many.
    ///
    /// # Errors
    /// [`AccountError::NoSuchAccount`].
    pub fn send_account(
        &self,
        reference: i32,
        start: TimeStamp,
        duration: i64,
        peer: Option<&str>,
    ) -> Result<usize, AccountError> {
        self.core.request_account(reference, start, duration, peer)
    }

    /// The data of an account that are kept, the oldest first.
    pub fn account(&self, reference: i32) -> Vec<(TimeStamp, AccountPeriod)> {
        self.core.account_data(reference)
    }

    /// An operator sends the samples of time series (block 9) that run: those of one peer, or all that asked for such reports. Returns how
    /// many there are.
    pub fn send_series(&self, peer: Option<&str>) -> usize {
        self.core.request_series(peer)
    }

    /// What is stored of a point, the oldest first: each value with the moment it came.
    pub fn stored(&self, id: PointId) -> Vec<(TimeStamp, PointValue)> {
        self.core.state.lock().series.stored(id.0)
    }

    /// What happens from now on. A receiver that falls behind by more than 1024 events misses the oldest.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.core.events()
    }

    /// The bilateral tables in use.
    pub fn tables(&self) -> Vec<BilateralTable> {
        let tables = self.core.tables();
        tables
            .into_iter()
            .map(|(_, table)| table.config.clone())
            .collect()
    }
}
