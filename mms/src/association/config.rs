use crate::ObjectIdentifier;
use crate::osi::acse::{AeQualifier, ApTitle, Authentication};
use crate::pdu::{ParameterSupport, Service, ServiceSupport};
use std::time::Duration;

/// What one side of an association is and can do. One value serves all associations of a server
/// or client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Largest TPDU offered or granted, in octets: a power of two from 128 to 32768, or 65531.
    /// Default 8192.
    pub tpdu_size: usize,
    /// Address and titles of this side.
    pub local: Address,
    /// Largest MMS PDU in octets (local detail), 64 and up. Default 65000.
    pub max_pdu_size: u32,
    /// Requests the caller may have outstanding at the called side. Default 5.
    pub max_outstanding_calling: u16,
    /// Requests the called side may have outstanding at the caller. Default 5.
    pub max_outstanding_called: u16,
    /// Nesting level of data. Default 10.
    pub nesting_level: u8,
    /// Parameter conformance building blocks, in the order of ISO 9506-2 `ParameterSupportOptions`.
    pub parameters: ParameterSupport,
    /// Services this side serves, in the order of ISO 9506-2 `ServiceSupportOptions`.
    pub services: ServiceSupport,
    /// From the first octet to the open association, and for an orderly release. Default 10 s.
    pub handshake_timeout: Duration,
}

/// Selectors and titles of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Transport selector.
    pub t_selector: Vec<u8>,
    /// Session selector.
    pub s_selector: Vec<u8>,
    /// Presentation selector.
    pub p_selector: Vec<u8>,
    /// Application process title.
    pub ap_title: Option<ApTitle>,
    /// Application entity qualifier.
    pub ae_qualifier: Option<AeQualifier>,
}

impl Default for Address {
    /// The selectors that IEC 61850 clients use by custom (`0001`, `0001`, `00000001`), no titles.
    fn default() -> Self {
        Address {
            t_selector: vec![0, 1],
            s_selector: vec![0, 1],
            p_selector: vec![0, 0, 0, 1],
            ap_title: None,
            ae_qualifier: None,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            tpdu_size: 8192,
            local: Address::default(),
            max_pdu_size: 65_000,
            max_outstanding_calling: 5,
            max_outstanding_called: 5,
            nesting_level: 10,
            parameters: ParameterSupport::of(&[
                ParameterSupport::STR1,
                ParameterSupport::STR2,
                ParameterSupport::VNAM,
                ParameterSupport::VALT,
                ParameterSupport::VLIS,
            ]),
            services: ServiceSupport::of(&[Service::Conclude, Service::Cancel]),
            handshake_timeout: Duration::from_secs(10),
        }
    }
}

/// Whom a caller wants to reach, and how it proves who it is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CallParameters {
    /// Application context name; `None` is the one of MMS (`1.0.9506.2.3`).
    pub context_name: Option<ObjectIdentifier>,
    /// Address and titles of the called side.
    pub remote: Address,
    /// Proof of identity.
    pub authentication: Option<Authentication>,
}
