//! Handlers that decide what clients may see and do.

use crate::support::{
    NewServer, attribute, bay, connect, engine_tests, name, read, read_error, service_error,
    started, with_pdu_size, write, write_error,
};
use iec61850::{
    AcsiClass, CdcControlModelOptions, CdcFactory, CdcOptions, ControlBlockAccessType, DataObject,
    DataSetOperation, DirectoryCategory, Error, FunctionalConstraint as Fc, IedModel, IedServer,
    IedServerConfig, MmsDataAccessError as Decision, ModelNodeExt,
};
use mms::client::blocking::Client;
use mms::client::{ClientError, JournalQuery};
use mms::pdu::{AccessStep, AlternateAccessBuf, DeleteScope, ObjectScope, VariableAccess};
use mms::{DataAccessError, MmsValue, ObjectName, ServiceError};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

engine_tests!(
    one_handler_for_a_constructed_attribute,
    one_handler_for_a_data_object_and_a_functional_constraint,
    handlers_of_the_elements_of_an_array,
    nodes_of_other_models_are_refused,
    reading_asks_for_each_data_object,
    a_denied_member_is_an_error_in_its_place,
    read_errors_are_the_handlers_own,
    read_access_can_be_ignored,
    a_control_block_reports_only_what_may_be_read,
    selecting_by_a_read_is_reading,
    directories_are_asked_about_by_category,
    hidden_objects_are_not_listed,
    nothing_continues_behind_a_hidden_name,
    hidden_data_sets_and_logs,
    data_sets_are_asked_about_for_each_use,
    deleting_together_keeps_what_must_not_go,
    control_blocks_are_asked_about,
    requests_can_be_ignored,
    a_panic_refuses,
    handlers_may_use_the_server,
);

type Seen = Arc<Mutex<Vec<String>>>;

fn object(model: &IedModel, reference: &str) -> DataObject {
    let node = model.node_by_reference(reference).unwrap();
    node.into_data_object().unwrap()
}

fn events(client: &Client) -> Vec<Result<MmsValue, DataAccessError>> {
    client.read_list(name(EVENTS)).unwrap()
}

const EVENTS: &str = "T1LD0/LLN0$Events";
const DENIED: DataAccessError = DataAccessError::ObjectAccessDenied;

fn floats(values: &[f32]) -> MmsValue {
    MmsValue::Structure(values.iter().map(|value| (*value).into()).collect())
}

fn one_handler_for_a_constructed_attribute(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let seen = Seen::default();
    let sink = seen.clone();
    let vector = attribute(&model, "T1LD0/GGIO1.Deep.phsA.cVal");
    server
        .register_write_handler_for_complex_attribute(&vector, move |_, attribute, value| {
            sink.lock().push(attribute.reference());
            match *value {
                MmsValue::Float32(value) if value > 100.0 => Decision::ObjectValueInvalid,
                _ => Decision::Success,
            }
        })
        .unwrap();
    let client = connect(&server);
    // MX is never written by policy: the handler decides in its place.
    let whole = "T1LD0/GGIO1$MX$Deep$phsA$cVal";
    let f = |value: f32| floats(&[value]);
    write(&client, whole, MmsValue::Structure(vec![f(1.0), f(2.0)]));
    write(&client, &format!("{whole}$ang$f"), 3.0_f32);
    assert_eq!(
        *seen.lock(),
        [
            "T1LD0/GGIO1.Deep.phsA.cVal.mag.f",
            "T1LD0/GGIO1.Deep.phsA.cVal.ang.f",
            "T1LD0/GGIO1.Deep.phsA.cVal.ang.f",
        ]
    );
    // All or nothing.
    let refused = write_error(&client, whole, MmsValue::Structure(vec![f(4.0), f(101.0)]));
    assert_eq!(refused, DataAccessError::ObjectValueInvalid);
    let expected = MmsValue::Structure(vec![f(1.0), f(3.0)]);
    assert_eq!(read(&client, whole), expected);
    // What is beside it has no handler.
    let other = "T1LD0/GGIO1$MX$Deep$phsB$cVal$mag$f";
    assert_eq!(write_error(&client, other, 1.0_f32), DENIED);
}

