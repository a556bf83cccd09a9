use super::pcapng::{BYTE_ORDER, ENHANCED_PACKET, INTERFACE, RESOLUTION, SECTION_HEADER};
use super::read::ETHERNET;
use super::{CaptureError, CaptureFormat};
use crate::link::{Link, LinkError, LinkWaker, MacAddress, Received, TakeFrame};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Writes a file of captured frames, with times in nanoseconds. As a [`Link`] it writes what is
/// sent, with the time of sending.
pub struct CaptureWriter {
    out: Box<dyn Write + Send>,
    format: CaptureFormat,
    address: MacAddress,
    woken: Arc<AtomicBool>,
}

impl CaptureWriter {
    /// Makes a file: pcapng, unless its extension is `pcap`.
    ///
    /// # Errors
    /// [`CaptureError::Io`]
    pub fn create(path: impl AsRef<Path>) -> Result<Self, CaptureError> {
        let path = path.as_ref();
        let format = match path.extension() {
            Some(extension) if extension.eq_ignore_ascii_case("pcap") => CaptureFormat::Pcap,
            _ => CaptureFormat::PcapNg,
        };
        Self::new(BufWriter::new(File::create(path)?), format)
    }

    /// Writes to what is no file.
    ///
    /// # Errors
    /// [`CaptureError::Io`]
    pub fn new(
        out: impl Write + Send + 'static,
        format: CaptureFormat,
    ) -> Result<Self, CaptureError> {
        let mut writer = CaptureWriter {
            out: Box::new(out),
            format,
            address: MacAddress::default(),
            woken: Arc::default(),
        };
        match format {
            CaptureFormat::Pcap => {
                let header = [0xa1b2_3c4d, 2 | 4 << 16, 0, 0, 1 << 16, ETHERNET];
                writer.words(&header)?;
            }
            CaptureFormat::PcapNg => {
                // One section of unknown length, version 1.0; one interface, with its resolution.
                let section = [SECTION_HEADER, 28, BYTE_ORDER, 1, u32::MAX, u32::MAX, 28];
                writer.words(&section)?;
                let option = u32::from(RESOLUTION) | 1 << 16;
                let interface = [INTERFACE, 32, ETHERNET, 1 << 16, option, 9, 0, 32];
                writer.words(&interface)?;
            }
        }
        Ok(writer)
    }

    /// The address that [`Link::address`] tells, which senders put into their frames.
    pub fn with_address(mut self, address: impl Into<MacAddress>) -> Self {
        self.address = address.into();
        self
    }

    fn words(&mut self, words: &[u32]) -> Result<(), CaptureError> {
        for word in words {
            self.out.write_all(&word.to_le_bytes())?;
        }
        Ok(())
    }

    /// Appends a frame that was captured at this time since 1970.
    ///
    /// # Errors
    /// [`CaptureError::Io`]
    pub fn write(&mut self, time: Duration, frame: &[u8]) -> Result<(), CaptureError> {
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        match self.format {
            CaptureFormat::Pcap => {
                let seconds = time.as_secs() as u32;
                self.words(&[seconds, time.subsec_nanos(), length, length])?;
                self.out.write_all(frame)?;
            }
            CaptureFormat::PcapNg => {
                let units = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
                let (high, low) = ((units >> 32) as u32, units as u32);
                let padding = frame.len().next_multiple_of(4) - frame.len();
                let block = 32 + length + padding as u32;
                self.words(&[ENHANCED_PACKET, block, 0, high, low, length, length])?;
                self.out.write_all(frame)?;
                self.out
                    .write_all([0; 3].get(..padding).unwrap_or_default())?;
                self.words(&[block])?;
            }
        }
        Ok(())
    }

    /// Has the system write what it has got so far.
    ///
    /// # Errors
    /// [`CaptureError::Io`]
    pub fn flush(&mut self) -> Result<(), CaptureError> {
        Ok(self.out.flush()?)
    }
}

impl Link for CaptureWriter {
    fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Ok(self.write(time.unwrap_or_default(), frame)?)
    }

    fn receive(&mut self, _: Option<Instant>, _: TakeFrame<'_>) -> Result<Received, LinkError> {
        if self.woken.swap(false, Ordering::Relaxed) {
            return Ok(Received::Woken);
        }
        Ok(Received::End)
    }

    fn address(&self) -> MacAddress {
        self.address
    }

    fn waker(&self) -> LinkWaker {
        let woken = self.woken.clone();
        LinkWaker::new(move || woken.store(true, Ordering::Relaxed))
    }
}

impl std::fmt::Debug for CaptureWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CaptureWriter({:?})", self.format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{CaptureReader, CapturedFrame};
    use parking_lot::Mutex;
    use proptest::prelude::*;
    use std::io;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().extend(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: CaptureFormat, frames: &[CapturedFrame]) -> Vec<u8> {
        let buffer = Buffer::default();
        let mut writer = CaptureWriter::new(buffer.clone(), format).unwrap();
        for frame in frames {
            writer.write(frame.time, &frame.data).unwrap();
        }
        drop(writer);
        std::mem::take(&mut buffer.0.lock())
    }

    fn read(octets: Vec<u8>) -> Result<Vec<CapturedFrame>, CaptureError> {
        let mut reader = CaptureReader::new(io::Cursor::new(octets))?;
        let mut frames = vec![];
        while let Some(frame) = reader.next_frame()? {
            frames.push(frame);
        }
        Ok(frames)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            frames in proptest::collection::vec((0..u64::from(u32::MAX), 0..1_000_000_000u32,
                proptest::collection::vec(any::<u8>(), 0..80)), 0..6),
        ) {
            let frames: Vec<_> = frames
                .into_iter()
                .map(|(seconds, nanos, data)| CapturedFrame {
                    time: Duration::new(seconds, nanos),
                    original_length: data.len() as u32,
                    data,
                })
                .collect();
            for format in [CaptureFormat::Pcap, CaptureFormat::PcapNg] {
                let octets = written(format, &frames);
                prop_assert_eq!(&read(octets.clone()).unwrap(), &frames);
                // A file that was cut gives a part of the frames, and an error or none.
                for cut in 0..octets.len() {
                    if let Ok(some) = read(octets[..cut].to_vec()) {
                        prop_assert!(frames.starts_with(&some));
                    }
                }
            }
        }

        #[test]
        fn damage_is_no_panic(format: bool, changes: Vec<(u16, u8)>) {
            let format = if format { CaptureFormat::Pcap } else { CaptureFormat::PcapNg };
            let frame = CapturedFrame { time: Duration::ZERO, data: vec![1; 30], original_length: 30 };
            let mut octets = written(format, &[frame.clone(), frame]);
            for (at, octet) in changes {
                let at = usize::from(at) % octets.len();
                octets[at] = octet;
            }
            let _ = read(octets);
        }
    }

    #[test]
    fn a_reader_is_a_link() {
        let frame = |ms| CapturedFrame {
            time: Duration::from_millis(ms),
            data: vec![ms as u8; 20],
            original_length: 20,
        };
        let octets = written(CaptureFormat::PcapNg, &[frame(5), frame(7)]);
        let mut reader = CaptureReader::new(io::Cursor::new(octets)).unwrap();
        let mut seen = vec![];
        let mut take = |arrival: crate::link::Arrival, _: &[u8]| seen.push(arrival.instant);
        while reader.receive(None, &mut take).unwrap() != Received::End {}
        assert_eq!(seen[1] - seen[0], Duration::from_millis(2));
        assert!(matches!(
            reader.send(&[0; 60]),
            Err(LinkError::OneWay { .. })
        ));
    }
}
