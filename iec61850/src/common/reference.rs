use super::FunctionalConstraint;
use std::fmt;
use std::str::FromStr;

/// A reference to an object of a server (IEC 61850-7-2, `ObjectReference`).
///
/// Parsed from either form, and shown in the first one:
/// - `LD/LN.DO(2).DA[FC]`, the form of the ACSI: names with dots, the index of an array element in
///   round brackets, the functional constraint at the end in square ones;
/// - `LD/LN$FC$DO$DA`, the form of MMS.
///
/// The logical device is named with its whole name, usually IED name and instance. Everything
/// behind it is optional.
///
/// ```
/// use iec61850::{FunctionalConstraint, ObjectReference};
///
/// let mag: ObjectReference = "IED1LD0/MMXU1.PhV.phsA.cVal.mag.f[MX]".parse()?;
/// assert_eq!(mag.fc(), Some(FunctionalConstraint::MX));
/// assert_eq!(mag.mms_item(), "MMXU1$MX$PhV$phsA$cVal$mag$f");
/// let same: ObjectReference = "IED1LD0/MMXU1$MX$PhV$phsA$cVal$mag$f".parse()?;
/// assert_eq!(mag, same);
/// # Ok::<(), iec61850::ReferenceError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectReference {
    logical_device: String,
    logical_node: Option<String>,
    path: Vec<ReferencePart>,
    fc: Option<FunctionalConstraint>,
}

/// One name of the path of an [`ObjectReference`], behind the logical node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReferencePart {
    /// Name of a data object or data attribute, or of a data set or control block.
    pub name: String,
    /// The element of an array.
    pub index: Option<u32>,
}

/// Why a text is no object reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// A name is missing: at the start, or between two separators.
    #[error("\"{reference}\" has an empty name")]
    EmptyName {
        /// The whole text.
        reference: String,
    },
    /// There are names behind the logical device and no `/` in front of them.
    #[error("\"{reference}\" has no / behind the logical device")]
    NoLogicalDevice {
        /// The whole text.
        reference: String,
    },
    /// A name has a character other than a letter, a digit and `_`.
    #[error("\"{reference}\": {name:?} is no name")]
    InvalidName {
        /// The whole text.
        reference: String,
        /// The part that is no name.
        name: String,
    },
    /// The round brackets do not hold the number of an array element.
    #[error("\"{reference}\": {part:?} has no array index in its brackets")]
    InvalidIndex {
        /// The whole text.
        reference: String,
        /// The part with the brackets.
        part: String,
    },
    /// The square brackets do not hold a functional constraint.
    #[error("\"{reference}\": {fc:?} is no functional constraint")]
    InvalidFunctionalConstraint {
        /// The whole text.
        reference: String,
        /// The text in the brackets.
        fc: String,
    },
}

impl ObjectReference {
    /// The reference of a logical device.
    ///
    /// # Errors
    /// [`ReferenceError`] if the name is empty or has characters that no name has.
    pub fn logical_device_reference(name: &str) -> Result<Self, ReferenceError> {
        let parse = Parse(name);
        Ok(ObjectReference {
            logical_device: parse.name(name)?.to_owned(),
            logical_node: None,
            path: vec![],
            fc: None,
        })
    }

    /// Name of the logical device, for MMS the domain.
    pub fn logical_device(&self) -> &str {
        &self.logical_device
    }

    /// Name of the logical node.
    pub fn logical_node(&self) -> Option<&str> {
        self.logical_node.as_deref()
    }

    /// The names behind the logical node.
    pub fn path(&self) -> &[ReferencePart] {
        &self.path
    }

    /// The functional constraint.
    pub fn fc(&self) -> Option<FunctionalConstraint> {
        self.fc
    }

    /// The same reference with another functional constraint.
    pub fn with_fc(mut self, fc: impl Into<Option<FunctionalConstraint>>) -> Self {
        self.fc = fc.into();
        self
    }

    /// The MMS name within the domain: `LN$FC$DO$DA`.
    ///
    /// Array indices are left in as `DO(2)`: MMS names the array and selects the element with an
    /// alternate access.
    pub fn mms_item(&self) -> String {
        let mut item = self.logical_node.clone().unwrap_or_default();
        if let Some(fc) = self.fc {
            item.push('$');
            item.push_str(fc.as_str());
        }
        for part in &self.path {
            item.push('$');
            item.push_str(&part.to_string());
        }
        item
    }
}

struct Parse<'a>(&'a str);

impl<'a> Parse<'a> {
    fn reference(&self) -> String {
        self.0.to_owned()
    }

