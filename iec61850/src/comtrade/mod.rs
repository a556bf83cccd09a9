//! COMTRADE records (IEEE C37.111-1991, -1999 and -2013, IEC 60255-24): reading, and playing them as
//! sampled values.
//!
//! ```
//! use iec61850::comtrade::{Playback, Record};
//! use iec61850::link::MemoryNetwork;
//! use iec61850::sv::{StreamName, SvConfig, SvPublisher};
//!
//! let cfg = "Station,Recorder,1999\n2,2A,0D\n1,IL1,A,,A,0.5,0,0,-32767,32767,1000,1,P\n\
//!     2,UL1,A,,kV,0.01,0,0,-32767,32767,110,0.1,P\n50\n1\n1000,3\n\
//!     01/02/2026,10:00:00.000000\n01/02/2026,10:00:00.001000\nASCII\n1\n";
//! let dat = "1,0,10,200\n2,1000,20,400\n3,2000,30,600\n";
//! let record = Record::read(cfg.as_bytes(), dat.as_bytes())?;
//! assert_eq!(record.analog()[1].name, "UL1");
//! // Volts, although the file has kilovolts.
//! assert_eq!(record.value(1, 2), Some(6000.0));
//!
//! // 4000 samples in a second are made of 1000.
//! let stream: StreamName = "F4000S1I1U1".parse()?;
//! let playback = Playback::new(&record, &stream)?;
//! let network = MemoryNetwork::new();
//! let config = SvConfig::of_stream_name("MU01", &stream);
//! let mut publisher = SvPublisher::new(network.link([2, 0, 0, 0, 0, 1]), config)?;
//! for sample in 0..playback.len() {
//!     playback.fill(publisher.publication_mut(), 0, sample);
//!     publisher.publish()?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod configuration;
mod data;
mod playback;
#[cfg(test)]
mod tests;

pub use configuration::{AnalogChannel, DataFormat, DigitalChannel, Revision};
pub use playback::Playback;

use configuration::Configuration;
use std::path::{Path, PathBuf};

/// Octets of a file that are read; longer ones are refused.
const MAX_FILE: u64 = 1 << 30;
/// Values of a record that are kept.
const MAX_VALUES: usize = 1 << 26;

/// A record: what is written of the channels, and their samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    configuration: Configuration,
    /// The analog values of sample after sample, in the unit of the channel without prefix.
    values: Vec<f32>,
    /// The digital values likewise.
    states: Vec<bool>,
    /// Seconds from the first sample.
    times: Vec<f64>,
}

