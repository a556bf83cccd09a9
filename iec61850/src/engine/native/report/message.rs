//! Reports on the wire: IEC 61850-8-1, information report of the variable list `RPT`.

use super::super::lists::VariableListObject;
use super::pending::Included;
use crate::common::{ReportOptions, TriggerOptions};
use mms::ber::Writer;
use mms::pdu::{InformationReportWriter, write_list_name};
use mms::{BinaryTime, BitString, MmsValue, ObjectName};

/// What stands before the members.
pub(super) struct Head<'a> {
    pub(super) rpt_id: &'a MmsValue,
    /// As the client has set them.
    pub(super) options: ReportOptions,
    pub(super) sq_num: u16,
    /// Milliseconds since 1970.
    pub(super) time_ms: u64,
    pub(super) data_set: &'a MmsValue,
    pub(super) conf_rev: &'a MmsValue,
    /// Of a buffered report: whether entries before it were lost, and its EntryID.
    pub(super) buffered: Option<(bool, u64)>,
}

/// Optional fields that unbuffered reports do not have.
const BUFFERED_ONLY: ReportOptions = ReportOptions::BUFFER_OVERFLOW.union(ReportOptions::ENTRY_ID);

/// A member does not fit the PDU, not even alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// The service elements of a report, several when it has to be segmented. None is longer than
/// `room`.
pub(super) fn encode(
    head: &Head<'_>,
    list: &VariableListObject,
    included: &[Included],
    values: &[u8],
    room: usize,
) -> Result<Vec<Vec<u8>>, TooLong> {
    let content = Content {
        head,
        list,
        values,
        room,
    };
    if let Some(whole) = content.segment(included, None) {
        return Ok(vec![whole]);
    }
    let mut segments = Vec::new();
    let mut rest = included;
    while !rest.is_empty() {
        let number = u16::try_from(segments.len()).map_err(|_| TooLong)?;
        let mut count = content.estimate(rest);
        // The estimate is on the safe side, but for the last few octets of lengths.
        let segment = loop {
            let (now, later) = rest.split_at(count);
            let segment = content.segment(now, Some((number, !later.is_empty())));
            match segment {
                Some(segment) => {
                    rest = later;
                    break segment;
                }
                None if count > 1 => count -= 1,
                None => return Err(TooLong),
            }
        };
        segments.push(segment);
    }
    Ok(segments)
}

struct Content<'a> {
    head: &'a Head<'a>,
    list: &'a VariableListObject,
    values: &'a [u8],
    room: usize,
}

impl Content<'_> {
    fn options(&self) -> ReportOptions {
        let options = self.head.options - ReportOptions::SEGMENTATION;
        match self.head.buffered {
            Some(_) => options,
            None => options - BUFFERED_ONLY,
        }
    }

    /// How many of the members fit into one segment, at least one.
    fn estimate(&self, included: &[Included]) -> usize {
        let options = self.options();
        let empty = self.length(&[], Some((u16::MAX, true)));
        let mut left = self.room.saturating_sub(empty);
        let mut count = 0;
        for included in included {
            let mut length = included.value.len();
            if options.contains(ReportOptions::REASON_FOR_INCLUSION) {
                length += 4;
            }
            if options.contains(ReportOptions::DATA_REFERENCE) {
                length += self.reference(included.member).len() + 2;
            }
            if length > left {
                break;
            }
            left -= length;
            count += 1;
        }
        count.max(1)
    }

    /// The length of a segment with these members.
    fn length(&self, included: &[Included], segment: Option<(u16, bool)>) -> usize {
        let mut out = Vec::new();
        self.write(&mut Writer::unbounded(&mut out), included, segment);
        out.len()
    }

    /// One segment, or the whole; `None` if it does not fit.
    fn segment(&self, included: &[Included], segment: Option<(u16, bool)>) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut w = Writer::new(&mut out, self.room);
        self.write(&mut w, included, segment);
        let fits = !w.overflowed();
        fits.then_some(out)
    }

    fn reference(&self, member: u32) -> String {
        let member = self.list.members.get(member as usize);
        member.map(|member| member.reference()).unwrap_or_default()
    }

    fn write(&self, w: &mut Writer<'_>, included: &[Included], segment: Option<(u16, bool)>) {
        let head = self.head;
        let options = self.options();
        let has = |option| options.contains(option);
        let report = InformationReportWriter::begin(w, |w| {
            write_list_name(w, ObjectName::Vmd("RPT"));
        });
        head.rpt_id.encode(w);
        let segmented = segment.map_or(ReportOptions::empty(), |_| ReportOptions::SEGMENTATION);
        MmsValue::BitString((options | segmented).into()).encode(w);
        if has(ReportOptions::SEQ_NUM) {
            MmsValue::Unsigned(head.sq_num.into()).encode(w);
        }
        if has(ReportOptions::TIME_STAMP) {
            MmsValue::BinaryTime(BinaryTime::from_ms(head.time_ms)).encode(w);
        }
        if has(ReportOptions::DATA_SET) {
            head.data_set.encode(w);
        }
        if let Some((overflow, id)) = head.buffered {
            if has(ReportOptions::BUFFER_OVERFLOW) {
                MmsValue::Boolean(overflow).encode(w);
            }
            if has(ReportOptions::ENTRY_ID) {
                MmsValue::OctetString(id.to_be_bytes().to_vec()).encode(w);
            }
        }
        if has(ReportOptions::CONF_REV) {
            head.conf_rev.encode(w);
        }
        if let Some((number, more_follows)) = segment {
            MmsValue::Unsigned(number.into()).encode(w);
            MmsValue::Boolean(more_follows).encode(w);
        }
        let mut inclusion = BitString::new(self.list.members.len());
        for included in included {
            inclusion.set(included.member as usize, true);
        }
        MmsValue::BitString(inclusion).encode(w);
        if has(ReportOptions::DATA_REFERENCE) {
            for included in included {
                MmsValue::VisibleString(self.reference(included.member)).encode(w);
            }
        }
        for included in included {
            let value = included.value.start as usize..included.value.end as usize;
            w.raw(self.values.get(value).unwrap_or_default());
        }
        if has(ReportOptions::REASON_FOR_INCLUSION) {
            for included in included {
                MmsValue::BitString(reason(included.reason)).encode(w);
            }
        }
        report.end(w);
    }
}

/// ReasonForInclusion has its bits in the order of TrgOps.
fn reason(reason: TriggerOptions) -> BitString {
    reason.into()
}
