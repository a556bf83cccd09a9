//! Handlers that say WAITING, `operTimeout`, and the end of associations and of the server.

use super::*;

#[tokio::test(start_paused = true)]
async fn handlers_that_wait_are_asked_again() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, 50, 30);
    let start = bench.elapsed();
    peer.operate(1).await.unwrap();
    assert_eq!(asked.lock().0, 51);
    near(bench.elapsed() - start, 500);
    assert!(peer.silent());
    assert_eq!(bench.shows(), (false, true, true));
    assert_eq!(peer.message().await[0].0, "G1$CO$S$Oper");
    assert_eq!(*asked.lock(), (51, 31));
    near(bench.elapsed() - start, 800);
    assert_eq!(bench.shows(), (false, false, false));
}

#[tokio::test(start_paused = true)]
async fn oper_timeout_ends_the_dynamic_check() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_NORMAL);
    bench.configure("operTimeout", 2000);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, u32::MAX, 0);
    let start = bench.elapsed();
    assert_eq!(
        peer.operate(1).await,
        Err(DataAccessError::ObjectAccessDenied)
    );
    near(bench.elapsed() - start, 2000);
    assert_eq!(peer.cause().await, Cause::TimeLimitOver);
    assert_eq!(bench.shows(), (false, false, false));
    let count = *asked.lock();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(*asked.lock(), count, "nobody asks any more");
}

#[tokio::test(start_paused = true)]
async fn oper_timeout_ends_the_execution() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    bench.configure("operTimeout", 2000);
    let mut peer = bench.connect().await;
    waiting(&bench, 0, u32::MAX);
    peer.select_with_value(1).await.unwrap();
    let start = bench.elapsed();
    peer.operate(1).await.unwrap();
    assert_eq!(cause_of(&peer.message().await), Cause::TimeLimitOver);
    near(bench.elapsed() - start, 2000);
    sleep(Duration::from_millis(1)).await;
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::OperateFailed));
    // The same with a future that never ends.
    bench
        .server
        .register_control_handler_async(&bench.object, |_, _, _, _| std::future::pending())
        .unwrap();
    peer.select_with_value(2).await.unwrap();
    peer.operate(2).await.unwrap();
    assert_eq!(cause_of(&peer.message().await), Cause::TimeLimitOver);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_waits_ends_with_its_association() {
    for model in [Options::MODEL_DIRECT_ENHANCED, Options::MODEL_SBO_ENHANCED] {
        let mut bench = Bench::new(model);
        let peer = bench.connect().await;
        let other = bench.connect().await;
        let asked = waiting(&bench, 200, 0);
        let select = |peer: &Peer, number| {
            let client = peer.client.clone();
            async move {
                if model == Options::MODEL_SBO_ENHANCED {
                    let name = ObjectName::domain("TL", "G1$CO$S$SBOw");
                    let value = command(number, None, true);
                    client.write(name, &value).await.unwrap();
                }
            }
        };
        select(&peer, 1).await;
        let task = peer.task.clone();
        let operate = tokio::spawn(async move { peer.client_operate(1).await });
        sleep(Duration::from_secs(1)).await;
        assert!(bench.shows().1);
        task.abort();
        assert!(operate.await.unwrap().is_err());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(bench.shows(), (false, false, false));
        sleep(Duration::from_secs(10)).await;
        assert_eq!(asked.lock().1, 0, "never executed");
        // The next one finds the object free.
        *asked.lock() = (1000, 0);
        select(&other, 2).await;
        other.operate(2).await.unwrap();
        if model == Options::MODEL_SBO_ENHANCED {
            let states = bench.states.lock();
            assert_eq!((states[1].0, states[1].1), (false, Reason::Disconnected));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_being_executed_is_executed_to_its_end() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let peer = bench.connect().await;
    let asked = waiting(&bench, 0, 100);
    peer.select_with_value(1).await.unwrap();
    peer.operate(1).await.unwrap();
    drop(peer);
    sleep(Duration::from_millis(500)).await;
    assert_eq!(bench.shows(), (true, true, true));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(*asked.lock(), (1, 101));
    assert_eq!(bench.shows(), (false, false, false));
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::Operated));
}

#[tokio::test(start_paused = true)]
async fn stopping_the_server_ends_what_is_being_executed() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, 0, u32::MAX);
    peer.operate(1).await.unwrap();
    bench.shared.controls.stop();
    assert_eq!(cause_of(&peer.message().await), Cause::AbortionByCommand);
    let count = *asked.lock();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(*asked.lock(), count);
    assert_eq!(bench.shows(), (false, false, false));
}

#[tokio::test(start_paused = true)]
async fn commands_of_a_client_that_does_not_wait_for_answers() {
    let mut bench = Bench::new(Options::MODEL_DIRECT_ENHANCED);
    let mut peer = bench.connect().await;
    let asked = waiting(&bench, 0, 0);
    let (first, second) = tokio::join!(peer.operate(1), peer.operate(2));
    assert_eq!((first, second), (Ok(()), Ok(())));
    for number in [1, 2] {
        let message = peer.message().await;
        assert_eq!(message[0].1.get_element(3), Ok(&MmsValue::Unsigned(number)));
    }
    assert_eq!(*asked.lock(), (2, 2));
}
