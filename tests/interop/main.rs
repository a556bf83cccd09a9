//! `ied serve` against stacks that nobody here wrote: libiec61850, hat-drivers, csp0924's, hupe1980's and open61850's clients.
//!
//! What a foreign client sees of our server must equal what it sees of the real libiec61850 serving the same model. `cargo xtask peers`
//! installs the stacks; a test that does not find one fails. `IED_UNDER_TEST` names another build of the tool to test than cargo's.
#![forbid(unsafe_code)]

mod bay;
mod compare;
mod death;
mod driven;
mod foreign_servers;
mod judges;
mod namespaces;
mod our_client;
mod peers;
mod peers_alone;
mod process;
#[cfg(target_os = "linux")]
mod process_bus;
mod random_use;
#[path = "../../iec61850/tests/support/recorded_server.rs"]
mod recorded_server;
mod routable;
mod scenarios;
mod scl_files;
mod servers;
mod tase2;
mod tase2_blocks;
mod tase2_devices;
mod tase2_rusty;
mod tase2_tshark;
