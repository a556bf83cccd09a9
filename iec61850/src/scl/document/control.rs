//! Data sets and control blocks as configured in a logical node.

use crate::scl::error::SclError;
use crate::scl::xml::{Element, Place, Reader};

/// A `DataSet`.
#[derive(Debug)]
pub(crate) struct SclDataSet {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) members: Vec<Fcda>,
}

/// A member of a data set.
#[derive(Debug)]
pub(crate) struct Fcda {
    pub(crate) place: Place,
    /// Empty for the logical device the data set is in.
    pub(crate) ld_inst: String,
    pub(crate) prefix: String,
    pub(crate) ln_class: String,
    pub(crate) ln_inst: String,
    /// Dots between a data object and its sub data objects.
    pub(crate) do_name: String,
    pub(crate) da_name: String,
    pub(crate) fc: String,
    /// Array element, where the names do not carry it in parentheses.
    pub(crate) ix: Option<u32>,
}

impl SclDataSet {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        let mut members = Vec::new();
        for member in reader.children(element, &[("FCDA", "doName")]) {
            members.push(Fcda {
                place: member.place,
                ld_inst: member.text_attribute("ldInst"),
                prefix: member.text_attribute("prefix"),
                ln_class: member.text_attribute("lnClass"),
                ln_inst: member.text_attribute("lnInst"),
                do_name: member.text_attribute("doName"),
                da_name: member.text_attribute("daName"),
                fc: member.text_attribute("fc"),
                ix: match member.filled_attribute("ix") {
                    Some(_) => Some(reader.number(member, "ix", 0)?),
                    None => None,
                },
            });
        }
        Ok(Some(SclDataSet {
            place: element.place,
            name,
            members,
        }))
    }
}

/// Anything in a logical node beside data and data sets.
#[derive(Debug)]
pub(crate) enum ControlBlock {
    Report(ReportControl),
    Goose(GooseControl),
    SampledValue(SampledValueControl),
    Log(LogControl),
    /// A `Log`, with its name if it has one.
    Journal(Place, Option<String>),
    Setting(SettingControl),
}

/// `TrgOps`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrgOps {
    pub(crate) dchg: bool,
    pub(crate) qchg: bool,
    pub(crate) dupd: bool,
    pub(crate) period: bool,
    pub(crate) gi: bool,
}

impl TrgOps {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Self, SclError> {
        Ok(TrgOps {
            dchg: reader.boolean(element, "dchg", false)?,
            qchg: reader.boolean(element, "qchg", false)?,
            dupd: reader.boolean(element, "dupd", false)?,
            period: reader.boolean(element, "period", false)?,
            gi: reader.boolean(element, "gi", true)?,
        })
    }
}

impl Default for TrgOps {
    fn default() -> Self {
        TrgOps {
            dchg: false,
            qchg: false,
            dupd: false,
            period: false,
            gi: true,
        }
    }
}

/// `OptFields` of a report control.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OptFields {
    pub(crate) seq_num: bool,
    pub(crate) time_stamp: bool,
    pub(crate) data_set: bool,
    pub(crate) reason_code: bool,
    pub(crate) data_ref: bool,
    pub(crate) entry_id: bool,
    pub(crate) config_ref: bool,
    pub(crate) buf_ovfl: bool,
}

impl OptFields {
    fn parse<'a>(reader: &mut Reader<'a>, element: Element<'a>) -> Result<Self, SclError> {
        Ok(OptFields {
            seq_num: reader.boolean(element, "seqNum", false)?,
            time_stamp: reader.boolean(element, "timeStamp", false)?,
            data_set: reader.boolean(element, "dataSet", false)?,
            reason_code: reader.boolean(element, "reasonCode", false)?,
            data_ref: reader.boolean(element, "dataRef", false)?,
            entry_id: reader.boolean(element, "entryID", false)?,
            config_ref: reader.boolean(element, "configRef", false)?,
            buf_ovfl: reader.boolean(element, "bufOvfl", true)?,
        })
    }
}

impl Default for OptFields {
    fn default() -> Self {
        OptFields {
            seq_num: false,
            time_stamp: false,
            data_set: false,
            reason_code: false,
            data_ref: false,
            entry_id: false,
            config_ref: false,
            buf_ovfl: true,
        }
    }
}

