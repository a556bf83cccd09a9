use super::numbered;
use mms::BitString;

bitflags::bitflags! {
    /// What causes reports, GOOSE messages and log entries: of a data attribute, which of its
    /// changes count; of a control block, which causes it acts on.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct TriggerOptions: u8 {
        /// The value changed (`dchg`).
        const DATA_CHANGED = 1;
        /// The quality changed (`qchg`).
        const QUALITY_CHANGED = 2;
        /// The value was written, changed or not (`dupd`).
        const DATA_UPDATE = 4;
        /// The integrity period passed.
        const INTEGRITY = 8;
        /// General interrogation.
        const GI = 16;
        /// The attribute is transient: only its rising edge counts.
        const TRANSIENT = 128;
    }
}

/// The name of [`TriggerOptions`] for control blocks in py61850.
pub type ReportTriggerOptions = TriggerOptions;

/// The name of [`TriggerOptions`] for attributes in py61850.
pub type DataAttributeTriggerOptions = TriggerOptions;

impl TriggerOptions {
    /// The options of a report control block when nothing else is said: data change, integrity and
    /// general interrogation.
    pub const REPORT_DEFAULT: TriggerOptions = TriggerOptions::DATA_CHANGED
        .union(TriggerOptions::INTEGRITY)
        .union(TriggerOptions::GI);

    const WIRE: u8 = 0x1f;
}

impl From<TriggerOptions> for BitString {
    /// The `TrgOps` of a control block: six bits, the first of which is reserved.
    fn from(options: TriggerOptions) -> Self {
        BitString::from_integer(6, u32::from(options.bits() & TriggerOptions::WIRE) << 1)
    }
}

impl From<&BitString> for TriggerOptions {
    /// From the `TrgOps` of a control block; missing bits count as zero.
    fn from(bits: &BitString) -> Self {
        TriggerOptions::from_bits_truncate((bits.to_integer() >> 1) as u8 & TriggerOptions::WIRE)
    }
}

bitflags::bitflags! {
    /// The optional fields of a report (`OptFlds`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct ReportOptions: u16 {
        /// Sequence number.
        const SEQ_NUM = 1;
        /// Time of the entry.
        const TIME_STAMP = 2;
        /// Why each member is included.
        const REASON_FOR_INCLUSION = 4;
        /// Name of the data set.
        const DATA_SET = 8;
        /// Names of the included members.
        const DATA_REFERENCE = 16;
        /// Whether entries were lost before this one (buffered reports).
        const BUFFER_OVERFLOW = 32;
        /// Identifier of the entry (buffered reports).
        const ENTRY_ID = 64;
        /// Configuration revision.
        const CONF_REV = 128;
        /// Segments of one report are numbered; the server sets it.
        const SEGMENTATION = 256;
        /// All fields.
        const ALL = 511;
    }
}

impl ReportOptions {
    /// No optional fields.
    pub const NONE: ReportOptions = ReportOptions::empty();

    /// The fields of a report control block when nothing else is said: all but the names of the
    /// members and segmentation.
    pub const REPORT_DEFAULT: ReportOptions = ReportOptions::from_bits_truncate(239);
}

impl From<ReportOptions> for BitString {
    /// The `OptFlds` of a control block: ten bits, the first of which is reserved.
    fn from(options: ReportOptions) -> Self {
        BitString::from_integer(10, u32::from(options.bits()) << 1)
    }
}

impl From<&BitString> for ReportOptions {
    /// From the `OptFlds` of a control block; missing bits count as zero.
    fn from(bits: &BitString) -> Self {
        ReportOptions::from_bits_truncate((bits.to_integer() >> 1) as u16)
    }
}

bitflags::bitflags! {
    /// The attributes of report control blocks that clients may be allowed to write.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct ReportSetting: u8 {
        /// RptID.
        const RPT_ID = 1;
        /// BufTm.
        const BUF_TIME = 2;
        /// DatSet.
        const DATSET = 4;
        /// TrgOps.
        const TRG_OPS = 8;
        /// OptFlds.
        const OPT_FIELDS = 16;
        /// IntgPd.
        const INTG_PD = 32;
    }
}

numbered! {
    /// What happened to a report control block.
    RcbEventType: i32 {
        /// A client read an attribute.
        GetParameter = 0,
        /// A client wrote an attribute.
        SetParameter = 1,
        /// The control block is free again.
        Unreserved = 2,
        /// A client reserved it.
        Reserved = 3,
        /// Reporting was enabled.
        Enable = 4,
        /// Reporting was disabled.
        Disable = 5,
        /// A general interrogation was asked for.
        Gi = 6,
        /// The buffer was emptied.
        PurgeBuf = 7,
        /// Entries were lost.
        Overflow = 8,
        /// A report was made.
        ReportCreated = 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_the_wire() {
        // Measured: the full mask of OptFlds reads 0111111110, TrgOps starts with a reserved bit.
        let all_of_c = ReportOptions::from_bits_truncate(255);
        assert_eq!(BitString::from(all_of_c).to_string(), "0111111110");
        assert_eq!(
            BitString::from(TriggerOptions::REPORT_DEFAULT).to_string(),
            "010011"
        );
        for bits in 0..=511 {
            let options = ReportOptions::from_bits_truncate(bits);
            assert_eq!(ReportOptions::from(&BitString::from(options)), options);
        }
        for bits in 0..32 {
            let options = TriggerOptions::from_bits_truncate(bits);
            assert_eq!(TriggerOptions::from(&BitString::from(options)), options);
        }
        assert_eq!(
            BitString::from(TriggerOptions::TRANSIENT).to_string(),
            "000000"
        );
    }

    #[test]
    fn defaults_are_those_of_py61850() {
        assert_eq!(TriggerOptions::REPORT_DEFAULT.bits(), 25);
        assert_eq!(ReportOptions::REPORT_DEFAULT.bits(), 239);
    }
}
