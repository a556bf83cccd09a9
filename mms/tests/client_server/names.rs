use super::*;
use mms::ServiceError;
use mms::client::ClientError;
use mms::pdu::{ObjectClass, ObjectScope};
use mms::server::vmd::VmdError;

#[tokio::test(start_paused = true)]
async fn who_it_is() {
    let (client, _) = connect(&device()).await;
    let identity = client.identify().await.unwrap();
    assert_eq!(
        (identity.vendor, identity.model, identity.revision),
        ("Example".into(), "Device".into(), "1.2".into())
    );
    for extended in [false, true] {
        let status = client.status(extended).await.unwrap();
        assert_eq!((status.logical, status.physical), (0, 0));
    }
    let capabilities = client.get_capability_list().await.unwrap();
    assert_eq!(capabilities, options().capabilities);
    let negotiated = client.negotiated();
    assert_eq!(negotiated.max_outstanding_ours, 5);
    assert_eq!(negotiated.peer_services, device().services());
}

#[tokio::test(start_paused = true)]
async fn names_of_every_scope() {
    let vmd = device();
    vmd.add_association_variable("own", |_| integer(9)).unwrap();
    let (client, _) = connect(&vmd).await;
    assert_eq!(client.domain_names().await.unwrap(), ["A", "B"]);
    for (scope, names) in [
        (ObjectScope::Vmd, vec!["global"]),
        (
            ObjectScope::Domain("A"),
            vec!["fixed", "number", "point", "points"],
        ),
        (ObjectScope::Domain("B"), vec![]),
        (ObjectScope::Association, vec!["own"]),
    ] {
        assert_eq!(client.variable_names(scope).await.unwrap(), names);
        let others = client.name_list(ObjectClass::Semaphore, scope).await;
        assert_eq!(others.unwrap(), Vec::<String>::new());
        assert!(client.journal_names(scope).await.unwrap().is_empty());
        assert!(client.variable_list_names(scope).await.unwrap().is_empty());
    }
    let unknown = client.variable_names(ObjectScope::Domain("C")).await;
    assert_eq!(
        unknown.unwrap_err().service_error(),
        Some(ServiceError::OBJECT_NON_EXISTENT)
    );
}

#[tokio::test(start_paused = true)]
async fn long_lists_come_in_pieces() {
    let vmd = device();
    let names: Vec<String> = (0..1000).map(|i| format!("variable{i:04}")).collect();
    for name in &names {
        vmd.add_variable(ObjectName::domain("B", name), integer(0))
            .unwrap();
    }
    for size in [100, 128, 300, 1000, 65_000] {
        let (client, _) = connect_with(&vmd, small_pdus(size)).await;
        assert_eq!(client.negotiated().max_pdu_size, size);
        let listed = client.variable_names(ObjectScope::Domain("B")).await;
        assert_eq!(listed.unwrap(), names, "PDUs of {size}");
        let capabilities = client.get_capability_list().await.unwrap();
        assert_eq!(capabilities, options().capabilities);
    }
    let (client, _) = connect(&vmd).await;
    let mut options = small_pdus(1000);
    options.limits.names = 100;
    let (limited, _) = connect_with(&vmd, options).await;
    assert!(matches!(
        limited.variable_names(ObjectScope::Domain("B")).await,
        Err(ClientError::Limit { limit: 100, .. })
    ));
    assert_eq!(client.domain_names().await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_not_continued_behind_an_unknown_name() {
    use mms::pdu::{CapabilityListRequest, NameListRequest, RequestService};
    let (client, _) = connect(&device()).await;
    for request in [
        RequestService::GetNameList(NameListRequest {
            class: ObjectClass::NamedVariable,
            scope: ObjectScope::Domain("A"),
            continue_after: Some("m"),
        }),
        RequestService::GetCapabilityList(CapabilityListRequest {
            continue_after: Some("m"),
        }),
    ] {
        let error = client.request(request, |_| Ok(())).await.unwrap_err();
        assert_eq!(
            error.service_error(),
            Some(ServiceError::CONTINUATION_INVALID)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn types_and_domains() {
    let (client, _) = connect(&device()).await;
    let name = ObjectName::domain("A", "point");
    let ty = client.get_variable_access_attributes(name).await.unwrap();
    assert_eq!(ty, point());
    let domain = client.get_domain_attributes("A").await.unwrap();
    assert_eq!((domain.state, domain.deletable), (3, false));
    for error in [
        client
            .get_variable_access_attributes(ObjectName::domain("A", "no"))
            .await
            .unwrap_err(),
        client.get_domain_attributes("C").await.unwrap_err(),
    ] {
        assert_eq!(
            error.service_error(),
            Some(ServiceError::OBJECT_NON_EXISTENT)
        );
    }
}

#[test]
fn what_cannot_be_added() {
    let vmd = device();
    let taken = vmd.add_variable(ObjectName::domain("A", "number"), integer(0));
    assert!(matches!(taken, Err(VmdError::Exists(_))));
    assert!(matches!(vmd.add_domain("A"), Err(VmdError::Exists(_))));
    for name in ["", "a b", "\u{e9}", &"a".repeat(256)] {
        assert!(matches!(vmd.add_domain(name), Err(VmdError::BadName(_))));
    }
    let nowhere = vmd.add_variable(ObjectName::domain("C", "x"), integer(0));
    assert_eq!(nowhere, Err(VmdError::NoDomain("C".into())));
    let own = vmd.add_variable(ObjectName::Association("x"), integer(0));
    assert!(matches!(own, Err(VmdError::AssociationSpecific(_))));
    assert!(matches!(
        Variable::new(INTEGER, "text"),
        Err(VmdError::Value(_))
    ));
}
