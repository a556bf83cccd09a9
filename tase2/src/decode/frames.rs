//! Frames out of capture files: pcap and pcapng, and the TCP segments in them.

use std::net::{IpAddr, SocketAddr};

/// A file that is no capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// Neither pcap nor pcapng.
    #[error("the file is neither pcap nor pcapng")]
    Format,
    /// It ends within a frame.
    #[error("the file ends within frame {frame}")]
    Truncated {
        /// The number of the frame, counted from 1.
        frame: usize,
    },
}

/// A frame, with the time in seconds since 1970.
pub(super) struct Frame<'a> {
    pub(super) time: f64,
    pub(super) link: u32,
    pub(super) octets: &'a [u8],
}

/// A TCP segment.
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sequence: u32,
    pub(super) syn: bool,
    pub(super) reset: bool,
    pub(super) payload: &'a [u8],
}

fn number(octets: &[u8], at: usize, big: bool) -> Option<u32> {
    let octets: [u8; 4] = octets.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if big {
        u32::from_be_bytes(octets)
    } else {
        u32::from_le_bytes(octets)
    })
}

fn short(octets: &[u8], at: usize) -> Option<u16> {
    let octets: [u8; 2] = octets.get(at..at.checked_add(2)?)?.try_into().ok()?;
    Some(u16::from_be_bytes(octets))
}

/// All frames of a capture.
pub(super) fn frames(file: &[u8]) -> Result<Vec<Frame<'_>>, CaptureError> {
    match file.get(..4) {
        Some([0x0a, 0x0d, 0x0d, 0x0a]) => pcapng(file),
        Some([0xd4, 0xc3, 0xb2, 0xa1]) => pcap(file, false, 1e-6),
        Some([0xa1, 0xb2, 0xc3, 0xd4]) => pcap(file, true, 1e-6),
        Some([0x4d, 0x3c, 0xb2, 0xa1]) => pcap(file, false, 1e-9),
        Some([0xa1, 0xb2, 0x3c, 0x4d]) => pcap(file, true, 1e-9),
        _ => Err(CaptureError::Format),
    }
}

fn pcap(file: &[u8], big: bool, unit: f64) -> Result<Vec<Frame<'_>>, CaptureError> {
    let link = number(file, 20, big).ok_or(CaptureError::Format)? & 0xffff;
    let mut frames = Vec::new();
    let mut at = 24;
    while at < file.len() {
        let frame = frames.len() + 1;
        let truncated = CaptureError::Truncated { frame };
        let field = |offset| number(file, at + offset, big).ok_or(truncated);
        let (seconds, parts, length) = (field(0)?, field(4)?, field(8)? as usize);
        let octets = file.get(at + 16..).and_then(|rest| rest.get(..length));
        frames.push(Frame {
            time: f64::from(seconds) + f64::from(parts) * unit,
            link,
            octets: octets.ok_or(truncated)?,
        });
        at += 16 + length;
    }
    Ok(frames)
}

/// Sections of one byte order, interfaces, and enhanced packet blocks; others are passed over.
fn pcapng(file: &[u8]) -> Result<Vec<Frame<'_>>, CaptureError> {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut interfaces: Vec<(u32, f64)> = Vec::new();
    let (mut at, mut big) = (0, false);
    while at < file.len() {
        let truncated = CaptureError::Truncated {
            frame: frames.len() + 1,
        };
        let block = file.get(at..).unwrap_or_default();
        if block.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            big = block.get(8) == Some(&0x1a);
            interfaces.clear();
        }
        let kind = number(block, 0, big).ok_or(truncated)?;
        let length = number(block, 4, big).ok_or(truncated)? as usize;
        let block = block
            .get(..length)
            .filter(|_| length >= 12)
            .ok_or(truncated)?;
        match kind {
            1 => interfaces.push(interface(block, big).ok_or(truncated)?),
            6 => frames.push(packet(block, big, &interfaces).ok_or(truncated)?),
            _ => {}
        }
        at += length;
    }
    Ok(frames)
}

/// The link type, and the seconds of a tick of its clock.
fn interface(block: &[u8], big: bool) -> Option<(u32, f64)> {
    let link = number(block, 8, big)? & if big { 0xffff_0000 } else { 0xffff };
    let link = if big { link >> 16 } else { link };
    let mut tick = 1e-6;
    let mut at = 16;
    while let Some(head) = number(block, at, big) {
        let (code, length) = if big {
            (head >> 16, head & 0xffff)
        } else {
            (head & 0xffff, head >> 16)
        };
        if code == 0 {
            break;
        }
        if code == 9
            && let Some(resolution) = block.get(at + 4)
        {
            let exponent = i32::from(resolution & 0x7f);
            tick = match resolution & 0x80 {
                0 => 10f64.powi(-exponent),
                _ => 2f64.powi(-exponent),
            };
        }
        at += 4 + (length as usize).next_multiple_of(4);
    }
    Some((link, tick))
}

