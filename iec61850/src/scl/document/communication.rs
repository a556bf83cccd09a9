//! The `Communication` section: addresses of access points and of GOOSE and SV control blocks.

use crate::scl::error::SclError;
use crate::scl::xml::{Element, Place, Reader};
use std::net::IpAddr;

/// Six octets in hex, with or without `-` or `:` between them.
fn mac_address(text: &str) -> Option<[u8; 6]> {
    let digits: Vec<u32> = text
        .trim()
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    if digits.len() != 12 {
        return None;
    }
    let mut octets = [0; 6];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks(2)) {
        *octet = pair
            .iter()
            .fold(0, |value, digit| value << 4 | *digit as u8);
    }
    Some(octets)
}

/// The address parameters (`P` elements) of an access point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessPointAddress {
    parameters: Vec<(String, String)>,
}

impl AccessPointAddress {
    /// A parameter by its type, such as "IP", "IP-SUBNET", "OSI-TSEL" or "MMS-Port".
    pub fn parameter(&self, kind: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(name, _)| name == kind)
            .map(|(_, value)| value.as_str())
    }

    /// All parameters as type and value, in the order of the file.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The IP address.
    pub fn ip(&self) -> Option<IpAddr> {
        self.parameter("IP")
            .or_else(|| self.parameter("IPv6"))?
            .parse()
            .ok()
    }

    fn parse<'a>(reader: &mut Reader<'a>, parent: Element<'a>) -> Self {
        let mut parameters = Vec::new();
        for address in reader.children(parent, &[("Address", "")]) {
            for p in reader.children(address, &[("P", "type")]) {
                parameters.push((p.text_attribute("type"), p.content().trim().to_string()));
            }
        }
        AccessPointAddress { parameters }
    }
}

/// Where a GOOSE or SV control block sends to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ControlBlockAddress {
    pub(crate) mac: Option<[u8; 6]>,
    pub(crate) app_id: Option<u16>,
    pub(crate) vlan_id: Option<u16>,
    pub(crate) vlan_priority: Option<u8>,
    /// Milliseconds.
    pub(crate) min_time: Option<u32>,
    /// Milliseconds.
    pub(crate) max_time: Option<u32>,
}

#[derive(Debug)]
struct BlockAddress {
    goose: bool,
    ld_inst: String,
    cb_name: String,
    address: ControlBlockAddress,
}

#[derive(Debug)]
struct ConnectedAp {
    ied: String,
    access_point: String,
    address: AccessPointAddress,
    blocks: Vec<BlockAddress>,
}

/// The section as a whole.
#[derive(Debug, Default)]
pub(crate) struct Communication {
    connected: Vec<ConnectedAp>,
}

impl Communication {
    pub(super) fn parse<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        section: Element<'a>,
    ) -> Result<(), SclError> {
        for network in reader.children(section, &[("SubNetwork", "name")]) {
            for connected in reader.children(network, &[("ConnectedAP", "iedName")]) {
                let address = AccessPointAddress::parse(reader, connected);
                let mut blocks = Vec::new();
                let kinds = [("GSE", "cbName"), ("SMV", "cbName")];
                for block in reader.children(connected, &kinds) {
                    blocks.push(BlockAddress {
                        goose: block.name() == "GSE",
                        ld_inst: block.text_attribute("ldInst"),
                        cb_name: block.text_attribute("cbName"),
                        address: ControlBlockAddress::parse(reader, block)?,
                    });
                }
                self.connected.push(ConnectedAp {
                    ied: connected.text_attribute("iedName"),
                    access_point: connected.text_attribute("apName"),
                    address,
                    blocks,
                });
            }
        }
        Ok(())
    }

    pub(super) fn address(&self, ied: &str, access_point: &str) -> Option<&AccessPointAddress> {
        self.connected
            .iter()
            .find(|connected| connected.ied == ied && connected.access_point == access_point)
            .map(|connected| &connected.address)
    }

    /// The IP address of a client: at its access point, or at any if none is named.
    pub(crate) fn client(&self, ied: &str, access_point: Option<&str>) -> Option<IpAddr> {
        let wanted = |name: &str| access_point.is_none_or(|wanted| wanted == name);
        self.connected
            .iter()
            .filter(|connected| connected.ied == ied && wanted(&connected.access_point))
            .find_map(|connected| connected.address.ip())
    }

    /// The address of a control block, first as the access point has it, then as any other of
    /// the IED does.
    pub(crate) fn control_block(
        &self,
        ied: &str,
        access_point: &str,
        goose: bool,
        ld_inst: &str,
        cb_name: &str,
    ) -> Option<&ControlBlockAddress> {
        let find = |own: bool| {
            self.connected
                .iter()
                .filter(|c| c.ied == ied && (c.access_point == access_point) == own)
                .flat_map(|c| &c.blocks)
                .find(|b| b.goose == goose && b.ld_inst == ld_inst && b.cb_name == cb_name)
                .map(|b| &b.address)
        };
        find(true).or_else(|| find(false))
    }
}

