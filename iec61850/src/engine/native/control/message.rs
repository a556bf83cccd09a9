//! What is sent to the client of a command besides the answer (IEC 61850-8-1): LastApplError, and
//! the end of a command.

use super::object::{ControlObject, Parameters, Structure};
use crate::common::{ControlAddCause, ControlLastApplError};
use mms::ber::Writer;
use mms::pdu::{InformationReportWriter, write_variables};
use mms::{MmsValue, ObjectName};

const LAST_APPL_ERROR: ObjectName<'static> = ObjectName::Vmd("LastApplError");

/// The value of LastApplError: object, error, originator, number and cause.
fn last_appl_error_value(
    object: &ControlObject,
    structure: &Structure,
    parameters: &Parameters,
    error: ControlLastApplError,
    add_cause: ControlAddCause,
) -> MmsValue {
    MmsValue::Structure(vec![
        MmsValue::VisibleString(object.reference_of(structure)),
        MmsValue::Integer(error.value().into()),
        MmsValue::Structure(vec![
            MmsValue::Integer(parameters.or_cat),
            MmsValue::OctetString(parameters.or_ident.clone()),
        ]),
        MmsValue::Unsigned(parameters.ctl_num.unwrap_or(0).into()),
        MmsValue::Integer(add_cause.value().into()),
    ])
}

/// An information report of these variables, as service element.
fn report(contents: &[(ObjectName<'_>, &MmsValue)]) -> Vec<u8> {
    let mut service = Vec::new();
    let w = &mut Writer::unbounded(&mut service);
    let report = InformationReportWriter::begin(w, |w| {
        write_variables(w, contents.iter().map(|(name, _)| *name));
    });
    for (_, value) in contents {
        value.encode(w);
    }
    report.end(w);
    service
}

/// Why a command is refused; goes out before the negative answer.
pub(super) fn last_appl_error(
    object: &ControlObject,
    structure: &Structure,
    parameters: &Parameters,
    error: ControlLastApplError,
    add_cause: ControlAddCause,
) -> Vec<u8> {
    let value = last_appl_error_value(object, structure, parameters, error, add_cause);
    report(&[(LAST_APPL_ERROR, &value)])
}

/// The end of a command. `failed`: it is negative, and why.
pub(super) fn termination(
    object: &ControlObject,
    parameters: &Parameters,
    oper: &MmsValue,
    failed: Option<(ControlLastApplError, ControlAddCause)>,
) -> Vec<u8> {
    let item = object.item(&object.oper);
    let oper = (object.name(&item), oper);
    match failed {
        None => report(&[oper]),
        Some((error, add_cause)) => {
            let value = last_appl_error_value(object, &object.oper, parameters, error, add_cause);
            report(&[(LAST_APPL_ERROR, &value), oper])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::compile::{Compiled, compile};
    use super::super::Controls;
    use super::*;
    use crate::model::IedModel;
    use crate::server::IedServerConfig;

    /// The controllable objects of the model that was recorded.
    fn recorded_model() -> Controls {
        let text = include_str!("../../../../../tests/golden/golden.cfg");
        let model = IedModel::from_config(text).unwrap();
        model.set_name("GOLD").unwrap();
        let arena = model.acquire().unwrap();
        let Compiled { space, mut values } = compile(&arena, &IedServerConfig::default()).unwrap();
        Controls::new(&space, &arena, &mut values)
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digits).collect()
    }

    /// Parameters of a recorded Oper or SBOw.
    fn parameters(structure: &Structure, recorded: &str) -> Parameters {
        structure.parameters(MmsValue::from_bytes(&hex(recorded)).unwrap())
    }

    fn object<'c>(controls: &'c Controls, item: &str) -> &'c ControlObject {
        let mut objects = controls.objects.iter();
        objects.find(|object| object.reference() == item).unwrap()
    }

    /// Recording 33: a select of what another client has selected.
    #[test]
    fn a_last_appl_error_is_the_recorded_one() {
        let controls = recorded_model();
        let object = object(&controls, "GOLDLD1/GGIO1$CO$SPCSO4");
        let select = object.select_with_value.as_ref().unwrap();
        let value = "a224830100a20b8501038906676f6c64656e86010191086b004494770a3d0083010084020600";
        let recorded = "a04da0133011a00f800d4c6173744170706c4572726f72a036a2348a1c474f4c444c4431\
                        2f4747494f3124434f24535043534f342453424f77850100a20b8501038906676f6c6465\
                        6e860101850113";
        let message = last_appl_error(
            object,
            select,
            &parameters(select, value),
            ControlLastApplError::NoError,
            ControlAddCause::ObjectAlreadySelected,
        );
        assert_eq!(message, hex(recorded));
    }

    /// Recording 32: both ends of a command, and one of recording 34 with an analogue value.
    #[test]
    fn command_terminations_are_the_recorded_ones() {
        let controls = recorded_model();
        let ended = |reference: &str, value: &str, failed| {
            let object = object(&controls, reference);
            let parameters = parameters(&object.oper, value);
            termination(object, &parameters, &parameters.all, failed)
        };
        let value = "a224830101a20b8501038906676f6c64656e86010191086b00448daac0830083010084020600";
        let recorded = "a351a04fa0253023a021a11f1a07474f4c444c44311a144747494f3124434f2453504353\
                        4f33244f706572a026a224830101a20b8501038906676f6c64656e86010191086b00448d\
                        aac0830083010084020600";
        let positive = ended("GOLDLD1/GGIO1$CO$SPCSO3", value, None);
        assert_eq!(positive, hex(recorded)[2..]);
        let value = "a224830101a20b8501038906676f6c64656e86010391086b00448e96872b0083010084020600";
        let recorded = "a0819ba08198a0383011a00f800d4c6173744170706c4572726f723023a021a11f1a0747\
                        4f4c444c44311a144747494f3124434f24535043534f33244f706572a05ca2348a1c474f\
                        4c444c44312f4747494f3124434f24535043534f33244f706572850100a20b8501038906\
                        676f6c64656e860103850105a224830101a20b8501038906676f6c64656e86010391086b\
                        00448e96872b0083010084020600";
        let failure = (
            ControlLastApplError::NoError,
            ControlAddCause::PositionReached,
        );
        let negative = ended("GOLDLD1/GGIO1$CO$SPCSO3", value, Some(failure));
        assert_eq!(negative, hex(recorded)[3..]);
        let value = "a22aa20787050840600000a20b8501038906676f6c64656e86010191086b00449ba76c8b0083\
                     010084020600";
        let recorded = "a055a0253023a021a11f1a07474f4c444c44311a144747494f3124434f24416e4f757432\
                        244f706572a02ca22aa20787050840600000a20b8501038906676f6c64656e8601019108\
                        6b00449ba76c8b0083010084020600";
        let analogue = ended("GOLDLD1/GGIO1$CO$AnOut2", value, None);
        assert_eq!(analogue, hex(recorded));
    }
}
