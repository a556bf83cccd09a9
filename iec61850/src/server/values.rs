//! Reading and updating values as the application.

use super::IedServer;
use crate::Error;
use crate::common::{Dbpos, FunctionalConstraint, Quality, Timestamp};
use crate::model::arena::NodeKey;
use crate::model::{DataAttribute, DataObject, ModelNodeExt};
use chrono::{DateTime, Utc};
use mms::{BitString, MmsValue, ValueError};

macro_rules! getters {
    ($($(#[$meta:meta])* $name:ident -> $type:ty, $convert:expr;)+) => {
        /// Reading. Each method fails with [`Error::TypeMismatch`] if the attribute is of another
        /// type, [`Error::ValueOutOfRange`] if its value does not fit the result, and
        /// [`Error::WrongKind`] if it is of another model or in an array of which no element is
        /// named.
        #[allow(clippy::missing_errors_doc, reason = "said once for all of them in the lines above")]
        impl IedServer {
            $(
                $(#[$meta])*
                pub fn $name(&self, attribute: &DataAttribute) -> Result<$type, Error> {
                    let value = self.stored(attribute)?;
                    let convert: fn(&MmsValue) -> Result<$type, ValueError> = $convert;
                    convert(&value).map_err(|error| unfit(attribute, &value, error))
                }
            )+
        }
    };
}

getters! {
    /// A boolean.
    get_boolean -> bool, |v| v.to_bool();
    /// A number, enumerations included.
    get_int32 -> i32, |v| v.to_int32();
    /// A number.
    get_int64 -> i64, |v| v.to_int64();
    /// A number that is not negative.
    get_uint32 -> u32, |v| v.to_uint32();
    /// A floating-point number.
    get_float -> f32, |v| v.to_float();
    /// A floating-point number in double precision.
    get_double -> f64, |v| v.to_double();
    /// A time.
    get_utc_time -> DateTime<Utc>, |v| v.to_utc_time();
    /// A time with its quality.
    get_timestamp -> Timestamp, |v| v.to_timestamp();
    /// Bits as a number, the first bit lowest.
    get_bit_string -> u32, |v| v.to_bitstring();
    /// A double point position.
    get_dbpos -> Dbpos, |v| v.to_bits().map(Dbpos::from);
    /// A quality.
    get_quality -> Quality, |v| v.to_bits().map(Quality::from);
    /// A string.
    get_string -> String, |v| v.to_string_value().map(str::to_owned);
}

/// Updating. Each method stores the value and does what the change triggers; it fails with
/// [`Error::TypeMismatch`] if the attribute is of another type, [`Error::ValueOutOfRange`] if the
/// value does not fit, and [`Error::WrongKind`] if the attribute is of another model or in an array
/// of which no element is named.
#[allow(
    clippy::missing_errors_doc,
    reason = "said once for all of them in the lines above"
)]
impl IedServer {
    /// A value of any type; for a constructed attribute or an array, a structure or array of
    /// values.
    pub fn update_value(&self, attribute: &DataAttribute, value: &MmsValue) -> Result<(), Error> {
        self.own(attribute)?;
        let leaves = self.arena.leaves(attribute.handle.key, value)?;
        // The value of one element does not say which one.
        let open = |key: NodeKey| self.arena.arrays_on_path(key.id) > key.indices.len();
        if leaves.iter().any(|(key, _)| open(*key)) {
            return Err(no_element(attribute));
        }
        self.engine.update(&mut leaves.into_iter());
        Ok(())
    }

    /// A boolean.
    pub fn update_boolean(&self, attribute: &DataAttribute, value: bool) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::Boolean(value))
    }

    /// A number, for enumerations too.
    pub fn update_int32(&self, attribute: &DataAttribute, value: i32) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::Integer(value.into()))
    }

    /// A number.
    pub fn update_int64(&self, attribute: &DataAttribute, value: i64) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::Integer(value))
    }

    /// An unsigned number.
    pub fn update_uint(&self, attribute: &DataAttribute, value: u32) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::Unsigned(value.into()))
    }

    /// A floating-point number.
    pub fn update_float(&self, attribute: &DataAttribute, value: f32) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::Float32(value))
    }

    /// A floating-point number in double precision.
    pub fn update_double(&self, attribute: &DataAttribute, value: f64) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::Float64(value))
    }

    /// Bits as a number, the first bit lowest; the length is that of the attribute.
    pub fn update_bit_string(&self, attribute: &DataAttribute, value: u32) -> Result<(), Error> {
        let current = self.stored(attribute)?;
        let bits = current
            .to_bits()
            .map_err(|error| unfit(attribute, &current, error))?
            .len();
        self.update_value(
            attribute,
            &MmsValue::BitString(BitString::from_integer(bits, value)),
        )
    }

    /// A string.
    pub fn update_string(
        &self,
        attribute: &DataAttribute,
        value: impl AsRef<str>,
    ) -> Result<(), Error> {
        self.update_value(
            attribute,
            &MmsValue::VisibleString(value.as_ref().to_owned()),
        )
    }

    /// A time, from milliseconds since 1970, with an empty quality.
    pub fn update_utc_time_ms(&self, attribute: &DataAttribute, ms: u64) -> Result<(), Error> {
        self.update_timestamp(attribute, &Timestamp::from_ms(ms))
    }

    /// A time, with an empty quality.
    pub fn update_utc_time(
        &self,
        attribute: &DataAttribute,
        time: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.update_timestamp(attribute, &time.into())
    }

    /// A time with its quality.
    pub fn update_timestamp(
        &self,
        attribute: &DataAttribute,
        time: &Timestamp,
    ) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::UtcTime(*time))
    }

    /// A quality.
    pub fn update_quality(&self, attribute: &DataAttribute, quality: Quality) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::BitString(quality.into()))
    }

    /// A double point position.
    pub fn update_dbpos(&self, attribute: &DataAttribute, position: Dbpos) -> Result<(), Error> {
        self.update_value(attribute, &MmsValue::BitString(position.into()))
    }
}

