//! What a subscriber knows of one publisher: a state machine that takes frames and the time.

use super::data::{GooseEntry, replace};
use super::frame::{GooseFrame, GoosePdu};
use super::series::{Last, Step, after_silence, last, step};
use super::status::{GooseEvent, GooseProblem, GooseState, GooseStatistics};
use crate::link::{Arrival, MacAddress};
use crate::model::{GooseControlBlock, ModelNodeExt};
use mms::{MmsValue, UtcTime};
use std::time::{Duration, Instant};

/// Follows the messages of one control block. It does no input and output; a
/// [`GooseReceiver`](super::GooseReceiver) or [`GooseDispatcher`](super::GooseDispatcher) hands it
/// the frames.
#[derive(Clone, Debug)]
pub struct GooseSubscriber {
    filter: Filter,
    entries: Vec<GooseEntry>,
    accepts_simulation: bool,
    /// Whether simulated messages have taken the place of the real ones.
    simulated: bool,
    values: Vec<MmsValue>,
    /// Whether `values` are those of the last state.
    decoded: bool,
    last: Option<Last>,
    state: GooseState,
    statistics: GooseStatistics,
    /// Of an observer: the control block the last message was of.
    observed: String,
}

/// Which messages are meant, and what is expected of them.
#[derive(Clone, Debug, Default)]
struct Filter {
    /// `None` for an observer.
    go_cb_ref: Option<String>,
    app_id: Option<u16>,
    destination: Option<MacAddress>,
    dat_set: Option<String>,
    go_id: Option<String>,
    conf_rev: Option<u32>,
}

impl GooseSubscriber {
    fn of(filter: Filter, entries: Vec<GooseEntry>) -> Self {
        GooseSubscriber {
            values: entries.iter().map(|entry| entry.initial.clone()).collect(),
            filter,
            entries,
            accepts_simulation: false,
            simulated: false,
            decoded: false,
            last: None,
            state: GooseState::NeverSeen,
            statistics: GooseStatistics::default(),
            observed: String::new(),
        }
    }

    /// Follows the control block of this reference, `LD/LN$GO$name`, and takes the values as they
    /// come.
    pub fn new(go_cb_ref: impl Into<String>) -> Self {
        let filter = Filter {
            go_cb_ref: Some(go_cb_ref.into()),
            ..Filter::default()
        };
        Self::of(filter, Vec::new())
    }

    /// Takes the messages of all publishers. It keeps the last of each kind of value, has no idea of
    /// a series, and only ever has the event [`GooseEvent::Observed`].
    pub fn observer() -> Self {
        Self::of(Filter::default(), Vec::new())
    }

    /// Follows a control block of a configuration, and expects its reference, APPID and destination,
    /// data set with the types of its members, goID and confRev. `None` if it has no data set.
    pub fn of_control_block(block: &GooseControlBlock) -> Option<Self> {
        let data_set = block.dataset()?;
        let address = block.address();
        let filter = Filter {
            go_cb_ref: Some(format!(
                "{}$GO${}",
                block.parent().reference(),
                block.name()
            )),
            app_id: address.map(|address| address.app_id),
            destination: address.map(|address| MacAddress(address.dst_address)),
            dat_set: Some(data_set.reference()),
            go_id: Some(block.app_id().to_owned()).filter(|id| !id.is_empty()),
            conf_rev: Some(block.conf_rev()),
        };
        Some(Self::of(filter, GooseEntry::of_data_set(&data_set)))
    }

    /// Only messages with this APPID are meant.
    pub fn with_app_id(mut self, app_id: u16) -> Self {
        self.filter.app_id = Some(app_id);
        self
    }

    /// Only frames for this address are meant.
    pub fn with_destination(mut self, destination: impl Into<MacAddress>) -> Self {
        self.filter.destination = Some(destination.into());
        self
    }

    /// Messages of another data set are [invalid](GooseProblem::DataSet).
    pub fn with_data_set(mut self, reference: impl Into<String>) -> Self {
        self.filter.dat_set = Some(reference.into());
        self
    }

    /// Messages with another goID are [invalid](GooseProblem::GoId).
    pub fn with_go_id(mut self, go_id: impl Into<String>) -> Self {
        self.filter.go_id = Some(go_id.into());
        self
    }

    /// Messages of another revision are [invalid](GooseProblem::ConfRev).
    pub fn with_conf_rev(mut self, conf_rev: u32) -> Self {
        self.filter.conf_rev = Some(conf_rev);
        self
    }

    /// Values have to be of the types of these members.
    pub fn with_entries(mut self, entries: Vec<GooseEntry>) -> Self {
        self.values = entries.iter().map(|entry| entry.initial.clone()).collect();
        self.entries = entries;
        self
    }

