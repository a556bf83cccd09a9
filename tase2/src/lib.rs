//! IEC 60870-6 TASE.2 (ICCP) over MMS.
#![forbid(unsafe_code)]

pub mod bilateral;
mod clock;
mod engine;
mod error;
mod event;
pub mod model;
mod name;
mod standard;
pub mod types;

pub use clock::{Clock, SteadyClock, SystemClock};
pub use engine::UpdateError;
pub use error::DecodeError;
pub use event::{AssociationId, Caller, Event, Refusal, ReportProblem, StopReason};
pub use name::{MAX_IDENTIFIER, Name, NameError};
pub use standard::Special;
