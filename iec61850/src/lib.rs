//! IEC 61850.
#![forbid(unsafe_code)]

pub mod scl;
