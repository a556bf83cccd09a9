//! Data models and values, for people and programs.

mod differences;
mod json;
mod summary;
mod tree;
mod value;

pub(crate) use differences::{differences, differences_json};
pub(crate) use json::{ied, json};
pub(crate) use summary::{Counts, summary};
pub(crate) use tree::tree;
pub(crate) use value::{Shown, flags, named_json, text, value_branches, value_tree};
