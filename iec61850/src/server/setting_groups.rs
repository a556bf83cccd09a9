//! Setting groups of a server.

use super::{ClientConnection, Handlers, IedServer};
use crate::Error;
use crate::model::SettingGroupControlBlock;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

type ChangeHandler = dyn Fn(&SettingGroupControlBlock, &ClientConnection, u8) -> bool + Send + Sync;
type ConfirmHandler = dyn Fn(&SettingGroupControlBlock, u8) -> bool + Send + Sync;

/// The handlers of setting group control blocks, by their numbers in the model.
#[derive(Default)]
pub(crate) struct SettingGroupHandlers {
    active: RwLock<HashMap<usize, Arc<ChangeHandler>>>,
    edit: RwLock<HashMap<usize, Arc<ChangeHandler>>>,
    confirmed: RwLock<HashMap<usize, Arc<ConfirmHandler>>>,
}

impl Handlers {
    /// Whether a client may make another group the active one.
    pub(crate) fn active_group_changes(
        &self,
        number: usize,
        block: &SettingGroupControlBlock,
        client: &ClientConnection,
        group: u8,
    ) -> bool {
        let handler = self.setting_groups.active.read().get(&number).cloned();
        handler.is_none_or(|handler| {
            self.call("handler of the active setting group", handler, |handler| {
                handler(block, client, group)
            })
            .unwrap_or(false)
        })
    }

    /// Whether a client may edit a group.
    pub(crate) fn edit_group_changes(
        &self,
        number: usize,
        block: &SettingGroupControlBlock,
        client: &ClientConnection,
        group: u8,
    ) -> bool {
        let handler = self.setting_groups.edit.read().get(&number).cloned();
        handler.is_none_or(|handler| {
            self.call("handler of the edited setting group", handler, |handler| {
                handler(block, client, group)
            })
            .unwrap_or(false)
        })
    }

    /// Whether the edited values of a group become its values.
    pub(crate) fn edit_is_confirmed(
        &self,
        number: usize,
        block: &SettingGroupControlBlock,
        group: u8,
    ) -> bool {
        let handler = self.setting_groups.confirmed.read().get(&number).cloned();
        handler.is_none_or(|handler| {
            self.call(
                "handler of the confirmed setting group",
                handler,
                |handler| handler(block, group),
            )
            .unwrap_or(false)
        })
    }
}

/// Setting groups.
///
/// The server keeps the values of every group: those of
/// [`init_group_value`](crate::DataAttribute::init_group_value) and of the SCL file at the start, and
/// those that clients edit and confirm. SG attributes have the values of the active group; when
/// another one becomes active, or the active one is confirmed, they change as if they were updated,
/// with all that triggers. No handler is needed. One that is there may refuse, and what it
/// updates itself wins: applications that keep the values of the groups themselves load them in
/// the handlers, as with py61850.
///
/// What is edited belongs to one client, until it confirms or gives up, its association ends, or
/// it has edited nothing for
/// [`sg_reservation_time`](crate::IedServerConfig::sg_reservation_time).
impl IedServer {
    /// Asks `handler` when a client wants another group to be the active one. `true` accepts, and
    /// `false` is object-access-denied for the client.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the control block is of another model.
    pub fn register_active_setting_group_change_handler(
        &self,
        sgcb: &SettingGroupControlBlock,
        handler: impl Fn(&SettingGroupControlBlock, &ClientConnection, u8) -> bool
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        let number = self.sgcb_number(sgcb)?;
        let handlers = &self.handlers.setting_groups.active;
        let _before = handlers.write().insert(number, Arc::new(handler));
        Ok(())
    }

    /// Asks `handler` when a client wants to edit a group: `true` accepts. SE attributes that it
    /// does not update get the values the server has for the group.
    ///
    /// # Errors
    /// As for [`IedServer::register_active_setting_group_change_handler`].
    pub fn register_edit_setting_group_change_handler(
        &self,
        sgcb: &SettingGroupControlBlock,
        handler: impl Fn(&SettingGroupControlBlock, &ClientConnection, u8) -> bool
        + Send
        + Sync
        + 'static,
    ) -> Result<(), Error> {
        let number = self.sgcb_number(sgcb)?;
        let handlers = &self.handlers.setting_groups.edit;
        let _before = handlers.write().insert(number, Arc::new(handler));
        Ok(())
    }

    /// Asks `handler` when a client confirms what it has edited: the SE attributes have the new
    /// values of the group. `true` accepts; with `false` the client gets object-access-denied and
    /// may go on editing.
    ///
    /// # Errors
    /// As for [`IedServer::register_active_setting_group_change_handler`].
    pub fn register_edit_setting_group_confirmed_handler(
        &self,
        sgcb: &SettingGroupControlBlock,
        handler: impl Fn(&SettingGroupControlBlock, u8) -> bool + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let number = self.sgcb_number(sgcb)?;
        let handlers = &self.handlers.setting_groups.confirmed;
        let _before = handlers.write().insert(number, Arc::new(handler));
        Ok(())
    }

    /// Makes a group the active one, with its values. Handlers are not asked.
    ///
    /// # Errors
    /// [`Error::ValueOutOfRange`] if there is no such group, [`Error::Busy`] while a handler is asked
    /// about this control block, and [`Error::WrongKind`] if it is of another model.
    pub fn change_active_setting_group(
        &self,
        sgcb: &SettingGroupControlBlock,
        group: u8,
    ) -> Result<(), Error> {
        let number = self.sgcb_number(sgcb)?;
        let count = sgcb.num_of_sgs();
        if !(1..=count).contains(&group) {
            return Err(Error::ValueOutOfRange {
                reference: self.sgcb_reference(sgcb) + " ActSG",
                expected: format!("1 to {count}"),
                value: group.to_string(),
            });
        }
        if self.engine.set_active_setting_group(number, group) {
            Ok(())
        } else {
            Err(Error::Busy {
                reference: self.sgcb_reference(sgcb),
            })
        }
    }

    /// The active group, which [`SettingGroupControlBlock::act_sg`] says too.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the control block is of another model.
    pub fn active_setting_group(&self, sgcb: &SettingGroupControlBlock) -> Result<u8, Error> {
        let number = self.sgcb_number(sgcb)?;
        Ok(self.engine.active_setting_group(number))
    }

    fn sgcb_reference(&self, sgcb: &SettingGroupControlBlock) -> String {
        let node = sgcb.def.logical_node;
        self.arena.reference(node.into()) + ".SGCB"
    }

    /// The number of a control block among those of the model.
    fn sgcb_number(&self, sgcb: &SettingGroupControlBlock) -> Result<usize, Error> {
        let blocks = &self.arena.setting_group_control_blocks;
        blocks
            .iter()
            .position(|def| Arc::ptr_eq(def, &sgcb.def))
            .ok_or_else(|| Error::WrongKind {
                reference: format!("{sgcb:?}"),
                reason: "belongs to another model than the server's",
            })
    }
}
