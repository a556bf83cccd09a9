//! Talking to a server: where it is, what is meant, which values.

mod endpoint;
mod value;

pub(crate) use endpoint::Endpoint;
pub(crate) use value::{parse_value, type_text};
