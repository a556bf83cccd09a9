use super::arena::{Arena, DataSetDef, NodeId};
use super::data_object::create_object;
use super::node::{Handle, node_type};
use super::{
    DataObject, Dataset, GooseControlBlock, IedModel, Log, LogControlBlock, ReportControlBlock,
    SettingGroupControlBlock, SvControlBlock, name,
};
use crate::Error;
use crate::common::FunctionalConstraint;
use std::sync::Arc;

/// A logical node: data objects, data sets and control blocks.
#[derive(Clone)]
pub struct LogicalNode {
    pub(crate) handle: Handle,
}

node_type!(LogicalNode, into_logical_node, "is no logical node");

impl LogicalNode {
    pub(super) fn of(model: &IedModel, arena: &Arena, id: NodeId) -> Self {
        LogicalNode {
            handle: Handle::of(model, arena, id.into()),
        }
    }

    /// Appends a data object; `count` is the number of elements of an array, 0 for none.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], [`Error::Duplicate`], and
    /// [`Error::WrongCount`] if the array is longer than 65535.
    pub fn create_data_object(&self, name: &str, count: u32) -> Result<DataObject, Error> {
        create_object(&self.handle, name, count)
    }

    /// Appends an empty data set.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], [`Error::Duplicate`].
    pub fn create_dataset(&self, name: &str) -> Result<Dataset, Error> {
        name::check("data set", name)?;
        let logical_node = self.handle.id();
        let index = self.handle.model.edit(|arena, _| {
            if arena.data_set_named(logical_node, name).is_some() {
                return Err(Error::Duplicate {
                    what: "data set",
                    name: name.to_owned(),
                    parent: arena.reference(self.handle.key),
                });
            }
            arena.data_sets.push(DataSetDef {
                logical_node,
                name: name.into(),
                entries: vec![],
            });
            Ok(arena.data_sets.len() - 1)
        })?;
        Ok(Dataset::new(&self.handle.model, index, name.into()))
    }

    /// Whether the logical node has data of the functional constraint.
    pub fn has_fc(&self, fc: FunctionalConstraint) -> bool {
        self.handle.read(|arena| arena.has_fc(self.handle.id(), fc))
    }

    /// The data set with a name.
    pub fn dataset(&self, name: &str) -> Option<Dataset> {
        self.handle.read(|arena| {
            let index = arena.data_set_named(self.handle.id(), name)?;
            Dataset::of(&self.handle.model, arena, index)
        })
    }

    /// The data sets, in the order they were created.
    pub fn datasets(&self) -> Vec<Dataset> {
        self.handle.read(|arena| {
            (0..)
                .zip(&arena.data_sets)
                .filter(|(_, set)| set.logical_node == self.handle.id())
                .map(|(index, set)| Dataset::new(&self.handle.model, index, set.name.clone()))
                .collect()
        })
    }

    /// The report control blocks, in the order they were created.
    pub fn report_control_blocks(&self) -> Vec<ReportControlBlock> {
        self.control_blocks(|arena| &arena.report_control_blocks, |def| def.logical_node)
            .map(|def| ReportControlBlock::new(&self.handle.model, def))
            .collect()
    }

    /// The GOOSE control blocks, in the order they were created.
    pub fn goose_control_blocks(&self) -> Vec<GooseControlBlock> {
        self.control_blocks(|arena| &arena.goose_control_blocks, |def| def.logical_node)
            .map(|def| GooseControlBlock::new(&self.handle.model, def))
            .collect()
    }

    /// The sampled value control blocks, in the order they were created.
    pub fn sv_control_blocks(&self) -> Vec<SvControlBlock> {
        self.control_blocks(|arena| &arena.sv_control_blocks, |def| def.logical_node)
            .map(|def| SvControlBlock::new(&self.handle.model, def))
            .collect()
    }

    /// The log control blocks, in the order they were created.
    pub fn log_control_blocks(&self) -> Vec<LogControlBlock> {
        self.control_blocks(|arena| &arena.log_control_blocks, |def| def.logical_node)
            .map(|def| LogControlBlock::new(&self.handle.model, def))
            .collect()
    }

    /// The logs, in the order they were created.
    pub fn logs(&self) -> Vec<Log> {
        self.control_blocks(|arena| &arena.logs, |def| def.logical_node)
            .map(|def| Log::new(&self.handle.model, def))
            .collect()
    }

    /// The setting group control block, which only LLN0 can have.
    pub fn setting_group_control_block(&self) -> Option<SettingGroupControlBlock> {
        self.control_blocks(
            |arena| &arena.setting_group_control_blocks,
            |def| def.logical_node,
        )
        .map(|def| SettingGroupControlBlock::new(&self.handle.model, def))
        .next()
    }

    fn control_blocks<T>(
        &self,
        list: impl FnOnce(&Arena) -> &Vec<Arc<T>>,
        logical_node: impl Fn(&T) -> NodeId,
    ) -> impl Iterator<Item = Arc<T>> {
        let own: Vec<_> = self.handle.read(|arena| {
            list(arena)
                .iter()
                .filter(|def| logical_node(def) == self.handle.id())
                .cloned()
                .collect()
        });
        own.into_iter()
    }
}
