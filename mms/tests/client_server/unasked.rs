//! Information reports, unsolicitedStatus, and the end of associations.

use super::*;
use mms::association::CloseReason;
use mms::client::ClientError;
use mms::pdu::{StatusResponse, VariableAccessSpecification};
use mms::{DataAccessError, OwnedVariable};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn reports_to_one_and_to_all() {
    let vmd = device();
    let members: Vec<OwnedVariable> = vec![
        ObjectName::domain("A", "number").into(),
        ObjectName::domain("A", "fixed").into(),
    ];
    let list = ObjectName::domain("A", "list");
    vmd.add_variable_list(list, members.clone(), false).unwrap();
    let (one, first) = connect(&vmd).await;
    let (other, _) = connect(&vmd).await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let mut subscriptions = vec![];
    for (who, client) in [(1, &one), (2, &other)] {
        let sender = sender.clone();
        subscriptions.push(client.on_information_report(move |report| {
            let about = match report.variables {
                VariableAccessSpecification::ListName(name) => name.to_string(),
                VariableAccessSpecification::Variables(list) => list
                    .iter()
                    .filter_map(|v| v.name().map(|name| name.to_string()))
                    .collect::<Vec<_>>()
                    .join(","),
            };
            let values: Vec<MmsValue> = report.results.iter().map(|v| v.to_value()).collect();
            sender.send((who, about, values)).unwrap();
        }));
    }
    let values = || vec![MmsValue::Integer(2), MmsValue::Integer(3)];
    assert_eq!(vmd.clients().len(), 2);
    assert_eq!(vmd.report_list(list, Some(&first)), Ok(1));
    let report = received.recv().await.unwrap();
    assert_eq!(report, (1, "A/list".into(), values()));
    assert_eq!(vmd.report_variables(&members, None), 2);
    let mut reports = [
        received.recv().await.unwrap(),
        received.recv().await.unwrap(),
    ];
    reports.sort_by_key(|report| report.0);
    assert_eq!(reports[0], (1, "A/number,A/fixed".into(), values()));
    assert_eq!(reports[1].0, 2);

    // A report does not disturb a client that has unsubscribed.
    subscriptions.clear();
    assert_eq!(vmd.report_variables(&members, None), 2);
    assert!(one.identify().await.is_ok());
    assert!(received.try_recv().is_err());

    let gone: Vec<OwnedVariable> = vec![ObjectName::Vmd("no").into()];
    let error = DataAccessError::ObjectNonExistent;
    assert_eq!(vmd.report_list(ObjectName::Vmd("no"), None), Err(error));
    let subscription = one.on_information_report(move |report| {
        let values = report.results.iter().map(|v| v.to_value()).collect();
        sender.send((3, String::new(), values)).unwrap();
    });
    subscription.detach();
    vmd.report_variables(&gone, Some(&first));
    let report = received.recv().await.unwrap();
    assert_eq!(report.2, [MmsValue::DataAccessError(error)]);
}

