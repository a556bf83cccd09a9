//! Which names are allowed.

use crate::Error;

/// Longest name of an MMS domain (IEC 61850-8-1, clause 7.3.1).
pub(super) const MAX_DOMAIN: usize = 64;
/// Longest name of one object.
pub(super) const MAX_NAME: usize = 64;
/// Longest MMS name within a domain that is served; libiec61850 stops there as well.
pub(super) const MAX_ITEM: usize = 129;

/// A name begins with a letter and goes on with letters, digits and `_`.
pub(super) fn check(what: &'static str, name: &str) -> Result<(), Error> {
    if name.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return Err(fault(what, name, "begins with a digit"));
    }
    check_inst(what, name)
}

/// The instance of a logical device may begin with a digit: the name of the IED stands before it.
pub(super) fn check_inst(what: &'static str, name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(fault(what, name, "is empty"));
    }
    if name.len() > MAX_NAME {
        return Err(fault(what, name, "is longer than 64 characters"));
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(fault(
            what,
            name,
            "has a character other than letters, digits and _",
        ));
    }
    if name.starts_with('_') {
        return Err(fault(what, name, "begins with _"));
    }
    Ok(())
}

pub(super) fn fault(what: &'static str, name: &str, reason: &'static str) -> Error {
    Error::InvalidName {
        what,
        name: name.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["LLN0", "a", "phsA", "Q0_1", &"x".repeat(64)] {
            assert!(check("node", name).is_ok(), "{name}");
        }
        for name in ["", "1a", "_a", "a-b", "a.b", "a$b", "é", &"x".repeat(65)] {
            assert!(check("node", name).is_err(), "{name}");
        }
        assert!(check_inst("logical device", "1").is_ok());
        assert_eq!(
            check("data object", "a b").unwrap_err().to_string(),
            "data object \"a b\": has a character other than letters, digits and _"
        );
    }
}
