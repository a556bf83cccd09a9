//! Files of captured frames: pcap and pcapng, as Wireshark and tcpdump write them.

mod pcapng;
mod read;
mod write;

pub use read::{CaptureReader, CapturedFrame};
pub use write::CaptureWriter;

/// The two kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureFormat {
    /// The older one.
    Pcap,
    /// The newer one, in blocks.
    PcapNg,
}

/// A file of captured frames cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// It does not begin as a pcap or pcapng file does.
    #[error("not a pcap or pcapng file")]
    UnknownFormat,
    /// It is damaged.
    #[error("the file is damaged at octet {offset}: {reason}")]
    Damaged {
        /// How far it was read.
        offset: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// The frames in it are not Ethernet frames.
    #[error("the file holds frames of link type {0}, not Ethernet (1)")]
    LinkType(u32),
    /// The system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
