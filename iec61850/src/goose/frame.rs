//! Reading frames, in place.

use crate::link::{ApplicationHeader, EtherType, EthernetHeader, FrameError};
use mms::UtcTime;
use mms::ber::{BerError, Reader, Tag, boolean, text};
use mms::{DataView, MmsValue};

pub(super) const PDU: Tag = Tag::application_constructed(1);
pub(super) const ALL_DATA: Tag = Tag::context_constructed(11);

/// A GOOSE frame. It borrows from the octets it was read from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GooseFrame<'a> {
    /// Addresses and VLAN tag.
    pub ethernet: EthernetHeader,
    /// APPID and reserved fields.
    pub header: ApplicationHeader,
    /// The message.
    pub pdu: GoosePdu<'a>,
    /// What stands behind the message and is counted by the field Length: a signature of
    /// IEC 62351-6. It is not checked.
    pub extension: &'a [u8],
}

impl<'a> GooseFrame<'a> {
    /// Reads a frame. The values are not looked at, only counted.
    ///
    /// # Errors
    /// [`FrameError`]
    pub fn decode(frame: &'a [u8]) -> Result<Self, FrameError> {
        let (ethernet, header, apdu) = split(frame)?;
        let (pdu, extension) = GoosePdu::decode(apdu)?;
        Ok(GooseFrame {
            ethernet,
            header,
            pdu,
            extension,
        })
    }

    /// Whether the message is simulated: by its own field, or by the bit in the header that came with
    /// edition 2.
    pub fn is_simulated(&self) -> bool {
        self.pdu.simulation || self.header.is_simulated()
    }
}

/// The headers of a frame and its APDU.
pub(super) fn split(
    frame: &[u8],
) -> Result<(EthernetHeader, ApplicationHeader, &[u8]), FrameError> {
    let (ethernet, payload) = EthernetHeader::decode(frame)?;
    if ethernet.ether_type != EtherType::GOOSE {
        return Err(FrameError::OtherType {
            expected: EtherType::GOOSE,
            found: ethernet.ether_type,
        });
    }
    let (header, apdu) = ApplicationHeader::decode(payload)?;
    Ok((ethernet, header, apdu))
}

/// The message (`IECGoosePdu`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoosePdu<'a> {
    /// Reference of the control block, `LD/LN$GO$name`.
    pub go_cb_ref: &'a str,
    /// Until when the next message comes, in milliseconds.
    pub time_allowed_to_live: u32,
    /// Reference of the data set, `LD/LN$name`.
    pub dat_set: &'a str,
    /// The text that names the message.
    pub go_id: Option<&'a str>,
    /// When stNum was incremented.
    pub t: UtcTime,
    /// Number of the state.
    pub st_num: u32,
    /// Number of the message within the state, from 0.
    pub sq_num: u32,
    /// Whether the message is simulated (in edition 1: test).
    pub simulation: bool,
    /// Revision of the configuration.
    pub conf_rev: u32,
    /// Whether the publisher still has to be configured.
    pub nds_com: bool,
    /// The values.
    pub all_data: AllData<'a>,
}

