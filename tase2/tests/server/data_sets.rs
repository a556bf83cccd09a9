//! Data sets over MMS.

use crate::support::*;
use mms::{DataAccessError, ObjectName, ServiceError};
use std::sync::Arc;
use tase2::bilateral::{Oversized, Rights, Rule};
use tase2::client::Client;
use tase2::endpoint::Endpoint;
use tase2::model::PredefinedDataSet;
use tase2::{Error, Event, VirtualControlCenter};

fn service_error(result: Result<(), Error>) -> ServiceError {
    match result {
        Err(Error::Mms(error)) => error.service_error().expect("a service error"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn from_making_to_deleting() {
    let bench = Bench::new();
    let client = bench.client().await;
    let set = name("ICC1/DS1");
    let members = names(&[
        "ICC1/Transfer_Set_Name",
        "D1",
        "ICC1/MW1",
        "ICC1/SP1",
        "Event_Code_Detected",
    ]);
    client.create_data_set(&set, &members).await.unwrap();
    let again = client.create_data_set(&set, &members).await;
    assert_eq!(service_error(again), ServiceError::OBJECT_EXISTS);
    assert_eq!(
        client.data_set_names(Some("ICC1")).await.unwrap(),
        names(&["ICC1/DS1"])
    );
    assert!(client.data_set_names(None).await.unwrap().is_empty());
    let read = client.data_set(&set).await.unwrap();
    assert!(read.deletable);
    let members: Vec<_> = members.into_iter().map(Some).collect();
    assert_eq!(read.members, members);
    let values = client.read_data_set(&set).await.unwrap();
    let denied = Err(DataAccessError::ObjectAccessDenied);
    assert_eq!((&values[0], &values[4]), (&denied, &denied));
    assert_eq!(values[1], Ok(integer(0)));
    client.delete_data_set(&set).await.unwrap();
    let gone = client.delete_data_set(&set).await;
    assert_eq!(service_error(gone), ServiceError::OBJECT_NON_EXISTENT);
    assert!(client.read_data_set(&set).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made() {
    let bench = Bench::of(|table| {
        table.limits.members = 3;
        table.limits.data_sets = 2;
    });
    let client = bench.client().await;
    let mut events = bench.vcc.events();
    let make = async |set: &str, members: &[&str]| {
        service_error(client.create_data_set(&name(set), &names(members)).await)
    };
    assert_eq!(
        make("ICC1/A", &["NO"]).await,
        ServiceError::OBJECT_UNDEFINED
    );
    assert_eq!(
        make("ICC1/A", &["ICC2/OTHER"]).await,
        ServiceError::OBJECT_UNDEFINED
    );
    assert_eq!(
        make("ICC1/A", &["TASE2_Version"]).await,
        ServiceError::OBJECT_UNDEFINED
    );
    assert_eq!(
        make("ICC1/A", &[]).await,
        ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT
    );
    assert_eq!(make("A", &["D1"]).await, ServiceError::OBJECT_ACCESS_DENIED);
    assert_eq!(
        make("ICC2/A", &["D1"]).await,
        ServiceError::OBJECT_NON_EXISTENT
    );
    let four = ["D1", "D1", "D1", "D1"];
    assert_eq!(
        make("ICC1/A", &four).await,
        ServiceError::CAPABILITY_UNAVAILABLE
    );
    client
        .create_data_set(&name("ICC1/A"), &names(&["D1"]))
        .await
        .unwrap();
    client
        .create_data_set(&name("ICC1/B"), &names(&["D1", "D1"]))
        .await
        .unwrap();
    assert_eq!(
        make("ICC1/C", &["D1"]).await,
        ServiceError::CAPABILITY_UNAVAILABLE
    );
    let limits: Vec<_> = std::iter::from_fn(|| events.try_recv().ok())
        .filter_map(|event| match event {
            Event::LimitReached { limit, .. } => Some(limit),
            _ => None,
        })
        .collect();
    assert_eq!(limits, ["members of a data set", "data sets"]);
    // A part of a variable is no member.
    let part =
        mms::pdu::AlternateAccessBuf::path(&[mms::pdu::AccessStep::Component("Value")]).unwrap();
    let member = mms::pdu::VariableAccess::from(ObjectName::domain("ICC1", "MW1"))
        .with_alternate_access(part.as_ref());
    let set = ObjectName::domain("ICC1", "P");
    let error = client
        .mms()
        .define_named_variable_list(set, [member])
        .await
        .unwrap_err();
    assert_eq!(error.service_error(), Some(ServiceError::OBJECT_UNDEFINED));
    let bench = Bench::of(|table| table.options.create_data_sets = false);
    let client = bench.client().await;
    let denied = client
        .create_data_set(&name("ICC1/A"), &names(&["D1"]))
        .await;
    assert_eq!(service_error(denied), ServiceError::OBJECT_ACCESS_DENIED);
}

#[tokio::test(start_paused = true)]
async fn one_whose_report_may_be_too_long() {
    let bench = Bench::of(|table| table.options.oversized = Oversized::Refuse);
    let mut config = mms::association::Config::default();
    config.max_pdu_size = 600;
    let raw = Raw::call(&bench.endpoint, config).await;
    let make = async |count: usize| {
        let set = ObjectName::domain("ICC1", "DS");
        let members = vec![ObjectName::Vmd("Transfer_Set_Name"); count];
        raw.mms.define_named_variable_list(set, members).await
    };
    let error = make(5).await.unwrap_err();
    assert_eq!(
        error.service_error(),
        Some(ServiceError::CAPABILITY_UNAVAILABLE)
    );
    make(3).await.unwrap();
}

fn predefined() -> VirtualControlCenter {
    let mut model = model();
    for (set, deletable) in [
        ("ICC1/STATIC", false),
        ("SHARED", false),
        ("ICC1/SOFT", true),
        ("ICC1/HIDDEN", true),
    ] {
        model
            .add_data_set(PredefinedDataSet {
                name: name(set),
                members: names(&["D1", "D3"]),
                deletable,
            })
            .unwrap();
    }
    let mut table = table();
    table.rules.extend([
        Rule::new("ICC1/STATIC", Rights::READ | Rights::WRITE | Rights::DELETE),
        Rule::new("SHARED", Rights::READ | Rights::USE),
        Rule::new("ICC1/SOFT", Rights::READ | Rights::DELETE),
    ]);
    table.rules.remove(0);
    VirtualControlCenter::new(model, vec![table]).unwrap()
}

#[tokio::test(start_paused = true)]
async fn predefined_ones_and_their_rights() {
    let vcc = predefined();
    let endpoint = Endpoint::start(&vcc, Default::default(), vec![]).unwrap();
    let (near, far) = tokio::io::duplex(4096);
    endpoint.serve(far, None);
    let client = Client::over(near, client_options(TITLE)).await.unwrap();
    assert_eq!(
        client.data_set_names(None).await.unwrap(),
        names(&["SHARED"])
    );
    let seen = client.data_set_names(Some("ICC1")).await.unwrap();
    assert_eq!(seen, names(&["ICC1/SOFT", "ICC1/STATIC"]));
    assert!(
        !client
            .data_set(&name("ICC1/STATIC"))
            .await
            .unwrap()
            .deletable
    );
    let deleted = client.delete_data_set(&name("ICC1/STATIC")).await;
    assert_eq!(service_error(deleted), ServiceError::OBJECT_ACCESS_DENIED);
    let deleted = client.delete_data_set(&name("ICC1/HIDDEN")).await;
    assert_eq!(service_error(deleted), ServiceError::OBJECT_NON_EXISTENT);
    client.delete_data_set(&name("ICC1/SOFT")).await.unwrap();
    // Writing the elements: each one by its own right.
    let outcomes = client
        .mms()
        .write_list(
            ObjectName::domain("ICC1", "STATIC"),
            &[integer(5), integer(6)],
        )
        .await
        .unwrap();
    assert_eq!(outcomes, [Err(DataAccessError::ObjectAccessDenied), Ok(())]);
    let d3 = vcc.point(&name("D3")).unwrap();
    assert_eq!(
        vcc.value(d3).unwrap().value,
        tase2::types::Value::Discrete(6)
    );
    let error = client
        .mms()
        .write_list(ObjectName::domain("ICC1", "STATIC"), &[integer(5)])
        .await
        .unwrap_err();
    assert!(error.service_error().is_none(), "rejected: {error}");
    let error = client
        .mms()
        .write_list(ObjectName::Vmd("SHARED"), &[integer(5), integer(6)])
        .await;
    assert_eq!(
        error.unwrap_err().service_error(),
        Some(ServiceError::OBJECT_ACCESS_DENIED)
    );
    let _ = Arc::new(endpoint);
}

#[tokio::test(start_paused = true)]
async fn many_at_once_are_counted() {
    let bench = Bench::new();
    let client = bench.client().await;
    for set in ["ICC1/A", "ICC1/B", "ICC1/C"] {
        client
            .create_data_set(&name(set), &names(&["D1"]))
            .await
            .unwrap();
    }
    let mms = client.mms();
    let several = [
        ObjectName::domain("ICC1", "A"),
        ObjectName::domain("ICC1", "NO"),
    ];
    let deleted = mms.delete_named_variable_lists(&several).await.unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (1, 1));
    let scope = mms::pdu::DeleteScope::Domain;
    let deleted = mms
        .delete_all_named_variable_lists(scope, Some("ICC1"))
        .await
        .unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (2, 2));
    assert!(
        mms.delete_all_named_variable_lists(scope, Some("ICC2"))
            .await
            .is_err()
    );
    let deleted = mms
        .delete_all_named_variable_lists(mms::pdu::DeleteScope::Vmd, None)
        .await;
    assert_eq!(deleted.unwrap().matched, 0);
}

#[tokio::test(start_paused = true)]
async fn they_outlive_the_association_by_choice() {
    for keep in [true, false] {
        let bench = Bench::of(|table| table.options.keep_data_sets = keep);
        let client = bench.client().await;
        client
            .create_data_set(&name("ICC1/A"), &names(&["D1"]))
            .await
            .unwrap();
        let other = bench.client().await;
        client.conclude().await.unwrap();
        // Another association of the same peer keeps them in any case.
        assert_eq!(other.data_set_names(Some("ICC1")).await.unwrap().len(), 1);
        other.conclude().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let client = bench.client().await;
        let left = client.data_set_names(Some("ICC1")).await.unwrap().len();
        assert_eq!(left, usize::from(keep));
    }
}
