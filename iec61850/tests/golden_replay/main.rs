//! The client bytes recorded from libiec61850 (`tests/golden` at the root of the workspace) are
//! played to our server; its answers have to be the recorded ones, but for the differences listed
//! in [`differences`], each with its reason.
//!
//! The environment variable `GOLDEN_SCENARIO` chooses one scenario by the beginning of its name, also
//! one whose functions are not complete yet.

mod differences;
mod masks;
mod player;
#[path = "../support/recorded_server.rs"]
mod recorded_server;
#[allow(dead_code, reason = "the replay to our client uses the rest")]
mod recording;

use differences::DIFFERENCES;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::thread;

const SCENARIOS: &[&str] = &[
    "01-associate-conclude",
    "02-associate-abort",
    "03-associate-tcp-close",
    "04-associate-password-ok",
    "05-associate-password-wrong",
    "06-associate-selectors-aptitle",
    "07-associate-limit",
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
    "80-odd-requests",
    "81-initiate-variants",
];

#[test]
fn answers_are_the_recorded_ones() {
    let chosen = std::env::var("GOLDEN_SCENARIO").ok();
    let scenarios = chosen
        .as_deref()
        .map_or(SCENARIOS.to_vec(), recording::names);
    // Each waits as long as the recording did, so they are played at the same time.
    let outcomes = thread::scope(|scope| {
        let play = |scenario| scope.spawn(move || player::play(scenario));
        let plays: Vec<_> = scenarios.into_iter().map(play).collect();
        let played = plays
            .into_iter()
            .map(|play| play.join().expect("a play that failed has said why"));
        played.flatten().collect::<Vec<_>>()
    });
    let (mut equal, mut expected, mut unexpected) = (0, 0, Vec::new());
    let mut used = BTreeSet::new();
    for outcome in outcomes {
        if outcome.is_equal {
            equal += outcome.recorded.len();
            continue;
        }
        match DIFFERENCES.iter().position(|d| d.covers(&outcome)) {
            Some(index) => {
                used.insert(index);
                expected += outcome.recorded.len().max(outcome.ours.len());
            }
            None => unexpected.push(outcome.to_string()),
        }
    }
    // Past the test harness, which keeps the output of tests that pass to itself.
    writeln!(
        std::io::stderr(),
        "golden replay: {equal} PDUs and log lines equal, {expected} differ for a listed reason, {} differ",
        unexpected.len()
    )
    .expect("standard error");
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
    // Most of what was recorded must really have been compared.
    assert!(equal > 600, "only {equal} PDUs were equal");
}
