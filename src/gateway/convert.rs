//! Values, qualities and times of one standard in terms of the other.

use iec61850::{Dbpos, Quality, QualityDetail, QualityValidity};
use mms::{BitString, MmsValue, TypeDescription, UtcTime};
use tase2::types::{
    ControlValue, Kind, PointValue, Quality as Flags, Source, State, StateSupplemental, TimeStamp,
    Validity, Value,
};

/// A value of the control centre is one of the IED times the factor, plus the offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) factor: f64,
    pub(crate) offset: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Scale {
            factor: 1.0,
            offset: 0.0,
        }
    }
}

impl Scale {
    fn there(self, value: f64) -> f64 {
        value * self.factor + self.offset
    }

    fn back(self, value: f64) -> f64 {
        (value - self.offset) / self.factor
    }

    fn is_none(self) -> bool {
        self == Scale::default()
    }
}

/// The value of a point; `None` for one that it cannot have.
pub(super) fn value(raw: &MmsValue, kind: Kind, scale: Scale, invert: bool) -> Option<Value> {
    let number = match *raw {
        MmsValue::Float32(value) => Some(f64::from(value)),
        MmsValue::Float64(value) => Some(value),
        MmsValue::Integer(value) => Some(value as f64),
        MmsValue::Unsigned(value) => Some(value as f64),
        MmsValue::Boolean(value) => Some(f64::from(u8::from(value != invert))),
        MmsValue::BitString(ref bits) if bits.len() <= 32 => Some(bits.to_integer_be().into()),
        _ => None,
    };
    let state = match raw {
        MmsValue::Boolean(value) if *value != invert => Some(State::On),
        MmsValue::Boolean(_) => Some(State::Off),
        MmsValue::BitString(bits) if bits.len() == 2 => Some(match (Dbpos::from(bits), invert) {
            (Dbpos::IntermediateState, _) => State::Between,
            (Dbpos::Off, false) | (Dbpos::On, true) => State::Off,
            (Dbpos::On, false) | (Dbpos::Off, true) => State::On,
            _ => State::Invalid,
        }),
        _ => None,
    };
    match kind {
        Kind::Real => Some(Value::Real(scale.there(number?) as f32)),
        // A number that does not fit is the nearest that does.
        Kind::Discrete => {
            let number = scale.there(number?);
            (!number.is_nan()).then(|| Value::Discrete(number.round() as i32))
        }
        Kind::State => state.map(Value::State),
        Kind::StateSupplemental => state.map(|state| {
            Value::Supplemental(StateSupplemental {
                state,
                expected: state,
                ..StateSupplemental::default()
            })
        }),
    }
}

/// Whether values of a type can be those of a point.
pub(super) fn fits(ty: &TypeDescription, kind: Kind) -> bool {
    let is_state = match ty {
        TypeDescription::Boolean => true,
        TypeDescription::BitString(size) => size.unsigned_abs() == 2,
        _ => false,
    };
    let is_number = matches!(
        ty,
        TypeDescription::Boolean
            | TypeDescription::Integer(_)
            | TypeDescription::Unsigned(_)
            | TypeDescription::Float { .. }
    ) || matches!(ty, TypeDescription::BitString(size) if size.unsigned_abs() <= 32);
    match kind {
        Kind::Real | Kind::Discrete => is_number,
        Kind::State | Kind::StateSupplemental => is_state,
    }
}

/// The quality of a point: that of the value, and whether its time can be relied on.
///
/// Old data are HELD, whatever is questionable otherwise SUSPECT. A value under test is SUSPECT too: TASE.2 has no word for it. One that an operator has
/// blocked is HELD.
pub(super) fn quality(quality: Option<Quality>, time: Option<UtcTime>) -> Flags {
    let time_invalid = time.is_none_or(|time| {
        time.time_in_seconds() == 0 || time.has_clock_failure() || time.is_clock_not_synchronized()
    });
    let Some(quality) = quality else {
        return Flags {
            time_invalid,
            ..Flags::default()
        };
    };
    let validity = match quality.validity() {
        QualityValidity::Good if quality.contains(Quality::OPERATOR_BLOCKED) => Validity::Held,
        QualityValidity::Good if quality.contains(Quality::TEST) => Validity::Suspect,
        QualityValidity::Good => Validity::Valid,
        QualityValidity::Questionable
            if quality.detail().contains(QualityDetail::OLD_DATA)
                || quality.contains(Quality::OPERATOR_BLOCKED) =>
        {
            Validity::Held
        }
        QualityValidity::Questionable => Validity::Suspect,
        _ => Validity::NotValid,
    };
    let source = match quality.contains(Quality::SOURCE_SUBSTITUTED) {
        true => Source::Entered,
        false => Source::Telemetered,
    };
    Flags {
        validity,
        source,
        abnormal: false,
        time_invalid,
    }
}

