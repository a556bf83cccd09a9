//! Program invocations: ISO 9506-2 `Start`, `Stop`, `Resume`, `Reset`, `Kill`, `GetProgramInvocationAttributes`.

use super::done::done;
use super::list::List;
use super::wire::skip_extensions;
use crate::ber::{BerError, Reader, Tag, Writer, boolean, integer, text};
use crate::name::identifier;

pub(super) const START: Tag = Tag::context_constructed(40);
pub(super) const STOP: Tag = Tag::context_constructed(41);
pub(super) const RESUME: Tag = Tag::context_constructed(42);
pub(super) const RESET: Tag = Tag::context_constructed(43);
pub(super) const KILL: Tag = Tag::context_constructed(44);
pub(super) const START_RESPONSE: Tag = Tag::context(40);
pub(super) const STOP_RESPONSE: Tag = Tag::context(41);
pub(super) const RESUME_RESPONSE: Tag = Tag::context(42);
pub(super) const RESET_RESPONSE: Tag = Tag::context(43);
pub(super) const KILL_RESPONSE: Tag = Tag::context(44);
pub(super) const GET_PROGRAM_ATTRIBUTES: Tag = Tag::context(45);
pub(super) const GET_PROGRAM_ATTRIBUTES_RESPONSE: Tag = Tag::context_constructed(45);

const NAME: Tag = Tag::context(0);
const SIMPLE: Tag = Tag::context(1);
const STATE: Tag = Tag::context(0);
const DOMAINS: Tag = Tag::context_constructed(1);
const DELETABLE: Tag = Tag::context(2);
const REUSABLE: Tag = Tag::context(3);
const MONITOR: Tag = Tag::context(4);
const START_ARGUMENT: Tag = Tag::context(5);

/// The state of a program invocation (ISO 9506-2 `ProgramInvocationState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProgramState {
    /// There is no such program invocation.
    NonExistent,
    /// It cannot be run (any more).
    Unrunnable,
    /// It is ready to be started.
    Idle,
    /// It runs.
    Running,
    /// It was stopped and can go on.
    Stopped,
    /// It is being started.
    Starting,
    /// It is being stopped.
    Stopping,
    /// It is being resumed.
    Resuming,
    /// It is being reset.
    Resetting,
    /// A state of a companion standard, kept as received.
    Other(i64),
}

impl ProgramState {
    const ALL: [ProgramState; 9] = [
        ProgramState::NonExistent,
        ProgramState::Unrunnable,
        ProgramState::Idle,
        ProgramState::Running,
        ProgramState::Stopped,
        ProgramState::Starting,
        ProgramState::Stopping,
        ProgramState::Resuming,
        ProgramState::Resetting,
    ];

    /// The number on the wire.
    pub fn code(self) -> i64 {
        match self {
            ProgramState::Other(code) => code,
            state => Self::ALL.iter().position(|s| *s == state).unwrap_or(0) as i64,
        }
    }

    /// The state with this number.
    pub fn from_code(code: i64) -> Self {
        let known = usize::try_from(code).ok().and_then(|i| Self::ALL.get(i));
        known.copied().unwrap_or(ProgramState::Other(code))
    }
}

impl std::fmt::Display for ProgramState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            ProgramState::NonExistent => "non-existent",
            ProgramState::Unrunnable => "unrunnable",
            ProgramState::Idle => "idle",
            ProgramState::Running => "running",
            ProgramState::Stopped => "stopped",
            ProgramState::Starting => "starting",
            ProgramState::Stopping => "stopping",
            ProgramState::Resuming => "resuming",
            ProgramState::Resetting => "resetting",
            ProgramState::Other(code) => return write!(f, "state {code}"),
        })
    }
}

/// What a program invocation is started or resumed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionArgument<'a> {
    /// A text.
    Simple(&'a str),
    /// The content of an EXTERNAL, as it came.
    Encoded(&'a [u8]),
}

impl<'a> ExecutionArgument<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Option<Self>, BerError> {
        if let Some(content) = r.optional(SIMPLE)? {
            return Ok(Some(ExecutionArgument::Simple(text(content)?)));
        }
        Ok(r.optional(Tag::EXTERNAL)?.map(ExecutionArgument::Encoded))
    }

    fn encode(self, w: &mut Writer<'_>) {
        match self {
            ExecutionArgument::Simple(text) => w.text(SIMPLE, text),
            ExecutionArgument::Encoded(content) => w.primitive(Tag::EXTERNAL, content),
        }
    }
}

macro_rules! with_argument {
    ($($(#[$meta:meta])* $name:ident $tag:ident;)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name<'a> {
                /// The program invocation.
                pub name: &'a str,
                /// What it is given.
                pub argument: Option<ExecutionArgument<'a>>,
            }

            impl<'a> $name<'a> {
                pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
                    let mut r = Reader::new(content);
                    let name = identifier(r.expect(NAME)?)?;
                    let argument = ExecutionArgument::decode(&mut r)?;
                    skip_extensions(&mut r, 2)?;
                    Ok($name { name, argument })
                }

                /// Writes the service element.
                pub fn encode(&self, w: &mut Writer<'_>) {
                    w.constructed($tag, |w| {
                        w.text(NAME, self.name);
                        if let Some(argument) = self.argument {
                            argument.encode(w);
                        }
                    });
                }
            }
        )+
    };
}

