//! Reports on the wire: IEC 61850-8-1, information report of the variable list `RPT`.

use crate::{ReportOptions, TriggerOptions};
use mms::{BinaryTime, BitString, MmsValue};

bitflags::bitflags! {
    /// Why a member is in a report, in the numbers of libiec61850.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct ReasonForInclusion: u8 {
        /// Its value changed.
        const DATA_CHANGE = 1;
        /// Its quality changed.
        const QUALITY_CHANGE = 2;
        /// It was updated.
        const DATA_UPDATE = 4;
        /// The integrity period was over.
        const INTEGRITY = 8;
        /// A client asked for all members (general interrogation).
        const GI = 16;
        /// The report does not say why.
        const UNKNOWN = 32;
    }
}

impl ReasonForInclusion {
    /// It is not in the report.
    pub const NOT_INCLUDED: ReasonForInclusion = ReasonForInclusion::empty();
}

impl From<&BitString> for ReasonForInclusion {
    /// The bits have the order of TrgOps.
    fn from(bits: &BitString) -> Self {
        ReasonForInclusion::from_bits_truncate(TriggerOptions::from(bits).bits())
    }
}

/// Why the values of an information report are no report. Nothing of it is used then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// There are fewer values than the optional fields and the inclusion bit string say.
    #[error("the report ends before its {0}")]
    Missing(&'static str),
    /// A value is of another type than it should be.
    #[error("the {0} of the report is of a wrong type or size")]
    WrongType(&'static str),
    /// There are more values than the optional fields and the inclusion bit string say.
    #[error("the report has {0} values more than it should")]
    TooLong(usize),
}

/// A member that is in a report.
#[derive(Clone, Debug, PartialEq)]
pub struct IncludedMember {
    /// Its place in the data set.
    pub index: usize,
    /// Its reference, if the report says it.
    pub data_reference: Option<String>,
    /// Its value.
    pub value: MmsValue,
    /// Why it is there; [`ReasonForInclusion::UNKNOWN`] if the report does not say.
    pub reason: ReasonForInclusion,
}

/// A report, or a segment of one, as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportMessage {
    /// Identifies the control block.
    pub rpt_id: String,
    /// The optional fields that are there.
    pub opt_flds: ReportOptions,
    /// Number of the report.
    pub sq_num: Option<u32>,
    /// When it was made.
    pub time_of_entry: Option<BinaryTime>,
    /// The data set, as the server names it.
    pub dat_set: Option<String>,
    /// Whether entries of the buffer before it were lost.
    pub buf_ovfl: Option<bool>,
    /// Identifies the entry in the buffer.
    pub entry_id: Option<Vec<u8>>,
    /// Revision of the configuration.
    pub conf_rev: Option<u32>,
    /// Number of the segment and whether more follow.
    pub segment: Option<(u32, bool)>,
    /// Number of members of the data set.
    pub members: usize,
    /// The members that are in it, in their order.
    pub included: Vec<IncludedMember>,
}

struct Values<I>(I);

impl<I: ExactSizeIterator<Item = MmsValue>> Values<I> {
    fn next(&mut self, what: &'static str) -> Result<MmsValue, ReportError> {
        self.0.next().ok_or(ReportError::Missing(what))
    }

    fn take<T>(
        &mut self,
        what: &'static str,
        convert: impl FnOnce(&MmsValue) -> Option<T>,
    ) -> Result<T, ReportError> {
        convert(&self.next(what)?).ok_or(ReportError::WrongType(what))
    }
}

fn text(value: &MmsValue) -> Option<String> {
    value.to_string_value().ok().map(str::to_owned)
}

