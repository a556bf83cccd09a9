//! Controls.

use super::constructed::{analogue, originator, value_with_transient};
use super::object::{D, DU, NO, Object, SUBSTITUTION, add, check_options};
use crate::Error;
use crate::common::{
    CdcControlModelOptions as Control, CdcOptions, ControlModel, FunctionalConstraint as Fc,
};
use crate::model::node::{Handle, Sealed};
use crate::model::{DataAttributeType as Ty, DataObject};
use mms::MmsValue;

/// What a command carries.
#[derive(Clone, Copy)]
enum CtlVal {
    Basic(Ty),
    Analogue { is_integer: bool },
}

/// `sboTimeout` at the start: what libiec61850 takes when there is none.
const SBO_TIMEOUT_MS: u32 = 15_000;

pub(super) fn spc(
    parent: &Handle,
    name: &str,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let class = ("SPC", Ty::Boolean, Ty::Boolean);
    single_control(parent, class, name, options, control, SUBSTITUTION)
}

pub(super) fn dpc(
    parent: &Handle,
    name: &str,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let class = ("DPC", Ty::CodedEnum, Ty::Boolean);
    single_control(parent, class, name, options, control, SUBSTITUTION)
}

pub(super) fn inc(
    parent: &Handle,
    name: &str,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let allowed = SUBSTITUTION | CdcOptions::MIN | CdcOptions::MAX | CdcOptions::STEP_SIZE;
    let class = ("INC", Ty::Int32, Ty::Int32);
    single_control(parent, class, name, options, control, allowed)
}

pub(super) fn enc(
    parent: &Handle,
    name: &str,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let class = ("ENC", Ty::Enumerated, Ty::Enumerated);
    single_control(parent, class, name, options, control, SUBSTITUTION)
}

