use super::{control_block, create};
use crate::Error;
use crate::common::Timestamp;
use crate::model::arena::NodeId;
use crate::model::{LogicalNode, ModelNodeExt};
use chrono::{DateTime, Utc};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct SettingGroupControlBlockDef {
    pub(crate) logical_node: NodeId,
    /// Active group at the start.
    pub(crate) act_sg: u8,
    pub(crate) num_of_sg: u8,
    pub(crate) state: SettingGroupState,
}

/// The control block as it is now. A server that runs on the model writes it.
#[derive(Debug)]
pub(crate) struct SettingGroupState {
    pub(crate) act_sg: AtomicU8,
    pub(crate) edit_sg: AtomicU8,
    pub(crate) cnf_edit: AtomicBool,
    /// The eight octets of the time as a big-endian number.
    pub(crate) last_activation: AtomicU64,
    /// Seconds.
    pub(crate) resv_tms: AtomicU16,
}

control_block! {
    /// The setting group control block of a logical device. Its values are those of now, when a
    /// server runs on the model.
    SettingGroupControlBlock, SettingGroupControlBlockDef
}

impl LogicalNode {
    /// Gives an LLN0 its setting group control block, with group `act_sg` active out of
    /// `num_of_sg`.
    ///
    /// # Errors
    /// [`Error::ModelInUse`]; [`Error::WrongKind`] if this is no LLN0; [`Error::Duplicate`] if it
    /// has one; [`Error::ValueOutOfRange`] if there is no group, or `act_sg` is none of them.
    pub fn create_setting_group_control_block(
        &self,
        act_sg: u8,
        num_of_sg: u8,
    ) -> Result<SettingGroupControlBlock, Error> {
        if self.name() != "LLN0" {
            return Err(Error::WrongKind {
                reference: self.reference(),
                reason: "is not LLN0, the place of setting group control blocks",
            });
        }
        let reference = || format!("{}.SGCB", self.reference());
        if num_of_sg == 0 {
            return Err(Error::ValueOutOfRange {
                reference: reference() + " NumOfSG",
                expected: "1 to 255".to_owned(),
                value: "0".to_owned(),
            });
        }
        if !(1..=num_of_sg).contains(&act_sg) {
            return Err(Error::ValueOutOfRange {
                reference: reference() + " ActSG",
                expected: format!("1 to {num_of_sg}"),
                value: act_sg.to_string(),
            });
        }
        let logical_node = self.handle.id();
        let def = SettingGroupControlBlockDef {
            logical_node,
            act_sg,
            num_of_sg,
            state: SettingGroupState {
                act_sg: AtomicU8::new(act_sg),
                edit_sg: AtomicU8::new(0),
                cnf_edit: AtomicBool::new(false),
                last_activation: AtomicU64::new(0),
                resv_tms: AtomicU16::new(0),
            },
        };
        let def = create(
            self,
            "setting group control block",
            "SGCB",
            def,
            |arena| &mut arena.setting_group_control_blocks,
            |other| other.logical_node == logical_node,
        )?;
        Ok(SettingGroupControlBlock::new(&self.handle.model, def))
    }
}

impl SettingGroupControlBlock {
    /// Its name, which is always `SGCB`.
    pub fn name(&self) -> &str {
        "SGCB"
    }

    /// The active group. In a handler that is asked about a change, the one before it.
    pub fn act_sg(&self) -> u8 {
        self.def.state.act_sg.load(Relaxed)
    }

    /// Number of groups.
    pub fn num_of_sgs(&self) -> u8 {
        self.def.num_of_sg
    }

    /// The group a client edits, 0 for none.
    pub fn edit_sg(&self) -> u8 {
        self.def.state.edit_sg.load(Relaxed)
    }

    /// Whether the edited values are being confirmed.
    pub fn cnf_edit(&self) -> bool {
        self.def.state.cnf_edit.load(Relaxed)
    }

    /// When a group was activated last; 1970 if never.
    pub fn timestamp(&self) -> DateTime<Utc> {
        let octets = self.def.state.last_activation.load(Relaxed).to_be_bytes();
        Timestamp::from_bytes(octets).time()
    }

    /// How long the edit is reserved, in whole seconds.
    pub fn resv_tms(&self) -> Duration {
        Duration::from_secs(self.def.state.resv_tms.load(Relaxed).into())
    }
}
