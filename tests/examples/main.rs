//! The examples do what their first lines say: each is started as a part of this test, and talked to by a client.
//!
//! The scenarios are those of py61850's examples `server_config.py`, `server_dynamic.py` and `client_simple.py`.
#![forbid(unsafe_code)]
#![allow(
    clippy::duplicate_mod,
    reason = "each example has what it shares with others as a module of its own"
)]

mod asynchronous;
mod client;
mod config;
mod dynamic;
mod process_bus;
mod simple;
mod tase2;
mod tase2_blocks;

#[path = "../../examples/client_simple.rs"]
#[allow(dead_code, reason = "its main is not called")]
mod client_simple;
#[path = "../../examples/comtrade.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod comtrade;
#[path = "../../examples/goose.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod goose;
#[path = "../../examples/routable_goose.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod routable_goose;
#[path = "../../examples/sampled_values.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod sampled_values;
#[path = "../../examples/server_async.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod server_async;
#[path = "../../examples/server_config.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod server_config;
#[path = "../../examples/server_dynamic.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod server_dynamic;
#[path = "../../examples/tase2_accounts.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod tase2_accounts;
#[path = "../../examples/tase2_blocked.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod tase2_blocked;
#[path = "../../examples/tase2_devices.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod tase2_devices;
#[path = "../../examples/tase2_events.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod tase2_events;
#[path = "../../examples/tase2_information.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod tase2_information;
#[path = "../../examples/tase2_programs.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod tase2_programs;
#[path = "../../examples/tase2_time_series.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod tase2_time_series;
