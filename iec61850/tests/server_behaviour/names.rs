//! Name lists, and who the server says it is.

use crate::support::bay;
use crate::support::{
    NewServer, address, clients, connect, engine_tests, service_error, started, try_connect,
    with_pdu_size,
};
use iec61850::ServerIdentity;
use mms::client::ClientError;
use mms::client::blocking::Client;
use mms::pdu::{
    NameListRequest, ObjectClass, ObjectScope, RequestService, ResponseService, StatusResponse,
};
use mms::{RejectReason, ServiceError};

engine_tests!(
    domains_have_their_names_of_the_model,
    names_come_in_order_with_what_they_contain,
    a_list_is_the_same_in_small_pieces,
    a_list_continues_after_any_of_its_names,
    a_list_does_not_continue_after_an_unknown_name,
    a_name_that_fits_no_answer_is_an_error,
    scopes_and_classes,
    identity_and_status,
    services_not_offered_are_rejected,
);

/// One answer: the names, and whether there are more.
fn name_list(
    client: &Client,
    class: ObjectClass,
    scope: ObjectScope<'_>,
    after: Option<&str>,
) -> Result<(Vec<String>, bool), ClientError> {
    let request = RequestService::GetNameList(NameListRequest {
        class,
        scope,
        continue_after: after,
    });
    clients().block_on(client.inner().request(request, |response| match response {
        ResponseService::GetNameList(list) => Ok((
            list.identifiers.iter().map(str::to_owned).collect(),
            list.more_follows,
        )),
        other => panic!("{other:?}"),
    }))
}

fn domains_have_their_names_of_the_model(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    assert_eq!(client.domain_names().unwrap(), ["Other", "T1LD0", "T1LD1"]);
}

fn names_come_in_order_with_what_they_contain(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let names = client.variable_names(ObjectScope::Domain("Other")).unwrap();
    assert_eq!(
        names,
        ["LLN0", "LLN0$ST", "LLN0$ST$Beh", "LLN0$ST$Beh$stVal"]
    );
    let names = client.variable_names(ObjectScope::Domain("T1LD0")).unwrap();
    let deep: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("GGIO1$MX$Deep$"))
        .collect();
    assert_eq!(
        deep,
        [
            "phsA",
            "phsA$cVal",
            "phsA$cVal$ang",
            "phsA$cVal$ang$f",
            "phsA$cVal$mag",
            "phsA$cVal$mag$f",
            "phsA$q",
            "phsB",
            "phsB$cVal",
            "phsB$cVal$ang",
            "phsB$cVal$ang$f",
            "phsB$cVal$mag",
            "phsB$cVal$mag$f",
            "phsB$q",
        ]
    );
    // Elements of arrays have no names of their own.
    let list: Vec<&String> = names.iter().filter(|n| n.contains("$List")).collect();
    assert_eq!(
        list,
        ["GGIO1$SP$List", "GGIO1$SP$List$num", "GGIO1$SP$List$pnt"]
    );
    // Upper and lower case are the same: `$goID` stands before `$NdsCom`.
    let goose: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("LLN0$GO$gocb02$"))
        .collect();
    assert_eq!(
        goose,
        [
            "ConfRev",
            "DatSet",
            "DstAddress",
            "DstAddress$Addr",
            "DstAddress$APPID",
            "DstAddress$PRIORITY",
            "DstAddress$VID",
            "FixedOffs",
            "GoEna",
            "GoID",
            "MaxTime",
            "MinTime",
            "NdsCom",
        ]
    );
}

fn a_list_is_the_same_in_small_pieces(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let whole = connect(&server);
    for size in [96, 128, 200, 512, 1024] {
        let client = try_connect(address(&server), with_pdu_size(size)).unwrap();
        assert_eq!(client.negotiated().max_pdu_size, size);
        for domain in ["T1LD0", "T1LD1", "Other"] {
            let scope = ObjectScope::Domain(domain);
            assert_eq!(
                client.variable_names(scope).unwrap(),
                whole.variable_names(scope).unwrap(),
                "{domain} in {size} octets"
            );
            assert_eq!(
                client.variable_list_names(scope).unwrap(),
                whole.variable_list_names(scope).unwrap()
            );
        }
        assert_eq!(
            client.domain_names().unwrap(),
            whole.domain_names().unwrap()
        );
    }
    // Some answers are needed even for the largest PDU when the model is large.
    let model = bay::large(60);
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let scope = ObjectScope::Domain("L1LD0");
    let (first, more) = name_list(&client, ObjectClass::NamedVariable, scope, None).unwrap();
    assert!(more && !first.is_empty());
    let all = client.variable_names(scope).unwrap();
    assert_eq!(all.len(), 60 * 98);
    assert!(all.starts_with(&first));
}