fn one_handler_for_a_data_object_and_a_functional_constraint(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let deep = object(&model, "T1LD0/GGIO1.Deep");
    let accept = |_: &_, _: &_, _: &_| Decision::Success;
    server
        .register_write_handler_for_data_object(&deep, Fc::CF, accept)
        .unwrap();
    let client = connect(&server);
    write(
        &client,
        "T1LD0/GGIO1$CF$Deep$phsA$db",
        MmsValue::Unsigned(7),
    );
    write(
        &client,
        "T1LD0/GGIO1$CF$Deep$phsB$db",
        MmsValue::Unsigned(8),
    );
    let f = "T1LD0/GGIO1$MX$Deep$phsA$cVal$mag$f";
    assert_eq!(write_error(&client, f, 1.0_f32), DENIED);
    // A handler that is set later for one of the attributes is the one that counts.
    let db = attribute(&model, "T1LD0/GGIO1.Deep.phsA.db");
    server
        .register_write_handler(&db, |_, _, _| Decision::HardwareFault)
        .unwrap();
    let refused = write_error(
        &client,
        "T1LD0/GGIO1$CF$Deep$phsA$db",
        MmsValue::Unsigned(9),
    );
    assert_eq!(refused, DataAccessError::HardwareFault);
    let none = server.register_write_handler_for_data_object(&deep, Fc::ST, accept);
    assert!(matches!(none, Err(Error::WrongKind { .. })), "{none:?}");
}

fn handlers_of_the_elements_of_an_array(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let handler = |decision| move |_: &_, _: &_, _: &_| decision;
    let points = attribute(&model, "T1LD0/GGIO1.List.pnt");
    server
        .register_write_handler_for_complex_attribute(&points, handler(Decision::Success))
        .unwrap();
    let second = points.element(1).unwrap();
    server
        .register_write_handler_for_complex_attribute(&second, handler(Decision::InvalidAddress))
        .unwrap();
    // `tap` is an array in an array: the handler of the outer element holds for all of it.
    let taps = object(&model, "T1LD0/GGIO1.Har.har").element(2).unwrap();
    server
        .register_write_handler_for_data_object(&taps, Fc::SP, handler(Decision::InvalidAddress))
        .unwrap();
    let client = connect(&server);
    let write_at = |item: &str, steps: &[AccessStep<'_>], value: MmsValue| {
        let access = AlternateAccessBuf::path(steps).unwrap();
        let variable = VariableAccess::from(name(item)).with_alternate_access(access.as_ref());
        client.write(variable, &value).map_err(|e| e.access_error())
    };
    let refused = Err(Some(DataAccessError::InvalidAddress));
    let point = |index| {
        let steps = [AccessStep::Index(index), AccessStep::Component("y")];
        write_at("T1LD0/GGIO1$SP$List$pnt", &steps, 2.0_f32.into())
    };
    assert_eq!((point(0), point(1), point(2)), (Ok(()), refused, Ok(())));
    let tap = |index| {
        let steps = [
            AccessStep::Index(index),
            AccessStep::Component("tap"),
            AccessStep::Index(1),
        ];
        write_at("T1LD0/GGIO1$SP$Har$har", &steps, 2.into())
    };
    assert_eq!((tap(1), tap(2)), (Ok(()), refused));
}

fn nodes_of_other_models_are_refused(new: NewServer) {
    let (model, other) = (bay::model(), bay::model());
    let server = started(new(&model, None).unwrap());
    let accept = |_: &_, _: &_, _: &_| Decision::Success;
    let vector = attribute(&other, "T1LD0/GGIO1.Deep.phsA.cVal");
    let deep = object(&other, "T1LD0/GGIO1.Deep");
    for result in [
        server.register_write_handler_for_complex_attribute(&vector, accept),
        server.register_write_handler_for_data_object(&deep, Fc::MX, accept),
    ] {
        assert!(matches!(result, Err(Error::WrongKind { .. })), "{result:?}");
    }
}

/// Denies what is named, and notes what it is asked about.
fn guard_reading(server: &IedServer, denied: &'static str) -> Seen {
    let seen = Seen::default();
    let sink = seen.clone();
    server.set_read_access_handler(move |_, object, fc| {
        sink.lock().push(format!("{}[{fc}]", object.reference()));
        match object.name() == denied {
            true => Decision::ObjectAccessDenied,
            false => Decision::Success,
        }
    });
    seen
}

