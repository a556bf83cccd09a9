//! The tool `ied` as its users call it: arguments, output, exit codes.
#![forbid(unsafe_code)]

mod client;
mod demo;
mod diff;
mod gateway;
mod model;
#[path = "../interop/process.rs"]
mod process;
mod process_bus;
mod serve;
mod services;
mod tase2;
mod tase2_information;
mod usage;

use process::{Finished, finish};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(60);

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ied"));
    // Whoever runs the tests may have it set.
    command.env_remove("RUST_LOG");
    command
}

/// Runs `ied` to its end.
fn ied(arguments: &[&str]) -> Finished {
    finish(command().args(arguments), "", LIMIT)
}

/// Runs `ied`, which has to end with the exit code; gives what it wrote on standard output and standard error.
fn ends(code: i32, arguments: &[&str]) -> (String, String) {
    let finished = ied(arguments);
    assert_eq!(
        finished.status.code(),
        Some(code),
        "ied {}\n{}\n{}",
        arguments.join(" "),
        finished.stdout,
        finished.stderr
    );
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
    (finished.stdout, finished.stderr)
}

/// As [`ends`] with a failure: nothing but messages, of which one holds all of these texts.
fn refused(code: i32, arguments: &[&str], texts: &[&str]) {
    let (_, stderr) = ends(code, arguments);
    for text in texts {
        assert!(stderr.contains(text), "no {text:?} in:\n{stderr}");
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file(name: &str) -> String {
    let path: PathBuf = repository().join(name);
    path.to_str().expect("a UTF-8 path").to_owned()
}

/// A feeder bay of all control models, with setting groups and data sets.
fn bay() -> String {
    file("tests/data/bay.cid")
}

/// A file of this content in a folder of its own.
fn written(name: &str, content: impl AsRef<[u8]>) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("writing a temporary file");
    let path = path.to_str().expect("a UTF-8 path").to_owned();
    (folder, path)
}
