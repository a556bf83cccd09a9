use mms::{ObjectName, OwnedObjectName};
use std::fmt;
use std::str::FromStr;

/// The longest identifier that objects of ours may have (ISO 9506 `Identifier`). Peers may use longer ones.
pub const MAX_IDENTIFIER: usize = 32;

/// The name of a TASE.2 object with its scope: in the virtual control centre (VCC, MMS scope VMD), or in a domain (ICC), which one
/// bilateral agreement makes visible.
///
/// As text it is `MW1` in the VCC and `ICC1/MW1` in a domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// VCC scope.
    Vcc(String),
    /// ICC scope.
    Icc {
        /// Name of the domain.
        domain: String,
        /// Name of the object in it.
        item: String,
    },
}

/// A text that names no object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing where an identifier should be.
    #[error("an identifier is empty")]
    Empty,
    /// Longer than an identifier may be.
    #[error("`{0}` has more than {MAX_IDENTIFIER} characters")]
    TooLong(String),
    /// A character that identifiers do not have, or a digit in front.
    #[error(
        "`{name}` has the character {character:?}; identifiers are of A-Z a-z 0-9 _ $ and do not begin with a digit"
    )]
    Character {
        /// The identifier.
        name: String,
        /// The character.
        character: char,
    },
}

/// Checks an identifier against the rules of ISO 9506: 1 to 32 characters of `A-Z a-z 0-9 _ $`, no digit in front.
pub(crate) fn check_identifier(name: &str) -> Result<(), NameError> {
    let first = name.chars().next().ok_or(NameError::Empty)?;
    if name.len() > MAX_IDENTIFIER {
        return Err(NameError::TooLong(name.to_owned()));
    }
    let odd = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '$'));
    match Some(first)
        .filter(char::is_ascii_digit)
        .or_else(|| name.chars().find(odd))
    {
        Some(character) => Err(NameError::Character {
            name: name.to_owned(),
            character,
        }),
        None => Ok(()),
    }
}

impl Name {
    /// A name in the VCC.
    pub fn vcc(item: impl Into<String>) -> Self {
        Name::Vcc(item.into())
    }

    /// A name in a domain.
    pub fn icc(domain: impl Into<String>, item: impl Into<String>) -> Self {
        Name::Icc {
            domain: domain.into(),
            item: item.into(),
        }
    }

    /// The name without its scope.
    pub fn item(&self) -> &str {
        match self {
            Name::Vcc(item) | Name::Icc { item, .. } => item,
        }
    }

    /// The domain, for a name of ICC scope.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Name::Vcc(_) => None,
            Name::Icc { domain, .. } => Some(domain),
        }
    }

    /// The name as MMS has it.
    pub fn as_mms(&self) -> ObjectName<'_> {
        match self {
            Name::Vcc(item) => ObjectName::Vmd(item),
            Name::Icc { domain, item } => ObjectName::Domain { domain, item },
        }
    }

    /// From a name of MMS; `None` for one of association scope.
    pub fn from_mms(name: ObjectName<'_>) -> Option<Self> {
        match name {
            ObjectName::Vmd(item) => Some(Name::vcc(item)),
            ObjectName::Domain { domain, item } => Some(Name::icc(domain, item)),
            ObjectName::Association(_) => None,
        }
    }

    /// Checks the identifiers of a name that an object of ours is to have.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn check(&self) -> Result<(), NameError> {
        self.domain().map_or(Ok(()), check_identifier)?;
        check_identifier(self.item())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Vcc(item) => f.write_str(item),
            Name::Icc { domain, item } => write!(f, "{domain}/{item}"),
        }
    }
}

/// Identifiers are not checked here: peers use longer ones than they may.
impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = match text.split_once('/') {
            None => Name::vcc(text),
            Some((domain, item)) => Name::icc(domain, item),
        };
        if name.item().is_empty() || name.domain() == Some("") {
            return Err(NameError::Empty);
        }
        Ok(name)
    }
}

impl From<&Name> for OwnedObjectName {
    fn from(name: &Name) -> Self {
        name.as_mms().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, name) in [
            ("MW1", Name::vcc("MW1")),
            ("ICC1/MW1", Name::icc("ICC1", "MW1")),
        ] {
            assert_eq!(text.parse(), Ok(name.clone()));
            assert_eq!(name.to_string(), text);
            assert_eq!(Name::from_mms(name.as_mms()), Some(name));
        }
        assert_eq!("".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("/a".parse::<Name>(), Err(NameError::Empty));
        assert_eq!("a/".parse::<Name>(), Err(NameError::Empty));
        assert_eq!(Name::from_mms(ObjectName::Association("a")), None);
    }

    #[test]
    fn identifiers_are_checked() {
        assert_eq!(Name::vcc("A_1$x").check(), Ok(()));
        assert_eq!(Name::vcc("A".repeat(32)).check(), Ok(()));
        assert!(matches!(
            Name::vcc("A".repeat(33)).check(),
            Err(NameError::TooLong(_))
        ));
        for (name, character) in [("1A", '1'), ("A-B", '-'), ("Ä", 'Ä')] {
            assert_eq!(
                Name::icc(name, "x").check(),
                Err(NameError::Character {
                    name: name.into(),
                    character
                })
            );
        }
    }
}