/// When a value came to be; `None` is now, for one whose time is not known.
pub(super) fn time(time: Option<UtcTime>) -> Option<TimeStamp> {
    let time = time.filter(|time| time.time_in_seconds() != 0)?;
    Some(TimeStamp::from_ms(
        i64::try_from(time.time_in_ms()).unwrap_or(i64::MAX),
    ))
}

/// The last value, of an IED that cannot be reached.
pub(super) fn lost(last: PointValue, validity: Validity) -> PointValue {
    let flags = last.quality.unwrap_or_default();
    // What is of no use already does not become better.
    let validity = match flags.validity {
        Validity::NotValid => Validity::NotValid,
        _ => validity,
    };
    PointValue {
        value: last.value,
        quality: Some(Flags { validity, ..flags }),
        // The value is as old as it was; that it is lost is news of now.
        time: None,
        cov: None,
    }
}

/// The value of a command for a controllable object whose control values have this type; an error says why it has none.
pub(super) fn command(
    value: ControlValue,
    ty: &TypeDescription,
    scale: Scale,
    invert: bool,
) -> Result<MmsValue, String> {
    let number = match value {
        ControlValue::Command(value) => f64::from(value),
        ControlValue::Real(value) => scale.back(value.into()),
        ControlValue::Discrete(value) => scale.back(value.into()),
    };
    if !number.is_finite() {
        return Err("the value is no number".to_owned());
    }
    let whole = || match number.fract() {
        0.0 => Ok(number),
        _ if !scale.is_none() || matches!(value, ControlValue::Real(_)) => Ok(number.round()),
        _ => Err(format!("{number} is no whole number")),
    };
    Ok(match ty {
        TypeDescription::Boolean => match number {
            0.0 => MmsValue::Boolean(invert),
            1.0 => MmsValue::Boolean(!invert),
            other => return Err(format!("{other} is neither 0 (off) nor 1 (on)")),
        },
        // Steps (BSC): lower and higher.
        TypeDescription::BitString(size) if size.unsigned_abs() == 2 => match number {
            0.0 => MmsValue::BitString(BitString::from_integer_be(2, if invert { 2 } else { 1 })),
            1.0 => MmsValue::BitString(BitString::from_integer_be(2, if invert { 1 } else { 2 })),
            other => return Err(format!("{other} is neither 0 (lower) nor 1 (raise)")),
        },
        TypeDescription::Integer(width) => {
            let limit = 2_f64.powi(i32::from((*width).clamp(1, 64)) - 1);
            let whole = whole()?;
            if !(-limit..limit).contains(&whole) {
                return Err(format!("{whole} does not fit {width} bits"));
            }
            MmsValue::Integer(whole as i64)
        }
        TypeDescription::Float { format_width, .. } => match format_width {
            64 => MmsValue::Float64(number),
            _ => MmsValue::Float32(number as f32),
        },
        // Analogue values: f where there is one, else i.
        TypeDescription::Structure(components) => {
            let of = |name| components.iter().find(|c| c.name.as_deref() == Some(name));
            let component = of("f")
                .or_else(|| of("i"))
                .ok_or("its control value is no analogue value")?;
            if components.len() != 1 {
                return Err("its control value has both f and i".to_owned());
            }
            MmsValue::Structure(vec![command(value, &component.ty, scale, invert)?])
        }
        _ => return Err("its control value is of a type that cannot be commanded".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::Component;

    fn scaled(factor: f64, offset: f64) -> Scale {
        Scale { factor, offset }
    }

    #[test]
    fn values() {
        let none = Scale::default();
        let bits = |number| MmsValue::BitString(BitString::from_integer_be(2, number));
        for (raw, kind, scale, invert, expected) in [
            (
                MmsValue::Float32(2.5),
                Kind::Real,
                scaled(2.0, 1.0),
                false,
                Some(Value::Real(6.0)),
            ),
            (
                MmsValue::Integer(7),
                Kind::Real,
                none,
                false,
                Some(Value::Real(7.0)),
            ),
            (
                MmsValue::Float32(2.6),
                Kind::Discrete,
                none,
                false,
                Some(Value::Discrete(3)),
            ),
            (
                MmsValue::Float64(1e12),
                Kind::Discrete,
                none,
                false,
                Some(Value::Discrete(i32::MAX)),
            ),
            (
                MmsValue::Float32(f32::NAN),
                Kind::Discrete,
                none,
                false,
                None,
            ),
            (
                MmsValue::Boolean(true),
                Kind::State,
                none,
                false,
                Some(Value::State(State::On)),
            ),
            (
                MmsValue::Boolean(true),
                Kind::State,
                none,
                true,
                Some(Value::State(State::Off)),
            ),
            (
                MmsValue::Boolean(true),
                Kind::Discrete,
                none,
                false,
                Some(Value::Discrete(1)),
            ),
            (
                bits(0),
                Kind::State,
                none,
                false,
                Some(Value::State(State::Between)),
            ),
            (
                bits(1),
                Kind::State,
                none,
                false,
                Some(Value::State(State::Off)),
            ),
            (
                bits(2),
                Kind::State,
                none,
                false,
                Some(Value::State(State::On)),
            ),
            (
                bits(2),
                Kind::State,
                none,
                true,
                Some(Value::State(State::Off)),
            ),
            (
                bits(3),
                Kind::State,
                none,
                true,
                Some(Value::State(State::Invalid)),
            ),
            (MmsValue::Integer(1), Kind::State, none, false, None),
            (
                MmsValue::VisibleString("1".into()),
                Kind::Real,
                none,
                false,
                None,
            ),
        ] {
            assert_eq!(
                value(&raw, kind, scale, invert),
                expected,
                "{raw:?} {kind:?}"
            );
        }
    }

    #[test]
    fn qualities() {
        let now = UtcTime::from_ms(1_700_000_000_000);
        let validity = |q: Quality| quality(Some(q), Some(now)).validity;
        let good = Quality::default();
        assert_eq!(validity(good), Validity::Valid);
        assert_eq!(validity(good | Quality::TEST), Validity::Suspect);
        assert_eq!(validity(good | Quality::OPERATOR_BLOCKED), Validity::Held);
        let questionable = good.with_validity(QualityValidity::Questionable);
        assert_eq!(validity(questionable), Validity::Suspect);
        let old = questionable.with_detail(QualityDetail::OLD_DATA);
        assert_eq!(validity(old), Validity::Held);
        let invalid = good.with_validity(QualityValidity::Invalid);
        assert_eq!(validity(invalid), Validity::NotValid);
        let substituted = quality(Some(good | Quality::SOURCE_SUBSTITUTED), Some(now));
        assert_eq!(substituted.source, Source::Entered);
        assert!(!substituted.time_invalid);
    }

    #[test]
    fn times() {
        let mut clock = UtcTime::from_ms(1_700_000_000_250);
        assert_eq!(
            time(Some(clock)),
            Some(TimeStamp::from_ms(1_700_000_000_250))
        );
        assert!(!quality(None, Some(clock)).time_invalid);
        clock.set_clock_not_synchronized(true);
        assert!(quality(None, Some(clock)).time_invalid);
        for unknown in [None, Some(UtcTime::new())] {
            assert_eq!(time(unknown), None);
            assert!(quality(None, unknown).time_invalid);
        }
    }

    #[test]
    fn a_lost_value_stays_and_is_not_valid() {
        let last = PointValue::real(4.5).with_quality(Flags::default());
        let after = lost(last, Validity::Held);
        assert_eq!(after.value, Value::Real(4.5));
        assert_eq!(after.quality.unwrap().validity, Validity::Held);
        let never = PointValue::real(0.0).with_quality(Flags::of(Validity::NotValid));
        let after = lost(never, Validity::Held);
        assert_eq!(after.quality.unwrap().validity, Validity::NotValid);
    }

    #[test]
    fn commands() {
        let none = Scale::default();
        let of = |value, ty: &TypeDescription, scale, invert| command(value, ty, scale, invert);
        let on = ControlValue::Command(1);
        let boolean = TypeDescription::Boolean;
        assert_eq!(of(on, &boolean, none, false), Ok(MmsValue::Boolean(true)));
        assert_eq!(of(on, &boolean, none, true), Ok(MmsValue::Boolean(false)));
        assert!(of(ControlValue::Command(2), &boolean, none, false).is_err());
        let int8 = TypeDescription::Integer(8);
        let discrete = ControlValue::Discrete;
        assert_eq!(
            of(discrete(-5), &int8, none, false),
            Ok(MmsValue::Integer(-5))
        );
        assert!(of(discrete(128), &int8, none, false).is_err());
        let analogue = TypeDescription::Structure(vec![Component {
            name: Some("f".into()),
            ty: TypeDescription::FLOAT32,
        }]);
        let real = ControlValue::Real(3.0);
        assert_eq!(
            of(real, &analogue, scaled(0.001, 0.0), false),
            Ok(MmsValue::Structure(vec![MmsValue::Float32(3000.0)]))
        );
        assert!(of(ControlValue::Real(f32::NAN), &analogue, none, false).is_err());
        let text = TypeDescription::VisibleString(255);
        assert!(of(on, &text, none, false).is_err());
    }
}