    /// Whether simulated messages are used (`LPHD.Sim.stVal` of the subscribing device). As long as
    /// they are not, which is how it begins, they are ignored. If they are, the first simulated message
    /// takes the place of the real ones, which are ignored from then on until this is switched off.
    pub fn set_simulation(&mut self, accepted: bool) {
        self.accepts_simulation = accepted;
        if !accepted && std::mem::take(&mut self.simulated) {
            self.last = None;
            self.decoded = false;
            self.state = GooseState::NeverSeen;
        }
    }

    /// The control block that is followed; of an observer that of the last message.
    pub fn go_cb_ref(&self) -> &str {
        self.filter.go_cb_ref.as_deref().unwrap_or(&self.observed)
    }

    /// Whether messages of all publishers are taken.
    pub fn is_observer(&self) -> bool {
        self.filter.go_cb_ref.is_none()
    }

    /// The members of the data set, if they are known.
    pub fn entries(&self) -> &[GooseEntry] {
        &self.entries
    }

    /// The values of the last state whose values could be used; before, those of the configuration.
    pub fn values(&self) -> &[MmsValue] {
        &self.values
    }

    /// What can be said of the values. Whether they are too old is known only after
    /// [`GooseSubscriber::handle_timeout`], which a receiver calls in time.
    pub fn state(&self) -> GooseState {
        self.state
    }

    /// Whether the values are those of the publisher.
    pub fn is_valid(&self) -> bool {
        self.state == GooseState::Valid
    }

    /// What was counted.
    pub fn statistics(&self) -> GooseStatistics {
        self.statistics
    }

    /// stNum of the last message.
    pub fn st_num(&self) -> Option<u32> {
        self.last.map(|last| last.st_num)
    }

    /// sqNum of the last message.
    pub fn sq_num(&self) -> Option<u32> {
        self.last.map(|last| last.sq_num)
    }

    /// The time of the last change.
    pub fn timestamp(&self) -> Option<UtcTime> {
        self.last.map(|last| last.t)
    }

    /// timeAllowedtoLive of the last message.
    pub fn time_allowed_to_live(&self) -> Option<Duration> {
        self.last
            .map(|last| Duration::from_millis(last.time_allowed_to_live.into()))
    }

    /// confRev of the last message.
    pub fn conf_rev(&self) -> Option<u32> {
        self.last.map(|last| last.conf_rev)
    }

    /// confRev that messages should have, if one was given.
    pub fn expected_conf_rev(&self) -> Option<u32> {
        self.filter.conf_rev
    }

    /// Whether the last message was simulated (in edition 1: test).
    pub fn is_simulated(&self) -> bool {
        self.last.is_some_and(|last| last.simulation)
    }

    /// Whether the publisher has to be configured.
    pub fn needs_commissioning(&self) -> bool {
        self.last.is_some_and(|last| last.nds_com)
    }

    /// Who has sent the last message.
    pub fn source(&self) -> Option<MacAddress> {
        self.last.map(|last| last.source)
    }

    /// Whom the last message was for.
    pub fn destination(&self) -> Option<MacAddress> {
        self.last.map(|last| last.destination)
    }

    /// APPID of the last message.
    pub fn app_id(&self) -> Option<u16> {
        self.last.map(|last| last.app_id)
    }

    /// VLAN tag of the last message, if it had one.
    pub fn vlan(&self) -> Option<crate::link::VlanTag> {
        self.last.and_then(|last| last.vlan)
    }

    /// Whether the frame is of the control block, by reference, APPID and destination.
    pub fn matches(&self, frame: &GooseFrame<'_>) -> bool {
        let Filter {
            go_cb_ref,
            app_id,
            destination,
            ..
        } = &self.filter;
        go_cb_ref
            .as_deref()
            .is_none_or(|own| own == frame.pdu.go_cb_ref)
            && app_id.is_none_or(|own| own == frame.header.app_id)
            && destination.is_none_or(|own| own == frame.ethernet.destination)
    }

