//! The values of report control blocks.

use super::super::error::{Context, unexpected};
use super::super::target::BlockName;
use super::data_set_on_the_wire;
use crate::{Error, FunctionalConstraint, ReportOptions, TriggerOptions};
use chrono::{DateTime, Utc};
use mms::{BinaryTime, MmsValue};

bitflags::bitflags! {
    /// Attributes of a report control block, in the numbers of libiec61850.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct RcbElement: u32 {
        /// RptID.
        const RPT_ID = 1;
        /// RptEna.
        const RPT_ENA = 2;
        /// Resv, of unbuffered ones.
        const RESV = 4;
        /// DatSet.
        const DATSET = 8;
        /// ConfRev.
        const CONF_REV = 16;
        /// OptFlds.
        const OPT_FLDS = 32;
        /// BufTm.
        const BUF_TM = 64;
        /// SqNum.
        const SQ_NUM = 128;
        /// TrgOps.
        const TRG_OPS = 256;
        /// IntgPd.
        const INTG_PD = 512;
        /// GI.
        const GI = 1024;
        /// PurgeBuf, of buffered ones.
        const PURGE_BUF = 2048;
        /// EntryID, of buffered ones.
        const ENTRY_ID = 4096;
        /// TimeofEntry, of buffered ones.
        const TIME_OF_ENTRY = 8192;
        /// ResvTms, of buffered ones.
        const RESV_TMS = 16384;
        /// Owner.
        const OWNER = 32768;
    }
}

impl RcbElement {
    /// What stays as it is set when a connection is lost, or has to be set again.
    pub(crate) const SETTINGS: RcbElement = RcbElement::RPT_ID
        .union(RcbElement::DATSET)
        .union(RcbElement::OPT_FLDS)
        .union(RcbElement::BUF_TM)
        .union(RcbElement::TRG_OPS)
        .union(RcbElement::INTG_PD);
}

/// The values of a report control block, and which of them were changed since they were read.
#[derive(Clone, Debug, PartialEq)]
pub struct RcbValues {
    reference: String,
    buffered: bool,
    rpt_id: String,
    rpt_ena: bool,
    resv: Option<bool>,
    dat_set: String,
    conf_rev: u32,
    opt_flds: ReportOptions,
    buf_tm: u32,
    sq_num: u32,
    trg_ops: TriggerOptions,
    intg_pd: u32,
    gi: bool,
    purge_buf: Option<bool>,
    entry_id: Option<Vec<u8>>,
    time_of_entry: Option<BinaryTime>,
    resv_tms: Option<i16>,
    owner: Option<Vec<u8>>,
    changed: RcbElement,
    /// What this client ever wrote: the settings that are to be made again.
    written: RcbElement,
}

