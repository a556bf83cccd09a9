//! The layers beneath MMS, one file each: framing and PDU codecs without state.
//!
//! What an association does with these PDUs is in [`crate::association`].

pub mod acse;
pub mod cotp;
pub mod presentation;
pub mod session;
pub mod tpkt;

use crate::ber::BerError;

/// Why a PDU below MMS was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OsiError {
    /// The TPKT header has another version than 3.
    #[error("TPKT version {0}")]
    TpktVersion(u8),
    /// The TPKT length is too small to hold a TPDU.
    #[error("TPKT length {0}")]
    TpktLength(u16),
    /// The COTP length indicator does not fit the TPDU, or a parameter does not fit its header.
    #[error("bad COTP length")]
    CotpLength,
    /// A TPDU that class 0 does not have.
    #[error("COTP TPDU code {0:#04x}")]
    CotpCode(u8),
    /// An SPDU whose parameters do not fit.
    #[error("bad session parameter")]
    SessionParameter,
    /// An SPDU that the kernel and duplex functional units do not have.
    #[error("session SPDU {0}")]
    SessionSpdu(u8),
    /// The presentation or ACSE PDU is malformed.
    #[error("{layer}: {cause}")]
    Ber {
        /// Which layer.
        layer: &'static str,
        /// What was wrong.
        cause: BerError,
    },
    /// X.410 mode, or another mode than normal.
    #[error("presentation mode {0} is not supported")]
    PresentationMode(u8),
}
