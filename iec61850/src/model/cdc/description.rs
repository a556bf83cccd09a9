//! Name plates.

use super::object::{NO, Object, check_options};
use crate::Error;
use crate::common::{CdcOptions, DplOptions, FunctionalConstraint as Fc};
use crate::model::node::Handle;
use crate::model::{DataAttributeType as Ty, DataObject};

pub(super) fn lpl(parent: &Handle, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
    let object = Object::begin(parent, "LPL", name, options, CdcOptions::empty())?;
    object.add("vendor", Ty::VisibleString255, Fc::DC, NO)?;
    object.add("swRev", Ty::VisibleString255, Fc::DC, NO)?;
    object.finish()
}

pub(super) fn dpl(
    parent: &Handle,
    name: &str,
    dpl_options: DplOptions,
    options: CdcOptions,
) -> Result<DataObject, Error> {
    check_options("DPL", name, dpl_options, DplOptions::all())?;
    let object = Object::begin(parent, "DPL", name, options, CdcOptions::empty())?;
    object.add("vendor", Ty::VisibleString255, Fc::DC, NO)?;
    let texts = [
        (DplOptions::HWREV, "hwRev"),
        (DplOptions::SWREV, "swRev"),
        (DplOptions::SERNUM, "serNum"),
        (DplOptions::MODEL, "model"),
        (DplOptions::LOCATION, "location"),
    ];
    for (option, name) in texts {
        if dpl_options.contains(option) {
            object.add(name, Ty::VisibleString255, Fc::DC, NO)?;
        }
    }
    object.finish()
}