impl IedServer {
    /// The value of an attribute; `None` for an attribute of another model, and for one in an
    /// array of which no element is named.
    pub fn get_value(&self, attribute: &DataAttribute) -> Option<MmsValue> {
        self.stored(attribute).ok()
    }

    /// The attributes of an object with the functional constraint, as the structure that clients
    /// read. `None` if there are none, or the object is of another model.
    pub fn get_value_with_fc(
        &self,
        object: &DataObject,
        fc: FunctionalConstraint,
    ) -> Option<MmsValue> {
        if object.handle.model != self.model {
            return None;
        }
        self.engine.get(object.handle.key, fc)
    }

    fn stored(&self, attribute: &DataAttribute) -> Result<MmsValue, Error> {
        self.own(attribute)?;
        let key = attribute.handle.key;
        let own = usize::from(self.arena.open_count(key) > 0);
        if self.arena.arrays_on_path(key.id) > key.indices.len() + own {
            return Err(no_element(attribute));
        }
        let value = self
            .engine
            .get(attribute.handle.key, FunctionalConstraint::NONE);
        value.ok_or_else(|| Error::WrongKind {
            reference: attribute.reference(),
            reason: "has no value",
        })
    }
}

fn no_element(attribute: &DataAttribute) -> Error {
    Error::WrongKind {
        reference: attribute.reference(),
        reason: "is in an array of which no element is named",
    }
}

fn unfit(attribute: &DataAttribute, value: &MmsValue, error: ValueError) -> Error {
    let reference = attribute.reference();
    let expected = attribute.attribute_type().to_string();
    match error {
        ValueError::WrongType { .. } => Error::TypeMismatch {
            reference,
            expected,
            found: value.mms_type(),
        },
        _ => Error::ValueOutOfRange {
            reference,
            expected,
            value: value.to_string(),
        },
    }
}
