//! The answers recorded from libiec61850's server (`tests/golden` at the root of the workspace)
//! are given to our client: its calls have to send what libiec61850's client sent, and to come to
//! the results that were recorded.
//!
//! Requests that the recording made below the level of this client (generic MMS by hand) are
//! answered in passing: the player skips them. Where our client does something else on purpose, the
//! scenario says so in [`DIFFERENCES`].

mod calls;
mod player;
#[path = "../golden_replay/recording.rs"]
#[allow(dead_code, reason = "the other replay uses the rest")]
mod recording;

/// Log lines of the recordings that have another outcome here, with the reason.
const DIFFERENCES: &[(&str, &str, &str)] = &[(
    "31",
    "select",
    "a select without a reason is access-denied here, where libiec61850's client has no error",
)];

const SCENARIOS: &[&str] = &[
    "20-urcb",
    "21-urcb-optflds",
    "22-urcb-contention",
    "23-urcb-buftm",
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
    "51-log",
    "52-goose-sv-control-blocks",
];

#[tokio::test(start_paused = true)]
async fn calls_send_and_come_to_what_was_recorded() {
    let (mut equal, mut differing) = (0, Vec::new());
    let mut used = vec![false; DIFFERENCES.len()];
    for scenario in SCENARIOS {
        let outcomes = calls::play(scenario).await;
        for outcome in outcomes {
            if outcome.recorded == outcome.ours {
                equal += 1;
                continue;
            }
            let listed = DIFFERENCES.iter().position(|(number, call, _)| {
                scenario.starts_with(number) && outcome.call == *call
            });
            match listed {
                Some(at) => used[at] = true,
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
    for (used, difference) in used.iter().zip(DIFFERENCES) {
        assert!(used, "a listed difference does not occur: {difference:?}");
    }
    assert!(equal > 300, "only {equal} comparisons");
}
