//! Values: into frames at fixed length, and out of them into memory that is used again.

use crate::common::FunctionalConstraint;
use crate::model::{DataAttributeType, Dataset, ModelNode, ModelNodeExt};
use mms::ber::{Tag, Writer};
use mms::{DataView, MmsType, MmsValue, TypeDescription};

/// Octets of strings at fixed length. No public source has been found for them.
const VISIBLE_STRING: usize = 35;
const OCTET_STRING: usize = 20;
const UNICODE_STRING: usize = 20;

/// A member of the data set of a message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GooseEntry {
    /// Its reference, `LD/LN.DO.DA[FC]`.
    pub reference: String,
    /// Its type.
    pub ty: TypeDescription,
    /// A value of this type.
    pub initial: MmsValue,
}

impl GooseEntry {
    /// The members of a data set of a model.
    pub fn of_data_set(data_set: &Dataset) -> Vec<Self> {
        let entries = data_set.entries();
        let entries = entries.iter().filter_map(|entry| {
            let (ty, initial) = type_and_value(entry.node(), entry.fc())?;
            Some(GooseEntry {
                reference: entry.reference(),
                ty,
                initial,
            })
        });
        entries.collect()
    }
}

/// The types of the members of a data set at fixed length: enumerations have eight bits whatever
/// values they have (tissue 2037).
pub(super) fn fixed_length_types(data_set: &Dataset) -> Vec<TypeDescription> {
    let entries = data_set.entries();
    let types = entries.iter().filter_map(|entry| {
        let node = entry.node();
        let (mut ty, _) = type_and_value(node, entry.fc())?;
        narrow(&mut ty, node);
        Some(ty)
    });
    types.collect()
}

fn narrow(ty: &mut TypeDescription, node: &ModelNode) {
    match (ty, node) {
        (TypeDescription::Array { element, .. }, node) => narrow(element, node),
        (TypeDescription::Structure(components), node) => {
            for component in components {
                let name = component.name.as_deref();
                if let Some(child) = name.and_then(|name| node.child(name)) {
                    narrow(&mut component.ty, &child);
                }
            }
        }
        (TypeDescription::Integer(bits), ModelNode::DataAttribute(attribute))
            if attribute.attribute_type() == DataAttributeType::Enumerated =>
        {
            *bits = 8;
        }
        _ => {}
    }
}

fn type_and_value(
    node: &ModelNode,
    fc: FunctionalConstraint,
) -> Option<(TypeDescription, MmsValue)> {
    match node {
        ModelNode::DataObject(object) => {
            Some((object.type_description(fc)?, object.initial_value(fc)?))
        }
        ModelNode::DataAttribute(attribute) => {
            Some((attribute.type_description()?, attribute.initial_value()?))
        }
        _ => None,
    }
}

/// Writes a value at fixed length (IEC 61850-8-1 table A.2): the same offsets whatever the value is.
///
/// Public are the resolutions of the tissues on it: a FLOAT32 has five octets (817), which also says
/// that an INT32 has five; lengths are written in the fewest octets (1345); enumerations have eight
/// bits, and what is beyond 126 is 127, "not transmittable" (2037). So numbers have one octet more than
/// their bits take, and are the nearest there is if they do not fit. Without a type, numbers that fit
/// into 32 bits are taken to be of 32 bits.
pub(super) fn encode_fixed(w: &mut Writer<'_>, value: &MmsValue, ty: Option<&TypeDescription>) {
    match value {
        MmsValue::Structure(components) => {
            let mark = mms::data_writer::begin_structure(w);
            let types = match ty {
                Some(TypeDescription::Structure(types)) => types.as_slice(),
                _ => &[],
            };
            for (at, value) in components.iter().enumerate() {
                encode_fixed(w, value, types.get(at).map(|component| &component.ty));
            }
            w.end(mark);
        }
        MmsValue::Array(elements) => {
            let mark = mms::data_writer::begin_array(w);
            let ty = match ty {
                Some(TypeDescription::Array { element, .. }) => Some(&**element),
                _ => None,
            };
            for value in elements {
                encode_fixed(w, value, ty);
            }
            w.end(mark);
        }
        MmsValue::Integer(number) => {
            let bits = match ty {
                Some(TypeDescription::Integer(bits)) => *bits,
                _ if i32::try_from(*number).is_ok() => 32,
                _ => 64,
            };
            let largest = i64::MAX >> 64_u32.saturating_sub(bits.into()).min(63);
            let number = (*number).clamp(-largest - 1, largest);
            let sign = if number < 0 { 0xff } else { 0 };
            fixed_number(w, Tag::context(5), sign, number as u64, bits);
        }
        MmsValue::Unsigned(number) => {
            let bits = match ty {
                Some(TypeDescription::Unsigned(bits)) => *bits,
                _ if u32::try_from(*number).is_ok() => 32,
                _ => 64,
            };
            let largest = u64::MAX >> 64_u32.saturating_sub(bits.into()).min(63);
            fixed_number(w, Tag::context(6), 0, (*number).min(largest), bits);
        }
        MmsValue::VisibleString(text) => {
            padded(w, Tag::context(10), text.as_bytes(), VISIBLE_STRING);
        }
        MmsValue::MmsString(text) => {
            let whole = (0..=UNICODE_STRING.min(text.len()))
                .rev()
                .find_map(|end| text.get(..end));
            let text = whole.unwrap_or_default().as_bytes();
            padded(w, Tag::context(16), text, UNICODE_STRING);
        }
        MmsValue::OctetString(octets) => padded(w, Tag::context(9), octets, OCTET_STRING),
        // All others have the same length anyway.
        _ => value.encode(w),
    }
}

