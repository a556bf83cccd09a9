//! The application's own access to the values.

use crate::support::{NewServer, attribute, bay, connect, engine_tests, read, started};
use chrono::{DateTime, Utc};
use iec61850::{
    DataAttributeType as Ty, Dbpos, Error, FunctionalConstraint as Fc, IedModel, IedServer,
    Quality, Timestamp,
};
use mms::client::blocking::Client;
use mms::{BitString, MmsValue};

engine_tests!(
    every_update_is_read_back_by_application_and_client,
    updates_of_the_wrong_type_are_refused,
    updates_out_of_range_are_refused,
    getters_check_their_type,
    structures_and_arrays_as_values,
    attributes_of_other_models_are_refused,
    values_are_kept_without_a_listener,
);

struct Fixture {
    model: IedModel,
    server: IedServer,
    client: Client,
}

impl Fixture {
    fn new(new: NewServer) -> Self {
        let model = bay::model();
        let server = started(new(&model, None).unwrap());
        let client = connect(&server);
        Fixture {
            model,
            server,
            client,
        }
    }

    fn of(&self, ty: Ty) -> iec61850::DataAttribute {
        let name = bay::name_of(ty);
        attribute(&self.model, &format!("T1LD0/GGIO1.Status.{name}"))
    }

    fn seen(&self, ty: Ty) -> MmsValue {
        let name = bay::name_of(ty);
        read(&self.client, &format!("T1LD0/GGIO1$ST$Status${name}"))
    }
}

