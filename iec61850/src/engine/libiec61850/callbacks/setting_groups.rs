//! Setting groups: whether clients may choose and edit them.

use super::super::server::Inner;
use super::called_locked;
use crate::common::Timestamp;
use crate::model::SettingGroupControlBlock;
use libiec61850_sys as sys;
use std::ffi::c_void;
use std::sync::atomic::Ordering::Relaxed;

/// How long the library keeps an edit for a client, in seconds.
const RESERVATION: u16 = 300;

impl Inner {
    pub(super) fn install_setting_groups(&self) {
        let (server, parameter) = (self.server.as_ptr(), self.parameter());
        for &block in &self.model.setting_groups {
            // SAFETY: server and control block are alive, the server does not run yet, and the parameter outlives it.
            unsafe {
                sys::IedServer_setActiveSettingGroupChangedHandler(
                    server,
                    block,
                    Some(active_changes),
                    parameter,
                );
                sys::IedServer_setEditSettingGroupChangedHandler(
                    server,
                    block,
                    Some(edit_changes),
                    parameter,
                );
                sys::IedServer_setEditSettingGroupConfirmationHandler(
                    server,
                    block,
                    Some(confirmed),
                    parameter,
                );
            }
        }
    }

    /// The number of a control block, and the block.
    fn setting_group(
        &self,
        block: *const sys::SettingGroupControlBlock,
    ) -> Option<(usize, SettingGroupControlBlock)> {
        let blocks = &self.model.setting_groups;
        let number = blocks.iter().position(|own| own.cast_const() == block)?;
        let def = self.arena.setting_group_control_blocks.get(number)?;
        Some((
            number,
            SettingGroupControlBlock::new(&self.ied, def.clone()),
        ))
    }

    /// A group is edited, or with 0 none is.
    fn note_edit(&self, number: usize, group: u8, client: Option<u64>) {
        self.groups.set_editor(number, client);
        if let Some(def) = self.arena.setting_group_control_blocks.get(number) {
            let reserved = if group == 0 { 0 } else { RESERVATION };
            def.state.edit_sg.store(group, Relaxed);
            def.state.resv_tms.store(reserved, Relaxed);
        }
    }

    /// The edits of an association end with it.
    pub(super) fn end_edits(&self, client: u64) {
        for number in self.groups.take_edits(client) {
            self.note_edit(number, 0, None);
        }
    }

    /// Another group is the active one.
    pub(in super::super) fn note_active_group(&self, number: usize, group: u8) {
        if let Some(def) = self.arena.setting_group_control_blocks.get(number) {
            def.state.act_sg.store(group, Relaxed);
            let now = u64::from_be_bytes(*Timestamp::now().as_bytes());
            def.state.last_activation.store(now, Relaxed);
        }
    }
}

/// With the lock.
unsafe extern "C" fn active_changes(
    parameter: *mut c_void,
    block: *mut sys::SettingGroupControlBlock,
    group: u8,
    client: sys::ClientConnection,
) -> bool {
    // SAFETY: the library hands on what it was given, and an association that is alive.
    unsafe {
        called_locked(parameter, false, |inner| {
            let (Some((number, block)), Some(client)) =
                (inner.setting_group(block), inner.clients.of(client))
            else {
                return false;
            };
            let handlers = &inner.handlers;
            let answer = inner.groups.ask(number, || {
                handlers.active_group_changes(number, &block, &client, group)
            });
            match answer {
                Some(answer) if answer.accepted => {
                    inner.activate_group(number, group, &answer.touched);
                    inner.note_active_group(number, group);
                    true
                }
                Some(answer) => {
                    inner.keep_updates(number, &answer.touched);
                    false
                }
                None => false,
            }
        })
    }
}

/// With the lock.
unsafe extern "C" fn edit_changes(
    parameter: *mut c_void,
    block: *mut sys::SettingGroupControlBlock,
    group: u8,
    client: sys::ClientConnection,
) -> bool {
    // SAFETY: the library hands on what it was given, and an association that is alive.
    unsafe {
        called_locked(parameter, false, |inner| {
            let Some((number, block)) = inner.setting_group(block) else {
                return false;
            };
            if group == 0 {
                inner.note_edit(number, 0, None);
                return true;
            }
            let Some(client) = inner.clients.of(client) else {
                return false;
            };
            let handlers = &inner.handlers;
            let answer = inner.groups.ask(number, || {
                handlers.edit_group_changes(number, &block, &client, group)
            });
            match answer {
                Some(answer) if answer.accepted => {
                    inner.begin_edit(number, group, &answer.touched);
                    inner.note_edit(number, group, Some(client.id()));
                    true
                }
                _ => false,
            }
        })
    }
}

/// With the lock. There is nothing to answer: a client is told that all is well. But what the application refuses does
/// not become the group's.
unsafe extern "C" fn confirmed(
    parameter: *mut c_void,
    block: *mut sys::SettingGroupControlBlock,
    group: u8,
) {
    // SAFETY: the library hands on what it was given.
    unsafe {
        called_locked(parameter, (), |inner| {
            let Some((number, block)) = inner.setting_group(block) else {
                return;
            };
            let state = &block.def.state;
            state.cnf_edit.store(true, Relaxed);
            let handlers = &inner.handlers;
            let answer = inner
                .groups
                .ask(number, || handlers.edit_is_confirmed(number, &block, group));
            match answer {
                Some(answer) if answer.accepted => {
                    inner.confirm_edit(number, group, &answer.touched);
                }
                _ => tracing::warn!(
                    group,
                    "an edited setting group was refused, which libiec61850 does not tell its client"
                ),
            }
            state.cnf_edit.store(false, Relaxed);
            inner.note_edit(number, 0, None);
        });
    }
}
