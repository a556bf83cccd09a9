//! Writing: who may write what, and what fits.

use crate::support::bay;
use crate::support::{
    NewServer, access_error, attribute, connect, engine_tests, name, read, started, write,
    write_error,
};
use iec61850::{AccessPolicy, DataAttributeType as Ty, Error, FunctionalConstraint as Fc};
use mms::pdu::{AccessStep, AlternateAccessBuf, VariableAccess};
use mms::{BinaryTime, BitString, DataAccessError, MmsValue, ObjectName};

engine_tests!(
    every_type_takes_its_values,
    another_type_is_inconsistent,
    values_out_of_range_are_invalid,
    functional_constraints_have_their_default_policies,
    policies_can_be_changed_while_clients_are_connected,
    what_never_is_written,
    structures_are_written_as_a_whole_or_not_at_all,
    elements_and_ranges_of_arrays,
    several_variables_are_written_one_by_one,
    setting_group_values_need_an_edit_group,
);

fn every_type_takes_its_values(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let (writer, reader) = (connect(&server), connect(&server));
    for ty in bay::types() {
        let variable = format!("T1LD0/GGIO1$SP$Values${}", bay::name_of(ty));
        let da = attribute(&model, &format!("T1LD0/GGIO1.Values.{}", bay::name_of(ty)));
        for value in bay::samples(ty) {
            // The length of a generic bit string is that of its first value.
            let value = match (ty, value) {
                (Ty::GenericBitString, MmsValue::BitString(bits)) => {
                    MmsValue::BitString(BitString::from_integer(20, bits.to_integer()))
                }
                (_, value) => value,
            };
            write(&writer, &variable, value.clone());
            assert_eq!(read(&reader, &variable), value, "{ty}");
            assert_eq!(server.get_value(&da), Some(value), "{ty}");
        }
    }
}

/// One value of each kind.
fn one_of_each() -> Vec<MmsValue> {
    vec![
        MmsValue::Boolean(true),
        MmsValue::Integer(1),
        MmsValue::Unsigned(1),
        MmsValue::Float32(1.0),
        MmsValue::Float64(1.0),
        MmsValue::BitString(BitString::new(2)),
        MmsValue::OctetString(vec![1]),
        MmsValue::VisibleString("a".into()),
        MmsValue::MmsString("a".into()),
        MmsValue::UtcTime(Default::default()),
        MmsValue::BinaryTime(BinaryTime::from_ms(1_600_000_000_000)),
        MmsValue::Bcd(1),
        MmsValue::BooleanArray(BitString::new(2)),
        MmsValue::GeneralizedTime("20200101000000Z".into()),
        MmsValue::Structure(vec![true.into()]),
        MmsValue::Array(vec![true.into()]),
    ]
}

fn another_type_is_inconsistent(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for ty in bay::types() {
        let variable = format!("T1LD0/GGIO1$SP$Values${}", bay::name_of(ty));
        let before = read(&client, &variable);
        for value in one_of_each() {
            let same_kind = std::mem::discriminant(&value) == std::mem::discriminant(&before);
            if same_kind && !matches!(value, MmsValue::Structure(_)) {
                continue;
            }
            assert_eq!(
                write_error(&client, &variable, value.clone()),
                DataAccessError::TypeInconsistent,
                "{ty} {value}"
            );
        }
        assert_eq!(read(&client, &variable), before);
    }
}

