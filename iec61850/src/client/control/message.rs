//! What a server sends besides the answers to commands: LastApplError and command terminations.

use crate::{ControlAddCause, ControlLastApplError};
use mms::pdu::{InformationReport, VariableList};
use mms::{MmsValue, ObjectName};

/// Why a server refused or ended a command (IEC 61850-8-1, `LastApplError`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastApplError {
    /// The number of the command.
    pub ctl_num: u8,
    /// The error.
    pub error: ControlLastApplError,
    /// The additional cause.
    pub add_cause: ControlAddCause,
}

impl Default for LastApplError {
    fn default() -> Self {
        LastApplError {
            ctl_num: 0,
            error: ControlLastApplError::NoError,
            add_cause: ControlAddCause::Unknown,
        }
    }
}

impl std::fmt::Display for LastApplError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.error {
            ControlLastApplError::NoError => write!(f, "{}", self.add_cause),
            error => write!(f, "{} ({error})", self.add_cause),
        }
    }
}

/// How a command with enhanced security ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// It was carried out.
    Positive,
    /// It failed.
    Negative(LastApplError),
}

/// What an information report says about a command. `object` is `LD/LN$CO$DO`.
#[derive(Debug, PartialEq)]
pub(super) enum Told {
    Refused {
        object: String,
        error: LastApplError,
    },
    Terminated {
        object: String,
        termination: Termination,
    },
}

fn is_last_appl_error(name: &ObjectName<'_>) -> bool {
    name.item() == "LastApplError"
}

pub(super) fn told(variables: VariableList<'_>, report: &InformationReport<'_>) -> Option<Told> {
    let mut names = variables.iter().map(|variable| variable.name());
    let mut results = report.results.iter().map(|view| view.to_value());
    let first = names.next()??;
    if !is_last_appl_error(&first) {
        return Some(Told::Terminated {
            object: controlled(&first)?,
            termination: Termination::Positive,
        });
    }
    let (object, error) = last_appl_error(&results.next()?)?;
    match names.next() {
        None => Some(Told::Refused { object, error }),
        Some(oper) => Some(Told::Terminated {
            object: controlled(&oper?)?,
            termination: Termination::Negative(error),
        }),
    }
}

/// `LD/LN$CO$DO` of `LD/LN$CO$DO$Oper`.
fn controlled(name: &ObjectName<'_>) -> Option<String> {
    match name {
        ObjectName::Domain { domain, item } => without_service(&format!("{domain}/{item}")),
        _ => None,
    }
}

fn without_service(name: &str) -> Option<String> {
    let (object, service) = name.rsplit_once('$')?;
    matches!(service, "Oper" | "SBOw" | "SBO" | "Cancel").then(|| object.to_owned())
}

/// `{CntrlObj, Error, Origin, ctlNum, AddCause}`.
fn last_appl_error(value: &MmsValue) -> Option<(String, LastApplError)> {
    let [object, error, _origin, ctl_num, add_cause] = value.elements().ok()? else {
        return None;
    };
    let number = |value: &MmsValue| value.to_int32().ok();
    let object = object.to_string_value().ok()?;
    let error = LastApplError {
        // Some servers send it with a sign.
        ctl_num: number(ctl_num)?.rem_euclid(256) as u8,
        error: ControlLastApplError::from_value(number(error)?),
        add_cause: ControlAddCause::from_value(number(add_cause)?),
    };
    let object = without_service(object).unwrap_or_else(|| object.to_owned());
    Some((object, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::pdu::VariableAccessSpecification;

    fn told_by(hex: &str) -> Option<Told> {
        let octets: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        // unconfirmed-PDU around the recorded service element
        let mut pdu = vec![0xa3];
        match octets.len() {
            length @ ..128 => pdu.push(length as u8),
            length => pdu.extend([0x81, length as u8]),
        }
        pdu.extend(octets);
        let Ok(mms::pdu::Pdu::Unconfirmed(mms::pdu::UnconfirmedService::InformationReport(report))) =
            mms::pdu::Pdu::decode(&pdu)
        else {
            panic!("no information report");
        };
        let VariableAccessSpecification::Variables(variables) = report.variables else {
            panic!("no variables");
        };
        told(variables, &report)
    }

    /// Recordings 33 and 32 of libiec61850.
    #[test]
    fn what_was_recorded() {
        let refused = "a04da0133011a00f800d4c6173744170706c4572726f72a036a2348a1c474f4c444c4431\
                       2f4747494f3124434f24535043534f342453424f77850100a20b8501038906676f6c6465\
                       6e860101850113";
        let refused = told_by(&refused.replace(' ', ""));
        let error = LastApplError {
            ctl_num: 1,
            error: ControlLastApplError::NoError,
            add_cause: ControlAddCause::ObjectAlreadySelected,
        };
        let object = "GOLDLD1/GGIO1$CO$SPCSO4".to_owned();
        assert_eq!(refused, Some(Told::Refused { object, error }));

        let negative = "a0819ba08198a0383011a00f800d4c6173744170706c4572726f723023a021a11f1a0747\
                        4f4c444c44311a144747494f3124434f24535043534f33244f706572a05ca2348a1c474f\
                        4c444c44312f4747494f3124434f24535043534f33244f706572850100a20b8501038906\
                        676f6c64656e860103850105a224830101a20b8501038906676f6c64656e86010391086b\
                        00448e96872b0083010084020600";
        // The outer tag and length of the recording are the PDU's own there.
        let negative = told_by(&negative.replace(' ', "")[6..]);
        let error = LastApplError {
            ctl_num: 3,
            error: ControlLastApplError::NoError,
            add_cause: ControlAddCause::PositionReached,
        };
        let termination = Termination::Negative(error);
        let object = "GOLDLD1/GGIO1$CO$SPCSO3".to_owned();
        assert_eq!(
            negative,
            Some(Told::Terminated {
                object,
                termination
            })
        );
    }
}
