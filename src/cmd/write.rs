//! `ied write`.

use super::read::functional_constraint;
use crate::describe::{self, Shown};
use crate::failure::Failure;
use crate::output::{self, Tree};
use crate::peer::{PeerArguments, explain, lookup, parse_value, type_of, variable};
use clap::ValueEnum;
use iec61850::{FunctionalConstraint, ObjectReference};
use mms::TypeDescription;
use serde_json::json;
use std::io::Write;

/// Write a value
///
/// The server is asked for the type. Numbers, true and false, text, bits as 0110, octets in hexadecimal, times as 2026-11-20T12:00:00Z or now;
/// structures and arrays as JSON.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    peer: PeerArguments,

    /// What to write: `LD/LN.DO.DA[FC]`; the functional constraint can be left out where there is only one
    #[arg(value_name = "REFERENCE")]
    reference: ObjectReference,

    /// The value
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,

    /// The functional constraint of a reference that has none
    #[arg(long, value_name = "FC", value_parser = functional_constraint)]
    fc: Option<FunctionalConstraint>,

    /// Send the value as this type and do not ask the server
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    ty: Option<Type>,

    /// Write JSON: an object with `reference` and `value`
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Type {
    /// True or false
    Boolean,
    /// A whole number
    Integer,
    /// A whole number that is not negative
    Unsigned,
    /// Single precision
    Float32,
    /// Double precision
    Float64,
    /// Bits
    BitString,
    /// Octets
    OctetString,
    /// ASCII text
    VisibleString,
    /// Unicode text
    MmsString,
    /// A time
    UtcTime,
    /// A time in the form of entry times
    BinaryTime,
}

impl From<Type> for TypeDescription {
    fn from(ty: Type) -> Self {
        match ty {
            Type::Boolean => TypeDescription::Boolean,
            Type::Integer => TypeDescription::Integer(64),
            Type::Unsigned => TypeDescription::Unsigned(64),
            Type::Float32 => TypeDescription::FLOAT32,
            Type::Float64 => TypeDescription::FLOAT64,
            Type::BitString => TypeDescription::BitString(0),
            Type::OctetString => TypeDescription::OctetString(0),
            Type::VisibleString => TypeDescription::VisibleString(i32::MIN),
            Type::MmsString => TypeDescription::MmsString(i32::MIN),
            Type::UtcTime => TypeDescription::UtcTime,
            Type::BinaryTime => TypeDescription::BinaryTime(true),
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let reference = &arguments.reference;
    if reference.logical_node().is_none() {
        return Err(Failure::usage(format_args!(
            "{reference} names a whole logical device; expected LD/LN.DO.DA[FC]"
        )));
    }
    arguments.peer.run(async |client| {
        let (fc, ty) = match (reference.fc().or(arguments.fc), arguments.ty) {
            (Some(fc), Some(ty)) => (fc, ty.into()),
            (Some(fc), None) => {
                let reference = reference.clone().with_fc(fc);
                match type_of(&client, &reference, fc).await {
                    Ok(TypeDescription::Unknown(_)) => {
                        // The variable exists, what its array index selects does not.
                        lookup(&client, &reference).await?;
                        return Err(Failure::failed(format_args!(
                            "the server does not say what type {reference} is; give it with --type"
                        )));
                    }
                    Ok(ty) => (fc, ty),
                    Err(error) => return Err(explain(&client, &reference, &error).await),
                }
            }
            (None, ty) => {
                let mut parts = lookup(&client, reference).await?;
                if parts.len() > 1 {
                    let fcs: Vec<&str> = parts.iter().map(|part| part.fc.as_str()).collect();
                    return Err(Failure::usage(format_args!(
                        "{reference} has several functional constraints, choose with --fc: {}",
                        fcs.join(", ")
                    )));
                }
                match parts.pop() {
                    Some(part) => (part.fc, ty.map_or(part.ty, Into::into)),
                    None => return Err(Failure::failed(format_args!("{reference}: no data"))),
                }
            }
        };
        let reference = reference.clone().with_fc(fc);
        let value = parse_value(&arguments.value, &ty)
            .map_err(|reason| Failure::usage(format_args!("{reference}: {reason}")))?;
        let variable = variable(&reference, fc)?;
        if let Err(error) = client.write(&variable, &value).await {
            return Err(explain(&client, &reference, &error).await);
        }
        let mut out = output::stdout();
        if arguments.json {
            let value = describe::named_json(&value, Some(&ty));
            output::json(
                &mut out,
                &json!({ "reference": reference.to_string(), "value": value }),
            )?;
        } else {
            let shown = Shown {
                name: &reference.to_string(),
                value: &value,
                ty: Some(&ty),
            };
            describe::value_tree(&mut Tree::new(&mut out), &shown)?;
        }
        Ok(out.flush()?)
    })
}
