//! Control blocks and logs.

use super::{Builder, SettingGroups};
use crate::scl::document::{
    ControlBlock, ControlBlockAddress, GooseControl, LDevice, Ln, LogControl, OptFields,
    ReportControl, SampledValueControl, SmpMod, TrgOps,
};
use crate::scl::error::SclError;
use crate::scl::{DEFAULT_GOOSE_MAX_TIME, DEFAULT_GOOSE_MIN_TIME};
use crate::{
    GooseControlBlockOptions, LogControlBlockOptions, LogicalNode, PhyComAddress,
    ReportControlBlockOptions, ReportOptions, SampledValueOptions, SvControlBlockOptions, SvSmpMod,
    TriggerOptions,
};
use std::time::Duration;

/// The name libiec61850 gives a log without one.
const DEFAULT_LOG: &str = "GeneralLog";

/// What a frame is sent with where the configuration does not say it; as libiec61850 does.
const DEFAULT_VLAN_PRIORITY: u8 = 4;
const DEFAULT_GOOSE_APPID: u16 = 0x1000;
const DEFAULT_SV_APPID: u16 = 0x4000;

impl<'a> Builder<'a> {
    /// The setting group control block of LLN0.
    pub(super) fn setting_control(
        &mut self,
        node: &'a Ln,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        for block in &node.control_blocks {
            let ControlBlock::Setting(setting) = block else {
                continue;
            };
            let (active, count) = (setting.act_sg, setting.num_of_sgs);
            match handle.create_setting_group_control_block(active, count) {
                Ok(_) => self.groups = Some(SettingGroups { active, count }),
                Err(error) => self.problem(setting.place, format!("left out: {error}"))?,
            }
        }
        Ok(())
    }

    /// All other control blocks of a logical node.
    pub(super) fn control_blocks(
        &mut self,
        device: &'a LDevice,
        node: &'a Ln,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        for block in &node.control_blocks {
            match block {
                ControlBlock::Report(control) => self.report(control, handle)?,
                ControlBlock::Goose(control) => self.goose(device, control, handle)?,
                ControlBlock::SampledValue(control) => {
                    self.sampled_value(device, control, handle)?;
                }
                ControlBlock::Log(control) => self.log(device, control, handle)?,
                ControlBlock::Journal(place, name) => {
                    let created = handle.create_log(name.as_deref().unwrap_or(DEFAULT_LOG));
                    self.accept(*place, created)?;
                }
                ControlBlock::Setting(_) => {}
            }
        }
        Ok(())
    }

    fn report(&mut self, control: &ReportControl, handle: &LogicalNode) -> Result<(), SclError> {
        self.check_data_set(control.place, &control.data_set, handle)?;
        let options = ReportControlBlockOptions {
            dataset_name: control.data_set.clone(),
            conf_rev: control.conf_rev,
            trg_ops: trigger_options(control.trg_ops),
            rpt_options: report_options(control.opt_fields),
            buf_tm: Duration::from_millis(control.buf_time.into()),
            intg_pd: Duration::from_millis(control.intg_pd.into()),
            client: None,
        };
        // The clients stand in the order of the instances.
        let client = |instance: usize| {
            let client = control.clients.get(instance)?;
            let communication = &self.document.communication;
            communication.client(&client.ied, client.access_point.as_deref())
        };
        let clients: Vec<_> = (0..control.clients.len()).map(client).collect();
        let for_instance = |instance: usize| ReportControlBlockOptions {
            client: clients.get(instance).copied().flatten(),
            ..options.clone()
        };
        let id = control.rpt_id.as_deref().unwrap_or_default();
        if !control.indexed {
            let created = handle.create_report_control_block(
                &control.name,
                id,
                control.buffered,
                for_instance(0),
            );
            return self.accept(control.place, created);
        }
        if control.max == 0 {
            return self.problem(
                control.place,
                "left out: RptEnabled says there is none (max 0)",
            );
        }
        for instance in 1..=control.max {
            self.count_nodes(control.place, 1)?;
            let name = format!("{}{instance:02}", control.name);
            let options = for_instance(instance as usize - 1);
            let created = handle.create_report_control_block(&name, id, control.buffered, options);
            self.accept(control.place, created)?;
        }
        Ok(())
    }

    fn goose(
        &mut self,
        device: &LDevice,
        control: &GooseControl,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        if control.gsse {
            return self.problem(control.place, "left out: GSSE is not supported");
        }
        self.check_data_set(control.place, &control.data_set, handle)?;
        let address = self.address(true, device, &control.name);
        let time =
            |ms: Option<u32>, default| ms.map_or(default, |ms| Duration::from_millis(ms.into()));
        let options = GooseControlBlockOptions {
            dataset_name: control.data_set.clone(),
            conf_rev: control.conf_rev,
            fixed_offs: control.fixed_offs,
            min_time: time(address.min_time, DEFAULT_GOOSE_MIN_TIME),
            max_time: time(address.max_time, DEFAULT_GOOSE_MAX_TIME),
            address: physical(&address, DEFAULT_GOOSE_APPID),
        };
        let created = handle.create_goose_control_block(&control.name, &control.app_id, options);
        self.accept(control.place, created)
    }

    fn sampled_value(
        &mut self,
        device: &LDevice,
        control: &SampledValueControl,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        self.check_data_set(control.place, &control.data_set, handle)?;
        let Ok(smp_rate) = u16::try_from(control.smp_rate) else {
            let reason = format!("left out: smpRate {} is above 65535", control.smp_rate);
            return self.problem(control.place, reason);
        };
        let Ok(no_asdu) = u8::try_from(control.nof_asdu) else {
            let reason = format!("left out: nofASDU {} is above 255", control.nof_asdu);
            return self.problem(control.place, reason);
        };
        let mut opt_flds = SampledValueOptions::empty();
        let given = control.options;
        opt_flds.set(SampledValueOptions::REFRESH_TIME, given.refresh_time);
        opt_flds.set(SampledValueOptions::SAMPLE_SYNC, given.sample_synchronized);
        opt_flds.set(SampledValueOptions::SAMPLE_RATE, given.sample_rate);
        opt_flds.set(SampledValueOptions::DATA_SET, given.data_set);
        opt_flds.set(SampledValueOptions::SECURITY, given.security);
        let address = self.address(false, device, &control.name);
        let options = SvControlBlockOptions {
            dataset_name: control.data_set.clone(),
            conf_rev: control.conf_rev,
            smp_mod: match control.smp_mod {
                SmpMod::PerPeriod => SvSmpMod::SamplesPerPeriod,
                SmpMod::PerSecond => SvSmpMod::SamplesPerSecond,
                SmpMod::SecondsPerSample => SvSmpMod::SecondsPerSample,
            },
            smp_rate,
            opt_flds,
            is_unicast: !control.multicast,
            no_asdu,
            address: physical(&address, DEFAULT_SV_APPID),
        };
        let created = handle.create_sv_control_block(&control.name, &control.smv_id, options);
        self.accept(control.place, created)
    }

    fn log(
        &mut self,
        device: &LDevice,
        control: &LogControl,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        self.check_data_set(control.place, &control.data_set, handle)?;
        // The server puts the name of the IED before it.
        let log_ref = control.log_name.as_ref().map(|log| {
            let inst = control.log_ld_inst.as_deref().unwrap_or(&device.inst);
            let node = control.log_node.as_deref().unwrap_or("LLN0");
            format!("{inst}/{node}${log}")
        });
        let options = LogControlBlockOptions {
            dataset_name: control.data_set.clone(),
            log_ref,
            trg_ops: trigger_options(control.trg_ops),
            intg_pd: Duration::from_millis(control.intg_pd.into()),
            log_ena: control.log_ena,
            with_reason_code: control.reason_code,
        };
        let created = handle.create_log_control_block(&control.name, options);
        self.accept(control.place, created)
    }

    /// A data set that is not there: the control block stays, as it can be given another one.
    fn check_data_set(
        &mut self,
        place: crate::scl::xml::Place,
        data_set: &Option<String>,
        handle: &LogicalNode,
    ) -> Result<(), SclError> {
        match data_set {
            Some(name) if handle.dataset(name).is_none() => {
                self.problem(place, format!("there is no data set '{name}'"))
            }
            _ => Ok(()),
        }
    }

    fn address(&self, goose: bool, device: &LDevice, name: &str) -> ControlBlockAddress {
        let communication = &self.document.communication;
        communication
            .control_block(&self.ied.name, self.access_point, goose, &device.inst, name)
            .copied()
            .unwrap_or_default()
    }
}

