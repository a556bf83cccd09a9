//! The examples do what their first lines say: each is started as a part of this test, and talked to by a client.
//!
//! The scenarios are those of py61850's examples `server_config.py` and `server_dynamic.py`.
#![forbid(unsafe_code)]

mod asynchronous;
mod client;
mod config;
mod dynamic;

#[path = "../../examples/server_async.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod server_async;
#[path = "../../examples/server_config.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod server_config;
#[path = "../../examples/server_dynamic.rs"]
#[allow(dead_code, reason = "`main` is for people")]
mod server_dynamic;
