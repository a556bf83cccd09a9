//! Data sets: those of the model, and those that clients create.

use crate::support::{
    NewServer, access_error, bay, connect, engine_tests, name, read, service_error, started,
};
use iec61850::{AccessPolicy, FunctionalConstraint as Fc, IedServerConfig};
use mms::client::blocking::Client;
use mms::pdu::{
    AccessStep, AlternateAccessBuf, DeleteScope, ObjectScope, OwnedAccessStep, SelectionTree,
    VariableAccess,
};
use mms::{DataAccessError, MmsValue, ObjectName, OwnedVariable, ServiceError};

engine_tests!(
    directory_of_a_configured_data_set,
    reading_a_data_set,
    writing_a_data_set_member_by_member,
    unknown_data_sets,
    creating_reading_and_deleting_in_a_domain,
    association_data_sets_vanish_with_the_association,
    data_sets_of_the_vmd,
    members_of_arrays,
    what_cannot_be_created,
    configured_data_sets_cannot_be_deleted,
    deleting_whole_scopes,
    limits,
    clients_may_be_kept_from_creating,
    setting_group_members_need_an_edit_group,
    a_data_set_larger_than_the_pdu,
);

const EVENTS: &str = "T1LD0/LLN0$Events";

/// Members as text: `LD/LN$FC$DO(2)$x`.
fn members(client: &Client, set: ObjectName<'_>) -> Vec<String> {
    let attributes = client.get_named_variable_list_attributes(set).unwrap();
    let members = attributes.members.into_iter();
    members.map(|m| m.unwrap().to_string()).collect()
}

fn create(client: &Client, set: ObjectName<'_>, members: &[&str]) {
    client
        .define_named_variable_list(set, members.iter().map(|member| name(member)))
        .unwrap();
}

fn creating_fails(client: &Client, set: ObjectName<'_>, members: &[&str]) -> ServiceError {
    let result = client.define_named_variable_list(set, members.iter().map(|m| name(m)));
    service_error(&format!("{set}"), result)
}

fn directory_of_a_configured_data_set(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    assert_eq!(
        members(&client, name(EVENTS)),
        [
            "T1LD0/GGIO1$ST$Status$v0",
            "T1LD0/GGIO1$MX$Deep$phsA",
            "T1LD0/GGIO1$SP$List$num",
            "T1LD0/GGIO1$SP$List$num(2)",
            "T1LD0/GGIO1$SP$List$pnt(1)$x",
            "T1LD1/PTOC1$SP$Plain$setVal",
        ]
    );
    let attributes = client
        .get_named_variable_list_attributes(name(EVENTS))
        .unwrap();
    assert!(!attributes.deletable);
}

fn reading_a_data_set(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let expected = [
        read(&client, "T1LD0/GGIO1$ST$Status$v0"),
        read(&client, "T1LD0/GGIO1$MX$Deep$phsA"),
        read(&client, "T1LD0/GGIO1$SP$List$num"),
        20.into(),
        1.0_f32.into(),
        read(&client, "T1LD1/PTOC1$SP$Plain$setVal"),
    ];
    let values: Result<Vec<MmsValue>, _> = client
        .read_list(name(EVENTS))
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(values.unwrap(), expected);
    let with_members = client.read_list_with_members(name(EVENTS)).unwrap();
    let values: Vec<_> = with_members.into_iter().map(|(_, v)| v.unwrap()).collect();
    assert_eq!(values, expected);
}