impl<'a> GoosePdu<'a> {
    /// Reads an APDU, and gives what stands behind it, too.
    ///
    /// # Errors
    /// [`FrameError::Apdu`] with the field; [`FrameError::WrongCount`] if numDatSetEntries is not
    /// the number of values.
    pub fn decode(apdu: &'a [u8]) -> Result<(Self, &'a [u8]), FrameError> {
        let field = |field| move |error| FrameError::Apdu { field, error };
        let mut outer = Reader::new(apdu);
        let mut r = outer.expect_nested(PDU).map_err(field("goosePdu"))?;
        let pdu = GoosePdu {
            go_cb_ref: string(&mut r, 0).map_err(field("gocbRef"))?,
            time_allowed_to_live: number(&mut r, 1).map_err(field("timeAllowedtoLive"))?,
            dat_set: string(&mut r, 2).map_err(field("datSet"))?,
            go_id: optional_string(&mut r, 3).map_err(field("goID"))?,
            t: time(&mut r, 4).map_err(field("t"))?,
            st_num: number(&mut r, 5).map_err(field("stNum"))?,
            sq_num: number(&mut r, 6).map_err(field("sqNum"))?,
            simulation: flag(&mut r, 7).map_err(field("simulation"))?,
            conf_rev: number(&mut r, 8).map_err(field("confRev"))?,
            nds_com: flag(&mut r, 9).map_err(field("ndsCom"))?,
            all_data: {
                let stated = number(&mut r, 10).map_err(field("numDatSetEntries"))?;
                let content = r.expect(ALL_DATA).map_err(field("allData"))?;
                let all_data = AllData::new(content).map_err(field("allData"))?;
                if stated != all_data.len {
                    return Err(FrameError::WrongCount {
                        field: "numDatSetEntries",
                        stated,
                        found: all_data.len,
                    });
                }
                all_data
            },
        };
        // A security extension may follow, which nobody uses; anything else is an error.
        r.take().map_err(field("security"))?;
        r.finish().map_err(field("goosePdu"))?;
        Ok((pdu, outer.remaining()))
    }
}

fn string<'a>(r: &mut Reader<'a>, tag: u8) -> Result<&'a str, BerError> {
    text(r.expect(Tag::context(tag))?)
}

fn optional_string<'a>(r: &mut Reader<'a>, tag: u8) -> Result<Option<&'a str>, BerError> {
    r.optional(Tag::context(tag))?.map(text).transpose()
}

/// A number of 32 bits. Publishers that leave out the leading zero octet are read as they mean it.
fn number(r: &mut Reader<'_>, tag: u8) -> Result<u32, BerError> {
    let content = r.expect(Tag::context(tag))?;
    match content {
        [] => Err(BerError::IntegerRange),
        [0, a, b, c, d] => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ if content.len() <= 4 => Ok(content
            .iter()
            .fold(0, |value, octet| value << 8 | u32::from(*octet))),
        _ => Err(BerError::IntegerRange),
    }
}

fn flag(r: &mut Reader<'_>, tag: u8) -> Result<bool, BerError> {
    r.optional(Tag::context(tag))?.map_or(Ok(false), boolean)
}

fn time(r: &mut Reader<'_>, tag: u8) -> Result<UtcTime, BerError> {
    let octets = r.expect(Tag::context(tag))?;
    let octets = octets.try_into().map_err(|_| BerError::BadValueLength)?;
    Ok(UtcTime::from_bytes(octets))
}

/// The values of a message, still in the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllData<'a> {
    content: &'a [u8],
    len: u32,
}

impl<'a> AllData<'a> {
    /// Of the content of the element: counts the values.
    fn new(content: &'a [u8]) -> Result<Self, BerError> {
        let mut reader = Reader::new(content);
        let mut len = 0;
        while reader.take()?.is_some() {
            len += 1;
        }
        Ok(AllData { content, len })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The encoded values.
    pub fn octets(&self) -> &'a [u8] {
        self.content
    }

    /// The values one after the other, each checked to its last leaf.
    pub fn iter(&self) -> impl Iterator<Item = Result<DataView<'a>, BerError>> + use<'a> {
        let mut reader = Reader::new(self.content);
        std::iter::from_fn(move || match reader.take() {
            Ok(tlv) => tlv.map(DataView::from_tlv),
            Err(error) => {
                reader = Reader::default();
                Some(Err(error))
            }
        })
    }

    /// All values.
    ///
    /// # Errors
    /// [`BerError`] if one of them is damaged.
    pub fn to_values(&self) -> Result<Vec<MmsValue>, BerError> {
        self.iter().map(|view| Ok(view?.to_value())).collect()
    }
}
