//! Reading and writing data.

use super::connection::IedConnection;
use super::error::{Context, unexpected};
use super::target;
use crate::{Dbpos, Error, FunctionalConstraint, Quality, Timestamp};
use mms::{BitString, MmsValue, OwnedVariable, TypeDescription};

const READ: &str = "read";
const WRITE: &str = "write";

macro_rules! typed_reads {
    ($($(#[$meta:meta])* $name:ident -> $type:ty { $convert:expr })+) => {
        /// Reading values of a known type.
        ///
        /// `reference` is `LD/LN.DO.DA`, with `(i)` behind the name of an array for one of its
        /// elements; the functional constraint is given behind it in square brackets, or apart.
        impl IedConnection {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                /// As for [`IedConnection::read_value`], and
                /// [`super::IedClientError::UnexpectedValueReceived`] if it is of another type.
                pub async fn $name(
                    &self,
                    reference: &str,
                    fc: impl Into<Option<FunctionalConstraint>>,
                ) -> Result<$type, Error> {
                    let value = self.read_value(reference, fc).await?;
                    let convert: fn(&MmsValue) -> Result<$type, mms::ValueError> = $convert;
                    convert(&value).context(READ, reference)
                }
            )+
        }
    };
}

typed_reads! {
    /// A boolean.
    read_boolean -> bool { MmsValue::to_bool }
    /// A number that fits 32 bits with a sign; also an enumeration.
    read_int32 -> i32 { MmsValue::to_int32 }
    /// A number that fits 64 bits with a sign.
    read_int64 -> i64 { MmsValue::to_int64 }
    /// A number that fits 32 bits without a sign.
    read_uint32 -> u32 { MmsValue::to_uint32 }
    /// A number that fits 64 bits without a sign.
    read_uint64 -> u64 { MmsValue::to_uint64 }
    /// A floating point number, as single precision.
    read_float -> f32 { MmsValue::to_float }
    /// A floating point number, as double precision.
    read_double -> f64 { MmsValue::to_double }
    /// A text, of either string type.
    read_string -> String { |value| value.to_string_value().map(str::to_owned) }
    /// Octets.
    read_octet_string -> Vec<u8> { |value| value.to_octet_string().map(<[u8]>::to_vec) }
    /// A time, with its quality.
    read_timestamp -> Timestamp { MmsValue::to_timestamp }
    /// A quality.
    read_quality -> Quality { |value| value.to_bits().map(Quality::from) }
    /// A double point position.
    read_dbpos -> Dbpos { |value| value.to_bits().map(Dbpos::from) }
}

macro_rules! typed_writes {
    ($($(#[$meta:meta])* $name:ident($value:ident: $type:ty) { $make:expr })+) => {
        /// Writing values of a known type.
        impl IedConnection {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                /// As for [`IedConnection::write_value`].
                pub async fn $name(
                    &self,
                    reference: &str,
                    fc: impl Into<Option<FunctionalConstraint>>,
                    $value: $type,
                ) -> Result<(), Error> {
                    self.write_value(reference, fc, &$make).await
                }
            )+
        }
    };
}

typed_writes! {
    /// A boolean.
    write_boolean(value: bool) { MmsValue::Boolean(value) }
    /// A number with a sign; also an enumeration.
    write_int32(value: i32) { MmsValue::Integer(value.into()) }
    /// A number with a sign.
    write_int64(value: i64) { MmsValue::Integer(value) }
    /// A number without a sign.
    write_uint32(value: u32) { MmsValue::Unsigned(value.into()) }
    /// A number of single precision.
    write_float(value: f32) { MmsValue::Float32(value) }
    /// A number of double precision.
    write_double(value: f64) { MmsValue::Float64(value) }
    /// A text (visible string).
    write_string(value: &str) { MmsValue::VisibleString(value.to_owned()) }
    /// A text (MMS string, Unicode).
    write_unicode_string(value: &str) { MmsValue::MmsString(value.to_owned()) }
    /// Octets.
    write_octet_string(value: &[u8]) { MmsValue::OctetString(value.to_vec()) }
    /// A time, with its quality.
    write_timestamp(value: Timestamp) { MmsValue::UtcTime(value) }
    /// A quality.
    write_quality(value: Quality) { MmsValue::BitString(BitString::from(value)) }
    /// A double point position.
    write_dbpos(value: Dbpos) { MmsValue::BitString(BitString::from(value)) }
}

/// Reading and writing values of any type.
impl IedConnection {
    /// Reads a data attribute, or all of a data object, logical node or element of an array that
    /// has this functional constraint.
    ///
    /// # Errors
    /// [`super::IedClientError::ObjectReferenceInvalid`] for a text that is no reference, and what
    /// the server answers: [`super::IedClientError::ObjectDoesNotExist`] and others.
    pub async fn read_value(
        &self,
        reference: &str,
        fc: impl Into<Option<FunctionalConstraint>>,
    ) -> Result<MmsValue, Error> {
        let (reference, variable) = target::data(READ, reference, fc.into())?;
        let reference = reference.to_string();
        let client = self.client(READ, &reference)?;
        client.read(&variable).await.context(READ, &reference)
    }

    /// Writes a data attribute or a structure of them.
    ///
    /// # Errors
    /// As for [`IedConnection::read_value`]: [`super::IedClientError::AccessDenied`],
    /// [`super::IedClientError::TypeInconsistent`], [`super::IedClientError::ObjectValueInvalid`]
    /// and others.
    pub async fn write_value(
        &self,
        reference: &str,
        fc: impl Into<Option<FunctionalConstraint>>,
        value: &MmsValue,
    ) -> Result<(), Error> {
        let (reference, variable) = target::data(WRITE, reference, fc.into())?;
        let reference = reference.to_string();
        let client = self.client(WRITE, &reference)?;
        let written = client.write(&variable, value).await;
        written.context(WRITE, &reference)
    }

    /// Reads many objects, `LD/LN.DO.DA[FC]` each, in as few requests as the size of the PDU
    /// allows. What cannot be read is an error in its place.
    ///
    /// # Errors
    /// If one of the references is none, or a request fails as a whole.
    pub async fn read_values<R: AsRef<str>>(
        &self,
        references: &[R],
    ) -> Result<Vec<Result<MmsValue, Error>>, Error> {
        let (names, variables) = targets(READ, references.iter().map(AsRef::as_ref))?;
        let client = self.client(READ, "")?;
        let results = client.read_many(&variables).await.context(READ, "")?;
        let results = results.into_iter().zip(&names);
        Ok(results
            .map(|(result, name)| result.context(READ, name))
            .collect())
    }

    /// Writes many objects, `LD/LN.DO.DA[FC]` each, in their order and in as few requests as the
    /// size of the PDU allows. What was not taken is an error in its place.
    ///
    /// # Errors
    /// If one of the references is none (nothing is written then), or a request fails as a whole.
    pub async fn write_values<R: AsRef<str>>(
        &self,
        values: &[(R, MmsValue)],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let references = values.iter().map(|(reference, _)| reference.as_ref());
        let (names, variables) = targets(WRITE, references)?;
        let client = self.client(WRITE, "")?;
        let writes = variables.iter().zip(values.iter().map(|(_, value)| value));
        let outcomes = client.write_many(writes).await.context(WRITE, "")?;
        let outcomes = outcomes.into_iter().zip(&names);
        Ok(outcomes
            .map(|(outcome, name)| outcome.context(WRITE, name))
            .collect())
    }

    /// The type of an object.
    ///
    /// # Errors
    /// As for [`IedConnection::read_value`].
    pub async fn get_variable_specification(
        &self,
        reference: &str,
        fc: impl Into<Option<FunctionalConstraint>>,
    ) -> Result<TypeDescription, Error> {
        const SERVICE: &str = "get type";
        let (parsed, variable) = target::data(SERVICE, reference, fc.into())?;
        let reference = parsed.to_string();
        let client = self.client(SERVICE, &reference)?;
        let ty = client
            .get_variable_access_attributes(variable.name.as_ref())
            .await
            .context(SERVICE, &reference)?;
        // The server is asked for the variable; what is behind an array index is part of its type.
        let indexed = parsed.path().iter().position(|part| part.index.is_some());
        let rest = indexed.and_then(|at| parsed.path().get(at..));
        let mut inner = &ty;
        for (position, part) in rest.unwrap_or_default().iter().enumerate() {
            let component = match position {
                0 => Some(inner),
                _ => inner.child_by_name(&part.name),
            };
            let missing = || unexpected(SERVICE, &reference, "the type has no such part");
            inner = component.ok_or_else(missing)?;
            if part.index.is_some() {
                let TypeDescription::Array { element, .. } = inner else {
                    return Err(missing());
                };
                inner = element;
            }
        }
        Ok(inner.clone())
    }
}

type Targets = (Vec<String>, Vec<OwnedVariable>);

fn targets<'r>(
    service: &'static str,
    references: impl Iterator<Item = &'r str>,
) -> Result<Targets, Error> {
    references
        .map(|reference| {
            let (reference, variable) = target::data(service, reference, None)?;
            Ok((reference.to_string(), variable))
        })
        .collect()
}
