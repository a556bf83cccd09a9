use super::{
    BinaryTime, BitString, MAX_DATA_NESTING, MmsType, MmsValue, ObjectIdentifier, UtcTime, tag,
};
use crate::DataAccessError;
use crate::ber::{BerError, Reader, Tlv, Writer, bit_string_content, boolean, integer, unsigned};

/// A value that is still in the PDU it came in: checked to be well formed as a whole, decoded
/// only where it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataView<'a> {
    tlv: Tlv<'a>,
}

impl<'a> DataView<'a> {
    /// Takes the next element of `reader` as a value and checks it to its last leaf.
    ///
    /// # Errors
    /// [`BerError`] if it is not well-formed `Data`, or nested deeper than [`MAX_DATA_NESTING`].
    pub fn decode(reader: &mut Reader<'a>) -> Result<Self, BerError> {
        Self::from_tlv(reader.any()?)
    }

    /// Checks an element to its last leaf.
    ///
    /// # Errors
    /// As for [`DataView::decode`].
    pub fn from_tlv(tlv: Tlv<'a>) -> Result<Self, BerError> {
        check(tlv, 0)?;
        Ok(DataView { tlv })
    }

    /// A view of an element that [`DataView::from_tlv`] accepted before.
    pub(crate) fn from_checked(tlv: Tlv<'a>) -> Self {
        DataView { tlv }
    }

    /// The kind of the value.
    pub fn mms_type(&self) -> MmsType {
        match self.tlv.tag {
            tag::ARRAY => MmsType::Array,
            tag::STRUCTURE => MmsType::Structure,
            tag::BOOLEAN => MmsType::Boolean,
            tag::BIT_STRING => MmsType::BitString,
            tag::INTEGER => MmsType::Integer,
            tag::UNSIGNED => MmsType::Unsigned,
            tag::FLOAT => MmsType::Float,
            tag::OCTET_STRING => MmsType::OctetString,
            tag::VISIBLE_STRING => MmsType::VisibleString,
            tag::GENERALIZED_TIME => MmsType::GeneralizedTime,
            tag::BINARY_TIME => MmsType::BinaryTime,
            tag::BCD => MmsType::Bcd,
            tag::BOOLEAN_ARRAY => MmsType::BooleanArray,
            tag::OBJ_ID => MmsType::ObjId,
            tag::MMS_STRING => MmsType::MmsString,
            tag::UTC_TIME => MmsType::UtcTime,
            _ => MmsType::DataAccessError,
        }
    }

    /// The octets of the value, without tag and length.
    pub fn content(&self) -> &'a [u8] {
        self.tlv.content
    }

    /// The elements of an array or structure; nothing for other kinds.
    pub fn elements(&self) -> Elements<'a> {
        let content = match self.tlv.tag {
            tag::ARRAY | tag::STRUCTURE => self.tlv.content,
            _ => &[],
        };
        Elements {
            reader: Reader::new(content),
        }
    }

    /// The value itself.
    pub fn to_value(&self) -> MmsValue {
        // Every failure below was refused by `check` when the view was made.
        self.try_value().unwrap_or(MmsValue::DataAccessError(
            DataAccessError::ObjectValueInvalid,
        ))
    }

    fn try_value(&self) -> Result<MmsValue, BerError> {
        let content = self.tlv.content;
        Ok(match self.tlv.tag {
            tag::ARRAY => MmsValue::Array(self.elements().map(|e| e.to_value()).collect()),
            tag::STRUCTURE => MmsValue::Structure(self.elements().map(|e| e.to_value()).collect()),
            tag::BOOLEAN => MmsValue::Boolean(boolean(content)?),
            tag::BIT_STRING => MmsValue::BitString(bits(content)?),
            tag::INTEGER => MmsValue::Integer(integer(content)?),
            tag::UNSIGNED => MmsValue::Unsigned(lenient_unsigned(content)?),
            tag::FLOAT => float(content)?,
            tag::OCTET_STRING => MmsValue::OctetString(content.to_vec()),
            tag::VISIBLE_STRING => MmsValue::VisibleString(lenient_text(content)),
            tag::GENERALIZED_TIME => MmsValue::GeneralizedTime(lenient_text(content)),
            tag::BINARY_TIME => MmsValue::BinaryTime(
                BinaryTime::from_octets(content).ok_or(BerError::BadValueLength)?,
            ),
            tag::BCD => MmsValue::Bcd(lenient_unsigned(content)?),
            tag::BOOLEAN_ARRAY => MmsValue::BooleanArray(bits(content)?),
            tag::OBJ_ID => MmsValue::ObjId(ObjectIdentifier::from_content(content)?),
            tag::MMS_STRING => MmsValue::MmsString(lenient_text(content)),
            tag::UTC_TIME => {
                let octets = content.try_into().map_err(|_| BerError::BadValueLength)?;
                MmsValue::UtcTime(UtcTime::from_bytes(octets))
            }
            tag::ACCESS_ERROR => {
                MmsValue::DataAccessError(DataAccessError::from_code(integer(content)?))
            }
            other => return Err(BerError::UnknownChoice(other)),
        })
    }

    /// Writes the value as it came.
    pub fn encode(&self, w: &mut Writer<'_>) {
        w.primitive(self.tlv.tag, self.tlv.content);
    }
}