fn every_update_is_read_back_by_application_and_client(new: NewServer) {
    let f = Fixture::new(new);
    let server = &f.server;
    for value in [false, true] {
        server.update_boolean(&f.of(Ty::Boolean), value).unwrap();
        assert_eq!(server.get_boolean(&f.of(Ty::Boolean)).unwrap(), value);
        assert_eq!(f.seen(Ty::Boolean), value.into());
    }
    for (ty, value) in [
        (Ty::Int8, -128),
        (Ty::Int16, 32_767),
        (Ty::Int32, i32::MIN),
        (Ty::Int64, -5),
        (Ty::Int128, 7),
        (Ty::Int8U, 255),
        (Ty::Int32U, i32::MAX),
        (Ty::Enumerated, 4),
    ] {
        server.update_int32(&f.of(ty), value).unwrap();
        assert_eq!(server.get_int32(&f.of(ty)).unwrap(), value, "{ty}");
        assert_eq!(f.seen(ty).to_int32().unwrap(), value, "{ty}");
    }
    for value in [i64::MIN, i64::MAX] {
        server.update_int64(&f.of(Ty::Int64), value).unwrap();
        assert_eq!(server.get_int64(&f.of(Ty::Int64)).unwrap(), value);
        assert_eq!(f.seen(Ty::Int64), MmsValue::Integer(value));
    }
    for ty in [Ty::Int32U, Ty::Int64] {
        server.update_uint(&f.of(ty), u32::MAX).unwrap();
        assert_eq!(server.get_uint32(&f.of(ty)).unwrap(), u32::MAX);
        assert_eq!(f.seen(ty).to_uint32().unwrap(), u32::MAX);
    }
    for value in [f32::MIN, -0.0, f32::INFINITY, 1.5] {
        server.update_float(&f.of(Ty::Float32), value).unwrap();
        assert_eq!(server.get_float(&f.of(Ty::Float32)).unwrap(), value);
        assert_eq!(f.seen(Ty::Float32), MmsValue::Float32(value));
    }
    server.update_float(&f.of(Ty::Float32), f32::NAN).unwrap();
    assert!(server.get_float(&f.of(Ty::Float32)).unwrap().is_nan());
    server.update_double(&f.of(Ty::Float64), 1.0e-300).unwrap();
    assert_eq!(server.get_double(&f.of(Ty::Float64)).unwrap(), 1.0e-300);
    assert_eq!(f.seen(Ty::Float64), MmsValue::Float64(1.0e-300));
    for (ty, bits, value) in [
        (Ty::Quality, 13, 0x1001),
        (Ty::Check, 2, 2),
        (Ty::CodedEnum, 2, 1),
        (Ty::GenericBitString, 20, 0xf_0001),
        (Ty::OptFlds, 10, 0x201),
        (Ty::TrgOps, 6, 0x21),
    ] {
        server.update_bit_string(&f.of(ty), value).unwrap();
        assert_eq!(server.get_bit_string(&f.of(ty)).unwrap(), value, "{ty}");
        let expected = MmsValue::BitString(BitString::from_integer(bits, value));
        assert_eq!(f.seen(ty), expected, "{ty}");
    }
    for position in [
        Dbpos::IntermediateState,
        Dbpos::Off,
        Dbpos::On,
        Dbpos::BadState,
    ] {
        server.update_dbpos(&f.of(Ty::CodedEnum), position).unwrap();
        assert_eq!(server.get_dbpos(&f.of(Ty::CodedEnum)).unwrap(), position);
        let seen = f.seen(Ty::CodedEnum);
        assert_eq!(Dbpos::from(seen.to_bits().unwrap()), position);
    }
    let quality = Quality::from(&BitString::from_integer(13, 0x0842));
    server.update_quality(&f.of(Ty::Quality), quality).unwrap();
    assert_eq!(server.get_quality(&f.of(Ty::Quality)).unwrap(), quality);
    assert_eq!(f.seen(Ty::Quality), MmsValue::BitString(quality.into()));
    for (ty, text) in [
        (Ty::VisibleString32, "a text of thirty-two characters."),
        (Ty::VisibleString255, ""),
        (Ty::UnicodeString255, "\u{3a9} \u{1f600}"),
        (Ty::Currency, "CHF"),
    ] {
        server.update_string(&f.of(ty), text).unwrap();
        assert_eq!(server.get_string(&f.of(ty)).unwrap(), text, "{ty}");
        assert_eq!(f.seen(ty).to_string_value().unwrap(), text, "{ty}");
    }
    let ms = 1_700_000_000_250;
    let time: DateTime<Utc> = DateTime::from_timestamp_millis(ms as i64).unwrap();
    server.update_utc_time_ms(&f.of(Ty::Timestamp), ms).unwrap();
    assert_eq!(f.seen(Ty::Timestamp).to_utc_time_ms().unwrap(), ms);
    assert_eq!(server.get_utc_time(&f.of(Ty::Timestamp)).unwrap(), time);
    server.update_utc_time(&f.of(Ty::Timestamp), time).unwrap();
    assert_eq!(server.get_utc_time(&f.of(Ty::Timestamp)).unwrap(), time);
    let mut stamp = Timestamp::from_ms(ms);
    stamp.set_clock_not_synchronized(true);
    server
        .update_timestamp(&f.of(Ty::Timestamp), &stamp)
        .unwrap();
    assert_eq!(server.get_timestamp(&f.of(Ty::Timestamp)).unwrap(), stamp);
    assert_eq!(f.seen(Ty::Timestamp), MmsValue::UtcTime(stamp));
    for ty in bay::types() {
        for value in bay::samples(ty) {
            server.update_value(&f.of(ty), &value).unwrap();
            assert_eq!(server.get_value(&f.of(ty)).as_ref(), Some(&value), "{ty}");
            assert_eq!(f.seen(ty), value, "{ty}");
        }
    }
}

fn updates_of_the_wrong_type_are_refused(new: NewServer) {
    let f = Fixture::new(new);
    let server = &f.server;
    let is_number = |ty| {
        use Ty::*;
        matches!(
            ty,
            Int8 | Int16 | Int32 | Int64 | Int128 | Int8U | Int16U | Int24U | Int32U | Enumerated
        )
    };
    for ty in bay::types() {
        let da = f.of(ty);
        let is_text =
            ty.to_string().contains("VISIBLE") || matches!(ty, Ty::UnicodeString255 | Ty::Currency);
        let is_bits = server.get_value(&da).unwrap().to_bits().is_ok();
        for (right, result) in [
            (ty == Ty::Boolean, server.update_boolean(&da, true)),
            (is_number(ty), server.update_int32(&da, 1)),
            (is_number(ty), server.update_int64(&da, 1)),
            (is_number(ty), server.update_uint(&da, 1)),
            (
                matches!(ty, Ty::Float32 | Ty::Float64),
                server.update_float(&da, 1.0),
            ),
            (
                matches!(ty, Ty::Float32 | Ty::Float64),
                server.update_double(&da, 1.0),
            ),
            (is_bits, server.update_bit_string(&da, 1)),
            (is_text, server.update_string(&da, "a")),
            (ty == Ty::Timestamp, server.update_utc_time_ms(&da, 1)),
            (ty == Ty::Timestamp, server.update_utc_time(&da, Utc::now())),
            (
                ty == Ty::Timestamp,
                server.update_timestamp(&da, &Timestamp::from_ms(5)),
            ),
        ] {
            match result {
                Ok(()) => assert!(right, "{ty} took a value of another type"),
                Err(Error::TypeMismatch { reference, .. }) => {
                    assert!(!right, "{ty}");
                    assert_eq!(
                        reference,
                        format!("T1LD0/GGIO1.Status.{}", bay::name_of(ty))
                    );
                }
                Err(error) => panic!("{ty}: {error}"),
            }
        }
    }
}

