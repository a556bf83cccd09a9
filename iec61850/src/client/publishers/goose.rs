use super::super::connection::IedConnection;
use super::super::error::Context;
use super::super::target;
use super::{Fields, address_value};
use crate::{Error, FunctionalConstraint, PhyComAddress};
use mms::MmsValue;

bitflags::bitflags! {
    /// Attributes of a GOOSE control block, in the numbers of libiec61850.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct GocbElement: u32 {
        /// GoEna.
        const GO_ENA = 1;
        /// GoID.
        const GO_ID = 2;
        /// DatSet.
        const DATSET = 4;
        /// ConfRev.
        const CONF_REV = 8;
        /// NdsCom.
        const NDS_COMM = 16;
        /// DstAddress.
        const DST_ADDRESS = 32;
        /// MinTime.
        const MIN_TIME = 64;
        /// MaxTime.
        const MAX_TIME = 128;
        /// FixedOffs.
        const FIXED_OFFS = 256;
        /// All of them.
        const ALL = 511;
    }
}

/// The values of a GOOSE control block, and which of them were changed since they were read.
#[derive(Clone, Debug, PartialEq)]
pub struct GooseControlBlock {
    reference: String,
    go_ena: bool,
    go_id: String,
    dat_set: String,
    conf_rev: u32,
    nds_comm: bool,
    dst_address: PhyComAddress,
    min_time: Option<u32>,
    max_time: Option<u32>,
    fixed_offs: Option<bool>,
    changed: GocbElement,
}

impl GooseControlBlock {
    /// The control block, `LD/LN.name`.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Whether messages are sent.
    pub fn go_ena(&self) -> bool {
        self.go_ena
    }

    /// Starts or ends sending, when written.
    pub fn set_go_ena(&mut self, enabled: bool) {
        self.go_ena = enabled;
        self.changed |= GocbElement::GO_ENA;
    }

    /// The identifier in the messages.
    pub fn go_id(&self) -> &str {
        &self.go_id
    }

    /// Changes the identifier.
    pub fn set_go_id(&mut self, id: impl Into<String>) {
        self.go_id = id.into();
        self.changed |= GocbElement::GO_ID;
    }

    /// The data set, as the server names it (`LD/LN$name`).
    pub fn datset(&self) -> &str {
        &self.dat_set
    }

    /// Changes the data set; the form with a dot is taken as well.
    pub fn set_datset(&mut self, reference: &str) {
        self.dat_set = super::super::report::data_set_on_the_wire(reference);
        self.changed |= GocbElement::DATSET;
    }

    /// The revision of the configuration.
    pub fn conf_rev(&self) -> u32 {
        self.conf_rev
    }

    /// Whether something is missing in the configuration (needs commissioning).
    pub fn nds_comm(&self) -> bool {
        self.nds_comm
    }

    /// Where messages go.
    pub fn dst_address(&self) -> &PhyComAddress {
        &self.dst_address
    }

    /// Changes where messages go.
    pub fn set_dst_address(&mut self, address: PhyComAddress) {
        self.dst_address = address;
        self.changed |= GocbElement::DST_ADDRESS;
    }

    /// Milliseconds between the first repetitions, if the server says so.
    pub fn min_time(&self) -> Option<u32> {
        self.min_time
    }

    /// Milliseconds between repetitions when nothing changes, if the server says so.
    pub fn max_time(&self) -> Option<u32> {
        self.max_time
    }

    /// Whether members have fixed places in the message, if the server says so.
    pub fn fixed_offs(&self) -> Option<bool> {
        self.fixed_offs
    }

    /// What was changed and not written yet.
    pub fn element_changed(&self) -> GocbElement {
        self.changed
    }

    /// Forgets that anything was changed.
    pub fn clear_element_changed(&mut self) {
        self.changed = GocbElement::empty();
    }
}

/// GOOSE control blocks.
impl IedConnection {
    /// Reads a GOOSE control block, `LD/LN.name`.
    ///
    /// # Errors
    /// [`crate::client::IedClientError::ObjectDoesNotExist`] and others.
    pub async fn read_gocb(&self, reference: &str) -> Result<GooseControlBlock, Error> {
        const SERVICE: &str = "read GOOSE control block";
        let block = target::control_block(SERVICE, reference, &[FunctionalConstraint::GO])?;
        let client = self.client(SERVICE, reference)?;
        let value = client.read(block.name()).await;
        let fields = Fields::new(SERVICE, reference, value.context(SERVICE, reference)?)?;
        Ok(GooseControlBlock {
            go_ena: fields.bool(0)?,
            go_id: fields.text(1)?,
            dat_set: fields.text(2)?,
            conf_rev: fields.number(3)?,
            nds_comm: fields.bool(4)?,
            dst_address: fields.address(5)?,
            min_time: fields.optional_number(6),
            max_time: fields.optional_number(7),
            fixed_offs: fields.bool(8).ok(),
            changed: GocbElement::empty(),
            reference: block.reference,
        })
    }

    /// Reads the values anew and forgets that anything was changed.
    ///
    /// # Errors
    /// As for [`IedConnection::read_gocb`].
    pub async fn update_gocb_values(&self, block: &mut GooseControlBlock) -> Result<(), Error> {
        *block = self.read_gocb(&block.reference).await?;
        Ok(())
    }

    /// Writes what was changed: all in one request, or one after the other. Disabling comes first
    /// and enabling last.
    ///
    /// # Errors
    /// The first attribute that was not taken, with
    /// [`crate::client::IedClientError::AccessDenied`] or another reason. Those in front of it
    /// are written.
    pub async fn set_gocb_values(
        &self,
        block: &mut GooseControlBlock,
        single_request: bool,
    ) -> Result<(), Error> {
        const SERVICE: &str = "write GOOSE control block";
        let fc = &[FunctionalConstraint::GO];
        let name = target::control_block(SERVICE, &block.reference, fc)?;
        let has = |element| block.changed.contains(element);
        let enable = || ("GoEna", MmsValue::Boolean(block.go_ena));
        let mut writes = Vec::new();
        if has(GocbElement::GO_ENA) && !block.go_ena {
            writes.push(enable());
        }
        if has(GocbElement::GO_ID) {
            writes.push(("GoID", MmsValue::VisibleString(block.go_id.clone())));
        }
        if has(GocbElement::DATSET) {
            writes.push(("DatSet", MmsValue::VisibleString(block.dat_set.clone())));
        }
        if has(GocbElement::DST_ADDRESS) {
            writes.push(("DstAddress", address_value(&block.dst_address)));
        }
        if has(GocbElement::GO_ENA) && block.go_ena {
            writes.push(enable());
        }
        self.write_attributes(SERVICE, &name, writes, single_request)
            .await?;
        block.clear_element_changed();
        Ok(())
    }
}
