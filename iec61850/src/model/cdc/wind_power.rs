//! Wind power plants (IEC 61400-25-2).

use super::constructed::{analogue, unit};
use super::control::{apc, check_control, inc, spc};
use super::object::{D, NO, Object, check_options};
use super::status::ins;
use crate::Error;
use crate::common::{
    CdcControlModelOptions as Control, CdcOptions, FunctionalConstraint as Fc, WpOptions,
};
use crate::model::node::Handle;
use crate::model::{DataAttributeType as Ty, DataObject};

/// The options of IEC 61400-25, and whether there is the optional sub data object.
type Wp = (WpOptions, bool);

const NO_OPTIONS: CdcOptions = CdcOptions::empty();

/// How acknowledgements and resets are controlled.
const RESET: Control = Control::MODEL_DIRECT_NORMAL.union(Control::OPTION_ORIGIN);

pub(super) fn spv(
    parent: &Handle,
    name: &str,
    (wp, has_manual_reset): Wp,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let values = [
        (WpOptions::MIN_MX_VAL, "minMxVal"),
        (WpOptions::MAX_MX_VAL, "maxMxVal"),
        (WpOptions::TOT_AV_VAL, "totAvVal"),
        (WpOptions::SDV_VAL, "sdvVal"),
    ];
    let access = [
        (WpOptions::SP_ACS, "spAcs"),
        (WpOptions::CHA_PER_RS, "chaPerRs"),
    ];
    let allowed_wp = values
        .iter()
        .chain(&access)
        .fold(WpOptions::empty(), |all, (option, _)| all | *option);
    check_options("SPV", name, wp, allowed_wp)?;
    check_control("SPV", name, control)?;
    let allowed =
        CdcOptions::UNIT | CdcOptions::UNIT_MULTIPLIER | CdcOptions::MIN | CdcOptions::MAX;
    let object = Object::begin(parent, "SPV", name, options, allowed)?;
    if has_manual_reset {
        let direct = Control::MODEL_DIRECT_NORMAL;
        spc(object.handle(), "chaManRs", NO_OPTIONS, direct)?;
    }
    apc(object.handle(), "actVal", false, NO_OPTIONS, control)?;
    for (option, name) in values {
        if wp.contains(option) {
            analogue(object.handle(), name, Fc::MX, NO, false)?;
        }
    }
    if object.has(CdcOptions::UNIT) {
        unit(
            object.handle(),
            "units",
            object.has(CdcOptions::UNIT_MULTIPLIER),
        )?;
    }
    for (option, name) in [(CdcOptions::MIN, "minVal"), (CdcOptions::MAX, "maxVal")] {
        if object.has(option) {
            analogue(object.handle(), name, Fc::CF, D, false)?;
        }
    }
    for (option, name) in access {
        if wp.contains(option) {
            object.add(name, Ty::CodedEnum, Fc::CF, NO)?;
        }
    }
    object.finish()
}

pub(super) fn stv(
    parent: &Handle,
    name: &str,
    (wp, has_old_status): Wp,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    check_options("STV", name, wp, WpOptions::empty())?;
    check_options("STV", name, control, Control::empty())?;
    let object = Object::begin(parent, "STV", name, options, NO_OPTIONS)?;
    ins(object.handle(), "actSt", NO_OPTIONS)?;
    add_old_status(&object, has_old_status)?;
    object.finish()
}

pub(super) fn cmd(
    parent: &Handle,
    name: &str,
    (wp, has_old_status): Wp,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    check_options("CMD", name, wp, WpOptions::CM_ACS)?;
    check_control("CMD", name, control)?;
    let object = Object::begin(parent, "CMD", name, options, NO_OPTIONS)?;
    inc(object.handle(), "actSt", NO_OPTIONS, control)?;
    add_old_status(&object, has_old_status)?;
    if wp.contains(WpOptions::CM_ACS) {
        object.add("cmAcs", Ty::Int8U, Fc::CF, NO)?;
    }
    object.finish()
}

pub(super) fn alm(
    parent: &Handle,
    name: &str,
    (wp, has_old_status): Wp,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    check_options("ALM", name, wp, WpOptions::empty())?;
    check_options("ALM", name, control, Control::empty())?;
    let object = Object::begin(parent, "ALM", name, options, NO_OPTIONS)?;
    spc(object.handle(), "almAck", NO_OPTIONS, RESET)?;
    ins(object.handle(), "actSt", NO_OPTIONS)?;
    add_old_status(&object, has_old_status)?;
    object.finish()
}

pub(super) fn cte(
    parent: &Handle,
    name: &str,
    wp: Wp,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let names = ("actCtVal", "oldCtVal", "ctTot");
    counting(parent, "CTE", name, names, wp, options, control)
}

pub(super) fn tms(
    parent: &Handle,
    name: &str,
    wp: Wp,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let names = ("actTmVal", "oldTmVal", "tmTot");
    counting(parent, "TMS", name, names, wp, options, control)
}

/// Counts of events or times; `names` are those of the actual, the old and the total value.
fn counting(
    parent: &Handle,
    cdc: &'static str,
    name: &str,
    names: (&str, &str, &str),
    (wp, has_history_reset): Wp,
    options: CdcOptions,
    control: Control,
) -> Result<DataObject, Error> {
    let allowed = WpOptions::TM_TOT | WpOptions::COUNTING_ALL;
    check_options(cdc, name, wp, allowed)?;
    check_options(cdc, name, control, Control::empty())?;
    let object = Object::begin(parent, cdc, name, options, NO_OPTIONS)?;
    let (actual, old, total) = names;
    spc(object.handle(), "manRs", NO_OPTIONS, RESET)?;
    if has_history_reset {
        inc(object.handle(), "hisRs", NO_OPTIONS, RESET)?;
    }
    ins(object.handle(), actual, NO_OPTIONS)?;
    ins(object.handle(), old, NO_OPTIONS)?;
    if wp.contains(WpOptions::TM_TOT) {
        object.add(total, Ty::Int32U, Fc::ST, NO)?;
    }
    // One element more than there are days, months or years kept: the first is the current one.
    let histories = [
        (WpOptions::COUNTING_DAILY, "dly", 32),
        (WpOptions::COUNTING_MONTHLY, "mly", 13),
        (WpOptions::COUNTING_YEARLY, "yly", 21),
    ];
    for (option, name, count) in histories {
        if wp.contains(option) {
            object.add_array(name, count, Ty::Int32U, Fc::ST, D)?;
        }
    }
    if wp.contains(WpOptions::COUNTING_TOTAL) {
        object.add("tot", Ty::Int32U, Fc::ST, D)?;
    }
    object.finish()
}

fn add_old_status(object: &Object, has_old_status: bool) -> Result<(), Error> {
    if has_old_status {
        ins(object.handle(), "oldSt", NO_OPTIONS)?;
    }
    Ok(())
}
