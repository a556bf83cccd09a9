//! The scenarios of the recordings with the real client of libiec61850 on our server: what its calls return has to be what they returned
//! on the C server, but for the listed differences. The environment variable `GOLDEN_SCENARIO` chooses one by its name, also one whose
//! functions are not complete yet.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use crate::peers;
use crate::recorded_server::RecordedServer;
use crate::recorded_server::recorded_controls::ALL;

const SCENARIOS: &[&str] = &[
    "10-identify-status",
    "11-namelists",
    "12-namelist-continuation",
    "13-variable-access-attributes",
    "14-read",
    "15-read-array-of-structures",
    "16-write",
    "17-data-sets",
    "18-browse",
    "20-urcb",
    "21-urcb-optflds",
    "22-urcb-contention",
    "23-urcb-buftm",
    "24-report-segmentation",
    "25-brcb-buffering",
    "26-brcb-purge-resvtms",
    "27-brcb-overflow",
    "28-brcb-integrity-gi",
    "29-rcb-edition1",
    "30-control-direct-normal",
    "31-control-sbo-normal",
    "32-control-direct-enhanced",
    "33-control-sbo-enhanced",
    "34-control-types",
    "35-control-raw-writes",
    "40-setting-groups",
    "50-files",
    "51-log",
    "52-goose-sv-control-blocks",
];

/// Scenarios mostly wait; more at once would delay the client's timers.
const AT_ONCE: usize = 6;

/// A result that differs, and why.
#[derive(Debug)]
struct Difference {
    scenario: &'static str,
    /// What the line of the call contains.
    call: &'static str,
    /// What one of the lines of our result contains.
    ours: &'static str,
    #[expect(
        dead_code,
        reason = "for the reader, and shown when an entry is out of date"
    )]
    reason: &'static str,
}

const ARRAYS: &str =
    "libiec61850 makes no element type for an array of structures from a model file";

const SORTED: &str = "files are listed by name; libiec61850 lists them as the file system does";

const fn difference(
    scenario: &'static str,
    call: &'static str,
    ours: &'static str,
    reason: &'static str,
) -> Difference {
    Difference {
        scenario,
        call,
        ours,
        reason,
    }
}

const DIFFERENCES: &[Difference] = &[
    difference(
        "14",
        "'PTOC1'",
        "0 (ok) = error 2",
        "one component that cannot be read fails the variable; libiec61850 puts an access result into the data, which its own client \
         cannot parse",
    ),
    difference(
        "15",
        "phsAHar', 2, 'cVal$mag$f')",
        "0 (ok) = 0.000000",
        ARRAYS,
    ),
    difference("15", "phsAHar', 2, 0)", "0 (ok) = {{{0.000000}", ARRAYS),
    difference("15", "phsAHar', 1, 2)", "0 (ok) = {{{{0.000000}", ARRAYS),
    difference(
        "15",
        "readVariable('GOLDLD1', 'MHAI1$MX$HA$phsAHar')",
        "0 (ok) = {{{{0.000000}",
        ARRAYS,
    ),
    difference(
        "16",
        "writeArrayElements('GOLDLD1', 'MHAI1$ST$HistI$histVal'",
        "83 (object access denied)",
        "libiec61850 lets clients write status values through alternate access",
    ),
    difference(
        "50",
        "getFileDirectory(None, None,",
        "file COMTRADE/rec1.cfg",
        SORTED,
    ),
    difference(
        "50",
        "getFileDirectory('COMTRADE', None,",
        "file COMTRADE/rec1.cfg",
        SORTED,
    ),
    difference(
        "50",
        "getFileDirectory('/', None,",
        "file COMTRADE/rec1.cfg",
        SORTED,
    ),
    difference(
        "50",
        "getFileDirectory(None, 'COMTRADE'",
        "file COMTRADE/rec1.cfg",
        "a directory goes on behind any name, also one that is not in it; libiec61850 stops there",
    ),
    difference(
        "52",
        "LLN0$MS$svcb01",
        "{010ccd040001,4,6,16384},1}",
        "the number of ASDUs, which a model file does not give, is 1; libiec61850 leaves it undefined",
    ),
];

