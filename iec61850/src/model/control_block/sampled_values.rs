use super::{check_address, control_block, create};
use crate::Error;
use crate::common::{FunctionalConstraint, PhyComAddress, SampledValueOptions, SvSmpMod};
use crate::model::arena::NodeId;
use crate::model::{Dataset, LogicalNode};

/// What a sampled value control block starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvControlBlockOptions {
    /// The data set, named as in
    /// [`ReportControlBlockOptions`](crate::ReportControlBlockOptions::dataset_name).
    pub dataset_name: Option<String>,
    /// Configuration revision.
    pub conf_rev: u32,
    /// Unit of the sample rate.
    pub smp_mod: SvSmpMod,
    /// Sample rate, in the unit of `smp_mod`.
    pub smp_rate: u16,
    /// The optional fields of messages.
    pub opt_flds: SampledValueOptions,
    /// Whether the messages go to one subscriber.
    pub is_unicast: bool,
    /// Samples in one message.
    pub no_asdu: u8,
    /// Where the messages are sent. `None` leaves it to the publisher.
    pub address: Option<PhyComAddress>,
}

impl Default for SvControlBlockOptions {
    /// The defaults of py61850: configuration revision 1, 80 samples per period, no optional
    /// fields, multicast; one sample in a message.
    fn default() -> Self {
        SvControlBlockOptions {
            dataset_name: None,
            conf_rev: 1,
            smp_mod: SvSmpMod::SamplesPerPeriod,
            smp_rate: 80,
            opt_flds: SampledValueOptions::empty(),
            is_unicast: false,
            no_asdu: 1,
            address: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct SvControlBlockDef {
    pub(crate) logical_node: NodeId,
    pub(crate) name: String,
    pub(crate) sv_id: String,
    pub(crate) dataset_name: Option<String>,
    pub(crate) conf_rev: u32,
    pub(crate) smp_mod: SvSmpMod,
    pub(crate) smp_rate: u16,
    pub(crate) opt_flds: SampledValueOptions,
    pub(crate) is_unicast: bool,
    pub(crate) no_asdu: u8,
    pub(crate) address: Option<PhyComAddress>,
}

control_block! {
    /// A sampled value control block of the configuration.
    SvControlBlock, SvControlBlockDef
}

/// The name of [`SvControlBlock`] in py61850.
pub type SVControlBlock = SvControlBlock;

impl LogicalNode {
    /// Appends a sampled value control block, multicast or unicast. `sv_id` is the text that names
    /// the samples.
    ///
    /// # Errors
    /// [`Error::ModelInUse`], [`Error::InvalidName`]; [`Error::Duplicate`] if there is a multicast,
    /// or unicast, one of this name; [`Error::ValueOutOfRange`] if there is no sample in a message
    /// or the address has a VLAN identifier above 4095 or a priority above 7.
    pub fn create_sv_control_block(
        &self,
        name: &str,
        sv_id: &str,
        options: SvControlBlockOptions,
    ) -> Result<SvControlBlock, Error> {
        check_address(self, name, options.address.as_ref())?;
        if options.no_asdu == 0 {
            return Err(super::out_of_range(self, name, "noASDU", "1 to 255", 0));
        }
        let logical_node = self.handle.id();
        let is_unicast = options.is_unicast;
        let def = SvControlBlockDef {
            logical_node,
            name: name.to_owned(),
            sv_id: sv_id.to_owned(),
            dataset_name: options.dataset_name.filter(|name| !name.is_empty()),
            conf_rev: options.conf_rev,
            smp_mod: options.smp_mod,
            smp_rate: options.smp_rate,
            opt_flds: options.opt_flds,
            is_unicast,
            no_asdu: options.no_asdu,
            address: options.address,
        };
        let def = create(
            self,
            "sampled value control block",
            name,
            def,
            |arena| &mut arena.sv_control_blocks,
            |other| {
                other.logical_node == logical_node
                    && other.is_unicast == is_unicast
                    && other.name == name
            },
        )?;
        Ok(SvControlBlock::new(&self.handle.model, def))
    }
}

impl SvControlBlock {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// The text that names the samples.
    pub fn sv_id(&self) -> &str {
        &self.def.sv_id
    }

    /// MS for a multicast one, US for a unicast one.
    pub fn fc(&self) -> FunctionalConstraint {
        if self.def.is_unicast {
            FunctionalConstraint::US
        } else {
            FunctionalConstraint::MS
        }
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

    /// Unit of the sample rate.
    pub fn smp_mod(&self) -> SvSmpMod {
        self.def.smp_mod
    }

    /// Sample rate.
    pub fn smp_rate(&self) -> u16 {
        self.def.smp_rate
    }

    /// The optional fields of messages.
    pub fn opt_flds(&self) -> SampledValueOptions {
        self.def.opt_flds
    }

    /// Whether the messages go to one subscriber.
    pub fn is_unicast(&self) -> bool {
        self.def.is_unicast
    }

    /// Samples in one message.
    pub fn no_asdu(&self) -> u8 {
        self.def.no_asdu
    }

    /// Where the messages are sent.
    pub fn address(&self) -> Option<PhyComAddress> {
        self.def.address
    }
}
