use super::{control_block, create, milliseconds};
use crate::Error;
use crate::common::TriggerOptions;
use crate::model::arena::NodeId;
use crate::model::{Dataset, LogicalNode, ModelNodeExt};
use std::time::Duration;

/// What a log control block starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogControlBlockOptions {
    /// The data set, named as in
    /// [`ReportControlBlockOptions`](crate::ReportControlBlockOptions::dataset_name).
    pub dataset_name: Option<String>,
    /// The log entries go to: `LD/LN$name`, the logical device by its instance.
    pub log_ref: Option<String>,
    /// What causes entries.
    pub trg_ops: TriggerOptions,
    /// The integrity period, 0 for none; up to 2^32 - 1 ms.
    pub intg_pd: Duration,
    /// Whether logging is on from the start.
    pub log_ena: bool,
    /// Whether entries hold the reason.
    pub with_reason_code: bool,
}

impl Default for LogControlBlockOptions {
    /// Entries on data change with their reason, no integrity period, on from the start.
    fn default() -> Self {
        LogControlBlockOptions {
            dataset_name: None,
            log_ref: None,
            trg_ops: TriggerOptions::DATA_CHANGED,
            intg_pd: Duration::ZERO,
            log_ena: true,
            with_reason_code: true,
        }
    }
}

#[derive(Debug)]
pub(crate) struct LogControlBlockDef {
    pub(crate) logical_node: NodeId,
    pub(crate) name: String,
    pub(crate) dataset_name: Option<String>,
    pub(crate) log_ref: Option<String>,
    pub(crate) trg_ops: TriggerOptions,
    pub(crate) intg_pd_ms: u32,
    pub(crate) log_ena: bool,
    pub(crate) with_reason_code: bool,
}

#[derive(Debug)]
pub(crate) struct LogDef {
    pub(crate) logical_node: NodeId,
    pub(crate) name: String,
}

control_block! {
    /// A log control block of the configuration.
    LogControlBlock, LogControlBlockDef
}

control_block! {
    /// A log: for clients, an MMS journal.
    Log, LogDef
}

impl LogicalNode {
    /// Appends a log.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], [`Error::Duplicate`].
    pub fn create_log(&self, name: &str) -> Result<Log, Error> {
        let logical_node = self.handle.id();
        let def = LogDef {
            logical_node,
            name: name.to_owned(),
        };
        let def = create(
            self,
            "log",
            name,
            def,
            |arena| &mut arena.logs,
            |other| other.logical_node == logical_node && other.name == name,
        )?;
        Ok(Log::new(&self.handle.model, def))
    }

    /// Appends a log control block. Data set and log may be created later.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`], [`Error::Duplicate`];
    /// [`Error::ValueOutOfRange`] if the integrity period is too long.
    pub fn create_log_control_block(
        &self,
        name: &str,
        options: LogControlBlockOptions,
    ) -> Result<LogControlBlock, Error> {
        let logical_node = self.handle.id();
        let def = LogControlBlockDef {
            logical_node,
            name: name.to_owned(),
            intg_pd_ms: milliseconds(self, name, "IntgPd", options.intg_pd)?,
            dataset_name: options.dataset_name.filter(|name| !name.is_empty()),
            log_ref: options.log_ref.filter(|name| !name.is_empty()),
            trg_ops: options.trg_ops,
            log_ena: options.log_ena,
            with_reason_code: options.with_reason_code,
        };
        let def = create(
            self,
            "log control block",
            name,
            def,
            |arena| &mut arena.log_control_blocks,
            |other| other.logical_node == logical_node && other.name == name,
        )?;
        Ok(LogControlBlock::new(&self.handle.model, def))
    }
}

impl Log {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// The full reference, `IED1LD0/LLN0$name`.
    pub fn reference(&self) -> String {
        format!("{}${}", self.parent().reference(), self.def.name)
    }
}

impl LogControlBlock {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// The name of the data set, as given.
    pub fn dataset_name(&self) -> Option<&str> {
        self.def.dataset_name.as_deref()
    }

    /// The data set; `None` if it has none or names one that does not exist.
    pub fn dataset(&self) -> Option<Dataset> {
        Dataset::named(&self.model, self.def.logical_node, self.dataset_name()?)
    }

    /// The log, as given.
    pub fn log_ref(&self) -> Option<&str> {
        self.def.log_ref.as_deref()
    }

    /// What causes entries.
    pub fn trg_ops(&self) -> TriggerOptions {
        self.def.trg_ops
    }

    /// The integrity period; 0 is none.
    pub fn intg_pd(&self) -> Duration {
        Duration::from_millis(self.def.intg_pd_ms.into())
    }

    /// Whether logging is on from the start.
    pub fn log_ena(&self) -> bool {
        self.def.log_ena
    }

    /// Whether entries hold the reason.
    pub fn with_reason_code(&self) -> bool {
        self.def.with_reason_code
    }
}
