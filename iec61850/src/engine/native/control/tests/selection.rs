//! How long a selection lasts, and selects that wait for their check.

use super::*;
use mms::ber::{Reader, Writer};
use mms::client::ClientError;
use mms::pdu::{ReadRequest, RequestService, ResponseService, write_variables};

#[tokio::test(start_paused = true)]
async fn a_selection_ends_with_its_time_out() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    let mut peer = bench.connect().await;
    let start = bench.elapsed();
    assert!(peer.select().await);
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_millis(14_900)).await;
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.shows(), (false, false, false));
    let states = bench.states.lock().clone();
    assert_eq!((states[1].0, states[1].1), (false, Reason::Timeout));
    near(states[1].2 - start, 15_000);
    assert_eq!(
        peer.operate(1).await,
        Err(DataAccessError::ObjectAccessDenied)
    );
    assert_eq!(peer.cause().await, Cause::ObjectNotSelected);
    // A selection that was used does not time out.
    assert!(peer.select().await);
    peer.operate(2).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    let reasons: Vec<Reason> = bench.states.lock().iter().map(|state| state.1).collect();
    assert_eq!(
        reasons,
        [
            Reason::Selected,
            Reason::Timeout,
            Reason::Selected,
            Reason::Operated
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_time_out_of_zero_never_comes() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    bench.configure("sboTimeout", 0);
    let peer = bench.connect().await;
    peer.select_with_value(1).await.unwrap();
    sleep(Duration::from_secs(90_000)).await;
    assert_eq!(bench.shows(), (true, false, false));
    peer.operate(1).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn operate_many_begins_the_time_out_anew() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    bench.configure("sboTimeout", 1000);
    bench.configure("sboClass", 1);
    let peer = bench.connect().await;
    let start = bench.elapsed();
    assert!(peer.select().await);
    for number in 0..3 {
        sleep(Duration::from_millis(700)).await;
        peer.operate(number).await.unwrap();
    }
    sleep(Duration::from_millis(900)).await;
    assert_eq!(bench.states.lock().len(), 1, "still selected");
    sleep(Duration::from_millis(200)).await;
    let last = bench.states.lock()[1];
    assert_eq!((last.0, last.1), (false, Reason::Timeout));
    near(last.2 - start, 3 * 700 + 1000);
}

#[tokio::test(start_paused = true)]
async fn operate_many_survives_a_command_that_fails() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    bench.configure("sboClass", 1);
    let peer = bench.connect().await;
    let refuse = |_: &_, _: &_, value: Option<&MmsValue>, _, _| match value {
        None => CheckHandlerResult::Accepted,
        Some(_) => CheckHandlerResult::ObjectAccessDenied,
    };
    let server = &bench.server;
    server
        .register_control_static_check_handler(&bench.object, refuse)
        .unwrap();
    assert!(peer.select().await);
    assert!(peer.operate(1).await.is_err());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_secs(6)).await;
    assert_eq!(bench.shows(), (false, false, false));
}

#[tokio::test(start_paused = true)]
async fn a_select_that_waits() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    let peer = bench.connect().await;
    let other = bench.connect().await;
    let asked = Arc::new(Mutex::new(0));
    let count = asked.clone();
    bench
        .server
        .register_control_static_check_handler(&bench.object, move |_, _, value, _, _| {
            assert!(value.is_none());
            *count.lock() += 1;
            match *count.lock() {
                101 => CheckHandlerResult::Accepted,
                _ => CheckHandlerResult::WaitingForSelect,
            }
        })
        .unwrap();
    let start = bench.elapsed();
    let select = peer.select();
    let others = async {
        sleep(Duration::from_millis(500)).await;
        assert_eq!(bench.shows(), (false, false, false));
        other.select().await
    };
    assert_eq!(tokio::join!(select, others), (true, false));
    assert_eq!(*asked.lock(), 101);
    near(bench.elapsed() - start, 1000);
    assert_eq!(bench.shows(), (true, false, false));
}

#[tokio::test(start_paused = true)]
async fn a_select_that_waits_can_be_cancelled() {
    let mut bench = Bench::new(Options::MODEL_SBO_ENHANCED);
    let mut peer = bench.connect().await;
    let mut other = bench.connect().await;
    bench
        .server
        .register_control_static_check_handler(&bench.object, |_, _, _, _, _| {
            CheckHandlerResult::WaitingForSelect
        })
        .unwrap();
    let select = peer.select_with_value(1);
    let cancel = async {
        sleep(Duration::from_secs(1)).await;
        assert!(other.cancel(1).await.is_err());
        assert_eq!(other.cause().await, Cause::LockedByOtherClient);
        assert!(other.operate(1).await.is_err());
        assert_eq!(other.cause().await, Cause::ObjectNotSelected);
        peer.cancel(1).await
    };
    let (selected, cancelled) = tokio::join!(select, cancel);
    assert_eq!(selected, Err(DataAccessError::ObjectAccessDenied));
    assert_eq!(cancelled, Ok(()));
    assert_eq!(peer.cause().await, Cause::AbortionByCancel);
    assert!(bench.states.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_selection_times_out_also_when_the_model_has_changed() {
    let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
    let peer = bench.connect().await;
    assert!(peer.select().await);
    let direct = crate::common::ControlModel::DirectNormal;
    bench
        .server
        .update_ctl_model(&bench.object, direct)
        .unwrap();
    peer.operate(1).await.unwrap();
    assert_eq!(bench.shows(), (true, false, false));
    sleep(Duration::from_secs(16)).await;
    assert_eq!(bench.shows(), (false, false, false));
}

#[tokio::test(start_paused = true)]
async fn a_select_whose_answer_names_the_variables() {
    for wait in [false, true] {
        let mut bench = Bench::new(Options::MODEL_SBO_NORMAL);
        let peer = bench.connect().await;
        bench
            .server
            .register_control_static_check_handler_async(
                &bench.object,
                move |_, _, _, _, _| async move {
                    if wait {
                        sleep(Duration::from_secs(1)).await;
                    }
                    CheckHandlerResult::Accepted
                },
            )
            .unwrap();
        let names = ["G1$CF$S$ctlModel", "G1$CO$S$SBO", "G1$CF$S$sboTimeout"];
        let mut encoded = Vec::new();
        let variables = names.map(|item| ObjectName::domain("TL", item));
        write_variables(&mut Writer::unbounded(&mut encoded), variables);
        let variables = VariableAccessSpecification::decode(&mut Reader::new(&encoded)).unwrap();
        let request = RequestService::Read(ReadRequest {
            specification_with_result: true,
            variables,
        });
        let take = |response: ResponseService<'_>| match response {
            ResponseService::Read(response) => {
                assert_eq!(response.variables, Some(variables));
                Ok(response.results.iter().map(|v| v.to_value()).collect())
            }
            _ => Err(ClientError::InsideRuntime),
        };
        let values: Vec<MmsValue> = peer.client.request(request, take).await.unwrap();
        let selected = MmsValue::VisibleString("TL/G1$CO$S".into());
        assert_eq!(
            values,
            [2.into(), selected, MmsValue::Unsigned(15_000)],
            "{wait}"
        );
    }
}