fn a_list_continues_after_any_of_its_names(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for (class, scope) in [
        (ObjectClass::NamedVariable, ObjectScope::Domain("T1LD0")),
        (ObjectClass::NamedVariable, ObjectScope::Domain("Other")),
        (ObjectClass::NamedVariableList, ObjectScope::Domain("T1LD0")),
        (ObjectClass::Journal, ObjectScope::Domain("T1LD0")),
        (ObjectClass::Domain, ObjectScope::Vmd),
    ] {
        let (all, more) = name_list(&client, class, scope, None).unwrap();
        assert!(!more && !all.is_empty());
        for (index, after) in all.iter().enumerate() {
            let (rest, more) = name_list(&client, class, scope, Some(after)).unwrap();
            assert_eq!(rest, all[index + 1..], "after {after}");
            assert!(!more);
        }
    }
}

fn a_list_does_not_continue_after_an_unknown_name(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let domain = ObjectScope::Domain("T1LD0");
    for after in [
        "GGIO1$ST$None",
        "GGIO",
        "GGIO1$",
        "$",
        "zzz",
        "GGIO1$SP$List$num$0",
        "LLN0$BR$brcb01$RptID$x",
    ] {
        for class in [
            ObjectClass::NamedVariable,
            ObjectClass::NamedVariableList,
            ObjectClass::Journal,
        ] {
            assert_eq!(
                service_error(after, name_list(&client, class, domain, Some(after))),
                ServiceError::OBJECT_NON_EXISTENT,
                "{class:?}"
            );
        }
        let domains = name_list(&client, ObjectClass::Domain, ObjectScope::Vmd, Some(after));
        assert_eq!(
            service_error(after, domains),
            ServiceError::OBJECT_NON_EXISTENT
        );
    }
}

fn a_name_that_fits_no_answer_is_an_error(new: NewServer) {
    let model = bay::model();
    let device = model.logical_device_by_instance("LD0").unwrap();
    let node = device.create_logical_node("GGIO2").unwrap();
    let long = node.create_data_object(&"x".repeat(60), 0).unwrap();
    long.create_data_object(&"y".repeat(50), 0)
        .unwrap()
        .create_data_attribute(
            "stVal",
            iec61850::DataAttributeType::Int32,
            iec61850::FunctionalConstraint::ST,
            iec61850::TriggerOptions::empty(),
            0,
            0,
        )
        .unwrap();
    let server = started(new(&model, None).unwrap());
    let client = try_connect(address(&server), with_pdu_size(96)).unwrap();
    // An empty answer that says that more follows would have the client ask forever.
    let names = client.variable_names(ObjectScope::Domain("T1LD0"));
    assert_eq!(service_error("too long", names), ServiceError::PDU_SIZE);
    assert_eq!(client.domain_names().unwrap().len(), 3);
}

fn scopes_and_classes(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let domain = ObjectScope::Domain("T1LD0");
    assert_eq!(
        client.variable_list_names(domain).unwrap(),
        ["LLN0$Events", "LLN0$Settings"]
    );
    assert_eq!(client.journal_names(domain).unwrap(), ["LLN0$EventLog"]);
    assert_eq!(
        client.journal_names(ObjectScope::Domain("Other")).unwrap(),
        [""; 0]
    );
    for scope in [ObjectScope::Vmd, ObjectScope::Association] {
        assert_eq!(client.variable_list_names(scope).unwrap(), [""; 0]);
    }
    for class in [
        ObjectClass::NamedVariable,
        ObjectClass::NamedVariableList,
        ObjectClass::Journal,
    ] {
        let unknown = name_list(&client, class, ObjectScope::Domain("T1LD9"), None);
        assert_eq!(
            service_error("unknown domain", unknown),
            ServiceError::OBJECT_NON_EXISTENT
        );
    }
    assert!(client.get_domain_attributes("T1LD0").is_ok());
    assert_eq!(
        service_error("unknown domain", client.get_domain_attributes("T1LD9")),
        ServiceError::OBJECT_NON_EXISTENT
    );
}

fn identity_and_status(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let of = |identity: mms::client::Identity| ServerIdentity {
        vendor: identity.vendor,
        model: identity.model,
        revision: identity.revision,
    };
    assert_eq!(of(client.identify().unwrap()), ServerIdentity::default());
    let identity = ServerIdentity {
        vendor: "Vendor \u{e4}".into(),
        model: "Model".into(),
        revision: String::new(),
    };
    // Known at once, on associations that are open already, too.
    server.set_server_identity(identity.clone());
    assert_eq!(of(client.identify().unwrap()), identity);
    for extended in [false, true] {
        assert_eq!(
            client.status(extended).unwrap(),
            StatusResponse {
                logical: 0,
                physical: 0,
                local_detail: None
            }
        );
    }
    assert_eq!(client.get_capability_list().unwrap(), [""; 0]);
}

fn services_not_offered_are_rejected(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let reports = client.report_journal_status(crate::support::name("T1LD0/LLN0$EventLog"));
    match reports {
        Err(ClientError::Reject { reason, .. }) => {
            assert_eq!(reason, RejectReason::UNRECOGNIZED_SERVICE);
        }
        other => panic!("{other:?}"),
    }
    assert!(client.identify().is_ok());
}
