//! Device control (block 5): what peers and the application see of it, over streams in memory and on paused time.

#[path = "../support/mod.rs"]
mod support;

mod bench;
mod client;
mod faults;
mod handlers;
mod random;
mod refusals;
mod tags;
mod worked_example;
