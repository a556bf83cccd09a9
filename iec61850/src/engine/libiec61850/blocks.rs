//! Control blocks: their state, and what the application does with them.

use super::owned::{Value, c_text, take_text};
use super::server::Inner;
use crate::common::{ReportOptions, TriggerOptions};
use crate::model::ReportControlBlock;
use crate::server::ReportControlBlockState;
use chrono::{DateTime, Utc};
use libiec61850_sys as sys;
use mms::MmsValue;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

impl Inner {
    pub(super) fn enable_goose(&self, on: bool) {
        // SAFETY: the server is alive; interfaces are set and values updated under the lock.
        self.locked(|| unsafe {
            if on {
                sys::IedServer_enableGoosePublishing(self.server.as_ptr());
            } else {
                sys::IedServer_disableGoosePublishing(self.server.as_ptr());
            }
        });
    }

    pub(super) fn set_goose_interface(&self, block: Option<usize>, interface: &str) {
        let interface = c_text(interface);
        let Some(block) = block else {
            // SAFETY: the server is alive, the text is copied. Clients enable control blocks under the lock.
            self.locked(|| unsafe {
                sys::IedServer_setGooseInterfaceId(self.server.as_ptr(), interface.as_ptr());
            });
            return;
        };
        if let Some((node, name)) = self.goose_block(block) {
            // SAFETY: server and logical node are alive, the texts are copied; and as above.
            self.locked(|| unsafe {
                sys::IedServer_setGooseInterfaceIdEx(
                    self.server.as_ptr(),
                    node,
                    name.as_ptr(),
                    interface.as_ptr(),
                );
            });
        }
    }

    pub(super) fn set_goose_vlan_tag(&self, block: usize, tag: bool) {
        if let Some((node, name)) = self.goose_block(block) {
            // SAFETY: server and logical node are alive, and the name is only read; and as above.
            self.locked(|| unsafe {
                sys::IedServer_useGooseVlanTag(self.server.as_ptr(), node, name.as_ptr(), tag);
            });
        }
    }

    fn goose_block(&self, number: usize) -> Option<(*mut sys::LogicalNode, std::ffi::CString)> {
        let def = self.arena.goose_control_blocks.get(number)?;
        Some((self.model.logical_node(def.logical_node), c_text(&def.name)))
    }

    pub(super) fn active_setting_group(&self, block: usize) -> u8 {
        let Some(&block) = self.model.setting_groups.get(block) else {
            return 0;
        };
        // SAFETY: server and control block are alive, and the data model is locked.
        self.locked(|| unsafe { sys::IedServer_getActiveSettingGroup(self.server.as_ptr(), block) })
    }

    pub(super) fn set_active_setting_group(&self, number: usize, group: u8) -> bool {
        let Some(&block) = self.model.setting_groups.get(number) else {
            return false;
        };
        self.locked(|| {
            if self.groups.is_asking(number) {
                return false;
            }
            // SAFETY: server and control block are alive, the group is one of the control block, and the data model is
            // locked.
            unsafe {
                sys::IedServer_changeActiveSettingGroup(self.server.as_ptr(), block, group);
            }
            self.activate_group(number, group, &HashSet::new());
            self.note_active_group(number, group);
            true
        })
    }

    /// As [`crate::engine::ServerEngine::report_state`]. The library does not tell which client has it, nor of
    /// reports that were dropped.
    pub(super) fn report_state(
        &self,
        block: &ReportControlBlock,
    ) -> Option<ReportControlBlockState> {
        let blocks = &self.arena.report_control_blocks;
        let number = blocks.iter().position(|def| Arc::ptr_eq(def, &block.def))?;
        let c = *self.model.reports.get(number)?;
        let buffered = block.is_buffered();
        let edition1 = self.config.edition == crate::Iec61850Edition::Edition1;
        self.locked(|| {
            // SAFETY: the control block is alive and used by a server, so that the functions read the server's
            // values, under its lock. Texts and values they make are taken over.
            unsafe {
                let entry_id = buffered
                    .then(|| Value::from_raw(sys::ReportControlBlock_getEntryId(c)))
                    .flatten();
                let owner = Value::from_raw(sys::ReportControlBlock_getOwner(c));
                let octets = |value: Option<Value>| match value.map(|value| value.get()) {
                    Some(MmsValue::OctetString(octets)) => Some(octets),
                    _ => None,
                };
                let milliseconds = sys::ReportControlBlock_getTimeofEntry(c);
                let resv_tms = sys::ReportControlBlock_getResvTms(c);
                Some(ReportControlBlockState {
                    rpt_id: take_text(sys::ReportControlBlock_getRptID(c)).unwrap_or_default(),
                    rpt_ena: sys::ReportControlBlock_getRptEna(c),
                    resv: (!buffered).then(|| sys::ReportControlBlock_getResv(c)),
                    dataset: take_text(sys::ReportControlBlock_getDataSet(c)).unwrap_or_default(),
                    conf_rev: sys::ReportControlBlock_getConfRev(c),
                    opt_flds: ReportOptions::from_bits_truncate(
                        u16::try_from(sys::ReportControlBlock_getOptFlds(c)).unwrap_or(0),
                    ),
                    buf_tm: Duration::from_millis(sys::ReportControlBlock_getBufTm(c).into()),
                    sq_num: sys::ReportControlBlock_getSqNum(c),
                    trg_ops: TriggerOptions::from_bits_truncate(
                        u8::try_from(sys::ReportControlBlock_getTrgOps(c)).unwrap_or(0),
                    ),
                    intg_pd: Duration::from_millis(sys::ReportControlBlock_getIntgPd(c).into()),
                    entry_id: octets(entry_id).and_then(|octets| octets.try_into().ok()),
                    time_of_entry: buffered
                        .then(|| i64::try_from(milliseconds).ok())
                        .flatten()
                        .and_then(DateTime::<Utc>::from_timestamp_millis),
                    resv_tms: (buffered && !edition1 && self.config.enable_resv_tms_brcb)
                        .then(|| u64::try_from(resv_tms).ok().map(Duration::from_secs))
                        .flatten(),
                    owner: octets(owner).filter(|_| self.config.enable_owner_for_rcb),
                    client: None,
                    dropped: 0,
                })
            }
        })
    }
}