fn writing_a_data_set_member_by_member(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let settings = name("T1LD0/LLN0$Settings");
    let write = |values: &[MmsValue]| client.write_list(settings, values);
    let denied = Err(DataAccessError::ObjectAccessDenied);
    assert_eq!(write(&[5.into(), 6.into()]).unwrap(), [Ok(()), denied]);
    assert_eq!(read(&client, "T1LD0/GGIO1$SP$Policy$inSP"), 5.into());
    assert_eq!(read(&client, "T1LD0/GGIO1$CF$Policy$inCF"), 0.into());
    server
        .set_default_write_policy(Fc::CF, AccessPolicy::Allow)
        .unwrap();
    assert_eq!(
        write(&[true.into(), 6.into()]).unwrap(),
        [Err(DataAccessError::TypeInconsistent), Ok(())]
    );
    assert_eq!(
        client.read_list(settings).unwrap(),
        [Ok(5.into()), Ok(6.into())]
    );
    // More or fewer values than members: nothing is written.
    for wrong in [&[7.into()][..], &[7.into(), 7.into(), 7.into()], &[]] {
        assert!(write(wrong).is_err());
    }
    assert_eq!(
        client.read_list(settings).unwrap(),
        [Ok(5.into()), Ok(6.into())]
    );
}

fn unknown_data_sets(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for set in [
        name("T1LD0/LLN0$None"),
        name("T1LD0/GGIO1$Events"),
        name("T1LD9/LLN0$Events"),
        name("T1LD0/Events"),
        ObjectName::Association("Events"),
        ObjectName::Vmd("Events"),
    ] {
        let what = &set.to_string();
        for error in [
            service_error(what, client.read_list(set)),
            service_error(what, client.write_list(set, &[1.into()])),
            service_error(what, client.get_named_variable_list_attributes(set)),
        ] {
            assert_eq!(error, ServiceError::OBJECT_NON_EXISTENT, "{what}");
        }
        let deleted = client.delete_named_variable_lists(&[set]).unwrap();
        assert_eq!((deleted.matched, deleted.deleted), (0, 0), "{what}");
    }
}

fn creating_reading_and_deleting_in_a_domain(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (client, other) = (connect(&server), connect(&server));
    let set = name("T1LD0/GGIO1$Mine");
    let content = [
        "T1LD0/GGIO1$SP$Policy$inSP",
        "Other/LLN0$ST$Beh",
        "T1LD0/GGIO1$MX",
        "T1LD0/LLN0$RP$urcb01$RptEna",
    ];
    create(&client, set, &content);
    assert_eq!(
        creating_fails(&other, set, &content),
        ServiceError::OBJECT_EXISTS
    );
    // Others see it, and it stays when its maker has gone.
    client.conclude().unwrap();
    assert_eq!(members(&other, set), content);
    assert!(
        other
            .get_named_variable_list_attributes(set)
            .unwrap()
            .deletable
    );
    let values = other.read_list(set).unwrap();
    for (value, member) in values.into_iter().zip(content) {
        assert_eq!(value.unwrap(), read(&other, member), "{member}");
    }
    let scope = ObjectScope::Domain("T1LD0");
    assert_eq!(
        other.variable_list_names(scope).unwrap(),
        ["GGIO1$Mine", "LLN0$Events", "LLN0$Settings"]
    );
    let values = [1.into(), 1.into(), 1.into(), true.into()];
    let written = other.write_list(set, &values).unwrap();
    assert_eq!((written[0], written[3]), (Ok(()), Ok(())));
    assert!(written[1].is_err() && written[2].is_err());
    assert_eq!(read(&other, content[0]), 1.into());
    assert_eq!(read(&other, content[3]), true.into());
    let deleted = other.delete_named_variable_lists(&[set]).unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (1, 1));
    assert_eq!(
        service_error("deleted", other.read_list(set)),
        ServiceError::OBJECT_NON_EXISTENT
    );
}

