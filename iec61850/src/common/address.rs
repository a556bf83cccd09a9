use std::fmt;

/// Where GOOSE and sampled value frames of a control block are sent: the destination and the VLAN
/// tag of the Ethernet frame, and the APPID of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct PhyComAddress {
    /// Priority in the VLAN tag, 0 to 7.
    pub vlan_priority: u8,
    /// VLAN identifier, 0 to 4095; 0 is a priority tag without a VLAN.
    pub vlan_id: u16,
    /// APPID of the frame.
    pub app_id: u16,
    /// Destination MAC address.
    pub dst_address: [u8; 6],
}

impl fmt::Display for PhyComAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.dst_address;
        write!(
            f,
            "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x} vlan {} priority {} appid {:#06x}",
            self.vlan_id, self.vlan_priority, self.app_id
        )
    }
}
