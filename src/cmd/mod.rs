//! The subcommands, one in each file.

pub(crate) mod browse;
pub(crate) mod demo;
pub(crate) mod model;
pub(crate) mod read;
pub(crate) mod serve;
pub(crate) mod tase2;
pub(crate) mod write;

use crate::cli::{Arguments, Command};
use crate::failure::Failure;

pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let verbose = arguments.verbose > 0;
    match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments, verbose),
        Command::Model(arguments) => model::run(&arguments, verbose),
        Command::Browse(arguments) => browse::run(&arguments),
        Command::Read(arguments) => read::run(&arguments),
        Command::Write(arguments) => write::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Tase2(arguments) => tase2::run(&arguments),
    }
}