    fn name(&self, name: &'a str) -> Result<&'a str, ReferenceError> {
        if name.is_empty() {
            return Err(ReferenceError::EmptyName {
                reference: self.reference(),
            });
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(ReferenceError::InvalidName {
                reference: self.reference(),
                name: name.to_owned(),
            });
        }
        Ok(name)
    }

    fn part(&self, part: &'a str) -> Result<ReferencePart, ReferenceError> {
        let (name, index) = match split_index(part) {
            Some((name, Ok(index))) => (name, Some(index)),
            Some((_, Err(()))) => {
                return Err(ReferenceError::InvalidIndex {
                    reference: self.reference(),
                    part: part.to_owned(),
                });
            }
            None => (part, None),
        };
        Ok(ReferencePart {
            name: self.name(name)?.to_owned(),
            index,
        })
    }
}

/// Splits `name(7)` into name and index; `None` if there are no brackets.
pub(crate) fn split_index(part: &str) -> Option<(&str, Result<u32, ()>)> {
    let (name, rest) = part.split_once('(')?;
    // Not `str::parse` alone, which takes a sign.
    let index = rest
        .strip_suffix(')')
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or(());
    Some((name, index))
}

impl FromStr for ObjectReference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let parse = Parse(text);
        let (names, fc) = match text.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
            Some((names, fc)) => {
                let fc = fc
                    .parse()
                    .map_err(|_| ReferenceError::InvalidFunctionalConstraint {
                        reference: text.to_owned(),
                        fc: fc.to_owned(),
                    })?;
                (names, Some(fc))
            }
            None => (text, None),
        };
        let Some((logical_device, rest)) = names.split_once('/') else {
            if names.contains(['.', '$']) {
                return Err(ReferenceError::NoLogicalDevice {
                    reference: text.to_owned(),
                });
            }
            return Ok(Self::logical_device_reference(names)?.with_fc(fc));
        };
        let mms_form = rest.contains('$');
        let mut parts = rest.split(['.', '$']);
        let logical_node = parse.name(parts.next().unwrap_or_default())?;
        let mut reference = ObjectReference {
            logical_device: parse.name(logical_device)?.to_owned(),
            logical_node: Some(logical_node.to_owned()),
            path: vec![],
            fc,
        };
        for (position, part) in parts.enumerate() {
            if mms_form
                && position == 0
                && reference.fc.is_none()
                && let Ok(fc) = part.parse()
            {
                reference.fc = Some(fc);
                continue;
            }
            reference.path.push(parse.part(part)?);
        }
        Ok(reference)
    }
}

impl fmt::Display for ObjectReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.logical_device)?;
        if let Some(logical_node) = &self.logical_node {
            write!(f, "/{logical_node}")?;
        }
        for part in &self.path {
            write!(f, ".{part}")?;
        }
        match self.fc {
            Some(fc) => write!(f, "[{fc}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ReferencePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.index {
            Some(index) => write!(f, "({index})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<ObjectReference, ReferenceError> {
        text.parse()
    }

    #[test]
    fn both_forms() {
        let acsi = parse("LD/MHAI1.HA.phsAHar(2).cVal.mag.f[MX]").unwrap();
        assert_eq!(acsi.logical_device(), "LD");
        assert_eq!(acsi.logical_node(), Some("MHAI1"));
        assert_eq!(acsi.path()[1].index, Some(2));
        assert_eq!(acsi.mms_item(), "MHAI1$MX$HA$phsAHar(2)$cVal$mag$f");
        assert_eq!(
            parse("LD/MHAI1$MX$HA$phsAHar(2)$cVal$mag$f").as_ref(),
            Ok(&acsi)
        );
        assert_eq!(acsi.to_string(), "LD/MHAI1.HA.phsAHar(2).cVal.mag.f[MX]");
        assert_eq!(
            parse("LD/LLN0").unwrap().mms_item(),
            "LLN0",
            "a logical node"
        );
        let data_set = parse("LD/LLN0$Events").unwrap();
        assert_eq!(
            (data_set.fc(), data_set.to_string()),
            (None, "LD/LLN0.Events".into())
        );
    }

    #[test]
    fn faults_are_named() {
        assert!(matches!(parse(""), Err(ReferenceError::EmptyName { .. })));
        assert!(matches!(
            parse("LD/LLN0..q"),
            Err(ReferenceError::EmptyName { .. })
        ));
        assert!(matches!(
            parse("LLN0.Mod.q"),
            Err(ReferenceError::NoLogicalDevice { .. })
        ));
        assert!(matches!(
            parse("LD/LLN0.Mod-1"),
            Err(ReferenceError::InvalidName { name, .. }) if name == "Mod-1"
        ));
        assert!(matches!(
            parse("LD/LLN0.Mod[XX]"),
            Err(ReferenceError::InvalidFunctionalConstraint { fc, .. }) if fc == "XX"
        ));
        for index in ["a(", "a()", "a(-1)", "a(+1)", "a(1)b", "a(99999999999)"] {
            assert!(
                matches!(
                    parse(&format!("LD/LN.{index}")),
                    Err(ReferenceError::InvalidIndex { .. })
                ),
                "{index}"
            );
        }
    }

    proptest! {
        #[test]
        fn shown_and_parsed_again(text in "[A-Z][a-z0-9]{0,4}/[A-Z]{4}[0-9](\\.[A-Za-z]{1,4}(\\([0-9]{1,3}\\))?){0,4}(\\[(ST|MX|CO)\\])?") {
            let reference = parse(&text).unwrap();
            prop_assert_eq!(parse(&reference.to_string()).unwrap(), reference.clone());
            if reference.fc().is_some() {
                let mms = format!("{}/{}", reference.logical_device(), reference.mms_item());
                prop_assert_eq!(parse(&mms).unwrap(), reference);
            }
        }

        #[test]
        fn any_text_is_parsed_or_refused(text in ".{0,40}") {
            let _ = parse(&text);
        }
    }
}
