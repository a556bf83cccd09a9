//! What a server has, fetched and shown.

mod fetch;
mod json;
mod merge;
mod tree;

pub(crate) use fetch::{Wanted, fetch};
pub(crate) use json::json;
pub(crate) use tree::tree;

use iec61850::FunctionalConstraint;
use mms::{MmsValue, TypeDescription};

/// A logical device of the server.
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) nodes: Vec<Node>,
    /// Data sets that belong to no logical node, in servers that do not follow the standard.
    pub(crate) data_sets: Vec<DataSet>,
}

/// A logical node of the server.
pub(crate) struct Node {
    pub(crate) name: String,
    /// Data and control blocks, in the order of the server.
    pub(crate) objects: Vec<Object>,
    pub(crate) data_sets: Vec<DataSet>,
    pub(crate) logs: Vec<String>,
}

/// What a logical node has under one functional constraint and name.
pub(crate) struct Object {
    /// `None` in servers that do not follow the standard.
    pub(crate) fc: Option<FunctionalConstraint>,
    pub(crate) name: String,
    pub(crate) ty: TypeDescription,
    pub(crate) value: Option<MmsValue>,
}

impl Node {
    /// The variable, if it is one and no logical node: in servers that do not follow the standard.
    pub(crate) fn variable(&self) -> Option<&Object> {
        match self.objects.as_slice() {
            [only] if only.fc.is_none() && only.name == self.name => Some(only),
            _ => None,
        }
    }
}

impl Object {
    pub(crate) fn is_control_block(&self) -> bool {
        match self.fc {
            Some(FunctionalConstraint::SP) => self.name == "SGCB",
            Some(fc) => !fc.is_of_data(),
            None => false,
        }
    }
}

/// A data set of the server.
pub(crate) struct DataSet {
    pub(crate) name: String,
    /// References of the members.
    pub(crate) members: Vec<String>,
}
