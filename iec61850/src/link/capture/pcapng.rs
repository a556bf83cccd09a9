//! The blocks of pcapng (draft-ietf-opsawg-pcapng): section header, interface description, and the
//! packets. Blocks of other kinds are skipped.

use super::CaptureError;
use super::read::{CapturedFrame, ETHERNET, MAX_LENGTH, Source};
use std::time::Duration;

/// The same in both orders of octets.
pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(super) const BYTE_ORDER: u32 = 0x1a2b_3c4d;
pub(super) const INTERFACE: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
pub(super) const ENHANCED_PACKET: u32 = 6;
/// The option of an interface that says how fine its times are.
pub(super) const RESOLUTION: u16 = 9;
const MAX_INTERFACES: usize = 1024;

#[derive(Clone, Copy)]
struct Interface {
    link_type: u32,
    /// Units of a second: a power of ten or, with the high bit set, of two.
    resolution: u8,
}

/// Where the reading of a file has got to.
pub(super) struct Blocks {
    interfaces: Vec<Interface>,
    block: Vec<u8>,
}

impl Blocks {
    /// The first octets of the file have been read.
    pub(super) fn begin(source: &mut Source) -> Result<Self, CaptureError> {
        let mut blocks = Blocks {
            interfaces: Vec::new(),
            block: Vec::new(),
        };
        blocks.section(source)?;
        Ok(blocks)
    }

    /// Reads a section header behind its first four octets.
    fn section(&mut self, source: &mut Source) -> Result<(), CaptureError> {
        self.interfaces.clear();
        let mut head = [0; 8];
        if !source.fill(&mut head)? {
            return Err(source.damaged("it ends within a section header"));
        }
        let [a, b, c, d, e, f, g, h] = head;
        source.big_endian = match u32::from_le_bytes([e, f, g, h]) {
            BYTE_ORDER => false,
            order if order.swap_bytes() == BYTE_ORDER => true,
            _ => return Err(source.damaged("the order of its octets is unknown")),
        };
        let length = source.u32([a, b, c, d]);
        self.rest_of_block(source, length, 12)
    }

    /// Reads a block of which `read` octets have been read, to its end.
    fn rest_of_block(
        &mut self,
        source: &mut Source,
        length: u32,
        read: u32,
    ) -> Result<(), CaptureError> {
        if length > MAX_LENGTH || !length.is_multiple_of(4) || length < read + 4 {
            return Err(source.damaged("a block has an impossible length"));
        }
        self.block.clear();
        self.block.resize((length - read) as usize, 0);
        if !source.fill(&mut self.block)? {
            return Err(source.damaged("it ends within a block"));
        }
        // The length stands at the end again.
        let end = self.block.len() - 4;
        if source.u32_at(&self.block, end)? != length {
            return Err(source.damaged("the two lengths of a block differ"));
        }
        self.block.truncate(end);
        Ok(())
    }

    pub(super) fn next(
        &mut self,
        source: &mut Source,
    ) -> Result<Option<CapturedFrame>, CaptureError> {
        loop {
            let mut kind = [0; 4];
            if !source.fill(&mut kind)? {
                return Ok(None);
            }
            if u32::from_le_bytes(kind) == SECTION_HEADER {
                self.section(source)?;
                continue;
            }
            let mut length = [0; 4];
            if !source.fill(&mut length)? {
                return Err(source.damaged("it ends within a block"));
            }
            let length = source.u32(length);
            self.rest_of_block(source, length, 8)?;
            match source.u32(kind) {
                INTERFACE => self.interface(source)?,
                ENHANCED_PACKET => return self.enhanced(source).map(Some),
                SIMPLE_PACKET => return self.simple(source).map(Some),
                _ => {}
            }
        }
    }

    fn interface(&mut self, source: &Source) -> Result<(), CaptureError> {
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(source.damaged("it has too many interfaces"));
        }
        let link_type = source.u32_at(&self.block, 0)?;
        let link_type = match source.big_endian {
            true => link_type >> 16,
            false => link_type & 0xffff,
        };
        let mut resolution = 6;
        let mut options = self.block.get(8..).unwrap_or_default();
        while let Some(([a, b, c, d], rest)) = options.split_first_chunk() {
            let (code, length) = (source.u16([*a, *b]), source.u16([*c, *d]));
            if code == 0 {
                break;
            }
            if code == RESOLUTION {
                resolution = rest.first().copied().unwrap_or(resolution);
            }
            let padded = usize::from(length).next_multiple_of(4);
            options = rest.get(padded..).unwrap_or_default();
        }
        self.interfaces.push(Interface {
            link_type,
            resolution,
        });
        Ok(())
    }

    fn of_ethernet(&self, source: &Source, interface: u32) -> Result<Interface, CaptureError> {
        let known = self.interfaces.get(interface as usize);
        let known = known.ok_or_else(|| source.damaged("a frame is of an unknown interface"))?;
        if known.link_type != ETHERNET {
            return Err(CaptureError::LinkType(known.link_type));
        }
        Ok(*known)
    }

    fn data(&self, source: &Source, at: usize, length: u32) -> Result<Vec<u8>, CaptureError> {
        let rest = self.block.get(at..).unwrap_or_default();
        let data = rest.get(..length as usize);
        data.map(<[u8]>::to_vec)
            .ok_or_else(|| source.damaged("a frame is longer than its block"))
    }

    fn enhanced(&self, source: &Source) -> Result<CapturedFrame, CaptureError> {
        let field = |at| source.u32_at(&self.block, at);
        let interface = self.of_ethernet(source, field(0)?)?;
        let units = u64::from(field(4)?) << 32 | u64::from(field(8)?);
        Ok(CapturedFrame {
            time: duration(units, interface.resolution),
            data: self.data(source, 20, field(12)?)?,
            original_length: field(16)?,
        })
    }

    fn simple(&self, source: &Source) -> Result<CapturedFrame, CaptureError> {
        self.of_ethernet(source, 0)?;
        let original_length = source.u32_at(&self.block, 0)?;
        let there = self.block.len().saturating_sub(4) as u32;
        Ok(CapturedFrame {
            time: Duration::ZERO,
            data: self.data(source, 4, original_length.min(there))?,
            original_length,
        })
    }
}

fn duration(units: u64, resolution: u8) -> Duration {
    let exponent = u32::from(resolution & 0x7f);
    let per_second = match resolution & 0x80 {
        0 => 10u64.checked_pow(exponent),
        _ => 1u64.checked_shl(exponent),
    };
    let Some(per_second) = per_second.filter(|units| *units > 0) else {
        return Duration::ZERO;
    };
    let rest = u128::from(units % per_second) * 1_000_000_000 / u128::from(per_second);
    Duration::new(units / per_second, rest as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_resolutions() {
        let expected = Duration::new(3, 500_000_000);
        assert_eq!(duration(3_500_000, 6), expected);
        assert_eq!(duration(3_500_000_000, 9), expected);
        assert_eq!(duration(7 << 9, 0x80 | 10), expected);
        assert_eq!(duration(5, 0x7f), Duration::ZERO);
        assert_eq!(duration(5, 0xff), Duration::ZERO);
    }
}
