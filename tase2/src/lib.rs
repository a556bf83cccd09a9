//! IEC 60870-6 TASE.2, also called ICCP, over MMS: how control centres tell each other their measurements and states.
//!
//! A [`VirtualControlCenter`] has the objects of a [`model::Model`] and a [`bilateral::BilateralTable`] for each peer, which says who the peer is and
//! what it may see and do. An [`endpoint::Endpoint`] puts it on the network: it listens and calls, and on each association it serves the peer and
//! uses it, whoever called. Conformance blocks 1 to 9, in the 1996 and the 2000 edition; what the model does not have is not claimed.
//!
//! Two control centres, of which one follows a point of the other:
//!
//! ```
//! use tase2::bilateral::{BilateralTable, Rights, Rule};
//! use tase2::client::{TransferSpec, Update};
//! use tase2::endpoint::{Call, Endpoint, EndpointOptions};
//! use tase2::model::{IndicationPoint, Model};
//! use tase2::types::{DsConditions, PointValue, Value};
//! use tase2::{Name, VirtualControlCenter};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // NORTH has a load, and shows it to SOUTH.
//!     let mut model = Model::new();
//!     model.add_point(IndicationPoint::new(Name::vcc("LOAD"), "RealQTimeTag".parse()?))?;
//!     let mut south = BilateralTable::new("SOUTH", "2026-1", "FOR_SOUTH");
//!     south.identity.ap_title = Some("1.1.999.2".parse()?);
//!     south.rules = vec![Rule::new("LOAD", Rights::READ)];
//!     let north = VirtualControlCenter::new(model, vec![south])?;
//!     let mut options = EndpointOptions::default();
//!     options.listen = Some("127.0.0.1:0".parse()?);
//!     let listening = Endpoint::start(&north, options, vec![])?;
//!
//!     // SOUTH has nothing of its own, and calls NORTH.
//!     let mut table = BilateralTable::new("NORTH", "2026-1", "FOR_NORTH");
//!     table.peer_domain = Some("FOR_SOUTH".into());
//!     table.identity.ap_title = Some("1.1.999.1".parse()?);
//!     let vcc = VirtualControlCenter::new(Model::new(), vec![table])?;
//!     let mut options = EndpointOptions::default();
//!     options.ap_title = Some("1.1.999.2".parse()?);
//!     let address = listening.local_addr().ok_or("not listening")?.to_string();
//!     let calling = Endpoint::start(&vcc, options, vec![Call::new("NORTH", vec![address])])?;
//!
//!     // It follows the load by exception; the data set is made at NORTH.
//!     let spec = TransferSpec::new("FOR_SOUTH/LOADS".parse()?, DsConditions::OBJECT_CHANGE)
//!         .with_members(vec![Name::vcc("LOAD")]);
//!     let mut updates = calling.peer("NORTH")?.follow(spec);
//!     let load = north.point(&Name::vcc("LOAD")).ok_or("no such point")?;
//!     while let Some(update) = updates.next().await {
//!         let Update::Report(report) = update else { continue };
//!         // The first report has all members, the next ones what has changed.
//!         let value = report.changes[0].value?;
//!         if value.value == Value::Real(412.5) {
//!             break;
//!         }
//!         north.update(load, PointValue::real(412.5))?;
//!     }
//!     calling.stop().await;
//!     listening.stop().await;
//!     Ok(())
//! }
//! ```
//!
//! Beyond points and data sets there are [`device`]s (block 5), [`information`] messages (4), [`program`]s (6), event [`condition`]s (7), transfer
//! [`account`]s (8), time [`series`] (9), and reports packed into octet strings (3, [`bilateral::TableOptions::block3`]).
//!
//! [`client::Client::connect`] uses a control centre without being one, [`config::Config::load`] makes one of files, [`decode::decode`] says what others
//! said to each other in a capture.
//!
//! Events go to [`VirtualControlCenter::events`] and to `tracing`; nothing is printed.
#![forbid(unsafe_code)]

pub mod account;
pub mod bilateral;
mod callback;
pub mod check;
pub mod client;
mod clock;
pub mod condition;
pub mod config;
pub mod decode;
pub mod device;
pub mod endpoint;
mod engine;
mod error;
mod event;
pub mod information;
pub mod model;
mod name;
pub mod program;
pub mod series;
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
