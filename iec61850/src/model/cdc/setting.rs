//! Settings.

use super::constructed::{analogue, scaled_value_config, unit};
use super::object::{D, Object};
use crate::Error;
use crate::common::{CdcOptions, FunctionalConstraint as Fc};
use crate::model::node::Handle;
use crate::model::{DataAttributeType as Ty, DataObject};

pub(super) fn spg(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_setting(parent, "SPG", name, Ty::Boolean, options)
}

pub(super) fn vsg(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_setting(parent, "VSG", name, Ty::VisibleString255, options)
}

pub(super) fn eng(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_setting(parent, "ENG", name, Ty::Enumerated, options)
}

fn single_setting(
    parent: &Handle,
    cdc: &'static str,
    name: &str,
    ty: Ty,
    options: CdcOptions,
) -> Result<DataObject, Error> {
    let object = Object::begin(parent, cdc, name, options, CdcOptions::empty())?;
    object.add("setVal", ty, Fc::SP, D)?;
    object.finish()
}

const LIMITS: CdcOptions = CdcOptions::UNIT
    .union(CdcOptions::UNIT_MULTIPLIER)
    .union(CdcOptions::MIN)
    .union(CdcOptions::MAX)
    .union(CdcOptions::STEP_SIZE);

pub(super) fn ing(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let object = Object::begin(parent, "ING", name, options, LIMITS)?;
    object.add("setVal", Ty::Int32, Fc::SP, D)?;
    add_units(&object)?;
    // Limits are SP here and CF in ASG.
    object.add_if(CdcOptions::MIN, "minVal", Ty::Int32, Fc::SP, D)?;
    object.add_if(CdcOptions::MAX, "maxVal", Ty::Int32, Fc::SP, D)?;
    object.add_if(CdcOptions::STEP_SIZE, "stepSize", Ty::Int32U, Fc::SP, D)?;
    object.finish()
}

pub(super) fn asg(
    parent: &Handle,
    name: &str,
    is_integer: bool,
    options: CdcOptions,
) -> Result<DataObject, Error> {
    let allowed = LIMITS | CdcOptions::AC_SCAV;
    let object = Object::begin(parent, "ASG", name, options, allowed)?;
    analogue(object.handle(), "setMag", Fc::SP, D, is_integer)?;
    add_units(&object)?;
    if object.has(CdcOptions::AC_SCAV) {
        scaled_value_config(object.handle(), "sVC")?;
    }
    let limits = [
        (CdcOptions::MIN, "minVal"),
        (CdcOptions::MAX, "maxVal"),
        (CdcOptions::STEP_SIZE, "stepSize"),
    ];
    for (option, name) in limits {
        if object.has(option) {
            analogue(object.handle(), name, Fc::CF, D, is_integer)?;
        }
    }
    object.finish()
}

fn add_units(object: &Object) -> Result<(), Error> {
    if object.has(CdcOptions::UNIT) {
        let has_multiplier = object.has(CdcOptions::UNIT_MULTIPLIER);
        unit(object.handle(), "units", has_multiplier)?;
    }
    Ok(())
}
