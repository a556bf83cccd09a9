//! Whatever two peers and an operator do: each command that is carried out had a selection of its own, and each is told once.

use crate::bench::*;
use crate::support::*;
use mms::DataAccessError;
use proptest::prelude::*;
use std::time::Duration;
use tase2::device::{DeviceChange, DeviceState};
use tase2::types::Tag;
use tokio::time::sleep;

#[derive(Clone, Copy, Debug)]
enum Deed {
    Select(usize),
    Operate(usize, i16),
    /// Two at once.
    Both(usize),
    Tag(usize, u8),
    Wait(u16),
    Hangup(usize),
    Reset,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0usize..2).prop_map(Deed::Select),
        4 => (0usize..2, 0i16..2).prop_map(|(peer, value)| Deed::Operate(peer, value)),
        1 => (0usize..2).prop_map(Deed::Both),
        1 => (0usize..2, 0u8..3).prop_map(|(peer, tag)| Deed::Tag(peer, tag)),
        2 => (1u16..6_000).prop_map(Deed::Wait),
        1 => (0usize..2).prop_map(Deed::Hangup),
        1 => Just(Deed::Reset),
    ]
}

async fn run(deeds: Vec<Deed>, slow: bool) {
    let mut plant = Plant::of(|table| table.limits.commands_per_minute = 0);
    let timer = plant.device("TIMER");
    if slow {
        let done = plant.done.clone();
        timer.set_async_handler(move |request| {
            let seconds = match request.action {
                tase2::device::DeviceAction::Operate(_) => 3,
                _ => 0,
            };
            takes(done.clone(), request, seconds)
        });
    }
    let titles = [EAST, WEST];
    let mut peers = [plant.peer(EAST).await, plant.peer(WEST).await];
    let device = name("TIMER");
    let mut answered = 0;
    for deed in deeds {
        match deed {
            Deed::Select(peer) => drop(peers[peer].select(&device).await),
            Deed::Operate(peer, value) => {
                answered += usize::from(peers[peer].operate(&device, command(value)).await.is_ok());
            }
            Deed::Both(peer) => {
                let peer = &peers[peer];
                let (a, b) = tokio::join!(
                    peer.operate(&device, command(0)),
                    peer.operate(&device, command(0))
                );
                assert!(!(a.is_ok() && b.is_ok()), "one selection, two commands");
                answered += usize::from(a.is_ok()) + usize::from(b.is_ok());
            }
            Deed::Tag(peer, tag) => {
                drop(peers[peer].tag(&device, Tag::from_code(tag), "x").await);
            }
            Deed::Wait(ms) => sleep(Duration::from_millis(ms.into())).await,
            Deed::Hangup(peer) => {
                peers[peer].mms().abort();
                peers[peer].closed().await;
                peers[peer] = plant.peer(titles[peer]).await;
            }
            Deed::Reset => timer.local_reset(),
        }
    }
    sleep(Duration::from_secs(60)).await;
    assert_eq!(timer.state(), DeviceState::Idle);
    let told = plant.all_told();
    let count =
        |wanted: fn(&DeviceChange) -> bool| told.iter().filter(|e| wanted(&e.change)).count();
    let operated = plant.operated().len();
    assert_eq!(operated, count(is_operated), "each is told once");
    assert!(answered <= operated);
    let late = count(|c| matches!(c, DeviceChange::TimedOut { .. }));
    assert_eq!(
        operated,
        answered + late,
        "whoever was not answered ran into a time-out"
    );
    // Each had a selection of its own: by the same association, not ended, and not used before.
    let mut armed = None;
    for event in &told {
        match &event.change {
            DeviceChange::Selected { .. } => armed = event.by.clone(),
            DeviceChange::SelectionEnded(_) => armed = None,
            // While a command is at work it is that one which has used the selection up.
            DeviceChange::OperateRefused { reason, .. }
                if event.by == armed && reason.error != DataAccessError::TemporarilyUnavailable =>
            {
                armed = None;
            }
            DeviceChange::Operated { .. } | DeviceChange::TimedOut { .. } => {
                assert!(event.by.is_some() && event.by == armed, "{told:#?}");
                armed = None;
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn nothing_twice_and_nothing_silent(deeds in proptest::collection::vec(deed(), 1..40), slow: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(deeds, slow));
    }
}
