//! A data model, shown in different ways.

mod json;
mod summary;
mod tree;
mod value;

pub(crate) use json::{ied, json};
pub(crate) use summary::{Counts, summary};
pub(crate) use tree::tree;
pub(crate) use value::{flags, to_json};
