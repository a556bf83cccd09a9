use super::*;
use crate::types::{Source, Tag, Validity};
use mms::ber::Reader;
use proptest::prelude::*;

fn octets(ty: PointType, value: &PointValue) -> Vec<u8> {
    let mut out = vec![];
    ty.encode(&mut Writer::unbounded(&mut out), value);
    out
}

fn decode(ty: PointType, octets: &[u8]) -> Result<PointValue, DecodeError> {
    let view = DataView::decode(&mut Reader::new(octets)).expect("MMS data");
    ty.decode(&view)
}

fn ty(name: &str) -> PointType {
    name.parse().unwrap()
}

#[test]
fn octets_of_the_worked_example() {
    // MW1 12.5, flags 00; CB1 at 1699999990 ON; CB1 at 1699999...  OFF ENTERED ABNORMAL.
    let mw1 = PointValue::real(12.5);
    assert_eq!(
        octets(ty("Data_RealQ"), &mw1),
        [0xa2, 0x0b, 0x87, 5, 8, 0x41, 0x48, 0, 0, 0x84, 2, 0, 0]
    );
    let cb1 = PointValue::state(State::On).at(TimeStamp::from_seconds(1_699_999_990));
    assert_eq!(
        octets(ty("StateQTimeTag"), &cb1),
        [
            0xa2, 0x0a, 0x85, 4, 0x65, 0x53, 0xf0, 0xf6, 0x84, 2, 0, 0x80
        ]
    );
    let off = PointValue::state(State::Off)
        .at(TimeStamp::from_seconds(0x6553_f10a))
        .with_quality(Quality {
            source: Source::Entered,
            abnormal: true,
            ..Quality::default()
        });
    let encoded = [
        0xa2, 0x0a, 0x85, 4, 0x65, 0x53, 0xf1, 0x0a, 0x84, 2, 0, 0x4a,
    ];
    assert_eq!(octets(ty("StateQTimeTag"), &off), encoded);
    assert_eq!(decode(ty("StateQTimeTag"), &encoded), Ok(off));
}

#[test]
fn names() {
    assert_eq!(PointType::all().count(), 20);
    for ty in PointType::all() {
        assert_eq!(ty.to_string().parse(), Ok(ty));
    }
    assert_eq!(
        ty("data_statesupplementalqtimetagextended").to_string(),
        "Data_StateSupplementalQTimeTagExtended"
    );
    for bad in ["Data_", "Data_RealTimeTag", "RealQQ", "Dätä_Real", ""] {
        assert_eq!(
            bad.parse::<PointType>(),
            Err(ParsePointTypeError(bad.into()))
        );
    }
}

#[test]
fn types_by_description() {
    for ty in PointType::all() {
        let told = PointType::from_description(&ty.description());
        let expected = match (ty.kind, ty.form) {
            // The same type on the wire.
            (Kind::State, Form::Q) => PointType::new(Kind::State, Form::Plain),
            (Kind::StateSupplemental, Form::Plain) => PointType::new(Kind::State, Form::Plain),
            _ => ty,
        };
        assert_eq!(told, Some(expected), "{ty}");
    }
    assert_eq!(PointType::from_description(&TypeDescription::UtcTime), None);
    assert_eq!(
        PointType::from_description(&TypeDescription::Structure(vec![])),
        None
    );
}

#[test]
fn odd_peers_are_understood() {
    // { state, flags } for Data_StateQ.
    let value = MmsValue::Structure(vec![
        MmsValue::BitString(BitString::from_octets(&[0x80], 2)),
        MmsValue::BitString(BitString::from_octets(&[0x10], 8)),
    ]);
    assert_eq!(
        decode(ty("StateQ"), &value.to_bytes()),
        Ok(PointValue::state(State::On).with_quality(Quality::of(Validity::Held)))
    );
    // A double, an unsigned integer, short and long bit strings.
    let value = MmsValue::Structure(vec![
        MmsValue::Float64(1.5),
        MmsValue::BitString(BitString::from_octets(&[0x30], 7)),
    ]);
    let expected = PointValue::real(1.5).with_quality(Quality::of(Validity::NotValid));
    assert_eq!(decode(ty("RealQ"), &value.to_bytes()), Ok(expected));
    assert_eq!(
        decode(ty("Discrete"), &MmsValue::Unsigned(7).to_bytes()),
        Ok(PointValue::discrete(7))
    );
    let long = MmsValue::BitString(BitString::from_octets(&[0x40, 0xff], 16));
    assert_eq!(
        decode(ty("State"), &long.to_bytes()),
        Ok(PointValue::state(State::Off).with_quality(Quality::default()))
    );
}

