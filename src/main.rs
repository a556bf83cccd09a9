//! `ied`: the command-line tool over the workspace's libraries.
#![forbid(unsafe_code)]

mod browse;
mod cli;
mod cmd;
mod demo;
mod describe;
mod diff;
mod failure;
mod gateway;
mod iccp;
mod iccp_devices;
mod listen;
mod logging;
mod model_file;
mod output;
mod peer;
mod process;
mod process_bus;
mod random;
mod settings;
mod signals;
mod toml_file;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    logging::init(arguments.verbose);
    match cmd::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
