//! The subcommands, one in each file.

pub(crate) mod browse;
pub(crate) mod control;
pub(crate) mod dataset;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod files;
pub(crate) mod gateway;
pub(crate) mod goose;
pub(crate) mod info;
pub(crate) mod log;
pub(crate) mod model;
pub(crate) mod read;
pub(crate) mod report;
pub(crate) mod serve;
pub(crate) mod sg;
pub(crate) mod sv;
pub(crate) mod tase2;
pub(crate) mod write;

use crate::cli::{Arguments, Command};
use crate::failure::Failure;
use chrono::{DateTime, Utc};

pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let verbose = arguments.verbose > 0;
    match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments, verbose),
        Command::Model(arguments) => model::run(&arguments, verbose),
        Command::Browse(arguments) => browse::run(&arguments),
        Command::Read(arguments) => read::run(&arguments),
        Command::Write(arguments) => write::run(&arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Dataset(arguments) => dataset::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Control(arguments) => control::run(&arguments),
        Command::Sg(arguments) => sg::run(&arguments),
        Command::Log(arguments) => log::run(&arguments),
        Command::Files(arguments) => files::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Tase2(arguments) => tase2::run(&arguments),
        Command::Gateway(arguments) => gateway::run(&arguments),
        Command::Goose(arguments) => goose::run(&arguments, verbose),
        Command::Sv(arguments) => sv::run(&arguments),
    }
}

/// A time of the command line: `2026-11-20T12:00:00Z`, or with another offset.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.to_utc())
        .map_err(|_| "expected a time like 2026-11-20T12:00:00Z".to_owned())
}