impl RcbValues {
    /// The attributes in their order; ResvTms and Owner need not be there.
    pub(crate) fn attributes(fc: FunctionalConstraint) -> &'static [&'static str] {
        match fc {
            FunctionalConstraint::BR => &[
                "RptID",
                "RptEna",
                "DatSet",
                "ConfRev",
                "OptFlds",
                "BufTm",
                "SqNum",
                "TrgOps",
                "IntgPd",
                "GI",
                "PurgeBuf",
                "EntryID",
                "TimeofEntry",
                "ResvTms",
                "Owner",
            ],
            _ => &[
                "RptID", "RptEna", "Resv", "DatSet", "ConfRev", "OptFlds", "BufTm", "SqNum",
                "TrgOps", "IntgPd", "GI", "Owner",
            ],
        }
    }

    pub(crate) fn read(
        service: &'static str,
        block: &BlockName,
        value: MmsValue,
    ) -> Result<Self, Error> {
        let reference = block.reference.as_str();
        let MmsValue::Structure(values) = value else {
            return Err(unexpected(service, reference, "no structure"));
        };
        let mut values = values.into_iter();
        let mut next = || {
            let missing = || unexpected(service, reference, "an attribute is missing");
            values.next().ok_or_else(missing)
        };
        macro_rules! take {
            ($method:ident) => {
                next()?.$method().context(service, reference)?
            };
        }
        let buffered = block.fc == FunctionalConstraint::BR;
        let mut read = RcbValues {
            rpt_id: take!(to_string_value).to_owned(),
            rpt_ena: take!(to_bool),
            resv: match buffered {
                true => None,
                false => Some(take!(to_bool)),
            },
            dat_set: take!(to_string_value).to_owned(),
            conf_rev: take!(to_uint32),
            opt_flds: take!(to_bits).into(),
            buf_tm: take!(to_uint32),
            sq_num: take!(to_uint32),
            trg_ops: take!(to_bits).into(),
            intg_pd: take!(to_uint32),
            gi: take!(to_bool),
            purge_buf: None,
            entry_id: None,
            time_of_entry: None,
            resv_tms: None,
            owner: None,
            changed: RcbElement::empty(),
            written: RcbElement::empty(),
            buffered,
            reference: reference.to_owned(),
        };
        if buffered {
            read.purge_buf = Some(take!(to_bool));
            read.entry_id = Some(take!(to_octet_string).to_vec());
            read.time_of_entry = Some(take!(to_binary_time));
        }
        // ResvTms and Owner are there in the second edition, each if the server has it.
        for value in values {
            match &value {
                MmsValue::OctetString(octets) => read.owner = Some(octets.clone()),
                MmsValue::Integer(_) | MmsValue::Unsigned(_) => {
                    let seconds = value.to_int32().context(service, reference)?;
                    read.resv_tms = i16::try_from(seconds).ok();
                }
                _ => return Err(unexpected(service, reference, "an unknown attribute")),
            }
        }
        Ok(read)
    }

    /// The control block, `LD/LN.RP.name` or `LD/LN.BR.name`.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Whether it keeps reports for a client that is away.
    pub fn is_buffered(&self) -> bool {
        self.buffered
    }

    /// The identifier in its reports.
    pub fn rpt_id(&self) -> &str {
        &self.rpt_id
    }

    /// Changes the identifier. An empty one stands for the reference of the control block.
    pub fn set_rpt_id(&mut self, id: impl Into<String>) {
        self.rpt_id = id.into();
        self.changed |= RcbElement::RPT_ID;
    }

    /// Whether reports are sent.
    pub fn rpt_ena(&self) -> bool {
        self.rpt_ena
    }

    /// Starts or ends the sending of reports, when written.
    pub fn set_rpt_ena(&mut self, enabled: bool) {
        self.rpt_ena = enabled;
        self.changed |= RcbElement::RPT_ENA;
    }

    /// Whether it is reserved for a client; `None` if it is buffered.
    pub fn resv(&self) -> Option<bool> {
        self.resv
    }

    /// Reserves it for this client, or gives it free, when written.
    pub fn set_resv(&mut self, reserved: bool) {
        self.resv = Some(reserved);
        self.changed |= RcbElement::RESV;
    }

    /// The data set as the server names it (`LD/LN$name`); empty if there is none.
    pub fn dataset_reference(&self) -> &str {
        &self.dat_set
    }

    /// Changes the data set; the form with a dot, and `@name` for one of the association, are
    /// taken as well.
    pub fn set_dataset_reference(&mut self, reference: &str) {
        self.dat_set = data_set_on_the_wire(reference);
        self.changed |= RcbElement::DATSET;
    }

    /// The revision of the configuration.
    pub fn conf_rev(&self) -> u32 {
        self.conf_rev
    }

    /// Optional fields of its reports.
    pub fn opt_flds(&self) -> ReportOptions {
        self.opt_flds
    }

    /// Changes the optional fields of its reports.
    pub fn set_opt_flds(&mut self, options: ReportOptions) {
        self.opt_flds = options;
        self.changed |= RcbElement::OPT_FLDS;
    }

    /// Milliseconds for which changes are collected.
    pub fn buf_tm(&self) -> u32 {
        self.buf_tm
    }

    /// Changes for how many milliseconds changes are collected.
    pub fn set_buf_tm(&mut self, milliseconds: u32) {
        self.buf_tm = milliseconds;
        self.changed |= RcbElement::BUF_TM;
    }

    /// The number of the next report.
    pub fn sq_num(&self) -> u32 {
        self.sq_num
    }

    /// What reports are made for.
    pub fn trg_ops(&self) -> TriggerOptions {
        self.trg_ops
    }

    /// Changes what reports are made for.
    pub fn set_trg_ops(&mut self, options: TriggerOptions) {
        self.trg_ops = options;
        self.changed |= RcbElement::TRG_OPS;
    }

    /// Milliseconds between reports of all members.
    pub fn intg_pd(&self) -> u32 {
        self.intg_pd
    }

    /// Changes how many milliseconds are between reports of all members; 0 is never.
    pub fn set_intg_pd(&mut self, milliseconds: u32) {
        self.intg_pd = milliseconds;
        self.changed |= RcbElement::INTG_PD;
    }

    /// Whether a general interrogation is under way.
    pub fn gi(&self) -> bool {
        self.gi
    }

    /// Asks for a report of all members, when written.
    pub fn set_gi(&mut self, value: bool) {
        self.gi = value;
        self.changed |= RcbElement::GI;
    }

    /// Whether the buffer is being emptied; `None` if there is none.
    pub fn purge_buf(&self) -> Option<bool> {
        self.purge_buf
    }

    /// Empties the buffer, when written.
    pub fn set_purge_buf(&mut self, value: bool) {
        self.purge_buf = Some(value);
        self.changed |= RcbElement::PURGE_BUF;
    }

    /// The last entry of the buffer; `None` if there is none.
    pub fn entry_id(&self) -> Option<&[u8]> {
        self.entry_id.as_deref()
    }

    /// Has reports begin behind this entry, when written in front of RptEna.
    pub fn set_entry_id(&mut self, entry: impl Into<Vec<u8>>) {
        self.entry_id = Some(entry.into());
        self.changed |= RcbElement::ENTRY_ID;
    }

    /// The time of the last entry of the buffer.
    pub fn entry_time(&self) -> Option<DateTime<Utc>> {
        self.time_of_entry?.time()
    }

    /// Whether the server has ResvTms.
    pub fn has_resv_tms(&self) -> bool {
        self.resv_tms.is_some()
    }

    /// For how many seconds a buffered control block stays reserved for a client that has gone; 0
    /// if it is not reserved, -1 if it is by configuration.
    pub fn resv_tms(&self) -> Option<i16> {
        self.resv_tms
    }

    /// Reserves it for this client, and for so many seconds when it has gone; 0 gives it free.
    pub fn set_resv_tms(&mut self, seconds: i16) {
        self.resv_tms = Some(seconds);
        self.changed |= RcbElement::RESV_TMS;
    }

    /// The address of the client it is reserved for, if the server shows that.
    pub fn owner(&self) -> Option<&[u8]> {
        self.owner.as_deref()
    }

    /// What was changed and not written yet.
    pub fn element_changed(&self) -> RcbElement {
        self.changed
    }

    /// Forgets that anything was changed.
    pub fn clear_element_changed(&mut self) {
        self.changed = RcbElement::empty();
    }

    /// The attributes that were changed, in the order in which they have to be written: what ends
    /// reports and reserves comes first, then the settings, then the place in the buffer (settings
    /// may empty it), and what starts reports last.
    pub(crate) fn writes(&self) -> Vec<(RcbElement, &'static str, MmsValue)> {
        let text = |text: &str| MmsValue::VisibleString(text.to_owned());
        let unsigned = |number: u32| MmsValue::Unsigned(number.into());
        let enable = MmsValue::Boolean(self.rpt_ena);
        let mut writes = Vec::new();
        let mut add = |element, name, value: Option<MmsValue>| {
            if let (true, Some(value)) = (self.changed.contains(element), value) {
                writes.push((element, name, value));
            }
        };
        use RcbElement as E;
        let disable = Some(enable.clone()).filter(|_| !self.rpt_ena);
        add(E::RPT_ENA, "RptEna", disable);
        add(E::RESV, "Resv", self.resv.map(MmsValue::Boolean));
        let resv_tms = self.resv_tms.map(|s| MmsValue::Integer(s.into()));
        add(E::RESV_TMS, "ResvTms", resv_tms);
        add(E::RPT_ID, "RptID", Some(text(&self.rpt_id)));
        add(E::DATSET, "DatSet", Some(text(&self.dat_set)));
        let opt_flds = MmsValue::BitString(self.opt_flds.into());
        add(E::OPT_FLDS, "OptFlds", Some(opt_flds));
        add(E::BUF_TM, "BufTm", Some(unsigned(self.buf_tm)));
        let trg_ops = MmsValue::BitString(self.trg_ops.into());
        add(E::TRG_OPS, "TrgOps", Some(trg_ops));
        add(E::INTG_PD, "IntgPd", Some(unsigned(self.intg_pd)));
        add(
            E::PURGE_BUF,
            "PurgeBuf",
            self.purge_buf.map(MmsValue::Boolean),
        );
        let entry_id = self.entry_id.clone().map(MmsValue::OctetString);
        add(E::ENTRY_ID, "EntryID", entry_id);
        add(E::RPT_ENA, "RptEna", Some(enable).filter(|_| self.rpt_ena));
        add(E::GI, "GI", Some(MmsValue::Boolean(self.gi)));
        writes
    }

    /// Takes over what `values` has written.
    pub(crate) fn take_written(&mut self, values: &RcbValues, written: RcbElement) {
        let mut now = values.clone();
        now.changed = RcbElement::empty();
        now.written = self.written | written & RcbElement::SETTINGS;
        *self = now;
    }

    /// Marks as changed what this client had set and `now` has otherwise. Writing a setting that
    /// is right already could empty the buffer of some servers.
    pub(crate) fn differing_from(&self, now: &RcbValues) -> RcbElement {
        let mut differing = RcbElement::empty();
        let mut compare = |element, differs| {
            if differs && self.written.contains(element) {
                differing |= element;
            }
        };
        compare(RcbElement::RPT_ID, self.rpt_id != now.rpt_id);
        compare(RcbElement::DATSET, self.dat_set != now.dat_set);
        // Segmentation is the server's.
        let asked = |options: ReportOptions| options - ReportOptions::SEGMENTATION;
        let options = asked(self.opt_flds) != asked(now.opt_flds);
        compare(RcbElement::OPT_FLDS, options);
        compare(RcbElement::BUF_TM, self.buf_tm != now.buf_tm);
        compare(RcbElement::TRG_OPS, self.trg_ops != now.trg_ops);
        compare(RcbElement::INTG_PD, self.intg_pd != now.intg_pd);
        differing
    }

    /// The settings of `wanted` that differ, as changes of these values.
    pub(crate) fn change_like(&mut self, wanted: &RcbValues) {
        self.changed = wanted.differing_from(self);
        self.rpt_id.clone_from(&wanted.rpt_id);
        self.dat_set.clone_from(&wanted.dat_set);
        self.opt_flds = wanted.opt_flds;
        self.buf_tm = wanted.buf_tm;
        self.trg_ops = wanted.trg_ops;
        self.intg_pd = wanted.intg_pd;
        self.written = wanted.written;
    }
}
