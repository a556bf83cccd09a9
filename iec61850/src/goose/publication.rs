//! What a publisher sends and when, without a link and without a clock.

use super::encode::{GooseConfig, GooseError, MessageState, encode_frame, encode_values};
use crate::link::MacAddress;
use mms::{MmsValue, UtcTime};
use std::time::{Duration, Instant};

/// After how long a message is repeated (IEC 61850-8-1 clause 18.1.2.5: the curve is the
/// publisher's own).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetransmissionCurve {
    /// The time behind the first message of a state, behind the second, and so on.
    steps: Vec<Duration>,
    /// The time behind all later ones.
    max_time: Duration,
    /// timeAllowedtoLive is this many times the time to the next message.
    factor: u32,
}

impl Default for RetransmissionCurve {
    /// As libiec61850: 500 ms three times, then 5 s.
    fn default() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_secs(5))
    }
}

impl RetransmissionCurve {
    /// As libiec61850: after a change the message is repeated three times after `min_time`, and
    /// from then on after `max_time`. A `min_time` of zero or beyond `max_time` means no fast
    /// repetition.
    pub fn new(min_time: Duration, max_time: Duration) -> Self {
        Self::custom(vec![min_time; 3], max_time)
    }

    /// The time doubles from `min_time` until it is `max_time`.
    pub fn doubling(min_time: Duration, max_time: Duration) -> Self {
        let times = std::iter::successors(Some(min_time), |time| time.checked_mul(2));
        let steps = times.take_while(|time| *time < max_time && !time.is_zero());
        Self::custom(steps.collect(), max_time)
    }

    /// Any times, then `max_time` (at least 1 ms) for ever.
    pub fn custom(mut steps: Vec<Duration>, max_time: Duration) -> Self {
        let max_time = max_time.max(Duration::from_millis(1));
        steps.retain(|step| !step.is_zero() && *step < max_time);
        RetransmissionCurve {
            steps,
            max_time,
            factor: 3,
        }
    }

    /// timeAllowedtoLive is `factor` times the time to the next message; at least 1, and 3 unless
    /// it is set.
    pub fn with_time_allowed_to_live(mut self, factor: u32) -> Self {
        self.factor = factor.max(1);
        self
    }

    /// The time behind message `number` of a state, counted from 0.
    pub fn interval(&self, number: usize) -> Duration {
        self.steps.get(number).copied().unwrap_or(self.max_time)
    }

    /// The timeAllowedtoLive of message `number` of a state, in milliseconds.
    pub fn time_allowed_to_live(&self, number: usize) -> u32 {
        let time = self.interval(number).saturating_mul(self.factor);
        // A fraction of a millisecond counts as a whole one.
        let ms = time.as_nanos().div_ceil(1_000_000);
        u32::try_from(ms).unwrap_or(u32::MAX).max(1)
    }

    fn steady(&self) -> usize {
        self.steps.len()
    }
}

/// The number after this one: 0 belongs to the first message of a state, so it comes back to 1.
pub(super) fn following(number: u32) -> u32 {
    number.checked_add(1).unwrap_or(1)
}

/// The state machine of a publisher. It does no input and output: whoever has it sends the frames
/// of [`GoosePublication::poll_transmit`], and asks again at [`GoosePublication::poll_timeout`].
#[derive(Debug)]
pub struct GoosePublication {
    source: MacAddress,
    config: GooseConfig,
    curve: RetransmissionCurve,
    values: Vec<u8>,
    count: u32,
    state: MessageState,
    /// Messages of the state that were sent, as far as the curve is concerned.
    position: usize,
    /// Whether no message of this state has been made.
    fresh: bool,
    due: Option<Instant>,
    frame: Vec<u8>,
}

impl GoosePublication {
    /// A publisher that sends nothing yet.
    pub fn new(source: MacAddress, config: GooseConfig, curve: RetransmissionCurve) -> Self {
        GoosePublication {
            source,
            config,
            curve,
            values: Vec::new(),
            count: 0,
            state: MessageState {
                time_allowed_to_live: 0,
                t: UtcTime::new(),
                st_num: 0,
                sq_num: 0,
            },
            position: 0,
            fresh: false,
            due: None,
            frame: Vec::new(),
        }
    }

