//! The constructed attribute classes.

use super::object::{D, NO, add};
use crate::Error;
use crate::common::{CdcOptions, FunctionalConstraint as Fc, TriggerOptions};
use crate::model::node::{Handle, Sealed};
use crate::model::{DataAttribute, DataAttributeType as Ty, DataObject};

impl DataObject {
    /// Adds an analogue value: `i` if it is an integer, else `f`.
    ///
    /// # Errors
    /// As for [`DataObject::create_data_attribute`].
    pub fn create_cac_analog(
        &self,
        name: &str,
        fc: Fc,
        trigger_options: TriggerOptions,
        is_integer_not_float: bool,
    ) -> Result<DataAttribute, Error> {
        analogue(
            self.handle(),
            name,
            fc,
            trigger_options,
            is_integer_not_float,
        )
    }

    /// Adds a value with transient indication: `posVal` and perhaps `transInd`.
    ///
    /// # Errors
    /// As for [`DataObject::create_data_attribute`].
    pub fn create_cac_val_with_trans(
        &self,
        name: &str,
        fc: Fc,
        trigger_options: TriggerOptions,
        has_transient_indicator: bool,
    ) -> Result<DataAttribute, Error> {
        let transient = has_transient_indicator;
        value_with_transient(self.handle(), name, fc, trigger_options, transient)
    }

    /// Adds a vector: `mag`, and `ang` with the option `AC_CLC_O`.
    ///
    /// # Errors
    /// As for [`DataObject::create_data_attribute`], and [`Error::InvalidOption`] for other
    /// options.
    pub fn create_cac_vector(
        &self,
        name: &str,
        fc: Fc,
        trigger_options: TriggerOptions,
        options: CdcOptions,
    ) -> Result<DataAttribute, Error> {
        super::object::check_options("Vector", name, options, CdcOptions::AC_CLC_O)?;
        vector(self.handle(), name, fc, trigger_options, options)
    }

    /// Adds a point: `xVal`, `yVal` and perhaps `zVal`.
    ///
    /// # Errors
    /// As for [`DataObject::create_data_attribute`].
    pub fn create_cac_point(
        &self,
        name: &str,
        fc: Fc,
        trigger_options: TriggerOptions,
        has_z_val: bool,
    ) -> Result<DataAttribute, Error> {
        let point = add(self.handle(), name, Ty::Constructed, fc, trigger_options)?;
        for name in ["xVal", "yVal", "zVal"]
            .iter()
            .take(if has_z_val { 3 } else { 2 })
        {
            add(point.handle(), name, Ty::Float32, fc, trigger_options)?;
        }
        Ok(point)
    }

    /// Adds a scaled value configuration: `scaleFactor` and `offset`.
    ///
    /// # Errors
    /// As for [`DataObject::create_data_attribute`].
    pub fn create_cac_scaled_value_config(&self, name: &str) -> Result<DataAttribute, Error> {
        scaled_value_config(self.handle(), name)
    }

    /// Adds a unit: `SIUnit` and perhaps `multiplier`.
    ///
    /// # Errors
    /// As for [`DataObject::create_data_attribute`].
    pub fn create_cac_unit(&self, name: &str, has_magnitude: bool) -> Result<DataAttribute, Error> {
        unit(self.handle(), name, has_magnitude)
    }
}

pub(super) fn analogue(
    parent: &Handle,
    name: &str,
    fc: Fc,
    trigger: TriggerOptions,
    is_integer: bool,
) -> Result<DataAttribute, Error> {
    let value = add(parent, name, Ty::Constructed, fc, trigger)?;
    if is_integer {
        add(value.handle(), "i", Ty::Int32, fc, trigger)?;
    } else {
        add(value.handle(), "f", Ty::Float32, fc, trigger)?;
    }
    Ok(value)
}

pub(super) fn value_with_transient(
    parent: &Handle,
    name: &str,
    fc: Fc,
    trigger: TriggerOptions,
    has_transient: bool,
) -> Result<DataAttribute, Error> {
    let value = add(parent, name, Ty::Constructed, fc, trigger)?;
    add(value.handle(), "posVal", Ty::Int8, fc, trigger)?;
    if has_transient {
        add(value.handle(), "transInd", Ty::Boolean, fc, trigger)?;
    }
    Ok(value)
}

pub(super) fn vector(
    parent: &Handle,
    name: &str,
    fc: Fc,
    trigger: TriggerOptions,
    options: CdcOptions,
) -> Result<DataAttribute, Error> {
    let vector = add(parent, name, Ty::Constructed, fc, trigger)?;
    analogue(vector.handle(), "mag", fc, trigger, false)?;
    if options.contains(CdcOptions::AC_CLC_O) {
        analogue(vector.handle(), "ang", fc, trigger, false)?;
    }
    Ok(vector)
}

pub(super) fn scaled_value_config(parent: &Handle, name: &str) -> Result<DataAttribute, Error> {
    let config = add(parent, name, Ty::Constructed, Fc::CF, D)?;
    add(config.handle(), "scaleFactor", Ty::Float32, Fc::CF, D)?;
    add(config.handle(), "offset", Ty::Float32, Fc::CF, D)?;
    Ok(config)
}

pub(super) fn unit(
    parent: &Handle,
    name: &str,
    has_multiplier: bool,
) -> Result<DataAttribute, Error> {
    let unit = add(parent, name, Ty::Constructed, Fc::CF, D)?;
    add(unit.handle(), "SIUnit", Ty::Enumerated, Fc::CF, D)?;
    if has_multiplier {
        add(unit.handle(), "multiplier", Ty::Enumerated, Fc::CF, D)?;
    }
    Ok(unit)
}

/// Who gave a command.
pub(super) fn originator(parent: &Handle, fc: Fc) -> Result<DataAttribute, Error> {
    let origin = add(parent, "origin", Ty::Constructed, fc, NO)?;
    add(origin.handle(), "orCat", Ty::Enumerated, fc, NO)?;
    add(origin.handle(), "orIdent", Ty::OctetString64, fc, NO)?;
    Ok(origin)
}
