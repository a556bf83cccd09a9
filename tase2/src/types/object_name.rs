//! `MMSObjectName`: the name of an object as a value.

use super::read::Reading;
use crate::{DecodeError, Name};
use mms::ber::Writer;
use mms::data_writer::begin_structure;
use mms::{Component, DataView, MmsValue, TypeDescription};

/// Writes a name. `signed` writes Scope as an integer instead of an unsigned one, for peers that expect it so.
pub fn encode_object_name(w: &mut Writer<'_>, name: &Name, signed: bool) {
    let (scope, domain) = match name.domain() {
        None => (0, ""),
        Some(domain) => (1, domain),
    };
    let structure = begin_structure(w);
    if signed {
        MmsValue::Integer(scope).encode(w);
    } else {
        MmsValue::Unsigned(scope as u64).encode(w);
    }
    // Through the value so that its tag stands in one place only.
    MmsValue::VisibleString(domain.to_owned()).encode(w);
    MmsValue::VisibleString(name.item().to_owned()).encode(w);
    w.end(structure);
}

/// Reads a name; Scope may be signed or not.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_object_name(view: &DataView<'_>) -> Result<Name, DecodeError> {
    let components = view.components("object name", 3)?;
    let [scope, domain, item] = &components[..] else {
        return Err(DecodeError::UnknownShape);
    };
    let scope = scope.number("scope")?;
    let (domain, item) = (domain.string()?, item.string()?);
    match scope {
        0 if !item.is_empty() => Ok(Name::Vcc(item)),
        1 if !item.is_empty() && !domain.is_empty() => Ok(Name::Icc { domain, item }),
        _ => Err(DecodeError::NoName { scope }),
    }
}

/// The MMS type of a name.
pub fn object_name_type() -> TypeDescription {
    let component = |name: &str, ty| Component {
        name: Some(name.to_owned()),
        ty,
    };
    TypeDescription::Structure(vec![
        component("Scope", TypeDescription::Unsigned(8)),
        component("DomainName", TypeDescription::VisibleString(-32)),
        component("Name", TypeDescription::VisibleString(-32)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use mms::ber::Reader;
    use proptest::prelude::*;

    fn octets(name: &Name, signed: bool) -> Vec<u8> {
        let mut out = vec![];
        encode_object_name(&mut Writer::unbounded(&mut out), name, signed);
        out
    }

    fn decode(octets: &[u8]) -> Result<Name, DecodeError> {
        decode_object_name(&DataView::decode(&mut Reader::new(octets)).unwrap())
    }

    #[test]
    fn octets_of_the_worked_example() {
        let name = Name::icc("ICC1", "DSTS1");
        let encoded = b"\xa2\x10\x86\x01\x01\x8a\x04ICC1\x8a\x05DSTS1";
        assert_eq!(octets(&name, false), encoded);
        assert_eq!(decode(encoded), Ok(name.clone()));
        let signed = octets(&name, true);
        assert_eq!(signed[2], 0x85);
        assert_eq!(decode(&signed), Ok(name));
    }

    #[test]
    fn what_is_no_name() {
        let value = |scope: i64, domain: &str, item: &str| {
            MmsValue::Structure(vec![
                MmsValue::Integer(scope),
                MmsValue::VisibleString(domain.into()),
                MmsValue::VisibleString(item.into()),
            ])
            .to_bytes()
        };
        assert_eq!(decode(&value(0, "", "a \0")), Ok(Name::vcc("a")));
        for (scope, domain, item) in [(2, "d", "a"), (-1, "d", "a"), (1, "", "a"), (0, "", "")] {
            assert_eq!(
                decode(&value(scope, domain, item)),
                Err(DecodeError::NoName { scope })
            );
        }
        let short = MmsValue::Structure(vec![MmsValue::Integer(0)]).to_bytes();
        assert!(matches!(
            decode(&short),
            Err(DecodeError::WrongCount { .. })
        ));
    }

    proptest! {
        #[test]
        fn names_round_trip(domain in "[A-Za-z][A-Za-z0-9_]{0,31}", item in "[A-Za-z][A-Za-z0-9_$]{0,63}", signed: bool) {
            for name in [Name::vcc(item.clone()), Name::icc(domain.clone(), item.clone())] {
                prop_assert_eq!(decode(&octets(&name, signed)), Ok(name));
            }
        }
    }
}