    /// What all messages have in common.
    pub fn config(&self) -> &GooseConfig {
        &self.config
    }

    /// Changes what all messages have in common, from the next on.
    pub fn configure(&mut self, change: impl FnOnce(&mut GooseConfig)) {
        change(&mut self.config);
    }

    /// The address messages are sent from, from the next on.
    pub fn set_source(&mut self, source: MacAddress) {
        self.source = source;
    }

    /// Number of the state that is published.
    pub fn st_num(&self) -> u32 {
        self.state.st_num
    }

    /// Number that the next message has within the state.
    pub fn next_sq_num(&self) -> u32 {
        match self.fresh {
            true => 0,
            false => following(self.state.sq_num),
        }
    }

    /// Repeats along another curve from now on: the next message comes no later than the curve says.
    pub fn set_curve(&mut self, now: Instant, curve: RetransmissionCurve) {
        let before = std::mem::replace(&mut self.curve, curve);
        // Whoever is beyond the fast repetitions stays so.
        if let Some(beyond) = self.position.checked_sub(before.steady()) {
            self.position = self.curve.steady().saturating_add(beyond);
        }
        // The interval that runs is that of the message before.
        let sent = self.position.saturating_sub(1);
        let latest = now + self.curve.interval(sent);
        self.due = self.due.map(|due| due.min(latest));
    }

    /// Goes on from the number of a state that was published before a restart.
    pub fn set_st_num(&mut self, st_num: u32) {
        self.state.st_num = st_num;
    }

    /// Begins to publish these values, without fast repetition: nothing has happened. stNum is 1
    /// the first time. `t` is the time of day at `now`.
    pub fn start(&mut self, now: Instant, t: UtcTime, values: &[MmsValue]) {
        self.start_with(now, t, |out, config| {
            encode_values(out, config, values);
            values.len() as u32
        });
    }

    /// As [`GoosePublication::start`]; `encode` appends the encoded values and says how many.
    pub fn start_with(
        &mut self,
        now: Instant,
        t: UtcTime,
        encode: impl FnOnce(&mut Vec<u8>, &GooseConfig) -> u32,
    ) {
        self.change_with(now, t, encode);
        self.position = self.curve.steady();
    }

    /// Publishes a new state at once, and repeats it along the curve. `t` is the time of day at
    /// `now`.
    pub fn change(&mut self, now: Instant, t: UtcTime, values: &[MmsValue]) {
        self.change_with(now, t, |out, config| {
            encode_values(out, config, values);
            values.len() as u32
        });
    }

    /// As [`GoosePublication::change`]; `encode` appends the encoded values and says how many.
    pub fn change_with(
        &mut self,
        now: Instant,
        t: UtcTime,
        encode: impl FnOnce(&mut Vec<u8>, &GooseConfig) -> u32,
    ) {
        self.values.clear();
        self.count = encode(&mut self.values, &self.config);
        self.state.st_num = following(self.state.st_num);
        self.state.t = t;
        self.fresh = true;
        self.position = 0;
        self.due = Some(now);
    }

    /// Sends nothing any more.
    pub fn stop(&mut self) {
        self.due = None;
    }

    /// When the next message is due; `None` while nothing is published.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// The message that is due, or `None` if it is not time yet.
    ///
    /// # Errors
    /// [`GooseError::TooLong`]; the next attempt is made when the next message is due.
    pub fn poll_transmit(&mut self, now: Instant) -> Result<Option<&[u8]>, GooseError> {
        let Some(due) = self.due.filter(|due| *due <= now) else {
            return Ok(None);
        };
        self.state.sq_num = self.next_sq_num();
        self.fresh = false;
        let interval = self.curve.interval(self.position);
        self.state.time_allowed_to_live = self.curve.time_allowed_to_live(self.position);
        self.position = self.position.saturating_add(1);
        // From the time it was due, so that lateness does not add up; unless it is too much.
        let next = due + interval;
        self.due = Some(if next > now { next } else { now + interval });
        let (config, state) = (&self.config, &self.state);
        encode_frame(
            &mut self.frame,
            self.source,
            config,
            state,
            self.count,
            &self.values,
        )?;
        Ok(Some(&self.frame))
    }
}
