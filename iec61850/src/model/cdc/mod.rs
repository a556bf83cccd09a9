//! Constructors for data objects of the common data classes of IEC 61850-7-3 and IEC 61400-25-2.
//!
//! Each makes the same attributes, with the same types and trigger options and in the same order,
//! as the function of libiec61850 of that name. Where that library is at fault, the method says
//! what is different here.

mod constructed;
mod control;
mod description;
mod measured;
mod object;
mod setting;
mod status;
mod wind_power;

use super::node::Sealed;
use super::{DataObject, LogicalNode};
use crate::Error;
use crate::common::{CdcControlModelOptions, CdcOptions, DplOptions, WpOptions};

/// Creates data objects of common data classes: in a logical node, or as sub data objects in a
/// data object.
///
/// `options` selects optional attributes. All classes have [`DESC`](CdcOptions::DESC),
/// [`DESC_UNICODE`](CdcOptions::DESC_UNICODE), [`AC_DLNDA`](CdcOptions::AC_DLNDA) and
/// [`AC_DLN`](CdcOptions::AC_DLN); each method names the others it has. `control_options` selects
/// the control model of controllable objects and its options.
///
/// # Errors
/// All methods fail with [`Error::InvalidOption`] for options the class does not have, before
/// anything is created, and else as
/// [`create_data_object`](crate::LogicalNode::create_data_object) does.
#[allow(
    clippy::missing_errors_doc,
    reason = "said once for all methods in the description of the trait"
)]
pub trait CdcFactory: Sealed {
    /// Single point status. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_sps(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::sps(self.handle(), name, options)
    }

    /// Double point status. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_dps(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::dps(self.handle(), name, options)
    }

    /// Integer status. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_ins(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::ins(self.handle(), name, options)
    }

    /// Enumerated status. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_ens(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::ens(self.handle(), name, options)
    }

    /// Binary counter reading. Options: `FROZEN_VALUE`, `UNIT`.
    fn create_cdc_bcr(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::bcr(self.handle(), name, options)
    }

    /// Visible string status. Options: `PICS_SUBST`, `BLK_ENA`.
    ///
    /// The substituted value is a string; libiec61850 makes it a boolean.
    fn create_cdc_vss(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::vss(self.handle(), name, options)
    }

    /// Security violation counting. Options: `ADDR`, `ADDINFO`.
    fn create_cdc_sec(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::sec(self.handle(), name, options)
    }

    /// Protection activation information with direction. Options: `PHASE_A`, `PHASE_B`,
    /// `PHASE_C`, `PHASE_NEUT`.
    fn create_cdc_acd(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::acd(self.handle(), name, options)
    }

    /// Protection activation information. Options: `PHASE_A`, `PHASE_B`, `PHASE_C`, `PHASE_NEUT`.
    fn create_cdc_act(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        status::act(self.handle(), name, options)
    }

    /// History of at most `max_pts` values. Options: `UNIT_MULTIPLIER`.
    ///
    /// `maxPts` starts with `max_pts`; in libiec61850 with 0.
    fn create_cdc_hst(
        &self,
        name: &str,
        max_pts: u16,
        options: CdcOptions,
    ) -> Result<DataObject, Error> {
        status::hst(self.handle(), name, max_pts, options)
    }

    /// Measured value. Options: `INST_MAG`, `RANGE`.
    fn create_cdc_mv(
        &self,
        name: &str,
        is_integer_not_float: bool,
        options: CdcOptions,
    ) -> Result<DataObject, Error> {
        measured::mv(self.handle(), name, is_integer_not_float, options)
    }

    /// Complex measured value. Options: `INST_MAG`, `RANGE`, `RANGE_ANG`, and `AC_CLC_O` for the
    /// angle.
    fn create_cdc_cmv(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        measured::cmv(self.handle(), name, options)
    }

    /// Sampled value. Options: `UNIT` with `UNIT_MULTIPLIER`, `AC_SCAV`, `MIN`, `MAX`.
    fn create_cdc_sav(
        &self,
        name: &str,
        is_integer_not_float: bool,
        options: CdcOptions,
    ) -> Result<DataObject, Error> {
        measured::sav(self.handle(), name, is_integer_not_float, options)
    }

    /// Phase to ground values of a three-phase system: six complex measured values. Options:
    /// `ANGLE_REF`, and for the measured values those of
    /// [`create_cdc_cmv`](CdcFactory::create_cdc_cmv).
    fn create_cdc_wye(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        measured::wye(self.handle(), name, options)
    }

    /// Phase to phase values of a three-phase system: three complex measured values. Options as
    /// for [`create_cdc_wye`](CdcFactory::create_cdc_wye).
    fn create_cdc_del(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        measured::del(self.handle(), name, options)
    }

    /// Single point setting.
    fn create_cdc_spg(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        setting::spg(self.handle(), name, options)
    }

    /// Visible string setting.
    fn create_cdc_vsg(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        setting::vsg(self.handle(), name, options)
    }

    /// Enumerated setting.
    fn create_cdc_eng(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        setting::eng(self.handle(), name, options)
    }

    /// Integer setting. Options: `UNIT` with `UNIT_MULTIPLIER`, `MIN`, `MAX`, `STEP_SIZE`.
    fn create_cdc_ing(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        setting::ing(self.handle(), name, options)
    }

    /// Analogue setting. Options: `UNIT` with `UNIT_MULTIPLIER`, `AC_SCAV`, `MIN`, `MAX`,
    /// `STEP_SIZE`.
    fn create_cdc_asg(
        &self,
        name: &str,
        is_integer_not_float: bool,
        options: CdcOptions,
    ) -> Result<DataObject, Error> {
        setting::asg(self.handle(), name, is_integer_not_float, options)
    }

    /// Name plate of a logical node.
    fn create_cdc_lpl(&self, name: &str, options: CdcOptions) -> Result<DataObject, Error> {
        description::lpl(self.handle(), name, options)
    }

    /// Name plate of a device.
    fn create_cdc_dpl(
        &self,
        name: &str,
        dpl_options: DplOptions,
        options: CdcOptions,
    ) -> Result<DataObject, Error> {
        description::dpl(self.handle(), name, dpl_options, options)
    }

    /// Controllable single point. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_spc(
        &self,
        name: &str,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        control::spc(self.handle(), name, options, control_options)
    }

    /// Controllable double point. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_dpc(
        &self,
        name: &str,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        control::dpc(self.handle(), name, options, control_options)
    }

    /// Controllable integer. Options: `PICS_SUBST`, `BLK_ENA`, `MIN`, `MAX`, `STEP_SIZE`.
    fn create_cdc_inc(
        &self,
        name: &str,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        control::inc(self.handle(), name, options, control_options)
    }

    /// Controllable enumeration. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_enc(
        &self,
        name: &str,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        control::enc(self.handle(), name, options, control_options)
    }

    /// Binary controlled step position. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_bsc(
        &self,
        name: &str,
        has_transient_indicator: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let transient = has_transient_indicator;
        control::bsc(self.handle(), name, transient, options, control_options)
    }

    /// Integer controlled step position. Options: `PICS_SUBST`, `BLK_ENA`, `MIN`, `MAX`.
    fn create_cdc_isc(
        &self,
        name: &str,
        has_transient_indicator: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let transient = has_transient_indicator;
        control::isc(self.handle(), name, transient, options, control_options)
    }

    /// Controllable analogue value. Options: `PICS_SUBST`, `BLK_ENA`.
    fn create_cdc_apc(
        &self,
        name: &str,
        is_integer_not_float: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let integer = is_integer_not_float;
        control::apc(self.handle(), name, integer, options, control_options)
    }

    /// Binary controlled analogue value. Options: `PICS_SUBST`, `BLK_ENA`, `MIN`, `MAX`,
    /// `STEP_SIZE`.
    ///
    /// There is one control block, which takes a step command of two bits, and it has all control
    /// options; libiec61850 makes two of the same name, without `opRcvd`, `opOk` and `tOpOk`.
    fn create_cdc_bac(
        &self,
        name: &str,
        is_integer_not_float: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let integer = is_integer_not_float;
        control::bac(self.handle(), name, integer, options, control_options)
    }

    /// Set point value of a wind power plant. Options: `UNIT` with `UNIT_MULTIPLIER`, `MIN`, `MAX`;
    /// of [`WpOptions`]: `MIN_MX_VAL`, `MAX_MX_VAL`, `TOT_AV_VAL`, `SDV_VAL`, `SP_ACS`,
    /// `CHA_PER_RS`. The control options are those of the set point.
    fn create_cdc_spv(
        &self,
        name: &str,
        wp_options: WpOptions,
        has_cha_man_rs: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let wp = (wp_options, has_cha_man_rs);
        wind_power::spv(self.handle(), name, wp, options, control_options)
    }

    /// Status value of a wind power plant. It has no [`WpOptions`] and no control options.
    fn create_cdc_stv(
        &self,
        name: &str,
        wp_options: WpOptions,
        has_old_status: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let wp = (wp_options, has_old_status);
        wind_power::stv(self.handle(), name, wp, options, control_options)
    }

    /// Command of a wind power plant. Of [`WpOptions`]: `CM_ACS`. The control options are those of
    /// the command.
    ///
    /// As in libiec61850, `has_cm_tm` and `has_cm_ct` add no attributes.
    #[allow(clippy::too_many_arguments, reason = "the signature of py61850")]
    fn create_cdc_cmd(
        &self,
        name: &str,
        wp_options: WpOptions,
        has_old_status: bool,
        has_cm_tm: bool,
        has_cm_ct: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let _ = (has_cm_tm, has_cm_ct);
        let wp = (wp_options, has_old_status);
        wind_power::cmd(self.handle(), name, wp, options, control_options)
    }

    /// Alarm of a wind power plant. It has no [`WpOptions`] and no control options: the
    /// acknowledgement is always a direct control with normal security.
    fn create_cdc_alm(
        &self,
        name: &str,
        wp_options: WpOptions,
        has_old_status: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let wp = (wp_options, has_old_status);
        wind_power::alm(self.handle(), name, wp, options, control_options)
    }

    /// Event counting of a wind power plant. Of [`WpOptions`]: `TM_TOT` for the total and those of
    /// `COUNTING_ALL`. It has no control options: resets are always direct controls with normal
    /// security.
    ///
    /// The yearly counts are `yly`; libiec61850 makes a second `mly`.
    fn create_cdc_cte(
        &self,
        name: &str,
        wp_options: WpOptions,
        has_his_rs: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let wp = (wp_options, has_his_rs);
        wind_power::cte(self.handle(), name, wp, options, control_options)
    }

    /// Timing of a wind power plant. Options and difference as for
    /// [`create_cdc_cte`](CdcFactory::create_cdc_cte).
    fn create_cdc_tms(
        &self,
        name: &str,
        wp_options: WpOptions,
        has_his_rs: bool,
        options: CdcOptions,
        control_options: CdcControlModelOptions,
    ) -> Result<DataObject, Error> {
        let wp = (wp_options, has_his_rs);
        wind_power::tms(self.handle(), name, wp, options, control_options)
    }
}

impl CdcFactory for LogicalNode {}

impl CdcFactory for DataObject {}
