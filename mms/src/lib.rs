//! ISO 9506 (MMS) over the OSI stack: ACSE, presentation, session, COTP class 0 and TPKT.
//!
//! A server with one variable, and a client that reads and writes it:
//!
//! ```
//! use mms::client::{Client, ClientOptions};
//! use mms::server::vmd::{Variable, Vmd, VmdOptions};
//! use mms::server::{Server, ServerOptions};
//! use mms::{MmsValue, ObjectName, TypeDescription};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let vmd = Vmd::new(VmdOptions::default());
//!     vmd.add_domain("Boiler")?;
//!     let temperature = ObjectName::domain("Boiler", "Temperature");
//!     vmd.add_variable(temperature, Variable::new(TypeDescription::FLOAT32, 20.5_f32)?)?;
//!
//!     let address = "127.0.0.1:0".parse()?;
//!     let server = Server::bind(address, ServerOptions::of(&vmd), vmd.sessions())?.start()?;
//!
//!     let client = Client::connect(server.local_addr(), ClientOptions::default()).await?;
//!     assert_eq!(client.domain_names().await?, ["Boiler"]);
//!     assert_eq!(client.read(temperature).await?, MmsValue::Float32(20.5));
//!     client.write(temperature, &MmsValue::Float32(21.0)).await?;
//!     assert_eq!(vmd.get(temperature)?, MmsValue::Float32(21.0));
//!
//!     client.conclude().await?;
//!     server.stop().await;
//!     Ok(())
//! }
//! ```
//!
//! [`client::blocking`] has the same client for programs without a runtime.
//!
//! Beneath them, the protocol core takes bytes and gives bytes: [`pdu`], [`osi`] and
//! [`association`] own no socket, no clock and no thread. [`net`] drives associations with tokio.
#![forbid(unsafe_code)]

pub mod association;
pub mod ber;
pub mod client;
pub mod data_writer;
mod error;
mod name;
pub mod net;
pub mod osi;
pub mod pdu;
pub mod server;
pub mod type_writer;
mod types;
mod value;
mod variable;

pub use error::{DataAccessError, FileError, RejectReason, ServiceError};
pub use name::{MAX_IDENTIFIER_LENGTH, ObjectName, OwnedObjectName};
pub use types::{Component, TypeDescription};
pub use value::{
    BinaryTime, BitString, DataView, MAX_DATA_NESTING, MmsType, MmsValue, ObjectIdentifier,
    UtcTime, ValueError,
};
pub use variable::OwnedVariable;
