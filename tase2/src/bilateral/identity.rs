use mms::ObjectIdentifier;
use mms::osi::acse::{AeQualifier, ApTitle, AssociateRequest};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Addresses of the network with a common beginning: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressRange {
    address: IpAddr,
    prefix: u8,
}

impl AddressRange {
    /// Whether an address is in the range. An IPv4 address that came in on an IPv6 socket is one of IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
            IpAddr::V6(v6) => (v6.to_bits(), 128),
        };
        let ((ours, width), (theirs, other)) = (bits(self.address), bits(address.to_canonical()));
        let mask = match self.prefix {
            0 => 0,
            prefix => u128::MAX << (128 - u32::from(prefix)),
        };
        width == other && ours & mask == theirs & mask
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no address and no range of addresses");
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => width,
            Some(prefix) => prefix
                .parse()
                .ok()
                .filter(|prefix| *prefix <= width)
                .ok_or_else(bad)?,
        };
        Ok(AddressRange { address, prefix })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// How a peer that calls is recognized: all that is given has to match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerIdentity {
    /// Its AP title.
    pub ap_title: Option<ObjectIdentifier>,
    /// Its AE qualifier.
    pub ae_qualifier: Option<i64>,
    /// Addresses it may call from; none given are all.
    pub addresses: Vec<AddressRange>,
}

/// How well a caller fits a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    /// It is this peer.
    Yes,
    /// Another AP title.
    ApTitle,
    /// The AP title of the peer, and another AE qualifier.
    AeQualifier,
    /// The names of the peer, and an address it may not call from.
    Address,
}

impl PeerIdentity {
    pub(crate) fn says_something(&self) -> bool {
        self.ap_title.is_some() || !self.addresses.is_empty()
    }

    /// Compares with a caller.
    pub(crate) fn matches(&self, request: &AssociateRequest, from: Option<IpAddr>) -> Match {
        if let Some(title) = &self.ap_title
            && request.calling_ap_title != Some(ApTitle::Identifier(title.clone()))
        {
            return Match::ApTitle;
        }
        if let Some(qualifier) = self.ae_qualifier
            && request.calling_ae_qualifier != Some(AeQualifier::Number(qualifier))
        {
            return Match::AeQualifier;
        }
        let known = |from: IpAddr| self.addresses.iter().any(|range| range.contains(from));
        if !self.addresses.is_empty() && !from.is_some_and(known) {
            return Match::Address;
        }
        Match::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let range = |text: &str| text.parse::<AddressRange>();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let net = range("192.0.2.0/24").unwrap();
        assert!(net.contains(ip("192.0.2.200")) && !net.contains(ip("192.0.3.1")));
        assert!(net.contains(ip("::ffff:192.0.2.1")));
        assert!(!net.contains(ip("::1")));
        assert!(range("0.0.0.0/0").unwrap().contains(ip("9.9.9.9")));
        assert!(!range("0.0.0.0/0").unwrap().contains(ip("::1")));
        assert!(
            range("2001:db8::/32")
                .unwrap()
                .contains(ip("2001:db8:1::1"))
        );
        assert_eq!(range("10.0.0.1").unwrap().to_string(), "10.0.0.1/32");
        for bad in ["10.0.0", "10.0.0.0/33", "::/129", "a/b", ""] {
            assert!(range(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn callers() {
        let identity = PeerIdentity {
            ap_title: Some("1.1.1.999".parse().unwrap()),
            ae_qualifier: Some(12),
            addresses: vec!["10.0.0.0/8".parse().unwrap()],
        };
        let from = "10.1.2.3".parse().ok();
        let mut request = AssociateRequest::default();
        assert_eq!(identity.matches(&request, from), Match::ApTitle);
        request.calling_ap_title = Some(ApTitle::Identifier("1.1.1.999".parse().unwrap()));
        assert_eq!(identity.matches(&request, from), Match::AeQualifier);
        request.calling_ae_qualifier = Some(AeQualifier::Number(12));
        assert_eq!(identity.matches(&request, from), Match::Yes);
        assert_eq!(
            identity.matches(&request, "11.0.0.1".parse().ok()),
            Match::Address
        );
        assert_eq!(identity.matches(&request, None), Match::Address);
        assert!(identity.says_something());
        let only_qualifier = PeerIdentity {
            ae_qualifier: Some(1),
            ..PeerIdentity::default()
        };
        assert!(!only_qualifier.says_something());
    }
}
