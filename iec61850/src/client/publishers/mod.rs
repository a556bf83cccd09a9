//! Control blocks of GOOSE and of sampled values.

mod goose;
mod sampled_values;

pub use goose::{GocbElement, GooseControlBlock};
pub use sampled_values::{SampledValuesControlBlock, SvcbElement};

use super::error::{Context, unexpected};
use crate::{Error, PhyComAddress};
use mms::MmsValue;

/// The attributes of a control block, as they were read.
struct Fields<'a> {
    service: &'static str,
    reference: &'a str,
    values: Vec<MmsValue>,
}

impl<'a> Fields<'a> {
    fn new(service: &'static str, reference: &'a str, value: MmsValue) -> Result<Self, Error> {
        match value {
            MmsValue::Structure(values) => Ok(Fields {
                service,
                reference,
                values,
            }),
            _ => Err(unexpected(service, reference, "no structure")),
        }
    }

    fn get(&self, at: usize) -> Result<&MmsValue, Error> {
        let missing = || unexpected(self.service, self.reference, "an attribute is missing");
        self.values.get(at).ok_or_else(missing)
    }

    fn bool(&self, at: usize) -> Result<bool, Error> {
        self.get(at)?
            .to_bool()
            .context(self.service, self.reference)
    }

    fn text(&self, at: usize) -> Result<String, Error> {
        let text = self.get(at)?.to_string_value();
        Ok(text.context(self.service, self.reference)?.to_owned())
    }

    fn number(&self, at: usize) -> Result<u32, Error> {
        self.get(at)?
            .to_uint32()
            .context(self.service, self.reference)
    }

    /// A number that servers of the first edition leave out.
    fn optional_number(&self, at: usize) -> Option<u32> {
        self.values.get(at)?.to_uint32().ok()
    }

    fn address(&self, at: usize) -> Result<PhyComAddress, Error> {
        address_of(self.get(at)?)
            .ok_or_else(|| unexpected(self.service, self.reference, "no address in DstAddress"))
    }
}

/// `{Addr, PRIORITY, VID, APPID}`.
fn address_of(value: &MmsValue) -> Option<PhyComAddress> {
    let [addr, priority, vid, app_id] = value.elements().ok()? else {
        return None;
    };
    Some(PhyComAddress {
        dst_address: addr.to_octet_string().ok()?.try_into().ok()?,
        vlan_priority: priority.to_uint32().ok()?.try_into().ok()?,
        vlan_id: vid.to_uint32().ok()?.try_into().ok()?,
        app_id: app_id.to_uint32().ok()?.try_into().ok()?,
    })
}

fn address_value(address: &PhyComAddress) -> MmsValue {
    MmsValue::Structure(vec![
        MmsValue::OctetString(address.dst_address.to_vec()),
        MmsValue::Unsigned(address.vlan_priority.into()),
        MmsValue::Unsigned(address.vlan_id.into()),
        MmsValue::Unsigned(address.app_id.into()),
    ])
}
