//! What a server does, as its application and its clients see it: through the public API only,
//! and the same for every engine.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod behaviour;
mod controls;
mod data_sets;
mod files;
mod handlers;
mod life;
mod lock;
mod logs;
mod names;
mod publishers;
mod read;
mod reports;
mod setting_groups;
mod substitution;
mod tracking;
mod values;
mod write;

/// The table of `docs/engines.md`.
#[cfg(feature = "libiec61850")]
#[test]
fn the_table_of_engines_is_what_the_run_yields() {
    support::engines::table_is_what_the_run_yields("server_behaviour");
}