fn association_data_sets_vanish_with_the_association(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (client, other) = (connect(&server), connect(&server));
    let set = ObjectName::Association("mine");
    create(&client, set, &["Other/LLN0$ST$Beh$stVal"]);
    assert_eq!(client.read_list(set).unwrap(), [Ok(0.into())]);
    let names = |client: &Client| {
        client
            .variable_list_names(ObjectScope::Association)
            .unwrap()
    };
    assert_eq!(names(&client), ["mine"]);
    // Nobody else has it, and others may have one of the same name.
    assert_eq!(names(&other), [""; 0]);
    assert_eq!(
        service_error("another's", other.read_list(set)),
        ServiceError::OBJECT_NON_EXISTENT
    );
    create(
        &other,
        set,
        &["T1LD0/GGIO1$SP$Policy$inSP", "Other/LLN0$ST"],
    );
    assert_eq!(client.read_list(set).unwrap().len(), 1);
    assert_eq!(other.read_list(set).unwrap().len(), 2);
    client.abort();
    client.closed().unwrap();
    let again = connect(&server);
    assert_eq!(names(&again), [""; 0]);
    assert_eq!(names(&other), ["mine"]);
}

fn data_sets_of_the_vmd(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (client, other) = (connect(&server), connect(&server));
    let set = ObjectName::Vmd("everyones");
    create(&client, set, &["Other/LLN0$ST$Beh$stVal"]);
    assert_eq!(other.read_list(set).unwrap(), [Ok(0.into())]);
    assert_eq!(
        other.variable_list_names(ObjectScope::Vmd).unwrap(),
        ["everyones"]
    );
    let deleted = other.delete_named_variable_lists(&[set]).unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (1, 1));
    assert_eq!(
        client.variable_list_names(ObjectScope::Vmd).unwrap(),
        [""; 0]
    );
}

fn members_of_arrays(new: NewServer) {
    use AccessStep::{Component, Index};
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let part = |variable: &str, steps: &[AccessStep<'_>]| {
        let (domain, item) = variable.split_once('/').unwrap();
        OwnedVariable::part(ObjectName::domain(domain, item).to_owned(), steps).unwrap()
    };
    let variables = [
        part("T1LD0/GGIO1$SP$List$num", &[Index(4)]),
        part("T1LD0/GGIO1$SP$List$pnt", &[Index(2), Component("x")]),
        part(
            "T1LD0/GGIO1$SP$Har$har",
            &[Index(1), Component("tap"), Index(0)],
        ),
    ];
    let set = name("T1LD0/LLN0$Parts");
    client.define_named_variable_list(set, &variables).unwrap();
    assert_eq!(
        client.read_list(set).unwrap(),
        [Ok(40.into()), Ok(2.0_f32.into()), Ok(0.into())]
    );
    let attributes = client.get_named_variable_list_attributes(set).unwrap();
    assert_eq!(attributes.members, variables.map(Some));
    let values = [41.into(), 2.5_f32.into(), 3.into()];
    assert_eq!(client.write_list(set, &values).unwrap(), [Ok(()); 3]);
    assert_eq!(client.read_list(set).unwrap(), values.map(Ok));
    let tap = crate::support::attribute(&model, "T1LD0/GGIO1.Har.har(1).tap(0)");
    assert_eq!(server.get_int32(&tap).unwrap(), 3);

    // Members that are not there, or not one thing.
    for (steps, error) in [
        (&[Index(5)][..], ServiceError::OBJECT_UNDEFINED),
        (&[Component("x")], ServiceError::OBJECT_UNDEFINED),
        (
            &[AccessStep::AllElements],
            ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT,
        ),
        (
            &[AccessStep::IndexRange { low: 0, count: 2 }],
            ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT,
        ),
    ] {
        let member = part("T1LD0/GGIO1$SP$List$num", steps);
        let result = client.define_named_variable_list(name("T1LD0/LLN0$Bad"), [&member]);
        assert_eq!(service_error(&member.to_string(), result), error);
    }
    let several = AlternateAccessBuf::new(&[0, 1].map(|index| SelectionTree {
        component_name: None,
        step: OwnedAccessStep::Index(index),
        nested: vec![],
    }))
    .unwrap();
    let num = VariableAccess::from(name("T1LD0/GGIO1$SP$List$num"));
    let result = client.define_named_variable_list(
        name("T1LD0/LLN0$Bad"),
        [num.with_alternate_access(several.as_ref())],
    );
    assert_eq!(
        service_error("several parts", result),
        ServiceError::OBJECT_ATTRIBUTE_INCONSISTENT
    );
}

