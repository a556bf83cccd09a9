use super::{Quality, State, StateSupplemental, TimeStamp};
use std::fmt;

/// What an indication point tells, without quality and time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A floating-point number.
    Real(f32),
    /// A state.
    State(State),
    /// An integer.
    Discrete(i32),
    /// A state with tag and expected state.
    Supplemental(StateSupplemental),
}

impl Value {
    pub(crate) fn real(self) -> f32 {
        match self {
            Value::Real(value) => value,
            Value::Discrete(value) => value as f32,
            Value::State(_) | Value::Supplemental(_) => f32::from(self.state().code()),
        }
    }

    pub(crate) fn discrete(self) -> i32 {
        match self {
            Value::Discrete(value) => value,
            Value::Real(value) => value as i32,
            Value::State(_) | Value::Supplemental(_) => self.state().code().into(),
        }
    }

    pub(crate) fn state(self) -> State {
        match self {
            Value::State(state) => state,
            Value::Supplemental(value) => value.state,
            Value::Real(_) | Value::Discrete(_) => State::Invalid,
        }
    }

    pub(crate) fn supplemental(self) -> StateSupplemental {
        match self {
            Value::Supplemental(value) => value,
            other => StateSupplemental {
                state: other.state(),
                ..StateSupplemental::default()
            },
        }
    }

    /// The same content: a number that is none equals itself.
    pub(crate) fn same(self, other: Value) -> bool {
        match (self, other) {
            (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Real(value) => value.fmt(f),
            Value::Discrete(value) => value.fmt(f),
            Value::State(state) => state.fmt(f),
            Value::Supplemental(value) => {
                write!(
                    f,
                    "{} tag {} expected {}",
                    value.state, value.tag, value.expected
                )
            }
        }
    }
}

/// The value of an indication point with what comes with it. What the type of the point does not have is `None` in a value that was read,
/// and does not count in one that is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PointValue {
    /// The value.
    pub value: Value,
    /// Its quality.
    pub quality: Option<Quality>,
    /// When it came to be.
    pub time: Option<TimeStamp>,
    /// The counter of changes (COV).
    pub cov: Option<u16>,
}

impl PointValue {
    /// A number with nothing beside it.
    pub fn real(value: f32) -> Self {
        Value::Real(value).into()
    }

    /// An integer with nothing beside it.
    pub fn discrete(value: i32) -> Self {
        Value::Discrete(value).into()
    }

    /// A state with nothing beside it.
    pub fn state(value: State) -> Self {
        Value::State(value).into()
    }

    /// The same value with this quality.
    #[must_use]
    pub fn with_quality(self, quality: Quality) -> Self {
        PointValue {
            quality: Some(quality),
            ..self
        }
    }

    /// The same value at this time.
    #[must_use]
    pub fn at(self, time: TimeStamp) -> Self {
        PointValue {
            time: Some(time),
            ..self
        }
    }

    /// Whether going from `self` to `new` is a change that is reported: of value, quality or COV counter. A new time stamp alone is
    /// none.
    pub fn differs(&self, new: &PointValue) -> bool {
        !self.value.same(new.value)
            || self.quality.unwrap_or_default() != new.quality.unwrap_or_default()
            || self.cov != new.cov
    }
}

impl fmt::Display for PointValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)?;
        if let Some(quality) = self.quality {
            write!(f, " {quality}")?;
        }
        if let Some(time) = self.time {
            write!(f, " {time}")?;
        }
        if let Some(cov) = self.cov {
            write!(f, " COV {cov}")?;
        }
        Ok(())
    }
}
