//! Differences that are known, each with its reason.

use super::pair::Pair;
use crate::failure::Failure;
use crate::toml_file;
use serde::Deserialize;
use std::path::Path;

/// Those between our engine and libiec61850 1.6.1, left and right.
const OF_THE_ENGINES: &str = include_str!("known.toml");

/// A list of known differences.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KnownDifferences {
    difference: Vec<Known>,
    /// How often each of them occurred.
    #[serde(skip)]
    seen: Vec<u64>,
}

/// A difference between two lines. Texts are patterns in which `*` stands for anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    /// What was asked for; left out, anything.
    #[serde(default = "anything")]
    request: String,
    /// The line of the left answer; empty where it has none.
    pub(super) left: String,
    /// The line of the right answer.
    pub(super) right: String,
    /// Which side does what the standard says.
    pub(super) standard: Standard,
    /// Why it is there.
    pub(super) reason: String,
    /// Whether it takes a file of a vendor to see it.
    #[serde(default)]
    pub(super) of_vendors: bool,
    /// Whether it depends on who is faster, and so does not occur in each run.
    #[serde(default)]
    pub(super) by_chance: bool,
}

/// Who follows the standard where they differ.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Standard {
    Left,
    Right,
    /// The standard allows both.
    Both,
}

fn anything() -> String {
    "*".to_owned()
}

impl KnownDifferences {
    /// The list for our engine beside libiec61850.
    pub(crate) fn of_the_engines() -> Result<Self, Failure> {
        Self::parse(OF_THE_ENGINES)
            .map_err(|complaint| Failure::failed(format_args!("known.toml:{complaint}")))
    }

    /// Adds those of a file.
    pub(crate) fn add_file(&mut self, path: &Path) -> Result<(), Failure> {
        let text = toml_file::text(path)?;
        let more = Self::parse(&text).map_err(|complaint| toml_file::failed(path, &complaint))?;
        self.difference.extend(more.difference);
        self.seen.resize(self.difference.len(), 0);
        Ok(())
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut known: Self = toml_file::parse(text)?;
        known.seen = vec![0; known.difference.len()];
        Ok(known)
    }

    /// The known difference that a row is, counted.
    pub(super) fn find(&mut self, request: &str, row: &Pair<String>) -> Option<usize> {
        let found = self.difference.iter().position(|known| {
            matches(&known.request, request)
                && matches(&known.left, &row.left)
                && matches(&known.right, &row.right)
        })?;
        if let Some(seen) = self.seen.get_mut(found) {
            *seen += 1;
        }
        Some(found)
    }

    /// Each with how often it occurred.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&Known, u64)> {
        self.difference.iter().zip(self.seen.iter().copied())
    }
}

/// Whether a text is as a pattern says, in which each `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, is) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*b", "ab", false),
            ("*x*", "abc", false),
            ("*b*", "abc", true),
            ("abc", "abc", true),
        ] {
            assert_eq!(matches(pattern, text), is, "{pattern} {text}");
        }
    }

    #[test]
    fn a_difference_is_found_and_counted() {
        let text = "
            [[difference]]
            request = 'read'
            left = '*$SE$* = failure: temporarily unavailable'
            right = '*failure: object non-existent'
            standard = 'both'
            reason = 'one rule'
        ";
        let mut known = KnownDifferences::parse(text).unwrap();
        let row = Pair::new(
            "A/B$SE$C = failure: temporarily unavailable".to_owned(),
            "A/B$SE$C = failure: object non-existent".to_owned(),
        );
        assert_eq!(known.find("read", &row), Some(0));
        assert_eq!(known.find("write", &row), None);
        let counts: Vec<_> = known
            .counts()
            .map(|(known, seen)| (known.reason.as_str(), known.standard, seen))
            .collect();
        assert_eq!(counts, [("one rule", Standard::Both, 1)]);
    }

    #[test]
    fn the_list_of_the_engines_is_one() {
        let known = KnownDifferences::of_the_engines().unwrap();
        assert!(known.counts().all(|(known, _)| !known.reason.is_empty()));
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let complaint = KnownDifferences::parse("[[difference]]\nleft = ''\nrigth = ''\n")
            .unwrap_err()
            .to_string();
        assert!(complaint.starts_with("3:1: "), "{complaint}");
        assert!(complaint.contains("`rigth`"), "{complaint}");
    }
}