fn what_cannot_be_created(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let good = ["Other/LLN0$ST$Beh$stVal"];
    for (set, members, error) in [
        (name(EVENTS), &good[..], ServiceError::OBJECT_EXISTS),
        (
            name("T1LD9/LLN0$New"),
            &good,
            ServiceError::OBJECT_NON_EXISTENT,
        ),
        (
            name("T1LD0/GGIO9$New"),
            &good,
            ServiceError::OBJECT_NON_EXISTENT,
        ),
        (name("T1LD0/New"), &good, ServiceError::OBJECT_NON_EXISTENT),
        (
            name("T1LD0/LLN0$New"),
            &["Other/LLN0$ST$Beh$stVal", "Other/LLN0$ST$None"],
            ServiceError::OBJECT_UNDEFINED,
        ),
        (
            name("T1LD0/LLN0$New"),
            &["T1LD9/LLN0$ST$Beh"],
            ServiceError::OBJECT_UNDEFINED,
        ),
        (name("T1LD0/LLN0$New"), &[], ServiceError::DEFINITION_OTHER),
        (
            ObjectName::Association("new"),
            &["Other/LLN0$ST$None"],
            ServiceError::OBJECT_UNDEFINED,
        ),
    ] {
        assert_eq!(creating_fails(&client, set, members), error, "{set}");
    }
    // Variables outside domains do not exist.
    let result =
        client.define_named_variable_list(name("T1LD0/LLN0$New"), [ObjectName::Association("x")]);
    assert_eq!(
        service_error("member", result),
        ServiceError::OBJECT_UNDEFINED
    );
    let scope = ObjectScope::Domain("T1LD0");
    assert_eq!(client.variable_list_names(scope).unwrap().len(), 2);
}

fn configured_data_sets_cannot_be_deleted(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let deleted = client.delete_named_variable_lists(&[name(EVENTS)]).unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (1, 0));
    let set = name("T1LD0/LLN0$New");
    create(&client, set, &["Other/LLN0$ST$Beh$stVal"]);
    let deleted = client
        .delete_named_variable_lists(&[name(EVENTS), name("T1LD0/LLN0$None"), set])
        .unwrap();
    assert_eq!((deleted.matched, deleted.deleted), (2, 1));
    assert_eq!(client.read_list(name(EVENTS)).unwrap().len(), 6);
}

fn deleting_whole_scopes(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let good = ["Other/LLN0$ST$Beh$stVal"];
    for set in [
        name("T1LD0/LLN0$A"),
        name("T1LD0/LLN0$B"),
        name("Other/LLN0$C"),
        ObjectName::Association("D"),
        ObjectName::Vmd("E"),
    ] {
        create(&client, set, &good);
    }
    for (scope, domain, expected) in [
        (DeleteScope::Domain, Some("T1LD0"), (4, 2)),
        (DeleteScope::Association, None, (1, 1)),
        (DeleteScope::Vmd, None, (1, 1)),
        (DeleteScope::Domain, Some("T1LD0"), (2, 0)),
        (DeleteScope::Association, None, (0, 0)),
    ] {
        let deleted = client
            .delete_all_named_variable_lists(scope, domain)
            .unwrap();
        assert_eq!((deleted.matched, deleted.deleted), expected, "{scope:?}");
    }
    assert_eq!(client.read_list(name("Other/LLN0$C")).unwrap().len(), 1);
    for domain in [Some("T1LD9"), None] {
        let result = client.delete_all_named_variable_lists(DeleteScope::Domain, domain);
        assert!(result.is_err(), "{domain:?}");
    }
}