fn values_out_of_range_are_invalid(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let text = |length: usize| MmsValue::VisibleString("x".repeat(length));
    let octets = |length: usize| MmsValue::OctetString(vec![1; length]);
    let bits = |length: usize| MmsValue::BitString(BitString::new(length));
    for (ty, values) in [
        (
            Ty::Int8,
            vec![MmsValue::Integer(128), MmsValue::Integer(-129)],
        ),
        (
            Ty::Int16,
            vec![MmsValue::Integer(32_768), MmsValue::Integer(-32_769)],
        ),
        (
            Ty::Int32,
            vec![
                MmsValue::Integer(1 << 31),
                MmsValue::Integer(-(1 << 31) - 1),
            ],
        ),
        (
            Ty::Enumerated,
            vec![MmsValue::Integer(128), MmsValue::Integer(i64::MIN)],
        ),
        (
            Ty::Int8U,
            vec![MmsValue::Unsigned(256), MmsValue::Unsigned(u64::MAX)],
        ),
        (Ty::Int16U, vec![MmsValue::Unsigned(65_536)]),
        (Ty::Int24U, vec![MmsValue::Unsigned(1 << 24)]),
        (Ty::Int32U, vec![MmsValue::Unsigned(1 << 32)]),
        (Ty::OctetString64, vec![octets(65)]),
        (Ty::OctetString6, vec![octets(7)]),
        (Ty::OctetString8, vec![octets(7), octets(9), octets(0)]),
        (Ty::VisibleString32, vec![text(33)]),
        (Ty::VisibleString64, vec![text(65)]),
        (Ty::VisibleString65, vec![text(66)]),
        (Ty::VisibleString129, vec![text(130)]),
        (Ty::VisibleString255, vec![text(256), text(60_000)]),
        (
            Ty::UnicodeString255,
            vec![MmsValue::MmsString("x".repeat(256))],
        ),
        (Ty::Currency, vec![text(4)]),
        (Ty::Quality, vec![bits(12), bits(14), bits(0)]),
        (Ty::Check, vec![bits(1), bits(3)]),
        (Ty::CodedEnum, vec![bits(1), bits(3)]),
        (Ty::GenericBitString, vec![bits(19), bits(21)]),
        (Ty::TrgOps, vec![bits(5), bits(7)]),
        (Ty::OptFlds, vec![bits(9), bits(11)]),
        (
            Ty::EntryTime,
            vec![MmsValue::BinaryTime(BinaryTime { ms: 1, days: None })],
        ),
    ] {
        let variable = format!("T1LD0/GGIO1$SP$Values${}", bay::name_of(ty));
        let before = read(&client, &variable);
        for value in values {
            assert_eq!(
                write_error(&client, &variable, value.clone()),
                DataAccessError::ObjectValueInvalid,
                "{ty} {value}"
            );
        }
        assert_eq!(read(&client, &variable), before);
    }
}

fn functional_constraints_have_their_default_policies(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for fc in bay::constraints() {
        let variable = format!("T1LD0/GGIO1${fc}$Policy$in{fc}");
        let result = client.write(name(&variable), &5.into());
        if matches!(fc, Fc::SP | Fc::SV) {
            result.unwrap();
            assert_eq!(read(&client, &variable), 5.into());
        } else {
            assert_eq!(
                access_error(&variable, result),
                DataAccessError::ObjectAccessDenied,
                "{fc}"
            );
            assert_eq!(read(&client, &variable), 0.into());
        }
    }
}

fn policies_can_be_changed_while_clients_are_connected(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for fc in [Fc::DC, Fc::CF, Fc::SP, Fc::SV, Fc::BL] {
        let variable = format!("T1LD0/GGIO1${fc}$Policy$in{fc}");
        server
            .set_default_write_policy(fc, AccessPolicy::Allow)
            .unwrap();
        write(&client, &variable, 7);
        assert_eq!(read(&client, &variable), 7.into());
        server
            .set_default_write_policy(fc, AccessPolicy::Deny)
            .unwrap();
        assert_eq!(
            write_error(&client, &variable, 8),
            DataAccessError::ObjectAccessDenied
        );
        assert_eq!(read(&client, &variable), 7.into());
    }
    server
        .set_default_write_policy(Fc::SE, AccessPolicy::Deny)
        .unwrap();
    for fc in [
        Fc::ST,
        Fc::MX,
        Fc::SG,
        Fc::CO,
        Fc::EX,
        Fc::OR,
        Fc::SR,
        Fc::RP,
        Fc::ALL,
        Fc::NONE,
    ] {
        for policy in [AccessPolicy::Allow, AccessPolicy::Deny] {
            assert!(
                matches!(
                    server.set_default_write_policy(fc, policy),
                    Err(Error::InvalidFunctionalConstraint { .. })
                ),
                "{fc}"
            );
        }
    }
}

fn what_never_is_written(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for variable in [
        "T1LD0/GGIO1$SP$Values$none",
        "T1LD0/GGIO1$CF$Policy$inSP",
        "T1LD9/GGIO1$SP$Policy$inSP",
        "T1LD0/GGIO9$SP$Policy$inSP",
    ] {
        assert_eq!(
            write_error(&client, variable, 1),
            DataAccessError::ObjectNonExistent,
            "{variable}"
        );
    }
    let vmd = client.write(ObjectName::Vmd("GGIO1"), &1.into());
    assert_eq!(access_error("VMD", vmd), DataAccessError::ObjectNonExistent);
    for (variable, value) in [
        ("T1LD1/LLN0$SP$SGCB$NumOfSG", MmsValue::Unsigned(4)),
        ("T1LD0/LLN0$RP$urcb01$ConfRev", MmsValue::Unsigned(4)),
        ("T1LD0/LLN0$GO$gocb01$ConfRev", MmsValue::Unsigned(4)),
    ] {
        assert_eq!(
            write_error(&client, variable, value),
            DataAccessError::ObjectAccessDenied,
            "{variable}"
        );
    }
}

