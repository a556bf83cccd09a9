//! Status information.

use super::constructed::unit;
use super::object::{D, DU, NO, Object, SUBSTITUTION, U};
use crate::Error;
use crate::common::{CdcOptions, FunctionalConstraint as Fc};
use crate::model::node::Handle;
use crate::model::{DataAttributeType as Ty, DataObject};
use mms::MmsValue;

pub(super) fn sps(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_status(parent, "SPS", name, Ty::Boolean, options)
}

pub(super) fn dps(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_status(parent, "DPS", name, Ty::CodedEnum, options)
}

pub(super) fn ins(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_status(parent, "INS", name, Ty::Int32, options)
}

pub(super) fn ens(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_status(parent, "ENS", name, Ty::Enumerated, options)
}

pub(super) fn vss(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    single_status(parent, "VSS", name, Ty::VisibleString255, options)
}

/// One value with quality and time.
fn single_status(
    parent: &Handle,
    cdc: &'static str,
    name: &str,
    ty: Ty,
    options: CdcOptions,
) -> Result<DataObject, Error> {
    let object = Object::begin(parent, cdc, name, options, SUBSTITUTION)?;
    object.add("stVal", ty, Fc::ST, DU)?;
    object.add_quality_and_time(Fc::ST)?;
    object.add_basic_substitution(ty)?;
    object.finish()
}

pub(super) fn bcr(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let allowed = CdcOptions::FROZEN_VALUE | CdcOptions::UNIT;
    let object = Object::begin(parent, "BCR", name, options, allowed)?;
    let is_frozen = object.has(CdcOptions::FROZEN_VALUE);
    object.add("actVal", Ty::Int64, Fc::ST, D)?;
    if is_frozen {
        object.add("frVal", Ty::Int64, Fc::ST, U)?;
        object.add("frTm", Ty::Timestamp, Fc::ST, NO)?;
    }
    object.add_quality_and_time(Fc::ST)?;
    object.add_if(CdcOptions::UNIT, "units", Ty::Enumerated, Fc::CF, D)?;
    object.add("pulsQty", Ty::Float32, Fc::CF, D)?;
    if is_frozen {
        object.add("frEna", Ty::Boolean, Fc::CF, D)?;
        object.add("strTm", Ty::Timestamp, Fc::CF, D)?;
        object.add("frPd", Ty::Int32, Fc::CF, D)?;
        object.add("frRs", Ty::Boolean, Fc::CF, D)?;
    }
    object.finish()
}

pub(super) fn sec(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let allowed = CdcOptions::ADDR | CdcOptions::ADDINFO;
    let object = Object::begin(parent, "SEC", name, options, allowed)?;
    object.add("cnt", Ty::Int32U, Fc::ST, D)?;
    object.add("sev", Ty::Enumerated, Fc::ST, NO)?;
    object.add("t", Ty::Timestamp, Fc::ST, NO)?;
    object.add_if(CdcOptions::ADDR, "addr", Ty::OctetString64, Fc::ST, NO)?;
    object.add_if(
        CdcOptions::ADDINFO,
        "addInfo",
        Ty::VisibleString64,
        Fc::ST,
        NO,
    )?;
    object.finish()
}

/// The options for single phases with the names of their attributes.
const PHASES: [(CdcOptions, &str, &str); 4] = [
    (CdcOptions::PHASE_A, "phsA", "dirPhsA"),
    (CdcOptions::PHASE_B, "phsB", "dirPhsB"),
    (CdcOptions::PHASE_C, "phsC", "dirPhsC"),
    (CdcOptions::PHASE_NEUT, "neut", "dirNeut"),
];

pub(super) fn acd(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let object = Object::begin(parent, "ACD", name, options, CdcOptions::PHASES_ALL)?;
    object.add("general", Ty::Boolean, Fc::ST, D)?;
    object.add("dirGeneral", Ty::Enumerated, Fc::ST, D)?;
    for (phase, name, direction) in PHASES {
        object.add_if(phase, name, Ty::Boolean, Fc::ST, D)?;
        object.add_if(phase, direction, Ty::Enumerated, Fc::ST, D)?;
    }
    object.add_quality_and_time(Fc::ST)?;
    object.finish()
}

pub(super) fn act(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let object = Object::begin(parent, "ACT", name, options, CdcOptions::PHASES_ALL)?;
    object.add("general", Ty::Boolean, Fc::ST, D)?;
    for (phase, name, _) in PHASES {
        object.add_if(phase, name, Ty::Boolean, Fc::ST, D)?;
    }
    object.add_quality_and_time(Fc::ST)?;
    object.finish()
}

pub(super) fn hst(
    parent: &Handle,
    name: &str,
    max_pts: u16,
    options: CdcOptions,
) -> Result<DataObject, Error> {
    let allowed = CdcOptions::UNIT_MULTIPLIER;
    let object = Object::begin(parent, "HST", name, options, allowed)?;
    object.add_array("hstVal", max_pts.into(), Ty::Int32, Fc::ST, DU)?;
    object.add_quality_and_time(Fc::ST)?;
    object.add("numPts", Ty::Int16U, Fc::CF, NO)?;
    unit(
        object.handle(),
        "units",
        object.has(CdcOptions::UNIT_MULTIPLIER),
    )?;
    object
        .add("maxPts", Ty::Int16U, Fc::CF, NO)?
        .init_value(&MmsValue::new_uint16(max_pts))?;
    object.finish()
}
