//! The SCL files of vendors and tools under ../shared/data/scl, where that folder is there: each IED that has a server is served, and the
//! client of libiec61850 must see the same of our server and of the real one.
//!
//! The files are not ours to copy; tests/data/bay.cid is what a bare clone has.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::compare::{both, differences, of_each_server};
use crate::peers;
use crate::servers::{Server, config_file};

/// Files that are broken on purpose or in fact, so that `ied serve` may refuse them, with the file's name in what it says.
/// In most of them the types of logical nodes are missing.
const BROKEN: [&str; 8] = [
    "edge/broken-references.scd",
    "edge/duplicate-ied.iid",
    "edge/mismatched-tag.scd",
    "edge/not-xml.iid",
    "edge/nr-pcs221s-no-dtt.scd",
    "edge/truncated.scd",
    "omicron-isio200.scd",
    "sel-esel-desc.scd",
];

fn folder() -> PathBuf {
    peers::repository().join("../shared/data/scl")
}

fn files_under(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            files_under(&path, found);
        } else if path.extension().is_some_and(|extension| extension != "cfg") {
            found.push(path);
        }
    }
    found.sort();
}

/// What became of one IED of one file.
enum Outcome {
    /// The client saw this many variables, the same of both servers.
    Same(usize),
    /// `ied` refused the file, and the file is one of `BROKEN`.
    Refused,
    Failed(String),
}

fn name_of(file: &Path) -> String {
    let folder = folder();
    file.strip_prefix(&folder)
        .unwrap_or(file)
        .display()
        .to_string()
}

fn refused(file: &Path, said: &str) -> Outcome {
    let name = name_of(file);
    let base = file
        .file_name()
        .map(|base| base.to_string_lossy().into_owned());
    if !BROKEN.contains(&name.as_str()) {
        return Outcome::Failed(format!("refused: {}", said.trim()));
    }
    if base.is_none_or(|base| !said.contains(&base)) {
        return Outcome::Failed(format!("refused without naming the file: {}", said.trim()));
    }
    Outcome::Refused
}

/// Whether a difference is that libiec61850 has an empty structure, or an answer its client cannot read, where we have an array of
/// structures; or the name of a member of such an array.
fn is_empty_structure_of_an_array(ours: &Value, difference: &str) -> bool {
    let Some((path, text)) = difference.split_once(": ") else {
        return false;
    };
    if path.contains("/array/") && text.ends_with("theirs []") {
        return true;
    }
    let in_data_set = path.contains("/data-sets/");
    if in_data_set && path.contains("/members/") {
        return text.contains('(');
    }
    // Up to the value that is there on one side only.
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let at = |steps: &[&str]| {
        steps.iter().try_fold(ours, |value, step| match value {
            Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
            value => value.get(step),
        })
    };
    let holds = |steps: &[&str], what| at(steps).is_some_and(|v| v.to_string().contains(what));
    let (_, around) = steps.split_last().expect("a path has a step");
    // A data set is at /devices/LD/data-sets/NAME.
    let of_elements = in_data_set && holds(&steps[..steps.len().min(4)], "(");
    let one_sided = text == "ours lacks it" || text == "only ours has it";
    one_sided && (of_elements || holds(around, "\"array\""))
}

/// Whether a difference is that a log control block is off with us because its log is not in the file, and only says that it is on there.
fn is_log_that_is_not_there(ours: &Value, config: &str, difference: &str) -> bool {
    let Some((path, text)) = difference.split_once(": ") else {
        return false;
    };
    let Some((block, _)) = path
        .split_once("/structure/0/")
        .filter(|(block, _)| block.contains("$LG$"))
    else {
        return false;
    };
    let reference = ours
        .pointer(&format!("{block}/structure/1"))
        .map(Value::to_string);
    let name = reference
        .as_deref()
        .and_then(|text| text.rsplit('$').next());
    let name = name.map(|name| name.trim_end_matches(['"', '}', ']']));
    text == "ours false, theirs true"
        && name.is_some_and(|name| !config.contains(&format!("LOG({name})")))
}