/// One octet more than the number of bits takes, so that it never depends on the sign.
fn fixed_number(w: &mut Writer<'_>, tag: Tag, sign: u8, number: u64, bits: u8) {
    let octets = usize::from(bits).div_ceil(8).clamp(1, 8);
    let mut content = [sign; 9];
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    content[1..].copy_from_slice(&[a, b, c, d, e, f, g, h]);
    w.primitive(tag, content.get(8 - octets..).unwrap_or_default());
}

/// Filled up with zeros, or cut off.
fn padded(w: &mut Writer<'_>, tag: Tag, octets: &[u8], length: usize) {
    let mut content = [0; VISIBLE_STRING];
    for (to, from) in content.iter_mut().take(length).zip(octets) {
        *to = *from;
    }
    w.primitive(tag, content.get(..length).unwrap_or_default());
}

/// A value is of another type than the one it should replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OtherType;

/// Puts a value of a frame in the place of one of the same type, in the memory that one has.
pub(super) fn replace(value: &mut MmsValue, view: &DataView<'_>) -> Result<(), OtherType> {
    match (&mut *value, view.mms_type()) {
        (MmsValue::Structure(parts), MmsType::Structure)
        | (MmsValue::Array(parts), MmsType::Array) => {
            let mut elements = view.elements();
            for part in parts {
                replace(part, &elements.next().ok_or(OtherType)?)?;
            }
            match elements.next() {
                None => Ok(()),
                Some(_) => Err(OtherType),
            }
        }
        (MmsValue::VisibleString(text), MmsType::VisibleString)
        | (MmsValue::MmsString(text), MmsType::MmsString)
        | (MmsValue::GeneralizedTime(text), MmsType::GeneralizedTime) => {
            text.clear();
            // Zeros fill a string up to its fixed length.
            let content = view.content();
            let end = content.iter().rposition(|octet| *octet != 0);
            let content = content
                .get(..end.map_or(0, |end| end + 1))
                .unwrap_or_default();
            match std::str::from_utf8(content) {
                Ok(content) => text.push_str(content),
                Err(_) => text.extend(content.iter().map(|octet| char::from(*octet))),
            }
            Ok(())
        }
        (MmsValue::OctetString(octets), MmsType::OctetString) => {
            octets.clear();
            octets.extend_from_slice(view.content());
            Ok(())
        }
        (value, found) if value.mms_type() == found => {
            let new = view.to_value();
            if std::mem::discriminant(value) != std::mem::discriminant(&new) {
                return Err(OtherType);
            }
            *value = new;
            Ok(())
        }
        _ => Err(OtherType),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::BitString;

    fn fixed(value: &MmsValue, ty: Option<&TypeDescription>) -> Vec<u8> {
        let mut out = vec![];
        encode_fixed(&mut Writer::unbounded(&mut out), value, ty);
        out
    }

    #[test]
    fn numbers_at_fixed_length() {
        let int = |value| MmsValue::Integer(value);
        let of = TypeDescription::Integer;
        assert_eq!(fixed(&int(-1), Some(&of(8))), [0x85, 2, 0xff, 0xff]);
        assert_eq!(fixed(&int(300), Some(&of(16))), [0x85, 3, 0, 1, 0x2c]);
        assert_eq!(fixed(&int(5), None), [0x85, 5, 0, 0, 0, 0, 5]);
        assert_eq!(
            fixed(&int(i64::MIN), None),
            [0x85, 9, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]
        );
        let unsigned = MmsValue::Unsigned(255);
        let ty = TypeDescription::Unsigned(8);
        assert_eq!(fixed(&unsigned, Some(&ty)), [0x86, 2, 0, 0xff]);
        let structure = MmsValue::Structure(vec![int(1), MmsValue::Boolean(true)]);
        assert_eq!(
            fixed(&structure, None),
            [0xa2, 10, 0x85, 5, 0, 0, 0, 0, 1, 0x83, 1, 1]
        );
        // What does not fit is the nearest that does.
        assert_eq!(fixed(&int(300), Some(&of(8))), [0x85, 2, 0, 127]);
        assert_eq!(fixed(&int(-300), Some(&of(8))), [0x85, 2, 0xff, 0x80]);
        assert_eq!(
            fixed(&MmsValue::Unsigned(256), Some(&ty)),
            [0x86, 2, 0, 0xff]
        );
        let text = fixed(&MmsValue::from("ab"), None);
        assert_eq!(
            (text.len(), &text[..5]),
            (37, &[0x8a, 35, b'a', b'b', 0][..])
        );
    }

    #[test]
    fn strings_at_fixed_length() {
        let long = "\u{20ac}".repeat(20);
        for (value, length) in [
            (MmsValue::VisibleString("a".repeat(36)), 35),
            (MmsValue::OctetString(vec![7; 21]), 20),
            (MmsValue::OctetString(vec![]), 20),
            (MmsValue::MmsString(long.clone()), 20),
            (MmsValue::MmsString("b".into()), 20),
        ] {
            let octets = fixed(&value, None);
            assert_eq!((octets.len(), octets[1]), (length + 2, length as u8));
        }
        // No character is cut in two.
        let octets = fixed(&MmsValue::MmsString(long), None);
        assert_eq!(
            &octets[2..],
            ["\u{20ac}".repeat(6).as_bytes(), &[0, 0]].concat()
        );
    }

    /// An enumeration with values beyond eight bits, in an object and by itself.
    #[test]
    fn enumerations_have_eight_bits() {
        use crate::common::TriggerOptions;
        use crate::model::{EnumType, IedModel};
        let model = IedModel::new("IED").unwrap();
        let device = model.create_logical_device("LD", None).unwrap();
        let node = device.create_logical_node("LLN0").unwrap();
        let object = node.create_data_object("Unit", 0).unwrap();
        let fc = FunctionalConstraint::ST;
        let attribute = object
            .create_data_attribute(
                "stVal",
                DataAttributeType::Enumerated,
                fc,
                TriggerOptions::empty(),
                0,
                0,
            )
            .unwrap();
        let enumeration = EnumType::new("Units", [(1, "one"), (300, "many")]);
        attribute.set_enum_type(enumeration.into()).unwrap();
        let sixteen = Some(TypeDescription::Integer(16));
        assert_eq!(attribute.type_description(), sixteen);
        let data_set = node.create_dataset("ds").unwrap();
        for entry in ["LLN0$ST$Unit", "LLN0$ST$Unit$stVal"] {
            data_set.create_dataset_entry(entry, None, None).unwrap();
        }
        let types = fixed_length_types(&data_set);
        let [TypeDescription::Structure(parts), alone] = &types[..] else {
            panic!("{types:?}");
        };
        let eight = &TypeDescription::Integer(8);
        assert_eq!((&parts[0].ty, alone), (eight, eight));
    }

    #[test]
    fn all_that_is_written_at_fixed_length_can_be_read() {
        let values = [
            MmsValue::Integer(-70_000),
            MmsValue::Unsigned(u64::MAX),
            MmsValue::from("text"),
            MmsValue::BitString(BitString::from_integer(13, 5)),
            MmsValue::Array(vec![MmsValue::Float32(1.5), MmsValue::Float32(2.5)]),
        ];
        for value in values {
            let octets = fixed(&value, None);
            let mut reader = mms::ber::Reader::new(&octets);
            let view = DataView::decode(&mut reader).unwrap();
            let mut read = value.clone();
            match &mut read {
                MmsValue::VisibleString(text) => text.clear(),
                MmsValue::Integer(number) => *number = 0,
                _ => {}
            }
            replace(&mut read, &view).unwrap();
            assert_eq!(read, value);
        }
    }

    #[test]
    fn other_types_do_not_replace() {
        let view_of = |value: &MmsValue, into: &mut MmsValue| {
            let octets = value.to_bytes();
            let view = DataView::decode(&mut mms::ber::Reader::new(&octets)).unwrap();
            replace(into, &view)
        };
        let two = MmsValue::Structure(vec![true.into(), 1.into()]);
        let mut three = MmsValue::Structure(vec![true.into(), 1.into(), 1.into()]);
        assert_eq!(view_of(&two, &mut three), Err(OtherType));
        assert_eq!(view_of(&three.clone(), &mut two.clone()), Err(OtherType));
        let mut float = MmsValue::Float32(0.0);
        assert_eq!(view_of(&MmsValue::Float64(1.0), &mut float), Err(OtherType));
        assert_eq!(view_of(&MmsValue::Integer(1), &mut float), Err(OtherType));
        assert_eq!(view_of(&MmsValue::Float32(1.0), &mut float), Ok(()));
        assert_eq!(float, MmsValue::Float32(1.0));
    }
}