fn updates_out_of_range_are_refused(new: NewServer) {
    let f = Fixture::new(new);
    let server = &f.server;
    let refused = |ty, result: Result<(), Error>| {
        let before = bay::samples(ty)[0].clone();
        assert!(
            matches!(result, Err(Error::ValueOutOfRange { .. })),
            "{ty}: {result:?}"
        );
        assert_eq!(server.get_value(&f.of(ty)), Some(before), "{ty}");
    };
    for (ty, value) in [
        (Ty::Int8, 128),
        (Ty::Int8, -129),
        (Ty::Int16, 32_768),
        (Ty::Int8U, 256),
        (Ty::Int8U, -1),
        (Ty::Int16U, 65_536),
        (Ty::Int24U, 1 << 24),
        (Ty::Int32U, -1),
        (Ty::Enumerated, 128),
    ] {
        refused(ty, server.update_int32(&f.of(ty), value));
    }
    refused(Ty::Int32, server.update_int64(&f.of(Ty::Int32), 1 << 31));
    refused(Ty::Int32, server.update_uint(&f.of(Ty::Int32), 1 << 31));
    refused(
        Ty::VisibleString32,
        server.update_string(&f.of(Ty::VisibleString32), "x".repeat(33)),
    );
    refused(
        Ty::Currency,
        server.update_string(&f.of(Ty::Currency), "EURO"),
    );
    // A quality has thirteen bits, a double point two.
    refused(
        Ty::CodedEnum,
        server.update_quality(&f.of(Ty::CodedEnum), Quality::default()),
    );
    refused(
        Ty::Quality,
        server.update_dbpos(&f.of(Ty::Quality), Dbpos::On),
    );
}

fn getters_check_their_type(new: NewServer) {
    let f = Fixture::new(new);
    let server = &f.server;
    for ty in bay::types() {
        let da = f.of(ty);
        let value = &bay::samples(ty)[0];
        macro_rules! same {
            ($($get:ident as $to:ident),+ $(,)?) => {$(
                let expected = value.$to().ok();
                match server.$get(&da) {
                    Ok(got) => assert_eq!(Some(got), expected, "{ty}"),
                    Err(Error::TypeMismatch { .. } | Error::ValueOutOfRange { .. }) => {
                        assert_eq!(None, expected, "{ty}");
                    }
                    Err(error) => panic!("{ty}: {error}"),
                }
            )+};
        }
        same!(
            get_boolean as to_bool,
            get_int32 as to_int32,
            get_int64 as to_int64,
            get_uint32 as to_uint32,
            get_float as to_float,
            get_double as to_double,
            get_utc_time as to_utc_time,
            get_timestamp as to_timestamp,
            get_bit_string as to_bitstring,
        );
    }
    let number = f.of(Ty::Int64);
    server.update_int64(&number, 1 << 40).unwrap();
    assert!(matches!(
        server.get_int32(&number),
        Err(Error::ValueOutOfRange { .. })
    ));
    assert!(matches!(
        server.get_boolean(&number),
        Err(Error::TypeMismatch { .. })
    ));
    assert!(matches!(
        server.get_string(&number),
        Err(Error::TypeMismatch { .. })
    ));
    assert!(matches!(
        server.get_quality(&number),
        Err(Error::TypeMismatch { .. })
    ));
    assert!(matches!(
        server.get_dbpos(&number),
        Err(Error::TypeMismatch { .. })
    ));
}

