//! Talking to a server: where it is, what is meant, which values.

mod connect;
mod endpoint;
mod lookup;
mod value;
mod variable;

pub(crate) use connect::{PeerArguments, seconds, side_by_side};
pub(crate) use endpoint::Endpoint;
pub(crate) use lookup::{explain, lookup, type_of};
pub(crate) use value::{parse_value, type_text};
pub(crate) use variable::{reference_of, variable};