fn reading_asks_for_each_data_object(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let seen = guard_reading(&server, "");
    let asked = |variable: &str| {
        read(&client, variable);
        std::mem::take(&mut *seen.lock())
    };
    let one = ["T1LD0/GGIO1.Deep[MX]"];
    for variable in ["$phsA$cVal$mag$f", "$phsA", ""] {
        let variable = format!("T1LD0/GGIO1$MX$Deep{variable}");
        assert_eq!(asked(&variable), one, "{variable}");
    }
    assert_eq!(
        asked("T1LD0/GGIO1$SP"),
        ["Values", "List", "Har", "Policy"].map(|name| format!("T1LD0/GGIO1.{name}[SP]"))
    );
    assert_eq!(asked("Other/LLN0"), ["Other/LLN0.Beh[ST]"]);
    // Control blocks are not data.
    assert_eq!(asked("T1LD0/LLN0$BR$brcb01"), [""; 0]);
    // What does not exist is not asked about.
    let missing = read_error(&client, "T1LD0/GGIO1$MX$None");
    assert_eq!(missing, DataAccessError::ObjectNonExistent);
    assert_eq!(*seen.lock(), [""; 0]);
    // An element of an array in an alternate access.
    let steps = [AccessStep::Index(1), AccessStep::Component("set")];
    client
        .read_part(name("T1LD0/GGIO1$SP$Har$har"), &steps)
        .unwrap();
    assert_eq!(*seen.lock(), ["T1LD0/GGIO1.Har[SP]"]);
}

fn a_denied_member_is_an_error_in_its_place(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let open = events(&client);
    guard_reading(&server, "Deep");
    let mut expected = open.clone();
    expected[1] = Err(DENIED);
    assert_eq!(events(&client), expected);
    let variables = ["T1LD0/GGIO1$ST$Status$v0", "T1LD0/GGIO1$MX$Deep$phsA$q"];
    let many = client.read_many(variables.map(name)).unwrap();
    assert_eq!(many, [open[0].clone(), Err(DENIED)]);
    // A structure has no room for an error.
    for around in ["T1LD0/GGIO1$MX", "T1LD0/GGIO1$CF"] {
        assert_eq!(read_error(&client, around), DENIED, "{around}");
    }
    read(&client, "T1LD0/GGIO1$ST");
    // Writing is another matter.
    write(&client, "T1LD0/GGIO1$SP$Policy$inSP", 5);
}

fn read_errors_are_the_handlers_own(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let variable = "T1LD0/GGIO1$SP$Policy$inSP";
    for code in 0..=11 {
        let decision = Decision::from_value(code);
        server.set_read_access_handler(move |_, _, _| decision);
        let expected = DataAccessError::from_code(code.into());
        assert_eq!(read_error(&client, variable), expected);
    }
    server.set_read_access_handler(|_, _, _| Decision::NoResponse);
    assert_eq!(read_error(&client, variable), DENIED);
    server.set_read_access_handler(|_, _, _| Decision::SuccessNoUpdate);
    assert_eq!(read(&client, variable), 0.into());
}

fn read_access_can_be_ignored(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let seen = guard_reading(&server, "Policy");
    let variable = "T1LD0/GGIO1$SP$Policy$inSP";
    server.ignore_read_access(true);
    assert_eq!(read(&client, variable), 0.into());
    assert_eq!(*seen.lock(), [""; 0]);
    server.ignore_read_access(false);
    assert_eq!(read_error(&client, variable), DENIED);
}

fn a_control_block_reports_only_what_may_be_read(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    guard_reading(&server, "Deep");
    for block in ["T1LD0/LLN0$RP$urcb01", "T1LD0/LLN0$BR$brcb01"] {
        let enable = format!("{block}$RptEna");
        assert_eq!(write_error(&client, &enable, true), DENIED);
        assert_eq!(read(&client, &enable), false.into());
    }
    guard_reading(&server, "Policy");
    for block in ["T1LD0/LLN0$RP$urcb01", "T1LD0/LLN0$BR$brcb01"] {
        let enable = format!("{block}$RptEna");
        write(&client, &enable, true);
        assert_eq!(read(&client, &enable), true.into());
        write(&client, &enable, false);
    }
    // Another data set, with what may not be read.
    let settings = MmsValue::VisibleString("T1LD0/LLN0$Settings".into());
    write(&client, "T1LD0/LLN0$RP$urcb01$DatSet", settings);
    let denied = write_error(&client, "T1LD0/LLN0$RP$urcb01$RptEna", true);
    assert_eq!(denied, DENIED);
}

