//! A data object while its attributes are created.

use crate::Error;
use crate::common::{CdcOptions, FunctionalConstraint as Fc, TriggerOptions};
use crate::model::data_attribute::create_attribute;
use crate::model::data_object::create_object;
use crate::model::node::{Handle, Sealed};
use crate::model::{DataAttribute, DataAttributeType as Ty, DataObject};
use bitflags::Flags;

/// No trigger.
pub(super) const NO: TriggerOptions = TriggerOptions::empty();
/// Data change.
pub(super) const D: TriggerOptions = TriggerOptions::DATA_CHANGED;
/// Quality change.
pub(super) const Q: TriggerOptions = TriggerOptions::QUALITY_CHANGED;
/// Data update.
pub(super) const U: TriggerOptions = TriggerOptions::DATA_UPDATE;
/// Data change and data update.
pub(super) const DU: TriggerOptions = D.union(U);

/// The options of all classes.
const COMMON: CdcOptions = CdcOptions::DESC
    .union(CdcOptions::DESC_UNICODE)
    .union(CdcOptions::AC_DLNDA)
    .union(CdcOptions::AC_DLN);

/// The options of most status and control classes.
pub(super) const SUBSTITUTION: CdcOptions = CdcOptions::PICS_SUBST.union(CdcOptions::BLK_ENA);

/// A data object under construction.
pub(super) struct Object {
    object: DataObject,
    options: CdcOptions,
}

impl Object {
    /// Creates the object if the options are `allowed` or those of all classes.
    pub(super) fn begin(
        parent: &Handle,
        cdc: &'static str,
        name: &str,
        options: CdcOptions,
        allowed: CdcOptions,
    ) -> Result<Self, Error> {
        check_options(cdc, name, options, allowed | COMMON)?;
        let object = create_object(parent, name, 0)?;
        object.set_cdc(cdc)?;
        Ok(Object { object, options })
    }

    pub(super) fn has(&self, option: CdcOptions) -> bool {
        self.options.contains(option)
    }

    pub(super) fn handle(&self) -> &Handle {
        self.object.handle()
    }

    pub(super) fn add(
        &self,
        name: &str,
        ty: Ty,
        fc: Fc,
        trigger: TriggerOptions,
    ) -> Result<DataAttribute, Error> {
        add(self.handle(), name, ty, fc, trigger)
    }

    pub(super) fn add_array(
        &self,
        name: &str,
        count: u32,
        ty: Ty,
        fc: Fc,
        trigger: TriggerOptions,
    ) -> Result<DataAttribute, Error> {
        create_attribute(self.handle(), name, (ty, fc, trigger, count, 0))
    }

    /// Adds an attribute if its option is set.
    pub(super) fn add_if(
        &self,
        option: CdcOptions,
        name: &str,
        ty: Ty,
        fc: Fc,
        trigger: TriggerOptions,
    ) -> Result<(), Error> {
        if self.has(option) {
            self.add(name, ty, fc, trigger)?;
        }
        Ok(())
    }

    /// Quality and time of the value.
    pub(super) fn add_quality_and_time(&self, fc: Fc) -> Result<(), Error> {
        self.add("q", Ty::Quality, fc, Q)?;
        self.add("t", Ty::Timestamp, fc, NO)?;
        Ok(())
    }

    /// The attributes for substitution and blocking; `value` adds the substituted value.
    pub(super) fn add_substitution(
        &self,
        value: impl FnOnce() -> Result<DataAttribute, Error>,
    ) -> Result<(), Error> {
        if self.has(CdcOptions::PICS_SUBST) {
            self.add("subEna", Ty::Boolean, Fc::SV, NO)?;
            value()?;
            self.add("subQ", Ty::Quality, Fc::SV, NO)?;
            self.add("subID", Ty::VisibleString64, Fc::SV, NO)?;
        }
        self.add_if(CdcOptions::BLK_ENA, "blkEna", Ty::Boolean, Fc::BL, NO)
    }

    /// [`Object::add_substitution`] with a value of a basic type.
    pub(super) fn add_basic_substitution(&self, ty: Ty) -> Result<(), Error> {
        self.add_substitution(|| self.add("subVal", ty, Fc::SV, NO))
    }

    /// Adds the descriptions, which come last in all classes.
    pub(super) fn finish(self) -> Result<DataObject, Error> {
        use CdcOptions as Options;
        let texts = [
            (Options::DESC, "d", Ty::VisibleString255, Fc::DC),
            (Options::DESC_UNICODE, "dU", Ty::UnicodeString255, Fc::DC),
            (Options::AC_DLNDA, "cdcNs", Ty::VisibleString255, Fc::EX),
            (Options::AC_DLNDA, "cdcName", Ty::VisibleString255, Fc::EX),
            (Options::AC_DLN, "dataNs", Ty::VisibleString255, Fc::EX),
        ];
        for (option, name, ty, fc) in texts {
            self.add_if(option, name, ty, fc, NO)?;
        }
        Ok(self.object)
    }
}

/// Adds an attribute to an object or a constructed attribute.
pub(super) fn add(
    parent: &Handle,
    name: &str,
    ty: Ty,
    fc: Fc,
    trigger: TriggerOptions,
) -> Result<DataAttribute, Error> {
    create_attribute(parent, name, (ty, fc, trigger, 0, 0))
}

/// Refuses flags that are not in `allowed`.
pub(super) fn check_options<F: Flags + Copy>(
    cdc: &'static str,
    name: &str,
    given: F,
    allowed: F,
) -> Result<(), Error>
where
    F::Bits: bitflags::parser::WriteHex,
{
    let wrong = given.difference(allowed);
    if wrong.is_empty() {
        return Ok(());
    }
    let mut options = String::new();
    // Writing to a string cannot fail.
    let _ = bitflags::parser::to_writer(&wrong, &mut options);
    Err(Error::InvalidOption {
        cdc,
        name: name.to_owned(),
        options,
    })
}