fn try_ied(file: &Path, selection: &[&str]) -> Outcome {
    let ours = match Server::ours(file, selection) {
        Ok(server) => server,
        Err(said) => return refused(file, &said),
    };
    let config = match config_file(file, selection) {
        Ok(config) => config,
        Err(said) => return Outcome::Failed(format!("ied model: {}", said.trim())),
    };
    let theirs = Server::libiec61850(config.path());
    let (left, right) = both(ours.address(), theirs.address(), peers::libiec61850_browse);
    // libiec61850's reader of .cfg files gives the address of a GoCB or SvCB to all of them in the logical node, and takes the `-` of a
    // GoCB without a data set for a name. Of arrays of structures it makes empty ones, and their members in data sets lose a bracket.
    let text = left.to_string();
    let sampled_values = text.contains("$MS$");
    let goose = |path: &str, number: u8| {
        path.contains("$GO$") && path.contains(&format!("/structure/{number}/"))
    };
    let mut found = differences(&left, &right, |path| {
        of_each_server(path) || (sampled_values && goose(path, 5))
    });
    if found.iter().any(|f| f.contains("$-\"")) {
        found.retain(|f| !goose(f, 2) && !goose(f, 4));
    }
    let text = fs::read_to_string(config.path()).expect("the model file");
    found.retain(|f| !is_empty_structure_of_an_array(&left, f));
    found.retain(|f| !is_log_that_is_not_there(&left, &text, f));
    if let Some(first) = found.first() {
        return Outcome::Failed(format!("{} differences, first {first}", found.len()));
    }
    let devices = left["devices"].as_object().expect("devices");
    let count = |device: &Value| device["variables"].as_array().map_or(0, Vec::len);
    let variables = devices.values().map(count).sum();
    let browsed = peers::hupe1980(ours.address(), "browse", &[]);
    if browsed
        .stderr
        .contains("GetNameList continuations` exceeded")
    {
        // That client takes no more than some 30 000 names.
        return Outcome::Same(variables);
    }
    if !browsed.status.success() {
        return Outcome::Failed(format!("hupe1980's browse: {}", browsed.stderr));
    }
    let listed = browsed
        .stdout
        .lines()
        .filter(|line| line.starts_with("  "))
        .count();
    if listed < variables {
        return Outcome::Failed(format!("hupe1980's browse lists {listed} of {variables}"));
    }
    Outcome::Same(variables)
}

#[test]
fn every_ied_looks_the_same_as_on_libiec61850() {
    let mut files = Vec::new();
    files_under(&folder(), &mut files);
    let mut work = Vec::new();
    for file in &files {
        match peers::ieds_of(file) {
            Some(ieds) => work.extend(ieds.into_iter().map(|ied| (file, Some(ied)))),
            None => work.push((file, None)),
        }
    }
    work.reverse();
    let work = Mutex::new(work);
    let report = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((file, ied)) = work.lock().expect("no test panics here").pop() else {
                        return;
                    };
                    let selection = ied.as_ref().map_or_else(Vec::new, |(ied, point)| {
                        vec!["--ied", ied.as_str(), "--access-point", point.as_str()]
                    });
                    let what = format!("{} {}", name_of(file), selection.join(" "));
                    let outcome = try_ied(file, &selection);
                    report
                        .lock()
                        .expect("no test panics here")
                        .push((what, outcome));
                }
            });
        }
    });
    let report = report.into_inner().expect("no test panics here");
    let (mut same, mut variables, mut refused, mut failed) = (0, 0, 0, Vec::new());
    for (what, outcome) in report {
        match outcome {
            Outcome::Same(count) => {
                same += 1;
                variables += count;
            }
            Outcome::Refused => refused += 1,
            Outcome::Failed(why) => failed.push(format!("{what}: {why}")),
        }
    }
    println!("{same} IEDs look the same ({variables} variables), {refused} broken files refused");
    failed.sort();
    assert!(
        failed.is_empty(),
        "{} IEDs failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}