fn selecting_by_a_read_is_reading(new: NewServer) {
    let model = IedModel::new("C1").unwrap();
    let device = model.create_logical_device("LD0", None).unwrap();
    let node = device.create_logical_node("GGIO1").unwrap();
    let options = CdcControlModelOptions::MODEL_SBO_NORMAL;
    node.create_cdc_spc("SPCSO1", CdcOptions::empty(), options)
        .unwrap();
    let server = started(new(&model, None).unwrap());
    let (client, other) = (connect(&server), connect(&server));
    let seen = guard_reading(&server, "SPCSO1");
    let both = [
        "C1LD0/GGIO1$CO$SPCSO1$SBO",
        "C1LD0/GGIO1$CF$SPCSO1$ctlModel",
    ];
    let denied = client.read_many(both.map(name)).unwrap();
    assert_eq!(denied, [Err(DENIED), Err(DENIED)]);
    assert_eq!(
        *seen.lock(),
        ["C1LD0/GGIO1.SPCSO1[CO]", "C1LD0/GGIO1.SPCSO1[CF]"]
    );
    // It was not selected: somebody else can.
    server.ignore_read_access(true);
    let reference = MmsValue::VisibleString("C1LD0/GGIO1$CO$SPCSO1".into());
    assert_eq!(read(&other, both[0]), reference);
}

fn directories_are_asked_about_by_category(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    server.set_directory_access_handler(move |_, category, device| {
        let device = device.map(|device| device.domain_name());
        sink.lock().push((category, device.clone()));
        device.as_deref() != Some("T1LD1")
    });
    let lists = |domain| {
        [
            client.variable_names(ObjectScope::Domain(domain)),
            client.variable_list_names(ObjectScope::Domain(domain)),
            client.journal_names(ObjectScope::Domain(domain)),
        ]
    };
    client.domain_names().unwrap();
    client
        .variable_list_names(ObjectScope::Association)
        .unwrap();
    client.variable_list_names(ObjectScope::Vmd).unwrap();
    assert!(lists("Other").iter().all(Result::is_ok));
    for denied in lists("T1LD1") {
        assert_eq!(
            service_error("T1LD1", denied),
            ServiceError::OBJECT_ACCESS_DENIED
        );
    }
    let of = |device: Option<&str>, categories: &[DirectoryCategory]| {
        let device = device.map(str::to_owned);
        let all = categories
            .iter()
            .map(|category| (*category, device.clone()));
        all.collect::<Vec<_>>()
    };
    let all = [
        DirectoryCategory::DataList,
        DirectoryCategory::DataSetList,
        DirectoryCategory::LogList,
    ];
    let mut asked = seen.lock().clone();
    asked.dedup();
    let expected = [
        of(
            None,
            &[DirectoryCategory::LdList, DirectoryCategory::DataSetList],
        ),
        of(Some("Other"), &all),
        of(Some("T1LD1"), &all),
    ];
    assert_eq!(asked, expected.concat());
}

/// On libiec61850 objects cannot be hidden from clients that create data sets.
fn without_data_sets_of_clients(new: NewServer, model: &IedModel) -> IedServer {
    let config = IedServerConfig {
        dynamic_dataset_enabled: false,
        ..IedServerConfig::default()
    };
    new(model, Some(config)).unwrap()
}

