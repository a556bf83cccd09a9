//! IEC 60870-6 TASE.2 (ICCP) over MMS.
#![forbid(unsafe_code)]

pub mod bilateral;
pub mod client;
mod clock;
pub mod config;
pub mod decode;
pub mod endpoint;
mod engine;
mod error;
mod event;
pub mod model;
mod name;
mod server;
mod standard;
pub mod types;
mod vcc;

pub use clock::{Clock, SteadyClock, SystemClock};
pub use engine::UpdateError;
pub use error::{DecodeError, Error, PointError};
pub use event::{AssociationId, Caller, Event, Refusal, ReportProblem, StopReason};
pub use name::{MAX_IDENTIFIER, Name, NameError};
pub use standard::{Special, is_standard};
pub use vcc::{PointId, VirtualControlCenter};
