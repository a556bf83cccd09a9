use super::pcapng;
use super::{CaptureError, CaptureFormat};
use crate::link::{Arrival, Link, LinkError, LinkWaker, MacAddress, Received, TakeFrame};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// The longest frame or block that is read; more is damage.
pub(super) const MAX_LENGTH: u32 = 1 << 20;
pub(super) const ETHERNET: u32 = 1;

/// A frame of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedFrame {
    /// When it was captured, since 1970.
    pub time: Duration,
    /// The frame, or its beginning if the capture was limited.
    pub data: Vec<u8>,
    /// Its length on the wire.
    pub original_length: u32,
}

/// Octets with the order of the file.
pub(super) struct Source {
    input: Box<dyn Read + Send>,
    pub(super) offset: u64,
    pub(super) big_endian: bool,
}

impl Source {
    /// Fills `room`; false at the end of the file.
    pub(super) fn fill(&mut self, room: &mut [u8]) -> Result<bool, CaptureError> {
        let mut filled = 0;
        while let Some(rest) = room.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.input.read(rest) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(self.damaged("it ends within a frame")),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.offset += filled as u64;
        Ok(true)
    }

    pub(super) fn damaged(&self, reason: &'static str) -> CaptureError {
        CaptureError::Damaged {
            offset: self.offset,
            reason,
        }
    }

    pub(super) fn u32(&self, octets: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(octets)
        } else {
            u32::from_le_bytes(octets)
        }
    }

    pub(super) fn u16(&self, octets: [u8; 2]) -> u16 {
        if self.big_endian {
            u16::from_be_bytes(octets)
        } else {
            u16::from_le_bytes(octets)
        }
    }

    /// A number at a place of a block.
    pub(super) fn u32_at(&self, block: &[u8], at: usize) -> Result<u32, CaptureError> {
        let octets = block.get(at..).and_then(|rest| rest.first_chunk());
        octets
            .map(|octets| self.u32(*octets))
            .ok_or_else(|| self.damaged("a block is too short"))
    }
}

enum Format {
    Pcap { nanoseconds: bool },
    PcapNg(pcapng::Blocks),
}

/// Reads a file of captured frames. As a [`Link`] it hands over the frames one after the other
/// without waiting; their instants are as far apart as the frames were when they were captured.
pub struct CaptureReader {
    source: Source,
    format: Format,
    /// When the first frame was captured, and the instant it is given.
    start: Option<(Duration, Instant)>,
    woken: Arc<AtomicBool>,
}

impl CaptureReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`CaptureError`]
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CaptureError> {
        Self::new(BufReader::new(File::open(path)?))
    }

    /// Reads what is no file.
    ///
    /// # Errors
    /// [`CaptureError`]
    pub fn new(input: impl Read + Send + 'static) -> Result<Self, CaptureError> {
        let mut source = Source {
            input: Box::new(input),
            offset: 0,
            big_endian: false,
        };
        let mut magic = [0; 4];
        if !source.fill(&mut magic)? {
            return Err(CaptureError::UnknownFormat);
        }
        let format = match u32::from_le_bytes(magic) {
            0xa1b2_c3d4 => pcap(&mut source, false, false)?,
            0xa1b2_3c4d => pcap(&mut source, false, true)?,
            0xd4c3_b2a1 => pcap(&mut source, true, false)?,
            0x4d3c_b2a1 => pcap(&mut source, true, true)?,
            pcapng::SECTION_HEADER => Format::PcapNg(pcapng::Blocks::begin(&mut source)?),
            _ => return Err(CaptureError::UnknownFormat),
        };
        Ok(CaptureReader {
            source,
            format,
            start: None,
            woken: Arc::default(),
        })
    }

    /// Which kind of file it is.
    pub fn format(&self) -> CaptureFormat {
        match self.format {
            Format::Pcap { .. } => CaptureFormat::Pcap,
            Format::PcapNg(_) => CaptureFormat::PcapNg,
        }
    }

    /// The next frame; `None` at the end.
    ///
    /// # Errors
    /// [`CaptureError`]
    pub fn next_frame(&mut self) -> Result<Option<CapturedFrame>, CaptureError> {
        match &mut self.format {
            Format::Pcap { nanoseconds } => next_of_pcap(&mut self.source, *nanoseconds),
            Format::PcapNg(blocks) => blocks.next(&mut self.source),
        }
    }
}

fn pcap(source: &mut Source, big_endian: bool, nanoseconds: bool) -> Result<Format, CaptureError> {
    source.big_endian = big_endian;
    let mut header = [0; 20];
    if !source.fill(&mut header)? {
        return Err(source.damaged("it ends within its header"));
    }
    // The high bits say whether frames have a check sequence.
    let link_type = source.u32_at(&header, 16)? & 0x0fff_ffff;
    if link_type != ETHERNET {
        return Err(CaptureError::LinkType(link_type));
    }
    Ok(Format::Pcap { nanoseconds })
}

fn next_of_pcap(
    source: &mut Source,
    nanoseconds: bool,
) -> Result<Option<CapturedFrame>, CaptureError> {
    let mut header = [0; 16];
    if !source.fill(&mut header)? {
        return Ok(None);
    }
    let field = |at| source.u32_at(&header, at);
    let (seconds, fraction, length, original_length) =
        (field(0)?, field(4)?, field(8)?, field(12)?);
    if length > MAX_LENGTH {
        return Err(source.damaged("a frame is too long"));
    }
    let mut data = vec![0; length as usize];
    if length > 0 && !source.fill(&mut data)? {
        return Err(source.damaged("it ends within a frame"));
    }
    let fraction = match nanoseconds {
        true => Duration::from_nanos(fraction.into()),
        false => Duration::from_micros(fraction.into()),
    };
    Ok(Some(CapturedFrame {
        time: Duration::from_secs(seconds.into()) + fraction,
        data,
        original_length,
    }))
}

impl Link for CaptureReader {
    fn send(&mut self, _: &[u8]) -> Result<(), LinkError> {
        Err(LinkError::OneWay {
            link: "a file that is read",
            what: "send",
        })
    }

    fn receive(&mut self, _: Option<Instant>, take: TakeFrame<'_>) -> Result<Received, LinkError> {
        if self.woken.swap(false, Ordering::Relaxed) {
            return Ok(Received::Woken);
        }
        let Some(frame) = self.next_frame()? else {
            return Ok(Received::End);
        };
        let (first, start) = *self.start.get_or_insert((frame.time, Instant::now()));
        let instant = start.checked_add(frame.time.saturating_sub(first));
        let arrival = Arrival {
            instant: instant.unwrap_or(start),
            time: SystemTime::UNIX_EPOCH + frame.time,
        };
        take(arrival, &frame.data);
        Ok(Received::Frames(1))
    }

    fn address(&self) -> MacAddress {
        MacAddress::default()
    }

    fn waker(&self) -> LinkWaker {
        let woken = self.woken.clone();
        LinkWaker::new(move || woken.store(true, Ordering::Relaxed))
    }
}

impl std::fmt::Debug for CaptureReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "CaptureReader({:?}, octet {})",
            self.format(),
            self.source.offset
        )
    }
}