fn hidden_objects_are_not_listed(new: NewServer) {
    let model = bay::model();
    let server = started(without_data_sets_of_clients(new, &model));
    // Small answers, so that the list is continued.
    let small = with_pdu_size(512);
    let client = crate::support::try_connect(crate::support::address(&server), small).unwrap();
    let names = || client.variable_names(ObjectScope::Domain("T1LD0")).unwrap();
    let before = names();
    let hidden = |name: &str| {
        let below = |top: &str| name == top || name.starts_with(&format!("{top}$"));
        below("GGIO1$MX$Deep")
            || below("GGIO1$CF")
            || below("LLN0$BR$brcb01")
            || name.starts_with("GGIO1$SP$List$pnt")
            || below("PTOC1")
    };
    server
        .set_list_objects_access_handler(|object| {
            let name = object.name.as_deref();
            let node = object.logical_node.as_ref().map(|node| node.name());
            assert_eq!(object.logical_device.name(), "LD0");
            match (
                node,
                object.class,
                object.fc,
                name,
                object.sub_name.as_deref(),
            ) {
                (Some("GGIO1"), AcsiClass::DataObject, Some(Fc::MX), Some("Deep"), None) => false,
                (Some("GGIO1"), AcsiClass::DataObject, Some(Fc::CF), None, None) => false,
                (Some("GGIO1"), AcsiClass::DataObject, Some(Fc::SP), Some("List"), Some("pnt")) => {
                    false
                }
                (Some("LLN0"), AcsiClass::Brcb, Some(Fc::BR), Some("brcb01"), None) => false,
                (Some("PTOC1"), AcsiClass::DataObject, None, None, None) => false,
                // What is below a hidden object is not asked about.
                (Some("PTOC1"), ..) | (_, AcsiClass::Brcb, ..) => panic!("{object:?}"),
                (_, _, _, _, Some(path)) => !path.contains('$'),
                _ => true,
            }
        })
        .unwrap();
    let expected: Vec<&String> = before.iter().filter(|name| !hidden(name)).collect();
    assert!(expected.len() < before.len());
    assert_eq!(names().iter().collect::<Vec<_>>(), expected);
    let large = connect(&server);
    for name in &before {
        let name = format!("T1LD0/{name}");
        let ty = large.get_variable_access_attributes(crate::support::name(&name));
        match hidden(&name["T1LD0/".len()..]) {
            true => assert_eq!(service_error(&name, ty), ServiceError::OBJECT_NON_EXISTENT),
            false => assert!(ty.is_ok(), "{name}"),
        }
    }
    // Hidden is not forbidden.
    read(&client, "T1LD0/GGIO1$MX$Deep");
}

fn nothing_continues_behind_a_hidden_name(new: NewServer) {
    let model = bay::model();
    let server = started(without_data_sets_of_clients(new, &model));
    let client = connect(&server);
    server
        .set_list_objects_access_handler(|object| object.name.as_deref() != Some("Deep"))
        .unwrap();
    let behind = |after: &str| {
        let request = mms::pdu::RequestService::GetNameList(mms::pdu::NameListRequest {
            class: mms::pdu::ObjectClass::NamedVariable,
            scope: ObjectScope::Domain("T1LD0"),
            continue_after: Some(after),
        });
        let answer = client.inner().request(request, |response| match response {
            mms::pdu::ResponseService::GetNameList(list) => {
                Ok(list.identifiers.iter().next().map(str::to_owned))
            }
            other => panic!("{other:?}"),
        });
        crate::support::clients().block_on(answer)
    };
    for hidden in ["GGIO1$MX$Deep", "GGIO1$MX$Deep$phsA$cVal"] {
        assert_eq!(
            service_error(hidden, behind(hidden)),
            ServiceError::OBJECT_NON_EXISTENT
        );
    }
    let next = behind("GGIO1$MX").unwrap().unwrap();
    assert_eq!(next, "GGIO1$MX$Har");
}

fn hidden_data_sets_and_logs(new: NewServer) {
    let model = bay::model();
    let server = started(without_data_sets_of_clients(new, &model));
    let client = connect(&server);
    server
        .set_list_objects_access_handler(|object| {
            let node = object.logical_node.as_ref().map(|node| node.name());
            assert_eq!((node, object.fc), (Some("LLN0"), None));
            match (object.class, object.name.as_deref()) {
                (AcsiClass::DataSet, Some(name)) => name != "Events",
                (AcsiClass::Log, Some("EventLog")) => false,
                _ => panic!("{object:?}"),
            }
        })
        .unwrap();
    let domain = ObjectScope::Domain("T1LD0");
    assert_eq!(
        client.variable_list_names(domain).unwrap(),
        ["LLN0$Settings"]
    );
    assert_eq!(client.journal_names(domain).unwrap(), [""; 0]);
    assert!(client.read_list(name(EVENTS)).is_ok());
}

