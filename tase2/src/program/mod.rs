//! Programs (block 6): what a control centre can run for its peers, as MMS program invocations.
//!
//! The programs of a [`Model`](crate::model::Model) are there from the beginning. A peer with the right to starts, stops, resumes, resets and
//! kills them; the application does what that means in a handler
//! ([`VirtualControlCenter::on_program`](crate::VirtualControlCenter::on_program)) and says when a program ends by itself
//! ([`VirtualControlCenter::set_program_state`](crate::VirtualControlCenter::set_program_state)).

mod run;

pub use mms::pdu::ProgramState;

use crate::callback::{Callback, Panicked};
use crate::event::AssociationId;
use mms::ServiceError;
use parking_lot::RwLock;
use std::fmt;

/// What a program is started or resumed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramArgument {
    /// A text.
    Text(String),
    /// The content of an ASN.1 EXTERNAL, as it came.
    Encoded(Vec<u8>),
}

/// What a peer wants of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgramAction {
    /// That it runs, from IDLE.
    Start(Option<ProgramArgument>),
    /// That it stops, from RUNNING.
    Stop,
    /// That it goes on, from STOPPED.
    Resume(Option<ProgramArgument>),
    /// That it is IDLE again, or UNRUNNABLE if it is not reusable; from STOPPED.
    Reset,
    /// That it is UNRUNNABLE, from any state. It is then already, and the handler cannot refuse.
    Kill,
}

impl ProgramAction {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            ProgramAction::Start(_) => "start",
            ProgramAction::Stop => "stop",
            ProgramAction::Resume(_) => "resume",
            ProgramAction::Reset => "reset",
            ProgramAction::Kill => "kill",
        }
    }
}

/// A question to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramRequest {
    /// The program.
    pub program: String,
    /// The peer that wants it.
    pub peer: String,
    /// The association it asks on.
    pub association: AssociationId,
    /// What it wants.
    pub action: ProgramAction,
}

/// Why a program does not do what a peer wants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct ProgramRefusal {
    /// What the peer is answered.
    pub error: ServiceError,
    /// Why, for events.
    pub reason: String,
    /// Whether it cannot be run any more.
    pub unrunnable: bool,
}

impl ProgramRefusal {
    /// The program stays as it was; the peer is answered resource / capability-unavailable.
    pub fn new(reason: impl Into<String>) -> Self {
        ProgramRefusal {
            error: ServiceError::CAPABILITY_UNAVAILABLE,
            reason: reason.into(),
            unrunnable: false,
        }
    }

    /// The program is UNRUNNABLE from now on.
    pub fn unrunnable(reason: impl Into<String>) -> Self {
        ProgramRefusal {
            unrunnable: true,
            ..Self::new(reason)
        }
    }

    /// The same with another answer to the peer.
    #[must_use]
    pub fn with_error(self, error: ServiceError) -> Self {
        ProgramRefusal { error, ..self }
    }
}

impl From<Panicked> for ProgramRefusal {
    fn from(_: Panicked) -> Self {
        ProgramRefusal::new("panic in its handler")
    }
}

/// What has happened to a program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramEvent {
    /// The program.
    pub program: String,
    /// The peer that wanted something; `None`: the application.
    pub peer: Option<String>,
    /// What it wanted.
    pub action: Option<ProgramAction>,
    /// The state now, or why it was refused.
    pub result: Result<ProgramState, String>,
}

impl fmt::Display for ProgramEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "program {}", self.program)?;
        if let (Some(peer), Some(action)) = (&self.peer, &self.action) {
            write!(f, ": {peer} wants it to {}", action.word())?;
        }
        match &self.result {
            Ok(state) => write!(f, ": {state}"),
            Err(reason) => write!(f, ": refused, {reason}"),
        }
    }
}

/// How a program is.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) state: ProgramState,
    /// The text it was started with last.
    pub(crate) argument: String,
    /// Tells the request that is being carried out from those before it.
    turn: u64,
}

impl Unit {
    pub(crate) fn new() -> Self {
        Unit {
            state: ProgramState::Idle,
            argument: String::new(),
            turn: 0,
        }
    }
}

/// What the application has registered for a program.
#[derive(Debug, Default)]
pub(crate) struct Handler(pub(crate) RwLock<Option<Callback<ProgramRequest, ProgramRefusal>>>);
