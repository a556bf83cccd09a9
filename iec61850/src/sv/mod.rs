//! Sampled values (IEC 61850-9-2, the 9-2LE guideline and IEC 61869-9): publishers and subscribers.
//!
//! [`SvPublisher`] sends frames, one by one or [paced](SvPublisher::run) by absolute deadlines.
//! [`SvReceiver`] follows any number of streams on its own thread, each with a [`SvSubscriber`] that
//! counts what is lost, doubled and late. Beneath them are parts that do no input or output:
//! [`SvFrame`], [`SvPublication`], [`SvDispatcher`].
//!
//! ```
//! use iec61850::link::MemoryNetwork;
//! use iec61850::sv::*;
//! use std::sync::mpsc;
//!
//! let network = MemoryNetwork::new();
//! let (samples, heard) = mpsc::channel();
//! let mut receiver = SvReceiver::new();
//! receiver.add_subscriber(SvSubscriber::new().with_app_id(0x4000), move |event| {
//!     if let SvEvent::Sample { asdu, .. } = event {
//!         // The first current, in amperes.
//!         samples.send((asdu.smp_cnt, asdu.int32(0).map(|raw| f64::from(raw) * CURRENT_SCALE))).ok();
//!     }
//! });
//! receiver.start(network.link([2, 0, 0, 0, 0, 1]))?;
//!
//! // Eight channels of 9-2LE: four currents and four voltages, each with its quality.
//! let config = SvConfig::of_streams(&[AsduConfig::new("MU01", 64)]);
//! let mut publisher = SvPublisher::new(network.link([2, 0, 0, 0, 0, 2]), config)?;
//! publisher.publication_mut().set_int32(0, 0, 1500);
//! publisher.publish()?;
//! assert_eq!(heard.recv()?, (0, Some(1.5)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dispatcher;
mod frame;
mod layout;
mod pacing;
mod publisher;
mod receiver;
mod subscriber;
#[cfg(test)]
mod tests;

pub use dispatcher::{SvDispatcher, SvListener, SvSubscriberId};
pub use frame::{Asdu, Asdus, SvFrame};
pub use layout::{SampleRate, sample_length};
pub use pacing::{Pacer, PacingStatistics};
pub use publisher::{AsduConfig, SvConfig, SvError, SvPublication, SvPublisher};
pub use receiver::SvReceiver;
pub use subscriber::{SvEvent, SvStatistics, SvStream, SvSubscriber};

/// Amperes of one unit of a current in 9-2LE, and by default in IEC 61869-9.
pub const CURRENT_SCALE: f64 = 0.001;
/// Volts of one unit of a voltage in 9-2LE, and by default in IEC 61869-9.
pub const VOLTAGE_SCALE: f64 = 0.01;

/// smpSynch: not synchronized.
pub const NOT_SYNCHRONIZED: u8 = 0;
/// smpSynch: synchronized to a clock of the station.
pub const LOCALLY_SYNCHRONIZED: u8 = 1;
/// smpSynch: synchronized to a clock that all have.
pub const GLOBALLY_SYNCHRONIZED: u8 = 2;

/// A stream by the name of its configuration in IEC 61869-9, `F4800S2I4U4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamName {
    /// Samples per second.
    pub rate: u32,
    /// Samples in one frame (ASDUs).
    pub asdus: u8,
    /// Currents of each sample.
    pub currents: u8,
    /// Voltages of each sample.
    pub voltages: u8,
}

impl StreamName {
    /// 9-2LE for protection: 80 samples per period of this frequency in hertz, 4 currents, 4 voltages.
    pub const fn nine_two_le(frequency: u32) -> Self {
        StreamName {
            rate: frequency * 80,
            asdus: 1,
            currents: 4,
            voltages: 4,
        }
    }

    /// Octets of the values of a sample: four of each channel, and four of its quality.
    pub fn sample_length(&self) -> usize {
        (usize::from(self.currents) + usize::from(self.voltages)) * 8
    }

    /// What one unit of a channel is, in amperes or volts; currents come first. `None` behind the
    /// last one.
    pub fn scale(&self, channel: usize) -> Option<f64> {
        let currents = usize::from(self.currents);
        match channel {
            _ if channel < currents => Some(CURRENT_SCALE),
            _ if channel < currents + usize::from(self.voltages) => Some(VOLTAGE_SCALE),
            _ => None,
        }
    }

    /// The value of a channel of a sample, in amperes or volts, and its quality.
    pub fn channel(&self, asdu: &Asdu<'_>, channel: usize) -> Option<(f64, u32)> {
        let scale = self.scale(channel)?;
        let raw = asdu.int32(channel * 8)?;
        Some((f64::from(raw) * scale, asdu.uint32(channel * 8 + 4)?))
    }
}

impl std::str::FromStr for StreamName {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || crate::Error::InvalidName {
            what: "stream",
            name: text.to_owned(),
            reason: "is not of the form F4800S2I4U4",
        };
        let mut rest = text;
        let mut field = |letter: char| {
            let tail = rest.strip_prefix(letter).ok_or_else(bad)?;
            let digits = tail
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(tail.len());
            let (number, tail) = tail.split_at(digits);
            rest = tail;
            number.parse::<u32>().map_err(|_| bad())
        };
        let small = |number: u32| u8::try_from(number).map_err(|_| bad());
        let name = StreamName {
            rate: field('F')?,
            asdus: small(field('S')?)?,
            currents: small(field('I')?)?,
            voltages: small(field('U')?)?,
        };
        match rest.is_empty() && name.rate > 0 && name.asdus > 0 {
            true => Ok(name),
            false => Err(bad()),
        }
    }
}
