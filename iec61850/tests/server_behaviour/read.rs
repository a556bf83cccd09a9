//! Reading: at every depth, of every type, one and many.

use crate::support::bay::{self, ELEMENTS};
use crate::support::{
    NewServer, access_error, connect, engine_tests, name, read, read_error, service_error, started,
    try_connect, with_pdu_size,
};
use iec61850::FunctionalConstraint as Fc;
use mms::client::blocking::Client;
use mms::pdu::{
    AccessStep, AlternateAccessBuf, ObjectScope, OwnedAccessStep, SelectionTree, VariableAccess,
};
use mms::{BitString, DataAccessError, MmsValue, ObjectName, ServiceError, TypeDescription};

engine_tests!(
    every_type_reads_its_initial_value,
    structures_hold_their_parts_in_order,
    every_depth_has_a_value,
    what_does_not_exist_is_an_error_in_place_of_a_value,
    array_elements_ranges_and_components,
    several_parts_of_one_variable,
    a_list_of_variables_keeps_its_order,
    types_of_parts_are_parts_of_types,
    control_blocks_show_their_configuration,
    setting_group_values_need_an_edit_group,
    an_answer_that_is_too_long_is_an_error_and_no_end,
    part_reads_and_whole_reads_agree_after_an_update,
);

fn every_type_reads_its_initial_value(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for ty in bay::types() {
        for object in ["T1LD0/GGIO1$SP$Values", "T1LD0/GGIO1$ST$Status"] {
            let variable = format!("{object}${}", bay::name_of(ty));
            assert_eq!(read(&client, &variable), bay::samples(ty)[0], "{variable}");
        }
    }
}

/// Compares a value with the values of its components, as deep as there are names.
fn check_parts(client: &Client, variable: &str, ty: &TypeDescription, value: &MmsValue) -> usize {
    let (TypeDescription::Structure(components), MmsValue::Structure(values)) = (ty, value) else {
        return 1;
    };
    // An attribute of the type PHYCOMADDR is one value, without names for its components.
    if variable.ends_with(&bay::name_of(iec61850::DataAttributeType::PhyComAddr)) {
        return 1;
    }
    assert_eq!(components.len(), values.len(), "{variable}");
    let mut checked = 1;
    for (component, value) in components.iter().zip(values) {
        let part = format!("{variable}${}", component.name.as_deref().unwrap());
        assert_eq!(read(client, &part), *value, "{part}");
        checked += check_parts(client, &part, &component.ty, value);
    }
    checked
}

fn structures_hold_their_parts_in_order(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for (domain, nodes) in [
        ("T1LD0", &["LLN0", "GGIO1"][..]),
        ("Other", &["LLN0"]),
        ("T1LD1", &["LLN0"]),
    ] {
        let mut checked = 0;
        for node in nodes {
            let variable = format!("{domain}/{node}");
            let ty = client
                .get_variable_access_attributes(name(&variable))
                .unwrap();
            checked += check_parts(&client, &variable, &ty, &read(&client, &variable));
        }
        let names = client.variable_names(ObjectScope::Domain(domain)).unwrap();
        let of_nodes = names
            .iter()
            .filter(|n| nodes.iter().any(|node| n.split('$').next() == Some(node)));
        assert_eq!(checked, of_nodes.count(), "{domain}: all names were met");
    }
}