/// One status value; `class` is the name, the type of the status and that of the command.
fn single_control(
    parent: &Handle,
    (cdc, status, command): (&'static str, Ty, Ty),
    name: &str,
    options: CdcOptions,
    control: Control,
    allowed: CdcOptions,
) -> Result<DataObject, Error> {
    let model = check_control(cdc, name, control)?;
    let object = Object::begin(parent, cdc, name, options, allowed)?;
    add_last_command(&object, control, Fc::ST)?;
    object.add("stVal", status, Fc::ST, DU)?;
    object.add_quality_and_time(Fc::ST)?;
    add_control(&object, model, control, CtlVal::Basic(command))?;
    add_command_state(&object, control, Fc::ST)?;
    object.add_basic_substitution(status)?;
    add_integer_limits(&object)?;
    object.finish()
}

pub(super) fn bsc(
    parent: &Handle,
    name: &str,
    has_transient: bool,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let class = ("BSC", Ty::CodedEnum);
    step_control(parent, class, name, has_transient, options, control)
}

pub(super) fn isc(
    parent: &Handle,
    name: &str,
    has_transient: bool,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let class = ("ISC", Ty::Int8);
    step_control(parent, class, name, has_transient, options, control)
}

/// A step position; `class` is the name and the type of the command.
fn step_control(
    parent: &Handle,
    (cdc, command): (&'static str, Ty),
    name: &str,
    has_transient: bool,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let model = check_control(cdc, name, control)?;
    let is_binary = command == Ty::CodedEnum;
    let limits = CdcOptions::MIN | CdcOptions::MAX;
    let allowed = if is_binary {
        SUBSTITUTION
    } else {
        SUBSTITUTION | limits
    };
    let object = Object::begin(parent, cdc, name, options, allowed)?;
    add_last_command(&object, control, Fc::ST)?;
    value_with_transient(object.handle(), "valWTr", Fc::ST, D, has_transient)?;
    object.add_quality_and_time(Fc::ST)?;
    if is_binary {
        object.add("persistent", Ty::Boolean, Fc::CF, D)?;
    }
    add_control(&object, model, control, CtlVal::Basic(command))?;
    add_command_state(&object, control, Fc::ST)?;
    object.add_substitution(|| {
        value_with_transient(object.handle(), "subVal", Fc::SV, NO, has_transient)
    })?;
    add_integer_limits(&object)?;
    object.finish()
}

pub(super) fn apc(
    parent: &Handle,
    name: &str,
    is_integer: bool,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let model = check_control("APC", name, control)?;
    let object = Object::begin(parent, "APC", name, options, SUBSTITUTION)?;
    begin_analogue(&object, is_integer, control)?;
    add_analogue_substitution(&object, is_integer)?;
    add_control(&object, model, control, CtlVal::Analogue { is_integer })?;
    object.finish()
}

pub(super) fn bac(
    parent: &Handle,
    name: &str,
    is_integer: bool,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let limits = [
        (CdcOptions::MIN, "minVal"),
        (CdcOptions::MAX, "maxVal"),
        (CdcOptions::STEP_SIZE, "stepSize"),
    ];
    let allowed = limits
        .iter()
        .fold(SUBSTITUTION, |all, (limit, _)| all | *limit);
    let model = check_control("BAC", name, control)?;
    let object = Object::begin(parent, "BAC", name, options, allowed)?;
    begin_analogue(&object, is_integer, control)?;
    add_analogue_substitution(&object, is_integer)?;
    object.add("persistent", Ty::Boolean, Fc::CF, D)?;
    add_control(&object, model, control, CtlVal::Basic(Ty::CodedEnum))?;
    for (limit, name) in limits {
        if object.has(limit) {
            analogue(object.handle(), name, Fc::CF, NO, is_integer)?;
        }
    }
    object.finish()
}

/// The value and the state of commands of the analogue classes.
fn begin_analogue(object: &Object, is_integer: bool, control: Control) -> Result<(), Error> {
    add_last_command(object, control, Fc::MX)?;
    analogue(object.handle(), "mxVal", Fc::MX, D, is_integer)?;
    object.add_quality_and_time(Fc::MX)?;
    add_command_state(object, control, Fc::MX)
}

fn add_analogue_substitution(object: &Object, is_integer: bool) -> Result<(), Error> {
    object.add_substitution(|| analogue(object.handle(), "subVal", Fc::SV, NO, is_integer))
}

fn add_integer_limits(object: &Object) -> Result<(), Error> {
    object.add_if(CdcOptions::MIN, "minVal", Ty::Int32, Fc::CF, NO)?;
    object.add_if(CdcOptions::MAX, "maxVal", Ty::Int32, Fc::CF, NO)?;
    object.add_if(CdcOptions::STEP_SIZE, "stepSize", Ty::Int32U, Fc::CF, NO)
}

/// The control model, if the options name one and nothing unknown.
pub(super) fn check_control(
    cdc: &'static str,
    name: &str,
    control: Control,
) -> Result<ControlModel, Error> {
    check_options(cdc, name, control, Control::all())?;
    control.control_model().ok_or_else(|| Error::InvalidOption {
        cdc,
        name: name.to_owned(),
        options: format!("control model {}", control.bits() & 0xf),
    })
}

/// Who gave the last command, and its number.
fn add_last_command(object: &Object, control: Control, fc: Fc) -> Result<(), Error> {
    if control.contains(Control::OPTION_ORIGIN) {
        originator(object.handle(), fc)?;
    }
    if control.contains(Control::OPTION_CTL_NUM) {
        object.add("ctlNum", Ty::Int8U, fc, NO)?;
    }
    Ok(())
}

/// How far the last command got.
fn add_command_state(object: &Object, control: Control, fc: Fc) -> Result<(), Error> {
    let states = [
        (Control::OPTION_ST_SELD, "stSeld", Ty::Boolean, fc),
        (Control::OPTION_OP_RCVD, "opRcvd", Ty::Boolean, Fc::OR),
        (Control::OPTION_OP_OK, "opOk", Ty::Boolean, Fc::OR),
        (Control::OPTION_T_OP_OK, "tOpOk", Ty::Timestamp, Fc::OR),
    ];
    for (option, name, ty, fc) in states {
        if control.contains(option) {
            object.add(name, ty, fc, D)?;
        }
    }
    Ok(())
}

/// The control model with its parameters, and the attributes that take commands.
fn add_control(
    object: &Object,
    model: ControlModel,
    control: Control,
    value: CtlVal,
) -> Result<(), Error> {
    object
        .add("ctlModel", Ty::Enumerated, Fc::CF, D)?
        .init_value(&MmsValue::new_int32(model.value()))?;
    if control.contains(Control::OPTION_SBO_TIMEOUT) {
        object
            .add("sboTimeout", Ty::Int32U, Fc::CF, D)?
            .init_value(&MmsValue::new_uint32(SBO_TIMEOUT_MS))?;
    }
    if control.contains(Control::OPTION_SBO_CLASS) {
        object.add("sboClass", Ty::Enumerated, Fc::CF, D)?;
    }
    if control.contains(Control::OPTION_OPER_TIMEOUT) {
        object.add("operTimeout", Ty::Int32U, Fc::CF, D)?;
    }
    match model {
        ControlModel::StatusOnly => return Ok(()),
        ControlModel::SboNormal => {
            object.add("SBO", Ty::VisibleString129, Fc::CO, NO)?;
        }
        ControlModel::SboEnhanced => add_command(object, "SBOw", control, value, true)?,
        ControlModel::DirectNormal | ControlModel::DirectEnhanced => {}
    }
    add_command(object, "Oper", control, value, true)?;
    if control.contains(Control::MODEL_HAS_CANCEL) {
        add_command(object, "Cancel", control, value, false)?;
    }
    Ok(())
}

/// A structure that takes commands; `Cancel` has no `Check`.
fn add_command(
    object: &Object,
    name: &str,
    control: Control,
    value: CtlVal,
    has_check: bool,
) -> Result<(), Error> {
    let command = object.add(name, Ty::Constructed, Fc::CO, NO)?;
    let command = command.handle();
    match value {
        CtlVal::Basic(ty) => add(command, "ctlVal", ty, Fc::CO, NO)?,
        CtlVal::Analogue { is_integer } => analogue(command, "ctlVal", Fc::CO, NO, is_integer)?,
    };
    if control.contains(Control::MODEL_IS_TIME_ACTIVATED) {
        add(command, "operTm", Ty::Timestamp, Fc::CO, NO)?;
    }
    originator(command, Fc::CO)?;
    add(command, "ctlNum", Ty::Int8U, Fc::CO, NO)?;
    add(command, "T", Ty::Timestamp, Fc::CO, NO)?;
    add(command, "Test", Ty::Boolean, Fc::CO, NO)?;
    if has_check {
        add(command, "Check", Ty::Check, Fc::CO, NO)?;
    }
    Ok(())
}
