use crate::types::words;
use std::fmt;
use std::str::FromStr;

bitflags::bitflags! {
    /// What a peer may do with an object. An object it has no right at all to is hidden from it.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Rights: u16 {
        /// Read it: get data values, use them in data sets; read the elements of a data set.
        const READ = 1;
        /// Write it: set data values.
        const WRITE = 2;
        /// Use a data set in a transfer set.
        const USE = 4;
        /// Delete a data set.
        const DELETE = 8;
        /// Select a device (block 5).
        const SELECT = 16;
        /// Operate a device (block 5).
        const OPERATE = 32;
        /// Set the tag of a device, and read it, which [`Rights::READ`] allows too (block 5).
        const TAG = 64;
        /// Start, stop, resume, reset and kill a program (block 6).
        const EXECUTE = 128;
        /// Enrol for an event condition (block 7).
        const ENROLL = 256;
        /// Ask for a transfer account (block 8), or for a point as a time series (block 9).
        const QUERY = 512;
    }
}

impl Rights {
    const WORDS: [(Rights, &'static str); 10] = [
        (Rights::READ, "read"),
        (Rights::WRITE, "write"),
        (Rights::USE, "use"),
        (Rights::DELETE, "delete"),
        (Rights::SELECT, "select"),
        (Rights::OPERATE, "operate"),
        (Rights::TAG, "tag"),
        (Rights::EXECUTE, "execute"),
        (Rights::ENROLL, "enroll"),
        (Rights::QUERY, "query"),
    ];
}

impl FromStr for Rights {
    type Err = String;

    /// One word: `read`, `write`, `use`, `delete`, `select`, `operate`, `tag`, `execute`, `enroll`, `query`, or `all`.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Rights::all());
        }
        words::bit(text, "right", &Self::WORDS).map_err(|reason| format!("{reason}, and all"))
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        words::show(f, *self, &Self::WORDS)
    }
}

/// Names of objects: `*` stands for any characters, `?` for one. `MW*` is of VCC scope, `ICC1/MW*` of a domain; a `*` in front of the `/`
/// means every scope, the VCC included.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    domain: Option<String>,
    item: String,
}

impl Pattern {
    /// Whether the object `item` of a domain, or of the VCC, is meant.
    pub fn matches(&self, domain: Option<&str>, item: &str) -> bool {
        let scope = match (&self.domain, domain) {
            (None, None) => true,
            (Some(pattern), None) => pattern == "*",
            (Some(pattern), Some(domain)) => matches(pattern.as_bytes(), domain.as_bytes()),
            (None, Some(_)) => false,
        };
        scope && matches(self.item.as_bytes(), item.as_bytes())
    }

    /// Whether it stands for exactly one name, and for which.
    pub fn literal(&self) -> Option<crate::Name> {
        let plain = |text: &str| !text.contains(['*', '?']);
        match &self.domain {
            None if plain(&self.item) => Some(crate::Name::vcc(&*self.item)),
            Some(domain) if plain(domain) && plain(&self.item) => {
                Some(crate::Name::icc(&**domain, &*self.item))
            }
            _ => None,
        }
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        match text.split_once('/') {
            None => Pattern {
                domain: None,
                item: text.to_owned(),
            },
            Some((domain, item)) => Pattern {
                domain: Some(domain.to_owned()),
                item: item.to_owned(),
            },
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(domain) = &self.domain {
            write!(f, "{domain}/")?;
        }
        f.write_str(&self.item)
    }
}

/// Linear in the text for one star, and never worse than their product: the last star is the only one to go back to.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == b'?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

/// Gives rights to objects. All rules that mean an object add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The objects.
    pub objects: Pattern,
    /// What the peer may do with them.
    pub rights: Rights,
    /// The check-back id that selecting one of them answers; `None`: that of the device. Of several rules the last one counts.
    pub check_back: Option<i16>,
}

impl Rule {
    /// A rule for the objects a [`Pattern`] names.
    pub fn new(objects: &str, rights: Rights) -> Self {
        Rule {
            objects: objects.into(),
            rights,
            check_back: None,
        }
    }

    /// The same rule, with the check-back id that was agreed on.
    #[must_use]
    pub fn with_check_back(mut self, check_back: i16) -> Self {
        self.check_back = Some(check_back);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, domain, item, expected) in [
            ("MW1", None, "MW1", true),
            ("MW1", None, "MW12", false),
            ("MW*", None, "MW12", true),
            ("MW*", Some("ICC1"), "MW12", false),
            ("ICC1/*", Some("ICC1"), "MW12", true),
            ("ICC1/*", None, "MW12", false),
            ("*/MW?", None, "MW1", true),
            ("*/MW?", Some("ICC9"), "MW1", true),
            ("*/MW?", Some("ICC9"), "MW", false),
            ("*a*b*", None, "xaxxbx", true),
            ("*a*b", None, "xaxbxbx", false),
            ("*", None, "", true),
            ("", None, "", true),
        ] {
            let p = Pattern::from(pattern);
            assert_eq!(p.matches(domain, item), expected, "{pattern} {item}");
            assert_eq!(p.to_string(), pattern);
        }
        assert_eq!(
            Pattern::from("D/x").literal(),
            Some(crate::Name::icc("D", "x"))
        );
        assert_eq!(Pattern::from("D/x*").literal(), None);
    }

    #[test]
    fn rights_as_words() {
        assert_eq!("read".parse(), Ok(Rights::READ));
        assert_eq!("all".parse(), Ok(Rights::all()));
        assert!("reed".parse::<Rights>().is_err());
        assert_eq!((Rights::READ | Rights::TAG).to_string(), "read,tag");
    }
}