#[derive(Debug)]
pub(crate) struct ReportControl {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) data_set: Option<String>,
    pub(crate) rpt_id: Option<String>,
    pub(crate) conf_rev: u32,
    pub(crate) buffered: bool,
    /// Milliseconds.
    pub(crate) buf_time: u32,
    /// Milliseconds.
    pub(crate) intg_pd: u32,
    pub(crate) indexed: bool,
    /// How many instances there are (`RptEnabled max`).
    pub(crate) max: u32,
    /// The clients the instances are meant for, in the order of the instances.
    pub(crate) clients: Vec<ClientLn>,
    pub(crate) trg_ops: TrgOps,
    pub(crate) opt_fields: OptFields,
}

/// `ClientLN`: who an instance of a report control block is meant for.
#[derive(Debug)]
pub(crate) struct ClientLn {
    pub(crate) ied: String,
    pub(crate) access_point: Option<String>,
}

impl ReportControl {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        let mut control = ReportControl {
            place: element.place,
            name,
            data_set: element.filled_attribute("datSet"),
            rpt_id: element.filled_attribute("rptID"),
            conf_rev: reader.number(element, "confRev", 1)?,
            buffered: reader.boolean(element, "buffered", false)?,
            buf_time: reader.number(element, "bufTime", 0)?,
            intg_pd: reader.number(element, "intgPd", 0)?,
            indexed: reader.boolean(element, "indexed", true)?,
            max: 1,
            clients: Vec::new(),
            trg_ops: TrgOps::default(),
            opt_fields: OptFields::default(),
        };
        let parts = [("TrgOps", ""), ("OptFields", ""), ("RptEnabled", "")];
        for child in reader.children(element, &parts) {
            match child.name() {
                "TrgOps" => control.trg_ops = TrgOps::parse(reader, child)?,
                "OptFields" => control.opt_fields = OptFields::parse(reader, child)?,
                _ => {
                    control.max = reader.number(child, "max", 1)?;
                    let clients = reader.children(child, &[("ClientLN", "iedName")]);
                    control
                        .clients
                        .extend(clients.iter().map(|client| ClientLn {
                            ied: client.text_attribute("iedName"),
                            access_point: client.filled_attribute("apRef"),
                        }));
                }
            }
        }
        Ok(Some(control))
    }
}

#[derive(Debug)]
pub(crate) struct GooseControl {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) data_set: Option<String>,
    /// GoID; the SCL attribute `appID` is not the APPID of the frame.
    pub(crate) app_id: String,
    pub(crate) conf_rev: u32,
    pub(crate) fixed_offs: bool,
    /// A GSSE control block of Edition 1.
    pub(crate) gsse: bool,
}

impl GooseControl {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        Ok(Some(GooseControl {
            place: element.place,
            name,
            data_set: element.filled_attribute("datSet"),
            app_id: element.text_attribute("appID"),
            conf_rev: reader.number(element, "confRev", 1)?,
            fixed_offs: reader.boolean(element, "fixedOffs", false)?,
            gsse: element.attribute("type").map(str::trim) == Some("GSSE"),
        }))
    }
}

/// `SmvOpts`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SmvOpts {
    pub(crate) refresh_time: bool,
    pub(crate) sample_synchronized: bool,
    pub(crate) sample_rate: bool,
    pub(crate) data_set: bool,
    pub(crate) security: bool,
}

/// `smpMod`: what `smpRate` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SmpMod {
    PerPeriod,
    PerSecond,
    SecondsPerSample,
}

#[derive(Debug)]
pub(crate) struct SampledValueControl {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) data_set: Option<String>,
    pub(crate) smv_id: String,
    pub(crate) conf_rev: u32,
    pub(crate) smp_rate: u32,
    pub(crate) smp_mod: SmpMod,
    pub(crate) nof_asdu: u32,
    pub(crate) multicast: bool,
    pub(crate) options: SmvOpts,
}

