use super::read::Reading;
use super::{PointValue, Quality, State, StateSupplemental, TimeStamp, Value};
use crate::DecodeError;
use mms::ber::Writer;
use mms::data_writer::begin_structure;
use mms::{BitString, Component, DataView, MmsType, MmsValue, TypeDescription};
use std::fmt;
use std::str::FromStr;

/// What an indication point tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `Data_Real`: a floating-point number of 32 bits.
    Real,
    /// `Data_State`: the state of a device.
    State,
    /// `Data_Discrete`: an integer of 32 bits.
    Discrete,
    /// `Data_StateSupplemental`: a state with its tag and the expected state.
    StateSupplemental,
}

/// What comes with the value of an indication point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Nothing.
    Plain,
    /// Quality.
    Q,
    /// Quality and a time stamp in seconds.
    QTimeTag,
    /// Quality, a time stamp in seconds, and the COV counter.
    Extended,
    /// Quality and a time stamp with milliseconds.
    QTimeTagExtended,
}

/// The type of an indication point (IEC 60870-6-802): one of the twenty `Data_...` types.
///
/// Components are in the order Value, TimeStamp, Flags, COV. State types with a time stamp have no Value: the state is in the first two
/// bits of Flags, and `Data_StateQ` is the same type as `Data_State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PointType {
    /// What it tells.
    pub kind: Kind,
    /// What comes with it.
    pub form: Form,
}

impl PointType {
    /// All types, kind by kind.
    pub fn all() -> impl Iterator<Item = PointType> {
        use {Form as F, Kind as K};
        [K::Real, K::State, K::Discrete, K::StateSupplemental]
            .into_iter()
            .flat_map(|kind| {
                [
                    F::Plain,
                    F::Q,
                    F::QTimeTag,
                    F::Extended,
                    F::QTimeTagExtended,
                ]
                .map(|form| PointType { kind, form })
            })
    }

    /// A type.
    pub const fn new(kind: Kind, form: Form) -> Self {
        PointType { kind, form }
    }

    /// Whether values of the type have a quality.
    pub fn has_quality(self) -> bool {
        self.form != Form::Plain || self.kind == Kind::State
    }

    /// Whether values of the type have a time stamp.
    pub fn has_time(self) -> bool {
        !matches!(self.form, Form::Plain | Form::Q)
    }

    /// Whether values of the type have a COV counter.
    pub fn has_cov(self) -> bool {
        self.form == Form::Extended
    }

    /// Whether the type is a structure on the wire.
    pub(crate) fn is_structure(self) -> bool {
        match self.kind {
            Kind::State => self.has_time(),
            _ => self.form != Form::Plain,
        }
    }

    /// The MMS type, with the component names of the standard.
    pub fn description(self) -> TypeDescription {
        let component = |name: &str, ty| Component {
            name: Some(name.to_owned()),
            ty,
        };
        let bits = TypeDescription::BitString(8);
        let value = match self.kind {
            Kind::Real => TypeDescription::FLOAT32,
            Kind::Discrete => TypeDescription::Integer(32),
            Kind::State | Kind::StateSupplemental => bits.clone(),
        };
        if !self.is_structure() {
            return value;
        }
        let mut components = Vec::with_capacity(4);
        if self.kind != Kind::State {
            components.push(component("Value", value));
        }
        if self.has_time() {
            let seconds = TypeDescription::Integer(32);
            let ty = match self.form {
                Form::QTimeTagExtended => TypeDescription::Structure(vec![
                    component("GMTBasedS", seconds),
                    component("Milliseconds", TypeDescription::Integer(16)),
                ]),
                _ => seconds,
            };
            components.push(component("TimeStamp", ty));
        }
        components.push(component("Flags", bits));
        if self.has_cov() {
            components.push(component("COV", TypeDescription::Unsigned(16)));
        }
        TypeDescription::Structure(components)
    }

