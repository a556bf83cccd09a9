use super::{check_address, control_block, create, milliseconds};
use crate::Error;
use crate::common::PhyComAddress;
use crate::model::arena::NodeId;
use crate::model::{Dataset, LogicalNode};
use std::time::Duration;

/// What a GOOSE control block starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GooseControlBlockOptions {
    /// The data set, named as in
    /// [`ReportControlBlockOptions`](crate::ReportControlBlockOptions::dataset_name).
    pub dataset_name: Option<String>,
    /// Configuration revision.
    pub conf_rev: u32,
    /// Whether members are encoded at fixed offsets.
    pub fixed_offs: bool,
    /// Time to the first repetition after a change.
    pub min_time: Duration,
    /// Time between repetitions when nothing changes.
    pub max_time: Duration,
    /// Where the messages are sent. `None` leaves it to the publisher.
    pub address: Option<PhyComAddress>,
}

impl Default for GooseControlBlockOptions {
    /// The defaults of py61850: configuration revision 1, repetition after 200 ms, then up to 3 s.
    fn default() -> Self {
        GooseControlBlockOptions {
            dataset_name: None,
            conf_rev: 1,
            fixed_offs: false,
            min_time: Duration::from_millis(200),
            max_time: Duration::from_secs(3),
            address: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct GooseControlBlockDef {
    pub(crate) logical_node: NodeId,
    pub(crate) name: String,
    pub(crate) app_id: String,
    pub(crate) dataset_name: Option<String>,
    pub(crate) conf_rev: u32,
    pub(crate) fixed_offs: bool,
    pub(crate) min_time_ms: u32,
    pub(crate) max_time_ms: u32,
    pub(crate) address: Option<PhyComAddress>,
}

control_block! {
    /// A GOOSE control block of the configuration.
    GooseControlBlock, GooseControlBlockDef
}

impl LogicalNode {
    /// Appends a GOOSE control block. `app_id` is the text that names the messages (`GoID`), not
    /// the APPID of the frame, which is part of the address.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], [`Error::Duplicate`];
    /// [`Error::ValueOutOfRange`] if a time is longer than 2^32 - 1 ms or the address has a VLAN
    /// identifier above 4095 or a priority above 7.
    pub fn create_goose_control_block(
        &self,
        name: &str,
        app_id: &str,
        options: GooseControlBlockOptions,
    ) -> Result<GooseControlBlock, Error> {
        check_address(self, name, options.address.as_ref())?;
        let logical_node = self.handle.id();
        let def = GooseControlBlockDef {
            logical_node,
            name: name.to_owned(),
            app_id: app_id.to_owned(),
            min_time_ms: milliseconds(self, name, "MinTime", options.min_time)?,
            max_time_ms: milliseconds(self, name, "MaxTime", options.max_time)?,
            dataset_name: options.dataset_name.filter(|name| !name.is_empty()),
            conf_rev: options.conf_rev,
            fixed_offs: options.fixed_offs,
            address: options.address,
        };
        let def = create(
            self,
            "GOOSE control block",
            name,
            def,
            |arena| &mut arena.goose_control_blocks,
            |other| other.logical_node == logical_node && other.name == name,
        )?;
        Ok(GooseControlBlock::new(&self.handle.model, def))
    }
}

impl GooseControlBlock {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// The text that names the messages (`GoID`).
    pub fn app_id(&self) -> &str {
        &self.def.app_id
    }

    /// The name of the data set, as given.
    pub fn dataset_name(&self) -> Option<&str> {
        self.def.dataset_name.as_deref()
    }

    /// The data set; `None` if it has none or names one that does not exist.
    pub fn dataset(&self) -> Option<Dataset> {
        Dataset::named(&self.model, self.def.logical_node, self.dataset_name()?)
    }

    /// Configuration revision.
    pub fn conf_rev(&self) -> u32 {
        self.def.conf_rev
    }

    /// Whether members are encoded at fixed offsets.
    pub fn fixed_offs(&self) -> bool {
        self.def.fixed_offs
    }

    /// Time to the first repetition after a change.
    pub fn min_time(&self) -> Duration {
        Duration::from_millis(self.def.min_time_ms.into())
    }

    /// Time between repetitions when nothing changes.
    pub fn max_time(&self) -> Duration {
        Duration::from_millis(self.def.max_time_ms.into())
    }

    /// Where the messages are sent.
    pub fn address(&self) -> Option<PhyComAddress> {
        self.def.address
    }
}
