//! Who gets in, and what they see.

use crate::support::*;
use mms::association::CloseReason;
use mms::client::ClientError;
use mms::osi::acse::AssociateResult;
use mms::{DataAccessError, ObjectName, ServiceError};
use std::time::Duration;
use tase2::bilateral::{BilateralTable, Rights, Rule, Visibility};
use tase2::client::{Client, TransferSpec, Update};
use tase2::types::DsConditions;
use tase2::{Event, PointError, Refusal};
use tokio::time::sleep;

fn other() -> BilateralTable {
    let mut table = BilateralTable::new("WEST", "7", "ICC2");
    table.identity.ap_title = Some("1.1.999.2".parse().unwrap());
    table.identity.ae_qualifier = Some(1);
    table.options.use_peer = false;
    table.rules = vec![Rule::new("*/*", Rights::READ)];
    table
}

#[tokio::test(start_paused = true)]
async fn a_peer_without_rights_sees_nothing() {
    let bench = Bench::of(|table| table.rules.clear());
    let client = bench.client().await;
    let standard = |names: Vec<tase2::Name>| {
        names
            .iter()
            .all(|n| !["D1", "D2", "D3", "MW1", "CB1", "SP1", "SECRET"].contains(&n.item()))
    };
    assert!(standard(client.names(None).await.unwrap()));
    assert!(standard(client.names(Some("ICC1")).await.unwrap()));
    for hidden in ["D1", "ICC1/MW1", "ICC1/SP1", "SECRET"] {
        let error = client.read_raw(&name(hidden)).await.unwrap_err();
        assert_eq!(
            error.access_error(),
            Some(DataAccessError::ObjectNonExistent)
        );
        let error = client
            .write_raw(&name(hidden), &integer(1))
            .await
            .unwrap_err();
        assert_eq!(
            error.access_error(),
            Some(DataAccessError::ObjectNonExistent)
        );
        assert!(client.describe(&name(hidden)).await.is_err());
        let set = name("ICC1/DS");
        let error = client
            .create_data_set(&set, &names(&[hidden]))
            .await
            .unwrap_err();
        let tase2::Error::Mms(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.service_error(), Some(ServiceError::OBJECT_UNDEFINED));
    }
}

#[tokio::test(start_paused = true)]
async fn hidden_or_denied_is_a_choice() {
    let bench = Bench::of(|table| table.options.visibility = Visibility::Deny);
    let client = bench.client().await;
    // What is not there answers like what is hidden.
    for denied in ["SECRET", "NO"] {
        let error = client.read_raw(&name(denied)).await.unwrap_err();
        assert_eq!(
            error.access_error(),
            Some(DataAccessError::ObjectAccessDenied),
            "{denied}"
        );
    }
    // Domains of others never show.
    let error = client.read_raw(&name("ICC2/OTHER")).await.unwrap_err();
    assert_eq!(
        error.access_error(),
        Some(DataAccessError::ObjectNonExistent)
    );
}

#[tokio::test(start_paused = true)]
async fn each_peer_has_its_domain() {
    let bench = Bench::with(vec![table(), other()]);
    let east = bench.client().await;
    let west = bench.client_of("1.1.999.2").await.unwrap();
    assert_eq!(east.domains().await.unwrap(), ["ICC1"]);
    assert_eq!(west.domains().await.unwrap(), ["ICC2"]);
    assert!(west.read_raw(&name("ICC2/OTHER")).await.is_ok());
    assert!(west.read_raw(&name("SECRET")).await.is_ok());
    for foreign in [
        "ICC1/MW1",
        "ICC1/Next_DSTransfer_Set",
        "ICC1/DSTS1",
        "ICC1/Bilateral_Table_ID",
    ] {
        let error = west.read_raw(&name(foreign)).await.unwrap_err();
        assert_eq!(
            error.access_error(),
            Some(DataAccessError::ObjectNonExistent),
            "{foreign}"
        );
    }
    assert!(west.names(Some("ICC1")).await.is_err());
    assert!(west.data_set_names(Some("ICC1")).await.is_err());
    let members = names(&["D1"]);
    assert!(
        west.create_data_set(&name("ICC1/DS"), &members)
            .await
            .is_err()
    );
    // Nor can one be reached by a transfer set of one's own.
    east.create_data_set(&name("ICC1/DS"), &members)
        .await
        .unwrap();
    assert!(west.data_set(&name("ICC1/DS")).await.is_err());
    assert!(west.delete_data_set(&name("ICC1/DS")).await.is_err());
    let attributes = tase2::types::DsTransferSet {
        data_set: Some(name("ICC1/DS")),
        conditions: DsConditions::OBJECT_CHANGE,
        status: true,
        ..Default::default()
    };
    let value = attributes.to_value(Default::default(), false);
    let error = west
        .write_raw(&name("ICC2/DSTS1"), &value)
        .await
        .unwrap_err();
    assert_eq!(
        error.access_error(),
        Some(DataAccessError::ObjectValueInvalid)
    );
    let _ = east;
}

