use super::read::Reading;
use crate::DecodeError;
use mms::{DataView, MmsValue, TypeDescription};
use std::fmt;
use std::str::FromStr;

/// The type of a control point (IEC 60870-6-802).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ControlType {
    /// `Control_Command`: 0 is trip, open, off, lower; 1 is close, on, raise; others by agreement.
    Command,
    /// `Control_Setpoint_Real`.
    SetpointReal,
    /// `Control_Setpoint_Discrete`, 16 bits.
    SetpointDiscrete,
}

/// The value of a control point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ControlValue {
    /// A command.
    Command(i16),
    /// A set-point.
    Real(f32),
    /// A set-point of 16 bits.
    Discrete(i16),
}

impl ControlType {
    const ALL: [(ControlType, &'static str); 3] = [
        (ControlType::Command, "Command"),
        (ControlType::SetpointReal, "Setpoint_Real"),
        (ControlType::SetpointDiscrete, "Setpoint_Discrete"),
    ];

    /// The MMS type.
    pub fn description(self) -> TypeDescription {
        match self {
            ControlType::SetpointReal => TypeDescription::FLOAT32,
            ControlType::Command | ControlType::SetpointDiscrete => TypeDescription::Integer(16),
        }
    }

    /// The value before anything was commanded.
    pub fn initial(self) -> ControlValue {
        match self {
            ControlType::Command => ControlValue::Command(0),
            ControlType::SetpointReal => ControlValue::Real(0.0),
            ControlType::SetpointDiscrete => ControlValue::Discrete(0),
        }
    }

    /// Reads a value of this type; an integer may be wider as long as the number fits.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(self, view: &DataView<'_>) -> Result<ControlValue, DecodeError> {
        Ok(match self {
            ControlType::Command => ControlValue::Command(view.int16("command")?),
            ControlType::SetpointReal => ControlValue::Real(view.real()?),
            ControlType::SetpointDiscrete => ControlValue::Discrete(view.int16("set-point")?),
        })
    }
}

impl ControlValue {
    /// The value on the wire.
    pub fn to_value(self) -> MmsValue {
        match self {
            ControlValue::Command(value) | ControlValue::Discrete(value) => {
                MmsValue::Integer(value.into())
            }
            ControlValue::Real(value) => MmsValue::Float32(value),
        }
    }
}

/// The number.
impl fmt::Display for ControlValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ControlValue::Command(value) | ControlValue::Discrete(value) => value.fmt(f),
            ControlValue::Real(value) => value.fmt(f),
        }
    }
}

impl fmt::Display for ControlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(ty, _)| ty == self);
        write!(f, "Control_{}", name.map_or("", |(_, name)| name))
    }
}

/// With or without `Control_` in front, in upper or lower case.
impl FromStr for ControlType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let short = match text.get(..8) {
            Some(prefix) if prefix.eq_ignore_ascii_case("Control_") => &text[8..],
            _ => text,
        };
        Self::ALL
            .iter()
            .find(|(_, name)| name.eq_ignore_ascii_case(short))
            .map(|(ty, _)| *ty)
            .ok_or_else(|| {
                format!("`{text}` is no type of a control point; these are Command, Setpoint_Real and Setpoint_Discrete")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::ber::Reader;

    #[test]
    fn octets_and_back() {
        for (ty, octets, value) in [
            (
                ControlType::Command,
                &[0x85, 1, 1][..],
                ControlValue::Command(1),
            ),
            (
                ControlType::SetpointReal,
                &[0x87, 5, 8, 0x41, 0x48, 0, 0],
                ControlValue::Real(12.5),
            ),
            (
                ControlType::SetpointDiscrete,
                &[0x85, 2, 0xfe, 0xd4],
                ControlValue::Discrete(-300),
            ),
        ] {
            assert_eq!(value.to_value().to_bytes(), octets);
            let view = DataView::decode(&mut Reader::new(octets)).unwrap();
            assert_eq!(ty.decode(&view), Ok(value));
            assert_eq!(ty.to_string().parse(), Ok(ty));
        }
        let wide = MmsValue::Integer(40_000).to_bytes();
        let view = DataView::decode(&mut Reader::new(&wide)).unwrap();
        assert!(matches!(
            ControlType::SetpointDiscrete.decode(&view),
            Err(DecodeError::OutOfRange { value: 40_000, .. })
        ));
        assert!("Control_".parse::<ControlType>().is_err());
    }
}
