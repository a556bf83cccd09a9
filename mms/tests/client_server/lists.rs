use super::*;
use mms::client::ClientError;
use mms::pdu::{AccessStep, DeleteScope, ObjectScope};
use mms::{DataAccessError, OwnedVariable, RejectReason, ServiceError};

const NUMBER: ObjectName<'_> = ObjectName::domain("A", "number");
const FIXED: ObjectName<'_> = ObjectName::domain("A", "fixed");

fn members() -> Vec<OwnedVariable> {
    let steps = [AccessStep::Index(1), AccessStep::Component("value")];
    vec![
        NUMBER.into(),
        FIXED.into(),
        OwnedVariable::part(ObjectName::domain("A", "points"), &steps).unwrap(),
    ]
}

const SCOPES: [ObjectName<'_>; 3] = [
    ObjectName::Vmd("list"),
    ObjectName::domain("B", "list"),
    ObjectName::Association("list"),
];

#[tokio::test(start_paused = true)]
async fn lists_of_every_scope() {
    let vmd = device();
    let (client, _) = connect(&vmd).await;
    let (other, _) = connect(&vmd).await;
    for name in SCOPES {
        client
            .define_named_variable_list(name, &members())
            .await
            .unwrap();
        let again = client.define_named_variable_list(name, &members()).await;
        assert_eq!(
            again.unwrap_err().service_error(),
            Some(ServiceError::OBJECT_EXISTS)
        );
        let attributes = client
            .get_named_variable_list_attributes(name)
            .await
            .unwrap();
        assert!(attributes.deletable);
        let listed: Vec<_> = attributes.members.into_iter().flatten().collect();
        assert_eq!(listed, members());

        let read = client.read_list(name).await.unwrap();
        assert_eq!(read, [Ok(2i32.into()), Ok(3i32.into()), Ok(1i32.into())]);
        let with_members = client.read_list_with_members(name).await.unwrap();
        assert_eq!(with_members[2], (None, Ok(1i32.into())));

        let new = [20i32.into(), 30i32.into(), 10i32.into()];
        let written = client.write_list(name, &new).await.unwrap();
        let denied = Err(DataAccessError::ObjectAccessDenied);
        assert_eq!(written, [Ok(()), denied, Ok(())]);
        assert_eq!(vmd.get(NUMBER), Ok(MmsValue::Integer(20)));
        let old = [2i32.into(), 3i32.into(), 1i32.into()];
        client.write_list(name, &old).await.unwrap();
        let wrong = client.write_list(name, &old[..2]).await.unwrap_err();
        assert!(
            matches!(wrong, ClientError::Reject { reason, .. } if reason == RejectReason::INVALID_ARGUMENT)
        );

        let elsewhere = other.read_list(name).await;
        match name {
            ObjectName::Association(_) => assert_eq!(
                elsewhere.unwrap_err().service_error(),
                Some(ServiceError::OBJECT_NON_EXISTENT)
            ),
            _ => assert_eq!(elsewhere.unwrap().len(), 3),
        }
        let deleted = client
            .delete_named_variable_lists(&[name, name])
            .await
            .unwrap();
        assert_eq!((deleted.matched, deleted.deleted), (1, 1));
        for error in [
            client.read_list(name).await.unwrap_err(),
            client.write_list(name, &old).await.unwrap_err(),
            client
                .get_named_variable_list_attributes(name)
                .await
                .unwrap_err(),
        ] {
            assert_eq!(
                error.service_error(),
                Some(ServiceError::OBJECT_NON_EXISTENT)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lists_of_the_device_stay() {
    let vmd = device();
    let name = ObjectName::domain("A", "fixed");
    vmd.add_variable_list(name, members(), false).unwrap();
    assert!(vmd.add_variable_list(name, members(), false).is_err());
    let missing = vec![ObjectName::Vmd("no").into()];
    assert!(
        vmd.add_variable_list(ObjectName::Vmd("l"), missing, false)
            .is_err()
    );
    let (client, _) = connect(&vmd).await;
    client
        .define_named_variable_list(ObjectName::domain("A", "dynamic"), [NUMBER])
        .await
        .unwrap();
    let deleted = client.delete_named_variable_lists(&[name]).await.unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (1, 0));
    let deleted = client
        .delete_all_named_variable_lists(DeleteScope::Domain, Some("A"))
        .await
        .unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (2, 1));
    let left = client
        .variable_list_names(ObjectScope::Domain("A"))
        .await
        .unwrap();
    assert_eq!(left, ["fixed"]);
    for scope in [DeleteScope::Vmd, DeleteScope::Association] {
        let deleted = client
            .delete_all_named_variable_lists(scope, None)
            .await
            .unwrap();
        assert_eq!((deleted.matched, deleted.deleted), (0, 0));
    }
    let unknown = client
        .delete_all_named_variable_lists(DeleteScope::Domain, Some("C"))
        .await;
    assert_eq!(
        unknown.unwrap_err().service_error(),
        Some(ServiceError::OBJECT_NON_EXISTENT)
    );
    // A member that goes leaves its place.
    vmd.remove_variable(NUMBER);
    let read = client.read_list(name).await.unwrap();
    assert_eq!(read[0], Err(DataAccessError::ObjectNonExistent));
}

#[tokio::test(start_paused = true)]
async fn limits() {
    let mut options = options();
    options.limits.association_lists = 1;
    options.limits.domain_lists = 1;
    options.limits.vmd_lists = 1;
    options.limits.list_members = 2;
    let vmd = Vmd::new(options);
    vmd.add_domain("B").unwrap();
    let variable = ObjectName::Vmd("v");
    vmd.add_variable(variable, integer(0)).unwrap();
    let (client, _) = connect(&vmd).await;
    for name in SCOPES {
        let second = match name {
            ObjectName::Vmd(_) => ObjectName::Vmd("second"),
            ObjectName::Domain { domain, .. } => ObjectName::domain(domain, "second"),
            ObjectName::Association(_) => ObjectName::Association("second"),
        };
        client
            .define_named_variable_list(name, [variable])
            .await
            .unwrap();
        for (name, members, error) in [
            (second, vec![variable], ServiceError::RESOURCE_OTHER),
            (second, vec![variable; 3], ServiceError::DEFINITION_OTHER),
            (second, vec![], ServiceError::DEFINITION_OTHER),
            (
                second,
                vec![ObjectName::Vmd("no")],
                ServiceError::OBJECT_UNDEFINED,
            ),
        ] {
            let refused = client.define_named_variable_list(name, members).await;
            assert_eq!(refused.unwrap_err().service_error(), Some(error));
        }
    }
    let nowhere = ObjectName::domain("C", "list");
    let refused = client.define_named_variable_list(nowhere, [variable]).await;
    assert_eq!(
        refused.unwrap_err().service_error(),
        Some(ServiceError::OBJECT_UNDEFINED)
    );
}
