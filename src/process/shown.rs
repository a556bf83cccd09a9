//! Where the process shows itself in the model.

use iec61850::{
    DataAttribute, DataAttributeType, DataObject, Error, FunctionalConstraint as Fc, IedServer,
    Timestamp,
};
use mms::MmsValue;

/// A value with the time of its last change.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) value: DataAttribute,
    pub(super) t: Option<DataAttribute>,
}

impl Shown {
    /// The value at a path of a data object, with the object's time. `None` if there is no such leaf.
    pub(super) fn find(object: &DataObject, path: &str, fc: Fc) -> Option<Self> {
        let value = leaf(object, path, fc)?;
        Some(Shown {
            value,
            t: leaf(object, "t", fc).filter(|t| t.attribute_type() == DataAttributeType::Timestamp),
        })
    }

    /// Shows a value, if it is another than before.
    pub(super) fn set(
        &self,
        server: &IedServer,
        value: Value,
        now: &Timestamp,
    ) -> Result<(), Error> {
        if self.shows(server, value) {
            return Ok(());
        }
        value.store(server, &self.value)?;
        match &self.t {
            Some(t) => server.update_timestamp(t, now),
            None => Ok(()),
        }
    }

    fn shows(&self, server: &IedServer, value: Value) -> bool {
        let attribute = &self.value;
        match value {
            Value::Boolean(value) => server.get_boolean(attribute).is_ok_and(|v| v == value),
            Value::Integer(value) => server.get_int64(attribute).is_ok_and(|v| v == value),
            Value::Number(value) => {
                number(server, attribute).is_some_and(|shown| shown as f32 == value as f32)
            }
        }
    }
}

/// A value of the process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Boolean(bool),
    Integer(i64),
    /// A measured value, for whole numbers too.
    Number(f64),
}

impl Value {
    fn store(self, server: &IedServer, attribute: &DataAttribute) -> Result<(), Error> {
        match self {
            Value::Boolean(value) => server.update_boolean(attribute, value),
            Value::Integer(value) => store_integer(server, attribute, value),
            Value::Number(value) => match attribute.attribute_type() {
                DataAttributeType::Float32 => server.update_float(attribute, value as f32),
                DataAttributeType::Float64 => server.update_double(attribute, value),
                _ => store_integer(server, attribute, value.round() as i64),
            },
        }
    }
}

/// What does not fit is shown as the most or the least the type has.
fn store_integer(server: &IedServer, attribute: &DataAttribute, value: i64) -> Result<(), Error> {
    use DataAttributeType as Type;
    let signed = |bits: u32| (-1_i64 << (bits - 1), (1_i64 << (bits - 1)) - 1);
    let unsigned = |bits: u32| (0, (1_i64 << bits) - 1);
    let (least, most) = match attribute.attribute_type() {
        Type::Int8 => signed(8),
        Type::Int16 => signed(16),
        Type::Int32 => signed(32),
        Type::Int8U => unsigned(8),
        Type::Int16U => unsigned(16),
        Type::Int24U => unsigned(24),
        Type::Int32U => unsigned(32),
        _ => (i64::MIN, i64::MAX),
    };
    server.update_value(attribute, &whole(value.clamp(least, most), least))
}

/// Unsigned where nothing is below zero.
fn whole(value: i64, least: i64) -> MmsValue {
    match u64::try_from(value) {
        Ok(value) if least == 0 => MmsValue::Unsigned(value),
        _ => MmsValue::Integer(value),
    }
}

/// A number of any type.
pub(super) fn number(server: &IedServer, attribute: &DataAttribute) -> Option<f64> {
    let value = server.get_value(attribute)?;
    value
        .to_double()
        .or_else(|_| value.to_int64().map(|value| value as f64))
        .ok()
}

/// A leaf at a path of a data object; not one in an array of which no element is named.
pub(super) fn leaf(object: &DataObject, path: &str, fc: Fc) -> Option<DataAttribute> {
    object.child_with_fc(path, fc).filter(|attribute| {
        attribute.attribute_type() != DataAttributeType::Constructed && attribute.array_count() == 0
    })
}

/// The number an attribute starts with.
pub(super) fn initial_number(object: &DataObject, path: &str, fc: Fc) -> Option<f64> {
    let value = leaf(object, path, fc)?.initial_value()?;
    value
        .to_double()
        .or_else(|_| value.to_int64().map(|value| value as f64))
        .ok()
}

/// The factor between a value in the model and one in the unit without a multiplier.
pub(super) fn multiplier(object: &DataObject) -> f64 {
    let exponent = initial_number(object, "units.multiplier", Fc::CF).unwrap_or_default();
    10_f64.powi(exponent as i32)
}