fn every_depth_has_a_value(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let vector = |mag: f32, ang: f32| {
        MmsValue::Structure(vec![
            MmsValue::Structure(vec![mag.into()]),
            MmsValue::Structure(vec![ang.into()]),
        ])
    };
    let f = model
        .node_by_reference("T1LD0/GGIO1.Deep.phsB.cVal.ang.f")
        .and_then(|node| node.into_data_attribute())
        .unwrap();
    server.update_float(&f, 30.5).unwrap();
    let base = "T1LD0/GGIO1$MX$Deep$phsB";
    assert_eq!(
        read(&client, &format!("{base}$cVal$ang$f")),
        30.5_f32.into()
    );
    assert_eq!(
        read(&client, &format!("{base}$cVal$ang")),
        MmsValue::Structure(vec![30.5_f32.into()])
    );
    assert_eq!(read(&client, &format!("{base}$cVal")), vector(0.0, 30.5));
    let phase = |ang| {
        MmsValue::Structure(vec![
            vector(0.0, ang),
            MmsValue::BitString(BitString::new(13)),
        ])
    };
    assert_eq!(read(&client, base), phase(30.5));
    // Components are in the order of the model, not of their names.
    let deep = MmsValue::Structure(vec![phase(30.5), phase(0.0)]);
    assert_eq!(read(&client, "T1LD0/GGIO1$MX$Deep"), deep);
    // Another functional constraint is another structure.
    assert_eq!(
        read(&client, "T1LD0/GGIO1$CF$Deep"),
        MmsValue::Structure(vec![MmsValue::Structure(vec![MmsValue::Unsigned(0)]); 2])
    );
    let MmsValue::Structure(measured) = read(&client, "T1LD0/GGIO1$MX") else {
        panic!("a functional constraint is a structure")
    };
    assert_eq!(measured[0], deep);
    let MmsValue::Structure(node) = read(&client, "T1LD0/GGIO1") else {
        panic!("a logical node is a structure")
    };
    assert_eq!(node[0], MmsValue::Structure(measured));
    // And the model's own idea of the structure is the same.
    let object = model
        .node_by_reference("T1LD0/GGIO1.Deep")
        .and_then(|node| node.into_data_object())
        .unwrap();
    assert_eq!(server.get_value_with_fc(&object, Fc::MX), Some(deep));
}

fn what_does_not_exist_is_an_error_in_place_of_a_value(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for variable in [
        "T1LD9/GGIO1$ST$Status$v0",
        "LD0/GGIO1$ST$Status$v0",
        "T1LD2/LLN0$ST$Beh",
        "T1LD0/GGIO9$ST$Status",
        "T1LD0/GGIO1$XX",
        "T1LD0/GGIO1$MX$Status",
        "T1LD0/GGIO1$ST$Status$v0$more",
        "T1LD0/GGIO1$ST$Status$v",
        "T1LD0/GGIO1$ST$status",
        "T1LD0/GGIO1$ST$",
        "T1LD0/$ST",
        "T1LD0/GGIO1$$Status",
        "T1LD0/GGIO1.ST.Status",
        "T1LD0/LLN0$RP$brcb01",
        "T1LD0/GGIO1$SP$List$num$0",
    ] {
        assert_eq!(
            read_error(&client, variable),
            DataAccessError::ObjectNonExistent,
            "{variable}"
        );
    }
    for name in [ObjectName::Vmd("GGIO1"), ObjectName::Association("GGIO1")] {
        assert_eq!(
            access_error("not in a domain", client.read(name)),
            DataAccessError::ObjectNonExistent
        );
    }
    assert_eq!(read(&client, "Other/LLN0$ST$Beh$stVal"), 0.into());
}

fn numbers(values: &[i64]) -> MmsValue {
    MmsValue::Array(values.iter().map(|&n| MmsValue::Integer(n)).collect())
}

