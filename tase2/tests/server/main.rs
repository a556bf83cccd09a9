//! What peers see of a control centre, over streams in memory and on paused time.

#[path = "../support/mod.rs"]
mod support;

mod data_sets;
mod rights;
mod timing;
mod transfer_sets;
mod values;
mod worked_example;
