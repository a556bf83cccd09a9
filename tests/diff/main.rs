//! `ied diff`: our engine and libiec61850 answer the same requests the same way, but for the known differences of `src/diff/known.toml`, each of which
//! has to occur.
//!
//! `DIFF_STEPS` makes other than the usual number of requests, `DIFF_SEED` other ones.
#![forbid(unsafe_code)]

#[path = "../interop/process.rs"]
mod process;

use process::finish;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// How long one comparison may take.
const LIMIT: Duration = Duration::from_secs(280);
/// They mostly wait for reports.
const AT_ONCE: usize = 3;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// Compares the engines on a model; what `ied diff --json` says.
fn compare(model: &Path, selection: &[String], steps: u64, seed: u64) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ied"));
    command
        .env_remove("RUST_LOG")
        .arg("diff")
        .arg(model)
        .args(selection)
        .args(["--keep-going", "--json", "--steps", &steps.to_string()])
        .args(["--seed", &seed.to_string()]);
    let finished = finish(&mut command, "", LIMIT);
    serde_json::from_str(&finished.stdout).unwrap_or_else(|error| {
        panic!(
            "{}: {}, no JSON ({error}): {}\n{}",
            model.display(),
            finished.status,
            finished.stdout,
            finished.stderr
        )
    })
}

/// One comparison to be made.
struct Work {
    model: PathBuf,
    selection: Vec<String>,
    steps: u64,
    seed: u64,
}

/// What all comparisons came to.
#[derive(Default)]
struct Total {
    requests: u64,
    pdus: u64,
    same: u64,
    known: u64,
    /// How often each known difference occurred: whether it takes a file of a vendor, and what it is about.
    seen: BTreeMap<(bool, String), u64>,
    unknown: Vec<String>,
}

impl Total {
    fn add(&mut self, work: &Work, found: &Value) {
        let count = |key: &str| found[key].as_u64().expect("a number");
        self.requests += count("requests");
        self.pdus += count("pdus");
        self.same += count("same");
        self.known += count("known");
        for known in found["known_differences"].as_array().expect("a list") {
            let entry = format!(
                "{} / {}: {}",
                known["left"], known["right"], known["reason"]
            );
            if known["by_chance"] == true {
                continue;
            }
            let of_vendors = known["of_vendors"] == true;
            *self.seen.entry((of_vendors, entry)).or_default() +=
                known["count"].as_u64().expect("a number");
        }
        for difference in found["differences"].as_array().expect("a list") {
            self.unknown.push(format!(
                "{} --seed {}, step {}: {} ({} times)\n  {}\n  left  {}\n  right {}",
                work.model.display(),
                work.seed,
                difference["step"],
                difference["kind"],
                difference["count"],
                difference["what"],
                difference["left"]["decoded"],
                difference["right"]["decoded"],
            ));
        }
    }
}

impl Total {
    fn show(&self) {
        for ((_, known), seen) in &self.seen {
            println!("{seen:>6} x {known}");
        }
    }

    /// Asserts that each of the known differences occurred that occur with these models.
    fn has_all_known(&self, of_vendors: bool) {
        let gone: Vec<&str> = self
            .seen
            .iter()
            .filter(|((vendors, _), seen)| *vendors == of_vendors && **seen == 0)
            .map(|((_, known), _)| known.as_str())
            .collect();
        assert!(
            gone.is_empty(),
            "known differences that do not occur any more:\n{}",
            gone.join("\n")
        );
    }
}

fn compare_all(work: Vec<Work>) -> Total {
    let work = Mutex::new(work.into_iter());
    let total = Mutex::new(Total::default());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = work.lock().expect("no test panics here").next();
                    let Some(next) = next else { return };
                    let compare = || compare(&next.model, &next.selection, next.steps, next.seed);
                    let mut found = compare();
                    if found["differences"]
                        .as_array()
                        .is_none_or(|list| !list.is_empty())
                    {
                        // A selection may end, or reports be joined, where a busy machine takes its time. What the
                        // engines do differently comes again.
                        found = compare();
                    }
                    total
                        .lock()
                        .expect("no test panics here")
                        .add(&next, &found);
                }
            });
        }
    });
    let total = total.into_inner().expect("no test panics here");
    println!(
        "{} requests, {} PDUs of each server, {} answers the same, {} different as is known, {} kinds of others",
        total.requests,
        total.pdus,
        total.same,
        total.known,
        total.unknown.len()
    );
    total.show();
    assert!(total.unknown.is_empty(), "{}", total.unknown.join("\n"));
    total
}

