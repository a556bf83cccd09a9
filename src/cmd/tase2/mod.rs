//! `ied tase2`: the subcommands, one in each file.

mod browse;
mod check;
mod decode;
mod device;
mod pics;
mod read;
mod receive;
mod send;
mod serve;
mod watch;
mod write;

use crate::failure::Failure;

/// Serve, look at and talk to TASE.2 (ICCP) control centres
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Serve(serve::Arguments),
    Browse(browse::Arguments),
    Read(read::Arguments),
    Write(write::Arguments),
    Watch(watch::Arguments),
    Select(device::SelectArguments),
    Operate(device::OperateArguments),
    #[command(name = "command")]
    Give(device::GiveArguments),
    Setpoint(device::SetpointArguments),
    Tag(device::TagArguments),
    Check(check::Arguments),
    Pics(pics::Arguments),
    Decode(decode::Arguments),
    Send(send::Arguments),
    Receive(receive::Arguments),
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Browse(arguments) => browse::run(arguments),
        Command::Read(arguments) => read::run(arguments),
        Command::Write(arguments) => write::run(arguments),
        Command::Watch(arguments) => watch::run(arguments),
        Command::Select(arguments) => device::select(arguments),
        Command::Operate(arguments) => device::operate(arguments),
        Command::Give(arguments) => device::command(arguments),
        Command::Setpoint(arguments) => device::setpoint(arguments),
        Command::Tag(arguments) => device::tag(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Pics(arguments) => pics::run(arguments),
        Command::Decode(arguments) => decode::run(arguments),
        Command::Send(arguments) => send::run(arguments),
        Command::Receive(arguments) => receive::run(arguments),
    }
}