/// One call and its result, or all that came without being asked for.
#[derive(Debug, PartialEq)]
struct Call {
    call: String,
    results: Vec<String>,
}

/// The calls of a scenario beside the recorded ones.
#[derive(Default)]
struct Compared {
    equal: usize,
    /// The listed differences, by their place in the list.
    used: BTreeSet<usize>,
    unexpected: Vec<String>,
}

impl Compared {
    fn new(scenario: &str, recorded: &[Call], ours: &[Call]) -> Self {
        let mut found = Compared::default();
        for at in 0..recorded.len().max(ours.len()) {
            let (recorded, ours) = (recorded.get(at), ours.get(at));
            if recorded == ours {
                found.equal += 1;
                continue;
            }
            let covers = |d: &Difference| {
                scenario.starts_with(d.scenario)
                    && recorded.is_some_and(|call| call.call.contains(d.call))
                    && ours.is_some_and(|call| call.results.iter().any(|r| r.contains(d.ours)))
            };
            match DIFFERENCES.iter().position(covers) {
                Some(index) => {
                    found.used.insert(index);
                }
                None => found.unexpected.push(format!(
                    "{scenario}\n{}\n{}",
                    shown("recorded", recorded),
                    shown("ours", ours)
                )),
            }
            if recorded.map(|call| &call.call) != ours.map(|call| &call.call) {
                // Another call than the recorded one: the rest cannot be compared.
                break;
            }
        }
        found
    }
}

#[test]
fn results_of_the_real_client_are_the_recorded_ones() {
    let chosen = std::env::var("GOLDEN_SCENARIO").ok();
    let scenarios = match &chosen {
        Some(one) => vec![one.as_str()],
        None => SCENARIOS.to_vec(),
    };
    let work = Mutex::new(scenarios.into_iter());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = work.lock().expect("no test panics here").next();
                    let Some(scenario) = next else { return };
                    let outcome = (scenario, recorded(scenario), run(scenario));
                    found.lock().expect("no test panics here").push(outcome);
                }
            });
        }
    });
    let (mut equal, mut used, mut unexpected) = (0, BTreeSet::new(), Vec::new());
    for (scenario, recorded, ours) in found.into_inner().expect("no test panics here") {
        let mut compared = Compared::new(scenario, &recorded, &ours);
        if !compared.unexpected.is_empty() {
            // Timers of a busy machine are late. What our server does differently comes again.
            compared = Compared::new(scenario, &recorded, &run(scenario));
        }
        equal += compared.equal;
        used.extend(compared.used);
        unexpected.extend(compared.unexpected);
    }
    println!(
        "{equal} results equal, {} differ for a listed reason, {} differ",
        used.len(),
        unexpected.len()
    );
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    if chosen.is_some() {
        return;
    }
    for (index, difference) in DIFFERENCES.iter().enumerate() {
        assert!(
            used.contains(&index),
            "a listed difference does not occur any more: {difference:?}"
        );
    }
    assert!(equal > 100, "only {equal} results were equal");
}

fn shown(whose: &str, call: Option<&Call>) -> String {
    call.map_or_else(
        || format!("  {whose}: the log is over"),
        |call| {
            format!(
                "  {whose}: {}\n    {}",
                call.call,
                call.results.join("\n    ")
            )
        },
    )
}

fn recorded(scenario: &str) -> Vec<Call> {
    let text =
        std::fs::read_to_string(peers::golden(&format!("{scenario}.golden"))).expect("a recording");
    calls(
        text.lines()
            .filter_map(|line| line.strip_prefix("# "))
            .map(str::to_owned),
    )
}

/// Runs the client's part of a scenario, does what it asks of the server, and returns its log.
fn run(scenario: &str) -> Vec<Call> {
    let (mut lines, server) = play(peers::script("scenarios").arg(scenario), scenario);
    lines.extend(server.expect("every scenario has a server").log());
    calls(lines.into_iter())
}