fn structures_are_written_as_a_whole_or_not_at_all(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let variable = "T1LD0/GGIO1$SP$Values";
    let values = |pick: usize| {
        bay::types()
            .map(|ty| match (ty, &bay::samples(ty)[pick]) {
                (Ty::GenericBitString, MmsValue::BitString(bits)) => {
                    MmsValue::BitString(BitString::from_integer(20, bits.to_integer()))
                }
                (_, value) => value.clone(),
            })
            .collect::<Vec<_>>()
    };
    let before = MmsValue::Structure(values(0));
    assert_eq!(read(&client, variable), before);

    // Wrong in the last component, in the number of components, in the kind of the whole.
    let mut wrong_value = values(1);
    *wrong_value.last_mut().unwrap() = MmsValue::BitString(BitString::new(7));
    let mut wrong_type = values(1);
    *wrong_type.last_mut().unwrap() = MmsValue::Boolean(true);
    let mut short = values(1);
    short.pop();
    let mut long = values(1);
    long.push(MmsValue::Boolean(true));
    for (value, error) in [
        (
            MmsValue::Structure(wrong_value),
            DataAccessError::ObjectValueInvalid,
        ),
        (
            MmsValue::Structure(wrong_type),
            DataAccessError::TypeInconsistent,
        ),
        (
            MmsValue::Structure(short),
            DataAccessError::TypeInconsistent,
        ),
        (MmsValue::Structure(long), DataAccessError::TypeInconsistent),
        (
            MmsValue::Structure(vec![]),
            DataAccessError::TypeInconsistent,
        ),
        (
            MmsValue::Array(values(1)),
            DataAccessError::TypeInconsistent,
        ),
        (MmsValue::Boolean(true), DataAccessError::TypeInconsistent),
    ] {
        assert_eq!(write_error(&client, variable, value), error);
        assert_eq!(read(&client, variable), before);
    }
    write(&client, variable, MmsValue::Structure(values(1)));
    assert_eq!(read(&client, variable), MmsValue::Structure(values(1)));

    // One part that may not be written spoils the rest.
    let node = "T1LD0/GGIO1";
    let MmsValue::Structure(whole) = read(&client, node) else {
        panic!("a structure")
    };
    assert_eq!(
        write_error(&client, node, MmsValue::Structure(whole)),
        DataAccessError::ObjectAccessDenied
    );
    assert_eq!(read(&client, variable), MmsValue::Structure(values(1)));
}