fn data_sets_are_asked_about_for_each_use(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let own = ObjectName::Association("Own");
    let settings = name("T1LD0/LLN0$Settings");
    let uses = |client: &Client| {
        let members = [name("T1LD0/GGIO1$SP$Policy$inSP")];
        let create = client.define_named_variable_list(own, members);
        let read = client.read_list(settings).map(drop);
        let write = client.write_list(settings, &[1.into(), 2.into()]).map(drop);
        let directory = client
            .get_named_variable_list_attributes(settings)
            .map(drop);
        [create, read, write, directory]
    };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = seen.clone();
    server.set_data_set_access_handler(move |_, operation, reference| {
        sink.lock().push((operation, reference.to_owned()));
        false
    });
    for refused in uses(&client) {
        assert_eq!(
            service_error("refused", refused),
            ServiceError::OBJECT_ACCESS_DENIED
        );
    }
    let set = "T1LD0/LLN0$Settings";
    let expected = [
        (DataSetOperation::Create, "@Own"),
        (DataSetOperation::Read, set),
        (DataSetOperation::Write, set),
        (DataSetOperation::GetDirectory, set),
    ];
    assert_eq!(
        *seen.lock(),
        expected.map(|(operation, name)| (operation, name.to_owned()))
    );
    assert_eq!(read(&client, "T1LD0/GGIO1$SP$Policy$inSP"), 0.into());
    server.set_data_set_access_handler(|_, _, _| true);
    for allowed in uses(&client) {
        allowed.unwrap();
    }
}

fn deleting_together_keeps_what_must_not_go(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    server.set_data_set_access_handler(|_, operation, reference| {
        operation != DataSetOperation::Delete || !reference.ends_with("Kept")
    });
    let member = [name("T1LD0/GGIO1$SP$Policy$inSP")];
    let sets = [
        ("T1LD0/LLN0$Kept", "T1LD0/LLN0$Other"),
        ("@Kept", "@Other"),
        ("/Kept", "/Other"),
    ];
    let named = |text: &'static str| match text.split_at(1) {
        ("@", item) => ObjectName::Association(item),
        ("/", item) => ObjectName::Vmd(item),
        _ => name(text),
    };
    for (kept, other) in sets {
        for set in [kept, other] {
            client
                .define_named_variable_list(named(set), member)
                .unwrap();
        }
        let deleted = client
            .delete_named_variable_lists(&[named(kept), named(other)])
            .unwrap();
        assert_eq!((deleted.matched, deleted.deleted), (2, 1), "{kept}");
        client
            .define_named_variable_list(named(other), member)
            .unwrap();
    }
    // With the two of the model in the domain.
    for (scope, domain, matched) in [
        (DeleteScope::Domain, Some("T1LD0"), 4),
        (DeleteScope::Association, None, 2),
        (DeleteScope::Vmd, None, 2),
    ] {
        let deleted = client
            .delete_all_named_variable_lists(scope, domain)
            .unwrap();
        assert_eq!((deleted.matched, deleted.deleted), (matched, 1));
    }
    for (kept, _) in sets {
        client.read_list(named(kept)).unwrap();
    }
}