/// Runs a script that asks for a server and what that is to do; returns its log, and the server if it asked for one.
pub(crate) fn play(command: &mut Command, scenario: &str) -> (Vec<String>, Option<RecordedServer>) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("starting the script");
    let mut answers = child.stdin.take().expect("stdin is piped");
    let mut lines = Vec::new();
    let mut server = None;
    for line in BufReader::new(child.stdout.take().expect("stdout is piped")).lines() {
        let line = line.expect("UTF-8");
        match line.split_once(' ') {
            Some(("#", text)) => lines.push(text.trim_end().to_owned()),
            Some(("=", "start")) => {
                let started = RecordedServer::start(&peers::golden("golden.cfg"), scenario);
                if scenario == ALL {
                    started.hold_commands();
                }
                writeln!(answers, "{}", started.address().port()).expect("the client listens");
                server = Some(started);
            }
            Some(("=", act)) => {
                server.as_ref().expect("it is started first").act(act);
                writeln!(answers, "done").expect("the client listens");
            }
            _ => panic!("{scenario}: the script says `{line}`"),
        }
    }
    let status = child.wait().expect("the script ends");
    assert!(status.success(), "{scenario}: {status}");
    (lines, server)
}

/// Sorts a log into calls with their results. What came from other threads of the client, and the log of the application, stand between
/// the calls by chance: each of them is a call of its own at the end.
fn calls(lines: impl Iterator<Item = String>) -> Vec<Call> {
    let named = |call: &str| Call {
        call: call.to_owned(),
        results: Vec::new(),
    };
    let mut calls = vec![named("before the first call")];
    let (mut reports, mut terminations, mut application) = (
        named("reports"),
        named("command terminations"),
        named("log of the application"),
    );
    for line in lines {
        let line = masked(&line);
        if RecordedServer::is_logged(&line) {
            application.results.push(line);
        } else if line.starts_with("server") || line.trim_end() == "end of scenario" {
            // Not a result.
        } else if line.trim_start().starts_with("report received") {
            reports.results.push(line);
        } else if line.trim_start().starts_with("command termination") {
            terminations.results.push(line);
        } else if line.starts_with(' ') {
            let last = calls.last_mut().expect("there is one from the start");
            last.results.push(line);
        } else {
            // `client: operate true -> True ...` has its result in the same line.
            let (call, result) = line.split_once(" -> ").unwrap_or((&line, ""));
            // The negative end of a command may come before or after its success is logged.
            let result = match result.split_once("  (last error 0, LastApplError") {
                Some(("True", _)) => "True",
                _ => result,
            };
            calls.push(named(call));
            let last = calls.last_mut().expect("just added");
            last.results
                .extend((!result.is_empty()).then(|| result.to_owned()));
        }
    }
    calls.extend([reports, terminations, application]);
    calls
}

/// Without what is different in every run: times of day and entry identifiers.
pub(crate) fn masked(line: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let end = |word: &mut String, out: &mut String| {
        let digits = word.bytes().all(|b| b.is_ascii_hexdigit());
        let is_entry = word.len() == 16
            && digits
            && !word.starts_with("01020304")
            && !word.ends_with("00000000000000");
        let is_time =
            word.ends_with('Z') && word.len() == 19 && ("2024".."2100").contains(&&word[..4]);
        out.push_str(if is_entry {
            "ENTRY"
        } else if is_time {
            "TIME"
        } else {
            word
        });
        word.clear();
    };
    for character in line.chars() {
        if character.is_alphanumeric() || character == '.' {
            word.push(character);
        } else {
            end(&mut word, &mut out);
            out.push(character);
        }
    }
    end(&mut word, &mut out);
    out
}

#[test]
fn only_times_of_day_and_entries_are_masked() {
    assert_eq!(
        masked(
            "  x entryId 000001a1f90b5796 {true,20261120130125.429Z,0600000000000000,19840101000000.000Z,100}"
        ),
        "  x entryId ENTRY {true,TIME,0600000000000000,19840101000000.000Z,100}"
    );
}
