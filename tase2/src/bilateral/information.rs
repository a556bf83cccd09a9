//! What is agreed on about information messages (block 4).

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Numbers of information objects (InfoReference).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References(Vec<RangeInclusive<i32>>);

impl References {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// All there can be.
    pub fn all() -> Self {
        References(vec![i32::MIN..=i32::MAX])
    }

    /// Whether `reference` is among them.
    pub fn contains(&self, reference: i32) -> bool {
        self.0.iter().any(|range| range.contains(&reference))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(RangeInclusive::is_empty)
    }

    /// Those of both.
    #[must_use]
    pub fn union(mut self, other: References) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl From<i32> for References {
    fn from(reference: i32) -> Self {
        References(vec![reference..=reference])
    }
}

impl From<RangeInclusive<i32>> for References {
    fn from(range: RangeInclusive<i32>) -> Self {
        References(vec![range])
    }
}

/// `7`, `100..199` with both ends, or `*`.
impl FromStr for References {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "`{text}` names no information objects; expected a number, a range as 100..199, or *"
            )
        };
        let number = |text: &str| text.trim().parse::<i32>().map_err(|_| bad());
        match text.split_once("..") {
            _ if text.trim() == "*" => Ok(References::all()),
            None => number(text).map(References::from),
            Some((first, last)) => {
                let range = number(first)?..=number(last)?;
                match range.is_empty() {
                    true => Err(bad()),
                    false => Ok(range.into()),
                }
            }
        }
    }
}

impl fmt::Display for References {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "," })?;
            match (range.start(), range.end()) {
                (&i32::MIN, &i32::MAX) => f.write_str("*")?,
                (first, last) if first == last => first.fmt(f)?,
                (first, last) => write!(f, "{first}..{last}")?,
            }
        }
        Ok(())
    }
}

/// Information messages to and from one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InformationTable {
    /// Information objects whose messages the peer may have. Without any block 4 is not claimed. Default none.
    pub send: References,
    /// Information objects whose messages are taken from the peer. Default all.
    pub receive: References,
    /// Whether we ask the peer for its messages whenever there is an association. Default false.
    pub enable: bool,
    /// Messages that are kept for a peer that has not asked for them, and sent when it does; of more the oldest are dropped. Default 0.
    pub queue: usize,
    /// Whether messages longer than a buffer or a PDU go in several, as both sides have agreed: all but the last one fill their buffer, and
    /// their MessageIds follow one another. Default false: they are refused here.
    pub segments: bool,
    /// Whether contents are padded with zeros to the size of their buffer. Default false.
    pub pad: bool,
    /// Messages of the peer that can be looked at later. Default 100.
    pub keep: usize,
    /// The longest message that is put together of several, in octets. Default 1 MiB.
    pub max_size: usize,
    /// Whether `IM_Transfer_Set` is known in the domain and in the VCC too, and not in the association alone. Default true.
    pub any_scope: bool,
}

impl Default for InformationTable {
    fn default() -> Self {
        InformationTable {
            send: References::none(),
            receive: References::all(),
            enable: false,
            queue: 0,
            segments: false,
            pad: false,
            keep: 100,
            max_size: 1 << 20,
            any_scope: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_as_text() {
        for (text, inside, outside) in [("7", 7, 8), ("100..199", 199, 200), ("-3..-1", -1, 0)] {
            let references: References = text.parse().unwrap();
            assert!(
                references.contains(inside) && !references.contains(outside),
                "{text}"
            );
            assert_eq!(references.to_string(), text);
        }
        assert!("*".parse::<References>().unwrap().contains(i32::MIN));
        let both = References::from(1).union(References::from(5..=6));
        assert_eq!(both.to_string(), "1,5..6");
        assert!(References::none().is_empty() && !both.is_empty());
        for bad in ["", "x", "5..1", "1..", "99999999999"] {
            let error = bad.parse::<References>().unwrap_err();
            assert!(error.contains("names no information objects"), "{error}");
        }
    }
}
