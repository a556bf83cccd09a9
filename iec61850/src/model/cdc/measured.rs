//! Measured values.

use super::constructed::{analogue, scaled_value_config, unit, vector};
use super::object::{D, DU, NO, Object};
use crate::Error;
use crate::common::{CdcOptions, FunctionalConstraint as Fc};
use crate::model::node::Handle;
use crate::model::{DataAttributeType as Ty, DataObject};

pub(super) fn mv(
    parent: &Handle,
    name: &str,
    is_integer: bool,
    options: CdcOptions,
) -> Result<DataObject, Error> {
    let allowed = CdcOptions::INST_MAG | CdcOptions::RANGE;
    let object = Object::begin(parent, "MV", name, options, allowed)?;
    if object.has(CdcOptions::INST_MAG) {
        analogue(object.handle(), "instMag", Fc::MX, NO, is_integer)?;
    }
    analogue(object.handle(), "mag", Fc::MX, DU, is_integer)?;
    object.add_if(CdcOptions::RANGE, "range", Ty::Enumerated, Fc::MX, D)?;
    object.add_quality_and_time(Fc::MX)?;
    object.finish()
}

const CMV_OPTIONS: CdcOptions = CdcOptions::INST_MAG
    .union(CdcOptions::RANGE)
    .union(CdcOptions::RANGE_ANG)
    .union(CdcOptions::AC_CLC_O);

pub(super) fn cmv(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let object = Object::begin(parent, "CMV", name, options, CMV_OPTIONS)?;
    if object.has(CdcOptions::INST_MAG) {
        vector(object.handle(), "instCVal", Fc::MX, NO, options)?;
    }
    vector(object.handle(), "cVal", Fc::MX, DU, options)?;
    object.add_if(CdcOptions::RANGE, "range", Ty::Enumerated, Fc::MX, D)?;
    object.add_if(CdcOptions::RANGE_ANG, "rangeAng", Ty::Enumerated, Fc::MX, D)?;
    object.add_quality_and_time(Fc::MX)?;
    object.finish()
}

pub(super) fn sav(
    parent: &Handle,
    name: &str,
    is_integer: bool,
    options: CdcOptions,
) -> Result<DataObject, Error> {
    let allowed = CdcOptions::UNIT
        | CdcOptions::UNIT_MULTIPLIER
        | CdcOptions::AC_SCAV
        | CdcOptions::MIN
        | CdcOptions::MAX;
    let object = Object::begin(parent, "SAV", name, options, allowed)?;
    analogue(object.handle(), "instMag", Fc::MX, NO, is_integer)?;
    object.add_quality_and_time(Fc::MX)?;
    if object.has(CdcOptions::UNIT) {
        unit(
            object.handle(),
            "units",
            object.has(CdcOptions::UNIT_MULTIPLIER),
        )?;
    }
    if object.has(CdcOptions::AC_SCAV) {
        scaled_value_config(object.handle(), "sVC")?;
    }
    if object.has(CdcOptions::MIN) {
        analogue(object.handle(), "min", Fc::CF, D, is_integer)?;
    }
    if object.has(CdcOptions::MAX) {
        analogue(object.handle(), "max", Fc::CF, D, is_integer)?;
    }
    object.finish()
}

pub(super) fn wye(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let phases = ["phsA", "phsB", "phsC", "neut", "net", "res"];
    three_phase(parent, "WYE", name, &phases, options)
}

pub(super) fn del(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let phases = ["phsAB", "phsBC", "phsCA"];
    three_phase(parent, "DEL", name, &phases, options)
}

fn three_phase(
    parent: &Handle,
    cdc: &'static str,
    name: &str,
    phases: &[&str],
    options: CdcOptions,
) -> Result<DataObject, Error> {
    let allowed = CMV_OPTIONS | CdcOptions::ANGLE_REF;
    let object = Object::begin(parent, cdc, name, options, allowed)?;
    for phase in phases {
        cmv(object.handle(), phase, options - CdcOptions::ANGLE_REF)?;
    }
    object.add_if(CdcOptions::ANGLE_REF, "angRef", Ty::Enumerated, Fc::CF, D)?;
    object.finish()
}