fn packet<'a>(block: &'a [u8], big: bool, interfaces: &[(u32, f64)]) -> Option<Frame<'a>> {
    let (link, tick) = *interfaces.get(number(block, 8, big)? as usize)?;
    let (high, low) = (number(block, 12, big)?, number(block, 16, big)?);
    let length = number(block, 20, big)? as usize;
    Some(Frame {
        time: (f64::from(high) * 4_294_967_296.0 + f64::from(low)) * tick,
        link,
        octets: block.get(28..)?.get(..length)?,
    })
}

/// The TCP segment in a frame, if there is one; fragments of IP packets are none.
pub(super) fn segment<'a>(frame: &Frame<'a>) -> Option<Segment<'a>> {
    let octets = frame.octets;
    let packet = match frame.link {
        // BSD loopback.
        0 | 108 => octets.get(4..)?,
        // Ethernet, with VLAN tags perhaps.
        1 => {
            let mut at = 12;
            while matches!(short(octets, at)?, 0x8100 | 0x88a8) {
                at += 4;
            }
            match short(octets, at)? {
                0x0800 | 0x86dd => octets.get(at + 2..)?,
                _ => return None,
            }
        }
        // Raw IP.
        12 | 14 | 101 | 228 | 229 => octets,
        // Linux cooked, in both versions.
        113 => octets.get(16..)?,
        276 => octets.get(20..)?,
        _ => return None,
    };
    let (source, destination, tcp): (IpAddr, IpAddr, &[u8]) = match packet.first()? >> 4 {
        4 => {
            let fragment = short(packet, 6)? & 0x3fff;
            if *packet.get(9)? != 6 || fragment != 0 {
                return None;
            }
            let address =
                |at: usize| -> Option<[u8; 4]> { packet.get(at..at + 4)?.try_into().ok() };
            // Zero is what offloading leaves in frames captured where they were sent.
            let end = match usize::from(short(packet, 2)?) {
                0 => packet.len(),
                total => total.min(packet.len()),
            };
            let header = usize::from(packet.first()? & 0x0f) * 4;
            (
                address(12)?.into(),
                address(16)?.into(),
                packet.get(header..end)?,
            )
        }
        6 => {
            if *packet.get(6)? != 6 {
                return None;
            }
            let address =
                |at: usize| -> Option<[u8; 16]> { packet.get(at..at + 16)?.try_into().ok() };
            let end = (40 + usize::from(short(packet, 4)?)).min(packet.len());
            (
                address(8)?.into(),
                address(24)?.into(),
                packet.get(40..end)?,
            )
        }
        _ => return None,
    };
    let header = usize::from(tcp.get(12)? >> 4) * 4;
    let flags = *tcp.get(13)?;
    Some(Segment {
        from: SocketAddr::new(source, short(tcp, 0)?),
        to: SocketAddr::new(destination, short(tcp, 2)?),
        sequence: number(tcp, 4, true)?,
        syn: flags & 2 != 0,
        reset: flags & 4 != 0,
        payload: tcp.get(header..)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_capture() {
        for bad in [&b""[..], b"abc", b"GET /", &[0xd4, 0xc3, 0xb2, 0xa1]] {
            assert_eq!(frames(bad).err(), Some(CaptureError::Format));
        }
        let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1];
        file.resize(24, 0);
        assert_eq!(frames(&file).map(|f| f.len()).ok(), Some(0));
        file.extend([0; 8]);
        file.extend([200, 0, 0, 0, 200, 0, 0, 0, 1, 2, 3]);
        assert_eq!(
            frames(&file).err(),
            Some(CaptureError::Truncated { frame: 1 })
        );
    }

    #[test]
    fn cut_frames_are_no_segments() {
        let mut ip = vec![
            0x45, 0, 0, 41, 0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 2,
        ];
        ip.extend([
            0, 102, 0x10, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0, 7,
        ]);
        let segment_of = |octets: &[u8]| {
            let frame = Frame {
                time: 0.0,
                link: 101,
                octets,
            };
            segment(&frame).map(|s| (s.from.port(), s.sequence, s.payload.to_vec()))
        };
        assert_eq!(segment_of(&ip), Some((102, 9, vec![7])));
        for cut in 0..40 {
            assert_eq!(segment_of(&ip[..cut]), None, "{cut}");
        }
        // A fragment.
        ip[6] = 0x20;
        assert_eq!(segment_of(&ip), None);
    }
}
