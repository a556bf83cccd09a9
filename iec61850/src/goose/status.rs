//! What a subscriber tells.

/// What can be said of the values of a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GooseState {
    /// No message has come yet.
    NeverSeen,
    /// The values are those of the publisher.
    Valid,
    /// timeAllowedtoLive has passed without a message: the values are old.
    Expired,
    /// Messages come, and their values cannot be used.
    Invalid(GooseProblem),
}

/// Why the values of a message cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GooseProblem {
    /// The publisher has another configuration than the subscriber was made for.
    #[error("confRev is {found}, expected {expected}")]
    ConfRev {
        /// The revision the subscriber expects.
        expected: u32,
        /// The revision of the message.
        found: u32,
    },
    /// The message is of another data set.
    #[error("another data set")]
    DataSet,
    /// The message has another name.
    #[error("another goID")]
    GoId,
    /// The number of values is not that of the data set.
    #[error("{found} values, expected {expected}")]
    ValueCount {
        /// Members of the data set.
        expected: usize,
        /// Values of the message.
        found: usize,
    },
    /// A value is damaged or of another type than the member of the data set.
    #[error("value {0} is damaged or of another type")]
    ValueType(usize),
    /// The publisher says that it has to be configured (ndsCom). The values are decoded.
    #[error("the publisher needs commissioning")]
    NeedsCommissioning,
}

/// What a message, or the lack of one, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GooseEvent {
    /// A state that was not seen before: the values are new.
    NewState {
        /// States between the last one seen and this that were missed.
        missed: u32,
        /// Whether it is the first after silence, or the publisher has begun again: what was missed
        /// is unknown.
        restart: bool,
    },
    /// The same state again.
    Retransmission {
        /// Messages before this one that were lost.
        lost: u32,
    },
    /// timeAllowedtoLive has passed without a message.
    Expired,
    /// A message came whose values cannot be used.
    Invalid(GooseProblem),
    /// An observer has seen a message.
    Observed,
}

/// What a subscriber has counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct GooseStatistics {
    /// Messages of the control block, whatever became of them.
    pub received: u64,
    /// New states.
    pub states: u64,
    /// Repetitions.
    pub retransmissions: u64,
    /// Repetitions that were missing, by their sqNum.
    pub lost: u64,
    /// States that were missing, by their stNum.
    pub missed_states: u64,
    /// Messages that came twice.
    pub duplicates: u64,
    /// Messages that were older than one before.
    pub out_of_order: u64,
    /// New beginnings of the publisher.
    pub restarts: u64,
    /// How often timeAllowedtoLive has passed.
    pub expirations: u64,
    /// Messages that were not used because they were simulated, or because they were not while
    /// simulated ones have taken over.
    pub simulation_ignored: u64,
    /// Messages of a second publisher for the same control block.
    pub other_publishers: u64,
    /// Messages whose values could not be used.
    pub invalid: u64,
}
