//! Clients that misbehave: whatever they do, the others are served as before, and memory stays
//! bounded.
//!
//! The tests run one after the other: they measure this process.

#[path = "../support/mod.rs"]
mod support;

mod connections;
mod messages;
mod witness;
