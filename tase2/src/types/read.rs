//! Leaves of values, read as generously as peers differ (reference section 9.3).

use super::TimeStamp;
use crate::DecodeError;
use mms::{BitString, DataView, MmsType, MmsValue};

/// Reads one component of a TASE.2 structure, or a value that is none.
pub(crate) trait Reading {
    /// Signed or unsigned, of any width that holds the number.
    fn number(&self, what: &'static str) -> Result<i64, DecodeError>;
    /// An integer of 32 bits, signed. Numbers of 2^31 to 2^32 - 1 are what an unsigned GMTBasedS is sent as.
    fn int32(&self, what: &'static str) -> Result<i32, DecodeError>;
    /// An integer of 16 bits, signed.
    fn int16(&self, what: &'static str) -> Result<i16, DecodeError>;
    /// A single or a double.
    fn real(&self) -> Result<f32, DecodeError>;
    /// The first eight bits of a bit string; missing ones are zero, further ones do not count.
    fn octet(&self) -> Result<u8, DecodeError>;
    /// A bit string.
    fn bits(&self) -> Result<BitString, DecodeError>;
    /// TRUE is anything but zero.
    fn truth(&self) -> Result<bool, DecodeError>;
    /// A visible string without the blanks and NULs some peers pad it with.
    fn string(&self) -> Result<String, DecodeError>;
    /// GMTBasedS, or the structure TimeStampExtended.
    fn time(&self) -> Result<TimeStamp, DecodeError>;
    /// The components of a structure.
    fn components(
        &self,
        what: &'static str,
        expected: usize,
    ) -> Result<Vec<DataView<'_>>, DecodeError>;
}

fn wrong(view: &DataView<'_>, expected: &'static str) -> DecodeError {
    DecodeError::WrongType {
        expected,
        found: view.mms_type(),
    }
}

impl Reading for DataView<'_> {
    fn number(&self, what: &'static str) -> Result<i64, DecodeError> {
        match self.to_value() {
            MmsValue::Integer(value) => Ok(value),
            MmsValue::Unsigned(value) => {
                i64::try_from(value).map_err(|_| DecodeError::OutOfRange {
                    what,
                    value: value.into(),
                })
            }
            _ => Err(wrong(self, "an integer")),
        }
    }

    fn int32(&self, what: &'static str) -> Result<i32, DecodeError> {
        let value = self.number(what)?;
        i32::try_from(value)
            .or_else(|_| u32::try_from(value).map(|value| value as i32))
            .map_err(|_| DecodeError::OutOfRange {
                what,
                value: value.into(),
            })
    }

    fn int16(&self, what: &'static str) -> Result<i16, DecodeError> {
        let value = self.number(what)?;
        i16::try_from(value).map_err(|_| DecodeError::OutOfRange {
            what,
            value: value.into(),
        })
    }

    fn real(&self) -> Result<f32, DecodeError> {
        match self.to_value() {
            MmsValue::Float32(value) => Ok(value),
            MmsValue::Float64(value) => Ok(value as f32),
            _ => Err(wrong(self, "a floating-point number")),
        }
    }

    fn octet(&self) -> Result<u8, DecodeError> {
        Ok(self.bits()?.octets().first().copied().unwrap_or(0))
    }

    fn bits(&self) -> Result<BitString, DecodeError> {
        match self.to_value() {
            MmsValue::BitString(bits) => Ok(bits),
            _ => Err(wrong(self, "a bit string")),
        }
    }

    fn truth(&self) -> Result<bool, DecodeError> {
        match self.to_value() {
            MmsValue::Boolean(value) => Ok(value),
            _ => Err(wrong(self, "a boolean")),
        }
    }

    fn string(&self) -> Result<String, DecodeError> {
        match self.to_value() {
            MmsValue::VisibleString(text) | MmsValue::MmsString(text) => {
                let length = text.trim_end_matches([' ', '\0']).len();
                let mut text = text;
                text.truncate(length);
                Ok(text)
            }
            _ => Err(wrong(self, "a visible string")),
        }
    }

    fn time(&self) -> Result<TimeStamp, DecodeError> {
        if self.mms_type() != MmsType::Structure {
            return Ok(TimeStamp::from_seconds(self.int32("time stamp")?.into()));
        }
        let parts = self.components("time stamp", 2)?;
        let [seconds, ms] = &parts[..] else {
            return Err(DecodeError::UnknownShape);
        };
        let seconds = i64::from(seconds.int32("time stamp")?);
        let ms = ms.number("milliseconds")?;
        if !(0..1000).contains(&ms) {
            return Err(DecodeError::OutOfRange {
                what: "milliseconds",
                value: ms.into(),
            });
        }
        Ok(TimeStamp::from_ms(seconds * 1000 + ms))
    }

    fn components(
        &self,
        what: &'static str,
        expected: usize,
    ) -> Result<Vec<DataView<'_>>, DecodeError> {
        if self.mms_type() != MmsType::Structure {
            return Err(wrong(self, "a structure"));
        }
        // One more than expected shows that there are too many; what a peer sends need not be counted to its end.
        let components: Vec<_> = self.elements().take(expected + 1).collect();
        if components.len() != expected {
            return Err(DecodeError::WrongCount {
                what,
                expected,
                found: self.elements().count(),
            });
        }
        Ok(components)
    }
}
