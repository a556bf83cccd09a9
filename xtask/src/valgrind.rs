//! `cargo xtask valgrind`: the tests of the engine on the C library under memcheck.
//!
//! Every access to memory that is not there, every value that was never set, and every allocation that is lost is an error. What is the library's
//! own fault stands in `iec61850/tests/valgrind.supp`, each with its explanation.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{Result, cargo, libiec61850, workspace};

/// The test binaries, with how cargo is asked for each, and the tests that are run: those that can reach the library.
const BINARIES: [(&str, &[&str], &str); 4] = [
    ("engine_libiec61850", &["--test", "engine_libiec61850"], ""),
    (
        "server_behaviour",
        &["--test", "server_behaviour"],
        "libiec61850",
    ),
    // The unit tests of the library crate of that name.
    ("iec61850", &["--lib"], "engine::libiec61850"),
    (
        "client_behaviour",
        &["--test", "client_behaviour"],
        "libiec61850",
    ),
];

/// What memcheck ends with when it has found something.
const FOUND: &str = "99";

pub(crate) fn run() -> Result {
    if Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        return Err("valgrind is not installed (Debian: apt-get install valgrind)".to_owned());
    }
    libiec61850::set_up()?;
    let mut failed = Vec::new();
    for (name, targets, tests) in BINARIES {
        let began = Instant::now();
        let status = Command::new("valgrind")
            .args(["--quiet", "--num-callers=24", "--leak-check=full"])
            // One test has two hundred connections, of which each has threads.
            .arg("--max-threads=2000")
            // Memcheck runs one thread at a time: without turns, one that is busy keeps the others from it for seconds.
            .arg("--fair-sched=try")
            .args([
                "--show-leak-kinds=definite",
                "--errors-for-leak-kinds=definite",
            ])
            .arg(format!("--error-exitcode={FOUND}"))
            .arg(format!(
                "--suppressions={}",
                workspace().join("iec61850/tests/valgrind.supp").display()
            ))
            .arg(executable(name, targets)?)
            .args(["--test-threads=1", tests])
            // Tests that are declared to fail on the library, or crash, are left out, and others are not started as programs of their own.
            .env("IED_ENGINE_IN_PROCESS", "1")
            .env("IED_UNDER_VALGRIND", "1")
            .env("RUST_BACKTRACE", "0")
            .current_dir(workspace().join("iec61850"))
            .status()
            .map_err(|error| format!("cannot run valgrind: {error}"))?;
        println!(
            "{name} under valgrind: {status}, {} s",
            began.elapsed().as_secs()
        );
        if !status.success() {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "valgrind found errors, or tests failed, in {}",
            failed.join(", ")
        ))
    }
}

/// Builds a test binary, with the features that all tests are run with, and tells where it is.
fn executable(name: &str, targets: &[&str]) -> Result<PathBuf> {
    let mut build = Command::new(cargo())
        .current_dir(workspace())
        .args([
            "test",
            "--workspace",
            "--all-features",
            "--locked",
            "--no-run",
        ])
        .arg("--message-format=json-render-diagnostics")
        .args(targets)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run cargo test: {error}"))?;
    let mut found = None;
    if let Some(output) = build.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| format!("cannot read what cargo says: {error}"))?;
            let Ok(message) = serde_json::from_str::<serde_json::Value>(&line) else {
                continue;
            };
            let is_own = message
                .pointer("/target/name")
                .is_some_and(|own| own == name);
            if let Some(path) = message.get("executable").and_then(|path| path.as_str())
                && is_own
            {
                found = Some(PathBuf::from(path));
            }
        }
    }
    let status = build
        .wait()
        .map_err(|error| format!("cannot wait for cargo: {error}"))?;
    match found {
        Some(path) if status.success() => Ok(path),
        _ => Err(format!("the test {name} was not built ({status})")),
    }
}