impl SampledValueControl {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        let smp_mod = match element.attribute("smpMod").map(str::trim) {
            None | Some("" | "SmpPerPeriod") => SmpMod::PerPeriod,
            Some("SmpPerSec") => SmpMod::PerSecond,
            Some("SecPerSmp") => SmpMod::SecondsPerSample,
            Some(other) => {
                let reason = format!("unknown smpMod '{other}', SmpPerPeriod taken");
                reader.problem(element.place, reason)?;
                SmpMod::PerPeriod
            }
        };
        // sampleSynchronized is true unless denied: the schema fixes it so from Edition 2 on.
        let mut options = SmvOpts {
            sample_synchronized: true,
            ..SmvOpts::default()
        };
        if let Some(&opts) = reader.children(element, &[("SmvOpts", "")]).first() {
            options = SmvOpts {
                refresh_time: reader.boolean(opts, "refreshTime", false)?,
                sample_synchronized: reader.boolean(opts, "sampleSynchronized", true)?,
                sample_rate: reader.boolean(opts, "sampleRate", false)?,
                data_set: reader.boolean(opts, "dataSet", false)?,
                security: reader.boolean(opts, "security", false)?,
            };
        }
        Ok(Some(SampledValueControl {
            place: element.place,
            name,
            data_set: element.filled_attribute("datSet"),
            smv_id: element.text_attribute("smvID"),
            conf_rev: reader.number(element, "confRev", 1)?,
            smp_rate: reader.number(element, "smpRate", 80)?,
            smp_mod,
            nof_asdu: reader.number(element, "nofASDU", 1)?,
            multicast: reader.boolean(element, "multicast", true)?,
            options,
        }))
    }
}

#[derive(Debug)]
pub(crate) struct LogControl {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) data_set: Option<String>,
    pub(crate) log_name: Option<String>,
    /// The logical node that holds the log, if it is another one: ldInst, then its name.
    pub(crate) log_ld_inst: Option<String>,
    pub(crate) log_node: Option<String>,
    pub(crate) log_ena: bool,
    pub(crate) reason_code: bool,
    /// Milliseconds.
    pub(crate) intg_pd: u32,
    pub(crate) trg_ops: TrgOps,
}

impl LogControl {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Option<Self>, SclError> {
        let Some(name) = reader.required(element, "name")? else {
            return Ok(None);
        };
        let trg_ops = match reader.children(element, &[("TrgOps", "")]).first() {
            Some(&trg_ops) => TrgOps::parse(reader, trg_ops)?,
            None => TrgOps::default(),
        };
        // lnClass is LLN0 by default; then prefix and lnInst say nothing.
        let log_node = element
            .filled_attribute("lnClass")
            .filter(|class| class != "LLN0")
            .map(|class| {
                let prefix = element.text_attribute("prefix");
                format!("{prefix}{class}{}", element.text_attribute("lnInst"))
            });
        Ok(Some(LogControl {
            place: element.place,
            name,
            data_set: element.filled_attribute("datSet"),
            log_name: element.filled_attribute("logName"),
            log_ld_inst: element.filled_attribute("ldInst"),
            log_node,
            log_ena: reader.boolean(element, "logEna", true)?,
            reason_code: reader.boolean(element, "reasonCode", true)?,
            intg_pd: reader.number(element, "intgPd", 0)?,
            trg_ops,
        }))
    }
}

/// `SettingControl`.
#[derive(Debug)]
pub(crate) struct SettingControl {
    pub(crate) place: Place,
    pub(crate) act_sg: u8,
    pub(crate) num_of_sgs: u8,
}

impl SettingControl {
    pub(super) fn parse<'a>(
        reader: &mut Reader<'a>,
        element: Element<'a>,
    ) -> Result<Self, SclError> {
        let num_of_sgs = reader.number(element, "numOfSGs", 1)?;
        let mut act_sg = reader.number(element, "actSG", 1)?;
        if act_sg < 1 || act_sg > num_of_sgs {
            let reason = format!("actSG {act_sg} is not one of the {num_of_sgs} groups, 1 taken");
            reader.problem(element.place, reason)?;
            act_sg = 1;
        }
        Ok(SettingControl {
            place: element.place,
            act_sg,
            num_of_sgs: num_of_sgs.max(1),
        })
    }
}