    /// The type a peer describes; `None` if it is none of an indication point.
    ///
    /// Told by its shape, since component names differ between products; only a structure of an integer and a bit string is a
    /// `Data_DiscreteQ` or a `Data_StateQTimeTag` by the name of its first component. A bit string alone is a `Data_State`, and one
    /// in front of another a `Data_StateSupplementalQ`.
    pub fn from_description(ty: &TypeDescription) -> Option<PointType> {
        use TypeDescription as T;
        let TypeDescription::Structure(components) = ty else {
            let kind = match ty {
                T::Float { .. } => Kind::Real,
                T::Integer(_) | T::Unsigned(_) => Kind::Discrete,
                T::BitString(_) => Kind::State,
                _ => return None,
            };
            return Some(PointType::new(kind, Form::Plain));
        };
        let shape = |ty: &T| match ty {
            T::Float { .. } => Some(Part::Real),
            T::Integer(_) | T::Unsigned(_) => Some(Part::Number),
            T::BitString(_) => Some(Part::Bits),
            T::Structure(parts) if parts.len() == 2 => Some(Part::ExtendedTime),
            _ => None,
        };
        let parts: Option<Vec<_>> = components.iter().map(|c| shape(&c.ty)).collect();
        let first = components.first().and_then(|c| c.name.as_deref());
        let state = first.is_some_and(|name| !name.eq_ignore_ascii_case("value"));
        of_parts(&parts?, state)
    }

    /// The type whose shape a value has; `None` if it has none of an indication point.
    ///
    /// A structure of an integer and a bit string is taken for a `Data_DiscreteQ`, a bit string for a `Data_State`: what else it could
    /// be only the type tells ([`PointType::from_description`]).
    pub fn of_value(value: &DataView<'_>) -> Option<PointType> {
        let shape = |view: &DataView<'_>| match view.mms_type() {
            MmsType::Float => Some(Part::Real),
            MmsType::Integer | MmsType::Unsigned => Some(Part::Number),
            MmsType::BitString => Some(Part::Bits),
            MmsType::Structure if view.elements().count() == 2 => Some(Part::ExtendedTime),
            _ => None,
        };
        if value.mms_type() == MmsType::Structure {
            let parts: Option<Vec<_>> = value.elements().take(5).map(|e| shape(&e)).collect();
            return of_parts(&parts?, false);
        }
        let kind = match shape(value)? {
            Part::Real => Kind::Real,
            Part::Number => Kind::Discrete,
            Part::Bits => Kind::State,
            Part::ExtendedTime => return None,
        };
        Some(PointType::new(kind, Form::Plain))
    }

    /// Writes a value as this type. Parts that are missing are written as valid, at the epoch, and zero.
    pub fn encode(self, w: &mut Writer<'_>, value: &PointValue) {
        let quality = value.quality.unwrap_or_default();
        let bits = |octet: u8| MmsValue::BitString(BitString::from_octets(&[octet], 8));
        let flags = match (self.kind, value.value) {
            (Kind::State, content) => quality.to_state_octet(content.state()),
            _ => quality.to_octet(),
        };
        let encode_value = |w: &mut Writer<'_>| match self.kind {
            Kind::Real => MmsValue::Float32(value.value.real()).encode(w),
            Kind::Discrete => MmsValue::Integer(value.value.discrete().into()).encode(w),
            Kind::State => bits(flags).encode(w),
            Kind::StateSupplemental => bits(value.value.supplemental().to_octet()).encode(w),
        };
        if !self.is_structure() {
            return encode_value(w);
        }
        let structure = begin_structure(w);
        if self.kind != Kind::State {
            encode_value(w);
        }
        if self.has_time() {
            let time = value.time.unwrap_or_default();
            let seconds = MmsValue::Integer(time.gmt_based_s().into());
            if self.form == Form::QTimeTagExtended {
                let inner = begin_structure(w);
                seconds.encode(w);
                MmsValue::Integer(time.millisecond().into()).encode(w);
                w.end(inner);
            } else {
                seconds.encode(w);
            }
        }
        bits(flags).encode(w);
        if self.has_cov() {
            MmsValue::Unsigned(value.cov.unwrap_or_default().into()).encode(w);
        }
        w.end(structure);
    }

    /// Reads a value of this type. A time stamp may come with milliseconds or without whatever the type says, and the `{ state, flags }`
    /// some products make of `Data_StateQ` is understood.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(self, view: &DataView<'_>) -> Result<PointValue, DecodeError> {
        if !self.is_structure() {
            if self.kind == Kind::State && view.mms_type() == MmsType::Structure {
                return decode_state_and_flags(view);
            }
            return Ok(match self.kind {
                Kind::Real => PointValue::real(view.real()?),
                Kind::Discrete => PointValue::discrete(view.int32("value")?),
                Kind::State => decode_state(view.octet()?),
                Kind::StateSupplemental => {
                    Value::Supplemental(StateSupplemental::from_octet(view.octet()?)).into()
                }
            });
        }
        let count = usize::from(self.kind != Kind::State)
            + usize::from(self.has_time())
            + 1
            + usize::from(self.has_cov());
        let components = view.components("data value", count)?;
        let mut components = components.iter();
        let mut next = || components.next().ok_or(DecodeError::UnknownShape);
        let mut value = match self.kind {
            Kind::Real => PointValue::real(next()?.real()?),
            Kind::Discrete => PointValue::discrete(next()?.int32("value")?),
            Kind::StateSupplemental => {
                Value::Supplemental(StateSupplemental::from_octet(next()?.octet()?)).into()
            }
            Kind::State => PointValue::state(State::Between),
        };
        if self.has_time() {
            value.time = Some(next()?.time()?);
        }
        let flags = next()?.octet()?;
        if self.kind == Kind::State {
            value.value = Value::State(State::from_code(flags >> 6));
        }
        value.quality = Some(Quality::from_octet(flags));
        if self.has_cov() {
            let cov = next()?.number("COV counter")?;
            value.cov = Some(u16::try_from(cov).map_err(|_| DecodeError::OutOfRange {
                what: "COV counter",
                value: cov.into(),
            })?);
        }
        Ok(value)
    }
}

