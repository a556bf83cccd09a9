//! The subcommands, one in each file.

pub(crate) mod model;
pub(crate) mod serve;

use crate::cli::{Arguments, Command};
use crate::failure::Failure;

pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let verbose = arguments.verbose > 0;
    match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments, verbose),
        Command::Model(arguments) => model::run(&arguments, verbose),
    }
}
