//! Reading frames, in place.

use crate::link::{ApplicationHeader, EtherType, EthernetHeader, FrameError};
use mms::UtcTime;
use mms::ber::{BerError, Reader, Tag, text, unsigned32};

pub(super) const PDU: Tag = Tag::application_constructed(0);
pub(super) const SEQUENCE_OF_ASDU: Tag = Tag::context_constructed(2);

/// A frame of sampled values. It borrows from the octets it was read from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SvFrame<'a> {
    /// Addresses and VLAN tag.
    pub ethernet: EthernetHeader,
    /// APPID and reserved fields.
    pub header: ApplicationHeader,
    /// The samples, each with its own header.
    pub asdus: Asdus<'a>,
    /// What stands behind the message and is counted by the field Length: a signature of
    /// IEC 62351-6. It is not checked.
    pub extension: &'a [u8],
}

impl<'a> SvFrame<'a> {
    /// Reads a frame, with the headers of all samples.
    ///
    /// # Errors
    /// [`FrameError`]
    pub fn decode(frame: &'a [u8]) -> Result<Self, FrameError> {
        let (ethernet, payload) = EthernetHeader::decode(frame)?;
        if ethernet.ether_type != EtherType::SAMPLED_VALUES {
            return Err(FrameError::OtherType {
                expected: EtherType::SAMPLED_VALUES,
                found: ethernet.ether_type,
            });
        }
        let (header, apdu) = ApplicationHeader::decode(payload)?;
        let (asdus, extension) = Asdus::decode(apdu)?;
        Ok(SvFrame {
            ethernet,
            header,
            asdus,
            extension,
        })
    }
}

/// The samples of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asdus<'a> {
    content: &'a [u8],
}

impl<'a> Asdus<'a> {
    /// Reads an APDU with the headers of all samples, and gives what stands behind it, too.
    ///
    /// # Errors
    /// [`FrameError::Apdu`] with the field; [`FrameError::WrongCount`] if noASDU is not the number
    /// of samples.
    pub fn decode(apdu: &'a [u8]) -> Result<(Self, &'a [u8]), FrameError> {
        let field = |field| move |error| FrameError::Apdu { field, error };
        let mut outer = Reader::new(apdu);
        let mut pdu = outer.expect_nested(PDU).map_err(field("savPdu"))?;
        let stated = pdu.expect(Tag::context(0)).and_then(unsigned32);
        let stated = stated.map_err(field("noASDU"))?;
        // A security field may stand in between.
        pdu.optional(Tag::context(1)).map_err(field("security"))?;
        let content = pdu.expect(SEQUENCE_OF_ASDU).map_err(field("seqASDU"))?;
        pdu.finish().map_err(field("savPdu"))?;
        let asdus = Asdus { content };
        let mut found = 0;
        let mut reader = Reader::new(content);
        while !reader.is_empty() {
            Asdu::decode(&mut reader).map_err(field("ASDU"))?;
            found += 1;
        }
        if stated != found {
            return Err(FrameError::WrongCount {
                field: "noASDU",
                stated,
                found,
            });
        }
        Ok((asdus, outer.remaining()))
    }

    /// The samples one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Asdu<'a>> + use<'a> {
        let mut reader = Reader::new(self.content);
        // They were read when the frame was.
        std::iter::from_fn(move || Asdu::decode(&mut reader).ok())
    }
}

/// A sample with its header.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asdu<'a> {
    /// The name of the stream.
    pub sv_id: &'a str,
    /// Reference of the data set.
    pub dat_set: Option<&'a str>,
    /// Number of the sample, from 0 at each full second.
    pub smp_cnt: u16,
    /// Revision of the configuration.
    pub conf_rev: u32,
    /// When the data were refreshed.
    pub refr_tm: Option<UtcTime>,
    /// How the sender is synchronized, see [`crate::sv::GLOBALLY_SYNCHRONIZED`].
    pub smp_synch: u8,
    /// Sample rate, in the unit of `smp_mod`.
    pub smp_rate: Option<u16>,
    /// The values, without structure.
    pub samples: &'a [u8],
    /// Unit of the sample rate, see [`crate::SvSmpMod`].
    pub smp_mod: Option<u16>,
    /// The clock that the sender follows (IEC 61869-9).
    pub gm_identity: Option<[u8; 8]>,
}

fn fixed<const N: usize>(content: &[u8]) -> Result<[u8; N], BerError> {
    content.try_into().map_err(|_| BerError::BadValueLength)
}

/// A number that some write in the fewest octets.
fn short(content: &[u8]) -> Result<u16, BerError> {
    unsigned_of(content)?
        .try_into()
        .map_err(|_| BerError::IntegerRange)
}

fn unsigned_of(content: &[u8]) -> Result<u32, BerError> {
    match content {
        [] => Err(BerError::IntegerRange),
        [0, rest @ ..] if rest.len() == 4 => unsigned_of(rest),
        _ if content.len() <= 4 => Ok(content
            .iter()
            .fold(0, |value, octet| value << 8 | u32::from(*octet))),
        _ => Err(BerError::IntegerRange),
    }
}

impl<'a> Asdu<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, BerError> {
        let mut r = reader.expect_nested(Tag::SEQUENCE)?;
        let context = Tag::context;
        let sv_id = text(r.expect(context(0))?)?;
        let dat_set = r.optional(context(1))?.map(text).transpose()?;
        let smp_cnt = u16::from_be_bytes(fixed(r.expect(context(2))?)?);
        let conf_rev = unsigned_of(r.expect(context(3))?)?;
        let refr_tm = r.optional(context(4))?.map(fixed).transpose()?;
        let smp_synch = r.optional(context(5))?.map(short).transpose()?.unwrap_or(0);
        let smp_rate = r.optional(context(6))?.map(short).transpose()?;
        let samples = r.expect(context(7))?;
        let smp_mod = r.optional(context(8))?.map(short).transpose()?;
        let gm_identity = r.optional(context(9))?.map(fixed).transpose()?;
        // Later editions may add fields.
        while r.take()?.is_some() {}
        Ok(Asdu {
            sv_id,
            dat_set,
            smp_cnt,
            conf_rev,
            refr_tm: refr_tm.map(UtcTime::from_bytes),
            smp_synch: u8::try_from(smp_synch).map_err(|_| BerError::IntegerRange)?,
            smp_rate,
            samples,
            smp_mod,
            gm_identity,
        })
    }

    fn at<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.samples.get(offset..)?.first_chunk().copied()
    }
}

macro_rules! read_values {
    ($($name:ident: $type:ty, $what:literal;)+) => {
        /// Values at an offset in octets; `None` where the sample is too short.
        impl Asdu<'_> {
            $(
                #[doc = concat!("The ", $what, " at `offset`.")]
                pub fn $name(&self, offset: usize) -> Option<$type> {
                    self.at(offset).map(<$type>::from_be_bytes)
                }
            )+

            /// The time at `offset`.
            pub fn timestamp(&self, offset: usize) -> Option<UtcTime> {
                self.at(offset).map(UtcTime::from_bytes)
            }
        }
    };
}

read_values! {
    int8: i8, "INT8";
    int16: i16, "INT16";
    int32: i32, "INT32";
    int64: i64, "INT64";
    uint8: u8, "INT8U";
    uint16: u16, "INT16U";
    uint32: u32, "INT32U, or the four octets of a quality,";
    float32: f32, "FLOAT32";
    float64: f64, "FLOAT64";
}