fn decode_state(octet: u8) -> PointValue {
    PointValue {
        quality: Some(Quality::from_octet(octet)),
        ..PointValue::state(State::from_code(octet >> 6))
    }
}

fn decode_state_and_flags(view: &DataView<'_>) -> Result<PointValue, DecodeError> {
    let components = view.components("data value", 2)?;
    let [state, flags] = &components[..] else {
        return Err(DecodeError::UnknownShape);
    };
    Ok(PointValue {
        quality: Some(Quality::from_octet(flags.octet()?)),
        ..PointValue::state(State::from_code(state.octet()? >> 6))
    })
}

/// What a component looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Real,
    Number,
    Bits,
    ExtendedTime,
}

/// The type with these components; `state` decides for what could be a state with a time stamp.
fn of_parts(parts: &[Part], state: bool) -> Option<PointType> {
    use {Form as F, Kind as K, Part as P};
    let kind = |part: &Part| match part {
        P::Real => Some(K::Real),
        P::Number => Some(K::Discrete),
        P::Bits => Some(K::StateSupplemental),
        P::ExtendedTime => None,
    };
    let (kind, form) = match parts {
        [P::Number, P::Bits] if state => (K::State, F::QTimeTag),
        [P::ExtendedTime, P::Bits] => (K::State, F::QTimeTagExtended),
        [P::Number, P::Bits, P::Number] => (K::State, F::Extended),
        [value, P::Bits] => (kind(value)?, F::Q),
        [value, P::Number, P::Bits] => (kind(value)?, F::QTimeTag),
        [value, P::ExtendedTime, P::Bits] => (kind(value)?, F::QTimeTagExtended),
        [value, P::Number, P::Bits, P::Number] => (kind(value)?, F::Extended),
        _ => return None,
    };
    Some(PointType::new(kind, form))
}

/// The name in the standard, as `Data_RealQTimeTag`.
impl fmt::Display for PointType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data_{}", short_name(*self))
    }
}

fn short_name(ty: PointType) -> String {
    let kind = match ty.kind {
        Kind::Real => "Real",
        Kind::State => "State",
        Kind::Discrete => "Discrete",
        Kind::StateSupplemental => "StateSupplemental",
    };
    let form = match ty.form {
        Form::Plain => "",
        Form::Q => "Q",
        Form::QTimeTag => "QTimeTag",
        Form::Extended => "Extended",
        Form::QTimeTagExtended => "QTimeTagExtended",
    };
    format!("{kind}{form}")
}

/// A text that names no type of an indication point.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no type of an indication point; these are Real, State, Discrete and StateSupplemental, each also with Q, QTimeTag, Extended or QTimeTagExtended behind it"
)]
pub struct ParsePointTypeError(pub String);

/// With or without `Data_` in front, in upper or lower case.
impl FromStr for PointType {
    type Err = ParsePointTypeError;

    fn from_str(text: &str) -> Result<Self, ParsePointTypeError> {
        let short = match text.get(..5) {
            Some(prefix) if prefix.eq_ignore_ascii_case("Data_") => &text[5..],
            _ => text,
        };
        Self::all()
            .find(|ty| short_name(*ty).eq_ignore_ascii_case(short))
            .ok_or_else(|| ParsePointTypeError(text.to_owned()))
    }
}

/// The time stamp is none of the value: it has its own octets where the type has one.
impl From<Value> for PointValue {
    fn from(value: Value) -> Self {
        PointValue {
            value,
            quality: None,
            time: None::<TimeStamp>,
            cov: None,
        }
    }
}

#[cfg(test)]
mod tests;