/// The elements of an array or structure, see [`DataView::elements`].
#[derive(Clone, Copy, Debug)]
pub struct Elements<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = DataView<'a>;

    fn next(&mut self) -> Option<DataView<'a>> {
        self.reader
            .take()
            .ok()
            .flatten()
            .map(|tlv| DataView { tlv })
    }
}

fn check(tlv: Tlv<'_>, depth: usize) -> Result<(), BerError> {
    if matches!(tlv.tag, tag::ARRAY | tag::STRUCTURE) {
        if depth >= MAX_DATA_NESTING {
            return Err(BerError::TooDeep);
        }
        let mut reader = tlv.reader();
        while let Some(element) = reader.take()? {
            check(element, depth + 1)?;
        }
        return Ok(());
    }
    match tlv.tag {
        tag::OCTET_STRING | tag::VISIBLE_STRING | tag::MMS_STRING | tag::GENERALIZED_TIME => Ok(()),
        // Long ones would be copied by the general case.
        tag::BIT_STRING | tag::BOOLEAN_ARRAY => bit_string_content(tlv.content).map(drop),
        _ => DataView { tlv }.try_value().map(drop),
    }
}

fn bits(content: &[u8]) -> Result<BitString, BerError> {
    bit_string_content(content).map(|(octets, bits)| BitString::from_octets(octets, bits))
}

/// Unsigned data of peers that leave out the leading zero octet is read as they mean it.
fn lenient_unsigned(content: &[u8]) -> Result<u64, BerError> {
    match unsigned(content) {
        Err(_) if (1..=8).contains(&content.len()) => Ok(content
            .iter()
            .fold(0, |value, octet| value << 8 | u64::from(*octet))),
        result => result,
    }
}

/// Strings are UTF-8 where they can be, and Latin-1 otherwise, as older devices send it.
fn lenient_text(content: &[u8]) -> String {
    match std::str::from_utf8(content) {
        Ok(text) => text.to_owned(),
        Err(_) => content.iter().map(|octet| char::from(*octet)).collect(),
    }
}

fn float(content: &[u8]) -> Result<MmsValue, BerError> {
    match *content {
        [_, a, b, c, d] => Ok(MmsValue::Float32(f32::from_be_bytes([a, b, c, d]))),
        [_, a, b, c, d, e, f, g, h] => Ok(MmsValue::Float64(f64::from_be_bytes([
            a, b, c, d, e, f, g, h,
        ]))),
        _ => Err(BerError::BadValueLength),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_peers_are_understood() {
        assert_eq!(
            MmsValue::from_bytes(&[0x86, 1, 0xff]),
            Ok(MmsValue::Unsigned(255))
        );
        assert_eq!(
            MmsValue::from_bytes(&[0x8a, 1, 0xe9]),
            Ok(MmsValue::VisibleString("é".into()))
        );
    }

    #[test]
    fn bad_leaves_are_refused_at_once() {
        for bad in [
            &[0xa2u8, 2, 0x87, 0][..],
            &[0x91, 3, 1, 2, 3],
            &[0x83, 0],
            &[0x84, 2, 9, 0],
            &[0x95, 0],
        ] {
            assert!(MmsValue::from_bytes(bad).is_err(), "{bad:02x?}");
        }
    }
}
