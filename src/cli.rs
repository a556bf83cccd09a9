//! The command line.

use crate::cmd;
use clap::{ArgAction, Parser, Subcommand};

/// Serve, look at and talk to IEC 61850 devices and TASE.2 control centres.
///
/// Data go to standard output, messages to standard error. The exit code is 0 if all went well, 1 if
/// the peer refused, a file is bad or something could not be done, and 2 if the command line is wrong.
#[derive(Parser)]
#[command(name = "ied", version, max_term_width = 100)]
#[cfg_attr(feature = "libiec61850", command(long_version = WITH_LIBRARY.as_str()))]
pub(crate) struct Arguments {
    /// Say more on standard error: connections and every warning; twice: what the protocol stack does
    ///
    /// RUST_LOG chooses more finely, for example `RUST_LOG=mms=trace`.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Serve(cmd::serve::Arguments),
    Model(cmd::model::Arguments),
    Browse(cmd::browse::Arguments),
    Read(cmd::read::Arguments),
    Write(cmd::write::Arguments),
    Info(cmd::info::Arguments),
    Dataset(cmd::dataset::Arguments),
    Report(cmd::report::Arguments),
    Control(cmd::control::Arguments),
    Sg(cmd::sg::Arguments),
    Log(cmd::log::Arguments),
    Files(cmd::files::Arguments),
    Diff(cmd::diff::Arguments),
    Demo(cmd::demo::Arguments),
    Tase2(cmd::tase2::Arguments),
    Gateway(cmd::gateway::Arguments),
    Goose(cmd::goose::Arguments),
    Sv(cmd::sv::Arguments),
}

/// Our version, and that of the C library that is loaded.
#[cfg(feature = "libiec61850")]
static WITH_LIBRARY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    let library = match libiec61850_sys::version() {
        Ok(version) => format!("libiec61850 {version}"),
        Err(error) => error.to_string(),
    };
    format!("{}\n{library}", env!("CARGO_PKG_VERSION"))
});
