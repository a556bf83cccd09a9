use super::super::connection::IedConnection;
use super::super::error::Context;
use super::super::target;
use super::Fields;
use crate::{Error, FunctionalConstraint, PhyComAddress, SampledValueOptions, SvSmpMod};
use mms::MmsValue;

bitflags::bitflags! {
    /// Attributes of a sampled value control block that clients may change.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
    pub struct SvcbElement: u32 {
        /// SvEna.
        const SV_ENA = 1;
        /// Resv, of unicast control blocks.
        const RESV = 2;
    }
}

/// The values of a sampled value control block, and which of them were changed since they were
/// read.
#[derive(Clone, Debug, PartialEq)]
pub struct SampledValuesControlBlock {
    reference: String,
    sv_ena: bool,
    resv: Option<bool>,
    sv_id: String,
    dat_set: String,
    conf_rev: u32,
    smp_rate: u32,
    opt_flds: SampledValueOptions,
    smp_mod: Option<SvSmpMod>,
    dst_address: PhyComAddress,
    no_asdu: Option<u32>,
    changed: SvcbElement,
}

impl SampledValuesControlBlock {
    /// The control block, `LD/LN.MS.name` or `LD/LN.US.name`.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Whether it sends to one client rather than to all.
    pub fn is_unicast(&self) -> bool {
        self.resv.is_some()
    }

    /// Whether samples are sent.
    pub fn sv_ena(&self) -> bool {
        self.sv_ena
    }

    /// Starts or ends sending, when written.
    pub fn set_sv_ena(&mut self, enabled: bool) {
        self.sv_ena = enabled;
        self.changed |= SvcbElement::SV_ENA;
    }

    /// Whether a client has reserved it; `None` for multicast ones.
    pub fn resv(&self) -> Option<bool> {
        self.resv
    }

    /// Reserves it for this client, or gives it free, when written.
    pub fn set_resv(&mut self, reserved: bool) {
        self.resv = Some(reserved);
        self.changed |= SvcbElement::RESV;
    }

    /// The identifier in the messages (MsvID or UsvID).
    pub fn sv_id(&self) -> &str {
        &self.sv_id
    }

    /// The data set, as the server names it.
    pub fn datset(&self) -> &str {
        &self.dat_set
    }

    /// The revision of the configuration.
    pub fn conf_rev(&self) -> u32 {
        self.conf_rev
    }

    /// Samples, in the unit of [`SampledValuesControlBlock::smp_mod`].
    pub fn smp_rate(&self) -> u32 {
        self.smp_rate
    }

    /// Optional fields of the messages.
    pub fn opt_flds(&self) -> SampledValueOptions {
        self.opt_flds
    }

    /// What the rate counts; `None` if the server does not say, or something unknown.
    pub fn smp_mod(&self) -> Option<SvSmpMod> {
        self.smp_mod
    }

    /// Where messages go.
    pub fn dst_address(&self) -> &PhyComAddress {
        &self.dst_address
    }

    /// Samples in a message; `None` if the server does not say.
    pub fn no_asdu(&self) -> Option<u32> {
        self.no_asdu
    }

    /// What was changed and not written yet.
    pub fn element_changed(&self) -> SvcbElement {
        self.changed
    }

    /// Forgets that anything was changed.
    pub fn clear_element_changed(&mut self) {
        self.changed = SvcbElement::empty();
    }
}

const FCS: &[FunctionalConstraint] = &[FunctionalConstraint::MS, FunctionalConstraint::US];

/// Sampled value control blocks.
impl IedConnection {
    /// Reads a sampled value control block, `LD/LN.MS.name` (multicast) or `LD/LN.US.name`
    /// (unicast).
    ///
    /// # Errors
    /// [`crate::client::IedClientError::ObjectDoesNotExist`] and others.
    pub async fn read_svcb(&self, reference: &str) -> Result<SampledValuesControlBlock, Error> {
        const SERVICE: &str = "read sampled value control block";
        let block = target::control_block(SERVICE, reference, FCS)?;
        let client = self.client(SERVICE, reference)?;
        let value = client.read(block.name()).await;
        let fields = Fields::new(SERVICE, reference, value.context(SERVICE, reference)?)?;
        let unicast = block.fc == FunctionalConstraint::US;
        // Resv stands behind SvEna.
        let skip = usize::from(unicast);
        let opt_flds = fields.get(5 + skip)?.to_bits();
        Ok(SampledValuesControlBlock {
            sv_ena: fields.bool(0)?,
            resv: match unicast {
                true => Some(fields.bool(1)?),
                false => None,
            },
            sv_id: fields.text(1 + skip)?,
            dat_set: fields.text(2 + skip)?,
            conf_rev: fields.number(3 + skip)?,
            smp_rate: fields.number(4 + skip)?,
            opt_flds: SampledValueOptions::from_bits_truncate(
                opt_flds.context(SERVICE, reference)?.to_integer() as u8,
            ),
            smp_mod: fields
                .get(6 + skip)
                .ok()
                .and_then(|value| SvSmpMod::from_value(value.to_int32().ok()?)),
            dst_address: fields.address(7 + skip)?,
            no_asdu: fields.optional_number(8 + skip),
            changed: SvcbElement::empty(),
            reference: block.reference,
        })
    }

    /// Reads the values anew and forgets that anything was changed.
    ///
    /// # Errors
    /// As for [`IedConnection::read_svcb`].
    pub async fn update_svcb_values(
        &self,
        block: &mut SampledValuesControlBlock,
    ) -> Result<(), Error> {
        *block = self.read_svcb(&block.reference).await?;
        Ok(())
    }

    /// Writes what was changed, one attribute after the other: a reservation comes first.
    ///
    /// # Errors
    /// The first attribute that was not taken.
    pub async fn set_svcb_values(
        &self,
        block: &mut SampledValuesControlBlock,
    ) -> Result<(), Error> {
        const SERVICE: &str = "write sampled value control block";
        let name = target::control_block(SERVICE, &block.reference, FCS)?;
        let mut writes = Vec::new();
        if let (true, Some(resv)) = (block.changed.contains(SvcbElement::RESV), block.resv) {
            writes.push(("Resv", MmsValue::Boolean(resv)));
        }
        if block.changed.contains(SvcbElement::SV_ENA) {
            writes.push(("SvEna", MmsValue::Boolean(block.sv_ena)));
        }
        self.write_attributes(SERVICE, &name, writes, false).await?;
        block.clear_element_changed();
        Ok(())
    }
}
