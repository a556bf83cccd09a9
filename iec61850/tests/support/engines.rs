//! One suite, two engines: tests that take a [`NewServer`] run on our engine and, with the feature
//! `libiec61850`, on the C library, each in a process of its own, so that a fault of the library is one test's.
//!
//! What is not the same on the library stands in [`super::differences`]: such a test must fail there, in the way
//! that is written there. [`table_is_what_the_run_yields`] holds `docs/engines.md` to it.

use super::differences::{DIFFERENCES, Difference, Shown};
use super::{LIBIEC61850, NewServer};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Names the one test that a process is there for.
const TEST: &str = "IED_ENGINE_TEST";

/// Set where a test is expected to fail: waiting ends soon.
const IMPATIENT: &str = "IED_ENGINE_IMPATIENT";

/// Renews the tables in `docs/engines.md` in place of comparing them.
const RENEW: &str = "IED_RENEW_TABLES";

/// Runs all tests on the library in the process that was started, for tools that look into it.
const IN_PROCESS: &str = "IED_ENGINE_IN_PROCESS";

/// How long a test on the library may take.
const LONGEST: Duration = Duration::from_secs(300);

/// How long one may take that is expected to hang.
const LONGEST_HANGING: Duration = Duration::from_secs(20);

/// Whether this process is there to show that a test fails.
pub(crate) fn is_impatient() -> bool {
    std::env::var_os(IMPATIENT).is_some()
}

/// What became of a test.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Crashed,
    Hung,
}

/// Runs a test on the C library.
pub(crate) fn on_library(module: &str, name: &str, test: fn(NewServer)) {
    let (binary, path) = split(module);
    let full = joined(&[path, name]);
    let declared = DIFFERENCES
        .iter()
        .find(|difference| difference.binary == binary && difference.test == full);
    if std::env::var_os(IN_PROCESS).is_some() {
        // What is declared to fail says nothing there, and may crash.
        if declared.is_none() {
            test(LIBIEC61850);
        }
        return;
    }
    if std::env::var(TEST).is_ok_and(|wanted| wanted == full) {
        return test(LIBIEC61850);
    }
    let (outcome, said) = run(&full, path, name, declared);
    match declared {
        None if outcome == Outcome::Passed => {}
        None => panic!("{outcome:?} on libiec61850, which is not declared:\n{said}"),
        Some(difference) => check(difference, &outcome, &said),
    }
}

fn check(difference: &Difference, outcome: &Outcome, said: &str) {
    assert_ne!(
        *outcome,
        Outcome::Passed,
        "{} no longer differs on libiec61850: take it out of support/differences.rs",
        difference.test
    );
    let as_declared = match difference.shown {
        Shown::Crash => *outcome == Outcome::Crashed,
        Shown::Hang => *outcome == Outcome::Hung,
        Shown::Says(words) => *outcome == Outcome::Failed && said.contains(words),
    };
    assert!(
        as_declared,
        "{} differs in another way on libiec61850: {outcome:?}, declared {:?}:\n{said}",
        difference.test, difference.shown
    );
}

/// `binary::module::libiec61850` as the binary and the path of the tests for all engines, which may be empty.
fn split(module: &str) -> (&str, &str) {
    let path = module.strip_suffix("::libiec61850").unwrap_or(module);
    path.split_once("::").unwrap_or((path, ""))
}

/// Names that are there, joined to a path.
fn joined(parts: &[&str]) -> String {
    let parts = parts.iter().copied().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("::")
}

fn run(full: &str, path: &str, name: &str, declared: Option<&Difference>) -> (Outcome, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(joined(&[path, "libiec61850", name]))
        .env(TEST, full)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut longest = if is_impatient() {
        LONGEST_HANGING
    } else {
        LONGEST
    };
    if let Some(difference) = declared {
        command.env(IMPATIENT, "1");
        if matches!(difference.shown, Shown::Hang) {
            longest = LONGEST_HANGING;
        }
    }
    let mut child = command.spawn().unwrap();
    // Read beside it: a pipe that is full would stop it.
    let readers = [
        read(child.stdout.take().unwrap()),
        read(child.stderr.take().unwrap()),
    ];
    let give_up = Instant::now() + longest;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > give_up {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let said: String = readers
        .into_iter()
        .map(|reader| reader.join().unwrap())
        .collect();
    let outcome = match status.map(|status| status.code()) {
        None => Outcome::Hung,
        Some(None) => Outcome::Crashed,
        Some(Some(0)) => {
            assert!(
                said.contains("1 passed"),
                "no test of the name {full}:\n{said}"
            );
            Outcome::Passed
        }
        Some(Some(_)) => Outcome::Failed,
    };
    (outcome, said)
}

fn read(mut pipe: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut octets = Vec::new();
        pipe.read_to_end(&mut octets).unwrap();
        String::from_utf8_lossy(&octets).into_owned()
    })
}

/// The tests of this binary that run on both engines, as `module::name`.
fn suite() -> Vec<String> {
    let Output { stdout, .. } = Command::new(std::env::current_exe().unwrap())
        .arg("--list")
        .output()
        .unwrap();
    String::from_utf8(stdout)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let test = line.strip_suffix(": test")?;
            test.contains("libiec61850::")
                .then(|| test.replace("libiec61850::", ""))
        })
        .collect()
}

/// Compares the table of a binary in `docs/engines.md` with its tests and with what is declared of them, which each run
/// checks; or renews it.
pub(crate) fn table_is_what_the_run_yields(binary: &str) {
    let suite = suite();
    let own: Vec<_> = DIFFERENCES
        .iter()
        .filter(|difference| difference.binary == binary)
        .collect();
    for difference in &own {
        assert!(
            suite.iter().any(|test| test == difference.test),
            "no test of the name {}",
            difference.test
        );
    }
    let mut table = String::from("| behaviour | native | libiec61850 |\n|---|---|---|\n");
    for test in &suite {
        let words = test.replace("::", ": ").replace('_', " ");
        match own.iter().find(|difference| difference.test == test) {
            None => table.push_str(&format!("| {words} | yes | yes |\n")),
            Some(difference) => {
                table.push_str(&format!("| {words} | {difference} |\n"));
            }
        }
    }
    let (begin, end) = (
        format!("<!-- begin {binary} -->\n"),
        format!("<!-- end {binary} -->"),
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/engines.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(&begin).expect("the table has a place");
    let (written, after) = rest.split_once(&end).expect("the table has an end");
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(
            written, table,
            "docs/engines.md is not what the run yields: {RENEW}=1 renews it"
        );
    }
}
