use super::{control_block, create, milliseconds, some};
use crate::Error;
use crate::common::{FunctionalConstraint, ReportOptions, TriggerOptions};
use crate::model::arena::NodeId;
use crate::model::{Dataset, LogicalNode, ModelNodeExt};
use std::net::IpAddr;
use std::time::Duration;

/// What a report control block starts with. Clients may change most of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportControlBlockOptions {
    /// The data set: its name, with its logical node as `LN$name` if that is another one, or in
    /// full as `LD/LN$name`.
    pub dataset_name: Option<String>,
    /// Configuration revision.
    pub conf_rev: u32,
    /// What causes reports.
    pub trg_ops: TriggerOptions,
    /// The optional fields of reports.
    pub rpt_options: ReportOptions,
    /// How long further changes are collected after a first one; up to 2^32 - 1 ms.
    pub buf_tm: Duration,
    /// The integrity period, 0 for none; up to 2^32 - 1 ms.
    pub intg_pd: Duration,
    /// The address of the client it is meant for (`ClientLN` of an SCL file). A server keeps it for
    /// that client if its configuration
    /// [says so](crate::IedServerConfig::keep_preassigned_rcbs).
    pub client: Option<IpAddr>,
}

impl Default for ReportControlBlockOptions {
    /// The defaults of py61850: configuration revision 1; reports on data change, integrity and
    /// general interrogation; all optional fields but data references and segmentation; 50 ms
    /// buffer time and an integrity period of 90 s.
    fn default() -> Self {
        ReportControlBlockOptions {
            dataset_name: None,
            conf_rev: 1,
            trg_ops: TriggerOptions::REPORT_DEFAULT,
            rpt_options: ReportOptions::REPORT_DEFAULT,
            buf_tm: Duration::from_millis(50),
            intg_pd: Duration::from_secs(90),
            client: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct ReportControlBlockDef {
    pub(crate) logical_node: NodeId,
    pub(crate) name: String,
    /// `None`: the reference of the control block.
    pub(crate) rpt_id: Option<String>,
    pub(crate) is_buffered: bool,
    /// As given; [`Arena::data_set_of_control_block`](crate::model::arena::Arena) finds the set.
    pub(crate) dataset_name: Option<String>,
    pub(crate) conf_rev: u32,
    pub(crate) trg_ops: TriggerOptions,
    pub(crate) rpt_options: ReportOptions,
    pub(crate) buf_tm_ms: u32,
    pub(crate) intg_pd_ms: u32,
    pub(crate) client: Option<IpAddr>,
}

control_block! {
    /// A report control block of the configuration, with the values it starts with.
    ReportControlBlock, ReportControlBlockDef
}

impl LogicalNode {
    /// Appends a report control block, buffered or unbuffered. It serves one client at a time:
    /// for more, create further ones, by custom with the names `name01`, `name02`.
    ///
    /// An empty `rpt_id` stands for the reference of the control block. The data set may be
    /// created later; without it the control block cannot be enabled.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`]; [`Error::Duplicate`] if there is a buffered,
    /// or unbuffered, one of this name; [`Error::ValueOutOfRange`] if a period is too long.
    pub fn create_report_control_block(
        &self,
        name: &str,
        rpt_id: &str,
        is_buffered: bool,
        options: ReportControlBlockOptions,
    ) -> Result<ReportControlBlock, Error> {
        let logical_node = self.handle.id();
        let def = ReportControlBlockDef {
            logical_node,
            name: name.to_owned(),
            rpt_id: some(rpt_id),
            is_buffered,
            buf_tm_ms: milliseconds(self, name, "BufTm", options.buf_tm)?,
            intg_pd_ms: milliseconds(self, name, "IntgPd", options.intg_pd)?,
            dataset_name: options.dataset_name.filter(|name| !name.is_empty()),
            conf_rev: options.conf_rev,
            trg_ops: options.trg_ops,
            rpt_options: options.rpt_options,
            client: options.client,
        };
        let def = create(
            self,
            "report control block",
            name,
            def,
            |arena| &mut arena.report_control_blocks,
            |other| {
                other.logical_node == logical_node
                    && other.is_buffered == is_buffered
                    && other.name == name
            },
        )?;
        Ok(ReportControlBlock::new(&self.handle.model, def))
    }
}

impl ReportControlBlock {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// The reference, `IED1LD0/LLN0.RP.name` or with `BR`.
    pub fn reference(&self) -> String {
        format!(
            "{}.{}.{}",
            self.parent().reference(),
            self.fc(),
            self.def.name
        )
    }

    /// BR for a buffered one, RP for an unbuffered one.
    pub fn fc(&self) -> FunctionalConstraint {
        if self.def.is_buffered {
            FunctionalConstraint::BR
        } else {
            FunctionalConstraint::RP
        }
    }

    /// The report identifier, if one was given.
    pub fn rpt_id(&self) -> Option<&str> {
        self.def.rpt_id.as_deref()
    }

    /// Whether reports are kept while no client takes them.
    pub fn is_buffered(&self) -> bool {
        self.def.is_buffered
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

    /// What causes reports.
    pub fn trg_ops(&self) -> TriggerOptions {
        self.def.trg_ops
    }

    /// The optional fields of reports.
    pub fn opt_flds(&self) -> ReportOptions {
        self.def.rpt_options
    }

    /// How long further changes are collected after a first one.
    pub fn buf_tm(&self) -> Duration {
        Duration::from_millis(self.def.buf_tm_ms.into())
    }

    /// The address of the client it is meant for.
    pub fn client(&self) -> Option<IpAddr> {
        self.def.client
    }

    /// The integrity period; 0 is none.
    pub fn intg_pd(&self) -> Duration {
        Duration::from_millis(self.def.intg_pd_ms.into())
    }
}
