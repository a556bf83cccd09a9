//! The answers recorded from libiec61850's server (`tests/golden` at the root of the workspace)
//! are given to our client: its calls have to send what libiec61850's client sent, and to come to
//! the results that were recorded.
//!
//! Requests that the recording made below the level of this client (generic MMS by hand) are
//! answered in passing: the player skips them. Where our client does something else on purpose, the
//! scenario says so in [`DIFFERENCES`].

mod association;
mod calls;
mod generic;
mod player;
#[path = "../golden_replay/recording.rs"]
#[allow(dead_code, reason = "the other replay uses the rest")]
mod recording;

/// What has another outcome here than in the recordings: scenario, call, how often, and why.
const DIFFERENCES: &[(&str, &str, usize, &str)] = &[
    (
        "14",
        "MmsConnection_readVariable('GOLDLD1', 'PTOC1')",
        1,
        "an access error within a structure is a value of ours; libiec61850's client cannot read it",
    ),
    (
        "15",
        "MmsConnection_readArrayElements('GOLDLD1', 'MHAI1$MX$HA$phsAHar', 2, 0)",
        1,
        "a structure without components is a value of ours; libiec61850's client cannot read it",
    ),
    (
        "15",
        "MmsConnection_readArrayElements('GOLDLD1', 'MHAI1$MX$HA$phsAHar', 1, 2)",
        1,
        "as above",
    ),
    (
        "15",
        "MmsConnection_readVariable('GOLDLD1', 'MHAI1$MX$HA$phsAHar')",
        1,
        "as above",
    ),
    (
        "17",
        "request",
        2,
        "reading a data set, libiec61850's client asks for the names of the members as well",
    ),
    (
        "18",
        "IedConnection_getLogicalNodeDirectory('GOLDLD1/LLN0', 0)",
        1,
        "control blocks are no data objects here",
    ),
    (
        "18",
        "IedConnection_getLogicalNodeDirectory('GOLDLD1/LLN0', 9)",
        1,
        "multicast control blocks of sampled values are found here",
    ),
    (
        "24",
        "report",
        3,
        "the segments of a report are one report here",
    ),
    (
        "31",
        "select",
        3,
        "a select without a reason is access-denied here, where libiec61850's client has no error",
    ),
    (
        "50",
        "IedConnection_setFile('missing.txt', 'COMTRADE/up2.txt')",
        1,
        "the file is looked for here before the server is asked to obtain it",
    ),
];

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

#[tokio::test(start_paused = true)]
async fn calls_send_and_come_to_what_was_recorded() {
    let (mut equal, mut differing) = (0, Vec::new());
    let mut occurred = vec![0; DIFFERENCES.len()];
    for scenario in SCENARIOS {
        let outcomes = calls::play(scenario).await;
        for outcome in outcomes {
            if outcome.recorded == outcome.ours {
                equal += 1;
                continue;
            }
            let listed = DIFFERENCES.iter().position(|(number, call, ..)| {
                scenario.starts_with(number) && outcome.call == *call
            });
            match listed {
                Some(at) => occurred[at] += 1,
                None => differing.push(format!(
                    "{scenario}: {}\n  recorded {}\n  ours     {}",
                    outcome.call, outcome.recorded, outcome.ours
                )),
            }
        }
    }
    assert!(
        differing.is_empty(),
        "{equal} equal, {} differ\n{}",
        differing.len(),
        differing.join("\n")
    );
    for (occurred, difference) in occurred.iter().zip(DIFFERENCES) {
        assert_eq!(*occurred, difference.2, "{difference:?}");
    }
    assert!(equal > 900, "only {equal} comparisons");
}