fn refused(result: Result<Client, tase2::Error>) -> AssociateResult {
    match result {
        Err(tase2::Error::Mms(ClientError::Refused(CloseReason::Refused(result)))) => result,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_in_no_table_is_refused_and_told_of() {
    let bench = Bench::with(vec![table(), other()]);
    let mut events = bench.vcc.events();
    let result = refused(bench.client_of("1.2.3.4").await);
    assert_eq!(result, AssociateResult::CALLING_AP_TITLE);
    let Ok(Event::Refused { caller, reason }) = events.try_recv() else {
        panic!("no event");
    };
    assert_eq!(reason, Refusal::UnknownTitle);
    assert_eq!(caller.to_string(), "AP title 1.2.3.4, AE qualifier 1");

    let (near, far) = tokio::io::duplex(4096);
    let from = "192.0.2.7:1234".parse().unwrap();
    bench.endpoint.serve(far, Some(from));
    let mut options = client_options("1.1.999.2");
    options.config.local.ae_qualifier = Some(9.into());
    let result = refused(Client::over(near, options).await);
    assert_eq!(result, AssociateResult::CALLING_AE_QUALIFIER);
    let Ok(Event::Refused { caller, reason }) = events.try_recv() else {
        panic!("no event");
    };
    assert_eq!(reason, Refusal::UnknownQualifier);
    assert_eq!(
        caller.to_string(),
        "AP title 1.1.999.2, AE qualifier 9, from 192.0.2.7:1234"
    );
}

#[tokio::test(start_paused = true)]
async fn addresses_and_pdu_sizes_are_checked() {
    let bench = Bench::of(|table| table.identity.addresses = vec!["10.0.0.0/8".parse().unwrap()]);
    let mut events = bench.vcc.events();
    let call = async |from: &str, pdu: u32| {
        let (near, far) = tokio::io::duplex(4096);
        bench.endpoint.serve(far, Some(from.parse().unwrap()));
        let mut options = client_options(TITLE);
        options.config.max_pdu_size = pdu;
        Client::over(near, options).await
    };
    assert_eq!(
        refused(call("11.0.0.1:1", 8192).await),
        AssociateResult::NO_REASON
    );
    assert_eq!(
        refused(call("10.0.0.1:1", 511).await),
        AssociateResult::NO_REASON
    );
    let reasons: Vec<_> = std::iter::from_fn(|| events.try_recv().ok())
        .map(|event| match event {
            Event::Refused { reason, .. } => reason,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(reasons, [Refusal::Address, Refusal::PduSize]);
    assert!(call("10.0.0.1:1", 512).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn associations_are_limited() {
    let bench = Bench::of(|table| table.limits.associations = 2);
    let one = bench.client().await;
    let _two = bench.client().await;
    let result = refused(bench.client_of(TITLE).await);
    assert_eq!(result, AssociateResult::TRANSIENT);
    one.conclude().await.unwrap();
    assert!(bench.client_of(TITLE).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_taken_away_shows_in_its_place() {
    let bench = Bench::new();
    let mut raw = bench.raw().await;
    let client = bench.client().await;
    let members = [ObjectName::Vmd("D1"), ObjectName::Vmd("D2")];
    let set = ObjectName::domain("ICC1", "DS");
    raw.mms
        .define_named_variable_list(set, members)
        .await
        .unwrap();
    let attributes = tase2::types::DsTransferSet {
        data_set: Some(name("ICC1/DS")),
        conditions: DsConditions::OBJECT_CHANGE,
        status: true,
        ..Default::default()
    };
    let value = attributes.to_value(Default::default(), false);
    raw.mms
        .write(ObjectName::domain("ICC1", "DSTS1"), &value)
        .await
        .unwrap();
    assert_eq!(raw.seen().await.values, ["0", "0"]);
    let mut less = table();
    less.rules = vec![Rule::new("D1", Rights::READ)];
    bench.endpoint.reload(vec![less]).unwrap();
    bench.set_discrete("D1", 1);
    assert_eq!(
        raw.seen().await.values,
        ["1", "error: object access denied"]
    );
    // In reads as well; and the associations stay, since the agreement is the same.
    let values = raw.mms.read_list(set).await.unwrap();
    assert_eq!(values[1], Err(DataAccessError::ObjectAccessDenied));
    assert!(client.read(&name("D2")).await.is_err());
    // Under RBE in the changes too.
    let values = client.read_many(&names(&["D1"])).await.unwrap();
    assert!(!matches!(values[0], Err(PointError::Decode(_))));
}

#[tokio::test(start_paused = true)]
async fn another_table_id_ends_the_associations() {
    let bench = Bench::new();
    let client = bench.client().await;
    let mut new = table();
    new.id = "BLT-A-B-4".to_owned();
    bench.endpoint.reload(vec![new]).unwrap();
    assert_eq!(client.closed().await, CloseReason::Released);
    let client = bench.client().await;
    assert_eq!(client.table_id().await.unwrap(), "BLT-A-B-4");
    // Taken away, the peer is unknown.
    bench.endpoint.reload(vec![other()]).unwrap();
    client.closed().await;
    assert_eq!(
        refused(bench.client_of(TITLE).await),
        AssociateResult::CALLING_AP_TITLE
    );
    assert!(bench.client_of("1.1.999.2").await.is_ok());
    // Bad tables change nothing.
    let mut bad = other();
    bad.rules.push(Rule::new("NO_SUCH", Rights::READ));
    assert!(bench.endpoint.reload(vec![bad]).is_err());
    assert!(bench.client_of("1.1.999.2").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_follower_hears_of_the_end() {
    let bench = Bench::new();
    let client = bench.client().await;
    let spec = TransferSpec::new(name("ICC1/DS"), DsConditions::OBJECT_CHANGE)
        .with_members(names(&["D1"]));
    let mut follow = client.follow(spec).await.unwrap();
    assert!(matches!(follow.next().await, Some(Update::Started { .. })));
    assert!(matches!(follow.next().await, Some(Update::Report(_))));
    bench.endpoint.reload(vec![]).unwrap();
    let Some(Update::Interrupted { reason }) = follow.next().await else {
        panic!("not interrupted");
    };
    assert_eq!(reason, "released");
    sleep(Duration::from_secs(1)).await;
}
