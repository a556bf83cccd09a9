//! Whatever a client does, a buffered control block loses no event and sends none twice.

use super::super::testing::{Bench, Peer};
use crate::common::{ReportOptions, TriggerOptions};
use crate::engine::ServerEngine;
use mms::MmsValue;
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::{advance, sleep};

const RCB: &str = "LLN0$BR$brcb02";

/// What happens, in the application and at the client.
#[derive(Clone, Debug)]
enum Step {
    /// Each of these members changes, in one batch.
    Change(Vec<usize>),
    /// Milliseconds pass.
    Pass(u64),
    /// The client asks for a general interrogation.
    Interrogate,
    /// The client disables the control block, and takes what is still on its way.
    Disable,
    /// The client goes away, and with it what is on its way.
    Leave,
    /// The client is there, and goes on where it was.
    Resume,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::collection::vec(0..4usize, 1..4).prop_map(Step::Change),
        4 => (0..250u64).prop_map(Step::Pass),
        1 => Just(Step::Interrogate),
        1 => Just(Step::Disable),
        1 => Just(Step::Leave),
        3 => Just(Step::Resume),
    ];
    prop::collection::vec(step, 1..40)
}

/// The client's side: what it has seen.
#[derive(Default)]
struct Seen {
    /// EntryID of the last report.
    last: Option<MmsValue>,
    /// The number the next report has.
    number: u32,
    /// Changes of each member.
    changes: [usize; 4],
}

impl Seen {
    /// A report with sequence number, EntryID and reasons.
    fn report(&mut self, report: &[MmsValue]) {
        assert_eq!(report[2], self.number.into());
        self.number += 1;
        self.last = Some(report[3].clone());
        let inclusion = report[4].to_bits().unwrap();
        let members = (0..4).filter(|member| inclusion.get(*member));
        let count = inclusion.count_ones();
        let values = report[5..5 + count].iter().zip(&report[5 + count..]);
        for (member, (value, reason)) in members.zip(values) {
            let reason: TriggerOptions = reason.to_bits().unwrap().into();
            if reason.contains(TriggerOptions::DATA_CHANGED) {
                self.changes[member] += 1;
                // They begin as false and change each time: the value tells which change it is.
                let state = value.get_element(0).unwrap().to_bool().unwrap();
                assert_eq!(state, self.changes[member] % 2 == 1, "member {member}");
            }
        }
    }

    fn take(&mut self, peer: &mut Peer) {
        while let Ok(report) = peer.reports.try_recv() {
            self.report(&report);
        }
    }
}

async fn resume(bench: &Bench, peer: &mut Option<Peer>, seen: &mut Seen) {
    if peer.is_none() {
        *peer = Some(bench.connect().await);
    }
    let Some(peer) = peer else { return };
    if peer.read(&format!("{RCB}$RptEna")).await == true.into() {
        return;
    }
    if let Some(last) = &seen.last {
        peer.write(&format!("{RCB}$EntryID"), last.clone())
            .await
            .unwrap();
    }
    peer.write(&format!("{RCB}$RptEna"), true).await.unwrap();
    seen.number = 0;
}

async fn run(buffer_time: u32, steps: Vec<Step>) {
    let bench = Bench::golden(|_| {});
    let mut peer = Some(bench.connect().await);
    let mut seen = Seen::default();
    if let Some(peer) = &peer {
        let fields =
            ReportOptions::SEQ_NUM | ReportOptions::ENTRY_ID | ReportOptions::REASON_FOR_INCLUSION;
        let triggers = TriggerOptions::DATA_CHANGED | TriggerOptions::GI;
        for (field, value) in [
            ("BufTm", buffer_time.into()),
            ("OptFlds", MmsValue::BitString(fields.into())),
            ("TrgOps", MmsValue::BitString(triggers.into())),
        ] {
            peer.write(&format!("{RCB}${field}"), value).await.unwrap();
        }
    }
    let mut made = [0; 4];
    for step in steps {
        match step {
            Step::Change(members) => {
                bench.server.lock_data_model();
                for member in members {
                    made[member] += 1;
                    let name = format!("LD1/GGIO1.Ind{}.stVal", member + 1);
                    bench.update(&name, made[member] % 2 == 1);
                }
                bench.server.unlock_data_model();
            }
            Step::Pass(ms) => advance(Duration::from_millis(ms)).await,
            Step::Interrogate => {
                if let Some(peer) = &peer {
                    // Refused where the control block is not enabled.
                    let _ = peer.write(&format!("{RCB}$GI"), true).await;
                }
            }
            Step::Disable => {
                if let Some(peer) = &mut peer {
                    peer.write(&format!("{RCB}$RptEna"), false).await.unwrap();
                    seen.take(peer);
                }
            }
            Step::Leave => {
                if let Some(mut peer) = peer.take() {
                    seen.take(&mut peer);
                    drop(peer);
                    // The server notices.
                    sleep(Duration::from_millis(1)).await;
                }
            }
            Step::Resume => resume(&bench, &mut peer, &mut seen).await,
        }
        if let Some(peer) = &mut peer {
            seen.take(peer);
        }
    }
    sleep(Duration::from_millis(500)).await;
    resume(&bench, &mut peer, &mut seen).await;
    sleep(Duration::from_millis(500)).await;
    if let Some(peer) = &mut peer {
        seen.take(peer);
    }
    assert_eq!(seen.changes, made);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_event_is_lost_or_sent_twice(
        buffer_time in prop_oneof![Just(0u32), 1..200u32],
        steps in steps(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(buffer_time, steps));
    }
}