/// A record cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComtradeError {
    /// A file cannot be read.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// A line is not as it should be.
    #[error("{part} line {line}: {reason}")]
    Line {
        /// Which part of the record: `cfg`, `dat` or `cff`.
        part: &'static str,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The data end within a sample.
    #[error("dat: {octets} octets are not a whole number of samples of {sample} octets")]
    Cut {
        /// Octets there are.
        octets: usize,
        /// Octets of a sample.
        sample: usize,
    },
    /// The record has more than can be read.
    #[error("the record is too large: {0}")]
    TooLarge(&'static str),
    /// Nothing can be played.
    #[error("{0}")]
    Playback(String),
}

fn at(part: &'static str, line: usize, reason: impl Into<String>) -> ComtradeError {
    ComtradeError::Line {
        part,
        line,
        reason: reason.into(),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, ComtradeError> {
    let failed = |source| ComtradeError::Io {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > MAX_FILE {
        return Err(ComtradeError::TooLarge("a file of more than 1 GiB"));
    }
    std::fs::read(path).map_err(failed)
}

/// The file beside this one with another ending, in the case of this one's.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let upper = path
        .extension()
        .is_some_and(|ending| ending.to_string_lossy().chars().all(char::is_uppercase));
    path.with_extension(match upper {
        true => ending.to_uppercase(),
        false => ending.to_owned(),
    })
}

impl Record {
    /// Reads a record by the name of its `.cfg` file, with the `.dat` file beside it, or of its `.cff`
    /// file.
    ///
    /// # Errors
    /// [`ComtradeError`]
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ComtradeError> {
        let path = path.as_ref();
        let content = read_file(path)?;
        let ending = path.extension().unwrap_or_default();
        if ending.eq_ignore_ascii_case("cff") {
            return Self::read_combined(&content);
        }
        Self::read(&content, &read_file(&beside(path, "dat"))?)
    }

    /// Reads a record of the content of its two files.
    ///
    /// # Errors
    /// [`ComtradeError`]
    pub fn read(cfg: &[u8], dat: &[u8]) -> Result<Self, ComtradeError> {
        let configuration = Configuration::read(cfg)?;
        let data = data::read(&configuration, dat)?;
        let times = (0..data.stamps.len()).map(|sample| configuration.time(sample, &data.stamps));
        Ok(Record {
            times: times.collect(),
            values: data.values,
            states: data.states,
            configuration,
        })
    }

    /// Reads a combined file (2013): the parts CFG and DAT of it.
    ///
    /// # Errors
    /// [`ComtradeError`]
    pub fn read_combined(cff: &[u8]) -> Result<Self, ComtradeError> {
        let (mut cfg, mut dat, mut rest, mut line) = (None, None, cff, 0);
        while !rest.is_empty() {
            let (header, after) = split_line(rest);
            line += 1;
            rest = after;
            let header = String::from_utf8_lossy(header);
            let Some(title) = header.trim().strip_prefix("---") else {
                continue;
            };
            let title = title.trim_matches(['-', ' ']).to_ascii_uppercase();
            let kind = title.strip_prefix("FILE TYPE:").map(str::trim);
            let kind = kind.ok_or_else(|| at("cff", line, "is no title of a part"))?;
            // A binary part says how long it is; a text ends with the next title.
            let length = match kind.split_once(':') {
                Some((_, length)) => Some(
                    length
                        .trim()
                        .parse()
                        .map_err(|_| at("cff", line, "the length of the part is no number"))?,
                ),
                None => None,
            };
            let part = match length {
                Some(length) => rest.split_at_checked(length),
                None => Some(rest.split_at(text_end(rest))),
            };
            let (part, after) =
                part.ok_or_else(|| at("cff", line, "the file ends before the part does"))?;
            line += part.iter().filter(|octet| **octet == b'\n').count();
            rest = after;
            match kind.split([' ', ':']).next() {
                Some("CFG") => cfg = Some(part),
                Some("DAT") => dat = Some(part),
                _ => {}
            }
        }
        let missing = |what| at("cff", line, format!("there is no part {what}"));
        let cfg = cfg.ok_or_else(|| missing("CFG"))?;
        Self::read(cfg, dat.ok_or_else(|| missing("DAT"))?)
    }

    /// The station.
    pub fn station(&self) -> &str {
        &self.configuration.station
    }

    /// The recorder.
    pub fn device(&self) -> &str {
        &self.configuration.device
    }

    /// The edition of the standard.
    pub fn revision(&self) -> Revision {
        self.configuration.revision
    }

    /// The frequency of the network, in hertz.
    pub fn frequency(&self) -> f64 {
        self.configuration.frequency
    }

    /// How samples are written in the file.
    pub fn format(&self) -> DataFormat {
        self.configuration.format
    }

    /// Date and time of the first sample and of the trigger, as the file has them.
    pub fn start_and_trigger(&self) -> (&str, &str) {
        (&self.configuration.start, &self.configuration.trigger)
    }

    /// The analog channels.
    pub fn analog(&self) -> &[AnalogChannel] {
        &self.configuration.analog
    }

    /// The digital channels.
    pub fn digital(&self) -> &[DigitalChannel] {
        &self.configuration.digital
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// When a sample was taken, in seconds from the first.
    pub fn time(&self, sample: usize) -> Option<f64> {
        self.times.get(sample).copied()
    }

    /// The value of an analog channel in a sample: in the unit of the channel without prefix (volts for
    /// kV), as the channel has it, primary or secondary; NaN where the recorder has none.
    pub fn value(&self, channel: usize, sample: usize) -> Option<f64> {
        let channels = self.configuration.analog.len();
        let value = element(&self.values, channels, channel, sample)?;
        Some(f64::from(value))
    }

    /// The value of a digital channel in a sample.
    pub fn state(&self, channel: usize, sample: usize) -> Option<bool> {
        let channels = self.configuration.digital.len();
        element(&self.states, channels, channel, sample)
    }
}

/// A channel of a sample, where samples follow each other.
fn element<T: Copy>(all: &[T], channels: usize, channel: usize, sample: usize) -> Option<T> {
    let of_sample = all.get(sample.checked_mul(channels)?..)?.get(..channels)?;
    of_sample.get(channel).copied()
}

fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|octet| *octet == b'\n') {
        Some(end) => (
            text.get(..end).unwrap_or_default(),
            text.get(end + 1..).unwrap_or_default(),
        ),
        None => (text, &[]),
    }
}

/// Where the next title begins.
fn text_end(text: &[u8]) -> usize {
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = split_line(rest);
        if line.trim_ascii().starts_with(b"---") {
            return text.len() - rest.len();
        }
        rest = after;
    }
    text.len()
}
