//! What peers see of a control centre, over streams in memory and on paused time.

#[path = "../support/mod.rs"]
mod support;

mod worked_example;
