//! Reports.

use super::super::callbacks::guarded;
use super::super::owned::{c_text, text_of, value_of};
use super::convert::{elements, or_null};
use super::{CConnection, Callbacks};
use crate::ReportOptions;
use crate::client::{IncludedMember, ReasonForInclusion, ReportMessage};
use libiec61850_sys as sys;
use mms::{BinaryTime, MmsValue};
use std::ffi::c_void;
use std::sync::Arc;

/// What the handler of the reports of one control block is given.
pub(super) struct Slot {
    /// `LD/LN.RP.name`.
    reference: String,
    callbacks: Arc<Callbacks>,
}

unsafe extern "C" fn report_came(parameter: *mut c_void, report: sys::ClientReport) {
    guarded((), || {
        // SAFETY: the parameter is a slot of the connection, which is freed behind it.
        let Some(slot) = (unsafe { parameter.cast::<Slot>().as_ref() }) else {
            return;
        };
        // SAFETY: the report is alive during this call, and nobody changes it meanwhile.
        let message = unsafe { message(report) };
        // Callbacks of the application are queued, which needs a runtime.
        let _context = slot.callbacks.runtime.enter();
        slot.callbacks.heard.report(&slot.reference, message);
    });
}

/// # Safety
/// The report is alive and nobody changes it.
unsafe fn message(report: sys::ClientReport) -> ReportMessage {
    // SAFETY: as the caller says; all of these only read, and what they give belongs to the report.
    unsafe {
        let mut options = ReportOptions::empty();
        let mut given = |is_given: bool, option| {
            options.set(option, is_given);
            is_given
        };
        let sq_num = given(sys::ClientReport_hasSeqNum(report), ReportOptions::SEQ_NUM)
            .then(|| sys::ClientReport_getSeqNum(report).into());
        let has_time = sys::ClientReport_hasTimestamp(report);
        let time_of_entry = given(has_time, ReportOptions::TIME_STAMP)
            .then(|| BinaryTime::from_ms(sys::ClientReport_getTimestamp(report)));
        let has_name = sys::ClientReport_hasDataSetName(report);
        let dat_set = given(has_name, ReportOptions::DATA_SET)
            .then(|| text_of(sys::ClientReport_getDataSetName(report)))
            .flatten();
        let has_overflow = sys::ClientReport_hasBufOvfl(report);
        let buf_ovfl = given(has_overflow, ReportOptions::BUFFER_OVERFLOW)
            .then(|| sys::ClientReport_getBufOvfl(report));
        let entry = sys::ClientReport_getEntryId(report);
        let entry_id = match (entry.is_null(), value_of(entry)) {
            (false, MmsValue::OctetString(octets)) => Some(octets),
            _ => None,
        };
        given(entry_id.is_some(), ReportOptions::ENTRY_ID);
        let has_revision = sys::ClientReport_hasConfRev(report);
        let conf_rev = given(has_revision, ReportOptions::CONF_REV)
            .then(|| sys::ClientReport_getConfRev(report));
        let is_segment = sys::ClientReport_hasSubSeqNum(report);
        let segment = given(is_segment, ReportOptions::SEGMENTATION).then(|| {
            (
                sys::ClientReport_getSubSeqNum(report).into(),
                sys::ClientReport_getMoreSeqmentsFollow(report),
            )
        });
        let has_references = given(
            sys::ClientReport_hasDataReference(report),
            ReportOptions::DATA_REFERENCE,
        );
        let has_reasons = given(
            sys::ClientReport_hasReasonForInclusion(report),
            ReportOptions::REASON_FOR_INCLUSION,
        );
        let values = elements(sys::ClientReport_getDataSetValues(report));
        let members = values.len();
        let included = values
            .into_iter()
            .enumerate()
            .filter_map(|(index, value)| {
                let element = i32::try_from(index).ok()?;
                let reason = sys::ClientReport_getReasonForInclusion(report, element);
                if reason == 0 {
                    return None;
                }
                // IEC61850_REASON_NOT_INCLUDED was 0; the others are our bits.
                let bits = u8::try_from(reason).unwrap_or(0);
                Some(IncludedMember {
                    index,
                    data_reference: has_references
                        .then(|| text_of(sys::ClientReport_getDataReference(report, element)))
                        .flatten(),
                    value,
                    reason: match has_reasons {
                        true => ReasonForInclusion::from_bits_truncate(bits),
                        false => ReasonForInclusion::UNKNOWN,
                    },
                })
            })
            .collect();
        ReportMessage {
            rpt_id: text_of(sys::ClientReport_getRptId(report)).unwrap_or_default(),
            opt_flds: options,
            sq_num,
            time_of_entry,
            dat_set,
            buf_ovfl,
            entry_id,
            conf_rev,
            segment,
            members,
            included,
        }
    }
}

impl CConnection {
    /// Has the reports of a control block handed on, those with this identifier; an empty one is the
    /// library's own (the reference of the control block).
    ///
    /// No lock may be held that is taken when a report comes.
    pub(crate) fn follow_reports(&self, rcb: &str, rpt_id: &str) {
        let Some(end) = &self.connection.end else {
            return;
        };
        let pointer: *mut c_void = {
            let mut slots = end.slots.lock();
            let slot = slots.entry(rcb.to_owned()).or_insert_with(|| {
                Arc::new(Slot {
                    reference: rcb.to_owned(),
                    callbacks: end.callbacks.clone(),
                })
            });
            Arc::as_ptr(slot).cast_mut().cast()
        };
        let name = c_text(rcb);
        let rpt_id = Some(c_text(rpt_id)).filter(|id| !id.is_empty());
        // SAFETY: the connection is alive, the texts are copied; the slot outlives the connection.
        unsafe {
            sys::IedConnection_installReportHandler(
                self.connection.raw.ied(),
                name.as_ptr(),
                or_null(rpt_id.as_ref()),
                Some(report_came),
                pointer,
            );
        }
    }

    /// Nobody wants the reports of a control block any more.
    pub(crate) fn ignore_reports(&self, rcb: &str) {
        let name = c_text(rcb);
        // SAFETY: the connection is alive, the text is only read.
        unsafe {
            sys::IedConnection_uninstallReportHandler(self.connection.raw.ied(), name.as_ptr());
        }
    }
}