fn structures_and_arrays_as_values(new: NewServer) {
    let f = Fixture::new(new);
    let server = &f.server;
    let vector = attribute(&f.model, "T1LD0/GGIO1.Deep.phsA.cVal");
    let part = |value: f32| MmsValue::Structure(vec![value.into()]);
    let value = MmsValue::Structure(vec![part(1.5), part(2.5)]);
    server.update_value(&vector, &value).unwrap();
    assert_eq!(server.get_value(&vector), Some(value.clone()));
    assert_eq!(read(&f.client, "T1LD0/GGIO1$MX$Deep$phsA$cVal"), value);
    let ang = attribute(&f.model, "T1LD0/GGIO1.Deep.phsA.cVal.ang.f");
    assert_eq!(server.get_float(&ang).unwrap(), 2.5);

    let array = attribute(&f.model, "T1LD0/GGIO1.List.num");
    let numbers = MmsValue::Array((5..10).map(|n: i32| n.into()).collect());
    server.update_value(&array, &numbers).unwrap();
    server.update_int32(&array.element(2).unwrap(), -1).unwrap();
    assert_eq!(
        read(&f.client, "T1LD0/GGIO1$SP$List$num"),
        MmsValue::Array([5, 6, -1, 8, 9].map(MmsValue::from).to_vec())
    );
    assert_eq!(server.get_int32(&array.element(4).unwrap()).unwrap(), 9);

    // Wrong in one part: nothing is stored.
    let wrong = MmsValue::Structure(vec![part(9.0), MmsValue::Structure(vec![true.into()])]);
    for wrong in [
        wrong,
        MmsValue::Structure(vec![part(9.0)]),
        MmsValue::Array(vec![part(9.0), part(9.0)]),
        1.into(),
    ] {
        server.update_value(&vector, &wrong).unwrap_err();
        assert_eq!(server.get_value(&vector), Some(value.clone()));
    }
    // One value for many elements: which one is not said, and none is changed.
    let numbers = server.get_value(&array);
    let no_element = |result: Result<(), Error>| {
        assert!(matches!(result, Err(Error::WrongKind { .. })), "{result:?}");
    };
    no_element(server.update_int32(&array, 77));
    assert_eq!(server.get_value(&array), numbers);

    let short = MmsValue::Array(vec![1.into(); 4]);
    server.update_value(&array, &short).unwrap_err();

    let node = f.model.node_by_reference("T1LD0/GGIO1.Deep").unwrap();
    let object = node.into_data_object().unwrap();
    let measured = server.get_value_with_fc(&object, Fc::MX);
    assert_eq!(measured, Some(read(&f.client, "T1LD0/GGIO1$MX$Deep")));
    assert_eq!(server.get_value_with_fc(&object, Fc::SP), None);
}

fn attributes_of_other_models_are_refused(new: NewServer) {
    let f = Fixture::new(new);
    let other = bay::model();
    let foreign = attribute(&other, "T1LD0/GGIO1.Policy.inST");
    let server = &f.server;
    let wrong = |result: Result<(), Error>| matches!(result, Err(Error::WrongKind { .. }));
    assert!(wrong(server.update_int32(&foreign, 1)));
    assert!(wrong(server.update_bit_string(&foreign, 1)));
    assert!(wrong(server.get_int32(&foreign).map(drop)));
    assert_eq!(server.get_value(&foreign), None);
    let object = other.node_by_reference("T1LD0/GGIO1.Deep").unwrap();
    let object = object.into_data_object().unwrap();
    assert_eq!(server.get_value_with_fc(&object, Fc::MX), None);
}

fn values_are_kept_without_a_listener(new: NewServer) {
    let model = bay::model();
    let server = new(&model, None).unwrap();
    let da = attribute(&model, "T1LD0/GGIO1.Policy.inST");
    server.update_int32(&da, 3).unwrap();
    assert_eq!(server.get_int32(&da).unwrap(), 3);
    assert!(!server.is_running());
    let server = started(server);
    assert_eq!(
        read(&connect(&server), "T1LD0/GGIO1$ST$Policy$inST"),
        3.into()
    );
}