fn limits(new: NewServer) {
    let model = bay::model();
    let mut config = IedServerConfig::new();
    config
        .set_max_domain_specific_datasets(4)
        .set_max_association_specific_datasets(3)
        .set_max_dataset_entries(5);
    let server = started(new(&model, Some(config)).unwrap());
    let client = connect(&server);
    let good = ["Other/LLN0$ST$Beh$stVal"; 6];
    // Those of the model count.
    for number in 0..2 {
        create(&client, name(&format!("T1LD0/LLN0$N{number}")), &good[..1]);
    }
    let refused = creating_fails(&client, name("T1LD0/LLN0$N2"), &good[..1]);
    assert_eq!(refused, ServiceError::CAPABILITY_UNAVAILABLE);
    // Another domain has its own limit, and a place that became free can be taken.
    create(&client, name("Other/LLN0$N0"), &good[..1]);
    client
        .delete_named_variable_lists(&[name("T1LD0/LLN0$N0")])
        .unwrap();
    create(&client, name("T1LD0/LLN0$N2"), &good[..1]);
    for number in 0..3 {
        create(
            &client,
            ObjectName::Association(&format!("N{number}")),
            &good[..1],
        );
    }
    let refused = creating_fails(&client, ObjectName::Association("N3"), &good[..1]);
    assert_eq!(refused, ServiceError::CAPABILITY_UNAVAILABLE);
    create(&connect(&server), ObjectName::Association("N3"), &good[..1]);
    // Members.
    create(&client, name("Other/LLN0$Five"), &good[..5]);
    assert_eq!(client.read_list(name("Other/LLN0$Five")).unwrap().len(), 5);
    let refused = creating_fails(&client, name("Other/LLN0$Six"), &good);
    assert_eq!(refused, ServiceError::DEFINITION_OTHER);
}

fn clients_may_be_kept_from_creating(new: NewServer) {
    let model = bay::model();
    let mut config = IedServerConfig::new();
    config.set_dynamic_dataset_enabled(false);
    let server = started(new(&model, Some(config)).unwrap());
    let client = connect(&server);
    for set in [name("T1LD0/LLN0$New"), ObjectName::Association("new")] {
        let refused = creating_fails(&client, set, &["Other/LLN0$ST$Beh$stVal"]);
        assert_eq!(refused, ServiceError::OBJECT_ACCESS_UNSUPPORTED);
    }
    assert_eq!(client.read_list(name(EVENTS)).unwrap().len(), 6);
}

fn setting_group_members_need_an_edit_group(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let set = name("T1LD1/LLN0$Edit");
    let content = [
        "T1LD1/PTOC1$SE$StrVal$setVal",
        "T1LD1/PTOC1$SG$StrVal$setVal",
    ];
    create(&client, set, &content);
    let unavailable = DataAccessError::TemporarilyUnavailable;
    assert_eq!(
        client.read_list(set).unwrap(),
        [Err(unavailable), Ok(0.into())]
    );
    assert_eq!(
        client.write_list(set, &[1.into(), 1.into()]).unwrap(),
        [Err(unavailable), Err(DataAccessError::ObjectAccessDenied)]
    );
}

fn a_data_set_larger_than_the_pdu(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let large = connect(&server);
    let set = name("T1LD0/LLN0$Large");
    create(&large, set, &["T1LD0/GGIO1$SP$Values"; 50]);
    assert_eq!(large.read_list(set).unwrap().len(), 50);
    let options = crate::support::with_pdu_size(1000);
    let small = crate::support::try_connect(crate::support::address(&server), options).unwrap();
    assert_eq!(
        service_error("read", small.read_list(set)),
        ServiceError::PDU_SIZE
    );
    assert_eq!(
        service_error("directory", small.get_named_variable_list_attributes(set)),
        ServiceError::PDU_SIZE
    );
    let gone = small.read(name("T1LD0/LLN0$Large"));
    assert_eq!(
        access_error("no variable", gone),
        DataAccessError::ObjectNonExistent
    );
}