    /// Takes a frame. What is not of the control block is left alone; what is ignored for another
    /// reason is counted and no event.
    pub fn handle_frame(&mut self, arrival: Arrival, frame: &GooseFrame<'_>) -> Option<GooseEvent> {
        if !self.matches(frame) {
            return None;
        }
        self.statistics.received += 1;
        if self.is_observer() {
            self.observe(arrival, frame);
            return Some(GooseEvent::Observed);
        }
        let simulated = frame.is_simulated();
        if simulated && !self.accepts_simulation || !simulated && self.simulated {
            self.statistics.simulation_ignored += 1;
            return None;
        }
        if simulated && !self.simulated {
            self.simulated = true;
            self.last = None;
        }
        let now = arrival.instant;
        let current = self.last.filter(|last| now < last.valid_until);
        if current.is_some_and(|last| last.source != frame.ethernet.source) {
            self.statistics.other_publishers += 1;
            return None;
        }
        let step = match (self.last, current) {
            (None, _) => Step::New {
                missed: 0,
                restart: true,
            },
            (Some(last), None) => {
                // The silence was too long, whether somebody has looked meanwhile or not.
                if self.state == GooseState::Valid {
                    self.statistics.expirations += 1;
                }
                after_silence(&last, &frame.pdu)
            }
            (Some(_), Some(last)) => step(&last, &frame.pdu),
        };
        match step {
            Step::Duplicate => {
                self.statistics.duplicates += 1;
                return None;
            }
            Step::Old => {
                self.statistics.out_of_order += 1;
                return None;
            }
            Step::New { missed, restart } => {
                self.statistics.states += 1;
                self.statistics.missed_states += u64::from(missed);
                self.statistics.restarts += u64::from(restart && self.last.is_some());
                // Those of a state before its first message that was seen.
                self.statistics.lost += u64::from(if restart { 0 } else { frame.pdu.sq_num });
                self.decoded = false;
            }
            Step::Again { lost } => {
                self.statistics.retransmissions += 1;
                self.statistics.lost += u64::from(lost);
            }
        }
        self.last = Some(last(arrival, frame));
        if let Err(problem) = self.take_values(&frame.pdu) {
            self.statistics.invalid += 1;
            self.state = GooseState::Invalid(problem);
            return Some(GooseEvent::Invalid(problem));
        }
        let was_valid = std::mem::replace(&mut self.state, GooseState::Valid) == GooseState::Valid;
        Some(match step {
            Step::New { missed, restart } => GooseEvent::NewState { missed, restart },
            // The values could not be used before, and so are new.
            _ if !was_valid => GooseEvent::NewState {
                missed: 0,
                restart: false,
            },
            Step::Again { lost } => GooseEvent::Retransmission { lost },
            Step::Duplicate | Step::Old => return None,
        })
    }

    fn observe(&mut self, arrival: Arrival, frame: &GooseFrame<'_>) {
        self.last = Some(last(arrival, frame));
        self.observed.clear();
        self.observed.push_str(frame.pdu.go_cb_ref);
        self.decoded = false;
        self.state = match self.decode(&frame.pdu) {
            Ok(()) => GooseState::Valid,
            Err(problem) => GooseState::Invalid(problem),
        };
    }

    fn take_values(&mut self, pdu: &GoosePdu<'_>) -> Result<(), GooseProblem> {
        let filter = &self.filter;
        if let Some(expected) = filter.conf_rev
            && expected != pdu.conf_rev
        {
            let found = pdu.conf_rev;
            return Err(GooseProblem::ConfRev { expected, found });
        }
        if filter
            .dat_set
            .as_deref()
            .is_some_and(|own| own != pdu.dat_set)
        {
            return Err(GooseProblem::DataSet);
        }
        if filter.go_id.is_some() && filter.go_id.as_deref() != pdu.go_id {
            return Err(GooseProblem::GoId);
        }
        if !self.decoded {
            self.decode(pdu)?;
            self.decoded = true;
        }
        match pdu.nds_com {
            true => Err(GooseProblem::NeedsCommissioning),
            false => Ok(()),
        }
    }

    /// Puts the values of the message into the memory of those before.
    fn decode(&mut self, pdu: &GoosePdu<'_>) -> Result<(), GooseProblem> {
        let (expected, found) = (self.values.len(), pdu.all_data.len());
        if !self.entries.is_empty() && expected != found {
            return Err(GooseProblem::ValueCount { expected, found });
        }
        self.values.truncate(found);
        for (at, view) in pdu.all_data.iter().enumerate() {
            let view = view.map_err(|_| GooseProblem::ValueType(at))?;
            match self.values.get_mut(at) {
                None => self.values.push(view.to_value()),
                Some(value) => {
                    if replace(value, &view).is_err() {
                        // Without known types they are what the publisher says.
                        if !self.entries.is_empty() {
                            return Err(GooseProblem::ValueType(at));
                        }
                        *value = view.to_value();
                    }
                }
            }
        }
        Ok(())
    }

    /// When [`GooseSubscriber::handle_timeout`] has something to do; `None` if no message that
    /// counts for validity has come.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let waits = matches!(self.state, GooseState::Valid | GooseState::Invalid(_));
        let last = self.last.filter(|_| waits && !self.is_observer())?;
        Some(last.valid_until)
    }

    /// Says that it is `now`: whether the last message is too old.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<GooseEvent> {
        if self.poll_timeout()? > now {
            return None;
        }
        self.state = GooseState::Expired;
        self.statistics.expirations += 1;
        Some(GooseEvent::Expired)
    }
}
