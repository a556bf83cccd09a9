use super::ControlModel;

bitflags::bitflags! {
    /// Optional attributes of the data objects that the `create_cdc_` methods make.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct CdcOptions: u32 {
        /// Substitution: subEna, subVal, subQ, subID.
        const PICS_SUBST = 1 << 0;
        /// blkEna.
        const BLK_ENA = 1 << 1;
        /// d.
        const DESC = 1 << 2;
        /// dU.
        const DESC_UNICODE = 1 << 3;
        /// cdcNs and cdcName.
        const AC_DLNDA = 1 << 4;
        /// dataNs.
        const AC_DLN = 1 << 5;
        /// units.
        const UNIT = 1 << 6;
        /// Frozen value of a counter: frVal, frTm, frEna, strTm, frPd, frRs.
        const FROZEN_VALUE = 1 << 7;
        /// addr.
        const ADDR = 1 << 8;
        /// addInfo.
        const ADDINFO = 1 << 9;
        /// Instantaneous value: instMag or instCVal.
        const INST_MAG = 1 << 10;
        /// range.
        const RANGE = 1 << 11;
        /// multiplier in units.
        const UNIT_MULTIPLIER = 1 << 12;
        /// Scaled value configuration: sVC.
        const AC_SCAV = 1 << 13;
        /// min or minVal.
        const MIN = 1 << 14;
        /// max or maxVal.
        const MAX = 1 << 15;
        /// Angle of a vector.
        const AC_CLC_O = 1 << 16;
        /// rangeAng.
        const RANGE_ANG = 1 << 17;
        /// Phase A.
        const PHASE_A = 1 << 18;
        /// Phase B.
        const PHASE_B = 1 << 19;
        /// Phase C.
        const PHASE_C = 1 << 20;
        /// Neutral.
        const PHASE_NEUT = 1 << 21;
        /// Phases A, B and C.
        const PHASES_ABC = 0x1C_0000;
        /// Phases A, B, C and neutral.
        const PHASES_ALL = 0x3C_0000;
        /// stepSize.
        const STEP_SIZE = 1 << 22;
        /// angRef.
        const ANGLE_REF = 1 << 23;
    }
}

bitflags::bitflags! {
    /// Optional attributes of the name plate of a device (`create_cdc_dpl`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct DplOptions: u32 {
        /// hwRev.
        const HWREV = 1 << 17;
        /// swRev.
        const SWREV = 1 << 18;
        /// serNum.
        const SERNUM = 1 << 19;
        /// model.
        const MODEL = 1 << 20;
        /// location.
        const LOCATION = 1 << 21;
    }
}

bitflags::bitflags! {
    /// How a controllable data object is controlled: a control model in the lowest four bits, and
    /// options.
    ///
    /// The control model is a number, not a set of flags: combine options with one of the
    /// `MODEL_DIRECT_` or `MODEL_SBO_` constants, or start from a [`ControlModel`] with
    /// `CdcControlModelOptions::from`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct CdcControlModelOptions: u32 {
        /// Status only.
        const MODEL_NONE = 0;
        /// Direct control with normal security.
        const MODEL_DIRECT_NORMAL = 1;
        /// Select before operate with normal security.
        const MODEL_SBO_NORMAL = 2;
        /// Direct control with enhanced security.
        const MODEL_DIRECT_ENHANCED = 3;
        /// Select before operate with enhanced security.
        const MODEL_SBO_ENHANCED = 4;
        /// Cancel.
        const MODEL_HAS_CANCEL = 1 << 4;
        /// operTm in Oper, SBOw and Cancel.
        const MODEL_IS_TIME_ACTIVATED = 1 << 5;
        /// origin beside the value.
        const OPTION_ORIGIN = 1 << 6;
        /// ctlNum beside the value.
        const OPTION_CTL_NUM = 1 << 7;
        /// stSeld.
        const OPTION_ST_SELD = 1 << 8;
        /// opRcvd.
        const OPTION_OP_RCVD = 1 << 9;
        /// opOk.
        const OPTION_OP_OK = 1 << 10;
        /// tOpOk.
        const OPTION_T_OP_OK = 1 << 11;
        /// sboTimeout.
        const OPTION_SBO_TIMEOUT = 1 << 12;
        /// sboClass.
        const OPTION_SBO_CLASS = 1 << 13;
        /// operTimeout.
        const OPTION_OPER_TIMEOUT = 1 << 14;
    }
}

impl CdcControlModelOptions {
    const MODEL_MASK: u32 = 0xf;

    /// The control model; `None` for numbers above 4, which no model has.
    pub fn control_model(self) -> Option<ControlModel> {
        ControlModel::from_value((self.bits() & Self::MODEL_MASK) as i32)
    }
}

impl From<ControlModel> for CdcControlModelOptions {
    fn from(model: ControlModel) -> Self {
        Self::from_bits_retain(model.value() as u32)
    }
}

bitflags::bitflags! {
    /// Optional attributes of the wind power data objects of IEC 61400-25.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct WpOptions: u32 {
        /// minMxVal.
        const MIN_MX_VAL = 1 << 10;
        /// maxMxVal.
        const MAX_MX_VAL = 1 << 11;
        /// totAvVal.
        const TOT_AV_VAL = 1 << 12;
        /// sdvVal.
        const SDV_VAL = 1 << 13;
        /// incRate.
        const INC_RATE = 1 << 14;
        /// decRate.
        const DEC_RATE = 1 << 15;
        /// spAcs.
        const SP_ACS = 1 << 16;
        /// chaPerRs.
        const CHA_PER_RS = 1 << 17;
        /// cmAcs.
        const CM_ACS = 1 << 18;
        /// Time or counting total: tmTot or ctTot.
        const TM_TOT = 1 << 19;
        /// dly.
        const COUNTING_DAILY = 1 << 20;
        /// mly.
        const COUNTING_MONTHLY = 1 << 21;
        /// yly.
        const COUNTING_YEARLY = 1 << 22;
        /// tot.
        const COUNTING_TOTAL = 1 << 23;
        /// All countings.
        const COUNTING_ALL = 0xF0_0000;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_model_is_a_number() {
        let options = CdcControlModelOptions::MODEL_DIRECT_ENHANCED
            | CdcControlModelOptions::MODEL_HAS_CANCEL;
        assert_eq!(options.control_model(), Some(ControlModel::DirectEnhanced));
        assert_eq!(
            CdcControlModelOptions::from(ControlModel::SboEnhanced),
            CdcControlModelOptions::MODEL_SBO_ENHANCED
        );
        assert_eq!(
            CdcControlModelOptions::from_bits_retain(7).control_model(),
            None
        );
    }

    #[test]
    fn groups_of_flags() {
        assert_eq!(
            CdcOptions::PHASES_ALL,
            CdcOptions::PHASES_ABC | CdcOptions::PHASE_NEUT
        );
        assert_eq!(
            WpOptions::COUNTING_ALL,
            WpOptions::COUNTING_DAILY
                | WpOptions::COUNTING_MONTHLY
                | WpOptions::COUNTING_YEARLY
                | WpOptions::COUNTING_TOTAL
        );
    }
}
