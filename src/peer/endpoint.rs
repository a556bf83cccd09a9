//! `HOST[:PORT]`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The port of MMS over TCP.
pub(crate) const DEFAULT_PORT: u16 = 102;

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let with_port = |host: &str, port: &str| match port.parse() {
            Ok(0) | Err(_) => Err(format!("'{port}' is no port: it has to be 1 to 65535")),
            Ok(port) => Ok(Endpoint {
                host: host.to_owned(),
                port,
            }),
        };
        let default = |host: &str| Endpoint {
            host: host.to_owned(),
            port: DEFAULT_PORT,
        };
        let endpoint = if text.parse::<Ipv6Addr>().is_ok() {
            default(text)
        } else if let Some(rest) = text.strip_prefix('[') {
            let (host, port) = rest
                .split_once(']')
                .ok_or_else(|| "the bracket of the address is not closed".to_owned())?;
            if host.parse::<Ipv6Addr>().is_err() {
                return Err(format!("'{host}' is no IPv6 address"));
            }
            match port.strip_prefix(':') {
                Some(port) => with_port(host, port)?,
                None if port.is_empty() => default(host),
                None => return Err(format!("'{port}' behind the address is no :PORT")),
            }
        } else {
            match text.split_once(':') {
                Some((host, port)) => with_port(host, port)?,
                None => default(text),
            }
        };
        let is_host = |host: &str| {
            !host.is_empty()
                && !host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/')
        };
        if !is_host(&endpoint.host) {
            return Err("expected HOST or HOST:PORT".to_owned());
        }
        Ok(endpoint)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse() {
            Ok(IpAddr::V6(host)) => write!(f, "[{host}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        for (text, shown) in [
            ("bay1", "bay1:102"),
            ("10.0.0.7:10102", "10.0.0.7:10102"),
            ("::1", "[::1]:102"),
            ("[fe80::1]", "[fe80::1]:102"),
            ("[::1]:7000", "[::1]:7000"),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!(endpoint.to_string(), shown);
        }
        for text in [
            "", ":102", "a:", "a:0", "a:65536", "a:b", "[::1", "[x]:1", "[::1]x", "a b", "a/b",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