with_argument! {
    /// Starts an idle program invocation.
    StartRequest START;
    /// Lets a stopped program invocation go on.
    ResumeRequest RESUME;
}

macro_rules! by_name {
    ($($(#[$meta:meta])* $name:ident $tag:ident;)+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name<'a> {
                /// The program invocation.
                pub name: &'a str,
            }

            impl<'a> $name<'a> {
                pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
                    let mut r = Reader::new(content);
                    let name = identifier(r.expect(NAME)?)?;
                    skip_extensions(&mut r, 1)?;
                    Ok($name { name })
                }

                /// Writes the service element.
                pub fn encode(&self, w: &mut Writer<'_>) {
                    w.constructed($tag, |w| w.text(NAME, self.name));
                }
            }
        )+
    };
}

by_name! {
    /// Stops a running program invocation.
    StopRequest STOP;
    /// Brings a stopped program invocation back to where it was before it was started.
    ResetRequest RESET;
    /// Makes a program invocation one that cannot be run, whatever it does.
    KillRequest KILL;
}

done! {
    /// It runs.
    StartResponse START_RESPONSE;
    /// It is stopped.
    StopResponse STOP_RESPONSE;
    /// It runs again.
    ResumeResponse RESUME_RESPONSE;
    /// It is reset.
    ResetResponse RESET_RESPONSE;
    /// It is unrunnable.
    KillResponse KILL_RESPONSE;
}

/// Asks for the attributes of a program invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramAttributesRequest<'a> {
    /// The program invocation.
    pub name: &'a str,
}

impl<'a> ProgramAttributesRequest<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        identifier(content).map(|name| ProgramAttributesRequest { name })
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.text(GET_PROGRAM_ATTRIBUTES, self.name);
    }
}

/// The attributes of a program invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramAttributesResponse<'a> {
    /// What it does.
    pub state: ProgramState,
    /// The domains it is made of.
    pub domains: List<'a, &'a str>,
    /// Whether it can be deleted over MMS.
    pub deletable: bool,
    /// Whether it is idle after a reset, and not unrunnable.
    pub reusable: bool,
    /// Whether an event condition watches it.
    pub monitor: bool,
    /// What it was started with last. The first edition sends it always, empty where there is none.
    pub start_argument: Option<&'a str>,
}

impl<'a> ProgramAttributesResponse<'a> {
    pub(super) fn decode(content: &'a [u8]) -> Result<Self, BerError> {
        let mut r = Reader::new(content);
        let response = ProgramAttributesResponse {
            state: ProgramState::from_code(integer(r.expect(STATE)?)?),
            domains: List::decode(r.expect(DOMAINS)?)?,
            deletable: boolean(r.expect(DELETABLE)?)?,
            reusable: boolean(r.expect(REUSABLE)?)?,
            monitor: boolean(r.expect(MONITOR)?)?,
            start_argument: r.optional(START_ARGUMENT)?.map(text).transpose()?,
        };
        // The argument as another choice: the first edition numbers it anew, the third has an EXTERNAL.
        r.optional(SIMPLE)?;
        r.optional(Tag::EXTERNAL)?;
        skip_extensions(&mut r, 6)?;
        Ok(response)
    }

    /// Writes the service element.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.constructed(GET_PROGRAM_ATTRIBUTES_RESPONSE, |w| {
            w.integer(STATE, self.state.code());
            self.domains.encode(w, DOMAINS);
            w.boolean(DELETABLE, self.deletable);
            w.boolean(REUSABLE, self.reusable);
            w.boolean(MONITOR, self.monitor);
            if let Some(argument) = self.start_argument {
                w.text(START_ARGUMENT, argument);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_their_numbers() {
        for code in 0..9 {
            assert_eq!(ProgramState::from_code(code).code(), code);
        }
        assert_eq!(ProgramState::from_code(2), ProgramState::Idle);
        assert_eq!(ProgramState::from_code(-7), ProgramState::Other(-7));
        assert_eq!(ProgramState::Other(12).code(), 12);
        assert_eq!(ProgramState::Resetting.to_string(), "resetting");
    }

    #[test]
    fn attributes_of_both_editions() {
        // state 3, one domain, all flags false, start argument; then an execution argument of the first edition.
        let first = [
            0x80, 1, 3, 0xa1, 3, 0x1a, 1, b'D', 0x82, 1, 0, 0x83, 1, 0, 0x84, 1, 0, 0x85, 1, b'x',
            0x81, 1, b'y',
        ];
        let decoded = ProgramAttributesResponse::decode(&first).unwrap();
        assert_eq!(decoded.state, ProgramState::Running);
        assert_eq!(decoded.start_argument, Some("x"));
        let without = &first[..first.len() - 6];
        let decoded = ProgramAttributesResponse::decode(without).unwrap();
        assert_eq!(decoded.start_argument, None);
        for cut in 0..without.len() {
            assert!(ProgramAttributesResponse::decode(&without[..cut]).is_err());
        }
    }
}