#[tokio::test(start_paused = true)]
async fn a_callback_can_subscribe_and_ask() {
    let vmd = device();
    let (client, _) = connect(&vmd).await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let inner = client.clone();
    let subscription = client.on_information_report(move |_| {
        let (sender, client) = (sender.clone(), inner.clone());
        let again = sender.clone();
        inner
            .on_information_report(move |_| again.send(0).unwrap())
            .detach();
        tokio::spawn(async move {
            let value = client.read(ObjectName::domain("A", "number")).await;
            sender.send(value.unwrap().to_int32().unwrap()).unwrap();
        });
    });
    vmd.report_variables(&[ObjectName::Vmd("global").into()], None);
    assert_eq!(received.recv().await, Some(2));
    drop(subscription);
    vmd.report_variables(&[ObjectName::Vmd("global").into()], None);
    assert_eq!(received.recv().await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn reports_that_fit_no_pdu_are_not_sent() {
    let vmd = device();
    let (_small, _) = connect_with(&vmd, small_pdus(200)).await;
    let (_large, _) = connect(&vmd).await;
    let many: Vec<OwnedVariable> = vec![ObjectName::Vmd("global").into(); 100];
    assert_eq!(vmd.report_variables(&many, None), 1);
}

#[tokio::test(start_paused = true)]
async fn unsolicited_status() {
    let vmd = device();
    let (client, _) = connect(&vmd).await;
    let (sender, mut received) = mpsc::unbounded_channel();
    let _subscription = client.on_unsolicited_status(move |status| {
        sender.send(status.clone()).unwrap();
    });
    let status = StatusResponse {
        logical: 2,
        physical: 1,
        local_detail: None,
    };
    assert_eq!(vmd.set_status(status.clone()), 1);
    assert_eq!(received.recv().await, Some(status.clone()));
    assert_eq!(client.status(false).await.unwrap(), status);
}

#[tokio::test(start_paused = true)]
async fn conclude() {
    let vmd = device();
    let (client, remote) = connect(&vmd).await;
    client.conclude().await.unwrap();
    assert_eq!(client.close_reason(), Some(CloseReason::Released));
    assert_eq!(client.closed().await, CloseReason::Released);
    let error = client.identify().await.unwrap_err();
    assert!(matches!(error, ClientError::Closed(CloseReason::Released)));
    assert!(error.is_closed());
    sleep(Duration::from_millis(10)).await;
    assert_eq!(remote.close_reason(), Some(CloseReason::Released));
    assert!(vmd.clients().is_empty());
    assert!(client.conclude().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn abort_from_either_side() {
    let vmd = device();
    let (client, remote) = connect(&vmd).await;
    client.abort();
    assert_eq!(client.closed().await, CloseReason::Aborted);
    sleep(Duration::from_millis(10)).await;
    assert_eq!(remote.close_reason(), Some(CloseReason::AbortedByPeer));
    let (client, remote) = connect(&vmd).await;
    remote.abort().unwrap();
    assert_eq!(client.closed().await, CloseReason::AbortedByPeer);
}

#[tokio::test(start_paused = true)]
async fn the_last_clone_ends_the_association() {
    let (client, remote) = connect(&device()).await;
    let clone = client.clone();
    drop(client);
    assert!(clone.identify().await.is_ok());
    drop(clone);
    sleep(Duration::from_millis(10)).await;
    assert_eq!(remote.close_reason(), Some(CloseReason::Released));
}

#[tokio::test(start_paused = true)]
async fn the_called_side_asks_too() {
    let (near, far) = tokio::io::duplex(4096);
    let vmds = [device(), device()];
    vmds[0]
        .set(ObjectName::Vmd("global"), MmsValue::Integer(7))
        .unwrap();
    let remote = Remote::new();
    let patience = Duration::from_secs(5);
    let (session, client) = Client::called(
        &remote,
        vmds[1].session(&remote),
        patience,
        mms::client::Limits::default(),
    );
    let config = Arc::new(vmds[1].config());
    tokio::spawn(mms::server::connection(far, config, session, remote.clone()).run());
    let mut options = ClientOptions::default();
    options.config = Arc::new(vmds[0].config());
    let caller = Client::over_with(near, options, |remote| vmds[0].session(remote))
        .await
        .unwrap();
    let called = client.await.unwrap();
    let global = ObjectName::Vmd("global");
    let read = async |client: &Client| client.read(global).await.unwrap();
    assert_eq!(read(&called).await, MmsValue::Integer(7));
    assert_eq!(read(&caller).await, MmsValue::Integer(1));
    // It ends the association when it is told to, not when it is dropped.
    drop(called.clone());
    assert_eq!(read(&caller).await, MmsValue::Integer(1));
    called.conclude().await.unwrap();
    assert_eq!(caller.closed().await, CloseReason::Released);
}
