//! Development tasks, called as `cargo xtask <task>`.
#![forbid(unsafe_code)]

mod bench;
mod libiec61850;
mod peers;
mod test;
mod tools;
mod valgrind;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a task ends with; the text tells a person what to do.
type Result<T = ()> = std::result::Result<T, String>;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Development tasks of the workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install the foreign stacks that the tests talk to, under target/peers
    Peers(peers::Arguments),
    /// Get the C library for builds with the feature libiec61850, into vendor/prebuilt, and libclang for the feature bindgen
    #[command(name = "libiec61850")]
    Libiec61850(libiec61850::Arguments),
    /// Make libiec61850-sys/src/bindings.rs anew from its C header
    Bindings,
    /// Install the peers and the C library, then run every test of the workspace with all features
    Test(test::Arguments),
    /// Run the tests of the engine on the C library under valgrind's memcheck
    Valgrind,
    /// Measure our server beside libiec61850's and a TCP echo
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Peers(arguments) => peers::run(&arguments),
        Task::Libiec61850(arguments) => libiec61850::run(&arguments),
        Task::Bindings => libiec61850::bindings(),
        Task::Test(arguments) => test::run(&arguments),
        Task::Valgrind => valgrind::run(),
        Task::Bench(arguments) => bench::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace's Cargo.toml.
fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// The cargo that runs this task.
fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