/// An address without a destination is none: routable GOOSE and SV have it on another layer.
fn physical(address: &ControlBlockAddress, app_id: u16) -> Option<PhyComAddress> {
    Some(PhyComAddress {
        vlan_priority: address.vlan_priority.unwrap_or(DEFAULT_VLAN_PRIORITY),
        vlan_id: address.vlan_id.unwrap_or(0),
        app_id: address.app_id.unwrap_or(app_id),
        dst_address: address.mac?,
    })
}

fn trigger_options(given: TrgOps) -> TriggerOptions {
    let mut options = TriggerOptions::empty();
    options.set(TriggerOptions::DATA_CHANGED, given.dchg);
    options.set(TriggerOptions::QUALITY_CHANGED, given.qchg);
    options.set(TriggerOptions::DATA_UPDATE, given.dupd);
    options.set(TriggerOptions::INTEGRITY, given.period);
    options.set(TriggerOptions::GI, given.gi);
    options
}

fn report_options(given: OptFields) -> ReportOptions {
    let mut options = ReportOptions::empty();
    options.set(ReportOptions::SEQ_NUM, given.seq_num);
    options.set(ReportOptions::TIME_STAMP, given.time_stamp);
    options.set(ReportOptions::REASON_FOR_INCLUSION, given.reason_code);
    options.set(ReportOptions::DATA_SET, given.data_set);
    options.set(ReportOptions::DATA_REFERENCE, given.data_ref);
    options.set(ReportOptions::BUFFER_OVERFLOW, given.buf_ovfl);
    options.set(ReportOptions::ENTRY_ID, given.entry_id);
    options.set(ReportOptions::CONF_REV, given.config_ref);
    options
}
