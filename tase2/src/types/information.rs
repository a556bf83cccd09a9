//! `Info_Mess_Header` and `Info_Buff_<N>` of block 4.

use super::read::Reading;
use crate::DecodeError;
use mms::{Component, DataView, MmsType, MmsValue, TypeDescription};

/// The header of an information message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InfoHeader {
    /// The information object, a number both sides have agreed on.
    pub info_reference: i32,
    /// A number of the sender's own.
    pub local_reference: i32,
    /// Which message of the object it is: goes up with each one.
    pub message_id: i32,
    /// Octets of the content.
    pub size: i32,
}

const COMPONENTS: [&str; 4] = ["InfoReference", "LocalReference", "MessageId", "Size"];

impl InfoHeader {
    /// The value on the wire.
    pub fn to_value(self) -> MmsValue {
        let numbers = [
            self.info_reference,
            self.local_reference,
            self.message_id,
            self.size,
        ];
        MmsValue::Structure(numbers.map(MmsValue::from).to_vec())
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(view: &DataView<'_>) -> Result<Self, DecodeError> {
        let components = view.components("message header", COMPONENTS.len())?;
        let [info_reference, local_reference, message_id, size] = &components[..] else {
            return Err(DecodeError::UnknownShape);
        };
        Ok(InfoHeader {
            info_reference: info_reference.int32("InfoReference")?,
            local_reference: local_reference.int32("LocalReference")?,
            message_id: message_id.int32("MessageId")?,
            size: size.int32("Size")?,
        })
    }

    /// The MMS type.
    pub fn description() -> TypeDescription {
        let component = |name: &str| Component {
            name: Some(name.to_owned()),
            ty: TypeDescription::Integer(32),
        };
        TypeDescription::Structure(COMPONENTS.map(component).to_vec())
    }
}

/// The content of a message whose header says it has `size` octets: what is behind them is padding.
pub(crate) fn content<'a>(view: &DataView<'a>, size: i32) -> Result<&'a [u8], DecodeError> {
    if view.mms_type() != MmsType::OctetString {
        return Err(DecodeError::WrongType {
            expected: "an octet string",
            found: view.mms_type(),
        });
    }
    let wanted = usize::try_from(size).ok();
    wanted
        .and_then(|size| view.content().get(..size))
        .ok_or(DecodeError::OutOfRange {
            what: "Size",
            value: size.into(),
        })
}

/// The name of the buffer for messages of up to `size` octets.
pub(crate) fn buffer_name(size: usize) -> String {
    format!("{}{size}", crate::standard::INFO_BUFFER)
}

/// The size a buffer has by its name.
pub(crate) fn buffer_size(name: &str) -> Option<usize> {
    let digits = name.strip_prefix(crate::standard::INFO_BUFFER)?;
    // One spelling only: no sign, no zeros in front.
    if !digits.starts_with(|c: char| matches!(c, '1'..='9')) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::ber::Reader;
    use proptest::prelude::*;

    fn view(octets: &[u8]) -> DataView<'_> {
        DataView::decode(&mut Reader::new(octets)).unwrap()
    }

    #[test]
    fn octets_of_the_worked_example() {
        let octets = [0xa2, 12, 0x85, 1, 7, 0x85, 1, 1, 0x85, 1, 0x2a, 0x85, 1, 5];
        let header = InfoHeader {
            info_reference: 7,
            local_reference: 1,
            message_id: 42,
            size: 5,
        };
        assert_eq!(header.to_value().to_bytes(), octets);
        assert_eq!(InfoHeader::decode(&view(&octets)), Ok(header));
        assert!(InfoHeader::decode(&view(&[0x85, 1, 7])).is_err());
    }

    #[test]
    fn contents_and_their_size() {
        let hello = view(b"\x89\x05hello");
        assert_eq!(content(&hello, 5), Ok(&b"hello"[..]));
        assert_eq!(content(&hello, 2), Ok(&b"he"[..]));
        assert_eq!(content(&hello, 0), Ok(&b""[..]));
        for size in [6, -1, i32::MIN] {
            let found = content(&hello, size);
            assert!(
                matches!(found, Err(DecodeError::OutOfRange { .. })),
                "{size}"
            );
        }
        assert!(content(&view(b"\x8a\x05hello"), 5).is_err());
    }

    #[test]
    fn buffers_by_name() {
        assert_eq!(buffer_name(128), "Info_Buff_128");
        assert_eq!(buffer_size("Info_Buff_128"), Some(128));
        for other in [
            "Info_Buff_",
            "Info_Buff_0",
            "Info_Buff_+1",
            "Info_Buff_01",
            "Info_Buff_1x",
            "MW1",
        ] {
            assert_eq!(buffer_size(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn headers_round_trip(info_reference: i32, local_reference: i32, message_id: i32, size: i32) {
            let header = InfoHeader { info_reference, local_reference, message_id, size };
            prop_assert_eq!(InfoHeader::decode(&view(&header.to_value().to_bytes())), Ok(header));
        }

        #[test]
        fn anything_is_a_message_or_not(octets: Vec<u8>, size: i32) {
            if let Ok(view) = DataView::decode(&mut Reader::new(&octets)) {
                let _ = InfoHeader::decode(&view);
                if let Ok(content) = content(&view, size) {
                    prop_assert_eq!(content.len() as i64, i64::from(size));
                }
            }
        }
    }
}
