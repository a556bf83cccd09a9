//! Commands under faults: nothing is operated twice, and nothing is lost silently.

use crate::bench::*;
use crate::support::*;
use mms::DataAccessError as E;
use std::time::Duration;
use tase2::Error;
use tase2::device::DeviceState;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn select_and_operate() {
    let mut plant = Plant::new();
    let east = plant.peer(EAST).await;
    let cb1 = name("CB1");
    assert_eq!(east.select(&cb1).await.unwrap(), CHECK_BACK);
    assert!(matches!(plant.device("CB1").state(), DeviceState::Armed(_)));
    east.operate(&cb1, command(1)).await.unwrap();
    assert_eq!(plant.device("CB1").state(), DeviceState::Idle);
    assert_eq!(
        plant.operated(),
        [("CB1".into(), command(1), "EAST".into())]
    );
    assert_eq!(
        plant.told().await,
        "CB1: selected, check-back id 123, by EAST"
    );
    assert_eq!(plant.told().await, "CB1: operated with 1, by EAST");
    // The time of a selection that was used up says nothing any more.
    sleep(Duration::from_secs(60)).await;
    assert_eq!(plant.all_told(), []);
}

#[tokio::test(start_paused = true)]
async fn the_association_dies_between_select_and_operate() {
    let mut plant = Plant::new();
    let east = plant.peer(EAST).await;
    let cb1 = name("CB1");
    east.select(&cb1).await.unwrap();
    east.mms().abort();
    east.closed().await;
    assert_eq!(
        plant.told().await,
        "CB1: selected, check-back id 123, by EAST"
    );
    assert_eq!(
        plant.told().await,
        "CB1: selection ended: end of the association, by EAST"
    );
    assert_eq!(plant.device("CB1").state(), DeviceState::Idle);
    // What was closed before anything was sent is no question.
    assert!(matches!(
        east.operate(&cb1, command(1)).await,
        Err(Error::Mms(_))
    ));
    let again = plant.peer(EAST).await;
    assert_eq!(
        error(again.operate(&cb1, command(1)).await),
        E::ObjectAccessDenied
    );
    assert!(plant.operated().is_empty());
    // It is free for others at once.
    plant.peer(WEST).await.select(&cb1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn operate_after_the_time_out() {
    let mut plant = Plant::new();
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    let timer = name("TIMER");
    east.select(&timer).await.unwrap();
    sleep(Duration::from_millis(4_900)).await;
    assert_eq!(error(west.select(&timer).await), E::TemporarilyUnavailable);
    // Selecting again starts the time anew.
    east.select(&timer).await.unwrap();
    sleep(Duration::from_millis(4_900)).await;
    east.operate(&timer, command(1)).await.unwrap();
    east.select(&timer).await.unwrap();
    sleep(Duration::from_millis(5_100)).await;
    assert_eq!(
        error(east.operate(&timer, command(0)).await),
        E::ObjectAccessDenied
    );
    west.select(&timer).await.unwrap();
    assert_eq!(plant.operated().len(), 1);
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    let ended = "TIMER: selection ended: time-out, by EAST";
    assert_eq!(told.iter().filter(|t| *t == ended).count(), 1, "{told:#?}");
    assert!(
        told.contains(
            &"TIMER: not operated with 0: it is not selected (object access denied), by EAST"
                .to_owned()
        )
    );
}

#[tokio::test(start_paused = true)]
async fn operate_by_another_peer() {
    let plant = Plant::new();
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    let cb1 = name("CB1");
    east.select(&cb1).await.unwrap();
    assert_eq!(
        error(west.operate(&cb1, command(0)).await),
        E::TemporarilyUnavailable
    );
    east.operate(&cb1, command(1)).await.unwrap();
    assert_eq!(
        error(west.operate(&cb1, command(0)).await),
        E::ObjectAccessDenied
    );
    assert_eq!(
        plant.operated(),
        [("CB1".into(), command(1), "EAST".into())]
    );
}

#[tokio::test(start_paused = true)]
async fn operate_twice() {
    let plant = Plant::new();
    let east = plant.peer(EAST).await;
    let cb1 = name("CB1");
    east.select(&cb1).await.unwrap();
    // Both are on their way before either is answered.
    let (first, second) = tokio::join!(
        east.operate(&cb1, command(1)),
        east.operate(&cb1, command(1))
    );
    assert!(first.is_ok());
    assert_eq!(error(second), E::ObjectAccessDenied);
    // In one request, too.
    east.select(&cb1).await.unwrap();
    let zero = integer(0);
    let pairs = [(cb1.as_mms(), &zero), (cb1.as_mms(), &zero)];
    let written = east.mms().write_many(pairs).await.unwrap();
    assert_eq!(written, [Ok(()), Err(E::ObjectAccessDenied)]);
    assert_eq!(plant.operated().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn operate_twice_while_the_first_is_at_work() {
    let plant = Plant::new();
    let done = plant.done.clone();
    for device in ["LTC", "CB1"] {
        let done = done.clone();
        plant.device(device).set_async_handler(move |request| {
            let seconds = match request.action {
                tase2::device::DeviceAction::Operate(_) => 10,
                _ => 0,
            };
            takes(done.clone(), request, seconds)
        });
    }
    let east = plant.peer(EAST).await;
    let (ltc, cb1) = (name("LTC"), name("CB1"));
    let second = async {
        sleep(Duration::from_secs(1)).await;
        assert_eq!(plant.device("LTC").state(), DeviceState::Operating);
        let refused = error(east.operate(&ltc, command(1)).await);
        // Everything else of this peer goes on meanwhile.
        east.read(&name("CB1_ST")).await.unwrap();
        assert_eq!(plant.operated(), []);
        refused
    };
    let (first, second) = tokio::join!(east.operate(&ltc, command(0)), second);
    first.unwrap();
    assert_eq!(second, E::TemporarilyUnavailable);
    east.select(&cb1).await.unwrap();
    let second = async {
        sleep(Duration::from_secs(1)).await;
        (
            error(east.select(&cb1).await),
            error(east.operate(&cb1, command(1)).await),
        )
    };
    let (first, second) = tokio::join!(east.operate(&cb1, command(1)), second);
    first.unwrap();
    assert_eq!(
        second,
        (E::TemporarilyUnavailable, E::TemporarilyUnavailable)
    );
    assert_eq!(plant.operated().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn wrong_check_back_id() {
    let mut plant = Plant::new();
    let east = plant.peer(EAST).await;
    let cb1 = name("CB1");
    let refused = east
        .select_and_operate(&cb1, Some(CHECK_BACK + 1), command(1))
        .await;
    let Err(Error::CheckBack {
        found, expected, ..
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!((found, expected), (CHECK_BACK, CHECK_BACK + 1));
    assert!(plant.operated().is_empty());
    // The selection is left to run out.
    assert_eq!(
        plant.told().await,
        "CB1: selected, check-back id 123, by EAST"
    );
    assert_eq!(
        plant.told().await,
        "CB1: selection ended: time-out, by EAST"
    );
    east.select_and_operate(&cb1, Some(CHECK_BACK), command(1))
        .await
        .unwrap();
    east.select_and_operate(&cb1, None, command(0))
        .await
        .unwrap();
    assert_eq!(plant.operated().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_association_dies_while_a_command_is_at_work() {
    let mut plant = Plant::new();
    let done = plant.done.clone();
    plant
        .device("LTC")
        .set_async_handler(move |request| takes(done.clone(), request, 5));
    let east = plant.peer(EAST).await;
    let ltc = name("LTC");
    let operating = tokio::spawn({
        let (east, ltc) = (east.clone(), ltc.clone());
        async move { east.operate(&ltc, command(1)).await }
    });
    sleep(Duration::from_secs(1)).await;
    east.mms().abort();
    // The client knows that it does not know.
    let unanswered = operating.await.unwrap().unwrap_err();
    assert!(
        matches!(unanswered, Error::Unanswered { .. }),
        "{unanswered}"
    );
    let again = plant.peer(EAST).await;
    assert_eq!(
        error(again.operate(&ltc, command(1)).await),
        E::TemporarilyUnavailable
    );
    sleep(Duration::from_secs(5)).await;
    // It was done once, and the control centre knows that nobody was told.
    assert_eq!(plant.operated().len(), 1);
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(
        told,
        [
            "LTC: not operated with 1: it is busy (temporarily unavailable), by EAST",
            "LTC: operated with 1, and nobody there to be told, by EAST",
        ]
    );
    again.operate(&ltc, command(0)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_answer_of_the_application_in_time() {
    let mut plant = Plant::new();
    let done = plant.done.clone();
    plant.device("TIMER").set_async_handler(move |request| {
        let seconds = match request.action {
            tase2::device::DeviceAction::Operate(_) => 6,
            _ => 0,
        };
        takes(done.clone(), request, seconds)
    });
    let east = plant.peer(EAST).await;
    let timer = name("TIMER");
    east.select(&timer).await.unwrap();
    assert_eq!(
        error(east.operate(&timer, command(1)).await),
        E::HardwareFault
    );
    // It may still come about: until that is known there is no second command.
    assert_eq!(error(east.select(&timer).await), E::TemporarilyUnavailable);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(plant.operated().len(), 1);
    assert_eq!(plant.device("TIMER").value(), command(1));
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(
        told,
        [
            "TIMER: selected, check-back id 0, by EAST",
            "TIMER: no answer in time to 1, by EAST",
            "TIMER: not selected: it is busy (temporarily unavailable), by EAST",
            "TIMER: operated with 1, late, by EAST",
        ]
    );
    east.select(&timer).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn local_reset() {
    let mut plant = Plant::new();
    let east = plant.peer(EAST).await;
    let cb1 = name("CB1");
    plant.device("CB1").local_reset();
    assert_eq!(plant.all_told(), []);
    east.select(&cb1).await.unwrap();
    plant.device("CB1").local_reset();
    assert_eq!(
        error(east.operate(&cb1, command(1)).await),
        E::ObjectAccessDenied
    );
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(told[1], "CB1: selection ended: local reset, by EAST");
    // A command that hangs forever is let go, too.
    plant.device("CB1").set_async_handler(|request| async move {
        match request.action {
            tase2::device::DeviceAction::Operate(_) => std::future::pending().await,
            _ => Ok(()),
        }
    });
    east.select(&cb1).await.unwrap();
    assert_eq!(
        error(east.operate(&cb1, command(1)).await),
        E::HardwareFault
    );
    assert_eq!(plant.device("CB1").state(), DeviceState::Operating);
    plant.device("CB1").local_reset();
    assert_eq!(plant.device("CB1").state(), DeviceState::Idle);
    east.select(&cb1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn selecting_takes_its_time() {
    let mut plant = Plant::new();
    plant.device("CB1").set_async_handler(|_| async {
        sleep(Duration::from_secs(3)).await;
        Ok(())
    });
    let (east, west) = (plant.peer(EAST).await, plant.peer(WEST).await);
    let cb1 = name("CB1");
    let others = async {
        sleep(Duration::from_secs(1)).await;
        // Nobody waits for it but who asked.
        let busy = error(west.select(&cb1).await);
        let start = tokio::time::Instant::now();
        west.read(&name("CB1_ST")).await.unwrap();
        west.select(&name("CB2")).await.unwrap();
        east.read(&name("CB1_ST")).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(1));
        busy
    };
    let (selected, busy) = tokio::join!(east.select(&cb1), others);
    assert_eq!(
        (selected.unwrap(), busy),
        (CHECK_BACK, E::TemporarilyUnavailable)
    );
    // The association ends while the application is asked: nothing stays selected.
    plant.device("CB1").local_reset();
    plant.all_told();
    let selecting = tokio::spawn({
        let (east, cb1) = (east.clone(), cb1.clone());
        async move { east.select(&cb1).await }
    });
    sleep(Duration::from_secs(1)).await;
    east.mms().abort();
    selecting.await.unwrap().unwrap_err();
    sleep(Duration::from_secs(5)).await;
    assert_eq!(plant.device("CB1").state(), DeviceState::Idle);
    let told: Vec<_> = plant.all_told().iter().map(text).collect();
    assert_eq!(
        told,
        [
            "CB1: selection ended: end of the association, by EAST",
            "CB1: not selected: it was reset meanwhile (temporarily unavailable), by EAST",
        ]
    );
}