fn elements_and_ranges_of_arrays(new: NewServer) {
    use AccessStep::{AllElements, Component, Index, IndexRange};
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let num = "T1LD0/GGIO1$SP$List$num";
    let pnt = "T1LD0/GGIO1$SP$List$pnt";
    let array = |numbers: &[i32]| MmsValue::Array(numbers.iter().map(|&n| n.into()).collect());
    let write_part = |variable: &str, steps: &[AccessStep<'_>], value: &MmsValue| {
        let part = AlternateAccessBuf::path(steps).unwrap();
        let access = VariableAccess::from(name(variable)).with_alternate_access(part.as_ref());
        client.write(access, value)
    };
    write(&client, num, array(&[1, 2, 3, 4, 5]));
    write_part(num, &[Index(1)], &20.into()).unwrap();
    write_part(num, &[IndexRange { low: 3, count: 2 }], &array(&[40, 50])).unwrap();
    assert_eq!(read(&client, num), array(&[1, 20, 3, 40, 50]));
    write_part(num, &[AllElements], &array(&[5, 4, 3, 2, 1])).unwrap();
    let now = array(&[5, 4, 3, 2, 1]);
    assert_eq!(read(&client, num), now);
    write_part(pnt, &[Index(2), Component("y")], &7.5_f32.into()).unwrap();
    write_part(
        "T1LD0/GGIO1$SP$Har$har",
        &[Index(1), Component("tap"), Index(1)],
        &9.into(),
    )
    .unwrap();
    let y = attribute(&model, "T1LD0/GGIO1.List.pnt(2).y");
    assert_eq!(server.get_float(&y).unwrap(), 7.5);
    let tap = |indices: &str| {
        server
            .get_int32(&attribute(&model, &format!("T1LD0/GGIO1.Har.{indices}")))
            .unwrap()
    };
    assert_eq!(tap("har(1).tap(1)"), 9);
    assert_eq!(
        [
            tap("har(0).tap(1)"),
            tap("har(1).tap(0)"),
            tap("har(2).tap(1)")
        ],
        [0; 3]
    );

    use DataAccessError::{ObjectNonExistent, ObjectValueInvalid, TypeInconsistent};
    for (steps, value, error) in [
        (&[Index(5)][..], 1.into(), ObjectNonExistent),
        (&[Index(1), Component("x")], 1.into(), ObjectNonExistent),
        (
            &[IndexRange { low: 4, count: 2 }],
            array(&[1, 2]),
            ObjectNonExistent,
        ),
        (
            &[IndexRange { low: 3, count: 2 }],
            array(&[1]),
            TypeInconsistent,
        ),
        (
            &[IndexRange { low: 3, count: 2 }],
            array(&[1, 2, 3]),
            TypeInconsistent,
        ),
        (
            &[IndexRange { low: 3, count: 2 }],
            1.into(),
            TypeInconsistent,
        ),
        (
            &[IndexRange { low: 3, count: 2 }],
            MmsValue::Array(vec![1.into(), true.into()]),
            TypeInconsistent,
        ),
        (
            &[IndexRange { low: 3, count: 2 }],
            MmsValue::Array(vec![1.into(), MmsValue::Integer(1 << 40)]),
            ObjectValueInvalid,
        ),
        (&[Index(0)], true.into(), TypeInconsistent),
    ] {
        let result = write_part(num, steps, &value);
        assert_eq!(
            access_error(&format!("{steps:?}"), result),
            error,
            "{steps:?}"
        );
        assert_eq!(read(&client, num), now);
    }
    assert_eq!(
        write_error(&client, num, array(&[1, 2, 3, 4])),
        TypeInconsistent
    );
}

fn several_variables_are_written_one_by_one(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    let (sp, sv, bad) = (1.into(), 2.into(), true.into());
    let results = client
        .write_many([
            (name("T1LD0/GGIO1$SP$Policy$inSP"), &sp),
            (name("T1LD0/GGIO1$ST$Policy$inST"), &sp),
            (name("T1LD0/GGIO1$SV$Policy$inSV"), &bad),
            (name("T1LD0/GGIO1$SP$Policy$none"), &sp),
            (name("T1LD0/GGIO1$SV$Policy$inSV"), &sv),
        ])
        .unwrap();
    assert_eq!(
        results,
        [
            Ok(()),
            Err(DataAccessError::ObjectAccessDenied),
            Err(DataAccessError::TypeInconsistent),
            Err(DataAccessError::ObjectNonExistent),
            Ok(()),
        ]
    );
    assert_eq!(read(&client, "T1LD0/GGIO1$SP$Policy$inSP"), sp);
    assert_eq!(read(&client, "T1LD0/GGIO1$SV$Policy$inSV"), sv);
}

fn setting_group_values_need_an_edit_group(new: NewServer) {
    let model = bay::model();
    let server = started(new(&model, None).unwrap());
    let client = connect(&server);
    for node in ["T1LD1/PTOC1", "T1LD0/PTOC1"] {
        assert_eq!(
            write_error(&client, &format!("{node}$SE$StrVal$setVal"), 1),
            DataAccessError::TemporarilyUnavailable
        );
    }
    // Also with a handler: it cannot give the edit group away.
    let se = model
        .node_by_reference("T1LD1/PTOC1.StrVal")
        .and_then(|node| node.into_data_object())
        .unwrap()
        .child_with_fc("setVal", Fc::SE)
        .unwrap();
    server
        .register_write_handler(&se, |_, _, _| iec61850::MmsDataAccessError::Success)
        .unwrap();
    assert_eq!(
        write_error(&client, "T1LD1/PTOC1$SE$StrVal$setVal", 1),
        DataAccessError::TemporarilyUnavailable
    );
    assert_eq!(
        write_error(&client, "T1LD1/PTOC1$SG$StrVal$setVal", 1),
        DataAccessError::ObjectAccessDenied
    );
    write(&client, "T1LD1/PTOC1$SP$Plain$setVal", 1);
    // The application itself may.
    server.update_int32(&se, 4).unwrap();
    assert_eq!(server.get_int32(&se).unwrap(), 4);
}