fn control_blocks_are_asked_about(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let seen = Seen::default();
    let sink = seen.clone();
    server.set_control_block_access_handler(move |access| {
        let attribute = access.attribute.as_deref().unwrap_or("*");
        sink.lock().push(format!(
            "{:?} {:?} {}.{}.{attribute}",
            access.access,
            access.class,
            access.logical_node.reference(),
            access.name,
        ));
        access.access == ControlBlockAccessType::Read && access.name != "gocb02"
    });
    let asked = || std::mem::take(&mut *seen.lock());
    for (variable, expected) in [
        ("T1LD0/LLN0$BR$brcb01", "Brcb T1LD0/LLN0.brcb01.*"),
        ("T1LD0/LLN0$RP$urcb01$RptID", "Urcb T1LD0/LLN0.urcb01.RptID"),
        ("T1LD0/LLN0$LG$lcb01$LogEna", "Lcb T1LD0/LLN0.lcb01.LogEna"),
        (
            "T1LD0/LLN0$GO$gocb01$DstAddress$Addr",
            "GoCb T1LD0/LLN0.gocb01.DstAddress",
        ),
        ("T1LD0/LLN0$MS$msvcb01", "Msvcb T1LD0/LLN0.msvcb01.*"),
        ("T1LD0/LLN0$US$usvcb01", "Usvcb T1LD0/LLN0.usvcb01.*"),
        ("T1LD1/LLN0$SP$SGCB$ActSG", "Sgcb T1LD1/LLN0.SGCB.ActSG"),
    ] {
        read(&client, variable);
        assert_eq!(asked(), [format!("Read {expected}")]);
    }
    assert_eq!(read_error(&client, "T1LD0/LLN0$GO$gocb02$GoEna"), DENIED);
    // With all around it.
    assert_eq!(read_error(&client, "T1LD0/LLN0$GO"), DENIED);
    asked();
    let enable = "T1LD0/LLN0$RP$urcb01$RptEna";
    assert_eq!(write_error(&client, enable, true), DENIED);
    assert_eq!(asked(), ["Write Urcb T1LD0/LLN0.urcb01.RptEna"]);
    assert_eq!(read(&client, enable), false.into());
    let log = name("T1LD0/LLN0$EventLog");
    asked();
    client.read_journal(log, JournalQuery::default()).unwrap();
    assert_eq!(asked(), ["Read Log T1LD0/LLN0.EventLog.*"]);
    server.set_control_block_access_handler(|access| access.class != AcsiClass::Log);
    let denied = client.read_journal(log, JournalQuery::default());
    assert_eq!(
        service_error("log", denied),
        ServiceError::OBJECT_ACCESS_DENIED
    );
    server.set_control_block_access_handler(|_| true);
    write(&client, enable, true);
    // Data are not control blocks.
    server.set_control_block_access_handler(|_| false);
    read(&client, "T1LD0/GGIO1$MX");
}

fn requests_can_be_ignored(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let variable = "T1LD0/GGIO1$SP$Policy$inSP";
    server.ignore_client_requests(true);
    let impatient = client.with_request_timeout(Duration::from_millis(100));
    for result in [
        impatient.read(name(variable)).map(drop),
        impatient.write(name(variable), &5.into()),
        impatient.identify().map(drop),
    ] {
        assert!(
            matches!(result, Err(ClientError::Timeout { .. })),
            "{result:?}"
        );
    }
    server.ignore_client_requests(false);
    assert_eq!(read(&client, variable), 0.into());
}

fn a_panic_refuses(new: NewServer) {
    let model = bay::model();
    let server = started(without_data_sets_of_clients(new, &model));
    let client = connect(&server);
    server.set_read_access_handler(|_, _, _| panic!("on purpose"));
    server.set_directory_access_handler(|_, _, _| panic!("on purpose"));
    server.set_data_set_access_handler(|_, _, _| panic!("on purpose"));
    server.set_control_block_access_handler(|_| panic!("on purpose"));
    assert_eq!(read_error(&client, "T1LD0/GGIO1$SP$Policy$inSP"), DENIED);
    assert_eq!(read_error(&client, "T1LD0/LLN0$BR$brcb01"), DENIED);
    let denied = ServiceError::OBJECT_ACCESS_DENIED;
    assert_eq!(service_error("domains", client.domain_names()), denied);
    let list = client.read_list(name(EVENTS));
    assert_eq!(service_error("list", list), denied);
    server.set_directory_access_handler(|_, _, _| true);
    server
        .set_list_objects_access_handler(|_| panic!("on purpose"))
        .unwrap();
    let names = client.variable_names(ObjectScope::Domain("Other")).unwrap();
    assert_eq!(names, [""; 0]);
}

fn handlers_may_use_the_server(new: NewServer) {
    let model = bay::model();
    let server = Arc::new(started(new(&model, None).unwrap()));
    let client = connect(&server);
    let weak = Arc::downgrade(&server);
    let counter = attribute(&model, "T1LD0/GGIO1.Policy.inST");
    let counted = counter.clone();
    server.set_read_access_handler(move |_, _, _| {
        let Some(server) = weak.upgrade() else {
            return Decision::ObjectAccessDenied;
        };
        let count = server.get_int32(&counted).unwrap();
        server.update_int32(&counted, count + 1).unwrap();
        Decision::Success
    });
    // What a handler has changed is read.
    assert_eq!(read(&client, "T1LD0/GGIO1$ST$Policy$inST"), 1.into());
    events(&client);
    assert_eq!(server.get_int32(&counter).unwrap(), 7);
}