fn array_elements_ranges_and_components(new: NewServer) {
    use AccessStep::{AllElements, Component, Index, IndexRange};
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let num = name("T1LD0/GGIO1$SP$List$num");
    let pnt = name("T1LD0/GGIO1$SP$List$pnt");
    let part = |name, steps: &[AccessStep<'_>]| client.read_part(name, steps).unwrap();
    let refused = |name, steps: &[AccessStep<'_>]| {
        access_error(&format!("{name} {steps:?}"), client.read_part(name, steps))
    };

    let all = numbers(&[0, 10, 20, 30, 40]);
    assert_eq!(client.read(num).unwrap(), all);
    assert_eq!(part(num, &[AllElements]), all);
    for index in 0..ELEMENTS {
        assert_eq!(part(num, &[Index(index)]), (index as i32 * 10).into());
    }
    assert_eq!(
        part(num, &[IndexRange { low: 1, count: 3 }]),
        numbers(&[10, 20, 30])
    );
    assert_eq!(part(num, &[IndexRange { low: 0, count: 5 }]), all);

    let point = |x: f32| MmsValue::Structure(vec![x.into(), 0.0_f32.into()]);
    assert_eq!(part(pnt, &[Index(3)]), point(3.0));
    assert_eq!(part(pnt, &[Index(3), Component("x")]), 3.0_f32.into());
    assert_eq!(
        part(pnt, &[IndexRange { low: 3, count: 2 }]),
        MmsValue::Array(vec![point(3.0), point(4.0)])
    );
    assert_eq!(
        part(pnt, &[IndexRange { low: 3, count: 2 }, Component("x")]),
        MmsValue::Array(vec![3.0_f32.into(), 4.0_f32.into()])
    );
    assert_eq!(
        part(pnt, &[AllElements, Component("x")]),
        MmsValue::Array((0..5).map(|x| (x as f32).into()).collect())
    );
    // From further up, and through a path in one step.
    let list = name("T1LD0/GGIO1$SP$List");
    assert_eq!(part(list, &[Component("num"), Index(4)]), 40.into());
    let node = name("T1LD0/GGIO1");
    assert_eq!(part(node, &[Component("SP$List$num"), Index(4)]), 40.into());
    assert_eq!(
        part(
            node,
            &[
                Component("SP"),
                Component("List"),
                Component("pnt"),
                Index(1),
                Component("x")
            ]
        ),
        1.0_f32.into()
    );
    // An array of objects, and an array in each.
    let har = name("T1LD0/GGIO1$SP$Har$har");
    let tap = MmsValue::Array(vec![0.into(), 0.into()]);
    assert_eq!(
        part(har, &[Index(2)]),
        MmsValue::Structure(vec![0.into(), tap.clone()])
    );
    assert_eq!(part(har, &[Index(2), Component("tap")]), tap);
    assert_eq!(part(har, &[Index(2), Component("tap"), Index(1)]), 0.into());
    assert_eq!(
        part(har, &[AllElements, Component("tap")]),
        MmsValue::Array(vec![tap; 3])
    );

    for (name, steps) in [
        (num, &[Index(5)][..]),
        (num, &[Index(u32::MAX)]),
        (num, &[IndexRange { low: 4, count: 2 }]),
        (num, &[IndexRange { low: 6, count: 0 }]),
        (
            num,
            &[IndexRange {
                low: u32::MAX,
                count: u32::MAX,
            }],
        ),
        (num, &[Component("x")]),
        (num, &[Index(1), Component("x")]),
        (num, &[Index(1), Index(0)]),
        (pnt, &[Index(1), Component("z")]),
        (pnt, &[AllElements, Component("z")]),
        (list, &[Index(0)]),
        (list, &[AllElements]),
        (list, &[Component("none")]),
        (har, &[Index(3)]),
        (har, &[Index(2), Component("tap"), Index(2)]),
    ] {
        assert_eq!(refused(name, steps), DataAccessError::ObjectNonExistent);
    }
}

fn several_parts_of_one_variable(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let select = |step, nested| SelectionTree {
        component_name: None,
        step,
        nested,
    };
    let component = |name: &str| OwnedAccessStep::Component(name.to_owned());
    let selections = [
        select(
            OwnedAccessStep::Index(3),
            vec![select(component("x"), vec![])],
        ),
        select(OwnedAccessStep::Index(1), vec![]),
    ];
    let pnt = VariableAccess::from(name("T1LD0/GGIO1$SP$List$pnt"));
    let parts = AlternateAccessBuf::new(&selections).unwrap();
    assert_eq!(
        client
            .read(pnt.with_alternate_access(parts.as_ref()))
            .unwrap(),
        MmsValue::Structure(vec![
            3.0_f32.into(),
            MmsValue::Structure(vec![1.0_f32.into(), 0.0_f32.into()]),
        ])
    );
    // One part that is not there spoils the variable, and the variables beside it are answered.
    let missing = [
        select(OwnedAccessStep::Index(3), vec![]),
        select(OwnedAccessStep::Index(9), vec![]),
    ];
    let missing = AlternateAccessBuf::new(&missing).unwrap();
    let results = client
        .read_many([
            VariableAccess::from(name("T1LD0/GGIO1$SP$Policy$inSP")),
            pnt.with_alternate_access(missing.as_ref()),
            VariableAccess::from(name("Other/LLN0$ST$Beh$stVal")),
        ])
        .unwrap();
    assert_eq!(
        results,
        [
            Ok(0.into()),
            Err(DataAccessError::ObjectNonExistent),
            Ok(0.into())
        ]
    );
}

fn a_list_of_variables_keeps_its_order(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let mut variables = Vec::new();
    let mut expected = Vec::new();
    for ty in bay::types() {
        variables.push(format!("T1LD0/GGIO1$SP$Values${}", bay::name_of(ty)));
        expected.push(Ok(bay::samples(ty)[0].clone()));
        variables.push(format!("T1LD0/GGIO1$SP$Values$none{}", ty.value()));
        expected.push(Err(DataAccessError::ObjectNonExistent));
    }
    let read = client.read_many(variables.iter().map(|v| name(v))).unwrap();
    assert_eq!(read, expected);
}

fn types_of_parts_are_parts_of_types(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let describe = |variable: &str| client.get_variable_access_attributes(name(variable));
    for domain in client.domain_names().unwrap() {
        for item in client.variable_names(ObjectScope::Domain(&domain)).unwrap() {
            let ty = describe(&format!("{domain}/{item}")).unwrap();
            let Some((node, path)) = item.split_once('$') else {
                continue;
            };
            let whole = describe(&format!("{domain}/{node}")).unwrap();
            assert_eq!(whole.child_by_name(path), Some(&ty), "{domain}/{item}");
        }
    }
    // The types of objects are those of the model.
    for (object, fc) in [
        ("Values", Fc::SP),
        ("Deep", Fc::MX),
        ("List", Fc::SP),
        ("Har", Fc::SP),
    ] {
        let node = model
            .node_by_reference(&format!("T1LD0/GGIO1.{object}"))
            .unwrap();
        let expected = node.into_data_object().unwrap().type_description(fc);
        let described = describe(&format!("T1LD0/GGIO1${fc}${object}")).unwrap();
        assert_eq!(Some(described), expected, "{object}");
    }
    for unknown in [
        "T1LD0/GGIO1$ST$None",
        "T1LD9/LLN0",
        "T1LD0/GGIO1$SP$List$num$x",
    ] {
        assert_eq!(
            service_error(unknown, describe(unknown)),
            ServiceError::OBJECT_NON_EXISTENT
        );
    }
}

fn control_blocks_show_their_configuration(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let text = |text: &str| MmsValue::VisibleString(text.to_owned());
    for (variable, expected) in [
        ("RP$urcb01$RptID", text("unbuffered")),
        ("RP$urcb01$RptEna", false.into()),
        ("RP$urcb01$Resv", false.into()),
        ("RP$urcb01$DatSet", text("T1LD0/LLN0$Events")),
        ("RP$urcb01$ConfRev", MmsValue::Unsigned(7)),
        ("RP$urcb01$BufTm", MmsValue::Unsigned(50)),
        ("RP$urcb01$IntgPd", MmsValue::Unsigned(90_000)),
        ("RP$urcb01$SqNum", MmsValue::Unsigned(0)),
        ("BR$brcb01$RptID", text("T1LD0/LLN0$BR$brcb01")),
        ("BR$brcb01$PurgeBuf", false.into()),
        ("BR$brcb01$EntryID", MmsValue::OctetString(vec![0; 8])),
        ("BR$brcb01$ResvTms", 0.into()),
        ("GO$gocb01$GoEna", false.into()),
        ("GO$gocb01$GoID", text("events")),
        ("GO$gocb01$DatSet", text("T1LD0/LLN0$Events")),
        ("GO$gocb01$NdsCom", false.into()),
        ("GO$gocb02$NdsCom", true.into()),
        (
            "GO$gocb01$DstAddress$Addr",
            MmsValue::OctetString(vec![1, 12, 205, 1, 0, 9]),
        ),
        ("GO$gocb01$DstAddress$VID", MmsValue::Unsigned(100)),
        ("GO$gocb01$DstAddress$PRIORITY", MmsValue::Unsigned(5)),
        ("GO$gocb01$DstAddress$APPID", MmsValue::Unsigned(0x1234)),
        ("GO$gocb01$MinTime", MmsValue::Unsigned(200)),
        ("MS$msvcb01$MsvID", text("samples")),
        ("MS$msvcb01$SvEna", false.into()),
        ("US$usvcb01$UsvID", text("samples")),
        ("US$usvcb01$Resv", false.into()),
        ("LG$lcb01$LogRef", text("T1LD0/LLN0$EventLog")),
        ("LG$lcb01$DatSet", text("T1LD0/LLN0$Events")),
    ] {
        assert_eq!(
            read(&client, &format!("T1LD0/LLN0${variable}")),
            expected,
            "{variable}"
        );
    }
    for (field, expected) in [("NumOfSG", 3), ("ActSG", 2), ("EditSG", 0), ("ResvTms", 0)] {
        let variable = format!("T1LD1/LLN0$SP$SGCB${field}");
        assert_eq!(read(&client, &variable), MmsValue::Unsigned(expected));
    }
    // Bit 0 is reserved in both: data change, integrity and GI; all but data references.
    let bits = |length, set: &[usize]| {
        let mut bits = BitString::new(length);
        set.iter().for_each(|&bit| bits.set(bit, true));
        MmsValue::BitString(bits)
    };
    assert_eq!(
        read(&client, "T1LD0/LLN0$RP$urcb01$TrgOps"),
        bits(6, &[1, 4, 5])
    );
    assert_eq!(
        read(&client, "T1LD0/LLN0$RP$urcb01$OptFlds"),
        bits(10, &[1, 2, 3, 4, 6, 7, 8])
    );
}

fn setting_group_values_need_an_edit_group(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for variable in [
        "T1LD1/PTOC1$SE$StrVal$setVal",
        "T1LD1/PTOC1$SE$StrVal",
        "T1LD1/PTOC1$SE",
        "T1LD1/PTOC1",
        "T1LD0/PTOC1$SE$StrVal$setVal",
    ] {
        assert_eq!(
            read_error(&client, variable),
            DataAccessError::TemporarilyUnavailable,
            "{variable}"
        );
    }
    assert_eq!(read(&client, "T1LD1/PTOC1$SG$StrVal$setVal"), 0.into());
}

fn an_answer_that_is_too_long_is_an_error_and_no_end(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = try_connect(server.local_address().unwrap(), with_pdu_size(512)).unwrap();
    assert_eq!(client.negotiated().max_pdu_size, 512);
    for _ in 0..3 {
        let error = service_error("too long", client.read(name("T1LD0/GGIO1")));
        assert_eq!(error, ServiceError::PDU_SIZE);
        let error = service_error(
            "too long",
            client.get_variable_access_attributes(name("T1LD0/GGIO1")),
        );
        assert_eq!(error, ServiceError::PDU_SIZE);
    }
    assert_eq!(read(&client, "Other/LLN0$ST$Beh$stVal"), 0.into());
}

fn part_reads_and_whole_reads_agree_after_an_update(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let attribute = |reference: &str| crate::support::attribute(&model, reference);
    for index in 0..3 {
        let set = attribute(&format!("T1LD0/GGIO1.Har.har({index}).set"));
        server.update_int32(&set, 100 + index).unwrap();
        for tap in 0..2 {
            let tap_of = attribute(&format!("T1LD0/GGIO1.Har.har({index}).tap({tap})"));
            server.update_int32(&tap_of, 10 * index + tap).unwrap();
            assert_eq!(server.get_int32(&tap_of).unwrap(), 10 * index + tap);
        }
    }
    let expected = (0..3)
        .map(|index| {
            let tap = MmsValue::Array(vec![(10 * index).into(), (10 * index + 1).into()]);
            MmsValue::Structure(vec![(100 + index).into(), tap])
        })
        .collect();
    assert_eq!(
        read(&client, "T1LD0/GGIO1$SP$Har$har"),
        MmsValue::Array(expected)
    );
}