impl ReportMessage {
    /// Reads the values of an information report of `RPT`.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn decode(values: Vec<MmsValue>) -> Result<Self, ReportError> {
        let mut values = Values(values.into_iter());
        let rpt_id = values.take("RptID", text)?;
        let opt_flds = values.take("OptFlds", |value| {
            value.to_bits().ok().map(ReportOptions::from)
        })?;
        let has = |option| opt_flds.contains(option);
        let number = |value: &MmsValue| value.to_uint32().ok();
        let mut message = ReportMessage {
            rpt_id,
            opt_flds,
            sq_num: None,
            time_of_entry: None,
            dat_set: None,
            buf_ovfl: None,
            entry_id: None,
            conf_rev: None,
            segment: None,
            members: 0,
            included: vec![],
        };
        if has(ReportOptions::SEQ_NUM) {
            message.sq_num = Some(values.take("SqNum", number)?);
        }
        if has(ReportOptions::TIME_STAMP) {
            let time = values.take("TimeOfEntry", |value| value.to_binary_time().ok())?;
            message.time_of_entry = Some(time);
        }
        if has(ReportOptions::DATA_SET) {
            message.dat_set = Some(values.take("DatSet", text)?);
        }
        if has(ReportOptions::BUFFER_OVERFLOW) {
            message.buf_ovfl = Some(values.take("BufOvfl", |value| value.to_bool().ok())?);
        }
        if has(ReportOptions::ENTRY_ID) {
            let octets = |value: &MmsValue| value.to_octet_string().ok().map(<[u8]>::to_vec);
            message.entry_id = Some(values.take("EntryID", octets)?);
        }
        if has(ReportOptions::CONF_REV) {
            message.conf_rev = Some(values.take("ConfRev", number)?);
        }
        if has(ReportOptions::SEGMENTATION) {
            let number = values.take("SubSqNum", number)?;
            let more = values.take("MoreSegmentsFollow", |value| value.to_bool().ok())?;
            message.segment = Some((number, more));
        }
        let inclusion = values.take("Inclusion", |value| value.to_bits().ok().cloned())?;
        message.members = inclusion.len();
        let indices: Vec<usize> = (0..inclusion.len())
            .filter(|at| inclusion.get(*at))
            .collect();
        let references = match has(ReportOptions::DATA_REFERENCE) {
            true => indices
                .iter()
                .map(|_| values.take("DataRef", text).map(Some))
                .collect::<Result<Vec<_>, _>>()?,
            false => vec![None; indices.len()],
        };
        for (index, data_reference) in indices.into_iter().zip(references) {
            message.included.push(IncludedMember {
                index,
                data_reference,
                value: values.next("Value")?,
                reason: ReasonForInclusion::UNKNOWN,
            });
        }
        if has(ReportOptions::REASON_FOR_INCLUSION) {
            for member in &mut message.included {
                member.reason = values.take("ReasonCode", |value| {
                    value.to_bits().ok().map(ReasonForInclusion::from)
                })?;
            }
        }
        match values.0.len() {
            0 => Ok(message),
            more => Err(ReportError::TooLong(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> MmsValue {
        let mut bits = BitString::new(text.len());
        for (at, bit) in text.bytes().enumerate() {
            bits.set(at, bit == b'1');
        }
        MmsValue::BitString(bits)
    }

    /// All fields of a buffered report with two of three members.
    fn full() -> Vec<MmsValue> {
        vec![
            MmsValue::VisibleString("id".into()),
            bits("0111111111"),
            MmsValue::Unsigned(7),
            MmsValue::BinaryTime(BinaryTime {
                ms: 1,
                days: Some(9000),
            }),
            MmsValue::VisibleString("LD/LLN0$ds".into()),
            MmsValue::Boolean(true),
            MmsValue::OctetString(vec![0, 0, 0, 0, 0, 0, 0, 5]),
            MmsValue::Unsigned(2),
            MmsValue::Unsigned(1),
            MmsValue::Boolean(false),
            bits("101"),
            MmsValue::VisibleString("LD/A".into()),
            MmsValue::VisibleString("LD/C".into()),
            MmsValue::Boolean(true),
            MmsValue::Integer(4),
            bits("010000"),
            bits("000010"),
        ]
    }

    #[test]
    fn every_field() {
        let message = ReportMessage::decode(full()).unwrap();
        assert_eq!(message.sq_num, Some(7));
        assert_eq!(message.segment, Some((1, false)));
        assert_eq!(
            message.entry_id.as_deref(),
            Some(&[0, 0, 0, 0, 0, 0, 0, 5][..])
        );
        assert_eq!((message.buf_ovfl, message.conf_rev), (Some(true), Some(2)));
        assert_eq!(message.members, 3);
        let indices: Vec<usize> = message.included.iter().map(|m| m.index).collect();
        assert_eq!(indices, [0, 2]);
        let last = &message.included[1];
        assert_eq!(last.data_reference.as_deref(), Some("LD/C"));
        assert_eq!(last.value, MmsValue::Integer(4));
        assert_eq!(last.reason, ReasonForInclusion::INTEGRITY);
        assert_eq!(message.included[0].reason, ReasonForInclusion::DATA_CHANGE);
    }

    #[test]
    fn cut_long_and_wrong() {
        for length in 0..full().len() {
            let mut values = full();
            values.truncate(length);
            let error = ReportMessage::decode(values).unwrap_err();
            assert!(
                matches!(error, ReportError::Missing(_)),
                "{length}: {error}"
            );
        }
        let mut values = full();
        values.push(MmsValue::Boolean(true));
        assert_eq!(ReportMessage::decode(values), Err(ReportError::TooLong(1)));
        for at in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15] {
            let mut values = full();
            values[at] = MmsValue::Float32(1.0);
            let error = ReportMessage::decode(values).unwrap_err();
            assert!(matches!(error, ReportError::WrongType(_)), "{at}: {error}");
        }
    }
}