#[test]
fn engines_differ_only_as_is_known() {
    let chosen = std::env::var_os("DIFF_SEED").is_some();
    let seed = number("DIFF_SEED", 1);
    let steps = number("DIFF_STEPS", 2000);
    let models = [
        ("tests/golden/golden.cfg", seed),
        ("tests/golden/golden.cfg", seed + 1),
        ("tests/data/bay.cid", seed),
        ("src/demo/feeder.cid", seed),
        ("examples/model.cfg", seed),
    ];
    let work = models.map(|(model, seed)| Work {
        model: repository().join(model),
        selection: Vec::new(),
        steps,
        seed,
    });
    let total = compare_all(work.into());
    if chosen {
        return;
    }
    total.has_all_known(false);
    assert!(
        total.same > 4000,
        "only {} answers were the same",
        total.same
    );
}

/// Files that are not compared, and why.
const LEFT_OUT: [(&str, &str); 9] = [
    (
        "energymeteo-windpark.icd",
        "attributes of CO in objects that cannot be controlled are left out on the C library",
    ),
    (
        "rapid61850-lex2goose.scd",
        "attributes of CO in objects that cannot be controlled are left out on the C library",
    ),
    (
        "rapid61850-performance.scd",
        "attributes of CO in objects that cannot be controlled are left out on the C library",
    ),
    (
        "omicron-isio200.scd",
        "the types of its logical nodes are missing",
    ),
    (
        "sel-esel-desc.scd",
        "the types of its logical nodes are missing",
    ),
    (
        "libiec-control-tests.cid",
        "its reports of commands: several attributes that change at once make one report with us and several there",
    ),
    (
        "libiec-mhai-array.cid",
        "its data set has elements of arrays, whose names libiec61850 cuts in reports",
    ),
    (
        "openscd-communication.scd",
        "pulseConfig has the constraint CO, and libiec61850 makes no control object of what has that",
    ),
    (
        "openscd-lgos-10ieds.scd",
        "pulseConfig has the constraint CO, and libiec61850 makes no control object of what has that",
    ),
];

/// The files of vendors, where they are: each IED that has a server, with what there is and some requests.
#[test]
fn devices_of_vendors() {
    let folder = repository().join("../shared/data/scl");
    let Ok(entries) = fs::read_dir(&folder) else {
        return;
    };
    let chosen = std::env::var_os("DIFF_SEED").is_some();
    let seed = number("DIFF_SEED", 1);
    let steps = number("DIFF_STEPS", 100);
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| path.is_file())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default();
            !LEFT_OUT.iter().any(|(left_out, _)| name == *left_out)
        })
        .collect();
    files.sort();
    let work = files
        .into_iter()
        .filter_map(|model| {
            Some(Work {
                selection: first_server(&model)?,
                model,
                steps,
                seed,
            })
        })
        .collect();
    let total = compare_all(work);
    if !chosen {
        total.has_all_known(true);
    }
}

/// How the first IED of a file that has a server is chosen, if the file is one that can be served.
fn first_server(file: &Path) -> Option<Vec<String>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ied"));
    command.arg("model").arg(file).arg("--json");
    let finished = finish(&mut command, "", LIMIT);
    if !finished.status.success() {
        return None;
    }
    let found: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    // The model itself where there is only one.
    let Some(ieds) = found.as_array() else {
        return Some(Vec::new());
    };
    ieds.iter().find_map(|ied| {
        let points = ied["accessPoints"].as_array()?;
        let point = points.iter().find(|point| point["server"] == true)?;
        let selection = [
            "--ied",
            ied["ied"].as_str()?,
            "--access-point",
            point["name"].as_str()?,
        ];
        Some(selection.map(str::to_owned).into())
    })
}
