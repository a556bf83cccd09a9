//! `cargo xtask test`: every test of the workspace, with the foreign peers in place.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::{Result, cargo, libiec61850, peers, workspace};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Handed on to `cargo test`, for example `-- --test interop` or `-- -- --nocapture`
    #[arg(last = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result {
    let peers = peers::set_up()?;
    libiec61850::set_up()?;
    let mut tests = Command::new(cargo())
        .current_dir(workspace())
        .args([
            "test",
            "--workspace",
            "--all-features",
            "--locked",
            "--no-fail-fast",
        ])
        .args(&arguments.arguments)
        .env("IED_PEERS_DIR", &peers)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run cargo test: {error}"))?;
    let mut counts = Counts::default();
    if let Some(output) = tests.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line =
                line.map_err(|error| format!("cannot read what cargo test says: {error}"))?;
            println!("{line}");
            counts.add(&line);
        }
    }
    let status = tests
        .wait()
        .map_err(|error| format!("cannot wait for cargo test: {error}"))?;
    println!(
        "all tests: {} passed, {} failed, {} ignored",
        counts.passed, counts.failed, counts.ignored
    );
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo test failed ({status})"))
    }
}

/// The sums of cargo's `test result:` lines, of which there is one per test binary.
#[derive(Default, Debug, PartialEq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Counts {
    fn add(&mut self, line: &str) {
        let Some((_, result)) = line.split_once("test result: ") else {
            return;
        };
        for part in result.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(what), None) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let Ok(count) = count.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn result_lines_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 40 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.50s",
        ] {
            counts.add(line);
        }
        assert_eq!(
            counts,
            Counts {
                passed: 43,
                failed: 2,
                ignored: 1
            }
        );
    }
}
