//! Commands that wait for their time.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_time_activated_operate_waits_for_its_time() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let mut other = bench.connect().await;
    let executed = Arc::new(Mutex::new(Vec::new()));
    let (seen, began) = (executed.clone(), bench.began);
    bench
        .server
        .register_control_handler(&bench.object, move |_, action, _, _| {
            assert!(action.control_time().is_some());
            seen.lock().push(began.elapsed().as_millis());
            ControlHandlerResult::Ok
        })
        .unwrap();
    let start = bench.elapsed();
    peer.operate_at(1, 30).await.unwrap();
    assert_eq!(bench.shows(), (false, true, false));
    for client in [&mut peer, &mut other] {
        assert_eq!(
            client.operate(2).await,
            Err(DataAccessError::TemporarilyUnavailable)
        );
        assert_eq!(client.cause().await, Cause::CommandAlreadyInExecution);
    }
    sleep(Duration::from_secs(29)).await;
    assert!(executed.lock().is_empty() && peer.silent());
    // First that the time has come, then the end; its time is zero, so that they differ.
    let activation = peer.message().await;
    let termination = peer.message().await;
    near(executed.lock()[0] - start, 30_000);
    for message in [&activation, &termination] {
        assert_eq!(message.len(), 1);
        assert_eq!(message[0].0, "G1$CO$S$Oper");
    }
    let zero = MmsValue::from(Timestamp::default());
    assert_ne!(activation[0].1.get_element(1), Ok(&zero));
    assert_eq!(termination[0].1.get_element(1), Ok(&zero));
    assert_eq!(bench.shows(), (false, false, false));
    assert!(other.silent());
    // A time that has passed is no time to wait for.
    peer.operate_at(3, -30).await.unwrap();
    assert_eq!(peer.message().await[0].0, "G1$CO$S$Oper");
    assert_eq!(executed.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn normal_security_tells_that_the_time_has_come() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_NORMAL);
    let mut peer = bench.connect().await;
    peer.operate_at(1, 30).await.unwrap();
    assert_eq!(peer.message().await.len(), 1);
    sleep(Duration::from_secs(5)).await;
    assert!(peer.silent());
}

#[tokio::test(start_paused = true)]
async fn a_time_activated_operate_is_cancelled_by_its_client_only() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let mut other = bench.connect().await;
    let asked = waiting(&bench, 0, 0);
    peer.operate_at(1, 30).await.unwrap();
    assert_eq!(
        other.cancel(1).await,
        Err(DataAccessError::TemporarilyUnavailable)
    );
    assert_eq!(other.cause().await, Cause::LockedByOtherClient);
    peer.cancel(1).await.unwrap();
    assert_eq!(bench.shows(), (false, false, false));
    sleep(Duration::from_secs(60)).await;
    assert!(peer.silent());
    assert_eq!(*asked.lock(), (0, 0), "not executed");
    // Nothing is left to cancel.
    assert_eq!(
        peer.cancel(2).await,
        Err(DataAccessError::ObjectAccessDenied)
    );
    assert_eq!(peer.cause().await, Cause::ObjectNotSelected);
}

#[tokio::test(start_paused = true)]
async fn a_selected_object_waits_for_its_time_beyond_the_time_out() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let mut peer = bench.connect().await;
    peer.select_with_value(1).await.unwrap();
    peer.operate_at(1, 40).await.unwrap();
    sleep(Duration::from_secs(20)).await;
    assert_eq!(bench.shows(), (true, true, false));
    assert_eq!(peer.message().await.len(), 1);
    assert_eq!(peer.message().await.len(), 1);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(bench.shows(), (false, false, false));
    // Cancelled, it is selected no more.
    peer.select_with_value(2).await.unwrap();
    peer.operate_at(2, 40).await.unwrap();
    peer.cancel(2).await.unwrap();
    let reasons: Vec<Reason> = bench.states.lock().iter().map(|state| state.1).collect();
    assert_eq!(
        reasons,
        [
            Reason::Selected,
            Reason::Operated,
            Reason::Selected,
            Reason::Canceled
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_the_checks_find_when_the_time_has_come() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    bench
        .server
        .register_control_wait_handler(&bench.object, |_, _, _, _, _| ControlHandlerResult::Failed)
        .unwrap();
    peer.operate_at(1, 30).await.unwrap();
    let message = peer.message().await;
    assert_eq!(cause_of(&message), Cause::BlockedBySynchrocheck);
    assert_eq!(message[1].0, "G1$CO$S$Oper");
    assert_eq!(bench.shows(), (false, false, false));
    // The static check is asked again.
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    bench
        .server
        .register_control_static_check_handler(&bench.object, move |_, action, _, _, _| {
            *count.lock() += 1;
            if *count.lock() == 1 {
                return CheckHandlerResult::Accepted;
            }
            action.set_add_cause(Cause::BlockedByMode);
            CheckHandlerResult::ObjectAccessDenied
        })
        .unwrap();
    peer.operate_at(2, 30).await.unwrap();
    assert_eq!(cause_of(&peer.message().await), Cause::BlockedByMode);
    assert_eq!(*asked.lock(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_time_activated_operate_ends_with_its_association() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let asked = waiting(&bench, 0, 0);
    let peer = bench.connect().await;
    peer.select_with_value(1).await.unwrap();
    peer.operate_at(1, 30).await.unwrap();
    drop(peer);
    sleep(Duration::from_secs(1)).await;
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::Disconnected));
    assert_eq!(bench.shows(), (false, false, false));
    sleep(Duration::from_secs(60)).await;
    assert_eq!(*asked.lock(), (0, 0), "not executed");
    assert_eq!(bench.states.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_years_away() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_NORMAL);
    let peer = bench.connect().await;
    let asked = waiting(&bench, 0, 0);
    let years = 10 * 365 * 24 * 3600;
    peer.operate_at(1, years).await.unwrap();
    for _ in 0..9 {
        sleep(Duration::from_secs(365 * 24 * 3600)).await;
        assert_eq!(*asked.lock(), (0, 0));
    }
    sleep(Duration::from_secs(366 * 24 * 3600)).await;
    assert_eq!(*asked.lock(), (1, 1));
}
