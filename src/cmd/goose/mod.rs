//! `ied goose`.

mod listen;
mod publish;

use crate::failure::Failure;
use crate::process_bus::{doctor, replay};
use clap::Subcommand;
use iec61850::link::EtherType;

/// Listen to, publish and replay GOOSE messages, and find out why subscriptions are silent
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Listen(listen::Arguments),
    Publish(publish::Arguments),
    Replay(replay::Arguments),
    Doctor(doctor::Arguments),
}

fn number(text: &str) -> Result<u16, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "expected a number from 0 to 65535, or 0x0000 to 0xffff".to_owned())
}

pub(crate) fn run(arguments: &Arguments, verbose: bool) -> Result<(), Failure> {
    match &arguments.command {
        Command::Listen(arguments) => listen::run(arguments),
        Command::Publish(arguments) => publish::run(arguments, verbose),
        Command::Replay(arguments) => replay::run(arguments, EtherType::GOOSE),
        Command::Doctor(arguments) => doctor::run(arguments),
    }
}