impl ControlBlockAddress {
    fn parse<'a>(reader: &mut Reader<'a>, block: Element<'a>) -> Result<Self, SclError> {
        let mut address = ControlBlockAddress::default();
        let raw = AccessPointAddress::parse(reader, block);
        for (kind, text) in raw.parameters() {
            let good = match kind {
                _ if text.is_empty() => true,
                // Routable GOOSE and SV have an IP address here, which is none of this.
                "MAC-Address" => set(&mut address.mac, mac_address(text)),
                "APPID" => set(&mut address.app_id, u16::from_str_radix(text, 16).ok()),
                "VLAN-ID" => set(
                    &mut address.vlan_id,
                    u16::from_str_radix(text, 16).ok().filter(|id| *id < 4096),
                ),
                "VLAN-PRIORITY" => set(
                    &mut address.vlan_priority,
                    text.parse().ok().filter(|priority| *priority < 8),
                ),
                _ => true,
            };
            if !good {
                let reason = format!("{kind} '{text}' is not valid, ignored");
                reader.problem(block.place, reason)?;
            }
        }
        for time in reader.children(block, &[("MinTime", ""), ("MaxTime", "")]) {
            let ms = milliseconds(reader, time)?;
            match time.name() {
                "MinTime" => address.min_time = ms,
                _ => address.max_time = ms,
            }
        }
        Ok(address)
    }
}

fn set<T>(target: &mut Option<T>, value: Option<T>) -> bool {
    *target = value;
    target.is_some()
}

/// `<MinTime unit="s" multiplier="m">10</MinTime>`; milliseconds unless it says otherwise.
fn milliseconds<'a>(reader: &mut Reader<'a>, time: Element<'a>) -> Result<Option<u32>, SclError> {
    let text = time.content();
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let factor = match time.attribute("multiplier").map(str::trim) {
        Some("") => 1000.0,
        Some("\u{b5}" | "u") => 0.001,
        _ => 1.0,
    };
    match text.parse::<f64>().map(|number| (number * factor).round()) {
        Ok(ms) if (0.0..=f64::from(u32::MAX)).contains(&ms) => Ok(Some(ms as u32)),
        _ => {
            let place: Place = time.place;
            reader.problem(place, format!("'{text}' is not a time, ignored"))?;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mac_addresses() {
        for text in ["01-0C-CD-01-00-FF", "01:0c:cd:01:00:ff", " 010ccd0100ff "] {
            assert_eq!(mac_address(text), Some([1, 0x0c, 0xcd, 1, 0, 0xff]));
        }
        for text in ["", "01-0C-CD-01-00", "01-0C-CD-01-00-0g", "225.1.1.1"] {
            assert_eq!(mac_address(text), None);
        }
    }
}