#[test]
fn wrong_shapes_are_refused() {
    let real_q = PointValue::real(1.0).with_quality(Quality::default());
    let encoded = octets(ty("RealQ"), &real_q);
    assert_eq!(
        decode(ty("RealQTimeTag"), &encoded),
        Err(DecodeError::WrongCount {
            what: "data value",
            expected: 3,
            found: 2
        })
    );
    assert!(matches!(
        decode(ty("DiscreteQ"), &encoded),
        Err(DecodeError::WrongType { .. })
    ));
    assert!(matches!(
        decode(ty("Real"), &encoded),
        Err(DecodeError::WrongType { .. })
    ));
    let large = MmsValue::Integer(1 << 40).to_bytes();
    assert_eq!(
        decode(ty("Discrete"), &large).map_err(|e| e.access_error()),
        Err(mms::DataAccessError::ObjectValueInvalid)
    );
    let ms = MmsValue::Structure(vec![
        MmsValue::Structure(vec![MmsValue::Integer(1), MmsValue::Integer(1000)]),
        MmsValue::BitString(BitString::new(8)),
    ]);
    assert!(matches!(
        decode(ty("StateQTimeTagExtended"), &ms.to_bytes()),
        Err(DecodeError::OutOfRange { .. })
    ));
}

fn any_value(ty: PointType) -> impl Strategy<Value = PointValue> {
    let leaf = (any::<f32>(), any::<i32>(), any::<u8>());
    let beside = (any::<u8>(), any::<i32>(), 0..1000i64, any::<u16>());
    (leaf, beside).prop_map(
        move |((real, discrete, octet), (flags, seconds, ms, cov))| {
            let value = match ty.kind {
                Kind::Real => Value::Real(if real.is_nan() { 0.0 } else { real }),
                Kind::Discrete => Value::Discrete(discrete),
                Kind::State => Value::State(State::from_code(octet)),
                Kind::StateSupplemental => {
                    Value::Supplemental(StateSupplemental::from_octet(octet))
                }
            };
            let ms = if ty.form == Form::QTimeTagExtended {
                ms
            } else {
                0
            };
            let time = TimeStamp::from_ms(i64::from(seconds) * 1000 + ms);
            PointValue {
                value,
                quality: ty.has_quality().then(|| Quality::from_octet(flags)),
                time: ty.has_time().then_some(time),
                cov: ty.has_cov().then_some(cov),
            }
        },
    )
}

fn any_typed() -> impl Strategy<Value = (PointType, PointValue)> {
    let types: Vec<_> = PointType::all().collect();
    proptest::sample::select(types)
        .prop_flat_map(|ty| any_value(ty).prop_map(move |value| (ty, value)))
}

proptest! {
    #[test]
    fn values_round_trip((ty, value) in any_typed()) {
        let encoded = octets(ty, &value);
        prop_assert_eq!(decode(ty, &encoded), Ok(value));
        // As structured as the type says.
        let view = DataView::decode(&mut Reader::new(&encoded)).unwrap();
        let kind = ty.description().mms_type();
        prop_assert_eq!(Some(view.mms_type()), kind);
        if let TypeDescription::Structure(components) = ty.description() {
            prop_assert_eq!(components.len(), view.elements().count());
        }
        // By shape it is a type that reads the same number of parts.
        let shape = PointType::of_value(&view).unwrap();
        prop_assert!(shape.decode(&view).is_ok() || shape == self::ty("DiscreteQ"));
    }

    #[test]
    fn any_data_is_decoded_or_refused(octets: Vec<u8>) {
        if let Ok(view) = DataView::decode(&mut Reader::new(&octets)) {
            for ty in PointType::all() {
                if let Ok(value) = ty.decode(&view) {
                    // What was read can be written, and reads the same.
                    let again = self::octets(ty, &value);
                    let back = decode(ty, &again).unwrap();
                    prop_assert!(!value.differs(&back) && value.time == back.time || value.quality.is_none());
                }
            }
        }
    }
}

#[test]
fn a_tag_is_no_part_of_a_plain_state() {
    let tagged = Value::Supplemental(StateSupplemental {
        state: State::On,
        tag: Tag::CloseOnlyInhibit,
        expected: State::Off,
    });
    assert_eq!(
        octets(ty("StateSupplemental"), &tagged.into()),
        [0x84, 2, 0, 0xa4]
    );
    assert_eq!(octets(ty("State"), &tagged.into()), [0x84, 2, 0, 0x80]);
}
